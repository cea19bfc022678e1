#include "app/live_engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/checkpoint.h"

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)

#define STEP_NS (AP_NS_PER_S / 4) /* between chunks */

/* Where one aircraft is at a time: a line of SBS, which goes north at 200 m/s. */
static size_t line_at(ap_utc_ns now, char text[128])
{
    double latitude_deg = 52.0 + ap_seconds_between(START_UTC, now) * 200.0 / 111300.0;
    return (size_t)snprintf(text, 128, "MSG,3,,,40621D,,,,,,,35000,,,%.6f,3.9,,,0,0,0,0\r\n",
                            latitude_deg);
}

typedef struct fixture {
    ap_region region; /* of those that are checkpointed */
    ap_engine *engine;
    ap_live_engine *live;
    ap_engine own_engine;
    ap_live_engine own_live;
    char log[16384]; /* what the sinks were told */
    size_t log_size;
    ap_utc_ns now;
} fixture;

static void on_track(void *context, const ap_track_event *event, const ap_track *track)
{
    fixture *f = context;
    int n =
        snprintf(f->log + f->log_size, sizeof f->log - f->log_size, "%d %u %06X %lld %a %a %a\n",
                 (int)event->kind, track->id, track->address, (long long)event->time_utc,
                 track->position.latitude_rad, track->position.longitude_rad, track->P_enu[0][0]);
    f->log_size += (size_t)n;
    assert_true(f->log_size < sizeof f->log);
}

static void start(fixture *f, bool in_region)
{
    static const ap_live_source sources[] = { { .name = "feed", .format = AP_FORMAT_SBS },
                                              { .name = "radar", .format = AP_FORMAT_ASTERIX } };
    ap_engine_config config = ap_engine_config_default();
    config.source_cap = 2;
    config.track_cap = 64;
    config.aircraft_cap = 64;
    config.sinks = (ap_engine_sinks){ .context = f, .on_track = on_track };
    f->engine = &f->own_engine;
    f->live = &f->own_live;
    if (in_region) {
        assert_int_equal(ap_region_open(&f->region, (size_t)1 << 30), AP_OK);
        f->engine = ap_region_take(&f->region, sizeof *f->engine);
        f->live = ap_region_take(&f->region, sizeof *f->live);
        config.region = &f->region;
    }
    const ap_live_engine_config live = {
        .engine = f->engine, .sources = sources, .source_count = 2, .stream_cap = 3
    };
    assert_int_equal(ap_engine_init(f->engine, &config), 0);
    assert_int_equal(ap_engine_open(f->engine), 0);
    assert_int_equal(ap_live_engine_init(f->live, &live), 0);
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    return f ? 0 : -1;
}

static int teardown(void **state)
{
    fixture *f = *state;
    if (f->engine) {
        ap_live_engine_close(f->live);
        ap_engine_close(f->engine);
    }
    ap_region_close(&f->region);
    free(f);
    return 0;
}

/* A chunk as it comes out of a recording; receive times increase. */
static void give(fixture *f, ap_chunk_kind kind, uint16_t input, uint16_t stream, const void *data,
                 size_t size)
{
    uint8_t record[4096];
    size_t used;
    ap_writer writer = ap_writer_of(record, sizeof record);
    f->now = (f->now ? f->now : START_UTC) + STEP_NS;
    ap_chunk chunk = { .kind = kind,
                       .input = input,
                       .stream = stream,
                       .receive_utc = f->now,
                       .data = data,
                       .size = size };
    assert_int_equal(ap_recording_put(&writer, &chunk), AP_OK);
    assert_int_equal(ap_recording_take(record, writer.size, &used, &chunk), AP_OK);
    ap_live_engine_chunk(f->live, &chunk);
}

/* Octets [from, to) of the line that a whole one would be now; to 0: up to its end. */
static void give_part(fixture *f, uint16_t stream, size_t from, size_t to)
{
    char text[128];
    size_t size = line_at((f->now ? f->now : START_UTC) / STEP_NS / 4 * STEP_NS * 4, text);
    give(f, AP_CHUNK_DATA, 0, stream, text + from, (to > 0 ? to : size) - from);
}

