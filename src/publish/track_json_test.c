#include "publish/track_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "publish/test_fixture.h"
#include "publish/track_columns.h"
#include "publish/track_csv.h"

static uint8_t line[AP_TRACK_JSON_SIZE];

static cJSON *parse(ap_track_event_kind kind, const ap_track *track)
{
    fixture f;
    ap_writer text = ap_writer_of(line, sizeof line);
    ap_track_event event = { .kind = kind, .time_utc = track->time_utc, .sensor = 1 };
    assert_int_equal(ap_track_json(&text, fixture_table(&f), &event, track), AP_OK);
    assert_int_equal(line[text.size - 1], '\n');
    assert_null(memchr(line, '\n', text.size - 1));
    cJSON *object = cJSON_ParseWithLength((const char *)line, text.size);
    assert_non_null(object);
    return object;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    assert_true(cJSON_IsString(item));
    return item->valuestring;
}

static bool known(const cJSON *object, const char *key)
{
    return cJSON_HasObjectItem(object, key);
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.12g is not within %g of %.12g", value, tolerance, expected);
}

static void test_track_json_values(void **state)
{
    (void)state;
    ap_track track = fixture_track();
    cJSON *o = parse(AP_EVENT_UPDATED, &track);
    static const struct {
        const char *key;
        double expected, tolerance; /* half a unit of the last decimal */
    } cases[] = {
        { "time_s", 1717664319.147975, 0.5e-6 },
        { "track_id", 12, 0 },
        { "track_number", 4095, 0 },
        { "existence", 0.998765, 0.5e-6 },
        { "update_count", 77, 0 },
        { "latitude_deg", 51.0003173191, 0.6e-8 }, /* 0.89012345678 rad in 40 digits */
        { "longitude_deg", -4.7180598621, 0.6e-8 },
        { "height_m", 10972.8, 0 },
        { "pressure_altitude_ft", 35000, 0 },
        { "geometric_height_m", 10967.72, 0 }, /* a second ago, sinking since */
        { "ground_speed_kt", 456.515, 0.006 }, /* hypot(150.25, 180.5) = 234.853 m/s */
        { "track_deg", 140.2257, 0.0006 },     /* atan2(150.25, -180.5) */
        { "vertical_rate_fpm", -1000, 0.05 },
        { "track_rate_degps", 0.573, 0.0001 },
        { "heading_deg", 143.239, 0.001 },
        { "roll_deg", -5.73, 0.005 },
        { "true_airspeed_kt", 450, 0.05 },
        { "indicated_airspeed_kt", 270.2, 0.05 },
        { "mach", 0.78, 0 },
        { "selected_altitude_ft", 38000, 0 },
        { "position_sigma_m", 30.3193, 0.006 }, /* eigenvalues 650 +- 269.258 */
        { "position_sigma_minor_m", 19.5126, 0.006 },
        { "position_sigma_axis_deg", 79.1, 0.05 }, /* atan2(100, -250) / 2 */
        { "velocity_sigma_mps", 2.0329, 0.0006 },  /* eigenvalue 3.125 + 1.0078 */
        { "height_sigma_m", 8, 0 },
        { "vertical_rate_sigma_fpm", 241.1, 0.05 },
        { "nic", 8, 0 },
        { "sil", 3, 0 },
        { "pressure_altitude_age_s", 2, 0 },
        { "psr_age_s", 5, 0 },
        { "adsb_age_s", 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_near(number(o, cases[i].key), cases[i].expected, cases[i].tolerance);
    assert_string_equal(text_of(o, "time_utc"), "2024-06-06T08:58:39.147Z");
    assert_string_equal(text_of(o, "event"), "updated");
    assert_string_equal(text_of(o, "sensor"), "receiver");
    assert_string_equal(text_of(o, "state"), "firm");
    assert_string_equal(text_of(o, "icao24"), "3c6dd2");
    assert_string_equal(text_of(o, "address_kind"), "icao");
    assert_string_equal(text_of(o, "callsign"), "DLH9LF");
    assert_string_equal(text_of(o, "squawk"), "1000");
    assert_string_equal(text_of(o, "emitter_category"), "A3");
    assert_false(known(o, "event_time_s"));
    assert_false(known(o, "on_ground"));
    assert_false(known(o, "ssr_age_s"));
    assert_false(known(o, "reasons"));
    const cJSON *sources = cJSON_GetObjectItem(o, "sources");
    assert_int_equal(cJSON_GetArraySize(sources), 2);
    assert_string_equal(cJSON_GetArrayItem(sources, 0)->valuestring, "receiver");
    assert_string_equal(cJSON_GetArrayItem(sources, 1)->valuestring, "radar, \"north\"");
    cJSON_Delete(o);
}

static void test_track_json_unknown_is_absent(void **state)
{
    (void)state;
    ap_track track = { .id = 3,
                       .time_utc = FIXTURE_UTC,
                       .updated_utc = AP_UTC_UNKNOWN,
                       .psr_utc = AP_UTC_UNKNOWN,
                       .ssr_utc = AP_UTC_UNKNOWN,
                       .mode_s_utc = AP_UTC_UNKNOWN,
                       .mlat_utc = AP_UTC_UNKNOWN,
                       .adsb_utc = AP_UTC_UNKNOWN,
                       .acceleration_mps2 = 1.0 };
    cJSON *o = parse(AP_EVENT_BORN, &track);
    static const char *const absent[] = {
        "icao24",
        "callsign",
        "squawk",
        "height_m",
        "pressure_altitude_ft",
        "psr_age_s",
        "nic",
        "sources",
        "reasons",
        "vertical_rate_fpm",
        "track_number",
        "heading_deg",
        "mach",
        "simulated",
        "acceleration_mps2",
        "pressure_altitude_age_s",
    };
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_false(known(o, absent[i]));
    assert_near(number(o, "latitude_deg"), 0, 0);
    cJSON_Delete(o);
}

static void test_track_json_late_event(void **state)
{
    (void)state;
    fixture f;
    ap_track track = fixture_track();
    ap_track_event event = { .kind = AP_EVENT_DROPPED,
                             .time_utc = FIXTURE_UTC + 20 * AP_NS_PER_S,
                             .sensor = AP_SENSOR_NONE };
    ap_writer text = ap_writer_of(line, sizeof line);
    assert_int_equal(ap_track_json(&text, fixture_table(&f), &event, &track), AP_OK);
    cJSON *o = cJSON_ParseWithLength((const char *)line, text.size);
    assert_near(number(o, "time_s"), 1717664319.147975, 0.5e-6);
    assert_near(number(o, "event_time_s"), 1717664339.147975, 0.5e-6);
    assert_near(number(o, "psr_age_s"), 25, 0);
    assert_near(number(o, "update_age_s"), 20, 0);
    assert_false(known(o, "sensor"));
    cJSON_Delete(o);
}

/* The ring has turned: the newest sixteen are told, oldest first. */
static void test_track_json_reasons(void **state)
{
    (void)state;
    ap_track track = fixture_track();
    cJSON *o = parse(AP_EVENT_CONFIRMED, &track);
    const cJSON *reasons = cJSON_GetObjectItem(o, "reasons");
    assert_int_equal(cJSON_GetArraySize(reasons), 2);
    const cJSON *second = cJSON_GetArrayItem(reasons, 1);
    assert_string_equal(text_of(second, "reason"), "confirmed_address");
    assert_near(number(second, "time_s"), 1717664269.147975, 0.5e-6);
    assert_string_equal(text_of(second, "sensor"), "radar, \"north\"");
    assert_near(number(second, "other_track_id"), 9, 0);
    cJSON_Delete(o);
    track.reason_count = AP_TRACK_REASON_CAP + 3;
    for (uint32_t i = 0; i < AP_TRACK_REASON_CAP + 3; i++)
        track.reason[i % AP_TRACK_REASON_CAP] =
            (ap_reason){ .code = AP_REASON_RESUMED, .sensor = AP_SENSOR_NONE, .other = i + 1 };
    o = parse(AP_EVENT_DROPPED, &track);
    reasons = cJSON_GetObjectItem(o, "reasons");
    assert_int_equal(cJSON_GetArraySize(reasons), AP_TRACK_REASON_CAP);
    for (int i = 0; i < AP_TRACK_REASON_CAP; i++)
        assert_near(number(cJSON_GetArrayItem(reasons, i), "other_track_id"), i + 4, 0);
    cJSON_Delete(o);
}

/* Of what falls: values of the struct, with their decimals; nothing of it for what does not. */
static void test_track_json_falls(void **state)
{
    (void)state;
    ap_track track = fixture_track();
    track.fall = (ap_track_fall){ .probability = 0.999987,
                                  .time_utc = FIXTURE_UTC,
                                  .ecef = { 4075580.25, 931853.5, -4801568.75 },
                                  .velocity_ecef_mps = { -1200.125, 300.5, 2500.375 },
                                  .ballistic_coefficient_kgpms2 = 3261.25,
                                  .ballistic_coefficient_ln_sigma = 0.1234 };
    for (int i = 0; i < 21; i++)
        track.fall.P_ecef[i] = 100.0625 * (i - 10);
    cJSON *o = parse(AP_EVENT_UPDATED, &track);
    assert_near(number(o, "fall_probability"), 0.999987, 0);
    assert_near(number(o, "fall_time_s"), 1717664319.147975, 0.5e-6);
    assert_near(number(o, "ballistic_coefficient"), 3261.25, 0);
    assert_near(number(o, "ballistic_ln_sigma"), 0.1234, 0);
    const cJSON *place = cJSON_GetObjectItem(o, "ecef_m");
    const cJSON *speed = cJSON_GetObjectItem(o, "ecef_mps");
    const cJSON *spread = cJSON_GetObjectItem(o, "ecef_covariance");
    assert_int_equal(cJSON_GetArraySize(place), 3);
    assert_int_equal(cJSON_GetArraySize(speed), 3);
    assert_int_equal(cJSON_GetArraySize(spread), 21);
    assert_near(cJSON_GetArrayItem(place, 2)->valuedouble, -4801568.75, 0);
    assert_near(cJSON_GetArrayItem(speed, 0)->valuedouble, -1200.125, 0);
    for (int i = 0; i < 21; i++)
        assert_near(cJSON_GetArrayItem(spread, i)->valuedouble, 100.0625 * (i - 10), 0);
    cJSON_Delete(o);
    track.fall.P_ecef[7] = NAN;
    o = parse(AP_EVENT_UPDATED, &track);
    assert_false(known(o, "ecef_covariance"));
    cJSON_Delete(o);
    track.fall.probability = 0.0;
    o = parse(AP_EVENT_UPDATED, &track);
    static const char *const absent[] = {
        "fall_probability",      "fall_time_s",       "ecef_m", "ecef_mps", "ecef_covariance",
        "ballistic_coefficient", "ballistic_ln_sigma"
    };
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_false(known(o, absent[i]));
    cJSON_Delete(o);
    assert_string_equal(ap_track_columns[ap_track_flight_column_count].key, "fall_probability");
}

/* Told in lines of what flies; not in answers about many, and not when there are none. */
static void test_track_json_modes(void **state)
{
    (void)state;
    ap_track track = fixture_track();
    cJSON *o = parse(AP_EVENT_UPDATED, &track);
    assert_false(known(o, "mode_probability"));
    assert_false(known(o, "vertical_probability"));
    cJSON_Delete(o);
    const double modes[AP_TRACK_MODE_CAP] = { 0.75, 0.125, 0.0625, 0.03125, 0.02, 0.01125 };
    const double vertical[AP_TRACK_VERTICAL_MODES] = { 0.1, 0.2, 0.3, 0.4 };
    memcpy(track.mode_probability, modes, sizeof modes);
    memcpy(track.vertical_probability, vertical, sizeof vertical);
    o = parse(AP_EVENT_UPDATED, &track);
    const cJSON *list = cJSON_GetObjectItem(o, "mode_probability");
    assert_int_equal(cJSON_GetArraySize(list), AP_TRACK_MODE_CAP);
    for (int i = 0; i < AP_TRACK_MODE_CAP; i++)
        assert_near(cJSON_GetArrayItem(list, i)->valuedouble, modes[i], 0.51e-4);
    list = cJSON_GetObjectItem(o, "vertical_probability");
    assert_int_equal(cJSON_GetArraySize(list), AP_TRACK_VERTICAL_MODES);
    for (int i = 0; i < AP_TRACK_VERTICAL_MODES; i++)
        assert_near(cJSON_GetArrayItem(list, i)->valuedouble, vertical[i], 0.51e-4);
    cJSON_Delete(o);
    track.mode_probability[3] = NAN;
    o = parse(AP_EVENT_UPDATED, &track);
    assert_false(known(o, "mode_probability"));
    cJSON_Delete(o);
    assert_string_equal(ap_track_columns[ap_track_state_column_count].key, "mode_probability");
}

static void test_track_json_other_address(void **state)
{
    (void)state;
    ap_track track = fixture_track();
    track.address_kind = AP_ADDRESS_TRACK_FILE;
    track.adsb_utc = FIXTURE_UTC + 1000000; /* a squitter without position, after the state */
    track.flags = AP_FLAG_ON_GROUND | AP_FLAG_EXTRAPOLATED;
    track.address_shared = track.identity_doubted = true;
    cJSON *o = parse(AP_EVENT_UPDATED, &track);
    assert_false(known(o, "icao24"));
    assert_string_equal(text_of(o, "other_address"), "3c6dd2");
    assert_near(number(o, "adsb_age_s"), 0, 0);
    assert_string_equal(text_of(o, "address_kind"), "track_file");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(o, "on_ground")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(o, "extrapolated")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(o, "address_shared")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(o, "identity_doubted")));
    cJSON_Delete(o);
}

