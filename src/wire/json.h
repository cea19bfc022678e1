/* JSON text, appended to a bounded buffer; keys carry their units.
 *
 * Nothing here depends on the locale; the same values give the same bytes everywhere. A writer
 * that is full sets `bad` and writes nothing more: test it once per object. */
#ifndef AP_WIRE_JSON_H
#define AP_WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"

void ap_text_str(ap_writer *text, const char *plain); /* as it is, no quotes */
void ap_text_u64(ap_writer *text, uint64_t value);
void ap_text_i64(ap_writer *text, int64_t value);

/* Octal with leading zeros, `digits` of them. */
void ap_text_octal(ap_writer *text, uint32_t value, int digits);
void ap_text_hex(ap_writer *text, const uint8_t *bytes, size_t size); /* lower case */
void ap_text_hex_u32(ap_writer *text, uint32_t value, int digits);

/* Fixed point, rounded half away from zero, trailing zeros removed ("1.5", "-0" becomes "0").
 * decimals 0..12. NaN and infinities, and magnitudes of 1e15 and above, become null. */
void ap_text_fixed(ap_writer *text, double value, int decimals);

/* Shortest text that reads back as the same double, in the form Python's json writes: 1.0,
 * 0.001, 1e-07, 1e+16. NaN and infinities become null. */
void ap_text_double(ap_writer *text, double value);

/* Size of the UTF-8 sequence at the start of `at`, 0 when it is none (Unicode 15, table 3-7).
 * left > 0. */
size_t ap_utf8_size(const uint8_t *at, size_t left);

/* A quoted JSON string: escapes '"', '\\' and controls; bytes that are no UTF-8 become U+FFFD. */
void ap_json_string(ap_writer *text, const char *value, size_t size);

/* `"key": ` with a comma before it unless it is the first of its object. */
typedef struct ap_json_object {
    ap_writer *text;
    bool any; /* a member was written */
} ap_json_object;

ap_json_object ap_json_open(ap_writer *text); /* writes { */
void ap_json_close(ap_json_object *object);   /* writes } */
void ap_json_key(ap_json_object *object, const char *key);
void ap_json_member_str(ap_json_object *object, const char *key, const char *value);
void ap_json_member_u64(ap_json_object *object, const char *key, uint64_t value);
void ap_json_member_i64(ap_json_object *object, const char *key, int64_t value);
void ap_json_member_fixed(ap_json_object *object, const char *key, double value, int decimals);
void ap_json_member_bool(ap_json_object *object, const char *key, bool value);
void ap_json_member_null(ap_json_object *object, const char *key);

#endif
