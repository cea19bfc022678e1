#include "app/row_times.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

ap_row_times ap_row_times_of(double lag_s)
{
    return (
        ap_row_times){ .lag_s = lag_s, .newest_utc = AP_UTC_UNKNOWN, .held_utc = AP_UTC_UNKNOWN };
}

/* Seconds from the newest row to a time; the first is ahead of all. */
static double ahead_s(const ap_row_times *times, ap_utc_ns time_utc)
{
    return times->newest_utc == AP_UTC_UNKNOWN ? INFINITY
                                               : ap_seconds_between(times->newest_utc, time_utc);
}

static void accept(ap_row_times *times, const ap_detection *row)
{
    if (times->newest_utc == AP_UTC_UNKNOWN || row->time_utc > times->newest_utc)
        times->newest_utc = row->time_utc;
    times->on_row(times->context, row);
}

static void refuse(ap_row_times *times, const ap_detection *row)
{
    char why[AP_DETECTION_WHY_SIZE];
    double ahead = ahead_s(times, row->time_utc);
    ap_detection_refusal refusal =
        ahead < 0.0 ? AP_DETECTION_TIME_BACKWARDS : AP_DETECTION_TIME_JUMP;
    if (isinf(ahead))
        snprintf(why, sizeof why, "time: the next row does not agree with this first one");
    else if (ahead < 0.0)
        snprintf(why, sizeof why, "time: %.3f s before the newest row; the lag is %g s", -ahead,
                 times->lag_s);
    else
        snprintf(why, sizeof why, "time: %.3f s after the newest row, and no next row agrees",
                 ahead);
    times->on_refused(times->context, row->line, refusal, why);
}

static void refuse_held(ap_row_times *times)
{
    for (size_t i = 0; i < times->held_count; i++)
        refuse(times, &times->held[i]);
    times->held_count = 0;
}

static void accept_held(ap_row_times *times)
{
    for (size_t i = 0; i < times->held_count; i++)
        accept(times, &times->held[i]);
    times->held_count = 0;
}

static bool is_ahead(const ap_row_times *times, const ap_detection *row)
{
    return ahead_s(times, row->time_utc) > times->lag_s;
}

/* Whether a row that stands apart from the newest stands with those held. */
static bool stands_with_held(const ap_row_times *times, const ap_detection *row)
{
    if (times->held_count == 0 || is_ahead(times, row) != is_ahead(times, &times->held[0]))
        return false;
    double since_s = ap_seconds_between(times->held_utc, row->time_utc);
    return since_s >= -times->lag_s && since_s <= AP_ROW_TIMES_GAP_S;
}

static void hold(ap_row_times *times, const ap_detection *row)
{
    if (times->held_count == 0 || row->time_utc > times->held_utc)
        times->held_utc = row->time_utc;
    times->held[times->held_count++] = *row;
}

static void take_behind(ap_row_times *times, const ap_detection *row)
{
    if (!stands_with_held(times, row))
        refuse_held(times);
    hold(times, row);
    if (times->held_count < AP_ROW_TIMES_WITNESSES)
        return;
    times->newest_utc = AP_UTC_UNKNOWN;
    accept_held(times);
}

void ap_row_times_take(ap_row_times *times, const ap_detection *row)
{
    if (is_ahead(times, row) && stands_with_held(times, row))
        accept_held(times);
    double ahead = ahead_s(times, row->time_utc);
    if (ahead < -fmax(times->lag_s, AP_ROW_TIMES_BACK_S)) {
        take_behind(times, row);
        return;
    }
    refuse_held(times);
    if (ahead > times->lag_s)
        hold(times, row);
    else if (ahead >= -times->lag_s)
        accept(times, row);
    else
        refuse(times, row);
}

void ap_row_times_end(ap_row_times *times)
{
    bool is_first = times->newest_utc == AP_UTC_UNKNOWN;
    if (times->held_count > 0 && is_ahead(times, &times->held[0]) &&
        (is_first || ahead_s(times, times->held_utc) <= AP_ROW_TIMES_GAP_S))
        accept_held(times);
    refuse_held(times);
}
