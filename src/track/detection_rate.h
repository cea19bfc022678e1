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

#include "airpicture/sensor.h"

typedef struct ap_detection_rate {
    double look_count, hit_count; /* of late */
} ap_detection_rate;

/* A firm track is seen, gap_s after it was seen before; turn_s > 0. Less than half a turn is no
 * other look. */
void ap_detection_rate_seen(ap_detection_rate *rate, double gap_s, double turn_s);

/* A look that passed for a miss was a hit: its plot was only late. */
void ap_detection_rate_late(ap_detection_rate *rate);

/* Probability that the sensor sees an aircraft in its view, per turn: the sensor's own, unless that
 * is only where the learning begins. In (0, 1). */
double ap_detection_rate_of(const ap_detection_rate *rate, const ap_sensor *sensor);

#endif
