#include "track/filter.h"

#include <math.h>
#include <string.h>

#include "track/frame.h"

#define G_MPS2 9.80665
#define RECENTRE_M 2000.0
#define STRAIGHT_RAD 1e-4   /* below: series */
#define TURN_MAX_RADPS 0.21 /* 12 degrees a second */
#define TURN_SPEED_MIN_MPS 20.0
#define MODE_RATE_PS (1.0 / 40.0)
#define VERTICAL_NOISE_M2PS3 0.3
#define VERTICAL_START_SIGMA_MPS 8.0
#define VERTICAL_GATE2 36.0
#define VERTICAL_REFUSED_MAX 3
#define PROBABILITY_MIN 1e-9

/* Motion models: tangent of the bank angle of the turn (0: straight), white acceleration noise, and
 * the share of time that aircraft spend in each. */
typedef struct motion {
    double bank_tan, noise_m2ps3, prior;
} motion;

/* clang-format off */
static const motion motions[AP_IMM_MODELS] = {
    { 0.0,     0.03, 0.55 },
    { 0.0,     4.0,  0.09 },
    { +0.2126, 1.0,  0.09 }, /* 12 degrees */
    { -0.2126, 1.0,  0.09 },
    { +0.5095, 2.0,  0.09 }, /* 27 degrees */
    { -0.5095, 2.0,  0.09 },
};
/* clang-format on */

/* ---- two by two ---- */

static double det(ap_sym2 s)
{
    return s.ee * s.nn - s.en * s.en;
}

static ap_sym2 inverse(ap_sym2 s)
{
    double scale = 1.0 / det(s);
    return (ap_sym2){ .ee = s.nn * scale, .en = -s.en * scale, .nn = s.ee * scale };
}

static ap_sym2 add(ap_sym2 a, ap_sym2 b)
{
    return (ap_sym2){ .ee = a.ee + b.ee, .en = a.en + b.en, .nn = a.nn + b.nn };
}

/* a + w b */
static ap_sym2 add_scaled(ap_sym2 a, double w, ap_sym2 b)
{
    return (ap_sym2){ .ee = a.ee + w * b.ee, .en = a.en + w * b.en, .nn = a.nn + w * b.nn };
}

static double form(ap_sym2 s, double e, double n)
{
    return s.ee * e * e + 2.0 * s.en * e * n + s.nn * n * n;
}

/* ---- one Gaussian ---- */

/* Position gains `along` and `across` of the velocity, velocity turns by (cos, sin), clockwise. */
typedef struct turn {
    double along_s, across_s, cos, sin;
} turn;

static turn turn_of(double dt_s, double rate_radps)
{
    double a = rate_radps * dt_s;
    if (rate_radps == 0.0)
        return (turn){ .along_s = dt_s, .across_s = 0.0, .cos = 1.0, .sin = 0.0 };
    double s = sin(a), c = cos(a);
    if (fabs(a) < STRAIGHT_RAD)
        return (turn){ dt_s * (1.0 - a * a / 6.0), dt_s * a / 2.0, c, s };
    double half = sin(a / 2.0);
    return (turn){ s / rate_radps, 2.0 * half * half / rate_radps, c, s };
}

/* With F = [I G; 0 W], G = [a b; -b a], W = [c s; -s c]:
 * A' = A + B G' + G B' + G C G', B' = (B + G C) W', C' = W C W'. */
