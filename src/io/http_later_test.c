/* Replies that come after the handler has returned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/test_http_client.h"

#define REQUEST "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

typedef struct postman {
    test_http *test;
    uint64_t ticket[4];
    size_t count;
} postman;

static void on_later(void *context, const ap_http_request *request, ap_http_reply *reply)
{
    postman *p = context;
    assert_true(p->count < 4);
    p->ticket[p->count++] = request->ticket;
    reply->is_later = true;
}

static void reply_later(postman *p, size_t i, const char *text)
{
    ap_http_reply reply = { .status = 404 };
    ap_http_reply_text(&reply, "text/plain", text, strlen(text));
    ap_http_reply_later(&p->test->http, p->ticket[i], &reply);
    assert_null(reply.body);
}

static ap_http_config config_of(postman *p)
{
    ap_http_config config;
    ap_http_config_init(&config);
    config.handler = on_later;
    config.context = p;
    return config;
}

/* Two connections, answered in the other order; the first is used again. */
static void test_http_later(void **state)
{
    (void)state;
    test_http test;
    postman p = { .test = &test };
    ap_http_config config = config_of(&p);
    test_http_open(&test, &config);
    int one = test_http_connect(&test), two = test_http_connect(&test);
    test_http_send(&test, one, REQUEST, sizeof REQUEST - 1);
    TEST_HTTP_WAIT(&test, p.count == 1);
    test_http_send(&test, two, REQUEST, sizeof REQUEST - 1);
    TEST_HTTP_WAIT(&test, p.count == 2);
    reply_later(&p, 1, "second");
    reply_later(&p, 1, "again"); /* is dropped */
    test_reply reply = test_http_ask(&test, two, NULL);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "second");
    free(reply.body);
    reply_later(&p, 0, "first");
    reply = test_http_ask(&test, one, NULL);
    assert_string_equal(reply.body, "first");
    free(reply.body);
    test_http_send(&test, one, REQUEST, sizeof REQUEST - 1);
    TEST_HTTP_WAIT(&test, p.count == 3);
    reply_later(&p, 0, "too late"); /* that ticket is used */
    reply_later(&p, 2, "third");
    reply = test_http_ask(&test, one, NULL);
    assert_string_equal(reply.body, "third");
    free(reply.body);
    close(one);
    close(two);
    test_http_close(&test);
}

/* Who has gone gets nothing; whose reply does not come in time is told so. */
static void test_http_later_never(void **state)
{
    (void)state;
    test_http test;
    postman p = { .test = &test };
    ap_http_config config = config_of(&p);
    config.later_s = 0.3;
    test_http_open(&test, &config);
    int gone = test_http_connect(&test);
    test_http_send(&test, gone, REQUEST, sizeof REQUEST - 1);
    TEST_HTTP_WAIT(&test, p.count == 1);
    close(gone);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->connection_count == 0);
    reply_later(&p, 0, "for nobody");
    test_reply reply = test_http_once(&test, REQUEST);
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(reply.body, "took too long"));
    free(reply.body);
    reply_later(&p, 1, "too late");
    test_http_turn(&test, 5);
    test_http_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_later),
        cmocka_unit_test(test_http_later_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
