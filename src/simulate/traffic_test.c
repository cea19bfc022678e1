#include "simulate/traffic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "simulate/random.h"

#define COUNT 60u
#define LEG_CAP 4096

static ap_leg legs[3][LEG_CAP];

/* A flight with memory for its legs: up to three at a time. */
static ap_flight empty(size_t slot)
{
    return (ap_flight){ .legs = legs[slot], .leg_cap = LEG_CAP };
}

static bool at_time(const ap_flight *flight, const ap_enu_frame *plane, double time_s,
                    ap_truth *truth)
{
    uint32_t hint = 0;
    assert_true(flight->leg_count <= flight->leg_cap);
    return ap_flight_at(flight, plane, time_s, &hint, truth);
}

static const ap_traffic_config config = { .seed = 1,
                                          .flight_count = COUNT,
                                          .primary_only_count = 1,
                                          .duration_s = 600.0,
                                          .radius_m = 150e3,
                                          .height_offset_m = 92.0 };

static ap_enu_frame plane(void)
{
    return ap_enu_frame_at((ap_geodetic){ 56.0 * AP_RAD_PER_DEG, 3.5 * AP_RAD_PER_DEG, 0.0 });
}

static double speed(const ap_truth *truth)
{
    return hypot(truth->east_mps, truth->north_mps);
}

/* Position from one tenth of a second to the next agrees with the stated velocity, and speed,
 * turn and climb stay within what the aircraft can do. */
static void check_flight(const ap_flight *flight, const ap_enu_frame *frame)
{
    const double step_s = 0.1;
    ap_truth a, b;
    double end_s = fmin(flight->end_s, config.duration_s);
    assert_true(end_s - flight->birth_s >= 60.0);
    for (double t = flight->birth_s; t + step_s < end_s; t += step_s) {
        assert_true(at_time(flight, frame, t, &a));
        assert_true(at_time(flight, frame, t + step_s, &b));
        ap_enu_frame local = ap_enu_frame_at(a.position);
        ap_vec3 moved = ap_enu_from_ecef(&local, ap_ecef_from_geodetic(b.position));
        /* Mean of both ends: trapezoid; the bound allows for a change of turn in between. */
        assert_true(fabs(moved.x_m / step_s - (a.east_mps + b.east_mps) / 2) < 0.3);
        assert_true(fabs(moved.y_m / step_s - (a.north_mps + b.north_mps) / 2) < 0.3);
        assert_true(fabs((b.position.height_m - a.position.height_m) / step_s -
                         (a.up_mps + b.up_mps) / 2) < 0.03);
        double course_a = atan2(a.east_mps, a.north_mps), course_b = atan2(b.east_mps, b.north_mps);
        double rate = fabs(ap_wrap_pi(course_b - course_a)) / step_s;
        double bank = atan(rate * speed(&a) / 9.80665);
        assert_true(rate < 3.2 * AP_RAD_PER_DEG);
        assert_true(bank < 26.0 * AP_RAD_PER_DEG);
        assert_true(speed(&a) > 40.0 && speed(&a) < 320.0);
        assert_true(fabs(speed(&b) - speed(&a)) / step_s < 1.0);
        assert_true(fabs(a.up_mps) < 15.0);
        assert_true(a.pressure_altitude_m > AP_TRAFFIC_ALTITUDE_MIN_M);
        assert_true(a.pressure_altitude_m < 14000.0);
        assert_true(fabs(a.position.height_m - a.pressure_altitude_m - 92.0) < 1e-9);
    }
    assert_false(at_time(flight, frame, flight->birth_s - 0.001, &a));
    assert_false(at_time(flight, frame, flight->end_s, &a));
}

static void test_traffic_make_flies_within_limits(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    for (uint64_t seed = 1; seed <= 5; seed++) {
        ap_traffic_config seeded = config;
        seeded.seed = seed;
        for (uint32_t i = 0; i < COUNT; i++) {
            ap_flight flight = empty(0);
            ap_traffic_make(&seeded, i, &flight);
            check_flight(&flight, &frame);
        }
    }
}

