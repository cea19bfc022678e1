#include "picture/sensor_meter.h"

#include <math.h>

#define RESIDUALS 256.0
#define SPEED_MIN_MPS 5.0 /* below, a direction means nothing */
#define DISTANCE_MIN_M 1000.0

static double rate_ps(uint64_t from, uint64_t to, double dt_s)
{
    return to >= from && dt_s > 0.0 ? (double)(to - from) / dt_s : 0.0;
}

void ap_sensor_meter_take(ap_sensor_meter *meter, const ap_sensor_stats *stats, ap_utc_ns now,
                          ap_sensor_figures *figures)
{
    const unsigned cap = AP_SENSOR_METER_SAMPLES;
    ap_utc_ns newest = meter->sample_count > 0 ? meter->at[(meter->sample_count - 1) % cap] : 0;
    if (meter->sample_count > 0 && now < newest)
        *meter = (ap_sensor_meter){ .sample_count = 0 };
    else if (meter->sample_count > 0 && now - newest < AP_NS_PER_S)
        return;
    unsigned place = meter->sample_count++ % cap;
    meter->at[place] = now;
    meter->record_count[place] = stats->record_count;
    meter->report_count[place] = stats->report_count;
    unsigned oldest = meter->sample_count > cap ? meter->sample_count % cap : 0;
    double dt_s = ap_seconds_between(meter->at[oldest], now);
    figures->has_rates = oldest != place;
    figures->record_ps = rate_ps(meter->record_count[oldest], stats->record_count, dt_s);
    figures->report_ps = rate_ps(meter->report_count[oldest], stats->report_count, dt_s);
}

/* Along a direction and to the right of it. */
static bool turn(double direction_east, double direction_north, double least, double east_m,
                 double north_m, double *along_m, double *across_m)
{
    double length = hypot(direction_east, direction_north);
    if (!(length >= least) || !isfinite(east_m) || !isfinite(north_m))
        return false;
    *along_m = (east_m * direction_east + north_m * direction_north) / length;
    *across_m = (east_m * direction_north - north_m * direction_east) / length;
    return true;
}

bool ap_residual_of_track(const ap_track *track, double east_m, double north_m, double *along_m,
                          double *across_m)
{
    return turn(track->east_mps, track->north_mps, SPEED_MIN_MPS, east_m, north_m, along_m,
                across_m);
}

bool ap_residual_of_sensor(const ap_sensor *sensor, const ap_track *track, double east_m,
                           double north_m, double *along_m, double *across_m)
{
    bool is_one_point = sensor->has_site && sensor->kind != AP_SENSOR_ADSB &&
                        sensor->kind != AP_SENSOR_MLAT && sensor->kind != AP_SENSOR_TRACKER;
    if (!is_one_point)
        return ap_residual_of_track(track, east_m, north_m, along_m, across_m);
    const ap_enu_frame frame = ap_enu_frame_at(track->position);
    ap_vec3 site = ap_enu_from_ecef(&frame, sensor->frame.origin_ecef);
    return turn(-site.x_m, -site.y_m, DISTANCE_MIN_M, east_m, north_m, along_m, across_m);
}

void ap_sensor_residuals_take(ap_sensor_residuals *r, double along_m, double across_m)
{
    r->count += 1.0;
    double share = 1.0 / fmin(r->count, RESIDUALS);
    r->along_mean_m += share * (along_m - r->along_mean_m);
    r->across_mean_m += share * (across_m - r->across_mean_m);
    r->along_square_m2 += share * (along_m * along_m - r->along_square_m2);
    r->across_square_m2 += share * (across_m * across_m - r->across_square_m2);
}
