/* Worker: a thread that does for the loop what would hold it up, one job after the other. */
#ifndef AP_IO_WORKER_H
#define AP_IO_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "airpicture/err.h"
#include "io/loop.h"

#define AP_WORKER_QUEUE_MAX 64

typedef struct ap_worker_job {
    /* On the worker's thread; to return soon when *is_ending becomes true. */
    void (*run)(void *context, const atomic_bool *is_ending);
    /* On the loop's, when it was run, or will not be: once for each job that was taken. */
    void (*done)(void *context);
    void *context;
} ap_worker_job;

struct ap_worker_state;

typedef struct ap_worker {
    struct ap_worker_state *state; /* NULL when closed */
} ap_worker;

/* queue_cap, [1, AP_WORKER_QUEUE_MAX]: jobs that may wait or run. `name` of the thread, at
 * most 15 characters. AP_ERR_ARGUMENT, AP_ERR_MEMORY, AP_ERR_IO. */
ap_err ap_worker_open(ap_worker *worker, ap_loop *loop, const char *name, size_t queue_cap);

/* On the loop's thread. Takes a copy of the job. False, and nothing is called, when too many wait.
 */
bool ap_worker_give(ap_worker *worker, const ap_worker_job *job);

/* Waits for the job that runs, and calls `done` of all that are left. Not from a callback. Safe
 * twice. */
void ap_worker_close(ap_worker *worker);

#endif
