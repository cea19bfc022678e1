/* A given path: smooth through states in space.
 *
 * Between two nodes each Earth-fixed coordinate is the cubic with the position and velocity of
 * both (Hermite); position and velocity are continuous, and the velocity is the exact derivative.
 */
#ifndef AP_SIMULATE_PATH_H
#define AP_SIMULATE_PATH_H

#include <stdint.h>

#include "airpicture/geo.h"

typedef struct ap_path_node {
    double time_s;
    ap_vec3 position; /* ECEF */
    ap_vec3 velocity; /* m/s, Earth-fixed */
} ap_path_node;

/* One state of a recorded or given path. */
typedef struct ap_path_point {
    double time_s;                      /* since the start of the run, increasing within a flight */
    ap_geodetic position;               /* height above the ellipsoid */
    double east_mps, north_mps, up_mps; /* NAN: from the neighbours */
} ap_path_point;

/* Nodes of `count` points, count >= 2. A velocity that is not given is that of the parabola through
 * the point and its neighbours. */
void ap_path_make(const ap_path_point *points, uint32_t count, ap_path_node *nodes);

/* The state at `time_s`; before the first and after the last node it goes straight on.
 * acceleration may be NULL. *hint: where the last search ended, 0 at first; any value is right. */
void ap_path_at(const ap_path_node *nodes, uint32_t count, double time_s, uint32_t *hint,
                ap_vec3 *position, ap_vec3 *velocity, ap_vec3 *acceleration);

#endif
