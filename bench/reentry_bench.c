/* The filters of falling objects on three published problems and one of our own, beside an extended
 * (EKF) and an unscented Kalman filter (UKF, kappa = 0) on the same runs and the posterior
 * Cramer-Rao bound (CRLB), which no unbiased filter beats.
 *
 *     bench.reentry [RUNS]      default 1000, at least 100; of vehicle and debris a tenth.
 *                               With few, chance breaks limits too.
 *
 * body     M. Athans, R. Wishner, A. Bertolini, IEEE TAC 13 (1968), as S. Julier et al. (2000):
 *          one dimension, slant range alone, the drag known to a factor of hundreds. Feet.
 * vehicle  S. Julier, J. Uhlmann, Unscented filtering and nonlinear estimation, Proc. IEEE 92
 *          (2004): a plane, the drag's exponent estimated. Kilometres.
 * decay    A. Farina, B. Ristic, D. Benvenuti, Tracking a ballistic target, IEEE TAES 38 (2002):
 *          a plane, the drag known. Metres.
 * debris   the filter of track/ballistic.h on the round Earth: a radar's range, azimuth and
 *          elevation of what enters at 82 km, the drag as unknown as in its defaults.
 *
 * Status 1 when a limit is broken: body, below the UKF of the same runs and below its reference
 * figures; vehicle, within 3 % of the bound; decay, each RMS error at most 15 % above the reference
 * bound, and our bound within 1 % of it; debris, from 30 s on at most 15 % above the bound, and
 * NEES between 0.85 and 1.15 a dimension; none, a step refused. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "track/ballistic.h"
#include "track/test_noise.h"

#define N AP_STATE_CAP
#define M AP_SEEN_CAP
#define ROUNDS 5
#define PI 3.14159265358979323846

enum { EKF, UKF, OURS, FILTERS };

static const char *const filter_name[FILTERS] = { "EKF", "UKF", "ours" };

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* One filter of each kind, on one problem. */
typedef struct rivals {
    ap_normal ekf, ukf;
    ap_normals ours;
} rivals;

#define STEPS_CAP 2000

typedef struct problem {
    const char *name;
    int first, steps; /* numbers of the first step that is filtered, and of the last */
    ap_motion motion; /* of the filters */
    ap_observation sight;
    double walk_root[N][N]; /* noise of the truth a step */
    /* The truth, and the filters, as they are before the first step. */
    void (*begin)(const struct problem *problem, test_pairs *g, double truth[N], rivals *r);
} problem;

/* Sums over runs, by step. */
typedef struct tally {
    int runs;
    double off[FILTERS][STEPS_CAP + 1][N], square[FILTERS][STEPS_CAP + 1][N]; /* |error|, error^2 */
    double bound[STEPS_CAP + 1][N];                                           /* 1 sigma, no sum */
    double nees[FILTERS], cpu_s[FILTERS], parts;
    int refused[FILTERS];
} tally;

static void rivals_step(const problem *p, rivals *r, tally *t)
{
    double now[FILTERS + 1];
    now[0] = cpu_s();
    t->refused[EKF] += ap_normal_predict_linear(&r->ekf, &p->motion) != AP_OK ||
                       ap_normal_update_linear(&r->ekf, &p->sight, 1, NULL, NULL) != AP_OK;
    now[1] = cpu_s();
    t->refused[UKF] += ap_normal_predict_points(&r->ukf, &p->motion) != AP_OK ||
                       ap_normal_update_points(&r->ukf, &p->sight, 1, NULL, NULL) != AP_OK;
    now[2] = cpu_s();
    t->refused[OURS] += ap_normals_predict(&r->ours, &p->motion) != AP_OK ||
                        ap_normals_update(&r->ours, &p->sight, ROUNDS, NULL) != AP_OK;
    now[3] = cpu_s();
    for (int f = 0; f < FILTERS; f++)
        t->cpu_s[f] += now[f + 1] - now[f];
    t->parts += (double)r->ours.count;
}

static void walk(const problem *p, test_pairs *g, double truth[N], size_t n)
{
    p->motion.move(p->motion.context, truth, NULL);
    double e[N];
    for (size_t i = 0; i < n; i++)
        e[i] = test_paired_normal(g);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            truth[i] += p->walk_root[i][j] * e[j];
}

static void look(problem *p, test_pairs *g, const double truth[N])
{
    p->sight.see(p->sight.context, truth, p->sight.z, NULL);
    for (size_t i = 0; i < p->sight.m; i++)
        p->sight.z[i] += p->sight.R_root[i][i] * test_paired_normal(g);
}

