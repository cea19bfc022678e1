#include "app/sensors_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define CAP 4
#define TOLD_CAP 16

typedef struct told {
    size_t count;
    int line[TOLD_CAP], column[TOLD_CAP];
    char text[TOLD_CAP][320];
} told;

static void assert_near(double value, double expected, double tolerance)
{
    assert_true(fabs(value - expected) <= tolerance);
}

static void remember(void *context, const ap_yaml_error *error)
{
    told *into = context;
    if (into->count == TOLD_CAP)
        return;
    into->line[into->count] = error->line;
    into->column[into->count] = error->column;
    snprintf(into->text[into->count], sizeof into->text[0], "%s", error->text);
    into->count++;
}

static ap_sensor sensors[CAP];
static ap_sensor_stats stats[CAP];

static ap_sensor_table table_of(uint16_t cap)
{
    return (ap_sensor_table){ .sensor = sensors, .stats = stats, .cap = cap };
}

/* A radar that is complete, as lines 2 to 8 of a file whose line 1 is "sensors:". */
#define RADAR(name, sac, sic)                                                                      \
    "  - name: " name "\n    kind: mode_s\n    sac: " sac "\n    sic: " sic                        \
    "\n    latitude_deg: 52.5\n    longitude_deg: 4.75\n    height_m: 25\n"
#define HEAD "sensors:\n"
#define FULL HEAD RADAR("A", "25", "201")

static void test_parse_takes_every_key(void **state)
{
    (void)state;
    static const char text[] = FULL
        "    input: 2\n    range_max_m: 250e3\n    range_min_m: 900\n    range_sigma_m: 55.5\n"
        "    azimuth_sigma_deg: 0.09\n    position_sigma_m: 12\n    altitude_sigma_m: 8\n"
        "    doppler_sigma_mps: 3\n    range_resolution_m: 180\n    azimuth_resolution_deg: 0.7\n"
        "    range_bias_m: -30\n    azimuth_bias_deg: 0.18\n    latency_s: 0.25\n    turn_s: 4.8\n"
        "    detection_probability: 0.97\n    clutter_per_turn: 0\n"
        "  - name: Z\xC3\xBCrich WAM\n    kind: mlat\n    sac: 0\n    sic: 1\n";
    ap_sensor_table table = table_of(CAP);
    assert_int_equal(ap_sensors_file_parse(text, strlen(text), &table, NULL, NULL), AP_OK);
    assert_int_equal(table.count, 2);
    const ap_sensor *radar = &sensors[0];
    assert_string_equal(radar->name, "A");
    assert_int_equal(radar->kind, AP_SENSOR_MODE_S);
    assert_true(radar->described && radar->has_sac_sic && radar->has_site);
    assert_int_equal(radar->sac, 25);
    assert_int_equal(radar->sic, 201);
    assert_int_equal(radar->input, 1); /* the 2nd input has index 1 */
    assert_near(radar->site.latitude_rad, 52.5 * AP_RAD_PER_DEG, 1e-15);
    assert_near(radar->site.longitude_rad, 4.75 * AP_RAD_PER_DEG, 1e-15);
    assert_near(radar->site.height_m, 25, 0);
    assert_near(radar->range_max_m, 250000, 0);
    assert_near(radar->range_min_m, 900, 0);
    assert_near(radar->range_sigma_m, 55.5, 0);
    assert_near(radar->azimuth_sigma_rad, 0.09 * AP_RAD_PER_DEG, 1e-15);
    assert_near(radar->doppler_sigma_mps, 3, 0);
    assert_near(radar->range_resolution_m, 180, 0);
    assert_near(radar->azimuth_resolution_rad, 0.7 * AP_RAD_PER_DEG, 1e-15);
    assert_near(radar->position_sigma_m, 12, 0);
    assert_near(radar->altitude_sigma_m, 8, 0);
    assert_near(radar->range_bias_m, -30, 0);
    assert_near(radar->azimuth_bias_rad, 0.18 * AP_RAD_PER_DEG, 1e-15);
    assert_near(radar->latency_s, 0.25, 0);
    assert_near(radar->turn_s, 4.8, 0);
    assert_near(radar->detection_probability, 0.97, 0);
    assert_true(radar->detection_fixed);
    assert_near(radar->clutter_per_turn, 0, 0);
    assert_string_equal(sensors[1].name, "Z\xC3\xBCrich WAM");
    assert_int_equal(sensors[1].input, AP_INPUT_NONE);
    assert_false(sensors[1].has_site);
    assert_true(sensors[1].turn_s > 0); /* a default of its kind */
    assert_false(sensors[1].detection_fixed);
}

