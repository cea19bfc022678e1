#include "io/chunk_ring.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"

#define CAP_MIN ((size_t)256 << 10)
#define CAP_MAX ((size_t)1 << 30)
#define SHARE_MIN ((size_t)128 << 10)
#define INPUT_CAP_MAX 4096u
#define RECORD_HEAD_SIZE 16u
/* Room that data leaves for what must not be lost: connections, ticks, descriptions. */
#define RESERVE_SIZE ((size_t)64 << 10)
#define LAST_PART 8u     /* of the ring, ... */
#define LITTLE_PART 128u /* ... for inputs of which no more than this part waits */
#define LINE 64u
#define CUT_STREAMS 64u

/* Who may move the place up to which is recorded. */
enum { RECORDER_IDLE, RECORDER_COPIES, RECORDER_IS_MOVED };

typedef struct input_row {
    _Atomic uint64_t waiting; /* octets */
    _Atomic uint64_t refused_chunk_count, refused_octet_count;
    uint64_t cut; /* a bit for each of CUT_STREAMS that lost data; of the writer */
} input_row;

/* Places are octets since the beginning of time; a place modulo cap is where it lies. */
struct ap_chunk_ring_state {
    ap_chunk_ring_config config;
    uint8_t *data;
    input_row *rows;
    uint64_t filled;                         /* by the writer, published or not */
    _Alignas(LINE) _Atomic uint64_t written; /* published */
    _Alignas(LINE) _Atomic uint64_t taken;   /* by the engine */
    size_t used;                             /* of the chunk that the engine looks at */
    uint16_t input;                          /* whose it is */
    _Alignas(LINE) _Atomic uint64_t recorded;
    _Atomic int recorder;
    _Atomic uint64_t lost; /* octets not recorded that it was not told of */
};

static bool is_good(const ap_chunk_ring_config *c)
{
    return c->cap >= CAP_MIN && c->cap <= CAP_MAX && c->cap % 4096 == 0 && c->share >= SHARE_MIN &&
           c->share <= c->cap && c->input_cap >= 1 && c->input_cap <= INPUT_CAP_MAX;
}

static struct ap_chunk_ring_state *lay_out(ap_arena *arena, const ap_chunk_ring_config *config)
{
    struct ap_chunk_ring_state measured;
    struct ap_chunk_ring_state *state = ap_arena_take(arena, 1, sizeof *state);
    struct ap_chunk_ring_state *into = state ? state : &measured;
    into->rows = ap_arena_take(arena, config->input_cap, sizeof *into->rows);
    into->data = ap_arena_take_raw(arena, config->cap, 1);
    return state;
}

size_t ap_chunk_ring_size(const ap_chunk_ring_config *config)
{
    if (!is_good(config))
        return 0;
    ap_arena arena = ap_arena_measure();
    (void)lay_out(&arena, config); /* only measures */
    return ap_arena_need(&arena);
}

ap_err ap_chunk_ring_init(ap_chunk_ring *ring, const ap_chunk_ring_config *config, void *mem,
                          size_t mem_size)
{
    if (!is_good(config))
        return AP_ERR_ARGUMENT;
    ap_arena arena = ap_arena_over(mem, mem_size);
    struct ap_chunk_ring_state *state = lay_out(&arena, config);
    if (ap_arena_need(&arena) == 0)
        return AP_ERR_MEMORY;
    state->config = *config;
    ring->state = state;
    return AP_OK;
}

/* --- the thread of the inputs --- */

static ap_err refuse(input_row *row, size_t size)
{
    atomic_fetch_add_explicit(&row->refused_chunk_count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&row->refused_octet_count, size, memory_order_relaxed);
    return AP_ERR_FULL;
}

static bool is_data(const ap_chunk *chunk)
{
    return chunk->kind == AP_CHUNK_DATAGRAM || chunk->kind == AP_CHUNK_DATA;
}

/* Octets up to the place where `size` of them lie together: those at the end of the ring that are
 * too few are left out. */
static size_t gap_before(const struct ap_chunk_ring_state *state, size_t size)
{
    size_t left = state->config.cap - (size_t)(state->filled % state->config.cap);
    return left < size ? left : 0;
}

