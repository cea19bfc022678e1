#include "airpicture/tracker.h"

#include <math.h>
#include <string.h>

#include "track/state.h"

#define TICK_NS AP_NS_PER_S
#define READ_AHEAD 10
#define SEEK_AHEAD 8 /* reports; with ten thousand tracks all that they touch comes from memory */
#define APPROACH_AHEAD 5
#define FETCH_AHEAD 3
#define TIME_LIMIT_NS INT64_C(4000000000000000000)
#define AHEAD_MAX_S                                                                                \
    5.0 /* sensor clocks may be ahead of ours by so much; more carries tracks away */

#define JUMP_NS (30 * AP_NS_PER_S) /* further ahead the receive clock goes by two witnesses */

ap_tracker_config ap_tracker_config_default(void)
{
    return (ap_tracker_config){ .track_cap = 16384,
                                .group_report_cap = 8192,
                                .confirm_existence = 0.999,
                                .false_track_cost_s = 2000.0,
                                .drop_existence = 1e-3,
                                .drop_after_s = 60.0,
                                .coast_after_turns = 2.5,
                                .gate_chi2 = 25.0,
                                .lag_s = 10.0,
                                .history_per_track = 4,
                                .survival_per_s = 0.9998,
                                .birth_per_turn_km2 = 1e-5,
                                .falling_cap = 32 };
}

static bool config_is_sound(const ap_tracker_config *c)
{
    return c->track_cap >= 16 && c->track_cap <= 1000000 && c->group_report_cap >= 64 &&
           c->group_report_cap <= 4000000 && c->confirm_existence > 0.5 &&
           c->confirm_existence < 1.0 && c->false_track_cost_s > 0.0 &&
           c->false_track_cost_s < 1e9 && c->drop_existence > 0.0 &&
           c->drop_existence < c->confirm_existence && c->drop_after_s > 0.0 &&
           c->drop_after_s < 1e6 && c->coast_after_turns >= 1.0 && c->gate_chi2 > 0.0 &&
           c->gate_chi2 < 1e6 && c->lag_s > 0.0 && c->lag_s < 1e6 && c->history_per_track <= 32 &&
           c->survival_per_s > 0.0 && c->survival_per_s <= 1.0 && c->birth_per_turn_km2 > 0.0 &&
           c->birth_per_turn_km2 < 1e6 && c->falling_cap <= 4096 && c->sensors != NULL;
}

/* Hands out the pieces; with a measuring arena, only counts them. */
static ap_state *lay_out(const ap_tracker_config *config, ap_arena *arena)
{
    ap_state measured = { .config = *config };
    ap_state *state = ap_arena_take(arena, 1, sizeof *state);
    ap_state *target = state ? state : &measured;
    target->config = *config;
    ap_store_init(&target->store, config->track_cap, config->track_cap * config->history_per_track,
                  arena);
    ap_groups_init(target, arena);
    ap_ghosts_init(target, arena);
    ap_falling_init(target, arena);
    return state;
}

size_t ap_tracker_size(const ap_tracker_config *config)
{
    if (!config_is_sound(config))
        return 0;
    ap_arena arena = ap_arena_measure();
    lay_out(config, &arena);
    return ap_arena_need(&arena);
}

ap_err ap_tracker_init(ap_tracker *tracker, const ap_tracker_config *config, void *mem,
                       size_t mem_size)
{
    size_t need = ap_tracker_size(config);
    if (need == 0)
        return AP_ERR_ARGUMENT;
    if (!mem || mem_size < need)
        return AP_ERR_MEMORY;
    ap_arena arena = ap_arena_over(mem, mem_size);
    tracker->state = lay_out(config, &arena);
    ap_tracker_reset(tracker);
    return AP_OK;
}

void ap_tracker_rebind(ap_tracker *tracker, const ap_tracker_config *config)
{
    ap_tracker_config *own = &tracker->state->config;
    own->sensors = config->sensors;
    own->on_event = config->on_event;
    own->context = config->context;
    own->run_parts = config->run_parts;
    own->threads = config->threads;
}

