#include "app/archive_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "picture/point.h"
#include "publish/ellipse.h"
#include "publish/track_columns.h"

#define DEG(rad) ((rad) / AP_RAD_PER_DEG)
#define FT_PER_MIN(mps) ((mps) / AP_M_PER_FT * 60.0)

bool ap_archive_holds(const ap_track *track)
{
    return track->confirmed_utc != AP_UTC_UNKNOWN;
}

bool ap_archive_point(const ap_sensor_table *sensors, const ap_track_event *event,
                      const ap_track *track, ap_row_point *row)
{
    bool adds = event->kind == AP_EVENT_CONFIRMED || event->kind == AP_EVENT_UPDATED;
    if (!adds || event->time_utc != track->time_utc || !ap_archive_holds(track))
        return false;
    double major_m, minor_m, axis_rad;
    ap_ellipse_of(track->P_enu[0][0], track->P_enu[0][1], track->P_enu[1][1], &major_m, &minor_m,
                  &axis_rad);
    *row = (ap_row_point){
        .track_id = track->id,
        .time = track->time_utc,
        .latitude_deg = DEG(track->position.latitude_rad),
        .longitude_deg = DEG(track->position.longitude_rad),
        .height_m = track->has_height ? track->position.height_m : NAN,
        .state = ap_track_state_key(track->state),
        .sensor = ap_sensor_name_of(sensors, event->sensor),
        .pressure_altitude_ft =
            track->has_pressure_altitude ? track->pressure_altitude_m / AP_M_PER_FT : NAN,
        .ground_speed_kt = ap_track_speed_mps(track) / AP_MPS_PER_KT,
        .track_deg = DEG(ap_track_course_rad(track)),
        .vertical_rate_fpm = track->has_height ? FT_PER_MIN(track->up_mps) : NAN,
        .position_sigma_m = major_m,
        .flags = ap_point_of(track).bits,
    };
    return true;
}

static void copy_text(char *to, size_t size, const char *from)
{
    size_t length = from ? strlen(from) : 0;
    length = length < size ? length : size - 1;
    if (length > 0)
        memcpy(to, from, length);
    to[length] = '\0';
}

/* Why a track that is dead ended: the newest of its reasons. */
static const char *end_reason(const ap_track *track)
{
    if (track->state != AP_TRACK_DEAD || track->reason_count == 0)
        return NULL;
    unsigned newest = (unsigned)(track->reason_count - 1) % AP_TRACK_REASON_CAP;
    return ap_reason_key(track->reason[newest].code);
}

static void join_sources(const ap_sensor_table *sensors, const ap_track *track, char *text,
                         size_t size)
{
    size_t used = 0;
    for (int i = 0; i < track->source_count && i < AP_TRACK_SOURCE_CAP; i++) {
        const char *name = ap_sensor_name_of(sensors, track->source[i].sensor);
        size_t length = name ? strlen(name) + (used > 0) : 0;
        if (length == 0 || used + length >= size)
            continue;
        if (used > 0)
            text[used] = ';';
        copy_text(text + used + (used > 0), size - used - (used > 0), name);
        used += length;
    }
}

ap_row_track ap_archive_track_row(const ap_sensor_table *sensors, const ap_track *track)
{
    ap_row_track row = { .track_id = track->id,
                         .track_number = track->number,
                         .born = track->born_utc,
                         .confirmed = track->confirmed_utc,
                         .updated = track->updated_utc,
                         .update_count = track->update_count };
    if (track->present & AP_HAS_ADDRESS) {
        (void)snprintf(row.icao24, sizeof row.icao24, "%06x", track->address & 0xffffffu);
        copy_text(row.address_kind, sizeof row.address_kind,
                  ap_address_kind_key(track->address_kind));
    }
    if (track->present & AP_HAS_CALLSIGN)
        copy_text(row.callsign, sizeof row.callsign, track->callsign);
    if (track->present & AP_HAS_MODE_3A)
        (void)snprintf(row.squawk, sizeof row.squawk, "%04o", track->mode_3a & 07777u);
    if (track->present & AP_HAS_EMITTER_CATEGORY)
        copy_text(row.emitter_category, sizeof row.emitter_category,
                  ap_emitter_category_text(track->emitter_category));
    copy_text(row.end_reason, sizeof row.end_reason, end_reason(track));
    join_sources(sensors, track, row.sources, sizeof row.sources);
    return row;
}

ap_row_sensor ap_archive_sensor_row(const ap_sensor *sensor, const ap_sensor_stats *stats)
{
    return (ap_row_sensor){ .name = sensor->name,
                            .kind = ap_sensor_kind_key(sensor->kind),
                            .has_sac_sic = sensor->has_sac_sic,
                            .has_site = sensor->has_site,
                            .sac = sensor->sac,
                            .sic = sensor->sic,
                            .latitude_deg = DEG(sensor->site.latitude_rad),
                            .longitude_deg = DEG(sensor->site.longitude_rad),
                            .height_m = sensor->site.height_m,
                            .byte_count = stats->byte_count,
                            .record_count = stats->record_count,
                            .report_count = stats->report_count,
                            .service_count = stats->service_count,
                            .refused_count = ap_refusals_total(&stats->refused),
                            .first = stats->first_utc,
                            .last = stats->last_utc };
}

ap_err ap_archive_add_sensors(ap_geopackage *archive, const ap_sensor_table *sensors)
{
    for (uint16_t i = 0; i < sensors->count; i++) {
        ap_row_sensor row = ap_archive_sensor_row(&sensors->sensor[i], &sensors->stats[i]);
        ap_err err = ap_geopackage_add_sensor(archive, &row);
        if (err == AP_OK)
            err = ap_archive_add_refusals(archive, sensors->sensor[i].name,
                                          &sensors->stats[i].refused);
        if (err == AP_OK && sensors->stats[i].witness_count > 0)
            err = ap_geopackage_add_counter(archive, sensors->sensor[i].name, "witness",
                                            "a copy of a frame that another receiver delivered",
                                            sensors->stats[i].witness_count);
        if (err != AP_OK)
            return err;
    }
    return AP_OK;
}

ap_err ap_archive_add_refusals(ap_geopackage *archive, const char *name, const ap_refusals *refused)
{
    for (int i = 0; i < AP_REFUSAL_COUNT; i++) {
        if (refused->count[i] == 0)
            continue;
        ap_err err = ap_geopackage_add_counter(archive, name, ap_refusal_key((ap_refusal)i),
                                               ap_refusal_text((ap_refusal)i), refused->count[i]);
        if (err != AP_OK)
            return err;
    }
    return AP_OK;
}
