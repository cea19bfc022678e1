#include <math.h>
#include <string.h>

#include "airpicture/geo.h"
#include "score/evaluation_state.h"
#include "score/order.h"
#include "score/summary.h"

#define SAMPLE_MIN 30u      /* for means: where the normal distribution begins to fit */
#define RULE_OF_THREE 3.0   /* none among n: below 3 / n with 95 % confidence */
#define SHARE_MIN_MOST 1e12 /* a limit of 0 or 1 cannot be shown by any number of samples */
#define RATE_HOURS_MIN 1.0
#define PROXIMATE_LOOKS 360.0 /* instants at which pairs are sought ... */
#define PROXIMATE_PAIRS 2e8   /* ... or fewer, so that no more pairs are looked at */
#define NEAR_LOOKS 32u        /* of a false track, spread over its life */

/* What samples of one flight, or of all, come to. */
typedef struct tally {
    uint64_t count, hits;
    double sum, magnitude_sum, square, most;
} tally;

static bool is_share(const ap_requirement *row)
{
    return ap_quantity_shape_of(row->quantity) == AP_QUANTITY_SHAPE_RATIO ||
           row->statistic == AP_STATISTIC_BEYOND || row->statistic == AP_STATISTIC_WITHIN;
}

static uint64_t sample_min(const ap_requirement *row)
{
    if (row->sample_min > 0)
        return row->sample_min;
    if (ap_quantity_shape_of(row->quantity) == AP_QUANTITY_SHAPE_RATE)
        return 0;
    double room = 1.0;
    if (is_share(row))
        room = row->at_least ? 1.0 - row->limit : row->limit;
    else if (row->statistic == AP_STATISTIC_QUANTILE)
        room = 1.0 - row->fraction;
    else
        return SAMPLE_MIN;
    if (!(room > RULE_OF_THREE / SHARE_MIN_MOST))
        return SAMPLE_MIN;
    return (uint64_t)ceil(RULE_OF_THREE / fmin(room, 1.0) - 1e-9);
}

static bool keeps_limit(const ap_requirement *row, double value)
{
    return row->at_least ? value >= row->limit : value <= row->limit;
}

static double value_of(struct ap_evaluation_state *state, const ap_requirement *row, const tally *t)
{
    double n = (double)t->count;
    if (t->count == 0)
        return NAN;
    if (is_share(row))
        return (double)t->hits / n;
    double quantile;
    switch (row->statistic) {
    case AP_STATISTIC_RMS:
        return sqrt(t->square / n);
    case AP_STATISTIC_BIAS:
        return fabs(t->sum / n);
    case AP_STATISTIC_MAX:
        return t->most;
    case AP_STATISTIC_QUANTILE:
        ap_summary_quantiles(t->count < state->column_cap ? t->count : state->column_cap,
                             state->column, 1, &row->fraction, &quantile, state->bins);
        return quantile;
    case AP_STATISTIC_MEAN:
    case AP_STATISTIC_BEYOND:
    case AP_STATISTIC_WITHIN:
    case AP_STATISTIC_COUNT:
        break;
    }
    return t->magnitude_sum / n;
}

/* Too few samples tell nothing, unless no better ones could mend it: more hits already than the
 * least number of samples allows. */
static ap_requirement_status judge(const ap_requirement *row, const tally *t, double value,
                                   uint64_t least)
{
    if (t->count == 0)
        return AP_REQUIREMENT_NOT_ENOUGH;
    if (t->count < least) {
        double bad = (double)(row->at_least ? t->count - t->hits : t->hits);
        double room = row->at_least ? 1.0 - row->limit : row->limit;
        bool is_lost = is_share(row) && bad > room * (double)least;
        return is_lost ? AP_REQUIREMENT_FAIL : AP_REQUIREMENT_NOT_ENOUGH;
    }
    return keeps_limit(row, value) ? AP_REQUIREMENT_PASS : AP_REQUIREMENT_FAIL;
}

static void add_sample(struct ap_evaluation_state *state, const ap_requirement *row, tally *t,
                       double value)
{
    double magnitude = fabs(value);
    if (row->statistic == AP_STATISTIC_BEYOND)
        t->hits += magnitude > row->threshold;
    else if (row->statistic == AP_STATISTIC_WITHIN)
        t->hits += magnitude <= row->threshold;
    if (t->count < state->column_cap)
        state->column[t->count] = (float)magnitude;
    t->magnitude_sum += magnitude;
    t->sum += value;
    t->square += value * value;
    t->most = fmax(t->most, magnitude);
    t->count++;
}

