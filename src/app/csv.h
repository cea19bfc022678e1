/* Comma-separated text (RFC 4180), cut into rows and fields; what they mean is others' business.
 *
 * Lines end in LF or CRLF. A field may stand in quotes and then hold commas, line breaks and
 * doubled quotes. Any octets are accepted: what breaks the rules costs its row, with a fault. */
#ifndef AP_APP_CSV_H
#define AP_APP_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AP_CSV_FIELD_CAP 128 /* fields of a row */
#define AP_CSV_ROW_SIZE 8192 /* octets of a row's fields, with a NUL each */

typedef enum ap_csv_fault {
    AP_CSV_SOUND,
    AP_CSV_QUOTE,    /* a quote inside a field that does not begin with one, text behind a closing
                      * one, or not closed within AP_CSV_ROW_SIZE: the row ends with that line */
    AP_CSV_NUL,      /* an octet 0 */
    AP_CSV_TOO_LONG, /* more than AP_CSV_ROW_SIZE */
    AP_CSV_TOO_MANY  /* more than AP_CSV_FIELD_CAP fields */
} ap_csv_fault;

/* What is wrong, for people. Static storage. */
const char *ap_csv_fault_text(ap_csv_fault fault);

typedef struct ap_csv {
    char text[AP_CSV_ROW_SIZE];       /* of the fields, NUL-terminated each */
    uint32_t start[AP_CSV_FIELD_CAP]; /* of each in text */
    size_t size, field_count;
    ap_csv_fault fault; /* of the row: its fields count only when it is AP_CSV_SOUND */
    uint64_t line;      /* where the row begins, from 1 */
    uint64_t next_line; /* of the octet that comes next */
    int state;
    bool is_begun, is_whole; /* the row has an octet; its end was seen */
} ap_csv;

/* At the first line of an input. */
void ap_csv_init(ap_csv *csv);

/* Takes octets up to the end of a row; returns how many. *whole: the row is whole, its fields are
 * valid until the next call. Lines without any octet are passed over. A byte order mark in front of
 * the input is passed over. */
size_t ap_csv_take(ap_csv *csv, const char *data, size_t size, bool *whole);

/* The input has ended; true when a last row without a line end is whole by that. */
bool ap_csv_end(ap_csv *csv);

/* Field i < field_count, blanks about it removed. */
const char *ap_csv_field(const ap_csv *csv, size_t i);

#endif
