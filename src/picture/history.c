#include "picture/history.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "picture/id_table.h"

#define NONE AP_ROW_NONE
#define TRAIL_CAP_MIN 16u
#define TRAIL_CAP_MAX 1000000u
#define POINT_CAP_MIN 256u
#define POINT_CAP_MAX 100000000u

#define HALF_TURN_E7 INT64_C(1800000000)
#define E7_PER_M                                                                                   \
    (1e7 / (AP_WGS84_A_M * AP_RAD_PER_DEG)) /* of latitude, at the equator's radius                \
                                             */
#define COS_MIN 1e-3 /* 6 km from a pole a metre is still a metre; nearer, less */

enum { LATITUDE, LONGITUDE, ALTITUDE, AXES };

/* A point of the ring. */
typedef struct slot {
    ap_point point;
    uint32_t next;     /* of the same trail, or NONE */
    uint32_t row;      /* of its trail, if that is still ... */
    uint32_t track_id; /* ... this track's; 0: the slot was never used */
} slot;

typedef struct row {
    ap_trail trail;
    ap_point anchor; /* newest kept point */
    ap_point
        newest; /* newest state; kept for good when the line from the anchor breaks behind it */
    bool has_newest; /* after the anchor */
    double low[AXES],
        high[AXES];       /* slopes from the anchor that pass all states since, per second */
    uint32_t first, last; /* slots of the ring; NONE without any */
    uint32_t after;       /* row whose track ended next, or next free row */
} row;

struct ap_history_state {
    ap_history_config config;
    slot *slots; /* [point_cap] */
    row *rows;   /* [trail_cap] */
    ap_id_table by_id;
    uint32_t slot_next; /* to be written next */
    uint32_t row_count; /* ever used */
    uint32_t free, ended_first, ended_last;
    ap_history_stats stats;
};

ap_history_config ap_history_config_default(void)
{
    return (ap_history_config){ .trail_cap = 50000,
                                .point_cap = 2000000,
                                .position_tolerance_m = 5.0,
                                .altitude_tolerance_m = 8.0,
                                .gap_max_s = 60.0,
                                .keep_s = 300.0 };
}

static bool within(double value, double least, double most)
{
    return value >= least && value <= most;
}

static bool config_is_good(const ap_history_config *config)
{
    return config->trail_cap >= TRAIL_CAP_MIN && config->trail_cap <= TRAIL_CAP_MAX &&
           config->point_cap >= POINT_CAP_MIN && config->point_cap <= POINT_CAP_MAX &&
           within(config->position_tolerance_m, 0, 1e4) &&
           within(config->altitude_tolerance_m, 0, 1e4) && within(config->gap_max_s, 1, 3600) &&
           within(config->keep_s, 0, 86400);
}

static struct ap_history_state *lay_out(const ap_history_config *config, ap_arena *arena)
{
    struct ap_history_state *state = ap_arena_take(arena, 1, sizeof *state);
    slot *slots = ap_arena_take_raw(arena, config->point_cap, sizeof *slots);
    row *rows = ap_arena_take_raw(arena, config->trail_cap, sizeof *rows);
    ap_id_table by_id = ap_id_table_take(arena, config->trail_cap);
    if (state)
        *state = (struct ap_history_state){ .slots = slots, .rows = rows, .by_id = by_id };
    return state;
}

size_t ap_history_size(const ap_history_config *config)
{
    if (!config_is_good(config))
        return 0;
    ap_arena arena = ap_arena_measure();
    lay_out(config, &arena);
    return ap_arena_need(&arena);
}

ap_err ap_history_init(ap_history *history, const ap_history_config *config, void *mem,
                       size_t mem_size)
{
    size_t need = ap_history_size(config);
    if (need == 0)
        return AP_ERR_ARGUMENT;
    if (!mem || mem_size < need)
        return AP_ERR_MEMORY;
    ap_arena arena = ap_arena_over(mem, mem_size);
    struct ap_history_state *state = lay_out(config, &arena);
    state->config = *config;
    state->free = state->ended_first = state->ended_last = NONE;
    ap_id_table_clear(&state->by_id);
    history->state = state;
    return AP_OK;
}