static void gauss_move(ap_gauss *g, const turn *t)
{
    double a = t->along_s, b = t->across_s, c = t->cos, s = t->sin;
    double ve = g->x[2], vn = g->x[3];
    g->x[0] += a * ve + b * vn;
    g->x[1] += a * vn - b * ve;
    g->x[2] = c * ve + s * vn;
    g->x[3] = c * vn - s * ve;
    ap_sym2 C = g->C;
    /* D = G C, E = B + D */
    double D00 = a * C.ee + b * C.en, D01 = a * C.en + b * C.nn;
    double D10 = a * C.en - b * C.ee, D11 = a * C.nn - b * C.en;
    double B00 = g->B[0][0], B01 = g->B[0][1], B10 = g->B[1][0], B11 = g->B[1][1];
    g->A.ee += 2.0 * (B00 * a + B01 * b) + (D00 * a + D01 * b);
    g->A.en += (B01 * a - B00 * b) + (B10 * a + B11 * b) + (D01 * a - D00 * b);
    g->A.nn += 2.0 * (B11 * a - B10 * b) + (D11 * a - D10 * b);
    double E00 = B00 + D00, E01 = B01 + D01, E10 = B10 + D10, E11 = B11 + D11;
    g->B[0][0] = E00 * c + E01 * s;
    g->B[0][1] = E01 * c - E00 * s;
    g->B[1][0] = E10 * c + E11 * s;
    g->B[1][1] = E11 * c - E10 * s;
    g->C.ee = c * c * C.ee + 2.0 * c * s * C.en + s * s * C.nn;
    g->C.en = (c * c - s * s) * C.en + c * s * (C.nn - C.ee);
    g->C.nn = c * c * C.nn - 2.0 * c * s * C.en + s * s * C.ee;
}

static void gauss_grow(ap_gauss *g, double dt_s, double noise_m2ps3)
{
    double t = fabs(dt_s), q = noise_m2ps3 * t;
    g->A.ee += q * t * t / 3.0;
    g->A.nn += q * t * t / 3.0;
    g->B[0][0] += q * dt_s / 2.0;
    g->B[1][1] += q * dt_s / 2.0;
    g->C.ee += q;
    g->C.nn += q;
}

void ap_gauss_predict(ap_gauss *gauss, double dt_s, double turn_radps, double noise_m2ps3)
{
    turn t = turn_of(dt_s, turn_radps);
    gauss_move(gauss, &t);
    gauss_grow(gauss, dt_s, noise_m2ps3);
}

/* Gain and posterior covariance of a position update; x of *post is left to the caller. */
typedef struct gain {
    double Ka[2][2], Kb[2][2]; /* of position, of velocity */
} gain;

static void gauss_gain(const ap_gauss *g, ap_sym2 Si, gain *k, ap_gauss *post)
{
    ap_sym2 A = g->A;
    k->Ka[0][0] = A.ee * Si.ee + A.en * Si.en;
    k->Ka[0][1] = A.ee * Si.en + A.en * Si.nn;
    k->Ka[1][0] = A.en * Si.ee + A.nn * Si.en;
    k->Ka[1][1] = A.en * Si.en + A.nn * Si.nn;
    for (int i = 0; i < 2; i++) {
        k->Kb[i][0] = g->B[0][i] * Si.ee + g->B[1][i] * Si.en;
        k->Kb[i][1] = g->B[0][i] * Si.en + g->B[1][i] * Si.nn;
    }
    post->A.ee = A.ee - (k->Ka[0][0] * A.ee + k->Ka[0][1] * A.en);
    post->A.en = A.en - (k->Ka[0][0] * A.en + k->Ka[0][1] * A.nn);
    post->A.nn = A.nn - (k->Ka[1][0] * A.en + k->Ka[1][1] * A.nn);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            post->B[i][j] = g->B[i][j] - (k->Ka[i][0] * g->B[0][j] + k->Ka[i][1] * g->B[1][j]);
    post->C.ee = g->C.ee - (k->Kb[0][0] * g->B[0][0] + k->Kb[0][1] * g->B[1][0]);
    post->C.en = g->C.en - (k->Kb[0][0] * g->B[0][1] + k->Kb[0][1] * g->B[1][1]);
    post->C.nn = g->C.nn - (k->Kb[1][0] * g->B[0][1] + k->Kb[1][1] * g->B[1][1]);
}

bool ap_gauss_update(ap_gauss *gauss, const ap_fix *fix)
{
    ap_sym2 S = add(gauss->A, fix->R);
    if (!(S.ee > 0.0 && det(S) > 0.0))
        return false;
    gain k;
    ap_gauss post = *gauss;
    gauss_gain(gauss, inverse(S), &k, &post);
    double e = fix->east_m - gauss->x[0], n = fix->north_m - gauss->x[1];
    for (int i = 0; i < 2; i++) {
        post.x[i] += k.Ka[i][0] * e + k.Ka[i][1] * n;
        post.x[2 + i] += k.Kb[i][0] * e + k.Kb[i][1] * n;
    }
    *gauss = post;
    return true;
}

