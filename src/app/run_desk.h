/* The desk of the archive: answers questions about the past (app/archive_answer.h) on a thread of
 * its own, so that neither the loop nor the engine ever waits for a disk. One question at a time,
 * in the order they came. */
#ifndef AP_APP_RUN_DESK_H
#define AP_APP_RUN_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "app/api.h"
#include "io/http.h"
#include "io/loop.h"

struct ap_run_desk_state;

typedef struct ap_run_desk {
    struct ap_run_desk_state *state; /* NULL when closed, or when no archive is kept */
} ap_run_desk;

/* folder: of the archive, "" when none is kept; http outlives the desk. AP_ERR_MEMORY, AP_ERR_RANGE
 * for a folder whose name is too long. */
ap_err ap_run_desk_open(ap_run_desk *desk, ap_loop *loop, ap_http *http, const char *folder);

/* Takes the question; its answer is the later reply to `ticket`. False when too many wait. */
bool ap_run_desk_ask(ap_run_desk *desk, uint64_t ticket, const ap_archive_question *question,
                     bool accepts_gzip);

/* What waits is not answered. Safe twice. */
void ap_run_desk_close(ap_run_desk *desk);

#endif
