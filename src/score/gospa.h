/* GOSPA and OSPA: how far one set of points is from another, as one number.
 *
 * Both need the assignment with the smallest sum of min(distance, cutoff)^p; with alpha = 2 it is
 * the same for both: solve with edges below the cutoff, cost distance^p, alone_cost cutoff^p.
 *   GOSPA^p = sum over pairs d^p + cutoff^p / 2 * (truths + tracks - 2 pairs)
 *   OSPA^p  = (sum over pairs d^p + cutoff^p * (n - pairs)) / n,  n = the larger count
 * Sources: Rahmathullah, Garcia-Fernandez, Svensson 2017; Schuhmacher, Vo, Vo 2008. */
#ifndef AP_SCORE_GOSPA_H
#define AP_SCORE_GOSPA_H

#include <stddef.h>

typedef struct ap_gospa {
    double gospa;        /* (localisation + missed + spurious)^(1/p), in the unit of distance */
    double localisation; /* its parts, in that unit to the power p */
    double missed, spurious;
    double ospa; /* 0 for two empty sets */
} ap_gospa;

/* in : pair_cost_sum, the sum of d^p over pair_count pairs; cutoff > 0; power 1 or 2. */
ap_gospa ap_gospa_from_pairs(size_t truth_count, size_t track_count, size_t pair_count,
                             double pair_cost_sum, double cutoff, int power);

#endif
