/* The tracker anywhere on the earth, and with numbers that no sensor should give. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "track/test_noise.h"
#include "track/test_covariance.h"
#include "track/test_radar.h"

#define DEG AP_RAD_PER_DEG
#define SPEED_MAX_MPS 12001.0 /* as tracker.h has it, and its rounding */

/* ---- what may leave the tracker ---- */

static bool is_sound(const ap_track *t)
{
    double numbers = t->position.latitude_rad + t->position.longitude_rad + t->position.height_m +
                     t->track_rate_radps + t->acceleration_mps2 + t->pressure_altitude_m +
                     t->geometric_height_m;
    const double(*V)[2] = t->vertical_P;
    bool vertical = !t->has_height ||
                    (V[0][0] > 0.0 && V[0][1] == V[1][0] && V[0][0] * V[1][1] > V[0][1] * V[0][1]);
    return isfinite(numbers) && vertical && test_is_positive(t) && t->existence >= 0.0 &&
           t->existence <= 1.0 &&
           hypot(hypot(t->east_mps, t->north_mps), t->up_mps) <= SPEED_MAX_MPS;
}

typedef struct books {
    uint64_t event_count, unsound_count;
} books;

static void check_event(void *context, const ap_track_event *event, const ap_track *track)
{
    books *b = context;
    (void)event;
    b->event_count++;
    b->unsound_count += !is_sound(track);
}

/* The world of test_radar.h, its radar elsewhere and its caps other ones. */
static world *world_at(ap_sensor_kind kind, double lat_deg, double lon_deg, uint32_t cap, books *b)
{
    world *w = world_new(kind);
    ap_geodetic site = { lat_deg * DEG, lon_deg * DEG, 100.0 };
    assert_int_equal(ap_sensor_place(&w->sensor, site), AP_OK);
    w->config.track_cap = w->config.group_report_cap = cap;
    w->config.on_event = b ? check_event : NULL;
    w->config.context = b;
    world_begin(w);
    return w;
}

static void assert_balanced(const ap_tracker_stats *s)
{
    assert_int_equal(s->born_count, s->dropped_count + s->tentative_dropped_count + s->alive_count);
    assert_int_equal(s->cluster_count, s->single_count + s->exact_count + s->belief_count +
                                           s->nearest_count + s->shared_count);
    assert_true(ap_refusals_total(&s->refused) <= s->report_count);
}

/* ---- hostile numbers ---- */

static const double odd[] = { 0.0,
                              -0.0,
                              1.0,
                              -1.0,
                              1e-300,
                              1e300,
                              -1e300,
                              1e-12,
                              1e12,
                              -1e12,
                              1e-38,
                              1e-45,
                              1e39,
                              NAN,
                              INFINITY,
                              -INFINITY,
                              1e6,
                              1e9,
                              1e-6,
                              1e-9,
                              AP_PI,
                              -AP_PI,
                              1.5707963267948966,
                              -1.5707963267948966,
                              12000.0,
                              0.1 };

/* A report of one of eight aircraft near the place, everything in it likely. */
static ap_report likely_report(const world *w, double t_s, uint64_t *seed)
{
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    int who = (int)(8.0 * test_uniform(seed));
    double site_rad = w->sensor.frame.origin.latitude_rad, elevation_rad;
    ap_geodetic at = { site_rad - copysign(1e-3 * who + 1e-6 * t_s, site_rad),
                       w->sensor.frame.origin.longitude_rad + 1e-3 * who, 8000.0 };
    ap_report r = { .time_utc = time_utc, .receive_utc = time_utc, .address = (uint32_t)who };
    ap_polar_from_ecef(&w->sensor.frame, ap_ecef_from_geodetic(at), &r.range_m, &r.azimuth_rad,
                       &elevation_rad);
    r.range_sigma_m = 50.0;
    r.azimuth_sigma_rad = 1e-3;
    r.elevation_rad = elevation_rad;
    r.elevation_sigma_rad = 2e-3;
    r.latitude_rad = at.latitude_rad;
    r.longitude_rad = ap_wrap_pi(at.longitude_rad);
    r.position_var_ee_m2 = r.position_var_nn_m2 = 400.0;
    r.pressure_altitude_m = r.geometric_height_m = 8000.0;
    r.pressure_altitude_sigma_m = r.geometric_height_sigma_m = 10.0;
    r.velocity_sigma_mps = r.up_sigma_mps = r.doppler_sigma_mps = 3.0;
    r.present = (uint32_t)(test_uniform(seed) * 0x200000);
    r.present |= test_uniform(seed) < 0.5 ? AP_HAS_POLAR : AP_HAS_POSITION;
    if (test_uniform(seed) < 0.7)
        r.present &= ~(uint32_t)AP_HAS_ADDRESS;
    return r;
}

