#include "io/live_in.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>

#include "io/live_check.h"

#define HOUR_NS (3600 * AP_NS_PER_S)

static void test_udp_unicast(void **state)
{
    (void)state;
    static const char *const hosts[] = { "127.0.0.1", "::1" };
    for (int i = 0; i < 2; i++) {
        live_run run;
        live_start(&run, NULL);
        live_add(&run, 2, (ap_live_config){ .kind = AP_LIVE_UDP, .host = i ? hosts[i] : NULL });
        const ap_live_stats *stats = live_stats(&run, 2);
        if (stats->state != AP_LIVE_CONNECTED && i == 1) {
            print_message("skipped: no IPv6 here: %s\n", stats->last_error);
            live_end(&run);
            continue;
        }
        assert_int_equal(stats->state, AP_LIVE_CONNECTED);
        assert_true(stats->receive_buffer_size >= 4096);
        int fd = live_connect(SOCK_DGRAM, hosts[i], stats->port);
        ap_utc_ns before = ap_live_clock_now(&run.clock);
        live_send(fd, "one");
        assert_int_equal(send(fd, "", 0, 0), 0);
        live_send(fd, "two");
        LIVE_UNTIL(&run, run.heard[2].datagrams == 3);
        ap_utc_ns after = ap_live_clock_now(&run.clock);
        const ap_live_chunk *newest = &run.heard[2].newest;
        assert_true(newest->receive_utc >= before - AP_NS_PER_MS && newest->receive_utc <= after);
        assert_string_equal(run.heard[2].text, "onetwo");
        assert_int_equal(newest->peer[15], 1);
        assert_int_equal(newest->peer[12], i ? 0 : 127);
        ap_socket_address own = { .size = sizeof own.is };
        assert_int_equal(getsockname(fd, &own.is.any, &own.size), 0);
        assert_int_equal(newest->peer_port, ap_socket_address_port(&own));
        assert_int_equal(stats->chunk_count, 3);
        assert_int_equal(stats->byte_count, 6);
        assert_int_equal(stats->last_receive_utc, newest->receive_utc);
        close(fd);
        live_end(&run);
    }
}

