/* Samples of the rows of requirements that one flight gives. */
#include <math.h>
#include <string.h>

#include "score/evaluation_tally.h"

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

/* The identities of a truth's state that a row is about: AP_IDENTITY_HAS_*. */
static unsigned truth_tells(const struct ap_evaluation_state *state, const ap_requirement *row,
                            uint32_t at)
{
    uint32_t identity = state->truth->states[at].identity;
    if (identity == AP_TRAJECTORY_NONE)
        return 0;
    unsigned told = state->truth->identities[identity].flags;
    if (row->identity == AP_IDENTITY_KIND_ANY)
        return told;
    return told & 1u << (row->identity - AP_IDENTITY_KIND_ADDRESS);
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
                       ap_tally *t)
{
    double error;
    for (uint32_t i = 0; i < f.report_count; i++)
        if (counts(row, &f.reports[i]) && report_error(state, row, &f.reports[i], &error))
            ap_tally_add(state, row, t, error);
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

/* Intervals of interval_s from the flight's begin to its end, as many as fit. */
static uint64_t interval_count(const ap_requirement *row, flight f)
{
    return (uint64_t)fmax(floor(ap_seconds_between(f.from, f.to) / row->interval_s + 1e-9), 0.0);
}

/* Whether interval k counts: the truth is there all the while, and tells an identity where the row
 * is about one. *at is a cursor. */
static bool is_expected(const struct ap_evaluation_state *state, const ap_requirement *row,
                        flight f, uint64_t k, uint32_t *at)
{
    ap_utc_ns from = ap_utc_add_s(f.from, (double)k * row->interval_s);
    ap_utc_ns to = ap_utc_add_s(f.from, (double)(k + 1) * row->interval_s);
    return is_present(state, f.truth, at, from, to) &&
           (row->quantity != AP_QUANTITY_IDENTITY_UPDATE || truth_tells(state, row, *at) != 0);
}

/* Intervals expected, and those with a report. */
static void add_updates(struct ap_evaluation_state *state, const ap_requirement *row, flight f,
                        ap_tally *t)
{
    uint32_t at = f.truth->first, next = 0;
    uint64_t count = interval_count(row, f);
    for (uint64_t k = 0; k < count; k++) {
        ap_utc_ns from = ap_utc_add_s(f.from, (double)k * row->interval_s);
        ap_utc_ns to = ap_utc_add_s(f.from, (double)(k + 1) * row->interval_s);
        bool hit = false;
        for (; next < f.report_count && f.reports[next].time_utc <= to; next++)
            hit |= f.reports[next].time_utc > from && is_update(row, &f.reports[next]);
        if (!is_expected(state, row, f, k, &at))
            continue;
        t->count++;
        t->hits += hit;
    }
}

/* One gap between updates: counted whole where the truth was there all the while. */
static void add_gap(struct ap_evaluation_state *state, const ap_requirement *row, flight f,
                    uint32_t *at, ap_utc_ns from, ap_utc_ns to, ap_tally *t)
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
                     ap_tally *t)
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
    uint64_t count = interval_count(row, f);
    at = f.truth->first;
    for (uint64_t k = 0; k < count; k++)
        t->count += is_expected(state, row, f, k, &at);
}

static void add_correlated(const ap_requirement *row, flight f, ap_tally *t)
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

/* Right ones of all reports whose truth tells an identity; wrong ones of the identities told. */
static void add_identities(const struct ap_evaluation_state *state, const ap_requirement *row,
                           flight f, ap_tally *t)
{
    bool of_wrong = row->quantity == AP_QUANTITY_IDENTITY_WRONG;
    uint32_t at = f.truth->first;
    for (uint32_t i = 0; i < f.report_count; i++) {
        int identity = identity_of(row, &f.reports[i]);
        at = ap_motion_seek(state->truth, f.truth, at, f.reports[i].time_utc);
        t->count += of_wrong ? identity != 0 : truth_tells(state, row, at) != 0;
        t->hits += of_wrong ? identity < 0 : identity > 0;
    }
}

/* Pressure altitudes within `threshold`, of the reports whose truth has one. */
static void add_altitudes(const struct ap_evaluation_state *state, const ap_requirement *row,
                          flight f, ap_tally *t)
{
    uint32_t at = f.truth->first;
    for (uint32_t i = 0; i < f.report_count; i++) {
        const ap_evaluation_report *report = &f.reports[i];
        at = ap_motion_seek(state->truth, f.truth, at, report->time_utc);
        if (!(state->truth->states[at].flags & AP_STATE_HAS_PRESSURE_ALTITUDE))
            continue;
        uint32_t told = state->tracks->states[report->state].flags;
        t->count++;
        t->hits += (told & AP_STATE_HAS_PRESSURE_ALTITUDE) != 0 &&
                   fabs((double)report->altitude_m) <= row->threshold;
    }
}

/* Of a row about one kind. */
static bool identity_differs(const struct ap_evaluation_state *state, const ap_requirement *row,
                             uint32_t a, uint32_t b)
{
    if (a == b || a == AP_TRAJECTORY_NONE || b == AP_TRAJECTORY_NONE)
        return false;
    const ap_trajectory_identity *x = &state->truth->identities[a];
    const ap_trajectory_identity *y = &state->truth->identities[b];
    unsigned both = x->flags & y->flags;
    if (row->identity == AP_IDENTITY_KIND_ADDRESS)
        return (both & AP_IDENTITY_HAS_ADDRESS) && x->address != y->address;
    if (row->identity == AP_IDENTITY_KIND_MODE_3A)
        return (both & AP_IDENTITY_HAS_MODE_3A) && x->mode_3a != y->mode_3a;
    return (both & AP_IDENTITY_HAS_CALLSIGN) &&
           strncmp(x->callsign, y->callsign, AP_CALLSIGN_SIZE) != 0;
}

