#include "io/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "airpicture/time.h"
#include "io/clock.h"
#include "io/loop_fd.h"

typedef struct counter {
    ap_loop *loop;
    int count, stop_at;
    int64_t busy_ns;
} counter;

static void count(void *context)
{
    counter *c = context;
    ap_clock_sleep_ns(c->busy_ns);
    if (++c->count == c->stop_at)
        ap_loop_stop(c->loop);
}

static ap_loop open_loop(void)
{
    ap_loop loop;
    char message[AP_IO_MESSAGE_SIZE];
    assert_int_equal(ap_loop_open(&loop, message), AP_OK);
    return loop;
}

enum { PHASE_CALLS = 6, PHASE_PERIOD_MS = 200, PHASE_BUSY_MS = 15 };

typedef struct phases {
    ap_loop *loop;
    int64_t begin_ns, least_ns; /* least: after a multiple of the period, of the later half */
    int calls;
} phases;

static void note_phase(void *context)
{
    phases *p = context;
    int64_t after_ns = (ap_clock_monotonic_ns() - p->begin_ns) % (PHASE_PERIOD_MS * AP_NS_PER_MS);
    p->calls++;
    if (p->calls > PHASE_CALLS / 2 && after_ns < p->least_ns)
        p->least_ns = after_ns;
    ap_clock_sleep_ns(PHASE_BUSY_MS * AP_NS_PER_MS);
    if (p->calls == PHASE_CALLS)
        ap_loop_stop(p->loop);
}

/* Callbacks that take 15 ms of every 200. With drift the fourth and later ones begin 45 ms and more
 * after a multiple; a host that is busy makes some late, not all. */
static void test_loop_every_does_not_drift(void **state)
{
    (void)state;
    ap_loop loop = open_loop();
    phases p = { .loop = &loop, .begin_ns = ap_clock_monotonic_ns(), .least_ns = INT64_MAX };
    p.begin_ns -= p.begin_ns % AP_NS_PER_MS; /* libuv's time is in whole milliseconds */
    assert_int_equal(ap_loop_every(&loop, PHASE_PERIOD_MS, note_phase, &p), AP_OK);
    ap_loop_run(&loop);
    assert_true(p.least_ns < 25 * AP_NS_PER_MS);
    ap_loop_close(&loop);
    ap_loop_close(&loop);
}

/* 25 ms of work every 10 ms: at 10, 40, 70 ... ms; nothing is made up for. */
static void test_loop_every_leaves_out(void **state)
{
    (void)state;
    ap_loop loop = open_loop();
    counter c = { .loop = &loop, .stop_at = 5, .busy_ns = 25 * AP_NS_PER_MS };
    assert_int_equal(ap_loop_every(&loop, 10, count, &c), AP_OK);
    int64_t begin_ns = ap_clock_monotonic_ns();
    ap_loop_run(&loop);
    int64_t taken_ns = ap_clock_monotonic_ns() - begin_ns;
    assert_true(taken_ns >= 154 * AP_NS_PER_MS); /* 10 + 4 x 30 + 25 */
    ap_loop_close(&loop);
}

static void test_loop_every_refuses(void **state)
{
    (void)state;
    ap_loop loop = open_loop();
    counter c = { .loop = &loop };
    assert_int_equal(ap_loop_every(&loop, 0, count, &c), AP_ERR_ARGUMENT);
    assert_int_equal(ap_loop_every(&loop, 86400001, count, &c), AP_ERR_ARGUMENT);
    assert_int_equal(ap_loop_on_signal(&loop, SIGKILL, count, &c), AP_ERR_ARGUMENT);
    ap_loop_turn(&loop);
    ap_loop_close(&loop);
}

static void cancel_self(void *context)
{
    counter *c = context;
    c->count++;
    ap_loop_cancel(c->loop, cancel_self, c);
}

static void test_loop_cancel_within(void **state)
{
    (void)state;
    ap_loop loop = open_loop();
    counter ended = { .loop = &loop }, other = { .loop = &loop, .stop_at = 20 };
    assert_int_equal(ap_loop_every(&loop, 1, cancel_self, &ended), AP_OK);
    assert_int_equal(ap_loop_every(&loop, 1, count, &other), AP_OK);
    ap_loop_run(&loop);
    assert_int_equal(ended.count, 1);
    assert_int_equal(other.count, 20);
    ap_loop_close(&loop);
}

static void test_loop_on_signal(void **state)
{
    (void)state;
    ap_loop loop = open_loop();
    counter c = { .loop = &loop, .stop_at = 1 };
    assert_int_equal(ap_loop_on_signal(&loop, SIGHUP, count, &c), AP_OK);
    assert_int_equal(raise(SIGHUP), 0);
    ap_loop_run(&loop);
    assert_int_equal(c.count, 1);
    ap_loop_close(&loop);
}

enum { WAKES = 20000 };

typedef struct waking {
    ap_waker waker;
    ap_loop *loop;
    _Atomic int written; /* by the other thread */
    int calls, seen;     /* by the loop */
} waking;