/* The longest line has room; one that has none leaves nothing behind. */
static void test_track_json_size(void **state)
{
    (void)state;
    fixture f;
    ap_track track = fixture_track();
    track.flags = ~0u;
    track.source_count = AP_TRACK_SOURCE_CAP;
    track.reason_count = AP_TRACK_REASON_CAP;
    fixture_table(&f);
    memset(f.sensors[0].name, '"', AP_SENSOR_NAME_SIZE - 1);
    for (int i = 0; i < AP_TRACK_REASON_CAP; i++)
        track.reason[i] = (ap_reason){ INT64_MAX, UINT32_MAX, 0, AP_REASON_CONFIRMED_ADDRESS };
    for (int i = 0; i < AP_TRACK_SOURCE_CAP; i++)
        track.source[i].sensor = 0;
    ap_track_event event = { .kind = AP_EVENT_CONFIRMED, .time_utc = INT64_MAX, .sensor = 0 };
    ap_writer text = ap_writer_of(line, sizeof line);
    assert_int_equal(ap_track_json(&text, &f.table, &event, &track), AP_OK);
    assert_true(text.size < AP_TRACK_JSON_SIZE / 2);
    size_t size = text.size;
    text = ap_writer_of(line, size - 1);
    assert_int_equal(ap_track_json(&text, &f.table, &event, &track), AP_ERR_FULL);
    assert_int_equal(text.size, 0);
    text = ap_writer_of(line, sizeof line);
    assert_int_equal(ap_track_csv(&text, &f.table, &event, &track), AP_OK);
}

