#include "track/filter.h"

#include <math.h>
#include <string.h>

#include "track/clue.h"
#include "track/filter_lane.h"
#include "track/frame.h"

#define G_MPS2 9.80665F
#define ALTITUDE_SPAN_M 10000.0 /* where clutter's altitudes lie, evenly */
#define ALTITUDE_FLOOR 0.01     /* a wrong altitude in a right plot */
#define ALTITUDE_EXTRA_M 30.0
#define RECENTRE_M 4000.0
#define UNKNOWN_UP_VAR 100.0 /* (m/s)2 of a track without a height */

/* clang-format off */
/* Quiet and loud straight flight, turns with 12 and with 27 degrees of bank, to either side. Then
 * what is fast speeds up or slows down; what is slow may hover and dart: helicopters and drones
 * need no bank to change their course. */
#define BANK_12 (0.2126F * G_MPS2)
#define BANK_27 (0.5095F * G_MPS2)
#define TURNS             0.0F,  0.0F,  +BANK_12, -BANK_12, +BANK_27, -BANK_27, 0.0F,  0.0F
#define NOISES            0.03F, 4.0F,   1.0F,     1.0F,     2.0F,     2.0F
static const ap_motions motions = {
    .turn_mps2   = { TURNS },
    .along_mps2  = { 0.0F,  0.0F,   0.0F,     0.0F,     0.0F,     0.0F,    +1.5F, -1.5F },
    .noise_m2ps3 = { NOISES,                                               1.0F,  1.0F },
    .prior       = { 0.698F, 0.05F,  0.06F,    0.06F,    0.06F,    0.06F,   0.006F, 0.006F },
};
static const ap_motions slow_motions = {
    .turn_mps2   = { TURNS },
    .noise_m2ps3 = { NOISES,                                               20.0F, 120.0F },
    .prior       = { 0.56F, 0.08F,  0.04F,    0.04F,    0.04F,    0.04F,   0.1F,  0.1F },
};
/* clang-format on */

_Static_assert(AP_IMM_MODELS <= AP_LANES, "a lane for each model");

#define TWO_FACED 6 /* the lanes from here on are other models for what is slow */

/* Slower than this, its error included, it may be what hovers. */
#define SLOW_MPS 60.0

static bool is_slow(const ap_gauss *mean)
{
    double speed2 = mean->x[2] * mean->x[2] + mean->x[3] * mean->x[3];
    return speed2 + mean->C.ee + mean->C.nn < SLOW_MPS * SLOW_MPS;
}

/* The last lanes are to become other models: each begins with what both have found out, so that
 * neither is taken for the other's. Mean and covariance of the mixture stay. */
static void turn_face(ap_mixture *m)
{
    float all = 0.0F;
    for (int l = TWO_FACED; l < AP_LANES; l++)
        all += m->probability[l];
    if (!(all > 0.0F))
        return;
    ap_mixture some = *m;
    for (int l = 0; l < AP_LANES; l++)
        some.probability[l] = l < TWO_FACED ? 0.0F : m->probability[l] / all;
    ap_gauss both;
    ap_kernels_best()->combine(&some, &both);
    lane v = lane_of_gauss(&both);
    v.p = all / (float)(AP_LANES - TWO_FACED);
    for (int l = TWO_FACED; l < AP_LANES; l++)
        lane_store(m, l, &v);
}

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

double ap_gauss_distance2(const ap_gauss *gauss, const ap_fix *fix)
{
    ap_sym2 S = add(gauss->A, fix->R);
    double d = det(S);
    if (!(S.ee > 0.0 && d > 0.0))
        return 1e300;
    double d2 = form(inverse(S), fix->east_m - gauss->x[0], fix->north_m - gauss->x[1]);
    return d2 >= 0.0 ? d2 : 1e300;
}

/* ---- the mixture ---- */

double ap_imm_turn_radps(const ap_imm *imm)
{
    double rate = 0.0;
    for (int m = 0; m < AP_IMM_MODELS; m++) {
        float ve = imm->models.x[2][m], vn = imm->models.x[3][m];
        rate += (double)(imm->models.probability[m] *
                         ap_turn_radps(motions.turn_mps2[m], sqrtf(ve * ve + vn * vn)));
    }
    return rate;
}

