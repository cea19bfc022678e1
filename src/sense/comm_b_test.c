#include "sense/comm_b.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((double)(value) - (double)(expected)) <= (tolerance))

/* A register and what it says; values from ICAO Doc 9871 layouts, checked with another decoder's
 * published examples. */
static void test_register_5_0(void **state)
{
    (void)state;
    ap_report report = { 0 };
    /* 81951536E024D4: roll 2.1, track 114.258, 438 kt, 0.125 deg/s, 424 kt. */
    ap_sense_set_comm_b(&report, 0x50, UINT64_C(0x81951536E024D4));
    assert_int_equal(report.present,
                     AP_HAS_ROLL | AP_HAS_TRACK_RATE | AP_HAS_TRUE_AIRSPEED | AP_HAS_VELOCITY);
    assert_near(report.roll_rad / AP_RAD_PER_DEG, 2.1, 0.05);
    assert_near(report.track_rate_radps / AP_RAD_PER_DEG, 0.125, 1e-9);
    assert_near(report.true_airspeed_mps / AP_MPS_PER_KT, 424, 1e-9);
    assert_near(hypot(report.east_mps, report.north_mps) / AP_MPS_PER_KT, 438, 1e-9);
    assert_near(atan2(report.east_mps, report.north_mps) / AP_RAD_PER_DEG, 114.258, 0.001);
}

static void test_register_6_0(void **state)
{
    (void)state;
    ap_report report = { 0 };
    /* 8F39F91A7E27C4: heading 42.715, 252 kt, Mach 0.42, -1920 and -1920 ft/min. */
    ap_sense_set_comm_b(&report, 0x60, UINT64_C(0x8F39F91A7E27C4));
    assert_near(report.heading_rad / AP_RAD_PER_DEG, 42.715, 0.001);
    assert_near(report.indicated_airspeed_mps / AP_MPS_PER_KT, 252, 1e-9);
    assert_near(report.mach, 0.42, 1e-9);
    assert_near(report.up_mps, -1920 * 0.3048 / 60, 1e-9);
    assert_near(report.up_sigma_mps, 1, 0);
}

static void test_register_4_0(void **state)
{
    (void)state;
    ap_report report = { 0 };
    /* 85E42F313000D7 of A000029C85E42F313000D77FFFFF... : selected 3,008 ft, 1,020 hPa. */
    ap_sense_set_comm_b(&report, 0x40, UINT64_C(0x85E42F31300000));
    assert_near(report.selected_altitude_m / 0.3048, 3008, 1e-9);
}

/* A field that is said to be absent but holds bits, an impossible value, another register. */
static void test_register_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t bds;
        uint64_t mb;
    } cases[] = {
        { 0x50, UINT64_C(0x81951536E024D4) & ~(UINT64_C(1) << 55) }, /* roll without status */
        { 0x50, UINT64_C(0xC0000000000000) },                        /* roll -90 */
        { 0x40, UINT64_C(0x85E42F31300000) | UINT64_C(1) << 10 },    /* reserved bits */
        { 0x60, UINT64_C(0x8F39F91A7E27C4) & ~(UINT64_C(1) << 43) }, /* speed without status */
        { 0x17, UINT64_C(0x81951536E024D4) },
        { 0x50, 0 },
        { 0x60, 0 },
        { 0x40, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_report report = { 0 };
        ap_sense_set_comm_b(&report, cases[i].bds, cases[i].mb);
        assert_int_equal(report.present, 0);
    }
}

static void test_guess(void **state)
{
    (void)state;
    static const struct {
        uint64_t mb;
        ap_comm_b_clue clue;
        uint8_t expected;
    } cases[] = {
        { UINT64_C(0x81951536E024D4), { true, false, 440, 115, 0 }, 0x50 },
        { UINT64_C(0x81951536E024D4), { true, false, 300, 115, 0 }, 0 },
        { UINT64_C(0x81951536E024D4), { true, false, 440, 150, 0 }, 0 },
        { UINT64_C(0x81951536E024D4), { false, false, 0, 0, 0 }, 0x50 },
        { UINT64_C(0x8F39F91A7E27C4), { false, true, 0, 0, 5500 }, 0x60 },
        { UINT64_C(0x8F39F91A7E27C4), { false, true, 0, 0, 30000 }, 0 },
        { UINT64_C(0x8F39F91A7E27C4), { false, false, 0, 0, 0 }, 0 },
        { UINT64_C(0x85E42F31300000), { false, false, 0, 0, 0 }, 0x40 },
        { UINT64_C(0x10030A80F50000), { false, false, 0, 0, 0 }, 0 }, /* 1,0 */
        { UINT64_C(0x20052075D60820), { false, false, 0, 0, 0 }, 0 }, /* 2,0 */
        { 0, { false, false, 0, 0, 0 }, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(ap_comm_b_guess(cases[i].mb, &cases[i].clue), cases[i].expected);
}

/* Noise is hardly ever taken for a register when the clue is there. */
static void test_guess_of_noise(void **state)
{
    (void)state;
    ap_comm_b_clue clue = { true, true, 440, 115, 33000 };
    uint64_t seed = 5;
    size_t taken_count = 0;
    for (int i = 0; i < 1000000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        taken_count += ap_comm_b_guess(seed >> 8, &clue) != 0;
    }
    assert_true(taken_count <= 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_register_5_0), cmocka_unit_test(test_register_6_0),
        cmocka_unit_test(test_register_4_0), cmocka_unit_test(test_register_refused),
        cmocka_unit_test(test_guess),        cmocka_unit_test(test_guess_of_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
