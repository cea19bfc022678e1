/* What happened to a track, asked of a running service: /api/v1/tracks/TRACK of doc/api.md. */
#ifndef AP_APP_WHY_SERVICE_H
#define AP_APP_WHY_SERVICE_H

#include <stddef.h>

#include "airpicture/err.h"
#include "airpicture/track.h"
#include "io/archive_row.h"
#include "io/input.h"

typedef struct ap_why_answer {
    ap_row_track track;
    size_t reason_count;
    ap_row_reason reason[AP_TRACK_REASON_CAP]; /* oldest first; texts are those below */
    char text[AP_TRACK_REASON_CAP][3][256];    /* key, what it means, sensor */
} ap_why_answer;

/* Asks the service at `url` with `token` (NULL: none). AP_ERR_UNKNOWN: it has no such track.
 * AP_ERR_NO_INPUT: nobody answers, or it wants another token. AP_ERR_END: the track has ended, and
 * it tells no reasons. AP_ERR_MALFORMED: what answers is none of ours. Else as ap_http_get. All
 * with `message`. */
ap_err ap_why_ask(const char *url, const char *token, const char *track, ap_why_answer *answer,
                  char message[AP_IO_MESSAGE_SIZE]);

/* Of the body of such an answer. AP_ERR_MALFORMED: it is none. AP_ERR_END as above. AP_ERR_MEMORY.
 * No message. */
ap_err ap_why_answer_parse(ap_why_answer *answer, const char *text, size_t size);

#endif
