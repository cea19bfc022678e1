#include "app/run_output_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/run_config.h"

#define RAD(deg) ((deg)*AP_RAD_PER_DEG)

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

/* A configuration of these outputs, one a line from the second line on, `more` behind them. */
static ap_err parse(ap_run_config *config, const char *outputs, const char *more, told *to)
{
    char text[4096];
    int size = snprintf(text, sizeof text,
                        "outputs:\n%s\ninputs: [{name: a, kind: stdin},"
                        " {name: b, kind: tcp-listen, port: 700}]\n%s",
                        outputs, more);
    assert_true(size > 0 && (size_t)size < sizeof text);
    *to = (told){ .count = 0 };
    return ap_run_config_parse(config, "", text, (size_t)size, tell, to);
}

static void parse_good(ap_run_config *config, const char *outputs)
{
    told to;
    if (parse(config, outputs, "", &to))
        fail_msg("%s: %s", outputs, to.text);
    assert_int_equal(to.count, 0);
}

/* What a kind is without further keys. */
static void test_read_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *host;
        int kind, transport;
        uint16_t port;
    } cases[] = {
        { "- {kind: cat062, host: h}", "cat062", "h", AP_RUN_OUTPUT_CAT062, AP_RUN_UDP, 8600 },
        { "- {kind: cat021, host: h}", "cat021", "h", AP_RUN_OUTPUT_CAT021, AP_RUN_UDP, 8601 },
        { "- {kind: cat062, transport: tcp}", "cat062", "127.0.0.1", AP_RUN_OUTPUT_CAT062,
          AP_RUN_TCP, 8600 },
        { "- {kind: cat021, transport: tcp}", "cat021", "127.0.0.1", AP_RUN_OUTPUT_CAT021,
          AP_RUN_TCP, 8601 },
        { "- {kind: final}", "final", "127.0.0.1", AP_RUN_OUTPUT_FINAL, AP_RUN_TCP, 8602 },
        { "- {kind: beast}", "beast", "127.0.0.1", AP_RUN_OUTPUT_BEAST, AP_RUN_TCP, 30005 },
        { "- {kind: avr}", "avr", "127.0.0.1", AP_RUN_OUTPUT_AVR, AP_RUN_TCP, 30002 },
        { "- {kind: sbs, name: x, port: 9, host: \"::\"}", "x", "::", AP_RUN_OUTPUT_SBS, AP_RUN_TCP,
          9 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_run_config config;
        parse_good(&config, cases[i].text);
        assert_int_equal(config.output_count, 1);
        const ap_run_output *output = &config.outputs[0];
        assert_string_equal(output->name, cases[i].name);
        assert_string_equal(output->host, cases[i].host);
        assert_int_equal(output->kind, cases[i].kind);
        assert_int_equal(output->transport, cases[i].transport);
        assert_int_equal(output->port, cases[i].port);
        assert_int_equal(output->client_cap, 64);
        assert_int_equal(output->queue_kb, 1024);
        assert_int_equal(output->ttl, 1);
        assert_true(output->period_s == 4.0);
        assert_int_equal(output->update_ms, 250);
        assert_false(output->on_update || output->extended || output->mlat);
        assert_false(output->filter.has_box || output->filter.has_level_min ||
                     output->filter.has_level_max || output->filter.classes ||
                     output->filter.sensor_count);
        ap_run_config_close(&config);
    }
}