static void give_line(fixture *f, uint16_t stream)
{
    give_part(f, stream, 0, 0);
}

/* A receiver that names no input is heard on that of its name; others keep theirs. */
static void test_bind_by_name(void **state)
{
    (void)state;
    static const ap_live_source sources[] = { { .name = "roof" }, { .name = "hill" } };
    ap_sensor sensor[] = {
        { .name = "hill", .kind = AP_SENSOR_ADSB, .input = AP_INPUT_NONE },
        { .name = "roof", .kind = AP_SENSOR_MODE_S, .has_sac_sic = true, .input = AP_INPUT_NONE },
        { .name = "roof", .kind = AP_SENSOR_ADSB, .input = 1 },
        { .name = "cellar", .kind = AP_SENSOR_ADSB, .input = AP_INPUT_NONE },
    };
    ap_sensor_table table = { .sensor = sensor, .count = 4, .cap = 4 };
    ap_live_engine_bind(&table, sources, 2);
    assert_int_equal(sensor[0].input, 1);
    assert_int_equal(sensor[1].input, AP_INPUT_NONE);
    assert_int_equal(sensor[2].input, 1);
    assert_int_equal(sensor[3].input, AP_INPUT_NONE);
}

static void test_chunk_of_stream_cut_anywhere(void **state)
{
    fixture *f = *state;
    start(f, false);
    give(f, AP_CHUNK_BEGIN, 0, 0, NULL, 0);
    f->now = START_UTC;
    for (int i = 0; i < 8; i++) { /* three chunks and a tick a second: one line each */
        give_part(f, 0, 0, 10);
        give_part(f, 0, 10, 40);
        give_part(f, 0, 40, 0);
        give(f, AP_CHUNK_TICK, 0, 0, NULL, 0);
    }
    ap_live_engine_settle(f->live);
    ap_live_source_stats stats = ap_live_engine_stats(f->live, 0);
    char text[128];
    assert_int_equal(stats.chunk_count, 25);
    assert_int_equal(stats.frame_count, 8);
    assert_int_equal(stats.byte_count, 8 * line_at(START_UTC, text));
    assert_int_equal(stats.connection_count, 1);
    assert_int_equal(stats.format, AP_FORMAT_SBS);
    assert_true(stats.last_utc == f->now - STEP_NS);
    assert_int_equal(stats.refused.count[AP_REFUSED_TRUNCATED], 0);
    assert_non_null(strstr(f->log, "40621D"));
}

/* A connection that is lost inside a frame does not spoil the next one, nor the one beside it. */
static void test_chunk_begin_forgets_the_rest(void **state)
{
    fixture *f = *state;
    start(f, false);
    give(f, AP_CHUNK_BEGIN, 0, 0, NULL, 0);
    give(f, AP_CHUNK_BEGIN, 0, 7, NULL, 0);
    give_part(f, 0, 0, 10);
    give_line(f, 7);
    give(f, AP_CHUNK_END, 0, 0, NULL, 0);
    give(f, AP_CHUNK_BEGIN, 0, 0, NULL, 0);
    give_line(f, 0);
    ap_live_source_stats stats = ap_live_engine_stats(f->live, 0);
    assert_int_equal(stats.frame_count, 2);
    assert_int_equal(stats.connection_count, 3);
    assert_int_equal(ap_refusals_total(&stats.refused), 1);
}

