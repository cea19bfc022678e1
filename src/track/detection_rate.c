#include "track/detection_rate.h"

#include <math.h>

#define START_LOOKS 50.0    /* that the sensor's own value counts for */
#define MEMORY_LOOKS 2000.0 /* older ones fade */
#define LOOKS_MAX 3.0       /* from one hit to the next */
#define LEARNT_MIN 0.3
#define LEARNT_MAX 0.98

void ap_detection_rate_seen(ap_detection_rate *rate, double gap_s, double turn_s)
{
    double turns = floor(gap_s / turn_s + 0.5);
    if (!(turns >= 1.0))
        return;
    double looks = fmin(turns, LOOKS_MAX), kept = 1.0 - looks / MEMORY_LOOKS;
    rate->look_count = kept * rate->look_count + looks;
    rate->hit_count = kept * rate->hit_count + (turns <= LOOKS_MAX ? 1.0 : 0.0);
}

double ap_detection_rate_of(const ap_detection_rate *rate, const ap_sensor *sensor)
{
    double start = sensor->detection_probability;
    if (sensor->detection_fixed || rate->look_count <= 0.0)
        return start;
    double learnt = (rate->hit_count + START_LOOKS * start) / (rate->look_count + START_LOOKS);
    return fmin(fmax(learnt, fmin(LEARNT_MIN, start)), fmax(LEARNT_MAX, start));
}
