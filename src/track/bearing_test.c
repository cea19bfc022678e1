#include "track/bearing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const double jump = 0.026; /* sine of 1.5 degrees */
static const ap_sensor radar = { .azimuth_sigma_rad = 1.4e-3 };

/* Reports of `count` tracks by turns until the verdict is `until`; how many, or 1000. */
static int seen_until(ap_bearing *bearing, uint32_t count, double sine, bool until)
{
    for (int i = 0; i < 1000; i++) {
        ap_bearing_seen(bearing, &radar, 1 + (uint32_t)i % count, sine);
        if (bearing->is_lost == until)
            return i + 1;
    }
    return 1000;
}

/* 1 - (15/16)^n is above one half from n = 11 on. */
static void test_bearing_seen_all_to_one_side(void **state)
{
    (void)state;
    for (int side = -1; side <= 1; side += 2) {
        ap_bearing bearing = { 0 };
        assert_int_equal(seen_until(&bearing, 20, side * jump, true), 11);
        assert_in_range(seen_until(&bearing, 20, 0.0, false), 2, 40);
    }
}

static void test_bearing_seen_what_says_nothing(void **state)
{
    (void)state;
    ap_bearing bearing = { 0 };
    assert_int_equal(seen_until(&bearing, 1, jump, true), 1000);  /* one aircraft alone */
    assert_int_equal(seen_until(&bearing, 20, 4e-3, true), 1000); /* a bias */
    for (int i = 0; i < 1000; i++) { /* one in five somewhere else, and one to each side */
        ap_bearing_seen(&bearing, &radar, 1 + (uint32_t)i % 20, i % 5 ? 0.0 : 0.5);
        assert_false(bearing.is_lost);
    }
    for (int i = 0; i < 1000; i++) {
        ap_bearing_seen(&bearing, &radar, 1 + (uint32_t)i % 20, i % 2 ? 0.3 : -0.3);
        assert_false(bearing.is_lost);
    }
    ap_bearing before = bearing;
    ap_bearing_seen(&bearing, &radar, 77, NAN);
    assert_memory_equal(&before, &bearing, sizeof bearing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bearing_seen_all_to_one_side),
        cmocka_unit_test(test_bearing_seen_what_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
