#include "airpicture/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define S AP_NS_PER_S

static ap_utc_ns utc(const char *text)
{
    ap_utc_ns time;
    assert_int_equal(ap_utc_parse(text, &time), AP_OK);
    return time;
}

static void test_utc_parse_known_instants(void **state)
{
    (void)state;
    assert_int_equal(utc("1970-01-01"), 0);
    assert_int_equal(utc("2000-03-01T00:00:00Z"), 951868800 * S); /* date -u +%s */
    assert_int_equal(utc("2024-06-06T08:58:39.147975Z"), 1717664319147975000);
    assert_int_equal(utc("1969-12-31T23:59:59Z"), -S);
}

static void test_utc_parse_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "2024",
                                       "2024-13-01",
                                       "2023-02-29",
                                       "2024-01-01T",
                                       "2024-01-01T24:00:00Z",
                                       "2024-01-01T00:00:00",
                                       "2024-01-01T00:00:00.Z",
                                       "2024-01-01T00:00:00Zx",
                                       "24-01-01" };
    ap_utc_ns time = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ap_utc_parse(bad[i], &time), AP_ERR_MALFORMED);
        assert_int_equal(time, 7);
    }
}

static void test_utc_text_inverts_parse(void **state)
{
    (void)state;
    static const char *const texts[] = { "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z",
                                         "2024-02-29T12:34:56.789Z", "2100-03-01T00:00:00.001Z",
                                         "1700-01-01T00:00:00.000Z" };
    char text[AP_UTC_TEXT_SIZE];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ap_utc_text(utc(texts[i]), text);
        assert_string_equal(text, texts[i]);
    }
    ap_utc_text(AP_UTC_UNKNOWN, text);
    assert_string_equal(text, "-");
}

/* F1 of the fault tests: 0xA8BFFF is followed by 0. */
static void test_utc_from_tod_midnight(void **state)
{
    (void)state;
    ap_utc_ns time, near = utc("2024-06-06T23:59:59.9Z");
    assert_int_equal(ap_utc_from_tod(near, 0xA8BFFF, &time), AP_OK);
    assert_int_equal(time, utc("2024-06-07") - 7812500);
    assert_int_equal(ap_utc_from_tod(near, 0, &time), AP_OK);
    assert_int_equal(time, utc("2024-06-07"));
    near = utc("2024-06-07T00:00:01Z");
    assert_int_equal(ap_utc_from_tod(near, 0xA8BFFF, &time), AP_OK);
    assert_int_equal(time, utc("2024-06-07") - 7812500);
    assert_int_equal(ap_utc_from_tod(near, 0xA8C000, &time), AP_ERR_RANGE);
    assert_int_equal(ap_utc_from_tod(AP_UTC_UNKNOWN, 0, &time), AP_ERR_ARGUMENT);
}

static void test_utc_from_tod_is_nearest(void **state)
{
    (void)state;
    for (int64_t near_s = -100000; near_s < 200000; near_s += 7001)
        for (uint32_t tod = 0; tod < AP_TOD_128TH_PER_DAY; tod += 99991) {
            ap_utc_ns time;
            assert_int_equal(ap_utc_from_tod(near_s * S, tod, &time), AP_OK);
            assert_int_equal(ap_tod_from_utc(time), tod);
            double off_s = ap_seconds_between(near_s * S, time);
            assert_true(off_s >= -43200.0 && off_s <= 43200.0);
        }
}

