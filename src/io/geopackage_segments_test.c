#include "io/geopackage_segments.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "io/clock.h"
#include "io/geopackage_segment.h"

#define T0 (INT64_C(1717660800) * AP_NS_PER_S) /* 2024-06-06T08:00:00Z */
#define FIRST "airpicture-20240606T080000Z.gpkg"
#define SECOND "airpicture-20240606T080010Z.gpkg"
#define TRIES 6000 /* of 10 ms */

static const ap_log silent = { NULL };

typedef struct bed {
    char folder[64];
    ap_archive_sink sink;
    ap_row_mark committed;
} bed;

static ap_geopackage_segments_config config_of(const bed *b)
{
    return (ap_geopackage_segments_config){ .folder = b->folder, .segment_s = 10, .log = &silent };
}

static bed bed_new(void)
{
    bed b = { .folder = "/tmp/airpicture-segments-XXXXXX" };
    assert_non_null(mkdtemp(b.folder));
    return b;
}

static void bed_free(const bed *b)
{
    char path[512];
    DIR *open = opendir(b->folder);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        (void)snprintf(path, sizeof path, "%s/%s", b->folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(open);
    (void)rmdir(b->folder);
}

static void start(bed *b, const ap_geopackage_segments_config *config)
{
    assert_int_equal(ap_geopackage_segments_make(&b->sink, config), AP_OK);
    assert_int_equal(b->sink.ops->open(&b->sink, &b->committed), AP_OK);
}

static void stop(bed *b)
{
    b->sink.ops->close(&b->sink, true);
    ap_geopackage_segments_unmake(&b->sink);
}

static void put(bed *b, uint64_t number, double at_s, uint32_t track_id)
{
    ap_utc_ns at = T0 + (int64_t)(at_s * 1e9);
    const ap_row row = { .kind = AP_ROW_POINT,
                         .mark = { .run = 7, .row = number, .received = at },
                         .point = { .track_id = track_id,
                                    .time = at,
                                    .latitude_deg = 50 + at_s / 100,
                                    .longitude_deg = 8,
                                    .height_m = 9000,
                                    .state = "firm",
                                    .pressure_altitude_ft = NAN,
                                    .ground_speed_kt = 400,
                                    .track_deg = NAN,
                                    .vertical_rate_fpm = NAN,
                                    .position_sigma_m = 30 } };
    assert_int_equal(b->sink.ops->take(&b->sink, &row), AP_OK);
}

static void put_track(bed *b, uint64_t number, double at_s, uint32_t track_id, const char *end)
{
    ap_row row = { .kind = AP_ROW_TRACK,
                   .mark = { .run = 7, .row = number, .received = T0 + (int64_t)(at_s * 1e9) },
                   .track = { .track_id = track_id,
                              .icao24 = "3c6dd2",
                              .born = T0,
                              .confirmed = T0,
                              .updated = T0 } };
    strcpy(row.track.end_reason, end);
    assert_int_equal(b->sink.ops->take(&b->sink, &row), AP_OK);
}

static void commit(bed *b, uint64_t number, double at_s)
{
    const ap_row_mark mark = { .run = 7, .row = number, .received = T0 + (int64_t)(at_s * 1e9) };
    assert_int_equal(b->sink.ops->commit(&b->sink, &mark), AP_OK);
}

/* The number that a query gives, as another program that has the file open sees it; -1: none. */
static int64_t ask(const bed *b, const char *name, const char *sql)
{
    char path[512];
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    int64_t value = -1;
    (void)snprintf(path, sizeof path, "%s/%s", b->folder, name);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &rows, NULL) == SQLITE_OK &&
        sqlite3_step(rows) == SQLITE_ROW && sqlite3_column_type(rows, 0) != SQLITE_NULL)
        value = sqlite3_column_int64(rows, 0);
    (void)sqlite3_finalize(rows);
    (void)sqlite3_close(db);
    return value;
}

static void wait_until_finished(const bed *b, const char *name)
{
    for (int i = 0; i < TRIES; i++) {
        if (ask(b, name, "SELECT count(*) FROM meta WHERE value = 'finished'") == 1)
            return;
        ap_clock_sleep_ns(10 * AP_NS_PER_MS);
    }
    fail_msg("%s was not finished", name);
}

