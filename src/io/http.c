#include "io/http.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "io/clock.h"
#include "io/http_state.h"
#include "io/socket.h"

enum { THROWN_AWAY_CAP = 4 << 20, TABLE_CAP = 65536, LWS_PATIENCE_S = 3600, CLOSE_TURNS = 16 };

void ap_http_config_init(ap_http_config *config)
{
    *config = (ap_http_config){ .address = "127.0.0.1",
                                .connection_cap = 2000,
                                .ws_cap = 1200,
                                .head_cap = 8192,
                                .body_cap = 65536,
                                .requests_per_second = 50,
                                .request_burst = 200,
                                .wrong_tokens_per_second = 0.2,
                                .wrong_token_burst = 10,
                                .later_s = 60,
                                .request_s = 10,
                                .write_s = 10,
                                .write_bytes_per_second = 16384,
                                .ping_s = 30,
                                .ws_queue_cap = 4 << 20,
                                .ws_message_cap = 16384,
                                .ws_path = "/ws" };
}

/* At most one line a second for each reason; reasons are few and constant. */
void ap_http_log(struct ap_http_state *server, const char *reason, const char *format, ...)
{
    if (!server->config.log)
        return;
    int64_t now_ns = ap_clock_monotonic_ns();
    for (size_t i = 0; i < AP_HTTP_LOG_REASONS; i++) {
        if (server->logged[i].reason && strcmp(server->logged[i].reason, reason) != 0)
            continue;
        if (server->logged[i].reason && now_ns < server->logged[i].next_ns)
            return;
        server->logged[i].reason = reason;
        server->logged[i].next_ns = now_ns + 1000000000;
        break;
    }
    char line[AP_IO_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *c = line; *c; c++) /* what peers send must not steer a terminal or begin a line */
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    server->config.log(server->config.log_context, reason, line);
}

static void call_handler(ap_ws_client *client, ap_http_reply *reply)
{
    const ap_http_request *request = &client->exchange->request;
    struct ap_http_state *server = client->server;
    size_t folder = strlen(server->ws_path);
    if (request->method == AP_HTTP_OPTIONS) {
        reply->status = 204;
        reply->field[reply->field_count++] =
            (ap_http_pair){ "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" };
    } else if (strncmp(request->path, server->ws_path, folder) == 0 &&
               (request->path[folder] == '\0' || request->path[folder] == '/')) {
        ap_http_reply_error(reply, 426, "this path is a WebSocket");
        reply->field[reply->field_count++] = (ap_http_pair){ "Upgrade", "websocket" };
    } else if (server->config.handler) {
        server->config.handler(server->config.context, request, reply);
    }
    if (reply->status == 404 && !reply->body && !reply->is_later)
        ap_http_reply_error(reply, 404, "there is nothing at this path");
}

/* A ticket is a place in the table of connections, and above it a number that is used once. */
static uint64_t next_ticket(ap_ws_client *client)
{
    struct ap_http_state *server = client->server;
    client->ticket = ++server->ticket_count * TABLE_CAP + (uint64_t)(client - server->connection);
    return client->ticket;
}

void ap_http_reply_later(ap_http *http, uint64_t ticket, ap_http_reply *reply)
{
    struct ap_http_state *server = http->state;
    ap_ws_client *client = &server->connection[ticket % TABLE_CAP];
    if (client->ticket != ticket || client->phase != AP_HTTP_LATER ||
        client->exchange->later.status) {
        ap_shared_bytes_drop(reply->body);
        reply->body = NULL;
        return;
    }
    client->exchange->later = *reply;
    reply->body = NULL;
    client->deadline_ns = ap_clock_monotonic_ns() + (int64_t)(server->config.write_s * 1e9);
    (void)lws_callback_on_writable(client->wsi);
}

/* It is told so; what comes yet is dropped. */
void ap_http_answer_is_late(ap_ws_client *client)
{
    ap_http_reply reply = { .status = 0 };
    ap_http_reply_error(&reply, 503, "the answer took too long; ask for less, or again later");
    ap_http_reply_later(&(ap_http){ client->server }, client->ticket, &reply);
}

