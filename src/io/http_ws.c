/* WebSocket clients of the HTTP server: let in or refused, a bounded queue of references each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/http_state.h"
#include "io/http_text.h"

_Static_assert(AP_SHARED_BYTES_HEADROOM >= LWS_PRE, "a frame's header goes before the bytes");

void ap_ws_set_data(ap_ws_client *client, void *data)
{
    client->data = data;
}

void *ap_ws_data(const ap_ws_client *client)
{
    return client->data;
}

size_t ap_ws_queued_size(const ap_ws_client *client)
{
    return client->ws ? client->ws->queued_size : 0;
}

static void pop(ap_ws_queue *queue)
{
    ap_ws_item *item = &queue->item[queue->first];
    ap_shared_bytes_drop(item->bytes);
    queue->first = (queue->first + 1) % AP_HTTP_WS_RING;
    queue->count--;
    queue->at = 0;
}

static void free_queue(ap_ws_client *client)
{
    while (client->ws->count > 0)
        pop(client->ws);
    free(client->ws->message);
    free(client->ws);
    client->ws = NULL;
}

/* The first of the client's sub-protocols that is ours, "" when it names none at all; NULL when
 * none of those it names is. lws chooses the same way. */
static const char *choose_protocol(const struct ap_http_state *server, const char *list)
{
    const char *element;
    size_t size;
    bool named = false;
    while (ap_http_list_next(&list, &element, &size)) {
        named = true;
        for (size_t i = 0; i < server->config.sub_protocol_count; i++)
            if (strlen(server->sub_protocol[i]) == size &&
                memcmp(server->sub_protocol[i], element, size) == 0)
                return server->sub_protocol[i];
    }
    return named ? NULL : "";
}

static bool is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

/* What RFC 6455, 4.2.1, asks of the handshake, and who is let in. */
static bool check_handshake(ap_ws_client *client, struct lws *wsi, const char *protocol,
                            ap_http_reply *reply)
{
    struct ap_http_state *server = client->server;
    const ap_http_request *request = &client->exchange->request;
    char version[8] = "", connection[128] = "";
    (void)lws_hdr_copy(wsi, version, sizeof version, WSI_TOKEN_VERSION);
    (void)lws_hdr_copy(wsi, connection, sizeof connection, WSI_TOKEN_CONNECTION);
    if (!is_below(request->path, server->ws_path)) {
        ap_http_reply_error(reply, 404, "there is no WebSocket at this path");
    } else if (strcmp(version, "13") != 0) {
        ap_http_reply_error(reply, 426, "this server speaks version 13 of WebSocket");
        reply->field[reply->field_count++] = (ap_http_pair){ "Sec-WebSocket-Version", "13" };
    } else if (request->method != AP_HTTP_GET || !ap_http_list_has(connection, "upgrade") ||
               lws_hdr_total_length(wsi, WSI_TOKEN_KEY) != 24) {
        ap_http_reply_error(reply, 400,
                            "a WebSocket begins with GET, Connection: Upgrade and a key");
    } else if (!protocol || strlen(client->exchange->protocols) > 120) {
        ap_http_reply_error(reply, 400, "none of these sub-protocols is known here");
    } else if (server->is_draining || server->count.ws_count >= server->config.ws_cap) {
        ap_http_reply_error(reply, 503, "too many clients; try again in a minute");
    } else {
        return true;
    }
    return false;
}

/* A client asks to go on as a WebSocket. 0 = lws shakes hands, -1 = refused, close. */
int ap_ws_upgrade(ap_ws_client *client, struct lws *wsi)
{
    struct ap_http_state *server = client->server;
    ap_http_exchange *exchange = client->exchange;
    ap_http_reply reply = { .status = 403 };
    const char *protocol = choose_protocol(server, exchange->protocols);
    if (ap_http_exchange_check(client, wsi, exchange, &reply) ||
        !check_handshake(client, wsi, protocol, &reply)) {
        server->count.ws_refused_count++;
        return ap_http_refuse(client, wsi, &reply);
    }
    client->ws = calloc(1, sizeof *client->ws);
    if (!client->ws) {
        server->count.ws_refused_count++;
        ap_http_reply_error(&reply, 503, "memory is exhausted; try again later");
        return ap_http_refuse(client, wsi, &reply);
    }
    client->ws->heard_ns = ap_clock_monotonic_ns();
    ap_http_enter(client, AP_HTTP_WS, server->config.request_s);
    server->count.ws_count++;
    ap_http_reply_error(&reply, 403, "this client is not let in");
    if (server->config.ws.on_open &&
        !server->config.ws.on_open(server->config.context, client, &exchange->request, protocol,
                                   &reply)) {
        server->count.ws_count--;
        server->count.ws_refused_count++;
        free_queue(client);
        return ap_http_refuse(client, wsi, &reply);
    }
    ap_shared_bytes_drop(reply.body);
    server->count.status_count[1]++;
    ap_http_exchange_free(client);
    return 0;
}