static void run(problem *p, uint64_t seed, tally *t)
{
    test_pairs g = { .state = seed };
    double truth[N] = { 0 };
    rivals r;
    p->begin(p, &g, truth, &r);
    for (int k = p->first; k <= p->steps; k++) {
        walk(p, &g, truth, r.ekf.n);
        look(p, &g, truth);
        rivals_step(p, &r, t);
        ap_normal of[FILTERS] = { r.ekf, r.ukf };
        ap_normals_moments(&r.ours, &of[OURS]);
        for (int f = 0; f < FILTERS; f++) {
            t->nees[f] += ap_normal_distance2(&of[f], truth) / (double)of[f].n;
            for (size_t i = 0; i < of[f].n; i++) {
                double e = of[f].x[i] - truth[i];
                t->off[f][k][i] += fabs(e);
                t->square[f][k][i] += e * e;
            }
        }
    }
}

/* The bound: an extended filter that is told the truth, which here moves without noise. */
static void bind(problem *p, ap_normal bound, tally *t)
{
    for (int k = p->first; k <= p->steps; k++) {
        if (ap_normal_predict_linear(&bound, &p->motion))
            exit(1);
        p->sight.see(p->sight.context, bound.x, p->sight.z, NULL);
        if (ap_normal_update_linear(&bound, &p->sight, 1, NULL, NULL))
            exit(1);
        for (size_t i = 0; i < bound.n; i++) {
            t->bound[k][i] = 0.0;
            for (size_t j = 0; j <= i; j++)
                t->bound[k][i] += bound.S[i][j] * bound.S[i][j];
            t->bound[k][i] = sqrt(t->bound[k][i]);
        }
    }
}

static void measure(problem *p, int runs, const ap_normal *bound, tally *t)
{
    memset(t, 0, sizeof *t);
    t->runs = runs;
    bind(p, *bound, t);
    for (int i = 1; i <= runs; i++)
        run(p, (uint64_t)i, t);
}

static bool hold(bool is_kept, const char *what)
{
    if (!is_kept)
        printf("  LIMIT BROKEN: %s\n", what);
    return is_kept;
}

static bool print_rest(const problem *p, const tally *t)
{
    double all = (double)t->runs * (p->steps - p->first + 1);
    printf(
        "\nparts %.2f; by EKF, UKF, ours: NEES / n %.2f, %.2f, %.2f; us a step %.1f, %.1f, %.1f; "
        "refused %d, %d, %d\n\n",
        t->parts / all, t->nees[EKF] / all, t->nees[UKF] / all, t->nees[OURS] / all,
        t->cpu_s[EKF] / all * 1e6, t->cpu_s[UKF] / all * 1e6, t->cpu_s[OURS] / all * 1e6,
        t->refused[EKF], t->refused[UKF], t->refused[OURS]);
    return hold(t->refused[OURS] == 0, p->name);
}

/* ---- body: altitude, velocity down, drag ---- */

#define BODY_T 60
#define BODY_DRAG 1e-3
#define BODY_DRAG_MEAN 3e-5
#define BODY_DRAG_SIGMA 1e-2

static void body_rate(const void *context, const double x[N], double rate[N], double (*A)[N])
{
    (void)context;
    double g = 5e-5, thin = exp(-g * x[0]), v = x[1];
    rate[0] = -v;
    rate[1] = -thin * v * v * x[2];
    rate[2] = 0.0;
    if (!A)
        return;
    memset(A, 0, 3 * sizeof *A);
    A[0][1] = -1.0;
    A[1][0] = g * thin * v * v * x[2];
    A[1][1] = -2.0 * thin * v * x[2];
    A[1][2] = -thin * v * v;
}

static void body_move(const void *context, double x[N], double (*F)[N])
{
    ap_runge_kutta(3, body_rate, context, 1.0, 64, x, F);
}

static void body_see(const void *context, const double x[N], double z[M], double (*H)[N])
{
    (void)context;
    double up = x[0] - 1e5;
    z[0] = sqrt(1e10 + up * up);
    if (!H)
        return;
    memset(H[0], 0, sizeof H[0]);
    H[0][0] = up / z[0];
}

