#include "wire/asterix/octets.h"

bool ap_fspec_write(ap_writer *writer, uint64_t present, uint64_t known, unsigned size,
                    unsigned cap)
{
    unsigned need = 1;
    while (need < cap && present >> (7 * need) != 0)
        need++;
    if (size < need)
        size = need;
    if ((present & ~known) != 0 || size > cap)
        return false;
    for (unsigned k = 0; k < size; k++) {
        /* The reversal of seven bits is its own inverse. */
        uint64_t bits = ap_fspec_bits((uint8_t)((present >> (7 * k) & 0x7F) << 1));
        ap_write_u8(writer, (uint8_t)(bits << 1 | (k + 1 < size)));
    }
    return true;
}

bool ap_repeats_write(ap_writer *writer, unsigned count_size, size_t size,
                      const ap_repeats *repeats)
{
    if (count_size == 1 && repeats->count > 0xFF)
        return false;
    ap_write_be(writer, repeats->count, count_size);
    ap_write_bytes(writer, repeats->data, repeats->count * size);
    return true;
}

bool ap_repeats_fx_write(ap_writer *writer, size_t size, const ap_repeats *repeats)
{
    for (size_t k = 0; k < repeats->count; k++) {
        const uint8_t *element = repeats->data + k * size;
        ap_write_bytes(writer, element, size - 1);
        ap_write_u8(writer, (uint8_t)((element[size - 1] & 0xFE) | (k + 1 < repeats->count)));
    }
    return repeats->count > 0;
}

bool ap_explicit_write(ap_writer *writer, const ap_bytes *content)
{
    if (content->size > 254)
        return false;
    ap_write_u8(writer, (uint8_t)(content->size + 1));
    ap_write_bytes(writer, content->data, content->size);
    return true;
}

void ap_octets_more_write(ap_writer *writer, const ap_bytes *raw)
{
    for (size_t k = 0; k < raw->size; k++)
        ap_write_u8(writer, (uint8_t)((raw->data[k] & 0xFE) | (k + 1 < raw->size)));
}

bool ap_rfs_write(ap_writer *writer, const ap_bytes *content)
{
    ap_write_bytes(writer, content->data, content->size);
    return content->size > 0;
}

ap_err ap_encode_end(ap_writer *writer, size_t start, bool ok)
{
    if (ok && !writer->bad)
        return AP_OK;
    writer->size = start;
    return ok ? AP_ERR_FULL : AP_ERR_RANGE;
}
