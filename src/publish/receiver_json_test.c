#include "publish/receiver_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#define S AP_NS_PER_S
#define START (INT64_C(1717632000) * S)

static ap_sensor sensors[1] = { { .name = "roof" } };
static ap_sensor_stats sensor_stats[1];
static const ap_sensor_table table = { sensors, sensor_stats, 1, 1, NULL, NULL };
static char line[AP_RECEIVER_JSON_SIZE + 1];

static void end_line(const ap_writer *text)
{
    assert_false(text->bad);
    line[text->size] = '\0';
}

static void test_witness(void **state)
{
    (void)state;
    static const uint8_t frame[7] = { 0x5D, 0x4B, 0x12, 0x34, 0xAB, 0xCD, 0xEF };
    ap_receiver row = { .has_id = true, .id = 0xABC };
    ap_receiver_table receivers = { .rows = &row, .count = 1, .cap = 1, .sensors = &table };
    ap_witness of = { .squitter = 12,
                      .number = 3,
                      .receive_utc = START + S / 2,
                      .has_stamp = true,
                      .clock = AP_CLOCK_TICKS,
                      .stamp = (UINT64_C(1) << 48) - 1,
                      .signal = 128,
                      .frame = frame,
                      .size = 7 };
    ap_writer text = ap_writer_of((uint8_t *)line, AP_RECEIVER_JSON_SIZE);
    assert_int_equal(ap_witness_json(&text, &receivers, &of), AP_OK);
    end_line(&text);
    assert_string_equal(line, "{\"squitter\":12,\"witness\":3,\"time_s\":1717632000.500000,"
                              "\"sensor\":\"roof\",\"receiver\":\"0000000000000abc\","
                              "\"ticks_12mhz\":281474976710655,\"signal_dbfs\":-6,"
                              "\"frame\":\"5d4b1234abcdef\"}\n");
    of.clock = AP_CLOCK_GPS;
    of.stamp = UINT64_C(86399) << 30 | 7;
    of.signal = -1;
    row.has_id = false;
    text = ap_writer_of((uint8_t *)line, AP_RECEIVER_JSON_SIZE);
    assert_int_equal(ap_witness_json(&text, &receivers, &of), AP_OK);
    end_line(&text);
    assert_non_null(strstr(line, "\"gps_day_ns\":86399000000007,\"frame\""));
    assert_null(strstr(line, "receiver"));
    text = ap_writer_of((uint8_t *)line, 20);
    assert_int_equal(ap_witness_json(&text, &receivers, &of), AP_ERR_FULL);
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *member = cJSON_GetObjectItem(object, key);
    assert_non_null(member);
    return member->valuedouble;
}

static void test_receiver(void **state)
{
    (void)state;
    ap_receiver row = { .input = 1,
                        .has_id = true,
                        .id = 1,
                        .stats = { .first_utc = AP_UTC_UNKNOWN,
                                   .last_utc = AP_UTC_UNKNOWN,
                                   .bucket_end_utc = AP_UTC_UNKNOWN,
                                   .expected_count = 4,
                                   .heard_count = 3,
                                   .placed_count = 1 } };
    for (size_t i = 0; i < AP_OUTLINE_BINS; i++)
        row.stats.outline_m[i] = 400123.4f;
    ap_receiver_clock_init(&row.clock, AP_CLOCK_TICKS);
    for (uint64_t i = 0; i < 200; i++) {
        ap_receiver_hear(&row.stats, START + (int64_t)i * S / 10, i % 2 ? 17 : 11, 26, i == 5);
        ap_receiver_clock_pair(&row.clock, i * 1200000, START + (int64_t)i * S / 10);
    }
    ap_writer text = ap_writer_of((uint8_t *)line, AP_RECEIVER_JSON_SIZE);
    assert_int_equal(ap_receiver_line(&text, &table, &row, row.stats.last_utc), AP_OK);
    end_line(&text);
    cJSON *object = cJSON_Parse(line);
    assert_non_null(object);
    assert_string_equal(cJSON_GetObjectItem(object, "sensor")->valuestring, "roof");
    assert_string_equal(cJSON_GetObjectItem(object, "receiver")->valuestring, "0000000000000001");
    assert_string_equal(cJSON_GetObjectItem(object, "clock")->valuestring, "ticks");
    assert_true(number(object, "input") == 2);
    assert_true(number(object, "frame_count") == 200);
    assert_true(number(object, "frame_rate_ps") == 10);
    assert_true(number(object, "squitter_count") == 100);
    assert_true(number(object, "all_call_count") == 100);
    assert_true(number(object, "damaged_count") == 1);
    assert_true(number(object, "loss") == 0.25);
    assert_true(number(object, "signal_dbfs") == -19.8); /* 20 log10(26 / 255) = -19.83 */
    assert_true(number(object, "clock_rate_ppm") == 0);
    assert_true(number(object, "range_m") == 400123);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(object, "outline_m")), AP_OUTLINE_BINS);
    assert_true(number(object, "wrap_count") == 0);
    cJSON_Delete(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_witness),
        cmocka_unit_test(test_receiver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
