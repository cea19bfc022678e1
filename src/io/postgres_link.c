#include "io/postgres_link.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airpicture/time.h"
#include "io/clock.h"

#define CONNECT_S 10
#define ANSWER_S 60
#define LOOK_MS 100 /* between looks at the deadline */
#define PIECE_SIZE ((size_t)256 << 10)
#define PASSWORD_SIZE 1024
#define VALUES_MAX 8

/* --- errors --- */

/* The first line, without the word that libpq or the server begins with. */
static void take_line(char message[AP_IO_MESSAGE_SIZE], const char *text)
{
    static const char *const words[] = { "ERROR:  ", "FATAL:  " };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(text, words[i], strlen(words[i])) == 0)
            text += strlen(words[i]);
    size_t size = strcspn(text, "\r\n");
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "%.*s",
                   (int)(size < AP_IO_MESSAGE_SIZE ? size : AP_IO_MESSAGE_SIZE - 1), text);
}

static ap_err fail(ap_postgres_link *link, const char *text)
{
    link->code[0] = '\0';
    take_line(link->message, text);
    return AP_ERR_IO;
}

static ap_err fail_connection(ap_postgres_link *link)
{
    const char *text = PQerrorMessage(link->connection);
    return fail(link, *text ? text : "the connection is lost");
}

static ap_err fail_result(ap_postgres_link *link, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorMessage(result);
    (void)fail(link, *text ? text : "the server gave an answer that does not fit");
    (void)snprintf(link->code, sizeof link->code, "%s", code ? code : "");
    return AP_ERR_IO;
}

/* --- waiting --- */

static bool is_over(const ap_postgres_link *link)
{
    int64_t deadline_ns = link->deadline_ns ? atomic_load(link->deadline_ns) : 0;
    return deadline_ns > 0 && ap_clock_monotonic_ns() > deadline_ns;
}

static ap_err wait_for(ap_postgres_link *link, short events, int64_t until_ns)
{
    struct pollfd ready = { .fd = PQsocket(link->connection), .events = events };
    for (;;) {
        int count = poll(&ready, 1, LOOK_MS);
        if (count > 0)
            return AP_OK;
        if (count < 0 && errno != EINTR)
            return fail(link, strerror(errno));
        if (is_over(link))
            return fail(link, "the service ends");
        if (ap_clock_monotonic_ns() > until_ns)
            return fail(link, "the server does not answer");
    }
}

static int64_t after_s(int limit_s)
{
    return ap_clock_monotonic_ns() + limit_s * AP_NS_PER_S;
}

/* Sends what libpq holds; reads meanwhile, since a server that is not heard may not listen. */
static ap_err flush(ap_postgres_link *link, int limit_s)
{
    int left;
    while ((left = PQflush(link->connection)) > 0) {
        ap_err err = wait_for(link, POLLIN | POLLOUT, after_s(limit_s));
        if (err)
            return err;
        if (!PQconsumeInput(link->connection))
            return fail_connection(link);
    }
    return left < 0 ? fail_connection(link) : AP_OK;
}

/* The next result, NULL behind the last. */
static ap_err next_result(ap_postgres_link *link, int limit_s, PGresult **result)
{
    int64_t until_ns = after_s(limit_s);
    while (PQisBusy(link->connection)) {
        ap_err err = wait_for(link, POLLIN, until_ns);
        if (err)
            return err;
        if (!PQconsumeInput(link->connection))
            return fail_connection(link);
    }
    *result = PQgetResult(link->connection);
    return AP_OK;
}

/* --- open and close --- */

static void leave_out(void *context, const char *message)
{
    (void)context;
    (void)message;
}

bool ap_postgres_link_check(const char *connection, char message[AP_IO_MESSAGE_SIZE])
{
    char *error = NULL;
    bool is_good = true;
    PQconninfoOption *options = PQconninfoParse(connection, &error);
    if (!options) {
        take_line(message, error ? error : "memory is exhausted");
        PQfreemem(error);
        return false;
    }
    for (PQconninfoOption *option = options; option->keyword && is_good; option++)
        is_good = !option->val || (strcmp(option->keyword, "password") != 0 &&
                                   strcmp(option->keyword, "sslpassword") != 0);
    PQconninfoFree(options);
    if (!is_good)
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "it holds a password");
    return is_good;
}

/* The first line of a file that nobody else may read. */
static ap_err read_password(ap_postgres_link *link, const char *path, char text[PASSWORD_SIZE])
{
    struct stat file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_there = fd >= 0 && fstat(fd, &file) == 0;
    bool is_private = is_there && (file.st_mode & S_IRWXO) == 0;
    ssize_t size = is_private ? read(fd, text, PASSWORD_SIZE - 1) : 0;
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    text[size > 0 ? size : 0] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (is_there && is_private && *text)
        return AP_OK;
    (void)snprintf(link->message, sizeof link->message, "password_file '%.*s': %s",
                   AP_IO_MESSAGE_SIZE / 2, path,
                   !is_there     ? strerror(error)
                   : !is_private ? "everybody may read it; chmod 600"
                                 : "its first line is empty");
    return AP_ERR_IO;
}

