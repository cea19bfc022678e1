#include "score/plots.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/geo.h"
#include "score/test_evaluation.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((value) - (expected)) <= (tolerance))

#define TURN_S 4.0
#define FLIGHT_S 400
#define SPEED_MPS 200.0

static test_evaluation test;
static ap_sensor sensor[2];
static ap_sensor_stats stats[2];
static ap_sensor_table table = { .sensor = sensor, .stats = stats, .count = 1, .cap = 2 };
static ap_plots plots;
static void *memory;

static ap_geodetic place_at(double time_s)
{
    double north_m, east_m;
    ap_radii_at(0.9, &north_m, &east_m);
    return (ap_geodetic){ 0.9 + SPEED_MPS * time_s / north_m, 0.2, 9000.0 };
}

static void add_truth(uint64_t id, double time_s, const ap_trajectory_identity *who,
                      bool has_altitude)
{
    ap_geodetic at = place_at(time_s);
    ap_trajectory_state s = test_state(time_s, 0.0, 0.0, 0.0, SPEED_MPS);
    s.latitude_rad = at.latitude_rad;
    s.longitude_rad = at.longitude_rad + (id == 1 ? 0.0 : 0.01);
    s.height_m = (float)at.height_m;
    s.flags |= AP_STATE_HAS_HEIGHT;
    if (has_altitude)
        s.flags |= AP_STATE_HAS_PRESSURE_ALTITUDE;
    s.pressure_altitude_m = 8900.0F;
    assert_int_equal(ap_trajectory_add(&test.truth, id, &s, NULL, who), AP_OK);
}

static const ap_trajectory_identity code = { .mode_3a = 01234, .flags = AP_IDENTITY_HAS_MODE_3A };

static void start(void)
{
    ap_trajectory_set_sort(&test.truth);
    table.count = 1;
    for (int i = 0; i < 2; i++) {
        ap_sensor_defaults(&sensor[i], AP_SENSOR_MODE_S);
        sensor[i].turn_s = TURN_S;
        sensor[i].range_min_m = 0.0;
        sensor[i].range_max_m = 0.0;
        assert_int_equal(ap_sensor_place(&sensor[i], (ap_geodetic){ 0.906, 0.185, 100.0 }), AP_OK);
    }
    size_t size = ap_plots_size(&test.truth);
    memory = malloc(size);
    assert_int_equal(ap_plots_init(&plots, &test.truth, &table, 10.0, memory, size), AP_OK);
}

/* An aircraft that passes a radar northward, some 60 km to its east. */
static int begin(void **state)
{
    (void)state;
    test_evaluation_begin(&test, AP_TRAJECTORY_GEODETIC);
    for (int t = 0; t <= FLIGHT_S; t++)
        add_truth(1, t, &code, false);
    start();
    return 0;
}

/* It answers for 161 s alone; one without a transponder is 40 km to its east. */
static int begin_two(void **state)
{
    (void)state;
    test_evaluation_begin(&test, AP_TRAJECTORY_GEODETIC);
    for (int t = 0; t <= FLIGHT_S; t++) {
        add_truth(1, t, &code, t < 161);
        add_truth(2, t, NULL, false);
    }
    start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(memory);
    test_evaluation_end(&test);
    return 0;
}

/* As seen at `time_s`, with a bias and a stamp that is late. */
static ap_report plot_at(double time_s, double range_bias_m, double azimuth_bias_rad, double late_s)
{
    ap_report r = { .time_utc = ap_utc_add_s(0, time_s + late_s),
                    .kind = AP_REPORT_TARGET,
                    .present = AP_HAS_POLAR,
                    .range_sigma_m = 50.0,
                    .azimuth_sigma_rad = 1e-3 };
    double elevation_rad;
    ap_polar_from_ecef(&sensor[0].frame, ap_ecef_from_geodetic(place_at(time_s)), &r.range_m,
                       &r.azimuth_rad, &elevation_rad);
    r.range_m += range_bias_m;
    r.azimuth_rad += azimuth_bias_rad;
    return r;
}

