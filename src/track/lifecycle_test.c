#include "track/lifecycle.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Every cell, written the other way round: state, event, next. */
static void test_life_next_every_cell(void **state)
{
    (void)state;
    for (int s = 0; s < AP_TRACK_STATE_COUNT; s++)
        for (int e = 0; e < AP_LIFE_EVENT_COUNT; e++) {
            ap_track_state next = ap_life_next((ap_track_state)s, (ap_life_event)e);
            if (s == AP_TRACK_DEAD || e == AP_LIFE_END)
                assert_int_equal(next, AP_TRACK_DEAD);
            else if (e == AP_LIFE_CONFIRM)
                assert_int_equal(next, AP_TRACK_FIRM);
            else if (s == AP_TRACK_TENTATIVE)
                assert_int_equal(next, AP_TRACK_TENTATIVE);
            else
                assert_int_equal(next, e == AP_LIFE_OVERDUE ? AP_TRACK_COASTING : AP_TRACK_FIRM);
        }
}

/* Bayes by hand. */
static void test_existence(void **state)
{
    (void)state;
    assert_true(fabs(ap_existence_missed(0.5, 0.9) - 0.05 / 0.55) < 1e-15);
    assert_true(fabs(ap_existence_missed(0.9, 0.0) - 0.9) < 1e-15);
    assert_true(fabs(ap_existence_detected(0.1, 9.0) - 0.5) < 1e-15);
    assert_true(ap_existence_detected(1.0 - 1e-12, 1e6) < 1.0);
    assert_true(ap_existence_detected(0.0, 1e6) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_next_every_cell),
        cmocka_unit_test(test_existence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
