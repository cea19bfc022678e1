#include "io/archive_window.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "io/archive_columns.h"
#include "io/clock.h"

enum { SQL_SIZE = 512, STEPS_PER_CHECK = 20000, BUSY_MS = 2000 };

/* One segment that is open. */
typedef struct open_segment {
    sqlite3 *db;
    sqlite3_stmt *time_at, *reason_time_at, *track; /* prepared when first needed */
    bool is_finished;
} open_segment;

struct ap_archive_window_state {
    open_segment segments[AP_ARCHIVE_WINDOW_FILES];
    size_t count;
    ap_archive_limits limits;
};

typedef struct ap_archive_window_state window_state;

/* ---- failure ---- */

static ap_err __attribute__((format(printf, 3, 4)))
say(char message[AP_IO_MESSAGE_SIZE], ap_err err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, AP_IO_MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    return err;
}

static ap_err fail(const open_segment *at, char message[AP_IO_MESSAGE_SIZE])
{
    switch (sqlite3_errcode(at->db) & 0xff) {
    case SQLITE_INTERRUPT:
        return say(message, AP_ERR_IO, "reading the archive took too long; ask for less");
    case SQLITE_NOMEM:
        return say(message, AP_ERR_MEMORY, "memory is exhausted");
    default:
        return say(message, AP_ERR_IO, "the archive cannot be read: %s", sqlite3_errmsg(at->db));
    }
}

static ap_err too_many(uint64_t row_cap, char message[AP_IO_MESSAGE_SIZE])
{
    return say(message, AP_ERR_FULL, "more than %llu rows lie in that time; ask for less of it",
               (unsigned long long)row_cap);
}

static int is_to_stop(void *context)
{
    const window_state *s = context;
    return (s->limits.is_ending && atomic_load(s->limits.is_ending)) ||
           ap_clock_monotonic_ns() > s->limits.deadline_ns;
}

/* ---- open and close ---- */

static void close_segment(open_segment *at)
{
    (void)sqlite3_finalize(at->time_at);
    (void)sqlite3_finalize(at->reason_time_at);
    (void)sqlite3_finalize(at->track);
    (void)sqlite3_close(at->db);
}

ap_err ap_archive_window_open(ap_archive_window *window, const ap_archive_index *index,
                              size_t first, size_t count, const ap_archive_limits *limits,
                              char message[AP_IO_MESSAGE_SIZE])
{
    window_state *s = window->state = calloc(1, sizeof *s);
    if (!s)
        return say(message, AP_ERR_MEMORY, "memory is exhausted");
    s->limits = *limits;
    for (size_t i = first; i < first + count && s->count < AP_ARCHIVE_WINDOW_FILES; i++) {
        open_segment *at = &s->segments[s->count];
        char uri[AP_ARCHIVE_URI_SIZE];
        if (!ap_archive_uri(index->segments[i].path, uri))
            continue;
        at->is_finished = index->segments[i].is_finished;
        if (sqlite3_open_v2(uri, &at->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) !=
            SQLITE_OK) {
            bool has_gone = (sqlite3_errcode(at->db) & 0xff) == SQLITE_CANTOPEN;
            ap_err err = has_gone ? AP_OK : fail(at, message);
            close_segment(at);
            *at = (open_segment){ .db = NULL };
            if (err) {
                ap_archive_window_close(window);
                return err;
            }
            continue;
        }
        (void)sqlite3_busy_timeout(at->db, BUSY_MS);
        sqlite3_progress_handler(at->db, STEPS_PER_CHECK, is_to_stop, s);
        s->count++;
    }
    return AP_OK;
}

void ap_archive_window_close(ap_archive_window *window)
{
    window_state *s = window->state;
    for (size_t i = 0; s && i < s->count; i++)
        close_segment(&s->segments[i]);
    free(s);
    window->state = NULL;
}

/* ---- from a time to a row ---- */

