/* The octet patterns that every ASTERIX category is made of: numbers, field specifications,
 * repetitions, extents, explicit lengths. Used by the generated codecs and by the walk.
 *
 * Readers take [p, end) and return the octet behind what they read, or NULL on a fault. Writers
 * append and return false if the value cannot be represented. */
#ifndef AP_WIRE_ASTERIX_OCTETS_H
#define AP_WIRE_ASTERIX_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/asterix.h"
#include "airpicture/bytes.h"
#include "airpicture/err.h"

/* Extended items and repetitions by FX end at the latest here. */
#define AP_ASTERIX_OCTETS_MAX 255
#define AP_ASTERIX_FX_COUNT_MAX 65535

static inline uint32_t ap_be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t ap_be24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t ap_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t ap_be40(const uint8_t *p)
{
    return (uint64_t)ap_be32(p) << 8 | p[4];
}

static inline uint64_t ap_be48(const uint8_t *p)
{
    return (uint64_t)ap_be32(p) << 16 | ap_be16(p + 4);
}

static inline uint64_t ap_be56(const uint8_t *p)
{
    return (uint64_t)ap_be32(p) << 24 | ap_be24(p + 4);
}

static inline uint64_t ap_be64(const uint8_t *p)
{
    return (uint64_t)ap_be32(p) << 32 | ap_be32(p + 4);
}

/* Two's complement of the low `size` bits; higher bits must be zero. */
static inline int32_t ap_sign32(uint32_t value, unsigned size)
{
    uint32_t top = UINT32_C(1) << (size - 1);
    return (int32_t)(value ^ top) - (int32_t)top;
}

static inline int64_t ap_sign64(uint64_t value, unsigned size)
{
    uint64_t top = UINT64_C(1) << (size - 1);
    return (int64_t)((value ^ top) - top);
}

/* Index of the lowest bit that is set; bits must not be 0. */
static inline unsigned ap_lowest_bit(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

/* Seven presence bits of an octet, first item lowest. */
static inline uint64_t ap_fspec_bits(uint8_t octet)
{
    uint32_t bits = octet >> 1;
    bits = (bits & 0x0F) << 4 | bits >> 4;
    bits = (bits & 0x33) << 2 | (bits >> 2 & 0x33);
    bits = (bits & 0x55) << 1 | (bits >> 1 & 0x55);
    return bits >> 1;
}

/* Field specification of at most `cap` octets. out: *present, bit 0 = first item; *size octets. */
static inline const uint8_t *ap_fspec_read(const uint8_t *p, const uint8_t *end, unsigned cap,
                                           uint64_t *present, uint8_t *size)
{
    uint64_t bits = 0;
    for (unsigned k = 0; k < cap; k++) {
        if (p == end)
            return NULL;
        uint8_t octet = *p++;
        bits |= ap_fspec_bits(octet) << (7 * k);
        if (!(octet & 1)) {
            *present = bits;
            *size = (uint8_t)(k + 1);
            return p;
        }
    }
    return NULL;
}

/* Octets of an extended item behind those known, up to the one whose FX is clear.
 * in : *octet_count of the known ones; out: it with the others. */
static inline const uint8_t *ap_octets_more(const uint8_t *p, const uint8_t *end, ap_bytes *raw,
                                            uint8_t *octet_count)
{
    const uint8_t *start = p;
    unsigned count = *octet_count;
    do {
        if (p == end || ++count > AP_ASTERIX_OCTETS_MAX)
            return NULL;
    } while (*p++ & 1);
    *raw = (ap_bytes){ start, (size_t)(p - start) };
    *octet_count = (uint8_t)count;
    return p;
}

static inline const uint8_t *ap_repeats_read(const uint8_t *p, const uint8_t *end,
                                             unsigned count_size, size_t size, ap_repeats *repeats)
{
    if ((size_t)(end - p) < count_size)
        return NULL;
    uint16_t count = count_size == 1 ? p[0] : (uint16_t)ap_be16(p);
    p += count_size;
    if ((size_t)(end - p) < count * size)
        return NULL;
    *repeats = (ap_repeats){ p, count };
    return p + count * size;
}

static inline const uint8_t *ap_repeats_fx_read(const uint8_t *p, const uint8_t *end, size_t size,
                                                ap_repeats *repeats)
{
    const uint8_t *start = p;
    unsigned count = 0;
    do {
        if ((size_t)(end - p) < size || ++count > AP_ASTERIX_FX_COUNT_MAX)
            return NULL;
        p += size;
    } while (p[-1] & 1);
    *repeats = (ap_repeats){ start, (uint16_t)count };
    return p;
}

/* Content behind a length octet that counts itself. */
static inline const uint8_t *ap_explicit_read(const uint8_t *p, const uint8_t *end,
                                              ap_bytes *content)
{
    if (p == end || p[0] == 0 || end - p < p[0])
        return NULL;
    *content = (ap_bytes){ p + 1, (size_t)p[0] - 1 };
    return p + p[0];
}

/* Random field sequencing: a count, then as many pairs of item number and item.
 * uap: index of the record's layout. *content: all of it, count included. */
const uint8_t *ap_rfs_read(const ap_asterix_spec *spec, unsigned uap, const uint8_t *p,
                           const uint8_t *end, ap_bytes *content);

/* `known`: bits that may be present; size: octets to write at least, 0: as few as needed. */
bool ap_fspec_write(ap_writer *writer, uint64_t present, uint64_t known, unsigned size,
                    unsigned cap);
bool ap_repeats_write(ap_writer *writer, unsigned count_size, size_t size,
                      const ap_repeats *repeats);
bool ap_repeats_fx_write(ap_writer *writer, size_t size, const ap_repeats *repeats);
bool ap_explicit_write(ap_writer *writer, const ap_bytes *content);
void ap_octets_more_write(ap_writer *writer, const ap_bytes *raw);
bool ap_rfs_write(ap_writer *writer, const ap_bytes *content);

/* The answer of an encoder that began at `start`; on an error the size goes back there. */
ap_err ap_encode_end(ap_writer *writer, size_t start, bool ok);

#endif
