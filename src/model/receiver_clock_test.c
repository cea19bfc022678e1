#include "airpicture/receiver_clock.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define S AP_NS_PER_S
#define TICKS UINT64_C(12000000)
#define REST (3600 * S)
#define START (INT64_C(1717632000) * S) /* 2024-06-06T00:00:00Z */

static ap_receiver_clock clock_of(ap_clock_kind kind)
{
    ap_receiver_clock clock;
    ap_receiver_clock_init(&clock, kind);
    return clock;
}

static uint64_t gps(uint32_t second, uint32_t ns)
{
    return (uint64_t)second << 30 | ns;
}

/* 2^48 ticks are 23,456,248.059 s, 271.5 days. */
static void test_units(void **state)
{
    (void)state;
    assert_int_equal(ap_ns_of_ticks(TICKS + 6), S + 500);
    assert_int_equal(ap_ns_of_ticks((UINT64_C(1) << 48) - 1), INT64_C(23456248059221250));
    assert_int_equal(ap_ns_of_gps_stamp(gps(86399, 999999999)), AP_NS_PER_DAY - 1);
    assert_true(ap_is_gps_stamp(gps(86399, 999999999)));
    assert_false(ap_is_gps_stamp(gps(86400, 0)));
    assert_false(ap_is_gps_stamp(gps(0, 1000000000)));
}

static void test_ticks_wrap(void **state)
{
    (void)state;
    ap_receiver_clock clock = clock_of(AP_CLOCK_TICKS);
    uint64_t last = (UINT64_C(1) << 48) - TICKS;
    assert_int_equal(ap_receiver_clock_time(&clock, last, START, REST), START);
    assert_int_equal(ap_receiver_clock_time(&clock, TICKS, START, REST), START + 2 * S);
    assert_int_equal(ap_receiver_clock_time(&clock, 2 * TICKS, START + 2 * S, REST), START + 3 * S);
    assert_int_equal(clock.counts.wrap_count, 1);
    assert_int_equal(clock.counts.reset_count, 0);
    assert_int_equal(clock.counts.stamp_count, 3);
}

static void test_ticks_reset_jump_back_and_slip(void **state)
{
    (void)state;
    ap_receiver_clock clock = clock_of(AP_CLOCK_TICKS);
    ap_utc_ns now = ap_receiver_clock_time(&clock, 900 * TICKS, START, REST);
    assert_int_equal(ap_receiver_clock_time(&clock, 900 * TICKS - 1200, now, REST), START);
    assert_int_equal(clock.counts.back_count, 1);
    assert_int_equal(ap_receiver_clock_time(&clock, 3 * TICKS, now, REST), START);
    assert_int_equal(clock.counts.reset_count, 1);
    now = ap_receiver_clock_time(&clock, 5 * TICKS, now, REST);
    assert_int_equal(now, START + 2 * S);
    assert_int_equal(ap_receiver_clock_time(&clock, 4000 * TICKS, now, REST), now);
    assert_int_equal(clock.counts.jump_count, 1);
    assert_int_equal(clock.jump_utc, START + 3997 * S);
    /* From the top half of the counter back to zero: 140 days forward are none. */
    ap_receiver_clock_set(&clock, UINT64_C(1) << 47, now);
    assert_int_equal(ap_receiver_clock_time(&clock, 7, now, REST), now);
    assert_int_equal(clock.counts.reset_count, 2);
    assert_int_equal(clock.counts.wrap_count, 0);
    /* The stream has gone on without it; it goes on with the stream. */
    assert_int_equal(ap_receiver_clock_time(&clock, TICKS, now + 60 * S, REST), now + 60 * S);
    assert_int_equal(clock.counts.slip_count, 1);
    assert_int_equal(ap_receiver_clock_time(&clock, 2 * TICKS, now + 60 * S, REST), now + 61 * S);
}

/* A third of a nanosecond is cut off each time, never more. */
static void test_ticks_do_not_add_up_their_rests(void **state)
{
    (void)state;
    ap_receiver_clock clock = clock_of(AP_CLOCK_TICKS);
    ap_utc_ns now = ap_receiver_clock_time(&clock, 0, START, REST);
    for (uint64_t ticks = 1; ticks <= 24000000; ticks += 7)
        now = ap_receiver_clock_time(&clock, ticks, now, REST);
    assert_int_equal(now, START + ap_ns_of_ticks(24000000 - (24000000 - 1) % 7));
}

static void test_gps_over_midnight(void **state)
{
    (void)state;
    ap_receiver_clock clock = clock_of(AP_CLOCK_GPS);
    ap_utc_ns noon = START + AP_NS_PER_DAY / 2;
    ap_utc_ns now = ap_receiver_clock_time(&clock, gps(86399, 999999990), noon, REST);
    assert_int_equal(now, START + AP_NS_PER_DAY - 10);
    now = ap_receiver_clock_time(&clock, gps(0, 15), now, REST);
    assert_int_equal(now, START + AP_NS_PER_DAY + 15);
    assert_int_equal(clock.counts.wrap_count, 1);
    /* Out of order across it. */
    assert_int_equal(ap_receiver_clock_time(&clock, gps(86399, 999999995), now, REST),
                     START + AP_NS_PER_DAY - 5);
    assert_int_equal(clock.counts.back_count, 1);
    assert_int_equal(ap_receiver_clock_time(&clock, gps(86399, 1000000000), now, REST), now);
    assert_int_equal(clock.counts.invalid_count, 1);
    assert_int_equal(clock.counts.reset_count, 0);
    assert_int_equal(clock.counts.wrap_count, 1);
}

