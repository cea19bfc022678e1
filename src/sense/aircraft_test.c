#include "sense/aircraft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CAP 64
#define INPUTS 3
#define KEYS 400
#define START (INT64_C(1700000000) * AP_NS_PER_S)

static ap_aircraft_table table_of(uint32_t cap, uint16_t input_cap, void **mem)
{
    ap_aircraft_table table;
    ap_arena measure = ap_arena_measure();
    ap_aircraft_init(&table, &measure, cap, input_cap);
    size_t size = ap_arena_need(&measure);
    *mem = malloc(size);
    ap_arena arena = ap_arena_over(*mem, size);
    ap_aircraft_init(&table, &arena, cap, input_cap);
    assert_int_not_equal(ap_arena_need(&arena), 0);
    return table;
}

static uint32_t random_below(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*seed * n >> 32);
}

static ap_utc_ns at_s(double s)
{
    return START + (int64_t)(s * 1e9);
}

/* Random hearings against a plain list: what was told to be in is found, with what was heard of it;
 * what gave way was not trusted, or long silent; and who is refused is refused in a full table. */
static void test_prove_keeps_who_was_heard(void **state)
{
    (void)state;
    void *mem;
    ap_aircraft_table table = table_of(CAP, INPUTS, &mem);
    struct {
        uint32_t count;
        ap_utc_ns first, heard;
    } list[KEYS] = { 0 };
    uint32_t seed = 7, refused_count = 0, replaced_count = 0;
    ap_utc_ns now = START;
    for (int step = 0; step < 40000; step++) {
        now += (int64_t)random_below(&seed, 40) * AP_NS_PER_MS;
        /* A few are heard often, the others hardly. */
        uint32_t key = random_below(&seed, 4) ? random_below(&seed, 70) : random_below(&seed, KEYS);
        uint32_t before = table.count;
        ap_aircraft *aircraft = ap_aircraft_prove(&table, key * 977, (uint16_t)(key % INPUTS), now);
        if (!aircraft) {
            assert_int_equal(before, CAP);
            assert_int_equal(list[key].count, 0);
            refused_count++;
            continue;
        }
        if (list[key].count++ == 0)
            list[key].first = now;
        list[key].heard = now;
        assert_int_equal(aircraft->checked_count, list[key].count);
        for (uint32_t k = 0; k < KEYS; k++) {
            const ap_aircraft *found = ap_aircraft_find(&table, k * 977);
            assert_int_equal(found && found->heard_utc != list[k].heard, 0);
            if (found || list[k].count == 0)
                continue;
            double heard_s = ap_seconds_between(list[k].first, list[k].heard);
            bool trusted = list[k].count >= AP_TRUST_FRAMES && heard_s >= AP_TRUST_S;
            bool settled = list[k].count >= AP_SETTLE_FRAMES && heard_s >= AP_SETTLE_S;
            double silent_s = ap_seconds_between(list[k].heard, now);
            assert_true(silent_s >= (settled ? AP_PROOF_S : trusted ? AP_PASSING_S : 0.0));
            list[k].count = 0;
            replaced_count++;
        }
    }
    assert_int_equal(table.count, CAP);
    assert_true(refused_count > 50 && replaced_count > 100);
    free(mem);
}

/* Aircraft that are heard like aircraft stay in a flood of addresses that are heard once, and a new
 * one gets in; the flood replaces itself. */
static void test_flood_replaces_itself(void **state)
{
    (void)state;
    void *mem;
    ap_aircraft_table table = table_of(1024, 2, &mem);
    for (int second = 0; second < 5; second++)
        for (uint32_t k = 0; k < 900; k++)
            assert_non_null(ap_aircraft_prove(&table, k, 0, at_s(second)));
    uint32_t invented = 0x800000;
    for (int ms = 0; ms < 2000; ms++) {
        for (int n = 0; n < 100; n++)
            assert_non_null(ap_aircraft_prove(&table, invented++, 1, at_s(5 + ms / 1e3)));
        /* A newcomer on the other input, four times a second, beside the flood. */
        if (ms % 250 == 0)
            assert_non_null(ap_aircraft_prove(&table, 1000, 0, at_s(5 + ms / 1e3)));
    }
    for (uint32_t k = 0; k < 900; k++)
        assert_non_null(ap_aircraft_find(&table, k));
    assert_int_equal(ap_aircraft_find(&table, 1000)->checked_count, 8);
    assert_int_equal(ap_aircraft_find(&table, 1000)->standing, AP_TRUSTED);
    free(mem);
}

/* Addresses that are sent twice, to be trusted, and never again: those of aircraft stay, and one
 * that comes finds room to be trusted and settled in. */
static void test_trust_without_standing_passes(void **state)
{
    (void)state;
    void *mem;
    ap_aircraft_table table = table_of(256, 1, &mem);
    uint32_t invented = 0x800000;
    for (int tenth = 0; tenth < 3000; tenth++) {
        double now_s = tenth / 10.0;
        for (uint32_t k = 0; k < (now_s < 100 ? 100u : 120u); k++)
            if (tenth % 10 == (int)(k % 10) && now_s > 1)
                assert_non_null(ap_aircraft_prove(&table, k, 0, at_s(now_s)));
        ap_aircraft_prove(&table, invented++, 0, at_s(now_s));
        if (tenth >= 6)
            ap_aircraft_prove(&table, invented - 7, 0, at_s(now_s));
    }
    for (uint32_t k = 0; k < 120; k++)
        assert_true(ap_aircraft_find(&table, k)->checked_count >= 199);
    free(mem);
}