/* A sender to groups on one interface. */
static int group_sender(int family, const char *interface)
{
    int fd = socket(family, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    struct ip_mreqn on = { .imr_ifindex = (int)if_nametoindex(interface) };
    int index = on.imr_ifindex;
    if (family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index);
    else
        (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &on, sizeof on);
    return fd;
}

static bool send_to(int fd, const char *group, uint16_t port, const char *text)
{
    ap_socket_address to = live_address(group, port);
    return sendto(fd, text, strlen(text), 0, &to.is.any, to.size) == (ssize_t)strlen(text);
}

typedef struct group_row {
    const char *group, *other, *interface, *sent_on;
    int family;
} group_row;

/* Two groups at one port stay apart, and two inputs hear one group. */
static void check_group(const group_row *row)
{
    live_run run;
    live_start(&run, NULL);
    ap_live_config config = { .kind = AP_LIVE_UDP,
                              .group = row->group,
                              .interface = row->interface };
    live_add(&run, 0, config);
    const ap_live_stats *stats = live_stats(&run, 0);
    config.port = stats->port;
    live_add(&run, 2, config);
    config.group = row->other;
    live_add(&run, 1, config);
    int fd = group_sender(row->family, row->sent_on);
    if (stats->state != AP_LIVE_CONNECTED || !send_to(fd, row->group, stats->port, "one")) {
        print_message("skipped: %s on %s: %s\n", row->group, row->interface, stats->last_error);
    } else {
        assert_true(send_to(fd, row->other, stats->port, "other"));
        LIVE_UNTIL(&run,
                   run.heard[0].datagrams && run.heard[1].datagrams && run.heard[2].datagrams);
        live_turn_for(&run, 20);
        assert_string_equal(run.heard[0].text, "one");
        assert_string_equal(run.heard[1].text, "other");
        assert_string_equal(run.heard[2].text, "one");
    }
    close(fd);
    live_end(&run);
}

/* Interface by name and by address. */
static void test_udp_groups(void **state)
{
    (void)state;
    static const group_row rows[] = {
        { "239.255.77.1", "239.255.77.2", "lo", "lo", AF_INET },
        { "239.255.77.1", "239.255.77.2", "127.0.0.1", "lo", AF_INET },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_group(&rows[i]);
}

/* Of two senders only the one that was named is heard. */
static void test_udp_source(void **state)
{
    (void)state;
    live_run run;
    live_start(&run, NULL);
    live_add(&run, 0,
             (ap_live_config){ .kind = AP_LIVE_UDP,
                               .group = "232.255.77.3",
                               .interface = "lo",
                               .source = "127.0.0.2" });
    const ap_live_stats *stats = live_stats(&run, 0);
    if (stats->state != AP_LIVE_CONNECTED) {
        print_message("skipped: %s\n", stats->last_error);
        live_end(&run);
        return;
    }
    int fd[2];
    for (int i = 0; i < 2; i++) {
        ap_socket_address own = live_address(i ? "127.0.0.2" : "127.0.0.1", 0);
        fd[i] = group_sender(AF_INET, "lo");
        assert_int_equal(bind(fd[i], &own.is.any, own.size), 0);
        assert_true(send_to(fd[i], "232.255.77.3", stats->port, i ? "wanted" : "unwanted"));
    }
    LIVE_UNTIL(&run, run.heard[0].datagrams > 0);
    live_turn_for(&run, 20);
    assert_string_equal(run.heard[0].text, "wanted");
    assert_int_equal(run.heard[0].newest.peer[15], 2);
    close(fd[0]);
    close(fd[1]);
    live_end(&run);
}

/* More than the buffer holds while nobody reads: what is lost is counted, nothing else is. */
static void test_udp_kernel_drops(void **state)
{
    (void)state;
    enum { SIZE = 60000, COUNT = 400 };
    live_run run;
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_UDP });
    const ap_live_stats *stats = live_stats(&run, 0);
    int fd = live_connect(SOCK_DGRAM, "127.0.0.1", stats->port);
    char *bytes = calloc(1, SIZE);
    assert_non_null(bytes);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(send(fd, bytes, SIZE, 0), SIZE);
    live_turn_for(&run, 50);
    live_send(fd, "after"); /* tells how many were lost before it */
    LIVE_UNTIL(&run, run.heard[0].newest.size == 5);
    assert_true(stats->kernel_drop_count > 0);
    assert_int_equal(stats->kernel_drop_count + stats->chunk_count, COUNT + 1);
    free(bytes);
    close(fd);
    live_end(&run);
}

/* What came first is stamped first, and by when it came, not when it was read: a millisecond
 * between datagrams that are read at once. */
static void test_udp_kernel_stamps(void **state)
{
    (void)state;
    enum { COUNT = 6 };
    live_run run;
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_UDP });
    live_add(&run, 1, (ap_live_config){ .kind = AP_LIVE_UDP });
    int fd = live_connect(SOCK_DGRAM, "127.0.0.1", live_stats(&run, 0)->port);
    live_send(fd, "first");
    ap_clock_sleep_ns(30 * AP_NS_PER_MS);
    live_send(fd, "last");
    ap_clock_sleep_ns(30 * AP_NS_PER_MS);
    ap_utc_ns now = ap_live_clock_now(&run.clock);
    LIVE_UNTIL(&run, run.heard[0].datagrams == 2); /* the run asserts that stamps increase */
    assert_true(now - run.heard[0].newest.receive_utc >= 29 * AP_NS_PER_MS);
    close(fd);
    live_end(&run);
}

