/* HTTP/1.1 and WebSocket server on a libuv loop that its caller runs. Hop 9.
 *
 * One handler answers every request and returns at once, with the reply or with the word that it
 * comes later; bodies are references to bytes made once for all (io/shared_bytes.h), sent as the
 * sockets take them. Below it is libwebsockets, which
 * parses, frames and encrypts; here are the rules of the service: who may ask how much and how
 * often, who may wait how long, what a browser may do for a page of somebody else. HTTP/2 is not
 * offered: doc/security.md, HTTP and WebSocket, says why and gives the numbers.
 *
 * Everything belongs to the loop's thread. Nothing allocates by the wish of a peer beyond the caps
 * of ap_http_config; what is refused is counted in ap_http_counters. The process must ignore
 * SIGPIPE (ap_interrupt_install does).
 *
 * Tokens (io/token.h): "Authorization: Bearer TOKEN". A browser cannot set that field on a
 * WebSocket, so there the token may come as the sub-protocol "bearer.TOKEN" beside the wished one:
 * new WebSocket(url, ["airpicture.v1", "bearer." + token]). It is not taken from the query: queries
 * stand in logs, histories and referrers. */
#ifndef AP_IO_HTTP_H
#define AP_IO_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"
#include "io/shared_bytes.h"
#include "io/token.h"

/* Requests */

typedef enum ap_http_method {
    AP_HTTP_GET,
    AP_HTTP_HEAD, /* answer as GET: the body is left out by the server */
    AP_HTTP_POST,
    AP_HTTP_PUT,
    AP_HTTP_PATCH,
    AP_HTTP_DELETE,
    AP_HTTP_OPTIONS /* answered by the server, never handed on */
} ap_http_method;

typedef struct ap_http_pair {
    const char *name, *value;
} ap_http_pair;

#define AP_HTTP_QUERY_CAP 32

/* Texts are valid during the call, decoded, never NULL: "" when absent. */
typedef struct ap_http_request {
    ap_http_method method;
    const char *path;   /* begins with '/', has no "." or ".." segment, no empty one but the last */
    size_t query_count; /* "?box=1,2&live" in order: ("box", "1,2"), ("live", "") */
    ap_http_pair query[AP_HTTP_QUERY_CAP];
    const char *if_none_match, *accept, *accept_encoding, *range, *content_type;
    const char *host, *origin;
    const uint8_t *body; /* not ended with NUL; its request is the last one of a connection */
    size_t body_size;
    const char *peer; /* "192.0.2.1" */
    const char *user; /* the token's name; "" = none */
    ap_role role;
    bool is_secure;
    uint64_t ticket; /* for a reply that comes later: ap_http_reply_later */
} ap_http_request;

/* Value of the first parameter of that name; NULL when there is none. */
const char *ap_http_query(const ap_http_request *request, const char *name);

/* Replies */

#define AP_HTTP_REPLY_FIELD_CAP 8
#define AP_HTTP_FIELD_SIZE 128

/* Filled by the handler; begins as status 404 without body. Texts live until the handler returns.
 * An answer 200 whose ETag the client has becomes 304 by itself; with `may_range`, one that asks
 * for one byte range gets 206 (or 416). The twin of the body is sent to those who accept gzip. */
typedef struct ap_http_reply {
    unsigned status;
    const char *content_type;  /* with a body; "text/html..." gets the Content-Security-Policy */
    ap_shared_bytes *body;     /* the reference goes over to the server; NULL = empty */
    const char *cache_control; /* NULL = "no-store" */
    char etag[48];             /* with its quotes; "" = none */
    bool may_range;
    size_t field_count; /* further header fields; no line breaks in them */
    ap_http_pair field[AP_HTTP_REPLY_FIELD_CAP];
    bool is_later; /* nothing is sent now; the rest is not looked at */
} ap_http_reply;

/* {"error":"SENTENCE"}, with what to do about it in the sentence. */
void ap_http_reply_error(ap_http_reply *reply, unsigned status, const char *sentence);

/* Status 200 with a copy of a small text. */
void ap_http_reply_text(ap_http_reply *reply, const char *content_type, const char *text,
                        size_t size);

