#include "app/archive.h"

#include <stdlib.h>
#include <string.h>

#include "app/archive_rows.h"

int ap_archive_open(ap_archive *archive, const ap_command *command, const char *path,
                    const ap_sensor_table *sensors, uint32_t track_cap)
{
    char message[AP_IO_MESSAGE_SIZE];
    *archive = (ap_archive){ .command = command, .sensors = sensors };
    if (ap_archive_reasons_init(&archive->reasons, track_cap))
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (ap_geopackage_open(&archive->package, path, message))
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s", message);
    return AP_EXIT_OK;
}

static ap_err add_track(ap_archive *archive, const ap_track *track, bool needs_points)
{
    ap_row_track row = ap_archive_track_row(archive->sensors, track);
    row.needs_points = needs_points;
    return ap_geopackage_add_track(&archive->package, &row);
}

static ap_err add_reasons(ap_archive *archive, const ap_track *track)
{
    ap_row_reason rows[AP_TRACK_REASON_CAP];
    size_t count = ap_archive_reasons_take(&archive->reasons, archive->sensors, track, rows);
    ap_err err = AP_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = ap_geopackage_add_reason(&archive->package, &rows[i]);
    return err;
}

ap_err ap_archive_track(ap_archive *archive, const ap_track_event *event, const ap_track *track)
{
    ap_row_point point;
    ap_err err = add_reasons(archive, track);
    if (err)
        return err;
    if (ap_archive_point(archive->sensors, event, track, &point)) {
        archive->point_count++;
        return ap_geopackage_add_point(&archive->package, &point);
    }
    bool ends = event->kind == AP_EVENT_DROPPED && ap_archive_holds(track);
    return ends ? add_track(archive, track, false) : AP_OK;
}

/* Tracks that the input left alive; of a part of the input, those that were seen in it. */
static ap_err add_alive(ap_archive *archive, const ap_tracker *tracker, bool of_part)
{
    size_t count = ap_tracker_tracks(tracker, false, NULL, 0);
    if (count == 0)
        return AP_OK;
    ap_track *tracks = malloc(count * sizeof *tracks);
    if (!tracks)
        return AP_ERR_MEMORY;
    (void)ap_tracker_tracks(tracker, false, tracks, count); /* the same count */
    ap_err err = AP_OK;
    for (size_t i = 0; i < count && !err; i++) {
        err = add_track(archive, &tracks[i], of_part);
        if (!err && (!of_part || ap_archive_reasons_has(&archive->reasons, tracks[i].id)))
            err = add_reasons(archive, &tracks[i]);
    }
    free(tracks);
    return err;
}

/* Without its folders: the same recording gives the same archive wherever it lies. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] != '\0' ? slash + 1 : path;
}

static ap_err add_sources(ap_archive *archive, const ap_pipeline *pipeline)
{
    ap_geopackage *package = &archive->package;
    ap_err err = ap_geopackage_add_meta(package, "program", "airpicture " AP_VERSION);
    for (size_t i = 0; i < ap_pipeline_source_count(pipeline) && !err; i++) {
        ap_source_summary source = ap_pipeline_source(pipeline, i);
        const char *name = base_name(source.path);
        err = ap_geopackage_add_meta(package, "input", name);
        if (!err)
            err = ap_archive_add_refusals(package, name, &source.refused);
    }
    return err;
}

int ap_archive_commit(ap_archive *archive, const ap_pipeline *pipeline)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_geopackage *package = &archive->package;
    bool of_part = pipeline->config.from_utc != INT64_MIN;
    ap_err err = add_alive(archive, &pipeline->engine.tracker, of_part);
    if (!err)
        err = ap_archive_add_sensors(package, archive->sensors);
    if (!err)
        err = ap_archive_add_refusals(package, "tracker",
                                      &ap_tracker_stats_of(&pipeline->engine.tracker)->refused);
    if (!err)
        err = add_sources(archive, pipeline);
    /* After a failed row commit tells why, and removes the partial file. */
    if (ap_geopackage_commit(package, message))
        return ap_command_fail(archive->command, AP_EXIT_IO, "%s", message);
    return err ? ap_command_fail(archive->command, AP_EXIT_SOFTWARE, "%s", ap_err_text(err))
               : AP_EXIT_OK;
}

void ap_archive_close(ap_archive *archive)
{
    ap_archive_reasons_close(&archive->reasons);
    ap_geopackage_close(&archive->package);
}
