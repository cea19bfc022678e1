/* Aircraft whose address changes in flight: the track of the old address falls silent, and in its
 * place one of a new address begins, the heir. */
#include "track/state.h"

#include <math.h>
#include <string.h>

#include "track/lifecycle.h"
#include "track/measure.h"

#define SEEK_M 3000.0 /* a predecessor is sought this far, and further for slow turns */
#define SEEK_MPS 400.0
#define LEFT_TURNS 4.0  /* the sensor that shows the heir showed its predecessor so lately, ... */
#define LEFT_MIN_S 10.0 /* ... or so lately */
#define SAME_LOOK_TURNS 0.4
#define SAME_LOOK_MIN_S 1.0
#define SILENT_TURNS 2.5 /* an address that has not been heard for so long is not sent any more */
#define SILENT_MIN_S 5.0
#define DISTANCE2_MAX 16.0 /* of place and velocity: four numbers */
#define ALTITUDE_M 300.0

typedef enum standing {
    APART, /* two aircraft, as far as can be told */
    WAITS, /* the old address may only have been missed */
    BOTH,  /* one sensor still gives the old address, another the new one */
    HEIR,  /* the old address is not sent any more */
} standing;

static bool is_primary(const ap_state *state, uint16_t sensor)
{
    ap_sensor_kind kind = ap_sensor_of(state, sensor)->kind;
    return kind == AP_SENSOR_PSR || kind == AP_SENSOR_SMR;
}

static bool is_of(const ap_state *state, const ap_row *row, uint16_t sensor)
{
    for (int i = 0; i < row->source_count; i++)
        if (ap_sensors_err_together(state, row->source[i].sensor, sensor))
            return true;
    return false;
}

static bool is_one_place(const ap_row *a, const ap_row *b)
{
    const ap_vertical *va = &a->imm.vertical, *vb = &b->imm.vertical;
    if (va->has && vb->has && va->is_pressure == vb->is_pressure &&
        fabs(va->altitude_m - vb->altitude_m) > ALTITUDE_M)
        return false;
    return ap_tracks_distance2(a, b) <= DISTANCE2_MAX;
}

/* What the sensors say since the heir began. */
static standing standing_of(const ap_state *state, const ap_row *old, const ap_row *heir)
{
    bool is_common = false, waits = false, both = false;
    for (int i = 0; i < old->source_count; i++) {
        const ap_row_source *source = &old->source[i];
        double turn_s = ap_sensor_of(state, source->sensor)->turn_s;
        double same_s = ap_larger(SAME_LOOK_TURNS * turn_s, SAME_LOOK_MIN_S);
        double silent_s = ap_seconds_between(source->last_utc, state->clock_utc);
        if (is_primary(state, source->sensor))
            continue;
        bool is_after = ap_seconds_between(heir->born_utc, source->last_utc) > same_s;
        bool is_silent =
            silent_s - (double)source->latency_s >= ap_larger(SILENT_TURNS * turn_s, SILENT_MIN_S);
        bool shows_heir = is_of(state, heir, source->sensor);
        if (is_after && shows_heir)
            return APART;
        is_common = is_common || shows_heir;
        both = both || (is_after && !is_silent);
        waits = waits || !is_silent;
    }
    return both ? BOTH : waits ? WAITS : is_common ? HEIR : APART;
}

/* ---- birth ---- */

/* True when the track may be what the newborn was until now: seen lately, but not in this look, by
 * what sees the newborn, and where that is. */
static bool may_precede(const ap_state *state, uint32_t slot, const ap_row *heir,
                        const ap_report *report)
{
    const ap_row *row = &state->store.row[slot];
    if (row->id == heir->id || state->store.pulse[slot].state == AP_TRACK_TENTATIVE ||
        !(row->identity.present & AP_HAS_ADDRESS) || ap_falling_is(&state->falling, slot))
        return false;
    for (int i = 0; i < row->source_count; i++) {
        const ap_row_source *source = &row->source[i];
        double turn_s = ap_sensor_of(state, source->sensor)->turn_s;
        double since_s = ap_seconds_between(source->last_utc, report->time_utc);
        bool rotates = ap_sensor_rotates(ap_sensor_of(state, source->sensor));
        if (ap_sensors_err_together(state, source->sensor, report->sensor) &&
            since_s > (rotates ? SAME_LOOK_TURNS * turn_s : 0.0) &&
            since_s < ap_larger(LEFT_TURNS * turn_s, LEFT_MIN_S))
            return is_one_place(row, heir);
    }
    return false;
}

void ap_heir_begin(ap_state *state, uint32_t slot, const ap_report *report)
{
    const ap_store *store = &state->store;
    ap_row *heir = &store->row[slot];
    uint32_t *near = state->bench.near;
    double turn_s = ap_sensor_of(state, report->sensor)->turn_s, least = INFINITY;
    size_t count = ap_grid_near(&store->grid, store->hot[slot].ecef, SEEK_M + SEEK_MPS * turn_s,
                                near, state->bench.near_cap);
    count = count < state->bench.near_cap ? count : state->bench.near_cap;
    for (size_t k = 0; k < count; k++) {
        if (!may_precede(state, near[k], heir, report))
            continue;
        const ap_row *row = &store->row[near[k]];
        double distance2 = ap_tracks_distance2(row, heir);
        if (distance2 < least || (distance2 == least && row->id < heir->predecessor_id)) {
            least = distance2;
            heir->predecessor_id = row->id;
        }
    }
}

/* ---- inheritance ---- */

