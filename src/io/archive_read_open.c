/* The archive's reader: finds the files, copies what is asked for, and prepares the statements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/archive_columns.h"
#include "io/archive_read_sql.h"
#include "io/archive_read_state.h"
#include "io/interrupt.h"

enum {
    SQL_SIZE = 512,
    STEPS_PER_CHECK = 100000,
    BUSY_MS = 5000 /* for which a segment's end may be under way */
};

typedef struct ap_archive_reader_state reader_state;

/* ---- failure ---- */

ap_err ap_archive_read_fail(const reader_state *s, char message[AP_IO_MESSAGE_SIZE])
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

ap_err ap_archive_read_fail_memory(char message[AP_IO_MESSAGE_SIZE])
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

void ap_archive_read_bind_span(const reader_state *s, sqlite3_stmt *statement, size_t file)
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
        return ap_archive_read_fail(s, message);
    int count = sqlite3_bind_parameter_count(statement);
    if (count == 1)
        (void)sqlite3_bind_int64(statement, 1, (int64_t)file);
    else if (count == 3)
        ap_archive_read_bind_span(s, statement, file);
    ap_err err = sqlite3_step(statement) == SQLITE_DONE ? AP_OK : ap_archive_read_fail(s, message);
    (void)sqlite3_finalize(statement);
    return err;
}

/* *changed: rows that it changed. */
static ap_err run_of_word(reader_state *s, const char *sql, const char *word, int *changed,
                          char message[AP_IO_MESSAGE_SIZE])
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return ap_archive_read_fail(s, message);
    (void)sqlite3_bind_text(statement, 1, word, -1, SQLITE_STATIC);
    ap_err err = sqlite3_step(statement) == SQLITE_DONE ? AP_OK : ap_archive_read_fail(s, message);
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
    ap_err err = run_of_word(s, "ATTACH ?1 AS src", uri, &changed, message);
    s->is_attached = !err;
    return err;
}

static ap_err detach(reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    s->is_attached = false;
    return run_of_file(s, "DETACH src", 0, message);
}

typedef ap_err (*file_fn)(reader_state *s, size_t file, void *context,
                          char message[AP_IO_MESSAGE_SIZE]);

/* Calls `on_file` with each file in turn as `src`, until one fails. A single one stays so. */
static ap_err with_each_file(reader_state *s, file_fn on_file, void *context,
                             char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    for (size_t i = 0; i < s->files.count && !err; i++) {
        if (!s->is_attached)
            err = attach(s, i, message);
        if (!err)
            err = on_file(s, i, context, message);
        if (!err && !ap_archive_read_is_single(s))
            err = detach(s, message);
    }
    return err;
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
        had[i] = ap_archive_column(s->db, "src", "track_reasons", columns[i]);
    size_t used = (size_t)snprintf(sql, sizeof sql, AP_READ_STAGE_REASONS, had[0], had[1], had[2],
                                   had[3], had[4]);
    if (s->ask->word_count > 0)
        snprintf(sql + used, sizeof sql - used, "%s", AP_READ_WANTED);
    return run_of_file(s, sql, file, message);
}

static const char *flags_of_file(reader_state *s)
{
    return ap_archive_column(s->db, "src", "track_points", "flags");
}

