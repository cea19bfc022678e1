#include "app/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define S AP_NS_PER_S
#define TICKS UINT64_C(12000000)

static ap_asterix_editions editions;
static ap_receiver_clock receiver;

static ap_utc_ns utc(const char *text)
{
    ap_utc_ns time;
    assert_int_equal(ap_utc_parse(text, &time), AP_OK);
    return time;
}

static void start(ap_source_clock *clock, ap_utc_ns start_utc)
{
    ap_source_clock_init(clock, start_utc);
    ap_receiver_clock_init(&receiver, AP_CLOCK_AUTO);
}

static ap_utc_ns at_ticks(ap_source_clock *clock, uint64_t ticks)
{
    ap_frame frame = { .kind = AP_FRAME_MODES,
                       .time_kind = AP_FRAME_TIME_TICKS,
                       .ticks_12mhz = ticks };
    return ap_source_clock_time(clock, &receiver, &editions, &frame);
}

static ap_utc_ns at_day(ap_source_clock *clock, int64_t ns)
{
    ap_frame frame = { .kind = AP_FRAME_ASTERIX, .time_kind = AP_FRAME_TIME_DAY, .time_ns = ns };
    return ap_source_clock_time(clock, &receiver, &editions, &frame);
}

/* A CAT034 north marker of 25/201 at a time of day; the frame has no time of its own. */
static ap_utc_ns at_record(ap_source_clock *clock, uint32_t tod_128th_s)
{
    uint8_t block[] = { 34, 0, 10, 0xE0, 25, 201, 1, 0, 0, 0 };
    block[7] = (uint8_t)(tod_128th_s >> 16);
    block[8] = (uint8_t)(tod_128th_s >> 8);
    block[9] = (uint8_t)tod_128th_s;
    ap_frame frame = { .kind = AP_FRAME_ASTERIX, .data = block, .size = sizeof block };
    return ap_source_clock_time(clock, &receiver, &editions, &frame);
}

static void test_clock_ticks_from_midnight(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06"));
    assert_int_equal(at_ticks(&clock, 43200 * TICKS), utc("2024-06-06T12:00:00Z"));
    assert_int_equal(at_ticks(&clock, 43201 * TICKS + 6), utc("2024-06-06T12:00:01Z") + 500);
}

static void test_clock_ticks_from_a_given_start(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06T08:58:39Z"));
    assert_int_equal(at_ticks(&clock, 777 * TICKS), utc("2024-06-06T08:58:39Z"));
    assert_int_equal(at_ticks(&clock, 778 * TICKS), utc("2024-06-06T08:58:40Z"));
}

/* F6: the 48-bit counter wraps after 271 days; the stream does not jump. */
static void test_clock_ticks_wrap(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06T00:00:01Z"));
    uint64_t last = (UINT64_C(1) << 48) - TICKS;
    assert_int_equal(at_ticks(&clock, last), utc("2024-06-06T00:00:01Z"));
    assert_int_equal(at_ticks(&clock, TICKS), utc("2024-06-06T00:00:03Z"));
    assert_int_equal(receiver.counts.reset_count, 0);
}

/* F6: a receiver that restarts counts from zero again; time goes on, a little jitter does not. */
static void test_clock_ticks_restart(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06T00:00:01Z"));
    assert_int_equal(at_ticks(&clock, 900 * TICKS), utc("2024-06-06T00:00:01Z"));
    assert_int_equal(at_ticks(&clock, 900 * TICKS - 1200), utc("2024-06-06T00:00:01Z"));
    assert_int_equal(receiver.counts.reset_count, 0);
    assert_int_equal(at_ticks(&clock, 3 * TICKS), utc("2024-06-06T00:00:01Z"));
    assert_int_equal(receiver.counts.reset_count, 1);
    assert_int_equal(at_ticks(&clock, 5 * TICKS), utc("2024-06-06T00:00:03Z"));
}

