/* Records as people read them. */
#ifndef AP_WIRE_ASTERIX_TEXT_H
#define AP_WIRE_ASTERIX_TEXT_H

#include "wire/asterix/spec.h"

#include "airpicture/asterix.h"
#include "airpicture/bytes.h"

/* Appends the items of a record that walks, one value a line, with titles, units and the
 * meaning of codes:
 *
 *         I048/040 measured position in polar coordinates
 *             RHO: 65.18359375 NM
 *         I048/220 aircraft address
 *             value: 4B1234 hex (4919860)
 *         I048/170 track status
 *             CNF confirmed vs. tentative track: 0 (confirmed)
 *
 * with_raw: the octets of each item behind its title.
 * AP_ERR_MALFORMED for a record that does not walk, AP_ERR_FULL when the text does not fit. */
ap_err ap_asterix_text(const ap_asterix_spec *spec, const uint8_t *data, size_t size, bool with_raw,
                       ap_writer *text);

/* Appends {"010": "1904", ...}: the octets of each item of a record that walks. */
ap_err ap_asterix_raw_json(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                           ap_writer *text);

/* Counts of the items that a record holds are kept by their index in the definition: bit k of the
 * answer = spec->items[k]. 0 for a record that does not walk. */
uint64_t ap_asterix_items_present(const ap_asterix_spec *spec, const uint8_t *data, size_t size);

#endif
