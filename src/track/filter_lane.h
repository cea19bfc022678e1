/* One lane of the mixture: what filter_kernel.c does to all of them at once, and its test to one at
 * a time. Straight-line arithmetic; selections only by ?: of values that are all computed. */
#ifndef AP_TRACK_FILTER_LANE_H
#define AP_TRACK_FILTER_LANE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "track/filter_kernel.h"

#if defined(__GNUC__)
#define AP_LANE static inline __attribute__((always_inline))
#else
#define AP_LANE static inline
#endif

/* A loop whose rounds do not depend on each other, though the compiler cannot see it. */
#if defined(__clang__)
#define AP_EACH(l, count)                                                                          \
    _Pragma("clang loop vectorize(assume_safety)") for (int l = 0; l < (count); l++)
#else
#define AP_EACH(l, count) _Pragma("GCC ivdep") for (int l = 0; l < (count); l++)
#endif

#define AP_MODE_RATE_PS (1.0 / 50.0)
#define AP_TURN_MAX_RADPS 0.21 /* 12 degrees a second */
#define AP_TURN_SPEED_MIN_MPS 20.0
#define AP_PROBABILITY_MIN 1e-9
#define AP_DISTANCE2_MAX 1400.0 /* beyond, a likelihood is nothing */

typedef struct lane {
    double p, x[4], A[3], B[4], C[3];
} lane;

AP_LANE lane lane_load(const ap_mixture *m, int l)
{
    return (lane){
        .p = (double)m->probability[l],
        .x = { (double)m->x[0][l], (double)m->x[1][l], (double)m->x[2][l], (double)m->x[3][l] },
        .A = { (double)m->A[0][l], (double)m->A[1][l], (double)m->A[2][l] },
        .B = { (double)m->B[0][l], (double)m->B[1][l], (double)m->B[2][l], (double)m->B[3][l] },
        .C = { (double)m->C[0][l], (double)m->C[1][l], (double)m->C[2][l] }
    };
}

AP_LANE void lane_store(ap_mixture *m, int l, const lane *v)
{
    m->probability[l] = (float)v->p;
    m->x[0][l] = (float)v->x[0];
    m->x[1][l] = (float)v->x[1];
    m->x[2][l] = (float)v->x[2];
    m->x[3][l] = (float)v->x[3];
    m->A[0][l] = (float)v->A[0];
    m->A[1][l] = (float)v->A[1];
    m->A[2][l] = (float)v->A[2];
    m->B[0][l] = (float)v->B[0];
    m->B[1][l] = (float)v->B[1];
    m->B[2][l] = (float)v->B[2];
    m->B[3][l] = (float)v->B[3];
    m->C[0][l] = (float)v->C[0];
    m->C[1][l] = (float)v->C[1];
    m->C[2][l] = (float)v->C[2];
}

/* ---- elementary functions ---- */

#define LANE_ROUND 6755399441055744.0 /* 1.5 * 2^52: added, the low bits hold the integer */

AP_LANE uint64_t lane_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

AP_LANE double lane_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Polynomials are summed in pairs, pairs of pairs and so on: a third of the time that one term
 * after the other takes.
 * x = k ln 2 + r, |r| <= 0.35; e^r by its series: the first term left out is 4e-18 of it. */
AP_LANE double lane_exp(double x)
{
    double t = x * 1.4426950408889634 + LANE_ROUND, k = t - LANE_ROUND;
    double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double r2 = r * r, r4 = r2 * r2;
    double a = (0.5 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0));
    double b = (1.0 / 720.0 + r * (1.0 / 5040.0)) + r2 * (1.0 / 40320.0 + r * (1.0 / 362880.0));
    double c = (1.0 / 3628800.0 + r * (1.0 / 39916800.0)) +
               r2 * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0));
    double s = r + r2 * (a + r4 * (b + r4 * c));
    return (1.0 + s) * lane_double((lane_bits(t) + 1023u) << 52);
}

