/* For the tests of the containers: runs of the framer with any cutting, kept to be compared. */
#ifndef AP_WIRE_FRAMING_CHECK_H
#define AP_WIRE_FRAMING_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/test_rounds.h"
#include "wire/framer.h"

#define RUN_FRAME_CAP 256
#define RUN_BYTE_CAP 200000
#define RUN_CUT_STEP (4 / AP_TEST_ROUNDS(4)) /* octets between the sizes of chunks that are tried */

typedef struct run {
    ap_err end; /* what next said in the end */
    size_t count;
    ap_frame frame[RUN_FRAME_CAP]; /* data points into bytes */
    uint8_t bytes[RUN_BYTE_CAP];
    size_t byte_count;
    ap_refusals refused;
    ap_format format;
} run;

/* Copies a frame out of the framer, whose next call makes its data invalid. */
static inline void run_keep(run *r, const ap_frame *frame)
{
    assert_true(r->count < RUN_FRAME_CAP);
    assert_true(frame->size <= RUN_BYTE_CAP - r->byte_count);
    ap_frame *kept = &r->frame[r->count++];
    *kept = *frame;
    if (frame->size > 0)
        memcpy(r->bytes + r->byte_count, frame->data, frame->size);
    kept->data = r->bytes + r->byte_count;
    r->byte_count += frame->size;
}

/* Takes all that is there. Frames are kept only when next gives no more: they must live so long. */
static inline ap_err run_drain(ap_framer *framer, run *r)
{
    ap_frame frames[RUN_FRAME_CAP];
    size_t count = 0;
    ap_err err;
    while ((err = ap_framer_next(framer, &frames[count])) == AP_OK)
        assert_true(++count < RUN_FRAME_CAP);
    for (size_t i = 0; i < count; i++)
        run_keep(r, &frames[i]);
    return err;
}

/* The frames of [data, data + size) in chunks of `chunk` bytes. Caller frees. */
static inline run *run_make(ap_format format, const uint8_t *data, size_t size, size_t chunk)
{
    run *r = calloc(1, sizeof *r);
    uint8_t *mem = malloc(AP_FRAMER_SIZE);
    ap_asterix_editions editions;
    ap_framer framer;
    assert_non_null(r);
    assert_non_null(mem);
    ap_asterix_editions_default(&editions);
    assert_int_equal(ap_framer_init(&framer, format, &editions, mem, AP_FRAMER_SIZE), AP_OK);
    for (size_t at = 0;;) {
        uint8_t *space;
        size_t n = ap_framer_space(&framer, &space);
        assert_true(n >= 65536);
        n = n < chunk ? n : chunk;
        n = n < size - at ? n : size - at;
        if (n > 0)
            memcpy(space, data + at, n);
        at += n;
        ap_framer_commit(&framer, n);
        r->end = run_drain(&framer, r);
        if (n == 0)
            break;
        if (r->end != AP_ERR_UNKNOWN)
            assert_int_equal(r->end, AP_ERR_MORE);
    }
    assert_int_equal(framer.frame_count, r->count);
    r->refused = framer.refused;
    r->format = framer.format;
    free(mem);
    return r;
}

static inline void run_assert_equal(const run *a, const run *b)
{
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->format, b->format);
    for (size_t i = 0; i < a->count; i++) {
        const ap_frame *f = &a->frame[i], *g = &b->frame[i];
        assert_int_equal(f->kind, g->kind);
        assert_int_equal(f->time_kind, g->time_kind);
        assert_int_equal(f->time_ns, g->time_ns);
        assert_int_equal(f->ticks_12mhz, g->ticks_12mhz);
        assert_int_equal(f->offset, g->offset);
        assert_int_equal(f->size, g->size);
        assert_int_equal(f->has_signal, g->has_signal);
        assert_int_equal(f->signal, g->signal);
        assert_int_equal(f->has_receiver, g->has_receiver);
        assert_int_equal(f->receiver, g->receiver);
        assert_int_equal(f->synthetic, g->synthetic);
    }
    assert_int_equal(a->byte_count, b->byte_count);
    assert_memory_equal(a->bytes, b->bytes, a->byte_count);
    assert_memory_equal(&a->refused, &b->refused, sizeof a->refused);
}

/* The frames of the whole input, after showing that every way of cutting it into equal chunks
 * gives the same, for the format named and for AUTO when that recognises it. */
static inline run *run_any_cut(ap_format format, const uint8_t *data, size_t size)
{
    run *whole = run_make(format, data, size, size + 1);
    run *whole_auto = run_make(AP_FORMAT_AUTO, data, size, size + 1);
    for (size_t chunk = 1; chunk <= size; chunk += chunk < 700 ? RUN_CUT_STEP : 97) {
        run *cut = run_make(format, data, size, chunk);
        run_assert_equal(whole, cut);
        free(cut);
        cut = run_make(AP_FORMAT_AUTO, data, size, chunk);
        run_assert_equal(whole_auto, cut);
        free(cut);
    }
    free(whole_auto);
    return whole;
}

/* A data block of `records` records of eight bytes that walk: CAT002 and CAT034 have the same
 * shape with this field specification (source, type, time of day and sector in some order). */
static inline void put_block(ap_writer *writer, uint8_t category, unsigned records, uint8_t mark)
{
    ap_write_u8(writer, category);
    ap_write_u16(writer, (uint16_t)(3 + 8 * records));
    for (unsigned i = 0; i < records; i++) {
        const uint8_t cat002[8] = { 0xF0, 20, mark, 2, (uint8_t)i, 0x12, 0x34, mark };
        const uint8_t cat034[8] = { 0xF0, 20, mark, 2, 0x12, 0x34, mark, (uint8_t)i };
        ap_write_bytes(writer, category == 2 ? cat002 : cat034, 8);
    }
}

#endif
