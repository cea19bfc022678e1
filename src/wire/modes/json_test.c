#include "wire/modes/json.h"

#include "airpicture/modes.h"
#include "wire/modes/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

static char text[4096];

static size_t unhex(const char *hex, uint8_t *bytes)
{
    size_t size = 0;
    unsigned byte;
    while (size < AP_MODES_LONG_SIZE && sscanf(hex + 2 * size, "%2x", &byte) == 1)
        bytes[size++] = (uint8_t)byte;
    return size;
}

static const char *json_of(const ap_modes_line *line)
{
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    ap_modes_json(&writer, line);
    assert_false(writer.bad);
    text[writer.size] = '\0';
    return text;
}

static const char *csv_of(const ap_modes_line *line)
{
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    ap_modes_csv(&writer, line);
    assert_false(writer.bad);
    text[writer.size] = '\0';
    return text;
}

/* Expected texts written by hand from the published contents of the frames. */
static void test_json_of_frames(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *json;
    } cases[] = {
        { "8D4840D6202CC371C32CE0576098",
          "{\"frame\": \"8d4840d6202cc371c32ce0576098\", \"df\": 17, \"icao24\": \"4840d6\", "
          "\"check\": \"checked\", \"capability\": 5, \"type_code\": 4, \"subtype\": 0, "
          "\"on_ground\": false, \"callsign\": \"KLM1023\", \"emitter_category\": \"a0\"}" },
        { "8D485020994409940838175B284F",
          "{\"frame\": \"8d485020994409940838175b284f\", \"df\": 17, \"icao24\": \"485020\", "
          "\"check\": \"checked\", \"capability\": 5, \"type_code\": 19, \"subtype\": 1, "
          "\"on_ground\": false, \"ground_speed_kt\": 159.201131, \"track_deg\": 182.880378, "
          "\"vertical_rate_fpm\": -832, \"vertical_rate_is_gnss\": true, "
          "\"geo_minus_baro_ft\": 550, \"nac_v\": 0}" },
        { "2800080069952a",
          "{\"frame\": \"2800080069952a\", \"df\": 5, \"icao24\": \"3981e4\", "
          "\"check\": \"overlaid\", \"suspect\": false, \"flight_status\": 0, "
          "\"on_ground\": false, \"alert\": false, \"spi\": false, \"squawk\": \"1000\"}" },
        { "5d3981e46dc8eb", "{\"frame\": \"5d3981e46dc8eb\", \"df\": 11, \"icao24\": \"3981e4\", "
                            "\"check\": \"interrogator\", \"interrogator\": 11, \"capability\": 5, "
                            "\"on_ground\": false}" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[AP_MODES_LONG_SIZE];
        ap_modes_frame frame;
        size_t size = unhex(cases[i].hex, bytes);
        assert_int_equal(ap_modes_decode(bytes, size, &frame), AP_OK);
        ap_modes_line line = { .frame = bytes, .size = size, .decoded = &frame };
        assert_string_equal(json_of(&line), cases[i].json);
    }
}

static void test_json_of_position_and_time(void **state)
{
    (void)state;
    uint8_t bytes[AP_MODES_LONG_SIZE];
    ap_modes_frame frame;
    size_t size = unhex("8D40621D58C382D690C8AC2863A7", bytes);
    assert_int_equal(ap_modes_decode(bytes, size, &frame), AP_OK);
    ap_modes_line line = { .frame = bytes,
                           .size = size,
                           .decoded = &frame,
                           .has_time = true,
                           .time_s = 1717664319.147975,
                           .has_position = true,
                           .latitude_deg = 52.2572021484375,
                           .longitude_deg = 3.91937255859375 };
    cJSON *object = cJSON_Parse(json_of(&line));
    assert_non_null(object);
    assert_non_null(strstr(text, "\"time_s\": 1717664319.147975,"));
    assert_non_null(strstr(text, "\"latitude_deg\": 52.25720215,"));
    assert_non_null(strstr(text, "\"longitude_deg\": 3.91937256,"));
    assert_int_equal(cJSON_GetObjectItem(object, "altitude_ft")->valueint, 38000);
    cJSON_Delete(object);
}

static void test_json_of_undecodable(void **state)
{
    (void)state;
    uint8_t bytes[AP_MODES_LONG_SIZE] = { 0x8D };
    ap_modes_line line = { .frame = bytes, .size = 14 };
    assert_string_equal(json_of(&line), "{\"frame\": \"8d00000000000000000000000000\", "
                                        "\"df\": 17, \"check\": \"damaged\"}");
    line.size = 2;
    assert_string_equal(json_of(&line), "{\"frame\": \"8d00\", \"df\": 17}");
    line.size = 0;
    assert_string_equal(json_of(&line), "{\"frame\": \"\"}");
}

static size_t count_of(const char *string, char character)
{
    size_t count = 0;
    for (; *string; string++)
        count += *string == character;
    return count;
}

