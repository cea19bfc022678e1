/* Any bytes as one container, told by AP_FUZZ_FORMAT.
 *
 * Properties: nothing is read outside what was committed; the frames and the counters are the same
 * whole and in pieces of any sizes; frames are not empty, lie within the input, and stay as they
 * are until space is asked for; the input always comes to its end. */
#ifndef AP_FUZZ_FRAMER_FUZZ_H
#define AP_FUZZ_FRAMER_FUZZ_H

#include "wire/framer.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>

#define FRAMES_KEPT 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

typedef struct outcome {
    uint64_t count, sum;
    ap_err end;
    ap_format format;
    ap_refusals refused;
} outcome;

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x9E3779B97F4A7C15) >> 1;
}

static uint64_t mix_bytes(uint64_t sum, const ap_frame *frame)
{
    for (size_t i = 0; i < frame->size; i++)
        sum = mix(sum, frame->data[i]);
    return sum;
}

static void take_frame(outcome *o, const ap_frame *frame, size_t size)
{
    check(frame->size > 0 && frame->offset + frame->size <= size);
    o->count++;
    o->sum = mix(o->sum, (uint64_t)frame->kind << 8 | (uint64_t)frame->time_kind);
    o->sum = mix(o->sum, (uint64_t)frame->time_ns);
    o->sum = mix(o->sum, frame->ticks_12mhz);
    o->sum = mix(o->sum, frame->offset << 16 | frame->size);
    o->sum = mix(o->sum, (uint64_t)frame->has_signal << 8 | frame->signal);
    o->sum = mix(o->sum, frame->has_receiver ? frame->receiver : 0);
    o->sum = mix(o->sum, frame->synthetic);
    o->sum = mix_bytes(o->sum, frame);
}

/* All frames that are there; the first ones are looked at again after the last. */
static ap_err drain(ap_framer *framer, outcome *o, size_t size)
{
    ap_frame kept[FRAMES_KEPT];
    uint64_t sums[FRAMES_KEPT];
    size_t count = 0;
    ap_frame frame;
    ap_err err;
    while ((err = ap_framer_next(framer, &frame)) == AP_OK) {
        take_frame(o, &frame, size);
        check(o->count <= size);
        if (count < FRAMES_KEPT) {
            kept[count] = frame;
            sums[count++] = mix_bytes(0, &frame);
        }
    }
    for (size_t i = 0; i < count; i++)
        check(mix_bytes(0, &kept[i]) == sums[i]);
    return err;
}

/* `seed` 0: at once; else in pieces drawn from it. */
static outcome frame_all(const uint8_t *data, size_t size, uint8_t *mem, uint32_t seed)
{
    ap_asterix_editions editions;
    ap_framer framer;
    outcome o = { .end = AP_ERR_MORE };
    ap_asterix_editions_default(&editions);
    check(ap_framer_init(&framer, AP_FUZZ_FORMAT, &editions, mem, AP_FRAMER_SIZE) == AP_OK);
    for (size_t at = 0, n = 1; n > 0; at += n) {
        uint8_t *space;
        ASAN_UNPOISON_MEMORY_REGION(mem, AP_FRAMER_SIZE);
        size_t cap = ap_framer_space(&framer, &space);
        check(cap >= 65536);
        n = size - at < cap ? size - at : cap;
        if (seed != 0 && n > 0) {
            seed = seed * 1664525u + 1013904223u;
            size_t piece = 1 + (seed >> 8) % (seed >> 28 < 8 ? 7 : 4000);
            n = piece < n ? piece : n;
        }
        if (n > 0)
            memcpy(space, data + at, n);
        ap_framer_commit(&framer, n);
        ASAN_POISON_MEMORY_REGION(space + n, cap - n);
        o.end = drain(&framer, &o, size);
        check(o.end == AP_ERR_UNKNOWN || o.end == (n > 0 ? AP_ERR_MORE : AP_ERR_END));
    }
    check(framer.frame_count == o.count);
    check(framer.refused.count[AP_REFUSED_GARBAGE_BYTES] <= size);
    o.format = framer.format;
    o.refused = framer.refused;
    ASAN_UNPOISON_MEMORY_REGION(mem, AP_FRAMER_SIZE);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t mem[AP_FRAMER_SIZE];
    uint32_t seed = (uint32_t)size | 1;
    for (size_t i = 0; i < size; i++)
        seed = (seed ^ data[i]) * 16777619u;
    outcome whole = frame_all(data, size, mem, 0);
    outcome cut = frame_all(data, size, mem, seed | 1);
    check(memcmp(&whole, &cut, sizeof whole) == 0);
    return 0;
}

#endif
