#include "simulate/populate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "simulate/generate.h"
#include "simulate/simulate.h"
#include "simulate/test_limits.h"

#define COUNT 24u
#define DURATION_S 1200.0
#define DEG AP_RAD_PER_DEG

static const ap_wind_level wind_levels[] = { { 0.0, 3.0, 2.0 }, { 9000.0, 30.0, -10.0 } };

typedef struct crowd {
    ap_scenario scenario;
    ap_scenario_generator generators[2];
    ap_world world;
    void *mem;
} crowd;

static void begin(crowd *c, ap_generator_kind kind, uint64_t seed)
{
    static const double radii_m[AP_GENERATOR_COUNT] = {
        [AP_GENERATOR_EN_ROUTE] = 120e3,  [AP_GENERATOR_TMA] = 80e3,
        [AP_GENERATOR_GENERAL] = 40e3,    [AP_GENERATOR_ROTORCRAFT] = 30e3,
        [AP_GENERATOR_SWARM] = 2e3,       [AP_GENERATOR_DRONES] = 5e3,
        [AP_GENERATOR_BIRDS] = 20e3,      [AP_GENERATOR_BALLOONS] = 50e3,
        [AP_GENERATOR_FORMATION] = 100e3, [AP_GENERATOR_CROSSING] = 80e3,
        [AP_GENERATOR_OVERTAKING] = 80e3, [AP_GENERATOR_SURFACE] = 2e3,
        [AP_GENERATOR_MIXED] = 100e3,
    };
    memset(c, 0, sizeof *c);
    c->generators[0] = (ap_scenario_generator){ .kind = kind,
                                                .flight_count = COUNT,
                                                .latitude_rad = 50.1 * DEG,
                                                .longitude_rad = 8.1 * DEG,
                                                .radius_m = radii_m[kind],
                                                .field_height_m = 150.0,
                                                .end_s = 900.0,
                                                .adsb_share = 0.5,
                                                .mode_s_share = 0.25 };
    c->scenario = (ap_scenario){ .seed = seed,
                                 .duration_s = DURATION_S,
                                 .reference = { 50.0 * DEG, 8.0 * DEG, 0.0 },
                                 .height_offset_m = 45.0,
                                 .generators = c->generators,
                                 .generator_count = 1,
                                 .wind = wind_levels,
                                 .wind_count = 2 };
}

/* "": not at all. */
static void check_refused(const crowd *c, const char *expected)
{
    char reason[256];
    ap_writer why = ap_writer_of((uint8_t *)reason, sizeof reason - 1);
    bool sound = ap_populate_check(&c->scenario, &why);
    reason[why.size] = '\0';
    assert_string_equal(reason, expected);
    assert_int_equal(sound, expected[0] == '\0');
}

static void populate(crowd *c)
{
    check_refused(c, "");
    c->world = (ap_world){ .scenario = &c->scenario,
                           .seed = c->scenario.seed,
                           .plane = ap_enu_frame_at(c->scenario.reference) };
    ap_arena arena = ap_arena_measure();
    ap_populate(&c->world, &arena);
    size_t size = ap_arena_need(&arena);
    assert_true(size > 0);
    c->mem = malloc(size);
    arena = ap_arena_over(c->mem, size);
    ap_populate(&c->world, &arena);
    assert_int_equal(ap_arena_need(&arena), size);
}

static bool is_on_ground(ap_generator_kind kind)
{
    return kind == AP_GENERATOR_TMA || kind == AP_GENERATOR_GENERAL ||
           kind == AP_GENERATOR_ROTORCRAFT || kind == AP_GENERATOR_DRONES ||
           kind == AP_GENERATOR_BALLOONS || kind == AP_GENERATOR_SURFACE ||
           kind == AP_GENERATOR_SWARM;
}

