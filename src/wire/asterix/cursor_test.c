#include "airpicture/asterix_cursor.h"

#include "wire/asterix/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

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

/* ---- text and JSON ---- */

/* CAT048: 010, 140, 020 with one extent, 040, 070, 240. */
static const uint8_t plot[] = { 0xF9, 0x40, 25,   201,  0x54, 0x60, 0x40, 0xA1, 0x00, 0x80, 0x00,
                                0x40, 0x00, 0x0F, 0xC0, 0x04, 0x20, 0xF1, 0xCB, 0x38, 0x20 };

static void test_text_names_values_and_units(void **state)
{
    (void)state;
    static uint8_t text[4096];
    ap_writer writer = ap_writer_of(text, sizeof text);
    const ap_asterix_spec *spec = ap_asterix_spec_find(48, NULL);
    assert_int_equal(ap_asterix_text(spec, plot, sizeof plot, true, &writer), AP_OK);
    text[writer.size] = '\0';
    static const char *const lines[] = {
        "    I048/010 data source identifier [19c9]\n        SAC system area code: 25\n",
        "    I048/140 time of day [546040]\n        value: 43200.5 s\n",
        "        RHO: 128.0 NM\n        THETA: 90.0 deg\n",
        "MODE3A Mode-3/A reply in octal representation: \"7700\"\n",
        "        value: \"ABC123  \"\n",
        "[a100]\n        TYP: 5 (single Mode S roll-call)\n",
        "        FOEFRI: 0 (no Mode 4 interrogation)\n",
    };
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++)
        assert_non_null(strstr((char *)text, lines[k]));
}

/* A code of no table stays a number; a run of codes has one meaning; FAMILY of CAT032 selects the
 * codes of NATURE. Addresses and messages are in hexadecimal digits. */
static void test_text_tells_codes(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *edition;
        uint8_t record[12];
        size_t size;
        const char *line;
    } cases[] = {
        { 2, NULL, { 0x40, 8 }, 2, "        value: 8 (blind zone filtering begins)\n" },
        { 2, NULL, { 0x40, 4 }, 2, "        value: 4\n" },
        { 25, NULL, { 0x01, 0x80, 1, 77 }, 4, "value: 77 (reserved for manufacturers)\n" },
        { 32, NULL, { 0x10, 0x11 }, 2, "        NATURE: 1 (initial correlation)\n" },
        { 32, NULL, { 0x10, 0x21 }, 2, "        NATURE: 1 (initial SUC correlation)\n" },
        { 32, NULL, { 0x10, 0x31 }, 2, "        FAMILY: 3\n        NATURE: 1\n" },
        { 32, "1.1", { 0x10, 0x21 }, 2, "        NATURE: 1 (initial correlation)\n" },
        { 48, NULL, { 1, 0x80, 0x4B, 0x12, 0x34 }, 5, "        value: 4B1234 hex (4919860)\n" },
        { 48, NULL, { 1, 0x80, 0, 0x0A, 0xBC }, 5, "        value: 000ABC hex (2748)\n" },
        { 21, "0.23", { 0x08, 0, 0x0A, 0xBC }, 4, "        value: 000ABC hex (2748)\n" },
        { 48,
          NULL,
          { 1, 1, 1, 0x80, 0x30, 0, 0, 0, 0, 0, 1 },
          11,
          "        value: 30000000000001 hex (13510798882111489)\n" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        static uint8_t text[512];
        ap_writer writer = ap_writer_of(text, sizeof text - 1);
        const ap_asterix_spec *spec = ap_asterix_spec_find(cases[k].category, cases[k].edition);
        assert_int_equal(ap_asterix_text(spec, cases[k].record, cases[k].size, false, &writer),
                         AP_OK);
        text[writer.size] = '\0';
        if (!strstr((char *)text, cases[k].line))
            fail_msg("%s", (char *)text);
    }
}

/* An expansion field is decoded where it fits, else shown as it is. */
static void test_json_expands_what_fits(void **state)
{
    (void)state;
    static const struct {
        uint8_t record[24];
        size_t size;
        const char *json;
    } cases[] = {
        { { 0x91, 1, 1, 1, 4, 25, 1, 0x54, 0x60, 0, 6, 0x20, 0, 4, 0xFF, 0xFC },
          16,
          "\"RE\": {\"TVS\": {\"VX\": 1.0, \"VY\": -1.0}}}" },
        { { 0x91, 1, 1, 1, 4, 25, 1, 0x54, 0x60, 0, 5, 0x20, 0, 4, 0xFF },
          15,
          "\"RE\": {\"raw\": \"200004ff\"}}" },
        { { 0x91, 1, 1, 1, 4, 25, 1, 0x54, 0x60, 0, 7, 0x20, 0, 4, 0xFF, 0xFC, 0 },
          17,
          "\"RE\": {\"raw\": \"200004fffc00\"}}" },
        { { 0x91, 1, 1, 1, 4, 25, 1, 0x54, 0x60, 0, 2, 0x01 }, 12, "\"RE\": {\"raw\": \"01\"}}" },
        { { 0x91, 1, 1, 1, 2, 25, 1, 0x54, 0x60, 0, 2, 0x20 }, 12, "\"SP\": {\"raw\": \"20\"}}" },
    };
    const ap_asterix_spec *spec = ap_asterix_spec_find(62, NULL);
    const ap_asterix_spec *expansion = ap_asterix_expansion_find(62);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        uint8_t text[512];
        ap_writer writer = ap_writer_of(text, sizeof text - 1);
        assert_int_equal(
            ap_asterix_json_expanded(spec, expansion, cases[k].record, cases[k].size, &writer),
            AP_OK);
        text[writer.size] = '\0';
        assert_non_null(strstr((char *)text, cases[k].json));
    }
}

int main(void)
{
    ap_asterix_editions_default(&editions);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor_gives_every_record),
        cmocka_unit_test(test_cursor_tells_faults),
        cmocka_unit_test(test_cursor_finds_nothing_behind_damage),
        cmocka_unit_test(test_text_names_values_and_units),
        cmocka_unit_test(test_text_tells_codes),
        cmocka_unit_test(test_json_expands_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