double ap_gauss_distance2(const ap_gauss *gauss, const ap_fix *fix)
{
    ap_sym2 S = add(gauss->A, fix->R);
    double d = det(S);
    if (!(S.ee > 0.0 && d > 0.0))
        return 1e300;
    double d2 = form(inverse(S), fix->east_m - gauss->x[0], fix->north_m - gauss->x[1]);
    return d2 >= 0.0 ? d2 : 1e300;
}

/* Adds w times a part of a mixture, with the spread of its mean about that of `sum`. */
static void gauss_add_part(ap_gauss *sum, double w, const ap_gauss *part)
{
    double d[4];
    for (int i = 0; i < 4; i++)
        d[i] = part->x[i] - sum->x[i];
    sum->A = add_scaled(sum->A, w, part->A);
    sum->A = add_scaled(sum->A, w, (ap_sym2){ d[0] * d[0], d[0] * d[1], d[1] * d[1] });
    sum->C = add_scaled(sum->C, w, part->C);
    sum->C = add_scaled(sum->C, w, (ap_sym2){ d[2] * d[2], d[2] * d[3], d[3] * d[3] });
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            sum->B[i][j] += w * (part->B[i][j] + d[i] * d[2 + j]);
}

/* ---- the mixture ---- */

void ap_imm_combine(const ap_imm *imm, ap_gauss *gauss)
{
    *gauss = (ap_gauss){ 0 };
    for (int m = 0; m < AP_IMM_MODELS; m++)
        for (int i = 0; i < 4; i++)
            gauss->x[i] += imm->probability[m] * imm->model[m].x[i];
    for (int m = 0; m < AP_IMM_MODELS; m++)
        gauss_add_part(gauss, imm->probability[m], &imm->model[m]);
}

void ap_imm_outline(const ap_imm *imm, double x[4], double *position_var_m2, double *velocity_var)
{
    double second[4] = { 0.0 };
    memset(x, 0, 4 * sizeof *x);
    *position_var_m2 = *velocity_var = 0.0;
    for (int m = 0; m < AP_IMM_MODELS; m++) {
        double w = imm->probability[m];
        const ap_gauss *g = &imm->model[m];
        for (int i = 0; i < 4; i++) {
            x[i] += w * g->x[i];
            second[i] += w * g->x[i] * g->x[i];
        }
        *position_var_m2 += w * (g->A.ee + g->A.nn);
        *velocity_var += w * (g->C.ee + g->C.nn);
    }
    *position_var_m2 += fmax(0.0, second[0] - x[0] * x[0] + second[1] - x[1] * x[1]);
    *velocity_var += fmax(0.0, second[2] - x[2] * x[2] + second[3] - x[3] * x[3]);
}

static double model_turn_radps(int m, double speed_mps)
{
    if (motions[m].bank_tan == 0.0)
        return 0.0;
    double v = fmax(speed_mps, TURN_SPEED_MIN_MPS);
    double rate = G_MPS2 * motions[m].bank_tan / v;
    return fmin(fmax(rate, -TURN_MAX_RADPS), TURN_MAX_RADPS);
}

static double speed_of(const ap_gauss *g)
{
    return sqrt(g->x[2] * g->x[2] + g->x[3] * g->x[3]);
}

double ap_imm_turn_radps(const ap_imm *imm)
{
    double rate = 0.0;
    for (int m = 0; m < AP_IMM_MODELS; m++)
        rate += imm->probability[m] * model_turn_radps(m, speed_of(&imm->model[m]));
    return rate;
}

/* g becomes the mixture of itself, with weight a, and of `other`. */
static void gauss_blend(ap_gauss *g, double a, const ap_gauss *other)
{
    double b = 1.0 - a, spread = a * b, d[4];
    for (int i = 0; i < 4; i++) {
        d[i] = g->x[i] - other->x[i];
        g->x[i] = a * g->x[i] + b * other->x[i];
    }
    g->A = (ap_sym2){ a * g->A.ee + b * other->A.ee + spread * d[0] * d[0],
                      a * g->A.en + b * other->A.en + spread * d[0] * d[1],
                      a * g->A.nn + b * other->A.nn + spread * d[1] * d[1] };
    g->C = (ap_sym2){ a * g->C.ee + b * other->C.ee + spread * d[2] * d[2],
                      a * g->C.en + b * other->C.en + spread * d[2] * d[3],
                      a * g->C.nn + b * other->C.nn + spread * d[3] * d[3] };
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            g->B[i][j] = a * g->B[i][j] + b * other->B[i][j] + spread * d[i] * d[2 + j];
}

