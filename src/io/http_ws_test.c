#include "io/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/clock.h"
#include "io/test_http_client.h"

typedef struct seen {
    ap_ws_client *client; /* the last one let in */
    int opened, closed, drained, messages;
    char protocol[64], user[64], message[4096];
    size_t message_size;
    bool was_binary, refuse;
} seen;

static bool on_open(void *context, ap_ws_client *client, const ap_http_request *request,
                    const char *sub_protocol, ap_http_reply *reply)
{
    seen *s = context;
    (void)snprintf(s->protocol, sizeof s->protocol, "%s", sub_protocol);
    (void)snprintf(s->user, sizeof s->user, "%s", request->user);
    if (s->refuse) {
        ap_http_reply_error(reply, 409, "not now");
        return false;
    }
    s->opened++;
    s->client = client;
    assert_null(ap_ws_data(client));
    ap_ws_set_data(client, s);
    return true;
}

static void on_message(void *context, ap_ws_client *client, const uint8_t *data, size_t size,
                       bool is_binary)
{
    seen *s = context;
    assert_ptr_equal(ap_ws_data(client), s);
    s->messages++;
    s->message_size = size;
    s->was_binary = is_binary;
    memcpy(s->message, data, size < sizeof s->message ? size : sizeof s->message);
}

static void on_drained(void *context, ap_ws_client *client)
{
    (void)client;
    ((seen *)context)->drained++;
}

static void on_close(void *context, ap_ws_client *client)
{
    seen *s = context;
    assert_ptr_equal(ap_ws_data(client), s);
    s->closed++;
}

static ap_http_config config_of(seen *s)
{
    ap_http_config config;
    ap_http_config_init(&config);
    memset(s, 0, sizeof *s);
    config.context = s;
    config.ws = (ap_ws_handler){ on_open, on_message, on_drained, on_close };
    config.requests_per_second = 0;
    return config;
}

static void expect_refused(test_http *test, const char *path, const char *fields, int expected)
{
    int status;
    assert_int_equal(test_ws_connect(test, path, fields, &status), -1);
    if (status != expected)
        fail_msg("%s %s: %d", path, fields, status);
}

static int expect_open(test_http *test, const char *path, const char *fields)
{
    int status, fd = test_ws_connect(test, path, fields, &status);
    if (fd < 0)
        fail_msg("%s: %d", path, status);
    return fd;
}

static ap_shared_bytes *pattern(size_t size)
{
    ap_shared_bytes *bytes = ap_shared_bytes_make(size);
    for (size_t i = 0; i < size; i++)
        ap_shared_bytes_data(bytes)[i] = (uint8_t)(i * 2654435761u >> 24);
    return bytes;
}

