#include "track/vertical.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define FT 0.3048
#define STATED_SIGMA_M 15.0

static ap_level level_of(double altitude_ft, double step_ft)
{
    double step_m = step_ft * FT;
    double rounded_m =
        step_ft > 0.0 ? floor(altitude_ft / step_ft + 0.5) * step_m : altitude_ft * FT;
    return (ap_level){ true, rounded_m, STATED_SIGMA_M * STATED_SIGMA_M + step_m * step_m / 12.0,
                       step_m };
}

static void look(ap_vertical *v, double altitude_ft, double step_ft, double dt_s)
{
    ap_level level = level_of(altitude_ft, step_ft);
    ap_vertical_predict(v, dt_s);
    ap_vertical_take_level(v, &level);
    assert_true(ap_vertical_is_sound(v));
}

static double fpm(const ap_vertical *v)
{
    return (double)v->up_mps / FT * 60.0;
}

/* On the border of two steps the last bit toggles, evenly or for long on one side: no rate. */
static void test_toggling_bit_is_level(void **state)
{
    (void)state;
    for (int period = 2; period <= 20; period += 3) {
        ap_vertical v = { 0 };
        for (int k = 0; k < 100; k++) {
            look(&v, k % period < (period + 1) / 2 ? 10049.0 : 10051.0, 100.0, 4.0);
            if (k > 10)
                assert_true(fabs(fpm(&v)) < 300.0);
        }
        assert_true(fabs(v.altitude_m - 10050.0 * FT) < 15.3);
        assert_true(v.probability[AP_VERTICAL_LEVEL] > 0.5F);
    }
}

/* The same step again and again says no more than that the altitude is in it. */
static void test_step_keeps_its_width(void **state)
{
    (void)state;
    ap_vertical v = { 0 };
    for (int k = 0; k < 200; k++)
        look(&v, 10000.0, 100.0, 4.0);
    assert_true(sqrt((double)v.P[0]) > 4.0); /* of 8.8 for an even spread; white noise: 1.2 */
}

/* A climb in stairs is a straight line. */
static void test_stairs_are_a_climb(void **state)
{
    (void)state;
    ap_vertical v = { 0 };
    for (int k = 0; k < 60; k++) {
        look(&v, 10000.0 + 500.0 / 60.0 * 4.0 * k, 100.0, 4.0);
        if (k > 40)
            assert_true(fabs(fpm(&v) - 500.0) < 100.0);
    }
    assert_true(v.probability[AP_VERTICAL_STEADY] > 0.5F);
}

/* 2,000 ft/min, then level: within three looks of 4 s the rate is down to a fifth. */
static void test_level_off_is_seen(void **state)
{
    (void)state;
    ap_vertical v = { 0 };
    double altitude_ft = 10000.0;
    for (int k = 0; k < 30; k++, altitude_ft += 2000.0 / 15.0)
        look(&v, altitude_ft, 25.0, 4.0);
    assert_true(fabs(fpm(&v) - 2000.0) < 50.0);
    for (int k = 0; k < 3; k++)
        look(&v, altitude_ft - 2000.0 / 15.0, 25.0, 4.0);
    assert_true(fabs(fpm(&v)) < 400.0);
    for (int k = 0; k < 5; k++)
        look(&v, altitude_ft - 2000.0 / 15.0, 25.0, 4.0);
    assert_true(fabs(fpm(&v)) < 60.0);
}

/* A rate sent down tells of a climb before altitudes do. */
static void test_rate_is_evidence(void **state)
{
    (void)state;
    ap_vertical v = { 0 };
    for (int k = 0; k < 20; k++)
        look(&v, 10000.0, 100.0, 4.0);
    assert_true(fabs(fpm(&v)) < 30.0);
    ap_vertical_take_rate(&v, 10.0, 1.0);
    assert_true((double)v.up_mps > 8.0);
    assert_true(v.probability[AP_VERTICAL_LEVEL] < 0.05F);
}

/* One wrong altitude changes nothing; three in a row are believed. */
static void test_wrong_altitude(void **state)
{
    (void)state;
    ap_vertical v = { 0 };
    for (int k = 0; k < 20; k++)
        look(&v, 10000.0, 25.0, 4.0);
    look(&v, 30000.0, 25.0, 4.0);
    assert_true(fabs(fpm(&v)) < 1.0 && fabs(v.altitude_m - 3048.0) < 5.0);
    look(&v, 10000.0, 25.0, 4.0);
    for (int k = 0; k < 3; k++)
        look(&v, 30000.0, 25.0, 4.0);
    assert_true(fabs(v.altitude_m - 9144.0) < 5.0);
}

/* Pressure takes the place of height, and stays. */
static void test_pressure_before_height(void **state)
{
    (void)state;
    ap_vertical v = { 0 };
    ap_vertical_take_rate(&v, 5.0, 1.0); /* nothing to hold it */
    assert_false(v.has);
    ap_vertical_take_level(&v, &(ap_level){ false, 1000.0, 25.0, 0.0 });
    assert_true(v.has && !v.is_pressure);
    look(&v, 10000.0, 25.0, 4.0);
    assert_true(v.is_pressure && fabs(v.altitude_m - 3048.0) < 1e-9);
    ap_vertical_take_level(&v, &(ap_level){ false, 1000.0, 25.0, 0.0 });
    assert_true(fabs(v.altitude_m - 3048.0) < 1e-9);
}

/* What comes of a stated error: all of it is shown, and is not forgotten. */
static void test_lean_stays(void **state)
{
    (void)state;
    ap_vertical v = { 0 };
    for (int k = 0; k < 100; k++)
        look(&v, 10000.0, 25.0, 4.0);
    assert_true(fabs((double)v.lean_m - STATED_SIGMA_M * sqrt(1.0 - 0.04)) < 1e-3);
}

static double uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) * 0x1p-53;
}

/* Whatever comes, at whatever times: finite, positive definite, probabilities of sum one. */
static void test_stays_sound(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int run = 0; run < 50; run++) {
        ap_vertical v = { 0 };
        for (int k = 0; k < 200; k++) {
            static const double steps_ft[] = { 0.0, 0.1, 25.0, 100.0, 1e6 };
            double dt_s = 400.0 * (uniform(&seed) - 0.3) * uniform(&seed);
            double altitude_m = uniform(&seed) < 0.9 ? 3000.0 + 500.0 * uniform(&seed)
                                                     : 2e6 * (uniform(&seed) - 0.5);
            double step_m = steps_ft[(int)(5.0 * uniform(&seed))] * FT;
            ap_vertical_predict(&v, uniform(&seed) < 0.99 ? dt_s : 1e5 * dt_s);
            ap_vertical_take_level(&v, &(ap_level){ true, altitude_m, 4.0 + step_m, step_m });
            if (uniform(&seed) < 0.3)
                ap_vertical_take_rate(&v, 2e4 * (uniform(&seed) - 0.5), 0.25);
            assert_true(ap_vertical_is_sound(&v));
            double sum = 0.0;
            for (int m = 0; m < AP_VERTICAL_MODES; m++)
                sum += (double)v.probability[m];
            assert_true(fabs(sum - 1.0) < 1e-6);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_toggling_bit_is_level),
        cmocka_unit_test(test_step_keeps_its_width),
        cmocka_unit_test(test_stairs_are_a_climb),
        cmocka_unit_test(test_level_off_is_seen),
        cmocka_unit_test(test_rate_is_evidence),
        cmocka_unit_test(test_wrong_altitude),
        cmocka_unit_test(test_pressure_before_height),
        cmocka_unit_test(test_lean_stays),
        cmocka_unit_test(test_stays_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
