#include "io/archive_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/geopackage.h"

#define T0 (INT64_C(1717664319) * AP_NS_PER_S) /* 2024-06-06T08:58:39Z */
#define POINTS 10                              /* a second apart, a hundredth of a degree north */

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/airpicture_read_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static ap_row_track track_row(uint32_t id, ap_utc_ns born)
{
    ap_row_track row = { .track_id = id,
                         .track_number = 4000 + id,
                         .address_kind = "icao",
                         .born = born,
                         .confirmed = born + AP_NS_PER_S,
                         .updated = born + POINTS * AP_NS_PER_S,
                         .update_count = POINTS,
                         .sources = "radar;receiver" };
    snprintf(row.icao24, sizeof row.icao24, "3c000%u", (unsigned)id % 10);
    snprintf(row.callsign, sizeof row.callsign, "ABC%u", (unsigned)id);
    if (id == 3)
        strcpy(row.address_kind, "anonymous");
    return row;
}

/* Tracks 1 to 3 from `born` on; the points [first, last) of each, a reason each, two sensors. */
static void write_file(const char *name, ap_utc_ns born, int first, int last)
{
    ap_geopackage archive;
    char message[AP_IO_MESSAGE_SIZE];
    assert_int_equal(ap_geopackage_open(&archive, path_of(name), message), AP_OK);
    for (uint32_t id = 1; id <= 3; id++) {
        const ap_row_track track = track_row(id, born);
        for (int k = first; k < last; k++) {
            const ap_row_point point = { .track_id = id,
                                         .time = born + k * AP_NS_PER_S,
                                         .latitude_deg = 50.0 + 0.01 * k,
                                         .longitude_deg = 8.0 + id,
                                         .height_m = k == 0 ? NAN : 1000.0 + k,
                                         .state = "firm",
                                         .sensor = "radar",
                                         .pressure_altitude_ft = 35000,
                                         .ground_speed_kt = 450,
                                         .track_deg = NAN,
                                         .vertical_rate_fpm = NAN,
                                         .position_sigma_m = 30 };
            assert_int_equal(ap_geopackage_add_point(&archive, &point), AP_OK);
        }
        const ap_row_reason reason = { .track_id = id,
                                       .number = (uint32_t)first + 1,
                                       .time = born + first * AP_NS_PER_S,
                                       .reason = "resumed",
                                       .text = "it came back",
                                       .sensor = "radar",
                                       .other_track_id = 4 - id,
                                       .existence = 0.5,
                                       .identity = "callsign=ABC" };
        assert_int_equal(ap_geopackage_add_reason(&archive, &reason), AP_OK);
        assert_int_equal(ap_geopackage_add_track(&archive, &track), AP_OK);
    }
    const ap_row_sensor sensors[] = {
        { .name = "radar",
          .kind = "mode_s",
          .has_sac_sic = true,
          .sac = 25,
          .sic = 1,
          .has_site = true,
          .latitude_deg = 50,
          .longitude_deg = 8,
          .height_m = 100,
          .report_count = (uint64_t)last,
          .first = born,
          .last = born + last * AP_NS_PER_S },
        { .name = "receiver", .kind = "adsb", .first = born, .last = born + last * AP_NS_PER_S },
    };
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(ap_geopackage_add_sensor(&archive, &sensors[i]), AP_OK);
    assert_int_equal(ap_geopackage_commit(&archive, message), AP_OK);
    ap_geopackage_close(&archive);
}

static ap_archive_ask ask_all(const char *path)
{
    return (ap_archive_ask){
        .path = path, .from = INT64_MIN, .until = INT64_MAX, .with_reasons = true
    };
}

/* What a reader gave: of each track its id and how many points, gaps and reasons. */
typedef struct told {
    uint32_t id[16];
    int points[16], gaps[16], reasons[16];
    int count;
    ap_row_track last;
    ap_row_reason reason; /* of the last; its texts are gone */
} told;

