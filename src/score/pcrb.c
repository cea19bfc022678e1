#include "score/pcrb.h"

#include <math.h>

#define SPEED_PRIOR_MPS 300.0 /* before the second look; any aircraft's order of magnitude */

void ap_pcrb_init(ap_pcrb_work *work, ap_arena *arena, uint32_t truth_count, bool has_sensors)
{
    *work = (ap_pcrb_work){ 0 };
    if (!has_sensors)
        return;
    work->states = ap_arena_take(arena, truth_count, sizeof *work->states);
}

void ap_pcrb_predict(double P[4][4], double dt_s, double acceleration_psd_m2ps3)
{
    double q = acceleration_psd_m2ps3;
    for (int i = 0; i < 4; i++) /* F P */
        for (int k = 0; k < 2; k++)
            P[k][i] += dt_s * P[k + 2][i];
    for (int i = 0; i < 4; i++) /* ... F' */
        for (int k = 0; k < 2; k++)
            P[i][k] += dt_s * P[i][k + 2];
    for (int k = 0; k < 2; k++) {
        P[k][k] += q * dt_s * dt_s * dt_s / 3.0;
        P[k][k + 2] += q * dt_s * dt_s / 2.0;
        P[k + 2][k] += q * dt_s * dt_s / 2.0;
        P[k + 2][k + 2] += q * dt_s;
    }
}

/* (P^-1 + H' I H)^-1 = P - P H' (I^-1 + H P H')^-1 H P, with I^-1 the noise of one equal look. */
void ap_pcrb_update(double P[4][4], ap_pcrb_information information)
{
    double det = information.east * information.north - information.both * information.both;
    double s00 = P[0][0] + information.north / det, s11 = P[1][1] + information.east / det;
    double s01 = P[0][1] - information.both / det;
    double s_det = s00 * s11 - s01 * s01;
    double gain[4][2], rows[2][4];
    for (int i = 0; i < 4; i++) {
        rows[0][i] = P[0][i];
        rows[1][i] = P[1][i];
        gain[i][0] = (P[i][0] * s11 - P[i][1] * s01) / s_det;
        gain[i][1] = (P[i][1] * s00 - P[i][0] * s01) / s_det;
    }
    for (int i = 0; i < 4; i++)
        for (int j = i; j < 4; j++)
            P[i][j] = P[j][i] = P[i][j] - gain[i][0] * rows[0][j] - gain[i][1] * rows[1][j];
}

/* Number of looks of a sensor that turns since time 0, in (from, to]. */
static double looks_between(double interval_s, ap_utc_ns from, ap_utc_ns to)
{
    double before = floor(ap_seconds_between(0, from) / interval_s);
    return floor(ap_seconds_between(0, to) / interval_s) - before;
}

static bool add_information(ap_pcrb_information *information, const ap_evaluation_sensor *sensor,
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
        information->east += info;
        information->north += info;
        return true;
    }
    if (range_m <= 0.0)
        return false;
    double u = east_m / range_m, v = north_m / range_m;
    double across_m = range_m * sensor->azimuth_sigma_rad;
    double weight = looks * sensor->detection_probability;
    double along_info = weight / (sensor->range_sigma_m * sensor->range_sigma_m);
    double across_info = weight / (across_m * across_m);
    information->east += along_info * u * u + across_info * v * v;
    information->both += (along_info - across_info) * u * v;
    information->north += along_info * v * v + across_info * u * u;
    return true;
}

static void begin(ap_pcrb_state *state, ap_pcrb_information information)
{
    double det = information.east * information.north - information.both * information.both;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            state->P[i][j] = i == j ? SPEED_PRIOR_MPS * SPEED_PRIOR_MPS : 0.0;
    state->P[0][0] = information.north / det;
    state->P[1][1] = information.east / det;
    state->P[0][1] = state->P[1][0] = -information.both / det;
    state->has_looked = true;
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

double ap_pcrb_step(ap_pcrb_state *state, const ap_evaluation_config *config,
                    ap_trajectory_frame frame, ap_utc_ns time, const ap_motion_point *point)
{
    ap_utc_ns from = state->time;
    ap_utc_ns looked_from = looks_from(state, config->step_s, time);
    ap_pcrb_information information = { 0 };
    bool looked = false;
    for (size_t i = 0; i < config->sensor_count; i++) {
        const ap_evaluation_sensor *sensor = &config->sensors[i];
        double looks = looks_between(sensor->interval_s, looked_from, time);
        looked |= add_information(&information, sensor, frame, point, looks);
    }
    if (state->has_looked) {
        double dt_s = ap_seconds_between(from, time), psd_m2ps3 = config->acceleration_psd_m2ps3;
        ap_pcrb_predict(state->P, dt_s, psd_m2ps3 > 0.0 ? psd_m2ps3 : psd_of(state, point, dt_s));
    }
    if (looked && state->has_looked)
        ap_pcrb_update(state->P, information);
    else if (looked)
        begin(state, information);
    state->time = time;
    state->east_mps = point->east_mps;
    state->north_mps = point->north_mps;
    return state->has_looked ? state->P[0][0] + state->P[1][1] : 0.0;
}
