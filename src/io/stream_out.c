#include "io/stream_out.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "airpicture/time.h"
#include "io/clock.h"
#include "io/loop_fd.h"
#include "io/socket.h"

#define CLIENT_CAP 64u
#define QUEUE_SIZE_MIN 4096u
#define QUEUE_SIZE_MAX (1u << 30)
#define DEADLINE_MS 10000u
#define DEADLINE_MIN_MS 100u
#define DEADLINE_MAX_MS 600000u
#define TICK_MS 50u
#define ACCEPTS_A_TURN 64
#define BACKLOG 128
#define UNSENT_SIZE (256 << 10) /* bytes that the system holds for a client beside the queue */
#define SILENCE_MS 30000u       /* for which a peer may leave sent bytes unacknowledged */

typedef struct client {
    struct ap_stream_out_state *state;
    ap_loop_fd *fd;     /* NULL: free */
    uint64_t at;        /* bytes it has been given or has missed, counted as `head` */
    bool is_blocked;    /* the system takes no more for it now */
    int64_t blocked_ns; /* since when it has taken nothing */
} client;

struct ap_stream_out_state {
    ap_stream_out *out;
    ap_loop *loop;
    ap_loop_fd *fd;
    bool is_paused; /* the system has no descriptor left for another client */
    uint16_t port;
    uint32_t client_cap, queue_size;
    int64_t deadline_ns;
    void (*on_clients)(void *context);
    void *context;
    uint64_t head; /* bytes sent so far: the next stands at head % queue_size of the ring */
    uint8_t *ring;
    client clients[];
};

/* --- clients --- */

static void tell_clients(const struct ap_stream_out_state *state)
{
    if (state->on_clients)
        state->on_clients(state->context);
}

static void let_go(client *of)
{
    ap_loop_fd_close(&of->fd);
    of->state->out->client_count--;
    tell_clients(of->state);
}

static void cut(client *of)
{
    of->state->out->slow_count++;
    let_go(of);
}

static void leave(client *of)
{
    of->state->out->gone_count++;
    let_go(of);
}

/* The part of the ring that a client has not been given yet, in two pieces where it wraps. */
static int waiting(const client *of, struct iovec pieces[2])
{
    const struct ap_stream_out_state *state = of->state;
    size_t size = (size_t)(state->head - of->at), begin = (size_t)(of->at % state->queue_size);
    size_t to_end = state->queue_size - begin;
    pieces[0] = (struct iovec){ state->ring + begin, size < to_end ? size : to_end };
    pieces[1] = (struct iovec){ state->ring, size - pieces[0].iov_len };
    return pieces[1].iov_len > 0 ? 2 : 1;
}

static void block(client *of)
{
    if (!of->is_blocked) {
        of->is_blocked = true;
        of->blocked_ns = ap_clock_monotonic_ns();
        ap_loop_fd_want(of->fd, true, true);
    }
}

/* Hands to the system what waits. The client may be gone after it. */
static void push(client *to)
{
    struct iovec pieces[2];
    while (to->at < to->state->head) {
        struct msghdr message = { .msg_iov = pieces, .msg_iovlen = (size_t)waiting(to, pieces) };
        ssize_t size = sendmsg(ap_loop_fd_number(to->fd), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            block(to);
            return;
        }
        if (size < 0) {
            leave(to);
            return;
        }
        to->at += (uint64_t)size;
        if (to->is_blocked)
            to->blocked_ns = ap_clock_monotonic_ns();
    }
    if (to->is_blocked) {
        to->is_blocked = false;
        ap_loop_fd_want(to->fd, true, false);
    }
}

