#include "track/vertical.h"

#include <math.h>
#include <string.h>

#include "track/filter_lane.h"

#define LANES AP_VERTICAL_MODES
#define MODE_RATE_PS (1.0F / 50.0F)
#define START_VAR 64.0F /* (m/s)2 */
/* Rates that are still level flight, (m/s)2, and how soon they are over. */
#define LEVEL_VAR 0.09F
#define LEVEL_DECAY_PS (1.0F / 15.0F)
/* Of what an altimeter errs beside its step, this share is new each time: the rest is the same for
 * minutes, and makes no rate. */
#define ALTIMETER_NEW 0.2
#define ALTIMETER_NEW_MIN_M2 9.0 /* sources differ by some tenths of a second of climb, too */
#define REFUSED_MAX 3
/* One altitude in a hundred is wrong, by as much as one bit makes. */
#define WRONG_PER_M (0.01F / 3000.0F)
#define PROBABILITY_MIN 1e-6F
#define EXPONENT_MIN (-80.0F)
#define STEP_FROM 9.0F /* squared: a step is one from three sigmas on, else noise like any */
#define CUT_MAX 0.999F
#define CORRELATION2_MAX 0.9999F
#define SQRT_TWO_PI 2.5066283F

#define EACH_LANE AP_EACH(l, LANES)

/* clang-format off */
/* Density of white acceleration; how a rate decays, and what is left of it then; whether the model
 * goes on with others' rates; share of time. */
static const struct {
    float noise_m2ps3[LANES], decay_ps[LANES], rest_var[LANES], follows[LANES], prior[LANES];
} modes = {
    /*                level           steady easing changing */
    .noise_m2ps3 = { 0.0F,           0.01F, 0.15F, 1.5F },
    .decay_ps    = { LEVEL_DECAY_PS, 0.0F,  0.0F,  0.0F },
    .rest_var    = { LEVEL_VAR,      0.0F,  0.0F,  0.0F },
    .follows     = { 0.0F,           1.0F,  1.0F,  1.0F },
    .prior       = { 0.55F,          0.25F, 0.10F, 0.10F },
};
/* clang-format on */

_Static_assert(LANES == 4, "one register, and the order of part_sum");

AP_LANE float part_sum(const float v[LANES])
{
    return (v[0] + v[2]) + (v[1] + v[3]);
}

/* e^x for x in [EXPONENT_MIN, 0], within some units in the last place: x = k ln 2 + r. */
AP_LANE float part_exp(float x)
{
    float t = x * 1.44269504F + 12582912.0F, k = t - 12582912.0F;
    float r = (x - k * 0.693359375F) + k * 2.12194440e-4F;
    float s = 1.0F / 720.0F;
    s = s * r + 1.0F / 120.0F;
    s = s * r + 1.0F / 24.0F;
    s = s * r + 1.0F / 6.0F;
    s = s * r + 0.5F;
    s = s * r + 1.0F;
    s = s * r + 1.0F;
    uint32_t bits;
    memcpy(&bits, &t, sizeof bits);
    bits = (bits + 127u) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return s * power;
}

AP_LANE float larger(float a, float b)
{
    return a > b ? a : b;
}

/* Makes the probabilities sum to one, and the mean and its covariance those of the models. */
static void combine(ap_vertical *v)
{
    float h[LANES], r[LANES], a[LANES], b[LANES], c[LANES];
    float scale = 1.0F / part_sum(v->probability);
    EACH_LANE
    {
        v->probability[l] *= scale;
        h[l] = v->probability[l] * v->above_m[l];
        r[l] = v->probability[l] * v->rate_mps[l];
    }
    float above_m = part_sum(h), up_mps = part_sum(r);
    EACH_LANE
    {
        float p = v->probability[l], dh = v->above_m[l] - above_m, dr = v->rate_mps[l] - up_mps;
        v->above_m[l] = dh;
        a[l] = p * (v->A[l] + dh * dh);
        b[l] = p * (v->B[l] + dh * dr);
        c[l] = p * (v->C[l] + dr * dr);
    }
    v->altitude_m += (double)above_m;
    v->up_mps = up_mps;
    v->P[0] = part_sum(a);
    v->P[1] = part_sum(b);
    v->P[2] = part_sum(c);
}

/* ---- prediction ---- */

/* e^-x for x >= 0, near enough: what is left of something that decays. */
AP_LANE float left_of(float x)
{
    return 1.0F / (1.0F + x * (1.0F + 0.5F * x));
}

/* Modes change: each model becomes the mixture of itself and of the mean of all; but whoever begins
 * to keep a level has no rate any more. Then it moves: a rate of 1 m/s carries by reach_s. */
