#include "picture/picture.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

#define TRACK_CAP_MIN 16u
#define TRACK_CAP_MAX 1000000u
#define ALERT_CAP_MIN 16u
#define ALERT_CAP_MAX 100000u

#define NONE UINT32_MAX

/* The orders that rows are linked in. */
typedef enum order {
    BY_CHANGE, /* every row, oldest change first */
    BY_ID,     /* rows alive */
    BY_DEATH,  /* rows dead, oldest first */
    ORDER_COUNT
} order;

typedef struct link {
    uint32_t before, after; /* rows; NONE at the ends */
} link;

typedef struct row {
    uint64_t sequence;
    ap_track track;
} row;

/* Rows are large and lie apart: a search by id and a change of order read none. */
typedef struct entry {
    uint32_t id, row; /* row NONE = empty */
} entry;

struct ap_picture_state {
    ap_picture_config config;
    uint64_t sequence, forgotten, refused;
    uint32_t row_count;
    uint32_t first[ORDER_COUNT], last[ORDER_COUNT];
    row *rows;                  /* [track_cap] */
    link (*links)[ORDER_COUNT]; /* [track_cap] */
    entry *slots;               /* [slot_count] rows by id, open addressing */
    uint32_t slot_count;        /* power of two, >= 2 * track_cap */
    ap_alert *alerts;           /* [alert_cap], by id % alert_cap; id 0 = empty */
    uint32_t newest_alert;
};

static bool config_is_good(const ap_picture_config *config)
{
    return config->track_cap >= TRACK_CAP_MIN && config->track_cap <= TRACK_CAP_MAX &&
           config->alert_cap >= ALERT_CAP_MIN && config->alert_cap <= ALERT_CAP_MAX;
}

static uint32_t slots_for(uint32_t track_cap)
{
    uint32_t count = 1;
    while (count < 2 * track_cap)
        count *= 2;
    return count;
}

static struct ap_picture_state *lay_out(const ap_picture_config *config, ap_arena *arena)
{
    struct ap_picture_state *state = ap_arena_take(arena, 1, sizeof *state);
    row *rows = ap_arena_take(arena, config->track_cap, sizeof *rows);
    link(*links)[ORDER_COUNT] = ap_arena_take(arena, config->track_cap, sizeof *links);
    entry *slots = ap_arena_take(arena, slots_for(config->track_cap), sizeof *slots);
    ap_alert *alerts = ap_arena_take(arena, config->alert_cap, sizeof *alerts);
    if (state)
        *state = (struct ap_picture_state){
            .rows = rows, .links = links, .slots = slots, .alerts = alerts
        };
    return state;
}

size_t ap_picture_size(const ap_picture_config *config)
{
    if (!config_is_good(config))
        return 0;
    ap_arena arena = ap_arena_measure();
    lay_out(config, &arena);
    return ap_arena_need(&arena);
}

ap_err ap_picture_init(ap_picture *picture, const ap_picture_config *config, void *mem,
                       size_t mem_size)
{
    size_t need = ap_picture_size(config);
    if (need == 0)
        return AP_ERR_ARGUMENT;
    if (!mem || mem_size < need)
        return AP_ERR_MEMORY;
    ap_arena arena = ap_arena_over(mem, mem_size);
    struct ap_picture_state *state = lay_out(config, &arena);
    state->config = *config;
    state->slot_count = slots_for(config->track_cap);
    memset(state->slots, 0xff, state->slot_count * sizeof *state->slots);
    memset(state->first, 0xff, sizeof state->first);
    memset(state->last, 0xff, sizeof state->last);
    picture->state = state;
    return AP_OK;
}

/* ---- linked orders ---- */

static void unlink_row(struct ap_picture_state *s, order by, uint32_t at)
{
    link l = s->links[at][by];
    if (l.before == NONE)
        s->first[by] = l.after;
    else
        s->links[l.before][by].after = l.after;
    if (l.after == NONE)
        s->last[by] = l.before;
    else
        s->links[l.after][by].before = l.before;
}

/* Links row `at` behind row `before`, or first when that is NONE. */
static void link_behind(struct ap_picture_state *s, order by, uint32_t at, uint32_t before)
{
    uint32_t after = before == NONE ? s->first[by] : s->links[before][by].after;
    s->links[at][by] = (link){ before, after };
    if (before == NONE)
        s->first[by] = at;
    else
        s->links[before][by].after = at;
    if (after == NONE)
        s->last[by] = at;
    else
        s->links[after][by].before = at;
}

/* Ids grow from birth to birth, so the place is at the end or close to it. */
static void link_by_id(struct ap_picture_state *s, uint32_t at)
{
    uint32_t before = s->last[BY_ID];
    while (before != NONE && s->rows[before].track.id > s->rows[at].track.id)
        before = s->links[before][BY_ID].before;
    link_behind(s, BY_ID, at, before);
}

static order home_of(const ap_track *track)
{
    return track->state == AP_TRACK_DEAD ? BY_DEATH : BY_ID;
}

static void link_home(struct ap_picture_state *s, uint32_t at)
{
    if (home_of(&s->rows[at].track) == BY_ID)
        link_by_id(s, at);
    else
        link_behind(s, BY_DEATH, at, s->last[BY_DEATH]);
}

/* ---- rows by id ---- */

static uint32_t slot_home(const struct ap_picture_state *s, uint32_t id)
{
    return id * UINT32_C(2654435769) & (s->slot_count - 1);
}

/* The slot of this id, or the empty one where it belongs. */
static uint32_t slot_of(const struct ap_picture_state *s, uint32_t id)
{
    uint32_t slot = slot_home(s, id);
    while (s->slots[slot].row != NONE && s->slots[slot].id != id)
        slot = (slot + 1) & (s->slot_count - 1);
    return slot;
}