/* The log goes behind the last commit; where a reader was in the way, when the next closes it. */
static void wait_until_folded(const bed *b, const char *log)
{
    char path[512], message[AP_IO_MESSAGE_SIZE];
    ap_row_mark mark;
    bool is_finished;
    (void)snprintf(path, sizeof path, "%s/" FIRST, b->folder);
    for (int i = 0; i < TRIES && access(log, F_OK) == 0; i++) {
        ap_clock_sleep_ns(10 * AP_NS_PER_MS);
        if (i % 100 == 99)
            assert_int_equal(ap_geopackage_segment_look(path, &mark, &is_finished, message), AP_OK);
    }
    assert_int_not_equal(access(log, F_OK), 0);
}

/* What is committed is there for a reader while the segment is written; the rest is not. */
static void test_segments_read_while_written(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    start(&b, &config);
    assert_int_equal(b.committed.row, 0);
    put(&b, 1, 0.0, 4);
    put(&b, 2, 1.0, 4);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM track_points"), 0);
    commit(&b, 2, 1.0);
    put(&b, 3, 2.0, 4);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM track_points"), 2);
    /* a GeoPackage: its mark, its version, all layers told of */
    assert_int_equal(ask(&b, FIRST, "PRAGMA application_id"), 0x47504B47);
    assert_int_equal(ask(&b, FIRST, "PRAGMA user_version"), 10300);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM gpkg_contents"), 7);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM gpkg_geometry_columns"), 3);
    stop(&b);
    bed_free(&b);
}

/* The next segment begins with the tracks that have not ended; the old one gets lines, indexes and
 * extents, and no log beside it. */
static void test_segments_roll_over(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    start(&b, &config);
    put_track(&b, 1, 0.0, 4, "");
    put_track(&b, 2, 0.0, 5, "left");
    put_track(&b, 3, 0.0, 6, "");
    put(&b, 4, 1.0, 4);
    put(&b, 5, 2.0, 5);
    put(&b, 6, 3.0, 4);
    put(&b, 7, 10.5, 4);
    put(&b, 8, 11.5, 9); /* no row of this one ever came */
    commit(&b, 8, 11.5);
    wait_until_finished(&b, FIRST);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM tracks"), 2); /* 6 sent nothing */
    assert_int_equal(ask(&b, FIRST, "SELECT point_count FROM tracks WHERE fid = 4"), 2);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM tracks WHERE geom IS NOT NULL"), 1);
    assert_int_equal(ask(&b, FIRST,
                         "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND "
                         "name LIKE 'track_%'"),
                     3);
    assert_int_equal(ask(&b, FIRST,
                         "SELECT round(1000 * max_y) FROM gpkg_contents WHERE "
                         "table_name = 'track_points'"),
                     50030);
    char log[512];
    (void)snprintf(log, sizeof log, "%s/" FIRST "-wal", b.folder);
    wait_until_folded(&b, log);
    static const char second[] = "airpicture-20240606T080010Z.gpkg";
    assert_int_equal(ask(&b, second, "SELECT count(*) FROM track_points"), 2);
    assert_int_equal(ask(&b, second, "SELECT count(*) FROM tracks"), 2); /* 4 and 6 */
    stop(&b);
    ap_archive_sink_stats stats;
    start(&b, &config); /* taken up again */
    assert_int_equal(b.committed.row, 8);
    assert_int_equal(b.committed.run, 7);
    put(&b, 9, 12.0, 9);
    put(&b, 10, 20.0, 9);
    commit(&b, 10, 20.0);
    wait_until_finished(&b, second);
    assert_int_equal(ask(&b, second, "SELECT count(*) FROM track_points"), 3);
    assert_int_equal(ask(&b, second, "SELECT point_count FROM tracks WHERE fid = 9"), 2);
    b.sink.ops->stats(&b.sink, &stats);
    stop(&b);
    bed_free(&b);
}

