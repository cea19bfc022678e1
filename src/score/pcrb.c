#include "score/pcrb.h"

#include <math.h>
#include <string.h>

#define SPEED_PRIOR_MPS 300.0 /* before the second look; any aircraft's order of magnitude */

enum { CORE = 4 }; /* of a state: position and velocity */

int ap_pcrb_dimension(const ap_looks *looks)
{
    return CORE + (looks ? 2 * looks->slot_count : 0);
}

void ap_pcrb_init(ap_pcrb_work *work, ap_arena *arena, uint32_t truth_count,
                  const ap_evaluation_config *config)
{
    *work = (ap_pcrb_work){ 0 };
    if (!config->looks && config->sensor_count == 0)
        return;
    size_t size = (size_t)ap_pcrb_dimension(config->looks);
    work->states = ap_arena_take(arena, truth_count, sizeof *work->states);
    double *all = ap_arena_take_raw(arena, truth_count, size * size * sizeof *all);
    for (uint32_t i = 0; work->states && all && i < truth_count; i++)
        work->states[i] = (ap_pcrb_state){ .P = all + i * size * size,
                                           .time = AP_UTC_UNKNOWN,
                                           .look = config->looks ? config->looks->first[i] : 0 };
}

/* ---- the recursion ---- */

/* Rows of slow errors of one source keep `keep` of themselves. */
static void fade(double *P, int n, int first, double keep)
{
    for (int i = first; i < first + 2; i++) {
        for (int k = 0; k < n; k++) {
            P[i * n + k] *= keep;
            P[k * n + i] *= keep;
        }
        P[i * n + i] += 1.0 - keep * keep;
    }
}

void ap_pcrb_predict(double *P, const ap_looks *looks, double dt_s, double acceleration_psd_m2ps3)
{
    double q = acceleration_psd_m2ps3;
    int n = ap_pcrb_dimension(looks);
    for (int i = 0; i < n; i++) /* F P */
        for (int k = 0; k < 2; k++)
            P[k * n + i] += dt_s * P[(k + 2) * n + i];
    for (int i = 0; i < n; i++) /* ... F' */
        for (int k = 0; k < 2; k++)
            P[i * n + k] += dt_s * P[i * n + k + 2];
    for (int k = 0; k < 2; k++) {
        P[k * n + k] += q * dt_s * dt_s * dt_s / 3.0;
        P[k * n + k + 2] += q * dt_s * dt_s / 2.0;
        P[(k + 2) * n + k] += q * dt_s * dt_s / 2.0;
        P[(k + 2) * n + k + 2] += q * dt_s;
    }
    for (int slot = 0; looks && slot < looks->slot_count; slot++)
        fade(P, n, CORE + 2 * slot, exp(-dt_s / looks->slot_time_s[slot]));
}

/* P H' of one column of H: the state's own coordinate, and the slow errors in it. */
static double seen_by(const double *row, const ap_pcrb_fix *fix, int axis)
{
    double sum = row[fix->first + axis];
    if (fix->slow == 0)
        return sum;
    return axis == 0 ? sum + fix->slow_L[0] * row[fix->slow]
                     : sum + fix->slow_L[1] * row[fix->slow] + fix->slow_L[2] * row[fix->slow + 1];
}

/* (P^-1 + H' R^-1 H)^-1 = P - P H' (R + H P H')^-1 H P. */
void ap_pcrb_update(double *P, int n, const ap_pcrb_fix *fix)
{
    double seen[AP_PCRB_DIMENSION_CAP][2], s[2][2];
    for (int i = 0; i < n; i++)
        for (int axis = 0; axis < 2; axis++)
            seen[i][axis] = seen_by(P + i * n, fix, axis);
    for (int axis = 0; axis < 2; axis++) { /* H P H': the same of the columns of P H' */
        double column[AP_PCRB_DIMENSION_CAP];
        for (int i = 0; i < n; i++)
            column[i] = seen[i][axis];
        s[0][axis] = seen_by(column, fix, 0);
        s[1][axis] = seen_by(column, fix, 1);
    }
    double s00 = s[0][0] + fix->R[0], s01 = s[0][1] + fix->R[1], s11 = s[1][1] + fix->R[2];
    double det = s00 * s11 - s01 * s01;
    for (int i = 0; i < n; i++) {
        double gain[2] = { (seen[i][0] * s11 - seen[i][1] * s01) / det,
                           (seen[i][1] * s00 - seen[i][0] * s01) / det };
        for (int k = i; k < n; k++)
            P[i * n + k] = P[k * n + i] =
                P[i * n + k] - gain[0] * seen[k][0] - gain[1] * seen[k][1];
    }
}

