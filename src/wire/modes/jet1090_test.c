#include "wire/modes/jet1090.h"
#include "wire/modes/test_data.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

static ap_err read_text(const char *text, ap_jet1090_line *line)
{
    return ap_jet1090_read((const uint8_t *)text, strlen(text), line, NULL);
}

/* The line that is written for the frame in `text`, without its newline. */
static char *write_line(const ap_jet1090_line *line, const ap_jet1090_content *content)
{
    static char text[AP_JET1090_SIZE_MAX + 1];
    ap_writer writer = ap_writer_of((uint8_t *)text, AP_JET1090_SIZE_MAX);
    ap_jet1090_write(&writer, line, content);
    assert_false(writer.bad);
    assert_int_equal(text[writer.size - 1], '\n');
    text[writer.size - 1] = '\0';
    return text;
}

static void test_write_golden(void **state)
{
    (void)state;
    ap_jet1090_line line;
    ap_modes_frame frame;
    assert_int_equal(read_text("{\"timestamp\":1717664319.147975,"
                               "\"frame\":\"8c3461ce399e40586b4ee4932241\"}",
                               &line),
                     AP_OK);
    assert_int_equal(ap_modes_decode(line.frame, line.size, &frame), AP_OK);
    ap_jet1090_content content = { &frame, true, 43.62951278, 1.36901145 };
    assert_string_equal(
        write_line(&line, &content),
        "{\"timestamp\": 1717664319.147975, \"frame\": \"8c3461ce399e40586b4ee4932241\", "
        "\"df\": \"17\", \"icao24\": \"3461ce\", \"bds\": \"06\", \"NUCp\": 7, "
        "\"parity\": \"even\", \"lat_cpr\": 11317, \"lon_cpr\": 85732, "
        "\"latitude\": 43.62951278, \"longitude\": 1.36901145, "
        "\"groundspeed\": 8, \"track\": 281.25}");
}

static void test_round_trip(void **state)
{
    (void)state;
    static const ap_utc_ns times[] = { 0,           1,
                                       -1,          INT64_C(1717664322261866812),
                                       AP_NS_PER_S, -INT64_C(1500000000) };
    for (unsigned level = 0; level < 256; level++) {
        ap_jet1090_line line = { .frame = { 0x5D, 0x4D, 0x20, 0x23, 0x7A, 0x55, 0xA6 },
                                 .size = 7,
                                 .has_time = level % 3 > 0,
                                 .has_signal = true,
                                 .signal = (uint8_t)level,
                                 .has_receiver = level % 2 > 0,
                                 .synthetic = level % 5 == 0 };
        line.time_utc = line.has_time ? times[level % 6] : 0;
        line.receiver = line.has_receiver ? INT64_MAX - level : 0;
        ap_jet1090_content none = { .decoded = NULL };
        ap_jet1090_line again;
        assert_int_equal(read_text(write_line(&line, &none), &again), AP_OK);
        assert_memory_equal(again.frame, line.frame, 7);
        assert_int_equal(again.size, line.size);
        assert_int_equal(again.has_time, line.has_time);
        assert_int_equal(again.time_utc, line.time_utc);
        assert_int_equal(again.signal, line.signal);
        assert_int_equal(again.has_receiver, line.has_receiver);
        assert_int_equal(again.receiver, line.receiver);
        assert_int_equal(again.synthetic, line.synthetic);
    }
}

