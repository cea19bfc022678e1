#include "io/http.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "io/clock.h"
#include "io/test_http_client.h"

#define HOST "Host: 127.0.0.1\r\n"

static ap_shared_bytes *large; /* 10 MB */

static void answer_echo(const ap_http_request *request, ap_http_reply *reply)
{
    char text[2048];
    int size =
        snprintf(text, sizeof text, "%d|%s|%zu|%s|%s|%d|%.*s", (int)request->method, request->path,
                 request->query_count, request->query_count > 0 ? request->query[0].value : "",
                 request->user, (int)request->role, (int)request->body_size,
                 request->body ? (const char *)request->body : "");
    ap_http_reply_text(reply, "text/plain", text, (size_t)size);
}

static void on_request(void *context, const ap_http_request *request, ap_http_reply *reply)
{
    (void)context;
    if (strncmp(request->path, "/echo", 5) == 0) {
        answer_echo(request, reply);
    } else if (strcmp(request->path, "/large") == 0) {
        *reply = (ap_http_reply){ .status = 200,
                                  .content_type = "application/octet-stream",
                                  .body = ap_shared_bytes_keep(large),
                                  .cache_control = "max-age=60",
                                  .etag = "\"v1\"",
                                  .may_range = true };
    } else if (strcmp(request->path, "/page") == 0) {
        ap_http_reply_text(reply, "text/html; charset=utf-8", "<p>", 3);
    } else if (strcmp(request->path, "/post-only") == 0) {
        ap_http_reply_not_allowed(reply, "POST");
    }
}

static ap_http_config config_of(void)
{
    ap_http_config config;
    ap_http_config_init(&config);
    config.handler = on_request;
    config.requests_per_second = 0;
    return config;
}

static test_reply ask(test_http *test, const char *line, const char *fields)
{
    char request[4096];
    (void)snprintf(request, sizeof request, "%s HTTP/1.1\r\n" HOST "%s\r\n", line, fields);
    return test_http_once(test, request);
}

static void expect(test_http *test, const char *line, const char *fields, int status,
                   const char *body)
{
    test_reply reply = ask(test, line, fields);
    if (reply.status != status || (body && (!reply.body || !strstr(reply.body, body))))
        fail_msg("%s: %d, '%s'", line, reply.status, reply.body ? reply.body : "");
    free(reply.body);
}

