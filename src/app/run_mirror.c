#include "app/run_mirror.h"

#include <stdlib.h>
#include <string.h>

#include "io/memory.h"

#define ALERT_CAP 4096u

static ap_err take_tables(ap_run_mirror *mirror, const ap_engine *engine)
{
    mirror->sensors = engine->sensors;
    mirror->receivers = engine->receivers;
    mirror->sensors.sensor = calloc(engine->sensors.cap, sizeof *mirror->sensors.sensor);
    mirror->sensors.stats = calloc(engine->sensors.cap, sizeof *mirror->sensors.stats);
    mirror->sensors.figures = calloc(engine->sensors.cap, sizeof *mirror->sensors.figures);
    mirror->meters = calloc(engine->sensors.cap, sizeof *mirror->meters);
    mirror->compared_utc = calloc(mirror->track_cap, sizeof *mirror->compared_utc);
    mirror->sensors.editions = NULL;
    mirror->sensors.count = 0;
    mirror->receivers.rows = calloc(engine->receivers.cap, sizeof *mirror->receivers.rows);
    mirror->receivers.sensors = &mirror->sensors;
    mirror->receivers.count = 0;
    return mirror->sensors.sensor && mirror->sensors.stats && mirror->sensors.figures &&
                   mirror->meters && mirror->compared_utc && mirror->receivers.rows
               ? AP_OK
               : AP_ERR_MEMORY;
}

ap_err ap_run_mirror_open(ap_run_mirror *mirror, const ap_engine *engine, uint32_t point_cap)
{
    *mirror = (ap_run_mirror){ .now = AP_UTC_UNKNOWN, .track_cap = engine->config.track_cap };
    const ap_picture_config picture = { .track_cap = mirror->track_cap, .alert_cap = ALERT_CAP };
    ap_history_config history = ap_history_config_default();
    history.trail_cap = mirror->track_cap;
    history.point_cap = point_cap;
    mirror->picture_size = ap_picture_size(&picture);
    mirror->history_size = ap_history_size(&history);
    mirror->picture_mem = ap_memory_take(mirror->picture_size);
    mirror->history_mem = ap_memory_take(mirror->history_size);
    if (!mirror->picture_mem || !mirror->history_mem)
        return AP_ERR_MEMORY;
    ap_err err =
        ap_picture_init(&mirror->picture, &picture, mirror->picture_mem, mirror->picture_size);
    if (!err)
        err =
            ap_history_init(&mirror->history, &history, mirror->history_mem, mirror->history_size);
    return err ? err : take_tables(mirror, engine);
}

/* Rows of the engine were used again before their ends were seen here. */
static void end_the_forgotten(ap_run_mirror *mirror, const ap_picture *from)
{
    const ap_track *track = NULL;
    while ((track = ap_picture_next(&mirror->picture, track))) {
        if (ap_picture_find(from, track->id))
            continue;
        ap_track gone = *track;
        gone.state = AP_TRACK_DEAD;
        ap_picture_copy(&mirror->picture, &gone);
    }
}

void ap_run_mirror_pull(ap_run_mirror *mirror, const ap_engine *engine)
{
    const ap_picture *from = &engine->picture;
    mirror->now = engine->now;
    if (ap_picture_forgotten(from) > mirror->since)
        end_the_forgotten(mirror, from);
    const ap_track *track = NULL;
    while ((track = ap_picture_next_change(from, mirror->since, track)))
        ap_picture_copy(&mirror->picture, track);
    const ap_alert *alert = NULL;
    while ((alert = ap_picture_next_alert(from, alert)))
        ap_picture_alert(&mirror->picture, alert);
    mirror->since = ap_picture_sequence(from);
}

static void pull_figures(ap_run_mirror *mirror, const ap_tracker *tracker, uint16_t sensor)
{
    ap_sensor_figures *figures = &mirror->sensors.figures[sensor];
    ap_tracker_sensor learnt;
    if (mirror->now != AP_UTC_UNKNOWN)
        ap_sensor_meter_take(&mirror->meters[sensor], &mirror->sensors.stats[sensor], mirror->now,
                             figures);
    figures->has_tracker = ap_tracker_sensor_of(tracker, sensor, &learnt);
    if (!figures->has_tracker)
        return;
    figures->detection_probability = learnt.detection_probability;
    figures->detection_look_count = learnt.detection_look_count;
    figures->clutter_per_turn = learnt.clutter_per_turn;
    figures->has_offset = learnt.has_offset;
    figures->azimuth_offset_rad = learnt.azimuth_offset_rad;
    figures->bearing_is_lost = learnt.bearing_is_lost;
}

void ap_run_mirror_pull_sensors(ap_run_mirror *mirror, const ap_engine *engine)
{
    uint16_t count = engine->sensors.count;
    memcpy(mirror->sensors.sensor, engine->sensors.sensor, count * sizeof *mirror->sensors.sensor);
    memcpy(mirror->sensors.stats, engine->sensors.stats, count * sizeof *mirror->sensors.stats);
    mirror->sensors.count = count;
    for (uint16_t i = 0; i < count; i++)
        pull_figures(mirror, &engine->tracker, i);
    mirror->receivers.count = engine->receivers.count;
    memcpy(mirror->receivers.rows, engine->receivers.rows,
           engine->receivers.count * sizeof *mirror->receivers.rows);
}

/* What the sensors of a track have said of its place since it was looked at last. Two tracks that
 * share a row may leave one out: it is a mean of many. */
static void take_residuals(ap_run_mirror *mirror, const ap_track *track)
{
    ap_utc_ns *compared = &mirror->compared_utc[track->id % mirror->track_cap], newest = *compared;
    for (uint16_t i = 0; i < track->source_count; i++) {
        const ap_track_source *from = &track->source[i];
        double along_m, across_m;
        if (from->sensor >= mirror->sensors.count || from->last_utc <= *compared)
            continue;
        newest = from->last_utc > newest ? from->last_utc : newest;
        if (ap_residual_of_sensor(&mirror->sensors.sensor[from->sensor], track,
                                  (double)from->residual_east_m, (double)from->residual_north_m,
                                  &along_m, &across_m))
            ap_sensor_residuals_take(&mirror->sensors.figures[from->sensor].residuals, along_m,
                                     across_m);
    }
    *compared = newest;
}

void ap_run_mirror_follow(ap_run_mirror *mirror)
{
    const ap_track *track = NULL;
    while ((track = ap_picture_next_change(&mirror->picture, mirror->history_since, track))) {
        ap_history_track(&mirror->history, track, mirror->now);
        take_residuals(mirror, track);
    }
    mirror->history_since = ap_picture_sequence(&mirror->picture);
    if (mirror->now != AP_UTC_UNKNOWN)
        ap_history_forget(&mirror->history, mirror->now);
}

void ap_run_mirror_close(ap_run_mirror *mirror)
{
    ap_memory_give_back(mirror->picture_mem, mirror->picture_size);
    ap_memory_give_back(mirror->history_mem, mirror->history_size);
    free(mirror->sensors.sensor);
    free(mirror->sensors.stats);
    free(mirror->sensors.figures);
    free(mirror->meters);
    free(mirror->compared_utc);
    free(mirror->receivers.rows);
    *mirror = (ap_run_mirror){ .now = AP_UTC_UNKNOWN };
}