static void test_populate_generators_fly_within_limits(void **state)
{
    (void)state;
    for (int kind = 0; kind < AP_GENERATOR_MIXED; kind++) {
        for (uint64_t seed = 1; seed <= 2; seed++) {
            crowd c;
            begin(&c, (ap_generator_kind)kind, seed);
            populate(&c);
            size_t alive = 0, samples = 0;
            for (uint32_t i = 0; i < COUNT; i++) {
                const ap_flight *flight = &c.world.flights[i];
                limits_seen seen;
                assert_int_equal(flight->id, i + 1);
                /* Slow craft may fly by speeds over the ground, so wind is not taken off there. */
                bool carried = flight->craft == AP_CRAFT_AIRLINER || flight->craft == AP_CRAFT_JET;
                ap_wind wind = { wind_levels, carried && !flight->leader ? 2 : 0 };
                bool ground = is_on_ground((ap_generator_kind)kind) || !carried || flight->leader;
                check_limits(flight, &c.world.plane, &wind, DURATION_S, 0.2, ground, &seen);
                alive += seen.count > 100;
                samples += seen.count;
                if (seen.count > 0)
                    assert_true(seen.altitude_min_m > 104.9); /* the field's */
            }
            assert_true(alive >= 2 * COUNT / 3);
            assert_true(samples > COUNT * 500);
            free(c.mem);
        }
    }
}

static void test_populate_same_seed_same_flights(void **state)
{
    (void)state;
    for (int kind = 0; kind < AP_GENERATOR_COUNT; kind++) {
        crowd a, b, other;
        begin(&a, (ap_generator_kind)kind, 7);
        begin(&b, (ap_generator_kind)kind, 7);
        begin(&other, (ap_generator_kind)kind, 8);
        /* A generator behind it changes nothing. */
        b.generators[1] = b.generators[0];
        b.scenario.generator_count = 2;
        populate(&a);
        populate(&b);
        populate(&other);
        assert_int_equal(b.world.flight_count, 2 * COUNT);
        size_t same = 0, different = 0;
        for (uint32_t i = 0; i < COUNT; i++) {
            ap_truth x, y, z;
            bool flies = ap_world_truth(&a.world, i, 700.0, &x);
            assert_int_equal(flies, ap_world_truth(&b.world, i, 700.0, &y));
            if (!flies)
                continue;
            assert_memory_equal(&x.position, &y.position, sizeof x.position);
            assert_true(x.east_mps == y.east_mps && x.address == y.address);
            same++;
            different += ap_world_truth(&other.world, i, 700.0, &z) &&
                         z.position.latitude_rad != x.position.latitude_rad;
            bool copied = ap_world_truth(&b.world, COUNT + i, 700.0, &z) &&
                          memcmp(&z.position, &x.position, sizeof z.position) == 0;
            /* The mix begins with a fixed pair. */
            assert_true(!copied || (kind == AP_GENERATOR_MIXED && i < 2));
        }
        assert_true(same > 3 && different > 0);
        free(a.mem);
        free(b.mem);
        free(other.mem);
    }
}

static double apart_m(const crowd *c, uint32_t i, uint32_t k, double time_s, double *above_m)
{
    ap_truth a, b;
    if (!ap_world_truth(&c->world, i, time_s, &a) || !ap_world_truth(&c->world, k, time_s, &b))
        return HUGE_VAL;
    *above_m = fabs(a.position.height_m - b.position.height_m);
    return ap_distance_m(a.position, b.position);
}

/* Pairs meet within metres, a level apart; wingmen keep their places. */
static void test_populate_pairs_meet_and_formations_stay(void **state)
{
    (void)state;
    static const ap_generator_kind pairs[] = { AP_GENERATOR_CROSSING, AP_GENERATOR_OVERTAKING };
    for (int k = 0; k < 2; k++) {
        crowd c;
        begin(&c, pairs[k], 3);
        populate(&c);
        for (uint32_t i = 0; i < COUNT; i += 2) {
            double nearest_m = HUGE_VAL, above_m = 0.0, at_m = 0.0;
            for (double t = 0.0; t < DURATION_S; t += 0.05) {
                double away_m = apart_m(&c, i, i + 1, t, &at_m);
                if (away_m < nearest_m) {
                    nearest_m = away_m;
                    above_m = at_m;
                }
            }
            assert_true(nearest_m < 30.0);
            assert_true(fabs(above_m - 304.8) < 1.0);
        }
        free(c.mem);
    }
    crowd c;
    begin(&c, AP_GENERATOR_FORMATION, 3);
    c.generators[0].spacing_m = 200.0;
    populate(&c);
    size_t seen = 0;
    for (uint32_t i = 1; i < COUNT; i += 4) {
        for (double t = 100.0; t < DURATION_S; t += 10.0) {
            double above_m, away_m = apart_m(&c, i - 1, i, t, &above_m);
            if (away_m == HUGE_VAL)
                continue;
            assert_true(fabs(away_m - 200.0 * sqrt(2.0)) < 2.0 && above_m < 0.1);
            seen++;
        }
    }
    assert_true(seen > 100);
    free(c.mem);
}

