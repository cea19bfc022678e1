#include "simulate/faults.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "airpicture/modes.h"
#include "simulate/test_world.h"

static ap_told told_at(const test_world *w, uint32_t flight, double time_s)
{
    ap_truth truth = test_world_truth(w, flight, time_s);
    return ap_faults_told(&w->world, flight, &truth, time_s);
}

static ap_navigation navigation_at(const test_world *w, uint32_t flight, double time_s)
{
    ap_truth truth = test_world_truth(w, flight, time_s);
    return ap_faults_navigation(&w->world, flight, &truth, time_s);
}

static ap_vec3 between(ap_geodetic from, ap_geodetic to)
{
    ap_enu_frame local = ap_enu_frame_at(from);
    return ap_enu_from_ecef(&local, ap_ecef_from_geodetic(to));
}

static void test_told_truth(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 2);
    w.flights[1].equipment = AP_EQUIPMENT_NONE;
    ap_told told = told_at(&w, 0, 10.0);
    assert_true(told.answers);
    assert_int_equal(told.address, TEST_ADDRESS);
    assert_int_equal(told.mode_3a, 01000);
    assert_true(told.pressure_altitude_m == TEST_ALTITUDE_M);
    assert_false(told_at(&w, 1, 10.0).answers);
}

static void test_told_faults(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 2);
    const struct {
        ap_fault_kind kind;
        double value;
    } faults[] = { { AP_FAULT_WRONG_CODE, 01234 },
                   { AP_FAULT_EMERGENCY, 07600 },
                   { AP_FAULT_WRONG_ADDRESS, TEST_ADDRESS + 1 },
                   { AP_FAULT_ALTITUDE, 300.0 },
                   { AP_FAULT_ALTITUDE, -100.0 } };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        ap_scenario_fault *fault = test_world_fault(&w, faults[i].kind, 100.0, 200.0);
        fault->flight = 0;
        fault->value = faults[i].value;
    }
    const double outside_s[] = { 99.999, 200.0 };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(told_at(&w, 0, outside_s[i]).address, TEST_ADDRESS);
        assert_int_equal(told_at(&w, 0, outside_s[i]).mode_3a, 01000);
    }
    ap_told told = told_at(&w, 0, 100.0);
    assert_int_equal(told.mode_3a, 07600); /* the later in the list */
    assert_int_equal(told.address, told_at(&w, 1, 100.0).address);
    assert_true(told.pressure_altitude_m == TEST_ALTITUDE_M + 200.0);
    assert_true(told.answers);
    assert_int_equal(told_at(&w, 1, 100.0).mode_3a, 01001);
}

/* Of another flight, or by chance: always the same, neither an emergency nor its own. */
static void test_told_wrong_code(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 2);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_WRONG_CODE, 100.0, 200.0);
    fault->flight = 0;
    fault->code_of = 1;
    assert_int_equal(told_at(&w, 0, 150.0).mode_3a, 01001);
    w.flights[1].emergency_s = 160.0;
    assert_int_equal(told_at(&w, 0, 160.0).mode_3a, AP_MODE_3A_EMERGENCY);
    fault->code_of = AP_SCENARIO_NONE;
    fault->value = AP_FAULT_CODE_DRAWN;
    uint16_t first = told_at(&w, 0, 100.0).mode_3a;
    assert_int_equal(told_at(&w, 0, 199.0).mode_3a, first);
    int alike = 0;
    for (w.world.seed = 1; w.world.seed < 20000; w.world.seed++) {
        uint16_t code = told_at(&w, 0, 150.0).mode_3a;
        assert_false(code == 01000 || code > 07777 || ap_faults_is_emergency(code));
        alike += code == first;
    }
    assert_true(alike < 20); /* 5 of 4,092 codes are expected */
}

/* What no code is for is not told. */
static void test_told_altitude_range(void **state)
{
    (void)state;
    const struct {
        double altitude_ft;
        bool has;
    } rows[] = { { -1000.0, true }, { -1001.0, false }, { 126700.0, true }, { 126701.0, false } };
    test_world w;
    test_world_make(&w, 1);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_ALTITUDE, 100.0, 200.0);
    fault->flight = 0;
    assert_true(told_at(&w, 0, 0.0).has_altitude);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fault->value = (rows[i].altitude_ft + copysign(1e-6, -rows[i].altitude_ft)) * AP_M_PER_FT -
                       TEST_ALTITUDE_M;
        assert_int_equal(told_at(&w, 0, 150.0).has_altitude, rows[i].has);
    }
}

