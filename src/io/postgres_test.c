/* The sink while no server is there; test/e2e/postgres.py has one. */
#include "io/postgres.h"

#include <dirent.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/archive_feed.h"
#include "io/clock.h"
#include "io/spool.h"

#define T0 (INT64_C(1717660800) * AP_NS_PER_S)
#define TRIES 6000 /* of 10 ms */

static const ap_log silent = { NULL };

typedef struct bed {
    char folder[64], connection[64];
    int port; /* a socket that nobody listens at */
    ap_archive_sink sink;
    ap_postgres_config config;
} bed;

static bed *set_up(uint64_t spool_size)
{
    static const char *const places[] = { "/dev/shm", "/tmp" };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof address;
    bed *b = calloc(1, sizeof *b);
    assert_non_null(b);
    (void)snprintf(b->folder, sizeof b->folder, "%s/airpicture-postgres-XXXXXX",
                   places[access(places[0], W_OK) != 0]);
    assert_non_null(mkdtemp(b->folder));
    b->port = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(b->port, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(b->port, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(b->connection, sizeof b->connection, "host=127.0.0.1 port=%u dbname=none",
                   (unsigned)ntohs(address.sin_port));
    b->config = (ap_postgres_config){ .connection = b->connection,
                                      .password_file = "",
                                      .schema = "airpicture",
                                      .spool = b->folder,
                                      .spool_size = spool_size,
                                      .part_s = 3600,
                                      .log = &silent };
    assert_int_equal(ap_postgres_make(&b->sink, &b->config), AP_OK);
    return b;
}

static void tear_down(bed *b)
{
    char path[512];
    ap_postgres_unmake(&b->sink, true);
    ap_postgres_unmake(&b->sink, true);
    DIR *open = opendir(b->folder);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        (void)snprintf(path, sizeof path, "%s/%s", b->folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(open);
    assert_int_equal(rmdir(b->folder), 0);
    assert_int_equal(close(b->port), 0);
    free(b);
}

static ap_row_mark mark_of(uint64_t number)
{
    return (ap_row_mark){ .run = 7, .row = number, .received = T0 + (int64_t)number };
}

static ap_err take(bed *b, uint64_t number)
{
    const ap_row row = { .kind = AP_ROW_POINT,
                         .mark = mark_of(number),
                         .point = { .track_id = 1, .time = T0, .state = "firm" } };
    return b->sink.ops->take(&b->sink, &row);
}

static ap_err commit(bed *b, uint64_t number)
{
    const ap_row_mark mark = mark_of(number);
    return b->sink.ops->commit(&b->sink, &mark);
}

static ap_row_mark open_sink(bed *b)
{
    ap_row_mark mark;
    assert_int_equal(b->sink.ops->open(&b->sink, &mark), AP_OK);
    return mark;
}

static ap_archive_sink_stats stats_of(const bed *b)
{
    ap_archive_sink_stats stats;
    b->sink.ops->stats(&b->sink, &stats);
    return stats;
}

static void test_postgres_keeps_what_was_committed(void **state)
{
    (void)state;
    bed *b = set_up(AP_SPOOL_LIMIT_MIN);
    assert_int_equal(stats_of(b).spool_count, 0); /* before it is open */
    assert_int_equal(open_sink(b).run, 0);
    assert_int_equal(take(b, 1), AP_OK);
    assert_int_equal(take(b, 2), AP_OK);
    assert_int_equal(commit(b, 2), AP_OK);
    assert_int_equal(take(b, 3), AP_OK);
    b->sink.ops->close(&b->sink, false); /* a fault: row 3 is forgotten, and given again */
    ap_row_mark mark = open_sink(b);
    assert_int_equal(mark.run, 7);
    assert_int_equal(mark.row, 2);
    assert_int_equal(mark.received, T0 + 2);
    assert_int_equal(take(b, 3), AP_OK);
    assert_int_equal(commit(b, 3), AP_OK);
    assert_int_equal(stats_of(b).spool_count, 3);
    b->sink.ops->close(&b->sink, true);
    ap_postgres_unmake(&b->sink, true);
    assert_int_equal(ap_postgres_make(&b->sink, &b->config), AP_OK); /* the next process */
    assert_int_equal(open_sink(b).row, 3);
    assert_int_equal(stats_of(b).spool_count, 3);
    tear_down(b);
}

/* It says why there is no server, and the end waits for none. */
static void test_postgres_says_why(void **state)
{
    (void)state;
    bed *b = set_up(AP_SPOOL_LIMIT_MIN);
    (void)open_sink(b);
    assert_int_equal(take(b, 1), AP_OK);
    assert_int_equal(commit(b, 1), AP_OK);
    int tries = 0;
    while (!*stats_of(b).server_error && ++tries < TRIES)
        ap_clock_sleep_ns(10 * AP_NS_PER_MS);
    ap_archive_sink_stats stats = stats_of(b);
    assert_non_null(strstr(stats.server_error, "Connection refused"));
    assert_null(strchr(stats.server_error, '\n'));
    assert_true(stats.has_server);
    assert_false(stats.is_connected);
    assert_int_equal(stats.connection_count, 0);
    assert_int_equal(stats.stored_count, 0);
    tear_down(b);
}

/* Through the queue, as in the service: what finds no room is counted there as refused. */
static void test_postgres_full(void **state)
{
    (void)state;
    bed *b = set_up(AP_SPOOL_LIMIT_MIN);
    ap_archive_feed feed;
    const ap_archive_feed_config config = { .sink = &b->sink,
                                            .queue_size = (size_t)8 << 20,
                                            .log = &silent };
    assert_int_equal(ap_archive_feed_open(&feed, &config), AP_OK);
    const uint64_t count = 10000;
    for (uint64_t i = 1; i <= count; i++) {
        const ap_row row = { .kind = AP_ROW_POINT,
                             .mark = mark_of(i),
                             .point = { .track_id = 1, .time = T0, .state = "firm" } };
        ap_archive_feed_put(&feed, &row);
    }
    uint64_t end = ap_archive_feed_end(&feed);
    int tries = 0;
    while (!ap_archive_feed_has_settled(&feed, end) && ++tries < TRIES)
        ap_clock_sleep_ns(10 * AP_NS_PER_MS);
    ap_archive_feed_stats stats = ap_archive_feed_stats_of(&feed);
    assert_true(stats.refused_count > 1000);
    assert_int_equal(stats.refused_count, stats.sink.spool_full_count);
    assert_int_equal(stats.row_count, stats.sink.spool_count);
    assert_int_equal(stats.row_count + stats.refused_count, count);
    assert_int_equal(stats.lost_count, 0);
    assert_true(stats.sink.spool_size <= AP_SPOOL_LIMIT_MIN + 200);
    assert_true(ap_archive_feed_close(&feed));
    tear_down(b);
}

static void test_postgres_refuses_a_schema(void **state)
{
    (void)state;
    ap_archive_sink sink;
    const ap_postgres_config config = { .schema = "a\"; DROP", .log = &silent };
    assert_int_equal(ap_postgres_make(&sink, &config), AP_ERR_ARGUMENT);
}

/* A server that takes the connection and says nothing: who goes on in a moment does not wait. */
static void test_postgres_unmake_at_once(void **state)
{
    (void)state;
    bed *b = set_up(AP_SPOOL_LIMIT_MIN);
    assert_int_equal(listen(b->port, 8), 0);
    (void)open_sink(b);
    assert_int_equal(take(b, 1), AP_OK);
    assert_int_equal(commit(b, 1), AP_OK);
    b->sink.ops->close(&b->sink, true);
    int64_t begin_ns = ap_clock_monotonic_ns();
    ap_postgres_unmake(&b->sink, false);
    assert_true(ap_clock_monotonic_ns() - begin_ns < (AP_POSTGRES_DRAIN_S - 1) * AP_NS_PER_S);
    assert_int_equal(ap_postgres_make(&b->sink, &b->config), AP_OK);
    assert_int_equal(open_sink(b).row, 1);
    assert_int_equal(stats_of(b).spool_count, 1);
    ap_postgres_unmake(&b->sink, false);
    tear_down(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_postgres_keeps_what_was_committed),
        cmocka_unit_test(test_postgres_unmake_at_once),
        cmocka_unit_test(test_postgres_says_why),
        cmocka_unit_test(test_postgres_full),
        cmocka_unit_test(test_postgres_refuses_a_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
