/* KML 2.2 with the extension gx: a Placemark a track, a gx:Track of its points. */
#include "publish/export_parts.h"
#include "publish/put.h"
#include "wire/json.h"

#include <string.h>

/* ---- XML ---- */

/* U+FFFE and U+FFFF are no characters of XML 1.0, nor are controls. */
static bool is_character(const uint8_t *at, size_t size)
{
    if (size == 1)
        return *at >= 0x20 && *at != 0x7f;
    return !(size == 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe);
}

static void put_text(ap_writer *text, const char *plain)
{
    const uint8_t *at = (const uint8_t *)plain;
    for (size_t left = strlen(plain); left > 0;) {
        size_t size = ap_utf8_size(at, left);
        size_t step = size > 0 ? size : 1;
        if (size == 0 || !is_character(at, size))
            AP_PUT(text, "\xef\xbf\xbd");
        else if (*at == '<')
            AP_PUT(text, "&lt;");
        else if (*at == '>')
            AP_PUT(text, "&gt;");
        else if (*at == '&')
            AP_PUT(text, "&amp;");
        else if (*at == '"')
            AP_PUT(text, "&quot;");
        else
            ap_write_bytes(text, at, size);
        at += step;
        left -= step;
    }
}

static void put_value(ap_writer *text, const ap_column *column, const ap_export_row *row)
{
    ap_value value = column->get(row);
    if (value.kind == AP_VALUE_TEXT)
        put_text(text, value.text);
    else if (value.kind == AP_VALUE_FIXED)
        ap_text_fixed(text, value.real, column->decimals);
    else if (value.kind == AP_VALUE_UNSIGNED)
        ap_text_u64(text, value.unsigned_);
    else if (value.kind == AP_VALUE_UTC)
        ap_export_utc(text, value.time);
}

/* ---- the document ---- */

/* Times and places have elements of their own. */
static bool is_array(const ap_column *column)
{
    return strncmp(column->key, "time_", 5) != 0 && strcmp(column->key, "latitude_deg") != 0 &&
           strcmp(column->key, "longitude_deg") != 0;
}

static bool is_text(const ap_column *column)
{
    return strcmp(column->key, "state") == 0 || strcmp(column->key, "sensor") == 0;
}

void ap_kml_begin(ap_export *out, const ap_export_head *head)
{
    ap_writer *text = ap_export_room(out->sink);
    (void)head;
    AP_PUT(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<kml xmlns=\"http://www.opengis.net/kml/2.2\" "
                 "xmlns:gx=\"http://www.google.com/kml/ext/2.2\">\n"
                 "<Document>\n<name>airpicture</name>\n"
                 "<Style id=\"track\"><IconStyle><scale>0.6</scale></IconStyle>"
                 "<LineStyle><color>ff00a5ff</color><width>2</width></LineStyle></Style>\n"
                 "<Schema id=\"point\">\n");
    for (size_t i = ap_export_track_column_count; i < ap_export_column_count; i++) {
        const ap_column *column = &ap_export_columns[i];
        if (!is_array(column))
            continue;
        AP_PUT(text, "<gx:SimpleArrayField name=\"");
        ap_text_str(text, column->key);
        ap_text_str(text, is_text(column) ? "\" type=\"string\"/>\n" : "\" type=\"float\"/>\n");
    }
    AP_PUT(text, "</Schema>\n");
}

void ap_kml_end(ap_export *out)
{
    AP_PUT(ap_export_room(out->sink), "</Document>\n</kml>\n");
}

/* ---- a track ---- */

static void put_data(ap_writer *text, const ap_export_track *track)
{
    ap_export_row row = { track, NULL };
    AP_PUT(text, "<ExtendedData>\n");
    for (size_t i = 0; i < ap_export_track_column_count; i++) {
        const ap_column *column = &ap_export_columns[i];
        if (column->get(&row).kind == AP_VALUE_ABSENT)
            continue;
        AP_PUT(text, "<Data name=\"");
        ap_text_str(text, column->key);
        AP_PUT(text, "\"><value>");
        put_value(text, column, &row);
        AP_PUT(text, "</value></Data>\n");
    }
    AP_PUT(text, "</ExtendedData>\n");
}

