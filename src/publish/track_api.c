#include "publish/track_api.h"

#include <math.h>
#include <string.h>

#include "picture/sensor_meter.h"
#include "publish/columns.h"
#include "publish/point_json.h"
#include "publish/put.h"
#include "publish/track_columns.h"
#include "wire/json.h"

#define DEG(rad) ((rad) / AP_RAD_PER_DEG)

/* ---- tracks ---- */

static ap_err put_columns(ap_writer *text, const ap_sensor_table *sensors, const ap_track *track,
                          ap_utc_ns now)
{
    ap_track_event asked = { .kind = AP_EVENT_KIND_COUNT,
                             .time_utc = now,
                             .sensor = AP_SENSOR_NONE };
    ap_track_row row = ap_track_row_of(sensors, &asked, track);
    size_t count =
        track->fall.probability > 0.0 ? ap_track_column_count : ap_track_state_column_count;
    return ap_columns_json(text, ap_track_columns, count, &row);
}

ap_err ap_track_api_json(ap_writer *text, const ap_sensor_table *sensors, const ap_track *track,
                         ap_utc_ns now)
{
    return put_columns(text, sensors, track, now);
}

ap_err ap_track_api_feature(ap_writer *text, const ap_sensor_table *sensors, const ap_track *track,
                            ap_utc_ns now)
{
    size_t start = text->size;
    AP_PUT(text, "{\"type\":\"Feature\",\"id\":");
    ap_text_u64(text, track->id);
    AP_PUT(text, ",\"geometry\":{\"type\":\"Point\",\"coordinates\":[");
    ap_text_fixed(text, DEG(track->position.longitude_rad), 7);
    AP_PUT(text, ",");
    ap_text_fixed(text, DEG(track->position.latitude_rad), 7);
    if (track->has_height) {
        AP_PUT(text, ",");
        ap_text_fixed(text, track->position.height_m, 1);
    }
    AP_PUT(text, "]},\"properties\":");
    (void)put_columns(text, sensors, track, now); /* told below */
    AP_PUT(text, "}\n");
    return ap_put_done(text, start);
}

static void put_sensor_name(ap_writer *text, const ap_sensor_table *sensors, uint16_t sensor)
{
    const char *name = ap_sensor_name_of(sensors, sensor);
    AP_PUT(text, ",\"sensor\":");
    if (name)
        ap_json_string(text, name, strlen(name));
    else
        AP_PUT(text, "null");
}

static void put_utc(ap_writer *text, ap_utc_ns time)
{
    char utc[AP_UTC_TEXT_SIZE];
    ap_utc_text(time, utc);
    ap_text_str(text, utc);
}

static void put_reason(ap_writer *text, const ap_sensor_table *sensors, const ap_reason *reason)
{
    const char *told = ap_reason_text((ap_reason_code)reason->code);
    AP_PUT(text, "{\"reason\":\"");
    ap_text_str(text, ap_reason_key((ap_reason_code)reason->code));
    AP_PUT(text, "\",\"text\":");
    ap_json_string(text, told, strlen(told));
    if (reason->time_utc != AP_UTC_UNKNOWN) {
        AP_PUT(text, ",\"time_s\":");
        ap_text_seconds(text, reason->time_utc);
        AP_PUT(text, ",\"time_utc\":\"");
        put_utc(text, reason->time_utc);
        AP_PUT(text, "\"");
    }
    if (reason->sensor != AP_SENSOR_NONE)
        put_sensor_name(text, sensors, reason->sensor);
    if (reason->other != 0) {
        AP_PUT(text, ",\"other_track_id\":");
        ap_text_u64(text, reason->other);
    }
    AP_PUT(text, "}");
}

static void put_residual(ap_writer *text, const ap_track *track, const ap_track_source *source)
{
    double east_m = (double)source->residual_east_m, north_m = (double)source->residual_north_m;
    double along_m, across_m;
    if (!isfinite(east_m) || !isfinite(north_m))
        return;
    AP_PUT(text, ",\"residual_m\":");
    ap_text_fixed(text, hypot(east_m, north_m), 1);
    if (!ap_residual_of_track(track, east_m, north_m, &along_m, &across_m))
        return;
    AP_PUT(text, ",\"residual_along_m\":");
    ap_text_fixed(text, along_m, 1);
    AP_PUT(text, ",\"residual_across_m\":");
    ap_text_fixed(text, across_m, 1);
}

static void put_source(ap_writer *text, const ap_sensor_table *sensors, const ap_track *track,
                       const ap_track_source *source, ap_utc_ns now)
{
    double age_s = ap_seconds_between(source->last_utc, now);
    AP_PUT(text, "{\"report_count\":");
    ap_text_u64(text, source->report_count);
    put_sensor_name(text, sensors, source->sensor);
    if (source->last_utc != AP_UTC_UNKNOWN) {
        AP_PUT(text, ",\"last_s\":");
        ap_text_seconds(text, source->last_utc);
        AP_PUT(text, ",\"age_s\":");
        ap_text_fixed(text, age_s > 0.0 ? age_s : 0.0, 3);
    }
    put_residual(text, track, source);
    AP_PUT(text, "}");
}

