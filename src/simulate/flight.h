/* One flight: legs with a closed form each, so that its state at any time is exact.
 *
 * Horizontally a leg turns at a constant rate while its speed changes at a constant rate;
 * vertically its rate changes at a constant rate. Position and velocity are continuous from leg to
 * leg. The path is drawn in the tangent plane of a reference point and put on the ellipsoid below
 * it; the velocity is the exact derivative of that position. */
#ifndef AP_SIMULATE_FLIGHT_H
#define AP_SIMULATE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/geo.h"
#include "model/truth.h"

#define AP_LEG_CAP 48
#define AP_FLIGHT_BANK_MAX_RAD (25.0 * AP_RAD_PER_DEG)
#define AP_FLIGHT_TURN_MAX_RADPS (3.0 * AP_RAD_PER_DEG) /* standard rate */
#define AP_FLIGHT_VERTICAL_MPS2 0.5                     /* into and out of climbs */
#define AP_MODE_3A_EMERGENCY 07700

typedef enum ap_equipment {
    AP_EQUIPMENT_ADSB,    /* Mode S with extended squitter */
    AP_EQUIPMENT_MODE_S,  /* Mode S, acquisition squitters only */
    AP_EQUIPMENT_MODE_AC, /* Mode A/C */
    AP_EQUIPMENT_NONE     /* seen by primary radar only */
} ap_equipment;

typedef struct ap_leg {
    double start_s, end_s; /* since the start of the run; the last leg goes on for ever */
    double x_m, y_m;       /* east, north in the plane at its start, as all of the following */
    double altitude_m, up_mps, up_mps2; /* pressure altitude */
    double course_rad, turn_radps;      /* clockwise */
    double speed_mps, along_mps2;
} ap_leg;

typedef struct ap_flight {
    uint32_t id;      /* from 1 */
    uint32_t address; /* 24 bit; 0 without Mode S */
    uint16_t mode_3a;
    double emergency_s; /* from here on it squawks 7700; HUGE_VAL: never */
    char callsign[AP_CALLSIGN_SIZE];
    ap_equipment equipment;
    uint8_t emitter_category; /* 0xA1..0xA7 */
    uint8_t nac_p;
    double birth_s, end_s;  /* alive in [birth_s, end_s) */
    double height_offset_m; /* height above the ellipsoid less pressure altitude */
    uint32_t leg_count;
    ap_leg leg[AP_LEG_CAP];
} ap_flight;

/* The first leg: straight and level. Start and end are set to it and to never. */
void ap_flight_start(ap_flight *flight, double start_s, double x_m, double y_m, double altitude_m,
                     double course_rad, double speed_mps);

/* Time at which the last leg begins, that is, how far the flight is planned. */
double ap_flight_planned_s(const ap_flight *flight);
double ap_flight_altitude_m(const ap_flight *flight);
double ap_flight_speed_mps(const ap_flight *flight);

/* Each ends the last leg with a manoeuvre and appends the one to fly on with, at the same vertical
 * rate. With no room left they do nothing: the flight goes on as it was. */
void ap_flight_hold(ap_flight *flight, double duration_s);
void ap_flight_turn(ap_flight *flight, double angle_rad); /* clockwise; rate and bank limited */
void ap_flight_change_speed(ap_flight *flight, double speed_mps, double along_mps2);
/* To a level at a rate (both > 0 as magnitudes); begins and ends level. */
void ap_flight_climb(ap_flight *flight, double altitude_m, double rate_mps);

/* The state at `time_s` after the start of the run. False, and nothing written, when the flight is
 * not in the air then. time_utc is left to the caller. */
bool ap_flight_at(const ap_flight *flight, const ap_enu_frame *plane, double time_s,
                  ap_truth *truth);

/* How fast it turns, clockwise, and the level it is climbing or descending to, or is at. */
double ap_flight_turn_radps(const ap_flight *flight, double time_s);
double ap_flight_level_m(const ap_flight *flight, double time_s);

/* The code it squawks. */
uint16_t ap_flight_mode_3a(const ap_flight *flight, double time_s);

#endif
