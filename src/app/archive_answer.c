#include "app/archive_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/api_call.h"
#include "app/archive_state.h"
#include "app/export_write.h"
#include "publish/alert_json.h"
#include "publish/columns.h"
#include "publish/export.h"
#include "publish/export_parts.h"
#include "publish/point_json.h"
#include "wire/json.h"

#define POINT_ROWS_MAX 2000000u /* looked at for one track */
#define POINTS_MAX 500000u      /* of it, in one answer */
#define REASONS_TOLD 64u
#define ALERT_SIZE 512u
#define SEGMENT_SIZE 192u
#define POINT_SIZE 320u
#define REASON_SIZE 2048u
#define TRACK_SIZE 8192u

typedef struct answering {
    const ap_archive_index *index;
    const ap_archive_question *question;
    const ap_archive_limits *limits;
    ap_archive_reply *reply;
    ap_archive_window window;
    char message[AP_IO_MESSAGE_SIZE];
} answering;

/* ---- text ---- */

/* A writer over room for so much; what was written counts after `put_end`. */
static ap_writer put_begin(answering *a, size_t most)
{
    ap_archive_text *text = &a->reply->body;
    if (ap_archive_text_room(text, most))
        return (ap_writer){ .bad = true };
    return ap_writer_of(text->data + text->size, text->cap - text->size);
}

static ap_err put_end(answering *a, const ap_writer *out)
{
    if (out->bad) {
        (void)snprintf(a->message, sizeof a->message, "memory is exhausted");
        return AP_ERR_MEMORY;
    }
    a->reply->body.size += out->size;
    return AP_OK;
}

static void put_seconds(ap_writer *out, const char *key, ap_utc_ns time)
{
    ap_text_str(out, key);
    ap_text_seconds(out, time);
}

static ap_err put_now(answering *a, ap_utc_ns now)
{
    ap_writer out = put_begin(a, 64);
    if (now == AP_UTC_UNKNOWN)
        AP_PUT(&out, "{\"now_s\":null");
    else
        put_seconds(&out, "{\"now_s\":", now);
    return put_end(a, &out);
}

/* ---- what there is ---- */

static ap_err put_segment(answering *a, const ap_archive_segment *segment, bool is_first)
{
    ap_writer out = put_begin(a, SEGMENT_SIZE);
    ap_text_str(&out, is_first ? "\n" : ",\n");
    put_seconds(&out, "{\"begin_s\":", segment->begin);
    put_seconds(&out, ",\"end_s\":", segment->end);
    AP_PUT(&out, ",\"point_count\":");
    ap_text_u64(&out, segment->point_count);
    AP_PUT(&out, ",\"epoch\":");
    ap_text_u64(&out, (uint64_t)(segment->run / AP_NS_PER_S));
    ap_text_str(&out, segment->is_finished ? ",\"finished\":true}" : ",\"finished\":false}");
    return put_end(a, &out);
}

static ap_err put_summary(answering *a)
{
    const ap_archive_index *index = a->index;
    ap_err err = put_now(a, a->question->now);
    ap_writer out = put_begin(a, 128);
    uint64_t point_count = 0;
    for (size_t i = 0; i < index->count; i++)
        point_count += index->segments[i].point_count;
    if (index->count > 0) {
        put_seconds(&out, ",\"begin_s\":", index->segments[0].begin);
        put_seconds(&out, ",\"end_s\":", index->segments[index->count - 1].end);
    }
    AP_PUT(&out, ",\"point_count\":");
    ap_text_u64(&out, point_count);
    AP_PUT(&out, ",\n\"segments\":[");
    err = err ? err : put_end(a, &out);
    for (size_t i = 0; i < index->count && !err; i++)
        err = put_segment(a, &index->segments[i], i == 0);
    out = put_begin(a, 8);
    AP_PUT(&out, "]}\n");
    return err ? err : put_end(a, &out);
}

/* ---- frames ---- */

