/* Datagrams to one host, which may be a multicast group; nobody is waited for. Hop 9. */
#ifndef AP_IO_UDP_OUT_H
#define AP_IO_UDP_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"

struct ap_udp_out_state;

typedef struct ap_udp_out {
    struct ap_udp_out_state *state; /* NULL when closed */
    uint64_t sent_count;
    uint64_t refused_count; /* that the system did not take: too long, no route, no room */
} ap_udp_out;

/* `host`: an address or a name, IPv4 or IPv6. Multicast stays on the local network (TTL 1) and is
 * heard on this machine too. AP_ERR_NO_OUTPUT with one line in `message`. */
ap_err ap_udp_out_open(ap_udp_out *out, const char *host, char message[AP_IO_MESSAGE_SIZE]);

/* One datagram. What nobody listens to counts as sent. */
void ap_udp_out_send(ap_udp_out *out, uint16_t port, const void *data, size_t size);

/* Safe twice. */
void ap_udp_out_close(ap_udp_out *out);

#endif
