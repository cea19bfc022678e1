#include <math.h>
#include <string.h>

#include "airpicture/geo.h"
#include "score/evaluation_state.h"
#include "score/order.h"
#include "score/summary.h"
#include "score/whiten.h"

enum { PHASE_TURNING = 1, PHASE_CLIMBING = 2, PHASE_GROUND = 4 };

static bool is_turning(const ap_evaluation_config *config, const ap_trajectory_state *a,
                       const ap_trajectory_state *b, double dt_s)
{
    double speed_a = hypot(a->east_mps, a->north_mps), speed_b = hypot(b->east_mps, b->north_mps);
    if (!(a->flags & b->flags & AP_STATE_HAS_VELOCITY) || speed_a < config->speed_min_mps ||
        speed_b < config->speed_min_mps || !(dt_s > 0.0))
        return false;
    double cross = a->east_mps * b->north_mps - a->north_mps * b->east_mps;
    double dot = a->east_mps * b->east_mps + a->north_mps * b->north_mps;
    return fabs(atan2(cross, dot)) >= config->turn_rate_min_radps * dt_s;
}

static bool is_climbing(const ap_evaluation_config *config, const ap_trajectory_state *at,
                        const ap_trajectory_state *a, const ap_trajectory_state *b, double dt_s)
{
    if (at->flags & AP_STATE_HAS_CLIMB)
        return fabs((double)at->up_mps) >= config->climb_min_mps;
    double rise_m = 0.0;
    if (a->flags & b->flags & AP_STATE_HAS_PRESSURE_ALTITUDE)
        rise_m = (double)b->pressure_altitude_m - (double)a->pressure_altitude_m;
    else if (a->flags & b->flags & AP_STATE_HAS_HEIGHT)
        rise_m = (double)b->height_m - (double)a->height_m;
    return dt_s > 0.0 && fabs(rise_m) >= config->climb_min_mps * dt_s;
}

/* Phases of one truth's states, over the window around each. */
static void find_phases(struct ap_evaluation_state *state, const ap_trajectory *trajectory)
{
    const ap_trajectory_state *states = state->truth->states;
    uint32_t end = trajectory->first + trajectory->count;
    uint32_t from = trajectory->first, to = trajectory->first;
    double half_s = state->config.phase_window_s / 2.0;
    for (uint32_t i = trajectory->first; i < end; i++) {
        ap_utc_ns time = states[i].time_utc;
        while (ap_seconds_between(states[from].time_utc, time) > half_s)
            from++;
        while (to + 1 < end && ap_seconds_between(time, states[to + 1].time_utc) <= half_s)
            to++;
        uint32_t a = from, b = to;
        if (a == b) { /* sampled more coarsely than the window */
            a -= a > trajectory->first;
            b += b + 1 < end;
        }
        double dt_s = ap_seconds_between(states[a].time_utc, states[b].time_utc);
        unsigned phase = 0;
        if (is_turning(&state->config, &states[a], &states[b], dt_s))
            phase |= PHASE_TURNING;
        if (is_climbing(&state->config, &states[i], &states[a], &states[b], dt_s))
            phase |= PHASE_CLIMBING;
        if (states[i].flags & AP_STATE_ON_GROUND)
            phase |= PHASE_GROUND;
        state->phase[i] = (uint8_t)phase;
    }
}

static bool altitude_error(const ap_motion_point *truth, const ap_motion_point *track,
                           double *error_m)
{
    uint32_t both = truth->flags & track->flags;
    if (both & AP_STATE_HAS_PRESSURE_ALTITUDE)
        *error_m = track->pressure_altitude_m - truth->pressure_altitude_m;
    else if (both & AP_STATE_HAS_HEIGHT)
        *error_m = track->height_m - truth->height_m;
    else
        return false;
    return true;
}

typedef struct nees_sums {
    double position, full, vertical;
    uint64_t position_count, full_count, vertical_count, refused_count;
} nees_sums;

typedef struct covariance4 {
    double P[4][4];
} covariance4;

/* As a matrix; where no velocity's is known, of independent unit ones. */
static covariance4 matrix_of(const ap_trajectory_covariance *c, bool has_velocity)
{
    covariance4 m = { .P = { { c->east_m2, c->east_north_m2, 0.0, 0.0 },
                             { c->east_north_m2, c->north_m2, 0.0, 0.0 },
                             { 0.0, 0.0, 1.0, 0.0 },
                             { 0.0, 0.0, 0.0, 1.0 } } };
    if (!has_velocity)
        return m;
    for (int i = 0; i < 2; i++) {
        m.P[0][2 + i] = m.P[2 + i][0] = (double)c->east_velocity_m2ps[i];
        m.P[1][2 + i] = m.P[2 + i][1] = (double)c->north_velocity_m2ps[i];
    }
    m.P[2][2] = (double)c->velocity_east_m2ps2;
    m.P[3][3] = (double)c->velocity_north_m2ps2;
    m.P[2][3] = m.P[3][2] = (double)c->velocity_east_north_m2ps2;
    return m;
}