/* ---- the ring ---- */

/* The oldest point of all gives its slot; it is the oldest of its trail, for trails grow in the
 * order of the ring. */
static uint32_t slot_for_new(struct ap_history_state *s)
{
    uint32_t at = s->slot_next;
    s->slot_next = at + 1 == s->config.point_cap ? 0 : at + 1;
    if (s->stats.point_count < s->config.point_cap) {
        s->stats.point_count++;
        return at;
    }
    row *r = &s->rows[s->slots[at].row];
    if (r->first == at && r->trail.track_id == s->slots[at].track_id) {
        r->first = s->slots[at].next;
        if (r->first == NONE)
            r->last = NONE;
        r->trail.point_count--;
        s->stats.overwritten_count++;
    }
    return at;
}

/* The point becomes the anchor that lines begin at. */
static void keep(struct ap_history_state *s, uint32_t at, const ap_point *point)
{
    uint32_t slot_at = slot_for_new(s);
    row *r = &s->rows[at];
    s->slots[slot_at] =
        (slot){ .point = *point, .next = NONE, .row = at, .track_id = r->trail.track_id };
    if (r->last == NONE)
        r->first = slot_at;
    else
        s->slots[r->last].next = slot_at;
    r->last = slot_at;
    r->anchor = *point;
    r->trail.point_count++;
    for (int axis = 0; axis < AXES; axis++) {
        r->low[axis] = -HUGE_VAL;
        r->high[axis] = HUGE_VAL;
    }
}

/* ---- lines ---- */

/* The shorter way round. */
static int64_t longitude_step(int32_t from, int32_t to)
{
    int64_t step = (int64_t)to - from;
    if (step > HALF_TURN_E7)
        step -= 2 * HALF_TURN_E7;
    else if (step < -HALF_TURN_E7)
        step += 2 * HALF_TURN_E7;
    return step;
}

/* From the anchor, in steps of the point's numbers. */
static void offsets(const ap_point *from, const ap_point *to, double offset[AXES])
{
    offset[LATITUDE] = (double)((int64_t)to->latitude_e7deg - from->latitude_e7deg);
    offset[LONGITUDE] = (double)longitude_step(from->longitude_e7deg, to->longitude_e7deg);
    offset[ALTITUDE] = (double)((int64_t)to->altitude_dm - from->altitude_dm);
}

static void tolerances(const ap_history_config *config, const ap_point *at, double tolerance[AXES])
{
    double narrow = cos(at->latitude_e7deg * 1e-7 * AP_RAD_PER_DEG);
    tolerance[LATITUDE] = config->position_tolerance_m * E7_PER_M;
    tolerance[LONGITUDE] = tolerance[LATITUDE] / (narrow > COS_MIN ? narrow : COS_MIN);
    tolerance[ALTITUDE] = config->altitude_tolerance_m * 10.0;
}

static bool tells_the_same(const ap_point *a, const ap_point *b)
{
    return a->bits == b->bits &&
           (a->altitude_dm == AP_POINT_UNKNOWN) == (b->altitude_dm == AP_POINT_UNKNOWN);
}

/* Whether a straight line from the anchor to this state passes all those since as near as asked
 * for. */
static bool goes_on(const ap_history_config *config, const row *r, const ap_point *point)
{
    double dt_s = ap_seconds_between(r->anchor.time_utc, point->time_utc), offset[AXES];
    if (dt_s > config->gap_max_s || !tells_the_same(&r->anchor, point))
        return false;
    offsets(&r->anchor, point, offset);
    for (int axis = 0; axis < AXES; axis++)
        if (!(offset[axis] / dt_s >= r->low[axis] && offset[axis] / dt_s <= r->high[axis]))
            return false;
    return true;
}

/* Narrows the slopes to those that pass this state. */
static void narrow(const ap_history_config *config, row *r, const ap_point *point)
{
    double dt_s = ap_seconds_between(r->anchor.time_utc, point->time_utc);
    double offset[AXES], tolerance[AXES];
    offsets(&r->anchor, point, offset);
    tolerances(config, &r->anchor, tolerance);
    for (int axis = 0; axis < AXES; axis++) {
        r->low[axis] = fmax(r->low[axis], (offset[axis] - tolerance[axis]) / dt_s);
        r->high[axis] = fmin(r->high[axis], (offset[axis] + tolerance[axis]) / dt_s);
    }
}

