/* Live inputs: connections that we make, and connections that others make. */
#include "io/live_input.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "io/clock.h"
#include "io/socket.h"

#define ADDRESS_CAP 8                 /* of a name, that are tried one after the other */
#define CONNECT_NS (10 * AP_NS_PER_S) /* for each */
#define ACCEPTS_A_TURN 64             /* then the other descriptors have their turn */
#define BACKLOG 128
#define PATIENCE_NS (2 * AP_NS_PER_S) /* with one that has sent nothing, when others want in */

/* --- TCP_CONNECT --- */

/* A look-up of a name. It cannot always be ended, so it may outlive its input. */
typedef struct look_up {
    uv_getaddrinfo_t request;
    ap_live_input *input; /* NULL: nobody waits for it */
} look_up;

typedef struct connection {
    ap_live_stream stream;
    ap_socket_address addresses[ADDRESS_CAP];
    int address_count, next;
    bool is_connecting;
    int64_t deadline_ns;
    look_up *look_up;
    char where[AP_SOCKET_TEXT_SIZE]; /* the address that is tried, for messages */
} connection;

static void on_connection(void *context, bool readable, bool writable);

static ap_err connect_check(ap_live_input *input, char message[AP_IO_MESSAGE_SIZE])
{
    const ap_live_config *config = &input->config;
    connection *own = input->own;
    own->stream.input = input;
    if (config->host && *config->host && config->port)
        return AP_OK;
    (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                   "a connection needs a host and a port, such as 127.0.0.1:30005");
    return AP_ERR_CONFIG;
}

static void connect_close(ap_live_input *input)
{
    connection *own = input->own;
    own->is_connecting = false;
    ap_live_stream_end(&own->stream);
    if (own->look_up) {
        own->look_up->input = NULL;
        (void)uv_cancel((uv_req_t *)&own->look_up->request); /* one that runs ends by itself */
        own->look_up = NULL;
    }
}