static void test_ws_handshake_refused(void **state)
{
    (void)state;
    static const char *const protocols[] = { "airpicture.v1" };
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.sub_protocols = protocols;
    config.sub_protocol_count = 1;
    test_http_open(&test, &config);
    expect_refused(&test, "/other", "", 404);
    expect_refused(&test, "/wsx", "", 404);
    expect_refused(&test, "/ws", "Origin: https://evil.example\r\n", 403);
    expect_refused(&test, "/ws", "Origin: null\r\n", 403);
    expect_refused(&test, "/ws", "Sec-WebSocket-Protocol: chat\r\n", 400);
    expect_refused(&test, "/ws", "Sec-WebSocket-Version: 8\r\n", 426); /* "13,8" */
    expect_refused(&test, "/ws", "Sec-WebSocket-Protocol: bearer.x, airpicture.v1\r\n", 401);
    s.refuse = true;
    expect_refused(&test, "/ws", "", 409);
    assert_int_equal(s.opened, 0);
    test_reply reply = test_http_once(&test, "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert_int_equal(reply.status, 426);
    free(reply.body);
    assert_int_equal(ap_http_count(&test.http)->ws_refused_count, 8);
    assert_int_equal(ap_http_count(&test.http)->ws_count, 0);
    test_http_close(&test);
    assert_int_equal(s.closed, 0);
}

static void test_ws_echo(void **state)
{
    (void)state;
    static const char *const protocols[] = { "airpicture.v1", "airpicture.json" };
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.sub_protocols = protocols;
    config.sub_protocol_count = 2;
    test_http_open(&test, &config);
    int fd = expect_open(&test, "/ws/tracks", "Sec-WebSocket-Protocol: chat, airpicture.json\r\n");
    assert_string_equal(s.protocol, "airpicture.json");
    test_ws_send(&test, fd, 1, true, "hello", 5);
    TEST_HTTP_WAIT(&test, s.messages == 1);
    assert_false(s.was_binary);
    assert_memory_equal(s.message, "hello", 5);
    test_ws_send(&test, fd, 2, false, "ab", 2); /* in three frames, with a ping between */
    test_ws_send(&test, fd, 0, false, "cd", 2);
    test_ws_send(&test, fd, 9, true, "!", 1);
    test_ws_send(&test, fd, 0, true, "ef", 2);
    uint8_t data[16];
    size_t size;
    assert_int_equal(test_ws_receive(&test, fd, data, sizeof data, &size), 10);
    assert_int_equal(size, 1);
    TEST_HTTP_WAIT(&test, s.messages == 2);
    assert_true(s.was_binary);
    assert_int_equal(s.message_size, 6);
    assert_memory_equal(s.message, "abcdef", 6);
    test_ws_send(&test, fd, 8, true, "\x03\xe8", 2);
    assert_int_equal(test_ws_receive(&test, fd, data, sizeof data, &size), 8);
    TEST_HTTP_WAIT(&test, s.closed == 1);
    (void)close(fd);
    test_http_close(&test);
}

/* One message to many: the same bytes, by reference, restored after each frame's header. */
static void test_ws_send_shared(void **state)
{
    (void)state;
    enum { COUNT = 5, SIZE = 240000 };
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    test_http_open(&test, &config);
    ap_ws_client *client[COUNT];
    int fd[COUNT];
    for (int i = 0; i < COUNT; i++) {
        fd[i] = expect_open(&test, "/ws", "");
        client[i] = s.client;
    }
    ap_shared_bytes *message = pattern(SIZE), *same = pattern(SIZE),
                    *text = ap_shared_bytes_copy("{}", 2), *empty = ap_shared_bytes_make(0);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(ap_ws_send(client[i], message, true), AP_OK);
        assert_int_equal(ap_ws_send(client[i], text, false), AP_OK);
        assert_int_equal(ap_ws_send(client[i], empty, true), AP_OK);
        assert_int_equal(ap_ws_queued_size(client[i]), SIZE + 2);
    }
    assert_int_equal(ap_shared_bytes_references(message), 1 + COUNT);
    static uint8_t data[SIZE];
    size_t size;
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(test_ws_receive(&test, fd[i], data, sizeof data, &size), 2);
        assert_int_equal(size, SIZE);
        assert_memory_equal(data, ap_shared_bytes_data(same), SIZE);
        assert_int_equal(test_ws_receive(&test, fd[i], data, sizeof data, &size), 1);
        assert_int_equal(size, 2);
        assert_int_equal(test_ws_receive(&test, fd[i], data, sizeof data, &size), 2);
        assert_int_equal(size, 0);
        assert_int_equal(ap_ws_queued_size(client[i]), 0);
        (void)close(fd[i]);
    }
    assert_int_equal(s.drained, COUNT);
    assert_memory_equal(ap_shared_bytes_data(message), ap_shared_bytes_data(same), SIZE);
    assert_int_equal(ap_shared_bytes_references(message), 1);
    assert_int_equal(ap_http_count(&test.http)->ws_message_count, 3 * COUNT);
    ap_shared_bytes_drop(message);
    ap_shared_bytes_drop(same);
    ap_shared_bytes_drop(text);
    ap_shared_bytes_drop(empty);
    TEST_HTTP_WAIT(&test, s.closed == COUNT);
    test_http_close(&test);
}

static bool open_and_greet(void *context, ap_ws_client *client, const ap_http_request *request,
                           const char *sub_protocol, ap_http_reply *reply)
{
    ap_shared_bytes *hello = ap_shared_bytes_copy("welcome", 7);
    bool open = on_open(context, client, request, sub_protocol, reply);
    assert_int_equal(ap_ws_send(client, hello, false), AP_OK);
    ap_shared_bytes_drop(hello);
    return open;
}

