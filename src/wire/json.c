#include "wire/json.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "wire/shortest.h"

/* ---- integers and plain text ---- */

void ap_text_str(ap_writer *text, const char *plain)
{
    ap_write_bytes(text, plain, strlen(plain));
}

/* Numbers are copied as so many octets at once, a few moves, and then counted; what they are copied
 * from must have as many. */
#define NUMBER_ROOM 40

static void put_number(ap_writer *text, const char *from, size_t size)
{
    if (text->bad || text->cap - text->size < NUMBER_ROOM) {
        ap_write_bytes(text, from, size);
        return;
    }
    memcpy(text->data + text->size, from, NUMBER_ROOM);
    text->size += size;
}

void ap_text_u64(ap_writer *text, uint64_t value)
{
    char digits[AP_U64_DIGITS + NUMBER_ROOM];
    const char *first = ap_u64_digits(digits, value);
    memset(digits + AP_U64_DIGITS, 0, NUMBER_ROOM);
    put_number(text, first, (size_t)(digits + AP_U64_DIGITS - first));
}

void ap_text_i64(ap_writer *text, int64_t value)
{
    if (value < 0)
        ap_write_u8(text, '-');
    ap_text_u64(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void ap_text_octal(ap_writer *text, uint32_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--)
        ap_write_u8(text, (uint8_t)('0' + (i > 10 ? 0 : value >> (3 * i) & 7)));
}

static const char hex_digits[] = "0123456789abcdef";

void ap_text_hex(ap_writer *text, const uint8_t *bytes, size_t size)
{
    if (text->bad || size > (text->cap - text->size) / 2) {
        text->bad = true;
        return;
    }
    uint8_t *to = text->data + text->size;
    for (size_t i = 0; i < size; i++) {
        *to++ = (uint8_t)hex_digits[bytes[i] >> 4];
        *to++ = (uint8_t)hex_digits[bytes[i] & 15];
    }
    text->size += 2 * size;
}

void ap_text_hex_u32(ap_writer *text, uint32_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--)
        ap_write_u8(text, (uint8_t)(i > 7 ? '0' : hex_digits[value >> (4 * i) & 15]));
}

/* ---- doubles ---- */

#define FIXED_DECIMALS_MAX 12
#define FIXED_LIMIT 1e15
#define HALF_MARGIN 1e-3

static void put_fixed(ap_writer *text, bool negative, uint64_t whole, uint64_t fraction,
                      int decimals)
{
    char digits[1 + AP_U64_DIGITS + 1 + FIXED_DECIMALS_MAX + NUMBER_ROOM] = { 0 };
    char *first = ap_u64_digits(digits + 1, whole), *point = digits + 1 + AP_U64_DIGITS;
    if (negative && (whole != 0 || fraction != 0))
        *--first = '-';
    if (fraction == 0) {
        put_number(text, first, (size_t)(point - first));
        return;
    }
    *point = '.';
    int left = decimals;
    for (; left >= 2; left -= 2, fraction /= 100)
        memcpy(point + left - 1, ap_digit_pairs + 2 * (fraction % 100), 2);
    if (left == 1)
        point[1] = (char)('0' + fraction);
    while (point[decimals] == '0')
        decimals--;
    put_number(text, first, (size_t)(point + decimals + 1 - first));
}

/* Splits nearly every number: where the product, at most 1e12 and so right to 1e-4, is not near a
 * half, its own rounding changes nothing. magnitude < FIXED_LIMIT. */
static bool split_plain(double magnitude, uint64_t unit, uint64_t *whole, uint64_t *fraction)
{
    int64_t units = (int64_t)magnitude; /* signed: one instruction to and fro */
    double product = (magnitude - (double)units) * (double)(int64_t)unit; /* difference: exact */
    int64_t parts = (int64_t)product;
    double over = product - (double)parts;
    *whole = (uint64_t)units;
    *fraction = (uint64_t)(parts + (over > 0.5));
    return over < 0.5 - HALF_MARGIN || over > 0.5 + HALF_MARGIN;
}

/* Exactly. 0 < magnitude < FIXED_LIMIT: nothing else is near a half. */
static void split_half(double magnitude, uint64_t unit, uint64_t *whole, uint64_t *fraction)
{
    ap_binary b = ap_binary_of(magnitude);
    /* Below the limit the exponent is negative: mantissa / 2^shift. */
    unsigned shift = (unsigned)-b.exponent;
    *whole = shift < 64 ? b.mantissa >> shift : 0;
    uint64_t rest = shift < 64 ? b.mantissa & ((UINT64_C(1) << shift) - 1) : b.mantissa;
    uint64_t twice = 0;
    bool cut;
    if (shift < 128)
        twice = ap_u128_shifted(ap_u128_product(rest, unit), shift - 1, &cut);
    *fraction = (twice + 1) / 2;
}

void ap_text_fixed(ap_writer *text, double value, int decimals)
{
    double magnitude = fabs(value);
    if (!(magnitude < FIXED_LIMIT)) {
        ap_text_str(text, "null");
        return;
    }
    decimals = decimals < 0 ? 0 : decimals > FIXED_DECIMALS_MAX ? FIXED_DECIMALS_MAX : decimals;
    uint64_t unit = ap_powers_10[decimals], whole, fraction;
    if (!split_plain(magnitude, unit, &whole, &fraction))
        split_half(magnitude, unit, &whole, &fraction);
    bool carry = fraction == unit;
    put_fixed(text, value < 0.0, whole + carry, carry ? 0 : fraction, decimals);
}

static void put_digits(ap_writer *text, const char *digits, int count)
{
    ap_write_bytes(text, digits, (size_t)count);
}

