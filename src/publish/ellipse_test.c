#include "publish/ellipse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>

#include "airpicture/geo.h"

/* The covariance made from known axes gives them back. */
static void test_ellipse_of_known_axes(void **state)
{
    (void)state;
    for (double axis_deg = 0; axis_deg < 180; axis_deg += 7.5)
        for (double minor = 0; minor < 30; minor += 9.5) {
            double major = 30, a = axis_deg * AP_RAD_PER_DEG, s = sin(a), c = cos(a);
            double v1 = major * major, v2 = minor * minor, got_major, got_minor, axis;
            ap_ellipse_of(v1 * s * s + v2 * c * c, (v1 - v2) * s * c, v1 * c * c + v2 * s * s,
                          &got_major, &got_minor, &axis);
            assert_true(fabs(got_major - major) < 1e-9);
            assert_true(fabs(got_minor - minor) < 1e-6);
            assert_true(fabs(sin(axis - a)) < 1e-7);
            assert_true(axis >= 0 && axis < AP_PI);
        }
}

static void test_ellipse_of_circle_and_nan(void **state)
{
    (void)state;
    double major, minor, axis;
    ap_ellipse_of(100.0, 1e-13, 100.0 + 1e-12, &major, &minor, &axis);
    assert_true(axis == 0.0);
    assert_true(fabs(major - 10) < 1e-9 && fabs(minor - 10) < 1e-9);
    ap_ellipse_of(0, 0, 0, &major, &minor, &axis);
    assert_true(major == 0 && minor == 0 && axis == 0);
    ap_ellipse_of(NAN, 0, 1, &major, &minor, &axis);
    assert_true(isnan(major) && isnan(minor));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ellipse_of_known_axes),
        cmocka_unit_test(test_ellipse_of_circle_and_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