/* A state newer than the newest. */
static void add_state(struct ap_history_state *s, uint32_t at, const ap_point *point)
{
    row *r = &s->rows[at];
    if (r->has_newest && !goes_on(&s->config, r, point)) {
        r->has_newest = false;
        r->trail.point_count--;
        keep(s, at, &r->newest);
    }
    r->newest = *point;
    if (r->trail.state_count++ == 0 || !tells_the_same(&r->anchor, point)) {
        keep(s, at, point);
        return;
    }
    if (!r->has_newest)
        r->trail.point_count++;
    r->has_newest = true;
    narrow(&s->config, r, point);
}

/* ---- trails ---- */

static void forget_row(struct ap_history_state *s, uint32_t at)
{
    ap_id_table_remove(&s->by_id, s->rows[at].trail.track_id);
    s->rows[at].trail.track_id = 0;
    s->rows[at].after = s->free;
    s->free = at;
    s->stats.trail_count--;
}

static uint32_t take_ended(struct ap_history_state *s)
{
    uint32_t at = s->ended_first;
    s->ended_first = s->rows[at].after;
    if (s->ended_first == NONE)
        s->ended_last = NONE;
    return at;
}

/* A row for a new trail: a free one, or that of the track that ended first; NONE if all live. */
static uint32_t row_for_new(struct ap_history_state *s)
{
    if (s->free == NONE && s->row_count < s->config.trail_cap)
        return s->row_count++;
    if (s->free == NONE && s->ended_first != NONE)
        forget_row(s, take_ended(s));
    uint32_t at = s->free;
    if (at != NONE)
        s->free = s->rows[at].after;
    return at;
}

static uint32_t begin(struct ap_history_state *s, const ap_track *track)
{
    uint32_t at = row_for_new(s);
    if (at == NONE) {
        s->stats.refused_count++;
        return NONE;
    }
    s->rows[at] = (row){ .trail = { .track_id = track->id,
                                    .began_utc = track->time_utc,
                                    .ended_utc = AP_UTC_UNKNOWN },
                         .first = NONE,
                         .last = NONE,
                         .after = NONE };
    ap_id_table_add(&s->by_id, track->id, at);
    s->stats.trail_count++;
    return at;
}

static void end(struct ap_history_state *s, uint32_t at, ap_utc_ns now)
{
    if (s->rows[at].trail.ended_utc != AP_UTC_UNKNOWN)
        return;
    s->rows[at].trail.ended_utc = now;
    s->rows[at].after = NONE;
    if (s->ended_last == NONE)
        s->ended_first = at;
    else
        s->rows[s->ended_last].after = at;
    s->ended_last = at;
}

static void name(ap_trail *trail, const ap_track *track)
{
    trail->number = track->number;
    trail->present = track->present;
    trail->address = track->address;
    trail->address_kind = track->address_kind;
    trail->emitter_category = track->emitter_category;
    trail->mode_3a = track->mode_3a;
    memcpy(trail->callsign, track->callsign, sizeof trail->callsign);
}

void ap_history_track(ap_history *history, const ap_track *track, ap_utc_ns now)
{
    struct ap_history_state *s = history->state;
    bool is_shown = track->state == AP_TRACK_FIRM || track->state == AP_TRACK_COASTING;
    uint32_t at = ap_id_table_find(&s->by_id, track->id);
    if (at == NONE && is_shown)
        at = begin(s, track);
    if (at == NONE)
        return;
    row *r = &s->rows[at];
    if (is_shown && r->trail.ended_utc == AP_UTC_UNKNOWN) {
        name(&r->trail, track);
        ap_point point = ap_point_of(track);
        if (r->trail.state_count == 0 || point.time_utc > r->newest.time_utc)
            add_state(s, at, &point);
    } else if (track->state == AP_TRACK_DEAD) {
        end(s, at, now);
    }
}