/* Velocity is the derivative of position, to the error of the difference quotient. */
static void test_flight_at_velocity_is_exact(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    ap_flight flight = empty(0);
    ap_flight_start(&flight, 0.0, 120e3, -90e3, 9000.0, 1.0, 250.0);
    ap_flight_hold(&flight, 50.0);
    ap_flight_turn(&flight, 3.0);
    ap_truth before, at, after;
    for (double t = 5.0; t < 100.0; t += 20.0) {
        assert_true(at_time(&flight, &frame, t - 0.01, &before));
        assert_true(at_time(&flight, &frame, t, &at));
        assert_true(at_time(&flight, &frame, t + 0.01, &after));
        ap_enu_frame local = ap_enu_frame_at(at.position);
        ap_vec3 a = ap_enu_from_ecef(&local, ap_ecef_from_geodetic(before.position));
        ap_vec3 b = ap_enu_from_ecef(&local, ap_ecef_from_geodetic(after.position));
        assert_true(fabs((b.x_m - a.x_m) / 0.02 - at.east_mps) < 1e-4);
        assert_true(fabs((b.y_m - a.y_m) / 0.02 - at.north_mps) < 1e-4);
    }
}

/* Turning while speeding up: against a sum of ten thousand small steps. */
static void test_flight_at_turn_with_acceleration(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    ap_flight flight = empty(0);
    ap_flight_start(&flight, 0.0, 0.0, 0.0, 1000.0, 0.5, 100.0);
    flight.last.turn_radps = -0.03;
    flight.last.along_mps2 = 0.8;
    double x_m = 0.0, y_m = 0.0, dt = 30.0 / 10000;
    for (int i = 0; i < 10000; i++) {
        double t = (i + 0.5) * dt;
        x_m += (100.0 + 0.8 * t) * sin(0.5 - 0.03 * t) * dt;
        y_m += (100.0 + 0.8 * t) * cos(0.5 - 0.03 * t) * dt;
    }
    ap_truth truth;
    assert_true(at_time(&flight, &frame, 30.0, &truth));
    truth.position.height_m = 0.0;
    ap_vec3 enu = ap_enu_from_ecef(&frame, ap_ecef_from_geodetic(truth.position));
    assert_true(fabs(enu.x_m - x_m) < 0.01 && fabs(enu.y_m - y_m) < 0.01);
}

static void test_flight_climb_reaches_its_level(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    static const double levels[] = { 5000.0, 1010.0, 900.0, 200.0 };
    for (size_t i = 0; i < 4; i++) {
        ap_flight flight = empty(0);
        ap_flight_start(&flight, 0.0, 0.0, 0.0, 1000.0, 0.0, 100.0);
        ap_flight_climb(&flight, levels[i], 10.0);
        ap_truth truth;
        assert_true(at_time(&flight, &frame, ap_flight_planned_s(&flight) - 1e-9, &truth));
        assert_true(fabs(truth.pressure_altitude_m - levels[i]) < 1e-6);
        assert_true(fabs(truth.up_mps) < 1e-6);
    }
}

static void test_traffic_make_mix(void **state)
{
    (void)state;
    uint32_t kinds[4] = { 0 }, born_later = 0, ended_early = 0, poor = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        ap_flight flight = empty(0);
        ap_traffic_make(&config, i, &flight);
        kinds[flight.equipment]++;
        born_later += flight.birth_s > 0.0;
        ended_early += flight.end_s < config.duration_s;
        poor += flight.nac_p < 8;
        assert_int_equal(flight.id, i + 1);
        assert_int_equal(flight.address != 0, flight.equipment <= AP_EQUIPMENT_MODE_S);
        assert_true(flight.mode_3a < 07500);
    }
    assert_int_equal(kinds[AP_EQUIPMENT_NONE], 1);
    assert_int_equal(kinds[AP_EQUIPMENT_MODE_AC], 2);
    assert_int_equal(kinds[AP_EQUIPMENT_MODE_S], 6);
    assert_int_equal(poor, 4);
    assert_in_range(born_later, 12, 28);
    assert_in_range(ended_early, 12, 36);
}

