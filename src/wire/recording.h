/* Recordings: what the inputs of a running service delivered, chunk by chunk, in one capture.
 *
 * A recording is a nanosecond capture of UDP datagrams over Ethernet, so that other programs open
 * it. What they have no word for stands in the hardware addresses: destination 02:61:70:KK:SS:SS
 * with the kind of the chunk and its stream, source 02:61:70:00:II:II with the input. Chunks of a
 * stream may be cut anywhere; a connection begins and ends with a chunk of its own. Ticks tell that
 * time passed. Source: doc/formats.md, Recordings. */
#ifndef AP_WIRE_RECORDING_H
#define AP_WIRE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/time.h"
#include "wire/pcap.h"

typedef enum ap_chunk_kind {
    AP_CHUNK_DATAGRAM, /* whole: nothing of it goes on in another one */
    AP_CHUNK_BEGIN,    /* a connection: what its stream held before is over */
    AP_CHUNK_DATA,     /* the next octets of a stream */
    AP_CHUNK_END,
    AP_CHUNK_TICK,        /* no octets: the time */
    AP_CHUNK_ABOUT,       /* an input in words: a JSON object */
    AP_CHUNK_ACKNOWLEDGE, /* somebody has seen an alert: ap_acknowledgement */
    AP_CHUNK_KIND_COUNT
} ap_chunk_kind;

typedef struct ap_chunk {
    ap_chunk_kind kind;
    uint16_t input;
    uint16_t stream; /* connections of one input at the same time */
    ap_utc_ns receive_utc;
    ap_pcap_route route; /* who sent it where; of IPv6 the last four octets. For people */
    const uint8_t *data;
    size_t size;           /* at most AP_PCAP_PAYLOAD_MAX */
    const uint8_t *record; /* its ap_recording_size(size) octets, where it was taken from one */
} ap_chunk;

/* Octets that a chunk of `size` takes. */
static inline size_t ap_recording_size(size_t size)
{
    return AP_PCAP_OVERHEAD_SIZE + size;
}

/* One chunk. AP_ERR_RANGE for a time before 1970 or after 2106, or a size above the limit;
 * AP_ERR_FULL without room: nothing is written. What a crash cuts fails its checksum. */
ap_err ap_recording_put(ap_writer *writer, const ap_chunk *chunk);

/* The chunk at the front of [data, data + size), behind the head of the file (ap_pcap_head).
 * AP_OK: *chunk points into data, and *used octets are its own. AP_ERR_MORE: it is not whole.
 * AP_ERR_END: zeros, as in a file that was not closed. AP_ERR_MALFORMED: no chunk of ours, or its
 * checksum is wrong. */
ap_err ap_recording_take(const uint8_t *data, size_t size, size_t *used, ap_chunk *chunk);

#define AP_ACKNOWLEDGEMENT_WHO_SIZE 32 /* with the final NUL */

/* What a chunk of AP_CHUNK_ACKNOWLEDGE says: the number of the alert in four octets, the highest
 * first, and who has seen it, 1 to 31 octets of ASCII from 0x21 to 0x7e. */
typedef struct ap_acknowledgement {
    uint32_t alert_id;
    char by[AP_ACKNOWLEDGEMENT_WHO_SIZE];
} ap_acknowledgement;

#define AP_ACKNOWLEDGEMENT_SIZE_MAX (4 + AP_ACKNOWLEDGEMENT_WHO_SIZE - 1)

/* AP_ERR_ARGUMENT for a name that cannot be; AP_ERR_FULL: nothing is written. */
ap_err ap_acknowledgement_put(ap_writer *writer, const ap_acknowledgement *from);

/* AP_ERR_MALFORMED: these octets are none. */
ap_err ap_acknowledgement_take(const uint8_t *data, size_t size, ap_acknowledgement *to);

#define AP_RECORDING_PROBE_SIZE (AP_PCAP_HEAD_SIZE + AP_PCAP_OVERHEAD_SIZE)

/* True when these first octets of a file are those of a recording of ours. */
bool ap_recording_is(const uint8_t *data, size_t size);

#endif
