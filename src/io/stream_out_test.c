#include "io/stream_out.h"

#include "io/live_check.h"

typedef struct served {
    ap_loop loop;
    ap_stream_out out;
    char message[AP_IO_MESSAGE_SIZE];
} served;

static void start(served *s, ap_stream_out_config config)
{
    assert_int_equal(ap_loop_open(&s->loop, s->message), AP_OK);
    assert_int_equal(ap_stream_out_open(&s->out, &s->loop, &config, s->message), AP_OK);
}

static void end(served *s)
{
    ap_stream_out_close(&s->out);
    ap_stream_out_close(&s->out);
    ap_loop_close(&s->loop);
}

static void turn(served *s)
{
    ap_loop_turn(&s->loop);
    ap_clock_sleep_ns(AP_NS_PER_MS / 2);
}

/* Turns the loop until that holds, which it has to. */
#define SERVE_UNTIL(s, condition)                                                                  \
    do {                                                                                           \
        int64_t until_ns = ap_clock_monotonic_ns() + LIVE_WAIT_NS;                                 \
        while (!(condition) && ap_clock_monotonic_ns() < until_ns)                                 \
            turn(s);                                                                               \
        assert_true(condition);                                                                    \
    } while (0)

static int join(served *s)
{
    uint64_t before = s->out.accepted_count + s->out.refused_count;
    int fd = live_connect(SOCK_STREAM, "127.0.0.1", ap_stream_out_port(&s->out));
    SERVE_UNTIL(s, s->out.accepted_count + s->out.refused_count == before + 1);
    return fd;
}

static void check_gets(int fd, const char *text)
{
    char got[64] = { 0 };
    assert_int_equal(recv(fd, got, strlen(text), MSG_WAITALL), strlen(text));
    assert_string_equal(got, text);
}

/* Who comes later gets what comes later; one too many is turned away; who goes makes room. */
static void test_stream_out_send_to_all(void **state)
{
    (void)state;
    served s;
    char got;
    start(&s, (ap_stream_out_config){ .client_cap = 2 });
    assert_int_equal(ap_stream_out_send(&s.out, "nobody", 6), AP_OK);
    int one = join(&s);
    assert_int_equal(ap_stream_out_send(&s.out, "one ", 4), AP_OK);
    int two = join(&s), three = join(&s);
    assert_int_equal(s.out.refused_count, 1);
    assert_int_equal(recv(three, &got, 1, 0), 0);
    assert_int_equal(ap_stream_out_send(&s.out, "two ", 4), AP_OK);
    check_gets(one, "one two ");
    check_gets(two, "two ");
    close(two);
    SERVE_UNTIL(&s, s.out.gone_count == 1);
    two = join(&s);
    live_send(two, "what a client says");
    assert_int_equal(ap_stream_out_send(&s.out, "three", 5), AP_OK);
    check_gets(one, "three");
    check_gets(two, "three");
    assert_int_equal(s.out.client_count, 2);
    assert_int_equal(s.out.accepted_count, 3);
    assert_int_equal(s.out.slow_count, 0);
    assert_int_equal(s.out.element_count, 4);
    assert_int_equal(s.out.byte_count, 19);
    end(&s);
    assert_int_equal(recv(one, &got, 1, 0), 0);
    close(one);
    close(two);
    close(three);
}

