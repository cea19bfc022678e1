#include "wire/modes/beast.h"

#include "airpicture/modes.h"
#include "wire/json.h"

#define ESCAPE 0x1A
#define NAME_MAX 64u

static void write_escaped(ap_writer *writer, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == ESCAPE)
            ap_write_u8(writer, ESCAPE);
        ap_write_u8(writer, bytes[i]);
    }
}

static bool is_frame_size(size_t size)
{
    return size == AP_MODES_SHORT_SIZE || size == AP_MODES_LONG_SIZE;
}

ap_err ap_beast_write(ap_writer *writer, const uint8_t *frame, size_t size, uint64_t ticks_12mhz,
                      uint8_t signal)
{
    if (!is_frame_size(size))
        return AP_ERR_ARGUMENT;
    uint8_t head[7];
    for (unsigned i = 0; i < 6; i++)
        head[i] = (uint8_t)(ticks_12mhz >> (40 - 8 * i));
    head[6] = signal;
    ap_write_u8(writer, ESCAPE);
    ap_write_u8(writer, size == AP_MODES_SHORT_SIZE ? '2' : '3');
    write_escaped(writer, head, sizeof head);
    write_escaped(writer, frame, size);
    return AP_OK;
}

void ap_beast_write_receiver(ap_writer *writer, uint64_t receiver)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(receiver >> (56 - 8 * i));
    ap_write_u8(writer, ESCAPE);
    ap_write_u8(writer, 0xE3);
    write_escaped(writer, bytes, sizeof bytes);
}

void ap_beast_write_name(ap_writer *writer, const char *name)
{
    ap_write_u8(writer, ESCAPE);
    ap_write_u8(writer, 0xE4);
    for (unsigned i = 0; i < NAME_MAX && name[i] >= ' ' && name[i] <= '~'; i++)
        ap_write_u8(writer, (uint8_t)name[i]);
}

void ap_beast_write_time(ap_writer *writer, ap_utc_ns utc)
{
    if (utc < 0)
        return;
    uint64_t ms = (uint64_t)(utc / AP_NS_PER_MS);
    ap_write_u8(writer, ESCAPE);
    ap_write_u8(writer, 0xE8);
    for (unsigned i = 0; i < 8; i++, ms >>= 8)
        ap_write_u8(writer, (uint8_t)ms);
}

ap_err ap_avr_write(ap_writer *writer, const uint8_t *frame, size_t size)
{
    if (!is_frame_size(size))
        return AP_ERR_ARGUMENT;
    ap_write_u8(writer, '*');
    ap_text_hex(writer, frame, size);
    ap_text_str(writer, ";\n");
    return AP_OK;
}

ap_err ap_avr_write_timed(ap_writer *writer, const uint8_t *frame, size_t size,
                          uint64_t ticks_12mhz, int signal)
{
    if (!is_frame_size(size))
        return AP_ERR_ARGUMENT;
    ap_write_u8(writer, signal < 0 ? '@' : '<');
    ap_text_hex_u32(writer, (uint32_t)(ticks_12mhz >> 32), 4);
    ap_text_hex_u32(writer, (uint32_t)ticks_12mhz, 8);
    if (signal >= 0)
        ap_text_hex_u32(writer, (uint32_t)signal, 2);
    ap_text_hex(writer, frame, size);
    ap_text_str(writer, ";\n");
    return AP_OK;
}
