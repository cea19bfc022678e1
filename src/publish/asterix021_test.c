#include "publish/asterix021.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

#include "airpicture/asterix.h"

static const char *const editions[] = { "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7" };

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static double draw(uint32_t *seed, double low, double high)
{
    return low + (high - low) * next(seed) / 16777215.0;
}

/* Everything that the category can say, present or not by the seed. */
static ap_report report_any(uint32_t seed)
{
    ap_report report = { .time_utc = INT64_C(1717664319000000000),
                         .kind = AP_REPORT_TARGET,
                         .present = next(&seed) | AP_HAS_ADDRESS };
    report.present &= ~(uint32_t)(AP_HAS_POLAR | AP_HAS_ELEVATION | AP_HAS_DOPPLER);
    report.time_utc += next(&seed) % 86400 * AP_NS_PER_S;
    report.flags = next(&seed) & (AP_FLAG_ON_GROUND | AP_FLAG_SPI | AP_FLAG_EMERGENCY);
    report.address = 1 + next(&seed) % 0xFFFFFE;
    report.address_kind = (uint8_t)(next(&seed) % 2);
    report.mode_3a = next(&seed) & 07777;
    memcpy(report.callsign, "BAW3AK", 7);
    report.emitter_category = 0xA3;
    report.track_number = (uint16_t)(next(&seed) & 0xFFF);
    report.latitude_rad = draw(&seed, -1.57, 1.57);
    report.longitude_rad = draw(&seed, -3.14, 3.14);
    report.pressure_altitude_m = draw(&seed, -300, 15000);
    report.geometric_height_m = draw(&seed, -300, 15000);
    report.east_mps = draw(&seed, -300, 300);
    report.north_mps = draw(&seed, -300, 300);
    report.up_mps = draw(&seed, -30, 30);
    report.roll_rad = draw(&seed, -1, 1);
    report.track_rate_radps = draw(&seed, -0.1, 0.1);
    report.heading_rad = draw(&seed, 0, 6.28);
    report.true_airspeed_mps = draw(&seed, 0, 300);
    report.indicated_airspeed_mps = draw(&seed, 0, 200);
    report.mach = draw(&seed, 0, 0.95);
    report.selected_altitude_m = draw(&seed, 0, 13000);
    report.nic = (uint8_t)(next(&seed) % 12);
    report.nac_p = (uint8_t)(next(&seed) % 12);
    report.nac_v = (uint8_t)(next(&seed) % 5);
    report.sil = (uint8_t)(next(&seed) % 4);
    return report;
}

static size_t encode(const ap_report *report, uint8_t *bytes, size_t cap)
{
    ap_cat021 record;
    ap_writer writer = ap_writer_of(bytes, cap);
    assert_int_equal(ap_asterix021_from_report(25, 201, report, &record), AP_OK);
    assert_int_equal(ap_cat021_encode(&writer, &record), AP_OK);
    return writer.size;
}

static cJSON *json_of(const char *edition, const uint8_t *bytes, size_t size)
{
    static char text[8192];
    const ap_asterix_spec *spec = ap_asterix_spec_find(21, edition);
    ap_asterix_fault fault;
    size_t record_size = 0;
    assert_non_null(spec);
    assert_string_equal(ap_asterix_spec_edition(spec), edition);
    assert_int_equal(ap_asterix_walk(spec, bytes, size, &record_size, &fault), AP_OK);
    assert_int_equal(record_size, size);
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    assert_int_equal(ap_asterix_json(spec, bytes, size, &writer), AP_OK);
    text[writer.size] = '\0';
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    return json;
}

/* Every value of `some` is in `all`, wherever both editions name it. */
static void assert_same_values(const cJSON *some, const cJSON *all)
{
    for (const cJSON *item = some->child; item; item = item->next) {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(all, item->string);
        if (cJSON_IsObject(item) && other)
            assert_same_values(item, other);
        else if (other)
            assert_true(cJSON_Compare(item, other, true));
        else /* a bit that had no name yet */
            assert_true(cJSON_IsNumber(item) && item->valuedouble == 0);
    }
}

