/* Changed records: those that should walk do, whatever the change; those that need not are taken or
 * refused by the tables and by the typed codecs alike. */
#include "wire/asterix/test_mutate.h"

#include "wire/asterix/recode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RECORDS_PER_SPEC 60

/* Walk and typed codec agree on what a record is and where it ends. */
static ap_err take(const ap_asterix_spec *spec, const uint8_t *data, size_t size, size_t *walked)
{
    static uint8_t again[1 << 17];
    ap_asterix_fault fault;
    ap_err err = ap_asterix_walk(spec, data, size, walked, &fault);
    uint8_t category = ap_asterix_spec_category(spec);
    if (spec != ap_asterix_spec_find(category, NULL))
        return err;
    ap_reader reader = ap_reader_of(data, size);
    ap_writer writer = ap_writer_of(again, sizeof again);
    assert_int_equal(ap_asterix_recode(category, &reader, &writer), err);
    if (err == AP_OK) {
        assert_int_equal(reader.at, *walked);
        assert_int_equal(writer.size, *walked);
        assert_memory_equal(again, data, *walked);
    }
    return err;
}

/* The change of a record that walks, in memory that ends where it does. */
static void check_change(ap_draw *draw, const ap_asterix_spec *spec, ap_mutation how,
                         const uint8_t *record, size_t size)
{
    ap_draw again = *draw, small = *draw;
    draw->out.size = 0;
    if (!ap_mutate_record(draw, spec, how, record, size)) {
        assert_int_equal(draw->out.size, 0);
        return;
    }
    assert_false(draw->out.bad);
    size_t changed_size = draw->out.size, walked = 0;
    uint8_t *changed = malloc(changed_size ? changed_size : 1);
    memcpy(changed, draw->out.data, changed_size);
    ap_err err = take(spec, changed, changed_size, &walked);
    if (ap_mutation_keeps(how)) {
        assert_int_equal(err, AP_OK);
        assert_int_equal(walked, changed_size);
    }
    again.out.size = 0;
    assert_true(ap_mutate_record(&again, spec, how, record, size));
    assert_int_equal(again.out.size, changed_size);
    assert_memory_equal(again.out.data, changed, changed_size);
    if (changed_size > 0) {
        small.out = ap_writer_of(changed, changed_size - 1);
        assert_true(ap_mutate_record(&small, spec, how, record, size));
        assert_true(small.out.bad);
    }
    free(changed);
}

static void test_mutate_record(void **state)
{
    (void)state;
    static uint8_t record[AP_DRAW_SIZE_MAX], changed[1 << 17];
    for (unsigned s = 0; s < ap_asterix_spec_count; s++) {
        ap_draw draw = ap_draw_of(1122 + s, record, sizeof record);
        for (unsigned n = 0; n < RECORDS_PER_SPEC; n++) {
            draw.out = ap_writer_of(record, sizeof record);
            ap_draw_record(&draw, ap_asterix_specs[s]);
            size_t size = draw.out.size;
            draw.out = ap_writer_of(changed, sizeof changed);
            for (unsigned how = 0; how < AP_MUTATION_COUNT; how++)
                check_change(&draw, ap_asterix_specs[s], (ap_mutation)how, record, size);
        }
    }
}

/* What lies behind a record stays behind it. */
static void test_mutate_record_keeps_the_rest(void **state)
{
    (void)state;
    uint8_t record[AP_DRAW_SIZE_MAX], changed[2 * AP_DRAW_SIZE_MAX];
    const ap_asterix_spec *spec = ap_asterix_spec_find(48, NULL);
    static const char rest[] = "what follows";
    ap_draw draw = ap_draw_of(1, record, sizeof record);
    for (unsigned n = 0; n < RECORDS_PER_SPEC; n++) {
        draw.out = ap_writer_of(record, sizeof record);
        ap_draw_record(&draw, spec);
        ap_write_bytes(&draw.out, rest, sizeof rest);
        size_t size = draw.out.size;
        ap_mutation how = (ap_mutation)(n % (AP_MUTATE_VALUE + 1));
        draw.out = ap_writer_of(changed, sizeof changed);
        if (how == AP_MUTATE_LONG || !ap_mutate_record(&draw, spec, how, record, size))
            continue;
        size_t walked = 0;
        assert_int_equal(take(spec, changed, draw.out.size, &walked), AP_OK);
        assert_int_equal(walked + sizeof rest, draw.out.size);
        assert_memory_equal(changed + walked, rest, sizeof rest);
    }
}

/* Every kind of change finds something to change in records with much in them. */
static void test_mutate_record_applies(void **state)
{
    (void)state;
    uint8_t record[AP_DRAW_SIZE_MAX], changed[1 << 17];
    const ap_asterix_spec *spec = ap_asterix_spec_find(62, NULL);
    unsigned applied[AP_MUTATION_COUNT] = { 0 };
    ap_draw draw = ap_draw_of(2, record, sizeof record);
    for (unsigned n = 0; n < RECORDS_PER_SPEC; n++) {
        draw.out = ap_writer_of(record, sizeof record);
        ap_draw_record(&draw, spec);
        size_t size = draw.out.size;
        for (unsigned how = 0; how < AP_MUTATION_COUNT; how++) {
            draw.out = ap_writer_of(changed, sizeof changed);
            applied[how] += ap_mutate_record(&draw, spec, (ap_mutation)how, record, size);
        }
    }
    for (unsigned how = 0; how < AP_MUTATION_COUNT; how++)
        assert_true(applied[how] > RECORDS_PER_SPEC / 10);
    assert_false(ap_mutate_record(&draw, spec, AP_MUTATE_REDRAW, record, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutate_record),
        cmocka_unit_test(test_mutate_record_keeps_the_rest),
        cmocka_unit_test(test_mutate_record_applies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
