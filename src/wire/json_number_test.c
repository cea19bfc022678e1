#include "wire/json_number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool parse(const char *text, ap_json_number *number)
{
    return ap_json_number_parse((const uint8_t *)text, strlen(text), number);
}

static void test_parse_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t magnitude;
        int32_t exponent;
        bool is_negative, is_cut;
    } rows[] = {
        { "0", 0, 0, false, false },
        { "-0.50", 50, -2, true, false },
        { "12.5e3", 125, 2, false, false },
        { "1E+2", 1, 2, false, false },
        { "1e-7", 1, -7, false, false },
        { "18446744073709551615", UINT64_MAX, 0, false, false },
        { "18446744073709551616", UINT64_MAX / 10, 1, false, true },
        { "184467440737095516150", UINT64_MAX, 1, false, false },
        { "0.00000000000000000000000001", 1, -26, false, false },
        { "1e99999999999", 1, 100000, false, false },
        { "1e-99999999999", 1, -100000, false, false },
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ap_json_number number;
        assert_true(parse(rows[k].text, &number));
        assert_int_equal(number.magnitude, rows[k].magnitude);
        assert_int_equal(number.exponent, rows[k].exponent);
        assert_int_equal(number.is_negative, rows[k].is_negative);
        assert_int_equal(number.is_cut, rows[k].is_cut);
    }
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const texts[] = { "",    "-",  "+1",   ".5",    "1..2", "1.2.3", "1e",
                                         "1e+", "e5", "1e5x", "1-2",   "0x10", "nan",   "inf",
                                         " 1",  "1 ", "--1",  "1e1e1", "1,5",  "1e2.5" };
    ap_json_number number;
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        assert_false(parse(texts[k], &number));
}

/* The C library's reading is the reference. */
static void test_double_near_strtod(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int k = 0; k < 20000; k++) {
        char text[64];
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        double value = (double)(int64_t)seed * pow(10.0, (double)(k % 61) - 40.0);
        snprintf(text, sizeof text, k % 2 ? "%.*g" : "%.*e", 1 + k % 17, value);
        ap_json_number number;
        assert_true(parse(text, &number));
        double wanted = strtod(text, NULL), found = ap_json_double(&number);
        double step = nextafter(fabs(wanted), (double)INFINITY) - fabs(wanted);
        assert_true(fabs(found - wanted) <= 2 * step);
    }
    ap_json_number number;
    assert_true(parse("1e400", &number) && isinf(ap_json_double(&number)));
    assert_true(parse("1e-400", &number) && ap_json_double(&number) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_exact),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_double_near_strtod),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
