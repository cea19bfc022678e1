/* Any string and any number: an independent parser reads the text and finds the same value; numbers
 * read back as the same double in the fewest digits that do. */
#include "wire/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

static double read_double(ap_reader *reader)
{
    uint64_t bits = ap_read_be(reader, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void check_double(double value)
{
    uint8_t bytes[64];
    ap_writer text = ap_writer_of(bytes, sizeof bytes - 1);
    ap_text_double(&text, value);
    assert(!text.bad);
    bytes[text.size] = 0;
    if (!isfinite(value)) {
        assert(strcmp((char *)bytes, "null") == 0);
        return;
    }
    assert(strtod((char *)bytes, NULL) == value);
    bool exponential = value != 0 && (fabs(value) < 1e-4 || fabs(value) >= 1e16);
    size_t count = 0;
    for (const char *at = (char *)bytes; *at && *at != 'e'; at++)
        count += *at >= '0' && *at <= '9';
    for (size_t digits = 1; exponential && digits < count; digits++) {
        char shorter[64];
        snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 1, value);
        assert(strtod(shorter, NULL) != value);
    }
}

/* Within half a unit of the last decimal, and never more decimals than asked for. */
static void check_fixed(double value, int decimals)
{
    uint8_t bytes[64];
    ap_writer text = ap_writer_of(bytes, sizeof bytes - 1);
    ap_text_fixed(&text, value, decimals);
    assert(!text.bad);
    bytes[text.size] = 0;
    if (!isfinite(value) || fabs(value) >= 1e15) {
        assert(strcmp((char *)bytes, "null") == 0);
        return;
    }
    const char *point = strchr((char *)bytes, '.');
    assert(!point || strlen(point) <= (size_t)decimals + 1);
    double unit = pow(10, -decimals), read = strtod((char *)bytes, NULL);
    assert(fabs(read - value) <= 0.5 * unit * (1 + 1e-12) + 4e-16 * fabs(value));
}

static void check_string(const char *value, size_t size)
{
    size_t cap = 6 * size + 16;
    uint8_t *bytes = malloc(cap);
    ap_writer text = ap_writer_of(bytes, cap);
    ap_json_object object = ap_json_open(&text);
    ap_json_key(&object, "key");
    ap_json_string(&text, value, size);
    ap_json_close(&object);
    assert(!text.bad);
    cJSON *parsed = cJSON_ParseWithLength((char *)bytes, text.size);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(parsed, "key");
    assert(cJSON_IsString(item));
    bool plain = true;
    for (size_t i = 0; i < size; i++)
        plain = plain && value[i] > 0;
    if (plain)
        assert(strlen(item->valuestring) == size && memcmp(item->valuestring, value, size) == 0);
    cJSON_Delete(parsed);
    /* Less room: nothing behind it, and it tells. */
    size_t room = size > 0 ? (uint8_t)value[0] % text.size : 0;
    uint8_t *small = malloc(room + 1);
    small[room] = 0xa5;
    ap_writer narrow = ap_writer_of(small, room);
    ap_json_string(&narrow, value, size);
    assert(small[room] == 0xa5);
    free(small);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ap_reader reader = ap_reader_of(data, size);
    int decimals = ap_read_u8(&reader) % 13;
    double value = read_double(&reader);
    check_double(value);
    check_fixed(value, decimals);
    size_t left = ap_reader_left(&reader);
    const uint8_t *rest = ap_read_bytes(&reader, left);
    check_string(rest ? (const char *)rest : "", left);
    return 0;
}
