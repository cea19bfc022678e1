#include "app/source.h"

#include "airpicture/asterix_cursor.h"

#include <stdio.h>
#include <stdlib.h>

#define TICKS_PER_S INT64_C(12000000)
#define TICK_BITS 48
#define TICK_MASK ((UINT64_C(1) << TICK_BITS) - 1)

/* A time of day may run ahead of the stream by this much before it needs a second witness. */
#define JUMP_NS (60 * AP_NS_PER_S)

void ap_source_clock_init(ap_source_clock *clock, ap_utc_ns start_utc)
{
    *clock = (ap_source_clock){ .start_utc = start_utc,
                                .last_utc = AP_UTC_UNKNOWN,
                                .jump_utc = AP_UTC_UNKNOWN };
}

static ap_utc_ns reference(const ap_source_clock *clock)
{
    return clock->last_utc == AP_UTC_UNKNOWN ? clock->start_utc : clock->last_utc;
}

static ap_utc_ns ns_of_ticks(int64_t ticks)
{
    return ticks / TICKS_PER_S * AP_NS_PER_S + ticks % TICKS_PER_S * AP_NS_PER_S / TICKS_PER_S;
}

static void anchor_ticks(ap_source_clock *clock, ap_utc_ns utc, uint64_t ticks)
{
    clock->tick_anchored = true;
    clock->tick_utc = utc;
    clock->tick_anchor = ticks;
}

static ap_utc_ns time_of_ticks(ap_source_clock *clock, uint64_t ticks)
{
    if (!clock->tick_anchored) {
        bool midnight = clock->start_utc % AP_NS_PER_DAY == 0;
        ap_utc_ns first = clock->start_utc + (midnight ? ns_of_ticks((int64_t)ticks) : 0);
        anchor_ticks(clock, first, ticks);
        return first;
    }
    /* Sign extension of the 48-bit difference: a wrap is a small step. */
    uint64_t step = (ticks - clock->tick_anchor) & TICK_MASK;
    int64_t signed_step = (int64_t)(step << (64 - TICK_BITS)) / (INT64_C(1) << (64 - TICK_BITS));
    ap_utc_ns time = clock->tick_utc + ns_of_ticks(signed_step);
    int64_t ahead_ns = time - reference(clock);
    if (ahead_ns < -AP_NS_PER_S || ahead_ns > 3600 * AP_NS_PER_S) {
        clock->tick_resets++;
        time = reference(clock);
        anchor_ticks(clock, time, ticks);
    } else if (ahead_ns > 0) {
        anchor_ticks(clock, time, ticks);
    }
    return time;
}

/* A receive time is believed when it goes on from the last, or when two in
 * a row agree: one damaged time must not carry the whole stream away. */
static ap_utc_ns confirmed(ap_source_clock *clock, ap_utc_ns time)
{
    if (clock->last_utc == AP_UTC_UNKNOWN || llabs(time - clock->last_utc) <= JUMP_NS) {
        clock->jump_utc = AP_UTC_UNKNOWN;
        return time;
    }
    bool agrees = clock->jump_utc != AP_UTC_UNKNOWN && llabs(time - clock->jump_utc) <= JUMP_NS;
    clock->jump_utc = agrees ? AP_UTC_UNKNOWN : time;
    return agrees ? time : clock->last_utc;
}

/* What a time of day is made whole by: the stream so far, else the start, or the noon of the day
 * when only a day was given. */
static ap_utc_ns near_time(const ap_source_clock *clock)
{
    bool day_only = clock->last_utc == AP_UTC_UNKNOWN && clock->start_utc % AP_NS_PER_DAY == 0;
    return reference(clock) + (day_only ? AP_NS_PER_DAY / 2 : 0);
}

