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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_of_frames),
        cmocka_unit_test(test_json_of_position_and_time),
        cmocka_unit_test(test_json_of_undecodable),
        cmocka_unit_test(test_csv_has_the_columns_of_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
