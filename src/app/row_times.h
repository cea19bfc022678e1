/* Which rows of a file have a time that can be believed: one wrong time must cost its own row only.
 *
 * A row that is no more than the lag before the newest, or after it, is taken at once. One that is
 * further ahead is held until the next row tells: if that is as late, both are taken, and if it is
 * not, the held one is refused. One that is further back than the lag is refused; when it is
 * further back than AP_ROW_TIMES_BACK_S it is held first, and if AP_ROW_TIMES_WITNESSES rows
 * without a break stand together there, time has run back for good: all of them are taken, and the
 * rows after them are held against their time. */
#ifndef AP_APP_ROW_TIMES_H
#define AP_APP_ROW_TIMES_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/time.h"
#include "app/detections.h"

#define AP_ROW_TIMES_BACK_S 60.0
#define AP_ROW_TIMES_GAP_S 600.0 /* rows further apart than this do not stand together */

enum { AP_ROW_TIMES_WITNESSES = 8 };

typedef struct ap_row_times {
    double lag_s;         /* > 0 */
    ap_utc_ns newest_utc; /* of the rows taken; AP_UTC_UNKNOWN: none */
    size_t held_count;    /* rows that stand together and apart from the newest */
    ap_utc_ns held_utc;   /* the newest of them */
    ap_detection held[AP_ROW_TIMES_WITNESSES];
    void *context;
    /* A row is taken. More than the lag before one taken earlier: time has run back for good. */
    void (*on_row)(void *context, const ap_detection *row);
    void (*on_refused)(void *context, uint64_t line, ap_detection_refusal refusal, const char *why);
} ap_row_times;

/* Nothing taken, nothing held; the callbacks are the caller's to set. */
ap_row_times ap_row_times_of(double lag_s);

/* One row, in the order of the file: it, and those that it settles, are told. */
void ap_row_times_take(ap_row_times *times, const ap_detection *row);

/* The input has ended: a row that nothing spoke against is taken, or refused when it is more than
 * AP_ROW_TIMES_GAP_S ahead; what was too few to show that time ran back is refused. */
void ap_row_times_end(ap_row_times *times);

#endif
