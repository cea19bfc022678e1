#include "simulate/generate.h"

#include <math.h>
#include <string.h>

#include "simulate/pilot.h"
#include "simulate/populate.h"
#include "simulate/random.h"

#define LEVEL_M (1000.0 * AP_M_PER_FT)
#define ALL_FLIGHTS UINT32_MAX /* element of what is drawn once for a whole generator */
#define FORMATION_SIZE 4u
#define CLEAR_M 30.0  /* of the field, whatever the altitudes say */
#define GATE_M 1800.0 /* likewise, where arrivals come in and departures leave */
#define SHARED(index) (UINT32_MAX - 1u - (index)) /* element of what a pair or formation shares */

/* What each kind flies with when the scenario says nothing, and within what. */
typedef struct kind_row {
    ap_craft craft;
    double altitude_min_m, altitude_max_m; /* above the field or the sea */
    double speed_min_mps, speed_max_mps;
} kind_row;

static const kind_row kinds[AP_GENERATOR_COUNT] = {
    [AP_GENERATOR_EN_ROUTE] = { AP_CRAFT_AIRLINER, 8500.0, 12000.0, 205.0, 250.0 },
    [AP_GENERATOR_TMA] = { AP_CRAFT_AIRLINER, 1800.0, 6000.0, 110.0, 150.0 },
    [AP_GENERATOR_GENERAL] = { AP_CRAFT_LIGHT, 300.0, 2000.0, 40.0, 70.0 },
    [AP_GENERATOR_ROTORCRAFT] = { AP_CRAFT_ROTORCRAFT, 150.0, 600.0, 45.0, 70.0 },
    [AP_GENERATOR_SWARM] = { AP_CRAFT_MULTIROTOR, 40.0, 150.0, 8.0, 15.0 },
    [AP_GENERATOR_DRONES] = { AP_CRAFT_MULTIROTOR, 30.0, 120.0, 6.0, 16.0 },
    [AP_GENERATOR_BIRDS] = { AP_CRAFT_BIRD, 30.0, 500.0, 9.0, 18.0 },
    [AP_GENERATOR_BALLOONS] = { AP_CRAFT_BALLOON, 300.0, 12000.0, 0.0, 0.0 },
    [AP_GENERATOR_FORMATION] = { AP_CRAFT_JET, 4000.0, 9000.0, 180.0, 240.0 },
    [AP_GENERATOR_CROSSING] = { AP_CRAFT_AIRLINER, 7000.0, 11000.0, 190.0, 240.0 },
    [AP_GENERATOR_OVERTAKING] = { AP_CRAFT_AIRLINER, 7000.0, 11000.0, 170.0, 190.0 },
    [AP_GENERATOR_SURFACE] = { AP_CRAFT_VEHICLE, 0.0, 0.0, 5.0, 14.0 },
};

/* One flight in the making. */
typedef struct draft {
    const ap_world *world;
    const ap_scenario_generator *from;
    const kind_row *kind;
    uint32_t generator, index;
    double x_m, y_m; /* middle of the area */
    ap_random random;
    ap_generated *out;
} draft;

static bool tell(const char *reason, char *why, size_t size)
{
    size_t length = strlen(reason);
    if (size == 0)
        return false;
    length = length < size ? length : size - 1;
    memcpy(why, reason, length);
    why[length] = '\0';
    return false;
}

static bool shares_are_sound(const ap_scenario_generator *generator)
{
    double sum = generator->adsb_share + generator->mode_s_share + generator->mode_ac_share;
    return generator->adsb_share >= 0.0 && generator->mode_s_share >= 0.0 &&
           generator->mode_ac_share >= 0.0 && sum <= 1.0 + 1e-9;
}

bool ap_generate_check(const ap_scenario *scenario, const ap_scenario_generator *generator,
                       char *why, size_t size)
{
    bool mixed = generator->kind == AP_GENERATOR_MIXED;
    if ((unsigned)generator->kind >= AP_GENERATOR_COUNT)
        return tell("a kind of traffic that is not known", why, size);
    if (generator->flight_count < (mixed ? 3 : 1) ||
        generator->flight_count > AP_POPULATE_FLIGHT_MAX)
        return tell(mixed ? "expected 3 to 400000 flights" : "expected 1 to 400000 flights", why,
                    size);
    if (!(generator->radius_m >= (mixed ? 20e3 : 10.0) &&
          generator->radius_m <= (mixed ? 300e3 : 1000e3)))
        return tell(mixed ? "expected a radius of 20 to 300 km"
                          : "expected a radius of 10 m to 1000 km",
                    why, size);
    if (!(generator->start_s >= 0.0 && generator->end_s > generator->start_s &&
          generator->end_s <= scenario->duration_s))
        return tell("expected it to begin before it ends, within the scenario", why, size);
    if (!shares_are_sound(generator))
        return tell("expected shares from 0 on, together at most 1", why, size);
    if (!(generator->spacing_m >= 0.0 && generator->spacing_m <= 50e3))
        return tell("expected a spacing of 0 to 50 km", why, size);
    if (!(generator->altitude_min_m <= generator->altitude_max_m))
        return tell("expected a least altitude that is not above the greatest", why, size);
    return mixed || ap_craft_check(kinds[generator->kind].craft, AP_CRAFT_WISH_ALTITUDE,
                                   generator->altitude_max_m, why, size);
}

