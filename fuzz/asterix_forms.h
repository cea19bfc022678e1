/* All forms that a record can be printed in, held against each other and against the record. */
#ifndef AP_FUZZ_ASTERIX_FORMS_H
#define AP_FUZZ_ASTERIX_FORMS_H

#include "airpicture/asterix.h"

#include "airpicture/asterix_encode.h"
#include "airpicture/asterix_probe.h"
#include "wire/asterix/columns.h"
#include "wire/asterix/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#define FORM_SIZE ((size_t)1 << 22)
#define ENCODE_SIZE ((size_t)1 << 16)
#define FORM_SPEC_CAP 256

/* Ends the run, and says which property does not hold. */
static void check(bool holds, const char *property)
{
    if (holds)
        return;
    fprintf(stderr, "ERROR: property broken: %s\n", property);
    abort();
}

static unsigned popcount(uint64_t bits)
{
    unsigned count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

/* Octets of the UTF-8 character at p, 0 when it is none, or too long, or no character. */
static size_t utf8_size(const uint8_t *p, const uint8_t *end)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t size = p[0] < 0x80       ? 1
                  : p[0] >> 5 == 6  ? 2
                  : p[0] >> 4 == 14 ? 3
                  : p[0] >> 3 == 30 ? 4
                                    : 0;
    uint32_t value = size == 1 ? p[0] : p[0] & 0x7Fu >> size;
    if (size == 0 || (size_t)(end - p) < size)
        return 0;
    for (size_t k = 1; k < size; k++) {
        if (p[k] >> 6 != 2)
            return 0;
        value = value << 6 | (p[k] & 0x3F);
    }
    bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    return value >= least[size] && value <= 0x10FFFF && !is_surrogate ? size : 0;
}

/* UTF-8 without controls, but for ends of lines where there are lines. */
static bool is_plain(const ap_writer *text, bool lines)
{
    const uint8_t *end = text->data + text->size;
    for (const uint8_t *p = text->data; p < end;) {
        size_t size = utf8_size(p, end);
        if (size == 0 || (p[0] < ' ' && !(lines && p[0] == '\n')))
            return false;
        p += size;
    }
    return true;
}

/* One JSON object to the end of the text, with so many members. The caller frees it. */
static cJSON *check_object(const ap_writer *text, unsigned member_count)
{
    const char *end = NULL;
    check(is_plain(text, false), "JSON is UTF-8 without controls");
    cJSON *parsed = cJSON_ParseWithLengthOpts((const char *)text->data, text->size, &end, false);
    check(cJSON_IsObject(parsed), "JSON is an object");
    check(end == (const char *)text->data + text->size, "JSON has nothing behind it");
    check((unsigned)cJSON_GetArraySize(parsed) == member_count, "JSON has a member for each item");
    return parsed;
}

/* The source as JSON has it is the one that a look tells. */
static void check_source(const ap_asterix_spec *spec, const cJSON *parsed,
                         const ap_asterix_glance *glance)
{
    const cJSON *source =
        spec->source_item ? cJSON_GetObjectItem(parsed, spec->items[spec->source_item].name) : NULL;
    if (source == NULL)
        return;
    check(glance->has_source, "a look sees the source that JSON has");
    check(cJSON_GetNumberValue(cJSON_GetObjectItem(source, "SAC")) == glance->sac &&
              cJSON_GetNumberValue(cJSON_GetObjectItem(source, "SIC")) == glance->sic,
          "JSON has the source that a look sees");
}

/* What was printed is encoded, and prints the same. */
static void check_encode(const ap_asterix_spec *spec, const ap_asterix_spec *expansion,
                         const ap_writer *json)
{
    static uint8_t octets[1 << 17], again[ENCODE_SIZE + 1];
    static uint32_t mem[AP_ASTERIX_ENCODER_MEM(ENCODE_SIZE) / sizeof(uint32_t)];
    if (json->size > ENCODE_SIZE)
        return;
    ap_asterix_encoder encoder = { .mem = mem, .mem_size = sizeof mem };
    ap_writer record = ap_writer_of(octets, sizeof octets);
    check(ap_asterix_encode_json(&encoder, spec, expansion, (const char *)json->data, json->size,
                                 &record) == AP_OK,
          "what was printed can be encoded");
    ap_writer text = ap_writer_of(again, sizeof again);
    check(ap_asterix_json_expanded(spec, expansion, octets, record.size, &text) == AP_OK &&
              text.size == json->size && memcmp(again, json->data, text.size) == 0,
          "what was encoded prints the same");
}

