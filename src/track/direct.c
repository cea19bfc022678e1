#include "track/state.h"

#include <math.h>

#include "track/aspect.h"
#include "track/lifecycle.h"
#include "track/measure.h"

/* Identity first: a report with a 24-bit address goes to the track that has it. Its gate is wide,
 * for the address itself says nearly all; but addresses are duplicated, wrong and forged. */
#define GATE2 36.0
#define GATE_EXTRA_M 150.0 /* biases between sensors */
#define VELOCITY_GATE2 60.0
#define VELOCITY_EXTRA_MPS 5.0
#define MISFIT2_MAX 0.5     /* some 100 m from where the velocities so far lead */
#define RATIO_ADDRESS 200.0 /* a position under the right address, in the gate */
#define STRAY_COUNT 3
#define STRAY_SPEED_MPS 600.0
#define STRAY_EXTRA_M 500.0
#define STRAY_GAP_S 30.0
#define STRAY_TURNS 2     /* of a source that shows both places by turns */
#define STRAY_LONG_S 60.0 /* one that has left its track for so long is no fault of a moment */
#define BOTH_ALIVE_S 10.0
#define BOTH_ALIVE_TURNS 1.5
#define SHARED_CAP 4 /* tracks under one address */
#define BIRTH_EXISTENCE 0.5
#define KINEMATIC /* what asks something of the filter */                                          \
    (AP_HAS_POLAR | AP_HAS_POSITION | AP_HAS_PRESSURE_ALTITUDE | AP_HAS_GEOMETRIC_HEIGHT |         \
     AP_HAS_VELOCITY | AP_HAS_VERTICAL_RATE | AP_HAS_DOPPLER | AP_HAS_ROLL | AP_HAS_TRACK_RATE)
#define GATED (AP_MEASURE_POSITION | AP_MEASURE_VELOCITY)

typedef struct offer {
    uint32_t slot;
    bool is_late;
    double distance2;
    ap_fix fix; /* of a position: as the filter takes it */
    ap_imm imm; /* at the time of the report; set when it is late or has what is gated */
    ap_measure measure;
    ap_measure placed; /* by imm, when that is set */
} offer;

/* Fills the offer of one track; false when its filter cannot be brought to the time. */
static bool make_offer(ap_state *state, uint32_t slot, const ap_report *report, offer *o)
{
    const ap_row *row = &state->store.row[slot];
    o->slot = slot;
    o->is_late = report->time_utc < row->imm.time_utc;
    o->distance2 = 0.0;
    const ap_sensor *sensor = ap_sensor_of(state, report->sensor);
    ap_measure_read(report, sensor, &o->measure);
    if (!(o->measure.has & GATED) && !o->is_late)
        return true;
    if (!o->is_late) {
        ap_imm_predict(&row->imm, report->time_utc, &o->imm);
        if (ap_falling_is(&state->falling, slot))
            ap_falling_predict(state, slot, report->time_utc, &o->imm);
    } else if (!ap_history_at(&row->history, &state->store.pool, state->config.sensors->sensor,
                              report->time_utc, &o->imm)) {
        return false;
    }
    o->placed = o->measure;
    ap_measure_place(&o->placed, sensor, &o->imm);
    if (!(o->measure.has & AP_MEASURE_POSITION))
        return true;
    const ap_gauss *mean = &o->imm.mean;
    ap_fix fix = o->fix = ap_imm_fix(&o->imm, &o->placed, mean->x[2], mean->x[3]);
    fix.R.ee += GATE_EXTRA_M * GATE_EXTRA_M;
    fix.R.nn += GATE_EXTRA_M * GATE_EXTRA_M;
    o->distance2 = ap_gauss_distance2(mean, &fix);
    return true;
}

/* Leaves out a velocity that the filter cannot have, or that positions of the same sensor belie:
 * repeated, it would be believed until it has carried the track away. Nothing may be left. */
static void gate_velocity(ap_state *state, const ap_report *report, offer *o)
{
    if (!(o->measure.has & AP_MEASURE_VELOCITY))
        return;
    const ap_row *row = &state->store.row[o->slot];
    bool is_position = (o->measure.has & AP_MEASURE_POSITION) != 0;
    double misfit2 = is_position                               ? o->distance2
                     : row->misfit_sensor == o->measure.sensor ? row->misfit2
                                                               : 0.0;
    const ap_gauss *mean = &o->imm.mean;
    ap_vec3 v = ap_enu_rotate(&o->imm.frame, o->placed.velocity_ecef);
    double extra = o->placed.velocity_var + VELOCITY_EXTRA_MPS * VELOCITY_EXTRA_MPS;
    ap_gauss swapped = { .x = { mean->x[2], mean->x[3] }, .A = mean->C };
    ap_fix fix = { v.x_m, v.y_m, { extra, 0.0, extra } };
    if (misfit2 <= MISFIT2_MAX && ap_gauss_distance2(&swapped, &fix) <= VELOCITY_GATE2)
        return;
    if (ap_sensor_of(state, report->sensor)->kind == AP_SENSOR_ADSB) /* both are its own words */
        ap_track_doubted(state, o->slot, report, AP_DOUBT_SLIGHT, 0);
    o->placed.has &= (uint16_t)~AP_MEASURE_VELOCITY;
    o->measure.has &= (uint16_t) ~(AP_MEASURE_VELOCITY | AP_MEASURE_UNTURNED);
    if (o->measure.has != 0)
        state->stats.velocity_refused_count++;
}

