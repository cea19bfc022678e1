/* Writes UDP datagrams as a packet capture: nanoseconds, Ethernet, IPv4, correct checksums; and
 * reads back what it wrote. Captures of others are read by wire/framer.h. */
#ifndef AP_WIRE_PCAP_H
#define AP_WIRE_PCAP_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/time.h"

#define AP_PCAP_HEAD_SIZE 24u
#define AP_PCAP_OVERHEAD_SIZE 58u /* of each datagram: record header, Ethernet, IPv4, UDP */
#define AP_PCAP_PAYLOAD_MAX 65507u

/* Addresses of a datagram: IPv4 as numbers (192.0.2.1 = 0xC0000201). */
typedef struct ap_pcap_route {
    uint32_t source_ip, destination_ip;
    uint16_t source_port, destination_port;
} ap_pcap_route;

/* File header. A writer that cannot hold it latches `bad`. */
void ap_pcap_head(ap_writer *writer);

/* One datagram at `time`, 1970 to 2106.
 * AP_ERR_RANGE for a time or payload size that the format cannot hold; AP_ERR_FULL when the writer
 * has no room. In both cases nothing is written and the writer stays usable. */
ap_err ap_pcap_udp(ap_writer *writer, ap_utc_ns time, const ap_pcap_route *route,
                   const uint8_t *payload, size_t size);

/* The record at the front of [data, data + size) as ap_pcap_udp writes it: *payload points into
 * data; AP_PCAP_OVERHEAD_SIZE and its own octets are used. AP_ERR_END: a record of zeros, as memory
 * never written has them; AP_ERR_MORE: not whole; AP_ERR_MALFORMED: no such record, or a checksum
 * is wrong. Outputs are unchanged on error. */
ap_err ap_pcap_udp_take(const uint8_t *data, size_t size, ap_utc_ns *time, ap_pcap_route *route,
                        ap_bytes *payload);

#endif