static void check_json(const ap_asterix_spec *spec, const uint8_t *data, size_t size, uint8_t *room,
                       unsigned item_count)
{
    ap_asterix_inherited inherited = { 0 };
    ap_asterix_glance glance;
    check(ap_asterix_look(spec, data, size, &inherited, &glance) == AP_OK, "what walks is seen");
    ap_writer text = ap_writer_of(room, FORM_SIZE);
    ap_err err = ap_asterix_json(spec, data, size, &text);
    check(err == AP_OK || err == AP_ERR_FULL, "what walks prints as JSON");
    if (err == AP_OK) {
        cJSON *parsed = check_object(&text, item_count);
        check_source(spec, parsed, &glance);
        cJSON_Delete(parsed);
        ap_writer small = ap_writer_of(room, text.size - 1);
        check(ap_asterix_json(spec, data, size, &small) == AP_ERR_FULL,
              "JSON tells that it is full");
    }
    text = ap_writer_of(room, FORM_SIZE);
    const ap_asterix_spec *expansion = ap_asterix_expansion_find(spec->category);
    err = ap_asterix_json_expanded(spec, expansion, data, size, &text);
    check(err == AP_OK || err == AP_ERR_FULL, "what walks prints as expanded JSON");
    if (err == AP_OK) {
        cJSON_Delete(check_object(&text, item_count));
        check_encode(spec, expansion, &text);
    }
}

/* The octets of all items are the record behind its field specification. */
static void check_raw_json(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                           uint8_t *room, unsigned item_count)
{
    static const char digits[] = "0123456789abcdef";
    ap_writer text = ap_writer_of(room, FORM_SIZE);
    size_t at = 1;
    check(ap_asterix_raw_json(spec, data, size, &text) == AP_OK, "what walks prints as octets");
    cJSON *parsed = check_object(&text, item_count);
    while (data[at - 1] & 1)
        at++;
    for (const cJSON *each = parsed->child; each; each = each->next)
        for (const char *hex = cJSON_GetStringValue(each); *hex; hex += 2, at++)
            check(at < size && hex[0] == digits[data[at] >> 4] && hex[1] == digits[data[at] & 15],
                  "octets by item are those of the record");
    check(at == size, "octets by item are all of the record");
    cJSON_Delete(parsed);
}

static void check_text(const ap_asterix_spec *spec, const uint8_t *data, size_t size, uint8_t *room,
                       unsigned item_count)
{
    ap_writer text = ap_writer_of(room, FORM_SIZE);
    ap_err err = ap_asterix_text(spec, data, size, true, &text);
    check(err == AP_OK || err == AP_ERR_FULL, "what walks prints as text");
    unsigned titles = 0;
    for (size_t k = 0; k + 5 < text.size; k++)
        if (k == 0 || text.data[k - 1] == '\n')
            titles += text.data[k + 3] == ' ' && text.data[k + 4] == 'I';
    if (err == AP_OK)
        check(is_plain(&text, true) && titles == item_count, "text has a title for each item");
    size_t with_raw = text.size;
    text = ap_writer_of(room, FORM_SIZE);
    if (ap_asterix_text(spec, data, size, false, &text) == AP_OK)
        check(text.size < with_raw, "text is shorter without octets");
}