static bool is_in_gate(const ap_state *state, const offer *o)
{
    return o->distance2 <= fmax(GATE2, state->config.gate_chi2);
}

bool ap_sensors_err_together(const ap_state *state, uint16_t a, uint16_t b)
{
    return a == b || (ap_sensor_of(state, a)->kind == AP_SENSOR_ADSB &&
                      ap_sensor_of(state, b)->kind == AP_SENSOR_ADSB);
}

static void take(ap_state *state, const ap_report *report, offer *o)
{
    ap_row *row = &state->store.row[o->slot];
    bool is_position = (o->measure.has & AP_MEASURE_POSITION) != 0;
    bool is_empty = o->measure.has == 0; /* identity only */
    bool is_gated = (o->measure.has & GATED) != 0;
    const ap_sensor *sensors = state->config.sensors->sensor;
    ap_history_pool *pool = &state->store.pool;
    gate_velocity(state, report, o);
    if (!is_empty && o->measure.has == 0) {
        ap_refuse(&state->stats.refused, AP_REFUSED_GATE);
        return;
    }
    if (o->is_late && !is_empty) {
        if (!ap_history_insert(&row->history, pool, sensors, &row->imm, &o->measure)) {
            ap_refuse(&state->stats.refused, AP_REFUSED_LATE);
            return;
        }
    } else if (!is_empty && ap_falling_is(&state->falling, o->slot)) {
        ap_falling_take(state, o->slot, report);
    } else if (!is_empty) {
        ap_history_append(&row->history, pool, &row->imm, &o->measure);
        if (is_gated) {
            row->imm = o->imm;
            ap_imm_take(&row->imm, &o->placed);
        } else {
            ap_measure_apply(&o->measure, sensors, &row->imm);
        }
    }
    if (!is_empty)
        ap_track_settle(state, o->slot);
    if (is_position) {
        if (!ap_falling_is(&state->falling, o->slot))
            ap_track_innovation(state, &o->imm.mean, &o->fix);
        if (ap_sensors_err_together(state, row->stray.sensor, report->sensor))
            row->stray.has_fitted = true;
        row->misfit2 = o->distance2;
        row->misfit_sensor = report->sensor;
        ap_pulse *pulse = &state->store.pulse[o->slot];
        pulse->existence = ap_existence_detected(pulse->existence, RATIO_ADDRESS);
        row->fresh_odds = ap_smaller(row->fresh_odds * RATIO_ADDRESS, AP_ODDS_MAX);
    }
    ap_track_taken(state, o->slot, report,
                   is_position ? AP_TAKEN_POSITION
                   : is_empty  ? AP_TAKEN_IDENTITY
                               : AP_TAKEN_MOTION);
}

/* ---- strays ---- */

static bool strays_agree(const ap_stray *before, const ap_measure *now)
{
    double dt_s = ap_seconds_between(before->time_utc, now->time_utc);
    double dx = now->ecef.x_m - before->ecef.x_m, dy = now->ecef.y_m - before->ecef.y_m;
    double dz = now->ecef.z_m - before->ecef.z_m;
    double reach_m = STRAY_EXTRA_M + STRAY_SPEED_MPS * fabs(dt_s);
    return fabs(dt_s) <= STRAY_GAP_S && dx * dx + dy * dy + dz * dz <= reach_m * reach_m;
}

static uint32_t count_shared(const ap_state *state, uint32_t slot)
{
    const ap_identity *identity = &state->store.row[slot].identity;
    uint32_t count = 0;
    slot = ap_store_find_address(&state->store, identity->address, identity->address_kind);
    for (; slot != AP_SLOT_NONE; slot = ap_store_next_address(&state->store, slot))
        count++;
    return count;
}

