#include "airpicture/asterix.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/spec.h"
#include "wire/asterix/value.h"
#include "wire/asterix/walk.h"
#include "wire/json.h"
#include "wire/shortest.h"

#include <string.h>

/* ---- six-bit characters ---- */

static const char icao6_alphabet[] = "?ABCDEFGHIJKLMNOPQRSTUVWXYZ?????"
                                     " ???????????????0123456789??????";

void ap_asterix_icao6_text(uint64_t raw, char text[9])
{
    for (int k = 0; k < 8; k++)
        text[k] = icao6_alphabet[raw >> (42 - 6 * k) & 63];
    text[8] = '\0';
}

uint64_t ap_asterix_icao6_raw(const char *text)
{
    uint64_t raw = 0;
    for (int k = 0; k < 8; k++) {
        char c = *text;
        unsigned code = 32;
        if (c >= 'A' && c <= 'Z')
            code = (unsigned)(c - 'A') + 1;
        else if (c >= '0' && c <= '9')
            code = (unsigned)(c - '0') + 48;
        raw = raw << 6 | code;
        text += c != '\0';
    }
    return raw;
}

/* ---- values ---- */

/* Up to AP_ASTERIX_KEY_CAP characters, so many readable: where there is room, a copy of fixed size,
 * several times as fast as one of a few characters. */
static inline void put_short(ap_writer *text, const char *plain, size_t size)
{
    if (text->bad || text->cap - text->size < AP_ASTERIX_KEY_CAP) {
        ap_write_bytes(text, plain, size);
        return;
    }
    memcpy(text->data + text->size, plain, AP_ASTERIX_KEY_CAP);
    text->size += size;
}

/* A key begins with the comma that separates it from a member before it. */
static inline void put_key(ap_writer *text, const ap_asterix_key key, size_t size, bool *any)
{
    size_t skip = *any ? 0 : 2;
    *any = true;
    put_short(text, key + skip, size - skip);
}

/* The text [from, to), in an array that goes on for AP_ASTERIX_KEY_CAP characters behind it. */
static void put_padded(ap_writer *text, const char *from, const char *to)
{
    put_short(text, from, (size_t)(to - from));
}

static void put_unsigned(ap_writer *text, uint64_t value)
{
    char digits[AP_U64_DIGITS + AP_ASTERIX_KEY_CAP] = { 0 };
    if (value < 10)
        ap_write_u8(text, (uint8_t)('0' + value));
    else
        put_padded(text, ap_u64_digits(digits, value), digits + AP_U64_DIGITS);
}

/* `value` in units of 10^-digits, as ap_text_double would write it: up to 15 digits are the
 * shortest text of their double. In: value < 10^15, and 0 or at least 10^(digits - 4). */
static void put_decimal(ap_writer *text, uint64_t value, unsigned digits)
{
    char plain[2 * AP_U64_DIGITS + AP_ASTERIX_KEY_CAP] = { 0 };
    const char *end = plain + 2 * AP_U64_DIGITS;
    uint64_t one = ap_powers_10[digits];
    /* The 1 before the fraction keeps its zeros; the point takes its place. */
    char *point = ap_u64_digits(plain + AP_U64_DIGITS, value % one + one);
    *point = '.';
    const char *first = ap_u64_digits(point - AP_U64_DIGITS, value / one);
    while (end - point > 2 && end[-1] == '0')
        end--;
    put_padded(text, first, end);
}

static void put_scaled(ap_writer *text, int64_t raw, const ap_asterix_step *step)
{
    uint64_t magnitude = raw < 0 ? 0 - (uint64_t)raw : (uint64_t)raw;
    uint64_t value = magnitude * step->decimal;
    unsigned digits = step->digits;
    bool is_tiny = digits > 4 && value < ap_powers_10[digits - 4] && value != 0;
    if (magnitude > step->raw_max || is_tiny) {
        ap_text_double(text, (double)raw * step->numerator / step->denominator);
        return;
    }
    if (raw < 0)
        ap_write_u8(text, '-');
    if (digits == 0)
        put_decimal(text, 10 * value, 1);
    else
        put_decimal(text, value, digits);
}

const ap_asterix_case *ap_asterix_case_of(const ap_asterix_spec *spec, const ap_asterix_bits *bits,
                                          const uint8_t *p, size_t offset)
{
    uint64_t selector = ap_asterix_bits_at(p, offset - bits->back, bits->back_size);
    for (unsigned k = 0; k < bits->case_count; k++) {
        const ap_asterix_case *row = &spec->cases[bits->case_first + k];
        if (row->value == selector)
            return row;
    }
    return NULL;
}

