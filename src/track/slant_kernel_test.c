#include "track/slant_kernel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define DEG AP_RAD_PER_DEG

static double uniform(uint64_t *seed, double low, double high)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (high - low) * ((double)(*seed >> 11) * 0x1p-53);
}

/* Near and far plots, and some overhead or at the site, where range and height contradict. */
static void random_slants(uint64_t *seed, ap_slants *s)
{
    for (int l = 0; l < AP_LANES; l++) {
        double far = uniform(seed, 0.0, 1.0);
        s->range_m[l] = far < 0.1 ? 0.0 : uniform(seed, 1.0, far < 0.3 ? 12e3 : 450e3);
        s->azimuth_rad[l] = uniform(seed, -2.0 * AP_PI, 2.0 * AP_PI);
        s->range_sigma_m[l] = uniform(seed, 0.1, 200.0);
        s->azimuth_sigma_rad[l] = uniform(seed, 0.0, 3e-3);
        s->height_m[l] = uniform(seed, -500.0, 15e3);
        s->height_sigma_m[l] = uniform(seed, 1.0, 3000.0);
    }
}

static ap_slants first_of(const ap_slants *s, int l)
{
    ap_slants one;
    memset(&one, 0, sizeof one);
    one.range_m[0] = s->range_m[l];
    one.azimuth_rad[0] = s->azimuth_rad[l];
    one.range_sigma_m[0] = s->range_sigma_m[l];
    one.azimuth_sigma_rad[0] = s->azimuth_sigma_rad[l];
    one.height_m[0] = s->height_m[l];
    one.height_sigma_m[0] = s->height_sigma_m[l];
    return one;
}

static void assert_same(const ap_places *all, int l, const ap_places *one)
{
    for (int k = 0; k < 3; k++)
        assert_true(all->ecef_m[k][l] == one->ecef_m[k][0]);
    for (int k = 0; k < 6; k++)
        assert_true(all->R_ecef_m2[k][l] == one->R_ecef_m2[k][0]);
    assert_true(all->sin_lat[l] == one->sin_lat[0] && all->cos_lat[l] == one->cos_lat[0]);
    assert_true(all->sin_lon[l] == one->sin_lon[0] && all->cos_lon[l] == one->cos_lon[0]);
}

static const double sites_deg[][2] = { { 50, 8 },      { 0, 0 },    { 90, 0 },   { -90, 0 },
                                       { -89.9, 120 }, { 20, 180 }, { -33, -70 } };
#define SITES (sizeof sites_deg / sizeof sites_deg[0])

static ap_enu_frame site(size_t i)
{
    return ap_enu_frame_at(
        (ap_geodetic){ sites_deg[i][0] * DEG, sites_deg[i][1] * DEG, 200.0 * (double)i });
}

/* Whoever stands in the other lanes, and whatever the processor has. */
static void test_each_flavour_gives_the_bits_of_one(void **state)
{
    (void)state;
    ap_slant_kernel plain = ap_slant_kernel_of(AP_FLAVOUR_PLAIN);
    assert_non_null(plain);
    uint64_t seed = 1;
    for (int round = 0; round < 3000; round++) {
        ap_enu_frame from = site((size_t)round % SITES);
        ap_slants slants;
        random_slants(&seed, &slants);
        for (int flavour = 0; flavour < AP_FLAVOUR_COUNT; flavour++) {
            ap_slant_kernel kernel = ap_slant_kernel_of((ap_flavour)flavour);
            ap_places all, one;
            if (!kernel)
                continue;
            kernel(&from, false, &slants, &all);
            for (int l = 0; l < AP_LANES; l++) {
                ap_slants alone = first_of(&slants, l);
                kernel(&from, true, &alone, &one);
                assert_same(&all, l, &one);
                plain(&from, true, &alone, &one);
                assert_same(&all, l, &one);
            }
        }
    }
}

static double apart_m(ap_vec3 a, const ap_places *p, int l)
{
    double x = a.x_m - p->ecef_m[0][l], y = a.y_m - p->ecef_m[1][l], z = a.z_m - p->ecef_m[2][l];
    return sqrt(x * x + y * y + z * z);
}

/* Against the solution with angles, where there is one. */
static void test_places_equal_the_geodetic_ones(void **state)
{
    (void)state;
    uint64_t seed = 2;
    int met = 0;
    for (int round = 0; round < 3000; round++) {
        ap_enu_frame from = site((size_t)round % SITES);
        ap_slants s;
        ap_places places;
        random_slants(&seed, &s);
        ap_slant_kernel_best()(&from, false, &s, &places);
        for (int l = 0; l < AP_LANES; l++) {
            ap_geodetic g;
            double off_m =
                ap_geodetic_from_slant(&from, s.range_m[l], s.azimuth_rad[l], s.height_m[l], &g);
            double trace = places.R_ecef_m2[0][l] + places.R_ecef_m2[3][l] + places.R_ecef_m2[5][l];
            assert_true(isfinite(trace) && trace >= 2.0);
            assert_true(isfinite(apart_m(from.origin_ecef, &places, l)));
            /* Near the zenith a millimetre of height is metres on the ground. */
            if (off_m > 1e-6 || s.range_m[l] < 1.2 * fabs(s.height_m[l] - from.origin.height_m))
                continue;
            assert_true(apart_m(ap_ecef_from_geodetic(g), &places, l) < 0.02);
            assert_true(fabs(places.sin_lat[l] - sin(g.latitude_rad)) < 1e-8);
            met++;
        }
    }
    assert_true(met > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_flavour_gives_the_bits_of_one),
        cmocka_unit_test(test_places_equal_the_geodetic_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
