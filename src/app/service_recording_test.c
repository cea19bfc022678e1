#include "app/service_recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/pcap.h"

#define PATH_COUNT 3

static char folder[64];
static char paths[PATH_COUNT][96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/airpicture-service-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    for (int i = 0; i < PATH_COUNT; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%d.pcap", folder, i);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    for (int i = 0; i < PATH_COUNT; i++)
        (void)unlink(paths[i]);
    return rmdir(folder);
}

/* A file as the recorder makes it: descriptions, then something received. */
static void write_file(const char *path, const char *const *abouts, uint16_t about_count)
{
    static uint8_t octets[8192];
    ap_writer writer = ap_writer_of(octets, sizeof octets);
    ap_pcap_head(&writer);
    for (uint16_t i = 0; i < about_count; i++) {
        const ap_chunk about = { .kind = AP_CHUNK_ABOUT,
                                 .input = i,
                                 .receive_utc = 1,
                                 .data = (const uint8_t *)abouts[i],
                                 .size = strlen(abouts[i]) };
        assert_int_equal(ap_recording_put(&writer, &about), AP_OK);
    }
    const ap_chunk data = { .kind = AP_CHUNK_DATA, .receive_utc = 2, .data = octets, .size = 5 };
    assert_int_equal(ap_recording_put(&writer, &data), AP_OK);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(octets, 1, writer.size, file), writer.size);
    assert_int_equal(fclose(file), 0);
}

static ap_err open_files(ap_service_recording *recording, size_t count)
{
    static const char *list[PATH_COUNT] = { paths[0], paths[1], paths[2] };
    bool is_one;
    ap_err err = ap_service_recording_open(recording, list, count, &is_one);
    assert_true(is_one);
    return err;
}

#define CAPS "\"track_cap\":40,\"aircraft_cap\":80,\"receiver_cap\":0,\"connection_cap\":3}"

static void test_service_recording_open_caps(void **state)
{
    (void)state;
    ap_service_recording recording;
    static const struct {
        const char *about;
        bool is_told;
    } rows[] = {
        { "{\"input\":\"a\",\"format\":\"beast\"," CAPS, true },
        { "{\"input\":\"a\",\"format\":\"beast\"}", false }, /* of an older version */
        { "{\"input\":\"a\",\"format\":\"beast\",\"track_cap\":15,\"aircraft_cap\":80,"
          "\"receiver_cap\":0,\"connection_cap\":3}",
          false },
        { "{\"input\":\"a\",\"format\":\"beast\",\"track_cap\":\"40\",\"aircraft_cap\":80,"
          "\"receiver_cap\":0,\"connection_cap\":3}",
          false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_file(paths[0], &rows[i].about, 1);
        assert_int_equal(open_files(&recording, 1), AP_OK);
        assert_int_equal(recording.source_count, 1);
        assert_int_equal(recording.caps.is_told, rows[i].is_told);
        ap_service_recording_close(&recording);
    }
    write_file(paths[0], &rows[0].about, 1);
    assert_int_equal(open_files(&recording, 1), AP_OK);
    assert_int_equal(recording.caps.track_cap, 40);
    assert_int_equal(recording.caps.aircraft_cap, 80);
    assert_int_equal(recording.caps.receiver_cap, 0);
    assert_int_equal(recording.caps.connection_cap, 3);
    ap_service_recording_close(&recording);
}

/* Chunks tell inputs by number: what the numbers mean must not change on the way. */
static void test_service_recording_open_other_inputs(void **state)
{
    (void)state;
    static const char *const both[] = { "{\"input\":\"a\",\"format\":\"beast\"," CAPS,
                                        "{\"input\":\"b\",\"format\":\"sbs\"," CAPS };
    static const char *const others[][2] = {
        { "{\"input\":\"a\",\"format\":\"beast\"," CAPS, "{\"input\":\"c\",\"format\":\"sbs\"}" },
        { "{\"input\":\"a\",\"format\":\"avr\"}", "{\"input\":\"b\",\"format\":\"sbs\"}" },
        { "{\"input\":\"b\",\"format\":\"sbs\"}", "{\"input\":\"a\",\"format\":\"beast\"}" },
    };
    ap_service_recording recording;
    write_file(paths[0], both, 2);
    write_file(paths[1], both, 2);
    write_file(paths[2], both, 2);
    assert_int_equal(open_files(&recording, 3), AP_OK);
    ap_service_recording_close(&recording);
    for (size_t i = 0; i < 3; i++) {
        write_file(paths[2], others[i], 2);
        assert_int_equal(open_files(&recording, 3), AP_ERR_MALFORMED);
        assert_non_null(strstr(recording.message, "2.pcap' is of other inputs"));
        ap_service_recording_close(&recording);
    }
    write_file(paths[1], both, 1); /* one is missing */
    assert_int_equal(open_files(&recording, 2), AP_ERR_MALFORMED);
    ap_service_recording_close(&recording);
    write_file(paths[0], both, 1);
    write_file(paths[1], both, 2); /* one is new */
    assert_int_equal(open_files(&recording, 2), AP_ERR_MALFORMED);
    ap_service_recording_close(&recording);
}

/* As many connections at once as the service took. */
static void test_service_recording_start_connections(void **state)
{
    (void)state;
    static const struct {
        const char *about;
        unsigned stream_cap;
    } rows[] = { { "{\"input\":\"a\",\"format\":\"beast\"," CAPS, 3 },
                 { "{\"input\":\"a\",\"format\":\"beast\"}", 1025 } };
    for (size_t i = 0; i < 2; i++) {
        ap_service_recording recording;
        ap_engine engine;
        ap_engine_config config = ap_engine_config_default();
        config.source_cap = 1;
        config.track_cap = config.aircraft_cap = 64;
        assert_int_equal(ap_engine_init(&engine, &config), 0);
        assert_int_equal(ap_engine_open(&engine), 0);
        write_file(paths[0], &rows[i].about, 1);
        assert_int_equal(open_files(&recording, 1), AP_OK);
        assert_int_equal(ap_service_recording_start(&recording, &engine, NULL, NULL), AP_OK);
        assert_int_equal(recording.live.config.stream_cap, rows[i].stream_cap);
        ap_service_recording_close(&recording);
        ap_engine_close(&engine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_service_recording_open_caps, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_service_recording_open_other_inputs, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_service_recording_start_connections, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
