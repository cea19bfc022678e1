#include "track/nonlinear.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define N AP_STATE_CAP
#define M AP_SEEN_CAP
#define ROWS (N + M)
#define COLS (3 * N)
#define SETTLED2 1e-6 /* squared, in standard deviations */

/* Rows of the array that a step ends in. */
typedef struct array {
    double a[ROWS][COLS];
} array;

_Static_assert(COLS >= 2 * N + M && COLS > 2 * N,
               "an update by points needs R, what is off the line, and P");

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Turns a[rows][cols] into a lower triangle with the same a a', diagonal >= 0: Householder. */
static void triangle(array *w, size_t rows, size_t cols)
{
    for (size_t k = 0; k < rows; k++) {
        double *v = w->a[k];
        double norm = sqrt(dot(cols - k, v + k, v + k));
        if (norm == 0.0)
            continue;
        double pivot = v[k] > 0.0 ? v[k] + norm : v[k] - norm;
        double scale = v[k] > 0.0 ? -1.0 : 1.0; /* sign of the new diagonal: made positive below */
        double beta = 1.0 / (norm * fabs(pivot));
        v[k] = pivot;
        for (size_t i = k + 1; i < rows; i++) {
            double t = beta * dot(cols - k, v + k, w->a[i] + k);
            for (size_t j = k; j < cols; j++)
                w->a[i][j] -= t * v[j];
            w->a[i][k] *= scale;
        }
        v[k] = norm;
        for (size_t j = k + 1; j < cols; j++)
            v[j] = 0.0;
    }
}

static bool is_finite(const ap_normal *s)
{
    double sum = 0.0;
    for (size_t i = 0; i < s->n; i++) {
        sum += s->x[i] * 0.0;
        for (size_t j = 0; j <= i; j++)
            sum += s->S[i][j] * 0.0;
    }
    return sum == 0.0; /* infinity times 0 is NaN */
}

/* The lower triangle at (at, at) of the array becomes S. */
static ap_err adopt(ap_normal *state, const ap_normal *mean, const array *w, size_t at)
{
    ap_normal next = *mean;
    memset(next.S, 0, sizeof next.S);
    for (size_t i = 0; i < next.n; i++)
        for (size_t j = 0; j <= i; j++)
            next.S[i][j] = w->a[at + i][at + j];
    if (!is_finite(&next))
        return AP_ERR_RANGE;
    *state = next;
    return AP_OK;
}

ap_err ap_normal_predict_linear(ap_normal *state, const ap_motion *motion)
{
    size_t n = state->n;
    double F[N][N];
    ap_normal mean = *state;
    array w;
    motion->move(motion->context, mean.x, F);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t k = j; k < n; k++)
                sum += F[i][k] * state->S[k][j];
            w.a[i][j] = sum;
            w.a[i][n + j] = motion->Q_root[i][j];
        }
    triangle(&w, n, 2 * n);
    return adopt(state, &mean, &w, 0);
}

/* The two points along column j. */
static void points(const ap_normal *s, size_t j, double plus[N], double minus[N])
{
    double root = sqrt((double)s->n);
    for (size_t i = 0; i < s->n; i++) {
        plus[i] = s->x[i] + root * s->S[i][j];
        minus[i] = s->x[i] - root * s->S[i][j];
    }
}

/* What the points became: mean; half[j] their difference, as a column of the root of what the line
 * explains; off[j] the same of what it does not. rows = numbers of a point. */
static void regress(size_t n, size_t rows, double plus[N][N], double minus[N][N], double mean[N],
                    double half[N][N], double off[N][N])
{
    double root = sqrt((double)n);
    for (size_t i = 0; i < rows; i++) {
        double sum = 0.0;
        for (size_t j = 0; j < n; j++)
            sum += 0.5 * (plus[j][i] + minus[j][i]);
        mean[i] = sum / (double)n;
        for (size_t j = 0; j < n; j++) {
            half[j][i] = (plus[j][i] - minus[j][i]) / (2.0 * root);
            off[j][i] = (0.5 * (plus[j][i] + minus[j][i]) - mean[i]) / root;
        }
    }
}

ap_err ap_normal_predict_points(ap_normal *state, const ap_motion *motion)
{
    size_t n = state->n;
    double plus[N][N], minus[N][N], half[N][N], off[N][N];
    ap_normal mean = *state;
    array w;
    for (size_t j = 0; j < n; j++) {
        points(state, j, plus[j], minus[j]);
        motion->move(motion->context, plus[j], NULL);
        motion->move(motion->context, minus[j], NULL);
    }
    regress(n, n, plus, minus, mean.x, half, off);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            w.a[i][j] = half[j][i];
            w.a[i][n + j] = off[j][i];
            w.a[i][2 * n + j] = motion->Q_root[i][j];
        }
    triangle(&w, n, 3 * n);
    return adopt(state, &mean, &w, 0);
}

