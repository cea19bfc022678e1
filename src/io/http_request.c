/* From what lws has read of a request to one that the handler may see, or a refusal. lws has
 * decoded the path and the query by then; nothing is decoded twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/http_state.h"
#include "io/http_text.h"

enum { FIELD_COUNT_MAX = 16 };

const char *ap_http_query(const ap_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++)
        if (strcmp(request->query[i].name, name) == 0)
            return request->query[i].value;
    return NULL;
}

/* A header field as text of the exchange; "" when it is absent. */
static const char *take(ap_http_exchange *exchange, struct lws *wsi, enum lws_token_indexes token)
{
    char *text = exchange->text + exchange->text_used;
    size_t room = exchange->text_cap - exchange->text_used;
    int size = room > 1 ? lws_hdr_copy(wsi, text, (int)room, token) : 0;
    if (size <= 0)
        return "";
    exchange->text_used += strlen(text) + 1;
    return text;
}

static void take_query(ap_http_exchange *exchange, struct lws *wsi)
{
    ap_http_request *request = &exchange->request;
    for (int i = 0;; i++) {
        exchange->has_more_query = request->query_count == AP_HTTP_QUERY_CAP &&
                                   lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0;
        if (request->query_count == AP_HTTP_QUERY_CAP)
            return;
        char *text = exchange->text + exchange->text_used;
        size_t room = exchange->text_cap - exchange->text_used;
        int size =
            room > 1 ? lws_hdr_copy_fragment(wsi, text, (int)room, WSI_TOKEN_HTTP_URI_ARGS, i) : -1;
        if (size < 0)
            return;
        if (size == 0)
            continue; /* "&&" */
        exchange->text_used += strlen(text) + 1;
        char *equals = strchr(text, '=');
        if (equals)
            *equals = '\0';
        request->query[request->query_count++] = (ap_http_pair){ text, equals ? equals + 1 : "" };
    }
}

static ap_http_method method_of(int lws_method)
{
    switch (lws_method) {
    case LWSHUMETH_POST:
        return AP_HTTP_POST;
    case LWSHUMETH_PUT:
        return AP_HTTP_PUT;
    case LWSHUMETH_PATCH:
        return AP_HTTP_PATCH;
    case LWSHUMETH_DELETE:
        return AP_HTTP_DELETE;
    case LWSHUMETH_OPTIONS:
        return AP_HTTP_OPTIONS;
    case LWSHUMETH_HEAD:
        return AP_HTTP_HEAD;
    default:
        return AP_HTTP_GET;
    }
}

static void take_fields(ap_http_exchange *exchange, struct lws *wsi)
{
    ap_http_request *request = &exchange->request;
    request->if_none_match = take(exchange, wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH);
    request->accept = take(exchange, wsi, WSI_TOKEN_HTTP_ACCEPT);
    request->accept_encoding = take(exchange, wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING);
    request->range = take(exchange, wsi, WSI_TOKEN_HTTP_RANGE);
    request->content_type = take(exchange, wsi, WSI_TOKEN_HTTP_CONTENT_TYPE);
    request->host = take(exchange, wsi, WSI_TOKEN_HOST);
    request->origin = take(exchange, wsi, WSI_TOKEN_ORIGIN);
    exchange->if_range = take(exchange, wsi, WSI_TOKEN_HTTP_IF_RANGE);
    exchange->authorization = take(exchange, wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
    exchange->protocols = take(exchange, wsi, WSI_TOKEN_PROTOCOL);
}

/* NULL when memory is exhausted. What is left out for want of room is found by
 * ap_http_exchange_check: head_cap holds every field. */
ap_http_exchange *ap_http_exchange_make(ap_ws_client *client, struct lws *wsi, const char *path)
{
    size_t path_size = strlen(path) + 1;
    size_t text_cap = client->server->config.head_cap + AP_HTTP_QUERY_CAP + FIELD_COUNT_MAX;
    ap_http_exchange *exchange = calloc(1, sizeof *exchange + text_cap + path_size);
    if (!exchange)
        return NULL;
    client->exchange = exchange;
    exchange->text_cap = text_cap + path_size;
    memcpy(exchange->text, path, path_size);
    exchange->text_used = path_size;
    char *uri;
    int uri_size;
    ap_http_request *request = &exchange->request;
    request->method = method_of(lws_http_get_uri_and_method(wsi, &uri, &uri_size));
    request->path = exchange->text;
    request->peer = client->peer_text;
    request->user = "";
    request->is_secure = client->server->has_tls;
    take_fields(exchange, wsi);
    take_query(exchange, wsi);
    const char *version = take(exchange, wsi, WSI_TOKEN_HTTP);
    exchange->is_1_0 = strcmp(version, "HTTP/1.0") == 0;
    exchange->keep_alive = strcmp(version, "HTTP/1.1") == 0 &&
                           !ap_http_list_has(take(exchange, wsi, WSI_TOKEN_CONNECTION), "close");
    return exchange;
}

void ap_http_exchange_free(ap_ws_client *client)
{
    if (client->exchange) {
        free(client->exchange->body);
        ap_shared_bytes_drop(client->exchange->refusal.body);
        ap_shared_bytes_drop(client->exchange->later.body);
    }
    free(client->exchange);
    client->exchange = NULL;
}

static unsigned refuse(ap_http_reply *reply, unsigned status, const char *sentence)
{
    ap_http_reply_error(reply, status, sentence);
    return status;
}

static bool is_listed(const char (*list)[128], size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(list[i], text) == 0)
            return true;
    return false;
}

