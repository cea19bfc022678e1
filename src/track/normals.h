/* A weighted sum of normals, each moved and updated by points: for a state of which one number is
 * known so badly that a single normal would misjudge what it does to the others (how much drag a
 * falling object has, before it meets air). The sum starts as a row of narrow normals along that
 * number; measurements leave the few that fit, and those that have become alike are merged.
 *
 * Parts with less than 1e-5 of the heaviest one's weight are dropped, as are parts that leave the
 * finite. Cost is proportional to the count: 16 parts at first, usually under 4 later.
 * Source: D. Alspach, H. Sorenson, Nonlinear Bayesian estimation using Gaussian sum approximations
 * (1972). */
#ifndef AP_TRACK_NORMALS_H
#define AP_TRACK_NORMALS_H

#include "track/nonlinear.h"

#define AP_NORMALS_CAP 16
#define AP_NORMALS_ROW_MIN 8

typedef struct ap_normals {
    size_t count;                  /* [1, AP_NORMALS_CAP] */
    double weight[AP_NORMALS_CAP]; /* > 0, sum 1 */
    ap_normal part[AP_NORMALS_CAP];
} ap_normals;

/* One normal as `count` narrower ones along its last number, with its mean and, but for the tails
 * beyond the row, its covariance (1 sigma of that number within 6 %): evenly over +-2.4 standard
 * deviations, each half as wide as they are apart. count is 1, which keeps it whole, or in
 * [AP_NORMALS_ROW_MIN, AP_NORMALS_CAP]. The last number must not be correlated with the others. */
void ap_normals_split(ap_normals *normals, const ap_normal *normal, size_t count);

/* AP_ERR_RANGE and unchanged when no part stays finite. */
ap_err ap_normals_predict(ap_normals *normals, const ap_motion *motion);

/* out: *distance2, unless NULL: squared Mahalanobis distance of the innovation from the part that
 *      is nearest, for a gate.
 * An error and unchanged when no part could be updated. rounds: as ap_normal_update_points. */
ap_err ap_normals_update(ap_normals *normals, const ap_observation *sight, int rounds,
                         double *distance2);

/* The normal with the mean and the covariance of the sum. */
void ap_normals_moments(const ap_normals *normals, ap_normal *normal);

#endif