/* Writes what has come, and after it the rest of a body that is under way. */
static int on_writable(ap_ws_client *client, struct lws *wsi)
{
    if (client->phase != AP_HTTP_LATER)
        return ap_http_write_on(client, wsi);
    if (!client->exchange->later.status)
        return 0;
    ap_http_reply reply = client->exchange->later;
    client->exchange->later = (ap_http_reply){ .status = 0 };
    return ap_http_answer(client, wsi, &reply);
}

/* The whole request is there. */
static int answer(ap_ws_client *client, struct lws *wsi)
{
    ap_http_reply reply = { .status = 404 };
    client->exchange->request.ticket = next_ticket(client);
    if (client->exchange->refusal.status) {
        reply = client->exchange->refusal;
        client->exchange->refusal = (ap_http_reply){ .status = 0 };
    } else {
        call_handler(client, &reply);
    }
    if (reply.is_later) {
        ap_http_enter(client, AP_HTTP_LATER, client->server->config.later_s);
        return 0;
    }
    return ap_http_answer(client, wsi, &reply);
}

static ap_http_exchange *begin_exchange(ap_ws_client *client, struct lws *wsi, const char *path)
{
    client->server->count.request_count++;
    ap_http_exchange_free(client);
    ap_http_exchange *exchange = ap_http_exchange_make(client, wsi, path);
    if (!exchange)
        ap_http_log(client->server, "memory", "memory is exhausted: request of %s refused",
                    client->peer_text);
    return exchange;
}

static int on_request(ap_ws_client *client, struct lws *wsi, const char *path)
{
    ap_http_exchange *exchange = begin_exchange(client, wsi, path);
    ap_http_reply reply = { .status = 404 };
    if (!exchange)
        return -1;
    bool is_refused = ap_http_exchange_check(client, wsi, exchange, &reply) != 0;
    if (is_refused && (exchange->body_cap == 0 || exchange->body_cap > THROWN_AWAY_CAP))
        return ap_http_answer(client, wsi, &reply);
    if (exchange->body_cap == 0)
        return answer(client, wsi);
    exchange->refusal = is_refused ? reply : (ap_http_reply){ .status = 0 };
    exchange->body = is_refused ? NULL : malloc(exchange->body_cap);
    if (!is_refused && !exchange->body)
        return -1;
    ap_http_enter(client, AP_HTTP_BODY, client->server->config.request_s);
    return 0;
}

static int on_body(ap_ws_client *client, const void *data, size_t size)
{
    ap_http_exchange *exchange = client->exchange;
    if (client->phase != AP_HTTP_BODY || !exchange || size == 0)
        return 0;
    if (size > exchange->body_cap - exchange->body_size)
        return -1;
    if (exchange->body)
        memcpy(exchange->body + exchange->body_size, data, size);
    exchange->body_size += size;
    exchange->request.body = exchange->body;
    exchange->request.body_size = exchange->body_size;
    return 0;
}

static int on_upgrade(ap_ws_client *client, struct lws *wsi, char *protocol)
{
    char *path;
    int size;
    if (strcasecmp(protocol, "h2c") == 0) {
        protocol[0] = '-'; /* unknown to lws now: it goes on as the request it is */
        return 0;
    }
    if (strcasecmp(protocol, "websocket") != 0 ||
        lws_http_get_uri_and_method(wsi, &path, &size) < 0)
        return -1;
    return begin_exchange(client, wsi, path) ? ap_ws_upgrade(client, wsi) : -1;
}

