/* One lane of the mixture: what filter_kernel.c does to all of them at once, and its test to one at
 * a time. Straight-line arithmetic; selections only by ?: of values that are all computed. */
#ifndef AP_TRACK_FILTER_LANE_H
#define AP_TRACK_FILTER_LANE_H

#include <math.h>

#include "track/filter_kernel.h"
#include "track/lane.h"

#define AP_MODE_RATE_PS (1.0F / 50.0F)
#define AP_TURN_MAX_RADPS 0.21F /* 12 degrees a second */
#define AP_TURN_SPEED_MIN_MPS 20.0F
#define AP_PROBABILITY_MIN 1e-9F
#define AP_LEARNT_MOST 5e-7F    /* of a velocity variance, what one fix leaves at least */
#define AP_DISTANCE2_MAX 170.0F /* beyond, a likelihood is nothing */

typedef struct lane {
    float p, x[4], A[3], B[4], C[3];
} lane;

/* What a kernel is given, as its lanes take it. */
typedef struct lane_fix {
    float east_m, north_m, Ree, Ren, Rnn;
} lane_fix;

typedef struct lane_shift {
    float east_m, north_m, cosine, sine;
} lane_shift;

AP_LANE lane_fix lane_fix_of(const ap_fix *fix)
{
    return (lane_fix){ (float)fix->east_m, (float)fix->north_m, (float)fix->R.ee, (float)fix->R.en,
                       (float)fix->R.nn };
}

AP_LANE lane_shift lane_shift_of(const ap_shift *shift)
{
    return (lane_shift){ (float)shift->east_m, (float)shift->north_m, (float)shift->cosine,
                         (float)shift->sine };
}

/* One Gaussian, as if it were a lane; and back. */
AP_LANE lane lane_of_gauss(const ap_gauss *g)
{
    return (
        lane){ .x = { (float)g->x[0], (float)g->x[1], (float)g->x[2], (float)g->x[3] },
               .A = { (float)g->A.ee, (float)g->A.en, (float)g->A.nn },
               .B = { (float)g->B[0][0], (float)g->B[0][1], (float)g->B[1][0], (float)g->B[1][1] },
               .C = { (float)g->C.ee, (float)g->C.en, (float)g->C.nn } };
}

AP_LANE ap_gauss gauss_of_lane(const lane *v)
{
    return (ap_gauss){ .x = { (double)v->x[0], (double)v->x[1], (double)v->x[2], (double)v->x[3] },
                       .A = { (double)v->A[0], (double)v->A[1], (double)v->A[2] },
                       .B = { { (double)v->B[0], (double)v->B[1] },
                              { (double)v->B[2], (double)v->B[3] } },
                       .C = { (double)v->C[0], (double)v->C[1], (double)v->C[2] } };
}

AP_LANE lane lane_load(const ap_mixture *m, int l)
{
    return (lane){ .p = m->probability[l],
                   .x = { m->x[0][l], m->x[1][l], m->x[2][l], m->x[3][l] },
                   .A = { m->A[0][l], m->A[1][l], m->A[2][l] },
                   .B = { m->B[0][l], m->B[1][l], m->B[2][l], m->B[3][l] },
                   .C = { m->C[0][l], m->C[1][l], m->C[2][l] } };
}

AP_LANE void lane_store(ap_mixture *m, int l, const lane *v)
{
    m->probability[l] = v->p;
    m->x[0][l] = v->x[0];
    m->x[1][l] = v->x[1];
    m->x[2][l] = v->x[2];
    m->x[3][l] = v->x[3];
    m->A[0][l] = v->A[0];
    m->A[1][l] = v->A[1];
    m->A[2][l] = v->A[2];
    m->B[0][l] = v->B[0];
    m->B[1][l] = v->B[1];
    m->B[2][l] = v->B[2];
    m->B[3][l] = v->B[3];
    m->C[0][l] = v->C[0];
    m->C[1][l] = v->C[1];
    m->C[2][l] = v->C[2];
}

