/* One JSON line of `airpicture decode` to the octets of its record. */
#ifndef AP_APP_CONVERT_LINE_H
#define AP_APP_CONVERT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/asterix_encode.h"
#include "airpicture/time.h"

#define AP_CONVERT_LINE_MAX (4 << 20) /* characters; as long as `decode` writes them */
#define AP_CONVERT_RECORD_MAX (AP_ASTERIX_BLOCK_SIZE_MAX - AP_ASTERIX_BLOCK_HEADER_SIZE)
#define AP_CONVERT_WHY_CAP 400

typedef struct ap_convert_line {
    uint8_t category;
    const ap_asterix_spec *spec; /* of its edition */
    bool has_time;
    ap_utc_ns time;    /* 1970 to 2106 */
    ap_writer record;  /* out: its octets */
    uint8_t *octets;   /* [AP_CONVERT_RECORD_MAX]: room to compare in */
    ap_writer text[2]; /* room for two records as JSON */
    ap_asterix_encoder encoder;
    const ap_asterix_editions *editions; /* of lines that name none */
    char why[AP_CONVERT_WHY_CAP];        /* out: one line, when it is refused */
} ap_convert_line;

/* {"cat": 48, "ed": "1.32", "ts": 28802.0, "hex": "...", "rec": {...}}: `rec` tells the values; the
 * octets in `hex` are taken as they are when they mean the same values, so that what values do not
 * tell (spare bits) stays. Without `rec` they are the record; without `hex` the values alone are.
 * Other members are passed over. False with line->why. */
bool ap_convert_line_take(ap_convert_line *line, const char *json, size_t size);

#endif