/* 100 looks, the first at 2 s; every tenth is missed. */
static void test_plots_biases_apart(void **state)
{
    (void)state;
    for (int i = 0; i < 99; i++) {
        ap_report r = plot_at(2.0 + TURN_S * i, 80.0, 1e-3, 0.5);
        if (i % 10 != 5)
            ap_plots_add(&plots, &r, NULL);
    }
    ap_plots_finish(&plots);
    assert_int_equal(ap_plots_of(&plots, 0)->beyond_count, 0);
    const ap_plot_part_figures *f = &ap_plots_of(&plots, 0)->part[AP_PLOT_ANY];
    assert_int_equal(f->report_count, 89);
    assert_int_equal(f->hit_count, 89);
    assert_int_equal(f->miss_count, 10);
    assert_int_equal(f->false_count + f->second_count, 0);
    assert_near(f->time_bias_s, 0.5, 0.01);
    assert_near(f->axis[0].bias, 80.0, 1.0);
    assert_near(f->axis[1].bias, 1e-3, 2e-5);
    assert_true(f->axis[0].random < 2.0 && f->axis[1].random < 5e-5);
}

/* Whose a plot is, and how far off: of the nearest truth, whatever was in the memory before. */
static void test_plots_match(void **state)
{
    (void)state;
    ap_plot_match match;
    for (int fill = 0; fill < 256; fill += 51) {
        memset(&match, fill, sizeof match);
        ap_report r = plot_at(50.0, 80.0, 1e-3, 0.0);
        assert_true(ap_plots_add(&plots, &r, &match));
        assert_int_equal(match.truth, 0);
        assert_false(match.is_placeless);
        assert_near(match.error[0], 80.0, 1.0);
        assert_near(match.error[1], 1e-3, 1e-5);
        assert_near(match.range_m, r.range_m - 80.0, 1.0);
        assert_near(match.point.north_mps, SPEED_MPS, 1e-9);
        r.range_m += 5000.0;
        assert_false(ap_plots_add(&plots, &r, &match));
        r.present = AP_HAS_VELOCITY; /* without an address it is nobody's */
        assert_false(ap_plots_add(&plots, &r, &match));
    }
}

/* A report without a place is of the truth that alone has its address at that time. */
static void test_plots_placeless(void **state)
{
    ap_trajectory_identity a = { .address = 0xA1, .flags = AP_IDENTITY_HAS_ADDRESS };
    ap_trajectory_identity b = { .address = 0xB2, .flags = AP_IDENTITY_HAS_ADDRESS };
    ap_plot_match match;
    (void)state;
    test_evaluation_begin(&test, AP_TRAJECTORY_GEODETIC);
    for (int t = 0; t <= FLIGHT_S; t++) {
        add_truth(1, t, &a, false);
        add_truth(2, t, &b, false);
        if (t > 200)
            add_truth(3, t, &b, false);
    }
    start();
    ap_report r = { .time_utc = 50 * AP_NS_PER_S,
                    .kind = AP_REPORT_TARGET,
                    .present = AP_HAS_ADDRESS | AP_HAS_VELOCITY,
                    .address = 0xB2 };
    assert_true(ap_plots_add(&plots, &r, &match));
    assert_true(match.is_placeless);
    assert_int_equal(match.truth, 1);
    assert_near(match.point.north_mps, SPEED_MPS, 1e-9);
    assert_false(ap_plots_add(&plots, &r, NULL));
    r.time_utc = 300 * AP_NS_PER_S; /* two have it */
    assert_false(ap_plots_add(&plots, &r, &match));
    r.address = 0xC3;
    assert_false(ap_plots_add(&plots, &r, &match));
    ap_plots_finish(&plots);
    assert_int_equal(ap_plots_of(&plots, 0)->placeless_count, 4);
    (void)end(state);
}

