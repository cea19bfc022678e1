#include "track/measure.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "track/frame.h"

#define DEG AP_RAD_PER_DEG

static const double sites[][2] = { { 50, 8 }, { 0, 0 }, { 90, 0 }, { -89.9, 120 }, { 20, 180 } };
#define SITES (sizeof sites / sizeof sites[0])

static ap_sensor radar_at(double lat_deg, double lon_deg)
{
    ap_sensor s = { 0 };
    ap_sensor_defaults(&s, AP_SENSOR_SSR);
    assert_int_equal(ap_sensor_place(&s, (ap_geodetic){ lat_deg * DEG, lon_deg * DEG, 200.0 }),
                     AP_OK);
    return s;
}

static ap_report polar(double range_m, double azimuth_deg, double height_m)
{
    return (ap_report){ .present = AP_HAS_POLAR | AP_HAS_GEOMETRIC_HEIGHT,
                        .range_m = range_m,
                        .azimuth_rad = azimuth_deg * DEG,
                        .range_sigma_m = 60.0,
                        .azimuth_sigma_rad = 0.1 * DEG,
                        .geometric_height_m = height_m,
                        .geometric_height_sigma_m = 30.0 };
}

static double apart_m(ap_vec3 a, ap_vec3 b)
{
    return sqrt(pow(a.x_m - b.x_m, 2) + pow(a.y_m - b.y_m, 2) + pow(a.z_m - b.z_m, 2));
}

/* Against the geodetic solution with angles. */
static void test_measure_polar_equals_geodetic(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITES; i++) {
        ap_sensor s = radar_at(sites[i][0], sites[i][1]);
        for (double range_m = 12000.0; range_m < 500e3; range_m *= 1.7)
            for (double azimuth_deg = 0.0; azimuth_deg < 360.0; azimuth_deg += 37.0) {
                ap_geodetic g;
                ap_geodetic_from_slant(&s.frame, range_m, azimuth_deg * DEG, 11000.0, &g);
                ap_report r = polar(range_m, azimuth_deg, 11000.0);
                ap_measure m;
                ap_measure_from_report(&r, &s, NULL, &m);
                ap_enu_frame exact = ap_enu_frame_at(g), f = ap_frame_at(m.ecef);
                assert_true(apart_m(m.ecef, exact.origin_ecef) < 0.02);
                assert_true(fabs(f.origin.height_m - 11000.0) < 2e-3);
                for (int k = 0; k < 3; k++)
                    assert_true(fabs(f.rotation[2][k] - exact.rotation[2][k]) < 1e-8);
            }
    }
}

static void test_frame_at_equals_geodetic(void **state)
{
    (void)state;
    for (double lat_deg = -90.0; lat_deg <= 90.0; lat_deg += 7.5)
        for (double height_m = -1000.0; height_m < 1e6; height_m = 3.0 * fabs(height_m) + 1e3) {
            ap_geodetic g = { lat_deg * DEG, 2.0, height_m };
            ap_enu_frame exact = ap_enu_frame_at(g), f = ap_frame_at(exact.origin_ecef);
            assert_true(fabs(f.origin.height_m - height_m) < 1e-3);
            for (int k = 0; k < 3; k++)
                assert_true(fabs(f.rotation[2][k] - exact.rotation[2][k]) < 1e-9);
        }
}

/* The stated covariance against the spread of the position when range, azimuth and height are each
 * moved by one sigma. */
