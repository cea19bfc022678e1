#include "simulate/route.h"

#include <math.h>
#include <string.h>

#include "simulate/pilot.h"

#define FLY_BY_MAX_RAD (120.0 * AP_RAD_PER_DEG)
#define FLY_BY_SHARE 0.5 /* of the next way, at most, that a turn may take */
#define CLIMB_SHARE 0.6  /* of what it can */
#define HOLD_OUT_S 60.0
#define HOLD_OUT_MIN_S 10.0
#define APPROACH_FACTOR 1.25 /* of the least speed */
#define GLIDE 0.055          /* descent by way on an approach: 3.15 degrees */
#define BRAKE_SHARE 0.5      /* of what it can, to a stop */
#define LIFT_M 30.0          /* what hovers rises so far before it goes on */
#define SCAN_COUNT 72u       /* steps in a circle, for the turn towards a place */
#define SAME_TRACK_RAD 1e-7
#define HERE_M 1e-3
#define PATH_WIND_MPS 80.0 /* over the ground it may be so much faster than through the air */
#define LEAST_S 1.0        /* that a flight lasts */

static double distance(const ap_pilot *pilot, const ap_route_point *to)
{
    return hypot(to->x_m - pilot->at.x_m, to->y_m - pilot->at.y_m);
}

/* Where its way over the ground leads. */
static double track_of(const ap_pilot *pilot)
{
    const ap_leg *at = &pilot->at;
    double vx = at->speed_mps * sin(at->course_rad) + at->drift_x_mps;
    double vy = at->speed_mps * cos(at->course_rad) + at->drift_y_mps;
    return vx * vx + vy * vy > 1e-6 ? atan2(vx, vy) : at->course_rad;
}

/* Of a place; of the one where it is, the way it has. */
static double bearing(const ap_pilot *pilot, const ap_route_point *to)
{
    if (distance(pilot, to) < HERE_M)
        return track_of(pilot);
    return atan2(to->x_m - pilot->at.x_m, to->y_m - pilot->at.y_m);
}

/* A copy that flies without writing. */
static ap_pilot tried(const ap_pilot *pilot)
{
    ap_pilot copy = *pilot;
    copy.flight = NULL;
    copy.leg_count = 0;
    return copy;
}

static double climb_rate_mps(const ap_pilot *pilot, double altitude_m)
{
    return CLIMB_SHARE * (altitude_m > pilot->at.altitude_m ? pilot->limits->climb_max_mps
                                                            : pilot->limits->descent_max_mps);
}

static void aim(ap_pilot *pilot, const ap_route_point *point)
{
    if (!isnan(point->altitude_m))
        ap_pilot_aim_altitude(pilot, point->altitude_m, climb_rate_mps(pilot, point->altitude_m));
    if (!isnan(point->speed_mps))
        ap_pilot_aim_speed(pilot, point->speed_mps);
}

/* By how much the point is left of the way over the ground after a turn by `angle_rad`, and whether
 * it lies ahead. */
static double miss_after(const ap_pilot *pilot, const ap_route_point *to, double angle_rad,
                         double *ahead_m)
{
    ap_pilot copy = tried(pilot);
    ap_pilot_turn_by(&copy, angle_rad);
    double vx = copy.at.speed_mps * sin(copy.at.course_rad) + copy.at.drift_x_mps;
    double vy = copy.at.speed_mps * cos(copy.at.course_rad) + copy.at.drift_y_mps;
    double x_m = to->x_m - copy.at.x_m, y_m = to->y_m - copy.at.y_m;
    *ahead_m = vx * x_m + vy * y_m;
    return vx * y_m - vy * x_m;
}

