/* A bar on a terminal's standard error: what is being done, and the share done. Silent in a pipe.
 */
#ifndef AP_APP_SHARE_BAR_H
#define AP_APP_SHARE_BAR_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ap_share_bar {
    bool shown, drawn;
    int64_t start_ns, next_ns; /* monotonic; start of the present task */
    const char *task;
} ap_share_bar;

void ap_share_bar_start(ap_share_bar *bar, bool quiet);

/* The next task begins; `task` is a static text. */
void ap_share_bar_task(ap_share_bar *bar, const char *task);

/* `share` of it done, [0, 1]. Cheap enough for every block read. */
void ap_share_bar_tell(ap_share_bar *bar, double share);

/* Removes the line. */
void ap_share_bar_end(ap_share_bar *bar);

#endif
