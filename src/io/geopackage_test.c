#include "io/geopackage.h"
#include "io/geopackage_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sqlite3.h>

#define T0 INT64_C(1717664319147000000) /* 2024-06-06T08:58:39.147Z */

static char directory[] = "/tmp/airpicture_gpkg_XXXXXX";

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static ap_row_point a_point(uint32_t track_id, int k)
{
    return (ap_row_point){ .track_id = track_id,
                           .time = T0 + k * AP_NS_PER_S,
                           .latitude_deg = 50.0 + 0.01 * k,
                           .longitude_deg = 8.0 - 0.02 * k + track_id,
                           .height_m = k == 0 ? NAN : 1000.0 + k,
                           .state = "firm",
                           .sensor = "radar",
                           .pressure_altitude_ft = NAN,
                           .ground_speed_kt = 250.5,
                           .track_deg = 300.25,
                           .vertical_rate_fpm = -64,
                           .position_sigma_m = 31.5 };
}

static ap_row_track a_track(uint32_t track_id)
{
    return (ap_row_track){ .track_id = track_id,
                           .track_number = 100 + track_id,
                           .icao24 = "3c6dd2",
                           .address_kind = "icao",
                           .callsign = "DLH9LF",
                           .squawk = "1000",
                           .emitter_category = "A3",
                           .born = T0 - AP_NS_PER_S,
                           .confirmed = T0,
                           .updated = T0 + 2 * AP_NS_PER_S,
                           .update_count = 3,
                           .end_reason = "dropped_time",
                           .sources = "radar;receiver" };
}

/* Three tracks: two points and a row given late, one point, three points and no row. A fourth needs
 * points that it does not have. */
static void write_archive(const char *path)
{
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_geopackage archive;
    assert_int_equal(ap_geopackage_open(&archive, path, message), AP_OK);
    static const struct {
        uint32_t id;
        int k;
    } points[] = { { 2, 0 }, { 9, 0 }, { 2, 1 }, { 9, 1 }, { 5, 1 }, { 9, 2 } };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        ap_row_point point = a_point(points[i].id, points[i].k);
        assert_int_equal(ap_geopackage_add_point(&archive, &point), AP_OK);
    }
    ap_row_track five = a_track(5), two = a_track(2);
    five.callsign[0] = 0;
    assert_int_equal(ap_geopackage_add_track(&archive, &five), AP_OK);
    two.needs_points = true;
    assert_int_equal(ap_geopackage_add_track(&archive, &two), AP_OK);
    ap_row_track three = a_track(3);
    three.needs_points = true;
    assert_int_equal(ap_geopackage_add_track(&archive, &three), AP_OK);
    ap_row_reason reason = { .track_id = 2,
                             .number = 3,
                             .time = T0,
                             .reason = "merged",
                             .text = "another track joined it",
                             .sensor = "radar",
                             .other_track_id = 9,
                             .existence = 0.875,
                             .identity = "icao24=3c6dd2" };
    assert_int_equal(ap_geopackage_add_reason(&archive, &reason), AP_OK);
    reason =
        (ap_row_reason){ .track_id = 5, .number = 1, .time = AP_UTC_UNKNOWN, .existence = NAN };
    assert_int_equal(ap_geopackage_add_reason(&archive, &reason), AP_OK);
    ap_row_sensor sensor = { .name = "radar",
                             .kind = "combined",
                             .has_sac_sic = true,
                             .has_site = true,
                             .sac = 25,
                             .sic = 201,
                             .latitude_deg = 49.5,
                             .longitude_deg = 7.25,
                             .height_m = 320,
                             .byte_count = UINT64_MAX,
                             .record_count = 12,
                             .first = T0,
                             .last = T0 + 9 * AP_NS_PER_S };
    assert_int_equal(ap_geopackage_add_sensor(&archive, &sensor), AP_OK);
    sensor = (ap_row_sensor){
        .name = "it's \"quoted\"", .kind = "adsb", .first = AP_UTC_UNKNOWN, .last = AP_UTC_UNKNOWN
    };
    assert_int_equal(ap_geopackage_add_sensor(&archive, &sensor), AP_OK);
    assert_int_equal(ap_geopackage_add_counter(&archive, "radar", "late", "too late", 7), AP_OK);
    assert_int_equal(ap_geopackage_add_meta(&archive, "program", "airpicture 0.1.0"), AP_OK);
    assert_int_equal(ap_geopackage_commit(&archive, message), AP_OK);
    assert_null(archive.state);
    assert_int_equal(archive.track_count, 3);
    ap_geopackage_close(&archive);
}