/* Reads what is there, and checks that the bytes count on. */
static void check_counts_on(int fd, uint8_t *next, uint64_t *size)
{
    uint8_t got[65536];
    ssize_t n;
    while ((n = recv(fd, got, sizeof got, MSG_DONTWAIT)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(got[i], (*next)++);
        *size += (uint64_t)n;
    }
}

/* One client never reads: it is cut when it is behind by the queue. One that reads gets every byte,
 * over the end of the ring and again, though it is blocked now and then. */
static void test_stream_out_cuts_who_is_behind(void **state)
{
    (void)state;
    enum { PIECE = 10007, PIECES = 3000 };
    served s;
    uint8_t *piece = malloc(PIECE), value = 0, next = 0;
    uint64_t size = 0;
    assert_non_null(piece);
    start(&s, (ap_stream_out_config){ .queue_size = 1 << 20 });
    int silent = join(&s), reader = join(&s);
    for (int n = 0; n < PIECES; n++) {
        for (int i = 0; i < PIECE; i++)
            piece[i] = value++;
        assert_int_equal(ap_stream_out_send(&s.out, piece, PIECE), AP_OK);
        uint64_t sent = (uint64_t)PIECE * (uint64_t)(n + 1);
        while (n % 60 == 59 && size < sent && s.out.slow_count < 2) {
            check_counts_on(reader, &next, &size);
            ap_loop_turn(&s.loop);
        }
    }
    assert_int_equal(size, (uint64_t)PIECE * PIECES);
    assert_int_equal(s.out.slow_count, 1);
    assert_int_equal(s.out.client_count, 1);
    assert_int_equal(s.out.gone_count, 0);
    assert_int_equal(ap_stream_out_send(&s.out, piece, (1 << 20) + 1), AP_ERR_RANGE);
    free(piece);
    end(&s);
    close(silent);
    close(reader);
}

/* Bytes wait, fewer than the queue holds, but the client takes none. One that takes some now and
 * then is served to the end, which comes long after the deadline. */
static void test_stream_out_cuts_at_deadline(void **state)
{
    (void)state;
    enum { PIECE = 1 << 20, PIECES = 20, DEADLINE_MS = 500, PAUSE_MS = 60 };
    served s;
    void *piece = calloc(1, PIECE);
    assert_non_null(piece);
    start(&s, (ap_stream_out_config){ .queue_size = 64 << 20, .deadline_ms = DEADLINE_MS });
    int silent = join(&s), slow = join(&s);
    int64_t begin_ns = ap_clock_monotonic_ns();
    for (int i = 0; i < PIECES; i++) /* more than the system holds */
        assert_int_equal(ap_stream_out_send(&s.out, piece, PIECE), AP_OK);
    for (uint64_t size = 0, pause_at = PIECE; size < (uint64_t)PIECES * PIECE;) {
        ssize_t n = recv(slow, piece, 65536, MSG_DONTWAIT);
        assert_true(n != 0);
        size += n > 0 ? (uint64_t)n : 0;
        ap_loop_turn(&s.loop);
        if (size >= pause_at) {
            ap_clock_sleep_ns(PAUSE_MS * AP_NS_PER_MS);
            pause_at += PIECE;
        }
    }
    SERVE_UNTIL(&s, s.out.slow_count == 1);
    assert_true(ap_clock_monotonic_ns() - begin_ns >= (DEADLINE_MS - 1) * AP_NS_PER_MS);
    assert_int_equal(s.out.client_count, 1);
    free(piece);
    end(&s);
    close(silent);
    close(slow);
}

/* 2,000 connections that say nothing: the cap holds, and who was there is served on. */
static void test_stream_out_crowd(void **state)
{
    (void)state;
    enum { CROWD = 2000 };
    served s;
    int *fd = malloc(CROWD * sizeof *fd);
    assert_non_null(fd);
    start(&s, (ap_stream_out_config){ .client_cap = 4 });
    int first = join(&s);
    for (int i = 0; i < CROWD; i++) {
        fd[i] = live_connect(SOCK_STREAM, "127.0.0.1", ap_stream_out_port(&s.out));
        if (i % 50 == 0) {
            assert_int_equal(ap_stream_out_send(&s.out, "on", 2), AP_OK);
            check_gets(first, "on");
            ap_loop_turn(&s.loop);
        }
    }
    SERVE_UNTIL(&s, s.out.refused_count == CROWD - 3);
    assert_int_equal(s.out.client_count, 4);
    end(&s);
    for (int i = 0; i < CROWD; i++)
        close(fd[i]);
    close(first);
    free(fd);
}

static void test_stream_out_open_refuses(void **state)
{
    (void)state;
    served s;
    ap_stream_out other;
    start(&s, (ap_stream_out_config){ .address = "0.0.0.0" });
    ap_stream_out_config taken = { .port = ap_stream_out_port(&s.out) };
    assert_int_equal(ap_stream_out_open(&other, &s.loop, &taken, s.message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(s.message, ": address already in use; name another port or address"));
    assert_null(other.state);
    static const ap_stream_out_config bad[] = {
        { .address = "here" },
        { .client_cap = AP_STREAM_OUT_CLIENT_MAX + 1 },
        { .queue_size = 4095 },
        { .deadline_ms = 99 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ap_stream_out_open(&other, &s.loop, &bad[i], s.message), AP_ERR_CONFIG);
    assert_int_equal(ap_stream_out_send(&other, "x", 1), AP_OK);
    assert_int_equal(ap_stream_out_port(&other), 0);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_out_send_to_all),
        cmocka_unit_test(test_stream_out_cuts_who_is_behind),
        cmocka_unit_test(test_stream_out_cuts_at_deadline),
        cmocka_unit_test(test_stream_out_crowd),
        cmocka_unit_test(test_stream_out_open_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
