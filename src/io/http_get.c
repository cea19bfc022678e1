#include "io/http_get.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

enum { URL_SIZE = 2048, PIECE_SIZE = 4096, FD_CAP = 16 };

typedef struct exchange {
    const ap_http_get_config *config;
    ap_http_answer *answer;
    char *message;
    char address[URL_SIZE], host[URL_SIZE + 8], path[2 * URL_SIZE];
    bool is_tls;
    int port;
    struct lws_context *context;
    lws_sorted_usec_list_t timer;
    size_t cap;
    bool is_done;
    ap_err err;
} exchange;

static void end(exchange *ex, ap_err err, const char *told)
{
    if (ex->is_done)
        return;
    ex->is_done = true;
    ex->err = err;
    if (err)
        snprintf(ex->message, AP_IO_MESSAGE_SIZE, "'%.200s' %.250s", ex->config->url, told);
}

/* ---- URL ---- */

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static bool is_url(exchange *ex, const char *url)
{
    ex->is_tls = strncmp(url, "https://", 8) == 0;
    return (ex->is_tls || strncmp(url, "http://", 7) == 0) && strlen(url) < URL_SIZE &&
           is_plain(url) && !strpbrk(url, "@?#");
}

static ap_err cut(exchange *ex)
{
    char url[URL_SIZE];
    const char *scheme, *address = "", *path = "";
    const ap_http_get_config *config = ex->config;
    if (is_url(ex, config->url)) {
        snprintf(url, sizeof url, "%s", config->url);
        if (lws_parse_uri(url, &scheme, &address, &ex->port, &path))
            address = "";
    }
    if (!*address || ex->port < 1 || ex->port > 65535 || strlen(config->path) >= URL_SIZE)
        end(ex, AP_ERR_ARGUMENT,
            "is no URL; expected http:// or https://, a host and perhaps a "
            "port, such as http://127.0.0.1:8080");
    else if (config->token && !is_plain(config->token))
        end(ex, AP_ERR_ARGUMENT, "is not asked: the token holds blanks or control characters");
    size_t size = strlen(path);
    while (size > 0 && path[size - 1] == '/')
        size--;
    snprintf(ex->address, sizeof ex->address, "%s", address);
    snprintf(ex->host, sizeof ex->host, strchr(address, ':') ? "[%s]:%d" : "%s:%d", address,
             ex->port);
    snprintf(ex->path, sizeof ex->path, "%s%.*s%s", size > 0 ? "/" : "", (int)size, path,
             config->path);
    return ex->err;
}

/* ---- the exchange ---- */

static void on_timeout(lws_sorted_usec_list_t *timer)
{
    exchange *ex = lws_container_of(timer, exchange, timer);
    char told[64];
    snprintf(told, sizeof told, "does not answer within %d s", ex->config->timeout_s);
    end(ex, AP_ERR_NO_INPUT, told);
    lws_cancel_service(ex->context); /* a timer is run before the wait for sockets, of 30 s */
}

/* What libwebsockets says, in words that tell what to look at. */
static void on_failure(exchange *ex, const char *reason)
{
    static const struct {
        const char *part, *told;
        ap_err err;
    } failures[] = {
        { "connect", "does not answer: nothing listens there", AP_ERR_NO_INPUT },
        { "SSL", "speaks no TLS, or this system does not trust its certificate for that host",
          AP_ERR_NO_INPUT },
        { "cert", "has a certificate that this system does not trust for that host",
          AP_ERR_NO_INPUT },
        { "read failed", "speaks no HTTP", AP_ERR_MALFORMED },
    };
    char told[256];
    for (size_t i = sizeof failures / sizeof failures[0]; reason && i-- > 0;)
        if (strstr(reason, failures[i].part)) {
            end(ex, failures[i].err, failures[i].told);
            return;
        }
    snprintf(told, sizeof told, "cannot be reached: %.200s",
             reason ? reason : "no such host is known");
    end(ex, AP_ERR_NO_INPUT, told);
}

