#include "app/convert_feed.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/source.h"
#include "wire/feed/test_row.h"
#include "wire/feed/aircraft_json.h"
#include "wire/modes/beast.h"

static const ap_command command = { .name = "convert" };
static ap_asterix_editions editions;
static char folder[] = "/tmp/airpicture-convert-XXXXXX";

static const char *path_of(const char *name)
{
    static char paths[4][256];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int convert(const char *in, const char *out, ap_convert_to to)
{
    ap_convert_feed config = {
        .command = &command, .in_path = in, .out_path = out, .to = to, .editions = &editions
    };
    return ap_convert_feed_run(&config);
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_same_files(const char *a, const char *b)
{
    size_t a_size, b_size;
    char *x = read_file(a, &a_size), *y = read_file(b, &b_size);
    assert_int_equal(a_size, b_size);
    assert_memory_equal(x, y, a_size);
    free(x);
    free(y);
}

static const char *data_path(const char *name)
{
    static char path[512];
    const char *root = getenv("AIRPICTURE_DATA");
    snprintf(path, sizeof path, "%s/modes/%s", root ? root : "../shared/data", name);
    if (access(path, R_OK) == 0)
        return path;
    print_message("skipped: %s is not there\n", path);
    return NULL;
}

/* The recording through both text formats: the same bytes, so the same frames, ticks and levels. */
static void test_beast_round_trip(void **state)
{
    (void)state;
    const char *in = data_path("jet1090_tutorial.beast.gz");
    if (!in)
        return;
    assert_int_equal(convert(in, path_of("a.beast"), AP_CONVERT_BEAST), AP_EXIT_OK);
    assert_int_equal(convert(path_of("a.beast"), path_of("a.jsonl"), AP_CONVERT_JSONL), AP_EXIT_OK);
    assert_int_equal(convert(path_of("a.jsonl"), path_of("b.beast"), AP_CONVERT_BEAST), AP_EXIT_OK);
    assert_same_files(path_of("a.beast"), path_of("b.beast"));
    assert_int_equal(convert(path_of("a.beast"), path_of("a.avr"), AP_CONVERT_AVR), AP_EXIT_OK);
    assert_int_equal(convert(path_of("a.avr"), path_of("c.beast"), AP_CONVERT_BEAST), AP_EXIT_OK);
    assert_same_files(path_of("a.beast"), path_of("c.beast"));
    assert_int_equal(convert(path_of("b.beast"), path_of("b.jsonl"), AP_CONVERT_JSONL), AP_EXIT_OK);
    assert_same_files(path_of("a.jsonl"), path_of("b.jsonl"));
}

/* Times and receivers of readsb's extensions survive, and frames that a network made up. */
static void test_extended_beast(void **state)
{
    (void)state;
    write_file(path_of("e.jsonl"),
               "{\"timestamp\": 1717664319.147, \"frame\": \"5d4d20237a55a6\", \"metadata\": "
               "[{\"serial\": 77}]}\n"
               "{\"frame\": \"5d4d20237a55a6\", \"synthetic\": true}\n");
    ap_convert_feed config = { .command = &command,
                               .in_path = path_of("e.jsonl"),
                               .out_path = path_of("e.beast"),
                               .to = AP_CONVERT_BEAST,
                               .extended = true,
                               .editions = &editions };
    assert_int_equal(ap_convert_feed_run(&config), AP_EXIT_OK);
    assert_int_equal(convert(path_of("e.beast"), path_of("f.jsonl"), AP_CONVERT_JSONL), AP_EXIT_OK);
    size_t size;
    char *text = read_file(path_of("f.jsonl"), &size);
    assert_non_null(strstr(text, "\"timestamp\": 1717664319.147, "));
    assert_non_null(strstr(text, "\"serial\": 77"));
    assert_non_null(strstr(text, "\"synthetic\": true"));
    free(text);
}

/* Every bit of a receiver's id survives lines: half of the UUIDs begin with a set one. */
static void test_receiver_of_64_bits(void **state)
{
    (void)state;
    uint8_t bytes[200];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    static const uint8_t frame[7] = { 0x5D, 0x4D, 0x20, 0x23, 0x7A, 0x55, 0xA6 };
    static const uint64_t ids[] = { UINT64_C(0xF123456789ABCDEF), UINT64_MAX, 0, INT64_MAX };
    for (size_t k = 0; k < sizeof ids / sizeof ids[0]; k++) {
        ap_beast_write_receiver(&writer, ids[k]);
        (void)ap_beast_write(&writer, frame, sizeof frame, 1000 + k, 10);
    }
    FILE *file = fopen(path_of("i.beast"), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, writer.size, file), writer.size);
    fclose(file);
    assert_int_equal(convert(path_of("i.beast"), path_of("i.jsonl"), AP_CONVERT_JSONL), AP_EXIT_OK);
    size_t size;
    char *text = read_file(path_of("i.jsonl"), &size);
    assert_non_null(strstr(text, "\"serial\": 17375808098319191535}"));
    free(text);
    ap_convert_feed config = { .command = &command,
                               .in_path = path_of("i.jsonl"),
                               .out_path = path_of("i.out"),
                               .to = AP_CONVERT_BEAST,
                               .extended = true,
                               .editions = &editions };
    assert_int_equal(ap_convert_feed_run(&config), AP_EXIT_OK);
    text = read_file(path_of("i.out"), &size);
    for (size_t k = 0; k < sizeof ids / sizeof ids[0]; k++) {
        uint8_t wanted[24];
        ap_writer id = ap_writer_of(wanted, sizeof wanted);
        ap_beast_write_receiver(&id, ids[k]);
        assert_non_null(memmem(text, size, wanted, id.size));
    }
    free(text);
}

/* Rows of aircraft.json through every target format and CAT021; positions and identities. */
static void test_targets(void **state)
{
    (void)state;
    enum { COUNT = 20 };
    static char text[COUNT * AP_AIRCRAFT_JSON_SIZE_MAX];
    ap_writer writer = ap_writer_of((uint8_t *)text, sizeof text - 1);
    ap_utc_ns now = INT64_C(1717664400) * AP_NS_PER_S;
    ap_aircraft_json_head(&writer, now, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        ap_aircraft_row row = test_row_any(i + 1);
        row.time_utc = row.position_utc = now;
        ap_aircraft_json_write(&writer, &row, now);
        ap_write_bytes(&writer, i + 1 < COUNT ? "," : "", i + 1 < COUNT);
    }
    ap_aircraft_json_tail(&writer);
    text[writer.size] = '\0';
    write_file(path_of("t.json"), text);
    static const ap_convert_to forms[] = { AP_CONVERT_AIRCRAFT, AP_CONVERT_SBS, AP_CONVERT_GDL90,
                                           AP_CONVERT_CAT021 };
    for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
        assert_int_equal(convert(path_of("t.json"), path_of("t.out"), forms[k]), AP_EXIT_OK);
        assert_int_equal(convert(path_of("t.out"), path_of("t.again"), AP_CONVERT_AIRCRAFT),
                         AP_EXIT_OK);
        size_t size;
        char *again = read_file(path_of("t.again"), &size);
        for (uint32_t i = 0; i < COUNT; i++) {
            ap_aircraft_row row = test_row_any(i + 1), found;
            char hex[32];
            snprintf(hex, sizeof hex, "{\"hex\": \"%06x\"", row.address);
            char *at = strstr(again, hex);
            assert_non_null(at);
            assert_int_equal(
                ap_aircraft_json_read((uint8_t *)at, strcspn(at, "\n}") + 1, now, &found), AP_OK);
            assert_true(fabs(found.latitude_deg - row.latitude_deg) < 2e-5);
            assert_true(fabs(remainder(found.longitude_deg - row.longitude_deg, 360)) < 2e-5);
            assert_string_equal(found.callsign, row.callsign);
            assert_true(abs(found.altitude_ft - row.altitude_ft) <= 13);
        }
        free(again);
    }
}