/* Blends each model with the mean of all, as the Markov process has it after dt_s. */
static void imm_mix(ap_imm *imm, double dt_s, const ap_gauss *mean)
{
    double stay = exp(-MODE_RATE_PS * dt_s);
    for (int m = 0; m < AP_IMM_MODELS; m++) {
        double kept = stay * imm->probability[m];
        double all = kept + (1.0 - stay) * motions[m].prior;
        double a = kept / all;
        gauss_blend(&imm->model[m], a, mean);
        imm->probability[m] = all;
    }
}

static void vertical_predict(ap_vertical *v, double dt_s)
{
    if (!v->has)
        return;
    double q = VERTICAL_NOISE_M2PS3 * fabs(dt_s);
    v->altitude_m += dt_s * v->up_mps;
    v->P[0] += dt_s * (2.0 * v->P[1] + dt_s * v->P[2]) + q * dt_s * dt_s / 3.0;
    v->P[1] += dt_s * v->P[2] + q * dt_s / 2.0;
    v->P[2] += q;
}

void ap_imm_predict(ap_imm *imm, ap_utc_ns time_utc)
{
    double dt_s = ap_seconds_between(imm->time_utc, time_utc);
    if (dt_s == 0.0)
        return;
    ap_gauss mean;
    ap_imm_combine(imm, &mean);
    double speed_mps = speed_of(&mean);
    imm_mix(imm, fabs(dt_s), &mean);
    turn last = { 0 };
    for (int m = 0; m < AP_IMM_MODELS; m++) {
        /* Left follows right in the table: the same turn with the signs changed. */
        bool mirror =
            m > 0 && motions[m].bank_tan != 0.0 && motions[m].bank_tan == -motions[m - 1].bank_tan;
        if (mirror) {
            last.across_s = -last.across_s;
            last.sin = -last.sin;
        } else {
            last = turn_of(dt_s, model_turn_radps(m, speed_mps));
        }
        gauss_move(&imm->model[m], &last);
        gauss_grow(&imm->model[m], dt_s, motions[m].noise_m2ps3);
    }
    vertical_predict(&imm->vertical, dt_s);
    imm->time_utc = time_utc;
}

/* Rows of the frame times a symmetric ECEF matrix times rows: the plane's part of it. */
static ap_sym2 plane_of(const ap_enu_frame *frame, const double r[6])
{
    const double *e = frame->rotation[0], *n = frame->rotation[1];
    double ex = e[0] * r[0] + e[1] * r[1] + e[2] * r[2];
    double ey = e[0] * r[1] + e[1] * r[3] + e[2] * r[4];
    double ez = e[0] * r[2] + e[1] * r[4] + e[2] * r[5];
    double nx = n[0] * r[0] + n[1] * r[1] + n[2] * r[2];
    double ny = n[0] * r[1] + n[1] * r[3] + n[2] * r[4];
    double nz = n[0] * r[2] + n[1] * r[4] + n[2] * r[5];
    return (ap_sym2){ .ee = ex * e[0] + ey * e[1] + ez * e[2],
                      .en = ex * n[0] + ey * n[1] + ez * n[2],
                      .nn = nx * n[0] + ny * n[1] + nz * n[2] };
}

ap_fix ap_imm_fix(const ap_imm *imm, const ap_measure *measure, double ve, double vn)
{
    ap_vec3 enu = ap_enu_from_ecef(&imm->frame, measure->ecef);
    ap_fix fix = { .east_m = enu.x_m,
                   .north_m = enu.y_m,
                   .R = plane_of(&imm->frame, measure->R_ecef_m2) };
    double t2 = measure->timing_s * measure->timing_s;
    fix.R = add_scaled(fix.R, t2, (ap_sym2){ ve * ve, ve * vn, vn * vn });
    return fix;
}

