#include "track/detection_rate.h"

#include <math.h>
#include <stdbool.h>

#define START_LOOKS 50.0    /* that the sensor's own value counts for */
#define MEMORY_LOOKS 2000.0 /* older ones fade */
#define LOOKS_MAX 3.0       /* from one hit to the next */
#define LEARNT_MIN 0.3
#define LEARNT_MAX 0.98

void ap_detection_rate_seen(ap_detection_rate *rate, double gap_s, double turn_s)
{
    double turns = gap_s / turn_s + 0.5; /* rounded down */
    if (!(turns >= 1.0))
        return;
    bool is_hit = turns < LOOKS_MAX + 1.0;
    double looks = is_hit ? (double)(int)turns : LOOKS_MAX;
    double kept = 1.0 - looks * (1.0 / MEMORY_LOOKS);
    rate->look_count = kept * rate->look_count + looks;
    rate->hit_count = kept * rate->hit_count + (is_hit ? 1.0 : 0.0);
}

void ap_detection_rate_late(ap_detection_rate *rate)
{
    rate->hit_count = fmin(rate->hit_count + 1.0, rate->look_count);
}

double ap_detection_rate_of(const ap_detection_rate *rate, const ap_sensor *sensor)
{
    double start = sensor->detection_probability;
    if (sensor->detection_fixed || rate->look_count <= 0.0)
        return start;
    double learnt = (rate->hit_count + START_LOOKS * start) / (rate->look_count + START_LOOKS);
    return fmin(fmax(learnt, fmin(LEARNT_MIN, start)), fmax(LEARNT_MAX, start));
}
