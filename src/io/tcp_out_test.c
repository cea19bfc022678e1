#include "io/tcp_out.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "airpicture/time.h"
#include "io/clock.h"

static int join(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Who comes later gets what comes later; one too many is counted and turned away. */
static void test_tcp_out_send_to_all(void **state)
{
    (void)state;
    enum { COUNT = AP_TCP_OUT_CLIENT_CAP + 2 };
    ap_tcp_out out;
    char message[AP_IO_MESSAGE_SIZE], got[16];
    int fd[COUNT];
    assert_int_equal(ap_tcp_out_open(&out, 0, message), AP_OK);
    fd[0] = join(ap_tcp_out_port(&out));
    ap_tcp_out_send(&out, "one", 3);
    for (int i = 1; i < COUNT; i++) {
        fd[i] = join(ap_tcp_out_port(&out));
        ap_tcp_out_send(&out, NULL, 0); /* the backlog is shorter than the table */
    }
    ap_tcp_out_send(&out, "two", 3);
    ap_tcp_out_close(&out);
    ap_tcp_out_close(&out);
    assert_int_equal(out.client_count, AP_TCP_OUT_CLIENT_CAP);
    assert_int_equal(out.refused_count, 2);
    assert_int_equal(out.dropped_count, 0);
    for (int i = 0; i < COUNT; i++) {
        bool is_in = i < AP_TCP_OUT_CLIENT_CAP;
        ssize_t size = recv(fd[i], got, sizeof got, MSG_WAITALL);
        assert_int_equal(size, i == 0 ? 6 : is_in ? 3 : 0);
        assert_memory_equal(got, i == 0 ? "onetwo" : "two", (size_t)size);
        close(fd[i]);
    }
}

/* Clients that take nothing: one is let go when its room is full, and the end does not wait for the
 * others one after the other. */
static void test_tcp_out_close_waits_once(void **state)
{
    (void)state;
    enum { COUNT = 3, PIECE = 16384 };
    ap_tcp_out out;
    char message[AP_IO_MESSAGE_SIZE];
    int fd[COUNT];
    void *piece = calloc(1, PIECE);
    assert_int_equal(ap_tcp_out_open(&out, 0, message), AP_OK);
    fd[0] = join(ap_tcp_out_port(&out));
    for (int i = 0; i < 8; i++) /* so that it is full before the others */
        ap_tcp_out_send(&out, piece, PIECE);
    for (int i = 1; i < COUNT; i++)
        fd[i] = join(ap_tcp_out_port(&out));
    for (int i = 0; i < 100000 && out.dropped_count == 0; i++)
        ap_tcp_out_send(&out, piece, PIECE);
    assert_int_equal(out.dropped_count, 1);
    int64_t start_ns = ap_clock_monotonic_ns();
    ap_tcp_out_close(&out);
    assert_true(ap_clock_monotonic_ns() - start_ns < AP_NS_PER_S * 3 / 2);
    for (int i = 0; i < COUNT; i++)
        close(fd[i]);
    free(piece);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_out_send_to_all),
        cmocka_unit_test(test_tcp_out_close_waits_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
