#include "wire/feed/aircraft_json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

#include "wire/feed/row_columns.h"
#include "wire/feed/test_row.h"

#define NOW_UTC (INT64_C(1717664400500) * AP_NS_PER_MS)

static ap_err read_text(const char *text, ap_utc_ns now, ap_aircraft_row *row)
{
    return ap_aircraft_json_read((const uint8_t *)text, strlen(text), now, row);
}

static char *write_row(const ap_aircraft_row *row, ap_utc_ns now)
{
    static char text[AP_AIRCRAFT_JSON_SIZE_MAX + 1];
    ap_writer writer = ap_writer_of((uint8_t *)text, AP_AIRCRAFT_JSON_SIZE_MAX);
    ap_aircraft_json_write(&writer, row, now);
    assert_false(writer.bad);
    text[writer.size] = '\0';
    return text;
}

/* In the layout of readsb's output. */
static void test_read_golden(void **state)
{
    (void)state;
    ap_aircraft_row row;
    assert_int_equal(
        read_text("{\"hex\":\"a2fcf2\",\"type\":\"adsb_icao\",\"flight\":\"ASA541  \","
                  "\"r\":\"N292AK\",\"t\":\"B739\",\"alt_baro\":5400,\"alt_geom\":5650,"
                  "\"gs\":250.2,\"track\":0.69,\"baro_rate\":-960,\"squawk\":\"3766\","
                  "\"emergency\":\"none\",\"category\":\"A3\",\"nav_qnh\":1026.4,"
                  "\"nav_altitude_mcp\":4000,\"nav_heading\":343.83,\"nav_modes\":[\"lnav\"],"
                  "\"lat\":47.143753,\"lon\":-122.320953,\"nic\":8,\"rc\":186,\"seen_pos\":0.5,"
                  "\"version\":2,\"nic_baro\":1,\"nac_p\":10,\"nac_v\":2,\"sil\":3,"
                  "\"sil_type\":\"perhour\",\"gva\":2,\"sda\":2,\"alert\":0,\"spi\":1,"
                  "\"mlat\":[],\"tisb\":[],\"messages\":52561265,\"seen\":0.25,\"rssi\":-5.1}",
                  NOW_UTC, &row),
        AP_OK);
    assert_int_equal(row.address, 0xA2FCF2);
    assert_int_equal(row.source, AP_ROW_SOURCE_ADSB_ICAO);
    assert_string_equal(row.callsign, "ASA541");
    assert_string_equal(row.registration, "N292AK");
    assert_string_equal(row.aircraft_type, "B739");
    assert_int_equal(row.altitude_ft, 5400);
    assert_int_equal(row.height_ft, 5650);
    assert_true(row.ground_speed_kt == 250.2 && row.track_deg == 0.69);
    assert_int_equal(row.vertical_rate_fpm, -960);
    assert_int_equal(row.squawk, 03766);
    assert_int_equal(row.emergency, AP_ROW_EMERGENCY_NONE);
    assert_int_equal(row.emitter_category, 0xA3);
    assert_true(row.latitude_deg == 47.143753 && row.longitude_deg == -122.320953);
    assert_int_equal(row.time_utc, NOW_UTC - 250 * AP_NS_PER_MS);
    assert_int_equal(row.position_utc, NOW_UTC - 500 * AP_NS_PER_MS);
    assert_int_equal(row.nic, 8);
    assert_int_equal(row.nac_p, 10);
    assert_int_equal(row.sil, 3);
    assert_int_equal(row.containment_m, 186);
    assert_true(row.spi && !row.alert && !row.on_ground);
    assert_int_equal(row.message_count, 52561265);
    assert_int_equal(row.bad_count, 0);
    assert_false(ap_row_is_synthetic(&row));
}

