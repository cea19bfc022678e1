#include "io/stream_feed.h"

#include <pthread.h>
#include <stdatomic.h>

#include "io/live_check.h"

typedef struct served {
    ap_loop loop;
    ap_stream_feed feed;
    char message[AP_IO_MESSAGE_SIZE];
} served;

static void start(served *s, ap_stream_out_config config)
{
    assert_int_equal(ap_loop_open(&s->loop, s->message), AP_OK);
    assert_int_equal(ap_stream_feed_open(&s->feed, &s->loop, &config, s->message), AP_OK);
}

static void end(served *s)
{
    ap_stream_feed_close(&s->feed);
    ap_stream_feed_close(&s->feed);
    ap_loop_close(&s->loop);
}

#define SERVE_UNTIL(s, condition)                                                                  \
    do {                                                                                           \
        int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;                                 \
        while (!(condition) && ap_clock_monotonic_ns() < until_ns) {                               \
            ap_loop_turn(&(s)->loop);                                                              \
            ap_clock_sleep_ns(AP_NS_PER_MS / 4);                                                   \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

static int join(served *s)
{
    uint64_t before = ap_stream_feed_count(&s->feed).accepted_count;
    int fd = live_connect(SOCK_STREAM, "127.0.0.1", ap_stream_feed_port(&s->feed));
    SERVE_UNTIL(s, ap_stream_feed_count(&s->feed).accepted_count == before + 1);
    return fd;
}

static bool has_come(int fd, size_t size)
{
    char got[256];
    return recv(fd, got, size, MSG_PEEK | MSG_DONTWAIT) == (ssize_t)size;
}

static void check_gets(served *s, int fd, const char *text)
{
    char got[64] = { 0 };
    SERVE_UNTIL(s, has_come(fd, strlen(text)));
    assert_int_equal(recv(fd, got, strlen(text), 0), strlen(text));
    assert_string_equal(got, text);
}

/* Who listens gets what was put in after it had come, when it was flushed or half a buffer waits.
 */
static void test_feed_flushes(void **state)
{
    (void)state;
    served s;
    char piece[4096] = { 0 };
    start(&s, (ap_stream_out_config){ .queue_size = 32768 }); /* buffers of 16384 */
    assert_false(ap_stream_feed_is_heard(&s.feed));
    assert_true(ap_stream_feed_put(&s.feed, "nobody", 6)); /* and nobody lacks it */
    ap_stream_feed_flush(&s.feed);
    int fd = join(&s);
    assert_true(ap_stream_feed_is_heard(&s.feed));
    assert_true(ap_stream_feed_put(&s.feed, "one ", 4));
    assert_true(ap_stream_feed_put(&s.feed, "two", 3));
    ap_stream_feed_flush(&s.feed);
    check_gets(&s, fd, "one two");
    assert_true(ap_stream_feed_put(&s.feed, piece, sizeof piece));
    for (int i = 0; i < 50; i++)
        ap_loop_turn(&s.loop);
    assert_false(has_come(fd, 1)); /* it waits for a flush, or for more */
    assert_true(ap_stream_feed_put(&s.feed, piece, sizeof piece));
    assert_true(ap_stream_feed_put(&s.feed, piece, sizeof piece));
    size_t size = 0;
    SERVE_UNTIL(&s, (size += has_come(fd, 1) ? (size_t)recv(fd, piece, sizeof piece, 0) : 0) ==
                        3 * sizeof piece);
    close(fd);
    SERVE_UNTIL(&s, !ap_stream_feed_is_heard(&s.feed));
    assert_int_equal(ap_stream_feed_count(&s.feed).gone_count, 1);
    end(&s);
}

/* While the loop is away a buffer fills: what finds no room is told and counted, what is there
 * comes whole; a client without much queue is not cut for it. */
static void test_feed_without_room(void **state)
{
    (void)state;
    served s;
    char piece[1000], got[1000];
    start(&s, (ap_stream_out_config){ .queue_size = 8192 });
    int fd = join(&s);
    for (int round = 0; round < 3; round++) {
        memset(piece, 'a' + round, sizeof piece);
        for (int i = 0; i < 4; i++)
            assert_true(ap_stream_feed_put(&s.feed, piece, sizeof piece));
        assert_false(ap_stream_feed_put(&s.feed, piece, sizeof piece)); /* of 4096 */
        assert_true(ap_stream_feed_put(&s.feed, piece, 96));
        assert_false(ap_stream_feed_put(&s.feed, piece, 1));
        assert_int_equal(ap_stream_feed_count(&s.feed).lost_count, 2 * round + 2);
        for (int i = 0; i < 4; i++) {
            SERVE_UNTIL(&s, has_come(fd, 1));
            assert_int_equal(recv(fd, got, sizeof got, MSG_WAITALL), sizeof got);
            assert_memory_equal(got, piece, sizeof piece);
        }
        assert_int_equal(recv(fd, got, 96, MSG_WAITALL), 96);
    }
    assert_int_equal(ap_stream_feed_count(&s.feed).slow_count, 0);
    assert_int_equal(ap_stream_feed_count(&s.feed).client_count, 1);
    end(&s);
    close(fd);
}

/* What waits at the end still goes. */
static void test_feed_close_sends(void **state)
{
    (void)state;
    served s;
    char got[8] = { 0 };
    start(&s, (ap_stream_out_config){ .client_cap = 1 });
    int fd = join(&s);
    assert_true(ap_stream_feed_put(&s.feed, "last", 4));
    end(&s);
    assert_int_equal(recv(fd, got, 4, MSG_WAITALL), 4);
    assert_string_equal(got, "last");
    assert_int_equal(recv(fd, got, 1, 0), 0);
    close(fd);
    assert_false(ap_stream_feed_put(&s.feed, "x", 1) && ap_stream_feed_is_heard(&s.feed));
    ap_stream_feed_flush(&s.feed); /* a closed one: nothing */
    assert_int_equal(ap_stream_feed_count(&s.feed).client_count, 0);
    assert_int_equal(ap_stream_feed_port(&s.feed), 0);
}

typedef struct other {
    served *served;
    atomic_bool is_done;
    uint64_t put_count, refused_count;
} other;

/* Elements of eight octets, numbered; two flushes are no loss. */
static void *put_numbers(void *context)
{
    enum { COUNT = 200000 };
    other *from = context;
    for (uint64_t i = 0; i < COUNT; i++) {
        if (ap_stream_feed_put(&from->served->feed, &i, sizeof i))
            from->put_count++;
        else
            from->refused_count++;
        if (i % 100 == 0)
            ap_stream_feed_flush(&from->served->feed);
    }
    ap_stream_feed_flush(&from->served->feed);
    atomic_store(&from->is_done, true);
    return NULL;
}

/* Numbers that came since, which rise; whether any came. */
static bool take_numbers(int fd, uint8_t *rest, size_t *rest_size, uint64_t *count, int64_t *newest)
{
    uint8_t got[65536 + 8];
    memcpy(got, rest, *rest_size);
    ssize_t n = recv(fd, got + *rest_size, 65536, MSG_DONTWAIT);
    if (n <= 0)
        return false;
    size_t size = *rest_size + (size_t)n, at = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t number;
        memcpy(&number, got + at, sizeof number);
        assert_true((int64_t)number > *newest);
        *newest = (int64_t)number;
        ++*count;
    }
    *rest_size = size - at;
    memcpy(rest, got + at, *rest_size);
    return true;
}

/* Another thread puts as fast as it can: all that it could put comes, in order, none cut. */
static void test_feed_from_another_thread(void **state)
{
    (void)state;
    served s;
    other from = { .served = &s };
    pthread_t thread;
    uint8_t rest[8];
    size_t rest_size = 0;
    uint64_t count = 0;
    int64_t newest = -1;
    start(&s, (ap_stream_out_config){ .queue_size = 4 << 20 });
    int fd = join(&s);
    assert_int_equal(pthread_create(&thread, NULL, put_numbers, &from), 0);
    int64_t until_ns = ap_clock_monotonic_ns() + 3 * LIVE_WAIT_NS;
    while (!(atomic_load(&from.is_done) && count == from.put_count) &&
           ap_clock_monotonic_ns() < until_ns) {
        ap_loop_turn(&s.loop);
        while (take_numbers(fd, rest, &rest_size, &count, &newest)) {
        }
    }
    pthread_join(thread, NULL);
    assert_int_equal(count, from.put_count);
    assert_int_equal(ap_stream_feed_count(&s.feed).lost_count, from.refused_count);
    assert_int_equal(from.put_count + from.refused_count, 200000);
    assert_int_equal(ap_stream_feed_count(&s.feed).slow_count, 0);
    end(&s);
    close(fd);
}

/* In words, and nothing is left open. */
static void test_feed_open_refuses(void **state)
{
    (void)state;
    served s;
    ap_stream_feed second;
    start(&s, (ap_stream_out_config){ .client_cap = 1 });
    ap_stream_out_config config = { .port = ap_stream_feed_port(&s.feed) };
    assert_int_equal(ap_stream_feed_open(&second, &s.loop, &config, s.message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(s.message, "address already in use; name another port"));
    assert_null(second.state);
    config = (ap_stream_out_config){ .address = "localhost" };
    assert_int_equal(ap_stream_feed_open(&second, &s.loop, &config, s.message), AP_ERR_CONFIG);
    assert_non_null(strstr(s.message, "name one in digits"));
    config = (ap_stream_out_config){ .queue_size = 1 };
    assert_int_equal(ap_stream_feed_open(&second, &s.loop, &config, s.message), AP_ERR_CONFIG);
    assert_null(second.state);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_feed_flushes),      cmocka_unit_test(test_feed_without_room),
        cmocka_unit_test(test_feed_close_sends),  cmocka_unit_test(test_feed_from_another_thread),
        cmocka_unit_test(test_feed_open_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
