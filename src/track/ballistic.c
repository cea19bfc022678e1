#include "track/ballistic.h"

#include <math.h>
#include <string.h>

#include "track/frame.h"
#include "track/measure.h"

#define N AP_STATE_CAP
#define M AP_SEEN_CAP
#define ROUNDS 5
#define STEPS_MAX 2000
#define GRAVITY_MPS2 9.80665
#define GAP_MIN_S 0.05
#define GAP_MAX_S 60.0
#define HEIGHT_MIN_M (-1000.0)
#define HEIGHT_MAX_M 1.0e6
#define LAYER_M 9144.0
#define SPEED_MAX_MPS 1.2e4
#define RANGE_MAX_M 5.0e6
#define RANGE_SIGMA_MIN_M 1.0
#define ANGLE_SIGMA_MIN_RAD 1e-5

_Static_assert(AP_FALL_STATES <= AP_STATE_CAP, "the state must fit its filter");

static bool within(double value, double low, double high)
{
    return value >= low && value <= high; /* false for NaN */
}

ap_fall_world ap_fall_earth(void)
{
    return (ap_fall_world){
        .mu_m3ps2 = 3.986004418e14, .j2 = 1.08262982e-3, .rotation_radps = 7.292115e-5, .air = 1.0
    };
}

double ap_air_density(double height_m, double *slope)
{
    double h = fmax(height_m, HEIGHT_MIN_M);
    double ground = h < LAYER_M ? 1.227 : 1.754, thinning = h < LAYER_M ? 1.093e-4 : 1.49e-4;
    double density = ground * exp(-thinning * h);
    if (slope)
        *slope = height_m < HEIGHT_MIN_M ? 0.0 : -thinning * density;
    return density;
}

/* Gravity and the centrifugal part of the rotation. */
static void pull(const ap_fall_world *world, const double p[3], double a[3], double (*A)[N])
{
    static const double part[3] = { 1.0, 1.0, 3.0 };
    double r2 = p[0] * p[0] + p[1] * p[1] + p[2] * p[2], k = world->mu_m3ps2 / (r2 * sqrt(r2));
    double q = 1.5 * world->j2 * AP_WGS84_A_M * AP_WGS84_A_M / r2, s = 5.0 * p[2] * p[2] / r2;
    double w2 = world->rotation_radps * world->rotation_radps;
    for (int i = 0; i < 3; i++) {
        double shape = 1.0 + q * (part[i] - s), spin = i < 2 ? w2 : 0.0;
        a[i] = (spin - k * shape) * p[i];
        for (int j = 0; A && j < 3; j++) {
            double dk = -3.0 * k * p[j] / r2, dq = -2.0 * q * p[j] / r2;
            double ds = (j == 2 ? 10.0 * p[2] / r2 : 0.0) - 2.0 * s * p[j] / r2;
            A[3 + i][j] = -p[i] * (dk * shape + k * (dq * (part[i] - s) - q * ds)) +
                          (i == j ? spin - k * shape : 0.0);
        }
    }
}

/* Adds drag. At no speed there is none, nor does it change. */
static void hold_back(const ap_fall_world *world, const double x[N], double a[3], double (*A)[N])
{
    ap_enu_frame frame = ap_frame_at((ap_vec3){ x[0], x[1], x[2] });
    const double *v = x + AP_FALL_VELOCITY, *up = frame.rotation[2];
    double slope, speed = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    double per = world->air * exp(x[AP_FALL_DRAG]);
    double hard = per * ap_air_density(frame.origin.height_m, &slope) * speed;
    for (int i = 0; i < 3; i++) {
        a[i] -= hard * v[i];
        if (!A)
            continue;
        for (int j = 0; j < 3; j++) {
            A[3 + i][j] -= per * slope * speed * v[i] * up[j];
            A[3 + i][3 + j] -= speed > 0.0 ? hard / (speed * speed) * v[i] * v[j] : 0.0;
        }
        A[3 + i][3 + i] -= hard;
        A[3 + i][AP_FALL_DRAG] = -hard * v[i];
    }
}

void ap_fall_rate(const void *context, const double x[N], double rate[N], double (*A)[N])
{
    const ap_fall_world *world = context;
    double twice = 2.0 * world->rotation_radps;
    if (A) {
        memset(A, 0, N * sizeof *A);
        for (int i = 0; i < 3; i++)
            A[i][3 + i] = 1.0;
        A[3][4] = twice;
        A[4][3] = -twice;
    }
    double a[3];
    pull(world, x, a, A);
    hold_back(world, x, a, A);
    for (int i = 0; i < 3; i++) {
        rate[i] = x[3 + i];
        rate[3 + i] = a[i];
    }
    rate[3] += twice * x[4];
    rate[4] -= twice * x[3];
    rate[AP_FALL_DRAG] = 0.0;
}

