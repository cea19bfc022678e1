#include "track/fall.h"

#include <math.h>
#include <string.h>

#include "track/frame.h"
#include "track/measure.h"

#define N AP_STATE_CAP
#define WILD_M2PS3 400.0
#define CHORD_M2PS3 10.0 /* of flight between the first two positions */
#define DRAG_LN                                                                                    \
    (-5.5) /* before it is measured: from dense debris to parachutes, coefficients of ... */
#define DRAG_SIGMA 2.5    /* ... 3 to 5e5 kg/(m s2) */
#define BEGINS_PER_S 1e-4 /* changes of mode */
#define ENDS_PER_S 1e-3
#define TURNS_PER_S 0.05
#define MODEL_LEAST 1e-6 /* models of flight less probable than this are not asked */

static const double prior[AP_FALL_MODES] = {
    [AP_MODE_FLIES] = 0.49, [AP_MODE_WILD] = 0.49, [AP_MODE_FALLS] = 0.02
};

/* ---- likelihoods ---- */

/* Density of a normal of three numbers at a distance d from its mean; 0 when S is no covariance. */
static double density(const double d[3], double S[3][3])
{
    double L[3][3], e[3], d2 = 0.0, root = 1.0;
    for (int i = 0; i < 3; i++) {
        double rest = d[i];
        for (int j = 0; j <= i; j++) {
            double sum = S[i][j];
            for (int k = 0; k < j; k++)
                sum -= L[i][k] * L[j][k];
            if (i == j && !(sum > 0.0))
                return 0.0;
            L[i][j] = i == j ? sqrt(sum) : sum / L[j][j];
            if (j < i)
                rest -= L[i][j] * e[j];
        }
        e[i] = rest / L[i][i];
        d2 += e[i] * e[i];
        root *= L[i][i];
    }
    return exp(-0.5 * d2) / (root * pow(2.0 * AP_PI, 1.5));
}

static void unpack(const double six[6], double R[3][3])
{
    static const int place[3][3] = { { 0, 1, 2 }, { 1, 3, 4 }, { 2, 4, 5 } };
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            R[i][j] = six[place[i][j]];
}

/* Density of a position under a state that begins with one. */
static double density_of(const ap_normal *state, const ap_ballistic_fix *fix)
{
    double S[3][3];
    const double d[3] = { fix->ecef.x_m - state->x[0], fix->ecef.y_m - state->x[1],
                          fix->ecef.z_m - state->x[2] };
    unpack(fix->R_ecef_m2, S);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k <= (i < j ? i : j); k++)
                S[i][j] += state->S[i][k] * state->S[j][k];
    return density(d, S);
}

static double density_of_fall(const ap_normals *normals, const ap_ballistic_fix *fix)
{
    double sum = 0.0;
    for (size_t i = 0; i < normals->count; i++)
        sum += normals->weight[i] * density_of(&normals->part[i], fix);
    return sum;
}

/* Covariance of a fix along the axes of a frame. */
static void turn_into(const ap_enu_frame *frame, const double six[6], double R[3][3])
{
    double in[3][3], half[3][3];
    unpack(six, in);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            half[i][j] = 0.0;
            for (int k = 0; k < 3; k++)
                half[i][j] += frame->rotation[i][k] * in[k][j];
        }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            R[i][j] = 0.0;
            for (int k = 0; k < 3; k++)
                R[i][j] += half[i][k] * frame->rotation[j][k];
        }
}

/* Every model in the plane with every vertical one. */
static double density_of_flight(const ap_imm *imm, const ap_ballistic_fix *fix)
{
    const ap_mixture *m = &imm->models;
    const ap_vertical *v = &imm->vertical;
    ap_vec3 enu = ap_enu_from_ecef(&imm->frame, fix->ecef);
    double off_m = ap_frame_at(fix->ecef).origin.height_m - v->altitude_m, R[3][3], sum = 0.0;
    turn_into(&imm->frame, fix->R_ecef_m2, R);
    for (int a = 0; a < AP_IMM_MODELS; a++)
        for (int b = 0; b < AP_VERTICAL_MODES; b++) {
            double p = m->probability[a] * (double)v->probability[b];
            if (p < MODEL_LEAST)
                continue;
            const double d[3] = { enu.x_m - m->x[0][a], enu.y_m - m->x[1][a],
                                  off_m - (double)v->above_m[b] };
            double S[3][3] = { { R[0][0] + m->A[0][a], R[0][1] + m->A[1][a], R[0][2] },
                               { R[1][0] + m->A[1][a], R[1][1] + m->A[2][a], R[1][2] },
                               { R[2][0], R[2][1], R[2][2] + (double)v->A[b] } };
            sum += p * density(d, S);
        }
    return sum;
}

