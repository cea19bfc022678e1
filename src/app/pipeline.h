/* The way of the data: nine hops in one function (see ap_pipeline_run in pipeline.c).
 *
 * The pipeline owns the inputs, the sensor table and the stages; what comes out goes to the sinks
 * of its configuration. Inputs are merged by receive time, so the result is that of one stream. */
#ifndef AP_APP_PIPELINE_H
#define AP_APP_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/alert.h"
#include "airpicture/asterix.h"
#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "airpicture/tracker.h"
#include "io/input.h"
#include "io/threads.h"
#include "picture/picture.h"
#include "sense/sense.h"
#include "watch/watch.h"
#include "wire/framer.h"

/* What comes out, in order. Every member may be NULL. */
typedef struct ap_pipeline_sinks {
    void *context;
    void (*on_report)(void *context, const ap_report *report);
    ap_witness_fn on_witness;
    void (*on_track)(void *context, const ap_track_event *event, const ap_track *track);
    void (*on_alert)(void *context, const ap_alert *alert);
    /* The time of the only input ran back for good; every track has ended. */
    void (*on_restart)(void *context);
    /* The receive time so far, for periodic outputs, pacing and progress: after each frame of
     * ASTERIX; of others after the first of each twentieth of a second, counted from its whole, and
     * some in between. A result other than 0 ends the run with that exit status. */
    int (*on_time)(void *context, ap_utc_ns now);
} ap_pipeline_sinks;

/* AP_SENSE_SLICE Mode S frames or rows at most, of one twentieth of a second of receive time, go to
 * sense and tracker together: both ask for the memory of the later ones while they work on the
 * first. */
#define AP_PIPELINE_SLICE_NS (50 * AP_NS_PER_MS)

typedef struct ap_pipeline_config {
    const char *const *paths; /* inputs, [path_count]; "-" is standard input */
    size_t path_count;        /* [0, AP_INPUT_CAP] */
    ap_format format;
    ap_asterix_editions editions;
    ap_utc_ns start_utc; /* day of recordings that hold times of day; start of tick counters */
    ap_utc_ns from_utc; /* receive times of what is wanted; the engine works from the first frame */
    ap_utc_ns to_utc;   /* on, and ends before the first frame received at to_utc or later */
    uint16_t sensor_cap;
    uint32_t track_cap, aircraft_cap;
    uint32_t receiver_cap; /* receivers that streams name, beside one an input */
    unsigned thread_count; /* of the tracker, [1, AP_THREADS_MAX] */
    bool reports_only;     /* nothing is tracked: what is wanted is in on_report */
    ap_pipeline_sinks sinks;
} ap_pipeline_config;

/* Defaults: automatic format, newest editions, 1970-01-01, all times, 512 sensors, 20,000 tracks,
 * 50,000 addresses, 256 named receivers, one thread. */
ap_pipeline_config ap_pipeline_config_default(void);

typedef struct ap_source ap_source; /* one input with its framer and clock */

/* An event of the tracker on its way to watch, picture and sinks. */
typedef struct ap_pipeline_told {
    ap_track_event event;
    const ap_track *track; /* kept by the tracker */
} ap_pipeline_told;

#define AP_PIPELINE_TOLD AP_TRACKER_EVENTS_KEPT /* events that wait together */

typedef struct ap_pipeline {
    ap_pipeline_config config;
    ap_sensor_table sensors;
    ap_receiver_table receivers;
    ap_source *sources; /* [config.path_count] */
    ap_sense sense;
    ap_tracker tracker;
    ap_threads *threads;
    ap_watch watch;
    ap_picture picture;
    uint32_t slice_count; /* frames that were not followed by a step of the tracker */
    ap_sense_slice slice; /* Mode S frames among them that wait for sense */
    ap_report *batch;     /* reports on their way to the tracker */
    size_t batch_count;
    ap_pipeline_told told[AP_PIPELINE_TOLD];
    size_t told_count;
    ap_utc_ns now; /* receive time of the newest frame; AP_UTC_UNKNOWN before the first; to_utc when
                    * the run ended there */
    uint64_t frame_count, report_count, report_lost_count;
    uint64_t restart_count;
    struct {
        void *data;
        size_t size;
    } memory[7];                      /* what close gives back */
    char message[AP_IO_MESSAGE_SIZE]; /* of the last failure */
} ap_pipeline;

/* Takes memory for the stages; no input is opened yet. The sensor table is empty and may be
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
