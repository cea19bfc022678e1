/* The tracker on one radar that cannot always tell two aircraft apart. */
#include "airpicture/tracker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "track/test_radar.h"

/* As radars are: primary ones, and secondary ones, which miss one look in fifty. */
static const double detections[] = { 0.9, 0.94, 0.95, 0.97, 0.98 };
#define DETECTIONS (sizeof detections / sizeof detections[0])

static world *radar_that_detects(double probability)
{
    world *w = world_new(AP_SENSOR_SSR);
    w->sensor.detection_probability = probability;
    w->sensor.detection_fixed = true;
    w->sensor.range_resolution_m = 150.0;
    w->sensor.azimuth_resolution_rad = 0.6 * AP_RAD_PER_DEG;
    w->seed = 3;
    return w;
}

static world *radar_new(void)
{
    return radar_that_detects(0.9);
}

/* Nearly normal: the sum of twelve. */
static double noise(world *w)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum += (double)(w->seed >> 11) * 0x1p-53;
    }
    return sum;
}

/* Two aircraft fly north, side by side; the radar is to the south of them. `across_m` is where
 * between their middle and the right one the plot lies. */
static ap_report plot(world *w, int turn, double across_m)
{
    double t_s = TURN_S * turn + 1.0, x = 3000.0 + across_m, y = 80000.0 + 180.0 * t_s;
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    return (ap_report){ .time_utc = time_utc,
                        .receive_utc = time_utc,
                        .kind = AP_REPORT_TARGET,
                        .present = AP_HAS_POLAR | AP_HAS_PRESSURE_ALTITUDE,
                        .flags = AP_FLAG_SECONDARY,
                        .range_m = hypot(x, y) + 40.0 * noise(w),
                        .azimuth_rad = atan2(x, y) + 0.0012 * noise(w),
                        .range_sigma_m = 40.0,
                        .azimuth_sigma_rad = 0.0012,
                        .pressure_altitude_m = 9000.0,
                        .pressure_altitude_sigma_m = 8.0 };
}

static void send(world *w, ap_report report)
{
    ap_tracker_step(&w->tracker, report.receive_utc, &report, 1);
}

static void turns_apart(world *w, int from, int to, double gap_m)
{
    for (int turn = from; turn < to; turn++) {
        send(w, plot(w, turn, -0.5 * gap_m));
        send(w, plot(w, turn, 0.5 * gap_m));
    }
}

static void turns_as_one(world *w, int from, int to)
{
    for (int turn = from; turn < to; turn++)
        send(w, plot(w, turn, 0.0));
}

/* The firm tracks, how many, from west to east. */
static size_t tracks_of(world *w, ap_track *track, size_t cap)
{
    ap_tracker_flush(&w->tracker);
    size_t count = ap_tracker_tracks(&w->tracker, false, track, cap);
    for (size_t i = 0; i + 1 < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (track[j].position.longitude_rad < track[i].position.longitude_rad) {
                ap_track swap = track[i];
                track[i] = track[j];
                track[j] = swap;
            }
    return count;
}

/* Existence of the least probable of two; 0 when there are not two. */
static double second_of(world *w)
{
    ap_track track[4];
    size_t count = tracks_of(w, track, 4);
    return count == 2 ? fmin(track[0].existence, track[1].existence) : 0.0;
}

static void outlive(world *w)
{
    ap_track before[4], after[4];
    for (int turn = 0; turn < 20; turn++)
        turns_apart(w, turn, turn + 1, 3100.0 - 120.0 * turn);
    assert_int_equal(tracks_of(w, before, 4), 2);
    for (int turn = 20; turn < 50; turn++) {
        turns_as_one(w, turn, turn + 1);
        assert_true(second_of(w) > 0.5);
    }
    for (int turn = 50; turn < 64; turn++)
        turns_apart(w, turn, turn + 1, 820.0 + 120.0 * (turn - 50));
    assert_int_equal(tracks_of(w, after, 4), 2);
    assert_int_equal(fmin(after[0].id, after[1].id), fmin(before[0].id, before[1].id));
    assert_int_equal(fmax(after[0].id, after[1].id), fmax(before[0].id, before[1].id));
    assert_true(after[1].position.longitude_rad - after[0].position.longitude_rad >
                1500.0 / (6.378e6 * cos(50.7 * AP_RAD_PER_DEG)));
    assert_true(ap_tracker_stats_of(&w->tracker)->shared_count > 20);
}

/* They close in, for two minutes give one plot, and part again: two tracks all the while, each on
 * its side, and apart. */
static void test_step_pair_outlives_its_one_plot(void **state)
{
    (void)state;
    for (size_t i = 0; i < DETECTIONS; i++) {
        world *w = radar_that_detects(detections[i]);
        outlive(w);
        world_free(w);
    }
}

/* Two that close in, and are one plot from turn 20 on until the given one. */
static world *eclipsed_until(double detection, int turn)
{
    world *w = radar_that_detects(detection);
    for (int t = 0; t < 20; t++)
        turns_apart(w, t, t + 1, 3100.0 - 120.0 * t);
    assert_true(second_of(w) > 0.9);
    turns_as_one(w, 20, turn);
    return w;
}

/* Together in one plot for so long, there may be one aircraft as well as two: the younger track
 * ends. */
static void test_step_pair_of_one_plot_ends_in_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < DETECTIONS; i++) {
        ap_track track[4];
        world *w = eclipsed_until(detections[i], 90);
        assert_true(second_of(w) > 0.9); /* 280 s after both were seen by themselves */
        tracks_of(w, track, 4);
        uint32_t older = track[track[0].id > track[1].id].id;
        turns_as_one(w, 90, 97);
        assert_true(second_of(w) <= 0.5); /* 308 s */
        turns_as_one(w, 97, 106);
        assert_int_equal(tracks_of(w, track, 4), 1);
        assert_int_equal(track[0].id, older);
        assert_true(track[0].existence > 0.99);
        world_free(w);
    }
}

