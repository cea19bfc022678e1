#include "wire/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/test_rounds.h"

#define TEXT_CAP 4096

typedef struct text_buffer {
    uint8_t bytes[TEXT_CAP];
    ap_writer writer;
} text_buffer;

static ap_writer *text_start(text_buffer *buffer)
{
    buffer->writer = ap_writer_of(buffer->bytes, TEXT_CAP - 1);
    return &buffer->writer;
}

static const char *text_of(text_buffer *buffer)
{
    assert_false(buffer->writer.bad);
    buffer->bytes[buffer->writer.size] = 0;
    return (const char *)buffer->bytes;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void test_text_integers(void **state)
{
    (void)state;
    text_buffer b;
    ap_writer *w = text_start(&b);
    ap_text_u64(w, 0);
    ap_text_str(w, " ");
    ap_text_u64(w, UINT64_MAX);
    ap_text_str(w, " ");
    ap_text_i64(w, INT64_MIN);
    ap_text_str(w, " ");
    ap_text_i64(w, -7);
    ap_text_str(w, " ");
    ap_text_octal(w, 01200, 4);
    ap_text_str(w, " ");
    ap_text_octal(w, 7, 4);
    ap_text_str(w, " ");
    ap_text_hex(w, (const uint8_t *)"\x00\xff\x3c", 3);
    ap_text_str(w, " ");
    ap_text_hex_u32(w, 0x3c6dd2, 6);
    ap_text_str(w, " ");
    ap_text_hex_u32(w, 0xa1, 6);
    assert_string_equal(text_of(&b), "0 18446744073709551615 -9223372036854775808 -7 1200 0007 "
                                     "00ff3c 3c6dd2 0000a1");
}

static void test_text_fixed_cases(void **state)
{
    (void)state;
    static const struct {
        double value;
        int decimals;
        const char *expected;
    } cases[] = {
        { 0.0, 3, "0" },
        { -0.0, 3, "0" },
        { 1.5, 3, "1.5" },
        { -1.5, 0, "-2" }, /* half away from zero */
        { 2.5, 0, "3" },
        { 0.125, 2, "0.13" },
        { -0.0004, 3, "0" },
        { 0.0005, 3, "0.001" }, /* the double is 0.00050000000000000001 */
        { 0.9995, 3, "1" },     /* the double is 0.99950000000000005 */
        { 0.99949999999999994, 3, "0.999" },
        { 999999999999999.875, 3, "999999999999999.875" },
        { 1e15, 3, "null" },
        { -1e15, 3, "null" },
        { NAN, 3, "null" },
        { INFINITY, 3, "null" },
        { DBL_TRUE_MIN, 12, "0" },
        { 5e-13, 12, "0" }, /* the double is 4.99999999999999987e-13 */
        { 5.0000000000000009e-13, 12, "0.000000000001" },
        { 51.123456789012, 12, "51.123456789012" },
        { 47.08886, 8, "47.08886" },
        { 100.0, 12, "100" },
        { 1.25, 1, "1.3" },
        { 1.0 / 3, 20, "0.333333333333" }, /* more decimals than there are */
        { 7.7, -1, "8" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_buffer b;
        ap_text_fixed(text_start(&b), cases[i].value, cases[i].decimals);
        assert_string_equal(text_of(&b), cases[i].expected);
    }
}

/* Checks against the C library's formatting, which rounds the same way but for exact halves. */
static void check_against_printf(double value, int decimals)
{
    char expected[64];
    int size = snprintf(expected, sizeof expected, "%.*f", decimals, value);
    double scaled = value * pow(10, decimals), error = fma(value, pow(10, decimals), -scaled);
    if (scaled * 2 == floor(scaled * 2) && (error == 0.0 || fabs(scaled) > 0x1p51))
        return; /* a half or an integer: rounding differs by rule */
    if (decimals > 0) {
        while (expected[size - 1] == '0')
            expected[--size] = 0;
        if (expected[size - 1] == '.')
            expected[--size] = 0;
    }
    text_buffer b;
    ap_text_fixed(text_start(&b), value, decimals);
    assert_string_equal(text_of(&b), strcmp(expected, "-0") == 0 ? "0" : expected);
}

static void test_text_fixed_agrees_with_printf(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (int i = 0; i < AP_TEST_ROUNDS(100000); i++) {
        int decimals = (int)(next_random(&seed) % 13);
        check_against_printf(
            ldexp((double)(int64_t)next_random(&seed), -(int)(next_random(&seed) % 90) - 14),
            decimals);
    }
}

/* The doubles next to a half, on either side. */
static void test_text_fixed_near_halves(void **state)
{
    (void)state;
    uint64_t seed = 43;
    for (int i = 0; i < AP_TEST_ROUNDS(100000); i++) {
        int decimals = (int)(next_random(&seed) % 13);
        double count = (double)(next_random(&seed) >> (24 + next_random(&seed) % 40));
        double half = (count + 0.5) / pow(10, decimals);
        if (half >= 1e15)
            continue;
        check_against_printf(half, decimals);
        check_against_printf(nextafter(half, 0.0), decimals);
        check_against_printf(nextafter(half, INFINITY), decimals);
        check_against_printf(half + 1.1e-3 / pow(10, decimals), decimals);
        check_against_printf(half + 5e-5 / pow(10, decimals), decimals);
        check_against_printf(half - 5e-5 / pow(10, decimals), decimals);
    }
}

static void test_text_double_cases(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *expected; /* json.dumps of CPython 3 */
    } cases[] = {
        { 0.0, "0.0" },
        { -0.0, "-0.0" },
        { 1.0, "1.0" },
        { 0.001, "0.001" },
        { 0.0001, "0.0001" },
        { 0.00001, "1e-05" },
        { 1e-7, "1e-07" },
        { 1e15, "1000000000000000.0" },
        { 1e16, "1e+16" },
        { 123456789012345680.0, "1.2345678901234568e+17" },
        { 9999999999999998.0, "9999999999999998.0" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 5e-324, "5e-324" },
        { 2.2250738585072014e-308, "2.2250738585072014e-308" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 9007199254740993.0, "9007199254740992.0" },
        { 5.684341886080802e-14, "5.684341886080802e-14" }, /* 2^-44: the margin below is smaller */
        { 2e-44, "2e-44" },
        { 1e23, "1e+23" },
        { 9.5367431640625e-07, "9.5367431640625e-07" },
        { NAN, "null" },
        { -INFINITY, "null" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_buffer b;
        ap_text_double(text_start(&b), cases[i].value);
        assert_string_equal(text_of(&b), cases[i].expected);
    }
}

static int digit_count(const char *text)
{
    char digits[64];
    int count = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (count > 0 || *text != '0'))
            digits[count++] = *text;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return count;
}

/* Fewest digits by trial with the C library. */
static int digits_needed(double value)
{
    for (int digits = 1; digits < 17; digits++) {
        char text[64];
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value)
            return digits;
    }
    return 17;
}

