#include "airpicture/cpr.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* In double: cmocka compares floats. */
#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((double)(value) - (double)(expected)) <= (tolerance))

#define CIRCLE_DEG(surface) ((surface) ? 90.0L : 360.0L)

/* xorshift: the same numbers everywhere. */
static uint64_t seed = 88172645463325252u;

static double uniform(double from, double to)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return from + (to - from) * ((double)(seed >> 11) / 9007199254740992.0);
}

/* The formula of the standard, in long double. */
static int nl_by_cosine(long double latitude_deg)
{
    const long double pi = 3.14159265358979323846264338327950288L;
    long double latitude = fabsl(latitude_deg);
    if (latitude >= 87.0L)
        return 1;
    long double cosine = cosl(pi / 180 * latitude);
    long double x = 1.0L - (1.0L - cosl(pi / 30)) / (cosine * cosine);
    return (int)floorl(2 * pi / acosl(x));
}

static double turn_between(double a_deg, double b_deg)
{
    return fabs(remainder(a_deg - b_deg, 360.0));
}

/* Half a step of the code, degrees: latitude of the parity, longitude where NL is what it is. */
static double half_latitude(bool odd, bool surface)
{
    return (double)(CIRCLE_DEG(surface) / (odd ? 59 : 60) / 262144) * (1 + 1e-9);
}

static double half_longitude(int nl, bool odd, bool surface)
{
    int zones = nl - (odd ? 1 : 0);
    return (double)(CIRCLE_DEG(surface) / (zones > 1 ? zones : 1) / 262144) * (1 + 1e-9);
}

static void test_nl_against_the_cosine_formula(void **state)
{
    (void)state;
    for (int i = 0; i < 300000; i++) {
        double latitude_deg = uniform(-90.0, 90.0);
        assert_int_equal(ap_cpr_nl(latitude_deg), nl_by_cosine(latitude_deg));
    }
    assert_int_equal(ap_cpr_nl(0.0), 59);
    assert_int_equal(ap_cpr_nl(90.0), 1);
    assert_int_equal(ap_cpr_nl(-90.0), 1);
    assert_int_equal(ap_cpr_nl((double)NAN), 1);
}

/* Each limit by bisection of the long double formula: ours is within one unit of the last place. */
static void test_nl_limits(void **state)
{
    (void)state;
    for (int nl = 59; nl >= 3; nl--) {
        long double low = 0.0L, high = 87.0L;
        for (int i = 0; i < 200; i++) {
            long double middle = (low + high) / 2;
            if (nl_by_cosine(middle) >= nl)
                low = middle;
            else
                high = middle;
        }
        assert_int_equal(ap_cpr_nl((double)low - 3e-14), nl);
        assert_int_equal(ap_cpr_nl((double)low + 3e-14), nl - 1);
        assert_int_equal(ap_cpr_nl(-(double)low - 3e-14), nl - 1);
    }
    assert_int_equal(ap_cpr_nl(nextafter(87.0, 0.0)), 2);
    assert_int_equal(ap_cpr_nl(87.0), 1);
    assert_int_equal(ap_cpr_nl(-87.0), 1);
}

/* The worked examples of The 1090 MHz Riddle, airborne and surface position. */
static void test_global_published_pairs(void **state)
{
    (void)state;
    ap_cpr even = { 93000, 51372, false, false }, odd = { 74158, 50194, true, false };
    double latitude_deg, longitude_deg;
    assert_int_equal(
        ap_cpr_global(&even, &odd, false, (double)NAN, (double)NAN, &latitude_deg, &longitude_deg),
        AP_OK);
    assert_near(latitude_deg, 52.25720214843750, 1e-12);
    assert_near(longitude_deg, 3.91937255859375, 1e-12);

    even = (ap_cpr){ 115609, 116941, false, true };
    odd = (ap_cpr){ 39199, 110269, true, true };
    assert_int_equal(ap_cpr_global(&even, &odd, true, 51.990, 4.375, &latitude_deg, &longitude_deg),
                     AP_OK);
    assert_near(latitude_deg, 52.32061, 1e-5);
    assert_near(longitude_deg, 4.73473, 1e-5);
}

