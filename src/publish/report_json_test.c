#include "publish/report_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include <cjson/cJSON.h>

#include "publish/alert_json.h"
#include "publish/columns.h"
#include "publish/test_fixture.h"

static uint8_t line[AP_REPORT_JSON_SIZE];

static const char *line_of(const ap_report *report)
{
    fixture f;
    ap_writer text = ap_writer_of(line, sizeof line - 1);
    assert_int_equal(ap_report_json(&text, fixture_table(&f), report), AP_OK);
    line[text.size] = 0;
    return (const char *)line;
}

static void test_report_json_plot(void **state)
{
    (void)state;
    ap_report report = { .time_utc = FIXTURE_UTC,
                         .receive_utc = FIXTURE_UTC + AP_NS_PER_S,
                         .sensor = 2,
                         .present = AP_HAS_POLAR | AP_HAS_MODE_3A | AP_HAS_PRESSURE_ALTITUDE |
                                    AP_HAS_TRACK_NUMBER,
                         .flags = AP_FLAG_SIMULATED | AP_FLAG_SECONDARY | AP_FLAG_REPAIRED,
                         .mode_3a = 07700,
                         .track_number = 33,
                         .range_m = 46300.125,
                         .azimuth_rad = 1.5707963267948966,
                         .range_sigma_m = 70,
                         .azimuth_sigma_rad = 0.0013962634015954637, /* 0.08 degrees */
                         .pressure_altitude_m = 3048,
                         .pressure_altitude_sigma_m = 7.62 };
    assert_string_equal(
        line_of(&report),
        "{\"time_s\":1717664319.147975,\"time_utc\":\"2024-06-06T08:58:39.147Z\","
        "\"receive_time_s\":1717664320.147975,\"kind\":\"target\",\"sensor\":\"wam\","
        "\"squawk\":\"7700\",\"sensor_track_number\":33,\"range_m\":46300.125,"
        "\"azimuth_deg\":90,\"range_sigma_m\":70,\"azimuth_sigma_deg\":0.08,"
        "\"pressure_altitude_ft\":10000,\"pressure_altitude_sigma_ft\":25,"
        "\"flags\":[\"simulated\",\"secondary\",\"repaired\"]}\n");
}

static void test_report_json_squitter(void **state)
{
    (void)state;
    ap_report report = { .time_utc = -1500,
                         .receive_utc = 0,
                         .sensor = AP_SENSOR_NONE,
                         .present =
                             AP_HAS_ADDRESS | AP_HAS_POSITION | AP_HAS_VELOCITY | AP_HAS_INTEGRITY,
                         .address = 0xa0b,
                         .address_kind = AP_ADDRESS_ANONYMOUS,
                         .latitude_rad = 0.5,
                         .longitude_rad = -3,
                         .position_var_ee_m2 = 100,
                         .position_var_en_m2 = -2.5,
                         .position_var_nn_m2 = 64,
                         .east_mps = -51.444444444444445, /* 100 kt */
                         .velocity_sigma_mps = 1.5,
                         .nic = 7,
                         .nac_p = 8,
                         .nac_v = 1,
                         .sil = 2 };
    assert_string_equal(
        line_of(&report),
        "{\"time_s\":-0.000002,\"time_utc\":\"1969-12-31T23:59:59.999Z\","
        "\"receive_time_s\":0.000000,\"kind\":\"target\",\"other_address\":\"000a0b\","
        "\"address_kind\":\"anonymous\",\"latitude_deg\":28.647889757,"
        "\"longitude_deg\":-171.887338539,\"position_var_ee_m2\":100,"
        "\"position_var_en_m2\":-2.5,\"position_var_nn_m2\":64,\"ground_speed_kt\":100,"
        "\"track_deg\":270,\"velocity_sigma_mps\":1.5,\"nic\":7,\"nac_p\":8,"
        "\"nac_v\":1,\"sil\":2}\n");
}

static void test_report_json_sector(void **state)
{
    (void)state;
    ap_report report = { .time_utc = FIXTURE_UTC,
                         .receive_utc = AP_UTC_UNKNOWN,
                         .kind = AP_REPORT_SECTOR,
                         .sensor = 1,
                         .azimuth_rad = 3.141592653589793 };
    assert_string_equal(line_of(&report),
                        "{\"time_s\":1717664319.147975,\"time_utc\":\"2024-06-06T08:58:39.147Z\","
                        "\"kind\":\"sector\",\"sensor\":\"receiver\",\"azimuth_deg\":180}\n");
}