void ap_tracker_reset(ap_tracker *tracker)
{
    ap_state *state = tracker->state;
    memset(&state->stats, 0, sizeof state->stats);
    state->clock_utc = AP_UTC_UNKNOWN;
    state->next_tick_utc = AP_UTC_UNKNOWN;
    state->nis = 0.0;
    state->nis_dimensions = 0;
    state->ahead_utc = state->belied_utc = AP_UTC_UNKNOWN;
    ap_store_reset(&state->store);
    ap_groups_reset(state);
    ap_ghosts_reset(state);
    ap_falling_reset(state);
}

/* ---- time ---- */

/* First tick after a time: whole seconds, whatever the input. */
static ap_utc_ns tick_after(ap_utc_ns time_utc)
{
    int64_t rest = time_utc % TICK_NS;
    return time_utc - (rest < 0 ? rest + TICK_NS : rest) + TICK_NS;
}

/* The open group that is due first; by sensor when two are due together. */
static uint16_t first_due(ap_state *state)
{
    uint16_t best = AP_SENSOR_NONE;
    for (uint16_t i = 0; i < state->open_count; i++) {
        uint16_t sensor = state->open[i];
        const ap_group *group = &state->group[sensor];
        if (best == AP_SENSOR_NONE || group->due_utc < state->group[best].due_utc ||
            (group->due_utc == state->group[best].due_utc && sensor < best))
            best = sensor;
    }
    state->open_due_utc = best == AP_SENSOR_NONE ? INT64_MAX : state->group[best].due_utc;
    return best;
}

/* Does what falls due until `to_utc`, each at its own time: so that it makes no difference when the
 * caller comes by. */
static void advance(ap_state *state, ap_utc_ns to_utc)
{
    if (state->clock_utc == AP_UTC_UNKNOWN) {
        state->clock_utc = to_utc;
        state->next_tick_utc = tick_after(to_utc);
        ap_store_rest_numbers(&state->store, to_utc);
    }
    while (state->clock_utc < to_utc) {
        if (state->open_due_utc > to_utc && state->next_tick_utc > to_utc)
            break; /* without a look at all sensors for each report */
        uint16_t sensor = first_due(state);
        ap_utc_ns due_utc = sensor == AP_SENSOR_NONE ? INT64_MAX : state->group[sensor].due_utc;
        if (due_utc > to_utc && state->next_tick_utc > to_utc)
            break;
        if (due_utc <= state->next_tick_utc) {
            state->clock_utc = due_utc > state->clock_utc ? due_utc : state->clock_utc;
            ap_group_close(state, sensor);
        } else {
            state->clock_utc = state->next_tick_utc;
            ap_tracks_tick(state);
            state->next_tick_utc += TICK_NS;
            if (state->store.alive_count == 0 && state->open_count == 0)
                state->next_tick_utc = tick_after(to_utc);
        }
    }
    if (to_utc > state->clock_utc)
        state->clock_utc = to_utc;
}

/* ---- reports ---- */

/* Differences of two such times fit 64 bits: years 1843 to 2096. */
static bool time_is_usable(ap_utc_ns time_utc)
{
    return time_utc >= -TIME_LIMIT_NS && time_utc <= TIME_LIMIT_NS;
}

/* A report's own time against that of its reception; AP_REFUSAL_COUNT when it is right. */
static ap_refusal refusal_of_time(const ap_state *state, const ap_report *report)
{
    double age_s = ap_seconds_between(report->time_utc, report->receive_utc);
    if (age_s < -AHEAD_MAX_S)
        return AP_REFUSED_TIME_RANGE;
    return age_s > state->config.lag_s ? AP_REFUSED_LATE : AP_REFUSAL_COUNT;
}

/* The reason to refuse a report, or AP_REFUSAL_COUNT. */
static ap_refusal refusal_of(const ap_state *state, const ap_report *report)
{
    if (report->sensor >= state->config.sensors->count || report->sensor >= state->group_cap)
        return AP_REFUSED_SENSOR_UNKNOWN;
    if (!ap_report_is_sound(report))
        return AP_REFUSED_NOT_FINITE;
    if (report->flags & AP_FLAG_TEST)
        return AP_REFUSED_TEST_TARGET;
    if (report->flags & AP_FLAG_EXTRAPOLATED)
        return AP_REFUSED_NOT_A_TARGET;
    return refusal_of_time(state, report);
}

