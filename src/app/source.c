#include "app/source.h"

#include "airpicture/asterix_cursor.h"
#include "app/paths.h"
#include "io/interrupt.h"

#include <stdio.h>
#include <stdlib.h>

#define TICKS_PER_S INT64_C(12000000)
#define TICK_BITS 48
#define TICK_MASK ((UINT64_C(1) << TICK_BITS) - 1)

/* A time may step from the stream by this much before it needs a second one. */
#define BACK_NS (60 * AP_NS_PER_S)
#define AHEAD_NS (10 * AP_NS_PER_S) /* the lag that the tracker bears */
/* Two times far from the stream agree when they are this near to each other. */
#define AGREE_NS (60 * AP_NS_PER_S)

void ap_source_clock_init(ap_source_clock *clock, ap_utc_ns start_utc)
{
    *clock = (ap_source_clock){ .start_utc = start_utc,
                                .last_utc = AP_UTC_UNKNOWN,
                                .first_utc = AP_UTC_UNKNOWN,
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
    } else if (signed_step >= TICKS_PER_S) {
        /* By whole seconds, which are exact: a rest cut off with each frame would add up. */
        int64_t step_s = signed_step / TICKS_PER_S;
        anchor_ticks(clock, clock->tick_utc + step_s * AP_NS_PER_S,
                     clock->tick_anchor + (uint64_t)(step_s * TICKS_PER_S));
    }
    return ahead_ns > 0 ? time : reference(clock);
}

/* The receive time that a frame's time makes: one damaged time must not carry the stream away, and
 * a recording joined to a later one must not stand still. */
static ap_utc_ns settle(ap_source_clock *clock, ap_utc_ns time, int64_t ahead_ns)
{
    if (clock->last_utc == AP_UTC_UNKNOWN)
        return time;
    int64_t step_ns = ap_ns_between(clock->last_utc, time);
    if (step_ns >= -BACK_NS && step_ns <= ahead_ns) {
        clock->jump_utc = AP_UTC_UNKNOWN;
        return step_ns > 0 ? time : clock->last_utc;
    }
    bool agrees = clock->jump_utc != AP_UTC_UNKNOWN &&
                  llabs(ap_ns_between(clock->jump_utc, time)) <= AGREE_NS;
    clock->jump_utc = agrees ? AP_UTC_UNKNOWN : time;
    if (!agrees)
        return clock->last_utc;
    clock->restart_count += step_ns < 0;
    return time;
}

/* What a time of day is made whole by: the stream so far, else the start, or the noon of the day
 * when only a day was given. */
static ap_utc_ns near_time(const ap_source_clock *clock)
{
    bool day_only = clock->last_utc == AP_UTC_UNKNOWN && clock->start_utc % AP_NS_PER_DAY == 0;
    return reference(clock) + (day_only ? AP_NS_PER_DAY / 2 : 0);
}

/* A container's time of day: on the day of the start, then on the nearest day. */
static ap_utc_ns time_of_day(const ap_source_clock *clock, int64_t in_day_ns)
{
    ap_utc_ns time = clock->start_utc - clock->start_utc % AP_NS_PER_DAY + in_day_ns;
    if (clock->last_utc == AP_UTC_UNKNOWN)
        return time;
    int64_t behind_ns = clock->last_utc - time + AP_NS_PER_DAY / 2;
    return behind_ns > 0 ? time + behind_ns / AP_NS_PER_DAY * AP_NS_PER_DAY : time;
}

/* The first of a frame's records tell its time; behind so many without one, none does. */
#define TIME_RECORDS 16

static ap_utc_ns time_of_records(ap_source_clock *clock, const ap_asterix_editions *editions,
                                 const ap_frame *frame)
{
    ap_asterix_cursor cursor = ap_asterix_cursor_of(editions, frame->data, frame->size);
    ap_asterix_record record;
    ap_asterix_fault fault;
    ap_utc_ns time;
    for (int i = 0; i < TIME_RECORDS; i++) {
        if (ap_asterix_cursor_next(&cursor, &record, &fault) != AP_OK)
            break;
        const ap_asterix_glance *glance = &record.glance;
        if (glance->has_tod &&
            ap_utc_from_tod(near_time(clock), glance->tod_128th_s, &time) == AP_OK)
            return settle(clock, time, AHEAD_NS);
        if (glance->has_tod_512 &&
            ap_utc_from_tod_512(reference(clock), glance->tod_512_128th_s, &time) == AP_OK)
            return settle(clock, time, AHEAD_NS);
    }
    return reference(clock);
}

ap_utc_ns ap_source_clock_time(ap_source_clock *clock, const ap_asterix_editions *editions,
                               const ap_frame *frame)
{
    ap_utc_ns time = reference(clock);
    switch (frame->time_kind) {
    case AP_FRAME_TIME_UTC:
        time = settle(clock, frame->time_ns, INT64_MAX);
        break;
    case AP_FRAME_TIME_DAY:
        time = settle(clock, time_of_day(clock, frame->time_ns), INT64_MAX);
        break;
    case AP_FRAME_TIME_TICKS:
        time = time_of_ticks(clock, frame->ticks_12mhz);
        break;
    case AP_FRAME_TIME_NONE:
        if (frame->kind == AP_FRAME_ASTERIX)
            time = time_of_records(clock, editions, frame);
        break;
    }
    if (clock->last_utc == AP_UTC_UNKNOWN)
        clock->first_utc = time;
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

static void set_error(ap_source *source, ap_err err, const char *format)
    __attribute__((format(printf, 3, 0)));

static void set_error(ap_source *source, ap_err err, const char *format)
{
    char path[256];
    source->error = err;
    snprintf(source->message, sizeof source->message, format,
             ap_path_text(source->path, path, sizeof path), ap_format_key(source->framer.format));
}

/* What became of an input at its end, when reading it did not fail before. An interrupted one is
 * as long as it is. */
static void judge(ap_source *source, ap_err end)
{
    const ap_framer *framer = &source->framer;
    if (source->error || ap_interrupted())
        return;
    if (source->byte_count == 0)
        set_error(source, AP_ERR_MALFORMED, "'%s' is empty; give a recording");
    else if (end == AP_ERR_UNKNOWN)
        set_error(source, AP_ERR_UNKNOWN,
                  "'%s' is in no format that is recognised; name it with --format");
    else if (framer->refused.count[AP_REFUSED_TRUNCATED] > 0)
        set_error(source, AP_ERR_TRUNCATED,
                  "'%s' ends inside an element: all before it was used; is the file whole?");
    else if (framer->frame_count == 0)
        set_error(source, AP_ERR_MALFORMED,
                  "'%s' holds nothing that can be read as %s; name its format with --format");
}

void ap_source_advance(ap_source *source)
{
    source->has_frame = false;
    while (!source->ended) {
        ap_err err = ap_framer_next(&source->framer, &source->frame);
        if (err == AP_OK) {
            uint64_t restart_count = source->clock.restart_count;
            source->has_frame = true;
            source->receive_utc =
                ap_source_clock_time(&source->clock, source->framer.editions, &source->frame);
            source->restarted = source->clock.restart_count != restart_count;
            return;
        }
        if (err == AP_ERR_MORE) {
            fill(source);
            continue;
        }
        source->ended = true;
        judge(source, err);
    }
}

void ap_source_close(ap_source *source)
{
    ap_input_close(&source->input);
    free(source->memory);
    source->memory = NULL;
}