/* Hijacking, lost radio, emergency; of an identity that is there. */
static bool is_emergency(const struct ap_evaluation_state *state, uint32_t identity)
{
    uint16_t code = state->truth->identities[identity].mode_3a;
    return code == 07500 || code == 07600 || code == 07700;
}

/* What a delay has to keep to, in seconds. */
static double delay_limit_s(const ap_requirement *row)
{
    bool is_share = row->statistic == AP_STATISTIC_BEYOND || row->statistic == AP_STATISTIC_WITHIN;
    return is_share ? row->threshold : row->limit;
}

/* What never came, though it could have for open_s: beyond any limit, unless that was too short to
 * keep to it. */
static void add_never(struct ap_evaluation_state *state, const ap_requirement *row, double open_s,
                      ap_tally *t)
{
    if (open_s >= delay_limit_s(row))
        ap_tally_add(state, row, t, INFINITY);
}

/* Until when the truth keeps the identity that it has at state i of its own. */
static ap_utc_ns identity_end(const struct ap_evaluation_state *state, const ap_requirement *row,
                              flight f, uint32_t i)
{
    const ap_trajectory_state *states = &state->truth->states[f.truth->first];
    for (uint32_t k = i + 1; k < f.truth->count && states[k].time_utc <= f.to; k++)
        if (identity_differs(state, row, states[i].identity, states[k].identity))
            return states[k].time_utc;
    return f.to + 1; /* reports at the end are in time */
}

/* From each change of the truth's identity to the first report with the new one, while the truth
 * has it. */
static void add_identity_delays(struct ap_evaluation_state *state, const ap_requirement *row,
                                flight f, ap_tally *t)
{
    const ap_trajectory_state *states = &state->truth->states[f.truth->first];
    uint32_t next = 0;
    for (uint32_t i = 1; i < f.truth->count; i++) {
        ap_utc_ns change = states[i].time_utc;
        if (!identity_differs(state, row, states[i - 1].identity, states[i].identity) ||
            change < f.from || change > f.to ||
            (row->quantity == AP_QUANTITY_EMERGENCY_DELAY &&
             !is_emergency(state, states[i].identity)))
            continue;
        ap_utc_ns end = identity_end(state, row, f, i);
        while (next < f.report_count && f.reports[next].time_utc < change)
            next++;
        uint32_t told = next;
        while (told < f.report_count && f.reports[told].time_utc < end &&
               identity_of(row, &f.reports[told]) <= 0)
            told++;
        if (told < f.report_count && f.reports[told].time_utc < end)
            ap_tally_add(state, row, t, ap_seconds_between(change, f.reports[told].time_utc));
        else
            add_never(state, row, ap_seconds_between(change, end), t);
    }
}

static void add_delay(struct ap_evaluation_state *state, const ap_requirement *row, uint32_t truth,
                      flight f, ap_tally *t)
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
    if (isinf(delay_s)) /* never seen, all its life */
        add_never(state, row, ap_seconds_between(f.from, f.to), t);
    else if (!isnan(delay_s))
        ap_tally_add(state, row, t, delay_s);
}

/* Emergencies are of codes; of any identity, each kind by itself: a right address does not tell a
 * new code. */
static void add_delays_by_kind(struct ap_evaluation_state *state, const ap_requirement *row,
                               flight f, ap_tally *t)
{
    ap_requirement of_kind = *row;
    if (row->quantity == AP_QUANTITY_EMERGENCY_DELAY)
        of_kind.identity = AP_IDENTITY_KIND_MODE_3A;
    if (of_kind.identity != AP_IDENTITY_KIND_ANY) {
        add_identity_delays(state, &of_kind, f, t);
        return;
    }
    for (int kind = AP_IDENTITY_KIND_ANY + 1; kind < AP_IDENTITY_KIND_COUNT; kind++) {
        of_kind.identity = (ap_identity_kind)kind;
        add_identity_delays(state, &of_kind, f, t);
    }
}

void ap_tally_flight(struct ap_evaluation_state *state, const ap_requirement *row, uint32_t truth,
                     ap_tally *tally)
{
    flight f = flight_of(state, truth);
    switch (row->quantity) {
    case AP_QUANTITY_UPDATE:
    case AP_QUANTITY_IDENTITY_UPDATE:
        add_updates(state, row, f, tally);
        return;
    case AP_QUANTITY_LONG_GAP:
    case AP_QUANTITY_GAP:
        add_gaps(state, row, f, tally);
        return;
    case AP_QUANTITY_CORRELATED_ERROR:
        add_correlated(row, f, tally);
        return;
    case AP_QUANTITY_IDENTITY_CORRECT:
    case AP_QUANTITY_IDENTITY_WRONG:
        add_identities(state, row, f, tally);
        return;
    case AP_QUANTITY_ALTITUDE_CORRECT:
        add_altitudes(state, row, f, tally);
        return;
    case AP_QUANTITY_IDENTITY_DELAY:
    case AP_QUANTITY_EMERGENCY_DELAY:
        add_delays_by_kind(state, row, f, tally);
        return;
    case AP_QUANTITY_BIRTH_DELAY:
    case AP_QUANTITY_DROP_DELAY:
        add_delay(state, row, truth, f, tally);
        return;
    case AP_QUANTITY_EXTRA_REPORT:
        tally->count += f.report_count;
        for (uint32_t i = 0; i < f.report_count; i++)
            tally->hits += (f.reports[i].flags & AP_REPORT_REDUNDANT) != 0;
        return;
    default:
        break;
    }
    if (ap_quantity_shape_of(row->quantity) == AP_QUANTITY_SHAPE_ERROR)
        add_errors(state, row, f, tally);
}
