#include "track/nonlinear.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define N AP_STATE_CAP
#define M AP_SEEN_CAP

static void assert_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", a, b, tolerance);
}

/* Gauss and Jordan, pivots as they come: for well-conditioned matrices of tests. */
static void inverse(size_t n, double in[N][N], double out[N][N])
{
    double a[N][2 * N] = { { 0 } };
    for (size_t i = 0; i < n; i++) {
        memcpy(a[i], in[i], n * sizeof(double));
        a[i][n + i] = 1.0;
    }
    for (size_t k = 0; k < n; k++) {
        double pivot = a[k][k];
        for (size_t j = 0; j < 2 * n; j++)
            a[k][j] /= pivot;
        for (size_t i = 0; i < n; i++) {
            double t = a[i][k];
            for (size_t j = 0; i != k && j < 2 * n; j++)
                a[i][j] -= t * a[k][j];
        }
    }
    for (size_t i = 0; i < n; i++)
        memcpy(out[i], a[i] + n, n * sizeof(double));
}

/* out = a b a'. */
static void sandwich(size_t n, double a[N][N], double b[N][N], double out[N][N])
{
    double ab[N][N];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            ab[i][j] = 0.0;
            for (size_t k = 0; k < n; k++)
                ab[i][j] += a[i][k] * b[k][j];
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            out[i][j] = 0.0;
            for (size_t k = 0; k < n; k++)
                out[i][j] += ab[i][k] * a[j][k];
        }
}

/* A swinging spring whose stiffness is the third number: x'' = -s x. */
static void spring_rate(const void *context, const double x[N], double rate[N], double (*A)[N])
{
    (void)context;
    rate[0] = x[1];
    rate[1] = -x[2] * x[0];
    rate[2] = 0.0;
    if (!A)
        return;
    memset(A, 0, 3 * sizeof *A);
    A[0][1] = 1.0;
    A[1][0] = -x[2];
    A[1][2] = -x[0];
}

static void spring_move(const void *context, double x[N], double (*F)[N])
{
    ap_runge_kutta(3, spring_rate, context, 0.1, 4, x, F);
}

static void spring_see(const void *context, const double x[N], double z[M], double (*H)[N])
{
    (void)context;
    z[0] = sqrt(4.0 + x[0] * x[0]);
    z[1] = x[0] * x[2];
    if (!H)
        return;
    memset(H, 0, 2 * sizeof *H);
    H[0][0] = x[0] / z[0];
    H[1][0] = x[2];
    H[1][2] = x[0];
}

/* A linear system: what is exact. */
static const double turn[3][3] = { { 0.9, 0.4, 0.1 }, { -0.3, 0.8, 0.2 }, { 0.0, 0.1, 1.0 } };

static void line_move(const void *context, double x[N], double (*F)[N])
{
    (void)context;
    double y[3];
    for (int i = 0; i < 3; i++)
        y[i] = turn[i][0] * x[0] + turn[i][1] * x[1] + turn[i][2] * x[2] + 0.5;
    memcpy(x, y, sizeof y);
    for (int i = 0; F && i < 3; i++)
        memcpy(F[i], turn[i], sizeof turn[i]);
}

static void line_see(const void *context, const double x[N], double z[M], double (*H)[N])
{
    (void)context;
    static const double row[2][3] = { { 1.0, 0.5, 0.0 }, { 0.2, 0.0, -1.0 } };
    for (int i = 0; i < 2; i++) {
        z[i] = row[i][0] * x[0] + row[i][1] * x[1] + row[i][2] * x[2];
        if (H)
            memcpy(H[i], row[i], sizeof row[i]);
    }
}

static ap_normal some(void)
{
    return (ap_normal){ .n = 3,
                        .x = { 1.0, -0.5, 2.0 },
                        .S = { { 0.7 }, { 0.2, 0.5 }, { -0.1, 0.3, 0.4 } } };
}

static ap_observation two_rows(void (*see)(const void *, const double *, double *, double (*)[N]))
{
    return (ap_observation){
        .m = 2, .see = see, .z = { 2.1, 1.7 }, .R_root = { { 0.3 }, { 0.1, 0.2 } }
    };
}

static void assert_same(const ap_normal *a, const ap_normal *b, double tolerance)
{
    double P[N][N], Q[N][N];
    ap_normal_covariance(a, P);
    ap_normal_covariance(b, Q);
    for (size_t i = 0; i < a->n; i++) {
        assert_near(a->x[i], b->x[i], tolerance);
        for (size_t j = 0; j < a->n; j++)
            assert_near(P[i][j], Q[i][j], tolerance);
    }
}