static void test_parse_adds_behind_what_is_there(void **state)
{
    (void)state;
    ap_sensor_table table = table_of(CAP);
    assert_int_equal(ap_sensors_file_parse(FULL, strlen(FULL), &table, NULL, NULL), AP_OK);
    static const char other[] = HEAD RADAR("B", "25", "202");
    assert_int_equal(ap_sensors_file_parse(other, strlen(other), &table, NULL, NULL), AP_OK);
    assert_int_equal(table.count, 2);
    assert_string_equal(sensors[1].name, "B");
}

/* The same codes on one input and on any other: two sensors. */
static void test_parse_same_codes_on_other_inputs(void **state)
{
    (void)state;
    static const char text[] =
        FULL RADAR("B", "25", "201") "    input: 1\n" RADAR("C", "25", "201") "    input: 2\n";
    ap_sensor_table table = table_of(CAP);
    assert_int_equal(ap_sensors_file_parse(text, strlen(text), &table, NULL, NULL), AP_OK);
    assert_int_equal(table.count, 3);
}

typedef struct refused {
    const char *text;
    int line, column;
    const char *said;
} refused;

static const refused refusals[] = {
    /* keys */
    { FULL "    colour: red\n", 9, 5,
      "unknown key 'colour'; expected one of the keys of a sensor" },
    { FULL "    range_max_km: 250\n", 9, 5,
      "key 'range_max_km' has another unit; expected 'range_max_m'" },
    { FULL "    turn: 4\n", 9, 5, "key 'turn' has another unit; expected 'turn_s'" },
    { FULL "    azimuth_bias_rad: 4\n", 9, 5,
      "key 'azimuth_bias_rad' has another unit; expected 'azimuth_bias_deg'" },
    { FULL "    rnage_max_m: 4\n", 9, 5,
      "unknown key 'rnage_max_m'; expected 'range_max_m', perhaps" },
    { FULL "    input: 1\n    input: 2\n", 10, 5,
      "key 'input' again; expected it once per sensor" },
    { FULL "    [a]: 2\n", 9, 5, "a key is a list; expected a word" },
    { "radars:\n  - name: A\n", 1, 1, "unknown key 'radars'; expected 'sensors'" },
    { FULL "sensors: []\n", 9, 1, "key 'sensors' again; expected it once" },
    { FULL "    this_key_is_forty_characters_long_or_longer_: 1\n", 9, 5,
      "unknown key 'this_key_is_forty_characters_long_or_lon...'; expected one of the keys of a "
      "sensor" },
    { FULL "    this_key_is_thirty_nine_bytes_long_then\xC3\xA9: 1\n", 9, 5,
      "unknown key 'this_key_is_thirty_nine_bytes_long_then...'; expected one of the keys of a "
      "sensor" },
    /* types */
    { FULL "    turn_s: fast\n", 9, 13,
      "turn_s 'fast' is no number; expected seconds from 0.05 to 600" },
    { FULL "    turn_s: \"4\"\n", 9, 13,
      "turn_s '4' is no number; expected seconds from 0.05 to 600" },
    { FULL "    turn_s: 0x4\n", 9, 13,
      "turn_s '0x4' is no number; expected seconds from 0.05 to 600" },
    { FULL "    turn_s: .nan\n", 9, 13,
      "turn_s '.nan' is no number; expected seconds from 0.05 to 600" },
    { FULL "    turn_s: 1e999\n", 9, 13,
      "turn_s '1e999' is no number; expected seconds from 0.05 to 600" },
    { FULL "    turn_s: 4 s\n", 9, 13,
      "turn_s '4 s' is no number; expected seconds from 0.05 to 600" },
    { FULL "    turn_s:\n", 9, 12, "turn_s '' is no number; expected seconds from 0.05 to 600" },
    { FULL "    turn_s: [4]\n", 9, 13, "turn_s is a list; expected seconds from 0.05 to 600" },
    { FULL "    turn_s: {s: 4}\n", 9, 13,
      "turn_s is a group of keys; expected seconds from 0.05 to 600" },
    { FULL "    input: 1.5\n", 9, 12,
      "input '1.5' is no whole number; expected a whole number from 1 to 4096" },
    { HEAD "  - radar\n", 2, 5, "a sensor is a single value; expected a group of keys" },
    { "sensors: 5\n", 1, 10, "sensors is a single value; expected a list, each entry behind '- '" },
    { "- a\n", 1, 1, "the file is a list; expected the key 'sensors' with a list" },
    /* ranges */
    { FULL "    range_sigma_m: 0\n", 9, 20,
      "range_sigma_m 0 is out of range; expected metres from 0.01 to 100000" },
    { FULL "    azimuth_sigma_deg: -0.1\n", 9, 24,
      "azimuth_sigma_deg -0.1 is out of range; expected degrees from 0.0001 to 10" },
    { FULL "    detection_probability: 1\n", 9, 28,
      "detection_probability 1 is out of range; expected a number between 0 and 1" },
    { FULL "    detection_probability: 0\n", 9, 28,
      "detection_probability 0 is out of range; expected a number between 0 and 1" },
    { FULL "    input: 0\n", 9, 12,
      "input 0 is out of range; expected a whole number from 1 to 4096" },
    { FULL "    clutter_per_turn: -1\n", 9, 23,
      "clutter_per_turn -1 is out of range; expected a number from 0 to 1000000" },
    { HEAD RADAR("A", "256", "0"), 4, 10,
      "sac 256 is out of range; expected a whole number from 0 to 255" },
    { FULL "    range_min_m: 2000\n    range_max_m: 2000\n", 9, 18,
      "range_min_m is not below range_max_m; expected the smaller of the two" },
    { HEAD "  - {name: M, kind: mlat, sac: 1, sic: 2, latitude_deg: 91, longitude_deg: 0, "
           "height_m: 0}\n",
      2, 57, "latitude_deg 91 is out of range; expected degrees from -90 to 90" },
    /* words */
    { HEAD RADAR("' x'", "1", "2"), 2, 11,
      "name ' x' cannot be used; expected 1 to 31 printable characters" },
    { HEAD RADAR("12345678901234567890123456789012", "1", "2"), 2, 11,
      "name '12345678901234567890123456789012' cannot be used; expected 1 to 31 printable "
      "characters" },
    { HEAD RADAR("\"a\\tb\"", "1", "2"), 2, 11,
      "name 'a?b' cannot be used; expected 1 to 31 printable characters" },
    { HEAD RADAR("\"a\\0b\"", "1", "2"), 2, 11,
      "name 'a' cannot be used; expected 1 to 31 printable characters" },
    { HEAD "  - name: A\n    kind: radar\n    sac: 1\n    sic: 2\n", 3, 11,
      "unknown kind 'radar'; expected psr, ssr, mode_s, combined, smr, mlat, adsb or tracker" },
    { HEAD "  - name: A\n    kind: unknown\n    sac: 1\n    sic: 2\n", 3, 11,
      "unknown kind 'unknown'; expected psr, ssr, mode_s, combined, smr, mlat, adsb or tracker" },
    { HEAD "  - {name: A, kind: adsb, input: 1, receiver: 12}\n", 2, 47,
      "receiver '12' cannot be used; expected 16 hexadecimal digits, or a UUID" },
    { HEAD "  - {name: A, kind: adsb, input: 1, receiver: 000000000000000g}\n", 2, 47,
      "receiver '000000000000000g' cannot be used; expected 16 hexadecimal digits, or a UUID" },
    { HEAD "  - {name: A, kind: adsb, input: 1, clock: 12MHz}\n", 2, 44,
      "unknown clock '12MHz'; expected ticks, gps or auto" },
    { HEAD "  - {name: A, kind: adsb, sac: 1, sic: 2, clock: gps}\n", 2, 50,
      "clock of a sensor that is no Mode S receiver; expected 'kind: adsb' without 'sac' and "
      "'sic'" },
    { HEAD "  - {name: A, kind: adsb, input: 1, receiver: 000000000000000a}\n"
           "  - {name: B, kind: adsb, input: 1, receiver: 000000000000000A}\n",
      3, 47, "receiver '000000000000000A' is that of the sensor in line 2; expected another" },
    /* what is missing */
    { HEAD "  - kind: adsb\n    input: 1\n", 2, 5,
      "a sensor without a name; expected the key 'name'" },
    { HEAD "  - name: A\n    sac: 1\n    sic: 2\n", 2, 5,
      "a sensor without a kind; expected the key 'kind': psr, ssr, mode_s, combined, smr, mlat, "
      "adsb or tracker" },
    { HEAD "  - name: A\n    kind: psr\n    sac: 1\n    sic: 2\n", 2, 5,
      "a radar without a site; expected 'latitude_deg', 'longitude_deg' and 'height_m'" },
    { HEAD "  - name: A\n    kind: mlat\n    sac: 1\n", 4, 10,
      "sac without sic; expected both or none" },
    { HEAD "  - name: A\n    kind: mlat\n    sic: 1\n", 4, 10,
      "sic without sac; expected both or none" },
    { HEAD "  - name: A\n    kind: adsb\n    input: 1\n    latitude_deg: 1\n    height_m: 5\n", 5,
      19, "latitude_deg without longitude_deg; expected both or none" },
    { HEAD "  - name: A\n    kind: adsb\n    input: 1\n    latitude_deg: 1\n    longitude_deg: 5\n",
      5, 19, "latitude_deg without height_m; expected both or none" },
    { HEAD "  - name: A\n    kind: mlat\n    input: 1\n", 2, 5,
      "a sensor that nothing identifies; expected 'sac' and 'sic'" },
    { "sensors: []\n", 1, 10, "an empty list of sensors; expected one or more" },
    { "{}\n", 1, 1, "no sensors; expected the key 'sensors' with a list" },
    { "", 0, 0, "an empty file; expected the key 'sensors' with a list" },
    { "# nothing\n", 0, 0, "an empty file; expected the key 'sensors' with a list" },
    /* what may not be twice */
    { FULL RADAR("A", "25", "202"), 9, 11,
      "name 'A' is that of the sensor in line 2; expected another" },
    { FULL RADAR("B", "25", "201"), 11, 10,
      "sac 25, sic 201 are those of the sensor in line 2; expected others, or another 'input'" },
    { FULL "    input: 3\n" RADAR("B", "25", "201") "    input: 3\n", 12, 10,
      "sac 25, sic 201 are those of the sensor in line 2; expected others, or another 'input'" },
    { HEAD "  - {name: A, kind: adsb, input: 1}\n  - {name: B, kind: adsb, input: 1}\n", 3, 34,
      "input 1 is that of the sensor in line 2; expected another" },
    { FULL "    editions: {021: \"2.1\", 048: \"1.31\", 21: \"2.7\"}\n", 9, 41,
      "category '21' again; expected it once per sensor" },
    /* no YAML */
    { "sensors:\n\t- name: A\n", 2, 1, "a tab; expected blanks for indentation" },
    { "\xC3\xA9: 1\nsensors:\n\t- name: A\n", 3, 1, "a tab; expected blanks for indentation" },
    { "sensors: [\n", 2, 1, "did not find expected node content; expected YAML" },
    { "sensors:\n  - name: 'A\n", 3, 1, "found unexpected end of stream; expected YAML" },
    { "sensors:\n  - name: A\xFFZ\n", 2, 12, "invalid leading UTF-8 octet; expected YAML" },
    { FULL "---\nsensors: 1\n", 9, 1, "a second document; expected one" },
    { FULL "    input: *there\n", 9, 12, "found undefined alias; expected YAML" },
};

