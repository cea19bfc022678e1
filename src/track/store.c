#include "track/store.h"

#include <math.h>
#include <string.h>

#include "track/acceleration.h"

#define NUMBER_REST_NS (300 * AP_NS_PER_S)
#define NUMBER_COUNT 65536u
#define LEAST_LOOKED_AT 64u

static uint32_t bucket_of(const ap_store *store, uint64_t key)
{
    key = (key + 1) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(key >> 33) & (store->bucket_count - 1);
}

void ap_store_init(ap_store *store, uint32_t cap, uint32_t part_cap, ap_arena *arena)
{
    uint32_t buckets = 64;
    while (buckets < cap)
        buckets *= 2;
    *store = (ap_store){ .cap = cap, .bucket_count = buckets };
    store->by_id = ap_arena_take(arena, buckets, sizeof *store->by_id);
    store->by_address = ap_arena_take(arena, buckets, sizeof *store->by_address);
    store->row = ap_arena_take(arena, cap, sizeof *store->row);
    store->pulse = ap_arena_take(arena, cap, sizeof *store->pulse);
    store->hot = ap_arena_take(arena, cap, sizeof *store->hot);
    store->link = ap_arena_take(arena, cap, sizeof *store->link);
    store->filed = ap_arena_take(arena, cap, sizeof *store->filed);
    store->number_free_utc = ap_arena_take(arena, NUMBER_COUNT, sizeof *store->number_free_utc);
    ap_grid_init(&store->grid, cap, arena);
    ap_history_pool_init(&store->pool, part_cap, arena);
    if (arena->base)
        ap_store_reset(store);
}

void ap_store_reset(ap_store *store)
{
    for (uint32_t i = 0; i < store->bucket_count; i++)
        store->by_id[i] = store->by_address[i] = AP_SLOT_NONE;
    for (uint32_t i = 0; i < store->cap; i++) {
        store->row[i].id = 0;
        store->link[i].newer = i + 1 < store->cap ? i + 1 : AP_SLOT_NONE;
    }
    for (uint32_t i = 0; i < NUMBER_COUNT; i++)
        store->number_free_utc[i] = INT64_MIN;
    ap_grid_reset(&store->grid);
    ap_history_pool_reset(&store->pool);
    store->alive_count = 0;
    store->oldest = store->newest = AP_SLOT_NONE;
    store->free_head = 0;
    store->next_id = 1;
    store->last_number = 0;
    store->number_next_utc = INT64_MIN;
    store->clock_hand = 0;
}

static void fetch(const void *from, const void *to)
{
    for (const uint8_t *line = from; line < (const uint8_t *)to; line += AP_ARENA_ALIGN)
        __builtin_prefetch(line);
}

/* What the birth after the next will write; most are of seeds. */
static void fetch_free(const ap_store *store)
{
    uint32_t next = store->free_head;
    uint32_t slot = next == AP_SLOT_NONE ? next : store->link[next].newer;
    if (slot == AP_SLOT_NONE)
        return;
    const ap_row *row = &store->row[slot];
    ap_store_fetch_head(store, slot);
    fetch(&row->imm.seed, &row->imm.seed + 1);
    __builtin_prefetch(&row->reason_count);
    __builtin_prefetch(&store->hot[slot]);
    __builtin_prefetch(&store->link[slot]);
    __builtin_prefetch(&store->filed[slot]);
    __builtin_prefetch(&store->grid.item[slot]);
}

uint32_t ap_store_add(ap_store *store)
{
    uint32_t slot = store->free_head;
    if (slot == AP_SLOT_NONE)
        return slot;
    ap_row *row = &store->row[slot];
    store->free_head = store->link[slot].newer;
    fetch_free(store);
    __builtin_prefetch(&store->by_id[bucket_of(store, store->next_id + 1)]);
    memset(row, 0, offsetof(ap_row, identity)); /* what follows is started by who takes the row */
    row->source_count = row->reason_count = 0;
    row->stray.count = 0;
    row->id = store->next_id++;
    store->pulse[slot] = (ap_pulse){ .id = row->id };
    store->link[slot] = (ap_link){ .older = store->newest, .newer = AP_SLOT_NONE };
    store->filed[slot].next = AP_SLOT_NONE;
    if (store->newest != AP_SLOT_NONE)
        store->link[store->newest].newer = slot;
    else
        store->oldest = slot;
    store->newest = slot;
    store->alive_count++;
    uint32_t bucket = bucket_of(store, row->id);
    row->same_id = store->by_id[bucket];
    store->by_id[bucket] = slot;
    ap_identity_start(&row->identity);
    ap_history_start(&row->history);
    return slot;
}

