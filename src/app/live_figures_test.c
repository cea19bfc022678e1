#include "app/live_figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>

#define MINUTE (60 * AP_NS_PER_S)

static void test_latency_add_buckets(void **state)
{
    (void)state;
    ap_latency_histogram h = { 0 };
    static const double values_s[] = { -1, 0, 0.0001, 0.00011, 0.01, 10, 10.1, NAN };
    for (size_t i = 0; i < sizeof values_s / sizeof values_s[0]; i++)
        ap_latency_add(&h, values_s[i]);
    assert_int_equal(h.count[0], 4); /* up to 0.1 ms, NaN and the negative one */
    assert_int_equal(h.count[1], 1);
    assert_int_equal(h.count[6], 1);
    assert_int_equal(h.count[14], 1);
    assert_int_equal(h.count[15], 1);
    assert_int_equal(h.total, 8);
    assert_true(fabs(h.sum_s - 20.11021) < 1e-9);
}

static void test_latency_quantile(void **state)
{
    (void)state;
    ap_latency_histogram h = { 0 };
    assert_true(ap_latency_quantile_s(&h, 0.99) == 0.0);
    for (int i = 0; i < 99; i++)
        ap_latency_add(&h, 0.003);
    ap_latency_add(&h, 0.03);
    assert_true(ap_latency_quantile_s(&h, 0.5) == 0.005);
    assert_true(ap_latency_quantile_s(&h, 0.99) == 0.005);
    assert_true(ap_latency_quantile_s(&h, 0.995) == 0.05);
    ap_latency_add(&h, 100);
    assert_true(isinf(ap_latency_quantile_s(&h, 1.0)));
}

/* Totals are kept once a minute, however often they are offered. */
static void test_live_minutes(void **state)
{
    (void)state;
    ap_live_minutes minutes = { 0 };
    assert_null(ap_live_minutes_back(&minutes, 0));
    for (int s = 30; s < 30 * 60; s += 10)
        ap_live_minutes_take(&minutes, &(ap_live_totals){ .time_utc = s * AP_NS_PER_S,
                                                          .message_count = (uint64_t)s });
    assert_int_equal(minutes.count, 30);
    assert_int_equal(ap_live_minutes_back(&minutes, 0)->message_count, 29 * 60);
    assert_int_equal(ap_live_minutes_back(&minutes, 5)->message_count, 24 * 60);
    assert_int_equal(ap_live_minutes_back(&minutes, 15)->message_count, 14 * 60);
    assert_int_equal(ap_live_minutes_back(&minutes, 99)->message_count, 14 * 60); /* the oldest */
    ap_live_minutes_take(&minutes, &(ap_live_totals){ .time_utc = 5 * MINUTE });
    assert_int_equal(minutes.count, 30); /* time that ran back */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latency_add_buckets),
        cmocka_unit_test(test_latency_quantile),
        cmocka_unit_test(test_live_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