/* A double of one of the lattices of the formats, of a power's neighbourhood, or of any bits. */
static double sample(int kind, uint64_t *seed)
{
    uint64_t r = next_random(seed);
    switch (kind) {
    case 0:
        return (double)(int64_t)(r % 33554432) * 180 / 33554432;
    case 1:
        return (double)(int64_t)(r % 1073741824) * 180 / 1073741824;
    case 2:
        return (double)(r % 65536) * 360 / 65536;
    case 3:
        return (double)(r >> 20 & 0xffffff) / (double)(UINT64_C(1) << (r % 40));
    case 4:
        return double_of_bits((r % 2047 << 52) + r / 4096 % 5 - (r % 2047 ? 2 : 0));
    case 5:
        return double_of_bits(r >> 12 >> (r % 52)); /* denormal */
    case 6:
        return (double)(r % 100000) / pow(10, (double)(r >> 32) / 4294967296.0 * 20);
    default:
        return double_of_bits(r);
    }
}

static void test_text_double_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < AP_TEST_ROUNDS(400000); i++) {
        double value = sample(i % 8, &seed);
        if (!isfinite(value))
            continue;
        text_buffer b;
        ap_text_double(text_start(&b), value);
        assert_true(strtod(text_of(&b), NULL) == value);
    }
}

static void test_text_double_is_shortest(void **state)
{
    (void)state;
    uint64_t seed = 99;
    for (int i = 0; i < AP_TEST_ROUNDS(40000); i++) {
        double value = sample(i % 8, &seed);
        if (!isfinite(value) || value == 0)
            continue;
        text_buffer b;
        ap_text_double(text_start(&b), value);
        int digits = digit_count(text_of(&b)), needed = digits_needed(value);
        /* Above a power of two the nearest decimal may miss the wider side of the interval. */
        int exponent;
        if (frexp(fabs(value), &exponent) == 0.5)
            assert_true(digits <= needed);
        else
            assert_int_equal(digits, needed);
    }
}

