/* Pairing: which track is which truth's, at one instant. */
#ifndef AP_SCORE_PAIRING_H
#define AP_SCORE_PAIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/geo.h"
#include "base/arena.h"
#include "score/assign.h"

typedef struct ap_pairing {
    double cutoff_m;
    int power;
    size_t edge_cap, edge_count;
    uint64_t edge_refused_count; /* edges that did not fit, over all calls */
    uint32_t *row_start;         /* [truth_cap + 1] */
    uint32_t *edge_track;        /* [edge_cap], beside edge_cost */
    double *edge_cost;           /* distance^power */
    double *kept_cost;           /* [edge_cap]: the same for the second pairing */
    uint32_t *by_latitude;       /* [track_cap]: tracks, southernmost first */
    bool *track_near;            /* [track_cap]: nearer than the cutoff to some truth */
    ap_assign assign;
    size_t pair_count;
    double pair_cost_sum;
} ap_pairing;

/* Takes the working memory from the arena (measuring or real). */
void ap_pairing_init(ap_pairing *pairing, ap_arena *arena, double cutoff_m, int power,
                     size_t truth_cap, size_t track_cap, size_t edge_cap);

/* East and north of `other` as seen from the origin of `frame`, both taken at its height. */
void ap_pairing_offset(const ap_enu_frame *frame, ap_geodetic other, double *east_m,
                       double *north_m);

/* The best pairing: finite positions, counts within the caps. Leaves pair_count, pair_cost_sum,
 * track_near and the pairs. */
void ap_pairing_solve(ap_pairing *pairing, size_t truth_count, const ap_enu_frame *truths,
                      size_t track_count, const ap_geodetic *tracks);

/* The same in steps, for callers with a geometry of their own: begin, then for each truth in turn
 * _begin_truth and _add for every track nearer than the cutoff, then finish. */
void ap_pairing_begin(ap_pairing *pairing, size_t track_count);
void ap_pairing_begin_truth(ap_pairing *pairing, size_t truth);
void ap_pairing_add(ap_pairing *pairing, uint32_t track, double distance_m);
void ap_pairing_finish(ap_pairing *pairing, size_t truth_count, size_t track_count);

/* The tracks nearer than the cutoff to a truth; returns how many. */
size_t ap_pairing_near(const ap_pairing *pairing, size_t truth, const uint32_t **tracks);

/* Pairs up again, so that each truth with a kept_track[truth] (not AP_ASSIGN_NONE) that is nearer
 * than the cutoff has that one, and the rest is the best pairing that is left. Two truths that keep
 * the same track: one of them gets it. Leaves the pairs; the sums stay those of the best pairing.
 */
void ap_pairing_keep(ap_pairing *pairing, size_t truth_count, size_t track_count,
                     const uint32_t *kept_track);

/* distance^power of a truth and its track in the latest pairing; 0 when it has none. */
double ap_pairing_cost(const ap_pairing *pairing, size_t truth);

/* Track of a truth in the latest pairing, or AP_ASSIGN_NONE. */
uint32_t ap_pairing_track(const ap_pairing *pairing, size_t truth);

#endif
