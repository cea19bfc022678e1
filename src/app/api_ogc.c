/* /ogc: OGC API Moving Features, Part 1 (22-003r3), what can be read of it: one collection, the
 * trails, as MF-JSON (19-045r3). */
#include <string.h>

#include "airpicture/geo.h"
#include "app/api_call.h"
#include "publish/aircraft_key.h"
#include "wire/json.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 10000

/* ---- fixed documents ---- */

/* clang-format off */
#define LINK(href, rel, type) "{\"href\":\"" href "\",\"rel\":\"" rel "\",\"type\":\"" type "\"}"

static const char landing[] =
    "{\"title\":\"airpicture\",\"description\":\"Tracks of aircraft as moving features.\",\n"
    "\"links\":[\n"
    LINK("/ogc", "self", "application/json") ",\n"
    LINK("/api/openapi.json", "service-desc", "application/vnd.oai.openapi+json;version=3.0") ",\n"
    LINK("/ogc/conformance", "conformance", "application/json") ",\n"
    LINK("/ogc/collections", "data", "application/json") "]}\n";

static const char collection[] =
    "{\"id\":\"tracks\",\"title\":\"Tracks\","
    "\"description\":\"Published tracks, and those that ended in the last minutes.\","
    "\"itemType\":\"movingfeature\",\"updateFrequency\":1000,\n"
    "\"extent\":{\"spatial\":{\"bbox\":[[-180,-90,180,90]],"
    "\"crs\":\"http://www.opengis.net/def/crs/OGC/1.3/CRS84\"}},\n\"links\":[\n"
    LINK("/ogc/collections/tracks", "self", "application/json") ",\n"
    LINK("/ogc/collections/tracks/items", "items", "application/geo+json") "]}";

static const char items_link[] =
    LINK("/ogc/collections/tracks/items", "self", "application/geo+json");
/* clang-format on */

void ap_api_ogc_landing(ap_api_call *call)
{
    AP_PUT(call->out, landing);
}

void ap_api_ogc_conformance(ap_api_call *call)
{
#define MF "http://www.opengis.net/spec/ogcapi-movingfeatures-1/1.0/conf/"
    AP_PUT(call->out, "{\"conformsTo\":[\n"
                      "\"http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core\",\n"
                      "\"http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections\",\n"
                      "\"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core\",\n"
                      "\"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson\",\n"
                      "\"" MF "common\",\n\"" MF "mf-collection\",\n\"" MF "movingfeatures\"]}\n");
#undef MF
}

void ap_api_ogc_collections(ap_api_call *call)
{
    AP_PUT(call->out, "{\"collections\":[\n");
    AP_PUT(call->out, collection);
    AP_PUT(call->out, "],\n\"links\":[");
    AP_PUT(call->out, LINK("/ogc/collections", "self", "application/json"));
    AP_PUT(call->out, "]}\n");
}

void ap_api_ogc_collection(ap_api_call *call)
{
    AP_PUT(call->out, collection);
    AP_PUT(call->out, "\n");
}

/* ---- points of a trail within a time ---- */

typedef struct span {
    ap_utc_ns from, to;
} span;

static bool read_span(ap_api_call *call, span *s)
{
    *s = (span){ AP_UTC_UNKNOWN + 1, INT64_MAX };
    return ap_api_interval(call, "datetime", &s->from, &s->to);
}

static bool next_within(ap_trail_walk *walk, const span *s, ap_point *point)
{
    while (ap_trail_walk_next(walk, point))
        if (point->time_utc >= s->from && point->time_utc <= s->to)
            return true;
    return false;
}

static void put_utc(ap_writer *out, ap_utc_ns time)
{
    char utc[AP_UTC_TEXT_SIZE];
    ap_utc_text(time, utc);
    AP_PUT(out, "\"");
    ap_text_str(out, utc);
    AP_PUT(out, "\"");
}

typedef void (*put_value_fn)(ap_writer *out, const ap_point *point);

/* `[...]` of one value for each point. */
static void put_list(ap_api_call *call, const ap_trail *trail, const span *s, put_value_fn put)
{
    ap_trail_walk walk = ap_trail_walk_of(call->api->history, trail);
    ap_point point;
    bool any = false;
    AP_PUT(call->out, "[");
    while (!call->out->bad && next_within(&walk, s, &point)) {
        ap_text_str(call->out, any ? "," : "");
        any = true;
        put(call->out, &point);
    }
    AP_PUT(call->out, "]");
}