/* For a path that knows no such method: 405 with Allow, e.g. "GET, HEAD". */
void ap_http_reply_not_allowed(ap_http_reply *reply, const char *allow);

typedef void (*ap_http_handler)(void *context, const ap_http_request *request,
                                ap_http_reply *reply);

/* WebSocket */

typedef struct ap_ws_client ap_ws_client;

/* Any may be NULL. */
typedef struct ap_ws_handler {
    /* A client asks to be let in at request->path, with the sub-protocol that would be used (""
     * = none). True accepts; false refuses with *reply, which begins as 403. */
    bool (*on_open)(void *context, ap_ws_client *client, const ap_http_request *request,
                    const char *sub_protocol, ap_http_reply *reply);
    /* A whole message, at most message_cap bytes. */
    void (*on_message)(void *context, ap_ws_client *client, const uint8_t *data, size_t size,
                       bool is_binary);
    /* The queue has become empty. */
    void (*on_drained)(void *context, ap_ws_client *client);
    /* Once for each accepted one; the client is invalid afterwards. */
    void (*on_close)(void *context, ap_ws_client *client);
} ap_ws_handler;

/* The caller's pointer of a client: NULL at on_open. */
void ap_ws_set_data(ap_ws_client *client, void *data);
void *ap_ws_data(const ap_ws_client *client);

/* Queues a message: a reference, no copy (the caller keeps its own). Bytes in the queue of any
 * client belong to the server's thread: while it writes a frame's header it uses some bytes before
 * each 64 kB, and restores them. AP_ERR_FULL: the queue is beyond its caps; the client is cut and
 * counted as slow. AP_ERR_END: it is closing. */
ap_err ap_ws_send(ap_ws_client *client, ap_shared_bytes *message, bool is_binary);

/* Bytes queued and not yet handed to the system: with some, a caller sends less or conflates. */
size_t ap_ws_queued_size(const ap_ws_client *client);

/* Closes with a code of RFC 6455, 7.4 (1000 normal, 1001 going away, 1008 policy) and a reason of
 * up to 120 bytes; on_close comes later. */
void ap_ws_close(ap_ws_client *client, uint16_t code, const char *reason);

/* The server */

/* One line for people, at most one a second for each reason. */
typedef void (*ap_http_log_fn)(void *context, const char *reason, const char *line);

#define AP_HTTP_SUB_PROTOCOL_CAP 8

/* ap_http_config_init fills in every number; texts and tables are copied at open. */
typedef struct ap_http_config {
    void *uv_loop;                           /* uv_loop_t, initialised */
    const char *address;                     /* in numbers; "" is refused: say "0.0.0.0" or "::" */
    uint16_t port;                           /* 0 = a free one */
    const char *certificate_path, *key_path; /* PEM; both NULL = no TLS */

    size_t connection_cap;          /* 2000; beyond, those that have asked nothing yet make room */
    size_t ws_cap;                  /* 1200 of these */
    size_t head_cap;                /* 8192 bytes: request line and fields. [1024, 65535] */
    size_t body_cap;                /* 65536 bytes of a request; beyond, 413 */
    double requests_per_second;     /* 50 per peer address, 0 = no limit; beyond, 429 */
    double request_burst;           /* 200 */
    double wrong_tokens_per_second; /* 0.2 per peer address, then 429 without a look at the token */
    double wrong_token_burst;       /* 10 */
    double later_s;                 /* 60: a reply that was to come later has come; else 503 */
    double request_s;              /* 10: a request is whole, or a connection used again, by then */
    double write_s;                /* 10: oldest byte queued for a client; for a reply, and its */
    double write_bytes_per_second; /* 16384 size at this rate */
    double ping_s;         /* 30: silence after which a WebSocket is asked; twice that, cut */
    size_t ws_queue_cap;   /* 4 MB queued per client (a single longer message passes) */
    size_t ws_message_cap; /* 16384 bytes of a client's message */

    const ap_tokens *tokens;       /* NULL = none: then nobody may operate */
    bool read_needs_token;         /* without: everyone may read */
    const char *const *open_paths; /* that everyone may read even so; not copied, constants. */
    size_t open_path_count;        /* One that ends in '*' stands for all that begin as it does. */
    const char *const *origins;    /* other pages that may ask: "https://map.example" */
    size_t origin_count;
    const char *const *host_names; /* names this server is asked by, besides addresses in numbers */
    size_t host_name_count;        /* and "localhost"; none: any, but only those two on loopback */
    const char *const *sub_protocols;
    size_t sub_protocol_count;

    ap_http_handler handler;
    ap_ws_handler ws;
    const char *page_source; /* one more origin that our pages may fetch pictures of; NULL: none */
    const char *ws_path;     /* "/ws": this and what lies below it are WebSockets */
    void *context;           /* of the handler and of ws */
    ap_http_log_fn log;      /* NULL = silent */
    void *log_context;
} ap_http_config;

