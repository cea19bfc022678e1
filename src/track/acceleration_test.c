/* What the tracker says of an aircraft that speeds up, slows down and turns. */
#include <math.h>

#include "track/acceleration.h"
#include "track/test_noise.h"
#include "track/test_radar.h"

#define RUNS 10
#define LEG_S 120.0
#define SETTLED_S 60.0 /* into a leg: until then the mean reaches back over its beginning */

/* Steady, faster, steady, slower, in a turn of 1 degree a second, steady. */
static const double leg_mps2[] = { 0.0, 0.8, 0.0, -0.8, 0.0, 0.0 };
enum { LEGS = sizeof leg_mps2 / sizeof leg_mps2[0], TURN_LEG = 4 };

typedef struct body {
    double e, n, course, speed_mps;
} body;

typedef struct sums {
    double error2[LEGS], error[LEGS];
    unsigned known[LEGS], asked[LEGS];
} sums;

static void go(body *b, int leg, double dt_s)
{
    const double step_s = 0.05;
    for (double t = 0.0; t < dt_s - 1e-9; t += step_s) {
        b->course += leg == TURN_LEG ? 1.0 * AP_RAD_PER_DEG * step_s : 0.0;
        b->speed_mps += leg_mps2[leg] * step_s;
        b->e += b->speed_mps * sin(b->course) * step_s;
        b->n += b->speed_mps * cos(b->course) * step_s;
    }
}

static ap_report plot_of(world *w, const body *b, double t_s)
{
    double range_m = hypot(b->e, b->n);
    ap_report r = { .time_utc = ap_utc_add_s(START_UTC, t_s),
                    .present = AP_HAS_POLAR | AP_HAS_GEOMETRIC_HEIGHT,
                    .flags = AP_FLAG_PRIMARY,
                    .range_m = range_m + 50.0 * test_normal(&w->seed),
                    .azimuth_rad =
                        ap_wrap_two_pi(atan2(b->e, b->n) + 0.0014 * test_normal(&w->seed)),
                    .range_sigma_m = 50.0,
                    .azimuth_sigma_rad = 0.0014,
                    .geometric_height_m = 100.0 + range_m * range_m / (2.0 * 6371e3),
                    .geometric_height_sigma_m = 20.0 };
    r.receive_utc = r.time_utc;
    return r;
}

static ap_report broadcast_of(world *w, const body *b, double t_s)
{
    ap_vec3 at = { b->e + 5.0 * test_normal(&w->seed), b->n + 5.0 * test_normal(&w->seed), 0.0 };
    ap_geodetic place = ap_geodetic_from_ecef(ap_ecef_from_enu(&w->sensor.frame, at));
    ap_report r = { .time_utc = ap_utc_add_s(START_UTC, t_s),
                    .present = AP_HAS_POSITION | AP_HAS_ADDRESS | AP_HAS_VELOCITY,
                    .address = 0x3c6dd2,
                    .latitude_rad = place.latitude_rad,
                    .longitude_rad = place.longitude_rad,
                    .position_var_ee_m2 = 25.0,
                    .position_var_nn_m2 = 25.0,
                    .velocity_sigma_mps = 0.5,
                    .east_mps = b->speed_mps * sin(b->course) + 0.5 * test_normal(&w->seed),
                    .north_mps = b->speed_mps * cos(b->course) + 0.5 * test_normal(&w->seed) };
    r.receive_utc = r.time_utc;
    return r;
}

static void note(const ap_track *track, int leg, double into_s, sums *s)
{
    if (into_s < SETTLED_S)
        return;
    s->asked[leg]++;
    if (!track->has_acceleration)
        return;
    double error = track->acceleration_mps2 - leg_mps2[leg];
    s->known[leg]++;
    s->error[leg] += error;
    s->error2[leg] += error * error;
}

