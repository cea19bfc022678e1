/* Two tracks of aircraft that fly together. When either may have given either of two plots, each
 * track by itself is the mean of what it may be, and both are drawn to the middle between the
 * plots. But where the two are, taken as a set, is known much better than which is which: so the
 * cases of both are dealt out anew, to the pair of densities that fits the set best.
 *
 * Cases: each track updated by each plot, and by none. The pair's divergence from the density of
 * the set is bounded by the sum over both of the mass of each case times its cross entropy with
 * the member it went to; this is lessened in turns, masses for given members (a transport problem:
 * for two, cases in order of preference), members for given masses (their moments).
 * Source: J. L. Williams, An efficient, variational approximation of the best fitting
 * multi-Bernoulli filter, IEEE Trans. Signal Processing 63 (2015). */
#ifndef AP_TRACK_FORMATION_H
#define AP_TRACK_FORMATION_H

#include <stdbool.h>
#include <stddef.h>

#include "track/filter_kernel.h"

#define AP_CASES_MAX 12

typedef struct ap_case {
    ap_mixture models; /* in the plane of all cases */
    ap_gauss mean;     /* of the models */
    double mass[2];    /* that it has in each member; over all cases 1 for each */
} ap_case;

/* Deals the masses out anew; what a case has in both stays. False, and nothing changed, when no
 * pair fits better than the one it was given by a twentieth in the product of the volumes, or a
 * covariance is none; nor with less than 2 or more than AP_CASES_MAX cases. */
bool ap_formation_project(size_t count, ap_case *cases);

/* The mixture of a member's cases, model by model, and its mean. */
void ap_formation_member(size_t count, const ap_case *cases, int member, ap_mixture *models,
                         ap_gauss *mean);

#endif
