#include "io/geopackage.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "io/geopackage_schema.h"
#include "io/output.h"

#define SRS_WGS84 4326
#define WKB_POINT_Z 1001u
#define WKB_LINESTRING_ZM 3002u

/* Blob header: "GP", version 0, flags (bit 0: little-endian, bits 1-3: envelope), SRS. */
#define BLOB_HEADER_SIZE 8u
#define FLAGS_PLAIN 0x01u
#define FLAGS_ENVELOPE_XY 0x03u
#define POINT_BLOB_SIZE (BLOB_HEADER_SIZE + 5u + 3u * 8u)
#define LINE_HEAD_SIZE (BLOB_HEADER_SIZE + 4u * 8u + 5u + 4u)
#define LINE_POINT_SIZE 32u

typedef struct extent {
    double min_x, min_y, max_x, max_y; /* min_x > max_x: nothing yet */
} extent;

static const extent extent_empty = { INFINITY, INFINITY, -INFINITY, -INFINITY };

typedef enum statement {
    ADD_POINT,
    ADD_TRACK,
    ADD_SENSOR,
    ADD_COUNTER,
    ADD_META,
    ADD_CONTENTS,
    ADD_GEOMETRY,
    POINTS_BY_TRACK,
    STATEMENT_COUNT
} statement;

static const char *const statement_sql[STATEMENT_COUNT] = {
    [ADD_POINT] = AP_GEOPACKAGE_ADD_POINT,       [ADD_TRACK] = AP_GEOPACKAGE_ADD_TRACK,
    [ADD_SENSOR] = AP_GEOPACKAGE_ADD_SENSOR,     [ADD_COUNTER] = AP_GEOPACKAGE_ADD_COUNTER,
    [ADD_META] = AP_GEOPACKAGE_ADD_META,         [ADD_CONTENTS] = AP_GEOPACKAGE_ADD_CONTENTS,
    [ADD_GEOMETRY] = AP_GEOPACKAGE_ADD_GEOMETRY, [POINTS_BY_TRACK] = AP_GEOPACKAGE_POINTS_BY_TRACK,
};

struct ap_geopackage_state {
    ap_output output; /* names, locks and finally renames the file that SQLite writes */
    char name[256];   /* for messages */
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    ap_geopackage_track *tracks; /* until commit */
    size_t track_count, track_cap;
    uint8_t *line; /* geometry under construction */
    size_t line_cap;
    extent points, sensors;
    ap_utc_ns newest; /* time in the data */
    ap_err failed;    /* given again by every later call */
    char failure[AP_IO_MESSAGE_SIZE];
};

/* ---- failure ---- */

/* Keeps the first failure of SQLite, with what to do about it. */
static ap_err fail(struct ap_geopackage_state *s)
{
    if (s->failed)
        return s->failed;
    int code = s->db ? sqlite3_errcode(s->db) : SQLITE_NOMEM;
    int system = s->db ? sqlite3_system_errno(s->db) : ENOMEM;
    bool full = code == SQLITE_FULL || (code == SQLITE_IOERR && system == ENOSPC);
    s->failed = code == SQLITE_NOMEM ? AP_ERR_MEMORY : AP_ERR_IO;
    if (full)
        (void)snprintf(s->failure, sizeof s->failure,
                       "cannot write %s: the disk is full; free some space and run again", s->name);
    else
        (void)snprintf(s->failure, sizeof s->failure, "cannot write %s: %s%s%s", s->name,
                       s->db ? sqlite3_errmsg(s->db) : "memory is exhausted",
                       code == SQLITE_IOERR && system ? ": " : "",
                       code == SQLITE_IOERR && system ? strerror(system) : "");
    return s->failed;
}

static ap_err fail_memory(struct ap_geopackage_state *s)
{
    if (!s->failed) {
        s->failed = AP_ERR_MEMORY;
        (void)snprintf(s->failure, sizeof s->failure, "cannot write %s: memory is exhausted",
                       s->name);
    }
    return s->failed;
}

static ap_err execute(struct ap_geopackage_state *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? AP_OK : fail(s);
}

/* ---- binding: an error of a bind shows at the step ---- */

typedef struct binder {
    sqlite3_stmt *statement;
    int at; /* next parameter, from 1 */
} binder;

static binder bind_to(struct ap_geopackage_state *s, statement which)
{
    return (binder){ s->statements[which], 1 };
}

