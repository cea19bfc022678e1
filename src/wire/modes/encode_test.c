#include "wire/modes/encode.h"
#include "wire/modes/test_data.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* In double: cmocka compares floats. */
#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((double)(value) - (double)(expected)) <= (tolerance))

static uint64_t seed = 88172645463325252u;

static uint32_t random_below(uint32_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 32) * limit >> 32);
}

static ap_modes_frame round_trip(const ap_modes_frame *content)
{
    uint8_t bytes[AP_MODES_LONG_SIZE];
    size_t size;
    ap_modes_frame got;
    assert_int_equal(ap_modes_encode(content, bytes, &size), AP_OK);
    assert_int_equal(ap_modes_decode(bytes, size, &got), AP_OK);
    assert_int_equal(got.df, content->df);
    assert_int_equal(got.icao24, content->icao24);
    return got;
}

/* Hand-made published frames: The 1090 MHz Riddle. */
static void test_encode_published(void **state)
{
    (void)state;
    static const struct {
        ap_modes_frame content;
        const char *hex;
    } cases[] = {
        { { .df = 17,
            .icao24 = 0x4840D6,
            .capability = 5,
            .type_code = 4,
            .present = AP_MODES_HAS_CALLSIGN,
            .callsign = "KLM1023" },
          "8d4840d6202cc371c32ce0576098" },
        { { .df = 17,
            .icao24 = 0x40621D,
            .capability = 5,
            .type_code = 11,
            .present = AP_MODES_HAS_ALTITUDE | AP_MODES_HAS_CPR,
            .altitude_ft = 38000,
            .altitude_25_ft = true,
            .cpr_latitude_17 = 93000,
            .cpr_longitude_17 = 51372 },
          "8d40621d58c382d690c8ac2863a7" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[AP_MODES_LONG_SIZE];
        size_t size;
        char hex[2 * AP_MODES_LONG_SIZE + 1];
        assert_int_equal(ap_modes_encode(&cases[i].content, bytes, &size), AP_OK);
        for (size_t k = 0; k < size; k++)
            snprintf(hex + 2 * k, 3, "%02x", bytes[k]);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void test_encode_replies(void **state)
{
    (void)state;
    static const uint8_t formats[] = { 0, 4, 5, 16, 20, 21 };
    for (int n = 0; n < 5000; n++) {
        ap_modes_frame content = {
            .df = formats[n % 6],
            .icao24 = random_below(1u << 24),
            .on_ground = random_below(2),
            .flight_status = (uint8_t)random_below(6),
            .downlink_request = (uint8_t)random_below(32),
            .squawk = (uint16_t)random_below(4096),
            .altitude_25_ft = random_below(2),
            .mb = (uint64_t)random_below(1u << 24) << 32 | random_below(UINT32_MAX),
            .present = AP_MODES_HAS_ALTITUDE | AP_MODES_HAS_SQUAWK | AP_MODES_HAS_MB,
        };
        content.altitude_ft = content.altitude_25_ft ? (int32_t)random_below(2048) * 25 - 1000
                                                     : (int32_t)random_below(1280) * 100 - 1200;
        ap_modes_frame got = round_trip(&content);
        bool has_squawk = content.df == 5 || content.df == 21;
        if (has_squawk) {
            assert_int_equal(got.squawk, content.squawk);
        } else {
            assert_int_equal(got.altitude_ft, content.altitude_ft);
            assert_int_equal(got.altitude_25_ft, content.altitude_25_ft);
        }
        if (content.df == 0 || content.df == 16) {
            assert_int_equal(got.on_ground, content.on_ground);
        } else {
            assert_int_equal(got.flight_status, content.flight_status);
            assert_int_equal(got.downlink_request, content.downlink_request);
        }
        if (content.df >= 20)
            assert_true(got.mb == content.mb);
    }
    ap_modes_frame content = {
        .df = 20, .icao24 = 1, .present = AP_MODES_HAS_CALLSIGN, .callsign = "AB1 2"
    };
    ap_modes_frame got = round_trip(&content);
    assert_string_equal(got.callsign, "AB1 2");
    assert_false(got.present & AP_MODES_HAS_ALTITUDE);
}

static void test_encode_all_call(void **state)
{
    (void)state;
    for (uint8_t code = 0; code < 128; code++) {
        ap_modes_frame content = {
            .df = 11, .icao24 = 0xABCDEF, .capability = code & 7u, .interrogator = code
        };
        ap_modes_frame got = round_trip(&content);
        assert_int_equal(got.interrogator, code);
        assert_int_equal(got.capability, code & 7u);
        assert_int_equal(got.check, code == 0 ? AP_MODES_CHECKED : AP_MODES_INTERROGATOR);
    }
}

static void test_encode_velocity(void **state)
{
    (void)state;
    for (int n = 0; n < 20000; n++) {
        uint8_t subtype = (uint8_t)(1 + n % 4);
        double step_kt = subtype % 2 ? 1 : 4;
        double east_kt = (random_below(2045) - 1022.0) * step_kt;
        double north_kt = (random_below(2045) - 1022.0) * step_kt;
        ap_modes_frame content = {
            .df = 17,
            .icao24 = random_below(1u << 24),
            .type_code = 19,
            .subtype = subtype,
            .ground_speed_kt = hypot(east_kt, north_kt),
            .track_deg = atan2(east_kt, north_kt) * 57.29577951308232,
            .heading_deg = random_below(1024) * 360.0 / 1024,
            .airspeed_kt = random_below(1023) * step_kt,
            .airspeed_is_true = random_below(2),
            .vertical_rate_fpm = ((int32_t)random_below(1021) - 510) * 64,
            .vertical_rate_is_gnss = random_below(2),
            .geo_minus_baro_ft = ((int32_t)random_below(253) - 126) * 25,
            .nac_v = (uint8_t)random_below(8),
            .present = AP_MODES_HAS_GROUND_VELOCITY | AP_MODES_HAS_HEADING | AP_MODES_HAS_AIRSPEED |
                       AP_MODES_HAS_VERTICAL_RATE | AP_MODES_HAS_GEO_MINUS_BARO |
                       AP_MODES_HAS_NAC_V,
        };
        ap_modes_frame got = round_trip(&content);
        if (subtype <= 2) {
            assert_near(got.ground_speed_kt, content.ground_speed_kt, 1e-9);
            if (content.ground_speed_kt > 0)
                assert_near(remainder(got.track_deg - content.track_deg, 360.0), 0, 1e-9);
        } else {
            assert_near(got.heading_deg, content.heading_deg, 0);
            assert_near(got.airspeed_kt, content.airspeed_kt, 0);
            assert_int_equal(got.airspeed_is_true, content.airspeed_is_true);
        }
        assert_int_equal(got.vertical_rate_fpm, content.vertical_rate_fpm);
        assert_int_equal(got.vertical_rate_is_gnss, content.vertical_rate_is_gnss);
        assert_int_equal(got.geo_minus_baro_ft, content.geo_minus_baro_ft);
        assert_int_equal(got.nac_v, content.nac_v);
    }
    ap_modes_frame content = { .df = 17, .type_code = 19, .subtype = 1 };
    assert_int_equal(round_trip(&content).present, AP_MODES_HAS_CAPABILITY | AP_MODES_HAS_NAC_V);
    ap_modes_frame tisb = { .df = 18,
                            .control = 2,
                            .type_code = 19,
                            .subtype = 1,
                            .nac_p = 9,
                            .nac_v = 3,
                            .sil = 2,
                            .geo_minus_baro_ft = -150,
                            .present = AP_MODES_HAS_TISB_QUALITY | AP_MODES_HAS_NAC_V };
    ap_modes_frame got = round_trip(&tisb);
    assert_int_equal(got.present, tisb.present);
    assert_true(got.nac_p == 9 && got.nac_v == 3 && got.sil == 2);
    tisb.present = AP_MODES_HAS_TISB_QUALITY | AP_MODES_HAS_GEO_MINUS_BARO;
    got = round_trip(&tisb);
    assert_int_equal(got.present, tisb.present);
    assert_true(got.nac_p == 9 && got.geo_minus_baro_ft == -150);
    content.nic_d = 2; /* in the place of the difference */
    content.present = AP_MODES_HAS_NIC_SUPPLEMENT_D;
    assert_int_equal(round_trip(&content).nic_d, 2);
    content.present |= AP_MODES_HAS_GEO_MINUS_BARO;
    assert_int_equal(round_trip(&content).nic_d, 0);
}

static void test_encode_saturates(void **state)
{
    (void)state;
    ap_modes_frame content = { .df = 17,
                               .type_code = 19,
                               .subtype = 1,
                               .ground_speed_kt = 9000,
                               .track_deg = 135,
                               .vertical_rate_fpm = -99999,
                               .geo_minus_baro_ft = 99999,
                               .present = AP_MODES_HAS_GROUND_VELOCITY |
                                          AP_MODES_HAS_VERTICAL_RATE |
                                          AP_MODES_HAS_GEO_MINUS_BARO };
    ap_modes_frame got = round_trip(&content);
    assert_near(got.ground_speed_kt, hypot(1022, 1022), 1e-9);
    assert_near(got.track_deg, 135, 1e-9);
    assert_int_equal(got.vertical_rate_fpm, -510 * 64);
    assert_int_equal(got.geo_minus_baro_ft, 126 * 25);
    content.ground_speed_kt = content.track_deg = (double)NAN;
    assert_near(round_trip(&content).ground_speed_kt, 0, 0);
}

static void test_encode_positions(void **state)
{
    (void)state;
    for (uint8_t code = 5; code <= 22; code++) {
        if (code == 19)
            continue;
        ap_modes_frame content = { .df = 17,
                                   .icao24 = 0x3C6444,
                                   .capability = 4,
                                   .type_code = code,
                                   .altitude_ft = 1200,
                                   .altitude_25_ft = code % 2,
                                   .gnss_height_ft = 1400,
                                   .ground_speed_kt = 12.5,
                                   .track_deg = 359.9,
                                   .cpr_odd = code % 2,
                                   .cpr_surface = code < 9,
                                   .cpr_latitude_17 = 131071,
                                   .cpr_longitude_17 = 1,
                                   .nic_b = true,
                                   .utc_synchronised = code % 2,
                                   .spi = true,
                                   .present = UINT32_MAX };
        ap_modes_frame got = round_trip(&content);
        assert_int_equal(got.type_code, code);
        assert_int_equal(got.cpr_odd, content.cpr_odd);
        assert_int_equal(got.cpr_surface, content.cpr_surface);
        assert_int_equal(got.cpr_latitude_17, 131071);
        assert_int_equal(got.cpr_longitude_17, 1);
        assert_int_equal(got.utc_synchronised, content.utc_synchronised);
        assert_int_equal(got.on_ground, true); /* capability 4 */
        if (code < 9) {
            assert_near(got.ground_speed_kt, 12.5, 0);
            assert_near(got.track_deg, 0, 0); /* the nearest of 128 steps */
        } else {
            assert_true(got.nic_b && got.spi && !got.alert);
            content.alert = true;
            content.alert_is_temporary = code % 2;
            got = round_trip(&content);
            assert_true(got.alert && !got.spi && got.alert_is_temporary == code % 2);
            assert_int_equal(code < 20 ? got.altitude_ft : got.gnss_height_ft,
                             code < 20 ? 1200 : 1400);
        }
    }
}

static void test_encode_status(void **state)
{
    (void)state;
    for (unsigned version = 0; version < 4; version++)
        for (uint8_t subtype = 0; subtype < 2; subtype++) {
            ap_modes_frame content = { .df = 17,
                                       .type_code = 31,
                                       .subtype = subtype,
                                       .adsb_version = (uint8_t)version,
                                       .nic_a = true,
                                       .nic_c = true,
                                       .nic_baro = true,
                                       .nac_p = 9,
                                       .nac_v = 2,
                                       .sil = 3,
                                       .sil_supplement = 1,
                                       .sda = 2,
                                       .gva = 2 };
            ap_modes_frame got = round_trip(&content);
            bool second = version >= 2, surface = subtype == 1;
            assert_int_equal(got.adsb_version, version);
            assert_int_equal(got.nic_a, version > 0);
            assert_int_equal(got.nac_p, version > 0 ? 9 : 0);
            assert_int_equal(got.sil, version > 0 ? 3 : 0);
            assert_int_equal(got.nic_baro, version > 0 && version < 3 && !surface);
            assert_int_equal(got.sda, second ? 2 : 0);
            assert_int_equal(got.sil_supplement, second);
            assert_int_equal(got.gva, second && !surface ? 2 : 0);
            assert_int_equal(got.nac_v, second && surface ? 2 : 0);
            assert_int_equal(got.nic_c, second && surface);
        }
    ap_modes_frame content = { .df = 17,
                               .type_code = 28,
                               .subtype = 1,
                               .emergency_state = 1,
                               .squawk = 07700,
                               .present = AP_MODES_HAS_SQUAWK };
    ap_modes_frame got = round_trip(&content);
    assert_int_equal(got.emergency_state, 1);
    assert_int_equal(got.squawk, 07700);

    content = (ap_modes_frame){ .df = 17,
                                .type_code = 29,
                                .subtype = 1,
                                .nac_p = 10,
                                .sil = 3,
                                .nic_baro = true,
                                .sil_supplement = 1,
                                .selected_altitude_ft = 37024,
                                .selected_by_fms = true,
                                .selected_heading_deg = 270,
                                .baro_setting_hpa = 1013.6,
                                .navigation = 0x15,
                                .present = UINT32_MAX };
    got = round_trip(&content);
    assert_int_equal(got.selected_altitude_ft, 37024);
    assert_true(got.selected_by_fms && got.nic_baro);
    assert_near(got.selected_heading_deg, 270, 0);
    assert_near(got.baro_setting_hpa, 1013.6, 1e-9);
    assert_int_equal(got.navigation, 0x15);
    assert_int_equal(got.nac_p, 10);
}

/* The flag of a rebroadcast address survives wherever the format has a place for it. */
static void test_encode_non_transponder(void **state)
{
    (void)state;
    static const struct {
        uint8_t control, type_code, subtype;
        bool imf;
    } cases[] = { { 0, 11, 0, false }, { 1, 7, 0, false }, { 2, 11, 0, true }, { 2, 7, 0, true },
                  { 2, 19, 1, true },  { 5, 19, 3, true }, { 6, 11, 0, true }, { 6, 19, 2, true },
                  { 6, 28, 1, true },  { 6, 29, 1, true }, { 6, 31, 0, true }, { 6, 4, 0, false } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_modes_frame content = { .df = 18,
                                   .icao24 = 0x123456,
                                   .control = cases[i].control,
                                   .type_code = cases[i].type_code,
                                   .subtype = cases[i].subtype,
                                   .imf = true,
                                   .vertical_rate_fpm = 640,
                                   .vertical_rate_is_gnss = true,
                                   .present = AP_MODES_HAS_VERTICAL_RATE };
        ap_modes_frame got = round_trip(&content);
        assert_int_equal(got.control, cases[i].control);
        assert_int_equal(got.imf, cases[i].imf);
        if (cases[i].type_code == 19)
            assert_true(got.vertical_rate_fpm == 640 && got.vertical_rate_is_gnss);
    }
}

static void test_encode_refuses(void **state)
{
    (void)state;
    static const ap_modes_frame bad[] = {
        { .df = 24 },
        { .df = 1 },
        { .df = 4, .icao24 = 1u << 24 },
        { .df = 17, .type_code = 23 },
        { .df = 17, .type_code = 32 },
        { .df = 17, .type_code = 19 },
        { .df = 17, .type_code = 19, .subtype = 5 },
        { .df = 17, .type_code = 29 },
        { .df = 17, .type_code = 31, .subtype = 2 },
        { .df = 18, .control = 3 },
        { .df = 18, .control = 4 },
        { .df = 18, .control = 2, .type_code = 31 },
    };
    uint8_t bytes[AP_MODES_LONG_SIZE] = { 0xEE };
    size_t size = 99;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ap_modes_encode(&bad[i], bytes, &size), AP_ERR_ARGUMENT);
    assert_int_equal(size, 99);
    assert_int_equal(bytes[0], 0xEE);
}

/* Bits of a real squitter that the struct does not hold, as a mask over the 56-bit field. */
static uint64_t unmodelled_bits(const ap_modes_frame *frame, const uint8_t *bytes)
{
    uint64_t me = 0;
    for (unsigned i = 4; i < 11; i++)
        me = me << 8 | bytes[i];
    if (frame->type_code == 29) /* reserved */
        return 3;
    if (frame->type_code != 19)
        return 0;
    /* Intent change, IFR capability, reserved; and the signs of zero and of no information. */
    uint64_t mask = 1ull << 47 | 1ull << 46 | 1ull << 9 | 1ull << 8;
    mask |= (me >> 32 & 1023) < 2 ? 1ull << 42 : 0;
    mask |= (me >> 21 & 1023) < 2 ? 1ull << 31 : 0;
    mask |= (me >> 10 & 511) < 2 ? 1ull << 19 : 0;
    mask |= (me & 127) < 2 ? 1ull << 7 : 0;
    return mask;
}

static size_t unhex(const char *hex, uint8_t bytes[AP_MODES_LONG_SIZE])
{
    size_t size = 0;
    unsigned byte;
    while (size < AP_MODES_LONG_SIZE && sscanf(hex + 2 * size, "%2x", &byte) == 1)
        bytes[size++] = (uint8_t)byte;
    return size;
}

/* Every frame of the recording, decoded and encoded again: the same bytes, but for named bits. */
static void test_encode_undoes_decode(void **state)
{
    (void)state;
    char line[4096];
    FILE *file = ap_test_data("jet1090_tutorial_frames.jsonl.gz");
    if (!file)
        skip();
    int same = 0, utility = 0, unassigned = 0, suspects = 0;
    while (fgets(line, sizeof line, file)) {
        uint8_t bytes[AP_MODES_LONG_SIZE], again[AP_MODES_LONG_SIZE];
        const char *hex = strstr(line, "\"frame\":\"") + 9;
        assert_int_equal(unhex(hex, bytes), sizeof bytes);
        ap_modes_frame frame;
        size_t size;
        assert_int_equal(ap_modes_decode(bytes, sizeof bytes, &frame), AP_OK);
        assert_int_equal(ap_modes_encode(&frame, again, &size), AP_OK);
        assert_int_equal(size, sizeof bytes);
        uint64_t mask = unmodelled_bits(&frame, bytes);
        for (unsigned i = 0; i < 7; i++) {
            bytes[4 + i] &= (uint8_t) ~(mask >> (48 - 8 * i));
            again[4 + i] &= (uint8_t) ~(mask >> (48 - 8 * i));
        }
        if (memcmp(bytes, again, 11) == 0)
            same++;
        else if (frame.suspect)
            suspects++;
        else if (frame.df >= 20)
            utility += (bytes[1] & 7u) != 0 || bytes[2] >> 5 != 0;
        else
            unassigned += strchr(frame.callsign, '?') != NULL;
    }
    pclose(file);
    /* The rest: damaged, a utility message, unassigned characters of a call sign. */
    assert_int_equal(same, 71906);
    assert_int_equal(suspects, 29);
    assert_int_equal(utility, 3);
    assert_int_equal(unassigned, 1);
}

/* The short frames of two small recordings: DF4, 5, 11 come back as they are. DF0 does not: its
 * sensitivity level and reply information are not held. */
static void test_encode_undoes_decode_of_short_frames(void **state)
{
    (void)state;
    static const char *const names[] = { "sample_dump1090_reference.csv.gz",
                                         "antirez_modes1_reference.csv.gz" };
    int same = 0, different = 0, air_to_air = 0;
    for (size_t n = 0; n < 2; n++) {
        char line[4096];
        FILE *file = ap_test_data(names[n]);
        if (!file)
            skip();
        while (fgets(line, sizeof line, file)) {
            /* The 17th column. */
            const char *hex = line;
            for (int i = 0; i < 16 && hex; i++)
                hex = strchr(hex, ',') ? strchr(hex, ',') + 1 : NULL;
            uint8_t bytes[AP_MODES_LONG_SIZE], again[AP_MODES_LONG_SIZE];
            size_t size = hex ? unhex(hex, bytes) : 0, again_size;
            ap_modes_frame frame;
            if (size != AP_MODES_SHORT_SIZE || ap_modes_decode(bytes, size, &frame) != AP_OK)
                continue;
            assert_int_equal(ap_modes_encode(&frame, again, &again_size), AP_OK);
            assert_int_equal(again_size, size);
            bool equal = memcmp(bytes, again, size) == 0;
            if (frame.df == 0)
                air_to_air++;
            else if (equal)
                same++;
            else
                different++;
        }
        pclose(file);
    }
    assert_int_equal(same + different, 215);
    assert_int_equal(different, 0);
    assert_int_equal(air_to_air, 54);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode_published),
        cmocka_unit_test(test_encode_replies),
        cmocka_unit_test(test_encode_all_call),
        cmocka_unit_test(test_encode_velocity),
        cmocka_unit_test(test_encode_saturates),
        cmocka_unit_test(test_encode_positions),
        cmocka_unit_test(test_encode_status),
        cmocka_unit_test(test_encode_non_transponder),
        cmocka_unit_test(test_encode_refuses),
        cmocka_unit_test(test_encode_undoes_decode),
        cmocka_unit_test(test_encode_undoes_decode_of_short_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
