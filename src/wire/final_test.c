#include "wire/final.h"

#include "wire/framing/framing_check.h"

#define NOON (INT64_C(1717632000) * AP_NS_PER_S + AP_NS_PER_DAY / 2) /* of 2024-06-06 */

/* What is written is read back, with its time of day to 10 ms. */
static void test_final_write_read_back(void **state)
{
    (void)state;
    uint8_t octets[512], blocks[128];
    ap_writer block = ap_writer_of(blocks, sizeof blocks);
    put_block(&block, 34, 2, 7);
    put_block(&block, 2, 1, 7);
    ap_writer w = ap_writer_of(octets, sizeof octets);
    assert_int_equal(ap_final_write(&w, 3, NOON + 19999999, block.data, block.size), AP_OK);
    assert_int_equal(ap_final_write(&w, 3, -1, block.data, block.size), AP_OK);
    assert_false(w.bad);
    assert_int_equal(w.size, 2 * (block.size + AP_FINAL_OVERHEAD_SIZE));
    assert_int_equal(octets[3], 3);
    run *r = run_make(AP_FORMAT_AUTO, octets, w.size, w.size);
    assert_int_equal(r->format, AP_FORMAT_FINAL);
    assert_int_equal(r->count, 2);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_DAY);
    assert_int_equal(r->frame[0].time_ns, AP_NS_PER_DAY / 2 + 10000000);
    assert_int_equal(r->frame[0].size, block.size);
    assert_memory_equal(r->frame[0].data, blocks, block.size);
    assert_int_equal(r->frame[1].time_ns, AP_NS_PER_DAY - 10000000); /* just before 1970 */
    free(r);
}

static void test_final_write_refused(void **state)
{
    (void)state;
    static uint8_t octets[70000], blocks[AP_FINAL_BLOCKS_MAX + 1];
    ap_writer w = ap_writer_of(octets, sizeof octets);
    assert_int_equal(ap_final_write(&w, 0, NOON, blocks, 0), AP_ERR_RANGE);
    assert_int_equal(ap_final_write(&w, 0, NOON, blocks, sizeof blocks), AP_ERR_RANGE);
    assert_int_equal(ap_final_write(&w, 0, AP_UTC_UNKNOWN, blocks, 3), AP_ERR_RANGE);
    assert_int_equal(w.size, 0);
    assert_int_equal(ap_final_write(&w, 0, NOON, blocks, AP_FINAL_BLOCKS_MAX), AP_OK);
    assert_int_equal(w.size, 65535);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_final_write_read_back),
        cmocka_unit_test(test_final_write_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