static void test_traffic_make_fixed_parts(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    ap_flight a = empty(0), b = empty(1), c = empty(2);
    ap_traffic_make(&config, 0, &a);
    ap_traffic_make(&config, 1, &b);
    ap_traffic_make(&config, 2, &c);
    ap_truth at_a, at_b;
    assert_true(at_time(&a, &frame, 300.0, &at_a));
    assert_true(at_time(&b, &frame, 300.0, &at_b));
    assert_true(ap_distance_m(at_a.position, at_b.position) < 1.0);
    assert_true(fabs(at_b.position.height_m - at_a.position.height_m - 300.0) < 1e-6);
    assert_int_equal(ap_flight_mode_3a(&c, 419.0), c.mode_3a);
    assert_int_equal(ap_flight_mode_3a(&c, 420.0), 07700);
    assert_string_equal(a.callsign, "APX101");
    ap_traffic_make(&config, 59, &a);
    assert_string_equal(a.callsign, "APX160");
}

/* The draws come in one order whatever the compiler: values of one build, the tolerance is for
 * another machine's sine. A change here changes every recorded run: say so. */
static void test_traffic_make_is_the_same_everywhere(void **state)
{
    (void)state;
    static const struct {
        uint32_t index;
        double latitude_deg, longitude_deg, height_m; /* 50 s after its birth */
    } known[] = {
        { 5, 55.499256938, 2.777025464, 5061.0686 },  { 11, 56.102567668, 3.277639628, 1532.7537 },
        { 17, 56.037307831, 3.408151811, 989.2872 },  { 23, 56.437462493, 3.808684974, 2835.2000 },
        { 29, 55.744411498, 3.151897052, 9845.6000 },
    };
    ap_enu_frame frame = plane();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        ap_flight flight = empty(0);
        ap_truth truth;
        ap_traffic_make(&config, known[i].index, &flight);
        assert_true(at_time(&flight, &frame, flight.birth_s + 50.0, &truth));
        assert_true(fabs(truth.position.latitude_rad / AP_RAD_PER_DEG - known[i].latitude_deg) <
                    2e-9);
        assert_true(fabs(truth.position.longitude_rad / AP_RAD_PER_DEG - known[i].longitude_deg) <
                    2e-9);
        assert_true(fabs(truth.position.height_m - known[i].height_m) < 1e-3);
    }
}

/* Moments of two hundred thousand draws, bounds of about five standard errors; known answer for the
 * bits would only repeat the code, so two generators are compared instead. */
static void test_random_moments_and_independence(void **state)
{
    (void)state;
    ap_random random = ap_random_of(5, 6, 7, 8), other = ap_random_of(5, 6, 8, 8);
    double sum = 0.0, square = 0.0, fourth = 0.0, uniform = 0.0, product = 0.0, count = 0.0;
    const int n = 200000;
    for (int i = 0; i < n; i++) {
        double z = ap_random_normal(&random);
        sum += z;
        square += z * z;
        fourth += z * z * z * z;
        product += z * ap_random_normal(&other);
        uniform += ap_random_unit(&random);
        count += ap_random_poisson(&other, 3.0);
    }
    assert_true(fabs(sum / n) < 5.0 / sqrt(n));
    assert_true(fabs(square / n - 1.0) < 5.0 * sqrt(2.0 / n));
    assert_true(fabs(fourth / n - 3.0) < 5.0 * sqrt(96.0 / n));
    assert_true(fabs(product / n) < 5.0 / sqrt(n));
    assert_true(fabs(uniform / n - 0.5) < 5.0 * sqrt(1.0 / 12 / n));
    assert_true(fabs(count / n - 3.0) < 5.0 * sqrt(3.0 / n));
    assert_int_equal(ap_random_poisson(&other, 0.0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traffic_make_flies_within_limits),
        cmocka_unit_test(test_flight_at_velocity_is_exact),
        cmocka_unit_test(test_flight_at_turn_with_acceleration),
        cmocka_unit_test(test_flight_climb_reaches_its_level),
        cmocka_unit_test(test_traffic_make_mix),
        cmocka_unit_test(test_traffic_make_fixed_parts),
        cmocka_unit_test(test_traffic_make_is_the_same_everywhere),
        cmocka_unit_test(test_random_moments_and_independence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