AP_LANE void predict_lane(ap_vertical *v, int l, float dt_s, float stay, float up_mps,
                          const float P[3])
{
    float t = fabsf(dt_s), kept = stay * v->probability[l];
    float all = kept + (1.0F - stay) * modes.prior[l];
    float a = kept / all, b = 1.0F - a, w = a * b, follows = modes.follows[l];
    float dh = v->above_m[l], dr = v->rate_mps[l] - follows * up_mps;
    float h = a * dh, r = a * v->rate_mps[l] + b * (follows * up_mps);
    float A = a * v->A[l] + b * P[0] + w * dh * dh;
    float B = a * v->B[l] + b * (follows * P[1]) + w * dh * dr;
    float C = a * v->C[l] + b * (follows * P[2] + modes.rest_var[l]) + w * dr * dr;
    float x = modes.decay_ps[l] * t, keeps = left_of(x), reach_s = dt_s * keeps * (1.0F + 0.5F * x);
    float noise = modes.rest_var[l] * (1.0F - keeps * keeps) + modes.noise_m2ps3[l] * t;
    float D = B + reach_s * C;
    v->probability[l] = all;
    v->above_m[l] = h + reach_s * r;
    v->rate_mps[l] = keeps * r;
    v->A[l] = A + reach_s * (B + D) + noise * (reach_s * reach_s) * (1.0F / 3.0F);
    v->B[l] = keeps * D + noise * reach_s * 0.5F;
    v->C[l] = keeps * keeps * C + noise;
}

void ap_vertical_predict(ap_vertical *v, double dt_s)
{
    if (!v->has || dt_s == 0.0)
        return;
    const float dt = (float)dt_s, stay = left_of(MODE_RATE_PS * fabsf(dt)), up_mps = v->up_mps;
    const float P[3] = { v->P[0], v->P[1], v->P[2] };
    EACH_LANE predict_lane(v, l, dt, stay, up_mps, P);
    combine(v);
}

/* ---- update ---- */

/* What a measurement says of one that was expected with variance s2: its likelihood, by how much
 * the mean moves, and which share of the variance it takes away. */
typedef struct seen {
    float likelihood[LANES], shift[LANES], cut[LANES];
} seen;

AP_LANE void see_point(float d, float s2, float var, int l, seen *by)
{
    float all = s2 + var, share = s2 / all, e = -0.5F * (d * (d / all));
    by->likelihood[l] = part_exp(larger(e, EXPONENT_MIN)) / (SQRT_TWO_PI * sqrtf(all));
    by->shift[l] = share * d;
    by->cut[l] = share;
}

/* Standard normal density, and probability beyond x >= 0 within 0.3 per cent of itself (Borjesson,
 * Sundberg 1979). */
AP_LANE float density(float x)
{
    return part_exp(larger(-0.5F * x * x, EXPONENT_MIN)) * (1.0F / SQRT_TWO_PI);
}

AP_LANE float beyond(float x, float density)
{
    return density / (0.661F * x + 0.339F * sqrtf(x * x + 5.51F));
}

/* The altitude, expected d below the middle of a step, lies within it. Only of models much narrower
 * than the step: of the others see_point tells the same at a third of the cost. */
AP_LANE void see_step(float d, float s2, float step_m, int l, seen *by)
{
    float s = sqrtf(s2), off = fabsf(d);
    float a = (off - 0.5F * step_m) / s, b = (off + 0.5F * step_m) / s;
    float fa = density(a), fb = density(b), above = beyond(b, fb), below = beyond(fabsf(a), fa);
    float within = a < 0.0F ? 1.0F - below - above : below - above;
    within = larger(within, 1e-37F);
    float shift = (fa - fb) / within, cut = shift * shift - (a * fa - b * fb) / within;
    cut = larger(cut, 0.0F);
    cut = cut < CUT_MAX ? cut : CUT_MAX;
    float signed_shift = d < 0.0F ? -shift * s : shift * s;
    bool narrow = step_m * step_m > STEP_FROM * s2;
    by->likelihood[l] = narrow ? within / step_m : by->likelihood[l];
    by->shift[l] = narrow ? signed_shift : by->shift[l];
    by->cut[l] = narrow ? cut : by->cut[l];
}

/* Moves a model by what was seen of its altitude with noise: s2 = A + var. It is of this aircraft
 * with probability w. What is left of A is never a difference of nearly the same. */
