#include "app/run_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "io/live_in.h"

typedef struct told {
    char text[4096];
    size_t count;
} told;

static void tell(void *context, const ap_yaml_error *error)
{
    told *to = context;
    size_t used = strlen(to->text);
    snprintf(to->text + used, sizeof to->text - used, "%d:%d %s\n", error->line, error->column,
             error->text);
    to->count++;
}

static ap_err parse(ap_run_config *config, const char *folder, const char *text, told *to)
{
    *to = (told){ .count = 0 };
    return ap_run_config_parse(config, folder, text, strlen(text), tell, to);
}

static void test_run_config_values(void **state)
{
    (void)state;
    ap_run_config config;
    told to;
    assert_int_equal(
        parse(&config, "/etc/airpicture",
              "sensors: s.yaml\n"
              "track_cap: 400\n"
              "history_points: 5000\n"
              "inputs:\n"
              "  - {name: a, kind: udp, group: 239.1.2.3, port: 8600, interface: eth0,\n"
              "     format: asterix}\n"
              "  - {name: b, kind: serial, path: /dev/ttyUSB0, baud: 3000000, format: beast}\n"
              "  - {name: c, kind: follow, path: growing.sbs, from_begin: true}\n"
              "outputs:\n"
              "  - {kind: cat062, host: 239.9.9.9, sac: 25, sic: 7, period_s: 2.5}\n"
              "http: {address: \"0.0.0.0\", port: 80, stream_ms: 250, requests_per_s: 0,\n"
              "       names: [radar.example], origins: [https://map.example, 'http://a:81']}\n"
              "state: {folder: kept, checkpoint_s: 2, keep_mb: 5}\n",
              &to),
        AP_OK);
    assert_int_equal(to.count, 0);
    assert_string_equal(config.sensors, "/etc/airpicture/s.yaml");
    assert_int_equal(config.track_cap, 400);
    assert_int_equal(config.history_points, 5000);
    assert_int_equal(config.aircraft_cap, 50000);
    assert_int_equal(config.input_count, 3);
    assert_int_equal(config.inputs[0].kind, AP_LIVE_UDP);
    assert_int_equal(config.http.request_rate, 0);
    assert_int_equal(config.http.names.count, 1);
    assert_string_equal(config.http.names.word[0], "radar.example");
    assert_int_equal(config.http.origins.count, 2);
    assert_string_equal(config.http.origins.word[1], "http://a:81");
    assert_string_equal(config.inputs[0].group, "239.1.2.3");
    assert_string_equal(config.inputs[0].interface, "eth0");
    assert_string_equal(config.inputs[0].host, "");
    assert_int_equal(config.inputs[0].port, 8600);
    assert_int_equal(config.inputs[0].format, AP_FORMAT_ASTERIX);
    assert_string_equal(config.inputs[1].path, "/dev/ttyUSB0");
    assert_int_equal(config.inputs[1].baud, 3000000);
    assert_string_equal(config.inputs[2].path, "/etc/airpicture/growing.sbs");
    assert_true(config.inputs[2].from_begin);
    assert_int_equal(config.inputs[2].format, AP_FORMAT_AUTO);
    assert_int_equal(config.output_count, 1);
    assert_int_equal(config.outputs[0].port, 8600);
    assert_int_equal(config.outputs[0].sic, 7);
    assert_true(config.outputs[0].period_s == 2.5);
    assert_true(config.http.is_on);
    assert_string_equal(config.http.address, "0.0.0.0");
    assert_int_equal(config.http.stream_ms, 250);
    assert_string_equal(config.state.folder, "/etc/airpicture/kept");
    assert_true(config.state.records);
    assert_int_equal(config.state.keep_mb, 5);
    assert_true(config.stream_cap >= 3);
    ap_run_config_close(&config);
    ap_run_config_close(&config);
}

static void test_run_config_absent(void **state)
{
    (void)state;
    ap_run_config config;
    told to;
    assert_int_equal(parse(&config, "", "inputs: [{name: a, kind: stdin}]\n", &to), AP_OK);
    assert_string_equal(config.sensors, "");
    assert_string_equal(config.http.address, "127.0.0.1"); /* never others unasked */
    assert_int_equal(config.http.port, 8080);
    assert_string_equal(config.state.folder, "");
    assert_int_equal(config.output_count, 0);
    ap_run_config_close(&config);
}

