#include "simulate/world.h"

#include <math.h>

#define EFFECTIVE_RADIUS_M (6371e3 * 4.0 / 3.0)
#define PASS_TOLERANCE_RAD 1e-11
#define PASS_STEPS_MAX 12

uint32_t ap_world_stream(const ap_world *world, uint32_t sensor)
{
    (void)world;
    return AP_STREAM_SENSOR + sensor;
}

ap_utc_ns ap_world_utc(const ap_world *world, double time_s)
{
    return ap_utc_add_s(world->start_utc, time_s);
}

bool ap_world_truth(const ap_world *world, uint32_t flight, double time_s, ap_truth *truth)
{
    return ap_flight_at(&world->flights[flight], &world->plane, time_s, truth);
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

bool ap_sight_of(const ap_sensor *sensor, ap_geodetic position, ap_sight *sight)
{
    ap_polar_from_ecef(&sensor->frame, ap_ecef_from_geodetic(position), &sight->range_m,
                       &sight->azimuth_rad, &sight->elevation_rad);
    return sight->range_m >= sensor->range_min_m && sight->range_m <= sensor->range_max_m &&
           sight->range_m <= horizon_m(sensor->site.height_m) + horizon_m(position.height_m);
}

/* By how much the target is ahead of the beam, [-pi, pi). False after its end; before its birth it
 * stands where it will appear, so that the search may look back a little. */
static bool lead_at(const ap_world *world, const ap_antenna *antenna, uint32_t flight,
                    double time_s, double *lead_rad)
{
    ap_truth truth;
    double alive_s = fmax(time_s, world->flights[flight].birth_s);
    if (!ap_world_truth(world, flight, alive_s, &truth))
        return false;
    ap_sight sight;
    (void)ap_sight_of(antenna->sensor, truth.position, &sight); /* the azimuth is enough */
    double beam_rad = 2.0 * AP_PI * (time_s - antenna->north_s) / antenna->turn_s;
    *lead_rad = ap_wrap_pi(sight.azimuth_rad - beam_rad);
    return true;
}

/* Newton's way with the beam's rate, which is far above that of any target outside the cone. */
static double meet(const ap_world *world, const ap_antenna *antenna, uint32_t flight, double time_s)
{
    for (int i = 0; i < PASS_STEPS_MAX; i++) {
        double lead_rad;
        if (!lead_at(world, antenna, flight, time_s, &lead_rad))
            return HUGE_VAL;
        time_s += lead_rad / (2.0 * AP_PI) * antenna->turn_s;
        if (fabs(lead_rad) < PASS_TOLERANCE_RAD)
            break;
    }
    return time_s;
}

double ap_antenna_first_pass(const ap_world *world, const ap_antenna *antenna, uint32_t flight,
                             double after_s)
{
    double from_s = fmax(after_s, world->flights[flight].birth_s), lead_rad;
    if (!lead_at(world, antenna, flight, from_s, &lead_rad))
        return HUGE_VAL;
    double guess_s = from_s + ap_wrap_two_pi(lead_rad) / (2.0 * AP_PI) * antenna->turn_s;
    double pass_s = meet(world, antenna, flight, guess_s);
    /* The target moved behind the beam while the beam went round. */
    return pass_s < from_s ? ap_antenna_next_pass(world, antenna, flight, pass_s) : pass_s;
}

double ap_antenna_next_pass(const ap_world *world, const ap_antenna *antenna, uint32_t flight,
                            double pass_s)
{
    double next_s = meet(world, antenna, flight, pass_s + antenna->turn_s);
    /* Overhead the azimuth runs as fast as the beam; there is nothing to be seen there. */
    bool is_sound = next_s > pass_s + antenna->turn_s / 2.0;
    return is_sound ? next_s : pass_s + antenna->turn_s;
}