void ap_imm_likelihood(const ap_imm *imm, const ap_fix *fix, ap_likelihood *likelihood)
{
    likelihood->all = 0.0;
    for (int m = 0; m < AP_IMM_MODELS; m++) {
        const ap_gauss *g = &imm->model[m];
        ap_sym2 S = add(g->A, fix->R);
        double d = det(S), e = fix->east_m - g->x[0], n = fix->north_m - g->x[1];
        double d2 = (S.nn * e * e - 2.0 * S.en * e * n + S.ee * n * n) / d;
        double l = d > 0.0 && d2 < 1400.0 ? exp(-0.5 * d2) / (2.0 * AP_PI * sqrt(d)) : 0.0;
        likelihood->model[m] = l;
        likelihood->all += imm->probability[m] * l;
    }
}

/* One fix that is right with probability w: the mean moves by w K v, and the covariance is that of
 * the two cases with the spread between them. */
static void model_update_one(ap_gauss *g, const ap_fix *fix, double w)
{
    ap_sym2 S = add(g->A, fix->R);
    if (!(S.ee > 0.0 && det(S) > 0.0))
        return;
    gain k;
    ap_gauss post;
    gauss_gain(g, inverse(S), &k, &post);
    double e = fix->east_m - g->x[0], n = fix->north_m - g->x[1], d[4];
    for (int i = 0; i < 2; i++) {
        d[i] = k.Ka[i][0] * e + k.Ka[i][1] * n;
        d[2 + i] = k.Kb[i][0] * e + k.Kb[i][1] * n;
    }
    double stay = 1.0 - w, spread = w * stay;
    for (int i = 0; i < 4; i++)
        g->x[i] += w * d[i];
    g->A = (ap_sym2){ w * post.A.ee + stay * g->A.ee + spread * d[0] * d[0],
                      w * post.A.en + stay * g->A.en + spread * d[0] * d[1],
                      w * post.A.nn + stay * g->A.nn + spread * d[1] * d[1] };
    g->C = (ap_sym2){ w * post.C.ee + stay * g->C.ee + spread * d[2] * d[2],
                      w * post.C.en + stay * g->C.en + spread * d[2] * d[3],
                      w * post.C.nn + stay * g->C.nn + spread * d[3] * d[3] };
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            g->B[i][j] = w * post.B[i][j] + stay * g->B[i][j] + spread * d[i] * d[2 + j];
}

/* One model's part: joint weights of its hypotheses in, its new Gaussian out. */
static void model_update(ap_gauss *g, size_t count, const ap_fix *fix, const double *share,
                         double miss_share)
{
    if (count == 1) {
        model_update_one(g, fix, share[0]);
        return;
    }
    ap_gauss prior = *g, part[AP_FIX_CAP], sum = { 0 };
    for (int i = 0; i < 4; i++)
        sum.x[i] = miss_share * prior.x[i];
    for (size_t f = 0; f < count; f++) {
        part[f] = prior;
        ap_gauss_update(&part[f], &fix[f]);
        for (int i = 0; i < 4; i++)
            sum.x[i] += share[f] * part[f].x[i];
    }
    if (miss_share > 0.0)
        gauss_add_part(&sum, miss_share, &prior);
    for (size_t f = 0; f < count; f++)
        gauss_add_part(&sum, share[f], &part[f]);
    *g = sum;
}

void ap_imm_update(ap_imm *imm, size_t count, const ap_fix *fix, const ap_likelihood *likelihood,
                   const double *weight)
{
    double miss = 1.0, total = 0.0, share[AP_FIX_CAP];
    for (size_t f = 0; f < count; f++)
        miss -= weight[f];
    miss = miss > 1e-12 ? miss : 0.0;
    for (int m = 0; m < AP_IMM_MODELS; m++) {
        double sum = miss;
        for (size_t f = 0; f < count; f++) {
            double all = likelihood[f].all;
            share[f] = all > 0.0 ? weight[f] * likelihood[f].model[m] / all : weight[f];
            sum += share[f];
        }
        if (!(sum > 0.0)) { /* this model holds none of it possible */
            imm->probability[m] *= PROBABILITY_MIN;
            total += imm->probability[m];
            continue;
        }
        for (size_t f = 0; f < count; f++)
            share[f] /= sum;
        model_update(&imm->model[m], count, fix, share, miss / sum);
        imm->probability[m] = fmax(imm->probability[m] * sum, PROBABILITY_MIN);
        total += imm->probability[m];
    }
    for (int m = 0; m < AP_IMM_MODELS; m++)
        imm->probability[m] /= total;
}

