/* Summaries of many errors: quantiles by counting, and bounds of the chi-square distribution. */
#ifndef AP_SCORE_SUMMARY_H
#define AP_SCORE_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "score/evaluation.h"

#define AP_SUMMARY_BINS 65536u

/* Quantiles of `count` magnitudes, between order statistics linearly: the value at rank
 * fraction * (count - 1).
 * in : magnitudes >= 0 and finite; bins: working memory of [AP_SUMMARY_BINS].
 * out: one value a fraction; 0 for count 0. Exact, O(count + bins) a fraction. */
void ap_summary_quantiles(size_t count, const float *magnitude, size_t fraction_count,
                          const double *fraction, double *quantile, uint32_t *bins);

/* One quantile of doubles, in the same way; four passes and more. */
double ap_summary_quantile(size_t count, const double *magnitude, double fraction, uint32_t *bins);

/* The summary of signed errors, which become their magnitudes in place. */
ap_error_summary ap_summary_of(size_t count, float *error, uint32_t *bins);

/* The value that a chi-square variable of `dof` degrees of freedom does not exceed with
 * `probability`. dof in [1, 1e9], probability in (0, 1); relative error below 1e-9. */
double ap_chi_square_quantile(double dof, double probability);

/* The bounds of 95 % of the means of `count` normalised squared errors of a dimension. */
ap_nees_summary ap_nees_of(uint64_t count, uint32_t dimension, double sum);

#endif
