#include "simulate/simulate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/asterix.h"
#include "airpicture/asterix/cat019.h"
#include "airpicture/asterix/cat020.h"
#include "airpicture/asterix/cat034.h"
#include "airpicture/asterix/cat048.h"
#include "simulate/demo_scenario.h"

#define ONLY(sensor) (1u << (sensor))
#define NAME_SIZE 4096

static void *mem;
static ap_demo_scenario demo;
static ap_simulate sim;

static void start_made(void)
{
    free(mem);
    size_t size = ap_simulate_size(&demo.scenario);
    assert_true(size > 0);
    mem = malloc(size);
    assert_int_equal(ap_simulate_init(&sim, &demo.scenario, mem, size), AP_OK);
}

static void start(const ap_demo_scenario_config *config)
{
    ap_demo_scenario_make(&demo, config);
    start_made();
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    mem = NULL;
    return 0;
}

static ap_demo_scenario_config only(uint32_t sensors)
{
    ap_demo_scenario_config config = ap_demo_scenario_config_default();
    config.sensors = sensors;
    return config;
}

/* FNV-1a over everything that a sensor sends, times included. */
static uint64_t digest_made(uint16_t sensor)
{
    start_made();
    uint64_t hash = UINT64_C(14695981039346656037);
    ap_packet packet;
    while (ap_simulate_next(&sim, &packet) == AP_OK) {
        if (packet.sensor != sensor)
            continue;
        for (size_t i = 0; i < packet.size; i++)
            hash = (hash ^ packet.data[i]) * UINT64_C(1099511628211);
        hash = (hash ^ (uint64_t)packet.utc) * UINT64_C(1099511628211);
    }
    return hash;
}

static uint64_t digest(const ap_demo_scenario_config *config, uint16_t sensor)
{
    ap_demo_scenario_make(&demo, config);
    return digest_made(sensor);
}

static void test_simulate_next_same_seed_same_bytes(void **state)
{
    (void)state;
    ap_demo_scenario_config config = ap_demo_scenario_config_default(), other = config;
    config.duration_s = other.duration_s = 60.0;
    other.seed = 2;
    for (uint16_t i = 0; i < AP_DEMO_SENSOR_COUNT; i++) {
        uint64_t first = digest(&config, i);
        assert_true(first == digest(&config, i));
        assert_true(first != digest(&other, i));
    }
}

/* A sensor's bytes do not depend on which others there are. */
static void test_simulate_next_sensors_are_independent(void **state)
{
    (void)state;
    ap_demo_scenario_config all = ap_demo_scenario_config_default();
    all.duration_s = 60.0;
    for (uint16_t i = 0; i < AP_DEMO_SENSOR_COUNT; i++) {
        ap_demo_scenario_config alone = all;
        alone.sensors = ONLY(i);
        assert_true(digest(&all, i) == digest(&alone, i));
    }
}

/* Another sensor that is not there at all, before it in the list, changes nothing either. The
 * receiver hears the answers to the radars, so it is another's business. */
static void test_simulate_next_without_a_sensor(void **state)
{
    (void)state;
    ap_demo_scenario_config config = ap_demo_scenario_config_default();
    config.duration_s = 60.0;
    for (uint16_t left_out = 0; left_out < AP_DEMO_RADAR_COUNT; left_out++) {
        for (uint16_t i = 0; i < AP_DEMO_RECEIVER; i++) {
            if (i == left_out)
                continue;
            uint64_t all = digest(&config, i);
            ap_demo_scenario_make(&demo, &config);
            for (uint16_t k = left_out; k + 1 < AP_DEMO_SENSOR_COUNT; k++)
                demo.sensors[k] = demo.sensors[k + 1];
            demo.scenario.sensor_count--;
            assert_true(all == digest_made((uint16_t)(i - (i > left_out))));
        }
    }
}

/* Time is measured, so it may differ from the packet's by no more than a turn and the delay. */
static ap_utc_ns time_of(const ap_packet *packet, uint32_t tod_128th_s)
{
    ap_utc_ns time;
    assert_int_equal(ap_utc_from_tod(packet->utc, tod_128th_s, &time), AP_OK);
    return time;
}

static bool truth_of(ap_utc_ns time, uint32_t address, ap_truth *truth)
{
    static ap_truth truths[128];
    size_t count = ap_simulate_truth(&sim, time, truths, 128);
    assert_true(count <= 128);
    for (size_t i = 0; i < count; i++) {
        if (truths[i].address == address) {
            *truth = truths[i];
            return true;
        }
    }
    return false;
}

