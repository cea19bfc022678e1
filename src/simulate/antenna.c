#include "simulate/antenna.h"

#include <math.h>

#define STEPS_MAX 6
#define LAST_STEP_S 0.02
/* Targets whose azimuth runs at more than this share of the beam's rate are overhead. */
#define RATE_SHARE_MAX 0.5

double ap_antenna_azimuth_rad(const ap_antenna *antenna, double time_s)
{
    return ap_wrap_two_pi(2.0 * AP_PI * (time_s - antenna->north_s) / antenna->turn_s);
}

/* Where the flight is, seen from the sensor. */
static bool look(const ap_world *world, const ap_antenna *antenna, uint32_t flight, double time_s,
                 ap_pass *pass)
{
    double alive_s = fmax(time_s, world->flights[flight].birth_s);
    if (!ap_world_truth(world, flight, alive_s, &pass->truth))
        return false;
    const ap_enu_frame *frame = &antenna->sensor->frame;
    ap_enu_frame local = ap_enu_frame_at(pass->truth.position);
    ap_vec3 velocity = { pass->truth.east_mps, pass->truth.north_mps, pass->truth.up_mps };
    pass->time_s = time_s;
    pass->enu = ap_enu_from_ecef(frame, local.origin_ecef);
    pass->velocity = ap_enu_rotate(frame, ap_ecef_rotate(&local, velocity));
    double ground2 = pass->enu.x_m * pass->enu.x_m + pass->enu.y_m * pass->enu.y_m;
    pass->azimuth_radps =
        (pass->velocity.x_m * pass->enu.y_m - pass->velocity.y_m * pass->enu.x_m) /
        fmax(ground2, 1.0);
    return true;
}

static void move(ap_pass *pass, double dt_s)
{
    ap_truth *truth = &pass->truth;
    double meridian_m, prime_m;
    ap_radii_at(truth->position.latitude_rad, &meridian_m, &prime_m);
    meridian_m += truth->position.height_m;
    prime_m += truth->position.height_m;
    truth->position.longitude_rad +=
        truth->east_mps * dt_s / fmax(prime_m * cos(truth->position.latitude_rad), 1.0);
    truth->position.latitude_rad += truth->north_mps * dt_s / meridian_m;
    truth->position.height_m += truth->up_mps * dt_s;
    truth->pressure_altitude_m += truth->up_mps * dt_s;
    pass->enu.x_m += pass->velocity.x_m * dt_s;
    pass->enu.y_m += pass->velocity.y_m * dt_s;
    pass->enu.z_m += pass->velocity.z_m * dt_s;
    pass->time_s += dt_s;
}

static ap_sight sight_of(ap_vec3 enu)
{
    double ground_m = sqrt(enu.x_m * enu.x_m + enu.y_m * enu.y_m);
    return (ap_sight){ .range_m = sqrt(ground_m * ground_m + enu.z_m * enu.z_m),
                       .azimuth_rad = ap_wrap_two_pi(atan2(enu.x_m + 0.0, enu.y_m + 0.0)),
                       .elevation_rad = atan2(enu.z_m + 0.0, ground_m) };
}

bool ap_antenna_meet(const ap_world *world, const ap_antenna *antenna, uint32_t flight,
                     double guess_s, ap_pass *pass)
{
    double beam_radps = 2.0 * AP_PI / antenna->turn_s, time_s = guess_s, step_s = HUGE_VAL;
    for (int i = 0; i < STEPS_MAX && fabs(step_s) > LAST_STEP_S; i++) {
        if (!look(world, antenna, flight, time_s, pass))
            return false;
        double azimuth_rad = atan2(pass->enu.x_m + 0.0, pass->enu.y_m + 0.0);
        double lead_rad = ap_wrap_pi(azimuth_rad - beam_radps * (time_s - antenna->north_s));
        bool is_slow = fabs(pass->azimuth_radps) < RATE_SHARE_MAX * beam_radps;
        step_s = lead_rad / (is_slow ? beam_radps - pass->azimuth_radps : beam_radps);
        time_s += step_s;
        pass->is_met = is_slow && fabs(step_s) <= LAST_STEP_S;
    }
    if (pass->is_met)
        move(pass, step_s);
    pass->sight = sight_of(pass->enu);
    return true;
}

double ap_antenna_guess_s(const ap_antenna *antenna, const ap_pass *pass)
{
    double beam_radps = 2.0 * AP_PI / antenna->turn_s;
    bool is_slow = pass->is_met && pass->time_s >= 0.0 &&
                   fabs(pass->azimuth_radps) < RATE_SHARE_MAX * beam_radps;
    return pass->time_s +
           (is_slow ? 2.0 * AP_PI / (beam_radps - pass->azimuth_radps) : antenna->turn_s);
}

double ap_antenna_first_pass(const ap_world *world, const ap_antenna *antenna, uint32_t flight,
                             double after_s)
{
    double from_s = fmax(after_s, world->flights[flight].birth_s);
    ap_pass pass;
    if (!look(world, antenna, flight, from_s, &pass))
        return HUGE_VAL;
    double beam_rad = ap_antenna_azimuth_rad(antenna, from_s);
    double lead_rad = ap_wrap_two_pi(sight_of(pass.enu).azimuth_rad - beam_rad);
    double guess_s = from_s + lead_rad / (2.0 * AP_PI) * antenna->turn_s;
    if (!ap_antenna_meet(world, antenna, flight, guess_s, &pass))
        return HUGE_VAL;
    if (!pass.is_met)
        return guess_s;
    /* The target moved behind the beam while the beam went round. */
    return pass.time_s < from_s ? ap_antenna_next_pass(world, antenna, flight, pass.time_s)
                                : pass.time_s;
}

double ap_antenna_next_pass(const ap_world *world, const ap_antenna *antenna, uint32_t flight,
                            double pass_s)
{
    ap_pass pass;
    double guess_s = pass_s + antenna->turn_s;
    if (!ap_antenna_meet(world, antenna, flight, guess_s, &pass))
        return HUGE_VAL;
    /* Overhead there is nothing to be seen. */
    bool is_sound = pass.is_met && pass.time_s > pass_s + antenna->turn_s / 2.0;
    return is_sound ? pass.time_s : guess_s;
}
