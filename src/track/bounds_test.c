/* Bad input: what the tracker does with numbers, places and crowds that no sensor should give. */
#include "track/state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "track/test_noise.h"
#include "track/test_radar.h"

#define DEG AP_RAD_PER_DEG

static ap_report report_at(double t_s)
{
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    return (ap_report){ .time_utc = time_utc, .receive_utc = time_utc };
}

static ap_report polar_at(const world *w, ap_geodetic at, double t_s)
{
    ap_report r = report_at(t_s);
    double elevation_rad;
    ap_polar_from_ecef(&w->sensor.frame, ap_ecef_from_geodetic(at), &r.range_m, &r.azimuth_rad,
                       &elevation_rad);
    r.present = AP_HAS_POLAR;
    r.range_sigma_m = w->sensor.range_sigma_m;
    r.azimuth_sigma_rad = w->sensor.azimuth_sigma_rad;
    return r;
}

static ap_report position_at(ap_geodetic at, double t_s)
{
    ap_report r = report_at(t_s);
    r.present = AP_HAS_POSITION;
    r.latitude_rad = at.latitude_rad;
    r.longitude_rad = at.longitude_rad;
    r.position_var_ee_m2 = r.position_var_nn_m2 = 1e4;
    return r;
}

/* Positions to half a metre, far apart in time: a fix ten million times as good as what was
 * expected leaves a covariance, and a velocity. */
static void test_step_precise_positions_seldom(void **state)
{
    (void)state;
    static const double gaps_s[] = { 1.0, 8.0, 12.0, 20.0, 30.0, 45.0 };
    for (size_t k = 0; k < sizeof gaps_s / sizeof gaps_s[0]; k++) {
        world *w = world_new(AP_SENSOR_MLAT);
        uint64_t seed = 7;
        double off_mps = 0.0;
        ap_track track;
        w->sensor.turn_s = gaps_s[k];
        for (int i = 0; i < 100; i++) {
            const double per_m = 1.0 / 6.371e6;
            double gone_m = 140.0 * i * gaps_s[k];
            ap_report r = report_at(i * gaps_s[k]);
            r.present = AP_HAS_POSITION | AP_HAS_ADDRESS;
            r.address = 77;
            r.latitude_rad = 0.1 + (gone_m + 0.5 * test_normal(&seed)) * per_m;
            r.longitude_rad = 0.2 + (gone_m + 0.5 * test_normal(&seed)) * per_m;
            r.position_var_ee_m2 = r.position_var_nn_m2 = 0.25;
            ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
            ap_tracker_flush(&w->tracker);
            assert_int_equal(ap_tracker_tracks(&w->tracker, true, &track, 1), 1);
            if (i > 10)
                off_mps += hypot(track.east_mps - 140.0, track.north_mps - 140.0) / 89.0;
        }
        assert_int_equal(ap_tracker_stats_of(&w->tracker)->reset_count, 0);
        assert_true(off_mps < 3.0);
        world_free(w);
    }
}

/* The area that a radar's false plots are learnt to lie in. unused_range_m: in the reports without
 * polar coordinates, where nothing should read it. */
static double learnt_area_m2(bool polar, double unused_range_m)
{
    world *w = world_new(AP_SENSOR_PSR);
    uint64_t seed = 5;
    for (int k = 0; k < 40 * 40; k++) {
        ap_geodetic at = { (49.0 + 2.0 * test_uniform(&seed)) * DEG,
                           (7.0 + 2.0 * test_uniform(&seed)) * DEG, 100.0 };
        double t_s = TURN_S * k / 40.0;
        ap_report r = polar ? polar_at(w, at, t_s) : position_at(at, t_s);
        if (!polar)
            r.range_m = unused_range_m;
        ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
    }
    ap_tracker_flush(&w->tracker);
    double area_m2 = w->tracker.state->group[0].background.now.clutter_area;
    world_free(w);
    return area_m2;
}

