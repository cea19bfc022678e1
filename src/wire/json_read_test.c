/* JSON in: what RFC 8259 allows and what not, numbers and strings, and hostile sizes. */
#include "wire/json_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ap_err read_text(ap_json_doc *doc, const char *text, size_t size)
{
    static uint32_t mem[AP_JSON_READ_MEM(1 << 16) / 4];
    return ap_json_read(doc, text, size, mem, sizeof mem);
}

static void test_read_takes_json_only(void **state)
{
    (void)state;
    static const char *const good[] = { "{}",
                                        "[]",
                                        "\"\"",
                                        "[0]",
                                        " { \"a\" : [ 1 , 2 ] } \n",
                                        "{\"a\":{\"b\":[{}]},\"c\":null}",
                                        "[true,false,null]",
                                        "[-0.5e+10,1E5,0.0]",
                                        "{\"\":0}",
                                        "[[],[[]],{}]",
                                        "[\"\\u0041\\n\\\\\\\"\"]",
                                        "[\"\x7f\xc3\xa9\"]" };
    static const char *const bad[] = { "",
                                       " ",
                                       "{",
                                       "[",
                                       "]",
                                       "{]",
                                       "[}",
                                       "{\"a\"}",
                                       "{\"a\":}",
                                       "{\"a\" 1}",
                                       "{\"a\":1,}",
                                       "{,}",
                                       "[1,]",
                                       "[,1]",
                                       "[1 2]",
                                       "[1,,2]",
                                       "[1]]",
                                       "[1] 2",
                                       "{\"a\":1 \"b\":2}",
                                       "{1:2}",
                                       "{\"a\":1:2}",
                                       "[1:2]",
                                       "{[]:1}",
                                       "{\"a\":[]\"b\":1}",
                                       "[01]",
                                       "[1.]",
                                       "[.5]",
                                       "[-]",
                                       "[1e]",
                                       "[+1]",
                                       "[0x1]",
                                       "[NaN]",
                                       "[nan]",
                                       "[Infinity]",
                                       "[tru]",
                                       "[nulll]",
                                       "['a']",
                                       "[\"a]",
                                       "[\"\\x\"]",
                                       "[\"\\u12G4\"]",
                                       "[\"\n\"]",
                                       "{\"a\"::1}",
                                       "{\"a\":1}}",
                                       "[\"a\"\"b\"]",
                                       "{\"a\":{}{}}",
                                       "{null:1}",
                                       "{\"a\":\"b\":\"c\"}",
                                       "[1}",
                                       "/**/[1]" };
    ap_json_doc doc;
    for (size_t k = 0; k < sizeof good / sizeof good[0]; k++)
        if (read_text(&doc, good[k], strlen(good[k])) != AP_OK)
            fail_msg("refused: %s", good[k]);
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
        if (read_text(&doc, bad[k], strlen(bad[k])) != AP_ERR_MALFORMED)
            fail_msg("taken: %s", bad[k]);
    assert_int_equal(read_text(&doc, "[1]\0", 4), AP_ERR_MALFORMED);
    assert_int_equal(read_text(&doc, "{\"a\":1 x}", 9), AP_ERR_MALFORMED);
    assert_int_equal(doc.fault_at, 7);
}

static void test_read_links_what_is_inside(void **state)
{
    (void)state;
    static const char text[] = "{\"a\": {\"x\": [1, [2], 3]}, \"b\": 4, \"a\": 5}";
    ap_json_doc doc;
    assert_int_equal(read_text(&doc, text, sizeof text - 1), AP_OK);
    uint32_t from = 1, a = ap_json_member(&doc, 0, "a", 1, &from);
    assert_int_equal(a, 2);
    assert_int_equal(doc.node[a].kind, AP_JSON_OBJECT);
    uint32_t b = ap_json_member(&doc, 0, "b", 1, &from);
    assert_int_equal(text[doc.node[b].start], '4');
    assert_int_equal(text[doc.node[ap_json_member(&doc, 0, "a", 1, &from)].start], '5');
    assert_int_equal(ap_json_member(&doc, 0, "a", 1, &from), 2); /* from the start again */
    assert_int_equal(ap_json_member(&doc, 0, "c", 1, &from), AP_JSON_NONE);
    assert_int_equal(doc.node[0].next, doc.count);
    assert_int_equal(doc.node[4].next, doc.node[a].next); /* the array ends where its object does */
}

static ap_json_number number_of(const char *text)
{
    char all[200];
    ap_json_doc doc;
    snprintf(all, sizeof all, "[%s]", text);
    assert_int_equal(read_text(&doc, all, strlen(all)), AP_OK);
    assert_int_equal(doc.node[1].kind, AP_JSON_NUMBER);
    return ap_json_number_of(&doc, 1);
}

