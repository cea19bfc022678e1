#include "wire/json_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

static ap_json_scan scan_of(const char *text)
{
    return ap_json_scan_of((const uint8_t *)text, strlen(text));
}

static void test_member_each_kind(void **state)
{
    (void)state;
    ap_json_scan scan = scan_of(" {\"a\" : -1.5e3 ,\"b\":\"x\\\"y\",\"c\":[1,{\"]\":\"}\"}],"
                                "\"d\":null, \"e\":{}}  ");
    ap_json_span key, value;
    const ap_json_span_kind kinds[] = { AP_JSON_SPAN_NUMBER, AP_JSON_SPAN_STRING,
                                        AP_JSON_SPAN_ARRAY, AP_JSON_SPAN_WORD,
                                        AP_JSON_SPAN_OBJECT };
    assert_true(ap_json_scan_enter(&scan, '{'));
    for (size_t k = 0; k < 5; k++) {
        assert_true(ap_json_scan_member(&scan, &key, &value));
        assert_int_equal(key.size, 1);
        assert_int_equal(key.start[0], 'a' + k);
        assert_int_equal(value.kind, kinds[k]);
    }
    assert_false(ap_json_scan_member(&scan, &key, &value));
    assert_false(scan.bad);
    assert_true(ap_json_scan_done(&scan));
}

static void test_element(void **state)
{
    (void)state;
    ap_json_scan scan = scan_of("[\"lat\", \"lon\"]");
    ap_json_span value;
    assert_true(ap_json_scan_enter(&scan, '['));
    assert_true(ap_json_scan_element(&scan, &value));
    assert_true(ap_json_span_is(&value, "lat"));
    assert_true(ap_json_scan_element(&scan, &value));
    assert_false(ap_json_span_is(&value, "lat"));
    assert_false(ap_json_scan_element(&scan, &value));
    assert_false(scan.bad);
}

/* Every text that is no object is bad; every beginning of a good one is cut. */
static void test_member_refused(void **state)
{
    (void)state;
    static const char *const texts[] = { "x",           "{,}",           "{\"a\"}",     "{\"a\":}",
                                         "{\"a\":tru}", "{\"a\":1 2}",   "{\"a\":[}]}", "{1:2}",
                                         "{\"a\":1,}",  "{\"a\":\"\n\"}" };
    ap_json_span key, value;
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
        ap_json_scan scan = scan_of(texts[k]);
        (void)ap_json_scan_enter(&scan, '{');
        while (ap_json_scan_member(&scan, &key, &value))
            ;
        assert_true(scan.bad);
    }
    static const char good[] = "{\"a\":[\"]\\\"\",2],\"b\":true,\"c\":12}";
    for (size_t size = 0; size < sizeof good - 1; size++) {
        ap_json_scan scan = ap_json_scan_of((const uint8_t *)good, size);
        (void)ap_json_scan_enter(&scan, '{');
        while (ap_json_scan_member(&scan, &key, &value))
            ;
        assert_true(scan.bad && scan.cut);
    }
}

static void test_value_too_deep(void **state)
{
    (void)state;
    char text[200];
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    ap_json_scan scan = ap_json_scan_of((const uint8_t *)text, 200);
    ap_json_span value;
    assert_false(ap_json_scan_value(&scan, &value));
    scan = ap_json_scan_of((const uint8_t *)text + 36, 128);
    assert_true(ap_json_scan_value(&scan, &value));
    assert_int_equal(value.size, 128);
}

static ap_json_span span_of(ap_json_span_kind kind, const char *text)
{
    return (ap_json_span){ kind, (const uint8_t *)text, strlen(text) };
}

static void test_span_scaled(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int decimals;
        bool is_number;
        int64_t scaled;
    } rows[] = {
        { "1717664322.2618668", 9, true, INT64_C(1717664322261866800) },
        { "1717664322", 9, true, INT64_C(1717664322000000000) },
        { "-0.0005", 3, true, -1 },
        { "0.0004999", 3, true, 0 },
        { "1e3", 0, true, 1000 },
        { "12345e-4", 0, true, 1 },
        { "1e-99999999999", 9, true, 0 },
        { "0e99999", 0, true, 0 },
        { "9223372036854775807", 0, true, INT64_MAX },
        { "9223372036.9", 9, false, 0 },
        { "1e30", 0, false, 0 },
        { "", 0, false, 0 },
        { "-", 0, false, 0 },
        { "1.2.3", 0, false, 0 },
        { "1e", 0, false, 0 },
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ap_json_span span = span_of(AP_JSON_SPAN_NUMBER, rows[k].text);
        int64_t scaled = 0;
        assert_int_equal(ap_json_span_scaled(&span, rows[k].decimals, &scaled), rows[k].is_number);
        assert_int_equal(scaled, rows[k].scaled);
    }
    ap_json_span word = span_of(AP_JSON_SPAN_WORD, "null");
    int64_t scaled;
    assert_false(ap_json_span_scaled(&word, 0, &scaled));
}

static void test_span_double(void **state)
{
    (void)state;
    double value;
    ap_json_span span = span_of(AP_JSON_SPAN_NUMBER, "-43.63364526780985");
    assert_true(ap_json_span_double(&span, &value));
    assert_true(value == -43.63364526780985);
    span = span_of(AP_JSON_SPAN_STRING, "450");
    assert_true(ap_json_span_double(&span, &value));
    assert_true(value == 450.0);
    span = span_of(AP_JSON_SPAN_NUMBER, "1e999");
    assert_false(ap_json_span_double(&span, &value));
    span = span_of(AP_JSON_SPAN_STRING, "ground");
    assert_false(ap_json_span_double(&span, &value));
}

static void test_span_text(void **state)
{
    (void)state;
    char text[8];
    ap_json_span span = span_of(AP_JSON_SPAN_STRING, "A\\u0042\\/\\n\xC3\xA9");
    assert_true(ap_json_span_text(&span, text, sizeof text));
    assert_string_equal(text, "AB/\?\?\?");
    span = span_of(AP_JSON_SPAN_STRING, "longer than that");
    assert_true(ap_json_span_text(&span, text, sizeof text));
    assert_string_equal(text, "longer ");
    span = span_of(AP_JSON_SPAN_NUMBER, "1");
    assert_false(ap_json_span_text(&span, text, sizeof text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_member_each_kind), cmocka_unit_test(test_element),
        cmocka_unit_test(test_member_refused),   cmocka_unit_test(test_value_too_deep),
        cmocka_unit_test(test_span_scaled),      cmocka_unit_test(test_span_double),
        cmocka_unit_test(test_span_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
