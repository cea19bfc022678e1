#include "app/tracking.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/tracking_sensors.h"
#include "io/clock.h"
#include "io/memory.h"

enum { HELD_CAP = 65536, BATCH_CAP = 4096, WARM_UP_PICTURES = 10 };

ap_tracking_config ap_tracking_config_default(void)
{
    return (ap_tracking_config){
        .lag_s = 10.0, .existence_min = 0.92, .track_cap = 20000, .thread_count = 1
    };
}

void ap_tracking_close(ap_tracking *tracking)
{
    free(tracking->sensor);
    free(tracking->held);
    free(tracking->batch);
    free(tracking->tracks);
    ap_threads_close(tracking->threads);
    ap_memory_give_back(tracking->tracker_mem, tracking->tracker_size);
    tracking->sensor = NULL;
    tracking->held = NULL;
    tracking->batch = NULL;
    tracking->tracks = NULL;
    tracking->tracker_mem = NULL;
    tracking->threads = NULL;
}

void ap_tracking_refuse(ap_tracking *tracking, uint64_t line, ap_detection_refusal refusal,
                        const char *why)
{
    tracking->stats.refused_count[refusal]++;
    if (tracking->config.on_refused)
        tracking->config.on_refused(tracking->config.context, line, refusal, why);
}

/* ---- pictures ---- */

/* The tracker's own work, by the clock. */
static void step(ap_tracking *t, ap_utc_ns now_utc, bool flush)
{
    int64_t begin_ns = ap_clock_cpu_ns();
    ap_tracker_step(&t->tracker, now_utc, t->batch, t->batch_count);
    if (flush)
        ap_tracker_flush(&t->tracker);
    t->batch_count = 0;
    t->picture_cpu_ns += ap_clock_cpu_ns() - begin_ns;
}

static void account(ap_tracking *t)
{
    ap_tracking_stats *stats = &t->stats;
    stats->picture_count++;
    stats->cpu_ns += t->picture_cpu_ns;
    if (stats->picture_count == WARM_UP_PICTURES + 1) {
        stats->timed_cpu_ns = stats->worst_cpu_ns = 0;
        stats->timed_s = 0.0;
    }
    stats->timed_cpu_ns += t->picture_cpu_ns;
    stats->timed_s += (double)t->every_ns * 1e-9;
    if (t->picture_cpu_ns > stats->worst_cpu_ns)
        stats->worst_cpu_ns = t->picture_cpu_ns;
    t->picture_cpu_ns = 0;
}

static bool is_shown(const ap_tracking_config *config, const ap_track *track)
{
    return track->state == AP_TRACK_TENTATIVE ? config->tentative
                                              : track->existence >= config->existence_min;
}

static void show_update(void *context, const ap_track_event *event, const ap_track *track)
{
    ap_tracking *t = context;
    if (event->kind != AP_EVENT_UPDATED || event->nis_dimensions == 0 ||
        !is_shown(&t->config, track))
        return;
    ap_plane_track row = ap_plane_track_of(&t->plane, t->table, track);
    row.update = event;
    t->stats.update_row_count++;
    t->config.on_track(t->config.context, &row);
}

static void show_picture(ap_tracking *t, ap_utc_ns time_utc)
{
    step(t, time_utc, true);
    account(t);
    const ap_tracking_config *config = &t->config;
    size_t count = ap_tracker_tracks(&t->tracker, config->tentative, t->tracks, config->track_cap);
    count = count < config->track_cap ? count : config->track_cap;
    for (size_t i = 0; i < count; i++) {
        if (!is_shown(config, &t->tracks[i]))
            continue;
        ap_track now = ap_track_at(&t->tracks[i], time_utc);
        ap_plane_track row = ap_plane_track_of(&t->plane, t->table, &now);
        t->stats.track_row_count++;
        config->on_track(config->context, &row);
    }
}

/* The first multiple of the interval that is not before a time. */
static ap_utc_ns picture_time(const ap_tracking *t, ap_utc_ns time_utc)
{
    int64_t rest = time_utc % t->every_ns;
    if (rest < 0)
        rest += t->every_ns;
    return rest == 0 ? time_utc : time_utc - rest + t->every_ns;
}

