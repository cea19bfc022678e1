#include "io/test_http_client.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"

enum { PATIENCE_MS = 5000 };

void test_http_open(test_http *test, ap_http_config *config)
{
    char message[AP_IO_MESSAGE_SIZE] = "";
    (void)signal(SIGPIPE, SIG_IGN);
    int failed = uv_loop_init(&test->loop);
    assert(!failed);
    config->uv_loop = &test->loop;
    ap_err err = ap_http_open(&test->http, config, message);
    if (err)
        (void)fprintf(stderr, "%s\n", message);
    assert(!err);
}

void test_http_close(test_http *test)
{
    ap_http_close(&test->http);
    int left = uv_loop_close(&test->loop);
    assert(!left);
}

static void turn_once(test_http *test)
{
    (void)uv_run(&test->loop, UV_RUN_NOWAIT);
}

void test_http_turn(test_http *test, int duration_ms)
{
    int64_t end_ns = ap_clock_monotonic_ns() + duration_ms * INT64_C(1000000);
    do {
        turn_once(test);
        ap_clock_sleep_ns(200000);
    } while (ap_clock_monotonic_ns() < end_ns);
}

int test_http_connect(test_http *test)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(ap_http_port(&test->http)),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(fd >= 0);
    int failed = connect(fd, (struct sockaddr *)&address, sizeof address);
    assert(!failed);
    return fd;
}

void test_http_send(test_http *test, int fd, const void *data, size_t size)
{
    const char *at = data;
    int64_t end_ns = ap_clock_monotonic_ns() + PATIENCE_MS * INT64_C(1000000);
    while (size > 0 && ap_clock_monotonic_ns() < end_ns) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            return; /* the server has closed: the reader sees it */
        at += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
        turn_once(test);
    }
}

size_t test_http_receive(test_http *test, int fd, void *data, size_t cap, size_t enough,
                         bool *ended)
{
    size_t size = 0;
    int64_t end_ns = ap_clock_monotonic_ns() + PATIENCE_MS * INT64_C(1000000);
    *ended = false;
    while (size < enough && size < cap && ap_clock_monotonic_ns() < end_ns) {
        turn_once(test);
        ssize_t got = recv(fd, (char *)data + size, cap - size, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            *ended = true;
            return size;
        }
        if (got > 0)
            size += (size_t)got;
        else
            ap_clock_sleep_ns(50000);
    }
    return size;
}

/* The head of a reply, byte by byte, so that nothing of the next one is read. */
static bool receive_head(test_http *test, int fd, test_reply *reply)
{
    size_t size = 0;
    while (size + 1 < sizeof reply->head) {
        if (test_http_receive(test, fd, reply->head + size, 1, 1, &reply->ended) == 0)
            break;
        reply->head[++size] = '\0';
        if (size >= 4 && memcmp(reply->head + size - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    reply->head[size] = '\0';
    return false;
}

test_reply test_http_ask(test_http *test, int fd, const char *request)
{
    test_reply reply = { .status = 0 };
    if (request)
        test_http_send(test, fd, request, strlen(request));
    if (!receive_head(test, fd, &reply))
        return reply;
    int read = sscanf(reply.head, "HTTP/1.%*d %d", &reply.status);
    assert(read == 1);
    const char *length = strcasestr(reply.head, "\r\nContent-Length: ");
    bool is_head = request && strncmp(request, "HEAD", 4) == 0;
    size_t size = length && !is_head ? (size_t)strtoul(length + 18, NULL, 10) : 0;
    reply.body = calloc(1, size + 1);
    assert(reply.body);
    reply.body_size = test_http_receive(test, fd, reply.body, size, size, &reply.ended);
    return reply;
}

test_reply test_http_once(test_http *test, const char *request)
{
    int fd = test_http_connect(test);
    test_reply reply = test_http_ask(test, fd, request);
    (void)close(fd);
    test_http_turn(test, 2);
    return reply;
}

bool test_reply_has(const test_reply *reply, const char *line)
{
    for (const char *at = reply->head; (at = strstr(at, "\r\n")) != NULL;) {
        at += 2;
        if (strncasecmp(at, line, strlen(line)) == 0)
            return true;
    }
    return false;
}

int test_ws_connect(test_http *test, const char *path, const char *fields, int *status)
{
    char request[2048];
    int fd = test_http_connect(test);
    (void)snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: "
                   "Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                   path, ap_http_port(&test->http), fields);
    test_reply reply = test_http_ask(test, fd, request);
    free(reply.body);
    *status = reply.status;
    if (reply.status == 101) {
        bool right = test_reply_has(&reply, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert(right); /* RFC 6455, 1.3 */
        return fd;
    }
    (void)close(fd);
    test_http_turn(test, 2);
    return -1;
}

void test_ws_send(test_http *test, int fd, int opcode, bool is_last, const void *data, size_t size)
{
    static const uint8_t mask[4] = { 0x12, 0x34, 0x56, 0x78 };
    uint8_t *frame = malloc(size + 14);
    size_t at = 0;
    assert(frame && size < 65536);
    frame[at++] = (uint8_t)(opcode | (is_last ? 0x80 : 0));
    frame[at++] = (uint8_t)(0x80 | (size < 126 ? size : 126));
    if (size >= 126) {
        frame[at++] = (uint8_t)(size >> 8);
        frame[at++] = (uint8_t)size;
    }
    memcpy(frame + at, mask, sizeof mask);
    at += sizeof mask;
    for (size_t i = 0; i < size; i++)
        frame[at++] = ((const uint8_t *)data)[i] ^ mask[i % 4];
    test_http_send(test, fd, frame, at);
    free(frame);
}

/* Exactly so many bytes; false at the end. */
static bool receive_all(test_http *test, int fd, void *data, size_t size)
{
    bool ended;
    return test_http_receive(test, fd, data, size, size, &ended) == size;
}

int test_ws_receive(test_http *test, int fd, uint8_t *data, size_t cap, size_t *size)
{
    int kind = -1;
    *size = 0;
    for (bool is_last = false; !is_last;) {
        uint8_t head[10];
        if (!receive_all(test, fd, head, 2))
            return -1;
        assert((head[1] & 0x80) == 0); /* servers do not mask */
        size_t length = head[1] & 0x7f, extra = length == 126 ? 2 : length == 127 ? 8 : 0;
        if (extra > 0 && !receive_all(test, fd, head + 2, extra))
            return -1;
        for (size_t i = 0; i < extra; i++)
            length = (i == 0 ? 0 : length << 8) | head[2 + i];
        assert(length <= cap - *size);
        if (!receive_all(test, fd, data + *size, length))
            return -1;
        *size += length;
        kind = kind < 0 ? head[0] & 15 : kind;
        is_last = (head[0] & 0x80) != 0;
    }
    return kind;
}
