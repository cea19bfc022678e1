/* Who flies in a scenario: its own flights, then those of its generators, in order, then the pieces
 * that falls break into but the first, which goes on as the flight itself. */
#ifndef AP_SIMULATE_POPULATE_H
#define AP_SIMULATE_POPULATE_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "base/arena.h"
#include "simulate/world.h"

#define AP_POPULATE_FLIGHT_MAX 400000u

/* False when a flight or generator is not one that can be made; then the first reason is appended
 * to `why`: "flight BAW1, waypoint 3: 400 m/s is beyond an airliner's 270 m/s". */
bool ap_populate_check(const ap_scenario *scenario, ap_writer *why);

/* How many there will be, of a sound scenario. */
uint32_t ap_populate_count(const ap_scenario *scenario);

/* Takes memory for them (measuring or real) and makes them; sets the world's flights and their
 * count. The rest of the world is set. */
void ap_populate(ap_world *world, ap_arena *arena);

#endif
