#include "simulate/populate.h"

#include <math.h>
#include <string.h>

#include "simulate/random.h"
#include "simulate/route.h"
#include "simulate/traffic.h"

/* Flights on their way into memory: measuring, there is only one of them at a time. */
typedef struct crowd {
    const ap_world *world;
    ap_arena *arena;
    ap_flight *flights; /* NULL: measuring */
    ap_flight measured;
} crowd;

static bool ways_are_one(const ap_scenario *scenario, const ap_scenario_flight *flight)
{
    int ways = (flight->waypoint_count > 0) + (flight->path_count > 0) +
               (flight->leader != AP_SCENARIO_NONE) + flight->falls;
    if (ways != 1 || flight->falls || flight->path_count == 1 ||
        (unsigned)flight->craft >= AP_CRAFT_COUNT)
        return false;
    if (flight->leader == AP_SCENARIO_NONE)
        return true;
    return flight->leader < scenario->flight_count &&
           scenario->flights[flight->leader].leader == AP_SCENARIO_NONE &&
           !scenario->flights[flight->leader].falls;
}

static bool flight_is_sound(const ap_scenario *scenario, uint32_t index)
{
    const ap_scenario_flight *flight = &scenario->flights[index];
    uint32_t at;
    return ways_are_one(scenario, flight) && flight->start_s >= 0.0 && flight->start_s <= 86400.0 &&
           flight->end_s > flight->start_s && ap_route_check(scenario, index, &at, NULL, 0);
}

static bool generator_is_sound(const ap_scenario *scenario, const ap_scenario_generator *generator)
{
    double sum = generator->adsb_share + generator->mode_s_share + generator->mode_ac_share;
    return generator->kind == AP_GENERATOR_MIXED && generator->flight_count >= 3 &&
           generator->flight_count <= AP_POPULATE_FLIGHT_MAX && generator->radius_m >= 20e3 &&
           generator->radius_m <= 300e3 && generator->start_s >= 0.0 &&
           generator->end_s > generator->start_s && generator->end_s <= scenario->duration_s &&
           sum >= 0.0 && sum <= 1.0 + 1e-9;
}

bool ap_populate_is_sound(const ap_scenario *scenario)
{
    if (scenario->flight_count > AP_POPULATE_FLIGHT_MAX)
        return false;
    uint64_t count = scenario->flight_count;
    for (uint32_t i = 0; i < scenario->flight_count; i++)
        if (!flight_is_sound(scenario, i))
            return false;
    for (uint32_t i = 0; i < scenario->generator_count; i++) {
        if (!generator_is_sound(scenario, &scenario->generators[i]))
            return false;
        count += scenario->generators[i].flight_count;
    }
    return count >= 1 && count <= AP_POPULATE_FLIGHT_MAX;
}

uint32_t ap_populate_count(const ap_scenario *scenario)
{
    uint32_t count = scenario->flight_count;
    for (uint32_t i = 0; i < scenario->generator_count; i++)
        count += scenario->generators[i].flight_count;
    return count;
}

/* The flight to fill in, empty. */
static ap_flight *flight_at(crowd *of, uint32_t index)
{
    ap_flight *flight = of->flights ? &of->flights[index] : &of->measured;
    *flight = (ap_flight){ 0 };
    return flight;
}

/* Room for the legs that were counted; NULL when there is none to fill. */
static bool give_legs(crowd *of, ap_flight *flight)
{
    ap_leg *legs = ap_arena_take_raw(of->arena, flight->leg_count, sizeof *legs);
    flight->legs = legs;
    flight->leg_cap = legs ? flight->leg_count : 0;
    return legs != NULL;
}

static void identify(const ap_world *world, uint32_t index, ap_equipment equipment,
                     ap_flight *flight)
{
    ap_random random = ap_random_of(world->seed, AP_STREAM_IDENTITY, index, 0);
    flight->id = index + 1;
    flight->equipment = equipment;
    flight->mode_3a = (uint16_t)(02001 + index % 02777);
    flight->emergency_s = HUGE_VAL;
    flight->nac_p = (uint8_t)(8 + ap_random_below(&random, 3));
    flight->height_offset_m = world->scenario->height_offset_m;
    ap_traffic_name(index, flight);
    if (equipment <= AP_EQUIPMENT_MODE_S)
        flight->address = AP_TRAFFIC_ADDRESS_FIRST + index;
}

static void describe(ap_craft craft, ap_flight *flight)
{
    const ap_craft_limits *limits = ap_craft_limits_of(craft);
    flight->craft = craft;
    flight->area_m2 = limits->area_m2;
    flight->emitter_category = limits->emitter_category;
}

