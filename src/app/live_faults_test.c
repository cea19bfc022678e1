/* Faults of networks and clocks, under the live engine: a simulated scene of two radars as it would
 * be received, and what a network or a clock may do to it. F numbers: doc/faults.md. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/test_live_scene.h"
#include "io/live_clock.h"

static scene *make_scene(const char *start, const char *faults)
{
    return scene_make(&(scene_plan){ .start = start, .faults = faults });
}

static scene *run_scene(const char *start, const char *faults)
{
    scene *s = make_scene(start, faults);
    scene_run(s);
    assert_int_equal(s->tracker.confirmed_alive_count, AIRCRAFT_COUNT);
    return s;
}

static void assert_same_picture(const scene *a, const scene *b, double tolerance_rad)
{
    assert_int_equal(a->update_count, b->update_count);
    assert_int_equal(a->tracker.confirmed_count, b->tracker.confirmed_count);
    assert_int_equal(a->tracker.dropped_count, b->tracker.dropped_count);
    for (size_t i = 0; i < a->update_count; i++) {
        const update *one = &a->updates[i], *other = &b->updates[i];
        assert_int_equal(one->id, other->id);
        assert_true(fabs(one->since_start_s - other->since_start_s) < 1e-6);
        assert_true(fabs(one->latitude_rad - other->latitude_rad) <= tolerance_rad);
        assert_true(fabs(one->longitude_rad - other->longitude_rad) <= tolerance_rad);
    }
}

/* F1, F2: times of day begin anew, at another moment of each radar's turn; and one radar's plots
 * come five seconds late, those of the old day too. */
static void test_midnight_equals_noon(void **state)
{
    (void)state;
    for (int64_t late_ns = 0; late_ns <= 5 * AP_NS_PER_S; late_ns += 5 * AP_NS_PER_S) {
        scene *runs[2] = { make_scene(NOON, ""), make_scene(BEFORE_MIDNIGHT, "") };
        for (int k = 0; k < 2; k++) {
            for (size_t i = 0; i < runs[k]->packet_count; i++)
                runs[k]->packets[i].utc += runs[k]->packets[i].radar == 1 ? late_ns : 0;
            scene_sort(runs[k]);
            scene_run(runs[k]);
            assert_true(runs[k]->late_count <= AIRCRAFT_COUNT);
            assert_true(runs[k]->tracker.confirmed_alive_count >= AIRCRAFT_COUNT);
        }
        assert_true(runs[0]->update_count > 200);
        assert_same_picture(runs[0], runs[1], 1e-9);
        free(runs[0]);
        free(runs[1]);
    }
}

/* F4: one radar's clock takes a second twice, and is right again two seconds later. */
static void test_leap_second(void **state)
{
    (void)state;
    scene *clean = run_scene(BEFORE_MIDNIGHT, "");
    scene *leap = run_scene(BEFORE_MIDNIGHT, "faults: [{kind: time_jump, sensor: b, start_s: 40, "
                                             "end_s: 42, jump_s: -1}]\n");
    assert_int_equal(leap->tracker.confirmed_count, clean->tracker.confirmed_count);
    assert_int_equal(leap->tracker.dropped_count, 0);
    unsigned compared = 0;
    for (uint32_t id = 1; id <= 2 * AIRCRAFT_COUNT; id++) { /* within a second's way at 300 m/s */
        const update *last[2] = { NULL, NULL };
        for (size_t i = 0; i < clean->update_count; i++)
            last[0] = clean->updates[i].id == id ? &clean->updates[i] : last[0];
        for (size_t i = 0; i < leap->update_count; i++)
            last[1] = leap->updates[i].id == id ? &leap->updates[i] : last[1];
        compared += last[0] && last[1];
        if (last[0] && last[1])
            assert_true(fabs(last[0]->latitude_rad - last[1]->latitude_rad) < 300.0 / 6.4e6);
    }
    assert_true(compared >= AIRCRAFT_COUNT);
    free(clean);
    free(leap);
}

/* A host whose wall clock is set by an hour in the middle of it. */
typedef struct host {
    ap_utc_ns now, step_at;
    int64_t step_ns;
} host;

static int64_t host_monotonic_ns(void *context)
{
    return ((const host *)context)->now;
}

static ap_utc_ns host_wall(void *context)
{
    const host *h = context;
    return h->now + (h->now >= h->step_at ? h->step_ns : 0);
}