static ap_utc_ns stamped(ap_source_clock *clock, ap_receiver_clock *by, uint64_t stamp)
{
    ap_frame frame = { .kind = AP_FRAME_MODES,
                       .time_kind = AP_FRAME_TIME_TICKS,
                       .ticks_12mhz = stamp };
    return ap_source_clock_time(clock, by, &editions, &frame);
}

/* Two counters that know nothing of each other, frame by frame: one stream, no reset. */
static void test_clock_mixed_receivers(void **state)
{
    (void)state;
    ap_source_clock clock;
    ap_receiver_clock a, b;
    ap_source_clock_init(&clock, utc("2024-06-06T10:00:00Z"));
    ap_receiver_clock_init(&a, AP_CLOCK_AUTO);
    ap_receiver_clock_init(&b, AP_CLOCK_AUTO);
    for (uint64_t i = 0; i < 600; i++) {
        ap_utc_ns at = utc("2024-06-06T10:00:00Z") + (int64_t)i * S / 10;
        assert_int_equal(stamped(&clock, &a, 5000 * TICKS + i * TICKS / 10), at);
        assert_int_equal(stamped(&clock, &b, 77 * TICKS + i * TICKS / 10), at);
    }
    /* One of them begins anew; the other keeps the time. */
    assert_int_equal(stamped(&clock, &b, 5), utc("2024-06-06T10:00:59.9Z"));
    assert_int_equal(stamped(&clock, &a, 5060 * TICKS), utc("2024-06-06T10:01:00Z"));
    assert_int_equal(stamped(&clock, &b, 5 + TICKS / 10), utc("2024-06-06T10:01:00Z"));
    assert_int_equal(b.counts.reset_count, 1);
    /* One jumps ahead: it is set to the stream. Then nobody is heard for ten minutes. */
    assert_int_equal(stamped(&clock, &b, 9000 * TICKS), utc("2024-06-06T10:01:00Z"));
    assert_int_equal(stamped(&clock, &a, 5061 * TICKS), utc("2024-06-06T10:01:01Z"));
    assert_int_equal(b.counts.jump_count, 1);
    assert_int_equal(stamped(&clock, &b, 9601 * TICKS), utc("2024-06-06T10:01:01Z"));
    assert_int_equal(stamped(&clock, &b, 9602 * TICKS), utc("2024-06-06T10:01:02Z"));
    assert_int_equal(stamped(&clock, &a, 5662 * TICKS), utc("2024-06-06T10:11:02Z"));
    assert_int_equal(stamped(&clock, &b, 9604 * TICKS), utc("2024-06-06T10:11:04Z"));
    assert_int_equal(a.counts.reset_count + a.counts.slip_count + a.counts.jump_count, 0);
    assert_int_equal(b.counts.jump_count, 1);
    assert_int_equal(b.counts.slip_count, 0);
}

/* GPS stamps hold the time of day: beside ticks, and over midnight. */
static void test_clock_gps_over_midnight(void **state)
{
    (void)state;
    ap_source_clock clock;
    ap_receiver_clock gps, ticks;
    ap_source_clock_init(&clock, utc("2024-06-06"));
    ap_receiver_clock_init(&gps, AP_CLOCK_GPS);
    ap_receiver_clock_init(&ticks, AP_CLOCK_TICKS);
    assert_int_equal(stamped(&clock, &gps, UINT64_C(86399) << 30), utc("2024-06-06T23:59:59Z"));
    assert_int_equal(stamped(&clock, &ticks, 1), utc("2024-06-06T23:59:59Z"));
    assert_int_equal(stamped(&clock, &gps, 250000000), utc("2024-06-07T00:00:00.25Z"));
    assert_int_equal(stamped(&clock, &ticks, 1 + 2 * TICKS), utc("2024-06-07T00:00:01Z"));
    assert_int_equal(gps.counts.wrap_count, 1);
    assert_int_equal(clock.restart_count, 0);
}