/* A measurement as a line: z = offset + H x + noise of root E (added to R_root). */
typedef struct line {
    double offset[M], H[M][N], E[M][N];
} line;

static void line_by_jacobian(const ap_normal *about, const ap_observation *sight, line *l)
{
    memset(l->E, 0, sizeof l->E);
    sight->see(sight->context, about->x, l->offset, l->H);
    for (size_t r = 0; r < sight->m; r++)
        l->offset[r] -= dot(about->n, l->H[r], about->x);
}

static void line_by_points(const ap_normal *about, const ap_observation *sight, line *l)
{
    size_t n = about->n;
    double plus[N][N], minus[N][N], half[N][N], off[N][N], at[N], mean[N];
    for (size_t j = 0; j < n; j++) {
        double other[N];
        points(about, j, at, other);
        sight->see(sight->context, at, plus[j], NULL);
        sight->see(sight->context, other, minus[j], NULL);
    }
    regress(n, sight->m, plus, minus, mean, half, off);
    for (size_t r = 0; r < sight->m; r++) {
        for (size_t j = n; j-- > 0;) { /* H S = half, solved from the last column */
            double sum = half[j][r];
            for (size_t k = j + 1; k < n; k++)
                sum -= l->H[r][k] * about->S[k][j];
            l->H[r][j] = about->S[j][j] > 0.0 ? sum / about->S[j][j] : 0.0;
        }
        for (size_t j = 0; j < n; j++)
            l->E[r][j] = off[j][r];
        l->offset[r] = mean[r] - dot(n, l->H[r], about->x);
    }
}

/* Kalman update of `prior` with a line. */
static ap_err update_with(const ap_normal *prior, const ap_observation *sight, const line *l,
                          ap_normal *posterior, double *distance2, double *log_likelihood)
{
    size_t n = prior->n, m = sight->m;
    array w;
    memset(&w, 0, sizeof w);
    for (size_t r = 0; r < m; r++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t k = j; k < n; k++)
                sum += l->H[r][k] * prior->S[k][j];
            w.a[r][m + j] = sum;
            w.a[r][m + n + j] = l->E[r][j];
        }
        memcpy(w.a[r], sight->R_root[r], m * sizeof(double));
    }
    for (size_t i = 0; i < n; i++)
        memcpy(w.a[m + i] + m, prior->S[i], n * sizeof(double));
    triangle(&w, m + n, m + 2 * n);
    double e[M];
    ap_normal mean = *prior;
    *distance2 = 0.0;
    *log_likelihood = 0.0;
    for (size_t r = 0; r < m; r++) {
        if (!(w.a[r][r] > 0.0))
            return AP_ERR_SINGULAR;
        double y = sight->z[r] - l->offset[r] - dot(n, l->H[r], prior->x);
        e[r] = (y - dot(r, w.a[r], e)) / w.a[r][r];
        *distance2 += e[r] * e[r];
        *log_likelihood -= log(w.a[r][r]) + 0.5 * log(2.0 * 3.14159265358979323846);
    }
    *log_likelihood -= 0.5 * *distance2;
    for (size_t i = 0; i < n; i++)
        mean.x[i] += dot(m, w.a[m + i], e);
    return adopt(posterior, &mean, &w, m);
}

/* Squared distance between two means in standard deviations of `b`, per axis. */
static double moved2(const ap_normal *a, const ap_normal *b)
{
    double most = 0.0;
    for (size_t i = 0; i < a->n; i++) {
        double d = a->x[i] - b->x[i], var = dot(i + 1, b->S[i], b->S[i]);
        if (d * d > most * var)
            most = var > 0.0 ? d * d / var : INFINITY;
    }
    return most;
}

static ap_err update(ap_normal *state, const ap_observation *sight, int rounds, double *distance2,
                     double *log_likelihood,
                     void (*draw)(const ap_normal *about, const ap_observation *sight, line *l))
{
    assert(rounds >= 1);
    ap_normal about = *state, next;
    double d2, ll;
    line l;
    for (int round = 0; round < rounds; round++) {
        double d2_now, ll_now;
        draw(&about, sight, &l);
        ap_err err = update_with(state, sight, &l, &next, &d2_now, &ll_now);
        if (err)
            return err;
        if (round == 0) {
            d2 = d2_now;
            ll = ll_now;
        }
        double moved = moved2(&about, &next);
        about = next;
        if (moved < SETTLED2)
            break;
    }
    *state = about;
    if (distance2)
        *distance2 = d2;
    if (log_likelihood)
        *log_likelihood = ll;
    return AP_OK;
}

ap_err ap_normal_update_linear(ap_normal *state, const ap_observation *sight, int rounds,
                               double *distance2, double *log_likelihood)
{
    return update(state, sight, rounds, distance2, log_likelihood, line_by_jacobian);
}