/* The prior of the drag as parts a constant ratio apart; below 0 it has no meaning. */
static void body_begin(const problem *p, test_pairs *g, double truth[N], rivals *r)
{
    (void)p;
    (void)g;
    truth[0] = 3e5;
    truth[1] = 2e4;
    truth[2] = BODY_DRAG;
    *r = (rivals){ .ekf = { .n = 3, .x = { 3e5, 2e4, BODY_DRAG_MEAN } } };
    r->ekf.S[0][0] = 1e3;
    r->ekf.S[1][1] = 2e3;
    r->ekf.S[2][2] = BODY_DRAG_SIGMA;
    r->ukf = r->ekf;
    double low = 1e-4, ratio = pow(200.0, 1.0 / (AP_NORMALS_CAP - 1)), sum = 0.0;
    r->ours.count = AP_NORMALS_CAP;
    for (int i = 0; i < AP_NORMALS_CAP; i++) {
        double drag = low * pow(ratio, i), far = (drag - BODY_DRAG_MEAN) / BODY_DRAG_SIGMA;
        r->ours.part[i] = r->ekf;
        r->ours.part[i].x[2] = drag;
        r->ours.part[i].S[2][2] = 0.5 * drag * (sqrt(ratio) - 1.0 / sqrt(ratio));
        r->ours.weight[i] = drag * exp(-0.5 * far * far);
        sum += r->ours.weight[i];
    }
    for (int i = 0; i < AP_NORMALS_CAP; i++)
        r->ours.weight[i] /= sum;
}

static const struct {
    int t;
    double ekf[3], ukf[3]; /* mean |error|, as the reference has it */
} body_reference[] = {
    { 10, { 834, 789, 4.2e-4 }, { 824, 765, 4.0e-4 } },
    { 20, { 186, 38, 3.3e-5 }, { 74, 10.7, 1.05e-5 } },
    { 30, { 150, 8.9, 2.3e-5 }, { 50, 1.8, 5.5e-6 } },
    { 60, { 99, 1.6, 1.6e-5 }, { 26, 0.26, 2.8e-6 } },
};

#define BODY_ROWS (sizeof body_reference / sizeof body_reference[0])

static bool body(int runs, tally *t)
{
    problem p = { .name = "body", .first = 1, .steps = BODY_T, .begin = body_begin };
    p.motion.move = body_move;
    p.sight = (ap_observation){ .m = 1, .see = body_see, .R_root = { { 100.0 } } };
    test_pairs none = { 0 };
    rivals r;
    ap_normal bound;
    double truth[N];
    body_begin(&p, &none, truth, &r);
    bound = r.ekf;
    memcpy(bound.x, truth, 3 * sizeof(double));
    measure(&p, runs, &bound, t);
    bool good = true;
    printf("body: mean |error| of %d runs (that of a normal, for the CRLB)\n\n"
           "| t, s | what | EKF ref. | EKF | UKF ref. | UKF | ours | CRLB |\n"
           "|---|---|---|---|---|---|---|---|\n",
           runs);
    static const char *const what[3] = { "altitude, ft", "velocity, ft/s", "drag" };
    for (size_t row = 0; row < BODY_ROWS; row++)
        for (int i = 0; i < 3; i++) {
            int k = body_reference[row].t;
            double of[FILTERS];
            for (int f = 0; f < FILTERS; f++)
                of[f] = t->off[f][k][i] / runs;
            printf("| %d | %s | %.3g | %.3g | %.3g | %.3g | %.3g | %.3g |\n", k, what[i],
                   body_reference[row].ekf[i], of[EKF], body_reference[row].ukf[i], of[UKF],
                   of[OURS], sqrt(2.0 / PI) * t->bound[k][i]);
            good &= hold(of[OURS] < of[UKF] && of[OURS] < body_reference[row].ukf[i], "body, UKF");
        }
    return print_rest(&p, t) && good;
}

/* ---- vehicle: position, velocity, exponent of the drag ---- */

#define VEHICLE_STEPS 2000
#define VEHICLE_DT_S 0.1
#define VEHICLE_R0_KM 6374.0

static void vehicle_move(const void *context, double x[N], double (*F)[N])
{
    (void)context;
    double r = hypot(x[0], x[1]), v = hypot(x[2], x[3]), dt = VEHICLE_DT_S;
    double height = 13.406, beta = -0.59783 * exp(x[4]) * exp((VEHICLE_R0_KM - r) / height);
    double D = beta * v, G = -3.9860e5 / (r * r * r);
    if (F) {
        memset(F, 0, N * sizeof *F);
        for (int i = 0; i < 5; i++)
            F[i][i] = 1.0;
        for (int i = 0; i < 2; i++) {
            F[i][2 + i] += dt;
            for (int j = 0; j < 2; j++) {
                F[2 + i][j] = dt * (-D / height * x[2 + i] - 3.0 * G / r * x[i]) * x[j] / r;
                F[2 + i][2 + j] += dt * beta * x[2 + i] * x[2 + j] / v;
            }
            F[2 + i][i] += dt * G;
            F[2 + i][2 + i] += dt * D;
            F[2 + i][4] = dt * D * x[2 + i];
        }
    }
    double a = D * x[2] + G * x[0], b = D * x[3] + G * x[1];
    x[0] += dt * x[2];
    x[1] += dt * x[3];
    x[2] += dt * a;
    x[3] += dt * b;
}