/* A made-up stamp is no time, and is counted. */
static void test_clock_synthetic(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06T10:00:00Z"));
    (void)at_ticks(&clock, 50 * TICKS);
    ap_frame frame = { .kind = AP_FRAME_MODES, .synthetic = true };
    assert_int_equal(ap_source_clock_time(&clock, &receiver, &editions, &frame),
                     utc("2024-06-06T10:00:00Z"));
    assert_int_equal(at_ticks(&clock, 51 * TICKS), utc("2024-06-06T10:00:01Z"));
    assert_int_equal(receiver.counts.synthetic_count, 1);
    assert_int_equal(receiver.counts.stamp_count, 2);
}

static void test_clock_day_over_midnight(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06"));
    assert_int_equal(at_day(&clock, 86399 * S), utc("2024-06-06T23:59:59Z"));
    assert_int_equal(at_day(&clock, 1 * S), utc("2024-06-07T00:00:01Z"));
    assert_int_equal(at_day(&clock, 3 * S), utc("2024-06-07T00:00:03Z"));
}

static void test_clock_never_runs_back(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06"));
    assert_int_equal(at_day(&clock, 100 * S), utc("2024-06-06T00:01:40Z"));
    assert_int_equal(at_day(&clock, 90 * S), utc("2024-06-06T00:01:40Z"));
}

/* One damaged time is not believed; two that agree are. */
static void test_clock_records_need_a_witness(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06"));
    assert_int_equal(at_record(&clock, 1000 * 128), utc("2024-06-06T00:16:40Z"));
    assert_int_equal(at_record(&clock, 30000 * 128), utc("2024-06-06T00:16:40Z"));
    assert_int_equal(at_record(&clock, 1001 * 128), utc("2024-06-06T00:16:41Z"));
    assert_int_equal(at_record(&clock, 1010 * 128), utc("2024-06-06T00:16:50Z"));
    assert_int_equal(at_record(&clock, 1055 * 128), utc("2024-06-06T00:16:50Z"));
    assert_int_equal(at_record(&clock, 5000 * 128), utc("2024-06-06T00:16:50Z"));
    assert_int_equal(at_record(&clock, 5001 * 128), utc("2024-06-06T01:23:21Z"));
    assert_int_equal(clock.restart_count, 0);
}

/* A first time that was wrong, and a recording joined to a later one: the stream goes on. */
static void test_clock_restarts_when_two_agree(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06"));
    assert_int_equal(at_record(&clock, 8200 * 128), utc("2024-06-06T02:16:40Z"));
    assert_int_equal(at_record(&clock, 1000 * 128), utc("2024-06-06T02:16:40Z"));
    assert_int_equal(clock.restart_count, 0);
    assert_int_equal(at_record(&clock, 1004 * 128), utc("2024-06-06T00:16:44Z"));
    assert_int_equal(clock.restart_count, 1);
    assert_int_equal(at_record(&clock, 1008 * 128), utc("2024-06-06T00:16:48Z"));
}

/* A recorder's clock may rest for hours: its first frame after the gap has its own time. */
static void test_clock_container_gaps_are_believed(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06"));
    assert_int_equal(at_day(&clock, 100 * S), utc("2024-06-06T00:01:40Z"));
    assert_int_equal(at_day(&clock, 30000 * S), utc("2024-06-06T08:20:00Z"));
    assert_int_equal(at_day(&clock, 200 * S), utc("2024-06-06T08:20:00Z"));
    assert_int_equal(at_day(&clock, 201 * S), utc("2024-06-06T00:03:21Z"));
    assert_int_equal(clock.restart_count, 1);
}

static void test_clock_records_over_midnight(void **state)
{
    (void)state;
    ap_source_clock clock;
    start(&clock, utc("2024-06-06"));
    assert_int_equal(at_record(&clock, 0xA8BF80), utc("2024-06-06T23:59:59Z"));
    assert_int_equal(at_record(&clock, 128), utc("2024-06-07T00:00:01Z"));
    assert_int_equal(at_record(&clock, 0xA8C000), utc("2024-06-07T00:00:01Z"));
}

