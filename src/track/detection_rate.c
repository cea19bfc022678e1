#include "track/detection_rate.h"

#include <math.h>

#define START_LOOKS 50.0    /* that the sensor's own value counts for */
#define MEMORY_LOOKS 2000.0 /* older ones fade */
#define LOOKS_MAX 3.0       /* from one hit to the next */
#define LEARNT_MIN 0.3
#define LEARNT_MAX 0.98

int ap_detection_rate_looks(double gap_s, double turn_s, bool *is_hit)
{
    double turns = gap_s / turn_s + 0.5; /* rounded down */
    *is_hit = turns >= 1.0 && turns < LOOKS_MAX + 1.0;
    if (!(turns >= 1.0))
        return 0;
    return *is_hit ? (int)turns : (int)LOOKS_MAX;
}

void ap_detection_rate_learn(ap_detection_rate *rate, double looks, double hits)
{
    double kept = MEMORY_LOOKS / (MEMORY_LOOKS + looks);
    rate->look_count = kept * rate->look_count + looks;
    rate->hit_count = fmin(kept * rate->hit_count + hits, rate->look_count);
}

double ap_detection_rate_of(const ap_detection_rate *rate, const ap_sensor *sensor)
{
    double start = sensor->detection_probability;
    if (sensor->detection_fixed || rate->look_count <= 0.0)
        return start;
    double learnt = (rate->hit_count + START_LOOKS * start) / (rate->look_count + START_LOOKS);
    return fmin(fmax(learnt, fmin(LEARNT_MIN, start)), fmax(LEARNT_MAX, start));
}
