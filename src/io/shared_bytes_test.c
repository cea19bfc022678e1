#include "io/shared_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static void test_shared_bytes_references(void **state)
{
    (void)state;
    ap_shared_bytes *bytes = ap_shared_bytes_copy("abc", 3);
    assert_int_equal(ap_shared_bytes_references(bytes), 1);
    assert_ptr_equal(ap_shared_bytes_keep(bytes), bytes);
    assert_int_equal(ap_shared_bytes_references(bytes), 2);
    ap_shared_bytes_drop(bytes);
    assert_int_equal(ap_shared_bytes_size(bytes), 3);
    assert_memory_equal(ap_shared_bytes_data(bytes), "abc", 3);
    ap_shared_bytes_drop(bytes);
    ap_shared_bytes_drop(NULL);
    assert_null(ap_shared_bytes_keep(NULL));
}

/* The frame header of a message fits before the first byte. */
static void test_shared_bytes_headroom(void **state)
{
    (void)state;
    ap_shared_bytes *bytes = ap_shared_bytes_make(1);
    memset(ap_shared_bytes_data(bytes) - AP_SHARED_BYTES_HEADROOM, 1, AP_SHARED_BYTES_HEADROOM + 1);
    assert_int_equal(ap_shared_bytes_size(bytes), 1);
    assert_int_equal(ap_shared_bytes_references(bytes), 1);
    assert_null(ap_shared_bytes_gzip_twin(bytes));
    ap_shared_bytes_drop(bytes);
    assert_null(ap_shared_bytes_make(SIZE_MAX - 8));
}

static void test_shared_bytes_gzip(void **state)
{
    (void)state;
    enum { SIZE = 100000 };
    static uint8_t back[SIZE];
    ap_shared_bytes *bytes = ap_shared_bytes_make(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        ap_shared_bytes_data(bytes)[i] = (uint8_t)(i / 100);
    assert_int_equal(ap_shared_bytes_gzip(bytes, 6), AP_OK);
    ap_shared_bytes *twin = ap_shared_bytes_gzip_twin(bytes);
    assert_non_null(twin);
    assert_true(ap_shared_bytes_size(twin) < SIZE / 10);
    assert_int_equal(ap_shared_bytes_gzip(bytes, 6), AP_OK); /* once */
    assert_ptr_equal(ap_shared_bytes_gzip_twin(bytes), twin);
    z_stream stream = { .next_in = ap_shared_bytes_data(twin),
                        .avail_in = (uInt)ap_shared_bytes_size(twin),
                        .next_out = back,
                        .avail_out = SIZE };
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, SIZE);
    assert_memory_equal(back, ap_shared_bytes_data(bytes), SIZE);
    (void)inflateEnd(&stream);
    (void)ap_shared_bytes_keep(twin); /* a transfer that goes on when the original is gone */
    ap_shared_bytes_drop(bytes);
    assert_int_equal(ap_shared_bytes_references(twin), 1);
    ap_shared_bytes_drop(twin);
}

static void test_shared_bytes_gzip_no_gain(void **state)
{
    (void)state;
    ap_shared_bytes *bytes = ap_shared_bytes_copy("xyz", 3);
    assert_int_equal(ap_shared_bytes_gzip(bytes, 9), AP_OK);
    assert_null(ap_shared_bytes_gzip_twin(bytes));
    ap_shared_bytes_set_gzip(bytes, ap_shared_bytes_copy("z", 1));
    assert_int_equal(ap_shared_bytes_size(ap_shared_bytes_gzip_twin(bytes)), 1);
    ap_shared_bytes_drop(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared_bytes_references),
        cmocka_unit_test(test_shared_bytes_headroom),
        cmocka_unit_test(test_shared_bytes_gzip),
        cmocka_unit_test(test_shared_bytes_gzip_no_gain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
