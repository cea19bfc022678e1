#include "airpicture/geo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <proj.h>

#define DEG AP_RAD_PER_DEG
#define GEO_M 42164000.0 /* radius of the geostationary orbit */

/* Latitude and longitude in degrees, height in metres: both poles, the date line from either side,
 * the equator, underground, airliners, the re-entry heights and the geostationary one. */
static const double places[][3] = {
    { 0, 0, 0 },
    { 90, 0, 0 },
    { -90, 0, 0 },
    { 90, 45, 12000 },
    { -90, -120, -3000 },
    { 0, 180, 0 },
    { 12, 179.9999999, 100 },
    { 12, -179.9999999, 100 },
    { 45, 90, 1000 },
    { -45, -90, -1000 },
    { 52.3, 4.76, -3.4 },
    { 89.999999, 10, 11000 },
    { 1e-9, 1e-9, 0 },
    { -33.9, 151.2, 6 },
    { 47, 8, 120000 },
    { 60, 30, -5000000 },
    { 5, -52, GEO_M - AP_WGS84_A_M },
    { 81, 100, 400000 },
    { 30, -75, -11000 },
    { 89, 0, -4000000 },
    { 44.9, 0, 9999999 },
    { -0.5, -179.5, 20000 },
};
#define PLACE_COUNT (sizeof places / sizeof places[0])

static ap_geodetic place(size_t i)
{
    return (ap_geodetic){ places[i][0] * DEG, places[i][1] * DEG, places[i][2] };
}

static double gap_m(ap_vec3 a, ap_vec3 b)
{
    return hypot(hypot(a.x_m - b.x_m, a.y_m - b.y_m), a.z_m - b.z_m);
}

/* Reference: PROJ, "+proj=cart +ellps=WGS84". */
static void test_ecef_from_geodetic_against_proj(void **state)
{
    PJ *cart = *state;
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        ap_geodetic g = place(i);
        PJ_COORD c = proj_coord(g.longitude_rad, g.latitude_rad, g.height_m, 0);
        c = proj_trans(cart, PJ_FWD, c);
        ap_vec3 ecef = ap_ecef_from_geodetic(g);
        assert_true(gap_m(ecef, (ap_vec3){ c.xyz.x, c.xyz.y, c.xyz.z }) < 1e-8);
    }
}

/* PROJ's inverse is Bowring's single step, exact near the surface only: elsewhere it bounds coarse
 * mistakes, and the truth it was made from bounds the rest. */
static void test_geodetic_from_ecef_against_proj(void **state)
{
    PJ *cart = *state;
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        ap_geodetic expected = place(i);
        PJ_COORD c =
            proj_coord(expected.longitude_rad, expected.latitude_rad, expected.height_m, 0);
        c = proj_trans(cart, PJ_FWD, c);
        ap_geodetic g = ap_geodetic_from_ecef((ap_vec3){ c.xyz.x, c.xyz.y, c.xyz.z });
        c = proj_trans(cart, PJ_INV, c);
        assert_true(fabs(g.latitude_rad - expected.latitude_rad) < 1e-15);
        assert_true(fabs(g.height_m - expected.height_m) < 2e-8);
        if (places[i][2] < -1e5)
            continue;
        bool near = places[i][2] < 5e4;
        assert_true(fabs(g.latitude_rad - c.lpz.phi) < (near ? 1e-12 : 1e-6));
        if (fabs(places[i][0]) != 90)
            assert_true(fabs(ap_wrap_pi(g.longitude_rad - c.lpz.lam)) < 1e-12);
        /* PROJ divides by the cosine of the latitude: no height close to a pole. */
        if (fabs(places[i][0]) < 89)
            assert_true(fabs(g.height_m - c.lpz.z) < (near ? 1e-6 : 10.0));
    }
}

static void test_geodetic_round_trip(void **state)
{
    (void)state;
    double worst_m = 0.0, worst_rad = 0.0;
    for (int lat = -900; lat <= 900; lat += 7)
        for (int h = 0; h < 40; h++) {
            static const double heights_m[] = { -6000000, -3000000, -11000, -1,  0,
                                                1,        12000,    400000, 1e7, GEO_M };
            ap_geodetic g = { lat / 10.0 * DEG, (h * 9.1 - 179.9) * DEG, heights_m[h % 10] };
            ap_geodetic back = ap_geodetic_from_ecef(ap_ecef_from_geodetic(g));
            double radius_m = AP_WGS84_A_M + fmax(g.height_m, 0.0);
            worst_m = fmax(worst_m, fabs(back.height_m - g.height_m) * AP_WGS84_A_M / radius_m);
            worst_rad = fmax(worst_rad, fabs(back.latitude_rad - g.latitude_rad));
        }
    print_message("worst height %.2g m, latitude %.2g rad\n", worst_m, worst_rad);
    assert_true(worst_m < 5e-9);
    assert_true(worst_rad < 1e-15);
}

static void test_geodetic_from_ecef_special_points(void **state)
{
    (void)state;
    ap_geodetic g = ap_geodetic_from_ecef((ap_vec3){ 0 });
    assert_true(g.latitude_rad == 0.0 && g.longitude_rad == 0.0);
    assert_true(g.height_m == -AP_WGS84_A_M);

    const double b_m = AP_WGS84_A_M * (1.0 - AP_WGS84_F);
    g = ap_geodetic_from_ecef((ap_vec3){ 0, 0, b_m + 10 });
    assert_true(g.latitude_rad == AP_PI / 2.0 && fabs(g.height_m - 10) < 1e-8);
    g = ap_geodetic_from_ecef((ap_vec3){ -0.0, -0.0, -b_m });
    assert_true(g.latitude_rad == -AP_PI / 2.0 && g.longitude_rad == 0.0);
    assert_true(fabs(g.height_m) < 1e-8);

    g = ap_geodetic_from_ecef((ap_vec3){ -AP_WGS84_A_M, -0.0, 0 });
    assert_true(g.longitude_rad == AP_PI && fabs(g.height_m) < 1e-8);
    g = ap_geodetic_from_ecef((ap_vec3){ -AP_WGS84_A_M, -1e-300, 0 });
    assert_true(g.longitude_rad == AP_PI);
}

