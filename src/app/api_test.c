#include "app/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include <cjson/cJSON.h>

#include "app/api_call.h"
#include "app/test_api_archive.h"

static cJSON *ask_json(api_bench *b, const char *text, unsigned status)
{
    ap_api_reply reply = api_bench_ask(b, "GET", text, NULL);
    if (reply.status != status)
        fail_msg("%s: %u %s", text, reply.status, (char *)b->body);
    cJSON *root = cJSON_ParseWithOpts((char *)b->body, NULL, 1);
    if (!root)
        fail_msg("%s: %s", text, (char *)b->body);
    return root;
}

static const cJSON *at(const cJSON *object, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!found)
        fail_msg("no %s", key);
    return found;
}

/* ---- the document of the interface against the answers ---- */

static const cJSON *resolve(const cJSON *document, const cJSON *schema)
{
    const cJSON *ref = cJSON_GetObjectItem(schema, "$ref");
    for (; ref; ref = cJSON_GetObjectItem(schema, "$ref")) {
        const char *name = strrchr(ref->valuestring, '/') + 1;
        const cJSON *components = at(document, "components");
        bool is_schema = strstr(ref->valuestring, "/schemas/");
        schema = at(at(components, is_schema ? "schemas" : "responses"), name);
    }
    return schema;
}

static bool is_of_type(const cJSON *value, const char *type)
{
    if (strcmp(type, "integer") == 0)
        return cJSON_IsNumber(value) && value->valuedouble == (double)(int64_t)value->valuedouble;
    return strcmp(type, "number") == 0    ? cJSON_IsNumber(value)
           : strcmp(type, "string") == 0  ? cJSON_IsString(value)
           : strcmp(type, "boolean") == 0 ? cJSON_IsBool(value)
           : strcmp(type, "array") == 0   ? cJSON_IsArray(value)
                                          : cJSON_IsObject(value);
}

typedef struct pending {
    const cJSON *schema, *value;
    const char *name;
} pending;

#define PENDING_CAP 20000

/* Required members, types, enums, bounds; a member that the document does not name is wrong, unless
 * it lets any be. */
static void check_schema(const cJSON *document, const char *path, const cJSON *schema,
                         const cJSON *value)
{
    static pending stack[PENDING_CAP];
    size_t count = 0;
    stack[count++] = (pending){ schema, value, "answer" };
    while (count > 0) {
        pending p = stack[--count];
        const cJSON *of = resolve(document, p.schema), *member,
                    *type = cJSON_GetObjectItem(of, "type");
        if (cJSON_IsNull(p.value) && cJSON_IsTrue(cJSON_GetObjectItem(of, "nullable")))
            continue;
        if (type && !is_of_type(p.value, type->valuestring))
            fail_msg("%s: %s is no %s", path, p.name, type->valuestring);
        const cJSON *least = cJSON_GetObjectItem(of, "minimum"), *choice;
        const cJSON *choices = cJSON_GetObjectItem(of, "enum");
        if (least && p.value->valuedouble < least->valuedouble)
            fail_msg("%s: %s is below its minimum", path, p.name);
        bool chosen = choices == NULL;
        cJSON_ArrayForEach(choice, choices) chosen |= cJSON_Compare(choice, p.value, 1);
        if (!chosen)
            fail_msg("%s: %s is none of its enum", path, p.name);
        cJSON_ArrayForEach(member, cJSON_GetObjectItem(of, "required"))
        {
            if (!cJSON_GetObjectItemCaseSensitive(p.value, member->valuestring))
                fail_msg("%s: %s has no %s", path, p.name, member->valuestring);
        }
        const cJSON *properties = cJSON_GetObjectItem(of, "properties");
        const cJSON *items = cJSON_GetObjectItem(of, "items");
        bool is_open = !cJSON_IsObject(p.value) || !properties || !properties->child ||
                       cJSON_GetObjectItem(of, "additionalProperties");
        cJSON_ArrayForEach(member, p.value)
        {
            const cJSON *inner = cJSON_IsArray(p.value)
                                     ? items
                                     : cJSON_GetObjectItemCaseSensitive(properties, member->string);
            assert_true(count < PENDING_CAP);
            if (inner)
                stack[count++] =
                    (pending){ inner, member, member->string ? member->string : p.name };
            else if (!is_open)
                fail_msg("%s: %s has a %s that no one knows of", path, p.name, member->string);
        }
    }
}