/* All but the mixture and its mean; `to` is of several models. */
static void copy_rest(const ap_imm *from, ap_imm *to)
{
    to->time_utc = from->time_utc;
    to->frame = from->frame;
    to->vertical = from->vertical;
    to->lean_m = from->lean_m;
    to->is_single = to->is_seed = false;
    to->is_slow = from->is_slow;
}

static void fill(float column[AP_LANES], double value)
{
    float each = (float)value;
    for (int l = 0; l < AP_LANES; l++)
        column[l] = each;
}

/* Every model is the same, and as likely as it is at any time. */
static void mixture_fill(ap_mixture *m, const ap_gauss *g)
{
    memcpy(m->probability, motions.prior, sizeof m->probability);
    for (int i = 0; i < 4; i++)
        fill(m->x[i], g->x[i]);
    for (int i = 0; i < 4; i++)
        fill(m->B[i], g->B[i / 2][i % 2]);
    fill(m->A[0], g->A.ee);
    fill(m->A[1], g->A.en);
    fill(m->A[2], g->A.nn);
    fill(m->C[0], g->C.ee);
    fill(m->C[1], g->C.en);
    fill(m->C[2], g->C.nn);
}

static void germinate(ap_imm *imm)
{
    ap_seed seed = imm->seed;
    ap_imm_start_single(imm, &seed.measure, seed.speed_sigma_mps);
}

void ap_imm_fill(ap_imm *imm)
{
    if (imm->is_seed)
        germinate(imm);
    if (imm->is_single) {
        mixture_fill(&imm->models, &imm->mean);
        imm->is_slow = is_slow(&imm->mean);
    }
    imm->is_single = false;
}

void ap_imm_copy(ap_imm *to, const ap_imm *from)
{
    if (!from->is_single) {
        *to = *from;
        return;
    }
    if (from->is_seed) {
        ap_imm_sow(to, &from->seed.measure, from->seed.speed_sigma_mps);
        return;
    }
    copy_rest(from, to);
    to->mean = from->mean;
    to->is_single = true;
}

void ap_imm_predict(const ap_imm *from, ap_utc_ns time_utc, ap_imm *to)
{
    double dt_s = ap_seconds_between(from->time_utc, time_utc);
    if (from->is_seed) {
        if (to != from)
            ap_imm_copy(to, from);
        germinate(to);
        from = to;
    }
    if (dt_s == 0.0) {
        if (to != from)
            ap_imm_copy(to, from);
        ap_imm_fill(to);
        return;
    }
    const ap_mixture *models = &from->models;
    bool becomes_slow = is_slow(&from->mean);
    if (from->is_single) {
        mixture_fill(&to->models, &from->mean);
        models = &to->models;
    } else if (from->is_slow != becomes_slow) {
        to->models = from->models;
        turn_face(&to->models);
        models = &to->models;
    }
    if (to != from) {
        copy_rest(from, to);
        to->mean = from->mean;
    }
    to->is_single = false;
    to->is_slow = becomes_slow;
    ap_kernels_best()->predict(models, becomes_slow ? &slow_motions : &motions, dt_s, &to->models,
                               &to->mean);
    ap_vertical_predict(&to->vertical, dt_s);
    to->time_utc = time_utc;
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
    double t2 = (double)measure->timing_s * measure->timing_s;
    fix.R = add_scaled(fix.R, t2, (ap_sym2){ ve * ve, ve * vn, vn * vn });
    return fix;
}

void ap_imm_likelihood(const ap_imm *imm, const ap_fix *fix, ap_likelihood *likelihood)
{
    ap_kernels_best()->likelihood(&imm->models, fix, likelihood);
}

void ap_imm_update(const ap_imm *from, size_t count, const ap_fix *fix,
                   const ap_likelihood *likelihood, const double *weight, ap_imm *to)
{
    if (to != from)
        copy_rest(from, to);
    ap_kernels_best()->update(&from->models, count, fix, likelihood, weight, &to->models,
                              &to->mean);
}

