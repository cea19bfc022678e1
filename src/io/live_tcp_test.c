/* Live inputs that are connections, and what holds for all inputs. */
#include "io/live_in.h"

#include <stdio.h>
#include <sys/resource.h>

#include "io/live_check.h"

/* A server of the test's; *port 0: a free one. */
static int serve(uint16_t *port)
{
    ap_socket_address at = live_address("127.0.0.1", *port);
    int fd = ap_socket_listen(&at, 8);
    assert_true(fd >= 0);
    *port = ap_socket_address_port(&at);
    return fd;
}

/* The next connection that comes to it. */
static int take(live_run *run, int server)
{
    ap_socket_address peer;
    int fd = ap_socket_accept(server, &peer);
    int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;
    while (fd < 0 && ap_clock_monotonic_ns() < until_ns) {
        live_turn(run);
        fd = ap_socket_accept(server, &peer);
    }
    assert_true(fd >= 0);
    return fd;
}

/* Nobody there; then a server; then it dies, and comes back at the same place. */
static void test_connect_again(void **state)
{
    (void)state;
    live_run run;
    uint16_t port = 0;
    char expected[128];
    assert_int_equal(close(serve(&port)), 0); /* a port that nobody listens at */
    live_start(&run, NULL);
    live_add(&run, 3,
             (ap_live_config){ .kind = AP_LIVE_TCP_CONNECT, .host = "127.0.0.1", .port = port });
    const ap_live_stats *stats = live_stats(&run, 3);
    LIVE_UNTIL(&run, stats->state == AP_LIVE_WAITING);
    (void)snprintf(expected, sizeof expected,
                   "cannot connect to 127.0.0.1:%u: connection refused; next try in 0.", port);
    assert_memory_equal(stats->last_error, expected, strlen(expected));
    int server = serve(&port), peer = take(&run, server);
    LIVE_UNTIL(&run, stats->state == AP_LIVE_CONNECTED);
    live_send(peer, "first ");
    LIVE_UNTIL(&run, run.heard[3].bytes == 6);
    assert_int_equal(run.heard[3].newest.peer_port, port);
    assert_memory_equal(run.heard[3].newest.peer, "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\x7F\0\0\1", 16);
    close(server);
    close(peer);
    LIVE_UNTIL(&run, stats->state == AP_LIVE_WAITING);
    assert_int_equal(run.heard[3].begins, 1);
    assert_int_equal(run.heard[3].ends, 1);
    assert_non_null(strstr(stats->last_error, "was closed by the other side; next try in 0."));
    server = serve(&port);
    peer = take(&run, server);
    live_send(peer, "second");
    LIVE_UNTIL(&run, run.heard[3].bytes == 12);
    assert_string_equal(run.heard[3].text, "first second");
    assert_int_equal(stats->connection_count, 2);
    assert_int_equal(stats->reconnect_count, 1);
    assert_true(stats->failure_count >= 2);
    close(server);
    close(peer);
    live_end(&run);
    assert_int_equal(run.heard[3].begins, 2);
    assert_int_equal(run.heard[3].ends, 2);
}

/* Tries move apart: 0.5 s, 1 s, 2 s, less a quarter at most, and not all inputs at once. */
static void test_connect_backs_off(void **state)
{
    (void)state;
    live_run run;
    uint16_t port = 0;
    close(serve(&port));
    live_start(&run, NULL);
    for (uint32_t i = 0; i < LIVE_INPUTS; i++)
        live_add(
            &run, i,
            (ap_live_config){ .kind = AP_LIVE_TCP_CONNECT, .host = "127.0.0.1", .port = port });
    int64_t begin_ns = ap_clock_monotonic_ns();
    live_turn_for(&run, 1700);
    bool in_time = ap_clock_monotonic_ns() - begin_ns < 2600 * AP_NS_PER_MS;
    uint64_t least = UINT64_MAX, most = 0;
    for (uint32_t i = 0; i < LIVE_INPUTS; i++) {
        uint64_t count = live_stats(&run, i)->failure_count;
        least = count < least ? count : least;
        most = count > most ? count : most;
        assert_non_null(strstr(live_stats(&run, i)->last_error, "; next try in "));
    }
    if (in_time) /* at 0, from 0.375, from 1.125 s on; the fourth from 2.6 s on */
        assert_in_range(most, 2, 3);
    assert_in_range(least, 1, most);
    live_end(&run);
}

