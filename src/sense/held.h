/* Held back: position frames that wait for the fix that places them. */
#ifndef AP_SENSE_HELD_H
#define AP_SENSE_HELD_H

#include "airpicture/refusal.h"
#include "airpicture/report.h"
#include "base/arena.h"
#include "sense/aircraft.h"

#define AP_HELD_S 10.0   /* a frame waits no longer */
#define AP_HELD_BATCH 16 /* frames of one aircraft placed by one fix */

/* One frame, with what its report needs. */
typedef struct ap_held_frame {
    uint64_t sequence; /* number of the frame; 0: none */
    uint64_t previous; /* of the same aircraft; 0: none */
    uint32_t key;      /* of the aircraft */
    bool done;         /* placed or given up; kept to lead to the ones before it */
    ap_refusal reason; /* why it has no place of its own: what it is refused for in the end */
    ap_cpr_frame frame;
    ap_report report;
} ap_held_frame;

/* A ring shared by aircraft: room for a frame is made by giving up the oldest. */
typedef struct ap_held_ring {
    ap_held_frame *frames; /* [cap] */
    uint32_t cap;
    uint64_t sequence; /* of the newest */
    uint64_t first;    /* of the oldest that may still wait */
} ap_held_ring;

void ap_held_init(ap_held_ring *ring, ap_arena *arena, uint32_t cap);

/* Until when ap_held_give_up finds nothing to give up for its age; the end of time when no frame
 * waits. It may be too early by frames that were placed since. */
ap_utc_ns ap_held_due(const ap_held_ring *ring);

/* Gives up the oldest frame if it waits for more than AP_HELD_S at `now` (AP_UTC_UNKNOWN: however
 * long it waits) or if the ring is full, and returns it, valid until the next call; else NULL. Call
 * it until then before each _add. O(1) for each frame added. */
const ap_held_frame *ap_held_give_up(ap_held_ring *ring, ap_utc_ns now);

/* in : the ring has room; key: of the aircraft; *newest: its newest frame in this ring, 0 at the
 *      start; reason: why the frame could not be placed. out: *newest. */
void ap_held_add(ap_held_ring *ring, uint32_t key, uint64_t *newest, const ap_cpr_frame *frame,
                 const ap_report *report, ap_refusal reason);

/* A frame that was held back and now has its place; the report is without it yet. */
typedef struct ap_held_placed {
    ap_report report;
    bool surface;
    double latitude_deg, longitude_deg;
} ap_held_placed;

/* Takes out up to AP_HELD_BATCH frames of an aircraft that the fix places, oldest first; returns
 * their count. *newest becomes 0 when none is left. */
size_t ap_held_take(ap_held_ring *ring, uint32_t key, uint64_t *newest, double latitude_deg,
                    double longitude_deg, ap_utc_ns fix_utc, ap_held_placed placed[AP_HELD_BATCH]);

#endif
