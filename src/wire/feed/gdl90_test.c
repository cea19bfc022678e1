#include "wire/feed/gdl90.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/feed/test_row.h"

/* The examples of the specification: a heartbeat (2.2.4) and a traffic report (3.5.4), whose angles
 * are within a step of the text beside them. */
static const uint8_t heartbeat[] = { 0x00, 0x81, 0x41, 0xDB, 0xD0, 0x08, 0x02 };
static const uint8_t traffic[] = { 0x14, 0x00, 0xAB, 0x45, 0x49, 0x1F, 0xEF, 0x15, 0xA8, 0x89,
                                   0x78, 0x0F, 0x09, 0xA9, 0x07, 0xB0, 0x01, 0x20, 0x01, 0x4E,
                                   0x38, 0x32, 0x35, 0x56, 0x20, 0x20, 0x20, 0x00 };

static void test_crc_golden(void **state)
{
    (void)state;
    assert_int_equal(ap_gdl90_crc(heartbeat, sizeof heartbeat), 0x8BB3);
}

static void test_read_golden(void **state)
{
    (void)state;
    ap_aircraft_row row;
    assert_int_equal(ap_gdl90_read(traffic, sizeof traffic, &row), AP_OK);
    assert_int_equal(row.address, 0xAB4549);
    assert_int_equal(row.address_kind, AP_ADDRESS_ICAO);
    assert_int_equal(row.source, AP_ROW_SOURCE_ADSB_ICAO);
    assert_true(fabs(row.latitude_deg - 44.90708) < 2.2e-5);
    assert_true(fabs(row.longitude_deg + 122.99488) < 2.2e-5);
    assert_int_equal(row.altitude_ft, 5000);
    assert_false(row.on_ground || row.extrapolated || row.ownship);
    assert_true(row.present & AP_ROW_HAS_TRACK);
    assert_true(row.track_deg == 45.0 && row.ground_speed_kt == 123.0);
    assert_int_equal(row.vertical_rate_fpm, 64);
    assert_int_equal(row.nic, 10);
    assert_int_equal(row.nac_p, 9);
    assert_int_equal(row.emitter_category, 0xA1);
    assert_string_equal(row.callsign, "N825V");
    assert_int_equal(row.emergency, AP_ROW_EMERGENCY_NONE);
    uint32_t time_s = 0;
    assert_true(ap_gdl90_time_of_day(heartbeat, sizeof heartbeat, &time_s));
    assert_int_equal(time_s, 53467);
}

/* The specification's message, made of what it says; its flag of the address type is 0. */
static void test_write_golden(void **state)
{
    (void)state;
    ap_aircraft_row row;
    uint8_t bytes[AP_GDL90_FRAME_MAX];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_gdl90_read(traffic, sizeof traffic, &row), AP_OK);
    assert_int_equal(ap_gdl90_write_target(&writer, &row), AP_OK);
    assert_int_equal(writer.size, sizeof traffic + 4);
    assert_int_equal(bytes[0], 0x7E);
    assert_memory_equal(bytes + 1, traffic, sizeof traffic);
    assert_int_equal(bytes[writer.size - 1], 0x7E);
}

/* The message between its flags, with the escapes undone and the CRC checked. */
static size_t unpack(const ap_writer *writer, uint8_t *message)
{
    size_t count = 0;
    assert_int_equal(writer->data[0], 0x7E);
    assert_int_equal(writer->data[writer->size - 1], 0x7E);
    for (size_t i = 1; i + 1 < writer->size; i++) {
        assert_int_not_equal(writer->data[i], 0x7E);
        message[count++] = writer->data[i] == 0x7D ? writer->data[++i] ^ 0x20 : writer->data[i];
    }
    assert_int_equal(ap_gdl90_crc(message, count - 2),
                     message[count - 2] | message[count - 1] << 8);
    return count - 2;
}

static ap_aircraft_row again_of(const ap_aircraft_row *row)
{
    uint8_t bytes[AP_GDL90_FRAME_MAX], message[AP_GDL90_MESSAGE_MAX];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    ap_aircraft_row again;
    assert_int_equal(ap_gdl90_write_target(&writer, row), AP_OK);
    assert_false(writer.bad);
    assert_int_equal(ap_gdl90_read(message, unpack(&writer, message), &again), AP_OK);
    return again;
}

static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 2000; seed++) {
        ap_aircraft_row row = test_row_any(seed);
        row.on_ground = seed % 4 == 0;
        row.ownship = seed % 5 == 0;
        row.extrapolated = seed % 7 == 0;
        row.address_kind = seed % 3 ? AP_ADDRESS_ICAO : AP_ADDRESS_TRACK_FILE;
        ap_aircraft_row again = again_of(&row);
        assert_int_equal(again.address, row.address);
        assert_int_equal(again.address_kind, row.address_kind);
        assert_int_equal(again.ownship, row.ownship);
        assert_int_equal(again.on_ground, row.on_ground);
        assert_int_equal(again.extrapolated, row.extrapolated);
        assert_string_equal(again.callsign, row.callsign);
        assert_int_equal(again.emitter_category, row.emitter_category);
        assert_int_equal(again.emergency, row.emergency);
        assert_int_equal(again.nic, row.nic);
        assert_int_equal(again.nac_p, row.nac_p);
        assert_true(fabs(again.latitude_deg - row.latitude_deg) <= 90.001 / 8388608);
        assert_true(fabs(again.longitude_deg - row.longitude_deg) <= 90.001 / 8388608);
        assert_true(abs(again.altitude_ft - row.altitude_ft) <= 13);
        assert_true(abs(again.vertical_rate_fpm - row.vertical_rate_fpm) <= 32);
        assert_true(fabs(again.ground_speed_kt - row.ground_speed_kt) <= 0.5);
        assert_true(fabs(remainder(again.track_deg - row.track_deg, 360.0)) <= 0.7032);
        ap_aircraft_row third = again_of(&again); /* at the format's resolution nothing is lost */
        assert_memory_equal(&third, &again, sizeof again);
    }
}

