#include "score/trajectory.h"

#include <math.h>
#include <string.h>

#include "airpicture/geo.h"
#include "base/arena.h"
#include "score/order.h"

#define PLANE_MAX_M 1e8
#define HEIGHT_MAX_M 1e7
#define SPEED_MAX_MPS 1e5

_Static_assert(sizeof(ap_trajectory_state) == 72, "millions of them are held at once");
_Static_assert(sizeof(ap_trajectory_covariance) == 64, "millions of them are held at once");

static bool caps_are_sound(const ap_trajectory_config *caps)
{
    return caps->trajectory_cap >= 1 && caps->trajectory_cap <= 4000000 && caps->state_cap >= 1 &&
           caps->state_cap <= 1000000000 && caps->identity_cap >= 1 &&
           caps->identity_cap <= 16000000;
}

static uint32_t slots_for(uint32_t cap)
{
    uint32_t slots = 2;
    while (slots < 2 * cap)
        slots *= 2;
    return slots;
}

static void lay_out(ap_trajectory_set *set, ap_arena *arena)
{
    const ap_trajectory_config *caps = &set->caps;
    set->slot_count = slots_for(caps->trajectory_cap);
    set->trajectories = ap_arena_take_raw(arena, caps->trajectory_cap, sizeof(ap_trajectory));
    set->slots = ap_arena_take(arena, set->slot_count, sizeof(uint32_t));
    set->states = ap_arena_take_raw(arena, caps->state_cap, sizeof(ap_trajectory_state));
    set->covariances = NULL;
    if (caps->has_covariances)
        set->covariances =
            ap_arena_take_raw(arena, caps->state_cap, sizeof(ap_trajectory_covariance));
    set->identities = ap_arena_take_raw(arena, caps->identity_cap, sizeof(ap_trajectory_identity));
    set->order = ap_arena_take_raw(arena, caps->state_cap, 2 * sizeof(uint32_t));
}

size_t ap_trajectory_set_size(const ap_trajectory_config *caps)
{
    if (!caps_are_sound(caps))
        return 0;
    ap_arena arena = ap_arena_measure();
    ap_trajectory_set set = { .caps = *caps };
    lay_out(&set, &arena);
    return ap_arena_need(&arena);
}

ap_err ap_trajectory_set_init(ap_trajectory_set *set, ap_trajectory_frame frame,
                              const ap_trajectory_config *caps, void *mem, size_t mem_size)
{
    if (!caps_are_sound(caps) || (frame != AP_TRAJECTORY_GEODETIC && frame != AP_TRAJECTORY_PLANE))
        return AP_ERR_ARGUMENT;
    ap_arena arena = ap_arena_over(mem, mem_size);
    ap_trajectory_set made = { .frame = frame, .caps = *caps };
    lay_out(&made, &arena);
    if (ap_arena_need(&arena) == 0)
        return AP_ERR_MEMORY;
    *set = made;
    return AP_OK;
}

