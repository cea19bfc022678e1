/* Noise, errors, times, limits, faults and formats of a radar. */
#include "simulate/radar.h"

#include "simulate/test_chance.h"
#include "simulate/test_radar_tally.h"

#define RANGE_STEP_M (1852.0 / 256.0)
#define AZIMUTH_STEP_RAD (2.0 * AP_PI / 65536.0)

static bench b;

/* ---- noise and systematic errors ---- */

typedef struct errors {
    moments range, azimuth;
} errors;

static double expected_range(const ap_scenario_sensor *sensor, double range_m)
{
    return range_m * (1.0 + sensor->range_gain) + sensor->range_bias_m;
}

static double expected_azimuth(const ap_scenario_sensor *sensor, double azimuth_rad)
{
    return azimuth_rad + sensor->azimuth_bias_rad +
           sensor->eccentricity_sin_rad * sin(azimuth_rad) +
           sensor->eccentricity_cos_rad * cos(azimuth_rad);
}

static void take_errors(const bench *of, const seen *record, void *to)
{
    errors *e = to;
    if (record->message != 0)
        return;
    ap_sight sight = bench_sight(of, record->address - 0x400000, 0.0);
    add(&e->range, record->range_m - expected_range(&of->sensor, sight.range_m));
    add(&e->azimuth,
        ap_wrap_pi(record->azimuth_rad - expected_azimuth(&of->sensor, sight.azimuth_rad)));
}

static void check_errors(void)
{
    errors e = { 0 };
    bench_run(&b, 400.0, take_errors, &e);
    assert_true(fabs(e.range.n - 3600.0) <= 40.0);
    /* A value rounded to a step has the variance step^2 / 12 beside its own. */
    check_moments(&e.range, 0.0, hypot(30.0, RANGE_STEP_M / sqrt(12.0)));
    check_moments(&e.azimuth, 0.0, hypot(0.05 * DEG, AZIMUTH_STEP_RAD / sqrt(12.0)));
}

static void test_radar_noise_has_its_deviation(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048);
    bench_ring(&b, AP_EQUIPMENT_MODE_S);
    check_errors();
}

static void test_radar_errors_are_in_the_plots(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    bench_ring(&b, AP_EQUIPMENT_MODE_S);
    b.sensor.range_bias_m = -120.0;
    b.sensor.range_gain = 5e-4;
    b.sensor.azimuth_bias_rad = 0.004;
    b.sensor.eccentricity_sin_rad = 0.002;
    b.sensor.eccentricity_cos_rad = -0.003;
    check_errors();
}

/* ---- rotation and times ---- */

typedef struct times {
    double off_s, drift; /* of the stamps */
    double range_step_m;
    double north_s, sector_s;
    int north, sectors, plots;
    double worst_s;
} times;

/* Without noise a plot's azimuth tells when the beam was there, and the truth at that time is at
 * its place. Stamps are to 1/128 s. */
static void take_times(const bench *of, const seen *record, void *to)
{
    times *t = to;
    double turn_s = of->sensor.told.turn_s;
    double true_s = (record->time_s - t->off_s) / (1.0 + t->drift);
    if (record->message == 1) {
        t->north_s = record->time_s;
        t->north++;
        double turns = (true_s - of->radar.antenna.north_s) / turn_s;
        double reading = -of->sensor.azimuth_bias_rad / (2.0 * AP_PI);
        assert_true(fabs(ap_wrap_pi((turns - reading) * 2.0 * AP_PI)) <=
                    2.0 * AP_PI / turn_s / 100.0);
    } else if (record->message == 2) {
        if (t->sectors++ > 0)
            assert_true(fabs(record->time_s - t->sector_s - turn_s / 32.0) <= 1.01 / 128.0);
        t->sector_s = record->time_s;
    } else {
        double beam_rad =
            ap_antenna_azimuth_rad(&of->radar.antenna, true_s) + of->sensor.azimuth_bias_rad;
        double late_s = ap_wrap_pi(record->azimuth_rad - beam_rad) / (2.0 * AP_PI) * turn_s;
        assert_true(fabs(late_s) < 1.0 / 256.0 + 0.0001); /* and half a step of the azimuth */
        ap_sight sight = bench_sight(of, record->mode_3a - 01000u, true_s + late_s);
        assert_true(fabs(sight.range_m - record->range_m) < t->range_step_m / 2.0 + 0.5);
        double off_rad = sight.azimuth_rad + of->sensor.azimuth_bias_rad - record->azimuth_rad;
        assert_true(fabs(ap_wrap_pi(off_rad)) < AZIMUTH_STEP_RAD);
        t->plots++;
    }
}