/* The path with its examples, and the query. `query` 0: none, 1: all, else only that one. */
static void url_of(const cJSON *path, const cJSON *parameters, int query, char *url, size_t cap)
{
    const cJSON *one;
    bool any = false;
    int number = 1;
    snprintf(url, cap, "%s", path->string);
    cJSON_ArrayForEach(one, parameters)
    {
        char value[128], braced[64], rest[512];
        const cJSON *example = at(one, "example");
        if (cJSON_IsString(example))
            snprintf(value, sizeof value, "%s", example->valuestring);
        else
            snprintf(value, sizeof value, "%d", example->valueint);
        bool in_path = strcmp(at(one, "in")->valuestring, "path") == 0;
        snprintf(braced, sizeof braced, "{%s}", at(one, "name")->valuestring);
        char *place = strstr(url, braced);
        if (in_path) {
            assert_non_null(place);
            snprintf(rest, sizeof rest, "%s", place + strlen(braced));
            snprintf(place, cap - (size_t)(place - url), "%s%s", value, rest);
            continue;
        }
        number++;
        if (!cJSON_IsTrue(cJSON_GetObjectItem(one, "required")) &&
            (query == 0 || (query > 1 && query != number)))
            continue;
        size_t size = strlen(url);
        snprintf(url + size, cap - size, "%c%s=%s", any ? '&' : '?', at(one, "name")->valuestring,
                 value);
        any = true;
    }
}

static void check_answer(api_bench *b, const cJSON *document, const cJSON *get, const char *url)
{
    bool acts = strcmp(get->string, "post") == 0;
    ap_api_reply reply = api_bench_ask(b, acts ? "POST" : "GET", url, NULL);
    if (reply.status != 200)
        fail_msg("%s: %u %s", url, reply.status, (char *)b->body);
    const cJSON *content = at(at(at(get, "responses"), "200"), "content");
    const cJSON *media = cJSON_GetObjectItemCaseSensitive(content, reply.content_type);
    if (!media)
        fail_msg("%s: %s is not in the document", url, reply.content_type);
    if (!strstr(reply.content_type, "json"))
        return;
    cJSON *root = cJSON_ParseWithOpts((char *)b->body, NULL, 1);
    if (!root)
        fail_msg("%s: no JSON: %s", url, (char *)b->body);
    check_schema(document, url, at(media, "schema"), root);
    cJSON_Delete(root);
}

static void test_openapi_is_what_is_answered(void **state)
{
    api_bench *b = *state;
    test_archive archive = { .folder = "" };
    fill_archive(b, &archive);
    cJSON *document = ask_json(b, "/api/openapi.json", 200);
    const cJSON *path, *paths = at(document, "paths");
    size_t routes = 0;
    cJSON_ArrayForEach(path, paths)
    {
        const cJSON *post = cJSON_GetObjectItem(path, "post"), *get = post ? post : at(path, "get"),
                    *parameters = cJSON_GetObjectItem(get, "parameters");
        char url[512];
        for (int query = 0; query < 2 + cJSON_GetArraySize(parameters); query++) {
            const cJSON *since = NULL, *one;
            cJSON_ArrayForEach(one, parameters) if (strcmp(at(one, "name")->valuestring, "since") ==
                                                    0) since = one;
            if (query == 1 && since)
                continue; /* since and after are not had together */
            url_of(path, parameters, query, url, sizeof url);
            check_answer(b, document, get, url);
        }
    }
    check_answer(b, document, at(at(paths, "/api/v1/tracks"), "get"),
                 "/api/v1/tracks?format=geojson&since=0");
    while (ap_api_route(routes))
        routes++;
    assert_int_equal(cJSON_GetArraySize(paths), routes);
    cJSON_Delete(document);
    end_archive(b, &archive);
}

static void test_display_tells_what_is_served(void **state)
{
    static const char *const words[] = { "live", "recording", "simulation" };
    api_bench *b = *state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        b->api.serves = (ap_api_serves)i;
        cJSON *display = ask_json(b, "/api/v1/display", 200);
        assert_string_equal(at(display, "serves")->valuestring, words[i]);
        assert_non_null(at(display, "tiles"));
        assert_false(cJSON_HasObjectItem(display, "ended"));
        cJSON_Delete(display);
    }
    b->api.has_ended = true;
    cJSON *display = ask_json(b, "/api/v1/display", 200);
    assert_true(cJSON_IsTrue(at(display, "ended")));
    cJSON_Delete(display);
}

