/* What a running service reckons of its sensors beside what they count: how much they deliver now,
 * and how far off the tracks their positions lie. In the reader's thread: it costs the engine
 * nothing. */
#ifndef AP_PICTURE_SENSOR_METER_H
#define AP_PICTURE_SENSOR_METER_H

#include "airpicture/sensor.h"
#include "airpicture/track.h"

#define AP_SENSOR_METER_SAMPLES 11u /* a second apart */

/* Zero: no sample yet. */
typedef struct ap_sensor_meter {
    ap_utc_ns at[AP_SENSOR_METER_SAMPLES]; /* a ring */
    uint64_t record_count[AP_SENSOR_METER_SAMPLES], report_count[AP_SENSOR_METER_SAMPLES];
    unsigned sample_count; /* ever taken */
} ap_sensor_meter;

/* The counts at `now`, and the rates that they come to since the oldest sample; less than a second
 * after the newest one it does nothing. A `now` that ran back begins anew. */
void ap_sensor_meter_take(ap_sensor_meter *meter, const ap_sensor_stats *stats, ap_utc_ns now,
                          ap_sensor_figures *figures);

/* A residual east and north of a track, as ap_sensor_residuals has its axes. False when those are
 * not known: a track that hardly moves, or stands over the radar. */
bool ap_residual_of_sensor(const ap_sensor *sensor, const ap_track *track, double east_m,
                           double north_m, double *along_m, double *across_m);

/* The same along the track and across it. */
bool ap_residual_of_track(const ap_track *track, double east_m, double north_m, double *along_m,
                          double *across_m);

/* Another residual: means of the newest 256 or so. */
void ap_sensor_residuals_take(ap_sensor_residuals *residuals, double along_m, double across_m);

#endif
