#include "io/http_get.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "airpicture/time.h"
#include "io/clock.h"

/* A server that takes one connection, keeps what it is sent, answers so and hangs up. */
typedef struct server {
    pthread_t thread;
    int listener;
    char url[64];
    const char *reply; /* NULL: takes the connection and says nothing until the client goes */
    char heard[4096];
} server;

static void *serve(void *context)
{
    server *s = context;
    int fd = accept(s->listener, NULL, NULL);
    size_t size = 0;
    while (size < sizeof s->heard - 1) {
        ssize_t got = recv(fd, s->heard + size, sizeof s->heard - 1 - size, 0);
        if (got <= 0)
            break;
        size += (size_t)got;
        s->heard[size] = '\0';
        if (s->reply && strstr(s->heard, "\r\n\r\n"))
            break;
    }
    if (s->reply)
        (void)send(fd, s->reply, strlen(s->reply), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static void begin(server *s, const char *reply)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    *s = (server){ .reply = reply, .listener = socket(AF_INET, SOCK_STREAM, 0) };
    assert_int_equal(bind(s->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(s->listener, 1), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void finish(server *s)
{
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    close(s->listener);
}

static ap_err get(server *s, const char *reply, const char *token, ap_http_answer *answer,
                  char message[AP_IO_MESSAGE_SIZE])
{
    begin(s, reply);
    const ap_http_get_config config = {
        .url = s->url, .path = "/x?y=1", .token = token, .timeout_s = 1, .size_cap = 32
    };
    ap_err err = ap_http_get(&config, answer, message);
    finish(s);
    return err;
}

static void test_get_answers(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *body;
        int status;
    } cases[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200 },
        { "HTTP/1.1 200 OK\r\n\r\nuntil its end", "until its end", 200 },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
          "abc", 200 },
        { "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "no", 404 },
        { "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "", 204 },
        { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "",
          302 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        server s;
        ap_http_answer answer;
        char message[AP_IO_MESSAGE_SIZE] = "";
        assert_int_equal(get(&s, cases[i].reply, "secret", &answer, message), AP_OK);
        assert_int_equal(answer.status, cases[i].status);
        assert_string_equal(answer.body, cases[i].body);
        assert_int_equal(answer.size, strlen(cases[i].body));
        assert_int_equal(strncmp(s.heard, "GET /x?y=1 HTTP/1.1\r\n", 21), 0);
        assert_non_null(strcasestr(s.heard, "\r\nauthorization: Bearer secret\r\n"));
        ap_http_answer_free(&answer);
        ap_http_answer_free(&answer);
    }
}

static void test_get_no_answers(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *told;
        ap_err err;
    } cases[] = {
        { "SSH-2.0-x\r\n", "speaks no HTTP", AP_ERR_MALFORMED },
        { "", "speaks no HTTP", AP_ERR_MALFORMED },
        { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "hung up", AP_ERR_NO_INPUT },
        { "HTTP/1.1 200 OK\r\n\r\nthis is one character too much for it", "more than was asked",
          AP_ERR_FULL },
        { NULL, "does not answer within 1 s", AP_ERR_NO_INPUT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        server s;
        ap_http_answer answer;
        char message[AP_IO_MESSAGE_SIZE] = "";
        int64_t begin_ns = ap_clock_monotonic_ns();
        assert_int_equal(get(&s, cases[i].reply, NULL, &answer, message), cases[i].err);
        assert_true(ap_clock_monotonic_ns() - begin_ns < 20 * AP_NS_PER_S);
        assert_null(answer.body);
        assert_non_null(strstr(message, cases[i].told));
        assert_non_null(strstr(message, s.url));
        assert_null(strcasestr(s.heard, "authorization"));
    }
}

static void test_get_nobody(void **state)
{
    (void)state;
    server s;
    ap_http_answer answer;
    char message[AP_IO_MESSAGE_SIZE] = "";
    begin(&s, "");
    int other = socket(AF_INET, SOCK_STREAM, 0); /* lets the thread go, and the port with it */
    struct sockaddr_in address = { .sin_family = AF_INET };
    assert_int_equal(sscanf(s.url, "http://127.0.0.1:%hu", &address.sin_port), 1);
    address.sin_port = htons(address.sin_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(other, (struct sockaddr *)&address, sizeof address), 0);
    shutdown(other, SHUT_RDWR);
    finish(&s);
    close(other);
    const ap_http_get_config config = { .url = s.url, .path = "/", .timeout_s = 5, .size_cap = 32 };
    assert_int_equal(ap_http_get(&config, &answer, message), AP_ERR_NO_INPUT);
    assert_non_null(strstr(message, "nothing listens there"));
}

static void test_get_wrong_arguments(void **state)
{
    (void)state;
    static const struct {
        const char *url, *token, *told;
    } cases[] = {
        { "ftp://127.0.0.1", NULL, "is no URL" },
        { "http://", NULL, "is no URL" },
        { "http://127.0.0.1:0", NULL, "is no URL" },
        { "http://127.0.0.1:70000", NULL, "is no" },
        { "http://127.0.0.1:1/a b", NULL, "is no URL" },
        { "http://me@127.0.0.1", NULL, "is no" },
        { "http://127.0.0.1:1\r\n", NULL, "is no URL" },
        { "http://127.0.0.1:1", "a\r\nb", "blanks" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const ap_http_get_config config = { .url = cases[i].url,
                                            .path = "/",
                                            .token = cases[i].token,
                                            .timeout_s = 1,
                                            .size_cap = 32 };
        ap_http_answer answer;
        char message[AP_IO_MESSAGE_SIZE] = "";
        assert_int_equal(ap_http_get(&config, &answer, message), AP_ERR_ARGUMENT);
        assert_non_null(strstr(message, cases[i].told));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_answers),
        cmocka_unit_test(test_get_no_answers),
        cmocka_unit_test(test_get_nobody),
        cmocka_unit_test(test_get_wrong_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
