#include "sense/hearing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define S AP_NS_PER_S
#define WINDOW 57254400u /* of START */
#define START (INT64_C(30) * WINDOW * S)

typedef struct stage {
    ap_hearing_table table;
    ap_hearers hearers;
    ap_receiver_stats stats[100];
    void *mem;
} stage;

static stage *open_stage(uint32_t cap)
{
    stage *on = calloc(1, sizeof *on);
    ap_arena measure = ap_arena_measure();
    ap_hearing_init(&on->table, &measure, cap);
    on->mem = calloc(1, ap_arena_need(&measure));
    ap_arena arena = ap_arena_over(on->mem, ap_arena_need(&measure));
    ap_hearing_init(&on->table, &arena, cap);
    return on;
}

static void close_stage(stage *on)
{
    free(on->mem);
    free(on);
}

static void note(stage *on, uint16_t receiver, uint32_t window, bool is_position, bool is_first)
{
    ap_hearing_note(&on->table, 0x4B1234, &on->hearers, receiver, &on->stats[receiver], window,
                    true, is_position, is_first);
}

/* Every one of a hundred receivers is counted once, whatever the table's bits. */
static void test_counts(void **state)
{
    (void)state;
    stage *on = open_stage(1024);
    for (int round = 0; round < 3; round++)
        for (uint16_t i = 0; i < 100; i++)
            note(on, i, WINDOW, false, i == 0);
    assert_int_equal(ap_hearers_count(&on->hearers, WINDOW), 100);
    note(on, 7, WINDOW + 1, false, true);
    assert_int_equal(ap_hearers_count(&on->hearers, WINDOW + 1), 100);
    assert_int_equal(ap_hearers_count(&on->hearers, WINDOW + 2), 1);
    assert_int_equal(ap_hearers_count(&on->hearers, WINDOW + 3), 0);
    assert_int_equal(ap_receiver_aircraft(&on->stats[7], START + 30 * S), 1);
    assert_true(ap_hearing_age_s(&on->table, 0x4B1234, 7, START + 45 * S) == 15.0);
    assert_true(ap_hearing_age_s(&on->table, 0x4B1234, 6, START + 45 * S) == 45.0);
    assert_true(isinf(ap_hearing_age_s(&on->table, 0x4B1234, 6, START + 60 * S)));
    assert_true(isinf(ap_hearing_age_s(&on->table, 0x4B1235, 7, START)));
    close_stage(on);
}

/* 40 transmissions: one receiver delivers all, one every second, one was away for two minutes. */
static void test_loss(void **state)
{
    (void)state;
    stage *on = open_stage(1024);
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t window = WINDOW + i / 5;
        note(on, 0, window, true, true);
        if (i % 2 == 0)
            note(on, 1, window, true, false);
        if (i < 10 || i >= 30)
            note(on, 2, window, true, false);
    }
    assert_true(ap_receiver_loss(&on->stats[0]) == 0.0);
    assert_true(fabs(ap_receiver_loss(&on->stats[1]) - 0.5) < 1e-9);
    assert_true(ap_receiver_loss(&on->stats[2]) == 0.0);
    /* The aircraft's row was taken by another in between: nothing is made of the difference. */
    uint64_t before = on->stats[0].expected_count;
    on->hearers = (ap_hearers){ 0 };
    note(on, 0, WINDOW + 8, true, true);
    assert_int_equal(on->stats[0].expected_count, before);
    close_stage(on);
}

/* A receiver by itself misses nothing that anyone knows of. */
static void test_alone(void **state)
{
    (void)state;
    stage *on = open_stage(8);
    for (uint32_t i = 0; i < 6; i++)
        ap_hearing_note(&on->table, 5, &on->hearers, 0, &on->stats[0], WINDOW + i / 2, false, true,
                        true);
    assert_int_equal(on->stats[0].expected_count, 0);
    assert_int_equal(ap_hearers_count(&on->hearers, WINDOW + 2), 1);
    assert_int_equal(ap_receiver_aircraft(&on->stats[0], START + 60 * S), 1);
    close_stage(on);
}

/* More pairs than places: the newest are known, none is made up. */
static void test_full(void **state)
{
    (void)state;
    stage *on = open_stage(8);
    for (uint16_t i = 0; i < 40; i++)
        note(on, i, WINDOW + i, false, true);
    for (uint16_t i = 0; i < 38; i++)
        assert_true(isinf(ap_hearing_age_s(&on->table, 0x4B1234, i, START + 39 * 30 * S)));
    assert_true(ap_hearing_age_s(&on->table, 0x4B1234, 39, START + 39 * 30 * S) == 0.0);
    close_stage(on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