static void test_read_values(void **state)
{
    (void)state;
    ap_run_config config;
    parse_good(&config, "- {kind: cat062, host: 239.1.2.3, port: 8610, interface: eth1, ttl: 4,"
                        " sac: 25, sic: 100, service: 7, period_s: 2.5, on_update: true,"
                        " update_ms: 90, south_deg: -20, west_deg: 170, north_deg: 10,"
                        " east_deg: -160, level_min_fl: -5, level_max_fl: 95,"
                        " only: [drone, light], sensors: [north, \"s 2\"]}\n"
                        "- {kind: avr, extended: true, mlat: true, clients: 3, queue_kb: 128}");
    const ap_run_output *output = &config.outputs[0];
    assert_string_equal(output->interface, "eth1");
    assert_int_equal(output->ttl, 4);
    assert_int_equal(output->sac, 25);
    assert_int_equal(output->sic, 100);
    assert_int_equal(output->service, 7);
    assert_true(output->period_s == 2.5);
    assert_true(output->on_update);
    assert_int_equal(output->update_ms, 90);
    ap_sensor_table table = { .count = 0 };
    ap_track_filter filter = ap_run_output_filter(output, &table);
    assert_true(filter.has_box && filter.has_level_min && filter.has_level_max);
    assert_true(filter.south_rad == RAD(-20) && filter.west_rad == RAD(170));
    assert_true(filter.north_rad == RAD(10) && filter.east_rad == RAD(-160));
    assert_true(filter.level_min_m == -5 * (100.0 * AP_M_PER_FT));
    assert_true(filter.level_max_m == 95 * (100.0 * AP_M_PER_FT));
    assert_int_equal(filter.classes, 1u << AP_TRACK_CLASS_DRONE | 1u << AP_TRACK_CLASS_LIGHT);
    assert_int_equal(filter.sensor_count, 2);
    assert_string_equal(filter.sensor_names[0], "north");
    assert_string_equal(filter.sensor_names[1], "s 2");
    assert_ptr_equal(filter.sensors, &table);
    assert_true(config.outputs[1].extended && config.outputs[1].mlat);
    assert_int_equal(config.outputs[1].client_cap, 3);
    assert_int_equal(config.outputs[1].queue_kb, 128);
    ap_run_config_close(&config);
}

#define SIXTEEN "a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p"

