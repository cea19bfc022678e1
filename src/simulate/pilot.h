/* Pilot: flies a craft piece by piece and writes down the legs.
 *
 * The pilot aims at an altitude and a speed while it goes straight or turns; each call goes on from
 * where the last one ended, with position and velocity continuous. */
#ifndef AP_SIMULATE_PILOT_H
#define AP_SIMULATE_PILOT_H

#include <stdbool.h>

#include "simulate/flight.h"
#include "simulate/wind.h"

#define AP_PILOT_LEG_MAX 200000u /* a route longer than this ends there */

typedef struct ap_pilot {
    const ap_craft_limits *limits;
    ap_wind wind;
    ap_flight *flight; /* NULL: only tried */
    ap_leg at;         /* place, time, altitude and vertical speed now; the rest is set by pieces */
    double heading_rad, speed_mps; /* through the air */
    double speed_aim_mps, along_mps2;
    /* To the altitude: up to three phases of constant vertical acceleration. */
    double altitude_aim_m;
    double phase_left_s[3], phase_up_mps2[3];
    unsigned phase; /* 3: level */
    bool blown;     /* met wind too strong to keep its way */
    uint32_t leg_count;
} ap_pilot;

void ap_pilot_aim_altitude(ap_pilot *pilot, double altitude_m, double rate_mps);
void ap_pilot_aim_speed(ap_pilot *pilot, double speed_mps);

/* How long until both aims are met. */
double ap_pilot_climb_left_s(const ap_pilot *pilot);
double ap_pilot_speed_left_s(const ap_pilot *pilot);

/* Straight over the ground. */
void ap_pilot_straight_to(ap_pilot *pilot, double track_rad, double distance_m);
void ap_pilot_straight_for(ap_pilot *pilot, double track_rad, double duration_s);

/* Rolls straight from speed over the ground to another. */
void ap_pilot_roll(ap_pilot *pilot, double track_rad, double from_mps, double to_mps);

/* Turns until the way over the ground leads along `track_rad`; side: > 0 to the right, < 0 to the
 * left, 0 the short way. */
void ap_pilot_turn_to(ap_pilot *pilot, double track_rad, int side);

/* Turns by an angle of its heading. */
void ap_pilot_turn_by(ap_pilot *pilot, double angle_rad);

/* Drifts with the air. */
void ap_pilot_drift(ap_pilot *pilot, double duration_s);

/* Its radius of turn in still air, and the speed over the ground along a track. */
double ap_pilot_radius_m(const ap_pilot *pilot);
double ap_pilot_ground_mps(const ap_pilot *pilot, double track_rad);

#endif
