#include "airpicture/modes_detail.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/cpr.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((double)(value) - (double)(expected)) <= (tolerance))

/* A value in bits first..first + count - 1 of the field, numbered from 1. */
static uint64_t at(unsigned first, unsigned count, uint64_t value)
{
    return value << (57 - first - count);
}

/* A sealed frame of 14 bytes: `head` the first four, overlay 0 for squitters. */
static ap_modes_frame frame_of(uint32_t head, uint64_t field, uint32_t overlay)
{
    uint8_t bytes[AP_MODES_LONG_SIZE];
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(head >> (24 - 8 * i));
    for (unsigned i = 0; i < 7; i++)
        bytes[4 + i] = (uint8_t)(field >> (48 - 8 * i));
    ap_modes_seal(bytes, sizeof bytes, overlay);
    ap_modes_frame frame;
    assert_int_equal(ap_modes_decode(bytes, sizeof bytes, &frame), AP_OK);
    return frame;
}

static ap_modes_frame squitter_of(uint64_t me)
{
    return frame_of(0x8D40621D, me, 0);
}

static void test_maximum_airspeed(void **state)
{
    (void)state;
    double from_kt, to_kt;
    for (uint8_t code = 0; code < 9; code++)
        assert_false(ap_modes_maximum_airspeed(code, &from_kt, &to_kt));
    assert_false(ap_modes_maximum_airspeed(15, &from_kt, &to_kt));
    assert_true(ap_modes_maximum_airspeed(9, &from_kt, &to_kt));
    assert_near(to_kt, 75, 0);
    assert_true(ap_modes_maximum_airspeed(12, &from_kt, &to_kt));
    assert_near(from_kt, 300, 0);
    assert_near(to_kt, 600, 0);
    assert_true(ap_modes_maximum_airspeed(14, &from_kt, &to_kt));
    assert_near(from_kt, 1200, 0);
    assert_true(isinf(to_kt));
}

/* The same advisory in the three formats: climb, corrective, positive, against one address. */
static void test_advisory_one_way(void **state)
{
    (void)state;
    uint64_t advisory = at(9, 7, 0x61) | at(23, 4, 4) | at(29, 2, 1) | at(31, 24, 0x4840D6);
    ap_modes_frame frames[] = {
        squitter_of(at(1, 5, 28) | at(6, 3, 2) | advisory),
        frame_of(0xA0000E98, at(1, 8, 0x30) | advisory, 0x40621D),
        frame_of(0xA8001024, at(1, 8, 0x30) | advisory, 0x40621D),
        frame_of(0x80E19838, at(1, 8, 0x30) | advisory, 0x40621D),
    };
    for (size_t i = 0; i < 4; i++) {
        ap_modes_advisory of;
        assert_true(ap_modes_resolution_advisory(&frames[i], &of));
        bool has_threat = i < 3; /* the coordination reply has no identity */
        assert_int_equal(of.present,
                         AP_ADVISORY_ONE_WAY | (has_threat ? AP_ADVISORY_THREAT_ADDRESS : 0));
        assert_true(of.corrective && of.positive);
        assert_false(of.downward || of.increased_rate || of.reversal || of.crossing);
        assert_false(of.terminated || of.multiple_threats || of.not_below || of.not_left);
        assert_true(of.not_above);
        assert_int_equal(of.active_advisories, 0x61 << 7);
        assert_int_equal(of.threat_icao24, has_threat ? 0x4840D6 : 0);
    }
}

