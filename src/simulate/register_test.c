#include "simulate/register.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Replies of real aircraft that textbooks decode (Sun, The 1090 Megahertz Riddle, chapters on
 * EHS): the Comm-B fields of A000029C85E42F313000007047D3, A000139381951536E024D4CCF6B5 and
 * A00004128F39F91A7E27C46ADC21 and the values given there. */
static void test_register_known_replies(void **state)
{
    (void)state;
    assert_true(ap_register_40(3008.0, 3008.0, 1020.0) == UINT64_C(0x85E42F31300000));
    assert_true(ap_register_50(2.1, 114.258, 438.0, 0.125, 424.0) == UINT64_C(0x81951536E024D4));
    assert_true(ap_register_60(42.715, 252.0, 0.42, -1920.0, -1920.0) ==
                UINT64_C(0x8F39F91A7E27C4));
}

static void test_register_values_beyond_the_field(void **state)
{
    (void)state;
    /* 1,023 steps of 2 kt, and the most negative roll, -90 degrees. */
    uint64_t mb = ap_register_50(-100.0, 0.0, 5000.0, 0.0, -1.0);
    assert_int_equal(mb >> 22 & 0x3FF, 0x3FF);
    assert_int_equal(mb >> 45 & 0x3FF, 0x200);
    assert_int_equal(mb & 0x3FF, 0);
}

/* A turn of a flight: 3 degrees a second at 87 m/s needs a bank of atan(w v / g) = 24.9 degrees;
 * at flight level 100, 200 m/s is Mach 0.609 and 174.2 m/s calibrated (ISA). */
static void test_register_of_flight(void **state)
{
    (void)state;
    ap_enu_frame plane = ap_enu_frame_at((ap_geodetic){ 0.97, 0.06, 0.0 });
    ap_leg legs[16];
    uint32_t hint = 0;
    ap_flight flight = { .address = 1, .legs = legs, .leg_cap = 16 };
    ap_truth truth;
    ap_flight_start(&flight, 0.0, 0.0, 0.0, 1000.0, 0.0, 87.0);
    ap_flight_turn(&flight, 3.0);
    ap_flight_climb(&flight, 2000.0, 8.0);
    assert_true(ap_flight_at(&flight, &plane, 10.0, &hint, &truth));
    uint64_t mb = ap_register_of(0x50, &flight, &truth, 10.0);
    assert_true(fabs((double)(mb >> 45 & 0x1FF) * 45 / 256 - 24.9) < 0.2);
    assert_true(fabs((double)(mb >> 11 & 0x1FF) * 8 / 256 - 3.0) < 0.02);
    double climbing_s = ap_flight_planned_s(&flight) - 60.0;
    assert_true(fabs(ap_flight_level_m(&flight, climbing_s) - 2000.0) < 1e-9);
    mb = ap_register_of(0x40, &flight, &truth, climbing_s);
    assert_true(fabs((double)(mb >> 43 & 0xFFF) * 16 - 2000.0 / 0.3048) <= 8.0);

    ap_flight_start(&flight, 0.0, 0.0, 0.0, 3048.0, 1.0, 200.0);
    assert_true(ap_flight_at(&flight, &plane, 10.0, &hint, &truth));
    truth.east_mps = 200.0;
    truth.north_mps = 0.0;
    mb = ap_register_of(0x60, &flight, &truth, 10.0);
    assert_true(fabs((double)(mb >> 22 & 0x3FF) * 0.004 - 0.609) < 0.004);
    assert_true(fabs((double)(mb >> 33 & 0x3FF) * 0.514444 - 174.2) < 0.5);
    assert_int_equal(ap_register_of(0x17, &flight, &truth, 10.0), 0);
}

/* East at 100 m/s over the ground with 40 m/s of wind to the south: through the air 107.7 m/s, that
 * is 209.4 kt, towards 68.2 degrees. */
static void test_register_of_flight_in_wind(void **state)
{
    (void)state;
    static const ap_wind_level level = { 0.0, 0.0, -40.0 };
    ap_flight flight = { .address = 1, .wind = { &level, 1 } };
    ap_truth truth = { .east_mps = 100.0, .pressure_altitude_m = 3000.0 };
    uint64_t mb = ap_register_of(0x50, &flight, &truth, 10.0);
    assert_true(fabs((double)(mb >> 22 & 0x3FF) * 2.0 - 194.4) <= 1.0);
    assert_true(fabs((double)(mb & 0x3FF) * 2.0 - 209.4) <= 1.0);
    assert_true(fabs((double)(mb >> 33 & 0x7FF) * 90.0 / 512.0 - 90.0) <= 0.1);
    mb = ap_register_of(0x60, &flight, &truth, 10.0);
    assert_true(fabs((double)(mb >> 44 & 0x7FF) * 90.0 / 512.0 - 68.2) <= 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_register_known_replies),
        cmocka_unit_test(test_register_values_beyond_the_field),
        cmocka_unit_test(test_register_of_flight),
        cmocka_unit_test(test_register_of_flight_in_wind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
