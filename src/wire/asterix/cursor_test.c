#include "airpicture/asterix_cursor.h"

#include "airpicture/asterix_probe.h"
#include "wire/asterix/columns.h"
#include "wire/asterix/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
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

/* ---- editions ---- */

static const char *edition_of(uint8_t category, const uint8_t *data, size_t size)
{
    const ap_asterix_spec *spec = ap_asterix_edition_of(&editions, category, data, size);
    return spec ? ap_asterix_spec_edition(spec) : "none";
}

static void test_editions_by_source(void **state)
{
    (void)state;
    static const uint8_t ours[] = { 0x81, 0x01, 0x00, 25, 7 }, other[] = { 0x80, 25, 8 };
    static const uint8_t without[] = { 0x40, 25, 7 }, endless[] = { 0x81, 0x81, 0x81 };
    ap_asterix_editions_default(&editions);
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.7");
    assert_string_equal(edition_of(200, ours, sizeof ours), "none");
    const ap_asterix_spec *old = ap_asterix_spec_find(21, "2.1");
    assert_int_equal(ap_asterix_editions_choose(&editions, 25, 7, old), AP_OK);
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.1");
    assert_string_equal(edition_of(21, ours, 4), "2.7"); /* cut in its source */
    assert_string_equal(edition_of(21, ours, 2), "2.7");
    assert_string_equal(edition_of(21, other, sizeof other), "2.7");
    assert_string_equal(edition_of(21, without, sizeof without), "2.7");
    assert_string_equal(edition_of(21, endless, sizeof endless), "2.7");
    assert_string_equal(edition_of(48, ours, sizeof ours), "1.32");
    old = ap_asterix_spec_find(21, "2.4");
    assert_int_equal(ap_asterix_editions_choose(&editions, 25, 7, old), AP_OK);
    assert_int_equal(editions.source_count, 1);
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.4");
    for (int k = 1; k < AP_ASTERIX_SOURCE_EDITION_CAP; k++)
        assert_int_equal(ap_asterix_editions_choose(&editions, 1, (uint8_t)k, old), AP_OK);
    assert_int_equal(ap_asterix_editions_choose(&editions, 2, 0, old), AP_ERR_FULL);
    ap_asterix_editions_default(&editions);
}

/* CAT247: source, then category, main and sub number. */
static unsigned hear(uint8_t category, uint8_t main_number, uint8_t sub_number)
{
    const uint8_t block[] = { 247, 0, 10, 0x90, 25, 7, 1, category, main_number, sub_number };
    return ap_asterix_editions_hear(&editions, block, sizeof block);
}

static void test_editions_are_heard(void **state)
{
    (void)state;
    static const uint8_t ours[] = { 0x80, 25, 7 };
    ap_asterix_editions_default(&editions);
    assert_int_equal(hear(21, 2, 3), 1);
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.3");
    assert_int_equal(hear(21, 2, 3), 0); /* known */
    assert_int_equal(hear(21, 2, 0), 1); /* the next newer of its main number */
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.1");
    assert_int_equal(hear(21, 0, 99), 1); /* its newest */
    assert_string_equal(edition_of(21, ours, sizeof ours), "0.26");
    assert_int_equal(hear(21, 3, 0), 0); /* a main number that nobody knows */
    assert_int_equal(hear(200, 1, 0), 0);
    assert_int_equal(hear(48, 1, 32), 0); /* the newest anyway */
    editions.chosen[62] = true;
    assert_int_equal(hear(62, 1, 18), 0); /* people go first */
    const ap_asterix_spec *chosen = ap_asterix_spec_find(48, "1.30");
    assert_int_equal(ap_asterix_editions_choose(&editions, 25, 7, chosen), AP_OK);
    assert_int_equal(hear(48, 1, 28), 0);
    static const uint8_t broken[] = { 247, 0, 7, 0x90, 25, 7, 1 }, more[] = { MARKERS };
    assert_int_equal(ap_asterix_editions_hear(&editions, broken, sizeof broken), 0);
    assert_int_equal(ap_asterix_editions_hear(&editions, more, sizeof more), 0);
    editions.category[247] = NULL;
    assert_int_equal(hear(21, 2, 4), 0);
    ap_asterix_editions_default(&editions);
}

/* ---- text and columns ---- */

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
        "[a100]\n        TYP: 5\n",
        "        FOEFRI: 0\n",
    };
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++)
        assert_non_null(strstr((char *)text, lines[k]));
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