/* Records of CAT048 with a source only, then one with a time: it counts among the first 16. */
static void test_clock_looks_at_the_first_records(void **state)
{
    (void)state;
    for (size_t bare = 15; bare <= 16; bare++) {
        uint8_t bytes[3 + 3 * 16 + 6] = { 48, 0 };
        size_t size = 3;
        for (size_t i = 0; i < bare; i++, size += 3)
            memcpy(bytes + size, "\x80\x01\x02", 3);
        memcpy(bytes + size, "\xC0\x01\x02\x00\x00\x80", 6); /* 00:00:01 */
        size += 6;
        bytes[2] = (uint8_t)size;
        ap_source_clock clock;
        start(&clock, utc("2024-06-06T00:00:07Z"));
        ap_frame frame = { .kind = AP_FRAME_ASTERIX, .data = bytes, .size = size };
        assert_int_equal(ap_source_clock_time(&clock, &receiver, &editions, &frame),
                         utc(bare < 16 ? "2024-06-06T00:00:01Z" : "2024-06-06T00:00:07Z"));
    }
}

/* A Mode S frame with a UTC of its own beside the stamp; no stamp: 0. */
static ap_utc_ns marked(ap_source_clock *clock, ap_receiver_clock *by, ap_utc_ns time,
                        uint64_t stamp)
{
    ap_frame frame = { .kind = AP_FRAME_MODES,
                       .time_kind = AP_FRAME_TIME_UTC,
                       .time_ns = time,
                       .ticks_12mhz = stamp };
    return ap_source_clock_time(clock, by, &editions, &frame);
}

/* One damaged mark, over several frames, does not carry the stream away, whichever way; one that
 * the counter bears out does. */
static void test_clock_marks_need_the_stamp(void **state)
{
    (void)state;
    static const int64_t wrong_s[] = { 16, 50, 300, 7200, 86400, -61, -300, -86400 };
    ap_utc_ns t0 = utc("2024-06-06T10:00:00Z");
    for (size_t k = 0; k < sizeof wrong_s / sizeof wrong_s[0]; k++) {
        ap_source_clock clock;
        start(&clock, t0);
        for (int64_t i = 0; i < 100; i++) {
            ap_utc_ns at = t0 + i * S, seen = at;
            if (i >= 50 && i < 55)
                at = t0 + (50 + wrong_s[k]) * S;
            if (i >= 50 && i < 55)
                seen = t0 + 49 * S;
            assert_int_equal(marked(&clock, &receiver, at, (uint64_t)(70 + i) * TICKS), seen);
        }
        assert_int_equal(clock.restart_count, 0);
        assert_int_equal(receiver.counts.jump_count, 1);
        assert_int_equal(receiver.counts.reset_count, 0);
        assert_int_equal(marked(&clock, &receiver, t0 + 7299 * S, 7369 * TICKS), t0 + 7299 * S);
    }
}

/* Without a stamp it is an hour; what is later still bears it out. */
static void test_clock_marks_without_stamps(void **state)
{
    (void)state;
    ap_utc_ns t0 = utc("2024-06-06T10:00:00Z");
    ap_source_clock clock;
    start(&clock, t0);
    assert_int_equal(marked(&clock, &receiver, t0, 0), t0);
    assert_int_equal(marked(&clock, &receiver, t0 + 3599 * S, 0), t0 + 3599 * S);
    assert_int_equal(marked(&clock, &receiver, t0 + 86400 * S, 0), t0 + 3599 * S);
    assert_int_equal(marked(&clock, &receiver, t0 + 3600 * S, 0), t0 + 3600 * S);
    assert_int_equal(marked(&clock, &receiver, t0 + 86400 * S, 0), t0 + 3600 * S);
    assert_int_equal(marked(&clock, &receiver, t0 + 99999 * S, 0), t0 + 99999 * S);
}

