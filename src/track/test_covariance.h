/* What tests and fuzzing hold the covariance of a track to. */
#ifndef AP_TRACK_TEST_COVARIANCE_H
#define AP_TRACK_TEST_COVARIANCE_H

#include <math.h>
#include <stdbool.h>

#include "airpicture/track.h"

/* True when P_enu is symmetric and positive definite: Cholesky's way, of the correlations, whatever
 * the units. */
static inline bool test_is_positive(const ap_track *t)
{
    double L[4][4] = { { 0.0 } };
    for (int i = 0; i < 4; i++)
        for (int j = 0; j <= i; j++) {
            if (t->P_enu[i][j] != t->P_enu[j][i])
                return false;
            double sum = t->P_enu[i][j] / (sqrt(t->P_enu[i][i]) * sqrt(t->P_enu[j][j]));
            for (int k = 0; k < j; k++)
                sum -= L[i][k] * L[j][k];
            if (i == j && !(sum > 0.0))
                return false;
            L[i][j] = i == j ? sqrt(sum) : sum / L[j][j];
        }
    return true;
}

#endif