/* "0." and zeros before the first digit, or digits with a point among them or zeros behind. */
static void put_positional(ap_writer *text, const ap_decimal *d)
{
    static const char zeros[] = "0000000000000000";
    int before = d->exponent_10 + 1; /* digits before the point */
    if (before <= 0) {
        ap_text_str(text, "0.");
        put_digits(text, zeros, -before);
        put_digits(text, d->digits, d->count);
    } else if (d->count <= before) {
        put_digits(text, d->digits, d->count);
        put_digits(text, zeros, before - d->count);
        ap_text_str(text, ".0");
    } else {
        put_digits(text, d->digits, before);
        ap_write_u8(text, '.');
        put_digits(text, d->digits + before, d->count - before);
    }
}

static void put_exponential(ap_writer *text, const ap_decimal *d)
{
    put_digits(text, d->digits, 1);
    if (d->count > 1) {
        ap_write_u8(text, '.');
        put_digits(text, d->digits + 1, d->count - 1);
    }
    int exponent = d->exponent_10 < 0 ? -d->exponent_10 : d->exponent_10;
    ap_text_str(text, d->exponent_10 < 0 ? "e-" : "e+");
    if (exponent < 10)
        ap_write_u8(text, '0');
    ap_text_u64(text, (uint64_t)exponent);
}

#define INTEGER_LIMIT 1e15

void ap_text_double(ap_writer *text, double value)
{
    ap_binary b = ap_binary_of(value);
    if (!b.finite) {
        ap_text_str(text, "null");
        return;
    }
    double magnitude = b.negative ? -value : value;
    if (b.negative)
        ap_write_u8(text, '-');
    if (magnitude < INTEGER_LIMIT && magnitude == (double)(uint64_t)magnitude) {
        ap_text_u64(text, (uint64_t)magnitude);
        ap_text_str(text, ".0");
        return;
    }
    ap_decimal d = ap_shortest(magnitude);
    if (d.exponent_10 < -4 || d.exponent_10 >= 16)
        put_exponential(text, &d);
    else
        put_positional(text, &d);
}

/* ---- strings ---- */

size_t ap_utf8_size(const uint8_t *at, size_t left)
{
    uint8_t first = at[0], low = 0x80, high = 0xbf;
    size_t size = first < 0x80   ? 1
                  : first < 0xc2 ? 0
                  : first < 0xe0 ? 2
                  : first < 0xf0 ? 3
                  : first < 0xf5 ? 4
                                 : 0;
    if (size > left)
        return 0;
    if (first == 0xe0)
        low = 0xa0; /* else overlong */
    else if (first == 0xed)
        high = 0x9f; /* else a surrogate */
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f; /* else beyond U+10FFFF */
    for (size_t i = 1; i < size; i++, low = 0x80, high = 0xbf)
        if (at[i] < low || at[i] > high)
            return 0;
    return size;
}

static void put_escape(ap_writer *text, uint8_t c)
{
    static const char short_from[] = "\"\\\b\f\n\r\t", short_to[] = "\"\\bfnrt";
    const char *found = c ? strchr(short_from, c) : NULL;
    if (found) {
        char pair[2] = { '\\', short_to[found - short_from] };
        ap_write_bytes(text, pair, sizeof pair);
        return;
    }
    ap_text_str(text, "\\u");
    ap_text_hex_u32(text, c, 4);
}

void ap_json_string(ap_writer *text, const char *value, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)value;
    ap_write_u8(text, '"');
    for (size_t i = 0; i < size;) {
        size_t plain = i;
        while (plain < size && bytes[plain] >= 0x20 && bytes[plain] < 0x80 && bytes[plain] != '"' &&
               bytes[plain] != '\\')
            plain++;
        ap_write_bytes(text, bytes + i, plain - i);
        if ((i = plain) == size)
            break;
        size_t sequence = ap_utf8_size(bytes + i, size - i);
        if (sequence == 0)
            ap_text_str(text, "\xef\xbf\xbd");
        else if (sequence == 1)
            put_escape(text, bytes[i]);
        else
            ap_write_bytes(text, bytes + i, sequence);
        i += sequence ? sequence : 1;
    }
    ap_write_u8(text, '"');
}

/* ---- objects ---- */

ap_json_object ap_json_open(ap_writer *text)
{
    ap_write_u8(text, '{');
    return (ap_json_object){ .text = text };
}

void ap_json_close(ap_json_object *object)
{
    ap_write_u8(object->text, '}');
}

void ap_json_key(ap_json_object *object, const char *key)
{
    if (object->any)
        ap_text_str(object->text, ", ");
    object->any = true;
    ap_json_string(object->text, key, strlen(key));
    ap_text_str(object->text, ": ");
}

void ap_json_member_str(ap_json_object *object, const char *key, const char *value)
{
    ap_json_key(object, key);
    ap_json_string(object->text, value, strlen(value));
}

void ap_json_member_u64(ap_json_object *object, const char *key, uint64_t value)
{
    ap_json_key(object, key);
    ap_text_u64(object->text, value);
}

void ap_json_member_i64(ap_json_object *object, const char *key, int64_t value)
{
    ap_json_key(object, key);
    ap_text_i64(object->text, value);
}

void ap_json_member_fixed(ap_json_object *object, const char *key, double value, int decimals)
{
    ap_json_key(object, key);
    ap_text_fixed(object->text, value, decimals);
}

void ap_json_member_bool(ap_json_object *object, const char *key, bool value)
{
    ap_json_key(object, key);
    ap_text_str(object->text, value ? "true" : "false");
}

void ap_json_member_null(ap_json_object *object, const char *key)
{
    ap_json_key(object, key);
    ap_text_str(object->text, "null");
}
