#include "wire/feed/sbs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/feed/test_row.h"

static ap_err read_text(const char *line, ap_aircraft_row *row)
{
    return ap_sbs_read((const uint8_t *)line, strlen(line), row);
}

static const char *write_row(const ap_aircraft_row *row, ap_utc_ns logged_utc)
{
    static char text[AP_SBS_SIZE_MAX + 1];
    ap_writer writer = ap_writer_of((uint8_t *)text, AP_SBS_SIZE_MAX);
    assert_int_equal(ap_sbs_write(&writer, row, logged_utc), AP_OK);
    assert_false(writer.bad);
    text[writer.size] = '\0';
    return text;
}

/* 2024-06-06T08:58:39.147Z */
#define TIME_UTC (INT64_C(1717664319147) * AP_NS_PER_MS)

static void test_read_golden(void **state)
{
    (void)state;
    ap_aircraft_row row;
    assert_int_equal(read_text("MSG,3,1,1,4CA216,1,2024/06/06,08:58:39.147,2026/11/22,10:50:49.079,"
                               ",1125,,,43.63361,1.36152,,,0,-1,0,0",
                               &row),
                     AP_OK);
    assert_int_equal(row.present, AP_ROW_HAS_ADDRESS | AP_ROW_HAS_ALTITUDE | AP_ROW_HAS_POSITION |
                                      AP_ROW_HAS_STATUS | AP_ROW_HAS_EMERGENCY | AP_ROW_HAS_GROUND);
    assert_int_equal(row.address, 0x4CA216);
    assert_int_equal(row.time_utc, TIME_UTC);
    assert_int_equal(row.position_utc, TIME_UTC);
    assert_int_equal(row.altitude_ft, 1125);
    assert_true(row.latitude_deg == 43.63361 && row.longitude_deg == 1.36152);
    assert_int_equal(row.emergency, AP_ROW_EMERGENCY_GENERAL);
    assert_false(row.alert || row.spi || row.on_ground);
    assert_int_equal(row.source, AP_ROW_SOURCE_UNKNOWN);
    assert_int_equal(read_text("MSG,1,1,1,4ca216,1,,,,,EIN5GV  ,,,,,,,,,,,", &row), AP_OK);
    assert_string_equal(row.callsign, "EIN5GV");
    assert_int_equal(row.time_utc, AP_UTC_UNKNOWN);
    assert_int_equal(
        read_text("MSG,2,1,1,3461CE,1,2024/06/06,08:58:39.147,,,,,8.5,281.3,,,,", &row), AP_OK);
    assert_true(row.on_ground && (row.present & AP_ROW_HAS_GROUND));
    assert_true(row.ground_speed_kt == 8.5 && row.track_deg == 281.3);
}

static void test_read_mlat_is_synthetic(void **state)
{
    (void)state;
    ap_aircraft_row row;
    assert_int_equal(
        read_text("MLAT,3,1,1,4CA216,1,2024/06/06,08:58:39.147,,,,1125,,,1,2,,,,,,", &row), AP_OK);
    assert_true(ap_row_is_synthetic(&row));
    assert_int_equal(strncmp(write_row(&row, TIME_UTC), "MLAT,3,", 7), 0);
}

static void test_read_refuses(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "MSG",
        "MSG,9,1,1,4CA216,1,,,,,,,,,,,,,,,,",
        "MSG,33,1,1,4CA216,1,,,,,,,,,,,,,,,,",
        "MSG,3,1,1,4CA21,1,,,,,,,,,,,,,,,,",
        "MSG,3,1,1,4CA21G,1,,,,,,,,,,,,,,,,",
        "MSG,3,1,1,4CA216,1,,,,",
        "MSG,3,1,1,4CA216,1,,,,,,,,,,,,,,,,,",
        "XYZ,3,1,1,4CA216,1,,,,,,,,,,,,,,,,",
    };
    ap_aircraft_row row;
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++)
        assert_int_equal(read_text(lines[k], &row), AP_ERR_MALFORMED);
    assert_int_equal(read_text("STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,,,RM", &row),
                     AP_ERR_UNKNOWN);
}

/* What cannot be is left out; the rest counts. */
static void test_read_leaves_out(void **state)
{
    (void)state;
    ap_aircraft_row row;
    assert_int_equal(
        read_text("MSG,3,1,1,4CA216,1,2024/13/06,08:58:39.147,,,@@@@@@@@,x,-5,nan,91,2,"
                  ",9999,,,,",
                  &row),
        AP_OK);
    assert_int_equal(row.present, AP_ROW_HAS_ADDRESS);
    assert_int_equal(row.time_utc, AP_UTC_UNKNOWN);
    assert_int_equal(row.bad_count, 6); /* time, altitude, speed, track, position, squawk */
}

