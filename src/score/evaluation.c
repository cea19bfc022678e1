#include "score/evaluation.h"

#include <math.h>
#include <string.h>

#include "airpicture/geo.h"
#include "score/evaluation_state.h"
#include "score/order.h"
#include "score/summary.h"

#define INSTANT_MAX 100000000.0
#define NEAR_CAP_PER_TRAJECTORY 16u
#define NEAR_CAP_BASE 65536u

ap_evaluation_config ap_evaluation_config_default(void)
{
    return (ap_evaluation_config){ .step_s = 1.0,
                                   .until_s = INFINITY,
                                   .origin = AP_UTC_UNKNOWN,
                                   .cutoff_m = 1000.0,
                                   .power = 2,
                                   .hold_m = 1000.0,
                                   .release_s = 10.0,
                                   .max_age_s = 10.0,
                                   .truth_gap_s = 30.0,
                                   .switch_m = 1000.0,
                                   .siap_gate_m = 1000.0,
                                   .nees_age_s = 0.05,
                                   .speed_min_mps = 3.0,
                                   .turn_rate_min_radps = 0.5 * AP_RAD_PER_DEG,
                                   .climb_min_mps = 500.0 * AP_M_PER_FT / 60.0,
                                   .phase_window_s = 10.0,
                                   .edge_cap = 16000000,
                                   .segment_cap = 1000000 };
}

ap_evaluation_config ap_evaluation_config_bench(void)
{
    ap_evaluation_config config = ap_evaluation_config_default();
    config.step_s = 4.0;
    config.warmup_s = 40.0;
    config.origin = 0;
    config.cutoff_m = 2000.0;
    config.max_age_s = 8.5;
    config.release_s = INFINITY;
    config.switch_m = 2000.0;
    return config;
}

static bool is_positive(double value)
{
    return value > 0.0 && isfinite(value);
}

static const char *sensor_fault(const ap_evaluation_config *config)
{
    for (size_t i = 0; i < config->sensor_count; i++) {
        const ap_evaluation_sensor *s = &config->sensors[i];
        if (!is_positive(s->interval_s) || !is_positive(s->range_max_m) ||
            !is_positive(s->range_sigma_m) || !is_positive(s->azimuth_sigma_rad))
            return "a sensor's interval_s, range_max_m and sigmas must be above 0";
        if (!(s->position_sigma_m >= 0.0 && isfinite(s->position_sigma_m)))
            return "a sensor's position_sigma_m must be 0 or more";
        if (!(s->detection_probability > 0.0 && s->detection_probability <= 1.0))
            return "a sensor's detection_probability must be above 0 and at most 1";
        if (!isfinite(s->place.x_m) || !isfinite(s->place.y_m))
            return "a sensor's place is no place";
    }
    return NULL;
}

static const char *range_fault(const ap_evaluation_config *config)
{
    if (config->has_coverage && !is_positive(config->coverage_range_m))
        return "coverage_range_m must be above 0";
    if (config->has_floor && !isfinite(config->floor_m))
        return "floor_m must be finite";
    if (config->range_count > AP_EVALUATION_RANGE_CAP)
        return "range_count must be at most 16";
    for (size_t i = 0; i < config->range_count; i++)
        if (!(config->range_edge_m[i] > (i == 0 ? 0.0 : config->range_edge_m[i - 1])))
            return "range_edge_m must rise from above 0";
    return NULL;
}

