#include "app/scenario_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "simulate/mlat.h"

/* clang-format off */
#define HEAD "name: Test\nduration_s: 600\nlatitude_deg: 52\nlongitude_deg: 4.5\n"
#define TRAFFIC "traffic: [{kind: en_route, count: 5}]\n"
#define RADAR "sensors:\n  - {name: A, kind: combined, sac: 1, sic: 2, latitude_deg: 52, " \
              "longitude_deg: 4}\n"
#define FLIGHT "flights: [{name: F, route: [{latitude_deg: 52, longitude_deg: 4, altitude_m: 9," \
    " speed_mps: 200}, {latitude_deg: 53, longitude_deg: 4}]}]\n"
/* clang-format on */

typedef struct told {
    char text[4096];
    int count;
} told;

static void note(void *context, const ap_yaml_error *error)
{
    told *into = context;
    size_t used = strlen(into->text);
    snprintf(into->text + used, sizeof into->text - used, "%d:%d: %s\n", error->line, error->column,
             error->text);
    into->count++;
}

static ap_err parse(ap_scenario_file *file, const char *text, told *said)
{
    *said = (told){ .count = 0 };
    return ap_scenario_file_parse(file, text, strlen(text), "", note, said);
}

static void must_parse(ap_scenario_file *file, const char *text)
{
    told said;
    ap_err err = parse(file, text, &said);
    if (err)
        fail_msg("%s", said.text);
}

/* A metre of 0.3048 a foot, 1852 / 3600 m/s a knot: by definition. */
static void test_parse_units(void **state)
{
    (void)state;
    ap_scenario_file file;
    must_parse(&file, HEAD RADAR
               "flights:\n"
               "  - callsign: ABC12\n"
               "    address: \"48432A\"\n"
               "    mode_3a: \"7001\"\n"
               "    route:\n"
               "      - {latitude_deg: 52, longitude_deg: 4, altitude_ft: 10000, speed_kt: 360}\n"
               "      - {latitude_deg: -30, longitude_deg: 5, altitude_m: 3000}\n"
               "wind: [{altitude_ft: 1000, from_deg: 270, speed_kt: 36}]\n");
    const ap_scenario *of = &file.scenario;
    assert_string_equal(of->name, "Test");
    assert_int_equal(of->flight_count, 1);
    assert_int_equal(of->flights[0].address, 0x48432A);
    assert_int_equal(of->flights[0].mode_3a, 07001);
    assert_int_equal(of->flights[0].waypoint_count, 2);
    assert_true(fabs(of->waypoints[0].altitude_m - 3048.0) < 1e-9);
    assert_true(fabs(of->waypoints[0].speed_mps - 185.2) < 1e-9);
    assert_true(fabs(of->waypoints[1].latitude_rad + AP_PI / 6.0) < 1e-15);
    assert_true(isnan(of->waypoints[1].speed_mps));
    assert_true(isinf(of->flights[0].end_s));
    assert_int_equal(of->flights[0].leader, AP_SCENARIO_NONE);
    /* From the west: the air goes east. */
    assert_true(fabs(of->wind[0].east_mps - 18.52) < 1e-9);
    assert_true(fabs(of->wind[0].north_mps) < 1e-9);
    ap_scenario_file_close(&file);
}