/* ---- velocity and the vertical ---- */

/* Exchanges the roles of position and velocity. */
static ap_gauss gauss_swapped(const ap_gauss *g)
{
    ap_gauss s = { .x = { g->x[2], g->x[3], g->x[0], g->x[1] }, .A = g->C, .C = g->A };
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            s.B[i][j] = g->B[j][i];
    return s;
}

static void imm_update_velocity(ap_imm *imm, const ap_measure *measure)
{
    ap_vec3 v = ap_enu_rotate(&imm->frame, measure->velocity_ecef);
    double var = measure->velocity_var;
    ap_fix fix = { .east_m = v.x_m, .north_m = v.y_m, .R = { .ee = var, .nn = var } };
    ap_imm swapped = *imm;
    for (int m = 0; m < AP_IMM_MODELS; m++)
        swapped.model[m] = gauss_swapped(&imm->model[m]);
    ap_likelihood likelihood;
    double weight = 1.0;
    ap_imm_likelihood(&swapped, &fix, &likelihood);
    ap_imm_update(&swapped, 1, &fix, &likelihood, &weight);
    for (int m = 0; m < AP_IMM_MODELS; m++) {
        imm->model[m] = gauss_swapped(&swapped.model[m]);
        imm->probability[m] = swapped.probability[m];
    }
}

static void vertical_start(ap_vertical *v, const ap_measure *measure, bool is_pressure)
{
    double sigma = VERTICAL_START_SIGMA_MPS;
    *v = (ap_vertical){ .has = true,
                        .is_pressure = is_pressure,
                        .altitude_m = measure->altitude_m,
                        .P = { measure->altitude_var_m2, 0.0, sigma * sigma } };
}

static void vertical_update(ap_vertical *v, const ap_measure *measure)
{
    bool is_pressure = (measure->has & AP_MEASURE_PRESSURE) != 0;
    if (v->has && v->is_pressure && !is_pressure)
        return;
    if (!v->has || (is_pressure && !v->is_pressure)) {
        vertical_start(v, measure, is_pressure);
        return;
    }
    double s = v->P[0] + measure->altitude_var_m2, d = measure->altitude_m - v->altitude_m;
    if (d * d > VERTICAL_GATE2 * s) {
        if (++v->refused_count >= VERTICAL_REFUSED_MAX)
            vertical_start(v, measure, is_pressure);
        return;
    }
    double k0 = v->P[0] / s, k1 = v->P[1] / s;
    v->refused_count = 0;
    v->altitude_m += k0 * d;
    v->up_mps += k1 * d;
    v->P[2] -= k1 * v->P[1];
    v->P[1] -= k0 * v->P[1];
    v->P[0] -= k0 * v->P[0];
}

static void vertical_update_rate(ap_vertical *v, const ap_measure *measure)
{
    if (!v->has)
        return;
    double s = v->P[2] + measure->up_var, d = measure->up_mps - v->up_mps;
    double k0 = v->P[1] / s, k1 = v->P[2] / s;
    v->altitude_m += k0 * d;
    v->up_mps += k1 * d;
    v->P[0] -= k0 * v->P[1];
    v->P[1] -= k1 * v->P[1];
    v->P[2] -= k1 * v->P[2];
}

void ap_imm_update_rest(ap_imm *imm, const ap_measure *measure)
{
    if (measure->has & AP_MEASURE_VELOCITY)
        imm_update_velocity(imm, measure);
    if (measure->has & (AP_MEASURE_PRESSURE | AP_MEASURE_HEIGHT))
        vertical_update(&imm->vertical, measure);
    if (measure->has & AP_MEASURE_RATE)
        vertical_update_rate(&imm->vertical, measure);
}

/* ---- life ---- */