/* F5: nobody notices; the stamps are those of before. */
static void test_host_clock_is_set(void **state)
{
    (void)state;
    scene *clean = run_scene(NOON, "");
    for (int sign = -1; sign <= 1; sign += 2) {
        scene *s = make_scene(NOON, "");
        host h = { .now = s->start_utc,
                   .step_at = s->start_utc + 40 * AP_NS_PER_S,
                   .step_ns = sign * 3600 * AP_NS_PER_S };
        const ap_live_clock_source source = { host_monotonic_ns, host_wall, &h };
        ap_live_clock clock;
        ap_live_clock_init(&clock, &source, AP_UTC_UNKNOWN);
        for (size_t i = 0; i < s->packet_count; i++) {
            h.now = s->packets[i].utc;
            (void)ap_live_clock_now(&clock);
            s->packets[i].utc = ap_live_clock_stamp_kernel(&clock, host_wall(&h));
        }
        scene_run(s);
        assert_int_equal(clock.step_count, 1);
        assert_same_picture(clean, s, 0.0);
        free(s);
    }
    free(clean);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* F8: as many reports are gone as packets were lost, and no more. */
static void test_packets_lost(void **state)
{
    (void)state;
    static const double shares[] = { 0.01, 0.1, 0.5 };
    scene *clean = run_scene(NOON, "");
    for (size_t k = 0; k < 3; k++) {
        scene *s = make_scene(NOON, "");
        size_t left = 0, before = s->packet_count;
        uint32_t seed = 7;
        for (size_t i = 0; i < before; i++)
            if (next_random(&seed) >= shares[k] * (1 << 24))
                s->packets[left++] = s->packets[i];
        s->packet_count = left;
        scene_run(s);
        double expected = (double)clean->report_count * (1.0 - shares[k]);
        double sigma = sqrt(expected * shares[k]) + 1.0; /* binomial; a packet holds few plots */
        assert_true(fabs((double)s->report_count - expected) < 3.0 * sigma);
        assert_true(s->tracker.confirmed_alive_count <= AIRCRAFT_COUNT);
        if (k < 2)
            assert_int_equal(s->tracker.confirmed_alive_count, AIRCRAFT_COUNT);
        free(s);
    }
    free(clean);
}

/* F9: the same picture, whether copies come at once or by a path that is 30 ms longer. */
static void test_packets_duplicated(void **state)
{
    (void)state;
    scene *clean = run_scene(NOON, "");
    for (int way = 0; way < 3; way++) {
        scene *s = make_scene(NOON, "");
        size_t before = s->packet_count;
        int copies = way == 0 ? 4 : 1;
        for (int copy = 1; copy <= copies; copy++)
            for (size_t i = 0; i < before && s->packet_count < PACKET_CAP; i++) {
                packet twin = s->packets[i];
                twin.utc += way == 0 ? 0 : 30 * AP_NS_PER_MS;
                twin.radar = way == 2 ? 1 - twin.radar : twin.radar; /* at the other's port */
                s->packets[s->packet_count++] = twin;
            }
        scene_sort(s);
        scene_run(s);
        assert_int_equal(s->report_count, clean->report_count);
        assert_true(s->duplicate_count >= clean->report_count);
        assert_same_picture(clean, s, 0.0);
        free(s);
    }
    free(clean);
}

/* F10: packets that overtake one another by a second change nothing in the end; those that are a
 * minute late are refused as late, all of them. */
static void test_packets_reordered(void **state)
{
    (void)state;
    scene *clean = run_scene(NOON, "");
    scene *s = make_scene(NOON, "");
    uint32_t seed = 3;
    for (size_t i = 0; i < s->packet_count; i++)
        s->packets[i].utc += (int64_t)(next_random(&seed) % 1000) * AP_NS_PER_MS;
    scene_sort(s);
    scene_run(s);
    assert_true(s->late_count <= AIRCRAFT_COUNT);
    assert_int_equal(s->report_count, clean->report_count);
    assert_int_equal(s->tracker.confirmed_alive_count, AIRCRAFT_COUNT);
    assert_int_equal(s->tracker.dropped_count, 0);
    free(s);
    s = make_scene(NOON, "");
    size_t late = 0;
    for (size_t i = 0; i < s->packet_count; i++)
        if (s->packets[i].radar == 1 && s->packets[i].utc < s->start_utc + 10 * AP_NS_PER_S) {
            s->packets[i].utc += 60 * AP_NS_PER_S;
            late++;
        }
    scene_sort(s);
    scene_run(s);
    assert_true(late > 5 && s->late_count > 5);
    assert_int_equal(s->report_count, clean->report_count); /* none is lost before the tracker */
    assert_int_equal(s->tracker.confirmed_alive_count, AIRCRAFT_COUNT);
    free(s);
    free(clean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_midnight_equals_noon), cmocka_unit_test(test_leap_second),
        cmocka_unit_test(test_host_clock_is_set),    cmocka_unit_test(test_packets_lost),
        cmocka_unit_test(test_packets_duplicated),   cmocka_unit_test(test_packets_reordered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