/* A name that the operator did not give may be a stranger's that points here: his page would then
 * read as its own what only this machine should see. */
static bool is_our_name(const struct ap_http_state *server, const char *host)
{
    char name[256];
    if (!ap_http_host_name(host, name, sizeof name))
        return false;
    return ap_http_host_is_literal(name) ||
           is_listed(server->host_name, server->config.host_name_count, name) ||
           (server->config.host_name_count == 0 && !server->is_loopback);
}

bool ap_http_origin_is_listed(const struct ap_http_state *server, const char *origin)
{
    return is_listed(server->origin, server->config.origin_count, origin);
}

/* Pages of other origins may read what is public when they are listed, and change nothing else. */
static unsigned check_origin(ap_ws_client *client, ap_http_exchange *exchange, bool is_socket,
                             ap_http_reply *reply)
{
    struct ap_http_state *server = client->server;
    const ap_http_request *request = &exchange->request;
    if (!*request->host && exchange->is_1_0)
        return 0;
    if (!*request->host)
        return refuse(reply, 400, "the request has no Host field; send one");
    if (!is_our_name(server, request->host)) {
        server->count.wrong_origin_count++;
        ap_http_log(server, "host", "%s asked for a host that is not ours: '%.100s'",
                    client->peer_text, request->host);
        return refuse(reply, 421,
                      "this server does not go by that name; use its address, or list the name in "
                      "its configuration");
    }
    bool reads = request->method == AP_HTTP_GET || request->method == AP_HTTP_HEAD ||
                 request->method == AP_HTTP_OPTIONS;
    if (!*request->origin || (reads && !is_socket) ||
        ap_http_origin_is_host(request->origin, request->host, server->has_tls) ||
        ap_http_origin_is_listed(server, request->origin))
        return 0;
    server->count.wrong_origin_count++;
    ap_http_log(server, "origin", "%s refused: page of '%.100s'", client->peer_text,
                request->origin);
    return refuse(reply, 403,
                  "pages of that origin may not do this; list the origin in the configuration");
}

/* The token from the Authorization field, or among the sub-protocols of a WebSocket. */
static bool find_token(const ap_http_exchange *exchange, const char **token, size_t *size)
{
    if (ap_http_bearer(exchange->authorization, token, size))
        return true;
    const char *list = exchange->protocols, *element;
    while (ap_http_list_next(&list, &element, size))
        if (*size > 7 && memcmp(element, "bearer.", 7) == 0) {
            *token = element + 7;
            *size -= 7;
            return true;
        }
    return false;
}

/* A star at the end stands for all that begins so. */
static bool is_open_path(const char *open, const char *path)
{
    size_t size = strlen(open);
    return size > 0 && open[size - 1] == '*' ? strncmp(open, path, size - 1) == 0
                                             : strcmp(open, path) == 0;
}

static bool needs_token(const ap_http_config *config, const ap_http_request *request)
{
    for (size_t i = 0; i < config->open_path_count; i++)
        if (is_open_path(config->open_paths[i], request->path))
            return false;
    return config->read_needs_token;
}