static void put_time(ap_writer *out, const ap_point *point)
{
    put_utc(out, point->time_utc);
}

static void put_place(ap_writer *out, const ap_point *point)
{
    AP_PUT(out, "[");
    ap_text_fixed(out, point->longitude_e7deg / 1e7, 7);
    AP_PUT(out, ",");
    ap_text_fixed(out, point->latitude_e7deg / 1e7, 7);
    AP_PUT(out, "]");
}

static void put_place_3(ap_writer *out, const ap_point *point)
{
    put_place(out, point);
    out->size -= !out->bad; /* the bracket */
    AP_PUT(out, ",");
    ap_text_fixed(out, point->geometric_dm / 10.0, 1);
    AP_PUT(out, "]");
}

/* Heights are told where all points have one: a geometry has one dimension. */
static bool has_heights(ap_api_call *call, const ap_trail *trail, const span *s)
{
    ap_trail_walk walk = ap_trail_walk_of(call->api->history, trail);
    ap_point point;
    bool any = false;
    for (; next_within(&walk, s, &point); any = true)
        if (point.geometric_dm == AP_POINT_UNKNOWN)
            return false;
    return any;
}

/* The members of a MovingPoint. */
static void put_moving_point(ap_api_call *call, const ap_trail *trail, const span *s)
{
    bool heights = has_heights(call, trail, s);
    AP_PUT(call->out, "\"type\":\"MovingPoint\",\"datetimes\":");
    put_list(call, trail, s, put_time);
    AP_PUT(call->out, ",\n\"coordinates\":");
    put_list(call, trail, s, heights ? put_place_3 : put_place);
    AP_PUT(call->out, ",\n\"interpolation\":\"Linear\",\"crs\":{\"type\":\"Name\",\"properties\":{"
                      "\"name\":\"urn:ogc:def:crs:OGC:");
    ap_text_str(call->out, heights ? "0:CRS84h" : "1.3:CRS84");
    AP_PUT(call->out, "\"}},\"trs\":{\"type\":\"Name\",\"properties\":{\"name\":"
                      "\"urn:ogc:data:time:iso8601\"}}");
}

/* ---- properties over time ---- */

static void put_speed(ap_writer *out, const ap_point *point)
{
    ap_text_fixed(out, point->speed_dmps / 10.0, 1);
}

static void put_course(ap_writer *out, const ap_point *point)
{
    ap_text_fixed(out, point->course_turn16 * (360.0 / 65536.0), 2);
}

static void put_vertical(ap_writer *out, const ap_point *point)
{
    ap_text_fixed(out, point->vertical_dmps / 10.0, 1);
}

static void put_altitude(ap_writer *out, const ap_point *point)
{
    if (point->altitude_dm == AP_POINT_UNKNOWN)
        AP_PUT(out, "null");
    else
        ap_text_fixed(out, point->altitude_dm / 10.0, 1);
}

static const struct property {
    const char *name, *unit, *description;
    put_value_fn put;
} properties[] = {
    { "ground_speed", "m/s", "speed over ground", put_speed },
    { "track", "deg", "course over ground, clockwise from true north", put_course },
    { "vertical_rate", "m/s", "upwards", put_vertical },
    { "altitude", "m", "pressure altitude; height above the ellipsoid where only that is known",
      put_altitude },
};
#define PROPERTY_COUNT (sizeof properties / sizeof properties[0])

static void put_property(ap_writer *out, const struct property *p)
{
    AP_PUT(out, "{\"name\":\"");
    ap_text_str(out, p->name);
    AP_PUT(out, "\",\"type\":\"TReal\",\"form\":\"");
    ap_text_str(out, p->unit);
    AP_PUT(out, "\",\"description\":\"");
    ap_text_str(out, p->description);
    AP_PUT(out, "\"}");
}

/* ---- features ---- */