/* A value whose step another value in the same item selects; the raw number if none does. */
static void put_by(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_bits *bits,
                   const uint8_t *p, size_t offset, uint64_t raw)
{
    const ap_asterix_case *selected = ap_asterix_case_of(spec, bits, p, offset);
    if (selected)
        put_scaled(text, (int64_t)raw, &selected->step);
    else
        put_unsigned(text, raw);
}

static void put_icao6(ap_writer *text, uint64_t raw)
{
    char plain[9];
    ap_asterix_icao6_text(raw, plain);
    ap_write_u8(text, '"');
    ap_write_bytes(text, plain, 8);
    ap_write_u8(text, '"');
}

/* Octets that are no text are written as U+FFFD, one each; so are the three that spell U+FFFD
 * itself, or they could not be told from one that is no text. */
static void put_ascii(ap_writer *text, const uint8_t *octets, size_t size)
{
    char plain[AP_ASTERIX_ASCII_CAP];
    memcpy(plain, octets, size);
    for (size_t k = 0; k + 3 <= size; k++)
        if (memcmp(plain + k, "\xef\xbf\xbd", 3) == 0)
            memset(plain + k, 0xFF, 3);
    ap_json_string(text, plain, size);
}

static void put_hex(ap_writer *text, const uint8_t *bytes, size_t size)
{
    ap_write_u8(text, '"');
    ap_text_hex(text, bytes, size);
    ap_write_u8(text, '"');
}

static void put_value(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_bits *bits,
                      const uint8_t *p, size_t offset)
{
    uint64_t raw = bits->size <= 64 ? ap_asterix_bits_at(p, offset, bits->size) : 0;
    switch ((ap_bits_op)bits->op) {
    case AP_BITS_UNSIGNED:
        put_unsigned(text, raw);
        break;
    case AP_BITS_SIGNED:
        ap_text_i64(text, ap_sign64(raw, bits->size));
        break;
    case AP_BITS_SCALED:
        put_scaled(text, (int64_t)raw, &bits->step);
        break;
    case AP_BITS_SIGNED_SCALED:
        put_scaled(text, ap_sign64(raw, bits->size), &bits->step);
        break;
    case AP_BITS_BY:
        put_by(text, spec, bits, p, offset, raw);
        break;
    case AP_BITS_OCTAL:
        ap_write_u8(text, '"');
        ap_text_octal(text, (uint32_t)raw, bits->size / 3);
        ap_write_u8(text, '"');
        break;
    case AP_BITS_ICAO6:
        put_icao6(text, raw);
        break;
    case AP_BITS_ASCII:
        put_ascii(text, p + offset / 8, bits->size / 8);
        break;
    case AP_BITS_BYTES:
        put_hex(text, p + offset / 8, bits->size / 8);
        break;
    case AP_BITS_SPARE:
    case AP_BITS_OPEN:
    case AP_BITS_CLOSE:
    case AP_BITS_FX:
        break;
    }
}

void ap_asterix_value_json(ap_writer *text, const ap_asterix_spec *spec,
                           const ap_asterix_bits *bits, const uint8_t *p, size_t offset)
{
    put_value(text, spec, bits, p, offset);
}

const char *ap_asterix_value_unit(const ap_asterix_spec *spec, const ap_asterix_bits *bits,
                                  const uint8_t *p, size_t offset)
{
    if (bits->op != AP_BITS_BY)
        return ap_asterix_units[spec->words[bits - spec->bits].unit];
    const ap_asterix_case *selected = ap_asterix_case_of(spec, bits, p, offset);
    return selected ? ap_asterix_units[selected->unit] : "";
}

/* The members of a group, an element of a repetition or an extended item, as one object. */
static void put_members(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                        const uint8_t *p)
{
    const ap_asterix_bits *bits = spec->bits + item->first;
    size_t offset = 0;
    bool any = false;
    ap_write_u8(text, '{');
    for (unsigned k = 0; k < item->count; k++, bits++) {
        if (bits->op == AP_BITS_OPEN) {
            put_key(text, bits->key, bits->key_size, &any);
            ap_write_u8(text, '{');
            any = false;
        } else if (bits->op == AP_BITS_CLOSE) {
            ap_write_u8(text, '}');
            any = true;
        } else if (bits->op == AP_BITS_FX) {
            if (!ap_asterix_bits_at(p, offset, 1))
                break;
        } else if (bits->op != AP_BITS_SPARE) {
            put_key(text, bits->key, bits->key_size, &any);
            if (bits->op == AP_BITS_UNSIGNED && bits->size <= 3) /* most members are flags */
                ap_write_u8(text, (uint8_t)('0' + ap_asterix_bits_at(p, offset, bits->size)));
            else
                put_value(text, spec, bits, p, offset);
        }
        offset += bits->size;
    }
    ap_write_u8(text, '}');
}

