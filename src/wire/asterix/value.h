/* One value of a record, by its row of the definition tables. */
#ifndef AP_WIRE_ASTERIX_VALUE_H
#define AP_WIRE_ASTERIX_VALUE_H

#include "wire/asterix/spec.h"

#include "airpicture/bytes.h"

/* The value as JSON: a number in its unit, or a string. p: first octet of its item or element;
 * offset: of its bits there. Nothing for rows that hold no value. */
void ap_asterix_value_json(ap_writer *text, const ap_asterix_spec *spec,
                           const ap_asterix_bits *bits, const uint8_t *p, size_t offset);

/* Of the cases of a row that has any, the one that the selecting value before it means; NULL: none.
 */
const ap_asterix_case *ap_asterix_case_of(const ap_asterix_spec *spec, const ap_asterix_bits *bits,
                                          const uint8_t *p, size_t offset);

/* Its unit, "" for none; where another value selects the step, the unit of that. */
const char *ap_asterix_value_unit(const ap_asterix_spec *spec, const ap_asterix_bits *bits,
                                  const uint8_t *p, size_t offset);

static inline bool ap_asterix_has_value(const ap_asterix_bits *bits)
{
    return bits->op < AP_BITS_SPARE;
}

/* The name of a row or item, out of its key `, "NAME": `. */
static inline const char *ap_asterix_key_name(const ap_asterix_key key, uint8_t key_size,
                                              size_t *size)
{
    *size = key_size > 6 ? key_size - 6u : 0;
    return key + 3;
}

#endif