/* ---- prediction ---- */

/* The lane becomes the mixture of itself, with weight a, and of `mean`. */
AP_LANE void lane_blend(lane *v, float a, const lane *mean)
{
    float b = 1.0F - a, w = a * b;
    float d0 = v->x[0] - mean->x[0], d1 = v->x[1] - mean->x[1];
    float d2 = v->x[2] - mean->x[2], d3 = v->x[3] - mean->x[3];
    v->x[0] = a * v->x[0] + b * mean->x[0];
    v->x[1] = a * v->x[1] + b * mean->x[1];
    v->x[2] = a * v->x[2] + b * mean->x[2];
    v->x[3] = a * v->x[3] + b * mean->x[3];
    v->A[0] = a * v->A[0] + b * mean->A[0] + w * d0 * d0;
    v->A[1] = a * v->A[1] + b * mean->A[1] + w * d0 * d1;
    v->A[2] = a * v->A[2] + b * mean->A[2] + w * d1 * d1;
    v->B[0] = a * v->B[0] + b * mean->B[0] + w * d0 * d2;
    v->B[1] = a * v->B[1] + b * mean->B[1] + w * d0 * d3;
    v->B[2] = a * v->B[2] + b * mean->B[2] + w * d1 * d2;
    v->B[3] = a * v->B[3] + b * mean->B[3] + w * d1 * d3;
    v->C[0] = a * v->C[0] + b * mean->C[0] + w * d2 * d2;
    v->C[1] = a * v->C[1] + b * mean->C[1] + w * d2 * d3;
    v->C[2] = a * v->C[2] + b * mean->C[2] + w * d3 * d3;
}

/* With F = [I G; 0 W], G = [a b; -b a], W = [c s; -s c]:
 * A' = A + B G' + G B' + G C G', B' = (B + G C) W', C' = W C W'. */
AP_LANE void lane_move(lane *v, float dt_s, float rate_radps)
{
    float h = 0.5F * rate_radps * dt_s, sh, ch, sinc;
    lane_turn_single(h, &sh, &ch, &sinc);
    float a = dt_s * sinc * ch, b = dt_s * sinc * sh; /* sin / rate, (1 - cos) / rate */
    float c = 1.0F - 2.0F * sh * sh, s = 2.0F * sh * ch;
    float ve = v->x[2], vn = v->x[3];
    v->x[0] += a * ve + b * vn;
    v->x[1] += a * vn - b * ve;
    v->x[2] = c * ve + s * vn;
    v->x[3] = c * vn - s * ve;
    float Cee = v->C[0], Cen = v->C[1], Cnn = v->C[2];
    float D00 = a * Cee + b * Cen, D01 = a * Cen + b * Cnn; /* D = G C */
    float D10 = a * Cen - b * Cee, D11 = a * Cnn - b * Cen;
    float B00 = v->B[0], B01 = v->B[1], B10 = v->B[2], B11 = v->B[3];
    v->A[0] += 2.0F * (B00 * a + B01 * b) + (D00 * a + D01 * b);
    v->A[1] += (B01 * a - B00 * b) + (B10 * a + B11 * b) + (D01 * a - D00 * b);
    v->A[2] += 2.0F * (B11 * a - B10 * b) + (D11 * a - D10 * b);
    float E00 = B00 + D00, E01 = B01 + D01, E10 = B10 + D10, E11 = B11 + D11;
    v->B[0] = E00 * c + E01 * s;
    v->B[1] = E01 * c - E00 * s;
    v->B[2] = E10 * c + E11 * s;
    v->B[3] = E11 * c - E10 * s;
    v->C[0] = c * c * Cee + 2.0F * c * s * Cen + s * s * Cnn;
    v->C[1] = (c * c - s * s) * Cen + c * s * (Cnn - Cee);
    v->C[2] = c * c * Cnn - 2.0F * c * s * Cen + s * s * Cee;
}

