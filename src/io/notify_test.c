#include "io/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* The manager's socket, at a path or, behind '@', an abstract name. */
static int listen_at(const char *address)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    memcpy(at.sun_path, address, strlen(address));
    if (address[0] == '@')
        at.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address));
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    return fd;
}

static void heard(int fd, const char *lines)
{
    char text[256] = "";
    ssize_t size = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    assert_int_equal(size, lines ? (ssize_t)strlen(lines) : -1);
    assert_string_equal(text, lines ? lines : "");
}

static void test_notify_send(void **state)
{
    (void)state;
    char path[64], abstract[64];
    snprintf(path, sizeof path, "/tmp/airpicture-notify-%d", (int)getpid());
    snprintf(abstract, sizeof abstract, "@airpicture-notify-%d", (int)getpid());
    const char *const addresses[] = { path, abstract };
    for (size_t i = 0; i < 2; i++) {
        int fd = listen_at(addresses[i]);
        ap_notify notify;
        setenv("NOTIFY_SOCKET", addresses[i], 1);
        ap_notify_open(&notify);
        ap_notify_send(&notify, "READY=1\nSTATUS=serves");
        heard(fd, "READY=1\nSTATUS=serves");
        ap_notify_close(&notify);
        ap_notify_close(&notify);
        ap_notify_send(&notify, "STOPPING=1");
        heard(fd, NULL);
        close(fd);
    }
    (void)unlink(path);
}

/* A manager that is gone, or has stopped reading, holds nobody up. */
static void test_notify_send_to_nobody(void **state)
{
    (void)state;
    char path[64];
    ap_notify notify = { .fd = 0 };
    ap_notify_send(&notify, "READY=1"); /* never opened */
    ap_notify_close(&notify);
    snprintf(path, sizeof path, "/tmp/airpicture-notify-%d", (int)getpid());
    setenv("NOTIFY_SOCKET", path, 1);
    ap_notify_open(&notify);
    ap_notify_send(&notify, "READY=1"); /* nobody there */
    int fd = listen_at(path);
    alarm(20);
    for (int i = 0; i < 15; i++) /* the queue of a socket is 10 datagrams, as a rule */
        ap_notify_send(&notify, "WATCHDOG=1");
    alarm(0);
    heard(fd, "WATCHDOG=1");
    ap_notify_close(&notify);
    close(fd);
    (void)unlink(path);
}

static void test_notify_open_environment(void **state)
{
    (void)state;
    char own[16], long_path[200];
    snprintf(own, sizeof own, "%d", (int)getpid());
    memset(long_path, 'x', sizeof long_path);
    long_path[0] = '/';
    long_path[sizeof long_path - 1] = '\0';
    const struct {
        const char *socket, *period, *pid;
        int64_t watchdog_ns;
        unsigned address_size;
    } rows[] = {
        { NULL, "500000", NULL, 0, 0 },
        { "", "500000", NULL, 0, 0 },
        { "relative", "500000", NULL, 0, 0 },
        { long_path, "500000", NULL, 0, 0 },
        { "/run/n", NULL, NULL, 0, 6 },
        { "/run/n", "500000", NULL, 500000000, 6 },
        { "/run/n", "500000", own, 500000000, 6 },
        { "/run/n", "500000", "1", 0, 6 }, /* meant for another process */
        { "/run/n", "0", NULL, 0, 6 },
        { "/run/n", "soon", NULL, 0, 6 },
        { "/run/n", "99999999999999999999", NULL, 0, 6 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };
        const char *const values[] = { rows[i].socket, rows[i].period, rows[i].pid };
        for (size_t k = 0; k < 3; k++)
            if (values[k])
                setenv(names[k], values[k], 1);
            else
                unsetenv(names[k]);
        ap_notify notify;
        ap_notify_open(&notify);
        assert_int_equal(notify.address_size, rows[i].address_size);
        assert_int_equal(notify.watchdog_ns, rows[i].watchdog_ns);
        ap_notify_close(&notify);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notify_send),
        cmocka_unit_test(test_notify_send_to_nobody),
        cmocka_unit_test(test_notify_open_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
