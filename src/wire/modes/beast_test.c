#include "wire/modes/beast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/asterix.h"
#include "wire/framer.h"

static void test_beast_write_doubles_escapes(void **state)
{
    (void)state;
    static const uint8_t frame[7] = { 0x5D, 0x1A, 0x1A, 0x00, 0x01, 0x02, 0x1A };
    static const uint8_t expected[] = { 0x1A, '2',  0x00, 0x1A, 0x1A, 0x00, 0x00,
                                        0x00, 0xFF, 0x1A, 0x1A, 0x5D, 0x1A, 0x1A,
                                        0x1A, 0x1A, 0x00, 0x01, 0x02, 0x1A, 0x1A };
    uint8_t bytes[64];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    /* The 49th bit of the ticks is not sent. */
    assert_int_equal(ap_beast_write(&writer, frame, sizeof frame, 0x1001A000000FFull, 0x1A), AP_OK);
    assert_int_equal(writer.size, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void test_beast_write_longest_fits(void **state)
{
    (void)state;
    uint8_t frame[14], bytes[AP_BEAST_SIZE_MAX];
    memset(frame, 0x1A, sizeof frame);
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_beast_write(&writer, frame, sizeof frame, 0x1A1A1A1A1A1Aull, 0x1A), AP_OK);
    assert_false(writer.bad);
    assert_int_equal(writer.size, AP_BEAST_SIZE_MAX);
    assert_int_equal(bytes[1], '3');
    writer = ap_writer_of(bytes, 10);
    assert_int_equal(ap_beast_write(&writer, frame, sizeof frame, 0, 0), AP_OK);
    assert_true(writer.bad);
}

static void test_avr_write(void **state)
{
    (void)state;
    static const uint8_t frame[7] = { 0x5D, 0x39, 0x81, 0xE4, 0x6D, 0xC8, 0xEB };
    uint8_t bytes[64];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_avr_write(&writer, frame, sizeof frame), AP_OK);
    assert_int_equal(writer.size, 17);
    assert_memory_equal(bytes, "*5d3981e46dc8eb;\n", 17);
}

static void test_avr_write_timed(void **state)
{
    (void)state;
    static const uint8_t frame[7] = { 0x5D, 0x39, 0x81, 0xE4, 0x6D, 0xC8, 0xEB };
    static const char expected[] = "@0123456789ab5d3981e46dc8eb;\n<ffffffffffff075d3981e46dc8eb;\n";
    uint8_t bytes[128];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_avr_write_timed(&writer, frame, sizeof frame, UINT64_C(0x0123456789AB), -1),
                     AP_OK);
    assert_int_equal(ap_avr_write_timed(&writer, frame, sizeof frame, UINT64_MAX, 7), AP_OK);
    assert_int_equal(writer.size, sizeof expected - 1);
    assert_memory_equal(bytes, expected, sizeof expected - 1);
    assert_int_equal(ap_avr_write_timed(&writer, frame, 6, 0, -1), AP_ERR_ARGUMENT);
}

/* What the extensions say comes back through the framer, with the frame that they are of. */
static void test_beast_write_extensions(void **state)
{
    (void)state;
    static const uint8_t frame[7] = { 0x5D, 0x39, 0x81, 0xE4, 0x6D, 0xC8, 0xEB };
    uint8_t bytes[256];
    static uint8_t mem[AP_FRAMER_SIZE];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    ap_beast_write_time(&writer, -1); /* cannot be said */
    ap_beast_write_name(&writer, "1a1a1a1a-0000-4000-8000-000000000001\n");
    ap_beast_write_time(&writer, INT64_C(0x018F1A321A1A) * AP_NS_PER_MS + 999999);
    ap_beast_write_receiver(&writer, UINT64_C(0x1A021A0405061A1A));
    (void)ap_beast_write(&writer, frame, sizeof frame, 5, 9);
    (void)ap_beast_write(&writer, frame, sizeof frame, AP_BEAST_TICKS_SYNTHETIC, 9);
    assert_false(writer.bad);
    ap_framer framer;
    ap_asterix_editions editions;
    ap_frame got;
    uint8_t *space;
    ap_asterix_editions_default(&editions);
    assert_int_equal(ap_framer_init(&framer, AP_FORMAT_BEAST, &editions, mem, sizeof mem), AP_OK);
    (void)ap_framer_space(&framer, &space);
    memcpy(space, bytes, writer.size);
    ap_framer_commit(&framer, writer.size);
    ap_framer_commit(&framer, 0);
    assert_int_equal(ap_framer_next(&framer, &got), AP_OK);
    assert_int_equal(got.receiver, UINT64_C(0x1A021A0405061A1A));
    assert_int_equal(got.time_ns, INT64_C(0x018F1A321A1A) * AP_NS_PER_MS);
    assert_int_equal(got.ticks_12mhz, 5);
    assert_memory_equal(got.data, frame, sizeof frame);
    assert_int_equal(ap_framer_next(&framer, &got), AP_OK);
    assert_int_equal(got.receiver, UINT64_C(0x1A1A1A1A00004000));
    assert_true(got.synthetic);
    assert_int_equal(got.time_kind, AP_FRAME_TIME_NONE);
    assert_int_equal(ap_framer_next(&framer, &got), AP_ERR_END);
    assert_int_equal(ap_refusals_total(&framer.refused), 0);
}

static void test_write_refuses_other_sizes(void **state)
{
    (void)state;
    uint8_t frame[15] = { 0 }, bytes[64];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    for (size_t size = 0; size <= sizeof frame; size++) {
        if (size == 7 || size == 14)
            continue;
        assert_int_equal(ap_beast_write(&writer, frame, size, 0, 0), AP_ERR_ARGUMENT);
        assert_int_equal(ap_avr_write(&writer, frame, size), AP_ERR_ARGUMENT);
    }
    assert_int_equal(writer.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beast_write_doubles_escapes),
        cmocka_unit_test(test_beast_write_longest_fits),
        cmocka_unit_test(test_avr_write),
        cmocka_unit_test(test_avr_write_timed),
        cmocka_unit_test(test_beast_write_extensions),
        cmocka_unit_test(test_write_refuses_other_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