ap_err ap_normal_update_points(ap_normal *state, const ap_observation *sight, int rounds,
                               double *distance2, double *log_likelihood)
{
    return update(state, sight, rounds, distance2, log_likelihood, line_by_points);
}

/* out = A (I + h K): the rate of the Jacobian within a step that began at I. */
static void vary(size_t n, double A[N][N], double h, double K[N][N], double out[N][N])
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = A[i][j];
            for (size_t k = 0; h != 0.0 && k < n; k++)
                sum += A[i][k] * h * K[k][j];
            out[i][j] = sum;
        }
}

/* One step; G, unless NULL, its Jacobian. */
static void runge_kutta_step(size_t n, ap_rate *rate, const void *context, double h, double x[N],
                             double (*G)[N])
{
    static const double part[4] = { 0.0, 0.5, 0.5, 1.0 }, share[4] = { 1.0, 2.0, 2.0, 1.0 };
    double sum[N] = { 0 }, k[N] = { 0 }, at[N], A[N][N];
    double Ksum[N][N] = { { 0 } }, K[N][N] = { { 0 } }, next[N][N];
    for (int stage = 0; stage < 4; stage++) {
        for (size_t i = 0; i < n; i++)
            at[i] = x[i] + part[stage] * h * k[i];
        rate(context, at, k, G ? A : NULL);
        for (size_t i = 0; i < n; i++)
            sum[i] += share[stage] * k[i];
        if (!G)
            continue;
        vary(n, A, part[stage] * h, K, next);
        memcpy(K, next, sizeof K);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                Ksum[i][j] += share[stage] * K[i][j];
    }
    for (size_t i = 0; i < n; i++) {
        x[i] += h / 6.0 * sum[i];
        for (size_t j = 0; G && j < n; j++)
            G[i][j] = (i == j ? 1.0 : 0.0) + h / 6.0 * Ksum[i][j];
    }
}

void ap_runge_kutta(size_t n, ap_rate *rate, const void *context, double dt_s, int steps,
                    double x[N], double (*F)[N])
{
    double G[N][N], product[N][N];
    for (int s = 0; s < steps; s++) {
        runge_kutta_step(n, rate, context, dt_s / steps, x, F ? G : NULL);
        for (size_t i = 0; F && i < n; i++)
            for (size_t j = 0; j < n; j++) {
                product[i][j] = s ? 0.0 : G[i][j];
                for (size_t k = 0; s && k < n; k++)
                    product[i][j] += G[i][k] * F[k][j];
            }
        for (size_t i = 0; F && i < n; i++)
            memcpy(F[i], product[i], n * sizeof(double));
    }
}

void ap_normal_merge(ap_normal *into, double a, const ap_normal *other, double b)
{
    size_t n = into->n;
    double wa = a / (a + b), wb = b / (a + b);
    ap_normal mean = *into;
    array w;
    for (size_t i = 0; i < n; i++) {
        double apart = other->x[i] - into->x[i];
        mean.x[i] += wb * apart;
        for (size_t j = 0; j < n; j++) {
            w.a[i][j] = sqrt(wa) * into->S[i][j];
            w.a[i][n + j] = sqrt(wb) * other->S[i][j];
        }
        w.a[i][2 * n] = sqrt(wa * wb) * apart;
    }
    triangle(&w, n, 2 * n + 1);
    (void)adopt(into, &mean, &w, 0); /* of finite parts: nothing to refuse */
}

double ap_normal_distance2(const ap_normal *state, const double x[N])
{
    double e[N], sum = 0.0;
    for (size_t i = 0; i < state->n; i++) {
        double left = x[i] - state->x[i] - dot(i, state->S[i], e);
        if (state->S[i][i] == 0.0 && left != 0.0)
            return INFINITY;
        e[i] = left == 0.0 ? 0.0 : left / state->S[i][i];
        sum += e[i] * e[i];
    }
    return sum;
}

void ap_normal_covariance(const ap_normal *state, double P[N][N])
{
    for (size_t i = 0; i < state->n; i++)
        for (size_t j = 0; j <= i; j++)
            P[i][j] = P[j][i] = dot(j + 1, state->S[i], state->S[j]);
}

ap_err ap_normal_set_covariance(ap_normal *state, double P[N][N])
{
    double S[N][N] = { { 0 } };
    for (size_t i = 0; i < state->n; i++)
        for (size_t j = 0; j <= i; j++) {
            double left = P[i][j] - dot(j, S[i], S[j]);
            if (i == j) {
                if (!(left >= -1e-12 * fabs(P[i][i])) || !(left < INFINITY))
                    return AP_ERR_SINGULAR;
                S[i][i] = left > 0.0 ? sqrt(left) : 0.0;
            } else {
                S[i][j] = S[j][j] > 0.0 ? left / S[j][j] : 0.0;
            }
        }
    memcpy(state->S, S, sizeof S);
    return AP_OK;
}