/* False plots of a radar that gives places instead of ranges: as far off as they are. */
static void test_step_learns_clutter_of_places(void **state)
{
    (void)state;
    double polar_m2 = learnt_area_m2(true, 0.0);
    assert_in_range(polar_m2 / 1e6, 10000, 60000); /* 222 km by 143 km, as a disc: 50 % off */
    const double unused_m[] = { 0.0, NAN, 1e12 };
    for (size_t i = 0; i < sizeof unused_m / sizeof unused_m[0]; i++)
        assert_true(fabs(learnt_area_m2(false, unused_m[i]) / polar_m2 - 1.0) < 0.02);
}

/* ---- numbers ---- */

static void note_fastest(void *context, const ap_track_event *event, const ap_track *track)
{
    double *fastest_mps = context;
    (void)event;
    *fastest_mps = fmax(*fastest_mps, hypot(ap_track_speed_mps(track), track->up_mps));
}

/* A velocity that may be any, and places that make it 18 km/s: no track is faster than
 * what comes back from the Moon, and the one that would be begins anew. */
static void test_step_speed_is_bounded(void **state)
{
    (void)state;
    world *w = world_new(AP_SENSOR_PSR);
    double fastest_mps = 0.0;
    w->config.on_event = note_fastest;
    w->config.context = &fastest_mps;
    size_t size = ap_tracker_size(&w->config);
    assert_int_equal(ap_tracker_init(&w->tracker, &w->config, w->mem, size), AP_OK);
    for (int k = 0; k < 4; k++) { /* 18 km a second */
        ap_geodetic at = { (50.0 + 0.16 * k) * DEG, 8.5 * DEG, 8000.0 };
        ap_report r = position_at(at, k);
        r.present |= AP_HAS_ADDRESS | (k == 0 ? AP_HAS_VELOCITY : 0u);
        r.address = 5;
        r.velocity_sigma_mps = 1e6; /* whatever the next one says of the speed is right */
        ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
        ap_tracker_flush(&w->tracker);
    }
    ap_tracker_flush(&w->tracker);
    assert_true(fastest_mps <= 12000.0);
    assert_true(ap_tracker_stats_of(&w->tracker)->reset_count > 0);
    world_free(w);
}

/* ---- time ---- */

static void mix(void *context, const ap_track_event *event, const ap_track *track)
{
    uint64_t *digest = context;
    const unsigned char *byte = (const unsigned char *)&track->position;
    *digest = (*digest ^ (uint64_t)event->time_utc ^ track->id) * UINT64_C(0x100000001B3);
    for (size_t i = 0; i < sizeof track->position; i++)
        *digest = (*digest ^ byte[i]) * UINT64_C(0x100000001B3);
}

typedef struct history {
    uint64_t digest; /* of the events */
    ap_tracker_stats stats;
} history;

/* Four aircraft for 160 turns, with gaps of three hours after turns 80 and 120; with wrong receive
 * times after some reports when `wrong_s` is not 0. now: each call's is that of its last report, or
 * the latest of any. */
static history four_tracks(double wrong_s, size_t batch, bool now_is_latest)
{
    enum { TURNS = 160 };
    static ap_report report[5 * TURNS];
    world *w = world_new(AP_SENSOR_PSR);
    history h = { .digest = 1 };
    w->config.on_event = mix;
    w->config.context = &h.digest;
    size_t size = ap_tracker_size(&w->config), n = 0;
    assert_int_equal(ap_tracker_init(&w->tracker, &w->config, w->mem, size), AP_OK);
    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < 4; i++) {
            ap_geodetic at = { (50.3 + 0.1 * i + 0.001 * (turn % 80)) * DEG, 8.5 * DEG, 8000.0 };
            double t_s = TURN_S * turn + 0.1 * i + 10800.0 * (turn >= 80) + 10800.0 * (turn >= 120);
            report[n++] = polar_at(w, at, t_s);
            if (wrong_s > 0.0 && i == 2 && turn % 13 == 5) {
                report[n] = report[n - 1];
                report[n].receive_utc = ap_utc_add_s(report[n].receive_utc, wrong_s + turn);
                report[n].time_utc = report[n].receive_utc;
                n++;
            }
        }
    ap_utc_ns now = AP_UTC_UNKNOWN;
    for (size_t at = 0; at < n; at += batch) {
        size_t count = batch < n - at ? batch : n - at;
        for (size_t k = at; k < at + count; k++)
            now = !now_is_latest || now == AP_UTC_UNKNOWN || report[k].receive_utc > now
                      ? report[k].receive_utc
                      : now;
        ap_tracker_step(&w->tracker, now, report + at, count);
    }
    ap_tracker_flush(&w->tracker);
    h.stats = *ap_tracker_stats_of(&w->tracker);
    world_free(w);
    return h;
}

