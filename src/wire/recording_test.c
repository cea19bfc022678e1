#include "wire/recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t octets[] = { 0x30, 0x00, 0x05, 0xFF, 0x01 };

static ap_chunk sample(void)
{
    return (ap_chunk){ .kind = AP_CHUNK_DATA,
                       .input = 4095,
                       .stream = 258,
                       .receive_utc = INT64_C(1700000000123456789),
                       .route = { .source_ip = 0xC0000201,
                                  .destination_ip = 0x7F000001,
                                  .source_port = 4321,
                                  .destination_port = 30005 },
                       .data = octets,
                       .size = sizeof octets };
}

static size_t put(uint8_t *memory, size_t cap, const ap_chunk *chunk)
{
    ap_writer writer = ap_writer_of(memory, cap);
    assert_int_equal(ap_recording_put(&writer, chunk), AP_OK);
    return writer.size;
}

static void test_recording_take_what_was_put(void **state)
{
    (void)state;
    uint8_t memory[256];
    ap_chunk chunk = sample(), back;
    size_t size = put(memory, sizeof memory, &chunk), used;
    assert_int_equal(size, ap_recording_size(sizeof octets));
    assert_int_equal(ap_recording_take(memory, sizeof memory, &used, &back), AP_OK);
    assert_int_equal(used, size);
    assert_int_equal(back.kind, AP_CHUNK_DATA);
    assert_int_equal(back.input, 4095);
    assert_int_equal(back.stream, 258);
    assert_true(back.receive_utc == chunk.receive_utc);
    assert_int_equal(back.route.source_ip, 0xC0000201);
    assert_int_equal(back.route.source_port, 4321);
    assert_int_equal(back.route.destination_port, 30005);
    assert_int_equal(back.size, sizeof octets);
    assert_memory_equal(back.data, octets, sizeof octets);
    assert_ptr_equal(back.record, memory);
}

static void test_recording_take_tick_without_octets(void **state)
{
    (void)state;
    uint8_t memory[256];
    ap_chunk chunk = { .kind = AP_CHUNK_TICK, .receive_utc = AP_NS_PER_S }, back;
    size_t used;
    put(memory, sizeof memory, &chunk);
    assert_int_equal(ap_recording_take(memory, sizeof memory, &used, &back), AP_OK);
    assert_int_equal(back.kind, AP_CHUNK_TICK);
    assert_int_equal(back.size, 0);
}

/* A crash cuts a chunk anywhere: no octet of it may be believed. */
static void test_recording_take_cut_or_changed(void **state)
{
    (void)state;
    uint8_t memory[256], copy[256];
    ap_chunk chunk = sample(), back;
    size_t size = put(memory, sizeof memory, &chunk), used;
    for (size_t n = 16; n < size; n++)
        assert_int_equal(ap_recording_take(memory, n, &used, &back), AP_ERR_MORE);
    for (size_t n = 30; n < size; n++) { /* IP, UDP and octets have checksums */
        memcpy(copy, memory, size);
        copy[n] ^= 0x10;
        assert_int_equal(ap_recording_take(copy, size, &used, &back), AP_ERR_MALFORMED);
    }
    for (size_t n = 17; n < size; n++) { /* zeros from there on, as where memory was not written */
        memcpy(copy, memory, size);
        memset(copy + n, 0, size - n);
        assert_int_not_equal(ap_recording_take(copy, size, &used, &back), AP_OK);
    }
}

static void test_recording_take_end_and_strangers(void **state)
{
    (void)state;
    uint8_t memory[256] = { 0 };
    ap_chunk back;
    size_t used;
    assert_int_equal(ap_recording_take(memory, sizeof memory, &used, &back), AP_ERR_END);
    ap_writer writer = ap_writer_of(memory, sizeof memory);
    ap_chunk chunk = sample();
    assert_int_equal(ap_pcap_udp(&writer, 0, &chunk.route, octets, sizeof octets), AP_OK);
    assert_int_equal(ap_recording_take(memory, sizeof memory, &used, &back), AP_ERR_MALFORMED);
    put(memory, sizeof memory, &chunk);
    memory[16 + 3] = AP_CHUNK_KIND_COUNT;
    assert_int_equal(ap_recording_take(memory, sizeof memory, &used, &back), AP_ERR_MALFORMED);
}

