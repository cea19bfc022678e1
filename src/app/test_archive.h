/* An archive in a folder of its own, for the tests of what reads one: written by the sink that the
 * service has, a segment of 10 s each. */
#ifndef AP_APP_TEST_ARCHIVE_H
#define AP_APP_TEST_ARCHIVE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/archive_index.h"
#include "io/archive_sink.h"
#include "io/clock.h"
#include "io/geopackage_segments.h"
#include "io/log.h"

#define ARCHIVE_T0 (INT64_C(1717664400) * AP_NS_PER_S) /* 2024-06-06T09:00:00Z */

typedef struct test_archive {
    char folder[64];
    ap_archive_sink sink;
    ap_row_mark mark;
    ap_geopackage_segments_config config;
} test_archive;

static inline ap_utc_ns archive_at(double s)
{
    return ARCHIVE_T0 + (int64_t)(s * 1e9);
}

static inline void archive_open(test_archive *t, int64_t run)
{
    ap_row_mark committed;
    if (t->folder[0] == '\0') {
        strcpy(t->folder, "/tmp/ap_archive_XXXXXX");
        assert_non_null(mkdtemp(t->folder));
    }
    t->config = (ap_geopackage_segments_config){ .folder = t->folder, .segment_s = 10 };
    t->mark = (ap_row_mark){ .run = run * AP_NS_PER_S };
    assert_int_equal(ap_geopackage_segments_make(&t->sink, &t->config), AP_OK);
    assert_int_equal(t->sink.ops->open(&t->sink, &committed), AP_OK);
    if (committed.run == t->mark.run)
        t->mark = committed;
}

static inline void archive_take(test_archive *t, ap_row *row, double received_s)
{
    t->mark.row++;
    t->mark.received = archive_at(received_s);
    row->mark = t->mark;
    assert_int_equal(t->sink.ops->take(&t->sink, row), AP_OK);
}

static inline void archive_commit(test_archive *t)
{
    assert_int_equal(t->sink.ops->commit(&t->sink, &t->mark), AP_OK);
}

/* The archive as a program leaves it that ends. */
static inline void archive_close(test_archive *t)
{
    archive_commit(t);
    t->sink.ops->close(&t->sink, true);
    ap_geopackage_segments_unmake(&t->sink);
}

/* A track that flies north: its latitude tells the time of its point. */
static inline void archive_point(test_archive *t, uint32_t id, double s, double received_s)
{
    ap_row row = { .kind = AP_ROW_POINT,
                   .point = { .track_id = id,
                              .time = archive_at(s),
                              .flags = 0x28, /* Mode S, ADS-B */
                              .latitude_deg = 50 + s / 1000,
                              .longitude_deg = 8 + id / 10.0,
                              .height_m = 10100,
                              .state = "firm",
                              .sensor = "roof",
                              .pressure_altitude_ft = 33000,
                              .ground_speed_kt = 450,
                              .track_deg = 0,
                              .vertical_rate_fpm = -1000,
                              .position_sigma_m = 30 } };
    archive_take(t, &row, received_s);
}

static inline void archive_track(test_archive *t, uint32_t id, double s)
{
    ap_row row = { .kind = AP_ROW_TRACK,
                   .track = { .track_id = id,
                              .track_number = 100 + id,
                              .born = archive_at(0),
                              .confirmed = archive_at(0),
                              .updated = archive_at(s),
                              .update_count = 3,
                              .icao24 = "3c6dd2",
                              .address_kind = "icao",
                              .squawk = "1000",
                              .emitter_category = "A3",
                              .sources = "roof" } };
    (void)snprintf(row.track.callsign, sizeof row.track.callsign, "DLH%u", id);
    archive_take(t, &row, s);
}

static inline void archive_reason(test_archive *t, uint32_t id, double s, const char *reason)
{
    ap_row row = { .kind = AP_ROW_REASON,
                   .reason = { .track_id = id,
                               .number = 1,
                               .time = archive_at(s),
                               .reason = reason,
                               .text = "as it was decided",
                               .existence = 0.5 } };
    archive_take(t, &row, s);
}

static inline void archive_alert(test_archive *t, uint32_t id, double since_s, double until_s)
{
    ap_row row = { .kind = AP_ROW_ALERT,
                   .alert = { .alert_id = id,
                              .track_id = 1,
                              .kind = "emergency_code",
                              .detail = 07700,
                              .since = archive_at(since_s),
                              .until = until_s > 0 ? archive_at(until_s) : AP_UTC_UNKNOWN } };
    archive_take(t, &row, until_s > 0 ? until_s : since_s);
}

/* Until so many segments are finished: the last stays as it is. */
static inline void archive_wait_finished(test_archive *t, size_t count)
{
    ap_archive_index index;
    char message[AP_IO_MESSAGE_SIZE];
    size_t finished = 0;
    assert_int_equal(ap_archive_index_init(&index, t->folder), AP_OK);
    for (int i = 0; i < 12000 && finished < count; i++) {
        assert_int_equal(ap_archive_index_refresh(&index, message), AP_OK);
        finished = 0;
        for (size_t k = 0; k < index.count; k++)
            finished += index.segments[k].is_finished;
        ap_clock_sleep_ns(5 * AP_NS_PER_MS);
    }
    assert_int_equal(finished, count);
    ap_archive_index_close(&index);
}

static inline void archive_remove(test_archive *t)
{
    DIR *folder = opendir(t->folder);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", t->folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(folder);
    (void)rmdir(t->folder);
    t->folder[0] = '\0';
}

#endif
