/* Mode S frames as receivers send them: Beast binary and AVR text. The readers are framers. */
#ifndef AP_WIRE_MODES_BEAST_H
#define AP_WIRE_MODES_BEAST_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/time.h"

/* Longest Beast element: escape and type, then 6 + 1 + 14 bytes, each of them doubled at worst. */
#define AP_BEAST_SIZE_MAX 44

/* One Beast element: 1a, type (2 short, 3 long), 48 bits of ticks, signal, frame; 1a doubled.
 * in : size 7 or 14; ticks of 1/12 microsecond, taken modulo 2^48; signal amplitude 0..255.
 * AP_ERR_ARGUMENT for another size, nothing written. A full writer tells by `bad`. */
ap_err ap_beast_write(ap_writer *writer, const uint8_t *frame, size_t size, uint64_t ticks_12mhz,
                      uint8_t signal);

/* Ticks that say that a network made the frame up (multilateration): never a time. */
#define AP_BEAST_TICKS_SYNTHETIC UINT64_C(0xFF004D4C4154)

/* readsb's extensions. Receiver of the next frame; text that names the receiver of all frames
 * behind it (printable, at most 64 characters count); UTC of the frames behind it, which is cut to
 * milliseconds and in which 1a is not doubled (negative times are not written). */
void ap_beast_write_receiver(ap_writer *writer, uint64_t receiver);
void ap_beast_write_name(ap_writer *writer, const char *name);
void ap_beast_write_time(ap_writer *writer, ap_utc_ns utc);

/* One AVR line: '*', the frame in hexadecimal digits, ";\n". */
ap_err ap_avr_write(ap_writer *writer, const uint8_t *frame, size_t size);

/* The same behind '@' and 12 digits of ticks; or, with a signal level of 0..255, behind '<', the
 * ticks and 2 digits of it. signal -1: none. */
ap_err ap_avr_write_timed(ap_writer *writer, const uint8_t *frame, size_t size,
                          uint64_t ticks_12mhz, int signal);

#endif