static ap_told_alert alert_at(test_world *w, double time_s)
{
    return told_at(w, 0, time_s).alert;
}

static void test_told_alert(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 2);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_EMERGENCY, 100.0, 200.0);
    fault->flight = 0;
    fault->value = 07500;
    assert_int_equal(alert_at(&w, 99.9), AP_TOLD_CALM);
    assert_int_equal(alert_at(&w, 100.0), AP_TOLD_ALERT_PERMANENT);
    assert_int_equal(alert_at(&w, 199.9), AP_TOLD_ALERT_PERMANENT);
    assert_int_equal(alert_at(&w, 200.0), AP_TOLD_ALERT_TEMPORARY);
    assert_int_equal(alert_at(&w, 217.9), AP_TOLD_ALERT_TEMPORARY);
    assert_int_equal(alert_at(&w, 218.0), AP_TOLD_CALM);
    assert_int_equal(told_at(&w, 1, 150.0).alert, AP_TOLD_CALM);
    fault->kind = AP_FAULT_WRONG_CODE;
    fault->value = 02000;
    assert_int_equal(alert_at(&w, 100.0), AP_TOLD_ALERT_TEMPORARY);
    assert_int_equal(alert_at(&w, 118.0), AP_TOLD_CALM);
    w.flights[0].birth_s = 100.0; /* it came with that code */
    assert_int_equal(alert_at(&w, 100.0), AP_TOLD_CALM);
    w.flights[0].birth_s = 0.0;
    w.flights[0].craft = AP_CRAFT_VEHICLE; /* on the ground */
    assert_true(told_at(&w, 0, 101.0).on_ground);
    assert_int_equal(alert_at(&w, 101.0), AP_TOLD_CALM);
    w.flights[0].craft = AP_CRAFT_JET;
    assert_int_equal(alert_at(&w, 101.0), AP_TOLD_ALERT_TEMPORARY);
    fault->kind = AP_FAULT_ALTITUDE;
    assert_int_equal(alert_at(&w, 101.0), AP_TOLD_CALM);
}

static void test_told_silent(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 2);
    test_world_fault(&w, AP_FAULT_SILENT, 50.0, 60.0)->flight = 1;
    assert_true(told_at(&w, 1, 49.0).answers);
    assert_false(told_at(&w, 1, 50.0).answers);
    assert_true(told_at(&w, 1, 60.0).answers);
    assert_true(told_at(&w, 0, 50.0).answers);
}

/* A vehicle always; an aircraft at the height of its field, where its flight or generator has one:
 * that of the test is at 9,194 m. */
static void test_told_on_ground(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 4);
    w.flights[0].craft = AP_CRAFT_VEHICLE;
    ap_scenario_flight own[2] = {
        { .leader = AP_SCENARIO_NONE, .field_height_m = 9200.0 },
        { .leader = AP_SCENARIO_NONE, .departs = true, .field_height_m = 9192.0 }
    };
    ap_scenario_generator others[2] = {
        { .kind = AP_GENERATOR_EN_ROUTE, .flight_count = 1, .field_height_m = 9200.0 },
        { .kind = AP_GENERATOR_TMA, .flight_count = 1, .field_height_m = 9200.0 }
    };
    assert_true(told_at(&w, 0, 10.0).on_ground);
    assert_false(told_at(&w, 1, 10.0).on_ground);
    w.scenario.flights = own;
    w.scenario.flight_count = 2;
    w.scenario.generators = others;
    w.scenario.generator_count = 2;
    assert_true(told_at(&w, 1, 10.0).on_ground);
    assert_false(told_at(&w, 2, 10.0).on_ground);
    assert_true(told_at(&w, 3, 10.0).on_ground);
    w.flights[0].craft = AP_CRAFT_AIRLINER; /* it does not depart */
    assert_false(told_at(&w, 0, 10.0).on_ground);
    own[0].leader = 1; /* but follows one who does */
    assert_true(told_at(&w, 0, 10.0).on_ground);
    for (int kind = 0; kind < AP_GENERATOR_COUNT; kind++) {
        bool has_field = kind == AP_GENERATOR_TMA || kind == AP_GENERATOR_GENERAL ||
                         kind == AP_GENERATOR_ROTORCRAFT || kind == AP_GENERATOR_DRONES ||
                         kind == AP_GENERATOR_SURFACE;
        others[1].kind = (ap_generator_kind)kind;
        assert_int_equal(told_at(&w, 3, 10.0).on_ground, has_field);
    }
}