/* ---- velocity and the vertical ---- */

/* Exchanges the roles of position and velocity. */
static void mixture_swap(const ap_mixture *from, ap_mixture *to)
{
    size_t two = 2 * sizeof from->x[0], one = sizeof from->x[0];
    memcpy(to->probability, from->probability, one);
    memcpy(to->x[0], from->x[2], two);
    memcpy(to->x[2], from->x[0], two);
    memcpy(to->A, from->C, sizeof to->A);
    memcpy(to->C, from->A, sizeof to->C);
    memcpy(to->B[0], from->B[0], one);
    memcpy(to->B[1], from->B[2], one);
    memcpy(to->B[2], from->B[1], one);
    memcpy(to->B[3], from->B[3], one);
}

static void imm_update_velocity(ap_imm *imm, const ap_measure *measure)
{
    ap_vec3 v = ap_enu_rotate(&imm->frame, measure->velocity_ecef);
    double var = measure->velocity_var, weight = 1.0;
    ap_fix fix = { .east_m = v.x_m, .north_m = v.y_m, .R = { .ee = var, .nn = var } };
    const ap_kernels *kernels = ap_kernels_best();
    ap_mixture swapped;
    ap_likelihood likelihood;
    ap_gauss mean;
    mixture_swap(&imm->models, &swapped);
    kernels->likelihood(&swapped, &fix, &likelihood);
    kernels->update(&swapped, 1, &fix, &likelihood, &weight, &swapped, &mean);
    mixture_swap(&swapped, &imm->models);
    imm->mean = (ap_gauss){ .x = { mean.x[2], mean.x[3], mean.x[0], mean.x[1] },
                            .A = mean.C,
                            .B = { { mean.B[0][0], mean.B[1][0] }, { mean.B[0][1], mean.B[1][1] } },
                            .C = mean.A };
}

static void update_vertical(ap_imm *imm, const ap_measure *measure)
{
    if (measure->has & (AP_MEASURE_PRESSURE | AP_MEASURE_HEIGHT)) {
        ap_level level = { .is_pressure = (measure->has & AP_MEASURE_PRESSURE) != 0,
                           .altitude_m = measure->altitude_m,
                           .var_m2 = measure->altitude_var_m2,
                           .step_m = measure->altitude_step_m };
        ap_vertical_take_level(&imm->vertical, &level);
    }
    if (measure->has & AP_MEASURE_RATE)
        ap_vertical_take_rate(&imm->vertical, measure->up_mps, measure->up_var);
}

/* What the climb has of the radial speed is taken away first. */
static void update_radial(ap_imm *imm, const ap_measure *measure)
{
    const ap_vertical *v = &imm->vertical;
    ap_vec3 sight = ap_enu_rotate(&imm->frame, measure->velocity_ecef);
    double up_mps = v->has ? (double)v->up_mps : 0.0;
    double up_var = v->has ? (double)v->P[2] : UNKNOWN_UP_VAR;
    ap_radial radial = { .east = sight.x_m,
                         .north = sight.y_m,
                         .speed_mps = measure->radial_mps - sight.z_m * up_mps,
                         .var = measure->velocity_var + sight.z_m * sight.z_m * up_var,
                         .ambiguity_mps = measure->radial_ambiguity_mps };
    (void)ap_clue_radial(&imm->models, &imm->mean, &radial); /* outside its gate it is left out */
}

void ap_imm_update_rest(ap_imm *imm, const ap_measure *measure)
{
    if (measure->has & AP_MEASURE_TURN)
        ap_clue_turn(&imm->models, &imm->mean, &motions, measure->turn_mps2);
    if (measure->has & AP_MEASURE_RADIAL)
        update_radial(imm, measure);
    if (measure->has & AP_MEASURE_VELOCITY)
        imm_update_velocity(imm, measure);
    update_vertical(imm, measure);
}

/* ---- life ---- */