const char *ap_evaluation_config_fault(const ap_evaluation_config *config)
{
    if (!(config->step_s >= 0.001 && config->step_s <= 3600.0))
        return "step_s must be between 0.001 and 3600";
    if (!(config->warmup_s >= 0.0 && config->warmup_s <= 1e9))
        return "warmup_s must be 0 or more";
    if (!(config->until_s >= config->warmup_s))
        return "until_s must not be before warmup_s";
    if (!is_positive(config->cutoff_m))
        return "cutoff_m must be above 0";
    if (config->power != 1 && config->power != 2)
        return "power must be 1 or 2";
    if (!(config->hold_m > 0.0 && config->hold_m <= config->cutoff_m))
        return "hold_m must be above 0 and at most cutoff_m";
    if (!(config->release_s > 0.0))
        return "release_s must be above 0";
    if (!(config->siap_gate_m > 0.0 && config->siap_gate_m <= config->cutoff_m))
        return "siap_gate_m must be above 0 and at most cutoff_m";
    if (!is_positive(config->max_age_s) || !is_positive(config->truth_gap_s))
        return "max_age_s and truth_gap_s must be above 0";
    if (!is_positive(config->switch_m))
        return "switch_m must be above 0";
    if (!(config->nees_age_s >= 0.0))
        return "nees_age_s must be 0 or more";
    if (!is_positive(config->speed_min_mps) || !is_positive(config->turn_rate_min_radps) ||
        !is_positive(config->climb_min_mps) || !is_positive(config->phase_window_s))
        return "speed_min_mps, turn_rate_min_radps, climb_min_mps and phase_window_s must be"
               " above 0";
    if (config->sensor_count > AP_EVALUATION_SENSOR_CAP)
        return "sensor_count must be at most 64";
    if (!(config->acceleration_psd_m2ps3 >= 0.0 && isfinite(config->acceleration_psd_m2ps3)))
        return "acceleration_psd_m2ps3 must be 0 or more";
    if (config->edge_cap < 1 || config->edge_cap > 1000000000 || config->segment_cap < 1 ||
        config->segment_cap > 100000000)
        return "edge_cap and segment_cap must be above 0";
    const char *fault = range_fault(config);
    return fault != NULL ? fault : sensor_fault(config);
}

ap_utc_ns ap_evaluation_time(const struct ap_evaluation_state *state, uint32_t instant)
{
    return state->start + (int64_t)instant * state->step_ns;
}

/* Instants from warm-up to the truth's end. */
static void plan_instants(struct ap_evaluation_state *state)
{
    const ap_evaluation_config *config = &state->config;
    ap_utc_ns first, last;
    ap_trajectory_set_span(state->truth, &first, &last);
    state->step_ns = (int64_t)floor(config->step_s * 1e9 + 0.5);
    state->instant_cap = 0;
    state->start = AP_UTC_UNKNOWN;
    if (first == AP_UTC_UNKNOWN)
        return;
    ap_utc_ns origin = config->origin == AP_UTC_UNKNOWN ? first : config->origin;
    state->start = ap_utc_add_s(origin, config->warmup_s);
    if (isfinite(config->until_s) && ap_utc_add_s(origin, config->until_s) < last)
        last = ap_utc_add_s(origin, config->until_s);
    if (state->start < first) { /* nothing to score before there is a truth */
        uint64_t steps = ((uint64_t)first - (uint64_t)state->start + (uint64_t)state->step_ns - 1) /
                         (uint64_t)state->step_ns;
        state->start = ap_utc_add_ns(state->start, (int64_t)(steps * (uint64_t)state->step_ns));
    }
    if (state->start > last)
        return;
    double count = ap_seconds_between(state->start, last) * 1e9 / (double)state->step_ns;
    state->instant_cap = (uint32_t)fmin(floor(count) + 1.0, INSTANT_MAX);
}

static void take_roster(ap_roster *roster, const ap_trajectory_set *set, ap_arena *arena)
{
    size_t count = set->trajectory_count;
    roster->set = set;
    roster->by_begin = ap_arena_take_raw(arena, count, sizeof(uint32_t));
    roster->active = ap_arena_take_raw(arena, count, sizeof(uint32_t));
    roster->scratch = ap_arena_take_raw(arena, count, sizeof(uint32_t));
    roster->cursor = ap_arena_take_raw(arena, count, sizeof(uint32_t));
    roster->key = ap_arena_take_raw(arena, count, sizeof(int64_t));
}

static void take_side(ap_instant_side *side, uint32_t count, ap_arena *arena)
{
    side->trajectory = ap_arena_take_raw(arena, count, sizeof(uint32_t));
    side->state = ap_arena_take_raw(arena, count, sizeof(uint32_t));
    side->point = ap_arena_take_raw(arena, count, sizeof(ap_motion_point));
    side->outside = ap_arena_take_raw(arena, count, sizeof(bool));
    side->age_s = ap_arena_take_raw(arena, count, sizeof(double));
}

