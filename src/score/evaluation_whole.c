/* Rows of requirements that are about the picture as a whole, not about one flight each. */
#include <math.h>

#include "airpicture/geo.h"
#include "score/evaluation_tally.h"
#include "score/order.h"

#define RATE_HOURS_MIN 1.0
#define PROXIMATE_LOOKS 360.0 /* instants at which pairs are sought ... */
#define PROXIMATE_PAIRS 2e8   /* ... or fewer, so that no more pairs are looked at */
#define NEAR_LOOKS 32u        /* of a false track, spread over its life */

/* Flights that are there at an instant and have a report not older than max_age_s: where they are,
 * and in age_s how old it is. Returns how many. */
static uint32_t find_reported(struct ap_evaluation_state *state, uint32_t instant)
{
    ap_utc_ns time = ap_evaluation_time(state, instant);
    ap_instant_side *now = &state->truths_now; /* free by now */
    uint32_t count = 0;
    for (size_t i = 0; i < state->target_row_count; i++) {
        uint32_t truth = state->target_rows[i].truth;
        const ap_target_sums *target = &state->targets[truth];
        if (instant < target->first_instant || instant > target->last_instant)
            continue;
        uint32_t low = target->report_first, end = low + target->report_count, high = end;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (state->reports[middle].time_utc <= time)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == target->report_first)
            continue;
        double age_s = ap_seconds_between(state->reports[low - 1].time_utc, time);
        const ap_trajectory_state *s = &state->tracks->states[state->reports[low - 1].state];
        if (age_s > state->config.max_age_s)
            continue;
        now->point[count] = ap_motion_ahead(state->tracks->frame, s, age_s);
        now->age_s[count++] = age_s;
    }
    return count;
}

static void add_proximate(struct ap_evaluation_state *state, const ap_requirement *row,
                          uint32_t count, ap_tally *t)
{
    const ap_instant_side *now = &state->truths_now;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = i + 1; j < count; j++) {
            double east_m, north_m;
            ap_motion_offset(state->tracks->frame, &now->point[i], &now->point[j], &east_m,
                             &north_m);
            if (fabs(north_m) <= row->threshold && hypot(east_m, north_m) <= row->threshold)
                ap_tally_add(state, row, t, now->age_s[i] - now->age_s[j]);
        }
}

/* Pairs of flights near each other, at instants spread over the run. */
static void require_proximate(struct ap_evaluation_state *state, const ap_requirement *row,
                              ap_requirement_result *result)
{
    double flights = (double)state->target_row_count;
    double looks = fmin(PROXIMATE_LOOKS, PROXIMATE_PAIRS / (flights * flights / 2.0 + 1.0));
    looks = fmin(fmax(looks, 1.0), (double)state->instant);
    ap_tally t = { 0 };
    for (uint32_t i = 0; i < (uint32_t)looks; i++) {
        uint32_t instant = (uint32_t)((double)state->instant * (i + 0.5) / looks);
        uint32_t count = find_reported(state, instant);
        add_proximate(state, row, count, &t);
    }
    ap_tally_conclude(state, row, &t, result);
}

static double hours_of(const struct ap_evaluation_state *state)
{
    return (double)state->instant * state->config.step_s / 3600.0;
}

static void conclude_rate(const ap_requirement *row, double hours, ap_requirement_result *result)
{
    result->flight_count = 1;
    if (!(hours > 0.0))
        return;
    result->value = (double)result->hit_count / hours;
    if (hours >= RATE_HOURS_MIN * (1.0 - 1e-9))
        result->status = ap_requirement_compare(row, result->value);
    else if (!row->at_least && (double)result->hit_count > row->limit * RATE_HOURS_MIN)
        result->status = AP_REQUIREMENT_FAIL; /* the rest of the hour cannot mend it */
}

/* Whether any truth is within `threshold` metres of a state of a track. */
static bool is_near_truth(const struct ap_evaluation_state *state, const ap_requirement *row,
                          const ap_trajectory_state *s)
{
    ap_motion_point track = ap_motion_at(state->tracks->frame, s);
    for (size_t i = 0; i < state->target_row_count; i++) {
        const ap_trajectory *truth = &state->truth->trajectories[state->target_rows[i].truth];
        uint32_t at = ap_motion_after(state->truth, truth, s->time_utc);
        at -= at > truth->first;
        ap_motion_point point;
        double east_m, north_m;
        if (!ap_motion_find(state->truth, truth, s->time_utc, state->config.truth_gap_s, &at,
                            &point))
            continue;
        ap_motion_offset(state->truth->frame, &point, &track, &east_m, &north_m);
        if (hypot(east_m, north_m) <= row->threshold)
            return true;
    }
    return false;
}

