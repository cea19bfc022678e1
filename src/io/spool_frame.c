#include "io/spool_frame.h"

#include <endian.h>
#include <string.h>
#include <xxhash.h>

#define SUM_AT 16 /* behind size, kind and number */

static uint64_t sum_of(const uint8_t *frame, const uint8_t *payload, size_t size, uint64_t seed)
{
    uint64_t head = XXH3_64bits_withSeed(frame, SUM_AT, seed);
    return XXH3_64bits_withSeed(payload, size, head);
}

size_t ap_spool_frame_write(uint8_t *to, uint64_t seed, const ap_spool_frame *frame)
{
    uint32_t size = htole32(frame->size), kind = htole32((uint32_t)frame->kind);
    uint64_t number = htole64(frame->number);
    memcpy(to, &size, 4);
    memcpy(to + 4, &kind, 4);
    memcpy(to + 8, &number, 8);
    if (frame->size > 0)
        memcpy(to + AP_SPOOL_HEAD_SIZE, frame->payload, frame->size);
    uint64_t sum = htole64(sum_of(to, to + AP_SPOOL_HEAD_SIZE, frame->size, seed));
    memcpy(to + SUM_AT, &sum, 8);
    return AP_SPOOL_HEAD_SIZE + frame->size;
}

ap_err ap_spool_frame_read(const uint8_t *from, size_t size, uint64_t seed, ap_spool_frame *frame)
{
    uint32_t payload_size, kind;
    uint64_t number, sum;
    if (size < AP_SPOOL_HEAD_SIZE)
        return AP_ERR_MORE;
    memcpy(&payload_size, from, 4);
    memcpy(&kind, from + 4, 4);
    payload_size = le32toh(payload_size);
    kind = le32toh(kind);
    if (payload_size > AP_SPOOL_RECORD_MAX || kind < AP_SPOOL_RECORD || kind > AP_SPOOL_JUMP)
        return AP_ERR_MALFORMED;
    if (size - AP_SPOOL_HEAD_SIZE < payload_size)
        return AP_ERR_MORE;
    memcpy(&number, from + 8, 8);
    memcpy(&sum, from + SUM_AT, 8);
    if (le64toh(sum) != sum_of(from, from + AP_SPOOL_HEAD_SIZE, payload_size, seed))
        return AP_ERR_MALFORMED;
    *frame = (ap_spool_frame){ .kind = (ap_spool_kind)kind,
                               .size = payload_size,
                               .number = le64toh(number),
                               .payload = from + AP_SPOOL_HEAD_SIZE };
    return AP_OK;
}

ap_err ap_spool_frame_find(const uint8_t *from, size_t size, bool is_all, uint64_t seed, size_t *at,
                           ap_spool_frame *frame, uint64_t *damaged_size)
{
    for (; *at < size; ++*at, ++*damaged_size) {
        ap_err err = ap_spool_frame_read(from + *at, size - *at, seed, frame);
        if (err == AP_OK)
            *at += AP_SPOOL_HEAD_SIZE + frame->size;
        if (err == AP_OK || (err == AP_ERR_MORE && !is_all))
            return err;
    }
    return is_all ? AP_ERR_END : AP_ERR_MORE;
}