static void test_populate_equips_by_shares(void **state)
{
    (void)state;
    crowd c;
    begin(&c, AP_GENERATOR_EN_ROUTE, 5);
    c.generators[0].flight_count = 2000;
    populate(&c);
    double kinds[4] = { 0 };
    for (uint32_t i = 0; i < 2000; i++)
        kinds[c.world.flights[i].equipment] += 1.0;
    /* Five standard errors of a share among two thousand. */
    assert_true(fabs(kinds[AP_EQUIPMENT_ADSB] - 1000.0) < 112.0);
    assert_true(fabs(kinds[AP_EQUIPMENT_MODE_S] - 500.0) < 97.0);
    assert_true(kinds[AP_EQUIPMENT_MODE_AC] == 0.0);
    free(c.mem);
}

/* A scenario's own flights: by waypoints, by a path, beside, and falling. */
static void test_populate_own_flights(void **state)
{
    (void)state;
    const ap_waypoint way[] = { { 50 * DEG, 8 * DEG, 9000.0, 200.0, 0 },
                                { 50.5 * DEG, 8.5 * DEG, NAN, NAN, 0 } };
    const ap_path_point path[] = {
        { 50.0, { 50 * DEG, 8 * DEG, 1000.0 }, NAN, NAN, NAN },
        { 60.0, { 50 * DEG, 8.01 * DEG, 1010.0 }, NAN, NAN, NAN },
        { 90.0, { 50.01 * DEG, 8.03 * DEG, 1050.0 }, NAN, NAN, NAN },
    };
    ap_scenario_flight flights[] = {
        { .waypoint_count = 2,
          .end_s = HUGE_VAL,
          .leader = AP_SCENARIO_NONE,
          .address = 0x4B1234,
          .callsign = "BAW1",
          .mode_3a = 01234,
          .nac_p = 9 },
        { .path_count = 3,
          .end_s = HUGE_VAL,
          .leader = AP_SCENARIO_NONE,
          .equipment = AP_EQUIPMENT_NONE },
        { .leader = 0, .end_s = HUGE_VAL, .right_m = 100.0 },
        { .craft = AP_CRAFT_FALLING,
          .falls = true,
          .end_s = HUGE_VAL,
          .leader = AP_SCENARIO_NONE,
          .fall_position = { 50 * DEG, 7 * DEG, 80e3 },
          .fall_east_mps = 2000.0,
          .fall_up_mps = -500.0,
          .ballistic_coefficient_kgpms2 = 5000.0,
          .piece_count = 4,
          .break_altitude_m = 30e3,
          .equipment = AP_EQUIPMENT_NONE },
    };
    crowd c;
    begin(&c, AP_GENERATOR_EN_ROUTE, 1);
    c.scenario.flights = flights;
    c.scenario.flight_count = 4;
    c.scenario.waypoints = way;
    c.scenario.path = path;
    populate(&c);
    assert_int_equal(c.world.flight_count, 4 + COUNT + 3);
    ap_truth truth;
    assert_true(ap_world_truth(&c.world, 0, 10.0, &truth));
    assert_int_equal(truth.address, 0x4B1234);
    assert_string_equal(truth.callsign, "BAW1");
    assert_int_equal(truth.mode_3a, 01234);
    assert_false(ap_world_truth(&c.world, 1, 49.9, &truth));
    assert_true(ap_world_truth(&c.world, 1, 60.0, &truth));
    assert_true(fabs(truth.position.longitude_rad - 8.01 * DEG) < 1e-12);
    assert_int_equal(truth.address, 0);
    double above_m;
    assert_true(fabs(apart_m(&c, 0, 2, 50.0, &above_m) - 100.0) < 0.2);
    /* Whole at first, then four pieces that part from one place. */
    uint32_t piece = 4 + COUNT;
    assert_true(ap_world_truth(&c.world, 3, 1.0, &truth));
    assert_false(ap_world_truth(&c.world, piece, 1.0, &truth));
    double break_s = c.world.flights[piece].birth_s;
    assert_true(break_s > 20.0 && break_s < 300.0);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(c.world.flights[piece + i].birth_s == break_s);
        assert_true(apart_m(&c, 3, piece + i, break_s, &above_m) < 1e-3 && above_m < 1e-3);
        assert_true(apart_m(&c, 3, piece + i, break_s + 15.0, &above_m) + above_m > 10.0);
        assert_true(c.world.flights[piece + i].end_s <= DURATION_S);
    }
    free(c.mem);
}

