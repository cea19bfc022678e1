#include "simulate/broadcast.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "simulate/test_world.h"

#define GHOST_COUNT 40
#define AREA_M 60e3

static bool tell(const test_world *w, uint32_t index, double time_s, ap_broadcast *told,
                 ap_geodetic *antenna)
{
    ap_broadcaster who = ap_broadcaster_of(&w->world, index);
    ap_truth truth;
    return ap_broadcaster_place(&w->world, &who, time_s, &truth, antenna) &&
           ap_broadcaster_tell(&w->world, &who, &truth, time_s, told);
}

static ap_scenario_fault *add_ghosts(test_world *w, double count)
{
    ap_scenario_fault *fault = test_world_fault(w, AP_FAULT_GHOSTS, 100.0, 4000.0);
    fault->latitude_rad = w->scenario.reference.latitude_rad;
    fault->longitude_rad = w->scenario.reference.longitude_rad + 0.01;
    fault->radius_m = AREA_M;
    fault->value = count;
    return fault;
}

static void test_count(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 3);
    assert_int_equal(ap_broadcaster_count(&w.world), 3);
    test_world_fault(&w, AP_FAULT_REPLAY, 0.0, 1.0)->flight = 0;
    test_world_fault(&w, AP_FAULT_JAMMING, 0.0, 1.0);
    add_ghosts(&w, 5.0);
    add_ghosts(&w, 2.0);
    assert_int_equal(ap_broadcaster_count(&w.world), 3 + 1 + 5 + 2);
    assert_int_equal(ap_broadcaster_of(&w.world, 2).flight, 2);
    assert_int_equal(ap_broadcaster_of(&w.world, 3).flight, 0);
    for (uint32_t i = 0; i < 7; i++) {
        ap_broadcaster who = ap_broadcaster_of(&w.world, 4 + i);
        assert_int_equal(who.flight, AP_SCENARIO_NONE);
        assert_int_equal(who.ghost, i);
        assert_ptr_equal(who.fault, &w.faults[i < 5 ? 2 : 3]);
    }
}

static void test_flight_tells_truth(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 2);
    ap_broadcast told;
    ap_geodetic antenna;
    assert_true(tell(&w, 1, 10.0, &told, &antenna));
    ap_truth truth = test_world_truth(&w, 1, 10.0);
    assert_memory_equal(&antenna, &truth.position, sizeof antenna);
    assert_int_equal(told.address, TEST_ADDRESS + 1);
    assert_string_equal(told.callsign, "TST01");
    assert_true(told.navigation.has_position);
    test_world_fault(&w, AP_FAULT_SILENT, 10.0, 20.0)->flight = 1;
    assert_false(tell(&w, 1, 10.0, &told, &antenna));
}

static void test_replay_repeats(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 2);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_REPLAY, 200.0, 300.0);
    fault->flight = 1;
    fault->value = 60.0;
    ap_broadcast told, then;
    ap_geodetic antenna;
    assert_false(tell(&w, 2, 199.9, &told, &antenna));
    assert_false(tell(&w, 2, 300.0, &told, &antenna));
    assert_true(tell(&w, 2, 250.0, &told, &antenna));
    assert_true(antenna.height_m == AP_BROADCAST_MAST_M);
    assert_true(antenna.latitude_rad == w.scenario.reference.latitude_rad);
    assert_true(tell(&w, 1, 190.0, &then, &antenna));
    assert_memory_equal(&told.navigation.position, &then.navigation.position,
                        sizeof then.navigation.position);
    assert_int_equal(told.address, then.address);
    assert_true(ap_broadcaster_of(&w.world, 2).element == 1);
}

/* Addresses and names of their own; within the area but for a turn; at a speed of an aircraft, and
 * the velocity told is that of the position. */
static void test_ghosts_fly(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 1);
    const ap_scenario_fault *fault = add_ghosts(&w, GHOST_COUNT);
    ap_geodetic middle = { fault->latitude_rad, fault->longitude_rad, 0.0 };
    ap_broadcast told, next;
    ap_geodetic antenna;
    assert_false(tell(&w, 1, 99.0, &told, &antenna));
    for (uint32_t i = 0; i < GHOST_COUNT; i++) {
        for (double time_s = 100.0; time_s < 3600.0; time_s += 37.0) {
            assert_true(tell(&w, 1 + i, time_s, &told, &antenna));
            assert_true(tell(&w, 1 + i, time_s + 0.1, &next, &antenna));
            assert_int_equal(told.address, AP_BROADCAST_GHOST_ADDRESS + i);
            assert_int_equal(strlen(told.callsign), 7);
            const ap_navigation *at = &told.navigation;
            ap_enu_frame local = ap_enu_frame_at(at->position);
            ap_vec3 step =
                ap_enu_from_ecef(&local, ap_ecef_from_geodetic(next.navigation.position));
            double speed_mps = hypot(at->east_mps, at->north_mps);
            assert_true(speed_mps >= 150.0 && speed_mps <= 240.0);
            /* A turn of 1 degree/s and the curvature of the Earth leave a little. */
            assert_true(fabs(step.x_m * 10.0 - at->east_mps) < 5.0);
            assert_true(fabs(step.y_m * 10.0 - at->north_mps) < 5.0);
            ap_geodetic foot = { at->position.latitude_rad, at->position.longitude_rad, 0.0 };
            assert_true(ap_distance_m(foot, middle) < 0.7 * AREA_M + 0.3 * AREA_M + 2 * 16.2e3);
        }
    }
}

static void test_ghosts_by_seed(void **state)
{
    (void)state;
    test_world w;
    test_world_make(&w, 1);
    (void)add_ghosts(&w, 2.0);
    ap_broadcast one, other, again;
    ap_geodetic antenna;
    assert_true(tell(&w, 1, 200.0, &one, &antenna) && tell(&w, 2, 200.0, &other, &antenna));
    assert_true(ap_distance_m(one.navigation.position, other.navigation.position) > 100.0);
    w.world.seed = 2;
    assert_true(tell(&w, 1, 200.0, &again, &antenna));
    assert_true(ap_distance_m(one.navigation.position, again.navigation.position) > 100.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count),          cmocka_unit_test(test_flight_tells_truth),
        cmocka_unit_test(test_replay_repeats), cmocka_unit_test(test_ghosts_fly),
        cmocka_unit_test(test_ghosts_by_seed),
    };
    return cmocka_run_group_tests_name("broadcast", tests, NULL, NULL);
}
