#include "airpicture/modes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* In double: cmocka compares floats. */
#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((double)(value) - (double)(expected)) <= (tolerance))

static size_t unhex(const char *text, uint8_t *bytes)
{
    size_t size = 0;
    unsigned byte;
    while (size < AP_MODES_LONG_SIZE && sscanf(text + 2 * size, "%2x", &byte) == 1)
        bytes[size++] = (uint8_t)byte;
    return size;
}

static ap_modes_frame decoded(const char *hex)
{
    uint8_t bytes[AP_MODES_LONG_SIZE];
    ap_modes_frame frame;
    assert_int_equal(ap_modes_decode(bytes, unhex(hex, bytes), &frame), AP_OK);
    return frame;
}

/* A sealed frame of an extended squitter. */
static ap_modes_frame of_me(uint8_t first, uint64_t me)
{
    uint8_t bytes[AP_MODES_LONG_SIZE] = { first, 0x40, 0x62, 0x1D };
    for (unsigned i = 0; i < 7; i++)
        bytes[4 + i] = (uint8_t)(me >> (48 - 8 * i));
    ap_modes_seal(bytes, sizeof bytes, 0);
    ap_modes_frame frame;
    assert_int_equal(ap_modes_decode(bytes, sizeof bytes, &frame), AP_OK);
    return frame;
}

/* A value in bits first..first + count - 1 of the field, numbered from 1. */
static uint64_t at(unsigned first, unsigned count, uint64_t value)
{
    return value << (57 - first - count);
}

/* The remainder by long division, bit by bit. */
static uint32_t slow_syndrome(const uint8_t *frame, size_t size)
{
    uint8_t rest[AP_MODES_LONG_SIZE];
    memcpy(rest, frame, size);
    for (size_t bit = 0; bit < 8 * (size - 3); bit++)
        if (rest[bit / 8] & 0x80u >> bit % 8)
            for (size_t k = 0; k < 25; k++)
                if (0x1FFF409u >> (24 - k) & 1u)
                    rest[(bit + k) / 8] ^= (uint8_t)(0x80u >> (bit + k) % 8);
    return (uint32_t)rest[size - 3] << 16 | (uint32_t)rest[size - 2] << 8 | rest[size - 1];
}

static void test_syndrome_against_long_division(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (int n = 0; n < 5000; n++) {
        uint8_t bytes[AP_MODES_LONG_SIZE];
        for (size_t i = 0; i < sizeof bytes; i++) {
            random = random * 1664525u + 1013904223u;
            bytes[i] = (uint8_t)(random >> 24);
        }
        size_t size = n % 2 ? AP_MODES_LONG_SIZE : AP_MODES_SHORT_SIZE;
        assert_int_equal(ap_modes_syndrome(bytes, size), slow_syndrome(bytes, size));
        ap_modes_seal(bytes, size, random & 0xFFFFFF);
        assert_int_equal(ap_modes_syndrome(bytes, size), random & 0xFFFFFF);
    }
}

/* Every single wrong bit but those of the format is found; of two, what is made of them is never
 * another valid pair unnoticed: it differs from the frame by one bit and fits. */
