#include "io/postgres_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/postgres_schema.h"

#define STATEMENT_S 60
#define SERVER_MIN 130000 /* temporary identity columns, partitions attached beside readers */
#define SQL_SIZE 256

/* How rows of a kind come into their table: straight, or by a table of the connection. */
typedef struct kind_row {
    const char *copy, *merge;
} kind_row;

static const kind_row kind_rows[AP_ROW_KIND_COUNT] = {
    [AP_ROW_POINT] = { AP_POSTGRES_COPY("track_points", AP_POSTGRES_POINT_COLUMNS), NULL },
    [AP_ROW_REASON] = { AP_POSTGRES_COPY("track_reasons", AP_POSTGRES_REASON_COLUMNS), NULL },
    [AP_ROW_TRACK] = { AP_POSTGRES_COPY("new_tracks", AP_POSTGRES_TRACK_COLUMNS),
                       AP_POSTGRES_MERGE_TRACKS },
    [AP_ROW_ALERT] = { AP_POSTGRES_COPY("new_alerts", AP_POSTGRES_ALERT_COLUMNS),
                       AP_POSTGRES_MERGE_ALERTS },
    [AP_ROW_SENSOR] = { AP_POSTGRES_COPY("new_sensors", AP_POSTGRES_SENSOR_COLUMNS),
                        AP_POSTGRES_MERGE_SENSORS },
};

