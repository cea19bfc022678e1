#include "app/api.h"

#include <string.h>

#include "app/api_call.h"
#include "wire/json.h"

const char AP_API_JSON[] = "application/json";
const char AP_API_GEOJSON[] = "application/geo+json";
const char AP_API_TEXT[] = "text/plain; charset=utf-8";

#define PARAMETER_CAP 8

typedef struct route {
    const char *pattern; /* "*" stands for one segment, within one for its middle */
    void (*answer)(ap_api_call *call);
    enum {
        PLAIN,
        ANY_PARAMETER, /* web maps add one so that nothing is kept */
        ACTS           /* by POST; others are read */
    } how;
    const char *parameter[PARAMETER_CAP];
} route;

#define ARCHIVED "/api/v1/archive/tracks/"
#define TRACKS "/ogc/collections/tracks"

static const route routes[] = {
    { "/data/aircraft.json", ap_api_aircraft, ANY_PARAMETER, { NULL } },
    { "/data/receiver.json", ap_api_receiver, ANY_PARAMETER, { NULL } },
    { "/data/stats.json", ap_api_stats, ANY_PARAMETER, { NULL } },
    { "/data/history_*.json", ap_api_history_file, ANY_PARAMETER, { NULL } },
    { "/data/traces/*/*", ap_api_trace, ANY_PARAMETER, { NULL } },
    { "/api/v1/tracks",
      ap_api_tracks,
      PLAIN,
      { "box", "level_min", "level_max", "kind", "since", "after", "limit", "format" } },
    { "/api/v1/tracks/*", ap_api_track, PLAIN, { "points" } },
    { "/api/v1/alerts", ap_api_alerts, PLAIN, { "active", "track", "limit" } },
    { "/api/v1/alerts/*/acknowledge", ap_api_acknowledge, ACTS, { "since_s" } },
    { "/api/v1/display", ap_api_display, PLAIN, { NULL } },
    { "/api/v1/session", ap_api_session, PLAIN, { NULL } },
    { "/api/v1/sensors", ap_api_sensors, PLAIN, { NULL } },
    { "/api/v1/statistics", ap_api_statistics, PLAIN, { NULL } },
    { "/api/v1/archive", ap_api_archive, PLAIN, { NULL } },
    { "/api/v1/archive/frames",
      ap_api_archive_frames,
      PLAIN,
      { "from", "until", "step_s", "age_s", "format" } },
    { "/api/v1/archive/alerts", ap_api_archive_alerts, PLAIN, { "from", "until", "limit" } },
    { ARCHIVED "*.geojson", ap_api_archive_geojson, PLAIN, { "time", "from", "until" } },
    { ARCHIVED "*.kml", ap_api_archive_kml, PLAIN, { "time", "from", "until" } },
    { ARCHIVED "*.csv", ap_api_archive_csv, PLAIN, { "time", "from", "until" } },
    { ARCHIVED "*", ap_api_archive_track, PLAIN, { "time", "points" } },
    { "/api/openapi.json", ap_api_openapi, PLAIN, { NULL } },
    { "/ogc", ap_api_ogc_landing, PLAIN, { NULL } },
    { "/ogc/conformance", ap_api_ogc_conformance, PLAIN, { NULL } },
    { "/ogc/collections", ap_api_ogc_collections, PLAIN, { NULL } },
    { TRACKS, ap_api_ogc_collection, PLAIN, { NULL } },
    { TRACKS "/items", ap_api_ogc_items, PLAIN, { "bbox", "datetime", "limit", "after" } },
    { TRACKS "/items/*", ap_api_ogc_item, PLAIN, { NULL } },
    { TRACKS "/items/*/tgsequence", ap_api_ogc_geometry, PLAIN, { "datetime" } },
    { TRACKS "/items/*/tproperties", ap_api_ogc_properties, PLAIN, { NULL } },
    { TRACKS "/items/*/tproperties/*", ap_api_ogc_property, PLAIN, { "datetime" } },
    { "/metrics", ap_api_metrics, PLAIN, { NULL } },
    { "/healthz", ap_api_health, PLAIN, { NULL } },
    { "/readyz", ap_api_ready, PLAIN, { NULL } },
};
#define ROUTE_COUNT (sizeof routes / sizeof routes[0])

const char *ap_api_route(size_t i)
{
    return i < ROUTE_COUNT ? routes[i].pattern : NULL;
}

/* ---- for the routes ---- */

void ap_api_type(ap_api_call *call, const char *content_type)
{
    call->reply->content_type = content_type;
}

void ap_api_error(ap_api_call *call, unsigned status, const char *error, const char *expected)
{
    ap_writer *out = call->out;
    out->size = 0;
    out->bad = false;
    call->reply->status = status;
    call->reply->cache_control = "no-store";
    call->reply->etag[0] = '\0';
    ap_api_type(call, AP_API_JSON);
    AP_PUT(out, "{\"error\":");
    ap_json_string(out, error, strlen(error));
    if (expected) {
        AP_PUT(out, ",\"expected\":");
        ap_json_string(out, expected, strlen(expected));
    }
    AP_PUT(out, "}\n");
}