static ap_err on_reason(void *context, const ap_row_reason *reason)
{
    told *t = context;
    assert_string_equal(reason->reason, "resumed");
    assert_string_equal(reason->text, "it came back");
    assert_string_equal(reason->sensor, "radar");
    t->reason = *reason;
    t->reasons[t->count]++;
    return AP_OK;
}

static told read_all(const ap_archive_ask *ask)
{
    told t = { .count = 0 };
    ap_archive_reader reader;
    ap_row_point point;
    bool gap;
    char message[AP_IO_MESSAGE_SIZE] = "";
    if (ap_archive_reader_open(&reader, ask, message))
        fail_msg("%s", message);
    while (ap_archive_reader_track(&reader, &t.last, message) == AP_OK) {
        ap_utc_ns before = INT64_MIN;
        t.id[t.count] = t.last.track_id;
        for (; ap_archive_reader_point(&reader, &point, &gap, message) == AP_OK;
             t.points[t.count]++) {
            assert_int_equal(point.track_id, t.last.track_id);
            assert_true(point.time > before);
            t.gaps[t.count] += gap;
            before = point.time;
        }
        assert_int_equal(ap_archive_reader_reasons(&reader, on_reason, &t, message), AP_OK);
        t.count++;
    }
    assert_string_equal(message, "");
    ap_archive_reader_close(&reader);
    ap_archive_reader_close(&reader);
    return t;
}

static void test_read_a_file(void **state)
{
    (void)state;
    write_file("a.gpkg", T0, 0, POINTS);
    const ap_archive_ask ask = ask_all(path_of("a.gpkg"));
    const told t = read_all(&ask);
    assert_int_equal(t.count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(t.id[i], i + 1);
        assert_int_equal(t.points[i], POINTS);
        assert_int_equal(t.gaps[i], 0);
        assert_int_equal(t.reasons[i], 1);
    }
    const ap_row_track wanted = track_row(3, T0);
    assert_int_equal(t.last.track_number, wanted.track_number);
    assert_string_equal(t.last.icao24, wanted.icao24);
    assert_string_equal(t.last.callsign, wanted.callsign);
    assert_string_equal(t.last.sources, wanted.sources);
    assert_true(t.last.born == wanted.born && t.last.updated == wanted.updated);
    assert_int_equal(t.reason.other_track_id, 1);
    assert_true(t.reason.existence == 0.5 && t.reason.time == T0);
    assert_string_equal(t.reason.identity, "callsign=ABC");
}

