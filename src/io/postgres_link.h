/* A connection to PostgreSQL that nothing holds for ever: each step waits for the socket, up to a
 * limit, and gives up when the caller's deadline comes. Built on libpq's calls that do not wait;
 * but the look-up of a host's name does.
 *
 * An error leaves `message`, one line; the connection is then good for nothing but closing. */
#ifndef AP_IO_POSTGRES_LINK_H
#define AP_IO_POSTGRES_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"

typedef struct ap_postgres_link_config {
    const char *connection;    /* libpq's: "host=db dbname=air", or a URI */
    const char *password_file; /* of which the first line is the password; "": libpq's ways */
    const _Atomic int64_t *deadline_ns; /* of ap_clock_monotonic_ns; 0: there is none */
} ap_postgres_link_config;

typedef struct ap_postgres_link {
    void *connection; /* PGconn; NULL: closed */
    const _Atomic int64_t *deadline_ns;
    char code[6]; /* SQLSTATE of the newest error; "": it is none of the server's */
    char message[AP_IO_MESSAGE_SIZE];
} ap_postgres_link;

/* Whether the text is one that libpq takes, and has no password in it: it would be in every place
 * where the configuration is. False with `message`. */
bool ap_postgres_link_check(const char *connection, char message[AP_IO_MESSAGE_SIZE]);

/* AP_ERR_IO: ten seconds passed, or it was refused; link->message, also when it is closed. */
ap_err ap_postgres_link_open(ap_postgres_link *link, const ap_postgres_link_config *config);

/* Safe twice. */
void ap_postgres_link_close(ap_postgres_link *link);

/* One or more statements without parameters, whose rows are left out. limit_s: without a word of
 * the server. */
ap_err ap_postgres_link_run(ap_postgres_link *link, const char *sql, int limit_s);

/* A row of an answer, as text; NULL where it is null. False: the caller has what it needs. */
typedef bool (*ap_postgres_row_fn)(void *context, char *const *values, int count);

/* One statement with parameters $1, $2 ... as text; on_row NULL: rows are left out. Returns how
 * many rows it gave or changed in *count, which may be NULL. */
ap_err ap_postgres_link_ask(ap_postgres_link *link, const char *sql, const char *const *parameters,
                            int parameter_count, ap_postgres_row_fn on_row, void *context,
                            int64_t *count);

/* COPY ... FROM STDIN of so many octets. */
ap_err ap_postgres_link_copy(ap_postgres_link *link, const char *sql, const uint8_t *octets,
                             size_t size);

#endif
