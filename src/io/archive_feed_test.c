#include "io/archive_feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"

#define STORE_CAP 4096

/* A store in memory: what is committed outlives every close. */
typedef struct store {
    ap_row_mark mark;
    uint64_t rows[STORE_CAP]; /* numbers of the rows that it has for good */
    size_t count;
    uint64_t batch[STORE_CAP];
    size_t batch_count;
    atomic_int open_failures, take_failures, commit_failures; /* that are to come */
    atomic_int commit_count, end_count;
    bool loses_answers; /* a commit that fails was carried out nevertheless */
} store;

static ap_err fail_if(ap_archive_sink *sink, atomic_int *failures, const char *what)
{
    if (atomic_load(failures) <= 0)
        return AP_OK;
    atomic_fetch_sub(failures, 1);
    strcpy(sink->message, what);
    return AP_ERR_IO;
}

static ap_err store_open(ap_archive_sink *sink, ap_row_mark *committed)
{
    store *to = sink->context;
    *committed = to->mark;
    return fail_if(sink, &to->open_failures, "it is away");
}

static ap_err store_take(ap_archive_sink *sink, const ap_row *row)
{
    store *to = sink->context;
    assert_int_equal(row->kind, AP_ROW_POINT);
    if (row->point.track_id == 13)
        return AP_ERR_RANGE;
    ap_err err = fail_if(sink, &to->take_failures, "it takes nothing");
    if (!err) {
        assert_true(to->batch_count < STORE_CAP);
        to->batch[to->batch_count++] = row->mark.row;
    }
    return err;
}

static ap_err store_commit(ap_archive_sink *sink, const ap_row_mark *through)
{
    store *to = sink->context;
    ap_err err = fail_if(sink, &to->commit_failures, "it keeps nothing");
    if (err && !to->loses_answers)
        return err;
    for (size_t i = 0; i < to->batch_count; i++)
        to->rows[to->count++] = to->batch[i];
    to->batch_count = 0;
    to->mark = *through;
    atomic_fetch_add(&to->commit_count, 1);
    return err;
}

static void store_close(ap_archive_sink *sink, bool is_end)
{
    store *to = sink->context;
    to->batch_count = 0;
    atomic_fetch_add(&to->end_count, is_end);
}

static void store_stats(const ap_archive_sink *sink, ap_archive_sink_stats *stats)
{
    (void)sink;
    stats->file_count = 7;
}

static const ap_archive_sink_ops ops = { store_open, store_take,  store_commit,
                                         NULL,       store_close, store_stats };
static const ap_log silent = { NULL };

static ap_archive_sink sink_of(store *to)
{
    return (ap_archive_sink){ .name = "test", .ops = &ops, .context = to };
}

static ap_archive_feed open_feed_with(ap_archive_sink *sink, const ap_log *log)
{
    ap_archive_feed feed;
    const ap_archive_feed_config config = { .sink = sink, .queue_size = 65536, .log = log };
    assert_int_equal(ap_archive_feed_open(&feed, &config), AP_OK);
    return feed;
}

static ap_archive_feed open_feed(ap_archive_sink *sink)
{
    return open_feed_with(sink, &silent);
}

static void put(ap_archive_feed *feed, uint64_t first, uint64_t count, bool again)
{
    for (uint64_t i = first; i < first + count; i++) {
        const ap_row row = { .kind = AP_ROW_POINT,
                             .again = again,
                             .mark = { .run = 5, .row = i, .received = (ap_utc_ns)i * 10 },
                             .point = { .track_id = 12 } };
        ap_archive_feed_put(feed, &row);
    }
}

static void assert_holds(const store *to, uint64_t first, uint64_t count)
{
    assert_int_equal(to->count, count);
    for (uint64_t i = 0; i < count; i++)
        assert_int_equal(to->rows[i], first + i);
}

/* 150 rows are more than a quarter of the queue, so they are committed without delay. */
static void wait_until_settled(const ap_archive_feed *feed)
{
    uint64_t end = ap_archive_feed_end(feed);
    for (int i = 0; i < 60000 && !ap_archive_feed_has_settled(feed, end); i++)
        ap_clock_sleep_ns(AP_NS_PER_MS);
    assert_true(ap_archive_feed_has_settled(feed, end));
}

static void test_feed_rows_in_order(void **state)
{
    (void)state;
    store to = { .count = 0 };
    ap_archive_sink sink = sink_of(&to);
    ap_archive_feed feed = open_feed(&sink);
    for (uint64_t i = 0; i < 10; i++) { /* three times the queue */
        put(&feed, i * 150 + 1, 150, false);
        wait_until_settled(&feed);
    }
    ap_archive_feed_stats stats = ap_archive_feed_stats_of(&feed);
    assert_true(stats.is_open);
    assert_int_equal(stats.row_count, 1500);
    assert_int_equal(stats.lost_count, 0);
    assert_int_equal(stats.waiting_size, 0);
    assert_true(stats.peak_size >= 150 * 136);
    assert_int_equal(stats.queue_size, 65536);
    assert_int_equal(stats.sink.file_count, 7);
    put(&feed, 1501, 3, false); /* end before they are due */
    ap_archive_feed_close(&feed);
    ap_archive_feed_close(&feed);
    assert_holds(&to, 1, 1503);
    assert_int_equal(to.mark.row, 1503);
    assert_int_equal(to.end_count, 1);
}