/* First column of the first row as text. */
static const char *query(sqlite3 *db, const char *sql)
{
    static char result[256];
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const unsigned char *text = sqlite3_column_text(statement, 0);
    snprintf(result, sizeof result, "%s", text ? (const char *)text : "NULL");
    sqlite3_finalize(statement);
    return result;
}

static void test_geopackage_content(void **state)
{
    (void)state;
    write_archive(path_of("a.gpkg"));
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path_of("a.gpkg"), &db), SQLITE_OK);
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        { "PRAGMA application_id", "1196444487" },
        { "PRAGMA user_version", "10300" },
        { "PRAGMA integrity_check", "ok" },
        { "SELECT group_concat(srs_id) FROM gpkg_spatial_ref_sys", "-1,0,4326" },
        { "SELECT count(*) FROM gpkg_contents", "6" },
        { "SELECT count(*) FROM gpkg_geometry_columns WHERE srs_id=4326 AND z=1", "3" },
        { "SELECT last_change FROM gpkg_contents LIMIT 1", "2024-06-06T08:58:48.147Z" },
        { "SELECT min_x||' '||min_y||' '||max_x||' '||max_y FROM gpkg_contents "
          "WHERE table_name='tracks'",
          "9.98 50.0 17.0 50.02" },
        { "SELECT min_x FROM gpkg_contents WHERE table_name='sensors'", "7.25" },
        { "SELECT min_x FROM gpkg_contents WHERE table_name='meta'", "NULL" },
        { "SELECT count(*) FROM track_points", "6" },
        { "SELECT hex(substr(geom,1,13)) FROM track_points WHERE fid=1",
          "47500001E610000001E9030000" },
        { "SELECT time||' '||time_s FROM track_points WHERE fid=3",
          "2024-06-06T08:58:40.147Z 1717664320.147" },
        { "SELECT height_m FROM track_points WHERE fid=1", "NULL" },
        { "SELECT height_m FROM track_points WHERE fid=3", "1001.0" },
        { "SELECT pressure_altitude_ft FROM track_points WHERE fid=3", "NULL" },
        { "SELECT group_concat(fid||':'||point_count) FROM tracks", "2:2,5:1,9:3" },
        { "SELECT callsign FROM tracks WHERE fid=2", "DLH9LF" },
        { "SELECT callsign FROM tracks WHERE fid=5", "NULL" },
        { "SELECT geom FROM tracks WHERE fid=5", "NULL" },
        { "SELECT icao24 FROM tracks WHERE fid=9", "NULL" },
        { "SELECT hex(substr(geom,1,8)) FROM tracks WHERE fid=2", "47500003E6100000" },
        { "SELECT hex(substr(geom,41,9)) FROM tracks WHERE fid=2", "01BA0B000002000000" },
        { "SELECT length(geom) FROM tracks WHERE fid=9", "145" }, /* 49 + 3 * 32 */
        { "SELECT track_id||' '||number||' '||time||' '||time_s||' '||reason||' '||text||' '||"
          "sensor||' '||other_track_id||' '||existence||' '||identity FROM track_reasons "
          "WHERE fid=1",
          "2 3 2024-06-06T08:58:39.147Z 1717664319.147 merged another track joined it radar 9 "
          "0.875 icao24=3c6dd2" },
        { "SELECT track_id FROM track_reasons WHERE fid=2 AND number=1 AND time IS NULL AND "
          "time_s IS NULL AND sensor IS NULL AND other_track_id IS NULL AND existence IS NULL "
          "AND identity IS NULL",
          "5" },
        { "SELECT name||sac||sic FROM sensors WHERE fid=1", "radar25201" },
        { "SELECT byte_count FROM sensors WHERE fid=1", "9223372036854775807" },
        { "SELECT name FROM sensors WHERE geom IS NULL AND sac IS NULL", "it's \"quoted\"" },
        { "SELECT sensor||reason||text||count FROM counters", "radarlatetoo late7" },
        { "SELECT value FROM meta WHERE key='program'", "airpicture 0.1.0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(query(db, cases[i].sql), cases[i].expected);
    sqlite3_close(db);
}

static size_t slurp(const char *path, uint8_t *bytes, size_t cap)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, cap, file);
    fclose(file);
    return size;
}

static void test_geopackage_same_rows_same_bytes(void **state)
{
    (void)state;
    static uint8_t first[1 << 20], second[1 << 20];
    write_archive(path_of("b.gpkg"));
    size_t size = slurp(path_of("b.gpkg"), first, sizeof first);
    write_archive(path_of("b.gpkg")); /* over an older file */
    assert_int_equal(slurp(path_of("b.gpkg"), second, sizeof second), size);
    assert_memory_equal(first, second, size);
    assert_int_equal(access(path_of("b.gpkg.part"), F_OK), -1);
}