static void test_chunk_beyond_the_table(void **state)
{
    fixture *f = *state;
    start(f, false);
    for (uint16_t i = 0; i < 4; i++)
        give(f, AP_CHUNK_BEGIN, 0, i, NULL, 0);
    give_line(f, 3); /* no place for it: as if it had begun just now */
    give(f, AP_CHUNK_DATA, 2, 0, "MSG", 3);
    ap_live_source_stats stats = ap_live_engine_stats(f->live, 0);
    assert_int_equal(stats.connection_count, 2);
    assert_int_equal(stats.connection_refused_count, 3);
    assert_int_equal(stats.frame_count, 0);
    assert_int_equal(f->live->unlisted_count, 1);
    uint16_t input, stream;
    assert_true(ap_live_engine_find(f->live, 1, &input, &stream));
    assert_int_equal(stream, 1);
    give(f, AP_CHUNK_END, 0, 1, NULL, 0);
    assert_false(ap_live_engine_find(f->live, 1, &input, &stream));
}

/* Connections without end on one input: the other has its place whenever it comes. */
static void test_chunk_place_for_each_input(void **state)
{
    fixture *f = *state;
    static const uint8_t marker[] = { 34, 0, 10, 0xE0, 25, 201, 1, 0x54, 0x60, 0x00 };
    start(f, false);
    for (uint16_t i = 0; i < 16; i++)
        give(f, AP_CHUNK_BEGIN, 0, i, NULL, 0);
    give(f, AP_CHUNK_DATAGRAM, 1, 0, marker, sizeof marker);
    ap_live_source_stats stats = ap_live_engine_stats(f->live, 1);
    assert_int_equal(stats.connection_refused_count, 0);
    assert_int_equal(stats.connection_count, 1);
    give(f, AP_CHUNK_END, 0, 0, NULL, 0);
    give(f, AP_CHUNK_BEGIN, 0, 16, NULL, 0);
    assert_int_equal(ap_live_engine_stats(f->live, 0).connection_count, 3);
}

/* Datagrams are whole: what one lacks is not taken from the next. */
static void test_chunk_datagrams(void **state)
{
    fixture *f = *state;
    static const uint8_t marker[] = { 34, 0, 10, 0xE0, 25, 201, 1, 0x54, 0x60, 0x00 };
    start(f, false);
    give(f, AP_CHUNK_DATAGRAM, 1, 0, marker, sizeof marker);
    give(f, AP_CHUNK_DATAGRAM, 1, 0, marker, sizeof marker - 3);
    give(f, AP_CHUNK_DATAGRAM, 1, 0, marker, sizeof marker);
    give(f, AP_CHUNK_DATAGRAM, 1, 0, NULL, 0);
    ap_live_source_stats stats = ap_live_engine_stats(f->live, 1);
    assert_int_equal(stats.chunk_count, 4);
    assert_in_range(stats.frame_count, 2, 3);
    assert_true(ap_refusals_total(&stats.refused) > 0);
}

static void test_chunk_tick_moves_time(void **state)
{
    fixture *f = *state;
    start(f, false);
    for (int i = 0; i < 32; i++)
        give_line(f, 0);
    f->log_size = 0;
    f->log[0] = '\0';
    for (int i = 0; i < 4 * 600 && !strstr(f->log, "4 1 40621D"); i++) /* AP_EVENT_DROPPED */
        give(f, AP_CHUNK_TICK, 0, 0, NULL, 0);
    assert_non_null(strstr(f->log, "4 1 40621D"));
    assert_int_equal(AP_EVENT_DROPPED, 4);
}

static void on_acknowledged(void *context, const ap_alert *alert)
{
    fixture *f = context;
    int n =
        snprintf(f->log + f->log_size, sizeof f->log - f->log_size, "alert %u seen by %s %lld\n",
                 alert->id, alert->acknowledged_by, (long long)alert->acknowledged_utc);
    f->log_size += (size_t)n;
}

static void give_acknowledgement(fixture *f, uint32_t alert_id, const char *by)
{
    uint8_t octets[AP_ACKNOWLEDGEMENT_SIZE_MAX];
    ap_writer writer = ap_writer_of(octets, sizeof octets);
    ap_acknowledgement said = { .alert_id = alert_id };
    strcpy(said.by, by);
    assert_int_equal(ap_acknowledgement_put(&writer, &said), AP_OK);
    give(f, AP_CHUNK_ACKNOWLEDGE, 0, 0, octets, writer.size);
}

