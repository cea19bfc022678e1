#include "score/gospa.h"

#include <math.h>

static double root(double value, int power)
{
    return power == 1 ? value : sqrt(value);
}

ap_gospa ap_gospa_from_pairs(size_t truth_count, size_t track_count, size_t pair_count,
                             double pair_cost_sum, double cutoff, int power)
{
    double full = power == 1 ? cutoff : cutoff * cutoff;
    size_t larger = truth_count > track_count ? truth_count : track_count;
    ap_gospa out = { .localisation = pair_cost_sum,
                     .missed = full / 2.0 * (double)(truth_count - pair_count),
                     .spurious = full / 2.0 * (double)(track_count - pair_count) };
    out.gospa = root(out.localisation + out.missed + out.spurious, power);
    if (larger > 0)
        out.ospa =
            root((pair_cost_sum + full * (double)(larger - pair_count)) / (double)larger, power);
    return out;
}