static void test_write_golden(void **state)
{
    (void)state;
    ap_aircraft_row row = { .present = AP_ROW_HAS_ADDRESS | AP_ROW_HAS_CALLSIGN |
                                       AP_ROW_HAS_POSITION | AP_ROW_HAS_ALTITUDE |
                                       AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_TRACK |
                                       AP_ROW_HAS_VERTICAL_RATE | AP_ROW_HAS_SQUAWK |
                                       AP_ROW_HAS_STATUS | AP_ROW_HAS_GROUND,
                            .time_utc = TIME_UTC,
                            .position_utc = AP_UTC_UNKNOWN,
                            .address = 0x4CA216,
                            .callsign = "EIN5GV",
                            .latitude_deg = -43.633614,
                            .longitude_deg = 1.361516,
                            .altitude_ft = 1125,
                            .ground_speed_kt = 140.04,
                            .track_deg = 143.13,
                            .vertical_rate_fpm = -128,
                            .squawk = 01200,
                            .spi = true };
    assert_string_equal(
        write_row(&row, TIME_UTC + AP_NS_PER_S),
        "MSG,1,1,1,4CA216,1,2024/06/06,08:58:39.147,2024/06/"
        "06,08:58:40.147,EIN5GV,,,,,,,,0,,-1,0\r\n"
        "MSG,3,1,1,4CA216,1,2024/06/06,08:58:39.147,2024/06/06,08:58:40.147,,1125,,,-43.633614,"
        "1.361516,,,0,,-1,0\r\n"
        "MSG,4,1,1,4CA216,1,2024/06/06,08:58:39.147,2024/06/06,08:58:40.147,,,140,143.1,,,-128,,0,,"
        "-1,0\r\n"
        "MSG,6,1,1,4CA216,1,2024/06/06,08:58:39.147,2024/06/06,08:58:40.147,,1125,,,,,,1200,0,,-1,"
        "0\r\n");
    row.present = AP_ROW_HAS_ADDRESS;
    assert_string_equal(write_row(&row, AP_UTC_UNKNOWN),
                        "MSG,8,1,1,4CA216,1,2024/06/06,08:58:39.147,,,,,,,,,,,,,,\r\n");
    row.present = AP_ROW_HAS_ADDRESS | AP_ROW_HAS_ALTITUDE;
    assert_int_equal(strncmp(write_row(&row, AP_UTC_UNKNOWN), "MSG,5,", 6), 0);
}

static void test_write_refuses(void **state)
{
    (void)state;
    uint8_t bytes[AP_SBS_SIZE_MAX];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    ap_aircraft_row row = { .present = AP_ROW_HAS_CALLSIGN };
    assert_int_equal(ap_sbs_write(&writer, &row, 0), AP_ERR_ARGUMENT);
    row.present |= AP_ROW_HAS_ADDRESS;
    row.address_kind = AP_ADDRESS_ANONYMOUS;
    assert_int_equal(ap_sbs_write(&writer, &row, 0), AP_ERR_ARGUMENT);
    assert_int_equal(writer.size, 0);
}

/* The lines of a row, read and put together again. */
static ap_aircraft_row read_all(const char *text)
{
    ap_aircraft_row all = { .time_utc = AP_UTC_UNKNOWN, .position_utc = AP_UTC_UNKNOWN };
    for (const char *end; (end = strstr(text, "\r\n")); text = end + 2) {
        ap_aircraft_row row;
        assert_int_equal(ap_sbs_read((const uint8_t *)text, (size_t)(end - text), &row), AP_OK);
        ap_row_merge(&all, &row);
    }
    assert_int_equal(*text, '\0');
    return all;
}

static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 2000; seed++) {
        ap_aircraft_row row = test_row_any(seed);
        row.on_ground = seed % 4 == 0;
        ap_aircraft_row again = read_all(write_row(&row, row.time_utc));
        assert_int_equal(again.address, row.address);
        assert_string_equal(again.callsign, row.callsign);
        assert_int_equal(again.squawk, row.squawk);
        assert_int_equal(again.altitude_ft, row.altitude_ft);
        assert_int_equal(again.vertical_rate_fpm, row.vertical_rate_fpm);
        assert_int_equal(again.on_ground, row.on_ground);
        assert_int_equal(again.alert, row.alert);
        assert_int_equal(again.spi, row.spi);
        assert_int_equal(again.emergency != 0, row.emergency != 0);
        assert_int_equal(again.time_utc, row.time_utc);
        assert_int_equal(again.position_utc, row.position_utc);
        assert_true(fabs(again.ground_speed_kt - row.ground_speed_kt) < 0.0501);
        assert_true(fabs(again.track_deg - row.track_deg) < 0.0501);
        assert_true(fabs(again.latitude_deg - row.latitude_deg) < 0.5001e-6);
        assert_true(fabs(again.longitude_deg - row.longitude_deg) < 0.5001e-6);
    }
}

/* Every line that readsb made of the tutorial recording: read, written, read: the same. */
static void test_readsb_lines(void **state)
{
    (void)state;
    const char *root = getenv("AIRPICTURE_DATA");
    char path[512], command[600], line[512];
    snprintf(path, sizeof path, "%s/modes/jet1090_tutorial_readsb.sbs.gz",
             root ? root : "../shared/data");
    FILE *file = fopen(path, "rb");
    if (!file) {
        print_message("skipped: %s is not there\n", path);
        return;
    }
    fclose(file);
    snprintf(command, sizeof command, "gzip -dcf '%s'", path);
    file = popen(command, "r");
    assert_non_null(file);
    unsigned count = 0, position_count = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = '\0';
        ap_aircraft_row row;
        assert_int_equal(read_text(line, &row), AP_OK);
        assert_int_equal(row.bad_count, 0);
        ap_aircraft_row again = read_all(write_row(&row, row.time_utc));
        assert_int_equal(again.present, row.present);
        assert_int_equal(again.time_utc, row.time_utc);
        assert_int_equal(again.altitude_ft, row.altitude_ft);
        assert_int_equal(again.squawk, row.squawk);
        assert_true(again.latitude_deg == row.latitude_deg);
        assert_true(again.longitude_deg == row.longitude_deg);
        assert_true(again.ground_speed_kt == row.ground_speed_kt);
        position_count += (row.present & AP_ROW_HAS_POSITION) != 0;
        count++;
    }
    assert_int_equal(pclose(file), 0);
    assert_int_equal(count, 67298);
    assert_true(position_count > 11000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_golden),  cmocka_unit_test(test_read_mlat_is_synthetic),
        cmocka_unit_test(test_read_refuses), cmocka_unit_test(test_read_leaves_out),
        cmocka_unit_test(test_write_golden), cmocka_unit_test(test_write_refuses),
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_readsb_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