void ap_ws_established(ap_ws_client *client, struct lws *wsi)
{
    client->server->count.ws_opened_count++;
    client->ws->is_open = true;
    if (client->ws->count > 0 || client->ws->close_code)
        (void)lws_callback_on_writable(wsi);
}

void ap_ws_release(ap_ws_client *client)
{
    struct ap_http_state *server = client->server;
    if (!client->ws)
        return;
    server->count.ws_count--;
    if (server->config.ws.on_close)
        server->config.ws.on_close(server->config.context, client);
    free_queue(client);
}

static ap_err cut_slow(ap_ws_client *client, const char *how)
{
    client->server->count.ws_cut_slow_count++;
    ap_http_log(client->server, "slow", "WebSocket client %s %s: cut", client->peer_text, how);
    ap_http_cut(client);
    return AP_ERR_FULL;
}

ap_err ap_ws_send(ap_ws_client *client, ap_shared_bytes *message, bool is_binary)
{
    ap_ws_queue *queue = client->ws;
    size_t size = ap_shared_bytes_size(message);
    if (!queue || client->phase != AP_HTTP_WS || queue->close_code)
        return AP_ERR_END;
    if (queue->count == AP_HTTP_WS_RING ||
        (queue->count > 0 && queue->queued_size + size > client->server->config.ws_queue_cap))
        return cut_slow(client, "lets its queue grow over");
    queue->item[(queue->first + queue->count++) % AP_HTTP_WS_RING] =
        (ap_ws_item){ ap_shared_bytes_keep(message), ap_clock_monotonic_ns(), is_binary };
    queue->queued_size += size;
    if (queue->is_open)
        (void)lws_callback_on_writable(client->wsi);
    return AP_OK;
}

void ap_ws_close(ap_ws_client *client, uint16_t code, const char *reason)
{
    ap_ws_queue *queue = client->ws;
    if (!queue || client->phase != AP_HTTP_WS || queue->close_code)
        return;
    queue->close_code = code;
    (void)snprintf(queue->close_reason, sizeof queue->close_reason, "%s", reason);
    client->deadline_ns = ap_clock_monotonic_ns() + (int64_t)(client->server->config.write_s * 1e9);
}

/* The next frame of the first message: its header goes before the bytes in their own memory, and
 * what stood there comes back. */
static int write_frame(ap_ws_client *client, struct lws *wsi, size_t *written)
{
    ap_ws_queue *queue = client->ws;
    ap_ws_item *item = &queue->item[queue->first];
    size_t left = ap_shared_bytes_size(item->bytes) - queue->at;
    size_t size = left < AP_HTTP_PACKET ? left : AP_HTTP_PACKET;
    uint8_t *data = ap_shared_bytes_data(item->bytes) + queue->at, kept[LWS_PRE];
    int kind = queue->at > 0     ? LWS_WRITE_CONTINUATION
               : item->is_binary ? LWS_WRITE_BINARY
                                 : LWS_WRITE_TEXT;
    memcpy(kept, data - LWS_PRE, LWS_PRE);
    int done = lws_write(wsi, data, size,
                         (enum lws_write_protocol)(kind | (size < left ? LWS_WRITE_NO_FIN : 0)));
    memcpy(data - LWS_PRE, kept, LWS_PRE);
    if (done < 0)
        return -1;
    queue->at += size;
    queue->queued_size -= size;
    client->server->count.ws_bytes += size;
    *written += size;
    if (size == left) {
        client->server->count.ws_message_count++;
        pop(queue);
    }
    return 0;
}

static int write_ping(ap_ws_client *client, struct lws *wsi)
{
    uint8_t text[LWS_PRE + 1] = { 0 }; /* lws does not tell of a pong that holds nothing */
    client->ws->must_ping = false;
    return lws_write(wsi, text + LWS_PRE, 1, LWS_WRITE_PING) < 0 ? -1 : 0;
}

