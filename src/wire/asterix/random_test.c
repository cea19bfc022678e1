/* Random records of every definition, drawn from its tables: they walk, print, and come back from
 * their typed struct byte for byte; any cut of them is refused without a read past its end. */
#include "airpicture/asterix.h"

#include "airpicture/asterix_probe.h"
#include "base/test_rounds.h"
#include "wire/asterix/columns.h"
#include "wire/asterix/recode.h"
#include "wire/asterix/spec.h"
#include "wire/asterix/test_draw.h"
#include "wire/asterix/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#define RECORDS_PER_SPEC AP_TEST_ROUNDS(400)

static void check_json(const ap_asterix_spec *spec, const uint8_t *record, size_t size)
{
    static uint8_t text[1 << 20];
    ap_writer writer = ap_writer_of(text, sizeof text);
    assert_int_equal(ap_asterix_json(spec, record, size, &writer), AP_OK);
    cJSON *parsed = cJSON_ParseWithLength((const char *)text, writer.size);
    assert_non_null(parsed);
    cJSON_Delete(parsed);
}

static void check_recode(const ap_asterix_spec *spec, const uint8_t *record, size_t size)
{
    static uint8_t again[1 << 16];
    uint8_t category = ap_asterix_spec_category(spec);
    if (spec != ap_asterix_spec_find(category, NULL))
        return;
    ap_reader reader = ap_reader_of(record, size);
    ap_writer writer = ap_writer_of(again, sizeof again);
    assert_int_equal(ap_asterix_recode(category, &reader, &writer), AP_OK);
    assert_int_equal(reader.at, size);
    assert_int_equal(writer.size, size);
    assert_memory_equal(again, record, size);
}

static size_t count_of(const ap_writer *text, char wanted)
{
    size_t count = 0;
    for (size_t k = 0; k < text->size; k++)
        count += text->data[k] == (uint8_t)wanted;
    return count;
}

static size_t popcount(uint64_t bits)
{
    size_t count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

/* Octets by item: as many as the record holds, in one object. */
static void check_raw_json(const ap_asterix_spec *spec, const uint8_t *record, size_t size)
{
    static uint8_t text[1 << 20];
    ap_writer writer = ap_writer_of(text, sizeof text);
    assert_int_equal(ap_asterix_raw_json(spec, record, size, &writer), AP_OK);
    cJSON *parsed = cJSON_ParseWithLength((const char *)text, writer.size);
    assert_non_null(parsed);
    assert_int_equal(cJSON_GetArraySize(parsed),
                     popcount(ap_asterix_items_present(spec, record, size)));
    cJSON_Delete(parsed);
}

/* As text, an item is a line with its octets; without room, an error. */
static void check_text(const ap_asterix_spec *spec, const uint8_t *record, size_t size)
{
    static uint8_t text[1 << 20];
    ap_writer writer = ap_writer_of(text, sizeof text);
    assert_int_equal(ap_asterix_text(spec, record, size, true, &writer), AP_OK);
    assert_true(count_of(&writer, '[') >= popcount(ap_asterix_items_present(spec, record, size)));
    size_t with_raw = writer.size;
    writer.size = 0;
    assert_int_equal(ap_asterix_text(spec, record, size, false, &writer), AP_OK);
    assert_true(writer.size < with_raw);
    ap_writer small = ap_writer_of(text, writer.size - 1);
    assert_int_equal(ap_asterix_text(spec, record, size, false, &small), AP_ERR_FULL);
    small = ap_writer_of(text, 3);
    assert_int_equal(ap_asterix_raw_json(spec, record, size, &small), AP_ERR_FULL);
    small = ap_writer_of(text, 3);
    assert_int_equal(ap_asterix_json_expanded(spec, NULL, record, size, &small), AP_ERR_FULL);
}

/* A row has a cell for each column, whatever the record holds. */
static void check_columns(ap_asterix_columns *columns, const ap_asterix_spec *spec,
                          const uint8_t *record, size_t size)
{
    static uint8_t text[1 << 20];
    ap_writer writer = ap_writer_of(text, sizeof text);
    assert_int_equal(ap_asterix_columns_row(columns, spec, record, size, &writer), AP_OK);
    size_t quoted = 0, commas = 0;
    for (size_t k = 0; k < writer.size; k++) {
        quoted ^= text[k] == '"';
        commas += text[k] == ',' && !quoted;
    }
    assert_int_equal(commas, columns->count);
    ap_writer small = ap_writer_of(text, columns->count / 2u);
    assert_int_equal(ap_asterix_columns_row(columns, spec, record, size, &small), AP_ERR_FULL);
    assert_int_equal(ap_asterix_columns_row(columns, spec, record, size - 1, &writer),
                     AP_ERR_MALFORMED);
}

/* All items of a definition as columns, with their octets. */
static ap_asterix_columns *columns_of(const ap_asterix_spec *spec)
{
    ap_asterix_columns *columns = calloc(1, sizeof *columns);
    columns->with_raw = true;
    for (unsigned u = 0; u < spec->uap_count; u++)
        for (unsigned k = 0; k < spec->uap[u].count; k++) {
            const ap_asterix_item *item = &spec->items[spec->uap[u].items[k]];
            if (item->kind != AP_ITEM_UNUSED)
                assert_int_equal(ap_asterix_columns_choose(columns, spec->category, item->name),
                                 AP_OK);
        }
    assert_int_equal(ap_asterix_columns_learn(columns, spec), AP_OK);
    assert_true(columns->count > 1);
    return columns;
}

/* Random bits say nothing plausible, but every one of them fits. */
static void check_probe(const ap_asterix_spec *spec, const uint8_t *record, size_t size)
{
    ap_asterix_probe probe;
    ap_asterix_probed answer;
    ap_asterix_probe_init(&probe, spec->category);
    assert_int_equal(ap_asterix_probe_best(&probe, &answer), AP_ERR_UNKNOWN);
    ap_asterix_probe_block(&probe, record, size);
    assert_int_equal(ap_asterix_probe_best(&probe, &answer), AP_OK);
    for (unsigned k = 0; k < probe.edition_count; k++)
        if (probe.edition[k].spec == spec) {
            assert_int_equal(probe.edition[k].fit_count, 1);
            assert_int_equal(probe.edition[k].record_count, 1);
        }
    assert_true(answer.sure >= 0 && answer.sure <= 1);
}

static void check_cut(const ap_asterix_spec *spec, const uint8_t *exact, size_t cut)
{
    static uint8_t text[1 << 20];
    ap_writer writer = ap_writer_of(text, sizeof text);
    assert_int_equal(ap_asterix_json(spec, exact, cut, &writer), AP_ERR_MALFORMED);
    assert_int_equal(ap_asterix_json_expanded(spec, NULL, exact, cut, &writer), AP_ERR_MALFORMED);
    assert_int_equal(ap_asterix_raw_json(spec, exact, cut, &writer), AP_ERR_MALFORMED);
    assert_int_equal(ap_asterix_text(spec, exact, cut, false, &writer), AP_ERR_MALFORMED);
    assert_int_equal(ap_asterix_items_present(spec, exact, cut), 0);
    ap_asterix_probe probe;
    ap_asterix_probe_init(&probe, spec->category);
    ap_asterix_probe_block(&probe, exact, cut);
}

/* Every cut of the record, in memory that ends where it does. */
static void check_cuts(const ap_asterix_spec *spec, const uint8_t *record, size_t size)
{
    uint8_t category = ap_asterix_spec_category(spec);
    bool is_newest = spec == ap_asterix_spec_find(category, NULL);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        size_t walked;
        ap_asterix_fault fault;
        memcpy(exact, record, cut);
        assert_int_equal(ap_asterix_walk(spec, exact, cut, &walked, &fault), AP_ERR_MALFORMED);
        check_cut(spec, exact, cut);
        if (is_newest) {
            ap_reader reader = ap_reader_of(exact, cut);
            assert_int_equal(ap_asterix_decode_only(category, &reader), AP_ERR_MALFORMED);
        }
        free(exact);
    }
}