static void test_parse_defaults(void **state)
{
    (void)state;
    ap_scenario_file file;
    must_parse(
        &file, HEAD RADAR
        "  - {name: B, kind: adsb, format: beast, latitude_deg: 52, longitude_deg: 4}\n"
        "  - {name: C, kind: mlat, sac: 1, sic: 3, latitude_deg: 52, longitude_deg: 4}\n" TRAFFIC);
    const ap_scenario *of = &file.scenario;
    ap_sensor combined;
    ap_sensor_defaults(&combined, AP_SENSOR_COMBINED);
    assert_int_equal(of->seed, 1);
    assert_int_equal(of->sensor_count, 3);
    assert_int_equal(of->sensors[0].format, AP_SENSOR_FORMAT_CAT048);
    assert_true(of->sensors[0].told.range_sigma_m == combined.range_sigma_m);
    assert_true(of->sensors[0].told.has_site && of->sensors[0].told.has_sac_sic);
    assert_int_equal(of->sensors[0].port, 8601);
    assert_int_equal(of->sensors[1].port, 30102);
    assert_int_equal(of->sensors[1].told.receiver, 2);
    assert_int_equal(of->sensors[2].format, AP_SENSOR_FORMAT_CAT020);
    assert_true(of->sensors[2].arrival_sigma_s == AP_MLAT_ARRIVAL_SIGMA_S);
    assert_true(of->sensors[2].told.range_max_m > 0.0);
    assert_true(of->generators[0].end_s == 600.0);
    assert_true(of->generators[0].latitude_rad == of->reference.latitude_rad);
    assert_true(of->generators[0].adsb_share > 0.5);
    ap_scenario_file_close(&file);
}

static void test_parse_names(void **state)
{
    (void)state;
    ap_scenario_file file;
    must_parse(&file, HEAD RADAR
               "flights:\n"
               "  - {name: wing, leader: lead, right_m: 50}\n"
               "  - {name: lead, route: [{latitude_deg: 52, longitude_deg: 4, altitude_m: 3000, "
               "speed_mps: 200}, {latitude_deg: 53, longitude_deg: 4}]}\n"
               "faults:\n"
               "  - {kind: outage, sensor: A, start_s: 60, end_s: 120}\n"
               "  - {kind: wrong_code, flight: wing, code: \"2000\"}\n"
               "  - {kind: altitude, flight: lead, offset_ft: 1000}\n"
               "  - {kind: jamming, latitude_deg: 52, longitude_deg: 4, radius_nmi: 10}\n"
               "  - {kind: emergency, flight: lead}\n"
               "  - {kind: emergency, flight: lead, code: \"7500\"}\n"
               "  - {kind: wrong_code, flight: wing}\n"
               "  - {kind: wrong_code, flight: wing, code_of: lead}\n");
    const ap_scenario *of = &file.scenario;
    assert_int_equal(of->flights[0].leader, 1);
    assert_int_equal(of->faults[0].sensor, 0);
    assert_int_equal(of->faults[0].flight, AP_SCENARIO_NONE);
    assert_int_equal(of->faults[1].flight, 0);
    assert_true(of->faults[1].value == 02000);
    assert_true(fabs(of->faults[2].value - 304.8) < 1e-9);
    assert_true(of->faults[2].end_s == 600.0);
    assert_true(fabs(of->faults[3].radius_m - 18520.0) < 1e-9);
    assert_true(of->faults[4].value == 07700 && of->faults[5].value == 07500);
    assert_true(of->faults[6].value == AP_FAULT_CODE_DRAWN);
    assert_int_equal(of->faults[6].code_of, AP_SCENARIO_NONE);
    assert_int_equal(of->faults[7].code_of, 1);
    ap_scenario_file_close(&file);
}

/* As editors on other systems write it: a byte order mark, CR LF. */
static void test_parse_foreign_text(void **state)
{
    (void)state;
    ap_scenario_file file;
    told said;
    must_parse(&file, "\xEF\xBB\xBF" HEAD TRAFFIC RADAR);
    assert_string_equal(file.scenario.name, "Test");
    ap_scenario_file_close(&file);
    must_parse(&file, "name: Test\r\nduration_s: 600\r\nlatitude_deg: 52\r\n"
                      "longitude_deg: 4.5\r\n" TRAFFIC RADAR);
    assert_string_equal(file.scenario.name, "Test");
    ap_scenario_file_close(&file);
    assert_int_equal(parse(&file,
                           "\xEF\xBB\xBF"
                           "nam: Test\n",
                           &said),
                     AP_ERR_CONFIG);
    assert_non_null(strstr(said.text, "1:1: unknown key 'nam'"));
}

