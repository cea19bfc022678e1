/* Archive: a GeoPackage 1.3 file, which QGIS, GDAL and every SQLite tool open.
 *
 * Layers: `tracks` (one line each, LINESTRING ZM, M = seconds since 1970), `track_points` (POINT
 * Z), `sensors` (POINT Z). Tables without geometry: `track_reasons` (why tracks are what they are),
 * `counters` (refusals by sensor and reason), `meta`. Columns are documented in doc/geopackage.md.
 * Longitude and latitude are WGS 84 degrees, Z is the height above the ellipsoid (0 where it is not
 * known: the column height_m is then NULL).
 *
 * Rows are appended to "<path>.part" in one transaction; commit builds the lines, syncs and
 * renames. The same rows in the same order give the same bytes: the file holds no dates but those
 * of the data. After the first failure every call gives the same error. */
#ifndef AP_IO_GEOPACKAGE_H
#define AP_IO_GEOPACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/archive_row.h"
#include "io/input.h"

struct ap_geopackage_state;

typedef struct ap_geopackage {
    struct ap_geopackage_state *state; /* NULL when closed */
    uint64_t track_count;              /* rows of tracks, once committed */
} ap_geopackage;

/* Creates "<path>.part". On an error `message` holds one line. Standard output is refused. */
ap_err ap_geopackage_open(ap_geopackage *archive, const char *path,
                          char message[AP_IO_MESSAGE_SIZE]);

ap_err ap_geopackage_add_point(ap_geopackage *archive, const ap_row_point *row);

/* Once per track, at any time; a track of points alone gets a row too. Kept in memory (some 400
 * bytes) until commit. */
ap_err ap_geopackage_add_track(ap_geopackage *archive, const ap_row_track *row);

ap_err ap_geopackage_add_reason(ap_geopackage *archive, const ap_row_reason *row);
ap_err ap_geopackage_add_sensor(ap_geopackage *archive, const ap_row_sensor *row);
ap_err ap_geopackage_add_counter(ap_geopackage *archive, const char *sensor, const char *reason,
                                 const char *text, uint64_t count);
ap_err ap_geopackage_add_meta(ap_geopackage *archive, const char *key, const char *value);

/* Writes the tracks with their lines, closes, syncs and renames. On failure the partial file is
 * removed and `message` says why. */
ap_err ap_geopackage_commit(ap_geopackage *archive, char message[AP_IO_MESSAGE_SIZE]);

/* Closes without commit and removes the partial file; safe twice and after commit. */
void ap_geopackage_close(ap_geopackage *archive);

#endif