static void test_runge_kutta_closed_form_and_order(void **state)
{
    (void)state;
    double last = 0.0;
    for (int steps = 8; steps <= 64; steps *= 2) {
        double x[N] = { 1.0, 0.0, 4.0 };
        ap_runge_kutta(3, spring_rate, NULL, 1.5, steps, x, NULL);
        double error = fabs(x[0] - cos(3.0)) + fabs(x[1] + 2.0 * sin(3.0));
        if (steps > 8)
            assert_true(last / error > 13.0 && last / error < 19.0); /* 2^4 */
        last = error;
    }
    assert_true(last < 1e-6);
    double x[N] = { 0.3, 0.7, 4.0 }, back[N] = { 0.3, 0.7, 4.0 };
    ap_runge_kutta(3, spring_rate, NULL, 1.0, 200, back, NULL);
    ap_runge_kutta(3, spring_rate, NULL, -1.0, 200, back, NULL);
    for (int i = 0; i < 3; i++)
        assert_near(back[i], x[i], 1e-9);
}

static void test_runge_kutta_jacobian_is_that_of_the_map(void **state)
{
    (void)state;
    double F[N][N], x[N] = { 0.8, -0.4, 3.0 };
    ap_runge_kutta(3, spring_rate, NULL, 0.7, 3, x, F);
    for (int j = 0; j < 3; j++) {
        double fx[4][N], h = 1e-3;
        for (int k = 0; k < 4; k++) {
            static const double at[4] = { -2.0, -1.0, 1.0, 2.0 };
            double y[N] = { 0.8, -0.4, 3.0 };
            y[j] += at[k] * h;
            ap_runge_kutta(3, spring_rate, NULL, 0.7, 3, y, NULL);
            memcpy(fx[k], y, sizeof y);
        }
        for (int i = 0; i < 3; i++)
            assert_near(F[i][j], (8.0 * (fx[2][i] - fx[1][i]) - (fx[3][i] - fx[0][i])) / (12.0 * h),
                        1e-10);
    }
}

/* Both families on a linear system, against P' = F P F' + Q and the information form. */
static void test_linear_system_is_exact(void **state)
{
    (void)state;
    ap_motion motion = { .move = line_move,
                         .Q_root = { { 0.1 }, { 0.05, 0.2 }, { 0.0, 0.1, 0.3 } } };
    ap_observation sight = two_rows(line_see);
    for (int round = 1; round <= 4; round += 3) {
        ap_normal a = some(), b = some();
        double P[N][N], F[N][N], Q[N][N], E[N][N], J[N][N];
        ap_normal_covariance(&a, P);
        for (int i = 0; i < 3; i++)
            memcpy(F[i], turn[i], sizeof turn[i]);
        sandwich(3, F, P, E);
        sandwich(3, motion.Q_root, (double[N][N]){ { 1 }, { 0, 1 }, { 0, 0, 1 } }, Q);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                E[i][j] += Q[i][j];
        assert_int_equal(ap_normal_predict_linear(&a, &motion), AP_OK);
        assert_int_equal(ap_normal_predict_points(&b, &motion), AP_OK);
        assert_same(&a, &b, 1e-13);
        ap_normal_covariance(&a, P);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                assert_near(P[i][j], E[i][j], 1e-14);
        /* information */
        double H[M][N] = { { 0 } }, z[M], R[N][N], W[N][N];
        line_see(NULL, a.x, z, H);
        double root[N][N] = { { 0.3 }, { 0.1, 0.2 } };
        sandwich(2, root, (double[N][N]){ { 1 }, { 0, 1 } }, R);
        inverse(2, R, W);
        inverse(3, P, J);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                for (int r = 0; r < 2; r++)
                    for (int s = 0; s < 2; s++)
                        J[i][j] += H[r][i] * W[r][s] * H[s][j];
        inverse(3, J, E);
        double d2a, d2b, lla, llb;
        assert_int_equal(ap_normal_update_linear(&a, &sight, round, &d2a, &lla), AP_OK);
        assert_int_equal(ap_normal_update_points(&b, &sight, round, &d2b, &llb), AP_OK);
        assert_same(&a, &b, 1e-12);
        assert_near(d2a, d2b, 1e-10);
        assert_near(lla, llb, 1e-10);
        ap_normal_covariance(&a, P);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                assert_near(P[i][j], E[i][j], 1e-12);
    }
}

/* The recursion of the posterior Cramer-Rao bound, J' = (Q + F J^-1 F')^-1 + H' R^-1 H along the
 * truth, is the linear family's covariance there. */
