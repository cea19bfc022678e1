/* The archive of a run: tracks, sensors and counters as rows of a GeoPackage. */
#ifndef AP_APP_ARCHIVE_H
#define AP_APP_ARCHIVE_H

#include <stdint.h>

#include "airpicture/track.h"
#include "app/archive_reasons.h"
#include "app/command.h"
#include "app/pipeline.h"
#include "io/geopackage.h"

typedef struct ap_archive {
    const ap_command *command;
    const ap_sensor_table *sensors;
    ap_geopackage package;
    ap_archive_reasons reasons;
    uint64_t point_count;
} ap_archive;

/* track_cap: tracks alive at once. Returns an exit status after a line on standard error. */
int ap_archive_open(ap_archive *archive, const ap_command *command, const char *path,
                    const ap_sensor_table *sensors, uint32_t track_cap);

/* One event: a point for each update of a confirmed track, the reasons that are new, its line when
 * it ends. */
ap_err ap_archive_track(ap_archive *archive, const ap_track_event *event, const ap_track *track);

/* Writes what is still alive, the sensors and the counters, and puts the file in its place. */
int ap_archive_commit(ap_archive *archive, const ap_pipeline *pipeline);

/* Safe twice. */
void ap_archive_close(ap_archive *archive);

#endif
