#include "wire/framing/framing_check.h"

static const uint8_t long_frame[14] = { 0x8D, 0x48, 0x40, 0xD6, 0x20, 0x2C, 0xC3,
                                        0x71, 0xC3, 0x2C, 0xE0, 0x57, 0x60, 0x98 };
static const uint8_t escapes[7] = { 0x1A, 0x1A, 0x02, 0xE1, 0x8C, 0xA8, 0x1A };

static void put_doubled(ap_writer *w, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ap_write_u8(w, bytes[i]);
        if (bytes[i] == 0x1A)
            ap_write_u8(w, 0x1A);
    }
}

static void put_beast(ap_writer *w, uint8_t type, uint64_t ticks, uint8_t signal,
                      const uint8_t *payload, size_t size)
{
    uint8_t stamp[7];
    for (size_t i = 0; i < 6; i++)
        stamp[i] = (uint8_t)(ticks >> (8 * (5 - i)));
    stamp[6] = signal;
    ap_write_u8(w, 0x1A);
    ap_write_u8(w, type);
    put_doubled(w, stamp, 7);
    put_doubled(w, payload, size);
}

static void assert_frame(const ap_frame *f, const uint8_t *payload, size_t size)
{
    assert_int_equal(f->kind, AP_FRAME_MODES);
    assert_int_equal(f->size, size);
    assert_memory_equal(f->data, payload, size);
}

static void test_next_frames(void **state)
{
    (void)state;
    uint8_t data[400];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_beast(&w, '3', UINT64_C(0x1A1A1A1A1A1A), 0x1A, long_frame, 14);
    put_beast(&w, '2', UINT64_C(0x0000DEADBEEF), 7, escapes, 7);
    put_beast(&w, '1', 5, 7, long_frame, 2);
    put_beast(&w, '4', 5, 7, long_frame, 14);
    put_beast(&w, '3', 1, 255, long_frame, 14);
    run *r = run_any_cut(AP_FORMAT_BEAST, data, w.size);
    assert_int_equal(r->count, 3);
    assert_frame(&r->frame[0], long_frame, 14);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_TICKS);
    assert_int_equal(r->frame[0].ticks_12mhz, UINT64_C(0x1A1A1A1A1A1A));
    assert_true(r->frame[0].has_signal);
    assert_int_equal(r->frame[0].signal, 0x1A);
    assert_int_equal(r->frame[0].offset, 16);
    assert_frame(&r->frame[1], escapes, 7);
    assert_int_equal(r->frame[1].ticks_12mhz, UINT64_C(0x0000DEADBEEF));
    assert_frame(&r->frame[2], long_frame, 14);
    assert_int_equal(r->refused.count[AP_REFUSED_MODE_AC], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_STATUS_FRAME], 1);
    assert_int_equal(ap_refusals_total(&r->refused), 2);
    free(r);
}

/* Marks of synthetic messages in place of ticks: MLAT, UAT, not to be forwarded; and no ticks. */
static void test_next_magic_ticks_are_no_time(void **state)
{
    (void)state;
    static const uint64_t magic[] = { UINT64_C(0xFF004D4C4154), UINT64_C(0xFF004D4C4155),
                                      UINT64_C(0xFF004D4C4160), 0 };
    uint8_t data[400];
    ap_writer w = ap_writer_of(data, sizeof data);
    for (size_t i = 0; i < 4; i++)
        put_beast(&w, '3', magic[i], 1, long_frame, 14);
    put_beast(&w, '3', UINT64_C(0xFF004D4C4153), 1, long_frame, 14);
    run *r = run_any_cut(AP_FORMAT_BEAST, data, w.size);
    assert_int_equal(r->count, 5);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(r->frame[i].time_kind, AP_FRAME_TIME_NONE);
        assert_int_equal(r->frame[i].ticks_12mhz, 0);
        assert_int_equal(r->frame[i].synthetic, i < 3);
        assert_int_equal(r->frame[i].multilaterated, i == 0);
    }
    assert_int_equal(r->frame[4].time_kind, AP_FRAME_TIME_TICKS);
    free(r);
}

