/* What a radar sees, and how often. */
#include "simulate/radar.h"

#include "simulate/detection.h"
#include "simulate/test_chance.h"
#include "simulate/test_radar_tally.h"

static bench b;

static void test_radar_detection_by_range(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
    b.sensor.told.detection_probability = 0.8;
    b.sensor.reference_area_m2 = 40.0;
    double ranges_m[12];
    for (int i = 0; i < 12; i++) {
        ranges_m[i] = 45e3 + 12e3 * i;
        (void)bench_fly(&b, AP_EQUIPMENT_NONE, 30.0 * i, ranges_m[i], 12000.0, 0.0, 0.0);
    }
    int count[12] = { 0 };
    bench_count_by_flight(&b, 800.0, count);
    for (uint32_t i = 0; i < 12; i++) {
        double snr = (log(1e-6) / log(0.8) - 1.0) * (20.0 / 40.0) *
                     pow(200e3 / bench_sight(&b, i, 0.0).range_m, 4.0);
        check_count(count[i], 800.0, exp(log(1e-6) / (1.0 + snr)));
    }
    assert_true(count[11] < 620 && count[0] > 790);
}

static void test_radar_detection_by_aspect(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
    b.sensor.told.detection_probability = 0.6;
    b.sensor.reference_area_m2 = 20.0;
    /* So slow that it stays: 2 m/s for 20 minutes. */
    (void)bench_fly(&b, AP_EQUIPMENT_NONE, 10.0, 196e3, 12000.0, 10.0, 1.5);
    (void)bench_fly(&b, AP_EQUIPMENT_NONE, 100.0, 198e3, 12000.0, 10.0, 1.5);
    (void)bench_fly(&b, AP_EQUIPMENT_NONE, 200.0, 198e3, 12000.0, 10.0, 1.5);
    b.flights[2].craft = AP_CRAFT_BALLOON; /* the same from everywhere */
    int count[3] = { 0 };
    bench_count_by_flight(&b, 300.0, count);
    double snr = log(1e-6) / log(0.6) - 1.0;
    check_count(count[2], 300.0, exp(log(1e-6) / (1.0 + snr * pow(200.0 / 198.5, 4.0))));
    check_count(count[0], 300.0, exp(log(1e-6) / (1.0 + 0.4 * snr * pow(200.0 / 196.5, 4.0))));
    check_count(count[1], 300.0, exp(log(1e-6) / (1.0 + 1.6 * snr * pow(200.0 / 198.5, 4.0))));
}

static void test_radar_detection_of_answers(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_SSR, AP_SENSOR_FORMAT_CAT001);
    b.sensor.told.detection_probability = 0.9;
    bench_ring(&b, AP_EQUIPMENT_MODE_AC);
    (void)bench_fly(&b, AP_EQUIPMENT_NONE, 300.0, 50e3, 9000.0, 0.0, 0.0); /* does not answer */
    int count[37] = { 0 }, sum = 0;
    bench_count_by_flight(&b, 100.0, count);
    for (int i = 0; i < 36; i++)
        sum += count[i];
    check_count(sum, 3600.0, 0.9);
    assert_int_equal(count[36], 0);
}

/* An echo on the ground is filtered but by a surface radar; vehicles answer nobody. */
static void test_radar_of_what_is_on_the_ground(void **state)
{
    (void)state;
    static const struct {
        ap_sensor_kind kind;
        ap_sensor_format format;
        int vehicle, parked;
    } cases[] = { { AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048, 0, 0 },
                  { AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048, 0, 99 },
                  { AP_SENSOR_SMR, AP_SENSOR_FORMAT_CAT010, 99, 99 } };
    ap_scenario_flight flights[2] = {
        { .leader = AP_SCENARIO_NONE, .craft = AP_CRAFT_VEHICLE },
        { .leader = AP_SCENARIO_NONE, .departs = true, .field_height_m = 90.0 }
    };
    for (size_t i = 0; i < 3; i++) {
        bench_begin(&b, cases[i].kind, cases[i].format);
        b.scenario.flights = flights;
        b.scenario.flight_count = 2;
        (void)bench_fly(&b, AP_EQUIPMENT_ADSB, 10.0, 5e3, 91.0, 0.0, 0.0);
        (void)bench_fly(&b, AP_EQUIPMENT_ADSB, 100.0, 5e3, 91.0, 0.0, 0.0);
        b.flights[0].craft = AP_CRAFT_VEHICLE;
        int count[2] = { 0 };
        bench_count_by_flight(&b, 100.0, count);
        assert_in_range(count[0], cases[i].vehicle, cases[i].vehicle ? 101 : 0);
        assert_in_range(count[1], cases[i].parked, cases[i].parked ? 101 : 0);
    }
}

static void test_radar_sees_nothing_beyond_its_view(void **state)
{
    (void)state;
    static const ap_mask_entry mask[] = { { 0.0, -0.1 },
                                          { 90.0 * DEG, 2.0 * DEG },
                                          { 180.0 * DEG, -0.1 } };
    static const struct {
        double azimuth_deg, ground_m, height_m;
        bool seen;
    } cases[] = {
        { 10.0, 190e3, 11000.0, true },    { 20.0, 202e3, 11000.0, false }, /* range */
        { 30.0, 150e3, 650.0, false },   /* horizon: 41.2 km of the site and 105.1 km */
        { 40.0, 150e3, 800.0, true },    /* 116.6 km */
        { 100.0, 100e3, 3900.0, false }, /* at 1.84 degrees with 4/3 refraction, 100 m below */
        { 110.0, 100e3, 4300.0, true },  /* 2.07 */
        { 200.0, 100e3, 4000.0, true },    { 250.0, 9000.0, 10000.0, true }, /* 47.7 degrees */
        { 260.0, 8000.0, 10000.0, false }, /* 51.0: above the cone */
    };
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    b.scenario.mask = mask;
    b.sensor.mask_count = 3;
    b.sensor.cone_rad = 50.0 * DEG;
    for (size_t i = 0; i < 9; i++)
        (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, cases[i].azimuth_deg, cases[i].ground_m,
                        cases[i].height_m, 0.0, 0.0);
    int count[9] = { 0 };
    bench_count_by_flight(&b, 10.0, count);
    for (size_t i = 0; i < 9; i++)
        assert_true(cases[i].seen ? count[i] >= 9 : count[i] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radar_detection_by_range),
        cmocka_unit_test(test_radar_detection_by_aspect),
        cmocka_unit_test(test_radar_detection_of_answers),
        cmocka_unit_test(test_radar_of_what_is_on_the_ground),
        cmocka_unit_test(test_radar_sees_nothing_beyond_its_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
