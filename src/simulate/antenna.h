/* Antenna: when a rotating beam meets what moves. */
#ifndef AP_SIMULATE_ANTENNA_H
#define AP_SIMULATE_ANTENNA_H

#include <stdbool.h>

#include "simulate/world.h"

/* It points north at north_s + k turn_s. */
typedef struct ap_antenna {
    const ap_sensor *sensor;
    double turn_s, north_s;
} ap_antenna;

/* Azimuth of the beam, [0, 2 pi). */
double ap_antenna_azimuth_rad(const ap_antenna *antenna, double time_s);

/* A flight in the beam. */
typedef struct ap_pass {
    double time_s;
    ap_truth truth;        /* at that time */
    ap_vec3 enu, velocity; /* in the sensor's frame */
    ap_sight sight;
    double azimuth_radps;
    bool is_met; /* false: it is overhead, where azimuths run as fast as the beam */
} ap_pass;

/* The pass nearest to a time near it. A flight that begins later stands where it will begin. False
 * when the flight is over by then. By Newton's way with the azimuth's rate; the last step, of at
 * most 20 ms, is along the velocity: within 2.5 mm for 10 m/s2. One look at the truth when the
 * guess is that good. */
bool ap_antenna_meet(const ap_world *world, const ap_antenna *antenna, uint32_t flight,
                     double guess_s, ap_pass *pass);

/* When the beam will meet it again, if it flies on as it does. */
double ap_antenna_guess_s(const ap_antenna *antenna, const ap_pass *pass);

/* The first time after `after_s` at which the beam meets the flight; HUGE_VAL if never again. */
double ap_antenna_first_pass(const ap_world *world, const ap_antenna *antenna, uint32_t flight,
                             double after_s);

/* The time of the pass that follows the one at pass_s, a turn later and a little. */
double ap_antenna_next_pass(const ap_world *world, const ap_antenna *antenna, uint32_t flight,
                            double pass_s);

#endif