/* 1 / (seconds in which drag would take e - 1 of the speed). */
static double hardness_per_s(const ap_fall_world *world, const double x[N])
{
    ap_enu_frame frame = ap_frame_at((ap_vec3){ x[0], x[1], x[2] });
    double speed = sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]);
    return world->air * exp(x[AP_FALL_DRAG]) * ap_air_density(frame.origin.height_m, NULL) * speed;
}

/* out = a b. */
static void multiply(double a[N][N], double b[N][N], double out[N][N])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            out[i][j] = 0.0;
            for (int k = 0; k < N; k++)
                out[i][j] += a[i][k] * b[k][j];
        }
}

void ap_fall_move(const void *context, double x[N], double (*F)[N])
{
    const ap_fall_step *step = context;
    double left_s = step->dt_s, G[N][N], product[N][N];
    for (int i = 0; F && i < N; i++)
        for (int j = 0; j < N; j++)
            F[i][j] = i == j ? 1.0 : 0.0;
    for (int taken = 0; left_s != 0.0; taken++) {
        double per_s = fmax(1.0 / step->step_s, 2.0 * hardness_per_s(&step->world, x));
        double steps = ceil(fabs(left_s) * per_s), room = STEPS_MAX - taken;
        double h = left_s / (steps > 1.0 ? fmin(steps, room) : 1.0); /* 1: also when NaN */
        ap_runge_kutta(AP_FALL_STATES, ap_fall_rate, &step->world, h, 1, x, F ? G : NULL);
        left_s = steps > 1.0 && room > 1.0 ? left_s - h : 0.0;
        if (F) {
            multiply(G, F, product);
            memcpy(F, product, sizeof product);
        }
    }
}

ap_ballistic_config ap_ballistic_defaults(void)
{
    return (ap_ballistic_config){ .world = ap_fall_earth(),
                                  .step_s = 1.0,
                                  .acceleration_m2ps3 = 1.0,
                                  .drag_per_s = 1e-3,
                                  .drag_ln = -6.8,
                                  .drag_sigma = 2.0,
                                  .parts = AP_NORMALS_CAP,
                                  .gate2 = 30.0 };
}

static bool is_usable(const ap_ballistic_config *c)
{
    const ap_fall_world *w = &c->world;
    return c->step_s > 0.0 && c->step_s <= 1.0 && within(c->acceleration_m2ps3, 0.0, 1e6) &&
           within(c->drag_per_s, 0.0, 10.0) && within(c->drag_ln, -14.0, 4.0) &&
           c->drag_sigma > 0.0 && c->drag_sigma < 10.0 && c->gate2 > 0.0 &&
           (c->parts == 1 || (c->parts >= AP_NORMALS_ROW_MIN && c->parts <= AP_NORMALS_CAP)) &&
           isfinite(w->mu_m3ps2) && isfinite(w->j2) && isfinite(w->rotation_radps) &&
           within(w->air, 0.0, 10.0);
}

static bool is_near_earth(const double x[3])
{
    ap_enu_frame frame = ap_frame_at((ap_vec3){ x[0], x[1], x[2] });
    return within(frame.origin.height_m, -5000.0, HEIGHT_MAX_M);
}

static void unpack(const double six[6], double R[N][N])
{
    static const int place[3][3] = { { 0, 1, 2 }, { 1, 3, 4 }, { 2, 4, 5 } };
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            R[i][j] = six[place[i][j]];
}