/* ---- the wild one ---- */

static void move_straight(const void *context, double x[N], double (*F)[N])
{
    double dt = *(const double *)context;
    for (int i = 0; i < 3; i++)
        x[i] += dt * x[3 + i];
    if (!F)
        return;
    memset(F, 0, N * sizeof *F);
    for (int i = 0; i < 6; i++)
        F[i][i] = 1.0;
    for (int i = 0; i < 3; i++)
        F[i][3 + i] = dt;
}

static ap_err wild_predict(ap_normal *wild, double dt)
{
    ap_motion motion = { .move = move_straight, .context = &dt };
    double t = fabs(dt);
    for (int i = 0; i < 3; i++) {
        motion.Q_root[i][i] = sqrt(WILD_M2PS3 * t * t * t / 3.0);
        motion.Q_root[3 + i][i] = copysign(sqrt(0.75 * WILD_M2PS3 * t), dt);
        motion.Q_root[3 + i][3 + i] = sqrt(0.25 * WILD_M2PS3 * t);
    }
    return ap_normal_predict_linear(wild, &motion);
}

static void see_place(const void *context, const double x[N], double z[AP_SEEN_CAP], double (*H)[N])
{
    (void)context;
    memcpy(z, x, 3 * sizeof *z);
    if (!H)
        return;
    memset(H, 0, AP_SEEN_CAP * sizeof *H);
    for (int i = 0; i < 3; i++)
        H[i][i] = 1.0;
}

static ap_err wild_update(ap_normal *wild, const ap_ballistic_fix *fix)
{
    double R[3][3], full[N][N] = { { 0 } };
    ap_normal noise = { .n = 3 };
    unpack(fix->R_ecef_m2, R);
    for (int i = 0; i < 3; i++)
        memcpy(full[i], R[i], sizeof R[i]);
    ap_err err = ap_normal_set_covariance(&noise, full);
    if (err)
        return err;
    ap_observation sight = { .m = 3,
                             .see = see_place,
                             .z = { fix->ecef.x_m, fix->ecef.y_m, fix->ecef.z_m } };
    for (int i = 0; i < 3; i++)
        memcpy(sight.R_root[i], noise.S[i], sizeof sight.R_root[i]);
    return ap_normal_update_linear(wild, &sight, 1, NULL, NULL);
}

/* ---- from space to a track's filter ---- */

/* a' M b for the 3 x 3 block of P at (row, column). */
static double across(double P[N][N], int row, int column, const double a[3], const double b[3])
{
    double sum = 0.0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            sum += a[i] * P[row + i][column + j] * b[j];
    return sum;
}

static void vertical_of(double height_m, double up_mps, const double P[3], ap_vertical *v)
{
    *v = (ap_vertical){ .altitude_m = height_m, .up_mps = (float)up_mps, .has = true };
    for (int i = 0; i < 3; i++)
        v->P[i] = (float)P[i];
    for (int l = 0; l < AP_VERTICAL_MODES; l++) {
        v->probability[l] = 1.0F / AP_VERTICAL_MODES;
        v->rate_mps[l] = v->up_mps;
        v->A[l] = v->P[0];
        v->B[l] = v->P[1];
        v->C[l] = v->P[2];
    }
}

/* A normal of position and velocity in ECEF as one of the plane at its place, and a vertical one;
 * what the two have in common is left out. */
static void imm_of(ap_utc_ns time_utc, const double x[6], double P[N][N], ap_imm *imm)
{
    imm->time_utc = time_utc;
    imm->frame = ap_frame_at((ap_vec3){ x[0], x[1], x[2] });
    imm->lean_m = 0.0;
    imm->is_single = true;
    imm->is_seed = false;
    const double(*axis)[3] = (const double(*)[3])imm->frame.rotation;
    ap_vec3 v = ap_enu_rotate(&imm->frame, (ap_vec3){ x[3], x[4], x[5] });
    imm->mean =
        (ap_gauss){ .x = { 0.0, 0.0, v.x_m, v.y_m },
                    .A = { across(P, 0, 0, axis[0], axis[0]), across(P, 0, 0, axis[0], axis[1]),
                           across(P, 0, 0, axis[1], axis[1]) },
                    .C = { across(P, 3, 3, axis[0], axis[0]), across(P, 3, 3, axis[0], axis[1]),
                           across(P, 3, 3, axis[1], axis[1]) } };
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            imm->mean.B[i][j] = across(P, 0, 3, axis[i], axis[j]);
    const double up[3] = { across(P, 0, 0, axis[2], axis[2]), across(P, 0, 3, axis[2], axis[2]),
                           across(P, 3, 3, axis[2], axis[2]) };
    vertical_of(imm->frame.origin.height_m, v.z_m, up, &imm->vertical);
}