static void test_bound_recursion_equals_information_form(void **state)
{
    (void)state;
    ap_normal bound = some();
    ap_motion motion = { .move = spring_move,
                         .Q_root = { { 0.01 }, { 0.0, 0.02 }, { 0.0, 0.0, 0.01 } } };
    double P[N][N];
    ap_normal_covariance(&bound, P);
    for (int k = 0; k < 40; k++) {
        double F[N][N], at[N], E[N][N], J[N][N], H[M][N];
        memcpy(at, bound.x, sizeof at);
        spring_move(NULL, at, F);
        sandwich(3, F, P, E);
        for (int i = 0; i < 3; i++)
            E[i][i] += motion.Q_root[i][i] * motion.Q_root[i][i];
        inverse(3, E, J);
        ap_observation sight = { .m = 2, .see = spring_see, .R_root = { { 0.1 }, { 0.0, 0.2 } } };
        spring_see(NULL, at, sight.z, H);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                J[i][j] += H[0][i] * H[0][j] / 0.01 + H[1][i] * H[1][j] / 0.04;
        inverse(3, J, P);
        assert_int_equal(ap_normal_predict_linear(&bound, &motion), AP_OK);
        assert_int_equal(ap_normal_update_linear(&bound, &sight, 1, NULL, NULL), AP_OK);
        for (int i = 0; i < 3; i++)
            assert_near(bound.x[i], at[i], 1e-12);
        double B[N][N];
        ap_normal_covariance(&bound, B);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                assert_near(B[i][j], P[i][j], 1e-11);
    }
}

/* z = x^2 of N(m, s^2): mean m^2 + s^2; the rule's variance of it is 4 m^2 s^2 and, with one
 * number, nothing off the line. */
static void square_see(const void *context, const double x[N], double z[M], double (*H)[N])
{
    (void)context;
    z[0] = x[0] * x[0];
    if (H)
        H[0][0] = 2.0 * x[0];
}

static void test_points_take_the_mean_of_a_square(void **state)
{
    (void)state;
    ap_normal a = { .n = 1, .x = { 2.0 }, .S = { { 0.5 } } };
    ap_observation sight = { .m = 1, .see = square_see, .z = { 4.25 }, .R_root = { { 1.0 } } };
    double d2;
    assert_int_equal(ap_normal_update_points(&a, &sight, 1, &d2, NULL), AP_OK);
    assert_near(d2, 0.0, 1e-15);
    assert_near(a.x[0], 2.0, 1e-15);
    assert_near(a.S[0][0] * a.S[0][0], 0.25 / 5.0, 1e-15); /* 0.25 - 0.25 * 4 * 0.25 * 4 / 5 */
}

/* An iterated update by Jacobians ends at the peak of the posterior. */
static void test_iterated_update_finds_the_peak(void **state)
{
    (void)state;
    ap_normal a = { .n = 1, .x = { 2.0 }, .S = { { 1.0 } } };
    ap_observation sight = { .m = 1, .see = square_see, .z = { 9.0 }, .R_root = { { 0.1 } } };
    assert_int_equal(ap_normal_update_linear(&a, &sight, 20, NULL, NULL), AP_OK);
    double x = a.x[0], slope = (x - 2.0) + 2.0 * x * (x * x - 9.0) / 0.01;
    assert_near(slope * a.S[0][0], 0.0, 1e-2); /* in standard deviations */
    assert_true(fabs(x - 3.0) < 1e-2);
}

static void test_bad_numbers_leave_the_state(void **state)
{
    (void)state;
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < 3; i++) {
        ap_normal a = some(), before = a;
        ap_observation sight = two_rows(line_see);
        sight.z[1] = bad[i];
        assert_int_equal(ap_normal_update_points(&a, &sight, 3, NULL, NULL), AP_ERR_RANGE);
        assert_int_equal(ap_normal_update_linear(&a, &sight, 3, NULL, NULL), AP_ERR_RANGE);
        ap_motion motion = { .move = line_move, .Q_root = { { bad[i] } } };
        assert_int_equal(ap_normal_predict_points(&a, &motion), AP_ERR_RANGE);
        assert_int_equal(ap_normal_predict_linear(&a, &motion), AP_ERR_RANGE);
        assert_memory_equal(&a, &before, sizeof a);
    }
}

static void test_nothing_uncertain_is_singular(void **state)
{
    (void)state;
    ap_normal a = { .n = 3, .x = { 1.0, 2.0, 3.0 } }, before = a;
    ap_observation sight = { .m = 2, .see = line_see };
    assert_int_equal(ap_normal_update_points(&a, &sight, 2, NULL, NULL), AP_ERR_SINGULAR);
    assert_int_equal(ap_normal_update_linear(&a, &sight, 2, NULL, NULL), AP_ERR_SINGULAR);
    assert_memory_equal(&a, &before, sizeof a);
    sight = two_rows(line_see); /* with noise there is only nothing to learn */
    assert_int_equal(ap_normal_update_points(&a, &sight, 2, NULL, NULL), AP_OK);
    assert_memory_equal(a.x, before.x, sizeof a.x);
}

