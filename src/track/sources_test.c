/* Several sensors and one aircraft: one track, or two when an address is in two places. */
#include "track/test_world.h"

/* A Mode S radar, a primary radar, ADS-B and multilateration see one aircraft: one track. */
static void test_step_one_track_per_aircraft(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t ssr = add_sensor(w, AP_SENSOR_MODE_S, 50, 8),
             psr = add_sensor(w, AP_SENSOR_PSR, 50.3, 8.5);
    uint16_t wam = add_sensor(w, AP_SENSOR_MLAT, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    for (int k = 0; k < 240; k++) {
        double t_s = 0.5 * k;
        ap_report r;
        if (k % 16 == 3) {
            r = mode_s(w, ssr, &f, 0x3C0001, t_s);
            step(w, &r);
        }
        if (k % 8 == 5) {
            r = plot(w, psr, &f, t_s);
            r.present = AP_HAS_POLAR;
            step(w, &r);
        }
        if (k % 2 == 0 && k > 60) {
            r = mlat(wam, &f, 0x3C0001, t_s);
            step(w, &r);
        }
        if (k > 100) {
            r = adsb(es, &f, 0x3C0001, t_s);
            step(w, &r);
        }
    }
    ap_tracker_flush(&w->tracker);
    ap_track track = only_track(w);
    assert_int_equal(track.source_count, 4);
    assert_true(off_m(&track, &f) < 20.0);
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], 1);
    assert_true(track.psr_utc != AP_UTC_UNKNOWN && track.mode_s_utc != AP_UTC_UNKNOWN &&
                track.mlat_utc != AP_UTC_UNKNOWN && track.adsb_utc != AP_UTC_UNKNOWN);
    world_free(w);
}

/* A radar that joins a track of ADS-B counts its misses as one that bore it: when both fall silent
 * the existence falls with its turns, long before the time limit. */
static void test_step_misses_of_a_radar_that_joined(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t radar = add_sensor(w, AP_SENSOR_MODE_S, 50, 8),
             es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    for (int k = 0; k < 120; k++) {
        ap_report r = adsb(es, &f, 0x3C0001, 0.5 * k);
        step(w, &r);
        if (k > 40 && k % 8 == 3) {
            r = mode_s(w, radar, &f, 0x3C0001, 0.5 * k);
            step(w, &r);
        }
    }
    assert_true(only_track(w).existence > 0.99);
    double turn_s = w->sensor[radar].turn_s;
    ap_tracker_step(&w->tracker, ap_utc_add_s(START_UTC, 60.0 + 5.0 * turn_s), NULL, 0);
    assert_true(only_track(w).existence < 0.99);
    world_free(w);
}

/* A radar whose plots come 7 s late is silent since they came, not since they were seen: after 14 s
 * it still tells how soon the next is due, so 10 s later the track coasts. Would it be forgotten,
 * 30 would have to pass by the turns of the slow one. */
static void test_step_late_radar_is_not_forgotten(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t quick = add_sensor(w, AP_SENSOR_MODE_S, 50, 8);
    uint16_t slow = add_sensor(w, AP_SENSOR_MODE_S, 50, 8);
    w->sensor[quick].turn_s = 4.0;
    w->sensor[slow].turn_s = 12.0;
    world_start(w);
    flight f = flight_at(50.2, 8.1, 6000, 150, 0);
    for (int k = 0; k <= 10; k++) {
        ap_report r = mode_s(w, quick, &f, 0x3C0003, 4.0 * k);
        r.receive_utc = ap_utc_add_s(r.time_utc, 7.0);
        step(w, &r);
    }
    ap_report r = mode_s(w, slow, &f, 0x3C0003, 47.0 + 14.0);
    step(w, &r);
    assert_int_equal(only_track(w).state, AP_TRACK_FIRM);
    ap_tracker_step(&w->tracker, ap_utc_add_s(START_UTC, 61.0 + 12.0), NULL, 0);
    assert_int_equal(only_track(w).state, AP_TRACK_COASTING);
    world_free(w);
}

