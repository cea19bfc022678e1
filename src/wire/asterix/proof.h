/* Proof that bytes are a data block, and how much work may go into it.
 *
 * A search for the next block asks at every byte, and each answer may walk 64 KiB: on crafted bytes
 * that would never end. So a search has an effort: every byte that is passed earns some, every
 * record walked spends some, and without any left nothing is proved. The work stays below
 * AP_ASTERIX_EFFORT_PER_BYTE units for each byte of input, and the answers depend on the bytes
 * alone. Damage in real recordings spends one to three units a byte. */
#ifndef AP_WIRE_ASTERIX_PROOF_H
#define AP_WIRE_ASTERIX_PROOF_H

#include "airpicture/asterix.h"

#define AP_ASTERIX_EFFORT_PER_BYTE 16
/* Enough to prove a few of the longest blocks in a row. */
#define AP_ASTERIX_EFFORT_MAX (INT64_C(4) * 65536)

/* One unit for a record, and one for so many of its bytes. */
#define AP_ASTERIX_EFFORT_STEP 16u

/* Adds what `size` bytes passed have earned. */
static inline void ap_asterix_effort_earn(int64_t *effort, size_t size)
{
    const size_t most = 2 * AP_ASTERIX_EFFORT_MAX / AP_ASTERIX_EFFORT_PER_BYTE;
    *effort += (int64_t)(size < most ? size : most) * AP_ASTERIX_EFFORT_PER_BYTE;
    if (*effort > AP_ASTERIX_EFFORT_MAX)
        *effort = AP_ASTERIX_EFFORT_MAX;
}

/* As ap_asterix_block_proves, spending *effort: false when that is used up before the end. */
bool ap_asterix_block_proves_within(const ap_asterix_editions *editions, const uint8_t *data,
                                    size_t size, int64_t *effort);

/* The source of a block's first record, SAC << 8 | SIC; -1: it names none, or its category is not
 * known. Does not walk: `size` may be less than the block's. */
int32_t ap_asterix_block_source(const ap_asterix_editions *editions, const uint8_t *data,
                                size_t size);

#endif
