#include "simulate/populate.h"

#include <math.h>
#include <string.h>

#include "simulate/fall.h"
#include "simulate/generate.h"
#include "simulate/random.h"
#include "simulate/route.h"
#include "simulate/traffic.h"
#include "wire/json.h"

#define PIECE_SPREAD 0.5    /* of the logarithm of the ballistic coefficient, 1 sigma */
#define PIECE_SPEED_MPS 5.0 /* 1 sigma an axis */

/* Flights on their way into memory: measuring, there is only one of them at a time. */
typedef struct crowd {
    const ap_world *world;
    ap_arena *arena;
    ap_flight *flights; /* NULL: measuring */
    ap_flight measured;
} crowd;

static bool fall_is_sound(const ap_scenario_flight *flight)
{
    double speed_mps =
        hypot(hypot(flight->fall_east_mps, flight->fall_north_mps), flight->fall_up_mps);
    return flight->fall_position.height_m > 0.0 && flight->fall_position.height_m <= 500e3 &&
           fabs(flight->fall_position.latitude_rad) <= AP_PI / 2.0 && speed_mps <= 12000.0 &&
           flight->ballistic_coefficient_kgpms2 >= 1.0 &&
           flight->ballistic_coefficient_kgpms2 <= 1e6 && flight->piece_count <= AP_FALL_PIECE_MAX;
}

static bool ways_are_one(const ap_scenario *scenario, const ap_scenario_flight *flight)
{
    int ways = (flight->waypoint_count > 0) + (flight->path_count > 0) +
               (flight->leader != AP_SCENARIO_NONE) + flight->falls;
    if (ways != 1 || flight->path_count == 1 || (unsigned)flight->craft >= AP_CRAFT_COUNT)
        return false;
    if (flight->falls)
        return fall_is_sound(flight);
    if (flight->leader == AP_SCENARIO_NONE)
        return true;
    return flight->leader < scenario->flight_count &&
           scenario->flights[flight->leader].leader == AP_SCENARIO_NONE &&
           !scenario->flights[flight->leader].falls;
}

/* "flight BAW1", or "flight 3" counted from 1. */
static void tell_flight(const ap_scenario *scenario, uint32_t index, ap_writer *why)
{
    const char *callsign = scenario->flights[index].callsign;
    ap_text_str(why, "flight ");
    if (callsign[0] != '\0')
        ap_text_str(why, callsign);
    else
        ap_text_u64(why, index + 1);
}

static bool refuse_flight(const ap_scenario *scenario, uint32_t index, const char *reason,
                          ap_writer *why)
{
    tell_flight(scenario, index, why);
    ap_text_str(why, ": ");
    ap_text_str(why, reason);
    return false;
}

static bool check_flight(const ap_scenario *scenario, uint32_t index, ap_writer *why)
{
    const ap_scenario_flight *flight = &scenario->flights[index];
    char reason[128];
    uint32_t at;
    if (!ways_are_one(scenario, flight))
        return refuse_flight(scenario, index,
                             "expected one way: waypoints, a path of two points or more, a leader "
                             "that follows nobody, or a fall with its values in range",
                             why);
    if (!(flight->start_s >= 0.0 && flight->start_s <= 86400.0 && flight->end_s > flight->start_s))
        return refuse_flight(scenario, index,
                             "expected it to begin within a day and before it ends", why);
    if (ap_route_check(scenario, index, &at, reason, sizeof reason))
        return true;
    if (at == AP_SCENARIO_NONE)
        return refuse_flight(scenario, index, reason, why);
    tell_flight(scenario, index, why);
    ap_text_str(why, flight->path_count > 0 ? ", point " : ", waypoint ");
    ap_text_u64(why, at + 1);
    ap_text_str(why, ": ");
    ap_text_str(why, reason);
    return false;
}

static uint32_t pieces_of(const ap_scenario_flight *flight)
{
    return flight->falls && flight->piece_count > 1 ? flight->piece_count : 1;
}

/* Of the flights alone, and with what the generators add; the pieces of falls come last. */
static uint64_t count_to(const ap_scenario *scenario, uint32_t generator_count)
{
    uint64_t count = scenario->flight_count;
    for (uint32_t i = 0; i < generator_count; i++)
        count += scenario->generators[i].flight_count;
    return count;
}