void ap_imm_start(ap_imm *imm, const ap_measure *measure, double speed_sigma_mps)
{
    *imm = (ap_imm){ .time_utc = measure->time_utc, .frame = ap_frame_at(measure->ecef) };
    ap_fix fix = ap_imm_fix(imm, measure, 0.0, 0.0);
    ap_gauss start = { .x = { fix.east_m, fix.north_m }, .A = fix.R };
    start.C.ee = start.C.nn = speed_sigma_mps * speed_sigma_mps;
    if (measure->has & AP_MEASURE_VELOCITY) {
        ap_vec3 v = ap_enu_rotate(&imm->frame, measure->velocity_ecef);
        start.x[2] = v.x_m;
        start.x[3] = v.y_m;
        start.C.ee = start.C.nn = measure->velocity_var;
    }
    for (int m = 0; m < AP_IMM_MODELS; m++) {
        imm->model[m] = start;
        imm->probability[m] = motions[m].prior;
    }
    ap_measure vertical = *measure;
    vertical.has &= (uint16_t)~AP_MEASURE_VELOCITY;
    ap_imm_update_rest(imm, &vertical);
}

void ap_imm_restart(ap_imm *imm, double speed_sigma_mps)
{
    double r2 = RECENTRE_M * RECENTRE_M, v2 = speed_sigma_mps * speed_sigma_mps;
    for (int m = 0; m < AP_IMM_MODELS; m++) {
        imm->model[m] = (ap_gauss){ .A = { r2, 0.0, r2 }, .C = { v2, 0.0, v2 } };
        imm->probability[m] = motions[m].prior;
    }
    imm->vertical = (ap_vertical){ 0 };
    imm->lean_m = 0.0;
}

/* Shifts the origin and turns the axes: new = m (old - shift). */
static void gauss_reframe(ap_gauss *g, double m[2][2], double shift_e, double shift_n)
{
    double c00 = m[0][0], c01 = m[0][1], c10 = m[1][0], c11 = m[1][1];
    double e = g->x[0] - shift_e, n = g->x[1] - shift_n, ve = g->x[2], vn = g->x[3];
    g->x[0] = c00 * e + c01 * n;
    g->x[1] = c10 * e + c11 * n;
    g->x[2] = c00 * ve + c01 * vn;
    g->x[3] = c10 * ve + c11 * vn;
    ap_sym2 *blocks[2] = { &g->A, &g->C };
    for (int i = 0; i < 2; i++) {
        ap_sym2 s = *blocks[i];
        blocks[i]->ee = form(s, c00, c01);
        blocks[i]->nn = form(s, c10, c11);
        blocks[i]->en = s.ee * c00 * c10 + s.en * (c00 * c11 + c01 * c10) + s.nn * c01 * c11;
    }
    double t[2][2];
    for (int j = 0; j < 2; j++) {
        t[0][j] = c00 * g->B[0][j] + c01 * g->B[1][j];
        t[1][j] = c10 * g->B[0][j] + c11 * g->B[1][j];
    }
    for (int i = 0; i < 2; i++) {
        g->B[i][0] = t[i][0] * c00 + t[i][1] * c01;
        g->B[i][1] = t[i][0] * c10 + t[i][1] * c11;
    }
}

/* The frame at a point of the plane, and the turn from the old axes to its own. The turn is pure,
 * so that covariances keep their size: the tilt of the horizon is left out. */
static ap_enu_frame frame_over(const ap_imm *imm, double east_m, double north_m, double m[2][2])
{
    ap_enu_frame to =
        ap_frame_at(ap_ecef_from_enu(&imm->frame, (ap_vec3){ .x_m = east_m, .y_m = north_m }));
    ap_frame_raise(&to, imm->vertical.has ? imm->vertical.altitude_m : imm->frame.origin.height_m);
    ap_vec3 east = ap_enu_rotate(&to, ap_ecef_rotate(&imm->frame, (ap_vec3){ .x_m = 1.0 }));
    ap_vec3 north = ap_enu_rotate(&to, ap_ecef_rotate(&imm->frame, (ap_vec3){ .y_m = 1.0 }));
    double c = east.x_m + north.y_m, s = north.x_m - east.y_m, scale = 1.0 / sqrt(c * c + s * s);
    m[0][0] = m[1][1] = c * scale;
    m[0][1] = s * scale;
    m[1][0] = -s * scale;
    return to;
}