typedef struct moments {
    double sum, square;
    size_t count;
} moments;

static void add(moments *m, double value)
{
    m->sum += value;
    m->square += value * value;
    m->count++;
}

/* Mean 0 and the given deviation, both within five standard errors (and `slack` for the rest). */
static void check_moments(const moments *m, double sigma, double slack)
{
    double n = (double)m->count, mean = m->sum / n;
    double deviation = sqrt(m->square / n);
    assert_true(m->count > 500);
    assert_true(fabs(mean) < 5.0 * sigma / sqrt(n) + slack);
    assert_true(fabs(deviation / sigma - 1.0) < 5.0 / sqrt(2.0 * n) + 0.01);
}

typedef struct radar_tally {
    moments range, azimuth; /* measured less true, of addressed plots */
    size_t addressed, code_only, primary_only, combined, north, sectors;
    ap_utc_ns north_utc;
    int sector;
} radar_tally;

static void take_plot(const ap_packet *packet, const ap_cat048 *record, radar_tally *tally)
{
    const ap_sensor *sensor = ap_simulate_sensor(&sim, packet->sensor);
    assert_int_equal(record->i020.sim, 1);
    assert_int_equal(record->i010.sac, sensor->sac);
    assert_int_equal(record->i010.sic, sensor->sic);
    if (!(record->present & AP_CAT048_I070)) {
        assert_int_equal(record->i020.typ, 1);
        tally->primary_only++;
        return;
    }
    tally->combined += record->i020.typ == 3 || record->i020.typ == 7;
    if (!(record->present & AP_CAT048_I220)) {
        assert_true(record->i020.typ == 2 || record->i020.typ == 3);
        tally->code_only++;
        return;
    }
    tally->addressed++;
    ap_truth truth;
    assert_true(truth_of(time_of(packet, record->i140_128th_s), record->i220, &truth));
    double range_m, azimuth_rad, elevation_rad;
    ap_polar_from_ecef(&sensor->frame, ap_ecef_from_geodetic(truth.position), &range_m,
                       &azimuth_rad, &elevation_rad);
    double horizon_m =
        sqrt(2 * 8494667.0 * truth.position.height_m) + sqrt(2 * 8494667.0 * sensor->site.height_m);
    assert_true(range_m <= horizon_m + 5.0); /* 1/128 s of flight */
    assert_true(range_m <= sensor->range_max_m + 5.0);
    assert_true(elevation_rad < 51.0 * AP_RAD_PER_DEG);
    add(&tally->range, record->i040.rho_256th_nmi * 1852.0 / 256.0 - range_m);
    if (range_m > 20e3) /* nearer, the 1/128 s of the time stamp shows */
        add(&tally->azimuth,
            ap_wrap_pi(record->i040.theta_turn16 * 2.0 * AP_PI / 65536.0 - azimuth_rad));
    assert_int_equal(record->i070.mode3a, truth.mode_3a);
    assert_true(fabs(record->i090.fl_4th_fl * 25 * 0.3048 - truth.pressure_altitude_m) < 4.0);
    assert_int_equal(record->i250.count, 3);
    ap_cat048_i250 turn;
    ap_cat048_i250_get(&record->i250, 1, &turn);
    double speed_kt = hypot(truth.east_mps, truth.north_mps) / AP_MPS_PER_KT;
    assert_true(turn.bds1 == 5 && turn.bds2 == 0);
    assert_true(fabs((double)(turn.mbdata >> 22 & 0x3FF) * 2.0 - speed_kt) <= 1.1);
    char callsign[9];
    ap_asterix_icao6_text(record->i240_icao6, callsign);
    assert_int_equal(strncmp(callsign, truth.callsign, strlen(truth.callsign)), 0);
}

static void take_service(const ap_packet *packet, const ap_cat034 *record, radar_tally *tally)
{
    double turn_s = ap_simulate_sensor(&sim, packet->sensor)->turn_s;
    ap_utc_ns time = time_of(packet, record->i030_128th_s);
    assert_true(fabs(record->i041_128th_s / 128.0 - turn_s) <= 0.5 / 128);
    if (record->i000 == 1) {
        if (tally->north++ > 0)
            assert_true(fabs(ap_seconds_between(tally->north_utc, time) - turn_s) <= 1.01 / 128);
        tally->north_utc = time;
        return;
    }
    assert_int_equal(record->i000, 2);
    assert_int_equal(record->i020_turn8 % 8, 0);
    if (tally->sectors++ > 0)
        assert_int_equal(record->i020_turn8 / 8, (tally->sector + 1) % 32);
    tally->sector = record->i020_turn8 / 8;
    if (tally->sector == 0)
        assert_true(time == tally->north_utc);
}