static void test_numbers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ap_err err;
        uint64_t magnitude;
    } wholes[] = { { "0", AP_OK, 0 },
                   { "-0.0e99", AP_OK, 0 },
                   { "72057594037927935", AP_OK, UINT64_C(72057594037927935) },
                   { "18446744073709551615", AP_OK, UINT64_MAX },
                   { "-18446744073709551615.000", AP_OK, UINT64_MAX },
                   { "18446744073709551616", AP_ERR_RANGE, 0 },
                   { "1e19", AP_OK, UINT64_C(10000000000000000000) },
                   { "1e20", AP_ERR_RANGE, 0 },
                   { "1e999999999999", AP_ERR_RANGE, 0 },
                   { "1200e-2", AP_OK, 12 },
                   { "1.5e1", AP_OK, 15 },
                   { "1.25e1", AP_ERR_MALFORMED, 0 },
                   { "1e-999999999999", AP_ERR_MALFORMED, 0 },
                   { "1.0000000000000000000000001", AP_ERR_MALFORMED, 0 },
                   { "184467440737095516160000001", AP_ERR_RANGE, 0 } };
    for (size_t k = 0; k < sizeof wholes / sizeof wholes[0]; k++) {
        ap_json_number number = number_of(wholes[k].text);
        uint64_t magnitude = 0;
        assert_int_equal(ap_json_whole(&number, &magnitude), wholes[k].err);
        assert_true(magnitude == wholes[k].magnitude);
        assert_int_equal(number.is_negative, wholes[k].text[0] == '-');
    }
    static const char *const doubles[] = {
        "0.1", "-360.0", "1e-07", "65.18359375", "1e300", "123456789.12345678901234567890", "5e-300"
    };
    for (size_t k = 0; k < sizeof doubles / sizeof doubles[0]; k++) {
        ap_json_number number = number_of(doubles[k]);
        double value = strtod(doubles[k], NULL);
        assert_true(fabs(ap_json_double(&number) - value) <= 5e-16 * fabs(value));
    }
    ap_json_number huge = number_of("-1e999"), tiny = number_of("1e-999");
    assert_true(isinf(ap_json_double(&huge)) && ap_json_double(&huge) < 0);
    assert_true(ap_json_double(&tiny) == 0);
}

static void test_strings_are_octets(void **state)
{
    (void)state;
    static const struct {
        const char *text, *octets;
    } cases[] = { { "[\"\"]", "" },
                  { "[\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"]", "a\"\\/\b\f\n\r\tz" },
                  { "[\"\\u0041\\u00e9\\u20AC\"]", "A\xc3\xa9\xe2\x82\xac" },
                  { "[\"\\ud83d\\ude00\"]", "\xf0\x9f\x98\x80" },
                  { "[\"\\ud83dx\\ude00\"]", "\xef\xbf\xbdx\xef\xbf\xbd" },
                  { "[\"\\ud83d\\u0041\"]", "\xef\xbf\xbd"
                                            "A" } };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ap_json_doc doc;
        uint8_t octets[32];
        size_t size;
        assert_int_equal(read_text(&doc, cases[k].text, strlen(cases[k].text)), AP_OK);
        assert_true(ap_json_octets(&doc, 1, octets, sizeof octets, &size));
        assert_int_equal(size, strlen(cases[k].octets));
        assert_memory_equal(octets, cases[k].octets, size);
        assert_true(size == 0 || !ap_json_octets(&doc, 1, octets, size - 1, &size));
    }
}

static void test_read_hostile_sizes(void **state)
{
    (void)state;
    enum { SIZE = 10 << 20 };
    size_t mem_size = AP_JSON_READ_MEM(SIZE);
    char *text = malloc(SIZE);
    void *mem = malloc(mem_size);
    ap_json_doc doc;
    assert_true(text && mem);
    memset(text, '[', SIZE);
    assert_int_equal(ap_json_read(&doc, text, SIZE, mem, mem_size), AP_ERR_MALFORMED);
    assert_int_equal(doc.fault_at, AP_JSON_NESTING_MAX);
    memset(text + AP_JSON_NESTING_MAX, ']', AP_JSON_NESTING_MAX);
    assert_int_equal(ap_json_read(&doc, text, 2 * AP_JSON_NESTING_MAX, mem, mem_size), AP_OK);
    assert_int_equal(doc.count, AP_JSON_NESTING_MAX);
    for (size_t k = 0; k < SIZE; k++)
        text[k] = "[],"[(k + 2) % 3]; /* ",[],[" ... */
    text[0] = '[';
    text[SIZE - 1] = ']';
    assert_int_equal(ap_json_read(&doc, text, SIZE, mem, mem_size), AP_OK);
    assert_int_equal(doc.count, SIZE / 3 + 1);
    assert_int_equal(ap_json_read(&doc, text, SIZE, mem, mem_size / 2), AP_ERR_FULL);
    memset(text, 'a', SIZE);
    text[0] = '"';
    assert_int_equal(ap_json_read(&doc, text, SIZE, mem, mem_size), AP_ERR_MALFORMED);
    text[SIZE - 1] = '"';
    assert_int_equal(ap_json_read(&doc, text, SIZE, mem, 36), AP_OK);
    assert_int_equal(ap_json_read(&doc, text, SIZE, mem, 35), AP_ERR_FULL);
    free(mem);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_read_takes_json_only),
                                        cmocka_unit_test(test_read_links_what_is_inside),
                                        cmocka_unit_test(test_numbers_are_exact),
                                        cmocka_unit_test(test_strings_are_octets),
                                        cmocka_unit_test(test_read_hostile_sizes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