static void vehicle_see(const void *context, const double x[N], double z[M], double (*H)[N])
{
    (void)context;
    double dx = x[0] - VEHICLE_R0_KM, dy = x[1];
    z[0] = hypot(dx, dy);
    z[1] = atan2(dy, dx);
    if (!H)
        return;
    memset(H, 0, 2 * sizeof *H);
    H[0][0] = dx / z[0];
    H[0][1] = dy / z[0];
    H[1][0] = -dy / (z[0] * z[0]);
    H[1][1] = dx / (z[0] * z[0]);
}

static void vehicle_begin(const problem *p, test_pairs *g, double truth[N], rivals *r)
{
    (void)p;
    *r = (rivals){ .ekf = { .n = 5, .x = { 6500.4, 349.14, -1.8093, -6.7967, 0.0 } } };
    for (int i = 0; i < 4; i++) {
        r->ekf.S[i][i] = 1e-3;
        truth[i] = r->ekf.x[i] + 1e-3 * test_paired_normal(g);
    }
    r->ekf.S[4][4] = 1.0;
    truth[4] = 0.6932;
    r->ukf = r->ekf;
    ap_normals_split(&r->ours, &r->ekf, AP_NORMALS_CAP);
}

/* RMS of what a row holds over all steps from `first` on: a sum of numbers i to j. */
static double over_steps(const problem *p, double (*row)[N], int first, int i, int j)
{
    double sum = 0.0;
    for (int k = first; k <= p->steps; k++)
        for (int c = i; c <= j; c++)
            sum += row[k][c];
    return sqrt(sum / (p->steps - first + 1));
}

static bool vehicle(int runs, tally *t)
{
    problem p = { .name = "vehicle", .first = 1, .steps = VEHICLE_STEPS, .begin = vehicle_begin };
    p.motion.move = vehicle_move;
    p.walk_root[2][2] = p.walk_root[3][3] = sqrt(2.4064e-5);
    memcpy(p.motion.Q_root, p.walk_root, sizeof p.walk_root);
    p.motion.Q_root[4][4] = 1e-3;
    p.sight =
        (ap_observation){ .m = 2, .see = vehicle_see, .R_root = { { 1e-3 }, { 0.0, 0.17e-3 } } };
    test_pairs none = { 0 };
    rivals r;
    double truth[N];
    vehicle_begin(&p, &none, truth, &r);
    r.ekf.x[4] = truth[4];
    measure(&p, runs, &r.ekf, t);
    for (int k = 1; k <= p.steps; k++)
        for (int i = 0; i < 5; i++)
            t->bound[k][i] *= t->bound[k][i];
    printf("vehicle: RMS error of %d runs, all steps\n\n"
           "| filter | position, m | velocity, m/s | exponent after 100 s |\n"
           "|---|---|---|---|\n"
           "| EKF ref. | 8.358 | 15.24 | 0.0134 |\n",
           runs);
    double per = 1.0 / sqrt(runs), bound[2] = { 0 }, ours[2] = { 0 };
    for (int f = 0; f <= FILTERS; f++) {
        double(*row)[N] = f < FILTERS ? t->square[f] : t->bound, part = f < FILTERS ? per : 1.0;
        double of[2] = { 1e3 * part * over_steps(&p, row, 1, 0, 1),
                         1e3 * part * over_steps(&p, row, 1, 2, 3) };
        printf("| %s | %.3f | %.2f | %.4f |\n", f < FILTERS ? filter_name[f] : "CRLB", of[0], of[1],
               part * over_steps(&p, row, 1001, 4, 4));
        memcpy(f == OURS ? ours : bound, of, sizeof of);
    }
    bool good = hold(ours[0] < 1.03 * bound[0] && ours[1] < 1.03 * bound[1], "vehicle, CRLB");
    return print_rest(&p, t) && good;
}

/* ---- decay: x, velocity, y, velocity ---- */

#define DECAY_SCANS 60
#define DECAY_T_S 2.0