static bool counts(const ap_requirement *row, const ap_evaluation_report *report)
{
    return ap_evaluation_in_phase(report, row->phase) &&
           (double)report->truth_speed_mps >= row->speed_min_mps;
}

/* The identities told that a row is about: 0 none, 1 right, -1 wrong. */
static int identity_of(const ap_requirement *row, const ap_evaluation_report *report)
{
    unsigned told = report->flags / AP_REPORT_TOLD & 7u;
    unsigned right = report->flags / AP_REPORT_RIGHT & 7u;
    if (row->identity != AP_IDENTITY_KIND_ANY) {
        unsigned bit = 1u << (row->identity - AP_IDENTITY_KIND_ADDRESS);
        told &= bit;
        right &= bit;
    }
    if (told == 0)
        return 0;
    return right == told ? 1 : -1;
}

typedef struct flight {
    const ap_trajectory *truth;
    const ap_evaluation_report *reports;
    uint32_t report_count;
    ap_utc_ns from, to; /* what is scored of it */
} flight;

static flight flight_of(const struct ap_evaluation_state *state, uint32_t index)
{
    const ap_target_sums *target = &state->targets[index];
    const ap_trajectory *truth = &state->truth->trajectories[index];
    flight f = { .truth = truth,
                 .reports = &state->reports[target->report_first],
                 .report_count = target->report_count,
                 .from = ap_evaluation_time(state, target->first_instant),
                 .to = ap_evaluation_time(state, target->last_instant) };
    if (truth->count > 0 && target->first_instant > 0) /* it began between two instants */
        f.from = state->truth->states[truth->first].time_utc > f.from - state->step_ns &&
                         state->truth->states[truth->first].time_utc < f.from
                     ? state->truth->states[truth->first].time_utc
                     : f.from;
    return f;
}

static bool report_error(const struct ap_evaluation_state *state, const ap_requirement *row,
                         const ap_evaluation_report *report, double *error)
{
    static const ap_evaluation_error_kind kinds[AP_QUANTITY_COUNT] = {
        [AP_QUANTITY_POSITION_ERROR] = AP_EVALUATION_POSITION,
        [AP_QUANTITY_ALONG_ERROR] = AP_EVALUATION_ALONG,
        [AP_QUANTITY_ACROSS_ERROR] = AP_EVALUATION_ACROSS,
        [AP_QUANTITY_ALTITUDE_ERROR] = AP_EVALUATION_ALTITUDE,
        [AP_QUANTITY_VELOCITY_ERROR] = AP_EVALUATION_VELOCITY,
        [AP_QUANTITY_SPEED_ERROR] = AP_EVALUATION_SPEED,
        [AP_QUANTITY_SPEED_RATIO_ERROR] = AP_EVALUATION_SPEED,
        [AP_QUANTITY_TRACK_ANGLE_ERROR] = AP_EVALUATION_TRACK_ANGLE,
        [AP_QUANTITY_CLIMB_RATE_ERROR] = AP_EVALUATION_CLIMB_RATE,
        [AP_QUANTITY_LATENCY] = AP_EVALUATION_LATENCY,
    };
    float value;
    if (row->quantity == AP_QUANTITY_ALTITUDE_AGE) {
        const ap_trajectory_state *s = &state->tracks->states[report->state];
        *error = (double)s->pressure_altitude_age_s;
        return (s->flags & AP_STATE_HAS_ALTITUDE_AGE) != 0;
    }
    if (!ap_evaluation_error_of(report, kinds[row->quantity], &value))
        return false;
    *error = (double)value;
    if (row->quantity == AP_QUANTITY_SPEED_RATIO_ERROR)
        *error /= (double)report->truth_speed_mps;
    return isfinite(*error);
}

static void add_errors(struct ap_evaluation_state *state, const ap_requirement *row, flight f,
                       tally *t)
{
    double error;
    for (uint32_t i = 0; i < f.report_count; i++)
        if (counts(row, &f.reports[i]) && report_error(state, row, &f.reports[i], &error))
            add_sample(state, row, t, error);
}

/* Whether the truth has no hole in [from, to]; *at is a cursor. */
static bool is_present(const struct ap_evaluation_state *state, const ap_trajectory *truth,
                       uint32_t *at, ap_utc_ns from, ap_utc_ns to)
{
    const ap_trajectory_state *states = state->truth->states;
    uint32_t end = truth->first + truth->count;
    *at = ap_motion_seek(state->truth, truth, *at, from);
    for (uint32_t i = *at; i + 1 < end && states[i].time_utc < to; i++)
        if (ap_seconds_between(states[i].time_utc, states[i + 1].time_utc) >
            state->config.truth_gap_s)
            return false;
    return true;
}

