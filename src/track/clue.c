#include "track/clue.h"

#include <math.h>

#include "track/filter_lane.h"

#define GATE2 25.0
#define AMBIGUITY_SIGMAS 6.0 /* that must fit into one ambiguity */
#define PROBABILITY_MIN 1e-9
/* Accelerations across the track that each kind of model stands for: straight flight, quiet or not,
 * corrects its course; a turn's bank is anything about that of its model. */
#define STRAIGHT_SIGMA_MPS2 0.6
#define TURN_SIGMA_MPS2 1.0
#define TURN_SIGMA_SHARE 0.25 /* of its acceleration, besides */
#define DOUBT 0.02            /* density that is left to each model, 1/(m/s2) */

/* Weighs the models by what each makes of a clue, and renews their mean. */
static void weigh(ap_mixture *models, ap_gauss *mean, const double likelihood[AP_LANES])
{
    double p[AP_LANES], all = 0.0, sum = 0.0;
    for (int l = 0; l < AP_LANES; l++) {
        p[l] = (double)models->probability[l];
        all += p[l] * likelihood[l];
    }
    for (int l = 0; l < AP_LANES && all > 0.0; l++)
        if (p[l] > 0.0)
            p[l] = fmax(p[l] * likelihood[l] / all, PROBABILITY_MIN);
    for (int l = 0; l < AP_LANES; l++)
        sum += p[l];
    for (int l = 0; l < AP_LANES; l++)
        models->probability[l] = (float)(p[l] / sum);
    ap_kernels_best()->combine(models, mean);
}

/* Variance of the velocity along the sight, and of a lane's. */
static double along_var(const ap_radial *r, double ee, double en, double nn)
{
    return r->east * (ee * r->east + 2.0 * en * r->north) + nn * r->north * r->north;
}

/* The multiple of the ambiguity that the mean is nearest to; false when another may be right. */
static bool unfold(const ap_radial *r, double off_mps, double var, double *d_mps)
{
    *d_mps = off_mps;
    if (r->ambiguity_mps <= 0.0)
        return true;
    *d_mps -= r->ambiguity_mps * floor(off_mps / r->ambiguity_mps + 0.5);
    return AMBIGUITY_SIGMAS * AMBIGUITY_SIGMAS * var < r->ambiguity_mps * r->ambiguity_mps;
}

/* The update of one lane by a scalar; d: measured less expected of it, s: variance of that. */
static void update_lane(lane *v, const ap_radial *r, double d, double s)
{
    float e = (float)r->east, n = (float)r->north, by = (float)(d / s), scale = (float)(1.0 / s);
    float g[4] = { v->B[0] * e + v->B[1] * n, v->B[2] * e + v->B[3] * n, v->C[0] * e + v->C[1] * n,
                   v->C[1] * e + v->C[2] * n };
    for (int i = 0; i < 4; i++)
        v->x[i] += g[i] * by;
    v->A[0] -= g[0] * g[0] * scale;
    v->A[1] -= g[0] * g[1] * scale;
    v->A[2] -= g[1] * g[1] * scale;
    v->B[0] -= g[0] * g[2] * scale;
    v->B[1] -= g[0] * g[3] * scale;
    v->B[2] -= g[1] * g[2] * scale;
    v->B[3] -= g[1] * g[3] * scale;
    v->C[0] -= g[2] * g[2] * scale;
    v->C[1] -= g[2] * g[3] * scale;
    v->C[2] -= g[3] * g[3] * scale;
}

bool ap_clue_radial(ap_mixture *models, ap_gauss *mean, const ap_radial *r)
{
    double expected = r->east * mean->x[2] + r->north * mean->x[3], d_mps;
    double var = along_var(r, mean->C.ee, mean->C.en, mean->C.nn) + r->var;
    if (!unfold(r, r->speed_mps - expected, var, &d_mps) || !(d_mps * d_mps <= GATE2 * var))
        return false;
    double measured = expected + d_mps, likelihood[AP_LANES];
    for (int l = 0; l < AP_LANES; l++) {
        lane v = lane_load(models, l);
        double d = measured - r->east * (double)v.x[2] - r->north * (double)v.x[3];
        double s = along_var(r, (double)v.C[0], (double)v.C[1], (double)v.C[2]) + r->var;
        likelihood[l] = ap_exp(-0.5 * fmin(d * d / s, 1400.0)) / sqrt(s);
        update_lane(&v, r, d, s);
        lane_store(models, l, &v);
    }
    weigh(models, mean, likelihood);
    return true;
}

static double turn_likelihood(const ap_motions *motions, int l, double turn_mps2)
{
    double own = (double)motions->turn_mps2[l];
    double sigma =
        own == 0.0 ? STRAIGHT_SIGMA_MPS2 : TURN_SIGMA_MPS2 + TURN_SIGMA_SHARE * fabs(own);
    double d = (turn_mps2 - own) / sigma;
    return ap_exp(-0.5 * fmin(d * d, 1400.0)) / sigma + DOUBT;
}

void ap_clue_turn(ap_mixture *models, ap_gauss *mean, const ap_motions *motions, double turn_mps2)
{
    double likelihood[AP_LANES];
    for (int l = 0; l < AP_LANES; l++)
        likelihood[l] = turn_likelihood(motions, l, turn_mps2);
    weigh(models, mean, likelihood);
}