/* What is sent at on_open comes after the handshake. */
static void test_ws_send_at_open(void **state)
{
    (void)state;
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.ws.on_open = open_and_greet;
    test_http_open(&test, &config);
    int fd = expect_open(&test, "/ws", "");
    uint8_t data[16];
    size_t size;
    assert_int_equal(test_ws_receive(&test, fd, data, sizeof data, &size), 1);
    assert_int_equal(size, 7);
    assert_memory_equal(data, "welcome", 7);
    (void)close(fd);
    test_http_close(&test);
    assert_int_equal(s.closed, 1);
}

static int connect_and_stop(test_http *test)
{
    int fd = expect_open(test, "/ws", ""), size = 4096;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    return fd;
}

/* One was cut for being slow, and nothing holds on to the message. */
static void expect_cut(test_http *test, ap_shared_bytes *message)
{
    assert_int_equal(ap_http_count(&test->http)->ws_cut_slow_count, 1);
    assert_int_equal(ap_shared_bytes_references(message), 1);
    ap_shared_bytes_drop(message);
}

/* Beyond its bytes a client is cut; the others get theirs. */
static void test_ws_slow_by_bytes(void **state)
{
    (void)state;
    enum { SIZE = 1000000 };
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.ws_queue_cap = 3 * SIZE;
    test_http_open(&test, &config);
    int slow = connect_and_stop(&test);
    ap_ws_client *client = s.client;
    ap_shared_bytes *message = pattern(SIZE);
    int sent = 0;
    while (sent < 50 && ap_ws_send(client, message, true) == AP_OK) {
        test_http_turn(&test, 2);
        sent++;
    }
    assert_in_range(sent, 3, 20);
    assert_int_equal(ap_ws_send(client, message, true), AP_ERR_END);
    int good = expect_open(&test, "/ws", "");
    ap_shared_bytes *small = ap_shared_bytes_copy("x", 1);
    assert_int_equal(ap_ws_send(s.client, small, true), AP_OK);
    uint8_t data[4];
    size_t size;
    assert_int_equal(test_ws_receive(&test, good, data, sizeof data, &size), 2);
    TEST_HTTP_WAIT(&test, s.closed == 1);
    expect_cut(&test, message);
    ap_shared_bytes_drop(small);
    (void)close(slow);
    (void)close(good);
    test_http_close(&test);
}

static void test_ws_slow_by_time(void **state)
{
    (void)state;
    enum { SIZE = 8000000 };
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.write_s = 1;
    test_http_open(&test, &config);
    int slow = connect_and_stop(&test);
    ap_shared_bytes *message = pattern(SIZE); /* more than the cap, as the only one */
    assert_int_equal(ap_ws_send(s.client, message, true), AP_OK);
    test_http_turn(&test, 100);
    assert_true(ap_ws_queued_size(s.client) > 0);
    assert_int_equal(s.closed, 0);
    TEST_HTTP_WAIT(&test, s.closed == 1);
    expect_cut(&test, message);
    (void)close(slow);
    test_http_close(&test);
}

/* F23: who takes an octet now and then is no better than who takes none, and keeps nobody waiting:
 * another client has each of its messages before the next is sent. */
static void test_ws_slow_drop_by_drop(void **state)
{
    (void)state;
    enum { SIZE = 8000000 };
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.write_s = 1;
    test_http_open(&test, &config);
    int slow = connect_and_stop(&test);
    ap_shared_bytes *message = pattern(SIZE), *small = ap_shared_bytes_copy("x", 1);
    assert_int_equal(ap_ws_send(s.client, message, true), AP_OK);
    int good = expect_open(&test, "/ws", "");
    ap_ws_client *client = s.client;
    int drops = 0, told = 0;
    while (s.closed == 0 && told < 1000) {
        uint8_t data[4];
        size_t size;
        drops += recv(slow, data, 1, MSG_DONTWAIT) == 1;
        assert_int_equal(ap_ws_send(client, small, true), AP_OK);
        assert_int_equal(test_ws_receive(&test, good, data, sizeof data, &size), 2);
        told++;
        test_http_turn(&test, 10);
    }
    assert_true(drops > 20 && told > 20);
    assert_int_equal(s.closed, 1);
    expect_cut(&test, message);
    ap_shared_bytes_drop(small);
    (void)close(slow);
    (void)close(good);
    test_http_close(&test);
}

