/* Bounds are those of a chance of 1e-3 (3.3 standard errors of a mean, of a count or, by the normal
 * approximation, of a chi-square), with fixed seeds. */
#include "simulate/radar.h"

#include "simulate/detection.h"
#include "simulate/garble.h"
#include "simulate/test_radar.h"

#define BOUND 3.3
#define RANGE_STEP_M (1852.0 / 256.0)
#define AZIMUTH_STEP_RAD (2.0 * AP_PI / 65536.0)

static bench b;

static void check_count(double found, double n, double p)
{
    assert_true(fabs(found - n * p) <= BOUND * sqrt(n * p * (1.0 - p)) + 1e-6);
}

static void check_poisson(double found, double mean)
{
    assert_true(fabs(found - mean) <= BOUND * sqrt(mean));
}

typedef struct moments {
    double n, sum, square;
} moments;

static void add(moments *m, double value)
{
    m->n++;
    m->sum += value;
    m->square += value * value;
}

/* Of a normal with this mean and deviation: the sum, and the chi-square of the residuals. */
static void check_moments(const moments *m, double mean, double sigma)
{
    double found = m->sum / m->n;
    double chi2 = (m->square - 2.0 * mean * m->sum + m->n * mean * mean) / (sigma * sigma);
    assert_true(m->n > 100.0);
    assert_true(fabs(found - mean) <= BOUND * sigma / sqrt(m->n));
    assert_true(fabs(chi2 - m->n) <= BOUND * sqrt(2.0 * m->n));
}

/* ---- noise and systematic errors ---- */

typedef struct errors {
    moments range, azimuth;
} errors;

/* Flights that stand still, so that the time of a look does not matter. */
static void ring_of_flights(ap_equipment equipment)
{
    for (int i = 0; i < 36; i++)
        (void)bench_fly(&b, equipment, 10.0 * i + 3.0, 60e3 + 2e3 * i, 9000.0, 0.0, 0.0);
}

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
    ring_of_flights(AP_EQUIPMENT_MODE_S);
    check_errors();
}

static void test_radar_errors_are_in_the_plots(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    ring_of_flights(AP_EQUIPMENT_MODE_S);
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

/* ---- detection ---- */

static void take_by_flight(const bench *of, const seen *record, void *to)
{
    int *count = to;
    if (record->message != 0)
        return;
    /* Flights stand 5 degrees and more apart. */
    for (uint32_t i = 0; i < of->world.flight_count; i++) {
        ap_sight sight = bench_sight(of, i, 0.0);
        count[i] += fabs(ap_wrap_pi(sight.azimuth_rad - record->azimuth_rad)) < 1.0 * DEG &&
                    fabs(sight.range_m - record->range_m) < 3000.0;
    }
}

/* Turns in which flights that stand still were seen, of `turns`. */
static void count_by_flight(double turns, int *count)
{
    bench_run(&b, turns * b.sensor.told.turn_s, take_by_flight, count);
}

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
    count_by_flight(800.0, count);
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
    count_by_flight(300.0, count);
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
    ring_of_flights(AP_EQUIPMENT_MODE_AC);
    (void)bench_fly(&b, AP_EQUIPMENT_NONE, 300.0, 50e3, 9000.0, 0.0, 0.0); /* does not answer */
    int count[37] = { 0 }, sum = 0;
    count_by_flight(100.0, count);
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
        count_by_flight(100.0, count);
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
    count_by_flight(10.0, count);
    for (size_t i = 0; i < 9; i++)
        assert_true(cases[i].seen ? count[i] >= 9 : count[i] == 0);
}

/* ---- false plots ---- */

typedef struct tally {
    int primary, secondary, combined, garbled, unsure, north, status, overloaded, in_area, height;
    int left, codes[2];
    double first_s, last_s;
} tally;

