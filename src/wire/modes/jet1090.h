/* Mode S frames as JSON lines: jet1090's names, and what other programs call the same.
 *
 * A line is an object with the frame in hexadecimal digits and, if it is known, the time:
 *     {"timestamp":1717664319.147975,"frame":"8c3461ce399e40586b4ee4932241","df":"17",...}
 * Reading takes the frame from "frame", "rawmsg", "msg" or "hex", the time in seconds since 1970
 * from "timestamp", "time_s" (our own `decode`) or "mintime" (OpenSky), signal and receiver from
 * "rssi" (dB of full scale) and "serial", in the line or in the first element of its "metadata".
 * What else stands there is decoded from the frame again. "synthetic": true marks a frame that a
 * network of receivers made up; jet1090 has no name for it. */
#ifndef AP_WIRE_MODES_JET1090_H
#define AP_WIRE_MODES_JET1090_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/modes.h"
#include "airpicture/time.h"

typedef struct ap_jet1090_line {
    uint8_t frame[AP_MODES_LONG_SIZE];
    size_t size; /* 7 or 14 */
    bool has_time;
    ap_utc_ns time_utc;
    bool has_signal;
    uint8_t signal; /* amplitude, 255 is full scale */
    bool has_receiver;
    uint64_t receiver;
    bool synthetic;
} ap_jet1090_line;

/* What the frame says, for writing. */
typedef struct ap_jet1090_content {
    const ap_modes_frame *decoded; /* NULL: it cannot be decoded */
    bool has_position;
    double latitude_deg, longitude_deg;
} ap_jet1090_content;

/* Longest line written, with its newline. */
#define AP_JET1090_SIZE_MAX 1024

/* in : one line, without its newline. AP_ERR_MALFORMED: no JSON object, or one without a frame of 7
 * or 14 bytes; AP_ERR_UNKNOWN: a Mode A/C reply of 2 bytes. *digits_at, if not NULL: where the
 * frame's digits begin. */
ap_err ap_jet1090_read(const uint8_t *text, size_t size, ap_jet1090_line *line, size_t *digits_at);

/* The line with its newline. Times are exact to the nanosecond; a signal reads back as the same
 * level. Registers of Comm-B replies are not told: a frame alone does not name them. */
void ap_jet1090_write(ap_writer *text, const ap_jet1090_line *line,
                      const ap_jet1090_content *content);

#endif