void ap_history_forget(ap_history *history, ap_utc_ns now)
{
    struct ap_history_state *s = history->state;
    while (s->ended_first != NONE &&
           ap_seconds_between(s->rows[s->ended_first].trail.ended_utc, now) > s->config.keep_s)
        forget_row(s, take_ended(s));
}

/* ---- asked ---- */

ap_history_stats ap_history_stats_of(const ap_history *history)
{
    return history->state->stats;
}

static uint32_t row_of(const struct ap_history_state *s, const ap_trail *trail)
{
    return (uint32_t)((const row *)(const void *)trail - s->rows); /* its first member */
}

const ap_trail *ap_history_next(const ap_history *history, const ap_trail *after)
{
    const struct ap_history_state *s = history->state;
    for (uint32_t at = after ? row_of(s, after) + 1 : 0; at < s->row_count; at++)
        if (s->rows[at].trail.track_id != 0)
            return &s->rows[at].trail;
    return NULL;
}

const ap_trail *ap_history_find(const ap_history *history, uint32_t track_id)
{
    const struct ap_history_state *s = history->state;
    uint32_t at = ap_id_table_find(&s->by_id, track_id);
    return at == NONE ? NULL : &s->rows[at].trail;
}

ap_trail_walk ap_trail_walk_of(const ap_history *history, const ap_trail *trail)
{
    const struct ap_history_state *s = history->state;
    uint32_t at = row_of(s, trail);
    return (ap_trail_walk){ .state = s, .row = at, .slot = s->rows[at].first };
}

bool ap_trail_walk_next(ap_trail_walk *walk, ap_point *point)
{
    const row *r = &walk->state->rows[walk->row];
    if (walk->slot != NONE) {
        const slot *at = &walk->state->slots[walk->slot];
        *point = at->point;
        walk->slot = at->next;
        return true;
    }
    if (walk->at_newest || !r->has_newest)
        return false;
    walk->at_newest = true;
    *point = r->newest;
    return true;
}

static int32_t between(int32_t from, int64_t step, double share)
{
    return (int32_t)(from + (int64_t)lround((double)step * share));
}

static ap_point on_line(const ap_point *from, const ap_point *to, ap_utc_ns time)
{
    ap_point point = *from;
    double span_s = ap_seconds_between(from->time_utc, to->time_utc);
    double share = ap_seconds_between(from->time_utc, time) / span_s;
    int64_t east = longitude_step(from->longitude_e7deg, to->longitude_e7deg);
    int64_t longitude = from->longitude_e7deg + (int64_t)lround((double)east * share);
    point.time_utc = time;
    point.latitude_e7deg =
        between(from->latitude_e7deg, (int64_t)to->latitude_e7deg - from->latitude_e7deg, share);
    if (longitude > HALF_TURN_E7)
        longitude -= 2 * HALF_TURN_E7;
    else if (longitude < -HALF_TURN_E7)
        longitude += 2 * HALF_TURN_E7;
    point.longitude_e7deg = (int32_t)longitude;
    if (from->altitude_dm != AP_POINT_UNKNOWN && to->altitude_dm != AP_POINT_UNKNOWN)
        point.altitude_dm =
            between(from->altitude_dm, (int64_t)to->altitude_dm - from->altitude_dm, share);
    if (from->geometric_dm != AP_POINT_UNKNOWN && to->geometric_dm != AP_POINT_UNKNOWN)
        point.geometric_dm =
            between(from->geometric_dm, (int64_t)to->geometric_dm - from->geometric_dm, share);
    return point;
}

bool ap_trail_at(const ap_history *history, const ap_trail *trail, ap_utc_ns time, double hold_s,
                 ap_point *point)
{
    ap_trail_walk walk = ap_trail_walk_of(history, trail);
    ap_point before, after;
    if (!ap_trail_walk_next(&walk, &before) || time < before.time_utc ||
        (trail->ended_utc != AP_UTC_UNKNOWN && time > trail->ended_utc))
        return false;
    while (ap_trail_walk_next(&walk, &after)) {
        if (time < after.time_utc) {
            *point = on_line(&before, &after, time);
            return true;
        }
        before = after;
    }
    *point = before;
    return ap_seconds_between(before.time_utc, time) <= hold_s;
}
