#include "app/source.h"

#include "airpicture/asterix_cursor.h"
#include "app/paths.h"
#include "io/interrupt.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A time may step from the stream by this much before it needs a second one. */
#define BACK_NS (60 * AP_NS_PER_S)
#define AHEAD_NS (10 * AP_NS_PER_S) /* the lag that the tracker bears */
/* The only receiver of a stream may rest for so long. */
#define REST_NS (3600 * AP_NS_PER_S)
#define SHARED_REST_NS (60 * AP_NS_PER_S) /* and several without a word between them */
/* Two times far from the stream agree when they are this near to each other. */
#define AGREE_NS (60 * AP_NS_PER_S)
#define STUBBORN_COUNT 15 /* times that one of several receivers must state to be believed */

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

/* Whether a time far from the stream is the second that says so. Frames under one mark have one
 * time, and one receiver may be wrong for long. */
static bool is_second(ap_source_clock *clock, const ap_receiver_clock *by, ap_utc_ns time)
{
    ap_utc_ns first = clock->jump_utc;
    if (first == AP_UTC_UNKNOWN)
        return false;
    bool agrees = llabs(ap_ns_between(first, time)) <= AGREE_NS;
    if (!by)
        return agrees;
    agrees = agrees || (first > clock->last_utc && time > first); /* rests without end */
    if (time == first || !agrees)
        return false;
    if (!clock->shared || clock->doubted != by)
        return true;
    return ++clock->doubt_count >= STUBBORN_COUNT;
}

/* The receive time that a frame's time makes: one damaged time must not carry the stream away, and
 * a recording joined to a later one must not stand still.
 * in : by = the receiver that stated it; NULL: nobody's. */
static ap_utc_ns settle(ap_source_clock *clock, const ap_receiver_clock *by, ap_utc_ns time,
                        int64_t ahead_ns)
{
    if (clock->last_utc == AP_UTC_UNKNOWN)
        return time;
    int64_t step_ns = ap_ns_between(clock->last_utc, time);
    if (step_ns >= -BACK_NS && step_ns <= ahead_ns) {
        clock->jump_utc = AP_UTC_UNKNOWN;
        return step_ns > 0 ? time : clock->last_utc;
    }
    bool agrees = is_second(clock, by, time);
    if (agrees || clock->jump_utc == AP_UTC_UNKNOWN || clock->doubted != by)
        clock->doubt_count = 0;
    clock->doubted = by;
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
            return settle(clock, NULL, time, AHEAD_NS);
        if (glance->has_tod_512 &&
            ap_utc_from_tod_512(reference(clock), glance->tod_512_128th_s, &time) == AP_OK)
            return settle(clock, NULL, time, AHEAD_NS);
    }
    return reference(clock);
}

/* What the first ticks of a stream are taken for. */
static ap_utc_ns first_of_ticks(const ap_source_clock *clock, uint64_t ticks)
{
    bool midnight = clock->start_utc % AP_NS_PER_DAY == 0;
    return ap_utc_add_ns(clock->start_utc, midnight ? ap_ns_of_ticks(ticks) : 0);
}

/* A jump that the receiver before made too is no jump: nobody was heard for that long. */
static ap_utc_ns agree_on_jump(ap_source_clock *clock, ap_receiver_clock *receiver)
{
    ap_utc_ns before_utc = clock->jump_utc, utc = receiver->jump_utc;
    int64_t step_ns = ap_ns_between(clock->last_utc, utc);
    bool agrees = before_utc != AP_UTC_UNKNOWN && clock->jumped != receiver &&
                  llabs(ap_ns_between(before_utc, utc)) <= AGREE_NS;
    if (agrees) {
        ap_receiver_clock_unjump(receiver, step_ns);
        ap_receiver_clock_unjump(clock->jumped, clock->jump_step_ns);
    }
    clock->jump_utc = agrees ? AP_UTC_UNKNOWN : utc;
    clock->jumped = receiver;
    clock->jump_step_ns = step_ns;
    return agrees ? utc : clock->last_utc;
}

static void note_receiver(ap_source_clock *clock, const ap_receiver_clock *receiver)
{
    clock->shared |= clock->stamped && clock->stamped != receiver;
    clock->stamped = receiver;
}