static void test_plots_false_and_second(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        ap_report r = plot_at(2.0 + TURN_S * i, 0.0, 0.0, 0.0);
        ap_plots_add(&plots, &r, NULL);
        if (i == 10 || i == 20) /* a split */
            ap_plots_add(&plots, &r, NULL);
        r.range_m += 5000.0;
        if (i % 5 == 0)
            ap_plots_add(&plots, &r, NULL);
    }
    ap_report none = { .time_utc = ap_utc_add_s(0, 199.0), .present = AP_HAS_MODE_3A };
    ap_plots_add(&plots, &none, NULL);
    ap_plots_finish(&plots);
    const ap_plot_figures *f = ap_plots_of(&plots, 0);
    const ap_plot_part_figures *any = &f->part[AP_PLOT_ANY];
    assert_int_equal(any->false_count, 10);
    /* From 71 km to 59 km; the false ones are 5 km farther. */
    assert_int_equal(f->range_hit[7] + f->range_hit[6] + f->range_hit[5], 50);
    assert_int_equal(f->range_false[7] + f->range_false[6], 10);
    assert_true(f->range_hit[5] > 0 && f->range_false[7] > 0);
    assert_int_equal(any->second_count, 2);
    assert_int_equal(f->placeless_count, 1);
    assert_int_equal(any->hit_count, 50);
    assert_int_equal(any->miss_count, 0);
    assert_near(f->turn_count, 49.25, 1e-9);
    assert_near(any->axis[0].rms, 0.0, 1e-3);
}

static ap_requirement_result answer(ap_quantity quantity, ap_statistic statistic,
                                    ap_sensor_class sensors, double limit)
{
    ap_requirement row = {
        .quantity = quantity, .statistic = statistic, .sensors = sensors, .limit = limit
    };
    row.at_least = quantity == AP_QUANTITY_PLOT_DETECTION;
    return ap_plots_require(&plots, &row);
}

/* Errors of 80 m and 1 mrad, a thousandth of the range, and stamps 0.5 s late; 10 of 99 missed. */
static void test_plots_require_each_error(void **state)
{
    (void)state;
    double mean_m = 0.0;
    for (int i = 0; i < 99; i++) {
        ap_report r = plot_at(2.0 + TURN_S * i, 80.0, 1e-3, 0.5);
        double gain_m = 1e-3 * (r.range_m - 80.0);
        r.range_m += gain_m;
        if (i % 10 == 5)
            continue;
        mean_m += (80.0 + gain_m) / 89.0;
        ap_plots_add(&plots, &r, NULL);
    }
    ap_plots_finish(&plots);
    ap_requirement_result r = answer(AP_QUANTITY_PLOT_DETECTION, 0, AP_SENSOR_CLASS_SECONDARY, 0.9);
    assert_near(r.value, 89.0 / 99.0, 1e-12);
    assert_int_equal(r.sample_count, 99);
    assert_int_equal(r.hit_count, 89);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    assert_int_equal(r.flight_count, 1);
    r = answer(AP_QUANTITY_PLOT_DETECTION, 0, AP_SENSOR_CLASS_PRIMARY, 0.9);
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH);
    assert_true(isnan(r.value));
    r = answer(AP_QUANTITY_PLOT_RANGE_ERROR, AP_STATISTIC_BIAS, AP_SENSOR_CLASS_ANY, 100.0);
    assert_near(r.value, mean_m, 2.0);
    assert_int_equal(r.sample_count, 89);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    r = answer(AP_QUANTITY_PLOT_RANGE_GAIN, AP_STATISTIC_BIAS, AP_SENSOR_CLASS_ANY, 0.00054);
    assert_near(r.value, 1e-3, 5e-5);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    r = answer(AP_QUANTITY_PLOT_AZIMUTH_ERROR, AP_STATISTIC_BIAS, AP_SENSOR_CLASS_ANY, 1.1e-3);
    assert_near(r.value, 1e-3, 5e-5);
    assert_int_equal(r.status, AP_REQUIREMENT_PASS);
    r = answer(AP_QUANTITY_PLOT_AZIMUTH_ERROR, AP_STATISTIC_DEVIATION, AP_SENSOR_CLASS_ANY, 1e-4);
    assert_true(r.value < 1e-4);
    r = answer(AP_QUANTITY_PLOT_TIME_ERROR, AP_STATISTIC_BIAS, AP_SENSOR_CLASS_ANY, 0.1);
    assert_near(r.value, 0.5, 0.02);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    r = answer(AP_QUANTITY_PLOT_TIME_ERROR, AP_STATISTIC_RMS, AP_SENSOR_CLASS_ANY, 0.1);
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH); /* a fault of the row */
    r = answer(AP_QUANTITY_POSITION_ERROR, AP_STATISTIC_RMS, AP_SENSOR_CLASS_ANY, 100.0);
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH); /* plots do not tell */
}