/* Turns towards a place, to one side. False when it lies within the circle of the turn. */
static bool turn_towards(ap_pilot *pilot, const ap_route_point *to, double side)
{
    double step_rad = side * 2.0 * AP_PI / SCAN_COUNT, ahead_m, low_rad = 0.0;
    double low = miss_after(pilot, to, side * 1e-9, &ahead_m);
    for (unsigned i = 1; i <= SCAN_COUNT + SCAN_COUNT / 4; i++) {
        double high_rad = step_rad * i, high = miss_after(pilot, to, high_rad, &ahead_m);
        if (ahead_m <= 0.0 || (low > 0.0) == (high > 0.0)) {
            low = high;
            low_rad = high_rad;
            continue;
        }
        for (int k = 0; k < 48; k++) {
            double middle_rad = (low_rad + high_rad) / 2.0;
            bool same = (miss_after(pilot, to, middle_rad, &ahead_m) > 0.0) == (low > 0.0);
            *(same ? &low_rad : &high_rad) = middle_rad;
        }
        ap_pilot_turn_by(pilot, high_rad);
        return true;
    }
    return false;
}

/* Turns so that its way leads to the place; when it is too near for that, first goes on. */
static void turn_direct(ap_pilot *pilot, const ap_route_point *to)
{
    for (int i = 0; i < 4 && pilot->speed_mps > 0.0; i++) {
        double track_rad = track_of(pilot);
        double off_rad = ap_wrap_pi(bearing(pilot, to) - track_rad);
        if (fabs(off_rad) < SAME_TRACK_RAD)
            return;
        double side = off_rad < 0.0 ? -1.0 : 1.0;
        if (turn_towards(pilot, to, side) || turn_towards(pilot, to, -side))
            return;
        ap_pilot_straight_to(pilot, track_rad, 2.0 * ap_pilot_radius_m(pilot));
    }
}

/* Passes a waypoint on a turn that begins before it and ends on the line to the next. False, and
 * nothing flown, when there is no room for that. */
static bool fly_by(ap_pilot *pilot, const ap_route_point *at, const ap_route_point *next)
{
    double in_rad = bearing(pilot, at), way_m = distance(pilot, at);
    double out_rad = atan2(next->x_m - at->x_m, next->y_m - at->y_m);
    double next_m = hypot(next->x_m - at->x_m, next->y_m - at->y_m);
    double turn_rad = ap_wrap_pi(out_rad - in_rad);
    if (fabs(turn_rad) > FLY_BY_MAX_RAD)
        return false;
    if (fabs(turn_rad) < SAME_TRACK_RAD) {
        ap_pilot_straight_to(pilot, in_rad, way_m);
        return true;
    }
    int side = turn_rad > 0.0 ? 1 : -1;
    double before_m = ap_pilot_radius_m(pilot) * tan(fabs(turn_rad) / 2.0), after_m = 0.0;
    for (int i = 0; i < 8; i++) {
        if (!(before_m >= 0.0 && before_m < way_m))
            return false;
        ap_pilot copy = tried(pilot);
        ap_pilot_straight_to(&copy, in_rad, way_m - before_m);
        double x_m = copy.at.x_m, y_m = copy.at.y_m;
        ap_pilot_turn_to(&copy, out_rad, fabs(turn_rad) > 0.1 ? side : 0);
        x_m = copy.at.x_m - x_m, y_m = copy.at.y_m - y_m;
        /* -before u_in + moved = after u_out */
        double sine = sin(turn_rad);
        before_m = (y_m * sin(out_rad) - x_m * cos(out_rad)) / sine;
        after_m = (x_m - before_m * sin(in_rad)) * sin(out_rad) +
                  (y_m - before_m * cos(in_rad)) * cos(out_rad);
    }
    if (!(before_m >= 0.0 && before_m < way_m) || after_m > FLY_BY_SHARE * next_m)
        return false;
    ap_pilot_straight_to(pilot, in_rad, way_m - before_m);
    ap_pilot_turn_to(pilot, out_rad, fabs(turn_rad) > 0.1 ? side : 0);
    return true;
}

