#include "io/udp_out.h"

#include "io/live_check.h"

static void test_udp_out_open_one(void **state)
{
    (void)state;
    ap_udp_out out;
    live_run run;
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_UDP });
    assert_int_equal(ap_udp_out_open(&out, "localhost", run.message), AP_OK);
    ap_udp_out_close(&out);
    assert_int_equal(ap_udp_out_open(&out, "127.0.0.1", run.message), AP_OK);
    ap_udp_out_send(&out, live_stats(&run, 0)->port, "one", 3);
    LIVE_UNTIL(&run, run.heard[0].datagrams == 1);
    static const uint8_t too_long[AP_LIVE_CHUNK_CAP + 1];
    ap_udp_out_send(&out, live_stats(&run, 0)->port, too_long, sizeof too_long);
    assert_int_equal(out.sent_count, 1);
    assert_int_equal(out.refused_count, 1);
    ap_udp_out_close(&out);
    ap_udp_out_close(&out);
    ap_udp_out_send(&out, 1, "x", 1);
    assert_int_equal(out.sent_count, 1);
    live_end(&run);
}

/* A host and a group by one output; the group by the loopback interface alone. */
static void test_udp_out_open_to_several(void **state)
{
    (void)state;
    ap_udp_out out;
    live_run run;
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_UDP });
    uint16_t port = live_stats(&run, 0)->port;
    live_add(&run, 1,
             (ap_live_config){
                 .kind = AP_LIVE_UDP, .group = "239.255.77.4", .port = port, .interface = "lo" });
    ap_udp_out_config config = { .hosts = { "127.0.0.1", "239.255.77.4" },
                                 .host_count = 2,
                                 .interface = "lo" };
    assert_int_equal(ap_udp_out_open_to(&out, &config, run.message), AP_OK);
    ap_udp_out_send(&out, port, "both", 4);
    LIVE_UNTIL(&run, run.heard[0].datagrams == 1 && run.heard[1].datagrams == 1);
    assert_string_equal(run.heard[0].text, "both");
    assert_string_equal(run.heard[1].text, "both");
    assert_int_equal(out.sent_count, 2);
    ap_udp_out_close(&out);
    config.interface = "127.0.0.1";
    assert_int_equal(ap_udp_out_open_to(&out, &config, run.message), AP_OK);
    ap_udp_out_send(&out, port, "2", 1);
    LIVE_UNTIL(&run, run.heard[1].datagrams == 2);
    ap_udp_out_close(&out);
    live_end(&run);
}

/* TTL as the receiver sees it; 1 unless told. */
static void test_udp_out_ttl(void **state)
{
    (void)state;
    static const uint8_t wishes[] = { 0, 7 };
    for (int i = 0; i < 2; i++) {
        char message[AP_IO_MESSAGE_SIZE], byte;
        uint8_t control[64];
        int on = 1, ttl = -1, fd = socket(AF_INET, SOCK_DGRAM, 0);
        ap_socket_address at = live_address("239.255.77.5", 0);
        struct ip_mreqn group = { .imr_multiaddr = at.is.v4.sin_addr,
                                  .imr_ifindex = (int)ap_socket_interface("lo") };
        assert_int_equal(bind(fd, &at.is.any, at.size), 0);
        assert_int_equal(getsockname(fd, &at.is.any, &at.size), 0);
        assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group), 0);
        assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on), 0);
        ap_udp_out out;
        ap_udp_out_config config = {
            .hosts = { "239.255.77.5" }, .host_count = 1, .interface = "lo", .ttl = wishes[i]
        };
        assert_int_equal(ap_udp_out_open_to(&out, &config, message), AP_OK);
        ap_udp_out_send(&out, ap_socket_address_port(&at), "x", 1);
        ap_udp_out_close(&out);
        struct iovec piece = { &byte, 1 };
        struct msghdr header = { .msg_iov = &piece,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control };
        assert_int_equal(recvmsg(fd, &header, 0), 1);
        memcpy(&ttl, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof ttl);
        assert_int_equal(ttl, wishes[i] ? wishes[i] : 1);
        close(fd);
    }
}

static void test_udp_out_open_refuses(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE];
    ap_udp_out out;
    assert_int_equal(ap_udp_out_open(&out, "", message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "; name a host or an address"));
    assert_null(out.state);
    ap_udp_out_config config = { .hosts = { "127.0.0.1" }, .host_count = 0 };
    assert_int_equal(ap_udp_out_open_to(&out, &config, message), AP_ERR_ARGUMENT);
    config.host_count = AP_UDP_OUT_HOST_CAP + 1;
    assert_int_equal(ap_udp_out_open_to(&out, &config, message), AP_ERR_ARGUMENT);
    config.host_count = 1;
    config.interface = "airpicture9";
    assert_int_equal(ap_udp_out_open_to(&out, &config, message), AP_ERR_NO_OUTPUT);
    assert_string_equal(message, "cannot send to '127.0.0.1': there is no interface airpicture9");
    assert_null(out.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_udp_out_open_one),
        cmocka_unit_test(test_udp_out_open_to_several),
        cmocka_unit_test(test_udp_out_ttl),
        cmocka_unit_test(test_udp_out_open_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