static double slowing_mps2(const crowd *c, uint32_t flight, double time_s)
{
    ap_truth now, then;
    assert_true(ap_world_truth(&c->world, flight, time_s, &now));
    assert_true(ap_world_truth(&c->world, flight, time_s + 0.5, &then));
    return (hypot(now.east_mps, now.north_mps) - hypot(then.east_mps, then.north_mps)) / 0.5;
}

/* Of 99 pieces: 5 m/s an axis, and 0.5 in the logarithm of what drag does to them; within 3.3
 * standard errors of a variance. */
static void test_populate_pieces_scatter(void **state)
{
    (void)state;
    ap_scenario_flight whole = { .craft = AP_CRAFT_FALLING,
                                 .falls = true,
                                 .end_s = HUGE_VAL,
                                 .leader = AP_SCENARIO_NONE,
                                 .fall_position = { 50 * DEG, 7 * DEG, 40e3 },
                                 .fall_east_mps = 2000.0,
                                 .fall_up_mps = -500.0,
                                 .ballistic_coefficient_kgpms2 = 5000.0,
                                 .piece_count = 100,
                                 .break_altitude_m = 30e3,
                                 .equipment = AP_EQUIPMENT_NONE };
    crowd c;
    begin(&c, AP_GENERATOR_EN_ROUTE, 1);
    c.scenario.flights = &whole;
    c.scenario.flight_count = 1;
    c.scenario.generator_count = 0;
    populate(&c);
    assert_int_equal(c.world.flight_count, 100);
    double break_s = c.world.flights[1].birth_s, speeds = 0.0, sum = 0.0, square = 0.0;
    ap_truth first, piece;
    assert_true(ap_world_truth(&c.world, 0, break_s, &first));
    for (uint32_t i = 1; i < 100; i++) {
        assert_true(ap_world_truth(&c.world, i, break_s, &piece));
        speeds += pow(piece.east_mps - first.east_mps, 2.0) +
                  pow(piece.north_mps - first.north_mps, 2.0) +
                  pow(piece.up_mps - first.up_mps, 2.0);
        double drag = log(slowing_mps2(&c, i, break_s));
        sum += drag;
        square += drag * drag;
    }
    assert_true(fabs(speeds / (3.0 * 99.0 * 25.0) - 1.0) < 3.3 * sqrt(2.0 / 297.0));
    double variance = (square - sum * sum / 99.0) / 98.0;
    assert_true(fabs(variance / 0.25 - 1.0) < 3.3 * sqrt(2.0 / 98.0));
    free(c.mem);
}

