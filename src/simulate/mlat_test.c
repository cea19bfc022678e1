#include "simulate/mlat.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/asterix/cat019.h"
#include "airpicture/asterix/cat020.h"
#include "simulate/test_instrument.h"
#include "simulate/test_world.h"

#define TARGET_CAP 20000

typedef struct run {
    test_world w;
    test_instrument t;
    ap_cat020 *targets;
    size_t target_count, status_count;
} run;

static void read_record(void *context, unsigned category, ap_reader *reader)
{
    run *r = context;
    ap_cat019 status;
    if (category == 19) {
        assert_int_equal(ap_cat019_decode(reader, &status), AP_OK);
        assert_int_equal(status.i000, 2);
        r->status_count++;
        return;
    }
    assert_int_equal(category, 20);
    assert_true(r->target_count < TARGET_CAP);
    ap_cat020 *target = &r->targets[r->target_count++];
    assert_int_equal(ap_cat020_decode(reader, target), AP_OK);
    assert_int_equal(target->i020.sim, 1);
    assert_int_equal(target->i020.tst, 0);
    assert_int_equal(target->i010.sac, 1);
    assert_int_equal(target->i010.sic, 1);
}

static ap_scenario_sensor *make_run(run *r, uint32_t flight_count)
{
    test_world_make(&r->w, flight_count);
    return test_world_sensor(&r->w, AP_SENSOR_MLAT, AP_SENSOR_FORMAT_CAT020);
}

static void play(run *r, double end_s)
{
    r->target_count = r->status_count = 0;
    r->targets = malloc(TARGET_CAP * sizeof *r->targets);
    test_instrument_play(&r->t, &r->w.world, end_s, read_record, r);
}

static void close_run(run *r)
{
    test_instrument_close(&r->t);
    free(r->targets);
}

static double time_of(const ap_cat020 *target)
{
    return target->i140_128th_s / 128.0 - TEST_NOON_S;
}

static ap_geodetic place_of(const ap_cat020 *target)
{
    return (ap_geodetic){ target->i041.lat_turn26 * 0x1p-26 * 2.0 * AP_PI,
                          target->i041.lon_turn26 * 0x1p-26 * 2.0 * AP_PI, 0.0 };
}

static ap_vec3 error_of(const run *r, const ap_cat020 *target)
{
    ap_truth truth = test_world_truth(&r->w, target->i220 - TEST_ADDRESS, time_of(target));
    ap_geodetic at = place_of(target);
    at.height_m = truth.position.height_m;
    ap_enu_frame local = ap_enu_frame_at(truth.position);
    return ap_enu_from_ecef(&local, ap_ecef_from_geodetic(at));
}

/* The normal matrix by differences of ranges, inverted whole. */
static void check_covariance(const run *r, ap_geodetic position)
{
    const ap_mlat *mlat = r->t.state;
    ap_enu_frame local = ap_enu_frame_at(position);
    double m[3][3] = { { 0.0 } };
    for (uint32_t i = 0; i < mlat->station_count; i++) {
        ap_sight from, east, north;
        assert_true(ap_sight_of(&mlat->stations[i], position, &from));
        ap_geodetic moved[2] = {
            ap_geodetic_from_ecef(ap_ecef_from_enu(&local, (ap_vec3){ 1.0, 0.0, 0.0 })),
            ap_geodetic_from_ecef(ap_ecef_from_enu(&local, (ap_vec3){ 0.0, 1.0, 0.0 }))
        };
        (void)ap_sight_of(&mlat->stations[i], moved[0], &east);
        (void)ap_sight_of(&mlat->stations[i], moved[1], &north);
        double row[3] = { east.range_m - from.range_m, north.range_m - from.range_m, 1.0 };
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
                m[a][b] += row[a] * row[b];
    }
    double determinant = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
                         m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
                         m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    double sigma_m = 5e-9 * 299792458.0, scale = sigma_m * sigma_m / determinant;
    ap_mlat_covariance covariance;
    assert_true(ap_mlat_locates(mlat, position, &covariance));
    double ee = (m[1][1] * m[2][2] - m[1][2] * m[2][1]) * scale;
    double nn = (m[0][0] * m[2][2] - m[0][2] * m[2][0]) * scale;
    double en = (m[0][2] * m[2][1] - m[0][1] * m[2][2]) * scale;
    assert_true(fabs(covariance.ee_m2 - ee) < 1e-3 * ee);
    assert_true(fabs(covariance.nn_m2 - nn) < 1e-3 * nn);
    assert_true(fabs(covariance.en_m2 - en) < 1e-3 * (ee + nn));
}

