#include "simulate/antenna.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define DEG AP_RAD_PER_DEG
#define BEAM_RADPS(antenna) (2.0 * AP_PI / (antenna).turn_s)

static ap_sensor sensor;
static ap_flight flight;
static ap_leg legs[16];
static ap_world world;

static ap_antenna antenna_of(double turn_s)
{
    (void)ap_sensor_place(&sensor, (ap_geodetic){ 50.0 * DEG, 8.0 * DEG, 100.0 });
    sensor.range_max_m = 300e3;
    return (ap_antenna){ .sensor = &sensor, .turn_s = turn_s, .north_s = -1.3 };
}

static void fly(double x_m, double y_m, double course_deg, double speed_mps)
{
    flight = (ap_flight){ .id = 1, .emergency_s = HUGE_VAL, .legs = legs, .leg_cap = 16 };
    ap_flight_start(&flight, 0.0, x_m, y_m, 9000.0, course_deg * DEG, speed_mps);
    world = (ap_world){ .plane = ap_enu_frame_at((ap_geodetic){ 50.0 * DEG, 8.0 * DEG, 0.0 }),
                        .flights = &flight,
                        .flight_count = 1 };
}

/* How far the target is from the beam when it is said to be in it, by the truth itself. */
static double miss_m(const ap_antenna *antenna, double time_s)
{
    ap_truth truth;
    ap_sight sight;
    assert_true(ap_world_truth(&world, 0, time_s, &truth));
    (void)ap_sight_of(&sensor, truth.position, &sight);
    double beam_rad = BEAM_RADPS(*antenna) * (time_s - antenna->north_s);
    return fabs(ap_wrap_pi(sight.azimuth_rad - beam_rad)) * sight.range_m;
}

/* Turning flights near and far, fast and slow turns of the beam: one pass a turn, each within the
 * beam to a centimetre, its place that of the truth. */
static void test_antenna_meet_is_in_the_beam(void **state)
{
    (void)state;
    static const double turns_s[] = { 1.0, 4.0, 12.0 };
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 12; i++) {
            ap_antenna antenna = antenna_of(turns_s[k]);
            fly(30e3 * cos(i), 30e3 * sin(i) + 5e3 * i, 50.0 * i, 60.0 + 20.0 * i);
            ap_flight_hold(&flight, 40.0);
            ap_flight_climb(&flight, i % 3 ? 9000.0 : 12000.0, 30.0);
            ap_flight_turn(&flight, i % 2 ? 200.0 * DEG : -270.0 * DEG);
            double pass_s = ap_antenna_first_pass(&world, &antenna, 0, 0.0);
            assert_true(pass_s >= 0.0 && pass_s <= antenna.turn_s * 1.1);
            for (int turn = 0; turn < 30; turn++) {
                ap_pass pass;
                assert_true(ap_antenna_meet(&world, &antenna, 0, pass_s + 0.1 * turns_s[k], &pass));
                assert_true(pass.is_met && miss_m(&antenna, pass.time_s) < 0.01);
                ap_truth truth;
                ap_sight sight;
                assert_true(ap_world_truth(&world, 0, pass.time_s, &truth));
                (void)ap_sight_of(&sensor, truth.position, &sight);
                assert_true(fabs(sight.range_m - pass.sight.range_m) < 0.01);
                assert_true(fabs(truth.position.height_m - pass.truth.position.height_m) < 0.01);
                assert_true(fabs(truth.pressure_altitude_m - pass.truth.pressure_altitude_m) <
                            0.01);
                /* From so near a guess the state is moved on, not looked up again. */
                assert_true(ap_antenna_meet(&world, &antenna, 0, pass.time_s + 0.015, &pass));
                assert_true(ap_world_truth(&world, 0, pass.time_s, &truth));
                assert_true(fabs(truth.position.height_m - pass.truth.position.height_m) < 0.01);
                double next_s = ap_antenna_next_pass(&world, &antenna, 0, pass.time_s);
                double guess_s = ap_antenna_guess_s(&antenna, &pass);
                assert_true(fabs(next_s - pass.time_s - antenna.turn_s) < 0.2 * antenna.turn_s);
                assert_true(fabs(guess_s - next_s) < 0.02 * antenna.turn_s);
                pass_s = next_s;
            }
        }
    }
}

/* Straight flight, closed form: the azimuth's rate is that of the velocity across, so the guess
 * from it errs by the square of the angle flown only. */
static void test_antenna_guess_of_straight_flight(void **state)
{
    (void)state;
    ap_antenna antenna = antenna_of(10.0);
    fly(50e3, 0.0, 0.0, 250.0); /* across, 2.5 km a turn: 0.05 rad, 0.08 s */
    double pass_s = ap_antenna_first_pass(&world, &antenna, 0, 0.0);
    ap_pass pass;
    assert_true(ap_antenna_meet(&world, &antenna, 0, pass_s, &pass));
    assert_true(fabs(pass.azimuth_radps + 0.005) < 2e-4);
    double guess_s = ap_antenna_guess_s(&antenna, &pass);
    double next_s = ap_antenna_next_pass(&world, &antenna, 0, pass_s);
    assert_true(fabs(next_s - pass_s - 10.0) > 0.07 && fabs(guess_s - next_s) < 0.005);
}

static void test_antenna_overhead_and_ends(void **state)
{
    (void)state;
    ap_antenna antenna = antenna_of(12.0);
    antenna.north_s = -6.0;
    fly(0.0, -100.0, 90.0, 250.0); /* past the antenna at 100 m, the beam on it */
    ap_pass pass;
    assert_true(ap_antenna_meet(&world, &antenna, 0, 0.0, &pass));
    assert_false(pass.is_met);
    fly(50e3, 0.0, 0.0, 250.0);
    flight.end_s = 30.0;
    assert_false(ap_antenna_meet(&world, &antenna, 0, 31.0, &pass));
    assert_true(ap_antenna_next_pass(&world, &antenna, 0, 29.0) == HUGE_VAL);
    /* One that is not yet there stands where it will begin. */
    flight.birth_s = 20.0;
    flight.end_s = HUGE_VAL;
    double first_s = ap_antenna_first_pass(&world, &antenna, 0, 0.0);
    assert_true(first_s >= 20.0 && first_s < 33.0 && miss_m(&antenna, first_s) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_antenna_meet_is_in_the_beam),
        cmocka_unit_test(test_antenna_guess_of_straight_flight),
        cmocka_unit_test(test_antenna_overhead_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