static const ap_trail *trail_of(ap_api_call *call)
{
    const char *name = call->part[0];
    uint64_t id = 0;
    for (const char *at = name; *at >= '0' && *at <= '9' && id <= UINT32_MAX; at++)
        id = id * 10 + (uint64_t)(*at - '0');
    bool good = strspn(name, "0123456789") == strlen(name) && id > 0 && id <= UINT32_MAX;
    const ap_trail *trail = good ? ap_history_find(call->api->history, (uint32_t)id) : NULL;
    if (!trail)
        ap_api_error(call, 404, "there is no such feature",
                     "the id of one of /ogc/collections/tracks/items");
    return trail;
}

static void put_properties(ap_writer *out, const ap_trail *trail)
{
    char key[AP_AIRCRAFT_KEY_SIZE];
    ap_aircraft_key_text(ap_aircraft_key_of_trail(trail, false), key);
    ap_json_object object = ap_json_open(out);
    ap_json_member_str(&object, "hex", key);
    ap_json_member_u64(&object, "track_number", trail->number);
    if ((trail->present & AP_HAS_CALLSIGN) && trail->callsign[0])
        ap_json_member_str(&object, "callsign", trail->callsign);
    if (trail->present & AP_HAS_MODE_3A) {
        ap_json_key(&object, "squawk");
        AP_PUT(out, "\"");
        ap_text_octal(out, trail->mode_3a, 4);
        AP_PUT(out, "\"");
    }
    ap_json_member_bool(&object, "ended", trail->ended_utc != AP_UTC_UNKNOWN);
    ap_json_close(&object);
}

/* The first and the last time that is kept. */
static bool time_of(ap_api_call *call, const ap_trail *trail, const span *s, span *kept)
{
    ap_trail_walk walk = ap_trail_walk_of(call->api->history, trail);
    ap_point point;
    bool any = false;
    for (; next_within(&walk, s, &point); any = true) {
        kept->from = any ? kept->from : point.time_utc;
        kept->to = point.time_utc;
    }
    return any;
}

static void put_feature(ap_api_call *call, const ap_trail *trail, const span *s)
{
    span kept;
    ap_writer *out = call->out;
    AP_PUT(out, "{\"type\":\"Feature\",\"id\":\"");
    ap_text_u64(out, trail->track_id);
    AP_PUT(out, "\",\"geometry\":null,\"properties\":");
    put_properties(out, trail);
    if (time_of(call, trail, s, &kept)) {
        AP_PUT(out, ",\"time\":[");
        put_utc(out, kept.from);
        AP_PUT(out, ",");
        put_utc(out, kept.to);
        AP_PUT(out, "]");
    }
    AP_PUT(out, ",\n\"temporalGeometry\":{");
    put_moving_point(call, trail, s);
    AP_PUT(out, "}}");
}

/* True when a point within the time lies in the box. */
static bool is_wanted(ap_api_call *call, const ap_trail *trail, const span *s,
                      const ap_delta_box *box)
{
    ap_trail_walk walk = ap_trail_walk_of(call->api->history, trail);
    ap_point point;
    while (next_within(&walk, s, &point))
        if (!box || ap_api_in_box(box, point.latitude_e7deg, point.longitude_e7deg))
            return true;
    return false;
}