/* Racetracks of right turns at a waypoint just reached; ends there. */
static void hold(ap_pilot *pilot, double track_rad, const ap_route_point *at)
{
    double end_s = pilot->at.start_s + at->hold_s;
    double turn_s = AP_PI * ap_pilot_radius_m(pilot) / pilot->speed_mps;
    double out_s = fmin(HOLD_OUT_S, fmax(HOLD_OUT_MIN_S, at->hold_s / 2.0 - turn_s));
    while (pilot->at.start_s < end_s && pilot->leg_count < AP_PILOT_LEG_MAX) {
        ap_pilot_turn_to(pilot, track_rad + AP_PI, 1);
        ap_pilot_straight_for(pilot, track_rad + AP_PI, out_s);
        ap_pilot_turn_to(pilot, track_rad, 1);
        turn_direct(pilot, at);
        track_rad = bearing(pilot, at);
        ap_pilot_straight_to(pilot, track_rad, distance(pilot, at));
    }
}

/* Too fast to stand at a place so near: it stops beyond and aims at coming back slowly. */
static void overshoot(ap_pilot *pilot, const ap_route_point *at)
{
    double track_rad = track_of(pilot);
    ap_pilot_aim_speed(pilot, 0.0);
    ap_pilot_straight_for(pilot, track_rad, ap_pilot_speed_left_s(pilot));
    pilot->speed_mps = 0.0;
    ap_pilot_aim_speed(pilot, sqrt(0.9 * pilot->along_mps2 * distance(pilot, at)));
}

/* Slows down to stand at a place. The speed where it begins to brake depends on where that is. */
static void stop_at(ap_pilot *pilot, const ap_route_point *at)
{
    double slow_mps2 = BRAKE_SHARE * pilot->limits->along_max_mps2;
    if (pilot->speed_mps * pilot->speed_mps > 2.0 * slow_mps2 * distance(pilot, at))
        overshoot(pilot, at);
    double track_rad = bearing(pilot, at), way_m = distance(pilot, at), brake_m = 0.0;
    for (int i = 0; i < 40; i++) {
        ap_pilot copy = tried(pilot);
        ap_pilot_straight_to(&copy, track_rad, way_m - brake_m);
        double need_m = copy.speed_mps * copy.speed_mps / (2.0 * slow_mps2);
        brake_m = fmin((brake_m + need_m) / 2.0, way_m);
    }
    ap_pilot_straight_to(pilot, track_rad, way_m - brake_m);
    double speed_mps = pilot->speed_mps, left_m = distance(pilot, at);
    ap_pilot_aim_speed(pilot, 0.0);
    if (left_m > 1e-6 && speed_mps > 0.0)
        pilot->along_mps2 = speed_mps * speed_mps / (2.0 * left_m);
    ap_pilot_straight_for(pilot, track_rad, ap_pilot_speed_left_s(pilot));
    pilot->speed_mps = 0.0;
}

/* Stands for so long; then it aims at the same speed as before. */
static void hover(ap_pilot *pilot, double track_rad, double duration_s)
{
    double aim_mps = pilot->speed_aim_mps;
    pilot->speed_mps = pilot->speed_aim_mps = 0.0;
    ap_pilot_straight_for(pilot, track_rad, duration_s);
    ap_pilot_aim_speed(pilot, aim_mps);
}

/* Stands on the ground, where the wind does nothing. */
static void stand(ap_pilot *pilot, double track_rad, double duration_s)
{
    uint32_t wind_count = pilot->wind.count;
    pilot->wind.count = 0;
    hover(pilot, track_rad, duration_s);
    pilot->wind.count = wind_count;
}

/* The last of a landing. */
typedef struct descent {
    double altitude_m, rate_mps, speed_mps;
} descent;

/* Distance flown while it comes down to the field from where it will be after `before_m`. */
static double descent_m(const ap_pilot *pilot, double track_rad, double before_m,
                        const descent *down)
{
    ap_pilot copy = tried(pilot);
    ap_pilot_straight_to(&copy, track_rad, before_m);
    ap_pilot_aim_altitude(&copy, down->altitude_m, down->rate_mps);
    ap_pilot_aim_speed(&copy, down->speed_mps);
    double x_m = copy.at.x_m, y_m = copy.at.y_m;
    ap_pilot_straight_for(&copy, track_rad, ap_pilot_climb_left_s(&copy));
    return hypot(copy.at.x_m - x_m, copy.at.y_m - y_m);
}