/* Names are looked up, and a look-up that nobody waits for any more harms nobody. */
static void test_connect_by_name(void **state)
{
    (void)state;
    live_run run;
    uint16_t port = 0;
    int server = serve(&port);
    live_start(&run, NULL);
    ap_live_config by_name = { .kind = AP_LIVE_TCP_CONNECT, .host = "localhost", .port = port };
    live_add(&run, 0, by_name);
    live_add(&run, 1, by_name);
    ap_live_in_remove(&run.in, 1);
    int peer = take(&run, server);
    live_send(peer, "named");
    LIVE_UNTIL(&run, run.heard[0].bytes == 5);
    live_add(&run, 2, by_name);
    live_end(&run); /* with a look-up under way */
    close(peer);
    close(server);
}

static void test_connect_idle(void **state)
{
    (void)state;
    live_run run;
    uint16_t port = 0;
    int server = serve(&port);
    live_start(&run, NULL);
    live_add(
        &run, 0,
        (ap_live_config){
            .kind = AP_LIVE_TCP_CONNECT, .host = "127.0.0.1", .port = port, .idle_timeout_s = 1 });
    int peer = take(&run, server), again = take(&run, server);
    assert_int_equal(run.heard[0].ends, 1);
    assert_non_null(strstr(live_stats(&run, 0)->last_error, "was silent for 1 s"));
    close(peer);
    close(again);
    close(server);
    live_end(&run);
}

/* Sixteen are heard, each as a stream of its own; the seventeenth is turned away, until one goes.
 */
static void test_listen_seventeen(void **state)
{
    (void)state;
    enum { COUNT = AP_LIVE_STREAM_CAP + 1 };
    live_run run;
    int fd[COUNT];
    char got;
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_TCP_LISTEN });
    const ap_live_stats *stats = live_stats(&run, 0);
    assert_int_equal(stats->state, AP_LIVE_CONNECTED);
    for (int i = 0; i < COUNT; i++)
        fd[i] = live_connect(SOCK_STREAM, "127.0.0.1", stats->port);
    LIVE_UNTIL(&run, stats->refused_connection_count == 1);
    assert_int_equal(stats->stream_count, AP_LIVE_STREAM_CAP);
    assert_int_equal(recv(fd[COUNT - 1], &got, 1, 0), 0);
    for (unsigned i = 0; i < AP_LIVE_STREAM_CAP; i++) {
        live_send(fd[i], "x");
        LIVE_UNTIL(&run, run.heard[0].bytes == i + 1);
        assert_int_equal(run.heard[0].newest.stream, i); /* the kernel hands them on in order */
    }
    close(fd[5]);
    LIVE_UNTIL(&run, stats->stream_count == AP_LIVE_STREAM_CAP - 1);
    fd[5] = live_connect(SOCK_STREAM, "127.0.0.1", stats->port);
    live_send(fd[5], "y");
    LIVE_UNTIL(&run, run.heard[0].bytes == AP_LIVE_STREAM_CAP + 1);
    assert_int_equal(run.heard[0].newest.stream, 5);
    assert_int_equal(stats->connection_count, AP_LIVE_STREAM_CAP + 1);
    live_end(&run);
    assert_int_equal(run.heard[0].begins, AP_LIVE_STREAM_CAP + 1);
    assert_int_equal(run.heard[0].ends, AP_LIVE_STREAM_CAP + 1);
    for (int i = 0; i < COUNT; i++)
        close(fd[i]);
}

/* All places taken by who says nothing: who wants to say something gets one in two seconds, and who
 * has said something keeps his. */
static void test_listen_silent_make_room(void **state)
{
    (void)state;
    live_run run;
    int fd[AP_LIVE_STREAM_CAP];
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_TCP_LISTEN });
    const ap_live_stats *stats = live_stats(&run, 0);
    for (unsigned i = 0; i < AP_LIVE_STREAM_CAP; i++)
        fd[i] = live_connect(SOCK_STREAM, "127.0.0.1", stats->port);
    LIVE_UNTIL(&run, stats->stream_count == AP_LIVE_STREAM_CAP);
    live_send(fd[0], "plot");
    LIVE_UNTIL(&run, run.heard[0].bytes == 4);
    int late = -1;
    for (int tries = 0; run.heard[0].ends == 0 && tries < 1000; tries++) {
        if (late >= 0)
            close(late);
        late = live_connect(SOCK_STREAM, "127.0.0.1", stats->port);
        live_turn_for(&run, 20);
    }
    live_send(late, "late");
    live_send(fd[0], "plot");
    LIVE_UNTIL(&run, run.heard[0].bytes == 12);
    assert_int_equal(stats->stream_count, AP_LIVE_STREAM_CAP);
    live_end(&run);
    close(late);
    for (unsigned i = 0; i < AP_LIVE_STREAM_CAP; i++)
        close(fd[i]);
}