static void test_random_records_come_back(void **state)
{
    (void)state;
    static uint8_t bytes[AP_DRAW_SIZE_MAX];
    for (unsigned s = 0; s < ap_asterix_spec_count; s++) {
        const ap_asterix_spec *spec = ap_asterix_specs[s];
        ap_draw draw = ap_draw_of(20261122 + s, bytes, sizeof bytes);
        ap_asterix_columns *columns = columns_of(spec);
        for (int n = 0; n < RECORDS_PER_SPEC; n++) {
            draw.out.size = 0;
            ap_draw_record(&draw, spec);
            size_t size = draw.out.size, walked = 0;
            ap_asterix_fault fault;
            assert_false(draw.out.bad);
            assert_int_equal(ap_asterix_walk(spec, bytes, size, &walked, &fault), AP_OK);
            assert_int_equal(walked, size);
            check_json(spec, bytes, size);
            check_recode(spec, bytes, size);
            check_raw_json(spec, bytes, size);
            check_text(spec, bytes, size);
            check_columns(columns, spec, bytes, size);
            check_probe(spec, bytes, size);
            if (n % 16 == 0)
                check_cuts(spec, bytes, size);
        }
        free(columns);
    }
}

/* Contents of expansion fields: as they are inside a record that is otherwise empty. */
static void test_random_expansions_print(void **state)
{
    (void)state;
    static uint8_t bytes[AP_DRAW_SIZE_MAX], text[1 << 16];
    for (unsigned s = 0; s < ap_asterix_expansion_count; s++) {
        const ap_asterix_spec *spec = ap_asterix_expansions[s];
        assert_ptr_equal(ap_asterix_expansion_find(spec->category), spec);
        ap_draw draw = ap_draw_of(7 + s, bytes, sizeof bytes);
        for (int n = 0; n < RECORDS_PER_SPEC; n++) {
            draw.out.size = 0;
            ap_draw_expansion(&draw, spec);
            assert_false(draw.out.bad);
            size_t walked;
            ap_asterix_fault fault;
            assert_int_equal(ap_asterix_walk(spec, bytes, draw.out.size, &walked, &fault), AP_OK);
            assert_int_equal(walked, draw.out.size);
            ap_writer writer = ap_writer_of(text, sizeof text);
            assert_int_equal(ap_asterix_json(spec, bytes, draw.out.size, &writer), AP_OK);
            cJSON *parsed = cJSON_ParseWithLength((const char *)text, writer.size);
            assert_int_equal(cJSON_GetArraySize(parsed), popcount(bytes[0]));
            cJSON_Delete(parsed);
        }
        assert_int_equal(ap_asterix_walk(spec, bytes, 0, &(size_t){ 0 }, &(ap_asterix_fault){ 0 }),
                         AP_ERR_MALFORMED);
    }
    assert_null(ap_asterix_expansion_find(20));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_records_come_back),
                                        cmocka_unit_test(test_random_expansions_print) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