static void reinitialise(ap_state *state, const ap_report *report, offer *o)
{
    ap_row *row = &state->store.row[o->slot];
    ap_falling_forget(state, o->slot);
    ap_imm_start(&row->imm, &o->placed, AP_SPEED_SIGMA_MPS);
    ap_history_clear(&row->history, &state->store.pool);
    ap_store_reason(row, report->time_utc, AP_REASON_REINITIALISED, report->sensor, 0);
    ap_track_alone(state, o->slot, report->time_utc);
    ap_track_taken(state, o->slot, report, AP_TAKEN_POSITION);
}

static void note_stray(const ap_state *state, ap_stray *s, const ap_report *report, const offer *o)
{
    if (s->count > 0 && !strays_agree(s, &o->placed))
        s->count = 0;
    if (s->count == 0)
        *s = (ap_stray){ .sensor = report->sensor, .first_utc = report->time_utc };
    s->is_joint = s->is_joint || !ap_sensors_err_together(state, s->sensor, report->sensor);
    s->turn_count += s->has_fitted;
    s->has_fitted = false;
    s->count++;
    s->time_utc = o->measure.time_utc;
    s->ecef = o->placed.ecef;
}

/* Whether strays that agree are an aircraft of their own, beside one that is seen elsewhere. What a
 * source says that has left its track is more likely its error, however well it agrees with itself:
 * jammed navigation jumps, an antenna turns away. */
static bool is_another(const ap_state *state, const ap_row *row, const ap_report *report)
{
    const ap_stray *s = &row->stray;
    if (s->is_joint || s->turn_count >= STRAY_TURNS)
        return true;
    if (ap_seconds_between(s->first_utc, report->time_utc) > STRAY_LONG_S)
        return true;
    for (int i = 0; i < row->source_count; i++)
        if (ap_sensors_err_together(state, row->source[i].sensor, s->sensor))
            return false;
    return true;
}

bool ap_track_is_seen(const ap_state *state, const ap_row *row, uint16_t but)
{
    for (int i = 0; i < row->source_count; i++) {
        uint16_t sensor = row->source[i].sensor;
        double turn_s = ap_sensor_of(state, sensor)->turn_s;
        double limit_s = fmax(BOTH_ALIVE_S, BOTH_ALIVE_TURNS * turn_s);
        if (state->group[sensor].bearing.is_lost ||
            (but != AP_SENSOR_NONE && ap_sensors_err_together(state, sensor, but)))
            continue;
        if (ap_seconds_between(row->source[i].last_utc, state->clock_utc) < limit_s)
            return true;
    }
    return false;
}

/* A position under the track's address but outside its gate. One is an error; several that agree
 * are an aircraft: another with the same address when the first is still being seen, else this
 * one, lost and found. */
static void stray(ap_state *state, const ap_report *report, offer *o)
{
    ap_row *row = &state->store.row[o->slot];
    ap_stray *s = &row->stray;
    ap_refusal ghost = ap_ghost_of(state, o->slot, report, &o->placed);
    if (ghost != AP_REFUSAL_COUNT) {
        ap_refuse(&state->stats.refused, ghost);
        return;
    }
    if (s->count == 0)
        ap_store_reason(row, report->time_utc, AP_REASON_GATE_REFUSED, report->sensor, 0);
    note_stray(state, s, report, o);
    ap_track_doubted(state, o->slot, report, AP_DOUBT_PLAIN, 0);
    bool alive = row->hit_count >= STRAY_COUNT && ap_track_is_seen(state, row, AP_SENSOR_NONE);
    if (s->count < STRAY_COUNT || (alive && !is_another(state, row, report))) {
        ap_refuse(&state->stats.refused, AP_REFUSED_GATE);
        return;
    }
    s->count = 0;
    if (!alive) {
        reinitialise(state, report, o);
        return;
    }
    if (count_shared(state, o->slot) < SHARED_CAP)
        ap_track_birth(state, report, &o->placed, BIRTH_EXISTENCE, AP_REASON_BORN_DUPLICATE,
                       state->store.row[o->slot].id);
    else
        ap_refuse(&state->stats.refused, AP_REFUSED_GATE);
}

/* ---- radars that have lost their bearing ---- */

/* Sine of the angle by which a report lies to the right of a track. */
static double offset_sine(const ap_state *state, const ap_report *report, const offer *o)
{
    const ap_sensor *sensor = ap_sensor_of(state, report->sensor);
    ap_aspect here = ap_aspect_of_plot(sensor, report, &o->placed);
    ap_aspect there = ap_aspect_of(sensor, &o->imm);
    double product = here.ground_m * there.ground_m;
    double sine = (here.east_m * there.north_m - here.north_m * there.east_m) / product;
    double cosine = (here.east_m * there.east_m + here.north_m * there.north_m) / product;
    if (cosine < 0.0)
        return sine < 0.0 ? -1.0 : 1.0;
    return fmin(fmax(sine, -1.0), 1.0);
}