/* Not from within a call of lws: its close with a reason, begun there, is cut short by the second
 * close that a debugging build makes (Debian's is one). */
static void say_goodbye(ap_ws_client *client)
{
    ap_ws_queue *queue = client->ws;
    uint8_t text[LWS_PRE + sizeof queue->close_reason];
    size_t size = strlen(queue->close_reason);
    memcpy(text + LWS_PRE, queue->close_reason, size);
    lws_close_reason(client->wsi, (enum lws_close_status)queue->close_code, text + LWS_PRE, size);
    ap_http_enter(client, AP_HTTP_CLOSING, client->server->config.write_s);
    lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

int ap_ws_write_on(ap_ws_client *client, struct lws *wsi)
{
    ap_ws_queue *queue = client->ws;
    size_t written = 0;
    if (!queue || client->phase != AP_HTTP_WS)
        return 0;
    if (queue->must_ping && write_ping(client, wsi) < 0)
        return -1;
    bool had_any = queue->count > 0;
    while (queue->count > 0 && written < AP_HTTP_TURN && !lws_partial_buffered(wsi))
        if (write_frame(client, wsi, &written) < 0)
            return -1;
    if (queue->count > 0)
        return lws_callback_on_writable(wsi) < 0 ? -1 : 0;
    if (had_any && client->server->config.ws.on_drained)
        client->server->config.ws.on_drained(client->server->config.context, client);
    return 0;
}

static int too_long(ap_ws_client *client, struct lws *wsi)
{
    client->server->count.oversized_count++;
    lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
    ap_http_enter(client, AP_HTTP_CLOSING, client->server->config.write_s);
    return -1;
}

void ap_ws_heard(ap_ws_client *client)
{
    if (!client->ws)
        return;
    client->ws->heard_ns = ap_clock_monotonic_ns();
    client->ws->is_pinged = false;
}

int ap_ws_read(ap_ws_client *client, struct lws *wsi, const uint8_t *data, size_t size)
{
    ap_ws_queue *queue = client->ws;
    const ap_http_config *config = &client->server->config;
    if (!queue || client->phase != AP_HTTP_WS)
        return 0;
    ap_ws_heard(client);
    if (lws_is_first_fragment(wsi))
        queue->message_size = 0;
    if (size > config->ws_message_cap - queue->message_size)
        return too_long(client, wsi);
    bool is_last = lws_is_final_fragment(wsi);
    if (is_last && queue->message_size == 0) {
        if (config->ws.on_message)
            config->ws.on_message(config->context, client, data, size,
                                  lws_frame_is_binary(wsi) != 0);
        return 0;
    }
    if (!queue->message)
        queue->message = malloc(config->ws_message_cap);
    if (!queue->message)
        return too_long(client, wsi);
    memcpy(queue->message + queue->message_size, data, size);
    queue->message_size += size;
    if (is_last && config->ws.on_message)
        config->ws.on_message(config->context, client, queue->message, queue->message_size,
                              lws_frame_is_binary(wsi) != 0);
    if (is_last)
        queue->message_size = 0;
    return 0;
}

static bool is_older(int64_t since_ns, int64_t now_ns, double seconds)
{
    return (double)(now_ns - since_ns) > seconds * 1e9;
}

/* A few times a second: slow, silent and closing ones. */
void ap_ws_look_after(ap_ws_client *client, int64_t now_ns)
{
    ap_ws_queue *queue = client->ws;
    const ap_http_config *config = &client->server->config;
    if (queue->is_open && queue->close_code && queue->count == 0 &&
        !lws_partial_buffered(client->wsi)) {
        say_goodbye(client);
    } else if (!queue->is_open || queue->close_code) {
        if (client->deadline_ns <= now_ns)
            ap_http_cut(client);
    } else if (queue->count > 0 &&
               is_older(queue->item[queue->first].queued_ns, now_ns, config->write_s)) {
        (void)cut_slow(client, "does not take what waits for it");
    } else if (is_older(queue->heard_ns, now_ns, 2 * config->ping_s)) {
        client->server->count.ws_cut_silent_count++;
        ap_http_cut(client);
    } else if (is_older(queue->heard_ns, now_ns, config->ping_s) && !queue->is_pinged) {
        queue->must_ping = queue->is_pinged = true;
        (void)lws_callback_on_writable(client->wsi);
    }
}
