/* Traffic: a mix of flights around a point, drawn from a seed.
 *
 * Flight i depends on (seed, generator, i) and the configuration alone. Half cruise through the
 * area, the rest arrive, depart, hold and fly low and slow; most are there from the beginning, some
 * appear or end on the way. Fixed parts, for the demonstration: flights 0 and 1 cross each other
 * 300 m apart in height at the middle of the run; flight 2 squawks 7700 for its last 30 %; every
 * 10th has Mode S without extended squitter, every 30th only Mode A/C; every 15th has a poor
 * satellite position (NACp 5 to 7). */
#ifndef AP_SIMULATE_TRAFFIC_H
#define AP_SIMULATE_TRAFFIC_H

#include <stdint.h>

#include "simulate/flight.h"

#define AP_TRAFFIC_ADDRESS_FIRST 0xF0A001u /* in the block for temporary use */
#define AP_TRAFFIC_ALTITUDE_MIN_M 150.0

typedef struct ap_traffic_config {
    uint64_t seed;
    uint32_t generator; /* index of it in the scenario */
    uint32_t first;     /* index of its first flight among all flights */
    uint32_t flight_count;
    uint32_t primary_only_count; /* of these, the last ones carry no transponder */
    double start_s, duration_s;  /* when it is flown */
    double x_m, y_m, radius_m;   /* of the area, in the plane of the world */
    double height_offset_m;
} ap_traffic_config;

/* Call sign of the flight with this number: "APX" and the number, from 101 on. */
void ap_traffic_name(uint32_t index, ap_flight *flight);

/* Makes flight `index` < flight_count; only the memory of legs is taken from what was there. */
void ap_traffic_make(const ap_traffic_config *config, uint32_t index, ap_flight *flight);

#endif