static void test_repair(void **state)
{
    (void)state;
    static const uint8_t formats[] = { 11, 17, 18 };
    for (size_t k = 0; k < sizeof formats; k++) {
        size_t size = formats[k] == 11 ? AP_MODES_SHORT_SIZE : AP_MODES_LONG_SIZE;
        uint8_t good[AP_MODES_LONG_SIZE] = {
            (uint8_t)(formats[k] << 3 | 5), 0x4B, 0x12, 0x34, 0x58, 0xA3, 0x01, 0x77
        };
        ap_modes_seal(good, size, 0);
        uint8_t fixed[AP_MODES_LONG_SIZE];
        assert_int_equal(ap_modes_repair(good, size, fixed), -1);
        unsigned mistaken = 0;
        for (int bit = 0; bit < (int)size * 8; bit++) {
            uint8_t bad[AP_MODES_LONG_SIZE];
            memcpy(bad, good, size);
            bad[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            int found = ap_modes_repair(bad, size, fixed);
            assert_int_equal(found, bit < 5 ? -1 : bit);
            if (bit < 5)
                continue;
            assert_memory_equal(fixed, good, size);
            for (int other = bit + 1; other < (int)size * 8; other++) {
                bad[other / 8] ^= (uint8_t)(0x80 >> other % 8);
                mistaken += ap_modes_repair(bad, size, fixed) >= 0;
                bad[other / 8] ^= (uint8_t)(0x80 >> other % 8);
            }
        }
        assert_int_equal(mistaken, 0); /* the code has distance 6 */
    }
    uint8_t reply[AP_MODES_SHORT_SIZE] = { 4 << 3 }, fixed[AP_MODES_SHORT_SIZE];
    assert_int_equal(ap_modes_repair(reply, sizeof reply, fixed), -1);
}

static void test_decode_refuses(void **state)
{
    (void)state;
    uint8_t bytes[AP_MODES_LONG_SIZE] = { 0 };
    ap_modes_frame frame = { .df = 77 };
    for (size_t size = 0; size <= sizeof bytes; size++) {
        bytes[0] = size == AP_MODES_LONG_SIZE ? 0x00 : 0x88; /* a short format long, and turned */
        assert_int_equal(ap_modes_decode(bytes, size, &frame), AP_ERR_TRUNCATED);
    }
    static const uint8_t unknown[] = { 1, 2, 3, 6, 7, 8, 9, 10, 12, 13, 14, 15, 19, 22, 23 };
    for (size_t i = 0; i < sizeof unknown; i++) {
        bytes[0] = (uint8_t)(unknown[i] << 3);
        assert_int_equal(ap_modes_decode(bytes, unknown[i] < 16 ? 7 : 14, &frame), AP_ERR_UNKNOWN);
    }
    assert_int_equal(frame.df, 77);
}

/* The first two bits are the whole number of this format. */
static void test_decode_comm_d(void **state)
{
    (void)state;
    for (unsigned first = 0xC0; first < 0x100; first++) {
        uint8_t bytes[AP_MODES_LONG_SIZE] = { (uint8_t)first };
        ap_modes_seal(bytes, sizeof bytes, 0xABCDEF);
        ap_modes_frame frame;
        assert_int_equal(ap_modes_decode(bytes, sizeof bytes, &frame), AP_OK);
        assert_int_equal(frame.df, 24);
        assert_int_equal(frame.check, AP_MODES_OVERLAID);
        assert_int_equal(frame.icao24, 0xABCDEF);
        assert_int_equal(frame.present, 0);
        assert_int_equal(frame.suspect, (first & 0x20) != 0);
        assert_int_equal(ap_modes_decode(bytes, 7, &frame), AP_ERR_TRUNCATED);
    }
}

/* CC, SL and RI, and that they do not touch the altitude. */
static void test_decode_air_to_air(void **state)
{
    (void)state;
    uint8_t bytes[AP_MODES_SHORT_SIZE] = { 0x02, 0xA1, 0x98, 0x38 };
    ap_modes_seal(bytes, sizeof bytes, 0x48520A);
    ap_modes_frame frame;
    assert_int_equal(ap_modes_decode(bytes, sizeof bytes, &frame), AP_OK);
    assert_true(frame.crosslink);
    assert_int_equal(frame.sensitivity, 5);
    assert_int_equal(frame.reply_information, 3);
    assert_int_equal(frame.altitude_ft, 38000);
    assert_false(frame.on_ground);
}

/* Each single-bit error of DF17 and DF11 is found, but for those of the interrogator code. */
static void test_decode_damaged(void **state)
{
    (void)state;
    static const char *const frames[] = { "8d406b902015a678d4d220aa4bda", "5d3981e46dc8eb" };
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[AP_MODES_LONG_SIZE];
        size_t size = unhex(frames[i], bytes);
        ap_modes_seal(bytes, size, 0);
        for (size_t bit = 5; bit < 8 * size; bit++) {
            bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
            ap_modes_frame frame;
            ap_err err = ap_modes_decode(bytes, size, &frame);
            if (size == AP_MODES_SHORT_SIZE && bit >= 49) {
                assert_int_equal(err, AP_OK);
                assert_int_equal(frame.check, AP_MODES_INTERROGATOR);
                assert_int_equal(frame.interrogator, 1u << (55 - bit));
            } else {
                assert_int_equal(err, AP_ERR_PARITY);
                assert_int_equal(frame.check, AP_MODES_DAMAGED);
                assert_int_equal(frame.df, size == 7 ? 11 : 17);
                assert_int_equal(frame.present, 0);
            }
            bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
        }
    }
}

/* ICAO Annex 10 volume IV, appendix to chapter 3, table of pressure-altitude codes: rows read off
 * by hand as D2 D4 A1 A2 A4 B1 B2 B4 C1 C2 C4. */
static const struct {
    const char *code;
    int32_t altitude_ft;
} gillham_cases[] = {
    { "00000000001", -1200 }, { "00000000011", -1100 },  { "00000000010", -1000 },
    { "00000000110", -900 },  { "00000000100", -800 },   { "00000001100", -700 },
    { "00000001110", -600 },  { "00000001010", -500 },   { "00000001011", -400 },
    { "00000001001", -300 },  { "00000011001", -200 },   { "00000011011", -100 },
    { "00000011010", 0 },     { "00000011110", 100 },    { "00000011100", 200 },
    { "00000010100", 300 },   { "10000000100", 126300 }, { "10000000001", 126700 },
};