static ap_err poll_connection(ap_postgres_link *link)
{
    int64_t until_ns = after_s(CONNECT_S);
    for (;;) {
        PostgresPollingStatusType status = PQconnectPoll(link->connection);
        if (status == PGRES_POLLING_OK)
            return AP_OK;
        if (status == PGRES_POLLING_FAILED)
            return fail_connection(link);
        ap_err err = wait_for(link, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, until_ns);
        if (err)
            return err;
    }
}

ap_err ap_postgres_link_open(ap_postgres_link *link, const ap_postgres_link_config *config)
{
    static const char *const keywords[] = { "fallback_application_name", "dbname", "password",
                                            "client_encoding", NULL };
    char password[PASSWORD_SIZE] = "";
    *link = (ap_postgres_link){ .deadline_ns = config->deadline_ns };
    if (*config->password_file && read_password(link, config->password_file, password))
        return AP_ERR_IO;
    const char *values[] = { "airpicture", config->connection, *password ? password : NULL, "UTF8",
                             NULL };
    link->connection = PQconnectStartParams(keywords, values, 1);
    explicit_bzero(password, sizeof password);
    if (!link->connection)
        return fail(link, "memory is exhausted");
    PQsetNoticeProcessor(link->connection, leave_out, NULL);
    ap_err err = PQstatus(link->connection) == CONNECTION_BAD ? fail_connection(link)
                                                              : poll_connection(link);
    if (!err && PQsetnonblocking(link->connection, 1))
        err = fail_connection(link);
    return err;
}

void ap_postgres_link_close(ap_postgres_link *link)
{
    if (link->connection)
        PQfinish(link->connection);
    link->connection = NULL;
}

/* --- statements --- */

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static void give_rows(const PGresult *result, ap_postgres_row_fn on_row, void *context)
{
    char *values[VALUES_MAX] = { NULL };
    int count = PQnfields(result) < VALUES_MAX ? PQnfields(result) : VALUES_MAX;
    for (int row = 0; row < PQntuples(result); row++) {
        for (int i = 0; i < count; i++)
            values[i] = PQgetisnull(result, row, i) ? NULL : PQgetvalue(result, row, i);
        if (!on_row(context, values, count))
            return;
    }
}

static int64_t count_of(PGresult *result)
{
    const char *changed = PQcmdTuples(result);
    return *changed ? strtoll(changed, NULL, 10) : PQntuples(result);
}

/* All results of what was sent; the first error stays. */
static ap_err take_results(ap_postgres_link *link, int limit_s, ap_postgres_row_fn on_row,
                           void *context, int64_t *count)
{
    PGresult *result = NULL;
    ap_err err = AP_OK, failed = flush(link, limit_s);
    while (!failed && !(failed = next_result(link, limit_s, &result)) && result) {
        if (!is_good(result) && !err)
            err = fail_result(link, result);
        if (!err && on_row)
            give_rows(result, on_row, context);
        if (!err && count)
            *count = count_of(result);
        PQclear(result);
    }
    return err ? err : failed;
}

ap_err ap_postgres_link_run(ap_postgres_link *link, const char *sql, int limit_s)
{
    if (!PQsendQuery(link->connection, sql))
        return fail_connection(link);
    return take_results(link, limit_s, NULL, NULL, NULL);
}

ap_err ap_postgres_link_ask(ap_postgres_link *link, const char *sql, const char *const *parameters,
                            int parameter_count, ap_postgres_row_fn on_row, void *context,
                            int64_t *count)
{
    if (!PQsendQueryParams(link->connection, sql, parameter_count, NULL, parameters, NULL, NULL, 0))
        return fail_connection(link);
    return take_results(link, ANSWER_S, on_row, context, count);
}

/* --- COPY --- */

static ap_err begin_copy(ap_postgres_link *link, const char *sql)
{
    PGresult *result = NULL;
    if (!PQsendQuery(link->connection, sql))
        return fail_connection(link);
    ap_err err = flush(link, ANSWER_S);
    if (!err)
        err = next_result(link, ANSWER_S, &result);
    if (!err && PQresultStatus(result) != PGRES_COPY_IN)
        err = fail_result(link, result);
    PQclear(result);
    return err;
}

ap_err ap_postgres_link_copy(ap_postgres_link *link, const char *sql, const uint8_t *octets,
                             size_t size)
{
    ap_err err = begin_copy(link, sql);
    for (size_t at = 0; !err && at < size;) {
        size_t piece = size - at < PIECE_SIZE ? size - at : PIECE_SIZE;
        if (PQputCopyData(link->connection, (const char *)octets + at, (int)piece) != 1)
            return fail_connection(link);
        at += piece;
        err = flush(link, ANSWER_S);
    }
    if (err)
        return err;
    if (PQputCopyEnd(link->connection, NULL) != 1)
        return fail_connection(link);
    return take_results(link, ANSWER_S, NULL, NULL, NULL);
}