/* Any of the numbers in it, from the range on, is an odd one. */
static void spoil(ap_report *r, uint64_t *seed)
{
    size_t count = (offsetof(ap_report, nic) - offsetof(ap_report, range_m)) / sizeof(double);
    size_t which = (size_t)(test_uniform(seed) * (double)count);
    double value = odd[(size_t)(test_uniform(seed) * (sizeof odd / sizeof odd[0]))];
    memcpy((char *)r + offsetof(ap_report, range_m) + which * sizeof value, &value, sizeof value);
}

static const double sites[][2] = { { 90, 0 }, { -90, 40 }, { 50, 8 }, { 0, 180 }, { 10, -179.99 } };

/* NaN, infinities, variances of nothing and of everything, at the poles, over the date line, over
 * the radar itself, an hour back: what leaves the tracker is finite, positive and counted. */
static void test_step_hostile_numbers_do_no_harm(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int run = 0; run < 40; run++) {
        books b = { 0 };
        const double *site = sites[(size_t)run % (sizeof sites / sizeof sites[0])];
        world *w =
            world_at((ap_sensor_kind)(run % AP_SENSOR_KIND_COUNT), site[0], site[1], 128, &b);
        double t_s = 0.0;
        for (int k = 0; k < 1500; k++) {
            t_s += 0.05 * test_uniform(&seed);
            ap_report r = likely_report(w, k == 1000 ? t_s - 3600.0 : t_s, &seed);
            for (double more = test_uniform(&seed); more < 0.3; more += 0.1)
                spoil(&r, &seed);
            ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
        }
        ap_tracker_flush(&w->tracker);
        const ap_tracker_stats *s = ap_tracker_stats_of(&w->tracker);
        assert_true(b.event_count > 100);
        assert_int_equal(b.unsound_count, 0);
        assert_int_equal(s->report_count, 1500);
        assert_true(s->refused.count[AP_REFUSED_NOT_FINITE] > 0);
        assert_balanced(s);
        world_free(w);
    }
}

/* A radar's own clock and ours an hour back, without a restart: counted, and tracks go on. */
static void test_step_back_an_hour(void **state)
{
    (void)state;
    books b = { 0 };
    world *w = world_at(AP_SENSOR_PSR, 50, 8, 256, &b);
    for (int turn = 0; turn < 400; turn++)
        for (int i = 0; i < 5; i++) {
            double t_s = TURN_S * turn + 0.1 * i - (turn >= 100 ? 3600.0 : 0.0);
            ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
            ap_report r = { .time_utc = time_utc, .receive_utc = time_utc };
            r.present = AP_HAS_POLAR;
            r.range_m = 40e3 + 8e3 * i + 100.0 * (turn % 100);
            r.azimuth_rad = 1.0;
            r.range_sigma_m = 50.0;
            r.azimuth_sigma_rad = 1e-3;
            ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
        }
    ap_tracker_flush(&w->tracker);
    const ap_tracker_stats *s = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(b.unsound_count, 0);
    assert_true(s->confirmed_count >= 5 && ap_refusals_total(&s->refused) > 0);
    assert_balanced(s);
    world_free(w);
}

/* ---- the same everywhere ---- */

#define AIRCRAFT 5
#define TURNS 60

/* Aircraft in the plane of the radar, in its own coordinates: the last one passes overhead. */
static ap_report seen(const world *w, int i, int turn, uint64_t *seed)
{
    double t_s = TURN_S * turn + 0.5 * i;
    double east_m = i == AIRCRAFT - 1 ? 150.0 * (t_s - 120.0) : -30e3 + 15e3 * i + 100.0 * t_s;
    double north_m = i == AIRCRAFT - 1 ? 0.0 : 20e3 + 10e3 * i - 120.0 * t_s, up_m = 9000.0;
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    ap_report r = { .time_utc = time_utc, .receive_utc = time_utc };
    r.present = AP_HAS_POLAR | AP_HAS_GEOMETRIC_HEIGHT;
    r.range_m = sqrt(east_m * east_m + north_m * north_m + up_m * up_m) + 30.0 * test_normal(seed);
    r.azimuth_rad = ap_wrap_two_pi(atan2(east_m, north_m) + 1e-3 * test_normal(seed));
    r.range_sigma_m = 30.0;
    r.azimuth_sigma_rad = 1e-3;
    r.geometric_height_m =
        ap_geodetic_from_ecef(
            ap_ecef_from_enu(&w->sensor.frame, (ap_vec3){ east_m, north_m, up_m }))
            .height_m;
    r.geometric_height_sigma_m = 10.0;
    return r;
}

