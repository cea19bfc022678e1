/* The gauges of the service: how inputs, rings, outputs and what is kept on disk do, as figures
 * that are taken now and then. In the thread of the loop. */
#ifndef AP_APP_RUN_GAUGES_H
#define AP_APP_RUN_GAUGES_H

#include "airpicture/err.h"
#include "app/live_figures.h"
#include "app/run_archive.h"
#include "app/run_config.h"
#include "app/run_engine.h"
#include "io/live_in.h"

#define AP_RUN_GAUGES_MS 250 /* between two takings */

typedef struct ap_run_gauges_config {
    const ap_run_config *config;
    ap_run_engine *engine;
    const ap_live_in *inputs; /* NULL: a recording is served */
    ap_utc_ns started_utc;    /* wall clock */
} ap_run_gauges_config;

/* Must not move while it is open: the figures point into it. */
typedef struct ap_run_gauges {
    ap_live_figures figures; /* those of HTTP are its owner's to fill in */
    ap_run_gauges_config config;
    ap_live_input *inputs; /* [config.config->input_count], as the next two */
    uint64_t *input_bytes_before;
    ap_live_source_stats *input_engine;           /* what the engine says of each */
    ap_live_ring rings[1 + AP_RUN_ARCHIVE_SINKS]; /* chunks first */
    /* and checkpoints, the recording */
    ap_live_output outputs[AP_RUN_OUTPUT_CAP + 2 + AP_RUN_ARCHIVE_SINKS];
    ap_archive_feed_stats archive[AP_RUN_ARCHIVE_SINKS];
    ap_recorder_stats recorder;
    ap_live_store stores[1 + AP_RUN_ARCHIVE_SINKS]; /* the recordings, the archive */
    int64_t taken_ns;
} ap_run_gauges;

/* Takes them for the first time. What *config names outlives the gauges. AP_ERR_MEMORY. */
ap_err ap_run_gauges_open(ap_run_gauges *gauges, const ap_run_gauges_config *config);

void ap_run_gauges_take(ap_run_gauges *gauges);

/* Safe twice. */
void ap_run_gauges_close(ap_run_gauges *gauges);

#endif
