/* JSON read in passing: member by member, without memory of its own.
 *
 * For lines and documents of which a few known members are wanted, and which may arrive in pieces:
 * a value is told apart as a span of the text. What is inside of objects and arrays that nobody
 * enters is balanced, and otherwise not looked at. Where all of a text is wanted, or must be sound:
 * json_read.h. */
#ifndef AP_WIRE_JSON_SCAN_H
#define AP_WIRE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ap_json_span_kind {
    AP_JSON_SPAN_NONE,
    AP_JSON_SPAN_STRING, /* start and size are those between its quotes */
    AP_JSON_SPAN_NUMBER,
    AP_JSON_SPAN_WORD, /* true, false, null */
    AP_JSON_SPAN_OBJECT,
    AP_JSON_SPAN_ARRAY
} ap_json_span_kind;

typedef struct ap_json_span {
    ap_json_span_kind kind;
    const uint8_t *start;
    size_t size;
} ap_json_span;

typedef struct ap_json_scan {
    const uint8_t *text;
    size_t size, at; /* at: behind what was read */
    bool bad;        /* the text breaks the rules; stays */
    bool cut;        /* ... because it ends; more of it might mend that */
    bool any;        /* a member or element was read since the container was entered */
} ap_json_scan;

static inline ap_json_scan ap_json_scan_of(const uint8_t *text, size_t size)
{
    return (ap_json_scan){ .text = text, .size = size };
}

/* Passes blanks and the '{' or '[' behind them. */
bool ap_json_scan_enter(ap_json_scan *scan, char open);

/* The next member of the object that was entered; false behind its '}', or when `bad`. */
bool ap_json_scan_member(ap_json_scan *scan, ap_json_span *key, ap_json_span *value);

/* The next element of the array that was entered; false behind its ']', or when `bad`. */
bool ap_json_scan_element(ap_json_scan *scan, ap_json_span *value);

/* One value of any kind, behind blanks. A number or word at the end of the text is `cut`: it may go
 * on. */
bool ap_json_scan_value(ap_json_scan *scan, ap_json_span *value);

/* Passes blanks; true when nothing is left. */
bool ap_json_scan_done(ap_json_scan *scan);

bool ap_json_span_is(const ap_json_span *span, const char *text);

static inline bool ap_json_span_is_null(const ap_json_span *span)
{
    return span->kind == AP_JSON_SPAN_WORD && span->start[0] == 'n';
}

/* value * 10^decimals, rounded half away from zero; decimals 0..9. False when it is no number (nor
 * a string that holds one) or beyond int64. */
bool ap_json_span_scaled(const ap_json_span *span, int decimals, int64_t *scaled);

/* Within two units of the last place. False when it is no finite number. */
bool ap_json_span_double(const ap_json_span *span, double *value);

/* The first cap - 1 characters of a string, ended by NUL; escapes undone, what is no printable
 * ASCII becomes '?'. False when it is no string. */
bool ap_json_span_text(const ap_json_span *span, char *text, size_t cap);

#endif