static uint16_t ac13_of_gillham(const char *code)
{
    /* Shifts of D2 D4 A1 A2 A4 B1 B2 B4 C1 C2 C4 in C1 A1 C2 A2 C4 A4 M B1 Q B2 D2 B4 D4. */
    static const uint8_t shifts[11] = { 2, 0, 11, 9, 7, 5, 3, 1, 12, 10, 8 };
    unsigned ac13 = 0;
    for (int i = 0; i < 11; i++)
        ac13 |= (unsigned)(code[i] - '0') << shifts[i];
    return (uint16_t)ac13;
}

static void test_altitude_gillham(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof gillham_cases / sizeof gillham_cases[0]; i++) {
        int32_t altitude_ft = 0;
        bool is_25_ft = true;
        assert_true(ap_modes_altitude_ac13(ac13_of_gillham(gillham_cases[i].code), &altitude_ft,
                                           &is_25_ft));
        assert_int_equal(altitude_ft, gillham_cases[i].altitude_ft);
        assert_false(is_25_ft);
    }
}

/* Of the 2^11 codes, 5 of each 8 are altitudes, each once, from -1,200 to 126,700 ft. */
static void test_altitude_gillham_is_one_to_one(void **state)
{
    (void)state;
    static uint8_t seen[1280];
    int valid = 0;
    for (unsigned ac13 = 0; ac13 < 0x2000; ac13++) {
        int32_t altitude_ft;
        bool is_25_ft;
        if (ac13 & 0x50u || !ap_modes_altitude_ac13((uint16_t)ac13, &altitude_ft, &is_25_ft))
            continue;
        assert_int_equal((altitude_ft + 1200) % 100, 0);
        size_t index = (size_t)(altitude_ft + 1200) / 100;
        assert_true(altitude_ft >= -1200 && index < 1280);
        assert_int_equal(seen[index]++, 0);
        valid++;
    }
    assert_int_equal(valid, 1280);
}

static void test_altitude_of_25_ft(void **state)
{
    (void)state;
    int32_t altitude_ft = 7;
    bool is_25_ft;
    for (int32_t wanted = -1000; wanted <= 50175; wanted += 25) {
        assert_true(
            ap_modes_altitude_ac13(ap_modes_ac13_of_altitude(wanted), &altitude_ft, &is_25_ft));
        assert_int_equal(altitude_ft, wanted);
        assert_true(is_25_ft);
        assert_true(ap_modes_altitude_ac12(ap_modes_ac12_of_ac13(ap_modes_ac13_of_altitude(wanted)),
                                           &altitude_ft, &is_25_ft));
        assert_int_equal(altitude_ft, wanted);
    }
    altitude_ft = 7;
    assert_false(ap_modes_altitude_ac13(0, &altitude_ft, &is_25_ft));
    assert_false(ap_modes_altitude_ac13(0x0040, &altitude_ft, &is_25_ft)); /* metres */
    assert_false(ap_modes_altitude_ac13(0x1540, &altitude_ft, &is_25_ft));
    assert_int_equal(altitude_ft, 7);
    assert_int_equal(ap_modes_ac13_of_altitude(-9999), ap_modes_ac13_of_altitude(-1000));
    assert_int_equal(ap_modes_ac13_of_altitude(99999), ap_modes_ac13_of_altitude(50175));
    assert_int_equal(ap_modes_ac13_of_altitude(1012), ap_modes_ac13_of_altitude(1000));
    assert_int_equal(ap_modes_ac13_of_altitude(1013), ap_modes_ac13_of_altitude(1025));
}

static void test_squawk_inverse(void **state)
{
    (void)state;
    for (unsigned squawk = 0; squawk < 4096; squawk++) {
        uint16_t id13 = ap_modes_id13_of_squawk((uint16_t)squawk);
        assert_int_equal(id13 & 0x40u, 0);
        assert_int_equal(ap_modes_squawk_id13(id13), squawk);
        assert_int_equal(ap_modes_squawk_id13(id13 | 0x40u), squawk);
    }
    /* C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4 */
    assert_int_equal(ap_modes_id13_of_squawk(07000), 0xA80);  /* A1 A2 A4 */
    assert_int_equal(ap_modes_id13_of_squawk(00070), 0x1500); /* C1 C2 C4 */
    assert_int_equal(ap_modes_id13_of_squawk(00007), 0x15);   /* D1 D2 D4 */
}

