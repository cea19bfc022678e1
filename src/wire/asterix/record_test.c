#include "airpicture/asterix.h"

#include "wire/asterix/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Octets of a hex text, blanks skipped, in memory of exactly their size: an overread is seen. */
typedef struct octets {
    uint8_t *data;
    size_t size;
} octets;

static octets octets_of(const char *hex)
{
    octets result = { malloc(strlen(hex) / 2 + 1), 0 };
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        char pair[3] = { hex[0], hex[1], '\0' };
        result.data[result.size++] = (uint8_t)strtoul(pair, NULL, 16);
        hex++;
    }
    uint8_t *exact = malloc(result.size ? result.size : 1);
    memcpy(exact, result.data, result.size);
    free(result.data);
    result.data = exact;
    return result;
}

static char *json_of(uint8_t category, const char *hex)
{
    static char text[4096];
    octets record = octets_of(hex);
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    assert_int_equal(
        ap_asterix_json(ap_asterix_spec_find(category, NULL), record.data, record.size, &writer),
        AP_OK);
    text[writer.size] = '\0';
    free(record.data);
    return text;
}

/* ---- walk ---- */

static void test_walk_sizes(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *hex;
        size_t size;
    } cases[] = {
        { 48, "80 0102", 3 },
        { 48, "80 0102 80 0304", 3 },       /* the second record is not touched */
        { 48, "8100 0102", 4 },             /* FSPEC longer than it need be */
        { 48, "20 03030303 02", 6 },        /* I020: five octets */
        { 48, "20 0303030303 0101 00", 9 }, /* two octets more than are known */
        { 48, "0120 00", 3 },               /* I250 with no repetition */
        { 48, "0120 01 0000000000000040", 11 },
        { 48, "010140 030500", 6 }, /* I030: three octets */
        { 48, "01010102 01", 5 },   /* RE: no content */
        { 48, "01010102 03 aabb", 7 },
        { 48, "02 00", 2 }, /* I130: no sub-item */
        { 48, "02 80 11", 3 },
        { 2, "0102 02 01 0a0b 02 00", 8 }, /* RFS: items 1 and 2 */
        { 2, "0102 00", 3 },
        { 1, "40 80", 2 },
        { 1, "E0 0102 80 0304", 6 },     /* track: third is I161 */
        { 1, "E0 0102 00 03040506", 8 }, /* plot: third is I040 */
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        octets record = octets_of(cases[k].hex);
        size_t size = 0;
        ap_asterix_fault fault;
        const ap_asterix_spec *spec = ap_asterix_spec_find(cases[k].category, NULL);
        if (ap_asterix_walk(spec, record.data, record.size, &size, &fault))
            print_message("%s: %s %s\n", cases[k].hex, ap_refusal_key(fault.reason), fault.item);
        assert_int_equal(size, cases[k].size);
        free(record.data);
    }
}