/* A track without an address takes the first one that its plots bring. */
static void test_step_plot_track_gains_an_address(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 6000, 150, 60);
    for (double t_s = 0.0; t_s < 40.0; t_s += 4.0) {
        ap_report r = plot(w, psr, &f, t_s);
        step(w, &r);
    }
    assert_false(only_track(w).present & AP_HAS_ADDRESS);
    fly_adsb(w, es, &f, 0xABC, 40.0, 60.0);
    ap_track track = only_track(w);
    assert_true(track.present & AP_HAS_ADDRESS);
    assert_int_equal(track.id, 1);
    assert_int_equal(track.address, 0xABC);
    world_free(w);
}

/* Two aircraft that were given one address, 40 km apart: two tracks, each says so. */
static void test_step_shared_address_makes_two_tracks(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight a = flight_at(50, 8, 10000, 200, 0), b = flight_at(50.4, 8, 10000, -200, 0);
    for (double t_s = 0.0; t_s < 60.0; t_s += 1.0) {
        ap_report r = adsb(es, &a, 0x77, t_s);
        step(w, &r);
        r = adsb(es, &b, 0x77, t_s + 0.3);
        step(w, &r);
    }
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    assert_true(track[0].address_shared && track[1].address_shared);
    assert_true(off_m(&track[0], &a) < 10.0 && off_m(&track[1], &b) < 10.0);
    assert_int_equal(track[1].reason[0].code, AP_REASON_BORN_DUPLICATE);
    assert_int_equal(track[1].reason[0].other, track[0].id);
    /* The third begins the doubt of the first; what followed was each track's own. */
    bool doubted = false;
    for (int i = 0; i < track[0].reason_count; i++)
        doubted = doubted || track[0].reason[i].code == AP_REASON_IDENTITY_DOUBTED;
    assert_true(doubted && !track[0].identity_doubted && !track[1].identity_doubted);
    /* Two strays are refused, the third is the second aircraft. */
    assert_int_equal(ap_tracker_stats_of(&w->tracker)->refused.count[AP_REFUSED_GATE], 2);
    world_free(w);
}

/* Of two aircraft under one address each sends its velocity and call sign by themselves: nothing
 * tells whose a velocity is, so none is taken, and a call sign stays where it was. */
static void test_step_shared_address_keeps_apart_what_has_no_position(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight of[2] = { flight_at(50, 8, 10000, 200, 0), flight_at(50.4, 8, 10000, 150, 0) };
    static const char *const callsign[2] = { "AAA1", "BBB2" };
    for (int i = 0; i < 600; i++) {
        int which = i & 1; /* the first one was there before the other */
        if (which == 1 && i < 60)
            continue;
        ap_report r = adsb(es, &of[which], 0x77, 0.1 * i);
        step(w, &r);
        r = velocity(es, &of[which], 0x77, 0.1 * i + 0.02);
        step(w, &r);
        r = report_base(es, 0.1 * i + 0.04);
        r.present = AP_HAS_ADDRESS | AP_HAS_CALLSIGN;
        r.address = 0x77;
        memcpy(r.callsign, callsign[which], 5);
        if (i / 2 % 10 == 0)
            step(w, &r);
    }
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    for (int i = 0; i < 2; i++) {
        assert_true(off_m(&track[i], &of[i]) < 10.0);
        assert_true(fabs(track[i].north_mps - of[i].north_mps) < 1.0);
        assert_string_equal(track[i].callsign, callsign[i]);
        for (uint16_t k = 0; k < track[i].reason_count; k++)
            assert_int_not_equal(track[i].reason[k].code, AP_REASON_IDENTITY_CHANGED);
    }
    assert_true(ap_tracker_stats_of(&w->tracker)->refused.count[AP_REFUSED_ADDRESS_SHARED] > 500);
    world_free(w);
}

/* Velocities that are wrong for good, by a fault or by someone else's will: the track stays with
 * the positions, and no second one is made of them. */
static void test_step_wrong_velocity_does_not_lead_away(void **state)
{
    (void)state;
    static const double off_deg[] = { 5, 10, 20, 45, 180 };
    for (size_t k = 0; k < sizeof off_deg / sizeof off_deg[0]; k++) {
        world *w = world_new();
        uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
        world_start(w);
        flight f = flight_at(50, 8, 10000, 230, 0), wrong = f;
        wrong.east_mps = 230 * cos(off_deg[k] * DEG);
        wrong.north_mps = -230 * sin(off_deg[k] * DEG);
        for (double t_s = 0.0; t_s < 180.0; t_s += 0.5) {
            ap_report r = adsb(es, &f, 0x77, t_s);
            step(w, &r);
            r = velocity(es, t_s < 5.0 ? &f : &wrong, 0x77, t_s + 0.2);
            step(w, &r);
        }
        ap_track track = only_track(w);
        assert_true(off_m(&track, &f) < 400.0);
        assert_true(track.identity_doubted);
        assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
        world_free(w);
    }
}

