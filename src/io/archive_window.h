/* Rows of a live archive between two times. Of a segment that is being written too: what is
 * committed is seen, its writer is not held up. Nothing is copied. What is looked at is bounded by
 * row_cap where there is one, of a segment that is being written by twice that, and by the
 * deadline. */
#ifndef AP_IO_ARCHIVE_WINDOW_H
#define AP_IO_ARCHIVE_WINDOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/archive_index.h"
#include "io/archive_row.h"

#define AP_ARCHIVE_WINDOW_FILES 64 /* at most */

/* What bounds one answer. */
typedef struct ap_archive_limits {
    const atomic_bool *is_ending; /* ends all when it becomes true; NULL: nothing does */
    int64_t deadline_ns;          /* of ap_clock_monotonic_ns */
} ap_archive_limits;

struct ap_archive_window_state;

typedef struct ap_archive_window {
    struct ap_archive_window_state *state; /* NULL when closed */
} ap_archive_window;

/* Opens segments [first, first + count) of the index, which stays as it is; count <=
 * AP_ARCHIVE_WINDOW_FILES. One that has gone since is passed over. AP_ERR_MEMORY, AP_ERR_IO; with
 * `message`, here and below. */
ap_err ap_archive_window_open(ap_archive_window *window, const ap_archive_index *index,
                              size_t first, size_t count, const ap_archive_limits *limits,
                              char message[AP_IO_MESSAGE_SIZE]);

/* About how many points lie in [from, until); O(log rows). */
ap_err ap_archive_window_count(ap_archive_window *window, ap_utc_ns from, ap_utc_ns until,
                               uint64_t *count, char message[AP_IO_MESSAGE_SIZE]);

/* Calls `on_point` for each point in [from, until), in no order of time; those of one segment as
 * they arrived or by time. Its texts are valid during the call. An error of `on_point` ends it and
 * is given back. AP_ERR_FULL: more than row_cap. AP_ERR_IO: the deadline has passed, or it cannot
 * be read. */
typedef ap_err (*ap_archive_point_fn)(void *context, const ap_row_point *point);
ap_err ap_archive_window_points(ap_archive_window *window, ap_utc_ns from, ap_utc_ns until,
                                uint64_t row_cap, ap_archive_point_fn on_point, void *context,
                                char message[AP_IO_MESSAGE_SIZE]);

/* The same for what was decided about tracks; the members behind `sensor` are not filled in. */
typedef ap_err (*ap_archive_decision_fn)(void *context, const ap_row_reason *reason);
ap_err ap_archive_window_reasons(ap_archive_window *window, ap_utc_ns from, ap_utc_ns until,
                                 uint64_t row_cap, ap_archive_decision_fn on_reason, void *context,
                                 char message[AP_IO_MESSAGE_SIZE]);

/* What the newest of the segments that knows the track tells of it. AP_ERR_UNKNOWN, without a
 * message: none does. */
ap_err ap_archive_window_track(ap_archive_window *window, uint32_t track_id, ap_row_track *track,
                               char message[AP_IO_MESSAGE_SIZE]);

/* Points and decisions of one track, in order of time within each segment, and the segments in
 * theirs. Of a segment that is being written all rows are looked at: row_cap counts these points;
 * decisions have no bound but the deadline. */
ap_err ap_archive_window_points_of(ap_archive_window *window, uint32_t track_id, ap_utc_ns from,
                                   ap_utc_ns until, uint64_t row_cap, ap_archive_point_fn on_point,
                                   void *context, char message[AP_IO_MESSAGE_SIZE]);
ap_err ap_archive_window_reasons_of(ap_archive_window *window, uint32_t track_id,
                                    ap_archive_decision_fn on_reason, void *context,
                                    char message[AP_IO_MESSAGE_SIZE]);

/* Alerts that lasted at any time of [from, until); one that is in several segments comes from each,
 * the newest last. AP_ERR_FULL: more than row_cap. */
typedef ap_err (*ap_archive_alert_fn)(void *context, const ap_row_alert *alert);
ap_err ap_archive_window_alerts(ap_archive_window *window, ap_utc_ns from, ap_utc_ns until,
                                uint64_t row_cap, ap_archive_alert_fn on_alert, void *context,
                                char message[AP_IO_MESSAGE_SIZE]);

/* Safe twice. */
void ap_archive_window_close(ap_archive_window *window);

#endif
