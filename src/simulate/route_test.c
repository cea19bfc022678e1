#include "simulate/route.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "simulate/random.h"
#include "simulate/test_limits.h"

#define LEG_CAP 8192

static ap_leg legs[LEG_CAP];

static const ap_wind_level levels[] = {
    { 0.0, 4.0, 3.0 }, { 3000.0, 15.0, -5.0 }, { 9000.0, 40.0, 10.0 }, { 12000.0, 30.0, 20.0 }
};

static ap_enu_frame plane(void)
{
    return ap_enu_frame_at((ap_geodetic){ 50.0 * AP_RAD_PER_DEG, 8.0 * AP_RAD_PER_DEG, 0.0 });
}

static ap_flight planned(const ap_route *route, ap_route_trouble trouble)
{
    ap_flight flight = { .legs = legs, .leg_cap = LEG_CAP, .id = 1, .height_offset_m = 40.0 };
    assert_int_equal(ap_route_plan(route, &flight), trouble);
    assert_in_range(flight.leg_count, 0, LEG_CAP);
    return flight;
}

/* How near it comes to a place, sampled in short steps. */
static double nearest_m(const ap_flight *flight, double x_m, double y_m, double *when_s)
{
    ap_enu_frame frame = plane();
    double best_m = HUGE_VAL;
    uint32_t hint = 0;
    ap_truth truth;
    for (double t = flight->birth_s; ap_flight_at(flight, &frame, t, &hint, &truth); t += 0.1) {
        double px_m, py_m;
        ap_plane_from_geodetic(&frame, truth.position.latitude_rad, truth.position.longitude_rad,
                               &px_m, &py_m);
        double away_m = hypot(px_m - x_m, py_m - y_m);
        if (away_m < best_m) {
            best_m = away_m;
            *when_s = t;
        }
    }
    return best_m;
}

static const ap_route_point zigzag[] = {
    { 0.0, 0.0, 3000.0, 140.0, 0.0 },    { 30e3, 5e3, 8000.0, 210.0, 0.0 },
    { 60e3, -20e3, NAN, NAN, 0.0 },      { 55e3, -60e3, 9500.0, 230.0, 0.0 },
    { 20e3, -62e3, 6000.0, 180.0, 0.0 }, { 45e3, -63e3, NAN, NAN, 0.0 }, /* back: 180 deg */
    { 46e3, -62e3, 5000.0, NAN, 0.0 },   { 90e3, -40e3, NAN, 150.0, 0.0 },
};

/* Every class on the same way, shrunk to its speed, in still air and in wind. */
static void test_route_plan_within_limits(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    for (int craft = 0; craft < AP_CRAFT_BALLOON; craft++) {
        const ap_craft_limits *of = ap_craft_limits_of((ap_craft)craft);
        double scale = of->speed_usual_mps / 230.0, high = of->altitude_usual_m / 10000.0;
        ap_route_point points[8];
        for (int i = 0; i < 8; i++)
            points[i] =
                (ap_route_point){ zigzag[i].x_m * scale, zigzag[i].y_m * scale,
                                  zigzag[i].altitude_m * high, zigzag[i].speed_mps * scale, 0.0 };
        for (int windy = 0; windy < 2; windy++) {
            bool carried = of->speed_min_mps > 0.0 && of->speed_usual_mps > 100.0;
            ap_wind wind = { levels, windy ? 4 : 0 };
            ap_route route = { .craft = (ap_craft)craft,
                               .points = points,
                               .count = 8,
                               .wind = wind,
                               .start_s = 100.0,
                               .end_s = HUGE_VAL };
            if (windy && !carried)
                continue;
            ap_flight flight = planned(&route, AP_ROUTE_FLIES);
            limits_seen seen;
            check_limits(&flight, &frame, &wind, HUGE_VAL, 0.05, of->speed_min_mps == 0.0, &seen);
            assert_true(seen.count > 5000);
            assert_true(seen.turn_max_radps > 0.0 && seen.up_max_mps > 0.0 &&
                        seen.up_min_mps < 0.0);
            double when_s, last_s = 100.0;
            for (int i = 1; i < 8; i++) {
                double corner_m = 2.5 * of->speed_usual_mps * of->speed_usual_mps /
                                  fmin(9.8 * tan(0.8 * of->bank_max_rad),
                                       of->speed_usual_mps * of->turn_max_radps);
                assert_true(nearest_m(&flight, points[i].x_m, points[i].y_m, &when_s) <
                            fmax(corner_m, 0.1 * of->speed_max_mps));
                assert_true(i == 4 || i == 5 || i == 6 || when_s > last_s);
                last_s = when_s;
            }
            assert_true(seen.altitude_max_m > 5000.0 * high && seen.altitude_max_m < 9501.0 * high);
        }
    }
}