static double between(draft *d, double low, double high)
{
    return ap_random_between(&d->random, low, high);
}

static bool by_chance(draft *d, double probability)
{
    return ap_random_unit(&d->random) < probability;
}

/* Another source for what several flights share. */
static ap_random shared(const draft *d, uint32_t element)
{
    return ap_random_of(d->world->seed, AP_STREAM_GENERATOR + d->generator, element, 0);
}

static double altitude_m(draft *d)
{
    double low_m = d->from->altitude_min_m, high_m = d->from->altitude_max_m;
    double share = ap_random_unit(&d->random);
    if (high_m <= 0.0) {
        low_m = d->kind->altitude_min_m + d->out->route.field_altitude_m;
        high_m = d->kind->altitude_max_m + d->out->route.field_altitude_m;
    }
    return fmax(low_m + share * (high_m - low_m), d->out->route.field_altitude_m + CLEAR_M);
}

static double speed_mps(draft *d)
{
    return between(d, d->kind->speed_min_mps, d->kind->speed_max_mps);
}

/* Uniform in a disc of that share of the area. */
static ap_route_point point(draft *d, double share)
{
    double distance_m = share * d->from->radius_m * sqrt(ap_random_unit(&d->random));
    double bearing_rad = between(d, 0.0, 2.0 * AP_PI);
    return (ap_route_point){ d->x_m + distance_m * sin(bearing_rad),
                             d->y_m + distance_m * cos(bearing_rad), NAN, NAN, 0.0 };
}

static void add(draft *d, ap_route_point at)
{
    if (d->out->route.count < AP_GENERATE_POINT_MAX)
        d->out->points[d->out->route.count++] = at;
}

static ap_route_point beside(const ap_route_point *from, double course_rad, double ahead_m,
                             double right_m)
{
    return (ap_route_point){ from->x_m + ahead_m * sin(course_rad) + right_m * cos(course_rad),
                             from->y_m + ahead_m * cos(course_rad) - right_m * sin(course_rad), NAN,
                             NAN, 0.0 };
}

static double begin_s(draft *d)
{
    return between(d, d->from->start_s, d->from->end_s);
}

/* It begins within the window, or is on its way already when that opens. */
static void enter(draft *d, double way_s)
{
    double start_s = between(d, d->from->start_s - 0.9 * way_s, d->from->end_s);
    d->out->route.start_s = start_s;
    d->out->birth_s = fmax(start_s, d->from->start_s);
}

/* Odd levels eastbound, even ones westbound. */
static double cruising_level_m(draft *d, double course_rad)
{
    double level = floor(altitude_m(d) / LEVEL_M / 2.0) * 2.0;
    return LEVEL_M * (level + (sin(course_rad) >= 0.0 ? 1.0 : 0.0));
}

static void en_route(draft *d)
{
    double radius_m = d->from->radius_m, bearing_rad = between(d, 0.0, 2.0 * AP_PI);
    double offset_m = between(d, -0.7, 0.7) * radius_m, speed = speed_mps(d);
    double half_m = sqrt(radius_m * radius_m - offset_m * offset_m);
    ap_route_point middle = { d->x_m, d->y_m, NAN, NAN, 0.0 };
    ap_route_point at = beside(&middle, bearing_rad, -half_m, offset_m);
    at.altitude_m = cruising_level_m(d, bearing_rad);
    at.speed_mps = speed;
    add(d, at);
    uint32_t bends = ap_random_below(&d->random, 4);
    for (uint32_t i = 0; i < bends; i++) {
        double ahead_m = half_m * (2.0 * (i + 1.0) / (bends + 1.0) - 1.0);
        double aside_m = offset_m + between(d, -0.12, 0.12) * half_m;
        ap_route_point bend = beside(&middle, bearing_rad, ahead_m, aside_m);
        if (by_chance(d, 0.4))
            bend.altitude_m = cruising_level_m(d, bearing_rad);
        add(d, bend);
    }
    add(d, beside(&middle, bearing_rad, half_m, offset_m + between(d, -0.2, 0.2) * half_m));
    enter(d, 2.0 * half_m / speed);
}

