/* A stream_out that another thread feeds. Hop 9 of the live service: the engine puts elements in
 * and never waits for the loop, nor for who reads. */
#ifndef AP_IO_STREAM_FEED_H
#define AP_IO_STREAM_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/stream_out.h"

struct ap_stream_feed_state;

typedef struct ap_stream_feed {
    struct ap_stream_feed_state *state; /* NULL when closed */
} ap_stream_feed;

typedef struct ap_stream_feed_stats {
    uint32_t client_count;
    uint64_t accepted_count, slow_count, gone_count, refused_count; /* io/stream_out.h */
    uint64_t lost_count; /* elements for which the loop had left no room */
} ap_stream_feed_stats;

/* On the thread of the loop. As ap_stream_out_open; `feed` may move. */
ap_err ap_stream_feed_open(ap_stream_feed *feed, ap_loop *loop, const ap_stream_out_config *config,
                           char message[AP_IO_MESSAGE_SIZE]);

/* --- one thread, any --- */

/* False: nobody listens, and what is put in is gone. */
bool ap_stream_feed_is_heard(const ap_stream_feed *feed);

/* Puts an element in, or several whole ones, which go with the next flush at the latest. False:
 * there was no room, which is counted. */
bool ap_stream_feed_put(ap_stream_feed *feed, const void *data, size_t size);

/* What was put in may go. Cheap when there is nothing. */
void ap_stream_feed_flush(ap_stream_feed *feed);

/* --- the thread of the loop --- */

uint16_t ap_stream_feed_port(const ap_stream_feed *feed);
ap_stream_feed_stats ap_stream_feed_count(const ap_stream_feed *feed);

/* Sends what waits. When the other thread puts no more. Safe twice. */
void ap_stream_feed_close(ap_stream_feed *feed);

#endif