/* The normal at the second of two fixes, before anything of the drag is known. */
static ap_err two_points(const ap_ballistic_config *config, const ap_ballistic_fix *first,
                         const ap_ballistic_fix *second, double dt, ap_normal *normal)
{
    double R1[N][N], R2[N][N], P[N][N] = { { 0 } };
    unpack(first->R_ecef_m2, R1);
    unpack(second->R_ecef_m2, R2);
    const double p1[3] = { first->ecef.x_m, first->ecef.y_m, first->ecef.z_m };
    const double p2[3] = { second->ecef.x_m, second->ecef.y_m, second->ecef.z_m };
    *normal = (ap_normal){ .n = AP_FALL_STATES };
    double speed2 = 0.0;
    for (int i = 0; i < 3; i++) {
        normal->x[i] = p2[i];
        normal->x[3 + i] = (p2[i] - p1[i]) / dt;
        speed2 += normal->x[3 + i] * normal->x[3 + i];
        for (int j = 0; j < 3; j++) {
            P[i][j] = R2[i][j];
            P[3 + i][j] = P[i][3 + j] = R2[i][j] / dt;
            P[3 + i][3 + j] = (R1[i][j] + R2[i][j]) / (dt * dt);
        }
        P[3 + i][3 + i] += config->acceleration_m2ps3 * dt / 3.0;
    }
    normal->x[AP_FALL_DRAG] = config->drag_ln;
    P[AP_FALL_DRAG][AP_FALL_DRAG] = config->drag_sigma * config->drag_sigma;
    if (!is_near_earth(p1) || !is_near_earth(p2) ||
        !within(speed2, 0.0, SPEED_MAX_MPS * SPEED_MAX_MPS))
        return AP_ERR_RANGE;
    return ap_normal_set_covariance(normal, P);
}

/* A chord's slope is the velocity at its middle; half of the way back to its end is left. What
 * changes along that half is as uncertain as a quarter of it, at least where drag is hard. */
static void correct_chord(const ap_fall_world *world, double dt, ap_normal *part)
{
    double rate[N], P[N][N], hard2 = 0.0;
    ap_fall_rate(world, part->x, rate, NULL);
    double speed =
        sqrt(part->x[3] * part->x[3] + part->x[4] * part->x[4] + part->x[5] * part->x[5]);
    double size = sqrt(rate[3] * rate[3] + rate[4] * rate[4] + rate[5] * rate[5]);
    double most = speed > 0.0 && size * dt > speed ? speed / (size * dt) : 1.0;
    for (int i = 3; i < 6; i++) {
        double half = 0.5 * dt * most * rate[i];
        part->x[i] += half;
        hard2 += half * half;
    }
    ap_normal_covariance(part, P);
    for (int i = 3; i < 6; i++)
        P[i][i] += hard2 / 16.0;
    (void)ap_normal_set_covariance(part, P); /* larger than one that was sound */
}

ap_err ap_ballistic_start(ap_ballistic *ballistic, const ap_ballistic_config *config,
                          const ap_ballistic_fix *first, const ap_ballistic_fix *second)
{
    double dt = ap_seconds_between(first->time_utc, second->time_utc);
    if (!is_usable(config) || !within(dt, GAP_MIN_S, GAP_MAX_S))
        return AP_ERR_ARGUMENT;
    ap_normal normal;
    ap_err err = two_points(config, first, second, dt, &normal);
    if (err)
        return err;
    *ballistic = (ap_ballistic){ .config = *config, .time_utc = second->time_utc };
    ap_normals_split(&ballistic->normals, &normal, config->parts);
    for (size_t i = 0; i < ballistic->normals.count; i++)
        correct_chord(&config->world, dt, &ballistic->normals.part[i]);
    return AP_OK;
}

ap_err ap_ballistic_predict(ap_ballistic *ballistic, ap_utc_ns time_utc)
{
    const ap_ballistic_config *c = &ballistic->config;
    double dt = ap_seconds_between(ballistic->time_utc, time_utc);
    if (!within(dt, 0.0, GAP_MAX_S))
        return AP_ERR_ARGUMENT;
    if (dt == 0.0)
        return AP_OK;
    ap_fall_step step = { .world = c->world, .dt_s = dt, .step_s = c->step_s };
    ap_motion motion = { .move = ap_fall_move, .context = &step };
    for (int i = 0; i < 3; i++) { /* root of white acceleration over dt */
        motion.Q_root[i][i] = sqrt(c->acceleration_m2ps3 * dt * dt * dt / 3.0);
        motion.Q_root[3 + i][i] = sqrt(0.75 * c->acceleration_m2ps3 * dt);
        motion.Q_root[3 + i][3 + i] = sqrt(0.25 * c->acceleration_m2ps3 * dt);
    }
    motion.Q_root[AP_FALL_DRAG][AP_FALL_DRAG] = sqrt(c->drag_per_s * dt);
    ap_err err = ap_normals_predict(&ballistic->normals, &motion);
    if (!err)
        ballistic->time_utc = time_utc;
    return err;
}

