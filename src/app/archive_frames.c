#include "app/archive_frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/archive_state.h"
#include "publish/columns.h"
#include "publish/delta.h"
#include "publish/put.h"
#include "wire/json.h"

#define LEAD_ROWS_MAX 2000000u
#define BODY_ROWS_MAX 300000u
#define REASON_ROWS_MAX 500000u
#define BODY_SIZE_MAX ((size_t)16 << 20)
#define TRACKS_MAX 1000000u
#define NONE UINT32_MAX
#define JUST_AFTER_NS 1000 /* archives hold times to the microsecond */

typedef enum event_kind { EVENT_POINT, EVENT_COASTED, EVENT_RESUMED, EVENT_ENDED } event_kind;

/* What happened to a track after the first frame's time, or was decided before. */
typedef struct event {
    ap_utc_ns time;
    uint32_t track; /* place in the table */
    uint32_t order; /* of arrival */
    event_kind kind;
    ap_point point;
} event;

typedef struct track {
    uint32_t id;
    bool has_point, has_ended, is_shown, is_changed, has_identity;
    ap_point point; /* the newest so far */
    ap_delta_identity identity;
} track;

typedef struct run {
    const ap_archive_frames_ask *ask;
    ap_utc_ns until;
    uint32_t epoch; /* the life of the service: when it began */
    ap_archive_window window;
    track *tracks;
    size_t track_count, track_cap;
    uint32_t *places;   /* hash of ids: places in the table, NONE where there is none */
    size_t place_count; /* a power of two */
    event *events;
    size_t event_count, event_cap, event_at;
    uint32_t *changed; /* tracks, within a step */
    size_t changed_count, changed_cap;
    ap_delta delta;
    void *delta_mem;
    ap_archive_text *out;
    char *message;
} run;