/* 0 when it connects or will; an errno. */
static int start_connection(ap_live_input *input, const ap_socket_address *to)
{
    connection *own = input->own;
    int fd = socket(to->is.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    ap_socket_keep_alive(fd);
    if (connect(fd, &to->is.any, to->size) && errno != EINPROGRESS) {
        int error = errno;
        (void)close(fd);
        return error;
    }
    own->stream.fd = ap_loop_fd_open(input->set->loop, fd, on_connection, input);
    if (!own->stream.fd) {
        (void)close(fd);
        return ENOMEM;
    }
    ap_socket_address_bytes(to, own->stream.peer, &own->stream.peer_port);
    own->is_connecting = true;
    own->deadline_ns = ap_clock_monotonic_ns() + CONNECT_NS;
    ap_loop_fd_want(own->stream.fd, false, true);
    return 0;
}

/* Tries the addresses from the next one on; the last error is the one that is told. */
static void try_addresses(ap_live_input *input, int error)
{
    connection *own = input->own;
    char text[AP_SOCKET_ERROR_SIZE];
    ap_live_stream_end(&own->stream);
    own->is_connecting = false;
    while (own->next < own->address_count) {
        const ap_socket_address *to = &own->addresses[own->next++];
        ap_socket_address_text(to, own->where);
        error = start_connection(input, to);
        if (!error)
            return;
    }
    ap_live_lost(input, "cannot connect to %s: %s", own->where, ap_socket_error_text(error, text));
}

static void on_look_up(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    look_up *done = request->data;
    ap_live_input *input = done->input;
    free(done);
    if (!input) {
        uv_freeaddrinfo(found);
        return;
    }
    connection *own = input->own;
    own->look_up = NULL;
    if (status < 0) {
        ap_live_lost(input, "cannot find the host '%.100s': %s", input->config.host,
                     uv_strerror(status));
        return;
    }
    for (const struct addrinfo *one = found; one && own->address_count < ADDRESS_CAP;
         one = one->ai_next) {
        ap_socket_address *to = &own->addresses[own->address_count++];
        memcpy(&to->is, one->ai_addr, one->ai_addrlen);
        to->size = one->ai_addrlen;
    }
    uv_freeaddrinfo(found);
    try_addresses(input, EADDRNOTAVAIL);
}

static void start_look_up(ap_live_input *input)
{
    connection *own = input->own;
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    char port[8];
    (void)snprintf(port, sizeof port, "%u", input->config.port);
    look_up *made = calloc(1, sizeof *made);
    int error = made ? uv_getaddrinfo(ap_loop_uv(input->set->loop), &made->request, on_look_up,
                                      input->config.host, port, &hints)
                     : UV_ENOMEM;
    if (error) {
        free(made);
        ap_live_lost(input, "cannot look up the host '%.100s': %s", input->config.host,
                     uv_strerror(error));
        return;
    }
    made->request.data = made;
    made->input = input;
    own->look_up = made;
}

static void connect_open(ap_live_input *input)
{
    connection *own = input->own;
    own->address_count = own->next = 0;
    if (!ap_socket_address_parse(&own->addresses[0], input->config.host, input->config.port)) {
        start_look_up(input);
        return;
    }
    own->address_count = 1;
    try_addresses(input, 0);
}

/* A connection to a free port of this host can meet itself: both ends are then one. */
static bool is_own_end(int fd)
{
    ap_socket_address here = { .size = sizeof here.is }, there = { .size = sizeof there.is };
    char here_text[AP_SOCKET_TEXT_SIZE], there_text[AP_SOCKET_TEXT_SIZE];
    if (getsockname(fd, &here.is.any, &here.size) || getpeername(fd, &there.is.any, &there.size))
        return false;
    ap_socket_address_text(&here, here_text);
    ap_socket_address_text(&there, there_text);
    return strcmp(here_text, there_text) == 0;
}

static void finish_connection(ap_live_input *input)
{
    connection *own = input->own;
    int fd = ap_loop_fd_number(own->stream.fd), error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
        error = errno;
    if (!error && is_own_end(fd))
        error = ECONNREFUSED;
    if (error) {
        try_addresses(input, error);
        return;
    }
    own->is_connecting = false;
    ap_loop_fd_want(own->stream.fd, true, false);
    ap_live_up(input);
    ap_live_stream_begin(&own->stream);
}

static void on_connection(void *context, bool readable, bool writable)
{
    (void)writable;
    ap_live_input *input = context;
    connection *own = input->own;
    char text[AP_SOCKET_ERROR_SIZE];
    if (own->is_connecting) {
        finish_connection(input);
        return;
    }
    if (!readable)
        return;
    switch (ap_live_stream_read(&own->stream, ap_loop_fd_number(own->stream.fd))) {
    case AP_LIVE_READ_END:
        ap_live_lost(input, "connection to %s was closed by the other side", own->where);
        break;
    case AP_LIVE_READ_ERROR:
        ap_live_lost(input, "connection to %s was lost: %s", own->where,
                     ap_socket_error_text(errno, text));
        break;
    case AP_LIVE_READ_DATA:
    case AP_LIVE_READ_NOTHING:
        break;
    }
}

static void connect_tick(ap_live_input *input)
{
    connection *own = input->own;
    if (own->is_connecting && input->set->now_ns > own->deadline_ns)
        try_addresses(input, ETIMEDOUT);
    else if (ap_live_stream_is_idle(&own->stream))
        ap_live_lost(input, "connection to %s was silent for %u s", own->where,
                     input->config.idle_timeout_s);
}

const ap_live_ops ap_live_connect_ops = {
    .own_size = sizeof(connection),
    .check = connect_check,
    .open = connect_open,
    .close = connect_close,
    .tick = connect_tick,
};

/* --- TCP_LISTEN --- */

typedef struct listener {
    ap_socket_address address;
    ap_loop_fd *fd;
    bool is_paused; /* the system has no descriptor left */
    ap_live_stream streams[AP_LIVE_STREAM_CAP];
} listener;

static ap_err listen_check(ap_live_input *input, char message[AP_IO_MESSAGE_SIZE])
{
    listener *own = input->own;
    const char *host = input->config.host ? input->config.host : "127.0.0.1";
    for (uint16_t i = 0; i < AP_LIVE_STREAM_CAP; i++)
        own->streams[i] = (ap_live_stream){ .input = input, .slot = i };
    if (ap_socket_address_parse(&own->address, host, input->config.port))
        return AP_OK;
    (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                   "'%.200s' is no address of this host; name one in digits, or 0.0.0.0 for all",
                   host);
    return AP_ERR_CONFIG;
}

static void listen_close(ap_live_input *input)
{
    listener *own = input->own;
    ap_loop_fd_close(&own->fd);
    for (int i = 0; i < (int)AP_LIVE_STREAM_CAP; i++)
        ap_live_stream_end(&own->streams[i]);
}

static void on_stream(void *context, bool readable, bool writable)
{
    (void)writable;
    ap_live_stream *stream = context;
    char text[AP_SOCKET_ERROR_SIZE];
    if (!readable)
        return;
    ap_live_read result = ap_live_stream_read(stream, ap_loop_fd_number(stream->fd));
    if (result == AP_LIVE_READ_ERROR)
        ap_live_note(stream->input, "a connection was lost: %s", ap_socket_error_text(errno, text));
    if (result == AP_LIVE_READ_ERROR || result == AP_LIVE_READ_END)
        ap_live_stream_end(stream);
}

/* A free place. When all are taken, whoever has been there for longest without a word makes room:
 * places are for who sends. NULL: there is none. */
static ap_live_stream *find_place(ap_live_input *input)
{
    listener *own = input->own;
    ap_live_stream *silent = NULL;
    for (unsigned i = 0; i < AP_LIVE_STREAM_CAP; i++) {
        ap_live_stream *stream = &own->streams[i];
        if (!stream->fd)
            return stream;
        if (!stream->has_sent && (!silent || stream->heard_ns < silent->heard_ns))
            silent = stream;
    }
    if (!silent || ap_clock_monotonic_ns() - silent->heard_ns < PATIENCE_NS)
        return NULL;
    input->stats.refused_connection_count++;
    ap_live_stream_end(silent);
    return silent;
}

static void take_connection(ap_live_input *input, int fd, const ap_socket_address *peer)
{
    ap_live_stream *stream = find_place(input);
    if (stream)
        stream->fd = ap_loop_fd_open(input->set->loop, fd, on_stream, stream);
    if (!stream || !stream->fd) {
        input->stats.refused_connection_count++;
        (void)close(fd);
        return;
    }
    ap_socket_keep_alive(fd);
    ap_socket_address_bytes(peer, stream->peer, &stream->peer_port);
    input->stats.connection_count++;
    ap_loop_fd_want(stream->fd, true, false);
    ap_live_stream_begin(stream);
}

static void on_listener(void *context, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    ap_live_input *input = context;
    listener *own = input->own;
    char text[AP_SOCKET_ERROR_SIZE];
    for (int n = 0; n < ACCEPTS_A_TURN; n++) {
        ap_socket_address peer;
        int fd = ap_socket_accept(ap_loop_fd_number(own->fd), &peer);
        if (fd >= 0) {
            take_connection(input, fd, &peer);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        ap_live_note(input, "cannot take a connection: %s", ap_socket_error_text(errno, text));
        own->is_paused = true; /* it would be asked again at once */
        ap_loop_fd_want(own->fd, false, false);
        return;
    }
}

static void listen_open(ap_live_input *input)
{
    listener *own = input->own;
    char where[AP_SOCKET_TEXT_SIZE], text[AP_SOCKET_ERROR_SIZE];
    ap_socket_address_text(&own->address, where);
    int fd = ap_socket_listen(&own->address, BACKLOG);
    own->fd = fd < 0 ? NULL : ap_loop_fd_open(input->set->loop, fd, on_listener, input);
    if (!own->fd) {
        int error = errno;
        if (fd >= 0)
            (void)close(fd);
        ap_live_lost(input, "cannot listen at %s: %s", where, ap_socket_error_text(error, text));
        return;
    }
    input->stats.port = ap_socket_address_port(&own->address);
    input->stats.state = AP_LIVE_CONNECTED;
    input->tries = 0;
    ap_loop_fd_want(own->fd, true, false);
}

static void listen_tick(ap_live_input *input)
{
    listener *own = input->own;
    if (own->is_paused) {
        own->is_paused = false;
        ap_loop_fd_want(own->fd, true, false);
    }
    for (int i = 0; i < (int)AP_LIVE_STREAM_CAP; i++)
        if (ap_live_stream_is_idle(&own->streams[i])) {
            ap_live_note(input, "a connection was silent for %u s", input->config.idle_timeout_s);
            ap_live_stream_end(&own->streams[i]);
        }
}

const ap_live_ops ap_live_listen_ops = {
    .own_size = sizeof(listener),
    .check = listen_check,
    .open = listen_open,
    .close = listen_close,
    .tick = listen_tick,
};
