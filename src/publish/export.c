#include "publish/export.h"

#include <math.h>
#include <string.h>

#include "publish/export_parts.h"
#include "publish/put.h"
#include "wire/json.h"

/* ---- sink ---- */

void ap_export_sink_reset(ap_export_sink *sink)
{
    sink->text = ap_writer_of(sink->bytes, sizeof sink->bytes);
    sink->failed = false;
}

bool ap_export_sink_flush(ap_export_sink *sink)
{
    ap_writer *text = &sink->text;
    if (text->bad)
        sink->failed = true;
    if (!sink->failed && text->size > 0 && !sink->send(sink->context, text->data, text->size))
        sink->failed = true;
    *text = ap_writer_of(sink->bytes, sizeof sink->bytes);
    return !sink->failed;
}

ap_writer *ap_export_room(ap_export_sink *sink)
{
    if (sink->text.bad || sink->text.size > sizeof sink->bytes - AP_EXPORT_ROOM)
        (void)ap_export_sink_flush(sink); /* `failed` stays */
    return &sink->text;
}

/* ---- columns ---- */

#define TRACK(row) (((const ap_export_row *)(row))->track)
#define POINT(row) (((const ap_export_row *)(row))->point)
#define GETTER(name, expression)                                                                   \
    static ap_value get_##name(const void *row)                                                    \
    {                                                                                              \
        return expression;                                                                         \
    }

GETTER(track_id, ap_value_unsigned(TRACK(row)->track_id))
GETTER(track_number,
       TRACK(row)->track_number ? ap_value_unsigned(TRACK(row)->track_number) : ap_value_absent())
GETTER(icao24, ap_value_text(TRACK(row)->icao24))
GETTER(address_kind, ap_value_text(TRACK(row)->address_kind))
GETTER(callsign, ap_value_text(TRACK(row)->callsign))
GETTER(squawk, ap_value_text(TRACK(row)->squawk))
GETTER(emitter_category, ap_value_text(TRACK(row)->emitter_category))
GETTER(born, ap_value_utc(TRACK(row)->born))
GETTER(confirmed, ap_value_utc(TRACK(row)->confirmed))
GETTER(updated, ap_value_utc(TRACK(row)->updated))
GETTER(update_count, ap_value_unsigned(TRACK(row)->update_count))
GETTER(end_reason, ap_value_text(TRACK(row)->end_reason))
GETTER(sources, ap_value_text(TRACK(row)->sources))
GETTER(time_utc, ap_value_utc(POINT(row)->time))
GETTER(time_s, ap_value_seconds(POINT(row)->time))
GETTER(latitude_deg, ap_value_fixed(POINT(row)->latitude_deg))
GETTER(longitude_deg, ap_value_fixed(POINT(row)->longitude_deg))
GETTER(height_m, ap_value_fixed(POINT(row)->height_m))
GETTER(pressure_altitude_ft, ap_value_fixed(POINT(row)->pressure_altitude_ft))
GETTER(ground_speed_kt, ap_value_fixed(POINT(row)->ground_speed_kt))
GETTER(track_deg, ap_value_fixed(POINT(row)->track_deg))
GETTER(vertical_rate_fpm, ap_value_fixed(POINT(row)->vertical_rate_fpm))
GETTER(position_sigma_m, ap_value_fixed(POINT(row)->position_sigma_m))
GETTER(state, ap_value_text(POINT(row)->state))
GETTER(sensor, ap_value_text(POINT(row)->sensor))

enum { TRACK_COLUMNS = 13 };

