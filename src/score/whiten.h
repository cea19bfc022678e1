/* Whitening: errors in units of what a covariance says of them. */
#ifndef AP_SCORE_WHITEN_H
#define AP_SCORE_WHITEN_H

#include <stdbool.h>

/* Whitens a state error of covariance P: the lower Cholesky factor is built and applied row by row,
 * so that the sum of the first squares is the normalised squared error (NEES) of the leading block.
 * False, with the error spoilt, unless P is positive definite. */
bool ap_whiten(const double P[4][4], double error[4]);

#endif
