/* Calendar: which of many things are due, each by a time of its own, without looking at all.
 *
 * Slots of equal length in a ring; each item stands in the list of its slot (Brown, Calendar
 * queues, Communications of the ACM 31 (1988)). Putting and taking are O(1) for items due within
 * AP_CALENDAR_SLOTS slots; later ones are looked at once a round. */
#ifndef AP_SIMULATE_CALENDAR_H
#define AP_SIMULATE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

#define AP_CALENDAR_SLOTS 64
#define AP_CALENDAR_END UINT32_MAX

typedef struct ap_calendar {
    double start_s, slot_s;
    double *time_s;                   /* [count] of each item */
    uint32_t *next;                   /* [count] in the same slot */
    uint32_t head[AP_CALENDAR_SLOTS]; /* first of each slot, AP_CALENDAR_END: none */
    uint64_t slot;                    /* nothing is due before it */
    uint32_t *link;                   /* where looking goes on; NULL: from the slot's beginning */
} ap_calendar;

/* For items 0 to count - 1, none of them in it. `start_s` is before every time. Measuring or real;
 * false when measuring. */
bool ap_calendar_init(ap_calendar *calendar, ap_arena *arena, uint32_t count, double start_s,
                      double slot_s);

/* Puts in an item that is not in it; one of time HUGE_VAL stays out. */
void ap_calendar_put(ap_calendar *calendar, uint32_t item, double time_s);

/* Takes out one that is due before `until_s`, which never becomes less; false when none is. What
 * is put in between two calls with a time before `until_s` may come with a later one. */
bool ap_calendar_take(ap_calendar *calendar, double until_s, uint32_t *item);

#endif
