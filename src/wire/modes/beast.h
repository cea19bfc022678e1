/* Mode S frames as receivers send them: Beast binary and AVR text. The readers are framers. */
#ifndef AP_WIRE_MODES_BEAST_H
#define AP_WIRE_MODES_BEAST_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"

/* Longest Beast element: escape and type, then 6 + 1 + 14 bytes, each of them doubled at worst. */
#define AP_BEAST_SIZE_MAX 44

/* One Beast element: 1a, type (2 short, 3 long), 48 bits of ticks, signal, frame; 1a doubled.
 * in : size 7 or 14; ticks of 1/12 microsecond, taken modulo 2^48; signal amplitude 0..255.
 * AP_ERR_ARGUMENT for another size, nothing written. A full writer tells by `bad`. */
ap_err ap_beast_write(ap_writer *writer, const uint8_t *frame, size_t size, uint64_t ticks_12mhz,
                      uint8_t signal);

/* One AVR line: '*', the frame in hexadecimal digits, ";\n". */
ap_err ap_avr_write(ap_writer *writer, const uint8_t *frame, size_t size);

#endif