/* How far to go level before it comes down to the field at a place; < 0: there is no room. */
static double level_m(const ap_pilot *pilot, const ap_route_point *at, const descent *down)
{
    double track_rad = bearing(pilot, at), way_m = distance(pilot, at), before_m = way_m;
    for (int i = 0; i < 30; i++) {
        double need_m = descent_m(pilot, track_rad, fmax(before_m, 0.0), down);
        double change_m = way_m - need_m - before_m;
        before_m += change_m;
        if (fabs(change_m) < 1e-6)
            break;
    }
    return before_m;
}

static bool land(ap_pilot *pilot, const ap_route *route, const ap_route_point *at)
{
    double track_rad = bearing(pilot, at), field_m = route->field_altitude_m;
    descent down = { field_m, 0.0, APPROACH_FACTOR * pilot->limits->speed_min_mps };
    double steepest_mps = climb_rate_mps(pilot, field_m);
    down.rate_mps = fmin(steepest_mps, GLIDE * down.speed_mps);
    double before_m = level_m(pilot, at, &down);
    if (before_m < 0.0) {
        down.rate_mps = steepest_mps;
        before_m = level_m(pilot, at, &down);
    }
    bool comes_down = before_m >= 0.0;
    ap_pilot_straight_to(pilot, track_rad, fmax(before_m, 0.0));
    ap_pilot_aim_altitude(pilot, field_m, down.rate_mps);
    ap_pilot_aim_speed(pilot, down.speed_mps);
    ap_pilot_straight_for(pilot, track_rad, ap_pilot_climb_left_s(pilot));
    ap_pilot_roll(pilot, track_rad, ap_pilot_ground_mps(pilot, track_rad), 0.0);
    pilot->speed_mps = pilot->speed_aim_mps = 0.0;
    pilot->wind.count = 0; /* it stands on the ground */
    return comes_down;
}

static void land_from_hover(ap_pilot *pilot, const ap_route *route, const ap_route_point *at)
{
    double track_rad = bearing(pilot, at);
    stop_at(pilot, at);
    ap_pilot_aim_altitude(pilot, route->field_altitude_m,
                          climb_rate_mps(pilot, route->field_altitude_m) / 2.0);
    hover(pilot, track_rad, ap_pilot_climb_left_s(pilot));
}

static void depart(ap_pilot *pilot, double track_rad, double altitude_m, double speed_mps)
{
    if (pilot->limits->speed_min_mps > 0.0) {
        pilot->speed_mps = fmin(APPROACH_FACTOR * pilot->limits->speed_min_mps, speed_mps);
        double lift_mps = ap_pilot_ground_mps(pilot, track_rad);
        ap_pilot_roll(pilot, track_rad, 0.0, lift_mps);
    } else if (altitude_m > pilot->at.altitude_m) {
        double lift_m = fmin(altitude_m, pilot->at.altitude_m + LIFT_M);
        ap_pilot_aim_altitude(pilot, lift_m, climb_rate_mps(pilot, lift_m) / 2.0);
        hover(pilot, track_rad, ap_pilot_climb_left_s(pilot));
    }
    ap_pilot_aim_altitude(pilot, altitude_m, climb_rate_mps(pilot, altitude_m));
    ap_pilot_aim_speed(pilot, speed_mps);
}

static double or_usual(double value, double usual)
{
    return isnan(value) ? usual : value;
}

/* At the first waypoint, in the air or on the ground. */
static void begin(ap_pilot *pilot, const ap_route *route, double track_rad)
{
    const ap_route_point *first = &route->points[0];
    double altitude_m = or_usual(first->altitude_m, pilot->limits->altitude_usual_m);
    double speed_mps = or_usual(first->speed_mps, pilot->limits->speed_usual_mps);
    pilot->at = (ap_leg){ .start_s = route->start_s,
                          .x_m = first->x_m,
                          .y_m = first->y_m,
                          .altitude_m = route->departs ? route->field_altitude_m : altitude_m,
                          .course_rad = track_rad };
    pilot->phase = 3;
    pilot->heading_rad = track_rad;
    pilot->altitude_aim_m = pilot->at.altitude_m;
    pilot->speed_mps = pilot->speed_aim_mps = route->departs ? 0.0 : speed_mps;
    if (!route->departs)
        return;
    stand(pilot, track_rad, first->hold_s);
    depart(pilot, track_rad, altitude_m, speed_mps);
}

