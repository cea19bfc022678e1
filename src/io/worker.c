#include "io/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/threads.h"

/* Jobs are a ring: up to done_count it is free, up to run_count to be told, then they wait. */
struct ap_worker_state {
    ap_worker_job jobs[AP_WORKER_QUEUE_MAX];
    size_t cap;
    size_t done_count;  /* whose `done` was called; the loop's */
    size_t run_count;   /* under the mutex */
    size_t given_count; /* under the mutex, written by the loop */
    char name[16];
    atomic_bool is_ending;
    ap_waker waker;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t given;
};

static void *work(void *context)
{
    struct ap_worker_state *state = context;
    ap_threads_name(state->name);
    pthread_mutex_lock(&state->mutex);
    while (!atomic_load(&state->is_ending)) {
        if (state->run_count == state->given_count) {
            pthread_cond_wait(&state->given, &state->mutex);
            continue;
        }
        ap_worker_job job = state->jobs[state->run_count % AP_WORKER_QUEUE_MAX];
        pthread_mutex_unlock(&state->mutex);
        job.run(job.context, &state->is_ending);
        pthread_mutex_lock(&state->mutex);
        state->run_count++;
        ap_waker_wake(&state->waker);
    }
    pthread_mutex_unlock(&state->mutex);
    return NULL;
}

static void tell_done(struct ap_worker_state *state, size_t until)
{
    while (state->done_count < until) {
        ap_worker_job job = state->jobs[state->done_count % AP_WORKER_QUEUE_MAX];
        state->done_count++;
        job.done(job.context);
    }
}

static void on_wake(void *context)
{
    struct ap_worker_state *state = context;
    pthread_mutex_lock(&state->mutex);
    size_t run_count = state->run_count;
    pthread_mutex_unlock(&state->mutex);
    tell_done(state, run_count);
}

static void release(ap_worker *worker)
{
    struct ap_worker_state *state = worker->state;
    ap_waker_close(&state->waker);
    pthread_cond_destroy(&state->given);
    pthread_mutex_destroy(&state->mutex);
    free(state);
    worker->state = NULL;
}

ap_err ap_worker_open(ap_worker *worker, ap_loop *loop, const char *name, size_t queue_cap)
{
    worker->state = NULL;
    if (queue_cap < 1 || queue_cap > AP_WORKER_QUEUE_MAX)
        return AP_ERR_ARGUMENT;
    struct ap_worker_state *state = calloc(1, sizeof *state);
    if (!state)
        return AP_ERR_MEMORY;
    worker->state = state;
    state->cap = queue_cap;
    (void)snprintf(state->name, sizeof state->name, "%s", name);
    pthread_mutex_init(&state->mutex, NULL);
    pthread_cond_init(&state->given, NULL);
    ap_err err = ap_waker_open(&state->waker, loop, on_wake, state);
    if (!err && pthread_create(&state->thread, NULL, work, state) != 0)
        err = AP_ERR_MEMORY;
    if (err)
        release(worker);
    return err;
}

bool ap_worker_give(ap_worker *worker, const ap_worker_job *job)
{
    struct ap_worker_state *state = worker->state;
    pthread_mutex_lock(&state->mutex);
    bool has_room = state->given_count - state->done_count < state->cap;
    if (has_room) {
        state->jobs[state->given_count++ % AP_WORKER_QUEUE_MAX] = *job;
        pthread_cond_signal(&state->given);
    }
    pthread_mutex_unlock(&state->mutex);
    return has_room;
}

void ap_worker_close(ap_worker *worker)
{
    struct ap_worker_state *state = worker->state;
    if (!state)
        return;
    pthread_mutex_lock(&state->mutex);
    atomic_store(&state->is_ending, true);
    pthread_cond_signal(&state->given);
    pthread_mutex_unlock(&state->mutex);
    pthread_join(state->thread, NULL);
    tell_done(state, state->given_count);
    release(worker);
}
