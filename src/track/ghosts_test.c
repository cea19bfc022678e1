/* The tracker on a radar that shows an aircraft twice. */
#include "airpicture/tracker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "track/test_radar.h"

#define ADDRESS 0x3C1234
#define REFLECTOR_M 6000.0 /* from the radar, due east */

/* An aircraft flies north-west of the radar, towards the east. Mode 3/A and altitude, no address;
 * `later_s` after the beam's own time. */
static ap_report plot(int turn, double farther_m, double right_rad, double later_s)
{
    double t_s = TURN_S * turn + 1.0 + later_s, x = -30000.0 + 190.0 * t_s, y = 60000.0;
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    return (ap_report){ .time_utc = time_utc,
                        .receive_utc = time_utc,
                        .kind = AP_REPORT_TARGET,
                        .present = AP_HAS_POLAR | AP_HAS_PRESSURE_ALTITUDE | AP_HAS_MODE_3A,
                        .flags = AP_FLAG_SECONDARY,
                        .mode_3a = 04321,
                        .range_m = hypot(x, y) + farther_m,
                        .azimuth_rad = ap_wrap_two_pi(atan2(x, y) + right_rad),
                        .range_sigma_m = 30.0,
                        .azimuth_sigma_rad = 0.001,
                        .pressure_altitude_m = 7000.0,
                        .pressure_altitude_sigma_m = 8.0 };
}

/* By way of the reflector: its azimuth, and the way there and on. */
static ap_report reflection(int turn)
{
    ap_report r = plot(turn, 0.0, 0.0, 1.0);
    double e = r.range_m * sin(r.azimuth_rad) - REFLECTOR_M, n = r.range_m * cos(r.azimuth_rad);
    r.range_m = REFLECTOR_M + hypot(e, n);
    r.azimuth_rad = 0.5 * AP_PI;
    return r;
}

static ap_report with_address(ap_report report)
{
    report.present |= AP_HAS_ADDRESS;
    report.address = ADDRESS;
    return report;
}

static void send(world *w, ap_report report)
{
    ap_tracker_step(&w->tracker, report.receive_utc, &report, 1);
}

static size_t tracks_of(world *w, bool tentative)
{
    ap_track track[8];
    ap_tracker_flush(&w->tracker);
    return ap_tracker_tracks(&w->tracker, tentative, track, 8);
}

static uint64_t refused(const world *w, ap_refusal why)
{
    return ap_tracker_stats_of(&w->tracker)->refused.count[why];
}

/* Reflections from the tenth turn on, for a minute and a half. */
static void fly_reflected(world *w, bool has_address, int turns)
{
    for (int turn = 0; turn < turns; turn++) {
        ap_report r = plot(turn, 0.0, 0.0, 0.0), ghost = reflection(turn);
        send(w, has_address ? with_address(r) : r);
        if (turn >= 10)
            send(w, has_address ? with_address(ghost) : ghost);
    }
}

static void test_step_reflection_starts_no_track(void **state)
{
    (void)state;
    for (int has_address = 0; has_address < 2; has_address++) {
        world *w = world_new(AP_SENSOR_MODE_S);
        fly_reflected(w, has_address, 32);
        assert_int_equal(tracks_of(w, true), 1);
        assert_int_equal(refused(w, AP_REFUSED_REFLECTION), 22);
        world_free(w);
    }
}

/* What keeps following an aircraft for many minutes is another one with its code. */
static void test_step_lasting_reflection_is_an_aircraft(void **state)
{
    (void)state;
    world *w = world_new(AP_SENSOR_MODE_S);
    fly_reflected(w, false, 70);
    assert_int_equal(tracks_of(w, false), 2);
    world_free(w);
}

/* Nearer than the aircraft, at another altitude, with a conspicuity code, of an aircraft that the
 * radar has lost: nothing of that is a reflection. */
