/* Time: order, batches and lateness of reports make no difference, or are refused. */
#include "track/test_world.h"

/* Reports of a lively scene: three aircraft by two radars and ADS-B, some late, some clutter. */
static size_t lively(const world *w, double turned_deg, ap_report *out, size_t cap)
{
    flight f[3] = { flight_at(50.4, 8.2 + turned_deg, 9000, 200, 50),
                    flight_at(50.41, 8.2 + turned_deg, 9000, 205, 45),
                    flight_at(49.8, 7.5 + turned_deg, 5000, -90, 150) };
    size_t n = 0;
    uint64_t seed = 5;
    for (int k = 0; k < 600 && n + 8 < cap; k++) {
        double t_s = 0.2 * k;
        for (int i = 0; i < 3; i++) {
            if (k % 40 == 7 * i)
                out[n++] = plot(w, 0, &f[i], t_s);
            if (k % 20 == 3 + 5 * i)
                out[n++] = plot(w, 1, &f[i], t_s);
            if (i == 2 && k % 5 == 0 && k > 100)
                out[n++] = adsb(2, &f[i], 0x42, t_s);
            /* A plot that was 1.5 s on its way. */
            if (k % 40 == 7 * i + 8 && i == 1) {
                out[n] = plot(w, 1, &f[i], t_s - 1.5);
                out[n++].receive_utc = ap_utc_add_s(START_UTC, t_s);
            }
        }
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        if (seed >> 62 == 0) {
            flight ghost =
                flight_at(49.5 + (double)(seed >> 40 & 0xFFF) / 4096.0,
                          7.5 + (double)(seed >> 20 & 0xFFF) / 4096.0 + turned_deg, 3000, 0, 0);
            out[n++] = plot(w, (uint16_t)(seed >> 50 & 1), &ghost, t_s);
        }
    }
    return n;
}

static uint64_t digest_of(uint64_t batch_seed, uint32_t *events)
{
    enum { CAP = 4000 };
    static ap_report reports[CAP];
    world *w = world_new();
    add_sensor(w, AP_SENSOR_SSR, 50, 8);
    add_sensor(w, AP_SENSOR_PSR, 50.2, 8.8);
    add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    size_t n = lively(w, 0.0, reports, CAP), at = 0;
    while (at < n) {
        batch_seed = batch_seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t batch = batch_seed == 0 ? n : (size_t)(batch_seed >> 60) + 1;
        batch = batch < n - at ? batch : n - at;
        ap_utc_ns now = reports[at + batch - 1].receive_utc;
        /* Sometimes the caller waits until just before the next report. */
        if (at + batch < n && (batch_seed >> 50 & 1))
            now = reports[at + batch].receive_utc;
        ap_tracker_step(&w->tracker, now, reports + at, batch);
        at += batch;
    }
    ap_tracker_flush(&w->tracker);
    uint64_t digest = w->digest;
    *events = w->event_count[AP_EVENT_UPDATED];
    assert_true(w->event_count[AP_EVENT_CONFIRMED] >= 3);
    world_free(w);
    return digest;
}

static void test_step_batches_make_no_difference(void **state)
{
    (void)state;
    uint32_t events, again;
    uint64_t whole = digest_of(0, &events);
    assert_true(events > 100);
    for (uint64_t seed = 1; seed < 20; seed++) {
        assert_int_equal(digest_of(seed * 77, &again), whole);
        assert_int_equal(again, events);
    }
}

/* The lively scene with the Earth turned under it; the tracks that are published. */
static size_t turned_tracks(double turned_deg, ap_track *tracks, size_t cap, uint32_t *confirmed)
{
    enum { CAP = 4000 };
    static ap_report reports[CAP];
    world *w = world_new();
    add_sensor(w, AP_SENSOR_SSR, 50, remainder(8 + turned_deg, 360));
    add_sensor(w, AP_SENSOR_PSR, 50.2, remainder(8.8 + turned_deg, 360));
    add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    for (int i = 0; i < 2; i++) /* what is false starts no track that searches 5 km about it */
        w->sensor[i].clutter_per_turn = 10.0;
    size_t n = lively(w, turned_deg, reports, CAP);
    for (size_t i = 0; i < n; i++)
        step(w, &reports[i]);
    size_t count = ap_tracker_tracks(&w->tracker, false, tracks, cap);
    *confirmed = w->event_count[AP_EVENT_CONFIRMED];
    world_free(w);
    return count;
}

