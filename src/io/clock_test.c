#include "io/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void test_clock_goes_forward(void **state)
{
    (void)state;
    int64_t wall_ns = ap_clock_monotonic_ns(), cpu_ns = ap_clock_cpu_ns();
    ap_clock_sleep_ns(5000000);
    int64_t slept_ns = ap_clock_monotonic_ns() - wall_ns;
    assert_true(slept_ns >= 5000000);
    int64_t used_ns = ap_clock_cpu_ns() - cpu_ns;
    assert_true(used_ns >= 0 && used_ns <= slept_ns);
    ap_clock_sleep_ns(0);
    ap_clock_sleep_ns(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_clock_goes_forward) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
