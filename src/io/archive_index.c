#include "io/archive_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "io/archive_columns.h"
#include "io/archive_folder.h"

#define BUSY_MS 2000   /* for which a segment's end may be under way */
#define END_ROWS "256" /* at each end of a segment that is being written, to find its times */

/* ---- one segment ---- */

static bool ask_time(sqlite3 *db, const char *sql, ap_utc_ns *time)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        return false;
    *time =
        sqlite3_step(row) == SQLITE_ROW ? ap_archive_time(ap_archive_real(row, 0)) : AP_UTC_UNKNOWN;
    (void)sqlite3_finalize(row);
    return *time != AP_UTC_UNKNOWN;
}

/* Finished ones have an index of times. */
static bool look_at_times(sqlite3 *db, ap_archive_segment *segment)
{
    if (segment->is_finished)
        return ask_time(db, "SELECT min(time_s) FROM track_points", &segment->begin) &&
               ask_time(db, "SELECT max(time_s) FROM track_points", &segment->end);
    return ask_time(db,
                    "SELECT min(time_s) FROM (SELECT time_s FROM track_points ORDER BY fid "
                    "LIMIT " END_ROWS ")",
                    &segment->begin) &&
           ask_time(db,
                    "SELECT max(time_s) FROM (SELECT time_s FROM track_points ORDER BY fid DESC "
                    "LIMIT " END_ROWS ")",
                    &segment->end);
}

static bool look_at_meta(sqlite3 *db, ap_archive_segment *segment)
{
    sqlite3_stmt *row = NULL;
    bool has_run = false;
    if (sqlite3_prepare_v2(db,
                           "SELECT key, value, (SELECT max(fid) FROM track_points) FROM meta "
                           "WHERE key IN ('state', 'mark_run')",
                           -1, &row, NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(row, 0);
        const char *value = (const char *)sqlite3_column_text(row, 1);
        segment->point_count = ap_archive_count(row, 2);
        if (!key || !value)
            continue;
        if (strcmp(key, "state") == 0)
            segment->is_finished = strcmp(value, "finished") == 0;
        else
            segment->run = strtoll(value, NULL, 10), has_run = true;
    }
    (void)sqlite3_finalize(row);
    return has_run && segment->point_count > 0;
}

/* False: it is none, has no points yet, or cannot be read now. */
static bool look(const char *path, ap_archive_segment *segment)
{
    char uri[AP_ARCHIVE_URI_SIZE];
    sqlite3 *db = NULL;
    bool is_there =
        ap_archive_uri(path, uri) &&
        sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK && look_at_meta(db, segment) &&
        look_at_times(db, segment);
    (void)sqlite3_close(db);
    return is_there;
}

/* ---- the folder ---- */

static int by_path(const void *path, const void *segment)
{
    return strcmp(path, ((const ap_archive_segment *)segment)->path);
}

/* Segments are in the order of their names. */
static const ap_archive_segment *find(const ap_archive_index *index, const char *path)
{
    if (index->count == 0)
        return NULL;
    return bsearch(path, index->segments, index->count, sizeof *index->segments, by_path);
}

/* What is known of the file, or is to be seen now. */
static bool take(const ap_archive_index *known, const char *path, ap_archive_segment *segment)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return false;
    const ap_archive_segment *before = find(known, path);
    int64_t changed_ns = about.st_mtim.tv_sec * AP_NS_PER_S + about.st_mtim.tv_nsec;
    if (before && before->is_finished && before->size == about.st_size &&
        before->changed_ns == changed_ns)
        *segment = *before;
    else
        *segment = (ap_archive_segment){ .size = about.st_size, .changed_ns = changed_ns };
    if (segment->point_count > 0 || look(path, segment))
        return true;
    if (before)
        *segment = *before; /* it cannot be read just now */
    return before != NULL;
}

ap_err ap_archive_index_init(ap_archive_index *index, const char *folder)
{
    *index = (ap_archive_index){ .count = 0 };
    int size = snprintf(index->folder, sizeof index->folder, "%s", folder);
    return size < (int)sizeof index->folder ? AP_OK : AP_ERR_RANGE;
}

ap_err ap_archive_index_refresh(ap_archive_index *index, char message[AP_IO_MESSAGE_SIZE])
{
    ap_archive_files files;
    char none[AP_IO_MESSAGE_SIZE];
    ap_archive_index fresh = { .count = 0 };
    ap_err err = ap_archive_files_find(&files, index->folder, none);
    if (err == AP_ERR_MEMORY) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
        return err;
    }
    fresh.segments = calloc(files.count + 1, sizeof *fresh.segments);
    if (!fresh.segments) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
        ap_archive_files_free(&files);
        return AP_ERR_MEMORY;
    }
    for (size_t i = 0; i < files.count; i++) {
        ap_archive_segment *segment = &fresh.segments[fresh.count];
        if (!take(index, files.path[i], segment))
            continue;
        segment->path = files.path[i]; /* goes over */
        files.path[i] = NULL;
        fresh.count++;
    }
    ap_archive_files_free(&files);
    ap_archive_index_close(index);
    index->segments = fresh.segments;
    index->count = fresh.count;
    return AP_OK;
}

size_t ap_archive_index_at(const ap_archive_index *index, ap_utc_ns time)
{
    size_t at = 0;
    while (at + 1 < index->count && index->segments[at + 1].begin <= time)
        at++;
    return at;
}

size_t ap_archive_index_end_of_run(const ap_archive_index *index, size_t at)
{
    int64_t run = index->segments[at].run;
    while (at < index->count && index->segments[at].run == run)
        at++;
    return at;
}

void ap_archive_index_close(ap_archive_index *index)
{
    for (size_t i = 0; i < index->count; i++)
        free(index->segments[i].path);
    free(index->segments);
    index->segments = NULL;
    index->count = 0;
}