static void test_movement(void **state)
{
    (void)state;
    /* DO-260B table 2-17: first code of each run, its lower edge, and the last code. */
    static const struct {
        uint8_t code;
        double speed_kt;
    } cases[] = { { 1, 0 },    { 2, 0.125 }, { 8, 0.875 }, { 9, 1 },    { 12, 1.75 },
                  { 13, 2 },   { 38, 14.5 }, { 39, 15 },   { 93, 69 },  { 94, 70 },
                  { 108, 98 }, { 109, 100 }, { 123, 170 }, { 124, 175 } };
    double speed_kt = -1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(ap_modes_speed_of_movement(cases[i].code, &speed_kt));
        assert_near(speed_kt, cases[i].speed_kt, 0);
    }
    for (uint8_t code = 1; code <= 124; code++) {
        assert_true(ap_modes_speed_of_movement(code, &speed_kt));
        assert_int_equal(ap_modes_movement_of_speed(speed_kt), code);
        assert_int_equal(ap_modes_movement_of_speed(speed_kt + 0.1), code);
    }
    assert_int_equal(ap_modes_movement_of_speed(500), 124);
    assert_int_equal(ap_modes_movement_of_speed(-1), 0);
    assert_int_equal(ap_modes_movement_of_speed((double)NAN), 0);
    speed_kt = -1;
    static const uint8_t none[] = { 0, 125, 126, 127, 255 };
    for (size_t i = 0; i < sizeof none; i++)
        assert_false(ap_modes_speed_of_movement(none[i], &speed_kt));
    assert_near(speed_kt, -1, 0);
}

/* The worked examples of The 1090 MHz Riddle. */
static void test_decode_published(void **state)
{
    (void)state;
    ap_modes_frame f = decoded("8D4840D6202CC371C32CE0576098");
    assert_int_equal(f.icao24, 0x4840D6);
    assert_int_equal(f.check, AP_MODES_CHECKED);
    assert_string_equal(f.callsign, "KLM1023");
    assert_int_equal(f.emitter_category, 0xA0);
    assert_int_equal(f.capability, 5);
    assert_true(f.ground_known && !f.on_ground);

    f = decoded("8D40621D58C382D690C8AC2863A7");
    assert_int_equal(f.type_code, 11);
    assert_int_equal(f.altitude_ft, 38000);
    assert_int_equal(f.cpr_latitude_17, 93000);
    assert_int_equal(f.cpr_longitude_17, 51372);
    assert_false(f.cpr_odd || f.cpr_surface);

    f = decoded("8D485020994409940838175B284F");
    assert_true(f.present & AP_MODES_HAS_GROUND_VELOCITY);
    assert_near(f.ground_speed_kt, 159.20, 0.005);
    assert_near(f.track_deg, 182.88, 0.005);
    assert_int_equal(f.vertical_rate_fpm, -832);
    assert_int_equal(f.geo_minus_baro_ft, 550);

    f = decoded("8DA05F219B06B6AF189400CBC33F");
    assert_int_equal(f.subtype, 3);
    assert_true(f.present & AP_MODES_HAS_AIRSPEED);
    assert_near(f.airspeed_kt, 375, 0);
    assert_true(f.airspeed_is_true);
    assert_near(f.heading_deg, 243.98, 0.005);
    assert_int_equal(f.vertical_rate_fpm, -2304);
    assert_false(f.present & AP_MODES_HAS_GEO_MINUS_BARO);

    f = decoded("8C4841753A9A153237AEF0F275BE");
    assert_int_equal(f.type_code, 7);
    assert_true(f.ground_known && f.on_ground && f.cpr_surface);
    assert_near(f.ground_speed_kt, 17, 0);
    assert_near(f.track_deg, 92.8125, 0);
    assert_true(f.cpr_odd);
    assert_int_equal(f.cpr_latitude_17, 39195);
    assert_int_equal(f.cpr_longitude_17, 110320);

    f = decoded("A02014B400000000000000F9D514");
    assert_int_equal(f.check, AP_MODES_OVERLAID);
    assert_int_equal(f.altitude_ft, 32300);
    assert_true(f.present & AP_MODES_HAS_MB);
    assert_false(f.present & AP_MODES_HAS_CALLSIGN);

    f = decoded("A000083E202CC371C31DE0AA1CCF");
    assert_string_equal(f.callsign, "KLM1017");
    assert_true(f.present & AP_MODES_HAS_CALLSIGN);
}

