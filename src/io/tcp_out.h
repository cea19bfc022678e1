/* A stream that is served on a TCP port of this machine: who connects gets what comes from then on.
 * Hop 9. A client that does not keep up is let go; nobody is waited for. */
#ifndef AP_IO_TCP_OUT_H
#define AP_IO_TCP_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"

#define AP_TCP_OUT_CLIENT_CAP 16

struct ap_tcp_out_state;

typedef struct ap_tcp_out {
    struct ap_tcp_out_state *state; /* NULL when closed */
    uint64_t client_count;          /* that came, so far */
    uint64_t dropped_count;         /* of these, let go for being too slow */
    uint64_t refused_count;         /* that came when the table was full: turned away */
} ap_tcp_out;

/* Listens on the loopback address. Port 0: one that is free. AP_ERR_NO_OUTPUT with one line in
 * `message`. */
ap_err ap_tcp_out_open(ap_tcp_out *out, uint16_t port, char message[AP_IO_MESSAGE_SIZE]);

uint16_t ap_tcp_out_port(const ap_tcp_out *out);

/* Takes new clients in, and sends the bytes, an element that is not cut, to all; with size 0 only
 * what still waits for them. */
void ap_tcp_out_send(ap_tcp_out *out, const void *data, size_t size);

/* Waits a second at most, for all together, for what the clients have not taken yet. Safe twice. */
void ap_tcp_out_close(ap_tcp_out *out);

#endif
