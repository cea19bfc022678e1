#include "simulate/detection.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define DEG AP_RAD_PER_DEG

/* From Pd = Pfa^(1/(1 + SNR)) by hand: SNR 1 gives the root of Pfa, SNR 5 the sixth root, and
 * 0.9 needs 13.8155 / 0.1053605 - 1. */
static void test_detection_probability_known_values(void **state)
{
    (void)state;
    assert_true(fabs(ap_detection_probability(0.0) - 1e-6) < 1e-12);
    assert_true(fabs(ap_detection_probability(1.0) - 1e-3) < 1e-12);
    assert_true(fabs(ap_detection_probability(5.0) - 0.1) < 1e-12);
    assert_true(fabs(ap_detection_snr(0.9) - 130.126072) < 1e-4); /* 21.1 dB */
    assert_true(fabs(ap_detection_probability(ap_detection_snr(0.37)) - 0.37) < 1e-12);
}

static void test_detection_primary_range_and_area(void **state)
{
    (void)state;
    ap_scenario_sensor sensor = { .told.range_max_m = 100e3, .reference_area_m2 = 2.0 };
    assert_true(fabs(ap_detection_primary(&sensor, 0.8, 2.0, 100e3) - 0.8) < 1e-12);
    /* Sixteen times the area at twice the range is the same echo. */
    assert_true(fabs(ap_detection_primary(&sensor, 0.8, 32.0, 200e3) - 0.8) < 1e-12);
    /* Half the range: SNR 16 (13.815511/0.2231436 - 1) = 974.6; Pd = exp(-13.815511/975.6). */
    assert_true(fabs(ap_detection_primary(&sensor, 0.8, 2.0, 50e3) - 0.9859389) < 1e-6);
    assert_true(ap_detection_primary(&sensor, 0.8, 0.0, 50e3) < 2e-6);
    assert_true(ap_detection_primary(&sensor, 0.8, 2.0, 0.0) <= 1.0);
    sensor.reference_area_m2 = 0.0;
    assert_true(ap_detection_primary(&sensor, 0.8, 0.001, 100e3) == 0.8);
}

static void test_detection_aspect_mean_and_ends(void **state)
{
    (void)state;
    assert_true(fabs(ap_detection_aspect(1.0) - 0.4) < 1e-12);
    assert_true(fabs(ap_detection_aspect(0.0) - 1.6) < 1e-12);
    assert_true(fabs(ap_detection_aspect(-1.0) - 0.4) < 1e-12);
    double sum = 0.0;
    for (int i = 0; i < 360; i++)
        sum += ap_detection_aspect(cos(i * DEG));
    assert_true(fabs(sum / 360.0 - 1.0) < 1e-12);
}

/* A point on the horizontal ray of a 4/3 Earth is r^2 / (2 (4/3) R) high; seen straight its
 * elevation is that height over the range less r / (2 R), and it has to appear at 0. */
static void test_detection_elevation_horizontal_ray(void **state)
{
    (void)state;
    for (double range_m = 10e3; range_m < 300e3; range_m += 10e3) {
        double height_m = range_m * range_m / (2.0 * 4.0 / 3.0 * 6371e3);
        double straight_rad = height_m / range_m - range_m / (2.0 * 6371e3);
        assert_true(fabs(ap_detection_elevation(straight_rad, range_m)) < 1e-12);
    }
}

static void test_detection_mask_by_azimuth(void **state)
{
    (void)state;
    static const ap_mask_entry entries[] = {
        { 0.5, 9.0 }, /* of another sensor */
        { 10.0 * DEG, 1.0 * DEG },
        { 90.0 * DEG, 0.2 * DEG },
        { 350.0 * DEG, 3.0 * DEG },
    };
    ap_scenario scenario = { .mask = entries };
    ap_scenario_sensor sensor = { .mask_first = 1, .mask_count = 3 };
    static const struct {
        double azimuth_deg, elevation_deg;
    } cases[] = { { 10.0, 1.0 }, { 89.9, 1.0 }, { 90.0, 0.2 }, { 349.9, 0.2 }, { 350.0, 3.0 },
                  { 0.0, 3.0 },  { 9.99, 3.0 }, { -1.0, 3.0 }, { 370.5, 1.0 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mask_rad = ap_detection_mask(&scenario, &sensor, cases[i].azimuth_deg * DEG);
        assert_true(fabs(mask_rad - cases[i].elevation_deg * DEG) < 1e-12);
    }
    sensor.mask_count = 0;
    assert_true(ap_detection_mask(&scenario, &sensor, 1.0) < -1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detection_probability_known_values),
        cmocka_unit_test(test_detection_primary_range_and_area),
        cmocka_unit_test(test_detection_aspect_mean_and_ends),
        cmocka_unit_test(test_detection_elevation_horizontal_ray),
        cmocka_unit_test(test_detection_mask_by_azimuth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
