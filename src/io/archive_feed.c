#include "io/archive_feed.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/threads.h"

#define REST_NS (20 * AP_NS_PER_MS) /* between looks into an empty queue */
#define TICK_NS (200 * AP_NS_PER_MS)
#define COMMIT_NS AP_NS_PER_S
#define COMMIT_SHARE 4       /* of the queue, that at most waits for a commit */
#define BATCH 4096           /* rows between looks at the clock */
#define RETRY_NS AP_NS_PER_S /* after a failure of the sink */
#define OPEN_WAIT_NS (500 * AP_NS_PER_MS)
#define AGAIN_WAIT_NS AP_NS_PER_S
#define AGAIN_NAP_NS AP_NS_PER_MS
#define QUEUE_MIN ((size_t)64 << 10)
#define QUEUE_MAX ((size_t)1 << 30)

typedef enum entry_kind {
    ENTRY_ROW,
    ENTRY_SETTLE, /* only the mark of its row means something */
    ENTRY_PAD,    /* fills the queue up to its end */
} entry_kind;

typedef struct entry {
    uint32_t size; /* with what follows, a multiple of 8 */
    uint32_t what; /* entry_kind */
    ap_row row;    /* cut behind what its kind has */
} entry;

#define ENTRY_SIZE(member)                                                                         \
    ((uint32_t)((offsetof(entry, row.member) + sizeof((ap_row *)0)->member + 7u) & ~(size_t)7))
#define SETTLE_SIZE ((uint32_t)((offsetof(entry, row.point) + 7u) & ~(size_t)7))

static const uint32_t entry_sizes[AP_ROW_KIND_COUNT] = {
    [AP_ROW_POINT] = ENTRY_SIZE(point),   [AP_ROW_TRACK] = ENTRY_SIZE(track),
    [AP_ROW_ALERT] = ENTRY_SIZE(alert),   [AP_ROW_REASON] = ENTRY_SIZE(reason),
    [AP_ROW_SENSOR] = ENTRY_SIZE(sensor),
};
_Static_assert(ENTRY_SIZE(point) == 136, "the header tells so");

struct ap_archive_feed_state {
    ap_archive_feed_config config;
    uint8_t *queue; /* [cap], and room to read a whole entry at its end */
    size_t cap;
    pthread_t thread;
    /* of the engine's thread */
    int64_t again_left_ns;
    /* positions in octets, never wrapped: before `tail` is free, behind it waits for a commit */
    _Atomic uint64_t head, tail;
    atomic_bool is_ending;
    _Atomic uint64_t lost_count, again_count, row_count, refused_count, failure_count, peak_size;
    /* of the feeding thread */
    bool is_open;
    bool is_stored;       /* all, at the end */
    uint64_t taken;       /* up to here rows are with the sink */
    uint64_t given;       /* up to here they were once */
    ap_row_mark store;    /* up to where the store has rows, as far as is known */
    ap_row_mark newest;   /* of the rows that wait for a commit */
    uint64_t batch_count; /* of them */
    int64_t first_ns;     /* when the first of them was taken; 0: there is none */
    int64_t tick_ns, retry_ns;
    uint64_t told_count; /* of lost rows */
    bool is_away;        /* told: nothing was stored since it failed */
    /* shared, under the mutex */
    pthread_mutex_t mutex;
    pthread_cond_t tried; /* the sink was opened, or that failed */
    bool has_tried, shows_open, has_mark;
    ap_row_mark mark; /* that the sink had when it was opened */
    char last_error[AP_IO_MESSAGE_SIZE];
};

/* --- the engine's thread --- */

/* Whether a store with rows up to `store` has this one, or one that it was made anew of. */
static bool holds(const ap_row_mark *store, const ap_row_mark *row)
{
    return store->run == row->run ? row->row <= store->row : row->received <= store->received;
}

static bool has_already(struct ap_archive_feed_state *state, const ap_row_mark *mark)
{
    pthread_mutex_lock(&state->mutex);
    bool has = state->has_mark && holds(&state->mark, mark);
    pthread_mutex_unlock(&state->mutex);
    return has;
}

static uint64_t free_size(const struct ap_archive_feed_state *state, uint64_t head)
{
    return state->cap - (head - atomic_load_explicit(&state->tail, memory_order_acquire));
}

/* Waits for room as long as a restart may wait for a store that takes nothing. */
static void wait_for_room(struct ap_archive_feed_state *state, uint64_t head, uint64_t need)
{
    uint64_t free = free_size(state, head);
    while (free < need && state->again_left_ns > 0) {
        ap_clock_sleep_ns(AGAIN_NAP_NS);
        uint64_t now = free_size(state, head);
        state->again_left_ns = now > free ? AGAIN_WAIT_NS : state->again_left_ns - AGAIN_NAP_NS;
        free = now;
    }
}