/* Over the date line, too. */
static void test_step_turned_earth_makes_no_difference(void **state)
{
    (void)state;
    enum { CAP = 64 };
    static const double turns_deg[] = { 37.0, 90.0, 171.5, -8.25, -160.0 };
    static ap_track here[CAP], there[CAP];
    uint32_t confirmed, again;
    size_t count = turned_tracks(0.0, here, CAP, &confirmed);
    assert_in_range(count, 3, CAP);
    for (size_t k = 0; k < sizeof turns_deg / sizeof turns_deg[0]; k++) {
        assert_int_equal(turned_tracks(turns_deg[k], there, CAP, &again), count);
        assert_int_equal(confirmed, again);
        for (size_t i = 0; i < count; i++) {
            const ap_track *a = &here[i], *b = &there[i];
            ap_geodetic back = b->position;
            back.longitude_rad = ap_wrap_pi(back.longitude_rad - turns_deg[k] * DEG);
            assert_int_equal(a->id, b->id);
            assert_true(ap_distance_m(a->position, back) < 1e-4);
            assert_true(hypot(a->east_mps - b->east_mps, a->north_mps - b->north_mps) < 1e-5);
            assert_true(fabs(a->existence - b->existence) < 1e-6);
            assert_true(fabs(a->P_enu[0][0] - b->P_enu[0][0]) < 1e-6 * a->P_enu[0][0]);
        }
    }
}

/* Six aircraft, two and three of them close, and false plots, all seen at one instant each turn. */
static size_t instant(const world *w, uint16_t radar, int turn, ap_report *out)
{
    const flight f[] = {
        flight_at(50.4, 8.2, 9000, 200, 50),   flight_at(50.405, 8.2, 9000, 200, 50),
        flight_at(50.2, 8.6, 7000, -150, 90),  flight_at(50.2, 8.61, 7000, -150, 90),
        flight_at(50.2, 8.62, 7000, -150, 90), flight_at(49.7, 7.7, 5000, 0, 180)
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof f / sizeof f[0]; i++)
        if ((turn + 3 * (int)i) % 7 != 0) {
            out[n] = plot(w, radar, &f[i], 4.0 * turn);
            out[n].range_m += 40.0 * sin(12.9898 * turn + 78.233 * (double)i);
            out[n++].present = AP_HAS_POLAR;
        }
    for (int i = 0; i < 4; i++) {
        flight ghost = flight_at(50.0 + 0.5 * sin(7.7 * turn + i), 8.3 + 0.7 * cos(3.1 * turn * i),
                                 3000, 0, 0);
        out[n] = plot(w, radar, &ghost, 4.0 * turn);
        out[n++].present = AP_HAS_POLAR;
    }
    return n;
}

static int by_latitude(const void *a, const void *b)
{
    const ap_track *x = a, *y = b;
    return (x->position.latitude_rad > y->position.latitude_rad) -
           (x->position.latitude_rad < y->position.latitude_rad);
}

static size_t permuted_tracks(uint64_t seed, ap_track *tracks, size_t cap, uint32_t *events)
{
    world *w = world_new();
    uint16_t radar = add_sensor(w, AP_SENSOR_PSR, 50, 8);
    world_start(w);
    for (int turn = 0; turn < 40; turn++) {
        ap_report report[16];
        size_t n = instant(w, radar, turn, report);
        for (size_t i = n - 1; seed != 0 && i > 0; i--) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            size_t j = (size_t)(seed >> 33) % (i + 1);
            ap_report swap = report[i];
            report[i] = report[j];
            report[j] = swap;
        }
        ap_tracker_step(&w->tracker, report[0].receive_utc, report, n);
    }
    ap_tracker_flush(&w->tracker);
    size_t count = ap_tracker_tracks(&w->tracker, false, tracks, cap);
    assert_true(count <= cap);
    qsort(tracks, count, sizeof *tracks, by_latitude);
    memcpy(events, w->event_count, sizeof w->event_count);
    world_free(w);
    return count;
}