static void put_arrays(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                       size_t from, size_t to)
{
    AP_PUT(ap_export_room(out->sink), "<ExtendedData><SchemaData schemaUrl=\"#point\">\n");
    for (size_t c = ap_export_track_column_count; c < ap_export_column_count; c++) {
        const ap_column *column = &ap_export_columns[c];
        if (!is_array(column))
            continue;
        ap_writer *text = ap_export_room(out->sink);
        AP_PUT(text, "<gx:SimpleArrayData name=\"");
        ap_text_str(text, column->key);
        AP_PUT(text, "\">");
        for (size_t i = from; i < to && !out->sink->failed; i++) {
            ap_export_row row = { track, &points[i] };
            text = ap_export_room(out->sink);
            AP_PUT(text, "<gx:value>");
            put_value(text, column, &row);
            AP_PUT(text, "</gx:value>");
        }
        AP_PUT(ap_export_room(out->sink), "</gx:SimpleArrayData>\n");
    }
    AP_PUT(ap_export_room(out->sink), "</SchemaData></ExtendedData>\n");
}

/* The points [from, to) of `count`. */
static void put_track(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                      size_t count, size_t from, size_t to)
{
    ap_writer *text = ap_export_room(out->sink);
    AP_PUT(text, "<gx:Track>\n<altitudeMode>");
    ap_text_str(text, ap_export_has_height(points, count) ? "absolute" : "clampToGround");
    AP_PUT(text, "</altitudeMode>\n");
    for (size_t i = from; i < to && !out->sink->failed; i++) {
        text = ap_export_room(out->sink);
        AP_PUT(text, "<when>");
        ap_export_utc(text, points[i].time);
        AP_PUT(text, "</when>\n");
    }
    double height_m = ap_export_height_before(points, count, from);
    for (size_t i = from; i < to && !out->sink->failed; i++) {
        text = ap_export_room(out->sink);
        height_m = ap_export_height(height_m, &points[i]);
        AP_PUT(text, "<gx:coord>");
        ap_text_fixed(text, points[i].longitude_deg, 7);
        AP_PUT(text, " ");
        ap_text_fixed(text, points[i].latitude_deg, 7);
        AP_PUT(text, " ");
        ap_text_fixed(text, height_m, 1);
        AP_PUT(text, "</gx:coord>\n");
    }
    put_arrays(out, track, points, from, to);
    AP_PUT(ap_export_room(out->sink), "</gx:Track>\n");
}

void ap_kml_track(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                  size_t count)
{
    char name[32];
    bool is_multi = false;
    for (size_t i = 1; i < count; i++)
        is_multi |= points[i].gap;
    if (count == 0)
        return;
    ap_writer *text = ap_export_room(out->sink);
    AP_PUT(text, "<Placemark id=\"");
    ap_export_put_id(text, out, track->track_id);
    AP_PUT(text, "\">\n<name>");
    put_text(text, ap_export_name(track, name));
    AP_PUT(text, "</name>\n<styleUrl>#track</styleUrl>\n");
    put_data(text, track);
    if (is_multi)
        AP_PUT(text, "<gx:MultiTrack>\n<gx:interpolate>0</gx:interpolate>\n");
    for (size_t from = 0, i = 1; i <= count; i++) {
        if (i < count && !points[i].gap)
            continue;
        put_track(out, track, points, count, from, i);
        from = i;
    }
    ap_text_str(ap_export_room(out->sink),
                is_multi ? "</gx:MultiTrack>\n</Placemark>\n" : "</Placemark>\n");
    out->track_count++;
}
