#include "simulate/garble.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define STEP_M (1.45e-6 * 299792458.0 / 2.0) /* 217 m */

static void test_garble_code_same_place_is_or(void **state)
{
    (void)state;
    assert_int_equal(ap_garble_code(01234, 04321, 0.0), 05335);
    assert_int_equal(ap_garble_code(00000, 07777, 60.0), 07777);
    assert_int_equal(ap_garble_code(00000, 07777, -60.0), 07777);
    /* 0.31 of a step of 217.3 m is 67.4 m: then the pulses interleave. */
    assert_int_equal(ap_garble_code(00000, 07777, 68.0), 0);
    assert_int_equal(ap_garble_code(00000, 07777, STEP_M - 68.0), 0);
}

/* By the order of the pulses F1 C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4 F2, drawn on paper: an empty
 * reply (two framing pulses) one step behind has its F1 on C1, two steps behind on A1; one step
 * ahead its F2 is on D4, and fourteen steps ahead F2 is on the own F1. */
static void test_garble_code_framing_pulses_of_the_other(void **state)
{
    (void)state;
    static const uint16_t reached[] = { 00010, 01000, 00020, 02000, 00040, 04000, 0,
                                        00100, 00001, 00200, 00002, 00400, 00004, 0 };
    for (int steps = 1; steps <= 14; steps++) {
        assert_int_equal(ap_garble_code(0, 0, steps * STEP_M), reached[steps - 1]);
        assert_int_equal(ap_garble_code(0, 0, -steps * STEP_M),
                         steps < 14 ? reached[13 - steps] : 0);
    }
}

static void test_garble_code_pulses_shift(void **state)
{
    (void)state;
    /* A1 (place 2) five steps behind is on the empty X, six steps behind on B1, and F1 as above. */
    assert_int_equal(ap_garble_code(0, 01000, 5 * STEP_M), 00040); /* F1 on C4 */
    assert_int_equal(ap_garble_code(0, 01000, 6 * STEP_M), 04100); /* F1 on A4 */
    /* B1 (place 8) six steps ahead is on A1; F2 on B1. */
    assert_int_equal(ap_garble_code(0, 00100, -6 * STEP_M), 01100);
}

static void test_garble_code_ends_with_the_reply(void **state)
{
    (void)state;
    assert_true(fabs(AP_GARBLE_RANGE_M / 1852.0 - 1.679) < 0.001);
    for (double behind_m = -4000.0; behind_m <= 4000.0; behind_m += 1.0) {
        uint16_t code = ap_garble_code(01234, 07777, behind_m);
        assert_int_equal(code & 01234, 01234); /* pulses never vanish */
        assert_true(abs((int)behind_m) < 3111 || code == 01234);
    }
}

static void test_garble_level_there_and_back(void **state)
{
    (void)state;
    for (int hundreds = -12; hundreds <= 1267; hundreds++) {
        int16_t level;
        uint16_t code = ap_garble_of_level((int16_t)(hundreds * 4));
        /* Above 62,700 ft the code goes on with D2 only, D1 is never there. */
        assert_int_equal(code & 1, 0);
        assert_true(ap_garble_to_level(code, &level));
        assert_int_equal(level, hundreds * 4);
    }
    /* C1 and C4 without C2 are no hundred: 5 in the Gray code. */
    int16_t level = 7;
    assert_false(ap_garble_to_level(00000, &level));
    assert_false(ap_garble_to_level(00001, &level));
    assert_false(ap_garble_to_level(00070, &level));
    assert_int_equal(level, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garble_code_same_place_is_or),
        cmocka_unit_test(test_garble_code_framing_pulses_of_the_other),
        cmocka_unit_test(test_garble_code_pulses_shift),
        cmocka_unit_test(test_garble_code_ends_with_the_reply),
        cmocka_unit_test(test_garble_level_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