/* Line and column of each error, counted by hand, and a part of what is said. */
static void test_parse_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        { "", "0:0: an empty file; expected a scenario" },
        { "- a\n", "1:1: the file is a list; expected a group of keys" },
        { HEAD RADAR, "1:1: nothing flies; expected 'traffic'" },
        { HEAD TRAFFIC, "1:1: the file without sensors; expected the key 'sensors'" },
        { HEAD TRAFFIC "sensors: []\n", "6:10: an empty list at sensors" },
        { HEAD TRAFFIC RADAR "duration: 5\n",
          "8:1: unknown key 'duration'; expected 'duration_s'" },
        { HEAD TRAFFIC RADAR "sede: 5\n", "8:1: unknown key 'sede'; expected 'seed', perhaps" },
        { HEAD TRAFFIC RADAR "truth_step_ms: 5\n",
          "8:1: unknown key 'truth_step_ms'; expected 'truth_step_s', perhaps" },
        { HEAD TRAFFIC RADAR "height_offset_inches: 5\n",
          "8:1: key 'height_offset_inches' has another unit; expected 'height_offset_m'" },
        { HEAD TRAFFIC RADAR "seed: x\n", "8:7: seed 'x' cannot be used; expected a whole number" },
        { HEAD TRAFFIC RADAR "truth_step_s: 100\n",
          "8:15: truth_step_s '100' is out of range; expected seconds from 0.05 to 60" },
        { HEAD TRAFFIC RADAR "start: 1969-12-31T23:59:59Z\n",
          "8:8: start is outside of what captures can hold; expected a run from 1970 on" },
        { HEAD TRAFFIC RADAR "start: 2106-02-07T06:25:00Z\n",
          "8:8: start is outside of what captures can hold; expected a run from 1970 on" },
        { HEAD TRAFFIC RADAR "start: noon\n", "8:8: start 'noon' cannot be used; expected a time" },
        { HEAD "traffic: [{kind: en_rote, count: 1}]\n" RADAR,
          "5:18: unknown kind 'en_rote'; expected 'en_route', perhaps" },
        { HEAD "traffic: [{kind: tma, count: 1, adsb_share: 0.7, mode_s_share: 0.4}]\n" RADAR,
          "5:11: adsb_share, mode_s_share and mode_ac_share are 1.1 together" },
        { HEAD "traffic: [{kind: drones, count: 1, altitude_max_m: 30000}]\n" RADAR,
          "5:11: traffic of kind drones: 30000 m is beyond a multirotor's 3000 m" },
        { HEAD "traffic: [{kind: tma, count: 1, start_s: 30, end_s: 20}]\n" RADAR,
          "5:53: end_s is not behind start_s" },
        { HEAD "traffic: [{kind: tma, count: 1, start_s: 700}]\n" RADAR,
          "5:42: start_s is behind the end of the run; expected less than 600 seconds" },
        { HEAD "flights: [{callsign: abc, fall: {latitude_deg: 1, longitude_deg: 2, height_m: "
               "9000}}]\n" RADAR,
          "5:22: callsign 'abc' cannot be sent" },
        { HEAD "flights: [{callsign: ABC}]\n" RADAR,
          "5:11: a flight with none of route, leader and fall" },
        { HEAD "flights: [{leader: X}]\n" RADAR, "5:20: no flight has the name 'X'" },
        { HEAD "flights: [{name: a, leader: b}, {name: b, leader: a}]\n" RADAR,
          "5:29: 'b' is no leader: it follows or falls" },
        { HEAD
          "flights:\n  - callsign: FAST\n    route:\n      - {latitude_deg: 52, longitude_deg: "
          "4, altitude_m: 9000, speed_mps: 230}\n      - {latitude_deg: 53, longitude_deg: 4, "
          "speed_mps: 400}\n" RADAR,
          "9:9: flight 'FAST': 400 m/s is beyond an airliner's 270 m/s" },
        { HEAD "traffic: [{kind: mixed, count: 2}]\n" RADAR,
          "5:11: mixed traffic of 2 flights within 150000 m; expected 3 or more" },
        { HEAD "flights: [{route: [{latitude_deg: 1, longitude_deg: 2, altitude_m: 5, altitude_ft: "
               "7, speed_mps: 9}]}]\n" RADAR,
          "altitude_m beside altitude_ft; expected one of the two" },
        { HEAD TRAFFIC RADAR "  - {name: A, kind: ssr, sac: 1, sic: 3, latitude_deg: 5, "
                             "longitude_deg: 5}\n",
          "8:12: name 'A' is that of a sensor before" },
        { HEAD TRAFFIC RADAR "  - {name: B, kind: ssr, sac: 1, sic: 2, latitude_deg: 5, "
                             "longitude_deg: 5}\n",
          "8:31: sac 1, sic 2 are those of 'A'" },
        { HEAD TRAFFIC RADAR "  - {name: a/b, kind: ssr, sac: 1, sic: 3, latitude_deg: 5, "
                             "longitude_deg: 5}\n",
          "8:12: name 'a/b' cannot name a file" },
        { HEAD TRAFFIC RADAR "  - {name: B, kind: ssr, format: beast, latitude_deg: 5, "
                             "longitude_deg: 5}\n",
          "a sensor of kind ssr does not send beast; expected cat048" },
        { HEAD TRAFFIC RADAR "  - {name: B, kind: psr, sac: 1, sic: 3, latitude_deg: 5, "
                             "longitude_deg: 5, garbles: true}\n",
          "garbles of a sensor of kind psr; expected it of a secondary radar" },
        { HEAD TRAFFIC RADAR "    mask: 5\n", "8:5: " },
        { HEAD RADAR "flights: [{callsign: A, craft: multirotor, route: [{latitude_deg: 52, "
                     "longitude_deg: 4, altitude_m: 90, speed_mps: 9}]}]\n",
          "7:51: a route of one waypoint; expected another, or 'hold_s' in it" },
        { HEAD RADAR "flights: [{callsign: A, route: [{latitude_deg: 52, longitude_deg: 4, "
                     "altitude_m: 900, speed_mps: 90}, {latitude_deg: 52, longitude_deg: 4}]}]\n",
          "7:11: flight 'A': it is gone in less than a second: the way has no length and no "
          "'hold_s'; expected what it can fly" },
        { HEAD RADAR "flights: [{callsign: A, start_s: 5, end_s: 5.5, route: [{latitude_deg: 52, "
                     "longitude_deg: 4, altitude_m: 900, speed_mps: 90}, {latitude_deg: 53, "
                     "longitude_deg: 4}]}]\n",
          "7:11: flight 'A': it is gone in less than a second: 'end_s' is too soon after its "
          "begin; expected what it can fly" },
        { HEAD RADAR "flights: [{name: L, end_s: 20, route: [{latitude_deg: 52, longitude_deg: 4, "
                     "altitude_m: 900, speed_mps: 90}, {latitude_deg: 53, longitude_deg: 4}]}, "
                     "{name: F, start_s: 20, leader: L}]\n",
          "7:150: flight 'F': its leader is not there while it is; expected what it can fly" },
        { HEAD TRAFFIC RADAR "faults: [{kind: outage, sensor: B}]\n",
          "8:33: no sensor has the name 'B'" },
        { HEAD TRAFFIC RADAR "faults: [{kind: silent, flight: B}]\n",
          "8:33: no flight has the name 'B'" },
        { HEAD TRAFFIC RADAR "faults: [{kind: azimuth_jump, sensor: A}]\n",
          "8:10: azimuth_jump without jump_deg" },
        { HEAD TRAFFIC RADAR "faults: [{kind: outage, sensor: A, chance: 0.5}]\n",
          "8:44: outage does not take chance" },
        { HEAD TRAFFIC RADAR "faults: [{kind: outage, sensor: A, offset_ft: 5}]\n",
          "8:47: outage does not take offset_ft" },
        { HEAD TRAFFIC RADAR "faults: [{kind: outage, sensor: A, direction_deg: 5}]\n",
          "8:51: outage does not take direction_deg" },
        { HEAD TRAFFIC RADAR "faults: [{kind: outage, sensor: A, code_of: A}]\n",
          "8:45: outage does not take code_of" },
        { HEAD FLIGHT RADAR "faults: [{kind: emergency, flight: F, code: \"1234\"}]\n",
          "code 1234 is no emergency; expected \"7500\", \"7600\" or \"7700\"" },
        { HEAD FLIGHT RADAR "faults: [{kind: emergency, flight: F, code_of: F}]\n",
          "emergency does not take code_of" },
        { HEAD FLIGHT RADAR "faults: [{kind: wrong_code, flight: F, code: \"7600\"}]\n",
          "code 7600 of wrong_code; expected it at kind emergency" },
        { HEAD FLIGHT RADAR "faults: [{kind: wrong_code, flight: F, code_of: F}]\n",
          "code_of is the flight itself; expected another" },
        { HEAD FLIGHT RADAR "faults: [{kind: wrong_code, flight: F, code_of: G}]\n",
          "no flight has the name 'G'" },
        { HEAD FLIGHT RADAR "faults: [{kind: wrong_code, flight: F, code: \"2000\", code_of: F}]\n",
          "wrong_code with code and code_of; expected one of them" },
        { HEAD TRAFFIC RADAR "truth_csv: /nonexistent/x.csv\n", "8:12: cannot read" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_scenario_file file;
        told said;
        assert_int_equal(parse(&file, cases[i].text, &said), AP_ERR_CONFIG);
        if (!strstr(said.text, cases[i].said))
            fail_msg("case %zu: '%s' is not in: %s", i, cases[i].said, said.text);
        assert_null(file.sensors.items);
    }
}