/* Index by id: slots hold the trajectory's index + 1. */
static uint32_t *slot_of(ap_trajectory_set *set, uint64_t id)
{
    uint32_t mask = set->slot_count - 1;
    uint32_t at = (uint32_t)((id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
    while (set->slots[at] != 0 && set->trajectories[set->slots[at] - 1].id != id)
        at = (at + 1) & mask;
    return &set->slots[at];
}

static void index_all(ap_trajectory_set *set)
{
    memset(set->slots, 0, set->slot_count * sizeof *set->slots);
    for (uint32_t i = 0; i < set->trajectory_count; i++)
        *slot_of(set, set->trajectories[i].id) = i + 1;
}

ap_err ap_trajectory_set_move(ap_trajectory_set *set, const ap_trajectory_config *caps, void *mem,
                              size_t mem_size)
{
    if (!caps_are_sound(caps) || caps->trajectory_cap < set->trajectory_count ||
        caps->state_cap < set->state_count || caps->identity_cap < set->identity_count)
        return AP_ERR_ARGUMENT;
    ap_trajectory_set moved = *set;
    moved.caps = *caps;
    ap_arena arena = ap_arena_over(mem, mem_size);
    lay_out(&moved, &arena);
    if (ap_arena_need(&arena) == 0)
        return AP_ERR_MEMORY;
    memcpy(moved.trajectories, set->trajectories,
           set->trajectory_count * sizeof *set->trajectories);
    memcpy(moved.states, set->states, set->state_count * sizeof *set->states);
    memcpy(moved.identities, set->identities, set->identity_count * sizeof *set->identities);
    if (moved.covariances != NULL && set->covariances != NULL)
        memcpy(moved.covariances, set->covariances, set->state_count * sizeof *set->covariances);
    else if (moved.covariances != NULL)
        memset(moved.covariances, 0, set->state_count * sizeof *moved.covariances);
    index_all(&moved);
    *set = moved;
    return AP_OK;
}

/* Written so that NaN is refused: one such number would spoil every sum it enters. */
static bool place_is_sound(ap_trajectory_frame frame, const ap_trajectory_state *state)
{
    if (frame == AP_TRAJECTORY_PLANE)
        return fabs(state->x_m) <= PLANE_MAX_M && fabs(state->y_m) <= PLANE_MAX_M;
    return fabs(state->latitude_rad) <= AP_PI / 2.0 && fabs(state->longitude_rad) <= 2.0 * AP_PI;
}

static bool is_within(uint32_t flags, uint32_t flag, double value, double most)
{
    return !(flags & flag) || fabs(value) <= most;
}

static bool state_is_sound(ap_trajectory_frame frame, const ap_trajectory_state *state)
{
    uint32_t flags = state->flags;
    return place_is_sound(frame, state) &&
           is_within(flags, AP_STATE_HAS_VELOCITY, state->east_mps, SPEED_MAX_MPS) &&
           is_within(flags, AP_STATE_HAS_VELOCITY, state->north_mps, SPEED_MAX_MPS) &&
           is_within(flags, AP_STATE_HAS_HEIGHT, (double)state->height_m, HEIGHT_MAX_M) &&
           is_within(flags, AP_STATE_HAS_PRESSURE_ALTITUDE, (double)state->pressure_altitude_m,
                     HEIGHT_MAX_M) &&
           is_within(flags, AP_STATE_HAS_CLIMB, (double)state->up_mps, SPEED_MAX_MPS);
}

/* What the flags say is not there is 0, so that no reader of it meets garbage. */
static void clear_absent(ap_trajectory_state *state)
{
    if (!(state->flags & AP_STATE_HAS_VELOCITY))
        state->east_mps = state->north_mps = 0.0;
    if (!(state->flags & AP_STATE_HAS_HEIGHT))
        state->height_m = 0.0f;
    if (!(state->flags & AP_STATE_HAS_PRESSURE_ALTITUDE))
        state->pressure_altitude_m = 0.0f;
    if (!(state->flags & AP_STATE_HAS_CLIMB))
        state->up_mps = 0.0f;
    if (!(state->pressure_altitude_age_s >= 0.0f && state->pressure_altitude_age_s < 1e9f))
        state->flags &= ~(uint32_t)AP_STATE_HAS_ALTITUDE_AGE;
    if (!(state->flags & AP_STATE_HAS_ALTITUDE_AGE))
        state->pressure_altitude_age_s = 0.0f;
}

static bool covariance_is_sound(const ap_trajectory_covariance *c)
{
    double det_m4 = c->east_m2 * c->north_m2 - c->east_north_m2 * c->east_north_m2;
    double rest = 0.0;
    for (int i = 0; i < 2; i++)
        rest += (double)c->east_velocity_m2ps[i] + (double)c->north_velocity_m2ps[i];
    rest += (double)c->velocity_east_m2ps2 + (double)c->velocity_east_north_m2ps2 +
            (double)c->velocity_north_m2ps2 + (double)c->vertical_m2 + (double)c->climb_m2ps2;
    return c->east_m2 >= 0.0 && c->north_m2 >= 0.0 && det_m4 >= 0.0 && isfinite(det_m4) &&
           isfinite(rest);
}

static bool identities_match(const ap_trajectory_identity *a, const ap_trajectory_identity *b)
{
    return a->flags == b->flags &&
           (!(a->flags & AP_IDENTITY_HAS_ADDRESS) || a->address == b->address) &&
           (!(a->flags & AP_IDENTITY_HAS_MODE_3A) || a->mode_3a == b->mode_3a) &&
           (!(a->flags & AP_IDENTITY_HAS_CALLSIGN) ||
            strncmp(a->callsign, b->callsign, AP_CALLSIGN_SIZE) == 0);
}

/* Whether `told` needs a place of its own beside the one that the trajectory told last. */
static bool is_new_identity(const ap_trajectory_set *set, uint32_t held,
                            const ap_trajectory_identity *told)
{
    return told != NULL &&
           (held == AP_TRAJECTORY_NONE || !identities_match(&set->identities[held], told));
}

static uint32_t take_identity(ap_trajectory_set *set, uint32_t held,
                              const ap_trajectory_identity *told)
{
    if (!is_new_identity(set, held, told))
        return held;
    set->identities[set->identity_count] = *told;
    set->identities[set->identity_count].callsign[AP_CALLSIGN_SIZE - 1] = '\0';
    return set->identity_count++;
}

static void take_covariance(ap_trajectory_set *set, const ap_trajectory_covariance *covariance)
{
    if (set->covariances == NULL)
        return;
    ap_trajectory_covariance *to = &set->covariances[set->state_count];
    *to = (ap_trajectory_covariance){ 0 };
    if (covariance == NULL)
        return;
    if (covariance_is_sound(covariance))
        *to = *covariance;
    else
        set->clipped_count++;
}

ap_err ap_trajectory_add(ap_trajectory_set *set, uint64_t id, const ap_trajectory_state *state,
                         const ap_trajectory_covariance *covariance,
                         const ap_trajectory_identity *identity)
{
    if (state->time_utc == AP_UTC_UNKNOWN) {
        set->refused[AP_TRAJECTORY_REFUSAL_TIME]++;
        return AP_ERR_RANGE;
    }
    if (!state_is_sound(set->frame, state)) {
        set->refused[AP_TRAJECTORY_REFUSAL_NUMBER]++;
        return AP_ERR_RANGE;
    }
    uint32_t *slot = slot_of(set, id);
    uint32_t held = *slot == 0 ? AP_TRAJECTORY_NONE : set->trajectories[*slot - 1].identity;
    if (set->state_count == set->caps.state_cap ||
        (*slot == 0 && set->trajectory_count == set->caps.trajectory_cap) ||
        (set->identity_count == set->caps.identity_cap && is_new_identity(set, held, identity)))
        return AP_ERR_FULL;
    if (*slot == 0) {
        set->trajectories[set->trajectory_count] =
            (ap_trajectory){ .id = id, .identity = AP_TRAJECTORY_NONE };
        *slot = ++set->trajectory_count;
    }
    ap_trajectory *trajectory = &set->trajectories[*slot - 1];
    trajectory->identity = take_identity(set, held, identity);
    take_covariance(set, covariance);
    ap_trajectory_state *to = &set->states[set->state_count++];
    *to = *state;
    clear_absent(to);
    to->trajectory = *slot - 1;
    to->identity = trajectory->identity;
    set->sorted = false;
    return AP_OK;
}

/* Trajectories by id. Ids above the middle of their range sort as the others: the sign is shifted
 * away while they are compared. */
static void sort_trajectories(ap_trajectory_set *set)
{
    uint32_t count = set->trajectory_count;
    uint32_t *order = set->slots, *scratch = set->slots + count; /* rebuilt below */
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
        set->trajectories[i].id ^= UINT64_C(1) << 63;
        set->trajectories[i].first = i;
    }
    ap_order_sort(order, scratch, count, (const int64_t *)(const void *)&set->trajectories[0].id,
                  sizeof(ap_trajectory));
    ap_trajectory row;
    ap_order_apply(order, count, set->trajectories, sizeof row, &row);
    uint32_t *place = set->slots;
    for (uint32_t i = 0; i < count; i++) {
        set->trajectories[i].id ^= UINT64_C(1) << 63;
        place[set->trajectories[i].first] = i;
    }
    for (uint32_t i = 0; i < set->state_count; i++)
        set->states[i].trajectory = place[set->states[i].trajectory];
    index_all(set);
}

/* order: the states by trajectory, as they came. Leaves first and count of the trajectories. */
static void gather(ap_trajectory_set *set)
{
    for (uint32_t i = 0; i < set->trajectory_count; i++)
        set->trajectories[i].count = 0;
    for (uint32_t i = 0; i < set->state_count; i++)
        set->trajectories[set->states[i].trajectory].count++;
    uint32_t first = 0;
    for (uint32_t i = 0; i < set->trajectory_count; i++) {
        set->trajectories[i].first = first;
        first += set->trajectories[i].count;
        set->trajectories[i].count = 0;
    }
    for (uint32_t i = 0; i < set->state_count; i++) {
        ap_trajectory *trajectory = &set->trajectories[set->states[i].trajectory];
        set->order[trajectory->first + trajectory->count++] = i;
    }
}

static void count_unsorted(ap_trajectory_set *set, const ap_trajectory *trajectory)
{
    ap_utc_ns latest = INT64_MIN;
    for (uint32_t k = 0; k < trajectory->count; k++) {
        ap_utc_ns time = set->states[set->order[trajectory->first + k]].time_utc;
        set->unsorted_count += time < latest;
        latest = time > latest ? time : latest;
    }
}

/* Sorts each trajectory's part of the order by time and moves what repeats a time behind the end;
 * returns how many states stay. */
static uint32_t order_by_time(ap_trajectory_set *set)
{
    uint32_t *scratch = set->order + set->caps.state_cap;
    uint32_t kept = 0, dropped = 0;
    for (uint32_t i = 0; i < set->trajectory_count; i++) {
        ap_trajectory *trajectory = &set->trajectories[i];
        uint32_t *part = set->order + trajectory->first;
        count_unsorted(set, trajectory);
        ap_order_sort(part, scratch + dropped, trajectory->count, &set->states[0].time_utc,
                      sizeof(ap_trajectory_state));
        uint32_t first = kept;
        for (uint32_t k = 0; k < trajectory->count; k++) {
            uint32_t index = part[k];
            /* What was told later of the same time is what a display would show from then on. */
            if (kept > first &&
                set->states[set->order[kept - 1]].time_utc == set->states[index].time_utc)
                scratch[dropped++] = set->order[--kept];
            set->order[kept++] = index;
        }
        trajectory->first = first;
        trajectory->count = kept - first;
    }
    memcpy(set->order + kept, scratch, dropped * sizeof *scratch);
    set->refused[AP_TRAJECTORY_REFUSAL_DUPLICATE] += dropped;
    return kept;
}

void ap_trajectory_set_sort(ap_trajectory_set *set)
{
    if (set->trajectory_count > 0) {
        sort_trajectories(set);
        gather(set);
        uint32_t kept = order_by_time(set);
        ap_trajectory_state state;
        ap_order_apply(set->order, set->state_count, set->states, sizeof state, &state);
        ap_trajectory_covariance covariance;
        if (set->covariances != NULL)
            ap_order_apply(set->order, set->state_count, set->covariances, sizeof covariance,
                           &covariance);
        set->state_count = kept;
    }
    set->sorted = true;
}

void ap_trajectory_set_span(const ap_trajectory_set *set, ap_utc_ns *first, ap_utc_ns *last)
{
    *first = *last = AP_UTC_UNKNOWN;
    for (uint32_t i = 0; i < set->trajectory_count; i++) {
        const ap_trajectory *trajectory = &set->trajectories[i];
        if (trajectory->count == 0)
            continue;
        ap_utc_ns begin = set->states[trajectory->first].time_utc;
        ap_utc_ns end = set->states[trajectory->first + trajectory->count - 1].time_utc;
        if (*first == AP_UTC_UNKNOWN || begin < *first)
            *first = begin;
        if (*last == AP_UTC_UNKNOWN || end > *last)
            *last = end;
    }
}

const char *ap_trajectory_refusal_key(ap_trajectory_refusal refusal)
{
    switch (refusal) {
#define AP_X(name, key, text)                                                                      \
    case AP_TRAJECTORY_REFUSAL_##name:                                                             \
        return key;
        AP_TRAJECTORY_REFUSAL_MAP(AP_X)
#undef AP_X
    case AP_TRAJECTORY_REFUSAL_COUNT:
        break;
    }
    return NULL;
}

const char *ap_trajectory_refusal_text(ap_trajectory_refusal refusal)
{
    switch (refusal) {
#define AP_X(name, key, text)                                                                      \
    case AP_TRAJECTORY_REFUSAL_##name:                                                             \
        return text;
        AP_TRAJECTORY_REFUSAL_MAP(AP_X)
#undef AP_X
    case AP_TRAJECTORY_REFUSAL_COUNT:
        break;
    }
    return NULL;
}