/* A wrong token is told so even where none is needed: its owner should know. */
static unsigned check_token(ap_ws_client *client, ap_http_exchange *exchange, ap_http_reply *reply)
{
    struct ap_http_state *server = client->server;
    ap_http_request *request = &exchange->request;
    int64_t now_ns = ap_clock_monotonic_ns();
    const char *token;
    size_t size, which = 0;
    request->role = needs_token(&server->config, request) ? AP_ROLE_NONE : AP_ROLE_READ;
    if (!find_token(exchange, &token, &size))
        return request->role == AP_ROLE_NONE
                   ? refuse(reply, 401, "a token is needed: send Authorization: Bearer TOKEN")
                   : 0;
    ap_token_answer answer = ap_tokens_look(&server->tokens, token, size, &which);
    if (answer != AP_TOKEN_RIGHT &&
        !ap_http_limit_has(server->wrong_tokens, &client->peer, now_ns)) {
        server->count.wrong_token_count++;
        return refuse(reply, 429, "too many wrong tokens from this address; wait a minute");
    }
    if (answer == AP_TOKEN_RIGHT ||
        (answer == AP_TOKEN_UNPROVED && ap_tokens_prove(&server->tokens, which, token, size))) {
        request->role = server->tokens.token[which].role;
        request->user = server->tokens.token[which].name;
        return 0;
    }
    server->count.wrong_token_count++;
    (void)ap_http_limit_take(server->wrong_tokens, &client->peer, now_ns);
    ap_http_log(server, "token", "%s sent a wrong token", client->peer_text);
    return refuse(reply, 401, "the token is not known here; ask the operator for one");
}

/* How long the body is that follows the head. */
static unsigned check_body(ap_ws_client *client, struct lws *wsi, ap_http_exchange *exchange,
                           ap_http_reply *reply)
{
    struct ap_http_state *server = client->server;
    const ap_http_request *request = &exchange->request;
    bool has_body = request->method == AP_HTTP_POST || request->method == AP_HTTP_PUT ||
                    request->method == AP_HTTP_PATCH;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        exchange->keep_alive = false;
        return refuse(reply, 501, "send the body with Content-Length, not in chunks");
    }
    const char *length = take(exchange, wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    int64_t size = *length ? ap_http_number(length, INT64_MAX) : 0;
    if (size < 0 || (!*length && has_body)) {
        exchange->keep_alive = false;
        return size < 0 ? refuse(reply, 400, "Content-Length is not a number")
                        : refuse(reply, 411, "send Content-Length");
    }
    /* lws 4.1.6 goes round for ever when a further request waits behind a body that came with
     * others before it: so a body is the last of its connection. */
    exchange->keep_alive = exchange->keep_alive && size == 0;
    exchange->body_cap = (size_t)size;
    if ((uint64_t)size > server->config.body_cap) {
        char sentence[96];
        server->count.oversized_count++;
        (void)snprintf(sentence, sizeof sentence, "the body may have %zu bytes; send less at once",
                       server->config.body_cap);
        return refuse(reply, 413, sentence);
    }
    return 0;
}

static unsigned check_head(struct lws *wsi, ap_http_exchange *exchange, ap_http_reply *reply)
{
    const ap_http_request *request = &exchange->request;
    char version[16] = "";
    if (lws_hdr_copy(wsi, version, sizeof version, WSI_TOKEN_HTTP) <= 0 ||
        (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)) {
        exchange->keep_alive = false;
        return refuse(reply, 505, "this server speaks HTTP/1.1");
    }
    if (exchange->text_used >= exchange->text_cap || !ap_http_path_is_plain(request->path))
        return refuse(reply, 400,
                      "the path must begin with '/' and have no '..', '\\' or control character");
    if (exchange->has_more_query)
        return refuse(reply, 400, "the query has more than 32 parameters");
    return 0;
}

unsigned ap_http_exchange_check(ap_ws_client *client, struct lws *wsi, ap_http_exchange *exchange,
                                ap_http_reply *reply)
{
    struct ap_http_state *server = client->server;
    bool is_socket = lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) > 0;
    unsigned refused = check_body(client, wsi, exchange, reply);
    if (!refused && !ap_http_limit_take(server->requests, &client->peer, ap_clock_monotonic_ns())) {
        server->count.limited_count++;
        refused = refuse(reply, 429, "too many requests from this address; ask less often");
        reply->field[reply->field_count++] = (ap_http_pair){ "Retry-After", "1" };
    }
    if (!refused)
        refused = check_head(wsi, exchange, reply);
    if (!refused)
        refused = check_origin(client, exchange, is_socket, reply);
    if (!refused && exchange->request.method != AP_HTTP_OPTIONS)
        refused = check_token(client, exchange, reply);
    if (refused == 401)
        reply->field[reply->field_count++] = (ap_http_pair){ "WWW-Authenticate", "Bearer" };
    return refused;
}
