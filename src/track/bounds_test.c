/* Bad input: what the tracker does with numbers, places and crowds that no sensor should give. */
#include "track/state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "track/test_noise.h"
#include "track/test_radar.h"

#define DEG AP_RAD_PER_DEG

static ap_report report_at(double t_s)
{
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    return (ap_report){ .time_utc = time_utc, .receive_utc = time_utc };
}

static ap_report polar_at(const world *w, ap_geodetic at, double t_s)
{
    ap_report r = report_at(t_s);
    double elevation_rad;
    ap_polar_from_ecef(&w->sensor.frame, ap_ecef_from_geodetic(at), &r.range_m, &r.azimuth_rad,
                       &elevation_rad);
    r.present = AP_HAS_POLAR;
    r.range_sigma_m = w->sensor.range_sigma_m;
    r.azimuth_sigma_rad = w->sensor.azimuth_sigma_rad;
    return r;
}

static ap_report position_at(ap_geodetic at, double t_s)
{
    ap_report r = report_at(t_s);
    r.present = AP_HAS_POSITION;
    r.latitude_rad = at.latitude_rad;
    r.longitude_rad = at.longitude_rad;
    r.position_var_ee_m2 = r.position_var_nn_m2 = 1e4;
    return r;
}

/* The area that a radar's false plots are learnt to lie in. unused_range_m: in the reports without
 * polar coordinates, where nothing should read it. */
static double learnt_area_m2(bool polar, double unused_range_m)
{
    world *w = world_new(AP_SENSOR_PSR);
    uint64_t seed = 5;
    for (int k = 0; k < 40 * 40; k++) {
        ap_geodetic at = { (49.0 + 2.0 * test_uniform(&seed)) * DEG,
                           (7.0 + 2.0 * test_uniform(&seed)) * DEG, 100.0 };
        double t_s = TURN_S * k / 40.0;
        ap_report r = polar ? polar_at(w, at, t_s) : position_at(at, t_s);
        if (!polar)
            r.range_m = unused_range_m;
        ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
    }
    ap_tracker_flush(&w->tracker);
    double area_m2 = w->tracker.state->group[0].background.clutter_area;
    world_free(w);
    return area_m2;
}

/* False plots of a radar that gives places instead of ranges: as far off as they are. */
static void test_step_learns_clutter_of_places(void **state)
{
    (void)state;
    double polar_m2 = learnt_area_m2(true, 0.0);
    assert_in_range(polar_m2 / 1e6, 10000, 60000); /* 222 km by 143 km, as a disc: 50 % off */
    const double unused_m[] = { 0.0, NAN, 1e12 };
    for (size_t i = 0; i < sizeof unused_m / sizeof unused_m[0]; i++)
        assert_true(fabs(learnt_area_m2(false, unused_m[i]) / polar_m2 - 1.0) < 0.02);
}

/* ---- order ---- */

#define CROWD 30
#define PAIRS 5

/* Thirty aircraft within 5 km, seen at one instant each turn; of the first ten, each two that are
 * within a resolution cell give one plot in two turns of three. */
static size_t crowd_of(const world *w, int turn, uint64_t *seed, ap_report *out)
{
    size_t n = 0;
    uint64_t places = 77;
    for (int i = 0; i < CROWD; i++) {
        double north = 0.05 * (test_uniform(&places) - 0.5);
        double east = 0.05 * (test_uniform(&places) - 0.5);
        if (i < 2 * PAIRS && i % 2 == 1 && turn % 3 != 0)
            continue;
        ap_geodetic at = { (50.7 + north + 0.002 * turn) * DEG, (8.5 + east) * DEG, 8000.0 };
        if (i < 2 * PAIRS) { /* 60 m apart */
            at.latitude_rad = (50.6 + 0.01 * (i / 2) + 0.002 * turn) * DEG;
            at.longitude_rad = (8.3 + 0.0008 * (i % 2)) * DEG;
        }
        out[n] = polar_at(w, at, TURN_S * turn + 1.0);
        out[n].range_m += 30.0 * test_normal(seed);
        out[n++].azimuth_rad += 5e-4 * test_normal(seed);
    }
    return n;
}

static void shuffle(ap_report *report, size_t count, uint64_t *seed)
{
    for (size_t i = count; i-- > 1;) {
        size_t j = (size_t)(test_uniform(seed) * (double)(i + 1));
        ap_report swap = report[i];
        report[i] = report[j];
        report[j] = swap;
    }
}

/* order: 0 as they are, else a seed. one_by_one: a call for each report. */
static size_t crowd_tracks(uint64_t order, bool one_by_one, ap_track *tracks, size_t cap,
                           ap_tracker_stats *stats)
{
    world *w = world_new(AP_SENSOR_PSR);
    uint64_t noise = 4242;
    for (int turn = 0; turn < 12; turn++) {
        ap_report report[CROWD];
        size_t n = crowd_of(w, turn, &noise, report);
        if (order != 0)
            shuffle(report, n, &order);
        size_t batch = one_by_one ? 1 : n;
        for (size_t at = 0; at < n; at += batch)
            ap_tracker_step(&w->tracker, report[at].receive_utc, report + at, batch);
    }
    ap_tracker_flush(&w->tracker);
    size_t count = ap_tracker_tracks(&w->tracker, true, tracks, cap);
    *stats = *ap_tracker_stats_of(&w->tracker);
    world_free(w);
    assert_in_range(count, CROWD - PAIRS, cap);
    return count;
}

/* What order the reports of one instant come in is chance. Whatever it is, the same tracks come of
 * them, to the last bit: in a crowd in which each method of association has its part. */
static void test_step_order_in_a_crowd_makes_no_difference(void **state)
{
    (void)state;
    enum { CAP = 128 };
    static ap_track one[CAP], other[CAP];
    ap_tracker_stats stats, again;
    size_t count = crowd_tracks(0, false, one, CAP, &stats);
    assert_true(stats.shared_count > 0 && stats.exact_count > 0);
    assert_true(stats.belief_count + stats.nearest_count > 0);
    for (uint64_t order = 1; order <= 10; order++) {
        memset(other, 0, sizeof other);
        assert_int_equal(crowd_tracks(order, order % 2 == 0, other, CAP, &again), count);
        assert_memory_equal(&stats, &again, sizeof stats);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(one[i].id, other[i].id);
            assert_memory_equal(&one[i].position, &other[i].position, sizeof one[i].position);
            assert_memory_equal(one[i].P_enu, other[i].P_enu, sizeof one[i].P_enu);
            assert_memory_equal(&one[i].existence, &other[i].existence, sizeof(double));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_learns_clutter_of_places),
        cmocka_unit_test(test_step_order_in_a_crowd_makes_no_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
