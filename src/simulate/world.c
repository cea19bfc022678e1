#include "simulate/world.h"

#include <math.h>
#include <string.h>

#define EFFECTIVE_RADIUS_M (6371e3 * 4.0 / 3.0)

/* FNV-1a of a name, 30 bits. */
static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash >> 2;
}

/* Sensors of the same name are told apart by their order. */
static uint32_t stream_of(const ap_scenario *scenario, uint32_t sensor)
{
    const char *name = scenario->sensors[sensor].told.name;
    uint32_t same = 0;
    for (uint32_t i = 0; i < sensor; i++)
        same += strcmp(scenario->sensors[i].told.name, name) == 0;
    return (hash_of(name) + same) & 0x3FFFFFFFu;
}

uint32_t ap_world_stream(const ap_world *world, uint32_t sensor)
{
    return AP_STREAM_SENSOR | stream_of(world->scenario, sensor);
}

uint32_t ap_world_line_stream(const ap_scenario *scenario, uint32_t sensor)
{
    return AP_STREAM_LINE | stream_of(scenario, sensor);
}

uint32_t ap_world_ramp_count(const ap_scenario *scenario)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < scenario->fault_count; i++)
        count += scenario->faults[i].kind == AP_FAULT_RAMP &&
                 scenario->faults[i].flight == AP_SCENARIO_NONE;
    return count;
}

ap_utc_ns ap_world_utc(const ap_world *world, double time_s)
{
    return ap_utc_add_s(world->start_utc, time_s);
}

bool ap_world_truth(const ap_world *world, uint32_t flight, double time_s, ap_truth *truth)
{
    uint32_t fresh = 0, *hint = world->hints ? &world->hints[flight] : &fresh;
    return ap_flight_at(&world->flights[flight], &world->plane, time_s, hint, truth);
}

int16_t ap_world_level_4th(const ap_flight *flight, double pressure_altitude_m)
{
    double step_ft = AP_WORLD_LEVEL_STEP_FT;
    double steps = pressure_altitude_m / AP_M_PER_FT / step_ft;
    if (flight->equipment == AP_EQUIPMENT_MODE_AC)
        return (int16_t)(4 * lround(steps / 4.0));
    return (int16_t)lround(steps);
}

static double horizon_m(double height_m)
{
    return sqrt(2.0 * EFFECTIVE_RADIUS_M * fmax(height_m, 0.0));
}

bool ap_sight_is_clear(const ap_sensor *sensor, double range_m, double height_m)
{
    return range_m >= sensor->range_min_m && range_m <= sensor->range_max_m &&
           range_m <= horizon_m(sensor->site.height_m) + horizon_m(height_m);
}

bool ap_sight_of(const ap_sensor *sensor, ap_geodetic position, ap_sight *sight)
{
    ap_polar_from_ecef(&sensor->frame, ap_ecef_from_geodetic(position), &sight->range_m,
                       &sight->azimuth_rad, &sight->elevation_rad);
    return ap_sight_is_clear(sensor, sight->range_m, position.height_m);
}