/* One input has filled the table with settled rows: a newcomer there is refused until one is stale;
 * one on an input with less than its share takes a row that was silent for a minute. */
static void test_inputs_share_alike(void **state)
{
    (void)state;
    void *mem;
    ap_aircraft_table table = table_of(64, 2, &mem);
    for (int second = 0; second < 31; second++)
        for (uint32_t k = 0; k < 64; k++)
            assert_non_null(ap_aircraft_prove(&table, k, 0, at_s(second + 0.01 * k)));
    assert_null(ap_aircraft_prove(&table, 500, 0, at_s(57)));
    assert_null(ap_aircraft_prove(&table, 501, 1, at_s(57)));
    assert_non_null(ap_aircraft_prove(&table, 501, 1, at_s(90.1)));
    assert_null(ap_aircraft_find(&table, 0));
    /* On probation, it is the first to give way. */
    assert_non_null(ap_aircraft_prove(&table, 500, 0, at_s(90.2)));
    assert_null(ap_aircraft_find(&table, 501));
    /* A stale row gives way to anyone. */
    for (int second = 91; second < 125; second++)
        assert_non_null(ap_aircraft_prove(&table, 500, 0, at_s(second)));
    assert_null(ap_aircraft_prove(&table, 502, 0, at_s(629.9)));
    assert_non_null(ap_aircraft_prove(&table, 502, 0, at_s(630.1)));
    assert_null(ap_aircraft_find(&table, 1));
    free(mem);
}

static void test_proof_of_the_longest_silent_input_is_forgotten(void **state)
{
    (void)state;
    void *mem;
    ap_aircraft_table table = table_of(4, 8, &mem);
    ap_aircraft *aircraft = NULL;
    for (uint16_t input = 0; input < AP_PROOF_CAP + 1; input++)
        aircraft = ap_aircraft_prove(&table, 1, input, START + input);
    assert_false(ap_aircraft_is_proved(&table, aircraft, 0, START));
    for (uint16_t input = 1; input < AP_PROOF_CAP + 1; input++)
        assert_true(ap_aircraft_is_proved(&table, aircraft, input, START));
    assert_true(ap_aircraft_is_proved(&table, aircraft, 1, at_s(60)));
    assert_false(ap_aircraft_is_proved(&table, aircraft, 1, at_s(61)));
    aircraft = ap_aircraft_prove(&table, 1, 1, at_s(61));
    assert_true(ap_aircraft_is_proved(&table, aircraft, 1, at_s(61)));
    free(mem);
}

/* Addresses that all begin at one slot: the first take their slots, the others are refused without
 * a search through the table, and once some were replaced all that remain are still found. */
static void test_prove_bounds_the_probe(void **state)
{
    (void)state;
    enum { COLLIDING = 400, TABLE_CAP = 1024 };
    void *mem;
    ap_aircraft_table table = table_of(TABLE_CAP, 1, &mem);
    uint32_t keys[COLLIDING], count = 0;
    for (uint32_t key = 0; count < COLLIDING; key++) {
        uint32_t hash = key * UINT32_C(0x9E3779B1); /* as the table spreads them */
        if (((hash ^ hash >> 15) & (table.slot_count - 1)) == 5)
            keys[count++] = key;
    }
    for (uint32_t i = 0; i < COLLIDING; i++)
        assert_int_equal(ap_aircraft_prove(&table, keys[i], 0, START + i) != NULL,
                         i < AP_AIRCRAFT_PROBE_CAP);
    for (uint32_t i = 0; i < COLLIDING; i++)
        assert_int_equal(ap_aircraft_find(&table, keys[i]) != NULL, i < AP_AIRCRAFT_PROBE_CAP);
    /* Filled up with others, which then replace the longest silent: half of the colliding. */
    uint32_t other = 0xA00000, half = AP_AIRCRAFT_PROBE_CAP / 2;
    while (table.count < TABLE_CAP)
        ap_aircraft_prove(&table, other++, 0, START + 1000);
    for (uint32_t i = half; i < AP_AIRCRAFT_PROBE_CAP; i++)
        assert_non_null(ap_aircraft_prove(&table, keys[i], 0, at_s(2)));
    for (uint32_t replaced = 0; replaced < half; other++)
        replaced += ap_aircraft_prove(&table, other, 0, at_s(3)) != NULL;
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
        cmocka_unit_test(test_prove_keeps_who_was_heard),
        cmocka_unit_test(test_flood_replaces_itself),
        cmocka_unit_test(test_trust_without_standing_passes),
        cmocka_unit_test(test_inputs_share_alike),
        cmocka_unit_test(test_prove_bounds_the_probe),
        cmocka_unit_test(test_proof_of_the_longest_silent_input_is_forgotten),
        cmocka_unit_test(test_key_tells_kinds_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