static bool is_update(const ap_requirement *row, const ap_evaluation_report *report)
{
    if (report->flags & AP_REPORT_COASTING)
        return false;
    return row->quantity != AP_QUANTITY_IDENTITY_UPDATE || identity_of(row, report) > 0;
}

/* Whole intervals from the flight's begin on, and those with a report. */
static void add_updates(struct ap_evaluation_state *state, const ap_requirement *row, flight f,
                        tally *t)
{
    uint32_t at = f.truth->first, next = 0;
    uint64_t count =
        (uint64_t)fmax(floor(ap_seconds_between(f.from, f.to) / row->interval_s + 1e-9), 0.0);
    for (uint64_t k = 0; k < count; k++) {
        ap_utc_ns from = ap_utc_add_s(f.from, (double)k * row->interval_s);
        ap_utc_ns to = ap_utc_add_s(f.from, (double)(k + 1) * row->interval_s);
        bool hit = false;
        for (; next < f.report_count && f.reports[next].time_utc <= to; next++)
            hit |= f.reports[next].time_utc > from && is_update(row, &f.reports[next]);
        if (!is_present(state, f.truth, &at, from, to))
            continue;
        t->count++;
        t->hits += hit;
    }
}

/* One gap between updates: counted whole where the truth was there all the while. */
static void add_gap(struct ap_evaluation_state *state, const ap_requirement *row, flight f,
                    uint32_t *at, ap_utc_ns from, ap_utc_ns to, tally *t)
{
    double gap_s = ap_seconds_between(from, to);
    if (gap_s <= row->threshold || !is_present(state, f.truth, at, from, to))
        return;
    if (row->quantity == AP_QUANTITY_GAP)
        t->hits += row->threshold_2 == 0.0 || gap_s <= row->threshold_2;
    else /* updates due strictly inside it */
        t->hits += (uint64_t)fmax(ceil(gap_s / row->interval_s - 1e-9) - 1.0, 0.0);
}

static void add_gaps(struct ap_evaluation_state *state, const ap_requirement *row, flight f,
                     tally *t)
{
    uint32_t at = f.truth->first;
    ap_utc_ns latest = f.from;
    for (uint32_t i = 0; i < f.report_count; i++) {
        if (!is_update(row, &f.reports[i]) || f.reports[i].time_utc < latest)
            continue;
        add_gap(state, row, f, &at, latest, f.reports[i].time_utc, t);
        latest = f.reports[i].time_utc;
    }
    if (f.to > latest)
        add_gap(state, row, f, &at, latest, f.to, t);
    t->count +=
        (uint64_t)fmax(floor(ap_seconds_between(f.from, f.to) / row->interval_s + 1e-9), 0.0);
}

static void add_correlated(const ap_requirement *row, flight f, tally *t)
{
    uint32_t run = 0;
    const ap_evaluation_report *before = NULL;
    for (uint32_t i = 0; i <= f.report_count; i++) {
        const ap_evaluation_report *report = i < f.report_count ? &f.reports[i] : NULL;
        bool is_beyond = report != NULL &&
                         hypot((double)report->east_m, (double)report->north_m) > row->threshold;
        bool is_same_side =
            is_beyond && run > 0 &&
            before->east_m * report->east_m + before->north_m * report->north_m > 0.0f;
        if (is_same_side) {
            run++;
        } else {
            t->hits += run >= row->run_length ? run : 0;
            run = is_beyond;
        }
        before = report;
    }
    t->count += f.report_count;
}

static void add_identities(const ap_requirement *row, flight f, tally *t)
{
    for (uint32_t i = 0; i < f.report_count; i++) {
        int identity = identity_of(row, &f.reports[i]);
        t->count += identity != 0;
        t->hits += row->quantity == AP_QUANTITY_IDENTITY_WRONG ? identity < 0 : identity > 0;
    }
}

static bool identity_differs(const struct ap_evaluation_state *state, const ap_requirement *row,
                             uint32_t a, uint32_t b)
{
    if (a == b || a == AP_TRAJECTORY_NONE || b == AP_TRAJECTORY_NONE)
        return false;
    const ap_trajectory_identity *x = &state->truth->identities[a];
    const ap_trajectory_identity *y = &state->truth->identities[b];
    unsigned both = x->flags & y->flags;
    bool any = row->identity == AP_IDENTITY_KIND_ANY;
    if ((any || row->identity == AP_IDENTITY_KIND_ADDRESS) && both & AP_IDENTITY_HAS_ADDRESS &&
        x->address != y->address)
        return true;
    if ((any || row->identity == AP_IDENTITY_KIND_MODE_3A) && both & AP_IDENTITY_HAS_MODE_3A &&
        x->mode_3a != y->mode_3a)
        return true;
    return (any || row->identity == AP_IDENTITY_KIND_CALLSIGN) && both & AP_IDENTITY_HAS_CALLSIGN &&
           strncmp(x->callsign, y->callsign, AP_CALLSIGN_SIZE) != 0;
}

