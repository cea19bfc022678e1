#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "track/lifecycle.h"
#include "track/missed.h"

/* Looks of a radar of 4 s, one a turn: hit at 0, misses at 4 and 8, hit at 12. */
static void test_missed_take_back_finds_the_look(void **state)
{
    (void)state;
    uint16_t missed = 0;
    ap_missed_next(&missed, false);
    ap_missed_next(&missed, true);
    ap_missed_next(&missed, true);
    assert_false(ap_missed_take_back(&missed, 12.0, 4.0)); /* the next one */
    ap_missed_next(&missed, false);
    assert_int_equal(missed, 6);
    assert_false(ap_missed_take_back(&missed, -12.1, 4.0)); /* was a hit */
    assert_true(ap_missed_take_back(&missed, -8.1, 4.0));
    assert_false(ap_missed_take_back(&missed, -8.1, 4.0)); /* once */
    assert_int_equal(missed, 2);
    assert_true(ap_missed_take_back(&missed, -3.9, 4.0));
    assert_false(ap_missed_take_back(&missed, -1e9, 4.0));
    assert_false(ap_missed_take_back(&missed, 0.0, 0.0));
}

/* Hit at 0, misses at 4 and 8: the plot of 4 comes, then that of 8. */
static void test_missed_take_back_after_the_newest_hit(void **state)
{
    (void)state;
    uint16_t missed = 0;
    ap_missed_next(&missed, true);
    ap_missed_next(&missed, true);
    assert_true(ap_missed_take_back(&missed, 4.1, 4.0));
    assert_int_equal(missed, 1);
    assert_true(ap_missed_take_back(&missed, 4.0, 4.0));
    assert_int_equal(missed, 0);
}

/* odds: 0.8 / 0.2 = 4, times 1 - 0.9 = 0.4, so 2 / 7; and back */
static void test_existence_not_missed_takes_back(void **state)
{
    (void)state;
    assert_true(fabs(ap_existence_missed(0.8, 0.9) - 2.0 / 7.0) < 1e-15);
    assert_true(fabs(ap_existence_not_missed(2.0 / 7.0, 0.9) - 0.8) < 1e-15);
    assert_true(ap_existence_not_missed(1.0, 0.9) < 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missed_take_back_finds_the_look),
        cmocka_unit_test(test_missed_take_back_after_the_newest_hit),
        cmocka_unit_test(test_existence_not_missed_takes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
