/* From the reader of an archive to a file of `airpicture export`. */
#ifndef AP_APP_EXPORT_WRITE_H
#define AP_APP_EXPORT_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/archive_read.h"
#include "publish/export.h"

typedef struct ap_export_result {
    uint64_t track_count, point_count;
    uint64_t renumbered_count; /* of a GeoPackage: tracks whose id was taken, of another life of */
    uint32_t renumbered_from;  /* the service; they have ids from here on */
    bool reader_gone; /* of the pipe that was written to */
} ap_export_result;

/* Rows of an archive as an export has them. Texts are borrowed from the row. */
ap_export_track ap_export_track_of(const ap_row_track *row);
ap_export_point ap_export_point_of(const ap_row_point *row, bool gap);

/* All that the reader gives, to `path`, which appears whole or not at all; memory holds the points
 * of a track. AP_ERR_NO_OUTPUT: `path` cannot be created; AP_ERR_IO; what the reader fails by. All
 * with `message`. */
ap_err ap_export_text(ap_archive_reader *reader, const ap_export_format *format, const char *path,
                      ap_export_result *result, char message[AP_IO_MESSAGE_SIZE]);

/* The same as an archive of its own, with reasons and sensors. */
ap_err ap_export_gpkg(ap_archive_reader *reader, const char *path, ap_export_result *result,
                      char message[AP_IO_MESSAGE_SIZE]);

#endif
