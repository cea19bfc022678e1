/* A row of the archive as PostgreSQL takes it: a tuple of COPY BINARY (PostgreSQL 15, "COPY", file
 * formats), made when the row is spooled and not touched again.
 *
 * The record of a spool is the kind, the edition of these columns, the receive time and the tuple.
 * Columns are those of io/postgres_schema.h. Places are EWKB, POINT Z with the number of WGS 84;
 * times are microseconds since 2000-01-01, cut from nanoseconds towards the past. */
#ifndef AP_IO_POSTGRES_ROW_H
#define AP_IO_POSTGRES_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/archive_row.h"

#define AP_POSTGRES_EDITION 1u
#define AP_POSTGRES_TEXT_MAX 1023u /* octets of a text; what is behind is cut */
#define AP_POSTGRES_RECORD_MAX 8192u

typedef struct ap_postgres_record {
    ap_row_kind kind;
    ap_utc_ns received;
    const uint8_t *tuple; /* [size] */
    size_t size;
} ap_postgres_record;

/* Writes the record of a row and returns its octets. Texts become UTF-8: a '?' stands for each
 * octet that is none. */
size_t ap_postgres_row_write(const ap_row *row, uint8_t to[AP_POSTGRES_RECORD_MAX]);

/* AP_ERR_TRUNCATED, AP_ERR_UNKNOWN: of another edition or of no kind. */
ap_err ap_postgres_record_read(const uint8_t *octets, size_t size, ap_postgres_record *record);

#endif