/* What lws cannot read as a request, first of all an unknown method. */
static int on_raw(ap_ws_client *client, struct lws *wsi, const char *data, size_t size)
{
    char text[LWS_PRE + 512];
    size_t name = 0;
    while (name < size && name < 32 && data[name] >= 'A' && data[name] <= 'Z')
        name++;
    bool is_method = name > 0 && name < size && data[name] == ' ';
    size_t length =
        is_method
            ? ap_http_format_refusal(text + LWS_PRE, sizeof text - LWS_PRE, 405,
                                     "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n",
                                     "this method is not known here; see the field Allow")
            : ap_http_format_refusal(text + LWS_PRE, sizeof text - LWS_PRE, 400, "",
                                     "this is not HTTP/1.1");
    client->server->count.status_count[4]++;
    client->server->count.malformed_count += !is_method;
    client->server->count.request_count += is_method;
    ap_http_enter(client, AP_HTTP_CLOSING, 1);
    (void)lws_write(wsi, (unsigned char *)text + LWS_PRE, length, LWS_WRITE_RAW);
    return -1;
}

/* lws closes: the peer is gone, or what it sent could not be read. */
static void on_http_closed(ap_ws_client *client)
{
    char byte;
    if (client->phase != AP_HTTP_WAITING || client->server->is_closing)
        return;
    ssize_t left = recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (left > 0 || (left < 0 && errno == EAGAIN)) {
        client->server->count.malformed_count++;
        ap_http_log(client->server, "malformed", "%s sent what is no request, or a head too long",
                    client->peer_text);
    }
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t size)
{
    struct ap_http_state *server = lws_context_user(lws_get_context(wsi));
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS)
        return ap_http_tls_begin(server, user);
    if (reason == LWS_CALLBACK_WSI_CREATE)
        server->created_count++;
    ap_ws_client *client =
        reason == LWS_CALLBACK_PROTOCOL_INIT || reason == LWS_CALLBACK_PROTOCOL_DESTROY
            ? NULL
            : lws_get_opaque_user_data(wsi);
    if (!client)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_SSL_INFO:
        client->tls_done = true;
        return 0;
    case LWS_CALLBACK_HTTP:
        return on_request(client, wsi, in);
    case LWS_CALLBACK_HTTP_BODY:
        return on_body(client, in, size);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return client->phase == AP_HTTP_BODY ? answer(client, wsi) : 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return on_writable(client, wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return on_upgrade(client, wsi, in);
    case LWS_CALLBACK_RAW_RX:
        return on_raw(client, wsi, in, size);
    case LWS_CALLBACK_ESTABLISHED:
        ap_ws_established(client, wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return ap_ws_read(client, wsi, in, size);
    case LWS_CALLBACK_RECEIVE_PONG:
        ap_ws_heard(client);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return ap_ws_write_on(client, wsi);
    case LWS_CALLBACK_CLOSED_HTTP:
        on_http_closed(client);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (server->has_tls && !client->tls_done && client->phase == AP_HTTP_WAITING)
            server->count.tls_failed_count++;
        ap_http_release(client);
        return 0;
    default:
        return 0;
    }
}

static bool copy_text(char *text, size_t cap, const char *from)
{
    size_t size = from ? strlen(from) : 0;
    if (size >= cap)
        return false;
    memcpy(text, from ? from : "", size + 1);
    return true;
}

static const char *copy_texts(struct ap_http_state *server, const ap_http_config *config)
{
    if (config->origin_count > AP_HTTP_LIST_CAP || config->host_name_count > AP_HTTP_LIST_CAP ||
        config->sub_protocol_count > AP_HTTP_SUB_PROTOCOL_CAP)
        return "HTTP: at most 16 origins, 16 host names, 8 sub-protocols";
    bool fits = copy_text(server->ws_path, sizeof server->ws_path, config->ws_path) &&
                copy_text(server->certificate_path, sizeof server->certificate_path,
                          config->certificate_path) &&
                copy_text(server->key_path, sizeof server->key_path, config->key_path);
    if (config->page_source)
        fits = fits && snprintf(server->page_source, sizeof server->page_source, " %s",
                                config->page_source) < (int)sizeof server->page_source;
    for (size_t i = 0; i < config->origin_count; i++)
        fits = fits && copy_text(server->origin[i], sizeof server->origin[i], config->origins[i]);
    for (size_t i = 0; i < config->host_name_count; i++)
        fits = fits &&
               copy_text(server->host_name[i], sizeof server->host_name[i], config->host_names[i]);
    for (size_t i = 0; i < config->sub_protocol_count; i++)
        fits = fits && copy_text(server->sub_protocol[i], sizeof server->sub_protocol[i],
                                 config->sub_protocols[i]);
    return fits ? NULL : "HTTP: a path, origin or name is too long";
}