/* The order of reports of one instant is chance: the same tracks, whatever their numbers. */
static void test_step_order_within_an_instant_makes_no_difference(void **state)
{
    (void)state;
    enum { CAP = 64 };
    static ap_track one[CAP], other[CAP];
    uint32_t events[AP_EVENT_KIND_COUNT], again[AP_EVENT_KIND_COUNT];
    size_t count = permuted_tracks(0, one, CAP, events);
    assert_in_range(count, 6, CAP);
    for (uint64_t seed = 1; seed < 20; seed++) {
        assert_int_equal(permuted_tracks(seed, other, CAP, again), count);
        assert_memory_equal(events, again, sizeof events);
        for (size_t i = 0; i < count; i++) {
            assert_true(ap_distance_m(one[i].position, other[i].position) < 1e-4);
            assert_true(fabs(one[i].existence - other[i].existence) < 1e-6);
            assert_true(fabs(one[i].P_enu[1][1] - other[i].P_enu[1][1]) <
                        1e-6 * one[i].P_enu[1][1]);
        }
    }
}

/* Late reports under an address: the same state as in order. */
static void test_step_late_equals_in_order(void **state)
{
    (void)state;
    ap_track end[2];
    for (int late = 0; late < 2; late++) {
        world *w = world_new();
        uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
        world_start(w);
        flight f = flight_at(50, 8, 10000, 200, 100);
        for (int k = 0; k < 80; k++) {
            /* Pairs change places: 0, 2, 1, 4, 3, ... */
            int swapped = k == 0 || k == 79 ? k : (k % 2 ? k + 1 : k - 1);
            ap_report r = adsb(es, &f, 0x99, late ? swapped : k);
            r.latitude_rad += 3e-6 * sin(7.0 * (late ? swapped : k));
            r.receive_utc = ap_utc_add_s(START_UTC, k + 1.0);
            step(w, &r);
        }
        end[late] = only_track(w);
        assert_int_equal(ap_tracker_stats_of(&w->tracker)->refused.count[AP_REFUSED_LATE], 0);
        world_free(w);
    }
    assert_true(ap_distance_m(end[0].position, end[1].position) < 1e-6);
    assert_true(fabs(end[0].north_mps - end[1].north_mps) < 1e-9 * fabs(end[0].north_mps));
    assert_true(fabs(end[0].P_enu[0][0] - end[1].P_enu[0][0]) < 1e-9 * end[0].P_enu[0][0]);
    assert_true(fabs(end[0].P_enu[1][3] - end[1].P_enu[1][3]) < 1e-9 * end[0].P_enu[1][1]);
}

/* One aircraft under a turning radar, a plot every 4 s with errors that are small sines, and two
 * false plots a turn far away. */
enum { LATE_PLOTS = 120, LATE_EVENTS = 3 * LATE_PLOTS };

/* How many turns each plot, of the aircraft and then the false ones, is received after its own. */
typedef struct lateness {
    int turns[3][LATE_PLOTS];
} lateness;

static ap_report anonymous(const world *w, const flight *f, double t_s, int k)
{
    ap_report r = plot(w, 0, f, t_s);
    if (w->sensor[0].kind == AP_SENSOR_PSR) {
        r.present = AP_HAS_POLAR;
        r.flags = AP_FLAG_PRIMARY;
    }
    r.range_m += 30.0 * sin(7.0 * k);
    r.azimuth_rad += 3e-4 * sin(11.0 * k);
    return r;
}

static int by_reception(const void *a, const void *b)
{
    const ap_report *x = a, *y = b;
    return (x->receive_utc > y->receive_utc) - (x->receive_utc < y->receive_utc);
}

/* So that none is near one that came shortly before: what is false starts a track each time. */
static flight false_at(int k, int i)
{
    return flight_at(48.75 + 0.1 * ((3 * k + 2 * i) % 8), 6.6 + 0.25 * ((5 * k + 6 * i) % 9), 4000,
                     0, 0);
}

