#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const size_t pieces[][2] = {
    { 3, 7 }, { 1, 64 }, { 0, 8 }, { 5, 0 }, { 1000, 12 }, { 1, 1 }
};
#define PIECE_COUNT (sizeof pieces / sizeof pieces[0])

static size_t need(void)
{
    ap_arena measure = ap_arena_measure();
    for (size_t i = 0; i < PIECE_COUNT; i++)
        assert_null(ap_arena_take(&measure, pieces[i][0], pieces[i][1]));
    return ap_arena_need(&measure);
}

/* What measuring asks for is enough, however the memory is aligned; pieces are zeroed, aligned and
 * apart. */
static void test_arena_measure_then_take(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 2 * AP_ARENA_ALIGN; shift++) {
        uint8_t *mem = malloc(shift + need());
        memset(mem, 0xA5, shift + need());
        ap_arena arena = ap_arena_over(mem + shift, need());
        uint8_t *end = mem + shift;
        for (size_t i = 0; i < PIECE_COUNT; i++) {
            size_t size = pieces[i][0] * pieces[i][1];
            uint8_t *piece = ap_arena_take(&arena, pieces[i][0], pieces[i][1]);
            assert_non_null(piece);
            assert_int_equal((uintptr_t)piece % AP_ARENA_ALIGN, 0);
            assert_true(piece >= end && piece + size <= mem + shift + need());
            for (size_t k = 0; k < size; k++)
                assert_int_equal(piece[k], 0);
            memset(piece, 0xA5, size);
            end = piece + size;
        }
        assert_true(ap_arena_need(&arena) <= need());
        free(mem);
    }
}

/* A raw piece lies where a zeroed one would, and is left as it was. */
static void test_arena_take_raw(void **state)
{
    (void)state;
    static uint8_t mem[512];
    memset(mem, 0xA5, sizeof mem);
    ap_arena raw = ap_arena_over(mem, sizeof mem), zeroed = raw;
    uint8_t *piece = ap_arena_take_raw(&raw, 3, 33);
    assert_int_equal(piece[0] + piece[98], 2 * 0xA5);
    assert_ptr_equal(ap_arena_take(&zeroed, 3, 33), piece);
    assert_ptr_equal(ap_arena_take_raw(&raw, 1, 1), ap_arena_take(&zeroed, 1, 1));
    assert_null(ap_arena_take_raw(&raw, SIZE_MAX, 2));
    assert_null(ap_arena_take_raw(&raw, 1, 1));
}

static void test_arena_refuses_what_does_not_fit(void **state)
{
    (void)state;
    static uint8_t mem[256];
    ap_arena arena = ap_arena_over(mem, sizeof mem);
    assert_null(ap_arena_take(&arena, 1, 512));
    assert_null(ap_arena_take(&arena, 1, 1)); /* stays refused */
    assert_int_equal(ap_arena_need(&arena), 0);
    arena = ap_arena_over(mem, 0);
    assert_null(ap_arena_take(&arena, 1, 1));
    arena = ap_arena_over(NULL, 100);
    assert_null(ap_arena_take(&arena, 1, 1));
    assert_int_equal(ap_arena_need(&arena), 0);
}

static void test_arena_refuses_overflow(void **state)
{
    (void)state;
    static uint8_t mem[256];
    ap_arena arena = ap_arena_over(mem, sizeof mem);
    assert_null(ap_arena_take(&arena, SIZE_MAX / 4, 8));
    assert_int_equal(ap_arena_need(&arena), 0);
    ap_arena measure = ap_arena_measure();
    assert_null(ap_arena_take(&measure, SIZE_MAX, 2));
    assert_int_equal(ap_arena_need(&measure), 0);
    measure = ap_arena_measure();
    for (int i = 0; i < 5; i++)
        ap_arena_take(&measure, SIZE_MAX / 4, 1);
    assert_int_equal(ap_arena_need(&measure), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_measure_then_take),
        cmocka_unit_test(test_arena_take_raw),
        cmocka_unit_test(test_arena_refuses_what_does_not_fit),
        cmocka_unit_test(test_arena_refuses_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