/* ---- rows ---- */

/* Time has run back for good: what was ends with a last picture, and the tracker begins anew. */
static void begin_anew(ap_tracking *t, ap_utc_ns time_utc)
{
    show_picture(t, t->next_utc);
    ap_tracker_restart(&t->tracker, time_utc);
    t->stats.restart_count++;
    t->now_utc = time_utc;
    t->next_utc = picture_time(t, time_utc);
}

static void feed(ap_tracking *t, const ap_detection *detection)
{
    char why[AP_DETECTION_WHY_SIZE];
    ap_detection_refusal refusal;
    uint16_t index = ap_tracking_sensor_of(t, detection, &refusal, why);
    if (index == AP_SENSOR_NONE) {
        ap_tracking_refuse(t, detection->line, refusal, why);
        return;
    }
    ap_utc_ns time_utc = detection->time_utc;
    if (t->now_utc == AP_UTC_UNKNOWN)
        t->next_utc = picture_time(t, time_utc);
    else if (ap_seconds_between(t->now_utc, time_utc) < -t->config.lag_s)
        begin_anew(t, time_utc);
    else if (time_utc < t->now_utc)
        time_utc = t->now_utc; /* of its reception */
    while (time_utc > t->next_utc) {
        show_picture(t, t->next_utc);
        t->next_utc += t->every_ns;
        if (ap_tracker_stats_of(&t->tracker)->alive_count == 0)
            t->next_utc = picture_time(t, time_utc);
    }
    t->now_utc = time_utc;
    if (t->batch_count == BATCH_CAP)
        step(t, t->batch[BATCH_CAP - 1].receive_utc, false);
    ap_report *report = &t->batch[t->batch_count++];
    ap_plane_report(&t->plane, !t->config.from_file, &t->table->sensor[index], detection, report);
    report->receive_utc = time_utc;
    report->sensor = index;
    ap_tracking_cover(t, index, report->range_m);
    t->sensor[index].row_count++;
    t->stats.taken_count++;
}

static double shortest_turn_s(const ap_tracking *t)
{
    double shortest = INFINITY;
    for (uint16_t i = 0; i < t->table->count; i++)
        shortest = fmin(shortest, t->table->sensor[i].turn_s);
    return isfinite(shortest) ? shortest : 4.0;
}

/* The most rows of a second: that many may wait to be associated together, when a file states whole
 * pictures. */
static size_t most_rows_a_second(const ap_tracking *t)
{
    size_t most = 0;
    for (size_t first = 0, i = 0; i < t->held_count; i++) {
        while (ap_seconds_between(t->held[first].time_utc, t->held[i].time_utc) > 1.0)
            first++;
        most = i - first + 1 > most ? i - first + 1 : most;
    }
    return most;
}

static ap_err start_tracker(ap_tracking *t)
{
    ap_tracker_config config = ap_tracker_config_default();
    size_t waiting = 2 * most_rows_a_second(t);
    if (waiting > config.group_report_cap)
        config.group_report_cap = (uint32_t)waiting;
    config.sensors = t->table;
    config.track_cap = t->config.track_cap;
    config.lag_s = t->config.lag_s;
    ap_err err = ap_threads_open(&t->threads, t->config.thread_count);
    if (err)
        return err;
    config.run_parts = ap_threads_run;
    config.threads = t->threads;
    config.innovations = t->config.innovations;
    config.on_event = t->config.innovations ? show_update : NULL;
    config.context = t;
    t->tracker_size = ap_tracker_size(&config);
    t->tracker_mem = t->tracker_size > 0 ? ap_memory_take(t->tracker_size) : NULL;
    return t->tracker_mem ? ap_tracker_init(&t->tracker, &config, t->tracker_mem, t->tracker_size)
                          : AP_ERR_MEMORY;
}

