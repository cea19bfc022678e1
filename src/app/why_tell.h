/* What happened to a track, as `airpicture why` prints it: a line a reason, or a JSON object. */
#ifndef AP_APP_WHY_TELL_H
#define AP_APP_WHY_TELL_H

#include <stdbool.h>

#include "airpicture/err.h"
#include "io/archive_row.h"

typedef struct ap_why_story {
    bool json;
    ap_row_track track; /* whose reasons come */
} ap_why_story;

/* The track's own line; nothing as JSON, where each object has what it says. */
void ap_why_head(const ap_why_story *story);

/* One reason, to standard output. `story` is an ap_why_story. AP_ERR_IO. */
ap_err ap_why_reason(void *story, const ap_row_reason *reason);

#endif
