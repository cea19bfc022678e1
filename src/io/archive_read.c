#include "io/archive_read.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/archive_columns.h"
#include "io/archive_read_sql.h"
#include "io/archive_read_state.h"
#include "io/geopackage_read.h"

typedef struct ap_archive_reader_state reader_state;

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
                return ap_archive_read_fail_memory(message);
            s->rows = grown;
            s->row_cap = cap;
        }
        s->rows[s->row_count++] = (known_row){ .file = sqlite3_column_int64(s->tracks, 0),
                                               .wanted = sqlite3_column_int(s->tracks, 1) != 0,
                                               .born = ap_archive_text_time(s->tracks, 8) };
    }
    return code == SQLITE_DONE ? AP_OK : ap_archive_read_fail(s, message);
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
    return code == SQLITE_DONE ? AP_OK : ap_archive_read_fail(s, message);
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
        err = ap_archive_read_next_row(s, message);
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
            err = ap_archive_read_next_row(s, message);
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
    ap_err err = ap_archive_read_next_row(s, message);
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
        return ap_archive_read_fail(s, message);
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
        err = ap_archive_read_fail(s, message);
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
        return ap_archive_read_fail(s, message);
    while (!err && (code = sqlite3_step(row)) == SQLITE_ROW) {
        ap_row_sensor sensor = sensor_of(row);
        err = on_sensor(context, &sensor);
        if (err)
            snprintf(message, AP_IO_MESSAGE_SIZE, "%s", ap_err_text(err));
    }
    if (!err && code != SQLITE_DONE)
        err = ap_archive_read_fail(s, message);
    (void)sqlite3_finalize(row);
    return err;
}

ap_err ap_archive_reader_span(ap_archive_reader *reader, ap_utc_ns *first, ap_utc_ns *last,
                              char message[AP_IO_MESSAGE_SIZE])
{
    reader_state *s = reader->state;
    sqlite3_stmt *row = NULL;
    const char *sql = !ap_archive_read_is_single(s) ? AP_READ_SPAN_OF_ALL
                      : s->ask->word_count > 0      ? AP_READ_SPAN_OF_FILE AP_READ_WANTED
                                                    : AP_READ_SPAN_OF_FILE;
    if (sqlite3_prepare_v2(s->db, sql, -1, &row, NULL) != SQLITE_OK)
        return ap_archive_read_fail(s, message);
    if (ap_archive_read_is_single(s))
        ap_archive_read_bind_span(s, row, 0);
    ap_err err = sqlite3_step(row) == SQLITE_ROW ? AP_OK : ap_archive_read_fail(s, message);
    if (!err) {
        *first = ap_archive_time(ap_archive_real(row, 0));
        *last = ap_archive_time(ap_archive_real(row, 1));
    }
    (void)sqlite3_finalize(row);
    return err;
}

ap_err ap_archive_reader_free_id(ap_archive_reader *reader, uint32_t *track_id,
                                 char message[AP_IO_MESSAGE_SIZE])
{
    reader_state *s = reader->state;
    sqlite3_stmt *row = NULL;
    const char *sql =
        ap_archive_read_is_single(s) ? AP_READ_LAST_ID_OF_FILE : AP_READ_LAST_ID_OF_ALL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &row, NULL) != SQLITE_OK)
        return ap_archive_read_fail(s, message);
    ap_err err = sqlite3_step(row) == SQLITE_ROW ? AP_OK : ap_archive_read_fail(s, message);
    if (!err)
        *track_id = (uint32_t)sqlite3_column_int64(row, 0) + 1;
    (void)sqlite3_finalize(row);
    return err;
}