/* sin h, cos h and sin(h) / h: reduced by quarter turns, then series on |r| <= pi / 4. */
AP_LANE void lane_turn(double h, double *sine, double *cosine, double *sinc)
{
    double t = h * 0.63661977236758134 + LANE_ROUND, k = t - LANE_ROUND;
    double r = (h - k * 1.57079632673412561417) - k * 6.07710050650619224932e-11;
    double z = r * r, z2 = z * z, z4 = z2 * z2;
    double s = (z * (-1.0 / 6.0) + z2 * (1.0 / 120.0 - z * (1.0 / 5040.0))) +
               z4 * ((1.0 / 362880.0 - z * (1.0 / 39916800.0)) +
                     z2 * ((1.0 / 6227020800.0 - z * (1.0 / 1307674368000.0)) +
                           z2 * (1.0 / 355687428096000.0)));
    double c = (z * -0.5 + z2 * (1.0 / 24.0 - z * (1.0 / 720.0))) +
               z4 * ((1.0 / 40320.0 - z * (1.0 / 3628800.0)) +
                     z2 * ((1.0 / 479001600.0 - z * (1.0 / 87178291200.0)) +
                           z2 * (1.0 / 20922789888000.0)));
    s += 1.0;
    c += 1.0;
    uint64_t quarter = lane_bits(t), odd = 0u - (quarter & 1), even = ~odd;
    uint64_t q = lane_bits(r * s), p = lane_bits(c);
    *sine = lane_double(((p & odd) | (q & even)) ^ ((quarter & 2) << 62));
    *cosine = lane_double(((q & odd) | (p & even)) ^ (((quarter + 1) & 2) << 62));
    double far = *sine / (k == 0.0 ? 1.0 : h);
    *sinc = k == 0.0 ? s : far;
}

/* ---- prediction ---- */

/* The lane becomes the mixture of itself, with weight a, and of `mean`. */
AP_LANE void lane_blend(lane *v, double a, const ap_gauss *mean)
{
    double b = 1.0 - a, w = a * b;
    double d0 = v->x[0] - mean->x[0], d1 = v->x[1] - mean->x[1];
    double d2 = v->x[2] - mean->x[2], d3 = v->x[3] - mean->x[3];
    v->x[0] = a * v->x[0] + b * mean->x[0];
    v->x[1] = a * v->x[1] + b * mean->x[1];
    v->x[2] = a * v->x[2] + b * mean->x[2];
    v->x[3] = a * v->x[3] + b * mean->x[3];
    v->A[0] = a * v->A[0] + b * mean->A.ee + w * d0 * d0;
    v->A[1] = a * v->A[1] + b * mean->A.en + w * d0 * d1;
    v->A[2] = a * v->A[2] + b * mean->A.nn + w * d1 * d1;
    v->B[0] = a * v->B[0] + b * mean->B[0][0] + w * d0 * d2;
    v->B[1] = a * v->B[1] + b * mean->B[0][1] + w * d0 * d3;
    v->B[2] = a * v->B[2] + b * mean->B[1][0] + w * d1 * d2;
    v->B[3] = a * v->B[3] + b * mean->B[1][1] + w * d1 * d3;
    v->C[0] = a * v->C[0] + b * mean->C.ee + w * d2 * d2;
    v->C[1] = a * v->C[1] + b * mean->C.en + w * d2 * d3;
    v->C[2] = a * v->C[2] + b * mean->C.nn + w * d3 * d3;
}

/* With F = [I G; 0 W], G = [a b; -b a], W = [c s; -s c]:
 * A' = A + B G' + G B' + G C G', B' = (B + G C) W', C' = W C W'. */
