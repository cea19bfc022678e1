/* From the handler's reply to bytes on the wire: head, and the body by reference. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "io/http_state.h"
#include "io/http_text.h"

enum { HEAD_CAP = 4096 };

/* What a page of ours may do: its own scripts, workers and sockets; nobody may frame it. Each %s: a
 * further source of pictures, which a map fetches, too. */
#define CONTENT_SECURITY_POLICY                                                                    \
    "default-src 'self'; img-src 'self' data: blob:%s; style-src 'self' 'unsafe-inline'; "         \
    "worker-src 'self' blob:; connect-src 'self' ws: wss:%s; object-src 'none'; "                  \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* {"error":"..."}; the sentence is escaped, and cut when it is long. */
static size_t format_error(char *text, size_t cap, const char *sentence)
{
    size_t at = (size_t)snprintf(text, cap, "{\"error\":\"");
    for (const unsigned char *c = (const unsigned char *)sentence; *c && at + 12 < cap; c++) {
        if (*c == '"' || *c == '\\')
            text[at++] = '\\';
        if (*c >= ' ')
            text[at++] = (char)*c;
        else
            at += (size_t)snprintf(text + at, cap - at, "\\u%04x", *c);
    }
    return at + (size_t)snprintf(text + at, cap - at, "\"}\n");
}

void ap_http_reply_error(ap_http_reply *reply, unsigned status, const char *sentence)
{
    char text[600];
    size_t size = format_error(text, sizeof text, sentence);
    ap_shared_bytes_drop(reply->body);
    *reply = (ap_http_reply){ .status = status,
                              .content_type = "application/json",
                              .body = ap_shared_bytes_copy(text, size) };
}

void ap_http_reply_text(ap_http_reply *reply, const char *content_type, const char *text,
                        size_t size)
{
    ap_shared_bytes_drop(reply->body);
    reply->status = 200;
    reply->content_type = content_type;
    reply->body = ap_shared_bytes_copy(text, size);
    if (!reply->body)
        ap_http_reply_error(reply, 503, "memory is exhausted; try again later");
}

void ap_http_reply_not_allowed(ap_http_reply *reply, const char *allow)
{
    ap_http_reply_error(reply, 405, "this path does not know the method; see the field Allow");
    reply->field[reply->field_count++] = (ap_http_pair){ "Allow", allow };
}

static const char *reason_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 206, "Partial Content" },
        { 304, "Not Modified" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 409, "Conflict" },
        { 411, "Length Required" },
        { 413, "Content Too Large" },
        { 416, "Range Not Satisfiable" },
        { 421, "Misdirected Request" },
        { 426, "Upgrade Required" },
        { 429, "Too Many Requests" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

typedef struct head {
    char text[LWS_PRE + HEAD_CAP + AP_HTTP_SMALL];
    size_t size;
    bool is_full;
} head;

static void __attribute__((format(printf, 2, 3))) put(head *h, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(h->text + LWS_PRE + h->size, HEAD_CAP - h->size, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= HEAD_CAP - h->size)
        h->is_full = true;
    else
        h->size += (size_t)size;
}

/* RFC 9110, 5.6.7; names are English whatever the locale. */
static void put_date(head *h)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm;
    time_t now = time(NULL);
    if (gmtime_r(&now, &tm))
        put(h, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", days + 3 * tm.tm_wday,
            tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
            tm.tm_sec);
}

size_t ap_http_format_refusal(char *text, size_t cap, unsigned status, const char *fields,
                              const char *sentence)
{
    char body[256];
    size_t body_size = format_error(body, sizeof body, sentence);
    int size =
        snprintf(text, cap,
                 "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                 "Cache-Control: no-store\r\n%sConnection: close\r\n\r\n%s",
                 status, reason_of(status), body_size, fields, body);
    return size < 0 || (size_t)size >= cap ? 0 : (size_t)size;
}

/* What of the body is sent, in which form. */
typedef struct part {
    ap_shared_bytes *bytes; /* owned by the reply */
    size_t from, to;
    bool is_gzip, is_range;
    char etag[64];
} part;

