/* From plots to tracks: confirmation, formations, merging, clutter. */
#include "track/state.h"
#include "track/test_world.h"

/* Plots of one aircraft, one a turn, until its track is confirmed. */
static int plots_to_confirm(ap_sensor_kind kind, double clutter_per_turn, double false_track_cost_s,
                            uint16_t mode_3a)
{
    world *w = world_new();
    uint16_t radar = add_sensor(w, kind, 50, 8);
    w->config.false_track_cost_s = false_track_cost_s;
    world_start(w);
    w->sensor[radar].clutter_per_turn = clutter_per_turn;
    flight f = flight_at(50.6, 8.3, 9000, 120, -160);
    int count = 0;
    while (w->event_count[AP_EVENT_CONFIRMED] == 0 && count < 10) {
        ap_report r = plot(w, radar, &f, count++ * w->sensor[radar].turn_s);
        if (kind == AP_SENSOR_PSR)
            r.present = AP_HAS_POLAR;
        else
            r.present |= AP_HAS_MODE_3A;
        r.flags |= kind == AP_SENSOR_PSR ? AP_FLAG_PRIMARY : AP_FLAG_SECONDARY;
        r.mode_3a = mode_3a;
        step(w, &r);
        ap_tracker_flush(&w->tracker);
    }
    world_free(w);
    return count;
}

static void test_step_confirms_by_cost(void **state)
{
    (void)state;
    int before = 0;
    for (double cost_s = 10.0; cost_s < 1e7; cost_s *= 10.0) {
        int now = plots_to_confirm(AP_SENSOR_PSR, 150.0, cost_s, 0);
        assert_true(now >= before);
        before = now;
    }
    assert_int_equal(plots_to_confirm(AP_SENSOR_PSR, 150.0, 100.0, 0), 3);
    assert_int_equal(before, 4);
}

/* Where clutter is dense, a second plot is still more likely clutter. Yet the track has been seen:
 * a miss after it does not end it. */
static void test_step_doubtful_plots_keep_a_track(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8);
    world_start(w);
    w->sensor[psr].clutter_per_turn = 1000.0;
    flight f = flight_at(50.6, 8.3, 3000, 120, -60);
    for (int turn = 0; turn < 5; turn++) {
        ap_report r = plot(w, psr, &f, 4.0 * turn);
        r.present = AP_HAS_POLAR;
        r.flags |= AP_FLAG_PRIMARY;
        if (turn != 2)
            step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
    ap_track first;
    assert_true(ap_tracker_find(&w->tracker, 1, &first));
    assert_true(first.existence > 1e-3);
    world_free(w);
}

/* Two plots of a formation 800 m wide stay two tracks; nothing merges what one radar sees apart. */
static void test_step_formation_stays_two(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t a = add_sensor(w, AP_SENSOR_SSR, 50, 8), b = add_sensor(w, AP_SENSOR_SSR, 50.5, 9);
    world_start(w);
    flight f[2] = { flight_at(50.3, 8.0, 9000, 200, 0), flight_at(50.3072, 8.0, 9000, 200, 0) };
    for (double t_s = 0.0; t_s < 160.0; t_s += 4.0)
        for (int i = 0; i < 2; i++) {
            ap_report r = plot(w, ((int)t_s / 4) % 2 ? a : b, &f[i], t_s + 0.001 * i);
            step(w, &r);
        }
    ap_tracker_flush(&w->tracker);
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    for (int i = 0; i < 2; i++)
        assert_true(fmin(off_m(&track[i], &f[0]), off_m(&track[i], &f[1])) < 60.0);
    assert_true(ap_distance_m(track[0].position, track[1].position) > 600.0);
    world_free(w);
}

/* A primary radar whose plots are off at first makes a track of its own; as its error goes, that
 * comes near the ADS-B track of the same aircraft, and joins it. */
static void test_step_merges_two_tracks_of_one(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.2, 8.1, 6000, 150, 0);
    for (int k = 0; k < 240; k++) {
        double t_s = 0.5 * k, off_north_m = 2000.0 - 20.0 * t_s;
        if (k % 8 == 0 && t_s <= 92.0) {
            flight off = flight_at(50.2 + off_north_m / 111.2e3, 8.1, 6000, 150, 0);
            ap_report r = plot(w, psr, &off, t_s);
            r.present = AP_HAS_POLAR;
            step(w, &r);
        }
        if (t_s > 20.0) {
            ap_report r = adsb(es, &f, 0x3C0002, t_s);
            step(w, &r);
        }
        if (t_s == 80.0) /* two tracks, for they are far apart */
            assert_int_equal(ap_tracker_tracks(&w->tracker, false, NULL, 0), 2);
    }
    ap_tracker_flush(&w->tracker);
    ap_track kept = only_track(w), gone = w->last_dropped;
    assert_int_equal(kept.address, 0x3C0002);
    assert_true(off_m(&kept, &f) < 10.0);
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], 2);
    ap_reason last = gone.reason[(gone.reason_count - 1u) % AP_TRACK_REASON_CAP];
    assert_int_equal(last.code, AP_REASON_DROPPED_MERGED);
    assert_int_equal(last.other, kept.id);
    last = kept.reason[(kept.reason_count - 1u) % AP_TRACK_REASON_CAP];
    assert_int_equal(last.code, AP_REASON_MERGED);
    assert_int_equal(last.other, gone.id);
    world_free(w);
}