static void take_radar_block(const ap_packet *packet, const ap_asterix_block *block,
                             radar_tally *tally)
{
    ap_reader reader = ap_reader_of(block->data, block->size);
    while (ap_reader_left(&reader) > 0) {
        if (block->category == 48) {
            ap_cat048 plot;
            assert_int_equal(ap_cat048_decode(&reader, &plot), AP_OK);
            take_plot(packet, &plot, tally);
        } else {
            ap_cat034 service;
            assert_int_equal(block->category, 34);
            assert_int_equal(ap_cat034_decode(&reader, &service), AP_OK);
            take_service(packet, &service, tally);
        }
    }
}

/* Turns in which the flights could be seen, by adding up the share of a turn in short steps; the
 * beam catches up a moving target a little earlier or later, which is in the azimuth rate. */
static double chances(const ap_demo_scenario_config *config, unsigned index)
{
    const ap_sensor *sensor = ap_simulate_sensor(&sim, index);
    double sum = 0.0, previous[256] = { 0 };
    for (double t = 0.0; t < config->duration_s - AP_DEMO_RADAR_COUNT; t += 1.0) {
        ap_truth truths[128];
        size_t count = ap_simulate_truth(&sim, ap_utc_add_s(config->start_utc, t), truths, 128);
        for (size_t i = 0; i < count; i++) {
            double range_m, azimuth_rad, elevation_rad;
            ap_polar_from_ecef(&sensor->frame, ap_ecef_from_geodetic(truths[i].position), &range_m,
                               &azimuth_rad, &elevation_rad);
            double horizon_m = sqrt(2 * 8494667.0 * truths[i].position.height_m) +
                               sqrt(2 * 8494667.0 * sensor->site.height_m);
            double rate = ap_wrap_pi(azimuth_rad - previous[truths[i].id]) / (2.0 * AP_PI);
            previous[truths[i].id] = azimuth_rad;
            if (range_m <= horizon_m && range_m <= sensor->range_max_m && range_m >= 900.0 &&
                elevation_rad <= 50.0 * AP_RAD_PER_DEG)
                sum += 1.0 / sensor->turn_s - (fabs(rate) < 0.02 ? rate : 0.0);
        }
    }
    return sum;
}

static void check_radar(const ap_demo_scenario_config *config, uint16_t index, radar_tally *tally)
{
    memset(tally, 0, sizeof *tally);
    start(config);
    ap_packet packet;
    ap_utc_ns last = config->start_utc;
    while (ap_simulate_next(&sim, &packet) == AP_OK) {
        assert_true(packet.utc >= last);
        last = packet.utc;
        assert_int_equal(packet.kind, AP_PACKET_ASTERIX);
        assert_int_equal(packet.sensor, index);
        assert_true(packet.size <= 1472);
        ap_reader reader = ap_reader_of(packet.data, packet.size);
        ap_asterix_block block;
        while (ap_asterix_block_next(&reader, &block) == AP_OK)
            take_radar_block(&packet, &block, tally);
        assert_int_equal(ap_reader_left(&reader), 0);
    }
}

static void test_radar_plots_fit_the_truth(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < AP_DEMO_RADAR_COUNT; i++) {
        ap_demo_scenario_config config = only(ONLY(i));
        config.clutter_per_turn = 0.0;
        radar_tally tally;
        check_radar(&config, i, &tally);
        const ap_sensor *sensor = ap_simulate_sensor(&sim, i);
        check_moments(&tally.range, sensor->range_sigma_m, 1.0);
        check_moments(&tally.azimuth, sensor->azimuth_sigma_rad, 2e-5);
        double turns = 600.0 / sensor->turn_s;
        assert_true(fabs((double)tally.north - turns) <= 1.0);
        assert_true(fabs((double)tally.sectors - 32.0 * turns) <= 2.0);
        double expected = chances(&config, i);
        double found = (double)(tally.addressed + tally.code_only);
        double rate = found / expected, error = sqrt(0.97 * 0.03 / expected);
        assert_true(fabs(rate - 0.97) < 5.0 * error + 0.005);
        assert_true(fabs((double)tally.combined / found - 0.9) < 5.0 * sqrt(0.09 / found));
        /* An echo alone where the reply was missed. */
        double alone = (double)tally.primary_only / expected;
        assert_true(fabs(alone - 0.9 * 0.03) < 5.0 * sqrt(0.027 / expected));
    }
}

