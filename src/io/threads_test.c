#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/threads.h"

#define PARTS 300

typedef struct sums {
    unsigned calls[PARTS];
    uint64_t from[PARTS], to[PARTS];
} sums;

static void add_up(void *context, size_t i)
{
    sums *s = context;
    s->calls[i]++;
    s->to[i] = s->from[i] * 3 + i;
}

/* Each part once and done on return, whatever the number of threads, whether they are awake or had
 * time to fall asleep. */
static void test_run_does_every_part_once(void **state)
{
    (void)state;
    static const unsigned counts[] = { 1, 2, 3, 8 };
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        ap_threads *threads;
        sums s;
        assert_int_equal(ap_threads_open(&threads, counts[k]), AP_OK);
        for (unsigned round = 0; round < 2000; round++) {
            size_t parts = round % PARTS;
            memset(&s, 0, sizeof s);
            for (size_t i = 0; i < PARTS; i++)
                s.from[i] = round + i;
            ap_threads_run(threads, add_up, &s, parts);
            for (size_t i = 0; i < PARTS; i++) {
                assert_int_equal(s.calls[i], i < parts);
                assert_int_equal(s.to[i], i < parts ? (round + i) * 3 + i : 0);
            }
        }
        ap_threads_close(threads);
    }
}

static void test_open_refuses_counts_out_of_range(void **state)
{
    (void)state;
    ap_threads *threads;
    assert_int_equal(ap_threads_open(&threads, 0), AP_ERR_ARGUMENT);
    assert_null(threads);
    assert_int_equal(ap_threads_open(&threads, AP_THREADS_MAX + 1), AP_ERR_ARGUMENT);
    assert_null(threads);
    ap_threads_close(threads);
}

/* Threads end that never had anything to do, that wait, and that are just at work. */
static void test_close_ends_threads_that_wait(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        ap_threads *threads;
        assert_int_equal(ap_threads_open(&threads, 4), AP_OK);
        ap_threads_close(threads);
    }
    sums s;
    memset(&s, 0, sizeof s);
    for (unsigned i = 0; i < 2000; i++) {
        ap_threads *threads;
        assert_int_equal(ap_threads_open(&threads, 3), AP_OK);
        for (unsigned piece = 0; piece < i % 4; piece++)
            ap_threads_run(threads, add_up, &s, 1 + i % 7);
        if (i % 5 == 0)
            usleep(i % 3 * 100);
        ap_threads_close(threads);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_does_every_part_once),
        cmocka_unit_test(test_open_refuses_counts_out_of_range),
        cmocka_unit_test(test_close_ends_threads_that_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
