#include "io/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* RFC 4291: 2.5.5.2 for the mapped form; RFC 6890 for what the addresses are. */
static void test_address_parse_text_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *host, *text, *bytes;
        bool is_multicast;
    } rows[] = {
        { "127.0.0.1", "127.0.0.1:30005", "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\x7F\0\0\1", false },
        { "239.1.2.3", "239.1.2.3:30005", "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xEF\1\2\3", true },
        { "::1", "[::1]:30005", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", false },
        { "ff15::77:1", "[ff15::77:1]:30005", "\xFF\x15\0\0\0\0\0\0\0\0\0\0\0\x77\0\1", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ap_socket_address address;
        char text[AP_SOCKET_TEXT_SIZE];
        uint8_t bytes[16];
        uint16_t port;
        assert_true(ap_socket_address_parse(&address, rows[i].host, 30005));
        ap_socket_address_text(&address, text);
        assert_string_equal(text, rows[i].text);
        ap_socket_address_bytes(&address, bytes, &port);
        assert_memory_equal(bytes, rows[i].bytes, 16);
        assert_int_equal(port, 30005);
        assert_int_equal(ap_socket_address_is_multicast(&address), rows[i].is_multicast);
    }
}

/* The last descriptors are not for connections. */
static void test_accept_keeps_descriptors(void **state)
{
    (void)state;
    struct rlimit limit, low;
    ap_socket_address at, peer;
    assert_true(ap_socket_address_parse(&at, "127.0.0.1", 0));
    int listener = ap_socket_listen(&at, 8);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(listener >= 0 && client >= 0);
    assert_int_equal(connect(client, &at.is.any, at.size), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    int last = dup(client);
    close(last);
    low = (struct rlimit){ .rlim_cur = (rlim_t)last + 1, .rlim_max = limit.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    int made = ap_socket_accept(listener, &peer), error = errno;
    int file = open("/dev/null", O_RDONLY);
    low.rlim_cur = 1024;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(ap_socket_fd_cap(), 960);
    ap_socket_raise_fd_limit();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &low), 0);
    assert_true(low.rlim_cur == (low.rlim_max < 16384 ? low.rlim_max : 16384));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(made, -1);
    assert_int_equal(error, EMFILE);
    assert_int_equal(file, last);
    close(file);
    close(listener);
    close(client);
}

static void test_address_parse_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = { "",          "localhost",          "127.1", "7",
                                       "1.2.3.4.5", "256.0.0.1",          "::g",   "[::1]",
                                       "1.2.3.4:5", "fe80::1%airpicture9" };
    ap_socket_address address;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ap_socket_address_parse(&address, bad[i], 1));
}

static void test_interface_by_name_and_address(void **state)
{
    (void)state;
    unsigned index = ap_socket_interface("lo");
    assert_true(index > 0);
    assert_int_equal(ap_socket_interface("127.0.0.1"), index);
    assert_int_equal(ap_socket_interface("airpicture9"), 0);
    assert_int_equal(ap_socket_interface("203.0.113.9"), 0); /* for documents: nobody's */
}

/* For the middle of a sentence; but not acronyms. */
static void test_error_text(void **state)
{
    (void)state;
    char text[AP_SOCKET_ERROR_SIZE];
    assert_string_equal(ap_socket_error_text(ECONNREFUSED, text), "connection refused");
    assert_string_equal(ap_socket_error_text(EPERM, text), "operation not permitted");
    assert_string_equal(ap_socket_error_text(ENOTUNIQ, text), "name not unique on network");
    assert_string_equal(ap_socket_error_text(ENOSR, text), "out of streams resources");
    assert_string_equal(ap_socket_error_text(ELIBBAD, text),
                        "accessing a corrupted shared library");
    assert_string_equal(ap_socket_error_text(EDOTDOT, text), "RFS specific error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_parse_text_bytes),
        cmocka_unit_test(test_address_parse_refuses),
        cmocka_unit_test(test_interface_by_name_and_address),
        cmocka_unit_test(test_error_text),
        cmocka_unit_test(test_accept_keeps_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
