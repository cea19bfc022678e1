#include <math.h>

#include <cjson/cJSON.h>

#include "app/test_api_archive.h"

static const char *body_of(api_bench *b, const char *url)
{
    (void)api_bench_ask(b, "GET", url, NULL);
    return (const char *)b->body;
}

static cJSON *json_of(api_bench *b, const char *url)
{
    if (api_bench_ask(b, "GET", url, NULL).status != 200)
        fail_msg("%s: %s", url, (char *)b->body);
    cJSON *root = cJSON_Parse((char *)b->body);
    assert_non_null(root);
    return root;
}

static const cJSON *at(const cJSON *object, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!found)
        fail_msg("no %s", key);
    return found;
}

/* Without an archive it says so; with one, what cannot be used. */
static void test_api_archive_refuses(void **state)
{
    api_bench *b = *state;
    test_archive archive = { .folder = "" };
    static const struct {
        const char *url;
        unsigned status;
    } cases[] = {
        { "/api/v1/archive", 200 },
        { "/api/v1/archive?x=1", 400 },
        { "/api/v1/archive/frames", 400 },
        { "/api/v1/archive/frames?until=1717664402", 400 },
        { "/api/v1/archive/frames?from=noon", 400 },
        { "/api/v1/archive/frames?from=1e300", 400 },
        { "/api/v1/archive/frames?from=1717664405&until=1717664402", 400 },
        { "/api/v1/archive/frames?from=1717664405&step_s=0", 400 },
        { "/api/v1/archive/frames?from=1717664405&age_s=601", 400 },
        { "/api/v1/archive/frames?from=1717664405&format=xml", 400 },
        { "/api/v1/archive/frames?from=1717664405", 200 },
        { "/api/v1/archive/frames?from=0", 200 },
        { "/api/v1/archive/frames?from=8e9", 200 },
        { "/api/v1/archive/alerts?limit=10001", 400 },
        { "/api/v1/archive/tracks/0", 404 },
        { "/api/v1/archive/tracks/1x", 404 },
        { "/api/v1/archive/tracks/3", 404 },
        { "/api/v1/archive/tracks/99999999999", 404 },
        { "/api/v1/archive/tracks/3.kml", 404 },
        { "/api/v1/archive/tracks/1.xml", 404 },
        { "/api/v1/archive/tracks/1.csv?from=1717664500", 404 },
        { "/api/v1/archive/tracks/2.csv", 200 },
        { "/api/v1/archive/tracks/1?points=0", 200 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned status = api_bench_ask(b, "GET", cases[i].url, NULL).status;
        assert_true(status == 404 || (status == 400 && cases[i].status == 400));
    }
    assert_non_null(strstr(body_of(b, "/api/v1/archive"), "no archive is kept here"));
    fill_archive(b, &archive);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_api_reply reply = api_bench_ask(b, "GET", cases[i].url, NULL);
        if (reply.status != cases[i].status)
            fail_msg("%s: %u %s", cases[i].url, reply.status, (char *)b->body);
    }
    end_archive(b, &archive);
}

static double sum_of(const cJSON *object, const char *list, const char *key)
{
    double sum = 0;
    const cJSON *one;
    cJSON_ArrayForEach(one, at(object, list)) sum += at(one, key)->valuedouble;
    return sum;
}