static void test_step_others_are_no_reflections(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        world *w = world_new(AP_SENSOR_MODE_S);
        for (int turn = 0; turn < 30; turn++) {
            ap_report r = plot(turn, 0.0, 0.0, 0.0), other = reflection(turn);
            if (what == 0)
                other.range_m = 0.5 * r.range_m;
            if (what == 1)
                other.pressure_altitude_m += 600.0;
            if (what == 2)
                r.mode_3a = other.mode_3a = 02000;
            if (what != 3 || turn < 10)
                send(w, r);
            if (turn > 12)
                send(w, other);
        }
        assert_int_equal(refused(w, AP_REFUSED_REFLECTION), 0);
        assert_true(tracks_of(w, false) >= (what == 3 ? 1 : 2)); /* the lost one is dropped */
        world_free(w);
    }
}

/* A radar and a multilateration of the same aircraft. */
static world *world_of_two(ap_sensor sensor[2], ap_sensor_stats stats[2])
{
    world *w = world_new(AP_SENSOR_SSR);
    sensor[0] = w->sensor;
    sensor[1] = (ap_sensor){ .name = "multilateration" };
    ap_sensor_defaults(&sensor[1], AP_SENSOR_MLAT);
    sensor[1].turn_s = 1.0;
    w->table = (ap_sensor_table){ .sensor = sensor, .stats = stats, .count = 2, .cap = 2 };
    world_begin(w);
    return w;
}

/* Where plot() has it, by multilateration. */
static ap_report fix(const world *w, int turn, double farther_m, double later_s)
{
    ap_report r = plot(turn, farther_m, 0.0, later_s);
    double up_m = 6900.0 - r.range_m * r.range_m / (2.0 * 6.371e6);
    double ground_m = sqrt(r.range_m * r.range_m - up_m * up_m);
    ap_vec3 enu = { ground_m * sin(r.azimuth_rad), ground_m * cos(r.azimuth_rad), up_m };
    ap_geodetic at = ap_geodetic_from_ecef(ap_ecef_from_enu(&w->table.sensor[0].frame, enu));
    r.sensor = 1;
    r.present = AP_HAS_POSITION | AP_HAS_PRESSURE_ALTITUDE | AP_HAS_MODE_3A;
    r.latitude_rad = at.latitude_rad;
    r.longitude_rad = at.longitude_rad;
    r.position_var_ee_m2 = r.position_var_nn_m2 = 400.0;
    return r;
}

/* For three turns on end the radar misses the aircraft and shows its reflection, while
 * multilateration shows itself each second. */
static void test_step_reflection_of_who_is_hidden(void **state)
{
    (void)state;
    ap_sensor sensor[2];
    ap_sensor_stats stats[2] = { 0 };
    world *w = world_of_two(sensor, stats);
    for (int turn = 0; turn < 40; turn++) {
        bool is_hidden = turn >= 15 && turn % 8 >= 5;
        if (!is_hidden)
            send(w, plot(turn, 0.0, 0.0, 0.0));
        for (int k = 0; k < 4; k++) {
            send(w, fix(w, turn, 0.0, 0.2 + k));
            if (is_hidden && k == 0)
                send(w, reflection(turn));
        }
    }
    assert_int_equal(tracks_of(w, true), 1);
    assert_int_equal(refused(w, AP_REFUSED_REFLECTION), 10);
    world_free(w);
}

/* The radar's bearing slips: what it shows is the aircraft itself, at its range; also where one is
 * taken for its own echo by the lobes. */
static void test_step_lost_bearing_is_no_ghost(void **state)
{
    (void)state;
    for (int is_near = 0; is_near < 2; is_near++) {
        ap_sensor sensor[2];
        ap_sensor_stats stats[2] = { 0 };
        double farther_m = is_near ? -42e3 : 0.0;
        world *w = world_of_two(sensor, stats);
        for (int turn = 0; turn < 40; turn++) {
            send(w, plot(turn, farther_m, turn < 15 ? 0.0 : 0.4, 0.0));
            for (int k = 0; k < 4; k++)
                send(w, fix(w, turn, farther_m, 0.2 + k));
        }
        assert_int_equal(refused(w, AP_REFUSED_REFLECTION), 0);
        assert_true(refused(w, AP_REFUSED_SPLIT) <= 1); /* a turn after it was seen in its place */
        world_free(w);
    }
}

