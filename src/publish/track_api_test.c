#include "publish/track_api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "publish/test_fixture.h"
#include "wire/json.h"

static char text[32768];

static cJSON *parsed(const ap_writer *writer)
{
    assert_false(writer->bad);
    text[writer->size] = '\0';
    cJSON *root = cJSON_ParseWithOpts(text, NULL, 1);
    assert_non_null(root);
    return root;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *member = cJSON_GetObjectItem(object, key);
    assert_true(cJSON_IsNumber(member));
    return member->valuedouble;
}

/* The keys of track lines, without an event; ages are those at the time of asking. */
static void test_track_api_json(void **state)
{
    (void)state;
    fixture f;
    ap_track track = fixture_track();
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    assert_int_equal(
        ap_track_api_json(&writer, fixture_table(&f), &track, FIXTURE_UTC + 10 * AP_NS_PER_S),
        AP_OK);
    cJSON *root = parsed(&writer);
    assert_null(cJSON_GetObjectItem(root, "event"));
    assert_null(cJSON_GetObjectItem(root, "event_time_s"));
    assert_null(cJSON_GetObjectItem(root, "reasons"));
    assert_true(number(root, "update_age_s") == 10);
    assert_true(number(root, "psr_age_s") == 15);
    assert_true(number(root, "track_id") == 12);
    cJSON_Delete(root);
}

/* RFC 7946 3.1.1: longitude, latitude, height in metres above the ellipsoid. */
static void test_track_api_feature(void **state)
{
    (void)state;
    ap_track track = fixture_track();
    for (int known = 1; known >= 0; known--) {
        track.has_height = known;
        ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
        assert_int_equal(ap_track_api_feature(&writer, NULL, &track, FIXTURE_UTC), AP_OK);
        cJSON *root = parsed(&writer);
        const cJSON *place =
            cJSON_GetObjectItem(cJSON_GetObjectItem(root, "geometry"), "coordinates");
        assert_int_equal(cJSON_GetArraySize(place), 2 + known);
        assert_true(cJSON_GetArrayItem(place, 0)->valuedouble ==
                    -4.7180599); /* -0.0823456789 rad */
        assert_true(cJSON_GetArrayItem(place, 1)->valuedouble == 51.0003173);
        if (known)
            assert_true(cJSON_GetArrayItem(place, 2)->valuedouble == 10972.8);
        assert_true(number(root, "id") == 12);
        cJSON_Delete(root);
    }
    for (size_t cap = 0; cap < 600; cap += 13) {
        ap_writer writer = ap_writer_of((uint8_t *)text, cap);
        assert_int_equal(ap_track_api_feature(&writer, NULL, &track, FIXTURE_UTC), AP_ERR_FULL);
        assert_int_equal(writer.size, 0);
    }
}

/* Everything that a track can tell, with the widest numbers and names: what room must be enough. */
static void test_track_api_largest(void **state)
{
    (void)state;
    static ap_sensor sensors[AP_TRACK_SOURCE_CAP];
    static ap_sensor_stats stats[AP_TRACK_SOURCE_CAP];
    const ap_sensor_table table = { .sensor = sensors,
                                    .stats = stats,
                                    .count = AP_TRACK_SOURCE_CAP };
    ap_track track = fixture_track();
    track.id = UINT32_MAX;
    track.update_count = UINT32_MAX;
    track.flags = UINT32_MAX;
    track.address_shared = track.identity_doubted = true;
    track.east_mps = track.north_mps = track.up_mps = -1234567.12345678;
    track.acceleration_mps2 = track.track_rate_radps = -12345.123456789;
    track.pressure_altitude_m = track.position.height_m = -123456789.123456;
    track.ssr_utc = track.mlat_utc = track.psr_utc - 1234567 * AP_NS_PER_S / 10;
    track.source_count = AP_TRACK_SOURCE_CAP;
    for (uint16_t i = 0; i < AP_TRACK_SOURCE_CAP; i++) {
        memset(sensors[i].name, '"', AP_SENSOR_NAME_SIZE - 1);
        track.source[i].sensor = i;
    }
    track.fall = (ap_track_fall){ .probability = 0.123456789,
                                  .time_utc = FIXTURE_UTC,
                                  .ecef = { -6378137.123456, -6378137.123456, -6378137.123456 },
                                  .velocity_ecef_mps = { -7654.123456, -7654.123456, -7654.123456 },
                                  .ballistic_coefficient_kgpms2 = 123456.123,
                                  .ballistic_coefficient_ln_sigma = 1.23456789 };
    for (int i = 0; i < 21; i++)
        track.fall.P_ecef[i] = -123456789012.123456789;
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++)
            track.P_enu[i][k] = i == k ? 1234567890123.123 : 1234.5678;
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    assert_int_equal(ap_track_api_feature(&writer, &table, &track, FIXTURE_UTC), AP_OK);
    cJSON_Delete(parsed(&writer));
    assert_in_range(writer.size, AP_TRACK_API_SIZE / 3, AP_TRACK_API_SIZE);
}