static void test_decode_velocity_supersonic(void **state)
{
    (void)state;
    uint64_t common = at(1, 5, 19) | at(11, 3, 2) | at(37, 1, 1) | at(38, 9, 11) | at(50, 7, 0);
    ap_modes_frame f = of_me(0x8D, common | at(6, 3, 2) | at(14, 1, 1) | at(15, 10, 301) |
                                       at(25, 1, 1) | at(26, 10, 401));
    assert_near(f.ground_speed_kt, 2000, 1e-9);
    assert_near(f.track_deg, 180 + atan(0.75) * 57.29577951308232, 1e-9);
    assert_int_equal(f.vertical_rate_fpm, -640);
    assert_true(f.vertical_rate_is_gnss);
    assert_int_equal(f.nac_v, 2);
    f = of_me(0x8D, common | at(6, 3, 4) | at(26, 10, 301));
    assert_near(f.airspeed_kt, 1200, 0);
    assert_false(f.airspeed_is_true);
    assert_false(f.present & (AP_MODES_HAS_HEADING | AP_MODES_HAS_GROUND_VELOCITY));
    /* Supplement D has the place of a difference that is not there; of a ground velocity only. */
    for (uint8_t d = 0; d < 4; d++) {
        f = of_me(0x8D, common | at(6, 3, 1) | at(47, 2, d));
        assert_int_equal(f.nic_d, d);
        assert_int_equal((f.present & AP_MODES_HAS_NIC_SUPPLEMENT_D) != 0, d != 0);
    }
    f = of_me(0x8D, common | at(6, 3, 1) | at(47, 2, 3) | at(50, 7, 1));
    assert_int_equal(f.nic_d, 0);
    assert_int_equal(of_me(0x8D, common | at(6, 3, 3) | at(47, 2, 3)).nic_d, 0);
    /* One component unknown, and the reserved subtypes. */
    f = of_me(0x8D, common | at(6, 3, 1) | at(15, 10, 301));
    assert_false(f.present & AP_MODES_HAS_GROUND_VELOCITY);
    for (unsigned subtype = 0; subtype < 8; subtype += subtype == 0 ? 5 : 1)
        assert_int_equal(of_me(0x8D, common | at(6, 3, subtype)).present, AP_MODES_HAS_CAPABILITY);
}

static void test_decode_positions_of_gnss_height_and_none(void **state)
{
    (void)state;
    uint64_t rest = at(6, 2, 3) | at(9, 12, ap_modes_ac12_of_ac13(ap_modes_ac13_of_altitude(-75))) |
                    at(22, 1, 1) | at(23, 17, 5);
    ap_modes_frame f = of_me(0x8D, at(1, 5, 20) | rest);
    assert_int_equal(f.present,
                     AP_MODES_HAS_CAPABILITY | AP_MODES_HAS_GNSS_HEIGHT | AP_MODES_HAS_CPR);
    assert_int_equal(f.gnss_height_ft, -75);
    assert_true(f.spi && !f.alert && f.cpr_odd);
    f = of_me(0x8D, at(1, 5, 0) | rest);
    assert_int_equal(f.present, AP_MODES_HAS_CAPABILITY | AP_MODES_HAS_ALTITUDE);
    f = of_me(0x8D, at(1, 5, 18) | at(6, 2, 1) | at(40, 17, 1));
    assert_int_equal(f.present, AP_MODES_HAS_CAPABILITY | AP_MODES_HAS_CPR);
    assert_true(f.alert && !f.alert_is_temporary);
    f = of_me(0x8D, at(1, 5, 18) | at(6, 2, 2) | at(40, 17, 1));
    assert_true(f.alert && f.alert_is_temporary);
    /* Two zero words are no position, in the air or on the surface. */
    assert_int_equal(of_me(0x8D, at(1, 5, 18) | at(22, 1, 1)).present, AP_MODES_HAS_CAPABILITY);
    assert_int_equal(of_me(0x8D, at(1, 5, 7)).present, AP_MODES_HAS_CAPABILITY);
}

static void test_decode_aircraft_status(void **state)
{
    (void)state;
    uint64_t me =
        at(1, 5, 28) | at(6, 3, 1) | at(9, 3, 5) | at(12, 13, ap_modes_id13_of_squawk(07500));
    ap_modes_frame f = of_me(0x8D, me);
    assert_int_equal(f.emergency_state, 5);
    assert_int_equal(f.squawk, 07500);
    f = of_me(0x8D, at(1, 5, 28) | at(6, 3, 1));
    assert_true(f.present & AP_MODES_HAS_EMERGENCY);
    assert_false(f.present & AP_MODES_HAS_SQUAWK);
    assert_false(of_me(0x8D, at(1, 5, 28) | at(6, 3, 2)).present & AP_MODES_HAS_EMERGENCY);
}