/* The real recording becomes a picture: the aircraft on board and what it met. */
static void test_frames_to_targets(void **state)
{
    (void)state;
    const char *in = data_path("jet1090_tutorial_frames.jsonl.gz");
    static const ap_convert_to forms[] = { AP_CONVERT_AIRCRAFT, AP_CONVERT_SBS, AP_CONVERT_GDL90,
                                           AP_CONVERT_CAT021 };
    for (size_t k = 0; in && k < sizeof forms / sizeof forms[0]; k++) {
        assert_int_equal(convert(in, path_of("p.out"), forms[k]), AP_EXIT_OK);
        assert_int_equal(convert(path_of("p.out"), path_of("p.json"), AP_CONVERT_AIRCRAFT),
                         AP_EXIT_OK);
        size_t size;
        char *text = read_file(path_of("p.json"), &size);
        assert_non_null(strstr(text, "\"hex\": \"400f99\""));
        assert_non_null(strstr(text, "\"lat\": 51.4"));
        free(text);
    }
}

/* Who was on the ground and is placed again without that word has left it. */
static void test_ground_is_left(void **state)
{
    (void)state;
    write_file(path_of("g.sbs"),
               "MSG,2,1,1,4CA216,1,2024/06/06,08:58:39.000,,,,,12.0,90.0,43.6,1.36,,,,,,-1\r\n"
               "MSG,3,1,1,4CA216,1,2024/06/06,08:59:39.000,,,,1125,,,43.62,1.38,,,,,,\r\n");
    size_t size;
    assert_int_equal(convert(path_of("g.sbs"), path_of("g.json"), AP_CONVERT_AIRCRAFT), AP_EXIT_OK);
    char *text = read_file(path_of("g.json"), &size);
    assert_non_null(strstr(text, "\"alt_baro\": 1125"));
    free(text);
    assert_int_equal(convert(path_of("g.sbs"), path_of("g.ast"), AP_CONVERT_CAT021), AP_EXIT_OK);
    assert_int_equal(convert(path_of("g.ast"), path_of("g.json"), AP_CONVERT_AIRCRAFT), AP_EXIT_OK);
    text = read_file(path_of("g.json"), &size);
    assert_non_null(strstr(text, "\"alt_baro\": 1125"));
    free(text);
}