/* Each bit by itself. */
static void test_advisory_bits(void **state)
{
    (void)state;
    uint64_t head = at(1, 5, 28) | at(6, 3, 2);
    for (unsigned bit = 10; bit <= 28; bit++) {
        bool is_reserved = bit >= 16 && bit <= 22;
        ap_modes_frame frame = squitter_of(head | at(9, 1, 1) | at(bit, 1, 1));
        ap_modes_advisory of;
        assert_true(ap_modes_resolution_advisory(&frame, &of));
        const bool one_way[] = { of.corrective, of.downward, of.increased_rate,
                                 of.reversal,   of.crossing, of.positive };
        const bool rest[] = { of.not_below, of.not_above,  of.not_left,
                              of.not_right, of.terminated, of.multiple_threats };
        for (unsigned i = 0; i < 6; i++) {
            assert_int_equal(one_way[i], bit == 10 + i);
            assert_int_equal(rest[i], bit == 23 + i);
        }
        assert_true(is_reserved || of.active_advisories % 128 == 0);
    }
    for (unsigned bit = 10; bit <= 15; bit++) {
        ap_modes_frame frame = squitter_of(head | at(28, 1, 1) | at(bit, 1, 1));
        ap_modes_advisory of;
        assert_true(ap_modes_resolution_advisory(&frame, &of));
        assert_int_equal(of.present, AP_ADVISORY_TWO_WAYS);
        const bool two_ways[] = { of.correction_up,    of.positive_climb, of.correction_down,
                                  of.positive_descent, of.crossing,       of.reversal };
        for (unsigned i = 0; i < 6; i++)
            assert_int_equal(two_ways[i], bit == 10 + i);
    }
}

/* Threat by altitude 38,000 ft, 1.2 NM, 33 degrees; then each of them unknown. */
static void test_advisory_threat_by_place(void **state)
{
    (void)state;
    uint64_t head = at(1, 5, 28) | at(6, 3, 2) | at(9, 1, 1) | at(29, 2, 2);
    uint16_t altitude = ap_modes_ac13_of_altitude(38000);
    ap_modes_frame frame = squitter_of(head | at(31, 13, altitude) | at(44, 7, 13) | at(51, 6, 6));
    ap_modes_advisory of;
    assert_true(ap_modes_resolution_advisory(&frame, &of));
    assert_int_equal(of.present, AP_ADVISORY_ONE_WAY | AP_ADVISORY_THREAT_ALTITUDE |
                                     AP_ADVISORY_THREAT_RANGE | AP_ADVISORY_THREAT_BEARING);
    assert_int_equal(of.threat_altitude_ft, 38000);
    assert_near(of.threat_range_nmi, 1.2, 1e-12);
    assert_near(of.threat_bearing_deg, 33, 0);
    frame = squitter_of(head | at(44, 7, 127) | at(51, 6, 61));
    assert_true(ap_modes_resolution_advisory(&frame, &of));
    assert_int_equal(of.present, AP_ADVISORY_ONE_WAY | AP_ADVISORY_THREAT_RANGE);
    assert_near(of.threat_range_nmi, 12.55, 1e-12);
}

static void test_advisory_elsewhere(void **state)
{
    (void)state;
    ap_modes_frame frames[] = {
        squitter_of(at(1, 5, 28) | at(6, 3, 1)),
        squitter_of(at(1, 8, 0x30)),                        /* type code 6 */
        frame_of(0x80E19838, at(1, 8, 0x58), 0x40621D),     /* the squitter of a crosslink */
        frame_of(0xA0000E98, at(1, 8, 0x20), 0x40621D),     /* call sign */
        frame_of(0xA0000E98, at(1, 8, 0x30) | 1, 0x40621D), /* identity without a threat */
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        ap_modes_advisory of, zero = { 0 };
        memset(&of, 1, sizeof of);
        assert_false(ap_modes_resolution_advisory(&frames[i], &of));
        assert_int_equal(of.present, zero.present);
        assert_false(of.corrective || of.terminated);
    }
}

static ap_modes_status status_of(uint64_t me)
{
    ap_modes_frame frame = squitter_of(at(1, 5, 31) | me);
    ap_modes_status of;
    assert_true(ap_modes_operational_status(&frame, &of));
    return of;
}