/* A report three days, or ten minutes, ahead is refused, and all else is as if it had not been;
 * gaps of hours are what they are. How the reports were cut into calls makes no difference. */
static void test_step_one_clock_ahead_moves_nothing(void **state)
{
    (void)state;
    history plain = four_tracks(0.0, 1, false);
    assert_int_equal(plain.stats.confirmed_count, 12); /* each aircraft anew after each gap */
    assert_int_equal(ap_refusals_total(&plain.stats.refused), 0);
    const double wrong_s[] = { 600.0, 3.0 * 86400.0 };
    const size_t batches[] = { 1, 2, 7, 1000 };
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < 4; i++)
            for (int latest = 0; latest < 2; latest++) {
                history h = four_tracks(wrong_s[k], batches[i], latest);
                assert_true(h.digest == plain.digest);
                assert_int_equal(h.stats.refused.count[AP_REFUSED_TIME_RANGE], 12);
                assert_int_equal(ap_refusals_total(&h.stats.refused), 12);
            }
}

/* What decides about a report far ahead: a later one, the caller, or the end of the input. */
static void test_step_jump_needs_a_second(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        world *w = world_new(AP_SENSOR_ADSB);
        ap_report r = position_at((ap_geodetic){ 50.0 * DEG, 8.0 * DEG, 100.0 }, 0.0), next = r;
        r.present |= AP_HAS_ADDRESS;
        r.address = 1;
        ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
        r.time_utc = r.receive_utc = next.time_utc = next.receive_utc =
            ap_utc_add_s(START_UTC, 7200);
        ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
        assert_int_equal(ap_tracker_stats_of(&w->tracker)->tentative_dropped_count, 0);
        if (how == 0)
            ap_tracker_step(&w->tracker, AP_UTC_UNKNOWN, &next, 1);
        if (how == 1)
            ap_tracker_step(&w->tracker, ap_utc_add_s(r.receive_utc, 0.5), NULL, 0);
        if (how == 2)
            ap_tracker_flush(&w->tracker);
        if (how == 3)
            ap_tracker_restart(&w->tracker, START_UTC);
        const ap_tracker_stats *s = ap_tracker_stats_of(&w->tracker);
        assert_int_equal(s->tentative_dropped_count, 1); /* the first, at its own end */
        assert_int_equal(s->refused.count[AP_REFUSED_TIME_RANGE], how == 3);
        ap_tracker_flush(&w->tracker);
        assert_int_equal(s->born_count, how == 0 ? 3 : how == 3 ? 1 : 2);
        world_free(w);
    }
}

/* What the reports of the next test say, beside an address. */
typedef enum words {
    PLACES_AND_HEIGHTS,
    PLACES,  /* with a height every third time */
    SLANTS,  /* ranges and radial speeds, with a height every third time */
    MOTIONS, /* places every third time, else velocities or rates of turn alone */
    WORDS_END
} words;

static void say_motion(ap_report *r, double angle, bool rate)
{
    const double radius_m = 6.38e6 * DEG;
    r->present = AP_HAS_ADDRESS | (rate ? AP_HAS_TRACK_RATE : AP_HAS_VELOCITY);
    r->east_mps = -0.003 * radius_m * cos(50.0 * DEG) * sin(angle);
    r->north_mps = 0.002 * radius_m * cos(angle);
    r->velocity_sigma_mps = 2.0;
    r->track_rate_radps = -0.01;
}