/* Update behind the gate, and with the answer still an object near the Earth. */
static ap_err update(ap_ballistic *ballistic, const ap_observation *sight, double *distance2)
{
    ap_normals next = ballistic->normals;
    double d2 = INFINITY;
    ap_err err = ap_normals_update(&next, sight, ROUNDS, &d2);
    if (distance2)
        *distance2 = d2;
    if (err)
        return err;
    ap_normal moments;
    ap_normals_moments(&next, &moments);
    if (!(d2 <= ballistic->config.gate2) || !is_near_earth(moments.x))
        return AP_ERR_RANGE;
    ballistic->normals = next;
    return AP_OK;
}

/* Points alone see here: nobody asks for a Jacobian. */
static void see_point(const void *context, const double x[N], double z[M], double (*H)[N])
{
    (void)context;
    (void)H;
    memcpy(z, x, M * sizeof(double));
}

ap_err ap_ballistic_update_fix(ap_ballistic *ballistic, const ap_ballistic_fix *fix,
                               double *distance2)
{
    double R[N][N] = { { 0 } };
    ap_normal noise = { .n = 3 };
    unpack(fix->R_ecef_m2, R);
    ap_err err = ap_normal_set_covariance(&noise, R);
    if (err)
        return err;
    ap_observation sight = { .m = 3,
                             .see = see_point,
                             .z = { fix->ecef.x_m, fix->ecef.y_m, fix->ecef.z_m } };
    for (int i = 0; i < 3; i++)
        memcpy(sight.R_root[i], noise.S[i], sizeof sight.R_root[i]);
    return update(ballistic, &sight, distance2);
}

/* Axes at a line of sight, in ECEF: along it, across to growing azimuth, to growing elevation. */
typedef struct axes {
    ap_vec3 origin, axis[3];
} axes;

static axes axes_of(const ap_enu_frame *site, const ap_line_of_sight *sight)
{
    double ca = cos(sight->azimuth_rad), sa = sin(sight->azimuth_rad);
    double ce = cos(sight->elevation_rad), se = sin(sight->elevation_rad);
    return (axes){ .origin = site->origin_ecef,
                   .axis = { ap_ecef_rotate(site, (ap_vec3){ ce * sa, ce * ca, se }),
                             ap_ecef_rotate(site, (ap_vec3){ ca, -sa, 0.0 }),
                             ap_ecef_rotate(site, (ap_vec3){ -se * sa, -se * ca, ce }) } };
}

/* Range, and the two angles off the measured line: no pole near it. */
static void see_polar(const void *context, const double x[N], double z[M], double (*H)[N])
{
    (void)H;
    const axes *at = context;
    double d[3] = { x[0] - at->origin.x_m, x[1] - at->origin.y_m, x[2] - at->origin.z_m }, p[3];
    for (int i = 0; i < 3; i++)
        p[i] = at->axis[i].x_m * d[0] + at->axis[i].y_m * d[1] + at->axis[i].z_m * d[2];
    double flat2 = p[0] * p[0] + p[1] * p[1];
    z[0] = sqrt(flat2 + p[2] * p[2]);
    z[1] = atan2(p[1], p[0]);
    z[2] = atan2(p[2], sqrt(flat2));
}

static bool is_seen(const ap_line_of_sight *s)
{
    return s->range_m > 0.0 && s->range_m <= RANGE_MAX_M && isfinite(s->azimuth_rad) &&
           fabs(s->elevation_rad) <= AP_PI / 2.0 && within(s->range_sigma_m, 0.0, 1e6) &&
           within(s->azimuth_sigma_rad, 0.0, 1.0) && within(s->elevation_sigma_rad, 0.0, 1.0);
}

/* 1 sigma along, across, up: metres, radians, radians. */
static void sigmas_of(const ap_line_of_sight *s, double sigma[3])
{
    double ce = cos(s->elevation_rad), se = fmax(s->elevation_sigma_rad, ANGLE_SIGMA_MIN_RAD);
    sigma[0] = fmax(s->range_sigma_m, RANGE_SIGMA_MIN_M);
    sigma[1] = fmax(s->azimuth_sigma_rad * sqrt(ce * ce + se * se), ANGLE_SIGMA_MIN_RAD);
    sigma[2] = se;
}

ap_err ap_ballistic_update_sight(ap_ballistic *ballistic, const ap_enu_frame *site,
                                 const ap_line_of_sight *sight, double *distance2)
{
    if (!is_seen(sight))
        return AP_ERR_RANGE;
    axes at = axes_of(site, sight);
    double sigma[3];
    sigmas_of(sight, sigma);
    ap_observation seen = { .m = 3, .see = see_polar, .context = &at, .z = { sight->range_m } };
    for (int i = 0; i < 3; i++)
        seen.R_root[i][i] = sigma[i];
    return update(ballistic, &seen, distance2);
}

