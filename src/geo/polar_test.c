#include "airpicture/geo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define DEG AP_RAD_PER_DEG

static const ap_geodetic sites[] = {
    { 0.0, 0.0, 0.0 },
    { 52.3 * DEG, 4.76 * DEG, 44.0 },
    { 90.0 * DEG, 0.0, 100.0 },
    { -89.9 * DEG, 77.0 * DEG, 2800.0 },
    { 64.1 * DEG, 179.95 * DEG, 900.0 },
    { -20.0 * DEG, -180.0 * DEG, -50.0 },
};
#define SITE_COUNT (sizeof sites / sizeof sites[0])

static double gap_m(ap_vec3 a, ap_vec3 b)
{
    return hypot(hypot(a.x_m - b.x_m, a.y_m - b.y_m), a.z_m - b.z_m);
}

/* The truth is made the other way round: a point in the frame gives range, azimuth and height. */
static void test_slant_inverts_polar(void **state)
{
    (void)state;
    static const double ground_m[] = { 100, 3000, 60000, 150000, 470000, 900000 };
    static const double rise_m[] = { -900, -20, 0, 300, 9000, 18000 };
    double worst_m = 0.0;
    for (size_t s = 0; s < SITE_COUNT; s++)
        for (int i = 0; i < 36 * 36; i++) {
            ap_enu_frame site = ap_enu_frame_at(sites[s]);
            double azimuth_rad = i * 9.7 * DEG, range_m, elevation_rad, measured_rad;
            ap_vec3 enu = { ground_m[i % 6] * sin(azimuth_rad), ground_m[i % 6] * cos(azimuth_rad),
                            rise_m[i / 6 % 6] };
            ap_vec3 truth = ap_ecef_from_enu(&site, enu);
            ap_polar_from_ecef(&site, truth, &range_m, &measured_rad, &elevation_rad);
            assert_true(measured_rad >= 0.0 && measured_rad < 2.0 * AP_PI);
            assert_true(fabs(ap_wrap_pi(measured_rad - azimuth_rad)) < 1e-9);
            if (elevation_rad > 85.0 * DEG || elevation_rad < -83.0 * DEG)
                continue;
            ap_geodetic found;
            double height_m = ap_geodetic_from_ecef(truth).height_m;
            double left_m = ap_geodetic_from_slant(&site, range_m, measured_rad, height_m, &found);
            assert_true(left_m < 1e-6);
            worst_m = fmax(worst_m, gap_m(ap_ecef_from_geodetic(found), truth));
        }
    print_message("worst %.2g m\n", worst_m);
    assert_true(worst_m < 1e-3);
}

/* Near the zenith the ground range is the root of a small difference: range and height are met,
 * the place on the ground to what their rounding allows. */
static void test_slant_overhead(void **state)
{
    (void)state;
    for (size_t s = 0; s < SITE_COUNT; s++) {
        ap_enu_frame site = ap_enu_frame_at(sites[s]);
        for (double off_m = 0.0; off_m < 200.0; off_m = off_m * 2.0 + 0.01) {
            ap_vec3 truth = ap_ecef_from_enu(&site, (ap_vec3){ off_m, 0.0, 11000.0 });
            double height_m = ap_geodetic_from_ecef(truth).height_m;
            double range_m = hypot(off_m, 11000.0), r_m, az_rad, el_rad;
            ap_geodetic found;
            assert_true(ap_geodetic_from_slant(&site, range_m, AP_PI / 2.0, height_m, &found) <
                        1e-6);
            ap_polar_from_ecef(&site, ap_ecef_from_geodetic(found), &r_m, &az_rad, &el_rad);
            assert_true(fabs(r_m - range_m) < 1e-6);
            /* d(ground) = (range / ground) d(height), with d(height) = 4e-9 m. */
            double slack_m = 11000.0 * 1e-8 / fmax(off_m, 0.01) + 0.011 * (off_m == 0.0);
            assert_true(gap_m(ap_ecef_from_geodetic(found), truth) < slack_m + 1e-6);
        }
    }
}

static void test_slant_unreachable(void **state)
{
    (void)state;
    ap_enu_frame site = ap_enu_frame_at(sites[1]);
    ap_geodetic found;
    double left_m = ap_geodetic_from_slant(&site, 5000.0, 1.0, 10044.0, &found);
    assert_true(fabs(left_m - 5000.0) < 1e-6);
    assert_true(fabs(found.height_m - 5044.0) < 1e-6);
    assert_true(fabs(found.latitude_rad - sites[1].latitude_rad) < 1e-12);
    left_m = ap_geodetic_from_slant(&site, 500.0, 1.0, -956.0, &found);
    assert_true(fabs(left_m - 500.0) < 1e-6);
    assert_true(fabs(found.height_m + 456.0) < 1e-6);
    left_m = ap_geodetic_from_slant(&site, 0.0, 1.0, 50.0, &found);
    assert_true(fabs(left_m - 6.0) < 1e-8);
    assert_true(fabs(found.longitude_rad - sites[1].longitude_rad) < 1e-15);
}

static void test_slant_nan(void **state)
{
    (void)state;
    ap_enu_frame site = ap_enu_frame_at(sites[0]);
    ap_geodetic found;
    assert_true(isnan(ap_geodetic_from_slant(&site, NAN, 0.0, 0.0, &found)));
    assert_true(isnan(found.latitude_rad));
    assert_true(isnan(ap_geodetic_from_slant(&site, 1000.0, NAN, 0.0, &found)));
    assert_true(isnan(ap_geodetic_from_slant(&site, 1000.0, 0.0, NAN, &found)));
    assert_true(isnan(found.height_m));
}

static void test_polar_of_site_is_zero(void **state)
{
    (void)state;
    for (size_t s = 0; s < SITE_COUNT; s++) {
        ap_enu_frame site = ap_enu_frame_at(sites[s]);
        double range_m = 1, azimuth_rad = 1, elevation_rad = 1;
        ap_polar_from_ecef(&site, site.origin_ecef, &range_m, &azimuth_rad, &elevation_rad);
        assert_true(range_m == 0.0 && azimuth_rad == 0.0 && elevation_rad == 0.0);
    }
}

static void test_enu_from_polar_batch(void **state)
{
    (void)state;
    const double range_m[] = { 5000.0, 5000.0, 5.0, 0.0, 1000.0, NAN };
    const double azimuth_rad[] = { 0.0, AP_PI / 2.0, 0.0, 1.0, AP_PI, 0.0 };
    const double up_m[] = { 3000.0, -4000.0, 6.0, 0.0, 1000.0, 0.0 };
    double east_m[6], north_m[6];
    ap_enu_from_polar_n(6, range_m, azimuth_rad, up_m, east_m, north_m);
    assert_true(fabs(north_m[0] - 4000.0) < 1e-9 && fabs(east_m[0]) < 1e-9); /* 3-4-5 */
    assert_true(fabs(east_m[1] - 3000.0) < 1e-9 && fabs(north_m[1]) < 1e-9);
    assert_true(isnan(east_m[2]) && isnan(north_m[2]));
    assert_true(east_m[3] == 0.0 && north_m[3] == 0.0);
    assert_true(fabs(east_m[4]) < 1e-9 && fabs(north_m[4]) < 1e-9);
    assert_true(isnan(east_m[5]) && isnan(north_m[5]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slant_inverts_polar),   cmocka_unit_test(test_slant_overhead),
        cmocka_unit_test(test_slant_unreachable),     cmocka_unit_test(test_slant_nan),
        cmocka_unit_test(test_polar_of_site_is_zero), cmocka_unit_test(test_enu_from_polar_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
