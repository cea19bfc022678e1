#include "app/simulate_live.h"

#include "io/live_check.h"

#define START (INT64_C(1700000000) * AP_NS_PER_S)

typedef struct fixture {
    ap_command command;
    ap_scenario_sensor sensors[2]; /* a receiver, and a radar without a listener */
    ap_scenario scenario;
    ap_simulate_live live;
} fixture;

static void start(fixture *f, double speed)
{
    memset(f, 0, sizeof *f);
    f->command.name = "simulate";
    f->sensors[0].format = AP_SENSOR_FORMAT_BEAST;
    f->sensors[1].port = 9;
    strcpy(f->sensors[0].told.name, "rx");
    strcpy(f->sensors[1].told.name, "radar");
    f->scenario = (ap_scenario){ .start_utc = START, .duration_s = 10, .sensors = f->sensors };
    f->scenario.sensor_count = 2;
    assert_int_equal(ap_simulate_live_open(&f->live, &f->command, &f->scenario, "127.0.0.1", speed),
                     AP_EXIT_OK);
}

static void end(fixture *f)
{
    ap_simulate_live_close(&f->live);
    ap_simulate_live_close(&f->live);
}

static void give(fixture *f, const void *data, size_t size)
{
    const ap_packet packet = { .kind = AP_PACKET_BEAST, .utc = START, .data = data, .size = size };
    ap_simulate_live_packet(&f->live, &packet);
}

static int join(fixture *f)
{
    return live_connect(SOCK_STREAM, "127.0.0.1", ap_stream_out_port(&f->live.beast[0]));
}

/* As fast as it goes: nobody waits, and yet who connects is let in by the next packets, and gets
 * all from then on, what waits at the end too. */
static void test_live_lets_in_and_gives_all(void **state)
{
    (void)state;
    enum { COUNT = 60, SIZE = 10000 };
    fixture f;
    char piece[SIZE], got[SIZE];
    start(&f, 0);
    give(&f, "nobody", 6);
    int fd = join(&f);
    int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;
    while (f.live.beast[0].client_count == 0 && ap_clock_monotonic_ns() < until_ns)
        give(&f, "!", 1);
    for (int i = 0; i < COUNT; i++) {
        memset(piece, 'a' + i % 26, sizeof piece);
        give(&f, piece, sizeof piece);
    }
    end(&f);
    ssize_t n = recv(fd, got, 1, 0);
    assert_true(n == 1 && got[0] == '!');
    for (int i = 0; i < COUNT; i++) {
        memset(piece, 'a' + i % 26, sizeof piece);
        assert_int_equal(recv(fd, got, sizeof got, MSG_WAITALL), sizeof got);
        assert_memory_equal(got, piece, sizeof piece);
    }
    assert_int_equal(recv(fd, got, 1, 0), 0);
    close(fd);
}

/* Some who take nothing: the end waits for them once, not one after the other. */
static void test_live_close_waits_once(void **state)
{
    (void)state;
    enum { COUNT = 4, PIECE = 1 << 16 };
    fixture f;
    int fd[COUNT];
    void *piece = calloc(1, PIECE);
    assert_non_null(piece);
    start(&f, 0);
    for (int i = 0; i < COUNT; i++)
        fd[i] = join(&f);
    int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;
    while (f.live.beast[0].client_count < COUNT && ap_clock_monotonic_ns() < until_ns)
        give(&f, "!", 1);
    while (ap_stream_out_waiting(&f.live.beast[0]) < PIECE * 4 &&
           ap_clock_monotonic_ns() < until_ns)
        give(&f, piece, PIECE);
    assert_true(ap_stream_out_waiting(&f.live.beast[0]) >= PIECE * 4);
    assert_int_equal(f.live.beast[0].client_count, COUNT);
    int64_t begin_ns = ap_clock_monotonic_ns();
    end(&f);
    int64_t took_ns = ap_clock_monotonic_ns() - begin_ns;
    assert_true(took_ns >= AP_NS_PER_S);
    assert_true(took_ns < 3 * AP_NS_PER_S); /* a second, on a machine with other things to do */
    for (int i = 0; i < COUNT; i++)
        close(fd[i]);
    free(piece);
}

/* What is due now does not wait; who connects while it waits is let in. */
static void test_live_wait(void **state)
{
    (void)state;
    fixture f;
    start(&f, 1);
    ap_packet packet = { .kind = AP_PACKET_BEAST, .utc = START };
    int64_t begin_ns = ap_clock_monotonic_ns();
    assert_true(ap_simulate_live_wait(&f.live, &packet));
    int fd = join(&f);
    packet.utc = START + AP_NS_PER_S / 2;
    assert_true(ap_simulate_live_wait(&f.live, &packet));
    assert_true(ap_clock_monotonic_ns() - begin_ns >= AP_NS_PER_S * 2 / 5);
    assert_int_equal(f.live.beast[0].client_count, 1);
    end(&f);
    close(fd);
}

/* A port that another has; without one there is nothing to close. */
static void test_live_refused(void **state)
{
    (void)state;
    fixture one, other;
    start(&one, 1);
    memset(&other, 0, sizeof other);
    end(&other);
    other = one;
    other.scenario.sensors = other.sensors;
    other.sensors[0].port = ap_stream_out_port(&one.live.beast[0]);
    assert_int_equal(
        ap_simulate_live_open(&other.live, &other.command, &other.scenario, "127.0.0.1", 1),
        AP_EXIT_NO_OUTPUT);
    end(&other);
    end(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_lets_in_and_gives_all),
        cmocka_unit_test(test_live_close_waits_once),
        cmocka_unit_test(test_live_wait),
        cmocka_unit_test(test_live_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
