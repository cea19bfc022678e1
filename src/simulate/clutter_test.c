#include "simulate/clutter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define DEG AP_RAD_PER_DEG

/* Mean and variance of a Poisson count are equal; both within 3.3 standard errors (1e-3). */
static void test_clutter_count_large_means(void **state)
{
    (void)state;
    static const double means[] = { 0.0, 0.3, 50.0, 51.0, 420.0 };
    for (size_t k = 0; k < sizeof means / sizeof *means; k++) {
        double sum = 0.0, square = 0.0, n = 4000.0, mean = means[k];
        for (uint32_t i = 0; i < 4000; i++) {
            ap_random random = ap_random_of(11, 1, i, k);
            double count = ap_clutter_draw_count(&random, mean);
            sum += count;
            square += (count - mean) * (count - mean);
        }
        assert_true(fabs(sum / n - mean) <= 3.3 * sqrt(mean / n));
        /* Fourth moment of Poisson: mean + 3 mean^2. */
        assert_true(fabs(square / n - mean) <= 3.3 * sqrt((mean + 2.0 * mean * mean) / n));
    }
}

static void test_clutter_range_uniform_in_area(void **state)
{
    (void)state;
    assert_true(ap_clutter_range_m(3.0, 5.0, 0.0) == 3.0);
    assert_true(fabs(ap_clutter_range_m(3.0, 5.0, 0.5) - sqrt(17.0)) < 1e-12);
}

static ap_clutter_area area_at(double north_deg)
{
    return (ap_clutter_area){ .latitude_rad = north_deg * DEG,
                              .radius_m = 5000.0,
                              .east_mps = 10.0,
                              .north_mps = -5.0,
                              .start_s = 100.0 };
}

static void test_clutter_view_drifts(void **state)
{
    (void)state;
    ap_enu_frame site = ap_enu_frame_at((ap_geodetic){ 0.0, 0.0, 0.0 });
    /* 0.1 degrees north of the equator are 11.057 km. */
    ap_clutter_area area = area_at(0.1);
    ap_clutter_view view = ap_clutter_view_of(&area, &site, 100.0);
    assert_true(fabs(view.east_m) < 1e-6 && fabs(view.north_m - 11057.4) < 1.0);
    assert_true(fabs(view.half_rad - asin(5000.0 / 11057.4)) < 1e-4);
    view = ap_clutter_view_of(&area, &site, 700.0);
    assert_true(fabs(view.east_m - 6000.0) < 1.0 && fabs(view.north_m - 8057.4) < 1.0);
    area = area_at(0.01);
    view = ap_clutter_view_of(&area, &site, 100.0);
    assert_true(view.half_rad == AP_PI && ap_clutter_meets(&view, 3.0, 3.1));
}

/* No place falls into a sector that it is said not to meet, and they fill the disc: the mean square
 * of the distance from the middle is half of that of the radius. */
static void test_clutter_draw_in_the_disc(void **state)
{
    (void)state;
    ap_enu_frame site = ap_enu_frame_at((ap_geodetic){ 0.0, 0.0, 0.0 });
    ap_clutter_area area = area_at(0.1);
    ap_clutter_view view = ap_clutter_view_of(&area, &site, 100.0);
    ap_random random = ap_random_of(3, 1, 1, 1);
    double square = 0.0;
    int n = 10000, left = 0;
    for (int i = 0; i < n; i++) {
        ap_clutter_place place = ap_clutter_draw(&view, &random);
        double x = place.range_m * sin(place.azimuth_rad) - view.east_m;
        double y = place.range_m * cos(place.azimuth_rad) - view.north_m;
        assert_true(hypot(x, y) <= 5000.0 * (1.0 + 1e-12));
        square += (x * x + y * y) / 25e6;
        left += x < 0.0;
        double sector = floor(place.azimuth_rad / (AP_PI / 16.0)) * AP_PI / 16.0;
        assert_true(ap_clutter_meets(&view, sector, sector + AP_PI / 16.0));
    }
    assert_true(fabs(square / n - 0.5) < 3.3 * sqrt(1.0 / 12.0 / n));
    assert_true(fabs(left - n / 2.0) < 3.3 * sqrt(n / 4.0));
    assert_false(ap_clutter_meets(&view, 30.0 * DEG, 41.25 * DEG)); /* it ends at 26.9 */
    assert_true(ap_clutter_meets(&view, 20.0 * DEG, 31.25 * DEG));
    assert_true(ap_clutter_meets(&view, 340.0 * DEG, 350.0 * DEG));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clutter_count_large_means),
        cmocka_unit_test(test_clutter_range_uniform_in_area),
        cmocka_unit_test(test_clutter_view_drifts),
        cmocka_unit_test(test_clutter_draw_in_the_disc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
