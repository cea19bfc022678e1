/* AVR text: "*hex;" or, with 12 digits of 12 MHz ticks, "@tickshex;" or, with two digits of signal
 * behind the ticks, "<ticksSShex;". One or more of them a line, in either case of letters. */
#include "wire/framing/framing.h"

#include "base/hex.h"

#include <string.h>

#define TICKS_DIGITS 12u
#define SIGNAL_DIGITS 2u
#define AC_DIGITS 4u
#define SHORT_DIGITS 14u
#define LONG_DIGITS 28u
#define PIECE_MAX 64u /* longer than the longest message */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes up to the next terminator; `size` if there is none. */
static size_t piece_size(const uint8_t *data, size_t size)
{
    size_t n = 0;
    while (n < size && data[n] != ';' && data[n] != '\n' && data[n] != '\r')
        n++;
    return n;
}

/* Where the last message start of a piece stands; `size` if there is none. */
static size_t message_start(const uint8_t *data, size_t size)
{
    for (size_t i = size; i-- > 0;)
        if (data[i] == '*' || data[i] == '@' || data[i] == '<')
            return i;
    return size;
}

/* Digits before the payload of a message that starts with `c`. */
static size_t lead_digits(uint8_t c)
{
    return c == '@' ? TICKS_DIGITS : c == '<' ? TICKS_DIGITS + SIGNAL_DIGITS : 0;
}

/* Digits of the payload of the message [data, data + size), without its terminator; 0 if it is no
 * message. */
static size_t payload_digits(const uint8_t *data, size_t size)
{
    size_t lead = lead_digits(data[0]);
    for (size_t i = 1; i < size; i++)
        if (ap_hex_digit(data[i]) < 0)
            return 0;
    size_t digits = size > lead + 1 ? size - 1 - lead : 0;
    return digits == AC_DIGITS || digits == SHORT_DIGITS || digits == LONG_DIGITS ? digits : 0;
}

static uint64_t number_of(const uint8_t *digits, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 4 | (uint64_t)ap_hex_digit(digits[i]);
    return value;
}

/* The bytes are written over their digits, where the frame stands. */
static void fill_frame(ap_framer *framer, size_t digits, ap_frame *frame)
{
    uint8_t *message = framer->buffer + framer->start;
    size_t lead = lead_digits(message[0]);
    uint8_t *payload = message + 1 + lead;
    *frame = (ap_frame){ .kind = AP_FRAME_MODES,
                         .offset = framer->offset + 1 + lead,
                         .data = payload,
                         .size = digits / 2 };
    if (lead >= TICKS_DIGITS)
        ap_framing_set_ticks(frame, number_of(message + 1, TICKS_DIGITS));
    if (lead > TICKS_DIGITS) {
        frame->has_signal = true;
        frame->signal = (uint8_t)number_of(message + 1 + TICKS_DIGITS, SIGNAL_DIGITS);
    }
    for (size_t i = 0; i < digits / 2; i++)
        payload[i] = (uint8_t)number_of(payload + 2 * i, 2);
}

static void take_junk(ap_framer *framer, size_t n)
{
    if (n == 0)
        return;
    if (!framer->lost)
        ap_refuse(&framer->refused, AP_REFUSED_SYNTAX);
    ap_framing_garbage(framer, n);
}

/* The piece at the first unread byte, `size` bytes and its terminator. True when it is a frame. */
static bool take_piece(ap_framer *framer, size_t size, ap_frame *frame)
{
    const uint8_t *data = ap_framing_data(framer);
    size_t start = data[size] == ';' ? message_start(data, size) : size;
    size_t digits = start < size ? payload_digits(data + start, size - start) : 0;
    if (digits == 0) {
        take_junk(framer, size + 1);
        framer->lost = false;
        return false;
    }
    take_junk(framer, start);
    framer->lost = false;
    if (digits == AC_DIGITS)
        ap_refuse(&framer->refused, AP_REFUSED_MODE_AC);
    else
        fill_frame(framer, digits, frame);
    ap_framing_take(framer, size - start + 1);
    return digits != AC_DIGITS;
}

ap_err ap_framing_next_avr(ap_framer *framer, ap_frame *frame)
{
    for (;;) {
        while (!framer->lost && ap_framing_left(framer) > 0 && is_blank(ap_framing_data(framer)[0]))
            ap_framing_take(framer, 1);
        size_t left = ap_framing_left(framer), window = left < PIECE_MAX ? left : PIECE_MAX;
        size_t size = piece_size(ap_framing_data(framer), window);
        if (size < window) {
            if (take_piece(framer, size, frame))
                return AP_OK;
        } else if (window == PIECE_MAX) {
            take_junk(framer, PIECE_MAX / 2); /* a message may start in the rest */
            framer->lost = true;
        } else {
            return ap_framing_cut(framer);
        }
    }
}

int ap_framing_score_avr(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    (void)framer;
    int good = 0, bad = 0;
    for (size_t at = 0; at < size;) {
        if (is_blank(data[at])) {
            at++;
            continue;
        }
        size_t piece = piece_size(data + at, size - at);
        if (at + piece == size)
            break;
        size_t start = message_start(data + at, piece);
        bool message = data[at + piece] == ';' && start == 0 && piece > 0 &&
                       payload_digits(data + at, piece) > 0;
        good += message;
        bad += !message;
        at += piece + 1;
    }
    if (good == 0)
        return 0;
    return bad == 0 && (good >= 2 || all) ? 95 : bad == 0 ? 80 : 60;
}
