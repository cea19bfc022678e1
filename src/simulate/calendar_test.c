#include "simulate/calendar.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "simulate/random.h"

#define COUNT 500

/* Against the plain way: every item comes exactly once, in the first call whose bound is beyond
 * its time; times up to three rounds ahead, so that slots hold items of later rounds. */
static void test_calendar_take_as_by_looking_at_all(void **state)
{
    (void)state;
    ap_arena arena = ap_arena_measure();
    ap_calendar calendar;
    assert_false(ap_calendar_init(&calendar, &arena, COUNT, -1.0, 0.125));
    size_t size = ap_arena_need(&arena);
    void *mem = malloc(size);
    arena = ap_arena_over(mem, size);
    assert_true(ap_calendar_init(&calendar, &arena, COUNT, -1.0, 0.125));
    ap_random random = ap_random_of(1, 2, 3, 4);
    double due_s[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        due_s[i] = i == 7 ? HUGE_VAL : ap_random_between(&random, -1.0, 23.0);
        ap_calendar_put(&calendar, i, due_s[i]);
    }
    size_t taken = 0;
    for (double until_s = -0.95; until_s < 100.0; until_s += 0.09) {
        uint32_t item;
        while (ap_calendar_take(&calendar, until_s, &item)) {
            assert_true(item < COUNT && due_s[item] < until_s);
            due_s[item] = HUGE_VAL;
            if (++taken < 20 * COUNT) {
                due_s[item] = until_s + ap_random_between(&random, 0.1, 24.0);
                ap_calendar_put(&calendar, item, due_s[item]);
            }
        }
        for (uint32_t i = 0; i < COUNT; i++)
            assert_true(due_s[i] >= until_s);
    }
    assert_true(taken > 3 * COUNT);
    free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar_take_as_by_looking_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
