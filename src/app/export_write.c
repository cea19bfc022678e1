#include "app/export_write.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/geopackage.h"
#include "io/output.h"

/* ---- text ---- */

typedef struct text_run {
    const ap_export_format *format;
    ap_output output;
    ap_export_sink sink;
    ap_export out;
    ap_export_point *points; /* of the track at hand */
    size_t count, cap;
} text_run;

ap_export_track ap_export_track_of(const ap_row_track *row)
{
    return (ap_export_track){ .track_id = row->track_id,
                              .track_number = row->track_number,
                              .icao24 = row->icao24,
                              .address_kind = row->address_kind,
                              .callsign = row->callsign,
                              .squawk = row->squawk,
                              .emitter_category = row->emitter_category,
                              .born = row->born,
                              .confirmed = row->confirmed,
                              .updated = row->updated,
                              .update_count = row->update_count,
                              .end_reason = row->end_reason,
                              .sources = row->sources };
}

ap_export_point ap_export_point_of(const ap_row_point *row, bool gap)
{
    return (ap_export_point){ .time = row->time,
                              .latitude_deg = row->latitude_deg,
                              .longitude_deg = row->longitude_deg,
                              .height_m = row->height_m,
                              .pressure_altitude_ft = row->pressure_altitude_ft,
                              .ground_speed_kt = row->ground_speed_kt,
                              .track_deg = row->track_deg,
                              .vertical_rate_fpm = row->vertical_rate_fpm,
                              .position_sigma_m = row->position_sigma_m,
                              .state = row->state,
                              .sensor = row->sensor,
                              .gap = gap };
}

static bool send_text(void *context, const uint8_t *bytes, size_t size)
{
    return ap_output_write(context, bytes, size) == AP_OK;
}

static ap_err add_point(text_run *run, const ap_row_point *row, bool gap,
                        char message[AP_IO_MESSAGE_SIZE])
{
    if (run->count == run->cap) {
        size_t cap = run->cap ? 2 * run->cap : 1024;
        ap_export_point *grown = realloc(run->points, cap * sizeof *grown);
        if (!grown) {
            snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
            return AP_ERR_MEMORY;
        }
        run->points = grown;
        run->cap = cap;
    }
    run->points[run->count++] = ap_export_point_of(row, gap);
    return AP_OK;
}

static ap_err read_points(text_run *run, ap_archive_reader *reader,
                          char message[AP_IO_MESSAGE_SIZE])
{
    ap_row_point row;
    bool gap;
    ap_err err;
    run->count = 0;
    while (!(err = ap_archive_reader_point(reader, &row, &gap, message)))
        if ((err = add_point(run, &row, gap, message)))
            return err;
    return err == AP_ERR_END ? AP_OK : err;
}

static void put_track(text_run *run, const ap_row_track *row)
{
    ap_export_track track = ap_export_track_of(row);
    run->format->track(&run->out, &track, run->points, run->count);
}

static ap_err write_tracks(text_run *run, ap_archive_reader *reader, ap_export_result *result,
                           char message[AP_IO_MESSAGE_SIZE])
{
    ap_export_head head = { AP_UTC_UNKNOWN, AP_UTC_UNKNOWN };
    ap_row_track track;
    ap_err err = AP_OK;
    if (run->format->wants_span)
        err = ap_archive_reader_span(reader, &head.first, &head.last, message);
    if (err)
        return err;
    run->format->begin(&run->out, &head);
    while (!run->sink.failed && !(err = ap_archive_reader_track(reader, &track, message))) {
        if ((err = read_points(run, reader, message)))
            return err;
        put_track(run, &track);
        result->track_count++;
        result->point_count += run->count;
    }
    if (err && err != AP_ERR_END)
        return err;
    run->format->end(&run->out);
    return AP_OK;
}

