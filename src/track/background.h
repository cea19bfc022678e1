/* What a sensor's plots are when no track gave them. Learnt on line, a turn of the antenna at a
 * time.
 */
#ifndef AP_TRACK_BACKGROUND_H
#define AP_TRACK_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/sensor.h"

typedef struct ap_background {
    bool is_begun;
    int64_t first_window; /* turns are counted from here, so each is whole */
    int64_t turn, begun_turn;
    double stray_sum;    /* plots of this turn that no track explains; probabilities */
    double stray_range2; /* sum of their squared ranges */
    double clutter;      /* such plots a turn, as learnt; 0: nothing learnt yet */
    double clutter_area; /* m2 that they are spread over */
} ap_background;

/* The clock stepped: turns are counted anew, what they taught stays. */
void ap_background_restart(ap_background *background);

/* Before a group of plots is associated: goes on to its turn, learning from the one before it. A
 * turn is cut into windows_per_turn groups, numbered without end. */
void ap_background_begin(ap_background *background, const ap_sensor *sensor, int64_t window,
                         int64_t windows_per_turn);

/* A plot that tracks leave over with this probability. */
void ap_background_stray(ap_background *background, double probability, double range_m);

/* Density of false plots, per m2 and turn: as learnt, or as the description has it. */
double ap_background_clutter(const ap_background *background, const ap_sensor *sensor);

#endif