/* A flood on one input: another is heard in the same few turns, not after the flood. */
static void test_udp_flood_is_fair(void **state)
{
    (void)state;
    enum { FLOOD = 4000, MOST = 1000 };
    live_run run;
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_UDP });
    live_add(&run, 1, (ap_live_config){ .kind = AP_LIVE_UDP });
    int flood = live_connect(SOCK_DGRAM, "127.0.0.1", live_stats(&run, 0)->port);
    int other = live_connect(SOCK_DGRAM, "127.0.0.1", live_stats(&run, 1)->port);
    for (int i = 0; i < FLOOD; i++)
        live_send(flood, "x");
    live_send(other, "x");
    LIVE_UNTIL(&run, run.heard[1].datagrams == 1);
    assert_in_range(run.heard[0].datagrams, 0, MOST);
    LIVE_UNTIL(&run, run.heard[0].datagrams == FLOOD);
    close(flood);
    close(other);
    live_end(&run);
}

/* Many inputs of several kinds, all heard at once: live_on_chunk asserts the order. */
static void test_stamps_increase_over_inputs(void **state)
{
    (void)state;
    enum { ROUNDS = 200 };
    live_run run;
    int fd[LIVE_INPUTS];
    live_start(&run, NULL);
    for (uint32_t i = 0; i < LIVE_INPUTS; i++) {
        bool is_tcp = i % 4 == 3;
        live_add(&run, i, (ap_live_config){ .kind = is_tcp ? AP_LIVE_TCP_LISTEN : AP_LIVE_UDP });
        fd[i] =
            live_connect(is_tcp ? SOCK_STREAM : SOCK_DGRAM, "127.0.0.1", live_stats(&run, i)->port);
    }
    for (int n = 0; n < ROUNDS; n++) {
        for (uint32_t i = 0; i < LIVE_INPUTS; i++)
            live_send(fd[LIVE_INPUTS - 1 - i], "x");
        if (n % 8 == 0)
            ap_loop_turn(&run.loop);
    }
    for (uint32_t i = 0; i < LIVE_INPUTS; i++) {
        LIVE_UNTIL(&run, run.heard[i].bytes == ROUNDS);
        close(fd[i]);
    }
    live_end(&run);
}

/* A host whose wall clock is stepped while its time since boot goes on. */
static int64_t real_monotonic_ns(void *context)
{
    (void)context;
    return ap_clock_monotonic_ns();
}

static ap_utc_ns stepped_wall(void *context)
{
    ap_live_clock clock;
    ap_live_clock_init(&clock, NULL, AP_UTC_UNKNOWN);
    return clock.wall + *(int64_t *)context;
}

/* An hour forward and back: what is received goes on in the order and time in which it came. */
static void test_stamps_when_wall_clock_steps(void **state)
{
    (void)state;
    int64_t step_ns = 0;
    ap_live_clock_source source = { real_monotonic_ns, stepped_wall, &step_ns };
    live_run run;
    live_start(&run, &source);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_UDP });
    int fd = live_connect(SOCK_DGRAM, "127.0.0.1", live_stats(&run, 0)->port);
    live_send(fd, "x");
    LIVE_UNTIL(&run, run.heard[0].datagrams == 1);
    ap_utc_ns begin = run.newest;
    int64_t begin_ns = ap_clock_monotonic_ns();
    static const int64_t steps_ns[] = { HOUR_NS, 0, -HOUR_NS, 0 };
    for (uint64_t i = 0; i < 4; i++) {
        step_ns = steps_ns[i];
        LIVE_UNTIL(&run, run.clock.step_count == i + 1); /* a tick sees it */
        assert_true(llabs(ap_live_clock_offset_ns(&run.clock) - step_ns) < AP_NS_PER_S);
        live_send(fd, "x");
        LIVE_UNTIL(&run, run.heard[0].datagrams == i + 2);
        /* The kernel's stamps did not step with this clock: they count as a second old at most. The
         * rest is a busy host's. */
        int64_t passed_ns = ap_clock_monotonic_ns() - begin_ns;
        assert_true(llabs(run.newest - begin - passed_ns) < 4 * AP_NS_PER_S);
    }
    close(fd);
    live_end(&run);
}