/* The runway in use is the same for all. */
static void tma(draft *d)
{
    ap_random common = shared(d, ALL_FLIGHTS);
    double runway_rad = ap_random_between(&common, 0.0, 2.0 * AP_PI);
    double radius_m = fmax(d->from->radius_m, 60e3), field_m = d->out->route.field_altitude_m;
    double bearing_rad = between(d, 0.0, 2.0 * AP_PI), speed = speed_mps(d);
    double high_m = fmax(altitude_m(d), field_m + GATE_M);
    double side = by_chance(d, 0.5) ? 1.0 : -1.0;
    ap_route_point threshold = { d->x_m, d->y_m, NAN, NAN, 0.0 };
    ap_route_point gate = beside(&threshold, bearing_rad, radius_m, 0.0);
    if (d->index % 2 == 1) { /* out */
        threshold.altitude_m = field_m + 900.0;
        threshold.speed_mps = 105.0;
        add(d, threshold);
        ap_route_point out = beside(&threshold, runway_rad, 14e3, 0.0);
        out.altitude_m = high_m;
        out.speed_mps = speed;
        add(d, out);
        ap_route_point turn = beside(&threshold, bearing_rad, 0.5 * radius_m, 0.0);
        add(d, turn);
        add(d, gate);
        d->out->route.departs = true;
        d->out->route.start_s = d->out->birth_s = begin_s(d);
        return;
    }
    gate.altitude_m = high_m;
    gate.speed_mps = speed;
    add(d, gate);
    ap_route_point fix = beside(&threshold, runway_rad, -20e3, side * 25e3);
    if (d->index % 8 == 0)
        fix.hold_s = between(d, 240.0, 900.0);
    fix.altitude_m = field_m + 1500.0;
    fix.speed_mps = 105.0;
    add(d, fix);
    ap_route_point base = beside(&threshold, runway_rad, -26e3, side * 9e3);
    base.altitude_m = field_m + 900.0;
    base.speed_mps = 88.0;
    add(d, base);
    add(d, beside(&threshold, runway_rad, -22e3, 0.0));
    add(d, threshold);
    d->out->route.lands = true;
    enter(d, radius_m / speed);
}

static void general(draft *d)
{
    uint32_t count = 5 + ap_random_below(&d->random, 6);
    double speed = speed_mps(d);
    for (uint32_t i = 0; i < count; i++) {
        ap_route_point at = point(d, 1.0);
        at.speed_mps = i == 0 ? speed : NAN;
        if (i == 0 || by_chance(d, 0.6))
            at.altitude_m = altitude_m(d);
        if (i > 0 && i + 1 < count && by_chance(d, 0.2))
            at.hold_s = between(d, 60.0, 400.0);
        add(d, at);
    }
    d->out->route.departs = by_chance(d, 0.4);
    d->out->route.lands = true;
    enter(d, d->out->route.departs ? 0.0 : 2.0 * d->from->radius_m / speed);
}

static void rotorcraft(draft *d)
{
    uint32_t count = 3 + ap_random_below(&d->random, 4);
    double speed = speed_mps(d);
    for (uint32_t i = 0; i < count; i++) {
        ap_route_point at = point(d, 1.0);
        at.speed_mps = i == 0 ? speed : NAN;
        at.altitude_m = altitude_m(d);
        if (i > 0 && i + 1 < count && by_chance(d, 0.7))
            at.hold_s = between(d, 30.0, 240.0);
        add(d, at);
    }
    d->out->route.departs = by_chance(d, 0.5);
    d->out->route.lands = true;
    enter(d, d->out->route.departs ? 0.0 : d->from->radius_m / speed);
}

/* All along one way, each off it by another amount at every waypoint. */
static void swarm(draft *d)
{
    ap_random common = shared(d, ALL_FLIGHTS), own = d->random;
    double spacing_m = d->from->spacing_m > 0.0 ? d->from->spacing_m : 15.0;
    double across_m = spacing_m * (1.0 + sqrt((double)d->from->flight_count));
    d->random = common;
    double start_s = begin_s(d), speed = speed_mps(d);
    uint32_t count = 6 + ap_random_below(&d->random, 8);
    for (uint32_t i = 0; i < count; i++) {
        ap_route_point at = point(d, 1.0);
        at.altitude_m = altitude_m(d);
        at.speed_mps = i == 0 ? speed : NAN;
        double spread = between(d, 0.5, 2.0);
        at.x_m += ap_random_between(&own, -0.5, 0.5) * spread * across_m;
        at.y_m += ap_random_between(&own, -0.5, 0.5) * spread * across_m;
        at.altitude_m = fmax(at.altitude_m + ap_random_between(&own, -0.5, 0.5) * across_m,
                             d->out->route.field_altitude_m + 10.0);
        add(d, at);
    }
    d->out->route.start_s = d->out->birth_s = start_s;
}

