/* The live archive on a PostgreSQL server with PostGIS: a sink (io/archive_sink.h).
 *
 * A row that is committed lies in a spool on disk (io/spool.h); a thread of its own sends the spool
 * to the server in transactions (io/postgres_store.h), and what a server has is removed. The server
 * may be away: rows wait until the spool is full, and then the newest are refused. Opening and
 * closing the sink is of the spool alone. */
#ifndef AP_IO_POSTGRES_H
#define AP_IO_POSTGRES_H

#include <stdint.h>

#include "airpicture/err.h"
#include "io/archive_sink.h"
#include "io/log.h"
#include "io/postgres_store.h"

#define AP_POSTGRES_DRAIN_S 5 /* for which the end waits for the server */

typedef struct ap_postgres_config {
    const char *connection, *password_file, *schema; /* as of ap_postgres_store_config */
    const char *spool;                               /* folder, made if it is not there */
    uint64_t spool_size;                             /* octets on disk at most */
    uint32_t part_s;                                 /* 3600 or 86400: of a partition */
    uint64_t keep_s;                                 /* 0: for ever */
    const ap_log *log;
} ap_postgres_config; /* its texts outlive the sink */

/* Makes the sink. AP_ERR_ARGUMENT: the schema is not good; AP_ERR_MEMORY. */
ap_err ap_postgres_make(ap_archive_sink *sink, const ap_postgres_config *config);

/* With `waits` it lets the server have what it takes in AP_POSTGRES_DRAIN_S; the rest, or all of
 * it, stays in the spool. Safe twice. */
void ap_postgres_unmake(ap_archive_sink *sink, bool waits);

#endif
