/* Records of every definition through JSON and back; the ends of every range; every refusal. */
#include "airpicture/asterix_encode.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/test_draw.h"
#include "wire/asterix/value.h"
#include "wire/asterix/walk.h"
#include "wire/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#define RECORDS_PER_SPEC 300
#define TEXT_CAP (1 << 20)

static ap_asterix_encoder encoder;

static int start_encoder(void **state)
{
    (void)state;
    encoder.mem_size = AP_ASTERIX_ENCODER_MEM(TEXT_CAP);
    encoder.mem = malloc(encoder.mem_size);
    return encoder.mem ? 0 : -1;
}

static int end_encoder(void **state)
{
    (void)state;
    free(encoder.mem);
    return 0;
}

/* ---- random records ---- */

/* The octets that the encoder is to make: `loose` marks those of text, which may lose what is no
 * UTF-8. */
typedef struct plain {
    uint8_t octets[AP_DRAW_SIZE_MAX], loose[AP_DRAW_SIZE_MAX];
    size_t size;
} plain;

static void append(plain *to, const uint8_t *p, size_t size)
{
    assert_true(to->size + size <= sizeof to->octets);
    memcpy(to->octets + to->size, p, size);
    memset(to->loose + to->size, 0, size);
    to->size += size;
}

static void clear_bits(uint8_t *p, size_t offset, unsigned size)
{
    for (size_t k = offset; k < offset + size; k++)
        p[k / 8] &= (uint8_t) ~(0x80u >> k % 8);
}

/* Codes without a character become 0. */
static void clear_icao6(uint8_t *p, size_t offset)
{
    char text[9];
    ap_asterix_icao6_text(ap_asterix_bits_at(p, offset, 48), text);
    for (unsigned k = 0; k < 8; k++)
        if (text[k] == '?')
            clear_bits(p, offset + 6 * k, 6);
}

/* Spare bits become zero, of rows up to so many bits. */
static void clear_rows(const ap_asterix_spec *spec, const ap_asterix_item *item, plain *in,
                       size_t at, size_t bit_count)
{
    const ap_asterix_bits *bits = spec->bits + item->first;
    size_t offset = 0;
    for (unsigned k = 0; k < item->count && offset < bit_count; offset += bits->size, k++, bits++) {
        if (bits->op == AP_BITS_SPARE)
            clear_bits(in->octets + at, offset, bits->size);
        else if (bits->op == AP_BITS_ICAO6)
            clear_icao6(in->octets + at, offset);
        else if (bits->op == AP_BITS_ASCII)
            memset(in->loose + at + offset / 8, 1, bits->size / 8u);
    }
}

/* An extended item ends behind its last part that has a member and is known. */
static size_t known_size(const ap_asterix_spec *spec, const ap_asterix_item *item, size_t size)
{
    const ap_asterix_bits *bits = spec->bits + item->first;
    size_t offset = 0, known = spec->parts[item->part_first];
    size_t end = known;
    unsigned part = 0;
    for (unsigned k = 0; k < item->count && offset < 8 * size; offset += bits->size, k++, bits++) {
        if (ap_asterix_has_value(bits))
            known = end;
        if (bits->op == AP_BITS_FX && ++part < item->part_count)
            end += spec->parts[item->part_first + part];
    }
    return known;
}

static void plain_part(const ap_asterix_spec *spec, const ap_asterix_item *item, const uint8_t *p,
                       size_t size, plain *to)
{
    size_t at = to->size;
    if (item->kind == AP_ITEM_EXTENDED) {
        bool was_cut = known_size(spec, item, size) < size;
        size = known_size(spec, item, size);
        append(to, p, size);
        if (was_cut)
            to->octets[to->size - 1] &= 0xFE;
        clear_rows(spec, item, to, at, 8 * size);
        return;
    }
    append(to, p, size);
    if (item->kind == AP_ITEM_FIXED)
        clear_rows(spec, item, to, at, 8 * size);
    if (item->kind == AP_ITEM_REPEAT || item->kind == AP_ITEM_REPEAT_FX)
        for (at += item->count_size; at < to->size; at += item->size)
            clear_rows(spec, item, to, at, 8u * item->size);
}

static void plain_fspec(plain *to, uint64_t present)
{
    uint8_t octets[16];
    ap_writer writer = ap_writer_of(octets, sizeof octets);
    assert_true(ap_fspec_write(&writer, present, UINT64_MAX, 0, 10));
    append(to, octets, writer.size);
}

static void plain_compound(const ap_asterix_spec *spec, const ap_asterix_item *item,
                           const uint8_t *p, const uint8_t *end, plain *to)
{
    const ap_asterix_item *part;
    const uint8_t *start;
    ap_asterix_parts parts = ap_asterix_parts_of(spec, item, p, end);
    plain_fspec(to, parts.left);
    while (ap_asterix_parts_next(&parts, &part, &start))
        plain_part(spec, part, start, (size_t)(parts.p - start), to);
}