static void begin(ap_pcrb_state *state, int n)
{
    memset(state->P, 0, (size_t)(n * n) * sizeof *state->P);
    for (int i = 2; i < n; i++)
        state->P[i * n + i] = i < CORE ? SPEED_PRIOR_MPS * SPEED_PRIOR_MPS : 1.0;
    state->has_begun = true;
}

/* The first position, before which nothing is known of the place: what is measured less what errs
 * in it, so that the place and slow errors are bound together. */
static void place(ap_pcrb_state *state, int n, const ap_pcrb_fix *fix)
{
    const double *L = fix->slow_L;
    double *P = state->P;
    for (int i = 0; i < n; i++)
        P[i] = P[n + i] = P[i * n] = P[i * n + 1] = 0.0;
    P[0] = fix->R[0] + L[0] * L[0];
    P[1] = P[n] = fix->R[1] + L[0] * L[1];
    P[n + 1] = fix->R[2] + L[1] * L[1] + L[2] * L[2];
    if (fix->slow > 0) {
        P[fix->slow] = P[fix->slow * n] = -L[0];
        P[n + fix->slow] = P[fix->slow * n + 1] = -L[1];
        P[n + fix->slow + 1] = P[(fix->slow + 1) * n + 1] = -L[2];
    }
    state->has_place = true;
}

static void take_fix(ap_pcrb_state *state, int n, const ap_pcrb_fix *fix)
{
    if (fix->first == 0 && !state->has_place)
        place(state, n, fix);
    else
        ap_pcrb_update(state->P, n, fix);
}

/* ---- looks of a recording ---- */

static void scale(const double from[3], double by, double to[3])
{
    for (int i = 0; i < 3; i++)
        to[i] = by * from[i];
}

static void take_look(ap_pcrb_state *state, const ap_looks *looks, const ap_look *look)
{
    const ap_look_source *source = &looks->source[look->source];
    const ap_look_noise *noise = &source->noise[look->part][ap_look_level(look)];
    double stated[3] = { (double)look->east2, (double)look->both2, (double)look->north2 };
    ap_pcrb_fix fix = { .first = look->part == AP_LOOK_POSITION ? 0 : 2 };
    scale(stated, noise->white, fix.R);
    if (noise->slow > 0.0) {
        double east = sqrt(stated[0]), both = stated[1] / east;
        double L[3] = { east, both, sqrt(fmax(stated[2] - both * both, 0.0)) };
        scale(L, sqrt(noise->slow), fix.slow_L);
        fix.slow = CORE + 2 * source->slot[look->part];
    }
    take_fix(state, ap_pcrb_dimension(looks), &fix);
}

/* Those up to `time`, each at its own. Returns the time that the bound is at. */
static ap_utc_ns take_looks(ap_pcrb_state *state, const ap_looks *looks, uint32_t truth,
                            ap_utc_ns time, double psd_m2ps3)
{
    ap_utc_ns at = state->time;
    for (; state->look < looks->first[truth + 1]; state->look++) {
        const ap_look *look = &looks->look[state->look];
        if (look->time_utc > time)
            break;
        if (!state->has_begun)
            begin(state, ap_pcrb_dimension(looks));
        else if (look->time_utc > at)
            ap_pcrb_predict(state->P, looks, ap_seconds_between(at, look->time_utc), psd_m2ps3);
        at = at == AP_UTC_UNKNOWN || look->time_utc > at ? look->time_utc : at;
        take_look(state, looks, look);
    }
    return at;
}

/* ---- looks of described sensors ---- */

/* What looks tell of a position: the inverse of a covariance of east and north. */
typedef struct information {
    double east, both, north; /* 1/m2 */
} information;

/* Number of looks of a sensor that turns since time 0, in (from, to]. */
static double looks_between(double interval_s, ap_utc_ns from, ap_utc_ns to)
{
    double before = floor(ap_seconds_between(0, from) / interval_s);
    return floor(ap_seconds_between(0, to) / interval_s) - before;
}