/* One aircraft whose positions jump 30 km, and stay there: the same track, taken anew. */
static void test_step_jump_reinitialises(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight a = flight_at(50, 8, 10000, 200, 0), b = flight_at(50.3, 8, 10000, 200, 0);
    fly_adsb(w, es, &a, 0x77, 0.0, 30.0);
    fly_adsb(w, es, &b, 0x77, 45.0, 70.0);
    ap_track track = only_track(w);
    assert_int_equal(track.id, 1);
    assert_true(off_m(&track, &b) < 10.0);
    bool said = false;
    for (unsigned i = 0; i < track.reason_count && i < AP_TRACK_REASON_CAP; i++)
        said = said || track.reason[i].code == AP_REASON_REINITIALISED;
    assert_true(said);
    world_free(w);
}

/* What one aircraft says of its place, by two receivers, leaves it for 12 s and comes back, as
 * under jamming; a radar sees it where it was. One track, and it stays there. The same for two
 * minutes is told: a second place under the address. */
static void test_step_jammed_positions_make_no_second_track(void **state)
{
    (void)state;
    for (int is_long = 0; is_long < 2; is_long++) {
        world *w = world_new();
        uint16_t es[2] = { add_sensor(w, AP_SENSOR_ADSB, 0, 0),
                           add_sensor(w, AP_SENSOR_ADSB, 0, 0) };
        uint16_t radar = add_sensor(w, AP_SENSOR_SSR, 50, 8.5);
        world_start(w);
        flight a = flight_at(50, 8, 10000, 200, 0), b = flight_at(50.1, 8, 10000, 200, 0);
        double to_s = is_long ? 180.0 : 72.0;
        for (int i = 0; i < 400; i++) {
            double t_s = 0.5 * i;
            ap_report r = adsb(es[i & 1], t_s >= 60.0 && t_s < to_s ? &b : &a, 0x77, t_s);
            step(w, &r);
            r = mode_s(w, radar, &a, 0x77, t_s + 0.2);
            if (i % 8 == 0)
                step(w, &r);
        }
        ap_track track[2];
        bool is_one = ap_tracker_tracks(&w->tracker, false, track, 2) == 1;
        assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], is_long ? 2 : 1);
        assert_true(is_long || (is_one && off_m(&track[0], &a) < 20.0));
        world_free(w);
    }
}

/* Two sources that do not err together say the same: that is another aircraft. */
static void test_step_two_sources_found_a_second_track(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0), ml = add_sensor(w, AP_SENSOR_MLAT, 50, 8);
    uint16_t radar = add_sensor(w, AP_SENSOR_SSR, 50, 8.5);
    world_start(w);
    flight a = flight_at(50, 8, 10000, 200, 0), b = flight_at(50.4, 8, 10000, 200, 0);
    for (int i = 0; i < 80; i++) {
        double t_s = 0.5 * i;
        ap_report r = adsb(es, i < 60 ? &a : &b, 0x77, t_s);
        step(w, &r);
        r = mlat(ml, i < 60 ? &a : &b, 0x77, t_s + 0.1);
        step(w, &r);
        r = mode_s(w, radar, &a, 0x77, t_s + 0.2);
        if (i % 8 == 0)
            step(w, &r);
    }
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], 2);
    world_free(w);
}

/* The encoder of one of two radars slips by 1.5 degrees for five minutes: its plots are refused and
 * counted, what the other sees goes on, and nothing is shown twice; then it is believed again. */
