/* SBS/BaseStation lines: see wire/feed/sbs.h. */
#include "wire/framing/framing.h"

#include <string.h>

#include "wire/feed/sbs.h"

ap_err ap_framing_next_sbs(ap_framer *framer, ap_frame *frame)
{
    for (;;) {
        size_t size, taken;
        ap_aircraft_row row;
        ap_err err = ap_framing_line(framer, &size, &taken);
        if (err)
            return err;
        err = ap_sbs_read(ap_framing_data(framer), size, &row);
        if (!err) {
            *frame = (ap_frame){ .kind = AP_FRAME_SBS,
                                 .offset = framer->offset,
                                 .data = ap_framing_data(framer),
                                 .size = size,
                                 .synthetic = ap_row_is_synthetic(&row) };
            ap_refuse_many(&framer->refused, AP_REFUSED_VALUE, row.bad_count);
            if (row.time_utc != AP_UTC_UNKNOWN)
                ap_framing_set_utc(framer, frame, row.time_utc);
            ap_framing_take(framer, taken);
            return AP_OK;
        }
        if (err == AP_ERR_UNKNOWN) {
            ap_refuse(&framer->refused, AP_REFUSED_STATUS_FRAME);
            ap_framing_take(framer, taken);
        } else {
            ap_refuse(&framer->refused, AP_REFUSED_SYNTAX);
            ap_framing_garbage(framer, taken);
        }
    }
}

/* Lines that are whole, as far as they are there. */
int ap_framing_score_sbs(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    (void)framer;
    int good = 0, bad = 0;
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        if (!end && !all)
            break;
        size_t line = end ? (size_t)(end - data) - at : size - at;
        size_t kept = line > 0 && data[at + line - 1] == '\r' ? line - 1 : line;
        ap_aircraft_row row;
        bool is_good = ap_sbs_read(data + at, kept, &row) != AP_ERR_MALFORMED;
        good += is_good;
        bad += !is_good && kept > 0;
        at += line + 1;
    }
    return good == 0 ? 0 : bad == 0 ? 95 : good > bad ? 60 : 0;
}
