#include "io/tcp_out.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "airpicture/time.h"
#include "io/clock.h"

enum { WAIT_CAP = 1 << 18, CLOSE_WAIT_MS = 1000, BACKLOG = 8 };

typedef struct client {
    int fd; /* -1: free */
    size_t waiting;
    uint8_t bytes[WAIT_CAP]; /* that the system had no room for yet */
} client;

struct ap_tcp_out_state {
    int fd;
    uint16_t port;
    client clients[AP_TCP_OUT_CLIENT_CAP];
};

/* A listening socket on the loopback address; -1 with errno. */
static int listen_on(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0)
        return -1;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(*port),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof address;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

ap_err ap_tcp_out_open(ap_tcp_out *out, uint16_t port, char message[AP_IO_MESSAGE_SIZE])
{
    *out = (ap_tcp_out){ .state = NULL };
    struct ap_tcp_out_state *state = malloc(sizeof *state);
    int fd = state ? listen_on(&port) : -1;
    if (fd < 0) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot serve TCP port %u: %s; name another",
                       port, strerror(errno));
        free(state);
        return AP_ERR_NO_OUTPUT;
    }
    state->fd = fd;
    state->port = port;
    for (int i = 0; i < AP_TCP_OUT_CLIENT_CAP; i++)
        state->clients[i].fd = -1;
    out->state = state;
    return AP_OK;
}

uint16_t ap_tcp_out_port(const ap_tcp_out *out)
{
    return out->state ? out->state->port : 0;
}

static void let_go(client *of)
{
    (void)close(of->fd);
    of->fd = -1;
}

static void take_clients(ap_tcp_out *out)
{
    int fd;
    while ((fd = accept4(out->state->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        int i = 0;
        while (i < AP_TCP_OUT_CLIENT_CAP && out->state->clients[i].fd >= 0)
            i++;
        if (i == AP_TCP_OUT_CLIENT_CAP) {
            out->refused_count++;
            (void)close(fd);
            continue;
        }
        out->state->clients[i].fd = fd;
        out->state->clients[i].waiting = 0;
        out->client_count++;
    }
}

/* Hands to the system what waits. False: the client is gone. */
static bool push(client *to)
{
    while (to->waiting > 0) {
        ssize_t n = send(to->fd, to->bytes, to->waiting, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        memmove(to->bytes, to->bytes + n, to->waiting - (size_t)n);
        to->waiting -= (size_t)n;
    }
    return true;
}

void ap_tcp_out_send(ap_tcp_out *out, const void *data, size_t size)
{
    if (!out->state)
        return;
    take_clients(out);
    for (int i = 0; i < AP_TCP_OUT_CLIENT_CAP; i++) {
        client *to = &out->state->clients[i];
        if (to->fd < 0)
            continue;
        if (size > WAIT_CAP - to->waiting) {
            out->dropped_count++;
            let_go(to);
            continue;
        }
        if (size > 0)
            memcpy(to->bytes + to->waiting, data, size);
        to->waiting += size;
        if (!push(to))
            let_go(to);
    }
}

/* Gives a client the time, until then, to take what waits for it. */
static void drain(client *to, int64_t until_ns)
{
    struct pollfd ready = { .fd = to->fd, .events = POLLOUT };
    while (to->waiting > 0) {
        int64_t left_ms = (until_ns - ap_clock_monotonic_ns()) / AP_NS_PER_MS;
        if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) <= 0 || !push(to))
            return;
    }
}

void ap_tcp_out_close(ap_tcp_out *out)
{
    if (!out->state)
        return;
    int64_t until_ns = ap_clock_monotonic_ns() + CLOSE_WAIT_MS * AP_NS_PER_MS;
    for (int i = 0; i < AP_TCP_OUT_CLIENT_CAP; i++)
        if (out->state->clients[i].fd >= 0) {
            drain(&out->state->clients[i], until_ns);
            let_go(&out->state->clients[i]);
        }
    (void)close(out->state->fd);
    free(out->state);
    out->state = NULL;
}