/* Many small messages that nobody takes are bounded too. */
static void test_ws_slow_by_count(void **state)
{
    (void)state;
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    test_http_open(&test, &config);
    int fd = expect_open(&test, "/ws", "");
    ap_shared_bytes *small = ap_shared_bytes_copy("x", 1);
    int sent = 0;
    while (sent < 1000 && ap_ws_send(s.client, small, true) == AP_OK) /* no turn of the loop */
        sent++;
    assert_int_equal(sent, 256);
    TEST_HTTP_WAIT(&test, s.closed == 1);
    ap_shared_bytes_drop(small);
    (void)close(fd);
    test_http_close(&test);
}

static void test_ws_message_too_long(void **state)
{
    (void)state;
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.ws_message_cap = 1000;
    test_http_open(&test, &config);
    char long_message[1001] = "";
    uint8_t data[200];
    size_t size;
    int fd = expect_open(&test, "/ws", "");
    test_ws_send(&test, fd, 2, true, long_message, 1000);
    TEST_HTTP_WAIT(&test, s.messages == 1);
    test_ws_send(&test, fd, 2, true, long_message, 1001);
    assert_int_equal(test_ws_receive(&test, fd, data, sizeof data, &size), 8);
    assert_int_equal(data[0] << 8 | data[1], 1009);
    (void)close(fd);
    fd = expect_open(&test, "/ws", "");
    test_ws_send(&test, fd, 2, false, long_message, 600); /* in parts */
    test_ws_send(&test, fd, 0, true, long_message, 600);
    assert_int_equal(test_ws_receive(&test, fd, data, sizeof data, &size), 8);
    assert_int_equal(data[0] << 8 | data[1], 1009);
    (void)close(fd);
    assert_int_equal(s.messages, 1);
    assert_int_equal(ap_http_count(&test.http)->oversized_count, 2);
    TEST_HTTP_WAIT(&test, s.closed == 2);
    test_http_close(&test);
}

static void test_ws_garbage(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = { { "\x83\x81xxxx!", 7 },                             /* opcode 3 */
                  { "\xf2\x81xxxx!", 7 },                             /* reserved bits */
                  { "\x89\xfe\x01\x01xxxx", 8 },                      /* long control frame */
                  { "\x80\x81xxxx!", 7 },                             /* continues nothing */
                  { "\x81\x82xxxx\xb0\xb0", 8 },                      /* not UTF-8 */
                  { "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10 }, /* 2^64 bytes */
                  { "\x88\x81xxxx!", 7 } };                           /* close code of one byte */
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.ping_s = 0.2;
    test_http_open(&test, &config);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = expect_open(&test, "/ws", "");
        test_http_send(&test, fd, cases[i].bytes, cases[i].size);
        test_http_turn(&test, 5);
        (void)close(fd);
    }
    TEST_HTTP_WAIT(&test, s.closed == s.opened);
    assert_int_equal(s.messages, 0);
    test_http_close(&test);
}

/* Silence is answered by a ping; silence after it by the end. */
static void test_ws_ping_and_silence(void **state)
{
    (void)state;
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.ping_s = 0.3;
    test_http_open(&test, &config);
    int alive = expect_open(&test, "/ws", ""), dead = expect_open(&test, "/ws", "");
    uint8_t data[200];
    size_t size;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(test_ws_receive(&test, alive, data, sizeof data, &size), 9);
        test_ws_send(&test, alive, 10, true, data, size);
    }
    assert_int_equal(s.closed, 1);
    assert_int_equal(ap_http_count(&test.http)->ws_cut_silent_count, 1);
    assert_int_equal(ap_http_count(&test.http)->ws_count, 1);
    (void)close(alive);
    (void)close(dead);
    test_http_close(&test);
}

