/* Whether a turning radar has lost its bearing: its encoder slips, or its north mark is lost, and
 * all that it sees lies to one side of where others see it. */
#ifndef AP_TRACK_BEARING_H
#define AP_TRACK_BEARING_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/sensor.h"

/* Zero: nothing known. Averages over some 16 reports. */
typedef struct ap_bearing {
    double offset_mean, offset_square; /* sine of the angle to the right of the track, its square */
    uint32_t last_id;                  /* track of the newest */
    bool is_lost;
} ap_bearing;

/* A report of `sensor` under the address of track `id`, which other sensors see at the same time;
 * offset_sine: of the angle by which it lies to the right of the track, at the sensor, [-1, 1]; 1
 * or -1 beyond a right angle. A track in a row counts once: one aircraft that others see in the
 * wrong place says nothing of the radar. */
void ap_bearing_seen(ap_bearing *bearing, const ap_sensor *sensor, uint32_t id, double offset_sine);

#endif
