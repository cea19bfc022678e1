/* Sockets of the HTTP server: accepts by itself, so that the caps, the lack of descriptors and the
 * refusals are its own, and hands each to lws. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/http_state.h"

enum { BACKLOG = 1024, ACCEPTS_A_TURN = 64, DISPLACED_A_TURN = 8 };

static ap_http_list *list_of(ap_ws_client *client)
{
    bool asks = client->phase == AP_HTTP_WAITING || client->phase == AP_HTTP_BODY;
    return asks ? &client->server->waiting : &client->server->busy;
}

static void unlink_client(ap_ws_client *client)
{
    ap_http_list *list = list_of(client);
    *(client->previous ? &client->previous->next : &list->first) = client->next;
    *(client->next ? &client->next->previous : &list->last) = client->previous;
    client->next = client->previous = NULL;
}

static void link_client(ap_ws_client *client)
{
    ap_http_list *list = list_of(client);
    client->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = client;
    list->last = client;
}

/* The connection is in that phase from now on, and has so long for it. */
void ap_http_enter(ap_ws_client *client, ap_http_phase phase, double seconds)
{
    if (client->phase != AP_HTTP_FREE)
        unlink_client(client);
    client->phase = phase;
    client->deadline_ns = ap_clock_monotonic_ns() + (int64_t)(seconds * 1e9);
    link_client(client);
}

/* Ends both directions: lws sees the end and closes, whatever it still had to send. */
void ap_http_cut(ap_ws_client *client)
{
    if (client->phase == AP_HTTP_CLOSING)
        return;
    ap_http_enter(client, AP_HTTP_CLOSING, 1);
    (void)shutdown(client->fd, SHUT_RDWR);
}

/* lws is done with it. */
void ap_http_release(ap_ws_client *client)
{
    struct ap_http_state *server = client->server;
    ap_ws_release(client);
    ap_http_exchange_free(client);
    ap_shared_bytes_drop(client->body);
    unlink_client(client);
    *client = (ap_ws_client){ .server = server, .fd = -1, .next = server->free };
    server->free = client;
    server->count.connection_count--;
}

static void on_closed(uv_handle_t *handle)
{
    struct ap_http_state *server = handle->data;
    server->open_handles--;
}

/* Kills the connections whose time is over: what lws closes politely would wait for the peer. */
static void kill_client(ap_ws_client *client)
{
    ap_http_cut(client);
    if (client->wsi)
        lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void count_timeout(ap_ws_client *client)
{
    ap_http_counters *count = &client->server->count;
    if (client->phase == AP_HTTP_SENDING) {
        count->slow_reply_count++;
        ap_http_log(client->server, "slow", "%s takes its reply too slowly: closed",
                    client->peer_text);
    } else if (client->phase != AP_HTTP_CLOSING) {
        count->timed_out_count++;
    }
}

static void sweep_list(ap_http_list *list, int64_t now_ns)
{
    for (ap_ws_client *client = list->first, *next; client; client = next) {
        next = client->next;
        if (client->phase == AP_HTTP_WS) {
            ap_ws_look_after(client, now_ns);
            continue;
        }
        if (client->deadline_ns > now_ns)
            continue;
        if (client->phase == AP_HTTP_LATER && !client->exchange->later.status) {
            ap_http_answer_is_late(client);
            continue;
        }
        count_timeout(client);
        kill_client(client);
    }
}

static void on_listener(uv_poll_t *poll, int status, int events);

static void listen_on_loop(struct ap_http_state *server)
{
    server->is_paused = false;
    (void)uv_poll_start(&server->listener, UV_READABLE, on_listener);
}

static void on_sweep(uv_timer_t *timer)
{
    struct ap_http_state *server = timer->data;
    int64_t now_ns = ap_clock_monotonic_ns();
    sweep_list(&server->waiting, now_ns);
    sweep_list(&server->busy, now_ns);
    if (server->is_paused && server->listen_fd >= 0)
        listen_on_loop(server);
}

/* Those who have been without a whole request for the longest time make room; false when all are
 * busy. */
static bool displace(struct ap_http_state *server)
{
    bool any = false;
    for (int i = 0; i < DISPLACED_A_TURN && server->waiting.first; i++) {
        server->count.displaced_count++;
        kill_client(server->waiting.first);
        any = true;
    }
    return any;
}

static void refuse(struct ap_http_state *server, int fd)
{
    char text[512];
    server->count.refused_count++;
    if (fd >= server->fd_cap)
        ap_http_log(server, "descriptors",
                    "connection refused: the last file descriptors are for files; raise "
                    "RLIMIT_NOFILE");
    else
        ap_http_log(server, "full",
                    "connection refused: all %zu are in use; raise the cap of clients",
                    server->config.connection_cap);
    if (!server->has_tls) {
        size_t size = ap_http_format_refusal(text, sizeof text, 503, "Retry-After: 5\r\n",
                                             "too many connections; try again in some seconds");
        char asked[2048]; /* read, because closing with it unread would take the answer back */
        (void)!recv(fd, asked, sizeof asked, MSG_DONTWAIT);
        (void)!send(fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    (void)close(fd);
}

/* No descriptor is left: with the one held back, one connection is taken and let go, so that the
 * queue of the system goes on. Where that one is gone too (another thread was quicker, the limit
 * was lowered), the queue waits for a sweep: the loop would find it ready without end. */
static void refuse_without_descriptor(struct ap_http_state *server)
{
    server->count.refused_count++;
    ap_http_log(server, "descriptors",
                "connection refused: no file descriptors are left; raise RLIMIT_NOFILE");
    if (server->spare_fd >= 0)
        (void)close(server->spare_fd);
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        (void)close(fd);
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        server->is_paused = true;
        (void)uv_poll_stop(&server->listener);
    }
    (void)displace(server);
}

static void adopt(struct ap_http_state *server, int fd, const struct sockaddr_storage *address)
{
    ap_ws_client *client = server->free;
    int on = 1;
    server->free = client->next;
    client->next = NULL;
    client->fd = fd;
    client->peer = ap_http_peer_of(address);
    (void)getnameinfo((const struct sockaddr *)address, sizeof *address, client->peer_text,
                      sizeof client->peer_text, NULL, 0, NI_NUMERICHOST);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    server->count.accepted_count++;
    server->count.connection_count++;
    ap_http_enter(client, AP_HTTP_WAITING, server->config.request_s);
    uint64_t created_count = server->created_count;
    lws_adopt_desc_t adoption = { .vh = server->vhost,
                                  .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL,
                                  .fd = { .sockfd = fd },
                                  .opaque = client };
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
    if (wsi)
        client->wsi = wsi;
    else if (server->created_count == created_count)
        ap_http_release(client); /* otherwise lws releases it */
}

static bool is_waiting(const struct ap_http_state *server)
{
    struct pollfd poll_fd = { .fd = server->listen_fd, .events = POLLIN };
    return poll(&poll_fd, 1, 0) == 1;
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
    struct ap_http_state *server = poll->data;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        if (!server->free && (!is_waiting(server) || displace(server)))
            return; /* their places are free at the end of this turn */
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int fd = accept4(server->listen_fd, (struct sockaddr *)&address, &size,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE))
            refuse_without_descriptor(server);
        if (fd < 0)
            return;
        if (fd >= server->fd_cap)
            (void)displace(server);
        if (!server->free || fd >= server->fd_cap)
            refuse(server, fd);
        else
            adopt(server, fd, &address);
    }
}

