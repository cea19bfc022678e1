#include "app/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { TEXT_CAP = AP_DECODE_TEXT_CAP };

static ap_asterix_editions editions;
static uint8_t text_bytes[TEXT_CAP];
static ap_refusals refused;

/* Two CAT034 markers in one block: 25/201 at 01:00:00 and 01:00:01. */
static const uint8_t markers[] = { 34, 0,    17, 0xE0, 25, 201,  1,    0x07, 0x08,
                                   0,  0xE0, 25, 201,  1,  0x07, 0x08, 0x80 };

static ap_decoder *decoder_of(ap_decode_form form, ap_writer *text)
{
    ap_decoder *decoder = calloc(1, sizeof *decoder);
    *text = ap_writer_of(text_bytes, TEXT_CAP - 1);
    decoder->form = form;
    decoder->editions = &editions;
    decoder->text = text;
    refused = (ap_refusals){ 0 };
    decoder->refused = &refused;
    return decoder;
}

static void take(ap_decoder *decoder, const uint8_t *data, size_t size)
{
    ap_frame frame = { .kind = AP_FRAME_ASTERIX,
                       .time_kind = AP_FRAME_TIME_UTC,
                       .time_ns = INT64_C(1393332226414938000),
                       .data = data,
                       .size = size };
    assert_int_equal(ap_decoder_take(decoder, 0, &frame, frame.time_ns), AP_OK);
    decoder->text->data[decoder->text->size] = '\0';
}

static void test_decoder_json_lines(void **state)
{
    (void)state;
    ap_writer text;
    ap_decoder *decoder = decoder_of(AP_DECODE_JSONL, &text);
    take(decoder, markers, sizeof markers);
    assert_string_equal((char *)text.data,
                        "{\"cat\": 34, \"ed\": \"1.29\", \"ts\": 1393332226.414938, \"hex\": "
                        "\"e019c901070800\", \"rec\": {\"010\": {\"SAC\": 25, \"SIC\": 201}, "
                        "\"000\": 1, \"030\": 3600.0}}\n"
                        "{\"cat\": 34, \"ed\": \"1.29\", \"ts\": 1393332226.414938, \"hex\": "
                        "\"e019c901070880\", \"rec\": {\"010\": {\"SAC\": 25, \"SIC\": 201}, "
                        "\"000\": 1, \"030\": 3601.0}}\n");
    free(decoder);
}

static void test_decoder_csv_quotes_json(void **state)
{
    (void)state;
    ap_writer text;
    ap_decoder *decoder = decoder_of(AP_DECODE_CSV, &text);
    take(decoder, markers, sizeof markers);
    char *row = strstr((char *)text.data, "\r\n");
    assert_non_null(row);
    assert_memory_equal(
        row + 2, "34,1.29,1393332226.414938,25,201,3600.0,e019c901070800,\"{\"\"010\"\":",
        strlen("34,1.29,1393332226.414938,25,201,3600.0,e019c901070800,\"{\"\"010\"\":"));
    free(decoder);
}

/* A cut record costs itself, a foreign category nothing of what follows; both are counted. */
static void test_decoder_counts_what_it_refuses(void **state)
{
    (void)state;
    uint8_t bytes[64];
    ap_writer out = ap_writer_of(bytes, sizeof bytes);
    static const uint8_t foreign[] = { 200, 0, 5, 1, 2 };
    static const uint8_t cut[] = { 34, 0, 8, 0xE0, 25, 201, 1, 0x07 };
    ap_write_bytes(&out, foreign, sizeof foreign);
    ap_write_bytes(&out, cut, sizeof cut);
    ap_write_bytes(&out, markers, sizeof markers);
    ap_writer text;
    ap_decoder *decoder = decoder_of(AP_DECODE_SUMMARY, &text);
    take(decoder, bytes, out.size);
    assert_int_equal(decoder->record_count, 2);
    assert_int_equal(decoder->block_count, 1);
    assert_int_equal(refused.count[AP_REFUSED_CATEGORY], 1);
    assert_int_equal(refused.count[AP_REFUSED_RECORD_OVERRUN], 1);
    ap_decoder_summary(decoder, &text);
    text.data[text.size] = '\0';
    assert_non_null(strstr((char *)text.data, "CAT034  25/201    2           14"));
    assert_non_null(strstr((char *)text.data, "01:00:00 - 01:00:01"));
    assert_non_null(strstr((char *)text.data, "2 records in 1 block\n"));
    free(decoder);
}

/* I001/141 counts to 512 s: completed near the receive time, else near the last full time of the
 * same radar, else left as it is. */
