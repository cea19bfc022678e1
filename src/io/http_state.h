/* What the files of the HTTP server share; of no meaning to others. */
#ifndef AP_IO_HTTP_STATE_H
#define AP_IO_HTTP_STATE_H

#include <libwebsockets.h>
#include <uv.h>

#include "io/http.h"
#include "io/http_limit.h"

enum {
    AP_HTTP_PROTOCOL_CAP = AP_HTTP_SUB_PROTOCOL_CAP + 2,
    AP_HTTP_LIST_CAP = 16,    /* origins, host names */
    AP_HTTP_PACKET = 65536,   /* handed to the system at once */
    AP_HTTP_TURN = 4 * 65536, /* for one client before the others have their turn */
    AP_HTTP_WS_RING = 256,
    AP_HTTP_SWEEP_MS = 200,
    AP_HTTP_SMALL = 8192, /* bodies that go out with their head */
    AP_HTTP_LOG_REASONS = 8,
};

typedef enum ap_http_phase {
    AP_HTTP_FREE,
    AP_HTTP_WAITING, /* for a request, the first or the next: may be displaced */
    AP_HTTP_BODY,    /* of a request is on its way: as well */
    AP_HTTP_LATER,   /* the handler has the request, its reply is to come */
    AP_HTTP_SENDING,
    AP_HTTP_WS,
    AP_HTTP_CLOSING
} ap_http_phase;

/* A request while it is read and answered. */
typedef struct ap_http_exchange {
    ap_http_request request;
    const char *if_range, *authorization, *protocols;
    bool keep_alive, is_1_0, has_more_query;
    uint8_t *body;         /* NULL: it is thrown away, and the refusal told behind it */
    size_t body_cap;       /* Content-Length */
    size_t body_size;      /* of that has come */
    ap_http_reply refusal; /* status 0 = none */
    ap_http_reply later;   /* that has come; status 0 = none */
    size_t text_used, text_cap;
    char text[];
} ap_http_exchange;

typedef struct ap_ws_item {
    ap_shared_bytes *bytes;
    int64_t queued_ns;
    bool is_binary;
} ap_ws_item;

typedef struct ap_ws_queue {
    ap_ws_item item[AP_HTTP_WS_RING];
    size_t first, count;
    size_t at;          /* bytes of the first that are gone */
    size_t queued_size; /* of all, without these */
    int64_t heard_ns;   /* anything came */
    bool is_open;       /* the handshake is over */
    bool must_ping, is_pinged;
    uint16_t close_code; /* 0 = stays */
    char close_reason[121];
    uint8_t *message; /* of the client, in parts */
    size_t message_size;
} ap_ws_queue;

/* A connection; with `ws`, a WebSocket client. */
struct ap_ws_client {
    struct ap_http_state *server;
    struct lws *wsi;
    int fd;
    ap_http_phase phase;
    bool tls_done;
    ap_ws_client *next, *previous; /* in the list of its phase, oldest first; next when free */
    int64_t deadline_ns;
    ap_http_peer peer;
    char peer_text[INET6_ADDRSTRLEN];
    ap_http_exchange *exchange;
    ap_shared_bytes *body; /* of the reply */
    size_t body_at, body_end;
    bool keep_alive;
    bool at_once; /* the reply is handed to lws as a whole */
    ap_ws_queue *ws;
    void *data;
    uint64_t ticket; /* of the newest request */
};

typedef struct ap_http_list {
    ap_ws_client *first, *last;
} ap_http_list;

struct ap_http_state {
    ap_http_config config;
    ap_http_counters count;
    struct lws_context *context, *context_alive; /* the latter is NULL when lws is gone */
    struct lws_vhost *vhost;
    struct lws_protocols protocols[AP_HTTP_PROTOCOL_CAP + 1];
    char sub_protocol[AP_HTTP_SUB_PROTOCOL_CAP][64];
    char origin[AP_HTTP_LIST_CAP][128], host_name[AP_HTTP_LIST_CAP][128];
    char page_source[320]; /* " https://tiles.example", or "" */
    char ws_path[64], certificate_path[1024], key_path[1024], address_text[INET6_ADDRSTRLEN];
    bool is_loopback, is_draining, is_closing, has_tls;
    void *ssl_ctx; /* SSL_CTX of the virtual host, owned by lws */
    ap_tokens tokens;
    ap_http_limit *requests, *wrong_tokens;
    uv_poll_t listener;
    uv_timer_t sweep;
    int listen_fd, spare_fd, fd_cap;
    bool is_paused;        /* the listener, until the next sweep */
    unsigned open_handles; /* of the loop */
    uint16_t port;
    uint64_t created_count; /* sockets that lws made something of */
    uint64_t ticket_count;
    ap_ws_client *connection, *free;
    ap_http_list waiting, busy;
    struct {
        const char *reason;
        int64_t next_ns;
    } logged[AP_HTTP_LOG_REASONS];
    char message[AP_IO_MESSAGE_SIZE]; /* why TLS could not be set up */
};

/* http.c */
void ap_http_answer_is_late(ap_ws_client *client);
void ap_http_log(struct ap_http_state *server, const char *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* http_socket.c: accepts, lists, deadlines. */
ap_err ap_http_listen(struct ap_http_state *server, char message[AP_IO_MESSAGE_SIZE]);
void ap_http_stop_listening(struct ap_http_state *server);
void ap_http_unlisten(struct ap_http_state *server);
void ap_http_enter(ap_ws_client *client, ap_http_phase phase, double seconds);
void ap_http_cut(ap_ws_client *client);
void ap_http_release(ap_ws_client *client);

/* http_request.c: what lws has read becomes a request. Each gives 0, or the status of the refusal
 * that is in *reply. */
ap_http_exchange *ap_http_exchange_make(ap_ws_client *client, struct lws *wsi, const char *path);
unsigned ap_http_exchange_check(ap_ws_client *client, struct lws *wsi, ap_http_exchange *exchange,
                                ap_http_reply *reply);
void ap_http_exchange_free(ap_ws_client *client);
bool ap_http_origin_is_listed(const struct ap_http_state *server, const char *origin);

/* http_reply.c: -1 = close the connection. */
int ap_http_answer(ap_ws_client *client, struct lws *wsi, ap_http_reply *reply);
int ap_http_refuse(ap_ws_client *client, struct lws *wsi, ap_http_reply *reply);
int ap_http_write_on(ap_ws_client *client, struct lws *wsi);
size_t ap_http_format_refusal(char *text, size_t cap, unsigned status, const char *fields,
                              const char *sentence);

/* http_ws.c */
int ap_ws_upgrade(ap_ws_client *client, struct lws *wsi);
int ap_ws_write_on(ap_ws_client *client, struct lws *wsi);
int ap_ws_read(ap_ws_client *client, struct lws *wsi, const uint8_t *data, size_t size);
void ap_ws_established(ap_ws_client *client, struct lws *wsi);
void ap_ws_look_after(ap_ws_client *client, int64_t now_ns);
void ap_ws_heard(ap_ws_client *client);
void ap_ws_release(ap_ws_client *client);

/* http_tls.c */
ap_err ap_http_load_certificate(struct ap_http_state *server, char message[AP_IO_MESSAGE_SIZE]);
int ap_http_tls_begin(struct ap_http_state *server, void *ssl_ctx);

#endif
