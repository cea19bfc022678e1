#include "simulate/line.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PACKET_COUNT 20000
#define STEP_S 0.1
#define SIGMAS 4.0 /* 1 in 16,000 by chance, and the seed is fixed */

typedef struct bench {
    ap_scenario scenario;
    ap_scenario_sensor sensors[2];
    ap_line line;
    void *mem;
    uint32_t next; /* number of the next packet to leave */
} bench;

static void open_bench(bench *b, const ap_scenario_fault *faults, uint32_t fault_count)
{
    b->scenario = (ap_scenario){ .seed = 7,
                                 .sensors = b->sensors,
                                 .sensor_count = 2,
                                 .faults = faults,
                                 .fault_count = fault_count };
    ap_arena measure = ap_arena_measure();
    ap_line_init(&b->line, &measure, &b->scenario, 1, 10);
    size_t size = ap_arena_need(&measure);
    b->mem = malloc(size);
    ap_arena arena = ap_arena_over(b->mem, size);
    ap_line_init(&b->line, &arena, &b->scenario, 1, 10);
    b->next = 0;
}

static void close_bench(bench *b)
{
    free(b->mem);
}

static void put(bench *b)
{
    uint32_t number = b->next++;
    ap_line_put(&b->line, number * STEP_S, (const uint8_t *)&number, sizeof number);
}

static uint32_t take(bench *b)
{
    size_t size;
    uint32_t number;
    const uint8_t *data = ap_line_take(&b->line, &size);
    assert_int_equal(size, sizeof number);
    memcpy(&number, data, sizeof number);
    return number;
}

/* What arrived of a run in which packets leave and arrive in the order of time. */
typedef struct arrivals {
    size_t count, twice_count, behind_count, gap_count;
    double delay_sum_s, delay_min_s, delay_max_s;
} arrivals;

static arrivals run_line(bench *b)
{
    arrivals a = { .delay_min_s = HUGE_VAL, .delay_max_s = -HUGE_VAL };
    double last_s = 0.0;
    uint32_t last = UINT32_MAX, highest = UINT32_MAX;
    while (b->next < PACKET_COUNT || ap_line_time_s(&b->line) < HUGE_VAL) {
        double arrival_s = ap_line_time_s(&b->line);
        if (b->next < PACKET_COUNT && b->next * STEP_S < arrival_s) {
            put(b);
            continue;
        }
        uint32_t number = take(b);
        assert_true(arrival_s >= last_s);
        last_s = arrival_s;
        a.count++;
        a.twice_count += number == last;
        a.behind_count += highest != UINT32_MAX && number < highest;
        highest = highest == UINT32_MAX || number > highest ? number : highest;
        last = number;
        double delay_s = arrival_s - number * STEP_S;
        a.delay_sum_s += delay_s;
        a.delay_min_s = fmin(a.delay_min_s, delay_s);
        a.delay_max_s = fmax(a.delay_max_s, delay_s);
    }
    return a;
}

/* Of so many trials, within the bounds of a binomial with this chance. */
static void check_share(size_t count, double trials, double chance)
{
    double sigma = sqrt(trials * chance * (1.0 - chance));
    print_message("%zu of %.0f: %.4f for %.4f, %+.2f sigma\n", count, trials,
                  (double)count / trials, chance, ((double)count - trials * chance) / sigma);
    assert_true(fabs((double)count - trials * chance) < SIGMAS * sigma);
}

static void test_line_perfect(void **state)
{
    (void)state;
    bench b = { .sensors[1].format = AP_SENSOR_FORMAT_CAT048 };
    open_bench(&b, NULL, 0);
    assert_true(ap_line_time_s(&b.line) == HUGE_VAL);
    arrivals a = run_line(&b);
    assert_int_equal(a.count, PACKET_COUNT);
    assert_int_equal(a.twice_count, 0);
    assert_int_equal(a.behind_count, 0);
    assert_true(a.delay_min_s == 0.0 && a.delay_max_s == 0.0);
    close_bench(&b);
}

/* Uniform in [0.2, 0.25): mean 0.225, deviation 0.05 / sqrt(12). */
static void test_line_delays(void **state)
{
    (void)state;
    bench b = { .sensors[1] = { .delay_s = 0.2, .delay_jitter_s = 0.05 } };
    open_bench(&b, NULL, 0);
    arrivals a = run_line(&b);
    assert_int_equal(a.count, PACKET_COUNT);
    assert_int_equal(a.behind_count, 0);
    assert_true(a.delay_min_s >= 0.2 - 1e-9 && a.delay_max_s < 0.25 + 1e-9);
    double mean_s = a.delay_sum_s / PACKET_COUNT;
    print_message("mean delay %.6f s\n", mean_s);
    assert_true(fabs(mean_s - 0.225) < SIGMAS * 0.05 / sqrt(12.0 * PACKET_COUNT));
    close_bench(&b);
}

/* A jitter above the interval: packets wait for those before them, none overtakes. */
static void test_line_jitter_keeps_order(void **state)
{
    (void)state;
    bench b = { .sensors[1] = { .delay_s = 0.1, .delay_jitter_s = 1.0 } };
    open_bench(&b, NULL, 0);
    arrivals a = run_line(&b);
    assert_int_equal(a.count, PACKET_COUNT);
    assert_int_equal(a.behind_count, 0);
    assert_true(a.delay_max_s > 1.0 && a.delay_max_s < 1.1 + 1e-9);
    assert_int_equal(b.line.counts.full_count, 0);
    close_bench(&b);
}

