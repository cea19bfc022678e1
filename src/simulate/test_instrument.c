#include "simulate/test_instrument.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define BLOCK_HEAD_SIZE 3 /* category and length */

static void *lay_out(const ap_instrument_kind *kind, ap_arena *arena, const ap_world *world,
                     uint32_t index)
{
    _Alignas(AP_ARENA_ALIGN) uint8_t scratch[AP_INSTRUMENT_STATE_MAX];
    void *state = ap_arena_take(arena, 1, kind->state_size);
    kind->init(state ? state : scratch, arena, world, index);
    return state;
}

void test_instrument_open(test_instrument *t, const ap_world *world, uint32_t index)
{
    t->kind = ap_instrument_of(world->scenario->sensors[index].format);
    assert_non_null(t->kind);
    assert_true(t->kind->state_size <= AP_INSTRUMENT_STATE_MAX);
    ap_arena measure = ap_arena_measure();
    assert_null(lay_out(t->kind, &measure, world, index));
    size_t size = ap_arena_need(&measure);
    t->mem = malloc(size);
    ap_arena arena = ap_arena_over(t->mem, size);
    t->state = lay_out(t->kind, &arena, world, index);
    assert_non_null(t->state);
    t->time_s = -HUGE_VAL;
}

bool test_instrument_next(test_instrument *t, double end_s)
{
    for (;;) {
        double time_s = t->kind->time_s(t->state);
        assert_true(time_s >= t->time_s);
        if (time_s >= end_s)
            return false;
        ap_writer writer = ap_writer_of(t->packet, sizeof t->packet);
        t->kind->send(t->state, &writer);
        assert_false(writer.bad);
        t->time_s = time_s;
        t->size = writer.size;
        if (writer.size > 0)
            return true;
    }
}

void test_instrument_records(const test_instrument *t,
                             void (*read)(void *context, unsigned category, ap_reader *reader),
                             void *context)
{
    for (size_t at = 0; at < t->size;) {
        assert_true(t->size - at > BLOCK_HEAD_SIZE);
        size_t size = (size_t)t->packet[at + 1] << 8 | t->packet[at + 2];
        assert_true(size > BLOCK_HEAD_SIZE && at + size <= t->size);
        ap_reader reader = ap_reader_of(t->packet + at + BLOCK_HEAD_SIZE, size - BLOCK_HEAD_SIZE);
        while (ap_reader_left(&reader) > 0)
            read(context, t->packet[at], &reader);
        assert_false(reader.bad);
        at += size;
    }
}

void test_instrument_play(test_instrument *t, const ap_world *world, double end_s,
                          void (*read)(void *context, unsigned category, ap_reader *reader),
                          void *context)
{
    test_instrument_open(t, world, 0);
    while (test_instrument_next(t, end_s))
        test_instrument_records(t, read, context);
}

void test_instrument_close(test_instrument *t)
{
    assert_int_equal(t->kind->lost_count(t->state), 0);
    free(t->mem);
}