static void test_measure_polar_covariance(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITES; i++) {
        ap_sensor s = radar_at(sites[i][0], sites[i][1]);
        for (double range_m = 15000.0; range_m < 400e3; range_m *= 2.3) {
            ap_report r = polar(range_m, 77.0, 9000.0);
            ap_measure m, moved;
            ap_measure_from_report(&r, &s, NULL, &m);
            double sum[6] = { 0 }, trace = 0.0;
            for (int axis = 0; axis < 3; axis++) {
                ap_report q = r;
                q.range_m += axis == 0 ? r.range_sigma_m : 0.0;
                q.azimuth_rad += axis == 1 ? r.azimuth_sigma_rad : 0.0;
                q.geometric_height_m += axis == 2 ? r.geometric_height_sigma_m : 0.0;
                ap_measure_from_report(&q, &s, NULL, &moved);
                ap_enu_frame f = ap_frame_at(m.ecef);
                ap_vec3 d = ap_enu_from_ecef(&f, moved.ecef);
                d.z_m = 0.0;
                ap_vec3 e = ap_ecef_rotate(&f, d);
                const double v[3] = { e.x_m, e.y_m, e.z_m };
                int k = 0;
                for (int a = 0; a < 3; a++)
                    for (int b = a; b < 3; b++)
                        sum[k++] += v[a] * v[b];
            }
            trace = m.R_ecef_m2[0] + m.R_ecef_m2[3] + m.R_ecef_m2[5];
            for (int k = 0; k < 6; k++)
                assert_true(fabs(sum[k] - m.R_ecef_m2[k]) < 0.02 * trace);
        }
    }
}

/* Overhead the ground range is not known: the error must say so, and nothing may break. */
static void test_measure_overhead(void **state)
{
    (void)state;
    ap_sensor s = radar_at(50, 8);
    static const double ranges_m[] = { 0.0, 10.0, 8790.0, 8800.0, 8801.0, 8900.0 };
    for (size_t i = 0; i < sizeof ranges_m / sizeof ranges_m[0]; i++) {
        ap_report r = polar(ranges_m[i], 200.0, 9000.0);
        ap_measure m;
        ap_measure_from_report(&r, &s, NULL, &m);
        double trace = m.R_ecef_m2[0] + m.R_ecef_m2[3] + m.R_ecef_m2[5];
        assert_true(isfinite(trace) && trace >= 2.0);
        assert_true(isfinite(m.ecef.x_m + m.ecef.y_m + m.ecef.z_m));
        ap_imm imm;
        ap_imm_start(&imm, &m, 100.0);
        assert_true(ap_imm_is_sound(&imm));
        if (i >= 2 && i <= 4) { /* truth may be anywhere within the cone that the errors leave */
            assert_true(trace > 4e5);
        }
    }
}

static void test_measure_heights(void **state)
{
    (void)state;
    ap_sensor s = radar_at(50, 8);
    ap_report r = polar(60000.0, 45.0, 0.0), own = polar(60000.0, 45.0, 11000.0);
    r.present = AP_HAS_POLAR;
    assert_true(ap_measure_needs_height(&r));
    assert_false(ap_measure_needs_height(&own));
    ap_measure blind, with_own, with_track;
    ap_measure_from_report(&own, &s, NULL, &with_own);
    ap_measure_from_report(&r, &s, NULL, &blind);
    ap_imm track;
    ap_imm_start(&track, &with_own, 100.0);
    ap_measure_from_report(&r, &s, &track, &with_track);
    assert_true(apart_m(with_own.ecef, with_track.ecef) < 1.0);
    assert_true(apart_m(with_own.ecef, blind.ecef) > 100.0);
    /* A garbled altitude is no altitude. */
    r.present |= AP_HAS_PRESSURE_ALTITUDE;
    r.pressure_altitude_m = 3000.0;
    r.pressure_altitude_sigma_m = 10.0;
    r.flags = AP_FLAG_ALTITUDE_GARBLED;
    assert_true(ap_measure_needs_height(&r));
    ap_measure_from_report(&r, &s, NULL, &with_track);
    assert_true(apart_m(with_track.ecef, blind.ecef) < 1e-6);
    assert_false(with_track.has & AP_MEASURE_PRESSURE);
}

static ap_imm track_at(double height_m)
{
    ap_sensor s = radar_at(50, 8);
    ap_report r = polar(60000.0, 45.0, height_m);
    ap_measure m;
    ap_imm track;
    ap_measure_from_report(&r, &s, NULL, &m);
    ap_imm_start(&track, &m, 100.0);
    track.mean.x[2] = 30.0;
    track.mean.x[3] = 40.0;
    return track;
}

