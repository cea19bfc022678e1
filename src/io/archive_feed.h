/* Feed: the queue and the thread between an engine and one sink (io/archive_sink.h).
 *
 * The engine's thread puts rows in and never waits. A row stays in the queue until the sink has
 * committed it: a sink that fails and recovers loses nothing as long as the queue has room. Rows
 * that find no room are lost, counted and told. */
#ifndef AP_IO_ARCHIVE_FEED_H
#define AP_IO_ARCHIVE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/archive_sink.h"
#include "io/log.h"

typedef struct ap_archive_feed_config {
    ap_archive_sink *sink; /* closed, filled in but for `message`; outlives the feed */
    size_t queue_size;     /* octets, [64 KiB, 1 GiB], rounded up to 4096; a point takes 136 */
    const ap_log *log;     /* outlives the feed */
} ap_archive_feed_config;

typedef struct ap_archive_feed_stats {
    uint64_t row_count;     /* in the store for good */
    uint64_t lost_count;    /* found no room in the queue, or were in it when the end came */
    uint64_t refused_count; /* that the sink cannot store */
    uint64_t again_count;   /* that the store had already */
    uint64_t failure_count; /* of the sink */
    uint64_t waiting_size, peak_size, queue_size; /* octets */
    bool is_open;
    char last_error[AP_IO_MESSAGE_SIZE]; /* "": there was none */
    ap_archive_sink_stats sink;
} ap_archive_feed_stats;

struct ap_archive_feed_state;

typedef struct ap_archive_feed {
    struct ap_archive_feed_state *state; /* NULL when closed */
} ap_archive_feed;

/* Starts the thread, and gives the sink half a second to open: rows of the recording that it has
 * already then need no room. AP_ERR_ARGUMENT, AP_ERR_MEMORY. */
ap_err ap_archive_feed_open(ap_archive_feed *feed, const ap_archive_feed_config *config);

/* --- the engine's thread --- */

/* Hands a row on, of which what its kind has is copied; texts that it points to outlive the feed.
 * For a row that is made `again` it waits while the queue is full, a second at most in all
 * while the store takes nothing. */
void ap_archive_feed_put(ap_archive_feed *feed, const ap_row *row);

/* All that the recording had was put, up to `mark`: a store that has more counts from there. */
void ap_archive_feed_settle(ap_archive_feed *feed, const ap_row_mark *mark);

/* Where the queue's end stands, and whether all before it is in the store or given up: a checkpoint
 * of the engine may be kept then, since what is behind comes again. */
uint64_t ap_archive_feed_end(const ap_archive_feed *feed);
bool ap_archive_feed_has_settled(const ap_archive_feed *feed, uint64_t end);

/* --- any thread --- */

ap_archive_feed_stats ap_archive_feed_stats_of(const ap_archive_feed *feed);

/* Gives the sink what is in the queue, tries once more if that fails, and closes it. False: that
 * failed too. Safe twice. */
bool ap_archive_feed_close(ap_archive_feed *feed);

#endif
