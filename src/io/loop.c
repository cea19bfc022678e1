#include "io/loop.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "io/loop_fd.h"

#define PERIOD_MAX_MS 86400000u

/* A timer or a signal. */
typedef struct call {
    struct call *next;
    union {
        uv_handle_t handle;
        uv_timer_t timer;
        uv_signal_t signal;
    } uv;
    ap_loop_fn fn; /* NULL: cancelled, its memory waits for libuv */
    void *context;
    uint64_t period_ms, due_ms; /* due_ms: on libuv's clock */
} call;

struct ap_loop_state {
    uv_loop_t uv;
    uv_async_t stop;
    call *calls;
};

struct ap_waker_state {
    uv_async_t async;
    ap_loop_fn fn;
    void *context;
};

struct ap_loop_fd {
    uv_poll_t poll;
    ap_loop_fd_fn fn;
    void *context;
    int fd, events;
};

/* --- the loop --- */

static void on_stop(uv_async_t *async)
{
    uv_stop(async->loop);
}

ap_err ap_loop_open(ap_loop *loop, char message[AP_IO_MESSAGE_SIZE])
{
    loop->state = NULL;
    struct ap_loop_state *state = calloc(1, sizeof *state);
    int error = state ? uv_loop_init(&state->uv) : UV_ENOMEM;
    if (!error) {
        error = uv_async_init(&state->uv, &state->stop, on_stop);
        if (error)
            (void)uv_loop_close(&state->uv);
    }
    if (error) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot start the event loop: %s",
                       uv_strerror(error));
        free(state);
        return error == UV_ENOMEM ? AP_ERR_MEMORY : AP_ERR_IO;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    loop->state = state;
    return AP_OK;
}

void ap_loop_run(ap_loop *loop)
{
    (void)uv_run(&loop->state->uv, UV_RUN_DEFAULT);
}

void ap_loop_turn(ap_loop *loop)
{
    (void)uv_run(&loop->state->uv, UV_RUN_NOWAIT);
}

void ap_loop_stop(ap_loop *loop)
{
    (void)uv_async_send(&loop->state->stop);
}

void *ap_loop_uv(ap_loop *loop)
{
    return &loop->state->uv;
}

