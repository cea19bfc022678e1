#include "io/chunk_ring.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAP ((size_t)256 << 10)
#define SHARE ((size_t)128 << 10)

typedef struct fixture {
    ap_chunk_ring ring;
    void *mem;
} fixture;

static fixture open_ring(bool is_recorded)
{
    const ap_chunk_ring_config config = {
        .cap = CAP, .share = SHARE, .input_cap = 3, .is_recorded = is_recorded
    };
    fixture f = { .mem = malloc(ap_chunk_ring_size(&config)) };
    assert_non_null(f.mem);
    assert_int_equal(ap_chunk_ring_init(&f.ring, &config, f.mem, ap_chunk_ring_size(&config)),
                     AP_OK);
    return f;
}

static uint8_t octets[AP_PCAP_PAYLOAD_MAX];

static ap_chunk chunk_of(uint16_t input, ap_utc_ns utc, size_t size)
{
    return (ap_chunk){
        .kind = AP_CHUNK_DATAGRAM, .input = input, .receive_utc = utc, .data = octets, .size = size
    };
}

static void test_chunk_ring_size_bad(void **state)
{
    (void)state;
    const ap_chunk_ring_config bad[] = {
        { .cap = CAP - 4096, .share = SHARE, .input_cap = 1 },
        { .cap = CAP + 1, .share = SHARE, .input_cap = 1 },
        { .cap = CAP, .share = CAP + 1, .input_cap = 1 },
        { .cap = CAP, .share = SHARE, .input_cap = 0 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ap_chunk_ring_size(&bad[i]), 0);
}

static void test_chunk_ring_peek_in_order(void **state)
{
    (void)state;
    fixture f = open_ring(false);
    ap_chunk chunk;
    for (int lap = 0; lap < 200; lap++) { /* many times around */
        for (int i = 0; i < 5; i++) {
            ap_chunk put = chunk_of((uint16_t)(i % 3), lap * 10 + i + 1, (size_t)(i * 1777));
            octets[0] = (uint8_t)(lap + i);
            assert_int_equal(ap_chunk_ring_put(&f.ring, &put), AP_OK);
        }
        assert_false(ap_chunk_ring_peek(&f.ring, &chunk)); /* nothing is published yet */
        ap_chunk_ring_publish(&f.ring);
        for (int i = 0; i < 5; i++) {
            assert_true(ap_chunk_ring_peek(&f.ring, &chunk));
            assert_true(chunk.receive_utc == lap * 10 + i + 1);
            assert_int_equal(chunk.size, i * 1777);
            if (i > 0)
                assert_int_equal(chunk.data[0], (uint8_t)(lap + i));
            ap_chunk_ring_drop(&f.ring);
        }
        assert_false(ap_chunk_ring_peek(&f.ring, &chunk));
    }
    free(f.mem);
}

/* Who floods loses first; the others and a connection's end still get through. */
static void test_chunk_ring_put_share(void **state)
{
    (void)state;
    fixture f = open_ring(false);
    ap_chunk flood = chunk_of(0, 1, 4000), quiet = chunk_of(1, 2, 4000), taken;
    size_t put_count = 0;
    while (ap_chunk_ring_put(&f.ring, &flood) == AP_OK)
        put_count++;
    assert_int_equal(put_count, SHARE / ap_recording_size(4000));
    assert_int_equal(ap_chunk_ring_refused_of(&f.ring, 0).chunk_count, 1);
    assert_int_equal(ap_chunk_ring_refused_of(&f.ring, 0).octet_count, 4000);
    assert_int_equal(ap_chunk_ring_put(&f.ring, &quiet), AP_OK);
    assert_int_equal(ap_chunk_ring_refused_of(&f.ring, 1).chunk_count, 0);
    while (ap_chunk_ring_put(&f.ring, &quiet) == AP_OK)
        put_count++;
    ap_chunk end = { .kind = AP_CHUNK_END, .input = 0, .receive_utc = 3 };
    assert_int_equal(ap_chunk_ring_put(&f.ring, &end), AP_OK);
    ap_chunk_ring_publish(&f.ring);
    assert_true(ap_chunk_ring_waiting(&f.ring) > 0);
    while (ap_chunk_ring_peek(&f.ring, &taken))
        ap_chunk_ring_drop(&f.ring);
    assert_int_equal(taken.kind, AP_CHUNK_END);
    assert_int_equal(ap_chunk_ring_waiting(&f.ring), 0);
    assert_int_equal(ap_chunk_ring_put(&f.ring, &flood), AP_OK);
    free(f.mem);
}

/* As many floods at once as there are shares: there is a place for the one that is quiet. */
static void test_chunk_ring_put_many_floods(void **state)
{
    (void)state;
    const ap_chunk_ring_config config = { .cap = 16 * CAP, .share = 4 * CAP, .input_cap = 9 };
    fixture f = { .mem = malloc(ap_chunk_ring_size(&config)) };
    assert_non_null(f.mem);
    assert_int_equal(ap_chunk_ring_init(&f.ring, &config, f.mem, ap_chunk_ring_size(&config)),
                     AP_OK);
    for (uint16_t i = 0; i < 8; i++) {
        ap_chunk flood = chunk_of(i, 1, 4000);
        while (ap_chunk_ring_put(&f.ring, &flood) == AP_OK)
            ;
    }
    ap_chunk quiet = chunk_of(8, 2, 4000);
    assert_int_equal(ap_chunk_ring_put(&f.ring, &quiet), AP_OK);
    free(f.mem);
}

static void test_chunk_ring_put_range(void **state)
{
    (void)state;
    fixture f = open_ring(false);
    ap_chunk chunk = chunk_of(3, 1, 1);
    assert_int_equal(ap_chunk_ring_put(&f.ring, &chunk), AP_ERR_RANGE);
    chunk = chunk_of(0, 1, AP_PCAP_PAYLOAD_MAX + 1);
    assert_int_equal(ap_chunk_ring_put(&f.ring, &chunk), AP_ERR_RANGE);
    chunk = chunk_of(0, -1, 1);
    assert_int_equal(ap_chunk_ring_put(&f.ring, &chunk), AP_ERR_RANGE);
    free(f.mem);
}

/* All that is refused of a stream is counted, also behind the first; what is taken again begins
 * anew, and other streams of the input do not. */
static void test_chunk_ring_put_cut_stream(void **state)
{
    (void)state;
    fixture f = open_ring(false);
    ap_chunk data = chunk_of(1, 1, 30000), other = chunk_of(1, 9, 10), taken;
    data.kind = other.kind = AP_CHUNK_DATA;
    data.stream = 3;
    while (ap_chunk_ring_put(&f.ring, &data) == AP_OK)
        ;
    assert_int_equal(ap_chunk_ring_put(&f.ring, &data), AP_ERR_FULL);
    assert_int_equal(ap_chunk_ring_put(&f.ring, &data), AP_ERR_FULL);
    ap_chunk_ring_refused refused = ap_chunk_ring_refused_of(&f.ring, 1);
    assert_int_equal(refused.chunk_count, 3);
    assert_int_equal(refused.octet_count, 3 * 30000);
    ap_chunk_ring_publish(&f.ring);
    while (ap_chunk_ring_peek(&f.ring, &taken)) {
        assert_int_equal(taken.kind, AP_CHUNK_DATA);
        ap_chunk_ring_drop(&f.ring);
    }
    data.receive_utc = 10;
    assert_int_equal(ap_chunk_ring_put(&f.ring, &other), AP_OK);
    assert_int_equal(ap_chunk_ring_put(&f.ring, &data), AP_OK);
    assert_int_equal(ap_chunk_ring_put(&f.ring, &data), AP_OK);
    ap_chunk_ring_publish(&f.ring);
    static const struct {
        ap_chunk_kind kind;
        uint16_t stream;
    } expected[] = {
        { AP_CHUNK_DATA, 0 }, { AP_CHUNK_BEGIN, 3 }, { AP_CHUNK_DATA, 3 }, { AP_CHUNK_DATA, 3 }
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(ap_chunk_ring_peek(&f.ring, &taken));
        assert_int_equal(taken.kind, expected[i].kind);
        assert_int_equal(taken.stream, expected[i].stream);
        ap_chunk_ring_drop(&f.ring);
    }
    free(f.mem);
}

/* A recorder that sleeps costs the engine nothing, and learns what it missed. */
static void test_chunk_ring_copy_too_late(void **state)
{
    (void)state;
    static uint8_t into[CAP];
    fixture f = open_ring(true);
    ap_chunk chunk = chunk_of(0, 1, 4000), taken;
    size_t size;
    uint64_t lost, copied = 0, missed = 0;
    assert_int_equal(ap_chunk_ring_copy(&f.ring, into, sizeof into, &size, &lost), AP_ERR_END);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(ap_chunk_ring_put(&f.ring, &chunk), AP_OK);
        ap_chunk_ring_publish(&f.ring);
        assert_true(ap_chunk_ring_peek(&f.ring, &taken));
        ap_chunk_ring_drop(&f.ring);
    }
    while (ap_chunk_ring_copy(&f.ring, into, sizeof into, &size, &lost) == AP_OK) {
        copied += size;
        missed += lost;
        size_t used;
        assert_int_equal(ap_recording_take(into, size, &used, &taken), AP_OK);
    }
    assert_true(missed > 0);
    assert_true(copied > 0);
    assert_in_range(copied + missed, 100 * ap_recording_size(4000),
                    101 * ap_recording_size(4000)); /* and what is left out at the ring's end */
    free(f.mem);
}

