#include "wire/framing/framing_check.h"

static void put_oradis(ap_writer *w, uint32_t ms, unsigned blocks, uint8_t mark)
{
    size_t at = w->size;
    ap_write_u16(w, 0);
    ap_write_be(w, ms, 4);
    for (unsigned i = 0; i < blocks; i++)
        put_block(w, 34, 1 + i, mark);
    w->data[at] = (uint8_t)((w->size - at) >> 8);
    w->data[at + 1] = (uint8_t)(w->size - at);
}

static void test_next_elements(void **state)
{
    (void)state;
    uint8_t data[600];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_oradis(&w, 45826101, 2, 1); /* 12:43:46.101 */
    put_oradis(&w, 86400000, 1, 2);
    put_oradis(&w, 86399999, 1, 3);
    run *r = run_any_cut(AP_FORMAT_ORADIS, data, w.size);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->frame[0].size, 11 + 19);
    assert_int_equal(r->frame[0].offset, 6);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_DAY);
    assert_int_equal(r->frame[0].time_ns, INT64_C(45826101000000));
    assert_int_equal(r->frame[1].time_kind, AP_FRAME_TIME_NONE);
    assert_int_equal(r->frame[2].time_ns, INT64_C(86399999000000));
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    free(r);
    r = run_any_cut(AP_FORMAT_AUTO, data, w.size);
    assert_int_equal(r->format, AP_FORMAT_ORADIS);
    assert_int_equal(r->count, 3);
    free(r);
}

static void test_next_damage(void **state)
{
    (void)state;
    uint8_t data[600];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_oradis(&w, 1, 1, 0);
    size_t at = w.size;
    put_oradis(&w, 1, 1, 1);
    data[at + 1]++;
    put_oradis(&w, 1, 1, 2);
    ap_write_bytes(&w, "abc", 3);
    put_oradis(&w, 1, 1, 3);
    put_oradis(&w, 1, 1, 4);
    w.size--;
    run *r = run_any_cut(AP_FORMAT_ORADIS, data, w.size);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->frame[1].data[5], 2);
    assert_int_equal(r->frame[2].data[5], 3);
    assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 2);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 17 + 3);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_elements),
        cmocka_unit_test(test_next_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
