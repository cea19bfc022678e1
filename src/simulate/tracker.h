/* Another tracker's output: ASTERIX 062 tracks, 063 status of its sensors, 065 status of its own.
 *
 * Its tracks are the truth with slowly varying errors: two waves an axis with periods of one to
 * four minutes, of the sensor's position_sigma_m together; the error of the velocity is their
 * derivative. Codes, addresses and altitudes are what the transponders tell; it does not look at
 * broadcast positions. A flight within the sensor's range has a track from its AP_TRACKER_HITS-th
 * update on, whatever it carries; its last message says so.
 *
 * Every flight is updated once in the sensor's turn_s, an eighth of them at a time; at the end of
 * each turn there is a message of status for each of the scenario's first 60 sensors (OUTAGE: not
 * connected), one for the system, and the end of the batch. Every record that can carries the SIM
 * bit. */
#ifndef AP_SIMULATE_TRACKER_H
#define AP_SIMULATE_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/instrument.h"

#define AP_TRACKER_SLOT_COUNT 8
#define AP_TRACKER_HITS 3
#define AP_TRACKER_DELAY_S 0.2 /* from the time of a state to its packet */

typedef struct ap_tracker_track {
    uint16_t number; /* 0: none yet */
    uint8_t hit_count;
    double time_s; /* of the state */
    ap_truth truth;
} ap_tracker_track;

typedef struct ap_tracker_state {
    const ap_world *world;
    const ap_scenario_sensor *sensor;
    uint32_t index; /* of the sensor */
    uint32_t stream;
    ap_tracker_track *tracks; /* [flight_count] */
    uint16_t number_last;
    uint64_t tick; /* number of the eighth of a turn that ends next */
    uint32_t next; /* flight that is looked at next in it */
} ap_tracker_state;

/* The error of a track, metres east and north, and that of its velocity. */
typedef struct ap_tracker_error {
    double east_m, north_m, east_mps, north_mps;
} ap_tracker_error;

ap_tracker_error ap_tracker_error_at(const ap_tracker_state *tracker, uint32_t flight,
                                     double time_s);

#endif
