/* Plots that are of an aircraft already seen this turn: split in two, by a lobe beside the beam, or
 * by way of a reflector. */
#include "track/state.h"

#include <math.h>

#include "track/aspect.h"

#define CODES 4096
#define SEEN_TURNS 1.2           /* the aircraft itself was seen within so many turns */
#define LOST_TURNS 4.0           /* or within so many, and others see it now: it is hidden */
#define SPLIT_TURNS 0.4          /* the other half of a split plot, within this one */
#define SPLIT_RANGE_CELLS 1.0    /* nearer together no two aircraft would give two plots; ... */
#define SPLIT_AZIMUTH_CELLS 2.0  /* ... a beam also splits what passes its edge */
#define LOBE_RANGE_M 30e3        /* so near an aircraft answers to lobes beside the beam, too */
#define REFLECTION_EXTRA_M 500.0 /* by a reflector the way is longer, and comes from elsewhere */
#define REFLECTION_CELLS 3.0
#define SAME_ALTITUDE_SIGMAS 4.0
#define SAME_ALTITUDE_EXTRA_M 30.0
#define ECHO_GAP_S 30.0
#define ECHO_MAX_S 120.0 /* what follows it for longer is another aircraft with its code */

void ap_ghosts_init(ap_state *state, ap_arena *arena)
{
    state->by_code = ap_arena_take(arena, CODES, sizeof *state->by_code);
}

void ap_ghosts_reset(ap_state *state)
{
    for (int i = 0; i < CODES; i++)
        state->by_code[i] = AP_SLOT_NONE;
}

/* A row that has been given up, or taken by another track since, has not. */
static bool is_firm_with(const ap_state *state, uint32_t slot, uint16_t mode_3a)
{
    if (slot == AP_SLOT_NONE || state->store.pulse[slot].id == 0 ||
        state->store.pulse[slot].state == AP_TRACK_TENTATIVE)
        return false;
    const ap_identity *identity = &state->store.row[slot].identity;
    return (identity->present & AP_HAS_MODE_3A) && identity->mode_3a == mode_3a;
}

void ap_ghosts_note(ap_state *state, uint32_t slot)
{
    const ap_identity *identity = &state->store.row[slot].identity;
    if (!(identity->present & AP_HAS_MODE_3A) || ap_code_is_shared(identity->mode_3a))
        return;
    uint32_t *by_code = &state->by_code[identity->mode_3a % CODES];
    bool is_new = state->store.pulse[slot].state == AP_TRACK_TENTATIVE;
    if (!is_new || !is_firm_with(state, *by_code, identity->mode_3a))
        *by_code = slot;
}

/* The firm track with the code in a plot; AP_SLOT_NONE if there is none, or it may be garbled. */
static uint32_t find_code(const ap_state *state, const ap_report *report)
{
    if (!(report->present & AP_HAS_MODE_3A) || (report->flags & AP_FLAGS_MODE_3A_DOUBTFUL))
        return AP_SLOT_NONE;
    uint32_t slot = state->by_code[report->mode_3a % CODES];
    bool is_its = is_firm_with(state, slot, report->mode_3a) && !ap_code_is_shared(report->mode_3a);
    return is_its ? slot : AP_SLOT_NONE;
}

/* Turns since the sensor saw the track itself; huge if never. */
static double turns_since(const ap_state *state, const ap_row *row, const ap_report *report)
{
    for (int i = 0; i < row->source_count; i++)
        if (row->source[i].sensor == report->sensor)
            return fabs(ap_seconds_between(row->source[i].last_utc, report->time_utc)) /
                   ap_sensor_of(state, report->sensor)->turn_s;
    return 1e9;
}

/* The altitude that an aircraft sends is the same by whichever way it comes. */
static bool same_altitude(const ap_vertical *v, const ap_measure *measure)
{
    if (!v->has || !v->is_pressure || !(measure->has & AP_MEASURE_PRESSURE))
        return false;
    double d = fabs(measure->altitude_m - v->altitude_m);
    return d <
           SAME_ALTITUDE_SIGMAS * sqrt(v->P[0] + measure->altitude_var_m2) + SAME_ALTITUDE_EXTRA_M;
}

/* A reflector shows an aircraft for as long as both are in line with the sensor. */
static bool is_passing(ap_row *row, ap_utc_ns time_utc)
{
    if (fabs(ap_seconds_between(row->echo_last_utc, time_utc)) > ECHO_GAP_S)
        row->echo_first_utc = time_utc;
    row->echo_last_utc = time_utc;
    return fabs(ap_seconds_between(row->echo_first_utc, time_utc)) < ECHO_MAX_S;
}

ap_refusal ap_ghost_of(ap_state *state, uint32_t slot, const ap_report *report,
                       const ap_measure *measure)
{
    const ap_sensor *sensor = ap_sensor_of(state, report->sensor);
    ap_row *row = &state->store.row[slot];
    if (!(report->present & AP_HAS_POLAR) || !ap_sensor_rotates(sensor))
        return AP_REFUSAL_COUNT;
    double turns = turns_since(state, row, report);
    bool is_shown = turns <= SEEN_TURNS;
    if (!is_shown && !(turns <= LOST_TURNS && ap_track_is_seen(state, row, report->sensor)))
        return AP_REFUSAL_COUNT;
    ap_imm imm;
    ap_imm_predict(&row->imm, report->time_utc, &imm);
    if (!same_altitude(&imm.vertical, measure))
        return AP_REFUSAL_COUNT;
    ap_cell cell = ap_cell_of(sensor, report);
    ap_aspect here = ap_aspect_of_plot(sensor, report, measure), there = ap_aspect_of(sensor, &imm);
    double farther_m = here.slant_m - there.slant_m;
    double across_m = fabs(ap_aspect_across_m(&here, &there));
    double cell_m = cell.azimuth_rad * 0.5 * (here.ground_m + there.ground_m);
    bool same_range = fabs(farther_m) < SPLIT_RANGE_CELLS * cell.range_m;
    if (same_range && turns < SPLIT_TURNS && across_m < SPLIT_AZIMUTH_CELLS * cell_m)
        return AP_REFUSED_SPLIT;
    /* With its code, its altitude and its range: all around, if need be. Another aircraft has that
     * range for a moment only; a radar that has lost its bearing sees the track itself no more. A
     * reflection is farther than what such a radar makes of the track. */
    if (is_shown && same_range && here.slant_m < LOBE_RANGE_M)
        return AP_REFUSED_SPLIT;
    if (farther_m > REFLECTION_EXTRA_M && farther_m > REFLECTION_CELLS * cell.range_m &&
        across_m > REFLECTION_CELLS * cell_m && is_passing(row, report->time_utc))
        return AP_REFUSED_REFLECTION;
    return AP_REFUSAL_COUNT;
}

bool ap_ghost_refuse(ap_state *state, const ap_report *report, const ap_measure *measure)
{
    uint32_t slot = find_code(state, report);
    ap_refusal why =
        slot == AP_SLOT_NONE ? AP_REFUSAL_COUNT : ap_ghost_of(state, slot, report, measure);
    if (why == AP_REFUSAL_COUNT)
        return false;
    ap_refuse(&state->stats.refused, why);
    return true;
}