static void test_walk_faults(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *hex;
        ap_refusal reason;
        const char *item;
    } cases[] = {
        { 48, "", AP_REFUSED_RECORD_OVERRUN, "" },
        { 48, "00", AP_REFUSED_FSPEC, "" }, /* no item */
        { 48, "010100", AP_REFUSED_FSPEC, "" },
        { 48, "8181", AP_REFUSED_RECORD_OVERRUN, "" }, /* FSPEC cut off */
        { 48, "0101010180", AP_REFUSED_FSPEC, "" },    /* five octets for 28 items */
        { 62, "40", AP_REFUSED_FSPEC, "" },            /* second place is unused */
        { 21, "0101010101012000", AP_REFUSED_FSPEC, "" },
        { 48, "80 01", AP_REFUSED_RECORD_OVERRUN, "010" },
        { 48, "C0 0102 0304", AP_REFUSED_RECORD_OVERRUN, "140" },
        { 48, "20", AP_REFUSED_RECORD_OVERRUN, "020" },
        { 48, "20 01", AP_REFUSED_RECORD_OVERRUN, "020" },
        { 48, "20 0101010101", AP_REFUSED_RECORD_OVERRUN, "020" },
        { 48, "0120", AP_REFUSED_RECORD_OVERRUN, "250" },
        { 48, "0120 02 0000000000000000 00", AP_REFUSED_RECORD_OVERRUN, "250" },
        { 48, "010140 0101", AP_REFUSED_RECORD_OVERRUN, "030" },
        { 48, "01010102 00", AP_REFUSED_ITEM, "RE" },
        { 48, "01010102", AP_REFUSED_RECORD_OVERRUN, "RE" },
        { 48, "01010104 05 0102", AP_REFUSED_RECORD_OVERRUN, "SP" },
        { 48, "02", AP_REFUSED_RECORD_OVERRUN, "130" },
        { 48, "02 80", AP_REFUSED_RECORD_OVERRUN, "130" },
        { 48, "02 0100", AP_REFUSED_ITEM, "130" },      /* 7 sub-items need one octet */
        { 48, "010104 20 00", AP_REFUSED_ITEM, "120" }, /* sub-item 3 of 2 */
        { 20, "010108 10 00", AP_REFUSED_ITEM, "500" }, /* sub-item 4 of 3 */
        { 34, "04 40 00", AP_REFUSED_ITEM, "050" },     /* sub-item 2 is unused */
        { 2, "0102", AP_REFUSED_ITEM, "RFS" },
        { 2, "0102 01 0f", AP_REFUSED_ITEM, "RFS" }, /* place 15 of 14 */
        { 2, "0102 01 0e", AP_REFUSED_ITEM, "RFS" }, /* itself */
        { 2, "0102 01 00", AP_REFUSED_ITEM, "RFS" },
        { 1, "40", AP_REFUSED_RECORD_OVERRUN, "020" },
        { 1, "40 81", AP_REFUSED_RECORD_OVERRUN, "020" },
        { 1, "01010140", AP_REFUSED_FSPEC, "" },       /* place 23 of 21 or 22 */
        { 1, "41010180 00 00", AP_REFUSED_FSPEC, "" }, /* I150 at place 22: not in a plot */
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        octets record = octets_of(cases[k].hex);
        size_t size = 77;
        ap_asterix_fault fault = { 0 };
        const ap_asterix_spec *spec = ap_asterix_spec_find(cases[k].category, NULL);
        ap_err err = ap_asterix_walk(spec, record.data, record.size, &size, &fault);
        if (err == AP_OK || fault.reason != cases[k].reason ||
            strcmp(fault.item, cases[k].item) != 0)
            print_message("%u %s: %s %s\n", cases[k].category, cases[k].hex,
                          ap_refusal_key(fault.reason), fault.item);
        assert_int_equal(err, AP_ERR_MALFORMED);
        assert_int_equal(fault.reason, cases[k].reason);
        assert_string_equal(fault.item, cases[k].item);
        assert_int_equal(fault.offset, 0);
        assert_int_equal(fault.record, 0);
        assert_int_equal(size, 77);
        free(record.data);
    }
}

/* An extended item of 255 octets is the longest there may be. */
static void test_walk_longest_extended(void **state)
{
    (void)state;
    uint8_t record[300];
    memset(record, 0x01, sizeof record);
    record[0] = 0x20;
    record[255] = 0x00;
    size_t size = 0;
    ap_asterix_fault fault;
    const ap_asterix_spec *spec = ap_asterix_spec_find(48, NULL);
    assert_int_equal(ap_asterix_walk(spec, record, sizeof record, &size, &fault), AP_OK);
    assert_int_equal(size, 256);
    record[255] = 0x01;
    assert_int_equal(ap_asterix_walk(spec, record, sizeof record, &size, &fault), AP_ERR_MALFORMED);
    assert_int_equal(fault.reason, AP_REFUSED_ITEM);
}

static void test_bits_at_positions(void **state)
{
    (void)state;
    static const uint8_t octets9[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x5A };
    assert_int_equal(ap_asterix_bits_at(octets9, 0, 8), 0x01);
    assert_int_equal(ap_asterix_bits_at(octets9, 7, 1), 1);
    assert_int_equal(ap_asterix_bits_at(octets9, 4, 8), 0x12);
    assert_int_equal(ap_asterix_bits_at(octets9, 12, 24), 0x345678);
    assert_true(ap_asterix_bits_at(octets9, 0, 64) == UINT64_C(0x0123456789ABCDEF));
    assert_true(ap_asterix_bits_at(octets9, 4, 64) == UINT64_C(0x123456789ABCDEF5));
    assert_true(ap_asterix_bits_at(octets9, 7, 58) == UINT64_C(0x2468ACF13579BDE));
    assert_true(ap_asterix_bits_at(octets9, 7, 64) == UINT64_C(0x91A2B3C4D5E6F7AD));
}

