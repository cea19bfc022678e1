/* Reads the track points of an archive (io/geopackage.h), row by row. */
#ifndef AP_IO_GEOPACKAGE_READ_H
#define AP_IO_GEOPACKAGE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"

#define AP_GEOPACKAGE_COLUMN_CAP 32

/* One row, its values as text; NULL where there is none. Valid during the call. The names are those
 * of the columns, the point's as longitude_deg and latitude_deg. */
typedef struct ap_geopackage_read_row {
    size_t column_count;
    const char *name[AP_GEOPACKAGE_COLUMN_CAP], *text[AP_GEOPACKAGE_COLUMN_CAP];
    size_t name_size[AP_GEOPACKAGE_COLUMN_CAP], text_size[AP_GEOPACKAGE_COLUMN_CAP];
    uint64_t index, row_count; /* from 1; row_count: of the table */
} ap_geopackage_read_row;

/* An error other than AP_OK ends the reading and is given back. */
typedef ap_err (*ap_geopackage_row_fn)(void *context, const ap_geopackage_read_row *row);

/* Rows of the table `track_points`, in the order of writing, with the identity of their track from
 * `tracks`. The file is not changed. AP_ERR_NO_INPUT, or AP_ERR_MALFORMED when it is no database or
 * has no such table, with `message`. */
ap_err ap_geopackage_read(const char *path, ap_geopackage_row_fn on_row, void *context,
                          char message[AP_IO_MESSAGE_SIZE]);

/* Longitude and latitude, in degrees, of the geometry of a point; little-endian, as we write it.
 * False, and nothing written, when it is none. */
bool ap_geopackage_place_of(const uint8_t *blob, size_t size, double *x, double *y);

#endif
