/* Registers that a transponder sends down when a radar asks for them (Comm-B).
 *
 * 56 bits, the first one highest. Values beyond a field's range become its end. Source of the
 * layouts: ICAO Doc 9871, tables A-2-64, A-2-80 and A-2-96. */
#ifndef AP_SIMULATE_REGISTER_H
#define AP_SIMULATE_REGISTER_H

#include <stdint.h>

#include "model/truth.h"
#include "simulate/flight.h"

/* 4,0: selected altitude of the autopilot and of the flight management, and the barometer. */
uint64_t ap_register_40(double selected_ft, double managed_ft, double barometer_hpa);

/* 5,0: roll (right wing down > 0), true track, speed over ground, track rate, true airspeed. */
uint64_t ap_register_50(double roll_deg, double track_deg, double ground_speed_kt,
                        double track_rate_dps, double true_airspeed_kt);

/* 6,0: heading, indicated airspeed, Mach number, barometric and inertial vertical rate. */
uint64_t ap_register_60(double heading_deg, double indicated_airspeed_kt, double mach,
                        double barometric_fpm, double inertial_fpm);

/* What the flight's transponder has in register 0x40, 0x50 or 0x60; 0 for any other. The flight's
 * wind, standard atmosphere, no magnetic declination, coordinated turns. */
uint64_t ap_register_of(uint8_t bds, const ap_flight *flight, const ap_truth *truth, double time_s);

#endif
