#include "app/archive_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "picture/point.h"
#include "publish/test_fixture.h"

static void test_archive_point_events(void **state)
{
    (void)state;
    fixture f;
    const ap_sensor_table *sensors = fixture_table(&f);
    ap_track track = fixture_track();
    ap_row_point row;
    static const bool adds[AP_EVENT_KIND_COUNT] = {
        [AP_EVENT_CONFIRMED] = true, [AP_EVENT_UPDATED] = true
    };
    for (int kind = 0; kind < AP_EVENT_KIND_COUNT; kind++) {
        ap_track_event event = { .kind = (ap_track_event_kind)kind,
                                 .time_utc = FIXTURE_UTC,
                                 .sensor = 1 };
        assert_int_equal(ap_archive_point(sensors, &event, &track, &row), adds[kind]);
    }
    assert_int_equal(row.track_id, 12);
    assert_int_equal(row.time, FIXTURE_UTC);
    assert_true(fabs(row.latitude_deg - 51.0003173191) < 1e-9);
    assert_true(fabs(row.longitude_deg + 4.7180598621) < 1e-9);
    assert_true(row.height_m == 10972.8);
    assert_string_equal(row.state, "firm");
    assert_string_equal(row.sensor, "receiver");
    assert_true(fabs(row.pressure_altitude_ft - 35000) < 1e-6);
    assert_true(fabs(row.ground_speed_kt - 456.5151) < 1e-4);
    assert_true(fabs(row.track_deg - 140.22567) < 1e-5);
    assert_true(fabs(row.vertical_rate_fpm + 1000) < 1e-9);
    assert_true(fabs(row.position_sigma_m - 30.31927) < 1e-5);
    assert_int_equal(row.flags, AP_POINT_PSR | AP_POINT_MODE_S | AP_POINT_ADSB);
    ap_track_event late = { .kind = AP_EVENT_UPDATED, .time_utc = FIXTURE_UTC - 1, .sensor = 1 };
    assert_false(ap_archive_point(sensors, &late, &track, &row));
    track.has_height = track.has_pressure_altitude = false;
    ap_track_event event = { .kind = AP_EVENT_UPDATED,
                             .time_utc = FIXTURE_UTC,
                             .sensor = AP_SENSOR_NONE };
    assert_true(ap_archive_point(sensors, &event, &track, &row));
    assert_true(isnan(row.height_m) && isnan(row.pressure_altitude_ft));
    assert_null(row.sensor);
    track.confirmed_utc = AP_UTC_UNKNOWN;
    assert_false(ap_archive_holds(&track));
    assert_false(ap_archive_point(sensors, &event, &track, &row));
}

static void test_archive_track_row(void **state)
{
    (void)state;
    fixture f;
    const ap_sensor_table *sensors = fixture_table(&f);
    ap_track track = fixture_track();
    ap_row_track row = ap_archive_track_row(sensors, &track);
    assert_int_equal(row.track_id, 12);
    assert_int_equal(row.track_number, 4095);
    assert_string_equal(row.icao24, "3c6dd2");
    assert_string_equal(row.address_kind, "icao");
    assert_string_equal(row.callsign, "DLH9LF");
    assert_string_equal(row.squawk, "1000");
    assert_string_equal(row.emitter_category, "A3");
    assert_string_equal(row.end_reason, "");
    assert_string_equal(row.sources, "receiver;radar, \"north\"");
    track.state = AP_TRACK_DEAD;
    track.reason_count = 18; /* the ring has turned: the newest is entry 1 */
    track.reason[1].code = AP_REASON_DROPPED_TIME;
    track.present = 0;
    row = ap_archive_track_row(sensors, &track);
    assert_string_equal(row.end_reason, "dropped_time");
    assert_string_equal(row.icao24, "");
    assert_string_equal(row.squawk, "");
}

/* As many names as there is room for, each whole. */
static void test_archive_track_row_many_sources(void **state)
{
    (void)state;
    fixture f;
    fixture_table(&f);
    memset(f.sensors[0].name, 'x', AP_SENSOR_NAME_SIZE - 1);
    ap_track track = fixture_track();
    track.source_count = AP_TRACK_SOURCE_CAP;
    for (int i = 0; i < AP_TRACK_SOURCE_CAP; i++)
        track.source[i].sensor = 0;
    track.source[AP_TRACK_SOURCE_CAP - 1].sensor = AP_SENSOR_NONE;
    ap_row_track row = ap_archive_track_row(&f.table, &track);
    assert_int_equal(strlen(row.sources), 7 * 31 + 6 + 32);
}

static void test_archive_add_sensors(void **state)
{
    (void)state;
    char directory[] = "/tmp/airpicture_rows_XXXXXX", path[64], message[AP_IO_MESSAGE_SIZE];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/x.gpkg", directory);
    fixture f;
    fixture_table(&f);
    f.stats[0].refused.count[AP_REFUSED_LATE] = 3;
    f.stats[2].refused.count[AP_REFUSED_TIME_RANGE] = 4;
    f.stats[2].refused.count[AP_REFUSED_GARBAGE_BYTES] = 100;
    f.stats[1].witness_count = 7;
    ap_refusals input = { .count = { [AP_REFUSED_CONTAINER] = 5 } };
    ap_geopackage archive;
    assert_int_equal(ap_geopackage_open(&archive, path, message), AP_OK);
    assert_int_equal(ap_archive_add_sensors(&archive, &f.table), AP_OK);
    assert_int_equal(ap_archive_add_refusals(&archive, "x.pcap", &input), AP_OK);
    assert_int_equal(ap_geopackage_commit(&archive, message), AP_OK);
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    static const char sql[] =
        "SELECT (SELECT group_concat(name||'/'||kind||'/'||refused_count) FROM sensors)||' '||"
        "(SELECT group_concat(sensor||'/'||reason||'/'||count) FROM counters)";
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal(
        (const char *)sqlite3_column_text(statement, 0),
        "radar, \"north\"/combined/3,receiver/adsb/0,wam/mlat/4 "
        "radar, \"north\"/late/3,receiver/witness/7,wam/garbage_bytes/100,wam/time_range/4,"
        "x.pcap/container/5");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    remove(path);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive_point_events),
        cmocka_unit_test(test_archive_track_row),
        cmocka_unit_test(test_archive_track_row_many_sources),
        cmocka_unit_test(test_archive_add_sensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
