/* Watch: tracks to alerts. Hop 6. */
#ifndef AP_WATCH_WATCH_H
#define AP_WATCH_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/alert.h"
#include "airpicture/err.h"
#include "airpicture/track.h"

typedef struct ap_watch_config {
    uint32_t alert_cap;   /* conditions that last or may begin at once, [16, 100000] */
    uint32_t track_cap;   /* tracks whose integrity is remembered, [16, 1000000] */
    ap_alert_fn on_alert; /* at each begin and each end, not NULL */
    void *context;
} ap_watch_config;

struct ap_watch_state;

typedef struct ap_watch {
    struct ap_watch_state *state;
} ap_watch;

size_t ap_watch_size(const ap_watch_config *config); /* 0 = bad config */
ap_err ap_watch_init(ap_watch *watch, const ap_watch_config *config, void *mem, size_t mem_size);

/* The memory of init as another run of the same program left it, read back to the same address:
 * on_alert and context are those of *config from here on. */
void ap_watch_rebind(ap_watch *watch, const ap_watch_config *config);

/* Looks at a track after an event; begins and ends alerts. A condition must hold in two updates
 * that speak of it to begin, and be gone in two to end; a dropped track ends all of its alerts.
 * Tentative tracks give none. since_utc and until_utc are the times of the first of the two.
 * Low integrity begins only where integrity was lost: three updates in a row with a NIC of 7 or
 * more, not longer than 15 minutes ago. */
void ap_watch_track(ap_watch *watch, const ap_track_event *event, const ap_track *track);

/* Asks for the memory that ap_watch_track will read for a track, some events before it. */
void ap_watch_fetch(const ap_watch *watch, uint32_t track_id);

/* Updates that could not be kept because a table was full. */
uint64_t ap_watch_refused(const ap_watch *watch);

#endif