static bool put(struct ap_archive_feed_state *state, const entry *from, bool may_wait)
{
    uint64_t head = atomic_load_explicit(&state->head, memory_order_relaxed);
    size_t to_end = state->cap - head % state->cap;
    size_t pad = from->size > to_end ? to_end : 0;
    if (may_wait)
        wait_for_room(state, head, pad + from->size);
    if (free_size(state, head) < pad + from->size)
        return false;
    if (pad > 0) { /* at least 8 octets: all sizes are multiples of that */
        entry *filler = (entry *)(void *)(state->queue + head % state->cap);
        filler->size = (uint32_t)pad;
        filler->what = ENTRY_PAD;
        head += pad;
    }
    memcpy(state->queue + head % state->cap, from, from->size);
    head += from->size;
    atomic_store_explicit(&state->head, head, memory_order_release);
    uint64_t waiting = head - atomic_load_explicit(&state->tail, memory_order_relaxed);
    if (waiting > atomic_load_explicit(&state->peak_size, memory_order_relaxed))
        atomic_store_explicit(&state->peak_size, waiting, memory_order_relaxed);
    return true;
}

void ap_archive_feed_put(ap_archive_feed *feed, const ap_row *row)
{
    struct ap_archive_feed_state *state = feed->state;
    if (row->again && has_already(state, &row->mark)) {
        atomic_fetch_add_explicit(&state->again_count, 1, memory_order_relaxed);
        return;
    }
    entry made;
    made.size = entry_sizes[row->kind];
    made.what = ENTRY_ROW;
    memcpy(&made.row, row, made.size - offsetof(entry, row));
    if (!put(state, &made, row->again))
        atomic_fetch_add_explicit(&state->lost_count, 1, memory_order_relaxed);
}

void ap_archive_feed_settle(ap_archive_feed *feed, const ap_row_mark *mark)
{
    entry made = { .size = SETTLE_SIZE, .what = ENTRY_SETTLE };
    made.row.mark = *mark;
    (void)put(feed->state, &made, true); /* in a full queue there are rows that tell as much */
}

uint64_t ap_archive_feed_end(const ap_archive_feed *feed)
{
    return atomic_load_explicit(&feed->state->head, memory_order_relaxed);
}

bool ap_archive_feed_has_settled(const ap_archive_feed *feed, uint64_t end)
{
    return atomic_load_explicit(&feed->state->tail, memory_order_acquire) >= end;
}

/* --- the feeding thread: the sink's faults --- */

static void forget_batch(struct ap_archive_feed_state *state)
{
    state->batch_count = 0;
    state->first_ns = 0;
}

static void show(struct ap_archive_feed_state *state, const char *error)
{
    pthread_mutex_lock(&state->mutex);
    state->shows_open = state->is_open;
    if (error)
        memcpy(state->last_error, error, sizeof state->last_error);
    state->has_tried = true;
    pthread_cond_signal(&state->tried);
    pthread_mutex_unlock(&state->mutex);
}

/* Once for each cause, though it is tried each second. */
static void tell_failure(struct ap_archive_feed_state *state)
{
    const ap_archive_sink *sink = state->config.sink;
    bool is_told = state->is_away && strcmp(state->last_error, sink->message) == 0;
    state->is_away = true;
    if (!is_told)
        ap_log_write(state->config.log, AP_LOG_WARNING,
                     "archive, %s: %s; rows wait, and it is tried again each second", sink->name,
                     sink->message);
}

static void tell_success(struct ap_archive_feed_state *state)
{
    if (state->is_away)
        ap_log_write(state->config.log, AP_LOG_NOTICE, "archive, %s: goes on",
                     state->config.sink->name);
    state->is_away = false;
}

/* What the sink has not committed is given again when it is open again. */
static void fail(struct ap_archive_feed_state *state)
{
    ap_archive_sink *sink = state->config.sink;
    atomic_fetch_add_explicit(&state->failure_count, 1, memory_order_relaxed);
    tell_failure(state);
    sink->ops->close(sink, false);
    state->is_open = false;
    state->taken = atomic_load_explicit(&state->tail, memory_order_relaxed);
    forget_batch(state);
    state->retry_ns = ap_clock_monotonic_ns() + RETRY_NS;
    show(state, sink->message);
}