/* From each change of the truth's identity to the first report with the new one; one that never
 * came took until the end. */
static void add_identity_delays(struct ap_evaluation_state *state, const ap_requirement *row,
                                flight f, tally *t)
{
    const ap_trajectory_state *states = &state->truth->states[f.truth->first];
    uint32_t next = 0;
    for (uint32_t i = 1; i < f.truth->count; i++) {
        if (!identity_differs(state, row, states[i - 1].identity, states[i].identity) ||
            states[i].time_utc < f.from || states[i].time_utc > f.to)
            continue;
        ap_utc_ns change = states[i].time_utc, told = f.to;
        while (next < f.report_count && f.reports[next].time_utc < change)
            next++;
        for (uint32_t k = next; k < f.report_count; k++)
            if (identity_of(row, &f.reports[k]) > 0) {
                told = f.reports[k].time_utc;
                break;
            }
        add_sample(state, row, t, ap_seconds_between(change, told));
    }
}

static void add_delay(struct ap_evaluation_state *state, const ap_requirement *row, uint32_t truth,
                      tally *t)
{
    size_t low = 0, high = state->target_row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (state->target_rows[middle].truth < truth)
            low = middle + 1;
        else
            high = middle;
    }
    const ap_evaluation_target *target = &state->target_rows[low];
    double delay_s =
        row->quantity == AP_QUANTITY_BIRTH_DELAY ? target->birth_delay_s : target->drop_delay_s;
    if (isfinite(delay_s))
        add_sample(state, row, t, delay_s);
}

static void add_flight(struct ap_evaluation_state *state, const ap_requirement *row, uint32_t truth,
                       tally *t)
{
    flight f = flight_of(state, truth);
    switch (row->quantity) {
    case AP_QUANTITY_UPDATE:
    case AP_QUANTITY_IDENTITY_UPDATE:
        add_updates(state, row, f, t);
        return;
    case AP_QUANTITY_LONG_GAP:
    case AP_QUANTITY_GAP:
        add_gaps(state, row, f, t);
        return;
    case AP_QUANTITY_CORRELATED_ERROR:
        add_correlated(row, f, t);
        return;
    case AP_QUANTITY_IDENTITY_CORRECT:
    case AP_QUANTITY_IDENTITY_WRONG:
        add_identities(row, f, t);
        return;
    case AP_QUANTITY_IDENTITY_DELAY:
        add_identity_delays(state, row, f, t);
        return;
    case AP_QUANTITY_BIRTH_DELAY:
    case AP_QUANTITY_DROP_DELAY:
        add_delay(state, row, truth, t);
        return;
    case AP_QUANTITY_EXTRA_REPORT:
        t->count += f.report_count;
        for (uint32_t i = 0; i < f.report_count; i++)
            t->hits += (f.reports[i].flags & AP_REPORT_REDUNDANT) != 0;
        return;
    default:
        break;
    }
    if (ap_quantity_shape_of(row->quantity) == AP_QUANTITY_SHAPE_ERROR)
        add_errors(state, row, f, t);
}

/* Flights at an instant that have a report not older than max_age_s: where they are, and in age_s
 * how old it is. Returns how many. */
static uint32_t find_reported(struct ap_evaluation_state *state, ap_utc_ns time)
{
    ap_instant_side *now = &state->truths_now; /* free by now */
    uint32_t count = 0;
    for (size_t i = 0; i < state->target_row_count; i++) {
        uint32_t truth = state->target_rows[i].truth;
        const ap_target_sums *target = &state->targets[truth];
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
                          uint32_t count, tally *t)
{
    const ap_instant_side *now = &state->truths_now;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = i + 1; j < count; j++) {
            double east_m, north_m;
            ap_motion_offset(state->tracks->frame, &now->point[i], &now->point[j], &east_m,
                             &north_m);
            if (fabs(north_m) <= row->threshold && hypot(east_m, north_m) <= row->threshold)
                add_sample(state, row, t, now->age_s[i] - now->age_s[j]);
        }
}