static void take_target(ap_state *state, const ap_report *report)
{
    bool has_position = (report->present & (AP_HAS_POLAR | AP_HAS_POSITION)) != 0;
    bool has_address = (report->present & AP_HAS_ADDRESS) != 0;
    if (has_address && ap_direct_take(state, report))
        return;
    if (!has_position) {
        ap_refuse(&state->stats.refused, AP_REFUSED_POSITION_MISSING);
        return;
    }
    if (!has_address || !(report->flags & AP_FLAG_ADDRESS_UNCHECKED)) {
        ap_group_add(state, report);
        return;
    }
    if (!(report->present & AP_HAS_POLAR)) {
        ap_refuse(&state->stats.refused, AP_REFUSED_ADDRESS_UNPROVED);
        return;
    }
    ap_report plot = *report; /* the radar saw something there, whatever its address */
    plot.present &= ~(uint32_t)AP_HAS_ADDRESS;
    ap_group_add(state, &plot);
}

static void take_at_its_time(ap_state *state, const ap_report *report)
{
    advance(state, report->receive_utc);
    ap_refusal refusal = refusal_of(state, report);
    if (refusal != AP_REFUSAL_COUNT) {
        ap_refuse(&state->stats.refused, refusal);
        return;
    }
    if (report->kind != AP_REPORT_TARGET) {
        ap_group_passed(state, report->sensor, report->time_utc);
        return;
    }
    take_target(state, report);
}

/* ---- jumps ---- */

/* One wrong receive time would carry the clock, and with it every group and round, into a future
 * that the input reaches in days. Who says that it has come needs a second witness. */
static bool is_jump(const ap_state *state, ap_utc_ns to_utc)
{
    return state->clock_utc != AP_UTC_UNKNOWN && to_utc - state->clock_utc > JUMP_NS;
}

static void forget_ahead(ap_state *state)
{
    if (state->ahead_utc == AP_UTC_UNKNOWN)
        return;
    ap_refuse(&state->stats.refused, AP_REFUSED_TIME_RANGE);
    if (state->belied_utc == AP_UTC_UNKNOWN || state->ahead_utc > state->belied_utc)
        state->belied_utc = state->ahead_utc;
    state->ahead_utc = AP_UTC_UNKNOWN;
}

/* It is so late indeed. */
static void believe_ahead(ap_state *state)
{
    if (state->ahead_utc == AP_UTC_UNKNOWN)
        return;
    state->ahead_utc = AP_UTC_UNKNOWN;
    take_at_its_time(state, &state->ahead);
}

static void take_report(ap_state *state, const ap_report *report)
{
    state->stats.report_count++;
    if (!time_is_usable(report->receive_utc) || !time_is_usable(report->time_utc)) {
        ap_refuse(&state->stats.refused, AP_REFUSED_TIME_RANGE);
        return;
    }
    if (is_jump(state, report->receive_utc)) {
        if (report->receive_utc >= state->ahead_utc)
            believe_ahead(state);
        if (is_jump(state, report->receive_utc)) {
            forget_ahead(state);
            state->ahead = *report;
            state->ahead_utc = report->receive_utc;
            return;
        }
    } else {
        forget_ahead(state);
    }
    take_at_its_time(state, report);
}

/* The caller knows the time, unless it has it from a report that is not believed. */
static void take_now(ap_state *state, ap_utc_ns now)
{
    if (is_jump(state, now) && (now == state->ahead_utc || now == state->belied_utc))
        return;
    if (state->ahead_utc != AP_UTC_UNKNOWN && now > state->ahead_utc)
        believe_ahead(state);
    advance(state, now);
}

static void fetch_report(const ap_report *report)
{
    for (size_t at = 0; at < sizeof *report; at += 64)
        __builtin_prefetch((const uint8_t *)report + at);
}