/* The listening socket; -1 with errno. */
static int listen_on(struct ap_http_state *server, const struct addrinfo *info)
{
    int on = 1, off = 0;
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6) /* "::" is every address, of both kinds */
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &size) < 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    char port[8] = "0";
    (void)getnameinfo((struct sockaddr *)&bound, size, server->address_text,
                      sizeof server->address_text, port, sizeof port,
                      NI_NUMERICHOST | NI_NUMERICSERV);
    server->port = (uint16_t)atoi(port);
    server->is_loopback =
        strncmp(server->address_text, "127.", 4) == 0 || strcmp(server->address_text, "::1") == 0;
    return fd;
}

ap_err ap_http_listen(struct ap_http_state *server, char message[AP_IO_MESSAGE_SIZE])
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM },
                    *info = NULL;
    char port[8];
    (void)snprintf(port, sizeof port, "%u", server->config.port);
    const char *address = server->config.address;
    if (!address || !*address || getaddrinfo(address, port, &hints, &info) != 0) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                       "cannot serve HTTP on the address '%s': give one in numbers, 127.0.0.1 for "
                       "this machine alone, 0.0.0.0 or :: for every address it has",
                       address ? address : "");
        return AP_ERR_CONFIG;
    }
    server->listen_fd = listen_on(server, info);
    freeaddrinfo(info);
    if (server->listen_fd < 0) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                       "cannot serve HTTP on %s port %u: %s; name another port, or end what "
                       "serves there",
                       address, server->config.port, strerror(errno));
        return AP_ERR_NO_OUTPUT;
    }
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    uv_loop_t *loop = server->config.uv_loop;
    if (server->spare_fd < 0 || uv_poll_init(loop, &server->listener, server->listen_fd) != 0) {
        (void)close(server->listen_fd);
        server->listen_fd = -1;
        (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                       "cannot serve HTTP: no file descriptors are left; raise RLIMIT_NOFILE");
        return AP_ERR_MEMORY;
    }
    (void)uv_timer_init(loop, &server->sweep);
    server->listener.data = server->sweep.data = server;
    server->open_handles = 2;
    listen_on_loop(server);
    (void)uv_timer_start(&server->sweep, on_sweep, AP_HTTP_SWEEP_MS, AP_HTTP_SWEEP_MS);
    return AP_OK;
}

/* Takes nobody any more. */
void ap_http_stop_listening(struct ap_http_state *server)
{
    if (server->listen_fd < 0)
        return;
    if (!uv_is_closing((uv_handle_t *)&server->listener))
        uv_close((uv_handle_t *)&server->listener, on_closed);
    (void)close(server->listen_fd);
    (void)close(server->spare_fd);
    server->listen_fd = server->spare_fd = -1;
}

/* The handles are closed in the loop's next turns: open_handles is then 0. */
void ap_http_unlisten(struct ap_http_state *server)
{
    ap_http_stop_listening(server);
    if (server->open_handles > 0 && !uv_is_closing((uv_handle_t *)&server->sweep))
        uv_close((uv_handle_t *)&server->sweep, on_closed);
}
