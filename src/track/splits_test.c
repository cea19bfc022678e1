/* The tracker on a radar that now and then makes two plots of one, without code or altitude. */
#include "airpicture/tracker.h"

#include <math.h>

#include "track/test_noise.h"
#include "track/test_radar.h"

#define AIRCRAFT 8
#define RANGE_SIGMA_M 40.0
#define AZIMUTH_SIGMA_RAD 0.0014

/* They fly out from the radar, each its own way, the first 40 km off and the others farther; the
 * plot lies so far behind and to the right of one. */
static ap_report plot(world *w, int turn, int which, double farther_m, double right_rad)
{
    double azimuth_rad = 2.0 * AP_PI * which / AIRCRAFT + 0.1;
    double t_s = TURN_S * (turn + azimuth_rad / (2.0 * AP_PI));
    ap_report r = { .time_utc = ap_utc_add_s(START_UTC, t_s + 1e-3 * (right_rad != 0.0)),
                    .kind = AP_REPORT_TARGET,
                    .present = AP_HAS_POLAR,
                    .flags = AP_FLAG_PRIMARY,
                    .range_m = 40e3 + 8e3 * which + 180.0 * t_s + farther_m +
                               RANGE_SIGMA_M * test_normal(&w->seed),
                    .azimuth_rad =
                        azimuth_rad + right_rad + AZIMUTH_SIGMA_RAD * test_normal(&w->seed),
                    .range_sigma_m = RANGE_SIGMA_M,
                    .azimuth_sigma_rad = AZIMUTH_SIGMA_RAD };
    r.receive_utc = r.time_utc;
    return r;
}

static void send(world *w, ap_report report)
{
    ap_tracker_step(&w->tracker, report.receive_utc, &report, 1);
}

/* Turns of all; each plot comes with a second half as often as that. */
static void fly(world *w, int from, int to, double share, double farther_m, double right_rad)
{
    for (int turn = from; turn < to; turn++)
        for (int which = 0; which < AIRCRAFT; which++) {
            send(w, plot(w, turn, which, 0.0, 0.0));
            if (test_uniform(&w->seed) < share)
                send(w, plot(w, turn, which, farther_m, right_rad));
        }
}

static uint64_t confirmed(world *w)
{
    ap_tracker_flush(&w->tracker);
    return ap_tracker_stats_of(&w->tracker)->confirmed_count;
}

/* Beside each other and behind each other, some half a cell and a whole one. Before it is known
 * that the radar splits, one pair may be taken for two; without the model there are 15. */
static void test_step_halves_start_no_track(void **state)
{
    (void)state;
    static const double aside[][2] = {
        { 0.0, 0.005 }, { 0.0, -0.01 }, { 60.0, 0.0 }, { 150.0, 0.0 }
    };
    for (size_t i = 0; i < 4; i++) {
        world *w = world_new(AP_SENSOR_PSR);
        w->seed = 11 + i;
        fly(w, 0, 100, 0.1, aside[i][0], aside[i][1]);
        uint64_t count = confirmed(w);
        assert_in_range(count, AIRCRAFT, AIRCRAFT + 1);
        assert_true(ap_tracker_stats_of(&w->tracker)->half_count > 30);
        world_free(w);
    }
}

/* A radar that is known to split shows a second aircraft beside the first from then on: turn after
 * turn it is there. */
static void test_step_who_stays_is_an_aircraft(void **state)
{
    (void)state;
    world *w = world_new(AP_SENSOR_PSR);
    w->seed = 5;
    fly(w, 0, 60, 0.1, 0.0, 0.005);
    assert_int_equal(confirmed(w), AIRCRAFT);
    for (int turn = 60; turn < 72; turn++)
        for (int which = 0; which < AIRCRAFT; which++) {
            send(w, plot(w, turn, which, 0.0, 0.0));
            if (which == 3)
                send(w, plot(w, turn, which, 0.0, 0.005));
        }
    assert_int_equal(confirmed(w), AIRCRAFT + 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_halves_start_no_track),
        cmocka_unit_test(test_step_who_stays_is_an_aircraft),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