/* Behind all else, also of what falls; without, the line is as ever. */
static void test_track_json_tells_innovations(void **state)
{
    (void)state;
    fixture f;
    ap_track track = fixture_track();
    for (int falls = 0; falls < 2; falls++) {
        track.fall.probability = falls ? 0.5 : 0.0;
        ap_track_event event = { .kind = AP_EVENT_UPDATED, .time_utc = FIXTURE_UTC, .sensor = 1 };
        ap_writer plain = ap_writer_of(line, sizeof line);
        assert_int_equal(ap_track_json(&plain, fixture_table(&f), &event, &track), AP_OK);
        static uint8_t more[AP_TRACK_JSON_SIZE];
        ap_writer told = ap_writer_of(more, sizeof more);
        event.nis = 1.25;
        event.nis_dimensions = 2;
        assert_int_equal(ap_track_json(&told, &f.table, &event, &track), AP_OK);
        const char end[] = ",\"nis\":1.25,\"nis_dimensions\":2}\n";
        assert_int_equal(told.size, plain.size - 2 + sizeof end - 1);
        assert_memory_equal(more, line, plain.size - 2);
        assert_memory_equal(more + plain.size - 2, end, sizeof end - 1);
    }
    assert_true(fixture_is_documented("nis") && fixture_is_documented("nis_dimensions"));
}

