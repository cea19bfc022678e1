/* What the tests of live inputs share: a loop with inputs, what they told, and peers. */
#ifndef AP_IO_LIVE_CHECK_H
#define AP_IO_LIVE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/clock.h"
#include "io/live_in.h"
#include "io/socket.h"

#define LIVE_TEXT_CAP 256
#define LIVE_INPUTS 8
#define LIVE_WAIT_NS (20 * AP_NS_PER_S) /* for what has to come: far more than it takes */

/* What came of one input; of its streams, the bytes of all in a row. */
typedef struct live_heard {
    uint64_t datagrams, begins, ends, bytes;
    char text[LIVE_TEXT_CAP + 1]; /* the first bytes */
    ap_live_chunk newest;
} live_heard;

typedef struct live_run {
    ap_loop loop;
    ap_live_clock clock;
    ap_live_in in;
    live_heard heard[LIVE_INPUTS];
    ap_utc_ns newest; /* stamp; each has to be later */
    char message[AP_IO_MESSAGE_SIZE];
} live_run;

static inline void live_on_chunk(void *context, const ap_live_chunk *chunk)
{
    live_run *run = context;
    assert_true(chunk->input < LIVE_INPUTS);
    assert_true(chunk->receive_utc > run->newest);
    assert_true(chunk->size <= AP_LIVE_CHUNK_CAP);
    run->newest = chunk->receive_utc;
    live_heard *heard = &run->heard[chunk->input];
    heard->datagrams += chunk->kind == AP_LIVE_DATAGRAM;
    heard->begins += chunk->kind == AP_LIVE_STREAM_BEGIN;
    heard->ends += chunk->kind == AP_LIVE_STREAM_END;
    for (size_t i = 0; i < chunk->size && heard->bytes + i < LIVE_TEXT_CAP; i++)
        heard->text[heard->bytes + i] = (char)chunk->data[i];
    heard->bytes += chunk->size;
    heard->newest = *chunk;
}

static inline void live_start(live_run *run, const ap_live_clock_source *source)
{
    memset(run, 0, sizeof *run);
    run->newest = INT64_MIN;
    ap_live_clock_init(&run->clock, source, AP_UTC_UNKNOWN);
    assert_int_equal(ap_loop_open(&run->loop, run->message), AP_OK);
    assert_int_equal(
        ap_live_in_open(&run->in, &run->loop, &run->clock, live_on_chunk, run, run->message),
        AP_OK);
}

static inline void live_end(live_run *run)
{
    ap_live_in_close(&run->in);
    ap_live_in_close(&run->in);
    ap_loop_close(&run->loop);
}

static inline void live_add(live_run *run, uint32_t input, ap_live_config config)
{
    assert_int_equal(ap_live_in_add(&run->in, input, &config, run->message), AP_OK);
}

static inline const ap_live_stats *live_stats(const live_run *run, uint32_t input)
{
    const ap_live_stats *stats = ap_live_in_stats(&run->in, input);
    assert_non_null(stats);
    return stats;
}

static inline void live_turn(live_run *run)
{
    ap_loop_turn(&run->loop);
    ap_clock_sleep_ns(AP_NS_PER_MS / 2);
}

static inline void live_turn_for(live_run *run, int64_t duration_ms)
{
    int64_t until_ns = ap_clock_monotonic_ns() + duration_ms * AP_NS_PER_MS;
    while (ap_clock_monotonic_ns() < until_ns)
        live_turn(run);
}

/* Turns the loop until that holds, which it has to. */
#define LIVE_UNTIL(run, condition)                                                                 \
    do {                                                                                           \
        int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;                                 \
        while (!(condition) && ap_clock_monotonic_ns() < until_ns)                                 \
            live_turn(run);                                                                        \
        assert_true(condition);                                                                    \
    } while (0)

static inline ap_socket_address live_address(const char *host, uint16_t port)
{
    ap_socket_address address;
    assert_true(ap_socket_address_parse(&address, host, port));
    return address;
}

/* A connected socket of the test's, TCP or UDP. */
static inline int live_connect(int type, const char *host, uint16_t port)
{
    ap_socket_address to = live_address(host, port);
    int fd = socket(to.is.any.sa_family, type, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, &to.is.any, to.size), 0);
    return fd;
}

static inline void live_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

#endif