static ap_utc_ns time_of_stamp(ap_source_clock *clock, ap_receiver_clock *receiver, uint64_t stamp)
{
    bool first = clock->last_utc == AP_UTC_UNKNOWN;
    note_receiver(clock, receiver);
    ap_utc_ns now = receiver->kind == AP_CLOCK_GPS ? near_time(clock)
                    : first                        ? first_of_ticks(clock, stamp)
                                                   : clock->last_utc;
    ap_utc_ns time =
        ap_receiver_clock_time(receiver, stamp, now, clock->shared ? SHARED_REST_NS : REST_NS);
    if (receiver->kind == AP_CLOCK_GPS)
        return settle(clock, NULL, time, INT64_MAX);
    if (!clock->shared)
        return time;
    if (receiver->jump_utc != AP_UTC_UNKNOWN)
        return agree_on_jump(clock, receiver);
    if (clock->jumped != receiver)
        clock->jump_utc = AP_UTC_UNKNOWN;
    return time;
}

/* A UTC that stands beside a Mode S frame, in a mark of its own or in its line. What the stamp of
 * the same receiver bears out may be as far ahead as it likes. */
static ap_utc_ns time_of_mark(ap_source_clock *clock, ap_receiver_clock *receiver,
                              const ap_frame *frame)
{
    uint64_t stamp = frame->ticks_12mhz;
    note_receiver(clock, receiver);
    int64_t ahead_ns = clock->shared ? SHARED_REST_NS : REST_NS;
    if (stamp != 0 && receiver->has_stamp)
        ahead_ns = ap_receiver_clock_lead_ns(receiver, stamp, frame->time_ns) <= AHEAD_NS
                       ? INT64_MAX
                       : AHEAD_NS;
    ap_utc_ns before_utc = clock->jump_utc;
    ap_utc_ns time = settle(clock, receiver, frame->time_ns, ahead_ns);
    if (clock->jump_utc != AP_UTC_UNKNOWN)
        receiver->counts.jump_count += clock->jump_utc != before_utc;
    else if (stamp != 0)
        ap_receiver_clock_pair(receiver, stamp, frame->time_ns);
    return time;
}

