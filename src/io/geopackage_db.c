#include "io/geopackage_db.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/geopackage_schema.h"

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

static const ap_geopackage_extent nothing = { INFINITY, INFINITY, -INFINITY, -INFINITY };

static const char *const statement_sql[AP_GEOPACKAGE_STATEMENT_COUNT] = {
    [AP_GEOPACKAGE_TO_POINT] = AP_GEOPACKAGE_ADD_POINT,
    [AP_GEOPACKAGE_TO_TRACK] = AP_GEOPACKAGE_ADD_TRACK,
    [AP_GEOPACKAGE_TO_REASON] = AP_GEOPACKAGE_ADD_REASON,
    [AP_GEOPACKAGE_TO_SENSOR] = AP_GEOPACKAGE_ADD_SENSOR,
    [AP_GEOPACKAGE_TO_COUNTER] = AP_GEOPACKAGE_ADD_COUNTER,
    [AP_GEOPACKAGE_TO_META] = AP_GEOPACKAGE_ADD_META,
    [AP_GEOPACKAGE_TO_CONTENTS] = AP_GEOPACKAGE_ADD_CONTENTS,
    [AP_GEOPACKAGE_TO_GEOMETRY] = AP_GEOPACKAGE_ADD_GEOMETRY,
    [AP_GEOPACKAGE_BY_TRACK] = AP_GEOPACKAGE_POINTS_BY_TRACK,
};

/* ---- failure ---- */

ap_err ap_geopackage_db_fail(ap_geopackage_db *s)
{
    if (s->failed)
        return s->failed;
    int code = s->db ? sqlite3_errcode(s->db) : SQLITE_NOMEM;
    int system = s->db ? sqlite3_system_errno(s->db) : ENOMEM;
    bool full = code == SQLITE_FULL || (code == SQLITE_IOERR && system == ENOSPC);
    s->failed = code == SQLITE_NOMEM ? AP_ERR_MEMORY : AP_ERR_IO;
    if (full)
        (void)snprintf(s->failure, sizeof s->failure,
                       "cannot write %s: the disk is full; free some space", s->name);
    else
        (void)snprintf(s->failure, sizeof s->failure, "cannot write %s: %s%s%s", s->name,
                       s->db ? sqlite3_errmsg(s->db) : "memory is exhausted",
                       code == SQLITE_IOERR && system ? ": " : "",
                       code == SQLITE_IOERR && system ? strerror(system) : "");
    return s->failed;
}

ap_err ap_geopackage_db_fail_memory(ap_geopackage_db *s)
{
    if (!s->failed) {
        s->failed = AP_ERR_MEMORY;
        (void)snprintf(s->failure, sizeof s->failure, "cannot write %s: memory is exhausted",
                       s->name);
    }
    return s->failed;
}

ap_err ap_geopackage_db_execute(ap_geopackage_db *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? AP_OK
                                                                   : ap_geopackage_db_fail(s);
}

/* ---- binding: an error of a bind shows at the step ---- */

typedef struct binder {
    sqlite3_stmt *statement;
    int at; /* next parameter, from 1 */
} binder;

static binder bind_to(ap_geopackage_db *s, ap_geopackage_statement which)
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