static void check_times(ap_sensor_format format, double bias_s, double drift)
{
    bench_begin(&b, AP_SENSOR_SSR, format);
    b.world.start_utc += 5 * 3600 * AP_NS_PER_S;
    b.sensor.told.range_sigma_m = b.sensor.told.azimuth_sigma_rad = 1e-9;
    b.sensor.told.turn_s = 5.7;
    b.sensor.time_bias_s = bias_s;
    b.sensor.time_drift_sps = drift;
    b.sensor.azimuth_bias_rad = 0.01;
    for (int i = 0; i < 30; i++) {
        uint32_t flight =
            bench_fly(&b, AP_EQUIPMENT_MODE_S, 12.0 * i, 20e3 + 4e3 * i, 9000.0, 77.0 * i, 250.0);
        if (i % 3 == 0)
            ap_flight_turn(&b.flights[flight], 300.0 * DEG);
    }
    times t = { .off_s = bias_s,
                .drift = drift,
                .range_step_m =
                    format == AP_SENSOR_FORMAT_CAT001 ? 2 * RANGE_STEP_M : RANGE_STEP_M };
    bench_run(&b, 570.0, take_times, &t);
    assert_true(abs(t.north - 100) <= 1 && abs(t.sectors - 3200) <= 2);
    assert_true(t.plots > 2500);
}

static void test_radar_beam_meets_targets_in_time(void **state)
{
    (void)state;
    check_times(AP_SENSOR_FORMAT_CAT048, 0.0, 0.0);
    check_times(AP_SENSOR_FORMAT_CAT001, 0.0, 0.0);
}

static void test_radar_stamps_by_its_clock(void **state)
{
    (void)state;
    check_times(AP_SENSOR_FORMAT_CAT048, -0.25, 1e-3);
    check_times(AP_SENSOR_FORMAT_CAT001, 0.25, -1e-3);
}

/* ---- limits and faults ---- */

static void test_radar_sector_has_room_for_so_many(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048);
    for (int i = 0; i < 40; i++)
        (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 46.0 + 0.2 * i, 50e3 + 2e3 * i, 9000.0, 0.0, 0.0);
    b.sensor.plot_cap_per_sector = 25;
    bench_tally t = bench_tally_of(&b, 400.0);
    assert_int_equal(t.secondary, 25 * 100);
    assert_int_equal(ap_instrument_radar.lost_count(&b.radar), 15 * 100);
    assert_int_equal(t.overloaded, 100);
    b.sensor.plot_cap_per_sector = 0;
    t = bench_tally_of(&b, 400.0);
    assert_true(t.secondary == 40 * 100 && t.overloaded == 0);
    assert_int_equal(ap_instrument_radar.lost_count(&b.radar), 0);
}

static void take_jumps(const bench *of, const seen *record, void *to)
{
    moments *inside = to, *outside = inside + 1;
    if (record->message != 0)
        return;
    double off = ap_wrap_pi(record->azimuth_rad - bench_sight(of, 0, 0.0).azimuth_rad);
    bool is_on = record->time_s >= 100.0 && record->time_s < 200.0;
    add(is_on ? inside : outside, off);
}

static void test_radar_faults(void **state)
{
    (void)state;
    ap_scenario_fault faults[] = {
        { .kind = AP_FAULT_NORTH_LOST, .start_s = 40.0, .end_s = 80.0 },
        { .kind = AP_FAULT_AZIMUTH_JUMP, .start_s = 100.0, .end_s = 200.0, .value = 0.05 },
        { .kind = AP_FAULT_AZIMUTH_JUMP,
          .start_s = 0.0,
          .end_s = 999.0,
          .sensor = 1,
          .value = 1.0 },
        { .kind = AP_FAULT_SILENT, .start_s = 300.0, .end_s = 320.0, .sensor = AP_SCENARIO_NONE },
    };
    for (size_t i = 0; i < 3; i++)
        faults[i].flight = AP_SCENARIO_NONE;
    bench_begin(&b, AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048);
    b.scenario.faults = faults;
    b.scenario.fault_count = 4;
    b.sensor.told.azimuth_sigma_rad = 1e-4;
    (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 30.0, 50e3, 9000.0, 0.0, 0.0);
    bench_tally t = bench_tally_of(&b, 400.0);
    assert_true(abs(t.north - 90) <= 1);
    assert_true(abs(t.secondary - 95) <= 1);
    moments off[2] = { { 0 } };
    bench_run(&b, 400.0, take_jumps, off);
    assert_true(fabs(off[0].n - 25.0) <= 1.0 && fabs(off[0].sum / off[0].n - 0.05) < 1e-4);
    assert_true(fabs(off[1].sum / off[1].n) < 1e-4);
}

/* ---- kinds and formats ---- */