static void bind_null(binder *b)
{
    (void)sqlite3_bind_null(b->statement, b->at++);
}

static void bind_integer(binder *b, int64_t value)
{
    (void)sqlite3_bind_int64(b->statement, b->at++, value);
}

static void bind_count(binder *b, uint64_t count)
{
    bind_integer(b, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

static void bind_real(binder *b, double value)
{
    if (isfinite(value))
        (void)sqlite3_bind_double(b->statement, b->at++, value);
    else
        bind_null(b);
}

/* `value` must stay until the step. */
static void bind_text(binder *b, const char *value)
{
    if (value && *value)
        (void)sqlite3_bind_text(b->statement, b->at++, value, -1, SQLITE_STATIC);
    else
        bind_null(b);
}

static void bind_time(binder *b, ap_utc_ns time)
{
    char text[AP_UTC_TEXT_SIZE];
    if (time == AP_UTC_UNKNOWN) {
        bind_null(b);
        return;
    }
    ap_utc_text(time, text);
    (void)sqlite3_bind_text(b->statement, b->at++, text, -1, SQLITE_TRANSIENT);
}

static void bind_blob(binder *b, const uint8_t *data, size_t size)
{
    (void)sqlite3_bind_blob64(b->statement, b->at++, data, size, SQLITE_STATIC);
}

static ap_err step(struct ap_geopackage_state *s, binder *b)
{
    int code = sqlite3_step(b->statement);
    ap_err err = code == SQLITE_DONE ? AP_OK : fail(s);
    (void)sqlite3_reset(b->statement);
    return err;
}

/* ---- geometry ---- */

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

static uint8_t *put_double(uint8_t *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)(bits >> (8 * i));
    return at;
}

static double take_double(const uint8_t *at)
{
    uint64_t bits = 0;
    double value;
    for (int i = 7; i >= 0; i--)
        bits = bits << 8 | at[i];
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint8_t *put_blob_header(uint8_t *at, uint8_t flags)
{
    const uint8_t head[4] = { 'G', 'P', 0, flags };
    memcpy(at, head, sizeof head);
    return put_u32(at + sizeof head, SRS_WGS84);
}

static uint8_t *put_wkb_head(uint8_t *at, uint32_t type)
{
    *at++ = 1; /* little-endian */
    return put_u32(at, type);
}

static void make_point(uint8_t blob[POINT_BLOB_SIZE], double x, double y, double z)
{
    uint8_t *at = put_wkb_head(put_blob_header(blob, FLAGS_PLAIN), WKB_POINT_Z);
    at = put_double(at, x);
    at = put_double(at, y);
    put_double(at, isfinite(z) ? z : 0.0);
}

static void widen(extent *e, double x, double y)
{
    e->min_x = fmin(e->min_x, x);
    e->min_y = fmin(e->min_y, y);
    e->max_x = fmax(e->max_x, x);
    e->max_y = fmax(e->max_y, y);
}

static void saw_time(struct ap_geopackage_state *s, ap_utc_ns time)
{
    if (time != AP_UTC_UNKNOWN && (s->newest == AP_UTC_UNKNOWN || time > s->newest))
        s->newest = time;
}

/* ---- open and close ---- */

static void release(ap_geopackage *archive)
{
    struct ap_geopackage_state *s = archive->state;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize(s->statements[i]);
    (void)sqlite3_close(s->db);
    ap_output_close(&s->output);
    free(s->tracks);
    free(s->line);
    free(s);
    archive->state = NULL;
}

static ap_err prepare(struct ap_geopackage_state *s)
{
    const char *const setup[] = { AP_GEOPACKAGE_PRAGMAS, "BEGIN EXCLUSIVE", AP_GEOPACKAGE_CORE,
                                  AP_GEOPACKAGE_TABLES };
    for (size_t i = 0; i < sizeof setup / sizeof setup[0]; i++)
        if (execute(s, setup[i]) != AP_OK)
            return s->failed;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(s->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &s->statements[i], NULL) != SQLITE_OK)
            return fail(s);
    return AP_OK;
}

static ap_err open_database(struct ap_geopackage_state *s, const char *part)
{
    /* ap_output holds the lock; SQLite's own would only be in its way. */
    if (sqlite3_open_v2(part, &s->db, SQLITE_OPEN_READWRITE, "unix-none") != SQLITE_OK)
        return fail(s);
    return prepare(s);
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
    s->newest = AP_UTC_UNKNOWN;
    s->points = s->sensors = extent_empty;
    (void)snprintf(s->name, sizeof s->name, "'%.*s'", (int)sizeof s->name - 3, path);
    archive->state = s;
    ap_err err = ap_output_open(&s->output, path, message);
    const char *part = err == AP_OK ? ap_output_part(&s->output) : NULL;
    if (err == AP_OK && !part) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                       "cannot write %s: a GeoPackage must be a file; name one", s->name);
        err = AP_ERR_NO_OUTPUT;
    }
    if (err == AP_OK && (err = open_database(s, part)) != AP_OK)
        memcpy(message, s->failure, AP_IO_MESSAGE_SIZE);
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