/* The record with zero spare bits and nothing longer than needed. */
static void plain_record(const ap_asterix_spec *spec, const uint8_t *record, size_t size, plain *to)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *p;
    to->size = 0;
    assert_true(ap_asterix_walker_open(&walker, spec, record, size));
    if (spec->fspec_size > 0)
        append(to, record, spec->fspec_size);
    else
        plain_fspec(to, walker.left);
    while (ap_asterix_walker_next(&walker, &item, &p)) {
        if (item->kind == AP_ITEM_COMPOUND)
            plain_compound(spec, item, p, walker.p, to);
        else
            plain_part(spec, item, p, (size_t)(walker.p - p), to);
    }
    assert_false(walker.failed);
}

static void check_octets(const plain *wanted, const uint8_t *octets, size_t size)
{
    assert_int_equal(size, wanted->size);
    for (size_t k = 0; k < size; k++)
        if (octets[k] != wanted->octets[k])
            assert_true(wanted->loose[k] && wanted->octets[k] >= 0x80 && octets[k] == 0xFF);
}

static void check_round(const ap_asterix_spec *spec, const uint8_t *record, size_t size)
{
    static uint8_t text[TEXT_CAP], again[TEXT_CAP], octets[AP_DRAW_SIZE_MAX];
    static plain wanted;
    ap_writer json = ap_writer_of(text, sizeof text);
    ap_writer writer = ap_writer_of(octets, sizeof octets);
    assert_int_equal(ap_asterix_json(spec, record, size, &json), AP_OK);
    ap_err err =
        ap_asterix_encode_json(&encoder, spec, NULL, (const char *)text, json.size, &writer);
    if (err)
        fail_msg("CAT%03u %s: %s in %.*s", spec->category, spec->edition, encoder.fault.path,
                 (int)json.size, (const char *)text);
    ap_writer json_again = ap_writer_of(again, sizeof again);
    assert_int_equal(ap_asterix_json(spec, octets, writer.size, &json_again), AP_OK);
    assert_int_equal(json.size, json_again.size);
    assert_memory_equal(text, again, json.size);
    plain_record(spec, record, size, &wanted);
    check_octets(&wanted, octets, writer.size);
    ap_writer small = ap_writer_of(octets, writer.size - 1);
    assert_int_equal(
        ap_asterix_encode_json(&encoder, spec, NULL, (const char *)text, json.size, &small),
        AP_ERR_FULL);
    assert_int_equal(small.size, 0);
}

static void test_encode_random_records_of_every_edition(void **state)
{
    (void)state;
    static uint8_t bytes[AP_DRAW_SIZE_MAX];
    for (unsigned s = 0; s < ap_asterix_spec_count; s++) {
        ap_draw draw = ap_draw_of(20261123 + s, bytes, sizeof bytes);
        for (int n = 0; n < RECORDS_PER_SPEC; n++) {
            draw.out = ap_writer_of(bytes, sizeof bytes);
            ap_draw_record(&draw, ap_asterix_specs[s]);
            check_round(ap_asterix_specs[s], bytes, draw.out.size);
        }
    }
}

static void test_encode_random_expansions(void **state)
{
    (void)state;
    static uint8_t bytes[AP_DRAW_SIZE_MAX];
    for (unsigned s = 0; s < ap_asterix_expansion_count; s++) {
        ap_draw draw = ap_draw_of(99 + s, bytes, sizeof bytes);
        for (int n = 0; n < RECORDS_PER_SPEC; n++) {
            draw.out = ap_writer_of(bytes, sizeof bytes);
            ap_draw_expansion(&draw, ap_asterix_expansions[s]);
            check_round(ap_asterix_expansions[s], bytes, draw.out.size);
        }
    }
}

/* Octets that spell U+FFFD, which stands for an octet that is no text: they come back as three. */
static void test_encode_replacement_character(void **state)
{
    (void)state;
    static const uint8_t spelled[] = { 0xEF, 0xBF, 0xBD, 'l' };
    const ap_asterix_spec *spec = ap_asterix_spec_find(150, NULL);
    uint8_t octets[16], text[256], again[256];
    ap_writer record = ap_writer_of(octets, sizeof octets);
    static const char json[] = "{\"060\": \"1234\"}";
    assert_int_equal(ap_asterix_encode_json(&encoder, spec, NULL, json, strlen(json), &record),
                     AP_OK);
    memcpy(octets + record.size - sizeof spelled, spelled, sizeof spelled);
    ap_writer first = ap_writer_of(text, sizeof text), second = ap_writer_of(again, sizeof again);
    assert_int_equal(ap_asterix_json(spec, octets, record.size, &first), AP_OK);
    record.size = 0;
    assert_int_equal(
        ap_asterix_encode_json(&encoder, spec, NULL, (const char *)text, first.size, &record),
        AP_OK);
    assert_int_equal(ap_asterix_json(spec, octets, record.size, &second), AP_OK);
    assert_int_equal(second.size, first.size);
    assert_memory_equal(again, text, first.size);
}