static void test_decoder_completes_truncated_times(void **state)
{
    (void)state;
    /* plots of 25/201 and 25/202 5 s after the count began anew; a north mark at 10:00:00 */
    static const uint8_t plot[] = { 1, 0, 9, 0xC2, 25, 201, 0x00, 0x02, 0x80 };
    static const uint8_t other[] = { 1, 0, 9, 0xC2, 25, 202, 0x00, 0x02, 0x80 };
    static const uint8_t mark[] = { 2, 0, 10, 0xD0, 25, 201, 1, 0x46, 0x50, 0x00 };
    static const struct {
        ap_frame_time kind;
        int64_t time_s;
        const uint8_t *data;
        size_t size;
        const char *row;
    } cases[] = {
        { AP_FRAME_TIME_NONE, 0, plot, sizeof plot, ",25,201,," },
        { AP_FRAME_TIME_NONE, 0, mark, sizeof mark, ",25,201,36000.0," },
        { AP_FRAME_TIME_NONE, 0, plot, sizeof plot, ",25,201,35845.0," }, /* 70 * 512 + 5 */
        { AP_FRAME_TIME_NONE, 0, other, sizeof other, ",25,202,," },
        { AP_FRAME_TIME_UTC, 86400 + 5120, other, sizeof other, ",25,202,5125.0," },
        { AP_FRAME_TIME_DAY, 5119, plot, sizeof plot, ",25,201,5125.0," },
        { AP_FRAME_TIME_DAY, 86399, plot, sizeof plot, ",25,201,5.0," }, /* anew at midnight */
    };
    ap_writer text;
    ap_decoder *decoder = decoder_of(AP_DECODE_CSV, &text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_frame frame = { .kind = AP_FRAME_ASTERIX,
                           .time_kind = cases[i].kind,
                           .time_ns = cases[i].time_s * AP_NS_PER_S,
                           .data = cases[i].data,
                           .size = cases[i].size };
        size_t from = text.size;
        assert_int_equal(ap_decoder_take(decoder, 0, &frame, frame.time_ns), AP_OK);
        text.data[text.size] = '\0';
        assert_non_null(strstr((char *)text.data + from, cases[i].row));
    }
    free(decoder);
}

/* Every source has a line of its own until the table is full; what has none is told. */
static void test_decoder_counts_many_sources(void **state)
{
    (void)state;
    enum { SOURCES = AP_DECODE_ROW_CAP + 10, ROUNDS = 3 };
    static const uint8_t no_source[] = { 34, 0, 5, 0x40, 1 };
    ap_writer text;
    ap_decoder *decoder = decoder_of(AP_DECODE_SUMMARY, &text);
    take(decoder, no_source, sizeof no_source);
    for (unsigned i = 0; i < ROUNDS * SOURCES; i++) {
        uint8_t source[2] = { (uint8_t)(i % SOURCES >> 8), (uint8_t)(i % SOURCES) };
        uint8_t block[] = { 34, 0, 6, 0x80, source[0], source[1] };
        take(decoder, block, sizeof block);
    }
    assert_int_equal(decoder->row_count, AP_DECODE_ROW_CAP);
    assert_int_equal(decoder->row[0].record_count, 1);
    for (unsigned i = 1; i < AP_DECODE_ROW_CAP; i++) {
        assert_int_equal(decoder->row[i].record_count, ROUNDS);
        assert_int_equal(decoder->row[i].key.sac << 8 | decoder->row[i].key.sic, (int)i - 1);
    }
    ap_decoder_summary(decoder, &text);
    text.data[text.size] = '\0';
    assert_non_null(strstr((char *)text.data, "\n33 of them from further sources,"));
    free(decoder);
}

/* The longest block, of one record that repeats the code with the longest meaning. */
static void test_decoder_text_of_the_longest_record(void **state)
{
    (void)state;
    static const uint8_t head[] = { 48, 0xFF, 0xFF, 0x81, 0x01, 0x40, 25, 201 };
    static const uint8_t extraction_limit = 26 << 1; /* I048/030, its FX clear */
    static uint8_t block[AP_ASTERIX_BLOCK_SIZE_MAX];
    memset(block, extraction_limit | 1, sizeof block);
    memcpy(block, head, sizeof head);
    block[sizeof block - 1] = extraction_limit;
    ap_writer text;
    ap_decoder *decoder = decoder_of(AP_DECODE_TEXT, &text);
    decoder->with_raw = true;
    take(decoder, block, sizeof block);
    assert_non_null(strstr((char *)text.data, "        65527 of 65527\n"
                                              "            value: 26 ("));
    free(decoder);
}

static void test_decoder_one_table_a_csv(void **state)
{
    (void)state;
    ap_writer text;
    ap_decoder *decoder = decoder_of(AP_DECODE_CSV, &text);
    take(decoder, markers, sizeof markers);
    static const uint8_t squitter[14] = { 0x8d };
    ap_frame frame = { .kind = AP_FRAME_MODES, .data = squitter, .size = sizeof squitter };
    assert_int_equal(ap_decoder_take(decoder, 0, &frame, 0), AP_ERR_CONFIG);
    free(decoder);
}

int main(void)
{
    ap_asterix_editions_default(&editions);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoder_json_lines),
        cmocka_unit_test(test_decoder_csv_quotes_json),
        cmocka_unit_test(test_decoder_counts_what_it_refuses),
        cmocka_unit_test(test_decoder_completes_truncated_times),
        cmocka_unit_test(test_decoder_counts_many_sources),
        cmocka_unit_test(test_decoder_text_of_the_longest_record),
        cmocka_unit_test(test_decoder_one_table_a_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