static void test_radar_clutter_has_its_rate(void **state)
{
    (void)state;
    ap_demo_scenario_config config = only(ONLY(0)), quiet = config;
    radar_tally with, without;
    config.clutter_per_turn = 40.0;
    quiet.clutter_per_turn = 0.0;
    check_radar(&config, 0, &with);
    check_radar(&quiet, 0, &without);
    double expected = 40.0 * 150.0;
    double found = (double)(with.primary_only - without.primary_only);
    assert_true(fabs(found - expected) < 5.0 * sqrt(expected));
    assert_int_equal(with.addressed, without.addressed);
}

static void test_radar_biases_are_in_the_plots(void **state)
{
    (void)state;
    ap_demo_scenario_config config = only(ONLY(1));
    config.radar_range_bias_m[1] = 150.0;
    config.radar_azimuth_bias_rad[1] = -0.003;
    radar_tally tally;
    check_radar(&config, 1, &tally);
    assert_true(fabs(tally.range.sum / (double)tally.range.count - 150.0) < 7.0);
    assert_true(fabs(tally.azimuth.sum / (double)tally.azimuth.count + 0.003) < 1e-4);
}

/* Plots, sectors and truth go on over midnight; the times of day wrap. */
static void test_radar_runs_across_midnight(void **state)
{
    (void)state;
    ap_demo_scenario_config config = only(ONLY(0));
    config.start_utc += 12 * 3600 * AP_NS_PER_S - 300 * AP_NS_PER_S;
    radar_tally tally;
    check_radar(&config, 0, &tally);
    assert_in_range(tally.north, 149, 151);
    check_moments(&tally.range, 70.0, 1.0);
}

/* Errors whitened by the stated covariance have the moments of two independent unit normals. */
static void test_mlat_reports_fit_the_truth(void **state)
{
    (void)state;
    ap_demo_scenario_config config = only(ONLY(AP_DEMO_MLAT));
    start(&config);
    ap_packet packet;
    moments first = { 0 }, second = { 0 };
    size_t status = 0, code_only = 0;
    double product = 0.0;
    while (ap_simulate_next(&sim, &packet) == AP_OK) {
        assert_true(packet.size <= 1472);
        ap_reader packet_reader = ap_reader_of(packet.data, packet.size);
        ap_asterix_block block;
        while (ap_asterix_block_next(&packet_reader, &block) == AP_OK) {
            ap_reader reader = ap_reader_of(block.data, block.size);
            while (ap_reader_left(&reader) > 0) {
                if (block.category == 19) {
                    ap_cat019 record;
                    assert_int_equal(ap_cat019_decode(&reader, &record), AP_OK);
                    status++;
                    continue;
                }
                ap_cat020 record;
                assert_int_equal(block.category, 20);
                assert_int_equal(ap_cat020_decode(&reader, &record), AP_OK);
                assert_int_equal(record.i020.sim, 1);
                if (!(record.present & AP_CAT020_I220)) {
                    assert_int_equal(record.i020.ssr, 1);
                    code_only++;
                    continue;
                }
                ap_truth truth;
                assert_true(truth_of(time_of(&packet, record.i140_128th_s), record.i220, &truth));
                ap_enu_frame local = ap_enu_frame_at(truth.position);
                ap_geodetic measured = { record.i041.lat_turn26 * 2.0 * AP_PI / 0x1p26,
                                         record.i041.lon_turn26 * 2.0 * AP_PI / 0x1p26,
                                         truth.position.height_m };
                ap_vec3 error = ap_enu_from_ecef(&local, ap_ecef_from_geodetic(measured));
                double sx = record.i500.sdp.x_4th_m / 4.0, sy = record.i500.sdp.y_4th_m / 4.0;
                double sxy = record.i500.sdp.xy_4th / 4.0;
                double correlation = copysign(sxy * sxy, sxy) / (sx * sy);
                assert_true(sx < 350.0 && sy < 350.0 && fabs(correlation) < 1.0);
                double a = error.x_m / sx;
                double b = (error.y_m / sy - correlation * a) / sqrt(1 - correlation * correlation);
                add(&first, a);
                add(&second, b);
                product += a * b;
            }
        }
    }
    assert_in_range(status, 598, 600);
    assert_true(code_only > 0);
    /* The time stamp's 1/256 s adds a metre to a dozen: 1 % of the deviation. */
    check_moments(&first, 1.0, 0.005);
    check_moments(&second, 1.0, 0.005);
    assert_true(fabs(product / (double)first.count) < 5.0 / sqrt((double)first.count));
}

