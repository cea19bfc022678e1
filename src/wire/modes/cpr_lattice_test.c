/* CPR against the formulas of the standard in extended precision, written down a second time here:
 * every latitude that can be coded, and a million places of the air and of the surface. */
#include "airpicture/cpr.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define WORDS 131072
#define PLACES 1000000
#define PI_L 3.14159265358979323846264338327950288L

/* limit[n]: latitude below which there are at least n longitude zones, degrees. */
static long double limit[60];

static void find_limits(void)
{
    for (int n = 2; n < 60; n++)
        limit[n] = 180 / PI_L * acosl(sqrtl((1 - cosl(PI_L / 30)) / (1 - cosl(2 * PI_L / n))));
    limit[2] = 87.0L; /* the standard names it, and so it is 1 there */
}

static int zones_at(long double latitude_deg)
{
    int n = 59;
    while (n > 1 && fabsl(latitude_deg) >= limit[n])
        n--;
    return n;
}

/* Words whose latitude lies within what a double can tell of a limit are counted, not judged. */
static unsigned check_lattice(bool odd, bool surface)
{
    long double cell = (surface ? 90.0L : 360.0L) / (odd ? 59 : 60);
    unsigned close = 0;
    int n = 59;
    for (int index = 0; index * cell < 90.0L; index++)
        for (int word = 0; word < WORDS; word++) {
            long double exact = cell * (index + word / (long double)WORDS);
            while (n > 1 && exact >= limit[n])
                n--;
            /* As a decoder has it: from the word, in double. */
            double coded = (double)cell * (index + word / (double)WORDS);
            if (exact > 90.0L || ap_cpr_nl(coded) == n)
                continue;
            assert_true(fabsl(exact - limit[n + 1]) < 1e-13L || fabsl(exact - limit[n]) < 1e-13L);
            close++;
        }
    return close;
}

static void test_every_coded_latitude(void **state)
{
    (void)state;
    find_limits();
    for (int parity = 0; parity <= 1; parity++)
        for (int surface = 0; surface <= 1; surface++)
            assert_int_equal(check_lattice(parity, surface), 0);
    /* The only word on a limit: 87 degrees, where there is one zone. */
    assert_int_equal(ap_cpr_nl(360.0 / 60 * (14 + 65536 / (double)WORDS)), 1);
}

/* xorshift: the same numbers everywhere. */
static double uniform(double from, double to)
{
    static uint64_t seed = 88172645463325252u;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return from + (to - from) * ((double)(seed >> 11) / 9007199254740992.0);
}

static long double modulo(long double x, long double y)
{
    return x - y * floorl(x / y);
}

/* DO-260B, A.1.7.3: airborne; A.1.7.4, surface: a quarter of the circle. */
static ap_cpr coded(long double latitude, long double longitude, bool odd, bool surface)
{
    long double circle = surface ? 90.0L : 360.0L, step = circle / (60 - odd);
    long double word = floorl(WORDS * modulo(latitude, step) / step + 0.5L);
    long double seen = step * (word / WORDS + floorl(latitude / step));
    int zones = zones_at(seen) - odd;
    long double width = circle / (zones > 1 ? zones : 1);
    long double across = floorl(WORDS * modulo(longitude, width) / width + 0.5L);
    return (ap_cpr){ (uint32_t)modulo(word, WORDS), (uint32_t)modulo(across, WORDS), odd, surface };
}

static long double between(long double a, long double b)
{
    return fabsl(remainderl(a - b, 360.0L));
}

/* The place as both orders of its pair, and near itself, give it: within half a step of the code.
 * Returns whether the pair straddles a limit and gave none. */
static bool check_place(double latitude, double longitude, bool surface)
{
    ap_cpr even = coded(latitude, longitude, false, surface);
    ap_cpr odd = coded(latitude, longitude, true, surface);
    ap_cpr ours = ap_cpr_encode(latitude, longitude, true, surface);
    assert_int_equal(ours.latitude_17, odd.latitude_17);
    assert_int_equal(ours.longitude_17, odd.longitude_17);
    long double circle = surface ? 90.0L : 360.0L;
    bool straddles = false;
    for (int newer_odd = 0; newer_odd <= 1; newer_odd++) {
        double got_latitude, got_longitude;
        long double half = circle / (60 - newer_odd) / WORDS / 2 * (1 + 1e-12L);
        if (ap_cpr_global(&even, &odd, newer_odd, latitude, longitude, &got_latitude,
                          &got_longitude)) {
            assert_int_not_equal(zones_at(fabs(latitude) - 2 * half),
                                 zones_at(fabs(latitude) + 2 * half));
            straddles = true;
            continue;
        }
        int zones = zones_at(got_latitude) - newer_odd;
        long double width = circle / (zones > 1 ? zones : 1);
        assert_true(fabsl((long double)got_latitude - latitude) <= half);
        assert_true(between(got_longitude, longitude) <= width / WORDS / 2 * (1 + 1e-9L));
    }
    return straddles;
}

static void test_a_million_places(void **state)
{
    (void)state;
    find_limits();
    unsigned straddling = 0;
    for (int i = 0; i < PLACES; i++) {
        double latitude = asin(uniform(-1, 1)) * 57.29577951308232;
        straddling += check_place(latitude, uniform(-180, 180), i % 2);
    }
    assert_true(straddling > 0 && straddling < 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_coded_latitude),
                                        cmocka_unit_test(test_a_million_places) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
