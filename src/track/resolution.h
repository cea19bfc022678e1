/* What a sensor cannot tell apart: two aircraft so near each other that it gives one plot of both.
 *
 * Each is detected by itself; those detected that are near in range and in azimuth at once then
 * run together, pair by pair and so by chains, into one plot in their middle. Source: Svensson,
 * Ulmke, Hammarstrand, Multitarget sensor resolution model and joint probabilistic data
 * association, IEEE Trans. AES 48 (2012); the probability of a pair: Koch, van Keuk, Multiple
 * hypothesis track maintenance with possibly unresolved measurements, IEEE Trans. AES 33 (1997). */
#ifndef AP_TRACK_RESOLUTION_H
#define AP_TRACK_RESOLUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One axis, range or across it, of two aircraft. */
typedef struct ap_gap {
    double gap_m, var_m2; /* predicted, and its variance */
    double cell_m;        /* aircraft so far apart, and not at all on the other axis, run together
                           * every second time; > 0 */
} ap_gap;

/* Probability that two aircraft, both detected, give one plot; in [0, 1). The mean over where they
 * may be of exp(-ln 2 (gap / cell)^2), on either axis. */
double ap_unresolved(const ap_gap *range, const ap_gap *across);

#define AP_RUN_CAP 4 /* aircraft in one plot */

/* Probability that `count` aircraft hang together, each with each directly or by way of others;
 * pair[i * stride + j], i < j, that i and j do directly. count in [1, AP_RUN_CAP]. */
double ap_connected(size_t count, const double *pair, size_t stride);

/* One plot as that of one track, or of several at once. Its weight psi is as in associate.h: over
 * that of its tracks being missed and the plot being of something else. */
typedef struct ap_share {
    uint32_t rows;   /* bit i: row i has a part in it */
    uint32_t column; /* the plot */
    double psi;
    double p; /* out: the probability that it is so */
} ap_share;

#define AP_SHARED_ROWS_MAX 10

/* Marginal probabilities of shares: each row is in one share at most, and each column. The weight
 * of a choice of shares is the product of their psi and of apart[i * row_count + j], i < j, for
 * all rows of different shares of it. Exact: a sum over the sets of used rows, forwards and
 * backwards through the columns. False, and nothing said, when that does not fit AP_EXACT_WORK
 * doubles of work, or there are more than AP_SHARED_ROWS_MAX rows. O(shares * 2^rows). */
bool ap_marginals_shared(size_t row_count, size_t column_count, ap_share *share, size_t share_count,
                         const double *apart, double *work);

#endif