/* Sharp measurements, hundreds of times, of badly scaled numbers: P stays a covariance. */
static void test_covariance_stays_positive(void **state)
{
    (void)state;
    ap_normal a = some();
    for (int i = 0; i < 3; i++)
        for (int j = 0; j <= i; j++)
            a.S[i][j] *= i == 0 ? 1e7 : i == 1 ? 1.0 : 1e-6;
    ap_motion motion = { .move = line_move };
    ap_observation sight = { .m = 2, .see = line_see, .R_root = { { 1e-7 }, { 0.0, 1e-7 } } };
    for (int k = 0; k < 300; k++) {
        double P[N][N];
        assert_int_equal(ap_normal_predict_points(&a, &motion), AP_OK);
        line_see(NULL, a.x, sight.z, NULL);
        assert_int_equal(ap_normal_update_points(&a, &sight, 2, NULL, NULL), AP_OK);
        ap_normal_covariance(&a, P);
        for (int i = 0; i < 3; i++) {
            assert_true(a.S[i][i] >= 0.0 && P[i][i] > 0.0 && isfinite(P[i][i]));
            for (int j = 0; j < 3; j++)
                assert_true(P[i][j] == P[j][i] &&
                            P[i][j] * P[i][j] <= P[i][i] * P[j][j] * (1.0 + 1e-12));
        }
    }
}

static void test_set_covariance(void **state)
{
    (void)state;
    double P[N][N] = { { 4.0, 2.0, 0.0 }, { 2.0, 5.0, 0.0 }, { 0.0, 0.0, 0.0 } }, Q[N][N];
    ap_normal a = { .n = 3 };
    assert_int_equal(ap_normal_set_covariance(&a, P), AP_OK);
    ap_normal_covariance(&a, Q);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            assert_near(P[i][j], Q[i][j], 1e-15);
    ap_normal before = a;
    static const double bad[] = { -1.0, 0.5, NAN, INFINITY }; /* 0.5: less than the correlation */
    for (size_t i = 0; i < 4; i++) {
        P[1][1] = bad[i];
        assert_int_equal(ap_normal_set_covariance(&a, P), AP_ERR_SINGULAR);
        assert_memory_equal(&a, &before, sizeof a);
    }
}

static void test_merge_and_distance(void **state)
{
    (void)state;
    ap_normal a = some(), b = some();
    for (int i = 0; i < 3; i++)
        b.x[i] += 1.0 + i;
    double P[N][N], Q[N][N];
    ap_normal_covariance(&a, P);
    ap_normal both = a;
    ap_normal_merge(&both, 1.0, &b, 3.0);
    ap_normal_covariance(&both, Q);
    for (int i = 0; i < 3; i++) {
        assert_near(both.x[i], a.x[i] + 0.75 * (1.0 + i), 1e-14);
        for (int j = 0; j < 3; j++)
            assert_near(Q[i][j], P[i][j] + 0.1875 * (1.0 + i) * (1.0 + j), 1e-14);
    }
    double W[N][N], sum = 0.0;
    inverse(3, P, W);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            sum += (1.0 + i) * W[i][j] * (1.0 + j);
    assert_near(ap_normal_distance2(&a, b.x), sum, 1e-11);
    assert_near(ap_normal_distance2(&a, a.x), 0.0, 0.0);
    ap_normal sharp = { .n = 2, .x = { 1.0, 1.0 }, .S = { { 1.0 }, { 0.0, 0.0 } } };
    assert_near(ap_normal_distance2(&sharp, (double[N]){ 3.0, 1.0 }), 4.0, 1e-15);
    assert_true(isinf(ap_normal_distance2(&sharp, (double[N]){ 1.0, 1.1 })));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runge_kutta_closed_form_and_order),
        cmocka_unit_test(test_runge_kutta_jacobian_is_that_of_the_map),
        cmocka_unit_test(test_linear_system_is_exact),
        cmocka_unit_test(test_bound_recursion_equals_information_form),
        cmocka_unit_test(test_points_take_the_mean_of_a_square),
        cmocka_unit_test(test_iterated_update_finds_the_peak),
        cmocka_unit_test(test_bad_numbers_leave_the_state),
        cmocka_unit_test(test_nothing_uncertain_is_singular),
        cmocka_unit_test(test_covariance_stays_positive),
        cmocka_unit_test(test_set_covariance),
        cmocka_unit_test(test_merge_and_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
