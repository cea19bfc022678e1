/* Detection: whether a radar sees a target at all.
 *
 * Primary. The signal-to-noise ratio of an echo goes with area / range^4 (radar equation). Of a
 * target whose area fluctuates from turn to turn as Swerling's first case, one look is detected
 * with Pd = Pfa^(1 / (1 + SNR)): Swerling, Probability of detection for fluctuating targets, IRE
 * Trans. IT-6 (1960). Solved for SNR it gives what the reference target has at full range, where
 * it is detected with the told probability:
 *     SNR(r, a) = (ln Pfa / ln Pd_told - 1) (a / a_reference) (r_max / r)^4
 * Secondary. The answer is loud at every range: the told probability.
 * Both. Nothing behind the horizon (simulate/world.h), above the cone, below the mask. */
#ifndef AP_SIMULATE_DETECTION_H
#define AP_SIMULATE_DETECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "simulate/scenario.h"

#define AP_DETECTION_FALSE_ALARM 1e-6 /* Pfa of one look into one cell */

/* Signal-to-noise ratio that a fluctuating target needs for a probability in (Pfa, 1). */
double ap_detection_snr(double probability);

/* The inverse, SNR >= 0: a probability in [Pfa, 1). */
double ap_detection_probability(double snr);

/* Area of a long target as a share of its mean over all directions in its plane, by the cosine of
 * the angle between its nose and the radar: 1 - 0.6 cos(2 angle), from the nose 0.4 and from the
 * side 1.6 (6 dB more). */
double ap_detection_aspect(double cosine);

/* Chance that a primary radar detects an area at a range: the told probability of every target
 * when it has no reference area. */
double ap_detection_primary(const ap_scenario_sensor *sensor, double told_probability,
                            double area_m2, double range_m);

/* Elevation at which a target appears whose straight line has `elevation_rad`: rays bend down as
 * on an Earth of 4/3 radius, so it is higher by a quarter of range / (2 radius). */
double ap_detection_elevation(double elevation_rad, double range_m);

/* The mask of a sensor at an azimuth; -pi/2 without one. Before the first entry the last one goes
 * on. */
double ap_detection_mask(const ap_scenario *scenario, const ap_scenario_sensor *sensor,
                         double azimuth_rad);

#endif