static void balloon(ap_pilot *pilot, const ap_route *route)
{
    double altitude_m = route->points[route->count - 1].altitude_m;
    pilot->speed_mps = pilot->speed_aim_mps = 0.0;
    pilot->heading_rad = 0.0;
    if (!isnan(altitude_m))
        ap_pilot_aim_altitude(pilot, altitude_m, climb_rate_mps(pilot, altitude_m));
    double end_s = route->end_s == HUGE_VAL ? route->start_s + 86400.0 : route->end_s;
    ap_pilot_drift(pilot, end_s - pilot->at.start_s);
}

/* Through waypoint i, towards the one after it. */
static void pass(ap_pilot *pilot, const ap_route *route, uint32_t i)
{
    const ap_route_point *at = &route->points[i], *next = &route->points[i + 1];
    turn_direct(pilot, at); /* nothing to turn, but after a start that came beyond it */
    double track_rad = bearing(pilot, at);
    if (at->hold_s > 0.0 && ap_craft_hovers(route->craft)) {
        double speed_mps = pilot->speed_aim_mps;
        stop_at(pilot, at);
        hover(pilot, track_rad, at->hold_s);
        ap_pilot_aim_speed(pilot, speed_mps);
    } else if (at->hold_s > 0.0) {
        ap_pilot_straight_to(pilot, track_rad, distance(pilot, at));
        hold(pilot, track_rad, at);
        aim(pilot, at);
        turn_direct(pilot, next);
        return;
    } else if (!fly_by(pilot, at, next)) {
        ap_pilot_straight_to(pilot, track_rad, distance(pilot, at));
        aim(pilot, at);
        turn_direct(pilot, next);
        return;
    }
    aim(pilot, at);
}

static bool end_way(ap_pilot *pilot, const ap_route *route)
{
    const ap_route_point *last = &route->points[route->count - 1];
    bool hovers = ap_craft_hovers(route->craft);
    turn_direct(pilot, last);
    if (route->lands) {
        bool comes_down = true;
        if (hovers)
            land_from_hover(pilot, route, last);
        else
            comes_down = land(pilot, route, last);
        stand(pilot, track_of(pilot), last->hold_s);
        return comes_down;
    }
    double track_rad = bearing(pilot, last);
    if (last->hold_s > 0.0 && hovers) {
        stop_at(pilot, last);
        hover(pilot, track_rad, last->hold_s);
        return true;
    }
    ap_pilot_straight_to(pilot, track_rad, distance(pilot, last));
    if (last->hold_s > 0.0)
        hold(pilot, track_rad, last);
    return true;
}

/* After the way: straight on until the end of the flight, if there is one. */
static void finish(ap_pilot *pilot, const ap_route *route, double track_rad)
{
    double way_s = pilot->at.start_s;
    ap_flight *flight = pilot->flight;
    flight->end_s = route->end_s == HUGE_VAL ? way_s : route->end_s;
    if (flight->end_s > way_s && route->craft != AP_CRAFT_BALLOON)
        ap_pilot_straight_for(pilot, track_rad, fmin(flight->end_s - way_s, 86400.0));
    flight->last = pilot->at;
    flight->last.end_s = HUGE_VAL;
}

/* A single place: it holds there, or goes on north from it. */
static void stay(ap_pilot *pilot, const ap_route *route)
{
    const ap_route_point *at = &route->points[0];
    if (at->hold_s > 0.0 && ap_craft_hovers(route->craft))
        hover(pilot, 0.0, at->hold_s);
    else if (at->hold_s > 0.0)
        hold(pilot, 0.0, at);
}