/* White acceleration noise over dt_s, forth or back. */
AP_LANE void lane_grow(lane *v, float dt_s, float noise_m2ps3)
{
    float t = fabsf(dt_s), q = noise_m2ps3 * t;
    v->A[0] += q * t * t * (1.0F / 3.0F);
    v->A[2] += q * t * t * (1.0F / 3.0F);
    v->B[0] += q * dt_s * 0.5F;
    v->B[3] += q * dt_s * 0.5F;
    v->C[0] += q;
    v->C[2] += q;
}

/* Speed, and the direction of it (0: it stands). */
typedef struct lane_course {
    float speed_mps, east, north;
} lane_course;

AP_LANE lane_course lane_course_of(const lane *v)
{
    float speed_mps = sqrtf(v->x[2] * v->x[2] + v->x[3] * v->x[3]);
    float scale = 1.0F / (speed_mps > 1.0F ? speed_mps : 1.0F);
    return (lane_course){ speed_mps, v->x[2] * scale, v->x[3] * scale };
}

/* After lane_move for dt_s: the speed has changed at a steady rate along the course, by no more
 * than half of it. */
AP_LANE void lane_push(lane *v, float dt_s, float along_mps2, const lane_course *course)
{
    float gain = along_mps2 * dt_s, most = 0.5F * course->speed_mps;
    gain = gain < most ? gain : most;
    gain = gain > -most ? gain : -most;
    float way = 0.5F * dt_s * gain;
    v->x[0] += way * course->east;
    v->x[1] += way * course->north;
    v->x[2] += gain * course->east;
    v->x[3] += gain * course->north;
}

/* Turn rate of a model at a speed. */
AP_LANE float lane_rate(float turn_mps2, float speed_mps)
{
    float v = speed_mps > AP_TURN_SPEED_MIN_MPS ? speed_mps : AP_TURN_SPEED_MIN_MPS;
    float rate = turn_mps2 / v;
    rate = rate < AP_TURN_MAX_RADPS ? rate : AP_TURN_MAX_RADPS;
    return rate > -AP_TURN_MAX_RADPS ? rate : -AP_TURN_MAX_RADPS;
}

/* stay: probability that the mode did not change; mean: of the mixture; course: of that. */
AP_LANE void lane_predict(const ap_mixture *from, const ap_motions *motions, float dt_s, float stay,
                          const lane_course *course, const lane *mean, int l, ap_mixture *to)
{
    lane v = lane_load(from, l);
    float kept = stay * v.p, all = kept + (1.0F - stay) * motions->prior[l];
    lane_blend(&v, kept / (all > 0.0F ? all : 1.0F), mean);
    v.p = all;
    lane_move(&v, dt_s, lane_rate(motions->turn_mps2[l], course->speed_mps));
    lane_push(&v, dt_s, motions->along_mps2[l], course);
    lane_grow(&v, dt_s, motions->noise_m2ps3[l]);
    lane_store(to, l, &v);
}

/* ---- likelihood, update ---- */

AP_LANE float lane_likelihood(const ap_mixture *from, const lane_fix *fix, int l)
{
    float See = from->A[0][l] + fix->Ree, Sen = from->A[1][l] + fix->Ren;
    float Snn = from->A[2][l] + fix->Rnn, det = See * Snn - Sen * Sen;
    float e = fix->east_m - from->x[0][l], n = fix->north_m - from->x[1][l];
    float one = det > 0.0F ? det : 1.0F;
    float d2 = (Snn * e * e - 2.0F * Sen * e * n + See * n * n) / one;
    float some = d2 > 0.0F ? d2 : 0.0F;
    float near = some < AP_DISTANCE2_MAX ? some : AP_DISTANCE2_MAX;
    float density = lane_exp_single(-0.5F * near) / (6.2831853F * sqrtf(one));
    density = det > 0.0F ? density : 0.0F;
    density = See > 0.0F ? density : 0.0F;
    return d2 < AP_DISTANCE2_MAX ? density : 0.0F;
}