ap_err ap_geopackage_add_point(ap_geopackage *archive, const ap_geopackage_point *row)
{
    struct ap_geopackage_state *s = archive->state;
    if (!s || s->failed)
        return s ? s->failed : AP_ERR_ARGUMENT;
    uint8_t blob[POINT_BLOB_SIZE];
    make_point(blob, row->longitude_deg, row->latitude_deg, row->height_m);
    widen(&s->points, row->longitude_deg, row->latitude_deg);
    saw_time(s, row->time);
    binder b = bind_to(s, ADD_POINT);
    bind_blob(&b, blob, sizeof blob);
    bind_integer(&b, row->track_id);
    bind_time(&b, row->time);
    bind_real(&b, row->time == AP_UTC_UNKNOWN ? NAN : (double)row->time / 1e9);
    bind_text(&b, row->state);
    bind_text(&b, row->sensor);
    bind_real(&b, row->height_m);
    bind_real(&b, row->pressure_altitude_ft);
    bind_real(&b, row->ground_speed_kt);
    bind_real(&b, row->track_deg);
    bind_real(&b, row->vertical_rate_fpm);
    bind_real(&b, row->position_sigma_m);
    return step(s, &b);
}

ap_err ap_geopackage_add_track(ap_geopackage *archive, const ap_geopackage_track *row)
{
    struct ap_geopackage_state *s = archive->state;
    if (!s || s->failed)
        return s ? s->failed : AP_ERR_ARGUMENT;
    if (s->track_count == s->track_cap) {
        size_t cap = s->track_cap ? 2 * s->track_cap : 256;
        ap_geopackage_track *grown = realloc(s->tracks, cap * sizeof *grown);
        if (!grown)
            return fail_memory(s);
        s->tracks = grown;
        s->track_cap = cap;
    }
    s->tracks[s->track_count++] = *row;
    saw_time(s, row->updated);
    return AP_OK;
}

ap_err ap_geopackage_add_sensor(ap_geopackage *archive, const ap_geopackage_sensor *row)
{
    struct ap_geopackage_state *s = archive->state;
    if (!s || s->failed)
        return s ? s->failed : AP_ERR_ARGUMENT;
    uint8_t blob[POINT_BLOB_SIZE];
    binder b = bind_to(s, ADD_SENSOR);
    if (row->has_site) {
        make_point(blob, row->longitude_deg, row->latitude_deg, row->height_m);
        widen(&s->sensors, row->longitude_deg, row->latitude_deg);
        bind_blob(&b, blob, sizeof blob);
    } else {
        bind_null(&b);
    }
    saw_time(s, row->last);
    bind_text(&b, row->name);
    bind_text(&b, row->kind);
    for (int i = 0; i < 2; i++) {
        if (row->has_sac_sic)
            bind_integer(&b, i == 0 ? row->sac : row->sic);
        else
            bind_null(&b);
    }
    bind_real(&b, row->has_site ? row->height_m : NAN);
    bind_count(&b, row->byte_count);
    bind_count(&b, row->record_count);
    bind_count(&b, row->report_count);
    bind_count(&b, row->service_count);
    bind_count(&b, row->refused_count);
    bind_time(&b, row->first);
    bind_time(&b, row->last);
    return step(s, &b);
}

ap_err ap_geopackage_add_counter(ap_geopackage *archive, const char *sensor, const char *reason,
                                 const char *text, uint64_t count)
{
    struct ap_geopackage_state *s = archive->state;
    if (!s || s->failed)
        return s ? s->failed : AP_ERR_ARGUMENT;
    binder b = bind_to(s, ADD_COUNTER);
    bind_text(&b, sensor);
    bind_text(&b, reason);
    bind_text(&b, text);
    bind_count(&b, count);
    return step(s, &b);
}

