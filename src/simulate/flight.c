#include "simulate/flight.h"

#include <math.h>
#include <string.h>

#include "simulate/formation.h"

#define GRAVITY_MPS2 9.80665

/* Position and velocity in the plane. */
typedef struct plane_state {
    double x_m, y_m, vx_mps, vy_mps;
    double altitude_m, up_mps, course_rad, speed_mps;
} plane_state;

/* Turning with changing speed: the integrals of (v + a t) sin and cos (c + w t). */
static void move_turning(const ap_leg *leg, double t, plane_state *out)
{
    double w = leg->turn_radps, v = out->speed_mps;
    double lag = leg->along_mps2 / (w * w);
    double s0 = sin(leg->course_rad), c0 = cos(leg->course_rad);
    double s1 = sin(leg->course_rad + w * t), c1 = cos(leg->course_rad + w * t);
    out->x_m = leg->x_m + (leg->speed_mps * c0 - v * c1) / w + lag * (s1 - s0);
    out->y_m = leg->y_m + (v * s1 - leg->speed_mps * s0) / w + lag * (c1 - c0);
}

static void move_straight(const ap_leg *leg, double t, plane_state *out)
{
    double distance_m = (leg->speed_mps + leg->along_mps2 * t / 2.0) * t;
    out->x_m = leg->x_m + distance_m * sin(leg->course_rad);
    out->y_m = leg->y_m + distance_m * cos(leg->course_rad);
}

static plane_state state_in_leg(const ap_leg *leg, double time_s)
{
    double t = time_s - leg->start_s;
    plane_state out = { .altitude_m = leg->altitude_m + (leg->up_mps + leg->up_mps2 * t / 2.0) * t,
                        .up_mps = leg->up_mps + leg->up_mps2 * t,
                        .course_rad = leg->course_rad + leg->turn_radps * t,
                        .speed_mps = leg->speed_mps + leg->along_mps2 * t };
    if (leg->turn_radps != 0.0)
        move_turning(leg, t, &out);
    else
        move_straight(leg, t, &out);
    out.x_m += (leg->drift_x_mps + leg->drift_x_mps2 * t / 2.0) * t;
    out.y_m += (leg->drift_y_mps + leg->drift_y_mps2 * t / 2.0) * t;
    out.vx_mps = out.speed_mps * sin(out.course_rad) + leg->drift_x_mps + leg->drift_x_mps2 * t;
    out.vy_mps = out.speed_mps * cos(out.course_rad) + leg->drift_y_mps + leg->drift_y_mps2 * t;
    return out;
}

ap_leg ap_leg_after(const ap_leg *leg, double duration_s)
{
    plane_state at = state_in_leg(leg, leg->start_s + duration_s);
    return (ap_leg){ .start_s = leg->start_s + duration_s,
                     .end_s = HUGE_VAL,
                     .x_m = at.x_m,
                     .y_m = at.y_m,
                     .altitude_m = at.altitude_m,
                     .up_mps = at.up_mps,
                     .course_rad = ap_wrap_two_pi(at.course_rad),
                     .speed_mps = at.speed_mps,
                     .drift_x_mps = leg->drift_x_mps + leg->drift_x_mps2 * duration_s,
                     .drift_y_mps = leg->drift_y_mps + leg->drift_y_mps2 * duration_s };
}

void ap_flight_add_leg(ap_flight *flight, const ap_leg *leg)
{
    if (flight->leg_count < flight->leg_cap)
        flight->legs[flight->leg_count] = *leg;
    flight->leg_count++;
    flight->last = ap_leg_after(leg, leg->end_s - leg->start_s);
}

/* Ends the last leg, unending so far, after `duration_s`. */
static void end_leg(ap_flight *flight, double duration_s)
{
    ap_leg leg = flight->last;
    leg.end_s = leg.start_s + duration_s;
    ap_flight_add_leg(flight, &leg);
}

void ap_flight_start(ap_flight *flight, double start_s, double x_m, double y_m, double altitude_m,
                     double course_rad, double speed_mps)
{
    flight->birth_s = start_s;
    flight->end_s = HUGE_VAL;
    flight->leg_count = 0;
    flight->last = (ap_leg){ .start_s = start_s,
                             .end_s = HUGE_VAL,
                             .x_m = x_m,
                             .y_m = y_m,
                             .altitude_m = altitude_m,
                             .course_rad = ap_wrap_two_pi(course_rad),
                             .speed_mps = speed_mps };
}

double ap_flight_planned_s(const ap_flight *flight)
{
    return flight->last.start_s;
}

double ap_flight_altitude_m(const ap_flight *flight)
{
    return flight->last.altitude_m;
}

double ap_flight_speed_mps(const ap_flight *flight)
{
    return flight->last.speed_mps;
}

