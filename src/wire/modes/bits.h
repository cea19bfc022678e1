/* Bits of a 56-bit field: MB, ME or MV, numbered from 1 as in the standards. */
#ifndef AP_WIRE_MODES_BITS_H
#define AP_WIRE_MODES_BITS_H

#include <stdbool.h>
#include <stdint.h>

/* `count` bits, 1..31, from bit `first`. */
static inline unsigned ap_bits56(uint64_t field, unsigned first, unsigned count)
{
    return (unsigned)(field >> (57 - first - count)) & ((1u << count) - 1u);
}

static inline bool ap_bit56(uint64_t field, unsigned number)
{
    return ap_bits56(field, number, 1) != 0;
}

/* A mask of these bits, usable in a table. count 0..56. */
#define AP_MASK56(first, count) (((UINT64_C(1) << (count)) - 1) << (57 - (first) - (count)))

#endif
