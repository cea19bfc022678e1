/* Columns: one table of keys and values that is written as JSON objects and as CSV rows.
 *
 * A column gets its value from a row; what is not known is absent: no member in JSON, an empty
 * field in CSV. Keys carry their units. The JSON has no spaces: they would be a tenth of what a
 * running engine writes. */
#ifndef AP_PUBLISH_COLUMNS_H
#define AP_PUBLISH_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/time.h"

typedef enum ap_value_kind {
    AP_VALUE_ABSENT,
    AP_VALUE_UNSIGNED, /* unsigned_ */
    AP_VALUE_OCTAL,    /* unsigned_, four octal digits as text */
    AP_VALUE_HEX24,    /* unsigned_, six hexadecimal digits as text */
    AP_VALUE_FIXED,    /* real, with the column's decimals */
    AP_VALUE_TRUE,     /* true; there is no false, that is absent */
    AP_VALUE_TEXT,     /* text */
    AP_VALUE_SECONDS,  /* time as seconds since 1970, with six decimals */
    AP_VALUE_UTC       /* time as "YYYY-MM-DDThh:mm:ss.sssZ" */
} ap_value_kind;

typedef struct ap_value {
    ap_value_kind kind;
    uint64_t unsigned_;
    double real;
    const char *text; /* valid as long as the row */
    ap_utc_ns time;
} ap_value;

#define AP_MEMBER_ROOM 32 /* as copied: a fixed number of bytes is a few moves */

typedef struct ap_column {
    const char *key;             /* letters, digits, '_' */
    char member[AP_MEMBER_ROOM]; /* `,"key":`, then zeros */
    size_t member_size;
    int decimals; /* of AP_VALUE_FIXED */
    ap_value (*get)(const void *row);
    /* A list instead of `get`: how many items, and one of them as JSON or as plain text. */
    size_t (*count)(const void *row);
    void (*item)(ap_writer *text, const void *row, size_t i, bool json);
} ap_column;

#define AP_COLUMN_NAMES(key_)                                                                      \
    .key = key_, .member = ",\"" key_ "\":", .member_size = sizeof(",\"" key_ "\":") - 1
#define AP_COLUMN(key_, decimals_, get_)                                                           \
    {                                                                                              \
        AP_COLUMN_NAMES(key_), .decimals = decimals_, .get = get_                                  \
    }
#define AP_COLUMN_LIST(key_, count_, item_)                                                        \
    {                                                                                              \
        AP_COLUMN_NAMES(key_), .count = count_, .item = item_                                      \
    }

/* A list of columns X(key, decimals, value of `row`) gives their functions and their table:
 *
 *     #define ROWS(X) X(track_id, 0, ap_value_unsigned(TRACK(row)->track_id)) ...
 *     ROWS(AP_COLUMN_GETTER)
 *     static const ap_column columns[] = { ROWS(AP_COLUMN_LINE) }; */
#define AP_COLUMN_GETTER(key_, decimals_, value_)                                                  \
    static ap_value get_##key_(const void *row)                                                    \
    {                                                                                              \
        return value_;                                                                             \
    }
#define AP_COLUMN_LINE(key_, decimals_, value_) AP_COLUMN(#key_, decimals_, get_##key_),

ap_value ap_value_absent(void);
ap_value ap_value_unsigned(uint64_t value);
ap_value ap_value_positive(uint64_t value); /* absent when 0 */
ap_value ap_value_fixed(double value);      /* absent when not finite, and from 1e15 on */
ap_value ap_value_text(const char *text);   /* absent when NULL or empty */
ap_value ap_value_true_if(bool condition);
ap_value ap_value_seconds(ap_utc_ns time); /* absent when unknown */
ap_value ap_value_utc(ap_utc_ns time);

/* Seconds since 1970 with six decimals, rounded down; exact in integers. */
void ap_text_seconds(ap_writer *text, ap_utc_ns time);

/* One object and a line feed. AP_ERR_FULL, with the writer as before but for `bad`, when it does
 * not fit. */
ap_err ap_columns_json(ap_writer *text, const ap_column *columns, size_t count, const void *row);

/* The keys, or one row, and CR LF. Fields with a comma, a quote or a line break are quoted and the
 * items of a list are parted by ';' (RFC 4180). Failure as above. */
ap_err ap_columns_csv_head(ap_writer *text, const ap_column *columns, size_t count);
ap_err ap_columns_csv(ap_writer *text, const ap_column *columns, size_t count, const void *row);

#endif
