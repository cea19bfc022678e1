#include "track/filter_kernel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "track/filter_lane.h"

static double uniform(uint64_t *seed, double low, double high)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (high - low) * ((double)(*seed >> 11) * 0x1p-53);
}

/* ---- elementary functions ---- */

static double ulps(double value, long double truth)
{
    int exponent;
    frexp(value, &exponent);
    return (double)(fabsl((long double)value - truth) / ldexpl(1.0L, exponent - 53));
}

static void test_exp_is_within_an_ulp(void **state)
{
    (void)state;
    uint64_t seed = 1;
    double worst = 0.0;
    for (int i = 0; i < 2000000; i++) {
        double x = i < 1000000 ? uniform(&seed, -708.0, 708.0) : uniform(&seed, -2.0, 0.0);
        worst = fmax(worst, ulps(ap_exp(x), expl(x)));
    }
    print_message("exp: %.3f ulp\n", worst);
    assert_true(worst <= 1.0);
    assert_true(ap_exp(0.0) == 1.0);
}

/* Angles of turns: half of twelve degrees a second over a minute, and beyond. */
static void test_turn_is_near_exact(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 1000000; i++) {
        double h = uniform(&seed, -20.0, 20.0), sine, cosine, sinc;
        if (i % 2)
            h *= 1e-3;
        lane_turn(h, &sine, &cosine, &sinc);
        assert_true(fabs(sine - (double)sinl(h)) <= 2e-16);
        assert_true(fabs(cosine - (double)cosl(h)) <= 2.3e-16);
        assert_true(fabs(sinc - (double)(sinl(h) / (long double)h)) <= 2.3e-16);
    }
    double sine, cosine, sinc;
    lane_turn(0.0, &sine, &cosine, &sinc);
    assert_true(sine == 0.0 && cosine == 1.0 && sinc == 1.0);
    lane_turn(1e5, &sine, &cosine, &sinc);
    assert_true(fabs(sine * sine + cosine * cosine - 1.0) < 1e-12);
}

static void test_single_precision_is_near_exact(void **state)
{
    (void)state;
    uint64_t seed = 9;
    for (int i = 0; i < 1000000; i++) {
        float x = (float)uniform(&seed, -87.0, 88.0), h = (float)uniform(&seed, -20.0, 20.0);
        float sine, cosine, sinc;
        double truth = exp((double)x);
        assert_true(fabs((double)lane_exp_single(x) - truth) <= 1.5e-7 * truth);
        if (i % 2)
            h *= 1e-3F;
        lane_turn_single(h, &sine, &cosine, &sinc);
        assert_true(fabs((double)sine - sin((double)h)) <= 1.2e-7);
        assert_true(fabs((double)cosine - cos((double)h)) <= 1.2e-7);
        assert_true(fabs((double)sinc - sin((double)h) / (double)h) <= 1.8e-7);
    }
    float sine, cosine, sinc;
    lane_turn_single(0.0F, &sine, &cosine, &sinc);
    assert_true(sine == 0.0F && cosine == 1.0F && sinc == 1.0F && lane_exp_single(0.0F) == 1.0F);
}

/* ---- speeding up ---- */

