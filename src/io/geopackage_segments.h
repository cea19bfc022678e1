/* The live archive as GeoPackages of some time each: a sink (io/archive_sink.h).
 *
 * A folder holds airpicture-TIME.gpkg, TIME when the segment begins, UTC. Rows go to the newest;
 * when its time is over the next begins, with the tracks that had not ended, and a thread of its
 * own finishes the old one: lines, indexes, one file without a log (io/geopackage_segment.h). So it
 * does with what a killed process left. Segments that are too old, or too many, are removed. */
#ifndef AP_IO_GEOPACKAGE_SEGMENTS_H
#define AP_IO_GEOPACKAGE_SEGMENTS_H

#include <stdint.h>

#include "airpicture/err.h"
#include "io/archive_sink.h"
#include "io/log.h"

typedef struct ap_geopackage_segments_config {
    const char *folder;         /* made if it is not there; outlives the sink */
    uint32_t segment_s;         /* of receive time, [1, 86400] */
    uint64_t keep_size, keep_s; /* of all but the newest: octets, seconds; 0: no limit */
    const ap_log *log;          /* outlives the sink */
} ap_geopackage_segments_config;

/* Makes the sink and its thread. AP_ERR_ARGUMENT, AP_ERR_MEMORY. */
ap_err ap_geopackage_segments_make(ap_archive_sink *sink,
                                   const ap_geopackage_segments_config *config);

/* Ends the thread when it is through with what it has begun. Safe twice. */
void ap_geopackage_segments_unmake(ap_archive_sink *sink);

#endif
