/* Random records of every definition, drawn from its tables: they walk, print, and come back from
 * their typed struct byte for byte; any cut of them is refused without a read past its end. */
#include "airpicture/asterix.h"

#include "airpicture/asterix_probe.h"
#include "wire/asterix/columns.h"
#include "wire/asterix/recode.h"
#include "wire/asterix/spec.h"
#include "wire/asterix/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#define RECORDS_PER_SPEC 400

typedef struct draw {
    uint64_t state;
    ap_writer out;
} draw;

/* splitmix64 */
static uint64_t next(draw *d)
{
    uint64_t z = d->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static unsigned below(draw *d, unsigned n)
{
    return (unsigned)(next(d) % n);
}

static void put_random(draw *d, unsigned size)
{
    for (unsigned k = 0; k < size; k++)
        ap_write_u8(&d->out, (uint8_t)next(d));
}

static void set_fx(draw *d, bool more)
{
    uint8_t *last = &d->out.data[d->out.size - 1];
    *last = (uint8_t)((*last & 0xFE) | more);
}

static void put_fspec(draw *d, uint64_t present, unsigned cap)
{
    unsigned need = 1;
    while (need < cap && present >> (7 * need) != 0)
        need++;
    if (below(d, 8) == 0)
        need = need + below(d, cap - need + 1);
    for (unsigned k = 0; k < need; k++) {
        unsigned octet = 0;
        for (unsigned bit = 0; bit < 7; bit++)
            octet |= (unsigned)(present >> (7 * k + bit) & 1) << (7 - bit);
        ap_write_u8(&d->out, (uint8_t)(octet | (k + 1 < need)));
    }
}

static void put_extended(draw *d, const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    unsigned more = item->is_open ? 3 : 0;
    unsigned count = 1 + below(d, item->part_count + more);
    for (unsigned k = 0; k < count; k++) {
        put_random(d, k < item->part_count ? spec->parts[item->part_first + k] : 1);
        if (k + 1 < item->part_count || item->is_open)
            set_fx(d, k + 1 < count);
    }
}

static void put_part(draw *d, const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    unsigned count;
    switch ((ap_item_kind)item->kind) {
    case AP_ITEM_FIXED:
        put_random(d, item->size);
        break;
    case AP_ITEM_EXTENDED:
        put_extended(d, spec, item);
        break;
    case AP_ITEM_REPEAT:
        count = below(d, 4);
        ap_write_be(&d->out, count, item->count_size);
        put_random(d, count * item->size);
        break;
    case AP_ITEM_REPEAT_FX:
        count = 1 + below(d, 3);
        for (unsigned k = 0; k < count; k++) {
            put_random(d, item->size);
            set_fx(d, k + 1 < count);
        }
        break;
    case AP_ITEM_EXPLICIT:
        count = below(d, 20);
        ap_write_u8(&d->out, (uint8_t)(count + 1));
        put_random(d, count);
        break;
    case AP_ITEM_UNUSED:
    case AP_ITEM_RANDOM:
    case AP_ITEM_COMPOUND:
        break;
    }
}

static void put_compound(draw *d, const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    uint64_t present = next(d) & next(d);
    for (unsigned k = 0; k < 64; k++)
        if (k >= item->count || spec->items[item->first + k].kind == AP_ITEM_UNUSED)
            present &= ~(UINT64_C(1) << k);
    put_fspec(d, present, (item->count + 6u) / 7u);
    for (unsigned k = 0; k < item->count; k++)
        if (present >> k & 1)
            put_part(d, spec, &spec->items[item->first + k]);
}

static void put_item(draw *d, const ap_asterix_spec *spec, const ap_asterix_uap *uap,
                     unsigned place)
{
    const ap_asterix_item *item = &spec->items[uap->items[place]];
    if (item->kind == AP_ITEM_COMPOUND) {
        put_compound(d, spec, item);
    } else if (item->kind == AP_ITEM_RANDOM) {
        ap_write_u8(&d->out, 2);
        for (unsigned k = 0; k < 2; k++) { /* the first two places are never special */
            ap_write_u8(&d->out, (uint8_t)(k + 1));
            put_item(d, spec, uap, k);
        }
    } else {
        put_part(d, spec, item);
    }
}

/* Makes the selecting item at `at` tell the layout `which`. */
static void set_layout(draw *d, const ap_asterix_spec *spec, size_t at, unsigned which)
{
    unsigned shift = 8u - spec->select_offset - spec->select_size;
    unsigned mask = ((1u << spec->select_size) - 1) << shift, value;
    do {
        value = below(d, 1u << spec->select_size);
    } while ((value < 64 && (spec->select_values >> value & 1)) != which);
    d->out.data[at] = (uint8_t)((d->out.data[at] & ~mask) | value << shift);
}

/* One record with at least one item. */
static void put_record(draw *d, const ap_asterix_spec *spec)
{
    unsigned which = spec->uap_count == 2 ? below(d, 2) : 0;
    const ap_asterix_uap *uap = &spec->uap[which];
    uint64_t present = next(d) & (below(d, 2) ? next(d) : UINT64_MAX);
    unsigned cap = ((unsigned)uap->count + 6u) / 7u;
    for (unsigned k = 0; k < 64; k++) {
        if (k >= uap->count || spec->items[uap->items[k]].kind == AP_ITEM_UNUSED)
            present &= ~(UINT64_C(1) << k);
        else if (which == 1 && uap->items[k] == spec->select_item)
            present |= UINT64_C(1) << k;
    }
    if (present == 0)
        present = 1;
    put_fspec(d, present, cap);
    for (unsigned k = 0; k < uap->count; k++) {
        if (!(present >> k & 1))
            continue;
        size_t at = d->out.size;
        put_item(d, spec, uap, k);
        if (spec->uap_count == 2 && uap->items[k] == spec->select_item)
            set_layout(d, spec, at, which);
    }
}

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
    static uint8_t bytes[1 << 16];
    for (unsigned s = 0; s < ap_asterix_spec_count; s++) {
        const ap_asterix_spec *spec = ap_asterix_specs[s];
        draw d = { .state = 20261122 + s };
        ap_asterix_columns *columns = columns_of(spec);
        for (int n = 0; n < RECORDS_PER_SPEC; n++) {
            d.out = ap_writer_of(bytes, sizeof bytes);
            put_record(&d, spec);
            size_t size = d.out.size, walked = 0;
            ap_asterix_fault fault;
            assert_false(d.out.bad);
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
    static uint8_t bytes[1 << 12], text[1 << 16];
    for (unsigned s = 0; s < ap_asterix_expansion_count; s++) {
        const ap_asterix_spec *spec = ap_asterix_expansions[s];
        assert_ptr_equal(ap_asterix_expansion_find(spec->category), spec);
        draw d = { .state = 7 + s };
        for (int n = 0; n < RECORDS_PER_SPEC; n++) {
            d.out = ap_writer_of(bytes, sizeof bytes);
            uint8_t present = (uint8_t)(next(&d) & (0xFFu << (8 - spec->uap[0].count)));
            ap_write_u8(&d.out, present);
            for (unsigned k = 0; k < spec->uap[0].count; k++)
                if (present >> (7 - k) & 1)
                    put_item(&d, spec, &spec->uap[0], k);
            size_t walked;
            ap_asterix_fault fault;
            assert_int_equal(ap_asterix_walk(spec, bytes, d.out.size, &walked, &fault), AP_OK);
            assert_int_equal(walked, d.out.size);
            ap_writer writer = ap_writer_of(text, sizeof text);
            assert_int_equal(ap_asterix_json(spec, bytes, d.out.size, &writer), AP_OK);
            cJSON *parsed = cJSON_ParseWithLength((const char *)text, writer.size);
            assert_int_equal(cJSON_GetArraySize(parsed), popcount(present));
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