#ifdef AP_POSTGRES
static void test_run_config_postgres(void **state)
{
    (void)state;
    ap_run_config config;
    told to;
    assert_int_equal(parse(&config, "/etc/airpicture",
                           "inputs: [{name: a, kind: stdin}]\n"
                           "archive:\n"
                           "  folder: /var/a\n"
                           "  postgres:\n"
                           "    connection: host=db dbname=air\n"
                           "    password_file: secret\n"
                           "    spool: /var/spool\n"
                           "    partition: day\n",
                           &to),
                     AP_OK);
    const ap_run_postgres *postgres = &config.archive.postgres;
    assert_string_equal(postgres->connection, "host=db dbname=air");
    assert_string_equal(postgres->password_file, "/etc/airpicture/secret");
    assert_string_equal(postgres->spool, "/var/spool");
    assert_string_equal(postgres->schema, "airpicture");
    assert_int_equal(postgres->partition, AP_RUN_DAY);
    assert_int_equal(postgres->spool_mb, 4096);
    assert_int_equal(postgres->keep_s, 2592000);
    ap_run_config_close(&config);
}
#endif

/* What the service sends must not come in again: it would believe itself. */
static void test_run_config_hears_itself(void **state)
{
    (void)state;
    static const struct {
        const char *input, *output;
        bool is_heard;
    } cases[] = {
        { "kind: udp, port: 9", "kind: cat062, host: 127.0.0.1, port: 9", true },
        { "kind: udp, port: 9, host: \"::\"", "kind: cat021, host: localhost, port: 9", true },
        { "kind: udp, port: 9, host: 192.0.2.1", "kind: cat021, host: 192.0.2.1, port: 9", true },
        { "kind: udp, port: 9, group: 239.1.2.3", "kind: cat062, host: 239.1.2.3, port: 9", true },
        { "kind: tcp, host: localhost, port: 9", "kind: sbs, port: 9", true },
        { "kind: tcp, host: 127.0.0.1, port: 9", "kind: beast, port: 9, host: 0.0.0.0", true },
        { "kind: udp, port: 9", "kind: cat062, host: 127.0.0.1, port: 10", false },
        { "kind: udp, port: 9", "kind: cat062, host: 192.0.2.1, port: 9", false },
        { "kind: udp, port: 9, group: 239.1.2.3, interface: eth0",
          "kind: cat062, host: 239.1.2.3, port: 9, interface: eth1", false },
        { "kind: tcp, host: 192.0.2.1, port: 9", "kind: beast, port: 9", false },
        { "kind: udp, port: 9", "kind: beast, port: 9", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        ap_run_config config;
        told to;
        snprintf(text, sizeof text, "inputs: [{name: a, %s}]\noutputs: [{%s}]\n", cases[i].input,
                 cases[i].output);
        ap_err err = parse(&config, "", text, &to);
        if (err != (cases[i].is_heard ? AP_ERR_CONFIG : AP_OK))
            fail_msg("%s: %s", text, to.text);
        if (cases[i].is_heard)
            assert_non_null(strstr(to.text, "goes to the input 'a', which would hear its own"));
        ap_run_config_close(&config);
    }
}

/* Whole or not at all; each error at its place. */
static void test_run_config_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "inputs: []\n", "1:1 nothing is received; expected the key 'inputs' with a list" },
        { "{}\n", "nothing is received" },
        { "- a\n", "a configuration is a list; expected a group of keys" },
        { "inputs: [{name: a, kind: udp}]\n", "1:10 udp input without port; expected the key" },
        { "inputs: [{name: a, kind: serial}]\n", "serial input without path" },
        { "inputs: [{kind: stdin}]\n", "an input without name; expected the key 'name'" },
        { "inputs: [{name: a, kind: udp, port: 1, host: h, group: g}]\n",
          "1:46 host beside group; expected one of the two" },
        { "inputs: [{name: a, kind: udp, port: 1, interface: e}]\n",
          "1:51 interface without group; expected a multicast group" },
        { "inputs: [{name: a, kind: stdin, path: x}]\n", "path has no meaning for a stdin input" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {port: 0}\n", "2:14 port '0' is out of range" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {key: k.pem}\n",
          "2:7 certificate and key belong together; expected both, or none" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {read_needs_token: true}\n",
          "2:26 read_needs_token without tokens" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {tiles: 'https://a.b', tiles_attribution: c}\n",
          "2:15 tiles are at no address" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {tiles: 'https://a.b/{z}/{x}/{y}'}\n",
          "2:15 tiles without tiles_attribution" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {address: 0.0.0.0, local_operates: true}\n",
          "2:42 local_operates where others reach it" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {names: ['a.b:80']}\n",
          "2:16 'a.b:80' cannot be used; expected a name without a port" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {names: []}\n", "2:15 names is empty" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {origins: [map.example]}\n",
          "2:18 'map.example' cannot be used; expected an origin" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: {origins: ['https://map.example/']}\n",
          "'https://map.example/' cannot be used" },
        { "inputs: [{name: a, kind: stdin}]\nhttp: 8080\n", "2:7 http is a single value" },
        { "inputs: [{name: a, kind: stdin}]\nstate: {checkpoint_s: 1}\n",
          "state without folder; expected the key 'folder'" },
        { "inputs: [{name: a, kind: stdin}]\noutputs: [{port: 5}]\n", "an output without kind" },
        { "inputs: [{name: a, kind: stdin}]\ntrack_cap: .nan\n", "2:12 track_cap '.nan' cannot" },
        { "inputs: [{name: a, kind: stdin, format: astrix}]\n", "'asterix', perhaps" },
        { "inputs: [{name: a, kind: stdin}]\narchive: {postgres: {spool: s}}\n",
          "2:21 postgres without connection; expected the key 'connection'" },
        { "inputs: [{name: a, kind: stdin}]\narchive: {postgres: {connection: h}}\n",
          "2:21 postgres without spool; expected the key 'spool'" },