static void test_push_is_a_steady_change_of_speed(void **state)
{
    (void)state;
    static const struct {
        float east_mps, north_mps, along_mps2, dt_s, x[4];
    } cases[] = {
        { 100.0F, 0.0F, 1.5F, 4.0F, { 412.0F, 0.0F, 106.0F, 0.0F } },
        { 60.0F, -80.0F, 1.5F, 2.0F, { 121.8F, -162.4F, 61.8F, -82.4F } },
        { 0.0F, -100.0F, -1.5F, 4.0F, { 0.0F, -388.0F, 0.0F, -94.0F } },
        { 100.0F, 0.0F, 1.5F, -4.0F, { -388.0F, 0.0F, 94.0F, 0.0F } }, /* back in time */
        /* by half of it, no more */
        { 0.0F, 10.0F, -1.5F, 60.0F, { 0.0F, 450.0F, 0.0F, 5.0F } },
        { 0.0F, 10.0F, 1.5F, 60.0F, { 0.0F, 750.0F, 0.0F, 15.0F } },
        { 0.0F, 10.0F, 1.5F, -60.0F, { 0.0F, -450.0F, 0.0F, 5.0F } },
        { 0.0F, 0.0F, 1.5F, 4.0F, { 0.0F, 0.0F, 0.0F, 0.0F } },    /* it has no course */
        { 0.0F, 0.5F, 1.5F, 4.0F, { 0.0F, 2.25F, 0.0F, 0.625F } }, /* nearly none */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lane v = { .x = { 0.0F, 0.0F, cases[i].east_mps, cases[i].north_mps } };
        const lane before = v;
        const lane_course course = lane_course_of(&before);
        lane_move(&v, cases[i].dt_s, 0.0F);
        lane_push(&v, cases[i].dt_s, cases[i].along_mps2, &course);
        for (int k = 0; k < 4; k++)
            assert_true(fabsf(v.x[k] - cases[i].x[k]) <= 1e-6F * fmaxf(1.0F, fabsf(v.x[k])));
    }
}

/* ---- the same bits from each flavour, and from one lane at a time ---- */

static const ap_motions motions = {
    .turn_mps2 = { 0.0F, 0.0F, 2.0F, -2.0F, 5.0F, -5.0F },
    .along_mps2 = { 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 1.5F },
    .noise_m2ps3 = { 0.03F, 4.0F, 1.0F, 1.0F, 2.0F, 2.0F, 1.0F },
    .prior = { 0.50F, 0.09F, 0.09F, 0.09F, 0.09F, 0.09F, 0.05F },
};

static void random_mixture(uint64_t *seed, ap_mixture *m)
{
    float total = 0.0F;
    for (int l = 0; l < AP_LANES; l++) {
        float r[8];
        for (int i = 0; i < 8; i++)
            r[i] = (float)uniform(seed, -1.0, 1.0);
        lane v = { .p = motions.prior[l] > 0.0F ? (float)uniform(seed, 1e-6, 1.0) : 0.0F,
                   .x = { 500.0F * r[0], 500.0F * r[1], 250.0F * r[2], 250.0F * r[3] },
                   .A = { 400.0F + 300.0F * r[4], 100.0F * r[5], 500.0F + 300.0F * r[6] },
                   .B = { 9.0F * r[7], 9.0F * r[0], 9.0F * r[1], 9.0F * r[2] },
                   .C = { 20.0F + 9.0F * r[3], 9.0F * r[4], 20.0F + 9.0F * r[5] } };
        lane_store(m, l, &v);
        total += v.p;
    }
    for (int l = 0; l < AP_LANES; l++)
        m->probability[l] /= total;
}

static ap_fix random_fix(uint64_t *seed)
{
    double e = uniform(seed, -800.0, 800.0), n = uniform(seed, -800.0, 800.0);
    double ee = uniform(seed, 1.0, 4000.0), nn = uniform(seed, 1.0, 4000.0);
    return (ap_fix){ e, n, { ee, uniform(seed, -1.0, 1.0) * sqrt(ee * nn), nn } };
}

/* The reference: lane after lane, no two at once. */
static void reference_combine(const ap_mixture *from, ap_gauss *mean)
{
    float first[4][AP_LANES], second[10][AP_LANES], x[4], covariance[10];
    for (volatile int l = 0; l < AP_LANES; l++)
        lane_first(from, l, first);
    for (int i = 0; i < 4; i++)
        x[i] = lane_sum_single(first[i]);
    for (volatile int l = 0; l < AP_LANES; l++)
        lane_second(from, x, l, second);
    for (int i = 0; i < 10; i++)
        covariance[i] = lane_sum_single(second[i]);
    *mean = gauss_of_sums(x, covariance);
}