/* ---- the ends of every range ---- */

/* One value: where it is in a record that is otherwise zero. */
typedef struct target {
    const ap_asterix_spec *spec;
    cJSON *record;
    cJSON *holder; /* object or array of the value */
    const char *name;
    char path[AP_ASTERIX_PATH_CAP];
} target;

static unsigned value_count;

static ap_err encode_with(target *at, const char *value, uint8_t *octets, size_t *size)
{
    ap_writer writer = ap_writer_of(octets, AP_DRAW_SIZE_MAX);
    cJSON *old, *new_ = cJSON_CreateRaw(value);
    if (cJSON_IsArray(at->holder)) {
        old = cJSON_DetachItemFromArray(at->holder, 0);
        cJSON_InsertItemInArray(at->holder, 0, new_);
    } else {
        old = cJSON_DetachItemFromObject(at->holder, at->name);
        cJSON_AddItemToObject(at->holder, at->name, new_); /* now the last: order is free */
    }
    char *text = cJSON_PrintUnformatted(at->record);
    ap_err err = ap_asterix_encode_json(&encoder, at->spec, NULL, text, strlen(text), &writer);
    free(text);
    cJSON_Delete(cJSON_DetachItemViaPointer(at->holder, new_));
    if (cJSON_IsArray(at->holder))
        cJSON_AddItemToArray(at->holder, old);
    else
        cJSON_AddItemToObject(at->holder, at->name, old);
    *size = writer.size;
    return err;
}

static void takes(target *at, const char *value)
{
    static uint8_t octets[AP_DRAW_SIZE_MAX], text[TEXT_CAP];
    size_t size;
    if (encode_with(at, value, octets, &size) != AP_OK)
        fail_msg("CAT%03u %s %s: %s refused", at->spec->category, at->spec->edition, at->path,
                 value);
    ap_writer json = ap_writer_of(text, sizeof text - 1);
    assert_int_equal(ap_asterix_json(at->spec, octets, size, &json), AP_OK);
    text[json.size] = '\0';
    char wanted[200];
    if (cJSON_IsArray(at->holder))
        snprintf(wanted, sizeof wanted, "[%s", value);
    else
        snprintf(wanted, sizeof wanted, "\"%s\": %s", at->name, value);
    if (!strstr((const char *)text, wanted))
        fail_msg("CAT%03u %s %s: %s not in %s", at->spec->category, at->spec->edition, at->path,
                 wanted, (const char *)text);
    value_count++;
}

static void refuses(target *at, const char *value, ap_asterix_encode_reason reason)
{
    uint8_t octets[AP_DRAW_SIZE_MAX];
    size_t size;
    assert_int_equal(encode_with(at, value, octets, &size), AP_ERR_RANGE);
    assert_int_equal(size, 0);
    if (encoder.fault.reason != reason || strcmp(encoder.fault.path, at->path) != 0)
        fail_msg("CAT%03u %s %s: %s refused as %s %s", at->spec->category, at->spec->edition,
                 at->path, value, encoder.fault.path,
                 ap_asterix_encode_reason_key(encoder.fault.reason));
}

/* Text of a raw value as the decoder writes it. */
static const char *text_of(const ap_asterix_step *step, bool is_negative, uint64_t magnitude,
                           char text[64])
{
    ap_writer writer = ap_writer_of((uint8_t *)text, 63);
    if (step) {
        double raw = is_negative ? -(double)magnitude : (double)magnitude;
        ap_text_double(&writer, raw * step->numerator / step->denominator);
    } else {
        if (is_negative)
            ap_text_str(&writer, "-");
        ap_text_u64(&writer, magnitude);
    }
    text[writer.size] = '\0';
    return text;
}