const char *ap_api_parameter(const ap_api_call *call, const char *name)
{
    const ap_api_request *request = call->request;
    const char *found, *value;
    for (size_t i = 0;
         request->parameter && request->parameter(request->context, i, &found, &value); i++)
        if (strcmp(found, name) == 0)
            return value;
    return NULL;
}

bool ap_api_is_known(ap_api_call *call, const char *prefix, uint64_t a, uint64_t b)
{
    const char *has = call->request->if_none_match;
    ap_writer tag = ap_writer_of((uint8_t *)call->reply->etag, AP_API_ETAG_SIZE - 1);
    AP_PUT(&tag, "\"");
    ap_text_str(&tag, prefix);
    ap_text_u64(&tag, a);
    AP_PUT(&tag, "-");
    ap_text_u64(&tag, b);
    AP_PUT(&tag, "\"");
    call->reply->etag[tag.bad ? 0 : tag.size] = '\0';
    call->reply->cache_control = "no-cache"; /* to be kept, and asked for again with its tag */
    if (!has || !call->reply->etag[0] || !strstr(has, call->reply->etag))
        return false;
    call->reply->status = 304;
    return true;
}

/* ---- dispatch ---- */

/* The middle of a segment that begins and ends as the pattern's. */
static bool match_segment(const char *pattern, size_t pattern_size, const char *segment,
                          size_t size, ap_api_call *call, size_t *part)
{
    const char *star = memchr(pattern, '*', pattern_size);
    if (!star)
        return size == pattern_size && memcmp(pattern, segment, size) == 0;
    size_t head = (size_t)(star - pattern), tail = pattern_size - head - 1;
    if (size < head + tail + 1 || size - head - tail >= AP_API_PART_SIZE ||
        memcmp(pattern, segment, head) != 0 || memcmp(star + 1, segment + size - tail, tail) != 0)
        return false;
    memcpy(call->part[*part], segment + head, size - head - tail);
    call->part[*part][size - head - tail] = '\0';
    (*part)++;
    return true;
}

static bool match(const char *pattern, const char *path, ap_api_call *call)
{
    size_t part = 0;
    while (*pattern == '/' && *path == '/') {
        size_t pattern_size = strcspn(++pattern, "/"), size = strcspn(++path, "/");
        if (!match_segment(pattern, pattern_size, path, size, call, &part))
            return false;
        pattern += pattern_size;
        path += size;
    }
    if (*path == '/' && path[1] == '\0')
        path++; /* one at the end changes nothing */
    return *pattern == '\0' && *path == '\0';
}

/* False after an error: a misspelt filter must not answer with everything. */
static bool parameters_are_known(ap_api_call *call, const route *of)
{
    const ap_api_request *request = call->request;
    const char *name, *value;
    for (size_t i = 0; request->parameter && request->parameter(request->context, i, &name, &value);
         i++) {
        bool known = of->how == ANY_PARAMETER;
        for (size_t k = 0; !known && k < PARAMETER_CAP && of->parameter[k]; k++)
            known = strcmp(of->parameter[k], name) == 0;
        if (known)
            continue;
        char expected[256];
        ap_writer list = ap_writer_of((uint8_t *)expected, sizeof expected - 1);
        ap_text_str(&list, of->parameter[0] ? "parameters: " : "no parameters");
        for (size_t k = 0; k < PARAMETER_CAP && of->parameter[k]; k++) {
            ap_text_str(&list, k > 0 ? ", " : "");
            ap_text_str(&list, of->parameter[k]);
        }
        expected[list.size] = '\0';
        ap_api_error(call, 400, "an unknown parameter", expected);
        return false;
    }
    return true;
}

static const route *route_of(ap_api_call *call)
{
    for (size_t i = 0; i < ROUTE_COUNT; i++)
        if (match(routes[i].pattern, call->request->path, call))
            return &routes[i];
    return NULL;
}

/* False after an error. */
static bool method_is_good(ap_api_call *call, const route *of)
{
    const char *method = call->request->method;
    bool acts = of->how == ACTS;
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (acts ? strcmp(method, "POST") == 0 : reads)
        return true;
    ap_api_error(call, 405, acts ? "this is done, not read" : "this can only be read",
                 acts ? "POST" : "GET or HEAD");
    call->reply->allow = acts ? "POST" : "GET, HEAD";
    return false;
}

void ap_api_answer(const ap_api *api, const ap_api_request *request, ap_api_reply *reply)
{
    ap_api_call call = { .api = api, .request = request, .reply = reply, .out = &reply->body };
    reply->status = 200;
    reply->content_type = AP_API_JSON;
    reply->cache_control = "no-store";
    reply->allow = NULL;
    reply->etag[0] = '\0';
    reply->is_later = false;
    reply->body.size = 0;
    reply->body.bad = false;
    const route *found = route_of(&call);
    if (!found) {
        ap_api_error(&call, 404, "there is nothing under this path",
                     "a path of /api/openapi.json, /data, /ogc, /metrics, /healthz or /readyz");
        return;
    }
    if (!method_is_good(&call, found))
        return;
    if (!parameters_are_known(&call, found))
        return;
    found->answer(&call);
    if (reply->body.bad)
        ap_api_error(&call, 503, "the answer is larger than the memory for it",
                     "a smaller box, limit or number of points");
}
