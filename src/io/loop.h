/* The loop of the thread that talks to the outside world: timers, signals, wake-ups from other
 * threads, and, through io/loop_fd.h, descriptors. A thin cover of libuv, so that every part runs
 * on one loop without knowing the others.
 *
 * All but ap_loop_stop and ap_waker_wake is called on the loop's thread. A callback that takes long
 * delays all others: milliseconds are long. */
#ifndef AP_IO_LOOP_H
#define AP_IO_LOOP_H

#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"

struct ap_loop_state;

typedef struct ap_loop {
    struct ap_loop_state *state; /* NULL when closed */
} ap_loop;

typedef void (*ap_loop_fn)(void *context);

/* SIGPIPE is ignored by the program from here on: a peer that is gone is an error of a write.
 * AP_ERR_IO or AP_ERR_MEMORY with one line in `message`. */
ap_err ap_loop_open(ap_loop *loop, char message[AP_IO_MESSAGE_SIZE]);

/* Serves until ap_loop_stop; may be called again after it. */
void ap_loop_run(ap_loop *loop);

/* Serves what is due now, and waits for nothing. */
void ap_loop_turn(ap_loop *loop);

/* From any thread, and from callbacks: ap_loop_run returns at the end of its turn. Before a run it
 * ends that one. */
void ap_loop_stop(ap_loop *loop);

/* Calls fn every period_ms, [1, 86400000], first a period from now. The times are multiples of the
 * period since the start, however long callbacks take; times that a long callback ran over are left
 * out, not made up for. */
ap_err ap_loop_every(ap_loop *loop, uint32_t period_ms, ap_loop_fn fn, void *context);

/* Calls fn, on the loop, when the signal comes; several that come at once may be one call. The
 * signal does nothing else from then on. AP_ERR_ARGUMENT for one that cannot be caught. */
ap_err ap_loop_on_signal(ap_loop *loop, int signal_number, ap_loop_fn fn, void *context);

/* Ends the timers and signals that call fn with this context, also from within fn. */
void ap_loop_cancel(ap_loop *loop, ap_loop_fn fn, void *context);

/* The uv_loop_t, for libraries that bring their own handles. */
void *ap_loop_uv(ap_loop *loop);

/* Not from a callback. What was opened on the loop (wakers, descriptors, inputs, outputs) is closed
 * by its owner before. Waits for look-ups of names that are under way. Safe twice. */
void ap_loop_close(ap_loop *loop);

/* A bell that other threads ring. */
typedef struct ap_waker {
    struct ap_waker_state *state; /* NULL when closed */
} ap_waker;

/* AP_ERR_MEMORY, or AP_ERR_IO when the system has no descriptor left. */
ap_err ap_waker_open(ap_waker *waker, ap_loop *loop, ap_loop_fn fn, void *context);

/* From any thread: fn is called on the loop, once for all wakes before that call; what the waking
 * thread wrote before, fn sees. Never waits. Not while or after it is closed. */
void ap_waker_wake(ap_waker *waker);

/* fn is not called any more. Safe twice. */
void ap_waker_close(ap_waker *waker);

#endif
