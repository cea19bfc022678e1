#include "app/antenna.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "airpicture/geo.h"

enum { CAP = 40000 };

static double time_s[CAP], azimuth_rad[CAP], work[CAP];

static double uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) * 0x1p-53;
}

/* Plots at uneven times; the antenna points where they are, but for a small error. */
static void turn(size_t n, double turn_s, double plots_per_turn)
{
    uint64_t seed = 7;
    double t = 12.3;
    for (size_t i = 0; i < n; i++) {
        t += -log(1.0 - uniform(&seed)) * turn_s / plots_per_turn;
        time_s[i] = t;
        azimuth_rad[i] =
            ap_wrap_two_pi(1.0 + 2.0 * AP_PI * t / turn_s + 4e-3 * (uniform(&seed) - 0.5));
    }
}

static void test_turn_is_found(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        double turn_s, plots_per_turn;
    } cases[] = {
        { 16, 4.0, 3.0 },     { 100, 4.0, 1.3 },      { 5000, 4.0, 20.0 }, { 40000, 4.0, 700.0 },
        { 3000, 1.0, 30.0 },  { 3000, 11.88, 200.0 }, { 400, 5.123, 9.0 }, { 40000, 10.0, 1e5 },
        { 3000, 0.6, 100.0 }, { 3000, 40.0, 60.0 },   { 2000, 12.0, 0.4 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        turn(cases[i].n, cases[i].turn_s, cases[i].plots_per_turn);
        double found = ap_antenna_turn_s(cases[i].n, time_s, azimuth_rad);
        /* An arc of a turn tells less. */
        double span_turns = (double)cases[i].n / cases[i].plots_per_turn;
        double tolerance = span_turns < 2.0 ? 5e-3 * cases[i].turn_s : 1.1e-3 * cases[i].turn_s;
        assert_true(fabs(found - cases[i].turn_s) <= tolerance);
    }
}

static void test_turn_is_none(void **state)
{
    (void)state;
    uint64_t seed = 1;
    turn(15, 4.0, 10.0);
    assert_true(ap_antenna_turn_s(15, time_s, azimuth_rad) == 0.0);
    for (size_t i = 0; i < 2000; i++) { /* no antenna at all */
        time_s[i] = 0.01 * (double)i;
        azimuth_rad[i] = 2.0 * AP_PI * uniform(&seed);
    }
    assert_true(ap_antenna_turn_s(2000, time_s, azimuth_rad) == 0.0);
    for (size_t i = 0; i < 2000; i++) /* one direction only */
        azimuth_rad[i] = 1.0 + 0.01 * uniform(&seed);
    assert_true(ap_antenna_turn_s(2000, time_s, azimuth_rad) == 0.0);
    for (size_t i = 0; i < 2000; i++) /* one time only */
        time_s[i] = 5.0;
    assert_true(ap_antenna_turn_s(2000, time_s, azimuth_rad) == 0.0);
}

static void test_interval(void **state)
{
    (void)state;
    for (size_t i = 0; i < 500; i++)
        time_s[i] = 5.0 * (double)(i / 10);
    assert_true(ap_antenna_interval_s(500, time_s, work) == 5.0);
    for (size_t i = 0; i < 100; i++) /* one target that is seen four times out of five */
        time_s[i] = 2.5 * (double)(i + i / 4);
    assert_true(ap_antenna_interval_s(100, time_s, work) == 2.5);
    uint64_t seed = 3;
    for (size_t i = 1; i < 500; i++)
        time_s[i] = time_s[i - 1] + uniform(&seed);
    assert_true(ap_antenna_interval_s(500, time_s, work) == 0.0);
    assert_true(ap_antenna_interval_s(2, time_s, work) == 0.0);
    assert_true(ap_antenna_interval_s(0, time_s, work) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turn_is_found),
        cmocka_unit_test(test_turn_is_none),
        cmocka_unit_test(test_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
