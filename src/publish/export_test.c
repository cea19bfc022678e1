/* Expected texts are written by hand from RFC 7946, OGC KML 2.2 with gx:Track, and the CZML guide.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "publish/export.h"

enum { TEXT_SIZE = 65536 };

static char written[TEXT_SIZE];
static size_t written_size;
static ap_export_sink sink;

static bool keep(void *context, const uint8_t *bytes, size_t size)
{
    (void)context;
    if (written_size + size >= TEXT_SIZE)
        return false;
    memcpy(written + written_size, bytes, size);
    written[written_size += size] = '\0';
    return true;
}

static const ap_export_format *format_of(const char *key)
{
    const ap_export_format *format = ap_export_formats;
    while (format->key && strcmp(format->key, key) != 0)
        format++;
    assert_non_null(format->key);
    return format;
}

/* 2026-06-07T10:00:00Z and so many seconds. */
static ap_utc_ns at_s(double s)
{
    return INT64_C(1780826400) * AP_NS_PER_S + (ap_utc_ns)(s * 1e9);
}

static ap_export_point point(double s, double latitude_deg, double longitude_deg, double height_m)
{
    return (ap_export_point){ .time = at_s(s),
                              .latitude_deg = latitude_deg,
                              .longitude_deg = longitude_deg,
                              .height_m = height_m,
                              .pressure_altitude_ft = NAN,
                              .ground_speed_kt = 420.25,
                              .track_deg = NAN,
                              .vertical_rate_fpm = NAN,
                              .position_sigma_m = NAN,
                              .state = "firm",
                              .sensor = "North" };
}

static ap_export_track track_of(const char *callsign)
{
    return (ap_export_track){ .track_id = 12,
                              .callsign = callsign,
                              .born = AP_UTC_UNKNOWN,
                              .confirmed = AP_UTC_UNKNOWN,
                              .updated = AP_UTC_UNKNOWN,
                              .update_count = 3 };
}

static const char *text_of(const char *key, const ap_export_track *tracks, size_t track_count,
                           const ap_export_point *points, size_t count)
{
    const ap_export_format *format = format_of(key);
    ap_export_head head = { points[0].time, points[count - 1].time };
    ap_export out = { .sink = &sink };
    sink.send = keep;
    ap_export_sink_reset(&sink);
    written_size = 0;
    format->begin(&out, &head);
    for (size_t i = 0; i < track_count; i++)
        format->track(&out, &tracks[i], points, count);
    format->end(&out);
    assert_true(ap_export_sink_flush(&sink));
    return written;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no %s in %s", part, text);
}

static void test_geojson_line(void **state)
{
    (void)state;
    const ap_export_track track = track_of("DLH9LF");
    const ap_export_point points[] = { point(0, 47.5, 8.25, 1000.0), point(1, 47.6, 8.5, 1100.5) };
    assert_string_equal(
        text_of("geojson", &track, 1, points, 2),
        "{\"type\":\"FeatureCollection\",\"features\":[\n"
        "{\"type\":\"Feature\",\"id\":12,\"bbox\":[8.25,47.5,1000,8.5,47.6,1100.5],\n"
        "\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[8.25,47.5,1000],[8.5,47.6,"
        "1100.5]]},\n"
        "\"properties\":{\"track_id\":12,\"callsign\":\"DLH9LF\",\"update_count\":3,\n"
        "\"times_utc\":[\"2026-06-07T10:00:00.000Z\",\"2026-06-07T10:00:01.000Z\"],\n"
        "\"heights_m\":[1000,1100.5]}}\n"
        "],\n\"bbox\":[8.25,47.5,1000,8.5,47.6,1100.5]}\n");
}

/* RFC 7946, 3.1.9: cut at the date line; 5.2: west is then greater than east. */
static void test_geojson_date_line(void **state)
{
    (void)state;
    const ap_export_track track = track_of(NULL);
    const ap_export_point points[] = { point(0, 10.0, 179.0, NAN), point(2, 12.0, -179.0, NAN) };
    const char *text = text_of("geojson", &track, 1, points, 2);
    assert_has(text, "\"MultiLineString\",\"coordinates\":[[[179,10],[180,11]],\n"
                     "[[-180,11],[-179,12]]]");
    assert_has(text, "\"bbox\":[179,10,-179,12]");
    assert_has(text, "\"heights_m\":[[null,null],\n[null,null]]");
    assert_has(text, "[\"2026-06-07T10:00:00.000Z\",\"2026-06-07T10:00:01.000Z\"]");
}

static void test_geojson_gap(void **state)
{
    (void)state;
    const ap_export_track track = track_of(NULL);
    ap_export_point points[] = { point(0, 1, 1, NAN), point(1, 1, 2, NAN), point(9, 1, 5, NAN) };
    points[2].gap = true;
    assert_has(text_of("geojson", &track, 1, points, 3),
               "\"coordinates\":[[[1,1],[2,1]],\n[[5,1],[5,1]]]");
}