/* Mode A/C has no address to be wrong. */
static void test_told_address_of_mode_ac(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 1);
    w.flights[0].equipment = AP_EQUIPMENT_MODE_AC;
    w.flights[0].address = 0;
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_WRONG_ADDRESS, 0.0, 100.0);
    fault->flight = 0;
    fault->value = 0xABCDEF;
    assert_int_equal(told_at(&w, 0, 10.0).address, 0);
}

/* Two waves of 0.4 sigma each: rms 0.4 sigma an axis over flights, and never above 0.8. */
static void test_navigation_error(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, TEST_FLIGHT_CAP);
    double sigma_m = ap_modes_sigma_of_nac_p(9), square = 0.0;
    for (uint32_t i = 0; i < TEST_FLIGHT_CAP; i++) {
        ap_navigation told = navigation_at(&w, i, 100.0);
        ap_truth truth = test_world_truth(&w, i, 100.0);
        ap_vec3 error = between(truth.position, told.position);
        assert_true(told.has_position);
        assert_int_equal(told.nac_p, 9);
        assert_true(fabs(error.x_m) <= 0.8 * sigma_m && fabs(error.y_m) <= 0.8 * sigma_m);
        assert_true(told.position.height_m == truth.position.height_m);
        square += error.x_m * error.x_m + error.y_m * error.y_m;
    }
    double rms = sqrt(square / (2.0 * TEST_FLIGHT_CAP)) / sigma_m;
    print_message("rms %.3f of sigma\n", rms);
    assert_true(rms > 0.3 && rms < 0.5);
}

static void test_navigation_latency(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 1);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_LATENCY, 100.0, 200.0);
    fault->flight = 0;
    fault->value = 2.5;
    ap_navigation then = navigation_at(&w, 0, 99.0), now = navigation_at(&w, 0, 100.0);
    /* 1 s of flight less 2.5 s: 300 m back; the slow error moves centimetres. */
    ap_vec3 step = between(then.position, now.position);
    assert_true(fabs(step.x_m + 1.5 * TEST_SPEED_MPS) < 1.0);
    assert_true(now.has_position && now.nac_p == 9);
    /* Not before its birth. */
    fault->start_s = 0.0;
    ap_vec3 from_birth =
        between(test_world_truth(&w, 0, 0.0).position, navigation_at(&w, 0, 1.0).position);
    assert_true(fabs(from_birth.x_m) < ap_modes_sigma_of_nac_p(9));
}

/* By distance to the middle of an area of 100 km: no position within 60 km, then five steps of
 * NACp to the edge. */
static void test_navigation_jammed_by_depth(void **state)
{
    (void)state;
    const struct {
        double distance_m;
        bool has_position;
        int nac_p;
    } rows[] = { { 0.0, false, 0 },   { 59e3, false, 0 },  { 61e3, true, 3 }, { 67e3, true, 3 },
                 { 69e3, true, 4 },   { 77e3, true, 5 },   { 85e3, true, 6 }, { 93e3, true, 7 },
                 { 99.9e3, true, 7 }, { 100.2e3, true, 9 } };
    test_world w;
    test_world_make(&w, 1);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_JAMMING, 0.0, 100.0);
    fault->radius_m = 100e3;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ap_geodetic middle = ap_geodetic_from_ecef(
            ap_ecef_from_enu(&w.world.plane, (ap_vec3){ 0.0, -rows[i].distance_m, 0.0 }));
        fault->latitude_rad = middle.latitude_rad;
        fault->longitude_rad = middle.longitude_rad;
        ap_navigation told = navigation_at(&w, 0, 0.0);
        assert_int_equal(told.has_position, rows[i].has_position);
        assert_int_equal(told.nac_p, rows[i].nac_p);
    }
    assert_int_equal(navigation_at(&w, 0, 100.0).nac_p, 9); /* over */
}

