/* Frames of a spool: any octets, and frames of our own with some octets spoilt.
 *
 * Whatever they are, each octet is counted once, as damage or as of a frame, and each frame that is
 * found is one that the writer makes. Of our own, all that no spoilt octet lies in are found, in
 * order. So is a row of the archive read back from its record, or refused. */
#include <assert.h>
#include <string.h>

#include "io/postgres_row.h"
#include "io/spool_frame.h"

#define SEED UINT64_C(0x5ca1ab1e)
#define STREAM_MAX 8192
#define FRAMES_MAX 64

/* Walks to the end; returns how many frames there are, with their numbers. */
static size_t walk(const uint8_t *octets, size_t size, uint64_t numbers[FRAMES_MAX])
{
    static uint8_t again[AP_SPOOL_HEAD_SIZE + AP_SPOOL_RECORD_MAX];
    size_t at = 0, count = 0, framed = 0;
    uint64_t damaged = 0;
    ap_spool_frame frame;
    while (ap_spool_frame_find(octets, size, true, SEED, &at, &frame, &damaged) == AP_OK) {
        size_t whole = AP_SPOOL_HEAD_SIZE + frame.size;
        assert(at >= whole && at <= size && frame.payload + frame.size == octets + at);
        assert(ap_spool_frame_write(again, SEED, &frame) == whole);
        assert(memcmp(again, octets + at - whole, whole) == 0);
        framed += whole;
        if (count < FRAMES_MAX)
            numbers[count] = frame.number;
        count++;
    }
    assert(at == size && framed + damaged == size);
    return count;
}

/* In pieces, as a reader has them: the same frames. */
static void walk_in_pieces(const uint8_t *octets, size_t size, size_t piece, size_t wanted)
{
    size_t at = 0, filled = 0, count = 0;
    uint64_t damaged = 0;
    ap_spool_frame frame;
    while (at < size) {
        bool is_all = filled == size;
        ap_err err = ap_spool_frame_find(octets, filled, is_all, SEED, &at, &frame, &damaged);
        count += err == AP_OK;
        assert(err == AP_OK || err == (is_all ? AP_ERR_END : AP_ERR_MORE));
        if (err == AP_ERR_MORE)
            filled = size - filled < piece ? size : filled + piece;
    }
    assert(count == wanted);
}

/* Two octets say where to spoil what follows, and how; each other one is the size of a payload. */
static void spoil(const uint8_t *data, size_t size)
{
    uint8_t stream[STREAM_MAX];
    uint64_t numbers[FRAMES_MAX];
    size_t used = 0, count = 0, ends[FRAMES_MAX], hit = FRAMES_MAX;
    for (size_t i = 2; i < size && count < FRAMES_MAX - 1; i++) {
        const ap_spool_frame frame = { (ap_spool_kind)(1 + data[i] % 3), data[i] / 3u, count,
                                       data + i % 2 };
        if (frame.size + i % 2 > size || used + AP_SPOOL_HEAD_SIZE + frame.size > sizeof stream)
            continue;
        used += ap_spool_frame_write(stream + used, SEED, &frame);
        ends[count++] = used;
    }
    if (used == 0)
        return;
    size_t at = (size_t)data[0] * used / 256;
    stream[at] ^= data[1];
    for (size_t i = count; i-- > 0;)
        hit = data[1] && at < ends[i] ? i : hit;
    size_t found = walk(stream, used, numbers);
    assert(found == count - (hit < FRAMES_MAX));
    for (size_t i = 0; i < found; i++)
        assert(numbers[i] == i + (i >= hit));
    walk_in_pieces(stream, used, 1 + data[1] % 97, found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t numbers[FRAMES_MAX];
    ap_postgres_record record;
    (void)walk(data, size, numbers);
    if (size > 2)
        spoil(data, size);
    if (ap_postgres_record_read(data, size, &record) == AP_OK)
        assert(record.kind < AP_ROW_KIND_COUNT && record.tuple + record.size == data + size);
    return 0;
}