static void test_mlat_covariance(void **state)
{
    (void)state;
    static run r;
    make_run(&r, 5)->arrival_sigma_s = 5e-9;
    play(&r, 1.0);
    for (uint32_t i = 0; i < 5; i++)
        check_covariance(&r, test_world_truth(&r.w, i, 100.0 * i).position);
    close_run(&r);
}

/* Errors have the covariance that the report states: the mean of their squared distance is 2, of
 * n of them within 4 of 2 / sqrt n. Updates are a binomial of the detection probability. */
static void test_mlat_statistics(void **state)
{
    (void)state;
    static run r;
    ap_scenario_sensor *sensor = make_run(&r, 10);
    sensor->told.detection_probability = 0.9;
    sensor->arrival_sigma_s = 100e-9;
    play(&r, 300.0);
    double nees = 0.0, n = (double)r.target_count, updates = 10 * 299.3;
    for (size_t i = 0; i < r.target_count; i++) {
        const ap_cat020 *target = &r.targets[i];
        ap_vec3 error = error_of(&r, target);
        double sx = target->i500.sdp.x_4th_m / 4.0, sy = target->i500.sdp.y_4th_m / 4.0;
        double cross = target->i500.sdp.xy_4th / 4.0, sxy = copysign(cross * cross, cross);
        double determinant = sx * sx * sy * sy - sxy * sxy;
        nees += (sy * sy * error.x_m * error.x_m - 2.0 * sxy * error.x_m * error.y_m +
                 sx * sx * error.y_m * error.y_m) /
                determinant;
    }
    print_message("%.0f reports of %.0f: %.4f for 0.9; NEES %.4f for 2\n", n, updates, n / updates,
                  nees / n);
    assert_true(fabs(n - updates * 0.9) < 4.0 * sqrt(updates * 0.09) + 20);
    /* 1/128 s of flight is 1.6 m, far below the noise. */
    assert_true(fabs(nees / n - 2.0) < 4.0 * 2.0 / sqrt(n));
    assert_true(r.status_count >= 298 && r.status_count <= 301);
    close_run(&r);
}

/* What the transponder says. */
static void test_mlat_contents(void **state)
{
    (void)state;
    static run r;
    make_run(&r, 3);
    r.w.flights[1].equipment = AP_EQUIPMENT_MODE_AC;
    r.w.flights[1].address = 0;
    r.w.flights[2].equipment = AP_EQUIPMENT_NONE;
    ap_scenario_fault *fault = test_world_fault(&r.w, AP_FAULT_EMERGENCY, 10.0, 1e9);
    fault->flight = 0;
    fault->value = 07700;
    play(&r, 20.0);
    size_t by_address = 0;
    for (size_t i = 0; i < r.target_count; i++) {
        const ap_cat020 *target = &r.targets[i];
        assert_int_equal(target->i090.fl_4th_fl, 1200); /* FL 300 */
        assert_int_equal(target->i020.gbs, 0);
        if (!(target->present & AP_CAT020_I220)) {
            assert_true(target->i020.ssr && !target->i020.ms);
            assert_int_equal(target->i070.mode3a, 01001);
            continue;
        }
        by_address++;
        assert_true(target->i020.ms && !target->i020.ssr);
        assert_int_equal(target->i220, TEST_ADDRESS);
        assert_true(target->i245.chr_icao6 == ap_asterix_icao6_raw("TST00"));
        assert_int_equal(target->i070.mode3a, time_of(target) >= 10.0 ? 07700 : 01000);
    }
    assert_true(by_address >= 19 && r.target_count >= 38 && r.target_count <= 41);
    close_run(&r);
}

