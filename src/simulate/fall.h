/* Fall: the path of an object that gravity and drag alone move, and its breaking up. A test object
 * for warnings and trackers.
 *
 * Integrated in Earth-fixed axes: gravity with the flattening's term J2 (WGS-84), the rotating
 * Earth, drag by a ballistic coefficient in the U.S. Standard Atmosphere 1976, which turns with the
 * Earth; Runge and Kutta's fourth order in steps of 1/8 s, one node of the path every half second.
 * Sources: NGA.STND.0036 for the Earth, NOAA-S/T 76-1562 for the air. */
#ifndef AP_SIMULATE_FALL_H
#define AP_SIMULATE_FALL_H

#include <stdint.h>

#include "simulate/flight.h"

#define AP_FALL_PIECE_MAX 256u
#define AP_FALL_NODE_S 0.5

typedef struct ap_fall_state {
    double time_s;
    ap_motion motion;
} ap_fall_state;

/* Density of the standard atmosphere, kg/m3, at a height of up to 1,000 km; below 0, as at 0. */
double ap_fall_density(double height_m);

/* Acceleration in Earth-fixed axes, m/s2. ballistic_kgpms2: m g / (C_D A), > 0. */
ap_vec3 ap_fall_acceleration(const ap_motion *motion, double ballistic_kgpms2);

/* Goes on from a state until the ground (height 0), until it is at or below `floor_m`, or until
 * `until_s`, whichever is first; *state is what it came to. Writes up to `cap` nodes, the first of
 * them the beginning; returns how many there are. */
uint32_t ap_fall(ap_fall_state *state, double ballistic_kgpms2, double floor_m, double until_s,
                 ap_path_node *nodes, uint32_t cap);

#endif
