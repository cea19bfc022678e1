/* Detections in, the picture at even times out: the engine of `airpicture track`.
 *
 * The first detections are held until there are enough of them to tell how fast the antennas turn;
 * then they and all that follow go to the tracker. So it is again when a sensor is heard for the
 * first time later. Times that cannot be are sorted out before (row_times.h). At every multiple of
 * `every_s` of the scenario's time, what came until then is associated and each track is shown as
 * it stands at that time. */
#ifndef AP_APP_TRACKING_H
#define AP_APP_TRACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/sensor.h"
#include "airpicture/tracker.h"
#include "app/detections.h"
#include "app/plane.h"
#include "app/row_times.h"
#include "io/threads.h"

/* What is 0 is not given: estimated, or a default. */
typedef struct ap_tracking_config {
    bool from_file;  /* the sensors are those of a sensors file, and ranges are slant; else each
                      * name makes a radar, and the world is the plane */
    bool has_origin; /* of the plane; else the first site of the file, or the whole degree nearest
                      * to the first geodetic position, or 0 N 0 E */
    ap_geodetic origin;
    double turn_s, detection_probability; /* of made radars, all of them */
    double range_min_m, range_max_m;
    double range_sigma_m, azimuth_sigma_rad, position_sigma_m;
    bool has_clutter;
    double clutter_per_turn; /* where the learning of it begins */
    double every_s;          /* between two pictures; default: the shortest turn */
    double lag_s;            /* rows may be so late */
    double existence_min;    /* tracks less probable are not shown */
    uint32_t track_cap;
    unsigned thread_count; /* [1, AP_THREADS_MAX] */
    bool tentative;        /* tracks not yet confirmed are shown too */
    bool innovations;      /* between pictures, each update by a position too, at its own time */
    void *context;
    void (*on_track)(void *context, const ap_plane_track *track);
    void (*on_refused)(void *context, uint64_t line, ap_detection_refusal refusal, const char *why);
} ap_tracking_config;

#define AP_TRACKING_SENSOR_CAP 256

/* How a turn time came about. */
typedef enum ap_turn_origin {
    AP_TURN_GIVEN,   /* by option or sensors file */
    AP_TURN_ANGLES,  /* times and azimuths agree on it */
    AP_TURN_SCANS,   /* the column of scan numbers */
    AP_TURN_TIMES,   /* even times */
    AP_TURN_DEFAULT, /* nothing told */
    AP_TURN_ORIGIN_COUNT
} ap_turn_origin;

const char *ap_turn_origin_text(ap_turn_origin origin);

typedef struct ap_tracking_sensor {
    uint64_t row_count;
    ap_turn_origin turn_origin;
} ap_tracking_sensor;

typedef struct ap_tracking_stats {
    uint64_t taken_count; /* rows that the tracker was given; what it refuses, its own stats tell */
    uint64_t refused_count[AP_DETECTION_REFUSAL_COUNT];
    uint64_t picture_count, track_row_count, update_row_count;
    uint64_t restart_count; /* times that the rows' time ran back for good: all tracks ended */
    ap_utc_ns first_utc, last_utc;              /* of the rows; AP_UTC_UNKNOWN before the first */
    int64_t cpu_ns, timed_cpu_ns, worst_cpu_ns; /* of the tracker; timed and worst: without the
                                                 * first ten pictures, when there are more */
    double timed_s;                             /* of the scenario */
    double scan_s;                              /* shortest turn */
} ap_tracking_stats;

typedef struct ap_tracking {
    ap_tracking_config config;
    ap_sensor_table *table;
    ap_tracking_sensor *sensor; /* [AP_TRACKING_SENSOR_CAP] */
    ap_enu_frame plane;
    ap_tracker tracker;
    void *tracker_mem;
    size_t tracker_size;
    ap_threads *threads;
    ap_row_times times;
    bool is_started, is_holding;
    ap_detection *held; /* while is_holding */
    size_t held_count;
    ap_report *batch;
    size_t batch_count;
    ap_track *tracks; /* [track_cap] */
    ap_utc_ns now_utc, next_utc;
    int64_t every_ns;
    int64_t picture_cpu_ns; /* since the last picture */
    uint16_t last_sensor;
    bool failed; /* memory was exhausted */
    ap_tracking_stats stats;
} ap_tracking;

/* Defaults: nothing given, ten seconds of lag, tracks of at least 0.92, 20,000 of them. */
ap_tracking_config ap_tracking_config_default(void);

/* table: cap AP_TRACKING_SENSOR_CAP, with the sensors of the file or empty. AP_ERR_MEMORY. */
ap_err ap_tracking_init(ap_tracking *tracking, const ap_tracking_config *config,
                        ap_sensor_table *table);

/* One row, in the order of the file. */
void ap_tracking_take(ap_tracking *tracking, const ap_detection *detection);

/* Counts a row that was refused before it came here, and tells on_refused. */
void ap_tracking_refuse(ap_tracking *tracking, uint64_t line, ap_detection_refusal refusal,
                        const char *why);

/* The input has ended: what is held goes on, the last picture is shown. AP_ERR_MEMORY when memory
 * was exhausted on the way. */
ap_err ap_tracking_end(ap_tracking *tracking);

/* CPU milliseconds of the tracker for one turn of the quickest sensor; 0 when nothing was timed. */
double ap_tracking_ms_per_scan(const ap_tracking *tracking);

/* Safe twice. */
void ap_tracking_close(ap_tracking *tracking);

#endif