void ap_fall_imm(const ap_ballistic *ballistic, ap_imm *imm)
{
    ap_normal all;
    double P[N][N];
    ap_ballistic_moments(ballistic, &all);
    ap_normal_covariance(&all, P);
    imm_of(ballistic->time_utc, all.x, P, imm);
}

/* ---- steps ---- */

/* What two positions tell of place and speed, at the second. */
static ap_err chord(const ap_ballistic_fix *first, const ap_ballistic_fix *second, double dt,
                    ap_normal *normal)
{
    double R1[3][3], R2[3][3], P[N][N] = { { 0 } };
    unpack(first->R_ecef_m2, R1);
    unpack(second->R_ecef_m2, R2);
    const double p1[3] = { first->ecef.x_m, first->ecef.y_m, first->ecef.z_m };
    const double p2[3] = { second->ecef.x_m, second->ecef.y_m, second->ecef.z_m };
    *normal = (ap_normal){ .n = 6 };
    for (int i = 0; i < 3; i++) {
        normal->x[i] = p2[i];
        normal->x[3 + i] = (p2[i] - p1[i]) / dt;
        for (int j = 0; j < 3; j++) {
            P[i][j] = R2[i][j];
            P[3 + i][j] = P[i][3 + j] = R2[i][j] / dt;
            P[3 + i][3 + j] = (R1[i][j] + R2[i][j]) / (dt * dt);
        }
        P[3 + i][3 + i] += CHORD_M2PS3 * dt / 3.0;
    }
    return ap_normal_set_covariance(normal, P);
}

void ap_fall_start(ap_fall *fall, const ap_ballistic_fix *first)
{
    fall->fix_count = 1;
    fall->refused_count = 0;
    fall->newest = *first;
}

static ap_err second_step(ap_fall *fall, const ap_ballistic_fix *fix)
{
    ap_ballistic_config config = ap_ballistic_defaults();
    config.drag_ln = DRAG_LN;
    config.drag_sigma = DRAG_SIGMA;
    double P[N][N], dt = ap_seconds_between(fall->newest.time_utc, fix->time_utc);
    ap_err err = ap_ballistic_start(&fall->ballistic, &config, &fall->newest, fix);
    if (!err)
        err = chord(&fall->newest, fix, dt, &fall->wild);
    if (err)
        return err;
    ap_normal_covariance(&fall->wild, P);
    imm_of(fix->time_utc, fall->wild.x, P, &fall->flies);
    ap_imm_fill(&fall->flies);
    memcpy(fall->probability, prior, sizeof prior);
    fall->newest = *fix;
    fall->fix_count = 2;
    return AP_OK;
}

/* Modes change for dt_s, then the likelihoods weigh them. Where none explains anything, none
 * does. */
static void weigh(double p[AP_FALL_MODES], double dt_s, const double likelihood[AP_FALL_MODES])
{
    double turn = 0.5 * (1.0 - exp(-2.0 * TURNS_PER_S * dt_s));
    double begin = 1.0 - exp(-BEGINS_PER_S * dt_s), end = 1.0 - exp(-ENDS_PER_S * dt_s);
    double flight = p[AP_MODE_FLIES] + p[AP_MODE_WILD], falls = p[AP_MODE_FALLS], sum = 0.0;
    double wild = p[AP_MODE_WILD] + turn * (p[AP_MODE_FLIES] - p[AP_MODE_WILD]);
    const double next[AP_FALL_MODES] = {
        [AP_MODE_FLIES] = (flight - wild) * (1.0 - begin) + 0.5 * end * falls,
        [AP_MODE_WILD] = wild * (1.0 - begin) + 0.5 * end * falls,
        [AP_MODE_FALLS] = falls * (1.0 - end) + begin * flight,
    };
    for (int m = 0; m < AP_FALL_MODES; m++)
        sum += next[m] * likelihood[m];
    for (int m = 0; m < AP_FALL_MODES; m++)
        p[m] = sum > 0.0 ? next[m] * likelihood[m] / sum : next[m];
}

/* The plane moves along when it is left sideways; down, it is led. */
static void follow_down(ap_imm *imm)
{
    if (imm->vertical.has)
        ap_frame_raise(&imm->frame, imm->vertical.altitude_m);
}