static void choose_range(const ap_http_exchange *exchange, ap_http_reply *reply, part *p)
{
    uint64_t first, last;
    if (!reply->may_range || (*exchange->if_range && strcmp(exchange->if_range, reply->etag) != 0))
        return;
    switch (ap_http_range_read(exchange->request.range, p->to, &first, &last)) {
    case AP_HTTP_RANGE_PART:
        reply->status = 206;
        p->from = (size_t)first;
        p->to = (size_t)last + 1;
        p->is_range = true;
        break;
    case AP_HTTP_RANGE_UNSATISFIABLE:
        reply->status = 416;
        p->from = p->to;
        p->is_range = true;
        break;
    default:
        break;
    }
}

/* One representation of the resource; the tag of a packed one is weak, because its bytes differ. */
static part choose_part(const ap_http_exchange *exchange, ap_http_reply *reply)
{
    const ap_http_request *request = &exchange->request;
    bool reads = request->method == AP_HTTP_GET || request->method == AP_HTTP_HEAD;
    part p = { .bytes = reply->body, .to = reply->body ? ap_shared_bytes_size(reply->body) : 0 };
    (void)snprintf(p.etag, sizeof p.etag, "%s", reply->etag);
    if (reads && reply->status == 200 && *reply->etag &&
        ap_http_etag_matches(request->if_none_match, reply->etag)) {
        reply->status = 304;
        p.to = 0;
        return p;
    }
    if (reads && reply->status == 200)
        choose_range(exchange, reply, &p);
    ap_shared_bytes *twin = reply->body ? ap_shared_bytes_gzip_twin(reply->body) : NULL;
    if (twin && !p.is_range && ap_http_accepts_gzip(request->accept_encoding)) {
        p.bytes = twin;
        p.to = ap_shared_bytes_size(twin);
        p.is_gzip = true;
        if (*reply->etag && reply->etag[0] != 'W')
            (void)snprintf(p.etag, sizeof p.etag, "W/%s", reply->etag);
    }
    return p;
}

/* A page that is listed may read the answer, and the preflight says so. */
static void put_origin(head *h, const ap_ws_client *client, const ap_http_request *request)
{
    if (client->server->config.origin_count == 0)
        return;
    put(h, "Vary: Origin\r\n");
    if (!*request->origin || !ap_http_origin_is_listed(client->server, request->origin))
        return;
    put(h, "Access-Control-Allow-Origin: %s\r\n", request->origin);
    if (request->method == AP_HTTP_OPTIONS)
        put(h, "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\n"
               "Access-Control-Allow-Headers: Authorization, Content-Type, If-None-Match, Range\r\n"
               "Access-Control-Max-Age: 600\r\n");
    else
        put(h, "Access-Control-Expose-Headers: ETag, Content-Range\r\n");
}

static void put_body_fields(head *h, const char *page_source, const ap_http_reply *reply,
                            const part *p)
{
    bool has_body = reply->status != 204 && reply->status != 304;
    if (has_body)
        put(h, "Content-Length: %zu\r\n", p->to - p->from);
    if (has_body && reply->content_type && reply->body) {
        put(h, "Content-Type: %s\r\nX-Content-Type-Options: nosniff\r\n", reply->content_type);
        if (strncmp(reply->content_type, "text/html", 9) == 0)
            put(h,
                "Content-Security-Policy: " CONTENT_SECURITY_POLICY
                "\r\nReferrer-Policy: no-referrer\r\n",
                page_source, page_source);
    }
    if (p->is_gzip)
        put(h, "Content-Encoding: gzip\r\n");
    if (reply->body && ap_shared_bytes_gzip_twin(reply->body))
        put(h, "Vary: Accept-Encoding\r\n");
    if (reply->may_range)
        put(h, "Accept-Ranges: bytes\r\n");
    if (reply->status == 206)
        put(h, "Content-Range: bytes %zu-%zu/%zu\r\n", p->from, p->to - 1,
            ap_shared_bytes_size(p->bytes));
    if (reply->status == 416)
        put(h, "Content-Range: bytes */%zu\r\n", p->to);
}