/* Back and forth over a field, or from place to place with standing. */
static void drones(draft *d)
{
    ap_route_point base = point(d, 0.95);
    double speed = speed_mps(d), level_m = altitude_m(d), course_rad = between(d, 0.0, 2 * AP_PI);
    double reach_m = fmin(between(d, 150.0, 900.0), 0.5 * d->from->radius_m);
    bool surveys = by_chance(d, 0.5);
    base.altitude_m = level_m;
    base.speed_mps = speed;
    add(d, base);
    uint32_t count = 6 + ap_random_below(&d->random, 8);
    for (uint32_t i = 0; i < count; i++) {
        double ahead_m =
            surveys ? (i / 2 % 2 == (i % 2) ? 0.0 : reach_m) : between(d, -1.0, 1.0) * reach_m;
        double right_m = surveys ? 40.0 * (i / 2 + 1.0) : between(d, -1.0, 1.0) * reach_m;
        ap_route_point at = beside(&base, course_rad, ahead_m, right_m);
        if (!surveys) {
            at.altitude_m = altitude_m(d);
            at.hold_s = by_chance(d, 0.6) ? between(d, 10.0, 120.0) : 0.0;
        }
        add(d, at);
    }
    add(d, beside(&base, course_rad, 0.0, 0.0));
    d->out->route.departs = d->out->route.lands = true;
    d->out->route.start_s = d->out->birth_s = begin_s(d);
}

static void birds(draft *d)
{
    uint32_t count = 6 + ap_random_below(&d->random, 10);
    ap_route_point at = point(d, 1.0);
    double course_rad = between(d, 0.0, 2.0 * AP_PI), speed = speed_mps(d);
    at.altitude_m = altitude_m(d);
    at.speed_mps = speed;
    add(d, at);
    for (uint32_t i = 0; i < count; i++) {
        course_rad += between(d, -0.7, 0.7);
        at = beside(&at, course_rad, between(d, 200.0, 2500.0), 0.0);
        if (by_chance(d, 0.5))
            at.altitude_m = altitude_m(d);
        add(d, at);
    }
    enter(d, count * 1350.0 / speed);
}

static void balloons(draft *d)
{
    ap_route_point from = point(d, 1.0), to = from;
    from.altitude_m = d->from->altitude_max_m > 0.0 ? d->from->altitude_min_m
                                                    : d->out->route.field_altitude_m + 30.0;
    to.altitude_m = fmax(altitude_m(d), from.altitude_m);
    add(d, from);
    add(d, to);
    d->out->route.start_s = d->out->birth_s = begin_s(d);
    d->out->route.end_s = d->world->scenario->duration_s;
}

static void formation(draft *d)
{
    uint32_t place = d->index % FORMATION_SIZE;
    double spacing_m = d->from->spacing_m > 0.0 ? d->from->spacing_m : 300.0;
    if (place == 0) {
        en_route(d);
        return;
    }
    d->out->leader = d->index - place;
    d->out->behind_m = spacing_m * (place + 1) / 2;
    d->out->right_m = (place % 2 == 1 ? 1.0 : -1.0) * spacing_m * (place + 1) / 2;
}

/* Straight through a place so as to be there at a time, and on until the window ends: aircraft do
 * not vanish in the air. */
static void through(draft *d, const ap_route_point *place, double when_s, double course_rad,
                    double level_m, double speed, double before_s)
{
    ap_pilot pilot = { .limits = ap_craft_limits_of(d->out->route.craft),
                       .wind = d->out->route.wind,
                       .speed_mps = speed,
                       .at = { .altitude_m = level_m } };
    double ground_mps = ap_pilot_ground_mps(&pilot, course_rad);
    ap_route_point from = beside(place, course_rad, -ground_mps * before_s, 0.0);
    from.altitude_m = level_m;
    from.speed_mps = speed;
    add(d, from);
    add(d, beside(place, course_rad, ground_mps * fmax(d->from->end_s - when_s, before_s), 0.0));
    d->out->route.start_s = when_s - before_s;
    d->out->birth_s = fmax(when_s - before_s, d->from->start_s);
}