/* The fullest frames: every line has the columns of the head, and JSON says the same under the
 * same keys. */
static void test_csv_has_the_columns_of_json(void **state)
{
    (void)state;
    static char head[2048];
    ap_writer writer = ap_writer_of((uint8_t *)head, sizeof head - 1);
    ap_modes_csv_head(&writer);
    assert_false(writer.bad);
    size_t commas = count_of(head, ',');
    static const uint8_t codes[] = { 1, 7, 11, 19, 20, 28, 29, 31 };
    for (size_t i = 0; i < sizeof codes; i++) {
        ap_modes_frame frame = { .df = 17,
                                 .type_code = codes[i],
                                 .subtype = codes[i] == 31 ? 0 : 1,
                                 .adsb_version = 2,
                                 .callsign = "TEST",
                                 .present = UINT32_MAX };
        uint8_t bytes[AP_MODES_LONG_SIZE];
        size_t size;
        assert_int_equal(ap_modes_encode(&frame, bytes, &size), AP_OK);
        assert_int_equal(ap_modes_decode(bytes, size, &frame), AP_OK);
        ap_modes_line line = { .frame = bytes, .size = size, .decoded = &frame };
        size_t filled = 0;
        const char *csv = csv_of(&line);
        assert_int_equal(count_of(csv, ','), commas);
        assert_string_equal(csv + strlen(csv) - 2, "\r\n");
        for (const char *at = csv; *at != '\0'; at++)
            filled += *at != ',' && *at != '\n' && *at != '\r' && (at == csv || at[-1] == ',');
        cJSON *object = cJSON_Parse(json_of(&line));
        assert_int_equal(cJSON_GetArraySize(object), filled);
        const cJSON *member;
        cJSON_ArrayForEach(member, object)
        {
            assert_non_null(strstr(head, member->string));
        }
        cJSON_Delete(object);
    }
}

/* A long frame with this head and field, sealed and decoded. */
static ap_modes_line line_of(uint32_t head, uint64_t field, uint32_t overlay,
                             uint8_t bytes[AP_MODES_LONG_SIZE], ap_modes_frame *frame)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(head >> (24 - 8 * i));
    for (unsigned i = 0; i < 7; i++)
        bytes[4 + i] = (uint8_t)(field >> (48 - 8 * i));
    ap_modes_seal(bytes, AP_MODES_LONG_SIZE, overlay);
    assert_int_equal(ap_modes_decode(bytes, AP_MODES_LONG_SIZE, frame), AP_OK);
    return (ap_modes_line){ .frame = bytes, .size = AP_MODES_LONG_SIZE, .decoded = frame };
}