static void decay_move(const void *context, double x[N], double (*F)[N])
{
    (void)context;
    double T = DECAY_T_S, g = 9.81, scale = x[2] < 9144.0 ? 1.093e-4 : 1.49e-4;
    double rho = (x[2] < 9144.0 ? 1.227 : 1.754) * exp(-scale * x[2]);
    double k = 0.5 * g / 4e4 * rho, v = hypot(x[1], x[3]);
    double f[2] = { -k * v * x[1], -k * v * x[3] };
    if (F) {
        memset(F, 0, N * sizeof *F);
        for (int i = 0; i < 2; i++) {
            double df[4] = { 0.0, -k * x[1] * x[1 + 2 * i] / v, -scale * f[i],
                             -k * x[3] * x[1 + 2 * i] / v };
            df[1 + 2 * i] -= k * v;
            F[2 * i][2 * i] = F[2 * i + 1][2 * i + 1] = 1.0;
            F[2 * i][2 * i + 1] = T;
            for (int j = 0; j < 4; j++) {
                F[2 * i][j] += 0.5 * T * T * df[j];
                F[2 * i + 1][j] += T * df[j];
            }
        }
    }
    f[1] -= g;
    for (int i = 0; i < 2; i++) {
        x[2 * i] += T * x[2 * i + 1] + 0.5 * T * T * f[i];
        x[2 * i + 1] += T * f[i];
    }
}

static void decay_see(const void *context, const double x[N], double z[M], double (*H)[N])
{
    (void)context;
    z[0] = hypot(x[0], x[2]);
    z[1] = atan2(x[2], x[0]);
    if (!H)
        return;
    memset(H, 0, 2 * sizeof *H);
    H[0][0] = x[0] / z[0];
    H[0][2] = x[2] / z[0];
    H[1][0] = -x[2] / (z[0] * z[0]);
    H[1][2] = x[0] / (z[0] * z[0]);
}

/* From two plots. */
static ap_normal decay_start(const double z1[M], const double z2[M])
{
    double T = DECAY_T_S, at[2][2], R[2][2][2];
    const double *z[2] = { z1, z2 };
    for (int p = 0; p < 2; p++) {
        double c = cos(z[p][1]), s = sin(z[p][1]), along = 1e4, across = pow(0.017 * z[p][0], 2);
        at[p][0] = z[p][0] * c;
        at[p][1] = z[p][0] * s;
        R[p][0][0] = along * c * c + across * s * s;
        R[p][1][1] = along * s * s + across * c * c;
        R[p][0][1] = R[p][1][0] = (along - across) * c * s;
    }
    ap_normal start = { .n = 4 };
    double P[N][N] = { { 0 } };
    for (int i = 0; i < 2; i++) {
        start.x[2 * i] = at[1][i];
        start.x[2 * i + 1] = (at[1][i] - at[0][i]) / T;
        for (int j = 0; j < 2; j++) {
            P[2 * i][2 * j] = R[1][i][j];
            P[2 * i + 1][2 * j] = P[2 * i][2 * j + 1] = R[1][i][j] / T;
            P[2 * i + 1][2 * j + 1] = (R[0][i][j] + R[1][i][j]) / (T * T);
        }
    }
    if (ap_normal_set_covariance(&start, P))
        exit(1);
    return start;
}

/* Two plots, the truth then being at the second. */
static void decay_begin(const problem *p, test_pairs *g, double truth[N], rivals *r)
{
    problem at = *p;
    const double start[4] = { 232e3, 2290.0 * cos(190.0 * PI / 180.0), 88e3,
                              2290.0 * sin(190.0 * PI / 180.0) };
    double first[M];
    memcpy(truth, start, sizeof start);
    look(&at, g, truth);
    memcpy(first, at.sight.z, sizeof first);
    walk(&at, g, truth, 4);
    look(&at, g, truth);
    r->ekf = r->ukf = decay_start(first, at.sight.z);
    ap_normals_split(&r->ours, &r->ekf, 1);
}

static const struct {
    int scan;
    double bound[4];
} decay_reference[] = {
    { 10, { 786.6, 74.68, 1928.3, 188.1 } }, { 20, { 490.7, 23.40, 1117.8, 54.95 } },
    { 30, { 341.8, 12.75, 721.1, 26.04 } },  { 40, { 219.9, 10.71, 412.0, 13.07 } },
    { 50, { 87.5, 8.08, 88.1, 3.92 } },      { 60, { 43.0, 2.73, 46.1, 2.49 } },
};

#define DECAY_ROWS (sizeof decay_reference / sizeof decay_reference[0])

