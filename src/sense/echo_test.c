#include "sense/echo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define START (INT64_C(1700000000) * AP_NS_PER_S)

static ap_echo_table table_of(uint32_t cap, void **mem)
{
    ap_echo_table table;
    ap_arena measure = ap_arena_measure();
    ap_echo_init(&table, &measure, cap);
    *mem = malloc(ap_arena_need(&measure));
    ap_arena arena = ap_arena_over(*mem, ap_arena_need(&measure));
    ap_echo_init(&table, &arena, cap);
    return table;
}

static void test_hash_tells_bytes_apart(void **state)
{
    (void)state;
    uint8_t bytes[40] = { 0 };
    uint64_t hashes[40 * 8 + 2];
    size_t count = 0;
    hashes[count++] = ap_echo_hash(0, bytes, sizeof bytes);
    hashes[count++] = ap_echo_hash(0, bytes, sizeof bytes - 1);
    for (size_t bit = 0; bit < 40 * 8; bit++) {
        bytes[bit / 8] = (uint8_t)(1u << bit % 8);
        hashes[count++] = ap_echo_hash(0, bytes, sizeof bytes);
        bytes[bit / 8] = 0;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(hashes[i] != hashes[j]);
    assert_true(ap_echo_hash(1, bytes, sizeof bytes) != ap_echo_hash(2, bytes, sizeof bytes));
}

static void test_elsewhere_and_anywhere(void **state)
{
    (void)state;
    void *mem;
    ap_echo_table table = table_of(64, &mem);
    uint64_t hash = ap_echo_hash(0, (const uint8_t *)"frame", 5);
    assert_false(ap_echo_elsewhere(&table, hash, 0, START));
    assert_false(ap_echo_elsewhere(&table, hash, 0, START + 1));
    assert_true(ap_echo_elsewhere(&table, hash, 1, START + AP_NS_PER_S));
    assert_true(ap_echo_elsewhere(&table, hash, 1, START - AP_NS_PER_S)); /* clocks differ */
    assert_true(ap_echo_anywhere(&table, hash, 0, START + 2));
    assert_false(ap_echo_elsewhere(&table, hash, 1, START + 2 * AP_NS_PER_S));
    assert_false(ap_echo_anywhere(&table, hash, 1, START + 5 * AP_NS_PER_S));
    free(mem);
}

/* A refusal goes for the copies of others, not for what the same one hears again. */
static void test_refused_and_its_copies(void **state)
{
    (void)state;
    void *mem;
    ap_echo_table table = table_of(64, &mem);
    uint64_t hash = ap_echo_hash(0, (const uint8_t *)"reply", 5);
    uint32_t place, again;
    assert_int_equal(ap_echo_look(&table, hash, 1, START), AP_ECHO_NEW);
    ap_echo_refuse(&table, hash, 0, START);
    assert_int_equal(ap_echo_look(&table, hash, 1, START + 1), AP_ECHO_REFUSED);
    assert_int_equal(ap_echo_look(&table, hash, 0, START + 1), AP_ECHO_NEW);
    assert_false(ap_echo_copy(&table, hash, 0, START + 2, &place));
    assert_int_equal(ap_echo_look(&table, hash, 1, START + 3), AP_ECHO_COPY);
    assert_true(ap_echo_copy(&table, hash, 1, START + 3, &again));
    assert_int_equal(place, again);
    assert_int_equal(ap_echo_look(&table, hash, 1, START + 5 * AP_NS_PER_S), AP_ECHO_NEW);
    free(mem);
}

/* More than fits: never a false alarm, and the newest of a set are remembered. */
static void test_full_table_forgets_the_oldest(void **state)
{
    (void)state;
    void *mem;
    ap_echo_table table = table_of(4, &mem);
    uint64_t hashes[20];
    for (uint8_t i = 0; i < 20; i++) {
        hashes[i] = ap_echo_hash(0, &i, 1);
        assert_false(ap_echo_elsewhere(&table, hashes[i], 0, START + i * AP_NS_PER_MS));
    }
    for (size_t i = 16; i < 20; i++)
        assert_true(ap_echo_elsewhere(&table, hashes[i], 1, START + 20 * AP_NS_PER_MS));
    free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_tells_bytes_apart),
        cmocka_unit_test(test_elsewhere_and_anywhere),
        cmocka_unit_test(test_refused_and_its_copies),
        cmocka_unit_test(test_full_table_forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