/* Published contents of version 2, F8230002004AB8: TCAS on, ARV and target state, no receiver. */
static void test_status_airborne(void **state)
{
    (void)state;
    ap_modes_status of = status_of(UINT64_C(0x00230002004AB8));
    assert_int_equal(of.version, 2);
    assert_false(of.surface);
    assert_int_equal(of.present, AP_STATUS_AIRBORNE | AP_STATUS_REPORTS | AP_STATUS_UAT_IN |
                                     AP_STATUS_MODE | AP_STATUS_ANTENNA | AP_STATUS_REFERENCE);
    assert_int_equal(of.capability, 0x2300);
    assert_int_equal(of.mode, 0x0200);
    assert_true(of.tcas_operational && of.arv && of.target_state);
    assert_false(of.es_in || of.uat_in || of.ra_active || of.ident || of.single_antenna);

    of = status_of(at(41, 3, 2) | at(12, 1, 1) | at(17, 2, 2) | at(19, 1, 1) | at(27, 2, 3) |
                   at(30, 1, 1) | at(54, 1, 1));
    assert_true(of.es_in && of.uat_in && of.ra_active && of.ident && of.single_antenna);
    assert_true(of.heading_is_magnetic);
    assert_false(of.tcas_operational);
    assert_int_equal(of.trajectory_changes, 2);

    /* Version 1 says when TCAS is off, and tells of services in place of the antenna. */
    of = status_of(at(41, 3, 1) | at(29, 2, 3));
    assert_true(of.tcas_operational && of.atc_services);
    assert_false(of.single_antenna);
    assert_true(of.present & AP_STATUS_VERSION_1);
    assert_false(of.present & (AP_STATUS_UAT_IN | AP_STATUS_ANTENNA));
    assert_false(status_of(at(41, 3, 1) | at(11, 1, 1)).tcas_operational);
}

static void test_status_surface(void **state)
{
    (void)state;
    uint64_t head = at(6, 3, 1);
    ap_modes_status of = status_of(head | at(41, 3, 2) | at(12, 1, 1) | at(15, 2, 3) |
                                   at(21, 4, 6) | at(33, 3, 2) | at(36, 5, 11) | at(53, 1, 1));
    assert_true(of.surface && of.es_in && of.low_power && of.uat_in && of.track_is_heading);
    assert_int_equal(of.capability, 0x130);
    assert_near(of.length_m, 45, 0);
    assert_near(of.width_m, 39.5, 0);
    assert_near(of.antenna_right_m, -4, 0);
    assert_near(of.antenna_aft_m, 20, 0);
    assert_false(of.present & (AP_STATUS_OFFSET_APPLIED | AP_STATUS_AIRBORNE));

    of = status_of(head | at(41, 3, 2) | at(33, 1, 1) | at(36, 5, 1));
    assert_true(of.present & AP_STATUS_LATERAL); /* on the axis */
    assert_near(of.antenna_right_m, 0, 0);
    assert_true(of.position_offset_applied);
    assert_false(of.present & (AP_STATUS_LONGITUDINAL | AP_STATUS_DIMENSIONS));

    of = status_of(head | at(41, 3, 1) | at(11, 1, 1) | at(21, 4, 15) | at(33, 8, 255));
    assert_true(of.position_offset_applied);
    assert_near(of.width_m, 90, 0);
    assert_false(of.present & (AP_STATUS_LATERAL | AP_STATUS_LONGITUDINAL | AP_STATUS_UAT_IN));
    of = status_of(head | at(41, 3, 2) | at(33, 3, 7) | at(36, 5, 31));
    assert_near(of.antenna_right_m, 6, 0);
    assert_near(of.antenna_aft_m, 60, 0);
}

/* Lengths and widths never shrink together, code by code. */
static void test_status_dimensions(void **state)
{
    (void)state;
    double length_m = 0.0, width_m = 0.0;
    for (uint64_t code = 1; code < 16; code++) {
        ap_modes_status of = status_of(at(6, 3, 1) | at(41, 3, 2) | at(21, 4, code));
        assert_true(of.length_m >= length_m);
        assert_true(of.width_m > width_m || of.length_m > length_m);
        length_m = of.length_m;
        width_m = of.width_m;
    }
}