static void check_kind(ap_sensor_kind kind, ap_sensor_format format, const seen *want)
{
    bench_begin(&b, kind, format);
    (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 30.0, 50e3, 3000.0, 0.0, 0.0);
    (void)bench_fly(&b, AP_EQUIPMENT_MODE_AC, 130.0, 50e3, 3000.0, 0.0, 0.0);
    (void)bench_fly(&b, AP_EQUIPMENT_NONE, 230.0, 50e3, 3000.0, 0.0, 0.0);
    int count[3] = { 0 };
    bench_count_by_flight(&b, 100.0, count);
    for (int i = 0; i < 3; i++) {
        bool is_combined = kind == AP_SENSOR_COMBINED && i == 2;
        double p = is_combined ? AP_RADAR_PRIMARY_PD
                   : i < 2     ? want->secondary || want->primary
                               : want->primary;
        assert_true(fabs(count[i] - 100.0 * p) <= (is_combined ? 10.0 : 1.0));
    }
}

typedef struct content {
    seen first, second; /* of the Mode S and the Mode A/C flight */
} content;

static void take_content(const bench *of, const seen *record, void *to)
{
    content *c = to;
    (void)of;
    if (record->message == 0 && record->azimuth_rad < 60.0 * DEG)
        c->first = *record;
    else if (record->message == 0 && record->azimuth_rad < 160.0 * DEG)
        c->second = *record;
}

static void test_radar_kinds_and_formats(void **state)
{
    (void)state;
    static const struct {
        ap_sensor_kind kind;
        ap_sensor_format format;
        bool primary, secondary, roll_call;
    } cases[] = {
        { AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048, true, false, false },
        { AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT001, true, false, false },
        { AP_SENSOR_SSR, AP_SENSOR_FORMAT_CAT048, false, true, false },
        { AP_SENSOR_SSR, AP_SENSOR_FORMAT_CAT001, false, true, false },
        { AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048, false, true, true },
        { AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048, true, true, true },
        { AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT001, true, true, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        seen want = { .primary = cases[i].primary, .secondary = cases[i].secondary };
        check_kind(cases[i].kind, cases[i].format, &want);
        content c = { 0 };
        bench_run(&b, 40.0, take_content, &c);
        assert_int_equal(c.first.secondary, cases[i].secondary);
        assert_int_equal(c.first.roll_call, cases[i].roll_call);
        assert_int_equal(c.first.address, cases[i].roll_call ? 0x400000 : 0);
        assert_int_equal(c.first.mode_3a, cases[i].secondary ? 01000 : 0);
        assert_int_equal(c.second.mode_3a, cases[i].secondary ? 01001 : 0);
        assert_false(c.second.roll_call);
        assert_int_equal(c.first.has_level, cases[i].secondary);
        /* 3,000 m are 9,843 ft: 393.7 steps of 25 ft, 98.4 of 100 ft. */
        if (cases[i].secondary) {
            assert_int_equal(c.first.level_4th, cases[i].roll_call ? 394 : 392);
            assert_int_equal(c.second.level_4th, 392);
        }
    }
}

/* I048/230 STAT: bit 0 on the ground, bit 1 alert. */
static void test_radar_mode_s_flight_status(void **state)
{
    (void)state;
    for (int alert = 0; alert < 2; alert++) {
        ap_scenario_flight flights[2] = { { .departs = true, .field_height_m = 90.0 } };
        bench_begin(&b, AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048);
        b.scenario.flights = flights;
        b.scenario.flight_count = 2;
        for (int i = 0; i < 2; i++) {
            (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 30.0 + 100.0 * i, 5e3, i ? 3000.0 : 91.0, 0.0,
                            0.0);
            b.flights[i].emergency_s = alert ? 0.0 : HUGE_VAL;
        }
        content c = { 0 };
        bench_run(&b, 40.0, take_content, &c);
        assert_int_equal(c.first.flight_status, alert ? 3 : 1);
        assert_int_equal(c.second.flight_status, alert ? 2 : 0);
        assert_int_equal(c.second.mode_3a, alert ? 07700 : 01001);
    }
}

typedef struct heights {
    moments error;
} heights;

static void take_heights(const bench *of, const seen *record, void *to)
{
    heights *h = to;
    (void)of;
    if (record->message != 0)
        return;
    assert_true(record->has_height);
    add(&h->error, record->height_m - 9000.0);
}

static void test_radar_height_of_three_dimensions(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
    b.sensor.has_height = true;
    b.sensor.elevation_sigma_rad = 0.2 * DEG;
    for (int i = 0; i < 10; i++)
        (void)bench_fly(&b, AP_EQUIPMENT_NONE, 36.0 * i, 100e3, 9000.0, 0.0, 0.0);
    heights h = { { 0 } };
    bench_run(&b, 400.0, take_heights, &h);
    /* Across 100 km, and steps of 25 ft. The plane of the site leaves 0.4 m of the height. */
    double sigma_m = hypot(100e3 * 0.2 * DEG, 7.62 / sqrt(12.0));
    check_moments(&h.error, 0.0, sigma_m);
}

static void test_radar_of_the_surface(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_SMR, AP_SENSOR_FORMAT_CAT010);
    b.sensor.told.turn_s = 1.0;
    b.sensor.told.range_max_m = 6000.0;
    b.sensor.told.range_sigma_m = 3.0;
    b.sensor.told.clutter_per_turn = 2.0;
    static const struct {
        double azimuth_deg, ground_m, height_m;
        bool seen;
    } cases[] = { { 10.0, 2000.0, 60.0, true },
                  { 100.0, 5500.0, 62.0, true },
                  { 190.0, 3000.0, 290.0, true },
                  { 200.0, 3000.0, 320.0, false },
                  { 280.0, 6100.0, 60.0, false } };
    for (size_t i = 0; i < 5; i++)
        (void)bench_fly(&b, AP_EQUIPMENT_ADSB, cases[i].azimuth_deg, cases[i].ground_m,
                        cases[i].height_m, 0.0, 0.0);
    b.sensor.told.clutter_per_turn = 0.0;
    int count[5] = { 0 };
    bench_count_by_flight(&b, 100.0, count);
    for (size_t i = 0; i < 5; i++)
        assert_true(cases[i].seen ? count[i] >= 99 : count[i] == 0);
    b.sensor.told.clutter_per_turn = 2.0;
    bench_tally t = bench_tally_of(&b, 500.0);
    check_poisson(t.primary - 1500.0, 1000.0);
    assert_true(abs(t.status - 500) <= 1);
}

