#include "airpicture/sensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define CAP 4

typedef struct fixture {
    ap_sensor sensors[CAP];
    ap_sensor_stats stats[CAP];
    ap_sensor_table table;
} fixture;

static fixture *empty(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->table = (ap_sensor_table){ .sensor = f->sensors, .stats = f->stats, .cap = CAP };
    return f;
}

static uint16_t add(fixture *f, bool has_codes, uint8_t sac, uint8_t sic, uint16_t input)
{
    ap_sensor sensor = { .has_sac_sic = has_codes, .sac = sac, .sic = sic, .input = input };
    uint16_t index = AP_SENSOR_NONE;
    assert_int_equal(ap_sensor_add(&f->table, &sensor, &index), AP_OK);
    return index;
}

static void test_sensor_defaults_within_their_ranges(void **state)
{
    (void)state;
    for (int kind = 0; kind < AP_SENSOR_KIND_COUNT; kind++) {
        ap_sensor s = { .name = "kept", .sac = 7, .range_bias_m = 5 };
        ap_sensor_defaults(&s, (ap_sensor_kind)kind);
        assert_int_equal(s.kind, kind);
        assert_true(s.range_sigma_m > 0 && s.azimuth_sigma_rad > 0 && s.position_sigma_m > 0);
        assert_true(s.altitude_sigma_m > 0 && s.turn_s > 0 && s.clutter_per_turn >= 0);
        assert_true(s.detection_probability > 0.5 && s.detection_probability < 1);
        assert_true(s.range_max_m == 0 || s.range_max_m > s.range_min_m);
        assert_true(s.range_bias_m == 0 && s.azimuth_bias_rad == 0 && s.latency_s == 0);
        assert_string_equal(s.name, "kept");
        assert_int_equal(s.sac, 7);
    }
}

/* EUROCONTROL SUR.ET1.ST01.1000-STD-01-01. */
static void test_sensor_defaults_of_radars(void **state)
{
    (void)state;
    ap_sensor s = { 0 };
    ap_sensor_defaults(&s, AP_SENSOR_SSR);
    assert_true(s.range_sigma_m == 70 && s.detection_probability == 0.97);
    assert_true(fabs(s.azimuth_sigma_rad - 0.08 * AP_RAD_PER_DEG) < 1e-15);
    ap_sensor_defaults(&s, AP_SENSOR_PSR);
    assert_true(s.range_sigma_m == 120 && s.detection_probability == 0.90);
    ap_sensor_defaults(&s, (ap_sensor_kind)99);
    assert_int_equal(s.kind, AP_SENSOR_UNKNOWN);
}

static void test_sensor_keys(void **state)
{
    (void)state;
    assert_string_equal(ap_sensor_kind_key(AP_SENSOR_MODE_S), "mode_s");
    assert_string_equal(ap_sensor_kind_key(AP_SENSOR_TRACKER), "tracker");
    assert_string_equal(ap_sensor_kind_key((ap_sensor_kind)-1), "unlisted");
    assert_string_equal(ap_sensor_kind_key(AP_SENSOR_KIND_COUNT), "unlisted");
}

static void test_sensor_place(void **state)
{
    (void)state;
    ap_sensor s = { 0 };
    static const ap_geodetic bad[] = { { 1.6, 0, 0 },   { 0, 3.2, 0 }, { 0, 0, -1001 },
                                       { 0, 0, 20001 }, { NAN, 0, 0 }, { 0, NAN, 0 },
                                       { 0, 0, NAN } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ap_sensor_place(&s, bad[i]), AP_ERR_RANGE);
        assert_false(s.has_site);
    }
    assert_int_equal(ap_sensor_place(&s, (ap_geodetic){ -AP_PI / 2, AP_PI, 20000 }), AP_OK);
    assert_true(s.has_site && s.frame.origin.height_m == 20000);
    assert_true(fabs(s.frame.rotation[2][2] + 1.0) < 1e-15);
}

static void test_sensor_add_until_full(void **state)
{
    (void)state;
    fixture f;
    empty(&f);
    for (uint16_t i = 0; i < CAP; i++)
        assert_int_equal(add(&f, false, 0, 0, i), i);
    assert_true(f.stats[3].first_utc == AP_UTC_UNKNOWN && f.stats[3].last_utc == AP_UTC_UNKNOWN);
    uint16_t index = 77;
    assert_int_equal(ap_sensor_add(&f.table, &f.sensors[0], &index), AP_ERR_FULL);
    assert_int_equal(index, 77);
}

static void test_sensor_find(void **state)
{
    (void)state;
    fixture f;
    empty(&f);
    add(&f, true, 1, 2, AP_INPUT_NONE);
    add(&f, true, 1, 2, 5);
    add(&f, false, 1, 2, 6);
    add(&f, true, 3, 4, 5);
    assert_int_equal(ap_sensor_find(&f.table, 1, 2, 5), 1);
    assert_int_equal(ap_sensor_find(&f.table, 1, 2, 6), 0);
    assert_int_equal(ap_sensor_find(&f.table, 3, 4, 5), 3);
    assert_int_equal(ap_sensor_find(&f.table, 3, 4, 6), AP_SENSOR_NONE);
    assert_int_equal(ap_sensor_find(&f.table, 9, 9, 5), AP_SENSOR_NONE);
    assert_int_equal(ap_sensor_find_input(&f.table, 6), 2);
    assert_int_equal(ap_sensor_find_input(&f.table, 5), AP_SENSOR_NONE);
}

static void test_sensor_stats_saw(void **state)
{
    (void)state;
    ap_sensor_stats stats = { .first_utc = AP_UTC_UNKNOWN, .last_utc = AP_UTC_UNKNOWN };
    ap_sensor_stats_saw(&stats, AP_UTC_UNKNOWN);
    assert_true(stats.first_utc == AP_UTC_UNKNOWN);
    ap_sensor_stats_saw(&stats, 50);
    ap_sensor_stats_saw(&stats, -20);
    ap_sensor_stats_saw(&stats, 30);
    assert_int_equal(stats.first_utc, -20);
    assert_int_equal(stats.last_utc, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sensor_defaults_within_their_ranges),
        cmocka_unit_test(test_sensor_defaults_of_radars),
        cmocka_unit_test(test_sensor_keys),
        cmocka_unit_test(test_sensor_place),
        cmocka_unit_test(test_sensor_add_until_full),
        cmocka_unit_test(test_sensor_find),
        cmocka_unit_test(test_sensor_stats_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