/* Both flights of a pair draw the same, and take their own side of it. */
static void pair(draft *d)
{
    bool second = d->index % 2 == 1, overtakes = d->from->kind == AP_GENERATOR_OVERTAKING;
    d->random = shared(d, SHARED(d->index / 2));
    ap_route_point place = point(d, 0.6);
    double when_s = between(d, 0.3, 0.9) * (d->from->end_s - d->from->start_s) + d->from->start_s;
    double course_rad = between(d, 0.0, 2.0 * AP_PI), level_m = cruising_level_m(d, course_rad);
    double first_mps = speed_mps(d), other_mps = speed_mps(d), angle_rad = between(d, 0.5, 2.6);
    double before_s = between(d, 300.0, 600.0);
    if (overtakes) {
        other_mps = first_mps + between(d, 25.0, 50.0);
        angle_rad = 0.0;
    }
    if (second) {
        place = beside(&place, course_rad, 0.0, d->from->spacing_m);
        /* One level above, or at the same one when they are to be apart to the side. */
        if (d->from->spacing_m <= 0.0)
            level_m += LEVEL_M;
        course_rad += angle_rad;
    }
    through(d, &place, when_s, course_rad, level_m, second ? other_mps : first_mps, before_s);
}

/* Between places of the aprons and taxiways; every third is an aircraft, slower and larger. */
static void surface(draft *d)
{
    bool is_aircraft = d->index % 3 == 0;
    uint32_t count = 5 + ap_random_below(&d->random, 8);
    double speed = speed_mps(d);
    for (uint32_t i = 0; i < count; i++) {
        ap_route_point at = point(d, 1.0);
        at.altitude_m = i == 0 ? d->out->route.field_altitude_m : NAN;
        at.speed_mps = i == 0 ? speed : NAN;
        if (i > 0 && by_chance(d, 0.5))
            at.hold_s = between(d, 5.0, 90.0);
        add(d, at);
    }
    if (is_aircraft) {
        d->out->emitter_category = 0xA3;
        d->out->area_m2 = 30.0;
    }
    enter(d, d->from->radius_m / speed);
}

static void equip(draft *d)
{
    const ap_scenario_generator *from = d->from;
    double drawn = ap_random_unit(&d->random);
    d->out->equipment = AP_EQUIPMENT_NONE;
    if (drawn < from->adsb_share)
        d->out->equipment = AP_EQUIPMENT_ADSB;
    else if (drawn < from->adsb_share + from->mode_s_share)
        d->out->equipment = AP_EQUIPMENT_MODE_S;
    else if (drawn < from->adsb_share + from->mode_s_share + from->mode_ac_share)
        d->out->equipment = AP_EQUIPMENT_MODE_AC;
}

void ap_generate(const ap_world *world, uint32_t generator, uint32_t index, ap_generated *out)
{
    static void (*const makers[AP_GENERATOR_COUNT])(draft *) = {
        [AP_GENERATOR_EN_ROUTE] = en_route,   [AP_GENERATOR_TMA] = tma,
        [AP_GENERATOR_GENERAL] = general,     [AP_GENERATOR_ROTORCRAFT] = rotorcraft,
        [AP_GENERATOR_SWARM] = swarm,         [AP_GENERATOR_DRONES] = drones,
        [AP_GENERATOR_BIRDS] = birds,         [AP_GENERATOR_BALLOONS] = balloons,
        [AP_GENERATOR_FORMATION] = formation, [AP_GENERATOR_CROSSING] = pair,
        [AP_GENERATOR_OVERTAKING] = pair,     [AP_GENERATOR_SURFACE] = surface,
    };
    const ap_scenario *scenario = world->scenario;
    const ap_scenario_generator *from = &scenario->generators[generator];
    draft d = { .world = world,
                .from = from,
                .kind = &kinds[from->kind],
                .generator = generator,
                .index = index,
                .random = ap_random_of(world->seed, AP_STREAM_GENERATOR + generator, index, 0),
                .out = out };
    ap_plane_from_geodetic(&world->plane, from->latitude_rad, from->longitude_rad, &d.x_m, &d.y_m);
    *out = (ap_generated){ .leader = AP_SCENARIO_NONE };
    out->route = (ap_route){ .craft = d.kind->craft,
                             .points = out->points,
                             .wind = { scenario->wind, scenario->wind_count },
                             .start_s = from->start_s,
                             .end_s = HUGE_VAL,
                             .field_altitude_m = from->field_height_m - scenario->height_offset_m };
    out->birth_s = from->start_s;
    equip(&d);
    makers[from->kind](&d);
}