void ap_flight_hold(ap_flight *flight, double duration_s)
{
    if (duration_s > 0.0)
        end_leg(flight, duration_s);
}

void ap_flight_turn(ap_flight *flight, double angle_rad)
{
    if (angle_rad == 0.0)
        return;
    ap_leg *leg = &flight->last;
    double rate =
        fmin(AP_FLIGHT_TURN_MAX_RADPS, GRAVITY_MPS2 * tan(AP_FLIGHT_BANK_MAX_RAD) / leg->speed_mps);
    leg->turn_radps = copysign(rate, angle_rad);
    end_leg(flight, fabs(angle_rad) / rate);
}

void ap_flight_change_speed(ap_flight *flight, double speed_mps, double along_mps2)
{
    ap_leg *leg = &flight->last;
    double change_mps = speed_mps - leg->speed_mps;
    if (change_mps == 0.0)
        return;
    leg->along_mps2 = copysign(along_mps2, change_mps);
    end_leg(flight, fabs(change_mps) / along_mps2);
}

void ap_flight_climb(ap_flight *flight, double altitude_m, double rate_mps)
{
    double change_m = altitude_m - ap_flight_altitude_m(flight);
    if (change_m == 0.0)
        return;
    /* Both ramps together take rate^2 / acceleration of the height. */
    double rate = fmin(rate_mps, sqrt(fabs(change_m) * AP_FLIGHT_VERTICAL_MPS2));
    double ramp_s = rate / AP_FLIGHT_VERTICAL_MPS2;
    double steady_s = fabs(change_m) / rate - ramp_s;
    flight->last.up_mps2 = copysign(AP_FLIGHT_VERTICAL_MPS2, change_m);
    end_leg(flight, ramp_s);
    flight->last.up_mps = copysign(rate, change_m);
    if (steady_s > 0.0)
        end_leg(flight, steady_s);
    flight->last.up_mps2 = -copysign(AP_FLIGHT_VERTICAL_MPS2, change_m);
    end_leg(flight, ramp_s);
    flight->last.up_mps = 0.0;
    flight->last.altitude_m = altitude_m;
}

void ap_plane_from_geodetic(const ap_enu_frame *plane, double latitude_rad, double longitude_rad,
                            double *x_m, double *y_m)
{
    ap_geodetic place = { latitude_rad, longitude_rad, 0.0 };
    ap_enu_frame local = ap_enu_frame_at(place);
    ap_vec3 foot = ap_enu_from_ecef(plane, local.origin_ecef);
    ap_vec3 normal = ap_enu_rotate(plane, ap_ecef_rotate(&local, (ap_vec3){ .z_m = 1.0 }));
    double along_m = -foot.z_m / normal.z_m;
    *x_m = foot.x_m + along_m * normal.x_m;
    *y_m = foot.y_m + along_m * normal.y_m;
}

/* Puts a state of the plane on the ellipsoid. The foot of the plane's point moves with the
 * plane's velocity turned into the local frame; at another height above the same foot the speed
 * grows with the radius of curvature. */
static void place(const ap_enu_frame *plane, const plane_state *at, double height_m,
                  ap_truth *truth)
{
    ap_geodetic foot =
        ap_geodetic_from_ecef(ap_ecef_from_enu(plane, (ap_vec3){ at->x_m, at->y_m, 0.0 }));
    ap_enu_frame local = ap_enu_frame_at(foot);
    ap_vec3 velocity =
        ap_enu_rotate(&local, ap_ecef_rotate(plane, (ap_vec3){ at->vx_mps, at->vy_mps, 0.0 }));
    double meridian_m, prime_m;
    ap_radii_at(foot.latitude_rad, &meridian_m, &prime_m);
    truth->position = (ap_geodetic){ foot.latitude_rad, foot.longitude_rad, height_m };
    truth->east_mps = velocity.x_m * (prime_m + height_m) / (prime_m + foot.height_m);
    truth->north_mps = velocity.y_m * (meridian_m + height_m) / (meridian_m + foot.height_m);
    truth->up_mps = at->up_mps;
}

/* The leg of a time, at most the last; from the hint on the way is short. */
static const ap_leg *leg_at(const ap_flight *flight, double time_s, uint32_t *hint)
{
    uint32_t at = *hint <= flight->leg_count ? *hint : 0;
    while (at > 0 && time_s < flight->legs[at - 1].end_s)
        at--;
    while (at < flight->leg_count && time_s >= flight->legs[at].end_s)
        at++;
    *hint = at;
    return at < flight->leg_count ? &flight->legs[at] : &flight->last;
}

static void place_motion(const ap_motion *motion, ap_truth *truth)
{
    truth->position = ap_geodetic_from_ecef(motion->position);
    ap_enu_frame local = ap_enu_frame_at(truth->position);
    ap_vec3 velocity = ap_enu_rotate(&local, motion->velocity);
    truth->east_mps = velocity.x_m;
    truth->north_mps = velocity.y_m;
    truth->up_mps = velocity.z_m;
}

