#include "io/geopackage_read.h"

#include <math.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "io/geopackage_db.h"

#define SQL_ROWS                                                                                   \
    "SELECT p.geom, p.track_id, p.time_s, p.state, p.height_m, p.pressure_altitude_ft, "           \
    "p.ground_speed_kt, p.track_deg, p.vertical_rate_fpm, p.position_sigma_m, t.icao24, "          \
    "t.callsign, t.squawk FROM track_points p LEFT JOIN tracks t ON t.fid = p.track_id "           \
    "ORDER BY p.fid"
#define SQL_COUNT "SELECT count(*) FROM track_points"

enum { HEADER_SIZE = 8, WKB_HEAD = 5, COORDINATE_TEXT = 32 };

/* Octets of the envelope behind the header, by its kind. */
static const size_t envelope_size[8] = { 0, 32, 48, 48, 64, 0, 0, 0 };

bool ap_geopackage_place_of(const uint8_t *blob, size_t size, double *x, double *y)
{
    if (!blob || size < HEADER_SIZE || blob[0] != 'G' || blob[1] != 'P')
        return false;
    size_t at = HEADER_SIZE + envelope_size[(blob[3] >> 1) & 7];
    if (size < at + WKB_HEAD + 16 || blob[at] != 1)
        return false;
    *x = ap_geopackage_double(blob + at + WKB_HEAD);
    *y = ap_geopackage_double(blob + at + WKB_HEAD + 8);
    return true;
}

/* As text; what is no place on the Earth is still written, to be refused by who reads it. */
static size_t text_of(double coordinate_deg, char text[COORDINATE_TEXT])
{
    if (fabs(coordinate_deg) < 1e9)
        return (size_t)snprintf(text, COORDINATE_TEXT, "%.10f", coordinate_deg);
    return (size_t)snprintf(text, COORDINATE_TEXT, "%.9g", coordinate_deg);
}

static void add(ap_geopackage_read_row *row, const char *name, const char *text, size_t size)
{
    size_t i = row->column_count++;
    row->name[i] = name;
    row->name_size[i] = strlen(name);
    row->text[i] = text;
    row->text_size[i] = size;
}

static ap_err give_row(sqlite3_stmt *statement, ap_geopackage_row_fn on_row, void *context,
                       uint64_t index, uint64_t row_count)
{
    ap_geopackage_read_row row = { .index = index, .row_count = row_count };
    char longitude[COORDINATE_TEXT], latitude[COORDINATE_TEXT];
    double x, y;
    if (ap_geopackage_place_of(sqlite3_column_blob(statement, 0),
                               (size_t)sqlite3_column_bytes(statement, 0), &x, &y)) {
        add(&row, "longitude_deg", longitude, text_of(x, longitude));
        add(&row, "latitude_deg", latitude, text_of(y, latitude));
    }
    for (int i = 1; i < sqlite3_column_count(statement); i++) {
        const char *text = (const char *)sqlite3_column_text(statement, i);
        if (text)
            add(&row, sqlite3_column_name(statement, i), text,
                (size_t)sqlite3_column_bytes(statement, i));
    }
    return on_row(context, &row);
}

static uint64_t count_rows(sqlite3 *database)
{
    sqlite3_stmt *statement = NULL;
    uint64_t count = 0;
    if (sqlite3_prepare_v2(database, SQL_COUNT, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        count = (uint64_t)sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return count;
}

static ap_err read_rows(sqlite3 *database, const char *path, ap_geopackage_row_fn on_row,
                        void *context, char message[AP_IO_MESSAGE_SIZE])
{
    sqlite3_stmt *statement = NULL;
    ap_err err = AP_OK;
    if (sqlite3_prepare_v2(database, SQL_ROWS, -1, &statement, NULL) != SQLITE_OK) {
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "'%s' has no track points as airpicture writes them (%s); expected an archive of "
                 "airpicture replay --archive",
                 path, sqlite3_errmsg(database));
        return AP_ERR_MALFORMED;
    }
    uint64_t row_count = count_rows(database), index = 0;
    int step = SQLITE_DONE;
    while (!err && (step = sqlite3_step(statement)) == SQLITE_ROW)
        err = give_row(statement, on_row, context, ++index, row_count);
    if (!err && step != SQLITE_DONE) {
        snprintf(message, AP_IO_MESSAGE_SIZE, "'%s' is damaged: %s", path,
                 sqlite3_errmsg(database));
        err = AP_ERR_MALFORMED;
    } else if (err) {
        snprintf(message, AP_IO_MESSAGE_SIZE, "'%s': %s", path, ap_err_text(err));
    }
    (void)sqlite3_finalize(statement);
    return err;
}

ap_err ap_geopackage_read(const char *path, ap_geopackage_row_fn on_row, void *context,
                          char message[AP_IO_MESSAGE_SIZE])
{
    sqlite3 *database = NULL;
    ap_err err;
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        snprintf(message, AP_IO_MESSAGE_SIZE, "cannot read '%s': %s", path,
                 sqlite3_errmsg(database));
        err = AP_ERR_NO_INPUT;
    } else {
        err = read_rows(database, path, on_row, context, message);
    }
    (void)sqlite3_close(database);
    return err;
}
