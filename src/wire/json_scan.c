#include "wire/json_scan.h"

#include <math.h>
#include <string.h>

#include "base/hex.h"
#include "wire/json_number.h"
#include "wire/shortest.h"

#define DEPTH_MAX 64 /* one bit of a word for each container: array or object */

/* ---- values and what stands between them ---- */

static bool fail(ap_json_scan *scan)
{
    scan->bad = true;
    return false;
}

static bool fail_cut(ap_json_scan *scan)
{
    scan->cut = true;
    return fail(scan);
}

static void pass_blanks(ap_json_scan *scan)
{
    while (scan->at < scan->size && (scan->text[scan->at] == ' ' || scan->text[scan->at] == '\n' ||
                                     scan->text[scan->at] == '\r' || scan->text[scan->at] == '\t'))
        scan->at++;
}

/* The next character behind blanks; 0 at the end. */
static uint8_t peek(ap_json_scan *scan)
{
    pass_blanks(scan);
    return scan->at < scan->size ? scan->text[scan->at] : 0;
}

static bool take(ap_json_scan *scan, char wanted)
{
    if (peek(scan) != (uint8_t)wanted)
        return scan->at < scan->size ? fail(scan) : fail_cut(scan);
    scan->at++;
    return true;
}

bool ap_json_scan_done(ap_json_scan *scan)
{
    pass_blanks(scan);
    return scan->at == scan->size;
}

bool ap_json_scan_enter(ap_json_scan *scan, char open)
{
    scan->any = false;
    return take(scan, open);
}

/* The text stands on a quote. */
static bool take_string(ap_json_scan *scan, ap_json_span *value)
{
    size_t from = ++scan->at;
    for (; scan->at < scan->size; scan->at++) {
        uint8_t c = scan->text[scan->at];
        if (c == '"') {
            *value = (ap_json_span){ AP_JSON_SPAN_STRING, scan->text + from, scan->at++ - from };
            return true;
        }
        if (c < ' ')
            return fail(scan);
        if (c == '\\')
            scan->at++;
    }
    scan->at = scan->size; /* an escape may have stepped over the end */
    return fail_cut(scan);
}

/* The text stands on a bracket: passes to behind the one that closes it. */
static bool take_container(ap_json_scan *scan, ap_json_span *value)
{
    size_t from = scan->at;
    uint64_t arrays = 0;
    int depth = 0;
    ap_json_span inner;
    do {
        if (scan->at >= scan->size)
            return fail_cut(scan);
        uint8_t c = scan->text[scan->at];
        if (c == '"') {
            if (!take_string(scan, &inner))
                return false;
            continue;
        }
        scan->at++;
        if (c == '{' || c == '[') {
            if (depth++ == DEPTH_MAX)
                return fail(scan);
            arrays = arrays << 1 | (c == '[');
        } else if (c == '}' || c == ']') {
            if ((arrays & 1) != (c == ']'))
                return fail(scan);
            arrays >>= 1;
            depth--;
        }
    } while (depth > 0);
    *value = (ap_json_span){ scan->text[from] == '[' ? AP_JSON_SPAN_ARRAY : AP_JSON_SPAN_OBJECT,
                             scan->text + from, scan->at - from };
    return true;
}

static bool is_number_part(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static bool take_number(ap_json_scan *scan, ap_json_span *value)
{
    size_t from = scan->at;
    while (scan->at < scan->size && is_number_part(scan->text[scan->at]))
        scan->at++;
    *value = (ap_json_span){ AP_JSON_SPAN_NUMBER, scan->text + from, scan->at - from };
    if (scan->at == scan->size)
        scan->cut = true;
    return true;
}

static bool take_word(ap_json_scan *scan, ap_json_span *value)
{
    static const char *const words[] = { "true", "false", "null" };
    size_t left = scan->size - scan->at;
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        size_t size = strlen(words[k]);
        if (memcmp(scan->text + scan->at, words[k], left < size ? left : size) != 0)
            continue;
        if (left < size)
            return fail_cut(scan);
        *value = (ap_json_span){ AP_JSON_SPAN_WORD, scan->text + scan->at, size };
        scan->at += size;
        return true;
    }
    return fail(scan);
}