/* Unless it is seen by itself again: in the turn that would be too late, or in the next ones. */
static void test_step_pair_of_one_plot_parts_in_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < DETECTIONS; i++)
        for (int turn = 95; turn < 98; turn++) {
            world *w = eclipsed_until(detections[i], turn);
            turns_apart(w, turn, turn + 1, 500.0);
            assert_true(second_of(w) > 0.9);
            turns_as_one(w, turn + 1, turn + 11);
            assert_true(second_of(w) > 0.9);
            world_free(w);
        }
}

/* A radar that tells them apart may show one plot of them after all, in their middle: not at once
 * is one of them gone. */
static void test_step_pair_apart_may_be_one_plot(void **state)
{
    (void)state;
    for (size_t i = 0; i < DETECTIONS; i++) {
        world *w = radar_that_detects(detections[i]);
        turns_apart(w, 0, 40, 700.0);
        turns_as_one(w, 40, 46);
        assert_true(second_of(w) > 0.92);
        world_free(w);
    }
}

/* One plot too many beside an aircraft is no second one, however long it might hide. */
static void test_step_stray_beside_a_track_starts_none(void **state)
{
    (void)state;
    world *w = radar_new();
    ap_track track[4];
    turns_as_one(w, 0, 10);
    turns_apart(w, 10, 11, 600.0);
    turns_as_one(w, 11, 60);
    assert_int_equal(tracks_of(w, track, 4), 1);
    world_free(w);
}

/* A second aircraft is there from the start, seen by itself now and then only. */
static void test_step_pair_is_found_though_mostly_one(void **state)
{
    (void)state;
    world *w = radar_new();
    ap_track track[4];
    for (int turn = 0; turn < 60; turn++)
        if (turn % 6 == 2)
            turns_apart(w, turn, turn + 1, 350.0);
        else
            turns_as_one(w, turn, turn + 1);
    assert_int_equal(tracks_of(w, track, 4), 2);
    world_free(w);
}

/* Where a radar that tells them apart shows one no more, it has gone: of 200 such radars, each with
 * misses of its own, the last one says so 116 s later, the median one 40 s. */
static void test_step_gone_is_gone_where_pairs_are_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5 * DETECTIONS; i++) {
        world *w = radar_that_detects(detections[i % DETECTIONS]);
        w->seed = 3 + i;
        turns_apart(w, 0, 40, 700.0);
        assert_true(second_of(w) > 0.9);
        for (int turn = 40; turn < 70; turn++)
            send(w, plot(w, turn, 350.0));
        assert_true(second_of(w) < 0.5);
        world_free(w);
    }
}

/* So it is with a detection probability that is learnt: up to 0.98, where nothing is missed. */
static void test_step_gone_is_gone_as_detection_is_learnt(void **state)
{
    (void)state;
    world *w = radar_new();
    w->sensor.detection_fixed = false;
    for (int turn = 0; turn < 300; turn++)
        turns_apart(w, turn, turn + 1, 700.0);
    assert_true(ap_tracker_detection(&w->tracker, 0) > 0.97);
    for (int turn = 300; turn < 330; turn++)
        send(w, plot(w, turn, 350.0));
    assert_true(second_of(w) < 0.5);
    world_free(w);
}

/* Of one plot of two, neither takes the code: it may be the other's, or of both at once. */
static void test_step_one_plot_swaps_no_codes(void **state)
{
    (void)state;
    world *w = radar_new();
    ap_track before[4], track[4];
    for (int turn = 0; turn < 12; turn++)
        for (int i = 0; i < 2; i++) {
            double half_m = 1100.0 - 70.0 * turn;
            ap_report r = plot(w, turn, i ? half_m : -half_m);
            r.present |= AP_HAS_MODE_3A;
            r.mode_3a = i ? 01111 : 02222;
            send(w, r);
        }
    assert_int_equal(tracks_of(w, before, 4), 2);
    assert_int_equal(before[0].mode_3a, 02222);
    assert_int_equal(before[1].mode_3a, 01111);
    for (int turn = 12; turn < 32; turn++) {
        ap_report r = plot(w, turn, 0.0);
        r.present |= AP_HAS_MODE_3A;
        r.mode_3a = turn % 3 ? 01111 : 03333;
        send(w, r);
    }
    assert_int_equal(tracks_of(w, track, 4), 2);
    bool crossed = track[0].id != before[0].id; /* unseen, they may have */
    assert_int_equal(track[crossed].id, before[0].id);
    assert_int_equal(track[crossed].mode_3a, 02222);
    assert_int_equal(track[!crossed].mode_3a, 01111);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_pair_outlives_its_one_plot),
        cmocka_unit_test(test_step_pair_of_one_plot_ends_in_time),
        cmocka_unit_test(test_step_pair_of_one_plot_parts_in_time),
        cmocka_unit_test(test_step_pair_apart_may_be_one_plot),
        cmocka_unit_test(test_step_stray_beside_a_track_starts_none),
        cmocka_unit_test(test_step_pair_is_found_though_mostly_one),
        cmocka_unit_test(test_step_gone_is_gone_where_pairs_are_seen),
        cmocka_unit_test(test_step_gone_is_gone_as_detection_is_learnt),
        cmocka_unit_test(test_step_one_plot_swaps_no_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
