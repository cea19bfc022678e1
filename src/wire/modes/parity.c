/* Parity of Mode S frames: 24 bits, generator 1FFF409 (ICAO Annex 10 volume IV, 3.1.2.3.3). */
#include "airpicture/modes.h"

#include <assert.h>
#include <string.h>

#define GENERATOR 0xFFF409u /* less its highest bit */
#define DF_BITS 5

/* Remainders of single bits, x^24 to x^47: from them those of a byte, 24, 32 and 40 bits up. The
 * remainder is linear, so three bytes are taken at once and each table is looked up in parallel. */
#define BYTE_24(b)                                                                                 \
    OF_BITS(b, 0xFFF409, 0x001C1B, 0x003836, 0x00706C, 0x00E0D8, 0x01C1B0, 0x038360, 0x0706C0)
#define BYTE_32(b)                                                                                 \
    OF_BITS(b, 0x0E0D80, 0x1C1B00, 0x383600, 0x706C00, 0xE0D800, 0x3E4409, 0x7C8812, 0xF91024)
#define BYTE_40(b)                                                                                 \
    OF_BITS(b, 0x0DD441, 0x1BA882, 0x375104, 0x6EA208, 0xDD4410, 0x457C29, 0x8AF852, 0xEA04AD)
#define OF_BITS(b, c0, c1, c2, c3, c4, c5, c6, c7)                                                 \
    (((b)&1 ? c0 : 0) ^ ((b)&2 ? c1 : 0) ^ ((b)&4 ? c2 : 0) ^ ((b)&8 ? c3 : 0) ^                   \
     ((b)&16 ? c4 : 0) ^ ((b)&32 ? c5 : 0) ^ ((b)&64 ? c6 : 0) ^ ((b)&128 ? c7 : 0))
#define FOUR(of, b) of(b), of((b) + 1), of((b) + 2), of((b) + 3)
#define SIXTEEN(of, b) FOUR(of, b), FOUR(of, (b) + 4), FOUR(of, (b) + 8), FOUR(of, (b) + 12)
#define SIXTY_FOUR(of, b)                                                                          \
    SIXTEEN(of, b), SIXTEEN(of, (b) + 16), SIXTEEN(of, (b) + 32), SIXTEEN(of, (b) + 48)
#define EVERY_BYTE(of)                                                                             \
    SIXTY_FOUR(of, 0), SIXTY_FOUR(of, 64), SIXTY_FOUR(of, 128), SIXTY_FOUR(of, 192)

static const uint32_t byte_24[256] = { EVERY_BYTE(BYTE_24) };
static const uint32_t byte_32[256] = { EVERY_BYTE(BYTE_32) };
static const uint32_t byte_40[256] = { EVERY_BYTE(BYTE_40) };

static uint32_t remainder_of(const uint8_t *bytes, size_t size)
{
    size_t i = size % 3;
    uint32_t remainder = i == 2   ? byte_32[bytes[0]] ^ byte_24[bytes[1]]
                         : i == 1 ? byte_24[bytes[0]]
                                  : 0;
    for (; i < size; i += 3)
        remainder = byte_40[remainder >> 16 ^ bytes[i]] ^
                    byte_32[(remainder >> 8 & 0xFF) ^ bytes[i + 1]] ^
                    byte_24[(remainder & 0xFF) ^ bytes[i + 2]];
    return remainder;
}

uint32_t ap_modes_syndrome(const uint8_t *frame, size_t size)
{
    assert(size >= 3);
    const uint8_t *parity = frame + size - 3;
    return remainder_of(frame, size - 3) ^
           ((uint32_t)parity[0] << 16 | (uint32_t)parity[1] << 8 | parity[2]);
}

int ap_modes_repair(const uint8_t *frame, size_t size, uint8_t *repaired)
{
    unsigned df = size > 0 ? frame[0] >> 3 : 0;
    bool is_long = (df == 17 || df == 18) && size == AP_MODES_LONG_SIZE;
    if (!is_long && !(df == 11 && size == AP_MODES_SHORT_SIZE))
        return -1;
    uint32_t syndrome = ap_modes_syndrome(frame, size);
    uint32_t of_bit = 1; /* what the last bit alone leaves; the bits before it, times x each */
    for (int bit = (int)size * 8 - 1; bit >= DF_BITS; bit--) {
        if (of_bit == syndrome) {
            memcpy(repaired, frame, size);
            repaired[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            return bit;
        }
        of_bit = (of_bit << 1 & 0xFFFFFF) ^ (of_bit >> 23 ? GENERATOR : 0);
    }
    return -1;
}

void ap_modes_seal(uint8_t *frame, size_t size, uint32_t overlay)
{
    assert(size >= 3);
    uint32_t parity = remainder_of(frame, size - 3) ^ overlay;
    frame[size - 3] = (uint8_t)(parity >> 16);
    frame[size - 2] = (uint8_t)(parity >> 8);
    frame[size - 1] = (uint8_t)parity;
}