static void put_head(head *h, const ap_ws_client *client, const ap_http_reply *reply, const part *p)
{
    put(h, "HTTP/1.1 %u %s\r\n", reply->status, reason_of(reply->status));
    put_date(h);
    put_body_fields(h, client->server->page_source, reply, p);
    put(h, "Cache-Control: %s\r\n", reply->cache_control ? reply->cache_control : "no-store");
    if (*p->etag)
        put(h, "ETag: %s\r\n", p->etag);
    put_origin(h, client, &client->exchange->request);
    for (size_t i = 0; i < reply->field_count; i++) {
        assert(!strpbrk(reply->field[i].name, "\r\n") && !strpbrk(reply->field[i].value, "\r\n"));
        put(h, "%s: %s\r\n", reply->field[i].name, reply->field[i].value);
    }
    put(h, client->keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

static void count_reply(ap_http_counters *count, unsigned status)
{
    count->status_count[status < 600 ? status / 100 : 5]++;
}

/* The reply is over: the connection waits for the next request, or is closed. */
static int complete(ap_ws_client *client, struct lws *wsi)
{
    ap_shared_bytes_drop(client->body);
    client->body = NULL;
    if (!client->keep_alive) {
        ap_http_enter(client, AP_HTTP_CLOSING, 1);
        return -1;
    }
    ap_http_enter(client, AP_HTTP_WAITING, client->server->config.request_s);
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* Writes the head, with a small body behind it; the rest of the body goes by reference. */
static int begin(ap_ws_client *client, struct lws *wsi, ap_http_reply *reply, bool with_body)
{
    head h = { .size = 0 };
    part p = choose_part(client->exchange, reply);
    put_head(&h, client, reply, &p);
    if (h.is_full) { /* fields of the handler that no client would take */
        ap_http_log(client->server, "head", "a reply's header fields are beyond %d bytes",
                    HEAD_CAP);
        reply->status = 500;
        h.size = ap_http_format_refusal(h.text + LWS_PRE, HEAD_CAP, 500, "", "the reply is broken");
        client->keep_alive = false;
        p.from = p.to;
    }
    count_reply(&client->server->count, reply->status);
    client->body_at = p.from;
    client->body_end = with_body ? p.to : p.from;
    size_t size = client->body_end - client->body_at;
    if (size > 0 && size <= AP_HTTP_SMALL) {
        memcpy(h.text + LWS_PRE + h.size, ap_shared_bytes_data(p.bytes) + p.from, size);
        h.size += size;
        client->body_at += size;
        client->server->count.body_bytes += size;
    }
    if (client->body_at < client->body_end)
        client->body = ap_shared_bytes_keep(p.bytes);
    ap_shared_bytes_drop(reply->body);
    reply->body = NULL;
    const ap_http_config *config = &client->server->config;
    double seconds = config->write_s + (double)size / config->write_bytes_per_second;
    ap_http_exchange_free(client);
    ap_http_enter(client, AP_HTTP_SENDING, seconds);
    return lws_write(wsi, (unsigned char *)h.text + LWS_PRE, h.size, LWS_WRITE_HTTP_HEADERS) < 0
               ? -1
               : 0;
}

/* Sends the reply to the exchange of the client; the reference to its body goes over. */
int ap_http_answer(ap_ws_client *client, struct lws *wsi, ap_http_reply *reply)
{
    client->keep_alive = client->exchange->keep_alive && !client->server->is_draining;
    client->at_once = client->exchange->body_cap > 0;
    if (begin(client, wsi, reply, client->exchange->request.method != AP_HTTP_HEAD) < 0)
        return -1;
    return ap_http_write_on(client, wsi);
}

/* For a WebSocket that is not let in: the small reply, and the end. */
int ap_http_refuse(ap_ws_client *client, struct lws *wsi, ap_http_reply *reply)
{
    client->keep_alive = false;
    if (reply->body && ap_shared_bytes_size(reply->body) > AP_HTTP_SMALL)
        ap_http_reply_error(reply, reply->status, "refused");
    (void)begin(client, wsi, reply, true);
    return -1;
}

/* As much of the body as the system takes in this turn. */
int ap_http_write_on(ap_ws_client *client, struct lws *wsi)
{
    if (client->phase != AP_HTTP_SENDING)
        return 0;
    for (size_t turn = 0;
         client->body_at < client->body_end && (turn < AP_HTTP_TURN || client->at_once);) {
        size_t size = client->body_end - client->body_at;
        size = size < AP_HTTP_PACKET ? size : AP_HTTP_PACKET;
        if (lws_partial_buffered(wsi) && !client->at_once)
            break;
        if (lws_write(wsi, ap_shared_bytes_data(client->body) + client->body_at, size,
                      LWS_WRITE_HTTP) < 0)
            return -1;
        client->body_at += size;
        client->server->count.body_bytes += size;
        turn += size;
    }
    if (client->body_at < client->body_end)
        return lws_callback_on_writable(wsi) < 0 ? -1 : 0;
    return complete(client, wsi);
}
