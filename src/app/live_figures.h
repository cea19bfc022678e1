/* Live figures: how the running service does, as plain numbers. Whoever runs it fills them in, the
 * API reads them (stats.json, /api/v1/statistics, /metrics, /readyz). Counts are since the start.
 */
#ifndef AP_APP_LIVE_FIGURES_H
#define AP_APP_LIVE_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/refusal.h"
#include "airpicture/time.h"

/* Times from a report's receipt to its effect in an output, by upper bounds. */
#define AP_LATENCY_BUCKETS 15
extern const double ap_latency_bound_s[AP_LATENCY_BUCKETS]; /* 0.1 ms to 10 s */

typedef struct ap_latency_histogram {
    uint64_t count[AP_LATENCY_BUCKETS + 1]; /* the last: beyond every bound */
    uint64_t total;
    double sum_s;
} ap_latency_histogram;

/* Negative times and NaN count as 0. */
void ap_latency_add(ap_latency_histogram *histogram, double latency_s);

/* Upper bound of the bucket that the share [0, 1] of all times lies in; 0 without any, infinite
 * beyond the last bound. */
double ap_latency_quantile_s(const ap_latency_histogram *histogram, double share);

/* What is told of periods. */
typedef struct ap_live_totals {
    ap_utc_ns time_utc;
    uint64_t message_count; /* records and frames of all inputs */
    uint64_t report_count;  /* that went on to the tracker */
    uint64_t refused_count;
    uint64_t track_count; /* confirmed */
    double cpu_s;
    uint64_t report_lost_count; /* for which there was no room before the tracker */
} ap_live_totals;

#define AP_LIVE_MINUTES 16

/* The totals at the newest whole minutes. Set to zero at the start. */
typedef struct ap_live_minutes {
    ap_live_totals at[AP_LIVE_MINUTES]; /* a ring */
    uint64_t count;                     /* ever taken */
} ap_live_minutes;

/* Keeps the totals when a minute has begun since those before; any other call does nothing. */
void ap_live_minutes_take(ap_live_minutes *minutes, const ap_live_totals *totals);

/* Totals kept `back` minutes before the newest ones, or the oldest that are kept; NULL: none yet.
 */
const ap_live_totals *ap_live_minutes_back(const ap_live_minutes *minutes, unsigned back);

typedef struct ap_live_input {
    const char *name;
    const char *state; /* a word: "connecting", "open", "waiting", "ended" */
    bool is_open;
    uint64_t byte_count, chunk_count, lost_count; /* lost: chunks for which there was no room */
    uint64_t connect_count;                       /* connections that were made */
    uint64_t connect_refused_count;               /* for which there was no room */
    double byte_per_s;                            /* over the last seconds */
    ap_utc_ns last_utc;                           /* AP_UTC_UNKNOWN before the first */
    const char *last_error;                       /* NULL or "": none */
    const ap_refusals *refused;                   /* before a sensor was known; may be NULL */
} ap_live_input;

typedef struct ap_live_output {
    const char *name, *state;
    bool is_open;
    bool tells_itself; /* whoever feeds it writes to the log what happens to it */
    uint32_t client_count;
    uint64_t client_cut_count;     /* that did not read */
    uint64_t client_refused_count; /* that came when there were as many as may be */
    uint64_t byte_count, message_count, lost_count;
    const char *lost_unit; /* what lost_count counts, a word; NULL: messages */
    const char *last_error;
    bool has_server; /* rows go to a spool, and from there to a server; else the rest stays 0 */
    bool is_connected;
    uint64_t connection_count, stored_count; /* made to it; rows that it has */
    uint64_t spool_count, spool_size;        /* rows and octets that wait */
    uint64_t spool_refused_count;            /* rows that found no room, or are damaged */
} ap_live_output;

typedef struct ap_live_ring {
    const char *name;
    uint64_t depth, peak, cap, lost_count; /* in the ring's own units */
} ap_live_ring;

/* What is kept on disk. */
typedef struct ap_live_store {
    const char *name;
    uint64_t file_count, byte_count;
    uint64_t free_bytes, size_bytes; /* of the file system; size 0: not told */
} ap_live_store;

/* Why HTTP refused or cut somebody. */
#define AP_LIVE_HTTP_MAP(X)                                                                        \
    X(FULL, "full")             /* connections: as many as may be, or no descriptor */             \
    X(DISPLACED, "displaced")   /* had asked nothing, and made room */                             \
    X(TIMED_OUT, "timed_out")   /* a request not whole in time */                                  \
    X(SLOW_REPLY, "slow_reply") /* a reply not taken in time */                                    \
    X(MALFORMED, "malformed")   /* no HTTP, or a head that is too long */                          \
    X(OVERSIZED, "oversized")   /* a body or a message that is too long */                         \
    X(LIMITED, "limited")       /* too many requests */                                            \
    X(TLS, "tls")               /* no handshake came about */                                      \
    X(WRONG_TOKEN, "wrong_token")                                                                  \
    X(WRONG_ORIGIN, "wrong_origin")     /* a page or name of somebody else's */                    \
    X(STREAM_REFUSED, "stream_refused") /* not let in */                                           \
    X(STREAM_SLOW, "stream_slow")       /* does not read */                                        \
    X(STREAM_SILENT, "stream_silent")   /* answers no ping */

typedef enum ap_live_http {
#define AP_LIVE_HTTP_ENUM(name, key) AP_LIVE_HTTP_##name,
    AP_LIVE_HTTP_MAP(AP_LIVE_HTTP_ENUM)
#undef AP_LIVE_HTTP_ENUM
        AP_LIVE_HTTP_COUNT
} ap_live_http;

typedef struct ap_live_figures {
    const char *version;
    ap_utc_ns started_utc;
    const char *not_ready; /* NULL: the service is ready; else what it waits for, a sentence */
    ap_live_totals totals;
    ap_live_minutes minutes;
    ap_latency_histogram latency;
    double engine_cpu_s; /* of the one thread that tracks */
    uint64_t resident_bytes;
    uint64_t http_request_count, http_refused_count;
    uint64_t http_fault_count[AP_LIVE_HTTP_COUNT];
    uint64_t log_lost_count; /* lines that nobody read */
    uint32_t websocket_client_count;
    const ap_live_input *inputs; /* [input_count] */
    const ap_live_output *outputs;
    const ap_live_ring *rings;
    const ap_live_store *stores;
    size_t input_count, output_count, ring_count, store_count;
} ap_live_figures;

#endif