/* Its measurements are the other's; once it has more than are always kept, its filter is. */
static void pass_filter(ap_state *state, uint32_t slot, uint32_t old)
{
    const ap_sensor *sensors = state->config.sensors->sensor;
    ap_history_pool *pool = &state->store.pool;
    ap_row *heir = &state->store.row[slot], *to = &state->store.row[old];
    if (heir->update_count > AP_HISTORY_OWN) {
        ap_imm_copy(&to->imm, &heir->imm);
        ap_history_move(&heir->history, pool, &to->history);
        return;
    }
    for (unsigned i = 0; i < heir->history.count; i++) {
        const ap_measure *measure = ap_history_measure(&heir->history, pool, i);
        if (measure->time_utc < to->imm.time_utc) {
            (void)ap_history_insert(&to->history, pool, sensors, &to->imm,
                                    measure); /* or too old */
        } else {
            ap_history_append(&to->history, pool, &to->imm, measure);
            ap_measure_apply(measure, sensors, &to->imm);
        }
        ap_track_settle(state, old);
    }
}

/* Moves the entry of that sensor to the front, as the heir has it. */
static void pass_source(const ap_row_source *source, ap_row *to)
{
    uint16_t place = 0;
    uint32_t report_count = source->report_count;
    while (place < to->source_count && to->source[place].sensor != source->sensor)
        place++;
    if (place < to->source_count)
        report_count += to->source[place].report_count;
    else if (to->source_count < AP_TRACK_SOURCE_CAP)
        to->source_count++;
    else
        place--;
    for (; place > 0; place--)
        to->source[place] = to->source[place - 1];
    to->source[0] = *source;
    to->source[0].report_count = report_count;
}

static void pass_names(const ap_identity *from, ap_identity *to)
{
    if (from->present & AP_HAS_MODE_3A) {
        to->mode_3a = from->mode_3a;
        to->mode_3a_next = from->mode_3a_next;
        to->mode_3a_utc = from->mode_3a_utc;
    }
    if (from->present & AP_HAS_CALLSIGN) {
        memcpy(to->callsign, from->callsign, sizeof to->callsign);
        memcpy(to->callsign_next, from->callsign_next, sizeof to->callsign_next);
        to->callsign_utc = from->callsign_utc;
    }
    to->present |= from->present & (AP_HAS_MODE_3A | AP_HAS_CALLSIGN);
}

static void pass_life(const ap_row *heir, const ap_pulse *from, ap_row *to, ap_pulse *pulse)
{
    for (int i = heir->source_count; i-- > 0;)
        pass_source(&heir->source[i], to);
    to->hit_count += heir->hit_count;
    to->update_count += heir->update_count;
    to->updated_utc = heir->updated_utc > to->updated_utc ? heir->updated_utc : to->updated_utc;
    to->alone_utc = heir->alone_utc > to->alone_utc ? heir->alone_utc : to->alone_utc;
    pulse->existence = ap_larger(pulse->existence, from->existence);
    pulse->received_utc = from->received_utc;
    pulse->due_utc = from->due_utc;
    pulse->silent_utc = from->silent_utc;
    pulse->wake_utc = from->wake_utc;
    pulse->turn_s = from->turn_s;
}

/* The old track goes on under the new address, with all that its heir has; the heir ends. */
static void inherit(ap_state *state, uint32_t slot, uint32_t old, const ap_report *report)
{
    ap_store *store = &state->store;
    const ap_row *heir = &store->row[slot];
    ap_row *row = &store->row[old];
    ap_pulse *pulse = &store->pulse[old];
    const ap_identity identity = heir->identity;
    uint32_t heir_id = heir->id;
    pass_filter(state, slot, old);
    pass_life(heir, &store->pulse[slot], row, pulse);
    pass_names(&identity, &row->identity);
    ap_track_end(state, slot, report->time_utc, AP_REASON_DROPPED_MERGED, row->id);
    ap_store_unfile_address(store, old);
    row->identity.address = identity.address;
    row->identity.address_kind = identity.address_kind;
    ap_store_file_address(store, old);
    if (identity.present & AP_HAS_MODE_3A)
        ap_ghosts_note(state, old);
    row->doubt = (ap_doubt){ 0 }; /* of the old address */
    ap_track_repair(state, old);
    ap_store_refresh(store, old);
    ap_store_reason(row, report->time_utc, AP_REASON_IDENTITY_CHANGED, report->sensor, heir_id);
    if (pulse->state == AP_TRACK_COASTING)
        ap_store_reason(row, report->time_utc, AP_REASON_RESUMED, report->sensor, 0);
    pulse->state = (uint8_t)ap_life_next(pulse->state, AP_LIFE_HIT);
    ap_track_emit(state, old, AP_EVENT_UPDATED, report->time_utc, report->sensor);
}

bool ap_heir_settle(ap_state *state, uint32_t slot, const ap_report *report)
{
    ap_row *heir = &state->store.row[slot];
    uint32_t old = ap_store_find_id(&state->store, heir->predecessor_id);
    standing s = APART;
    if (old != AP_SLOT_NONE && !ap_falling_is(&state->falling, old) &&
        !ap_falling_is(&state->falling, slot) && is_one_place(&state->store.row[old], heir))
        s = standing_of(state, &state->store.row[old], heir);
    bool is_new = state->store.pulse[slot].state == AP_TRACK_TENTATIVE;
    switch (s) {
    case HEIR:
        inherit(state, slot, old, report);
        return true;
    case BOTH:
        ap_track_doubted(state, slot, report, AP_DOUBT_PLAIN, state->store.row[old].id);
        ap_track_doubted(state, old, report, AP_DOUBT_PLAIN, heir->id);
        return false;
    case WAITS:
        return is_new;
    default:
        heir->predecessor_id = 0;
        return false;
    }
}