bool ap_json_scan_value(ap_json_scan *scan, ap_json_span *value)
{
    uint8_t c = peek(scan);
    if (scan->bad)
        return false;
    if (scan->at == scan->size)
        return fail_cut(scan);
    if (c == '"')
        return take_string(scan, value);
    if (c == '{' || c == '[')
        return take_container(scan, value);
    if (c == '-' || (c >= '0' && c <= '9'))
        return take_number(scan, value);
    return take_word(scan, value);
}

/* Moves to the next member or element. False when the container ends here, or when `bad`. */
static bool next(ap_json_scan *scan, char close)
{
    if (scan->bad)
        return false;
    if (peek(scan) == (uint8_t)close) {
        scan->at++;
        return false;
    }
    if (scan->any && !take(scan, ','))
        return false;
    scan->any = true;
    return true;
}

bool ap_json_scan_member(ap_json_scan *scan, ap_json_span *key, ap_json_span *value)
{
    if (!next(scan, '}'))
        return false;
    if (peek(scan) != '"')
        return scan->at < scan->size ? fail(scan) : fail_cut(scan);
    return take_string(scan, key) && take(scan, ':') && ap_json_scan_value(scan, value);
}

bool ap_json_scan_element(ap_json_scan *scan, ap_json_span *value)
{
    return next(scan, ']') && ap_json_scan_value(scan, value);
}

/* ---- what a span says ---- */

bool ap_json_span_is(const ap_json_span *span, const char *text)
{
    return span->size == strlen(text) && memcmp(span->start, text, span->size) == 0;
}

static bool is_numeric(const ap_json_span *span)
{
    return span->kind == AP_JSON_SPAN_NUMBER || span->kind == AP_JSON_SPAN_STRING;
}

bool ap_json_span_scaled(const ap_json_span *span, int decimals, int64_t *scaled)
{
    ap_json_number number;
    if (!is_numeric(span) || !ap_json_number_parse(span->start, span->size, &number))
        return false;
    uint64_t value = number.magnitude;
    int exponent = value == 0 ? 0 : number.exponent + decimals;
    for (; exponent > 0; exponent--) {
        if (value > INT64_MAX / 10)
            return false;
        value *= 10;
    }
    if (exponent < -19)
        value = 0;
    else if (exponent < 0)
        value = value / ap_powers_10[-exponent] +
                (value % ap_powers_10[-exponent] >= ap_powers_10[-exponent] / 2);
    if (value > INT64_MAX)
        return false;
    *scaled = number.is_negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool ap_json_span_double(const ap_json_span *span, double *value)
{
    ap_json_number number;
    if (!is_numeric(span) || !ap_json_number_parse(span->start, span->size, &number))
        return false;
    double found = ap_json_double(&number);
    if (!isfinite(found))
        return false;
    *value = found;
    return true;
}

/* The character of an escape whose backslash was taken; '?' for one that is no printable ASCII. */
static char take_escape(const uint8_t **at, const uint8_t *end)
{
    uint8_t c = *(*at)++;
    if (c != 'u')
        return c == '"' || c == '\\' || c == '/' ? (char)c : '?';
    int code = 0;
    for (int k = 0; k < 4 && *at < end && ap_hex_digit(**at) >= 0; k++)
        code = code << 4 | ap_hex_digit(*(*at)++);
    return code >= ' ' && code <= '~' ? (char)code : '?';
}

bool ap_json_span_text(const ap_json_span *span, char *text, size_t cap)
{
    if (span->kind != AP_JSON_SPAN_STRING || cap == 0)
        return false;
    const uint8_t *at = span->start, *end = at + span->size;
    size_t size = 0;
    while (at < end && size < cap - 1) {
        uint8_t c = *at++;
        if (c == '\\' && at < end)
            text[size++] = take_escape(&at, end);
        else
            text[size++] = c >= ' ' && c <= '~' ? (char)c : '?';
    }
    text[size] = '\0';
    return true;
}
