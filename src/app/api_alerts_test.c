/* What may be done about an alert, and who is asking. */
#include "app/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "app/test_api_bench.h"

/* Who may, which alert, and that the first one counts. */
static void test_api_acknowledge(void **state)
{
    api_bench *b = *state;
    const char *path = "/api/v1/alerts/2/acknowledge";
    static const struct {
        const char *user, *may_operate_as, *url;
        unsigned status;
    } cases[] = {
        { "", "", "/api/v1/alerts/2/acknowledge", 401 },
        { NULL, NULL, "/api/v1/alerts/2/acknowledge", 401 },
        { "", "", "/api/v1/alerts/99/acknowledge", 401 }, /* and is not told which there are */
        { "bob", "", "/api/v1/alerts/2/acknowledge", 403 },
        { "ann", "ann", "/api/v1/alerts/3/acknowledge", 404 },
        { "ann", "ann", "/api/v1/alerts/0/acknowledge", 404 },
        { "ann", "ann", "/api/v1/alerts/-1/acknowledge", 404 },
        { "ann", "ann", "/api/v1/alerts/4294967298/acknowledge", 404 },
        { "ann", "ann", "/api/v1/alerts/x/acknowledge", 404 },
        { "ann", "ann", "/api/v1/alerts/2/acknowledge?since_s=x", 400 },
        { "ann", "ann", "/api/v1/alerts/2/acknowledge?by=bob", 400 },
        { "ann", "ann", "/api/v1/alerts/2/acknowledge?since_s=1717664319.2", 409 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        b->user = cases[i].user;
        b->may_operate_as = cases[i].may_operate_as;
        unsigned status = api_bench_ask(b, "POST", cases[i].url, NULL).status;
        if (status != cases[i].status)
            fail_msg("%s: %u %s", cases[i].url, status, (char *)b->body);
    }
    ap_api_reply reply = api_bench_ask(b, "GET", path, NULL);
    assert_int_equal(reply.status, 405);
    assert_string_equal(reply.allow, "POST");
    b->is_full = true;
    assert_int_equal(api_bench_ask(b, "POST", path, NULL).status, 503);
    b->is_full = false;
    assert_int_equal(b->acknowledged_count, 0);
    assert_non_null(strstr((api_bench_ask(b, "GET", "/metrics", NULL), (char *)b->body),
                           "\nairpicture_alerts_unacknowledged 1\n"));
    assert_int_equal(
        api_bench_ask(b, "POST", "/api/v1/alerts/1/acknowledge?since_s=1717664319.147975", NULL)
            .status,
        200);
    char first[1024];
    snprintf(first, sizeof first, "%s", (char *)b->body);
    assert_non_null(strstr(first, "\"acknowledged_by\":\"ann\",\"acknowledged_s\":1717664439"));
    assert_non_null(strstr((api_bench_ask(b, "GET", "/metrics", NULL), (char *)b->body),
                           "\nairpicture_alerts_unacknowledged 0\n"));
    b->may_operate_as = "bob";
    assert_int_equal(api_bench_ask(b, "POST", "/api/v1/alerts/1/acknowledge", NULL).status, 200);
    assert_string_equal((char *)b->body, first);
    assert_int_equal(b->acknowledged_count, 1);
}

static void test_api_session(void **state)
{
    api_bench *b = *state;
    b->user = "bob";
    b->may_operate_as = "";
    assert_int_equal(api_bench_ask(b, "GET", "/api/v1/session", NULL).status, 200);
    assert_string_equal((char *)b->body, "{\"user\": \"bob\", \"may_operate\": false}\n");
    b->user = "";
    b->may_operate_as = "local";
    assert_int_equal(api_bench_ask(b, "GET", "/api/v1/session", NULL).status, 200);
    assert_string_equal((char *)b->body, "{\"may_operate\": true}\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_api_acknowledge, api_bench_set_up,
                                        api_bench_tear_down),
        cmocka_unit_test_setup_teardown(test_api_session, api_bench_set_up, api_bench_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