/* False: the client has closed its end. */
static bool read_and_forget(client *from)
{
    uint8_t bytes[4096];
    ssize_t size = recv(ap_loop_fd_number(from->fd), bytes, sizeof bytes, MSG_DONTWAIT);
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

static void on_client(void *context, bool readable, bool writable)
{
    client *of = context;
    if (readable && !read_and_forget(of))
        leave(of);
    else if (writable && of->is_blocked)
        push(of);
}

static void set_up(int fd)
{
    int on = 1, size = UNSENT_SIZE;
    unsigned silence_ms = SILENCE_MS;
    ap_socket_keep_alive(fd);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms, sizeof silence_ms);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static void take_client(struct ap_stream_out_state *state, int fd)
{
    uint32_t i = 0;
    while (i < state->client_cap && state->clients[i].fd)
        i++;
    client *of = &state->clients[i];
    ap_loop_fd *made =
        i < state->client_cap ? ap_loop_fd_open(state->loop, fd, on_client, of) : NULL;
    if (!made) {
        state->out->refused_count++;
        (void)close(fd);
        return;
    }
    set_up(fd);
    *of = (client){ .state = state, .fd = made, .at = state->head };
    state->out->accepted_count++;
    state->out->client_count++;
    ap_loop_fd_want(made, true, false);
    tell_clients(state);
}

static void on_listener(void *context, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    struct ap_stream_out_state *state = context;
    for (int n = 0; n < ACCEPTS_A_TURN; n++) {
        ap_socket_address peer;
        int fd = ap_socket_accept(ap_loop_fd_number(state->fd), &peer);
        if (fd >= 0) {
            take_client(state, fd);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        state->is_paused = true; /* it would be asked again at once */
        ap_loop_fd_want(state->fd, false, false);
        return;
    }
}

static void on_tick(void *context)
{
    struct ap_stream_out_state *state = context;
    int64_t now_ns = ap_clock_monotonic_ns();
    if (state->is_paused) {
        state->is_paused = false;
        ap_loop_fd_want(state->fd, true, false);
    }
    for (uint32_t i = 0; i < state->client_cap; i++) {
        client *of = &state->clients[i];
        if (of->fd && of->is_blocked && now_ns - of->blocked_ns > state->deadline_ns)
            cut(of);
    }
}

/* --- the output --- */

/* The value, or the usual one for 0; false when it is out of range. */
static bool take_setting(uint32_t wish, uint32_t usual, uint32_t least, uint32_t most,
                         uint32_t *setting)
{
    *setting = wish ? wish : usual;
    return *setting >= least && *setting <= most;
}

static ap_err refuse(char message[AP_IO_MESSAGE_SIZE], ap_err err, const char *format,
                     const char *what, const char *why)
{
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, format, what, why);
    return err;
}

static ap_err make_state(ap_stream_out *out, const ap_stream_out_config *config,
                         char message[AP_IO_MESSAGE_SIZE])
{
    uint32_t client_cap, queue_size, deadline_ms;
    if (!take_setting(config->client_cap, CLIENT_CAP, 1, AP_STREAM_OUT_CLIENT_MAX, &client_cap) ||
        !take_setting(config->queue_size, AP_STREAM_OUT_QUEUE_SIZE, QUEUE_SIZE_MIN, QUEUE_SIZE_MAX,
                      &queue_size) ||
        !take_setting(config->deadline_ms, DEADLINE_MS, DEADLINE_MIN_MS, DEADLINE_MAX_MS,
                      &deadline_ms))
        return refuse(message, AP_ERR_CONFIG, "%s: %s", "an output",
                      "clients are 1 to 1024, the queue is 4096 bytes to 1 GiB, the deadline 100 "
                      "to 600000 ms");
    struct ap_stream_out_state *state =
        calloc(1, sizeof *state + client_cap * sizeof state->clients[0]);
    uint8_t *ring = malloc(queue_size);
    if (!state || !ring) {
        free(state);
        free(ring);
        return refuse(message, AP_ERR_MEMORY, "%s%s", "memory is exhausted", "");
    }
    state->out = out;
    state->client_cap = client_cap;
    state->queue_size = queue_size;
    state->deadline_ns = deadline_ms * AP_NS_PER_MS;
    state->ring = ring;
    state->on_clients = config->on_clients;
    state->context = config->context;
    out->state = state;
    return AP_OK;
}

static void free_state(ap_stream_out *out)
{
    ap_loop_fd_close(&out->state->fd);
    ap_loop_cancel(out->state->loop, on_tick, out->state);
    free(out->state->ring);
    free(out->state);
    out->state = NULL;
}

/* 0 or an errno. */
static int start_listening(struct ap_stream_out_state *state, ap_socket_address *at)
{
    int fd = ap_socket_listen(at, BACKLOG);
    if (fd < 0)
        return errno;
    state->fd = ap_loop_fd_open(state->loop, fd, on_listener, state);
    if (!state->fd) {
        (void)close(fd);
        return ENOMEM;
    }
    state->port = ap_socket_address_port(at);
    if (ap_loop_every(state->loop, TICK_MS, on_tick, state))
        return ENOMEM;
    ap_loop_fd_want(state->fd, true, false);
    return 0;
}

ap_err ap_stream_out_open(ap_stream_out *out, ap_loop *loop, const ap_stream_out_config *config,
                          char message[AP_IO_MESSAGE_SIZE])
{
    *out = (ap_stream_out){ .state = NULL };
    const char *address = config->address ? config->address : "127.0.0.1";
    char where[AP_SOCKET_TEXT_SIZE], text[AP_SOCKET_ERROR_SIZE];
    ap_socket_address at;
    if (!ap_socket_address_parse(&at, address, config->port))
        return refuse(message, AP_ERR_CONFIG, "'%.200s' is no address of this host; %s", address,
                      "name one in digits, or 0.0.0.0 for all");
    ap_err err = make_state(out, config, message);
    if (err)
        return err;
    out->state->loop = loop;
    ap_socket_address_text(&at, where);
    int error = start_listening(out->state, &at);
    if (!error)
        return AP_OK;
    free_state(out);
    return refuse(message, AP_ERR_NO_OUTPUT, "cannot serve at %s: %s; name another port or address",
                  where, ap_socket_error_text(error, text));
}

uint16_t ap_stream_out_port(const ap_stream_out *out)
{
    return out->state ? out->state->port : 0;
}

static void put(struct ap_stream_out_state *state, const uint8_t *data, size_t size)
{
    size_t begin = (size_t)(state->head % state->queue_size);
    size_t first = size < state->queue_size - begin ? size : state->queue_size - begin;
    memcpy(state->ring + begin, data, first);
    memcpy(state->ring, data + first, size - first);
    state->head += size;
}

ap_err ap_stream_out_send(ap_stream_out *out, const void *data, size_t size)
{
    struct ap_stream_out_state *state = out->state;
    if (!state || size == 0)
        return AP_OK;
    if (size > state->queue_size)
        return AP_ERR_RANGE;
    out->element_count++;
    out->byte_count += size;
    if (out->client_count == 0)
        return AP_OK;
    for (uint32_t i = 0; i < state->client_cap; i++) {
        client *of = &state->clients[i];
        if (of->fd && state->head - of->at + size > state->queue_size)
            cut(of);
    }
    put(state, data, size);
    for (uint32_t i = 0; i < state->client_cap; i++)
        if (state->clients[i].fd && !state->clients[i].is_blocked)
            push(&state->clients[i]);
    return AP_OK;
}

size_t ap_stream_out_waiting(const ap_stream_out *out)
{
    size_t most = 0;
    for (uint32_t i = 0; out->state && i < out->state->client_cap; i++) {
        const client *of = &out->state->clients[i];
        size_t size = of->fd ? (size_t)(out->state->head - of->at) : 0;
        most = size > most ? size : most;
    }
    return most;
}

void ap_stream_out_close(ap_stream_out *out)
{
    if (!out->state)
        return;
    for (uint32_t i = 0; i < out->state->client_cap; i++) {
        client *of = &out->state->clients[i];
        if (of->fd)
            push(of);
        if (of->fd)
            let_go(of);
    }
    free_state(out);
}
