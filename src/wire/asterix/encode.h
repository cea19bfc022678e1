/* What the parts of the encoder by tables share. */
#ifndef AP_WIRE_ASTERIX_ENCODE_H
#define AP_WIRE_ASTERIX_ENCODE_H

#include "airpicture/asterix_encode.h"
#include "wire/asterix/spec.h"
#include "wire/json_read.h"

/* Item, part, element, group, group, member; and the expansion field before them. */
#define AP_ASTERIX_CRUMB_CAP 8

typedef struct ap_asterix_crumb {
    const char *name; /* not ended by NUL */
    size_t size;
    int32_t index; /* of an element of a repetition; below 0: a name */
} ap_asterix_crumb;

/* One record on its way. Functions return false when it is refused (*fault is filled then) or when
 * the writer is `bad`. */
typedef struct ap_asterix_encoding {
    const ap_asterix_spec *spec;
    ap_json_doc doc;
    ap_writer *writer;
    ap_asterix_encode_fault *fault;
    ap_asterix_crumb crumb[AP_ASTERIX_CRUMB_CAP];
    unsigned depth;
    bool has_expansion;
    ap_bytes expansion; /* content of the reserved expansion field, encoded before */
} ap_asterix_encoding;

/* A step down the path that a fault tells, and back. A refused record is left where it is refused:
 * nobody goes on there. */
void ap_encode_enter(ap_asterix_encoding *encoding, const char *name, size_t size);
void ap_encode_leave(ap_asterix_encoding *encoding);

/* Fills the fault; returns false. */
bool ap_encode_refuse(ap_asterix_encoding *encoding, ap_asterix_encode_reason reason,
                      uint32_t node);

/* The same with a range of whole numbers. */
bool ap_encode_refuse_beyond(ap_asterix_encoding *encoding, ap_asterix_encode_reason reason,
                             uint32_t node, int64_t lowest, uint64_t highest, const char *unit);

/* Octets of a string of hexadecimal digits. */
bool ap_encode_hex(ap_asterix_encoding *encoding, uint32_t node, ap_writer *octets);

/* Writes one value into bits that are zero: of the writer's octets from `at` on, `offset` bits
 * behind. Selecting values have to be there already. */
bool ap_encode_value(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, size_t at,
                     size_t offset, uint32_t node);

#endif