static uint64_t address_key(uint32_t address, uint8_t kind)
{
    return ((uint64_t)kind << 32) | address;
}

static uint32_t with_key(const ap_store *store, uint32_t slot, uint64_t key)
{
    while (slot != AP_SLOT_NONE && store->filed[slot].key != key)
        slot = store->filed[slot].next;
    return slot;
}

static void unfile(ap_store *store, uint32_t slot)
{
    ap_row *row = &store->row[slot];
    uint32_t *link = &store->by_id[bucket_of(store, row->id)];
    while (*link != slot)
        link = &store->row[*link].same_id;
    *link = row->same_id;
    if (row->identity.present & AP_HAS_ADDRESS)
        ap_store_unfile_address(store, slot);
}

void ap_store_unfile_address(ap_store *store, uint32_t slot)
{
    uint32_t *head = &store->by_address[bucket_of(store, store->filed[slot].key)], *link = head;
    while (*link != slot)
        link = &store->filed[*link].next;
    *link = store->filed[slot].next;
    if (!store->filed[slot].shared)
        return;
    uint32_t left = with_key(store, *head, store->filed[slot].key);
    store->filed[left].shared = ap_store_next_address(store, left) != AP_SLOT_NONE;
}

static void rest_number(ap_store *store, uint32_t number, ap_utc_ns clock_utc)
{
    ap_utc_ns free_utc = clock_utc + NUMBER_REST_NS;
    store->number_free_utc[number] = free_utc;
    if (free_utc < store->number_next_utc)
        store->number_next_utc = free_utc;
}

void ap_store_remove(ap_store *store, uint32_t slot, ap_utc_ns clock_utc)
{
    ap_row *row = &store->row[slot];
    unfile(store, slot);
    ap_link link = store->link[slot];
    if (link.older != AP_SLOT_NONE)
        store->link[link.older].newer = link.newer;
    else
        store->oldest = link.newer;
    if (link.newer != AP_SLOT_NONE)
        store->link[link.newer].older = link.older;
    else
        store->newest = link.older;
    if (row->number != 0)
        rest_number(store, row->number, clock_utc);
    ap_grid_remove(&store->grid, slot);
    if (row->history.count > 0) /* else it holds no parts: mostly */
        ap_history_clear(&row->history, &store->pool);
    row->id = 0;
    store->pulse[slot].id = 0;
    store->link[slot].newer = store->free_head;
    store->free_head = slot;
    store->alive_count--;
}

uint32_t ap_store_find_id(const ap_store *store, uint32_t id)
{
    if (id == 0)
        return AP_SLOT_NONE;
    uint32_t slot = store->by_id[bucket_of(store, id)];
    while (slot != AP_SLOT_NONE && store->row[slot].id != id)
        slot = store->row[slot].same_id;
    return slot;
}

uint32_t ap_store_find_address(const ap_store *store, uint32_t address, uint8_t kind)
{
    uint64_t key = address_key(address, kind);
    return with_key(store, store->by_address[bucket_of(store, key)], key);
}

void ap_store_seek_address(const ap_store *store, uint32_t address, uint8_t kind)
{
    __builtin_prefetch(&store->by_address[bucket_of(store, address_key(address, kind))]);
}

void ap_store_approach_address(const ap_store *store, uint32_t address, uint8_t kind)
{
    uint32_t slot = store->by_address[bucket_of(store, address_key(address, kind))];
    if (slot != AP_SLOT_NONE)
        __builtin_prefetch(&store->filed[slot]);
}

void ap_store_fetch_head(const ap_store *store, uint32_t slot)
{
    const ap_row *row = &store->row[slot];
    __builtin_prefetch(&store->pulse[slot]);
    fetch(row, &row->source[1]);
    __builtin_prefetch(&row->imm.time_utc);
}

void ap_store_fetch_filter(const ap_store *store, uint32_t slot)
{
    const ap_row *row = &store->row[slot];
    __builtin_prefetch(&store->hot[slot]);
    fetch(&row->imm, &row->history.own[0]);
}

void ap_store_fetch(const ap_store *store, uint32_t slot)
{
    ap_store_fetch_head(store, slot);
    ap_store_fetch_filter(store, slot);
}

uint32_t ap_store_next_address(const ap_store *store, uint32_t slot)
{
    const ap_filed *filed = &store->filed[slot];
    return with_key(store, filed->next, filed->key);
}

