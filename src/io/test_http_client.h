/* A client of the HTTP server for its tests: raw sockets in the thread that turns the server's
 * loop. What must hold is asserted. */
#ifndef AP_IO_TEST_HTTP_CLIENT_H
#define AP_IO_TEST_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "io/http.h"

typedef struct test_http {
    uv_loop_t loop;
    ap_http http;
} test_http;

/* config: as wished, but for its loop. Port 0. */
void test_http_open(test_http *test, ap_http_config *config);
void test_http_close(test_http *test);

/* Turns the loop for so long. */
void test_http_turn(test_http *test, int duration_ms);

/* Turns the loop until that holds, for 5 s at most: machines are slow now and then. */
#define TEST_HTTP_WAIT(test, condition)                                                            \
    do {                                                                                           \
        for (int wait_ms_ = 0; wait_ms_ < 5000 && !(condition); wait_ms_++)                        \
            test_http_turn(test, 1);                                                               \
        assert_true(condition);                                                                    \
    } while (0)

/* A connection that does not block. */
int test_http_connect(test_http *test);

void test_http_send(test_http *test, int fd, const void *data, size_t size);

/* Bytes as they come, up to cap, turning the loop: until `enough`, the end (then *ended) or 5 s. */
size_t test_http_receive(test_http *test, int fd, void *data, size_t cap, size_t enough,
                         bool *ended);

typedef struct test_reply {
    int status; /* 0: closed without an answer */
    char head[4096];
    char *body; /* ended with NUL; free it */
    size_t body_size;
    bool ended; /* the server has closed */
} test_reply;

/* Sends a request, or NULL for the next reply of a pipeline, and reads one reply. */
test_reply test_http_ask(test_http *test, int fd, const char *request);

/* One request on a connection of its own. The body is freed by the next call. */
test_reply test_http_once(test_http *test, const char *request);

/* True when a line of the head begins so. */
bool test_reply_has(const test_reply *reply, const char *line);

/* WebSocket: shakes hands and gives the connection; -1 with *status when refused. `fields` are
 * further header lines, each with its end. */
int test_ws_connect(test_http *test, const char *path, const char *fields, int *status);

/* A masked frame; opcode 1 text, 2 binary, 8 close, 9 ping; is_last = FIN. */
void test_ws_send(test_http *test, int fd, int opcode, bool is_last, const void *data, size_t size);

/* A whole message of the server, or a control frame: its opcode; -1 at the end of the connection
 * or after 5 s. */
int test_ws_receive(test_http *test, int fd, uint8_t *data, size_t cap, size_t *size);

#endif
