#include "io/archive_read.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "io/archive_columns.h"
#include "io/archive_folder.h"
#include "io/archive_read_sql.h"
#include "io/geopackage_read.h"
#include "io/interrupt.h"

enum { SQL_SIZE = 512, STEPS_PER_CHECK = 100000 };

/* One file's row of the track at hand. */
typedef struct known_row {
    int64_t file;
    ap_utc_ns born;
    bool wanted;
} known_row;

struct ap_archive_reader_state {
    const ap_archive_ask *ask;
    ap_archive_files files;
    size_t at_file; /* for messages */
    sqlite3 *db;
    sqlite3_stmt *points, *tracks;
    char **names; /* texts of points, each once */
    size_t name_count;
    bool has_row; /* `points` stands on a row that nobody took */
    bool is_in_track, gap;
    uint32_t track_id;
    ap_utc_ns born; /* tells tracks of one id in several runs apart */
    known_row *rows;
    size_t row_count, row_cap;
};

typedef struct ap_archive_reader_state reader_state;

/* ---- failure ---- */

static ap_err fail(const reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    int code = s->db ? sqlite3_errcode(s->db) : SQLITE_NOMEM;
    const char *path = s->at_file < s->files.count ? s->files.path[s->at_file] : s->ask->path;
    const char *told = s->db ? sqlite3_errmsg(s->db) : "memory is exhausted";
    switch (code) {
    case SQLITE_NOTADB:
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "'%s' is no GeoPackage; expected an archive that airpicture wrote", path);
        return AP_ERR_MALFORMED;
    case SQLITE_ERROR: /* no such table, no such column */
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "'%s' is no archive of airpicture (%s); expected one of replay --archive or of "
                 "the service",
                 path, told);
        return AP_ERR_MALFORMED;
    case SQLITE_FULL:
    case SQLITE_IOERR:
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "cannot sort '%s': %s; name a folder with room as SQLITE_TMPDIR", path,
                 code == SQLITE_FULL ? "the disk is full" : told);
        return AP_ERR_IO;
    case SQLITE_INTERRUPT:
        snprintf(message, AP_IO_MESSAGE_SIZE, "interrupted");
        return AP_ERR_IO;
    case SQLITE_NOMEM:
        snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
        return AP_ERR_MEMORY;
    case SQLITE_CORRUPT:
        snprintf(message, AP_IO_MESSAGE_SIZE, "'%s' is damaged: %s", path, told);
        return AP_ERR_MALFORMED;
    default:
        snprintf(message, AP_IO_MESSAGE_SIZE, "cannot read '%s': %s", path, told);
        return AP_ERR_NO_INPUT;
    }
}

static ap_err fail_memory(char message[AP_IO_MESSAGE_SIZE])
{
    snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
    return AP_ERR_MEMORY;
}

static int is_stopped(void *context)
{
    (void)context;
    return ap_interrupted();
}

/* ---- statements ---- */

static void bind_span(const reader_state *s, sqlite3_stmt *statement, size_t file)
{
    const ap_archive_ask *ask = s->ask;
    (void)sqlite3_bind_int64(statement, 1, (int64_t)file);
    (void)sqlite3_bind_double(statement, 2, (double)ask->from / 1e9);
    (void)sqlite3_bind_double(statement, 3, (double)ask->until / 1e9);
}

/* Runs one statement whose parameters are the file, the time from and the time until. */
static ap_err run_of_file(reader_state *s, const char *sql, size_t file,
                          char message[AP_IO_MESSAGE_SIZE])
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail(s, message);
    int count = sqlite3_bind_parameter_count(statement);
    if (count == 1)
        (void)sqlite3_bind_int64(statement, 1, (int64_t)file);
    else if (count == 3)
        bind_span(s, statement, file);
    ap_err err = sqlite3_step(statement) == SQLITE_DONE ? AP_OK : fail(s, message);
    (void)sqlite3_finalize(statement);
    return err;
}

