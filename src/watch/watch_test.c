#include "watch/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#define LOG_CAP 4096

typedef struct fixture {
    void *memory;
    ap_watch watch;
    ap_alert log[LOG_CAP];
    size_t count;
} fixture;

static void take(void *context, const ap_alert *alert)
{
    fixture *f = context;
    assert_true(f->count < LOG_CAP);
    f->log[f->count++] = *alert;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    ap_watch_config config = { .alert_cap = 16, .track_cap = 16, .on_alert = take, .context = f };
    size_t size = ap_watch_size(&config);
    f->memory = malloc(size);
    *state = f;
    return ap_watch_init(&f->watch, &config, f->memory, size) == AP_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    free(f->memory);
    free(f);
    return 0;
}

static ap_track a_track(uint32_t id)
{
    return (ap_track){ .id = id,
                       .state = AP_TRACK_FIRM,
                       .adsb_utc = AP_UTC_UNKNOWN,
                       .mode_3a_utc = AP_UTC_UNKNOWN,
                       .updated_utc = AP_UTC_UNKNOWN };
}

/* An update at `time` that carries every kind of information that the track has. */
static void update(fixture *f, ap_track *track, ap_utc_ns time)
{
    track->updated_utc = time;
    if (track->present & AP_HAS_MODE_3A)
        track->mode_3a_utc = time;
    if (track->present & AP_HAS_INTEGRITY)
        track->adsb_utc = time;
    ap_watch_track(&f->watch, &(ap_track_event){ .kind = AP_EVENT_UPDATED, .time_utc = time },
                   track);
}

static void update_code(fixture *f, ap_track *track, ap_utc_ns time, uint16_t code)
{
    track->present |= AP_HAS_MODE_3A;
    track->mode_3a = code;
    update(f, track, time);
}

static void test_watch_init_refuses(void **state)
{
    (void)state;
    ap_watch watch;
    ap_watch_config bad[] = { { 15, 16, take, NULL },
                              { 100001, 16, take, NULL },
                              { 16, 15, take, NULL },
                              { 16, 1000001, take, NULL },
                              { 16, 16, NULL, NULL } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ap_watch_size(&bad[i]), 0);
        assert_int_equal(ap_watch_init(&watch, &bad[i], NULL, 0), AP_ERR_ARGUMENT);
    }
    ap_watch_config good = { 16, 16, take, NULL };
    assert_int_equal(ap_watch_init(&watch, &good, NULL, 0), AP_ERR_MEMORY);
}

static void test_watch_track_two_updates_turn(void **state)
{
    fixture *f = *state;
    ap_track track = a_track(7);
    update_code(f, &track, 1, 07700);
    assert_int_equal(f->count, 0);
    update_code(f, &track, 2, 01000); /* once only: nothing */
    update_code(f, &track, 3, 07700);
    assert_int_equal(f->count, 0);
    update_code(f, &track, 4, 07700);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->log[0].id, 1);
    assert_int_equal(f->log[0].kind, AP_ALERT_EMERGENCY_CODE);
    assert_int_equal(f->log[0].track_id, 7);
    assert_int_equal(f->log[0].detail, 07700);
    assert_int_equal(f->log[0].since_utc, 3);
    assert_int_equal(f->log[0].until_utc, AP_UTC_UNKNOWN);
    update_code(f, &track, 5, 07700);
    update_code(f, &track, 6, 01000);
    update_code(f, &track, 7, 07700); /* gone once only */
    update_code(f, &track, 8, 01000);
    assert_int_equal(f->count, 1);
    update_code(f, &track, 9, 01000);
    assert_int_equal(f->count, 2);
    assert_int_equal(f->log[1].id, 1);
    assert_int_equal(f->log[1].since_utc, 3);
    assert_int_equal(f->log[1].until_utc, 8);
}

static void test_watch_track_code_changes(void **state)
{
    fixture *f = *state;
    ap_track track = a_track(1);
    for (ap_utc_ns t = 1; t <= 2; t++)
        update_code(f, &track, t, 07600);
    for (ap_utc_ns t = 3; t <= 4; t++)
        update_code(f, &track, t, 07700);
    assert_int_equal(f->count, 3);
    assert_int_equal(f->log[0].detail, 07600);
    assert_int_equal(f->log[1].detail, 07600);
    assert_int_equal(f->log[1].until_utc, 3);
    assert_int_equal(f->log[2].detail, 07700);
    assert_int_equal(f->log[2].since_utc, 3);
    assert_int_equal(f->log[2].id, 2);
}

/* Plots without a code between two replies, and codes in doubt, count for nothing. */
static void test_watch_track_counts_a_report_once(void **state)
{
    fixture *f = *state;
    ap_track track = a_track(1);
    update_code(f, &track, 1, 07500);
    for (ap_utc_ns t = 2; t < 6; t++) {
        track.updated_utc = t;
        ap_watch_track(&f->watch, &(ap_track_event){ .kind = AP_EVENT_UPDATED, .time_utc = t },
                       &track);
    }
    assert_int_equal(f->count, 0);
    track.flags = AP_FLAG_MODE_3A_GARBLED;
    update_code(f, &track, 6, 07500);
    assert_int_equal(f->count, 0);
    track.flags = 0;
    update_code(f, &track, 7, 07500);
    assert_int_equal(f->count, 1);
}