static void test_populate_check_names_the_bad(void **state)
{
    (void)state;
    crowd c;
    begin(&c, AP_GENERATOR_TMA, 1);
    c.generators[0].adsb_share = 0.9; /* 1.15 in sum */
    check_refused(&c, "traffic 1: expected shares from 0 on, together at most 1");
    begin(&c, AP_GENERATOR_TMA, 1);
    c.generators[0].altitude_max_m = 20000.0;
    check_refused(&c, "traffic 1: 20000 m is beyond an airliner's 13500 m");
    begin(&c, AP_GENERATOR_TMA, 1);
    c.generators[0].end_s = DURATION_S + 1.0;
    check_refused(&c, "traffic 1: expected it to begin before it ends, within the scenario");
    begin(&c, AP_GENERATOR_MIXED, 1);
    c.generators[0].flight_count = 2;
    check_refused(&c, "traffic 1: expected 3 to 400000 flights");
    begin(&c, AP_GENERATOR_TMA, 1);
    static const char way[] = "flight 1: expected one way: waypoints, a path of two points or "
                              "more, a leader that follows nobody, or a fall with its values in "
                              "range";
    const ap_waypoint points[] = { { 50 * DEG, 8 * DEG, 9000.0, 200.0, 0 },
                                   { 50.5 * DEG, 8.5 * DEG, NAN, 400.0, 0 } };
    ap_scenario_flight flight = { .end_s = HUGE_VAL, .leader = AP_SCENARIO_NONE };
    c.scenario.flights = &flight;
    c.scenario.flight_count = 1;
    c.scenario.waypoints = points;
    check_refused(&c, way);
    flight.leader = 0; /* itself */
    check_refused(&c, way);
    flight.leader = AP_SCENARIO_NONE;
    flight.falls = true; /* from nowhere */
    check_refused(&c, way);
    flight = (ap_scenario_flight){
        .callsign = "BAW1", .waypoint_count = 2, .end_s = HUGE_VAL, .leader = AP_SCENARIO_NONE
    };
    check_refused(&c, "flight BAW1, waypoint 2: 400 m/s is beyond an airliner's 270 m/s");
    flight.end_s = 0.0;
    check_refused(&c, "flight BAW1: expected it to begin within a day and before it ends");
    c.scenario.flight_count = 0;
    c.scenario.generator_count = 0;
    check_refused(&c, "0 flights: expected 1 to 400000");
}

/* 400 m behind, 100 m to the right and 30 m above one who flies east; its selected altitude too. */
static void test_populate_follows_in_its_place(void **state)
{
    (void)state;
    const ap_waypoint way[] = { { 50 * DEG, 8 * DEG, 9000.0, 200.0, 0 },
                                { 50 * DEG, 8.5 * DEG, NAN, NAN, 0 } };
    ap_scenario_flight flights[] = {
        { .waypoint_count = 2, .end_s = HUGE_VAL, .leader = AP_SCENARIO_NONE },
        { .leader = 0,
          .start_s = 20.0,
          .end_s = 90.0,
          .behind_m = 400.0,
          .right_m = 100.0,
          .above_m = 30.0 },
    };
    crowd c;
    begin(&c, AP_GENERATOR_EN_ROUTE, 1);
    c.scenario.flights = flights;
    c.scenario.flight_count = 2;
    c.scenario.waypoints = way;
    populate(&c);
    ap_truth leader, follower;
    assert_false(ap_world_truth(&c.world, 1, 19.9, &follower));
    assert_false(ap_world_truth(&c.world, 1, 90.0, &follower));
    assert_true(ap_world_truth(&c.world, 0, 50.0, &leader));
    assert_true(ap_world_truth(&c.world, 1, 50.0, &follower));
    ap_enu_frame local = ap_enu_frame_at(leader.position);
    ap_vec3 place = ap_enu_from_ecef(&local, ap_ecef_from_geodetic(follower.position));
    assert_true(fabs(place.x_m + 400.0) < 1.0 && fabs(place.y_m + 100.0) < 2.0);
    assert_true(fabs(place.z_m - 30.0) < 0.1);
    assert_true(fabs(follower.east_mps - leader.east_mps) < 0.1);
    double level_m = ap_flight_level_m(&c.world.flights[0], 50.0);
    assert_true(fabs(ap_flight_level_m(&c.world.flights[1], 50.0) - level_m - 30.0) < 1e-9);
    free(c.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_populate_generators_fly_within_limits),
        cmocka_unit_test(test_populate_same_seed_same_flights),
        cmocka_unit_test(test_populate_pairs_meet_and_formations_stay),
        cmocka_unit_test(test_populate_equips_by_shares),
        cmocka_unit_test(test_populate_own_flights),
        cmocka_unit_test(test_populate_pieces_scatter),
        cmocka_unit_test(test_populate_follows_in_its_place),
        cmocka_unit_test(test_populate_check_names_the_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