/* Ways that nobody would plan: places anywhere, some twice, some a step apart, holds and landings
 * at random. Every one is flown within the limits and comes to an end. */
static void test_route_plan_any_way(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    for (uint32_t run = 0; run < 250; run++) {
        ap_random random = ap_random_of(1, 1, run, 0);
        ap_craft craft = (ap_craft)ap_random_below(&random, AP_CRAFT_BALLOON);
        const ap_craft_limits *of = ap_craft_limits_of(craft);
        double reach_m = of->speed_usual_mps * ap_random_between(&random, 2.0, 200.0);
        double field_m = 100.0, least_mps = fmax(of->speed_min_mps, 0.1 * of->speed_max_mps);
        ap_route_point points[8];
        uint32_t count = 2 + ap_random_below(&random, 7);
        for (uint32_t i = 0; i < count; i++) {
            points[i] =
                (ap_route_point){ ap_random_between(&random, -reach_m, reach_m),
                                  ap_random_between(&random, -reach_m, reach_m), NAN, NAN, 0.0 };
            double kind = ap_random_unit(&random);
            if (i > 0 && kind < 0.1)
                points[i] = points[i - 1];
            if (i > 0 && kind > 0.9)
                points[i].x_m = points[i - 1].x_m + 1.0;
            double top_m = fmin(of->altitude_max_m, 9000.0);
            if (i == 0 || kind > 0.5)
                points[i].altitude_m = ap_random_between(&random, field_m + 50.0, top_m);
            if (i == 0 || kind > 0.7)
                points[i].speed_mps = ap_random_between(&random, least_mps, of->speed_max_mps);
            points[i].hold_s = kind < 0.3 ? ap_random_between(&random, 1.0, 500.0) : 0.0;
        }
        if (craft == AP_CRAFT_VEHICLE)
            for (uint32_t i = 0; i < count; i++)
                points[i].altitude_m = field_m;
        ap_route route = { .craft = craft,
                           .points = points,
                           .count = count,
                           .end_s = HUGE_VAL,
                           .field_altitude_m = field_m,
                           .departs = ap_random_below(&random, 2) == 1,
                           .lands = ap_random_below(&random, 2) == 1 };
        if (of->speed_min_mps > 60.0)
            route.wind = (ap_wind){ levels, 4 };
        ap_flight flight = { .legs = legs, .leg_cap = LEG_CAP, .id = run };
        ap_route_trouble trouble = ap_route_plan(&route, &flight);
        assert_in_range(flight.leg_count, 1, LEG_CAP);
        assert_true(flight.end_s > 0.0 && flight.end_s < 86400.0);
        for (uint32_t i = 0; i + 1 < flight.leg_count; i++)
            assert_true(legs[i].end_s >= legs[i].start_s && legs[i].end_s == legs[i + 1].start_s);
        limits_seen seen;
        if (trouble == AP_ROUTE_FLIES)
            check_limits(&flight, &frame, &route.wind, HUGE_VAL, 0.1, true, &seen);
    }
}

/* A quarter turn of an airliner at 200 m/s: the distance before the corner is R tan 45 deg, R =
 * v^2 / (g tan 24 deg) = 9,160 m (four fifths of 30 degrees of bank). */