/* Stations of the scenario: with three there is no position, with five there is. */
static void test_mlat_stations(void **state)
{
    (void)state;
    static run r;
    ap_station stations[6];
    ap_scenario_sensor *sensor = make_run(&r, 1);
    for (int i = 0; i < 6; i++) {
        stations[i].position = r.w.scenario.reference;
        stations[i].position.latitude_rad += 0.004 * (i % 3 - 1);
        stations[i].position.longitude_rad += 0.006 * (i / 3) - 0.003;
    }
    r.w.scenario.stations = stations;
    sensor->station_first = 1;
    sensor->station_count = 3;
    play(&r, 20.0);
    assert_int_equal(r.target_count, 0);
    assert_true(r.status_count >= 18);
    close_run(&r);
    sensor->station_count = 5;
    play(&r, 20.0);
    assert_true(r.target_count >= 18);
    const ap_mlat *mlat = r.t.state;
    assert_true(mlat->stations[0].site.latitude_rad == stations[1].position.latitude_rad);
    close_run(&r);
}

/* A system of short range: its stations are near. A vehicle is on the ground. */
static void test_mlat_airport(void **state)
{
    (void)state;
    static run r;
    ap_scenario_sensor *sensor = make_run(&r, 2);
    sensor->told.range_max_m = 10e3;
    sensor->arrival_sigma_s = 5e-9;
    ap_flight_start(&r.w.flights[0], 0.0, 500.0, 500.0, 45.0, 0.0, 10.0);
    r.w.flights[0].craft = AP_CRAFT_VEHICLE;
    ap_flight_start(&r.w.flights[1], 0.0, -500.0, 500.0, 300.0, 0.0, 60.0);
    play(&r, 30.0);
    size_t low = 0;
    for (size_t i = 0; i < r.target_count; i++) {
        const ap_cat020 *target = &r.targets[i];
        ap_vec3 error = error_of(&r, target);
        assert_int_equal(target->i020.gbs, target->i220 == TEST_ADDRESS);
        assert_true(hypot(error.x_m, error.y_m) < 12.0);
        low += target->i020.gbs;
    }
    assert_true(low >= 29);
    close_run(&r);
}

/* Broadcasts without an aircraft are located where they are sent from. */
static void test_mlat_ghosts(void **state)
{
    (void)state;
    static run r;
    make_run(&r, 1);
    ap_scenario_fault *fault = test_world_fault(&r.w, AP_FAULT_GHOSTS, 5.0, 25.0);
    fault->latitude_rad = r.w.scenario.reference.latitude_rad + 0.003;
    fault->longitude_rad = r.w.scenario.reference.longitude_rad;
    fault->radius_m = 50e3;
    fault->value = 3.0;
    play(&r, 30.0);
    size_t ghosts = 0;
    ap_geodetic mast = { fault->latitude_rad, fault->longitude_rad, 0.0 };
    for (size_t i = 0; i < r.target_count; i++) {
        if (r.targets[i].i220 < AP_BROADCAST_GHOST_ADDRESS)
            continue;
        ghosts++;
        assert_true(ap_distance_m(place_of(&r.targets[i]), mast) < 100.0);
    }
    assert_true(ghosts >= 57 && ghosts <= 63);
    close_run(&r);
}

static void test_mlat_clock(void **state)
{
    (void)state;
    static run r;
    make_run(&r, 1)->time_bias_s = 2.0;
    play(&r, 10.0);
    assert_true(r.target_count >= 9 && time_of(&r.targets[0]) >= 2.0);
    assert_true(time_of(&r.targets[r.target_count - 1]) > 10.0);
    close_run(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mlat_covariance), cmocka_unit_test(test_mlat_statistics),
        cmocka_unit_test(test_mlat_contents),   cmocka_unit_test(test_mlat_stations),
        cmocka_unit_test(test_mlat_airport),    cmocka_unit_test(test_mlat_ghosts),
        cmocka_unit_test(test_mlat_clock),
    };
    return cmocka_run_group_tests_name("mlat", tests, NULL, NULL);
}