static void test_parse_tells_all(void **state)
{
    (void)state;
    ap_scenario_file file;
    told said;
    assert_int_equal(parse(&file, "name: X\nduration_s: 5\nsensors: [{name: A}]\nfoo: 1\n", &said),
                     AP_ERR_CONFIG);
    /* duration, two missing at the top, a sensor's kind, place (2) and codes, foo, nothing flies */
    assert_int_equal(said.count, 9);
}

/* What begins and ends with a run whose length is wrong is not wrong itself. */
static void test_parse_tells_no_more(void **state)
{
    (void)state;
    ap_scenario_file file;
    told said;
    assert_int_equal(
        parse(&file,
              "name: X\nduration_s: x\nlatitude_deg: 52\nlongitude_deg: 4\n" TRAFFIC RADAR
              "faults: [{kind: outage, sensor: A}]\n",
              &said),
        AP_ERR_CONFIG);
    assert_string_equal(said.text, "2:13: duration_s 'x' cannot be used; expected seconds from 10 "
                                   "to 86400\n");
}

static const char *write_csv(char path[64], const char *text)
{
    strcpy(path, "/tmp/airpicture-truth-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static ap_err parse_csv(ap_scenario_file *file, const char *csv, told *said)
{
    char path[64], text[1024];
    snprintf(text, sizeof text, HEAD "height_offset_m: 40\n" RADAR "truth_csv: %s\n",
             write_csv(path, csv));
    ap_err err = parse(file, text, said);
    unlink(path);
    return err;
}

static void test_truth_csv(void **state)
{
    (void)state;
    ap_scenario_file file;
    told said;
    assert_int_equal(parse_csv(&file,
                               "id,time_s,latitude_deg,longitude_deg,altitude_ft,callsign,address,"
                               "mode_3a,equipment,extra\n"
                               "b,20,52,4.02,1000,,,,mode_s,x\n"
                               "a,10,52,4,1000,KLM1,48432A,1234,,\n"
                               "b,10,52,4,1000,,,,mode_s,\n"
                               "a,30,52,4.05,2000,,,,,\n",
                               &said),
                     AP_OK);
    const ap_scenario *of = &file.scenario;
    assert_int_equal(of->flight_count, 2);
    assert_int_equal(of->flights[0].path_first, 0);
    assert_int_equal(of->flights[0].path_count, 2);
    assert_int_equal(of->flights[0].address, 0x48432A);
    assert_int_equal(of->flights[0].mode_3a, 01234);
    assert_string_equal(of->flights[0].callsign, "KLM1");
    assert_int_equal(of->flights[1].path_first, 2);
    assert_int_equal(of->flights[1].equipment, AP_EQUIPMENT_MODE_S);
    assert_true(of->path[2].time_s == 10.0 && of->path[3].time_s == 20.0);
    assert_true(fabs(of->path[0].position.height_m - 344.8) < 1e-9); /* 1000 ft + 40 m */
    assert_true(isnan(of->path[0].east_mps));
    ap_scenario_file_close(&file);
}

static void test_truth_csv_errors(void **state)
{
    (void)state;
#define COLUMNS "time_s,id,latitude_deg,longitude_deg,height_m\n"
    static const struct {
        const char *csv, *said;
    } cases[] = {
        { "", "no states" },
        { "time_s,id,latitude_deg,longitude_deg\n", "line 1: 0 columns of height" },
        { "id,latitude_deg,longitude_deg,height_m\n", "line 1: no column 'time_s'" },
        { COLUMNS, "no states" },
        { COLUMNS "1,a,52,4,x\n2,a,52,4,1\n", "line 2: height_m 'x' cannot be used" },
        { COLUMNS "1,a,52,4,1\n1,a,52,4,1\n", "line 3: flight 'a' has this time_s in line 2" },
        { COLUMNS "1,a,52,4,1\n", "line 2: flight 'a' has one state" },
        { COLUMNS "1,a,52,4,1\n2,a,53,4,1\n", "line 3: flight 'a' comes here from line 2 at" },
        { COLUMNS "1,a,52,4,900\n9,a,52.05,4,900\n",
          "8:12: flight 'a' of truth_csv, second 9: 695.4 m/s is beyond an airliner's 270 m/s" },
        { COLUMNS "1,a,52\n", "line 2: 3 fields" },
        { COLUMNS "1,a,95,4,1\n", "line 2: latitude_deg '95' cannot be used; expected -89 to 89" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_scenario_file file;
        told said;
        assert_int_equal(parse_csv(&file, cases[i].csv, &said), AP_ERR_CONFIG);
        if (!strstr(said.text, cases[i].said))
            fail_msg("case %zu: '%s' is not in: %s", i, cases[i].said, said.text);
    }
}

static void test_load_missing_file(void **state)
{
    (void)state;
    ap_scenario_file file;
    told said = { .count = 0 };
    assert_int_equal(ap_scenario_file_load(&file, "/nonexistent/s.yaml", note, &said),
                     AP_ERR_NO_INPUT);
    assert_int_equal(said.count, 1);
    ap_scenario_file_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_units),        cmocka_unit_test(test_parse_defaults),
        cmocka_unit_test(test_parse_names),        cmocka_unit_test(test_parse_errors),
        cmocka_unit_test(test_parse_tells_all),    cmocka_unit_test(test_parse_tells_no_more),
        cmocka_unit_test(test_parse_foreign_text), cmocka_unit_test(test_truth_csv),
        cmocka_unit_test(test_truth_csv_errors),   cmocka_unit_test(test_load_missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
