/* The tracker: reports in, tracks out. Three calls: init, step, and the events it makes.
 *
 *     ap_tracker_config config = ap_tracker_config_default();
 *     config.sensors = &sensor_table;
 *     config.on_event = my_function;
 *     void *mem = malloc(ap_tracker_size(&config));
 *     ap_tracker tracker;
 *     ap_tracker_init(&tracker, &config, mem, ap_tracker_size(&config));
 *     ap_tracker_step(&tracker, now, reports, report_count);    (again and again)
 *     ap_tracker_flush(&tracker);                               (at the end of the input)
 *
 * Time is what it is told: `now` is the receive time of the input so far. Reports of one sensor
 * that belong to one sweep are associated together; the groups are cut by report time, never by
 * call, so the same reports in the same order give the same tracks however they are batched.
 * Nothing is allocated after init. */
#ifndef AIRPICTURE_TRACKER_H
#define AIRPICTURE_TRACKER_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/refusal.h"
#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"

#define AP_TRACKER_EVENTS_KEPT 16

/* Called for each event, in order, during step and flush. `track` holds the state after the event
 * and is valid until AP_TRACKER_EVENTS_KEPT more events have come. */
typedef void (*ap_track_event_fn)(void *context, const ap_track_event *event,
                                  const ap_track *track);

/* Calls part(context, i) once for each i in [0, count), in any order and on any threads, and
 * returns when all have returned. `threads` is what the configuration has. */
typedef void (*ap_run_parts_fn)(void *threads, void (*part)(void *context, size_t i), void *context,
                                size_t count);

typedef struct ap_tracker_config {
    uint32_t track_cap;        /* tracks alive at once, tentative ones included; [16, 1000000] */
    uint32_t group_report_cap; /* reports waiting for association at once; [64, 4000000] */
    double confirm_existence;  /* enough of an existence probability to confirm a track; (0.5, 1) */
    double false_track_cost_s; /* and less is enough where the next look comes late: a false track
                                * shown counts as much as a true one shown so much later; > 0 */
    double drop_existence;     /* drop when it falls below this; (0, confirm_existence) */
    double drop_after_s;       /* drop a confirmed track after this long without update; > 0 */
    double coast_after_turns;  /* coasting after this many turns of its best sensor; >= 1 */
    double gate_chi2;          /* squared Mahalanobis gate of an association; > 0 */
    double lag_s;              /* reports whose time_utc is further before their receive_utc than
                                * this are refused as late; > 0 */
    uint32_t history_per_track; /* late reports are put in where they belong among the measurements
                                 * of a track since lag_s. It has room for 12 itself; what is told
                                 * more often takes parts of a pool, of 6 and 1.9 kB each, in all so
                                 * many times track_cap, and of one track 30; [0, 32]. Memory that
                                 * is never used is never touched */
    double survival_per_s;      /* probability that an aircraft is still there a second later */
    double birth_per_turn_km2;  /* expected new aircraft per turn and km2 (for plots) */
    uint32_t falling_cap; /* objects that fall, or may, at once: 9 kB each; [0, 4096]; 0: none is
                           * sought. Of those that fall, reports older than the newest are refused
                           * as late */
    bool innovations;     /* updates tell their nis (ap_track_event); the tracks are the same */
    const ap_sensor_table *sensors; /* may grow between calls; entries never move */
    ap_track_event_fn on_event;     /* may be NULL */
    void *context;                  /* for on_event */
    ap_run_parts_fn run_parts; /* for large groups of plots; NULL: all on the caller's thread. The
                                * tracks are the same, to the bit */
    void *threads;             /* for run_parts */
} ap_tracker_config;

typedef struct ap_tracker_stats {
    uint64_t report_count;                               /* reports taken in */
    uint64_t born_count, confirmed_count, dropped_count; /* tracks; dropped: confirmed ones */
    uint64_t tentative_dropped_count;
    uint32_t alive_count, confirmed_alive_count;
    uint64_t group_count, cluster_count; /* association: groups, clusters in them, and how each */
    uint64_t single_count, exact_count, belief_count, nearest_count; /* cluster was solved */
    uint64_t crowded_count; /* plots with more tracks about them than they were compared with, which
                             * were the nearest: 16 firm and 32 tentative ones, or 8 in all */
    uint64_t shared_count;  /* clusters in which a plot might be of several aircraft at once */
    uint64_t half_count;    /* plots that probably were the second half of another, split one */
    uint64_t paired_count;  /* pairs of tracks that were updated together, as formations are */
    uint64_t reset_count; /* filters started anew because a covariance had lost its meaning, or for
                           * a speed above 12 km/s: more than anything has that the earth holds */
    uint64_t velocity_refused_count; /* velocities left out of reports taken otherwise: outside the
                                      * gate of the track with their address, or belied by the
                                      * positions of the same sensor */
    uint64_t fall_count;             /* falls that began */
    uint64_t falling_full_count; /* times that falling_cap left no place to see whether one falls:
                                  * it is followed as what flies */
    uint64_t
        history_full_count; /* times that there was no part left for a track (history_per_track),
                             * and its oldest six measurements could be undone no longer, though
                             * reports as old as they may still come: those are refused as late */
    ap_refusals refused;
} ap_tracker_stats;

