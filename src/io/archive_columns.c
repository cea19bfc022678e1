#include "io/archive_columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/geopackage_read.h"

bool ap_archive_uri(const char *path, char uri[AP_ARCHIVE_URI_SIZE])
{
    static const char hex[] = "0123456789ABCDEF";
    size_t used = (size_t)snprintf(uri, AP_ARCHIVE_URI_SIZE, "file:");
    for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
        if (used + 16 > AP_ARCHIVE_URI_SIZE)
            return false;
        if (*at == '%' || *at == '?' || *at == '#' || *at < ' ') {
            uri[used++] = '%';
            uri[used++] = hex[*at >> 4];
            uri[used++] = hex[*at & 15];
        } else {
            uri[used++] = (char)*at;
        }
    }
    snprintf(uri + used, AP_ARCHIVE_URI_SIZE - used, "?mode=ro");
    return true;
}

double ap_archive_real(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN
                                                           : sqlite3_column_double(row, column);
}

ap_utc_ns ap_archive_time(double time_s)
{
    return fabs(time_s) < 9.2e9 ? llround(time_s * 1e6) * 1000 : AP_UTC_UNKNOWN;
}

ap_utc_ns ap_archive_text_time(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    ap_utc_ns time;
    return text && ap_utc_parse(text, &time) == AP_OK ? time : AP_UTC_UNKNOWN;
}

uint32_t ap_archive_u32(sqlite3_stmt *row, int column)
{
    int64_t value = sqlite3_column_int64(row, column);
    return value < 0 || value > UINT32_MAX ? 0 : (uint32_t)value;
}

uint64_t ap_archive_count(sqlite3_stmt *row, int column)
{
    int64_t value = sqlite3_column_int64(row, column);
    return value < 0 ? 0 : (uint64_t)value;
}

void ap_archive_take_text(sqlite3_stmt *row, int column, char *text, size_t size)
{
    const char *value = (const char *)sqlite3_column_text(row, column);
    if (value && value[0] != '\0')
        snprintf(text, size, "%s", value);
}

static int32_t flags_of(sqlite3_stmt *row, int column)
{
    int64_t value = sqlite3_column_int64(row, column);
    bool is_known = sqlite3_column_type(row, column) == SQLITE_INTEGER;
    return is_known && value >= 0 && value <= UINT16_MAX ? (int32_t)value : -1;
}

bool ap_archive_take_point(sqlite3_stmt *row, int at, ap_row_point *point)
{
    point->time = ap_archive_time(ap_archive_real(row, at + 1));
    point->state = (const char *)sqlite3_column_text(row, at + 2);
    point->sensor = (const char *)sqlite3_column_text(row, at + 3);
    point->height_m = ap_archive_real(row, at + 4);
    point->pressure_altitude_ft = ap_archive_real(row, at + 5);
    point->ground_speed_kt = ap_archive_real(row, at + 6);
    point->track_deg = ap_archive_real(row, at + 7);
    point->vertical_rate_fpm = ap_archive_real(row, at + 8);
    point->position_sigma_m = ap_archive_real(row, at + 9);
    point->flags = flags_of(row, at + 10);
    return ap_geopackage_place_of(sqlite3_column_blob(row, at),
                                  (size_t)sqlite3_column_bytes(row, at), &point->longitude_deg,
                                  &point->latitude_deg) &&
           fabs(point->longitude_deg) <= 180.0 && fabs(point->latitude_deg) <= 90.0;
}

static void take_time(sqlite3_stmt *row, int column, ap_utc_ns *time)
{
    ap_utc_ns value = ap_archive_text_time(row, column);
    if (value != AP_UTC_UNKNOWN)
        *time = value;
}

void ap_archive_take_track(sqlite3_stmt *row, int at, ap_row_track *track)
{
    uint32_t number = ap_archive_u32(row, at);
    track->track_number = number ? number : track->track_number;
    ap_archive_take_text(row, at + 1, track->icao24, sizeof track->icao24);
    ap_archive_take_text(row, at + 2, track->address_kind, sizeof track->address_kind);
    ap_archive_take_text(row, at + 3, track->callsign, sizeof track->callsign);
    ap_archive_take_text(row, at + 4, track->squawk, sizeof track->squawk);
    ap_archive_take_text(row, at + 5, track->emitter_category, sizeof track->emitter_category);
    take_time(row, at + 6, &track->born);
    take_time(row, at + 7, &track->confirmed);
    take_time(row, at + 8, &track->updated);
    track->update_count = ap_archive_u32(row, at + 9);
    ap_archive_take_text(row, at + 10, track->end_reason, sizeof track->end_reason);
    ap_archive_take_text(row, at + 11, track->sources, sizeof track->sources);
}

bool ap_archive_has_column(sqlite3 *db, const char *schema, const char *table, const char *column)
{
    sqlite3_stmt *statement = NULL;
    bool has = false;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_table_info(?,?) WHERE name=?", -1, &statement,
                           NULL) == SQLITE_OK) {
        (void)sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(statement, 2, schema, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(statement, 3, column, -1, SQLITE_STATIC);
        has = sqlite3_step(statement) == SQLITE_ROW;
    }
    (void)sqlite3_finalize(statement);
    return has;
}

const char *ap_archive_column(sqlite3 *db, const char *schema, const char *table,
                              const char *column)
{
    return ap_archive_has_column(db, schema, table, column) ? column : "NULL";
}
