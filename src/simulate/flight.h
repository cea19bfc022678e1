/* One flight: what it is, and its way, so that its state at any time is exact.
 *
 * A way is one of three:
 * - legs with a closed form each. Horizontally a leg turns at a constant rate through the air while
 *   its speed changes at a constant rate, in air that drifts; vertically its rate changes at a
 *   constant rate. Position and velocity are continuous from leg to leg. They are drawn in the
 *   tangent plane of a reference point and put on the ellipsoid below it (good for some 1,000 km
 *   around it: there the speed over the ground is 2 % below that in the plane);
 * - a path through given states (simulate/path.h);
 * - a place beside another flight (simulate/formation.h).
 * The velocity is the exact derivative of the position. */
#ifndef AP_SIMULATE_FLIGHT_H
#define AP_SIMULATE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/geo.h"
#include "model/truth.h"
#include "simulate/craft.h"
#include "simulate/path.h"
#include "simulate/wind.h"

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
    double course_rad, turn_radps;      /* clockwise, of the way through the air */
    double speed_mps, along_mps2;
    double drift_x_mps, drift_y_mps, drift_x_mps2, drift_y_mps2; /* of that air; 0 where course and
                                                                  * speed are over the ground */
} ap_leg;

typedef struct ap_flight {
    uint32_t id;      /* from 1 */
    uint32_t address; /* 24 bit; 0 without Mode S */
    uint16_t mode_3a;
    double emergency_s; /* from here on it squawks 7700; HUGE_VAL: never */
    char callsign[AP_CALLSIGN_SIZE];
    ap_equipment equipment;
    ap_craft craft;
    double area_m2;           /* mean radar cross-section */
    uint8_t emitter_category; /* as ap_craft_limits has it */
    uint8_t nac_p;
    double birth_s, end_s;  /* alive in [birth_s, end_s) */
    double height_offset_m; /* height above the ellipsoid less pressure altitude */
    ap_wind wind;           /* that it meets: for what it tells of its way through the air */
    /* Legs: those that have an end, and the last. */
    ap_leg *legs; /* [leg_cap]; NULL: they are only counted */
    uint32_t leg_count, leg_cap;
    ap_leg last;
    /* A path, when node_count > 0. */
    const ap_path_node *nodes;
    uint32_t node_count;
    /* A place beside it, when not NULL. */
    const struct ap_flight *leader;
    double behind_m, right_m, above_m;
} ap_flight;

/* Where something is and how it moves, Earth-fixed. */
typedef struct ap_motion {
    ap_vec3 position; /* ECEF */
    ap_vec3 velocity; /* m/s */
} ap_motion;

/* The leg that goes straight on from what `leg` has come to after `duration_s`: same place, same
 * velocity, same drift, no accelerations. */
ap_leg ap_leg_after(const ap_leg *leg, double duration_s);

/* The first leg: straight and level. Start and end are set to it and to never. */
void ap_flight_start(ap_flight *flight, double start_s, double x_m, double y_m, double altitude_m,
                     double course_rad, double speed_mps);

/* Ends the last leg with this one, and goes on from there. Beyond leg_cap it is only counted. */
void ap_flight_add_leg(ap_flight *flight, const ap_leg *leg);

/* Time at which the last leg begins, that is, how far the flight is planned. */
double ap_flight_planned_s(const ap_flight *flight);
double ap_flight_altitude_m(const ap_flight *flight);
double ap_flight_speed_mps(const ap_flight *flight);

/* Each ends the last leg with a manoeuvre and appends the one to fly on with, at the same vertical
 * rate. */
void ap_flight_hold(ap_flight *flight, double duration_s);
void ap_flight_turn(ap_flight *flight, double angle_rad); /* clockwise; rate and bank limited */
void ap_flight_change_speed(ap_flight *flight, double speed_mps, double along_mps2);
/* To a level at a rate (both > 0 as magnitudes); begins and ends level. */
void ap_flight_climb(ap_flight *flight, double altitude_m, double rate_mps);

/* The state at `time_s` after the start of the run. False, and nothing written, when the flight is
 * not in the air then. time_utc is left to the caller. *hint: where the last search ended, 0 at
 * first; any value is right. */
bool ap_flight_at(const ap_flight *flight, const ap_enu_frame *plane, double time_s, uint32_t *hint,
                  ap_truth *truth);

/* Its motion at any time: before its birth and after its end it goes straight on. */
ap_motion ap_flight_motion(const ap_flight *flight, const ap_enu_frame *plane, double time_s,
                           uint32_t *hint);

/* How fast it turns, clockwise, and the level it is climbing or descending to, or is at. */
double ap_flight_turn_radps(const ap_flight *flight, double time_s);
double ap_flight_level_m(const ap_flight *flight, double time_s);

/* The code it squawks. */
uint16_t ap_flight_mode_3a(const ap_flight *flight, double time_s);

/* The point of the plane that stands on the ellipsoid's normal of a place. */
void ap_plane_from_geodetic(const ap_enu_frame *plane, double latitude_rad, double longitude_rad,
                            double *x_m, double *y_m);

#endif
