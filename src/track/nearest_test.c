#include "track/nearest.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "track/test_noise.h"

#define COUNT 5000u

static double distance(const ap_point *p, const double at[3])
{
    return sqrt((p->at[0] - at[0]) * (p->at[0] - at[0]) + (p->at[1] - at[1]) * (p->at[1] - at[1]) +
                (p->at[2] - at[2]) * (p->at[2] - at[2]));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Spread evenly, on a line, on a grid with many ties, half in one place, and few in all. */
static void scatter(ap_point *point, uint32_t count, int how, uint64_t *seed)
{
    for (uint32_t i = 0; i < count; i++) {
        double u[3] = { test_uniform(seed), test_uniform(seed), test_uniform(seed) };
        for (int axis = 0; axis < 3; axis++)
            point[i].at[axis] = how == 1   ? (axis == 1 ? 1e4 * u[axis] : 0.0)
                                : how == 2 ? floor(10.0 * u[axis])
                                : how == 3 ? (i % 2 == 0 ? u[axis] : 0.5)
                                           : 1e4 * u[axis];
        point[i].item = i;
    }
}

/* The nearest are found, by their distances: which of equals is open. */
static void test_find_equals_brute(void **state)
{
    (void)state;
    static ap_point point[COUNT], as_given[COUNT];
    static double all[COUNT];
    uint64_t seed = 7;
    const uint32_t counts[] = { 0, 1, 2, 3, 40, COUNT };
    for (int how = 0; how < 4; how++)
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            uint32_t count = counts[c], items[AP_NEAREST_CAP];
            scatter(point, count, how, &seed);
            memcpy(as_given, point, sizeof point);
            ap_nearest_build(point, count);
            for (int k = 0; k < 100; k++) {
                double scale = how < 2 ? 1e4 : how == 2 ? 10.0 : 1.0, at[3];
                for (int axis = 0; axis < 3; axis++)
                    at[axis] = how == 1 && axis != 1 ? 0.0 : scale * test_uniform(&seed);
                size_t cap = 1 + (size_t)k % AP_NEAREST_CAP;
                double reach = k % 3 == 0 ? 0.1 * scale : 1e9;
                for (uint32_t i = 0; i < count; i++)
                    all[i] = distance(&as_given[i], at);
                qsort(all, count, sizeof *all, ascending);
                size_t found = ap_nearest_find(point, count, at, reach, cap, items), expected = 0;
                while (expected < cap && expected < count && all[expected] < reach)
                    expected++;
                assert_int_equal(found, expected);
                for (size_t i = 0; i < found; i++)
                    assert_true(distance(&as_given[items[i]], at) == all[i]);
            }
        }
}

/* All in one place, and all equally far: an end comes all the same, with as many as were asked for,
 * none twice. */
static void test_find_ends(void **state)
{
    (void)state;
    static ap_point point[COUNT];
    uint32_t items[AP_NEAREST_CAP];
    uint64_t seed = 9;
    const double middle[3] = { 0.0 };
    for (int sphere = 0; sphere < 2; sphere++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            double z = 2.0 * test_uniform(&seed) - 1.0, a = 2.0 * AP_PI * test_uniform(&seed);
            double r = sqrt(1.0 - z * z);
            point[i] = (ap_point){ { sphere * r * cos(a), sphere * r * sin(a), sphere * z }, i };
        }
        ap_nearest_build(point, COUNT);
        assert_int_equal(ap_nearest_find(point, COUNT, middle, 2.0, AP_NEAREST_CAP, items),
                         AP_NEAREST_CAP);
        for (size_t i = 0; i < AP_NEAREST_CAP; i++)
            for (size_t j = 0; j < i; j++)
                assert_int_not_equal(items[i], items[j]);
    }
    point[3].at[0] = NAN;
    point[9].at[1] = INFINITY;
    ap_nearest_build(point, COUNT);
    assert_true(ap_nearest_find(point, COUNT, middle, 2.0, 5, items) <= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_equals_brute),
        cmocka_unit_test(test_find_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