static ap_err fail_memory(run *r)
{
    (void)snprintf(r->message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
    return AP_ERR_MEMORY;
}

ap_err ap_archive_text_room(ap_archive_text *text, size_t size)
{
    if (size <= text->cap - text->size)
        return AP_OK;
    size_t cap = text->cap + text->cap / 2 + size;
    uint8_t *grown = realloc(text->data, cap);
    if (!grown)
        return AP_ERR_MEMORY;
    text->data = grown;
    text->cap = cap;
    return AP_OK;
}

/* One more element of a list that grows; NULL: no memory. */
static void *one_more(void **list, size_t *count, size_t *cap, size_t size)
{
    if (*count == *cap) {
        size_t more = *cap ? 2 * *cap : 1024;
        void *grown = realloc(*list, more * size);
        if (!grown)
            return NULL;
        *list = grown;
        *cap = more;
    }
    return (char *)*list + size * (*count)++;
}

/* ---- the table of tracks ---- */

static size_t slot_of(const run *r, uint32_t id)
{
    size_t slot = (id * UINT32_C(2654435769)) & (r->place_count - 1);
    while (r->places[slot] != NONE && r->tracks[r->places[slot]].id != id)
        slot = (slot + 1) & (r->place_count - 1);
    return slot;
}

static bool rehash(run *r)
{
    size_t count = r->place_count ? 2 * r->place_count : 4096;
    uint32_t *places = malloc(count * sizeof *places);
    if (!places)
        return false;
    memset(places, 0xff, count * sizeof *places);
    free(r->places);
    r->places = places;
    r->place_count = count;
    for (size_t i = 0; i < r->track_count; i++)
        places[slot_of(r, r->tracks[i].id)] = (uint32_t)i;
    return true;
}

/* The track's place; NONE: no memory. */
static uint32_t place_of(run *r, uint32_t id)
{
    if (2 * r->track_count >= r->place_count && !rehash(r))
        return NONE;
    size_t slot = slot_of(r, id);
    if (r->places[slot] != NONE)
        return r->places[slot];
    void *list = r->tracks;
    track *added = one_more(&list, &r->track_count, &r->track_cap, sizeof *added);
    r->tracks = list;
    if (!added)
        return NONE;
    *added = (track){ .id = id };
    r->places[slot] = (uint32_t)(r->track_count - 1);
    return r->places[slot];
}

/* ---- rows in ---- */

static ap_err on_lead_point(void *context, const ap_row_point *row)
{
    run *r = context;
    uint32_t place = place_of(r, row->track_id);
    if (place == NONE)
        return fail_memory(r);
    track *of = &r->tracks[place];
    if (of->has_point && row->time < of->point.time_utc)
        return AP_OK;
    of->has_point = true;
    of->point = ap_archive_state_point(row);
    return AP_OK;
}

static ap_err add_event(run *r, uint32_t track_id, ap_utc_ns time, event_kind kind,
                        const ap_point *point)
{
    uint32_t place = place_of(r, track_id);
    void *list = r->events;
    event *added =
        place == NONE ? NULL : one_more(&list, &r->event_count, &r->event_cap, sizeof *added);
    r->events = list;
    if (!added)
        return fail_memory(r);
    *added =
        (event){ .time = time, .track = place, .order = (uint32_t)r->event_count, .kind = kind };
    if (point)
        added->point = *point;
    return AP_OK;
}

static ap_err on_point(void *context, const ap_row_point *row)
{
    const ap_point point = ap_archive_state_point(row);
    return add_event(context, row->track_id, row->time, EVENT_POINT, &point);
}

static ap_err on_reason(void *context, const ap_row_reason *row)
{
    static const struct {
        const char *reason;
        event_kind kind;
    } kinds[] = { { "coasted", EVENT_COASTED }, { "resumed", EVENT_RESUMED } };
    if (strncmp(row->reason, "dropped_", 8) == 0)
        return add_event(context, row->track_id, row->time, EVENT_ENDED, NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(row->reason, kinds[i].reason) == 0)
            return add_event(context, row->track_id, row->time, kinds[i].kind, NULL);
    return AP_OK;
}

/* By time; at one time decisions behind points, as they are made. */
static int by_time(const void *a, const void *b)
{
    const event *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static ap_err read_rows(run *r)
{
    const ap_archive_frames_ask *ask = r->ask;
    ap_utc_ns lead = ask->from - ask->age_ns, behind = ask->from + JUST_AFTER_NS;
    ap_err err = ap_archive_window_points(&r->window, lead, behind, LEAD_ROWS_MAX, on_lead_point, r,
                                          r->message);
    if (!err && r->until > ask->from)
        err = ap_archive_window_points(&r->window, behind, r->until + JUST_AFTER_NS,
                                       3 * BODY_ROWS_MAX, on_point, r, r->message);
    if (!err)
        err = ap_archive_window_reasons(&r->window, lead, r->until + JUST_AFTER_NS, REASON_ROWS_MAX,
                                        on_reason, r, r->message);
    if (!err && r->event_count > 0)
        qsort(r->events, r->event_count, sizeof *r->events, by_time);
    return err;
}

/* ---- one step ---- */

static ap_err mark_changed(run *r, uint32_t place)
{
    if (r->tracks[place].is_changed)
        return AP_OK;
    void *list = r->changed;
    uint32_t *added = one_more(&list, &r->changed_count, &r->changed_cap, sizeof *added);
    r->changed = list;
    if (!added)
        return fail_memory(r);
    *added = place;
    r->tracks[place].is_changed = true;
    return AP_OK;
}

static ap_err take_event(run *r, const event *e)
{
    track *of = &r->tracks[e->track];
    if (e->kind != EVENT_POINT && (!of->has_point || e->time < of->point.time_utc))
        return AP_OK; /* it had points since */
    switch (e->kind) {
    case EVENT_POINT:
        of->has_point = true;
        of->has_ended = false;
        of->point = e->point;
        break;
    case EVENT_COASTED:
        of->point.bits |= AP_POINT_COASTING;
        break;
    case EVENT_RESUMED:
        of->point.bits &= (uint16_t)~AP_POINT_COASTING;
        break;
    case EVENT_ENDED:
        of->has_ended = true;
        break;
    }
    return mark_changed(r, e->track);
}

static bool is_due(const run *r, const track *of, ap_utc_ns now)
{
    return of->has_point && !of->has_ended && now - of->point.time_utc <= r->ask->age_ns;
}

static ap_err show(run *r, track *of)
{
    ap_row_track row;
    ap_err err = AP_OK;
    if (!of->has_identity) {
        err = ap_archive_window_track(&r->window, of->id, &row, r->message);
        of->identity = ap_archive_state_identity(&row);
        of->has_identity = true;
    }
    if (err && err != AP_ERR_UNKNOWN)
        return err;
    ap_delta_put(&r->delta, of->id, &of->point, &of->identity);
    of->is_shown = true;
    return AP_OK;
}

static void hide(run *r, track *of)
{
    if (of->is_shown)
        ap_delta_drop(&r->delta, of->id);
    of->is_shown = false;
}

/* The picture at `now`, after that of the step before. */
static ap_err step(run *r, ap_utc_ns now)
{
    ap_err err = AP_OK;
    while (!err && r->event_at < r->event_count && r->events[r->event_at].time <= now)
        err = take_event(r, &r->events[r->event_at++]);
    ap_delta_begin(&r->delta, now);
    for (size_t i = 0; i < r->changed_count && !err; i++) {
        track *of = &r->tracks[r->changed[i]];
        of->is_changed = false;
        if (is_due(r, of, now))
            err = show(r, of);
    }
    r->changed_count = 0;
    for (size_t i = 0; i < r->track_count; i++)
        if (r->tracks[i].is_shown && !is_due(r, &r->tracks[i], now))
            hide(r, &r->tracks[i]);
    ap_delta_end(&r->delta);
    return err;
}

static int by_id(const void *a, const void *b)
{
    const track *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Of the first step all tracks are new: in order of id, for the delta's sake. What events say of
 * places would not hold behind the sort, so the places are told anew. */
static ap_err sort_tracks(run *r)
{
    uint32_t *ids = malloc((r->event_count + 1) * sizeof *ids);
    if (!ids)
        return fail_memory(r);
    for (size_t i = 0; i < r->event_count; i++)
        ids[i] = r->tracks[r->events[i].track].id;
    if (r->track_count > 0)
        qsort(r->tracks, r->track_count, sizeof *r->tracks, by_id);
    memset(r->places, 0xff, r->place_count * sizeof *r->places);
    for (size_t i = 0; i < r->track_count; i++)
        r->places[slot_of(r, r->tracks[i].id)] = (uint32_t)i;
    for (size_t i = 0; i < r->event_count; i++)
        r->events[i].track = place_of(r, ids[i]);
    free(ids);
    ap_err err = AP_OK;
    for (size_t i = 0; i < r->track_count && !err; i++)
        err = mark_changed(r, (uint32_t)i);
    return err;
}

/* ---- text out ---- */

static ap_err put_json(run *r, uint32_t since)
{
    const ap_delta_client client = { .since = since, .json = true };
    ap_archive_text *text = r->out;
    if (ap_archive_text_room(text, 2 + AP_DELTA_JSON_SIZE(r->track_count, r->track_count)))
        return fail_memory(r);
    ap_writer out = ap_writer_of(text->data + text->size, text->cap - text->size);
    ap_text_str(&out, since > 0 ? ",\n" : "\n");
    if (ap_delta_message(&r->delta, &client, &out))
        return fail_memory(r);
    text->size += out.size;
    return AP_OK;
}

static ap_err put_binary(run *r, uint32_t since)
{
    static const uint8_t zeros[8];
    const ap_delta_client client = { .since = since };
    ap_archive_text *text = r->out;
    if (ap_archive_text_room(text, 16 + AP_DELTA_SIZE(r->track_count, r->track_count)))
        return fail_memory(r);
    uint8_t *start = text->data + text->size;
    ap_writer out = ap_writer_of(start, text->cap - text->size);
    ap_write_bytes(&out, zeros, 8);
    if (ap_delta_message(&r->delta, &client, &out))
        return fail_memory(r);
    size_t size = out.size - 8;
    for (int i = 0; i < 4; i++)
        start[i] = (uint8_t)(size >> (8 * i));
    ap_write_bytes(&out, zeros, (8 - out.size % 8) % 8);
    text->size += out.size;
    return AP_OK;
}

static ap_err put_frames(run *r)
{
    const ap_archive_frames_ask *ask = r->ask;
    ap_err err = AP_OK;
    uint32_t count = 0;
    for (ap_utc_ns now = ask->from; !err && now <= r->until; now += ask->step_ns) {
        if (count == AP_ARCHIVE_FRAMES_MAX || r->out->size > BODY_SIZE_MAX)
            break;
        err = step(r, now);
        if (!err)
            err = ask->json ? put_json(r, count++) : put_binary(r, count++);
    }
    return err;
}

static ap_err put_text(run *r)
{
    static const char head[] = "{\"frames\":[", tail[] = "]}\n";
    bool json = r->ask->json;
    if (ap_archive_text_room(r->out, sizeof head + sizeof tail))
        return fail_memory(r);
    if (json) {
        memcpy(r->out->data, head, sizeof head - 1);
        r->out->size = sizeof head - 1;
    }
    ap_err err = put_frames(r);
    if (err || !json)
        return err;
    if (ap_archive_text_room(r->out, sizeof tail))
        return fail_memory(r);
    memcpy(r->out->data + r->out->size, tail, sizeof tail - 1);
    r->out->size += sizeof tail - 1;
    return AP_OK;
}

/* ---- the whole ---- */

static ap_err open_delta(run *r)
{
    uint32_t cap = r->track_count < 16 ? 16 : (uint32_t)r->track_count;
    const ap_delta_config config = {
        .track_cap = cap, .gone_cap = cap, .alert_cap = 16, .epoch = r->epoch
    };
    size_t size = ap_delta_size(&config);
    r->delta_mem = malloc(size);
    return r->delta_mem && !ap_delta_init(&r->delta, &config, r->delta_mem, size) ? AP_OK
                                                                                  : fail_memory(r);
}

/* Opens the segments of one life around the time that is asked for, and finds how much of it can be
 * told in one answer. */
static ap_err open_window(run *r, const ap_archive_index *index, const ap_archive_limits *limits)
{
    const ap_archive_frames_ask *ask = r->ask;
    if (index->count == 0) {
        (void)snprintf(r->message, AP_IO_MESSAGE_SIZE, "the archive holds no points yet");
        return AP_ERR_UNKNOWN;
    }
    size_t at = ap_archive_index_at(index, ask->from), first = at;
    size_t end = ap_archive_index_end_of_run(index, at), last = at;
    ap_utc_ns told = index->segments[at].end;
    ap_utc_ns lead = ask->from - ask->age_ns - AP_ARCHIVE_DISORDER_NS;
    int64_t life = index->segments[at].run;
    while (first > 0 && index->segments[first - 1].run == life &&
           index->segments[first - 1].end >= lead)
        first--;
    while (last + 1 < end && index->segments[last + 1].begin <= ask->until &&
           last + 1 - first < AP_ARCHIVE_WINDOW_FILES)
        last++;
    for (size_t i = first; i <= last; i++)
        told = index->segments[i].end > told ? index->segments[i].end : told;
    bool is_newest = last + 1 == index->count;
    ap_utc_ns most = is_newest ? told : index->segments[last + 1].begin;
    r->until = ask->until < most ? ask->until : most;
    r->until = r->until > ask->from ? r->until : ask->from;
    r->epoch = (uint32_t)(life / AP_NS_PER_S);
    return ap_archive_window_open(&r->window, index, first, last + 1 - first, limits, r->message);
}

static ap_err shorten(run *r)
{
    uint64_t count = 0;
    ap_utc_ns from = r->ask->from;
    ap_err err = ap_archive_window_count(&r->window, from, r->until, &count, r->message);
    while (!err && count > BODY_ROWS_MAX && r->until - from > r->ask->step_ns) {
        r->until = from + (r->until - from) / 2;
        err = ap_archive_window_count(&r->window, from, r->until, &count, r->message);
    }
    return err;
}

ap_err ap_archive_frames(const ap_archive_index *index, const ap_archive_frames_ask *ask,
                         const ap_archive_limits *limits, ap_archive_text *out,
                         char message[AP_IO_MESSAGE_SIZE])
{
    run r = { .ask = ask, .out = out, .message = message };
    ap_err err = open_window(&r, index, limits);
    if (!err)
        err = shorten(&r);
    if (!err && !rehash(&r))
        err = fail_memory(&r);
    if (!err)
        err = read_rows(&r);
    if (!err && r.track_count > TRACKS_MAX) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "more than %u tracks lie in that time",
                       TRACKS_MAX);
        err = AP_ERR_FULL;
    }
    if (!err)
        err = sort_tracks(&r);
    if (!err)
        err = open_delta(&r);
    if (!err)
        err = put_text(&r);
    ap_archive_window_close(&r.window);
    free(r.tracks);
    free(r.places);
    free(r.events);
    free(r.changed);
    free(r.delta_mem);
    return err;
}
