/* The values of an aircraft row by name: one table for aircraft.json and for our own lines. */
#ifndef AP_WIRE_FEED_ROW_COLUMNS_H
#define AP_WIRE_FEED_ROW_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/aircraft_row.h"
#include "airpicture/bytes.h"
#include "wire/json_scan.h"

typedef enum ap_row_column_kind {
    AP_ROW_TEXT,  /* char[limit] */
    AP_ROW_OCTAL, /* uint16_t, a string of four digits */
    AP_ROW_HEX,   /* uint8_t, a string of two digits */
    AP_ROW_STATE, /* uint8_t, ap_row_emergency as a word */
    AP_ROW_BOOL,  /* 0 or 1; also read from true and false */
    AP_ROW_U8,    /* [low, high] */
    AP_ROW_U64,
    AP_ROW_I32,     /* [low, high], rounded */
    AP_ROW_DOUBLE,  /* [low, high] */
    AP_ROW_DEGREES, /* any angle, brought to [0, 360) */
} ap_row_column_kind;

#define AP_ROW_MEMBER_ROOM 24 /* as copied: a fixed number of octets is a few moves */

typedef struct ap_row_column {
    const char *key;                 /* of aircraft.json */
    char member[AP_ROW_MEMBER_ROOM]; /* `, "key": `, then zeros */
    size_t member_size;
    const char *own_key; /* with its unit */
    ap_row_column_kind kind;
    uint32_t has; /* AP_ROW_HAS_* */
    size_t offset, size;
    double low, high;
    int decimals; /* as it is written */
} ap_row_column;

/* In the order of writing. */
extern const ap_row_column ap_row_columns[];
extern const size_t ap_row_column_count;

/* The column of a key of aircraft.json or of an older name of it; NULL if there is none. */
const ap_row_column *ap_row_column_find(const ap_json_span *key);

/* Takes a value of the column; true when there was one. One of another type or out of range is
 * counted in bad_count and changes nothing else. Null is none; texts lose the blanks behind them,
 * and one of blanks or '@' only is none. */
bool ap_row_column_read(const ap_row_column *column, const ap_json_span *value,
                        ap_aircraft_row *row);

/* Counts a value that cannot be. */
static inline void ap_row_bad_value(ap_aircraft_row *row)
{
    if (row->bad_count < UINT16_MAX)
        row->bad_count++;
}

/* A string of exactly `size` digits of the base, at most sixteen; *number as far as it holds. */
bool ap_row_digits(const ap_json_span *value, size_t size, int base, unsigned *number);

/* The value as JSON. */
void ap_row_column_write(const ap_row_column *column, const ap_aircraft_row *row, ap_writer *text);

#endif
