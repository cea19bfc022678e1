#include "io/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct task {
    atomic_bool *may_end;
    atomic_int *running;
    int *order, *count;
    int number;
    bool was_run;
} task;

static void run(void *context, const atomic_bool *is_ending)
{
    task *t = context;
    atomic_fetch_add(t->running, 1);
    while (!atomic_load(t->may_end) && !atomic_load(is_ending))
        usleep(1000);
    t->was_run = true;
}

static void done(void *context)
{
    task *t = context;
    t->order[(*t->count)++] = t->number;
}

typedef struct bed {
    ap_loop loop;
    ap_worker worker;
    atomic_bool may_end;
    atomic_int running;
    int order[8], count;
    task tasks[8];
} bed;

static void start(bed *b, size_t queue_cap)
{
    char message[AP_IO_MESSAGE_SIZE];
    *b = (bed){ .count = 0 };
    assert_int_equal(ap_loop_open(&b->loop, message), AP_OK);
    assert_int_equal(ap_worker_open(&b->worker, &b->loop, "tested", queue_cap), AP_OK);
    for (int i = 0; i < 8; i++)
        b->tasks[i] =
            (task){ &b->may_end, &b->running, b->order, &b->count, .number = i, .was_run = false };
}

static bool give(bed *b, int number)
{
    return ap_worker_give(&b->worker, &(ap_worker_job){ run, done, &b->tasks[number] });
}

static void turn_until(bed *b, int count)
{
    for (int i = 0; i < 10000 && b->count < count; i++) {
        ap_loop_turn(&b->loop);
        usleep(1000);
    }
    assert_int_equal(b->count, count);
}

/* In their order; beyond the cap none is taken, until one is done. */
static void test_worker_queue(void **state)
{
    (void)state;
    bed b;
    start(&b, 3);
    assert_true(give(&b, 0) && give(&b, 1) && give(&b, 2));
    assert_false(give(&b, 3));
    ap_loop_turn(&b.loop);
    assert_int_equal(b.count, 0);
    atomic_store(&b.may_end, true);
    turn_until(&b, 3);
    assert_true(give(&b, 4));
    turn_until(&b, 4);
    static const int order[] = { 0, 1, 2, 4 };
    assert_memory_equal(b.order, order, sizeof order);
    ap_worker_close(&b.worker);
    ap_worker_close(&b.worker);
    ap_loop_close(&b.loop);
}

/* The job that runs is told to end; of those that wait none begins, and each is told of once. */
static void test_worker_close(void **state)
{
    (void)state;
    bed b;
    start(&b, 8);
    assert_true(give(&b, 0) && give(&b, 1));
    for (int i = 0; i < 10000 && atomic_load(&b.running) == 0; i++)
        usleep(1000);
    ap_worker_close(&b.worker);
    assert_int_equal(b.count, 2);
    assert_true(b.tasks[0].was_run);
    assert_false(b.tasks[1].was_run);
    ap_loop_close(&b.loop);
}

static void test_worker_open_refuses(void **state)
{
    (void)state;
    bed b;
    ap_worker worker;
    start(&b, 1);
    assert_int_equal(ap_worker_open(&worker, &b.loop, "", 0), AP_ERR_ARGUMENT);
    assert_int_equal(ap_worker_open(&worker, &b.loop, "", AP_WORKER_QUEUE_MAX + 1),
                     AP_ERR_ARGUMENT);
    ap_worker_close(&worker);
    ap_worker_close(&b.worker);
    ap_loop_close(&b.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worker_queue),
        cmocka_unit_test(test_worker_close),
        cmocka_unit_test(test_worker_open_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