/* ---- look ---- */

static void test_look_inherits_source(void **state)
{
    (void)state;
    const ap_asterix_spec *spec = ap_asterix_spec_find(1, NULL);
    octets first = octets_of("C2 1482 00 1234"), second = octets_of("42 00 1235");
    ap_asterix_inherited inherited = { 0 };
    ap_asterix_glance glance;
    assert_int_equal(ap_asterix_look(spec, second.data, second.size, &inherited, &glance), AP_OK);
    assert_false(glance.has_source);
    assert_int_equal(ap_asterix_look(spec, first.data, first.size, &inherited, &glance), AP_OK);
    assert_true(glance.has_source && glance.has_tod_512 && !glance.has_tod);
    assert_int_equal(glance.sac, 0x14);
    assert_int_equal(glance.sic, 0x82);
    assert_int_equal(glance.tod_512_128th_s, 0x1234);
    assert_int_equal(ap_asterix_look(spec, second.data, second.size, &inherited, &glance), AP_OK);
    assert_true(glance.has_source);
    assert_int_equal(glance.sic, 0x82);
    assert_int_equal(glance.tod_512_128th_s, 0x1235);
    free(first.data);
    free(second.data);
}

static void test_look_best_time(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *hex;
        bool has_tod;
        uint32_t tod;
    } cases[] = {
        { 48, "C0 0102 000080", true, 0x80 },
        { 48, "80 0102", false, 0 },
        { 34, "A0 0102 A8BFFF", true, 0xA8BFFF },
        { 62, "90 0102 000101", true, 0x101 },
        /* CAT021: applicability (FRN 5) before reception (FRN 12) before transmission (FRN 28) */
        { 21, "8908 0102 000001 000002", true, 1 },
        { 21, "81090102 0102 000002 000003", true, 2 },
        { 21, "81010102 0102 000003", true, 3 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        octets record = octets_of(cases[k].hex);
        ap_asterix_inherited inherited = { 0 };
        ap_asterix_glance glance;
        assert_int_equal(ap_asterix_look(ap_asterix_spec_find(cases[k].category, NULL), record.data,
                                         record.size, &inherited, &glance),
                         AP_OK);
        assert_int_equal(glance.has_tod, cases[k].has_tod);
        assert_int_equal(glance.tod_128th_s, cases[k].tod);
        assert_false(glance.has_tod_512);
        free(record.data);
    }
}

static void test_look_at_broken_records(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *hex;
    } cases[] = {
        { 48, "8181" },       /* no end of the field specification */
        { 48, "C0 0102 00" }, /* cut in its time */
        { 34, "01" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        octets record = octets_of(cases[k].hex);
        ap_asterix_inherited inherited = { 0 };
        ap_asterix_glance glance;
        assert_int_equal(ap_asterix_look(ap_asterix_spec_find(cases[k].category, NULL), record.data,
                                         record.size, &inherited, &glance),
                         AP_ERR_MALFORMED);
        free(record.data);
    }
}

/* CAT150 knows neither SAC and SIC nor a time. */
static void test_look_finds_nothing_where_nothing_is(void **state)
{
    (void)state;
    octets record = octets_of("20 01");
    ap_asterix_inherited inherited = { 0 };
    ap_asterix_glance glance;
    assert_int_equal(ap_asterix_look(ap_asterix_spec_find(150, NULL), record.data, record.size,
                                     &inherited, &glance),
                     AP_OK);
    assert_false(glance.has_source || glance.has_tod || glance.has_tod_512);
    free(record.data);
}

/* ---- blocks ---- */

