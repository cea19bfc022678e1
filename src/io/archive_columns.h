/* Columns of archives as SQLite has them, and the rows they make; for the readers of archives. */
#ifndef AP_IO_ARCHIVE_COLUMNS_H
#define AP_IO_ARCHIVE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "airpicture/time.h"
#include "io/archive_row.h"

#define AP_ARCHIVE_URI_SIZE 8192

/* The name of a file as a URI, so that it is opened for reading alone. False: it is too long. */
bool ap_archive_uri(const char *path, char uri[AP_ARCHIVE_URI_SIZE]);

/* One column of the row that a statement stands on. What is NULL: NaN, AP_UTC_UNKNOWN, 0, -1. */
double ap_archive_real(sqlite3_stmt *row, int column);
ap_utc_ns ap_archive_time(double time_s); /* to the microsecond: a double holds no more of today */
ap_utc_ns ap_archive_text_time(sqlite3_stmt *row, int column);
uint32_t ap_archive_u32(sqlite3_stmt *row, int column);
uint64_t ap_archive_count(sqlite3_stmt *row, int column);
void ap_archive_take_text(sqlite3_stmt *row, int column, char *text, size_t size); /* if any */

/* Columns of track_points behind track_id, and a point of them, the first in column `at`; its texts
 * are valid until the next step. A format of printf: "%s" is `flags`, or NULL of a release that
 * lacked them. False, with the rest filled in, when it has no place on the Earth. */
#define AP_ARCHIVE_POINT_COLUMNS                                                                   \
    "geom, time_s, state, sensor, height_m, pressure_altitude_ft, ground_speed_kt, track_deg, "    \
    "vertical_rate_fpm, position_sigma_m, %s"
bool ap_archive_take_point(sqlite3_stmt *row, int at, ap_row_point *point);

/* Columns of tracks behind fid. What is known takes the place of what was. */
#define AP_ARCHIVE_TRACK_COLUMNS                                                                   \
    "track_number, icao24, address_kind, callsign, squawk, emitter_category, born, confirmed, "    \
    "updated, update_count, end_reason, sources"
void ap_archive_take_track(sqlite3_stmt *row, int at, ap_row_track *track);

/* Whether a table of the database `schema` ("main") has a column: earlier releases had fewer. */
bool ap_archive_has_column(sqlite3 *db, const char *schema, const char *table, const char *column);

/* The column's name for a statement, or "NULL" where the table lacks it. */
const char *ap_archive_column(sqlite3 *db, const char *schema, const char *table,
                              const char *column);

#endif