static const char *check_config(const ap_http_config *config)
{
    if (!config->uv_loop || config->connection_cap < 1 || config->connection_cap > TABLE_CAP)
        return "HTTP: the cap of connections must be from 1 to 65536";
    if (config->head_cap < 1024 || config->head_cap > 65535)
        return "HTTP: the cap of a request's head must be from 1024 to 65535 bytes";
    if (config->ws_message_cap < 1 || !config->ws_path || config->ws_path[0] != '/')
        return "HTTP: the path of WebSockets must begin with '/', their messages may have a byte";
    if (!(config->later_s > 0) || !(config->request_s > 0) || !(config->write_s > 0) ||
        !(config->ping_s > 0) || !(config->write_bytes_per_second > 0))
        return "HTTP: every time and rate of writing must be above 0";
    if (!config->certificate_path != !config->key_path)
        return "HTTP: TLS needs both, a certificate and its key";
    return NULL;
}

static void set_protocols(struct ap_http_state *server)
{
    for (size_t i = 0; i <= server->config.sub_protocol_count; i++)
        server->protocols[i] = (struct lws_protocols){
            .name = i == 0 ? "http" : server->sub_protocol[i - 1],
            .callback = on_lws,
            .rx_buffer_size = 16384,
            .tx_packet_size = AP_HTTP_PACKET,
        };
}

/* lws makes a table of as many sockets as the process may have files: with limits of a thousand
 * million, as some containers have them, that would be all memory. */
static struct lws_context *create_context(struct ap_http_state *server,
                                          const struct lws_context_creation_info *info)
{
    struct rlimit limit = { 1024, 1024 };
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    struct rlimit bounded = { limit.rlim_cur < TABLE_CAP ? limit.rlim_cur : TABLE_CAP,
                              limit.rlim_max };
    (void)setrlimit(RLIMIT_NOFILE, &bounded);
    struct lws_context *context = lws_create_context(info);
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    server->fd_cap = ap_socket_fd_cap(); /* below the table's end */
    return context;
}

static ap_err open_lws(struct ap_http_state *server, char message[AP_IO_MESSAGE_SIZE])
{
    void *loops[1] = { server->config.uv_loop };
    lws_set_log_level(0, NULL); /* what it would say is counted here */
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER, /* http_socket.c accepts */
        .foreign_loops = loops,
        .user = server,
        .pcontext = &server->context_alive,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME |
                   LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG |
                   (server->has_tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                                          LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX
                                    : 0),
        .protocols = server->protocols,
        .vhost_name = "airpicture",
        .server_string = "-", /* in what lws refuses by itself: no name, no version */
        .alpn = "http/1.1",
        .max_http_header_data = (unsigned short)server->config.head_cap,
        .pt_serv_buf_size = 16384,
        .timeout_secs = LWS_PATIENCE_S, /* http_socket.c keeps the times */
        .keepalive_timeout = LWS_PATIENCE_S,
        .timeout_secs_ah_idle = LWS_PATIENCE_S,
        .ssl_info_event_mask = 0x20, /* SSL_CB_HANDSHAKE_DONE */
    };
    server->context = server->context_alive = create_context(server, &info);
    if (!server->context) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                       "cannot serve HTTP: libwebsockets does not start on libuv; install the "
                       "package libwebsockets-evlib-uv");
        return AP_ERR_MEMORY;
    }
    server->vhost = lws_create_vhost(server->context, &info);
    if (!server->vhost) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot serve HTTPS: %.400s",
                       server->message[0] ? server->message : "libwebsockets refuses");
        return AP_ERR_CONFIG;
    }
    return AP_OK;
}