/* Reasons in order, also when the ring went round. */
static void test_track_api_why(void **state)
{
    (void)state;
    fixture f;
    ap_track track = fixture_track();
    track.reason_count = AP_TRACK_REASON_CAP + 3;
    for (unsigned i = 0; i < track.reason_count; i++)
        track.reason[i % AP_TRACK_REASON_CAP] =
            (ap_reason){ FIXTURE_UTC + i * AP_NS_PER_S, 0, AP_SENSOR_NONE, AP_REASON_RESUMED };
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    ap_text_str(&writer, "{\"a\":1");
    assert_int_equal(ap_track_api_why(&writer, fixture_table(&f), &track, FIXTURE_UTC), AP_OK);
    ap_text_str(&writer, "}");
    cJSON *root = parsed(&writer);
    const cJSON *reasons = cJSON_GetObjectItem(root, "reasons"), *one;
    double before = 0;
    assert_int_equal(cJSON_GetArraySize(reasons), AP_TRACK_REASON_CAP);
    cJSON_ArrayForEach(one, reasons)
    {
        assert_true(number(one, "time_s") > before);
        before = number(one, "time_s");
    }
    const cJSON *source = cJSON_GetObjectItem(root, "contributions")->child;
    assert_true(number(source, "report_count") == 70);
    assert_string_equal(cJSON_GetObjectItem(source, "sensor")->valuestring, "receiver");
    /* 30 m east and 40 m south, of who flies 150.25 m/s east and 180.5 m/s south */
    assert_true(number(source, "residual_m") == 50.0);
    assert_true(number(source, "residual_along_m") == 49.9);
    assert_true(number(source, "residual_across_m") == 2.5);
    assert_null(cJSON_GetObjectItem(source->next, "residual_m")); /* nothing to compare */
    cJSON_Delete(root);
}

/* RFC 7946 5.2: over the date line the first longitude is the greater one. */
static void test_bbox_json(void **state)
{
    (void)state;
    static const struct {
        double longitude_deg[3];
        const char *expected;
    } cases[] = {
        { { -10, 20, 5 }, "\"bbox\":[-10,-3,20,7]," },
        { { 170, -170, 175 }, "\"bbox\":[170,-3,-170,7]," },
        { { -179, -178, -177 }, "\"bbox\":[-179,-3,-177,7]," },
        { { 177, 178, 179 }, "\"bbox\":[177,-3,179,7]," },
    };
    static const double latitudes_deg[] = { -3, 2, 7 };
    ap_bbox none = { .count = 0 };
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    ap_bbox_json(&writer, &none);
    assert_int_equal(writer.size, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_bbox bbox = { .count = 0 };
        for (int k = 0; k < 3; k++)
            ap_bbox_add(&bbox, latitudes_deg[k] * AP_RAD_PER_DEG,
                        cases[i].longitude_deg[k] * AP_RAD_PER_DEG);
        writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
        ap_bbox_json(&writer, &bbox);
        text[writer.size] = '\0';
        assert_string_equal(text, cases[i].expected);
    }
}

static void test_sensor_json(void **state)
{
    (void)state;
    fixture f;
    const ap_sensor_table *table = fixture_table(&f);
    f.stats[0] = (ap_sensor_stats){ .report_count = 5,
                                    .first_utc = FIXTURE_UTC - AP_NS_PER_S,
                                    .last_utc = FIXTURE_UTC };
    f.stats[0].refused.count[AP_REFUSED_LATE] = 3;
    f.stats[0].refused.count[AP_REFUSED_GARBAGE_BYTES] = 100; /* octets: no elements */
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    assert_int_equal(ap_sensor_json(&writer, table, 0, FIXTURE_UTC + 2 * AP_NS_PER_S), AP_OK);
    cJSON *root = parsed(&writer);
    assert_string_equal(cJSON_GetObjectItem(root, "name")->valuestring, "radar, \"north\"");
    assert_true(number(root, "sac") == 25 && number(root, "sic") == 201);
    assert_true(number(root, "report_count") == 5);
    assert_true(number(root, "refused_count") == 3);
    assert_true(number(cJSON_GetObjectItem(root, "refused"), "garbage_bytes") == 100);
    assert_true(number(root, "age_s") == 2);
    assert_null(cJSON_GetObjectItem(root, "site"));
    cJSON_Delete(root);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_track_api_json),    cmocka_unit_test(test_track_api_feature),
        cmocka_unit_test(test_track_api_largest), cmocka_unit_test(test_track_api_why),
        cmocka_unit_test(test_bbox_json),         cmocka_unit_test(test_sensor_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