void ap_imm_start_single(ap_imm *imm, const ap_measure *measure, double speed_sigma_mps)
{
    imm->time_utc = measure->time_utc;
    imm->frame = ap_frame_at(measure->ecef);
    imm->vertical = (ap_vertical){ 0 };
    imm->lean_m = 0.0;
    imm->is_single = true;
    imm->is_seed = imm->is_slow = false;
    ap_fix fix = ap_imm_fix(imm, measure, 0.0, 0.0);
    ap_gauss start = { .x = { fix.east_m, fix.north_m }, .A = fix.R };
    start.C.ee = start.C.nn = speed_sigma_mps * speed_sigma_mps;
    if (measure->has & AP_MEASURE_VELOCITY) {
        ap_vec3 v = ap_enu_rotate(&imm->frame, measure->velocity_ecef);
        start.x[2] = v.x_m;
        start.x[3] = v.y_m;
        start.C.ee = start.C.nn = measure->velocity_var;
    }
    imm->mean = start;
    update_vertical(imm, measure);
}

void ap_imm_sow(ap_imm *imm, const ap_measure *measure, double speed_sigma_mps)
{
    imm->seed.measure = *measure;
    imm->seed.speed_sigma_mps = speed_sigma_mps;
    imm->time_utc = measure->time_utc;
    imm->is_single = imm->is_seed = true;
}

void ap_imm_start(ap_imm *imm, const ap_measure *measure, double speed_sigma_mps)
{
    ap_imm_start_single(imm, measure, speed_sigma_mps);
    ap_imm_fill(imm);
}

void ap_imm_restart(ap_imm *imm, double speed_sigma_mps)
{
    double r2 = RECENTRE_M * RECENTRE_M, v2 = speed_sigma_mps * speed_sigma_mps;
    ap_gauss start = { .A = { r2, 0.0, r2 }, .C = { v2, 0.0, v2 } };
    imm->mean = start;
    imm->is_single = true;
    imm->is_seed = false;
    ap_imm_fill(imm);
    imm->vertical = (ap_vertical){ 0 };
    imm->lean_m = 0.0;
}

/* The turn is pure, so that covariances keep their size: the tilt of the horizon is left out. */
ap_shift ap_imm_shift(const ap_imm *imm, const ap_enu_frame *plane)
{
    ap_vec3 origin = ap_enu_from_ecef(&imm->frame, plane->origin_ecef);
    ap_vec3 east = ap_enu_rotate(plane, ap_ecef_rotate(&imm->frame, (ap_vec3){ .x_m = 1.0 }));
    ap_vec3 north = ap_enu_rotate(plane, ap_ecef_rotate(&imm->frame, (ap_vec3){ .y_m = 1.0 }));
    double c = east.x_m + north.y_m, s = north.x_m - east.y_m, scale = 1.0 / sqrt(c * c + s * s);
    return (ap_shift){ origin.x_m, origin.y_m, c * scale, s * scale };
}

/* The frame at a point of the plane, and the way there. */
static ap_enu_frame frame_over(const ap_imm *imm, double east_m, double north_m, ap_shift *shift)
{
    ap_enu_frame to =
        ap_frame_at(ap_ecef_from_enu(&imm->frame, (ap_vec3){ .x_m = east_m, .y_m = north_m }));
    ap_frame_raise(&to, imm->vertical.has ? imm->vertical.altitude_m : imm->frame.origin.height_m);
    *shift = ap_imm_shift(imm, &to);
    shift->east_m = east_m; /* the new origin is above this point, at its own height */
    shift->north_m = north_m;
    return to;
}

void ap_imm_recentre(ap_imm *imm)
{
    double e = imm->mean.x[0], n = imm->mean.x[1];
    if (e * e + n * n < RECENTRE_M * RECENTRE_M)
        return;
    ap_shift shift;
    ap_enu_frame to = frame_over(imm, e, n, &shift);
    ap_kernels_best()->reframe(&imm->models, &shift);
    ap_gauss_reframe(&imm->mean, &shift);
    imm->frame = to;
}

