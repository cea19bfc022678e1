#include "track/normals.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define N AP_STATE_CAP
#define M AP_SEEN_CAP

/* x grows by its rate; the rate is exp of what is not known. */
static void move(const void *context, double x[N], double (*F)[N])
{
    (void)context;
    x[0] += exp(x[1]);
    if (!F)
        return;
    memset(F, 0, 2 * sizeof *F);
    F[0][0] = F[1][1] = 1.0;
    F[0][1] = exp(x[1]);
}

static void see(const void *context, const double x[N], double z[M], double (*H)[N])
{
    (void)context;
    z[0] = x[0];
    if (!H)
        return;
    H[0][0] = 1.0;
    H[0][1] = 0.0;
}

static const ap_motion growth = { .move = move };

static ap_normal wide(void)
{
    return (ap_normal){ .n = 2, .x = { 1.0, -1.0 }, .S = { { 0.1 }, { 0.0, 2.0 } } };
}

static ap_observation at(double z, double sigma)
{
    return (ap_observation){ .m = 1, .see = see, .z = { z }, .R_root = { { sigma } } };
}

static void assert_is_sound(const ap_normals *m)
{
    double sum = 0.0;
    assert_true(m->count >= 1 && m->count <= AP_NORMALS_CAP);
    for (size_t i = 0; i < m->count; i++) {
        assert_true(m->weight[i] > 0.0);
        sum += m->weight[i];
        for (size_t r = 0; r < m->part[i].n; r++) {
            assert_true(isfinite(m->part[i].x[r]));
            for (size_t c = 0; c < m->part[i].n; c++)
                assert_true(c <= r ? isfinite(m->part[i].S[r][c]) : m->part[i].S[r][c] == 0.0);
            assert_true(m->part[i].S[r][r] >= 0.0);
        }
    }
    assert_true(fabs(sum - 1.0) < 1e-12);
}

static void test_split_keeps_the_moments(void **state)
{
    (void)state;
    ap_normal normal = wide(), back;
    for (size_t count = 1; count <= AP_NORMALS_CAP;
         count += count == 1 ? AP_NORMALS_ROW_MIN - 1 : 1) {
        ap_normals m;
        ap_normals_split(&m, &normal, count);
        assert_int_equal(m.count, count);
        assert_is_sound(&m);
        ap_normals_moments(&m, &back);
        assert_true(fabs(back.x[0] - 1.0) < 1e-12 && fabs(back.x[1] + 1.0) < 1e-12);
        assert_true(fabs(back.S[0][0] - 0.1) < 1e-12 && fabs(back.S[1][0]) < 1e-12);
        assert_true(fabs(back.S[1][1] / 2.0 - 1.0) < 0.06); /* the tails beyond the row */
    }
}

/* The posterior of the unknown by quadrature, after three sharp looks. */
static void test_update_equals_quadrature(void **state)
{
    (void)state;
    const double truth = 0.5, sigma = 0.3;
    double start = 1.0, sum = 0.0, mean = 0.0;
    ap_normal normal = wide(), found;
    normal.S[0][0] = 1e-9;
    ap_normals m;
    ap_normals_split(&m, &normal, AP_NORMALS_CAP);
    for (double u = -9.0; u < 7.0; u += 1e-4) {
        double log_p = -0.5 * pow((u + 1.0) / 2.0, 2);
        for (int k = 1; k <= 3; k++)
            log_p -= 0.5 * pow(k * (exp(truth) - exp(u)) / sigma, 2);
        sum += exp(log_p);
        mean += u * exp(log_p);
    }
    for (int k = 1; k <= 3; k++) {
        ap_observation sight = at(start + k * exp(truth), sigma);
        assert_int_equal(ap_normals_predict(&m, &growth), AP_OK);
        assert_int_equal(ap_normals_update(&m, &sight, 5, NULL), AP_OK);
        assert_is_sound(&m);
    }
    ap_normals_moments(&m, &found);
    assert_true(m.count < AP_NORMALS_CAP);
    assert_true(fabs(found.x[1] - mean / sum) < 0.01);
    ap_normal alone = normal; /* what one normal makes of the same is far off */
    for (int k = 1; k <= 3; k++) {
        ap_observation sight = at(start + k * exp(truth), sigma);
        assert_int_equal(ap_normal_predict_points(&alone, &growth), AP_OK);
        assert_int_equal(ap_normal_update_points(&alone, &sight, 5, NULL, NULL), AP_OK);
    }
    assert_true(fabs(alone.x[1] - mean / sum) > 0.05);
}

static void test_alike_parts_are_merged(void **state)
{
    (void)state;
    ap_normals m = { .count = 3, .weight = { 0.5, 0.3, 0.2 } };
    for (size_t i = 0; i < 3; i++)
        m.part[i] = wide();
    m.part[1].x[0] += 0.001;
    m.part[2].x[0] += 0.5;
    ap_observation sight = at(1.1, 1.0);
    double d2;
    assert_int_equal(ap_normals_update(&m, &sight, 1, &d2), AP_OK);
    assert_int_equal(m.count, 2);
    assert_is_sound(&m);
    assert_true(fabs(d2 - 0.099 * 0.099 / 1.01) < 1e-12);
}

static void test_what_leaves_the_finite_is_dropped(void **state)
{
    (void)state;
    ap_normals m = { .count = 2, .weight = { 0.5, 0.5 } }, before;
    m.part[0] = m.part[1] = wide();
    m.part[1].x[1] = 800.0; /* exp overflows */
    assert_int_equal(ap_normals_predict(&m, &growth), AP_OK);
    assert_int_equal(m.count, 1);
    assert_is_sound(&m);
    m.part[0].x[1] = 800.0;
    before = m;
    assert_int_equal(ap_normals_predict(&m, &growth), AP_ERR_RANGE);
    assert_memory_equal(&m, &before, sizeof m);
}

static void test_bad_measurements_change_nothing(void **state)
{
    (void)state;
    ap_normal normal = wide();
    ap_normals m, before;
    ap_normals_split(&m, &normal, 8);
    before = m;
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < 3; i++) {
        ap_observation sight = at(bad[i], 1.0), noisy = at(1.0, bad[i]);
        assert_int_equal(ap_normals_update(&m, &sight, 3, NULL), AP_ERR_RANGE);
        assert_int_not_equal(ap_normals_update(&m, &noisy, 3, NULL), AP_OK);
        assert_memory_equal(&m, &before, sizeof m);
    }
    ap_observation far = at(1e9, 1.0); /* bad, but a number: the weights stay weights */
    double d2;
    assert_int_equal(ap_normals_update(&m, &far, 1, &d2), AP_OK);
    assert_is_sound(&m);
    assert_true(d2 > 1e12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_keeps_the_moments),
        cmocka_unit_test(test_update_equals_quadrature),
        cmocka_unit_test(test_alike_parts_are_merged),
        cmocka_unit_test(test_what_leaves_the_finite_is_dropped),
        cmocka_unit_test(test_bad_measurements_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