static void test_step_displaced_radar_is_left_out(void **state)
{
    (void)state;
    enum { AIRCRAFT = 12, TURNS = 150 };
    world *w = world_new();
    uint16_t good = add_sensor(w, AP_SENSOR_SSR, 50, 9),
             slips = add_sensor(w, AP_SENSOR_SSR, 50, 8);
    world_start(w);
    flight f[AIRCRAFT];
    for (int k = 0; k < AIRCRAFT; k++)
        f[k] = flight_at(49.0 + 0.2 * k, 8.0 + 0.3 * (k % 4), 8000 + 300 * k, 20 * k - 100, 90);
    unsigned refused = 0;
    for (int turn = 0; turn < TURNS; turn++)
        for (int k = 0; k < AIRCRAFT; k++) {
            double t_s = 4.0 * turn + 0.2 * k;
            ap_report r = mode_s(w, good, &f[k], 0x100u + (uint32_t)k, t_s);
            step(w, &r);
            r = mode_s(w, slips, &f[k], 0x100u + (uint32_t)k, t_s + 0.1);
            r.azimuth_rad += turn >= 25 && turn < 100 ? 1.5 * DEG : 0.0;
            step(w, &r);
            const ap_refusals *counts = &ap_tracker_stats_of(&w->tracker)->refused;
            refused = (unsigned)counts->count[AP_REFUSED_DISPLACED];
        }
    ap_track track[AIRCRAFT + 1];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, AIRCRAFT + 1), AIRCRAFT);
    for (int k = 0; k < AIRCRAFT; k++)
        assert_true(off_m(&track[k], &f[track[k].address - 0x100u]) < 120.0);
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], AIRCRAFT);
    assert_true(refused > 70 * AIRCRAFT && refused < 80 * AIRCRAFT);
    world_free(w);
}

/* One wild position is refused, and changes nothing. */
static void test_step_wild_position_is_refused(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight a = flight_at(50, 8, 10000, 200, 0), wild = flight_at(10, 100, 10000, 0, 0);
    fly_adsb(w, es, &a, 0x77, 0.0, 30.0);
    ap_track before = only_track(w), after;
    ap_report r = adsb(es, &wild, 0x77, 30.0);
    step(w, &r);
    after = only_track(w);
    assert_memory_equal(&before.position, &after.position, sizeof before.position);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(stats->refused.count[AP_REFUSED_GATE], 1);
    /* A velocity that it cannot have: alone it is refused, with a position only left out. */
    r = adsb(es, &a, 0x77, 30.1);
    r.present = AP_HAS_ADDRESS | AP_HAS_VELOCITY;
    r.north_mps = 500.0;
    r.velocity_sigma_mps = 1.0;
    step(w, &r);
    after = only_track(w);
    assert_memory_equal(&before.position, &after.position, sizeof before.position);
    assert_int_equal(after.update_count, before.update_count);
    assert_int_equal(stats->refused.count[AP_REFUSED_GATE], 2);
    r.present = adsb(es, &a, 0x77, 30.1).present | AP_HAS_VELOCITY;
    step(w, &r);
    assert_int_equal(stats->velocity_refused_count, 1);
    assert_int_equal(ap_refusals_total(&stats->refused), 2);
    before = only_track(w);
    assert_true(fabs(before.north_mps) < 1.0);
    /* A time far ahead of the clock is wild, too. */
    r = adsb(es, &a, 0x77, 4000.0);
    r.receive_utc = ap_utc_add_s(START_UTC, 30.5);
    step(w, &r);
    after = only_track(w);
    assert_memory_equal(&before.position, &after.position, sizeof before.position);
    fly_adsb(w, es, &a, 0x77, 31.0, 40.0);
    after = only_track(w);
    assert_true(off_m(&after, &a) < 5.0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_one_track_per_aircraft),
        cmocka_unit_test(test_step_misses_of_a_radar_that_joined),
        cmocka_unit_test(test_step_late_radar_is_not_forgotten),
        cmocka_unit_test(test_step_plot_track_gains_an_address),
        cmocka_unit_test(test_step_shared_address_makes_two_tracks),
        cmocka_unit_test(test_step_shared_address_keeps_apart_what_has_no_position),
        cmocka_unit_test(test_step_wrong_velocity_does_not_lead_away),
        cmocka_unit_test(test_step_jump_reinitialises),
        cmocka_unit_test(test_step_jammed_positions_make_no_second_track),
        cmocka_unit_test(test_step_two_sources_found_a_second_track),
        cmocka_unit_test(test_step_displaced_radar_is_left_out),
        cmocka_unit_test(test_step_wild_position_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