static bool fly_way(ap_pilot *pilot, const ap_route *route)
{
    if (route->points[0].hold_s > 0.0 && !route->departs) {
        double track_rad = bearing(pilot, &route->points[1]);
        if (ap_craft_hovers(route->craft)) {
            hover(pilot, track_rad, route->points[0].hold_s);
        } else {
            hold(pilot, track_rad, &route->points[0]);
            turn_direct(pilot, &route->points[1]);
        }
    }
    for (uint32_t i = 1; i + 1 < route->count; i++)
        pass(pilot, route, i);
    return end_way(pilot, route);
}

ap_route_trouble ap_route_plan(const ap_route *route, ap_flight *flight)
{
    const ap_route_point *points = route->points;
    double track_rad = 0.0;
    if (route->count > 1)
        track_rad = atan2(points[1].x_m - points[0].x_m, points[1].y_m - points[0].y_m);
    ap_pilot pilot = { .limits = ap_craft_limits_of(route->craft),
                       .wind = route->wind,
                       .flight = flight };
    if (ap_craft_hovers(route->craft))
        pilot.wind.count = 0;
    flight->craft = route->craft;
    flight->leg_count = 0;
    flight->birth_s = route->start_s;
    begin(&pilot, route, track_rad);
    bool comes_down = true;
    if (route->craft == AP_CRAFT_BALLOON)
        balloon(&pilot, route);
    else if (route->count == 1)
        stay(&pilot, route);
    else
        comes_down = fly_way(&pilot, route);
    finish(&pilot, route, track_of(&pilot));
    if (pilot.blown)
        return AP_ROUTE_WIND;
    return comes_down ? AP_ROUTE_FLIES : AP_ROUTE_DESCENT;
}

ap_route ap_route_of(const ap_scenario *scenario, const ap_enu_frame *plane, uint32_t index,
                     ap_route_point *points)
{
    const ap_scenario_flight *flight = &scenario->flights[index];
    for (uint32_t i = 0; i < flight->waypoint_count; i++) {
        const ap_waypoint *from = &scenario->waypoints[flight->waypoint_first + i];
        points[i] = (ap_route_point){ .altitude_m = from->altitude_m,
                                      .speed_mps = from->speed_mps,
                                      .hold_s = from->hold_s };
        ap_plane_from_geodetic(plane, from->latitude_rad, from->longitude_rad, &points[i].x_m,
                               &points[i].y_m);
    }
    return (ap_route){ .craft = flight->craft,
                       .points = points,
                       .count = flight->waypoint_count,
                       .wind = { scenario->wind, scenario->wind_count },
                       .start_s = flight->start_s,
                       .end_s = flight->end_s,
                       .field_altitude_m = flight->field_height_m - scenario->height_offset_m,
                       .departs = flight->departs,
                       .lands = flight->lands };
}

static bool tell(const char *reason, char *why, size_t size)
{
    if (size > 0) {
        size_t length = strlen(reason) < size ? strlen(reason) : size - 1;
        memcpy(why, reason, length);
        why[length] = '\0';
    }
    return false;
}

static bool waypoints_are_flown(const ap_scenario *scenario, const ap_scenario_flight *flight,
                                uint32_t *at, char *why, size_t size)
{
    for (uint32_t i = 0; i < flight->waypoint_count; i++) {
        const ap_waypoint *point = &scenario->waypoints[flight->waypoint_first + i];
        *at = i;
        if (!ap_craft_check(flight->craft, AP_CRAFT_WISH_SPEED, point->speed_mps, why, size) ||
            !ap_craft_check(flight->craft, AP_CRAFT_WISH_ALTITUDE, point->altitude_m, why, size))
            return false;
    }
    return true;
}

