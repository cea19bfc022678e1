/* Any category through its typed struct and back. */
#ifndef AP_WIRE_ASTERIX_RECODE_H
#define AP_WIRE_ASTERIX_RECODE_H

#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"

/* Decodes the record at the reader with the newest edition of its category and appends what the
 * encoder makes of it: the same bytes. AP_ERR_UNKNOWN for a category without a definition. */
ap_err ap_asterix_recode(uint8_t category, ap_reader *reader, ap_writer *writer);

/* Decodes only; for measuring. */
ap_err ap_asterix_decode_only(uint8_t category, ap_reader *reader);

#endif