/* Adds var * u u' to a covariance in ECEF. */
static void spread(double R_ecef_m2[6], ap_vec3 u, double var_m2)
{
    const double e[3] = { u.x_m, u.y_m, u.z_m };
    int k = 0;
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++)
            R_ecef_m2[k++] += var_m2 * e[i] * e[j];
}

static bool sight_of(const ap_report *report, const ap_sensor *sensor, ap_line_of_sight *sight)
{
    if (!(report->present & AP_HAS_POLAR) || !(report->present & AP_HAS_ELEVATION) ||
        !sensor->has_site)
        return false;
    *sight = (ap_line_of_sight){ .range_m = report->range_m,
                                 .azimuth_rad = report->azimuth_rad,
                                 .elevation_rad = report->elevation_rad,
                                 .range_sigma_m = report->range_sigma_m,
                                 .azimuth_sigma_rad = report->azimuth_sigma_rad,
                                 .elevation_sigma_rad = report->elevation_sigma_rad };
    return true;
}

ap_err ap_ballistic_fix_of_plot(const ap_report *report, const ap_sensor *sensor,
                                const ap_measure *measure, ap_ballistic_fix *fix)
{
    ap_line_of_sight sight;
    if (sight_of(report, sensor, &sight)) {
        if (!is_seen(&sight))
            return AP_ERR_RANGE;
        axes at = axes_of(&sensor->frame, &sight);
        double sigma[3], r = sight.range_m;
        sigmas_of(&sight, sigma);
        *fix = (ap_ballistic_fix){ .time_utc = report->time_utc,
                                   .ecef = { at.origin.x_m + r * at.axis[0].x_m,
                                             at.origin.y_m + r * at.axis[0].y_m,
                                             at.origin.z_m + r * at.axis[0].z_m } };
        spread(fix->R_ecef_m2, at.axis[0], sigma[0] * sigma[0]);
        for (int i = 1; i < 3; i++)
            spread(fix->R_ecef_m2, at.axis[i], r * r * sigma[i] * sigma[i]);
        return AP_OK;
    }
    if (!(measure->has & AP_MEASURE_POSITION) || !(measure->has & AP_MEASURE_HEIGHT))
        return AP_ERR_UNKNOWN;
    ap_enu_frame frame = ap_frame_at(measure->ecef);
    const double *up = frame.rotation[2];
    *fix = (ap_ballistic_fix){ .time_utc = report->time_utc, .ecef = measure->ecef };
    memcpy(fix->R_ecef_m2, measure->R_ecef_m2, sizeof fix->R_ecef_m2);
    spread(fix->R_ecef_m2, (ap_vec3){ up[0], up[1], up[2] }, measure->altitude_var_m2);
    return AP_OK;
}

ap_err ap_ballistic_fix_from_report(const ap_report *report, const ap_sensor *sensor,
                                    ap_ballistic_fix *fix)
{
    ap_line_of_sight sight;
    ap_measure measure = { 0 };
    if (!sight_of(report, sensor, &sight))
        ap_measure_from_report(report, sensor, NULL, &measure);
    return ap_ballistic_fix_of_plot(report, sensor, &measure, fix);
}

ap_err ap_ballistic_take(ap_ballistic *ballistic, const ap_report *report, const ap_sensor *sensor,
                         double *distance2)
{
    ap_ballistic_fix fix;
    ap_line_of_sight sight;
    ap_err err = ap_ballistic_fix_from_report(report, sensor, &fix);
    if (err)
        return err;
    ap_ballistic next = *ballistic;
    err = ap_ballistic_predict(&next, report->time_utc);
    if (err)
        return err;
    err = sight_of(report, sensor, &sight)
              ? ap_ballistic_update_sight(&next, &sensor->frame, &sight, distance2)
              : ap_ballistic_update_fix(&next, &fix, distance2);
    if (!err)
        *ballistic = next;
    return err;
}

void ap_ballistic_moments(const ap_ballistic *ballistic, ap_normal *normal)
{
    ap_normals_moments(&ballistic->normals, normal);
}

double ap_ballistic_coefficient(double drag_ln)
{
    return 0.5 * GRAVITY_MPS2 * exp(-drag_ln);
}
