/* GPS recordings: a head of 2,200 bytes without meaning for us, then data blocks with a trailer of
 * 10 bytes each; bytes 6 to 8 of it are the time of day in 1/128 s, the rest is unset memory. */
#include "wire/framing/framing.h"

#define HEAD_SIZE 2200u
#define TRAILER_SIZE 10u
#define TRAILER_TIME_AT 6u

static uint32_t trailer_tod_128th_s(const uint8_t *trailer)
{
    ap_reader reader = ap_reader_of(trailer + TRAILER_TIME_AT, 3);
    return ap_read_u24(&reader);
}

/* As raw blocks with a gap; a stream that was lost is found by block and trailer. The last block
 * may lack its trailer: that is its consumer's to see. */
static ap_framing_verdict look(const ap_framer *framer, size_t at, bool strict,
                               ap_framing_work *work, size_t *size, ap_refusal *why)
{
    ap_framing_verdict verdict =
        ap_framing_look_block(framer, at, TRAILER_SIZE, strict, work, size, why);
    if (verdict != AP_FRAMING_YES)
        return verdict;
    size_t behind = at + *size;
    if (ap_framing_left(framer) < behind + TRAILER_SIZE) {
        work->need = behind + TRAILER_SIZE;
        return framer->ended ? AP_FRAMING_YES : AP_FRAMING_MORE;
    }
    if (!strict || trailer_tod_128th_s(ap_framing_data(framer) + behind) < AP_TOD_128TH_PER_DAY)
        return AP_FRAMING_YES;
    *size = 0;
    return AP_FRAMING_NO;
}

ap_err ap_framing_next_gps(ap_framer *framer, ap_frame *frame)
{
    if (!framer->head_done) {
        framer->head_done = true;
        ap_framing_skip(framer, HEAD_SIZE);
        if (framer->skip_size > 0)
            return AP_ERR_MORE;
    }
    size_t size;
    ap_err err = ap_framing_find(framer, look, &size);
    if (err)
        return err;
    ap_framing_note_proof(framer, size);
    *frame = ap_framing_asterix(framer, 0, size);
    if (ap_framing_left(framer) - size >= TRAILER_SIZE) {
        ap_framing_set_day(frame,
                           (int64_t)trailer_tod_128th_s(frame->data + size) * AP_NS_PER_TOD_128TH);
        size += TRAILER_SIZE;
    } else {
        ap_refuse(&framer->refused, AP_REFUSED_TRUNCATED);
        size = ap_framing_left(framer);
    }
    ap_framing_take(framer, size);
    return AP_OK;
}

int ap_framing_score_gps(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    if (size < HEAD_SIZE + AP_ASTERIX_BLOCK_HEADER_SIZE)
        return 0;
    const uint8_t *block = data + HEAD_SIZE;
    size_t left = size - HEAD_SIZE, block_size = ap_framing_block_size(block);
    if (block_size == 0)
        return 0;
    if (block_size <= left && ap_asterix_block_proves(framer->editions, block, block_size))
        return 95;
    size_t at = 0;
    int hops = 0;
    while (left - at >= AP_ASTERIX_BLOCK_HEADER_SIZE) {
        size_t next = ap_framing_block_size(block + at);
        if (next == 0 || next + TRAILER_SIZE > left - at ||
            trailer_tod_128th_s(block + at + next) >= AP_TOD_128TH_PER_DAY)
            break;
        at += next + TRAILER_SIZE;
        hops++;
    }
    return (all && at == left) || hops >= 3 ? 65 : 0;
}
