#include "wire/framing/framing_check.h"

static run *run_text(const char *text)
{
    return run_any_cut(AP_FORMAT_JSONL, (const uint8_t *)text, strlen(text));
}

static const uint8_t long_frame[14] = { 0x8C, 0x34, 0x61, 0xCE, 0x39, 0x9E, 0x40,
                                        0x58, 0x6B, 0x4E, 0xE4, 0x93, 0x22, 0x41 };

static void test_next_lines(void **state)
{
    (void)state;
    run *r =
        run_text("{\"timestamp\":1717664319.147975,\"frame\":\"8c3461ce399e40586b4ee4932241\","
                 "\"df\":\"17\",\"icao24\":\"3461ce\"}\r\n\n"
                 "{\"frame\": \"5D4D20237A55A6\", \"time_s\": 1.000000001, \"synthetic\": false,"
                 " \"metadata\": [{\"rssi\": -6.0206, \"serial\": 77}, {\"rssi\": -50}]}\n"
                 "{\"rawmsg\":\"5d4d20237a55a6\",\"synthetic\":true,\"mintime\":5}");
    assert_int_equal(r->format, AP_FORMAT_JSONL);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_UTC);
    assert_int_equal(r->frame[0].time_ns, INT64_C(1717664319147975000));
    assert_int_equal(r->frame[0].size, 14);
    assert_memory_equal(r->frame[0].data, long_frame, 14);
    assert_false(r->frame[0].has_signal);
    assert_int_equal(r->frame[1].size, 7);
    assert_int_equal(r->frame[1].time_ns, 1000000001);
    assert_true(r->frame[1].has_signal);
    assert_int_equal(r->frame[1].signal, 127); /* half of full scale: 127.5 less a little */
    assert_int_equal(r->frame[1].receiver, 77);
    assert_true(r->frame[2].synthetic && r->frame[2].multilaterated);
    assert_int_equal(r->frame[2].time_kind, AP_FRAME_TIME_NONE);
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    free(r);
}

static void test_next_bad_lines(void **state)
{
    (void)state;
    char *text = calloc(1, 40000);
    assert_non_null(text);
    strcpy(text, "{\"frame\":\"5d4d20237a55a6\"}\n"
                 "{\"frame\":\"5d4d20237a55\"}\n"     /* no size of a frame */
                 "{\"frame\":\"7700\"}\n"             /* Mode A/C */
                 "{\"frame\":\"5d4d20237a55a6\"} x\n" /* something behind it */
                 "[\"5d4d20237a55a6\"]\n"
                 "{\"timestamp\":1e99,\"frame\":\"5d4d20237a55a6\"}\n");
    size_t size = strlen(text);
    memset(text + size, 'x', 30000);
    strcpy(text + size + 30000, "\n{\"frame\":\"5d4d20237a55a6\"}\n{\"frame\":\"5d4d");
    run *r = run_text(text);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->frame[1].time_kind, AP_FRAME_TIME_NONE);
    assert_int_equal(r->refused.count[AP_REFUSED_SYNTAX], 4); /* the last one: cut */
    assert_int_equal(r->refused.count[AP_REFUSED_MODE_AC], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_OVERSIZE], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 25 + 29 + 19 + 30001 + 14);
    assert_int_equal(ap_refusals_total(&r->refused), 6);
    free(r);
    free(text);
}

static void test_score_needs_a_frame(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"now\":1,\"aircraft\":[]}", "{\"hex\":\"4840d6\"}", "{",
        "{\"cat\":48,\"hex\":\"910019c9412f40\"}\n", /* records of ASTERIX, as decode writes them */
        "{\"hex\":\"910019c9412f40\",\"cat\":48}\n"
    };
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
        run *r = run_make(AP_FORMAT_AUTO, (const uint8_t *)texts[k], strlen(texts[k]), 1);
        assert_int_not_equal(r->format, AP_FORMAT_JSONL);
        free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_lines),
        cmocka_unit_test(test_next_bad_lines),
        cmocka_unit_test(test_score_needs_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
