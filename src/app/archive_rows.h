/* Tracks, sensors and counters as rows of an archive. Hop 8 for the stores, whose writers belong to
 * io and know no tracks. */
#ifndef AP_APP_ARCHIVE_ROWS_H
#define AP_APP_ARCHIVE_ROWS_H

#include <stdbool.h>

#include "airpicture/err.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"
#include "io/geopackage.h"

/* True for a track that was confirmed once: tentative ones are not archived. */
bool ap_archive_holds(const ap_track *track);

/* The point that an event adds; false when it adds none: only confirmations and updates of archived
 * tracks do, and of these only such whose report set the time of the state (an identity alone and
 * a late report move nothing). The row points into `sensors`. */
bool ap_archive_point(const ap_sensor_table *sensors, const ap_track_event *event,
                      const ap_track *track, ap_row_point *row);

/* The row of a track, once: at its end, or alive at the end of the input. Names beyond the room
 * for sources are left out. */
ap_row_track ap_archive_track_row(const ap_sensor_table *sensors, const ap_track *track);

/* What a sensor delivered so far. The row points into both. */
ap_row_sensor ap_archive_sensor_row(const ap_sensor *sensor, const ap_sensor_stats *stats);

/* A row per sensor, and one per sensor and reason for what was refused. */
ap_err ap_archive_add_sensors(ap_geopackage *archive, const ap_sensor_table *sensors);

/* A row per reason for what `name` (an input, the tracker) refused. */
ap_err ap_archive_add_refusals(ap_geopackage *archive, const char *name,
                               const ap_refusals *refused);

#endif
