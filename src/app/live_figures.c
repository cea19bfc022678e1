#include "app/live_figures.h"

#include <math.h>

#define NS_PER_MINUTE (60 * AP_NS_PER_S)

const double ap_latency_bound_s[AP_LATENCY_BUCKETS] = { 0.0001, 0.0002, 0.0005, 0.001, 0.002,
                                                        0.005,  0.01,   0.02,   0.05,  0.1,
                                                        0.2,    0.5,    1.0,    2.0,   10.0 };

void ap_latency_add(ap_latency_histogram *histogram, double latency_s)
{
    double counted_s = latency_s > 0.0 ? latency_s : 0.0;
    size_t bucket = 0;
    while (bucket < AP_LATENCY_BUCKETS && counted_s > ap_latency_bound_s[bucket])
        bucket++;
    histogram->count[bucket]++;
    histogram->total++;
    histogram->sum_s += counted_s;
}

double ap_latency_quantile_s(const ap_latency_histogram *histogram, double share)
{
    double wanted = share * (double)histogram->total;
    uint64_t below = 0;
    if (histogram->total == 0)
        return 0.0;
    for (size_t bucket = 0; bucket < AP_LATENCY_BUCKETS; bucket++) {
        below += histogram->count[bucket];
        if ((double)below >= wanted && below > 0)
            return ap_latency_bound_s[bucket];
    }
    return HUGE_VAL;
}

void ap_live_minutes_take(ap_live_minutes *minutes, const ap_live_totals *totals)
{
    const ap_live_totals *newest = ap_live_minutes_back(minutes, 0);
    if (newest && totals->time_utc / NS_PER_MINUTE <= newest->time_utc / NS_PER_MINUTE)
        return;
    minutes->at[minutes->count % AP_LIVE_MINUTES] = *totals;
    minutes->count++;
}

const ap_live_totals *ap_live_minutes_back(const ap_live_minutes *minutes, unsigned back)
{
    uint64_t kept = minutes->count < AP_LIVE_MINUTES ? minutes->count : AP_LIVE_MINUTES;
    if (kept == 0)
        return NULL;
    uint64_t steps = back < kept ? back : kept - 1;
    return &minutes->at[(minutes->count - 1 - steps) % AP_LIVE_MINUTES];
}
