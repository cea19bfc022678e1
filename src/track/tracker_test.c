/* The tracker as its owner sees it: one aircraft, what is refused, what is told, beginning anew. */
#include "track/test_world.h"

/* ---- configuration ---- */

static void test_tracker_size_refuses_bad_configurations(void **state)
{
    (void)state;
    ap_sensor_table table = { .cap = 1 };
    ap_tracker_config good = ap_tracker_config_default(), bad;
    assert_int_equal(ap_tracker_size(&good), 0); /* no sensors */
    good.sensors = &table;
    assert_true(ap_tracker_size(&good) > 0);
    bad = good, bad.track_cap = 15;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.track_cap = 1000001;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.drop_existence = 0.99995;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.confirm_existence = NAN;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.false_track_cost_s = 0.0;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.false_track_cost_s = NAN;
    assert_int_equal(ap_tracker_size(&bad), 0);
    ap_tracker tracker;
    char small[64];
    assert_int_equal(ap_tracker_init(&tracker, &bad, small, sizeof small), AP_ERR_ARGUMENT);
    assert_int_equal(ap_tracker_init(&tracker, &good, small, sizeof small), AP_ERR_MEMORY);
}

/* ---- one aircraft ---- */

static void test_step_follows_an_address(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t sensor = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 200, 100);
    fly_adsb(w, sensor, &f, 0xABCDEF, 0.0, 60.0);
    ap_track track = only_track(w), found;
    assert_int_equal(track.state, AP_TRACK_FIRM);
    assert_int_equal(track.address, 0xABCDEF);
    assert_true(off_m(&track, &f) < 5.0);
    assert_true(fabs(track.east_mps - 200.0) < 1.0 && fabs(track.north_mps - 100.0) < 1.0);
    assert_true(track.number >= 1);
    assert_true(ap_tracker_find(&w->tracker, track.id, &found));
    assert_memory_equal(&found, &track, sizeof track);
    assert_false(ap_tracker_find(&w->tracker, track.id + 1, &found));
    assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], 1);
    /* Silence: it coasts, then it is dropped, and its memory goes with it. */
    ap_tracker_step(&w->tracker, START_UTC + 75 * AP_NS_PER_S, NULL, 0);
    assert_int_equal(only_track(w).state, AP_TRACK_COASTING);
    ap_tracker_step(&w->tracker, START_UTC + 130 * AP_NS_PER_S, NULL, 0);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    assert_int_equal(w->event_count[AP_EVENT_COASTED], 1);
    assert_int_equal(w->event_count[AP_EVENT_DROPPED], 1);
    world_free(w);
}

static const struct {
    double lat_deg, lon_deg, east_mps, north_mps;
} places[] = {
    { 50, 8, 200, 100 },       { 0, 0, -250, 0 },     { 10, 179.99, 250, 20 },
    { -10, -179.99, -250, 5 }, { 89.95, 30, 0, 240 }, { -89.98, -120, 10, -240 },
};

static void test_step_follows_plots_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        world *w = world_new();
        uint16_t sensor =
            add_sensor(w, AP_SENSOR_SSR,
                       places[i].lat_deg > 0 ? places[i].lat_deg - 0.4 : places[i].lat_deg + 0.4,
                       places[i].lon_deg);
        world_start(w);
        flight f = flight_at(places[i].lat_deg, places[i].lon_deg, 9000, places[i].east_mps,
                             places[i].north_mps);
        for (double t_s = 0.0; t_s < 160.0; t_s += 8.0) {
            ap_report r = plot(w, sensor, &f, t_s);
            step(w, &r);
        }
        ap_tracker_flush(&w->tracker);
        ap_track track = only_track(w);
        assert_int_equal(track.state, AP_TRACK_FIRM);
        assert_true(off_m(&track, &f) < 60.0);
        assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
        assert_true(fabs(ap_track_speed_mps(&track) - hypot(f.east_mps, f.north_mps)) < 3.0);
        world_free(w);
    }
}

/* ---- what is refused ---- */