const ap_column ap_export_columns[] = {
    AP_COLUMN("track_id", 0, get_track_id),
    AP_COLUMN("track_number", 0, get_track_number),
    AP_COLUMN("icao24", 0, get_icao24),
    AP_COLUMN("address_kind", 0, get_address_kind),
    AP_COLUMN("callsign", 0, get_callsign),
    AP_COLUMN("squawk", 0, get_squawk),
    AP_COLUMN("emitter_category", 0, get_emitter_category),
    AP_COLUMN("born_utc", 0, get_born),
    AP_COLUMN("confirmed_utc", 0, get_confirmed),
    AP_COLUMN("updated_utc", 0, get_updated),
    AP_COLUMN("update_count", 0, get_update_count),
    AP_COLUMN("end_reason", 0, get_end_reason),
    AP_COLUMN("sources", 0, get_sources),
    AP_COLUMN("time_utc", 0, get_time_utc),
    AP_COLUMN("time_s", 0, get_time_s),
    AP_COLUMN("latitude_deg", 7, get_latitude_deg),
    AP_COLUMN("longitude_deg", 7, get_longitude_deg),
    AP_COLUMN("height_m", 1, get_height_m),
    AP_COLUMN("pressure_altitude_ft", 0, get_pressure_altitude_ft),
    AP_COLUMN("ground_speed_kt", 1, get_ground_speed_kt),
    AP_COLUMN("track_deg", 2, get_track_deg),
    AP_COLUMN("vertical_rate_fpm", 0, get_vertical_rate_fpm),
    AP_COLUMN("position_sigma_m", 1, get_position_sigma_m),
    AP_COLUMN("state", 0, get_state),
    AP_COLUMN("sensor", 0, get_sensor),
};
const size_t ap_export_track_column_count = TRACK_COLUMNS;
const size_t ap_export_column_count = sizeof ap_export_columns / sizeof ap_export_columns[0];

/* ---- values ---- */

void ap_export_utc(ap_writer *text, ap_utc_ns time)
{
    char utc[AP_UTC_TEXT_SIZE];
    ap_utc_text(time, utc);
    ap_text_str(text, utc);
}

const char *ap_export_name(const ap_export_track *track, char name[32])
{
    uint8_t bytes[32];
    if (track->callsign && track->callsign[0] != '\0')
        return track->callsign;
    if (track->icao24 && track->icao24[0] != '\0')
        return track->icao24;
    ap_writer text = ap_writer_of(bytes, sizeof bytes - 1);
    AP_PUT(&text, "track ");
    ap_text_u64(&text, track->track_id);
    memcpy(name, bytes, text.size);
    name[text.size] = '\0';
    return name;
}

void ap_export_put_id(ap_writer *text, ap_export *out, uint32_t track_id)
{
    out->same_id_count = out->last_id == track_id ? out->same_id_count + 1 : 1;
    out->last_id = track_id;
    AP_PUT(text, "track-");
    ap_text_u64(text, track_id);
    if (out->same_id_count < 2)
        return;
    AP_PUT(text, "-");
    ap_text_u64(text, out->same_id_count);
}

bool ap_export_has_height(const ap_export_point *points, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isfinite(points[i].height_m))
            return true;
    return false;
}

double ap_export_height_before(const ap_export_point *points, size_t count, size_t at)
{
    for (size_t i = at; i-- > 0;)
        if (isfinite(points[i].height_m))
            return points[i].height_m;
    for (size_t i = at; i < count; i++)
        if (isfinite(points[i].height_m))
            return points[i].height_m;
    return 0.0;
}

double ap_export_height(double before, const ap_export_point *point)
{
    return isfinite(point->height_m) ? point->height_m : before;
}

/* ---- CSV ---- */

static void csv_begin(ap_export *out, const ap_export_head *head)
{
    (void)head;
    (void)ap_columns_csv_head(ap_export_room(out->sink), ap_export_columns,
                              ap_export_column_count); /* the sink tells */
}

static void csv_track(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                      size_t count)
{
    for (size_t i = 0; i < count && !out->sink->failed; i++) {
        ap_export_row row = { track, &points[i] };
        (void)ap_columns_csv(ap_export_room(out->sink), ap_export_columns, ap_export_column_count,
                             &row);
    }
    out->track_count++;
}

static void csv_end(ap_export *out)
{
    (void)out;
}

const ap_export_format ap_export_formats[] = {
    { "geojson", ".geojson", false, ap_geojson_begin, ap_geojson_track, ap_geojson_end },
    { "kml", ".kml", false, ap_kml_begin, ap_kml_track, ap_kml_end },
    { "czml", ".czml", true, ap_czml_begin, ap_czml_track, ap_czml_end },
    { "csv", ".csv", false, csv_begin, csv_track, csv_end },
    { .key = NULL },
};