static void test_parse_refuses_with_place(void **state)
{
    (void)state;
    size_t bad_count = 0;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const refused *of = &refusals[i];
        ap_sensor_table table = table_of(CAP);
        told errors = { 0 };
        ap_err err = ap_sensors_file_parse(of->text, strlen(of->text), &table, remember, &errors);
        if (err != AP_ERR_CONFIG || errors.count != 1 || errors.line[0] != of->line ||
            errors.column[0] != of->column || strcmp(errors.text[0], of->said) != 0) {
            print_error("%s-> %d, %zu errors\n", of->text, (int)err, errors.count);
            for (size_t e = 0; e < errors.count; e++)
                print_error("%d:%d: %s\n", errors.line[e], errors.column[e], errors.text[e]);
            print_error("expected %d:%d: %s\n", of->line, of->column, of->said);
            bad_count++;
        }
        assert_int_equal(table.count, 0);
    }
    assert_int_equal(bad_count, 0);
}

static void test_parse_tells_all_errors(void **state)
{
    (void)state;
    static const char text[] = HEAD "  - name: A\n    kind: tower\n    sac: 300\n    sic: 2\n"
                                    "    turn: 4\n  - kind: psr\n    sac: 1\n";
    static const int lines[] = { 3, 4, 6, 7, 7, 8 };
    ap_sensor_table table = table_of(CAP);
    told errors = { 0 };
    assert_int_equal(ap_sensors_file_parse(text, strlen(text), &table, remember, &errors),
                     AP_ERR_CONFIG);
    assert_int_equal(errors.count, 6);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(errors.line[i], lines[i]);
    assert_int_equal(table.count, 0);
}