ap_err ap_export_text(ap_archive_reader *reader, const ap_export_format *format, const char *path,
                      ap_export_result *result, char message[AP_IO_MESSAGE_SIZE])
{
    text_run *run = calloc(1, sizeof *run);
    if (!run) {
        snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
        return AP_ERR_MEMORY;
    }
    run->format = format;
    run->out.sink = &run->sink;
    run->sink.send = send_text;
    run->sink.context = &run->output;
    ap_export_sink_reset(&run->sink);
    ap_err err = ap_output_open(&run->output, path, message);
    if (!err)
        err = write_tracks(run, reader, result, message);
    if (!err) {
        (void)ap_export_sink_flush(&run->sink); /* the output tells */
        err = ap_output_commit(&run->output, message);
    }
    result->reader_gone = ap_output_reader_gone(&run->output);
    ap_output_close(&run->output);
    free(run->points);
    free(run);
    return err;
}

/* ---- GeoPackage ---- */

/* A file knows one life of the service; ids of another begin behind those of all. */
typedef struct copy_run {
    ap_geopackage *package;
    ap_archive_reader *reader;
    ap_export_result *result;
    uint32_t track_id, free_id; /* of the track at hand in the copy; 0: not asked for yet */
    bool is_renumbered;
} copy_run;

/* Whom a reason of another life names has another id in the copy, or none. */
static ap_err add_reason(void *context, const ap_row_reason *reason)
{
    const copy_run *run = context;
    ap_row_reason row = *reason;
    row.track_id = run->track_id;
    if (run->is_renumbered)
        row.other_track_id = 0;
    return ap_geopackage_add_reason(run->package, &row);
}

static ap_err add_sensor(void *context, const ap_row_sensor *sensor)
{
    return ap_geopackage_add_sensor(context, sensor);
}

static ap_err copy_track(copy_run *run, ap_row_track *track, char message[AP_IO_MESSAGE_SIZE])
{
    ap_row_point point;
    bool gap;
    ap_err err;
    while (!(err = ap_archive_reader_point(run->reader, &point, &gap, message))) {
        point.track_id = run->track_id;
        if (ap_geopackage_add_point(run->package, &point))
            return AP_OK; /* commit tells */
        run->result->point_count++;
    }
    if (err != AP_ERR_END)
        return err;
    track->track_id = run->track_id;
    err = ap_archive_reader_reasons(run->reader, add_reason, run, message);
    if (!err)
        (void)ap_geopackage_add_track(run->package, track); /* commit tells */
    return err;
}

static ap_err renumber(copy_run *run, char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = AP_OK;
    if (run->free_id == 0)
        err = ap_archive_reader_free_id(run->reader, &run->free_id, message);
    if (run->result->renumbered_count++ == 0)
        run->result->renumbered_from = run->free_id;
    run->track_id = run->free_id++;
    return err;
}

static ap_err copy_all(copy_run *run, char message[AP_IO_MESSAGE_SIZE])
{
    ap_row_track track;
    uint32_t last_id = 0;
    ap_err err;
    while (!(err = ap_archive_reader_track(run->reader, &track, message))) {
        run->is_renumbered = track.track_id == last_id;
        run->track_id = last_id = track.track_id;
        if (run->is_renumbered)
            err = renumber(run, message);
        if (!err)
            err = copy_track(run, &track, message);
        if (err)
            return err;
        run->result->track_count++;
    }
    return err == AP_ERR_END
               ? ap_archive_reader_sensors(run->reader, add_sensor, run->package, message)
               : err;
}

ap_err ap_export_gpkg(ap_archive_reader *reader, const char *path, ap_export_result *result,
                      char message[AP_IO_MESSAGE_SIZE])
{
    ap_geopackage package;
    ap_err err = ap_geopackage_open(&package, path, message);
    if (err)
        return err;
    copy_run run = { .package = &package, .reader = reader, .result = result };
    err = copy_all(&run, message);
    if (!err) {
        (void)ap_geopackage_add_meta(&package, "program", "airpicture " AP_VERSION);
        err = ap_geopackage_commit(&package, message);
    }
    ap_geopackage_close(&package);
    return err;
}
