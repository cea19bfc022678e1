/* FINAL (IOSS) recordings: length with header and padding (2 bytes), board, line, day of the
 * recording, time of day in 10 ms (3 bytes), data blocks, four padding bytes A5. */
#include "wire/framing/framing.h"

#define HEADER_SIZE 8u
#define PADDING_SIZE 4u
#define TIME_AT 5u
#define NS_PER_10_MS (10 * AP_NS_PER_MS)

static bool is_padding(const uint8_t *data)
{
    for (size_t i = 0; i < PADDING_SIZE; i++)
        if (data[i] != 0xA5)
            return false;
    return true;
}

static ap_framing_verdict look_record(const uint8_t *data, size_t left, size_t *size)
{
    *size = 0;
    if (left < HEADER_SIZE + AP_ASTERIX_BLOCK_HEADER_SIZE)
        return AP_FRAMING_MORE;
    size_t record = (size_t)data[0] << 8 | data[1];
    size_t block = ap_framing_block_size(data + HEADER_SIZE);
    if (block == 0 || HEADER_SIZE + block + PADDING_SIZE > record)
        return AP_FRAMING_NO;
    if (left < record)
        return AP_FRAMING_MORE;
    if (!is_padding(data + record - PADDING_SIZE))
        return AP_FRAMING_NO;
    *size = record;
    return AP_FRAMING_YES;
}

/* The padding proves a record in step; one found after damage must also hold whole blocks. */
static ap_framing_verdict look(const ap_framer *framer, size_t at, bool strict,
                               ap_framing_work *work, size_t *size, ap_refusal *why)
{
    const uint8_t *data = ap_framing_data(framer) + at;
    *why = AP_REFUSED_CONTAINER;
    ap_framing_verdict verdict = look_record(data, ap_framing_left(framer) - at, size);
    if (!strict || verdict != AP_FRAMING_YES)
        return verdict;
    work->effort -= ap_framing_fill_effort(*size);
    if (work->effort > 0 &&
        ap_framing_blocks_fill(data + HEADER_SIZE, *size - HEADER_SIZE - PADDING_SIZE))
        return verdict;
    *size = 0;
    return AP_FRAMING_NO;
}

ap_err ap_framing_next_final(ap_framer *framer, ap_frame *frame)
{
    size_t size;
    ap_err err = ap_framing_find(framer, look, &size);
    if (err)
        return err;
    ap_reader time = ap_reader_of(ap_framing_data(framer) + TIME_AT, 3);
    *frame = ap_framing_asterix(framer, HEADER_SIZE, size - HEADER_SIZE - PADDING_SIZE);
    ap_framing_set_day(frame, (int64_t)ap_read_u24(&time) * NS_PER_10_MS);
    ap_framing_take(framer, size);
    return AP_OK;
}

int ap_framing_score_final(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    size_t record;
    ap_framing_verdict verdict = look_record(data, size, &record);
    if (verdict == AP_FRAMING_YES)
        return 95;
    bool likely = verdict == AP_FRAMING_MORE && size > HEADER_SIZE &&
                  framer->editions->category[data[HEADER_SIZE]];
    return likely && !all ? 30 : 0;
}
