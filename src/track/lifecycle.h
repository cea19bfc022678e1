/* The life of a track: what each event makes of its state. */
#ifndef AP_TRACK_LIFECYCLE_H
#define AP_TRACK_LIFECYCLE_H

#include "airpicture/track.h"

typedef enum ap_life_event {
    AP_LIFE_HIT,     /* a position was taken in */
    AP_LIFE_CONFIRM, /* it is believed to exist */
    AP_LIFE_OVERDUE, /* no position for longer than its sensors need */
    AP_LIFE_END,     /* too old, too unlikely, merged, or given up */
    AP_LIFE_EVENT_COUNT
} ap_life_event;

ap_track_state ap_life_next(ap_track_state state, ap_life_event event);

/* Existence of a track after a sensor that sees it with `detection` probability did not; and after
 * it did, the detection being `ratio` times likelier of this track than of anything else. */
double ap_existence_missed(double existence, double detection);
double ap_existence_not_missed(double existence, double detection); /* takes the first back */
double ap_existence_detected(double existence, double ratio);

#endif
