/* Streams served on TCP ports: raw ASTERIX, Beast, SBS, AVR. Who connects gets what comes from then
 * on. Hop 9 of the live service.
 *
 * What is sent is copied once, into a ring that all clients read at their own pace; so memory does
 * not depend on their number. A client that falls behind by the whole ring, or takes nothing for
 * the deadline, is cut and counted; nobody is waited for. What clients send is read and forgotten.
 */
#ifndef AP_IO_STREAM_OUT_H
#define AP_IO_STREAM_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"
#include "io/loop.h"

#define AP_STREAM_OUT_CLIENT_MAX 1024u
#define AP_STREAM_OUT_QUEUE_SIZE (1u << 20) /* bytes, unless told otherwise */

typedef struct ap_stream_out_config {
    const char *address;  /* of this side, in digits; NULL is 127.0.0.1 */
    uint16_t port;        /* 0: one that is free */
    uint32_t client_cap;  /* [1, AP_STREAM_OUT_CLIENT_MAX]; 0: 64 */
    uint32_t queue_size;  /* bytes by which a client may be behind, [4096, 2^30]; 0: 1 MiB */
    uint32_t deadline_ms; /* for which it may take nothing, [100, 600000]; 0: 10,000 */
    /* Called when a client has come or gone; or NULL. Nothing is sent from it. */
    void (*on_clients)(void *context);
    void *context;
} ap_stream_out_config;

struct ap_stream_out_state;

typedef struct ap_stream_out {
    struct ap_stream_out_state *state; /* NULL when closed */
    uint32_t client_count;             /* connected now */
    uint64_t accepted_count;
    uint64_t slow_count;                /* of these, cut because they were behind or took nothing */
    uint64_t gone_count;                /* of these, left by themselves */
    uint64_t refused_count;             /* turned away because there were client_cap */
    uint64_t element_count, byte_count; /* sent; once, however many clients there were */
} ap_stream_out;

/* Listens. `out` stays where it is until it is closed. AP_ERR_CONFIG for a configuration outside
 * its ranges, AP_ERR_NO_OUTPUT or AP_ERR_MEMORY, with one line in `message`. */
ap_err ap_stream_out_open(ap_stream_out *out, ap_loop *loop, const ap_stream_out_config *config,
                          char message[AP_IO_MESSAGE_SIZE]);

uint16_t ap_stream_out_port(const ap_stream_out *out);

/* An element, or several whole ones: every client gets all of it or is cut. Many at once are
 * cheaper than one by one. AP_ERR_RANGE, and nothing is sent, when it is longer than the queue.
 * Costs a copy, and a call of the system for each client that keeps up. */
ap_err ap_stream_out_send(ap_stream_out *out, const void *data, size_t size);

/* Octets that the slowest of the clients has not been given yet. */
size_t ap_stream_out_waiting(const ap_stream_out *out);

/* Gives what the system takes at once of what clients wait for, and closes. Safe twice. */
void ap_stream_out_close(ap_stream_out *out);

#endif
