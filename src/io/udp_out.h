/* Datagrams to hosts, which may be multicast groups; nobody is waited for. Hop 9. */
#ifndef AP_IO_UDP_OUT_H
#define AP_IO_UDP_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"

#define AP_UDP_OUT_HOST_CAP 16u

struct ap_udp_out_state;

typedef struct ap_udp_out {
    struct ap_udp_out_state *state; /* NULL when closed */
    uint64_t sent_count;            /* to each of its hosts */
    uint64_t refused_count;         /* that the system did not take: too long, no route, no room */
} ap_udp_out;

typedef struct ap_udp_out_config {
    const char *hosts[AP_UDP_OUT_HOST_CAP]; /* addresses or names, IPv4 or IPv6 */
    size_t host_count;                      /* [1, AP_UDP_OUT_HOST_CAP] */
    const char *interface; /* for multicast: name or own address; NULL: the system's choice */
    uint8_t ttl;           /* for multicast: networks it may cross; 0 is 1, the local one */
} ap_udp_out_config;

/* `host`: an address or a name, IPv4 or IPv6. Multicast stays on the local network (TTL 1) and is
 * heard on this machine too. AP_ERR_NO_OUTPUT with one line in `message`. */
ap_err ap_udp_out_open(ap_udp_out *out, const char *host, char message[AP_IO_MESSAGE_SIZE]);

/* The same to several hosts at once, and by a chosen interface. A send that the system has no room
 * for is refused, not waited for. Names are looked up here, which may take seconds.
 * AP_ERR_ARGUMENT for a host_count out of range. */
ap_err ap_udp_out_open_to(ap_udp_out *out, const ap_udp_out_config *config,
                          char message[AP_IO_MESSAGE_SIZE]);

/* One datagram, to each host. What nobody listens to counts as sent. */
void ap_udp_out_send(ap_udp_out *out, uint16_t port, const void *data, size_t size);

/* Safe twice. */
void ap_udp_out_close(ap_udp_out *out);

#endif
