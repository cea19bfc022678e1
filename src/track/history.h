/* The last measurements of a track, and the filter before them: late reports are put in where they
 * belong and the filter is run again from there, exactly as if they had come in order. What a
 * measurement takes from its track (track/measure.h), it takes again each time. `sensors`: those
 * that the measurements number. */
#ifndef AP_TRACK_HISTORY_H
#define AP_TRACK_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/sensor.h"
#include "track/filter.h"

#define AP_HISTORY_HALF 6
#define AP_HISTORY_CAP (2 * AP_HISTORY_HALF)

/* AP_HISTORY_HALF measurements in order of time, and the filter before the first of them. */
typedef struct ap_history_half {
    ap_imm before;
    ap_measure measure[AP_HISTORY_HALF];
} ap_history_half;

/* The older measurements are in half[first], once that is full the newer ones in the other. When
 * all places are taken, the older half makes room: so the last AP_HISTORY_HALF measurements can
 * always be undone. */
typedef struct ap_history {
    uint8_t count, first;
    ap_history_half half[2];
} ap_history;

/* Measurement i of history->count, in order of time. */
const ap_measure *ap_history_measure(const ap_history *history, unsigned i);

/* Nothing so far can be undone. */
void ap_history_start(ap_history *history);

/* Notes that `measure` is about to be applied to `imm`, which has not been moved to its time yet.
 * measure->time_utc >= imm->time_utc. */
void ap_history_append(ap_history *history, const ap_imm *imm, const ap_measure *measure);

/* Asks for the memory that ap_history_append will write. */
void ap_history_fetch(const ap_history *history);

/* Applies a measurement that is older than `imm`, and again all after it. False, and nothing
 * changed, when it is older than what can be undone. */
bool ap_history_insert(ap_history *history, const ap_sensor *sensors, ap_imm *imm,
                       const ap_measure *measure);

/* The filter as it was at `time_utc`, no later measurement in it. False when that is too old. */
bool ap_history_at(const ap_history *history, const ap_sensor *sensors, ap_utc_ns time_utc,
                   ap_imm *imm);

#endif
