/* Reflection: the image of an aircraft in a wall, as a secondary radar sees it.
 *
 * The beam that points at the wall asks and hears the aircraft by way of it: a plot with the same
 * codes at the azimuth of the mirrored place and at the length of the broken way, which is that of
 * the straight one to the mirrored place. Walls are upright and flat; heights stay. */
#ifndef AP_SIMULATE_REFLECTION_H
#define AP_SIMULATE_REFLECTION_H

#include <stdbool.h>

#include "simulate/scenario.h"

/* enu: the aircraft in the frame of the radar. False when there is no image: radar or aircraft
 * are behind the wall, or the broken way would pass beside it. */
bool ap_reflection_of(const ap_reflector *wall, ap_vec3 enu, ap_vec3 *image);

#endif
