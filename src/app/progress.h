/* A progress line on a terminal: share done, times real time, time left. Silent in a pipe. */
#ifndef AP_APP_PROGRESS_H
#define AP_APP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/time.h"

typedef struct ap_progress {
    bool shown;                /* standard error is a terminal, and nobody asked for quiet */
    bool drawn;                /* a line stands there */
    int64_t start_ns, next_ns; /* monotonic */
    ap_utc_ns first_utc;       /* of the data */
    unsigned calls;            /* the clock is read on every 64th */
} ap_progress;

void ap_progress_start(ap_progress *progress, bool quiet);

/* True a few times a second, on a terminal; `now` is the data's time. Cheap: for every frame. */
bool ap_progress_is_due(ap_progress *progress, ap_utc_ns now);

/* `share` of the input done in [0, 1], or negative when not known. */
void ap_progress_draw(ap_progress *progress, double share, ap_utc_ns now);

/* Removes the line. */
void ap_progress_end(ap_progress *progress);

#endif
