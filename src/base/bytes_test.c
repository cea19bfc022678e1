#include "airpicture/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0xFF };

static void test_reader_reads_big_endian(void **state)
{
    (void)state;
    ap_reader r = ap_reader_of(bytes, sizeof bytes);
    assert_int_equal(ap_read_u8(&r), 0x01);
    assert_int_equal(ap_read_u16(&r), 0x0203);
    assert_int_equal(ap_read_u24(&r), 0x040506);
    assert_int_equal(ap_read_u32(&r), 0x070809FF);
    assert_false(r.bad);
    assert_int_equal(ap_reader_left(&r), 0);
    r = ap_reader_of(bytes, sizeof bytes);
    assert_true(ap_read_be(&r, 8) == 0x0102030405060708);
    r = ap_reader_of(bytes + 9, 1);
    assert_true(ap_read_be(&r, 1) == 0xFF);
}

/* Every read, begun at every distance from the end: zero and latched, never past the end (the
 * sanitizer watches). */
static void test_reader_latches_at_the_end(void **state)
{
    (void)state;
    for (size_t size = 0; size < 8; size++)
        for (size_t width = 1; width <= 8; width++) {
            ap_reader r = ap_reader_of(bytes, size);
            uint64_t value = ap_read_be(&r, width);
            assert_int_equal(r.bad, width > size);
            assert_true(r.at <= r.size);
            if (width > size) {
                assert_true(value == 0);
                assert_int_equal(ap_read_u8(&r), 0);
                assert_true(r.bad);
            }
        }
    ap_reader empty = ap_reader_of(NULL, 0);
    assert_int_equal(ap_read_u32(&empty), 0);
    assert_null(ap_read_bytes(&empty, SIZE_MAX));
    assert_true(empty.bad);
    ap_reader r = ap_reader_of(bytes, 4);
    ap_read_u8(&r);
    assert_null(ap_read_bytes(&r, SIZE_MAX)); /* no wrap of at + n */
}

static void test_writer_writes_big_endian_and_latches(void **state)
{
    (void)state;
    uint8_t out[8] = { 0 };
    ap_writer w = ap_writer_of(out, 7);
    ap_write_u8(&w, 0x11);
    ap_write_u16(&w, 0x2233);
    ap_write_be(&w, 0xAABBCCDD44556677, 3);
    const uint8_t expected[] = { 0x11, 0x22, 0x33, 0x55, 0x66, 0x77, 0, 0 };
    assert_memory_equal(out, expected, 8);
    assert_false(w.bad);
    ap_write_u16(&w, 0x8899);
    assert_true(w.bad);
    ap_write_u8(&w, 0x99); /* would fit, but the writer is bad */
    assert_int_equal(w.size, 6);
    assert_memory_equal(out, expected, 8);
    ap_writer none = ap_writer_of(NULL, 0);
    ap_write_bytes(&none, NULL, 0);
    assert_false(none.bad);
}

static void test_writer_inverts_reader(void **state)
{
    (void)state;
    for (size_t width = 1; width <= 8; width++) {
        uint8_t out[8];
        ap_reader r = ap_reader_of(bytes + 1, width);
        ap_writer w = ap_writer_of(out, sizeof out);
        ap_write_be(&w, ap_read_be(&r, width), width);
        assert_int_equal(w.size, width);
        assert_memory_equal(out, bytes + 1, width);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader_reads_big_endian),
        cmocka_unit_test(test_reader_latches_at_the_end),
        cmocka_unit_test(test_writer_writes_big_endian_and_latches),
        cmocka_unit_test(test_writer_inverts_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