static void test_simulate_truth_over_the_run(void **state)
{
    (void)state;
    ap_demo_scenario_config config = ap_demo_scenario_config_default();
    start(&config);
    ap_truth few[3];
    size_t alive = ap_simulate_truth(&sim, config.start_utc, few, 3);
    assert_in_range(alive, 25, 55);
    assert_int_equal(few[0].id, 1);
    assert_int_equal(few[1].id, 2);
    assert_true(few[0].time_utc == config.start_utc);
    assert_true(ap_simulate_covers(&sim, &few[0]));
    few[0].position.height_m = -100.0;
    few[0].position.latitude_rad += 0.02;
    assert_false(ap_simulate_covers(&sim, &few[0]));
    assert_int_equal(ap_simulate_truth(&sim, config.start_utc - 1, few, 3), 0);
}

static void test_simulate_descriptions(void **state)
{
    (void)state;
    ap_demo_scenario_config config = only(ONLY(1) | ONLY(AP_DEMO_RECEIVER));
    start(&config);
    uint8_t buffer[NAME_SIZE];
    ap_writer text = ap_writer_of(buffer, sizeof buffer - 1);
    ap_simulate_sensors_yaml(&sim, &text);
    assert_false(text.bad);
    buffer[text.size] = '\0';
    static const char head[] = "sensors:\n  - name: East radar\n    kind: combined\n    sac: 250\n"
                               "    sic: 2\n    latitude_deg: 55.7";
    assert_int_equal(strncmp((char *)buffer, head, sizeof head - 1), 0);
    assert_non_null(strstr((char *)buffer, "    turn_s: 5.2\n"));
    assert_non_null(strstr((char *)buffer, "  - name: Receiver\n    kind: adsb\n    input: 2\n"));
    assert_null(strstr((char *)buffer, "North"));

    ap_truth truth = { .time_utc = config.start_utc + 1500000000,
                       .id = 7,
                       .address = 0xF0A007,
                       .mode_3a = 0521,
                       .callsign = "APX107",
                       .position = { 0.5 * AP_RAD_PER_DEG, -1.25 * AP_RAD_PER_DEG, 1000.5 },
                       .east_mps = 1.5,
                       .north_mps = -2.0,
                       .has_pressure_altitude = true,
                       .pressure_altitude_m = 10668.0 };
    text.size = 0;
    ap_simulate_truth_csv_head(&text);
    ap_simulate_truth_csv_row(&sim, &truth, &text);
    truth.pressure_altitude_m = 40000.0; /* 131,234 ft: no code */
    ap_simulate_truth_csv_row(&sim, &truth, &text);
    truth.has_pressure_altitude = false;
    truth.pressure_altitude_m = 0.0;
    ap_simulate_truth_csv_row(&sim, &truth, &text);
    buffer[text.size] = '\0';
    assert_string_equal((char *)buffer,
                        "time_s,target_id,latitude_deg,longitude_deg,height_m,east_mps,"
                        "north_mps,up_mps,icao24,callsign,mode_3a,pressure_altitude_ft\n"
                        "1.5,7,0.5,-1.25,1000.5,1.5,-2,0,f0a007,APX107,0521,35000\n"
                        "1.5,7,0.5,-1.25,1000.5,1.5,-2,0,f0a007,APX107,0521,\n"
                        "1.5,7,0.5,-1.25,1000.5,1.5,-2,0,f0a007,APX107,0521,\n");
}

static size_t size_of(const ap_demo_scenario_config *config)
{
    static ap_demo_scenario made;
    ap_demo_scenario_make(&made, config);
    return ap_simulate_size(&made.scenario);
}