/* A process that is killed leaves what it had committed, and the next goes on with it. */
static void test_segments_killed(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    pid_t child = fork();
    if (child == 0) {
        start(&b, &config);
        put(&b, 1, 0.0, 4);
        commit(&b, 1, 0.0);
        put(&b, 2, 1.0, 4);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    start(&b, &config);
    assert_int_equal(b.committed.row, 1);
    assert_int_equal(b.committed.received, T0);
    put(&b, 2, 1.0, 4);
    commit(&b, 2, 1.0);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM track_points"), 2);
    stop(&b);
    bed_free(&b);
}

/* What an earlier release began lacks a column: it gets it, and goes on. */
static void test_segments_of_an_earlier_release(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    start(&b, &config);
    put(&b, 1, 0.0, 4);
    commit(&b, 1, 0.0);
    stop(&b);
    char path[512];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/" FIRST, b.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "ALTER TABLE track_points DROP COLUMN flags;"
                                  "UPDATE meta SET value = 'open' WHERE key = 'state'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    (void)sqlite3_close(db);
    start(&b, &config);
    put(&b, 2, 1.0, 4);
    commit(&b, 2, 1.0);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM track_points WHERE flags IS NULL"), 1);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM track_points"), 2);
    stop(&b);
    bed_free(&b);
}

/* Another life of the engine has other numbers of tracks: it begins a segment of its own. */
static void test_segments_another_run(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    start(&b, &config);
    put_track(&b, 1, 0.0, 4, "");
    put(&b, 2, 0.5, 4);
    commit(&b, 2, 0.5);
    const ap_row row = { .kind = AP_ROW_POINT,
                         .mark = { .run = 8, .row = 1, .received = T0 + AP_NS_PER_S / 2 },
                         .point = { .track_id = 4, .time = T0 } };
    assert_int_equal(b.sink.ops->take(&b.sink, &row), AP_OK);
    assert_int_equal(b.sink.ops->commit(&b.sink, &row.mark), AP_OK);
    static const char next[] = "airpicture-20240606T080000Z-01.gpkg";
    assert_int_equal(ask(&b, next, "SELECT count(*) FROM track_points"), 1);
    assert_int_equal(ask(&b, next, "SELECT count(*) FROM tracks"), 0);
    stop(&b);
    bed_free(&b);
}

static void test_segments_keep_limits(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    config.keep_s = 25;
    start(&b, &config);
    for (uint64_t i = 0; i < 6; i++) {
        put(&b, i + 1, 10.0 * (double)i, 4);
        commit(&b, i + 1, 10.0 * (double)i);
    }
    put(&b, 7, 60.0, 4); /* the thread looks when a segment begins */
    commit(&b, 7, 60.0);
    ap_archive_sink_stats stats = { 0 };
    for (int i = 0; i < TRIES && stats.removed_count < 3; i++) {
        put(&b, 8 + (uint64_t)i, 70.0 + 10.0 * i, 4);
        commit(&b, 8 + (uint64_t)i, 70.0 + 10.0 * i);
        ap_clock_sleep_ns(10 * AP_NS_PER_MS);
        b.sink.ops->stats(&b.sink, &stats);
    }
    assert_true(stats.removed_count >= 3);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM track_points"), -1);
    assert_true(stats.byte_count > 0);
    stop(&b);
    bed_free(&b);
}

/* The clock ran back: the segment that is written is older than others by its name, and neither
 * removed nor passed over at the next start. */
static void test_segments_clock_back(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    config.keep_size = 1;
    start(&b, &config);
    put(&b, 1, 30.0, 4);
    commit(&b, 1, 30.0);
    const ap_row row = { .kind = AP_ROW_POINT,
                         .mark = { .run = 9, .row = 5, .received = T0 },
                         .point = { .track_id = 4, .time = T0 } };
    assert_int_equal(b.sink.ops->take(&b.sink, &row), AP_OK);
    assert_int_equal(b.sink.ops->commit(&b.sink, &row.mark), AP_OK);
    ap_clock_sleep_ns(100 * AP_NS_PER_MS); /* the thread has looked, when there is a segment */
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM track_points"), 1);
    stop(&b);
    start(&b, &config);
    assert_int_equal(b.committed.run, 9);
    assert_int_equal(b.committed.row, 5);
    stop(&b);
    bed_free(&b);
}

/* A segment that is removed while it is written is told, and the next begins anew. */
static void test_segments_removed(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    start(&b, &config);
    put(&b, 1, 0.0, 4);
    commit(&b, 1, 0.0);
    assert_int_equal(b.sink.ops->tick(&b.sink), AP_OK);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/" FIRST, b.folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(b.sink.ops->tick(&b.sink), AP_ERR_IO);
    assert_non_null(strstr(b.sink.message, "a segment was removed from"));
    put(&b, 2, 10.0, 4); /* the next one does not make the lost one anew */
    commit(&b, 2, 10.0);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(ask(&b, SECOND, "SELECT count(*) FROM track_points"), 1);
    stop(&b);
    bed_free(&b);
}

