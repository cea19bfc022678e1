#include "io/live_in.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/live_input.h"

#define BACK_OFF_MIN_MS 500u
#define BACK_OFF_MAX_MS 30000u
#define STEADY_NS (60 * AP_NS_PER_S) /* a connection that lasted so long begins anew with both */

static const ap_live_ops *const ops_of_kind[] = {
    [AP_LIVE_UDP] = &ap_live_udp_ops,           [AP_LIVE_TCP_CONNECT] = &ap_live_connect_ops,
    [AP_LIVE_TCP_LISTEN] = &ap_live_listen_ops, [AP_LIVE_SERIAL] = &ap_live_serial_ops,
    [AP_LIVE_STDIN] = &ap_live_stdin_ops,       [AP_LIVE_FOLLOW] = &ap_live_follow_ops,
};
_Static_assert(sizeof ops_of_kind / sizeof *ops_of_kind == AP_LIVE_KIND_COUNT, "one for each kind");

static const ap_live_ops *ops_of(const ap_live_input *input)
{
    return ops_of_kind[input->config.kind];
}

const char *ap_live_kind_text(ap_live_kind kind)
{
    static const char *const texts[] = {
#define AP_LIVE_KIND_TEXT(name, text) text,
        AP_LIVE_KIND_MAP(AP_LIVE_KIND_TEXT)
#undef AP_LIVE_KIND_TEXT
    };
    return (unsigned)kind < AP_LIVE_KIND_COUNT ? texts[kind] : NULL;
}

const char *ap_live_state_text(ap_live_state state)
{
    static const char *const texts[] = {
#define AP_LIVE_STATE_TEXT(name, text) text,
        AP_LIVE_STATE_MAP(AP_LIVE_STATE_TEXT)
#undef AP_LIVE_STATE_TEXT
    };
    return (unsigned)state < sizeof texts / sizeof *texts ? texts[state] : NULL;
}

/* --- what is received --- */

void ap_live_emit(ap_live_input *input, ap_live_chunk *chunk)
{
    struct ap_live_in_state *set = input->set;
    chunk->input = input->index;
    if (chunk->kind == AP_LIVE_DATAGRAM || chunk->kind == AP_LIVE_STREAM_DATA) {
        input->stats.chunk_count++;
        input->stats.byte_count += chunk->size;
        input->stats.last_receive_utc = chunk->receive_utc;
        input->tries = 0;
    }
    set->is_delivering = true;
    set->fn(set->context, chunk);
    set->is_delivering = false;
}

static void emit_of_stream(ap_live_stream *stream, ap_live_chunk_kind kind, const uint8_t *data,
                           size_t size)
{
    ap_live_chunk chunk = { .stream = stream->slot,
                            .kind = kind,
                            .receive_utc = ap_live_clock_stamp(stream->input->set->clock),
                            .data = data,
                            .size = size,
                            .peer_port = stream->peer_port };
    memcpy(chunk.peer, stream->peer, sizeof chunk.peer);
    ap_live_emit(stream->input, &chunk);
}

void ap_live_stream_begin(ap_live_stream *stream)
{
    stream->is_open = true;
    stream->has_sent = false;
    stream->heard_ns = ap_clock_monotonic_ns();
    stream->input->stats.stream_count++;
    emit_of_stream(stream, AP_LIVE_STREAM_BEGIN, NULL, 0);
}

void ap_live_stream_data(ap_live_stream *stream, const uint8_t *data, size_t size)
{
    stream->has_sent = true;
    stream->heard_ns = stream->input->set->now_ns;
    emit_of_stream(stream, AP_LIVE_STREAM_DATA, data, size);
}

void ap_live_stream_end(ap_live_stream *stream)
{
    ap_loop_fd_close(&stream->fd);
    if (!stream->is_open)
        return;
    stream->is_open = false;
    stream->input->stats.stream_count--;
    emit_of_stream(stream, AP_LIVE_STREAM_END, NULL, 0);
}