/* Megabytes of brackets are refused at once, not in hours. */
static void test_parse_refuses_deep_nesting(void **state)
{
    (void)state;
    static char text[200000];
    memset(text, '[', sizeof text);
    memcpy(text, "sensors:\n", 9);
    ap_sensor_table table = table_of(CAP);
    assert_int_equal(ap_sensors_file_parse(text, sizeof text, &table, NULL, NULL), AP_ERR_CONFIG);
    assert_int_equal(table.count, 0);
}

static void test_parse_refuses_more_than_the_table_holds(void **state)
{
    (void)state;
    static const char text[] = FULL RADAR("B", "1", "1") RADAR("C", "1", "2") RADAR("D", "1", "3");
    ap_sensor_table table = table_of(2);
    told errors = { 0 };
    assert_int_equal(ap_sensors_file_parse(text, strlen(text), &table, remember, &errors),
                     AP_ERR_CONFIG);
    assert_int_equal(errors.count, 1);
    assert_int_equal(errors.line[0], 16);
    assert_string_equal(errors.text[0], "one sensor too many; expected at most 2");
    assert_int_equal(table.count, 0);
}

/* One of several receivers of an input, beside the input's own. */
static void test_parse_receivers(void **state)
{
    (void)state;
    static const char text[] =
        "sensors:\n  - {name: A, kind: adsb, input: 2, receiver: 00000000000000Fe, clock: gps}\n"
        "  - name: B\n    kind: adsb\n    input: 2\n"
        "    receiver: 01234567-89ab-cdef-0123-456789abcdef\n"
        "  - {name: C, kind: adsb, input: 2, clock: ticks}\n";
    ap_sensor_table table = table_of(CAP);
    told errors = { 0 };
    assert_int_equal(ap_sensors_file_parse(text, strlen(text), &table, remember, &errors), AP_OK);
    assert_int_equal(ap_sensor_find_receiver(&table, 1, 0xFE), 0);
    assert_int_equal(ap_sensor_find_receiver(&table, 1, UINT64_C(0x0123456789ABCDEF)), 1);
    assert_int_equal(ap_sensor_find_receiver(&table, 0, 0xFE), AP_SENSOR_NONE);
    assert_int_equal(ap_sensor_find_input(&table, 1), 2);
    assert_int_equal(sensors[0].clock, AP_CLOCK_GPS);
    assert_int_equal(sensors[1].clock, AP_CLOCK_AUTO);
    assert_int_equal(sensors[2].clock, AP_CLOCK_TICKS);
}