static ap_track late_track(ap_sensor_kind kind, const lateness *late)
{
    ap_report reports[LATE_EVENTS];
    size_t n = 0;
    world *w = world_new();
    add_sensor(w, kind, 50, 8);
    world_start(w);
    flight f = flight_at(50.4, 8.2, 9000, 180, 90);
    for (int k = 0; k < LATE_PLOTS; k++) {
        ap_report r = anonymous(w, &f, 4.0 * k, k);
        r.receive_utc = ap_utc_add_s(r.time_utc, 4.1 * late->turns[0][k] + 0.1);
        reports[n++] = r;
        for (int i = 1; i <= 2; i++) {
            flight clutter = false_at(k, i);
            r = anonymous(w, &clutter, 0.0, k);
            r.time_utc = ap_utc_add_s(START_UTC, 4.0 * k + i);
            r.receive_utc = ap_utc_add_s(r.time_utc, 4.1 * late->turns[i][k] + 0.1);
            reports[n++] = r;
        }
    }
    qsort(reports, n, sizeof *reports, by_reception);
    for (size_t i = 0; i < n; i++)
        step(w, &reports[i]);
    ap_tracker_flush(&w->tracker);
    ap_track track = only_track(w);
    assert_int_equal(ap_tracker_stats_of(&w->tracker)->refused.count[AP_REFUSED_LATE], 0);
    assert_int_equal(track.update_count, LATE_PLOTS);
    world_free(w);
    return track;
}

/* Largest difference of two covariances, in parts of theirs. */
static double covariance_gap(const ap_track *a, const ap_track *b)
{
    double most = 0.0;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            most = fmax(most, fabs(a->P_enu[i][j] - b->P_enu[i][j]) /
                                  sqrt(a->P_enu[i][i] * a->P_enu[j][j]));
    return most;
}

/* Compares many orders of reception, the plots of the first `late_count` kinds up to two turns late
 * from turn `from` on, with that of the plots. */
static void check_late(ap_sensor_kind kind, int from, int late_count)
{
    lateness late = { 0 };
    const ap_track in_order = late_track(kind, &late);
    for (uint64_t seed = 1; seed < 25; seed++) {
        uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15);
        for (int k = from; k + 4 < LATE_PLOTS; k++)
            for (int i = 0; i < late_count; i++) {
                random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                late.turns[i][k] = (int)((random >> 33) % 3);
            }
        ap_track track = late_track(kind, &late);
        assert_true(ap_distance_m(track.position, in_order.position) <= 1e-6);
        assert_true(
            hypot(track.east_mps - in_order.east_mps, track.north_mps - in_order.north_mps) <=
            1e-9 * hypot(in_order.east_mps, in_order.north_mps));
        assert_true(covariance_gap(&track, &in_order) <= 1e-9);
        assert_true(fabs(track.existence - in_order.existence) <= 1e-9);
    }
}

/* Plots without an address, of one track that nothing else is near: as in order. So it is with a
 * primary radar, too, that learns clutter and detection from what comes meanwhile; but for its
 * first turns, in which it learns at once. */
static void test_step_late_without_address_equals_in_order(void **state)
{
    (void)state;
    check_late(AP_SENSOR_SSR, 3, 1);
    check_late(AP_SENSOR_PSR, 3, 1);
}

/* And when false plots are late as well, so that what the radar has learnt of them comes late. */
static void test_step_late_clutter_equals_in_order(void **state)
{
    (void)state;
    check_late(AP_SENSOR_PSR, 3, 3);
}

/* Plots of a primary radar that come 4 s late, under ADS-B five times a second: with no parts of
 * history to share they are too late to be filtered, but no new aircraft. */
static void test_step_late_plots_start_nothing(void **state)
{
    (void)state;
    for (uint32_t per_track = 0; per_track < 2; per_track++) {
        world *w = world_new();
        uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8),
                 es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
        w->config.history_per_track = per_track;
        world_start(w);
        flight f = flight_at(50.5, 8.4, 6000, 150, 60);
        for (int k = 0; k < 300; k++) {
            ap_report r = adsb(es, &f, 0x5A, 0.2 * k);
            step(w, &r);
            if (k % 20 == 10 && k > 60) {
                r = plot(w, psr, &f, 0.2 * k - 4.0);
                r.receive_utc = ap_utc_add_s(START_UTC, 0.2 * k);
                step(w, &r);
            }
        }
        ap_tracker_flush(&w->tracker);
        uint64_t late = ap_tracker_stats_of(&w->tracker)->refused.count[AP_REFUSED_LATE];
        assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
        assert_true(per_track ? late == 0 : late >= 11);
        assert_int_equal(only_track(w).source_count, per_track ? 2 : 1); /* else they are no hits */
        world_free(w);
    }
}