/* Whatever fails, each row is there once, in its place. */
static void test_feed_after_failures(void **state)
{
    (void)state;
    for (int lost_answer = 0; lost_answer < 2; lost_answer++) {
        store to = { .commit_failures = 1, .loses_answers = lost_answer };
        ap_archive_sink sink = sink_of(&to);
        ap_archive_feed feed = open_feed(&sink);
        put(&feed, 1, 150, false);
        while (ap_archive_feed_stats_of(&feed).failure_count == 0)
            ap_clock_sleep_ns(AP_NS_PER_MS);
        assert_string_equal(ap_archive_feed_stats_of(&feed).last_error, "it keeps nothing");
        atomic_store(&to.take_failures, 1); /* of the end, which tries twice */
        put(&feed, 151, 150, false);
        ap_archive_feed_close(&feed);
        assert_holds(&to, 1, 300);
    }
}

/* A store that opens and keeps nothing, as on a full disk, is told of once, and once when it keeps
 * something again. */
static void test_feed_tells_once(void **state)
{
    (void)state;
    char said[4096] = "";
    int ends[2];
    ap_log log;
    assert_int_equal(pipe(ends), 0);
    assert_true(ap_log_open(&log, ends[1], AP_LOG_INFO, AP_LOG_JOURNALD));
    store to = { .commit_failures = 2 };
    ap_archive_sink sink = sink_of(&to);
    ap_archive_feed feed = open_feed_with(&sink, &log);
    put(&feed, 1, 150, false);
    wait_until_settled(&feed);
    assert_int_equal(ap_archive_feed_stats_of(&feed).failure_count, 2);
    ap_archive_feed_close(&feed);
    ap_log_close(&log);
    close(ends[1]);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    close(ends[0]);
    assert_string_equal(said, "<4>archive, test: it keeps nothing; rows wait, and it is tried "
                              "again each second\n<5>archive, test: goes on\n");
    assert_holds(&to, 1, 150);
}

static void test_feed_lost(void **state)
{
    (void)state;
    store to = { .open_failures = 1000 };
    ap_archive_sink sink = sink_of(&to);
    ap_archive_feed feed = open_feed(&sink);
    put(&feed, 1, 500, false);
    ap_archive_feed_stats stats = ap_archive_feed_stats_of(&feed);
    assert_false(stats.is_open);
    assert_string_equal(stats.last_error, "it is away");
    uint64_t fit = 65536 / 136;
    assert_int_equal(stats.lost_count, 500 - fit);
    assert_false(ap_archive_feed_has_settled(&feed, ap_archive_feed_end(&feed)));
    ap_archive_feed_close(&feed); /* and nothing is told twice as lost */
    assert_int_equal(to.count, 0);
}

static void test_feed_refused(void **state)
{
    (void)state;
    store to = { .count = 0 };
    ap_archive_sink sink = sink_of(&to);
    ap_archive_feed feed = open_feed(&sink);
    const ap_row bad = { .kind = AP_ROW_POINT, .mark = { 5, 1, 10 }, .point = { .track_id = 13 } };
    ap_archive_feed_put(&feed, &bad);
    put(&feed, 2, 150, false);
    wait_until_settled(&feed);
    assert_int_equal(ap_archive_feed_stats_of(&feed).refused_count, 1);
    ap_archive_feed_close(&feed);
    assert_holds(&to, 2, 150);
}

/* A restarted engine gives again what its recording has. */
static void test_feed_again(void **state)
{
    (void)state;
    store to = { .mark = { .run = 5, .row = 100, .received = 1000 } };
    ap_archive_sink sink = sink_of(&to);
    ap_archive_feed feed = open_feed(&sink);
    put(&feed, 1, 300, true);
    const ap_row_mark all = { .run = 5, .row = 300, .received = 3000 };
    ap_archive_feed_settle(&feed, &all);
    put(&feed, 301, 10, false);
    ap_archive_feed_close(&feed);
    assert_holds(&to, 101, 210);
    /* of another run: by the time of receipt */
    to = (store){ .mark = { .run = 4, .row = 9000, .received = 1500 } };
    feed = open_feed(&sink);
    put(&feed, 1, 300, true);
    ap_archive_feed_close(&feed);
    assert_holds(&to, 151, 150);
    /* the recording ends before what the store has: new rows have numbers that the store knows */
    to = (store){ .mark = { .run = 5, .row = 100, .received = 1000 } };
    feed = open_feed(&sink);
    put(&feed, 1, 80, true);
    const ap_row_mark less = { .run = 5, .row = 80, .received = 800 };
    ap_archive_feed_settle(&feed, &less);
    put(&feed, 81, 50, false);
    ap_archive_feed_close(&feed);
    assert_holds(&to, 81, 50);
    assert_int_equal(to.mark.row, 130);
    assert_int_equal(to.commit_count, 2);
}

static void test_feed_open_bad(void **state)
{
    (void)state;
    ap_archive_feed feed;
    const ap_archive_feed_config config = { .queue_size = 100 };
    assert_int_equal(ap_archive_feed_open(&feed, &config), AP_ERR_ARGUMENT);
    ap_archive_feed_close(&feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_feed_rows_in_order), cmocka_unit_test(test_feed_after_failures),
        cmocka_unit_test(test_feed_lost),          cmocka_unit_test(test_feed_refused),
        cmocka_unit_test(test_feed_again),         cmocka_unit_test(test_feed_open_bad),
        cmocka_unit_test(test_feed_tells_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