static bool comes_near(const struct ap_evaluation_state *state, const ap_requirement *row,
                       const ap_evaluation_track *track)
{
    const ap_trajectory *trajectory = &state->tracks->trajectories[track->track];
    uint32_t looks = trajectory->count < NEAR_LOOKS ? trajectory->count : NEAR_LOOKS;
    for (uint32_t i = 0; i < looks; i++) {
        uint32_t at = (uint32_t)((uint64_t)trajectory->count * i / looks);
        if (is_near_truth(state, row, &state->tracks->states[trajectory->first + at]))
            return true;
    }
    return false;
}

static void require_false_tracks(const struct ap_evaluation_state *state, const ap_requirement *row,
                                 ap_requirement_result *result)
{
    for (size_t i = 0; i < state->track_row_count; i++) {
        const ap_evaluation_track *track = &state->track_rows[i];
        result->hit_count += track->is_false && (row->quantity == AP_QUANTITY_FALSE_TRACK ||
                                                 comes_near(state, row, track));
    }
    result->sample_count = state->track_row_count;
    conclude_rate(row, hours_of(state), result);
}

static void require_switches(const struct ap_evaluation_state *state, const ap_requirement *row,
                             ap_requirement_result *result)
{
    result->hit_count = state->result.kept_switch_count;
    result->sample_count = state->result.truth_count;
    conclude_rate(row, (double)state->result.truth_count * state->config.step_s / 3600.0, result);
}

/* Cell of a false report: time window and square, as one number. Rows of squares are as high as
 * they are wide on the sphere. */
static int64_t cell_of(const struct ap_evaluation_state *state, const ap_requirement *row,
                       const ap_evaluation_report *report)
{
    ap_motion_point point =
        ap_motion_at(state->tracks->frame, &state->tracks->states[report->state]);
    double side_m = sqrt(row->area_m2), y_m = point.y, x_m = point.x;
    if (state->tracks->frame == AP_TRAJECTORY_GEODETIC) {
        y_m = point.y * AP_WGS84_A_M;
        double row_rad = (floor(y_m / side_m) + 0.5) * side_m / AP_WGS84_A_M;
        x_m = point.x * AP_WGS84_A_M * fmax(cos(row_rad), 1e-3);
    }
    double window = floor(ap_seconds_between(state->start, report->time_utc) / row->window_s);
    uint64_t w = (uint64_t)fmin(fmax(window, 0.0), 1048575.0);
    uint64_t y = (uint64_t)(fmin(fmax(floor(y_m / side_m), -1e6), 1e6) + 1048576.0);
    uint64_t x = (uint64_t)(fmin(fmax(floor(x_m / side_m), -1e6), 1e6) + 1048576.0);
    return (int64_t)(w << 42 | y << 21 | x);
}

static void require_density(struct ap_evaluation_state *state, const ap_requirement *row,
                            ap_requirement_result *result)
{
    uint32_t count = (uint32_t)(state->report_count - state->false_first);
    for (uint32_t i = 0; i < count; i++) {
        state->report_order[i] = i;
        state->report_key[i] = cell_of(state, row, &state->reports[state->false_first + i]);
    }
    ap_order_sort(state->report_order, state->report_order + state->report_cap, count,
                  state->report_key, sizeof(int64_t));
    uint64_t most = 0, run = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool same = i > 0 && state->report_key[state->report_order[i]] ==
                                 state->report_key[state->report_order[i - 1]];
        run = same ? run + 1 : 1;
        most = run > most ? run : most;
    }
    double scored_s = hours_of(state) * 3600.0;
    result->flight_count = 1;
    result->hit_count = most;
    result->sample_count = state->report_count;
    if (!(scored_s > 0.0))
        return;
    result->value = (double)most;
    bool is_whole = scored_s >= row->window_s * (1.0 - 1e-9);
    if (is_whole || (!row->at_least && result->value > row->limit))
        result->status = ap_requirement_compare(row, result->value);
}

static void require_false_reports(struct ap_evaluation_state *state, const ap_requirement *row,
                                  ap_requirement_result *result)
{
    ap_tally t = { .count = state->report_count, .hits = state->result.false_count };
    ap_tally_conclude(state, row, &t, result);
}

bool ap_evaluation_require_whole(struct ap_evaluation_state *state, const ap_requirement *row,
                                 ap_requirement_result *result)
{
    switch (row->quantity) {
    case AP_QUANTITY_FALSE_REPORT:
        require_false_reports(state, row, result);
        return true;
    case AP_QUANTITY_FALSE_REPORT_DENSITY:
        require_density(state, row, result);
        return true;
    case AP_QUANTITY_FALSE_TRACK:
    case AP_QUANTITY_FALSE_TRACK_NEAR:
        require_false_tracks(state, row, result);
        return true;
    case AP_QUANTITY_PROXIMATE_TIME:
        require_proximate(state, row, result);
        return true;
    case AP_QUANTITY_TRACK_SWITCH:
        require_switches(state, row, result);
        return true;
    default:
        return false;
    }
}
