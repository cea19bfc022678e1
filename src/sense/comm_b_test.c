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

/* The memory is a few words: what was named, the registers of 1,7, and the weather. */
static void test_memory(void **state)
{
    (void)state;
    const ap_utc_ns start = INT64_C(1717664319) * AP_NS_PER_S;
    uint64_t capability = UINT64_C(0xFF81C300000000);
    ap_comm_b_memory memory = { 0 };
    ap_comm_b_clue clue = { 0 };
    ap_comm_b_inference found;
    ap_comm_b_recall(&memory, capability, start, &clue);
    assert_int_equal(clue.supported, 0);
    assert_int_equal(clue.confirmed, 0);
    ap_comm_b_infer(capability, &clue, &found);
    assert_int_equal(found.bds, 0x17);
    ap_comm_b_learn(&memory, capability, start, &clue, &found);
    ap_comm_b_recall(&memory, capability, start, &clue);
    assert_int_equal(clue.supported, 0xFF81C30);
    assert_int_equal(clue.confirmed, 0x17);
    ap_comm_b_recall(&memory, capability ^ 1, start, &clue);
    assert_int_equal(clue.confirmed, 0);

    clue.has_velocity = true;
    ap_comm_b_note_rate(&memory, true, -1920);
    ap_comm_b_recall(&memory, capability, start, &clue);
    assert_true(clue.has_vertical_rate);
    assert_near(clue.vertical_rate_fpm, -1920, 0);
    ap_comm_b_note_rate(&memory, false, 0);
    ap_comm_b_recall(&memory, capability, start, &clue);
    assert_false(clue.has_vertical_rate);
}

/* 22 kt, -48.75 degrees, then a knot and a quarter of a degree more with each reply. The third is
 * named; not after a long silence, nor when the weather jumps. */
static void test_memory_of_weather(void **state)
{
    (void)state;
    const ap_utc_ns start = INT64_C(1717664319) * AP_NS_PER_S;
    static const struct {
        uint64_t mb;
        int at_s;
        uint8_t expected;
    } replies[] = {
        { UINT64_C(0x185BD5CF400000), 0, 0 },     { UINT64_C(0x185FD5CF800000), 5, 0 },
        { UINT64_C(0x1863D5CFC00000), 10, 0x44 }, { UINT64_C(0x1867D5CF400000), 15, 0x44 },
        { UINT64_C(0x18ABD5CF400000), 20, 0 },    { UINT64_C(0x18ABD5CF400000), 25, 0 },
        { UINT64_C(0x18ABD5CF400000), 30, 0x44 }, { UINT64_C(0x18ABD5CF400000), 1030, 0 },
    };
    ap_comm_b_memory memory = { 0 };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        ap_utc_ns utc = start + replies[i].at_s * AP_NS_PER_S;
        ap_comm_b_clue clue = { .has_altitude = true, .altitude_ft = 34000 };
        ap_comm_b_inference found;
        ap_comm_b_recall(&memory, replies[i].mb, utc, &clue);
        clue.confirmed = 0; /* the weather alone */
        ap_comm_b_infer(replies[i].mb, &clue, &found);
        assert_int_equal(found.bds, replies[i].expected);
        ap_comm_b_learn(&memory, replies[i].mb, utc, &clue, &found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_register_5_0), cmocka_unit_test(test_register_6_0),
        cmocka_unit_test(test_register_4_0), cmocka_unit_test(test_register_refused),
        cmocka_unit_test(test_memory),       cmocka_unit_test(test_memory_of_weather),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