static void test_http_open_refuses(void **state)
{
    (void)state;
    uv_loop_t loop;
    char message[AP_IO_MESSAGE_SIZE];
    ap_http http;
    ap_http_config config = config_of();
    assert_int_equal(uv_loop_init(&loop), 0);
    config.uv_loop = &loop;
    config.address = "";
    assert_int_equal(ap_http_open(&http, &config, message), AP_ERR_CONFIG);
    assert_non_null(strstr(message, "0.0.0.0"));
    config.address = "radar.example";
    assert_int_equal(ap_http_open(&http, &config, message), AP_ERR_CONFIG);
    config.address = "127.0.0.1";
    config.head_cap = 100;
    assert_int_equal(ap_http_open(&http, &config, message), AP_ERR_CONFIG);
    config.head_cap = 8192;
    config.key_path = "/nowhere";
    assert_int_equal(ap_http_open(&http, &config, message), AP_ERR_CONFIG);
    assert_non_null(strstr(message, "both"));
    ap_http_close(&http);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_http_open_port_taken(void **state)
{
    (void)state;
    test_http test;
    ap_http second;
    char message[AP_IO_MESSAGE_SIZE];
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    config.port = ap_http_port(&test.http);
    assert_int_equal(ap_http_open(&second, &config, message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "name another port"));
    expect(&test, "GET /echo", "", 200, "0|/echo|0"); /* the first one is as it was */
    test_http_close(&test);
}

/* Methods, paths and queries as the handler sees them. */
static void test_http_request_forms(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    expect(&test, "GET /echo", "", 200, "0|/echo|0||");
    expect(&test, "GET /echo?box=1%2C2&live&x=a+b", "", 200, "0|/echo|3|1,2|");
    expect(&test, "GET /echo/a%20b%C3%A9", "", 200, "0|/echo/a b\xc3\xa9|0");
    expect(&test, "GET /x/../echo/./y//z", "", 200, "0|/echo/y/z|0");
    expect(&test, "GET /../../echo", "", 200, "0|/echo|0");
    expect(&test, "GET /%2e%2e/%2e%2e/echo", "", 200, "0|/echo|0");
    expect(&test, "GET /echo/%252e%252e/x", "", 200, "0|/echo/%2e%2e/x|0"); /* decoded once */
    expect(&test, "GET /echo%5c..%5cx", "", 400, "path");
    expect(&test, "GET /echo%01", "", 400, "path");
    expect(&test, "DELETE /echo", "", 200, "5|/echo");
    expect(&test, "GET /nothing", "", 404, "\"error\":");
    expect(&test, "GET /post-only", "", 405, "Allow");
    expect(&test, "POST /echo", "Content-Length: 5\r\n\r\nhello", 200, "|hello");
    expect(&test, "PUT /echo", "Content-Length: 0\r\n", 200, "3|/echo|0");
    char line[400] = "GET /echo?";
    for (int i = 0; i < 33; i++)
        strcat(line, "a=1&");
    expect(&test, line, "", 400, "32 parameters");
    test_http_close(&test);
}

static void test_http_request_refused(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    test_reply reply = ask(&test, "BREW /pot", "");
    assert_int_equal(reply.status, 405);
    assert_true(test_reply_has(&reply, "Allow: GET"));
    free(reply.body);
    expect(&test, "POST /echo", "", 411, "Content-Length");
    expect(&test, "POST /echo", "Content-Length: -1\r\n", 400, "number");
    expect(&test, "POST /echo", "Content-Length: 5\r\nContent-Length: 6\r\n", 400, "number");
    expect(&test, "POST /echo", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501, "chunks");
    expect(&test, "POST /echo", "Content-Length: 99999999999\r\n", 413, "65536 bytes");
    assert_int_equal(ap_http_count(&test.http)->oversized_count, 1);
    reply = test_http_once(&test, "GET /echo HTTP/1.1\r\n\r\n");
    assert_int_equal(reply.status, 400); /* no Host */
    free(reply.body);
    reply = test_http_once(&test, "GET /echo HTTP/2.0\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 505);
    free(reply.body);
    reply = test_http_once(&test, "GET /echo HTTP/1.0\r\n\r\n");
    assert_int_equal(reply.status, 200);
    assert_true(test_reply_has(&reply, "Connection: close"));
    free(reply.body);
    test_http_close(&test);
}

/* What is no HTTP, and heads beyond the cap: closed, counted, and the server lives. */
static void test_http_garbage(void **state)
{
    (void)state;
    static const char *const garbage[] = { "\r\n\r\n\r\n\r\n",
                                           "GET\r\n\r\n",
                                           "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
                                           "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
                                           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                           "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
                                           "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 hello",
                                           "GET /echo%0d%0aX:y HTTP/1.1\r\nHost: a\r\n\r\n",
                                           "GET /echo GET /echo HTTP/1.1\r\nHost: a\r\n\r\n",
                                           "GET http://other/echo HTTP/1.1\r\nHost: a\r\n\r\n",
                                           "get /echo HTTP/1.1\r\nHost: a\r\n\r\n" };
    test_http test;
    ap_http_config config = config_of();
    config.request_s = 0.3;
    test_http_open(&test, &config);
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        test_reply reply = test_http_once(&test, garbage[i]);
        if (reply.status == 200)
            fail_msg("taken: %s", garbage[i]);
        free(reply.body);
    }
    char *request = calloc(1, 40000);
    strcpy(request, "GET /echo HTTP/1.1\r\n" HOST "X: ");
    memset(request + strlen(request), 'x', 30000);
    strcat(request, "\r\n\r\n");
    uint64_t before = ap_http_count(&test.http)->malformed_count;
    test_reply reply = test_http_once(&test, request);
    assert_int_equal(reply.status, 0);
    assert_int_equal(ap_http_count(&test.http)->malformed_count, before + 1);
    free(reply.body);
    strcpy(request, "GET /echo HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 400; i++)
        strcat(request, "Accept: a\r\n");
    strcat(request, "\r\n");
    reply = test_http_once(&test, request);
    assert_true(reply.status == 0 || reply.status >= 400 || reply.status == 200);
    free(reply.body);
    free(request);
    expect(&test, "GET /echo", "", 200, "0|/echo");
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->connection_count == 0);
    test_http_close(&test);
}

static void test_http_keep_alive_and_pipeline(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    int fd = test_http_connect(&test);
    for (int i = 0; i < 5; i++) {
        test_reply reply = test_http_ask(&test, fd, "GET /echo HTTP/1.1\r\n" HOST "\r\n");
        assert_int_equal(reply.status, 200);
        assert_false(test_reply_has(&reply, "Connection: close"));
        free(reply.body);
    }
    test_http_send(&test, fd,
                   "GET /echo/1 HTTP/1.1\r\n" HOST "\r\nGET /echo/2 HTTP/1.1\r\n" HOST "\r\n",
                   2 * (24 - 2 + sizeof HOST - 1 + 2));
    for (int i = 1; i <= 2; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "/echo/%d|", i);
        test_reply reply = test_http_ask(&test, fd, NULL);
        assert_int_equal(reply.status, 200);
        assert_non_null(strstr(reply.body, path));
        free(reply.body);
    }
    test_reply reply =
        test_http_ask(&test, fd, "GET /echo HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_true(test_reply_has(&reply, "Connection: close"));
    free(reply.body);
    char byte;
    bool ended;
    assert_int_equal(test_http_receive(&test, fd, &byte, 1, 1, &ended), 0);
    assert_true(ended);
    (void)close(fd);
    assert_int_equal(ap_http_count(&test.http)->accepted_count, 1);
    test_http_close(&test);
}

/* A body that comes in parts; one that is too long is thrown away, and its sender told. */
static void test_http_body_parts(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    config.body_cap = 1000;
    test_http_open(&test, &config);
    int fd = test_http_connect(&test);
    static const char head[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nab";
    test_http_send(&test, fd, head, sizeof head - 1);
    test_http_turn(&test, 5);
    test_http_send(&test, fd, "cd", 2);
    test_http_turn(&test, 5);
    test_reply reply = test_http_ask(&test, fd, "ef");
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "|abcdef"));
    assert_true(test_reply_has(&reply, "Connection: close"));
    free(reply.body);
    (void)close(fd);
    static const char long_head[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 20000\r\n\r\n";
    char body[20000];
    memset(body, 'x', sizeof body);
    fd = test_http_connect(&test);
    test_http_send(&test, fd, long_head, sizeof long_head - 1);
    test_http_turn(&test, 5);
    test_http_send(&test, fd, body, sizeof body);
    reply = test_http_ask(&test, fd, NULL);
    assert_int_equal(reply.status, 413);
    assert_non_null(strstr(reply.body, "1000 bytes"));
    free(reply.body);
    (void)close(fd);
    test_http_close(&test);
}

/* Requests in one packet, some with bodies: lws 4.1.6 would go round for ever behind them. */
static void test_http_pipeline_with_bodies(void **state)
{
    (void)state;
#define GET_ONE "GET /echo/1 HTTP/1.1\r\n" HOST "\r\n"
#define POST_ONE "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"
#define POST_LONG "POST /large HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"
#define POST_WRONG "POST /echo HTTP/1.1\r\n" HOST "Origin: null\r\nContent-Length: 5\r\n\r\nhello"
    static const struct {
        const char *text;
        int statuses[3];
    } cases[] = { { GET_ONE POST_ONE GET_ONE GET_ONE, { 200, 200, 0 } },
                  { GET_ONE POST_WRONG GET_ONE GET_ONE, { 200, 403, 0 } },
                  { GET_ONE POST_LONG GET_ONE GET_ONE, { 200, 200, 0 } },
                  { POST_ONE GET_ONE, { 200, 0, 0 } } };
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = test_http_connect(&test);
        test_http_send(&test, fd, cases[i].text, strlen(cases[i].text));
        for (int k = 0; k < 3 && (k == 0 || cases[i].statuses[k - 1]); k++) {
            test_reply reply = test_http_ask(&test, fd, NULL);
            assert_int_equal(reply.status, cases[i].statuses[k]);
            free(reply.body);
        }
        (void)close(fd);
    }
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->connection_count == 0);
    test_http_close(&test);
}

