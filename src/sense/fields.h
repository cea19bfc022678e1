/* Raw values of the formats to fields of a report: units, sigmas, presence bits and flags.
 *
 * Every setter leaves the report alone when the value says nothing ("unknown", out of range). */
#ifndef AP_SENSE_FIELDS_H
#define AP_SENSE_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "airpicture/sensor.h"

/* Slant range and azimuth as measured; the biases of the sensor are taken off. False when the
 * range lies a fifth or more beyond the sensor's coverage. */
bool ap_sense_set_polar(ap_report *report, const ap_sensor *sensor, double range_m,
                        double azimuth_rad);

/* A position with the same error on both axes, sigma_m > 0. False outside [-90, 90], [-180, 180].
 */
bool ap_sense_set_position(ap_report *report, double latitude_deg, double longitude_deg,
                           double sigma_m);

/* Covariance in the local frame; the covariance is limited to a correlation of 0.95 and the
 * sigmas to 0.1 m and more. */
void ap_sense_set_covariance(ap_report *report, double sigma_east_m, double sigma_north_m,
                             double covariance_m2);

/* A position in the tangent plane of the sensor, which must have a site. The height of the report
 * (geometric, else pressure altitude, else that of the site) lifts it off the plane. False when
 * the point is more than 1,000 km away. */
bool ap_sense_set_local(ap_report *report, const ap_sensor *sensor, double east_m, double north_m,
                        double sigma_m);

/* Pressure altitude with the step it was sent in. */
void ap_sense_set_altitude(ap_report *report, const ap_sensor *sensor, double altitude_ft,
                           double step_ft);
void ap_sense_set_height(ap_report *report, double height_ft, double sigma_m);

/* Mode 3/A code with its V and G bits (1: not validated, garbled). The emergency codes 7500, 7600
 * and 7700 set AP_FLAG_EMERGENCY. */
void ap_sense_set_mode_3a(ap_report *report, uint16_t code, bool unvalidated, bool garbled);

/* V and G bits of an altitude. */
void ap_sense_flag_altitude(ap_report *report, bool unvalidated, bool garbled);

/* A 24-bit address; all zero and all one are no addresses. */
void ap_sense_set_address(ap_report *report, uint32_t address, ap_address_kind kind);

/* Six-bit characters; without any letter or digit nothing is set. */
void ap_sense_set_callsign6(ap_report *report, uint64_t icao6);
void ap_sense_set_callsign(ap_report *report, const char *text);

void ap_sense_set_velocity(ap_report *report, double east_mps, double north_mps, double sigma_mps);

/* Ground speed and true track. */
void ap_sense_set_ground_vector(ap_report *report, double speed_mps, double track_rad,
                                double sigma_mps);
void ap_sense_set_vertical_rate(ap_report *report, double rate_fpm, double sigma_mps);

/* Radial speed, away from the sensor > 0, sent in steps of step_mps; known but for a multiple of
 * ambiguity_mps, 0: wholly. */
void ap_sense_set_doppler(ap_report *report, const ap_sensor *sensor, double speed_mps,
                          double step_mps, double ambiguity_mps);

/* What the autopilot or the crew has chosen. */
void ap_sense_set_selected_altitude(ap_report *report, double altitude_ft);

/* The number that the sensor's own tracker gave. */
void ap_sense_set_track_number(ap_report *report, uint16_t number);

/* Covariance of a "covariance component" as ASTERIX sends it: its root, with its sign. */
static inline double ap_covariance_of_root(double root_m)
{
    return root_m < 0 ? -root_m * root_m : root_m * root_m;
}

/* Emitter category of CAT021 and CAT062 (0..24) as DO-260B writes it; 0 and reserved ones are
 * left out. */
void ap_sense_set_emitter(ap_report *report, uint8_t ecat);

/* Flight status of Mode S (I048/230 STAT, DF4/5/20/21): ground and SPI. */
void ap_sense_flag_flight_status(ap_report *report, uint8_t status);

/* An angle whose step is a turn / 2^bits. */
static inline double ap_turn_rad(double raw, int bits)
{
    return raw * (2.0 * AP_PI) / (double)(UINT64_C(1) << bits);
}

static inline double ap_turn_deg(double raw, int bits)
{
    return raw * 360.0 / (double)(UINT64_C(1) << bits);
}

#endif