/* Instants at which truths are there, at most. */
static size_t truth_instants(const struct ap_evaluation_state *state)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < state->truth->trajectory_count; i++) {
        const ap_trajectory *t = &state->truth->trajectories[i];
        if (t->count == 0)
            continue;
        const ap_trajectory_state *first = &state->truth->states[t->first];
        double span_s = ap_seconds_between(first->time_utc, first[t->count - 1].time_utc);
        sum += fmin(span_s * 1e9 / (double)state->step_ns + 2.0, (double)state->instant_cap);
    }
    return (size_t)sum;
}

static void take_instants(struct ap_evaluation_state *layout, ap_arena *arena)
{
    uint32_t truths = layout->truth->trajectory_count, tracks = layout->tracks->trajectory_count;
    take_roster(&layout->truth_roster, layout->truth, arena);
    take_roster(&layout->track_roster, layout->tracks, arena);
    take_side(&layout->truths_now, truths, arena);
    take_side(&layout->tracks_now, tracks, arena);
    uint64_t near = (uint64_t)(truths + (uint64_t)tracks) * NEAR_CAP_PER_TRAJECTORY + NEAR_CAP_BASE;
    ap_pairing_init(&layout->pairing, arena, layout->config.cutoff_m, layout->config.power, truths,
                    tracks, near < 64000000 ? (size_t)near : 64000000);
    layout->best = ap_arena_take(arena, truths, sizeof(uint32_t));
    layout->best_cost = ap_arena_take(arena, truths, sizeof(double));
    layout->kept = ap_arena_take(arena, truths, sizeof(uint32_t));
    layout->live_of_track = ap_arena_take(arena, tracks, sizeof(uint32_t));
    layout->nearest = ap_arena_take(arena, tracks, sizeof(uint32_t));
    layout->nearest_cost = ap_arena_take(arena, tracks, sizeof(double));
    layout->taken = ap_arena_take(arena, tracks, sizeof(bool));
    layout->by_y = ap_arena_take(arena, tracks, sizeof(uint32_t));
    layout->by_y_scratch = ap_arena_take(arena, tracks, sizeof(uint32_t));
    layout->y_key = ap_arena_take(arena, tracks, sizeof(int64_t));
    layout->told_right = ap_arena_take(arena, truths, sizeof(uint32_t));
    layout->told_wrong = ap_arena_take(arena, truths, sizeof(uint32_t));
    layout->told_none = ap_arena_take(arena, truths, sizeof(uint32_t));
}

static void take_run(struct ap_evaluation_state *layout, ap_arena *arena)
{
    const ap_evaluation_config *config = &layout->config;
    uint32_t truths = layout->truth->trajectory_count, tracks = layout->tracks->trajectory_count;
    layout->targets = ap_arena_take(arena, truths, sizeof(ap_target_sums));
    layout->track_sums = ap_arena_take(arena, tracks, sizeof(ap_track_sums));
    layout->partner_cap = config->segment_cap;
    layout->partners = ap_arena_take_raw(arena, config->segment_cap, sizeof(ap_partner));
    layout->square_cap = truth_instants(layout);
    layout->square = ap_arena_take_raw(arena, layout->square_cap, sizeof(double));
    layout->samples = ap_arena_take_raw(arena, layout->instant_cap, sizeof(ap_evaluation_sample));
    layout->segments = ap_arena_take_raw(arena, config->segment_cap, sizeof(ap_segment));
    layout->edges = ap_arena_take_raw(arena, config->edge_cap, sizeof(ap_tgospa_edge));
    for (int i = 0; i < 2; i++) {
        layout->truth_span[i] = ap_arena_take(arena, truths, sizeof(uint32_t));
        layout->track_span[i] = ap_arena_take(arena, tracks, sizeof(uint32_t));
    }
    ap_tgospa_init(&layout->tgospa, arena, config->edge_cap, truths, tracks, layout->instant_cap);
    ap_pcrb_init(&layout->pcrb, arena, truths, config);
}