/* A parameter as it was given, for a link; nothing when it was not. */
static void put_again(ap_api_call *call, const char *name)
{
    static const char plain[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._,:/";
    const char *value = ap_api_parameter(call, name);
    if (!value)
        return;
    AP_PUT(call->out, "&");
    ap_text_str(call->out, name);
    AP_PUT(call->out, "=");
    for (; *value; value++) {
        bool is_plain = strchr(plain, *value) != NULL;
        if (!is_plain)
            AP_PUT(call->out, "%");
        if (is_plain)
            ap_write_u8(call->out, (uint8_t)*value);
        else
            ap_text_hex_u32(call->out, (uint8_t)*value, 2);
    }
}

static void put_footer(ap_api_call *call, uint64_t count, bool more, uint64_t last)
{
    AP_PUT(call->out, "],\n\"timeStamp\":");
    put_utc(call->out, call->api->now);
    AP_PUT(call->out, ",\"numberReturned\":");
    ap_text_u64(call->out, count);
    AP_PUT(call->out, ",\"links\":[");
    AP_PUT(call->out, items_link);
    if (more) {
        AP_PUT(call->out, ",{\"href\":\"/ogc/collections/tracks/items?after=");
        ap_text_u64(call->out, last);
        put_again(call, "bbox");
        put_again(call, "datetime");
        put_again(call, "limit");
        AP_PUT(call->out, "\",\"rel\":\"next\",\"type\":\"application/geo+json\"}");
    }
    AP_PUT(call->out, "]}\n");
}

void ap_api_ogc_items(ap_api_call *call)
{
    bool has_box = false;
    ap_delta_box box;
    uint64_t limit = LIMIT_DEFAULT, after = 0, count = 0;
    span s;
    if (!ap_api_box(call, "bbox", &has_box, &box) || !read_span(call, &s) ||
        !ap_api_whole(call, "limit", LIMIT_MAX, &limit) ||
        !ap_api_whole(call, "after", UINT32_MAX, &after))
        return;
    const ap_history *history = call->api->history;
    const ap_trail *at = after ? ap_history_find(history, (uint32_t)after) : NULL;
    if (after && !at) {
        ap_api_error(call, 400, "the feature that the list should go on after is gone",
                     "the list from its beginning");
        return;
    }
    ap_api_type(call, AP_API_GEOJSON);
    AP_PUT(call->out, "{\"type\":\"FeatureCollection\",\"features\":[");
    for (at = ap_history_next(history, at); at && count < limit && !call->out->bad;
         at = ap_history_next(history, at)) {
        after = at->track_id;
        if (!is_wanted(call, at, &s, has_box ? &box : NULL))
            continue;
        ap_text_str(call->out, count++ > 0 ? ",\n" : "\n");
        put_feature(call, at, &s);
    }
    put_footer(call, count, at != NULL, after);
}

void ap_api_ogc_item(ap_api_call *call)
{
    const ap_trail *trail = trail_of(call);
    span all = { AP_UTC_UNKNOWN + 1, INT64_MAX };
    if (!trail)
        return;
    ap_api_type(call, AP_API_GEOJSON);
    put_feature(call, trail, &all);
    AP_PUT(call->out, "\n");
}

void ap_api_ogc_geometry(ap_api_call *call)
{
    const ap_trail *trail = trail_of(call);
    span s;
    if (!trail || !read_span(call, &s))
        return;
    AP_PUT(call->out,
           "{\"type\":\"TemporalGeometrySequence\",\"geometrySequence\":[{\"id\":\"1\",");
    put_moving_point(call, trail, &s);
    AP_PUT(call->out, "}],\n\"timeStamp\":");
    put_utc(call->out, call->api->now);
    AP_PUT(call->out, ",\"numberMatched\":1,\"numberReturned\":1}\n");
}

/* What there is; the values are asked for by name. */
void ap_api_ogc_properties(ap_api_call *call)
{
    if (!trail_of(call))
        return;
    AP_PUT(call->out, "{\"temporalProperties\":[");
    for (size_t i = 0; i < PROPERTY_COUNT; i++) {
        ap_text_str(call->out, i > 0 ? ",\n" : "\n");
        put_property(call->out, &properties[i]);
    }
    AP_PUT(call->out, "],\n\"timeStamp\":");
    put_utc(call->out, call->api->now);
    AP_PUT(call->out, ",\"numberMatched\":");
    ap_text_u64(call->out, PROPERTY_COUNT);
    AP_PUT(call->out, ",\"numberReturned\":");
    ap_text_u64(call->out, PROPERTY_COUNT);
    AP_PUT(call->out, "}\n");
}

void ap_api_ogc_property(ap_api_call *call)
{
    const ap_trail *trail = trail_of(call);
    span s;
    if (!trail || !read_span(call, &s))
        return;
    for (size_t i = 0; i < PROPERTY_COUNT; i++) {
        if (strcmp(properties[i].name, call->part[1]) != 0)
            continue;
        put_property(call->out, &properties[i]);
        call->out->size -= !call->out->bad; /* its brace */
        AP_PUT(call->out, ",\"valueSequence\":[{\"datetimes\":");
        put_list(call, trail, &s, put_time);
        AP_PUT(call->out, ",\n\"values\":");
        put_list(call, trail, &s, properties[i].put);
        AP_PUT(call->out, ",\"interpolation\":\"Linear\"}]}\n");
        return;
    }
    ap_api_error(call, 404, "there is no such property",
                 "ground_speed, track, vertical_rate or altitude");
}