static void fly(ap_sensor_kind kind, double every_s, uint64_t seed, sums *s)
{
    world *w = world_new(kind);
    w->seed = seed;
    body b = { .e = -50e3, .n = 30e3, .course = 1.2, .speed_mps = 180.0 };
    for (double t = 0.0; t < LEGS * LEG_S; t += every_s) {
        int leg = (int)(t / LEG_S);
        ap_report r = kind == AP_SENSOR_ADSB ? broadcast_of(w, &b, t) : plot_of(w, &b, t);
        ap_tracker_step(&w->tracker, ap_utc_add_s(r.time_utc, every_s / 2.0), &r, 1);
        ap_track track;
        if (ap_tracker_tracks(&w->tracker, false, &track, 1) > 0)
            note(&track, leg, t - leg * LEG_S, s);
        go(&b, leg, every_s);
    }
    world_free(w);
}

static void fly_all(ap_sensor_kind kind, double every_s, double known_least, sums *s)
{
    for (uint64_t run = 1; run <= RUNS; run++)
        fly(kind, every_s, run, s);
    for (int leg = 0; leg < LEGS; leg++) {
        assert_true(s->known[leg] >= known_least * s->asked[leg]);
        assert_true(fabs(s->error[leg] / s->known[leg]) < 0.1);
        assert_true(sqrt(s->error2[leg] / s->known[leg]) < AP_ACCELERATION_SIGMA_MPS2);
    }
}

static void test_acceleration_under_a_radar(void **state)
{
    (void)state;
    sums s = { 0 };
    fly_all(AP_SENSOR_PSR, 4.0, 0.6, &s);
}

static void test_acceleration_of_broadcasts(void **state)
{
    (void)state;
    sums s = { 0 };
    fly_all(AP_SENSOR_ADSB, 0.5, 0.9, &s);
}

/* Two parts of the history are less than a second and a half of it. */
static void test_acceleration_of_what_is_told_often(void **state)
{
    (void)state;
    sums s = { 0 };
    fly_all(AP_SENSOR_ADSB, 0.1, 0.9, &s);
}

/* Two plots give a speed, with an error that leaves no difference of speeds worth telling; nor is
 * there any of what stands still. */
static void test_acceleration_is_not_known(void **state)
{
    (void)state;
    world *w = world_new(AP_SENSOR_PSR);
    body b = { .e = -50e3, .n = 30e3, .course = 1.2, .speed_mps = 180.0 };
    ap_track track;
    for (int turn = 0; turn < 4; turn++) {
        ap_report r = plot_of(w, &b, turn * TURN_S);
        ap_tracker_step(&w->tracker, ap_utc_add_s(r.time_utc, 2.0), &r, 1);
        assert_true(ap_tracker_tracks(&w->tracker, true, &track, 1) == 1);
        assert_false(track.has_acceleration);
        go(&b, 0, TURN_S);
    }
    ap_history history = { .count = 1 };
    ap_history_pool pool = { .cap = 0 };
    ap_imm now = { .time_utc = START_UTC }, *before = &history.own[0].before;
    now.mean = (ap_gauss){ .x = { [2] = 3.0 }, .C = { 0.01, 0.0, 0.01 } };
    *before = now;
    now.time_utc += 10 * AP_NS_PER_S;
    double mps2 = NAN;
    assert_false(ap_acceleration_along(&history, &pool, &now, &mps2));
    now.mean.x[2] = 6.0;
    assert_false(ap_acceleration_along(&history, &pool, &now, &mps2));
    before->mean.x[3] = 10.0; /* along another axis by now: only its size counts */
    before->mean.x[2] = 0.0;
    assert_true(ap_acceleration_along(&history, &pool, &now, &mps2));
    assert_true(fabs(mps2 + 0.4) < 1e-12);
    before->time_utc = now.time_utc - 61 * AP_NS_PER_S;
    assert_false(ap_acceleration_along(&history, &pool, &now, &mps2));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acceleration_under_a_radar),
        cmocka_unit_test(test_acceleration_of_broadcasts),
        cmocka_unit_test(test_acceleration_of_what_is_told_often),
        cmocka_unit_test(test_acceleration_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
