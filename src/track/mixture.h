/* A weighted sum of normals, each moved and updated by points: for a state of which one number is
 * known so badly that a single normal would misjudge what it does to the others (how much drag a
 * falling object has, before it meets air). The sum starts as a row of narrow normals along that
 * number; measurements leave the few that fit, and those that have become alike are merged.
 *
 * Parts with less than 1e-5 of the heaviest one's weight are dropped, as are parts that leave the
 * finite. Cost is proportional to the count: 16 parts at first, usually under 4 later.
 * Source: D. Alspach, H. Sorenson, Nonlinear Bayesian estimation using Gaussian sum approximations
 * (1972). */
#ifndef AP_TRACK_MIXTURE_H
#define AP_TRACK_MIXTURE_H

#include "track/nonlinear.h"

#define AP_MIXTURE_CAP 16
#define AP_MIXTURE_ROW_MIN 8

typedef struct ap_mixture {
    size_t count;                  /* [1, AP_MIXTURE_CAP] */
    double weight[AP_MIXTURE_CAP]; /* > 0, sum 1 */
    ap_normal part[AP_MIXTURE_CAP];
} ap_mixture;

/* One normal as `count` narrower ones along its last number, with its mean and, but for the tails
 * beyond the row, its covariance (1 sigma of that number within 6 %): evenly over +-2.4 standard
 * deviations, each half as wide as they are apart. count is 1, which keeps it whole, or in
 * [AP_MIXTURE_ROW_MIN, AP_MIXTURE_CAP]. The last number must not be correlated with the others. */
void ap_mixture_split(ap_mixture *mixture, const ap_normal *normal, size_t count);

/* AP_ERR_RANGE and unchanged when no part stays finite. */
ap_err ap_mixture_predict(ap_mixture *mixture, const ap_motion *motion);

/* out: *distance2, unless NULL: squared Mahalanobis distance of the innovation from the part that
 *      is nearest, for a gate.
 * An error and unchanged when no part could be updated. rounds: as ap_normal_update_points. */
ap_err ap_mixture_update(ap_mixture *mixture, const ap_sight *sight, int rounds, double *distance2);

/* The normal with the mean and the covariance of the sum. */
void ap_mixture_moments(const ap_mixture *mixture, ap_normal *normal);

#endif