/* ---- as an instrument ---- */

static uint64_t digest_of(uint32_t skip)
{
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    b.sensor.merges = b.sensor.garbles = b.sensor.registers = true;
    b.sensor.told.clutter_per_turn = 10.0;
    for (uint32_t i = 0; i < 20; i++)
        if (i != skip)
            (void)bench_fly(&b, i % 2 ? AP_EQUIPMENT_MODE_AC : AP_EQUIPMENT_ADSB, 17.0 * i,
                            30e3 + 5e3 * i, 9000.0, 40.0 * i, 200.0);
    bench_open(&b);
    uint64_t hash = UINT64_C(14695981039346656037);
    while (ap_instrument_radar.time_s(&b.radar) < 100.0) {
        uint8_t packet[AP_SIMULATE_PACKET_SIZE];
        ap_writer writer = ap_writer_of(packet, sizeof packet);
        ap_instrument_radar.send(&b.radar, &writer);
        for (size_t i = 0; i < writer.size; i++)
            hash = (hash ^ packet[i]) * UINT64_C(1099511628211);
    }
    free(b.mem);
    return hash;
}

static void test_radar_same_seed_same_bytes(void **state)
{
    (void)state;
    uint64_t first = digest_of(99);
    assert_true(first == digest_of(99));
    assert_true(first != digest_of(3));
}

static void test_radar_covers_what_it_can_see(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
    b.sensor.reference_area_m2 = 20.0;
    b.sensor.told.detection_probability = 0.3;
    (void)bench_fly(&b, AP_EQUIPMENT_ADSB, 10.0, 190e3, 12000.0, 0.0, 0.0);
    (void)bench_fly(&b, AP_EQUIPMENT_ADSB, 10.0, 90e3, 12000.0, 0.0, 0.0);
    bench_open(&b);
    ap_truth truth;
    assert_true(ap_world_truth(&b.world, 0, 0.0, &truth));
    assert_false(ap_instrument_radar.covers(&b.radar, &truth));
    assert_true(ap_world_truth(&b.world, 1, 0.0, &truth));
    assert_true(ap_instrument_radar.covers(&b.radar, &truth));
    truth.position.height_m = 100.0;
    assert_false(ap_instrument_radar.covers(&b.radar, &truth));
    free(b.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radar_noise_has_its_deviation),
        cmocka_unit_test(test_radar_errors_are_in_the_plots),
        cmocka_unit_test(test_radar_beam_meets_targets_in_time),
        cmocka_unit_test(test_radar_stamps_by_its_clock),
        cmocka_unit_test(test_radar_sector_has_room_for_so_many),
        cmocka_unit_test(test_radar_faults),
        cmocka_unit_test(test_radar_kinds_and_formats),
        cmocka_unit_test(test_radar_mode_s_flight_status),
        cmocka_unit_test(test_radar_height_of_three_dimensions),
        cmocka_unit_test(test_radar_of_the_surface),
        cmocka_unit_test(test_radar_same_seed_same_bytes),
        cmocka_unit_test(test_radar_covers_what_it_can_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