/* Published: 8DA05629EA21485CBF3F8CADAEEB, The 1090 MHz Riddle, target state and status. */
static void test_decode_target_state(void **state)
{
    (void)state;
    ap_modes_frame f = decoded("8DA05629EA21485CBF3F8CADAEEB");
    assert_int_equal(f.subtype, 1);
    assert_int_equal(f.selected_altitude_ft, 16992);
    assert_false(f.selected_by_fms);
    assert_near(f.baro_setting_hpa, 1012.8, 1e-9);
    assert_near(f.selected_heading_deg, 66.796875, 0);
    assert_int_equal(f.nac_p, 9);
    assert_true(f.nic_baro);
    assert_int_equal(f.sil, 3);
    assert_int_equal(f.navigation, AP_MODES_AUTOPILOT | AP_MODES_VNAV | AP_MODES_LNAV);
    assert_true(f.tcas_operational);
    /* Version 1 has accuracy and integrity in the same bits, and TCAS the other way round. */
    f = of_me(0x8D, at(1, 5, 29) | at(40, 4, 9) | at(44, 1, 1) | at(45, 2, 2) | at(10, 11, 500));
    assert_int_equal(f.present, AP_MODES_HAS_CAPABILITY | AP_MODES_HAS_TARGET_STATE);
    assert_int_equal(f.nac_p, 9);
    assert_true(f.nic_baro && f.tcas_operational);
    assert_int_equal(f.sil, 2);
    f = of_me(0x8D, at(1, 5, 29) | at(6, 2, 2) | at(8, 49, 0x1FFFFFFFFFFFF));
    assert_int_equal(f.present, AP_MODES_HAS_CAPABILITY);
}

static void test_decode_operational_status(void **state)
{
    (void)state;
    uint64_t quality =
        at(44, 1, 1) | at(45, 4, 9) | at(49, 2, 2) | at(51, 2, 3) | at(53, 1, 1) | at(55, 1, 1);
    ap_modes_frame f = of_me(0x8D, at(1, 5, 31) | at(31, 2, 2) | at(41, 3, 2) | quality);
    assert_int_equal(f.adsb_version, 2);
    assert_int_equal(f.nac_p, 9);
    assert_int_equal(f.gva, 2);
    assert_int_equal(f.sil, 3);
    assert_int_equal(f.sil_supplement, 1);
    assert_int_equal(f.sda, 2);
    assert_true(f.nic_a && f.nic_baro);
    assert_false(f.present & (AP_MODES_HAS_NAC_V | AP_MODES_HAS_NIC_SUPPLEMENT_C));

    f = of_me(0x8D,
              at(1, 5, 31) | at(6, 3, 1) | at(17, 3, 4) | at(20, 1, 1) | at(41, 3, 2) | quality);
    assert_true(f.on_ground && f.nic_c);
    assert_int_equal(f.nac_v, 4);
    assert_int_equal(f.gva, 0);
    assert_false(f.nic_baro);

    /* Version 3 has no NIC of the barometric altitude there. */
    f = of_me(0x8D, at(1, 5, 31) | at(41, 3, 3) | at(49, 2, 3) | quality);
    assert_int_equal(f.adsb_version, 3);
    assert_int_equal(f.gva, 3);
    assert_true(f.nic_a && !f.nic_baro);

    f = of_me(0x8D, at(1, 5, 31) | at(31, 2, 2) | at(41, 3, 1) | quality);
    assert_int_equal(f.adsb_version, 1);
    assert_int_equal(f.nac_p, 9);
    assert_int_equal(f.sda, 0);
    assert_int_equal(f.gva, 0);

    f = of_me(0x8D, at(1, 5, 31) | quality);
    assert_true(f.present & AP_MODES_HAS_VERSION);
    assert_false(f.present & AP_MODES_HAS_NIC_SUPPLEMENT_A);
    assert_int_equal(f.nac_p, 0);
    assert_false(of_me(0x8D, at(1, 5, 31) | at(6, 3, 2)).present & AP_MODES_HAS_VERSION);
}

