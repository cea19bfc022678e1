#include "publish/web_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "publish/aircraft_key.h"
#include "publish/test_fixture.h"
#include "publish/track_row.h"
#include "wire/feed/aircraft_json.h"

static char document[65536];
static void *memory[2];

static int release(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        free(memory[i]);
        memory[i] = NULL;
    }
    return 0;
}

static ap_picture make_picture(void)
{
    ap_picture_config config = { 256, 16 };
    ap_picture picture;
    size_t size = ap_picture_size(&config);
    memory[0] = malloc(size);
    assert_int_equal(ap_picture_init(&picture, &config, memory[0], size), AP_OK);
    return picture;
}

static ap_history make_history(void)
{
    ap_history_config config = ap_history_config_default();
    config.trail_cap = 16;
    config.point_cap = 4096;
    ap_history history;
    size_t size = ap_history_size(&config);
    memory[1] = malloc(size);
    assert_int_equal(ap_history_init(&history, &config, memory[1], size), AP_OK);
    return history;
}

static ap_writer begin(void)
{
    return ap_writer_of((uint8_t *)document, sizeof document - 1);
}

static cJSON *parsed(const ap_writer *text)
{
    assert_false(text->bad);
    document[text->size] = '\0';
    const char *end;
    cJSON *root = cJSON_ParseWithOpts(document, &end, 1);
    assert_non_null(root);
    return root;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    assert_true(cJSON_IsNumber(member));
    return member->valuedouble;
}

static const char *string(const cJSON *object, const char *key)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    assert_true(cJSON_IsString(member));
    return member->valuestring;
}

/* Values: those of the fixture in feet and knots (1 kt = 1852 m / 3600 s, 1 ft = 0.3048 m). */
static void test_web_map_aircraft_full(void **state)
{
    (void)state;
    ap_picture picture = make_picture();
    ap_track track = fixture_track();
    ap_picture_copy(&picture, &track);
    ap_writer text = begin();
    assert_int_equal(ap_web_map_aircraft(&text, &picture, FIXTURE_UTC + 1500 * AP_NS_PER_MS, 4711),
                     AP_OK);
    cJSON *root = parsed(&text);
    assert_true(number(root, "now") == 1717664320.647);
    assert_true(number(root, "messages") == 4711);
    const cJSON *list = cJSON_GetObjectItem(root, "aircraft"), *one = cJSON_GetArrayItem(list, 0);
    assert_int_equal(cJSON_GetArraySize(list), 1);
    static const struct {
        const char *key;
        double value, tolerance;
    } numbers[] = {
        { "alt_baro", 35000, 0 },
        { "alt_geom", 35983, 0 }, /* 10,972.8 m a second ago, sinking 5.08 m/s since */
        { "gs", 456.5, 0.05 },
        { "track", 140.226, 0.005 },
        { "track_rate", 0.57, 0.005 },
        { "roll", -5.73, 0.005 },
        { "mag_heading", 143.24, 0.005 },
        { "ias", 270.2, 0.05 },
        { "tas", 450.0, 0.05 },
        { "mach", 0.78, 0 },
        { "baro_rate", -1000, 0 },
        { "nav_altitude_mcp", 38000, 0 },
        { "lat", 51.000317, 5e-7 },
        { "lon", -4.718060, 5e-7 },
        { "nic", 8, 0 },
        { "rc", 186, 0 },
        { "nac_p", 9, 0 },
        { "nac_v", 2, 0 },
        { "sil", 3, 0 },
        { "messages", 77, 0 },
        { "seen", 1.5, 0 },
        { "seen_pos", 1.5, 0 },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        double difference = number(one, numbers[i].key) - numbers[i].value;
        if (difference > numbers[i].tolerance + 1e-12 || -difference > numbers[i].tolerance + 1e-12)
            fail_msg("%s is %.9g", numbers[i].key, number(one, numbers[i].key));
    }
    assert_string_equal(string(one, "hex"), "3c6dd2");
    assert_string_equal(string(one, "type"), "adsb_icao");
    assert_string_equal(string(one, "flight"), "DLH9LF");
    assert_string_equal(string(one, "squawk"), "1000");
    assert_string_equal(string(one, "category"), "A3");
    assert_string_equal(string(one, "emergency"), "none");
    assert_null(cJSON_GetObjectItem(one, "rssi"));
    assert_null(cJSON_GetObjectItem(one, "version"));
    cJSON_Delete(root);
}