static void check_number(target *at, const ap_asterix_bits *bits)
{
    char text[64];
    const ap_asterix_step *step =
        bits->op == AP_BITS_SCALED || bits->op == AP_BITS_SIGNED_SCALED ? &bits->step : NULL;
    for (unsigned k = 0; bits->op == AP_BITS_BY && k < bits->case_count; k++)
        if (at->spec->cases[bits->case_first + k].value == 0) /* the selecting value is zero */
            step = &at->spec->cases[bits->case_first + k].step;
    bool is_signed = bits->op == AP_BITS_SIGNED || bits->op == AP_BITS_SIGNED_SCALED;
    uint64_t all = bits->size == 64 ? UINT64_MAX : (UINT64_C(1) << bits->size) - 1;
    uint64_t highest = is_signed ? all >> 1 : all, lowest = is_signed ? highest + 1 : 0;
    takes(at, text_of(step, is_signed, lowest, text));
    takes(at, text_of(step, false, highest, text));
    refuses(at, text_of(step, true, lowest + 1, text), AP_ASTERIX_ENCODE_RANGE);
    refuses(at,
            highest == UINT64_MAX ? "18446744073709551616"
                                  : text_of(step, false, highest + 1, text),
            AP_ASTERIX_ENCODE_RANGE);
    assert_true(encoder.fault.has_range);
    if (step) {
        assert_true(encoder.fault.highest == (double)highest * step->numerator / step->denominator);
        assert_true(encoder.fault.lowest == -(double)lowest * step->numerator / step->denominator);
    } else {
        assert_true(encoder.fault.is_whole && encoder.fault.highest_raw == highest);
        assert_true(encoder.fault.lowest_raw == -(int64_t)lowest);
        refuses(at, "0.5", AP_ASTERIX_ENCODE_FRACTION);
    }
    refuses(at, "1e999", AP_ASTERIX_ENCODE_RANGE);
    refuses(at, "-1e999", AP_ASTERIX_ENCODE_RANGE);
    refuses(at, "\"1\"", AP_ASTERIX_ENCODE_TYPE);
    refuses(at, "null", AP_ASTERIX_ENCODE_TYPE);
}

static void check_text(target *at, const ap_asterix_bits *bits)
{
    char text[2048] = "\"";
    size_t size = bits->op == AP_BITS_OCTAL   ? bits->size / 3u
                  : bits->op == AP_BITS_ICAO6 ? 8u
                  : bits->op == AP_BITS_ASCII ? bits->size / 8u
                                              : bits->size / 4u;
    memset(text + 1, bits->op == AP_BITS_OCTAL ? '7' : '0', size);
    strcpy(text + 1 + size, "\"");
    takes(at, text);
    strcpy(text + 1 + size, "00\"");
    refuses(at, text, AP_ASTERIX_ENCODE_LENGTH);
    refuses(at, "0", AP_ASTERIX_ENCODE_TYPE);
    if (bits->op == AP_BITS_ASCII)
        return;
    memset(text + 1, bits->op == AP_BITS_OCTAL ? '8' : 'g', size);
    strcpy(text + 1 + size, "\"");
    refuses(at, text, AP_ASTERIX_ENCODE_CHARACTER);
}

static void check_value(target *at, const ap_asterix_bits *bits)
{
    if (bits->op <= AP_BITS_BY)
        check_number(at, bits);
    else
        check_text(at, bits);
}

static void key_text(const ap_asterix_key key, uint8_t key_size, char text[32])
{
    size_t size;
    const char *name = ap_asterix_key_name(key, key_size, &size);
    snprintf(text, 32, "%.*s", (int)size, name);
}

/* Every value of an item that is no compound; `node` is its JSON in at->record. */
static void check_rows(target *at, const ap_asterix_item *item, cJSON *holder, cJSON *node)
{
    const ap_asterix_bits *bits = at->spec->bits + item->first;
    size_t path_size = strlen(at->path), group_size = 0;
    cJSON *inner = node;
    char name[32];
    if (item->is_single) {
        at->holder = holder;
        at->name = item->name;
        check_value(at, bits);
        return;
    }
    for (unsigned k = 0; k < item->count; k++, bits++) {
        key_text(bits->key, bits->key_size, name);
        size_t size = group_size ? group_size : path_size;
        if (bits->op == AP_BITS_OPEN) {
            inner = cJSON_GetObjectItem(node, name);
            group_size = size + (size_t)snprintf(at->path + size, 34, "/%s", name);
        } else if (bits->op == AP_BITS_CLOSE) {
            inner = node;
            group_size = 0;
        } else if (ap_asterix_has_value(bits)) {
            snprintf(at->path + size, 34, "/%s", name);
            at->holder = inner;
            at->name = name;
            check_value(at, bits);
        }
    }
    at->path[path_size] = '\0';
}

static void check_part(target *at, const ap_asterix_item *item, cJSON *holder)
{
    cJSON *node = cJSON_GetObjectItem(holder, item->name);
    if (!node)
        fail_msg("CAT%03u %s %s is not there", at->spec->category, at->spec->edition, at->path);
    if (item->kind == AP_ITEM_REPEAT || item->kind == AP_ITEM_REPEAT_FX) {
        strcat(at->path, "[0]");
        check_rows(at, item, node, node->child);
    } else if (item->kind == AP_ITEM_FIXED || item->kind == AP_ITEM_EXTENDED) {
        check_rows(at, item, holder, node);
    }
}

