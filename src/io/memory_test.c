#include "io/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_memory_is_zeroed_and_writable(void **state)
{
    (void)state;
    enum { SIZE = (5 << 20) + 123 };
    for (int round = 0; round < 3; round++) { /* the same pages may come again */
        uint8_t *memory = ap_memory_take(SIZE);
        assert_non_null(memory);
        for (size_t i = 0; i < SIZE; i++) {
            assert_int_equal(memory[i], 0);
            memory[i] = 0xA5;
        }
        ap_memory_give_back(memory, SIZE);
    }
    ap_memory_give_back(NULL, 1);
}

static void test_memory_refuses_what_there_is_not(void **state)
{
    (void)state;
    assert_null(ap_memory_take(SIZE_MAX / 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_memory_is_zeroed_and_writable),
                                        cmocka_unit_test(test_memory_refuses_what_there_is_not) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
