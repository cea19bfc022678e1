/* GeoJSON, RFC 7946: a Feature a track, a LineString of its points. */
#include <math.h>

#include "publish/export_parts.h"
#include "publish/put.h"
#include "wire/json.h"

typedef struct vertex {
    double longitude_deg, latitude_deg, height_m;
    ap_utc_ns time;
    bool starts_part;
} vertex;

/* Points as vertices of lines that do not cross the date line (RFC 7946, 3.1.9): where they would,
 * a line ends at it and the next begins on its other side. */
typedef struct walk {
    const ap_export_point *points;
    size_t count, at;
    int cut; /* 1: the other side of the cut is next, 2: the point behind it */
} walk;

static vertex vertex_of(const ap_export_point *point)
{
    return (vertex){ point->longitude_deg, point->latitude_deg, point->height_m, point->time,
                     point->gap };
}

static bool crosses(const ap_export_point *from, const ap_export_point *to)
{
    return !to->gap && fabs(to->longitude_deg - from->longitude_deg) > 180.0;
}

/* Where the way from one point to the next meets the date line: along the shorter way, straight in
 * degrees, on the side that it comes from. */
static vertex cut_of(const ap_export_point *from, const ap_export_point *to)
{
    double way_deg = to->longitude_deg - from->longitude_deg;
    way_deg += way_deg > 0.0 ? -360.0 : 360.0;
    double edge_deg = way_deg > 0.0 ? 180.0 : -180.0;
    double share = way_deg != 0.0 ? (edge_deg - from->longitude_deg) / way_deg : 0.0;
    return (vertex){
        .longitude_deg = edge_deg,
        .latitude_deg = from->latitude_deg + share * (to->latitude_deg - from->latitude_deg),
        .height_m = from->height_m + share * (to->height_m - from->height_m),
        .time = ap_utc_add_s(from->time, share * ap_seconds_between(from->time, to->time))
    };
}

static bool next_vertex(walk *w, vertex *v)
{
    if (w->at == w->count)
        return false;
    const ap_export_point *point = &w->points[w->at];
    if (w->cut != 2 && w->at > 0 && crosses(point - 1, point)) {
        *v = cut_of(point - 1, point);
        if (w->cut++ == 1) {
            v->longitude_deg = -v->longitude_deg;
            v->starts_part = true;
        }
        return true;
    }
    w->cut = 0;
    *v = vertex_of(point);
    v->starts_part |= w->at++ == 0;
    return true;
}

/* ---- bounds ---- */

static void widen(double value, bool is_first, double *least, double *most)
{
    *least = is_first || value < *least ? value : *least;
    *most = is_first || value > *most ? value : *most;
}

static void add_bounds(ap_export_bounds *b, const ap_export_point *point)
{
    double x = point->longitude_deg;
    bool is_first = b->count++ == 0;
    widen(x, is_first, &b->west_deg, &b->east_deg);
    widen(x < 0.0 ? x + 360.0 : x, is_first, &b->west_positive_deg, &b->east_positive_deg);
    widen(point->latitude_deg, is_first, &b->south_deg, &b->north_deg);
    if (isfinite(point->height_m))
        widen(point->height_m, is_first, &b->low_m, &b->high_m);
    else
        b->is_flat = true;
}

/* Over the date line west is greater than east (RFC 7946, 5.2). */
static void put_bounds(ap_writer *text, const ap_export_bounds *b)
{
    bool over = b->east_positive_deg - b->west_positive_deg < b->east_deg - b->west_deg;
    double west = over ? b->west_positive_deg : b->west_deg;
    double east = over ? b->east_positive_deg : b->east_deg;
    const double corners[] = { west > 180.0 ? west - 360.0 : west, b->south_deg, b->low_m,
                               east > 180.0 ? east - 360.0 : east, b->north_deg, b->high_m };
    AP_PUT(text, "\"bbox\":[");
    for (int i = 0; i < 6; i++) {
        bool is_height = i % 3 == 2;
        if (is_height && b->is_flat)
            continue;
        if (i > 0)
            AP_PUT(text, ",");
        ap_text_fixed(text, corners[i], is_height ? 1 : 7);
    }
    AP_PUT(text, "]");
}

/* ---- a track ---- */

typedef enum listed { POSITIONS, TIMES, HEIGHTS } listed;

