#include "simulate/flight.h"

#include <math.h>
#include <string.h>

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
    out.vx_mps = out.speed_mps * sin(out.course_rad);
    out.vy_mps = out.speed_mps * cos(out.course_rad);
    return out;
}

static ap_leg *last_leg(ap_flight *flight)
{
    return &flight->leg[flight->leg_count - 1];
}

/* Ends the last leg, unending so far, after `duration_s`, and appends a straight one. */
static void end_leg(ap_flight *flight, double duration_s)
{
    ap_leg *leg = last_leg(flight);
    leg->end_s = leg->start_s + duration_s;
    plane_state at = state_in_leg(leg, leg->end_s);
    flight->leg[flight->leg_count++] = (ap_leg){ .start_s = leg->end_s,
                                                 .end_s = HUGE_VAL,
                                                 .x_m = at.x_m,
                                                 .y_m = at.y_m,
                                                 .altitude_m = at.altitude_m,
                                                 .up_mps = at.up_mps,
                                                 .course_rad = ap_wrap_two_pi(at.course_rad),
                                                 .speed_mps = at.speed_mps };
}

static bool has_room(const ap_flight *flight, uint32_t count)
{
    return flight->leg_count + count <= AP_LEG_CAP;
}

void ap_flight_start(ap_flight *flight, double start_s, double x_m, double y_m, double altitude_m,
                     double course_rad, double speed_mps)
{
    flight->birth_s = start_s;
    flight->end_s = HUGE_VAL;
    flight->leg_count = 1;
    flight->leg[0] = (ap_leg){ .start_s = start_s,
                               .end_s = HUGE_VAL,
                               .x_m = x_m,
                               .y_m = y_m,
                               .altitude_m = altitude_m,
                               .course_rad = ap_wrap_two_pi(course_rad),
                               .speed_mps = speed_mps };
}

double ap_flight_planned_s(const ap_flight *flight)
{
    return flight->leg[flight->leg_count - 1].start_s;
}

double ap_flight_altitude_m(const ap_flight *flight)
{
    return flight->leg[flight->leg_count - 1].altitude_m;
}

double ap_flight_speed_mps(const ap_flight *flight)
{
    return flight->leg[flight->leg_count - 1].speed_mps;
}

void ap_flight_hold(ap_flight *flight, double duration_s)
{
    if (has_room(flight, 1) && duration_s > 0.0)
        end_leg(flight, duration_s);
}

void ap_flight_turn(ap_flight *flight, double angle_rad)
{
    if (!has_room(flight, 1) || angle_rad == 0.0)
        return;
    ap_leg *leg = last_leg(flight);
    double rate =
        fmin(AP_FLIGHT_TURN_MAX_RADPS, GRAVITY_MPS2 * tan(AP_FLIGHT_BANK_MAX_RAD) / leg->speed_mps);
    leg->turn_radps = copysign(rate, angle_rad);
    end_leg(flight, fabs(angle_rad) / rate);
}

void ap_flight_change_speed(ap_flight *flight, double speed_mps, double along_mps2)
{
    ap_leg *leg = last_leg(flight);
    double change_mps = speed_mps - leg->speed_mps;
    if (!has_room(flight, 1) || change_mps == 0.0)
        return;
    leg->along_mps2 = copysign(along_mps2, change_mps);
    end_leg(flight, fabs(change_mps) / along_mps2);
}

void ap_flight_climb(ap_flight *flight, double altitude_m, double rate_mps)
{
    double change_m = altitude_m - ap_flight_altitude_m(flight);
    if (!has_room(flight, 3) || change_m == 0.0)
        return;
    /* Both ramps together take rate^2 / acceleration of the height. */
    double rate = fmin(rate_mps, sqrt(fabs(change_m) * AP_FLIGHT_VERTICAL_MPS2));
    double ramp_s = rate / AP_FLIGHT_VERTICAL_MPS2;
    double steady_s = fabs(change_m) / rate - ramp_s;
    last_leg(flight)->up_mps2 = copysign(AP_FLIGHT_VERTICAL_MPS2, change_m);
    end_leg(flight, ramp_s);
    last_leg(flight)->up_mps = copysign(rate, change_m);
    if (steady_s > 0.0)
        end_leg(flight, steady_s);
    last_leg(flight)->up_mps2 = -copysign(AP_FLIGHT_VERTICAL_MPS2, change_m);
    end_leg(flight, ramp_s);
    last_leg(flight)->up_mps = 0.0;
    last_leg(flight)->altitude_m = altitude_m;
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
}

/* The last leg never ends. */
static const ap_leg *leg_at(const ap_flight *flight, double time_s)
{
    const ap_leg *leg = flight->leg;
    while (time_s >= leg->end_s)
        leg++;
    return leg;
}

bool ap_flight_at(const ap_flight *flight, const ap_enu_frame *plane, double time_s,
                  ap_truth *truth)
{
    if (!(time_s >= flight->birth_s && time_s < flight->end_s))
        return false;
    plane_state at = state_in_leg(leg_at(flight, time_s), time_s);
    *truth = (ap_truth){ .time_utc = AP_UTC_UNKNOWN,
                         .id = flight->id,
                         .address = flight->address,
                         .mode_3a = ap_flight_mode_3a(flight, time_s),
                         .has_pressure_altitude = true,
                         .pressure_altitude_m = at.altitude_m,
                         .up_mps = at.up_mps };
    memcpy(truth->callsign, flight->callsign, sizeof truth->callsign);
    place(plane, &at, at.altitude_m + flight->height_offset_m, truth);
    return true;
}

double ap_flight_turn_radps(const ap_flight *flight, double time_s)
{
    return leg_at(flight, time_s)->turn_radps;
}

double ap_flight_level_m(const ap_flight *flight, double time_s)
{
    const ap_leg *leg = leg_at(flight, time_s), *last = &flight->leg[flight->leg_count - 1];
    while (leg < last && (leg->up_mps != 0.0 || leg->up_mps2 != 0.0))
        leg++;
    return leg->altitude_m;
}

uint16_t ap_flight_mode_3a(const ap_flight *flight, double time_s)
{
    return time_s >= flight->emergency_s ? AP_MODE_3A_EMERGENCY : flight->mode_3a;
}