static void leave_out(struct ap_chunk_ring_state *state, size_t gap)
{
    if (gap >= RECORD_HEAD_SIZE) /* which reads as an end; what is shorter cannot hold anything */
        memset(state->data + state->filled % state->config.cap, 0, RECORD_HEAD_SIZE);
    state->filled += gap;
}

/* A recorder that is half a ring behind is moved to the newest place. */
static void move_recorder(struct ap_chunk_ring_state *state)
{
    uint64_t recorded = atomic_load_explicit(&state->recorded, memory_order_acquire);
    if (!state->config.is_recorded || state->filled - recorded <= state->config.cap / 2)
        return;
    int idle = RECORDER_IDLE;
    if (!atomic_compare_exchange_strong(&state->recorder, &idle, RECORDER_IS_MOVED))
        return;
    uint64_t written = atomic_load_explicit(&state->written, memory_order_relaxed);
    recorded = atomic_load_explicit(&state->recorded, memory_order_relaxed);
    atomic_fetch_add_explicit(&state->lost, written - recorded, memory_order_relaxed);
    atomic_store_explicit(&state->recorded, written, memory_order_relaxed);
    atomic_store(&state->recorder, RECORDER_IDLE);
}

/* Octets that neither the engine nor the recorder needs any more. */
static uint64_t room_of(struct ap_chunk_ring_state *state)
{
    move_recorder(state);
    uint64_t oldest = atomic_load_explicit(&state->taken, memory_order_acquire);
    uint64_t recorded = atomic_load_explicit(&state->recorded, memory_order_acquire);
    if (state->config.is_recorded && recorded < oldest)
        oldest = recorded;
    return state->config.cap - (state->filled - oldest);
}

/* No input has more waiting than its share. The last part of the ring is for those of which next to
 * nothing waits: however many flood at once, there is room for who does not. */
static bool is_within_share(const struct ap_chunk_ring_state *state, const input_row *row,
                            size_t size, uint64_t room)
{
    uint64_t own = atomic_load_explicit(&row->waiting, memory_order_relaxed);
    if (own + size > state->config.share)
        return false;
    return room >= state->config.cap / LAST_PART || own == 0 ||
           own + size <= state->config.cap / LITTLE_PART;
}

/* Whether `size` octets of an input find a place. */
static bool fits(struct ap_chunk_ring_state *state, const input_row *row, size_t size, bool of_data)
{
    uint64_t room = room_of(state), need = gap_before(state, size) + size;
    return of_data ? room >= need + RESERVE_SIZE && is_within_share(state, row, size, room - need)
                   : room >= need;
}

static ap_err place(struct ap_chunk_ring_state *state, input_row *row, const ap_chunk *chunk)
{
    size_t size = ap_recording_size(chunk->size);
    uint64_t before = state->filled;
    leave_out(state, gap_before(state, size));
    ap_writer writer = ap_writer_of(state->data + state->filled % state->config.cap, size);
    ap_err err = ap_recording_put(&writer, chunk);
    if (err) {
        state->filled = before;
        return err;
    }
    atomic_fetch_add_explicit(&row->waiting, size, memory_order_relaxed);
    state->filled += size;
    return AP_OK;
}

ap_err ap_chunk_ring_put(ap_chunk_ring *ring, const ap_chunk *chunk)
{
    struct ap_chunk_ring_state *state = ring->state;
    if (chunk->input >= state->config.input_cap || chunk->size > AP_PCAP_PAYLOAD_MAX)
        return AP_ERR_RANGE;
    input_row *row = &state->rows[chunk->input];
    uint64_t bit = UINT64_C(1) << chunk->stream % CUT_STREAMS;
    bool is_stream = chunk->kind == AP_CHUNK_DATA, is_cut = is_stream && (row->cut & bit) != 0;
    size_t size = ap_recording_size(chunk->size);
    if (!fits(state, row, is_cut ? ap_recording_size(0) + size : size, is_data(chunk))) {
        row->cut |= is_stream ? bit : 0;
        return refuse(row, chunk->size);
    }
    if (is_cut) {
        ap_chunk begin = *chunk;
        begin.kind = AP_CHUNK_BEGIN;
        begin.size = 0;
        ap_err err = place(state, row, &begin);
        if (err)
            return err;
    }
    if (is_stream || chunk->kind == AP_CHUNK_BEGIN)
        row->cut &= ~bit;
    return place(state, row, chunk);
}

