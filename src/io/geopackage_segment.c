#include "io/geopackage_segment.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/archive_columns.h"
#include "io/geopackage_schema.h"

#define BUSY_MS 5000     /* for which a reader may hold the end of a log */
#define STOP_STEPS 10000 /* of SQLite's machine, between looks whether to go on */

static const char make_sql[] = "PRAGMA page_size=4096;"
                               "PRAGMA encoding='UTF-8';"
                               "PRAGMA application_id=1196444487;" /* "GPKG" */
                               "PRAGMA user_version=10300;";
static const char log_sql[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                              "PRAGMA cache_size=-16384;";
static const char alerts_sql[] =
    "CREATE TABLE alerts (fid INTEGER PRIMARY KEY NOT NULL, track_id INTEGER, kind TEXT, "
    "detail INTEGER, since DATETIME, until DATETIME);"
    "INSERT INTO gpkg_contents VALUES ('alerts', 'attributes', 'alerts', "
    "'what was watched for and seen', '1970-01-01T00:00:00.000Z', NULL, NULL, NULL, NULL, NULL);"
    "INSERT INTO meta VALUES (NULL, 'state', 'open');"
    "INSERT INTO meta VALUES (NULL, 'mark_run', '0');"
    "INSERT INTO meta VALUES (NULL, 'mark_row', '0');"
    "INSERT INTO meta VALUES (NULL, 'mark_received_ns', '0');";
static const char carry_sql[] =
    "INSERT INTO tracks SELECT fid, NULL, track_number, icao24, address_kind, callsign, squawk, "
    "emitter_category, born, confirmed, updated, update_count, end_reason, sources, NULL "
    "FROM before.tracks WHERE end_reason IS NULL;";
static const char index_sql[] =
    "CREATE INDEX IF NOT EXISTS track_points_track_id ON track_points (track_id);"
    "CREATE INDEX IF NOT EXISTS track_points_time ON track_points (time_s);"
    "CREATE INDEX IF NOT EXISTS track_reasons_track_id ON track_reasons (track_id);";
/* Tracks that were carried here and sent nothing more; what all of it spans. */
static const char finish_sql[] =
    "DELETE FROM tracks WHERE point_count IS NULL AND fid NOT IN (SELECT track_id FROM "
    "track_reasons);"
    "UPDATE tracks SET point_count = 0 WHERE point_count IS NULL;"
    "UPDATE gpkg_contents SET last_change = coalesce((SELECT max(time) FROM track_points), "
    "last_change);"
    "UPDATE meta SET value = 'finished' WHERE key = 'state';";

/* --- one statement --- */

static ap_err prepare_one(ap_geopackage_segment *segment, const char *sql, sqlite3_stmt **made)
{
    ap_geopackage_db *to = &segment->to;
    return sqlite3_prepare_v2(to->db, sql, -1, made, NULL) == SQLITE_OK ? AP_OK
                                                                        : ap_geopackage_db_fail(to);
}

static ap_err step(ap_geopackage_segment *segment, sqlite3_stmt *statement)
{
    ap_err err =
        sqlite3_step(statement) == SQLITE_DONE ? AP_OK : ap_geopackage_db_fail(&segment->to);
    (void)sqlite3_reset(statement);
    return err;
}

static void bind_time(sqlite3_stmt *statement, int at, ap_utc_ns time)
{
    char text[AP_UTC_TEXT_SIZE];
    if (time == AP_UTC_UNKNOWN) {
        (void)sqlite3_bind_null(statement, at);
        return;
    }
    ap_utc_text(time, text);
    (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

/* --- the mark --- */

static ap_err set_meta(ap_geopackage_segment *segment, const char *key, int64_t value)
{
    (void)sqlite3_bind_int64(segment->set_mark, 1, value);
    (void)sqlite3_bind_text(segment->set_mark, 2, key, -1, SQLITE_STATIC);
    return step(segment, segment->set_mark);
}

static ap_err put_mark(ap_geopackage_segment *segment, const ap_row_mark *mark)
{
    ap_err err = set_meta(segment, "mark_run", mark->run);
    if (!err)
        err = set_meta(segment, "mark_row", (int64_t)mark->row);
    return err ? err : set_meta(segment, "mark_received_ns", mark->received);
}

static bool read_meta(sqlite3 *db, ap_row_mark *mark, bool *is_finished)
{
    sqlite3_stmt *rows = NULL;
    unsigned found = 0;
    if (sqlite3_prepare_v2(db, "SELECT key, value FROM meta", -1, &rows, NULL) != SQLITE_OK)
        return false;
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(rows, 0);
        const char *value = (const char *)sqlite3_column_text(rows, 1);
        if (!key || !value)
            continue;
        if (strcmp(key, "mark_run") == 0)
            mark->run = strtoll(value, NULL, 10), found |= 1u;
        else if (strcmp(key, "mark_row") == 0)
            mark->row = (uint64_t)strtoll(value, NULL, 10), found |= 2u;
        else if (strcmp(key, "mark_received_ns") == 0)
            mark->received = strtoll(value, NULL, 10), found |= 4u;
        else if (strcmp(key, "state") == 0)
            *is_finished = strcmp(value, "finished") == 0, found |= 8u;
    }
    bool is_whole = code == SQLITE_DONE && found == 15u;
    (void)sqlite3_finalize(rows); /* which repeats an error of the steps */
    return is_whole;
}

/* What would be the same at the next try. */
static bool is_damage(int code)
{
    return code == SQLITE_OK || code == SQLITE_NOTADB || code == SQLITE_CORRUPT ||
           code == SQLITE_ERROR;
}

ap_err ap_geopackage_segment_look(const char *path, ap_row_mark *mark, bool *is_finished,
                                  char message[AP_IO_MESSAGE_SIZE])
{
    sqlite3 *db = NULL;
    *mark = (ap_row_mark){ 0 };
    *is_finished = false;
    ap_err err = AP_OK;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(db, BUSY_MS) != SQLITE_OK || !read_meta(db, mark, is_finished)) {
        err = is_damage(sqlite3_errcode(db) & 0xff) ? AP_ERR_MALFORMED : AP_ERR_IO;
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot read '%.*s': %s",
                       AP_IO_MESSAGE_SIZE / 2, path, sqlite3_errmsg(db));
    }
    (void)sqlite3_close(db);
    return err;
}