static void put_listed(ap_writer *text, const vertex *v, listed what, bool is_flat)
{
    if (what == TIMES) {
        AP_PUT(text, "\"");
        ap_export_utc(text, v->time);
        AP_PUT(text, "\"");
    } else if (what == HEIGHTS) {
        ap_text_fixed(text, v->height_m, 1);
    } else {
        AP_PUT(text, "[");
        ap_text_fixed(text, v->longitude_deg, 7);
        AP_PUT(text, ",");
        ap_text_fixed(text, v->latitude_deg, 7);
        if (!is_flat) {
            AP_PUT(text, ",");
            ap_text_fixed(text, v->height_m, 1);
        }
        AP_PUT(text, "]");
    }
}

/* Of each part a list; a part of one vertex has it twice, for a line has two ends. */
static void put_parts(ap_export *out, const ap_export_point *points, size_t count, listed what,
                      bool is_flat)
{
    walk w = { .points = points, .count = count };
    vertex v, last = { 0 };
    size_t in_part = 0;
    while (next_vertex(&w, &v) && !out->sink->failed) {
        ap_writer *text = ap_export_room(out->sink);
        if (v.starts_part && in_part == 1 && count > 1) {
            AP_PUT(text, ",");
            put_listed(text, &last, what, is_flat);
        }
        if (v.starts_part && in_part > 0)
            AP_PUT(text, "],\n[");
        else if (in_part > 0)
            AP_PUT(text, ",");
        in_part = v.starts_part ? 1 : in_part + 1;
        put_listed(text, &v, what, is_flat);
        last = v;
    }
    if (in_part == 1 && count > 1) {
        ap_writer *text = ap_export_room(out->sink);
        AP_PUT(text, ",");
        put_listed(text, &last, what, is_flat);
    }
}

static size_t part_count(const ap_export_point *points, size_t count)
{
    size_t parts = 1;
    for (size_t i = 1; i < count; i++)
        parts += points[i].gap || crosses(&points[i - 1], &points[i]);
    return parts;
}

static void put_list(ap_export *out, const char *key, const ap_export_point *points, size_t count,
                     listed what, bool is_multi)
{
    ap_text_str(ap_export_room(out->sink), key);
    AP_PUT(&out->sink->text, "[");
    put_parts(out, points, count, what, true);
    ap_text_str(ap_export_room(out->sink), is_multi ? "]]" : "]");
}

void ap_geojson_track(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                      size_t count)
{
    ap_export_bounds bounds = { 0 };
    for (size_t i = 0; i < count; i++) {
        add_bounds(&bounds, &points[i]);
        add_bounds(&out->bounds, &points[i]);
    }
    if (count == 0)
        return;
    bool is_multi = part_count(points, count) > 1;
    ap_writer *text = ap_export_room(out->sink);
    ap_text_str(text, out->track_count++ > 0 ? ",\n" : "");
    AP_PUT(text, "{\"type\":\"Feature\",\"id\":");
    ap_text_u64(text, track->track_id);
    AP_PUT(text, ",");
    put_bounds(text, &bounds);
    AP_PUT(text, ",\n\"geometry\":{\"type\":\"");
    ap_text_str(text, count == 1 ? "Point" : is_multi ? "MultiLineString" : "LineString");
    AP_PUT(text, "\",\"coordinates\":");
    ap_text_str(text, count == 1 ? "" : is_multi ? "[[" : "[");
    put_parts(out, points, count, POSITIONS, bounds.is_flat);
    text = ap_export_room(out->sink);
    ap_text_str(text, count == 1 ? "" : is_multi ? "]]" : "]");
    AP_PUT(text, "},\n\"properties\":");
    ap_export_row row = { track, NULL };
    (void)ap_columns_json(text, ap_export_columns, ap_export_track_column_count, &row);
    if (!text->bad)
        text->size -= sizeof "}\n" - 1; /* more members follow */
    const char *times = is_multi ? ",\n\"times_utc\":[" : ",\n\"times_utc\":";
    put_list(out, times, points, count, TIMES, is_multi);
    const char *heights = is_multi ? ",\n\"heights_m\":[" : ",\n\"heights_m\":";
    put_list(out, heights, points, count, HEIGHTS, is_multi);
    AP_PUT(ap_export_room(out->sink), "}}");
}

void ap_geojson_begin(ap_export *out, const ap_export_head *head)
{
    (void)head;
    AP_PUT(ap_export_room(out->sink), "{\"type\":\"FeatureCollection\",\"features\":[\n");
}

void ap_geojson_end(ap_export *out)
{
    ap_writer *text = ap_export_room(out->sink);
    AP_PUT(text, "\n]");
    if (out->bounds.count > 0) {
        AP_PUT(text, ",\n");
        put_bounds(text, &out->bounds);
    }
    AP_PUT(text, "}\n");
}