static void test_route_plan_fly_by_cuts_the_corner(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    const ap_route_point points[] = { { 0, 0, 9000.0, 200.0, 0 },
                                      { 0, 60e3, NAN, NAN, 0 },
                                      { 60e3, 60e3, NAN, NAN, 0 } };
    ap_route route = { .points = points, .count = 3, .end_s = HUGE_VAL };
    ap_flight flight = planned(&route, AP_ROUTE_FLIES);
    assert_int_equal(flight.leg_count, 3);
    double radius_m = 200.0 * 200.0 / (9.80665 * tan(24.0 * AP_RAD_PER_DEG));
    assert_true(fabs(legs[0].end_s - (60e3 - radius_m) / 200.0) < 1e-6);
    assert_true(fabs(legs[1].end_s - legs[1].start_s - radius_m * AP_PI / 2 / 200.0) < 1e-6);
    assert_true(fabs(flight.last.x_m - 60e3) < 1e-5 && fabs(flight.last.y_m - 60e3) < 1e-5);
    assert_true(fabs(flight.end_s - flight.last.start_s) < 1e-9);
    ap_truth truth;
    uint32_t hint = 0;
    assert_false(ap_flight_at(&flight, &frame, flight.end_s, &hint, &truth));
}

/* 60 km against 40 m/s of wind, and 60 km back with it: 200 m/s become 160 and 240. */
static void test_route_plan_in_wind(void **state)
{
    (void)state;
    static const ap_wind_level steady[] = { { 0.0, 0.0, -40.0 } };
    const ap_route_point there[] = { { 0, 0, 9000.0, 200.0, 0 }, { 0, 60e3, NAN, NAN, 0 } };
    const ap_route_point back[] = { { 0, 60e3, 9000.0, 200.0, 0 }, { 0, 0, NAN, NAN, 0 } };
    const ap_route_point across[] = { { 0, 0, 9000.0, 200.0, 0 }, { 60e3, 0, NAN, NAN, 0 } };
    ap_route route = { .points = there, .count = 2, .wind = { steady, 1 }, .end_s = HUGE_VAL };
    assert_true(fabs(planned(&route, AP_ROUTE_FLIES).end_s - 375.0) < 1e-6);
    route.points = back;
    assert_true(fabs(planned(&route, AP_ROUTE_FLIES).end_s - 250.0) < 1e-6);
    route.points = across;
    double ground_mps = sqrt(200.0 * 200.0 - 40.0 * 40.0);
    assert_true(fabs(planned(&route, AP_ROUTE_FLIES).end_s - 60e3 / ground_mps) < 1e-6);
    const ap_route_point slowly[] = { { 0, 0, 900.0, 50.0, 0 }, { 60e3, 0, NAN, NAN, 0 } };
    route.craft = AP_CRAFT_LIGHT;
    route.points = slowly;
    assert_int_equal(ap_route_plan(&route, &(ap_flight){ 0 }), AP_ROUTE_WIND);
}

static void test_route_plan_holds(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    const ap_route_point points[] = { { 0, 0, 3000.0, 120.0, 0 },
                                      { 20e3, 0, NAN, NAN, 700.0 },
                                      { 40e3, 15e3, NAN, NAN, 0 } };
    for (int windy = 0; windy < 2; windy++) {
        ap_wind wind = { levels, windy ? 4 : 0 };
        ap_route route = { .points = points, .count = 3, .wind = wind, .end_s = HUGE_VAL };
        ap_flight flight = planned(&route, AP_ROUTE_FLIES);
        limits_seen seen;
        check_limits(&flight, &frame, &wind, HUGE_VAL, 0.05, false, &seen);
        /* It is over the fix when the hold begins and ends, and never far from it meanwhile. */
        double way_s = 20e3 / 120.0 + 25e3 / 120.0;
        assert_true(flight.end_s > way_s + 650.0 && flight.end_s < way_s + 1100.0);
        uint32_t hint = 0;
        ap_truth truth;
        for (double t = 180.0; t < 860.0; t += 5.0) {
            double x_m, y_m;
            assert_true(ap_flight_at(&flight, &frame, t, &hint, &truth));
            ap_plane_from_geodetic(&frame, truth.position.latitude_rad,
                                   truth.position.longitude_rad, &x_m, &y_m);
            assert_true(hypot(x_m - 20e3, y_m) < 16e3);
        }
    }
    /* What hovers stands: ten minutes without moving. */
    ap_route route = {
        .craft = AP_CRAFT_ROTORCRAFT, .points = points, .count = 3, .end_s = HUGE_VAL
    };
    ap_route_point slow[3] = { points[0], points[1], points[2] };
    slow[0].speed_mps = 50.0;
    slow[0].altitude_m = 400.0;
    route.points = slow;
    ap_flight flight = planned(&route, AP_ROUTE_FLIES);
    ap_truth a, b;
    uint32_t hint = 0;
    assert_true(ap_flight_at(&flight, &frame, 450.0, &hint, &a));
    assert_true(ap_flight_at(&flight, &frame, 1050.0, &hint, &b));
    assert_true(hypot(a.east_mps, a.north_mps) < 1e-6);
    assert_true(ap_distance_m(a.position, b.position) < 1e-3);
    double x_m, y_m;
    ap_plane_from_geodetic(&frame, a.position.latitude_rad, a.position.longitude_rad, &x_m, &y_m);
    assert_true(hypot(x_m - 20e3, y_m) < 0.01);
    limits_seen seen;
    check_limits(&flight, &frame, &(ap_wind){ 0 }, HUGE_VAL, 0.05, true, &seen);
}

