/* Any method, path and query, and any message of a client of the stream: every answer is whole,
 * within its memory, JSON where it says so, and the same when it is asked for again. */
#include <assert.h>

#include <cjson/cJSON.h>

#include "app/test_api_bench.h"
#include "publish/delta_ask.h"

static api_bench *bench;
static ap_delta delta;

static void begin(void)
{
    ap_delta_config config = { 64, 64, 64, 1717660000 };
    size_t size = ap_delta_size(&config);
    void *memory = malloc(size);
    bench = api_bench_make();
    if (ap_delta_init(&delta, &config, memory, size))
        abort();
    ap_delta_step(&delta, &bench->picture, API_BENCH_NOW);
}

static void check_request(const char *url)
{
    static const char *const methods[] = { "GET", "HEAD", "POST" };
    ap_api_reply reply = api_bench_ask(bench, methods[strlen(url) % 3], url, NULL);
    size_t size = reply.body.size;
    assert(!reply.body.bad);
    assert(reply.status == 200 || reply.status == 400 || reply.status == 404 ||
           reply.status == 405 || reply.status == 409);
    assert(reply.content_type && reply.cache_control);
    if (strstr(reply.content_type, "json")) {
        cJSON *root = cJSON_ParseWithOpts((const char *)bench->body, NULL, 1);
        assert(root);
        cJSON_Delete(root);
    }
    char tag[AP_API_ETAG_SIZE];
    memcpy(tag, reply.etag, sizeof tag);
    reply = api_bench_ask(bench, methods[strlen(url) % 3], url, tag);
    assert(tag[0] ? reply.status == 304 : reply.body.size == size);
}

static void check_message(const uint8_t *data, size_t size)
{
    ap_delta_client client = { .since = 1 }, before = client;
    const char *wrong = ap_delta_ask(&delta, data, size, &client);
    ap_writer out = ap_writer_of(bench->body, API_BENCH_BODY);
    if (wrong)
        assert(memcmp(&client, &before, sizeof client) == 0);
    assert(ap_delta_message(&delta, &client, &out) == AP_OK);
    assert(out.size >= AP_DELTA_HEADER_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char url[1024];
    if (!bench)
        begin();
    check_message(data, size);
    size_t length = size < sizeof url ? size : sizeof url - 1;
    memcpy(url, data, length);
    url[length] = '\0';
    check_request(url);
    return 0;
}