/* 0 is none. */
static void bind_id(binder *b, uint32_t id)
{
    if (id)
        bind_integer(b, id);
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

static ap_err step(ap_geopackage_db *s, binder *b)
{
    int code = sqlite3_step(b->statement);
    ap_err err = code == SQLITE_DONE ? AP_OK : ap_geopackage_db_fail(s);
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

double ap_geopackage_double(const uint8_t *at)
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

static void widen(ap_geopackage_extent *e, double x, double y)
{
    e->min_x = fmin(e->min_x, x);
    e->min_y = fmin(e->min_y, y);
    e->max_x = fmax(e->max_x, x);
    e->max_y = fmax(e->max_y, y);
}

static void saw_time(ap_geopackage_db *s, ap_utc_ns time)
{
    if (time != AP_UTC_UNKNOWN && (s->newest == AP_UTC_UNKNOWN || time > s->newest))
        s->newest = time;
}

/* ---- open and close ---- */

void ap_geopackage_db_init(ap_geopackage_db *s, const char *path)
{
    *s = (ap_geopackage_db){ .newest = AP_UTC_UNKNOWN, .points = nothing, .sensors = nothing };
    (void)snprintf(s->name, sizeof s->name, "'%.*s'", (int)sizeof s->name - 3, path);
}

ap_err ap_geopackage_db_create(ap_geopackage_db *s)
{
    ap_err err = ap_geopackage_db_execute(s, AP_GEOPACKAGE_CORE);
    return err ? err : ap_geopackage_db_execute(s, AP_GEOPACKAGE_TABLES);
}

ap_err ap_geopackage_db_prepare(ap_geopackage_db *s)
{
    for (int i = 0; i < AP_GEOPACKAGE_STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(s->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &s->statements[i], NULL) != SQLITE_OK)
            return ap_geopackage_db_fail(s);
    return AP_OK;
}

ap_err ap_geopackage_db_close(ap_geopackage_db *s)
{
    for (int i = 0; i < AP_GEOPACKAGE_STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(s->statements[i]);
        s->statements[i] = NULL;
    }
    free(s->line);
    s->line = NULL;
    s->line_cap = 0;
    if (sqlite3_close(s->db) != SQLITE_OK)
        return ap_geopackage_db_fail(s);
    s->db = NULL;
    return AP_OK;
}

/* ---- rows ---- */

ap_err ap_geopackage_db_point(ap_geopackage_db *s, const ap_row_point *row)
{
    if (s->failed)
        return s->failed;
    uint8_t blob[POINT_BLOB_SIZE];
    make_point(blob, row->longitude_deg, row->latitude_deg, row->height_m);
    widen(&s->points, row->longitude_deg, row->latitude_deg);
    saw_time(s, row->time);
    binder b = bind_to(s, AP_GEOPACKAGE_TO_POINT);
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
    if (row->flags >= 0)
        bind_integer(&b, row->flags);
    else
        bind_null(&b);
    return step(s, &b);
}

ap_err ap_geopackage_db_reason(ap_geopackage_db *s, const ap_row_reason *row)
{
    if (s->failed)
        return s->failed;
    saw_time(s, row->time);
    binder b = bind_to(s, AP_GEOPACKAGE_TO_REASON);
    bind_integer(&b, row->track_id);
    bind_id(&b, row->number);
    bind_time(&b, row->time);
    bind_real(&b, row->time == AP_UTC_UNKNOWN ? NAN : (double)row->time / 1e9);
    bind_text(&b, row->reason);
    bind_text(&b, row->text);
    bind_text(&b, row->sensor);
    bind_id(&b, row->other_track_id);
    bind_real(&b, row->existence);
    bind_text(&b, row->identity);
    return step(s, &b);
}

ap_err ap_geopackage_db_sensor(ap_geopackage_db *s, const ap_row_sensor *row)
{
    if (s->failed)
        return s->failed;
    uint8_t blob[POINT_BLOB_SIZE];
    binder b = bind_to(s, AP_GEOPACKAGE_TO_SENSOR);
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

ap_err ap_geopackage_db_counter(ap_geopackage_db *s, const char *sensor, const char *reason,
                                const char *text, uint64_t count)
{
    if (s->failed)
        return s->failed;
    binder b = bind_to(s, AP_GEOPACKAGE_TO_COUNTER);
    bind_text(&b, sensor);
    bind_text(&b, reason);
    bind_text(&b, text);
    bind_count(&b, count);
    return step(s, &b);
}

ap_err ap_geopackage_db_meta(ap_geopackage_db *s, const char *key, const char *value)
{
    if (s->failed)
        return s->failed;
    binder b = bind_to(s, AP_GEOPACKAGE_TO_META);
    bind_text(&b, key);
    bind_text(&b, value);
    return step(s, &b);
}

/* ---- tracks and their lines ---- */

typedef struct line_builder {
    size_t point_count;
    ap_geopackage_extent extent;
} line_builder;

static ap_err append_vertex(ap_geopackage_db *s, line_builder *line, const uint8_t *point_blob,
                            double time_s)
{
    size_t need = LINE_HEAD_SIZE + (line->point_count + 1) * LINE_POINT_SIZE;
    if (need > s->line_cap) {
        size_t cap = need > 65536 ? 2 * need : 65536;
        uint8_t *grown = realloc(s->line, cap);
        if (!grown)
            return ap_geopackage_db_fail_memory(s);
        s->line = grown;
        s->line_cap = cap;
    }
    const uint8_t *xyz = point_blob + BLOB_HEADER_SIZE + 5;
    uint8_t *at = s->line + need - LINE_POINT_SIZE;
    memcpy(at, xyz, 24);
    put_double(at + 24, time_s);
    widen(&line->extent, ap_geopackage_double(xyz), ap_geopackage_double(xyz + 8));
    line->point_count++;
    return AP_OK;
}

static void finish_line(ap_geopackage_db *s, const line_builder *line)
{
    uint8_t *at = put_blob_header(s->line, FLAGS_ENVELOPE_XY);
    at = put_double(at, line->extent.min_x);
    at = put_double(at, line->extent.max_x);
    at = put_double(at, line->extent.min_y);
    at = put_double(at, line->extent.max_y);
    at = put_wkb_head(at, WKB_LINESTRING_ZM);
    put_u32(at, (uint32_t)line->point_count);
}

static ap_err step_points(ap_geopackage_db *s)
{
    sqlite3_stmt *points = s->statements[AP_GEOPACKAGE_BY_TRACK];
    int code = sqlite3_step(points);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return ap_geopackage_db_fail(s);
    s->next_id = code == SQLITE_ROW ? (uint32_t)sqlite3_column_int64(points, 0) : 0;
    if (code == SQLITE_DONE)
        (void)sqlite3_reset(points);
    return AP_OK;
}

ap_err ap_geopackage_db_lines(ap_geopackage_db *s)
{
    return s->failed ? s->failed : step_points(s);
}

uint32_t ap_geopackage_db_next_id(const ap_geopackage_db *s)
{
    return s->next_id;
}

ap_err ap_geopackage_db_line(ap_geopackage_db *s, ap_geopackage_line *line)
{
    sqlite3_stmt *points = s->statements[AP_GEOPACKAGE_BY_TRACK];
    line_builder builder = { .extent = nothing };
    *line = (ap_geopackage_line){ .track_id = s->next_id };
    while (line->track_id && s->next_id == line->track_id) {
        const uint8_t *blob = sqlite3_column_blob(points, 1);
        if (!blob || sqlite3_column_bytes(points, 1) != (int)POINT_BLOB_SIZE)
            return ap_geopackage_db_fail(s);
        if (append_vertex(s, &builder, blob, sqlite3_column_double(points, 2)) || step_points(s))
            return s->failed;
    }
    line->point_count = builder.point_count;
    if (builder.point_count >= 2) { /* as a line needs */
        finish_line(s, &builder);
        line->blob = s->line;
        line->size = LINE_HEAD_SIZE + builder.point_count * LINE_POINT_SIZE;
    }
    if (builder.point_count > 0) {
        widen(&s->points, builder.extent.min_x, builder.extent.min_y);
        widen(&s->points, builder.extent.max_x, builder.extent.max_y);
    }
    return AP_OK;
}

ap_err ap_geopackage_db_track(ap_geopackage_db *s, const ap_row_track *row,
                              const ap_geopackage_line *line)
{
    if (s->failed)
        return s->failed;
    binder b = bind_to(s, AP_GEOPACKAGE_TO_TRACK);
    bind_integer(&b, row->track_id);
    if (line && line->blob)
        bind_blob(&b, line->blob, line->size);
    else
        bind_null(&b);
    bind_id(&b, row->track_number);
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
    if (line)
        bind_count(&b, line->point_count);
    else
        bind_null(&b);
    return step(s, &b);
}

/* ---- contents ---- */

typedef struct layer {
    const char *table, *description, *geometry; /* geometry NULL: attributes only */
    int has_m;
} layer;

static const layer layers[] = {
    { "tracks", "one line a track; M is seconds since 1970", "LINESTRING", 1 },
    { "track_points", "state of a track after each update", "POINT", 0 },
    { "track_reasons", "why tracks were born, confirmed, joined, doubted, dropped", NULL, 0 },
    { "sensors", "where the sensors stand and what they delivered", "POINT", 0 },
    { "counters", "what was refused, by sensor and reason", NULL, 0 },
    { "meta", "how this file was made", NULL, 0 },
};

static ap_err insert_layer(ap_geopackage_db *s, const layer *l, const ap_geopackage_extent *e)
{
    bool known = l->geometry && e->min_x <= e->max_x;
    binder b = bind_to(s, AP_GEOPACKAGE_TO_CONTENTS);
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
    b = bind_to(s, AP_GEOPACKAGE_TO_GEOMETRY);
    bind_text(&b, l->table);
    bind_text(&b, l->geometry);
    bind_integer(&b, l->has_m);
    return step(s, &b);
}

ap_err ap_geopackage_db_contents(ap_geopackage_db *s)
{
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        bool of_sensors = strcmp(layers[i].table, "sensors") == 0;
        if (insert_layer(s, &layers[i], of_sensors ? &s->sensors : &s->points) != AP_OK)
            return s->failed;
    }
    return AP_OK;
}