static void follow_route(crowd *of, const ap_route *route, ap_flight *flight)
{
    (void)ap_route_plan(route, flight); /* checked before */
    if (give_legs(of, flight))
        (void)ap_route_plan(route, flight);
}

static void follow_path(crowd *of, const ap_scenario_flight *from, ap_flight *flight)
{
    const ap_path_point *points = &of->world->scenario->path[from->path_first];
    ap_path_node *nodes = ap_arena_take_raw(of->arena, from->path_count, sizeof *nodes);
    if (!nodes)
        return;
    ap_path_make(points, from->path_count, nodes);
    flight->nodes = nodes;
    flight->node_count = from->path_count;
    flight->birth_s = fmax(from->start_s, points[0].time_s);
    flight->end_s = fmin(from->end_s, points[from->path_count - 1].time_s);
}

static void make_own(crowd *of, uint32_t index)
{
    const ap_scenario *scenario = of->world->scenario;
    const ap_scenario_flight *from = &scenario->flights[index];
    ap_flight *flight = flight_at(of, index);
    identify(of->world, index, from->equipment, flight);
    describe(from->craft, flight);
    if (from->address != 0 && from->equipment <= AP_EQUIPMENT_MODE_S)
        flight->address = from->address;
    if (from->mode_3a != 0)
        flight->mode_3a = from->mode_3a;
    if (from->callsign[0] != '\0')
        memcpy(flight->callsign, from->callsign, sizeof flight->callsign);
    if (from->nac_p != 0)
        flight->nac_p = from->nac_p;
    if (from->path_count > 0)
        follow_path(of, from, flight);
    if (from->waypoint_count == 0)
        return;
    ap_route_point points[AP_ROUTE_POINT_MAX];
    ap_route route = ap_route_of(scenario, &of->world->plane, index, points);
    follow_route(of, &route, flight);
}

static void join(ap_flight *flight, const ap_flight *leader, double start_s, double end_s)
{
    flight->leader = leader;
    flight->birth_s = fmax(start_s, leader->birth_s);
    flight->end_s = fmin(end_s, leader->end_s);
}

/* After their leaders are made. */
static void join_own(crowd *of)
{
    const ap_scenario *scenario = of->world->scenario;
    for (uint32_t i = 0; of->flights && i < scenario->flight_count; i++) {
        const ap_scenario_flight *from = &scenario->flights[i];
        if (from->leader == AP_SCENARIO_NONE)
            continue;
        ap_flight *flight = &of->flights[i];
        join(flight, &of->flights[from->leader], from->start_s, from->end_s);
        flight->behind_m = from->behind_m;
        flight->right_m = from->right_m;
        flight->above_m = from->above_m;
    }
}

/* The demonstration's mix: what carries nothing are the last of it. */
static void make_mixed(crowd *of, uint32_t generator, uint32_t first)
{
    const ap_scenario *scenario = of->world->scenario;
    const ap_scenario_generator *from = &scenario->generators[generator];
    double carrying = from->adsb_share + from->mode_s_share + from->mode_ac_share;
    double bare = round(fmax(0.0, 1.0 - carrying) * from->flight_count);
    ap_traffic_config config = { .seed = scenario->seed,
                                 .generator = generator,
                                 .first = first,
                                 .flight_count = from->flight_count,
                                 .primary_only_count = (uint32_t)fmin(bare, from->flight_count - 3),
                                 .start_s = from->start_s,
                                 .duration_s = from->end_s - from->start_s,
                                 .radius_m = from->radius_m,
                                 .height_offset_m = scenario->height_offset_m };
    ap_plane_from_geodetic(&of->world->plane, from->latitude_rad, from->longitude_rad, &config.x_m,
                           &config.y_m);
    for (uint32_t i = 0; i < from->flight_count; i++) {
        ap_flight *flight = flight_at(of, first + i);
        ap_traffic_make(&config, i, flight);
        if (give_legs(of, flight))
            ap_traffic_make(&config, i, flight);
    }
}

void ap_populate(ap_world *world, ap_arena *arena)
{
    const ap_scenario *scenario = world->scenario;
    world->flight_count = ap_populate_count(scenario);
    crowd of = { .world = world, .arena = arena };
    of.flights = ap_arena_take(arena, world->flight_count, sizeof *of.flights);
    world->flights = of.flights;
    world->hints = ap_arena_take(arena, world->flight_count, sizeof *world->hints);
    for (uint32_t i = 0; i < scenario->flight_count; i++)
        make_own(&of, i);
    join_own(&of);
    uint32_t first = scenario->flight_count;
    for (uint32_t i = 0; i < scenario->generator_count; i++) {
        make_mixed(&of, i, first);
        first += scenario->generators[i].flight_count;
    }
}