/* e' P^-1 e of a report in 2, 4 and 1 dimensions, as far as its covariance goes. */
static float add_nees(nees_sums *sums, const ap_trajectory_covariance *c, double error[4],
                      const ap_evaluation_report *report)
{
    if (report->flags & AP_REPORT_HAS_ALTITUDE && (double)c->vertical_m2 > 0.0) {
        double error_m = (double)report->altitude_m;
        sums->vertical += error_m * error_m / (double)c->vertical_m2;
        sums->vertical_count++;
    }
    if (!(c->east_m2 > 0.0 && c->north_m2 > 0.0))
        return NAN;
    bool has_velocity = (double)c->velocity_east_m2ps2 > 0.0 &&
                        (double)c->velocity_north_m2ps2 > 0.0 &&
                        report->flags & AP_REPORT_HAS_VELOCITY;
    const covariance4 m = matrix_of(c, has_velocity);
    if (!ap_whiten(m.P, error)) {
        sums->refused_count++;
        return NAN;
    }
    double position = error[0] * error[0] + error[1] * error[1];
    sums->position += position;
    sums->position_count++;
    if (has_velocity) {
        sums->full += position + error[2] * error[2] + error[3] * error[3];
        sums->full_count++;
    }
    return (float)position;
}

static uint8_t range_bucket(const struct ap_evaluation_state *state, const ap_motion_point *point)
{
    const ap_evaluation_config *config = &state->config;
    uint8_t bucket = 0;
    if (!config->has_reference)
        return 0;
    double range_m = ap_evaluation_range_m(state->truth->frame, &config->reference, point);
    while (bucket < config->range_count && range_m > config->range_edge_m[bucket])
        bucket++;
    return bucket;
}

/* Parts that need a direction: across is to the right of the truth's velocity. */
static void add_direction(ap_evaluation_report *report, const ap_motion_point *truth,
                          const ap_motion_point *track, double east_m, double north_m)
{
    double speed_mps = hypot(truth->east_mps, truth->north_mps);
    double u = truth->east_mps / speed_mps, v = truth->north_mps / speed_mps;
    report->flags |= AP_REPORT_HAS_DIRECTION;
    report->along_m = (float)(east_m * u + north_m * v);
    report->across_m = (float)(east_m * v - north_m * u);
    double cross = truth->north_mps * track->east_mps - truth->east_mps * track->north_mps;
    double dot = truth->north_mps * track->north_mps + truth->east_mps * track->east_mps;
    report->track_angle_rad = (float)atan2(cross, dot); /* clockwise */
}

static void hold_against(struct ap_evaluation_state *state, ap_evaluation_report *report,
                         const ap_motion_point *truth, uint8_t phase, nees_sums *nees)
{
    const ap_trajectory_state *s = &state->tracks->states[report->state];
    ap_motion_point track = ap_motion_at(state->tracks->frame, s);
    double error[4], altitude_m = 0.0;
    ap_motion_offset(state->truth->frame, truth, &track, &error[0], &error[1]);
    error[2] = track.east_mps - truth->east_mps;
    error[3] = track.north_mps - truth->north_mps;
    double truth_speed_mps = hypot(truth->east_mps, truth->north_mps);
    report->east_m = (float)error[0];
    report->north_m = (float)error[1];
    report->truth_speed_mps = (float)truth_speed_mps;
    unsigned flags = ap_evaluation_identity(state, truth->identity, s->identity);
    flags |= s->flags & AP_STATE_COASTING ? AP_REPORT_COASTING : 0u;
    flags |= phase & PHASE_TURNING ? AP_REPORT_TURNING : 0u;
    flags |= phase & PHASE_CLIMBING ? AP_REPORT_CLIMBING : 0u;
    flags |= phase & PHASE_GROUND ? AP_REPORT_GROUND : 0u;
    if (altitude_error(truth, &track, &altitude_m))
        flags |= AP_REPORT_HAS_ALTITUDE;
    report->altitude_m = (float)altitude_m;
    uint32_t both = truth->flags & s->flags;
    if (both & AP_STATE_HAS_CLIMB) {
        flags |= AP_REPORT_HAS_CLIMB;
        report->climb_mps = (float)(track.up_mps - truth->up_mps);
    }
    report->flags |= (uint16_t)flags;
    if (both & AP_STATE_HAS_VELOCITY) {
        report->flags |= AP_REPORT_HAS_VELOCITY;
        report->velocity_mps = (float)hypot(error[2], error[3]);
        report->speed_mps = (float)(hypot(track.east_mps, track.north_mps) - truth_speed_mps);
    }
    if (truth_speed_mps >= state->config.speed_min_mps)
        add_direction(report, truth, &track, error[0], error[1]);
    if (state->tracks->covariances != NULL && !(report->flags & AP_REPORT_REDUNDANT))
        report->nees_position =
            add_nees(nees, &state->tracks->covariances[report->state], error, report);
    report->range_bucket = range_bucket(state, truth);
}

