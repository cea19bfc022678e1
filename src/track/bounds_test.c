/* Bad input: what the tracker does with numbers, places and crowds that no sensor should give. */
#include "track/state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "track/test_noise.h"
#include "track/test_radar.h"

#define DEG AP_RAD_PER_DEG

static ap_report report_at(double t_s)
{
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    return (ap_report){ .time_utc = time_utc, .receive_utc = time_utc };
}

static ap_report polar_at(const world *w, ap_geodetic at, double t_s)
{
    ap_report r = report_at(t_s);
    double elevation_rad;
    ap_polar_from_ecef(&w->sensor.frame, ap_ecef_from_geodetic(at), &r.range_m, &r.azimuth_rad,
                       &elevation_rad);
    r.present = AP_HAS_POLAR;
    r.range_sigma_m = w->sensor.range_sigma_m;
    r.azimuth_sigma_rad = w->sensor.azimuth_sigma_rad;
    return r;
}

static ap_report position_at(ap_geodetic at, double t_s)
{
    ap_report r = report_at(t_s);
    r.present = AP_HAS_POSITION;
    r.latitude_rad = at.latitude_rad;
    r.longitude_rad = at.longitude_rad;
    r.position_var_ee_m2 = r.position_var_nn_m2 = 1e4;
    return r;
}

/* The area that a radar's false plots are learnt to lie in. unused_range_m: in the reports without
 * polar coordinates, where nothing should read it. */
static double learnt_area_m2(bool polar, double unused_range_m)
{
    world *w = world_new(AP_SENSOR_PSR);
    uint64_t seed = 5;
    for (int k = 0; k < 40 * 40; k++) {
        ap_geodetic at = { (49.0 + 2.0 * test_uniform(&seed)) * DEG,
                           (7.0 + 2.0 * test_uniform(&seed)) * DEG, 100.0 };
        double t_s = TURN_S * k / 40.0;
        ap_report r = polar ? polar_at(w, at, t_s) : position_at(at, t_s);
        if (!polar)
            r.range_m = unused_range_m;
        ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
    }
    ap_tracker_flush(&w->tracker);
    double area_m2 = w->tracker.state->group[0].background.clutter_area;
    world_free(w);
    return area_m2;
}

/* False plots of a radar that gives places instead of ranges: as far off as they are. */
static void test_step_learns_clutter_of_places(void **state)
{
    (void)state;
    double polar_m2 = learnt_area_m2(true, 0.0);
    assert_in_range(polar_m2 / 1e6, 10000, 60000); /* 222 km by 143 km, as a disc: 50 % off */
    const double unused_m[] = { 0.0, NAN, 1e12 };
    for (size_t i = 0; i < sizeof unused_m / sizeof unused_m[0]; i++)
        assert_true(fabs(learnt_area_m2(false, unused_m[i]) / polar_m2 - 1.0) < 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_learns_clutter_of_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
