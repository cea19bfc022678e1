/* Rows of one transaction: for each kind the octets of a COPY BINARY, from its signature to its
 * end. */
#ifndef AP_IO_POSTGRES_BATCH_H
#define AP_IO_POSTGRES_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/postgres_row.h"

typedef struct ap_postgres_rows {
    uint8_t *octets; /* [size], of [cap] */
    size_t size, cap, count;
} ap_postgres_rows;

typedef struct ap_postgres_batch {
    ap_postgres_rows of[AP_ROW_KIND_COUNT];
    size_t size;            /* octets of all */
    uint64_t count;         /* rows */
    uint64_t last;          /* number of the newest record, of whatever it was */
    ap_utc_ns first, until; /* receive times of the rows, lowest and highest */
} ap_postgres_batch;

/* Empty: all 0 is, too. What was allocated stays. */
void ap_postgres_batch_reset(ap_postgres_batch *batch);

/* Adds a row; AP_ERR_MEMORY. */
ap_err ap_postgres_batch_add(ap_postgres_batch *batch, const ap_postgres_record *record);

/* Ends each COPY: nothing may be added behind it. AP_ERR_MEMORY. */
ap_err ap_postgres_batch_end(ap_postgres_batch *batch);

/* Safe twice. */
void ap_postgres_batch_close(ap_postgres_batch *batch);

#endif
