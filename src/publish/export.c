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
/* clang-format off */
#define TRACK_ROWS(X)                                                                              \
    X(track_id, 0, ap_value_unsigned(TRACK(row)->track_id))                                        \
    X(track_number, 0, ap_value_positive(TRACK(row)->track_number))                                \
    X(icao24, 0, ap_value_text(TRACK(row)->icao24))                                                \
    X(address_kind, 0, ap_value_text(TRACK(row)->address_kind))                                    \
    X(callsign, 0, ap_value_text(TRACK(row)->callsign))                                            \
    X(squawk, 0, ap_value_text(TRACK(row)->squawk))                                                \
    X(emitter_category, 0, ap_value_text(TRACK(row)->emitter_category))                            \
    X(born_utc, 0, ap_value_utc(TRACK(row)->born))                                                 \
    X(confirmed_utc, 0, ap_value_utc(TRACK(row)->confirmed))                                       \
    X(updated_utc, 0, ap_value_utc(TRACK(row)->updated))                                           \
    X(update_count, 0, ap_value_unsigned(TRACK(row)->update_count))                                \
    X(end_reason, 0, ap_value_text(TRACK(row)->end_reason))                                        \
    X(sources, 0, ap_value_text(TRACK(row)->sources))
#define POINT_ROWS(X)                                                                              \
    X(time_utc, 0, ap_value_utc(POINT(row)->time))                                                 \
    X(time_s, 0, ap_value_seconds(POINT(row)->time))                                               \
    X(latitude_deg, 7, ap_value_fixed(POINT(row)->latitude_deg))                                   \
    X(longitude_deg, 7, ap_value_fixed(POINT(row)->longitude_deg))                                 \
    X(height_m, 1, ap_value_fixed(POINT(row)->height_m))                                           \
    X(pressure_altitude_ft, 0, ap_value_fixed(POINT(row)->pressure_altitude_ft))                   \
    X(ground_speed_kt, 1, ap_value_fixed(POINT(row)->ground_speed_kt))                             \
    X(track_deg, 2, ap_value_fixed(POINT(row)->track_deg))                                         \
    X(vertical_rate_fpm, 0, ap_value_fixed(POINT(row)->vertical_rate_fpm))                         \
    X(position_sigma_m, 1, ap_value_fixed(POINT(row)->position_sigma_m))                           \
    X(state, 0, ap_value_text(POINT(row)->state))                                                  \
    X(sensor, 0, ap_value_text(POINT(row)->sensor))
/* clang-format on */

TRACK_ROWS(AP_COLUMN_GETTER)
POINT_ROWS(AP_COLUMN_GETTER)

#define ONE(key, decimals, value) +1
enum { TRACK_COLUMNS = TRACK_ROWS(ONE) };

const ap_column ap_export_columns[] = { TRACK_ROWS(AP_COLUMN_LINE) POINT_ROWS(AP_COLUMN_LINE) };
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

const ap_export_format *ap_export_format_of(const char *key)
{
    const ap_export_format *format = ap_export_formats;
    while (format->key && strcmp(format->key, key) != 0)
        format++;
    return format->key ? format : NULL;
}