AP_LANE void shift_lane(ap_vertical *v, int l, const seen *by, float var, float w)
{
    float A = v->A[l], B = v->B[l], C = v->C[l], s2 = A + var;
    float k0 = A / s2, k1 = B / s2, cut = w * by->cut[l], shift = by->shift[l];
    float d2 = w * (1.0F - w) * shift * shift, rest = (var + A * (1.0F - cut)) / s2;
    A = A * rest + d2 * k0 * k0;
    B = B * rest + d2 * k0 * k1;
    C = C - cut * k1 * v->B[l] + d2 * k1 * k1;
    v->above_m[l] += w * k0 * shift;
    v->rate_mps[l] += w * k1 * shift;
    v->A[l] = A;
    v->B[l] = B;
    v->C[l] = larger(C, B * (B / A) / CORRELATION2_MAX);
}

/* Variance of what is new in an altitude, beside its step. */
static double new_var(const ap_level *level, double step_var)
{
    double beside = level->var_m2 - step_var;
    if (level->step_m <= 0.0)
        return level->var_m2;
    beside *= ALTIMETER_NEW * ALTIMETER_NEW;
    return beside > ALTIMETER_NEW_MIN_M2 ? beside : ALTIMETER_NEW_MIN_M2;
}

static void start(ap_vertical *v, const ap_level *level, double var, double step_var)
{
    double lean = level->var_m2 - var - step_var;
    *v = (ap_vertical){ .altitude_m = level->altitude_m,
                        .lean_m = (float)sqrt(lean > 0.0 ? lean : 0.0),
                        .has = true,
                        .is_pressure = level->is_pressure };
    for (int l = 0; l < LANES; l++) {
        v->probability[l] = modes.prior[l];
        v->A[l] = (float)(var + step_var);
        v->C[l] = modes.follows[l] * START_VAR + modes.rest_var[l];
    }
    combine(v);
}

static void take(ap_vertical *v, const ap_level *level, float var, float step_var)
{
    const float off = (float)(level->altitude_m - v->altitude_m), step_m = (float)level->step_m;
    seen by;
    float part[LANES];
    EACH_LANE see_point(off - v->above_m[l], v->A[l] + var, step_var, l, &by);
    if (step_m * step_m > STEP_FROM * var)
        EACH_LANE see_step(off - v->above_m[l], v->A[l] + var, step_m, l, &by);
    EACH_LANE part[l] = v->probability[l] * by.likelihood[l];
    const float all = part_sum(part);
    if (!(all >= WRONG_PER_M)) {
        if (++v->refused_count >= REFUSED_MAX)
            start(v, level, (double)var, (double)step_var);
        return;
    }
    v->refused_count = 0;
    EACH_LANE
    {
        float mine = by.likelihood[l], sum = mine + WRONG_PER_M;
        shift_lane(v, l, &by, var, mine / sum);
        v->probability[l] =
            larger(v->probability[l] * (sum / (all + WRONG_PER_M)), PROBABILITY_MIN);
    }
    combine(v);
}

void ap_vertical_take_level(ap_vertical *v, const ap_level *level)
{
    double step_var = level->step_m * level->step_m / 12.0, var = new_var(level, step_var);
    if (v->has && v->is_pressure && !level->is_pressure)
        return;
    if (!v->has || level->is_pressure != v->is_pressure)
        start(v, level, var, step_var);
    else
        take(v, level, (float)var, (float)step_var);
}

void ap_vertical_take_rate(ap_vertical *v, double up_mps, double up_var)
{
    const float up = (float)up_mps, var = (float)up_var;
    seen by;
    float part[LANES];
    if (!v->has)
        return;
    EACH_LANE
    {
        see_point(up - v->rate_mps[l], v->C[l], var, l, &by);
        part[l] = v->probability[l] * by.likelihood[l];
    }
    const float all = larger(part_sum(part), 1e-37F);
    EACH_LANE
    {
        float B = v->B[l], C = v->C[l], rest = var / (C + var), k = B / C;
        v->above_m[l] += k * by.shift[l];
        v->rate_mps[l] += by.shift[l];
        v->B[l] = B * rest;
        v->C[l] = C * rest;
        v->A[l] = larger(v->A[l] - by.cut[l] * k * B, k * B * rest / CORRELATION2_MAX);
        v->probability[l] = larger(v->probability[l] * (by.likelihood[l] / all), PROBABILITY_MIN);
    }
    combine(v);
}

bool ap_vertical_is_sound(const ap_vertical *v)
{
    double A = (double)v->P[0], B = (double)v->P[1], C = (double)v->P[2];
    return !v->has || (isfinite(v->altitude_m + (double)v->up_mps) && A > 0.0 && C > 0.0 &&
                       isfinite(A + C) && A * C > B * B);
}