/* Radars for the names that are new among what is held. */
static ap_err meet_sensors(ap_tracking *t)
{
    char why[AP_DETECTION_WHY_SIZE];
    ap_detection_refusal refusal;
    uint16_t known = t->table->count;
    if (t->config.from_file)
        return AP_OK;
    for (size_t i = 0; i < t->held_count; i++) /* beyond capacity: feed tells */
        (void)ap_tracking_sensor_of(t, &t->held[i], &refusal, why);
    return ap_tracking_estimate(t, known);
}

static ap_err start(ap_tracking *t)
{
    t->is_started = true;
    ap_tracking_place(t);
    ap_err err = meet_sensors(t);
    t->stats.scan_s = shortest_turn_s(t);
    t->every_ns = ap_utc_add_s(0, t->config.every_s > 0.0 ? t->config.every_s : t->stats.scan_s);
    return err ? err : start_tracker(t);
}

/* What is held goes on to the tracker. */
static void release(ap_tracking *t)
{
    t->is_holding = false;
    t->failed = t->is_started ? meet_sensors(t) : start(t);
    for (size_t i = 0; i < t->held_count && !t->failed; i++)
        feed(t, &t->held[i]);
    t->held_count = 0;
}

/* A row whose time is believed. */
static void on_row(void *context, const ap_detection *detection)
{
    ap_tracking *t = context;
    ap_tracking_stats *stats = &t->stats;
    if (stats->first_utc == AP_UTC_UNKNOWN || detection->time_utc < stats->first_utc)
        stats->first_utc = detection->time_utc;
    if (stats->last_utc == AP_UTC_UNKNOWN || detection->time_utc > stats->last_utc)
        stats->last_utc = detection->time_utc;
    t->is_holding = t->is_holding || ap_tracking_is_new(t, detection);
    if (!t->is_holding) {
        feed(t, detection);
        return;
    }
    t->held[t->held_count++] = *detection;
    if (t->held_count == HELD_CAP)
        release(t);
}

static void on_refused(void *context, uint64_t line, ap_detection_refusal refusal, const char *why)
{
    ap_tracking_refuse(context, line, refusal, why);
}

ap_err ap_tracking_init(ap_tracking *tracking, const ap_tracking_config *config,
                        ap_sensor_table *table)
{
    *tracking = (ap_tracking){ .config = *config, .table = table };
    ap_tracking_stats *stats = &tracking->stats;
    stats->first_utc = stats->last_utc = AP_UTC_UNKNOWN;
    tracking->now_utc = AP_UTC_UNKNOWN;
    tracking->is_holding = true;
    tracking->times = ap_row_times_of(config->lag_s);
    tracking->times.context = tracking;
    tracking->times.on_row = on_row;
    tracking->times.on_refused = on_refused;
    tracking->sensor = calloc(AP_TRACKING_SENSOR_CAP, sizeof *tracking->sensor);
    tracking->held = malloc(HELD_CAP * sizeof *tracking->held);
    tracking->batch = malloc(BATCH_CAP * sizeof *tracking->batch);
    tracking->tracks = malloc(config->track_cap * sizeof *tracking->tracks);
    if (tracking->sensor && tracking->held && tracking->batch && tracking->tracks)
        return AP_OK;
    ap_tracking_close(tracking);
    return AP_ERR_MEMORY;
}

void ap_tracking_take(ap_tracking *tracking, const ap_detection *detection)
{
    if (!tracking->failed)
        ap_row_times_take(&tracking->times, detection);
}

ap_err ap_tracking_end(ap_tracking *tracking)
{
    ap_tracking *t = tracking;
    if (!t->failed)
        ap_row_times_end(&t->times);
    if (!t->failed && t->held_count > 0)
        release(t);
    if (t->failed)
        return AP_ERR_MEMORY;
    if (t->stats.taken_count > 0)
        show_picture(t, t->next_utc);
    return AP_OK;
}

double ap_tracking_ms_per_scan(const ap_tracking *tracking)
{
    const ap_tracking_stats *stats = &tracking->stats;
    return stats->timed_s > 0.0
               ? (double)stats->timed_cpu_ns * 1e-6 * stats->scan_s / stats->timed_s
               : 0.0;
}
