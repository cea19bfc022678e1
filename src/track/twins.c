/* Two tracks of one aircraft become one. */
#include "track/state.h"

#include <math.h>

#define MERGE_CHECKS 3
#define MERGE_DISTANCE2 9.0
#define MERGE_RADIUS_M 1500.0
#define MERGE_LOOKS_TURNS 2.5

/* A sensor that lately gave plots to both tracks says that they are two. */
static bool seen_apart(const ap_state *state, const ap_row *a, const ap_row *b)
{
    for (int i = 0; i < a->source_count; i++)
        for (int j = 0; j < b->source_count; j++) {
            if (a->source[i].sensor != b->source[j].sensor)
                continue;
            double turn_s = ap_sensor_of(state, a->source[i].sensor)->turn_s;
            double age_a = ap_silence_s(&a->source[i], state->clock_utc);
            double age_b = ap_silence_s(&b->source[j], state->clock_utc);
            if (fmax(age_a, age_b) < MERGE_LOOKS_TURNS * turn_s)
                return true;
        }
    return false;
}

double ap_tracks_distance2(const ap_row *a, const ap_row *b)
{
    ap_imm moved, other;
    ap_utc_ns time_utc = a->imm.time_utc > b->imm.time_utc ? a->imm.time_utc : b->imm.time_utc;
    ap_imm_predict(&a->imm, time_utc, &moved);
    ap_imm_predict(&b->imm, time_utc, &other);
    const ap_gauss ga = moved.mean, gb = other.mean;
    ap_vec3 ecef = ap_ecef_from_enu(&other.frame, (ap_vec3){ gb.x[0], gb.x[1], 0.0 });
    ap_vec3 enu = ap_enu_from_ecef(&moved.frame, ecef);
    ap_vec3 v = ap_enu_rotate(&moved.frame,
                              ap_ecef_rotate(&other.frame, (ap_vec3){ gb.x[2], gb.x[3], 0.0 }));
    double lean_m2 = a->imm.lean_m * a->imm.lean_m + b->imm.lean_m * b->imm.lean_m;
    ap_fix fix = { enu.x_m, enu.y_m, { gb.A.ee + lean_m2, gb.A.en, gb.A.nn + lean_m2 } };
    double dve = v.x_m - ga.x[2], dvn = v.y_m - ga.x[3];
    double var = ga.C.ee + ga.C.nn + gb.C.ee + gb.C.nn;
    return ap_gauss_distance2(&ga, &fix) + (dve * dve + dvn * dvn) / fmax(var, 1.0);
}

static bool may_be_one(const ap_state *state, uint32_t slot, uint32_t other)
{
    const ap_row *a = &state->store.row[slot], *b = &state->store.row[other];
    if (state->store.pulse[other].state == AP_TRACK_TENTATIVE ||
        !ap_identity_compatible(&a->identity, &b->identity) || seen_apart(state, a, b))
        return false;
    if (a->imm.vertical.has && b->imm.vertical.has &&
        a->imm.vertical.is_pressure == b->imm.vertical.is_pressure &&
        fabs(a->imm.vertical.altitude_m - b->imm.vertical.altitude_m) > 300.0)
        return false;
    return ap_tracks_distance2(a, b) < MERGE_DISTANCE2;
}

/* The nearest other firm track that may be the same aircraft; AP_SLOT_NONE if none. */
static uint32_t twin_of(ap_state *state, uint32_t slot)
{
    ap_store *store = &state->store;
    uint32_t *near = state->bench.near;
    size_t count = ap_grid_near(&store->grid, store->hot[slot].ecef, MERGE_RADIUS_M, near,
                                state->bench.near_cap);
    count = count < state->bench.near_cap ? count : state->bench.near_cap;
    uint32_t best = AP_SLOT_NONE;
    for (size_t k = 0; k < count; k++) {
        bool may = near[k] != slot && may_be_one(state, slot, near[k]);
        if (may && (best == AP_SLOT_NONE || store->row[near[k]].id < store->row[best].id))
            best = near[k];
    }
    return best;
}

static void merge(ap_state *state, uint32_t slot, uint32_t into)
{
    ap_row *kept = &state->store.row[into];
    const ap_row *gone = &state->store.row[slot];
    ap_store_reason(kept, state->clock_utc, AP_REASON_MERGED, AP_SENSOR_NONE, gone->id);
    ap_track_end(state, slot, state->clock_utc, AP_REASON_DROPPED_MERGED, kept->id);
}

void ap_twin_settle(ap_state *state, uint32_t slot)
{
    if (state->store.pulse[slot].state == AP_TRACK_TENTATIVE)
        return;
    ap_row *row = &state->store.row[slot];
    bool has_address = (row->identity.present & AP_HAS_ADDRESS) != 0;
    if (has_address && ap_store_next_address(&state->store, slot) == AP_SLOT_NONE)
        return;
    uint32_t twin = twin_of(state, slot);
    uint32_t twin_id = twin == AP_SLOT_NONE ? 0 : state->store.row[twin].id;
    row->near_count = twin_id != 0 && twin_id == row->near_id ? row->near_count + 1 : 0;
    row->near_id = twin_id;
    if (row->near_count < MERGE_CHECKS)
        return;
    const ap_row *other = &state->store.row[twin];
    bool other_has_address = (other->identity.present & AP_HAS_ADDRESS) != 0;
    if (!other_has_address && other->id > row->id)
        return; /* the younger one joins the older */
    merge(state, slot, twin);
}