#ifdef AP_POSTGRES
        { "inputs: [{name: a, kind: stdin}]\n"
          "archive: {folder: f, postgres: {connection: host=db, spool: f}}\n",
          "2:61 spool is the folder of the GeoPackages; expected another" },
        { "inputs: [{name: a, kind: stdin}]\n"
          "archive: {postgres: {connection: host=db password=x, spool: f}}\n",
          "2:34 connection: it holds a password; expected" },
        { "inputs: [{name: a, kind: stdin}]\n"
          "archive: {postgres: {connection: host=db, spool: f, schema: Air}}\n",
          "2:61 schema 'Air'; expected" },
        { "inputs: [{name: a, kind: stdin}]\n"
          "archive: {postgres: {connection: host=db, spool: f, partition: week}}\n",
          "hour, day" },
#else
        { "inputs: [{name: a, kind: stdin}]\n"
          "archive: {postgres: {connection: host=db, spool: f}}\n",
          "2:21 this program was built without PostgreSQL" },
#endif
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_run_config config;
        told to;
        assert_int_equal(parse(&config, "", cases[i].text, &to), AP_ERR_CONFIG);
        if (!strstr(to.text, cases[i].error))
            fail_msg("%s: %s", cases[i].text, to.text);
        assert_int_equal(config.input_count, 0);
        assert_int_equal(config.http.port, 8080);
    }
}

static void test_run_config_load_nothing(void **state)
{
    (void)state;
    ap_run_config config;
    told to = { .count = 0 };
    assert_int_equal(ap_run_config_load(&config, "/nonexistent/a.yaml", tell, &to),
                     AP_ERR_NO_INPUT);
    assert_int_equal(to.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_config_values),       cmocka_unit_test(test_run_config_absent),
#ifdef AP_POSTGRES
        cmocka_unit_test(test_run_config_postgres),
#endif
        cmocka_unit_test(test_run_config_hears_itself), cmocka_unit_test(test_run_config_refused),
        cmocka_unit_test(test_run_config_load_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