static void test_watch_track_integrity_and_sharing(void **state)
{
    fixture *f = *state;
    ap_track track = a_track(3);
    track.present = AP_HAS_INTEGRITY | AP_HAS_ADDRESS;
    track.address = 0x3c6dd2;
    track.nic = 8;
    for (ap_utc_ns t = 1; t <= 3; t++)
        update(f, &track, t);
    assert_int_equal(f->count, 0);
    track.nic = 4;
    track.address_shared = true;
    update(f, &track, 4);
    update(f, &track, 5);
    assert_int_equal(f->count, 2);
    assert_int_equal(f->log[0].kind, AP_ALERT_ADDRESS_SHARED);
    assert_int_equal(f->log[0].detail, 0x3c6dd2);
    assert_int_equal(f->log[1].kind, AP_ALERT_POSITION_LOW_INTEGRITY);
    assert_int_equal(f->log[1].detail, 4);
    ap_watch_track(&f->watch, &(ap_track_event){ .kind = AP_EVENT_DROPPED, .time_utc = 90 },
                   &track);
    assert_int_equal(f->count, 4);
    assert_int_equal(f->log[2].until_utc, 90);
    assert_int_equal(f->log[3].until_utc, 90);
    ap_watch_track(&f->watch, &(ap_track_event){ .kind = AP_EVENT_DROPPED, .time_utc = 91 },
                   &track);
    assert_int_equal(f->count, 4);
}

static void update_nic(fixture *f, ap_track *track, double time_s, uint8_t nic)
{
    track->present |= AP_HAS_INTEGRITY;
    track->nic = nic;
    update(f, track, (ap_utc_ns)(time_s * 1e9));
}

/* Integrity that was never there, or not for long enough, or long ago, cannot be lost. */
static void test_watch_track_integrity_must_have_been_there(void **state)
{
    static const struct {
        uint8_t before[6];
        double then_s; /* of the first low update */
        bool alert;
    } cases[] = {
        { { 0, 0, 0, 0, 0, 0 }, 6, false },   { { 7, 7, 7, 7, 7, 7 }, 6, true },
        { { 0, 0, 0, 8, 8, 7 }, 6, true },    { { 8, 8, 0, 8, 8, 0 }, 6, false },
        { { 8, 8, 6, 8, 8, 6 }, 6, false },   { { 6, 6, 6, 6, 6, 6 }, 6, false },
        { { 8, 8, 8, 6, 6, 6 }, 6, true },    { { 8, 8, 8, 8, 8, 8 }, 905, true },
        { { 8, 8, 8, 8, 8, 8 }, 906, false },
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t before = f->count;
        ap_track track = a_track((uint32_t)i + 1);
        for (int n = 0; n < 6; n++)
            update_nic(f, &track, n, cases[i].before[n]);
        assert_int_equal(f->count, before);
        update_nic(f, &track, cases[i].then_s, 4);
        update_nic(f, &track, cases[i].then_s + 1, 4);
        if (f->count - before != (cases[i].alert ? 1 : 0))
            fail_msg("case %zu: %zu alerts", i, f->count - before);
        if (!cases[i].alert)
            continue;
        update_nic(f, &track, 5000, 0); /* it lasts, however long */
        update_nic(f, &track, 5001, 0);
        assert_int_equal(f->count, before + 1);
        update_nic(f, &track, 5002, 8);
        update_nic(f, &track, 5003, 8);
        assert_int_equal(f->count, before + 2);
    }
}

/* One report seen in three events is one; a dropped track is forgotten with its table's place. */
static void test_watch_track_integrity_counts_reports(void **state)
{
    fixture *f = *state;
    ap_track track = a_track(1);
    for (int n = 0; n < 5; n++)
        update_nic(f, &track, 1, 8);
    update_nic(f, &track, 2, 0);
    update_nic(f, &track, 3, 0);
    assert_int_equal(f->count, 0);
    for (uint32_t round = 0; round < 10; round++) {
        ap_track tracks[17];
        for (uint32_t i = 0; i < 17; i++) {
            tracks[i] = a_track(2 + round * 17 + i);
            update_nic(f, &tracks[i], 1, 8);
        }
        assert_int_equal(ap_watch_refused(&f->watch), 2 * (round + 1));
        for (uint32_t i = 0; i < 17; i++)
            ap_watch_track(&f->watch, &(ap_track_event){ .kind = AP_EVENT_DROPPED, .time_utc = 2 },
                           &tracks[i]);
    }
    assert_int_equal(f->count, 0);
}

static void test_watch_track_ignores_tentative(void **state)
{
    fixture *f = *state;
    ap_track track = a_track(3);
    track.state = AP_TRACK_TENTATIVE;
    for (ap_utc_ns t = 1; t < 9; t++)
        update_code(f, &track, t, 07700);
    assert_int_equal(f->count, 0);
}

/* A full table refuses and counts; drops make room again, also for keys that lie behind. */
static void test_watch_track_full(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 20; round++) {
        ap_track tracks[20];
        size_t before = f->count;
        for (uint32_t i = 0; i < 20; i++) {
            tracks[i] = a_track((uint32_t)round * 37 + i * i + 1);
            update_code(f, &tracks[i], 1, 07700);
            update_code(f, &tracks[i], 2, 07700);
        }
        assert_int_equal(f->count - before, 16);
        assert_int_equal(ap_watch_refused(&f->watch), (round + 1) * 8);
        for (uint32_t i = 0; i < 20; i++)
            ap_watch_track(&f->watch, &(ap_track_event){ .kind = AP_EVENT_DROPPED, .time_utc = 3 },
                           &tracks[i]);
        assert_int_equal(f->count - before, 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watch_init_refuses),
        cmocka_unit_test_setup_teardown(test_watch_track_two_updates_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_track_code_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_track_counts_a_report_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_track_integrity_and_sharing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_track_integrity_must_have_been_there, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_watch_track_integrity_counts_reports, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_watch_track_ignores_tentative, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_track_full, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
