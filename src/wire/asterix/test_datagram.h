/* Random datagrams of blocks of any categories, and changes of them: for tests and fuzz targets. */
#ifndef AP_WIRE_ASTERIX_TEST_DATAGRAM_H
#define AP_WIRE_ASTERIX_TEST_DATAGRAM_H

#include <stdbool.h>

#include "wire/asterix/test_draw.h"

/* No block that is drawn is longer. */
#define AP_DRAW_BLOCK_SIZE_MAX (3 + 3 * AP_DRAW_SIZE_MAX)

/* Appends a block of one to three records of a category that `editions` knows, in the edition of
 * the sources without one of their own; mostly of the sources 1/0 to 1/3. Returns how many records.
 */
unsigned ap_draw_block(ap_draw *draw, const ap_asterix_editions *editions);

typedef enum ap_datagram_mutation {
    /* what was good before is good after it */
    AP_DATAGRAM_DRAW,      /* a block drawn anew */
    AP_DATAGRAM_INSERT,    /* a new block */
    AP_DATAGRAM_ANNOUNCE,  /* a new block of CAT247, that chooses an edition for a source */
    AP_DATAGRAM_REMOVE,    /* a block */
    AP_DATAGRAM_DUPLICATE, /* a block twice */
    AP_DATAGRAM_TURN,      /* what is behind a block before it */
    AP_DATAGRAM_KEEP,      /* a record changed, so that it walks; the length matches */
    AP_DATAGRAM_NEST,      /* a new block that has another one inside an explicit item */
    /* damage */
    AP_DATAGRAM_DAMAGE,   /* a record changed so that it need not walk; the length matches */
    AP_DATAGRAM_MISMATCH, /* a record changed in any way; the length stays */
    AP_DATAGRAM_LENGTH,   /* the length of a block */
    AP_DATAGRAM_CATEGORY, /* the category of a block */
    AP_DATAGRAM_GARBAGE,  /* octets between blocks */
    AP_DATAGRAM_CUT,      /* the end missing */
    AP_DATAGRAM_MUTATION_COUNT
} ap_datagram_mutation;

static inline bool ap_datagram_mutation_keeps(ap_datagram_mutation how)
{
    return how < AP_DATAGRAM_DAMAGE;
}

/* Appends the changed datagram to draw->out. False, with nothing appended, when there is nothing
 * that could be changed so. draw->out.bad without room. */
bool ap_mutate_datagram(ap_draw *draw, const ap_asterix_editions *editions,
                        ap_datagram_mutation how, const uint8_t *data, size_t size);

/* Appends the first blocks of one datagram and the last ones of another. */
void ap_join_datagrams(ap_draw *draw, const ap_asterix_editions *editions, ap_bytes first,
                       ap_bytes second);

#endif
