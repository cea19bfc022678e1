/* What the writers of GeoPackages share (io/geopackage.h, io/geopackage_segment.h): a database with
 * the archive's tables, its statements, rows in, lines and contents. Nothing here opens or names a
 * file. After the first failure every call gives the same error; `failure` tells what to do. */
#ifndef AP_IO_GEOPACKAGE_DB_H
#define AP_IO_GEOPACKAGE_DB_H

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "airpicture/err.h"
#include "airpicture/time.h"
#include "io/archive_row.h"
#include "io/input.h"

typedef enum ap_geopackage_statement {
    AP_GEOPACKAGE_TO_POINT,
    AP_GEOPACKAGE_TO_TRACK,
    AP_GEOPACKAGE_TO_REASON,
    AP_GEOPACKAGE_TO_SENSOR,
    AP_GEOPACKAGE_TO_COUNTER,
    AP_GEOPACKAGE_TO_META,
    AP_GEOPACKAGE_TO_CONTENTS,
    AP_GEOPACKAGE_TO_GEOMETRY,
    AP_GEOPACKAGE_BY_TRACK,
    AP_GEOPACKAGE_STATEMENT_COUNT
} ap_geopackage_statement;

/* Degrees; min_x > max_x: nothing yet. */
typedef struct ap_geopackage_extent {
    double min_x, min_y, max_x, max_y;
} ap_geopackage_extent;

typedef struct ap_geopackage_db {
    char name[256]; /* of the file, for messages */
    sqlite3 *db;
    sqlite3_stmt *statements[AP_GEOPACKAGE_STATEMENT_COUNT];
    uint8_t *line; /* geometry under construction */
    size_t line_cap;
    uint32_t next_id; /* of the points that are walked over */
    ap_geopackage_extent points, sensors;
    ap_utc_ns newest; /* time in the data */
    ap_err failed;    /* given again by every later call */
    char failure[AP_IO_MESSAGE_SIZE];
} ap_geopackage_db;

/* All 0 but what "nothing yet" needs. */
void ap_geopackage_db_init(ap_geopackage_db *s, const char *path);

/* Keeps the first failure of SQLite, with what to do about it, and gives it. */
ap_err ap_geopackage_db_fail(ap_geopackage_db *s);
ap_err ap_geopackage_db_fail_memory(ap_geopackage_db *s);

/* Statements of SQL without results. */
ap_err ap_geopackage_db_execute(ap_geopackage_db *s, const char *sql);

/* The tables of an archive in an empty database. */
ap_err ap_geopackage_db_create(ap_geopackage_db *s);

/* Once the tables are there; before any row. */
ap_err ap_geopackage_db_prepare(ap_geopackage_db *s);

/* Ends the statements and closes the database. Safe twice. */
ap_err ap_geopackage_db_close(ap_geopackage_db *s);

/* Eight octets of a geometry, little-endian, as a number. */
double ap_geopackage_double(const uint8_t *at);

/* --- rows --- */

ap_err ap_geopackage_db_point(ap_geopackage_db *s, const ap_row_point *row);
ap_err ap_geopackage_db_reason(ap_geopackage_db *s, const ap_row_reason *row);
ap_err ap_geopackage_db_sensor(ap_geopackage_db *s, const ap_row_sensor *row);
ap_err ap_geopackage_db_counter(ap_geopackage_db *s, const char *sensor, const char *reason,
                                const char *text, uint64_t count);
ap_err ap_geopackage_db_meta(ap_geopackage_db *s, const char *key, const char *value);

/* --- tracks and their lines --- */

/* Walks over all points by track. Begin; then the line of each next track: *track_id is 0 behind
 * the last. The line stays until the next call. */
typedef struct ap_geopackage_line {
    uint32_t track_id;
    uint64_t point_count;
    const uint8_t *blob; /* NULL: of fewer than two points */
    size_t size;
} ap_geopackage_line;

ap_err ap_geopackage_db_lines(ap_geopackage_db *s);
uint32_t ap_geopackage_db_next_id(const ap_geopackage_db *s); /* whose line is next; 0: nobody's */
ap_err ap_geopackage_db_line(ap_geopackage_db *s, ap_geopackage_line *line);

/* The row of a track. line NULL: without geometry, and no count of points. */
ap_err ap_geopackage_db_track(ap_geopackage_db *s, const ap_row_track *row,
                              const ap_geopackage_line *line);

/* Rows about the layers, with the extents so far. */
ap_err ap_geopackage_db_contents(ap_geopackage_db *s);

#endif