static void test_every_edition_reads_the_same(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 300; seed++) {
        uint8_t bytes[256];
        ap_report report = report_any(seed);
        size_t size = encode(&report, bytes, sizeof bytes);
        cJSON *newest = json_of("2.7", bytes, size);
        for (size_t k = 0; k < sizeof editions / sizeof editions[0]; k++) {
            cJSON *json = json_of(editions[k], bytes, size);
            assert_int_equal(cJSON_GetArraySize(json), cJSON_GetArraySize(newest));
            assert_same_values(json, newest);
            assert_same_values(newest, json);
            cJSON_Delete(json);
        }
        cJSON_Delete(newest);
    }
}

static double number(const cJSON *json, const char *item, const char *part)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, item);
    if (part)
        value = cJSON_GetObjectItemCaseSensitive(value, part);
    assert_true(cJSON_IsNumber(value));
    return value->valuedouble;
}

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((double)(value) - (double)(expected)) <= (tolerance))

/* The values, by the tables and in their units, are those of the report to half a step. */
static void test_values(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 300; seed++) {
        uint8_t bytes[256];
        ap_report report = report_any(seed);
        report.present |= ~(uint32_t)(AP_HAS_POLAR | AP_HAS_ELEVATION | AP_HAS_DOPPLER) & 0x1FFFFF;
        size_t size = encode(&report, bytes, sizeof bytes);
        cJSON *json = json_of("2.1", bytes, size);
        assert_near(number(json, "131", "LAT") * AP_RAD_PER_DEG, report.latitude_rad, 1.5e-9);
        assert_near(number(json, "131", "LON") * AP_RAD_PER_DEG, report.longitude_rad, 1.5e-9);
        assert_near(number(json, "071", NULL), report.time_utc / AP_NS_PER_S % 86400, 1.0 / 256);
        assert_near(number(json, "145", NULL) * 100 * AP_M_PER_FT, report.pressure_altitude_m, 3.9);
        assert_near(number(json, "140", NULL) * AP_M_PER_FT, report.geometric_height_m, 1.0);
        assert_near(number(json, "155", "BVR") * AP_M_PER_FT / 60, report.up_mps, 0.016);
        assert_near(number(json, "160", "GS") * AP_M_PER_NMI,
                    hypot(report.east_mps, report.north_mps), 0.06);
        assert_near(number(json, "150", "AS"), report.mach, 0.0006);
        assert_near(number(json, "151", "TAS") * AP_MPS_PER_KT, report.true_airspeed_mps, 0.26);
        assert_near(number(json, "230", NULL) * AP_RAD_PER_DEG, report.roll_rad, 1e-4);
        assert_near(number(json, "146", "ALT") * AP_M_PER_FT, report.selected_altitude_m, 3.9);
        assert_near(number(json, "080", NULL), report.address, 0);
        assert_near(number(json, "090", "NUCPNIC"), report.nic, 0);
        assert_near(number(json, "020", NULL), 3, 0);
        cJSON_Delete(json);
    }
}

static void test_refuses(void **state)
{
    (void)state;
    ap_cat021 record;
    ap_report report = report_any(1);
    report.present &= ~(uint32_t)AP_HAS_ADDRESS;
    assert_int_equal(ap_asterix021_from_report(0, 0, &report, &record), AP_ERR_ARGUMENT);
    report.present |= AP_HAS_ADDRESS;
    report.kind = AP_REPORT_NORTH;
    assert_int_equal(ap_asterix021_from_report(0, 0, &report, &record), AP_ERR_ARGUMENT);
}

/* The largest values end at their range; not a number is the lowest. */
static void test_range_ends(void **state)
{
    (void)state;
    uint8_t bytes[256];
    ap_report report = report_any(7);
    report.present |= AP_HAS_PRESSURE_ALTITUDE | AP_HAS_VELOCITY | AP_HAS_VERTICAL_RATE |
                      AP_HAS_MACH | AP_HAS_POSITION;
    report.pressure_altitude_m = 1e9;
    report.east_mps = (double)NAN;
    report.up_mps = -1e9;
    report.mach = 99;
    report.longitude_rad = AP_PI;
    size_t size = encode(&report, bytes, sizeof bytes);
    cJSON *json = json_of("2.7", bytes, size);
    assert_near(number(json, "145", NULL), 1500, 0);
    assert_near(number(json, "155", "BVR"), -102400, 0);
    assert_near(fabs(number(json, "131", "LON")), 180, 1e-6);
    cJSON_Delete(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_edition_reads_the_same),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_range_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
