#include "score/summary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/arena.h"
#include "score/tgospa.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((value) - (expected)) <= (tolerance))

static uint32_t bins[AP_SUMMARY_BINS];

/* numpy.percentile of the same numbers: linear between order statistics. */
static void test_quantiles_known(void **state)
{
    (void)state;
    const float values[] = { 4.0f, 1.0f, 3.0f, 3.0f, 0.0f, 1e-30f, 1e9f };
    const double wide[] = { 4.0, 1.0, 3.0, 3.0, 0.0, 1e-30, 1e9 };
    static const double fractions[] = { 0.5, 0.95, 0.0, 1.0, 0.6 };
    static const double expected[] = { 3.0, 700000001.2, 0.0, 1e9, 3.0 };
    double got[5];
    ap_summary_quantiles(7, values, 5, fractions, got, bins);
    for (int i = 0; i < 5; i++) {
        assert_near(got[i], expected[i], 1e-6 * expected[i]);
        assert_near(ap_summary_quantile(7, wide, fractions[i], bins), expected[i],
                    1e-12 * expected[i]);
    }
    ap_summary_quantiles(0, values, 1, fractions, got, bins);
    assert_near(got[0], 0.0, 0.0);
    assert_near(ap_summary_quantile(0, wide, 0.5, bins), 0.0, 0.0);
}

static void test_summary_signed(void **state)
{
    (void)state;
    float errors[] = { -3.0f, 1.0f, -1.0f, 1.0f };
    ap_error_summary s = ap_summary_of(4, errors, bins);
    assert_near(s.mean, -0.5, 1e-12);
    assert_near(s.rms, sqrt(3.0), 1e-12);
    assert_near(s.median, 1.0, 1e-12);
    assert_near(s.max, 3.0, 0.0);
    assert_int_equal(ap_summary_of(0, errors, bins).count, 0);
}

