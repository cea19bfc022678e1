#include "wire/asterix/text.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/value.h"
#include "wire/asterix/walk.h"
#include "wire/json.h"

#include <string.h>

enum { DEPTH_ITEM = 1, DEPTH_VALUE = 2 };

static void put_indent(ap_writer *text, unsigned depth)
{
    for (unsigned k = 0; k < depth; k++)
        ap_text_str(text, "    ");
}

static void put_name(ap_writer *text, const ap_asterix_key key, uint8_t key_size)
{
    size_t size;
    const char *name = ap_asterix_key_name(key, key_size, &size);
    ap_write_bytes(text, name, size);
}

/* " title [octets]" and the end of the line. */
static void end_head(ap_writer *text, const char *title, const uint8_t *p, const uint8_t *end,
                     bool with_raw)
{
    if (title[0] != '\0') {
        ap_write_u8(text, ' ');
        ap_text_str(text, title);
    }
    if (with_raw) {
        ap_text_str(text, " [");
        ap_text_hex(text, p, (size_t)(end - p));
        ap_write_u8(text, ']');
    }
    ap_write_u8(text, '\n');
}

/* The table of a code; that of another value's choice, if it has several. */
static ap_asterix_code_rows codes_of(const ap_asterix_spec *spec, const ap_asterix_bits *bits,
                                     const uint8_t *p, size_t offset)
{
    if (bits->case_count == 0)
        return spec->words[bits - spec->bits].codes;
    const ap_asterix_case *selected = ap_asterix_case_of(spec, bits, p, offset);
    return selected ? selected->codes : (ap_asterix_code_rows){ 0 };
}

/* " (meaning)" of a code that has one. */
static void put_meaning(ap_writer *text, ap_asterix_code_rows codes, uint64_t code)
{
    for (unsigned k = 0; k < codes.count; k++) {
        const ap_asterix_code *row = &ap_asterix_codes[codes.first + k];
        if (code < row->first || code > row->last)
            continue;
        ap_text_str(text, " (");
        ap_text_str(text, ap_asterix_meanings + row->meaning);
        ap_write_u8(text, ')');
        return;
    }
}

/* "4B1234 hex (4919860)": the number as JSON has it in brackets. */
static void put_hex_digits(ap_writer *text, uint64_t value, unsigned size)
{
    for (unsigned digit = (size + 3) / 4; digit > 0; digit--)
        ap_write_u8(text, (uint8_t) "0123456789ABCDEF"[value >> 4 * (digit - 1) & 15]);
    ap_text_str(text, " hex (");
    ap_text_u64(text, value);
    ap_write_u8(text, ')');
}

static void put_value(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_bits *bits,
                      const uint8_t *p, size_t offset)
{
    ap_text_str(text, ": ");
    if (spec->words[bits - spec->bits].is_hex)
        put_hex_digits(text, ap_asterix_bits_at(p, offset, bits->size), bits->size);
    else
        ap_asterix_value_json(text, spec, bits, p, offset);
    const char *unit = ap_asterix_value_unit(spec, bits, p, offset);
    if (unit[0] != '\0') {
        ap_write_u8(text, ' ');
        ap_text_str(text, unit);
    }
    ap_asterix_code_rows codes = codes_of(spec, bits, p, offset);
    if (codes.count != 0)
        put_meaning(text, codes, ap_asterix_bits_at(p, offset, bits->size));
    ap_write_u8(text, '\n');
}

/* The rows of one element or extended item, a line each. */
static void put_rows(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                     const uint8_t *p, unsigned depth)
{
    const ap_asterix_bits *bits = spec->bits + item->first;
    size_t offset = 0;
    for (unsigned k = 0; k < item->count; k++, offset += bits->size, bits++) {
        const char *title = spec->words[bits - spec->bits].title;
        if (bits->op == AP_BITS_CLOSE)
            depth--;
        if (bits->op == AP_BITS_FX && !ap_asterix_bits_at(p, offset, 1))
            return;
        if (bits->op != AP_BITS_OPEN && !ap_asterix_has_value(bits))
            continue;
        put_indent(text, depth);
        put_name(text, bits->key, bits->key_size);
        if (item->is_single)
            ap_text_str(text, "value");
        else if (title[0] != '\0') {
            ap_write_u8(text, ' ');
            ap_text_str(text, title);
        }
        if (bits->op == AP_BITS_OPEN) {
            ap_write_u8(text, '\n');
            depth++;
        } else {
            put_value(text, spec, bits, p, offset);
        }
    }
}