static void test_http_head_and_options(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    test_reply reply = ask(&test, "HEAD /large", "");
    assert_int_equal(reply.status, 200);
    assert_true(test_reply_has(&reply, "Content-Length: 10000000"));
    free(reply.body);
    reply = ask(&test, "OPTIONS /echo", "");
    assert_int_equal(reply.status, 204);
    assert_true(test_reply_has(&reply, "Allow: GET, HEAD"));
    assert_false(test_reply_has(&reply, "Content-Length"));
    free(reply.body);
    test_http_close(&test);
}

/* Security fields; no name of the server. */
static void test_http_reply_fields(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    test_reply reply = ask(&test, "GET /page", "");
    assert_true(test_reply_has(&reply, "X-Content-Type-Options: nosniff\r\n"));
    assert_true(test_reply_has(&reply, "Content-Security-Policy: default-src 'self'"));
    assert_true(test_reply_has(&reply, "Cache-Control: no-store\r\n"));
    assert_true(test_reply_has(&reply, "Date: "));
    assert_false(test_reply_has(&reply, "Server:"));
    free(reply.body);
    test_http_close(&test);
}

/* 10 MB, all of it, to several at once, without a copy for each. */
static void test_http_large_body(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    int fd[COUNT];
    for (int i = 0; i < COUNT; i++) {
        fd[i] = test_http_connect(&test);
        test_http_send(&test, fd[i], "GET /large HTTP/1.1\r\n" HOST "\r\n",
                       sizeof "GET /large HTTP/1.1\r\n" HOST "\r\n" - 1);
    }
    TEST_HTTP_WAIT(&test, ap_shared_bytes_references(large) == 1 + COUNT);
    for (int i = 0; i < COUNT; i++) {
        test_reply reply = test_http_ask(&test, fd[i], NULL);
        assert_int_equal(reply.status, 200);
        assert_int_equal(reply.body_size, ap_shared_bytes_size(large));
        assert_memory_equal(reply.body, ap_shared_bytes_data(large), reply.body_size);
        free(reply.body);
        reply = test_http_ask(&test, fd[i], "GET /echo HTTP/1.1\r\n" HOST "\r\n");
        assert_int_equal(reply.status, 200);
        free(reply.body);
        (void)close(fd[i]);
    }
    assert_int_equal(ap_shared_bytes_references(large), 1);
    test_reply reply = ask(&test, "GET /large", "Connection: close\r\n");
    assert_int_equal(reply.body_size, ap_shared_bytes_size(large));
    assert_memory_equal(reply.body, ap_shared_bytes_data(large), reply.body_size);
    free(reply.body);
    test_http_close(&test);
}

