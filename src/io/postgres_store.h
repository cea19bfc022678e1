/* The archive on a PostgreSQL server: a connection, its tables, and rows in transactions of many.
 *
 * Each transaction also says up to which record of the spool its rows go. So after any fault the
 * server tells where to go on, and no row is stored twice. */
#ifndef AP_IO_POSTGRES_STORE_H
#define AP_IO_POSTGRES_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/postgres_batch.h"
#include "io/postgres_link.h"
#include "io/postgres_parts.h"

#define AP_POSTGRES_SCHEMA_MAX 40u

typedef struct ap_postgres_store_config {
    ap_postgres_link_config link;
    const char *schema; /* see ap_postgres_schema_is_good */
    uint64_t spool_id;
    int64_t part_s; /* 3600 or 86400 */
    uint64_t keep_s;
} ap_postgres_store_config;

typedef struct ap_postgres_store {
    ap_postgres_link link; /* its message tells of the newest error */
    char spool[17];        /* number of the spool, hexadecimal */
    uint64_t stored;       /* record of the spool up to which the server has all */
    ap_postgres_parts parts;
} ap_postgres_store;

/* 1 to AP_POSTGRES_SCHEMA_MAX of a to z, 0 to 9 and '_', no digit first, no "pg_". */
bool ap_postgres_schema_is_good(const char *schema);

/* Connects, makes the schema if it is not there, and asks for store->stored. AP_ERR_IO; close it.
 */
ap_err ap_postgres_store_open(ap_postgres_store *store, const ap_postgres_store_config *config);

/* Stores the rows of an ended batch, and batch->last as the newest record, in one transaction.
 * AP_ERR_IO: nothing is stored, or all of it and it is not known; close it. */
ap_err ap_postgres_store_put(ap_postgres_store *store, const ap_postgres_batch *batch);

/* Safe twice. */
void ap_postgres_store_close(ap_postgres_store *store);

#endif
