/* aircraft.json, aircraft by aircraft: see wire/feed/aircraft_json.h. The document may be of any
 * length, and several may follow each other. Its `now` counts when it stands before the list. */
#include "wire/framing/framing.h"

#include <string.h>

#include "wire/feed/aircraft_json.h"
#include "wire/json_scan.h"

#define VALUE_MAX 65536u                        /* longest member or aircraft */
#define MILLISECONDS_FROM INT64_C(100000000000) /* seconds would be the year 5138 */

enum { OUTSIDE, IN_OBJECT, IN_LIST };

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void junk(ap_framer *framer, ap_refusal why, size_t size)
{
    if (!framer->lost)
        ap_refuse(&framer->refused, why);
    framer->lost = true;
    ap_framing_garbage(framer, size);
}

static void enter(ap_framer *framer, uint8_t state, size_t taken)
{
    framer->document = state;
    framer->lost = false;
    ap_framing_take(framer, taken);
}

static ap_json_scan window_of(const ap_framer *framer)
{
    size_t left = ap_framing_left(framer);
    return ap_json_scan_of(ap_framing_data(framer), left < VALUE_MAX ? left : VALUE_MAX);
}

static void take_now(ap_framer *framer, const ap_json_span *value)
{
    int64_t whole, ns;
    if (!ap_json_span_scaled(value, 0, &whole))
        return;
    bool in_ms = whole >= MILLISECONDS_FROM;
    framer->has_utc = ap_json_span_scaled(value, in_ms ? 6 : 9, &ns) && ap_framing_is_time(ns);
    framer->utc_ns = framer->has_utc ? ns : 0;
    if (!framer->has_utc)
        ap_refuse(&framer->refused, AP_REFUSED_CONTAINER);
}

/* The text ends inside an element: it goes on, or it is longer than any. */
static ap_err cut(ap_framer *framer, const ap_json_scan *scan)
{
    if (scan->size < VALUE_MAX) {
        framer->document = framer->ended ? OUTSIDE : framer->document;
        return ap_framing_cut(framer);
    }
    junk(framer, AP_REFUSED_OVERSIZE, 1);
    framer->document = framer->document == IN_LIST ? IN_LIST : OUTSIDE;
    return AP_OK;
}

/* One member of the document. */
static ap_err take_member(ap_framer *framer)
{
    ap_json_scan scan = window_of(framer);
    ap_json_span key, value = { .kind = AP_JSON_SPAN_NONE };
    bool named = ap_json_scan_value(&scan, &key) && ap_json_scan_enter(&scan, ':');
    bool is_list = named && (ap_json_span_is(&key, "aircraft") || ap_json_span_is(&key, "ac"));
    if (is_list ? ap_json_scan_enter(&scan, '[') : named && ap_json_scan_value(&scan, &value)) {
        if (scan.cut)
            return cut(framer, &scan); /* a number may go on */
        if (!is_list && ap_json_span_is(&key, "now"))
            take_now(framer, &value);
        enter(framer, is_list ? IN_LIST : IN_OBJECT, scan.at);
        return AP_OK;
    }
    if (scan.cut)
        return cut(framer, &scan);
    framer->document = OUTSIDE;
    junk(framer, AP_REFUSED_SYNTAX, 1);
    return AP_OK;
}

/* One aircraft. *found: it is a frame. */
static ap_err take_aircraft(ap_framer *framer, ap_frame *frame, bool *found)
{
    ap_json_scan scan = window_of(framer);
    ap_json_span value;
    ap_aircraft_row row;
    if (!ap_json_scan_value(&scan, &value)) {
        if (scan.cut)
            return cut(framer, &scan);
        junk(framer, AP_REFUSED_SYNTAX, 1);
        return AP_OK;
    }
    ap_utc_ns now = framer->has_utc ? framer->utc_ns : AP_UTC_UNKNOWN;
    if (ap_aircraft_json_read(value.start, value.size, now, &row)) {
        junk(framer, AP_REFUSED_SYNTAX, scan.at); /* its brackets match: inside is its own */
        return AP_OK;
    }
    *frame = (ap_frame){ .kind = AP_FRAME_AIRCRAFT,
                         .offset = framer->offset,
                         .data = value.start,
                         .size = value.size,
                         .synthetic = ap_row_is_synthetic(&row) };
    ap_refuse_many(&framer->refused, AP_REFUSED_VALUE, row.bad_count);
    if (framer->has_utc)
        ap_framing_set_utc(framer, frame, now);
    enter(framer, IN_LIST, scan.at);
    *found = true;
    return AP_OK;
}

/* Bytes that are nothing here, up to the next that may be something, or is no loss. */
static void pass_junk(ap_framer *framer)
{
    const uint8_t *data = ap_framing_data(framer);
    size_t left = ap_framing_left(framer), size = 1;
    while (size < left && !is_blank(data[size]) && !strchr("{}],\"", data[size]))
        size++;
    junk(framer, AP_REFUSED_SYNTAX, size);
}

/* What stands at the first unread byte. */
static ap_err take_one(ap_framer *framer, ap_frame *frame, bool *found)
{
    uint8_t c = ap_framing_data(framer)[0];
    if (framer->document == OUTSIDE && c == '{') {
        framer->has_utc = false;
        enter(framer, IN_OBJECT, 1);
    } else if (framer->document == IN_OBJECT && c == '"') {
        return take_member(framer);
    } else if (framer->document == IN_OBJECT && c == '}') {
        enter(framer, OUTSIDE, 1);
    } else if (framer->document == IN_LIST && c == '{') {
        return take_aircraft(framer, frame, found);
    } else if (framer->document == IN_LIST && c == ']') {
        enter(framer, IN_OBJECT, 1);
    } else {
        if (framer->document == IN_OBJECT)
            framer->document = OUTSIDE;
        pass_junk(framer);
    }
    return AP_OK;
}

ap_err ap_framing_next_aircraft(ap_framer *framer, ap_frame *frame)
{
    for (bool found = false;;) {
        while (ap_framing_left(framer) > 0 &&
               (is_blank(ap_framing_data(framer)[0]) ||
                (framer->document != OUTSIDE && ap_framing_data(framer)[0] == ',')))
            ap_framing_take(framer, 1);
        if (ap_framing_left(framer) == 0) {
            if (!framer->ended)
                return AP_ERR_MORE;
            if (framer->document != OUTSIDE)
                ap_refuse(&framer->refused, AP_REFUSED_TRUNCATED);
            framer->document = OUTSIDE;
            return AP_ERR_END;
        }
        ap_err err = take_one(framer, frame, &found);
        if (err || found)
            return err;
    }
}

int ap_framing_score_aircraft(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    (void)framer;
    (void)all;
    ap_json_scan scan = ap_json_scan_of(data, size);
    ap_json_span key = { .kind = AP_JSON_SPAN_NONE }, value;
    if (!ap_json_scan_enter(&scan, '{'))
        return 0;
    while (ap_json_scan_member(&scan, &key, &value))
        if ((ap_json_span_is(&key, "aircraft") || ap_json_span_is(&key, "ac")) &&
            value.kind == AP_JSON_SPAN_ARRAY)
            return 95;
    /* The list is longer than what is seen of it. */
    bool is_list = key.kind == AP_JSON_SPAN_STRING &&
                   (ap_json_span_is(&key, "aircraft") || ap_json_span_is(&key, "ac"));
    return scan.cut && is_list ? 95 : 0;
}