/* Speeds and climbs from each point to the next. */
static bool path_is_flown(const ap_scenario *scenario, const ap_scenario_flight *flight,
                          uint32_t *at, char *why, size_t size)
{
    if (flight->path_count == 0)
        return true;
    const ap_path_point *points = &scenario->path[flight->path_first];
    for (uint32_t i = 0; i < flight->path_count; i++) {
        *at = i;
        double altitude_m = points[i].position.height_m - scenario->height_offset_m;
        if (!ap_craft_check(flight->craft, AP_CRAFT_WISH_ALTITUDE, altitude_m, why, size))
            return false;
        if (i == 0)
            continue;
        double duration_s = points[i].time_s - points[i - 1].time_s;
        if (!(duration_s > 0.0))
            return tell("its time is not after that of the point before", why, size);
        double way_m = ap_distance_m(points[i - 1].position, points[i].position);
        double up_m = points[i].position.height_m - points[i - 1].position.height_m;
        const ap_craft_limits *limits = ap_craft_limits_of(flight->craft);
        /* Wind carries; what is too slow over the ground may still fly. */
        if (limits && way_m / duration_s > limits->speed_max_mps + PATH_WIND_MPS)
            return ap_craft_check(flight->craft, AP_CRAFT_WISH_SPEED, way_m / duration_s, why,
                                  size);
        if (!ap_craft_check(flight->craft, AP_CRAFT_WISH_CLIMB, up_m / duration_s, why, size))
            return false;
    }
    return true;
}

/* Plans a flight without memory for its legs; one of states has no plan, but a begin and an end. */
static ap_route_trouble plan_own(const ap_scenario *scenario, uint32_t index, ap_flight *planned)
{
    const ap_scenario_flight *flight = &scenario->flights[index];
    *planned = (ap_flight){ .birth_s = flight->start_s, .end_s = flight->end_s };
    if (flight->path_count > 0) {
        const ap_path_point *points = &scenario->path[flight->path_first];
        planned->birth_s = fmax(flight->start_s, points[0].time_s);
        planned->end_s = fmin(flight->end_s, points[flight->path_count - 1].time_s);
    }
    if (flight->waypoint_count == 0 || flight->waypoint_count > AP_ROUTE_POINT_MAX)
        return AP_ROUTE_FLIES;
    ap_route_point points[AP_ROUTE_POINT_MAX];
    ap_geodetic reference = scenario->reference;
    reference.height_m = 0.0;
    ap_enu_frame plane = ap_enu_frame_at(reference);
    ap_route route = ap_route_of(scenario, &plane, index, points);
    return ap_route_plan(&route, planned);
}

/* Who is never there is not meant. */
static bool lasts(const ap_scenario *scenario, const ap_scenario_flight *flight,
                  const ap_flight *planned, char *why, size_t size)
{
    if (flight->waypoint_count > 0 && planned->end_s - planned->birth_s < LEAST_S)
        return tell(flight->end_s < HUGE_VAL
                        ? "it is gone in less than a second: 'end_s' is too soon after its begin"
                        : "it is gone in less than a second: the way has no length and no 'hold_s'",
                    why, size);
    if (flight->leader >= scenario->flight_count)
        return true;
    ap_flight leader;
    (void)plan_own(scenario, flight->leader, &leader);
    if (fmin(flight->end_s, leader.end_s) - fmax(flight->start_s, leader.birth_s) < LEAST_S)
        return tell("its leader is not there while it is", why, size);
    return true;
}

bool ap_route_check(const ap_scenario *scenario, uint32_t index, uint32_t *at, char *why,
                    size_t size)
{
    const ap_scenario_flight *flight = &scenario->flights[index];
    if (!waypoints_are_flown(scenario, flight, at, why, size) ||
        !path_is_flown(scenario, flight, at, why, size))
        return false;
    *at = AP_SCENARIO_NONE;
    if (flight->waypoint_count > AP_ROUTE_POINT_MAX)
        return tell("it has more waypoints than a flight can have", why, size);
    ap_flight planned;
    switch (plan_own(scenario, index, &planned)) {
    case AP_ROUTE_WIND:
        return tell("the wind is too strong for its speed", why, size);
    case AP_ROUTE_DESCENT:
        *at = flight->waypoint_count - 1;
        return tell("the way is too short to come down to the landing", why, size);
    case AP_ROUTE_FLIES:
        break;
    }
    return lasts(scenario, flight, &planned, why, size);
}
