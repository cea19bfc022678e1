/* Random valid records of any definition, drawn from its tables: for tests and fuzz targets.
 *
 * What is drawn depends on the seed and the definition alone: the same on every machine. Every item
 * of the layout may come, in any company; field specifications are now and then longer than needed,
 * extents longer than known where the definition is open, repetitions also zero. Values are uniform
 * over their bits, but for FX, counts, lengths and the selection of a layout, which are right. */
#ifndef AP_WIRE_ASTERIX_TEST_DRAW_H
#define AP_WIRE_ASTERIX_TEST_DRAW_H

#include <stdint.h>

#include "airpicture/bytes.h"
#include "wire/asterix/spec.h"

/* No record, item or expansion that is drawn is longer. */
#define AP_DRAW_SIZE_MAX 4096

typedef struct ap_draw {
    uint64_t state; /* the seed at first; any value */
    ap_writer out;  /* octets are appended here; without room, `bad` */
} ap_draw;

ap_draw ap_draw_of(uint64_t seed, uint8_t *out, size_t out_cap);

/* 64 uniform bits. Source: splitmix64 (Steele, Lea, Flood 2014). */
uint64_t ap_draw_next(ap_draw *draw);

/* A number in [0, n), n > 0. */
unsigned ap_draw_below(ap_draw *draw, unsigned n);

/* A set of places of a layout, every one that an item has equally likely; may be empty. */
uint64_t ap_draw_places(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_uap *uap);

/* The field specification of a record or compound: bit k of `present` = its place k; `count` places
 * in all. Usually as short as can be. */
void ap_draw_fspec(ap_draw *draw, uint64_t present, unsigned count);

/* The item at a place of a layout; nothing if that is unused. `place` < uap->count. An item that
 * selects the layout tells this one. */
void ap_draw_item(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_uap *uap,
                  unsigned place);

/* An item that is no compound one and no random field sequencing, such as those of a compound. */
void ap_draw_part(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_item *item);

/* One record with at least one item. */
void ap_draw_record(ap_draw *draw, const ap_asterix_spec *spec);

/* The content of a reserved expansion field, `spec` one of ap_asterix_expansions; may be empty. */
void ap_draw_expansion(ap_draw *draw, const ap_asterix_spec *spec);

#endif
