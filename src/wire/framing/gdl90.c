/* GDL90 messages between flags: see wire/feed/gdl90.h. A heartbeat gives the second of the day to
 * the messages behind it. */
#include "wire/framing/framing.h"

#include <string.h>

#include "wire/feed/gdl90.h"

#define FLAG 0x7E
#define ESCAPE 0x7D
#define ESCAPE_XOR 0x20
#define CRC_SIZE 2u

/* The message of `size` octets behind a flag, with its escapes undone. Its size without the CRC; 0
 * when the CRC does not fit. */
static size_t unpack(const uint8_t *from, size_t size, uint8_t message[AP_GDL90_MESSAGE_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        bool escaped = from[i] == ESCAPE;
        i += escaped;
        if (count == AP_GDL90_MESSAGE_MAX || i == size)
            return 0;
        message[count++] = from[i] ^ (escaped ? ESCAPE_XOR : 0);
    }
    if (count <= CRC_SIZE)
        return 0;
    count -= CRC_SIZE;
    return ap_gdl90_crc(message, count) == (message[count] | message[count + 1] << 8) ? count : 0;
}

/* Size of the next message and the flag before it; 0 with an error when there is none yet. */
static size_t find_message(ap_framer *framer, ap_err *err)
{
    for (;;) {
        size_t left = ap_framing_left(framer);
        size_t window = left < AP_GDL90_FRAME_MAX ? left : AP_GDL90_FRAME_MAX;
        const uint8_t *data = ap_framing_data(framer);
        bool is_last_flag = framer->ended && left == 1 && data[0] == FLAG;
        if (is_last_flag || (left >= 2 && data[0] == FLAG && data[1] == FLAG)) {
            ap_framing_take(framer, 1);
            continue;
        }
        const uint8_t *end = window > 1 ? memchr(data + 1, FLAG, window - 1) : NULL;
        if (left > 0 && data[0] == FLAG && end)
            return (size_t)(end - data);
        if (left == 0 || (data[0] == FLAG && window < AP_GDL90_FRAME_MAX)) {
            *err = ap_framing_cut(framer);
            return 0;
        }
        if (!framer->lost)
            ap_refuse(&framer->refused, AP_REFUSED_SYNTAX);
        framer->lost = true;
        ap_framing_garbage(framer, data[0] == FLAG ? 1 : end ? (size_t)(end - data) : window);
    }
}

static void fill_frame(ap_framer *framer, const uint8_t *message, size_t size, ap_frame *frame)
{
    uint8_t *to = framer->buffer + framer->start + 1;
    memcpy(to, message, size); /* never longer than with its escapes */
    *frame = (ap_frame){
        .kind = AP_FRAME_GDL90, .offset = framer->offset + 1, .data = to, .size = size
    };
    if (framer->has_day)
        ap_framing_set_day(frame, framer->day_ns);
}

static bool is_target(uint8_t id)
{
    return id == AP_GDL90_OWNSHIP || id == AP_GDL90_OWNSHIP_HEIGHT || id == AP_GDL90_TRAFFIC;
}

/* Why a message that is no heartbeat and no row is refused. */
static ap_refusal reason_of(uint8_t id)
{
    if (id == AP_GDL90_BASIC_REPORT || id == AP_GDL90_LONG_REPORT)
        return AP_REFUSED_FORMAT;
    return is_target(id) ? AP_REFUSED_SYNTAX : AP_REFUSED_STATUS_FRAME;
}

ap_err ap_framing_next_gdl90(ap_framer *framer, ap_frame *frame)
{
    for (;;) {
        ap_err err = AP_OK;
        uint8_t message[AP_GDL90_MESSAGE_MAX];
        uint32_t time_s;
        size_t taken = find_message(framer, &err);
        if (err)
            return err;
        size_t size = unpack(ap_framing_data(framer) + 1, taken - 1, message);
        framer->lost = false;
        if (size == 0) {
            ap_refuse(&framer->refused, AP_REFUSED_SYNTAX);
            ap_framing_garbage(framer, taken);
            continue;
        }
        ap_aircraft_row row;
        bool is_good = is_target(message[0]) && ap_gdl90_read(message, size, &row) == AP_OK;
        if (is_good) {
            ap_refuse_many(&framer->refused, AP_REFUSED_VALUE, row.bad_count);
            fill_frame(framer, message, size, frame);
        } else if (ap_gdl90_time_of_day(message, size, &time_s)) {
            framer->has_day = true;
            framer->day_ns = time_s * AP_NS_PER_S;
        } else if (message[0] != AP_GDL90_HEARTBEAT)
            ap_refuse(&framer->refused, reason_of(message[0]));
        ap_framing_take(framer, taken);
        if (is_good)
            return AP_OK;
    }
}

int ap_framing_score_gdl90(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    (void)framer;
    int good = 0, bad = 0;
    for (size_t at = 0; at + 1 < size && data[at] == FLAG;) {
        uint8_t message[AP_GDL90_MESSAGE_MAX];
        const uint8_t *end = memchr(data + at + 1, FLAG, size - at - 1);
        size_t next = end ? (size_t)(end - data) : size;
        if (!end)
            break;
        if (next > at + 1) {
            bool is_good = unpack(data + at + 1, next - at - 1, message) > 0;
            good += is_good;
            bad += !is_good;
        }
        at = next;
    }
    return good == 0                        ? 0
           : bad == 0 && (good >= 2 || all) ? 95
           : bad == 0                       ? 80
           : good > bad                     ? 55
                                            : 0;
}