static void test_report_json_doppler(void **state)
{
    (void)state;
    ap_report report = { .time_utc = FIXTURE_UTC,
                         .receive_utc = AP_UTC_UNKNOWN,
                         .kind = AP_REPORT_TARGET,
                         .sensor = 1,
                         .present = AP_HAS_DOPPLER,
                         .doppler_mps = -40,
                         .doppler_sigma_mps = 2.5,
                         .doppler_ambiguity_mps = 320 };
    assert_non_null(strstr(line_of(&report), ",\"doppler_mps\":-40,\"doppler_sigma_mps\":2.5,"
                                             "\"doppler_ambiguity_mps\":320}"));
    report.doppler_ambiguity_mps = 0;
    assert_null(strstr(line_of(&report), "ambiguity"));
}

/* Everything there is fits with room to spare. */
static void test_report_json_size(void **state)
{
    (void)state;
    fixture f;
    ap_report report = { .time_utc = INT64_MAX,
                         .receive_utc = INT64_MAX,
                         .present = ~0u,
                         .flags = ~0u,
                         .address_kind = AP_ADDRESS_TRACK_FILE,
                         .emitter_category = 0xa3,
                         .range_m = -999999999999999.875,
                         .position_var_ee_m2 = -999999999999999.875,
                         .position_var_en_m2 = -999999999999999.875,
                         .callsign = "\"\"\"\"\"\"\"\"" };
    fixture_table(&f);
    memset(f.sensors[0].name, '"', AP_SENSOR_NAME_SIZE - 1);
    ap_writer text = ap_writer_of(line, sizeof line);
    assert_int_equal(ap_report_json(&text, &f.table, &report), AP_OK);
    assert_true(text.size < AP_REPORT_JSON_SIZE / 2);
    cJSON *object = cJSON_ParseWithLength((const char *)line, text.size);
    const cJSON *item;
    cJSON_ArrayForEach(item, object) if (!fixture_is_documented(item->string))
        fail_msg("doc/formats.md does not tell of %s", item->string);
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(object, "flags"))
        assert_true(fixture_is_documented(item->valuestring));
    assert_int_equal(cJSON_GetArraySize(object), 46); /* all but icao24 */
    cJSON_Delete(object);
    text = ap_writer_of(line, 100);
    assert_int_equal(ap_report_json(&text, &f.table, &report), AP_ERR_FULL);
    assert_int_equal(text.size, 0);
}

static void test_alert_json_lines(void **state)
{
    (void)state;
    ap_alert alert = { .id = 4,
                       .kind = AP_ALERT_EMERGENCY_CODE,
                       .track_id = 12,
                       .detail = 07600,
                       .since_utc = FIXTURE_UTC,
                       .until_utc = AP_UTC_UNKNOWN };
    ap_writer text = ap_writer_of(line, AP_ALERT_JSON_SIZE);
    assert_int_equal(ap_alert_json(&text, &alert), AP_OK);
    line[text.size] = 0;
    assert_string_equal((const char *)line,
                        "{\"alert_id\":4,\"alert\":\"emergency_code\","
                        "\"text\":\"squawks 7500, 7600 or 7700\",\"track_id\":12,"
                        "\"squawk\":\"7600\",\"since_s\":1717664319.147975,"
                        "\"since_utc\":\"2024-06-06T08:58:39.147Z\"}\n");
    alert.kind = AP_ALERT_ADDRESS_SHARED;
    alert.detail = 0x4b1234;
    alert.until_utc = FIXTURE_UTC;
    text = ap_writer_of(line, AP_ALERT_JSON_SIZE);
    assert_int_equal(ap_alert_json(&text, &alert), AP_OK);
    line[text.size] = 0;
    assert_non_null(strstr((const char *)line, "\"icao24\":\"4b1234\""));
    assert_non_null(strstr((const char *)line, "\"until_s\":1717664319.147975"));
    assert_null(strstr((const char *)line, "\"nic\""));
    text = ap_writer_of(line, 20);
    assert_int_equal(ap_alert_json(&text, &alert), AP_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_json_plot),    cmocka_unit_test(test_report_json_squitter),
        cmocka_unit_test(test_report_json_doppler), cmocka_unit_test(test_report_json_sector),
        cmocka_unit_test(test_report_json_size),    cmocka_unit_test(test_alert_json_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