static bool take_memory(struct ap_http_state *server)
{
    uint64_t seed = 0;
    size_t cap = server->config.connection_cap;
    server->connection = calloc(cap, sizeof *server->connection);
    server->requests = malloc(sizeof *server->requests);
    server->wrong_tokens = malloc(sizeof *server->wrong_tokens);
    if (!server->connection || !server->requests || !server->wrong_tokens ||
        getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return false;
    const ap_http_config *config = &server->config;
    ap_http_limit_init(server->requests, config->requests_per_second, config->request_burst, seed);
    ap_http_limit_init(server->wrong_tokens, config->wrong_tokens_per_second,
                       config->wrong_token_burst, ~seed);
    for (size_t i = 0; i < cap; i++)
        server->connection[i] = (ap_ws_client){
            .server = server, .fd = -1, .next = i + 1 < cap ? &server->connection[i + 1] : NULL
        };
    server->free = server->connection;
    return true;
}

ap_err ap_http_open(ap_http *http, const ap_http_config *config, char message[AP_IO_MESSAGE_SIZE])
{
    *http = (ap_http){ .state = NULL };
    const char *wrong = check_config(config);
    struct ap_http_state *server = wrong ? NULL : calloc(1, sizeof *server);
    if (!server) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "%s", wrong ? wrong : "memory is exhausted");
        return wrong ? AP_ERR_CONFIG : AP_ERR_MEMORY;
    }
    http->state = server;
    server->config = *config;
    server->listen_fd = server->spare_fd = -1;
    server->has_tls = config->certificate_path != NULL;
    ap_err err = AP_ERR_CONFIG;
    if ((wrong = copy_texts(server, config)) != NULL) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "%s", wrong);
    } else if (!take_memory(server)) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
        err = AP_ERR_MEMORY;
    } else {
        ap_http_set_tokens(http, config->tokens);
        set_protocols(server);
        err = ap_http_listen(server, message);
        err = err ? err : open_lws(server, message);
    }
    if (err)
        ap_http_close(http);
    return err;
}

uint16_t ap_http_port(const ap_http *http)
{
    return http->state->port;
}

const ap_http_counters *ap_http_count(const ap_http *http)
{
    return &http->state->count;
}

ap_err ap_http_reload_certificate(ap_http *http, char message[AP_IO_MESSAGE_SIZE])
{
    if (http->state->has_tls)
        return ap_http_load_certificate(http->state, message);
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "HTTP is served without TLS: no certificate");
    return AP_ERR_CONFIG;
}

void ap_http_set_tokens(ap_http *http, const ap_tokens *tokens)
{
    if (tokens)
        http->state->tokens = *tokens;
    else
        memset(&http->state->tokens, 0, sizeof http->state->tokens);
}

void ap_http_drain(ap_http *http)
{
    struct ap_http_state *server = http->state;
    server->is_draining = true;
    ap_http_stop_listening(server);
    for (ap_ws_client *client = server->waiting.first, *next; client; client = next) {
        next = client->next;
        if (!client->exchange)
            ap_http_cut(client);
    }
    for (ap_ws_client *client = server->busy.first, *next; client; client = next) {
        next = client->next;
        ap_ws_close(client, 1001, "the server ends");
    }
}

/* lws closes in two steps, with turns of the loop after the first in which handles are closed. */
static void close_lws(struct ap_http_state *server)
{
    server->is_closing = true;
    if (server->context)
        lws_context_destroy(server->context);
    for (int i = 0; i < CLOSE_TURNS || server->open_handles > 0; i++)
        (void)uv_run(server->config.uv_loop, UV_RUN_NOWAIT);
    assert(server->count.connection_count == 0);
    if (server->context_alive)
        lws_context_destroy(server->context);
}

void ap_http_close(ap_http *http)
{
    struct ap_http_state *server = http->state;
    if (!server)
        return;
    ap_http_unlisten(server);
    close_lws(server);
    free(server->connection);
    free(server->requests);
    free(server->wrong_tokens);
    free(server);
    http->state = NULL;
}