/* *changed: rows that it changed. */
static ap_err run_of_word(reader_state *s, const char *sql, const char *word, int *changed,
                          char message[AP_IO_MESSAGE_SIZE])
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail(s, message);
    (void)sqlite3_bind_text(statement, 1, word, -1, SQLITE_STATIC);
    ap_err err = sqlite3_step(statement) == SQLITE_DONE ? AP_OK : fail(s, message);
    *changed = err ? 0 : sqlite3_changes(s->db);
    (void)sqlite3_finalize(statement);
    return err;
}

/* ---- files ---- */

static ap_err attach(reader_state *s, size_t file, char message[AP_IO_MESSAGE_SIZE])
{
    char uri[AP_ARCHIVE_URI_SIZE];
    int changed;
    s->at_file = file;
    if (!ap_archive_uri(s->files.path[file], uri)) {
        snprintf(message, AP_IO_MESSAGE_SIZE, "the name '%.200s...' is too long",
                 s->files.path[file]);
        return AP_ERR_NO_INPUT;
    }
    return run_of_word(s, "ATTACH ?1 AS src", uri, &changed, message);
}

static ap_err detach(reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    return run_of_file(s, "DETACH src", 0, message);
}

static bool is_single(const reader_state *s)
{
    return s->files.count == 1;
}

static ap_err stage_reasons(reader_state *s, size_t file, char message[AP_IO_MESSAGE_SIZE])
{
    static const char *const columns[] = { "number", "text", "other_track_id", "existence",
                                           "identity" };
    const char *had[sizeof columns / sizeof columns[0]];
    char sql[SQL_SIZE];
    if (!ap_archive_has_column(s->db, "src", "track_reasons", "reason"))
        return AP_OK;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        had[i] =
            ap_archive_has_column(s->db, "src", "track_reasons", columns[i]) ? columns[i] : "NULL";
    size_t used = (size_t)snprintf(sql, sizeof sql, AP_READ_STAGE_REASONS, had[0], had[1], had[2],
                                   had[3], had[4]);
    if (s->ask->word_count > 0)
        snprintf(sql + used, sizeof sql - used, "%s", AP_READ_WANTED);
    return run_of_file(s, sql, file, message);
}

static const char *flags_of_file(reader_state *s)
{
    return ap_archive_has_column(s->db, "src", "track_points", "flags") ? "flags" : "NULL";
}

static ap_err stage_points(reader_state *s, size_t file, char message[AP_IO_MESSAGE_SIZE])
{
    if (is_single(s) || s->ask->by_reasons)
        return AP_OK; /* read where they are, or not at all */
    char sql[SQL_SIZE];
    size_t used = (size_t)snprintf(sql, sizeof sql, AP_READ_STAGE_POINTS, flags_of_file(s));
    if (s->ask->word_count > 0)
        snprintf(sql + used, sizeof sql - used, "%s", AP_READ_WANTED);
    return run_of_file(s, sql, file, message);
}

/* ---- words ---- */

static bool is_made_of(const char *text, const char *characters)
{
    return text[0] != '\0' && text[strspn(text, characters)] == '\0';
}

static bool is_address(const char *word)
{
    return strlen(word) == 6 && is_made_of(word, "0123456789abcdefABCDEF");
}

static bool is_number(const char *word)
{
    return strlen(word) <= 9 && is_made_of(word, "0123456789");
}

/* A track that is being written has points before it has a row. */
static ap_err want_points(reader_state *s, const char *word, int *found,
                          char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    for (size_t i = 0; i < s->files.count && !err && *found == 0; i++) {
        if (!is_single(s))
            err = attach(s, i, message);
        if (!err)
            err = run_of_word(s, AP_READ_WANT_POINTS, word, found, message);
        if (!err && !is_single(s))
            err = detach(s, message);
    }
    return err;
}