AP_LANE void lane_move(lane *v, double dt_s, double rate_radps)
{
    double h = 0.5 * rate_radps * dt_s, sh, ch, sinc;
    lane_turn(h, &sh, &ch, &sinc);
    double a = dt_s * sinc * ch, b = dt_s * sinc * sh; /* sin / rate, (1 - cos) / rate */
    double c = 1.0 - 2.0 * sh * sh, s = 2.0 * sh * ch;
    double ve = v->x[2], vn = v->x[3];
    v->x[0] += a * ve + b * vn;
    v->x[1] += a * vn - b * ve;
    v->x[2] = c * ve + s * vn;
    v->x[3] = c * vn - s * ve;
    double Cee = v->C[0], Cen = v->C[1], Cnn = v->C[2];
    double D00 = a * Cee + b * Cen, D01 = a * Cen + b * Cnn; /* D = G C */
    double D10 = a * Cen - b * Cee, D11 = a * Cnn - b * Cen;
    double B00 = v->B[0], B01 = v->B[1], B10 = v->B[2], B11 = v->B[3];
    v->A[0] += 2.0 * (B00 * a + B01 * b) + (D00 * a + D01 * b);
    v->A[1] += (B01 * a - B00 * b) + (B10 * a + B11 * b) + (D01 * a - D00 * b);
    v->A[2] += 2.0 * (B11 * a - B10 * b) + (D11 * a - D10 * b);
    double E00 = B00 + D00, E01 = B01 + D01, E10 = B10 + D10, E11 = B11 + D11;
    v->B[0] = E00 * c + E01 * s;
    v->B[1] = E01 * c - E00 * s;
    v->B[2] = E10 * c + E11 * s;
    v->B[3] = E11 * c - E10 * s;
    v->C[0] = c * c * Cee + 2.0 * c * s * Cen + s * s * Cnn;
    v->C[1] = (c * c - s * s) * Cen + c * s * (Cnn - Cee);
    v->C[2] = c * c * Cnn - 2.0 * c * s * Cen + s * s * Cee;
}

/* White acceleration noise over dt_s, forth or back. */
AP_LANE void lane_grow(lane *v, double dt_s, double noise_m2ps3)
{
    double t = fabs(dt_s), q = noise_m2ps3 * t;
    v->A[0] += q * t * t / 3.0;
    v->A[2] += q * t * t / 3.0;
    v->B[0] += q * dt_s / 2.0;
    v->B[3] += q * dt_s / 2.0;
    v->C[0] += q;
    v->C[2] += q;
}

/* Turn rate of a model at a speed. */
AP_LANE double lane_rate(double turn_mps2, double speed_mps)
{
    double v = speed_mps > AP_TURN_SPEED_MIN_MPS ? speed_mps : AP_TURN_SPEED_MIN_MPS;
    double rate = turn_mps2 / v;
    rate = rate < AP_TURN_MAX_RADPS ? rate : AP_TURN_MAX_RADPS;
    return rate > -AP_TURN_MAX_RADPS ? rate : -AP_TURN_MAX_RADPS;
}

/* stay: probability that the mode did not change; mean: of the mixture; speed_mps: of it. */
AP_LANE void lane_predict(const ap_mixture *from, const ap_motions *motions, double dt_s,
                          double stay, double speed_mps, const ap_gauss *mean, int l,
                          ap_mixture *to)
{
    lane v = lane_load(from, l);
    double kept = stay * v.p, all = kept + (1.0 - stay) * motions->prior[l];
    lane_blend(&v, kept / (all > 0.0 ? all : 1.0), mean);
    v.p = all;
    lane_move(&v, dt_s, lane_rate(motions->turn_mps2[l], speed_mps));
    lane_grow(&v, dt_s, motions->noise_m2ps3[l]);
    lane_store(to, l, &v);
}

/* ---- likelihood, update ---- */

AP_LANE double lane_likelihood(const ap_mixture *from, const ap_fix *fix, int l)
{
    double See = (double)from->A[0][l] + fix->R.ee, Sen = (double)from->A[1][l] + fix->R.en;
    double Snn = (double)from->A[2][l] + fix->R.nn, det = See * Snn - Sen * Sen;
    double e = fix->east_m - (double)from->x[0][l], n = fix->north_m - (double)from->x[1][l];
    double one = det > 0.0 ? det : 1.0;
    double d2 = (Snn * e * e - 2.0 * Sen * e * n + See * n * n) / one;
    double some = d2 > 0.0 ? d2 : 0.0;
    double near = some < AP_DISTANCE2_MAX ? some : AP_DISTANCE2_MAX;
    double density = lane_exp(-0.5 * near) / (6.283185307179586 * sqrt(one));
    density = det > 0.0 ? density : 0.0;
    density = See > 0.0 ? density : 0.0;
    return d2 < AP_DISTANCE2_MAX ? density : 0.0;
}

/* What one fix would do to a lane: shift d of the mean, cut of the covariance. */
typedef struct lane_step {
    double d[4], A[3], B[4], C[3];
} lane_step;

