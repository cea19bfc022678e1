#include "wire/asterix/proof.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/walk.h"

bool ap_asterix_block_proves_within(const ap_asterix_editions *editions, const uint8_t *data,
                                    size_t size, int64_t *effort)
{
    if (size <= AP_ASTERIX_BLOCK_HEADER_SIZE)
        return false;
    size_t length = ap_be16(data + 1);
    if (length <= AP_ASTERIX_BLOCK_HEADER_SIZE || length > size)
        return false;
    const ap_asterix_spec *spec =
        ap_asterix_edition_of(editions, data[0], data + AP_ASTERIX_BLOCK_HEADER_SIZE,
                              length - AP_ASTERIX_BLOCK_HEADER_SIZE);
    if (spec == NULL)
        return false;
    size_t at = AP_ASTERIX_BLOCK_HEADER_SIZE;
    while (at < length) {
        size_t record_size;
        ap_asterix_fault fault;
        if (*effort <= 0)
            return false;
        --*effort;
        if (ap_asterix_walk(spec, data + at, length - at, &record_size, &fault))
            return false;
        *effort -= (int64_t)(record_size / AP_ASTERIX_EFFORT_STEP);
        at += record_size;
    }
    return true;
}

bool ap_asterix_block_proves(const ap_asterix_editions *editions, const uint8_t *data, size_t size)
{
    int64_t effort = INT64_MAX;
    return ap_asterix_block_proves_within(editions, data, size, &effort);
}

int32_t ap_asterix_block_source(const ap_asterix_editions *editions, const uint8_t *data,
                                size_t size)
{
    if (size <= AP_ASTERIX_BLOCK_HEADER_SIZE || editions->category[data[0]] == NULL)
        return -1;
    const uint8_t *source =
        ap_asterix_first_source(editions->category[data[0]], data + AP_ASTERIX_BLOCK_HEADER_SIZE,
                                size - AP_ASTERIX_BLOCK_HEADER_SIZE);
    return source ? source[0] << 8 | source[1] : -1;
}
