#include "wire/framer.h"

#include "wire/framing/framing_check.h"

static void test_format_keys(void **state)
{
    (void)state;
    for (int i = 0; i < AP_FORMAT_COUNT; i++)
        assert_int_equal(ap_format_of_key(ap_format_key((ap_format)i)), i);
    assert_string_equal(ap_format_key(AP_FORMAT_GPS), "gps");
    assert_string_equal(ap_format_key(AP_FORMAT_COUNT), "unlisted");
    assert_int_equal(ap_format_of_key("PCAP"), AP_FORMAT_COUNT);
    assert_int_equal(ap_format_of_key(""), AP_FORMAT_COUNT);
}

static void test_init_refuses(void **state)
{
    (void)state;
    static uint8_t mem[AP_FRAMER_SIZE];
    ap_asterix_editions editions = { .source_count = 0 };
    ap_framer framer;
    assert_int_equal(ap_framer_init(&framer, AP_FORMAT_COUNT, &editions, mem, sizeof mem),
                     AP_ERR_ARGUMENT);
    assert_int_equal(ap_framer_init(&framer, AP_FORMAT_AUTO, NULL, mem, sizeof mem),
                     AP_ERR_ARGUMENT);
    assert_int_equal(ap_framer_init(&framer, AP_FORMAT_AUTO, &editions, mem, sizeof mem - 1),
                     AP_ERR_ARGUMENT);
    assert_int_equal(ap_framer_init(&framer, AP_FORMAT_AUTO, &editions, mem, sizeof mem), AP_OK);
}

static void test_next_empty_input_ends(void **state)
{
    (void)state;
    for (int i = 0; i < AP_FORMAT_COUNT; i++) {
        if (i == AP_FORMAT_GPS)
            continue; /* lacks its head */
        run *r = run_make((ap_format)i, (const uint8_t *)"", 0, 1);
        assert_int_equal(r->end, AP_ERR_END);
        assert_int_equal(r->count, 0);
        assert_int_equal(ap_refusals_total(&r->refused), 0);
        free(r);
    }
}

static void test_next_unknown_input(void **state)
{
    (void)state;
    static const char *const texts[] = { "x", "hello, this is no recording of anything at all\n",
                                         "{\"json\": true}\n", "\177ELF\2\1\1" };
    for (size_t i = 0; i < 4; i++) {
        size_t size = strlen(texts[i]);
        run *r = run_any_cut(AP_FORMAT_AUTO, (const uint8_t *)texts[i], size);
        assert_int_equal(r->end, AP_ERR_UNKNOWN);
        assert_int_equal(r->count, 0);
        assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], size);
        free(r);
    }
}

/* An unknown stream that goes on does not fill the buffer. */
static void test_next_unknown_goes_on(void **state)
{
    (void)state;
    enum { SIZE = 1000000 };
    uint8_t *data = malloc(SIZE);
    assert_non_null(data);
    memset(data, 'x', SIZE);
    run *r = run_make(AP_FORMAT_AUTO, data, SIZE, 65536);
    assert_int_equal(r->end, AP_ERR_UNKNOWN);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], SIZE);
    free(r);
    free(data);
}

/* Raw blocks are recognised also with a long first block, an unknown one, or noise before. */
static void test_recognise_raw(void **state)
{
    (void)state;
    uint8_t data[6000];
    for (unsigned i = 0; i < 4; i++) {
        ap_writer w = ap_writer_of(data, sizeof data);
        if (i == 0)
            put_block(&w, 34, 500, 1);
        if (i == 1)
            put_block(&w, 200, 3, 1);
        if (i == 2)
            ap_write_bytes(&w, "noise", 5);
        for (unsigned k = 0; k < 5; k++)
            put_block(&w, 34, 2, 1);
        run *r = run_make(AP_FORMAT_AUTO, data, w.size, 100);
        assert_int_equal(r->format, AP_FORMAT_ASTERIX);
        assert_int_equal(r->count, 5 + (i < 2));
        free(r);
    }
}

/* A row that is a little sure early does not decide before the others were asked. */
static void test_recognise_waits_for_the_best(void **state)
{
    (void)state;
    uint8_t data[3000];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_block(&w, 34, 2, 1);
    ap_write_bytes(&w, "\n*5D4D20237A55A6;\n", 18);
    put_block(&w, 34, 2, 1);
    ap_write_bytes(&w, "\xDE\xAD", 2);
    while (w.size < 1500)
        put_block(&w, 34, 2, 1);
    run *r = run_any_cut(AP_FORMAT_AUTO, data, w.size);
    assert_int_equal(r->format, AP_FORMAT_ASTERIX);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_keys),
        cmocka_unit_test(test_init_refuses),
        cmocka_unit_test(test_next_empty_input_ends),
        cmocka_unit_test(test_next_unknown_input),
        cmocka_unit_test(test_next_unknown_goes_on),
        cmocka_unit_test(test_recognise_raw),
        cmocka_unit_test(test_recognise_waits_for_the_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