/* A port that is taken: said, tried again, had when it is free. */
static void test_listen_port_taken(void **state)
{
    (void)state;
    live_run run;
    uint16_t port = 0;
    int server = serve(&port);
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_TCP_LISTEN, .port = port });
    const ap_live_stats *stats = live_stats(&run, 0);
    assert_int_equal(stats->state, AP_LIVE_WAITING);
    assert_non_null(strstr(stats->last_error, ": address already in use; next try in 0."));
    close(server);
    LIVE_UNTIL(&run, stats->state == AP_LIVE_CONNECTED);
    assert_int_equal(stats->port, port);
    live_end(&run);
}

/* 5,000 connections that send nothing: another input is heard all the while, within
 * a few turns of the loop. */
static void test_listen_silent_crowd(void **state)
{
    (void)state;
    enum { CROWD = 5000, A_ROUND = 50, TURNS = 10 };
    live_run run;
    int *fd = malloc(CROWD * sizeof *fd);
    assert_non_null(fd);
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_TCP_LISTEN });
    live_add(&run, 1, (ap_live_config){ .kind = AP_LIVE_UDP });
    int sender = live_connect(SOCK_DGRAM, "127.0.0.1", live_stats(&run, 1)->port);
    uint64_t sent = 0;
    for (int i = 0; i < CROWD; i++) {
        fd[i] = live_connect(SOCK_STREAM, "127.0.0.1", live_stats(&run, 0)->port);
        if (i % A_ROUND)
            continue;
        live_send(sender, "plot");
        sent++;
        int turns = 0;
        do {
            live_turn(&run);
        } while (run.heard[1].datagrams < sent && ++turns < TURNS);
        assert_int_equal(run.heard[1].datagrams, sent);
    }
    LIVE_UNTIL(&run, live_stats(&run, 0)->refused_connection_count == CROWD - AP_LIVE_STREAM_CAP);
    assert_int_equal(live_stats(&run, 0)->stream_count, AP_LIVE_STREAM_CAP);
    live_end(&run);
    for (int i = 0; i < CROWD; i++)
        close(fd[i]);
    close(sender);
    free(fd);
}

static void stop(void *context)
{
    ap_loop_stop(&((live_run *)context)->loop);
}

/* No descriptor is left: said, not asked again at once, and taken when there is one again. */
static void test_listen_without_descriptors(void **state)
{
    (void)state;
    enum { RUN_MS = 300 };
    live_run run;
    struct rlimit before, none;
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_TCP_LISTEN });
    const ap_live_stats *stats = live_stats(&run, 0);
    int fd = live_connect(SOCK_STREAM, "127.0.0.1", stats->port);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){ .rlim_cur = 3, .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    LIVE_UNTIL(&run, strstr(stats->last_error, "cannot take a connection: too many open files"));
    int64_t begin_ns = ap_clock_cpu_ns();
    assert_int_equal(ap_loop_every(&run.loop, RUN_MS, stop, &run), AP_OK);
    ap_loop_run(&run.loop);
    ap_loop_cancel(&run.loop, stop, &run);
    assert_true(ap_clock_cpu_ns() - begin_ns < RUN_MS * AP_NS_PER_MS / 10);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    LIVE_UNTIL(&run, run.heard[0].begins == 1);
    close(fd);
    live_end(&run);
}