AP_LANE lane_step lane_gain(const lane *v, const ap_fix *fix)
{
    double See = v->A[0] + fix->R.ee, Sen = v->A[1] + fix->R.en, Snn = v->A[2] + fix->R.nn;
    double det = See * Snn - Sen * Sen, scale = 1.0 / (det > 0.0 ? det : 1.0);
    scale = det > 0.0 ? scale : 0.0;
    scale = See > 0.0 ? scale : 0.0;
    double Iee = Snn * scale, Ien = -Sen * scale, Inn = See * scale;
    double e = fix->east_m - v->x[0], n = fix->north_m - v->x[1];
    double k00 = v->A[0] * Iee + v->A[1] * Ien, k01 = v->A[0] * Ien + v->A[1] * Inn;
    double k10 = v->A[1] * Iee + v->A[2] * Ien, k11 = v->A[1] * Ien + v->A[2] * Inn;
    double l00 = v->B[0] * Iee + v->B[2] * Ien, l01 = v->B[0] * Ien + v->B[2] * Inn;
    double l10 = v->B[1] * Iee + v->B[3] * Ien, l11 = v->B[1] * Ien + v->B[3] * Inn;
    return (lane_step){
        .d = { k00 * e + k01 * n, k10 * e + k11 * n, l00 * e + l01 * n, l10 * e + l11 * n },
        .A = { k00 * v->A[0] + k01 * v->A[1], k00 * v->A[1] + k01 * v->A[2],
               k10 * v->A[1] + k11 * v->A[2] },
        .B = { k00 * v->B[0] + k01 * v->B[2], k00 * v->B[1] + k01 * v->B[3],
               k10 * v->B[0] + k11 * v->B[2], k10 * v->B[1] + k11 * v->B[3] },
        .C = { l00 * v->B[0] + l01 * v->B[2], l00 * v->B[1] + l01 * v->B[3],
               l10 * v->B[1] + l11 * v->B[3] },
    };
}

/* The covariance less w times the cut, plus `spread` times the shift squared. */
AP_LANE void lane_shrink(lane *v, double w, const lane_step *s)
{
    v->A[0] -= w * s->A[0];
    v->A[1] -= w * s->A[1];
    v->A[2] -= w * s->A[2];
    v->B[0] -= w * s->B[0];
    v->B[1] -= w * s->B[1];
    v->B[2] -= w * s->B[2];
    v->B[3] -= w * s->B[3];
    v->C[0] -= w * s->C[0];
    v->C[1] -= w * s->C[1];
    v->C[2] -= w * s->C[2];
}

AP_LANE void lane_spread(lane *v, double w, const double d[4])
{
    v->A[0] += w * d[0] * d[0];
    v->A[1] += w * d[0] * d[1];
    v->A[2] += w * d[1] * d[1];
    v->B[0] += w * d[0] * d[2];
    v->B[1] += w * d[0] * d[3];
    v->B[2] += w * d[1] * d[2];
    v->B[3] += w * d[1] * d[3];
    v->C[0] += w * d[2] * d[2];
    v->C[1] += w * d[2] * d[3];
    v->C[2] += w * d[3] * d[3];
}

/* Share of a fix in what this lane holds possible, before division by their sum. */
AP_LANE double lane_share(double weight, double model, double all)
{
    double share = weight * model / (all > 0.0 ? all : 1.0);
    return all > 0.0 ? share : weight;
}

/* What the measurements make of a model's probability, before all are made to sum to one. A model
 * that holds none of them possible keeps next to nothing. */
AP_LANE double lane_probability(double p, double sum)
{
    double seen = p * (sum > 0.0 ? sum : AP_PROBABILITY_MIN);
    double least = seen > AP_PROBABILITY_MIN ? seen : AP_PROBABILITY_MIN;
    return p > 0.0 ? least : 0.0;
}

/* One fix, right with probability `weight`; miss: what remains. The mean moves by the share of its
 * shift, and the covariance is that of the two cases with the spread between them. */
