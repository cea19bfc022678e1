#include "simulate/path.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "simulate/formation.h"

#define COUNT 41

/* A climbing circle of 20 km at 200 m/s, one point every so many seconds, unevenly. */
static void circle(bool with_velocity, double step_s, ap_path_point points[COUNT])
{
    ap_enu_frame frame = ap_enu_frame_at((ap_geodetic){ 0.8, 0.2, 0.0 });
    double t = 0.0;
    for (int i = 0; i < COUNT; i++, t += step_s * (i % 3 == 0 ? 0.7 : 1.15)) {
        double angle = 200.0 * t / 20e3;
        ap_vec3 at = { 20e3 * sin(angle), 20e3 * cos(angle), 5000.0 + 5.0 * t };
        ap_vec3 rate = { 200.0 * cos(angle), -200.0 * sin(angle), 5.0 };
        points[i] = (ap_path_point){ t, ap_geodetic_from_ecef(ap_ecef_from_enu(&frame, at)), NAN,
                                     NAN, NAN };
        if (!with_velocity)
            continue;
        ap_enu_frame local = ap_enu_frame_at(points[i].position);
        ap_vec3 velocity = ap_enu_rotate(&local, ap_ecef_rotate(&frame, rate));
        points[i].east_mps = velocity.x_m;
        points[i].north_mps = velocity.y_m;
        points[i].up_mps = velocity.z_m;
    }
}

static double gap(ap_vec3 a, ap_vec3 b)
{
    return hypot(hypot(a.x_m - b.x_m, a.y_m - b.y_m), a.z_m - b.z_m);
}

/* Hermite's error is h^4 |p''''| / 384: with w = 0.01/s, h = 5.75 s, p'''' = 20 km w^4, that is
 * 0.6 mm; with velocities from parabolas, w^3 r h^2 / 6 of velocity over a piece: below 0.2 m. */
static void test_path_at_follows_a_circle(void **state)
{
    (void)state;
    ap_enu_frame frame = ap_enu_frame_at((ap_geodetic){ 0.8, 0.2, 0.0 });
    ap_path_point points[COUNT];
    ap_path_node nodes[COUNT];
    for (int given = 0; given < 2; given++) {
        circle(given == 1, 5.0, points);
        ap_path_make(points, COUNT, nodes);
        uint32_t hint = 0;
        for (double t = 6.0; t < points[COUNT - 2].time_s; t += 0.37) {
            double angle = 200.0 * t / 20e3;
            ap_vec3 true_at = ap_ecef_from_enu(
                &frame, (ap_vec3){ 20e3 * sin(angle), 20e3 * cos(angle), 5000.0 + 5.0 * t });
            ap_vec3 at, velocity, before, after, ignored, acceleration;
            ap_path_at(nodes, COUNT, t, &hint, &at, &velocity, &acceleration);
            assert_true(gap(at, true_at) < (given ? 1e-3 : 0.2));
            ap_path_at(nodes, COUNT, t - 1e-4, &hint, &before, &ignored, NULL);
            ap_path_at(nodes, COUNT, t + 1e-4, &hint, &after, &ignored, NULL);
            ap_vec3 slope = { (after.x_m - before.x_m) / 2e-4, (after.y_m - before.y_m) / 2e-4,
                              (after.z_m - before.z_m) / 2e-4 };
            assert_true(gap(slope, velocity) < 2e-4);
            assert_true(fabs(gap(acceleration, (ap_vec3){ 0 }) - 2.0) < (given ? 0.02 : 0.3));
        }
    }
}

/* Position and velocity from both sides of every node, and straight on beyond the ends. */
static void test_path_at_is_continuous(void **state)
{
    (void)state;
    ap_path_point points[COUNT];
    ap_path_node nodes[COUNT];
    circle(false, 5.0, points);
    ap_path_make(points, COUNT, nodes);
    for (int i = 0; i < COUNT; i++) {
        uint32_t hint = COUNT; /* out of range on purpose */
        ap_vec3 before, after, v_before, v_after;
        ap_path_at(nodes, COUNT, nodes[i].time_s - 1e-9, &hint, &before, &v_before, NULL);
        ap_path_at(nodes, COUNT, nodes[i].time_s + 1e-9, &hint, &after, &v_after, NULL);
        assert_true(gap(before, after) < 1e-5 && gap(v_before, v_after) < 1e-6);
        assert_true(gap(before, ap_ecef_from_geodetic(points[i].position)) < 1e-5);
    }
}

static void test_path_at_hint_changes_nothing(void **state)
{
    (void)state;
    ap_path_point points[COUNT];
    ap_path_node nodes[COUNT];
    circle(false, 5.0, points);
    ap_path_make(points, COUNT, nodes);
    for (double t = -3.0; t < 220.0; t += 7.3) {
        uint32_t fresh = 0;
        ap_vec3 expected, velocity, found;
        ap_path_at(nodes, COUNT, t, &fresh, &expected, &velocity, NULL);
        for (uint32_t from = 0; from <= COUNT; from++) {
            uint32_t hint = from;
            ap_path_at(nodes, COUNT, t, &hint, &found, &velocity, NULL);
            assert_memory_equal(&found, &expected, sizeof found);
        }
    }
}

/* A place beside a turning leader: at its distance, with the derivative as velocity, and no jump
 * where the leader's turn begins. */
static void test_formation_motion_is_smooth(void **state)
{
    (void)state;
    ap_enu_frame frame = ap_enu_frame_at((ap_geodetic){ 0.8, 0.2, 0.0 });
    ap_leg legs[16];
    ap_flight leader = { .legs = legs, .leg_cap = 16 };
    ap_flight_start(&leader, 0.0, 1e3, 2e3, 3000.0, 1.0, 150.0);
    ap_flight_hold(&leader, 60.0);
    ap_flight_turn(&leader, 2.0);
    ap_flight_climb(&leader, 4000.0, 10.0);
    leader.end_s = 400.0;
    ap_flight wing = { .leader = &leader,
                       .birth_s = 0.0,
                       .end_s = 400.0,
                       .behind_m = 120.0,
                       .right_m = -200.0,
                       .above_m = 30.0 };
    uint32_t hint = 0;
    ap_motion last = ap_flight_motion(&wing, &frame, 0.0, &hint);
    const double h = 0.01;
    for (double t = h; t < 399.9; t += h) {
        ap_motion now = ap_flight_motion(&wing, &frame, t, &hint);
        ap_motion main = ap_flight_motion(&leader, &frame, t, &hint);
        double aside_m = hypot(hypot(120.0, 200.0), 30.0);
        assert_true(fabs(gap(now.position, main.position) - aside_m) < 1e-3);
        ap_vec3 slope = { (now.position.x_m - last.position.x_m) / h,
                          (now.position.y_m - last.position.y_m) / h,
                          (now.position.z_m - last.position.z_m) / h };
        ap_vec3 mean = { (now.velocity.x_m + last.velocity.x_m) / 2,
                         (now.velocity.y_m + last.velocity.y_m) / 2,
                         (now.velocity.z_m + last.velocity.z_m) / 2 };
        assert_true(gap(slope, mean) < 0.01);
        assert_true(gap(now.velocity, last.velocity) < 12.0 * h);
        last = now;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_at_follows_a_circle),
        cmocka_unit_test(test_path_at_is_continuous),
        cmocka_unit_test(test_path_at_hint_changes_nothing),
        cmocka_unit_test(test_formation_motion_is_smooth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
