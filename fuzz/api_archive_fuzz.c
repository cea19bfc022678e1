/* Any question about an archive that is there: the first octet chooses the path, the rest is the
 * query, or the end of the path as well. Every answer is whole and within its memory, JSON where it
 * says so, and the same when it is asked for again; frames count from 1 and go forward in time. */
#define _GNU_SOURCE
#include <assert.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "app/test_api_archive.h"

static const char *const paths[] = { "/api/v1/archive?",
                                     "/api/v1/archive/frames?from=1717664405&",
                                     "/api/v1/archive/frames?",
                                     "/api/v1/archive/alerts?",
                                     "/api/v1/archive/tracks/1?",
                                     "/api/v1/archive/tracks/2.geojson?",
                                     "/api/v1/archive/tracks/1.kml?",
                                     "/api/v1/archive/tracks/1.csv?",
                                     "/api/v1/archive/" };
#define PATH_COUNT (sizeof paths / sizeof paths[0])

static api_bench *bench;
static test_archive archive;

static void remove_archive(void)
{
    end_archive(bench, &archive);
    api_bench_free(bench);
}

static void begin(void)
{
    bench = api_bench_make();
    fill_archive(bench, &archive);
    atexit(remove_archive);
    /* The older segment is finished beside this; afterwards nothing changes any more. */
    do
        (void)api_bench_ask(bench, "GET", "/api/v1/archive", NULL);
    while (!strstr((const char *)bench->body, "\"finished\":true") && usleep(1000) == 0);
}

static void check_frames(const cJSON *root)
{
    const cJSON *frames = cJSON_GetObjectItemCaseSensitive(root, "frames");
    int count = 0;
    double before_s = -1e12;
    for (const cJSON *one = frames ? frames->child : NULL; one; one = one->next) {
        const cJSON *sequence = cJSON_GetObjectItemCaseSensitive(one, "sequence");
        const cJSON *time_s = cJSON_GetObjectItemCaseSensitive(one, "time_s");
        assert(sequence && sequence->valueint == ++count);
        assert(time_s && time_s->valuedouble > before_s);
        before_s = time_s->valuedouble;
    }
    assert(count <= 3600);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char url[512];
    if (!bench)
        begin();
    if (size == 0)
        return 0;
    (void)snprintf(url, sizeof url, "%s%.*s", paths[data[0] % PATH_COUNT], (int)size - 1,
                   (const char *)data + 1);
    ap_api_reply reply = api_bench_ask(bench, "GET", url, NULL);
    size_t length = reply.body.size;
    assert(!reply.body.bad && reply.content_type);
    assert(reply.status == 200 || reply.status == 400 || reply.status == 404 ||
           reply.status == 503);
    if (strstr(reply.content_type, "json")) {
        cJSON *root = cJSON_ParseWithOpts((const char *)bench->body, NULL, 1);
        assert(root);
        check_frames(root);
        cJSON_Delete(root);
    }
    uint8_t *kept = malloc(length + 1);
    assert(kept);
    memcpy(kept, bench->body, length);
    reply = api_bench_ask(bench, "GET", url, NULL);
    assert(reply.body.size == length && memcmp(kept, bench->body, length) == 0);
    free(kept);
    return 0;
}