static ap_err put_frames(answering *a)
{
    const ap_archive_question *q = a->question;
    const ap_archive_frames_ask ask = { .from = q->from,
                                        .until = q->until,
                                        .step_ns = q->step_ns,
                                        .age_ns = q->age_ns,
                                        .json = !q->binary };
    if (q->binary)
        a->reply->content_type = "application/octet-stream";
    return ap_archive_frames(a->index, &ask, a->limits, &a->reply->body, a->message);
}

/* ---- alerts ---- */

typedef struct alert_list {
    ap_alert *alerts;
    size_t count, cap;
} alert_list;

static ap_alert_kind kind_of(const char *key)
{
    int kind = 0;
    while (kind < AP_ALERT_KIND_COUNT && strcmp(ap_alert_kind_key((ap_alert_kind)kind), key) != 0)
        kind++;
    return (ap_alert_kind)kind;
}

/* One that is told again, by a later segment, takes the place of what was told before. */
static ap_err on_alert(void *context, const ap_row_alert *row)
{
    alert_list *list = context;
    const ap_alert alert = { .id = row->alert_id,
                             .kind = kind_of(row->kind),
                             .track_id = row->track_id,
                             .detail = row->detail,
                             .since_utc = row->since,
                             .until_utc = row->until,
                             .acknowledged_utc = AP_UTC_UNKNOWN };
    if (alert.kind == AP_ALERT_KIND_COUNT) /* of another release */
        return AP_OK;
    for (size_t i = list->count; i-- > 0;) {
        if (list->alerts[i].id != alert.id || list->alerts[i].since_utc != alert.since_utc)
            continue;
        list->alerts[i] = alert;
        return AP_OK;
    }
    if (list->count < list->cap)
        list->alerts[list->count++] = alert;
    return AP_OK;
}

static ap_err put_alert_list(answering *a, const alert_list *list)
{
    ap_err err = put_now(a, a->question->now);
    ap_writer out = put_begin(a, 32);
    AP_PUT(&out, ",\n\"alerts\":[");
    err = err ? err : put_end(a, &out);
    for (size_t i = 0; i < list->count && !err; i++) {
        out = put_begin(a, ALERT_SIZE);
        ap_text_str(&out, i > 0 ? "," : "\n");
        (void)ap_alert_json(&out, &list->alerts[i]);
        err = put_end(a, &out);
    }
    out = put_begin(a, 64);
    AP_PUT(&out, "],\n\"returned\":");
    ap_text_u64(&out, list->count);
    AP_PUT(&out, "}\n");
    return err ? err : put_end(a, &out);
}

static ap_err put_alerts(answering *a)
{
    const ap_archive_question *q = a->question;
    size_t first = 0, last = a->index->count;
    alert_list list = { .cap = q->limit };
    while (first < last && a->index->segments[first].end < q->from)
        first++;
    while (last > first && a->index->segments[last - 1].begin >= q->until)
        last--;
    if (last - first > AP_ARCHIVE_WINDOW_FILES)
        first = last - AP_ARCHIVE_WINDOW_FILES;
    list.alerts = calloc(list.cap + 1, sizeof *list.alerts);
    if (!list.alerts)
        return AP_ERR_MEMORY;
    ap_err err =
        ap_archive_window_open(&a->window, a->index, first, last - first, a->limits, a->message);
    ap_utc_ns from = q->from > 0 ? q->from : 0;
    ap_utc_ns until = q->until < INT64_MAX ? q->until : INT64_MAX - 1;
    if (!err)
        err = ap_archive_window_alerts(&a->window, from, until, 10 * (uint64_t)list.cap + 1000,
                                       on_alert, &list, a->message);
    if (!err)
        err = put_alert_list(a, &list);
    free(list.alerts);
    return err;
}

/* ---- one track ---- */

typedef struct history {
    ap_export_point *points;
    uint16_t *flags; /* beside them */
    size_t count, cap;
    const char *states[2]; /* texts that stay */
    char **names;
    size_t name_count;
} history;