static uint64_t count_all(const ap_scenario *scenario)
{
    uint64_t count = count_to(scenario, scenario->generator_count);
    for (uint32_t i = 0; i < scenario->flight_count; i++)
        count += pieces_of(&scenario->flights[i]) - 1;
    return count;
}

static bool check_generator(const ap_scenario *scenario, uint32_t index, ap_writer *why)
{
    char reason[128];
    if (ap_generate_check(scenario, &scenario->generators[index], reason, sizeof reason))
        return true;
    ap_text_str(why, "traffic ");
    ap_text_u64(why, index + 1);
    ap_text_str(why, ": ");
    ap_text_str(why, reason);
    return false;
}

bool ap_populate_check(const ap_scenario *scenario, ap_writer *why)
{
    if (scenario->flight_count <= AP_POPULATE_FLIGHT_MAX) {
        for (uint32_t i = 0; i < scenario->flight_count; i++)
            if (!check_flight(scenario, i, why))
                return false;
        for (uint32_t i = 0; i < scenario->generator_count; i++)
            if (!check_generator(scenario, i, why))
                return false;
    }
    uint64_t count = count_all(scenario);
    if (count >= 1 && count <= AP_POPULATE_FLIGHT_MAX)
        return true;
    ap_text_u64(why, count);
    ap_text_str(why, " flights: expected 1 to ");
    ap_text_u64(why, AP_POPULATE_FLIGHT_MAX);
    return false;
}

uint32_t ap_populate_count(const ap_scenario *scenario)
{
    return (uint32_t)count_all(scenario);
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
    flight->wind = (ap_wind){ world->scenario->wind, world->scenario->wind_count };
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

/* Who meets wind that is too strong flies by speeds over the ground; a scenario's own flights were
 * refused for that before. */
static void follow_route(crowd *of, ap_route *route, ap_flight *flight)
{
    if (ap_route_plan(route, flight) == AP_ROUTE_WIND) {
        route->wind.count = 0;
        (void)ap_route_plan(route, flight);
    }
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
        flight->wind = (ap_wind){ scenario->wind, scenario->wind_count };
    }
}

static void make_generated(crowd *of, uint32_t generator, uint32_t index, uint32_t first)
{
    ap_generated drawn;
    ap_generate(of->world, generator, index, &drawn);
    ap_flight *flight = flight_at(of, first + index);
    identify(of->world, first + index, drawn.equipment, flight);
    describe(drawn.route.craft, flight);
    if (drawn.emitter_category != 0)
        flight->emitter_category = drawn.emitter_category;
    if (drawn.area_m2 > 0.0)
        flight->area_m2 = drawn.area_m2;
    if (drawn.leader == AP_SCENARIO_NONE) {
        follow_route(of, &drawn.route, flight);
        flight->birth_s = drawn.birth_s;
    } else if (of->flights) {
        join(flight, &of->flights[first + drawn.leader], 0.0, HUGE_VAL);
        flight->behind_m = drawn.behind_m;
        flight->right_m = drawn.right_m;
    }
}

static void make_generator(crowd *of, uint32_t generator)
{
    const ap_scenario *scenario = of->world->scenario;
    const ap_scenario_generator *from = &scenario->generators[generator];
    uint32_t first = (uint32_t)count_to(scenario, generator);
    if (from->kind == AP_GENERATOR_MIXED) {
        make_mixed(of, generator, first);
        return;
    }
    for (uint32_t i = 0; i < from->flight_count; i++)
        make_generated(of, generator, i, first);
}

/* How a piece differs from the whole. */
static double scatter(const ap_world *world, uint32_t flight, uint32_t piece, ap_motion *motion)
{
    ap_random random = ap_random_of(world->seed, AP_STREAM_FALL, flight, piece);
    double factor = exp(PIECE_SPREAD * ap_random_normal(&random));
    if (piece == 0)
        return factor; /* the largest goes on without a jump */
    motion->velocity.x_m += PIECE_SPEED_MPS * ap_random_normal(&random);
    motion->velocity.y_m += PIECE_SPEED_MPS * ap_random_normal(&random);
    motion->velocity.z_m += PIECE_SPEED_MPS * ap_random_normal(&random);
    return factor;
}

/* The nodes of a fall; those of the whole first, then piece 0's, whose first is the whole's last.
 */