static void test_next_extensions(void **state)
{
    (void)state;
    static const uint8_t receiver[8] = { 1, 2, 0x1A, 4, 5, 6, 7, 0x1A };
    /* 1717664319147 ms = 2024-06-06T08:58:39.147Z = 0x18FECBF08AB; with 1A bytes instead */
    static const uint8_t time_ms[8] = { 0x1A, 0x1A, 0x32, 0x1A, 0x8F, 0x01, 0, 0 };
    uint8_t data[400];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_beast(&w, '3', 9, 1, long_frame, 14);
    ap_write_bytes(&w,
                   "\x1A\xE4"
                   "00112233-4455-6677-8899-aabbccddeeff",
                   38);
    ap_write_bytes(&w, "\x1A\xE8", 2);
    ap_write_bytes(&w, time_ms, 8);
    ap_write_bytes(&w, "\x1A\xE3", 2);
    put_doubled(&w, receiver, 8);
    put_beast(&w, '2', 77, 1, escapes, 7);
    put_beast(&w, '3', 78, 1, long_frame, 14);
    run *r = run_any_cut(AP_FORMAT_BEAST, data, w.size);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_TICKS);
    assert_false(r->frame[0].has_receiver);
    assert_frame(&r->frame[1], escapes, 7);
    assert_true(r->frame[1].has_receiver);
    assert_int_equal(r->frame[1].receiver, UINT64_C(0x01021A040506071A));
    assert_int_equal(r->frame[1].time_kind, AP_FRAME_TIME_UTC);
    assert_int_equal(r->frame[1].time_ns, INT64_C(0x018F1A321A1A) * 1000000);
    assert_int_equal(r->frame[1].ticks_12mhz, 77);
    assert_true(r->frame[2].has_receiver); /* that of all frames, from its name */
    assert_int_equal(r->frame[2].receiver, UINT64_C(0x0011223344556677));
    assert_int_equal(r->frame[2].time_kind, AP_FRAME_TIME_UTC);
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    free(r);
}

/* A UUID of 16 bytes, in which 1A is doubled; and a name that is none. */
static void test_next_names(void **state)
{
    (void)state;
    uint8_t data[200];
    ap_writer w = ap_writer_of(data, sizeof data);
    ap_write_bytes(
        &w, "\x1A\xE4\x80\x01\x1A\x1A\x83\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F", 19);
    put_beast(&w, '2', 77, 1, escapes, 7);
    ap_write_bytes(&w, "\x1A\xE4roof", 6);
    put_beast(&w, '2', 77, 1, escapes, 7);
    run *r = run_any_cut(AP_FORMAT_BEAST, data, w.size);
    assert_int_equal(r->count, 2);
    assert_true(r->frame[0].has_receiver);
    assert_int_equal(r->frame[0].receiver, UINT64_C(0x80011A8304050607));
    assert_false(r->frame[1].has_receiver);
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    free(r);
}

/* A time that cannot be is counted; frames behind it have their ticks. */
static void test_next_time_out_of_range(void **state)
{
    (void)state;
    uint8_t data[200];
    ap_writer w = ap_writer_of(data, sizeof data);
    ap_write_bytes(&w, "\x1A\xE8\0\0\0\0\0\0\0\x01", 10); /* 2^56 ms */
    put_beast(&w, '2', 77, 1, escapes, 7);
    run *r = run_any_cut(AP_FORMAT_BEAST, data, w.size);
    assert_int_equal(r->count, 1);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_TICKS);
    assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 1);
    free(r);
}

/* A frame that another one interrupts, noise before and between, and a cut at the end. */
static void test_next_damage(void **state)
{
    (void)state;
    uint8_t data[400];
    ap_writer w = ap_writer_of(data, sizeof data);
    ap_write_bytes(&w, "\x01\x02\x1A\x1A\x33zz", 7);
    put_beast(&w, '3', 1, 1, long_frame, 14);
    put_beast(&w, '3', 2, 1, long_frame, 14);
    w.size -= 5;
    put_beast(&w, '3', 3, 1, long_frame, 14);
    ap_write_bytes(&w, "noise", 5);
    put_beast(&w, '2', 4, 1, escapes, 7);
    ap_write_bytes(&w, "\x1A\x07", 2);
    put_beast(&w, '2', 5, 1, escapes, 7);
    put_beast(&w, '2', 6, 1, escapes, 7);
    w.size -= 3;
    run *r = run_any_cut(AP_FORMAT_BEAST, data, w.size);
    assert_int_equal(r->count, 4);
    static const uint64_t ticks[] = { 1, 3, 4, 5 };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r->frame[i].ticks_12mhz, ticks[i]);
    assert_int_equal(r->refused.count[AP_REFUSED_SYNTAX], 4);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 7 + 18 + 5 + 2);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
}

static void test_score_is_sure(void **state)
{
    (void)state;
    uint8_t data[400];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_beast(&w, '3', 1, 1, long_frame, 14);
    run *r = run_any_cut(AP_FORMAT_AUTO, data, w.size);
    assert_int_equal(r->format, AP_FORMAT_BEAST);
    free(r);
    for (uint64_t i = 0; i < 8; i++)
        put_beast(&w, '3', i, 1, long_frame, 14);
    r = run_any_cut(AP_FORMAT_AUTO, data + 5, w.size - 5); /* a stream joined in its middle */
    assert_int_equal(r->format, AP_FORMAT_BEAST);
    assert_int_equal(r->count, 8);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_frames),
        cmocka_unit_test(test_next_magic_ticks_are_no_time),
        cmocka_unit_test(test_next_extensions),
        cmocka_unit_test(test_next_names),
        cmocka_unit_test(test_next_time_out_of_range),
        cmocka_unit_test(test_next_damage),
        cmocka_unit_test(test_score_is_sure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
