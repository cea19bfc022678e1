/* Beast binary stream: 1A, type, then bytes in which 1A stands doubled.
 *
 * Types '1' '2' '3': 48-bit ticks of 12 MHz, signal level, and 2, 7 or 14 bytes. '4' and '5' are
 * status of the receiver. Of readsb's extensions E3 names the receiver of the next frame by 8
 * bytes; E4 that of all frames behind it by a UUID, as text or as 16 bytes, of which the first 64
 * bits count; and E8 tells the time as 8 bytes of little-endian Unix milliseconds, in which 1A is
 * not doubled. */
#include "wire/framing/framing.h"

#include "base/hex.h"

#include <string.h>

#define ESCAPE 0x1A
#define STAMP_SIZE 7u /* ticks and signal */
#define LONG_SIZE 14u
#define TIME_SIZE 8u
#define RECEIVER_SIZE 8u
#define OPEN_MAX 128u /* elements without a length of their own */
#define UUID_SIZE 16u

typedef enum beast_type {
    TYPE_MODE_AC = '1',
    TYPE_SHORT = '2',
    TYPE_LONG = '3',
    TYPE_STATUS = '4',
    TYPE_POSITION = '5',
    TYPE_RECEIVER = 0xE3,
    TYPE_NAME = 0xE4,
    TYPE_TIME = 0xE8
} beast_type;

/* Bytes behind the type, without doubling; 0: up to the next element. */
static bool size_of_type(uint8_t type, size_t *plain_size)
{
    switch (type) {
    case TYPE_MODE_AC:
        *plain_size = STAMP_SIZE + 2;
        return true;
    case TYPE_SHORT:
        *plain_size = STAMP_SIZE + 7;
        return true;
    case TYPE_LONG:
        *plain_size = STAMP_SIZE + LONG_SIZE;
        return true;
    case TYPE_RECEIVER:
        *plain_size = RECEIVER_SIZE;
        return true;
    case TYPE_TIME:
        *plain_size = TIME_SIZE;
        return true;
    case TYPE_STATUS:
    case TYPE_POSITION:
    case TYPE_NAME:
        *plain_size = 0;
        return true;
    default:
        return false;
    }
}

/* Walks doubled bytes up to `plain_size` of them. NO at an undoubled escape, *at standing on it. */
static ap_framing_verdict walk(const uint8_t *data, size_t size, size_t plain_size, size_t *at)
{
    if (*at + plain_size <= size && !memchr(data + *at, ESCAPE, plain_size)) {
        *at += plain_size; /* nothing doubled: nine elements in ten */
        return AP_FRAMING_YES;
    }
    for (size_t plain = 0; plain < plain_size; plain++) {
        if (*at >= size)
            return AP_FRAMING_MORE;
        if (data[*at] == ESCAPE) {
            if (*at + 1 >= size)
                return AP_FRAMING_MORE;
            if (data[*at + 1] != ESCAPE)
                return AP_FRAMING_NO;
            ++*at;
        }
        ++*at;
    }
    return AP_FRAMING_YES;
}

static ap_framing_verdict look_element(const uint8_t *data, size_t size, bool ended,
                                       size_t *element_size)
{
    *element_size = 0;
    if (data[0] != ESCAPE) {
        const uint8_t *next = memchr(data, ESCAPE, size);
        *element_size = next ? (size_t)(next - data) : size;
        return AP_FRAMING_NO;
    }
    if (size < 2)
        return AP_FRAMING_MORE;
    size_t at = 2, plain_size;
    if (!size_of_type(data[1], &plain_size)) {
        *element_size = 2;
        return AP_FRAMING_NO;
    }
    ap_framing_verdict verdict;
    if (data[1] == TYPE_TIME) {
        at = 2 + TIME_SIZE;
        verdict = at <= size ? AP_FRAMING_YES : AP_FRAMING_MORE;
    } else if (plain_size > 0) {
        verdict = walk(data, size, plain_size, &at);
    } else {
        verdict = walk(data, size, OPEN_MAX, &at);
        if (verdict == AP_FRAMING_MORE && ended)
            at = size;
        if (verdict != AP_FRAMING_MORE || ended)
            verdict = verdict == AP_FRAMING_YES ? AP_FRAMING_NO : AP_FRAMING_YES;
    }
    *element_size = verdict == AP_FRAMING_MORE ? 0 : at;
    return verdict;
}

static ap_framing_verdict look(const ap_framer *framer, size_t at, bool strict,
                               ap_framing_work *work, size_t *size, ap_refusal *why)
{
    (void)work;
    (void)strict;
    *why = AP_REFUSED_SYNTAX;
    return look_element(ap_framing_data(framer) + at, ap_framing_left(framer) - at, framer->ended,
                        size);
}

/* The next byte with its doubling undone; the element was walked before. */
static uint8_t plain_byte(const uint8_t **data)
{
    uint8_t value = **data;
    *data += value == ESCAPE ? 2 : 1;
    return value;
}

static uint64_t plain_number(const uint8_t **data, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | plain_byte(data);
    return value;
}

static void take_time(ap_framer *framer, const uint8_t *data)
{
    uint64_t ms = 0;
    for (size_t i = TIME_SIZE; i-- > 0;)
        ms = ms << 8 | data[i];
    framer->has_utc = ms <= (uint64_t)(AP_FRAMING_TIME_MAX_NS / AP_NS_PER_MS);
    if (!framer->has_utc)
        ap_refuse(&framer->refused, AP_REFUSED_CONTAINER);
    framer->utc_ns = framer->has_utc ? (int64_t)ms * AP_NS_PER_MS : 0;
}

