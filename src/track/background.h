/* What a sensor's plots are when no track gave them. Learnt on line, a turn of the antenna at a
 * time.
 */
#ifndef AP_TRACK_BACKGROUND_H
#define AP_TRACK_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "track/clutter.h"

typedef struct ap_background {
    bool is_begun;
    int64_t first_window; /* turns are counted from here, so each is whole */
    int64_t turn, begun_turn;
    double stray_sum;    /* plots of this turn that no track explains, nor a part of the disc that
                          * stands out; probabilities */
    double stray_range2; /* sum of their squared ranges */
    double clutter;      /* such plots a turn, as learnt; 0: nothing learnt yet */
    double clutter_area; /* m2 that they are spread over */
    ap_clutter *map;     /* where they lie; NULL: evenly */
} ap_background;

/* The clock stepped: turns are counted anew, what they taught stays. */
void ap_background_restart(ap_background *background);

/* Before a group of plots is associated: goes on to its turn, learning from the one before it. A
 * turn is cut into windows_per_turn groups, numbered without end. */
void ap_background_begin(ap_background *background, const ap_sensor *sensor, int64_t window,
                         int64_t windows_per_turn);

/* Density of false plots, per m2 and turn: as learnt, or as the description has it; and in a part
 * of the map, where it is no less than this `whole` one, but may stand out. */
double ap_background_whole(const ap_background *background, const ap_sensor *sensor);
double ap_background_clutter(const ap_background *background, uint16_t part, double whole);

/* Where on the map a place lies; AP_CLUTTER_NOWHERE when there is none. */
uint16_t ap_background_part(const ap_background *background, double range_m, double azimuth_rad);

/* A plot that tracks leave over with this probability. share: of the clutter there, as much as the
 * whole disc has: it learns from no more, or a wind park would thicken it everywhere. */
void ap_background_stray(ap_background *background, double probability, double range_m,
                         double share);

/* What so many plots about this part had started came to nothing: they were false. So aircraft
 * teach the map nothing, however many appear at once. Less than 0: so many will, though they were
 * none. */
void ap_background_count(ap_background *background, double plots, uint16_t part);

#endif