/* It is an input like any other: first in the ring, first in the picture; and it outlasts the end
 * of the alert. */
static void test_chunk_acknowledge(void **state)
{
    fixture *f = *state;
    start(f, false);
    f->engine->config.sinks.on_acknowledged = on_acknowledged;
    for (int i = 0; i < 16; i++) {
        char text[128];
        size_t size = (size_t)snprintf(text, sizeof text,
                                       "MSG,3,,,40621D,,,,,,,35000,,,%.6f,3.9,,7700,0,0,0,0\r\n",
                                       52.0 + 50.0 * i / 111300.0);
        give(f, AP_CHUNK_DATA, 0, 0, text, size);
    }
    f->log_size = 0;
    give_acknowledgement(f, 1, "ann");
    ap_utc_ns then = f->now;
    give_acknowledgement(f, 1, "bob");
    give_acknowledgement(f, 2, "bob");
    give(f, AP_CHUNK_ACKNOWLEDGE, 0, 0, "x", 1);
    assert_int_equal(f->live->unlisted_count, 2);
    for (int i = 0; i < 4 * 600; i++)
        give(f, AP_CHUNK_TICK, 0, 0, NULL, 0);
    const ap_alert *alert = ap_picture_find_alert(&f->engine->picture, 1);
    assert_non_null(alert);
    assert_true(alert->until_utc > then); /* its track has ended */
    assert_string_equal(alert->acknowledged_by, "ann");
    assert_true(alert->acknowledged_utc == then);
    const char *told = strstr(f->log, "alert 1 seen by ann");
    assert_non_null(told);
    assert_null(strstr(told + 1, "alert 1"));
}

static void give_some(fixture *f, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (i % 4 == 3)
            give(f, AP_CHUNK_TICK, 0, 0, NULL, 0);
        else
            give_part(f, 0, i % 4 * 12, i % 4 == 2 ? 0 : (i % 4 + 1) * 12);
        if (i % 5 == 0)
            ap_live_engine_settle(f->live);
    }
    ap_live_engine_settle(f->live);
}

/* Stopped at any chunk and read back, it goes on as if nothing had been: to the bit. */
static void test_rebind_goes_on(void **state)
{
    fixture *f = *state;
    char path[] = "/tmp/airpicture-live-XXXXXX", message[AP_IO_MESSAGE_SIZE];
    close(mkstemp(path));
    start(f, true);
    f->now = START_UTC;
    give_some(f, 0, 41);
    fixture whole = *f;
    ap_checkpoint checkpoint = { 0 };
    assert_int_equal(ap_checkpoint_begin(&checkpoint, path, &f->region, 1, f->now, message), AP_OK);
    ap_checkpoint_close(&checkpoint);
    f->log_size = 0;
    give_some(f, 41, 120);
    memcpy(whole.log, f->log, sizeof whole.log);
    whole.log_size = f->log_size;
    ap_live_engine_close(f->live);
    ap_engine_close(f->engine);
    ap_region_close(&f->region);

    *f = (fixture){ .now = 0 };
    start(f, true);
    const ap_engine fresh = *f->engine;
    const ap_live_engine fresh_live = *f->live;
    ptrdiff_t moved;
    assert_int_equal(ap_checkpoint_load(path, &f->region, 1, &f->now, &moved, message), AP_OK);
    ap_engine_rebind(f->engine, &fresh, moved);
    ap_live_engine_rebind(f->live, &fresh_live);
    give_some(f, 41, 120);
    assert_true(whole.log_size > 1000);
    assert_string_equal(f->log, whole.log);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bind_by_name),
        cmocka_unit_test_setup_teardown(test_chunk_of_stream_cut_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunk_begin_forgets_the_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunk_beyond_the_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunk_place_for_each_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunk_datagrams, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunk_tick_moves_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunk_acknowledge, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rebind_goes_on, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