bool ap_postgres_schema_is_good(const char *schema)
{
    size_t length = strspn(schema, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && length <= AP_POSTGRES_SCHEMA_MAX && schema[length] == '\0' &&
           !(schema[0] >= '0' && schema[0] <= '9') && strncmp(schema, "pg_", 3) != 0;
}

/* --- open --- */

static bool take_text(void *context, char *const *values, int count)
{
    (void)snprintf(context, 32, "%s", count > 0 && values[0] ? values[0] : "");
    return false;
}

/* One value as text; "" where there is none. */
static ap_err ask(ap_postgres_link *link, const char *sql, const char *parameter, char answer[32])
{
    const char *const parameters[] = { parameter };
    answer[0] = '\0';
    return ap_postgres_link_ask(link, sql, parameters, parameter ? 1 : 0, take_text, answer, NULL);
}

static ap_err refuse(ap_postgres_store *store, const char *format, const char *what)
{
    char message[AP_IO_MESSAGE_SIZE];
    (void)snprintf(message, sizeof message, format, what);
    memcpy(store->link.message, message, sizeof message);
    return AP_ERR_IO;
}

static ap_err check_server(ap_postgres_store *store)
{
    char answer[32];
    ap_err err = ask(&store->link, "SHOW server_version_num", NULL, answer);
    if (!err && strtol(answer, NULL, 10) < SERVER_MIN)
        err = refuse(store, "the server's version is %s; expected 130000 (13) or later", answer);
    if (!err)
        err = ask(&store->link, "SHOW server_encoding", NULL, answer);
    if (!err && strcmp(answer, "UTF8") != 0)
        err = refuse(store, "the database's encoding is %s; expected UTF8", answer);
    return err;
}

/* The schema is first in the search path, before what the role or the database has there. A server
 * soon lets go of a transaction whose sender was cut off. */
static ap_err choose_schema(ap_postgres_store *store, const char *schema)
{
    char answer[32];
    ap_err err = ap_postgres_link_run(&store->link,
                                      "SET idle_in_transaction_session_timeout = '60s'; "
                                      "SET tcp_keepalives_idle = 15; "
                                      "SET tcp_keepalives_interval = 5; "
                                      "SET tcp_keepalives_count = 3",
                                      STATEMENT_S);
    if (err)
        return err;
    return ask(&store->link,
               "SELECT left(set_config('search_path', $1 || ', ' || "
               "current_setting('search_path'), false), 30)",
               schema, answer);
}

static ap_err make_tables(ap_postgres_store *store, const char *schema)
{
    char sql[sizeof AP_POSTGRES_TABLES + SQL_SIZE];
    (void)snprintf(sql, sizeof sql,
                   "BEGIN; CREATE SCHEMA IF NOT EXISTS %s; " AP_POSTGRES_TABLES "; COMMIT", schema);
    return ap_postgres_link_run(&store->link, sql, STATEMENT_S);
}

static ap_err find_tables(ap_postgres_store *store, const char *schema)
{
    char answer[32];
    ap_err err =
        ask(&store->link, "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'layout'",
            schema, answer);
    if (!err && !*answer)
        err = make_tables(store, schema);
    if (!err)
        err = ask(&store->link, "SELECT max(version) FROM layout", NULL, answer);
    if (!err && strcmp(answer, AP_POSTGRES_LAYOUT) != 0)
        err = refuse(store,
                     "its tables are of layout '%s'; expected " AP_POSTGRES_LAYOUT
                     ": name another schema",
                     answer);
    return err;
}

static ap_err find_place(ap_postgres_store *store)
{
    char answer[32];
    ap_err err = ask(&store->link,
                     "INSERT INTO spools (spool, stored) VALUES ($1, 0) ON CONFLICT DO NOTHING",
                     store->spool, answer);
    if (!err)
        err = ask(&store->link, "SELECT stored FROM spools WHERE spool = $1", store->spool, answer);
    if (!err)
        store->stored = strtoull(answer, NULL, 10);
    return err;
}

ap_err ap_postgres_store_open(ap_postgres_store *store, const ap_postgres_store_config *config)
{
    *store = (ap_postgres_store){
        .parts = { .part_s = config->part_s, .keep_s = config->keep_s, .from = 0, .to = -1 }
    };
    (void)snprintf(store->spool, sizeof store->spool, "%016" PRIx64, config->spool_id);
    ap_err err = ap_postgres_link_open(&store->link, &config->link);
    if (!err)
        err = check_server(store);
    if (!err)
        err = choose_schema(store, config->schema);
    if (!err)
        err = find_tables(store, config->schema);
    if (!err)
        err = ap_postgres_link_run(&store->link, AP_POSTGRES_STAGES, STATEMENT_S);
    return err ? err : find_place(store);
}

void ap_postgres_store_close(ap_postgres_store *store)
{
    ap_postgres_link_close(&store->link);
}

/* --- rows --- */

/* First of all in the transaction: whoever else sends this spool, also a process that is dead and
 * whose last transaction goes on, has to be through with it, and then the place is another. */
static ap_err move_place(ap_postgres_store *store, uint64_t to)
{
    char from_text[24], to_text[24];
    int64_t count = 0;
    (void)snprintf(from_text, sizeof from_text, "%" PRIu64, store->stored);
    (void)snprintf(to_text, sizeof to_text, "%" PRIu64, to);
    const char *const parameters[] = { store->spool, from_text, to_text };
    ap_err err = ap_postgres_link_ask(&store->link,
                                      "UPDATE spools SET stored = $3, stored_at = now() WHERE "
                                      "spool = $1 AND stored = $2",
                                      parameters, 3, NULL, NULL, &count);
    if (!err && count != 1)
        return refuse(store, "another process has sent rows of %s", "this spool");
    return err;
}

static ap_err put_rows(ap_postgres_store *store, const kind_row *row, const ap_postgres_rows *rows)
{
    ap_err err = ap_postgres_link_copy(&store->link, row->copy, rows->octets, rows->size);
    if (!err && row->merge)
        err = ap_postgres_link_run(&store->link, row->merge, STATEMENT_S);
    return err;
}

ap_err ap_postgres_store_put(ap_postgres_store *store, const ap_postgres_batch *batch)
{
    ap_err err = ap_postgres_link_run(&store->link, "BEGIN", STATEMENT_S);
    if (!err)
        err = move_place(store, batch->last);
    for (int kind = 0; kind < AP_ROW_KIND_COUNT && !err; kind++)
        if (batch->of[kind].count > 0)
            err = put_rows(store, &kind_rows[kind], &batch->of[kind]);
    if (!err)
        err = ap_postgres_link_run(&store->link, "COMMIT", STATEMENT_S);
    if (!err)
        store->stored = batch->last;
    return err;
}
