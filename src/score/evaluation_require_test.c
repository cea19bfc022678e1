#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/geo.h"
#include "score/evaluation.h"
#include "score/test_evaluation.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((value) - (expected)) <= (tolerance))

static test_evaluation test;

static int begin(void **state)
{
    (void)state;
    test_evaluation_begin(&test, AP_TRAJECTORY_PLANE);
    return 0;
}

static int end(void **state)
{
    (void)state;
    test_evaluation_end(&test);
    return 0;
}

static ap_requirement_result require(ap_requirement row)
{
    return ap_evaluation_require(&test.evaluation, &row);
}

static ap_evaluation_config wide(void)
{
    ap_evaluation_config config = test_config();
    config.cutoff_m = config.hold_m = config.siap_gate_m = 2000.0;
    return config;
}

/* 400 s; flight 1 is reported each 4 s but for 100 < t < 140, flight 2 always. */
static void add_two_flights(void)
{
    for (int t = 0; t <= 400; t++) {
        test_truth(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        test_truth(&test, 2, test_state(t, 50000.0, 0.0, 0.0, 0.0));
        if (t % 4 != 0)
            continue;
        ap_trajectory_state s = test_state(t, 0.0, t <= 200 ? 100.0 : 200.0, 0.0, 0.0);
        if (t > 100 && t < 140)
            s.flags |= AP_STATE_COASTING;
        test_track(&test, 1, s);
        test_track(&test, 2, test_state(t, 50000.0, 300.0, 0.0, 0.0));
    }
}

static void test_update_and_gaps(void **state)
{
    (void)state;
    add_two_flights();
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement row = { .quantity = AP_QUANTITY_UPDATE,
                           .interval_s = 8.0,
                           .at_least = true,
                           .limit = 0.97,
                           .sample_min = 50 };
    ap_requirement_result r = require(row);
    assert_int_equal(r.sample_count, 100); /* 50 intervals a flight */
    assert_int_equal(r.hit_count, 96);     /* four without, between 104 s and 136 s */
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    row.limit = 0.96;
    assert_int_equal(require(row).status, AP_REQUIREMENT_PASS);
    row.scope = AP_SCOPE_FLIGHT;
    r = require(row);
    assert_near(r.value, 0.92, 1e-12);
    assert_int_equal(r.worst_truth, 1);
    assert_int_equal(r.flight_count, 2);
    assert_int_equal(r.flight_fail_count, 1);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    row = (ap_requirement){
        .quantity = AP_QUANTITY_LONG_GAP, .interval_s = 8.0, .threshold = 26.4, .limit = 0.005
    };
    r = require(row);
    assert_int_equal(r.hit_count, 4); /* 40 s: due 8, 16, 24, 32 s after the last */
    assert_int_equal(r.sample_count, 100);
    assert_int_equal(r.sample_min, 600);             /* rule of three */
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL); /* 4 of 600 are too many already */
    row.threshold = 41.0;
    assert_int_equal(require(row).hit_count, 0);
    assert_int_equal(require(row).status, AP_REQUIREMENT_NOT_ENOUGH);
    row.quantity = AP_QUANTITY_GAP;
    row.threshold = 26.4;
    assert_int_equal(require(row).hit_count, 1);
    row.threshold_2 = 39.0;
    assert_int_equal(require(row).hit_count, 0);
}