/* What one fix makes of a lane: shift d of its mean, and its covariance. Of position and of
 * position with velocity these are products, since a fix far better than the prediction would leave
 * nothing of their differences in single precision; of velocity no more is learnt at once than such
 * a difference can tell. */
typedef struct lane_step {
    float d[4], A[3], B[4], C[3];
} lane_step;

AP_LANE lane_step lane_gain(const lane *v, const lane_fix *fix)
{
    float See = v->A[0] + fix->Ree, Sen = v->A[1] + fix->Ren, Snn = v->A[2] + fix->Rnn;
    float det = See * Snn - Sen * Sen, scale = 1.0F / (det > 0.0F ? det : 1.0F);
    bool is_fix = det > 0.0F && See > 0.0F;
    float Iee = Snn * scale, Ien = -Sen * scale, Inn = See * scale;
    float e = fix->east_m - v->x[0], n = fix->north_m - v->x[1];
    float k00 = v->A[0] * Iee + v->A[1] * Ien, k01 = v->A[0] * Ien + v->A[1] * Inn;
    float k10 = v->A[1] * Iee + v->A[2] * Ien, k11 = v->A[1] * Ien + v->A[2] * Inn;
    float l00 = v->B[0] * Iee + v->B[2] * Ien, l01 = v->B[0] * Ien + v->B[2] * Inn;
    float l10 = v->B[1] * Iee + v->B[3] * Ien, l11 = v->B[1] * Ien + v->B[3] * Inn;
    float m00 = fix->Ree * Iee + fix->Ren * Ien, m01 = fix->Ree * Ien + fix->Ren * Inn;
    float m10 = fix->Ren * Iee + fix->Rnn * Ien, m11 = fix->Ren * Ien + fix->Rnn * Inn;
    float far = 1.0F + AP_LEARNT_MOST;
    lane_step s = {
        .d = { k00 * e + k01 * n, k10 * e + k11 * n, l00 * e + l01 * n, l10 * e + l11 * n },
        .A = { k00 * fix->Ree + k01 * fix->Ren, k00 * fix->Ren + k01 * fix->Rnn,
               k10 * fix->Ren + k11 * fix->Rnn },
        .B = { m00 * v->B[0] + m01 * v->B[2], m00 * v->B[1] + m01 * v->B[3],
               m10 * v->B[0] + m11 * v->B[2], m10 * v->B[1] + m11 * v->B[3] },
        .C = { far * v->C[0] - (l00 * v->B[0] + l01 * v->B[2]),
               v->C[1] - (l00 * v->B[1] + l01 * v->B[3]),
               far * v->C[2] - (l10 * v->B[1] + l11 * v->B[3]) },
    };
    for (int i = 0; i < 4; i++) {
        s.d[i] = is_fix ? s.d[i] : 0.0F;
        s.B[i] = is_fix ? s.B[i] : v->B[i];
    }
    for (int i = 0; i < 3; i++) {
        s.A[i] = is_fix ? s.A[i] : v->A[i];
        s.C[i] = is_fix ? s.C[i] : v->C[i];
    }
    return s;
}

/* a times the covariance, plus w times that of a step. */
AP_LANE void lane_mix(lane *v, float a, float w, const lane_step *s)
{
    for (int i = 0; i < 3; i++) {
        v->A[i] = a * v->A[i] + w * s->A[i];
        v->C[i] = a * v->C[i] + w * s->C[i];
    }
    for (int i = 0; i < 4; i++)
        v->B[i] = a * v->B[i] + w * s->B[i];
}

AP_LANE void lane_scale(lane *v, float a)
{
    for (int i = 0; i < 3; i++) {
        v->A[i] *= a;
        v->C[i] *= a;
    }
    for (int i = 0; i < 4; i++)
        v->B[i] *= a;
}