static uint32_t fall_down(const ap_world *world, uint32_t index, ap_fall_state *broken,
                          bool *breaks, ap_path_node *nodes, uint32_t cap)
{
    const ap_scenario_flight *from = &world->scenario->flights[index];
    double until_s = fmin(from->end_s, world->scenario->duration_s);
    double floor_m = pieces_of(from) > 1 ? from->break_altitude_m : 0.0;
    ap_enu_frame local = ap_enu_frame_at(from->fall_position);
    ap_vec3 velocity = { from->fall_east_mps, from->fall_north_mps, from->fall_up_mps };
    *broken =
        (ap_fall_state){ from->start_s, { local.origin_ecef, ap_ecef_rotate(&local, velocity) } };
    uint32_t count =
        ap_fall(broken, from->ballistic_coefficient_kgpms2, floor_m, until_s, nodes, cap);
    *breaks = floor_m > 0.0 && broken->time_s < until_s;
    if (!*breaks)
        return count;
    ap_fall_state state = *broken;
    double factor = scatter(world, index, 0, &state.motion);
    uint32_t at = count - 1;
    return at + ap_fall(&state, factor * from->ballistic_coefficient_kgpms2, 0.0, until_s,
                        nodes ? &nodes[at] : NULL, nodes ? cap - at : 0);
}

static void keep_path(ap_path_node *nodes, uint32_t count, ap_flight *flight)
{
    flight->nodes = nodes;
    flight->node_count = nodes ? count : 0;
    flight->birth_s = nodes ? nodes[0].time_s : HUGE_VAL;
    flight->end_s = nodes ? nodes[count - 1].time_s : HUGE_VAL;
}

static void make_piece(crowd *of, uint32_t index, uint32_t piece, const ap_fall_state *broken,
                       ap_flight *flight)
{
    const ap_scenario_flight *from = &of->world->scenario->flights[index];
    double until_s = fmin(from->end_s, of->world->scenario->duration_s);
    ap_fall_state begin = *broken, state;
    double factor = scatter(of->world, index, piece, &begin.motion);
    double ballistic_kgpms2 = factor * from->ballistic_coefficient_kgpms2;
    state = begin;
    uint32_t count = ap_fall(&state, ballistic_kgpms2, 0.0, until_s, NULL, 0);
    ap_path_node *nodes = ap_arena_take_raw(of->arena, count, sizeof *nodes);
    state = begin;
    if (nodes)
        (void)ap_fall(&state, ballistic_kgpms2, 0.0, until_s, nodes, count);
    keep_path(nodes, count, flight);
}

/* A fall and its pieces, of which the first goes on as the flight itself. */
static void make_fall(crowd *of, uint32_t index, uint32_t first_piece)
{
    ap_fall_state broken;
    bool breaks;
    uint32_t pieces = pieces_of(&of->world->scenario->flights[index]);
    uint32_t count = fall_down(of->world, index, &broken, &breaks, NULL, 0);
    ap_path_node *nodes = ap_arena_take_raw(of->arena, count, sizeof *nodes);
    if (nodes)
        (void)fall_down(of->world, index, &broken, &breaks, nodes, count);
    if (of->flights)
        keep_path(nodes, count, &of->flights[index]);
    for (uint32_t i = 1; i < pieces; i++) {
        ap_flight *flight = flight_at(of, first_piece + i - 1);
        identify(of->world, first_piece + i - 1, AP_EQUIPMENT_NONE, flight);
        describe(AP_CRAFT_FALLING, flight);
        flight->area_m2 /= pieces;
        flight->birth_s = flight->end_s = HUGE_VAL;
        if (breaks)
            make_piece(of, index, i, &broken, flight);
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
    size_t stay_count = (size_t)ap_world_ramp_count(scenario) * world->flight_count;
    world->stays = ap_arena_take(arena, stay_count, sizeof *world->stays);
    for (uint32_t i = 0; i < scenario->flight_count; i++)
        make_own(&of, i);
    join_own(&of);
    for (uint32_t i = 0; i < scenario->generator_count; i++)
        make_generator(&of, i);
    uint32_t first_piece = (uint32_t)count_to(scenario, scenario->generator_count);
    for (uint32_t i = 0; i < scenario->flight_count; i++) {
        if (!scenario->flights[i].falls)
            continue;
        make_fall(&of, i, first_piece);
        first_piece += pieces_of(&scenario->flights[i]) - 1;
    }
}