static void test_http_conditions(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    test_reply reply = ask(&test, "GET /large", "If-None-Match: \"v1\"\r\n");
    assert_int_equal(reply.status, 304);
    assert_true(test_reply_has(&reply, "ETag: \"v1\"\r\n"));
    assert_true(test_reply_has(&reply, "Cache-Control: max-age=60\r\n"));
    assert_int_equal(reply.body_size, 0);
    free(reply.body);
    reply = ask(&test, "GET /large", "Range: bytes=5-9\r\n");
    assert_int_equal(reply.status, 206);
    assert_true(test_reply_has(&reply, "Content-Range: bytes 5-9/10000000\r\n"));
    assert_int_equal(reply.body_size, 5);
    assert_memory_equal(reply.body, ap_shared_bytes_data(large) + 5, 5);
    free(reply.body);
    reply = ask(&test, "GET /large", "Range: bytes=10000000-\r\n");
    assert_int_equal(reply.status, 416);
    assert_true(test_reply_has(&reply, "Content-Range: bytes */10000000\r\n"));
    free(reply.body);
    reply = ask(&test, "HEAD /large", "Range: bytes=5-9\r\nIf-Range: \"other\"\r\n");
    assert_int_equal(reply.status, 200);
    free(reply.body);
    reply = ask(&test, "GET /large", "Accept-Encoding: gzip\r\n");
    assert_int_equal(reply.status, 200);
    assert_true(test_reply_has(&reply, "Content-Encoding: gzip\r\n"));
    assert_true(test_reply_has(&reply, "ETag: W/\"v1\"\r\n"));
    assert_int_equal(reply.body_size, ap_shared_bytes_size(ap_shared_bytes_gzip_twin(large)));
    free(reply.body);
    test_http_close(&test);
}