/* The covariance, plus w times a shift squared. */
AP_LANE void lane_spread(lane *v, float w, const float d[4])
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
AP_LANE float lane_share(float weight, float model, float all)
{
    float share = weight * model / (all > 0.0F ? all : 1.0F);
    return all > 0.0F ? share : weight;
}

/* What the measurements make of a model's probability, before all are made to sum to one. A model
 * that holds none of them possible keeps next to nothing. */
AP_LANE float lane_probability(float p, float sum)
{
    float seen = p * (sum > 0.0F ? sum : AP_PROBABILITY_MIN);
    float least = seen > AP_PROBABILITY_MIN ? seen : AP_PROBABILITY_MIN;
    return p > 0.0F ? least : 0.0F;
}

/* One fix, right with probability `weight`; miss: what remains. The mean moves by the share of its
 * shift, and the covariance is that of the two cases with the spread between them. */
AP_LANE void lane_update_one(const ap_mixture *from, const lane_fix *fix,
                             const ap_likelihood *likelihood, float weight, float miss, int l,
                             ap_mixture *to)
{
    lane v = lane_load(from, l);
    float share = lane_share(weight, likelihood->model[l], (float)likelihood->all);
    float sum = miss + share, w = share / (sum > 0.0F ? sum : 1.0F);
    w = sum > 0.0F ? w : 0.0F;
    lane_step s = lane_gain(&v, fix);
    lane_mix(&v, 1.0F - w, w, &s);
    lane_spread(&v, w * (1.0F - w), s.d);
    v.x[0] += w * s.d[0];
    v.x[1] += w * s.d[1];
    v.x[2] += w * s.d[2];
    v.x[3] += w * s.d[3];
    v.p = lane_probability(v.p, sum);
    lane_store(to, l, &v);
}

