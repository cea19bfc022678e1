#include "wire/framing/framing.h"

#include <string.h>

void ap_framing_skip(ap_framer *framer, uint64_t n)
{
    size_t left = ap_framing_left(framer);
    size_t now = n < left ? (size_t)n : left;
    ap_framing_take(framer, now);
    framer->skip_size = n - now;
}

void ap_framing_garbage(ap_framer *framer, size_t n)
{
    ap_refuse_many(&framer->refused, AP_REFUSED_GARBAGE_BYTES, n);
    ap_framing_take(framer, n);
}

ap_err ap_framing_cut(ap_framer *framer)
{
    if (!framer->ended)
        return AP_ERR_MORE;
    if (ap_framing_left(framer) > 0 || framer->skip_size > 0) {
        ap_refuse(&framer->refused, AP_REFUSED_TRUNCATED);
        ap_framing_take(framer, ap_framing_left(framer));
        framer->skip_size = 0;
    }
    return AP_ERR_END;
}

/* At the end of the input, an element that runs past it: damaged if a whole one follows, cut off
 * if none does. Looks and earns as the search will that goes over the same bytes then. */
static bool follows(const ap_framer *framer, ap_framing_look *look)
{
    size_t size;
    ap_refusal why;
    ap_framing_work work = { .effort = framer->effort };
    for (size_t at = 1; at < ap_framing_left(framer); at++) {
        ap_asterix_effort_earn(&work.effort, 1);
        if (look(framer, at, true, &work, &size, &why) == AP_FRAMING_YES)
            return true;
    }
    return false;
}

ap_err ap_framing_find(ap_framer *framer, ap_framing_look *look, size_t *size)
{
    while (ap_framing_left(framer) > 0) {
        ap_refusal why = AP_REFUSED_BLOCK_LENGTH;
        *size = 0;
        if (!framer->ended && ap_framing_left(framer) < framer->need)
            return AP_ERR_MORE;
        ap_framing_work work = { .effort = framer->effort };
        ap_framing_verdict verdict = look(framer, 0, framer->lost, &work, size, &why);
        if (verdict != AP_FRAMING_MORE || framer->ended)
            framer->effort = work.effort; /* decided: the same however the bytes arrived */
        else
            framer->need = work.need;
        if (verdict == AP_FRAMING_YES) {
            framer->lost = false;
            return AP_OK;
        }
        if (verdict == AP_FRAMING_MORE) {
            if (!framer->ended || (!framer->lost && !follows(framer, look)))
                return ap_framing_cut(framer);
        }
        if (!framer->lost)
            ap_refuse(&framer->refused, why);
        framer->lost = true;
        ap_framing_garbage(framer, verdict == AP_FRAMING_NO && *size > 0 ? *size : 1);
    }
    return ap_framing_cut(framer);
}

ap_frame ap_framing_asterix(const ap_framer *framer, size_t at, size_t size)
{
    return (ap_frame){ .kind = AP_FRAME_ASTERIX,
                       .offset = framer->offset + at,
                       .data = ap_framing_data(framer) + at,
                       .size = size };
}

void ap_framing_set_ticks(ap_frame *frame, uint64_t ticks_12mhz)
{
    static const uint64_t magic_mlat = UINT64_C(0xFF004D4C4154);
    static const uint64_t magic_last = UINT64_C(0xFF004D4C4160); /* UAT, not to be forwarded */
    frame->synthetic = ticks_12mhz >= magic_mlat && ticks_12mhz <= magic_last;
    frame->multilaterated = ticks_12mhz == magic_mlat;
    if (ticks_12mhz == 0 || frame->synthetic)
        return;
    frame->time_kind = AP_FRAME_TIME_TICKS;
    frame->ticks_12mhz = ticks_12mhz;
}

void ap_framing_set_utc(ap_framer *framer, ap_frame *frame, int64_t time_ns)
{
    if (!ap_framing_is_time(time_ns)) {
        ap_refuse(&framer->refused, AP_REFUSED_CONTAINER);
        return;
    }
    frame->time_kind = AP_FRAME_TIME_UTC;
    frame->time_ns = time_ns;
}

void ap_framing_set_day(ap_frame *frame, int64_t time_ns)
{
    if (time_ns < 0 || time_ns >= AP_NS_PER_DAY)
        return;
    frame->time_kind = AP_FRAME_TIME_DAY;
    frame->time_ns = time_ns;
}

size_t ap_framing_block_size(const uint8_t *header)
{
    size_t size = (size_t)header[1] << 8 | header[2];
    return size > AP_ASTERIX_BLOCK_HEADER_SIZE ? size : 0;
}

bool ap_framing_blocks_fill(const uint8_t *data, size_t size)
{
    size_t at = 0;
    while (size - at >= AP_ASTERIX_BLOCK_HEADER_SIZE) {
        size_t block = ap_framing_block_size(data + at);
        if (block == 0 || block > size - at)
            return false;
        at += block;
    }
    return at == size && size > 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

ap_err ap_framing_line(ap_framer *framer, size_t *size, size_t *taken)
{
    for (;;) {
        while (!framer->lost && ap_framing_left(framer) > 0 && is_blank(ap_framing_data(framer)[0]))
            ap_framing_take(framer, 1);
        size_t left = ap_framing_left(framer);
        size_t window = left < AP_FRAMING_LINE_MAX ? left : AP_FRAMING_LINE_MAX;
        const uint8_t *data = ap_framing_data(framer), *end = memchr(data, '\n', window);
        *size = end ? (size_t)(end - data) : window;
        *taken = *size + (end != NULL);
        if (!end && window < AP_FRAMING_LINE_MAX && !(framer->ended && window > 0))
            return ap_framing_cut(framer);
        bool is_whole = end || window < AP_FRAMING_LINE_MAX;
        if (is_whole && !framer->lost) {
            while (*size > 0 && is_blank(data[*size - 1]))
                --*size;
            return AP_OK;
        }
        if (!framer->lost)
            ap_refuse(&framer->refused, AP_REFUSED_OVERSIZE);
        framer->lost = !is_whole; /* until the end of that line */
        ap_framing_garbage(framer, *taken);
    }
}
