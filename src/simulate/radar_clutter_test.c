/* Plots of a radar that nothing stands behind. */
#include "simulate/radar.h"

#include "simulate/test_chance.h"
#include "simulate/test_radar_tally.h"

static bench b;

static void test_radar_clutter_counts(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
    b.sensor.told.clutter_per_turn = 40.0;
    bench_tally t = bench_tally_of(&b, 1200.0);
    check_poisson(t.primary, 40.0 * 300.0);
    check_poisson(t.left, 20.0 * 300.0);
    assert_true(t.secondary == 0 && t.combined == 0);
    /* Without echoes it is FRUIT, half of it not validated. */
    bench_begin(&b, AP_SENSOR_SSR, AP_SENSOR_FORMAT_CAT048);
    b.sensor.told.clutter_per_turn = 15.0;
    b.sensor.fruit_per_turn = 5.0;
    t = bench_tally_of(&b, 1200.0);
    check_poisson(t.secondary, 20.0 * 300.0);
    check_count(t.unsure, t.secondary, 0.5);
    assert_int_equal(t.primary, 0);
}

/* An area across north, by an antenna that is turned, from 200 s to 1000 s. */
static void test_radar_clutter_of_an_area(void **state)
{
    (void)state;
    ap_clutter_area area = { .latitude_rad = 50.4 * DEG,
                             .longitude_rad = 8.0 * DEG,
                             .radius_m = 15e3,
                             .plots_per_turn = 30.0,
                             .start_s = 200.0,
                             .end_s = 1000.0 };
    bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
    b.scenario.areas = &area;
    b.sensor.area_count = 1;
    b.sensor.azimuth_bias_rad = 0.05;
    bench_tally t = bench_tally_of(&b, 1204.0);
    check_poisson(t.primary, 30.0 * 200.0);
    assert_true(t.first_s >= 199.9 && t.last_s < 1000.1);
    /* Half left and half right of true north, which is read as 0.05 rad. */
    b.sensor.azimuth_bias_rad = 0.0;
    t = bench_tally_of(&b, 1204.0);
    check_count(t.left, t.primary, 0.5);
    /* Beyond the range there is none of it. */
    b.sensor.told.range_max_m = 20e3;
    assert_int_equal(bench_tally_of(&b, 400.0).primary, 0);
}

/* Plots of turns 0 to 99, of what is in the north and of the rest. */
static void take_halves_of_turns(const bench *of, const seen *record, void *to)
{
    int(*count)[2] = to;
    int turn = (int)floor((record->time_s - of->radar.antenna.north_s) / of->sensor.told.turn_s);
    if (record->message == 0 && turn < 100)
        count[turn][fabs(ap_wrap_pi(record->azimuth_rad)) < AP_PI / 2.0]++;
}

/* Two areas are drawn each by itself: two Poisson numbers of mean 30 are the same in 5.2 % of the
 * turns (Skellam's distribution at 0). */
static void test_radar_clutter_areas_are_independent(void **state)
{
    (void)state;
    ap_clutter_area areas[2];
    for (int i = 0; i < 2; i++)
        areas[i] = (ap_clutter_area){ .latitude_rad = (i ? 50.4 : 49.6) * DEG,
                                      .longitude_rad = 8.1 * DEG,
                                      .radius_m = 5e3,
                                      .plots_per_turn = 30.0,
                                      .end_s = HUGE_VAL };
    bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
    b.scenario.areas = areas;
    b.sensor.area_count = 2;
    int count[100][2] = { { 0 } }, same = 0;
    bench_run(&b, 420.0, take_halves_of_turns, count);
    for (int i = 1; i < 100; i++)
        same += count[i][0] == count[i][1];
    check_count(same, 99.0, 0.052);
}

static void test_radar_fruit_has_codes_of_flights(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_SSR, AP_SENSOR_FORMAT_CAT048);
    b.sensor.fruit_per_turn = 10.0;
    b.sensor.told.range_max_m = 100e3;
    (void)bench_fly(&b, AP_EQUIPMENT_MODE_AC, 10.0, 150e3, 9000.0, 0.0, 0.0); /* out of range */
    (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 20.0, 150e3, 9000.0, 0.0, 0.0);
    bench_tally t = bench_tally_of(&b, 800.0);
    check_poisson(t.secondary, 2000.0);
    check_count(t.codes[0], t.secondary, 0.5);
    assert_int_equal(t.codes[0] + t.codes[1], t.secondary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radar_clutter_counts),
        cmocka_unit_test(test_radar_clutter_of_an_area),
        cmocka_unit_test(test_radar_clutter_areas_are_independent),
        cmocka_unit_test(test_radar_fruit_has_codes_of_flights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
