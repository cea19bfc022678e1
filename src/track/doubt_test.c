#include "track/doubt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void test_doubt_weighs(void **state)
{
    (void)state;
    ap_doubt d = { 0 };
    assert_false(ap_doubt_against(&d, AP_DOUBT_PLAIN)); /* a code that changes says so twice */
    assert_false(ap_doubt_against(&d, AP_DOUBT_PLAIN));
    for (int k = 0; k < 16; k++)
        ap_doubt_for(&d);
    assert_int_equal(d.weight, 0);
    int until = 0;
    for (bool begins = false; !begins && until < 20; until++) { /* one false for each true */
        ap_doubt_for(&d);
        begins = ap_doubt_against(&d, AP_DOUBT_PLAIN);
    }
    assert_int_equal(until, 3);
    assert_true(d.holds);
    for (int k = 0; k < 1000; k++)
        assert_false(ap_doubt_against(&d, AP_DOUBT_PLAIN)); /* it begins once */
    for (int k = 0; k < 57; k++) {
        assert_true(d.holds);
        ap_doubt_for(&d);
    }
    assert_false(d.holds);
}

static void test_contradictions(void **state)
{
    (void)state;
    ap_identity jet;
    ap_identity_start(&jet);
    jet.present = AP_HAS_MODE_3A | AP_HAS_CALLSIGN | AP_HAS_EMITTER_CATEGORY;
    jet.mode_3a = 01234;
    jet.emitter_category = 0xA3;
    memcpy(jet.callsign, "DLH123", 7);
    ap_identity helicopter = jet;
    helicopter.emitter_category = 0xA7;
    ap_gauss fast = { .x = { 0, 0, 180, 160 }, .C = { 4, 0, 4 } };
    ap_gauss slow = { .x = { 0, 0, 40, 30 }, .C = { 4, 0, 4 } };
    ap_gauss unsure = { .x = { 0, 0, 180, 160 }, .C = { 1e4, 0, 1e4 } };
    ap_report r = { 0 };
    assert_false(ap_doubt_contradicts(&jet, &r, &fast));
    assert_true(ap_doubt_contradicts(&helicopter, &r, &fast));
    assert_false(ap_doubt_contradicts(&helicopter, &r, &slow));
    assert_false(ap_doubt_contradicts(&helicopter, &r, &unsure));
    r.present = AP_HAS_TRUE_AIRSPEED;
    r.true_airspeed_mps = 230.0;
    assert_false(ap_doubt_contradicts(&jet, &r, &fast));
    assert_true(ap_doubt_contradicts(&jet, &r, &slow));
    r.present = AP_HAS_MODE_3A;
    r.mode_3a = 01234;
    assert_false(ap_doubt_contradicts(&jet, &r, &fast));
    r.mode_3a = 04321;
    assert_true(ap_doubt_contradicts(&jet, &r, &fast));
    r.flags = AP_FLAG_MODE_3A_GARBLED;
    assert_false(ap_doubt_contradicts(&jet, &r, &fast));
    r = (ap_report){ .present = AP_HAS_CALLSIGN };
    memcpy(r.callsign, "DLH123", 7);
    assert_false(ap_doubt_contradicts(&jet, &r, &fast));
    memcpy(r.callsign, "AFR9", 5);
    assert_true(ap_doubt_contradicts(&jet, &r, &fast));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubt_weighs),
        cmocka_unit_test(test_contradictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
