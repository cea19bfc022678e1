/* Recordings through the engine: hops 1 and 2 of the way of the data (see ap_pipeline_run in
 * pipeline.c), the others are the engine's.
 *
 * Inputs are merged by receive time, so the result is that of one stream. */
#ifndef AP_APP_PIPELINE_H
#define AP_APP_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/engine.h"
#include "app/service_recording.h"
#include "io/input.h"
#include "wire/framer.h"

typedef struct ap_pipeline_config {
    const char *const *paths; /* inputs, [path_count]; "-" is standard input */
    size_t path_count;        /* [0, AP_INPUT_CAP] */
    ap_format format;
    ap_utc_ns start_utc; /* day of recordings that hold times of day; start of tick counters */
    ap_utc_ns from_utc; /* receive times of what is wanted; the engine works from the first frame */
    ap_utc_ns to_utc;   /* on, and ends before the first frame received at to_utc or later */
    ap_engine_config engine; /* source_cap is path_count, whatever it says */
    /* Capacities of `engine` that hold whatever a recording of the service tells of its own. */
    bool has_track_cap, has_aircraft_cap, has_receiver_cap;
    /* The receive time so far, for periodic outputs, pacing and progress, each time that the
     * tracker has stepped (ap_engine_take); `context` is that of the sinks. A result other than 0
     * ends the run with that exit status. May be NULL. */
    int (*on_time)(void *context, ap_utc_ns now);
    /* Before each read of an input, see ap_input. May be NULL. */
    bool (*wait)(void *context, const ap_input *input);
} ap_pipeline_config;

/* Defaults: automatic format, 1970-01-01, all times, and those of the engine. */
ap_pipeline_config ap_pipeline_config_default(void);

typedef struct ap_pipeline {
    ap_pipeline_config config;
    ap_source *sources; /* [config.path_count]; of recordings of the service: none */
    ap_service_recording recording;
    bool is_recording;                /* the paths are what the service recorded */
    ap_engine engine;                 /* its `now` is to_utc when the run ended there */
    int status;                       /* of a run that on_time ended */
    char message[AP_IO_MESSAGE_SIZE]; /* of the last failure */
} ap_pipeline;

/* Takes memory for the stages; of the inputs no more is read than what tells whether the service
 * recorded them. The sensor table is empty and may be
 * filled (from a sensors file) before open. Returns an exit status; the message says why. */
int ap_pipeline_init(ap_pipeline *pipeline, const ap_pipeline_config *config);

/* Opens the inputs and starts the stages. Returns an exit status. */
int ap_pipeline_open(ap_pipeline *pipeline);

/* Runs to the end of every input. Returns an exit status; AP_EXIT_DATA when an input turned out to
 * be none that we know or was cut off in its compression, after all others were read. */
int ap_pipeline_run(ap_pipeline *pipeline);

/* True for a receive time in [from_utc, to_utc). With the same inputs, what sinks are told at `now`
 * within it is the same, byte for byte, wherever from_utc and to_utc lie. */
bool ap_pipeline_wants(const ap_pipeline *pipeline, ap_utc_ns receive_utc);

/* Safe twice. */
void ap_pipeline_close(ap_pipeline *pipeline);

/* Share of the stored bytes read so far, [0, 1]; negative when it cannot be known. */
double ap_pipeline_share(const ap_pipeline *pipeline);

/* Inputs: one a path, or those that the service had. */
size_t ap_pipeline_source_count(const ap_pipeline *pipeline);

/* What an input delivered and refused before a sensor was known. */
typedef struct ap_source_summary {
    const char *path;
    ap_format format;
    uint64_t byte_count, frame_count;
    ap_utc_ns first_utc, last_utc; /* receive times; AP_UTC_UNKNOWN without frames */
    ap_refusals refused;
} ap_source_summary;
ap_source_summary ap_pipeline_source(const ap_pipeline *pipeline, size_t index);

#endif