static void check_position(double latitude_deg, double longitude_deg, bool surface)
{
    ap_cpr even = ap_cpr_encode(latitude_deg, longitude_deg, false, surface);
    ap_cpr odd = ap_cpr_encode(latitude_deg, longitude_deg, true, surface);
    double reference_latitude = fmin(fmax(latitude_deg + uniform(-44, 44), -90), 90);
    double reference_longitude = longitude_deg + uniform(-44, 44);
    for (int newer_odd = 0; newer_odd <= 1; newer_odd++) {
        double got_latitude = NAN, got_longitude = NAN;
        ap_err err = ap_cpr_global(&even, &odd, newer_odd, reference_latitude, reference_longitude,
                                   &got_latitude, &got_longitude);
        if (err == AP_ERR_RANGE) {
            /* Allowed only where the two words of this place see different zone counts. */
            double reach = half_latitude(true, surface) + half_latitude(false, surface);
            assert_int_not_equal(ap_cpr_nl(fabs(latitude_deg) - reach),
                                 ap_cpr_nl(fabs(latitude_deg) + reach));
            continue;
        }
        assert_int_equal(err, AP_OK);
        int nl = ap_cpr_nl(got_latitude);
        assert_true(fabs(got_latitude - latitude_deg) <= half_latitude(newer_odd, surface));
        assert_true(turn_between(got_longitude, longitude_deg) <=
                    half_longitude(nl, newer_odd, surface));
        assert_true(got_longitude >= -180.0 && got_longitude < 180.0);
    }
}

static void test_global_inverts_encode(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        double latitude_deg = asin(uniform(-1, 1)) * 57.29577951308232;
        check_position(latitude_deg, uniform(-180, 180), i % 2);
    }
}

/* A lattice over every limit of the zone count, the equator, the poles and the date line. */
static void test_global_at_boundaries(void **state)
{
    (void)state;
    static const double longitudes[] = { -180,     -179.99999, -135, -90.00001, -90,
                                         -45,      -1e-9,      0,    1e-9,      45,
                                         89.99999, 90,         135,  179.99999, 180 };
    for (double latitude_deg = -90; latitude_deg <= 90; latitude_deg += 0.25)
        for (size_t i = 0; i < sizeof longitudes / sizeof longitudes[0]; i++) {
            check_position(latitude_deg, longitudes[i], false);
            check_position(latitude_deg, longitudes[i], true);
        }
    double limit_deg = 0;
    for (int nl = 59; nl >= 2; nl--) {
        while (ap_cpr_nl(limit_deg) >= nl)
            limit_deg += 1e-3;
        for (int step = -40; step <= 40; step++)
            for (int sign = -1; sign <= 1; sign += 2)
                for (size_t i = 0; i < sizeof longitudes / sizeof longitudes[0]; i++)
                    check_position(sign * (limit_deg + step * 2.5e-5), longitudes[i], step % 2);
    }
}

/* An aircraft that moves between the two frames: the position is the newer frame's. */
static void test_global_belongs_to_the_newer_frame(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        double latitude_deg = uniform(-80, 80), longitude_deg = uniform(-180, 180);
        double later_latitude = latitude_deg + uniform(-0.02, 0.02);
        double later_longitude = longitude_deg + uniform(-0.02, 0.02);
        bool newer_odd = i % 2;
        ap_cpr older = ap_cpr_encode(latitude_deg, longitude_deg, !newer_odd, false);
        ap_cpr newer = ap_cpr_encode(later_latitude, later_longitude, newer_odd, false);
        double got_latitude, got_longitude;
        ap_err err = ap_cpr_global(newer_odd ? &older : &newer, newer_odd ? &newer : &older,
                                   newer_odd, 0, 0, &got_latitude, &got_longitude);
        if (err == AP_ERR_RANGE) {
            assert_int_not_equal(ap_cpr_nl(fabs(later_latitude) - 0.0201),
                                 ap_cpr_nl(fabs(later_latitude) + 0.0201));
            continue;
        }
        assert_int_equal(err, AP_OK);
        assert_true(fabs(got_latitude - later_latitude) <= half_latitude(newer_odd, false));
        assert_true(turn_between(got_longitude, later_longitude) <=
                    half_longitude(ap_cpr_nl(got_latitude), newer_odd, false));
    }
}

