/* ASTERIX records of any edition from JSON, by the definition tables: the inverse of
 * ap_asterix_json and ap_asterix_json_expanded.
 *
 * Numbers are in the unit of the definition and are rounded to its nearest step, so that what the
 * decoder wrote gives the same raw value again. What cannot be represented is refused, with the
 * item and the range: nothing is wrapped, clipped or left out.
 *
 *   order        of members is free; items go out in the order of the layout
 *   layout       CAT001: plot or track, as the selecting item says
 *   spare bits   are zero; field specifications and extents as short as can be
 *   groups       every member has to be there; an extended item ends at the last of its parts that
 *                a member is given of, and everything before that has to be there
 *   codes        and other values without a step are whole numbers
 *   octal        a string of up to as many digits as fit
 *   six-bit text A-Z, 0-9, space; '?' is code 0, which reads as '?' again; shorter texts are
 *                filled with spaces
 *   octet text   its UTF-8, filled with spaces; U+FFFD is the octet FF, which reads so again
 *   {"raw": hex} the content of explicit items; RE also as an object when its definition is given
 *
 * JSON is read strictly (RFC 8259); a name that occurs twice is refused. */
#ifndef AIRPICTURE_ASTERIX_ENCODE_H
#define AIRPICTURE_ASTERIX_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/asterix.h"
#include "airpicture/bytes.h"
#include "airpicture/err.h"

/* clang-format off */
#define AP_ASTERIX_ENCODE_REASON_MAP(X)                                                           \
    X(SYNTAX,    "syntax",    "text that is no JSON object")                                       \
    X(EMPTY,     "empty",     "no item at all")                                                    \
    X(UNKNOWN,   "unknown",   "a name that the definition does not have")                          \
    X(LAYOUT,    "layout",    "an item of another layout than the record's")                       \
    X(DUPLICATE, "duplicate", "a name that is there twice")                                        \
    X(MISSING,   "missing",   "a member that is not there")                                        \
    X(TYPE,      "type",      "a value of another type than the definition's")                     \
    X(RANGE,     "range",     "a value outside the range that can be represented")                 \
    X(FRACTION,  "fraction",  "a fraction where only whole numbers can be")                        \
    X(COUNT,     "count",     "a number of repetitions that cannot be represented")                \
    X(LENGTH,    "length",    "a text or content of a length that cannot be represented")          \
    X(CHARACTER, "character", "a character that the item's alphabet does not have")                \
    X(CONTENT,   "content",   "octets that are no content of this item")
/* clang-format on */

typedef enum ap_asterix_encode_reason {
#define AP_ASTERIX_ENCODE_REASON_ENUM(name, key, text) AP_ASTERIX_ENCODE_##name,
    AP_ASTERIX_ENCODE_REASON_MAP(AP_ASTERIX_ENCODE_REASON_ENUM)
#undef AP_ASTERIX_ENCODE_REASON_ENUM
        AP_ASTERIX_ENCODE_REASON_COUNT
} ap_asterix_encode_reason;

#define AP_ASTERIX_PATH_CAP 96

/* Why a record was refused. */
typedef struct ap_asterix_encode_fault {
    ap_asterix_encode_reason reason;
    size_t offset;                  /* in the JSON text */
    char path[AP_ASTERIX_PATH_CAP]; /* "040/RHO", "250[1]/BDS1", "" for the record; repetitions
                                       count from 0 */
    bool has_range;                 /* RANGE, COUNT, LENGTH: what can be represented */
    bool is_whole;                  /* the range is lowest_raw to highest_raw exactly */
    int64_t lowest_raw;
    uint64_t highest_raw;
    double lowest, highest; /* in the unit */
    const char *unit;       /* of the definition, "" for none; "elements", "octets", "digits" */
} ap_asterix_encode_fault;

/* Memory that is enough for any record of so many characters of JSON. */
#define AP_ASTERIX_ENCODER_MEM(json_size) (((json_size) / 2 + 1) * 36)

typedef struct ap_asterix_encoder {
    void *mem; /* the caller's, aligned as malloc does */
    size_t mem_size;
    ap_asterix_encode_fault fault; /* of the last record that was refused */
} ap_asterix_encoder;

/* Appends the record that the JSON object holds. On an error nothing is appended.
 * in : expansion: definition of the reserved expansion field, or NULL: then only as octets.
 * AP_ERR_MALFORMED: no JSON; AP_ERR_RANGE: JSON that is no record of this definition; both with
 * encoder->fault. AP_ERR_FULL: the writer or encoder->mem is too small.
 * Time: linear in the JSON for members in the order of the definition. */
ap_err ap_asterix_encode_json(ap_asterix_encoder *encoder, const ap_asterix_spec *spec,
                              const ap_asterix_spec *expansion, const char *json, size_t size,
                              ap_writer *writer);

/* Key of a reason for machines, and what it means for people; "unlisted" outside the list. */
const char *ap_asterix_encode_reason_key(ap_asterix_encode_reason reason);
const char *ap_asterix_encode_reason_text(ap_asterix_encode_reason reason);

/* "040/RHO: a value outside the range that can be represented, 0.0 to 255.99609375 NM" */
void ap_asterix_encode_fault_text(const ap_asterix_encode_fault *fault, ap_writer *text);

#endif
