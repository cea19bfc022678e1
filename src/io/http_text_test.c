#include "io/http_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_path_is_plain_table(void **state)
{
    (void)state;
    static const char *const good[] = {
        "/", "/a", "/a/", "/a/b.c", "/.well-known/x", "/...", "/a/..b", "/\xc3\xa9t\xc3\xa9", "/a b"
    };
    static const char *const bad[] = { "",        "a",     "/..",    "/../a", "/a/..",
                                       "/a/../b", "/.",    "/a/./b", "//",    "/a//b",
                                       "/a\\b",   "/a\nb", "/\x7f",  "*",     "http://a/" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!ap_http_path_is_plain(good[i]))
            fail_msg("'%s' refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (ap_http_path_is_plain(bad[i]))
            fail_msg("'%s' taken", bad[i]);
}

static void test_list_has_table(void **state)
{
    (void)state;
    assert_true(ap_http_list_has("keep-alive, Upgrade", "upgrade"));
    assert_true(ap_http_list_has(" ,, close ,", "close"));
    assert_false(ap_http_list_has("closed", "close"));
    assert_false(ap_http_list_has("", "close"));
}

/* RFC 9110, 12.5.3. */
static void test_accepts_gzip_table(void **state)
{
    (void)state;
    static const char *const yes[] = { "gzip",    "deflate, GZIP;q=0.5", "*", "br;q=1.0, gzip ;q=1",
                                       "*;q=0.1", "identity;q=0, *" };
    static const char *const no[] = { "",      "identity", "gzip;q=0", "gzip; q=0.000, *",
                                      "*;q=0", "gzipped",  "br" };
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (!ap_http_accepts_gzip(yes[i]))
            fail_msg("'%s'", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (ap_http_accepts_gzip(no[i]))
            fail_msg("'%s'", no[i]);
}

/* RFC 9110, 8.8.3.2 and 13.1.2. */
static void test_etag_matches_table(void **state)
{
    (void)state;
    assert_true(ap_http_etag_matches("\"a\"", "\"a\""));
    assert_true(ap_http_etag_matches("\"x\", W/\"a\"", "\"a\""));
    assert_true(ap_http_etag_matches("\"a\"", "W/\"a\""));
    assert_true(ap_http_etag_matches("*", "\"a\""));
    assert_false(ap_http_etag_matches("\"b\"", "\"a\""));
    assert_false(ap_http_etag_matches("", "\"a\""));
    assert_false(ap_http_etag_matches("*", ""));
}

/* RFC 9110, 14.1.2, with a representation of 10000 bytes. */
static void test_range_read_table(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ap_http_range kind;
        uint64_t first, last;
    } cases[] = {
        { "bytes=0-499", AP_HTTP_RANGE_PART, 0, 499 },
        { "bytes=500-999", AP_HTTP_RANGE_PART, 500, 999 },
        { "bytes=-500", AP_HTTP_RANGE_PART, 9500, 9999 },
        { "bytes=9500-", AP_HTTP_RANGE_PART, 9500, 9999 },
        { "BYTES=9999-99999999", AP_HTTP_RANGE_PART, 9999, 9999 },
        { "bytes=-20000", AP_HTTP_RANGE_PART, 0, 9999 },
        { "bytes=10000-", AP_HTTP_RANGE_UNSATISFIABLE, 0, 0 },
        { "bytes=-0", AP_HTTP_RANGE_UNSATISFIABLE, 0, 0 },
        { "bytes=0-0,-1", AP_HTTP_RANGE_NONE, 0, 0 },
        { "bytes=9-3", AP_HTTP_RANGE_NONE, 0, 0 },
        { "bytes=-", AP_HTTP_RANGE_NONE, 0, 0 },
        { "bytes=", AP_HTTP_RANGE_NONE, 0, 0 },
        { "bytes=x-", AP_HTTP_RANGE_NONE, 0, 0 },
        { "bytes=1-x", AP_HTTP_RANGE_NONE, 0, 0 },
        { "bytes=99999999999999999999-", AP_HTTP_RANGE_NONE, 0, 0 },
        { "bytes=0-99999999999999999999", AP_HTTP_RANGE_NONE, 0, 0 },
        { "items=0-1", AP_HTTP_RANGE_NONE, 0, 0 },
        { "", AP_HTTP_RANGE_NONE, 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t first = 0, last = 0;
        if (ap_http_range_read(cases[i].text, 10000, &first, &last) != cases[i].kind ||
            first != cases[i].first || last != cases[i].last)
            fail_msg("'%s'", cases[i].text);
    }
    uint64_t first, last;
    assert_int_equal(ap_http_range_read("bytes=0-", 0, &first, &last), AP_HTTP_RANGE_UNSATISFIABLE);
    assert_int_equal(ap_http_range_read("bytes=-1", 0, &first, &last), AP_HTTP_RANGE_UNSATISFIABLE);
}

static void test_bearer_table(void **state)
{
    (void)state;
    const char *token;
    size_t size;
    assert_true(ap_http_bearer("bearer  abc", &token, &size));
    assert_int_equal(size, 3);
    assert_memory_equal(token, "abc", 3);
    assert_false(ap_http_bearer("Basic abc", &token, &size));
    assert_false(ap_http_bearer("Bearer ", &token, &size));
    assert_false(ap_http_bearer("Bearer a b", &token, &size));
    assert_false(ap_http_bearer("", &token, &size));
}

static void test_number_table(void **state)
{
    (void)state;
    assert_int_equal(ap_http_number("0", 10), 0);
    assert_int_equal(ap_http_number("10", 10), 10);
    assert_int_equal(ap_http_number("11", 10), -1);
    assert_int_equal(ap_http_number("+1", 10), -1);
    assert_int_equal(ap_http_number("1,1", 10), -1);
    assert_int_equal(ap_http_number("", 10), -1);
    assert_int_equal(ap_http_number("18446744073709551617", INT64_MAX), -1);
}

static void test_host_name_table(void **state)
{
    (void)state;
    char name[16];
    assert_true(ap_http_host_name("radar.example:80", name, sizeof name));
    assert_string_equal(name, "radar.example");
    assert_true(ap_http_host_name("[::1]:8080", name, sizeof name));
    assert_string_equal(name, "::1");
    assert_true(ap_http_host_name("localhost", name, sizeof name));
    assert_string_equal(name, "localhost");
    assert_false(ap_http_host_name("", name, sizeof name));
    assert_false(ap_http_host_name(":80", name, sizeof name));
    assert_false(ap_http_host_name("[::1", name, sizeof name));
    assert_false(ap_http_host_name("[::1]x", name, sizeof name));
    assert_false(ap_http_host_name("a/b", name, sizeof name));
    assert_false(ap_http_host_name("a@b", name, sizeof name));
    assert_false(ap_http_host_name("0123456789abcdef", name, sizeof name));
    assert_true(ap_http_host_is_literal("LOCALHOST"));
    assert_true(ap_http_host_is_literal("127.0.0.1"));
    assert_true(ap_http_host_is_literal("::1"));
    assert_false(ap_http_host_is_literal("127.0.0.1.example"));
}

static void test_origin_is_host_table(void **state)
{
    (void)state;
    assert_true(ap_http_origin_is_host("http://radar.example", "radar.example", false));
    assert_true(ap_http_origin_is_host("http://radar.example", "Radar.example:80", false));
    assert_true(ap_http_origin_is_host("https://[::1]:8443", "[::1]:8443", true));
    assert_true(
        ap_http_origin_is_host("https://radar.example", "radar.example", false)); /* proxy */
    assert_false(ap_http_origin_is_host("http://radar.example:81", "radar.example", false));
    assert_false(ap_http_origin_is_host("http://evil.example", "radar.example", false));
    assert_false(ap_http_origin_is_host("http://radar.example.evil", "radar.example", false));
    assert_false(ap_http_origin_is_host("http://radar.example@evil", "radar.example", false));
    assert_false(ap_http_origin_is_host("http://radar.example:x", "radar.example:x", false));
    assert_false(ap_http_origin_is_host("null", "radar.example", false));
    assert_false(ap_http_origin_is_host("file://", "radar.example", false));
    assert_false(ap_http_origin_is_host("", "", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_is_plain_table),  cmocka_unit_test(test_list_has_table),
        cmocka_unit_test(test_accepts_gzip_table),   cmocka_unit_test(test_etag_matches_table),
        cmocka_unit_test(test_range_read_table),     cmocka_unit_test(test_bearer_table),
        cmocka_unit_test(test_number_table),         cmocka_unit_test(test_host_name_table),
        cmocka_unit_test(test_origin_is_host_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