/* The bound before the third scan: two plots without errors. */
static ap_normal decay_bound(const problem *p)
{
    problem quiet = *p;
    test_pairs none = { 0 };
    rivals r;
    double truth[N] = { 0 };
    memset(quiet.walk_root, 0, sizeof quiet.walk_root);
    memset(quiet.sight.R_root, 0, sizeof quiet.sight.R_root);
    decay_begin(&quiet, &none, truth, &r);
    memcpy(r.ekf.x, truth, 4 * sizeof(double));
    return r.ekf;
}

static bool decay(int runs, tally *t)
{
    problem p = { .name = "decay", .first = 3, .steps = DECAY_SCANS, .begin = decay_begin };
    p.motion.move = decay_move;
    for (int i = 0; i < 4; i += 2) { /* root of white acceleration, 1 m2/s3 */
        p.walk_root[i][i] = sqrt(DECAY_T_S * DECAY_T_S * DECAY_T_S / 3.0);
        p.walk_root[i + 1][i] = sqrt(0.75 * DECAY_T_S);
        p.walk_root[i + 1][i + 1] = sqrt(0.25 * DECAY_T_S);
    }
    memcpy(p.motion.Q_root, p.walk_root, sizeof p.walk_root);
    p.sight = (ap_observation){ .m = 2, .see = decay_see, .R_root = { { 100.0 }, { 0.0, 0.017 } } };
    ap_normal bound = decay_bound(&p);
    measure(&p, runs, &bound, t);
    bool good = true;
    static const char *const what[4] = { "x, m", "vx, m/s", "y, m", "vy, m/s" };
    printf("decay: RMS error of %d runs\n\n"
           "| scan | what | EKF | UKF | ours | CRLB | CRLB ref. | ours / ref. |\n"
           "|---|---|---|---|---|---|---|---|\n",
           runs);
    for (size_t row = 0; row < DECAY_ROWS; row++)
        for (int i = 0; i < 4; i++) {
            int k = decay_reference[row].scan;
            double ref = decay_reference[row].bound[i], of[FILTERS];
            for (int f = 0; f < FILTERS; f++)
                of[f] = sqrt(t->square[f][k][i] / runs);
            printf("| %d | %s | %.4g | %.4g | %.4g | %.4g | %.4g | %.3f |\n", k, what[i], of[EKF],
                   of[UKF], of[OURS], t->bound[k][i], ref, of[OURS] / ref);
            good &= hold(of[OURS] <= 1.15 * ref, "decay, CRLB");
            good &= hold(fabs(t->bound[k][i] / ref - 1.0) < 0.01, "decay, bound");
        }
    return print_rest(&p, t) && good;
}

/* ---- debris: ECEF ---- */

#define DEBRIS_T 60

/* Seen before it meets air, and seen late. */
static const struct debris_case {
    const char *name;
    double height_m, enu_mps[3], drag_ln;
} debris_case[] = {
    { "debris, high", 82000.0, { 3000.0, -2500.0, -900.0 }, -7.5 },
    { "debris, low", 35000.0, { 900.0, -800.0, -900.0 }, -5.5 },
};

static const double debris_sigma[M] = { 30.0, 1e-3, 1e-3 };
static const int debris_t[] = { 5, 10, 20, 30, 45, 60 };

#define DEBRIS_ROWS (sizeof debris_t / sizeof debris_t[0])

/* Range, azimuth and elevation as such: the bound's own way to see. */
static void debris_see(const void *context, const double x[N], double z[M], double (*H)[N])
{
    const ap_enu_frame *site = context;
    ap_vec3 d = ap_enu_from_ecef(site, (ap_vec3){ x[0], x[1], x[2] });
    double flat2 = d.x_m * d.x_m + d.y_m * d.y_m, flat = sqrt(flat2);
    double range2 = flat2 + d.z_m * d.z_m, range = sqrt(range2);
    z[0] = range;
    z[1] = atan2(d.x_m, d.y_m);
    z[2] = atan2(d.z_m, flat);
    if (!H)
        return;
    memset(H, 0, M * sizeof *H);
    for (int k = 0; k < 3; k++) {
        double e = site->rotation[0][k], n = site->rotation[1][k], u = site->rotation[2][k];
        double out = (d.x_m * e + d.y_m * n) / flat;
        H[0][k] = (d.x_m * e + d.y_m * n + d.z_m * u) / range;
        H[1][k] = (d.y_m * e - d.x_m * n) / flat2;
        H[2][k] = (flat * u - d.z_m * out) / range2;
    }
}

typedef struct debris {
    ap_sensor radar;
    ap_ballistic_config config;
    ap_fall_step step;
    ap_motion motion; /* of the truth and of the bound */
    double from[N];
} debris;

