#include "score/whiten.h"

#include <math.h>

bool ap_whiten(const double P[4][4], double error[4])
{
    double L[4][4] = { { 0 } };
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = P[i][j];
            for (int k = 0; k < j; k++)
                sum -= L[i][k] * L[j][k];
            if (i == j && !(sum > 0.0 && isfinite(sum)))
                return false;
            L[i][j] = i == j ? sqrt(sum) : sum / L[j][j];
        }
        for (int k = 0; k < i; k++)
            error[i] -= L[i][k] * error[k];
        error[i] /= L[i][i];
    }
    return isfinite(error[0] + error[1] + error[2] + error[3]);
}