/* The time of the first row from `fid` on; AP_ERR_END behind the last. */
static ap_err time_at(open_segment *at, sqlite3_stmt **made, const char *table, int64_t fid,
                      ap_utc_ns *time, char message[AP_IO_MESSAGE_SIZE])
{
    char sql[SQL_SIZE];
    (void)snprintf(sql, sizeof sql, "SELECT time_s FROM %s WHERE fid >= ? ORDER BY fid LIMIT 1",
                   table);
    if (!*made && sqlite3_prepare_v2(at->db, sql, -1, made, NULL) != SQLITE_OK)
        return fail(at, message);
    (void)sqlite3_reset(*made);
    (void)sqlite3_bind_int64(*made, 1, fid);
    int code = sqlite3_step(*made);
    if (code == SQLITE_ROW)
        *time = ap_archive_time(ap_archive_real(*made, 0));
    (void)sqlite3_reset(*made);
    return code == SQLITE_ROW ? AP_OK : code == SQLITE_DONE ? AP_ERR_END : fail(at, message);
}

static ap_err last_fid(open_segment *at, const char *table, int64_t *fid,
                       char message[AP_IO_MESSAGE_SIZE])
{
    char sql[SQL_SIZE];
    sqlite3_stmt *row = NULL;
    (void)snprintf(sql, sizeof sql, "SELECT max(fid) FROM %s", table);
    if (sqlite3_prepare_v2(at->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fail(at, message);
    ap_err err = sqlite3_step(row) == SQLITE_ROW ? AP_OK : fail(at, message);
    *fid = err ? 0 : sqlite3_column_int64(row, 0);
    (void)sqlite3_finalize(row);
    return err;
}

/* A row before which all times are before `time`, give or take the disorder of arrival. */
static ap_err seek(open_segment *at, bool is_reasons, ap_utc_ns time, int64_t *fid,
                   char message[AP_IO_MESSAGE_SIZE])
{
    const char *table = is_reasons ? "track_reasons" : "track_points";
    sqlite3_stmt **made = is_reasons ? &at->reason_time_at : &at->time_at;
    int64_t low = 1, high;
    ap_err err = last_fid(at, table, &high, message);
    high++;
    while (!err && low < high) {
        int64_t middle = low + (high - low) / 2;
        ap_utc_ns there;
        err = time_at(at, made, table, middle, &there, message);
        bool is_behind = err == AP_ERR_END; /* a damaged file may lack rows before its last */
        err = is_behind ? AP_OK : err;
        if (!err && !is_behind && there != AP_UTC_UNKNOWN && there < time)
            low = middle + 1;
        else
            high = middle;
    }
    *fid = low;
    return err;
}

static ap_utc_ns less(ap_utc_ns time, int64_t by_ns)
{
    return time < INT64_MIN + by_ns ? INT64_MIN : time - by_ns;
}

static ap_utc_ns more(ap_utc_ns time, int64_t by_ns)
{
    return time > INT64_MAX - by_ns ? INT64_MAX : time + by_ns;
}

/* Rows [*first, *end) hold all of [from, until). */
static ap_err rows_between(open_segment *at, bool is_reasons, ap_utc_ns from, ap_utc_ns until,
                           int64_t *first, int64_t *end, char message[AP_IO_MESSAGE_SIZE])
{
    /* A track that is confirmed tells of its birth, minutes ago: such rows mislead a search. */
    int64_t disorder_ns = is_reasons ? 20 * AP_ARCHIVE_DISORDER_NS : AP_ARCHIVE_DISORDER_NS;
    ap_err err = seek(at, is_reasons, less(from, disorder_ns), first, message);
    return err ? err : seek(at, is_reasons, more(until, disorder_ns), end, message);
}

ap_err ap_archive_window_count(ap_archive_window *window, ap_utc_ns from, ap_utc_ns until,
                               uint64_t *count, char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    *count = 0;
    for (size_t i = 0; i < window->state->count && !err; i++) {
        int64_t first = 1, end = 1;
        err = seek(&window->state->segments[i], false, from, &first, message);
        if (!err)
            err = seek(&window->state->segments[i], false, until, &end, message);
        if (!err && end > first)
            *count += (uint64_t)(end - first);
    }
    return err;
}

/* ---- rows ---- */

static double seconds(ap_utc_ns time)
{
    return (double)time / 1e9;
}

static ap_err prepare(open_segment *at, const char *sql, sqlite3_stmt **row,
                      char message[AP_IO_MESSAGE_SIZE])
{
    return sqlite3_prepare_v2(at->db, sql, -1, row, NULL) == SQLITE_OK ? AP_OK : fail(at, message);
}

/* Steps through points whose columns are track_id and AP_ARCHIVE_POINT_COLUMNS. */
static ap_err give_points(open_segment *at, sqlite3_stmt *row, uint64_t *left, uint64_t row_cap,
                          ap_archive_point_fn on_point, void *context,
                          char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    int code = SQLITE_DONE;
    while (!err && (code = sqlite3_step(row)) == SQLITE_ROW) {
        ap_row_point point = { .track_id = ap_archive_u32(row, 0) };
        if ((*left)-- == 0)
            return too_many(row_cap, message);
        if (ap_archive_take_point(row, 1, &point) && point.track_id > 0 &&
            point.time != AP_UTC_UNKNOWN)
            err = on_point(context, &point);
    }
    return err || code == SQLITE_DONE ? err : fail(at, message);
}

static const char *flags_of(const open_segment *at)
{
    return ap_archive_column(at->db, "main", "track_points", "flags");
}

/* ?1 and ?2: from when until when. */
static void bind_times(sqlite3_stmt *row, ap_utc_ns from, ap_utc_ns until)
{
    (void)sqlite3_bind_double(row, 1, seconds(from));
    (void)sqlite3_bind_double(row, 2, seconds(until));
}

/* ?3 and ?4: rows [first, end). */
static void bind_rows(sqlite3_stmt *row, int64_t first, int64_t end)
{
    (void)sqlite3_bind_int64(row, 3, first);
    (void)sqlite3_bind_int64(row, 4, end);
}

/* A segment may grow between the searches for both ends: then there are none. */
static bool are_more(int64_t first, int64_t end, uint64_t cap)
{
    return end > first && (uint64_t)(end - first) > cap;
}

/* By the index of times where there is one, else by the place of rows. */
static ap_err points_of_segment(open_segment *at, ap_utc_ns from, ap_utc_ns until, uint64_t *left,
                                uint64_t row_cap, ap_archive_point_fn on_point, void *context,
                                char message[AP_IO_MESSAGE_SIZE])
{
    char sql[SQL_SIZE];
    sqlite3_stmt *row = NULL;
    int64_t first = 0, end = INT64_MAX;
    (void)snprintf(sql, sizeof sql,
                   at->is_finished
                       ? "SELECT track_id, " AP_ARCHIVE_POINT_COLUMNS
                         " FROM track_points WHERE time_s >= ?1 AND time_s < ?2"
                       : "SELECT track_id, " AP_ARCHIVE_POINT_COLUMNS
                         " FROM track_points WHERE fid >= ?3 AND fid < ?4 AND time_s >= ?1 AND "
                         "time_s < ?2",
                   flags_of(at));
    ap_err err =
        at->is_finished ? AP_OK : rows_between(at, false, from, until, &first, &end, message);
    if (!err && !at->is_finished && are_more(first, end, row_cap * 2))
        return too_many(row_cap, message);
    if (!err)
        err = prepare(at, sql, &row, message);
    if (!err) {
        bind_times(row, from, until);
        if (!at->is_finished)
            bind_rows(row, first, end);
        err = give_points(at, row, left, row_cap, on_point, context, message);
    }
    (void)sqlite3_finalize(row);
    return err;
}

ap_err ap_archive_window_points(ap_archive_window *window, ap_utc_ns from, ap_utc_ns until,
                                uint64_t row_cap, ap_archive_point_fn on_point, void *context,
                                char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    uint64_t left = row_cap;
    for (size_t i = 0; i < window->state->count && !err; i++)
        err = points_of_segment(&window->state->segments[i], from, until, &left, row_cap, on_point,
                                context, message);
    return err;
}

ap_err ap_archive_window_points_of(ap_archive_window *window, uint32_t track_id, ap_utc_ns from,
                                   ap_utc_ns until, uint64_t row_cap, ap_archive_point_fn on_point,
                                   void *context, char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    uint64_t left = row_cap;
    for (size_t i = 0; i < window->state->count && !err; i++) {
        open_segment *at = &window->state->segments[i];
        char sql[SQL_SIZE];
        sqlite3_stmt *row = NULL;
        int64_t first = 0, end = INT64_MAX;
        (void)snprintf(sql, sizeof sql,
                       "SELECT track_id, " AP_ARCHIVE_POINT_COLUMNS
                       " FROM track_points WHERE track_id = ?5 AND time_s >= ?1 AND time_s < ?2 "
                       "AND fid >= ?3 AND fid < ?4 ORDER BY time_s, fid",
                       flags_of(at));
        if (!at->is_finished)
            err = rows_between(at, false, from, until, &first, &end, message);
        if (!err && !at->is_finished && are_more(first, end, row_cap))
            return too_many(row_cap, message);
        if (!err)
            err = prepare(at, sql, &row, message);
        if (!err) {
            bind_times(row, from, until);
            bind_rows(row, first, end);
            (void)sqlite3_bind_int64(row, 5, track_id);
            err = give_points(at, row, &left, row_cap, on_point, context, message);
        }
        (void)sqlite3_finalize(row);
    }
    return err;
}

/* ---- decisions ---- */

static ap_err give_reasons(open_segment *at, sqlite3_stmt *row, uint64_t *left, uint64_t row_cap,
                           ap_archive_decision_fn on_reason, void *context,
                           char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    int code = SQLITE_DONE;
    while (!err && (code = sqlite3_step(row)) == SQLITE_ROW) {
        ap_row_reason reason = { .track_id = ap_archive_u32(row, 0),
                                 .number = ap_archive_u32(row, 1),
                                 .time = ap_archive_time(ap_archive_real(row, 2)),
                                 .reason = (const char *)sqlite3_column_text(row, 3),
                                 .text = (const char *)sqlite3_column_text(row, 4),
                                 .sensor = (const char *)sqlite3_column_text(row, 5) };
        if ((*left)-- == 0)
            return too_many(row_cap, message);
        if (reason.track_id > 0 && reason.reason && reason.time != AP_UTC_UNKNOWN)
            err = on_reason(context, &reason);
    }
    return err || code == SQLITE_DONE ? err : fail(at, message);
}

#define REASONS "SELECT track_id, number, time_s, reason, text, sensor FROM track_reasons WHERE "

ap_err ap_archive_window_reasons(ap_archive_window *window, ap_utc_ns from, ap_utc_ns until,
                                 uint64_t row_cap, ap_archive_decision_fn on_reason, void *context,
                                 char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    uint64_t left = row_cap;
    for (size_t i = 0; i < window->state->count && !err; i++) {
        open_segment *at = &window->state->segments[i];
        sqlite3_stmt *row = NULL;
        int64_t first = 1, end = 1;
        err = rows_between(at, true, from, until, &first, &end, message);
        if (!err)
            err = prepare(at, REASONS "fid >= ?3 AND fid < ?4 AND time_s >= ?1 AND time_s < ?2",
                          &row, message);
        if (!err) {
            bind_times(row, from, until);
            bind_rows(row, first, end);
            err = give_reasons(at, row, &left, row_cap, on_reason, context, message);
        }
        (void)sqlite3_finalize(row);
    }
    return err;
}

ap_err ap_archive_window_reasons_of(ap_archive_window *window, uint32_t track_id,
                                    ap_archive_decision_fn on_reason, void *context,
                                    char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    for (size_t i = 0; i < window->state->count && !err; i++) {
        open_segment *at = &window->state->segments[i];
        sqlite3_stmt *row = NULL;
        uint64_t left = UINT64_MAX;
        err = prepare(at, REASONS "track_id = ? ORDER BY time_s, number", &row, message);
        if (!err) {
            (void)sqlite3_bind_int64(row, 1, track_id);
            err = give_reasons(at, row, &left, left, on_reason, context, message);
        }
        (void)sqlite3_finalize(row);
    }
    return err;
}

/* ---- tracks, alerts ---- */

ap_err ap_archive_window_track(ap_archive_window *window, uint32_t track_id, ap_row_track *track,
                               char message[AP_IO_MESSAGE_SIZE])
{
    *track = (ap_row_track){ .track_id = track_id,
                             .born = AP_UTC_UNKNOWN,
                             .confirmed = AP_UTC_UNKNOWN,
                             .updated = AP_UTC_UNKNOWN };
    for (size_t i = window->state->count; i-- > 0;) {
        open_segment *at = &window->state->segments[i];
        ap_err err =
            at->track ? AP_OK
                      : prepare(at, "SELECT " AP_ARCHIVE_TRACK_COLUMNS " FROM tracks WHERE fid = ?",
                                &at->track, message);
        if (err)
            return err;
        (void)sqlite3_reset(at->track);
        (void)sqlite3_bind_int64(at->track, 1, track_id);
        int code = sqlite3_step(at->track);
        if (code == SQLITE_ROW)
            ap_archive_take_track(at->track, 0, track);
        (void)sqlite3_reset(at->track);
        if (code != SQLITE_DONE)
            return code == SQLITE_ROW ? AP_OK : fail(at, message);
    }
    return AP_ERR_UNKNOWN;
}

static ap_err give_alerts(open_segment *at, sqlite3_stmt *row, uint64_t *left, uint64_t row_cap,
                          ap_archive_alert_fn on_alert, void *context,
                          char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    int code = SQLITE_DONE;
    while (!err && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const ap_row_alert alert = { .alert_id = ap_archive_u32(row, 0),
                                     .track_id = ap_archive_u32(row, 1),
                                     .kind = (const char *)sqlite3_column_text(row, 2),
                                     .detail = ap_archive_u32(row, 3),
                                     .since = ap_archive_text_time(row, 4),
                                     .until = ap_archive_text_time(row, 5) };
        if ((*left)-- == 0)
            return too_many(row_cap, message);
        if (alert.alert_id > 0 && alert.kind)
            err = on_alert(context, &alert);
    }
    return err || code == SQLITE_DONE ? err : fail(at, message);
}

/* Times are text of one form, so they compare as times do. */
static void bind_text_time(sqlite3_stmt *row, int at, ap_utc_ns time)
{
    char text[AP_UTC_TEXT_SIZE];
    ap_utc_text(time, text);
    (void)sqlite3_bind_text(row, at, text, -1, SQLITE_TRANSIENT);
}

ap_err ap_archive_window_alerts(ap_archive_window *window, ap_utc_ns from, ap_utc_ns until,
                                uint64_t row_cap, ap_archive_alert_fn on_alert, void *context,
                                char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    uint64_t left = row_cap;
    for (size_t i = 0; i < window->state->count && !err; i++) {
        open_segment *at = &window->state->segments[i];
        sqlite3_stmt *row = NULL;
        err = prepare(at,
                      "SELECT fid, track_id, kind, detail, since, until FROM alerts WHERE "
                      "since < ?2 AND (until IS NULL OR until >= ?1) ORDER BY fid",
                      &row, message);
        if (!err) {
            bind_text_time(row, 1, from);
            bind_text_time(row, 2, until);
            err = give_alerts(at, row, &left, row_cap, on_alert, context, message);
        }
        (void)sqlite3_finalize(row);
    }
    return err;
}
