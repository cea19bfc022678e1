/* JSON lines, one Mode S frame each, as jet1090 writes them: see wire/modes/jet1090.h. */
#include "wire/framing/framing.h"

#include <string.h>

#include "wire/json_scan.h"
#include "wire/modes/jet1090.h"

static void refuse(ap_framer *framer, ap_refusal reason, size_t size)
{
    ap_refuse(&framer->refused, reason);
    if (reason == AP_REFUSED_SYNTAX)
        ap_framing_garbage(framer, size);
    else
        ap_framing_take(framer, size);
}

/* The bytes are written over their digits, where the frame stands. */
static void fill_frame(ap_framer *framer, const ap_jet1090_line *line, size_t digits_at,
                       ap_frame *frame)
{
    uint8_t *payload = framer->buffer + framer->start + digits_at;
    memcpy(payload, line->frame, line->size);
    *frame = (ap_frame){ .kind = AP_FRAME_MODES,
                         .offset = framer->offset + digits_at,
                         .data = payload,
                         .size = line->size,
                         .has_signal = line->has_signal,
                         .signal = line->signal,
                         .has_receiver = line->has_receiver,
                         .receiver = line->receiver,
                         .synthetic = line->synthetic,
                         .multilaterated = line->synthetic };
    if (line->has_time && !line->synthetic)
        ap_framing_set_utc(framer, frame, line->time_utc);
}

ap_err ap_framing_next_json_lines(ap_framer *framer, ap_frame *frame)
{
    for (;;) {
        size_t size, taken, digits_at;
        ap_jet1090_line line;
        ap_err err = ap_framing_line(framer, &size, &taken);
        if (err)
            return err;
        err = ap_jet1090_read(ap_framing_data(framer), size, &line, &digits_at);
        if (!err) {
            fill_frame(framer, &line, digits_at, frame);
            ap_framing_take(framer, taken);
            return AP_OK;
        }
        refuse(framer, err == AP_ERR_UNKNOWN ? AP_REFUSED_MODE_AC : AP_REFUSED_SYNTAX, taken);
    }
}

/* Whether a line, or as much of it as is there, names a frame. One with a category is a record of
 * ASTERIX, whose octets may be as many as a frame's. */
int ap_framing_score_json_lines(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    (void)framer;
    (void)all;
    static const char *const names[] = { "frame", "rawmsg", "msg", "hex" };
    ap_json_scan scan = ap_json_scan_of(data, size);
    ap_json_span key, value;
    int score = 0;
    if (!ap_json_scan_enter(&scan, '{'))
        return 0;
    while (ap_json_scan_member(&scan, &key, &value)) {
        if (ap_json_span_is(&key, "cat"))
            return 0;
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            if (ap_json_span_is(&key, names[k]) && value.kind == AP_JSON_SPAN_STRING &&
                (value.size == 14 || value.size == 28))
                score = 95;
    }
    return score;
}