/* Two tracks whose errors suddenly agree, one of them of a radar and one with an address, and then
 * no report of either: seconds until they are one. */
static int merged_after_s(void)
{
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.2, 8.1, 6000, 150, 0), off = flight_at(50.3, 8.1, 6000, 150, 0);
    for (int k = 0; k <= 80; k++) {
        ap_report r = plot(w, psr, &off, 0.5 * k);
        r.present = AP_HAS_POLAR;
        if (k % 8 == 0)
            step(w, &r);
        r = adsb(es, &f, 0x3C0002, 0.5 * k);
        step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
    ap_track track[2];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 2), 2);
    ap_store *store = &w->tracker.state->store;
    uint32_t one = ap_store_find_id(store, track[0].id), two = ap_store_find_id(store, track[1].id);
    bool first_has = (store->row[one].identity.present & AP_HAS_ADDRESS) != 0;
    store->row[first_has ? two : one].imm = store->row[first_has ? one : two].imm;
    ap_store_refresh(store, first_has ? two : one);
    int s = 0;
    const uint32_t dropped = w->event_count[AP_EVENT_DROPPED];
    while (s < 30 && w->event_count[AP_EVENT_DROPPED] == dropped) {
        s++;
        ap_tracker_step(&w->tracker, ap_utc_add_s(START_UTC, 40.0 + s), NULL, 0);
    }
    ap_reason last =
        w->last_dropped.reason[(w->last_dropped.reason_count - 1u) % AP_TRACK_REASON_CAP];
    assert_int_equal(last.code, AP_REASON_DROPPED_MERGED);
    world_free(w);
    return s;
}

/* They are compared every fourth second, and have to agree four times. */
static void test_tick_merges_at_the_fourth_check(void **state)
{
    (void)state;
    int s = merged_after_s();
    assert_true(s > 3 * 4 && s <= 4 * 4);
}

/* Ten times the clutter that the radar's description tells of: learnt before it becomes tracks. The
 * two aircraft in it are found. */
static void test_step_learns_clutter(void **state)
{
    (void)state;
    enum { TURNS = 80, CLUTTER = 200 };
    world *w = world_new();
    w->config.track_cap = 4096;
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8);
    world_start(w);
    w->sensor[psr].clutter_per_turn = CLUTTER / 10.0;
    flight f[2] = { flight_at(50.3, 8.3, 6000, 150, 60), flight_at(49.6, 8.1, 6000, -100, 160) };
    uint64_t seed = 9;
    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < CLUTTER; i++) {
            double t_s = 4.0 * turn + 4.0 * i / CLUTTER, u[2];
            for (int k = 0; k < 2; k++) {
                seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                u[k] = (double)(seed >> 11) * 0x1p-53;
            }
            ap_report r = plot(w, psr, &f[0], t_s);
            r.present = AP_HAS_POLAR;
            r.azimuth_rad = 2.0 * AP_PI * u[0];
            r.range_m = 150e3 * sqrt(u[1]);
            step(w, &r);
            if (i == 20 || i == 120) {
                r = plot(w, psr, &f[i == 120], t_s);
                r.present = AP_HAS_POLAR;
                step(w, &r);
            }
        }
    ap_tracker_flush(&w->tracker);
    ap_track track[8];
    size_t count = ap_tracker_tracks(&w->tracker, false, track, 8);
    assert_true(count >= 2 && count <= 3);
    for (int i = 0; i < 2; i++) {
        double best_m = 1e9;
        for (size_t k = 0; k < count; k++)
            best_m = fmin(best_m, off_m(&track[k], &f[i]));
        assert_true(best_m < 500.0);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_confirms_by_cost),
        cmocka_unit_test(test_step_doubtful_plots_keep_a_track),
        cmocka_unit_test(test_step_formation_stays_two),
        cmocka_unit_test(test_step_merges_two_tracks_of_one),
        cmocka_unit_test(test_tick_merges_at_the_fourth_check),
        cmocka_unit_test(test_step_learns_clutter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