static void test_block_next_lengths(void **state)
{
    (void)state;
    octets bytes = octets_of("300006 800102 220005 0000 30");
    ap_reader reader = ap_reader_of(bytes.data, bytes.size);
    ap_asterix_block block;
    assert_int_equal(ap_asterix_block_next(&reader, &block), AP_OK);
    assert_int_equal(block.category, 48);
    assert_int_equal(block.size, 3);
    assert_ptr_equal(block.data, bytes.data + 3);
    assert_int_equal(ap_asterix_block_next(&reader, &block), AP_OK);
    assert_int_equal(block.category, 34);
    assert_int_equal(ap_asterix_block_next(&reader, &block), AP_ERR_TRUNCATED);
    assert_int_equal(reader.at, 11);
    reader = ap_reader_of(bytes.data, 6);
    assert_int_equal(ap_asterix_block_next(&reader, &block), AP_OK);
    assert_int_equal(ap_asterix_block_next(&reader, &block), AP_ERR_END);
    free(bytes.data);
    for (int length = 0; length < 4; length++) {
        uint8_t head[4] = { 48, 0, (uint8_t)length, 0x80 };
        reader = ap_reader_of(head, sizeof head);
        assert_int_equal(ap_asterix_block_next(&reader, &block), AP_ERR_MALFORMED);
        assert_int_equal(reader.at, 0);
    }
}

static void test_block_proves_only_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool proves;
    } cases[] = {
        { "300006 800102", true },      { "300009 800102 800304", true },
        { "300006 800102 ffff", true }, /* what follows is another matter */
        { "300007 800102", false },     /* longer than the buffer */
        { "300005 8001 02", false },    /* the record runs past the block */
        { "300007 800102 00", false },  /* nothing walks to the end */
        { "C80006 800102", false },     /* no definition */
        { "300003 800102", false },     { "3000", false },
    };
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        octets bytes = octets_of(cases[k].hex);
        assert_int_equal(ap_asterix_block_proves(&editions, bytes.data, bytes.size),
                         cases[k].proves);
        free(bytes.data);
    }
}