/* 40 turns: each plot has a reply, 4 are followed by a second one, 8 by one with no truth near; 10
 * more false ones are primary. Codes: 30 told right, 2 wrong, 8 not at all, seconds wrong. */
static void test_plots_require_replies(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        ap_report r = plot_at(2.0 + TURN_S * i, 0.0, 0.0, 0.0), far;
        r.flags = AP_FLAG_SECONDARY;
        r.present |= i >= 32 ? 0 : AP_HAS_MODE_3A;
        r.mode_3a = i < 30 ? 01234 : 04321;
        ap_plots_add(&plots, &r, NULL);
        r.mode_3a = 04321;
        r.present |= AP_HAS_MODE_3A;
        if (i % 10 == 3)
            ap_plots_add(&plots, &r, NULL);
        far = r;
        far.range_m += 5000.0;
        if (i % 5 == 0)
            ap_plots_add(&plots, &far, NULL);
        far.flags = AP_FLAG_PRIMARY;
        if (i % 4 == 0)
            ap_plots_add(&plots, &far, NULL);
    }
    ap_plots_finish(&plots);
    ap_requirement_result r = answer(AP_QUANTITY_PLOT_FALSE, 0, AP_SENSOR_CLASS_SECONDARY, 0.001);
    assert_near(r.value, 8.0 / 52.0, 1e-12);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    assert_near(answer(AP_QUANTITY_PLOT_FALSE, 0, AP_SENSOR_CLASS_ANY, 0.001).value, 18.0 / 62.0,
                1e-12);
    r = answer(AP_QUANTITY_PLOT_SECOND, 0, AP_SENSOR_CLASS_SECONDARY, 0.003);
    assert_near(r.value, 4.0 / 52.0, 1e-12);
    r = answer(AP_QUANTITY_PLOT_MODE_3A_CORRECT, 0, AP_SENSOR_CLASS_SECONDARY, 0.98);
    assert_near(r.value, 30.0 / 44.0, 1e-12);
    r = answer(AP_QUANTITY_PLOT_MODE_3A_WRONG, 0, AP_SENSOR_CLASS_SECONDARY, 0.001);
    assert_near(r.value, 6.0 / 36.0, 1e-12);
    r = answer(AP_QUANTITY_PLOT_ALTITUDE_CORRECT, 0, AP_SENSOR_CLASS_SECONDARY, 0.96);
    assert_int_equal(r.sample_count, 0); /* the truth tells none */
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH);
}

static void test_plots_outside_coverage(void **state)
{
    (void)state;
    sensor[0].range_max_m = 10e3; /* nearer than it ever comes */
    for (int i = 0; i < 50; i++) {
        ap_report r = plot_at(2.0 + TURN_S * i, 0.0, 0.0, 0.0);
        ap_plots_add(&plots, &r, NULL);
    }
    ap_plots_finish(&plots);
    const ap_plot_figures *f = ap_plots_of(&plots, 0);
    assert_int_equal(f->beyond_count, 50);
    assert_int_equal(f->part[AP_PLOT_ANY].hit_count + f->part[AP_PLOT_ANY].miss_count, 0);
    assert_int_equal(f->part[AP_PLOT_ANY].error_count, 50);
}

/* 40 turns of a combined radar with both, but for 4 with an echo alone, 40 m too far, and 8 with a
 * reply alone; then 20 in which it does not answer. The other one is never seen. */
