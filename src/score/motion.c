#include "score/motion.h"

#include <math.h>

#include "airpicture/geo.h"

#define COS_MIN 1e-3 /* nearer to a pole, east and west are no direction to go by */

static void set_scales(ap_trajectory_frame frame, ap_motion_point *point)
{
    if (frame == AP_TRAJECTORY_PLANE) {
        point->east_m = point->north_m = 1.0;
        return;
    }
    double meridian_m, prime_m;
    ap_radii_at(point->y, &meridian_m, &prime_m);
    double height_m =
        point->flags & AP_STATE_HAS_HEIGHT ? point->height_m : point->pressure_altitude_m;
    point->north_m = meridian_m + height_m;
    point->east_m = (prime_m + height_m) * fmax(cos(point->y), COS_MIN);
}

ap_motion_point ap_motion_at(ap_trajectory_frame frame, const ap_trajectory_state *state)
{
    ap_motion_point point = { .x = state->longitude_rad,
                              .y = state->latitude_rad,
                              .east_mps = state->east_mps,
                              .north_mps = state->north_mps,
                              .height_m = (double)state->height_m,
                              .pressure_altitude_m = (double)state->pressure_altitude_m,
                              .up_mps = (double)state->up_mps,
                              .flags = state->flags,
                              .identity = state->identity };
    set_scales(frame, &point);
    return point;
}

ap_motion_point ap_motion_ahead(ap_trajectory_frame frame, const ap_trajectory_state *state,
                                double age_s)
{
    ap_motion_point point = ap_motion_at(frame, state);
    double east_m = point.east_mps * age_s, north_m = point.north_mps * age_s;
    if (frame == AP_TRAJECTORY_PLANE) {
        point.x += east_m;
        point.y += north_m;
    } else {
        double tangent = tan(fmin(fmax(point.y, -1.57), 1.57));
        double north_rad = north_m / point.north_m;
        double prime_m = point.east_m / fmax(cos(point.y), COS_MIN);
        point.x += east_m / point.east_m * (1.0 + north_rad * tangent);
        point.y += north_rad - east_m * east_m * tangent / (2.0 * point.north_m * prime_m);
        set_scales(frame, &point);
    }
    point.height_m += point.up_mps * age_s;
    point.pressure_altitude_m += point.up_mps * age_s;
    return point;
}

static double wrapped(ap_trajectory_frame frame, double dx)
{
    if (frame == AP_TRAJECTORY_PLANE || fabs(dx) <= AP_PI)
        return dx;
    return ap_wrap_pi(dx);
}

static double mix(double from, double to, double share)
{
    return from + (to - from) * share;
}

/* Cubic through 0 and `step` with slopes per unit of share at both ends. */
static double hermite(double step, double slope_from, double slope_to, double share)
{
    double t2 = share * share, t3 = t2 * share;
    return step * (3.0 * t2 - 2.0 * t3) + slope_from * (t3 - 2.0 * t2 + share) +
           slope_to * (t3 - t2);
}

ap_motion_point ap_motion_between(ap_trajectory_frame frame, const ap_trajectory_state *from,
                                  const ap_trajectory_state *to, ap_utc_ns time)
{
    if (time <= from->time_utc || to->time_utc <= from->time_utc)
        return ap_motion_at(frame, from);
    if (time >= to->time_utc)
        return ap_motion_at(frame, to);
    ap_motion_point a = ap_motion_at(frame, from), b = ap_motion_at(frame, to);
    double span_s = ap_seconds_between(from->time_utc, to->time_utc);
    double share = ap_seconds_between(from->time_utc, time) / span_s;
    double dx = wrapped(frame, b.x - a.x), dy = b.y - a.y;
    ap_motion_point point = a;
    if (a.flags & b.flags & AP_STATE_HAS_VELOCITY) {
        point.x +=
            hermite(dx, a.east_mps / a.east_m * span_s, b.east_mps / b.east_m * span_s, share);
        point.y +=
            hermite(dy, a.north_mps / a.north_m * span_s, b.north_mps / b.north_m * span_s, share);
        point.east_mps = mix(a.east_mps, b.east_mps, share);
        point.north_mps = mix(a.north_mps, b.north_mps, share);
    } else {
        point.x += dx * share;
        point.y += dy * share;
    }
    if (a.flags & b.flags & AP_STATE_HAS_HEIGHT)
        point.height_m = mix(a.height_m, b.height_m, share);
    if (a.flags & b.flags & AP_STATE_HAS_PRESSURE_ALTITUDE)
        point.pressure_altitude_m = mix(a.pressure_altitude_m, b.pressure_altitude_m, share);
    if (a.flags & b.flags & AP_STATE_HAS_CLIMB)
        point.up_mps = mix(a.up_mps, b.up_mps, share);
    point.east_m = mix(a.east_m, b.east_m, share);
    point.north_m = mix(a.north_m, b.north_m, share);
    return point;
}

