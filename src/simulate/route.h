/* Route: legs that lead through waypoints as a class of craft can fly them.
 *
 * A waypoint is passed on a fly-by turn; where the turn is too sharp or the way too short, it is
 * flown over and the turn comes after it. From a waypoint on, its altitude and speed are aimed at
 * while the flight goes on. A hold is a racetrack of right turns with a minute out, ended at the
 * waypoint; what can hover stands there instead. In wind, speeds are through the air and the nose
 * points where the way over the ground leads to the next waypoint; what can hover flies by speeds
 * over the ground. A balloon drifts from its first waypoint on and climbs to the last one's
 * altitude.
 *
 * Everything is planned once; the legs are exact, whatever the planning's tolerance. */
#ifndef AP_SIMULATE_ROUTE_H
#define AP_SIMULATE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/flight.h"
#include "simulate/scenario.h"

#define AP_ROUTE_POINT_MAX 256u /* waypoints of one flight */

/* A waypoint in the plane of the world; NAN as in ap_waypoint. */
typedef struct ap_route_point {
    double x_m, y_m;
    double altitude_m, speed_mps, hold_s;
} ap_route_point;

typedef struct ap_route {
    ap_craft craft;
    const ap_route_point *points;
    uint32_t count; /* >= 1 */
    ap_wind wind;
    double start_s, end_s;   /* end HUGE_VAL: when the way ends */
    double field_altitude_m; /* pressure altitude of the ground, for departs and lands */
    bool departs, lands;
} ap_route;

typedef enum ap_route_trouble {
    AP_ROUTE_FLIES,
    AP_ROUTE_WIND,   /* too strong for its speed */
    AP_ROUTE_DESCENT /* no way to come down to the landing in time */
} ap_route_trouble;

/* Plans the route into the flight: legs, birth and end. Its memory of legs is used as far as it
 * goes; leg_count tells how many there are. In trouble it flies as well as it can. */
ap_route_trouble ap_route_plan(const ap_route *route, ap_flight *flight);

/* Whether flight `index` of the scenario can be flown: speeds, altitudes, climbs, wind, landing. If
 * not, *at is the index of its waypoint or path point (AP_SCENARIO_NONE: the whole flight), and
 * `why` says why: "400 m/s is beyond an airliner's 270 m/s". */
bool ap_route_check(const ap_scenario *scenario, uint32_t index, uint32_t *at, char *why,
                    size_t size);

/* The route of a flight with waypoints; points: room for its waypoint_count. */
ap_route ap_route_of(const ap_scenario *scenario, const ap_enu_frame *plane, uint32_t index,
                     ap_route_point *points);

#endif