/* Down to the centre every answer is finite and inside its range. */
static void test_geodetic_from_ecef_deep(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        for (int k = 0; k <= 20; k++) {
            double radius_m = pow(10.0, i / 25.0 - 1.0), angle_rad = k / 20.0 * AP_PI / 2.0;
            ap_vec3 deep = { radius_m * cos(angle_rad), 0.0, radius_m * sin(angle_rad) };
            ap_geodetic g = ap_geodetic_from_ecef(deep);
            assert_true(isfinite(g.height_m));
            assert_true(fabs(g.latitude_rad) <= AP_PI / 2.0);
        }
}

/* At the equator a (1 - e2) and a, at the poles twice a^2 / b = 6,399,593.6258 m (NGA.STND.0036);
 * between them, how far a small step of latitude or longitude goes. */
static void test_radii_at_latitudes(void **state)
{
    (void)state;
    double meridian_m, prime_m;
    ap_radii_at(0.0, &meridian_m, &prime_m);
    assert_true(fabs(meridian_m - 6335439.3273) < 1e-4 && fabs(prime_m - AP_WGS84_A_M) < 1e-9);
    for (int sign = -1; sign <= 1; sign += 2) {
        ap_radii_at(sign * 90 * DEG, &meridian_m, &prime_m);
        assert_true(fabs(meridian_m - 6399593.6258) < 1e-4);
        assert_true(fabs(prime_m - 6399593.6258) < 1e-4);
    }
    const double step_rad = 1e-4;
    for (double latitude_deg = -89; latitude_deg < 90; latitude_deg += 8.9) {
        double lat = latitude_deg * DEG, half = step_rad / 2;
        ap_radii_at(lat, &meridian_m, &prime_m);
        double north_m = gap_m(ap_ecef_from_geodetic((ap_geodetic){ lat - half, 1, 0 }),
                               ap_ecef_from_geodetic((ap_geodetic){ lat + half, 1, 0 }));
        double east_m = gap_m(ap_ecef_from_geodetic((ap_geodetic){ lat, 1 - half, 0 }),
                              ap_ecef_from_geodetic((ap_geodetic){ lat, 1 + half, 0 }));
        /* A chord is shorter than its arc by step^2 / 24. */
        assert_true(fabs(north_m / step_rad / meridian_m - 1.0) < 1e-9);
        assert_true(fabs(east_m / step_rad / (prime_m * cos(lat)) - 1.0) < 1e-9);
    }
    ap_radii_at(NAN, &meridian_m, &prime_m);
    assert_true(isnan(meridian_m) && isnan(prime_m));
}

static void test_nan_in_nan_out(void **state)
{
    (void)state;
    ap_vec3 v = ap_ecef_from_geodetic((ap_geodetic){ NAN, 0, 0 });
    assert_true(isnan(v.x_m) && isnan(v.z_m));
    ap_geodetic g = ap_geodetic_from_ecef((ap_vec3){ NAN, NAN, NAN });
    assert_true(isnan(g.latitude_rad) && isnan(g.longitude_rad) && isnan(g.height_m));
    g = ap_geodetic_from_ecef((ap_vec3){ AP_WGS84_A_M, 0, NAN });
    assert_true(isnan(g.latitude_rad) && isnan(g.height_m));
}

static void test_batches_equal_scalars(void **state)
{
    (void)state;
    double lat[PLACE_COUNT], lon[PLACE_COUNT], h[PLACE_COUNT];
    double x[PLACE_COUNT], y[PLACE_COUNT], z[PLACE_COUNT];
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        ap_geodetic g = place(i);
        lat[i] = g.latitude_rad, lon[i] = g.longitude_rad, h[i] = g.height_m;
    }
    ap_ecef_from_geodetic_n(PLACE_COUNT, lat, lon, h, x, y, z);
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        ap_vec3 one = ap_ecef_from_geodetic(place(i)), many = { x[i], y[i], z[i] };
        assert_memory_equal(&one, &many, sizeof one);
    }
    ap_geodetic_from_ecef_n(PLACE_COUNT, x, y, z, lat, lon, h);
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        ap_geodetic one = ap_geodetic_from_ecef((ap_vec3){ x[i], y[i], z[i] });
        ap_geodetic many = { lat[i], lon[i], h[i] };
        assert_memory_equal(&one, &many, sizeof one);
    }
}

static int open_proj(void **state)
{
    *state = proj_create(PJ_DEFAULT_CTX, "+proj=cart +ellps=WGS84");
    return *state ? 0 : -1;
}

static int close_proj(void **state)
{
    proj_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecef_from_geodetic_against_proj),
        cmocka_unit_test(test_geodetic_from_ecef_against_proj),
        cmocka_unit_test(test_geodetic_round_trip),
        cmocka_unit_test(test_geodetic_from_ecef_special_points),
        cmocka_unit_test(test_geodetic_from_ecef_deep),
        cmocka_unit_test(test_radii_at_latitudes),
        cmocka_unit_test(test_nan_in_nan_out),
        cmocka_unit_test(test_batches_equal_scalars),
    };
    return cmocka_run_group_tests(tests, open_proj, close_proj);
}