/* A plot with the aircraft's code elsewhere, just before the reflection: the code remains that of
 * the track that is sure. */
static void test_step_new_track_does_not_take_the_code(void **state)
{
    (void)state;
    world *w = world_new(AP_SENSOR_SSR);
    for (int turn = 0; turn < 32; turn++) {
        send(w, plot(turn, 0.0, 0.0, 0.0));
        if (turn == 12)
            send(w, plot(turn, -30e3, 1.0, 0.5));
        if (turn >= 10)
            send(w, reflection(turn));
    }
    assert_int_equal(tracks_of(w, false), 1);
    assert_int_equal(refused(w, AP_REFUSED_REFLECTION), 22);
    world_free(w);
}

/* A second plot half a degree on, when the first is long dealt with: no track, no pull. */
static void test_step_split_plot_starts_nothing(void **state)
{
    (void)state;
    world *w = world_new(AP_SENSOR_MODE_S);
    ap_track track;
    for (int turn = 0; turn < 40; turn++) {
        send(w, plot(turn, 0.0, 0.0, 0.0));
        if (turn >= 8)
            send(w, plot(turn, 20.0, 0.7 * AP_RAD_PER_DEG, 0.5));
    }
    assert_int_equal(tracks_of(w, true), 1);
    assert_true(refused(w, AP_REFUSED_SPLIT) > 25);
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, &track, 1), 1);
    ap_report last = plot(39, 0.0, 0.0, 0.0);
    ap_vec3 at = ap_enu_from_ecef(&w->sensor.frame, ap_ecef_from_geodetic(track.position));
    assert_true(fabs(ap_wrap_pi(atan2(at.x_m, at.y_m) - last.azimuth_rad)) < 0.002);
    world_free(w);
}

/* Six kilometres off at most, so that it answers to all lobes of the antenna: plots all around with
 * its code, its altitude and its range, in all directions from the ninth turn on. One track. */
static void test_step_answers_all_around_start_nothing(void **state)
{
    (void)state;
    for (int has_address = 0; has_address < 2; has_address++)
        for (int around = 4; around <= 36; around *= 3) {
            world *w = world_new(AP_SENSOR_MODE_S);
            for (int turn = 0; turn < 30; turn++)
                for (int k = 0; k < (turn < 8 ? 1 : around); k++) {
                    double later_s = 0.98 * TURN_S * k / around, t_s = TURN_S * turn + later_s;
                    double x = -3000.0 + 50.0 * t_s, y = 6000.0;
                    ap_report r = plot(turn, 0.0, 0.0, later_s);
                    r.range_m = sqrt(x * x + y * y + 2000.0 * 2000.0) + 20.0 * sin(7.0 * k + turn);
                    r.azimuth_rad = ap_wrap_two_pi(atan2(x, y) + 2.0 * AP_PI * k / around);
                    r.pressure_altitude_m = 2000.0;
                    send(w, has_address ? with_address(r) : r);
                }
            assert_int_equal(tracks_of(w, true), 1);
            assert_true(refused(w, AP_REFUSED_SPLIT) >= 20u * (unsigned)(around - 1));
            world_free(w);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_reflection_starts_no_track),
        cmocka_unit_test(test_step_lasting_reflection_is_an_aircraft),
        cmocka_unit_test(test_step_others_are_no_reflections),
        cmocka_unit_test(test_step_reflection_of_who_is_hidden),
        cmocka_unit_test(test_step_lost_bearing_is_no_ghost),
        cmocka_unit_test(test_step_new_track_does_not_take_the_code),
        cmocka_unit_test(test_step_split_plot_starts_nothing),
        cmocka_unit_test(test_step_answers_all_around_start_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