/* ---- items ---- */

static void put_element(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                        const uint8_t *p)
{
    if (item->is_single)
        put_value(text, spec, spec->bits + item->first, p, 0);
    else
        put_members(text, spec, item, p);
}

static void put_repeats(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                        const uint8_t *p, const uint8_t *end)
{
    ap_write_u8(text, '[');
    for (const uint8_t *at = p; at < end; at += item->size) {
        if (at != p)
            ap_write_bytes(text, ", ", 2);
        put_element(text, spec, item, at);
    }
    ap_write_u8(text, ']');
}

static void put_raw(ap_writer *text, const uint8_t *p, const uint8_t *end)
{
    ap_text_str(text, "{\"raw\": ");
    put_hex(text, p, (size_t)(end - p));
    ap_write_u8(text, '}');
}

/* Any item in [p, end) but a compound one. */
static void put_part(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                     const uint8_t *p, const uint8_t *end)
{
    switch ((ap_item_kind)item->kind) {
    case AP_ITEM_FIXED:
        put_element(text, spec, item, p);
        break;
    case AP_ITEM_EXTENDED:
        put_members(text, spec, item, p);
        break;
    case AP_ITEM_REPEAT:
        put_repeats(text, spec, item, p + item->count_size, end);
        break;
    case AP_ITEM_REPEAT_FX:
        put_repeats(text, spec, item, p, end);
        break;
    case AP_ITEM_EXPLICIT:
        put_raw(text, p + 1, end);
        break;
    case AP_ITEM_RANDOM:
    case AP_ITEM_UNUSED:
    case AP_ITEM_COMPOUND:
        put_raw(text, p, end);
        break;
    }
}

static void put_compound(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                         const uint8_t *p, const uint8_t *end)
{
    const ap_asterix_item *part;
    const uint8_t *start;
    ap_asterix_parts parts = ap_asterix_parts_of(spec, item, p, end);
    bool any = false;
    ap_write_u8(text, '{');
    while (ap_asterix_parts_next(&parts, &part, &start)) {
        put_key(text, part->key, part->key_size, &any);
        put_part(text, spec, part, start, parts.p);
    }
    ap_write_u8(text, '}');
}

static void put_item(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                     const uint8_t *p, const uint8_t *end)
{
    if (item->kind == AP_ITEM_COMPOUND)
        put_compound(text, spec, item, p, end);
    else
        put_part(text, spec, item, p, end);
}

ap_err ap_asterix_json(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                       ap_writer *text)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *start;
    bool any = false;
    if (!ap_asterix_walker_open(&walker, spec, data, size))
        return AP_ERR_MALFORMED;
    ap_write_u8(text, '{');
    while (ap_asterix_walker_next(&walker, &item, &start)) {
        put_key(text, item->key, item->key_size, &any);
        put_item(text, spec, item, start, walker.p);
    }
    if (walker.failed)
        return AP_ERR_MALFORMED;
    ap_write_u8(text, '}');
    return text->bad ? AP_ERR_FULL : AP_OK;
}

static bool fits(const ap_asterix_spec *expansion, const ap_asterix_item *item, const uint8_t *p,
                 const uint8_t *end)
{
    size_t size;
    ap_asterix_fault fault;
    return item->kind == AP_ITEM_EXPLICIT && strcmp(item->name, "RE") == 0 &&
           ap_asterix_walk(expansion, p + 1, (size_t)(end - p) - 1, &size, &fault) == AP_OK &&
           size == (size_t)(end - p) - 1;
}

ap_err ap_asterix_json_expanded(const ap_asterix_spec *spec, const ap_asterix_spec *expansion,
                                const uint8_t *data, size_t size, ap_writer *text)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *p;
    bool any = false;
    if (!ap_asterix_walker_open(&walker, spec, data, size))
        return AP_ERR_MALFORMED;
    ap_write_u8(text, '{');
    while (ap_asterix_walker_next(&walker, &item, &p)) {
        put_key(text, item->key, item->key_size, &any);
        if (expansion && fits(expansion, item, p, walker.p))
            (void)ap_asterix_json(expansion, p + 1, (size_t)(walker.p - p) - 1, text);
        else
            put_item(text, spec, item, p, walker.p);
    }
    if (walker.failed)
        return AP_ERR_MALFORMED;
    ap_write_u8(text, '}');
    return text->bad ? AP_ERR_FULL : AP_OK;
}