static void test_errors_by_statistic(void **state)
{
    (void)state;
    add_two_flights();
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement row = { .quantity = AP_QUANTITY_POSITION_ERROR, .limit = 260.0 };
    ap_requirement_result r = require(row);
    /* 51 reports at 100 m, 50 at 200 m and 101 at 300 m. */
    assert_int_equal(r.sample_count, 202);
    assert_near(r.value, sqrt((51 * 1e4 + 50 * 4e4 + 101 * 9e4) / 202.0), 1e-4);
    assert_int_equal(r.status, AP_REQUIREMENT_PASS);
    row.scope = AP_SCOPE_FLIGHT;
    r = require(row);
    assert_near(r.value, 300.0, 1e-4);
    assert_int_equal(r.worst_truth, 2);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    row.scope = AP_SCOPE_ALL;
    row.statistic = AP_STATISTIC_DEVIATION;
    double mean = (51 * 100.0 + 50 * 200.0 + 101 * 300.0) / 202.0;
    assert_near(require(row).value, sqrt((51 * 1e4 + 50 * 4e4 + 101 * 9e4) / 202.0 - mean * mean),
                1e-4);
    row.statistic = AP_STATISTIC_QUANTILE;
    row.fraction = 0.3;
    assert_near(require(row).value, 200.0, 1e-4);
    row.statistic = AP_STATISTIC_BEYOND;
    row.threshold = 250.0;
    row.limit = 0.6;
    r = require(row);
    assert_near(r.value, 101.0 / 202.0, 1e-12);
    assert_int_equal(r.hit_count, 101);
    row.statistic = AP_STATISTIC_WITHIN;
    assert_near(require(row).value, 0.5, 1e-12);
    row.statistic = AP_STATISTIC_MEAN;
    assert_near(require(row).value, (51 * 100.0 + 50 * 200.0 + 101 * 300.0) / 202.0, 1e-4);
    row.statistic = AP_STATISTIC_MAX;
    assert_near(require(row).value, 300.0, 1e-4);
    row.quantity = AP_QUANTITY_ALTITUDE_ERROR; /* nobody told an altitude */
    r = require(row);
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH);
    assert_true(isnan(r.value));
}

