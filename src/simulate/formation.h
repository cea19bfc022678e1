/* Formation: a place beside another flight. */
#ifndef AP_SIMULATE_FORMATION_H
#define AP_SIMULATE_FORMATION_H

#include "simulate/flight.h"

/* The motion of a flight with a leader that has none itself. Its place is told in the direction of
 * the leader's way over the ground from a little before to a little after: smooth through the
 * leader's turns, so position and velocity are continuous. A leader that stands still has the
 * direction north. */
ap_motion ap_formation_motion(const ap_flight *flight, const ap_enu_frame *plane, double time_s,
                              uint32_t *hint);

#endif
