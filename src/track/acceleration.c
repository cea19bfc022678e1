#include "track/acceleration.h"

#include <math.h>

#define SPEED_MIN_MPS 5.0
#define SPAN_MIN_S 1.0
#define SPAN_MAX_S 60.0
#define SPAN_ENOUGH_S 5.0 /* where two parts are less: of a track that is told often */
#define GOOD_SIGMA_MPS2 (0.5 * AP_ACCELERATION_SIGMA_MPS2) /* then the shorter span will do */

/* Speed over ground and its variance. False: too slow to have a direction. */
static bool speed_of(const ap_gauss *g, double *speed_mps, double *var)
{
    double ve = g->x[2], vn = g->x[3], speed2 = ve * ve + vn * vn;
    if (!(speed2 >= SPEED_MIN_MPS * SPEED_MIN_MPS))
        return false;
    *speed_mps = sqrt(speed2);
    *var = (ve * ve * g->C.ee + 2.0 * ve * vn * g->C.en + vn * vn * g->C.nn) / speed2;
    return true;
}

static bool since(const ap_imm *before, const ap_imm *now, double sigma_mps2, double *mps2)
{
    double span_s = ap_seconds_between(before->time_utc, now->time_utc);
    double from_mps, from_var, to_mps, to_var;
    if (before->is_seed || span_s < SPAN_MIN_S || span_s > SPAN_MAX_S ||
        !speed_of(&before->mean, &from_mps, &from_var) || !speed_of(&now->mean, &to_mps, &to_var))
        return false;
    double limit_mps = sigma_mps2 * span_s;
    if (!(from_var + to_var <= limit_mps * limit_mps))
        return false;
    *mps2 = (to_mps - from_mps) / span_s;
    return true;
}

bool ap_acceleration_along(const ap_history *history, const ap_history_pool *pool,
                           const ap_imm *now, double *mps2)
{
    const ap_imm *newer = ap_history_newest(history, pool);
    const ap_imm *older = ap_history_previous(history, pool);
    if ((newer && since(newer, now, GOOD_SIGMA_MPS2, mps2)) ||
        (older && since(older, now, AP_ACCELERATION_SIGMA_MPS2, mps2)) ||
        (newer && since(newer, now, AP_ACCELERATION_SIGMA_MPS2, mps2)))
        return true;
    ap_utc_ns enough_utc = ap_utc_add_s(now->time_utc, -SPAN_ENOUGH_S);
    const ap_imm *old = ap_history_before(history, pool, enough_utc);
    return old && since(old, now, AP_ACCELERATION_SIGMA_MPS2, mps2);
}
