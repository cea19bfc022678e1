/* T-GOSPA: how far one set of trajectories is from another, identities included.
 *
 * The sum over the instants of min over W of  sum D W + gamma^p / 2 * (changes of W), W_k in the
 * assignment polytope: d^p for a pair, c^p / 2 for each that is alone (Garcia-Fernandez,
 * Rahmathullah, Svensson, IEEE TSP 68, 2020; the linear program, which is a metric itself). An
 * assignment stands while one of the two is absent: nothing is paid for it but the miss.
 *
 * Solved by prices: put a price on a track at the instants where more than one truth wants it, and
 * each truth's best sequence of tracks follows alone, in one pass over its pairs (the polytope of
 * one truth is that of a flow from the state "no track" and back). For any prices the sum is a
 * bound of the linear program; what is bought without conflict is a solution. Truths that do not
 * compete are solved exactly by that; those that do are solved together, by subgradient steps on
 * the prices until bound and solution meet or the steps end. The remaining gap is reported. */
#ifndef AP_SCORE_TGOSPA_H
#define AP_SCORE_TGOSPA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* A truth and a track nearer than the cutoff at an instant. */
typedef struct ap_tgospa_edge {
    uint32_t instant, truth, track;
    float cost; /* d^p */
} ap_tgospa_edge;

typedef struct ap_tgospa_problem {
    uint32_t instant_count, truth_count, track_count;
    ap_tgospa_edge *edges; /* by instant; they are put in another order */
    uint32_t edge_count;
    double full;           /* c^p */
    double half_switch;    /* gamma^p / 2 */
    bool absence_switches; /* beginning and ending beside the other costs half a switch */
    /* First and last instant of each, for absence_switches. */
    const uint32_t *truth_span[2], *track_span[2];
} ap_tgospa_problem;

typedef struct ap_tgospa_solution {
    double localisation;    /* sum of d^p of the pairs chosen */
    uint64_t pair_count;    /* instants of pairs chosen */
    uint64_t half_switches; /* assignments gained or lost */
    double reward, bound;   /* full * pairs - localisation - switching, and no more than that */
    uint32_t cluster_count, cluster_size_max; /* of truths and tracks that are ever near */
    uint32_t open_count; /* groups of competing truths whose bound was not reached */
} ap_tgospa_solution;

/* A track held by a truth, from one instant to another, both inclusive. */
typedef struct ap_tgospa_hold {
    uint32_t truth, track, enter, leave;
} ap_tgospa_hold;

/* A truth, and the sequence of tracks that it has now. */
typedef struct ap_tgospa_truth {
    uint32_t first, edge_count; /* its edges, and the room of its holds */
    uint32_t hold_count, pair_count, half_switches;
    double localisation;
    double value;   /* of its best sequence at the present prices */
    uint32_t group; /* representative, in `parent` */
    uint32_t next;  /* in its group, index + 1 */
} ap_tgospa_truth;

typedef struct ap_tgospa_work {
    uint32_t edge_cap, truth_cap, track_cap, instant_cap, price_cap;
    uint32_t *order;                       /* [edge_cap], twice */
    int64_t *key;                          /* [edge_cap or truth_cap] */
    ap_tgospa_hold *holds;                 /* [edge_cap]: of each truth from its first edge on */
    ap_tgospa_hold *best_holds;            /* [edge_cap]: of the best solution of a group so far */
    ap_tgospa_truth *truths, *best_truths; /* [truth_cap] */
    uint32_t *came_from;                   /* [edge_cap]: the edge before in the sequence */
    bool *entered;                         /* [edge_cap]: from the state "no track" */
    double *value;                         /* [track_cap]: best value while that track is held */
    uint32_t *last_edge, *stamp;           /* [track_cap] */
    uint32_t stamp_now;
    uint32_t *slot; /* [track_cap]: of the track's prices + 1 */
    uint32_t *slot_track;
    uint32_t slot_count;
    double *price, *prefix;   /* [price_cap][instant_cap + 1]; prefix: their sums before it */
    uint32_t *used, *blocked; /* the same; blocked: how many instants before it are taken */
    uint32_t *parent;         /* [truth_cap + track_cap] */
    uint32_t *members;        /* [truth_cap], twice */
    double *bound;            /* [truth_cap]: of the group of that first truth */
    double effort;            /* steps left, so that no input takes for ever */
} ap_tgospa_work;

/* Takes the working memory from the arena (measuring or real). */
void ap_tgospa_init(ap_tgospa_work *work, ap_arena *arena, uint32_t edge_cap, uint32_t truth_cap,
                    uint32_t track_cap, uint32_t instant_cap);

ap_tgospa_solution ap_tgospa_solve(ap_tgospa_work *work, const ap_tgospa_problem *problem);

#endif