/* An item of zeros with all that it can have, once. */
static void zero_part(const ap_asterix_spec *spec, const ap_asterix_item *item, ap_writer *out)
{
    size_t size = item->size;
    if (item->kind == AP_ITEM_REPEAT)
        ap_write_be(out, 1, item->count_size);
    for (unsigned k = 0; k < item->part_count; k++)
        size += spec->parts[item->part_first + k];
    size_t at = out->size;
    for (size_t k = 0; k < size; k++)
        ap_write_u8(out, 0);
    for (unsigned k = 0; k + 1u < item->part_count; k++) {
        at += spec->parts[item->part_first + k];
        out->data[at - 1] |= 1;
    }
    if (item->kind == AP_ITEM_EXPLICIT)
        ap_write_u8(out, 1);
}

/* A record of the item at one place, and of the selecting one where the layout is the second. */
static void zero_record(const ap_asterix_spec *spec, unsigned layout, unsigned place, unsigned sub,
                        ap_writer *out)
{
    const ap_asterix_uap *uap = &spec->uap[layout];
    uint64_t present = UINT64_C(1) << place;
    unsigned second = 0;
    while (layout == 1 && !(spec->select_values >> second & 1))
        second++;
    for (unsigned k = 0; layout == 1 && k < uap->count; k++)
        present |= (uint64_t)(uap->items[k] == spec->select_item) << k;
    if (spec->fspec_size > 0) {
        assert_int_equal(spec->fspec_size, 1);
        ap_write_u8(out, (uint8_t)(0x80 >> place));
    } else {
        assert_true(ap_fspec_write(out, present, UINT64_MAX, 0, 10));
    }
    for (unsigned k = 0; k < uap->count; k++) {
        const ap_asterix_item *item = &spec->items[uap->items[k]];
        size_t at = out->size;
        if (!(present >> k & 1))
            continue;
        if (item->kind == AP_ITEM_COMPOUND) {
            assert_true(ap_fspec_write(out, UINT64_C(1) << sub, UINT64_MAX, 0, 10));
            zero_part(spec, &spec->items[item->first + sub], out);
        } else {
            zero_part(spec, item, out);
        }
        if (layout == 1 && uap->items[k] == spec->select_item)
            out->data[at] |= (uint8_t)(second << (8 - spec->select_offset - spec->select_size));
    }
}

static void check_place(const ap_asterix_spec *spec, unsigned layout, unsigned place, unsigned sub)
{
    static uint8_t octets[AP_DRAW_SIZE_MAX], text[TEXT_CAP];
    const ap_asterix_item *item = &spec->items[spec->uap[layout].items[place]];
    ap_writer out = ap_writer_of(octets, sizeof octets);
    ap_writer json = ap_writer_of(text, sizeof text);
    zero_record(spec, layout, place, sub, &out);
    assert_int_equal(ap_asterix_json(spec, octets, out.size, &json), AP_OK);
    target at = { .spec = spec, .record = cJSON_ParseWithLength((const char *)text, json.size) };
    cJSON *holder = at.record;
    snprintf(at.path, sizeof at.path, "%s", item->name);
    if (item->kind == AP_ITEM_COMPOUND) {
        holder = cJSON_GetObjectItem(holder, item->name);
        item = &spec->items[item->first + sub];
        snprintf(at.path + strlen(at.path), 32, "/%s", item->name);
    }
    check_part(&at, item, holder);
    cJSON_Delete(at.record);
}

static void check_spec(const ap_asterix_spec *spec)
{
    for (unsigned u = 0; u < spec->uap_count; u++)
        for (unsigned k = 0; k < spec->uap[u].count; k++) {
            unsigned index = spec->uap[u].items[k];
            const ap_asterix_item *item = &spec->items[index];
            bool selects = spec->uap_count == 2 && index == spec->select_item;
            if (item->kind == AP_ITEM_UNUSED || item->kind == AP_ITEM_RANDOM || (selects && u == 1))
                continue;
            unsigned sub_count = item->kind == AP_ITEM_COMPOUND ? item->count : 1;
            for (unsigned sub = 0; sub < sub_count; sub++)
                if (item->kind != AP_ITEM_COMPOUND ||
                    spec->items[item->first + sub].kind != AP_ITEM_UNUSED)
                    check_place(spec, u, k, sub);
        }
}

static void test_encode_ends_of_every_range(void **state)
{
    (void)state;
    value_count = 0;
    for (unsigned s = 0; s < ap_asterix_spec_count; s++)
        check_spec(ap_asterix_specs[s]);
    for (unsigned s = 0; s < ap_asterix_expansion_count; s++)
        check_spec(ap_asterix_expansions[s]);
    print_message("%u values at the ends of their ranges\n", value_count);
    assert_true(value_count > 13000);
}