static void take_reports(struct ap_evaluation_state *layout, ap_arena *arena)
{
    layout->report_cap = layout->tracks->state_count;
    layout->phase = ap_arena_take_raw(arena, layout->truth->state_count, sizeof(uint8_t));
    layout->reports = ap_arena_take_raw(arena, layout->report_cap, sizeof(ap_evaluation_report));
    layout->report_order = ap_arena_take_raw(arena, layout->report_cap, 2 * sizeof(uint32_t));
    layout->report_key = ap_arena_take_raw(arena, layout->report_cap, sizeof(int64_t));
    size_t column = layout->report_cap;
    if (column < layout->truth->trajectory_count) /* delays are one a truth */
        column = layout->truth->trajectory_count;
    layout->column_cap = column;
    layout->column = ap_arena_take_raw(arena, column, sizeof(float));
    layout->bins = ap_arena_take_raw(arena, AP_SUMMARY_BINS, sizeof(uint32_t));
    layout->target_rows =
        ap_arena_take_raw(arena, layout->truth->trajectory_count, sizeof(ap_evaluation_target));
    layout->track_rows =
        ap_arena_take_raw(arena, layout->tracks->trajectory_count, sizeof(ap_evaluation_track));
}

static struct ap_evaluation_state *lay_out(ap_arena *arena, struct ap_evaluation_state *layout)
{
    struct ap_evaluation_state *state = ap_arena_take(arena, 1, sizeof *state);
    plan_instants(layout);
    take_instants(layout, arena);
    take_run(layout, arena);
    take_reports(layout, arena);
    return state;
}

static bool can_evaluate(const ap_evaluation_config *config, const ap_trajectory_set *truth,
                         const ap_trajectory_set *tracks)
{
    return ap_evaluation_config_fault(config) == NULL && truth->sorted && tracks->sorted &&
           truth->frame == tracks->frame;
}

size_t ap_evaluation_size(const ap_evaluation_config *config, const ap_trajectory_set *truth,
                          const ap_trajectory_set *tracks)
{
    if (!can_evaluate(config, truth, tracks))
        return 0;
    ap_arena arena = ap_arena_measure();
    struct ap_evaluation_state layout = { .config = *config, .truth = truth, .tracks = tracks };
    lay_out(&arena, &layout);
    return ap_arena_need(&arena);
}

static void start_roster(ap_roster *roster)
{
    const ap_trajectory_set *set = roster->set;
    for (uint32_t i = 0; i < set->trajectory_count; i++) {
        const ap_trajectory *trajectory = &set->trajectories[i];
        roster->cursor[i] = trajectory->first;
        roster->by_begin[i] = i;
        roster->key[i] =
            trajectory->count > 0 ? set->states[trajectory->first].time_utc : INT64_MAX;
    }
    ap_order_sort(roster->by_begin, roster->scratch, set->trajectory_count, roster->key,
                  sizeof(int64_t));
}

static void note_faults(struct ap_evaluation_state *state)
{
    bool *notes = state->result.notes;
    ap_utc_ns truth_first, truth_last, track_first, track_last;
    ap_trajectory_set_span(state->truth, &truth_first, &truth_last);
    ap_trajectory_set_span(state->tracks, &track_first, &track_last);
    notes[AP_EVALUATION_NOTE_TRUTH_EMPTY] = truth_first == AP_UTC_UNKNOWN;
    notes[AP_EVALUATION_NOTE_TRACKS_EMPTY] = track_first == AP_UTC_UNKNOWN;
    if (truth_first != AP_UTC_UNKNOWN && track_first != AP_UTC_UNKNOWN)
        notes[AP_EVALUATION_NOTE_NO_OVERLAP] = truth_last < track_first || track_last < truth_first;
    notes[AP_EVALUATION_NOTE_NO_INSTANT] = truth_first != AP_UTC_UNKNOWN && state->instant_cap == 0;
}

ap_err ap_evaluation_init(ap_evaluation *evaluation, const ap_evaluation_config *config,
                          const ap_trajectory_set *truth, const ap_trajectory_set *tracks,
                          void *mem, size_t mem_size)
{
    if (!can_evaluate(config, truth, tracks))
        return AP_ERR_ARGUMENT;
    ap_arena arena = ap_arena_over(mem, mem_size);
    struct ap_evaluation_state layout = { .config = *config, .truth = truth, .tracks = tracks };
    struct ap_evaluation_state *state = lay_out(&arena, &layout);
    if (ap_arena_need(&arena) == 0)
        return AP_ERR_MEMORY;
    *state = layout;
    start_roster(&state->truth_roster);
    start_roster(&state->track_roster);
    for (uint32_t i = 0; i < truth->trajectory_count; i++) {
        state->targets[i].last_track = state->targets[i].kept_track = AP_TRAJECTORY_NONE;
        state->targets[i].run_track = AP_TRAJECTORY_NONE;
    }
    note_faults(state);
    evaluation->state = state;
    return AP_OK;
}