static bool try_open(struct ap_archive_feed_state *state)
{
    ap_archive_sink *sink = state->config.sink;
    state->store = (ap_row_mark){ 0 };
    if (sink->ops->open(sink, &state->store)) {
        fail(state);
        return false;
    }
    state->is_open = true;
    pthread_mutex_lock(&state->mutex);
    state->has_mark = true;
    state->mark = state->store;
    pthread_mutex_unlock(&state->mutex);
    show(state, NULL);
    return true;
}

/* --- the feeding thread: rows --- */

static bool commit(struct ap_archive_feed_state *state)
{
    ap_archive_sink *sink = state->config.sink;
    if (state->batch_count > 0) {
        if (sink->ops->commit(sink, &state->newest)) {
            fail(state);
            return false;
        }
        state->store = state->newest;
        tell_success(state); /* a full disk can be opened, too */
    }
    atomic_fetch_add_explicit(&state->row_count, state->batch_count, memory_order_relaxed);
    atomic_store_explicit(&state->tail, state->taken, memory_order_release);
    forget_batch(state);
    return true;
}

/* The recording may lack the last that the store's rows were made of: numbers go on from there. */
static bool settle(struct ap_archive_feed_state *state, const ap_row_mark *mark)
{
    ap_archive_sink *sink = state->config.sink;
    if (!commit(state))
        return false;
    if (state->store.run != mark->run || state->store.row <= mark->row)
        return true;
    if (sink->ops->commit(sink, mark)) {
        fail(state);
        return false;
    }
    state->store = *mark;
    return true;
}

static bool take_row(struct ap_archive_feed_state *state, const ap_row *row)
{
    ap_archive_sink *sink = state->config.sink;
    bool was_given = state->taken < state->given;
    if ((row->again || was_given) && holds(&state->store, &row->mark)) {
        atomic_fetch_add_explicit(&state->again_count, 1, memory_order_relaxed);
        return true;
    }
    ap_err err = sink->ops->take(sink, row);
    if (err == AP_ERR_RANGE) {
        atomic_fetch_add_explicit(&state->refused_count, !was_given, memory_order_relaxed);
    } else if (err) {
        fail(state);
        return false;
    }
    state->newest = row->mark;
    state->batch_count += err == AP_OK;
    if (state->first_ns == 0)
        state->first_ns = ap_clock_monotonic_ns();
    return true;
}

/* The next entry; false when there is none, or the sink has failed. */
static bool take_entry(struct ap_archive_feed_state *state)
{
    if (state->taken == atomic_load_explicit(&state->head, memory_order_acquire))
        return false;
    const entry *at = (const entry *)(const void *)(state->queue + state->taken % state->cap);
    uint64_t behind = state->taken + at->size;
    if (at->what == ENTRY_ROW && !take_row(state, &at->row))
        return false;
    if (at->what == ENTRY_SETTLE && !settle(state, &at->row.mark))
        return false;
    state->taken = behind;
    if (state->given < behind)
        state->given = behind;
    return true;
}

static bool commit_is_due(const struct ap_archive_feed_state *state, int64_t now_ns)
{
    uint64_t waiting = state->taken - atomic_load_explicit(&state->tail, memory_order_relaxed);
    return waiting > state->cap / COMMIT_SHARE ||
           (state->first_ns > 0 && now_ns - state->first_ns >= COMMIT_NS) ||
           (state->batch_count == 0 && waiting > 0);
}

/* Gives the sink what there is; how many rows. */
static size_t feed_rows(struct ap_archive_feed_state *state)
{
    size_t count = 0;
    while (count < BATCH && take_entry(state))
        count++;
    if (state->is_open && commit_is_due(state, ap_clock_monotonic_ns()))
        (void)commit(state);
    return count;
}

static void tick(struct ap_archive_feed_state *state, int64_t now_ns)
{
    ap_archive_sink *sink = state->config.sink;
    if (now_ns - state->tick_ns < TICK_NS)
        return;
    state->tick_ns = now_ns;
    if (state->is_open && sink->ops->tick && sink->ops->tick(sink))
        fail(state);
    uint64_t lost = atomic_load_explicit(&state->lost_count, memory_order_relaxed);
    if (lost > state->told_count)
        ap_log_write(state->config.log, AP_LOG_ERROR,
                     "archive, %s: %" PRIu64 " rows are lost: its queue is full", sink->name,
                     lost - state->told_count);
    state->told_count = lost;
}

/* --- the feeding thread: its life --- */

static uint64_t count_waiting(const struct ap_archive_feed_state *state)
{
    uint64_t count = 0, head = atomic_load_explicit(&state->head, memory_order_acquire);
    for (uint64_t at = atomic_load_explicit(&state->tail, memory_order_relaxed); at < head;) {
        const entry *found = (const entry *)(const void *)(state->queue + at % state->cap);
        count += found->what == ENTRY_ROW;
        at += found->size;
    }
    return count;
}