ap_utc_ns ap_source_clock_time(ap_source_clock *clock, ap_receiver_clock *receiver,
                               const ap_asterix_editions *editions, const ap_frame *frame)
{
    receiver->counts.synthetic_count += frame->synthetic;
    ap_utc_ns time = reference(clock);
    switch (frame->time_kind) {
    case AP_FRAME_TIME_UTC:
        time = frame->kind == AP_FRAME_MODES ? time_of_mark(clock, receiver, frame)
                                             : settle(clock, NULL, frame->time_ns, INT64_MAX);
        break;
    case AP_FRAME_TIME_DAY:
        time = settle(clock, NULL, time_of_day(clock, frame->time_ns), INT64_MAX);
        break;
    case AP_FRAME_TIME_TICKS:
        time = time_of_stamp(clock, receiver, frame->ticks_12mhz);
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
    *source = (ap_source){ .path = path, .index = index, .format_option = "--format" };
    ap_source_clock_init(&source->clock, start_utc);
    ap_receiver_clock_init(&source->clock_alone, AP_CLOCK_AUTO);
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

/* "'PATH' is ...". */
static void set_error(ap_source *source, ap_err err, const char *what)
{
    char path[256];
    source->error = err;
    snprintf(source->message, sizeof source->message, "'%s' %s",
             ap_path_text(source->path, path, sizeof path), what);
}

static void set_unread(ap_source *source, ap_err err, const char *what, const char *advice)
{
    char text[128];
    snprintf(text, sizeof text, "%s; %s %s", what, advice, source->format_option);
    set_error(source, err, text);
}

/* What became of an input at its end, when reading it did not fail before. An interrupted one is
 * as long as it is. */
static void judge(ap_source *source, ap_err end)
{
    ap_framer *framer = &source->framer;
    if (ap_interrupted())
        framer->refused.count[AP_REFUSED_TRUNCATED] = 0; /* only the end truncates an element */
    if (source->error || ap_interrupted())
        return;
    char what[64];
    if (source->byte_count == 0)
        set_error(source, AP_ERR_MALFORMED, "is empty; give a recording");
    else if (end == AP_ERR_UNKNOWN)
        set_unread(source, AP_ERR_UNKNOWN, "is in no format that is recognised", "name it with");
    else if (framer->refused.count[AP_REFUSED_TRUNCATED] > 0)
        set_error(source, AP_ERR_TRUNCATED,
                  "ends inside an element: all before it was used; is the file whole?");
    else if (framer->frame_count == 0) {
        snprintf(what, sizeof what, "holds nothing that can be read as %s",
                 ap_format_key(framer->format));
        set_unread(source, AP_ERR_MALFORMED, what, "name its format with");
    }
}

/* The clock that stamped the frame; *receiver is its row where there is a table of them. */
static ap_receiver_clock *clock_of(ap_source *source, const ap_frame *frame, uint16_t *receiver)
{
    *receiver = source->index;
    if (!source->receivers)
        return &source->clock_alone;
    *receiver =
        ap_receiver_of(source->receivers, source->index, frame->has_receiver, frame->receiver);
    return &source->receivers->rows[*receiver].clock;
}

static void take_frame(ap_source *source)
{
    uint64_t restart_count = source->clock.restart_count;
    ap_receiver_clock *receiver = clock_of(source, &source->frame, &source->receiver);
    source->has_frame = true;
    source->receive_utc =
        ap_source_clock_time(&source->clock, receiver, source->framer.editions, &source->frame);
    source->restarted = source->clock.restart_count != restart_count;
}

void ap_source_advance(ap_source *source)
{
    source->has_frame = false;
    while (!source->ended) {
        ap_err err = ap_framer_next(&source->framer, &source->frame);
        if (err == AP_OK) {
            take_frame(source);
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

void ap_source_open_live(ap_source *source, const char *name, uint16_t index, ap_format format,
                         const ap_asterix_editions *editions, void *mem)
{
    *source = (ap_source){ .path = name, .index = index, .format_option = AP_SOURCE_LIVE_OPTION };
    ap_source_clock_init(&source->clock, 0);
    ap_receiver_clock_init(&source->clock_alone, AP_CLOCK_AUTO);
    ap_err err = ap_framer_init(&source->framer, format, editions, mem, AP_FRAMER_SIZE);
    assert(err == AP_OK);
    (void)err;
}

void ap_source_feed(ap_source *source, const uint8_t *data, size_t size)
{
    source->byte_count += size;
    if (size == 0)
        ap_framer_commit(&source->framer, 0);
    while (size > 0) {
        uint8_t *space;
        size_t cap = ap_framer_space(&source->framer, &space), n = size < cap ? size : cap;
        assert(n > 0);
        memcpy(space, data, n);
        ap_framer_commit(&source->framer, n);
        data += n;
        size -= n;
    }
}

/* Whatever a stream says of time, it is received when it is received; a stamp of the receiver stays
 * beside it. */
bool ap_source_take(ap_source *source, ap_utc_ns receive_utc)
{
    source->has_frame = false;
    if (ap_framer_next(&source->framer, &source->frame) != AP_OK)
        return false;
    source->frame.time_kind = AP_FRAME_TIME_UTC;
    source->frame.time_ns = receive_utc;
    take_frame(source);
    source->receive_utc = receive_utc;
    source->restarted = false;
    return true;
}

ap_sense_heard ap_source_heard(const ap_frame *frame, uint16_t receiver, ap_utc_ns receive_utc)
{
    return (ap_sense_heard){ .frame = frame->data,
                             .size = frame->size,
                             .receiver = receiver,
                             .receive_utc = receive_utc,
                             .has_stamp = frame->ticks_12mhz != 0,
                             .stamp = frame->ticks_12mhz,
                             .synthetic = frame->synthetic,
                             .multilaterated = frame->multilaterated,
                             .signal = frame->has_signal ? frame->signal : -1 };
}

void ap_source_close(ap_source *source)
{
    ap_input_close(&source->input);
    free(source->memory);
    source->memory = NULL;
}