ap_err ap_track_api_why(ap_writer *text, const ap_sensor_table *sensors, const ap_track *track,
                        ap_utc_ns now)
{
    size_t start = text->size;
    unsigned kept =
        track->reason_count < AP_TRACK_REASON_CAP ? track->reason_count : AP_TRACK_REASON_CAP;
    unsigned sources =
        track->source_count < AP_TRACK_SOURCE_CAP ? track->source_count : AP_TRACK_SOURCE_CAP;
    AP_PUT(text, ",\"reason_count\":");
    ap_text_u64(text, track->reason_count);
    AP_PUT(text, ",\n\"reasons\":[");
    for (unsigned i = 0; i < kept; i++) {
        ap_text_str(text, i > 0 ? ",\n" : "\n");
        unsigned at = (track->reason_count - kept + i) % AP_TRACK_REASON_CAP;
        put_reason(text, sensors, &track->reason[at]);
    }
    AP_PUT(text, "],\n\"contributions\":[");
    for (unsigned i = 0; i < sources; i++) {
        ap_text_str(text, i > 0 ? ",\n" : "\n");
        put_source(text, sensors, track, &track->source[i], now);
    }
    AP_PUT(text, "]");
    return ap_put_done(text, start);
}

/* ---- history ---- */

static void put_point(ap_writer *text, const ap_point *point)
{
    AP_PUT(text, "{\"time_s\":");
    ap_text_seconds(text, point->time_utc);
    AP_PUT(text, ",\"latitude_deg\":");
    ap_text_fixed(text, point->latitude_e7deg / 1e7, 7);
    AP_PUT(text, ",\"longitude_deg\":");
    ap_text_fixed(text, point->longitude_e7deg / 1e7, 7);
    if (point->altitude_dm != AP_POINT_UNKNOWN) {
        AP_PUT(text, ",\"altitude_m\":");
        ap_text_fixed(text, point->altitude_dm / 10.0, 1);
    }
    AP_PUT(text, ",\"ground_speed_mps\":");
    ap_text_fixed(text, point->speed_dmps / 10.0, 1);
    AP_PUT(text, ",\"track_deg\":");
    ap_text_fixed(text, point->course_turn16 * (360.0 / 65536.0), 2);
    AP_PUT(text, ",\"vertical_rate_mps\":");
    ap_text_fixed(text, point->vertical_dmps / 10.0, 1);
    ap_point_flags_json(text, point->bits);
    AP_PUT(text, "}");
}

ap_err ap_track_api_history(ap_writer *text, const ap_history *history, const ap_trail *trail,
                            uint32_t cap)
{
    size_t start = text->size;
    uint32_t skip = trail->point_count > cap ? trail->point_count - cap : 0;
    ap_trail_walk walk = ap_trail_walk_of(history, trail);
    ap_point point;
    AP_PUT(text, ",\n\"history\":[");
    for (uint32_t i = 0; ap_trail_walk_next(&walk, &point) && !text->bad; i++) {
        if (i < skip)
            continue;
        ap_text_str(text, i > skip ? ",\n" : "\n");
        put_point(text, &point);
    }
    AP_PUT(text, "]");
    return ap_put_done(text, start);
}

/* ---- bounds ---- */

static void widen(double value, bool is_first, double *least, double *most)
{
    *least = is_first || value < *least ? value : *least;
    *most = is_first || value > *most ? value : *most;
}

void ap_bbox_add(ap_bbox *bbox, double latitude_rad, double longitude_rad)
{
    double longitude_deg = DEG(longitude_rad);
    bool is_first = bbox->count++ == 0;
    widen(DEG(latitude_rad), is_first, &bbox->south_deg, &bbox->north_deg);
    widen(longitude_deg, is_first, &bbox->west_deg, &bbox->east_deg);
    widen(longitude_deg < 0.0 ? longitude_deg + 360.0 : longitude_deg, is_first,
          &bbox->west_positive_deg, &bbox->east_positive_deg);
}

void ap_bbox_json(ap_writer *text, const ap_bbox *bbox)
{
    bool over = bbox->east_positive_deg - bbox->west_positive_deg < bbox->east_deg - bbox->west_deg;
    double west = over ? bbox->west_positive_deg : bbox->west_deg;
    double east = over ? bbox->east_positive_deg : bbox->east_deg;
    if (bbox->count == 0)
        return;
    AP_PUT(text, "\"bbox\":[");
    ap_text_fixed(text, west > 180.0 ? west - 360.0 : west, 7);
    AP_PUT(text, ",");
    ap_text_fixed(text, bbox->south_deg, 7);
    AP_PUT(text, ",");
    ap_text_fixed(text, east > 180.0 ? east - 360.0 : east, 7);
    AP_PUT(text, ",");
    ap_text_fixed(text, bbox->north_deg, 7);
    AP_PUT(text, "],");
}