ap_live_read ap_live_stream_read(ap_live_stream *stream, int fd)
{
    uint8_t *bytes = stream->input->set->bytes;
    ssize_t size = read(fd, bytes, AP_LIVE_CHUNK_CAP);
    if (size < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? AP_LIVE_READ_NOTHING
                                                                         : AP_LIVE_READ_ERROR;
    if (size == 0)
        return AP_LIVE_READ_END;
    ap_live_stream_data(stream, bytes, (size_t)size);
    return AP_LIVE_READ_DATA;
}

bool ap_live_stream_is_idle(const ap_live_stream *stream)
{
    const ap_live_input *input = stream->input;
    int64_t most_ns = (int64_t)input->config.idle_timeout_s * AP_NS_PER_S;
    return stream->is_open && most_ns > 0 && input->set->now_ns - stream->heard_ns > most_ns;
}

/* --- states --- */

void ap_live_up(ap_live_input *input)
{
    input->stats.reconnect_count += input->stats.connection_count > 0;
    input->stats.connection_count++;
    input->stats.state = AP_LIVE_CONNECTED;
    input->up_ns = ap_clock_monotonic_ns();
}

/* Half a second, doubled for each failed try, less a share up to a quarter by which inputs that
 * were lost together are not tried together. It depends on nothing but the input and the try. */
static uint32_t back_off_ms(const ap_live_input *input)
{
    uint32_t shift = input->tries < 6 ? input->tries : 6;
    uint32_t most_ms = BACK_OFF_MIN_MS << shift;
    if (most_ms > BACK_OFF_MAX_MS)
        most_ms = BACK_OFF_MAX_MS;
    uint32_t mixed = (input->index * 2654435761u) ^ (input->tries * 2246822519u);
    mixed = (mixed ^ (mixed >> 15)) * 3266489917u;
    return most_ms - (uint32_t)((uint64_t)(most_ms / 4) * (mixed >> 16) >> 16);
}

static void print_error(ap_live_input *input, const char *format, va_list arguments)
{
    (void)vsnprintf(input->stats.last_error, sizeof input->stats.last_error, format, arguments);
}

void ap_live_note(ap_live_input *input, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_error(input, format, arguments);
    va_end(arguments);
}

void ap_live_lost(ap_live_input *input, const char *format, ...)
{
    char *error = input->stats.last_error;
    va_list arguments;
    va_start(arguments, format);
    print_error(input, format, arguments);
    va_end(arguments);
    int64_t now_ns = ap_clock_monotonic_ns();
    if (input->stats.state == AP_LIVE_CONNECTED && now_ns - input->up_ns > STEADY_NS)
        input->tries = 0;
    uint32_t delay_ms = back_off_ms(input);
    size_t used = strlen(error);
    (void)snprintf(error + used, sizeof input->stats.last_error - used,
                   delay_ms < 1000 ? "; next try in %.1f s" : "; next try in %.0f s",
                   delay_ms / 1000.0);
    input->tries++;
    input->retry_ns = now_ns + delay_ms * AP_NS_PER_MS;
    input->stats.failure_count++;
    input->stats.state = AP_LIVE_WAITING;
    ops_of(input)->close(input);
}

void ap_live_end(ap_live_input *input, const char *reason)
{
    ap_live_note(input, "%s", reason);
    input->stats.state = AP_LIVE_FAILED;
    ops_of(input)->close(input);
}

static void try_to_open(ap_live_input *input)
{
    input->stats.state = AP_LIVE_CONNECTING;
    ops_of(input)->open(input);
}

static void on_tick(void *context)
{
    struct ap_live_in_state *set = context;
    set->now_ns = ap_clock_monotonic_ns();
    (void)ap_live_clock_now(set->clock); /* so that no step of the wall clock goes unseen */
    for (uint32_t i = 0; i < set->used_count; i++) {
        ap_live_input *input = set->inputs[set->used[i]];
        if (input->stats.state == AP_LIVE_WAITING) {
            if (set->now_ns >= input->retry_ns)
                try_to_open(input);
        } else if (input->stats.state != AP_LIVE_FAILED && ops_of(input)->tick) {
            ops_of(input)->tick(input);
        }
    }
}

/* --- the set --- */

ap_err ap_live_in_open(ap_live_in *in, ap_loop *loop, ap_live_clock *clock, ap_live_chunk_fn fn,
                       void *context, char message[AP_IO_MESSAGE_SIZE])
{
    in->state = NULL;
    struct ap_live_in_state *set = calloc(1, sizeof *set);
    if (!set || ap_loop_every(loop, AP_LIVE_TICK_MS, on_tick, set)) {
        free(set);
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
        return AP_ERR_MEMORY;
    }
    set->loop = loop;
    set->clock = clock;
    set->fn = fn;
    set->context = context;
    set->now_ns = ap_clock_monotonic_ns();
    in->state = set;
    return AP_OK;
}

static void free_input(ap_live_input *input)
{
    if (!input)
        return;
    free((char *)(uintptr_t)input->config.host);
    free((char *)(uintptr_t)input->config.group);
    free((char *)(uintptr_t)input->config.interface);
    free((char *)(uintptr_t)input->config.source);
    free((char *)(uintptr_t)input->config.path);
    free(input->own);
    free(input);
}

/* True when it is copied, or there was nothing to copy. */
static bool copy_text(const char **text)
{
    if (*text)
        *text = strdup(*text);
    return *text != NULL;
}

static ap_live_input *make_input(struct ap_live_in_state *set, uint32_t index,
                                 const ap_live_config *config)
{
    ap_live_input *input = calloc(1, sizeof *input);
    if (!input)
        return NULL;
    input->set = set;
    input->index = index;
    input->config = *config;
    input->stats.last_receive_utc = AP_UTC_UNKNOWN;
    const char **texts[] = { &input->config.host, &input->config.group, &input->config.interface,
                             &input->config.source, &input->config.path };
    bool copied = true;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bool wanted = *texts[i] != NULL;
        copied = copy_text(texts[i]) == wanted && copied;
    }
    input->own = calloc(1, ops_of_kind[config->kind]->own_size);
    if (copied && input->own)
        return input;
    free_input(input);
    return NULL;
}