/* Plots of one aircraft every four seconds, without an address. One has a time 45 s ahead of its
 * reception: refused, and the track lives on. A sensor clock 4 s ahead is borne. */
static void test_step_time_ahead_is_refused(void **state)
{
    (void)state;
    for (int addressed = 0; addressed < 2; addressed++) {
        world *w = world_new();
        uint16_t ssr = add_sensor(w, AP_SENSOR_MODE_S, 50, 8);
        world_start(w);
        flight f = flight_at(50.3, 8.2, 9000, 200, 50);
        const ap_refusals *refused = &ap_tracker_stats_of(&w->tracker)->refused;
        for (int k = 0; k < 60; k++) {
            ap_report r = addressed ? mode_s(w, ssr, &f, 0x7, 4.0 * k) : plot(w, ssr, &f, 4.0 * k);
            if (k == 20)
                r.time_utc = ap_utc_add_s(r.time_utc, 45.0);
            step(w, &r);
        }
        for (int k = 60; k < 70; k++) {
            ap_report r = addressed ? mode_s(w, ssr, &f, 0x7, 4.0 * k) : plot(w, ssr, &f, 4.0 * k);
            r.receive_utc = ap_utc_add_s(r.receive_utc, -4.0 + 0.001 * k);
            step(w, &r);
        }
        ap_tracker_flush(&w->tracker);
        ap_track track = only_track(w);
        assert_int_equal(track.number, 1);
        assert_int_equal(track.update_count, 69);
        assert_true(off_m(&track, &f) < 60.0);
        assert_int_equal(refused->count[AP_REFUSED_TIME_RANGE], 1);
        assert_int_equal(ap_refusals_total(refused), 1);
        assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
        assert_int_equal(w->event_count[AP_EVENT_DROPPED], 0);
        world_free(w);
    }
}

/* Received more than lag_s after its time: late, whether it has an address or not, and whether
 * there is a track or not. */
static void test_step_older_than_the_lag_is_late(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t ssr = add_sensor(w, AP_SENSOR_MODE_S, 50, 8);
    world_start(w);
    flight f = flight_at(50.3, 8.2, 9000, 200, 50);
    const ap_refusals *refused = &ap_tracker_stats_of(&w->tracker)->refused;
    static const double late_s[] = { 10.5, 60.0, 3600.0, 86400.0 };
    enum { CASES = sizeof late_s / sizeof late_s[0] };
    for (int k = 0; k < 20; k++)
        for (int i = 0; i < CASES; i++) {
            ap_report r = plot(w, ssr, &f, 4.0 * k);
            r.time_utc = ap_utc_add_s(r.receive_utc, -late_s[i]);
            step(w, &r);
            r.present |= AP_HAS_ADDRESS;
            r.address = 0x7;
            step(w, &r);
        }
    ap_tracker_flush(&w->tracker);
    assert_int_equal(refused->count[AP_REFUSED_LATE], 2 * 20 * CASES);
    assert_int_equal(w->event_count[AP_EVENT_BORN], 0);
    for (int k = 20; k < 30; k++) { /* within the lag */
        ap_report r = plot(w, ssr, &f, 4.0 * k);
        r.receive_utc = ap_utc_add_s(r.time_utc, 9.5);
        step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
    assert_int_equal(refused->count[AP_REFUSED_LATE], 2 * 20 * CASES);
    assert_true(off_m((ap_track[]){ only_track(w) }, &f) < 60.0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_batches_make_no_difference),
        cmocka_unit_test(test_step_turned_earth_makes_no_difference),
        cmocka_unit_test(test_step_order_within_an_instant_makes_no_difference),
        cmocka_unit_test(test_step_late_equals_in_order),
        cmocka_unit_test(test_step_late_without_address_equals_in_order),
        cmocka_unit_test(test_step_late_clutter_equals_in_order),
        cmocka_unit_test(test_step_late_plots_start_nothing),
        cmocka_unit_test(test_step_time_ahead_is_refused),
        cmocka_unit_test(test_step_older_than_the_lag_is_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