static void test_plots_parts_apart(void **state)
{
    (void)state;
    sensor[0].kind = AP_SENSOR_COMBINED;
    for (int i = 0; i < 60; i++) {
        bool is_echo = i % 10 == 3 || i >= 40, is_reply = i % 5 == 2 && i < 40;
        ap_report r = plot_at(2.0 + TURN_S * i, is_echo ? 40.0 : 0.0, 0.0, 0.0);
        r.flags = (is_reply ? 0 : AP_FLAG_PRIMARY) | (is_echo ? 0 : AP_FLAG_SECONDARY);
        ap_plots_add(&plots, &r, NULL);
    }
    ap_plots_finish(&plots);
    const ap_plot_part_figures *of = ap_plots_of(&plots, 0)->part;
    assert_int_equal(of[AP_PLOT_ANY].hit_count, 60);
    assert_int_equal(of[AP_PLOT_ANY].miss_count, 59); /* the other one */
    assert_int_equal(of[AP_PLOT_ECHO].hit_count, 52);
    assert_int_equal(of[AP_PLOT_ECHO].miss_count, 8 + 59);
    assert_int_equal(of[AP_PLOT_REPLY].hit_count, 36);
    assert_int_equal(of[AP_PLOT_REPLY].miss_count, 4);
    ap_requirement_result r = answer(AP_QUANTITY_PLOT_DETECTION, 0, AP_SENSOR_CLASS_PRIMARY, 0.9);
    assert_near(r.value, 52.0 / 119.0, 1e-12);
    r = answer(AP_QUANTITY_PLOT_DETECTION, 0, AP_SENSOR_CLASS_SECONDARY, 0.97);
    assert_near(r.value, 36.0 / 40.0, 1e-12);
    assert_int_equal(r.status, AP_REQUIREMENT_FAIL);
    r = answer(AP_QUANTITY_PLOT_RANGE_ERROR, AP_STATISTIC_RMS, AP_SENSOR_CLASS_PRIMARY, 100.0);
    assert_int_equal(r.status, AP_REQUIREMENT_NOT_ENOUGH); /* 24 of the 30 needed */
    assert_int_equal(of[AP_PLOT_ECHO].error_count, 24);
    assert_near(of[AP_PLOT_ECHO].axis[0].rms, 40.0, 0.1);
    r = answer(AP_QUANTITY_PLOT_RANGE_ERROR, AP_STATISTIC_RMS, AP_SENSOR_CLASS_SECONDARY, 70.0);
    assert_near(r.value, 0.0, 0.1);
    assert_int_equal(r.sample_count, 36);
}

/* A radar of the sensors file that never sent fails, from the first report of the other to its
 * last; one that nobody described is not missed. */
static void test_plots_silent_all_the_time(void **state)
{
    (void)state;
    for (int described = 0; described < 2; described++) {
        table.count = 2;
        sensor[1].described = described == 1;
        for (int i = 0; i < 50; i++) {
            ap_report r = plot_at(2.0 + TURN_S * i, 0.0, 0.0, 0.0);
            r.flags = AP_FLAG_SECONDARY;
            ap_plots_add(&plots, &r, NULL);
        }
        ap_plots_finish(&plots);
        const ap_plot_figures *f = ap_plots_of(&plots, 1);
        ap_requirement_result r =
            answer(AP_QUANTITY_PLOT_DETECTION, 0, AP_SENSOR_CLASS_SECONDARY, 0.97);
        assert_int_equal(f->is_silent, described);
        assert_int_equal(f->part[AP_PLOT_REPLY].miss_count, described ? 49 : 0);
        assert_int_equal(r.status, described ? AP_REQUIREMENT_FAIL : AP_REQUIREMENT_NOT_ENOUGH);
        assert_int_equal(r.worst_sensor, described);
        assert_true(described ? r.value == 0.0 : isnan(r.value));
        r = answer(AP_QUANTITY_PLOT_RANGE_ERROR, AP_STATISTIC_RMS, AP_SENSOR_CLASS_SECONDARY, 70.0);
        assert_int_equal(r.flight_fail_count, 0);
        end(state);
        begin(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plots_biases_apart, begin, end),
        cmocka_unit_test_setup_teardown(test_plots_match, begin, end),
        cmocka_unit_test(test_plots_placeless),
        cmocka_unit_test_setup_teardown(test_plots_false_and_second, begin, end),
        cmocka_unit_test_setup_teardown(test_plots_outside_coverage, begin, end),
        cmocka_unit_test_setup_teardown(test_plots_require_each_error, begin, end),
        cmocka_unit_test_setup_teardown(test_plots_require_replies, begin, end),
        cmocka_unit_test_setup_teardown(test_plots_parts_apart, begin_two, end),
        cmocka_unit_test_setup_teardown(test_plots_silent_all_the_time, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