static void free_history(history *h)
{
    for (size_t i = 0; i < h->name_count; i++)
        free(h->names[i]);
    free(h->names);
    free(h->points);
    free(h->flags);
}

/* The text, kept; sensors and states are few. NULL: none, or no memory. */
static const char *keep(history *h, const char *text)
{
    if (!text)
        return NULL;
    for (size_t i = h->name_count; i-- > 0;)
        if (strcmp(h->names[i], text) == 0)
            return h->names[i];
    char **grown = realloc(h->names, (h->name_count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    h->names = grown;
    h->names[h->name_count] = strdup(text);
    return h->names[h->name_count] ? h->names[h->name_count++] : NULL;
}

static bool grow(history *h)
{
    size_t cap = h->cap ? 2 * h->cap : 1024;
    ap_export_point *points = realloc(h->points, cap * sizeof *points);
    if (points)
        h->points = points;
    uint16_t *flags = realloc(h->flags, cap * sizeof *flags);
    if (flags)
        h->flags = flags;
    if (!points || !flags)
        return false;
    h->cap = cap;
    return true;
}

static ap_err on_point(void *context, const ap_row_point *row)
{
    history *h = context;
    if (h->count == POINTS_MAX)
        return AP_ERR_FULL;
    if (h->count == h->cap && !grow(h))
        return AP_ERR_MEMORY;
    h->flags[h->count] = ap_archive_state_point(row).bits;
    ap_export_point *point = &h->points[h->count++];
    *point = ap_export_point_of(row, false);
    point->state = keep(h, row->state);
    point->sensor = keep(h, row->sensor);
    return AP_OK;
}

/* Opens the segments that may hold the track: from its birth on, up to where its life of the
 * service ends or `until`. What is known of it is in `row`. AP_ERR_UNKNOWN: there is none. */
static ap_err find_track(answering *a, ap_utc_ns time, ap_utc_ns until, ap_row_track *row)
{
    const ap_archive_index *index = a->index;
    if (index->count == 0)
        return AP_ERR_UNKNOWN;
    size_t at = ap_archive_index_at(index, time), first = at;
    size_t end = ap_archive_index_end_of_run(index, at), last = at;
    ap_err err = ap_archive_window_open(&a->window, index, at, 1, a->limits, a->message);
    if (!err)
        err = ap_archive_window_track(&a->window, a->question->track_id, row, a->message);
    ap_archive_window_close(&a->window);
    if (err)
        return err;
    while (first > 0 && index->segments[first - 1].run == index->segments[at].run &&
           index->segments[first - 1].end >= row->born)
        first--;
    while (last + 1 < end && index->segments[last + 1].begin <= until)
        last++;
    if (last + 1 - first > AP_ARCHIVE_WINDOW_FILES)
        first = last + 1 - AP_ARCHIVE_WINDOW_FILES;
    err = ap_archive_window_open(&a->window, index, first, last + 1 - first, a->limits, a->message);
    return err ? err : ap_archive_window_track(&a->window, a->question->track_id, row, a->message);
}

static ap_err read_points(answering *a, ap_utc_ns from, ap_utc_ns until, history *h)
{
    ap_err err = ap_archive_window_points_of(&a->window, a->question->track_id, from, until,
                                             POINT_ROWS_MAX, on_point, h, a->message);
    if (err == AP_ERR_FULL && h->count == POINTS_MAX)
        (void)snprintf(a->message, sizeof a->message,
                       "the track has more than %u points in that time; ask for less of it",
                       POINTS_MAX);
    return err;
}

/* ---- a track in words ---- */

typedef struct reason_list {
    answering *a;
    ap_utc_ns until;
    size_t count;
} reason_list;

static ap_err on_reason(void *context, const ap_row_reason *row)
{
    reason_list *list = context;
    if (row->time > list->until || list->count == REASONS_TOLD)
        return AP_OK;
    ap_writer out = put_begin(list->a, REASON_SIZE);
    ap_text_str(&out, list->count++ > 0 ? ",\n{\"reason\":" : "\n{\"reason\":");
    ap_json_string(&out, row->reason, strlen(row->reason));
    if (row->text) {
        AP_PUT(&out, ",\"text\":");
        ap_json_string(&out, row->text, strlen(row->text));
    }
    put_seconds(&out, ",\"time_s\":", row->time);
    if (row->sensor) {
        AP_PUT(&out, ",\"sensor\":");
        ap_json_string(&out, row->sensor, strlen(row->sensor));
    }
    AP_PUT(&out, "}");
    return put_end(list->a, &out);
}

static void put_number(ap_writer *out, const char *key, double value, int decimals)
{
    if (value != value)
        return;
    ap_text_str(out, key);
    ap_text_fixed(out, value, decimals);
}

static ap_err put_history_point(answering *a, const history *h, size_t i, bool is_first)
{
    const ap_export_point *p = &h->points[i];
    bool has_pressure = p->pressure_altitude_ft == p->pressure_altitude_ft;
    ap_writer out = put_begin(a, POINT_SIZE);
    ap_text_str(&out, is_first ? "\n" : ",\n");
    put_seconds(&out, "{\"time_s\":", p->time);
    put_number(&out, ",\"latitude_deg\":", p->latitude_deg, 7);
    put_number(&out, ",\"longitude_deg\":", p->longitude_deg, 7);
    put_number(&out, ",\"altitude_m\":",
               has_pressure ? p->pressure_altitude_ft * AP_M_PER_FT : p->height_m, 1);
    put_number(&out, ",\"ground_speed_mps\":", p->ground_speed_kt * AP_MPS_PER_KT, 1);
    put_number(&out, ",\"track_deg\":", p->track_deg, 2);
    put_number(&out, ",\"vertical_rate_mps\":", p->vertical_rate_fpm * AP_M_PER_FT / 60.0, 1);
    ap_point_flags_json(&out, h->flags[i]);
    AP_PUT(&out, "}");
    return put_end(a, &out);
}

/* At most `points` of them, evenly, and the last. */
static ap_err put_history(answering *a, const history *h)
{
    size_t most = a->question->points > 0 ? a->question->points : 1;
    size_t stride = (h->count + most - 1) / most;
    ap_err err = AP_OK;
    ap_writer out = put_begin(a, 32);
    AP_PUT(&out, "],\n\"history\":[");
    err = put_end(a, &out);
    bool any = false;
    for (size_t i = 0; i < h->count && a->question->points > 0 && !err; i++) {
        if ((h->count - 1 - i) % stride != 0)
            continue;
        err = put_history_point(a, h, i, !any);
        any = true;
    }
    out = put_begin(a, 8);
    AP_PUT(&out, "]}\n");
    return err ? err : put_end(a, &out);
}

static ap_err put_track_told(answering *a, const ap_row_track *row, const history *h, ap_utc_ns now)
{
    const ap_export_track track = ap_export_track_of(row);
    const ap_export_row both = { &track, &h->points[h->count - 1] };
    reason_list list = { .a = a, .until = now };
    ap_err err = put_now(a, now);
    ap_writer out = put_begin(a, TRACK_SIZE);
    AP_PUT(&out, ",\n\"track_id\":");
    ap_text_u64(&out, row->track_id);
    AP_PUT(&out, ",\n\"track\":");
    (void)ap_columns_json(&out, ap_export_columns, ap_export_column_count, &both);
    AP_PUT(&out, ",\"reasons\":[");
    err = err ? err : put_end(a, &out);
    if (!err)
        err = ap_archive_window_reasons_of(&a->window, row->track_id, on_reason, &list, a->message);
    return err ? err : put_history(a, h);
}

static ap_err put_track(answering *a)
{
    const ap_archive_question *q = a->question;
    history h = { .count = 0 };
    ap_row_track row;
    ap_utc_ns time = q->time;
    if (time == INT64_MAX && a->index->count > 0)
        time = a->index->segments[a->index->count - 1].end;
    ap_err err = find_track(a, time, time, &row);
    if (!err)
        err = read_points(a, row.born, time + 1000, &h);
    if (!err && h.count == 0)
        err = AP_ERR_UNKNOWN;
    if (!err)
        err = put_track_told(a, &row, &h, time);
    free_history(&h);
    return err;
}

/* ---- a track as a file ---- */

static bool take_piece(void *context, const uint8_t *bytes, size_t size)
{
    ap_archive_text *text = context;
    if (ap_archive_text_room(text, size))
        return false;
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
    return true;
}

static ap_err write_file(answering *a, const ap_row_track *row, const history *h)
{
    const ap_export_format *format = ap_export_format_of(a->question->form);
    const ap_export_track track = ap_export_track_of(row);
    ap_export_head head = { h->points[0].time, h->points[h->count - 1].time };
    ap_export_sink *sink = calloc(1, sizeof *sink);
    ap_export out = { .sink = sink };
    if (!sink)
        return AP_ERR_MEMORY;
    sink->send = take_piece;
    sink->context = &a->reply->body;
    ap_export_sink_reset(sink);
    format->begin(&out, &head);
    format->track(&out, &track, h->points, h->count);
    format->end(&out);
    bool is_whole = ap_export_sink_flush(sink);
    free(sink);
    return is_whole ? AP_OK : AP_ERR_MEMORY;
}

static const char *type_of_file(const char *form)
{
    return strcmp(form, "kml") == 0   ? "application/vnd.google-earth.kml+xml"
           : strcmp(form, "csv") == 0 ? "text/csv; charset=utf-8"
                                      : AP_API_GEOJSON;
}

static ap_err put_file(answering *a)
{
    const ap_archive_question *q = a->question;
    history h = { .count = 0 };
    ap_row_track row;
    ap_err err = find_track(a, q->time, q->until, &row);
    if (!err)
        err = read_points(a, q->from > row.born ? q->from : row.born, q->until, &h);
    if (!err && h.count == 0)
        err = AP_ERR_UNKNOWN;
    if (!err)
        err = write_file(a, &row, &h);
    a->reply->content_type = type_of_file(q->form);
    free_history(&h);
    return err;
}

/* ---- all of it ---- */

static ap_err answer(answering *a)
{
    switch (a->question->topic) {
    case AP_ARCHIVE_FRAMES:
        return put_frames(a);
    case AP_ARCHIVE_ALERTS:
        return put_alerts(a);
    case AP_ARCHIVE_TRACK:
        return put_track(a);
    case AP_ARCHIVE_FILE:
        return put_file(a);
    default:
        return put_summary(a);
    }
}

static void put_error(answering *a, ap_err err)
{
    bool is_unknown = err == AP_ERR_UNKNOWN;
    const char *said = a->message[0] ? a->message : ap_err_text(err);
    if (is_unknown && !a->message[0])
        said = "no such track is in the archive at that time";
    a->reply->status = is_unknown ? 404 : 503;
    a->reply->content_type = AP_API_JSON;
    a->reply->body.size = 0;
    ap_writer out = put_begin(a, 4 * AP_IO_MESSAGE_SIZE);
    AP_PUT(&out, "{\"error\":");
    ap_json_string(&out, said, strlen(said));
    AP_PUT(&out, "}\n");
    (void)put_end(a, &out); /* without memory the status has to do */
}

void ap_archive_answer(ap_archive_index *index, const ap_archive_question *question,
                       const ap_archive_limits *limits, ap_archive_reply *reply)
{
    answering a = { .index = index, .question = question, .limits = limits, .reply = reply };
    *reply = (ap_archive_reply){ .status = 200, .content_type = AP_API_JSON };
    ap_err err = ap_archive_index_refresh(index, a.message);
    if (!err)
        err = answer(&a);
    ap_archive_window_close(&a.window);
    if (err)
        put_error(&a, err);
}
