#include "app/run_outputs.h"

#include "app/live_engine.h"
#include "io/live_check.h"

#define START (INT64_C(1700000000) * AP_NS_PER_S + 123456789)
#define STEP_NS (1370 * AP_NS_PER_MS / 1000) /* more than AP_SENSE_SLICE in a slice of time */
#define AIRCRAFT 5

/* A live engine that hears lines of SBS, and outputs of it. */
typedef struct fixture {
    ap_loop loop;
    ap_command command;
    ap_run_output entry[2];
    ap_run_config config;
    ap_run_ways ways;
    ap_engine engine;
    ap_live_engine live;
    ap_run_outputs outputs;
    int sink; /* of UDP */
    ap_utc_ns now;
    uint64_t hash;
    size_t datagram_count;
} fixture;

static void on_track(void *context, const ap_track_event *event, const ap_track *track)
{
    ap_run_outputs_track(&((fixture *)context)->outputs, event, track);
}

static void on_time(void *context, ap_utc_ns now)
{
    ap_run_outputs_time(&((fixture *)context)->outputs, now);
}

static void open_sink(fixture *f)
{
    ap_socket_address at = live_address("127.0.0.1", 0);
    int size = 4 << 20;
    f->sink = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(setsockopt(f->sink, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    assert_int_equal(bind(f->sink, &at.is.any, at.size), 0);
    assert_int_equal(getsockname(f->sink, &at.is.any, &at.size), 0);
    f->entry[0].port = ap_socket_address_port(&at);
}

static void start(fixture *f, double period_s, bool on_update, uint32_t update_ms)
{
    static const ap_live_source source = { .name = "feed", .format = AP_FORMAT_SBS };
    char message[AP_IO_MESSAGE_SIZE];
    memset(f, 0, sizeof *f);
    f->command.name = "run";
    f->now = START;
    f->entry[0] = (ap_run_output){ .name = "cat062",
                                   .kind = AP_RUN_OUTPUT_CAT062,
                                   .transport = AP_RUN_UDP,
                                   .host = "127.0.0.1",
                                   .sic = 7,
                                   .period_s = period_s,
                                   .on_update = on_update,
                                   .update_ms = update_ms };
    f->entry[1] = (ap_run_output){ .name = "sbs",
                                   .kind = AP_RUN_OUTPUT_SBS,
                                   .transport = AP_RUN_TCP,
                                   .host = "127.0.0.1",
                                   .client_cap = 1,
                                   .queue_kb = 1024 };
    f->config = (ap_run_config){ .outputs = f->entry, .output_count = 2 };
    open_sink(f);
    assert_int_equal(ap_loop_open(&f->loop, message), AP_OK);
    assert_int_equal(ap_run_ways_open(&f->ways, &f->command, &f->config, &f->loop, NULL), 0);
    ap_engine_config engine = ap_engine_config_default();
    engine.source_cap = 1;
    engine.track_cap = engine.aircraft_cap = 64;
    engine.sinks = (ap_engine_sinks){ .context = f, .on_track = on_track };
    assert_int_equal(ap_engine_init(&f->engine, &engine), 0);
    assert_int_equal(ap_engine_open(&f->engine), 0);
    const ap_live_engine_config live = { .engine = &f->engine,
                                         .sources = &source,
                                         .source_count = 1,
                                         .stream_cap = 1,
                                         .on_time = on_time,
                                         .context = f };
    assert_int_equal(ap_live_engine_init(&f->live, &live), 0);
    assert_int_equal(
        ap_run_outputs_open(&f->outputs, &f->command, &f->config, &f->ways, &f->engine), 0);
}

static void end(fixture *f)
{
    ap_run_outputs_close(&f->outputs);
    ap_run_outputs_close(&f->outputs);
    ap_live_engine_close(&f->live);
    ap_engine_close(&f->engine);
    ap_run_ways_close(&f->ways);
    ap_loop_close(&f->loop);
    close(f->sink);
}

static void take_datagrams(fixture *f)
{
    uint8_t got[2048];
    ssize_t size;
    while ((size = recv(f->sink, got, sizeof got, MSG_DONTWAIT)) > 0) {
        f->datagram_count++;
        f->hash = (f->hash ^ (uint64_t)size) * UINT64_C(1099511628211);
        for (ssize_t i = 0; i < size; i++)
            f->hash = (f->hash ^ got[i]) * UINT64_C(1099511628211);
    }
}

/* One aircraft's place, by turns, its call sign at first, or a tick; all through a recording's
 * octets. */
static void give(fixture *f, unsigned turn)
{
    char text[128];
    uint8_t record[4096];
    size_t used;
    ap_writer writer = ap_writer_of(record, sizeof record);
    unsigned number = turn % (AIRCRAFT + 1);
    const char *callsign = turn < 2 * (AIRCRAFT + 1) ? "ABC" : "";
    double latitude_deg = 52.0 + number + ap_seconds_between(START, f->now) * 200.0 / 111300.0;
    int size = snprintf(text, sizeof text, "MSG,3,,,40621%X,,,,,,%s,35000,,,%.6f,3.9,,,0,0,0,0\r\n",
                        number, callsign, latitude_deg);
    ap_chunk chunk = { .kind = turn == 0            ? AP_CHUNK_BEGIN
                               : number == AIRCRAFT ? AP_CHUNK_TICK
                                                    : AP_CHUNK_DATA,
                       .receive_utc = f->now };
    if (chunk.kind == AP_CHUNK_DATA) {
        chunk.data = (const uint8_t *)text;
        chunk.size = (size_t)size;
    }
    assert_int_equal(ap_recording_put(&writer, &chunk), AP_OK);
    assert_int_equal(ap_recording_take(record, writer.size, &used, &chunk), AP_OK);
    ap_live_engine_chunk(&f->live, &chunk);
    f->now += STEP_NS;
}

/* As a service that is asked now and then, and as a replay of its recording, which settles and
 * flushes at other times: the same datagrams, though no period is a multiple of 50 ms. */
static void test_outputs_same_live_and_replayed(void **state)
{
    (void)state;
    static const struct {
        double period_s;
        bool on_update;
        uint32_t update_ms;
    } cases[] = { { 0.33, false, 250 }, { 1.7, true, 70 }, { 0.99, true, 330 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t hash[3];
        size_t count[3];
        for (unsigned run = 0; run < 3; run++) {
            static const unsigned settles_each[] = { 1, 7, 1u << 30 };
            fixture f;
            start(&f, cases[i].period_s, cases[i].on_update, cases[i].update_ms);
            for (unsigned turn = 0; turn < 9000; turn++) {
                give(&f, turn);
                if (turn % settles_each[run] == 0) {
                    ap_live_engine_settle(&f.live);
                    ap_run_outputs_flush(&f.outputs);
                }
                take_datagrams(&f);
            }
            hash[run] = f.hash;
            count[run] = f.datagram_count;
            end(&f);
        }
        assert_true(count[0] > 15);
        assert_int_equal(count[0], count[1]);
        assert_int_equal(count[0], count[2]);
        assert_true(hash[0] == hash[1] && hash[0] == hash[2]);
    }
}

static int join(fixture *f)
{
    int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;
    int fd = live_connect(SOCK_STREAM, "127.0.0.1", ap_stream_feed_port(&f->ways.way[1].feed));
    while (ap_stream_feed_count(&f->ways.way[1].feed).client_count == 0 &&
           ap_clock_monotonic_ns() < until_ns)
        ap_loop_turn(&f->loop);
    return fd;
}

/* Confirmed and updated by one line: what is told of it is told once; what is not new, not again.
 */
static void test_outputs_sbs_tells_once(void **state)
{
    (void)state;
    static char got[65536];
    fixture f;
    ap_live_output figures[2];
    start(&f, 4, false, 250);
    int fd = join(&f);
    for (unsigned turn = 0; turn < 300; turn++)
        give(&f, turn);
    ap_run_outputs_flush(&f.outputs);
    ap_run_outputs_figures(&f.outputs, figures);
    assert_in_range(figures[1].byte_count, 5000, sizeof got - 1);
    size_t size = 0, lines = 0, names = 0;
    int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;
    while (size < figures[1].byte_count && ap_clock_monotonic_ns() < until_ns) {
        ap_loop_turn(&f.loop);
        ssize_t n = recv(fd, got + size, sizeof got - 1 - size, MSG_DONTWAIT);
        size += n > 0 ? (size_t)n : 0;
    }
    for (char *line = got, *next; (next = strchr(line, '\n')); line = next + 1) {
        *next = '\0';
        assert_null(strstr(next + 1, line));
        names += strncmp(line, "MSG,1,", 6) == 0;
        lines++;
    }
    assert_int_equal(lines, figures[1].message_count);
    assert_int_equal(names, AIRCRAFT);
    assert_true(lines > 200);
    end(&f);
    close(fd);
}

/* SBS goes to who listens, from then on, and the figures tell it. */
static void test_outputs_sbs_and_figures(void **state)
{
    (void)state;
    fixture f;
    ap_live_output figures[2];
    start(&f, 0.25, false, 250);
    unsigned turn = 0;
    for (; turn < 200; turn++)
        give(&f, turn);
    ap_run_outputs_figures(&f.outputs, figures);
    assert_string_equal(figures[0].name, "cat062");
    assert_true(figures[0].message_count > 0 && figures[0].byte_count > 0);
    assert_int_equal(figures[1].message_count, 0); /* nobody listened */
    int fd = join(&f);
    int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;
    for (; turn < 400; turn++)
        give(&f, turn);
    ap_run_outputs_flush(&f.outputs);
    ap_run_outputs_figures(&f.outputs, figures);
    assert_int_equal(figures[1].client_count, 1);
    assert_true(figures[1].message_count >= 100);
    size_t size = 0, lines = 0;
    char got[1024];
    while (size < figures[1].byte_count && ap_clock_monotonic_ns() < until_ns) {
        ap_loop_turn(&f.loop);
        ssize_t n = recv(fd, got, sizeof got, MSG_DONTWAIT);
        for (ssize_t i = 0; i < n; i++)
            lines += got[i] == '\n';
        size += n > 0 ? (size_t)n : 0;
    }
    assert_int_equal(size, figures[1].byte_count);
    assert_int_equal(lines, figures[1].message_count);
    assert_int_equal(figures[0].lost_count + figures[1].lost_count, 0);
    end(&f);
    close(fd);
}

/* What is restored comes before they are open, and is told to nobody. */
static void test_outputs_not_open(void **state)
{
    (void)state;
    ap_run_outputs none = { .count = 0 };
    const ap_track_event event = { .kind = AP_EVENT_UPDATED };
    const ap_track track = { .id = 1 };
    const ap_report report = { .time_utc = 1 };
    ap_run_outputs_track(&none, &event, &track);
    ap_run_outputs_report(&none, &report);
    ap_run_outputs_time(&none, 1);
    ap_run_outputs_flush(&none);
    assert_int_equal(none.count, 0);
    ap_run_outputs_close(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outputs_same_live_and_replayed),
        cmocka_unit_test(test_outputs_sbs_tells_once),
        cmocka_unit_test(test_outputs_sbs_and_figures),
        cmocka_unit_test(test_outputs_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