bool ap_evaluation_step(ap_evaluation *evaluation, size_t count, double *share_done)
{
    struct ap_evaluation_state *state = evaluation->state;
    switch (state->stage) {
    case AP_STAGE_INSTANTS:
        for (size_t i = 0; i < count && state->instant < state->instant_cap; i++)
            ap_evaluation_instant(state);
        if (state->instant < state->instant_cap)
            break;
        ap_evaluation_after_instants(state);
        state->stage = AP_STAGE_TGOSPA;
        break;
    case AP_STAGE_TGOSPA:
        ap_evaluation_tgospa(state);
        state->stage = AP_STAGE_REPORTS;
        break;
    case AP_STAGE_REPORTS:
        ap_evaluation_make_reports(state);
        state->stage = AP_STAGE_SUMMARIES;
        break;
    case AP_STAGE_SUMMARIES:
        ap_evaluation_summarise(state);
        state->stage = AP_STAGE_DONE;
        break;
    case AP_STAGE_DONE:
        break;
    }
    if (share_done != NULL) { /* the parts after the instants take about a third of the time */
        double instants =
            state->instant_cap > 0 ? (double)state->instant / (double)state->instant_cap : 1.0;
        *share_done = 0.7 * instants + 0.1 * (double)(state->stage - AP_STAGE_INSTANTS > 0) +
                      0.05 * (double)(state->stage - AP_STAGE_INSTANTS);
        *share_done = state->stage == AP_STAGE_DONE ? 1.0 : fmin(*share_done, 0.99);
    }
    return state->stage == AP_STAGE_DONE;
}

const ap_evaluation_result *ap_evaluation_result_of(const ap_evaluation *evaluation)
{
    return &evaluation->state->result;
}

const ap_evaluation_target *ap_evaluation_targets(const ap_evaluation *evaluation, size_t *count)
{
    *count = evaluation->state->target_row_count;
    return evaluation->state->target_rows;
}

const ap_evaluation_track *ap_evaluation_tracks(const ap_evaluation *evaluation, size_t *count)
{
    *count = evaluation->state->track_row_count;
    return evaluation->state->track_rows;
}

const ap_evaluation_sample *ap_evaluation_samples(const ap_evaluation *evaluation, size_t *count)
{
    *count = evaluation->state->instant;
    return evaluation->state->samples;
}

const ap_evaluation_report *ap_evaluation_reports(const ap_evaluation *evaluation, size_t *count)
{
    *count = evaluation->state->report_count;
    return evaluation->state->reports;
}

#define KEY_OF(MAP)                                                                                \
    static const char *const keys[] = { MAP(AP_KEY_) };                                            \
    return (size_t)index < sizeof keys / sizeof *keys ? keys[index] : NULL

const char *ap_evaluation_error_key(ap_evaluation_error_kind index)
{
#define AP_KEY_(name, key, unit) key,
    KEY_OF(AP_EVALUATION_ERROR_MAP);
#undef AP_KEY_
}

const char *ap_evaluation_error_unit(ap_evaluation_error_kind index)
{
#define AP_KEY_(name, key, unit) unit,
    KEY_OF(AP_EVALUATION_ERROR_MAP);
#undef AP_KEY_
}

const char *ap_evaluation_note_key(ap_evaluation_note index)
{
#define AP_KEY_(name, key, text) key,
    KEY_OF(AP_EVALUATION_NOTE_MAP);
#undef AP_KEY_
}

const char *ap_evaluation_note_text(ap_evaluation_note index)
{
#define AP_KEY_(name, key, text) text,
    KEY_OF(AP_EVALUATION_NOTE_MAP);
#undef AP_KEY_
}