/* Errors beyond 600 m: four in a row to one side, two, three that change sides, and three. */
static void test_correlated_errors(void **state)
{
    (void)state;
    static const double error_m[] = { 0, 700, 700,  900, 650, 0,   700, 700,
                                      0, 700, -700, 700, 0,   800, 800, 800 };
    for (int t = 0; t < 16; t++) {
        test_truth(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        test_track(&test, 1, test_state(t, error_m[t], 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement_result r = require((ap_requirement){ .quantity = AP_QUANTITY_CORRELATED_ERROR,
                                                        .threshold = 600.0,
                                                        .run_length = 3,
                                                        .limit = 0.0003 });
    assert_int_equal(r.sample_count, 16);
    assert_int_equal(r.hit_count, 7);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL); /* none of 10,000 would be 3 */
}

static void add_identified(void)
{
    for (int t = 0; t <= 100; t++) {
        ap_trajectory_state s = test_state(t, 0.0, 0.0, 0.0, 0.0);
        ap_trajectory_identity truth = { .address = 0xABC,
                                         .mode_3a = t < 50 ? 01234 : 04321,
                                         .flags =
                                             AP_IDENTITY_HAS_ADDRESS | AP_IDENTITY_HAS_MODE_3A };
        ap_trajectory_identity track = truth;
        track.mode_3a = t < 58 ? 01234 : 04321; /* eight seconds late */
        ap_trajectory_add(&test.truth, 1, &s, NULL, &truth);
        ap_trajectory_add(&test.tracks, 1, &s, NULL, &track);
    }
}

static void test_identity(void **state)
{
    (void)state;
    add_identified();
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement row = { .quantity = AP_QUANTITY_IDENTITY_WRONG,
                           .identity = AP_IDENTITY_KIND_MODE_3A,
                           .limit = 0.001 };
    assert_int_equal(require(row).hit_count, 8);
    row.identity = AP_IDENTITY_KIND_ADDRESS;
    assert_int_equal(require(row).hit_count, 0);
    assert_int_equal(require(row).sample_count, 101);
    row.identity = AP_IDENTITY_KIND_ANY;
    assert_int_equal(require(row).hit_count, 8);
    row.quantity = AP_QUANTITY_IDENTITY_CORRECT;
    row.at_least = true;
    row.limit = 0.9;
    assert_near(require(row).value, 93.0 / 101.0, 1e-12);
    row.quantity = AP_QUANTITY_IDENTITY_UPDATE;
    row.interval_s = 2.0;
    assert_int_equal(require(row).sample_count, 50);
    assert_int_equal(require(row).hit_count,
                     47); /* (50, 52] to (54, 56] have none; 58 is in time */
    ap_requirement_result r = require((ap_requirement){ .quantity = AP_QUANTITY_IDENTITY_DELAY,
                                                        .statistic = AP_STATISTIC_MAX,
                                                        .limit = 15.0,
                                                        .sample_min = 1 });
    assert_int_equal(r.sample_count, 1);
    assert_near(r.value, 8.0, 1e-6);
    assert_int_equal(r.status, AP_REQUIREMENT_PASS);
}

/* To 7700 at 20 s, told from 26 s on; back, and to 1234: no emergencies. 7600 at 80 s is never
 * told, which is beyond any limit, in every statistic. */
static void test_emergency_delay(void **state)
{
    (void)state;
    for (int t = 0; t <= 100; t++) {
        ap_trajectory_identity true_code = { .flags = AP_IDENTITY_HAS_MODE_3A };
        ap_trajectory_identity told = true_code;
        ap_trajectory_state s = test_state(t, 0.0, 0.0, 0.0, 0.0);
        true_code.mode_3a = t < 20   ? 02000
                            : t < 40 ? 07700
                            : t < 60 ? 02000
                            : t < 80 ? 01234
                                     : 07600;
        told.mode_3a = t < 26 ? 02000 : t < 45 ? 07700 : 02000;
        ap_trajectory_add(&test.truth, 1, &s, NULL, &true_code);
        ap_trajectory_add(&test.tracks, 1, &s, NULL, &told);
    }
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement row = { .quantity = AP_QUANTITY_EMERGENCY_DELAY,
                           .statistic = AP_STATISTIC_MAX,
                           .limit = 12.0,
                           .sample_min = 1 };
    ap_requirement_result r = require(row);
    assert_int_equal(r.sample_count, 2);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    for (int i = AP_STATISTIC_RMS; i <= AP_STATISTIC_QUANTILE; i++) {
        row.statistic = (ap_statistic)i;
        row.fraction = 0.7;
        assert_true(isinf(require(row).value));
        assert_int_equal(require(row).status, AP_REQUIREMENT_FAIL);
    }
    row.statistic = AP_STATISTIC_BEYOND;
    row.threshold = 12.0;
    row.limit = 0.4;
    assert_near(require(row).value, 0.5, 1e-12);
    row.statistic = AP_STATISTIC_MAX;
    row.limit = 20.5; /* longer than 7600 was there */
    assert_int_equal(require(row).sample_count, 1);
    assert_near(require(row).value, 6.0, 1e-9);
}

/* 7700 from 20 s to 25 s, and at 95 s of 100; the track tells 2000 all the while, which is right
 * again at 25 s but tells of no emergency. Both were there for 5 s. */
static void test_emergency_never_told(void **state)
{
    (void)state;
    for (int t = 0; t <= 100; t++) {
        ap_trajectory_identity calm = { .mode_3a = 02000, .flags = AP_IDENTITY_HAS_MODE_3A };
        ap_trajectory_identity true_code = calm;
        true_code.mode_3a = (t >= 20 && t < 25) || t >= 95 ? 07700 : 02000;
        ap_trajectory_state s = test_state(t, 0.0, 0.0, 0.0, 0.0);
        ap_trajectory_add(&test.truth, 1, &s, NULL, &true_code);
        ap_trajectory_add(&test.tracks, 1, &s, NULL, &calm);
    }
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement row = { .quantity = AP_QUANTITY_EMERGENCY_DELAY,
                           .statistic = AP_STATISTIC_MAX,
                           .limit = 4.0,
                           .sample_min = 1 };
    ap_requirement_result r = require(row);
    assert_int_equal(r.sample_count, 2);
    assert_true(isinf(r.value));
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    row.limit = 12.0; /* neither was there so long */
    r = require(row);
    assert_int_equal(r.sample_count, 0);
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH);
    row.quantity = AP_QUANTITY_IDENTITY_DELAY; /* back to 2000: told at once */
    r = require(row);
    assert_int_equal(r.sample_count, 1);
    assert_near(r.value, 0.0, 1e-9);
}

/* Code changed at 20 s, call sign at 40 s; the track tells the right address all the while, no code
 * until the new one at 32 s, and the new call sign at 45 s. */
static void test_identity_delay_of_any(void **state)
{
    (void)state;
    for (int t = 0; t <= 100; t++) {
        ap_trajectory_identity who = { .address = 0xABC,
                                       .mode_3a = t < 20 ? 01000 : 02000,
                                       .callsign = "OLD",
                                       .flags = AP_IDENTITY_HAS_ADDRESS | AP_IDENTITY_HAS_MODE_3A |
                                                AP_IDENTITY_HAS_CALLSIGN };
        ap_trajectory_identity told = who;
        ap_trajectory_state s = test_state(t, 0.0, 0.0, 0.0, 0.0);
        memcpy(who.callsign, t < 40 ? "OLD" : "NEW", 4);
        memcpy(told.callsign, t < 45 ? "OLD" : "NEW", 4);
        told.mode_3a = 02000;
        told.flags = t < 32 ? AP_IDENTITY_HAS_ADDRESS : who.flags;
        ap_trajectory_add(&test.truth, 1, &s, NULL, &who);
        ap_trajectory_add(&test.tracks, 1, &s, NULL, &told);
    }
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement row = { .quantity = AP_QUANTITY_IDENTITY_DELAY,
                           .statistic = AP_STATISTIC_MAX,
                           .limit = 30.0,
                           .sample_min = 1 };
    assert_int_equal(require(row).sample_count, 2);
    assert_near(require(row).value, 12.0, 1e-9);
    row.statistic = AP_STATISTIC_MEAN;
    assert_near(require(row).value, (12.0 + 5.0) / 2.0, 1e-9);
    row.identity = AP_IDENTITY_KIND_ADDRESS;
    assert_int_equal(require(row).sample_count, 0);
}

/* Flight 1 has a code and an altitude: its track tells them from 50 s on, the altitude 100 m off
 * from 75 s on. Flight 2 has neither, and its track tells a code. */
static void add_half_told(void)
{
    ap_trajectory_identity code = { .mode_3a = 01234, .flags = AP_IDENTITY_HAS_MODE_3A };
    for (int t = 0; t <= 100; t++) {
        ap_trajectory_state s = test_state(t, 0.0, 0.0, 0.0, 0.0);
        ap_trajectory_state far = test_state(t, 50000.0, 0.0, 0.0, 0.0);
        test_truth(&test, 2, far);
        ap_trajectory_add(&test.tracks, 2, &far, NULL, &code);
        s.pressure_altitude_m = 3000.0f;
        s.flags |= AP_STATE_HAS_PRESSURE_ALTITUDE;
        ap_trajectory_add(&test.truth, 1, &s, NULL, &code);
        if (t < 50)
            s.flags &= ~(uint32_t)AP_STATE_HAS_PRESSURE_ALTITUDE;
        if (t >= 75)
            s.pressure_altitude_m += 100.0f;
        ap_trajectory_add(&test.tracks, 1, &s, NULL, t < 50 ? NULL : &code);
    }
}

/* What is not told is not right; a truth that has nothing to tell asks for nothing. */
static void test_right_of_what_could_be_told(void **state)
{
    (void)state;
    add_half_told();
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement row = { .quantity = AP_QUANTITY_IDENTITY_CORRECT,
                           .identity = AP_IDENTITY_KIND_MODE_3A,
                           .at_least = true,
                           .limit = 0.98 };
    ap_requirement_result r = require(row);
    assert_int_equal(r.sample_count, 101);
    assert_int_equal(r.hit_count, 51);
    row.identity = AP_IDENTITY_KIND_ANY;
    assert_int_equal(require(row).sample_count, 101);
    row.identity = AP_IDENTITY_KIND_ADDRESS; /* nobody has one */
    assert_int_equal(require(row).sample_count, 0);
    row.identity = AP_IDENTITY_KIND_ANY;
    row.quantity = AP_QUANTITY_IDENTITY_WRONG; /* of those told and known */
    assert_int_equal(require(row).sample_count, 51);
    row.quantity = AP_QUANTITY_IDENTITY_UPDATE;
    row.interval_s = 2.0;
    row.scope = AP_SCOPE_FLIGHT;
    row.sample_min = 10;
    r = require(row);
    assert_int_equal(r.flight_count, 1); /* flight 2 is not judged */
    assert_int_equal(r.flight_short_count, 1);
    assert_int_equal(r.sample_count, 50);
    assert_int_equal(r.hit_count, 26); /* (48, 50] is the first */
    r = require((ap_requirement){ .quantity = AP_QUANTITY_ALTITUDE_CORRECT,
                                  .threshold = 300.0 * AP_M_PER_FT,
                                  .at_least = true,
                                  .limit = 0.96 });
    assert_int_equal(r.sample_count, 101);
    assert_int_equal(r.hit_count, 25);
}

/* A hole of 40 s in the truth is nobody's gap, and no update is expected in it. */
static void test_gaps_beside_a_hole(void **state)
{
    (void)state;
    for (int t = 0; t <= 400; t++) {
        if (t > 200 && t < 240)
            continue;
        test_truth(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        if (t < 100 || t >= 140)
            test_track(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement_result r = require((ap_requirement){
        .quantity = AP_QUANTITY_LONG_GAP, .interval_s = 8.0, .threshold = 26.4, .limit = 0.005 });
    assert_int_equal(r.sample_count, 45); /* of 50, those from 200 s to 240 s are not expected */
    assert_int_equal(r.hit_count, 5);     /* 99 s to 140 s */
}

/* One true flight, one false track 5 km beside it, another 500 km away. */
static void test_false_tracks(void **state)
{
    (void)state;
    for (int t = 0; t <= 600; t++) {
        test_truth(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        if (t % 4 != 0)
            continue;
        test_track(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        if (t >= 100 && t < 200)
            test_track(&test, 2, test_state(t, 5000.0, 0.0, 0.0, 0.0));
        if (t >= 100 && t < 300)
            test_track(&test, 3, test_state(t, 500000.0, 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement row = { .quantity = AP_QUANTITY_FALSE_TRACK_NEAR,
                           .threshold = 9.0 * AP_M_PER_NMI,
                           .limit = 1.0 };
    ap_requirement_result r = require(row);
    assert_int_equal(r.hit_count, 1);
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH); /* ten minutes tell no rate */
    row.limit = 0.0;
    assert_int_equal(require(row).status, AP_REQUIREMENT_FAIL);
    row.quantity = AP_QUANTITY_FALSE_TRACK;
    assert_int_equal(require(row).hit_count, 2);
    row = (ap_requirement){ .quantity = AP_QUANTITY_FALSE_REPORT_DENSITY,
                            .area_m2 = 900.0 * AP_M_PER_NMI * AP_M_PER_NMI,
                            .window_s = 450.0 * 8.0,
                            .limit = 10.0 };
    r = require(row);
    assert_int_equal(r.hit_count, 50); /* of the far one: 200 s, one each 4 s */
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    row.window_s = 150.0; /* 152 to 296 s of the far one */
    assert_int_equal(require(row).hit_count, 37);
    row = (ap_requirement){ .quantity = AP_QUANTITY_FALSE_REPORT, .limit = 0.5 };
    assert_near(require(row).value, 75.0 / 226.0, 1e-12);
}

static void test_proximate_time(void **state)
{
    (void)state;
    for (int t = 0; t <= 100; t++) {
        test_truth(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        test_truth(&test, 2, test_state(t, 10000.0, 0.0, 0.0, 0.0));
        test_truth(&test, 3, test_state(t, 90000.0, 0.0, 0.0, 0.0));
        if (t <= 50) { /* its last report is shown for 10 s more */
            test_truth(&test, 4, test_state(t, 5000.0, 0.0, 0.0, 0.0));
            test_track(&test, 4, test_state(t, 5000.0, 0.0, 0.0, 0.0));
        }
        test_track(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        test_track(&test, 2, test_state(t - 0.25, 10000.0, 0.0, 0.0, 0.0));
        test_track(&test, 3, test_state(t - 0.5, 90000.0, 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement_result r = require((ap_requirement){
        .quantity = AP_QUANTITY_PROXIMATE_TIME, .threshold = 10.0 * AP_M_PER_NMI, .limit = 0.3 });
    /* At 51 instants two of three pairs differ by 0.25 s, at 50 the only one. */
    assert_near(r.value, sqrt(152 * 0.0625 / 203), 0.003);
    assert_int_equal(r.status, AP_REQUIREMENT_PASS);
}

static void test_row_with_fault(void **state)
{
    (void)state;
    add_two_flights();
    ap_evaluation_config config = wide();
    test_evaluate(&test, &config);
    ap_requirement_result r = require((ap_requirement){ .quantity = AP_QUANTITY_UPDATE });
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH);
    r = require((ap_requirement){ .quantity = AP_QUANTITY_NOT_MEASURED, .limit = 1.0 });
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH);
    r = require((ap_requirement){ .quantity = AP_QUANTITY_PLOT_DETECTION, .limit = 0.5 });
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH); /* tracks do not tell */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_update_and_gaps),
        CASE(test_errors_by_statistic),
        CASE(test_correlated_errors),
        CASE(test_identity),
        CASE(test_identity_delay_of_any),
        CASE(test_false_tracks),
        CASE(test_proximate_time),
        CASE(test_row_with_fault),
        CASE(test_right_of_what_could_be_told),
        CASE(test_gaps_beside_a_hole),
        CASE(test_emergency_delay),
        CASE(test_emergency_never_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
