#include "io/geopackage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/geopackage_db.h"
#include "io/geopackage_schema.h"
#include "io/output.h"

struct ap_geopackage_state {
    ap_geopackage_db to;
    ap_output output;     /* names, locks and finally renames the file that SQLite writes */
    ap_row_track *tracks; /* until commit */
    size_t track_count, track_cap;
};

/* ---- open and close ---- */

static void release(ap_geopackage *archive)
{
    struct ap_geopackage_state *s = archive->state;
    (void)ap_geopackage_db_close(&s->to);
    ap_output_close(&s->output);
    free(s->tracks);
    free(s);
    archive->state = NULL;
}

static ap_err open_database(ap_geopackage_db *to, const char *part)
{
    /* ap_output holds the lock; SQLite's own would only be in its way. */
    if (sqlite3_open_v2(part, &to->db, SQLITE_OPEN_READWRITE, "unix-none") != SQLITE_OK)
        return ap_geopackage_db_fail(to);
    ap_err err = ap_geopackage_db_execute(to, AP_GEOPACKAGE_PRAGMAS "BEGIN EXCLUSIVE");
    if (!err)
        err = ap_geopackage_db_create(to);
    return err ? err : ap_geopackage_db_prepare(to);
}

ap_err ap_geopackage_open(ap_geopackage *archive, const char *path,
                          char message[AP_IO_MESSAGE_SIZE])
{
    *archive = (ap_geopackage){ 0 };
    struct ap_geopackage_state *s = calloc(1, sizeof *s);
    if (!s) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                       "cannot write the archive: memory is exhausted");
        return AP_ERR_MEMORY;
    }
    ap_geopackage_db_init(&s->to, path);
    archive->state = s;
    ap_err err = ap_output_open(&s->output, path, message);
    const char *part = err == AP_OK ? ap_output_part(&s->output) : NULL;
    if (err == AP_OK && !part) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                       "cannot write %s: a GeoPackage must be a file; name one", s->to.name);
        err = AP_ERR_NO_OUTPUT;
    }
    if (err == AP_OK && (err = open_database(&s->to, part)) != AP_OK)
        memcpy(message, s->to.failure, AP_IO_MESSAGE_SIZE);
    if (err != AP_OK)
        release(archive);
    return err;
}

void ap_geopackage_close(ap_geopackage *archive)
{
    if (archive->state)
        release(archive);
}

/* ---- rows ---- */

static ap_geopackage_db *to_of(ap_geopackage *archive)
{
    return archive->state ? &archive->state->to : NULL;
}

ap_err ap_geopackage_add_point(ap_geopackage *archive, const ap_row_point *row)
{
    ap_geopackage_db *to = to_of(archive);
    return to ? ap_geopackage_db_point(to, row) : AP_ERR_ARGUMENT;
}

ap_err ap_geopackage_add_track(ap_geopackage *archive, const ap_row_track *row)
{
    struct ap_geopackage_state *s = archive->state;
    if (!s || s->to.failed)
        return s ? s->to.failed : AP_ERR_ARGUMENT;
    if (s->track_count == s->track_cap) {
        size_t cap = s->track_cap ? 2 * s->track_cap : 256;
        ap_row_track *grown = realloc(s->tracks, cap * sizeof *grown);
        if (!grown)
            return ap_geopackage_db_fail_memory(&s->to);
        s->tracks = grown;
        s->track_cap = cap;
    }
    s->tracks[s->track_count++] = *row;
    if (row->updated != AP_UTC_UNKNOWN &&
        (s->to.newest == AP_UTC_UNKNOWN || row->updated > s->to.newest))
        s->to.newest = row->updated;
    return AP_OK;
}

ap_err ap_geopackage_add_reason(ap_geopackage *archive, const ap_row_reason *row)
{
    ap_geopackage_db *to = to_of(archive);
    return to ? ap_geopackage_db_reason(to, row) : AP_ERR_ARGUMENT;
}

ap_err ap_geopackage_add_sensor(ap_geopackage *archive, const ap_row_sensor *row)
{
    ap_geopackage_db *to = to_of(archive);
    return to ? ap_geopackage_db_sensor(to, row) : AP_ERR_ARGUMENT;
}

ap_err ap_geopackage_add_counter(ap_geopackage *archive, const char *sensor, const char *reason,
                                 const char *text, uint64_t count)
{
    ap_geopackage_db *to = to_of(archive);
    return to ? ap_geopackage_db_counter(to, sensor, reason, text, count) : AP_ERR_ARGUMENT;
}

ap_err ap_geopackage_add_meta(ap_geopackage *archive, const char *key, const char *value)
{
    ap_geopackage_db *to = to_of(archive);
    return to ? ap_geopackage_db_meta(to, key, value) : AP_ERR_ARGUMENT;
}

/* ---- commit ---- */

static int by_track_id(const void *a, const void *b)
{
    uint32_t left = ((const ap_row_track *)a)->track_id;
    uint32_t right = ((const ap_row_track *)b)->track_id;
    return (left > right) - (left < right);
}

/* Both are sorted by track: rows given, and points. */
static ap_err insert_tracks(struct ap_geopackage_state *s, uint64_t *track_count)
{
    if (s->track_count > 0)
        qsort(s->tracks, s->track_count, sizeof *s->tracks, by_track_id);
    ap_err err = ap_geopackage_db_lines(&s->to);
    for (size_t i = 0; !err && (i < s->track_count || ap_geopackage_db_next_id(&s->to));) {
        uint32_t next = ap_geopackage_db_next_id(&s->to);
        ap_row_track bare = { .track_id = next,
                              .born = AP_UTC_UNKNOWN,
                              .confirmed = AP_UTC_UNKNOWN,
                              .updated = AP_UTC_UNKNOWN };
        bool is_given = i < s->track_count && (next == 0 || s->tracks[i].track_id <= next);
        const ap_row_track *row = is_given ? &s->tracks[i++] : &bare;
        ap_geopackage_line line = { .track_id = row->track_id };
        if (row->track_id == next)
            err = ap_geopackage_db_line(&s->to, &line);
        if (err || (row->needs_points && line.point_count == 0))
            continue;
        err = ap_geopackage_db_track(&s->to, row, &line);
        ++*track_count;
    }
    return err;
}

ap_err ap_geopackage_commit(ap_geopackage *archive, char message[AP_IO_MESSAGE_SIZE])
{
    struct ap_geopackage_state *s = archive->state;
    if (!s) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot write the archive: it is closed");
        return AP_ERR_ARGUMENT;
    }
    ap_err err = s->to.failed;
    if (!err)
        err = insert_tracks(s, &archive->track_count);
    if (!err)
        err = ap_geopackage_db_contents(&s->to);
    if (!err)
        err = ap_geopackage_db_execute(&s->to, "COMMIT");
    if (!err)
        err = ap_geopackage_db_close(&s->to);
    if (err)
        memcpy(message, s->to.failure, AP_IO_MESSAGE_SIZE);
    else
        err = ap_output_commit(&s->output, message);
    release(archive);
    return err;
}