void ap_motion_offset(ap_trajectory_frame frame, const ap_motion_point *from,
                      const ap_motion_point *other, double *east_m, double *north_m)
{
    *east_m = wrapped(frame, other->x - from->x) * (0.5 * (from->east_m + other->east_m));
    *north_m = (other->y - from->y) * (0.5 * (from->north_m + other->north_m));
}

static bool derive_velocity(ap_trajectory_set *set, const ap_trajectory *trajectory, uint32_t at,
                            double gap_s)
{
    const ap_trajectory_state *states = set->states;
    uint32_t from = at, to = at;
    if (at > trajectory->first &&
        ap_seconds_between(states[at - 1].time_utc, states[at].time_utc) <= gap_s)
        from--;
    if (at + 1 < trajectory->first + trajectory->count &&
        ap_seconds_between(states[at].time_utc, states[at + 1].time_utc) <= gap_s)
        to++;
    if (from == to)
        return false;
    ap_motion_point a = ap_motion_at(set->frame, &states[from]);
    ap_motion_point b = ap_motion_at(set->frame, &states[to]);
    double dt_s = ap_seconds_between(states[from].time_utc, states[to].time_utc);
    double east_m, north_m;
    ap_motion_offset(set->frame, &a, &b, &east_m, &north_m);
    set->states[at].east_mps = east_m / dt_s;
    set->states[at].north_mps = north_m / dt_s;
    set->states[at].flags |= AP_STATE_HAS_VELOCITY;
    return true;
}

uint32_t ap_motion_derive(ap_trajectory_set *set, double gap_s)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->trajectory_count; i++) {
        const ap_trajectory *trajectory = &set->trajectories[i];
        for (uint32_t k = 0; k < trajectory->count; k++)
            if (!(set->states[trajectory->first + k].flags & AP_STATE_HAS_VELOCITY))
                count += derive_velocity(set, trajectory, trajectory->first + k, gap_s);
    }
    return count;
}

uint32_t ap_motion_after(const ap_trajectory_set *set, const ap_trajectory *trajectory,
                         ap_utc_ns time)
{
    uint32_t low = trajectory->first, high = trajectory->first + trajectory->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->states[middle].time_utc <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t ap_motion_seek(const ap_trajectory_set *set, const ap_trajectory *trajectory, uint32_t at,
                        ap_utc_ns time)
{
    uint32_t end = trajectory->first + trajectory->count;
    while (at + 1 < end && set->states[at + 1].time_utc <= time)
        at++;
    return at;
}

bool ap_motion_find(const ap_trajectory_set *set, const ap_trajectory *trajectory, ap_utc_ns time,
                    double gap_s, uint32_t *at, ap_motion_point *point)
{
    if (trajectory->count == 0)
        return false;
    *at = ap_motion_seek(set, trajectory, *at, time);
    const ap_trajectory_state *from = &set->states[*at];
    if (from->time_utc > time)
        return false;
    if (from->time_utc == time) {
        *point = ap_motion_at(set->frame, from);
        return true;
    }
    if (*at + 1 == trajectory->first + trajectory->count ||
        ap_seconds_between(from->time_utc, from[1].time_utc) > gap_s)
        return false;
    *point = ap_motion_between(set->frame, from, from + 1, time);
    return true;
}