static void test_read_old_keys(void **state)
{
    (void)state;
    ap_aircraft_row row;
    assert_int_equal(read_text("{\"hex\":\"~2a0001\",\"altitude\":\"ground\",\"speed\":12,"
                               "\"vert_rate\":64,\"lat\":1,\"lon\":2,\"nucp\":7,"
                               "\"tisb\":[\"lat\",\"lon\",\"track\"],\"type\":\"tisb_trackfile\"}",
                               AP_UTC_UNKNOWN, &row),
                     AP_OK);
    assert_int_equal(row.address_kind, AP_ADDRESS_TRACK_FILE);
    assert_true(row.on_ground && !(row.present & AP_ROW_HAS_ALTITUDE));
    assert_int_equal(row.vertical_rate_fpm, 64);
    assert_int_equal(row.nic, 7);
    assert_int_equal(row.tisb, AP_ROW_HAS_POSITION);
    assert_true(ap_row_is_synthetic(&row));
    assert_int_equal(row.time_utc, AP_UTC_UNKNOWN);
}

static void test_read_refuses(void **state)
{
    (void)state;
    static const char *const texts[] = { "[]",
                                         "{}",
                                         "{\"hex\":\"12345\"}",
                                         "{\"hex\":\"12345g\"}",
                                         "{\"hex\":1193046}",
                                         "{\"hex\":\"123456\"",
                                         "{\"hex\":\"123456\"}x" };
    ap_aircraft_row row;
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        assert_int_equal(read_text(texts[k], NOW_UTC, &row), AP_ERR_MALFORMED);
}

static void test_read_leaves_out(void **state)
{
    (void)state;
    ap_aircraft_row row;
    assert_int_equal(
        read_text("{\"hex\":\"123456\",\"lat\":91,\"lon\":0,\"alt_geom\":1e9,"
                  "\"squawk\":\"12\",\"category\":\"Z9\",\"flight\":\"  \",\"gs\":null,"
                  "\"receiverCount\":70000,\"emergency\":\"maybe\",\"nic\":12,\"seen\":-1,"
                  "\"track\":true}",
                  NOW_UTC, &row),
        AP_OK);
    assert_int_equal(row.present, AP_ROW_HAS_ADDRESS);
    assert_int_equal(row.receiver_count, 0);
    assert_int_equal(row.bad_count, 9); /* null and a blank text are none */
    assert_int_equal(row.time_utc, NOW_UTC);
}

static void test_write_golden(void **state)
{
    (void)state;
    ap_aircraft_row row = { .present = AP_ROW_HAS_ADDRESS | AP_ROW_HAS_POSITION |
                                       AP_ROW_HAS_GROUND | AP_ROW_HAS_CALLSIGN,
                            .mlat = AP_ROW_HAS_POSITION | AP_ROW_HAS_TRACK,
                            .time_utc = NOW_UTC,
                            .position_utc = NOW_UTC - 1234 * AP_NS_PER_MS,
                            .source = AP_ROW_SOURCE_MLAT,
                            .address = 0xABC,
                            .address_kind = AP_ADDRESS_ANONYMOUS,
                            .callsign = "A\"B",
                            .on_ground = true,
                            .latitude_deg = 1.23456789,
                            .longitude_deg = -2 };
    assert_string_equal(write_row(&row, NOW_UTC),
                        "{\"hex\": \"~000abc\", \"type\": \"mlat\", \"flight\": \"A\\\"B\", "
                        "\"alt_baro\": \"ground\", \"lat\": 1.234568, \"lon\": -2, "
                        "\"seen_pos\": 1.234, \"mlat\": [\"lat\", \"lon\"], \"tisb\": [], "
                        "\"seen\": 0}");
}