/* Other versions give the codes, reserved formats nothing of their meaning. */
static void test_status_of_other_versions(void **state)
{
    (void)state;
    ap_modes_status of = status_of(at(9, 16, 0x3456) | at(25, 16, 0x789A));
    assert_int_equal(of.present, 0);
    assert_int_equal(of.capability, 0x3456);
    assert_int_equal(of.mode, 0x789A);
    assert_int_equal(status_of(at(41, 3, 5)).present, 0);
    assert_int_equal(status_of(at(41, 3, 3) | at(9, 2, 1) | at(25, 2, 2)).present, 0);
    of = status_of(at(41, 3, 2) | at(9, 2, 1) | at(25, 2, 2));
    assert_int_equal(of.present, AP_STATUS_REFERENCE);
    /* Version 3 has other things in the place of four of version 2. */
    of = status_of(at(41, 3, 3) | at(11, 2, 3) | at(15, 5, 31) | at(54, 1, 1));
    assert_int_equal(of.present,
                     AP_STATUS_AIRBORNE | AP_STATUS_UAT_IN | AP_STATUS_MODE | AP_STATUS_ANTENNA);
    assert_true(of.tcas_operational && of.es_in && of.uat_in);
    assert_false(of.arv || of.target_state || of.heading_is_magnetic);
    ap_modes_status none;
    ap_modes_frame frame = squitter_of(at(1, 5, 31) | at(6, 3, 2));
    assert_false(ap_modes_operational_status(&frame, &none));
    frame = squitter_of(at(1, 5, 29));
    assert_false(ap_modes_operational_status(&frame, &none));
}

static void test_target_state_of_version_1(void **state)
{
    (void)state;
    ap_modes_frame frame = squitter_of(
        at(1, 5, 29) | at(8, 2, 3) | at(10, 1, 1) | at(12, 2, 2) | at(14, 2, 1) | at(16, 10, 340) |
        at(26, 2, 1) | at(28, 9, 275) | at(37, 1, 1) | at(38, 2, 2) | at(52, 2, 3) | at(54, 3, 4));
    ap_modes_target of;
    assert_true(ap_modes_target_state(&frame, &of));
    assert_int_equal(of.present, AP_TARGET_ALTITUDE | AP_TARGET_HEADING);
    assert_int_equal(of.vertical_source, 3);
    assert_true(of.altitude_is_msl && of.is_track && of.tcas_off && of.ra_active);
    assert_int_equal(of.altitude_capability, 2);
    assert_int_equal(of.vertical_mode, 1);
    assert_int_equal(of.altitude_ft, 33000);
    assert_near(of.heading_deg, 275, 0);
    assert_int_equal(of.horizontal_mode, 2);
    assert_int_equal(of.emergency_state, 4);

    /* No source, and values beyond the scale. */
    frame = squitter_of(at(1, 5, 29) | at(16, 10, 340) | at(28, 9, 275));
    assert_true(ap_modes_target_state(&frame, &of));
    assert_int_equal(of.present, 0);
    frame =
        squitter_of(at(1, 5, 29) | at(8, 2, 1) | at(16, 10, 1011) | at(26, 2, 1) | at(28, 9, 360));
    assert_true(ap_modes_target_state(&frame, &of));
    assert_int_equal(of.present, 0);
    frame = squitter_of(at(1, 5, 29) | at(6, 2, 1));
    assert_false(ap_modes_target_state(&frame, &of));
}