/* What is left open is completed by each track in its own way, as often as one asks. */
static void test_measure_place_again(void **state)
{
    (void)state;
    const ap_sensor s = radar_at(50, 8);
    const double heights_m[] = { 2000.0, 11000.0 };
    ap_report r = polar(60000.0, 45.0, 0.0);
    r.present = AP_HAS_POLAR | AP_HAS_TRACK_RATE | AP_HAS_DOPPLER;
    r.track_rate_radps = 0.02;
    ap_measure open, placed, known;
    ap_measure_read(&r, &s, &open);
    assert_int_equal(open.has & (AP_MEASURE_UNPLACED | AP_MEASURE_UNTURNED | AP_MEASURE_TURN_RATE),
                     AP_MEASURE_UNPLACED | AP_MEASURE_TURN_RATE);
    for (size_t i = 0; i < 2; i++) {
        const ap_imm track = track_at(heights_m[i]);
        ap_report own = polar(60000.0, 45.0, heights_m[i]);
        ap_measure_from_report(&own, &s, NULL, &known);
        placed = open;
        ap_measure_place(&placed, &s, &track);
        assert_int_equal(placed.has, AP_MEASURE_POSITION | AP_MEASURE_TURN | AP_MEASURE_RADIAL);
        assert_true(apart_m(placed.ecef, known.ecef) < 1e-6);
        assert_true(fabs((double)placed.turn_mps2 - 0.02 * 50.0) < 1e-6);
        ap_vec3 at = known.ecef, site = s.frame.origin_ecef;
        ap_vec3 sight = { (at.x_m - site.x_m) / 60e3, (at.y_m - site.y_m) / 60e3,
                          (at.z_m - site.z_m) / 60e3 };
        assert_true(apart_m(placed.velocity_ecef, sight) < 1e-6);
    }
    ap_measure_place(&open, &s, NULL);
    assert_int_equal(open.has, AP_MEASURE_POSITION | AP_MEASURE_RADIAL);
}

/* A velocity alone is turned where its track is; without a track it says nothing. */
static void test_measure_place_velocity(void **state)
{
    (void)state;
    const ap_sensor s = radar_at(50, 8);
    const ap_imm track = track_at(5000.0);
    ap_report r = { .present = AP_HAS_VELOCITY, .east_mps = 120.0, .north_mps = -30.0 };
    ap_measure open, placed;
    ap_measure_read(&r, &s, &open);
    assert_int_equal(open.has, AP_MEASURE_VELOCITY | AP_MEASURE_UNTURNED);
    placed = open;
    ap_measure_place(&placed, &s, &track);
    assert_int_equal(placed.has, AP_MEASURE_VELOCITY);
    ap_vec3 v = ap_enu_rotate(&track.frame, placed.velocity_ecef);
    assert_true(apart_m(v, (ap_vec3){ 120.0, -30.0, 0.0 }) < 1e-9);
    ap_measure_place(&open, &s, NULL);
    assert_int_equal(open.has, 0);
}

/* Elevation gives the height that pressure does not. */
static void test_measure_elevation(void **state)
{
    (void)state;
    ap_sensor s = radar_at(50, 8);
    ap_report r = polar(80000.0, 123.0, 0.0);
    r.present = AP_HAS_POLAR | AP_HAS_ELEVATION;
    r.elevation_rad = 5.0 * DEG;
    r.elevation_sigma_rad = 0.1 * DEG;
    ap_vec3 enu = { 80000.0 * cos(5.0 * DEG) * sin(123.0 * DEG),
                    80000.0 * cos(5.0 * DEG) * cos(123.0 * DEG), 80000.0 * sin(5.0 * DEG) };
    ap_measure m;
    ap_measure_from_report(&r, &s, NULL, &m);
    assert_true(apart_m(m.ecef, ap_ecef_from_enu(&s.frame, enu)) < 0.01);
    assert_true(m.has & AP_MEASURE_HEIGHT);
    assert_true(fabs(sqrt(m.altitude_var_m2) - 80000.0 * 0.1 * DEG) < 5.0);
}

