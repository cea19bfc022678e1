#include "wire/framing/framing_check.h"

static void put_final(ap_writer *w, uint32_t time_10ms, unsigned blocks, uint8_t mark)
{
    size_t at = w->size;
    ap_write_u16(w, 0);
    ap_write_bytes(w, "\x01\x02\x03", 3); /* board, line, day */
    ap_write_be(w, time_10ms, 3);
    for (unsigned i = 0; i < blocks; i++)
        put_block(w, 34, 1 + i, mark);
    ap_write_be(w, 0xA5A5A5A5, 4);
    w->data[at] = (uint8_t)((w->size - at) >> 8);
    w->data[at + 1] = (uint8_t)(w->size - at);
}

static void test_next_records(void **state)
{
    (void)state;
    uint8_t data[600];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_final(&w, 8639999, 1, 1);
    put_final(&w, 8640000, 3, 2);
    put_final(&w, 1, 1, 3);
    run *r = run_any_cut(AP_FORMAT_FINAL, data, w.size);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->frame[0].offset, 8);
    assert_int_equal(r->frame[0].size, 11);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_DAY);
    assert_int_equal(r->frame[0].time_ns, INT64_C(86399990000000));
    assert_int_equal(r->frame[1].size, 11 + 19 + 27);
    assert_int_equal(r->frame[1].time_kind, AP_FRAME_TIME_NONE);
    assert_int_equal(r->frame[2].time_ns, 10000000);
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    free(r);
    r = run_any_cut(AP_FORMAT_AUTO, data, w.size);
    assert_int_equal(r->format, AP_FORMAT_FINAL);
    assert_int_equal(r->count, 3);
    free(r);
}

static void test_next_damage(void **state)
{
    (void)state;
    uint8_t data[600];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_final(&w, 1, 1, 0);
    size_t at = w.size;
    put_final(&w, 1, 1, 1);
    data[at + 1] += 2;
    put_final(&w, 1, 1, 2);
    put_final(&w, 1, 2, 3);
    data[w.size - 1] = 0; /* padding */
    put_final(&w, 1, 1, 4);
    put_final(&w, 1, 1, 5);
    w.size -= 6;
    run *r = run_any_cut(AP_FORMAT_FINAL, data, w.size);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->frame[1].data[5], 2);
    assert_int_equal(r->frame[2].data[5], 4);
    assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 2);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 23 + 42);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_records),
        cmocka_unit_test(test_next_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