static void report_segment(struct ap_evaluation_state *state, const ap_segment *segment,
                           nees_sums *nees)
{
    const ap_trajectory *track = &state->tracks->trajectories[segment->track];
    ap_utc_ns after =
        segment->first > 0 ? ap_evaluation_time(state, segment->first - 1) : state->start - 1;
    ap_utc_ns last = ap_evaluation_time(state, segment->last);
    uint32_t end = track->first + track->count;
    const ap_trajectory *truth = NULL;
    uint32_t cursor = 0;
    for (uint32_t i = ap_motion_after(state->tracks, track, after);
         i < end && state->tracks->states[i].time_utc <= last; i++) {
        ap_utc_ns time = state->tracks->states[i].time_utc;
        ap_evaluation_report *report = &state->reports[state->report_count];
        *report = (ap_evaluation_report){
            .time_utc = time, .truth = AP_TRAJECTORY_NONE, .state = i, .nees_position = NAN
        };
        if (segment->kind == AP_SEGMENT_FALSE) {
            state->report_count++;
            continue;
        }
        if (truth == NULL) {
            truth = &state->truth->trajectories[segment->truth];
            cursor = ap_motion_after(state->truth, truth, time);
            cursor -= cursor > truth->first;
        }
        ap_motion_point point;
        if (!ap_motion_find(state->truth, truth, time, state->config.truth_gap_s, &cursor, &point))
            continue; /* before the truth began: at the instant it had */
        report->truth = segment->truth;
        report->flags = segment->kind == AP_SEGMENT_NEAR ? AP_REPORT_REDUNDANT : 0;
        hold_against(state, report, &point, state->phase[cursor], nees);
        state->report_count++;
    }
}

/* By truth, then by time; the false ones last. */
static void sort_reports(struct ap_evaluation_state *state)
{
    uint32_t truths = state->truth->trajectory_count;
    uint32_t *order = state->report_order, *scratch = order + state->report_cap;
    uint32_t false_count = 0;
    for (size_t i = 0; i < state->report_count; i++) {
        if (state->reports[i].truth == AP_TRAJECTORY_NONE)
            false_count++;
        else
            state->targets[state->reports[i].truth].report_count++;
    }
    uint32_t first = 0;
    for (uint32_t i = 0; i < truths; i++) {
        state->targets[i].report_first = first;
        first += state->targets[i].report_count;
        state->targets[i].report_count = 0;
    }
    state->false_first = first;
    uint32_t false_at = first;
    for (uint32_t i = 0; i < state->report_count; i++) {
        uint32_t truth = state->reports[i].truth;
        if (truth == AP_TRAJECTORY_NONE)
            order[false_at++] = i;
        else
            order[state->targets[truth].report_first + state->targets[truth].report_count++] = i;
    }
    for (uint32_t i = 0; i < truths; i++)
        ap_order_sort(order + state->targets[i].report_first, scratch,
                      state->targets[i].report_count, &state->reports[0].time_utc,
                      sizeof(ap_evaluation_report));
    ap_order_sort(order + first, scratch, false_count, &state->reports[0].time_utc,
                  sizeof(ap_evaluation_report));
    ap_evaluation_report row;
    ap_order_apply(order, state->report_count, state->reports, sizeof row, &row);
}

static void count_reports(struct ap_evaluation_state *state)
{
    ap_evaluation_result *result = &state->result;
    result->false_count = state->report_count - state->false_first;
    for (size_t i = 0; i < state->false_first; i++) {
        result->redundant_count += (state->reports[i].flags & AP_REPORT_REDUNDANT) != 0;
        result->coasting_count += (state->reports[i].flags & AP_REPORT_COASTING) != 0;
    }
    result->report_count = state->false_first;
    result->states_unused_count = state->tracks->state_count - state->report_count;
    if (state->report_count > 0)
        result->false_report_share = (double)result->false_count / (double)state->report_count;
    if (state->false_first > 0)
        result->redundant_share = (double)result->redundant_count / (double)state->false_first;
}

