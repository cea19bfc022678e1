#include "app/archive.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEG_PER_RAD (1.0 / AP_RAD_PER_DEG)

static const char *sensor_name(const ap_archive *archive, uint16_t sensor)
{
    return sensor < archive->sensors->count ? archive->sensors->sensor[sensor].name : "";
}

int ap_archive_open(ap_archive *archive, const ap_command *command, const char *path,
                    const ap_sensor_table *sensors)
{
    char message[AP_IO_MESSAGE_SIZE];
    *archive = (ap_archive){ .command = command, .sensors = sensors };
    if (ap_geopackage_open(&archive->package, path, message))
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s", message);
    return AP_EXIT_OK;
}

static ap_err add_point(ap_archive *archive, const ap_track_event *event, const ap_track *track)
{
    ap_geopackage_point row = {
        .track_id = track->id,
        .time = track->time_utc,
        .latitude_deg = track->position.latitude_rad * DEG_PER_RAD,
        .longitude_deg = track->position.longitude_rad * DEG_PER_RAD,
        .height_m = track->has_height ? track->position.height_m : NAN,
        .state = ap_track_state_key(track->state),
        .sensor = sensor_name(archive, event->sensor),
        .pressure_altitude_ft =
            track->has_pressure_altitude ? track->pressure_altitude_m / AP_M_PER_FT : NAN,
        .ground_speed_kt = ap_track_speed_mps(track) / AP_MPS_PER_KT,
        .track_deg = ap_track_course_rad(track) * DEG_PER_RAD,
        .vertical_rate_fpm = track->has_height ? track->up_mps / AP_M_PER_FT * 60.0 : NAN,
        .position_sigma_m = sqrt(fmax(track->P_enu[0][0] + track->P_enu[1][1], 0.0)),
    };
    archive->point_count++;
    return ap_geopackage_add_point(&archive->package, &row);
}

static const char *address_kind_key(uint8_t kind)
{
    static const char *const keys[] = { "icao", "anonymous", "track_file" };
    return kind < sizeof keys / sizeof keys[0] ? keys[kind] : "unlisted";
}

static void name_identity(const ap_track *track, ap_geopackage_track *row)
{
    if (track->present & AP_HAS_ADDRESS) {
        snprintf(row->icao24, sizeof row->icao24, "%06" PRIx32, track->address & 0xFFFFFF);
        snprintf(row->address_kind, sizeof row->address_kind, "%s",
                 address_kind_key(track->address_kind));
    }
    if (track->present & AP_HAS_MODE_3A)
        snprintf(row->squawk, sizeof row->squawk, "%04o", (unsigned)(track->mode_3a & 07777));
    if (track->present & AP_HAS_EMITTER_CATEGORY)
        snprintf(row->emitter_category, sizeof row->emitter_category, "%02X",
                 (unsigned)track->emitter_category);
    snprintf(row->callsign, sizeof row->callsign, "%s", track->callsign);
}

static void name_sources(const ap_archive *archive, const ap_track *track, ap_geopackage_track *row)
{
    size_t at = 0;
    for (uint16_t i = 0; i < track->source_count && i < AP_TRACK_SOURCE_CAP; i++) {
        int length = snprintf(row->sources + at, sizeof row->sources - at, "%s%s", i ? ";" : "",
                              sensor_name(archive, track->source[i].sensor));
        if (length < 0 || (size_t)length >= sizeof row->sources - at)
            return;
        at += (size_t)length;
    }
}

static ap_err add_track(ap_archive *archive, const ap_track *track, bool ended)
{
    ap_geopackage_track row = { .track_id = track->id,
                                .track_number = track->number,
                                .born = track->born_utc,
                                .confirmed = track->confirmed_utc,
                                .updated = track->updated_utc,
                                .update_count = track->update_count };
    name_identity(track, &row);
    name_sources(archive, track, &row);
    if (ended && track->reason_count > 0) {
        const ap_reason *last = &track->reason[(track->reason_count - 1u) % AP_TRACK_REASON_CAP];
        snprintf(row.end_reason, sizeof row.end_reason, "%s", ap_reason_key(last->code));
    }
    archive->track_count++;
    return ap_geopackage_add_track(&archive->package, &row);
}