/* Every frame that decodes to the most keys fits. */
static void test_write_fits(void **state)
{
    (void)state;
    ap_modes_frame all;
    memset(&all, 0xFF, sizeof all);
    all.df = 17;
    all.type_code = 29;
    all.ground_speed_kt = all.track_deg = all.heading_deg = all.airspeed_kt = -123456.654321;
    all.baro_setting_hpa = all.selected_heading_deg = -123456.654321;
    all.airspeed_is_true = all.vertical_rate_is_gnss = all.selected_by_fms = false;
    all.cpr_surface = all.cpr_odd = all.nic_b = all.tcas_operational = false;
    memcpy(all.callsign, "WWWWWWWW", 9);
    ap_jet1090_line line = { .size = 14,
                             .has_time = true,
                             .time_utc = INT64_MIN + 1,
                             .has_signal = true,
                             .has_receiver = true,
                             .receiver = UINT64_MAX,
                             .synthetic = true };
    ap_jet1090_content content = { &all, true, -12.34567891, -123.45678912 };
    cJSON *json = cJSON_Parse(write_line(&line, &content));
    assert_non_null(json);
    cJSON_Delete(json);
}

/* ---- the tutorial recording, as jet1090 wrote it ---- */

/* What that version of it has otherwise, by key, and how often: surface speeds in wrong steps and
 * altitudes below zero as zero or none (both mended since), the source of the vertical rate the
 * wrong way round, squawks and altitudes of damaged replies, a call sign of characters that are
 * none. Positions need more than one frame, registers are not in it, and there are no wake vortex
 * categories here. */
typedef struct differing {
    const char *key;
    unsigned count, expected;
} differing;

static bool is_left_out(const cJSON *value)
{
    static const char *const keys[] = { "latitude", "longitude", "bds20",      "bds40",
                                        "bds50",    "bds60",     "wake_vortex" };
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
        if (strcmp(value->string, keys[k]) == 0)
            return true;
    return false;
}

/* Selected altitudes come in steps of 32 ft and are rounded to 100 ft there. */
static bool same(const cJSON *ours, const cJSON *theirs)
{
    double tolerance = strcmp(theirs->string, "selected_altitude") == 0 ? 50.0 : 1e-6;
    if (cJSON_IsNumber(theirs))
        return cJSON_IsNumber(ours) && fabs(ours->valuedouble - theirs->valuedouble) < tolerance;
    if (cJSON_IsString(theirs))
        return cJSON_IsString(ours) && strcmp(ours->valuestring, theirs->valuestring) == 0;
    return ours && ours->type == theirs->type;
}

static void compare(const char *ours_text, const char *theirs_text, differing *known)
{
    cJSON *ours = cJSON_Parse(ours_text), *theirs = cJSON_Parse(theirs_text);
    assert_true(ours && theirs);
    for (const cJSON *value = theirs->child; value; value = value->next) {
        if (is_left_out(value) || same(cJSON_GetObjectItem(ours, value->string), value))
            continue;
        differing *row = known;
        while (row->key && strcmp(row->key, value->string) != 0)
            row++;
        if (!row->key)
            fail_msg("%s: %s, there %s", value->string, ours_text, theirs_text);
        row->count++;
    }
    cJSON_Delete(ours);
    cJSON_Delete(theirs);
}

static void test_tutorial(void **state)
{
    (void)state;
    differing known[] = { { "groundspeed", 0, 1125 }, { "vrate_src", 0, 11450 },
                          { "altitude", 0, 318 },     { "squawk", 0, 9 },
                          { "callsign", 0, 1 },       { NULL, 0, 0 } };
    FILE *file = ap_test_data("jet1090_tutorial_frames.jsonl.gz");
    if (!file)
        return;
    char text[4096];
    unsigned count = 0;
    while (fgets(text, sizeof text, file)) {
        text[strcspn(text, "\n")] = '\0';
        ap_jet1090_line line;
        ap_modes_frame frame;
        assert_int_equal(read_text(text, &line), AP_OK);
        assert_int_equal(ap_modes_decode(line.frame, line.size, &frame), AP_OK);
        ap_jet1090_content content = { .decoded = &frame };
        compare(write_line(&line, &content), text, known);
        count++;
    }
    assert_int_equal(pclose(file), 0);
    assert_int_equal(count, 71939);
    for (differing *row = known; row->key; row++)
        assert_int_equal(row->count, row->expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_golden),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_write_fits),
        cmocka_unit_test(test_tutorial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