static void test_decode_non_transponder(void **state)
{
    (void)state;
    uint64_t position = at(1, 5, 11) | at(8, 1, 1) | at(40, 17, 9) |
                        at(9, 12, ap_modes_ac12_of_ac13(ap_modes_ac13_of_altitude(3000)));
    static const struct {
        uint8_t control;
        bool imf, nic_b, has_position;
    } cases[] = { { 0, false, true, true },   { 1, false, true, true },   { 2, true, false, true },
                  { 3, false, false, false }, { 4, false, false, false }, { 5, true, false, true },
                  { 6, true, false, true },   { 7, false, false, false } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_modes_frame f = of_me((uint8_t)(18 << 3 | cases[i].control), position);
        assert_int_equal(f.control, cases[i].control);
        assert_int_equal(f.imf, cases[i].imf);
        assert_int_equal(f.nic_b, cases[i].nic_b);
        assert_int_equal((f.present & AP_MODES_HAS_CPR) != 0, cases[i].has_position);
        assert_false(f.present & AP_MODES_HAS_CAPABILITY);
        assert_int_equal(f.icao24, 0x40621D);
    }
    assert_true(of_me(18 << 3 | 3, at(1, 1, 1)).imf);
    assert_true(of_me(18 << 3 | 6, at(1, 5, 19) | at(6, 3, 1) | at(9, 1, 1)).imf);
    assert_true(of_me(18 << 3 | 2, at(1, 5, 7) | at(21, 1, 1)).imf);
    /* TIS-B puts the position's accuracy and a flag of the height source there. */
    ap_modes_frame f = of_me(18 << 3 | 2, at(1, 5, 19) | at(6, 3, 1) | at(10, 4, 15) |
                                              at(36, 1, 1) | at(38, 9, 3) | at(50, 7, 9));
    assert_int_equal(f.present, AP_MODES_HAS_VERTICAL_RATE | AP_MODES_HAS_TISB_QUALITY |
                                    AP_MODES_HAS_GEO_MINUS_BARO);
    assert_true(f.vertical_rate_is_gnss);
    assert_int_equal(f.nac_p, 15);
    assert_int_equal(f.geo_minus_baro_ft, 200);
    /* Without the flag the last bits are accuracy of the velocity and integrity. */
    f = of_me(18 << 3 | 5, at(1, 5, 19) | at(6, 3, 2) | at(10, 4, 8) | at(48, 3, 5) | at(51, 2, 2));
    assert_int_equal(f.present, AP_MODES_HAS_TISB_QUALITY | AP_MODES_HAS_NAC_V);
    assert_int_equal(f.nac_p, 8);
    assert_int_equal(f.nac_v, 5);
    assert_int_equal(f.sil, 2);
}

static void test_decode_flight_status(void **state)
{
    (void)state;
    static const struct {
        uint8_t status;
        bool known, ground, alert, spi, suspect;
    } cases[] = {
        { 0, true, false, false, false, false }, { 1, true, true, false, false, false },
        { 2, true, false, true, false, false },  { 3, true, true, true, false, false },
        { 4, false, false, true, true, false },  { 5, false, false, false, true, false },
        { 6, false, false, false, false, true }, { 7, false, false, false, false, true }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[7] = { (uint8_t)(5 << 3 | cases[i].status) };
        ap_modes_seal(bytes, sizeof bytes, 0xABCDEF);
        ap_modes_frame f;
        assert_int_equal(ap_modes_decode(bytes, sizeof bytes, &f), AP_OK);
        assert_int_equal(f.icao24, 0xABCDEF);
        assert_int_equal(f.ground_known, cases[i].known);
        assert_int_equal(f.on_ground, cases[i].ground);
        assert_int_equal(f.alert, cases[i].alert);
        assert_int_equal(f.spi, cases[i].spi);
        assert_int_equal(f.suspect, cases[i].suspect);
    }
}

static void test_decode_suspect(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[4];
        bool suspect;
    } cases[] = {
        { { 4 << 3, 0, 0, 0 }, false },       { { 4 << 3, 7 << 3, 0, 0 }, false },
        { { 4 << 3, 8 << 3, 0, 0 }, true },   { { 4 << 3, 0, 0x00, 0x40 }, true },
        { { 4 << 3, 0, 0x15, 0x00 }, true },  { { 5 << 3, 0, 0x00, 0x40 }, true },
        { { 5 << 3, 0, 0x15, 0x00 }, false }, { { 0, 0, 0x15, 0x00 }, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[7] = { 0 };
        memcpy(bytes, cases[i].bytes, 4);
        ap_modes_frame f;
        assert_int_equal(ap_modes_decode(bytes, sizeof bytes, &f), AP_OK);
        assert_int_equal(f.suspect, cases[i].suspect);
    }
}

/* A register that starts with 2,0 but holds an unassigned character is no call sign. */
static void test_decode_comm_b_callsign(void **state)
{
    (void)state;
    uint8_t bytes[14] = { 20 << 3, 0, 0, 0, 0x20, 0x2C, 0xC3, 0x71, 0xC3, 0x2C, 0xE0 };
    ap_modes_frame f;
    assert_int_equal(ap_modes_decode(bytes, sizeof bytes, &f), AP_OK);
    assert_string_equal(f.callsign, "KLM1023");
    bytes[10] = 0xE1;
    assert_int_equal(ap_modes_decode(bytes, sizeof bytes, &f), AP_OK);
    assert_false(f.present & AP_MODES_HAS_CALLSIGN);
    assert_string_equal(f.callsign, "");
}