ap_err ap_geopackage_add_meta(ap_geopackage *archive, const char *key, const char *value)
{
    struct ap_geopackage_state *s = archive->state;
    if (!s || s->failed)
        return s ? s->failed : AP_ERR_ARGUMENT;
    binder b = bind_to(s, ADD_META);
    bind_text(&b, key);
    bind_text(&b, value);
    return step(s, &b);
}

/* ---- commit: lines ---- */

typedef struct line_builder {
    size_t point_count;
    extent extent;
} line_builder;

static ap_err append_vertex(struct ap_geopackage_state *s, line_builder *line,
                            const uint8_t *point_blob, double time_s)
{
    size_t need = LINE_HEAD_SIZE + (line->point_count + 1) * LINE_POINT_SIZE;
    if (need > s->line_cap) {
        size_t cap = need > 65536 ? 2 * need : 65536;
        uint8_t *grown = realloc(s->line, cap);
        if (!grown)
            return fail_memory(s);
        s->line = grown;
        s->line_cap = cap;
    }
    const uint8_t *xyz = point_blob + BLOB_HEADER_SIZE + 5;
    uint8_t *at = s->line + need - LINE_POINT_SIZE;
    memcpy(at, xyz, 24);
    put_double(at + 24, time_s);
    widen(&line->extent, take_double(xyz), take_double(xyz + 8));
    line->point_count++;
    return AP_OK;
}

static void finish_line(struct ap_geopackage_state *s, const line_builder *line)
{
    uint8_t *at = put_blob_header(s->line, FLAGS_ENVELOPE_XY);
    at = put_double(at, line->extent.min_x);
    at = put_double(at, line->extent.max_x);
    at = put_double(at, line->extent.min_y);
    at = put_double(at, line->extent.max_y);
    at = put_wkb_head(at, WKB_LINESTRING_ZM);
    put_u32(at, (uint32_t)line->point_count);
}

/* A track's row; a line needs two points. */
static ap_err insert_track(struct ap_geopackage_state *s, const ap_geopackage_track *row,
                           const line_builder *line)
{
    binder b = bind_to(s, ADD_TRACK);
    bind_integer(&b, row->track_id);
    if (line->point_count >= 2) {
        finish_line(s, line);
        bind_blob(&b, s->line, LINE_HEAD_SIZE + line->point_count * LINE_POINT_SIZE);
    } else {
        bind_null(&b);
    }
    if (row->track_number)
        bind_integer(&b, row->track_number);
    else
        bind_null(&b);
    bind_text(&b, row->icao24);
    bind_text(&b, row->address_kind);
    bind_text(&b, row->callsign);
    bind_text(&b, row->squawk);
    bind_text(&b, row->emitter_category);
    bind_time(&b, row->born);
    bind_time(&b, row->confirmed);
    bind_time(&b, row->updated);
    bind_integer(&b, row->update_count);
    bind_text(&b, row->end_reason);
    bind_text(&b, row->sources);
    bind_count(&b, line->point_count);
    return step(s, &b);
}

static int by_track_id(const void *a, const void *b)
{
    uint32_t left = ((const ap_geopackage_track *)a)->track_id;
    uint32_t right = ((const ap_geopackage_track *)b)->track_id;
    return (left > right) - (left < right);
}

/* Takes the points of track `id` from the sorted query; *more: the query has a row, of *next. */
static ap_err take_line(struct ap_geopackage_state *s, uint32_t id, bool *more, uint32_t *next,
                        line_builder *line)
{
    sqlite3_stmt *points = s->statements[POINTS_BY_TRACK];
    *line = (line_builder){ .extent = extent_empty };
    while (*more && *next == id) {
        const uint8_t *blob = sqlite3_column_blob(points, 1);
        if (!blob || sqlite3_column_bytes(points, 1) != (int)POINT_BLOB_SIZE)
            return fail(s);
        if (append_vertex(s, line, blob, sqlite3_column_double(points, 2)) != AP_OK)
            return s->failed;
        int code = sqlite3_step(points);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return fail(s);
        *more = code == SQLITE_ROW;
        *next = *more ? (uint32_t)sqlite3_column_int64(points, 0) : 0;
    }
    return AP_OK;
}