/* 86,400 = 168 * 512 + 384: the counter restarts at midnight, in the middle of a wrap. */
static void test_utc_from_tod_512(void **state)
{
    (void)state;
    static const struct {
        const char *near;
        uint16_t tod_128th_s;
        const char *expected;
    } cases[] = {
        { "2024-06-06T00:08:31Z", 128 * 511, "2024-06-06T00:08:31Z" },
        { "2024-06-06T00:08:31Z", 0, "2024-06-06T00:08:32Z" },
        { "2024-06-06T23:59:59Z", 128 * 383, "2024-06-06T23:59:59Z" },
        { "2024-06-06T23:59:59Z", 0, "2024-06-07T00:00:00Z" },
        { "2024-06-07T00:00:01Z", 128 * 383, "2024-06-06T23:59:59Z" },
        { "2024-06-07T00:00:01Z", 128 * 1, "2024-06-07T00:00:01Z" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_utc_ns time;
        assert_int_equal(ap_utc_from_tod_512(utc(cases[i].near), cases[i].tod_128th_s, &time),
                         AP_OK);
        assert_int_equal(time, utc(cases[i].expected));
    }
}

static void test_utc_add_s_rounds_and_saturates(void **state)
{
    (void)state;
    assert_int_equal(ap_utc_add_s(5, 1e-9), 6);
    assert_int_equal(ap_utc_add_s(0, -0.5), -500000000);
    assert_int_equal(ap_utc_add_s(1, 1e30), INT64_MAX);
    assert_int_equal(ap_utc_add_s(1, -1e30), INT64_MIN + 1);
    assert_int_equal(ap_utc_add_s(INT64_MIN + 1, 1e10), INT64_MAX);
    assert_int_equal(ap_utc_add_s(INT64_MAX, 1e-9), INT64_MAX);
    assert_int_equal(ap_utc_add_s(INT64_MIN + 1, -1e-9), INT64_MIN + 1);
    assert_int_equal(ap_utc_add_s(INT64_MAX, -1.0), INT64_MAX - S);
    assert_int_equal(ap_utc_add_ns(5, -7), -2);
    assert_int_equal(ap_utc_add_ns(INT64_MAX - 1, 2), INT64_MAX);
    assert_int_equal(ap_utc_add_ns(-2, INT64_MIN + 1), INT64_MIN + 1);
}

/* Nothing overflows, whatever the instant (shown by the sanitizer); what is told is right to the
 * ends: 2262-04-11T23:47:16.854775807Z and 1677-09-21T00:12:43.145224192Z. */
static void test_utc_any_instant(void **state)
{
    (void)state;
    static const ap_utc_ns near[] = { INT64_MIN + 1, INT64_MIN + S, -AP_NS_PER_DAY, -1,           0,
                                      INT64_MAX - S, INT64_MAX,     INT64_MIN,      INT64_MAX / 2 };
    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        char text[AP_UTC_TEXT_SIZE];
        ap_utc_ns time = 7;
        ap_utc_text(near[i], text);
        assert_true(ap_tod_from_utc(near[i]) < AP_TOD_128TH_PER_DAY);
        for (uint32_t tod = 0; tod < AP_TOD_128TH_PER_DAY; tod += 99991)
            if (ap_utc_from_tod(near[i], tod, &time) == AP_OK) {
                assert_int_equal(ap_tod_from_utc(time), tod);
                double off_s = ap_seconds_between(near[i], time);
                assert_true(off_s >= -43200.0 && off_s <= 43200.0);
            }
        for (uint32_t tod = 0; tod < 65536; tod += 999)
            (void)ap_utc_from_tod_512(near[i], (uint16_t)tod, &time);
    }
    char text[AP_UTC_TEXT_SIZE];
    ap_utc_text(INT64_MAX, text);
    assert_string_equal(text, "2262-04-11T23:47:16.854Z");
    ap_utc_text(INT64_MIN + 1, text);
    assert_string_equal(text, "1677-09-21T00:12:43.145Z");
    ap_utc_ns time;
    assert_int_equal(ap_utc_from_tod(INT64_MAX, AP_TOD_128TH_PER_DAY - 1, &time), AP_ERR_RANGE);
    assert_int_equal(ap_utc_from_tod(INT64_MIN + 1, 0, &time), AP_ERR_RANGE);
}

static void test_ns_between_saturates(void **state)
{
    (void)state;
    assert_int_equal(ap_ns_between(5, 3), -2);
    assert_int_equal(ap_ns_between(-5, 3), 8);
    assert_int_equal(ap_ns_between(INT64_MIN, INT64_MAX), INT64_MAX);
    assert_int_equal(ap_ns_between(INT64_MAX, INT64_MIN), -INT64_MAX);
    assert_int_equal(ap_ns_between(-4, INT64_MAX), INT64_MAX);
    assert_true(ap_seconds_between(INT64_MAX, INT64_MIN) < -18e9);
    assert_true(ap_seconds_between(INT64_MIN, INT64_MAX) > 18e9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utc_parse_known_instants),
        cmocka_unit_test(test_utc_parse_refuses),
        cmocka_unit_test(test_utc_text_inverts_parse),
        cmocka_unit_test(test_utc_from_tod_midnight),
        cmocka_unit_test(test_utc_from_tod_is_nearest),
        cmocka_unit_test(test_utc_from_tod_512),
        cmocka_unit_test(test_utc_add_s_rounds_and_saturates),
        cmocka_unit_test(test_utc_any_instant),
        cmocka_unit_test(test_ns_between_saturates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