static bool add_information(information *sum, const ap_evaluation_sensor *sensor,
                            ap_trajectory_frame frame, const ap_motion_point *point, double looks)
{
    ap_trajectory_state at = { .latitude_rad = sensor->place.latitude_rad,
                               .longitude_rad = sensor->place.longitude_rad };
    ap_motion_point place = ap_motion_at(frame, &at);
    double east_m, north_m;
    ap_motion_offset(frame, &place, point, &east_m, &north_m);
    double range_m = hypot(east_m, north_m);
    if (!(looks > 0.0) || range_m > sensor->range_max_m)
        return false;
    if (sensor->position_sigma_m > 0.0) {
        double info = looks * sensor->detection_probability /
                      (sensor->position_sigma_m * sensor->position_sigma_m);
        sum->east += info;
        sum->north += info;
        return true;
    }
    if (range_m <= 0.0)
        return false;
    double u = east_m / range_m, v = north_m / range_m;
    double across_m = range_m * sensor->azimuth_sigma_rad;
    double weight = looks * sensor->detection_probability;
    double along_info = weight / (sensor->range_sigma_m * sensor->range_sigma_m);
    double across_info = weight / (across_m * across_m);
    sum->east += along_info * u * u + across_info * v * v;
    sum->both += (along_info - across_info) * u * v;
    sum->north += along_info * v * v + across_info * u * u;
    return true;
}

/* Density of white acceleration that changes velocities as the truth changed its own. */
static double psd_of(const ap_pcrb_state *state, const ap_motion_point *point, double dt_s)
{
    double east_mps = point->east_mps - state->east_mps;
    double north_mps = point->north_mps - state->north_mps;
    return (east_mps * east_mps + north_mps * north_mps) / (2.0 * dt_s);
}

/* Of one step after a gap too: where the truth was not known no sensor is known to have seen it,
 * and looks of all the gap at once would be more than any tracker had. */
static ap_utc_ns looks_from(const ap_pcrb_state *state, double step_s, ap_utc_ns time)
{
    bool is_next = state->time != AP_UTC_UNKNOWN &&
                   ap_seconds_between(state->time, time) < 1.5 * step_s; /* rounded to ns */
    return is_next ? state->time : ap_utc_add_s(time, -step_s);
}

/* Those of (looked_from, time], all at `time`. */
static bool look_around(const ap_evaluation_config *config, ap_trajectory_frame frame,
                        ap_utc_ns looked_from, ap_utc_ns time, const ap_motion_point *point,
                        ap_pcrb_fix *fix)
{
    information sum = { 0 };
    bool looked = false;
    for (size_t i = 0; i < config->sensor_count; i++) {
        const ap_evaluation_sensor *sensor = &config->sensors[i];
        double looks = looks_between(sensor->interval_s, looked_from, time);
        looked |= add_information(&sum, sensor, frame, point, looks);
    }
    double det = sum.east * sum.north - sum.both * sum.both;
    *fix = (ap_pcrb_fix){ .R = { sum.north / det, -sum.both / det, sum.east / det } };
    return looked;
}

/* ---- the step ---- */

static void step_looks(ap_pcrb_state *state, const ap_evaluation_config *config, uint32_t truth,
                       ap_utc_ns time, double psd_m2ps3)
{
    ap_utc_ns at = take_looks(state, config->looks, truth, time, psd_m2ps3);
    if (state->has_begun && time > at)
        ap_pcrb_predict(state->P, config->looks, ap_seconds_between(at, time), psd_m2ps3);
}

static void step_sensors(ap_pcrb_state *state, const ap_evaluation_config *config,
                         ap_trajectory_frame frame, ap_utc_ns time, const ap_motion_point *point,
                         double psd_m2ps3)
{
    ap_pcrb_fix fix;
    bool looked =
        look_around(config, frame, looks_from(state, config->step_s, time), time, point, &fix);
    if (looked && !state->has_begun)
        begin(state, CORE);
    else if (state->has_begun)
        ap_pcrb_predict(state->P, NULL, ap_seconds_between(state->time, time), psd_m2ps3);
    if (looked)
        take_fix(state, CORE, &fix);
}

double ap_pcrb_step(ap_pcrb_state *state, const ap_evaluation_config *config,
                    ap_trajectory_frame frame, uint32_t truth, ap_utc_ns time,
                    const ap_motion_point *point)
{
    double psd_m2ps3 = config->acceleration_psd_m2ps3;
    if (!(psd_m2ps3 > 0.0) && state->time != AP_UTC_UNKNOWN && time > state->time)
        psd_m2ps3 = psd_of(state, point, ap_seconds_between(state->time, time));
    if (config->looks)
        step_looks(state, config, truth, time, psd_m2ps3);
    else
        step_sensors(state, config, frame, time, point, psd_m2ps3);
    state->time = time;
    state->east_mps = point->east_mps;
    state->north_mps = point->north_mps;
    int n = ap_pcrb_dimension(config->looks);
    return state->has_place ? state->P[0] + state->P[n + 1] : 0.0;
}
