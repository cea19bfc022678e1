/* Chunk ring: from the thread of the inputs to that of the engine, in order, without waiting.
 *
 * One thread puts chunks in and publishes them, one takes them out. The octets in the ring are
 * those of a recording (wire/recording.h), so a third thread may copy them to a file: it is never
 * waited for, and told what it missed. No input takes more than its share of the ring, and its last
 * eighth is for those of which next to nothing waits: when the engine falls behind, those that
 * flood lose first, however many they are. */
#ifndef AP_IO_CHUNK_RING_H
#define AP_IO_CHUNK_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "wire/recording.h"

typedef struct ap_chunk_ring_config {
    size_t cap;         /* octets, [256 KiB, 1 GiB], a multiple of 4096 */
    size_t share;       /* of them that one input may have waiting, [128 KiB, cap] */
    uint16_t input_cap; /* [1, 4096] */
    bool is_recorded;   /* somebody calls ap_chunk_ring_copy */
} ap_chunk_ring_config;

struct ap_chunk_ring_state;

typedef struct ap_chunk_ring {
    struct ap_chunk_ring_state *state;
} ap_chunk_ring;

size_t ap_chunk_ring_size(const ap_chunk_ring_config *config); /* 0 = bad config */
ap_err ap_chunk_ring_init(ap_chunk_ring *ring, const ap_chunk_ring_config *config, void *mem,
                          size_t mem_size);

/* --- the thread of the inputs --- */

/* AP_ERR_FULL when the input has its share waiting, or nothing at all fits: the chunk is counted as
 * refused. Connections, ticks and descriptions have some room that data does not get. What is next
 * put of a stream that lost data does not go on with what came before: a BEGIN is put before it.
 * AP_ERR_RANGE: the input, the size or the time, see ap_recording_put; counted by nobody. */
ap_err ap_chunk_ring_put(ap_chunk_ring *ring, const ap_chunk *chunk);

/* All that was put is there for the others. */
void ap_chunk_ring_publish(ap_chunk_ring *ring);

/* --- the thread of the engine --- */

/* The oldest chunk that is published and was not dropped; false when there is none. It stays, and
 * its octets, until drop. */
bool ap_chunk_ring_peek(ap_chunk_ring *ring, ap_chunk *chunk);
void ap_chunk_ring_drop(ap_chunk_ring *ring);

/* --- any thread --- */

/* Octets that wait for the engine. */
uint64_t ap_chunk_ring_waiting(const ap_chunk_ring *ring);

/* Chunks and octets of an input that were refused. */
typedef struct ap_chunk_ring_refused {
    uint64_t chunk_count, octet_count;
} ap_chunk_ring_refused;
ap_chunk_ring_refused ap_chunk_ring_refused_of(const ap_chunk_ring *ring, uint16_t input);

/* --- the thread that records --- */

/* Copies whole chunks, the oldest that are published and were not copied, as many as fit into cap
 * (at least ap_recording_size(AP_PCAP_PAYLOAD_MAX)). AP_ERR_END: there are none. Who falls behind
 * by half of the ring misses all of that: *lost, in octets, before what is copied now. */
ap_err ap_chunk_ring_copy(ap_chunk_ring *ring, uint8_t *into, size_t cap, size_t *size,
                          uint64_t *lost);

#endif