/* The tracks in the radar's plane, by id. */
static size_t tracks_at(double lat_deg, double lon_deg, ap_vec3 *place, ap_vec3 *speed)
{
    books b = { 0 };
    world *w = world_at(AP_SENSOR_SSR, lat_deg, lon_deg, 256, &b);
    uint64_t seed = 6;
    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < AIRCRAFT; i++) {
            ap_report r = seen(w, i, turn, &seed);
            ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
        }
    ap_tracker_flush(&w->tracker);
    ap_track track[2 * AIRCRAFT];
    size_t count = ap_tracker_tracks(&w->tracker, false, track, 2 * AIRCRAFT);
    for (size_t i = 0; i < count && i < AIRCRAFT; i++) {
        ap_enu_frame there = ap_enu_frame_at(track[i].position);
        place[i] = ap_enu_from_ecef(&w->sensor.frame, ap_ecef_from_geodetic(track[i].position));
        ap_vec3 v = { track[i].east_mps, track[i].north_mps, 0.0 };
        speed[i] = ap_enu_rotate(&w->sensor.frame, ap_ecef_rotate(&there, v));
    }
    assert_int_equal(b.unsound_count, 0);
    world_free(w);
    return count;
}

/* The same plots at other longitudes: the same tracks, but for rounding. At other latitudes, poles
 * included, the earth is curved otherwise: by a millimetre. */
static void test_step_is_the_same_everywhere(void **state)
{
    (void)state;
    static const struct {
        double lat_deg, lon_deg, near_m, near_mps;
    } at[] = {
        { 50, -179.95, 1e-7, 1e-9 }, { 50, 180, 1e-7, 1e-9 }, { 50, 0, 1e-7, 1e-9 },
        { 50, -97.3, 1e-7, 1e-9 },   { 0, 180, 0.01, 1e-3 },  { -50, 8, 0.01, 1e-3 },
        { 89.9, 8, 0.01, 1e-3 },     { 90, 0, 0.01, 1e-3 },   { -90, 120, 0.01, 1e-3 },
    };
    ap_vec3 place[AIRCRAFT], speed[AIRCRAFT], there[AIRCRAFT], fast[AIRCRAFT];
    assert_int_equal(tracks_at(50, 8, place, speed), AIRCRAFT);
    for (size_t k = 0; k < sizeof at / sizeof at[0]; k++) {
        assert_int_equal(tracks_at(at[k].lat_deg, at[k].lon_deg, there, fast), AIRCRAFT);
        for (int i = 0; i < AIRCRAFT; i++) {
            double off_m = hypot(place[i].x_m - there[i].x_m, place[i].y_m - there[i].y_m);
            double off_mps = hypot(speed[i].x_m - fast[i].x_m, speed[i].y_m - fast[i].y_m);
            assert_true(off_m < at[k].near_m);
            assert_true(off_mps < at[k].near_mps);
        }
    }
}

/* ---- large clusters ---- */

/* 200 aircraft within 2 km, without codes or heights: one cluster of 200 by 200, far too large for
 * exact marginals. It ends in time, by the ways that are counted. */
static void test_step_200_by_200(void **state)
{
    (void)state;
    enum { N = 200, ROUNDS = 12 };
    books b = { 0 };
    world *w = world_at(AP_SENSOR_PSR, 50, 8, 8192, &b);
    uint64_t seed = 13;
    static ap_report report[N];
    double worst_s = 0.0;
    for (int turn = 0; turn < ROUNDS; turn++) {
        for (int i = 0; i < N; i++) {
            ap_utc_ns time_utc = ap_utc_add_s(START_UTC, TURN_S * turn + 1.0);
            report[i] = (ap_report){ .time_utc = time_utc, .receive_utc = time_utc };
            report[i].present = AP_HAS_POLAR;
            report[i].range_m = 90e3 + 2e3 * test_uniform(&seed);
            report[i].azimuth_rad = 0.4 + 0.022 * test_uniform(&seed);
            report[i].range_sigma_m = w->sensor.range_sigma_m;
            report[i].azimuth_sigma_rad = w->sensor.azimuth_sigma_rad;
        }
        clock_t begun = clock();
        ap_tracker_step(&w->tracker, report[0].receive_utc, report, N);
        ap_tracker_flush(&w->tracker);
        worst_s = fmax(worst_s, (double)(clock() - begun) / CLOCKS_PER_SEC);
    }
    const ap_tracker_stats *s = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(b.unsound_count, 0);
    assert_true(s->belief_count + s->nearest_count >= ROUNDS - 2);
    assert_true(worst_s < 5.0); /* some 0.05 without sanitizers */
    assert_balanced(s);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_hostile_numbers_do_no_harm),
        cmocka_unit_test(test_step_back_an_hour),
        cmocka_unit_test(test_step_is_the_same_everywhere),
        cmocka_unit_test(test_step_200_by_200),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