static void reference_predict(const ap_mixture *from, const ap_motions *m, double dt_s,
                              ap_mixture *to, ap_gauss *mean)
{
    const lane g = lane_of_gauss(mean);
    const float dt = (float)dt_s, stay = lane_exp_single(-AP_MODE_RATE_PS * fabsf(dt));
    const lane_course course = lane_course_of(&g);
    for (volatile int l = 0; l < AP_LANES; l++)
        lane_predict(from, m, dt, stay, &course, &g, l, to);
    reference_combine(to, mean);
}

static void reference_likelihood(const ap_mixture *from, const ap_fix *fix, ap_likelihood *out)
{
    const lane_fix at = lane_fix_of(fix);
    float part[AP_LANES];
    for (volatile int l = 0; l < AP_LANES; l++) {
        out->model[l] = lane_likelihood(from, &at, l);
        part[l] = from->probability[l] * out->model[l];
    }
    out->all = (double)lane_sum_single(part);
}

static void reference_update(const ap_mixture *from, size_t count, const ap_fix *fix,
                             const ap_likelihood *given, const double *weight, ap_mixture *to,
                             ap_gauss *mean)
{
    lane_fix at[3];
    float weights[3];
    double rest = 1.0;
    for (size_t f = 0; f < count; f++) {
        at[f] = lane_fix_of(&fix[f]);
        weights[f] = (float)weight[f];
        rest -= weight[f];
    }
    float miss = rest > 1e-12 ? (float)rest : 0.0F;
    for (volatile int l = 0; l < AP_LANES; l++)
        if (count == 1)
            lane_update_one(from, at, given, weights[0], miss, l, to);
        else
            lane_update_many(from, count, at, given, weights, miss, l, to);
    const float scale = 1.0F / lane_sum_single(to->probability);
    for (volatile int l = 0; l < AP_LANES; l++)
        to->probability[l] *= scale;
    reference_combine(to, mean);
}

static void reference_reframe(ap_mixture *mixture, const ap_shift *shift)
{
    const lane_shift to = lane_shift_of(shift);
    for (volatile int l = 0; l < AP_LANES; l++) {
        lane v = lane_load(mixture, l);
        lane_reframe(&v, &to);
        lane_store(mixture, l, &v);
    }
}

static bool reference_is_sound(const ap_mixture *from)
{
    bool sound = true;
    for (volatile int l = 0; l < AP_LANES; l++)
        sound = sound && lane_unsound(from, l) == 0.0F;
    return sound;
}

static const ap_kernels reference = { "reference",          reference_combine, reference_predict,
                                      reference_likelihood, reference_update,  reference_reframe,
                                      reference_is_sound };

typedef struct outcome {
    ap_mixture predicted, one, many, moved;
    ap_gauss mean, mean_predicted, mean_one, mean_many;
    ap_likelihood likelihood[3];
    double sound[2];
} outcome;

/* 3, 4, 5: an angle without rounding of its own. */
static const ap_shift shift = { 1500.0, -2500.0, 0.8, 0.6 };

static void run(const ap_kernels *k, const ap_mixture *start, double dt_s, const ap_fix fix[3],
                const double weight[3], outcome *o)
{
    memset(o, 0, sizeof *o);
    k->combine(start, &o->mean);
    o->mean_predicted = o->mean;
    k->predict(start, &motions, dt_s, &o->predicted, &o->mean_predicted);
    for (int f = 0; f < 3; f++)
        k->likelihood(&o->predicted, &fix[f], &o->likelihood[f]);
    k->update(&o->predicted, 1, fix, o->likelihood, weight, &o->one, &o->mean_one);
    o->many = o->predicted; /* in place, too */
    k->update(&o->many, 3, fix, o->likelihood, weight, &o->many, &o->mean_many);
    o->moved = o->one;
    k->reframe(&o->moved, &shift);
    o->sound[0] = k->is_sound(start);
    o->sound[1] = k->is_sound(&o->one);
}