static void debris_set(debris *d, const struct debris_case *c)
{
    memset(d, 0, sizeof *d);
    ap_sensor_defaults(&d->radar, AP_SENSOR_PSR);
    ap_geodetic site = { 48.0 * AP_RAD_PER_DEG, 11.0 * AP_RAD_PER_DEG, 500.0 };
    if (ap_sensor_place(&d->radar, site))
        exit(1);
    d->config = ap_ballistic_defaults();
    d->step = (ap_fall_step){ .world = d->config.world, .dt_s = 1.0, .step_s = 0.05 };
    d->motion = (ap_motion){ .move = ap_fall_move, .context = &d->step };
    for (int i = 0; i < 3; i++) {
        double q = d->config.acceleration_m2ps3;
        d->motion.Q_root[i][i] = sqrt(q / 3.0);
        d->motion.Q_root[3 + i][i] = sqrt(0.75 * q);
        d->motion.Q_root[3 + i][3 + i] = sqrt(0.25 * q);
    }
    d->motion.Q_root[6][6] = sqrt(d->config.drag_per_s);
    ap_geodetic at = { 50.5 * AP_RAD_PER_DEG, 9.0 * AP_RAD_PER_DEG, c->height_m };
    ap_enu_frame f = ap_enu_frame_at(at);
    ap_vec3 v = ap_ecef_rotate(&f, (ap_vec3){ c->enu_mps[0], c->enu_mps[1], c->enu_mps[2] });
    const double from[N] = {
        f.origin_ecef.x_m, f.origin_ecef.y_m, f.origin_ecef.z_m, v.x_m, v.y_m, v.z_m, c->drag_ln
    };
    memcpy(d->from, from, sizeof from);
}

static ap_report debris_report(const debris *d, const double x[N], int k, test_pairs *g)
{
    double z[M];
    debris_see(&d->radar.frame, x, z, NULL);
    for (int i = 0; g && i < M; i++)
        z[i] += debris_sigma[i] * test_paired_normal(g);
    return (ap_report){ .time_utc = (ap_utc_ns)k * AP_NS_PER_S,
                        .present = AP_HAS_POLAR | AP_HAS_ELEVATION,
                        .range_m = z[0],
                        .azimuth_rad = z[1],
                        .elevation_rad = z[2],
                        .range_sigma_m = debris_sigma[0],
                        .azimuth_sigma_rad = debris_sigma[1],
                        .elevation_sigma_rad = debris_sigma[2] };
}

static void debris_start(const debris *d, const ap_report report[2], size_t parts, ap_ballistic *b)
{
    ap_ballistic_config config = d->config;
    ap_ballistic_fix fix[2];
    config.parts = parts;
    if (ap_ballistic_fix_from_report(&report[0], &d->radar, &fix[0]) ||
        ap_ballistic_fix_from_report(&report[1], &d->radar, &fix[1]) ||
        ap_ballistic_start(b, &config, &fix[0], &fix[1]))
        exit(1);
}

static ap_observation debris_look(const debris *d, const ap_report *report)
{
    ap_observation o = { .m = M,
                         .see = debris_see,
                         .context = &d->radar.frame,
                         .z = { report->range_m, report->azimuth_rad, report->elevation_rad } };
    for (int i = 0; i < M; i++)
        o.R_root[i][i] = debris_sigma[i];
    return o;
}

static void debris_bind(const debris *d, tally *t)
{
    problem p = { .first = 2, .steps = DEBRIS_T, .motion = d->motion };
    double x[N];
    memcpy(x, d->from, sizeof x);
    ap_report report[2] = { debris_report(d, x, 0, NULL) };
    ap_fall_move(&d->step, x, NULL);
    report[1] = debris_report(d, x, 1, NULL);
    p.sight = debris_look(d, &report[1]);
    ap_ballistic start;
    ap_normal bound;
    debris_start(d, report, 1, &start);
    ap_ballistic_moments(&start, &bound);
    memcpy(bound.x, x, sizeof x);
    bind(&p, bound, t);
}

/* One step of each; the UKF's place is that of the same filter with one normal, and the EKF begins
 * as that does. */