/* ---- CSV: the same columns with the same text ---- */

/* Takes the next field at *at; true when another one follows on the line. */
static bool take_field(const char **at, char *field)
{
    bool quoted = **at == '"';
    if (quoted)
        (*at)++;
    for (;; (*at)++) {
        if (quoted && **at == '"') {
            (*at)++;
            if (**at != '"')
                quoted = false;
        }
        if (!quoted && (**at == ',' || **at == '\r'))
            break;
        *field++ = **at;
    }
    *field = 0;
    bool more = **at == ',';
    *at += more ? 1 : 2;
    return more;
}

static void assert_same_text(const cJSON *item, const char *field)
{
    if (!item) {
        assert_string_equal(field, "");
    } else if (cJSON_IsString(item)) {
        assert_string_equal(field, item->valuestring);
    } else if (cJSON_IsArray(item)) {
        char joined[1024] = "";
        const cJSON *entry;
        cJSON_ArrayForEach(entry, item)
        {
            strcat(joined, joined[0] ? ";" : "");
            strcat(joined, cJSON_IsObject(entry) ? text_of(entry, "reason") : entry->valuestring);
        }
        assert_string_equal(field, joined);
    } else if (cJSON_IsTrue(item)) {
        assert_string_equal(field, "true");
    } else {
        assert_true(strtod(field, NULL) == item->valuedouble);
    }
}

