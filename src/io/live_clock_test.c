#include "io/live_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)
#define HOUR_NS (3600 * AP_NS_PER_S)
#define BOOTED_NS (5 * AP_NS_PER_S)

/* A host whose clocks the test turns. */
typedef struct host {
    int64_t monotonic_ns;
    ap_utc_ns wall;
    ap_live_clock clock;
} host;

static int64_t host_monotonic_ns(void *context)
{
    return ((host *)context)->monotonic_ns;
}

static ap_utc_ns host_wall(void *context)
{
    return ((host *)context)->wall;
}

static void start(host *h, ap_utc_ns after)
{
    *h = (host){ .monotonic_ns = BOOTED_NS, .wall = START_UTC };
    ap_live_clock_source source = { host_monotonic_ns, host_wall, h };
    ap_live_clock_init(&h->clock, &source, after);
}

/* Both go on; the wall clock by so much more. */
static void pass(host *h, int64_t passed_ns, int64_t wall_more_ns)
{
    h->monotonic_ns += passed_ns;
    h->wall += passed_ns + wall_more_ns;
}

static void test_now_is_wall_clock_at_start(void **state)
{
    (void)state;
    host h;
    start(&h, AP_UTC_UNKNOWN);
    assert_int_equal(ap_live_clock_now(&h.clock), START_UTC);
    pass(&h, 123, 0);
    assert_int_equal(ap_live_clock_now(&h.clock), START_UTC + 123);
    pass(&h, 10 * AP_NS_PER_S, 0);
    assert_int_equal(ap_live_clock_now(&h.clock), START_UTC + 10 * AP_NS_PER_S + 123);
    assert_int_equal(ap_live_clock_offset_ns(&h.clock), 0);
    assert_int_equal(h.clock.step_count, 0);
}

static void test_stamp_strictly_increases(void **state)
{
    (void)state;
    host h;
    start(&h, AP_UTC_UNKNOWN);
    ap_utc_ns before = ap_live_clock_stamp(&h.clock);
    for (int i = 1; i <= 1000; i++) {
        ap_utc_ns stamp = ap_live_clock_stamp(&h.clock);
        assert_int_equal(stamp, before + 1); /* the clocks stand still */
        before = stamp;
    }
    pass(&h, 500, 0);
    assert_int_equal(ap_live_clock_stamp(&h.clock), before + 1);
    pass(&h, 10000, 0);
    assert_int_equal(ap_live_clock_stamp(&h.clock), START_UTC + 10500);
}

/* An hour either way, and back: stamps go on by what has passed. */
static void test_now_ignores_steps(void **state)
{
    (void)state;
    static const int64_t steps_ns[] = { HOUR_NS, -HOUR_NS, AP_NS_PER_S, -AP_NS_PER_S };
    for (size_t i = 0; i < sizeof steps_ns / sizeof *steps_ns; i++) {
        host h;
        start(&h, AP_UTC_UNKNOWN);
        pass(&h, AP_NS_PER_S, 0);
        assert_int_equal(ap_live_clock_now(&h.clock), START_UTC + AP_NS_PER_S);
        for (int n = 2; n <= 60; n++) {
            pass(&h, AP_NS_PER_S, n == 10 ? steps_ns[i] : 0);
            assert_int_equal(ap_live_clock_now(&h.clock), START_UTC + n * AP_NS_PER_S);
        }
        assert_int_equal(h.clock.step_count, 1);
        assert_int_equal(h.clock.newest_step_ns, steps_ns[i]);
        assert_int_equal(ap_live_clock_offset_ns(&h.clock), steps_ns[i]);
        pass(&h, AP_NS_PER_S, -steps_ns[i]);
        assert_int_equal(ap_live_clock_now(&h.clock), START_UTC + 61 * AP_NS_PER_S);
        assert_int_equal(h.clock.step_count, 2);
        assert_int_equal(ap_live_clock_offset_ns(&h.clock), 0);
    }
}

/* 0.4 s are no step: they are made good within 0.4 s / 500 ppm = 800 s, never quicker than 500 ppm,
 * and not overdone, whatever the time between two readings. */
static void test_now_is_drawn_to_wall_clock(void **state)
{
    (void)state;
    static const int64_t every_ns[] = { AP_NS_PER_MS * 10, AP_NS_PER_S, AP_NS_PER_S * 7 };
    for (size_t i = 0; i < 6; i++) {
        int64_t sign = i % 2 ? -1 : 1, apart_ns = sign * 400 * AP_NS_PER_MS, step = every_ns[i / 2];
        host h;
        start(&h, AP_UTC_UNKNOWN);
        pass(&h, step, apart_ns);
        ap_utc_ns before = ap_live_clock_now(&h.clock);
        for (int64_t passed = 0; passed < 810 * AP_NS_PER_S; passed += step) {
            pass(&h, step, 0);
            ap_utc_ns now = ap_live_clock_now(&h.clock);
            assert_in_range(now - before, step - step / 2000, step + step / 2000);
            before = now;
            if (passed < 700 * AP_NS_PER_S)
                assert_true(now != h.wall);
        }
        assert_int_equal(before, h.wall);
        assert_int_equal(ap_live_clock_offset_ns(&h.clock), 0);
        assert_int_equal(h.clock.step_count, 0);
    }
}

