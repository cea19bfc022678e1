#include "app/run_ways.h"

#include "io/live_check.h"

typedef struct fixture {
    ap_loop loop;
    ap_command command;
    ap_run_output entry[4];
    ap_run_ways ways, next;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    char message[AP_IO_MESSAGE_SIZE];
    assert_non_null(f);
    assert_int_equal(ap_loop_open(&f->loop, message), AP_OK);
    f->command.name = "run";
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    ap_run_ways_close(&f->next);
    ap_run_ways_close(&f->ways);
    ap_run_ways_close(&f->ways);
    ap_loop_close(&f->loop);
    free(f);
    return 0;
}

/* Served at this port; 0: one that is free. */
static ap_run_output served(ap_run_output_kind kind, uint16_t port)
{
    return (ap_run_output){ .name = "x",
                            .kind = (int)kind,
                            .transport = AP_RUN_TCP,
                            .host = "127.0.0.1",
                            .port = port,
                            .client_cap = 4,
                            .queue_kb = 128 };
}

static int open_ways(fixture *f, ap_run_ways *ways, uint32_t count, const ap_run_ways *old)
{
    const ap_run_config config = { .outputs = f->entry, .output_count = count };
    return ap_run_ways_open(ways, &f->command, &config, &f->loop, old);
}

/* As a configuration names ports: those that the first way has. */
static void open_first(fixture *f, uint32_t count)
{
    assert_int_equal(open_ways(f, &f->ways, count, NULL), AP_EXIT_OK);
    for (uint32_t i = 0; i < count; i++)
        f->entry[i].port = f->ways.way[i].of.port = ap_stream_feed_port(&f->ways.way[i].feed);
}

static int take_next(fixture *f)
{
    int status = ap_run_ways_follow(&f->next, &f->command, &f->loop, &f->ways);
    f->ways = f->next;
    f->next = (ap_run_ways){ .count = 0 };
    return status;
}

static uint64_t accepted(const ap_run_way *way)
{
    return ap_stream_feed_count(&way->feed).accepted_count;
}

static int join(fixture *f, ap_run_way *way)
{
    uint64_t before = accepted(way);
    int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;
    int fd = live_connect(SOCK_STREAM, "127.0.0.1", ap_stream_feed_port(&way->feed));
    while (accepted(way) == before && ap_clock_monotonic_ns() < until_ns)
        ap_loop_turn(&f->loop);
    assert_int_equal(accepted(way), before + 1);
    return fd;
}

static bool is_connected(int fd)
{
    char octet;
    return recv(fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

/* The same entry keeps its client, wherever in the list it stands; what has gone is closed. */
static void test_ways_keep_what_is_the_same(void **state)
{
    fixture *f = *state;
    f->entry[0] = served(AP_RUN_OUTPUT_BEAST, 0);
    f->entry[1] = served(AP_RUN_OUTPUT_AVR, 0);
    open_first(f, 2);
    int beast = join(f, &f->ways.way[0]), avr = join(f, &f->ways.way[1]);
    f->entry[1] = f->entry[0];
    f->entry[0] = served(AP_RUN_OUTPUT_SBS, 0);
    assert_int_equal(open_ways(f, &f->next, 2, &f->ways), AP_EXIT_OK);
    assert_true(is_connected(beast) && is_connected(avr)); /* nothing has changed yet */
    assert_int_equal(take_next(f), AP_EXIT_OK);
    assert_true(is_connected(beast));
    assert_false(is_connected(avr));
    assert_true(ap_stream_feed_put(&f->ways.way[1].feed, "on", 2));
    ap_stream_feed_flush(&f->ways.way[1].feed);
    char got[2] = "";
    int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;
    while (recv(beast, got, 2, MSG_DONTWAIT) != 2 && ap_clock_monotonic_ns() < until_ns)
        ap_loop_turn(&f->loop);
    assert_memory_equal(got, "on", 2);
    close(join(f, &f->ways.way[0]));
    close(beast);
    close(avr);
}

/* Another kind, other limits, another address at a port of ours: it waits until that is given up.
 */
static void test_ways_change_at_a_port(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 3; round++) {
        f->entry[0] = served(AP_RUN_OUTPUT_BEAST, 0);
        strcpy(f->entry[0].host, "0.0.0.0"); /* a port that is free there is so everywhere */
        open_first(f, 1);
        int fd = join(f, &f->ways.way[0]);
        if (round == 0)
            f->entry[0].kind = AP_RUN_OUTPUT_AVR;
        else if (round == 1)
            f->entry[0].client_cap = 5;
        else
            strcpy(f->entry[0].host, "127.0.0.1");
        assert_int_equal(open_ways(f, &f->next, 1, &f->ways), AP_EXIT_OK);
        assert_int_equal(take_next(f), AP_EXIT_OK);
        assert_false(is_connected(fd));
        close(join(f, &f->ways.way[0]));
        close(fd);
        ap_run_ways_close(&f->ways);
    }
}

/* A port that somebody else has: refused at once, and what there was goes on. */
static void test_ways_refused(void **state)
{
    fixture *f = *state;
    ap_run_ways taken = { .count = 0 };
    f->entry[0] = served(AP_RUN_OUTPUT_FINAL, 0);
    assert_int_equal(open_ways(f, &taken, 1, NULL), AP_EXIT_OK);
    uint16_t port = ap_stream_feed_port(&taken.way[0].feed);
    f->entry[0] = served(AP_RUN_OUTPUT_BEAST, 0);
    open_first(f, 1);
    int fd = join(f, &f->ways.way[0]);
    f->entry[1] = served(AP_RUN_OUTPUT_SBS, port);
    assert_int_equal(open_ways(f, &f->next, 2, &f->ways), AP_EXIT_NO_OUTPUT);
    assert_int_equal(f->next.count, 0);
    assert_true(is_connected(fd));
    close(join(f, &f->ways.way[0]));
    close(fd);
    ap_run_ways_close(&taken);
}

static void test_ways_of_udp(void **state)
{
    fixture *f = *state;
    f->entry[0] = (ap_run_output){
        .name = "x", .kind = AP_RUN_OUTPUT_CAT062, .transport = AP_RUN_UDP, .host = "127.0.0.1"
    };
    assert_int_equal(open_ways(f, &f->ways, 1, NULL), AP_EXIT_OK);
    const struct ap_udp_out_state *was = f->ways.way[0].udp.state;
    f->entry[0].period_s = 9; /* of its contents, not of its way */
    assert_int_equal(open_ways(f, &f->next, 1, &f->ways), AP_EXIT_OK);
    assert_null(f->next.way[0].udp.state);
    assert_int_equal(take_next(f), AP_EXIT_OK);
    assert_ptr_equal(f->ways.way[0].udp.state, was);
    strcpy(f->entry[0].interface, "nowhere0");
    assert_int_equal(open_ways(f, &f->next, 1, &f->ways), AP_EXIT_NO_OUTPUT);
    assert_ptr_equal(f->ways.way[0].udp.state, was);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ways_keep_what_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ways_change_at_a_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ways_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ways_of_udp, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
