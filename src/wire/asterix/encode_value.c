/* Values of a record from JSON: a number or text into its bits. */
#include "wire/asterix/encode.h"

#include "base/hex.h"
#include "wire/asterix/value.h"
#include "wire/asterix/walk.h"

#include <math.h>
#include <string.h>

static void put_bits(uint8_t *p, size_t offset, unsigned size, uint64_t value)
{
    while (size > 0) {
        unsigned ahead = (unsigned)(offset % 8), take = 8 - ahead < size ? 8 - ahead : size;
        size -= take;
        unsigned part = (unsigned)(value >> size) & ((1u << take) - 1);
        p[offset / 8] = (uint8_t)(p[offset / 8] | part << (8 - ahead - take));
        offset += take;
    }
}

/* What the bits of a number can hold. */
typedef struct reach {
    int64_t lowest;
    uint64_t highest;
} reach;

static reach reach_of(unsigned size, bool is_signed)
{
    uint64_t all = size == 64 ? UINT64_MAX : (UINT64_C(1) << size) - 1;
    return is_signed ? (reach){ -(int64_t)(all >> 1) - 1, all >> 1 } : (reach){ 0, all };
}

static bool beyond(ap_asterix_encoding *encoding, uint32_t node, const reach *can,
                   const ap_asterix_step *step, const char *unit)
{
    (void)ap_encode_refuse_beyond(encoding, AP_ASTERIX_ENCODE_RANGE, node, can->lowest,
                                  can->highest, unit);
    if (step) {
        ap_asterix_encode_fault *fault = encoding->fault;
        fault->is_whole = false;
        fault->lowest = (double)can->lowest * step->numerator / step->denominator;
        fault->highest = (double)can->highest * step->numerator / step->denominator;
    }
    return false;
}

static bool whole_raw(ap_asterix_encoding *encoding, uint32_t node, const reach *can,
                      const char *unit, uint64_t *raw)
{
    ap_json_number number = ap_json_number_of(&encoding->doc, node);
    uint64_t magnitude;
    ap_err err = ap_json_whole(&number, &magnitude);
    if (err == AP_ERR_MALFORMED)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_FRACTION, node);
    uint64_t highest = number.is_negative ? 0 - (uint64_t)can->lowest : can->highest;
    if (err || magnitude > highest)
        return beyond(encoding, node, can, NULL, unit);
    *raw = number.is_negative ? 0 - magnitude : magnitude;
    return true;
}

static bool scaled_raw(ap_asterix_encoding *encoding, uint32_t node, const reach *can,
                       const ap_asterix_step *step, const char *unit, uint64_t *raw)
{
    ap_json_number number = ap_json_number_of(&encoding->doc, node);
    double steps = round(ap_json_double(&number) * step->denominator / step->numerator);
    /* Steps are of fields of at most 32 bits: exact in a double. */
    if (!(steps >= (double)can->lowest && steps <= (double)can->highest))
        return beyond(encoding, node, can, step, unit);
    *raw = (uint64_t)(int64_t)steps;
    return true;
}

/* The step of a number; NULL: it is a raw one. */
static const ap_asterix_step *step_of(const ap_asterix_encoding *encoding,
                                      const ap_asterix_bits *bits, const uint8_t *p, size_t offset)
{
    if (bits->op == AP_BITS_SCALED || bits->op == AP_BITS_SIGNED_SCALED)
        return &bits->step;
    const ap_asterix_case *selected =
        bits->op == AP_BITS_BY ? ap_asterix_case_of(encoding->spec, bits, p, offset) : NULL;
    return selected ? &selected->step : NULL;
}

static bool put_number(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, uint8_t *p,
                       size_t offset, uint32_t node)
{
    if (encoding->doc.node[node].kind != AP_JSON_NUMBER)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_TYPE, node);
    bool is_signed = bits->op == AP_BITS_SIGNED || bits->op == AP_BITS_SIGNED_SCALED;
    reach can = reach_of(bits->size, is_signed);
    const char *unit = ap_asterix_value_unit(encoding->spec, bits, p, offset);
    const ap_asterix_step *step = step_of(encoding, bits, p, offset);
    uint64_t raw = 0;
    if (!(step ? scaled_raw(encoding, node, &can, step, unit, &raw)
               : whole_raw(encoding, node, &can, unit, &raw)))
        return false;
    put_bits(p, offset, bits->size, raw);
    return true;
}

/* ---- text ---- */