/* Nothing but a radar's plots: no address, no code. */
static void test_web_map_aircraft_radar_only(void **state)
{
    (void)state;
    ap_picture picture = make_picture();
    ap_track track = fixture_track();
    track.present = 0;
    track.has_pressure_altitude = track.has_geometric_height = track.has_height = false;
    track.adsb_utc = track.mode_s_utc = AP_UTC_UNKNOWN;
    ap_picture_copy(&picture, &track);
    track.id = 0x54321;
    track.number = 0;
    ap_picture_copy(&picture, &track);
    track.state = AP_TRACK_TENTATIVE; /* is not shown */
    track.id++;
    ap_picture_copy(&picture, &track);
    ap_writer text = begin();
    assert_int_equal(ap_web_map_aircraft(&text, &picture, FIXTURE_UTC, 0), AP_OK);
    cJSON *root = parsed(&text);
    const cJSON *list = cJSON_GetObjectItem(root, "aircraft"), *one = cJSON_GetArrayItem(list, 0);
    assert_int_equal(cJSON_GetArraySize(list), 2);
    assert_string_equal(string(one, "hex"), "~ff0fff"); /* number 4095 */
    assert_string_equal(string(one, "type"), "other");
    assert_string_equal(string(cJSON_GetArrayItem(list, 1), "hex"), "~fe4321");
    static const char *const absent[] = { "flight", "alt_baro",  "alt_geom",
                                          "squawk", "baro_rate", "geom_rate",
                                          "nic",    "category",  "mach" };
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_null(cJSON_GetObjectItem(one, absent[i]));
    cJSON_Delete(root);
}

static void test_row_of_track_sources(void **state)
{
    (void)state;
    const ap_utc_ns now = FIXTURE_UTC, no = AP_UTC_UNKNOWN;
    const struct {
        ap_utc_ns adsb, mlat, mode_s;
        uint8_t kind;
        ap_row_source expected;
    } cases[] = {
        { now, now, now, AP_ADDRESS_ICAO, AP_ROW_SOURCE_ADSB_ICAO },
        { now, no, no, AP_ADDRESS_ANONYMOUS, AP_ROW_SOURCE_ADSB_OTHER },
        { now, no, no, AP_ADDRESS_TRACK_FILE, AP_ROW_SOURCE_TISB_TRACKFILE },
        { now - 16 * AP_NS_PER_S, now, now, AP_ADDRESS_ICAO, AP_ROW_SOURCE_MLAT },
        { no, no, now - 15 * AP_NS_PER_S, AP_ADDRESS_ICAO, AP_ROW_SOURCE_MODE_S },
        { no, no, now - 16 * AP_NS_PER_S, AP_ADDRESS_ICAO, AP_ROW_SOURCE_OTHER },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_track track = fixture_track();
        track.adsb_utc = cases[i].adsb;
        track.mlat_utc = cases[i].mlat;
        track.mode_s_utc = cases[i].mode_s;
        track.address_kind = cases[i].kind;
        ap_aircraft_row row = ap_row_of_track(&track, false);
        assert_int_equal(row.source, cases[i].expected);
        assert_int_equal(row.mlat != 0, cases[i].expected == AP_ROW_SOURCE_MLAT);
        assert_int_equal(row.address_kind, cases[i].kind);
    }
}

static void test_row_of_track_emergency(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        uint32_t flags;
        ap_row_emergency expected;
    } cases[] = { { 07500, 0, AP_ROW_EMERGENCY_UNLAWFUL },
                  { 07600, 0, AP_ROW_EMERGENCY_NO_RADIO },
                  { 07700, 0, AP_ROW_EMERGENCY_GENERAL },
                  { 01000, AP_FLAG_EMERGENCY, AP_ROW_EMERGENCY_GENERAL },
                  { 01000, 0, AP_ROW_EMERGENCY_NONE } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_track track = fixture_track();
        track.mode_3a = cases[i].code;
        track.flags = cases[i].flags;
        assert_int_equal(ap_row_of_track(&track, false).emergency, cases[i].expected);
    }
}

/* Of two tracks under one address the older keeps it: no reader flips between two places. */
static void test_web_map_aircraft_shared_address(void **state)
{
    (void)state;
    ap_picture picture = make_picture();
    ap_track track = fixture_track();
    track.address_shared = true;
    ap_picture_copy(&picture, &track);
    track.id = 13;
    track.number = 7;
    ap_picture_copy(&picture, &track);
    ap_writer text = begin();
    assert_int_equal(ap_web_map_aircraft(&text, &picture, FIXTURE_UTC, 0), AP_OK);
    cJSON *root = parsed(&text);
    const cJSON *list = cJSON_GetObjectItem(root, "aircraft");
    assert_string_equal(string(cJSON_GetArrayItem(list, 0), "hex"), "3c6dd2");
    assert_string_equal(string(cJSON_GetArrayItem(list, 1), "hex"), "~ff0007");
    cJSON_Delete(root);
}