/* All items of a definition as columns, made once. */
static ap_asterix_columns *columns_of(const ap_asterix_spec *spec)
{
    static ap_asterix_columns *all[FORM_SPEC_CAP];
    unsigned which = 0;
    while (ap_asterix_specs[which] != spec)
        which++;
    if (all[which])
        return all[which];
    ap_asterix_columns *columns = all[which] = calloc(1, sizeof *columns);
    columns->with_raw = true;
    for (unsigned u = 0; u < spec->uap_count; u++)
        for (unsigned k = 0; k < spec->uap[u].count; k++) {
            const ap_asterix_item *item = &spec->items[spec->uap[u].items[k]];
            if (item->kind != AP_ITEM_UNUSED)
                check(ap_asterix_columns_choose(columns, spec->category, item->name) == AP_OK,
                      "every item can be chosen");
        }
    check(ap_asterix_columns_learn(columns, spec) == AP_OK, "every definition fits into columns");
    return columns;
}

static void check_columns(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                          uint8_t *room)
{
    ap_asterix_columns *columns = columns_of(spec);
    ap_writer text = ap_writer_of(room, FORM_SIZE);
    ap_err err = ap_asterix_columns_row(columns, spec, data, size, &text);
    check(err == AP_OK || err == AP_ERR_FULL, "what walks prints as a row");
    unsigned commas = 0;
    bool quoted = false;
    for (size_t k = 0; k < text.size; k++) {
        quoted ^= text.data[k] == '"';
        commas += text.data[k] == ',' && !quoted;
    }
    if (err == AP_OK)
        check(commas == columns->count && !quoted && is_plain(&text, false),
              "a row has a cell for each column");
}

static void check_probe(const ap_asterix_spec *spec, const uint8_t *data, size_t size)
{
    ap_asterix_probe probe;
    ap_asterix_probed answer;
    ap_asterix_probe_init(&probe, spec->category);
    ap_asterix_probe_block(&probe, data, size);
    for (unsigned k = 0; k < probe.edition_count; k++)
        if (probe.edition[k].spec == spec)
            check(probe.edition[k].fit_count == 1 && probe.edition[k].record_count == 1,
                  "a record fits the edition that it walks in");
    check(ap_asterix_probe_best(&probe, &answer) == AP_OK && answer.sure >= 0 && answer.sure <= 1,
          "some edition fits what walks");
}

/* What walks no longer, prints no longer; in memory that ends where it does. */
static void check_cut(const ap_asterix_spec *spec, const uint8_t *data, size_t size, uint8_t *room)
{
    size_t walked;
    ap_asterix_fault fault;
    ap_writer text = ap_writer_of(room, FORM_SIZE);
    uint8_t *alone = malloc(size ? size : 1);
    memcpy(alone, data, size);
    check(ap_asterix_walk(spec, alone, size, &walked, &fault) == AP_ERR_MALFORMED,
          "a record needs its last octet");
    check(ap_asterix_json(spec, alone, size, &text) == AP_ERR_MALFORMED &&
              ap_asterix_raw_json(spec, alone, size, &text) == AP_ERR_MALFORMED &&
              ap_asterix_text(spec, alone, size, true, &text) == AP_ERR_MALFORMED &&
              ap_asterix_columns_row(columns_of(spec), spec, alone, size, &text) ==
                  AP_ERR_MALFORMED &&
              ap_asterix_items_present(spec, alone, size) == 0,
          "what does not walk is not printed");
    ap_asterix_probe probe;
    ap_asterix_probe_init(&probe, spec->category);
    ap_asterix_probe_block(&probe, alone, size);
    free(alone);
}

/* in : a record of exactly `size` octets that walks. */
static void check_forms(const ap_asterix_spec *spec, const uint8_t *data, size_t size)
{
    static uint8_t room[FORM_SIZE];
    unsigned item_count = popcount(ap_asterix_items_present(spec, data, size));
    check(item_count > 0, "what walks has items");
    check_json(spec, data, size, room, item_count);
    check_raw_json(spec, data, size, room, item_count);
    check_text(spec, data, size, room, item_count);
    check_columns(spec, data, size, room);
    check_probe(spec, data, size);
    check_cut(spec, data, size - 1, room);
    check_cut(spec, data, (data[size - 1] * 31u + data[size / 2]) % size, room);
}

#endif