static void test_track_csv_agrees_with_json(void **state)
{
    (void)state;
    fixture f;
    ap_track track = fixture_track();
    track.flags = AP_FLAG_SPI;
    static char head[4096], row[AP_TRACK_CSV_SIZE];
    ap_writer head_text = ap_writer_of((uint8_t *)head, sizeof head);
    ap_writer row_text = ap_writer_of((uint8_t *)row, sizeof row);
    ap_track_event event = { .kind = AP_EVENT_CONFIRMED, .time_utc = FIXTURE_UTC, .sensor = 1 };
    assert_int_equal(ap_track_csv_head(&head_text), AP_OK);
    assert_int_equal(ap_track_csv(&row_text, fixture_table(&f), &event, &track), AP_OK);
    cJSON *o = parse(AP_EVENT_CONFIRMED, &track);
    const char *head_at = head, *row_at = row;
    int found = 0;
    for (bool more = true; more;) {
        char key[64], field[1024];
        more = take_field(&head_at, key);
        assert_int_equal(take_field(&row_at, field), more);
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
        assert_same_text(item, field);
        found += item != NULL;
        if (!fixture_is_documented(key))
            fail_msg("doc/formats.md does not tell of %s", key);
    }
    assert_int_equal(found, cJSON_GetArraySize(o));
    assert_ptr_equal(head_at, head + head_text.size);
    assert_ptr_equal(row_at, row + row_text.size);
    cJSON_Delete(o);
    ap_writer none = ap_writer_of(line, 10);
    assert_int_equal(ap_track_csv_head(&none), AP_ERR_FULL);
    none = ap_writer_of(line, 10);
    assert_int_equal(ap_track_csv(&none, &f.table, &event, &track), AP_ERR_FULL);
    assert_int_equal(none.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_track_json_values),
        cmocka_unit_test(test_track_json_unknown_is_absent),
        cmocka_unit_test(test_track_json_late_event),
        cmocka_unit_test(test_track_json_reasons),
        cmocka_unit_test(test_track_json_falls),
        cmocka_unit_test(test_track_json_modes),
        cmocka_unit_test(test_track_json_other_address),
        cmocka_unit_test(test_track_json_size),
        cmocka_unit_test(test_track_json_tells_innovations),
        cmocka_unit_test(test_track_csv_agrees_with_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