/* The lines of a large segment do not hold up the end; the next start makes them. */
static void test_segments_finish_stops(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    start(&b, &config);
    for (uint64_t i = 0; i < 3000; i++)
        put(&b, i + 1, 0.001 * (double)i, 4);
    commit(&b, 3000, 3.0);
    stop(&b);
    char path[512], message[AP_IO_MESSAGE_SIZE];
    (void)snprintf(path, sizeof path, "%s/" FIRST, b.folder);
    const atomic_bool ends = true, goes_on = false;
    assert_int_equal(ap_geopackage_segment_finish(path, &ends, message), AP_ERR_IO);
    assert_int_equal(ask(&b, FIRST, "SELECT count(*) FROM tracks"), 0);
    assert_int_equal(ap_geopackage_segment_finish(path, &goes_on, message), AP_OK);
    assert_int_equal(ask(&b, FIRST, "SELECT point_count FROM tracks"), 3000);
    bed_free(&b);
}

/* What is no archive is left as it is; a folder in use is refused. */
static void test_segments_strange_folder(void **state)
{
    (void)state;
    bed b = bed_new();
    ap_geopackage_segments_config config = config_of(&b);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/" SECOND, b.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("this is no database", file) >= 0);
    assert_int_equal(fclose(file), 0);
    start(&b, &config);
    assert_int_equal(b.committed.row, 0);
    put(&b, 1, 10.0, 4);
    commit(&b, 1, 10.0);
    assert_int_equal(
        ask(&b, "airpicture-20240606T080010Z-01.gpkg", "SELECT count(*) FROM track_points"), 1);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 19);
    bed other = b;
    assert_int_equal(ap_geopackage_segments_make(&other.sink, &config), AP_OK);
    assert_int_equal(other.sink.ops->open(&other.sink, &other.committed), AP_ERR_IO);
    assert_non_null(strstr(other.sink.message, "another process archives"));
    other.sink.ops->close(&other.sink, true);
    ap_geopackage_segments_unmake(&other.sink);
    stop(&b);
    config.folder = "/proc/no/such";
    assert_int_equal(ap_geopackage_segments_make(&b.sink, &config), AP_OK);
    assert_int_equal(b.sink.ops->open(&b.sink, &b.committed), AP_ERR_IO);
    assert_non_null(strstr(b.sink.message, "cannot make the folder '/proc/no/such'"));
    stop(&b);
    config.segment_s = 0;
    assert_int_equal(ap_geopackage_segments_make(&b.sink, &config), AP_ERR_ARGUMENT);
    bed_free(&b);
}

static void touch(const bed *b, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", b->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static bool is_there(const bed *b, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", b->folder, name);
    return access(path, F_OK) == 0;
}

/* What a killed process had begun of a segment goes; what others put there stays. */
static void test_segments_begun(void **state)
{
    (void)state;
    bed b = bed_new();
    const ap_geopackage_segments_config config = config_of(&b);
    static const char *const ours[] = { FIRST ".part", FIRST ".part-journal" };
    static const char *const theirs[] = { "other.gpkg.part", "airpicture-notes.part" };
    for (size_t i = 0; i < 2; i++) {
        touch(&b, ours[i]);
        touch(&b, theirs[i]);
    }
    start(&b, &config);
    for (size_t i = 0; i < 2; i++) {
        assert_false(is_there(&b, ours[i]));
        assert_true(is_there(&b, theirs[i]));
    }
    stop(&b);
    bed_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments_read_while_written),
        cmocka_unit_test(test_segments_roll_over),
        cmocka_unit_test(test_segments_killed),
        cmocka_unit_test(test_segments_of_an_earlier_release),
        cmocka_unit_test(test_segments_another_run),
        cmocka_unit_test(test_segments_keep_limits),
        cmocka_unit_test(test_segments_clock_back),
        cmocka_unit_test(test_segments_removed),
        cmocka_unit_test(test_segments_finish_stops),
        cmocka_unit_test(test_segments_strange_folder),
        cmocka_unit_test(test_segments_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