static void test_flavours_give_the_same_bits(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 20000; i++) {
        ap_mixture start;
        ap_fix fix[3];
        double weight[3], rest = 1.0;
        random_mixture(&seed, &start);
        for (int f = 0; f < 3; f++) {
            fix[f] = random_fix(&seed);
            weight[f] = rest * uniform(&seed, 0.0, 1.0);
            rest -= weight[f];
        }
        if (i % 4 == 0) /* certain */
            weight[0] = 1.0, weight[1] = weight[2] = 0.0;
        if (i % 7 == 0) /* far beyond reach, singular, not a covariance, no number */
            fix[1].east_m = 1e7, start.A[1][2] = 1e4, fix[2].R.ee = -1e4, start.x[0][3] = NAN;
        double dt_s = i % 5 == 0 ? uniform(&seed, -60.0, 60.0) : uniform(&seed, 0.0, 5.0);
        outcome expected, got;
        run(&reference, &start, dt_s, fix, weight, &expected);
        for (ap_flavour f = 0; f < AP_FLAVOUR_COUNT; f++) {
            const ap_kernels *k = ap_kernels_of(f);
            if (!k)
                continue;
            run(k, &start, dt_s, fix, weight, &got);
            if (i % 7 == 0) /* which NaN it is, is nobody's */
                assert_true(memcmp(got.sound, expected.sound, sizeof got.sound) == 0);
            else
                assert_memory_equal(&got, &expected, sizeof got);
        }
    }
}

/* A mixture's second moment is the same before and after modes change: only each model's own
 * movement adds to it. */
static void test_predict_keeps_the_moments(void **state)
{
    (void)state;
    const ap_motions still = { .prior = { 0.5F, 0.5F } };
    ap_mixture m;
    uint64_t seed = 4;
    random_mixture(&seed, &m);
    ap_gauss before, after;
    const ap_kernels *k = ap_kernels_best();
    k->combine(&m, &before);
    after = before;
    k->predict(&m, &still, 1e-9, &m, &after);
    assert_true(fabs(after.A.ee - before.A.ee) < 1e-5 * before.A.ee);
    assert_true(fabs(after.C.en - before.C.en) < 1e-5 * before.C.ee);
}

/* The mean of the mixture moved is the mean moved, as far as single precision goes, in which the
 * mixture is kept; and the way back leads back. */
static void test_reframe_moves_mixture_and_mean_alike(void **state)
{
    (void)state;
    const ap_shift back = { -0.8 * 1500.0 + 0.6 * 2500.0, 0.8 * 2500.0 + 0.6 * 1500.0, 0.8, -0.6 };
    uint64_t seed = 5;
    const ap_kernels *k = ap_kernels_best();
    for (int i = 0; i < 1000; i++) {
        ap_mixture m;
        ap_gauss start, moved, combined;
        random_mixture(&seed, &m);
        k->combine(&m, &start);
        moved = start;
        k->reframe(&m, &shift);
        ap_gauss_reframe(&moved, &shift);
        k->combine(&m, &combined);
        assert_true(fabs(moved.x[0] - combined.x[0]) < 2e-3);
        assert_true(fabs(moved.A.en - combined.A.en) < 2e-5 * start.A.ee);
        assert_true(fabs(moved.B[0][1] - combined.B[0][1]) < 2e-5 * start.A.ee);
        assert_true(fabs(moved.C.nn - combined.C.nn) < 2e-5 * start.C.nn);
        ap_gauss_reframe(&moved, &back);
        assert_true(fabs(moved.x[0] - start.x[0]) < 2e-3);
        assert_true(fabs(moved.x[3] - start.x[3]) < 1e-4);
        assert_true(fabs(moved.A.en - start.A.en) < 2e-6 * start.A.ee);
        assert_true(fabs(moved.B[1][0] - start.B[1][0]) < 2e-6 * start.A.ee);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp_is_within_an_ulp),
        cmocka_unit_test(test_turn_is_near_exact),
        cmocka_unit_test(test_single_precision_is_near_exact),
        cmocka_unit_test(test_push_is_a_steady_change_of_speed),
        cmocka_unit_test(test_flavours_give_the_same_bits),
        cmocka_unit_test(test_predict_keeps_the_moments),
        cmocka_unit_test(test_reframe_moves_mixture_and_mean_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
