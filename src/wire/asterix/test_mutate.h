/* Changes of a record that know how it is made: for tests and fuzz targets.
 *
 * The record is cut into its items; one of them is changed and the field specification written to
 * match, or an octet that means structure (FX, presence bit, count, length) is set against it. The
 * result depends on the draw's state and the input alone. */
#ifndef AP_WIRE_ASTERIX_TEST_MUTATE_H
#define AP_WIRE_ASTERIX_TEST_MUTATE_H

#include <stdbool.h>

#include "wire/asterix/test_draw.h"

typedef enum ap_mutation {
    /* what walked before walks after it: see ap_mutation_keeps */
    AP_MUTATE_REDRAW,    /* another record */
    AP_MUTATE_REPLACE,   /* an item drawn anew */
    AP_MUTATE_INSERT,    /* an item that was not there */
    AP_MUTATE_REMOVE,    /* an item, but not the last one left */
    AP_MUTATE_PAD,       /* a field specification of another length */
    AP_MUTATE_LONG,      /* an item with as many elements, extents or octets as may be, or nearly */
    AP_MUTATE_EXPANSION, /* the expansion field, filled as its definition says */
    AP_MUTATE_VALUE,     /* a value zero, one, all ones, the sign alone, all but the sign */
    /* anything may come of it */
    AP_MUTATE_DUPLICATE, /* the octets of an item twice */
    AP_MUTATE_SPLICE,    /* an item as another edition or category has it */
    AP_MUTATE_PRESENCE,  /* a bit of the field specification, or of a compound's own */
    AP_MUTATE_FX,        /* the last bit of an octet of an item */
    AP_MUTATE_COUNT,     /* a repetition count or an explicit length */
    AP_MUTATE_CUT,       /* an end near that of an item */
    AP_MUTATION_COUNT
} ap_mutation;

static inline bool ap_mutation_keeps(ap_mutation how)
{
    return how < AP_MUTATE_DUPLICATE;
}

/* Appends the changed record to draw->out. `spec` is of a category, not an expansion. `data` may
 * hold more behind the record, or damage: from there on it is copied as it is. False, with nothing
 * appended, when the record has nothing that could be changed so; draw->out.bad when there is no
 * room. */
bool ap_mutate_record(ap_draw *draw, const ap_asterix_spec *spec, ap_mutation how,
                      const uint8_t *data, size_t size);

#endif
