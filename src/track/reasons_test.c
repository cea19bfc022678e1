/* What tracks say of each other. */
#include <math.h>
#include <string.h>

#include "track/test_noise.h"
#include "track/test_radar.h"

#define TOGETHER 12 /* turns, in which the radar shows both as one plot */
#define TURNS 40

/* Two fly north, side by side; the radar is to the south of them. */
static ap_report plot(world *w, int turn, double across_m)
{
    double t_s = TURN_S * turn + 1.0, x = 3000.0 + across_m, y = 80000.0 + 180.0 * t_s;
    ap_report r = { .time_utc = ap_utc_add_s(START_UTC, t_s),
                    .present = AP_HAS_POLAR | AP_HAS_PRESSURE_ALTITUDE,
                    .flags = AP_FLAG_SECONDARY,
                    .range_m = hypot(x, y) + 40.0 * test_normal(&w->seed),
                    .azimuth_rad = atan2(x, y) + 0.0012 * test_normal(&w->seed),
                    .range_sigma_m = 40.0,
                    .azimuth_sigma_rad = 0.0012,
                    .pressure_altitude_m = 9000.0,
                    .pressure_altitude_sigma_m = 8.0 };
    r.receive_utc = r.time_utc;
    return r;
}

static void send(world *w, int turn, double across_m)
{
    ap_report r = plot(w, turn, across_m);
    ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
}

static uint32_t other_of(const ap_track *t, ap_reason_code code)
{
    for (int i = 0; i < t->reason_count && i < AP_TRACK_REASON_CAP; i++)
        if (t->reason[i].code == code)
            return t->reason[i].other;
    return 0;
}

/* One track, and another that parts from it: each names the other. */
static void test_reasons_of_a_split(void **state)
{
    (void)state;
    world *w = world_new(AP_SENSOR_SSR);
    w->sensor.range_resolution_m = 150.0;
    w->sensor.azimuth_resolution_rad = 0.6 * AP_RAD_PER_DEG;
    w->seed = 3;
    for (int turn = 0; turn < TURNS; turn++) {
        double half_m = turn < TOGETHER ? 0.0 : fmin(30.0 * (turn - TOGETHER), 600.0);
        send(w, turn, -half_m);
        if (half_m > 300.0)
            send(w, turn, half_m);
    }
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    assert_true(track[0].id < track[1].id);
    assert_int_equal(track[1].reason[0].code, AP_REASON_BORN_BESIDE);
    assert_int_equal(track[1].reason[0].other, track[0].id);
    assert_int_equal(other_of(&track[0], AP_REASON_SPLIT), track[1].id);
    assert_int_equal(other_of(&track[1], AP_REASON_SPLIT), 0);
    world_free(w);
}

/* Far from each other they are no part of each other's story. */
static void test_reasons_of_strangers(void **state)
{
    (void)state;
    world *w = world_new(AP_SENSOR_SSR);
    w->seed = 4;
    for (int turn = 0; turn < 10; turn++) {
        send(w, turn, -20e3);
        send(w, turn, 20e3);
    }
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(track[i].reason[0].code, AP_REASON_BORN_PLOT);
        for (int k = 0; k < track[i].reason_count; k++)
            assert_int_equal(track[i].reason[k].other, 0);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons_of_a_split),
        cmocka_unit_test(test_reasons_of_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