/* ---- by hand ---- */

static void test_encode_octets_by_hand(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *json, *hex;
    } cases[] = {
        /* order is free; the nearest step */
        { 48, "{\"040\":{\"THETA\":180.0021,\"RHO\":1.2518},\"010\":{\"SIC\":2,\"SAC\":1}}",
          "90010201408000" },
        { 48, "{\"240\":\"AB1\"}", "0140042c60820820" },
        { 48, "{\"070\":{\"V\":1,\"G\":0,\"L\":0,\"MODE3A\":\"17\"}}", "08800f" },
        { 48, "{\"250\":[{\"MBDATA\":72057594037927935,\"BDS1\":4,\"BDS2\":0}]}",
          "012001ffffffffffffff40" },
        /* an extended item ends at the last part that a member is given of */
        { 48,
          "{\"020\":{\"TYP\":5,\"SIM\":0,\"RDP\":1,\"SPI\":0,\"RAB\":0,\"TST\":1,\"ERR\":0,"
          "\"XPP\":0,\"ME\":0,\"MI\":0,\"FOEFRI\":0}}",
          "20a980" },
        { 48, "{\"030\":[1,2]}", "0101400304" },
        /* speed by the step that IM selects */
        { 21, "{\"150\":{\"IM\":1,\"AS\":0.8}}", "01408320" },
        /* plot, then track by TYP */
        { 1,
          "{\"020\":{\"TYP\":0,\"SIM\":0,\"SSRPSR\":2,\"ANT\":0,\"SPI\":0,\"RAB\":0},"
          "\"040\":{\"RHO\":1.0,\"THETA\":90.0}}",
          "6020008040"
          "00" },
        { 1, "{\"161\":7,\"020\":{\"TYP\":1,\"SIM\":0,\"SSRPSR\":2,\"ANT\":0,\"SPI\":0,\"RAB\":0}}",
          "60a00007" },
        { 62, "{\"RE\":{\"raw\":\"0102\"}}",
          "010101010403"
          "0102" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        uint8_t octets[64], text[129];
        ap_writer writer = ap_writer_of(octets, sizeof octets);
        ap_writer hex = ap_writer_of(text, sizeof text - 1);
        const char *json = cases[k].json;
        if (ap_asterix_encode_json(&encoder, ap_asterix_spec_find(cases[k].category, NULL), NULL,
                                   json, strlen(json), &writer) != AP_OK)
            fail_msg("%s refused: %s", json, encoder.fault.path);
        ap_text_hex(&hex, octets, writer.size);
        text[hex.size] = '\0';
        assert_string_equal((const char *)text, cases[k].hex);
    }
}

static void test_encode_expansion_by_name(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
    } categories[] = { { 21 }, { 48 }, { 62 } };
    static uint8_t bytes[AP_DRAW_SIZE_MAX], record[AP_DRAW_SIZE_MAX], again[AP_DRAW_SIZE_MAX];
    static uint8_t text[TEXT_CAP], text_again[TEXT_CAP];
    for (size_t c = 0; c < sizeof categories / sizeof categories[0]; c++) {
        const ap_asterix_spec *spec = ap_asterix_spec_find(categories[c].category, NULL);
        const ap_asterix_spec *expansion = ap_asterix_expansion_find(categories[c].category);
        unsigned place = 0;
        while (strcmp(spec->items[spec->uap[0].items[place]].name, "RE") != 0)
            place++;
        ap_draw draw = ap_draw_of(c, bytes, sizeof bytes);
        for (int n = 0; n < RECORDS_PER_SPEC; n++) {
            draw.out = ap_writer_of(bytes, sizeof bytes);
            ap_draw_expansion(&draw, expansion);
            if (draw.out.size > 254)
                continue;
            ap_writer writer = ap_writer_of(record, sizeof record);
            assert_true(ap_fspec_write(&writer, UINT64_C(1) << place, UINT64_MAX, 0, 10));
            ap_write_u8(&writer, (uint8_t)(draw.out.size + 1));
            ap_write_bytes(&writer, bytes, draw.out.size);
            ap_writer json = ap_writer_of(text, sizeof text);
            assert_int_equal(ap_asterix_json_expanded(spec, expansion, record, writer.size, &json),
                             AP_OK);
            ap_writer encoded = ap_writer_of(again, sizeof again);
            assert_int_equal(ap_asterix_encode_json(&encoder, spec, expansion, (const char *)text,
                                                    json.size, &encoded),
                             AP_OK);
            ap_writer json_again = ap_writer_of(text_again, sizeof text_again);
            assert_int_equal(
                ap_asterix_json_expanded(spec, expansion, again, encoded.size, &json_again), AP_OK);
            assert_int_equal(json.size, json_again.size);
            assert_memory_equal(text, text_again, json.size);
            assert_int_equal(ap_asterix_encode_json(&encoder, spec, NULL, (const char *)text,
                                                    json.size, &encoded),
                             AP_ERR_RANGE);
        }
    }
}