AP_LANE void lane_update_one(const ap_mixture *from, const ap_fix *fix,
                             const ap_likelihood *likelihood, double weight, double miss, int l,
                             ap_mixture *to)
{
    lane v = lane_load(from, l);
    double share = lane_share(weight, likelihood->model[l], likelihood->all);
    double sum = miss + share, w = share / (sum > 0.0 ? sum : 1.0);
    w = sum > 0.0 ? w : 0.0;
    lane_step s = lane_gain(&v, fix);
    lane_shrink(&v, w, &s);
    lane_spread(&v, w * (1.0 - w), s.d);
    v.x[0] += w * s.d[0];
    v.x[1] += w * s.d[1];
    v.x[2] += w * s.d[2];
    v.x[3] += w * s.d[3];
    v.p = lane_probability(v.p, sum);
    lane_store(to, l, &v);
}

/* Several fixes, of which at most one is right. */
AP_LANE void lane_update_many(const ap_mixture *from, size_t count, const ap_fix *fix,
                              const ap_likelihood *likelihood, const double *weight, double miss,
                              int l, ap_mixture *to)
{
    lane prior = lane_load(from, l), v = prior;
    double share[AP_FIX_CAP], sum = miss, d[AP_FIX_CAP][4], mean[4] = { 0.0 };
    for (size_t f = 0; f < count; f++) {
        share[f] = lane_share(weight[f], likelihood[f].model[l], likelihood[f].all);
        sum += share[f];
    }
    double scale = sum > 0.0 ? 1.0 / sum : 0.0, stay = 1.0;
    for (size_t f = 0; f < count; f++) {
        double w = share[f] * scale;
        lane_step s = lane_gain(&prior, &fix[f]);
        lane_shrink(&v, w, &s);
        for (int i = 0; i < 4; i++) {
            d[f][i] = s.d[i];
            mean[i] += w * s.d[i];
        }
        stay -= w;
    }
    lane_spread(&v, stay > 0.0 ? stay : 0.0, mean);
    for (size_t f = 0; f < count; f++) {
        double off[4] = { d[f][0] - mean[0], d[f][1] - mean[1], d[f][2] - mean[2],
                          d[f][3] - mean[3] };
        lane_spread(&v, share[f] * scale, off);
    }
    for (int i = 0; i < 4; i++)
        v.x[i] += mean[i];
    v.p = lane_probability(v.p, sum);
    lane_store(to, l, &v);
}

/* ---- another plane ---- */

/* A symmetric block in axes turned by the angle whose cosine and sine are c and s. */
AP_LANE void lane_turn_block(double v[3], double c, double s)
{
    double ee = v[0], en = v[1], nn = v[2];
    v[0] = c * c * ee + 2.0 * c * s * en + s * s * nn;
    v[1] = (c * c - s * s) * en + c * s * (nn - ee);
    v[2] = c * c * nn - 2.0 * c * s * en + s * s * ee;
}

AP_LANE void lane_reframe(lane *v, const ap_shift *to)
{
    double c = to->cosine, s = to->sine;
    double e = v->x[0] - to->east_m, n = v->x[1] - to->north_m, ve = v->x[2], vn = v->x[3];
    v->x[0] = c * e + s * n;
    v->x[1] = c * n - s * e;
    v->x[2] = c * ve + s * vn;
    v->x[3] = c * vn - s * ve;
    lane_turn_block(v->A, c, s);
    lane_turn_block(v->C, c, s);
    double t00 = c * v->B[0] + s * v->B[2], t01 = c * v->B[1] + s * v->B[3];
    double t10 = c * v->B[2] - s * v->B[0], t11 = c * v->B[3] - s * v->B[1];
    v->B[0] = c * t00 + s * t01;
    v->B[1] = c * t01 - s * t00;
    v->B[2] = c * t10 + s * t11;
    v->B[3] = c * t11 - s * t10;
}

/* One Gaussian, as if it were a lane. */
AP_LANE lane lane_of_gauss(const ap_gauss *g)
{
    return (lane){ .x = { g->x[0], g->x[1], g->x[2], g->x[3] },
                   .A = { g->A.ee, g->A.en, g->A.nn },
                   .B = { g->B[0][0], g->B[0][1], g->B[1][0], g->B[1][1] },
                   .C = { g->C.ee, g->C.en, g->C.nn } };
}

AP_LANE void gauss_reframe(ap_gauss *g, const ap_shift *to)
{
    lane v = lane_of_gauss(g);
    lane_reframe(&v, to);
    *g = (ap_gauss){ .x = { v.x[0], v.x[1], v.x[2], v.x[3] },
                     .A = { v.A[0], v.A[1], v.A[2] },
                     .B = { { v.B[0], v.B[1] }, { v.B[2], v.B[3] } },
                     .C = { v.C[0], v.C[1], v.C[2] } };
}

