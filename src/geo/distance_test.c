#include "airpicture/geo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <geodesic.h>

#define DEG AP_RAD_PER_DEG

static double reference_m(ap_geodetic a, ap_geodetic b)
{
    struct geod_geodesic wgs84;
    double distance_m;
    geod_init(&wgs84, AP_WGS84_A_M, AP_WGS84_F);
    geod_inverse(&wgs84, a.latitude_rad / DEG, a.longitude_rad / DEG, b.latitude_rad / DEG,
                 b.longitude_rad / DEG, &distance_m, NULL, NULL);
    return distance_m;
}

/* Deterministic points all over the globe, pairs from metres to nearly half round it. */
static void test_distance_against_geodesic(void **state)
{
    (void)state;
    double worst_m = 0.0;
    int antipodal = 0;
    for (int i = 0; i < 4000; i++) {
        ap_geodetic a = { (i * 37 % 1801 / 10.0 - 90) * DEG, (i * 53 % 3600 / 10.0 - 180) * DEG,
                          0 };
        double scale = pow(10.0, -(i % 8));
        ap_geodetic b = { fmin(fmax(a.latitude_rad + scale * sin(i), -AP_PI / 2), AP_PI / 2),
                          ap_wrap_pi(a.longitude_rad + 3 * scale * cos(3.0 * i)), 5000 };
        double expected_m = reference_m(a, b), found_m = ap_distance_m(a, b);
        if (expected_m > 19.9e6) {
            antipodal++;
            assert_true(fabs(found_m - expected_m) < 0.005 * expected_m);
            continue;
        }
        worst_m = fmax(worst_m, fabs(found_m - expected_m));
    }
    print_message("worst %.2g m; %d nearly antipodal\n", worst_m, antipodal);
    assert_true(worst_m < 1e-3);
}

static void test_distance_special(void **state)
{
    (void)state;
    const ap_geodetic equator = { 0, 0, 0 }, quarter = { 0, AP_PI / 2, 0 };
    const ap_geodetic north = { AP_PI / 2, 1, 0 }, south = { -AP_PI / 2, 2, 0 };
    assert_true(ap_distance_m(equator, equator) == 0.0);
    assert_true(fabs(ap_distance_m(equator, quarter) - AP_WGS84_A_M * AP_PI / 2) < 1e-6);
    /* A quarter meridian of WGS-84: 10,001,965.7293 m. */
    assert_true(fabs(ap_distance_m(equator, north) - 10001965.7293) < 1e-3);
    assert_true(fabs(ap_distance_m(north, south) - 2 * 10001965.7293) < 0.005 * 2e7);
    const ap_geodetic east = { 0.2, AP_PI - 1e-6, 0 }, west = { 0.2, -AP_PI + 1e-6, 0 };
    assert_true(fabs(ap_distance_m(east, west) - reference_m(east, west)) < 1e-6);
    const ap_geodetic antipode = { 1e-4, AP_PI - 1e-4, 0 };
    assert_true(fabs(ap_distance_m(equator, antipode) - reference_m(equator, antipode)) < 1e5);
    assert_true(isnan(ap_distance_m(equator, (ap_geodetic){ NAN, 0, 0 })));
    assert_true(isnan(ap_distance_m((ap_geodetic){ 0, NAN, 0 }, equator)));
}

static void test_wrap(void **state)
{
    (void)state;
    static const double angles[] = { 0, 1, -1, AP_PI, -AP_PI, 3 * AP_PI, 100, -100, 1e6, -1e-300 };
    for (size_t i = 0; i < sizeof angles / sizeof angles[0]; i++) {
        double half = ap_wrap_pi(angles[i]), whole = ap_wrap_two_pi(angles[i]);
        assert_true(half >= -AP_PI && half < AP_PI);
        assert_true(whole >= 0.0 && whole < 2 * AP_PI);
        assert_true(fabs(sin(half) - sin(angles[i])) < 1e-9);
        assert_true(fabs(cos(whole) - cos(angles[i])) < 1e-9);
    }
    assert_true(ap_wrap_pi(AP_PI) == -AP_PI);
    assert_true(isnan(ap_wrap_pi(NAN)) && isnan(ap_wrap_two_pi(INFINITY)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance_against_geodesic),
        cmocka_unit_test(test_distance_special),
        cmocka_unit_test(test_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