void ap_http_config_init(ap_http_config *config);

/* Since open. */
typedef struct ap_http_counters {
    uint64_t request_count;
    uint64_t status_count[6]; /* replies by class: [2] = 200 to 299 */
    uint64_t body_bytes, ws_bytes;
    uint64_t accepted_count;   /* connections */
    uint64_t refused_count;    /* for the cap, or no file descriptors */
    uint64_t displaced_count;  /* had asked nothing and made room for others */
    uint64_t timed_out_count;  /* requests not whole in time, unused connections */
    uint64_t slow_reply_count; /* replies not taken in time */
    uint64_t malformed_count;  /* closed by the parser: no HTTP, or a head beyond its cap */
    uint64_t oversized_count;  /* bodies and WebSocket messages beyond their caps */
    uint64_t limited_count;    /* 429 for too many requests */
    uint64_t tls_failed_count; /* handshakes */
    uint64_t wrong_token_count;
    uint64_t wrong_origin_count; /* foreign pages and foreign host names */
    uint64_t ws_opened_count, ws_refused_count;
    uint64_t ws_cut_slow_count, ws_cut_silent_count;
    uint64_t ws_message_count;         /* sent, whole */
    size_t connection_count, ws_count; /* now */
} ap_http_counters;

struct ap_http_state;

typedef struct ap_http {
    struct ap_http_state *state; /* NULL when closed */
} ap_http;

/* Listens. AP_ERR_CONFIG for a config that cannot be (with TLS: a pair that does not match),
 * AP_ERR_NO_OUTPUT when the port is taken, AP_ERR_MEMORY; `message` says what to do. */
ap_err ap_http_open(ap_http *http, const ap_http_config *config, char message[AP_IO_MESSAGE_SIZE]);

uint16_t ap_http_port(const ap_http *http);
const ap_http_counters *ap_http_count(const ap_http *http);

/* Reads the pair of files again: connections made from now on get it, others stay. A pair that is
 * missing, does not match or is out of date is refused and the old one stays: AP_ERR_CONFIG. */
ap_err ap_http_reload_certificate(ap_http *http, char message[AP_IO_MESSAGE_SIZE]);

/* What ap_http_open and a reload would say of the pair, without a server: AP_ERR_CONFIG, or
 * AP_ERR_MEMORY, with `message`. */
ap_err ap_http_check_certificate(const char *certificate_path, const char *key_path,
                                 char message[AP_IO_MESSAGE_SIZE]);

/* From now on these; NULL = none. Clients that are let in stay. */
void ap_http_set_tokens(ap_http *http, const ap_tokens *tokens);

/* The reply to a request whose handler has said is_later, by its ticket: as the handler would have
 * given it, but texts are constants. When the client has gone, or has been told 503 because it came
 * too late, the body is dropped. Not from within a handler. */
void ap_http_reply_later(ap_http *http, uint64_t ticket, ap_http_reply *reply);

/* Takes nobody new, closes WebSockets with 1001; replies under way are finished. */
void ap_http_drain(ap_http *http);

/* Closes everything at once; on_close comes for each WebSocket. Runs the loop some turns without
 * waiting, so not to be called from within it. Safe twice. */
void ap_http_close(ap_http *http);

#endif