void ap_imm_own(const ap_imm *imm, ap_geodetic *at, ap_gauss *gauss)
{
    ap_shift shift;
    *gauss = imm->mean;
    ap_enu_frame to = frame_over(imm, gauss->x[0], gauss->x[1], &shift);
    ap_gauss_reframe(gauss, &shift);
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

double ap_imm_altitude_factor(const ap_imm *imm, const ap_measure *measure)
{
    const ap_vertical *v = &imm->vertical;
    bool is_pressure = (measure->has & AP_MEASURE_PRESSURE) != 0;
    if (!v->has || !(measure->has & (AP_MEASURE_PRESSURE | AP_MEASURE_HEIGHT)) ||
        v->is_pressure != is_pressure)
        return 1.0;
    double var = v->P[0] + measure->altitude_var_m2 + ALTITUDE_EXTRA_M * ALTITUDE_EXTRA_M;
    double d = measure->altitude_m - v->altitude_m;
    double density = exp(-0.5 * d * d / var) / sqrt(2.0 * AP_PI * var);
    return ALTITUDE_FLOOR + (1.0 - ALTITUDE_FLOOR) * density * ALTITUDE_SPAN_M;
}

/* How probable a measurement is that has odds. */
static double weight_by_odds(const ap_imm *imm, const ap_measure *measure, double likelihood)
{
    double factor =
        (measure->has & AP_MEASURE_ODDS_ALTITUDE) ? ap_imm_altitude_factor(imm, measure) : 1.0;
    double odds = measure->odds_m2 * likelihood * factor;
    return odds / (1.0 + odds);
}

static void take_position(ap_imm *imm, const ap_measure *measure)
{
    ap_likelihood likelihood;
    ap_fix fix = ap_imm_fix(imm, measure, imm->mean.x[2], imm->mean.x[3]);
    double weight = measure->weight;
    if (measure->has & AP_MEASURE_ODDS) {
        ap_fix seen_at = ap_imm_leaning(imm, &fix);
        ap_imm_likelihood(imm, &seen_at, &likelihood);
        weight = weight_by_odds(imm, measure, likelihood.all);
    } else {
        ap_imm_likelihood(imm, &fix, &likelihood);
    }
    ap_imm_lean(imm, &imm->mean, &fix, weight, measure->shared_m);
    ap_imm_update(imm, 1, &fix, &likelihood, &weight, imm);
}

void ap_imm_take(ap_imm *imm, const ap_measure *measure)
{
    if (measure->has & AP_MEASURE_POSITION)
        take_position(imm, measure);
    ap_imm_update_rest(imm, measure);
    ap_imm_recentre(imm);
}

void ap_imm_apply(ap_imm *imm, const ap_measure *measure)
{
    ap_imm_predict(imm, measure->time_utc, imm);
    ap_imm_take(imm, measure);
}

/* Of a covariance of rank two the sum of the principal minors is the product of the two eigenvalues
 * that are not zero. */
bool ap_measure_starts(const ap_measure *m)
{
    const double *r = m->R_ecef_m2;
    double trace = r[0] + r[3] + r[5], sum = m->ecef.x_m + m->ecef.y_m + m->ecef.z_m;
    double minors =
        r[0] * r[3] - r[1] * r[1] + r[0] * r[5] - r[2] * r[2] + r[3] * r[5] - r[4] * r[4];
    bool is_positive = trace > 0.0 && minors > 0.0;
    if (m->has & AP_MEASURE_VELOCITY) {
        sum += m->velocity_ecef.x_m + m->velocity_ecef.y_m + m->velocity_ecef.z_m;
        sum += m->velocity_var;
        is_positive = is_positive && m->velocity_var > 0.0;
    }
    if (m->has & (AP_MEASURE_PRESSURE | AP_MEASURE_HEIGHT)) {
        sum += m->altitude_m + (double)m->altitude_var_m2;
        is_positive = is_positive && m->altitude_var_m2 > 0.0F;
    }
    return is_positive && isfinite(sum + trace + minors);
}

bool ap_imm_is_sound(const ap_imm *imm)
{
    if (imm->is_seed)
        return ap_measure_starts(&imm->seed.measure);
    return (imm->is_single ? ap_gauss_is_sound(&imm->mean)
                           : ap_kernels_best()->is_sound(&imm->models)) &&
           ap_vertical_is_sound(&imm->vertical);
}
