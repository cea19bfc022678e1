/* Looks of a turning sensor at a track that were counted as misses, so that they can be taken back
 * when a plot was only late. A word of bits: that of the newest turn is the lowest. */
#ifndef AP_TRACK_MISSED_H
#define AP_TRACK_MISSED_H

#include <stdbool.h>
#include <stdint.h>

/* The next look was a miss, or a hit. */
static inline void ap_missed_next(uint16_t *missed, bool is_miss)
{
    *missed = (uint16_t)(*missed << 1 | is_miss);
}

/* A plot came gap_s after the newest hit, less than 0 when before it; turn_s > 0. True, and taken
 * back, when the look of its time was counted as a miss. */
bool ap_missed_take_back(uint16_t *missed, double gap_s, double turn_s);

#endif