/* 200 frames a second of GPS time are known for it after 18 s; ticks are known at the latest when
 * their low bits pass a thousand million. */
static void test_kind_by_itself(void **state)
{
    (void)state;
    ap_receiver_clock clock = clock_of(AP_CLOCK_AUTO);
    ap_utc_ns now = START;
    for (uint32_t i = 0; i < 200 * 18; i++)
        now = ap_receiver_clock_time(&clock, gps(40000 + i / 200, i % 200 * 5000000), now, REST);
    assert_int_equal(clock.kind, AP_CLOCK_GPS);
    assert_int_equal(now, START + 40017 * S + 995000000);

    clock = clock_of(AP_CLOCK_AUTO);
    now = START;
    for (uint64_t i = 0; i < 900; i++) /* ten a second, from the worst place */
        now = ap_receiver_clock_time(&clock, i * TICKS / 10, now, REST);
    assert_int_equal(clock.kind, AP_CLOCK_TICKS);
    assert_int_equal(now, START + 899 * S / 10);
}

/* Stamps beside a UTC that comes in milliseconds: a clock 12.5 ppm fast, arrivals scattered by up
 * to 3 ms. The rate of a line through n points scatters by sigma sqrt(12 / n) / span. */
static void test_drift(void **state)
{
    (void)state;
    ap_receiver_clock clock = clock_of(AP_CLOCK_AUTO);
    ap_clock_fit fit;
    uint32_t random = 1;
    assert_false(ap_receiver_clock_fit(&clock, &fit));
    for (uint64_t i = 0; i < 2000; i++) {
        random = random * 1664525u + 1013904223u;
        ap_utc_ns sent = START + (int64_t)(i * 500000000u);
        uint64_t stamp = (uint64_t)((double)(sent - START) / 1e9 * 12e6 * (1 + 12.5e-6)) + 777;
        ap_utc_ns utc = sent + (int64_t)(random >> 30) * AP_NS_PER_MS;
        ap_receiver_clock_pair(&clock, stamp, utc);
        ap_receiver_clock_pair(&clock, stamp + 100, utc); /* the same word of the stream */
    }
    assert_int_equal(clock.kind, AP_CLOCK_TICKS);
    assert_true(ap_receiver_clock_fit(&clock, &fit));
    assert_true(fabs(fit.rate_ppm - 12.5) < 0.5);
    assert_true(fabs(fit.jitter_s - 1.118e-3) < 0.05e-3); /* of 0, 1, 2, 3 ms */
    assert_true(fit.span_s > 999.0);
    assert_int_equal(clock.counts.reset_count + clock.counts.jump_count, 0);
    /* It begins anew: measured from there, the two never mixed. */
    ap_receiver_clock_pair(&clock, 5, START + 1001 * S);
    assert_int_equal(clock.counts.reset_count, 1);
    assert_false(ap_receiver_clock_fit(&clock, &fit));
}

static void test_kind_by_utc(void **state)
{
    (void)state;
    ap_receiver_clock clock = clock_of(AP_CLOCK_AUTO);
    ap_clock_fit fit;
    for (uint32_t i = 0; i < 60; i++)
        ap_receiver_clock_pair(&clock, gps(3000 + i, 40000000), START + (3000 + i) * S);
    assert_int_equal(clock.kind, AP_CLOCK_GPS);
    assert_true(ap_receiver_clock_fit(&clock, &fit));
    assert_true(fabs(fit.offset_s - 0.04) < 1e-9);
    assert_true(fabs(fit.rate_ppm) < 1e-6);
    assert_int_equal(clock.counts.reset_count + clock.counts.jump_count, 0);
}

static void test_pairs_jump(void **state)
{
    (void)state;
    ap_receiver_clock clock = clock_of(AP_CLOCK_TICKS);
    ap_receiver_clock_pair(&clock, 10 * TICKS, START);
    ap_receiver_clock_pair(&clock, 11 * TICKS, START + S);
    ap_receiver_clock_pair(&clock, 100 * TICKS, START + 2 * S);
    assert_int_equal(clock.counts.jump_count, 1);
    ap_receiver_clock_pair(&clock, 101 * TICKS - 50, START + 3 * S);
    ap_receiver_clock_pair(&clock, 101 * TICKS - 90, START + 3 * S);
    assert_int_equal(clock.counts.back_count, 1);
    /* A gap of the stream, in which the counter went on: nothing has happened. */
    ap_receiver_clock_pair(&clock, 901 * TICKS, START + 803 * S);
    assert_int_equal(clock.counts.jump_count, 1);
    assert_int_equal(clock.counts.reset_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_ticks_wrap),
        cmocka_unit_test(test_ticks_reset_jump_back_and_slip),
        cmocka_unit_test(test_ticks_do_not_add_up_their_rests),
        cmocka_unit_test(test_gps_over_midnight),
        cmocka_unit_test(test_kind_by_itself),
        cmocka_unit_test(test_drift),
        cmocka_unit_test(test_kind_by_utc),
        cmocka_unit_test(test_pairs_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