static void on_wake(void *context)
{
    waking *w = context;
    w->calls++;
    w->seen = atomic_load(&w->written);
    if (w->seen == WAKES)
        ap_loop_stop(w->loop);
}

static void *wake_often(void *context)
{
    waking *w = context;
    for (int i = 1; i <= WAKES; i++) {
        atomic_store(&w->written, i);
        ap_waker_wake(&w->waker);
    }
    return NULL;
}

/* The last wake is never lost, and many are one call. */
static void test_waker_wake_from_thread(void **state)
{
    (void)state;
    ap_loop loop = open_loop();
    waking w = { .loop = &loop };
    pthread_t thread;
    assert_int_equal(ap_waker_open(&w.waker, &loop, on_wake, &w), AP_OK);
    assert_int_equal(pthread_create(&thread, NULL, wake_often, &w), 0);
    ap_loop_run(&loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(w.seen, WAKES);
    assert_in_range(w.calls, 1, WAKES);
    int calls = w.calls;
    ap_waker_wake(&w.waker);
    ap_waker_wake(&w.waker);
    ap_loop_turn(&loop);
    assert_int_equal(w.calls, calls + 1);
    ap_loop_turn(&loop); /* what it asked for: to stop */
    ap_waker_wake(&w.waker);
    ap_waker_close(&w.waker);
    ap_waker_close(&w.waker);
    ap_loop_turn(&loop);
    assert_int_equal(w.calls, calls + 1);
    ap_loop_close(&loop);
}

static void *stop_later(void *context)
{
    ap_clock_sleep_ns(20 * AP_NS_PER_MS);
    ap_loop_stop(context);
    return NULL;
}

static void test_loop_stop_from_thread_and_before(void **state)
{
    (void)state;
    ap_loop loop = open_loop();
    pthread_t thread;
    ap_loop_stop(&loop);
    ap_loop_run(&loop);
    int64_t begin_ns = ap_clock_monotonic_ns();
    assert_int_equal(pthread_create(&thread, NULL, stop_later, &loop), 0);
    ap_loop_run(&loop);
    assert_true(ap_clock_monotonic_ns() - begin_ns >= 19 * AP_NS_PER_MS);
    assert_int_equal(pthread_join(thread, NULL), 0);
    ap_loop_close(&loop);
}

typedef struct pair {
    ap_loop *loop;
    ap_loop_fd *fd;
    int reads, writes, ended;
} pair;

static void on_ready(void *context, bool readable, bool writable)
{
    pair *p = context;
    char bytes[8];
    if (writable) {
        p->writes++;
        ap_loop_fd_want(p->fd, true, false);
    }
    if (!readable)
        return;
    if (read(ap_loop_fd_number(p->fd), bytes, sizeof bytes) > 0) {
        p->reads++;
        return;
    }
    p->ended++;
    ap_loop_fd_close(&p->fd);
    ap_loop_stop(p->loop);
}

static void test_loop_fd_ready(void **state)
{
    (void)state;
    ap_loop loop = open_loop();
    pair p = { .loop = &loop };
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    p.fd = ap_loop_fd_open(&loop, ends[0], on_ready, &p);
    assert_non_null(p.fd);
    ap_loop_fd_want(p.fd, true, true);
    ap_loop_turn(&loop);
    ap_loop_turn(&loop);
    assert_int_equal(p.writes, 1);
    assert_int_equal(write(ends[1], "one", 3), 3);
    ap_loop_turn(&loop);
    assert_int_equal(p.reads, 1);
    ap_loop_fd_want(p.fd, false, false);
    assert_int_equal(write(ends[1], "two", 3), 3);
    ap_loop_turn(&loop);
    assert_int_equal(p.reads, 1);
    ap_loop_fd_want(p.fd, true, false);
    assert_int_equal(close(ends[1]), 0);
    ap_loop_run(&loop);
    assert_int_equal(p.reads, 2);
    assert_int_equal(p.ended, 1);
    assert_null(p.fd);
    ap_loop_fd_close(&p.fd);
    ap_loop_close(&loop);
}

/* A plain file is always ready, and so is refused. */
static void test_loop_fd_open_refuses_file(void **state)
{
    (void)state;
    ap_loop loop = open_loop();
    char path[] = "/tmp/airpicture-loop-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_null(ap_loop_fd_open(&loop, fd, on_ready, NULL));
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
    ap_loop_close(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loop_every_does_not_drift),
        cmocka_unit_test(test_loop_every_leaves_out),
        cmocka_unit_test(test_loop_every_refuses),
        cmocka_unit_test(test_loop_cancel_within),
        cmocka_unit_test(test_loop_on_signal),
        cmocka_unit_test(test_waker_wake_from_thread),
        cmocka_unit_test(test_loop_stop_from_thread_and_before),
        cmocka_unit_test(test_loop_fd_ready),
        cmocka_unit_test(test_loop_fd_open_refuses_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
