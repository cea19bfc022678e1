#include "wire/framing/framing_check.h"

static run *run_text(const char *text)
{
    return run_any_cut(AP_FORMAT_AVR, (const uint8_t *)text, strlen(text));
}

static const uint8_t long_frame[14] = { 0x8D, 0x48, 0x40, 0xD6, 0x20, 0x2C, 0xC3,
                                        0x71, 0xC3, 0x2C, 0xE0, 0x57, 0x60, 0x98 };
static const uint8_t short_frame[7] = { 0x5D, 0x4D, 0x20, 0x23, 0x7A, 0x55, 0xA6 };

static void test_next_messages(void **state)
{
    (void)state;
    run *r = run_text("*8d4840d6202cc371c32ce0576098;\r\n"
                      "*5D4D20237A55A6;*5d4d20237a55a6;\n"
                      "@0123456789AB8D4840D6202CC371C32CE0576098;\n"
                      "<00000000000a7f5D4D20237A55A6;\n"
                      "*7700;\n");
    assert_int_equal(r->count, 5);
    assert_int_equal(r->frame[0].size, 14);
    assert_memory_equal(r->frame[0].data, long_frame, 14);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_NONE);
    assert_int_equal(r->frame[0].offset, 1);
    assert_memory_equal(r->frame[1].data, short_frame, 7);
    assert_memory_equal(r->frame[2].data, short_frame, 7);
    assert_int_equal(r->frame[3].time_kind, AP_FRAME_TIME_TICKS);
    assert_int_equal(r->frame[3].ticks_12mhz, UINT64_C(0x0123456789AB));
    assert_memory_equal(r->frame[3].data, long_frame, 14);
    assert_false(r->frame[3].has_signal);
    assert_int_equal(r->frame[4].ticks_12mhz, 10);
    assert_true(r->frame[4].has_signal);
    assert_int_equal(r->frame[4].signal, 0x7F);
    assert_memory_equal(r->frame[4].data, short_frame, 7);
    assert_int_equal(r->refused.count[AP_REFUSED_MODE_AC], 1);
    assert_int_equal(ap_refusals_total(&r->refused), 1);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 0);
    free(r);
}

static void test_next_junk_lines(void **state)
{
    (void)state;
    run *r = run_text("# heading\n"
                      "*5D4D20237A55A6;\n"
                      "*5D4D20237A55A;\n"                        /* odd */
                      "*5D4D20237A55GG;\n"                       /* no digits */
                      "junk*5D4D20237A55A6;\n"                   /* the message counts */
                      "0123456789012345678901234567890123456789" /* longer than any message */
                      "0123456789012345678901234567890123456789"
                      "0123456789012345678901234567890123456789\n"
                      "*5D4D20237A55A6;\n");
    assert_int_equal(r->count, 3);
    assert_int_equal(r->refused.count[AP_REFUSED_SYNTAX], 5);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 10 + 15 + 16 + 4 + 121);
    assert_int_equal(ap_refusals_total(&r->refused), 5);
    free(r);
}

static void test_next_cut_at_the_end(void **state)
{
    (void)state;
    run *r = run_text("*5D4D20237A55A6;\n*5D4D20237A55A6");
    assert_int_equal(r->count, 1);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
}

static void test_score_is_sure(void **state)
{
    (void)state;
    static const char *const texts[] = { "*5D4D20237A55A6;\n", "@0123456789AB5D4D20237A55A6;\r\n",
                                         "\n\n*8D4840D6202CC371C32CE0576098;" };
    for (size_t i = 0; i < 3; i++) {
        run *r = run_any_cut(AP_FORMAT_AUTO, (const uint8_t *)texts[i], strlen(texts[i]));
        assert_int_equal(r->format, AP_FORMAT_AVR);
        assert_int_equal(r->count, 1);
        free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_messages),
        cmocka_unit_test(test_next_junk_lines),
        cmocka_unit_test(test_next_cut_at_the_end),
        cmocka_unit_test(test_score_is_sure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