/* Names and pages of strangers. */
static void test_http_origins(void **state)
{
    (void)state;
    static const char *const origins[] = { "https://map.example" };
    static const char *const names[] = { "radar.example" };
    test_http test;
    ap_http_config config = config_of();
    config.origins = origins;
    config.origin_count = 1;
    config.host_names = names;
    config.host_name_count = 1;
    test_http_open(&test, &config);
    test_reply reply = test_http_once(&test, "GET /echo HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert_int_equal(reply.status, 421);
    free(reply.body);
    reply = test_http_once(&test, "GET /echo HTTP/1.1\r\nHost: Radar.example:8080\r\n\r\n");
    assert_int_equal(reply.status, 200);
    free(reply.body);
    reply = ask(&test, "GET /echo", "Origin: https://map.example\r\n");
    assert_true(test_reply_has(&reply, "Access-Control-Allow-Origin: https://map.example\r\n"));
    free(reply.body);
    reply = ask(&test, "GET /echo", "Origin: https://evil.example\r\n");
    assert_int_equal(reply.status, 200);
    assert_false(test_reply_has(&reply, "Access-Control-Allow-Origin"));
    free(reply.body);
    expect(&test, "DELETE /echo", "Origin: https://evil.example\r\n", 403, "origin");
    expect(&test, "DELETE /echo", "Origin: https://map.example\r\n", 200, "");
    expect(&test, "DELETE /echo", "Origin: http://127.0.0.1\r\n", 200, "");
    expect(&test, "DELETE /echo", "Origin: null\r\n", 403, "");
    reply = ask(&test, "OPTIONS /echo", "Origin: https://map.example\r\n");
    assert_true(test_reply_has(&reply, "Access-Control-Allow-Methods: "));
    free(reply.body);
    assert_int_equal(ap_http_count(&test.http)->wrong_origin_count, 3);
    test_http_close(&test);
}

static void test_http_tokens(void **state)
{
    (void)state;
    char token[AP_TOKEN_TEXT_SIZE], other[AP_TOKEN_TEXT_SIZE], line[AP_TOKEN_LINE_SIZE],
        unknown_line[AP_TOKEN_LINE_SIZE], field[128], message[AP_IO_MESSAGE_SIZE];
    ap_tokens tokens;
    assert_int_equal(ap_tokens_init(&tokens), AP_OK);
    assert_int_equal(ap_token_make("ops", AP_ROLE_OPERATE, token, line), AP_OK);
    assert_int_equal(ap_token_make("other", AP_ROLE_READ, other, unknown_line), AP_OK);
    assert_int_equal(ap_tokens_add(&tokens, line, strlen(line), message), AP_OK);
    test_http test;
    ap_http_config config = config_of();
    config.tokens = &tokens;
    config.read_needs_token = true;
    static const char *const open_paths[] = { "/open", "/echo/open", "/echo/all/*" };
    config.open_paths = open_paths;
    config.open_path_count = 3;
    config.wrong_tokens_per_second = 0.001;
    config.wrong_token_burst = 2;
    test_http_open(&test, &config);
    test_reply reply = ask(&test, "GET /echo", "");
    assert_int_equal(reply.status, 401);
    assert_true(test_reply_has(&reply, "WWW-Authenticate: Bearer\r\n"));
    free(reply.body);
    expect(&test, "GET /echo/open", "", 200, "");
    expect(&test, "GET /echo/open/", "", 401, "needed"); /* these alone */
    expect(&test, "GET /echo/all/a", "", 200, "");       /* and all below this one */
    expect(&test, "GET /echo/all", "", 401, "needed");
    expect(&test, "GET /echo/%6Fpen", "", 200, ""); /* another way to write the same */
    (void)snprintf(field, sizeof field, "Authorization: Bearer %s\r\n", token);
    expect(&test, "GET /echo", field, 200, "|ops|2|");
    expect(&test, "GET /echo", "Authorization: Basic YTpi\r\n", 401, "needed");
    (void)snprintf(line, sizeof line, "Authorization: Bearer %s\r\n", other);
    expect(&test, "GET /echo", line, 401, "not known");
    expect(&test, "GET /echo", line, 401, "not known");
    expect(&test, "GET /echo", line, 429, "too many wrong tokens");
    expect(&test, "GET /echo", field, 200, "|ops|2|"); /* who is known is let in all the same */
    assert_int_equal(ap_http_count(&test.http)->wrong_token_count, 3);
    ap_http_set_tokens(&test.http, NULL);
    expect(&test, "GET /echo", field, 429, NULL);
    test_http_close(&test);
}

static void test_http_rate(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    config.requests_per_second = 0.01;
    config.request_burst = 3;
    test_http_open(&test, &config);
    for (int i = 0; i < 3; i++)
        expect(&test, "GET /echo", "", 200, "");
    test_reply reply = ask(&test, "GET /echo", "");
    assert_int_equal(reply.status, 429);
    assert_true(test_reply_has(&reply, "Retry-After: 1\r\n"));
    free(reply.body);
    assert_int_equal(ap_http_count(&test.http)->limited_count, 1);
    test_http_close(&test);
}

/* Heads, bodies and next requests that do not come in time; readers that do not read. */
static void test_http_timeouts(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    config.request_s = 0.3;
    config.write_s = 0.3;
    test_http_open(&test, &config);
    int head = test_http_connect(&test), body = test_http_connect(&test),
        silent = test_http_connect(&test);
    for (int i = 0; i < 40; i++) { /* a byte now and then does not help */
        test_http_send(&test, head, &"GET /echo HTTP/1.1\r\nHost: 127.0.0.1 : 80"[i], 1);
        test_http_turn(&test, 25);
    }
    static const char post[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nab";
    test_http_send(&test, body, post, sizeof post - 1);
    char byte;
    bool ended;
    assert_int_equal(test_http_receive(&test, head, &byte, 1, 1, &ended), 0);
    assert_true(ended);
    assert_int_equal(test_http_receive(&test, body, &byte, 1, 1, &ended), 0);
    assert_true(ended);
    assert_int_equal(test_http_receive(&test, silent, &byte, 1, 1, &ended), 0);
    assert_true(ended);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->timed_out_count == 3);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->connection_count == 0);
    (void)close(head);
    (void)close(body);
    (void)close(silent);
    test_http_close(&test);
}