static ap_err stage_points(reader_state *s, size_t file, char message[AP_IO_MESSAGE_SIZE])
{
    if (ap_archive_read_is_single(s) || s->ask->by_reasons)
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

typedef struct wanted_word {
    const char *word;
    int found;
} wanted_word;

static ap_err want_points_of(reader_state *s, size_t file, void *context,
                             char message[AP_IO_MESSAGE_SIZE])
{
    wanted_word *wanted = context;
    (void)file;
    return wanted->found
               ? AP_OK
               : run_of_word(s, AP_READ_WANT_POINTS, wanted->word, &wanted->found, message);
}

/* A track that is being written has points before it has a row. */
static ap_err want_points(reader_state *s, const char *word, int *found,
                          char message[AP_IO_MESSAGE_SIZE])
{
    wanted_word wanted = { word, 0 };
    ap_err err = with_each_file(s, want_points_of, &wanted, message);
    *found = wanted.found;
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

static ap_err stage_rows(reader_state *s, size_t file, void *context,
                         char message[AP_IO_MESSAGE_SIZE])
{
    (void)context;
    ap_err err = run_of_file(s, AP_READ_STAGE_TRACKS, file, message);
    return err ? err : run_of_file(s, AP_READ_STAGE_SENSORS, file, message);
}

static ap_err stage_wanted(reader_state *s, size_t file, void *context,
                           char message[AP_IO_MESSAGE_SIZE])
{
    (void)context;
    ap_err err = stage_points(s, file, message);
    return err || !s->ask->with_reasons ? err : stage_reasons(s, file, message);
}

static ap_err stage(reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = with_each_file(s, stage_rows, NULL, message);
    if (!err)
        err = run_of_file(s, AP_READ_INDEX_TRACKS, 0, message);
    for (size_t i = 0; i < s->ask->word_count && !err; i++)
        err = want(s, s->ask->words[i], message);
    if (!err)
        err = run_of_file(s, AP_READ_KEEP_WANTED, 0, message);
    if (!err)
        err = with_each_file(s, stage_wanted, NULL, message);
    return err ? err : run_of_file(s, AP_READ_INDEX_REASONS, 0, message);
}

ap_err ap_archive_read_next_row(reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    int code = sqlite3_step(s->points);
    s->has_row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? AP_OK : ap_archive_read_fail(s, message);
}

static ap_err prepare(reader_state *s, char message[AP_IO_MESSAGE_SIZE])
{
    static const char order[] = " ORDER BY track_id, time_s, fid";
    char sql[SQL_SIZE];
    size_t used = 0;
    if (s->ask->by_reasons) {
        snprintf(sql, sizeof sql, "%s", AP_READ_TRACKS_OF_REASONS);
    } else if (ap_archive_read_is_single(s)) {
        used = (size_t)snprintf(sql, sizeof sql, AP_READ_POINTS_OF_FILE, flags_of_file(s));
        snprintf(sql + used, sizeof sql - used, "%s%s",
                 s->ask->word_count > 0 ? AP_READ_WANTED : "", order);
    } else {
        snprintf(sql, sizeof sql, AP_READ_POINTS_OF_ALL, "flags");
    }
    if (sqlite3_prepare_v2(s->db, sql, -1, &s->points, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(s->db, AP_READ_TRACKS, -1, &s->tracks, NULL) != SQLITE_OK)
        return ap_archive_read_fail(s, message);
    if (ap_archive_read_is_single(s) && !s->ask->by_reasons)
        ap_archive_read_bind_span(s, s->points, 0);
    return ap_archive_read_next_row(s, message);
}

ap_err ap_archive_reader_open(ap_archive_reader *reader, const ap_archive_ask *ask,
                              char message[AP_IO_MESSAGE_SIZE])
{
    reader_state *s = reader->state = calloc(1, sizeof *s);
    if (!s)
        return ap_archive_read_fail_memory(message);
    s->ask = ask;
    ap_err err = ap_archive_files_find(&s->files, ask->path, message);
    if (!err &&
        sqlite3_open_v2("", &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
                        NULL) != SQLITE_OK)
        err = ap_archive_read_fail(s, message);
    if (!err) {
        sqlite3_progress_handler(s->db, STEPS_PER_CHECK, is_stopped, NULL);
        if (sqlite3_busy_timeout(s->db, BUSY_MS) != SQLITE_OK ||
            sqlite3_exec(s->db, AP_READ_SETUP, NULL, NULL, NULL) != SQLITE_OK)
            err = ap_archive_read_fail(s, message);
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
