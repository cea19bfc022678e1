/* Live inputs: datagrams, connections, devices and growing files, many at once on one loop. Hop 1
 * of the live service.
 *
 * Every input looks after itself: what cannot be opened or is lost is tried again, after half a
 * second at first and twice as long each time up to 30 s, and its statistics say in one line why.
 * What is received is given to one callback in the order of its stamps, which increase strictly
 * over all inputs. */
#ifndef AP_IO_LIVE_IN_H
#define AP_IO_LIVE_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/time.h"
#include "io/input.h"
#include "io/live_clock.h"
#include "io/loop.h"

#define AP_LIVE_INPUT_CAP 4096u
#define AP_LIVE_STREAM_CAP 16u /* connections that a listener takes at once */
#define AP_LIVE_CHUNK_CAP 65507u

#define AP_LIVE_KIND_MAP(X)                                                                        \
    X(UDP, "udp")                                                                                  \
    X(TCP_CONNECT, "tcp")                                                                          \
    X(TCP_LISTEN, "tcp-listen")                                                                    \
    X(SERIAL, "serial")                                                                            \
    X(STDIN, "stdin")                                                                              \
    X(FOLLOW, "follow")

typedef enum ap_live_kind {
#define AP_LIVE_KIND_ENUM(name, text) AP_LIVE_##name,
    AP_LIVE_KIND_MAP(AP_LIVE_KIND_ENUM)
#undef AP_LIVE_KIND_ENUM
        AP_LIVE_KIND_COUNT
} ap_live_kind;

/* Texts are copied. What a kind does not name is ignored. */
typedef struct ap_live_config {
    ap_live_kind kind;
    /* TCP_CONNECT: name or address of the other side.
     * UDP, TCP_LISTEN: address of this side; NULL is 127.0.0.1, "0.0.0.0" or "::" is every one. */
    const char *host;
    uint16_t port; /* UDP and TCP_LISTEN: 0 for one that is free, see its statistics */
    /* UDP: address of a multicast group to join, in place of a host. */
    const char *group;
    const char *interface; /* of the group: name or own address; NULL: the system's choice */
    const char *source;    /* of the group: only what this address sends; NULL: what anybody does */
    /* SERIAL: device; FOLLOW: file. */
    const char *path;
    uint32_t baud;   /* SERIAL: bits a second, one of the rates that the system knows */
    bool from_begin; /* FOLLOW: what the file holds at the start, too */
    /* TCP: a connection that is silent for so long is closed; 0: it may be. */
    uint32_t idle_timeout_s;
} ap_live_config;

typedef enum ap_live_chunk_kind {
    AP_LIVE_DATAGRAM,
    AP_LIVE_STREAM_BEGIN, /* without data: what follows in the stream is no continuation */
    AP_LIVE_STREAM_DATA,
    AP_LIVE_STREAM_END, /* without data */
} ap_live_chunk_kind;

typedef struct ap_live_chunk {
    uint32_t input;
    uint16_t stream; /* of a listener: which of its connections, [0, 16); else 0 */
    ap_live_chunk_kind kind;
    ap_utc_ns receive_utc;
    const uint8_t *data; /* valid during the call */
    size_t size;         /* [0, AP_LIVE_CHUNK_CAP] */
    uint8_t peer[16];    /* IPv6, or IPv4 as ::ffff:a.b.c.d; zeros where there is none */
    uint16_t peer_port;
} ap_live_chunk;

/* Must not add, remove or close inputs. */
typedef void (*ap_live_chunk_fn)(void *context, const ap_live_chunk *chunk);

#define AP_LIVE_STATE_MAP(X)                                                                       \
    X(CONNECTING, "connecting") /* looks up the name or waits for the other side */                \
    X(CONNECTED, "open")        /* receives; a listener: listens */                                \
    X(WAITING, "waiting")       /* for the next try */                                             \
    X(FAILED, "ended")          /* nothing more is tried: standard input at its end */

typedef enum ap_live_state {
#define AP_LIVE_STATE_ENUM(name, text) AP_LIVE_##name,
    AP_LIVE_STATE_MAP(AP_LIVE_STATE_ENUM)
#undef AP_LIVE_STATE_ENUM
} ap_live_state;

typedef struct ap_live_stats {
    ap_live_state state;
    uint64_t chunk_count, byte_count;  /* of data */
    uint64_t connection_count;         /* times that it was connected; of a listener, connections */
    uint64_t reconnect_count;          /* of these, after one was lost; files: rotated, truncated */
    uint64_t failure_count;            /* tries that failed, connections that were lost */
    uint64_t refused_connection_count; /* of a listener that had AP_LIVE_STREAM_CAP; or, having sent
                                        * nothing for two seconds, sent away for another */
    uint64_t kernel_drop_count;        /* datagrams that found the receive buffer full */
    uint64_t oversized_count;          /* datagrams beyond AP_LIVE_CHUNK_CAP, refused */
    uint32_t stream_count;             /* open now */
    uint32_t receive_buffer_size;      /* bytes that the system grants; the wish is 8 MiB */
    uint16_t port;                     /* of this side, UDP and TCP_LISTEN */
    ap_utc_ns last_receive_utc;        /* AP_UTC_UNKNOWN before the first */
    /* E.g. "cannot connect to 127.0.0.1:30005: connection refused; next try in 4 s". Stays when it
     * is over; empty before the first. */
    char last_error[256];
} ap_live_stats;

struct ap_live_in_state;

typedef struct ap_live_in {
    struct ap_live_in_state *state; /* NULL when closed */
} ap_live_in;

/* Without inputs. Both clock and loop outlive it. AP_ERR_MEMORY with one line in `message`. */
ap_err ap_live_in_open(ap_live_in *in, ap_loop *loop, ap_live_clock *clock, ap_live_chunk_fn fn,
                       void *context, char message[AP_IO_MESSAGE_SIZE]);

/* Starts input number `input`, [0, AP_LIVE_INPUT_CAP), which must be free (AP_ERR_ARGUMENT). What
 * no waiting would mend (an address that is none, a rate that no device has) is AP_ERR_CONFIG with
 * `message`. All else is tried now, and again: see its statistics. */
ap_err ap_live_in_add(ap_live_in *in, uint32_t input, const ap_live_config *config,
                      char message[AP_IO_MESSAGE_SIZE]);

/* Ends an input; its open streams get their END first. One that is not there is ignored. */
void ap_live_in_remove(ap_live_in *in, uint32_t input);

/* NULL for one that is not there; valid until it is removed. */
const ap_live_stats *ap_live_in_stats(const ap_live_in *in, uint32_t input);

/* Removes all inputs. Safe twice. */
void ap_live_in_close(ap_live_in *in);

/* What ap_live_in_add would say of the configuration, without opening anything: AP_ERR_CONFIG with
 * `message`, AP_ERR_ARGUMENT for no kind, AP_ERR_MEMORY. */
ap_err ap_live_check(const ap_live_config *config, char message[AP_IO_MESSAGE_SIZE]);

/* "udp", "tcp" ...; NULL for no kind. */
const char *ap_live_kind_text(ap_live_kind kind);

/* "open" ...; NULL for no state. */
const char *ap_live_state_text(ap_live_state state);

#endif