void ap_chunk_ring_publish(ap_chunk_ring *ring)
{
    /* In one order with whatever says that the engine sleeps. */
    atomic_store(&ring->state->written, ring->state->filled);
}

/* --- the thread of the engine --- */

/* The whole chunk at a place, or the place behind the end of the ring; false when there is none up
 * to `end`. */
static bool look(const struct ap_chunk_ring_state *state, uint64_t *at, uint64_t end, size_t *used,
                 ap_chunk *chunk)
{
    while (*at < end) {
        size_t offset = (size_t)(*at % state->config.cap), left = state->config.cap - offset;
        if (left >= RECORD_HEAD_SIZE &&
            ap_recording_take(state->data + offset, left, used, chunk) == AP_OK)
            return true;
        *at += left;
    }
    return false;
}

bool ap_chunk_ring_peek(ap_chunk_ring *ring, ap_chunk *chunk)
{
    struct ap_chunk_ring_state *state = ring->state;
    uint64_t at = atomic_load_explicit(&state->taken, memory_order_relaxed);
    uint64_t end = atomic_load_explicit(&state->written, memory_order_acquire);
    if (!look(state, &at, end, &state->used, chunk))
        return false;
    state->input = chunk->input;
    atomic_store_explicit(&state->taken, at, memory_order_release);
    return true;
}

void ap_chunk_ring_drop(ap_chunk_ring *ring)
{
    struct ap_chunk_ring_state *state = ring->state;
    atomic_fetch_sub_explicit(&state->rows[state->input].waiting, state->used,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&state->taken, state->used, memory_order_release);
    state->used = 0;
}

/* --- any thread --- */

uint64_t ap_chunk_ring_waiting(const ap_chunk_ring *ring)
{
    uint64_t taken = atomic_load_explicit(&ring->state->taken, memory_order_acquire);
    return atomic_load(&ring->state->written) - taken;
}

ap_chunk_ring_refused ap_chunk_ring_refused_of(const ap_chunk_ring *ring, uint16_t input)
{
    const input_row *row = &ring->state->rows[input];
    return (ap_chunk_ring_refused){
        .chunk_count = atomic_load_explicit(&row->refused_chunk_count, memory_order_relaxed),
        .octet_count = atomic_load_explicit(&row->refused_octet_count, memory_order_relaxed)
    };
}

/* --- the thread that records --- */

static size_t copy_chunks(struct ap_chunk_ring_state *state, uint8_t *into, size_t cap)
{
    uint64_t at = atomic_load_explicit(&state->recorded, memory_order_relaxed);
    uint64_t end = atomic_load_explicit(&state->written, memory_order_acquire);
    size_t size = 0, used;
    for (ap_chunk chunk; look(state, &at, end, &used, &chunk) && used <= cap - size; at += used) {
        memcpy(into + size, state->data + at % state->config.cap, used);
        size += used;
    }
    atomic_store_explicit(&state->recorded, at, memory_order_release);
    return size;
}

ap_err ap_chunk_ring_copy(ap_chunk_ring *ring, uint8_t *into, size_t cap, size_t *size,
                          uint64_t *lost)
{
    struct ap_chunk_ring_state *state = ring->state;
    int idle = RECORDER_IDLE;
    if (!atomic_compare_exchange_strong(&state->recorder, &idle, RECORDER_COPIES))
        return AP_ERR_END; /* it is being moved: soon there is something */
    size_t copied = copy_chunks(state, into, cap);
    /* With nothing behind it, a loss is told later. */
    *lost = copied > 0 ? atomic_exchange_explicit(&state->lost, 0, memory_order_relaxed) : 0;
    atomic_store(&state->recorder, RECORDER_IDLE);
    *size = copied;
    return copied > 0 ? AP_OK : AP_ERR_END;
}