/* From standstill on the ground to standstill on the ground. */
static void test_route_plan_departs_and_lands(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    static const ap_craft crafts[] = { AP_CRAFT_AIRLINER, AP_CRAFT_LIGHT, AP_CRAFT_ROTORCRAFT,
                                       AP_CRAFT_MULTIROTOR };
    for (size_t i = 0; i < 4; i++) {
        const ap_craft_limits *of = ap_craft_limits_of(crafts[i]);
        double unit_m = of->speed_usual_mps * 250.0;
        double level_m = 90.0 + fmin(of->altitude_usual_m, unit_m * 0.03);
        const ap_route_point points[] = { { 0, 0, level_m, NAN, 0 },
                                          { unit_m, unit_m / 3, NAN, NAN, 0 },
                                          { 2 * unit_m, 0, NAN, NAN, 0 },
                                          { 3 * unit_m, 0, NAN, NAN, 0 } };
        ap_wind wind = { levels, of->speed_min_mps > 50.0 ? 4 : 0 };
        ap_route route = { .craft = crafts[i],
                           .points = points,
                           .count = 4,
                           .wind = wind,
                           .start_s = 10.0,
                           .end_s = 20000.0,
                           .field_altitude_m = 80.0,
                           .departs = true,
                           .lands = true };
        ap_flight flight = planned(&route, AP_ROUTE_FLIES);
        limits_seen seen;
        check_limits(&flight, &frame, &(ap_wind){ 0 }, 2000.0, 0.05, true, &seen);
        assert_true(fabs(seen.altitude_min_m - 80.0) < 1e-3);
        assert_true(fabs(seen.altitude_max_m - level_m) < 1.0);
        ap_truth first, last;
        uint32_t hint = 0;
        assert_true(ap_flight_at(&flight, &frame, 10.0, &hint, &first));
        assert_true(hypot(first.east_mps, first.north_mps) < 1e-9);
        assert_true(fabs(first.position.height_m - 120.0) < 1e-6);
        assert_true(ap_flight_at(&flight, &frame, 19999.0, &hint, &last));
        assert_true(hypot(last.east_mps, last.north_mps) < 1e-6);
        assert_true(fabs(last.position.height_m - 120.0) < 1e-6);
        double when_s;
        assert_true(nearest_m(&flight, 3 * unit_m, 0, &when_s) < 10.0);
    }
}

static void test_route_plan_balloon_drifts(void **state)
{
    (void)state;
    const ap_route_point points[] = { { 0, 0, 1000.0, NAN, 0 }, { 0, 0, 9000.0, NAN, 0 } };
    ap_route route = { .craft = AP_CRAFT_BALLOON,
                       .points = points,
                       .count = 2,
                       .wind = { levels, 4 },
                       .end_s = 6000.0 };
    ap_flight flight = planned(&route, AP_ROUTE_FLIES);
    ap_enu_frame frame = plane();
    limits_seen seen;
    check_limits(&flight, &frame, &route.wind, HUGE_VAL, 0.1, true, &seen);
    /* Through the air; it comes some 200 km, where north is two degrees another. */
    assert_true(seen.speed_max_mps < 2.0);
    ap_truth truth;
    uint32_t hint = 0;
    assert_true(ap_flight_at(&flight, &frame, 5999.0, &hint, &truth));
    assert_true(fabs(truth.pressure_altitude_m - 9000.0) < 1e-6);
    assert_true(hypot(truth.east_mps, truth.north_mps) > 35.0);
}