static void test_line_losses(void **state)
{
    (void)state;
    bench b = { .sensors[1].loss = 0.03 };
    open_bench(&b, NULL, 0);
    arrivals a = run_line(&b);
    check_share(PACKET_COUNT - a.count, PACKET_COUNT, 0.03);
    assert_int_equal(b.line.counts.lost_count, PACKET_COUNT - a.count);
    assert_int_equal(b.line.counts.packet_count, PACKET_COUNT);
    close_bench(&b);
}

static void test_line_duplicates(void **state)
{
    (void)state;
    bench b = { .sensors[1].duplication = 0.02 };
    open_bench(&b, NULL, 0);
    arrivals a = run_line(&b);
    check_share(a.twice_count, PACKET_COUNT, 0.02);
    assert_int_equal(a.count, PACKET_COUNT + a.twice_count);
    assert_int_equal(b.line.counts.duplicate_count, a.twice_count);
    close_bench(&b);
}

/* One behind another is not held back itself: of the packets p / (1 + p). */
static void test_line_reorders(void **state)
{
    (void)state;
    bench b = { .sensors[1].reordering = 0.05 };
    open_bench(&b, NULL, 0);
    arrivals a = run_line(&b);
    assert_int_equal(a.count, PACKET_COUNT);
    check_share(a.behind_count, PACKET_COUNT, 0.05 / 1.05);
    assert_true(a.delay_max_s < STEP_S + 1e-9); /* overtaken by one */
    close_bench(&b);
}

/* Nothing overtakes the last packet; it arrives all the same. */
static void test_line_held_alone(void **state)
{
    (void)state;
    bench b = { .sensors[1].reordering = 0.999999 };
    open_bench(&b, NULL, 0);
    put(&b);
    assert_true(fabs(ap_line_time_s(&b.line) - AP_LINE_HOLD_MAX_S) < 1e-12);
    assert_int_equal(take(&b), 0);
    assert_true(ap_line_time_s(&b.line) == HUGE_VAL);
    close_bench(&b);
}

/* Of the second sensor only, by the time at which a packet leaves, the end not included. */
static void test_line_outage(void **state)
{
    (void)state;
    const ap_scenario_fault faults[] = {
        { .kind = AP_FAULT_OUTAGE, .sensor = 1, .start_s = 100.05, .end_s = 300.05 },
        { .kind = AP_FAULT_OUTAGE, .sensor = 0, .start_s = 0.0, .end_s = 1e9 },
        { .kind = AP_FAULT_TIME_JUMP, .sensor = 1, .start_s = 0.0, .end_s = 1e9 },
    };
    bench b = { .sensors[1].delay_s = 0.5 };
    open_bench(&b, faults, 3);
    arrivals a = run_line(&b);
    assert_int_equal(a.count, PACKET_COUNT - 2000);
    assert_int_equal(b.line.counts.outage_count, 2000);
    assert_int_equal(b.line.counts.lost_count, 0);
    close_bench(&b);
}

/* 0.1 of all, and of the second half 0.4 of what is left. */
static void test_line_loss_fault(void **state)
{
    (void)state;
    const ap_scenario_fault fault = {
        .kind = AP_FAULT_LOSS, .sensor = 1, .start_s = 1000.0, .end_s = 2000.0, .value = 0.4
    };
    bench b = { .sensors[1].loss = 0.1 };
    open_bench(&b, &fault, 1);
    while (b.next < PACKET_COUNT / 2)
        put(&b), ap_line_time_s(&b.line) < HUGE_VAL ? (void)take(&b) : (void)0;
    uint64_t early = b.line.counts.lost_count;
    check_share(early, PACKET_COUNT / 2.0, 0.1);
    (void)run_line(&b);
    check_share(b.line.counts.lost_count - early, PACKET_COUNT / 2.0, 1.0 - 0.9 * 0.6);
    close_bench(&b);
}

/* More than it was laid out for: lost and counted, and the rest arrives in order. */
static void test_line_full(void **state)
{
    (void)state;
    bench b = { .sensors[1] = { .delay_s = 1.0 } };
    open_bench(&b, NULL, 0);
    uint32_t number = 0;
    for (; number < 1000; number++)
        ap_line_put(&b.line, 0.0, (const uint8_t *)&number, sizeof number);
    assert_int_equal(b.line.counts.full_count, 1000 - b.line.cap);
    for (uint32_t i = 0; i < b.line.cap; i++)
        assert_int_equal(take(&b), i);
    assert_true(ap_line_time_s(&b.line) == HUGE_VAL);
    close_bench(&b);
}

static void test_line_is_sound(void **state)
{
    (void)state;
    const struct {
        ap_scenario_sensor sensor;
        bool is_sound;
    } rows[] = {
        { { .delay_s = 60.0, .delay_jitter_s = 60.0, .loss = 0.99 }, true },
        { { .delay_s = -0.1 }, false },
        { { .delay_s = 60.1 }, false },
        { { .delay_jitter_s = NAN }, false },
        { { .loss = 1.0 }, false },
        { { .duplication = -0.1 }, false },
        { { .reordering = 1.0 }, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(ap_line_is_sound(&rows[i].sensor), rows[i].is_sound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_perfect),
        cmocka_unit_test(test_line_delays),
        cmocka_unit_test(test_line_jitter_keeps_order),
        cmocka_unit_test(test_line_losses),
        cmocka_unit_test(test_line_duplicates),
        cmocka_unit_test(test_line_reorders),
        cmocka_unit_test(test_line_held_alone),
        cmocka_unit_test(test_line_outage),
        cmocka_unit_test(test_line_loss_fault),
        cmocka_unit_test(test_line_full),
        cmocka_unit_test(test_line_is_sound),
    };
    return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