static void put_repeats(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                        const uint8_t *p, const uint8_t *end, unsigned depth)
{
    uint64_t number = 1;
    for (; p < end; p += item->size, number++) {
        put_indent(text, depth);
        ap_text_u64(text, number);
        ap_text_str(text, " of ");
        ap_text_u64(text, number - 1 + (uint64_t)(end - p) / item->size);
        ap_write_u8(text, '\n');
        put_rows(text, spec, item, p, depth + 1);
    }
}

static void put_octets(ap_writer *text, const uint8_t *p, const uint8_t *end, unsigned depth)
{
    put_indent(text, depth);
    ap_text_str(text, "octets: ");
    ap_text_hex(text, p, (size_t)(end - p));
    ap_write_u8(text, '\n');
}

/* Any item in [p, end) but a compound one. */
static void put_part(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                     const uint8_t *p, const uint8_t *end, unsigned depth)
{
    switch ((ap_item_kind)item->kind) {
    case AP_ITEM_FIXED:
    case AP_ITEM_EXTENDED:
        put_rows(text, spec, item, p, depth);
        break;
    case AP_ITEM_REPEAT:
        put_repeats(text, spec, item, p + item->count_size, end, depth);
        break;
    case AP_ITEM_REPEAT_FX:
        put_repeats(text, spec, item, p, end, depth);
        break;
    case AP_ITEM_EXPLICIT:
        put_octets(text, p + 1, end, depth);
        break;
    case AP_ITEM_RANDOM:
    case AP_ITEM_UNUSED:
    case AP_ITEM_COMPOUND:
        put_octets(text, p, end, depth);
        break;
    }
}

static void put_compound(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                         const uint8_t *p, const uint8_t *end, bool with_raw)
{
    const ap_asterix_item *part;
    const uint8_t *start;
    ap_asterix_parts parts = ap_asterix_parts_of(spec, item, p, end);
    while (ap_asterix_parts_next(&parts, &part, &start)) {
        put_indent(text, DEPTH_VALUE);
        put_name(text, part->key, part->key_size);
        end_head(text, spec->titles[part - spec->items], start, parts.p, with_raw);
        put_part(text, spec, part, start, parts.p, DEPTH_VALUE + 1);
    }
}

static void put_item_head(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_item *item,
                          const uint8_t *p, const uint8_t *end, bool with_raw)
{
    static const char digits[] = "0123456789";
    const unsigned category = spec->category;
    put_indent(text, DEPTH_ITEM);
    const char name[] = { 'I', digits[category / 100], digits[category / 10 % 10],
                          digits[category % 10], '/' };
    ap_write_bytes(text, name, sizeof name);
    put_name(text, item->key, item->key_size);
    end_head(text, spec->titles[item - spec->items], p, end, with_raw);
}

ap_err ap_asterix_text(const ap_asterix_spec *spec, const uint8_t *data, size_t size, bool with_raw,
                       ap_writer *text)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *start;
    if (!ap_asterix_walker_open(&walker, spec, data, size))
        return AP_ERR_MALFORMED;
    while (ap_asterix_walker_next(&walker, &item, &start)) {
        put_item_head(text, spec, item, start, walker.p, with_raw);
        if (item->kind == AP_ITEM_COMPOUND)
            put_compound(text, spec, item, start, walker.p, with_raw);
        else
            put_part(text, spec, item, start, walker.p, DEPTH_VALUE);
    }
    if (walker.failed)
        return AP_ERR_MALFORMED;
    return text->bad ? AP_ERR_FULL : AP_OK;
}

ap_err ap_asterix_raw_json(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                           ap_writer *text)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *start;
    size_t skip = 2; /* the comma that a key begins with */
    if (!ap_asterix_walker_open(&walker, spec, data, size))
        return AP_ERR_MALFORMED;
    ap_write_u8(text, '{');
    while (ap_asterix_walker_next(&walker, &item, &start)) {
        ap_write_bytes(text, item->key + skip, item->key_size - skip);
        ap_write_u8(text, '"');
        ap_text_hex(text, start, (size_t)(walker.p - start));
        ap_write_u8(text, '"');
        skip = 0;
    }
    if (walker.failed)
        return AP_ERR_MALFORMED;
    ap_write_u8(text, '}');
    return text->bad ? AP_ERR_FULL : AP_OK;
}

uint64_t ap_asterix_items_present(const ap_asterix_spec *spec, const uint8_t *data, size_t size)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *start;
    uint64_t present = 0;
    if (!ap_asterix_walker_open(&walker, spec, data, size))
        return 0;
    while (ap_asterix_walker_next(&walker, &item, &start))
        present |= UINT64_C(1) << (item - spec->items);
    return walker.failed ? 0 : present;
}