static void test_geopackage_open_refuses(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_geopackage archive;
    assert_int_equal(ap_geopackage_open(&archive, "-", message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "must be a file"));
    assert_int_equal(ap_geopackage_open(&archive, path_of("no/such/x.gpkg"), message),
                     AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "mkdir -p"));
    assert_null(archive.state);
    ap_geopackage_close(&archive);
    assert_int_equal(ap_geopackage_add_meta(&archive, "a", "b"), AP_ERR_ARGUMENT);
    assert_int_equal(ap_geopackage_commit(&archive, message), AP_ERR_ARGUMENT);
}

static void test_geopackage_close_leaves_nothing(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_geopackage archive;
    assert_int_equal(ap_geopackage_open(&archive, path_of("c.gpkg"), message), AP_OK);
    assert_int_equal(access(path_of("c.gpkg.part"), F_OK), 0);
    ap_geopackage_close(&archive);
    assert_int_equal(access(path_of("c.gpkg.part"), F_OK), -1);
    assert_int_equal(access(path_of("c.gpkg"), F_OK), -1);
}

/* An empty archive is a good one too. */
static void test_geopackage_empty(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_geopackage archive;
    assert_int_equal(ap_geopackage_open(&archive, path_of("e.gpkg"), message), AP_OK);
    assert_int_equal(ap_geopackage_commit(&archive, message), AP_OK);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path_of("e.gpkg"), &db), SQLITE_OK);
    assert_string_equal(query(db, "SELECT count(*) FROM tracks"), "0");
    assert_string_equal(query(db, "SELECT last_change FROM gpkg_contents LIMIT 1"),
                        "1970-01-01T00:00:00.000Z");
    sqlite3_close(db);
}

/* A full disk, played by the limit of a file's size: writes fail behind it. */
static void test_geopackage_write_fails(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_geopackage archive;
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 1 << 20;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(ap_geopackage_open(&archive, path_of("f.gpkg"), message), AP_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ap_err err = AP_OK;
    ap_row_point point = a_point(1, 1);
    for (int i = 0; i < 400000 && err == AP_OK; i++)
        err = ap_geopackage_add_point(&archive, &point); /* more than the page cache holds */
    assert_int_equal(err, AP_ERR_IO);
    assert_int_equal(ap_geopackage_add_meta(&archive, "a", "b"), AP_ERR_IO);
    assert_int_equal(ap_geopackage_commit(&archive, message), AP_ERR_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_non_null(strstr(message, "cannot write '"));
    assert_null(strchr(message, '\n'));
    print_message("%s\n", message);
    assert_int_equal(access(path_of("f.gpkg.part"), F_OK), -1);
    assert_int_equal(access(path_of("f.gpkg"), F_OK), -1);
}

/* What must hold of every row: a text is as long as it says. */
static ap_err check_row(void *context, const ap_geopackage_read_row *row)
{
    double *longitude_deg = context;
    for (size_t i = 0; i < row->column_count; i++) {
        assert_int_equal(strlen(row->text[i]), row->text_size[i]);
        if (strcmp(row->name[i], "longitude_deg") == 0)
            *longitude_deg = strtod(row->text[i], NULL);
    }
    return AP_OK;
}

/* Coordinates of an archive that another wrote may be anything: 1e300 has 301 digits. */
static void test_geopackage_read_absurd_place(void **state)
{
    (void)state;
    static const double longitudes_deg[] = { 8.5, -179.9999999999, 1e25, 1e300, -1e300 };
    for (size_t i = 0; i < sizeof longitudes_deg / sizeof longitudes_deg[0]; i++) {
        char message[AP_IO_MESSAGE_SIZE];
        double read_deg = NAN;
        ap_geopackage archive;
        ap_row_point point = a_point(1, 0);
        point.longitude_deg = longitudes_deg[i];
        assert_int_equal(ap_geopackage_open(&archive, path_of("g.gpkg"), message), AP_OK);
        assert_int_equal(ap_geopackage_add_point(&archive, &point), AP_OK);
        assert_int_equal(ap_geopackage_commit(&archive, message), AP_OK);
        assert_int_equal(ap_geopackage_read(path_of("g.gpkg"), check_row, &read_deg, message),
                         AP_OK);
        assert_true(fabs(read_deg - longitudes_deg[i]) <= 1e-8 * fabs(longitudes_deg[i]));
    }
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", directory);
    return system(command) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geopackage_content),
        cmocka_unit_test(test_geopackage_same_rows_same_bytes),
        cmocka_unit_test(test_geopackage_open_refuses),
        cmocka_unit_test(test_geopackage_close_leaves_nothing),
        cmocka_unit_test(test_geopackage_read_absurd_place),
        cmocka_unit_test(test_geopackage_empty),
        cmocka_unit_test(test_geopackage_write_fails),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