/* The end of the object and of the CSV row of a reply that was inferred to hold `bds`. */
static void test_registers(void **state)
{
    (void)state;
    static const struct {
        uint64_t mb;
        uint8_t bds;
        const char *json, *csv;
    } cases[] = {
        { UINT64_C(0x81951536E024D4), 0x50,
          "\"bds\": \"5,0\", \"bds_score\": 0.75, \"bds_alternatives\": [{\"bds\": \"6,0\", "
          "\"score\": 0.25}], \"register\": {\"roll_deg\": 2.109375, \"track_deg\": 114.257813, "
          "\"ground_speed_kt\": 438, \"track_rate_degps\": 0.125, \"true_airspeed_kt\": 424}}",
          ",\"5,0\",0.75,\"6,0=0.25\",\"roll_deg=2.109375;track_deg=114.257813;"
          "ground_speed_kt=438;track_rate_degps=0.125;true_airspeed_kt=424\",,,,,\r\n" },
        { UINT64_C(0x00800189C083F0), 0x18,
          "\"register\": {\"registers\": [\"0,5\", \"0,6\", \"0,7\", \"0,8\", \"0,9\", \"0,A\", "
          "\"1,0\", \"1,7\", \"1,8\", \"1,9\", \"1,C\", \"2,0\", \"2,1\", \"3,0\"]}}",
          "\"registers=0,5 0,6 0,7 0,8 0,9 0,A 1,0 1,7 1,8 1,9 1,C 2,0 2,1 3,0\",,,,,\r\n" },
        { UINT64_C(0x58C382D690C8AC), 0x05,
          "\"register\": {\"type_code\": 11, \"subtype\": 0, \"alert\": false, \"spi\": false, "
          "\"altitude_ft\": 38000, \"cpr_odd\": false, \"cpr_surface\": false, "
          "\"cpr_latitude_17\": 93000, \"cpr_longitude_17\": 51372, \"nic_b\": false}}",
          "cpr_longitude_17=51372;nic_b=false\",,,,,\r\n" },
        { UINT64_C(0x20820820820820), 0x20, "\"register\": {}}", ",\"\",,,,,\r\n" },
        { UINT64_C(0x30C20004000000), 0x30,
          "\"register\": {\"active_advisories\": \"3080\", \"complements\": \"0\", "
          "\"terminated\": false, \"multiple_threats\": false, \"threat_type\": 1, \"threat\": "
          "\"0000000\"}, \"advisory\": {\"active_advisories\": \"3080\", \"corrective\": true, "
          "\"downward\": false, \"increased_rate\": false, \"positive\": true, \"crossing\": "
          "false, \"reversal\": false, \"not_below\": false, \"not_above\": false, \"not_left\": "
          "false, \"not_right\": false, \"terminated\": false, \"multiple_threats\": false, "
          "\"threat_icao24\": \"000000\"}}",
          "multiple_threats=false;threat_icao24=000000\",,,,\r\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[AP_MODES_LONG_SIZE];
        ap_modes_frame frame;
        ap_modes_line line = line_of(0xA0001838, cases[i].mb, 0x48520A, bytes, &frame);
        ap_comm_b_inference inference = { cases[i].bds,
                                          2,
                                          { { cases[i].bds, 0.75f }, { 0x60, 0.25f } } };
        line.inference = &inference;
        const char *json = json_of(&line);
        assert_non_null(strstr(json, cases[i].json));
        cJSON *object = cJSON_Parse(json);
        assert_non_null(object);
        cJSON_Delete(object);
        assert_non_null(strstr(csv_of(&line), cases[i].csv));
    }
}

/* Without a clear register every candidate is an alternative; without any there is no such key. */
static void test_alternatives(void **state)
{
    (void)state;
    uint8_t bytes[AP_MODES_LONG_SIZE];
    ap_modes_frame frame;
    ap_modes_line line = line_of(0xA0001838, UINT64_C(0x81951536E024D4), 1, bytes, &frame);
    ap_comm_b_inference inference = { 0, 1, { { 0x44, 0.5f } } };
    line.inference = &inference;
    assert_non_null(strstr(json_of(&line), "\"mb\": \"81951536e024d4\", \"bds_alternatives\": "
                                           "[{\"bds\": \"4,4\", \"score\": 0.5}]}"));
    inference.count = 0;
    assert_non_null(strstr(json_of(&line), "\"mb\": \"81951536e024d4\"}"));
}

static void test_details(void **state)
{
    (void)state;
    static const struct {
        uint32_t head;
        uint64_t field;
        const char *json;
    } cases[] = {
        { 0x8D40621D, UINT64_C(0xF8230002004AB8),
          "\"status\": {\"surface\": false, \"capability\": \"2300\", \"mode\": \"0200\", "
          "\"tcas_operational\": true, \"es_in\": false, \"uat_in\": false, "
          "\"air_referenced_velocity\": true, \"target_state\": true, \"trajectory_changes\": 0, "
          "\"ra_active\": false, \"ident\": false, \"single_antenna\": false, "
          "\"heading_is_magnetic\": false}}" },
        { 0x8D40621D, UINT64_C(29) << 51 | UINT64_C(1) << 47 | UINT64_C(110) << 31,
          "\"target\": {\"vertical_source\": 1, \"altitude_capability\": 0, \"altitude_ft\": "
          "10000, \"altitude_is_msl\": false, \"vertical_mode\": 0, \"horizontal_source\": 0, "
          "\"tcas_off\": false, \"ra_active\": false, \"emergency_state\": 0}}" },
        { 0x93ABCDEF, UINT64_C(14) << 25,
          "\"tisb\": {\"surveillance_status\": 0, \"service_volume\": 0, \"ground_speed_kt\": 416, "
          "\"cpr_odd\": false, \"cpr_latitude_17\": 0, \"cpr_longitude_17\": 0}}" },
        { 0xD0018001, 0,
          "\"df\": 24, \"icao24\": \"000000\", \"check\": \"overlaid\", \"suspect\": false, "
          "\"segment\": {\"acknowledges\": true, \"number\": 0, \"received\": \"8001\", "
          "\"content\": \"01800100000000000000\"}}" },
        { 0x80E19838, UINT64_C(0x30C20000000000),
          "\"sensitivity\": 7, \"reply_information\": 3, \"on_ground\": false, \"altitude_ft\": "
          "38000, \"advisory\": {\"active_advisories\": \"3080\", \"corrective\": true" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[AP_MODES_LONG_SIZE];
        ap_modes_frame frame;
        ap_modes_line line = line_of(cases[i].head, cases[i].field, 0, bytes, &frame);
        if (!strstr(json_of(&line), cases[i].json))
            fail_msg("%s", text);
        cJSON *object = cJSON_Parse(text);
        assert_non_null(object);
        cJSON_Delete(object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_of_frames),
        cmocka_unit_test(test_json_of_position_and_time),
        cmocka_unit_test(test_json_of_undecodable),
        cmocka_unit_test(test_csv_has_the_columns_of_json),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_alternatives),
        cmocka_unit_test(test_details),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