/* Two-sided bounds of 95 %, from tables of the chi-square distribution to four decimals. */
static void test_nees_bounds_known(void **state)
{
    (void)state;
    static const struct {
        uint32_t dimension, count;
        double lower, upper;
    } cases[] = {
        { 4, 50, 3.2546, 4.8212 },  { 4, 100, 3.4648, 4.5731 },  { 6, 100, 5.3402, 6.6977 },
        { 2, 100, 1.6273, 2.4106 }, { 6, 1000, 5.7872, 6.2166 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ap_nees_summary s = ap_nees_of(cases[i].count, cases[i].dimension, 1.0);
        assert_near(s.lower, cases[i].lower, 5.1e-5);
        assert_near(s.upper, cases[i].upper, 5.1e-5);
    }
    assert_near(ap_chi_square_quantile(1, 0.99), 6.634897, 1e-6);
    assert_near(ap_chi_square_quantile(2, 0.9999), -2.0 * log(1e-4), 1e-7); /* exponential */
    assert_near(ap_chi_square_quantile(3, 0.999), 16.266236, 1e-6);
    /* Where the formula for many degrees begins, both agree. */
    double below = ap_chi_square_quantile(999999, 0.975),
           above = ap_chi_square_quantile(1000001, 0.975);
    assert_near(above - below, 2.0, 0.01);
}

typedef struct lp_case {
    uint32_t instants, truths, tracks, edge_count;
    double half_switch;
    ap_tgospa_edge edges[24];
    double reward; /* optimum of the linear program, by a simplex solver (scipy, HiGHS) */
} lp_case;

static ap_tgospa_solution solve(const lp_case *c)
{
    ap_arena arena = ap_arena_measure();
    ap_tgospa_work work;
    ap_tgospa_init(&work, &arena, 24, c->truths, c->tracks, c->instants);
    size_t size = ap_arena_need(&arena);
    void *mem = malloc(size);
    arena = ap_arena_over(mem, size);
    ap_tgospa_init(&work, &arena, 24, c->truths, c->tracks, c->instants);
    lp_case copy = *c;
    ap_tgospa_problem problem = { .instant_count = c->instants,
                                  .truth_count = c->truths,
                                  .track_count = c->tracks,
                                  .edges = copy.edges,
                                  .edge_count = c->edge_count,
                                  .full = 100.0,
                                  .half_switch = c->half_switch };
    ap_tgospa_solution solution = ap_tgospa_solve(&work, &problem);
    free(mem);
    return solution;
}

/* One track, first near one truth and then near another: handing it over costs two half switches
 * where that pays, and otherwise the shorter use is given up. */
static void test_tgospa_handed_over(void **state)
{
    (void)state;
    lp_case c = { .instants = 6,
                  .truths = 2,
                  .tracks = 1,
                  .edge_count = 6,
                  .half_switch = 20.0,
                  .edges = { { 0, 0, 0, 0 },
                             { 1, 0, 0, 0 },
                             { 2, 0, 0, 0 },
                             { 3, 0, 0, 0 },
                             { 4, 1, 0, 0 },
                             { 5, 1, 0, 0 } } };
    ap_tgospa_solution s = solve(&c);
    assert_near(s.reward, 600.0 - 40.0, 1e-9);
    assert_near(s.bound, s.reward, 1e-6);
    assert_int_equal(s.half_switches, 2);
    assert_int_equal(s.cluster_count, 1);
    c.half_switch = 150.0;
    s = solve(&c);
    assert_near(s.reward, 400.0, 1e-9);
    assert_near(s.bound, s.reward, 1e-6);
    assert_int_equal(s.half_switches, 0);
    assert_int_equal(s.pair_count, 4);
}

/* Random problems; their optimum by a simplex solver (scipy, HiGHS). */
static void test_tgospa_simplex(void **state)
{
    (void)state;
    static const lp_case cases[] = {
        { .instants = 3,
          .truths = 2,
          .tracks = 2,
          .edge_count = 9,
          .half_switch = 5,
          .edges = { { 0, 0, 0, 23 },
                     { 0, 0, 1, 68 },
                     { 0, 1, 0, 63 },
                     { 0, 1, 1, 13 },
                     { 1, 0, 0, 83 },
                     { 1, 1, 0, 80 },
                     { 1, 1, 1, 0 },
                     { 2, 1, 0, 78 },
                     { 2, 1, 1, 66 } },
          .reward = 315.0 },
        { .instants = 4,
          .truths = 2,
          .tracks = 2,
          .edge_count = 14,
          .half_switch = 20,
          .edges = { { 0, 0, 0, 98 },
                     { 0, 1, 0, 27 },
                     { 0, 1, 1, 40 },
                     { 1, 0, 0, 99 },
                     { 1, 0, 1, 85 },
                     { 1, 1, 0, 3 },
                     { 1, 1, 1, 23 },
                     { 2, 0, 0, 82 },
                     { 2, 1, 0, 85 },
                     { 2, 1, 1, 28 },
                     { 3, 0, 0, 91 },
                     { 3, 0, 1, 29 },
                     { 3, 1, 0, 43 },
                     { 3, 1, 1, 66 } },
          .reward = 328.0 },
        { .instants = 2,
          .truths = 3,
          .tracks = 3,
          .edge_count = 16,
          .half_switch = 5,
          .edges = { { 0, 0, 0, 60 },
                     { 0, 0, 2, 95 },
                     { 0, 1, 0, 8 },
                     { 0, 1, 2, 11 },
                     { 0, 2, 0, 33 },
                     { 0, 2, 1, 96 },
                     { 0, 2, 2, 36 },
                     { 1, 0, 0, 90 },
                     { 1, 0, 1, 49 },
                     { 1, 0, 2, 69 },
                     { 1, 1, 0, 45 },
                     { 1, 1, 1, 26 },
                     { 1, 1, 2, 76 },
                     { 1, 2, 0, 96 },
                     { 1, 2, 1, 26 },
                     { 1, 2, 2, 77 } },
          .reward = 301.0 },
        { .instants = 3,
          .truths = 3,
          .tracks = 2,
          .edge_count = 15,
          .half_switch = 20,
          .edges = { { 0, 0, 0, 75 },
                     { 0, 0, 1, 41 },
                     { 0, 1, 0, 78 },
                     { 0, 1, 1, 4 },
                     { 0, 2, 1, 49 },
                     { 1, 0, 0, 18 },
                     { 1, 0, 1, 32 },
                     { 1, 1, 0, 66 },
                     { 1, 1, 1, 14 },
                     { 2, 0, 0, 17 },
                     { 2, 0, 1, 58 },
                     { 2, 1, 0, 79 },
                     { 2, 1, 1, 17 },
                     { 2, 2, 0, 29 },
                     { 2, 2, 1, 92 } },
          .reward = 455.0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ap_tgospa_solution s = solve(&cases[i]);
        assert_near(s.reward, cases[i].reward, 1e-6);
        assert_true(s.bound >= cases[i].reward - 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles_known),   cmocka_unit_test(test_summary_signed),
        cmocka_unit_test(test_nees_bounds_known), cmocka_unit_test(test_tgospa_handed_over),
        cmocka_unit_test(test_tgospa_simplex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
