/* CZML: a packet a track, for Cesium. Positions are longitude, latitude, height above the ellipsoid
 * at seconds behind the packet's first point. */
#include "publish/export_parts.h"
#include "publish/put.h"
#include "wire/json.h"

#include <string.h>

enum { SPEED = 30 }; /* of the display's clock, times real time */

static void put_interval(ap_writer *text, ap_utc_ns from, ap_utc_ns to)
{
    AP_PUT(text, "\"");
    ap_export_utc(text, from);
    AP_PUT(text, "/");
    ap_export_utc(text, to);
    AP_PUT(text, "\"");
}

void ap_czml_begin(ap_export *out, const ap_export_head *head)
{
    ap_writer *text = ap_export_room(out->sink);
    AP_PUT(text, "[{\"id\":\"document\",\"name\":\"airpicture\",\"version\":\"1.0\"");
    if (head->first != AP_UTC_UNKNOWN) {
        AP_PUT(text, ",\n\"clock\":{\"interval\":");
        put_interval(text, head->first, head->last);
        AP_PUT(text, ",\"currentTime\":\"");
        ap_export_utc(text, head->first);
        AP_PUT(text, "\",\"multiplier\":");
        ap_text_u64(text, SPEED);
        AP_PUT(text, ",\"range\":\"LOOP_STOP\",\"step\":\"SYSTEM_CLOCK_MULTIPLIER\"}");
    }
    AP_PUT(text, "}");
}

/* When it is shown: a list of intervals, without what was left out between. */
static void put_availability(ap_export *out, const ap_export_point *points, size_t count)
{
    size_t start = 0, parts = 0;
    AP_PUT(ap_export_room(out->sink), ",\n\"availability\":[");
    for (size_t i = 1; i <= count; i++) {
        if (i < count && !points[i].gap)
            continue;
        ap_writer *text = ap_export_room(out->sink);
        if (parts++ > 0)
            AP_PUT(text, ",");
        put_interval(text, points[start].time, points[i - 1].time);
        start = i;
    }
    AP_PUT(ap_export_room(out->sink), "]");
}

static void put_positions(ap_export *out, const ap_export_point *points, size_t count)
{
    ap_writer *text = ap_export_room(out->sink);
    AP_PUT(text, ",\n\"position\":{\"epoch\":\"");
    /* Cut to milliseconds, so that what is counted from it is exact. */
    ap_utc_ns epoch = points[0].time - points[0].time % AP_NS_PER_MS;
    ap_export_utc(text, epoch);
    AP_PUT(text, "\",\"interpolationAlgorithm\":\"LINEAR\",\"interpolationDegree\":1,"
                 "\"cartographicDegrees\":[");
    double height_m = ap_export_height_before(points, count, 0);
    for (size_t i = 0; i < count && !out->sink->failed; i++) {
        text = ap_export_room(out->sink);
        height_m = ap_export_height(height_m, &points[i]);
        if (i > 0)
            AP_PUT(text, ",\n");
        ap_text_fixed(text, ap_seconds_between(epoch, points[i].time), 3);
        AP_PUT(text, ",");
        ap_text_fixed(text, points[i].longitude_deg, 7);
        AP_PUT(text, ",");
        ap_text_fixed(text, points[i].latitude_deg, 7);
        AP_PUT(text, ",");
        ap_text_fixed(text, height_m, 1);
    }
    AP_PUT(ap_export_room(out->sink), "]}");
}

void ap_czml_track(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                   size_t count)
{
    char name[32];
    if (count == 0)
        return;
    const char *shown = ap_export_name(track, name);
    const char *ground =
        ap_export_has_height(points, count) ? "" : ",\"heightReference\":\"CLAMP_TO_GROUND\"";
    ap_writer *text = ap_export_room(out->sink);
    AP_PUT(text, ",\n{\"id\":\"");
    ap_export_put_id(text, out, track->track_id);
    AP_PUT(text, "\",\"name\":");
    ap_json_string(text, shown, strlen(shown));
    put_availability(out, points, count);
    text = ap_export_room(out->sink);
    AP_PUT(text, ",\n\"point\":{\"pixelSize\":7,\"color\":{\"rgba\":[255,165,0,255]}");
    ap_text_str(text, ground);
    AP_PUT(text, "},\n\"label\":{\"font\":\"12px sans-serif\",\"pixelOffset\":{\"cartesian2\":"
                 "[12,0]},\"horizontalOrigin\":\"LEFT\",\"text\":");
    ap_json_string(text, shown, strlen(shown));
    ap_text_str(text, ground);
    AP_PUT(text, "},\n\"path\":{\"width\":1.5,\"leadTime\":0,\"trailTime\":600,\"material\":"
                 "{\"solidColor\":{\"color\":{\"rgba\":[255,165,0,160]}}}},\n\"properties\":");
    ap_export_row row = { track, NULL };
    (void)ap_columns_json(text, ap_export_columns, ap_export_track_column_count, &row);
    put_positions(out, points, count);
    AP_PUT(ap_export_room(out->sink), "}");
    out->track_count++;
}

void ap_czml_end(ap_export *out)
{
    AP_PUT(ap_export_room(out->sink), "]\n");
}
