#include "app/tracking.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { REFUSED_MAX = 16 };

typedef struct world {
    ap_sensor_table table;
    ap_tracking tracking;
    uint64_t row_count, update_count, refused_line[REFUSED_MAX];
    ap_detection_refusal refused[REFUSED_MAX];
    size_t refused_count;
    double last_x_m, last_time_s, nis_sum;
} world;

static void on_track(void *context, const ap_plane_track *row)
{
    world *w = context;
    if (row->update) {
        assert_true(row->update->nis_dimensions == 2 && row->update->nis >= 0.0);
        assert_true(row->track->time_utc == row->update->time_utc);
        w->update_count++;
        w->nis_sum += row->update->nis;
        return;
    }
    w->row_count++;
    w->last_x_m = row->x_m;
    w->last_time_s = ap_seconds_between(0, row->track->time_utc);
}

static void on_refused(void *context, uint64_t line, ap_detection_refusal refusal, const char *why)
{
    world *w = context;
    assert_true(strlen(why) > 5 && w->refused_count < REFUSED_MAX);
    w->refused_line[w->refused_count] = line;
    w->refused[w->refused_count++] = refusal;
}

static void start(world *w, ap_tracking_config config)
{
    *w = (world){ .table = { .cap = AP_TRACKING_SENSOR_CAP } };
    w->table.sensor = calloc(w->table.cap, sizeof *w->table.sensor);
    w->table.stats = calloc(w->table.cap, sizeof *w->table.stats);
    config.context = w;
    config.on_track = on_track;
    config.on_refused = on_refused;
    assert_int_equal(ap_tracking_init(&w->tracking, &config, &w->table), AP_OK);
}

static void finish(world *w)
{
    ap_tracking_close(&w->tracking);
    ap_tracking_close(&w->tracking);
    free(w->table.sensor);
    free(w->table.stats);
}

static ap_detection at(double time_s, double x_m, double y_m)
{
    ap_detection d = { .time_utc = ap_utc_add_s(0, time_s) };
    d.value[AP_DETECTION_X_M] = x_m;
    d.value[AP_DETECTION_Y_M] = y_m;
    d.value[AP_DETECTION_POSITION_SIGMA_M] = 50.0;
    d.has = 1u << AP_DETECTION_X_M | 1u << AP_DETECTION_Y_M | 1u << AP_DETECTION_POSITION_SIGMA_M;
    return d;
}

static void take(world *w, ap_detection d, uint64_t line)
{
    d.line = line;
    ap_tracking_take(&w->tracking, &d);
}

/* One aircraft every five seconds, no noise: confirmed, shown at every multiple of five. */
static void test_take_one_aircraft(void **state)
{
    (void)state;
    world w;
    start(&w, ap_tracking_config_default());
    for (int i = 0; i < 40; i++)
        take(&w, at(5.0 * i, 20e3 + 1000.0 * i, 30e3), (uint64_t)i);
    assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
    assert_true(w.table.sensor[0].turn_s == 5.0);
    assert_int_equal(w.tracking.sensor[0].turn_origin, AP_TURN_TIMES);
    assert_int_equal(w.tracking.stats.taken_count, 40);
    assert_int_equal(w.tracking.stats.picture_count, 40);
    assert_in_range(w.row_count, 34, 39);
    assert_true(fabs(w.last_x_m - 59e3) < 60.0 && w.last_time_s == 195.0);
    assert_true(ap_tracking_ms_per_scan(&w.tracking) > 0.0);
    finish(&w);
}

static double uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) * 0x1p-53;
}

/* Plots that err as they say: each update of what is shown tells its innovation, whose mean is 2,
 * less what models for turns allow for. The pictures are the same without. */
static void test_take_tells_innovations(void **state)
{
    (void)state;
    uint64_t rows[2];
    for (int tells = 0; tells < 2; tells++) {
        world w;
        ap_tracking_config config = ap_tracking_config_default();
        uint64_t seed = 9;
        config.innovations = tells != 0;
        start(&w, config);
        for (int i = 0; i < 300; i++) {
            double length = 50.0 * sqrt(-2.0 * log(1.0 - uniform(&seed)));
            double angle = 2.0 * AP_PI * uniform(&seed);
            take(&w,
                 at(5.0 * i, 20e3 + 400.0 * i + length * cos(angle), 30e3 + length * sin(angle)),
                 1);
        }
        assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
        rows[tells] = w.row_count;
        assert_int_equal(w.tracking.stats.update_row_count, w.update_count);
        assert_true(tells ? w.update_count > 290 && w.update_count < 300 : w.update_count == 0);
        assert_true(!tells || fabs(w.nis_sum / (double)w.update_count - 1.6) < 0.4);
        finish(&w);
    }
    assert_int_equal(rows[0], rows[1]);
}

