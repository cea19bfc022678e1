/* Answers what was asked of the archive (app/api.h). On a thread that may wait for a disk. */
#ifndef AP_APP_ARCHIVE_ANSWER_H
#define AP_APP_ARCHIVE_ANSWER_H

#include "app/api.h"
#include "app/archive_frames.h"
#include "io/archive_index.h"
#include "io/archive_window.h"

typedef struct ap_archive_reply {
    unsigned status;
    const char *content_type; /* a constant */
    ap_archive_text body;     /* free its data */
} ap_archive_reply;

/* Brings the index up to date, and answers: status 404 for what is not there, 503 for what is too
 * much or cannot be read now, both in words. */
void ap_archive_answer(ap_archive_index *index, const ap_archive_question *question,
                       const ap_archive_limits *limits, ap_archive_reply *reply);

#endif