/* True for what is refused, and counted, because its radar sees all to one side. It does not even
 * correct a track that others see, nor leads one away that it alone has. */
static bool is_displaced(ap_state *state, const ap_report *report, const offer *o)
{
    const ap_row *row = &state->store.row[o->slot];
    if (!(report->present & AP_HAS_POLAR) ||
        !ap_sensor_rotates(ap_sensor_of(state, report->sensor)))
        return false;
    ap_bearing *bearing = &state->group[report->sensor].bearing;
    bool by_others = ap_track_is_seen(state, row, report->sensor);
    if (by_others && (o->measure.has & AP_MEASURE_POSITION))
        ap_bearing_seen(bearing, ap_sensor_of(state, report->sensor), row->id,
                        offset_sine(state, report, o));
    if (!bearing->is_lost || (!by_others && is_in_gate(state, o)))
        return false;
    ap_refuse(&state->stats.refused, AP_REFUSED_DISPLACED);
    return true;
}

void ap_direct_seek(const ap_state *state, const ap_report *report)
{
    if (report->present & AP_HAS_ADDRESS)
        ap_store_seek_address(&state->store, report->address, report->address_kind);
}

void ap_direct_approach(const ap_state *state, const ap_report *report)
{
    if (report->present & AP_HAS_ADDRESS)
        ap_store_approach_address(&state->store, report->address, report->address_kind);
}

void ap_direct_fetch(const ap_state *state, const ap_report *report)
{
    if (!(report->present & AP_HAS_ADDRESS))
        return;
    uint32_t slot = ap_store_find_address(&state->store, report->address, report->address_kind);
    if (slot == AP_SLOT_NONE)
        return;
    ap_store_fetch_head(&state->store, slot);
    if (report->present & KINEMATIC)
        ap_store_fetch_filter(&state->store, slot);
}

/* The track of a position: the nearest. */
static void find_nearest(ap_state *state, uint32_t slot, const ap_report *report, offer *best)
{
    best->slot = AP_SLOT_NONE;
    if (ap_store_next_address(&state->store, slot) == AP_SLOT_NONE) { /* nearly always */
        if (!make_offer(state, slot, report, best))
            best->slot = AP_SLOT_NONE;
        return;
    }
    offer other;
    for (; slot != AP_SLOT_NONE; slot = ap_store_next_address(&state->store, slot))
        if (make_offer(state, slot, report, &other) &&
            (best->slot == AP_SLOT_NONE || other.distance2 < best->distance2))
            *best = other;
}

/* The track of a call sign or code: one that has it, else one that has none, else the oldest. */
static uint32_t find_named(const ap_state *state, uint32_t slot, const ap_report *report)
{
    uint32_t best = AP_SLOT_NONE;
    double best_factor = 0.0;
    for (; slot != AP_SLOT_NONE; slot = ap_store_next_address(&state->store, slot)) {
        const ap_row *row = &state->store.row[slot];
        double factor = ap_identity_factor(&row->identity, report);
        bool older = best != AP_SLOT_NONE && row->id < state->store.row[best].id;
        if (best == AP_SLOT_NONE || factor > best_factor || (factor == best_factor && older)) {
            best = slot;
            best_factor = factor;
        }
    }
    return best;
}

/* What has no position does not tell which of the aircraft that use its address has sent it. Only
 * names are taken: a velocity given to the wrong one carries its track away. */
static void take_unplaced(ap_state *state, uint32_t slot, const ap_report *report)
{
    if (!(report->present & (AP_HAS_CALLSIGN | AP_HAS_MODE_3A))) {
        ap_refuse(&state->stats.refused, AP_REFUSED_ADDRESS_SHARED);
        return;
    }
    ap_track_taken(state, find_named(state, slot, report), report, AP_TAKEN_IDENTITY);
}

bool ap_direct_take(ap_state *state, const ap_report *report)
{
    uint32_t slot = ap_store_find_address(&state->store, report->address, report->address_kind);
    if (slot == AP_SLOT_NONE)
        return false;
    if (!(report->present & (AP_HAS_POSITION | AP_HAS_POLAR)) &&
        ap_store_next_address(&state->store, slot) != AP_SLOT_NONE) {
        take_unplaced(state, slot, report);
        return true;
    }
    offer best;
    find_nearest(state, slot, report, &best);
    if (best.slot == AP_SLOT_NONE)
        ap_refuse(&state->stats.refused, AP_REFUSED_LATE);
    else if (is_displaced(state, report, &best))
        return true;
    else if (is_in_gate(state, &best))
        take(state, report, &best);
    else
        stray(state, report, &best);
    return true;
}