static void test_columns_hold_chosen_values(void **state)
{
    (void)state;
    static uint8_t text[4096];
    ap_writer writer = ap_writer_of(text, sizeof text);
    ap_asterix_columns *columns = calloc(1, sizeof *columns);
    const ap_asterix_spec *spec = ap_asterix_spec_find(48, NULL);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "999"), AP_ERR_UNKNOWN);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "040"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "161"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "240"), AP_OK);
    assert_int_equal(ap_asterix_columns_learn(columns, spec), AP_OK);
    ap_asterix_columns_head(columns, &writer);
    ap_write_u8(&writer, '\n');
    assert_int_equal(ap_asterix_columns_row(columns, spec, plot, sizeof plot, &writer), AP_OK);
    /* Of an edition that was not learnt before: the same columns. */
    ap_write_u8(&writer, '\n');
    const ap_asterix_spec *older = ap_asterix_spec_find(48, "1.27");
    assert_int_equal(ap_asterix_columns_row(columns, older, plot, sizeof plot, &writer), AP_OK);
    text[writer.size] = '\0';
    assert_string_equal((char *)text, ",I048/040/RHO_nmi,I048/040/THETA_deg,I048/161/TRN,I048/240\n"
                                      ",128.0,90.0,,ABC123  \n,128.0,90.0,,ABC123  ");
    while (columns->choice_count < AP_ASTERIX_CHOICE_CAP)
        assert_int_equal(ap_asterix_columns_choose(columns, 48, "040"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "040"), AP_ERR_FULL);
    columns->plan_count = AP_ASTERIX_PLAN_CAP;
    const ap_asterix_spec *another = ap_asterix_spec_find(48, "1.28");
    assert_int_equal(ap_asterix_columns_learn(columns, another), AP_ERR_FULL);
    assert_int_equal(ap_asterix_columns_row(columns, another, plot, sizeof plot, &writer),
                     AP_ERR_FULL);
    free(columns);
}

/* ---- probe ---- */

static void test_probe_wants_plausible_records(void **state)
{
    (void)state;
    /* CAT034: time of day of 30 h; CAT048: characters outside the alphabet; unused bits. */
    static const struct {
        uint8_t category;
        uint8_t record[32];
        size_t size;
        double plausible_share;
    } cases[] = {
        { 34, { MARKER }, 7, 1 },
        { 34, { 0xE0, 25, 201, 1, 0xD2, 0xF0, 0x00 }, 7, 0 },
        { 34, { 0x60, 1, 0x07, 0x08, 0x00 }, 5, 0 }, /* without a source */
        { 48, { 0x81, 0x40, 25, 201, 0, 0, 0, 0, 0, 0 }, 10, 0 },
        { 48, { 0x88, 25, 201, 0x1F, 0xC0 }, 5, 0 },
        { 48, { 0x88, 25, 201, 0x0F, 0xC0 }, 5, 1 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ap_asterix_probe probe;
        ap_asterix_probed answer;
        ap_asterix_probe_init(&probe, cases[k].category);
        for (int n = 0; n < 8; n++)
            ap_asterix_probe_block(&probe, cases[k].record, cases[k].size);
        assert_int_equal(ap_asterix_probe_best(&probe, &answer), AP_OK);
        assert_true(answer.plausible_share == cases[k].plausible_share);
        assert_true(answer.fit_share == 1.0);
        assert_true(answer.sure == cases[k].plausible_share * 0.8); /* 8 blocks of 10 */
    }
}

/* What 0.26 means by its bits is no record of 2.x in most blocks. */
static void test_probe_tells_families_apart(void **state)
{
    (void)state;
    ap_asterix_probe probe;
    ap_asterix_probed answer;
    ap_asterix_probe_init(&probe, 21);
    for (uint8_t n = 0; n < 18; n++) {
        const uint8_t record[] = { 0xF8, 25,   7,    0x42, 0x20, 0x54, 0x60, n,    0x00, 0x80,
                                   0x00, 0x00, 0xFF, 0x00, 0x00, n,    0x40, 0x62, n };
        ap_asterix_probe_block(&probe, record, sizeof record);
    }
    assert_int_equal(ap_asterix_probe_best(&probe, &answer), AP_OK);
    assert_string_equal(ap_asterix_spec_edition(answer.spec), "0.26");
    assert_string_equal(ap_asterix_spec_edition(answer.oldest), "0.24");
    assert_true(answer.sure > 0.85 && answer.sure <= 0.9); /* 18 blocks of 20 */
}

int main(void)
{
    ap_asterix_editions_default(&editions);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor_gives_every_record),
        cmocka_unit_test(test_cursor_tells_faults),
        cmocka_unit_test(test_editions_by_source),
        cmocka_unit_test(test_editions_are_heard),
        cmocka_unit_test(test_text_names_values_and_units),
        cmocka_unit_test(test_json_expands_what_fits),
        cmocka_unit_test(test_columns_hold_chosen_values),
        cmocka_unit_test(test_probe_wants_plausible_records),
        cmocka_unit_test(test_probe_tells_families_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
