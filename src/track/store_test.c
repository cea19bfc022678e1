#include "track/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define CAP 32u
#define S AP_NS_PER_S

static ap_store store_for(uint32_t cap, void **mem)
{
    ap_store store;
    ap_arena measure = ap_arena_measure();
    ap_store_init(&store, cap, 0, &measure);
    size_t size = ap_arena_need(&measure);
    *mem = malloc(size);
    assert_non_null(*mem);
    ap_arena arena = ap_arena_over(*mem, size);
    ap_store_init(&store, cap, 0, &arena);
    return store;
}

static ap_store store_new(void **mem)
{
    return store_for(CAP, mem);
}

/* All 65,535 numbers are given before any comes again; then there is none, until one has rested for
 * five minutes. */
static void test_number_gives_each_once(void **state)
{
    (void)state;
    static bool given[65536];
    void *mem;
    ap_store store = store_new(&mem);
    uint32_t slot = ap_store_add(&store);
    ap_row *row = &store.row[slot];
    for (int i = 0; i < 65535; i++) {
        ap_store_number(&store, slot, 0);
        assert_int_not_equal(row->number, 0);
        assert_false(given[row->number]);
        given[row->number] = true;
    }
    uint16_t last = row->number;
    uint32_t other = ap_store_add(&store);
    ap_store_number(&store, other, 0);
    assert_int_equal(store.row[other].number, 0);
    ap_store_remove(&store, slot, 10 * S);
    ap_store_number(&store, other, 309 * S);
    assert_int_equal(store.row[other].number, 0);
    ap_store_number(&store, other, 310 * S);
    assert_int_equal(store.row[other].number, last);
    free(mem);
}

/* What the track before it learnt of halves is not the next one's. */
static void test_add_begins_without_halves(void **state)
{
    (void)state;
    void *mem;
    ap_store store = store_new(&mem);
    uint32_t slot = ap_store_add(&store);
    store.row[slot].half_count = 2.0F;
    store.row[slot].half_taught = 3.0F;
    ap_store_remove(&store, slot, 10 * S);
    assert_int_equal(ap_store_add(&store), slot);
    assert_true(store.row[slot].half_count == 0.0F && store.row[slot].half_taught == 0.0F);
    free(mem);
}

/* A day with 70,000 births, more than there are numbers: tracks live from a second to half an hour,
 * and no number comes again while its track lives, nor within five minutes of its end. */
static void test_number_through_a_day(void **state)
{
    (void)state;
    enum { BIRTHS = 70000, ALIVE_CAP = 4000 };
    static ap_utc_ns ended[65536];
    static bool lives[65536];
    static struct {
        uint32_t slot;
        ap_utc_ns end;
    } alive[ALIVE_CAP];
    void *mem;
    ap_store store = store_for(ALIVE_CAP, &mem);
    uint32_t seed = 5, alive_count = 0, again_count = 0;
    for (int i = 0; i < BIRTHS; i++) {
        ap_utc_ns now = 1000 * S + i * (86400 * S / BIRTHS);
        for (uint32_t k = alive_count; k-- > 0;) {
            if (alive[k].end > now)
                continue;
            uint16_t number = store.row[alive[k].slot].number;
            ap_store_remove(&store, alive[k].slot, now);
            lives[number] = false;
            ended[number] = now;
            alive[k] = alive[--alive_count];
        }
        uint32_t slot = ap_store_add(&store);
        assert_int_not_equal(slot, AP_SLOT_NONE);
        ap_store_number(&store, slot, now);
        uint16_t number = store.row[slot].number;
        assert_int_not_equal(number, 0);
        assert_false(lives[number]);
        assert_true(ended[number] == 0 || now - ended[number] >= 300 * S);
        again_count += ended[number] != 0;
        lives[number] = true;
        alive[alive_count].slot = slot;
        seed = seed * 1664525u + 1013904223u;
        alive[alive_count++].end = now + S + (seed >> 8) % 1800 * S;
    }
    assert_true(again_count >= BIRTHS - 65535);
    free(mem);
}

/* Rows by id, by address, in order of birth, through additions and removals. */
static void test_store_keeps_its_lists(void **state)
{
    (void)state;
    void *mem;
    ap_store store = store_new(&mem);
    uint32_t slots[CAP];
    for (uint32_t i = 0; i < CAP; i++) {
        slots[i] = ap_store_add(&store);
        ap_row *row = &store.row[slots[i]];
        row->identity.present = AP_HAS_ADDRESS;
        row->identity.address = i % 5;
        row->identity.address_kind = i % 2;
        ap_store_file_address(&store, slots[i]);
    }
    assert_int_equal(ap_store_add(&store), AP_SLOT_NONE);
    for (uint32_t i = 0; i < CAP; i += 3) {
        ap_store_remove(&store, slots[i], 0);
        assert_int_equal(store.row[slots[i]].id, 0);
        assert_int_equal(store.pulse[slots[i]].id, 0); /* a code that led there finds nobody */
    }
    uint32_t id = 0, count = 0;
    for (uint32_t s = store.oldest; s != AP_SLOT_NONE; s = store.link[s].newer, count++) {
        assert_true(store.row[s].id > id);
        id = store.row[s].id;
        assert_int_equal(ap_store_find_id(&store, id), s);
    }
    assert_int_equal(count, store.alive_count);
    for (uint32_t address = 0; address < 5; address++)
        for (uint8_t kind = 0; kind < 2; kind++) {
            uint32_t expected = 0, found = 0;
            for (uint32_t i = 0; i < CAP; i++)
                expected += i % 3 != 0 && i % 5 == address && i % 2 == kind ? 1 : 0;
            uint32_t s = ap_store_find_address(&store, address, kind);
            for (; s != AP_SLOT_NONE; s = ap_store_next_address(&store, s))
                found++;
            assert_int_equal(found, expected);
        }
    assert_int_equal(ap_store_find_id(&store, 1), AP_SLOT_NONE);
    assert_int_equal(ap_store_find_id(&store, 0), AP_SLOT_NONE);
    assert_int_equal(store.row[ap_store_add(&store)].id, CAP + 1);
    free(mem);
}

/* The newest reasons are kept, and the counter never starts anew. */
static void test_reason_ring(void **state)
{
    (void)state;
    void *mem;
    ap_store store = store_new(&mem);
    ap_row *row = &store.row[ap_store_add(&store)];
    for (uint32_t i = 0; i < 70000; i++)
        ap_store_reason(row, i, AP_REASON_COASTED, 3, i);
    assert_true(row->reason_count > 65000);
    uint32_t newest = row->reason[(row->reason_count - 1) % AP_TRACK_REASON_CAP].other;
    assert_int_equal(newest, 69999);
    for (uint32_t k = 1; k < AP_TRACK_REASON_CAP; k++)
        assert_int_equal(row->reason[(row->reason_count - 1 - k) % AP_TRACK_REASON_CAP].other,
                         69999 - k);
    free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_gives_each_once),
        cmocka_unit_test(test_add_begins_without_halves),
        cmocka_unit_test(test_number_through_a_day),
        cmocka_unit_test(test_store_keeps_its_lists),
        cmocka_unit_test(test_reason_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