enum { THREADED_COUNT = 40000 };

static void *put_many(void *context)
{
    ap_chunk_ring *ring = context;
    for (int i = 0; i < THREADED_COUNT;) {
        ap_chunk chunk = chunk_of((uint16_t)(i % 3), i + 1, (size_t)(i % 700));
        i += ap_chunk_ring_put(ring, &chunk) == AP_OK;
        ap_chunk_ring_publish(ring);
    }
    return NULL;
}

static void *copy_many(void *context)
{
    static uint8_t into[CAP];
    size_t size, used;
    uint64_t lost;
    ap_chunk chunk = { .receive_utc = 0 };
    while (chunk.receive_utc != THREADED_COUNT) {
        if (ap_chunk_ring_copy(context, into, sizeof into, &size, &lost))
            continue;
        for (size_t at = 0; at < size; at += used) {
            ap_utc_ns before_utc = chunk.receive_utc;
            if (ap_recording_take(into + at, size - at, &used, &chunk) ||
                chunk.receive_utc <= before_utc)
                return context;
        }
    }
    return NULL;
}

static void test_chunk_ring_three_threads(void **state)
{
    (void)state;
    fixture f = open_ring(true);
    pthread_t writer, recorder;
    assert_int_equal(pthread_create(&recorder, NULL, copy_many, &f.ring), 0);
    assert_int_equal(pthread_create(&writer, NULL, put_many, &f.ring), 0);
    ap_chunk chunk;
    for (int i = 0; i < THREADED_COUNT;) {
        if (!ap_chunk_ring_peek(&f.ring, &chunk))
            continue;
        assert_true(chunk.receive_utc == ++i);
        assert_int_equal(chunk.input, (i - 1) % 3);
        ap_chunk_ring_drop(&f.ring);
    }
    void *wrong; /* a chunk was damaged or out of order */
    pthread_join(writer, NULL);
    pthread_join(recorder, &wrong);
    assert_null(wrong);
    free(f.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunk_ring_size_bad),
        cmocka_unit_test(test_chunk_ring_peek_in_order),
        cmocka_unit_test(test_chunk_ring_put_share),
        cmocka_unit_test(test_chunk_ring_put_many_floods),
        cmocka_unit_test(test_chunk_ring_put_range),
        cmocka_unit_test(test_chunk_ring_put_cut_stream),
        cmocka_unit_test(test_chunk_ring_copy_too_late),
        cmocka_unit_test(test_chunk_ring_three_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
