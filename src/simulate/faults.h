/* Faults of a scenario, as sensors meet them: what a flight's transponder says, where its satellite
 * navigation believes it is, and by what clock a sensor stamps.
 *
 * A fault holds in [start_s, end_s). Where two of a kind hold at once, altitudes and times add up,
 * and of codes, addresses and ages the later in the list counts. A ramp of an area begins for each
 * flight when that comes in, anew each time; who leaves is told where it is again. All is a
 * function of the scenario, the seed and the time; what is kept only saves looking it up again.
 * Cost: one look at each fault of the scenario. */
#ifndef AP_SIMULATE_FAULTS_H
#define AP_SIMULATE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/world.h"

/* A jammed receiver has no position deeper in the area than this: the depth is 0 at the area's edge
 * and 1 in its middle. Further out the position is poor, by steps of NACp. */
#define AP_FAULTS_JAM_DEEP 0.4
#define AP_FAULTS_JAM_NAC_P_MAX 7 /* at the edge */
#define AP_FAULTS_JAM_NAC_P_MIN 3 /* where the position is about to be lost */
#define AP_FAULTS_GROUND_M 3.0
#define AP_FAULTS_JUMP_S 10.0 /* a jump lasts so long */
#define AP_FAULTS_JUMP_CHANCE 0.25
#define AP_FAULTS_JUMP_SIGMAS 4.0 /* of the declared deviation, 1 sigma per axis */

/* What Mode S has codes for, in steps of 25 ft and above in Mode C's. */
#define AP_FAULTS_ALTITUDE_MIN_FT (-1000.0)
#define AP_FAULTS_ALTITUDE_MAX_FT 126700.0

#define AP_FAULTS_ALERT_S 18.0 /* a temporary alert lasts so long */

/* Alert of a Mode S transponder, numbered as surveillance status tells it: permanent while it
 * squawks an emergency, temporary after another change of code in the air.
 * Source: ICAO Annex 10 volume IV, 3.1.2.6.10.1.1. */
typedef enum ap_told_alert {
    AP_TOLD_CALM,
    AP_TOLD_ALERT_PERMANENT,
    AP_TOLD_ALERT_TEMPORARY
} ap_told_alert;

/* What a flight's transponder says of itself, to every radar and receiver. */
typedef struct ap_told {
    bool answers;     /* it has a transponder, and that is on */
    uint32_t address; /* 24 bit; 0 without Mode S. Another flight may send the same */
    uint16_t mode_3a; /* 12 bit */
    ap_told_alert alert;
    bool on_ground;
    bool has_altitude;          /* Mode C and Mode S have a code for it */
    double pressure_altitude_m; /* before the steps of the format */
} ap_told;

/* `truth` is of that flight and time. On the ground are vehicles, and aircraft lower than
 * AP_FAULTS_GROUND_M above the field of their flight, its leader or their generator, where that has
 * departures or landings. */
ap_told ap_faults_told(const ap_world *world, uint32_t flight, const ap_truth *truth,
                       double time_s);

#define AP_MODE_3A_UNLAWFUL 07500
#define AP_MODE_3A_NO_RADIO 07600

/* True for codes 7500, 7600 and 7700. */
bool ap_faults_is_emergency(uint16_t mode_3a);

/* The point so far east and north of a position along its parallel and its meridian, at the same
 * height; for some kilometres, away from the poles. */
ap_geodetic ap_faults_moved(ap_geodetic position, double east_m, double north_m);

/* What a flight's satellite navigation tells its transponder. */
typedef struct ap_navigation {
    bool has_position;    /* false: jammed; then nothing of the following but up_mps is known */
    ap_geodetic position; /* off by a slow error well inside what nac_p declares, a jump, a drift */
    double east_mps, north_mps, up_mps;
    uint8_t nac_p; /* 0 without a position */
} ap_navigation;

/* `truth` is of that flight and time. A flight that squitters late tells where it was. */
ap_navigation ap_faults_navigation(const ap_world *world, uint32_t flight, const ap_truth *truth,
                                   double time_s);

/* The time that a sensor stamps, seconds since the start, for a true time: with its bias, its drift
 * and its jumps. `sensor`: of world->scenario. */
double ap_faults_stamp_s(const ap_world *world, uint32_t sensor, double time_s);

#endif
