/* How fast an antenna turns, from its plots alone. */
#ifndef AP_APP_ANTENNA_H
#define AP_APP_ANTENNA_H

#include <stddef.h>

/* Turn time of an antenna whose plots have these times and azimuths.
 * in : time_s[n] never falling, azimuth_rad[n] clockwise; n up to some 100,000.
 * out: seconds from 0.5 to 60, to the millisecond; 0 when no constant turn explains them: fewer
 *      than 16 plots, plots of a whole turn under one time, or no turning antenna.
 * The frequency f at which the azimuths less 2 pi f t agree best, found over few plots and then
 * closer over more and more of them. */
double ap_antenna_turn_s(size_t n, const double *time_s, const double *azimuth_rad);

/* Time between the looks of a sensor that states whole pictures, or one target at even times.
 * in : time_s[n] never falling. out: seconds; 0 when there is no such rhythm. work: double[n]. */
double ap_antenna_interval_s(size_t n, const double *time_s, double *work);

#endif
