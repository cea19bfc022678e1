#include "picture/picture.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "picture/id_table.h"

#define TRACK_CAP_MIN 16u
#define TRACK_CAP_MAX 1000000u
#define ALERT_CAP_MIN 16u
#define ALERT_CAP_MAX 100000u

#define NONE AP_ROW_NONE

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

struct ap_picture_state {
    ap_picture_config config;
    uint64_t sequence, forgotten, refused;
    uint32_t row_count;
    uint32_t first[ORDER_COUNT], last[ORDER_COUNT];
    row *rows;                  /* [track_cap] */
    link (*links)[ORDER_COUNT]; /* [track_cap] */
    ap_id_table by_id;          /* rows are large and lie apart: a search reads none */
    ap_alert *alerts;           /* [alert_cap], by id % alert_cap; id 0 = empty */
    uint32_t newest_alert;
};

static bool config_is_good(const ap_picture_config *config)
{
    return config->track_cap >= TRACK_CAP_MIN && config->track_cap <= TRACK_CAP_MAX &&
           config->alert_cap >= ALERT_CAP_MIN && config->alert_cap <= ALERT_CAP_MAX;
}

static struct ap_picture_state *lay_out(const ap_picture_config *config, ap_arena *arena)
{
    struct ap_picture_state *state = ap_arena_take(arena, 1, sizeof *state);
    row *rows = ap_arena_take(arena, config->track_cap, sizeof *rows);
    link(*links)[ORDER_COUNT] = ap_arena_take(arena, config->track_cap, sizeof *links);
    ap_id_table by_id = ap_id_table_take(arena, config->track_cap);
    ap_alert *alerts = ap_arena_take(arena, config->alert_cap, sizeof *alerts);
    if (state)
        *state = (struct ap_picture_state){
            .rows = rows, .links = links, .by_id = by_id, .alerts = alerts
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
    ap_id_table_clear(&state->by_id);
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
        ap_id_table_remove(&s->by_id, s->rows[at].track.id);
        if (s->rows[at].sequence > s->forgotten)
            s->forgotten = s->rows[at].sequence;
    }
    ap_id_table_add(&s->by_id, id, at);
    return at;
}

/* ---- public ---- */

static void take(struct ap_picture_state *s, const ap_track *track, ap_track_state state)
{
    uint32_t at = ap_id_table_find(&s->by_id, track->id);
    bool is_new = at == NONE;
    if (is_new && (at = row_for_new(s, track->id)) == NONE) {
        s->refused++;
        return;
    }
    order home = is_new ? ORDER_COUNT : home_of(&s->rows[at].track);
    if (!is_new)
        unlink_row(s, BY_CHANGE, at);
    s->rows[at].track = *track;
    s->rows[at].track.state = state;
    s->rows[at].sequence = ++s->sequence;
    link_behind(s, BY_CHANGE, at, s->last[BY_CHANGE]);
    /* A living track keeps its place among the ids: finding it anew would cost a walk. */
    if (home == BY_ID && home_of(&s->rows[at].track) == BY_ID)
        return;
    if (!is_new)
        unlink_row(s, home, at);
    link_home(s, at);
}

void ap_picture_track(ap_picture *picture, const ap_track_event *event, const ap_track *track)
{
    take(picture->state, track, event->kind == AP_EVENT_DROPPED ? AP_TRACK_DEAD : track->state);
}

void ap_picture_copy(ap_picture *picture, const ap_track *track)
{
    take(picture->state, track, track->state);
}

void ap_picture_seek(const ap_picture *picture, uint32_t track_id)
{
    const struct ap_picture_state *s = picture->state;
    __builtin_prefetch(ap_id_table_home(&s->by_id, track_id));
}

void ap_picture_fetch(const ap_picture *picture, uint32_t track_id)
{
    const struct ap_picture_state *s = picture->state;
    uint32_t at = ap_id_table_find(&s->by_id, track_id);
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
    bool is_known = at->id == alert->id, was_seen = is_known && *at->acknowledged_by;
    if (is_known && at->until_utc == alert->until_utc && at->detail == alert->detail &&
        (was_seen || !*alert->acknowledged_by))
        return;
    ap_alert before = *at;
    *at = *alert;
    if (was_seen) {
        memcpy(at->acknowledged_by, before.acknowledged_by, sizeof at->acknowledged_by);
        at->acknowledged_utc = before.acknowledged_utc;
    }
    s->sequence++;
    if (alert->id > s->newest_alert)
        s->newest_alert = alert->id;
}