/* A UUID, as text with or without hyphens, or as 16 bytes. Other names tell nothing. */
static void take_name(ap_framer *framer, const uint8_t *data, const uint8_t *end)
{
    uint64_t first = 0, digits = 0;
    size_t size = 0, digit_count = 0;
    for (; data < end; size++) {
        uint8_t byte = plain_byte(&data);
        int digit = ap_hex_digit(byte);
        if (size < RECEIVER_SIZE)
            first = first << 8 | byte;
        if (digit >= 0 && digit_count++ < 2 * RECEIVER_SIZE)
            digits = digits << 4 | (uint64_t)digit;
    }
    framer->has_name = size == UUID_SIZE || digit_count >= 2 * RECEIVER_SIZE;
    framer->name = digit_count >= 2 * RECEIVER_SIZE ? digits : first;
}

/* Undoes the doubling of `plain_size` bytes in place. */
static void undouble(uint8_t *data, size_t plain_size)
{
    const uint8_t *from = data;
    for (size_t i = 0; i < plain_size; i++)
        data[i] = plain_byte(&from);
}

/* The frame of the element `at` bytes behind the first unread one. It stands in the buffer itself,
 * with the doubling undone there. */
static void fill_frame(ap_framer *framer, size_t at, size_t size, size_t payload_size,
                       ap_frame *frame)
{
    uint8_t *plain = framer->buffer + framer->start + at + 2;
    size_t stamp_size = STAMP_SIZE;
    if (size != 2 + STAMP_SIZE + payload_size) {
        const uint8_t *behind = plain;
        (void)plain_number(&behind, STAMP_SIZE);
        stamp_size = (size_t)(behind - plain);
        undouble(plain, STAMP_SIZE + payload_size);
    }
    *frame = (ap_frame){ .kind = AP_FRAME_MODES,
                         .data = plain + STAMP_SIZE,
                         .size = payload_size,
                         .offset = framer->offset + at + 2 + stamp_size,
                         .has_signal = true,
                         .signal = plain[STAMP_SIZE - 1] };
    uint64_t ticks = 0;
    for (size_t i = 0; i + 1 < STAMP_SIZE; i++)
        ticks = ticks << 8 | plain[i];
    ap_framing_set_ticks(frame, ticks);
    if (framer->has_utc && !frame->synthetic) {
        frame->time_kind = AP_FRAME_TIME_UTC;
        frame->time_ns = framer->utc_ns;
    }
    frame->has_receiver = framer->has_receiver || framer->has_name;
    frame->receiver = framer->has_receiver ? framer->receiver : framer->name;
}

bool ap_framing_beast_take(ap_framer *framer, size_t at, size_t size, ap_frame *frame)
{
    const uint8_t *behind = ap_framing_data(framer) + at + 2;
    switch (behind[-1]) {
    case TYPE_TIME:
        take_time(framer, behind);
        return false;
    case TYPE_RECEIVER:
        framer->receiver = plain_number(&behind, RECEIVER_SIZE);
        framer->has_receiver = true;
        return false;
    case TYPE_NAME:
        take_name(framer, behind, ap_framing_data(framer) + at + size);
        return false;
    case TYPE_MODE_AC:
        ap_refuse(&framer->refused, AP_REFUSED_MODE_AC);
        framer->has_receiver = false;
        return false;
    case TYPE_SHORT:
    case TYPE_LONG:
        fill_frame(framer, at, size, behind[-1] == TYPE_LONG ? LONG_SIZE : 7, frame);
        framer->has_receiver = false;
        return true;
    default:
        ap_refuse(&framer->refused, AP_REFUSED_STATUS_FRAME);
        return false;
    }
}

ap_err ap_framing_next_beast(ap_framer *framer, ap_frame *frame)
{
    for (;;) {
        size_t size;
        ap_err err = ap_framing_find(framer, look, &size);
        if (err)
            return err;
        bool is_frame = ap_framing_beast_take(framer, 0, size, frame);
        ap_framing_take(framer, size);
        if (is_frame)
            return AP_OK;
    }
}

size_t ap_framing_beast_size(const uint8_t *data, size_t size)
{
    size_t element;
    return size > 0 && look_element(data, size, true, &element) == AP_FRAMING_YES ? element : 0;
}

bool ap_framing_beast_fills(const uint8_t *data, size_t size)
{
    size_t at = 0, element;
    while (at < size && (element = ap_framing_beast_size(data + at, size - at)) > 0)
        at += element;
    return at == size && size > 0;
}

int ap_framing_score_beast(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    (void)framer;
    size_t at = 0, element;
    int good = 0, bad = 0;
    while (at < size) {
        ap_framing_verdict verdict = look_element(data + at, size - at, all, &element);
        if (verdict == AP_FRAMING_MORE)
            break;
        good += verdict == AP_FRAMING_YES;
        bad += verdict == AP_FRAMING_NO;
        at += element;
    }
    if (good == 0)
        return 0;
    bool clean = bad == 0 || (bad == 1 && good >= 3);
    return clean && (good >= 3 || (all && at == size)) ? 95 : clean ? 80 : good > bad ? 55 : 0;
}