/* Report k, in a slow turn. */
static ap_report word_of(const world *w, words say, int k, uint64_t *noise)
{
    double angle = 0.01 * k;
    ap_geodetic at = { (50.0 + 0.2 * sin(angle)) * DEG, (8.0 + 0.3 * cos(angle)) * DEG,
                       9000.0 + 5.0 * k };
    at.latitude_rad += 3e-6 * test_normal(noise);
    at.longitude_rad += 3e-6 * test_normal(noise);
    ap_report r = say == SLANTS ? polar_at(w, at, k) : position_at(at, k);
    r.position_var_ee_m2 = r.position_var_nn_m2 = 400.0;
    r.present |= AP_HAS_ADDRESS;
    r.address = 9;
    if (say == SLANTS) {
        r.present |= AP_HAS_DOPPLER;
        r.doppler_mps = 10.0 * cos(angle);
        r.doppler_sigma_mps = 20.0;
    }
    if (say == PLACES_AND_HEIGHTS || k % 3 == 0)
        r.present |= AP_HAS_GEOMETRIC_HEIGHT;
    r.geometric_height_m = at.height_m;
    r.geometric_height_sigma_m = 8.0;
    if (say == MOTIONS && k > 3 && k % 3 != 0) /* the first ones begin the track */
        say_motion(&r, angle, k % 3 == 1);
    return r;
}

static void sort_by_reception(ap_report *report, int count)
{
    for (int k = 1; k < count; k++)
        for (int j = k; j > 0 && report[j].receive_utc < report[j - 1].receive_utc; j--) {
            ap_report swap = report[j];
            report[j] = report[j - 1];
            report[j - 1] = swap;
        }
}

/* Reports of one address, one a second, each received up to `delay_s` late; all in the order that
 * they come in. The state after the last ones, which are in time. */
static ap_track delayed(double delay_s, words say, uint64_t seed)
{
    enum { COUNT = 120, LAST = 4 };
    ap_report report[COUNT];
    world *w = world_new(say == SLANTS ? AP_SENSOR_MODE_S : AP_SENSOR_ADSB);
    uint64_t noise = 31;
    for (int k = 0; k < COUNT; k++) {
        report[k] = word_of(w, say, k, &noise);
        double late_s = k < LAST || k >= COUNT - LAST ? 0.0 : delay_s * test_uniform(&seed);
        report[k].receive_utc = ap_utc_add_s(report[k].receive_utc, late_s);
    }
    sort_by_reception(report, COUNT);
    ap_tracker_step(&w->tracker, AP_UTC_UNKNOWN, report, COUNT);
    ap_tracker_flush(&w->tracker);
    ap_track track;
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, &track, 1), 1);
    assert_int_equal(ap_refusals_total(&ap_tracker_stats_of(&w->tracker)->refused), 0);
    assert_int_equal(track.update_count, COUNT);
    world_free(w);
    return track;
}

static void assert_same(const ap_track *late, const ap_track *order)
{
    const double near_m = 1e-7, near = 1e-9;
    assert_int_equal(late->time_utc, order->time_utc);
    assert_true(ap_distance_m(late->position, order->position) <= near_m);
    assert_true(fabs(late->position.height_m - order->position.height_m) <= near_m);
    double off_mps = hypot(late->east_mps - order->east_mps, late->north_mps - order->north_mps);
    assert_true(off_mps <= near * ap_track_speed_mps(order));
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            assert_true(fabs(late->P_enu[i][j] - order->P_enu[i][j]) <=
                        near * sqrt(order->P_enu[i][i] * order->P_enu[j][j]));
}

/* Shuffled by delays, the same state and covariance as in order, to 1e-9 of themselves: also where
 * a report takes from its track what it does not say itself. */
static void test_step_shuffled_equals_in_order(void **state)
{
    (void)state;
    for (words say = 0; say < WORDS_END; say++) {
        const ap_track order = delayed(0.0, say, 1);
        for (uint64_t seed = 1; seed <= 50; seed++) {
            ap_track late = delayed(3.0, say, seed);
            assert_same(&late, &order);
        }
    }
}

/* ---- order ---- */

#define CROWD 30
#define PAIRS 5