static void test_step_refuses_and_counts(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0), ssr = add_sensor(w, AP_SENSOR_MODE_S, 50, 8);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 200, 100);
    ap_report good = adsb(es, &f, 1, 0.0), r;
    const ap_refusals *refused = &ap_tracker_stats_of(&w->tracker)->refused;
    r = good, r.latitude_rad = NAN, step(w, &r);
    r = good, r.longitude_rad = INFINITY, step(w, &r);
    r = good, r.position_var_ee_m2 = 0.0, step(w, &r);
    r = good, r.position_var_en_m2 = 1e6, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_NOT_FINITE], 4);
    r = good, r.sensor = 9, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_SENSOR_UNKNOWN], 1);
    r = good, r.flags = AP_FLAG_TEST, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_TEST_TARGET], 1);
    r = good, r.flags = AP_FLAG_EXTRAPOLATED, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_NOT_A_TARGET], 1);
    r = good, r.flags = AP_FLAG_ADDRESS_UNCHECKED, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_ADDRESS_UNPROVED], 1);
    r = good, r.present = AP_HAS_ADDRESS | AP_HAS_VELOCITY, r.velocity_sigma_mps = 1.0, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_POSITION_MISSING], 1);
    r = good, r.time_utc = INT64_MAX, step(w, &r);
    r = good, r.receive_utc = INT64_MAX - 1, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_TIME_RANGE], 2);
    ap_tracker_flush(&w->tracker);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    /* A plot with an unproved address is still a plot. */
    r = mode_s(w, ssr, &f, 1, 0.0), r.flags |= AP_FLAG_ADDRESS_UNCHECKED, step(w, &r);
    ap_tracker_flush(&w->tracker);
    ap_track track;
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, &track, 1), 1);
    assert_false(track.present & AP_HAS_ADDRESS);
    world_free(w);
}

/* More aircraft than rows: certain tracks stay, what does not fit is counted. */
static void test_step_full_table(void **state)
{
    (void)state;
    world *w = world_new();
    w->config.track_cap = 16;
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    for (int k = 0; k < 10; k++)
        for (uint32_t i = 0; i < 40; i++) {
            flight f = flight_at(40.0 + i, 8, 10000, 200, 0);
            ap_report r = adsb(es, &f, 1 + i, k);
            step(w, &r);
        }
    ap_tracker_flush(&w->tracker);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, NULL, 0), 16);
    assert_int_equal(stats->alive_count, 16);
    assert_true(stats->refused.count[AP_REFUSED_TRACK_TABLE_FULL] > 0);
    world_free(w);
}

static void test_step_full_queue(void **state)
{
    (void)state;
    world *w = world_new();
    w->config.group_report_cap = 64;
    add_sensor(w, AP_SENSOR_SSR, 50, 8);
    world_start(w);
    for (int i = 0; i < 100; i++) {
        flight f = flight_at(50.0 + 0.01 * i, 8, 10000, 200, 0);
        ap_report r = plot(w, 0, &f, 0.001 * i);
        step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(stats->refused.count[AP_REFUSED_QUEUE_FULL], 36);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 64);
    world_free(w);
}

/* A number rests for five minutes after its track. */
static void test_step_numbers_rest(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 0, 0);
    uint16_t number[4];
    for (uint32_t k = 0; k < 4; k++) {
        fly_adsb(w, es, &f, 0x100 + k, 100.0 * k, 100.0 * k + 10.0);
        ap_track track[2];
        size_t n = ap_tracker_tracks(&w->tracker, false, track, 2);
        assert_int_equal(n, 1);
        number[k] = track[0].number;
        for (uint32_t j = 0; j < k; j++)
            assert_int_not_equal(number[j], number[k]);
    }
    world_free(w);
}

static double existence_after(double turns, uint32_t flags)
{
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8);
    w->sensor[psr].clutter_per_turn = 250.0;
    world_start(w);
    flight f = flight_at(50.6, 8.3, 3000, 120, -60);
    for (double t_s = 0.0; t_s < turns * w->sensor[psr].turn_s; t_s += w->sensor[psr].turn_s) {
        ap_report r = plot(w, psr, &f, t_s);
        r.flags |= flags;
        step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
    ap_track track[4]; /* of which the first was born of the first plot */
    assert_in_range(ap_tracker_tracks(&w->tracker, true, track, 4), 1, 4);
    world_free(w);
    return track[0].existence;
}

/* A reply's altitude that fits says that two plots are of one aircraft; of a primary plot it is
 * where the plot lies, as it would be of a false one. */
static void test_step_height_of_a_primary_plot_is_no_witness(void **state)
{
    (void)state;
    assert_true(existence_after(2, AP_FLAG_SECONDARY) > 0.9);
    assert_true(existence_after(2, AP_FLAG_PRIMARY | AP_FLAG_SECONDARY) > 0.9);
    assert_true(existence_after(2, AP_FLAG_PRIMARY) < 0.9);
}

static void test_reset_forgets(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 200, 100);
    fly_adsb(w, es, &f, 0x5, 0.0, 20.0);
    uint64_t first = w->digest;
    ap_tracker_reset(&w->tracker);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    w->digest = UINT64_C(0xCBF29CE484222325);
    fly_adsb(w, es, &f, 0x5, 0.0, 20.0);
    assert_int_equal(w->digest, first);
    world_free(w);
}

/* The later part of a recording, then the earlier one: each has its own tracks, ids and numbers run
 * on, and the clock begins anew. */
