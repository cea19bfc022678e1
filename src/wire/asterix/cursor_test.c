#include "airpicture/asterix_cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* A north marker of 25/201. */
#define MARKER 0xE0, 25, 201, 1, 0x07, 0x08, 0x00
#define MARKERS 34, 0, 17, MARKER, MARKER

static ap_asterix_editions editions;

typedef struct walked {
    unsigned record_count, fault_count;
    ap_asterix_fault fault[8];
    ap_asterix_record last;
    uint64_t skipped_size;
    uint32_t block_count;
} walked;

static walked walk(const uint8_t *data, size_t size)
{
    walked all = { 0 };
    ap_asterix_record record;
    ap_asterix_fault fault;
    ap_asterix_cursor cursor = ap_asterix_cursor_of(&editions, data, size);
    for (ap_err err; (err = ap_asterix_cursor_next(&cursor, &record, &fault)) != AP_ERR_END;) {
        if (err)
            all.fault[all.fault_count++] = fault;
        else
            all.record_count++;
        if (!err)
            all.last = record;
    }
    all.skipped_size = cursor.skipped_size;
    all.block_count = cursor.block_count;
    return all;
}

static void test_cursor_gives_every_record(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { MARKERS, MARKERS };
    walked all = walk(bytes, sizeof bytes);
    assert_int_equal(all.record_count, 4);
    assert_int_equal(all.fault_count, 0);
    assert_int_equal(all.block_count, 2);
    assert_int_equal(all.last.block, 1);
    assert_int_equal(all.last.index, 1);
    assert_int_equal(all.last.offset, 27);
    assert_int_equal(all.last.size, 7);
    assert_false(all.last.block_start);
    assert_int_equal(all.last.block_size, 17);
    assert_int_equal(all.last.glance.sic, 201);
    assert_int_equal(all.last.glance.tod_128th_s, 0x070800);
    assert_int_equal(walk(bytes, 0).record_count, 0);
}

/* What is damaged, what is told, what is delivered. */
static void test_cursor_tells_faults(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[64];
        size_t size;
        unsigned record_count;
        ap_refusal reason;
        size_t offset;
        uint16_t record;
        const char *item;
        uint64_t skipped_size;
    } cases[] = {
        { { 34, 0, 15, MARKER, 0xE0, 25, 201, 1, 7, MARKERS },
          32,
          3,
          AP_REFUSED_RECORD_OVERRUN,
          10,
          1,
          "030",
          0 },
        /* The first of two items without room is the one that is told. */
        { { 34, 0, 15, MARKER, 0xF8, 25, 201, 1, 7, MARKERS },
          32,
          3,
          AP_REFUSED_RECORD_OVERRUN,
          10,
          1,
          "030",
          0 },
        { { 34, 0, 11, MARKER, 0x00, MARKERS }, 28, 3, AP_REFUSED_FSPEC, 10, 1, "", 0 },
        { { 200, 0, 5, 1, 2, MARKERS }, 22, 2, AP_REFUSED_CATEGORY, 0, 0, "", 0 },
        { { 34, 0, 0, MARKERS }, 20, 2, AP_REFUSED_BLOCK_LENGTH, 0, 0, "", 3 },
        { { MARKERS, 34, 0, 17, MARKER }, 27, 2, AP_REFUSED_TRUNCATED, 17, 0, "", 10 },
        { { MARKERS, 34, 0 }, 19, 2, AP_REFUSED_TRUNCATED, 17, 0, "", 2 },
        /* The length holds the head of the next block, which is found again. */
        { { 34, 0, 13, MARKER, MARKERS, MARKERS },
          44,
          5,
          AP_REFUSED_RECORD_OVERRUN,
          10,
          1,
          "030",
          0 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        walked all = walk(cases[k].bytes, cases[k].size);
        assert_int_equal(all.record_count, cases[k].record_count);
        assert_int_equal(all.fault_count, 1);
        assert_int_equal(all.fault[0].reason, cases[k].reason);
        assert_int_equal(all.fault[0].offset, cases[k].offset);
        assert_int_equal(all.fault[0].record, cases[k].record);
        assert_string_equal(all.fault[0].item, cases[k].item);
        assert_int_equal(all.skipped_size, cases[k].skipped_size);
    }
}

/* A broken block with nothing behind it that proves itself: no second block is made of its octets.
 */
static void test_cursor_finds_nothing_behind_damage(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[24];
        size_t size;
        unsigned fault_count;
        ap_refusal last_reason;
        uint64_t skipped_size;
    } cases[] = {
        { { 34, 0, 11, MARKER, 0x00 }, 11, 1, AP_REFUSED_FSPEC, 0 },         /* the end */
        { { 34, 0, 11, MARKER, 0x00, 34 }, 12, 2, AP_REFUSED_TRUNCATED, 1 }, /* no header */
        { { 34, 0, 11, MARKER, 0x00, 0, 0, 0 }, 14, 2, AP_REFUSED_BLOCK_LENGTH, 3 },
        { { 34, 0, 11, MARKER, 0x00, 34, 0 }, 13, 2, AP_REFUSED_TRUNCATED, 2 },
        /* a block that would begin inside and end behind it, but does not walk */
        { { 34, 0, 12, MARKER, 0x00, 34, 0, 4, 0x00 }, 15, 2, AP_REFUSED_TRUNCATED, 3 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        walked all = walk(cases[k].bytes, cases[k].size);
        assert_int_equal(all.record_count, 1);
        assert_int_equal(all.fault_count, cases[k].fault_count);
        assert_int_equal(all.fault[all.fault_count - 1].reason, cases[k].last_reason);
        assert_int_equal(all.skipped_size, cases[k].skipped_size);
    }
}

int main(void)
{
    ap_asterix_editions_default(&editions);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor_gives_every_record),
        cmocka_unit_test(test_cursor_tells_faults),
        cmocka_unit_test(test_cursor_finds_nothing_behind_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
