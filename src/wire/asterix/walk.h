/* From item to item through a record, by the definition tables. */
#ifndef AP_WIRE_ASTERIX_WALK_H
#define AP_WIRE_ASTERIX_WALK_H

#include "wire/asterix/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No field specification is longer. */
#define AP_ASTERIX_FSPEC_SIZE_MAX 9u

typedef struct ap_asterix_walker {
    const ap_asterix_spec *spec;
    const ap_asterix_uap *uap;
    const uint8_t *p, *end;
    uint64_t left; /* presence bits of the items not yet passed */
    /* what went wrong, when open or next return false */
    bool failed;
    ap_refusal reason;
    const ap_asterix_item *item; /* of the fault; NULL: the field specification */
} ap_asterix_walker;

/* Reads the field specification at `data`. False on a fault. */
bool ap_asterix_walker_open(ap_asterix_walker *walker, const ap_asterix_spec *spec,
                            const uint8_t *data, size_t size);

/* Passes the next item: *item lies in [*start, walker->p). False at the end of the record or, with
 * `failed`, on a fault, and behind it. */
bool ap_asterix_walker_next(ap_asterix_walker *walker, const ap_asterix_item **item,
                            const uint8_t **start);

/* ap_asterix_walk and ap_asterix_look in one pass. On a fault *inherited and *glance are not to be
 * used. */
ap_err ap_asterix_walk_looking(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                               ap_asterix_inherited *inherited, ap_asterix_glance *glance,
                               size_t *record_size, ap_asterix_fault *fault);

/* Whether the selecting item at p means the second of two layouts. */
bool ap_asterix_selects_second(const ap_asterix_spec *spec, const uint8_t *p);

/* SAC and SIC of the record at `data`, where its category names the source first: right behind the
 * field specification. NULL when it does not, or the record ends before. Does not walk. */
static inline const uint8_t *ap_asterix_first_source(const ap_asterix_spec *spec,
                                                     const uint8_t *data, size_t size)
{
    if (size < 3 || spec->uap[0].items[0] != spec->source_item || !(data[0] & 0x80))
        return NULL;
    size_t at = 0;
    while (at < size && at < AP_ASTERIX_FSPEC_SIZE_MAX && (data[at] & 1))
        at++;
    return size - at < 3 ? NULL : data + at + 1;
}

/* The octet behind an item at p, or NULL on a fault. Not for random field sequencing. */
const uint8_t *ap_asterix_item_end(const ap_asterix_spec *spec, const ap_asterix_item *item,
                                   const uint8_t *p, const uint8_t *end);

/* The same for any item but a compound one. */
const uint8_t *ap_asterix_part_end(const ap_asterix_spec *spec, const ap_asterix_item *item,
                                   const uint8_t *p, const uint8_t *end);

/* The parts of a compound item, one after the other. */
typedef struct ap_asterix_parts {
    const ap_asterix_spec *spec;
    const ap_asterix_item *first; /* its sub-items */
    const uint8_t *p, *end;       /* p: behind the parts passed; NULL: a fault */
    uint64_t left;                /* presence bits of the parts not yet passed */
} ap_asterix_parts;

/* Reads the compound's own field specification at p. */
ap_asterix_parts ap_asterix_parts_of(const ap_asterix_spec *spec, const ap_asterix_item *item,
                                     const uint8_t *p, const uint8_t *end);

/* Passes the next part: *part lies in [*start, parts->p). False behind the last one or, with
 * parts->p NULL, on a fault: *part and *start are then those of the part that does not fit, and
 * untouched when it is the field specification. */
bool ap_asterix_parts_next(ap_asterix_parts *parts, const ap_asterix_item **part,
                           const uint8_t **start);

/* `size` <= 64 bits that begin `offset` bits behind p. */
uint64_t ap_asterix_long_bits_at(const uint8_t *p, size_t offset, unsigned size);

static inline uint64_t ap_asterix_bits_at(const uint8_t *p, size_t offset, unsigned size)
{
    unsigned ahead = (unsigned)(offset % 8);
    if (ahead + size > 8)
        return ap_asterix_long_bits_at(p, offset, size);
    return (uint64_t)(p[offset / 8] >> (8 - ahead - size)) & ((1u << size) - 1);
}

#endif