/* Wherever the buffer ends: the document is whole or not there. */
static void test_web_map_aircraft_full_buffer(void **state)
{
    (void)state;
    ap_picture picture = make_picture();
    ap_track track = fixture_track();
    ap_picture_copy(&picture, &track);
    ap_writer text = begin();
    assert_int_equal(ap_web_map_aircraft(&text, &picture, FIXTURE_UTC, 0), AP_OK);
    size_t whole = text.size;
    for (size_t cap = 0; cap < whole; cap++) {
        text = ap_writer_of((uint8_t *)document, cap);
        assert_int_equal(ap_web_map_aircraft(&text, &picture, FIXTURE_UTC, 0), AP_ERR_FULL);
        assert_int_equal(text.size, 0);
    }
}

/* Files are of multiples of 30 s, the newest not after now; each one is as it was a step later,
 * but for the oldest. */
static void test_web_map_history_time_goes_round(void **state)
{
    (void)state;
    ap_utc_ns now = FIXTURE_UTC, newest = 0;
    unsigned changed = 0;
    for (unsigned file = 0; file < AP_WEB_MAP_HISTORY_FILES; file++) {
        ap_utc_ns time = ap_web_map_history_time(now, file);
        assert_int_equal(time % (30 * AP_NS_PER_S), 0);
        assert_int_equal((time / (30 * AP_NS_PER_S)) % 120, file);
        assert_true(time <= now && time > now - 3600 * AP_NS_PER_S);
        newest = time > newest ? time : newest;
        ap_utc_ns later = ap_web_map_history_time(now + 30 * AP_NS_PER_S, file);
        changed += later != time;
        assert_true(later == time || later == time + 3600 * AP_NS_PER_S);
    }
    assert_true(newest > now - 30 * AP_NS_PER_S);
    assert_int_equal(changed, 1);
    assert_true(ap_web_map_history_time(-1, 119) == -30 * AP_NS_PER_S);
}

static void fly(ap_history *history, ap_track track, int seconds)
{
    track.psr_utc = track.mode_s_utc = AP_UTC_UNKNOWN; /* so that no technique falls silent */
    for (int i = 0; i < seconds; i++) {
        track.time_utc = track.updated_utc = track.adsb_utc = FIXTURE_UTC + i * AP_NS_PER_S;
        track.geometric_height_utc = track.time_utc;
        track.position.latitude_rad = (50 + i * 0.001) * AP_RAD_PER_DEG;
        if (i == 20)
            track.flags |= AP_FLAG_ON_GROUND;
        if (i == 30)
            track.flags &= ~(uint32_t)AP_FLAG_ON_GROUND;
        ap_history_track(history, &track, track.time_utc);
    }
}

static void test_web_map_history(void **state)
{
    (void)state;
    ap_history history = make_history();
    fly(&history, fixture_track(), 60);
    ap_writer text = begin();
    assert_int_equal(ap_web_map_history(&text, &history, FIXTURE_UTC + 45 * AP_NS_PER_S), AP_OK);
    cJSON *root = parsed(&text);
    const cJSON *list = cJSON_GetObjectItem(root, "aircraft"), *one = cJSON_GetArrayItem(list, 0);
    assert_string_equal(string(one, "hex"), "3c6dd2");
    assert_true(number(one, "lat") == 50.045);
    assert_true(number(one, "alt_baro") == 35000);
    assert_true(number(one, "seen_pos") == 0);
    cJSON_Delete(root);
    text = begin();
    assert_int_equal(ap_web_map_history(&text, &history, FIXTURE_UTC - 1), AP_OK);
    root = parsed(&text);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "aircraft")), 0);
    cJSON_Delete(root);
}

static void test_web_map_trace(void **state)
{
    (void)state;
    ap_history history = make_history();
    fly(&history, fixture_track(), 60);
    const ap_trail *trail = ap_trail_by_key(&history, 0x3c6dd2);
    assert_non_null(trail);
    ap_writer text = begin();
    assert_int_equal(ap_web_map_trace(&text, &history, trail, 0x3c6dd2, false), AP_OK);
    cJSON *root = parsed(&text);
    assert_string_equal(string(root, "icao"), "3c6dd2");
    assert_true(number(root, "timestamp") == 1717664319.147975);
    const cJSON *trace = cJSON_GetObjectItem(root, "trace"), *point = trace->child;
    /* Begin; before and after touch-down, before and after take-off; end. */
    static const int times_s[] = { 0, 19, 20, 29, 30, 59 };
    assert_int_equal(cJSON_GetArraySize(trace), 6);
    for (int i = 0; i < 6; i++, point = point->next) {
        assert_int_equal(cJSON_GetArraySize(point), 14);
        assert_true(cJSON_GetArrayItem(point, 0)->valuedouble == times_s[i]);
        assert_true(cJSON_GetArrayItem(point, 1)->valuedouble == 50 + times_s[i] / 1000.0);
        bool ground = i == 2 || i == 3;
        assert_int_equal(cJSON_IsString(cJSON_GetArrayItem(point, 3)), ground);
        assert_int_equal(cJSON_GetArrayItem(point, 6)->valueint, i == 4 ? 2 : 0);
        assert_int_equal(cJSON_IsObject(cJSON_GetArrayItem(point, 8)), i == 0);
        assert_string_equal(cJSON_GetArrayItem(point, 9)->valuestring, "adsb_icao");
        assert_true(cJSON_GetArrayItem(point, 10)->valuedouble == 36000);
    }
    assert_string_equal(string(cJSON_GetArrayItem(trace->child, 8), "flight"), "DLH9LF");
    cJSON_Delete(root);
}

