/* Frames of a spool file (io/spool.h): what is kept, each with its number and a checksum.
 *
 * A frame is, in the byte order of little ends: size of the payload, kind, number, checksum (XXH3,
 * of the other three and the payload, seeded), payload. Nothing else is in a file, so a reader that
 * meets damage finds the next frame by looking at every octet. */
#ifndef AP_IO_SPOOL_FRAME_H
#define AP_IO_SPOOL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"

#define AP_SPOOL_HEAD_SIZE 24u
#define AP_SPOOL_RECORD_MAX 65535u /* octets of a payload */

typedef enum ap_spool_kind {
    AP_SPOOL_RECORD = 1,
    AP_SPOOL_COMMIT, /* all before it counts; its number is that of the newest record */
    AP_SPOOL_JUMP,   /* the same, and numbers between the newest record and this were given up */
} ap_spool_kind;

typedef struct ap_spool_frame {
    ap_spool_kind kind;
    uint32_t size;
    uint64_t number;
    const uint8_t *payload; /* [size] */
} ap_spool_frame;

/* Writes the frame to `to`, of AP_SPOOL_HEAD_SIZE + size octets, and returns their number. */
size_t ap_spool_frame_write(uint8_t *to, uint64_t seed, const ap_spool_frame *frame);

/* The frame that begins at from[0]; its payload points there. AP_ERR_MORE: `size` octets are too
 * few to tell. AP_ERR_MALFORMED: none begins there. */
ap_err ap_spool_frame_read(const uint8_t *from, size_t size, uint64_t seed, ap_spool_frame *frame);

/* Finds the first frame at or behind from[*at] and sets *at to its end; octets before it are
 * damage, and added to *damaged_size. AP_ERR_END: there is none up to the end. With `is_all` the
 * octets are all that there are; without, *at may stop at what could be one: AP_ERR_MORE. */
ap_err ap_spool_frame_find(const uint8_t *from, size_t size, bool is_all, uint64_t seed, size_t *at,
                           ap_spool_frame *frame, uint64_t *damaged_size);

#endif