/* Seen three times out of four: the learnt probability leaves its start. */
static void test_take_learns_detection(void **state)
{
    (void)state;
    world w;
    ap_tracking_config config = ap_tracking_config_default();
    uint64_t seed = 5;
    config.turn_s = 5.0;
    start(&w, config);
    for (int i = 0; i < 150; i++)
        for (int k = 0; k < 12; k++)
            if (uniform(&seed) < 0.75)
                take(&w, at(5.0 * i + 0.1 * k, 20e3 * k + 500.0 * i, 30e3), 1);
    assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
    assert_true(fabs(ap_tracker_detection(&w.tracking.tracker, 0) - 0.75) < 0.05);
    finish(&w);
}

/* A file that ends within a turn tells nothing of the aircraft that its beam did not reach. */
static void test_end_within_a_turn(void **state)
{
    (void)state;
    world w;
    ap_tracking_config config = ap_tracking_config_default();
    config.turn_s = 5.0;
    start(&w, config);
    for (int i = 0; i < 30; i++)
        for (int k = 0; k < 12 && (i < 29 || k < 2); k++)
            take(&w, at(5.0 * i + 0.4 * k, 20e3 * k + 500.0 * i, 30e3), 1);
    assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
    assert_true(ap_tracker_detection(&w.tracking.tracker, 0) > 0.95);
    finish(&w);
}

static void test_take_times(void **state)
{
    (void)state;
    world w;
    start(&w, ap_tracking_config_default());
    take(&w, at(9e8, 0.0, 0.0), 2); /* wild, and the first */
    for (int i = 0; i < 20; i++)
        take(&w, at(4.0 * i, 20e3, 30e3), 3);
    take(&w, at(3e9, 0.0, 0.0), 4); /* wild, alone */
    take(&w, at(80.0, 20e3, 30e3), 5);
    take(&w, at(75.0, 20e3, 30e3), 6);   /* late, but not too late */
    take(&w, at(60.0, 20e3, 30e3), 7);   /* too late */
    take(&w, at(9000.0, 20e3, 30e3), 8); /* a gap that the next row agrees with */
    take(&w, at(9004.0, 20e3, 30e3), 9);
    take(&w, at(20000.0, 20e3, 30e3), 10); /* nothing comes after it */
    assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
    static const uint64_t lines[] = { 2, 4, 7, 10 };
    static const ap_detection_refusal refusals[] = { AP_DETECTION_TIME_JUMP, AP_DETECTION_TIME_JUMP,
                                                     AP_DETECTION_TIME_BACKWARDS,
                                                     AP_DETECTION_TIME_JUMP };
    assert_int_equal(w.refused_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(w.refused_line[i], lines[i]);
        assert_int_equal(w.refused[i], refusals[i]);
    }
    assert_int_equal(w.tracking.stats.taken_count, 24);
    assert_true(w.tracking.stats.picture_count < 60); /* none in the gap once all have ended */
    finish(&w);
}

static ap_tracking_config small_config(void)
{
    ap_tracking_config config = ap_tracking_config_default();
    config.track_cap = 200;
    return config;
}

/* Twelve aircraft for `turns` turns of 4 s from `begin_s` on, one plot each a turn, all at its
 * begin: lines from `line` on. The row `wrong`, counted from 0, has a time that is off by `off_s`.
 */
static void take_turns(world *w, double begin_s, int turns, uint64_t line, int wrong, double off_s)
{
    for (int i = 0; i < 12 * turns; i++) {
        double t = 4.0 * (i / 12);
        ap_detection d = at(begin_s + t, 20e3 * (i % 12) + 100.0 * t, 30e3 + 100.0 * t);
        if (i == wrong)
            d.time_utc = ap_utc_add_s(d.time_utc, off_s);
        take(w, d, line + (uint64_t)i);
    }
}

/* One wrong time, in the middle or first, costs its own row. */
static void test_take_one_wrong_time(void **state)
{
    (void)state;
    static const struct {
        int row;
        double off_s;
    } cases[] = { { 200, 12.0 }, { 200, 60.0 }, { 200, 300.0 }, { 200, 5e5 },    { 200, -12.0 },
                  { 0, 12.0 },   { 0, 500.0 },  { 0, 9e8 },     { 200, -300.0 }, { 479, 700.0 } };
    world whole;
    start(&whole, small_config());
    take_turns(&whole, 0.0, 40, 0, -1, 0.0);
    assert_int_equal(ap_tracking_end(&whole.tracking), AP_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world w;
        start(&w, small_config());
        take_turns(&w, 0.0, 40, 0, cases[i].row, cases[i].off_s);
        assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
        assert_int_equal(w.refused_count, 1);
        assert_int_equal(w.refused_line[0], cases[i].row);
        assert_int_equal(w.refused[0], cases[i].off_s > 0.0 ? AP_DETECTION_TIME_JUMP
                                                            : AP_DETECTION_TIME_BACKWARDS);
        assert_int_equal(w.tracking.stats.taken_count, 479);
        assert_int_equal(w.tracking.stats.restart_count, 0);
        assert_int_equal(ap_tracker_stats_of(&w.tracking.tracker)->confirmed_count, 12);
        assert_true(w.row_count <= whole.row_count && w.row_count + 24 >= whole.row_count);
        finish(&w);
    }
    finish(&whole);
}

