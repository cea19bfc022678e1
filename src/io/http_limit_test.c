#include "io/http_limit.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S INT64_C(1000000000)

static ap_http_peer peer(const char *text)
{
    struct sockaddr_storage storage = { .ss_family = AF_UNSPEC };
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        memcpy(&storage, &in, sizeof in);
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
        memcpy(&storage, &in6, sizeof in6);
    return ap_http_peer_of(&storage);
}

static bool same(const char *a, const char *b)
{
    ap_http_peer one = peer(a), two = peer(b);
    return memcmp(&one, &two, sizeof one) == 0;
}

static void test_peer_of_table(void **state)
{
    (void)state;
    assert_true(same("192.0.2.1", "::ffff:192.0.2.1"));
    assert_false(same("192.0.2.1", "192.0.2.2"));
    assert_true(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
    assert_false(same("2001:db8:1:2::1", "2001:db8:1:3::1"));
}

/* A burst of 5 at once, then 2 a second. */
static void test_limit_take_burst_then_rate(void **state)
{
    (void)state;
    ap_http_limit *limit = malloc(sizeof *limit);
    ap_http_peer a = peer("192.0.2.1"), b = peer("192.0.2.2");
    ap_http_limit_init(limit, 2, 5, 42);
    for (int i = 0; i < 5; i++)
        assert_true(ap_http_limit_take(limit, &a, 100 * S));
    assert_false(ap_http_limit_has(limit, &a, 100 * S));
    assert_false(ap_http_limit_take(limit, &a, 100 * S));
    assert_false(ap_http_limit_take(limit, &a, 100 * S + S / 3));
    assert_true(ap_http_limit_take(limit, &b, 100 * S)); /* another peer has its own */
    assert_true(ap_http_limit_take(limit, &a, 100 * S + S / 2));
    assert_false(ap_http_limit_take(limit, &a, 100 * S + S / 2));
    int taken = 0;
    for (int i = 1; i <= 1000; i++)
        taken += ap_http_limit_take(limit, &a, 100 * S + S / 2 + i * S / 100);
    assert_int_equal(taken, 20); /* 10 s */
    for (int i = 0; i < 5; i++)
        assert_true(ap_http_limit_take(limit, &a, 1000 * S)); /* full again, not more than full */
    assert_false(ap_http_limit_take(limit, &a, 1000 * S));
    free(limit);
}

static void test_limit_take_no_limit(void **state)
{
    (void)state;
    ap_http_limit *limit = malloc(sizeof *limit);
    ap_http_peer a = peer("192.0.2.1");
    ap_http_limit_init(limit, 0, 0, 1);
    for (int i = 0; i < 1000; i++)
        assert_true(ap_http_limit_take(limit, &a, S));
    assert_true(ap_http_limit_has(limit, &a, S));
    free(limit);
}

/* The one who asked a hundred times is remembered through 2,000 that ask once. */
static void test_limit_take_flood_of_peers(void **state)
{
    (void)state;
    ap_http_limit *limit = malloc(sizeof *limit);
    ap_http_peer loud = peer("192.0.2.1");
    ap_http_limit_init(limit, 1, 100, 7);
    for (int i = 0; i < 100; i++)
        assert_true(ap_http_limit_take(limit, &loud, 100 * S));
    for (uint32_t i = 0; i < 2000; i++) {
        ap_http_peer other = peer("10.0.0.0");
        other.address[14] = (uint8_t)(i >> 8);
        other.address[15] = (uint8_t)i;
        assert_true(ap_http_limit_take(limit, &other, 101 * S));
    }
    assert_true(ap_http_limit_take(limit, &loud, 101 * S)); /* one second: one */
    assert_false(ap_http_limit_take(limit, &loud, 101 * S));
    free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peer_of_table),
        cmocka_unit_test(test_limit_take_burst_then_rate),
        cmocka_unit_test(test_limit_take_no_limit),
        cmocka_unit_test(test_limit_take_flood_of_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