/* Each refusal where it is, and what was expected. */
static void test_read_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *outputs, *error;
    } cases[] = {
        { "- {port: 5}", "2:3 an output without kind; expected the key 'kind'" },
        { "- {kind: cat62, host: h}", "2:10 unknown kind 'cat62'; expected 'cat062', perhaps" },
        { "- beast", "2:3 an output is a single value; expected a group of keys" },
        { "- {kind: beast, hots: h}", "2:17 unknown key 'hots'; expected 'host', perhaps" },
        { "- {kind: sbs, transport: udp, host: h}", "2:26 no sbs output over udp; expected tcp" },
        { "- {kind: final, transport: udp, host: h}", "2:28 no final output over udp" },
        { "- {kind: beast, transport: udp, host: h}", "2:28 no beast output over udp" },
        { "- {kind: avr, transport: udp, host: h}", "2:26 no avr output over udp" },
        { "- {kind: cat062}", "2:3 cat062 output over udp without host; expected the key" },
        { "- {kind: cat021}", "2:3 cat021 output over udp without host; expected the key" },
        { "- {kind: avr, host: localhost}",
          "2:21 host 'localhost' is no address of this side; expected one in digits, 0.0.0.0 for "
          "all" },
        { "- {kind: beast, interface: eth0}",
          "2:28 interface has no meaning for a beast output over tcp; expected it to be left out" },
        { "- {kind: cat062, transport: tcp, ttl: 3}",
          "2:39 ttl has no meaning for a cat062 output over tcp" },
        { "- {kind: cat062, host: h, clients: 3}",
          "2:36 clients has no meaning for a cat062 output over udp" },
        { "- {kind: cat021, host: h, queue_kb: 128}",
          "2:37 queue_kb has no meaning for a cat021 output over udp" },
        { "- {kind: cat062, host: 10.0.0.1, interface: eth0}",
          "2:45 interface without a multicast group; expected one as host" },
        { "- {kind: cat062, host: \"fe80::1\", ttl: 2}", "2:40 ttl without a multicast group" },
        { "- {kind: sbs, sac: 3}", "2:20 sac has no meaning for a sbs output; expected it" },
        { "- {kind: final, sic: 3}", "2:22 sic has no meaning for a final output" },
        { "- {kind: cat021, host: h, service: 3}", "2:36 service has no meaning for a cat021" },
        { "- {kind: cat021, host: h, period_s: 3}", "2:37 period_s has no meaning for a cat021" },
        { "- {kind: sbs, on_update: true}", "2:26 on_update has no meaning for a sbs output" },
        { "- {kind: beast, update_ms: 50}", "2:28 update_ms has no meaning for a beast output" },
        { "- {kind: cat062, host: h, update_ms: 50}",
          "2:38 update_ms without on_update; expected on_update: true" },
        { "- {kind: sbs, extended: true}", "2:25 extended has no meaning for a sbs output" },
        { "- {kind: cat021, host: h, mlat: true}", "2:33 mlat has no meaning for a cat021 output" },
        { "- {kind: beast, south_deg: 1}", "2:28 south_deg has no meaning for a beast output" },
        { "- {kind: final, level_max_fl: 1}", "2:31 level_max_fl has no meaning for a final" },
        { "- {kind: cat021, host: h, only: [drone]}", "2:33 only has no meaning for a cat021" },
        { "- {kind: avr, sensors: [x]}", "2:24 sensors has no meaning for a avr output" },
        { "- {kind: sbs, south_deg: 1, north_deg: 2, east_deg: 3}",
          "2:3 an area of 3 sides; expected south_deg, west_deg, north_deg, east_deg" },
        { "- {kind: sbs, south_deg: 3, north_deg: 2, west_deg: 1, east_deg: 3}",
          "2:26 south_deg beyond north_deg; expected it below" },
        { "- {kind: sbs, west_deg: 181, south_deg: 3, north_deg: 4, east_deg: 3}",
          "2:25 west_deg '181' is out of range" },
        { "- {kind: sbs, level_min_fl: 300, level_max_fl: 200}",
          "2:29 level_min_fl above level_max_fl; expected it below" },
        { "- {kind: sbs, level_min_fl: -16}", "2:29 level_min_fl '-16' is out of range" },
        { "- {kind: sbs, only: [aircraft, drones]}",
          "2:32 unknown class 'drones'; expected 'drone', perhaps" },
        { "- {kind: sbs, only: [x]}", "2:22 unknown class 'x'; expected aircraft, ground, vehicle, "
                                      "obstacle, light, drone or falling" },
        { "- {kind: sbs, only: []}", "2:21 only is empty; expected a word or more" },
        { "- {kind: sbs, only: drone}", "2:21 only is a single value" },
        { "- {kind: sbs, only: [[drone]]}", "2:22 a list in only; expected a word" },
        { "- {kind: sbs, sensors: []}", "2:24 sensors is empty; expected a word or more" },
        { "- {kind: sbs, sensors: [{a: b}]}", "2:25 a group of keys in sensors; expected a word" },
        { "- {kind: sbs, sensors: [\"\"]}", "2:25 '' names no sensor; expected 1 to 63 octets" },
        { "- {kind: sbs, sensors: [" SIXTEEN ", q]}",
          "2:73 one sensor too many; expected at most 16" },
        { "- {kind: sbs, queue_kb: 64}", "2:25 queue_kb '64' is out of range" },
        { "- {kind: sbs, clients: 0}", "2:24 clients '0' is out of range" },
        { "- {kind: cat062, host: h, period_s: 0.2}", "2:37 period_s '0.2' is out of range" },
        { "- {kind: sbs}\n- {kind: sbs, port: 9}", "3:3 output 'sbs' again; expected another" },
        { "- {kind: sbs, port: 9}\n- {kind: avr, port: 9}",
          "3:3 TCP port 9 is that of 'sbs'; expected another port or address" },
        { "- {kind: sbs, port: 9, host: 127.0.0.2}\n- {kind: avr, port: 9, host: 0.0.0.0}",
          "3:3 TCP port 9 is that of 'sbs'" },
        { "- {kind: sbs, port: 9, host: \"::\"}\n- {kind: avr, port: 9}",
          "3:3 TCP port 9 is that of 'sbs'" },
        { "- {kind: avr, port: 700}", "2:3 TCP port 700 is that of 'b'" },
        { "- {kind: avr, port: 8080}", "2:3 TCP port 8080 is that of 'http'" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_run_config config;
        told to;
        assert_int_equal(parse(&config, cases[i].outputs, "", &to), AP_ERR_CONFIG);
        if (strncmp(to.text, cases[i].error, strlen(cases[i].error)) != 0 || to.count != 1)
            fail_msg("%s:\n%s", cases[i].outputs, to.text);
        assert_int_equal(config.output_count, 0);
    }
}

