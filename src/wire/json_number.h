/* Numbers of JSON text, exactly as they stand. Both readers have them: json_read.h, json_scan.h. */
#ifndef AP_WIRE_JSON_NUMBER_H
#define AP_WIRE_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"

/* magnitude * 10^exponent. */
typedef struct ap_json_number {
    uint64_t magnitude;
    int32_t exponent; /* within 200,000 of zero, whatever the text says */
    bool is_negative;
    bool is_cut; /* digits that are not zero did not fit the magnitude */
} ap_json_number;

/* The number that fills [text, text + size). False when it is none; zeros in front, and a point
 * with no digit behind it, pass. */
bool ap_json_number_parse(const uint8_t *text, size_t size, ap_json_number *number);

/* The magnitude of a whole number. AP_ERR_MALFORMED: it has a fraction; AP_ERR_RANGE: it needs more
 * than 64 bits. */
ap_err ap_json_whole(const ap_json_number *number, uint64_t *magnitude);

/* Within two units of the last place; infinite when beyond a double. */
double ap_json_double(const ap_json_number *number);

#endif