/* Several fixes, of which at most one is right. */
AP_LANE void lane_update_many(const ap_mixture *from, size_t count, const lane_fix *fix,
                              const ap_likelihood *likelihood, const float *weight, float miss,
                              int l, ap_mixture *to)
{
    lane prior = lane_load(from, l), v = prior;
    float share[AP_FIX_CAP], sum = miss, d[AP_FIX_CAP][4], mean[4] = { 0.0F };
    for (size_t f = 0; f < count; f++) {
        share[f] = lane_share(weight[f], likelihood[f].model[l], (float)likelihood[f].all);
        sum += share[f];
    }
    float scale = sum > 0.0F ? 1.0F / sum : 0.0F, stay = 1.0F;
    for (size_t f = 0; f < count; f++)
        stay -= share[f] * scale;
    stay = stay > 0.0F ? stay : 0.0F;
    lane_scale(&v, stay);
    for (size_t f = 0; f < count; f++) {
        float w = share[f] * scale;
        lane_step s = lane_gain(&prior, &fix[f]);
        lane_mix(&v, 1.0F, w, &s);
        for (int i = 0; i < 4; i++) {
            d[f][i] = s.d[i];
            mean[i] += w * s.d[i];
        }
    }
    lane_spread(&v, stay, mean);
    for (size_t f = 0; f < count; f++) {
        float off[4] = { d[f][0] - mean[0], d[f][1] - mean[1], d[f][2] - mean[2],
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
AP_LANE void lane_turn_block(float v[3], float c, float s)
{
    float ee = v[0], en = v[1], nn = v[2];
    v[0] = c * c * ee + 2.0F * c * s * en + s * s * nn;
    v[1] = (c * c - s * s) * en + c * s * (nn - ee);
    v[2] = c * c * nn - 2.0F * c * s * en + s * s * ee;
}

AP_LANE void lane_reframe(lane *v, const lane_shift *to)
{
    float c = to->cosine, s = to->sine;
    float e = v->x[0] - to->east_m, n = v->x[1] - to->north_m, ve = v->x[2], vn = v->x[3];
    v->x[0] = c * e + s * n;
    v->x[1] = c * n - s * e;
    v->x[2] = c * ve + s * vn;
    v->x[3] = c * vn - s * ve;
    lane_turn_block(v->A, c, s);
    lane_turn_block(v->C, c, s);
    float t00 = c * v->B[0] + s * v->B[2], t01 = c * v->B[1] + s * v->B[3];
    float t10 = c * v->B[2] - s * v->B[0], t11 = c * v->B[3] - s * v->B[1];
    v->B[0] = c * t00 + s * t01;
    v->B[1] = c * t01 - s * t00;
    v->B[2] = c * t10 + s * t11;
    v->B[3] = c * t11 - s * t10;
}

AP_LANE void gauss_reframe(ap_gauss *g, const ap_shift *to)
{
    const lane_shift shift = lane_shift_of(to);
    lane v = lane_of_gauss(g);
    lane_reframe(&v, &shift);
    *g = gauss_of_lane(&v);
}

/* ---- over all lanes ---- */

/* One lane's part in mean and covariance: the second needs the first. */
AP_LANE void lane_first(const ap_mixture *from, int l, float part[4][AP_LANES])
{
    float p = from->probability[l];
    part[0][l] = p * from->x[0][l];
    part[1][l] = p * from->x[1][l];
    part[2][l] = p * from->x[2][l];
    part[3][l] = p * from->x[3][l];
}

AP_LANE void lane_second(const ap_mixture *from, const float mean[4], int l,
                         float part[10][AP_LANES])
{
    lane v = lane_load(from, l);
    float d0 = v.x[0] - mean[0], d1 = v.x[1] - mean[1];
    float d2 = v.x[2] - mean[2], d3 = v.x[3] - mean[3];
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

AP_LANE ap_gauss gauss_of_sums(const float first[4], const float s[10])
{
    return (
        ap_gauss){ .x = { (double)first[0], (double)first[1], (double)first[2], (double)first[3] },
                   .A = { (double)s[0], (double)s[1], (double)s[2] },
                   .B = { { (double)s[3], (double)s[4] }, { (double)s[5], (double)s[6] } },
                   .C = { (double)s[7], (double)s[8], (double)s[9] } };
}

/* 0 when the lane is sound, else 1: its blocks, and the Schur complement C - B' A^-1 B. */
AP_LANE float lane_fault(lane v)
{
    float sum = v.x[0] + v.x[1] + v.x[2] + v.x[3] + v.p;
    float a = v.A[0] * v.A[2] - v.A[1] * v.A[1], c = v.C[0] * v.C[2] - v.C[1] * v.C[1];
    float finite = (sum - sum) + ((a + c) - (a + c));
    float scale = 1.0F / (a > 0.0F ? a : 1.0F);
    float Iee = v.A[2] * scale, Ien = -v.A[1] * scale, Inn = v.A[0] * scale;
    float k00 = Iee * v.B[0] + Ien * v.B[2], k10 = Ien * v.B[0] + Inn * v.B[2];
    float k01 = Iee * v.B[1] + Ien * v.B[3], k11 = Ien * v.B[1] + Inn * v.B[3];
    float Ree = v.C[0] - (v.B[0] * k00 + v.B[2] * k10);
    float Ren = v.C[1] - (v.B[0] * k01 + v.B[2] * k11);
    float Rnn = v.C[2] - (v.B[1] * k01 + v.B[3] * k11), r = Ree * Rnn - Ren * Ren;
    float bad = finite == 0.0F ? 0.0F : 1.0F;
    bad = v.A[0] > 0.0F ? bad : 1.0F;
    bad = a > 0.0F ? bad : 1.0F;
    bad = v.C[0] > 0.0F ? bad : 1.0F;
    bad = c > 0.0F ? bad : 1.0F;
    bad = Ree > 0.0F ? bad : 1.0F;
    return r > 0.0F ? bad : 1.0F;
}

AP_LANE float lane_unsound(const ap_mixture *from, int l)
{
    return lane_fault(lane_load(from, l));
}

AP_LANE float gauss_unsound(const ap_gauss *g)
{
    return lane_fault(lane_of_gauss(g));
}

#endif