/* One port serves two addresses, UDP and TCP; a number that something else gave up is free. */
static void test_read_ports_apart(void **state)
{
    (void)state;
    ap_run_config config;
    told to;
    parse_good(&config, "- {kind: sbs, port: 9}\n- {kind: avr, port: 9, host: 127.0.0.2}\n"
                        "- {kind: cat062, port: 9, host: h}");
    assert_int_equal(config.output_count, 3);
    ap_run_config_close(&config);
    assert_int_equal(parse(&config, "- {kind: avr, port: 8080}", "http: {port: 80}\n", &to), AP_OK);
    ap_run_config_close(&config);
    assert_int_equal(parse(&config, "- {kind: avr, port: 8080}", "http: {enabled: false}\n", &to),
                     AP_OK);
    ap_run_config_close(&config);
}

/* Time passes for outputs as often as one of them is to send, within bounds. */
static void test_tick_ms(void **state)
{
    (void)state;
    static const struct {
        const char *outputs;
        uint32_t ms;
    } cases[] = {
        { "- {kind: sbs}", 1000 },
        { "- {kind: cat062, host: h}", 1000 },
        { "- {kind: cat062, host: h, period_s: 0.33}", 330 },
        { "- {kind: cat062, host: h, on_update: true}", 250 },
        { "- {kind: cat062, host: h, on_update: true, update_ms: 50}", 50 },
        { "- {kind: cat062, host: h, on_update: true, update_ms: 9000}", 1000 },
        { "- {kind: beast}\n- {kind: cat062, host: h, on_update: true, update_ms: 70}\n"
          "- {kind: cat062, name: x, host: h, period_s: 0.5}",
          70 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_run_config config;
        parse_good(&config, cases[i].outputs);
        assert_int_equal(ap_run_tick_ms(&config), cases[i].ms);
        ap_run_config_close(&config);
    }
}

static void test_print(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
    } cases[] = {
        { "- {kind: beast}", "output   beast            beast, at 127.0.0.1 TCP port 30005\n" },
        { "- {kind: sbs, level_max_fl: 95}",
          "output   sbs              sbs, at 127.0.0.1 TCP port 30003, some tracks\n" },
        { "- {kind: cat062, name: x, host: h, sac: 2, period_s: 1.5, on_update: true}",
          "output   x                cat062, to h UDP port 8600, every 1.5 s as 2/1 and on "
          "updates\n" },
        { "- {kind: cat021, host: h, only: [drone]}", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_run_config config;
        told to;
        if (parse(&config, cases[i].text, "", &to) != AP_OK) {
            assert_null(cases[i].line);
            continue;
        }
        char line[256] = "";
        FILE *out = fmemopen(line, sizeof line, "w");
        ap_run_output_print(&config.outputs[0], out);
        fclose(out);
        assert_string_equal(line, cases[i].line);
        ap_run_config_close(&config);
    }
    assert_string_equal(ap_run_output_kind_key(AP_RUN_OUTPUT_AVR), "avr");
    assert_string_equal(ap_run_output_kind_key(AP_RUN_OUTPUT_KIND_COUNT), "unlisted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_kinds),   cmocka_unit_test(test_read_values),
        cmocka_unit_test(test_read_refuses), cmocka_unit_test(test_read_ports_apart),
        cmocka_unit_test(test_tick_ms),      cmocka_unit_test(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