static void assert_near(double a, double b, double tolerance)
{
    assert_true(fabs(a - b) <= tolerance);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 2000; seed++) {
        ap_aircraft_row row = test_row_any(seed), again;
        row.source = (uint8_t)(1 + seed % (AP_ROW_SOURCE_COUNT - 1));
        row.address_kind = row.source == AP_ROW_SOURCE_TISB_TRACKFILE ? AP_ADDRESS_TRACK_FILE
                           : seed % 3                                 ? AP_ADDRESS_ICAO
                                                                      : AP_ADDRESS_ANONYMOUS;
        row.tisb = seed & row.present;
        ap_utc_ns now = row.time_utc + (seed % 1000) * AP_NS_PER_MS;
        const char *text = write_row(&row, now);
        cJSON *json = cJSON_Parse(text); /* an independent reader takes it too */
        assert_non_null(json);
        cJSON_Delete(json);
        assert_int_equal(read_text(text, now, &again), AP_OK);
        assert_int_equal(again.present, row.present);
        assert_int_equal(again.source, row.source);
        assert_int_equal(again.address, row.address);
        assert_int_equal(again.address_kind, row.address_kind);
        assert_int_equal(again.time_utc, row.time_utc);
        assert_int_equal(again.position_utc, row.position_utc);
        assert_int_equal(again.receiver_count, row.receiver_count);
        assert_near(again.latitude_deg, row.latitude_deg, 0.5001e-6);
        assert_near(again.longitude_deg, row.longitude_deg, 0.5001e-6);
        for (size_t k = 0; k < ap_row_column_count; k++) {
            const ap_row_column *column = &ap_row_columns[k];
            const uint8_t *a = (const uint8_t *)&row + column->offset;
            const uint8_t *b = (const uint8_t *)&again + column->offset;
            if (column->kind != AP_ROW_DOUBLE && column->kind != AP_ROW_DEGREES) {
                assert_memory_equal(a, b, column->size);
                continue;
            }
            double x, y;
            memcpy(&x, a, sizeof x);
            memcpy(&y, b, sizeof y);
            assert_near(x, y, 0.5001 * pow(10.0, -column->decimals));
        }
    }
}

static void test_documents(void **state)
{
    (void)state;
    char text[400];
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text);
    ap_aircraft_json_head(&writer, NOW_UTC, 77);
    ap_aircraft_json_tail(&writer);
    ap_write_u8(&writer, 0);
    assert_string_equal(text, "{\"now\": 1717664400.5, \"messages\": 77, \"aircraft\": [\n\n]}\n");
    writer = ap_writer_of((uint8_t *)text, sizeof text);
    ap_receiver_info info = { "1.0", 1000, 2, true, true, 43.5, 1.25 };
    ap_receiver_json(&writer, &info);
    ap_write_u8(&writer, 0);
    assert_string_equal(text, "{\"version\": \"1.0\", \"refresh\": 1000, \"history\": 2, "
                              "\"haveTraces\": true, \"lat\": 43.5, \"lon\": 1.25}\n");
}

static void test_row_line(void **state)
{
    (void)state;
    char text[AP_AIRCRAFT_JSON_SIZE_MAX + 1];
    for (uint32_t seed = 0; seed < 100; seed++) {
        ap_aircraft_row row = test_row_any(seed);
        row.ownship = row.extrapolated = true;
        ap_writer writer = ap_writer_of((uint8_t *)text, AP_AIRCRAFT_JSON_SIZE_MAX);
        ap_row_json(&writer, &row);
        assert_false(writer.bad);
        text[writer.size] = '\0';
        cJSON *json = cJSON_Parse(text);
        assert_non_null(json);
        assert_true(cJSON_GetObjectItem(json, "altitude_ft")->valuedouble == row.altitude_ft);
        assert_near(cJSON_GetObjectItem(json, "time_s")->valuedouble, (double)row.time_utc / 1e9,
                    1e-6);
        assert_true(cJSON_IsFalse(cJSON_GetObjectItem(json, "synthetic")));
        cJSON_Delete(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_golden),  cmocka_unit_test(test_read_old_keys),
        cmocka_unit_test(test_read_refuses), cmocka_unit_test(test_read_leaves_out),
        cmocka_unit_test(test_write_golden), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_documents),    cmocka_unit_test(test_row_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