static void test_http_body_timeout(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    config.request_s = 0.3;
    test_http_open(&test, &config);
    int fd = test_http_connect(&test);
    test_reply reply =
        test_http_ask(&test, fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nab");
    assert_int_equal(reply.status, 0);
    assert_true(reply.ended);
    assert_int_equal(ap_http_count(&test.http)->timed_out_count, 1);
    (void)close(fd);
    test_http_close(&test);
}

/* All places taken by those who ask nothing: who asks is served, and they are gone in time. */
static void test_http_silent_flood(void **state)
{
    (void)state;
    enum { CAP = 50, COUNT = 300 };
    test_http test;
    ap_http_config config = config_of();
    config.connection_cap = CAP;
    config.request_s = 1;
    test_http_open(&test, &config);
    static int fd[COUNT];
    for (int i = 0; i < COUNT; i++) {
        fd[i] = test_http_connect(&test);
        if (i % 10 == 0)
            test_http_turn(&test, 1);
    }
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->displaced_count >= COUNT - CAP);
    expect(&test, "GET /echo", "", 200, "0|/echo");
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->connection_count == 0);
    for (int i = 0; i < COUNT; i++)
        (void)close(fd[i]);
    test_http_close(&test);
}

/* Asks for 10 MB and reads nothing of it. */
static int ask_and_stop(test_http *test)
{
    static const char request[] = "GET /large HTTP/1.1\r\n" HOST "\r\n";
    int fd = test_http_connect(test), size = 4096;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    test_http_send(test, fd, request, sizeof request - 1);
    TEST_HTTP_WAIT(test, ap_shared_bytes_references(large) == 2);
    test_http_turn(test, 50);
    assert_int_equal(ap_shared_bytes_references(large), 2); /* it is not all in the system */
    return fd;
}

