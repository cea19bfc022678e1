/* Broadcasters: whoever is heard on 1090 MHz.
 *
 * Numbered: first the flights of the world; then for each AP_FAULT_REPLAY a recording of a flight
 * that is sent again; then for each AP_FAULT_GHOSTS its fleet, which exists in broadcasts only. A
 * recording repeats the flight's frames bit by bit, a ghost flies a racetrack within its area;
 * both are sent from one place on the ground: the middle of the fault's area, or the reference
 * point of the scenario, AP_BROADCAST_MAST_M high. What is sent is a function of the scenario, the
 * seed and the time. */
#ifndef AP_SIMULATE_BROADCAST_H
#define AP_SIMULATE_BROADCAST_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/faults.h"
#include "simulate/world.h"

#define AP_BROADCAST_MAST_M 500.0            /* above the ellipsoid: on a hill */
#define AP_BROADCAST_GHOST_ADDRESS 0xF18001u /* the first; the next ones follow */
#define AP_BROADCAST_GHOST_COUNT_MAX 1000    /* of one fault */

typedef struct ap_broadcaster {
    uint32_t flight;  /* whose words they are; AP_SCENARIO_NONE: a ghost's */
    uint32_t ghost;   /* number of a ghost, over all fleets */
    uint32_t element; /* that its draws are named by: a recording has those of its flight */
    double delay_s;   /* of a recording; else 0 */
    ap_geodetic mast; /* that a recording or a ghost is sent from */
    const ap_scenario_fault *fault; /* that it belongs to; NULL: the flight itself */
} ap_broadcaster;

/* What is said at one time. */
typedef struct ap_broadcast {
    uint32_t address;
    uint16_t mode_3a;
    ap_told_alert alert;
    char callsign[AP_CALLSIGN_SIZE];
    uint8_t emitter_category;
    bool on_ground;
    bool has_altitude;
    double pressure_altitude_m;
    double height_offset_m; /* height above the ellipsoid less pressure altitude */
    ap_navigation navigation;
} ap_broadcast;

uint32_t ap_broadcaster_count(const ap_world *world);

/* index < ap_broadcaster_count. Not while measuring, when there are no flights. */
ap_broadcaster ap_broadcaster_of(const ap_world *world, uint32_t index);

/* It sends nothing before. */
double ap_broadcaster_birth_s(const ap_world *world, const ap_broadcaster *who);

/* Where its antenna is; false: it sends no more (the flight has ended) or not now. For a flight
 * *truth is filled as well. Cheap: asked for each frame. */
bool ap_broadcaster_place(const ap_world *world, const ap_broadcaster *who, double time_s,
                          ap_truth *truth, ap_geodetic *antenna);

/* What it says. `truth`: as filled by place, at the same time. False when it says nothing then. */
bool ap_broadcaster_tell(const ap_world *world, const ap_broadcaster *who, const ap_truth *truth,
                         double time_s, ap_broadcast *told);

#endif