/* --- open and close --- */

static ap_err connect(ap_geopackage_segment *segment, const char *path, int flags)
{
    *segment = (ap_geopackage_segment){ .is_open = true };
    ap_geopackage_db_init(&segment->to, path);
    if (sqlite3_open_v2(path, &segment->to.db, SQLITE_OPEN_READWRITE | flags, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(segment->to.db, BUSY_MS) != SQLITE_OK)
        return ap_geopackage_db_fail(&segment->to);
    return AP_OK;
}

/* A segment that an earlier release began lacks a column. */
static ap_err renew(ap_geopackage_segment *segment)
{
    if (ap_archive_has_column(segment->to.db, "main", "track_points", "flags"))
        return AP_OK;
    return ap_geopackage_db_execute(&segment->to,
                                    "ALTER TABLE track_points ADD COLUMN flags INTEGER");
}

static ap_err prepare(ap_geopackage_segment *segment)
{
    ap_err err = renew(segment);
    if (!err)
        err = ap_geopackage_db_prepare(&segment->to);
    if (!err)
        err = prepare_one(segment, "INSERT OR REPLACE INTO alerts VALUES (?,?,?,?,?,?)",
                          &segment->add_alert);
    if (!err)
        err = prepare_one(segment, "DELETE FROM sensors WHERE name = ?", &segment->drop_sensor);
    if (!err)
        err = prepare_one(segment, "UPDATE meta SET value = ? WHERE key = ?", &segment->set_mark);
    return err;
}

static ap_err carry(ap_geopackage_segment *segment, const char *before)
{
    sqlite3_stmt *attach = NULL;
    ap_err err = prepare_one(segment, "ATTACH DATABASE ? AS before", &attach);
    if (!err) {
        (void)sqlite3_bind_text(attach, 1, before, -1, SQLITE_STATIC);
        err = step(segment, attach);
    }
    (void)sqlite3_finalize(attach);
    return err;
}

static ap_err fill(ap_geopackage_segment *segment, const char *before, const ap_row_mark *mark)
{
    ap_geopackage_db *to = &segment->to;
    ap_err err = ap_geopackage_db_execute(to, make_sql);
    if (!err && before)
        err = carry(segment, before);
    if (!err)
        err = ap_geopackage_db_execute(to, "BEGIN");
    if (!err)
        err = ap_geopackage_db_create(to);
    if (!err)
        err = ap_geopackage_db_execute(to, alerts_sql);
    if (!err && before)
        err = ap_geopackage_db_execute(to, carry_sql);
    if (!err)
        err = prepare(segment);
    if (!err)
        err = ap_geopackage_db_contents(to);
    if (!err)
        err = put_mark(segment, mark);
    return err ? err : ap_geopackage_db_execute(to, "COMMIT");
}

/* Made under another name: nobody sees a segment without tables. */
ap_err ap_geopackage_segment_create(ap_geopackage_segment *segment, const char *path,
                                    const char *before, const ap_row_mark *mark)
{
    char part[PATH_MAX];
    ap_row_mark as_read;
    if (before && access(before, F_OK))
        before = NULL; /* somebody has removed it: attaching would make it anew */
    if (snprintf(part, sizeof part, "%s.part", path) >= PATH_MAX)
        return AP_ERR_RANGE;
    (void)unlink(part);
    ap_err err = connect(segment, part, SQLITE_OPEN_CREATE);
    if (!err)
        err = fill(segment, before, mark);
    if (err) {
        (void)unlink(part);
        return err;
    }
    ap_geopackage_segment_close(segment);
    if (rename(part, path)) {
        ap_geopackage_db_init(&segment->to, path);
        return ap_geopackage_db_fail(&segment->to);
    }
    return ap_geopackage_segment_open(segment, path, &as_read);
}

ap_err ap_geopackage_segment_open(ap_geopackage_segment *segment, const char *path,
                                  ap_row_mark *mark)
{
    bool is_finished = false;
    ap_err err = connect(segment, path, 0);
    if (!err)
        err = ap_geopackage_db_execute(&segment->to, log_sql);
    if (!err)
        err = prepare(segment);
    if (!err && !read_meta(segment->to.db, mark, &is_finished))
        err = ap_geopackage_db_fail(&segment->to);
    return err;
}

void ap_geopackage_segment_close(ap_geopackage_segment *segment)
{
    if (!segment->is_open)
        return;
    (void)sqlite3_finalize(segment->add_alert);
    (void)sqlite3_finalize(segment->drop_sensor);
    (void)sqlite3_finalize(segment->set_mark);
    (void)ap_geopackage_db_close(&segment->to); /* rolls back */
    segment->is_open = false;
}

/* --- rows --- */

static ap_err take_alert(ap_geopackage_segment *segment, const ap_row_alert *row)
{
    sqlite3_stmt *to = segment->add_alert;
    (void)sqlite3_bind_int64(to, 1, row->alert_id);
    (void)sqlite3_bind_int64(to, 2, row->track_id);
    (void)sqlite3_bind_text(to, 3, row->kind, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(to, 4, row->detail);
    bind_time(to, 5, row->since);
    bind_time(to, 6, row->until);
    return step(segment, to);
}

static ap_err take_sensor(ap_geopackage_segment *segment, const ap_row_sensor *row)
{
    (void)sqlite3_bind_text(segment->drop_sensor, 1, row->name, -1, SQLITE_STATIC);
    ap_err err = step(segment, segment->drop_sensor);
    return err ? err : ap_geopackage_db_sensor(&segment->to, row);
}

ap_err ap_geopackage_segment_take(ap_geopackage_segment *segment, const ap_row *row)
{
    ap_geopackage_db *to = &segment->to;
    if (!segment->is_changed && ap_geopackage_db_execute(to, "BEGIN IMMEDIATE"))
        return to->failed;
    segment->is_changed = true;
    segment->row_count++;
    switch (row->kind) {
    case AP_ROW_POINT:
        return ap_geopackage_db_point(to, &row->point);
    case AP_ROW_TRACK:
        return ap_geopackage_db_track(to, &row->track, NULL);
    case AP_ROW_ALERT:
        return take_alert(segment, &row->alert);
    case AP_ROW_REASON:
        return ap_geopackage_db_reason(to, &row->reason);
    case AP_ROW_SENSOR:
        return take_sensor(segment, &row->sensor);
    case AP_ROW_KIND_COUNT:
        break;
    }
    return AP_ERR_RANGE;
}

ap_err ap_geopackage_segment_commit(ap_geopackage_segment *segment, const ap_row_mark *mark)
{
    ap_geopackage_db *to = &segment->to;
    if (!segment->is_changed && ap_geopackage_db_execute(to, "BEGIN IMMEDIATE"))
        return to->failed;
    segment->is_changed = true;
    ap_err err = put_mark(segment, mark);
    if (!err)
        err = ap_geopackage_db_execute(to, "COMMIT");
    if (!err)
        segment->is_changed = false;
    return err;
}

/* --- finish --- */

static ap_err set_line(ap_geopackage_segment *segment, sqlite3_stmt *update,
                       const ap_geopackage_line *line)
{
    ap_geopackage_db *to = &segment->to;
    if (line->blob)
        (void)sqlite3_bind_blob64(update, 1, line->blob, line->size, SQLITE_STATIC);
    else
        (void)sqlite3_bind_null(update, 1);
    (void)sqlite3_bind_int64(update, 2, (int64_t)line->point_count);
    (void)sqlite3_bind_int64(update, 3, line->track_id);
    ap_err err = step(segment, update);
    if (err || sqlite3_changes(to->db) > 0)
        return err;
    const ap_row_track bare = { .track_id = line->track_id,
                                .born = AP_UTC_UNKNOWN,
                                .confirmed = AP_UTC_UNKNOWN,
                                .updated = AP_UTC_UNKNOWN };
    return ap_geopackage_db_track(to, &bare, line);
}

static ap_err set_lines(ap_geopackage_segment *segment)
{
    ap_geopackage_db *to = &segment->to;
    sqlite3_stmt *update = NULL;
    ap_err err =
        prepare_one(segment, "UPDATE tracks SET geom = ?, point_count = ? WHERE fid = ?", &update);
    if (!err)
        err = ap_geopackage_db_lines(to);
    while (!err && ap_geopackage_db_next_id(to)) {
        ap_geopackage_line line;
        err = ap_geopackage_db_line(to, &line);
        if (!err)
            err = set_line(segment, update, &line);
    }
    (void)sqlite3_finalize(update);
    return err;
}

static ap_err set_extents(ap_geopackage_segment *segment)
{
    sqlite3_stmt *update = NULL;
    const ap_geopackage_extent *e = &segment->to.points;
    if (e->min_x > e->max_x)
        return AP_OK;
    ap_err err = prepare_one(segment,
                             "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? "
                             "WHERE table_name IN ('tracks', 'track_points')",
                             &update);
    const double edges[4] = { e->min_x, e->min_y, e->max_x, e->max_y };
    for (int i = 0; i < 4 && !err; i++)
        (void)sqlite3_bind_double(update, i + 1, edges[i]);
    if (!err)
        err = step(segment, update);
    (void)sqlite3_finalize(update);
    return err;
}

static int is_to_stop(void *context)
{
    const atomic_bool *is_ending = context;
    return atomic_load(is_ending);
}

ap_err ap_geopackage_segment_finish(const char *path, const atomic_bool *is_ending,
                                    char message[AP_IO_MESSAGE_SIZE])
{
    ap_geopackage_segment segment;
    ap_geopackage_db *to = &segment.to;
    ap_row_mark mark;
    ap_err err = ap_geopackage_segment_open(&segment, path, &mark);
    if (!err)
        sqlite3_progress_handler(to->db, STOP_STEPS, is_to_stop, (void *)(uintptr_t)is_ending);
    if (!err)
        err = ap_geopackage_db_execute(to, "BEGIN IMMEDIATE");
    if (!err)
        err = ap_geopackage_db_execute(to, index_sql);
    if (!err)
        err = set_lines(&segment);
    if (!err)
        err = set_extents(&segment);
    if (!err)
        err = ap_geopackage_db_execute(to, finish_sql);
    if (!err)
        err = ap_geopackage_db_execute(to, "COMMIT");
    if (!err) /* a reader may keep the log: no fault, the next to open the file folds it in */
        (void)sqlite3_exec(to->db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    if (err)
        memcpy(message, to->failure, AP_IO_MESSAGE_SIZE);
    ap_geopackage_segment_close(&segment);
    return err;
}