static void test_simulate_size_refuses(void **state)
{
    (void)state;
    ap_demo_scenario_config good = ap_demo_scenario_config_default(), bad;
    assert_true(size_of(&good) > 0);
    bad = good, bad.flight_count = 2;
    assert_int_equal(size_of(&bad), 0);
    bad = good, bad.duration_s = NAN;
    assert_int_equal(size_of(&bad), 0);
    bad = good, bad.reference.latitude_rad = 1.5;
    assert_int_equal(size_of(&bad), 0);
    bad = good, bad.radar_range_bias_m[2] = INFINITY;
    assert_int_equal(size_of(&bad), 0);
    bad = good, bad.area_radius_m = 10e3;
    assert_int_equal(size_of(&bad), 0);
    char small[64];
    ap_simulate unused;
    ap_demo_scenario_make(&demo, &bad);
    assert_int_equal(ap_simulate_init(&unused, &demo.scenario, small, sizeof small),
                     AP_ERR_ARGUMENT);
    ap_demo_scenario_make(&demo, &good);
    assert_int_equal(ap_simulate_init(&unused, &demo.scenario, small, sizeof small), AP_ERR_MEMORY);
    demo.sensors[1].format = AP_SENSOR_FORMAT_COUNT;
    assert_int_equal(ap_simulate_size(&demo.scenario), 0);
}

/* What is said when a sensor of the demonstration, changed by the test, is refused. */
static const char *refusal(void)
{
    static char why[AP_SIMULATE_WHY_SIZE];
    assert_false(ap_simulate_check(&demo.scenario, why, sizeof why));
    return why;
}

/* 65535 / 256 NM are 474,104.8 m. */
static void test_simulate_check_range_of_format(void **state)
{
    (void)state;
    char why[AP_SIMULATE_WHY_SIZE];
    ap_demo_scenario_config good = ap_demo_scenario_config_default();
    ap_demo_scenario_make(&demo, &good);
    demo.sensors[0].told.range_max_m = 474104.0;
    assert_true(ap_simulate_check(&demo.scenario, why, sizeof why));
    demo.sensors[0].told.range_max_m = 474105.0;
    assert_string_equal(refusal(), "sensor North radar: expected a range of at most 474104 m, all "
                                   "that its format has room for");
    demo.sensors[0].format = AP_SENSOR_FORMAT_CAT001; /* twice as far */
    assert_true(ap_simulate_check(&demo.scenario, why, sizeof why));
    demo.sensors[0].format = AP_SENSOR_FORMAT_CAT010;
    demo.sensors[0].told.range_max_m = 32768.0;
    assert_string_equal(refusal(), "sensor North radar: expected a range of at most 32767 m, all "
                                   "that its format has room for");
    demo.sensors[0].told.range_max_m = 32767.0;
    assert_true(ap_simulate_check(&demo.scenario, why, sizeof why));
}

/* A fault that points at what is not there would be read beyond the lists. */
static void test_simulate_check_faults(void **state)
{
    (void)state;
    char why[AP_SIMULATE_WHY_SIZE];
    ap_demo_scenario_config good = ap_demo_scenario_config_default();
    ap_demo_scenario_make(&demo, &good);
    ap_scenario_fault fault = { .end_s = 10.0, .sensor = 4, .flight = AP_SCENARIO_NONE };
    demo.scenario.faults = &fault;
    demo.scenario.fault_count = 1;
    assert_true(ap_simulate_check(&demo.scenario, why, sizeof why));
    fault.sensor = AP_DEMO_SENSOR_COUNT;
    assert_string_equal(refusal(), "fault 1: expected a sensor, flight or area that it happens to");
    fault.sensor = AP_SCENARIO_NONE;
    fault.kind = AP_FAULT_REPLAY; /* of nobody; and there are only drawn flights here */
    (void)refusal();
    fault.flight = 0;
    (void)refusal();
    fault.flight = AP_SCENARIO_NONE;
    fault.kind = AP_FAULT_GHOSTS; /* nowhere */
    (void)refusal();
    fault.radius_m = 1e4;
    assert_true(ap_simulate_check(&demo.scenario, why, sizeof why));
    fault.kind = AP_FAULT_COUNT;
    (void)refusal();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simulate_next_same_seed_same_bytes),
        cmocka_unit_test(test_simulate_next_sensors_are_independent),
        cmocka_unit_test(test_simulate_next_without_a_sensor),
        cmocka_unit_test(test_radar_plots_fit_the_truth),
        cmocka_unit_test(test_radar_clutter_has_its_rate),
        cmocka_unit_test(test_radar_biases_are_in_the_plots),
        cmocka_unit_test(test_radar_runs_across_midnight),
        cmocka_unit_test(test_mlat_reports_fit_the_truth),
        cmocka_unit_test(test_simulate_truth_over_the_run),
        cmocka_unit_test(test_simulate_descriptions),
        cmocka_unit_test(test_simulate_size_refuses),
        cmocka_unit_test(test_simulate_check_range_of_format),
        cmocka_unit_test(test_simulate_check_faults),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