void ap_tracker_step(ap_tracker *tracker, ap_utc_ns now, const ap_report *reports, size_t count)
{
    ap_state *state = tracker->state;
    for (size_t i = 0; i < count; i++) {
        if (i + READ_AHEAD < count)
            fetch_report(&reports[i + READ_AHEAD]);
        if (i + SEEK_AHEAD < count)
            ap_direct_seek(state, &reports[i + SEEK_AHEAD]);
        if (i + APPROACH_AHEAD < count)
            ap_direct_approach(state, &reports[i + APPROACH_AHEAD]);
        if (i + FETCH_AHEAD < count)
            ap_direct_fetch(state, &reports[i + FETCH_AHEAD]);
        take_report(state, &reports[i]);
    }
    if (time_is_usable(now))
        take_now(state, now);
}

void ap_tracker_flush(ap_tracker *tracker)
{
    ap_state *state = tracker->state;
    believe_ahead(state); /* nothing came that speaks against it */
    while (state->open_count > 0)
        ap_group_close(state, first_due(state));
}

void ap_tracker_restart(ap_tracker *tracker, ap_utc_ns now)
{
    ap_state *state = tracker->state;
    forget_ahead(state);
    ap_tracker_flush(tracker);
    while (state->store.oldest != AP_SLOT_NONE)
        ap_track_end(state, state->store.oldest, state->clock_utc, AP_REASON_DROPPED_RESTART, 0);
    ap_groups_restart(state);
    ap_falling_reset(state);
    state->clock_utc = AP_UTC_UNKNOWN;
    if (time_is_usable(now))
        advance(state, now);
}

/* ---- looking ---- */

size_t ap_tracker_tracks(const ap_tracker *tracker, bool tentative, ap_track *tracks, size_t cap)
{
    const ap_store *store = &tracker->state->store;
    size_t count = 0;
    for (uint32_t slot = store->oldest; slot != AP_SLOT_NONE; slot = store->link[slot].newer) {
        if (!tentative && store->pulse[slot].state == AP_TRACK_TENTATIVE)
            continue;
        if (count < cap)
            ap_track_show(tracker->state, slot, &tracks[count]);
        count++;
    }
    return count;
}

bool ap_tracker_find(const ap_tracker *tracker, uint32_t id, ap_track *track)
{
    uint32_t slot = ap_store_find_id(&tracker->state->store, id);
    if (slot == AP_SLOT_NONE)
        return false;
    ap_track_show(tracker->state, slot, track);
    return true;
}

/* By all that is known by now. */
static double told_detection(const ap_state *state, uint16_t sensor)
{
    return ap_detection_rate_of(&state->group[sensor].background.fresh.detection,
                                ap_sensor_of(state, sensor));
}

double ap_tracker_detection(const ap_tracker *tracker, uint16_t sensor)
{
    const ap_state *state = tracker->state;
    return sensor < state->config.sensors->count && sensor < state->group_cap
               ? told_detection(state, sensor)
               : 0.0;
}

bool ap_tracker_sensor_of(const ap_tracker *tracker, uint16_t sensor, ap_tracker_sensor *of)
{
    const ap_state *state = tracker->state;
    if (sensor >= state->config.sensors->count || sensor >= state->group_cap)
        return false;
    const ap_group *group = &state->group[sensor];
    const ap_learnt *learnt = &group->background.fresh;
    bool is_fixed = ap_sensor_of(state, sensor)->detection_fixed;
    *of =
        (ap_tracker_sensor){ .detection_probability = told_detection(state, sensor),
                             .detection_look_count = is_fixed ? 0.0 : learnt->detection.look_count,
                             .clutter_per_turn = learnt->clutter,
                             .has_offset = group->bearing.offset_square > 0.0,
                             .azimuth_offset_rad = asin(group->bearing.offset_mean),
                             .bearing_is_lost = group->bearing.is_lost };
    return true;
}

const ap_tracker_stats *ap_tracker_stats_of(const ap_tracker *tracker)
{
    return &tracker->state->stats;
}