static void test_ws_close_with_code(void **state)
{
    (void)state;
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    test_http_open(&test, &config);
    int fd = expect_open(&test, "/ws", "");
    ap_shared_bytes *last = ap_shared_bytes_copy("last", 4);
    assert_int_equal(ap_ws_send(s.client, last, false), AP_OK);
    ap_ws_close(s.client, 1008, "token taken back");
    assert_int_equal(ap_ws_send(s.client, last, false), AP_ERR_END);
    ap_shared_bytes_drop(last);
    uint8_t data[200];
    size_t size;
    assert_int_equal(test_ws_receive(&test, fd, data, sizeof data, &size), 1); /* what waited */
    assert_int_equal(test_ws_receive(&test, fd, data, sizeof data, &size), 8);
    assert_int_equal(data[0] << 8 | data[1], 1008);
    assert_int_equal(size, 2 + 16);
    assert_memory_equal(data + 2, "token taken back", 16);
    test_ws_send(&test, fd, 8, true, data, size);
    TEST_HTTP_WAIT(&test, s.closed == 1);
    (void)close(fd);
    test_http_close(&test);
}

static void test_ws_cap_and_drain(void **state)
{
    (void)state;
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.ws_cap = 2;
    test_http_open(&test, &config);
    int one = expect_open(&test, "/ws", ""), two = expect_open(&test, "/ws", "");
    expect_refused(&test, "/ws", "", 503);
    ap_http_drain(&test.http);
    uint8_t data[200];
    size_t size;
    assert_int_equal(test_ws_receive(&test, one, data, sizeof data, &size), 8);
    assert_int_equal(data[0] << 8 | data[1], 1001);
    assert_int_equal(test_ws_receive(&test, two, data, sizeof data, &size), 8);
    (void)close(one);
    (void)close(two);
    TEST_HTTP_WAIT(&test, s.closed == 2);
    test_http_close(&test);
}

/* A token as sub-protocol, as browsers can send it. */
static void test_ws_token(void **state)
{
    (void)state;
    static const char *const protocols[] = { "airpicture.v1" };
    char token[AP_TOKEN_TEXT_SIZE], line[AP_TOKEN_LINE_SIZE], fields[256],
        message[AP_IO_MESSAGE_SIZE];
    ap_tokens tokens;
    assert_int_equal(ap_tokens_init(&tokens), AP_OK);
    assert_int_equal(ap_token_make("wall", AP_ROLE_READ, token, line), AP_OK);
    assert_int_equal(ap_tokens_add(&tokens, line, strlen(line), message), AP_OK);
    seen s;
    test_http test;
    ap_http_config config = config_of(&s);
    config.tokens = &tokens;
    config.read_needs_token = true;
    config.sub_protocols = protocols;
    config.sub_protocol_count = 1;
    test_http_open(&test, &config);
    expect_refused(&test, "/ws", "", 401);
    (void)snprintf(fields, sizeof fields, "Sec-WebSocket-Protocol: airpicture.v1, bearer.%s\r\n",
                   token);
    int one = expect_open(&test, "/ws", fields);
    assert_string_equal(s.user, "wall");
    (void)snprintf(fields, sizeof fields, "Authorization: Bearer %s\r\n", token);
    int two = expect_open(&test, "/ws", fields);
    assert_string_equal(s.protocol, "");
    (void)close(one);
    (void)close(two);
    test_http_close(&test);
    assert_int_equal(s.closed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ws_handshake_refused), cmocka_unit_test(test_ws_echo),
        cmocka_unit_test(test_ws_send_shared),       cmocka_unit_test(test_ws_send_at_open),
        cmocka_unit_test(test_ws_slow_by_bytes),     cmocka_unit_test(test_ws_slow_by_time),
        cmocka_unit_test(test_ws_slow_drop_by_drop), cmocka_unit_test(test_ws_slow_by_count),
        cmocka_unit_test(test_ws_message_too_long),  cmocka_unit_test(test_ws_garbage),
        cmocka_unit_test(test_ws_ping_and_silence),  cmocka_unit_test(test_ws_close_with_code),
        cmocka_unit_test(test_ws_cap_and_drain),     cmocka_unit_test(test_ws_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