void ap_store_file_address(ap_store *store, uint32_t slot)
{
    const ap_identity *identity = &store->row[slot].identity;
    uint64_t key = address_key(identity->address, identity->address_kind);
    uint32_t *head = &store->by_address[bucket_of(store, key)];
    uint32_t other = with_key(store, *head, key);
    store->filed[slot] = (ap_filed){ .key = key, .next = *head, .shared = other != AP_SLOT_NONE };
    if (other != AP_SLOT_NONE)
        store->filed[other].shared = true;
    *head = slot;
}

void ap_store_number(ap_store *store, uint32_t slot, ap_utc_ns clock_utc)
{
    uint32_t number = store->last_number;
    ap_utc_ns next_utc = INT64_MAX;
    if (store->number_next_utc > clock_utc)
        return;
    for (uint32_t step = 1; step < NUMBER_COUNT; step++) {
        number = number % (NUMBER_COUNT - 1) + 1; /* 1..65535, in turn */
        ap_utc_ns free_utc = store->number_free_utc[number];
        next_utc = free_utc < next_utc ? free_utc : next_utc;
        if (free_utc > clock_utc)
            continue;
        store->number_free_utc[number] = INT64_MAX;
        store->row[slot].number = (uint16_t)number;
        store->last_number = number;
        return;
    }
    store->number_next_utc = next_utc;
}

void ap_store_rest_numbers(ap_store *store, ap_utc_ns clock_utc)
{
    for (uint32_t number = 1; number < NUMBER_COUNT; number++)
        if (store->number_free_utc[number] != INT64_MIN &&
            store->number_free_utc[number] != INT64_MAX)
            rest_number(store, number, clock_utc);
}

static void refresh_seed(const ap_measure *measure, double speed_sigma_mps, ap_hot *hot)
{
    const double *R = measure->R_ecef_m2;
    bool moves = (measure->has & AP_MEASURE_VELOCITY) != 0;
    ap_vec3 v = moves ? measure->velocity_ecef : (ap_vec3){ 0 };
    double var = moves ? measure->velocity_var : speed_sigma_mps * speed_sigma_mps;
    hot->ecef = measure->ecef;
    hot->velocity_mps[0] = (float)v.x_m;
    hot->velocity_mps[1] = (float)v.y_m;
    hot->velocity_mps[2] = (float)v.z_m;
    hot->position_var_m2 = (float)(R[0] + R[3] + R[5]);
    hot->velocity_var = (float)(2.0 * var);
    hot->time_utc = measure->time_utc;
}

static void refresh_filter(const ap_imm *imm, ap_hot *hot)
{
    const ap_gauss *mean = &imm->mean;
    const double *x = mean->x;
    const ap_vertical *vertical = &imm->vertical;
    /* the plane is raised only when it moves sideways: what climbs straight up leaves it */
    double above_m = vertical->has ? vertical->altitude_m - imm->frame.origin.height_m : 0.0;
    double up_mps = vertical->has ? (double)vertical->up_mps : 0.0;
    const double *east = imm->frame.rotation[0], *north = imm->frame.rotation[1];
    const double *up = imm->frame.rotation[2];
    const ap_vec3 *origin = &imm->frame.origin_ecef;
    hot->ecef = (ap_vec3){ origin->x_m + (x[0] * east[0] + x[1] * north[0] + above_m * up[0]),
                           origin->y_m + (x[0] * east[1] + x[1] * north[1] + above_m * up[1]),
                           origin->z_m + (x[0] * east[2] + x[1] * north[2] + above_m * up[2]) };
    for (int i = 0; i < 3; i++)
        hot->velocity_mps[i] = (float)(x[2] * east[i] + x[3] * north[i] + up_mps * up[i]);
    hot->position_var_m2 = (float)(mean->A.ee + mean->A.nn + 2.0 * imm->lean_m * imm->lean_m);
    hot->velocity_var = (float)(mean->C.ee + mean->C.nn);
    hot->time_utc = imm->time_utc;
}

void ap_store_refresh(ap_store *store, uint32_t slot)
{
    const ap_imm *imm = &store->row[slot].imm;
    ap_hot *hot = &store->hot[slot];
    if (imm->is_seed)
        refresh_seed(&imm->seed.measure, imm->seed.speed_sigma_mps, hot);
    else
        refresh_filter(imm, hot);
    ap_grid_put(&store->grid, slot, hot->ecef);
}

uint32_t ap_store_least(ap_store *store, double existence)
{
    uint32_t least = AP_SLOT_NONE;
    for (uint32_t k = 0; k < LEAST_LOOKED_AT && k < store->cap; k++) {
        store->clock_hand = (store->clock_hand + 1) % store->cap;
        const ap_pulse *pulse = &store->pulse[store->clock_hand];
        if (store->row[store->clock_hand].id != 0 && pulse->state == AP_TRACK_TENTATIVE &&
            pulse->existence < existence) {
            existence = pulse->existence;
            least = store->clock_hand;
        }
    }
    return least;
}