static void test_web_map_trace_recent(void **state)
{
    (void)state;
    ap_history history = make_history();
    ap_track track = fixture_track();
    for (int i = 0; i < 400; i++) {
        track.time_utc = track.updated_utc = FIXTURE_UTC + i * AP_NS_PER_S;
        track.position.latitude_rad = (i & 1) * 0.1; /* every point is kept */
        ap_history_track(&history, &track, track.time_utc);
    }
    ap_writer text = begin();
    const ap_trail *trail = ap_history_find(&history, 12);
    assert_int_equal(ap_web_map_trace(&text, &history, trail, 0x3c6dd2, true), AP_OK);
    cJSON *root = parsed(&text);
    const cJSON *trace = cJSON_GetObjectItem(root, "trace");
    assert_int_equal(cJSON_GetArraySize(trace), AP_WEB_MAP_RECENT_POINTS);
    assert_true(number(root, "timestamp") == 1717664319.147975 + 250);
    cJSON_Delete(root);
}

static void test_aircraft_key_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint32_t key;
    } cases[] = { { "3c6dd2", true, 0x3c6dd2 },   { "3C6DD2", true, 0x3c6dd2 },
                  { "~ff0001", true, 0x1ff0001 }, { "~3c6dd2", true, 0x13c6dd2 },
                  { "3c6dd", false, 0 },          { "3c6dd2a", false, 0 },
                  { "3c6dg2", false, 0 },         { "", false, 0 },
                  { "~3c6dd", false, 0 },         { "~~3c6dd", false, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t key = 0;
        char text[AP_AIRCRAFT_KEY_SIZE];
        assert_int_equal(ap_aircraft_key_parse(cases[i].text, strlen(cases[i].text), &key),
                         cases[i].good);
        assert_int_equal(key, cases[i].key);
        if (i == 1 || !cases[i].good)
            continue;
        ap_aircraft_key_text(key, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* Live before ended, older before younger, of the ended the newest; numbers work as well. */
static void test_trail_by_key_prefers(void **state)
{
    (void)state;
    ap_history history = make_history();
    for (uint32_t id = 1; id <= 5; id++) {
        ap_track track = fixture_track();
        track.id = id;
        track.number = (uint16_t)id;
        ap_history_track(&history, &track, FIXTURE_UTC);
    }
    ap_track gone = fixture_track();
    gone.state = AP_TRACK_DEAD;
    static const uint32_t ends[] = { 2, 1, 4, 3 }, expected[] = { 1, 3, 3, 5 };
    for (int i = 0; i < 4; i++) {
        gone.id = ends[i];
        ap_history_track(&history, &gone, FIXTURE_UTC + i);
        assert_int_equal(ap_trail_by_key(&history, 0x3c6dd2)->track_id, expected[i]);
    }
    gone.id = 5;
    ap_history_track(&history, &gone, FIXTURE_UTC + 9);
    assert_int_equal(ap_trail_by_key(&history, 0x3c6dd2)->track_id, 5);
    assert_int_equal(ap_trail_by_key(&history, 0x1ff0003)->track_id, 3);
    assert_null(ap_trail_by_key(&history, 0x3c6dd3));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_web_map_aircraft_full, release),
        cmocka_unit_test_teardown(test_web_map_aircraft_radar_only, release),
        cmocka_unit_test(test_row_of_track_sources),
        cmocka_unit_test(test_row_of_track_emergency),
        cmocka_unit_test_teardown(test_web_map_aircraft_shared_address, release),
        cmocka_unit_test_teardown(test_web_map_aircraft_full_buffer, release),
        cmocka_unit_test(test_web_map_history_time_goes_round),
        cmocka_unit_test_teardown(test_web_map_history, release),
        cmocka_unit_test_teardown(test_web_map_trace, release),
        cmocka_unit_test_teardown(test_web_map_trace_recent, release),
        cmocka_unit_test(test_aircraft_key_parse),
        cmocka_unit_test_teardown(test_trail_by_key_prefers, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
