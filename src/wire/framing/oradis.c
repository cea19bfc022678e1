/* ORADIS: a header of 6 bytes (length with the header, milliseconds of the day) before each run of
 * data blocks; several of them fill a datagram or stand one behind the other in a file. */
#include "wire/framing/framing.h"

size_t ap_framing_oradis_size(const uint8_t *data, size_t size)
{
    if (size < AP_FRAMING_ORADIS_HEADER_SIZE)
        return 0;
    size_t length = (size_t)data[0] << 8 | data[1];
    if (length <= AP_FRAMING_ORADIS_HEADER_SIZE || length > size)
        return 0;
    bool filled = ap_framing_blocks_fill(data + AP_FRAMING_ORADIS_HEADER_SIZE,
                                         length - AP_FRAMING_ORADIS_HEADER_SIZE);
    return filled ? length : 0;
}

bool ap_framing_oradis_fills(const uint8_t *data, size_t size)
{
    size_t at = 0, length;
    while (at < size && (length = ap_framing_oradis_size(data + at, size - at)) > 0)
        at += length;
    return at == size && size > 0;
}

/* The length of the header and those of the blocks inside must agree: proof enough while in step;
 * a stream that was lost also needs a defined category. */
static ap_framing_verdict look(const ap_framer *framer, size_t at, bool strict,
                               ap_framing_work *work, size_t *size, ap_refusal *why)
{
    const uint8_t *data = ap_framing_data(framer) + at;
    size_t left = ap_framing_left(framer) - at;
    *why = AP_REFUSED_CONTAINER;
    *size = 0;
    if (left < AP_FRAMING_ORADIS_HEADER_SIZE + AP_ASTERIX_BLOCK_HEADER_SIZE)
        return AP_FRAMING_MORE;
    const uint8_t *block = data + AP_FRAMING_ORADIS_HEADER_SIZE;
    size_t length = (size_t)data[0] << 8 | data[1], inner = ap_framing_block_size(block);
    if (inner == 0 || inner + AP_FRAMING_ORADIS_HEADER_SIZE > length)
        return AP_FRAMING_NO;
    if (strict && !framer->editions->category[block[0]])
        return AP_FRAMING_NO;
    if (left < length)
        return AP_FRAMING_MORE;
    work->effort -= ap_framing_fill_effort(length);
    if (strict && work->effort <= 0)
        return AP_FRAMING_NO;
    *size = ap_framing_oradis_size(data, left);
    return *size > 0 ? AP_FRAMING_YES : AP_FRAMING_NO;
}

ap_err ap_framing_next_oradis(ap_framer *framer, ap_frame *frame)
{
    size_t size;
    ap_err err = ap_framing_find(framer, look, &size);
    if (err)
        return err;
    ap_reader header = ap_reader_of(ap_framing_data(framer) + 2, 4);
    *frame = ap_framing_asterix(framer, AP_FRAMING_ORADIS_HEADER_SIZE,
                                size - AP_FRAMING_ORADIS_HEADER_SIZE);
    ap_framing_set_day(frame, (int64_t)ap_read_u32(&header) * AP_NS_PER_MS);
    ap_framing_take(framer, size);
    return AP_OK;
}

int ap_framing_score_oradis(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    (void)framer;
    size_t at = 0, length;
    int count = 0;
    while (at < size && (length = ap_framing_oradis_size(data + at, size - at)) > 0) {
        at += length;
        count++;
    }
    if (count >= 2 || (count == 1 && all && at == size))
        return 95;
    return count == 1 ? 60 : 0;
}