static ap_err want(reader_state *s, const char *word, char message[AP_IO_MESSAGE_SIZE])
{
    int found = 0;
    ap_err err = AP_OK;
    if (word[0] == '~' && is_address(word + 1))
        err = run_of_word(s, AP_READ_WANT_OTHER, word + 1, &found, message);
    if (!err && !found && is_address(word))
        err = run_of_word(s, AP_READ_WANT_ICAO, word, &found, message);
    if (!err && !found && word[0] == 'n' && is_number(word + 1))
        err = run_of_word(s, AP_READ_WANT_NUMBER, word + 1, &found, message);
    if (!err && !found && is_number(word))
        err = run_of_word(s, AP_READ_WANT_ID, word, &found, message);
    if (!err && !found)
        err = run_of_word(s, AP_READ_WANT_CALLSIGN, word, &found, message);
    if (!err && !found && is_number(word))
        err = want_points(s, word, &found, message);
    if (err || found)
        return err;
    snprintf(message, AP_IO_MESSAGE_SIZE,
             "'%.200s' has no track '%.40s'; expected a track id, n and a track number, a 24-bit "
             "address as six hexadecimal digits (~ before those that ICAO did not assign), or a "
             "call sign",
             s->ask->path, word);
    return AP_ERR_UNKNOWN;
}

/* ---- open ---- */

static ap_err stage(reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    for (size_t i = 0; i < s->files.count && !err; i++) {
        err = attach(s, i, message);
        if (!err)
            err = run_of_file(s, AP_READ_STAGE_TRACKS, i, message);
        if (!err)
            err = run_of_file(s, AP_READ_STAGE_SENSORS, i, message);
        if (!err && !is_single(s))
            err = detach(s, message);
    }
    if (!err)
        err = run_of_file(s, AP_READ_INDEX_TRACKS, 0, message);
    for (size_t i = 0; i < s->ask->word_count && !err; i++)
        err = want(s, s->ask->words[i], message);
    if (!err)
        err = run_of_file(s, AP_READ_KEEP_WANTED, 0, message);
    for (size_t i = 0; i < s->files.count && !err; i++) {
        if (!is_single(s))
            err = attach(s, i, message);
        if (!err)
            err = stage_points(s, i, message);
        if (!err && s->ask->with_reasons)
            err = stage_reasons(s, i, message);
        if (!err && !is_single(s))
            err = detach(s, message);
    }
    return err ? err : run_of_file(s, AP_READ_INDEX_REASONS, 0, message);
}

static ap_err next_row(reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    int code = sqlite3_step(s->points);
    s->has_row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? AP_OK : fail(s, message);
}