/* Thirty aircraft within 5 km, seen at one instant each turn; of the first ten, each two that are
 * within a resolution cell give one plot in two turns of three. */
static size_t crowd_of(const world *w, int turn, uint64_t *seed, ap_report *out)
{
    size_t n = 0;
    uint64_t places = 81;
    for (int i = 0; i < CROWD; i++) {
        double north = 0.05 * (test_uniform(&places) - 0.5);
        double east = 0.05 * (test_uniform(&places) - 0.5);
        if (i < 2 * PAIRS && i % 2 == 1 && turn % 3 != 0)
            continue;
        ap_geodetic at = { (50.7 + north + 0.002 * turn) * DEG, (8.5 + east) * DEG, 8000.0 };
        if (i < 2 * PAIRS) { /* 60 m apart */
            at.latitude_rad = (50.6 + 0.01 * (i / 2) + 0.002 * turn) * DEG;
            at.longitude_rad = (8.3 + 0.0008 * (i % 2)) * DEG;
        }
        out[n] = polar_at(w, at, TURN_S * turn + 1.0);
        out[n].range_m += 30.0 * test_normal(seed);
        out[n++].azimuth_rad += 5e-4 * test_normal(seed);
    }
    return n;
}

static void shuffle(ap_report *report, size_t count, uint64_t *seed)
{
    for (size_t i = count; i-- > 1;) {
        size_t j = (size_t)(test_uniform(seed) * (double)(i + 1));
        ap_report swap = report[i];
        report[i] = report[j];
        report[j] = swap;
    }
}

/* order: 0 as they are, else a seed. one_by_one: a call for each report. */
static size_t crowd_tracks(uint64_t order, bool one_by_one, ap_track *tracks, size_t cap,
                           ap_tracker_stats *stats)
{
    world *w = world_new(AP_SENSOR_PSR);
    uint64_t noise = 4242;
    for (int turn = 0; turn < 12; turn++) {
        ap_report report[CROWD];
        size_t n = crowd_of(w, turn, &noise, report);
        if (order != 0)
            shuffle(report, n, &order);
        size_t batch = one_by_one ? 1 : n;
        for (size_t at = 0; at < n; at += batch)
            ap_tracker_step(&w->tracker, report[at].receive_utc, report + at, batch);
    }
    ap_tracker_flush(&w->tracker);
    size_t count = ap_tracker_tracks(&w->tracker, true, tracks, cap);
    *stats = *ap_tracker_stats_of(&w->tracker);
    world_free(w);
    assert_in_range(count, CROWD - PAIRS, cap);
    return count;
}

/* What order the reports of one instant come in is chance. Whatever it is, the same tracks come of
 * them, to the last bit: in a crowd in which each method of association has its part. */
static void test_step_order_in_a_crowd_makes_no_difference(void **state)
{
    (void)state;
    enum { CAP = 128 };
    static ap_track one[CAP], other[CAP];
    ap_tracker_stats stats, again;
    size_t count = crowd_tracks(0, false, one, CAP, &stats);
    assert_true(stats.shared_count > 0 && stats.exact_count > 0);
    assert_true(stats.belief_count + stats.nearest_count > 0);
    for (uint64_t order = 1; order <= 10; order++) {
        memset(other, 0, sizeof other);
        assert_int_equal(crowd_tracks(order, order % 2 == 0, other, CAP, &again), count);
        assert_memory_equal(&stats, &again, sizeof stats);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(one[i].id, other[i].id);
            assert_memory_equal(&one[i].position, &other[i].position, sizeof one[i].position);
            assert_memory_equal(one[i].P_enu, other[i].P_enu, sizeof one[i].P_enu);
            assert_memory_equal(&one[i].existence, &other[i].existence, sizeof(double));
        }
    }
}

/* ---- crowds ---- */

/* A world for many plots; the one that world_new makes is for few. */
static world *world_for(uint32_t plots, uint32_t tracks)
{
    world *w = world_new(AP_SENSOR_PSR);
    w->config.group_report_cap = plots;
    w->config.track_cap = tracks;
    world_begin(w);
    return w;
}

