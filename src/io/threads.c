#include "io/threads.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "airpicture/time.h"

/* Between two pieces of one group of plots lies what one thread does alone, some tenths of a
 * millisecond: so many rounds a thread looks out for the next piece before it sleeps. */
#define LOOKS_OUT 40000
#define LAST_LOOKS 1000 /* before the caller leaves its processor to a thread that may need it */

struct ap_threads {
    unsigned count; /* of threads made */
    pthread_t thread[AP_THREADS_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t begun;
    _Atomic bool is_closing; /* set before the last piece */
    _Atomic uint64_t piece;  /* number of the newest; changes under the mutex */
    _Atomic bool is_open;    /* it may be joined */
    _Atomic unsigned busy;   /* threads that are about to join it, or have */
    void (*part)(void *context, size_t i);
    void *context;
    size_t part_count;
    _Atomic size_t next; /* part */
};

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void work(ap_threads *t)
{
    size_t i;
    while ((i = atomic_fetch_add(&t->next, 1)) < t->part_count)
        t->part(t->context, i);
}

/* Waits for a piece of another number than `seen`, and returns that. */
static uint64_t await(ap_threads *t, uint64_t seen)
{
    uint64_t piece;
    for (int i = 0; i < LOOKS_OUT; i++) {
        piece = atomic_load(&t->piece);
        if (piece != seen)
            return piece;
        relax();
    }
    pthread_mutex_lock(&t->mutex);
    while ((piece = atomic_load(&t->piece)) == seen)
        pthread_cond_wait(&t->begun, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
    return piece;
}

/* Who comes too late does not join: nobody waits for a thread that sleeps. It says that it is about
 * to before it looks whether it may, the caller the other way round: one of them sees the other. */
static void *help(void *argument)
{
    ap_threads *t = argument;
    for (uint64_t seen = await(t, 0); !atomic_load(&t->is_closing); seen = await(t, seen)) {
        atomic_fetch_add(&t->busy, 1);
        if (atomic_load(&t->is_open))
            work(t);
        atomic_fetch_sub(&t->busy, 1);
    }
    return NULL;
}

/* What was written before is seen by whoever sees the new number. */
static void begin(ap_threads *t)
{
    pthread_mutex_lock(&t->mutex);
    atomic_fetch_add(&t->piece, 1);
    pthread_cond_broadcast(&t->begun);
    pthread_mutex_unlock(&t->mutex);
}

void ap_threads_run(void *threads, void (*part)(void *context, size_t i), void *context,
                    size_t count)
{
    ap_threads *t = threads;
    t->part = part;
    t->context = context;
    t->part_count = count;
    atomic_store(&t->next, 0);
    atomic_store(&t->is_open, true);
    if (t->count > 0)
        begin(t);
    work(t);
    atomic_store(&t->is_open, false);
    for (int i = 0; atomic_load(&t->busy) > 0; i++) {
        if (i < LAST_LOOKS)
            relax();
        else
            (void)sched_yield(); /* it may need this very processor */
    }
}

ap_err ap_threads_open(ap_threads **threads, unsigned count)
{
    *threads = NULL;
    if (count < 1 || count > AP_THREADS_MAX)
        return AP_ERR_ARGUMENT;
    ap_threads *t = calloc(1, sizeof *t);
    if (!t)
        return AP_ERR_MEMORY;
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->begun, NULL);
    while (t->count + 1 < count) {
        if (pthread_create(&t->thread[t->count], NULL, help, t)) {
            ap_threads_close(t);
            return AP_ERR_MEMORY;
        }
        t->count++;
    }
    *threads = t;
    return AP_OK;
}

void ap_threads_close(ap_threads *threads)
{
    if (!threads)
        return;
    atomic_store(&threads->is_closing, true);
    begin(threads);
    for (unsigned i = 0; i < threads->count; i++)
        pthread_join(threads->thread[i], NULL);
    pthread_cond_destroy(&threads->begun);
    pthread_mutex_destroy(&threads->mutex);
    free(threads);
}

void ap_threads_name(const char *name)
{
    (void)pthread_setname_np(pthread_self(), name);
}

void ap_bell_init(pthread_cond_t *bell)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(bell, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool ap_bell_wait(pthread_cond_t *bell, pthread_mutex_t *mutex, int64_t until_ns)
{
    const struct timespec until = { .tv_sec = until_ns / AP_NS_PER_S,
                                    .tv_nsec = until_ns % AP_NS_PER_S };
    return pthread_cond_timedwait(bell, mutex, &until) == 0;
}