static void close_left_over(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void free_call(uv_handle_t *handle)
{
    free(handle->data);
}

void ap_loop_close(ap_loop *loop)
{
    struct ap_loop_state *state = loop->state;
    if (!state)
        return;
    while (state->calls) {
        call *first = state->calls;
        state->calls = first->next;
        uv_close(&first->uv.handle, free_call);
    }
    uv_walk(&state->uv, close_left_over, NULL);
    (void)uv_run(&state->uv, UV_RUN_DEFAULT); /* ends when the last handle is closed */
    int error = uv_loop_close(&state->uv);
    assert(error == 0);
    (void)error;
    free(state);
    loop->state = NULL;
}

/* --- timers and signals --- */

static call *add_call(ap_loop *loop, ap_loop_fn fn, void *context)
{
    call *made = calloc(1, sizeof *made);
    if (made) {
        made->fn = fn;
        made->context = context;
        made->next = loop->state->calls;
    }
    return made;
}

/* libuv's time is that of the beginning of its turn; a timeout counts from there. */
static void wait_until_due(call *timer);

static void on_time(uv_timer_t *handle)
{
    call *timer = handle->data;
    timer->fn(timer->context);
    uv_update_time(handle->loop);
    if (!timer->fn)
        return;
    uint64_t now_ms = uv_now(handle->loop);
    if (timer->due_ms <= now_ms)
        timer->due_ms += ((now_ms - timer->due_ms) / timer->period_ms + 1) * timer->period_ms;
    wait_until_due(timer);
}

static void wait_until_due(call *timer)
{
    int error =
        uv_timer_start(&timer->uv.timer, on_time, timer->due_ms - uv_now(timer->uv.timer.loop), 0);
    assert(error == 0);
    (void)error;
}

ap_err ap_loop_every(ap_loop *loop, uint32_t period_ms, ap_loop_fn fn, void *context)
{
    if (period_ms == 0 || period_ms > PERIOD_MAX_MS)
        return AP_ERR_ARGUMENT;
    call *timer = add_call(loop, fn, context);
    if (!timer)
        return AP_ERR_MEMORY;
    (void)uv_timer_init(&loop->state->uv, &timer->uv.timer); /* cannot fail */
    timer->uv.handle.data = timer;
    loop->state->calls = timer;
    uv_update_time(&loop->state->uv);
    timer->period_ms = period_ms;
    timer->due_ms = uv_now(&loop->state->uv) + period_ms;
    wait_until_due(timer);
    return AP_OK;
}

static void on_signal(uv_signal_t *handle, int signal_number)
{
    (void)signal_number;
    const call *signal = handle->data;
    signal->fn(signal->context);
}

ap_err ap_loop_on_signal(ap_loop *loop, int signal_number, ap_loop_fn fn, void *context)
{
    call *signal = add_call(loop, fn, context);
    if (!signal)
        return AP_ERR_MEMORY;
    if (uv_signal_init(&loop->state->uv, &signal->uv.signal)) {
        free(signal);
        return AP_ERR_IO;
    }
    signal->uv.handle.data = signal;
    if (uv_signal_start(&signal->uv.signal, on_signal, signal_number)) {
        uv_close(&signal->uv.handle, free_call);
        return AP_ERR_ARGUMENT;
    }
    loop->state->calls = signal;
    return AP_OK;
}

void ap_loop_cancel(ap_loop *loop, ap_loop_fn fn, void *context)
{
    call **at = &loop->state->calls;
    while (*at) {
        call *found = *at;
        if (found->fn != fn || found->context != context) {
            at = &found->next;
            continue;
        }
        *at = found->next;
        found->fn = NULL;
        uv_close(&found->uv.handle, free_call);
    }
}

/* --- wakers --- */

static void on_wake(uv_async_t *async)
{
    const struct ap_waker_state *state = async->data;
    state->fn(state->context);
}

ap_err ap_waker_open(ap_waker *waker, ap_loop *loop, ap_loop_fn fn, void *context)
{
    waker->state = NULL;
    struct ap_waker_state *state = calloc(1, sizeof *state);
    if (!state)
        return AP_ERR_MEMORY;
    state->fn = fn;
    state->context = context;
    if (uv_async_init(&loop->state->uv, &state->async, on_wake)) {
        free(state);
        return AP_ERR_IO;
    }
    state->async.data = state;
    waker->state = state;
    return AP_OK;
}

void ap_waker_wake(ap_waker *waker)
{
    (void)uv_async_send(&waker->state->async);
}

static void free_data(uv_handle_t *handle)
{
    free(handle->data);
}

void ap_waker_close(ap_waker *waker)
{
    if (waker->state)
        uv_close((uv_handle_t *)&waker->state->async, free_data);
    waker->state = NULL;
}

/* --- descriptors --- */

static void on_ready(uv_poll_t *poll, int status, int events)
{
    ap_loop_fd *of = poll->data;
    if (status < 0) { /* libuv has stopped, and does not tell the error */
        (void)uv_poll_start(poll, of->events, on_ready);
        events = UV_READABLE | UV_WRITABLE;
    }
    of->fn(of->context, events & (UV_READABLE | UV_DISCONNECT), events & UV_WRITABLE);
}

ap_loop_fd *ap_loop_fd_open(ap_loop *loop, int fd, ap_loop_fd_fn fn, void *context)
{
    ap_loop_fd *of = calloc(1, sizeof *of);
    int error = of ? uv_poll_init(&loop->state->uv, &of->poll, fd) : UV_ENOMEM;
    if (error) {
        free(of);
        errno = -error;
        return NULL;
    }
    of->poll.data = of;
    of->fn = fn;
    of->context = context;
    of->fd = fd;
    return of;
}

int ap_loop_fd_number(const ap_loop_fd *of)
{
    return of->fd;
}

void ap_loop_fd_want(ap_loop_fd *of, bool readable, bool writable)
{
    int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (events == of->events)
        return;
    of->events = events;
    int error = events ? uv_poll_start(&of->poll, events, on_ready) : uv_poll_stop(&of->poll);
    assert(error == 0);
    (void)error;
}

void ap_loop_fd_leave(ap_loop_fd **of)
{
    if (*of)
        uv_close((uv_handle_t *)&(*of)->poll, free_data);
    *of = NULL;
}

void ap_loop_fd_close(ap_loop_fd **of)
{
    int fd = *of ? (*of)->fd : -1;
    ap_loop_fd_leave(of);
    if (fd >= 0)
        (void)close(fd);
}