/* Pairs of flights near each other, at instants spread over the run. */
static void require_proximate(struct ap_evaluation_state *state, const ap_requirement *row,
                              ap_requirement_result *result)
{
    double flights = (double)state->target_row_count;
    double looks = fmin(PROXIMATE_LOOKS, PROXIMATE_PAIRS / (flights * flights / 2.0 + 1.0));
    looks = fmin(fmax(looks, 1.0), (double)state->instant);
    tally t = { 0 };
    for (uint32_t i = 0; i < (uint32_t)looks; i++) {
        uint32_t instant = (uint32_t)((double)state->instant * (i + 0.5) / looks);
        uint32_t count = find_reported(state, ap_evaluation_time(state, instant));
        add_proximate(state, row, count, &t);
    }
    result->value = value_of(state, row, &t);
    result->sample_count = t.count;
    result->hit_count = t.hits;
    result->flight_count = 1;
    result->status = judge(row, &t, result->value, result->sample_min);
}

static void require_all(struct ap_evaluation_state *state, const ap_requirement *row,
                        ap_requirement_result *result)
{
    tally t = { 0 };
    for (size_t i = 0; i < state->target_row_count; i++)
        add_flight(state, row, state->target_rows[i].truth, &t);
    result->value = value_of(state, row, &t);
    result->sample_count = t.count;
    result->hit_count = t.hits;
    result->flight_count = 1;
    result->status = judge(row, &t, result->value, result->sample_min);
}

static bool is_worse(const ap_requirement *row, double value, double than)
{
    return isnan(than) || (row->at_least ? value < than : value > than);
}

static void require_each(struct ap_evaluation_state *state, const ap_requirement *row,
                         ap_requirement_result *result)
{
    for (size_t i = 0; i < state->target_row_count; i++) {
        tally t = { 0 };
        add_flight(state, row, state->target_rows[i].truth, &t);
        double value = value_of(state, row, &t);
        ap_requirement_status status = judge(row, &t, value, result->sample_min);
        if (status == AP_REQUIREMENT_NOT_ENOUGH) {
            result->flight_short_count++;
            continue;
        }
        result->flight_count++;
        result->flight_fail_count += status == AP_REQUIREMENT_FAIL;
        if (!is_worse(row, value, result->value))
            continue;
        result->value = value;
        result->sample_count = t.count;
        result->hit_count = t.hits;
        result->worst_truth = state->target_rows[i].id;
    }
    if (result->flight_count > 0)
        result->status = result->flight_fail_count > 0 ? AP_REQUIREMENT_FAIL : AP_REQUIREMENT_PASS;
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
        result->status =
            keeps_limit(row, result->value) ? AP_REQUIREMENT_PASS : AP_REQUIREMENT_FAIL;
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
        const ap_trajectory_state *states = state->truth->states;
        uint32_t low = truth->first, high = truth->first + truth->count;
        while (high - low > 1) {
            uint32_t middle = low + (high - low) / 2;
            if (states[middle].time_utc <= s->time_utc)
                low = middle;
            else
                high = middle;
        }
        ap_motion_point point;
        double east_m, north_m;
        if (!ap_motion_find(state->truth, truth, s->time_utc, state->config.truth_gap_s, &low,
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
        result->status =
            keeps_limit(row, result->value) ? AP_REQUIREMENT_PASS : AP_REQUIREMENT_FAIL;
}

ap_requirement_result ap_evaluation_require(ap_evaluation *evaluation, const ap_requirement *row)
{
    struct ap_evaluation_state *state = evaluation->state;
    ap_requirement_result result = { .status = AP_REQUIREMENT_NOT_ENOUGH, .value = NAN };
    if (ap_requirement_fault(row) != NULL || row->quantity == AP_QUANTITY_NOT_MEASURED ||
        state->stage != AP_STAGE_DONE)
        return result;
    result.sample_min = sample_min(row);
    switch (row->quantity) {
    case AP_QUANTITY_FALSE_REPORT: {
        tally t = { .count = state->report_count, .hits = state->result.false_count };
        result.value = value_of(state, row, &t);
        result.sample_count = t.count;
        result.hit_count = t.hits;
        result.flight_count = 1;
        result.status = judge(row, &t, result.value, result.sample_min);
        break;
    }
    case AP_QUANTITY_FALSE_REPORT_DENSITY:
        require_density(state, row, &result);
        break;
    case AP_QUANTITY_FALSE_TRACK:
    case AP_QUANTITY_FALSE_TRACK_NEAR:
        require_false_tracks(state, row, &result);
        break;
    case AP_QUANTITY_PROXIMATE_TIME:
        require_proximate(state, row, &result);
        break;
    case AP_QUANTITY_TRACK_SWITCH:
        require_switches(state, row, &result);
        break;
    default:
        if (row->scope == AP_SCOPE_FLIGHT)
            require_each(state, row, &result);
        else
            require_all(state, row, &result);
        break;
    }
    return result;
}