/* A point, coded in 12 bits by the formulas of DO-260B appendix A, comes back within a step. */
static void test_coarse_tisb(void **state)
{
    (void)state;
    const double latitude_deg = 47.4512, longitude_deg = 8.5637;
    ap_cpr halves[2];
    for (unsigned odd = 0; odd < 2; odd++) {
        double step_deg = 360.0 / (60 - odd);
        double north = fmod(latitude_deg, step_deg) / step_deg;
        uint64_t y = (uint64_t)floor(4096 * north + 0.5) & 4095;
        double zones = 40 - odd; /* NL is 40 from 47.04 to 48.23 degrees */
        double east = fmod(longitude_deg, 360.0 / zones) / (360.0 / zones);
        uint64_t x = (uint64_t)floor(4096 * east + 0.5) & 4095;
        ap_modes_frame frame = frame_of(
            0x93ABCDEF,
            at(1, 1, 1) | at(2, 2, 2) | at(4, 4, 9) |
                at(8, 12, ap_modes_ac12_of_ac13(ap_modes_ac13_of_altitude(33000))) | at(20, 1, 1) |
                at(21, 5, 25) | at(26, 6, 14) | at(32, 1, odd) | at(33, 12, y) | at(45, 12, x),
            0);
        assert_true(frame.imf);
        assert_int_equal(frame.altitude_ft, 33000);
        assert_int_equal(frame.present, AP_MODES_HAS_ALTITUDE);
        ap_modes_coarse of;
        assert_true(ap_modes_coarse_tisb(&frame, &of));
        assert_int_equal(of.present, AP_COARSE_TRACK | AP_COARSE_SPEED);
        assert_int_equal(of.surveillance_status, 2);
        assert_int_equal(of.service_volume, 9);
        assert_near(of.track_deg, 281.25, 0);
        assert_near(of.ground_speed_kt, 416, 0);
        assert_int_equal(of.cpr_odd, odd);
        halves[odd] = (ap_cpr){ of.cpr_latitude_17, of.cpr_longitude_17, odd, false };
    }
    double found_latitude_deg, found_longitude_deg;
    assert_int_equal(ap_cpr_global(&halves[0], &halves[1], true, 0, 0, &found_latitude_deg,
                                   &found_longitude_deg),
                     AP_OK);
    assert_near(found_latitude_deg, latitude_deg, 360.0 / 59 / 8192);
    assert_near(found_longitude_deg, longitude_deg, 360.0 / 39 / 8192);

    ap_modes_coarse of;
    ap_modes_frame frame = frame_of(0x93ABCDEF, at(26, 6, 63), 0);
    assert_true(ap_modes_coarse_tisb(&frame, &of));
    assert_int_equal(of.present, AP_COARSE_SPEED);
    assert_near(of.ground_speed_kt, 1968, 0);
    frame = frame_of(0x92ABCDEF, at(26, 6, 63), 0);
    assert_false(ap_modes_coarse_tisb(&frame, &of));
}

static void test_comm_d(void **state)
{
    (void)state;
    uint8_t bytes[AP_MODES_LONG_SIZE] = { 0xC5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 0 };
    ap_modes_segment of;
    assert_true(ap_modes_comm_d(bytes, &of));
    assert_false(of.acknowledges);
    assert_int_equal(of.number, 5);
    assert_int_equal(of.received, 0);
    assert_memory_equal(of.content, bytes + 1, 10);
    bytes[0] = 0xD0;
    bytes[2] = 0xC0;
    bytes[3] = 0x01;
    assert_true(ap_modes_comm_d(bytes, &of));
    assert_true(of.acknowledges);
    assert_int_equal(of.received, 0xC001);
    bytes[0] = 0xA8;
    assert_false(ap_modes_comm_d(bytes, &of));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maximum_airspeed),
        cmocka_unit_test(test_advisory_one_way),
        cmocka_unit_test(test_advisory_bits),
        cmocka_unit_test(test_advisory_threat_by_place),
        cmocka_unit_test(test_advisory_elsewhere),
        cmocka_unit_test(test_status_airborne),
        cmocka_unit_test(test_status_surface),
        cmocka_unit_test(test_status_dimensions),
        cmocka_unit_test(test_status_of_other_versions),
        cmocka_unit_test(test_target_state_of_version_1),
        cmocka_unit_test(test_coarse_tisb),
        cmocka_unit_test(test_comm_d),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
