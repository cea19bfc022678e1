/* Acceleration along the track, from what the tracker keeps anyway. */
#ifndef AP_TRACK_ACCELERATION_H
#define AP_TRACK_ACCELERATION_H

#include <stdbool.h>

#include "track/history.h"

/* The filtered speed of `now` less that of the filter as it was before the newest measurements of
 * its history, over the time between, m/s2; speeding up > 0. That is the mean acceleration since
 * then. A filter lags behind a steady acceleration by the same speed at both ends, so the lag is
 * not in the difference.
 *
 * Of the filters kept before the newest two parts of the history the newer serves when its answer
 * is good to half of AP_ACCELERATION_SIGMA_MPS2, else the older, else the newer, else the newest
 * that is five seconds old: of what is told many times a second.
 * False, and nothing written, when none is: its error, from both covariances, above
 * AP_ACCELERATION_SIGMA_MPS2, less than a second or more than a minute ago, or too slow to have a
 * track. `now` is no seed. */
bool ap_acceleration_along(const ap_history *history, const ap_history_pool *pool,
                           const ap_imm *now, double *mps2);

#define AP_ACCELERATION_SIGMA_MPS2 0.3

#endif