static ap_err prepare(reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    static const char order[] = " ORDER BY track_id, time_s, fid";
    char sql[SQL_SIZE];
    size_t used = 0;
    if (s->ask->by_reasons) {
        snprintf(sql, sizeof sql, "%s", AP_READ_TRACKS_OF_REASONS);
    } else if (is_single(s)) {
        used = (size_t)snprintf(sql, sizeof sql, AP_READ_POINTS_OF_FILE, flags_of_file(s));
        snprintf(sql + used, sizeof sql - used, "%s%s",
                 s->ask->word_count > 0 ? AP_READ_WANTED : "", order);
    } else {
        snprintf(sql, sizeof sql, AP_READ_POINTS_OF_ALL, "flags");
    }
    if (sqlite3_prepare_v2(s->db, sql, -1, &s->points, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(s->db, AP_READ_TRACKS, -1, &s->tracks, NULL) != SQLITE_OK)
        return fail(s, message);
    if (is_single(s) && !s->ask->by_reasons)
        bind_span(s, s->points, 0);
    return next_row(s, message);
}

ap_err ap_archive_reader_open(ap_archive_reader *reader, const ap_archive_ask *ask,
                              char message[AP_IO_MESSAGE_SIZE])
{
    reader_state *s = reader->state = calloc(1, sizeof *s);
    if (!s)
        return fail_memory(message);
    s->ask = ask;
    ap_err err = ap_archive_files_find(&s->files, ask->path, message);
    if (!err &&
        sqlite3_open_v2("", &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
                        NULL) != SQLITE_OK)
        err = fail(s, message);
    if (!err) {
        sqlite3_progress_handler(s->db, STEPS_PER_CHECK, is_stopped, NULL);
        if (sqlite3_exec(s->db, AP_READ_SETUP, NULL, NULL, NULL) != SQLITE_OK)
            err = fail(s, message);
    }
    if (!err)
        err = stage(s, message);
    if (!err)
        err = prepare(s, message);
    if (err)
        ap_archive_reader_close(reader);
    return err;
}

void ap_archive_reader_close(ap_archive_reader *reader)
{
    reader_state *s = reader->state;
    if (!s)
        return;
    (void)sqlite3_finalize(s->points);
    (void)sqlite3_finalize(s->tracks);
    (void)sqlite3_close(s->db);
    for (size_t i = 0; i < s->name_count; i++)
        free(s->names[i]);
    free(s->names);
    free(s->rows);
    ap_archive_files_free(&s->files);
    free(s);
    reader->state = NULL;
}

/* ---- values ---- */

/* A text that stays: sensors and states are few. NULL: none, or no memory. */
static const char *kept_text(reader_state *s, const char *text)
{
    if (!text)
        return NULL;
    for (size_t i = s->name_count; i-- > 0;)
        if (strcmp(s->names[i], text) == 0)
            return s->names[i];
    char **grown = realloc(s->names, (s->name_count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    s->names = grown;
    s->names[s->name_count] = strdup(text);
    return s->names[s->name_count] ? s->names[s->name_count++] : NULL;
}

/* ---- tracks ---- */

static bool is_same_birth(ap_utc_ns a, ap_utc_ns b)
{
    return a == AP_UTC_UNKNOWN || b == AP_UTC_UNKNOWN || a == b;
}

static ap_utc_ns born_in(const reader_state *s, int64_t file)
{
    for (size_t i = 0; i < s->row_count; i++)
        if (s->rows[i].file == file)
            return s->rows[i].born;
    return AP_UTC_UNKNOWN;
}

static ap_err load_rows(reader_state *s, uint32_t track_id, char message[AP_IO_MESSAGE_SIZE])
{
    int code;
    s->row_count = 0;
    (void)sqlite3_reset(s->tracks);
    (void)sqlite3_bind_int64(s->tracks, 1, track_id);
    while ((code = sqlite3_step(s->tracks)) == SQLITE_ROW) {
        if (s->row_count == s->row_cap) {
            size_t cap = s->row_cap ? 2 * s->row_cap : 16;
            known_row *grown = realloc(s->rows, cap * sizeof *grown);
            if (!grown)
                return fail_memory(message);
            s->rows = grown;
            s->row_cap = cap;
        }
        s->rows[s->row_count++] = (known_row){ .file = sqlite3_column_int64(s->tracks, 0),
                                               .wanted = sqlite3_column_int(s->tracks, 1) != 0,
                                               .born = ap_archive_text_time(s->tracks, 8) };
    }
    return code == SQLITE_DONE ? AP_OK : fail(s, message);
}

/* What the files tell of the track at hand. */
static ap_err merge_rows(reader_state *s, ap_row_track *track, char message[AP_IO_MESSAGE_SIZE])
{
    int code;
    *track = (ap_row_track){ .track_id = s->track_id,
                             .born = AP_UTC_UNKNOWN,
                             .confirmed = AP_UTC_UNKNOWN,
                             .updated = AP_UTC_UNKNOWN };
    (void)sqlite3_reset(s->tracks);
    (void)sqlite3_bind_int64(s->tracks, 1, s->track_id);
    while ((code = sqlite3_step(s->tracks)) == SQLITE_ROW)
        if (is_same_birth(s->born, ap_archive_text_time(s->tracks, 8)))
            ap_archive_take_track(s->tracks, 2, track);
    return code == SQLITE_DONE ? AP_OK : fail(s, message);
}

static bool is_wanted(const reader_state *s)
{
    bool known = false;
    if (s->ask->word_count == 0)
        return true;
    for (size_t i = 0; i < s->row_count; i++) {
        if (!is_same_birth(s->born, s->rows[i].born))
            continue;
        known = true;
        if (s->rows[i].wanted)
            return true;
    }
    return !known; /* asked for by its id alone */
}

/* ---- points ---- */

static bool place_of(sqlite3_stmt *row, int column, double *x, double *y)
{
    return ap_geopackage_place_of(sqlite3_column_blob(row, column),
                                  (size_t)sqlite3_column_bytes(row, column), x, y);
}

static bool is_inside(const ap_archive_ask *ask, double x, double y)
{
    if (!ask->has_box)
        return true;
    if (y < ask->south_deg || y > ask->north_deg)
        return false;
    return ask->west_deg <= ask->east_deg ? x >= ask->west_deg && x <= ask->east_deg
                                          : x >= ask->west_deg || x <= ask->east_deg;
}

/* Whether the row at hand is of the track at hand. */
static bool is_of_track(const reader_state *s)
{
    return s->has_row && s->is_in_track && ap_archive_u32(s->points, 0) == s->track_id &&
           is_same_birth(s->born, born_in(s, sqlite3_column_int64(s->points, 1)));
}

/* To the track's next point that is asked for; what is no place is passed over. */
static ap_err seek(reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    while (!err && !s->ask->by_reasons && is_of_track(s)) {
        double x, y;
        bool is_place = place_of(s->points, 2, &x, &y) && fabs(x) <= 180.0 && fabs(y) <= 90.0;
        if (is_place && is_inside(s->ask, x, y))
            break;
        s->gap |= is_place;
        err = next_row(s, message);
    }
    return err;
}

ap_err ap_archive_reader_track(ap_archive_reader *reader, ap_row_track *track,
                               char message[AP_IO_MESSAGE_SIZE])
{
    reader_state *s = reader->state;
    ap_err err = AP_OK;
    for (;;) {
        while (!err && is_of_track(s))
            err = next_row(s, message);
        if (!err && !s->has_row)
            err = AP_ERR_END;
        s->is_in_track = false;
        if (!err)
            err = load_rows(s, ap_archive_u32(s->points, 0), message);
        if (err)
            return err;
        s->is_in_track = true;
        s->gap = false;
        s->track_id = ap_archive_u32(s->points, 0);
        s->born = born_in(s, sqlite3_column_int64(s->points, 1));
        if (s->born == AP_UTC_UNKNOWN && s->row_count > 0)
            s->born = s->rows[0].born;
        if (!is_wanted(s))
            continue;
        err = seek(s, message);
        s->gap = false;
        if (err || is_of_track(s))
            return err ? err : merge_rows(s, track, message);
    }
}

ap_err ap_archive_reader_point(ap_archive_reader *reader, ap_row_point *point, bool *gap,
                               char message[AP_IO_MESSAGE_SIZE])
{
    reader_state *s = reader->state;
    if (s->ask->by_reasons || !is_of_track(s))
        return AP_ERR_END;
    sqlite3_stmt *row = s->points;
    *point = (ap_row_point){ .track_id = s->track_id };
    (void)ap_archive_take_point(row, 2, point); /* seek saw its place */
    point->state = kept_text(s, point->state);
    point->sensor = kept_text(s, point->sensor);
    *gap = s->gap;
    s->gap = false;
    ap_err err = next_row(s, message);
    return err ? err : seek(s, message);
}

/* ---- what lies beside ---- */

ap_err ap_archive_reader_reasons(ap_archive_reader *reader, ap_archive_reason_fn on_reason,
                                 void *context, char message[AP_IO_MESSAGE_SIZE])
{
    reader_state *s = reader->state;
    sqlite3_stmt *row = NULL;
    ap_err err = AP_OK;
    int code = SQLITE_DONE;
    if (sqlite3_prepare_v2(s->db, AP_READ_REASONS, -1, &row, NULL) != SQLITE_OK)
        return fail(s, message);
    (void)sqlite3_bind_int64(row, 1, s->track_id);
    while (!err && (code = sqlite3_step(row)) == SQLITE_ROW) {
        if (!is_same_birth(s->born, born_in(s, sqlite3_column_int64(row, 8))))
            continue;
        ap_row_reason reason = { .track_id = s->track_id,
                                 .number = ap_archive_u32(row, 0),
                                 .time = ap_archive_time(ap_archive_real(row, 1)),
                                 .reason = (const char *)sqlite3_column_text(row, 2),
                                 .text = (const char *)sqlite3_column_text(row, 3),
                                 .sensor = (const char *)sqlite3_column_text(row, 4),
                                 .other_track_id = ap_archive_u32(row, 5),
                                 .existence = ap_archive_real(row, 6) };
        ap_archive_take_text(row, 7, reason.identity, sizeof reason.identity);
        err = on_reason(context, &reason);
        if (err)
            snprintf(message, AP_IO_MESSAGE_SIZE, "%s", ap_err_text(err));
    }
    if (!err && code != SQLITE_DONE)
        err = fail(s, message);
    (void)sqlite3_finalize(row);
    return err;
}

static ap_row_sensor sensor_of(sqlite3_stmt *row)
{
    ap_row_sensor sensor = { .name = (const char *)sqlite3_column_text(row, 0),
                             .kind = (const char *)sqlite3_column_text(row, 1),
                             .has_sac_sic = sqlite3_column_type(row, 2) != SQLITE_NULL &&
                                            sqlite3_column_type(row, 3) != SQLITE_NULL,
                             .sac = (uint8_t)sqlite3_column_int(row, 2),
                             .sic = (uint8_t)sqlite3_column_int(row, 3),
                             .height_m = ap_archive_real(row, 5),
                             .byte_count = ap_archive_count(row, 6),
                             .record_count = ap_archive_count(row, 7),
                             .report_count = ap_archive_count(row, 8),
                             .service_count = ap_archive_count(row, 9),
                             .refused_count = ap_archive_count(row, 10),
                             .first = ap_archive_text_time(row, 11),
                             .last = ap_archive_text_time(row, 12) };
    sensor.has_site = place_of(row, 4, &sensor.longitude_deg, &sensor.latitude_deg);
    return sensor;
}

ap_err ap_archive_reader_sensors(ap_archive_reader *reader, ap_archive_sensor_fn on_sensor,
                                 void *context, char message[AP_IO_MESSAGE_SIZE])
{
    reader_state *s = reader->state;
    sqlite3_stmt *row = NULL;
    ap_err err = AP_OK;
    int code = SQLITE_DONE;
    if (sqlite3_prepare_v2(s->db, AP_READ_SENSORS, -1, &row, NULL) != SQLITE_OK)
        return fail(s, message);
    while (!err && (code = sqlite3_step(row)) == SQLITE_ROW) {
        ap_row_sensor sensor = sensor_of(row);
        err = on_sensor(context, &sensor);
        if (err)
            snprintf(message, AP_IO_MESSAGE_SIZE, "%s", ap_err_text(err));
    }
    if (!err && code != SQLITE_DONE)
        err = fail(s, message);
    (void)sqlite3_finalize(row);
    return err;
}

ap_err ap_archive_reader_span(ap_archive_reader *reader, ap_utc_ns *first, ap_utc_ns *last,
                              char message[AP_IO_MESSAGE_SIZE])
{
    reader_state *s = reader->state;
    sqlite3_stmt *row = NULL;
    const char *sql = !is_single(s)            ? AP_READ_SPAN_OF_ALL
                      : s->ask->word_count > 0 ? AP_READ_SPAN_OF_FILE AP_READ_WANTED
                                               : AP_READ_SPAN_OF_FILE;
    if (sqlite3_prepare_v2(s->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fail(s, message);
    if (is_single(s))
        bind_span(s, row, 0);
    ap_err err = sqlite3_step(row) == SQLITE_ROW ? AP_OK : fail(s, message);
    if (!err) {
        *first = ap_archive_time(ap_archive_real(row, 0));
        *last = ap_archive_time(ap_archive_real(row, 1));
    }
    (void)sqlite3_finalize(row);
    return err;
}
