/* What the log has to say of inputs and outputs: who is lost, who is back, and what found no room,
 * found by comparing the figures with those of the look before. */
#ifndef AP_APP_RUN_TELL_H
#define AP_APP_RUN_TELL_H

#include "airpicture/err.h"
#include "app/live_figures.h"
#include "io/log.h"

typedef struct ap_run_tell_row {
    bool is_away; /* and was told to be */
    uint64_t lost_count;
} ap_run_tell_row;

typedef struct ap_run_tell {
    const ap_log *log;
    ap_run_tell_row *rows; /* inputs, then outputs; [row_count] */
    size_t row_count;
} ap_run_tell;

/* For as many inputs and outputs as the figures have. AP_ERR_MEMORY. */
ap_err ap_run_tell_open(ap_run_tell *tell, const ap_log *log, const ap_live_figures *figures);

/* Some lines a minute for each at most. */
void ap_run_tell_look(ap_run_tell *tell, const ap_live_figures *figures);

/* Safe twice. */
void ap_run_tell_close(ap_run_tell *tell);

#endif