static void take_tally(const bench *of, const seen *record, void *to)
{
    tally *t = to;
    (void)of;
    if (record->message != 0) {
        t->north += record->message == 1;
        t->status += record->message == 3;
        t->overloaded += record->is_overloaded;
        return;
    }
    t->primary += record->primary && !record->secondary;
    t->secondary += record->secondary && !record->primary;
    t->combined += record->secondary && record->primary;
    t->garbled += record->is_garbled;
    t->unsure += record->is_unsure;
    t->height += record->has_height;
    t->left += record->azimuth_rad >= AP_PI;
    t->codes[0] += record->mode_3a == 01000;
    t->codes[1] += record->mode_3a == 01001;
    t->first_s = t->first_s > 0.0 ? t->first_s : record->time_s;
    t->last_s = record->time_s;
}

static tally tally_of(double duration_s)
{
    tally t = { 0 };
    bench_run(&b, duration_s, take_tally, &t);
    return t;
}

static void test_radar_clutter_counts(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
    b.sensor.told.clutter_per_turn = 40.0;
    tally t = tally_of(1200.0);
    check_poisson(t.primary, 40.0 * 300.0);
    check_poisson(t.left, 20.0 * 300.0);
    assert_true(t.secondary == 0 && t.combined == 0);
    /* Without echoes it is FRUIT, half of it not validated. */
    bench_begin(&b, AP_SENSOR_SSR, AP_SENSOR_FORMAT_CAT048);
    b.sensor.told.clutter_per_turn = 15.0;
    b.sensor.fruit_per_turn = 5.0;
    t = tally_of(1200.0);
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
    tally t = tally_of(1204.0);
    check_poisson(t.primary, 30.0 * 200.0);
    assert_true(t.first_s >= 199.9 && t.last_s < 1000.1);
    /* Half left and half right of true north, which is read as 0.05 rad. */
    b.sensor.azimuth_bias_rad = 0.0;
    t = tally_of(1204.0);
    check_count(t.left, t.primary, 0.5);
    /* Beyond the range there is none of it. */
    b.sensor.told.range_max_m = 20e3;
    assert_int_equal(tally_of(400.0).primary, 0);
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
    tally t = tally_of(800.0);
    check_poisson(t.secondary, 2000.0);
    check_count(t.codes[0], t.secondary, 0.5);
    assert_int_equal(t.codes[0] + t.codes[1], t.secondary);
}

/* ---- near each other ---- */

static void test_radar_merges_by_its_resolution(void **state)
{
    (void)state;
    static const struct {
        double range_m, azimuth_deg, p;
    } cases[] = { { 0.0, 0.0, 1.0 }, { 250.0, 0.0, 0.5 }, { 0.0, 1.2, 0.5 }, { 760.0, 0.0, 0.0 } };
    for (size_t i = 0; i < 4; i++) {
        bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
        b.sensor.merges = true;
        b.sensor.told.range_resolution_m = 250.0;
        b.sensor.told.azimuth_resolution_rad = 1.2 * DEG;
        double azimuth_deg = 11.25 * 3; /* the pair spans the border of two sectors */
        double off_deg = cases[i].azimuth_deg / 2.0;
        (void)bench_fly(&b, AP_EQUIPMENT_NONE, azimuth_deg - off_deg, 80e3, 9000.0, 0.0, 0.0);
        (void)bench_fly(&b, AP_EQUIPMENT_NONE, azimuth_deg + off_deg, 80e3 + cases[i].range_m,
                        9000.0, 0.0, 0.0);
        tally t = tally_of(4000.0);
        double turns = 1000.0, merged = 2.0 * turns - t.primary;
        assert_true(fabs(merged - cases[i].p * turns) <=
                    BOUND * sqrt(turns * cases[i].p * (1.0 - cases[i].p)) + 4.0);
        b.sensor.merges = false;
        assert_true(fabs(tally_of(400.0).primary - 200.0) <= 2.0);
    }
}