static ap_utc_ns time_of_records(ap_source_clock *clock, const ap_asterix_editions *editions,
                                 const ap_frame *frame)
{
    ap_asterix_cursor cursor = ap_asterix_cursor_of(editions, frame->data, frame->size);
    ap_asterix_record record;
    ap_asterix_fault fault;
    ap_utc_ns time;
    while (ap_asterix_cursor_next(&cursor, &record, &fault) == AP_OK) {
        const ap_asterix_glance *glance = &record.glance;
        if (glance->has_tod &&
            ap_utc_from_tod(near_time(clock), glance->tod_128th_s, &time) == AP_OK)
            return confirmed(clock, time);
        if (glance->has_tod_512 &&
            ap_utc_from_tod_512(reference(clock), glance->tod_512_128th_s, &time) == AP_OK)
            return confirmed(clock, time);
    }
    return reference(clock);
}

ap_utc_ns ap_source_clock_time(ap_source_clock *clock, const ap_asterix_editions *editions,
                               const ap_frame *frame)
{
    ap_utc_ns time = reference(clock);
    switch (frame->time_kind) {
    case AP_FRAME_TIME_UTC:
        time = confirmed(clock, frame->time_ns);
        break;
    case AP_FRAME_TIME_DAY: {
        /* From the first on, the nearest day: recordings cross midnight. */
        ap_utc_ns day = clock->start_utc - clock->start_utc % AP_NS_PER_DAY;
        time = day + frame->time_ns;
        while (clock->last_utc != AP_UTC_UNKNOWN && time < clock->last_utc - AP_NS_PER_DAY / 2)
            time += AP_NS_PER_DAY;
        time = confirmed(clock, time);
        break;
    }
    case AP_FRAME_TIME_TICKS:
        time = time_of_ticks(clock, frame->ticks_12mhz);
        break;
    case AP_FRAME_TIME_NONE:
        if (frame->kind == AP_FRAME_ASTERIX)
            time = time_of_records(clock, editions, frame);
        break;
    }
    if (clock->last_utc != AP_UTC_UNKNOWN && time < clock->last_utc)
        time = clock->last_utc;
    clock->last_utc = time;
    return time;
}

ap_err ap_source_open(ap_source *source, const char *path, uint16_t index, ap_format format,
                      const ap_asterix_editions *editions, ap_utc_ns start_utc)
{
    *source = (ap_source){ .path = path, .index = index };
    ap_source_clock_init(&source->clock, start_utc);
    ap_err err = ap_input_open(&source->input, path, source->message);
    if (err)
        return err;
    source->memory = malloc(AP_FRAMER_SIZE);
    if (!source->memory) {
        snprintf(source->message, sizeof source->message, "memory is exhausted");
        return AP_ERR_MEMORY;
    }
    return ap_framer_init(&source->framer, format, editions, source->memory, AP_FRAMER_SIZE);
}

/* Reads one chunk into the framer; a failed read ends the input as its end does. */
static void fill(ap_source *source)
{
    uint8_t *space;
    size_t size = 0, cap = ap_framer_space(&source->framer, &space);
    if (source->before_read)
        source->before_read(source->context);
    ap_err err = ap_input_read(&source->input, space, cap, &size, source->message);
    if (err) {
        source->error = err;
        size = 0;
    }
    source->byte_count += size;
    ap_framer_commit(&source->framer, size);
}

void ap_source_advance(ap_source *source)
{
    source->has_frame = false;
    while (!source->ended) {
        ap_err err = ap_framer_next(&source->framer, &source->frame);
        if (err == AP_OK) {
            source->has_frame = true;
            source->receive_utc =
                ap_source_clock_time(&source->clock, source->framer.editions, &source->frame);
            return;
        }
        if (err == AP_ERR_MORE) {
            fill(source);
            continue;
        }
        source->ended = true;
        if (err == AP_ERR_UNKNOWN) {
            source->error = err;
            snprintf(source->message, sizeof source->message,
                     "'%s' is in no format that is recognised; name it with --format",
                     source->path);
        }
    }
}

void ap_source_close(ap_source *source)
{
    ap_input_close(&source->input);
    free(source->memory);
    source->memory = NULL;
}
