/* Helping hands: threads that share out the parts of a piece of work; and bells, conditions that
 * are waited for until a time. */
#ifndef AP_IO_THREADS_H
#define AP_IO_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"

#define AP_THREADS_MAX 64

typedef struct ap_threads ap_threads;

/* `count`, [1, AP_THREADS_MAX], threads in all, the caller's among them; with 1 none is made. NULL
 * in *threads on error: AP_ERR_ARGUMENT, or AP_ERR_MEMORY when memory or a thread cannot be had. */
ap_err ap_threads_open(ap_threads **threads, unsigned count);

/* Calls part(context, i) once for each i in [0, count), on any of the threads, and returns when all
 * have returned: what parts wrote, the caller then sees. threads: ap_threads. One caller at a time;
 * parts may not call it. The signature is that of ap_run_parts_fn. */
void ap_threads_run(void *threads, void (*part)(void *context, size_t i), void *context,
                    size_t count);

/* Ends the threads, and waits for that. NULL is ignored. */
void ap_threads_close(ap_threads *threads);

/* Names the calling thread for those that look at the process: 15 characters at most. */
void ap_threads_name(const char *name);

/* A condition whose waits are timed by the clock that nobody sets. */
void ap_bell_init(pthread_cond_t *bell);

/* Waits with the mutex free until somebody rings; false when it was until_ns
 * (ap_clock_monotonic_ns) before that. Now and then it returns true though nobody rang. */
bool ap_bell_wait(pthread_cond_t *bell, pthread_mutex_t *mutex, int64_t until_ns);

#endif