static void *let_go(void *context)
{
    ap_clock_sleep_ns(300 * AP_NS_PER_MS);
    assert_int_equal(sqlite3_exec(context, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    return NULL;
}

/* The end of a segment has its file for itself for a moment: a reader waits. */
static void test_read_waits(void **state)
{
    (void)state;
    pthread_t holder;
    sqlite3 *db;
    write_file("a.gpkg", T0, 0, POINTS);
    assert_int_equal(sqlite3_open(path_of("a.gpkg"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(pthread_create(&holder, NULL, let_go, db), 0);
    const ap_archive_ask ask = ask_all(path_of("a.gpkg"));
    assert_int_equal(read_all(&ask).count, 3);
    assert_int_equal(pthread_join(holder, NULL), 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A point is what was written, what was not known too. */
static void test_read_points_as_written(void **state)
{
    (void)state;
    write_file("a.gpkg", T0, 0, 2);
    const ap_archive_ask ask = ask_all(path_of("a.gpkg"));
    ap_archive_reader reader;
    ap_row_track track;
    ap_row_point point;
    bool gap;
    char message[AP_IO_MESSAGE_SIZE];
    assert_int_equal(ap_archive_reader_open(&reader, &ask, message), AP_OK);
    assert_int_equal(ap_archive_reader_track(&reader, &track, message), AP_OK);
    assert_int_equal(ap_archive_reader_point(&reader, &point, &gap, message), AP_OK);
    assert_true(isnan(point.height_m) && isnan(point.track_deg));
    assert_int_equal(ap_archive_reader_point(&reader, &point, &gap, message), AP_OK);
    assert_true(point.time == T0 + AP_NS_PER_S);
    assert_true(point.latitude_deg == 50.01 && point.longitude_deg == 9.0);
    assert_true(point.height_m == 1001.0 && point.ground_speed_kt == 450.0);
    assert_string_equal(point.state, "firm");
    assert_string_equal(point.sensor, "radar");
    assert_int_equal(ap_archive_reader_point(&reader, &point, &gap, message), AP_ERR_END);
    ap_archive_reader_close(&reader);
}

/* A track over two files of one life is one; of another life, with the same ids, another. */
static void test_read_a_folder(void **state)
{
    (void)state;
    const ap_utc_ns next_day = T0 + AP_NS_PER_DAY;
    write_file("a.gpkg", T0, 0, 4);
    write_file("b.gpkg", T0, 4, POINTS);
    write_file("c.gpkg", next_day, 0, 5);
    const ap_archive_ask ask = ask_all(folder);
    const told t = read_all(&ask);
    assert_int_equal(t.count, 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(t.id[i], i / 2 + 1);
        assert_int_equal(t.points[i], i % 2 ? 5 : POINTS);
        assert_int_equal(t.reasons[i], i % 2 ? 1 : 2);
    }
    assert_true(t.last.born == next_day);
}

/* What words mean, in their order; each of several is looked for. */
static void test_read_words(void **state)
{
    (void)state;
    static const struct {
        const char *word[2];
        uint32_t id[2];
    } cases[] = {
        { { "3c0001" }, { 1 } },    { { "3C0002" }, { 2 } },
        { { "~3c0003" }, { 3 } },   { { "n4002" }, { 2 } },
        { { "3" }, { 3 } },         { { "abc1" }, { 1 } },
        { { "1", "3" }, { 1, 3 } }, { { "ABC2", "n4002" }, { 2 } },
    };
    for (int files = 1; files <= 2; files++) {
        write_file("a.gpkg", T0, 0, POINTS / files);
        if (files == 2)
            write_file("b.gpkg", T0, POINTS / 2, POINTS);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            ap_archive_ask ask = ask_all(folder);
            ask.words = cases[i].word;
            ask.word_count = cases[i].word[1] ? 2 : 1;
            const told t = read_all(&ask);
            assert_int_equal(t.count, cases[i].id[1] ? 2 : 1);
            assert_int_equal(t.id[0], cases[i].id[0]);
            assert_int_equal(t.points[0], POINTS);
            assert_int_equal(t.reasons[t.count - 1], files);
        }
        static const char *const nobody[] = { "3c0003", "~3c0001", "n1", "9", "DEF1", "" };
        for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
            ap_archive_ask ask = ask_all(folder);
            ap_archive_reader reader;
            char message[AP_IO_MESSAGE_SIZE] = "";
            ask.words = &nobody[i];
            ask.word_count = 1;
            assert_int_equal(ap_archive_reader_open(&reader, &ask, message), AP_ERR_UNKNOWN);
            assert_non_null(strstr(message, "has no track"));
            ap_archive_reader_close(&reader);
        }
    }
}

/* Points of a time and of a place; one that lay outside between two is told. */
static void test_read_cuts(void **state)
{
    (void)state;
    write_file("a.gpkg", T0, 0, POINTS);
    ap_archive_ask ask = ask_all(path_of("a.gpkg"));
    ask.from = T0 + 3 * AP_NS_PER_S;
    ask.until = T0 + 7 * AP_NS_PER_S;
    told t = read_all(&ask);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.points[0], 4);
    ask = ask_all(path_of("a.gpkg"));
    ask.has_box = true;
    ask.south_deg = 50.025;
    ask.north_deg = 50.065;
    ask.west_deg = 9.5; /* tracks 2 and 3 */
    ask.east_deg = 12.0;
    t = read_all(&ask);
    assert_int_equal(t.count, 2);
    assert_int_equal(t.id[0], 2);
    assert_int_equal(t.points[0], 4);
    assert_int_equal(t.gaps[0], 0);
    ask.west_deg = 10.5; /* over the date line: all but track 2, at 10 */
    ask.east_deg = 9.5;
    ask.south_deg = -90.0;
    ask.north_deg = 90.0;
    t = read_all(&ask);
    assert_int_equal(t.count, 2);
    assert_int_equal(t.id[1], 3);
}

static ap_err on_sensor(void *context, const ap_row_sensor *sensor)
{
    int *count = context;
    if (strcmp(sensor->name, "radar") == 0) {
        assert_true(sensor->has_sac_sic && sensor->has_site);
        assert_int_equal(sensor->sac, 25);
        assert_true(sensor->latitude_deg == 50.0 && sensor->longitude_deg == 8.0);
        assert_int_equal(sensor->report_count, POINTS); /* of the newest file */
        assert_true(sensor->first == T0 && sensor->last == T0 + POINTS * AP_NS_PER_S);
    } else {
        assert_false(sensor->has_sac_sic || sensor->has_site);
    }
    (*count)++;
    return AP_OK;
}

static ap_err refuse_sensor(void *context, const ap_row_sensor *sensor)
{
    (void)context;
    (void)sensor;
    return AP_ERR_FULL;
}

static void test_read_what_lies_beside(void **state)
{
    (void)state;
    write_file("b.gpkg", T0, 4, POINTS);
    write_file("a.gpkg", T0, 0, 4);
    for (int files = 1; files <= 2; files++) {
        const ap_archive_ask ask = ask_all(files == 2 ? folder : path_of("b.gpkg"));
        ap_archive_reader reader;
        ap_utc_ns first, last;
        uint32_t free_id = 0;
        int count = 0;
        char message[AP_IO_MESSAGE_SIZE];
        assert_int_equal(ap_archive_reader_open(&reader, &ask, message), AP_OK);
        assert_int_equal(ap_archive_reader_sensors(&reader, on_sensor, &count, message), AP_OK);
        assert_int_equal(count, 2);
        assert_int_equal(ap_archive_reader_sensors(&reader, refuse_sensor, NULL, message),
                         AP_ERR_FULL);
        assert_int_equal(ap_archive_reader_span(&reader, &first, &last, message), AP_OK);
        assert_true(first == T0 + (files == 2 ? 0 : 4) * AP_NS_PER_S);
        assert_true(last == T0 + (POINTS - 1) * AP_NS_PER_S);
        assert_int_equal(ap_archive_reader_free_id(&reader, &free_id, message), AP_OK);
        assert_int_equal(free_id, 4);
        ap_archive_reader_close(&reader);
    }
}

static void test_read_others(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *told;
        ap_err err;
    } cases[] = {
        { "none.gpkg", NULL, "No such file", AP_ERR_NO_INPUT },
        { "text.gpkg", "this is no database, and long enough for a head of one .................",
          "is no GeoPackage", AP_ERR_MALFORMED },
        { "empty.gpkg", "", "is no archive of airpicture", AP_ERR_MALFORMED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_archive_reader reader;
        char message[AP_IO_MESSAGE_SIZE] = "";
        if (cases[i].text) {
            FILE *file = fopen(path_of(cases[i].name), "w");
            assert_non_null(file);
            assert_true(fputs(cases[i].text, file) >= 0);
            assert_int_equal(fclose(file), 0);
        }
        const ap_archive_ask ask = ask_all(path_of(cases[i].name));
        assert_int_equal(ap_archive_reader_open(&reader, &ask, message), cases[i].err);
        if (!strstr(message, cases[i].told))
            fail_msg("%s", message);
        ap_archive_reader_close(&reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read_a_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read_waits, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read_points_as_written, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read_a_folder, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read_words, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read_cuts, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read_what_lies_beside, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read_others, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