/* The derivative by differences of a thousandth of a second, away from the joints. */
static void test_flight_at_velocity_is_derivative_in_wind(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    ap_route route = { .points = zigzag, .count = 8, .wind = { levels, 4 }, .end_s = HUGE_VAL };
    ap_flight flight = planned(&route, AP_ROUTE_FLIES);
    uint32_t hint = 0;
    const double h = 1e-3;
    for (uint32_t i = 0; i < flight.leg_count; i++) {
        double t = (legs[i].start_s + legs[i].end_s) / 2.0;
        ap_truth before, at, after;
        if (legs[i].end_s - legs[i].start_s < 3 * h)
            continue;
        assert_true(ap_flight_at(&flight, &frame, t - h, &hint, &before));
        assert_true(ap_flight_at(&flight, &frame, t, &hint, &at));
        assert_true(ap_flight_at(&flight, &frame, t + h, &hint, &after));
        ap_enu_frame local = ap_enu_frame_at(at.position);
        ap_vec3 a = ap_enu_from_ecef(&local, ap_ecef_from_geodetic(before.position));
        ap_vec3 b = ap_enu_from_ecef(&local, ap_ecef_from_geodetic(after.position));
        assert_true(fabs((b.x_m - a.x_m) / (2 * h) - at.east_mps) < 1e-4);
        assert_true(fabs((b.y_m - a.y_m) / (2 * h) - at.north_mps) < 1e-4);
        assert_true(fabs((b.z_m - a.z_m) / (2 * h) - at.up_mps) < 1e-4);
    }
}

static void check_refused(const ap_scenario *scenario, uint32_t where, const char *why)
{
    char text[128];
    uint32_t at = 99;
    assert_false(ap_route_check(scenario, 0, &at, text, sizeof text));
    assert_int_equal(at, where);
    assert_string_equal(text, why);
}

static void test_route_check_names_the_impossible(void **state)
{
    (void)state;
    const double deg = AP_RAD_PER_DEG;
    ap_waypoint way[] = { { 50 * deg, 8 * deg, 9000.0, 200.0, 0 },
                          { 50.5 * deg, 8 * deg, NAN, NAN, 0 },
                          { 50.6 * deg, 8 * deg, NAN, NAN, 0 } };
    ap_path_point path[] = { { 0.0, { 50 * deg, 8 * deg, 1000.0 }, NAN, NAN, NAN },
                             { 10.0, { 50 * deg, 8.01 * deg, 1000.0 }, NAN, NAN, NAN } };
    ap_scenario_flight flight = { .waypoint_count = 3,
                                  .end_s = HUGE_VAL,
                                  .leader = AP_SCENARIO_NONE };
    ap_scenario scenario = { .reference = { 50 * deg, 8 * deg, 0 },
                             .flights = &flight,
                             .flight_count = 1,
                             .waypoints = way,
                             .path = path };
    uint32_t at;
    assert_true(ap_route_check(&scenario, 0, &at, NULL, 0));
    way[2].speed_mps = 400.0;
    check_refused(&scenario, 2, "400 m/s is beyond an airliner's 270 m/s");
    way[2].speed_mps = NAN;
    way[1].altitude_m = 20000.0;
    check_refused(&scenario, 1, "20000 m is beyond an airliner's 13500 m");
    way[1].altitude_m = NAN;
    flight.lands = true;
    check_refused(&scenario, 2, "the way is too short to come down to the landing");
    flight.lands = false;
    flight.craft = AP_CRAFT_LIGHT;
    check_refused(&scenario, 0, "200 m/s is beyond a light aeroplane's 95 m/s");
    const ap_wind_level storm = { 0.0, 90.0, 0.0 };
    scenario.wind = &storm;
    scenario.wind_count = 1;
    way[0] = (ap_waypoint){ 50 * deg, 8 * deg, 900.0, 60.0, 0 };
    check_refused(&scenario, AP_SCENARIO_NONE, "the wind is too strong for its speed");
    flight = (ap_scenario_flight){ .path_count = 2, .end_s = HUGE_VAL, .leader = AP_SCENARIO_NONE };
    assert_true(ap_route_check(&scenario, 0, &at, NULL, 0));
    path[1].position.height_m = 1500.0;
    check_refused(&scenario, 1, "50 m/s of climb is beyond an airliner's 20 m/s");
    path[1].time_s = 0.0;
    check_refused(&scenario, 1, "its time is not after that of the point before");
}

