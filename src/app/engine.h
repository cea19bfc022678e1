/* Hops 3 to 7 of the way of the data: frames of any number of sources to reports, tracks, alerts
 * and the picture; what comes out goes to the sinks. The caller brings the frames in the order of
 * their receive times, from recordings (pipeline.h) or from live inputs (live_engine.h). */
#ifndef AP_APP_ENGINE_H
#define AP_APP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/alert.h"
#include "airpicture/asterix.h"
#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "airpicture/tracker.h"
#include "app/source.h"
#include "io/region.h"
#include "io/threads.h"
#include "picture/picture.h"
#include "sense/sense.h"
#include "watch/watch.h"

/* What comes out, in order. Every member may be NULL. */
typedef struct ap_engine_sinks {
    void *context;
    void (*on_report)(void *context, const ap_report *report);
    ap_witness_fn on_witness;
    ap_heard_fn on_heard;
    /* Whole data blocks as they were received; valid during the call. */
    void (*on_asterix)(void *context, uint16_t input, ap_utc_ns receive_utc, const uint8_t *data,
                       size_t size);
    void (*on_track)(void *context, const ap_track_event *event, const ap_track *track);
    void (*on_alert)(void *context, const ap_alert *alert);
    /* Somebody has seen an alert that is kept: once for each. */
    void (*on_acknowledged)(void *context, const ap_alert *alert);
    /* The time of the only input ran back for good; every track has ended. */
    void (*on_restart)(void *context);
} ap_engine_sinks;

/* AP_SENSE_SLICE Mode S frames or rows at most, of one twentieth of a second of receive time, go to
 * sense and tracker together: both ask for the memory of the later ones while they work on the
 * first. */
#define AP_ENGINE_SLICE_NS (50 * AP_NS_PER_MS)

/* The whole twentieth of a second at or before `now`: an output that acts on these alone acts at
 * the same place among the events, however the frames were batched. AP_UTC_UNKNOWN stays. */
ap_utc_ns ap_engine_slice_utc(ap_utc_ns now);

typedef struct ap_engine_config {
    ap_asterix_editions editions;
    size_t source_cap; /* inputs, [0, AP_INPUT_CAP] */
    uint16_t sensor_cap;
    uint32_t track_cap, aircraft_cap;
    uint32_t receiver_cap; /* receivers that streams name, beside one an input */
    unsigned thread_count; /* of the tracker, [1, AP_THREADS_MAX] */
    bool innovations;      /* updates tell their nis (ap_track_event) */
    bool reports_only;     /* nothing is tracked: what is wanted is in on_report */
    bool is_simulated;     /* all of it: reports say so whose format cannot */
    ap_region *region;     /* where all memory comes from, and stays at close; NULL: the system */
    ap_engine_sinks sinks;
} ap_engine_config;

/* Defaults: newest editions, 512 sensors, 20,000 tracks, 50,000 addresses, 256 named receivers, one
 * thread. */
ap_engine_config ap_engine_config_default(void);

/* An event of the tracker on its way to watch, picture and sinks. */
typedef struct ap_engine_told {
    ap_track_event event;
    const ap_track *track; /* kept by the tracker */
} ap_engine_told;

#define AP_ENGINE_TOLD AP_TRACKER_EVENTS_KEPT /* events that wait together */

typedef struct ap_engine {
    ap_engine_config config;
    ap_sensor_table sensors;
    ap_receiver_table receivers;
    ap_sense sense;
    void *sense_mem; /* of sense, which begins anew in it at a restart */
    ap_tracker tracker;
    ap_threads *threads;
    ap_watch watch;
    ap_picture picture;
    uint32_t slice_count; /* frames that were not followed by a step of the tracker */
    ap_sense_slice slice; /* Mode S frames among them that wait for sense */
    ap_report *batch;     /* reports on their way to the tracker */
    size_t batch_count;
    ap_engine_told told[AP_ENGINE_TOLD];
    size_t told_count;
    ap_utc_ns now; /* receive time of the newest frame; AP_UTC_UNKNOWN before the first */
    uint64_t frame_count, report_count, report_lost_count;
    uint64_t restart_count;
    struct {
        void *data;
        size_t size;
    } memory[8];                      /* what close gives back */
    char message[AP_IO_MESSAGE_SIZE]; /* of the last failure */
} ap_engine;

/* Takes memory for the tables. The sensor table is empty and may be filled (from a sensors file)
 * before open. Returns an exit status; the message says why. */
int ap_engine_init(ap_engine *engine, const ap_engine_config *config);

/* Starts the stages. Returns an exit status. */
int ap_engine_open(ap_engine *engine);

/* The engine and its memory as another run of the same program left them in a region, read back
 * over what init and open made: sinks and threads are those of `fresh`, a copy of the engine from
 * before, and `moved` is what ap_checkpoint_load gave. */
void ap_engine_rebind(ap_engine *engine, const ap_engine *fresh, ptrdiff_t moved);

/* Takes the frame that the source has ready, and moves time to its receive time. True when the
 * tracker has stepped behind it: after a frame of ASTERIX; of others after the first of each
 * twentieth of a second, counted from its whole, and some in between. */
bool ap_engine_take(ap_engine *engine, ap_source *source);

/* Moves time on, if `now` is later, and works off what waits. */
void ap_engine_step(ap_engine *engine, ap_utc_ns now);

/* Time moves on as above; then the alert is as seen by `by`, [1, AP_ALERT_WHO_SIZE) octets, at
 * that time, unless somebody was first. False: it is not kept. */
bool ap_engine_acknowledge(ap_engine *engine, ap_utc_ns now, uint32_t alert_id, const char *by);

/* What waits goes through and every report is taken. Call it at the end of the inputs. */
void ap_engine_flush(ap_engine *engine);

/* Safe twice. */
void ap_engine_close(ap_engine *engine);

#endif