/* Places taken by those who are served: one more is told so. */
static void test_http_full(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    config.connection_cap = 1;
    test_http_open(&test, &config);
    int busy = ask_and_stop(&test);
    test_reply reply = ask(&test, "GET /echo", "");
    assert_int_equal(reply.status, 503);
    free(reply.body);
    assert_int_equal(ap_http_count(&test.http)->refused_count, 1);
    (void)close(busy);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->connection_count == 0);
    expect(&test, "GET /echo", "", 200, "");
    test_http_close(&test);
}

/* No file descriptors: connections are refused and counted, and taken again when there are some. */
static void test_http_no_descriptors(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    expect(&test, "GET /echo", "", 200, "");
    struct rlimit limit, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    int first = test_http_connect(&test), second = test_http_connect(&test);
    low = (struct rlimit){ .rlim_cur = (rlim_t)second + 1, .rlim_max = limit.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->refused_count >= 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    (void)close(first);
    (void)close(second);
    test_http_turn(&test, 5);
    expect(&test, "GET /echo", "", 200, "");
    test_http_close(&test);
}

/* However many connect, files can be opened still. */
static void test_http_keeps_descriptors(void **state)
{
    (void)state;
    enum { LIMIT = 128, CLIENTS = 54, FILES = 20 };
    test_http test;
    ap_http_config config = config_of();
    struct rlimit limit, low;
    int client[CLIENTS], file[FILES];
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = (struct rlimit){ .rlim_cur = LIMIT, .rlim_max = limit.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    test_http_open(&test, &config);
    for (int i = 0; i < CLIENTS; i++) {
        client[i] = test_http_connect(&test);
        test_http_turn(&test, 1);
    }
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->refused_count >= 1);
    for (int i = 0; i < FILES; i++) {
        file[i] = open("/dev/null", O_RDONLY);
        assert_true(file[i] >= 0);
    }
    for (int i = 0; i < CLIENTS; i++)
        (void)close(client[i]);
    for (int i = 0; i < FILES; i++)
        (void)close(file[i]);
    test_http_turn(&test, 50);
    expect(&test, "GET /echo", "", 200, "");
    test_http_close(&test);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Not even the one that is held back, as when the limit is lowered: whoever waits is not looked at
 * again at once, and is taken when there are some. */
static void test_http_spare_descriptor_gone(void **state)
{
    (void)state;
    enum { TURNS_MOST = 100 };
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    struct rlimit limit, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){ .rlim_cur = 3, .rlim_max = limit.rlim_max };
    int fd = test_http_connect(&test), turns = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int64_t until_ns = ap_clock_monotonic_ns() + 500000000;
    for (; ap_clock_monotonic_ns() < until_ns && turns < TURNS_MOST; turns++)
        (void)uv_run(&test.loop, UV_RUN_ONCE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_in_range(turns, 1, TURNS_MOST - 1);
    assert_true(ap_http_count(&test.http)->refused_count >= 1);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->accepted_count == 1);
    (void)close(fd);
    expect(&test, "GET /echo", "", 200, "");
    test_http_close(&test);
}

/* A reader that stops in the middle of 10 MB is closed in time, and when it leaves. */
static void test_http_slow_reply(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    config.write_s = 1;
    config.write_bytes_per_second = 1e9;
    test_http_open(&test, &config);
    int fd = ask_and_stop(&test);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->slow_reply_count == 1);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->connection_count == 0);
    (void)close(fd);
    fd = ask_and_stop(&test);
    (void)close(fd);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->connection_count == 0);
    test_http_close(&test);
}

typedef struct lines {
    int count;
    char reason[32], last[512];
} lines;

static void on_log(void *context, const char *reason, const char *line)
{
    lines *l = context;
    l->count++;
    (void)snprintf(l->reason, sizeof l->reason, "%s", reason);
    (void)snprintf(l->last, sizeof l->last, "%s", line);
}