static void take(exchange *ex, const char *data, size_t size)
{
    ap_http_answer *answer = ex->answer;
    if (size > ex->config->size_cap - answer->size) {
        end(ex, AP_ERR_FULL, "answers with more than was asked for");
        return;
    }
    if (answer->size + size + 1 > ex->cap) {
        size_t cap = 2 * (answer->size + size + 1);
        char *grown = realloc(answer->body, cap);
        if (!grown) {
            end(ex, AP_ERR_MEMORY, "is not read: memory is exhausted");
            return;
        }
        answer->body = grown;
        ex->cap = cap;
    }
    memcpy(answer->body + answer->size, data, size);
    answer->size += size;
    answer->body[answer->size] = '\0';
}

static int read_more(struct lws *wsi)
{
    char piece[LWS_PRE + PIECE_SIZE], *at = piece + LWS_PRE;
    int size = PIECE_SIZE;
    return lws_http_client_read(wsi, &at, &size) < 0 ? -1 : 0;
}

static int put_token(const exchange *ex, struct lws *wsi, unsigned char **at, size_t room)
{
    char value[URL_SIZE];
    if (!ex->config->token)
        return 0;
    int size = snprintf(value, sizeof value, "Bearer %s", ex->config->token);
    return size >= (int)sizeof value ||
           lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
                                        (const unsigned char *)value, size, at, *at + room);
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t size)
{
    exchange *ex = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    (void)user;
    if (!ex)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return put_token(ex, wsi, in, size) ? -1 : 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        on_failure(ex, in);
        return 0;
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        ex->answer->status = (int)lws_http_client_http_response(wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
        return read_more(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        take(ex, in, size);
        return ex->is_done ? -1 : 0;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        end(ex, AP_OK, "");
        return 0;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
        end(ex, AP_ERR_NO_INPUT, "hung up before its answer was whole");
        return 0;
    default:
        return 0;
    }
}

static void turn(exchange *ex, struct lws_context *context)
{
    const struct lws_client_connect_info info = {
        .context = context,
        .address = ex->address,
        .port = ex->port,
        .path = ex->path,
        .host = ex->host,
        .method = "GET",
        .alpn = "http/1.1",
        .protocol = "get",
        .opaque_user_data = ex,
        .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (ex->is_tls ? LCCSCF_USE_SSL : 0),
    };
    ex->context = context;
    lws_sul_schedule(context, 0, &ex->timer, on_timeout,
                     (lws_usec_t)ex->config->timeout_s * LWS_US_PER_SEC);
    if (!lws_client_connect_via_info(&info))
        on_failure(ex, NULL);
    while (!ex->is_done && lws_service(context, 0) >= 0)
        ;
    lws_sul_cancel(&ex->timer);
    end(ex, AP_ERR_NO_INPUT, "cannot be reached");
}

ap_err ap_http_get(const ap_http_get_config *config, ap_http_answer *answer,
                   char message[AP_IO_MESSAGE_SIZE])
{
    static const struct lws_protocols protocols[] = { { .name = "get", .callback = on_lws },
                                                      { .name = NULL } };
    exchange ex = { .config = config, .answer = answer, .message = message };
    *answer = (ap_http_answer){ 0 };
    ap_err err = cut(&ex);
    if (err)
        return err;
    lws_set_log_level(0, NULL); /* what it would say comes as a callback */
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .fd_limit_per_thread = FD_CAP,
        .connect_timeout_secs = (unsigned)config->timeout_s,
        .timeout_secs = (unsigned)config->timeout_s,
    };
    struct lws_context *context = lws_create_context(&info);
    if (context)
        turn(&ex, context);
    else
        end(&ex, AP_ERR_MEMORY, "is not asked: memory is exhausted");
    lws_context_destroy(context);
    if (!ex.err && !answer->body && !(answer->body = calloc(1, 1)))
        ex.err = AP_ERR_MEMORY;
    if (ex.err)
        ap_http_answer_free(answer);
    return ex.err;
}

void ap_http_answer_free(ap_http_answer *answer)
{
    free(answer->body);
    *answer = (ap_http_answer){ 0 };
}
