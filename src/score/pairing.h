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

/* Pairs up; finite positions, counts within the caps. The answer stays in the structure. */
void ap_pairing_solve(ap_pairing *pairing, size_t truth_count, const ap_enu_frame *truths,
                      size_t track_count, const ap_geodetic *tracks);

/* Track of a truth, or AP_ASSIGN_NONE. */
uint32_t ap_pairing_track(const ap_pairing *pairing, size_t truth);

/* True when `track` is nearer than the cutoff to `truth`. */
bool ap_pairing_is_near(const ap_pairing *pairing, size_t truth, size_t track);

#endif