static void debris_step(const debris *d, const ap_report report[2], bool is_first, ap_normal *ekf,
                        ap_ballistic b[FILTERS], tally *t)
{
    static const size_t parts[FILTERS] = { [UKF] = 1, [OURS] = AP_NORMALS_CAP };
    for (int f = UKF; f <= OURS; f++) {
        double before_s = cpu_s();
        if (is_first)
            debris_start(d, report, parts[f], &b[f]);
        else
            t->refused[f] += ap_ballistic_take(&b[f], &report[1], &d->radar, NULL) != AP_OK;
        t->cpu_s[f] += cpu_s() - before_s;
    }
    if (is_first) {
        ap_ballistic_moments(&b[UKF], ekf);
        return;
    }
    ap_observation o = debris_look(d, &report[1]);
    t->refused[EKF] += ap_normal_predict_linear(ekf, &d->motion) != AP_OK ||
                       ap_normal_update_linear(ekf, &o, 1, NULL, NULL) != AP_OK;
    t->parts += (double)b[OURS].normals.count;
}

static void debris_run(const debris *d, uint64_t seed, tally *t)
{
    test_pairs g = { .state = seed };
    problem truth = { .motion = d->motion };
    memcpy(truth.walk_root, d->motion.Q_root, sizeof truth.walk_root);
    double x[N];
    ap_ballistic b[FILTERS];
    ap_normal of[FILTERS];
    ap_report report[2];
    memcpy(x, d->from, sizeof x);
    report[0] = debris_report(d, x, 0, &g);
    for (int k = 1; k <= DEBRIS_T; k++) {
        walk(&truth, &g, x, N);
        report[1] = debris_report(d, x, k, &g);
        debris_step(d, report, k == 1, &of[EKF], b, t);
        for (int f = 0; f < FILTERS; f++) {
            if (f != EKF)
                ap_ballistic_moments(&b[f], &of[f]);
            t->nees[f] += k > 1 ? ap_normal_distance2(&of[f], x) / N : 0.0;
            for (int i = 0; i < N; i++)
                t->square[f][k][i] += pow(of[f].x[i] - x[i], 2);
        }
    }
}

static double root_of_three(const double row[N], int at, bool are_squares)
{
    double sum = 0.0;
    for (int i = at; i < at + 3; i++)
        sum += are_squares ? row[i] : row[i] * row[i];
    return sqrt(sum);
}

static bool debris_measure(const struct debris_case *c, int runs, tally *t)
{
    debris d;
    debris_set(&d, c);
    memset(t, 0, sizeof *t);
    t->runs = runs;
    debris_bind(&d, t);
    for (int i = 1; i <= runs; i++)
        debris_run(&d, (uint64_t)i, t);
    bool good = true;
    printf("\n%s: RMS error of %d runs, EKF / one normal / ours / CRLB\n\n"
           "| t, s | position, m | velocity, m/s | drag, ln |\n|---|---|---|---|\n",
           c->name, runs);
    double per = 1.0 / sqrt(runs);
    for (size_t row = 0; row < DEBRIS_ROWS; row++) {
        int k = debris_t[row];
        printf("| %d |", k);
        for (int what = 0; what < 3; what++) {
            double bound = what < 2 ? root_of_three(t->bound[k], 3 * what, false) : t->bound[k][6];
            double of[FILTERS] = { 0 };
            for (int f = 0; f < FILTERS; f++)
                of[f] = per * (what < 2 ? root_of_three(t->square[f][k], 3 * what, true)
                                        : sqrt(t->square[f][k][6]));
            printf(" %.3g / %.3g / %.3g / %.3g |", of[EKF], of[UKF], of[OURS], bound);
            good &= hold((what == 2 && k < 45) || of[OURS] < 1.15 * bound, c->name);
        }
        printf("\n");
    }
    double all = (double)runs * (DEBRIS_T - 1), honest = t->nees[OURS] / all;
    printf("\nparts %.2f; by EKF, one normal, ours: NEES / n %.2f, %.2f, %.2f; refused %d, %d, %d; "
           "us a step of the latter two %.0f, %.0f\n",
           t->parts / all, t->nees[EKF] / all, t->nees[UKF] / all, honest, t->refused[EKF],
           t->refused[UKF], t->refused[OURS], t->cpu_s[UKF] / all * 1e6,
           t->cpu_s[OURS] / all * 1e6);
    return hold(t->refused[OURS] == 0 && honest > 0.85 && honest < 1.15, c->name) && good;
}

int main(int argc, char **argv)
{
    int runs = argc > 1 ? atoi(argv[1]) : 1000;
    if (runs < 100) {
        fprintf(stderr, "usage: bench.reentry [RUNS], at least 100\n");
        return 2;
    }
    static tally t;
    bool good = body(runs, &t);
    good &= vehicle(runs / 10, &t);
    good &= decay(runs, &t);
    for (size_t i = 0; i < sizeof debris_case / sizeof debris_case[0]; i++)
        good &= debris_measure(&debris_case[i], runs / 10, &t);
    return good ? 0 : 1;
}