bool ap_flight_at(const ap_flight *flight, const ap_enu_frame *plane, double time_s, uint32_t *hint,
                  ap_truth *truth)
{
    if (!(time_s >= flight->birth_s && time_s < flight->end_s))
        return false;
    *truth = (ap_truth){ .time_utc = AP_UTC_UNKNOWN,
                         .id = flight->id,
                         .address = flight->address,
                         .mode_3a = ap_flight_mode_3a(flight, time_s),
                         .has_pressure_altitude = true };
    memcpy(truth->callsign, flight->callsign, sizeof truth->callsign);
    if (flight->node_count > 0 || flight->leader) {
        ap_motion motion = ap_flight_motion(flight, plane, time_s, hint);
        place_motion(&motion, truth);
        truth->pressure_altitude_m = truth->position.height_m - flight->height_offset_m;
        return true;
    }
    plane_state at = state_in_leg(leg_at(flight, time_s, hint), time_s);
    truth->pressure_altitude_m = at.altitude_m;
    place(plane, &at, at.altitude_m + flight->height_offset_m, truth);
    return true;
}

static ap_motion motion_in_legs(const ap_flight *flight, const ap_enu_frame *plane, double time_s,
                                uint32_t *hint)
{
    plane_state at = state_in_leg(leg_at(flight, time_s, hint), time_s);
    ap_truth truth;
    place(plane, &at, at.altitude_m + flight->height_offset_m, &truth);
    ap_enu_frame local = ap_enu_frame_at(truth.position);
    ap_vec3 velocity = { truth.east_mps, truth.north_mps, truth.up_mps };
    return (ap_motion){ local.origin_ecef, ap_ecef_rotate(&local, velocity) };
}

ap_motion ap_flight_motion(const ap_flight *flight, const ap_enu_frame *plane, double time_s,
                           uint32_t *hint)
{
    double alive_s = fmin(fmax(time_s, flight->birth_s), flight->end_s), on_s = time_s - alive_s;
    ap_motion motion;
    if (flight->leader)
        motion = ap_formation_motion(flight, plane, alive_s, hint);
    else if (flight->node_count > 0)
        ap_path_at(flight->nodes, flight->node_count, alive_s, hint, &motion.position,
                   &motion.velocity, NULL);
    else
        motion = motion_in_legs(flight, plane, alive_s, hint);
    motion.position.x_m += on_s * motion.velocity.x_m;
    motion.position.y_m += on_s * motion.velocity.y_m;
    motion.position.z_m += on_s * motion.velocity.z_m;
    return motion;
}

/* The whole turn of its velocity over the ground, from the path's own acceleration. */
static double path_turn_radps(const ap_flight *flight, double time_s)
{
    ap_vec3 position, velocity, acceleration;
    uint32_t hint = 0;
    ap_path_at(flight->nodes, flight->node_count, time_s, &hint, &position, &velocity,
               &acceleration);
    ap_enu_frame local = ap_enu_frame_at(ap_geodetic_from_ecef(position));
    ap_vec3 v = ap_enu_rotate(&local, velocity), a = ap_enu_rotate(&local, acceleration);
    double square = v.x_m * v.x_m + v.y_m * v.y_m;
    return square > 1.0 ? (a.x_m * v.y_m - a.y_m * v.x_m) / square : 0.0;
}

double ap_flight_turn_radps(const ap_flight *flight, double time_s)
{
    const ap_flight *of = flight->leader ? flight->leader : flight;
    uint32_t hint = 0;
    return of->node_count > 0 ? path_turn_radps(of, time_s) : leg_at(of, time_s, &hint)->turn_radps;
}

double ap_flight_level_m(const ap_flight *flight, double time_s)
{
    const ap_flight *of = flight->leader ? flight->leader : flight;
    uint32_t hint = 0;
    if (of->node_count > 0) {
        ap_vec3 position, velocity;
        ap_path_at(of->nodes, of->node_count, time_s, &hint, &position, &velocity, NULL);
        return ap_geodetic_from_ecef(position).height_m - of->height_offset_m + flight->above_m;
    }
    const ap_leg *leg = leg_at(of, time_s, &hint);
    while (hint < of->leg_count && (leg->up_mps != 0.0 || leg->up_mps2 != 0.0))
        leg = ++hint < of->leg_count ? &of->legs[hint] : &of->last;
    return leg->altitude_m + flight->above_m;
}

uint16_t ap_flight_mode_3a(const ap_flight *flight, double time_s)
{
    return time_s >= flight->emergency_s ? AP_MODE_3A_EMERGENCY : flight->mode_3a;
}