/* A place's normal meets the plane where the foot of that point is the place. */
static void test_plane_from_geodetic_is_the_inverse(void **state)
{
    (void)state;
    ap_enu_frame frame = plane();
    for (double x = -900e3; x <= 900e3; x += 300e3) {
        ap_geodetic foot =
            ap_geodetic_from_ecef(ap_ecef_from_enu(&frame, (ap_vec3){ x, 0.7 * x + 10e3, 0.0 }));
        double x_m, y_m;
        ap_plane_from_geodetic(&frame, foot.latitude_rad, foot.longitude_rad, &x_m, &y_m);
        assert_true(fabs(x_m - x) < 1e-6 && fabs(y_m - 0.7 * x - 10e3) < 1e-6);
    }
}

/* 300 s on the ground before it departs and 200 s after it has landed: all else is the same. */
static void test_route_plan_stands(void **state)
{
    (void)state;
    static const ap_craft crafts[] = { AP_CRAFT_LIGHT, AP_CRAFT_ROTORCRAFT };
    static const ap_wind_level wind[] = { { 0.0, 5.0, 3.0 } };
    for (size_t i = 0; i < 2; i++) {
        ap_route_point points[] = { { 0, 0, 600.0, NAN, 0 }, { 30e3, 0, NAN, NAN, 0 } };
        ap_route route = { .craft = crafts[i],
                           .points = points,
                           .count = 2,
                           .wind = { wind, 1 },
                           .end_s = HUGE_VAL,
                           .field_altitude_m = 90.0,
                           .departs = true,
                           .lands = true };
        ap_flight flight = { 0 };
        assert_int_equal(ap_route_plan(&route, &flight), AP_ROUTE_FLIES);
        double at_once_s = flight.end_s;
        points[0].hold_s = 300.0;
        points[1].hold_s = 200.0;
        flight = (ap_flight){ .legs = legs, .leg_cap = LEG_CAP };
        assert_int_equal(ap_route_plan(&route, &flight), AP_ROUTE_FLIES);
        assert_true(flight.leg_count <= LEG_CAP);
        assert_true(fabs(flight.end_s - at_once_s - 500.0) < 1e-6);
        ap_enu_frame frame = plane();
        uint32_t hint = 0;
        const double still_s[] = { 1.0, 299.9, flight.end_s - 199.9, flight.end_s - 0.1 };
        for (size_t k = 0; k < 4; k++) {
            ap_truth truth;
            assert_true(ap_flight_at(&flight, &frame, still_s[k], &hint, &truth));
            assert_true(hypot(truth.east_mps, truth.north_mps) < 1e-6);
            assert_true(fabs(truth.pressure_altitude_m - 90.0) < 1e-6);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_route_plan_within_limits),
        cmocka_unit_test(test_route_plan_any_way),
        cmocka_unit_test(test_route_plan_fly_by_cuts_the_corner),
        cmocka_unit_test(test_route_plan_in_wind),
        cmocka_unit_test(test_route_plan_holds),
        cmocka_unit_test(test_route_plan_departs_and_lands),
        cmocka_unit_test(test_route_plan_stands),
        cmocka_unit_test(test_route_plan_balloon_drifts),
        cmocka_unit_test(test_flight_at_velocity_is_derivative_in_wind),
        cmocka_unit_test(test_route_check_names_the_impossible),
        cmocka_unit_test(test_plane_from_geodetic_is_the_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