/* A receiver that only its name ties to an input of the service. */
static void test_parse_takes_a_receiver_by_name(void **state)
{
    (void)state;
    static const char text[] = "sensors:\n  - {name: roof, kind: adsb, latitude_deg: 52,"
                               " longitude_deg: 4, height_m: 20}\n"
                               "  - {name: hill, kind: adsb}\n";
    ap_sensor_table table = { .sensor = sensors, .stats = stats, .cap = CAP };
    assert_int_equal(ap_sensors_file_parse(text, strlen(text), &table, NULL, NULL), AP_OK);
    assert_int_equal(table.count, 2);
    assert_int_equal(table.sensor[0].input, AP_INPUT_NONE);
    assert_false(table.sensor[0].has_sac_sic);
    assert_string_equal(table.sensor[1].name, "hill");
}

static void test_load_refuses_what_is_no_file(void **state)
{
    (void)state;
    static const char *const paths[] = { "no such folder/sensors.yaml", "/tmp" };
    static const char *const said[] = { "No such file or directory; expected a sensors file",
                                        "Is a directory; expected a sensors file" };
    for (size_t i = 0; i < 2; i++) {
        ap_sensor_table table = table_of(CAP);
        told errors = { 0 };
        assert_int_equal(ap_sensors_file_load(paths[i], &table, remember, &errors),
                         AP_ERR_NO_INPUT);
        assert_int_equal(errors.count, 1);
        assert_int_equal(errors.line[0], 0);
        assert_string_equal(errors.text[0], said[i]);
    }
}

static void test_load_reads_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/sensors_file_test_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, FULL, strlen(FULL)), (long)strlen(FULL));
    close(fd);
    ap_sensor_table table = table_of(CAP);
    assert_int_equal(ap_sensors_file_load(path, &table, NULL, NULL), AP_OK);
    unlink(path);
    assert_int_equal(table.count, 1);
    assert_string_equal(sensors[0].name, "A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_takes_every_key),
        cmocka_unit_test(test_parse_adds_behind_what_is_there),
        cmocka_unit_test(test_parse_same_codes_on_other_inputs),
        cmocka_unit_test(test_parse_refuses_with_place),
        cmocka_unit_test(test_parse_tells_all_errors),
        cmocka_unit_test(test_parse_refuses_deep_nesting),
        cmocka_unit_test(test_parse_refuses_more_than_the_table_holds),
        cmocka_unit_test(test_parse_receivers),
        cmocka_unit_test(test_parse_takes_a_receiver_by_name),
        cmocka_unit_test(test_load_refuses_what_is_no_file),
        cmocka_unit_test(test_load_reads_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