ap_err ap_archive_track(ap_archive *archive, const ap_track_event *event, const ap_track *track)
{
    if (track->confirmed_utc == AP_UTC_UNKNOWN)
        return AP_OK;
    if (event->kind == AP_EVENT_DROPPED)
        return add_track(archive, track, true);
    if (event->kind == AP_EVENT_CONFIRMED || event->kind == AP_EVENT_UPDATED)
        return add_point(archive, event, track);
    return AP_OK;
}

static ap_err add_alive(ap_archive *archive, const ap_pipeline *pipeline)
{
    size_t cap = pipeline->config.track_cap;
    const ap_track **tracks = calloc(cap, sizeof *tracks);
    if (!tracks)
        return AP_ERR_MEMORY;
    size_t count = ap_picture_tracks(&pipeline->picture, tracks, cap);
    ap_err err = AP_OK;
    for (size_t i = 0; i < count && i < cap && !err; i++)
        err = add_track(archive, tracks[i], false);
    free((void *)tracks);
    return err;
}

static ap_err add_counters(ap_archive *archive, const char *sensor, const ap_refusals *refused)
{
    ap_err err = AP_OK;
    for (int i = 0; i < AP_REFUSAL_COUNT && !err; i++)
        if (refused->count[i])
            err =
                ap_geopackage_add_counter(&archive->package, sensor, ap_refusal_key((ap_refusal)i),
                                          ap_refusal_text((ap_refusal)i), refused->count[i]);
    return err;
}

static ap_err add_sensor(ap_archive *archive, const ap_sensor *sensor, const ap_sensor_stats *stats)
{
    ap_geopackage_sensor row = { .name = sensor->name,
                                 .kind = ap_sensor_kind_key(sensor->kind),
                                 .has_sac_sic = sensor->has_sac_sic,
                                 .has_site = sensor->has_site,
                                 .sac = sensor->sac,
                                 .sic = sensor->sic,
                                 .latitude_deg = sensor->site.latitude_rad * DEG_PER_RAD,
                                 .longitude_deg = sensor->site.longitude_rad * DEG_PER_RAD,
                                 .height_m = sensor->site.height_m,
                                 .byte_count = stats->byte_count,
                                 .record_count = stats->record_count,
                                 .report_count = stats->report_count,
                                 .service_count = stats->service_count,
                                 .refused_count = ap_refusals_total(&stats->refused),
                                 .first = stats->first_utc,
                                 .last = stats->last_utc };
    ap_err err = ap_geopackage_add_sensor(&archive->package, &row);
    return err ? err : add_counters(archive, sensor->name, &stats->refused);
}

static ap_err add_end(ap_archive *archive, const ap_pipeline *pipeline)
{
    ap_err err = add_alive(archive, pipeline);
    for (uint16_t i = 0; i < archive->sensors->count && !err; i++)
        err = add_sensor(archive, &archive->sensors->sensor[i], &archive->sensors->stats[i]);
    for (size_t i = 0; i < pipeline->config.path_count && !err; i++) {
        ap_source_summary source = ap_pipeline_source(pipeline, i);
        err = add_counters(archive, source.path, &source.refused);
    }
    return err ? err
               : add_counters(archive, "tracker",
                              &ap_tracker_stats_of(&pipeline->tracker)->refused);
}

int ap_archive_commit(ap_archive *archive, const ap_pipeline *pipeline)
{
    char message[AP_IO_MESSAGE_SIZE];
    (void)add_end(archive, pipeline); /* commit gives the first failure, with its message */
    if (ap_geopackage_commit(&archive->package, message))
        return ap_command_fail(archive->command, AP_EXIT_IO, "%s", message);
    return AP_EXIT_OK;
}

void ap_archive_close(ap_archive *archive)
{
    ap_geopackage_close(&archive->package);
}