/* Byte for byte what CPython writes. */
static void test_text_double_agrees_with_python(void **state)
{
    (void)state;
    static const char script[] =
        "python3 -c 'import sys,json,struct\n"
        "for i in range(8000):\n"
        "    d=struct.unpack(\"<d\",bytes.fromhex(sys.stdin.readline().strip()))[0]\n"
        "    print(json.dumps(d))' <%s";
    char in_path[] = "/tmp/airpicture_json_XXXXXX", command[512];
    if (system("python3 -c pass >/dev/null 2>&1") != 0) {
        print_message("python3 is absent\n");
        skip();
    }
    int fd = mkstemp(in_path);
    assert_true(fd >= 0);
    FILE *in = fdopen(fd, "w");
    static double values[8000];
    uint64_t seed = 5;
    for (int i = 0; i < 8000; i++) {
        do
            values[i] = sample(i % 8, &seed);
        while (!isfinite(values[i]));
        uint8_t bytes[8];
        memcpy(bytes, &values[i], 8);
        for (int k = 0; k < 8; k++)
            fprintf(in, "%02x", bytes[k]);
        fprintf(in, "\n");
    }
    fclose(in);
    snprintf(command, sizeof command, script, in_path);
    FILE *out = popen(command, "r");
    char expected[64];
    for (int i = 0; i < 8000; i++) {
        assert_non_null(fgets(expected, sizeof expected, out));
        expected[strcspn(expected, "\n")] = 0;
        text_buffer b;
        ap_text_double(text_start(&b), values[i]);
        assert_string_equal(text_of(&b), expected);
    }
    pclose(out);
    remove(in_path);
}

static void test_json_string_cases(void **state)
{
    (void)state;
#define STRING(s) s, sizeof s - 1
    static const struct {
        const char *value;
        size_t size;
        const char *expected;
    } cases[] = {
        { STRING(""), "\"\"" },
        { STRING("DLH9LF"), "\"DLH9LF\"" },
        { STRING("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"" },
        { STRING("\b\f\n\r\t\x01\x1f\x7f"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"" },
        { STRING("a\0b"), "\"a\\u0000b\"" },
        { STRING("\xc3\xa9\xe2\x82\xac\xf0\x9f\x9b\xa9"),
          "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x9b\xa9\"" },
        { STRING("\xff"
                 "A"),
          "\"\xef\xbf\xbd"
          "A\"" },
        { STRING("\xc0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },                 /* overlong */
        { STRING("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* surrogate */
        { STRING("\xf4\x90\x80\x80"),
          "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* beyond U+10FFFF */
        { STRING("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },     /* cut off */
    };
#undef STRING
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_buffer b;
        ap_json_string(text_start(&b), cases[i].value, cases[i].size);
        assert_string_equal(text_of(&b), cases[i].expected);
    }
}

/* An independent parser gives the same string back. */
static void test_json_string_parses(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 5000; i++) {
        char value[40];
        size_t size = next_random(&seed) % sizeof value;
        for (size_t k = 0; k < size; k++)
            value[k] = (char)(1 + next_random(&seed) % 127);
        text_buffer b;
        ap_json_string(text_start(&b), value, size);
        cJSON *parsed = cJSON_Parse(text_of(&b));
        assert_true(cJSON_IsString(parsed));
        assert_int_equal(strlen(parsed->valuestring), size);
        assert_memory_equal(parsed->valuestring, value, size);
        cJSON_Delete(parsed);
    }
}

static void test_json_object_members(void **state)
{
    (void)state;
    text_buffer b;
    ap_writer *w = text_start(&b);
    ap_json_object object = ap_json_open(w);
    ap_json_member_str(&object, "callsign", "DLH9LF");
    ap_json_member_u64(&object, "track_id", 12);
    ap_json_member_i64(&object, "offset", -3);
    ap_json_member_fixed(&object, "latitude_deg", 47.088861, 6);
    ap_json_member_bool(&object, "on_ground", false);
    ap_json_member_null(&object, "height_m");
    ap_json_key(&object, "nested");
    ap_json_object nested = ap_json_open(w);
    ap_json_close(&nested);
    ap_json_close(&object);
    assert_string_equal(text_of(&b),
                        "{\"callsign\": \"DLH9LF\", \"track_id\": 12, \"offset\": -3, "
                        "\"latitude_deg\": 47.088861, \"on_ground\": false, \"height_m\": null, "
                        "\"nested\": {}}");
}

/* Whatever the room, nothing is written behind it and `bad` tells. */
static void test_json_object_full(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 30; cap++) {
        uint8_t bytes[32];
        memset(bytes, 0xa5, sizeof bytes);
        ap_writer w = ap_writer_of(bytes, cap);
        ap_json_object object = ap_json_open(&w);
        ap_json_member_fixed(&object, "speed_mps", 231.25, 3); /* 21 bytes with braces */
        ap_json_close(&object);
        assert_int_equal(w.bad, cap < 21);
        for (size_t i = cap; i < sizeof bytes; i++)
            assert_int_equal(bytes[i], 0xa5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_integers),
        cmocka_unit_test(test_text_fixed_cases),
        cmocka_unit_test(test_text_fixed_agrees_with_printf),
        cmocka_unit_test(test_text_fixed_near_halves),
        cmocka_unit_test(test_text_double_cases),
        cmocka_unit_test(test_text_double_reads_back),
        cmocka_unit_test(test_text_double_is_shortest),
        cmocka_unit_test(test_text_double_agrees_with_python),
        cmocka_unit_test(test_json_string_cases),
        cmocka_unit_test(test_json_string_parses),
        cmocka_unit_test(test_json_object_members),
        cmocka_unit_test(test_json_object_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
