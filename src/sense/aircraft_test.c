#include "sense/aircraft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CAP 64
#define KEYS 400
#define START (INT64_C(1700000000) * AP_NS_PER_S)

static ap_aircraft_table table_of(uint32_t cap, void **mem)
{
    ap_aircraft_table table;
    ap_arena measure = ap_arena_measure();
    ap_aircraft_init(&table, &measure, cap);
    size_t size = ap_arena_need(&measure);
    *mem = malloc(size);
    ap_arena arena = ap_arena_over(*mem, size);
    ap_aircraft_init(&table, &arena, cap);
    assert_int_not_equal(ap_arena_need(&arena), 0);
    return table;
}

/* Every key in the table is found, every other is not, by comparison with a plain list. */
static void check_all(const ap_aircraft_table *table, const ap_utc_ns heard[KEYS])
{
    uint32_t count = 0;
    for (uint32_t key = 0; key < KEYS; key++) {
        ap_aircraft *aircraft = ap_aircraft_find(table, key * 977);
        assert_int_equal(aircraft != NULL, heard[key] != 0);
        if (aircraft) {
            assert_int_equal(aircraft->key, key * 977);
            assert_int_equal(aircraft->heard_utc, heard[key]);
            count++;
        }
    }
    assert_int_equal(table->count, count);
}

/* Random hearings against a plain list with the same rule: full, the longest silent gives way if
 * that is 600 s. */
static void test_take_replaces_the_longest_silent(void **state)
{
    (void)state;
    void *mem;
    ap_aircraft_table table = table_of(CAP, &mem);
    ap_utc_ns heard[KEYS] = { 0 };
    uint32_t seed = 7, count = 0, full_count = 0, replaced_count = 0;
    ap_utc_ns now = START;
    for (int step = 0; step < 20000; step++) {
        seed = seed * 1664525u + 1013904223u;
        now += (int64_t)(seed >> 8) % 12000 * AP_NS_PER_MS;
        uint32_t key = (seed >> 12) % KEYS, oldest = KEYS;
        for (uint32_t k = 0; k < KEYS; k++)
            if (heard[k] && (oldest == KEYS || heard[k] < heard[oldest]))
                oldest = k;
        ap_aircraft *aircraft = ap_aircraft_take(&table, key * 977, now);
        bool room = heard[key] || count < CAP;
        bool stale = !room && now - heard[oldest] >= 600 * AP_NS_PER_S;
        assert_int_equal(aircraft != NULL, room || stale);
        full_count += !aircraft;
        if (!aircraft)
            continue;
        if (stale) {
            heard[oldest] = 0;
            replaced_count++;
        } else if (!heard[key]) {
            count++;
        }
        heard[key] = now;
        if (step % 100 == 0)
            check_all(&table, heard);
    }
    check_all(&table, heard);
    assert_true(full_count > 100 && replaced_count > 100);
    free(mem);
}

static void test_prove_forgets_the_longest_silent_input(void **state)
{
    (void)state;
    ap_aircraft aircraft = { 0 };
    for (uint16_t input = 0; input < AP_PROOF_CAP + 1; input++)
        ap_aircraft_prove(&aircraft, input, START + input);
    assert_false(ap_aircraft_is_proved(&aircraft, 0, START));
    for (uint16_t input = 1; input < AP_PROOF_CAP + 1; input++)
        assert_true(ap_aircraft_is_proved(&aircraft, input, START));
    assert_true(ap_aircraft_is_proved(&aircraft, 1, START + 60 * AP_NS_PER_S));
    assert_false(ap_aircraft_is_proved(&aircraft, 1, START + 61 * AP_NS_PER_S));
    ap_aircraft_prove(&aircraft, 1, START + 61 * AP_NS_PER_S);
    assert_true(ap_aircraft_is_proved(&aircraft, 1, START + 61 * AP_NS_PER_S));
}

/* Addresses that all begin at one slot: the first take their slots, the others are refused without
 * a search through the table, and once some were replaced all that remain are still found. */
static void test_take_bounds_the_probe(void **state)
{
    (void)state;
    enum { COLLIDING = 400, TABLE_CAP = 1024 };
    void *mem;
    ap_aircraft_table table = table_of(TABLE_CAP, &mem);
    uint32_t keys[COLLIDING], count = 0;
    for (uint32_t key = 0; count < COLLIDING; key++) {
        uint32_t hash = key * UINT32_C(0x9E3779B1); /* as the table spreads them */
        if (((hash ^ hash >> 15) & (table.slot_count - 1)) == 5)
            keys[count++] = key;
    }
    for (uint32_t i = 0; i < COLLIDING; i++)
        assert_int_equal(ap_aircraft_take(&table, keys[i], START + i) != NULL,
                         i < AP_AIRCRAFT_PROBE_CAP);
    for (uint32_t i = 0; i < COLLIDING; i++)
        assert_int_equal(ap_aircraft_find(&table, keys[i]) != NULL, i < AP_AIRCRAFT_PROBE_CAP);
    /* Filled up with others, which then replace the longest silent: half of the colliding. */
    uint32_t other = 0xA00000, half = AP_AIRCRAFT_PROBE_CAP / 2;
    while (table.count < TABLE_CAP)
        ap_aircraft_take(&table, other++, START + 1000);
    for (uint32_t i = half; i < AP_AIRCRAFT_PROBE_CAP; i++)
        assert_non_null(ap_aircraft_take(&table, keys[i], START + 2000));
    for (uint32_t replaced = 0; replaced < half; other++)
        replaced += ap_aircraft_take(&table, other, START + 500 + 600 * AP_NS_PER_S) != NULL;
    for (uint32_t i = 0; i < COLLIDING; i++)
        assert_int_equal(ap_aircraft_find(&table, keys[i]) != NULL,
                         i >= half && i < AP_AIRCRAFT_PROBE_CAP);
    free(mem);
}

static void test_key_tells_kinds_apart(void **state)
{
    (void)state;
    assert_int_not_equal(ap_aircraft_key(0xABCDEF, AP_ADDRESS_ICAO),
                         ap_aircraft_key(0xABCDEF, AP_ADDRESS_ANONYMOUS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_replaces_the_longest_silent),
        cmocka_unit_test(test_take_bounds_the_probe),
        cmocka_unit_test(test_prove_forgets_the_longest_silent_input),
        cmocka_unit_test(test_key_tells_kinds_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
