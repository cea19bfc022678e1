/* A walk over every record of a datagram or buffer, whatever is broken in it.
 *
 *     ap_asterix_cursor cursor = ap_asterix_cursor_of(&editions, bytes, size);
 *     ap_asterix_record record;
 *     ap_asterix_fault fault;
 *     for (ap_err err; (err = ap_asterix_cursor_next(&cursor, &record, &fault)) != AP_ERR_END;) {
 *         if (err == AP_OK)
 *             ...use record...
 *         else
 *             ...count fault.reason...
 *     }
 *
 * A record that does not walk costs the rest of its block. A block whose length cannot be right
 * costs the bytes up to the next offset that proves itself to be a block. The search is linear in
 * the bytes passed: on bytes made to be costly it may miss a block, never the next datagram. */
#ifndef AIRPICTURE_ASTERIX_CURSOR_H
#define AIRPICTURE_ASTERIX_CURSOR_H

#include "airpicture/asterix.h"

typedef struct ap_asterix_record {
    uint8_t category;
    const ap_asterix_spec *spec; /* of its edition */
    const uint8_t *data;
    size_t size;
    size_t offset;            /* of the record in the buffer */
    uint16_t index;           /* in its block, from 0 */
    ap_asterix_glance glance; /* source and time, inherited ones included */
    bool block_start;         /* first record of its block */
    uint32_t block;           /* index of its block, from 0 */
    size_t block_size;        /* of its block, header included */
} ap_asterix_record;

typedef struct ap_asterix_cursor {
    const ap_asterix_editions *editions;
    ap_reader bytes; /* stands behind the current block */
    ap_asterix_block block;
    size_t block_offset;         /* of block.data in the buffer */
    const ap_asterix_spec *spec; /* that the block is read with */
    uint32_t block_count;        /* blocks entered, broken ones included */
    size_t at;                   /* next record in block.data */
    uint16_t index;
    ap_asterix_inherited inherited;
    int64_t effort;        /* left for the search behind damage */
    uint64_t skipped_size; /* bytes passed over because they proved to be nothing */
} ap_asterix_cursor;

ap_asterix_cursor ap_asterix_cursor_of(const ap_asterix_editions *editions, const uint8_t *data,
                                       size_t size);

/* The next record.
 * AP_ERR_END at the end. AP_ERR_MALFORMED for a broken record or block, AP_ERR_UNKNOWN for a block
 * of a category that `editions` does not decode: *fault says what (offset is that of the record,
 * or of the block, in the buffer) and the cursor stands behind the damage. Always moves on. */
ap_err ap_asterix_cursor_next(ap_asterix_cursor *cursor, ap_asterix_record *record,
                              ap_asterix_fault *fault);

#endif
