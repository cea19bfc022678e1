#include "picture/sensor_meter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 0.05)

static void test_sensor_meter_rates(void **state)
{
    (void)state;
    ap_sensor_meter meter = { .sample_count = 0 };
    ap_sensor_stats stats = { .record_count = 1000 };
    ap_sensor_figures figures = { .has_rates = false };
    ap_utc_ns start = 1000 * AP_NS_PER_S;
    for (int i = 0; i <= 400; i++) { /* every 50 ms; 40 records and 10 reports a second */
        stats.record_count += 2;
        stats.report_count += (unsigned)i % 2;
        ap_sensor_meter_take(&meter, &stats, start + i * 50 * AP_NS_PER_MS, &figures);
        assert_true(figures.has_rates == (i >= 20));
    }
    NEAR(figures.record_ps, 40.0);
    NEAR(figures.report_ps, 10.0);
    assert_int_equal(meter.sample_count, 21);
    for (int i = 401; i <= 800; i++) /* it falls silent */
        ap_sensor_meter_take(&meter, &stats, start + i * 50 * AP_NS_PER_MS, &figures);
    NEAR(figures.record_ps, 0.0);
    assert_true(figures.has_rates);
    ap_sensor_meter_take(&meter, &stats, start, &figures); /* a recording that begins anew */
    assert_false(figures.has_rates);
    stats.record_count += 5;
    ap_sensor_meter_take(&meter, &stats, start + AP_NS_PER_S, &figures);
    NEAR(figures.record_ps, 5.0);
}

/* A radar in the south-west sees an aircraft that flies west: 100 m north of its track is as much
 * to its right, and half way between farther and left of the line of sight. */
static void test_residual_axes(void **state)
{
    (void)state;
    ap_sensor radar = { .kind = AP_SENSOR_MODE_S };
    ap_sensor feed = { .kind = AP_SENSOR_ADSB };
    const ap_geodetic site = { 50.0 * AP_RAD_PER_DEG, 8.0 * AP_RAD_PER_DEG, 100.0 };
    assert_int_equal(ap_sensor_place(&radar, site), AP_OK);
    ap_vec3 place = ap_ecef_from_enu(&radar.frame, (ap_vec3){ 50e3, 50e3, 10e3 });
    ap_track track = { .position = ap_geodetic_from_ecef(place), .east_mps = -200.0 };
    double along_m, across_m;
    assert_true(ap_residual_of_sensor(&feed, &track, 0.0, 100.0, &along_m, &across_m));
    NEAR(along_m, 0.0);
    NEAR(across_m, 100.0);
    assert_true(ap_residual_of_sensor(&radar, &track, 0.0, 100.0, &along_m, &across_m));
    /* The line of sight points to azimuth 45 and the convergence of the meridians, 0.54 degrees. */
    NEAR(along_m, 100.0 * cos(45.54 * AP_RAD_PER_DEG));
    NEAR(across_m, -100.0 * sin(45.54 * AP_RAD_PER_DEG));
    track.east_mps = 1.0;
    assert_false(ap_residual_of_sensor(&feed, &track, 0.0, 100.0, &along_m, &across_m));
    assert_true(ap_residual_of_sensor(&radar, &track, 0.0, 100.0, &along_m, &across_m));
    assert_false(ap_residual_of_sensor(&radar, &track, NAN, NAN, &along_m, &across_m));
    track.position = radar.site;
    track.position.height_m = 9000.0;
    assert_false(ap_residual_of_sensor(&radar, &track, 0.0, 100.0, &along_m, &across_m));
}

static void test_sensor_residuals(void **state)
{
    (void)state;
    ap_sensor_residuals r = { .count = 0.0 };
    for (int i = 0; i < 100; i++)
        ap_sensor_residuals_take(&r, i % 2 ? 60.0 : 40.0, -3.0);
    NEAR(r.along_mean_m, 50.0);
    NEAR(sqrt(r.along_square_m2 - r.along_mean_m * r.along_mean_m), 10.0);
    NEAR(r.across_mean_m, -3.0);
    for (int i = 0; i < 3000; i++)
        ap_sensor_residuals_take(&r, 0.0, 7.0);
    NEAR(r.along_mean_m, 0.0);
    NEAR(r.across_mean_m, 7.0);
    assert_true(r.count == 3100.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sensor_meter_rates),
        cmocka_unit_test(test_residual_axes),
        cmocka_unit_test(test_sensor_residuals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