static void test_radar_garbles_mode_ac(void **state)
{
    (void)state;
    for (int equipment = AP_EQUIPMENT_MODE_S; equipment <= AP_EQUIPMENT_MODE_AC; equipment++) {
        bench_begin(&b, AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048);
        b.sensor.garbles = true;
        (void)bench_fly(&b, (ap_equipment)equipment, 30.0, 80e3, 9000.0, 0.0, 0.0);
        (void)bench_fly(&b, (ap_equipment)equipment, 30.6, 80e3 + 6 * 217.34, 9000.0, 0.0, 0.0);
        tally t = tally_of(2000.0);
        assert_true(fabs(t.secondary - 1000.0) <= 3.0);
        /* Six steps: A1 of either falls on B1, on X the other way round; F1 on A4, F2 on B1. */
        bool is_roll_call = equipment == AP_EQUIPMENT_MODE_S;
        assert_int_equal(ap_garble_code(01000, 01001, 6 * 217.34), 05100 & 07777);
        check_count(t.codes[0], 500.0, is_roll_call ? 1.0 - 1e-9 : 0.25);
        if (!is_roll_call)
            check_count(t.garbled, 1000.0, 0.75 * 0.9);
        else
            assert_int_equal(t.garbled, 0);
    }
}

static void test_radar_splits_echoes(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    b.sensor.split_probability = 0.2;
    ring_of_flights(AP_EQUIPMENT_MODE_S);
    tally t = tally_of(400.0);
    check_count(t.combined, 3600.0, AP_RADAR_PRIMARY_PD);
    check_count(t.primary, t.combined, 0.2);
}

/* Halves of an echo lie on either side of it, between a quarter and half a cell; beside an answer
 * there is one of them. */
static void take_halves(const bench *of, const seen *record, void *to)
{
    int *count = to;
    if (record->message != 0)
        return;
    double off = ap_wrap_pi(record->azimuth_rad - bench_sight(of, 0, 0.0).azimuth_rad) / DEG;
    assert_true(fabs(off) < 0.01 || (fabs(off) > 0.49 && fabs(off) < 1.01));
    count[fabs(off) < 0.01 ? 1 : off > 0.0 ? 2 : 0]++;
}

static void test_radar_splits_on_either_side(void **state)
{
    (void)state;
    for (int equipment = AP_EQUIPMENT_MODE_AC; equipment <= AP_EQUIPMENT_NONE; equipment++) {
        bool has_answer = equipment == AP_EQUIPMENT_MODE_AC;
        bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
        b.sensor.split_probability = 1.0;
        b.sensor.told.azimuth_sigma_rad = 1e-9;
        b.sensor.told.azimuth_resolution_rad = 2.0 * DEG;
        (void)bench_fly(&b, (ap_equipment)equipment, 30.0, 80e3, 9000.0, 0.0, 0.0);
        int count[3] = { 0 };
        bench_run(&b, 400.0, take_halves, count);
        assert_int_equal(count[0], has_answer ? 0 : count[2]);
        assert_true(has_answer ? abs(count[1] - 100) <= 1 : count[1] == 0);
        check_count(count[2], 100.0, AP_RADAR_PRIMARY_PD);
    }
}

/* ---- reflections ---- */

typedef struct images {
    int direct, image;
    double range_m, azimuth_rad;
} images;

static void take_images(const bench *of, const seen *record, void *to)
{
    images *i = to;
    (void)of;
    if (record->message != 0)
        return;
    assert_int_equal(record->mode_3a, 01000);
    assert_int_equal(record->address, 0x400000);
    if (fabs(record->range_m - i->range_m) < 200.0 &&
        fabs(ap_wrap_pi(record->azimuth_rad - i->azimuth_rad)) < 0.3 * DEG)
        i->image++;
    else
        i->direct++;
}

/* A wall 3 km in the east that faces west: what is 60 km in the west is mirrored to 66 km in the
 * east (law of reflection at a plane x = 3 km). */
static void test_radar_reflects(void **state)
{
    (void)state;
    ap_reflector wall = { .azimuth_rad = 90.0 * DEG,
                          .range_m = 3000.0,
                          .length_m = 500.0,
                          .normal_rad = 270.0 * DEG,
                          .gain = 0.3 };
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    b.scenario.reflectors = &wall;
    b.sensor.reflector_count = 1;
    (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 271.0, 60e3, 6000.0, 0.0, 0.0);
    double x = 6000.0 + 60e3 * cos(1.0 * DEG), y = 60e3 * sin(1.0 * DEG);
    double up = 6000.0 - 100.0 - 60e3 * 60e3 / (2.0 * 6371e3);
    images i = { .range_m = sqrt(x * x + y * y + up * up), .azimuth_rad = atan2(x, y) };
    bench_run(&b, 4000.0, take_images, &i);
    assert_true(abs(i.direct - 1000) <= 1);
    check_count(i.image, 1000.0, 0.3);
    wall.normal_rad = 90.0 * DEG; /* it looks away */
    i.image = 0;
    bench_run(&b, 400.0, take_images, &i);
    assert_int_equal(i.image, 0);
}