static void test_recording_put_refused(void **state)
{
    (void)state;
    uint8_t memory[128];
    ap_chunk chunk = sample();
    ap_writer writer = ap_writer_of(memory, ap_recording_size(sizeof octets) - 1);
    assert_int_equal(ap_recording_put(&writer, &chunk), AP_ERR_FULL);
    assert_int_equal(writer.size, 0);
    chunk.receive_utc = -1;
    writer = ap_writer_of(memory, sizeof memory);
    assert_int_equal(ap_recording_put(&writer, &chunk), AP_ERR_RANGE);
    assert_int_equal(writer.size, 0);
}

static void test_acknowledgement(void **state)
{
    (void)state;
    static const char most[] = "abcdefghijklmnopqrstuvwxyz12345";
    uint8_t memory[AP_ACKNOWLEDGEMENT_SIZE_MAX];
    ap_acknowledgement said = { .alert_id = 0x01020304 }, back = { 0 };
    memcpy(said.by, most, sizeof most);
    ap_writer writer = ap_writer_of(memory, sizeof memory);
    assert_int_equal(ap_acknowledgement_put(&writer, &said), AP_OK);
    assert_int_equal(writer.size, 35);
    assert_memory_equal(memory, "\1\2\3\4abc", 7);
    assert_int_equal(ap_acknowledgement_take(memory, writer.size, &back), AP_OK);
    assert_memory_equal(&back, &said, sizeof said);
    writer.size = 1;
    assert_int_equal(ap_acknowledgement_put(&writer, &said), AP_ERR_FULL);
    for (size_t size = 0; size <= 4; size++)
        assert_int_equal(ap_acknowledgement_take(memory, size, &back), AP_ERR_MALFORMED);
    uint8_t longer[36];
    memset(longer, 'a', sizeof longer);
    assert_int_equal(ap_acknowledgement_take(longer, 35, &back), AP_OK);
    assert_int_equal(ap_acknowledgement_take(longer, 36, &back), AP_ERR_MALFORMED);
    longer[5] = ' ';
    assert_int_equal(ap_acknowledgement_take(longer, 35, &back), AP_ERR_MALFORMED);
    writer.size = 0;
    said.by[0] = '\0';
    assert_int_equal(ap_acknowledgement_put(&writer, &said), AP_ERR_ARGUMENT);
    memset(said.by, 'a', sizeof said.by);
    assert_int_equal(ap_acknowledgement_put(&writer, &said), AP_ERR_ARGUMENT);
    assert_int_equal(writer.size, 0);
}

static void test_recording_is(void **state)
{
    (void)state;
    uint8_t memory[256];
    ap_writer writer = ap_writer_of(memory, sizeof memory);
    ap_chunk chunk = { .kind = AP_CHUNK_TICK, .receive_utc = AP_NS_PER_S };
    ap_pcap_head(&writer);
    assert_int_equal(ap_recording_put(&writer, &chunk), AP_OK);
    assert_true(ap_recording_is(memory, writer.size));
    assert_false(ap_recording_is(memory, AP_RECORDING_PROBE_SIZE - 1));
    memory[AP_PCAP_HEAD_SIZE + 16 + 1] = 0;
    assert_false(ap_recording_is(memory, writer.size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recording_take_what_was_put),
        cmocka_unit_test(test_recording_take_tick_without_octets),
        cmocka_unit_test(test_recording_take_cut_or_changed),
        cmocka_unit_test(test_recording_take_end_and_strangers),
        cmocka_unit_test(test_recording_put_refused),
        cmocka_unit_test(test_acknowledgement),
        cmocka_unit_test(test_recording_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
