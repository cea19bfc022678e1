/* The tracks do not depend on how the work on a group is shared out, nor on what of it comes first.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "airpicture/tracker.h"
#include "track/state.h"
#include "track/test_noise.h"

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)
#define AIRCRAFT 600
#define SIDE_RAD 0.02 /* 128 km: near enough for clusters, far enough to be told apart */
#define LOOKS 16
#define LATE_LOOK 3.5     /* seen then, told at the end */
#define SHARED_PARTS 100u /* of history, where six times as many tracks want one */

typedef struct shared_out {
    int calls, parts, order; /* order 0: first to last; 1: last to first; 2: from the middle */
} shared_out;

static void run_parts(void *threads, void (*part)(void *context, size_t i), void *context,
                      size_t count)
{
    shared_out *s = threads;
    s->calls++;
    s->parts += (int)count;
    for (size_t k = 0; k < count; k++) {
        size_t i = s->order == 0 ? k : count - 1 - k;
        part(context, s->order == 2 ? (i + count / 2) % count : i);
    }
}

static void add_report(ap_report *report, double look, double latitude_rad, double longitude_rad)
{
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, 2.0 * look);
    *report = (ap_report){ .time_utc = time_utc,
                           .receive_utc = time_utc + AP_NS_PER_S / 10,
                           .kind = AP_REPORT_TARGET,
                           .present = AP_HAS_POSITION,
                           .latitude_rad = latitude_rad,
                           .longitude_rad = longitude_rad,
                           .position_var_ee_m2 = 900.0,
                           .position_var_nn_m2 = 900.0 };
}

/* Aircraft in straight flight, seen all at one instant. */
static void look_at(double look, ap_report *reports)
{
    uint64_t course = 1, noise = (uint64_t)(2.0 * look) + 100;
    for (int i = 0; i < AIRCRAFT; i++) {
        double n = test_uniform(&course), e = test_uniform(&course);
        double a = 2.0 * AP_PI * test_uniform(&course), t = 2.0 * look * 200.0 / 6.4e6;
        double dn = test_normal(&noise) * 30.0 / 6.4e6, de = test_normal(&noise) * 30.0 / 6.4e6;
        add_report(&reports[i], look, 0.1 + SIDE_RAD * n + t * cos(a) + dn,
                   0.2 + SIDE_RAD * e + t * sin(a) + de);
    }
}

/* By multilateration that tells no identity, and in the end one look that is late: only the tracks
 * that have got a part of history more than their own can take it. Returns the tracks. */
static size_t fly(shared_out *s, ap_track *tracks, size_t cap)
{
    static ap_report reports[AIRCRAFT];
    ap_sensor sensor = { 0 };
    ap_sensor_stats stats = { 0 };
    ap_sensor_defaults(&sensor, AP_SENSOR_MLAT);
    ap_sensor_table table = { .sensor = &sensor, .stats = &stats, .count = 1, .cap = 1 };
    ap_tracker_config config = ap_tracker_config_default();
    config.track_cap = 4 * AIRCRAFT;
    config.group_report_cap = 2 * AIRCRAFT;
    config.sensors = &table;
    config.lag_s = 60.0;
    config.run_parts = s ? run_parts : NULL;
    config.threads = s;
    size_t size = ap_tracker_size(&config);
    void *mem = malloc(size);
    ap_tracker tracker;
    assert_int_equal(ap_tracker_init(&tracker, &config, mem, size), AP_OK);
    tracker.state->store.pool.cap = SHARED_PARTS;
    for (int look = 0; look < LOOKS; look++) {
        look_at(look, reports);
        ap_tracker_step(&tracker, reports[0].receive_utc, reports, AIRCRAFT);
    }
    look_at(LATE_LOOK, reports);
    for (int i = 0; i < AIRCRAFT; i++)
        reports[i].receive_utc = ap_utc_add_s(START_UTC, 2.0 * LOOKS);
    ap_tracker_step(&tracker, reports[0].receive_utc, reports, AIRCRAFT);
    ap_tracker_flush(&tracker);
    const ap_tracker_stats *told = ap_tracker_stats_of(&tracker);
    assert_int_equal(tracker.state->store.pool.taken_count, SHARED_PARTS);
    assert_true(told->history_full_count > AIRCRAFT / 2);
    assert_in_range(told->refused.count[AP_REFUSED_LATE], AIRCRAFT / 2,
                    AIRCRAFT - SHARED_PARTS / 2);
    memset(tracks, 0, cap * sizeof *tracks);
    size_t count = ap_tracker_tracks(&tracker, true, tracks, cap);
    free(mem);
    return count;
}

static void test_parts_in_any_order_give_the_same_tracks(void **state)
{
    (void)state;
    const size_t cap = 4 * AIRCRAFT;
    ap_track *whole = calloc(cap, sizeof *whole), *parts = calloc(cap, sizeof *parts);
    size_t count = fly(NULL, whole, cap);
    assert_in_range(count, AIRCRAFT * 9 / 10, AIRCRAFT * 13 / 10);
    for (int order = 0; order < 3; order++) {
        shared_out s = { .order = order };
        assert_int_equal(fly(&s, parts, cap), count);
        assert_memory_equal(parts, whole, count * sizeof *whole);
        /* Three times a look, and each time in several parts. */
        assert_true(s.calls >= 2 * LOOKS && s.parts > 4 * s.calls);
    }
    free(parts);
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_in_any_order_give_the_same_tracks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