/* One line a second for each reason, and no control characters of a stranger in it. */
static void test_http_log_lines(void **state)
{
    (void)state;
    test_http test;
    lines l = { .count = 0 };
    ap_http_config config = config_of();
    config.log = on_log;
    config.log_context = &l;
    test_http_open(&test, &config);
    for (int i = 0; i < 3; i++) {
        test_reply reply = test_http_once(&test, "GET /echo HTTP/1.1\r\nHost: a\x1b[2Jb\r\n\r\n");
        assert_int_equal(reply.status, 421);
        free(reply.body);
    }
    assert_in_range(l.count, 1, 2);
    assert_string_equal(l.reason, "host");
    assert_string_equal(l.last, "127.0.0.1 asked for a host that is not ours: 'a?[2Jb'");
    expect(&test, "DELETE /echo", "Origin: null\r\n", 403, "");
    assert_string_equal(l.reason, "origin"); /* another reason has its own second */
    test_http_close(&test);
}

/* Who would go on as HTTP/2 is answered as if he had not asked. */
static void test_http_upgrade_h2c(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    expect(&test, "GET /echo",
           "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
           "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
           200, "0|/echo");
    expect(&test, "GET /echo", "Connection: Upgrade\r\nUpgrade: other\r\n", 403, NULL);
    expect(&test, "GET /echo", "", 200, "");
    test_http_close(&test);
}

/* Idle connections end; a reply under way is finished, and says that it is the last. */
static void test_http_drain_idle(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    int idle = test_http_connect(&test), busy = test_http_connect(&test);
    test_reply reply = test_http_ask(&test, idle, "GET /echo HTTP/1.1\r\n" HOST "\r\n");
    free(reply.body);
    static const char request[] = "GET /large HTTP/1.1\r\n" HOST "\r\n";
    test_http_send(&test, busy, request, sizeof request - 1);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->request_count == 2);
    ap_http_drain(&test.http);
    reply = test_http_ask(&test, busy, NULL);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body_size, ap_shared_bytes_size(large));
    free(reply.body);
    char byte;
    bool ended;
    assert_int_equal(test_http_receive(&test, idle, &byte, 1, 1, &ended), 0);
    assert_true(ended);
    (void)close(idle);
    (void)close(busy);
    test_http_close(&test);
}

static void test_http_close_while_busy(void **state)
{
    (void)state;
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    int fd = ask_and_stop(&test);
    test_http_close(&test);
    assert_int_equal(ap_shared_bytes_references(large), 1);
    ap_http_close(&test.http); /* safe twice */
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_open_refuses),
        cmocka_unit_test(test_http_open_port_taken),
        cmocka_unit_test(test_http_request_forms),
        cmocka_unit_test(test_http_request_refused),
        cmocka_unit_test(test_http_garbage),
        cmocka_unit_test(test_http_keep_alive_and_pipeline),
        cmocka_unit_test(test_http_body_parts),
        cmocka_unit_test(test_http_pipeline_with_bodies),
        cmocka_unit_test(test_http_head_and_options),
        cmocka_unit_test(test_http_reply_fields),
        cmocka_unit_test(test_http_large_body),
        cmocka_unit_test(test_http_conditions),
        cmocka_unit_test(test_http_origins),
        cmocka_unit_test(test_http_tokens),
        cmocka_unit_test(test_http_rate),
        cmocka_unit_test(test_http_timeouts),
        cmocka_unit_test(test_http_body_timeout),
        cmocka_unit_test(test_http_silent_flood),
        cmocka_unit_test(test_http_full),
        cmocka_unit_test(test_http_no_descriptors),
        cmocka_unit_test(test_http_spare_descriptor_gone),
        cmocka_unit_test(test_http_keeps_descriptors),
        cmocka_unit_test(test_http_slow_reply),
        cmocka_unit_test(test_http_log_lines),
        cmocka_unit_test(test_http_upgrade_h2c),
        cmocka_unit_test(test_http_drain_idle),
        cmocka_unit_test(test_http_close_while_busy),
    };
    large = ap_shared_bytes_make(10000000);
    for (size_t i = 0; i < ap_shared_bytes_size(large); i++)
        ap_shared_bytes_data(large)[i] = (uint8_t)(i * 2654435761u >> 24);
    memset(ap_shared_bytes_data(large) + 1000000, 'z', 8000000);
    (void)ap_shared_bytes_gzip(large, 1);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ap_shared_bytes_drop(large);
    return failed;
}
