/* Random datagrams, whole and damaged in many ways, against the rules of the cursor. */
#include "wire/asterix/test_cursor.h"
#include "wire/asterix/test_datagram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATAGRAMS 400
#define CHANGES 12
#define CAP (1 << 17)

static ap_asterix_editions editions;

/* Holds the cursor against its rules, in memory that ends where the datagram does. */
static void check_rules(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, data, size);
    const char *broken = ap_cursor_broken_rule(&editions, exact, size);
    free(exact);
    if (broken)
        fail_msg("broken: %s", broken);
}

typedef struct counts {
    unsigned record, fault;
} counts;

static counts count(const uint8_t *data, size_t size)
{
    counts of = { 0, 0 };
    ap_asterix_record record;
    ap_asterix_fault fault;
    ap_asterix_cursor cursor = ap_asterix_cursor_of(&editions, data, size);
    for (ap_err err; (err = ap_asterix_cursor_next(&cursor, &record, &fault)) != AP_ERR_END;) {
        of.record += err == AP_OK;
        of.fault += err != AP_OK;
    }
    return of;
}

static void test_drawn_blocks_are_delivered(void **state)
{
    (void)state;
    static uint8_t bytes[8 * AP_DRAW_BLOCK_SIZE_MAX];
    ap_draw draw = ap_draw_of(1, bytes, sizeof bytes);
    for (unsigned n = 0; n < DATAGRAMS; n++) {
        unsigned record_count = 0;
        draw.out.size = 0;
        for (unsigned blocks = 1 + n % 8; blocks > 0; blocks--)
            record_count += ap_draw_block(&draw, &editions);
        assert_false(draw.out.bad);
        counts of = count(bytes, draw.out.size);
        assert_int_equal(of.record, record_count);
        assert_int_equal(of.fault, 0);
        check_rules(bytes, draw.out.size);
    }
}

/* Changes of a datagram one upon the other; those that keep what is good come first. */
static void test_changed_datagrams_keep_the_rules(void **state)
{
    (void)state;
    static uint8_t bytes[2][CAP];
    unsigned applied[AP_DATAGRAM_MUTATION_COUNT] = { 0 };
    ap_draw draw = ap_draw_of(2, bytes[0], CAP);
    for (unsigned n = 0; n < DATAGRAMS; n++) {
        draw.out = ap_writer_of(bytes[0], CAP);
        for (unsigned blocks = 1 + n % 5; blocks > 0; blocks--)
            (void)ap_draw_block(&draw, &editions);
        for (unsigned k = 0; k < CHANGES; k++) {
            ap_writer old = draw.out;
            ap_datagram_mutation how =
                (ap_datagram_mutation)(k < CHANGES / 3
                                           ? ap_draw_below(&draw, AP_DATAGRAM_DAMAGE)
                                           : ap_draw_below(&draw, AP_DATAGRAM_MUTATION_COUNT));
            draw.out = ap_writer_of(bytes[old.data == bytes[0]], CAP);
            if (!ap_mutate_datagram(&draw, &editions, how, old.data, old.size) || draw.out.bad) {
                assert_true(draw.out.size == 0 || draw.out.bad);
                draw.out = old;
                continue;
            }
            applied[how]++;
            if (k < CHANGES / 3)
                assert_int_equal(count(draw.out.data, draw.out.size).fault, 0);
            check_rules(draw.out.data, draw.out.size);
        }
    }
    for (unsigned how = 0; how < AP_DATAGRAM_MUTATION_COUNT; how++)
        assert_true(applied[how] > 10);
}

/* Sources that announce an edition are read with it from then on. */
static void test_announced_editions_keep_the_rules(void **state)
{
    (void)state;
    static uint8_t bytes[8 * AP_DRAW_BLOCK_SIZE_MAX];
    ap_draw draw = ap_draw_of(3, bytes, sizeof bytes);
    unsigned changed = 0;
    for (unsigned n = 0; n < DATAGRAMS; n++) {
        draw.out.size = 0;
        (void)ap_mutate_datagram(&draw, &editions, AP_DATAGRAM_ANNOUNCE, NULL, 0);
        changed += ap_asterix_editions_hear(&editions, bytes, draw.out.size);
        for (unsigned blocks = 4; blocks > 0; blocks--)
            (void)ap_draw_block(&draw, &editions);
        check_rules(bytes, draw.out.size);
    }
    assert_true(changed > 20);
    ap_asterix_editions_default(&editions);
}

static void test_joined_datagrams_are_delivered(void **state)
{
    (void)state;
    static uint8_t bytes[3][4 * AP_DRAW_BLOCK_SIZE_MAX];
    ap_draw draw = ap_draw_of(5, bytes[0], sizeof bytes[0]);
    unsigned longest = 0;
    for (unsigned n = 0; n < DATAGRAMS; n++) {
        size_t size[2];
        unsigned record_count = 0;
        for (unsigned k = 0; k < 2; k++) {
            draw.out = ap_writer_of(bytes[k], sizeof bytes[k]);
            for (unsigned blocks = ap_draw_below(&draw, 5); blocks > 0; blocks--)
                record_count += ap_draw_block(&draw, &editions);
            size[k] = draw.out.size;
        }
        draw.out = ap_writer_of(bytes[2], sizeof bytes[2]);
        ap_join_datagrams(&draw, &editions, (ap_bytes){ bytes[0], size[0] },
                          (ap_bytes){ bytes[1], size[1] });
        counts of = count(bytes[2], draw.out.size);
        assert_int_equal(of.fault, 0);
        assert_true(of.record <= record_count);
        longest = of.record > longest ? of.record : longest;
    }
    assert_true(longest > 8);
}

static void test_mutate_datagram_of_nothing(void **state)
{
    (void)state;
    uint8_t bytes[64];
    ap_draw draw = ap_draw_of(4, bytes, sizeof bytes);
    assert_false(ap_mutate_datagram(&draw, &editions, AP_DATAGRAM_CUT, NULL, 0));
    assert_true(ap_mutate_datagram(&draw, &editions, AP_DATAGRAM_ANNOUNCE, NULL, 0));
    assert_int_equal(draw.out.size, 10);
    assert_int_equal(count(bytes, 10).record, 1);
    draw.out = ap_writer_of(bytes + 10, 9);
    assert_true(ap_mutate_datagram(&draw, &editions, AP_DATAGRAM_DUPLICATE, bytes, 10));
    assert_true(draw.out.bad);
}

int main(void)
{
    ap_asterix_editions_default(&editions);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drawn_blocks_are_delivered),
        cmocka_unit_test(test_changed_datagrams_keep_the_rules),
        cmocka_unit_test(test_announced_editions_keep_the_rules),
        cmocka_unit_test(test_joined_datagrams_are_delivered),
        cmocka_unit_test(test_mutate_datagram_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