void ap_imm_recentre(ap_imm *imm)
{
    double e = 0.0, n = 0.0, m[2][2];
    for (int i = 0; i < AP_IMM_MODELS; i++) {
        e += imm->probability[i] * imm->model[i].x[0];
        n += imm->probability[i] * imm->model[i].x[1];
    }
    if (e * e + n * n < RECENTRE_M * RECENTRE_M)
        return;
    ap_enu_frame to = frame_over(imm, e, n, m);
    for (int i = 0; i < AP_IMM_MODELS; i++)
        gauss_reframe(&imm->model[i], m, e, n);
    imm->frame = to;
}

void ap_imm_own(const ap_imm *imm, ap_geodetic *at, ap_gauss *gauss)
{
    double m[2][2];
    ap_imm_combine(imm, gauss);
    ap_enu_frame to = frame_over(imm, gauss->x[0], gauss->x[1], m);
    gauss_reframe(gauss, m, gauss->x[0], gauss->x[1]);
    gauss->A.ee += imm->lean_m * imm->lean_m;
    gauss->A.nn += imm->lean_m * imm->lean_m;
    *at = ap_geodetic_from_ecef(to.origin_ecef);
}

void ap_imm_lean(ap_imm *imm, const ap_gauss *mean, const ap_fix *fix, double weight,
                 double shared_m)
{
    ap_sym2 S = add(mean->A, fix->R);
    if (!(S.ee > 0.0 && det(S) > 0.0))
        return;
    ap_sym2 Si = inverse(S);
    double trace = mean->A.ee * Si.ee + 2.0 * mean->A.en * Si.en + mean->A.nn * Si.nn;
    imm->lean_m += 0.5 * weight * trace * (shared_m - imm->lean_m);
}

void ap_imm_take(ap_imm *imm, const ap_measure *measure)
{
    if (measure->has & AP_MEASURE_POSITION) {
        ap_gauss mean;
        ap_likelihood likelihood;
        ap_imm_combine(imm, &mean);
        ap_fix fix = ap_imm_fix(imm, measure, mean.x[2], mean.x[3]);
        ap_imm_likelihood(imm, &fix, &likelihood);
        ap_imm_lean(imm, &mean, &fix, measure->weight, measure->shared_m);
        ap_imm_update(imm, 1, &fix, &likelihood, &measure->weight);
    }
    ap_imm_update_rest(imm, measure);
    ap_imm_recentre(imm);
}

void ap_imm_apply(ap_imm *imm, const ap_measure *measure)
{
    ap_imm_predict(imm, measure->time_utc);
    ap_imm_take(imm, measure);
}

static bool gauss_is_sound(const ap_gauss *g)
{
    double sum = g->x[0] + g->x[1] + g->x[2] + g->x[3];
    if (!isfinite(sum) || !(g->A.ee > 0.0 && g->A.nn > 0.0 && det(g->A) > 0.0) ||
        !(g->C.ee > 0.0 && g->C.nn > 0.0 && det(g->C) > 0.0) || !isfinite(det(g->A) + det(g->C)))
        return false;
    /* Schur complement C - B' A^-1 B. */
    ap_sym2 Ai = inverse(g->A);
    double k00 = Ai.ee * g->B[0][0] + Ai.en * g->B[1][0];
    double k10 = Ai.en * g->B[0][0] + Ai.nn * g->B[1][0];
    double k01 = Ai.ee * g->B[0][1] + Ai.en * g->B[1][1];
    double k11 = Ai.en * g->B[0][1] + Ai.nn * g->B[1][1];
    ap_sym2 rest = { g->C.ee - (g->B[0][0] * k00 + g->B[1][0] * k10),
                     g->C.en - (g->B[0][0] * k01 + g->B[1][0] * k11),
                     g->C.nn - (g->B[0][1] * k01 + g->B[1][1] * k11) };
    return rest.ee > 0.0 && det(rest) > 0.0;
}

bool ap_imm_is_sound(const ap_imm *imm)
{
    for (int m = 0; m < AP_IMM_MODELS; m++)
        if (!gauss_is_sound(&imm->model[m]) || !isfinite(imm->probability[m]))
            return false;
    const ap_vertical *v = &imm->vertical;
    return !v->has || (isfinite(v->altitude_m + v->up_mps) && v->P[0] > 0.0 && v->P[2] > 0.0 &&
                       v->P[0] * v->P[2] > v->P[1] * v->P[1]);
}