/* A poorer equipment stays as poor as it is. */
static void test_navigation_jammed_poor(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 1);
    w.flights[0].nac_p = 5;
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_JAMMING, 0.0, 100.0);
    fault->latitude_rad = w.scenario.reference.latitude_rad;
    fault->longitude_rad = w.scenario.reference.longitude_rad + 0.02; /* 82 km */
    fault->radius_m = 90e3;
    assert_int_equal(navigation_at(&w, 0, 0.0).nac_p, 5);
}

/* A quarter of the intervals has a jump of 4 sigma an axis; without one the error is below 0.8. */
static void test_navigation_jumps(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, TEST_FLIGHT_CAP);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_JAMMING, 0.0, 1e9);
    fault->latitude_rad = w.scenario.reference.latitude_rad;
    fault->longitude_rad = w.scenario.reference.longitude_rad;
    fault->radius_m = 100e3;
    double sigma_m = ap_modes_sigma_of_nac_p(7), square = 0.0;
    int trials = 0, jumps = 0;
    for (uint32_t i = 0; i < TEST_FLIGHT_CAP; i++) {
        ap_flight_start(&w.flights[i], 0.0, 95e3, 0.0, TEST_ALTITUDE_M, 0.0, 0.001);
        for (double time_s = 5.0; time_s < 500.0; time_s += AP_FAULTS_JUMP_S, trials++) {
            ap_navigation told = navigation_at(&w, i, time_s);
            ap_vec3 error = between(test_world_truth(&w, i, time_s).position, told.position);
            bool jumps_now = fabs(error.x_m) > 0.8 * sigma_m || fabs(error.y_m) > 0.8 * sigma_m;
            jumps += jumps_now;
            square += jumps_now ? error.x_m * error.x_m + error.y_m * error.y_m : 0.0;
        }
    }
    /* A jump hides when both components are below 0.8 of 4 sigma: erf(0.2 / sqrt 2)^2 = 0.025. */
    double chance = AP_FAULTS_JUMP_CHANCE * (1.0 - 0.025), rms = sqrt(square / (2.0 * jumps));
    print_message("%d of %d jump, %.3f for %.3f; rms %.2f sigma\n", jumps, trials,
                  jumps / (double)trials, chance, rms / sigma_m);
    assert_true(fabs(jumps - trials * chance) < 4.0 * sqrt(trials * chance * (1.0 - chance)));
    assert_true(fabs(rms / sigma_m - 4.05) < 4.0 * 4.05 / sqrt(4.0 * jumps));
}

static void test_navigation_ramp(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 2);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_RAMP, 100.0, 200.0);
    fault->flight = 0;
    fault->value = 5.0;
    fault->direction_rad = 30.0 * AP_RAD_PER_DEG;
    ap_navigation told = navigation_at(&w, 0, 160.0);
    ap_truth truth = test_world_truth(&w, 0, 160.0);
    fault->value = 0.0;
    ap_vec3 drift = between(navigation_at(&w, 0, 160.0).position, told.position);
    assert_true(fabs(drift.x_m - 150.0) < 0.01); /* 5 m/s for 60 s, half of it east */
    assert_true(fabs(drift.y_m - 259.81) < 0.01);
    assert_true(fabs(told.east_mps - truth.east_mps - 2.5) < 1e-9);
    assert_true(fabs(told.north_mps - truth.north_mps - 4.3301) < 1e-4);
    assert_int_equal(told.nac_p, 9); /* it is believed */
}

/* Everyone within the area, nobody outside. */
static void test_navigation_ramp_area(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 2);
    ap_navigation before[2] = { navigation_at(&w, 0, 10.0), navigation_at(&w, 1, 10.0) };
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_RAMP, 0.0, 100.0);
    fault->latitude_rad = w.scenario.reference.latitude_rad;
    fault->longitude_rad = w.scenario.reference.longitude_rad;
    fault->radius_m = TEST_SPACING_M;
    fault->value = 10.0;
    assert_true(fabs(between(before[0].position, navigation_at(&w, 0, 10.0).position).y_m - 100.0) <
                0.01);
    assert_true(ap_distance_m(before[1].position, navigation_at(&w, 1, 10.0).position) < 1e-6);
}

static bool is_same_place(const ap_navigation *a, const ap_navigation *b)
{
    return a->position.latitude_rad == b->position.latitude_rad &&
           a->position.longitude_rad == b->position.longitude_rad;
}