struct ap_tracker_state; /* lives in the caller's memory */

typedef struct ap_tracker {
    struct ap_tracker_state *state;
} ap_tracker;

/* The one parameter set used everywhere; its pointers are NULL. */
ap_tracker_config ap_tracker_config_default(void);

/* Bytes that init needs for this configuration; 0 when a field is out of its range. */
size_t ap_tracker_size(const ap_tracker_config *config);

/* `mem` must be aligned as malloc does and outlive the tracker. AP_ERR_ARGUMENT for a bad
 * configuration, AP_ERR_MEMORY when mem_size is too small. */
ap_err ap_tracker_init(ap_tracker *tracker, const ap_tracker_config *config, void *mem,
                       size_t mem_size);

/* The memory of init as another run of the same program left it, read back to the same address:
 * sensors, on_event, context, run_parts and threads are those of *config from here on. */
void ap_tracker_rebind(ap_tracker *tracker, const ap_tracker_config *config);

/* Forgets every track; the configuration stays. */
void ap_tracker_reset(ap_tracker *tracker);

/* Begins anew at `now`, which may be before all that was: for an input whose clock stepped back for
 * good. What waits is associated first; then every track ends, DROPPED with its reason
 * AP_REASON_DROPPED_RESTART, at the old time. Ids, numbers and statistics run on, and so does what
 * was learnt of each sensor. A `now` out of range: begins at the next report. */
void ap_tracker_restart(ap_tracker *tracker, ap_utc_ns now);

/* Takes `count` reports in and moves time to `now` (a `now` before an earlier one is ignored).
 * Reports are in order of receive_utc. Refused reports are counted, never an error; among them
 * those whose time_utc is more than lag_s before, or five seconds after, their receive_utc.
 * A report received more than 30 s after all that was before waits for the next one, or for a later
 * `now`. If that is as late, both are taken, each at its time; if not, the first is refused
 * (AP_REFUSED_TIME_RANGE), and a `now` that is but its time is ignored. */
void ap_tracker_step(ap_tracker *tracker, ap_utc_ns now, const ap_report *reports, size_t count);

/* Associates what still waits; a report that waits for a second one is taken. Call at the end of
 * the input. */
void ap_tracker_flush(ap_tracker *tracker);

/* Copies the live tracks, in order of id, at most `cap`; returns how many there are. Tentative
 * tracks are left out unless `tentative`. */
size_t ap_tracker_tracks(const ap_tracker *tracker, bool tentative, ap_track *tracks, size_t cap);

/* Copies the live track with this id; false, and *track unchanged, when there is none. */
bool ap_tracker_find(const ap_tracker *tracker, uint32_t id, ap_track *track);

/* Probability, per turn and aircraft in its view, that a sensor sees it, as the tracker reckons
 * with it: what the table states, or what was learnt from the firm tracks that a turning sensor saw
 * again, the last 2,000 looks at most; the stated value counts for 50. In (0, 1); 0 for an index
 * that is not in the table. Source: maximum likelihood of a censored geometric distribution. */
double ap_tracker_detection(const ap_tracker *tracker, uint16_t sensor);

/* What the tracker has learnt of a sensor. */
typedef struct ap_tracker_sensor {
    double detection_probability; /* as ap_tracker_detection */
    double detection_look_count;  /* looks that it was learnt from, of late; 0: it is as stated */
    double clutter_per_turn;      /* plots a turn that no track explains; 0: nothing learnt */
    bool has_offset;              /* of a turning one whose aircraft others see, too: */
    double azimuth_offset_rad;    /* where it sees them, right of where they do > 0 */
    bool bearing_is_lost;         /* so far that its reports are refused as displaced */
} ap_tracker_sensor;

/* False, and nothing written, for an index that is not in the table. */
bool ap_tracker_sensor_of(const ap_tracker *tracker, uint16_t sensor, ap_tracker_sensor *of);

const ap_tracker_stats *ap_tracker_stats_of(const ap_tracker *tracker);

#endif
