/* How often a turning radar sees an aircraft that is there: learnt on line, from what it shows of
 * firm tracks.
 *
 * A track that is seen again was there all the while: so many turns since it was seen before are so
 * many looks, and the last one is the hit. Turns are counted by the track's own times, so it makes
 * no difference where the beam is. Who is not seen again may have landed, and says nothing. Rows of
 * misses are cut at three, as censored data of a geometric distribution: who comes back after a
 * longer silence was hidden or out of view, more probably than missed each time. The share of hits
 * is then the likeliest probability. */
#ifndef AP_TRACK_DETECTION_RATE_H
#define AP_TRACK_DETECTION_RATE_H

#include <stdbool.h>

#include "airpicture/sensor.h"

typedef struct ap_detection_rate {
    double look_count, hit_count; /* of late */
} ap_detection_rate;

/* A firm track is seen, gap_s after it was seen before; turn_s > 0: how many looks that were. 0 for
 * less than half a turn, which is no other look. is_hit: whether the last of them was one. */
int ap_detection_rate_looks(double gap_s, double turn_s, bool *is_hit);

/* So many looks, and hits among them; or among looks before, that passed for misses until a late
 * plot came. Both >= 0. */
void ap_detection_rate_learn(ap_detection_rate *rate, double looks, double hits);

/* Probability that the sensor sees an aircraft in its view, per turn: the sensor's own, unless that
 * is only where the learning begins. In (0, 1). */
double ap_detection_rate_of(const ap_detection_rate *rate, const ap_sensor *sensor);

#endif