/* --- interfaces that come and go, in a network of the test's own --- */

#define ADD_INTERFACE                                                                              \
    "(ip link add airpicture0 type dummy || ip link add airpicture0 type bridge) 2>/dev/null && "  \
    "ip link set airpicture0 addrgenmode none && ip link set airpicture0 up multicast on && "      \
    "ip addr add 198.51.100.77/32 dev airpicture0 && "                                             \
    "ip addr add fd00:77::1/64 dev airpicture0 nodad"

static bool run_command(const char *command)
{
    return system(command) == 0;
}

/* The network of before, or -1 where none of our own can be had. */
static int enter_network(void)
{
    int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (before < 0 || unshare(CLONE_NEWNET)) {
        print_message("skipped: a network of our own needs root\n");
        close(before);
        return -1;
    }
    if (run_command("ip link set lo up && " ADD_INTERFACE))
        return before;
    print_message("skipped: making an interface needs ip, and a kernel with dummy or bridge\n");
    assert_int_equal(setns(before, CLONE_NEWNET), 0);
    close(before);
    return -1;
}

static void leave_network(int before)
{
    assert_int_equal(setns(before, CLONE_NEWNET), 0);
    close(before);
}

/* Of the site, and of the link, which is bound to on its link. */
static void test_udp_groups_ipv6(void **state)
{
    (void)state;
    static const group_row rows[] = {
        { "ff15::77:1", "ff15::77:2", "airpicture0", "airpicture0", AF_INET6 },
        { "ff12::77:1", "ff12::77:2", "fd00:77::1", "airpicture0", AF_INET6 },
    };
    int before = enter_network();
    if (before < 0)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_group(&rows[i]);
    leave_network(before);
}

static void check_heard(live_run *run, uint64_t round)
{
    int fd = group_sender(AF_INET, "airpicture0");
    assert_true(send_to(fd, "239.255.77.9", live_stats(run, 0)->port, "x"));
    LIVE_UNTIL(run, run->heard[0].datagrams == round);
    close(fd);
}

/* An interface that goes, and one of its name that comes: its group is heard again. */
static void test_udp_interface_gone_and_back(void **state)
{
    (void)state;
    int before = enter_network();
    if (before < 0)
        return;
    live_run run;
    live_start(&run, NULL);
    live_add(&run, 0,
             (ap_live_config){
                 .kind = AP_LIVE_UDP, .group = "239.255.77.9", .interface = "airpicture0" });
    const ap_live_stats *stats = live_stats(&run, 0);
    assert_int_equal(stats->state, AP_LIVE_CONNECTED);
    check_heard(&run, 1);
    assert_true(run_command("ip link del airpicture0"));
    LIVE_UNTIL(&run, stats->state == AP_LIVE_WAITING);
    assert_non_null(strstr(stats->last_error, "interface 'airpicture0' is gone; next try in 0."));
    LIVE_UNTIL(&run, strstr(stats->last_error, "there is no interface 'airpicture0'; next try"));
    assert_true(run_command(ADD_INTERFACE));
    LIVE_UNTIL(&run, stats->state == AP_LIVE_CONNECTED);
    check_heard(&run, 2);
    assert_int_equal(stats->reconnect_count, 1);
    live_end(&run);
    leave_network(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_udp_unicast),
        cmocka_unit_test(test_udp_groups),
        cmocka_unit_test(test_udp_groups_ipv6),
        cmocka_unit_test(test_udp_source),
        cmocka_unit_test(test_udp_kernel_drops),
        cmocka_unit_test(test_udp_kernel_stamps),
        cmocka_unit_test(test_udp_flood_is_fair),
        cmocka_unit_test(test_stamps_increase_over_inputs),
        cmocka_unit_test(test_stamps_when_wall_clock_steps),
        cmocka_unit_test(test_udp_interface_gone_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
