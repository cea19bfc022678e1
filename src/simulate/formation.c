#include "simulate/formation.h"

#include <math.h>

#define REACH_S 8.0    /* before and after, for the direction */
#define STANDING_M 1.0 /* a way shorter than this has no direction */

/* A vector in local axes and how fast it changes, as the axes are Earth-fixed for the moment. */
typedef struct moving {
    ap_vec3 at, rate;
} moving;

static ap_vec3 scaled(double a, ap_vec3 v)
{
    return (ap_vec3){ a * v.x_m, a * v.y_m, a * v.z_m };
}

static ap_vec3 plus(ap_vec3 u, ap_vec3 v)
{
    return (ap_vec3){ u.x_m + v.x_m, u.y_m + v.y_m, u.z_m + v.z_m };
}

static ap_vec3 cross(ap_vec3 u, ap_vec3 v)
{
    return (ap_vec3){ u.y_m * v.z_m - u.z_m * v.y_m, u.z_m * v.x_m - u.x_m * v.z_m,
                      u.x_m * v.y_m - u.y_m * v.x_m };
}

static double dot(ap_vec3 u, ap_vec3 v)
{
    return u.x_m * v.x_m + u.y_m * v.y_m + u.z_m * v.z_m;
}

static moving moving_cross(const moving *u, const moving *v)
{
    return (moving){ cross(u->at, v->at), plus(cross(u->rate, v->at), cross(u->at, v->rate)) };
}

/* Unit vector: (v / |v|)' = (v' - u (u . v')) / |v|. */
static moving unit(const moving *v)
{
    double length = sqrt(dot(v->at, v->at));
    ap_vec3 at = scaled(1.0 / length, v->at);
    ap_vec3 rate = plus(v->rate, scaled(-dot(at, v->rate), at));
    return (moving){ at, scaled(1.0 / length, rate) };
}

/* The ellipsoid's normal above a moving point: it turns with the point's angular motion. */
static moving up_of(const ap_motion *motion, const ap_geodetic *place, const ap_enu_frame *local)
{
    ap_vec3 velocity = ap_enu_rotate(local, motion->velocity);
    double meridian_m, prime_m;
    ap_radii_at(place->latitude_rad, &meridian_m, &prime_m);
    ap_vec3 rate = { velocity.x_m / (prime_m + place->height_m),
                     velocity.y_m / (meridian_m + place->height_m), 0.0 };
    return (moving){ ap_ecef_rotate(local, (ap_vec3){ .z_m = 1.0 }), ap_ecef_rotate(local, rate) };
}

ap_motion ap_formation_motion(const ap_flight *flight, const ap_enu_frame *plane, double time_s,
                              uint32_t *hint)
{
    const ap_flight *leader = flight->leader;
    ap_motion before = ap_flight_motion(leader, plane, time_s - REACH_S, hint);
    ap_motion now = ap_flight_motion(leader, plane, time_s, hint);
    ap_motion after = ap_flight_motion(leader, plane, time_s + REACH_S, hint);
    ap_geodetic place = ap_geodetic_from_ecef(now.position);
    ap_enu_frame local = ap_enu_frame_at(place);
    moving up = up_of(&now, &place, &local);
    moving way = { plus(after.position, scaled(-1.0, before.position)),
                   plus(after.velocity, scaled(-1.0, before.velocity)) };
    moving right = moving_cross(&way, &up);
    if (dot(right.at, right.at) < STANDING_M * STANDING_M)
        right = (moving){ .at = ap_ecef_rotate(&local, (ap_vec3){ .x_m = 1.0 }) };
    right = unit(&right);
    moving ahead = moving_cross(&up, &right);
    ap_vec3 beside = plus(scaled(-flight->behind_m, ahead.at), scaled(flight->right_m, right.at));
    ap_vec3 rate = plus(scaled(-flight->behind_m, ahead.rate), scaled(flight->right_m, right.rate));
    return (ap_motion){
        plus(now.position, plus(beside, scaled(flight->above_m, up.at))),
        plus(now.velocity, plus(rate, scaled(flight->above_m, up.rate))),
    };
}
