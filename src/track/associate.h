/* Which plot is whose: marginal association probabilities of one cluster.
 *
 * A cluster has rows (tracks) and columns (plots). Edge (i, j) has the weight psi = w_ij / (w_i0
 * w_0j): the likelihood that track i gave plot j, over that of track i being missed and plot j
 * being of something else (clutter or new). Each row takes at most one column and each column at
 * most one row; the weight of such a matching is the product of its psi.
 * Edges are in compressed rows: those of row i are [start[i], start[i + 1]).
 * Out, for each: p[edge], the probability that the edge is in the matching. */
#ifndef AP_TRACK_ASSOCIATE_H
#define AP_TRACK_ASSOCIATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ap_cluster {
    size_t row_count, column_count;
    const uint32_t *start;  /* [row_count + 1], start[0] = 0 */
    const uint32_t *column; /* [edges], below column_count */
    const double *psi;      /* [edges], >= 0 */
} ap_cluster;

#define AP_EXACT_WORK 40960 /* doubles of work memory */
#define AP_BELIEF_SWEEPS 100

/* Exact, by a sum over the sets of used columns (or rows, whichever are fewer), forwards and
 * backwards: O(rows * edges per row * 2^columns). False when that does not fit AP_EXACT_WORK. */
bool ap_marginals_exact(const ap_cluster *cluster, double *work, double *p);

/* Loopy belief propagation: exact on trees, over-confident on tight loops; O(edges) a sweep, stops
 * when no message changes by more than 1e-4 of itself. work[edges + column_count].
 * Returns the sweeps it took. Source: Williams, Lau 2014. */
int ap_marginals_belief(const ap_cluster *cluster, double *work, double *p);

/* Greedy: heaviest edge first, p = psi / (1 + psi) for those taken, 0 else. For clusters so large
 * that nothing better ends in time. order[edges], used[row_count + column_count]. */
void ap_marginals_nearest(const ap_cluster *cluster, uint32_t *order, uint8_t *used, double *p);

/* order[0..count): the indices of psi, heaviest first, ties by index. O(count log count). */
void ap_sort_heaviest(uint32_t *order, const double *psi, size_t count);

/* Union-find over n elements. */
void ap_sets_init(uint32_t *parent, size_t n);
uint32_t ap_sets_find(uint32_t *parent, uint32_t element);
void ap_sets_join(uint32_t *parent, uint32_t a, uint32_t b);

#endif