static void test_quality(void **state)
{
    (void)state;
    static const struct {
        uint8_t type_code;
        bool a, b, c;
        uint8_t version, nic;
        double containment_m;
    } cases[] = {
        { 9, 0, 0, 0, 2, 11, 7.5 },      { 11, 1, 1, 0, 2, 9, 75 },
        { 11, 0, 0, 0, 2, 8, 185.2 },    { 11, 1, 0, 0, 2, 8, 185.2 },
        { 13, 0, 1, 0, 2, 6, 555.6 },    { 13, 0, 0, 0, 2, 6, 926 },
        { 13, 1, 1, 0, 2, 6, 1111.2 },   { 16, 1, 1, 0, 2, 3, 7408 },
        { 16, 0, 0, 0, 2, 2, 14816 },    { 7, 1, 0, 0, 2, 9, 75 },
        { 7, 0, 0, 0, 2, 8, 185.2 },     { 8, 1, 0, 1, 2, 7, 370.4 },
        { 8, 1, 0, 0, 2, 6, 555.6 },     { 8, 0, 0, 1, 2, 6, 1111.2 },
        { 8, 0, 0, 0, 2, 0, INFINITY },  { 11, 1, 0, 0, 1, 9, 75 },
        { 16, 1, 0, 0, 1, 3, 7408 },     { 8, 1, 0, 1, 1, 0, INFINITY },
        { 9, 1, 1, 1, 0, 9, 7.5 },       { 11, 1, 1, 1, 0, 7, 185.2 },
        { 18, 0, 0, 0, 0, 0, INFINITY }, { 18, 1, 1, 1, 2, 0, INFINITY },
        { 22, 1, 1, 1, 2, 0, INFINITY }, { 0, 1, 1, 1, 2, 0, INFINITY },
        { 19, 1, 1, 1, 2, 0, INFINITY }, { 255, 1, 1, 1, 2, 0, INFINITY },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_modes_supplements supplements = { cases[i].a, cases[i].b, cases[i].c, 3 };
        assert_int_equal(ap_modes_nic(cases[i].type_code, supplements, cases[i].version),
                         cases[i].nic);
        double containment_m =
            ap_modes_containment_m(cases[i].type_code, supplements, cases[i].version);
        assert_true(containment_m == cases[i].containment_m ||
                    fabs(containment_m - cases[i].containment_m) < 1e-9);
    }
    for (uint8_t code = 1; code < 11; code++)
        assert_true(ap_modes_sigma_of_nac_p(code) > ap_modes_sigma_of_nac_p(code + 1));
    for (uint8_t code = 1; code < 9; code++)
        assert_true(ap_modes_sigma_of_nuc_p(code) > ap_modes_sigma_of_nuc_p(code + 1));
    assert_near(ap_modes_sigma_of_nac_p(10) * sqrt(-2 * log(0.05)), 10, 1e-3);
    assert_near(ap_modes_sigma_of_nac_p(0), 10000, 0);
    assert_near(ap_modes_sigma_of_nac_p(255), 10000, 0);
    assert_near(ap_modes_sigma_of_nuc_p(10), 10000, 0);
    assert_near(ap_modes_sigma_of_nac_v(2) * sqrt(-2 * log(0.05)), 3, 1e-3);
    assert_near(ap_modes_sigma_of_nac_v(7), 10, 0);
    assert_near(ap_modes_risk_of_sil(3), 1e-7, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syndrome_against_long_division),
        cmocka_unit_test(test_repair),
        cmocka_unit_test(test_decode_refuses),
        cmocka_unit_test(test_decode_comm_d),
        cmocka_unit_test(test_decode_air_to_air),
        cmocka_unit_test(test_decode_damaged),
        cmocka_unit_test(test_altitude_gillham),
        cmocka_unit_test(test_altitude_gillham_is_one_to_one),
        cmocka_unit_test(test_altitude_of_25_ft),
        cmocka_unit_test(test_squawk_inverse),
        cmocka_unit_test(test_movement),
        cmocka_unit_test(test_decode_published),
        cmocka_unit_test(test_decode_velocity_supersonic),
        cmocka_unit_test(test_decode_positions_of_gnss_height_and_none),
        cmocka_unit_test(test_decode_aircraft_status),
        cmocka_unit_test(test_decode_target_state),
        cmocka_unit_test(test_decode_operational_status),
        cmocka_unit_test(test_decode_non_transponder),
        cmocka_unit_test(test_decode_flight_status),
        cmocka_unit_test(test_decode_suspect),
        cmocka_unit_test(test_decode_comm_b_callsign),
        cmocka_unit_test(test_quality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
