#include "io/stream_feed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BUFFERS 2 /* so large that the queue takes both whole */

typedef struct buffer {
    uint8_t *data;
    size_t size;
} buffer;

struct ap_stream_feed_state {
    ap_stream_out out;
    ap_waker waker;
    size_t cap; /* of a buffer */
    atomic_bool is_heard;
    pthread_mutex_t lock; /* of what follows */
    buffer filling, sending;
    uint64_t lost_count;
};

static void note_heard(struct ap_stream_feed_state *state)
{
    atomic_store_explicit(&state->is_heard, state->out.client_count > 0, memory_order_relaxed);
}

/* On the loop: what was put in, as one. */
static void on_wake(void *context)
{
    struct ap_stream_feed_state *state = context;
    pthread_mutex_lock(&state->lock);
    buffer full = state->filling;
    state->filling = state->sending;
    state->filling.size = 0;
    state->sending = full;
    pthread_mutex_unlock(&state->lock);
    (void)ap_stream_out_send(&state->out, full.data, full.size); /* never longer than the queue */
    note_heard(state);
}

static void on_client(void *context)
{
    note_heard(context);
}

static ap_err open_parts(struct ap_stream_feed_state *state, ap_loop *loop,
                         const ap_stream_out_config *config, char message[AP_IO_MESSAGE_SIZE])
{
    state->cap = (config->queue_size ? config->queue_size : AP_STREAM_OUT_QUEUE_SIZE) / BUFFERS;
    state->filling.data = malloc(state->cap);
    state->sending.data = malloc(state->cap);
    ap_stream_out_config own = *config;
    own.on_clients = on_client;
    own.context = state;
    if (state->filling.data && state->sending.data &&
        ap_waker_open(&state->waker, loop, on_wake, state) == AP_OK)
        return ap_stream_out_open(&state->out, loop, &own, message);
    strcpy(message, "memory is exhausted");
    return AP_ERR_MEMORY;
}

ap_err ap_stream_feed_open(ap_stream_feed *feed, ap_loop *loop, const ap_stream_out_config *config,
                           char message[AP_IO_MESSAGE_SIZE])
{
    struct ap_stream_feed_state *state = calloc(1, sizeof *state);
    feed->state = state;
    if (!state) {
        strcpy(message, "memory is exhausted");
        return AP_ERR_MEMORY;
    }
    pthread_mutex_init(&state->lock, NULL);
    ap_err err = open_parts(state, loop, config, message);
    if (err)
        ap_stream_feed_close(feed);
    return err;
}

bool ap_stream_feed_is_heard(const ap_stream_feed *feed)
{
    return feed->state && atomic_load_explicit(&feed->state->is_heard, memory_order_relaxed);
}

bool ap_stream_feed_put(ap_stream_feed *feed, const void *data, size_t size)
{
    struct ap_stream_feed_state *state = feed->state;
    if (!ap_stream_feed_is_heard(feed) || size == 0)
        return true;
    pthread_mutex_lock(&state->lock);
    buffer *to = &state->filling;
    bool fits = size <= state->cap - to->size;
    bool was_half = to->size > state->cap / 2;
    if (fits) {
        memcpy(to->data + to->size, data, size);
        to->size += size;
    } else {
        state->lost_count++;
    }
    bool is_half = to->size > state->cap / 2;
    pthread_mutex_unlock(&state->lock);
    if (is_half && !was_half)
        ap_waker_wake(&state->waker);
    return fits;
}

void ap_stream_feed_flush(ap_stream_feed *feed)
{
    struct ap_stream_feed_state *state = feed->state;
    if (!state)
        return;
    pthread_mutex_lock(&state->lock);
    bool waits = state->filling.size > 0;
    pthread_mutex_unlock(&state->lock);
    if (waits)
        ap_waker_wake(&state->waker);
}

uint16_t ap_stream_feed_port(const ap_stream_feed *feed)
{
    return feed->state ? ap_stream_out_port(&feed->state->out) : 0;
}

ap_stream_feed_stats ap_stream_feed_count(const ap_stream_feed *feed)
{
    struct ap_stream_feed_state *state = feed->state;
    if (!state)
        return (ap_stream_feed_stats){ 0 };
    ap_stream_feed_stats stats = { .client_count = state->out.client_count,
                                   .accepted_count = state->out.accepted_count,
                                   .slow_count = state->out.slow_count,
                                   .gone_count = state->out.gone_count,
                                   .refused_count = state->out.refused_count };
    pthread_mutex_lock(&state->lock);
    stats.lost_count = state->lost_count;
    pthread_mutex_unlock(&state->lock);
    return stats;
}

void ap_stream_feed_close(ap_stream_feed *feed)
{
    struct ap_stream_feed_state *state = feed->state;
    if (!state)
        return;
    if (state->out.state)
        on_wake(state);
    ap_stream_out_close(&state->out);
    ap_waker_close(&state->waker);
    free(state->filling.data);
    free(state->sending.data);
    pthread_mutex_destroy(&state->lock);
    free(state);
    feed->state = NULL;
}