void ap_evaluation_make_reports(struct ap_evaluation_state *state)
{
    for (uint32_t i = 0; i < state->truth->trajectory_count; i++)
        find_phases(state, &state->truth->trajectories[i]);
    nees_sums nees = { 0 };
    for (uint32_t i = 0; i < state->segment_count; i++)
        if (state->segments[i].kind != AP_SEGMENT_OUTSIDE)
            report_segment(state, &state->segments[i], &nees);
    sort_reports(state);
    count_reports(state);
    ap_evaluation_result *result = &state->result;
    result->nees_position = ap_nees_of(nees.position_count, 2, nees.position);
    result->nees_state = ap_nees_of(nees.full_count, 4, nees.full);
    result->nees_vertical = ap_nees_of(nees.vertical_count, 1, nees.vertical);
    result->covariance_refused_count = nees.refused_count;
}

bool ap_evaluation_error_of(const ap_evaluation_report *report, ap_evaluation_error_kind kind,
                            float *error)
{
    bool has_direction = (report->flags & AP_REPORT_HAS_DIRECTION) != 0;
    bool has_velocity = (report->flags & AP_REPORT_HAS_VELOCITY) != 0;
    if (report->flags & AP_REPORT_REDUNDANT)
        return false;
    switch (kind) {
    case AP_EVALUATION_POSITION:
        *error = (float)hypot((double)report->east_m, (double)report->north_m);
        return true;
    case AP_EVALUATION_ALONG:
        *error = report->along_m;
        return has_direction;
    case AP_EVALUATION_ACROSS:
        *error = report->across_m;
        return has_direction;
    case AP_EVALUATION_ALTITUDE:
        *error = report->altitude_m;
        return (report->flags & AP_REPORT_HAS_ALTITUDE) != 0;
    case AP_EVALUATION_VELOCITY:
        *error = report->velocity_mps;
        return has_velocity;
    case AP_EVALUATION_SPEED:
        *error = report->speed_mps;
        return has_velocity;
    case AP_EVALUATION_TRACK_ANGLE:
        *error = report->track_angle_rad;
        return has_velocity && has_direction;
    case AP_EVALUATION_CLIMB_RATE:
        *error = report->climb_mps;
        return (report->flags & AP_REPORT_HAS_CLIMB) != 0;
    case AP_EVALUATION_LATENCY:
        *error = has_direction ? -report->along_m / report->truth_speed_mps : 0.0f;
        return has_direction;
    case AP_EVALUATION_ERROR_COUNT:
        break;
    }
    return false;
}

bool ap_evaluation_in_phase(const ap_evaluation_report *report, ap_phase phase)
{
    switch (phase) {
    case AP_PHASE_STRAIGHT:
        return !(report->flags & AP_REPORT_TURNING);
    case AP_PHASE_TURNING:
        return (report->flags & AP_REPORT_TURNING) != 0;
    case AP_PHASE_LEVEL:
        return !(report->flags & AP_REPORT_CLIMBING);
    case AP_PHASE_CLIMBING:
        return (report->flags & AP_REPORT_CLIMBING) != 0;
    case AP_PHASE_GROUND:
        return (report->flags & AP_REPORT_GROUND) != 0;
    case AP_PHASE_ALL:
    case AP_PHASE_COUNT:
        break;
    }
    return true;
}

static void summarise_phases(struct ap_evaluation_state *state, ap_evaluation_error_kind kind)
{
    for (int phase = 0; phase < AP_PHASE_COUNT; phase++) {
        size_t count = 0;
        for (size_t i = 0; i < state->false_first; i++) {
            const ap_evaluation_report *report = &state->reports[i];
            if (ap_evaluation_in_phase(report, (ap_phase)phase))
                count += ap_evaluation_error_of(report, kind, &state->column[count]);
        }
        state->result.errors[phase][kind] = ap_summary_of(count, state->column, state->bins);
    }
}

static void summarise_ranges(struct ap_evaluation_state *state, ap_evaluation_error_kind kind)
{
    for (size_t bucket = 0; bucket < state->result.range_bucket_count; bucket++) {
        size_t count = 0;
        for (size_t i = 0; i < state->false_first; i++)
            if (state->reports[i].range_bucket == bucket)
                count += ap_evaluation_error_of(&state->reports[i], kind, &state->column[count]);
        state->result.by_range[bucket][kind] = ap_summary_of(count, state->column, state->bins);
    }
}