static ap_err refuse_add(char message[AP_IO_MESSAGE_SIZE], ap_err err, const char *text)
{
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "%s", text);
    return err;
}

/* An input of the set, or of none, that may be opened. */
static ap_err make_checked(struct ap_live_in_state *set, uint32_t index,
                           const ap_live_config *config, ap_live_input **made,
                           char message[AP_IO_MESSAGE_SIZE])
{
    if ((unsigned)config->kind >= AP_LIVE_KIND_COUNT)
        return refuse_add(message, AP_ERR_ARGUMENT, "an input of this kind is unknown");
    ap_live_input *input = make_input(set, index, config);
    if (!input)
        return refuse_add(message, AP_ERR_MEMORY, "memory is exhausted");
    ap_err err = ops_of(input)->check(input, message);
    if (err)
        free_input(input);
    else
        *made = input;
    return err;
}

ap_err ap_live_check(const ap_live_config *config, char message[AP_IO_MESSAGE_SIZE])
{
    ap_live_input *made = NULL;
    ap_err err = make_checked(NULL, 0, config, &made, message);
    free_input(made);
    return err;
}

ap_err ap_live_in_add(ap_live_in *in, uint32_t index, const ap_live_config *config,
                      char message[AP_IO_MESSAGE_SIZE])
{
    struct ap_live_in_state *set = in->state;
    assert(!set->is_delivering);
    if (index >= AP_LIVE_INPUT_CAP)
        return refuse_add(message, AP_ERR_ARGUMENT, "numbers of inputs go from 0 to 4095");
    if (set->inputs[index])
        return refuse_add(message, AP_ERR_ARGUMENT, "there is an input with this number");
    ap_live_input *input = NULL;
    ap_err err = make_checked(set, index, config, &input, message);
    if (err)
        return err;
    set->inputs[index] = input;
    set->used[set->used_count++] = index;
    try_to_open(input);
    return AP_OK;
}

void ap_live_in_remove(ap_live_in *in, uint32_t index)
{
    struct ap_live_in_state *set = in->state;
    assert(!set->is_delivering);
    ap_live_input *input = index < AP_LIVE_INPUT_CAP ? set->inputs[index] : NULL;
    if (!input)
        return;
    ops_of(input)->close(input);
    uint32_t at = 0;
    while (set->used[at] != index)
        at++;
    memmove(&set->used[at], &set->used[at + 1],
            (set->used_count - at - 1) * sizeof set->used[0]); /* their order is that of adding */
    set->used_count--;
    set->inputs[index] = NULL;
    free_input(input);
}

const ap_live_stats *ap_live_in_stats(const ap_live_in *in, uint32_t index)
{
    const ap_live_input *input =
        in->state && index < AP_LIVE_INPUT_CAP ? in->state->inputs[index] : NULL;
    return input ? &input->stats : NULL;
}

void ap_live_in_close(ap_live_in *in)
{
    struct ap_live_in_state *set = in->state;
    if (!set)
        return;
    while (set->used_count > 0)
        ap_live_in_remove(in, set->used[set->used_count - 1]);
    ap_loop_cancel(set->loop, on_tick, set);
    ap_live_udp_free_batch(set->batch);
    free(set);
    in->state = NULL;
}
