#include "simulate/populate.h"

#include <math.h>

#include "simulate/traffic.h"

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
    for (uint32_t i = 0; i < scenario->generator_count; i++)
        if (!generator_is_sound(scenario, &scenario->generators[i]))
            return false;
    uint64_t count = scenario->flight_count;
    for (uint32_t i = 0; i < scenario->generator_count; i++)
        count += scenario->generators[i].flight_count;
    return scenario->flight_count == 0 && count >= 1 && count <= AP_POPULATE_FLIGHT_MAX;
}

uint32_t ap_populate_count(const ap_scenario *scenario)
{
    uint32_t count = scenario->flight_count;
    for (uint32_t i = 0; i < scenario->generator_count; i++)
        count += scenario->generators[i].flight_count;
    return count;
}

/* The demonstration's mix: what carries nothing are the last of it. */
static void make_mixed(const ap_world *world, uint32_t generator, uint32_t first,
                       ap_flight *flights)
{
    const ap_scenario *scenario = world->scenario;
    const ap_scenario_generator *of = &scenario->generators[generator];
    double carrying = of->adsb_share + of->mode_s_share + of->mode_ac_share;
    double bare = round(fmax(0.0, 1.0 - carrying) * of->flight_count);
    ap_geodetic middle = { of->latitude_rad, of->longitude_rad, 0.0 };
    ap_vec3 at = ap_enu_from_ecef(&world->plane, ap_ecef_from_geodetic(middle));
    ap_traffic_config config = { .seed = scenario->seed,
                                 .generator = generator,
                                 .first = first,
                                 .flight_count = of->flight_count,
                                 .primary_only_count = (uint32_t)fmin(bare, of->flight_count - 3),
                                 .start_s = of->start_s,
                                 .duration_s = of->end_s - of->start_s,
                                 .x_m = at.x_m,
                                 .y_m = at.y_m,
                                 .radius_m = of->radius_m,
                                 .height_offset_m = scenario->height_offset_m };
    for (uint32_t i = 0; i < of->flight_count; i++)
        ap_traffic_make(&config, i, &flights[first + i]);
}

void ap_populate(ap_world *world, ap_arena *arena)
{
    const ap_scenario *scenario = world->scenario;
    world->flight_count = ap_populate_count(scenario);
    ap_flight *flights = ap_arena_take(arena, world->flight_count, sizeof *flights);
    world->flights = flights;
    if (!flights)
        return;
    uint32_t first = scenario->flight_count;
    for (uint32_t i = 0; i < scenario->generator_count; i++) {
        make_mixed(world, i, first, flights);
        first += scenario->generators[i].flight_count;
    }
}