/* Empties a slot and moves those behind it up, so that no search stops early. */
static void slot_clear(struct ap_picture_state *s, uint32_t slot)
{
    uint32_t mask = s->slot_count - 1;
    for (uint32_t next = (slot + 1) & mask; s->slots[next].row != NONE; next = (next + 1) & mask) {
        uint32_t home = slot_home(s, s->slots[next].id);
        if (((next - home) & mask) >= ((next - slot) & mask)) {
            s->slots[slot] = s->slots[next];
            slot = next;
        }
    }
    s->slots[slot].row = NONE;
}

/* A row for a new id: an unused one, or that of the oldest dead track; NONE if all are alive. */
static uint32_t row_for_new(struct ap_picture_state *s, uint32_t id)
{
    uint32_t at = s->row_count;
    if (at < s->config.track_cap) {
        s->row_count++;
    } else {
        at = s->first[BY_DEATH];
        if (at == NONE)
            return NONE;
        unlink_row(s, BY_DEATH, at);
        unlink_row(s, BY_CHANGE, at);
        slot_clear(s, slot_of(s, s->rows[at].track.id));
        if (s->rows[at].sequence > s->forgotten)
            s->forgotten = s->rows[at].sequence;
    }
    s->slots[slot_of(s, id)] = (entry){ id, at };
    return at;
}

/* ---- public ---- */

void ap_picture_track(ap_picture *picture, const ap_track_event *event, const ap_track *track)
{
    struct ap_picture_state *s = picture->state;
    uint32_t at = s->slots[slot_of(s, track->id)].row;
    bool is_new = at == NONE;
    if (is_new && (at = row_for_new(s, track->id)) == NONE) {
        s->refused++;
        return;
    }
    order home = is_new ? ORDER_COUNT : home_of(&s->rows[at].track);
    if (!is_new)
        unlink_row(s, BY_CHANGE, at);
    s->rows[at].track = *track;
    if (event->kind == AP_EVENT_DROPPED)
        s->rows[at].track.state = AP_TRACK_DEAD;
    s->rows[at].sequence = ++s->sequence;
    link_behind(s, BY_CHANGE, at, s->last[BY_CHANGE]);
    /* A living track keeps its place among the ids: finding it anew would cost a walk. */
    if (home == BY_ID && home_of(&s->rows[at].track) == BY_ID)
        return;
    if (!is_new)
        unlink_row(s, home, at);
    link_home(s, at);
}

void ap_picture_seek(const ap_picture *picture, uint32_t track_id)
{
    const struct ap_picture_state *s = picture->state;
    __builtin_prefetch(&s->slots[slot_home(s, track_id)]);
}

void ap_picture_fetch(const ap_picture *picture, uint32_t track_id)
{
    const struct ap_picture_state *s = picture->state;
    uint32_t at = s->slots[slot_of(s, track_id)].row;
    if (at == NONE)
        return;
    __builtin_prefetch(&s->links[at]);
    for (const uint8_t *line = (const uint8_t *)&s->rows[at];
         line < (const uint8_t *)&s->rows[at + 1]; line += AP_ARENA_ALIGN)
        __builtin_prefetch(line, 1);
}

void ap_picture_alert(ap_picture *picture, const ap_alert *alert)
{
    struct ap_picture_state *s = picture->state;
    ap_alert *at = &s->alerts[alert->id % s->config.alert_cap];
    if (at->id > alert->id)
        return; /* its row went to a newer one */
    *at = *alert;
    s->sequence++;
    if (alert->id > s->newest_alert)
        s->newest_alert = alert->id;
}

uint64_t ap_picture_sequence(const ap_picture *picture)
{
    return picture->state->sequence;
}

uint64_t ap_picture_forgotten(const ap_picture *picture)
{
    return picture->state->forgotten;
}

uint64_t ap_picture_refused(const ap_picture *picture)
{
    return picture->state->refused;
}

size_t ap_picture_changes(const ap_picture *picture, uint64_t since, const ap_track **tracks,
                          size_t cap)
{
    const struct ap_picture_state *s = picture->state;
    size_t count = 0;
    uint32_t first = NONE;
    for (uint32_t at = s->last[BY_CHANGE]; at != NONE && s->rows[at].sequence > since;
         at = s->links[at][BY_CHANGE].before, count++)
        first = at;
    size_t given = 0;
    for (uint32_t at = first; at != NONE && given < cap; at = s->links[at][BY_CHANGE].after)
        tracks[given++] = &s->rows[at].track;
    return count;
}

size_t ap_picture_tracks(const ap_picture *picture, const ap_track **tracks, size_t cap)
{
    const struct ap_picture_state *s = picture->state;
    size_t count = 0;
    for (uint32_t at = s->first[BY_ID]; at != NONE; at = s->links[at][BY_ID].after) {
        const ap_track *track = &s->rows[at].track;
        if (track->state != AP_TRACK_FIRM && track->state != AP_TRACK_COASTING)
            continue;
        if (count < cap)
            tracks[count] = track;
        count++;
    }
    return count;
}

size_t ap_picture_alerts(const ap_picture *picture, const ap_alert **alerts, size_t cap)
{
    const struct ap_picture_state *s = picture->state;
    uint32_t newest = s->newest_alert, kept = s->config.alert_cap;
    size_t count = 0;
    for (uint64_t id = newest > kept ? newest - kept + 1 : 1; id <= newest; id++) {
        const ap_alert *at = &s->alerts[id % kept];
        if (at->id != id)
            continue;
        if (count < cap)
            alerts[count] = at;
        count++;
    }
    return count;
}
