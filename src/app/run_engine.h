/* The engine thread of the service: takes chunks from the ring, or frames of a recording at its
 * pace, and owns all that follows. Others look at the picture under its lock.
 *
 * With a folder for its state it goes on where an earlier run stopped, however that ended: the
 * newest checkpoint, then what was recorded after it. */
#ifndef AP_APP_RUN_ENGINE_H
#define AP_APP_RUN_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/command.h"
#include "app/engine.h"
#include "app/live_engine.h"
#include "app/live_figures.h"
#include "app/pipeline.h"
#include "app/run_config.h"
#include "app/run_ways.h"
#include "io/archive_feed.h"
#include "io/checkpoint.h"
#include "io/chunk_ring.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/recorder.h"

typedef struct ap_run_figures {
    uint64_t chunk_count, report_count, report_lost_count, track_event_count;
    ap_latency_histogram latency; /* from receipt to the picture */
    uint64_t ring_waiting_size, ring_peak_size, ring_cap_size;
    uint64_t checkpoint_count, checkpoint_failed_count;
    int64_t checkpoint_stall_ns; /* of the newest */
    int64_t cpu_ns;              /* of the engine's thread */
    ap_tracker_stats tracker;
    ap_utc_ns now; /* of the picture; AP_UTC_UNKNOWN before the first chunk or tick */
} ap_run_figures;

typedef struct ap_run_engine_config {
    const ap_command *command; /* for messages before it runs */
    const ap_run_config *config;
    const char *const *replay_paths; /* instead of live inputs; [replay_count] */
    size_t replay_count;
    double replay_speed;    /* 0: as fast as it goes */
    ap_utc_ns replay_start; /* day of recordings that hold times of day */
    bool is_simulated;      /* what is replayed */
    bool stays_at_end;      /* of a replay: its last picture is served on */
    const ap_log *log;
    const ap_run_ways *ways;            /* of the outputs */
    ap_waker *changed;                  /* is woken when the picture may have changed */
    bool (*on_progress)(void *context); /* while open restores, now and then; false: it is to end */
    void *context;
} ap_run_engine_config;

typedef struct ap_run_engine {
    struct ap_run_engine_state *state; /* NULL when closed */
} ap_run_engine;

/* Takes memory, reads the sensors, restores what an earlier run left. Returns an exit status after
 * a line on standard error; AP_EXIT_NOT_MET without one, when on_progress ended it. */
int ap_run_engine_open(ap_run_engine *run, const ap_run_engine_config *config);

/* Starts the thread. False: there can be none. */
bool ap_run_engine_start(ap_run_engine *run);

/* --- the thread of the inputs; not with a replay --- */

/* Newest receive time that was restored, or AP_UTC_UNKNOWN: stamps begin behind it. */
ap_utc_ns ap_run_engine_restored(const ap_run_engine *run);

/* Hands a chunk on; refused ones are counted in the ring. */
void ap_run_engine_put(ap_run_engine *run, const ap_chunk *chunk);

/* All that was put may be worked on. utc_ahead_ns: UTC minus the monotonic clock, for latencies. */
void ap_run_engine_publish(ap_run_engine *run, int64_t utc_ahead_ns);

/* --- any thread --- */

/* Between these two the engine stands still: milliseconds at most. */
const ap_engine *ap_run_engine_lock(ap_run_engine *run);
void ap_run_engine_unlock(ap_run_engine *run);

/* Somebody has seen an alert, on the thread of the inputs: it goes the way of what is received, so
 * that a recording has it. With a replay it is done at once, at its time, and `utc` is not used.
 * Returns when it counts from; AP_UTC_UNKNOWN: there is no room, it was not taken. */
ap_utc_ns ap_run_engine_acknowledge(ap_run_engine *run, ap_utc_ns utc, uint32_t alert_id,
                                    const char *by);

/* Under the lock. */
ap_run_figures ap_run_engine_figures(const ap_run_engine *run);
ap_live_source_stats ap_run_engine_source(const ap_run_engine *run, uint16_t input);
/* On the thread of the loop: one row an output of the configuration, [output_count]. */
void ap_run_engine_outputs(const ap_run_engine *run, ap_live_output *figures);

/* Not under the lock. */
ap_recorder_stats ap_run_engine_recorder(const ap_run_engine *run);
/* Of store `i` of the archive, from 0: its name, or NULL when there is none. */
const char *ap_run_engine_archive(const ap_run_engine *run, size_t i, ap_archive_feed_stats *stats);
ap_chunk_ring_refused ap_run_engine_refused(const ap_run_engine *run, uint16_t input);
bool ap_run_engine_has_ended(const ap_run_engine *run); /* a replay is over, or failed */
bool ap_run_engine_stays(const ap_run_engine *run);     /* it is over, and served on */

/* A number that grows while the engine's thread goes on, ten times a second at least; a replay that
 * waits for its input goes on. */
uint64_t ap_run_engine_beat(const ap_run_engine *run);

/* Works off what is in the ring, writes a last checkpoint, closes the recording and ends the
 * thread. With `is_end` it waits for servers; else the service begins anew, and its inputs are deaf
 * as long as this takes. Safe twice. Returns the exit status of a replay. */
int ap_run_engine_close(ap_run_engine *run, bool is_end);

#endif