/* Every other method is told what may be done instead. */
static void test_api_methods(void **state)
{
    api_bench *b = *state;
    static const char *const methods[] = { "POST", "PUT", "PATCH", "DELETE", "get", "" };
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        ap_api_reply reply = api_bench_ask(b, methods[i], "/ogc/collections/tracks/items", NULL);
        assert_int_equal(reply.status, 405);
        assert_string_equal(reply.allow, "GET, HEAD");
        assert_non_null(strstr((char *)b->body, "\"error\""));
    }
    assert_int_equal(api_bench_ask(b, "HEAD", "/healthz", NULL).status, 200);
}

static void test_api_refuses(void **state)
{
    api_bench *b = *state;
    static const struct {
        const char *url;
        unsigned status;
    } cases[] = {
        { "/", 404 },
        { "/api/v1", 404 },
        { "/api/v1/track", 404 },
        { "/api/v1/tracks/", 200 },
        { "/api/v1/tracks//", 404 },
        { "/api/v1/tracks/12/x", 404 },
        { "/api/v1/tracks/99", 404 },
        { "/api/v1/tracks/n99", 404 },
        { "/api/v1/tracks/0", 404 },
        { "/api/v1/tracks/99999999999", 404 },
        { "/api/v1/tracks?boxx=1,2,3,4", 400 },
        { "/api/v1/tracks?box=1,2,3", 400 },
        { "/api/v1/tracks?box=1,2,3,4,5", 400 },
        { "/api/v1/tracks?box=1,2,nan,4", 400 },
        { "/api/v1/tracks?box=1,2,3,", 400 },
        { "/api/v1/tracks?box=1,60,3,50", 400 },
        { "/api/v1/tracks?box=1,2,3,4,5,6", 200 },
        { "/api/v1/tracks?limit=-1", 400 },
        { "/api/v1/tracks?limit=1e99", 400 },
        { "/api/v1/tracks?limit=1.5", 400 },
        { "/api/v1/tracks?limit=", 400 },
        { "/api/v1/tracks?limit=0", 200 },
        { "/api/v1/tracks?level_min=FL", 400 },
        { "/api/v1/tracks?level_min=high", 400 },
        { "/api/v1/tracks?kind=adsb,", 400 },
        { "/api/v1/tracks?kind=boat", 400 },
        { "/api/v1/tracks?format=xml", 400 },
        { "/api/v1/tracks?since=1&after=1", 400 },
        { "/api/v1/alerts?active=yes", 400 },
        { "/data/history_120.json", 404 },
        { "/data/history_00.json", 404 },
        { "/data/history_-1.json", 404 },
        { "/data/history_.json", 404 },
        { "/data/traces/d2/trace_full_3c6dd2.jsn", 404 },
        { "/data/traces/d3/trace_full_3c6dd2.json", 404 },
        { "/data/traces/d2/trace_full_3c6dd.json", 404 },
        { "/data/aircraft.json?_=1717664", 200 },
        { "/ogc/", 200 },
        { "/ogc/collections/tracks/items/x", 404 },
        { "/ogc/collections/tracks/items/17", 404 },
        { "/ogc/collections/tracks/items?datetime=yesterday", 400 },
        { "/ogc/collections/tracks/items?datetime=2025-01-01/2024-01-01", 400 },
        { "/ogc/collections/tracks/items?datetime=../..", 200 },
        { "/ogc/collections/tracks/items?after=999", 400 },
        { "/ogc/collections/tracks/items/12/tproperties/colour", 404 },
        { "/healthz?x=1", 400 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_api_reply reply = api_bench_ask(b, "GET", cases[i].url, NULL);
        if (reply.status != cases[i].status)
            fail_msg("%s: %u %s", cases[i].url, reply.status, (char *)b->body);
        if (reply.status != 200)
            cJSON_Delete(ask_json(b, cases[i].url, cases[i].status));
    }
}

static int count_of(api_bench *b, const char *url, const char *list)
{
    cJSON *root = ask_json(b, url, 200);
    int count = cJSON_GetArraySize(at(root, list));
    cJSON_Delete(root);
    return count;
}

/* Four tracks are published: 12 at 51 N 4.7 W, 13 at 180 E, 14 on the ground, 15 coasting. */
static void test_api_tracks_filters(void **state)
{
    api_bench *b = *state;
    static const struct {
        const char *query;
        int count;
    } cases[] = {
        { "", 4 },
        { "?box=-5,50,-4,52", 3 },
        { "?box=179,-90,-179,90", 1 },
        { "?box=-179,-90,179,90", 3 },
        { "?level_min=FL300", 3 },
        { "?level_min=35001ft", 0 },
        { "?level_min=10668m&level_max=35000", 3 },
        { "?level_max=FL001", 1 },
        { "?kind=adsb", 3 },
        { "?kind=coasting,on_ground", 2 },
        { "?kind=psr&box=179,-90,-179,90", 1 },
        { "?limit=2", 2 },
        { "?after=13", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char url[128];
        snprintf(url, sizeof url, "/api/v1/tracks%s", cases[i].query);
        int count = count_of(b, url, "tracks");
        if (count != cases[i].count)
            fail_msg("%s: %d", url, count);
    }
}

/* In parts: the whole, without any twice. */
static void test_api_tracks_pages(void **state)
{
    api_bench *b = *state;
    char url[128] = "/api/v1/tracks?limit=3";
    cJSON *root = ask_json(b, url, 200);
    assert_true(cJSON_IsTrue(at(root, "more")));
    snprintf(url, sizeof url, "/api/v1/tracks?limit=3&after=%d", at(root, "next_after")->valueint);
    cJSON_Delete(root);
    root = ask_json(b, url, 200);
    assert_true(cJSON_IsFalse(at(root, "more")));
    assert_int_equal(cJSON_GetArraySize(at(root, "tracks")), 1);
    assert_int_equal(at(at(root, "tracks")->child, "track_id")->valueint, 15);
    cJSON_Delete(root);
}

/* From the beginning in steps of two changes, until nothing is left; then one more change. */
static void test_api_tracks_since(void **state)
{
    api_bench *b = *state;
    char url[128];
    double since = 0;
    int given = 0, rounds = 0;
    for (bool more = true; more && rounds < 10; rounds++) {
        snprintf(url, sizeof url, "/api/v1/tracks?limit=2&since=%.0f", since);
        cJSON *root = ask_json(b, url, 200);
        more = cJSON_IsTrue(at(root, "more"));
        since = at(root, "next_since")->valuedouble;
        given += cJSON_GetArraySize(at(root, "tracks"));
        if (rounds == 0) {
            assert_int_equal(cJSON_GetArraySize(at(root, "removed")), 1);
            assert_int_equal(at(root, "removed")->child->valueint, 16);
        }
        cJSON_Delete(root);
    }
    assert_int_equal(given, 4);
    assert_true(since == (double)ap_picture_sequence(&b->picture));
    ap_track track = api_bench_track(12, API_BENCH_NOW);
    ap_picture_copy(&b->picture, &track);
    snprintf(url, sizeof url, "/api/v1/tracks?since=%.0f", since);
    assert_int_equal(count_of(b, url, "tracks"), 1);
}

static void test_api_tracks_geojson_bbox(void **state)
{
    api_bench *b = *state;
    cJSON *root = ask_json(b, "/api/v1/tracks?format=geojson&kind=psr", 200);
    const cJSON *bbox = at(root, "bbox"), *features = at(root, "features");
    assert_int_equal(cJSON_GetArraySize(bbox), 4);
    const cJSON *place = at(at(features->child, "geometry"), "coordinates");
    assert_true(place->child->valuedouble < -179.88); /* 179.99 + 0.12, east of the date line */
    assert_true(cJSON_GetArrayItem(bbox, 0)->valuedouble == place->child->valuedouble);
    cJSON_Delete(root);
    root = ask_json(b, "/api/v1/tracks?format=geojson&limit=0", 200);
    assert_null(cJSON_GetObjectItem(root, "bbox"));
    cJSON_Delete(root);
}

static void test_api_track_by_any_name(void **state)
{
    api_bench *b = *state;
    static const struct {
        const char *name;
        int id;
    } cases[] = { { "12", 12 },     { "n4095", 12 },   { "3c6dd2", 12 }, { "3C6DD2", 12 },
                  { "n13", 13 },    { "~ff000d", 13 }, { "40000e", 14 }, { "~40000f", 15 },
                  { "400010", 16 }, { "16", 16 },      { "dlh9lf", 12 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char url[64];
        snprintf(url, sizeof url, "/api/v1/tracks/%s", cases[i].name);
        cJSON *root = ask_json(b, url, 200);
        assert_int_equal(at(root, "track_id")->valueint, cases[i].id);
        assert_true(cJSON_GetArraySize(at(root, "history")) >= 2);
        cJSON_Delete(root);
    }
    cJSON *root = ask_json(b, "/api/v1/tracks/12?points=1", 200);
    const cJSON *reasons = at(root, "reasons");
    assert_int_equal(cJSON_GetArraySize(at(root, "history")), 1);
    assert_string_equal(at(reasons->child, "text")->valuestring,
                        "first position of an address without a track");
    assert_string_equal(at(reasons->child, "sensor")->valuestring, "receiver");
    assert_int_equal(cJSON_GetArraySize(at(root, "alerts")), 1);
    assert_null(cJSON_GetObjectItem(at(root, "track"), "event"));
    cJSON_Delete(root);
}

static void test_api_alerts_filters(void **state)
{
    api_bench *b = *state;
    assert_int_equal(count_of(b, "/api/v1/alerts", "alerts"), 2);
    assert_int_equal(count_of(b, "/api/v1/alerts?active=true", "alerts"), 1);
    assert_int_equal(count_of(b, "/api/v1/alerts?track=13", "alerts"), 1);
    assert_int_equal(count_of(b, "/api/v1/alerts?limit=1", "alerts"), 1);
}

/* What can be kept is not sent twice. */
static void test_api_tags(void **state)
{
    api_bench *b = *state;
    static const char *const urls[] = { "/api/openapi.json", "/data/history_7.json",
                                        "/data/traces/d2/trace_full_3c6dd2.json" };
    for (size_t i = 0; i < 3; i++) {
        ap_api_reply reply = api_bench_ask(b, "GET", urls[i], "\"other\"");
        assert_int_equal(reply.status, 200);
        assert_true(reply.body.size > 0);
        char tag[AP_API_ETAG_SIZE];
        memcpy(tag, reply.etag, sizeof tag);
        assert_int_equal(tag[0], '"');
        reply = api_bench_ask(b, "GET", urls[i], tag);
        assert_int_equal(reply.status, 304);
        assert_int_equal(reply.body.size, 0);
    }
    char tag[AP_API_ETAG_SIZE];
    ap_api_reply reply = api_bench_ask(b, "GET", urls[2], NULL);
    memcpy(tag, reply.etag, sizeof tag);
    ap_track track = api_bench_track(12, API_BENCH_NOW + AP_NS_PER_S);
    ap_history_track(&b->history, &track, track.time_utc);
    assert_int_equal(api_bench_ask(b, "GET", urls[2], tag).status, 200);
}

/* Every counter at its widest: what is promised to be enough is. */
static void test_api_body_size(void **state)
{
    api_bench *b = *state;
    for (int i = 0; i < 3; i++) {
        memset(b->f.sensors[i].name, '"', AP_SENSOR_NAME_SIZE - 1);
        memset(&b->f.stats[i], 0xff, sizeof b->f.stats[i]);
        b->f.stats[i].pace = (ap_sensor_pace){ .report_count = 1.0,
                                               .latency_mean_s = -1e12 / 3,
                                               .latency_peak_s = -1e12 / 3,
                                               .has_azimuth = true,
                                               .azimuth_utc = INT64_MAX,
                                               .turn_s = 1e12 / 3,
                                               .turn_count = 2.0 };
        b->sensor_figures[i] = b->sensor_figures[0];
        b->f.stats[i].first_utc = b->f.stats[i].last_utc = API_BENCH_NOW;
    }
    static const char *const urls[] = { "/metrics", "/api/v1/sensors" };
    for (size_t i = 0; i < 2; i++) {
        ap_api_reply reply = api_bench_ask(b, "GET", urls[i], NULL);
        assert_int_equal(reply.status, 200);
        assert_true(reply.body.size < 16384 + 3 * 8192); /* but for what is there once */
    }
    assert_true(AP_API_BODY_SIZE(0, 0, 3) > 16384 + 3 * 8192);
}

/* Whatever does not fit is an error that does. */
static void test_api_small_memory(void **state)
{
    api_bench *b = *state;
    for (size_t i = 0; ap_api_route(i); i++) {
        ap_api_reply reply = { .body = ap_writer_of(b->body, 200) };
        ap_api_request request = { .method = "GET", .path = ap_api_route(i) };
        ap_api_answer(&b->api, &request, &reply);
        assert_false(reply.body.bad);
        assert_true(reply.status == 503 || reply.status == 404 || reply.body.size <= 200);
        if (strstr(ap_api_route(i), "aircraft"))
            assert_int_equal(reply.status, 503);
    }
}

static void test_api_ready(void **state)
{
    api_bench *b = *state;
    assert_int_equal(api_bench_ask(b, "GET", "/readyz", NULL).status, 200);
    b->figures.not_ready = "the checkpoint is being read";
    assert_int_equal(api_bench_ask(b, "GET", "/readyz", NULL).status, 503);
    assert_non_null(strstr((char *)b->body, "checkpoint"));
    assert_int_equal(api_bench_ask(b, "GET", "/healthz", NULL).status, 200);
}

static void test_api_stats_periods(void **state)
{
    api_bench *b = *state;
    cJSON *root = ask_json(b, "/data/stats.json", 200);
    static const struct {
        const char *key;
        int messages;
    } periods[] = { { "latest", 10 },
                    { "last1min", 10 },
                    { "last5min", 50 },
                    { "last15min", 150 },
                    { "total", 5000 } };
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(at(at(root, periods[i].key), "messages")->valueint, periods[i].messages);
    cJSON_Delete(root);
}

/* Text format 0.0.4: HELP and TYPE before the values, each metric once, numbers that parse,
 * histogram buckets that grow to the count, quoted labels. */
static void test_api_metrics_format(void **state)
{
    api_bench *b = *state;
    ap_api_reply reply = api_bench_ask(b, "GET", "/metrics", NULL);
    assert_string_equal(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
    char family[64] = "", *save = NULL;
    double bucket = 0;
    assert_non_null(strstr((char *)b->body, "input=\"roof \\\"1\\\"\"} 1000\n"));
    assert_non_null(strstr((char *)b->body, "airpicture_tracks{state=\"firm\"} 3\n"));
    assert_non_null(strstr((char *)b->body, "airpicture_latency_seconds_count 100\n"));
    assert_non_null(strstr((char *)b->body, "{sensor=\"receiver\",reason=\"gate\"} 2\n"));
    assert_non_null(strstr((char *)b->body, "airpicture_ring_lost_total{ring=\"journal\"} 7\n"));
    assert_non_null(strstr((char *)b->body, "_storage_bytes{store=\"recordings\"} 12345\n"));
    assert_non_null(strstr((char *)b->body, "_free_bytes{store=\"recordings\"} 67890\n"));
    assert_non_null(
        strstr((char *)b->body, "connects_refused_total{input=\"roof \\\"1\\\"\"} 4\n"));
    assert_non_null(strstr((char *)b->body, "airpicture_reports_lost_total 6\n"));
    assert_non_null(
        strstr((char *)b->body, "_refused_total{input=\"roof \\\"1\\\"\",reason=\"format\"} 3\n"));
    assert_non_null(strstr((char *)b->body, "_http_faults_total{reason=\"tls\"} 9\n"));
    assert_non_null(strstr((char *)b->body, "_http_faults_total{reason=\"stream_silent\"} 0\n"));
    assert_non_null(strstr((char *)b->body, "airpicture_log_lines_lost_total 2\n"));
    static const char *const outputs[] = { "clients{output=\"cat062\"} 3\n",
                                           "clients_cut_total{output=\"cat062\"} 4\n",
                                           "clients_refused_total{output=\"cat062\"} 5\n",
                                           "bytes_total{output=\"cat062\"} 600\n",
                                           "messages_total{output=\"cat062\"} 70\n",
                                           "lost_total{output=\"cat062\"} 8\n" };
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        char line[96];
        snprintf(line, sizeof line, "airpicture_output_%s", outputs[i]);
        assert_non_null(strstr((char *)b->body, line));
    }
    assert_non_null(strstr((char *)b->body, "sensor_latency_seconds{sensor=\"receiver\""));
    assert_null(strstr((char *)b->body, "sensor_turn_seconds{sensor=\"receiver\""));
    assert_non_null(strstr((char *)b->body, "_offset_degrees{sensor=\"radar, \\\"north\\\"\",kind="
                                            "\"combined\"} -0.2"));
    assert_non_null(strstr((char *)b->body, "combined\"} 59.160798\n")); /* sqrt(1000 + 2500) */
    assert_non_null(strstr((char *)b->body, "server_connected{output=\"postgres\"} 0\n"));
    assert_non_null(strstr((char *)b->body, "server_rows_total{output=\"postgres\"} 70\n"));
    assert_non_null(strstr((char *)b->body, "spool_rows{output=\"postgres\"} 11\n"));
    assert_non_null(strstr((char *)b->body, "spool_refused_total{output=\"postgres\"} 2\n"));
    assert_null(strstr((char *)b->body, "server_connected{output=\"cat062\"}"));
    assert_int_equal(b->body[reply.body.size - 1], '\n');
    for (char *line = strtok_r((char *)b->body, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char name[64], type[16];
        if (sscanf(line, "# HELP %63s", name) == 1) {
            snprintf(family, sizeof family, "%s", name);
            bucket = 0;
        } else if (sscanf(line, "# TYPE %63s %15s", name, type) == 2) {
            assert_string_equal(name, family);
            if (strcmp(type, "counter") == 0)
                assert_non_null(strstr(name, "_total"));
        } else {
            char *value = strrchr(line, ' '), *end;
            assert_int_equal(strncmp(line, family, strlen(family)), 0);
            assert_int_equal(strncmp(line, "airpicture_", 11), 0);
            double number = strtod(value + 1, &end);
            assert_int_equal(*end, '\0');
            if (strstr(line, "_bucket{")) {
                assert_true(number >= bucket);
                bucket = number;
            }
        }
    }
}

static void test_api_ogc_items(void **state)
{
    api_bench *b = *state;
    const char *items = "/ogc/collections/tracks/items";
    char url[256];
    assert_int_equal(count_of(b, items, "features"), 5); /* the one that ended, too */
    snprintf(url, sizeof url, "%s?bbox=179,-90,-179,90", items);
    assert_int_equal(count_of(b, url, "features"), 1);
    snprintf(url, sizeof url, "%s?datetime=2024-06-06T09:00:00Z/..", items);
    assert_int_equal(count_of(b, url, "features"), 4); /* 16 ended before */
    snprintf(url, sizeof url, "%s?datetime=2030-01-01/..", items);
    assert_int_equal(count_of(b, url, "features"), 0);
    snprintf(url, sizeof url, "%s?limit=4", items);
    cJSON *root = ask_json(b, url, 200);
    const cJSON *links = at(root, "links");
    assert_int_equal(cJSON_GetArraySize(links), 2);
    snprintf(url, sizeof url, "%s", at(cJSON_GetArrayItem(links, 1), "href")->valuestring);
    cJSON_Delete(root);
    assert_int_equal(count_of(b, url, "features"), 1);
    snprintf(url, sizeof url, "%s?bbox=-5,50,-4,52&limit=1", items); /* the filter goes on */
    root = ask_json(b, url, 200);
    assert_string_equal(at(cJSON_GetArrayItem(at(root, "links"), 1), "href")->valuestring,
                        "/ogc/collections/tracks/items?after=12&bbox=-5,50,-4,52&limit=1");
    cJSON_Delete(root);
    /* Times and places of a geometry belong together; heights where all points have one. */
    for (int id = 12; id <= 13; id++) {
        snprintf(url, sizeof url, "%s/%d/tgsequence", items, id);
        root = ask_json(b, url, 200);
        const cJSON *geometry = at(root, "geometrySequence")->child;
        const cJSON *places = at(geometry, "coordinates");
        assert_int_equal(cJSON_GetArraySize(places), cJSON_GetArraySize(at(geometry, "datetimes")));
        assert_int_equal(cJSON_GetArraySize(places->child), id == 12 ? 3 : 2);
        cJSON_Delete(root);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_display_tells_what_is_served, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_openapi_is_what_is_answered, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_methods, api_bench_set_up, api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_refuses, api_bench_set_up, api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_tracks_filters, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_tracks_pages, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_tracks_since, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_tracks_geojson_bbox, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_track_by_any_name, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_alerts_filters, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_tags, api_bench_set_up, api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_body_size, api_bench_set_up, api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_small_memory, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_ready, api_bench_set_up, api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_stats_periods, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_metrics_format, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_ogc_items, api_bench_set_up, api_bench_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