/* One receiver of two whose clock is wrong for long moves nobody's time. */
static void test_clock_marks_of_a_wrong_receiver(void **state)
{
    (void)state;
    ap_utc_ns t0 = utc("2024-06-06T10:00:00Z");
    ap_source_clock clock;
    ap_receiver_clock other;
    start(&clock, t0);
    ap_receiver_clock_init(&other, AP_CLOCK_AUTO);
    assert_int_equal(marked(&clock, &receiver, t0, 0), t0);
    assert_int_equal(marked(&clock, &other, t0, 0), t0);
    for (int64_t i = 1; i < 100; i++) {
        ap_utc_ns at = t0 + i * S;
        assert_int_equal(marked(&clock, &receiver, at, 0), at);
        for (int k = 0; k < 5; k++)
            assert_int_equal(marked(&clock, &other, at + 500 * S + k, 0), at);
    }
    /* The only one left is believed in the end. */
    ap_utc_ns later = t0 + 900 * S;
    for (int k = 0; k < 20; k++)
        (void)marked(&clock, &other, later + k, 0);
    assert_int_equal(marked(&clock, &other, later + 20, 0), later + 20);
    assert_int_equal(clock.restart_count, 0);
}

/* From a start at one end to a container's time at the other. */
static void test_clock_far_apart(void **state)
{
    (void)state;
    ap_source_clock clock;
    ap_frame frame = { .kind = AP_FRAME_ASTERIX };
    start(&clock, utc("2200-12-31"));
    (void)ap_source_clock_time(&clock, &receiver, &editions, &frame);
    frame.time_kind = AP_FRAME_TIME_UTC;
    frame.time_ns = -INT64_C(4300000000000000000);
    assert_int_equal(ap_source_clock_time(&clock, &receiver, &editions, &frame), utc("2200-12-31"));
    assert_int_equal(ap_source_clock_time(&clock, &receiver, &editions, &frame), frame.time_ns);
    frame.time_ns = -frame.time_ns;
    assert_int_equal(ap_source_clock_time(&clock, &receiver, &editions, &frame), frame.time_ns);
}

static void test_source_open_says_what_is_wrong(void **state)
{
    (void)state;
    ap_source source;
    assert_int_equal(ap_source_open(&source, "/nowhere/at/all", 0, AP_FORMAT_AUTO, &editions, 0),
                     AP_ERR_NO_INPUT);
    assert_non_null(strstr(source.message, "/nowhere/at/all"));
    ap_source_close(&source);
    ap_source_close(&source);
}

int main(void)
{
    ap_asterix_editions_default(&editions);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_ticks_from_midnight),
        cmocka_unit_test(test_clock_ticks_from_a_given_start),
        cmocka_unit_test(test_clock_ticks_wrap),
        cmocka_unit_test(test_clock_ticks_restart),
        cmocka_unit_test(test_clock_mixed_receivers),
        cmocka_unit_test(test_clock_gps_over_midnight),
        cmocka_unit_test(test_clock_synthetic),
        cmocka_unit_test(test_clock_day_over_midnight),
        cmocka_unit_test(test_clock_never_runs_back),
        cmocka_unit_test(test_clock_records_need_a_witness),
        cmocka_unit_test(test_clock_restarts_when_two_agree),
        cmocka_unit_test(test_clock_container_gaps_are_believed),
        cmocka_unit_test(test_clock_records_over_midnight),
        cmocka_unit_test(test_clock_looks_at_the_first_records),
        cmocka_unit_test(test_clock_marks_need_the_stamp),
        cmocka_unit_test(test_clock_marks_without_stamps),
        cmocka_unit_test(test_clock_marks_of_a_wrong_receiver),
        cmocka_unit_test(test_clock_far_apart),
        cmocka_unit_test(test_source_open_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
