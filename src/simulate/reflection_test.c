#include "simulate/reflection.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define DEG AP_RAD_PER_DEG

/* A wall 2 km east of the radar that faces west: the image of what is in the west is in the east,
 * mirrored at x = 2 km. */
static void test_reflection_of_wall_across(void **state)
{
    (void)state;
    ap_reflector wall = {
        .azimuth_rad = 90 * DEG, .range_m = 2000, .length_m = 400, .normal_rad = 270 * DEG
    };
    ap_vec3 image;
    assert_true(ap_reflection_of(&wall, (ap_vec3){ -30000, 1000, 9000 }, &image));
    assert_true(fabs(image.x_m - 34000) < 1e-6 && fabs(image.y_m - 1000) < 1e-6);
    assert_true(image.z_m == 9000);
    /* The way to (34000, y) meets the wall at 2000 y / 34000: 200 m from its middle at 3400 m. */
    assert_true(ap_reflection_of(&wall, (ap_vec3){ -30000, 3399, 0 }, &image));
    assert_false(ap_reflection_of(&wall, (ap_vec3){ -30000, 3401, 0 }, &image));
    assert_false(ap_reflection_of(&wall, (ap_vec3){ -30000, -3401, 0 }, &image));
    assert_false(ap_reflection_of(&wall, (ap_vec3){ 2001, 0, 0 }, &image));
    wall.normal_rad = 90 * DEG; /* its back */
    assert_false(ap_reflection_of(&wall, (ap_vec3){ -30000, 1000, 9000 }, &image));
}

/* An independent way to the same: the point of the wall by which the way radar - wall - target is
 * shortest (Fermat), found by golden section; its azimuth is the image's and the length of the way
 * is the image's distance. */
static void test_reflection_of_is_the_shortest_way(void **state)
{
    (void)state;
    ap_reflector wall = {
        .azimuth_rad = 200 * DEG, .range_m = 5000, .length_m = 6000, .normal_rad = 60 * DEG
    };
    double wx = 5000 * sin(200 * DEG), wy = 5000 * cos(200 * DEG);
    double tx = sin(150 * DEG), ty = cos(150 * DEG); /* along the wall */
    int seen = 0;
    for (int k = 0; k < 400; k++) {
        double range_m = 20e3 + 500.0 * k, azimuth_rad = k * 7.0 * DEG;
        ap_vec3 target = { range_m * sin(azimuth_rad), range_m * cos(azimuth_rad), 8000.0 }, image;
        if (!ap_reflection_of(&wall, target, &image))
            continue;
        seen++;
        double low = -3000.0, high = 3000.0, length_m = 0.0, x = 0.0, y = 0.0;
        for (int step = 0; step < 100; step++) {
            double cut[2] = { high - 0.618034 * (high - low), low + 0.618034 * (high - low) };
            double way[2];
            for (int side = 0; side < 2; side++) {
                x = wx + cut[side] * tx, y = wy + cut[side] * ty;
                way[side] = hypot(x, y) + hypot(target.x_m - x, target.y_m - y);
            }
            length_m = way[0];
            if (way[0] < way[1])
                high = cut[1];
            else
                low = cut[0];
        }
        assert_true(fabs(hypot(image.x_m, image.y_m) - length_m) < 1e-3);
        assert_true(fabs(ap_wrap_pi(atan2(image.x_m, image.y_m) - atan2(x, y))) < 1e-4);
        assert_true(length_m > range_m);
    }
    assert_true(seen > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reflection_of_wall_across),
        cmocka_unit_test(test_reflection_of_is_the_shortest_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