typedef struct walls {
    int count[2]; /* images in the east, in the north */
} walls;

static void take_walls(const bench *of, const seen *record, void *to)
{
    walls *w = to;
    (void)of;
    if (record->message != 0)
        return;
    w->count[0] += fabs(ap_wrap_pi(record->azimuth_rad - 90.0 * DEG)) < 5.0 * DEG;
    w->count[1] += fabs(ap_wrap_pi(record->azimuth_rad)) < 5.0 * DEG;
}

/* One flight in the south-west and two walls that both mirror it, in the east and in the north:
 * each does so every turn. */
static void test_radar_reflects_by_two_walls(void **state)
{
    (void)state;
    double both_rad = atan2(1.0, 1.0) / 2.0; /* between west and the flight's direction */
    ap_reflector wall[2] = { { .azimuth_rad = 90.0 * DEG,
                               .range_m = 3000.0,
                               .length_m = 500.0,
                               .normal_rad = 270.0 * DEG - both_rad,
                               .gain = 1.0 },
                             { .azimuth_rad = 0.0,
                               .range_m = 3000.0,
                               .length_m = 500.0,
                               .normal_rad = 180.0 * DEG + both_rad,
                               .gain = 1.0 } };
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    b.scenario.reflectors = wall;
    b.sensor.reflector_count = 2;
    (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 225.0, 60e3, 6000.0, 0.0, 0.0);
    walls w = { { 0 } };
    bench_run(&b, 400.0, take_walls, &w);
    assert_true(abs(w.count[0] - 100) <= 1);
    assert_true(abs(w.count[1] - 100) <= 1);
    assert_int_equal(b.radar.lost_count, 0);
}

/* ---- limits and faults ---- */

static void test_radar_sector_has_room_for_so_many(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048);
    for (int i = 0; i < 40; i++)
        (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 46.0 + 0.2 * i, 50e3 + 2e3 * i, 9000.0, 0.0, 0.0);
    b.sensor.plot_cap_per_sector = 25;
    tally t = tally_of(400.0);
    assert_int_equal(t.secondary, 25 * 100);
    assert_int_equal(ap_instrument_radar.lost_count(&b.radar), 15 * 100);
    assert_int_equal(t.overloaded, 100);
    b.sensor.plot_cap_per_sector = 0;
    t = tally_of(400.0);
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
    tally t = tally_of(400.0);
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
    count_by_flight(100.0, count);
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
    count_by_flight(100.0, count);
    for (size_t i = 0; i < 5; i++)
        assert_true(cases[i].seen ? count[i] >= 99 : count[i] == 0);
    b.sensor.told.clutter_per_turn = 2.0;
    tally t = tally_of(500.0);
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
        cmocka_unit_test(test_radar_detection_by_range),
        cmocka_unit_test(test_radar_detection_by_aspect),
        cmocka_unit_test(test_radar_detection_of_answers),
        cmocka_unit_test(test_radar_of_what_is_on_the_ground),
        cmocka_unit_test(test_radar_sees_nothing_beyond_its_view),
        cmocka_unit_test(test_radar_clutter_counts),
        cmocka_unit_test(test_radar_clutter_of_an_area),
        cmocka_unit_test(test_radar_clutter_areas_are_independent),
        cmocka_unit_test(test_radar_fruit_has_codes_of_flights),
        cmocka_unit_test(test_radar_merges_by_its_resolution),
        cmocka_unit_test(test_radar_garbles_mode_ac),
        cmocka_unit_test(test_radar_splits_echoes),
        cmocka_unit_test(test_radar_splits_on_either_side),
        cmocka_unit_test(test_radar_reflects),
        cmocka_unit_test(test_radar_reflects_by_two_walls),
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