/* What a truth's own reports say, into its row. */
static void summarise_target(const struct ap_evaluation_state *state, ap_evaluation_target *row)
{
    const ap_target_sums *target = &state->targets[row->truth];
    const ap_evaluation_report *reports = &state->reports[target->report_first];
    double square = 0.0;
    uint32_t own_count = 0;
    ap_utc_ns latest = AP_UTC_UNKNOWN;
    row->report_count = target->report_count;
    for (uint32_t i = 0; i < target->report_count; i++) {
        double distance_m = hypot((double)reports[i].east_m, (double)reports[i].north_m);
        if (reports[i].flags & AP_REPORT_REDUNDANT)
            continue;
        own_count++;
        square += distance_m * distance_m;
        if (distance_m >= row->position_max_m) {
            row->position_max_m = distance_m;
            row->position_max_time = reports[i].time_utc;
        }
        if (latest != AP_UTC_UNKNOWN)
            row->gap_max_s = fmax(row->gap_max_s, ap_seconds_between(latest, reports[i].time_utc));
        latest = reports[i].time_utc;
    }
    if (own_count > 0)
        row->position_rms_m = sqrt(square / own_count);
}

/* When a truth came into what is scored: at its first instant, or between that and the one before
 * where it begins there. */
static ap_utc_ns entry_of(const struct ap_evaluation_state *state, const ap_target_sums *target,
                          const ap_trajectory *truth)
{
    ap_utc_ns first = ap_evaluation_time(state, target->first_instant);
    ap_utc_ns begin = state->truth->states[truth->first].time_utc;
    return begin > first - state->step_ns && begin < first ? begin : first;
}

/* Delays of a truth that comes, or ends, while instants are scored. */
static void find_delays(const struct ap_evaluation_state *state, ap_evaluation_target *row)
{
    const ap_target_sums *target = &state->targets[row->truth];
    const ap_trajectory *truth = &state->truth->trajectories[row->truth];
    ap_utc_ns end = state->truth->states[truth->first + truth->count - 1].time_utc;
    const ap_evaluation_report *reports = &state->reports[target->report_first];
    bool is_seen = target->report_count > 0;
    row->birth_delay_s = row->drop_delay_s = NAN;
    if (target->first_instant > 0) {
        ap_utc_ns entry = entry_of(state, target, truth);
        row->birth_delay_s =
            is_seen ? fmax(ap_seconds_between(entry, reports[0].time_utc), 0.0) : INFINITY;
    }
    if (!is_seen)
        return;
    const ap_evaluation_report *last = &reports[target->report_count - 1];
    uint32_t track = state->tracks->states[last->state].trajectory;
    const ap_trajectory *trajectory = &state->tracks->trajectories[track];
    ap_utc_ns dropped = state->tracks->states[trajectory->first + trajectory->count - 1].time_utc;
    if (end < ap_evaluation_time(state, state->instant_cap - 1))
        row->drop_delay_s = fmax(ap_seconds_between(end, dropped), 0.0);
}

static ap_error_summary summarise_delays(struct ap_evaluation_state *state, bool of_drops)
{
    size_t count = 0;
    for (size_t i = 0; i < state->target_row_count; i++) {
        const ap_evaluation_target *row = &state->target_rows[i];
        double delay_s = of_drops ? row->drop_delay_s : row->birth_delay_s;
        if (isfinite(delay_s))
            state->column[count++] = (float)delay_s;
    }
    return ap_summary_of(count, state->column, state->bins);
}

void ap_evaluation_summarise(struct ap_evaluation_state *state)
{
    ap_evaluation_result *result = &state->result;
    result->range_bucket_count = state->config.has_reference ? state->config.range_count + 1 : 0;
    for (int kind = 0; kind < AP_EVALUATION_ERROR_COUNT; kind++) {
        summarise_phases(state, (ap_evaluation_error_kind)kind);
        summarise_ranges(state, (ap_evaluation_error_kind)kind);
    }
    for (size_t i = 0; i < state->target_row_count; i++) {
        summarise_target(state, &state->target_rows[i]);
        find_delays(state, &state->target_rows[i]);
        result->unseen_count += state->target_rows[i].report_count == 0;
    }
    result->birth_delay = summarise_delays(state, false);
    result->drop_delay = summarise_delays(state, true);
    const ap_error_summary *latency = &result->errors[AP_PHASE_ALL][AP_EVALUATION_LATENCY];
    result->notes[AP_EVALUATION_NOTE_CLOCK_OFFSET] = latency->count >= 30 &&
                                                     fabs(latency->mean) >= 1.0 &&
                                                     latency->rms < 2.0 * fabs(latency->mean);
}
