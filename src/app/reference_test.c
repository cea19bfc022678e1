#include "app/reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 600 };

/* A sum of twelve even numbers is near enough to normal, sigma 1. */
static double noise(uint32_t *seed)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        *seed = *seed * 1664525u + 1013904223u;
        sum += (double)(*seed >> 8) / 16777216.0;
    }
    return sum;
}

/* 200 m/s along x, with a turn of 3 degrees a second's acceleration in the middle. */
static ap_vec3 truth_at(double t_s)
{
    double v = 200.0, w = 1.0 / 120.0, u = t_s - 300.0;
    if (u <= 0.0)
        return (ap_vec3){ 6378137.0, v * u, 0.0 };
    return (ap_vec3){ 6378137.0, v / w * sin(w * u), v / w * (1.0 - cos(w * u)) };
}

static ap_reference_fix *flight(double sigma_m)
{
    ap_reference_fix *fix = calloc(COUNT, sizeof *fix);
    uint32_t seed = 7;
    assert_non_null(fix);
    for (int i = 0; i < COUNT; i++) {
        ap_vec3 p = truth_at(i);
        fix[i].time_utc = i * AP_NS_PER_S;
        fix[i].ecef = (ap_vec3){ p.x_m + sigma_m * noise(&seed), p.y_m + sigma_m * noise(&seed),
                                 p.z_m + sigma_m * noise(&seed) };
        fix[i].variance_m2 = sigma_m * sigma_m;
    }
    return fix;
}

static double rms(const ap_reference_fix *fix, int from, int to)
{
    double sum = 0.0;
    int n = 0;
    for (int i = from; i < to; i++) {
        ap_vec3 p = truth_at(i);
        if (!fix[i].is_used)
            continue;
        sum += pow(fix[i].smooth_ecef.x_m - p.x_m, 2) + pow(fix[i].smooth_ecef.y_m - p.y_m, 2) +
               pow(fix[i].smooth_ecef.z_m - p.z_m, 2);
        n++;
    }
    return sqrt(sum / (3.0 * n));
}

/* The variance of a smoothed position under this model: the steady state of the two-sided filter
 * is below half of the noise; straight and turning alike, as a smoother does not lag. */
static void test_reference_smooth_noise(void **state)
{
    (void)state;
    ap_reference_config config = ap_reference_config_default();
    ap_reference_counts counts = { 0 };
    ap_reference_fix *fix = flight(25.0);
    ap_reference_smooth(&config, fix, COUNT, &counts);
    assert_true(rms(fix, 20, 300) < 11.0);
    assert_true(rms(fix, 310, 580) < 12.0);
    assert_int_equal(counts.stretch_count, 1);
    assert_true(counts.outlier_count <= 1);
    double v = hypot(fix[150].velocity_mps.y_m, fix[150].velocity_mps.z_m);
    assert_float_equal(v, 200.0, 8.0);
    free(fix);
}

static void test_reference_smooth_outliers(void **state)
{
    (void)state;
    ap_reference_config config = ap_reference_config_default();
    ap_reference_counts counts = { 0 };
    ap_reference_fix *fix = flight(10.0);
    fix[100].ecef.y_m += 2000.0; /* one alone */
    for (int i = 400; i < COUNT; i++)
        fix[i].ecef.y_m += 5000.0; /* a jump for good: another stretch */
    for (int i = 590; i < COUNT; i++)
        fix[i].time_utc += 100 * AP_NS_PER_S; /* a gap; what is left is too short? no: 10 */
    ap_reference_smooth(&config, fix, COUNT, &counts);
    assert_false(fix[100].is_used);
    assert_true(fix[99].is_used && fix[101].is_used);
    assert_true(rms(fix, 0, 400) < 8.0);
    assert_int_equal(counts.stretch_count, 3);
    assert_true(fix[400].is_used && fix[400].is_first);
    assert_true(fix[590].is_used && fix[590].is_first);
    free(fix);
}

static void test_reference_smooth_short(void **state)
{
    (void)state;
    ap_reference_config config = ap_reference_config_default();
    ap_reference_counts counts = { 0 };
    ap_reference_fix *fix = flight(10.0);
    ap_reference_smooth(&config, fix, config.count_min - 1, &counts);
    assert_int_equal(counts.stretch_count, 0);
    assert_int_equal(counts.short_count, config.count_min - 1);
    for (size_t i = 0; i < config.count_min - 1; i++)
        assert_false(fix[i].is_used);
    ap_reference_smooth(&config, fix, 0, &counts);
    free(fix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_smooth_noise),
        cmocka_unit_test(test_reference_smooth_outliers),
        cmocka_unit_test(test_reference_smooth_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