static bool drain(struct ap_archive_feed_state *state)
{
    if (!state->is_open && !try_open(state))
        return false;
    while (take_entry(state))
        if (commit_is_due(state, 0) && !commit(state))
            return false;
    return state->is_open && commit(state);
}

static void end(struct ap_archive_feed_state *state)
{
    state->is_stored = drain(state) || drain(state);
    if (!state->is_stored) {
        uint64_t lost = count_waiting(state);
        atomic_fetch_add_explicit(&state->lost_count, lost, memory_order_relaxed);
        ap_log_write(state->config.log, AP_LOG_ERROR,
                     "archive, %s: ends, and %" PRIu64 " rows are not stored; of what was recorded "
                     "the next start makes them again",
                     state->config.sink->name, lost);
    }
    if (state->is_open)
        state->config.sink->ops->close(state->config.sink, true);
    state->is_open = false;
}

static void *run(void *context)
{
    struct ap_archive_feed_state *state = context;
    while (!atomic_load(&state->is_ending)) {
        int64_t now_ns = ap_clock_monotonic_ns();
        if (!state->is_open && now_ns >= state->retry_ns)
            (void)try_open(state);
        size_t count = state->is_open ? feed_rows(state) : 0;
        tick(state, now_ns);
        if (count == 0)
            ap_clock_sleep_ns(REST_NS);
    }
    end(state);
    return NULL;
}

static void wait_until_tried(struct ap_archive_feed_state *state)
{
    int64_t until_ns = ap_clock_monotonic_ns() + OPEN_WAIT_NS;
    pthread_mutex_lock(&state->mutex);
    while (!state->has_tried && ap_bell_wait(&state->tried, &state->mutex, until_ns))
        ;
    pthread_mutex_unlock(&state->mutex);
}

static void release(ap_archive_feed *feed)
{
    struct ap_archive_feed_state *state = feed->state;
    pthread_cond_destroy(&state->tried);
    pthread_mutex_destroy(&state->mutex);
    free(state->queue);
    free(state);
    feed->state = NULL;
}

ap_err ap_archive_feed_open(ap_archive_feed *feed, const ap_archive_feed_config *config)
{
    feed->state = NULL;
    if (config->queue_size < QUEUE_MIN || config->queue_size > QUEUE_MAX)
        return AP_ERR_ARGUMENT;
    struct ap_archive_feed_state *state = calloc(1, sizeof *state);
    if (!state)
        return AP_ERR_MEMORY;
    feed->state = state;
    state->config = *config;
    state->cap = (config->queue_size + 4095) & ~(size_t)4095;
    state->again_left_ns = AGAIN_WAIT_NS;
    pthread_mutex_init(&state->mutex, NULL);
    ap_bell_init(&state->tried);
    state->queue = calloc(1, state->cap + sizeof(entry));
    if (!state->queue || pthread_create(&state->thread, NULL, run, state) != 0) {
        release(feed);
        return AP_ERR_MEMORY;
    }
    wait_until_tried(state);
    return AP_OK;
}

/* --- any thread --- */

ap_archive_feed_stats ap_archive_feed_stats_of(const ap_archive_feed *feed)
{
    struct ap_archive_feed_state *state = feed->state;
    const ap_archive_sink *sink = state->config.sink;
    ap_archive_feed_stats stats = { .row_count = atomic_load(&state->row_count),
                                    .lost_count = atomic_load(&state->lost_count),
                                    .refused_count = atomic_load(&state->refused_count),
                                    .again_count = atomic_load(&state->again_count),
                                    .failure_count = atomic_load(&state->failure_count),
                                    .peak_size = atomic_load(&state->peak_size),
                                    .queue_size = state->cap };
    uint64_t tail = atomic_load(&state->tail); /* before the head: it never passes that */
    stats.waiting_size = atomic_load(&state->head) - tail;
    pthread_mutex_lock(&state->mutex);
    stats.is_open = state->shows_open;
    memcpy(stats.last_error, state->last_error, sizeof stats.last_error);
    pthread_mutex_unlock(&state->mutex);
    sink->ops->stats(sink, &stats.sink);
    return stats;
}

bool ap_archive_feed_close(ap_archive_feed *feed)
{
    struct ap_archive_feed_state *state = feed->state;
    if (!state)
        return true;
    atomic_store(&state->is_ending, true);
    pthread_join(state->thread, NULL);
    bool is_stored = state->is_stored;
    release(feed);
    return is_stored;
}