static void test_block_open_close(void **state)
{
    (void)state;
    static uint8_t bytes[70000], blanks[65532];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    ap_write_u8(&writer, 0xFF);
    size_t offset = ap_asterix_block_open(&writer, 62);
    ap_write_u16(&writer, 0x1234);
    assert_int_equal(ap_asterix_block_close(&writer, offset), AP_OK);
    static const uint8_t expected[] = { 0xFF, 62, 0, 5, 0x12, 0x34 };
    assert_int_equal(writer.size, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    offset = ap_asterix_block_open(&writer, 62);
    ap_write_bytes(&writer, blanks, sizeof blanks);
    assert_int_equal(ap_asterix_block_close(&writer, offset), AP_OK);
    ap_write_u8(&writer, 0);
    assert_int_equal(ap_asterix_block_close(&writer, offset), AP_ERR_RANGE);
    writer = ap_writer_of(bytes, 2);
    offset = ap_asterix_block_open(&writer, 62);
    assert_int_equal(ap_asterix_block_close(&writer, offset), AP_ERR_FULL);
}

/* ---- definitions ---- */

static void test_spec_find_editions(void **state)
{
    (void)state;
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    assert_null(editions.category[200]);
    assert_null(ap_asterix_spec_find(200, NULL));
    assert_null(ap_asterix_spec_find(48, "9.9"));
    assert_ptr_equal(ap_asterix_spec_find(48, NULL), editions.category[48]);
    assert_ptr_equal(ap_asterix_spec_find(48, "1.32"), editions.category[48]);
    assert_string_equal(ap_asterix_spec_edition(editions.category[21]), "2.7");
    assert_string_equal(ap_asterix_spec_edition(ap_asterix_spec_find(21, "2.1")), "2.1");
    assert_int_equal(ap_asterix_spec_category(editions.category[21]), 21);
}

/* ---- JSON ---- */

static void test_json_cases(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *hex, *json;
    } cases[] = {
        { 48, "80 0102", "{\"010\": {\"SAC\": 1, \"SIC\": 2}}" },
        /* 0x00FF00 / 128 = 510 */
        { 48, "C0 0102 00FF00", "{\"010\": {\"SAC\": 1, \"SIC\": 2}, \"140\": 510.0}" },
        /* 0x0140 / 256 = 1.25; 0x4000 = a quarter turn */
        { 48, "10 0140 4000", "{\"040\": {\"RHO\": 1.25, \"THETA\": 90.0}}" },
        { 48, "08 0FFF", "{\"070\": {\"V\": 0, \"G\": 0, \"L\": 0, \"MODE3A\": \"7777\"}}" },
        /* 14 bits signed: -1 / 4 */
        { 48, "04 BFFF", "{\"090\": {\"V\": 1, \"G\": 0, \"FL\": -0.25}}" },
        { 48, "0120 00", "{\"250\": []}" },
        { 48, "0120 01 01020304050607 40",
          "{\"250\": [{\"MBDATA\": 283686952306183, \"BDS1\": 4, \"BDS2\": 0}]}" },
        { 48, "010140 0502", "{\"030\": [2, 1]}" },
        { 48, "01010102 03 AbCd", "{\"RE\": {\"raw\": \"abcd\"}}" },
        { 48, "01010102 01", "{\"RE\": {\"raw\": \"\"}}" },
        { 48, "02 00", "{\"130\": {}}" },
        { 48, "02 A0 10 FF", "{\"130\": {\"SRL\": 0.703125, \"SAM\": -1.0}}" },
        { 48, "0140 0420D8671C80", "{\"240\": \"ABCXY12?\"}" },
        { 34, "40 02", "{\"000\": 2}" },
        /* the step of AS depends on IM */
        { 21, "0140 4000", "{\"150\": {\"IM\": 0, \"AS\": 1.0}}" },
        { 21, "0140 8320", "{\"150\": {\"IM\": 1, \"AS\": 0.8}}" },
        { 2, "0102 01 02 05", "{\"RFS\": {\"raw\": \"010205\"}}" },
        { 62, "010102 80 4049", "{\"390\": {\"TAG\": {\"SAC\": 64, \"SIC\": 73}}}" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        assert_string_equal(json_of(cases[k].category, cases[k].hex), cases[k].json);
}

static void test_json_full(void **state)
{
    (void)state;
    octets record = octets_of("80 0102");
    uint8_t text[64];
    const ap_asterix_spec *spec = ap_asterix_spec_find(48, NULL);
    size_t needed = strlen("{\"010\": {\"SAC\": 1, \"SIC\": 2}}");
    ap_writer writer = ap_writer_of(text, needed - 1);
    assert_int_equal(ap_asterix_json(spec, record.data, record.size, &writer), AP_ERR_FULL);
    assert_true(writer.bad);
    writer = ap_writer_of(text, needed);
    assert_int_equal(ap_asterix_json(spec, record.data, record.size, &writer), AP_OK);
    free(record.data);
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

static void test_icao6_both_ways(void **state)
{
    (void)state;
    char text[9];
    /* A = 1, B = 2, ... Z = 26, blank = 32, 0..9 = 48..57 */
    uint64_t raw = UINT64_C(1) << 42 | UINT64_C(26) << 36 | UINT64_C(48) << 30 |
                   UINT64_C(57) << 24 | UINT64_C(32) << 18 | UINT64_C(32) << 12 |
                   UINT64_C(32) << 6 | UINT64_C(32);
    ap_asterix_icao6_text(raw, text);
    assert_string_equal(text, "AZ09    ");
    assert_true(ap_asterix_icao6_raw("AZ09    ") == raw);
    assert_true(ap_asterix_icao6_raw("AZ09") == raw);
    assert_true(ap_asterix_icao6_raw("AZ09-!az") == raw);
    assert_true(ap_asterix_icao6_raw("AZ09    MORE") == raw);
    ap_asterix_icao6_text(0, text);
    assert_string_equal(text, "????????");
    ap_asterix_icao6_text(UINT64_C(0xFFFF000000000000) | raw, text);
    assert_string_equal(text, "AZ09    ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk_sizes),
        cmocka_unit_test(test_walk_faults),
        cmocka_unit_test(test_walk_longest_extended),
        cmocka_unit_test(test_bits_at_positions),
        cmocka_unit_test(test_look_inherits_source),
        cmocka_unit_test(test_look_best_time),
        cmocka_unit_test(test_look_at_broken_records),
        cmocka_unit_test(test_look_finds_nothing_where_nothing_is),
        cmocka_unit_test(test_block_next_lengths),
        cmocka_unit_test(test_block_proves_only_blocks),
        cmocka_unit_test(test_block_open_close),
        cmocka_unit_test(test_spec_find_editions),
        cmocka_unit_test(test_json_cases),
        cmocka_unit_test(test_json_full),
        cmocka_unit_test(test_json_expands_what_fits),
        cmocka_unit_test(test_icao6_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