/* Both are sorted by track: rows given, and points. */
static ap_err insert_tracks(struct ap_geopackage_state *s, uint64_t *track_count)
{
    sqlite3_stmt *points = s->statements[POINTS_BY_TRACK];
    if (s->track_count > 0)
        qsort(s->tracks, s->track_count, sizeof *s->tracks, by_track_id);
    int code = sqlite3_step(points);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fail(s);
    bool more = code == SQLITE_ROW;
    uint32_t next = more ? (uint32_t)sqlite3_column_int64(points, 0) : 0;
    for (size_t i = 0; i < s->track_count || more;) {
        ap_geopackage_track bare = { .track_id = next,
                                     .born = AP_UTC_UNKNOWN,
                                     .confirmed = AP_UTC_UNKNOWN,
                                     .updated = AP_UTC_UNKNOWN };
        bool given = i < s->track_count && (!more || s->tracks[i].track_id <= next);
        const ap_geopackage_track *row = given ? &s->tracks[i++] : &bare;
        line_builder line;
        if (take_line(s, row->track_id, &more, &next, &line) != AP_OK)
            return s->failed;
        if (row->needs_points && line.point_count == 0)
            continue;
        if (insert_track(s, row, &line) != AP_OK)
            return s->failed;
        ++*track_count;
    }
    (void)sqlite3_reset(points);
    return AP_OK;
}

/* ---- commit: contents ---- */

typedef struct layer {
    const char *table, *description, *geometry; /* geometry NULL: attributes only */
    int has_m;
} layer;

static const layer layers[] = {
    { "tracks", "one line a track; M is seconds since 1970", "LINESTRING", 1 },
    { "track_points", "state of a track after each update", "POINT", 0 },
    { "sensors", "where the sensors stand and what they delivered", "POINT", 0 },
    { "counters", "what was refused, by sensor and reason", NULL, 0 },
    { "meta", "how this file was made", NULL, 0 },
};

static ap_err insert_layer(struct ap_geopackage_state *s, const layer *l, const extent *e)
{
    bool known = l->geometry && e->min_x <= e->max_x;
    binder b = bind_to(s, ADD_CONTENTS);
    bind_text(&b, l->table);
    bind_text(&b, l->geometry ? "features" : "attributes");
    bind_text(&b, l->table);
    bind_text(&b, l->description);
    bind_time(&b, s->newest == AP_UTC_UNKNOWN ? 0 : s->newest);
    bind_real(&b, known ? e->min_x : NAN);
    bind_real(&b, known ? e->min_y : NAN);
    bind_real(&b, known ? e->max_x : NAN);
    bind_real(&b, known ? e->max_y : NAN);
    if (l->geometry)
        bind_integer(&b, SRS_WGS84);
    else
        bind_null(&b);
    if (step(s, &b) != AP_OK || !l->geometry)
        return s->failed;
    b = bind_to(s, ADD_GEOMETRY);
    bind_text(&b, l->table);
    bind_text(&b, l->geometry);
    bind_integer(&b, l->has_m);
    return step(s, &b);
}

static ap_err insert_contents(struct ap_geopackage_state *s)
{
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        bool of_sensors = strcmp(layers[i].table, "sensors") == 0;
        if (insert_layer(s, &layers[i], of_sensors ? &s->sensors : &s->points) != AP_OK)
            return s->failed;
    }
    return AP_OK;
}

static ap_err close_database(struct ap_geopackage_state *s)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(s->statements[i]);
        s->statements[i] = NULL;
    }
    if (sqlite3_close(s->db) != SQLITE_OK)
        return fail(s);
    s->db = NULL;
    return AP_OK;
}

ap_err ap_geopackage_commit(ap_geopackage *archive, char message[AP_IO_MESSAGE_SIZE])
{
    struct ap_geopackage_state *s = archive->state;
    if (!s) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot write the archive: it is closed");
        return AP_ERR_ARGUMENT;
    }
    ap_err err = s->failed;
    if (!err)
        err = insert_tracks(s, &archive->track_count);
    if (!err)
        err = insert_contents(s);
    if (!err)
        err = execute(s, "COMMIT");
    if (!err)
        err = close_database(s);
    if (err)
        memcpy(message, s->failure, AP_IO_MESSAGE_SIZE);
    else
        err = ap_output_commit(&s->output, message);
    release(archive);
    return err;
}