static void test_measure_leaves_out_the_impossible(void **state)
{
    (void)state;
    ap_sensor s = { .kind = AP_SENSOR_ADSB };
    ap_report r = { .present = AP_HAS_POSITION | AP_HAS_VELOCITY | AP_HAS_VERTICAL_RATE |
                               AP_HAS_PRESSURE_ALTITUDE,
                    .position_var_ee_m2 = 1e11,
                    .position_var_nn_m2 = 100.0,
                    .velocity_sigma_mps = 1.0,
                    .up_sigma_mps = 1.0,
                    .pressure_altitude_m = -1e9,
                    .pressure_altitude_sigma_m = 1.0 };
    ap_measure m;
    ap_measure_from_report(&r, &s, NULL, &m);
    assert_int_equal(m.has, AP_MEASURE_RATE);
    r.position_var_ee_m2 = 100.0;
    r.east_mps = 1e6;
    ap_measure_from_report(&r, &s, NULL, &m);
    assert_int_equal(m.has, AP_MEASURE_RATE | AP_MEASURE_POSITION);
}

/* Whatever is beside the range: many at once measure what one does. */
static void test_measure_many_as_one(void **state)
{
    (void)state;
    static const uint32_t beside[] = { 0, AP_HAS_DOPPLER, AP_HAS_VELOCITY, AP_HAS_ROLL,
                                       AP_HAS_VELOCITY | AP_HAS_TRACK_RATE };
    enum { N = 2 * sizeof beside / sizeof beside[0] };
    const ap_sensor s = radar_at(48.0, 11.0);
    ap_report report[N];
    const ap_report *reports[N];
    ap_measure many[N], one, *into[N];
    for (size_t i = 0; i < N; i++) {
        report[i] = polar(80e3 + 5e3 * (double)i, 30.0, 9000.0);
        report[i].present |= beside[i / 2];
        report[i].doppler_mps = 120.0;
        report[i].east_mps = report[i].north_mps = 70.0;
        report[i].roll_rad = 0.2;
        report[i].track_rate_radps = 0.02;
        if (i % 2 == 1)
            report[i].present &= ~(uint32_t)AP_HAS_GEOMETRIC_HEIGHT;
        reports[i] = &report[i];
        into[i] = &many[i];
    }
    ap_measure_from_reports(N, reports, &s, into);
    for (size_t i = 0; i < N; i++) {
        ap_measure_from_report(&report[i], &s, NULL, &one);
        assert_int_equal(many[i].has, one.has);
        assert_true(apart_m(many[i].ecef, one.ecef) < 1e-6);
        assert_true(apart_m(many[i].velocity_ecef, one.velocity_ecef) < 1e-9);
    }
}

/* A plot that may be anywhere is none: its covariance would leave no number in the filter. */
static void test_measure_leaves_out_vague_plots(void **state)
{
    (void)state;
    const double sigmas[][2] = { { 60.0, 1e12 }, { 1e12, 1e-3 }, { 60.0, 1e-3 } };
    for (size_t i = 0; i < 3; i++) {
        ap_sensor s = radar_at(48.0, 11.0);
        ap_report r = polar(100e3, 30.0, 9000.0);
        const ap_report *reports[] = { &r };
        ap_measure one, many, *into[] = { &many };
        r.range_sigma_m = sigmas[i][0];
        r.azimuth_sigma_rad = sigmas[i][1];
        ap_measure_from_report(&r, &s, NULL, &one);
        ap_measure_from_reports(1, reports, &s, into);
        assert_int_equal((one.has & AP_MEASURE_POSITION) != 0, i == 2);
        assert_int_equal(many.has, one.has);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measure_polar_equals_geodetic),
        cmocka_unit_test(test_frame_at_equals_geodetic),
        cmocka_unit_test(test_measure_polar_covariance),
        cmocka_unit_test(test_measure_overhead),
        cmocka_unit_test(test_measure_heights),
        cmocka_unit_test(test_measure_place_again),
        cmocka_unit_test(test_measure_place_velocity),
        cmocka_unit_test(test_measure_elevation),
        cmocka_unit_test(test_measure_leaves_out_the_impossible),
        cmocka_unit_test(test_measure_many_as_one),
        cmocka_unit_test(test_measure_leaves_out_vague_plots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