const ap_alert *ap_picture_find_alert(const ap_picture *picture, uint32_t alert_id)
{
    const struct ap_picture_state *s = picture->state;
    const ap_alert *at = &s->alerts[alert_id % s->config.alert_cap];
    return alert_id > 0 && at->id == alert_id ? at : NULL;
}

const ap_alert *ap_picture_acknowledge(ap_picture *picture, uint32_t alert_id, const char *by,
                                       ap_utc_ns utc)
{
    const ap_alert *found = ap_picture_find_alert(picture, alert_id);
    size_t size = strlen(by);
    assert(size > 0 && size < AP_ALERT_WHO_SIZE);
    if (!found || *found->acknowledged_by)
        return found;
    ap_alert seen = *found;
    memcpy(seen.acknowledged_by, by, size + 1);
    seen.acknowledged_utc = utc;
    ap_picture_alert(picture, &seen);
    return found;
}

const ap_track *ap_picture_find(const ap_picture *picture, uint32_t track_id)
{
    const struct ap_picture_state *s = picture->state;
    uint32_t at = ap_id_table_find(&s->by_id, track_id);
    return at == NONE ? NULL : &s->rows[at].track;
}

uint64_t ap_picture_sequence_of(const ap_picture *picture, uint32_t track_id)
{
    const struct ap_picture_state *s = picture->state;
    uint32_t at = ap_id_table_find(&s->by_id, track_id);
    return at == NONE ? 0 : s->rows[at].sequence;
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

/* Row of a track that was given out. */
static uint32_t row_of(const struct ap_picture_state *s, const ap_track *track)
{
    const uint8_t *at = (const uint8_t *)track - offsetof(row, track);
    return (uint32_t)((const row *)(const void *)at - s->rows);
}

static bool is_published(const ap_track *track)
{
    return track->state == AP_TRACK_FIRM || track->state == AP_TRACK_COASTING;
}

const ap_track *ap_picture_next_change(const ap_picture *picture, uint64_t since,
                                       const ap_track *after)
{
    const struct ap_picture_state *s = picture->state;
    uint32_t next = NONE;
    if (after)
        next = s->links[row_of(s, after)][BY_CHANGE].after;
    else
        for (uint32_t at = s->last[BY_CHANGE]; at != NONE && s->rows[at].sequence > since;
             at = s->links[at][BY_CHANGE].before)
            next = at;
    return next == NONE ? NULL : &s->rows[next].track;
}

const ap_track *ap_picture_next(const ap_picture *picture, const ap_track *after)
{
    const struct ap_picture_state *s = picture->state;
    uint32_t at = after ? s->links[row_of(s, after)][BY_ID].after : s->first[BY_ID];
    while (at != NONE && !is_published(&s->rows[at].track))
        at = s->links[at][BY_ID].after;
    return at == NONE ? NULL : &s->rows[at].track;
}

size_t ap_picture_tracks(const ap_picture *picture, const ap_track **tracks, size_t cap)
{
    size_t count = 0;
    for (const ap_track *at = NULL; (at = ap_picture_next(picture, at)); count++)
        if (count < cap)
            tracks[count] = at;
    return count;
}

const ap_alert *ap_picture_next_alert(const ap_picture *picture, const ap_alert *after)
{
    const struct ap_picture_state *s = picture->state;
    uint32_t newest = s->newest_alert, kept = s->config.alert_cap;
    uint64_t id = newest > kept ? newest - kept + 1 : 1;
    for (id = after && after->id >= id ? (uint64_t)after->id + 1 : id; id <= newest; id++)
        if (s->alerts[id % kept].id == id)
            return &s->alerts[id % kept];
    return NULL;
}

size_t ap_picture_alerts(const ap_picture *picture, const ap_alert **alerts, size_t cap)
{
    size_t count = 0;
    for (const ap_alert *at = NULL; (at = ap_picture_next_alert(picture, at)); count++)
        if (count < cap)
            alerts[count] = at;
    return count;
}