/* Seconds for the worst of three turns with `count` plots each, in one place or about evenly within
 * 100 km. */
static double worst_turn_s(uint32_t count, bool in_one_place, ap_tracker_stats *stats)
{
    world *w = world_for(count, 2 * count);
    ap_report *report = malloc(count * sizeof *report);
    assert_non_null(report);
    uint64_t seed = 8;
    double worst_s = 0.0;
    for (int turn = 0; turn < 3; turn++) {
        for (uint32_t i = 0; i < count; i++) {
            double u[2] = { test_uniform(&seed), test_uniform(&seed) };
            ap_geodetic at = { 50.5 * DEG, 8.5 * DEG, 8000.0 };
            if (!in_one_place)
                at = (ap_geodetic){ (50.0 + u[0]) * DEG, (8.0 + 1.5 * u[1]) * DEG, 8000.0 };
            report[i] = polar_at(w, at, TURN_S * turn + 1e-7 * i);
        }
        clock_t begun = clock();
        ap_tracker_step(&w->tracker, report[count - 1].receive_utc, report, count);
        ap_tracker_flush(&w->tracker);
        worst_s = fmax(worst_s, (double)(clock() - begun) / CLOCKS_PER_SEC);
    }
    *stats = *ap_tracker_stats_of(&w->tracker);
    free(report);
    world_free(w);
    return worst_s;
}

/* Eight times the plots in one group cost some eight times as much, not 64 times. */
static void test_step_time_grows_with_the_plots(void **state)
{
    (void)state;
    for (int in_one_place = 0; in_one_place < 2; in_one_place++) {
        ap_tracker_stats stats;
        double few_s = worst_turn_s(2000, in_one_place, &stats);
        double many_s = worst_turn_s(16000, in_one_place, &stats);
        assert_true(many_s < 24.0 * few_s + 0.1);
        assert_int_equal(stats.report_count, 3 * 16000);
        assert_true(stats.crowded_count > 16000); /* and what was left out is counted */
    }
}

/* Four firm tracks, and then 3,000 equal plots a turn on the first: the others go on as if there
 * were none, and it is not lost. */
static void test_step_crowd_hides_no_firm_track(void **state)
{
    (void)state;
    enum { PLOTS = 3000 };
    world *w = world_for(4096, 8192);
    static ap_report report[PLOTS + 4];
    for (int turn = 0; turn < 14; turn++) {
        size_t n = 0;
        for (int i = 0; i < 4; i++) {
            ap_geodetic at = { (50.5 + 0.02 * i) * DEG, 8.5 * DEG, 8000.0 };
            report[n++] = polar_at(w, at, TURN_S * turn);
        }
        for (int i = 0; turn >= 6 && i < PLOTS; i++)
            report[n++] = report[0];
        ap_tracker_step(&w->tracker, report[0].receive_utc, report, n);
    }
    ap_tracker_flush(&w->tracker);
    static ap_track tracks[64];
    assert_in_range(ap_tracker_tracks(&w->tracker, false, tracks, 64), 4, 64);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(tracks[i].id, i + 1);
        assert_int_equal(tracks[i].state, AP_TRACK_FIRM);
        assert_int_equal(tracks[i].updated_utc, report[0].time_utc);
    }
    assert_true(ap_tracker_stats_of(&w->tracker)->crowded_count > PLOTS);
    world_free(w);
}

/* More aircraft within 4 km than one plot is compared with: of those about it the nearest are the
 * right ones, and each keeps its track. Order and batches make no difference there, either. */