void ap_store_reason(ap_row *row, ap_utc_ns time_utc, ap_reason_code code, uint16_t sensor,
                     uint32_t other)
{
    row->reason[row->reason_count % AP_TRACK_REASON_CAP] = (ap_reason){
        .time_utc = time_utc, .code = (uint8_t)code, .sensor = sensor, .other = other
    };
    /* The ring goes round whole before the counter would start anew. */
    row->reason_count = row->reason_count == UINT16_MAX
                            ? (uint16_t)(UINT16_MAX - AP_TRACK_REASON_CAP + 1)
                            : (uint16_t)(row->reason_count + 1);
}

static void show_sources(const ap_row *row, ap_track *track)
{
    track->source_count = row->source_count;
    for (int i = 0; i < row->source_count; i++)
        track->source[i] = (ap_track_source){ .sensor = row->source[i].sensor,
                                              .report_count = row->source[i].report_count,
                                              .last_utc = row->source[i].last_utc,
                                              .residual_east_m = row->source[i].residual_east_m,
                                              .residual_north_m = row->source[i].residual_north_m };
    track->reason_count = row->reason_count;
    size_t kept = row->reason_count < AP_TRACK_REASON_CAP ? row->reason_count : AP_TRACK_REASON_CAP;
    memcpy(track->reason, row->reason, kept * sizeof row->reason[0]);
}

static void show_motion(const ap_imm *imm, const ap_row *row, const ap_history_pool *pool,
                        ap_track *track)
{
    ap_gauss g;
    ap_imm_own(imm, &track->position, &g);
    track->time_utc = imm->time_utc;
    track->east_mps = g.x[2];
    track->north_mps = g.x[3];
    track->track_rate_radps = ap_imm_turn_radps(imm);
    track->has_acceleration =
        ap_acceleration_along(&row->history, pool, imm, &track->acceleration_mps2);
    const double P[4][4] = { { g.A.ee, g.A.en, g.B[0][0], g.B[0][1] },
                             { g.A.en, g.A.nn, g.B[1][0], g.B[1][1] },
                             { g.B[0][0], g.B[1][0], g.C.ee, g.C.en },
                             { g.B[0][1], g.B[1][1], g.C.en, g.C.nn } };
    memcpy(track->P_enu, P, sizeof P);
    for (int m = 0; m < AP_IMM_MODELS; m++)
        track->mode_probability[m] = (double)imm->models.probability[m];
    const ap_vertical *v = &imm->vertical;
    track->has_height = v->has;
    if (!v->has)
        return;
    track->up_mps = v->up_mps;
    track->vertical_P[0][0] = v->P[0] + v->lean_m * v->lean_m;
    track->vertical_P[0][1] = track->vertical_P[1][0] = v->P[1];
    track->vertical_P[1][1] = v->P[2];
    for (int m = 0; m < AP_VERTICAL_MODES; m++)
        track->vertical_probability[m] = v->probability[m];
    if (v->is_pressure)
        track->pressure_altitude_m = v->altitude_m;
}

static void show_filter(const ap_row *row, const ap_history_pool *pool, ap_track *track)
{
    const ap_imm *imm = &row->imm;
    if (!imm->is_single) {
        show_motion(imm, row, pool, track);
        return;
    }
    ap_imm filled;
    ap_imm_copy(&filled, imm);
    ap_imm_fill(&filled);
    show_motion(&filled, row, pool, track);
}

_Static_assert(AP_IMM_MODELS <= AP_TRACK_MODE_CAP, "a snapshot holds every mode");
_Static_assert((int)AP_VERTICAL_MODES == AP_TRACK_VERTICAL_MODES, "and every vertical one");

void ap_store_show(const ap_store *store, uint32_t slot, ap_track *track)
{
    const ap_row *row = &store->row[slot];
    *track = (ap_track){ .id = row->id,
                         .number = row->number,
                         .state = store->pulse[slot].state,
                         .existence = store->pulse[slot].existence,
                         .born_utc = row->born_utc,
                         .confirmed_utc = row->confirmed_utc,
                         .updated_utc = row->updated_utc,
                         .update_count = row->update_count };
    ap_identity_show(&row->identity, track);
    show_filter(row, &store->pool, track);
    show_sources(row, track);
    track->identity_doubted = row->doubt.holds;
    if (row->identity.present & AP_HAS_ADDRESS)
        track->address_shared = store->filed[slot].shared;
}
