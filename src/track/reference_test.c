/* Values that others can compute exactly: white acceleration noise, one axis, a unit of time and of
 * position noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "track/filter.h"

/* A mixture of one model, and its mean. */
typedef struct filter {
    ap_mixture models;
    ap_gauss mean;
} filter;

/* Predicts, and takes in a plot at the origin. */
static void advance(filter *f, double dt_s, double noise_m2ps3, double variance_m2)
{
    const ap_kernels *kernels = ap_kernels_best();
    const ap_motions motions = { .noise_m2ps3 = { (float)noise_m2ps3 }, .prior = { 1.0F } };
    const ap_fix fix = { .R = { variance_m2, 0.0, variance_m2 } };
    const double weight = 1.0;
    ap_likelihood likelihood;
    kernels->predict(&f->models, &motions, dt_s, &f->models, &f->mean);
    kernels->likelihood(&f->models, &fix, &likelihood);
    kernels->update(&f->models, 1, &fix, &likelihood, &weight, &f->models, &f->mean);
}

/* Posterior of the steady state with a plot each second. */
static filter steady(double noise_m2ps3, double variance_m2)
{
    filter f = { .models = { .probability = { 1.0 },
                             .A = { { 1e4 }, { 0.0 }, { 1e4 } },
                             .C = { { 1e4 }, { 0.0 }, { 1e4 } } } };
    ap_kernels_best()->combine(&f.models, &f.mean);
    for (int k = 0; k < 400; k++)
        advance(&f, 1.0, noise_m2ps3, variance_m2);
    return f;
}

/* In single precision, in which each update leaves a little of every velocity variance. */
static void assert_axis(const ap_gauss *g, const double p[3])
{
    assert_true(fabs(g->A.ee - p[0]) < 1e-5 && fabs(g->A.nn - p[0]) < 1e-5);
    assert_true(fabs(g->B[0][0] - p[1]) < 1e-5 && fabs(g->B[1][1] - p[1]) < 1e-5);
    assert_true(fabs(g->C.ee - p[2]) < 1e-5 && fabs(g->C.nn - p[2]) < 1e-5);
}

/* Variances at k, of position, both, velocity: without a plot out of sequence, with one of half a
 * second before k, with one of one and a half. */
static void test_late_plot_in_its_place(void **state)
{
    (void)state;
    static const struct {
        double noise, none[3], half[3], more[3];
    } fixtures[] = {
        { 0.5,
          { 0.695465, 0.390215, 0.641130 },
          { 0.518687, 0.345247, 0.629692 },
          { 0.667281, 0.407560, 0.630455 } },
        { 0.1,
          { 0.548528, 0.212479, 0.208156 },
          { 0.406385, 0.173848, 0.197658 },
          { 0.496240, 0.212338, 0.208156 } },
        { 4.0,
          { 0.864145, 0.737169, 2.688994 },
          { 0.698280, 0.792392, 2.670608 },
          { 0.862769, 0.749691, 2.575048 } },
    };
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        double noise = fixtures[i].noise;
        filter none = steady(noise, 1.0), half = none, more = none;
        assert_axis(&none.mean, fixtures[i].none);
        advance(&half, 0.5, noise, 1.0);
        advance(&half, 0.5, noise, 1.0);
        assert_axis(&half.mean, fixtures[i].half);
        advance(&more, 0.5, noise, 1.0);
        advance(&more, 0.5, noise, 1.0);
        advance(&more, 1.0, noise, 1.0);
        assert_axis(&more.mean, fixtures[i].more);
    }
}

/* The bound on the errors (RMS of position and velocity) where only so many plots come: each bears
 * the information of its detection probability. */
static void test_bound_with_misses(void **state)
{
    (void)state;
    static const double fixtures[][3] = { { 0.9, 0.670232, 0.260931 },
                                          { 0.5, 0.849225, 0.283178 } };
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        ap_gauss g = steady(0.02, 1.0 / fixtures[i][0]).mean;
        assert_true(fabs(sqrt(g.A.ee) - fixtures[i][1]) < 1e-6);
        assert_true(fabs(sqrt(g.C.ee) - fixtures[i][2]) < 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_plot_in_its_place),
        cmocka_unit_test(test_bound_with_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