/* ---- over all lanes ---- */

/* In one order, and in pairs: as a vector unit of any width would. */
AP_LANE double lane_sum(const double v[AP_LANES])
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/* One lane's part in mean and covariance: the second needs the first. */
AP_LANE void lane_first(const ap_mixture *from, int l, double part[4][AP_LANES])
{
    double p = (double)from->probability[l];
    part[0][l] = p * (double)from->x[0][l];
    part[1][l] = p * (double)from->x[1][l];
    part[2][l] = p * (double)from->x[2][l];
    part[3][l] = p * (double)from->x[3][l];
}

AP_LANE void lane_second(const ap_mixture *from, const double mean[4], int l,
                         double part[10][AP_LANES])
{
    lane v = lane_load(from, l);
    double d0 = v.x[0] - mean[0], d1 = v.x[1] - mean[1];
    double d2 = v.x[2] - mean[2], d3 = v.x[3] - mean[3];
    part[0][l] = v.p * (v.A[0] + d0 * d0);
    part[1][l] = v.p * (v.A[1] + d0 * d1);
    part[2][l] = v.p * (v.A[2] + d1 * d1);
    part[3][l] = v.p * (v.B[0] + d0 * d2);
    part[4][l] = v.p * (v.B[1] + d0 * d3);
    part[5][l] = v.p * (v.B[2] + d1 * d2);
    part[6][l] = v.p * (v.B[3] + d1 * d3);
    part[7][l] = v.p * (v.C[0] + d2 * d2);
    part[8][l] = v.p * (v.C[1] + d2 * d3);
    part[9][l] = v.p * (v.C[2] + d3 * d3);
}

AP_LANE void lane_gather(const double first[4], double second[10][AP_LANES], ap_gauss *mean)
{
    double s[10];
    for (int i = 0; i < 10; i++)
        s[i] = lane_sum(second[i]);
    *mean = (ap_gauss){ .x = { first[0], first[1], first[2], first[3] },
                        .A = { s[0], s[1], s[2] },
                        .B = { { s[3], s[4] }, { s[5], s[6] } },
                        .C = { s[7], s[8], s[9] } };
}

/* 0 when the lane is sound, else 1: its blocks, and the Schur complement C - B' A^-1 B. */
AP_LANE double lane_fault(lane v)
{
    double sum = v.x[0] + v.x[1] + v.x[2] + v.x[3] + v.p;
    double a = v.A[0] * v.A[2] - v.A[1] * v.A[1], c = v.C[0] * v.C[2] - v.C[1] * v.C[1];
    double finite = (sum - sum) + ((a + c) - (a + c));
    double scale = 1.0 / (a > 0.0 ? a : 1.0);
    double Iee = v.A[2] * scale, Ien = -v.A[1] * scale, Inn = v.A[0] * scale;
    double k00 = Iee * v.B[0] + Ien * v.B[2], k10 = Ien * v.B[0] + Inn * v.B[2];
    double k01 = Iee * v.B[1] + Ien * v.B[3], k11 = Ien * v.B[1] + Inn * v.B[3];
    double Ree = v.C[0] - (v.B[0] * k00 + v.B[2] * k10);
    double Ren = v.C[1] - (v.B[0] * k01 + v.B[2] * k11);
    double Rnn = v.C[2] - (v.B[1] * k01 + v.B[3] * k11), r = Ree * Rnn - Ren * Ren;
    double bad = finite == 0.0 ? 0.0 : 1.0;
    bad = v.A[0] > 0.0 ? bad : 1.0;
    bad = a > 0.0 ? bad : 1.0;
    bad = v.C[0] > 0.0 ? bad : 1.0;
    bad = c > 0.0 ? bad : 1.0;
    bad = Ree > 0.0 ? bad : 1.0;
    return r > 0.0 ? bad : 1.0;
}

AP_LANE double lane_unsound(const ap_mixture *from, int l)
{
    return lane_fault(lane_load(from, l));
}

AP_LANE double gauss_unsound(const ap_gauss *g)
{
    return lane_fault(lane_of_gauss(g));
}

#endif