static void test_write_synthetic(void **state)
{
    (void)state;
    ap_aircraft_row row = test_row_any(3);
    row.source = AP_ROW_SOURCE_MLAT;
    row.address_kind = AP_ADDRESS_ICAO;
    ap_aircraft_row again = again_of(&row);
    assert_int_equal(again.source, AP_ROW_SOURCE_TISB_ICAO);
    assert_true(ap_row_is_synthetic(&again));
}

static void test_write_ends_and_gaps(void **state)
{
    (void)state;
    ap_aircraft_row row = { .present = AP_ROW_HAS_ADDRESS | AP_ROW_HAS_POSITION,
                            .address = 0x7E7D7E,
                            .longitude_deg = 180.0,
                            .latitude_deg = -90.0 };
    ap_aircraft_row again = again_of(&row);
    assert_int_equal(again.address, 0x7E7D7E);
    assert_true(again.latitude_deg == -90.0);
    assert_true(again.longitude_deg > 179.99997);
    assert_int_equal(again.present, AP_ROW_HAS_ADDRESS | AP_ROW_HAS_POSITION | AP_ROW_HAS_QUALITY |
                                        AP_ROW_HAS_GROUND | AP_ROW_HAS_EMERGENCY);
    row.present |= AP_ROW_HAS_ALTITUDE | AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_VERTICAL_RATE |
                   AP_ROW_HAS_MAGNETIC_HEADING;
    row.altitude_ft = 200000;
    row.ground_speed_kt = 9999;
    row.vertical_rate_fpm = -99999;
    row.magnetic_heading_deg = 359.9;
    again = again_of(&row);
    assert_int_equal(again.altitude_ft, 101350);
    assert_true(again.ground_speed_kt == 4094.0);
    assert_int_equal(again.vertical_rate_fpm, -32640);
    assert_true(again.magnetic_heading_deg == 0.0);
    uint8_t bytes[64];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    row.present &= ~(uint32_t)AP_ROW_HAS_POSITION;
    assert_int_equal(ap_gdl90_write_target(&writer, &row), AP_ERR_ARGUMENT);
    assert_int_equal(writer.size, 0);
}

/* A latitude beyond the pole is no position, and counts. */
static void test_read_beyond_the_pole(void **state)
{
    (void)state;
    uint8_t message[sizeof traffic];
    ap_aircraft_row row;
    memcpy(message, traffic, sizeof message);
    message[5] = 0x40;
    message[7] = 1;
    assert_int_equal(ap_gdl90_read(message, sizeof message, &row), AP_OK);
    assert_false(row.present & AP_ROW_HAS_POSITION);
    assert_int_equal(row.bad_count, 1);
}

static void test_height(void **state)
{
    (void)state;
    uint8_t bytes[64], message[64];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    ap_aircraft_row row = test_row_any(5), again;
    assert_int_equal(ap_gdl90_write_height(&writer, &row), AP_ERR_ARGUMENT);
    row.ownship = true;
    row.height_ft = -1003;
    assert_int_equal(ap_gdl90_write_height(&writer, &row), AP_OK);
    assert_int_equal(ap_gdl90_read(message, unpack(&writer, message), &again), AP_OK);
    assert_int_equal(again.present, AP_ROW_HAS_HEIGHT);
    assert_int_equal(again.height_ft, -1005);
    assert_true(again.ownship);
}

static void test_heartbeat(void **state)
{
    (void)state;
    static const uint32_t times_s[] = { 0, 1, 65535, 65536, 86399, 0x7E7D };
    for (size_t k = 0; k < sizeof times_s / sizeof times_s[0]; k++) {
        uint8_t bytes[64], message[64];
        ap_writer writer = ap_writer_of(bytes, sizeof bytes);
        uint32_t time_s = 1;
        ap_gdl90_write_heartbeat(&writer, 19000 * AP_NS_PER_DAY + times_s[k] * AP_NS_PER_S + 5,
                                 99999);
        size_t size = unpack(&writer, message);
        assert_true(ap_gdl90_time_of_day(message, size, &time_s));
        assert_int_equal(time_s, times_s[k]);
        writer = ap_writer_of(bytes, sizeof bytes);
        ap_gdl90_write_heartbeat(&writer, AP_UTC_UNKNOWN, 0);
        assert_false(ap_gdl90_time_of_day(message, unpack(&writer, message), &time_s));
    }
}

static void test_read_refuses(void **state)
{
    (void)state;
    ap_aircraft_row row;
    for (size_t size = 0; size < sizeof traffic; size++)
        assert_int_equal(ap_gdl90_read(traffic, size, &row), AP_ERR_MALFORMED);
    assert_int_equal(ap_gdl90_read(heartbeat, sizeof heartbeat, &row), AP_ERR_UNKNOWN);
    uint32_t time_s;
    assert_false(ap_gdl90_time_of_day(heartbeat, 6, &time_s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc_golden),      cmocka_unit_test(test_read_golden),
        cmocka_unit_test(test_write_golden),    cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_write_synthetic), cmocka_unit_test(test_write_ends_and_gaps),
        cmocka_unit_test(test_height),          cmocka_unit_test(test_heartbeat),
        cmocka_unit_test(test_read_refuses),    cmocka_unit_test(test_read_beyond_the_pole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