static void test_global_refuses(void **state)
{
    (void)state;
    ap_cpr even = ap_cpr_encode(50, 8, false, false), odd = ap_cpr_encode(50, 8, true, false);
    ap_cpr surface_odd = ap_cpr_encode(50, 8, true, true), wide = odd;
    ap_cpr surface_even = ap_cpr_encode(50, 8, false, true);
    wide.longitude_17 = 131072;
    double latitude_deg = 1, longitude_deg = 2;
    static const double none = (double)NAN;
    const struct {
        const ap_cpr *even, *odd;
        double reference_deg;
    } cases[] = { { &even, &even, 0 }, { &odd, &odd, 0 },
                  { &odd, &even, 0 },  { &even, &surface_odd, 50 },
                  { &even, &wide, 0 }, { &surface_even, &surface_odd, none } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(ap_cpr_global(cases[i].even, cases[i].odd, true, cases[i].reference_deg,
                                       cases[i].reference_deg, &latitude_deg, &longitude_deg),
                         AP_ERR_ARGUMENT);
    /* Words of two aircraft far apart that give a latitude between 90 and 270. */
    even.latitude_17 = 65536;
    odd.latitude_17 = 0;
    assert_int_equal(ap_cpr_global(&even, &odd, true, 0, 0, &latitude_deg, &longitude_deg),
                     AP_ERR_RANGE);
    assert_near(latitude_deg, 1, 0);
    assert_near(longitude_deg, 2, 0);
}

static void test_local_inverts_encode(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        bool odd = i & 1, surface = i & 2;
        double latitude_deg = uniform(-90, 90), longitude_deg = uniform(-180, 180);
        ap_cpr frame = ap_cpr_encode(latitude_deg, longitude_deg, odd, surface);
        double cell = (double)CIRCLE_DEG(surface) / (odd ? 59 : 60);
        double reference_latitude = latitude_deg + uniform(-0.499, 0.499) * cell;
        if (fabs(reference_latitude) > 90)
            reference_latitude = latitude_deg;
        int zones = ap_cpr_nl(latitude_deg) - odd;
        double width = (double)CIRCLE_DEG(surface) / (zones > 1 ? zones : 1);
        double reference_longitude = longitude_deg + uniform(-0.499, 0.499) * width;
        double got_latitude, got_longitude;
        assert_int_equal(ap_cpr_local(&frame, reference_latitude, reference_longitude,
                                      &got_latitude, &got_longitude),
                         AP_OK);
        assert_true(fabs(got_latitude - latitude_deg) <= half_latitude(odd, surface));
        if (ap_cpr_nl(got_latitude) == ap_cpr_nl(latitude_deg))
            assert_true(turn_between(got_longitude, longitude_deg) <=
                        half_longitude(ap_cpr_nl(got_latitude), odd, surface));
    }
}

static void test_local_refuses(void **state)
{
    (void)state;
    ap_cpr frame = ap_cpr_encode(50, 8, false, false);
    double latitude_deg = 1, longitude_deg = 2;
    assert_int_equal(ap_cpr_local(&frame, (double)NAN, 8, &latitude_deg, &longitude_deg),
                     AP_ERR_ARGUMENT);
    assert_int_equal(ap_cpr_local(&frame, 50, (double)INFINITY, &latitude_deg, &longitude_deg),
                     AP_ERR_ARGUMENT);
    frame.latitude_17 = 65000; /* 2.975 degrees into a cell: 92.975 is nearest to the pole */
    assert_int_equal(ap_cpr_local(&frame, 90, 8, &latitude_deg, &longitude_deg), AP_ERR_RANGE);
    assert_near(latitude_deg, 1, 0);
}

static void test_encode_refuses_with_zero_words(void **state)
{
    (void)state;
    static const double bad[][2] = { { 90.001, 0 }, { (double)NAN, 0 }, { 0, (double)INFINITY } };
    for (size_t i = 0; i < 3; i++) {
        ap_cpr frame = ap_cpr_encode(bad[i][0], bad[i][1], true, false);
        assert_int_equal(frame.latitude_17, 0);
        assert_int_equal(frame.longitude_17, 0);
        assert_true(frame.odd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nl_against_the_cosine_formula),
        cmocka_unit_test(test_nl_limits),
        cmocka_unit_test(test_global_published_pairs),
        cmocka_unit_test(test_global_inverts_encode),
        cmocka_unit_test(test_global_at_boundaries),
        cmocka_unit_test(test_global_belongs_to_the_newer_frame),
        cmocka_unit_test(test_global_refuses),
        cmocka_unit_test(test_local_inverts_encode),
        cmocka_unit_test(test_local_refuses),
        cmocka_unit_test(test_encode_refuses_with_zero_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