/* Readings a microsecond apart are drawn on too. */
static void test_now_is_drawn_when_read_often(void **state)
{
    (void)state;
    host h;
    start(&h, AP_UTC_UNKNOWN);
    pass(&h, AP_NS_PER_S, 5 * AP_NS_PER_MS);
    ap_utc_ns before = ap_live_clock_now(&h.clock);
    for (int i = 0; i < 2000000; i++) {
        pass(&h, 1000, 0);
        ap_utc_ns now = ap_live_clock_now(&h.clock);
        assert_true(now >= before + 999);
        before = now;
    }
    assert_int_equal(h.wall - before, 4 * AP_NS_PER_MS); /* 2 s at 500 ppm: 1 ms */
}

static void test_stamp_kernel_by_age(void **state)
{
    (void)state;
    host h;
    start(&h, AP_UTC_UNKNOWN);
    pass(&h, 20 * AP_NS_PER_S, HOUR_NS);
    ap_utc_ns now = ap_live_clock_now(&h.clock);
    assert_int_equal(now, START_UTC + 20 * AP_NS_PER_S);
    /* 2 ms and 1 ms ago on the stepped clock; from ahead of it; from before the step. */
    assert_int_equal(ap_live_clock_stamp_kernel(&h.clock, h.wall - 2 * AP_NS_PER_MS),
                     now - 2 * AP_NS_PER_MS);
    assert_int_equal(ap_live_clock_stamp_kernel(&h.clock, h.wall - AP_NS_PER_MS),
                     now - AP_NS_PER_MS);
    assert_int_equal(ap_live_clock_stamp_kernel(&h.clock, h.wall + HOUR_NS), now);
    assert_int_equal(ap_live_clock_stamp_kernel(&h.clock, h.wall - HOUR_NS), now + 1);
    start(&h, AP_UTC_UNKNOWN);
    assert_int_equal(ap_live_clock_stamp_kernel(&h.clock, h.wall - HOUR_NS),
                     START_UTC - AP_NS_PER_S);
}

/* A run that goes on from another: with a wall clock that was set back by 0.2 s and by an hour. */
static void test_init_after_earlier_run(void **state)
{
    (void)state;
    host h;
    start(&h, START_UTC - 7);
    assert_int_equal(ap_live_clock_stamp(&h.clock), START_UTC);
    start(&h, START_UTC + AP_NS_PER_S / 5);
    assert_int_equal(ap_live_clock_stamp(&h.clock), START_UTC + AP_NS_PER_S / 5 + 1);
    assert_int_equal(h.clock.step_count, 0);
    for (int i = 0; i < 500; i++) {
        pass(&h, AP_NS_PER_S, 0);
        (void)ap_live_clock_now(&h.clock);
    }
    assert_int_equal(ap_live_clock_now(&h.clock), h.wall);
    start(&h, START_UTC + HOUR_NS);
    assert_int_equal(h.clock.step_count, 1);
    pass(&h, 500 * AP_NS_PER_S, 0);
    assert_int_equal(ap_live_clock_stamp(&h.clock), START_UTC + HOUR_NS + 500 * AP_NS_PER_S + 1);
    assert_in_range(ap_live_clock_offset_ns(&h.clock) + HOUR_NS + 1, 0, 0);
}

/* The system's: within 50 ms of what time() says, and never back. */
static void test_now_of_the_system(void **state)
{
    (void)state;
    ap_live_clock clock;
    ap_live_clock_init(&clock, NULL, AP_UTC_UNKNOWN);
    struct timespec wall;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &wall), 0);
    int64_t apart_ns = (int64_t)wall.tv_sec * AP_NS_PER_S + wall.tv_nsec;
    apart_ns -= ap_live_clock_now(&clock);
    assert_true(apart_ns < 50 * AP_NS_PER_MS && apart_ns > -50 * AP_NS_PER_MS);
    ap_utc_ns before = ap_live_clock_now(&clock);
    for (int i = 0; i < 300000; i++) {
        ap_utc_ns now = ap_live_clock_now(&clock);
        assert_true(now >= before);
        before = now;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_now_is_wall_clock_at_start),
        cmocka_unit_test(test_stamp_strictly_increases),
        cmocka_unit_test(test_now_ignores_steps),
        cmocka_unit_test(test_now_is_drawn_to_wall_clock),
        cmocka_unit_test(test_now_is_drawn_when_read_often),
        cmocka_unit_test(test_stamp_kernel_by_age),
        cmocka_unit_test(test_init_after_earlier_run),
        cmocka_unit_test(test_now_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