static void test_encode_refusals(void **state)
{
    (void)state;
    static char long_raw[1000];
    static char many[4096] = "{\"250\":[";
    for (int k = 0; k < 256; k++)
        strcat(long_raw, "ab");
    char too_long[1100];
    snprintf(too_long, sizeof too_long, "{\"RE\":{\"raw\":\"%s\"}}", long_raw);
    for (int k = 0; k < 256; k++)
        strcat(many, k ? ",1" : "1");
    strcat(many, "]}");
    const struct {
        uint8_t category;
        const char *json;
        ap_asterix_encode_reason reason;
        const char *path;
    } cases[] = {
        { 48, "{\"010\":", AP_ASTERIX_ENCODE_SYNTAX, "" },
        { 48, "{\"161\":{\"TRN\":NaN}}", AP_ASTERIX_ENCODE_SYNTAX, "" },
        { 48, "{}", AP_ASTERIX_ENCODE_EMPTY, "" },
        { 48, "[]", AP_ASTERIX_ENCODE_TYPE, "" },
        { 48, "{\"999\":1}", AP_ASTERIX_ENCODE_UNKNOWN, "999" },
        { 48, "{\"\x01 \":1}", AP_ASTERIX_ENCODE_SYNTAX, "" },
        { 48, "{\"a b\":1}", AP_ASTERIX_ENCODE_UNKNOWN, "a?b" },
        { 48, "{\"010\":{\"SAC\":1,\"SIC\":2,\"SAB\":3}}", AP_ASTERIX_ENCODE_UNKNOWN, "010/SAB" },
        { 48, "{\"010\":{\"SAC\":1,\"SIC\":2},\"010\":{\"SAC\":1,\"SIC\":2}}",
          AP_ASTERIX_ENCODE_DUPLICATE, "010" },
        { 48, "{\"010\":{\"SAC\":1,\"SAC\":1,\"SIC\":2}}", AP_ASTERIX_ENCODE_DUPLICATE, "010/SAC" },
        { 48, "{\"010\":{\"SAC\":1}}", AP_ASTERIX_ENCODE_MISSING, "010/SIC" },
        { 48, "{\"020\":{\"TYP\":5,\"TST\":1}}", AP_ASTERIX_ENCODE_MISSING, "020/SIM" },
        { 48, "{\"120\":{\"CAL\":{\"D\":0}}}", AP_ASTERIX_ENCODE_MISSING, "120/CAL/CAL" },
        { 48, "{\"120\":{\"ABC\":{}}}", AP_ASTERIX_ENCODE_UNKNOWN, "120/ABC" },
        { 48, "{\"120\":[]}", AP_ASTERIX_ENCODE_TYPE, "120" },
        { 48, "{\"250\":{}}", AP_ASTERIX_ENCODE_TYPE, "250" },
        { 48, "{\"250\":[{\"MBDATA\":1,\"BDS1\":1,\"BDS2\":1},{\"MBDATA\":72057594037927936}]}",
          AP_ASTERIX_ENCODE_RANGE, "250[1]/MBDATA" },
        { 48, "{\"030\":[]}", AP_ASTERIX_ENCODE_COUNT, "030" },
        { 48, many, AP_ASTERIX_ENCODE_COUNT, "250" },
        { 48, too_long, AP_ASTERIX_ENCODE_LENGTH, "RE" },
        { 48, "{\"RE\":{\"raw\":\"0\"}}", AP_ASTERIX_ENCODE_LENGTH, "RE/raw" },
        { 48, "{\"RE\":{\"raw\":\"0g\"}}", AP_ASTERIX_ENCODE_CHARACTER, "RE/raw" },
        { 48, "{\"RE\":{\"raw\":12}}", AP_ASTERIX_ENCODE_TYPE, "RE/raw" },
        { 48, "{\"RE\":{}}", AP_ASTERIX_ENCODE_MISSING, "RE/raw" },
        { 48, "{\"RE\":{\"raw\":\"00\",\"MD5\":{}}}", AP_ASTERIX_ENCODE_UNKNOWN, "RE/MD5" },
        { 48, "{\"240\":\"ABCDEFGHI\"}", AP_ASTERIX_ENCODE_LENGTH, "240" },
        { 48, "{\"240\":\"abc\"}", AP_ASTERIX_ENCODE_CHARACTER, "240" },
        { 48, "{\"040\":{\"RHO\":255.999,\"THETA\":0}}", AP_ASTERIX_ENCODE_RANGE, "040/RHO" },
        { 48, "{\"040\":{\"RHO\":-0.002,\"THETA\":0}}", AP_ASTERIX_ENCODE_RANGE, "040/RHO" },
        { 1, "{\"161\":7,\"020\":{\"TYP\":0,\"SIM\":0,\"SSRPSR\":2,\"ANT\":0,\"SPI\":0,\"RAB\":0}}",
          AP_ASTERIX_ENCODE_LAYOUT, "161" },
        { 1, "{\"RFS\":{\"raw\":\"01ff\"}}", AP_ASTERIX_ENCODE_CONTENT, "RFS" },
        { 1, "{\"RFS\":{\"raw\":\"\"}}", AP_ASTERIX_ENCODE_CONTENT, "RFS" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        uint8_t octets[1024];
        ap_writer writer = ap_writer_of(octets, sizeof octets);
        const ap_asterix_spec *spec = ap_asterix_spec_find(cases[k].category, NULL);
        ap_err err = ap_asterix_encode_json(&encoder, spec, NULL, cases[k].json,
                                            strlen(cases[k].json), &writer);
        bool is_syntax = cases[k].reason == AP_ASTERIX_ENCODE_SYNTAX;
        if (err != (is_syntax ? AP_ERR_MALFORMED : AP_ERR_RANGE) ||
            encoder.fault.reason != cases[k].reason ||
            strcmp(encoder.fault.path, cases[k].path) != 0)
            fail_msg("%s: %s, %s at '%s'", cases[k].json, ap_err_name(err),
                     ap_asterix_encode_reason_key(encoder.fault.reason), encoder.fault.path);
        assert_int_equal(writer.size, 0);
    }
}

static void test_encode_fault_as_text(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *json, *text;
    } cases[] = {
        { 48, "{\"040\":{\"RHO\":256,\"THETA\":0}}",
          "040/RHO: a value outside the range that can be represented, 0.0 to 255.99609375 NM" },
        { 48, "{\"010\":{\"SAC\":256,\"SIC\":0}}",
          "010/SAC: a value outside the range that can be represented, 0 to 255" },
        { 21, "{\"150\":{\"IM\":1,\"AS\":-1}}",
          "150/AS: a value outside the range that can be represented, 0.0 to 32.767 Mach" },
        { 48, "{", "text that is no JSON object" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        uint8_t octets[64];
        char text[256];
        ap_writer writer = ap_writer_of(octets, sizeof octets);
        ap_writer words = ap_writer_of((uint8_t *)text, sizeof text - 1);
        const ap_asterix_spec *spec = ap_asterix_spec_find(cases[k].category, NULL);
        assert_true(ap_asterix_encode_json(&encoder, spec, NULL, cases[k].json,
                                           strlen(cases[k].json), &writer) != AP_OK);
        ap_asterix_encode_fault_text(&encoder.fault, &words);
        text[words.size] = '\0';
        assert_string_equal(text, cases[k].text);
    }
    assert_string_equal(ap_asterix_encode_reason_key(AP_ASTERIX_ENCODE_REASON_COUNT), "unlisted");
    assert_string_equal(ap_asterix_encode_reason_text(AP_ASTERIX_ENCODE_REASON_COUNT), "unlisted");
    assert_string_equal(ap_asterix_encode_reason_key(AP_ASTERIX_ENCODE_RANGE), "range");
}

static void test_encode_without_memory(void **state)
{
    (void)state;
    static const char json[] = "{\"010\":{\"SAC\":1,\"SIC\":2}}";
    uint8_t octets[8];
    uint32_t mem[9 * 3];
    ap_asterix_encoder small = { .mem = mem, .mem_size = sizeof mem };
    ap_writer writer = ap_writer_of(octets, sizeof octets);
    assert_int_equal(ap_asterix_encode_json(&small, ap_asterix_spec_find(48, NULL), NULL, json,
                                            sizeof json - 1, &writer),
                     AP_ERR_FULL);
    assert_int_equal(writer.size, 0);
    assert_false(writer.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode_random_records_of_every_edition),
        cmocka_unit_test(test_encode_random_expansions),
        cmocka_unit_test(test_encode_replacement_character),
        cmocka_unit_test(test_encode_ends_of_every_range),
        cmocka_unit_test(test_encode_octets_by_hand),
        cmocka_unit_test(test_encode_expansion_by_name),
        cmocka_unit_test(test_encode_refusals),
        cmocka_unit_test(test_encode_fault_as_text),
        cmocka_unit_test(test_encode_without_memory),
    };
    return cmocka_run_group_tests(tests, start_encoder, end_encoder);
}
