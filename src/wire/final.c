#include "wire/final.h"

#define PADDING 0xA5A5A5A5u
#define NS_PER_10_MS (10 * AP_NS_PER_MS)

ap_err ap_final_write(ap_writer *writer, uint8_t line, ap_utc_ns time, const uint8_t *blocks,
                      size_t size)
{
    if (size == 0 || size > AP_FINAL_BLOCKS_MAX || time == AP_UTC_UNKNOWN)
        return AP_ERR_RANGE;
    ap_utc_ns in_day = time % AP_NS_PER_DAY;
    if (in_day < 0)
        in_day += AP_NS_PER_DAY;
    ap_write_u16(writer, (uint16_t)(size + AP_FINAL_OVERHEAD_SIZE));
    ap_write_u8(writer, 0);
    ap_write_u8(writer, line);
    ap_write_u8(writer, 0);
    ap_write_be(writer, (uint64_t)(in_day / NS_PER_10_MS), 3);
    ap_write_bytes(writer, blocks, size);
    ap_write_be(writer, PADDING, 4);
    return AP_OK;
}