static void take_flight(ap_fall *fall, const ap_ballistic_fix *fix)
{
    ap_enu_frame frame = ap_frame_at(fix->ecef);
    const double *up = frame.rotation[2];
    double R[3][3], var = 0.0;
    unpack(fix->R_ecef_m2, R);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            var += up[i] * R[i][j] * up[j];
    ap_measure measure = { .time_utc = fix->time_utc,
                           .has = AP_MEASURE_POSITION | AP_MEASURE_HEIGHT,
                           .weight = 1.0,
                           .ecef = fix->ecef,
                           .altitude_m = frame.origin.height_m,
                           .altitude_var_m2 = (float)var };
    memcpy(measure.R_ecef_m2, fix->R_ecef_m2, sizeof measure.R_ecef_m2);
    ap_imm_take(&fall->flies, &measure);
    follow_down(&fall->flies);
}

ap_err ap_fall_take(ap_fall *fall, const ap_ballistic_fix *fix)
{
    if (fall->fix_count < 2)
        return second_step(fall, fix);
    ap_ballistic next = fall->ballistic;
    double dt_s = ap_seconds_between(next.time_utc, fix->time_utc);
    double likelihood[AP_FALL_MODES],
        wild_s = ap_seconds_between(fall->flies.time_utc, fix->time_utc);
    ap_err err = ap_ballistic_predict(&next, fix->time_utc);
    if (err)
        return err;
    ap_imm_predict(&fall->flies, fix->time_utc, &fall->flies);
    (void)wild_predict(&fall->wild, wild_s); /* what it cannot take in, it does not explain */
    likelihood[AP_MODE_FALLS] = density_of_fall(&next.normals, fix);
    likelihood[AP_MODE_FLIES] = density_of_flight(&fall->flies, fix);
    likelihood[AP_MODE_WILD] = density_of(&fall->wild, fix);
    err = ap_ballistic_update_fix(&next, fix, NULL);
    take_flight(fall, fix);
    (void)wild_update(&fall->wild, fix);
    if (err) {
        fall->refused_count++;
        return AP_ERR_RANGE;
    }
    weigh(fall->probability, dt_s, likelihood);
    fall->ballistic = next;
    fall->newest = *fix;
    fall->refused_count = 0;
    fall->fix_count++;
    return AP_OK;
}

void ap_fall_take_flat(ap_fall *fall, const ap_report *report, const ap_sensor *sensor)
{
    ap_measure measure;
    ap_measure_from_report(report, sensor, &fall->flies, &measure);
    double dt_s = ap_seconds_between(fall->flies.time_utc, measure.time_utc);
    if (dt_s < 0.0 || !(measure.has & AP_MEASURE_POSITION) || wild_predict(&fall->wild, dt_s))
        return;
    ap_imm_apply(&fall->flies, &measure);
    follow_down(&fall->flies);
}

double ap_fall_up_mps(const ap_fall *fall, double *var)
{
    ap_normal all;
    double P[N][N];
    ap_ballistic_moments(&fall->ballistic, &all);
    ap_normal_covariance(&all, P);
    ap_enu_frame frame = ap_frame_at((ap_vec3){ all.x[0], all.x[1], all.x[2] });
    *var = across(P, AP_FALL_VELOCITY, AP_FALL_VELOCITY, frame.rotation[2], frame.rotation[2]);
    return ap_enu_rotate(&frame, (ap_vec3){ all.x[3], all.x[4], all.x[5] }).z_m;
}

void ap_fall_show(const ap_fall *fall, ap_track_fall *shown)
{
    ap_normal all;
    double P[N][N];
    int k = 0;
    ap_ballistic_moments(&fall->ballistic, &all);
    ap_normal_covariance(&all, P);
    *shown =
        (ap_track_fall){ .probability = fall->probability[AP_MODE_FALLS],
                         .time_utc = fall->ballistic.time_utc,
                         .ecef = { all.x[0], all.x[1], all.x[2] },
                         .velocity_ecef_mps = { all.x[3], all.x[4], all.x[5] },
                         .ballistic_coefficient_kgpms2 =
                             ap_ballistic_coefficient(all.x[AP_FALL_DRAG]),
                         .ballistic_coefficient_ln_sigma = sqrt(P[AP_FALL_DRAG][AP_FALL_DRAG]) };
    for (int i = 0; i < 6; i++)
        for (int j = i; j < 6; j++)
            shown->P_ecef[k++] = P[i][j];
}
