#include "sense/pace.h"

#include <math.h>

#define LATENCY_REPORTS 64.0     /* that the mean is of */
#define PEAK_FADES 1024.0        /* reports, after which a third of it is left */
#define BACK_S 5.0               /* a time that runs back so far begins anew */
#define STEP_MAX_RAD (AP_PI / 2) /* from one azimuth to the next, to say when it passed north */
#define TURN_MIN_S 0.3
#define TURN_MAX_S 60.0
#define TURN_SHARE 0.05 /* turns that differ by more are not of one antenna */
#define TURNS 16.0      /* that the mean is of */
#define COUNT_MAX 1000000u

static void take_latency(ap_sensor_pace *pace, double latency_s)
{
    double share = 1.0 / fmin(pace->report_count + 1.0, LATENCY_REPORTS);
    pace->latency_mean_s += share * (latency_s - pace->latency_mean_s);
    pace->latency_peak_s -= (pace->latency_peak_s - pace->latency_mean_s) / PEAK_FADES;
    if (pace->report_count == 0 || latency_s > pace->latency_peak_s)
        pace->latency_peak_s = latency_s;
    pace->report_count += pace->report_count < COUNT_MAX;
}

/* A turn from north to north; others than before are counted from one again. */
static void take_turn(ap_sensor_pace *pace, double turn_s)
{
    if (!(turn_s >= TURN_MIN_S && turn_s <= TURN_MAX_S)) {
        pace->turn_count = 0;
        return;
    }
    if (pace->turn_count == 0 || fabs(turn_s - pace->turn_s) > TURN_SHARE * pace->turn_s) {
        pace->turn_s = turn_s;
        pace->turn_count = 1;
        return;
    }
    pace->turn_count += pace->turn_count < COUNT_MAX;
    pace->turn_s += (turn_s - pace->turn_s) / fmin(pace->turn_count, TURNS);
}

static void pass_north(ap_sensor_pace *pace, ap_utc_ns north_utc)
{
    if (pace->has_north)
        take_turn(pace, ap_seconds_between(pace->north_utc, north_utc));
    pace->has_north = true;
    pace->was_south = false;
    pace->north_utc = north_utc;
}

/* Plots of one direction scatter about the beam, so one that seems to run back is passed over, and
 * north is passed once for each time that the beam was in the south. */
static void take_azimuth(ap_sensor_pace *pace, ap_utc_ns time_utc, double azimuth_rad)
{
    double dt_s = pace->has_azimuth ? ap_seconds_between(pace->azimuth_utc, time_utc) : 0.0;
    if (dt_s < -BACK_S)
        pace->has_azimuth = pace->has_north = pace->was_south = false;
    else if (pace->has_azimuth && dt_s <= 0.0)
        return;
    double step_rad = ap_wrap_two_pi(azimuth_rad - pace->azimuth_rad);
    bool is_near = pace->has_azimuth && step_rad > 0.0 && step_rad < STEP_MAX_RAD;
    if (is_near && pace->was_south && azimuth_rad < pace->azimuth_rad)
        pass_north(pace, ap_utc_add_s(pace->azimuth_utc,
                                      dt_s * (2.0 * AP_PI - pace->azimuth_rad) / step_rad));
    else if (pace->has_azimuth && dt_s > TURN_MAX_S)
        pace->has_north = false;
    pace->was_south = pace->was_south || cos(azimuth_rad) < 0.0;
    pace->has_azimuth = true;
    pace->azimuth_utc = time_utc;
    pace->azimuth_rad = azimuth_rad;
}

void ap_pace_take(ap_sensor_pace *pace, ap_sensor_kind kind, const ap_report *report)
{
    bool is_marker = report->kind != AP_REPORT_TARGET;
    bool turns = kind != AP_SENSOR_ADSB && kind != AP_SENSOR_MLAT && kind != AP_SENSOR_TRACKER;
    take_latency(pace, ap_seconds_between(report->time_utc, report->receive_utc));
    if (is_marker || (turns && (report->present & AP_HAS_POLAR)))
        take_azimuth(pace, report->time_utc, report->azimuth_rad);
}