/* The aircraft of the recording's first half is in the air, though it began on the ground. */
static void test_take_off(void **state)
{
    (void)state;
    const char *in = data_path("jet1090_tutorial_frames.jsonl.gz");
    if (!in)
        return;
    char line[600];
    snprintf(line, sizeof line, "gzip -dcf '%s' | head -30000 > '%s'", in, path_of("h.jsonl"));
    assert_int_equal(system(line), 0);
    assert_int_equal(convert(path_of("h.jsonl"), path_of("h.json"), AP_CONVERT_AIRCRAFT),
                     AP_EXIT_OK);
    size_t size;
    char *text = read_file(path_of("h.json"), &size), *at = strstr(text, "{\"hex\": \"400f99\"");
    assert_non_null(at);
    at[strcspn(at, "\n")] = '\0';
    assert_non_null(strstr(at, "\"alt_baro\": 3"));
    free(text);
}

static void test_no_frames_in_targets(void **state)
{
    (void)state;
    write_file(path_of("n.sbs"), "MSG,3,1,1,4CA216,1,,,,,,,,,1.5,2.5,,,,,,\r\n");
    assert_int_equal(convert(path_of("n.sbs"), path_of("n.beast"), AP_CONVERT_BEAST),
                     AP_EXIT_USAGE);
    assert_int_not_equal(access(path_of("n.beast"), F_OK), 0);
    assert_int_equal(convert(path_of("none"), path_of("n.beast"), AP_CONVERT_BEAST),
                     AP_EXIT_NO_INPUT);
    assert_int_equal(convert(path_of("n.sbs"), path_of("no/such/folder"), AP_CONVERT_SBS),
                     AP_EXIT_NO_OUTPUT);
}

static void test_keys(void **state)
{
    (void)state;
    for (int i = 0; i < AP_CONVERT_TO_COUNT; i++)
        assert_int_equal(ap_convert_to_of_key(ap_convert_to_key((ap_convert_to)i)), i);
    assert_int_equal(ap_convert_to_of_key("unlisted"), AP_CONVERT_TO_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beast_round_trip),
        cmocka_unit_test(test_extended_beast),
        cmocka_unit_test(test_receiver_of_64_bits),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_frames_to_targets),
        cmocka_unit_test(test_ground_is_left),
        cmocka_unit_test(test_take_off),
        cmocka_unit_test(test_no_frames_in_targets),
        cmocka_unit_test(test_keys),
    };
    ap_asterix_editions_default(&editions);
    if (!mkdtemp(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char remove[300];
    snprintf(remove, sizeof remove, "rm -r '%s'", folder);
    return system(remove) != 0 || failed;
}