/* Inputs come and go while others run. */
static void test_add_and_remove(void **state)
{
    (void)state;
    live_run run;
    live_start(&run, NULL);
    ap_live_config config = { .kind = AP_LIVE_TCP_LISTEN };
    live_add(&run, 0, config);
    assert_int_equal(ap_live_in_add(&run.in, 0, &config, run.message), AP_ERR_ARGUMENT);
    assert_int_equal(ap_live_in_add(&run.in, AP_LIVE_INPUT_CAP, &config, run.message),
                     AP_ERR_ARGUMENT);
    live_add(&run, 1, config);
    int one = live_connect(SOCK_STREAM, "127.0.0.1", live_stats(&run, 0)->port);
    int other = live_connect(SOCK_STREAM, "127.0.0.1", live_stats(&run, 1)->port);
    LIVE_UNTIL(&run, run.heard[0].begins == 1 && run.heard[1].begins == 1);
    ap_live_in_remove(&run.in, 0);
    ap_live_in_remove(&run.in, 0);
    assert_int_equal(run.heard[0].ends, 1);
    assert_null(ap_live_in_stats(&run.in, 0));
    live_send(other, "still here");
    LIVE_UNTIL(&run, run.heard[1].bytes == 10);
    live_add(&run, 0, config);
    close(one);
    one = live_connect(SOCK_STREAM, "127.0.0.1", live_stats(&run, 0)->port);
    live_send(one, "new");
    LIVE_UNTIL(&run, run.heard[0].bytes == 3);
    assert_int_equal(live_stats(&run, 0)->byte_count, 3);
    live_end(&run);
    close(one);
    close(other);
}

/* What no waiting mends is refused, with a line that says what to do. */
static void test_add_refuses(void **state)
{
    (void)state;
    static const struct {
        ap_live_config config;
        const char *part;
    } bad[] = {
        { { .kind = AP_LIVE_TCP_CONNECT, .host = "127.0.0.1" }, "needs a host and a port" },
        { { .kind = AP_LIVE_TCP_CONNECT, .port = 30005 }, "needs a host and a port" },
        { { .kind = AP_LIVE_TCP_LISTEN, .host = "here" }, "name one in digits" },
        { { .kind = AP_LIVE_TCP_LISTEN, .host = "127.1" }, "name one in digits" },
        { { .kind = AP_LIVE_UDP, .host = "239.1.2.3" }, "name it as group" },
        { { .kind = AP_LIVE_UDP, .group = "10.1.2.3" }, "is no multicast group" },
        { { .kind = AP_LIVE_UDP, .group = "239.1.2.3", .source = "::1" },
          "IPv4 or IPv6 as the group is" },
        { { .kind = AP_LIVE_SERIAL, .baud = 9600 }, "needs a path, such as /dev/ttyUSB0" },
        { { .kind = AP_LIVE_SERIAL, .path = "/dev/null", .baud = 12345 }, "12345 is no rate" },
        { { .kind = AP_LIVE_FOLLOW, .path = "" }, "needs a path" },
    };
    live_run run;
    live_start(&run, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ap_live_in_add(&run.in, 0, &bad[i].config, run.message), AP_ERR_CONFIG);
        assert_non_null(strstr(run.message, bad[i].part));
        assert_null(ap_live_in_stats(&run.in, 0));
        assert_int_equal(ap_live_check(&bad[i].config, run.message), AP_ERR_CONFIG);
        assert_non_null(strstr(run.message, bad[i].part));
    }
    ap_live_config unknown = { .kind = AP_LIVE_KIND_COUNT };
    assert_int_equal(ap_live_in_add(&run.in, 0, &unknown, run.message), AP_ERR_ARGUMENT);
    assert_int_equal(ap_live_check(&unknown, run.message), AP_ERR_ARGUMENT);
    ap_live_config good = { .kind = AP_LIVE_TCP_LISTEN, .port = 30004 };
    assert_int_equal(ap_live_check(&good, run.message), AP_OK);
    assert_string_equal(ap_live_state_text(AP_LIVE_WAITING), "waiting");
    assert_null(ap_live_state_text((ap_live_state)4));
    assert_string_equal(ap_live_kind_text(AP_LIVE_TCP_LISTEN), "tcp-listen");
    assert_null(ap_live_kind_text(AP_LIVE_KIND_COUNT));
    live_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connect_again),
        cmocka_unit_test(test_connect_backs_off),
        cmocka_unit_test(test_connect_by_name),
        cmocka_unit_test(test_connect_idle),
        cmocka_unit_test(test_listen_seventeen),
        cmocka_unit_test(test_listen_silent_make_room),
        cmocka_unit_test(test_listen_port_taken),
        cmocka_unit_test(test_listen_silent_crowd),
        cmocka_unit_test(test_listen_without_descriptors),
        cmocka_unit_test(test_add_and_remove),
        cmocka_unit_test(test_add_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
