#include "wire/asterix/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_numbers_are_big_endian(void **state)
{
    (void)state;
    static const uint8_t p[] = { 0x81, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF };
    assert_int_equal(ap_be16(p), 0x8123);
    assert_int_equal(ap_be24(p), 0x812345);
    assert_int_equal(ap_be32(p), 0x81234567);
    assert_true(ap_be40(p) == UINT64_C(0x8123456789));
    assert_true(ap_be48(p) == UINT64_C(0x8123456789AB));
    assert_true(ap_be56(p) == UINT64_C(0x8123456789ABCD));
    assert_true(ap_be64(p) == UINT64_C(0x8123456789ABCDEF));
    assert_int_equal(ap_sign32(0x2000, 14), -8192);
    assert_int_equal(ap_sign32(0x1FFF, 14), 8191);
    assert_true(ap_sign64(UINT64_C(1) << 63, 64) == INT64_MIN);
    assert_true(ap_sign64(0xFF, 8) == -1);
}

/* A count of one octet reaches 255, one of two octets 65,535. */
static void test_repeats_by_count(void **state)
{
    (void)state;
    static const uint8_t elements[2 * 300];
    static uint8_t written[2 + sizeof elements];
    ap_writer writer = ap_writer_of(written, sizeof written);
    ap_repeats repeats = { elements, 255 };
    assert_true(ap_repeats_write(&writer, 1, 2, &repeats));
    repeats.count = 256;
    writer = ap_writer_of(written, sizeof written);
    assert_false(ap_repeats_write(&writer, 1, 2, &repeats));
    assert_int_equal(writer.size, 0);
    repeats.count = 300;
    assert_true(ap_repeats_write(&writer, 2, 2, &repeats));
    assert_int_equal(writer.size, sizeof written);
    assert_int_equal(written[0], 300 >> 8);
    assert_int_equal(written[1], 300 & 0xFF);
    ap_repeats again = { NULL, 0 };
    assert_ptr_equal(ap_repeats_read(written, written + sizeof written, 2, 2, &again),
                     written + sizeof written);
    assert_int_equal(again.count, 300);
    assert_ptr_equal(again.data, written + 2);
    assert_null(ap_repeats_read(written, written + sizeof written - 1, 2, 2, &again));
    assert_null(ap_repeats_read(written, written + 1, 2, 2, &again));
}

/* Repetitions by FX end after 65,535 elements, so that their count fits. */
static void test_repeats_by_fx_end(void **state)
{
    (void)state;
    enum { SIZE = AP_ASTERIX_FX_COUNT_MAX + 1 };
    uint8_t *elements = calloc(1, SIZE);
    memset(elements, 1, SIZE);
    ap_repeats repeats;
    assert_null(ap_repeats_fx_read(elements, elements + SIZE, 1, &repeats));
    elements[SIZE - 1] = 0;
    assert_null(ap_repeats_fx_read(elements, elements + SIZE, 1, &repeats));
    elements[SIZE - 2] = 0;
    assert_ptr_equal(ap_repeats_fx_read(elements, elements + SIZE, 1, &repeats),
                     elements + SIZE - 1);
    assert_int_equal(repeats.count, AP_ASTERIX_FX_COUNT_MAX);
    free(elements);
}

/* What an encoder wrote before it failed is taken back. */
static void test_encode_end_takes_back(void **state)
{
    (void)state;
    uint8_t bytes[4];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    ap_write_u16(&writer, 0x1234);
    assert_int_equal(ap_encode_end(&writer, 0, true), AP_OK);
    assert_int_equal(writer.size, 2);
    ap_write_u8(&writer, 5);
    assert_int_equal(ap_encode_end(&writer, 2, false), AP_ERR_RANGE);
    assert_int_equal(writer.size, 2);
    ap_write_bytes(&writer, bytes, 3);
    assert_int_equal(ap_encode_end(&writer, 2, true), AP_ERR_FULL);
    assert_int_equal(writer.size, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_big_endian),
        cmocka_unit_test(test_repeats_by_count),
        cmocka_unit_test(test_repeats_by_fx_end),
        cmocka_unit_test(test_encode_end_takes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