/* An hour back for good: the tracks end, and the same aircraft have new ones. Seven rows in the
 * past are not enough, nor are eight that others interrupt. */
static void test_take_time_back_for_good(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) { /* before and after the tracker has started */
        world w;
        start(&w, small_config());
        take_turns(&w, 3600.0, first ? 5500 : 40, 0, -1, 0.0);
        uint64_t before = w.row_count, taken = first ? 66000 : 480;
        take_turns(&w, 0.0, 40, 100000, -1, 0.0);
        assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
        assert_int_equal(w.refused_count, 0);
        assert_int_equal(w.tracking.stats.taken_count, taken + 480);
        assert_int_equal(w.tracking.stats.restart_count, 1);
        assert_int_equal(ap_tracker_stats_of(&w.tracking.tracker)->confirmed_count, 24);
        assert_true(w.last_time_s == 156.0);
        assert_true(w.row_count > before + 12 * 34);
        finish(&w);
    }
    world w;
    start(&w, small_config());
    take_turns(&w, 3600.0, 40, 0, -1, 0.0);
    for (uint64_t i = 0; i < 14; i++) {
        if (i == 7)
            take(&w, at(3756.0, 20e3, 30e3), 599);
        take(&w, at(0.1 * (double)i, 20e3, 30e3), 600 + i);
    }
    take(&w, at(3756.1, 20e3, 30e3), 614);
    assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
    assert_int_equal(w.refused_count, 14);
    assert_int_equal(w.refused_line[13], 613);
    assert_int_equal(w.refused[13], AP_DETECTION_TIME_BACKWARDS);
    assert_int_equal(w.tracking.stats.restart_count, 0);
    finish(&w);
}

/* A sensor that is heard first when the tracker runs already, with a turn of 10 s among those of 4:
 * its turn and extent are found all the same. */
static void test_take_late_sensor(void **state)
{
    (void)state;
    world w;
    start(&w, small_config());
    take_turns(&w, 0.0, 5500, 0, -1, 0.0);
    assert_true(w.row_count > 0);
    for (int i = 0; i < 1200; i++) {
        double t = 22000.0 + i / 3.0;
        take(&w, at(t, 20e3 * (i % 12), 30e3 + 100.0 * (t - 22000.0)), 1);
        double angle = 2.0 * AP_PI * (i % 30) / 30.0;
        ap_detection d = at(t, 80e3 * sin(angle), 80e3 * cos(angle));
        snprintf(d.sensor, sizeof d.sensor, "late");
        take(&w, d, 2);
    }
    assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
    assert_int_equal(w.refused_count, 0);
    assert_int_equal(w.table.count, 2);
    assert_true(fabs(w.table.sensor[1].turn_s - 10.0) < 0.01);
    assert_int_equal(w.tracking.sensor[1].turn_origin, AP_TURN_ANGLES);
    assert_true(fabs(w.table.sensor[1].range_max_m - 80e3) < 100.0);
    assert_true(fabs(w.table.sensor[1].clutter_per_turn - 10.0) < 1.0);
    assert_int_equal(w.tracking.sensor[1].row_count, 1200);
    assert_int_equal(w.tracking.stats.taken_count, 66000 + 2400);
    finish(&w);
}

static void test_take_sensors(void **state)
{
    (void)state;
    world w;
    start(&w, ap_tracking_config_default());
    for (int i = 0; i < AP_TRACKING_SENSOR_CAP + 1; i++) {
        ap_detection d = at(0.0, 20e3, 30e3);
        snprintf(d.sensor, sizeof d.sensor, "s%d", i);
        take(&w, d, (uint64_t)i);
    }
    assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
    assert_int_equal(w.table.count, AP_TRACKING_SENSOR_CAP);
    assert_int_equal(w.refused_count, 1);
    assert_int_equal(w.refused[0], AP_DETECTION_SENSOR_TABLE_FULL);
    assert_int_equal(w.tracking.sensor[0].turn_origin, AP_TURN_DEFAULT);
    finish(&w);
}

static void test_end_of_little(void **state)
{
    (void)state;
    world w;
    start(&w, ap_tracking_config_default());
    assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
    assert_true(ap_tracking_ms_per_scan(&w.tracking) == 0.0);
    finish(&w);
    start(&w, ap_tracking_config_default());
    take(&w, at(1e9, 1.0, 2.0), 2);
    assert_int_equal(ap_tracking_end(&w.tracking), AP_OK);
    assert_int_equal(w.tracking.stats.taken_count, 1);
    finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_one_aircraft),
        cmocka_unit_test(test_take_learns_detection),
        cmocka_unit_test(test_take_tells_innovations),
        cmocka_unit_test(test_end_within_a_turn),
        cmocka_unit_test(test_take_times),
        cmocka_unit_test(test_take_one_wrong_time),
        cmocka_unit_test(test_take_time_back_for_good),
        cmocka_unit_test(test_take_late_sensor),
        cmocka_unit_test(test_take_sensors),
        cmocka_unit_test(test_end_of_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