static bool put_octal(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, uint8_t *p,
                      size_t offset, uint32_t node)
{
    uint8_t digits[32];
    size_t count, cap = bits->size / 3;
    uint64_t raw = 0;
    if (!ap_json_octets(&encoding->doc, node, digits, cap, &count) || count == 0)
        return ap_encode_refuse_beyond(encoding, AP_ASTERIX_ENCODE_LENGTH, node, 1, cap, "digits");
    for (size_t k = 0; k < count; k++) {
        if (digits[k] < '0' || digits[k] > '7')
            return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_CHARACTER, node);
        raw = raw << 3 | (unsigned)(digits[k] - '0');
    }
    put_bits(p, offset, bits->size, raw);
    return true;
}

static bool put_icao6(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, uint8_t *p,
                      size_t offset, uint32_t node)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ?";
    char plain[9] = "        ";
    size_t count;
    if (!ap_json_octets(&encoding->doc, node, (uint8_t *)plain, 8, &count))
        return ap_encode_refuse_beyond(encoding, AP_ASTERIX_ENCODE_LENGTH, node, 0, 8,
                                       "characters");
    if (strspn(plain, alphabet) != 8)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_CHARACTER, node);
    uint64_t raw = ap_asterix_icao6_raw(plain);
    for (unsigned k = 0; k < 8; k++)
        if (plain[k] == '?')
            raw &= ~(UINT64_C(63) << (42 - 6 * k));
    put_bits(p, offset, bits->size, raw);
    return true;
}

/* U+FFFD stands for an octet that is no UTF-8. */
static size_t without_replacements(uint8_t *plain, size_t size)
{
    size_t count = 0;
    for (size_t k = 0; k < size; k++) {
        bool stands_for = size - k >= 3 && memcmp(plain + k, "\xef\xbf\xbd", 3) == 0;
        plain[count++] = stands_for ? 0xFF : plain[k];
        k += stands_for ? 2 : 0;
    }
    return count;
}

static bool put_ascii(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, uint8_t *p,
                      size_t offset, uint32_t node)
{
    uint8_t plain[3 * AP_ASTERIX_ASCII_CAP];
    size_t count, cap = bits->size / 8;
    bool fits = ap_json_octets(&encoding->doc, node, plain, 3 * cap, &count);
    if (fits)
        count = without_replacements(plain, count);
    if (!fits || count > cap)
        return ap_encode_refuse_beyond(encoding, AP_ASTERIX_ENCODE_LENGTH, node, 0, cap, "octets");
    for (size_t k = 0; k < cap; k++)
        put_bits(p, offset + 8 * k, 8, k < count ? plain[k] : ' ');
    return true;
}

bool ap_encode_hex(ap_asterix_encoding *encoding, uint32_t node, ap_writer *octets)
{
    const ap_json_node *text = &encoding->doc.node[node];
    if (text->kind != AP_JSON_STRING)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_TYPE, node);
    if ((text->end - text->start) % 2 != 0)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_LENGTH, node);
    for (uint32_t k = text->start; k < text->end; k += 2) {
        int high = ap_hex_digit((uint8_t)encoding->doc.text[k]);
        int low = ap_hex_digit((uint8_t)encoding->doc.text[k + 1]);
        if (high < 0 || low < 0)
            return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_CHARACTER, node);
        ap_write_u8(octets, (uint8_t)(high << 4 | low));
    }
    return !octets->bad;
}

static bool put_octets(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, uint8_t *p,
                       size_t offset, uint32_t node)
{
    const ap_json_node *text = &encoding->doc.node[node];
    size_t size = bits->size / 8;
    if (text->end - text->start != 2 * size)
        return ap_encode_refuse_beyond(encoding, AP_ASTERIX_ENCODE_LENGTH, node, (int64_t)size,
                                       size, "octets");
    ap_writer octets = ap_writer_of(p + offset / 8, size);
    return ap_encode_hex(encoding, node, &octets);
}

static bool put_text(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, uint8_t *p,
                     size_t offset, uint32_t node)
{
    if (encoding->doc.node[node].kind != AP_JSON_STRING)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_TYPE, node);
    switch ((ap_bits_op)bits->op) {
    case AP_BITS_OCTAL:
        return put_octal(encoding, bits, p, offset, node);
    case AP_BITS_ICAO6:
        return put_icao6(encoding, bits, p, offset, node);
    case AP_BITS_ASCII:
        return put_ascii(encoding, bits, p, offset, node);
    default:
        return put_octets(encoding, bits, p, offset, node);
    }
}

bool ap_encode_value(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, size_t at,
                     size_t offset, uint32_t node)
{
    uint8_t *p = encoding->writer->data + at;
    return bits->op <= AP_BITS_BY ? put_number(encoding, bits, p, offset, node)
                                  : put_text(encoding, bits, p, offset, node);
}