static size_t swarm(uint64_t order, size_t batch, ap_track *tracks, ap_tracker_stats *stats)
{
    enum { SIDE = 26 };
    world *w = world_for(4096, 8192);
    w->sensor.range_sigma_m = w->sensor.range_resolution_m = 5.0;
    w->sensor.azimuth_sigma_rad = w->sensor.azimuth_resolution_rad = 2e-4;
    static ap_report report[SIDE * SIDE];
    uint64_t noise = 21;
    for (int turn = 0; turn < 6; turn++) {
        for (int i = 0; i < SIDE * SIDE; i++) {
            ap_geodetic at = { (50.1 + 0.0015 * (i / SIDE) + 0.001 * turn) * DEG,
                               (8.1 + 0.0023 * (i % SIDE)) * DEG, 500.0 };
            report[i] = polar_at(w, at, TURN_S * turn);
            report[i].range_m += 5.0 * test_normal(&noise);
        }
        if (order != 0)
            shuffle(report, SIDE * SIDE, &order);
        for (size_t k = 0; k < SIDE * SIDE; k += batch) {
            size_t left = SIDE * SIDE - k;
            ap_tracker_step(&w->tracker, report[k].receive_utc, report + k,
                            batch < left ? batch : left);
        }
    }
    ap_tracker_flush(&w->tracker);
    size_t count = ap_tracker_tracks(&w->tracker, false, tracks, 2 * SIDE * SIDE);
    *stats = *ap_tracker_stats_of(&w->tracker);
    world_free(w);
    return count;
}

static void test_step_swarm_keeps_its_tracks(void **state)
{
    (void)state;
    static ap_track one[2000], other[2000];
    ap_tracker_stats stats, again;
    size_t count = swarm(0, 10000, one, &stats);
    assert_true(stats.crowded_count > 0);
    assert_in_range(count, 640, 690);
    assert_int_equal(swarm(5, 37, other, &again), count);
    assert_memory_equal(&stats, &again, sizeof stats);
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(&one[i].position, &other[i].position, sizeof one[i].position);
}

/* A full group about tracks that fall, too: none has more edges than there is room for. */
static void test_step_crowd_about_falls(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        world *w = world_new(AP_SENSOR_PSR);
        uint64_t noise = seed;
        w->config.group_report_cap = 64;
        w->config.track_cap = 512;
        w->config.falling_cap = 16;
        world_begin(w);
        for (int turn = 0; turn < 7; turn++) {
            ap_report r[64];
            double spread = turn < 4 ? 1.0 : 0.4;
            for (int i = 0; i < 64; i++) {
                r[i] = report_at(TURN_S * turn + 0.5);
                r[i].present = AP_HAS_POLAR;
                r[i].flags = AP_FLAG_PRIMARY;
                r[i].range_m = 60e3 + 800.0 * spread * test_uniform(&noise);
                r[i].azimuth_rad = 0.7 + 0.013 * spread * test_uniform(&noise);
                r[i].range_sigma_m = 50.0;
                r[i].azimuth_sigma_rad = 0.002;
            }
            ap_tracker_step(&w->tracker, r[0].receive_utc, r, 64);
            ap_tracker_flush(&w->tracker);
            ap_falling *f = &w->tracker.state->falling;
            const ap_store *store = &w->tracker.state->store;
            uint32_t slot = store->oldest;
            for (uint32_t n = 0; turn == 3 && n < 16 && slot != AP_SLOT_NONE; n++) { /* as if */
                f->phase[n] = AP_FALL_FALLS;
                f->slot[n] = slot;
                memset(&f->fall[n], 0, sizeof f->fall[n]);
                f->fall[n].until_utc = INT64_MAX;
                f->used_count = f->falls_count = n + 1;
                slot = store->link[slot].newer;
            }
            assert_true(w->tracker.state->bench.edge_count <= w->tracker.state->bench.edge_cap);
        }
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_precise_positions_seldom),
        cmocka_unit_test(test_step_crowd_about_falls),
        cmocka_unit_test(test_step_learns_clutter_of_places),
        cmocka_unit_test(test_step_speed_is_bounded),
        cmocka_unit_test(test_step_one_clock_ahead_moves_nothing),
        cmocka_unit_test(test_step_jump_needs_a_second),
        cmocka_unit_test(test_step_shuffled_equals_in_order),
        cmocka_unit_test(test_step_order_in_a_crowd_makes_no_difference),
        cmocka_unit_test(test_step_time_grows_with_the_plots),
        cmocka_unit_test(test_step_crowd_hides_no_firm_track),
        cmocka_unit_test(test_step_swarm_keeps_its_tracks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