/* One track: as it was at a time, with points before it only; at most so many. */
static void test_api_archive_track(void **state)
{
    api_bench *b = *state;
    test_archive archive = { .folder = "" };
    fill_archive(b, &archive);
    cJSON *root = json_of(b, "/api/v1/archive/tracks/2?time=1717664411.5");
    assert_int_equal(cJSON_GetArraySize(at(root, "history")), 12);
    assert_true(at(at(root, "track"), "time_s")->valuedouble == 1717664411);
    assert_string_equal(at(at(root, "track"), "callsign")->valuestring, "DLH2");
    assert_int_equal(cJSON_GetArraySize(at(root, "reasons")), 0);
    assert_true(fabs(sum_of(root, "history", "latitude_deg") - 12 * 50 - 0.066) < 1e-6);
    cJSON_Delete(root);
    root = json_of(b, "/api/v1/archive/tracks/1?points=4");
    assert_int_equal(cJSON_GetArraySize(at(root, "history")), 4);
    const cJSON *newest = cJSON_GetArrayItem(at(root, "history"), 3);
    assert_true(at(newest, "latitude_deg")->valuedouble == 50.014);
    assert_true(at(newest, "altitude_m")->valuedouble == 10058.4);
    assert_int_equal(cJSON_GetArraySize(at(root, "reasons")), 1);
    cJSON_Delete(root);
    root = json_of(b, "/api/v1/archive/alerts?until=1717664404");
    assert_int_equal(cJSON_GetArraySize(at(root, "alerts")), 0); /* it began at 5 s */
    cJSON_Delete(root);
    root = json_of(b, "/api/v1/archive/alerts?from=1717664408");
    assert_int_equal(cJSON_GetArraySize(at(root, "alerts")), 1);
    cJSON_Delete(root);
    (void)api_bench_ask(b, "GET", "/api/v1/archive/tracks/1.csv?until=1717664403", NULL);
    int lines = 0;
    for (const char *c = (const char *)b->body; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 4); /* the head, and 0, 1, 2 s */
    end_archive(b, &archive);
}

/* The next of a row of numbers, below `count`. */
static size_t draw(uint64_t *seed, size_t count)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)((*seed >> 33) % count);
}

/* A question that means ill, of parts that each mean something. */
static void ask_absurdly(uint64_t *seed, char *url, size_t size)
{
    static const char *const paths[] = { "",           "/frames",          "/alerts",
                                         "/tracks/1",  "/tracks/2.csv",    "/tracks/1.kml",
                                         "/tracks/-1", "/tracks/1.geojson" };
    static const char *const names[] = { "from",  "until", "time",   "step_s",
                                         "age_s", "limit", "points", "format" };
    static const char *const values[] = { "1717664400",
                                          "1717664405.5",
                                          "1717664414.999999999",
                                          "2024-06-06T09:00:07Z",
                                          "1700-01-01T00:00:00Z",
                                          "2200-12-31T23:59:59.999999999Z",
                                          "0",
                                          "1",
                                          "-1",
                                          "0.1",
                                          "3600",
                                          "8.99999999999e9",
                                          "-8.99999999999e9",
                                          "1e99",
                                          "-1e-99",
                                          "NaN",
                                          "inf",
                                          "",
                                          "18446744073709551616",
                                          "4294967296",
                                          "10000",
                                          "100000",
                                          "json",
                                          "binary",
                                          "\"',\\%s%n",
                                          "\xff\xfe" };
    size_t at = (size_t)snprintf(url, size, "/api/v1/archive%s",
                                 paths[draw(seed, sizeof paths / sizeof paths[0])]);
    size_t count = draw(seed, 4);
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(url + at, size - at, "%c%s=%s", i > 0 ? '&' : '?',
                               names[draw(seed, sizeof names / sizeof names[0])],
                               values[draw(seed, sizeof values / sizeof values[0])]);
}

/* Whatever is asked: an answer of ours, whole, and the same when it is asked again. */
static void test_api_archive_absurd(void **state)
{
    api_bench *b = *state;
    test_archive archive = { .folder = "" };
    unsigned told[600] = { 0 };
    fill_archive(b, &archive);
    uint64_t seed = 1;
    for (int i = 0; i < 1500; i++) {
        char url[512];
        ask_absurdly(&seed, url, sizeof url);
        ap_api_reply reply = api_bench_ask(b, "GET", url, NULL);
        size_t size = reply.body.size;
        if (reply.body.bad || (reply.status != 200 && reply.status != 400 && reply.status != 404))
            fail_msg("%s: %u %s", url, reply.status, (char *)b->body);
        told[reply.status]++;
        cJSON *root = strstr(reply.content_type, "json") ? cJSON_Parse((char *)b->body) : NULL;
        if (strstr(reply.content_type, "json") && !root)
            fail_msg("%s: no JSON: %.100s", url, (char *)b->body);
        cJSON_Delete(root);
        assert_int_equal(api_bench_ask(b, "GET", url, NULL).body.size, size);
    }
    assert_true(told[200] > 100 && told[400] > 100 && told[404] > 20);
    end_archive(b, &archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_api_archive_refuses, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_archive_track, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_archive_absurd, api_bench_set_up,
                                        api_bench_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