/* The first flight, 200 m/s eastward from 30 km west of the area's edge, comes in after 150 s: it
 * drifts from there on, without a jump, and again from nothing when it comes in once more; asked in
 * any order the same. */
static void test_navigation_ramp_area_from_its_edge(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 1);
    static ap_leg legs[4];
    ap_area_stay stay[1] = { { .count = 0 } };
    w.flights[0].legs = legs;
    w.flights[0].leg_cap = 4;
    ap_flight_hold(&w.flights[0], 200.0); /* 10 km inside */
    ap_flight_turn(&w.flights[0], AP_PI); /* out again */
    ap_flight_hold(&w.flights[0], 300.0);
    ap_flight_turn(&w.flights[0], AP_PI); /* and in */
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_RAMP, 10.0, 1500.0);
    fault->value = 10.0;
    ap_geodetic middle =
        ap_geodetic_from_ecef(ap_ecef_from_enu(&w.world.plane, (ap_vec3){ 80e3, 0.0, 0.0 }));
    fault->latitude_rad = middle.latitude_rad;
    fault->longitude_rad = middle.longitude_rad;
    fault->radius_m = 50e3;
    double enter_s = NAN, before_m = 0.0;
    int entries = 0;
    for (double time_s = 0.25; time_s < 1500.0; time_s += 0.5) {
        w.world.stays = stay;
        ap_navigation kept = navigation_at(&w, 0, time_s);
        w.world.stays = NULL;
        ap_navigation anew = navigation_at(&w, 0, time_s);
        assert_true(is_same_place(&kept, &anew));
        fault->value = 0.0;
        ap_navigation without = navigation_at(&w, 0, time_s);
        fault->value = 10.0;
        double drift_m = between(without.position, kept.position).y_m;
        if (before_m == 0.0 && drift_m > 0.0) {
            enter_s = time_s - drift_m / 10.0;
            entries++;
            if (entries == 1)
                assert_true(fabs(enter_s - 150.0) < 2.0); /* the plane is a little longer */
        }
        if (drift_m > 0.0)
            assert_true(fabs(drift_m - 10.0 * (time_s - enter_s)) < 0.02);
        before_m = drift_m;
    }
    assert_int_equal(entries, 2);
    /* Back in time, the first stay is found again. */
    w.world.stays = stay;
    ap_navigation back = navigation_at(&w, 0, 180.25);
    w.world.stays = NULL;
    ap_navigation anew = navigation_at(&w, 0, 180.25);
    assert_true(is_same_place(&back, &anew));
}

static void test_stamp_errors(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 1);
    ap_scenario_sensor *sensor = test_world_sensor(&w, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    assert_true(ap_faults_stamp_s(&w.world, 0, 123.0) == 123.0);
    sensor->time_bias_s = 0.5;
    sensor->time_drift_sps = 1e-3;
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_TIME_JUMP, 100.0, 200.0);
    fault->sensor = 0;
    fault->value = -3.0;
    assert_true(fabs(ap_faults_stamp_s(&w.world, 0, 50.0) - 50.55) < 1e-12);
    assert_true(fabs(ap_faults_stamp_s(&w.world, 0, 100.0) - 97.6) < 1e-12);
    assert_true(fabs(ap_faults_stamp_s(&w.world, 0, 200.0) - 200.7) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told_truth),
        cmocka_unit_test(test_told_faults),
        cmocka_unit_test(test_told_silent),
        cmocka_unit_test(test_told_wrong_code),
        cmocka_unit_test(test_told_altitude_range),
        cmocka_unit_test(test_told_alert),
        cmocka_unit_test(test_told_on_ground),
        cmocka_unit_test(test_told_address_of_mode_ac),
        cmocka_unit_test(test_navigation_error),
        cmocka_unit_test(test_navigation_latency),
        cmocka_unit_test(test_navigation_jammed_by_depth),
        cmocka_unit_test(test_navigation_jammed_poor),
        cmocka_unit_test(test_navigation_jumps),
        cmocka_unit_test(test_navigation_ramp),
        cmocka_unit_test(test_navigation_ramp_area),
        cmocka_unit_test(test_navigation_ramp_area_from_its_edge),
        cmocka_unit_test(test_stamp_errors),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
