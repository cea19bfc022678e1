#include "wire/framing/framing_check.h"

#define HEAD 2200u

static void put_head(ap_writer *w, uint8_t filler)
{
    for (size_t i = 0; i < HEAD; i++)
        ap_write_u8(w, filler);
}

static void put_trailer(ap_writer *w, uint32_t tod_128th_s)
{
    ap_write_bytes(w, "\xFE\x14\x82\x20\x58\x7C", 6);
    ap_write_be(w, tod_128th_s, 3);
    ap_write_u8(w, 0xFF);
}

/* A recording from behind its head: cutting the head into all pieces costs time and shows nothing.
 */
static run *run_tail(const ap_writer *w)
{
    assert_false(w->bad);
    run *whole = run_make(AP_FORMAT_GPS, w->data, w->size, w->size + 1);
    for (size_t chunk = 1; chunk <= w->size; chunk += chunk < 40 ? 1 : chunk < 2200 ? 111 : 7) {
        run *cut = run_make(chunk % 2 ? AP_FORMAT_GPS : AP_FORMAT_AUTO, w->data, w->size, chunk);
        run_assert_equal(whole, cut);
        free(cut);
    }
    return whole;
}

static void test_next_blocks_and_times(void **state)
{
    (void)state;
    static const uint8_t fillers[] = { 0xCD, ' ', 0, 0x1A };
    for (size_t i = 0; i < sizeof fillers; i++) {
        uint8_t data[3000];
        ap_writer w = ap_writer_of(data, sizeof data);
        put_head(&w, fillers[i]);
        put_block(&w, 34, 2, 1);
        put_trailer(&w, 11059199);
        put_block(&w, 200, 1, 2);
        put_trailer(&w, 0);
        put_block(&w, 2, 1, 3);
        put_trailer(&w, 11059200); /* beyond a day */
        put_block(&w, 34, 1, 4);
        put_trailer(&w, 128);
        run *r = run_tail(&w);
        assert_int_equal(r->format, AP_FORMAT_GPS);
        assert_int_equal(r->count, 4);
        assert_int_equal(r->frame[0].offset, HEAD);
        assert_int_equal(r->frame[0].size, 19);
        assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_DAY);
        assert_int_equal(r->frame[0].time_ns, INT64_C(86399992187500));
        assert_int_equal(r->frame[1].data[0], 200);
        assert_int_equal(r->frame[1].time_kind, AP_FRAME_TIME_DAY);
        assert_int_equal(r->frame[1].time_ns, 0);
        assert_int_equal(r->frame[2].time_kind, AP_FRAME_TIME_NONE);
        assert_int_equal(r->frame[3].time_ns, 1000000000);
        assert_int_equal(ap_refusals_total(&r->refused), 0);
        free(r);
    }
}

static void test_next_damage(void **state)
{
    (void)state;
    static const int length_error[] = { 5, -4, 0 };
    for (size_t i = 0; i < 3; i++) {
        uint8_t data[4000];
        ap_writer w = ap_writer_of(data, sizeof data);
        put_head(&w, 0xCD);
        for (unsigned block = 0; block < 12; block++) {
            size_t at = w.size;
            if (block == 6 && length_error[i] == 0)
                ap_write_bytes(&w, "\x30\x00\x01garbage", 10);
            put_block(&w, block % 2 ? 34 : 2, 1 + block % 3, (uint8_t)block);
            put_trailer(&w, 1000 + block);
            if (block == 6)
                data[at + 2] = (uint8_t)(data[at + 2] + length_error[i]);
        }
        run *r = run_tail(&w);
        assert_int_equal(r->count, length_error[i] == 0 ? 12 : 11);
        for (size_t k = 0; k < r->count; k++) {
            unsigned mark = r->frame[k].data[5];
            assert_int_equal(mark, length_error[i] != 0 && k >= 6 ? k + 1 : k);
            assert_int_equal(r->frame[k].time_ns, (1000 + (int64_t)mark) * 7812500);
        }
        assert_int_equal(ap_refusals_total(&r->refused), 1);
        free(r);
    }
}

static void test_next_cut(void **state)
{
    (void)state;
    uint8_t data[3000];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_head(&w, 0xCD);
    put_block(&w, 34, 2, 1);
    put_trailer(&w, 1);
    put_block(&w, 34, 1, 2);
    put_trailer(&w, 2);
    w.size -= 4; /* the trailer's time is gone, the block is whole */
    run *r = run_tail(&w);
    assert_int_equal(r->count, 2);
    assert_int_equal(r->frame[1].time_kind, AP_FRAME_TIME_NONE);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
    w.size -= 8; /* into the block */
    r = run_tail(&w);
    assert_int_equal(r->count, 1);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
    r = run_make(AP_FORMAT_GPS, data, 1000, 100); /* into the head */
    assert_int_equal(r->end, AP_ERR_END);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_blocks_and_times),
        cmocka_unit_test(test_next_damage),
        cmocka_unit_test(test_next_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