static void test_restart_begins_anew(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.3, 8, 10000, 200, 100);
    fly_adsb(w, es, &f, 0x5, 7200.0, 7220.0);
    ap_report waits = plot(w, psr, &f, 7220.0); /* in a group: associated before all ends */
    step(w, &waits);
    ap_track old = only_track(w);
    ap_tracker_restart(&w->tracker, ap_utc_add_s(START_UTC, 1.0));
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    assert_int_equal(w->event_count[AP_EVENT_DROPPED], 1);
    assert_int_equal(w->last_dropped.id, old.id);
    assert_int_equal(w->last_dropped.source_count, 2);
    unsigned last = (w->last_dropped.reason_count - 1u) % AP_TRACK_REASON_CAP;
    assert_int_equal(w->last_dropped.reason[last].code, AP_REASON_DROPPED_RESTART);
    assert_int_equal(w->last_dropped.reason[last].time_utc, waits.receive_utc);
    fly_adsb(w, es, &f, 0x5, 1.0, 21.0);
    ap_track new = only_track(w);
    assert_true(new.id > old.id &&new.number > old.number);
    assert_true(off_m(&new, &f) < 5.0);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(stats->report_count, 81);
    assert_int_equal(stats->confirmed_count, 2);
    assert_int_equal(stats->confirmed_alive_count, 1);
    assert_int_equal(ap_refusals_total(&stats->refused), 0);
    ap_tracker_step(&w->tracker, ap_utc_add_s(START_UTC, 90.0), NULL, 0);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    /* No time: the next report says where it begins. */
    ap_tracker_restart(&w->tracker, AP_UTC_UNKNOWN);
    fly_adsb(w, es, &f, 0x6, -500.0, -480.0);
    assert_int_equal(only_track(w).address, 0x6);
    world_free(w);
}

/* What an aircraft with an address says without a position: an altitude reply. */
static ap_report reply(uint16_t sensor, double t_s, uint16_t mode_3a)
{
    ap_report r = report_base(sensor, t_s);
    r.present = AP_HAS_ADDRESS | AP_HAS_PRESSURE_ALTITUDE | AP_HAS_MODE_3A;
    r.address = 0x7;
    r.pressure_altitude_m = 10000.0;
    r.pressure_altitude_sigma_m = 10.0;
    r.mode_3a = mode_3a;
    return r;
}

/* Positions and news are told at once, the rest when the last event is a second old. */
static void test_step_tells_what_is_new(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 200, 100);
    fly_adsb(w, es, &f, 0x7, 0.0, 10.0);
    const uint32_t *told = &w->event_count[AP_EVENT_UPDATED];
    uint32_t before = *told, updates = only_track(w).update_count;
    const struct {
        double t_s;
        uint16_t mode_3a;
        uint32_t flags, told;
    } cases[] = {
        { 10.6, 01234, 0, 1 },           /* the code became known */
        { 10.7, 01234, 0, 1 },           /* nothing new */
        { 10.8, 01234, AP_FLAG_SPI, 2 }, /* identifies */
        { 10.9, 01234, 0, 3 },           /* no longer */
        { 11.0, 05555, 0, 3 },           /* may be garbled */
        { 11.1, 05555, 0, 4 },           /* is another code */
        { 12.0, 05555, 0, 4 },
        { 12.1, 05555, 0, 5 }, /* a second after the last event */
        { 12.2, 05555, AP_FLAG_EMERGENCY, 6 },
        { 13.1, 05555, AP_FLAG_EMERGENCY, 6 },
    };
    size_t count = sizeof cases / sizeof cases[0];
    for (size_t i = 0; i < count; i++) {
        ap_report r = reply(es, cases[i].t_s, cases[i].mode_3a);
        r.flags = cases[i].flags;
        step(w, &r);
        assert_int_equal(*told - before, cases[i].told);
    }
    ap_report position = adsb(es, &f, 0x7, 13.15);
    step(w, &position);
    assert_int_equal(*told - before, cases[count - 1].told + 1);
    ap_track track = only_track(w);
    assert_int_equal(track.update_count, updates + count + 1); /* all were taken in */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tracker_size_refuses_bad_configurations),
        cmocka_unit_test(test_step_follows_an_address),
        cmocka_unit_test(test_step_follows_plots_anywhere),
        cmocka_unit_test(test_step_refuses_and_counts),
        cmocka_unit_test(test_step_full_table),
        cmocka_unit_test(test_step_full_queue),
        cmocka_unit_test(test_step_numbers_rest),
        cmocka_unit_test(test_step_height_of_a_primary_plot_is_no_witness),
        cmocka_unit_test(test_reset_forgets),
        cmocka_unit_test(test_restart_begins_anew),
        cmocka_unit_test(test_step_tells_what_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