static void test_geojson_one_point(void **state)
{
    (void)state;
    const ap_export_track track = track_of(NULL);
    const ap_export_point points[] = { point(0, -1, 1, 5) };
    assert_has(text_of("geojson", &track, 1, points, 1),
               "{\"type\":\"Point\",\"coordinates\":[1,-1,5]}");
}

static void test_geojson_hostile(void **state)
{
    (void)state;
    const ap_export_track track = track_of("A\"}\\\n\xff");
    const ap_export_point points[] = { point(0, -1, 1, 5) };
    assert_has(text_of("geojson", &track, 1, points, 1), "\"callsign\":\"A\\\"}\\\\\\n");
    assert_null(strchr(written, '\xff'));
}

static void test_kml_track(void **state)
{
    (void)state;
    const ap_export_track track = track_of("DLH9LF");
    const ap_export_point points[] = { point(0, 47.5, 8.25, NAN), point(1, 47.6, 8.5, 1100.5) };
    const char *text = text_of("kml", &track, 1, points, 2);
    assert_has(text, "<Placemark id=\"track-12\">\n<name>DLH9LF</name>");
    assert_has(text,
               "<altitudeMode>absolute</altitudeMode>\n"
               "<when>2026-06-07T10:00:00.000Z</when>\n<when>2026-06-07T10:00:01.000Z</when>\n"
               "<gx:coord>8.25 47.5 1100.5</gx:coord>\n<gx:coord>8.5 47.6 1100.5</gx:coord>\n");
    assert_has(text, "<gx:SimpleArrayData name=\"ground_speed_kt\"><gx:value>420.3</gx:value>");
    assert_has(text, "<gx:SimpleArrayData name=\"height_m\"><gx:value></gx:value>"
                     "<gx:value>1100.5</gx:value>");
    assert_null(strstr(text, "MultiTrack"));
}

static void test_kml_hostile(void **state)
{
    (void)state;
    const ap_export_track track = track_of("<&>\"]]>\x01\xff");
    const ap_export_point points[] = { point(0, 1, 1, NAN) };
    assert_has(text_of("kml", &track, 1, points, 1),
               "<name>&lt;&amp;&gt;&quot;]]&gt;\xef\xbf\xbd\xef\xbf\xbd</name>");
    assert_has(written, "clampToGround");
}

static void test_kml_same_id(void **state)
{
    (void)state;
    const ap_export_track tracks[] = { track_of("A"), track_of("B") };
    const ap_export_point points[] = { point(0, 1, 1, NAN) };
    assert_has(text_of("kml", tracks, 2, points, 1), "\"track-12-2\">\n<name>B</name>");
}

static void test_czml_packet(void **state)
{
    (void)state;
    const ap_export_track track = track_of("a\"b");
    const ap_export_point points[] = { point(0.5, 47.5, 8.25, 10), point(1.75, 47.6, 8.5, 11) };
    const char *text = text_of("czml", &track, 1, points, 2);
    assert_has(text,
               "[{\"id\":\"document\",\"name\":\"airpicture\",\"version\":\"1.0\",\n\"clock\":"
               "{\"interval\":\"2026-06-07T10:00:00.500Z/2026-06-07T10:00:01.750Z\"");
    assert_has(text, "{\"id\":\"track-12\",\"name\":\"a\\\"b\"");
    assert_has(text, "\"epoch\":\"2026-06-07T10:00:00.500Z\"");
    assert_has(text, "\"cartographicDegrees\":[0,8.25,47.5,10,\n1.25,8.5,47.6,11]");
}

static void test_csv_rows(void **state)
{
    (void)state;
    const ap_export_track track = track_of("A,\"B");
    const ap_export_point points[] = { point(0, 47.5, 8.25, 10) };
    const char *text = text_of("csv", &track, 1, points, 1);
    assert_has(text, "track_id,track_number,icao24,");
    assert_has(text,
               "\r\n12,,,,\"A,\"\"B\",,,,,,3,,,2026-06-07T10:00:00.000Z,1780826400.000000,47.5,"
               "8.25,10,,420.3,,,,firm,North\r\n");
}

static bool refuse(void *context, const uint8_t *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    ++*(int *)context;
    return false;
}

/* Of a sink that failed nothing is asked again. */
static void test_sink_refused(void **state)
{
    (void)state;
    int calls = 0;
    sink.send = refuse;
    sink.context = &calls;
    ap_export_sink_reset(&sink);
    for (int i = 0; i < 3; i++) {
        ap_write_u8(&sink.text, 'x');
        assert_false(ap_export_sink_flush(&sink));
    }
    assert_int_equal(calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geojson_line),    cmocka_unit_test(test_geojson_date_line),
        cmocka_unit_test(test_geojson_gap),     cmocka_unit_test(test_geojson_one_point),
        cmocka_unit_test(test_geojson_hostile), cmocka_unit_test(test_kml_track),
        cmocka_unit_test(test_kml_hostile),     cmocka_unit_test(test_kml_same_id),
        cmocka_unit_test(test_czml_packet),     cmocka_unit_test(test_csv_rows),
        cmocka_unit_test(test_sink_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
