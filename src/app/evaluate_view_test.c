#include "app/evaluate_view.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "app/test_evaluate.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((value) - (expected)) <= (tolerance))

static test_evaluate test;
static ap_view view;

static int begin(void **state)
{
    (void)state;
    test_evaluate_begin(&test);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ap_view_close(&view);
    test_evaluate_end(&test);
    return 0;
}

static void look(void)
{
    assert_int_equal(test_evaluate_score(&test), AP_EXIT_OK);
    assert_int_equal(ap_view_init(&view, &test.run, &test.side), AP_OK);
}

static uint64_t sum_of(const uint32_t *cell)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < AP_VIEW_CELLS * AP_VIEW_CELLS; i++)
        sum += cell[i];
    return sum;
}

/* Two flights, each 50 m off: 61 instants, six whole intervals of 10 s a flight, all updated. */
static void test_view_of_known_errors(void **state)
{
    (void)state;
    test_evaluate_flights(&test, 2);
    look();
    assert_int_equal(view.bin_count, 61);
    assert_near(view.bin_s, 1.0, 0.0);
    const ap_view_bin *bin = &view.bin[30];
    assert_int_equal(bin->error_count, 2);
    assert_near(sqrt(bin->error2_m2 / 2.0), 50.0, 1e-4);
    assert_near(bin->error_max_m, 50.0, 1e-4);
    assert_near(sqrt(bin->gospa2), 50.0 * sqrt(2.0), 1e-3);
    assert_near(bin->missed_count + bin->false_count, 0.0, 0.0);
    assert_int_equal(view.target[0].expected, 6);
    assert_int_equal(view.target[1].updated, 6);
    assert_int_equal(sum_of(view.missed) + sum_of(view.spurious), 0);
}

/* Beside its one flight there is a false track; the flight's own is silent from 21 s to 44 s. */
static void test_view_of_gaps(void **state)
{
    (void)state;
    for (int t = 0; t <= 60; t++) {
        test_evaluate_plane(&test.run.truth, 7, t, 0.0, 100.0 * t);
        if (t <= 20 || t >= 45)
            test_evaluate_plane(&test.side.tracks, 1, t, t == 50 ? 300.0 : 0.0, 100.0 * t);
        test_evaluate_plane(&test.side.tracks, 2, t, 50e3, 100.0 * t);
    }
    look();
    assert_int_equal(view.target[0].expected, 6);
    assert_int_equal(view.target[0].updated, 5); /* none in [30, 40) */
    assert_int_equal(sum_of(view.missed), 1);
    assert_int_equal(sum_of(view.spurious), 61);
    uint64_t expected = 0, updated = 0;
    for (size_t i = 0; i <= test.run.config.range_count; i++) {
        expected += view.range_expected[i];
        updated += view.range_updated[i];
    }
    assert_int_equal(expected, 6);
    assert_int_equal(updated, 5);
    assert_true(view.worst_count >= 2);
    assert_near(view.worst[0].value_m, 300.0, 1e-4);
    assert_int_equal(view.worst[0].time_utc, 50 * AP_NS_PER_S);
    assert_string_equal(view.worst[0].text, "largest error of a report");
    assert_near(view.worst[0].x_m, 300.0, 1e-9); /* where the track was */
    char name[AP_VIEW_NAME_SIZE];
    ap_view_target_name(&view, view.worst[0].truth, name);
    assert_string_equal(name, "7");
    assert_int_equal(view.worst[1].truth, AP_TRAJECTORY_NONE);
    assert_near(view.worst[1].value_m, sqrt(1e6), 1e-3); /* one missed, one false, 1 km each */
}

/* Updates of two sensors: every 4 s with 50 m of error along, every 10 s across it. */
static void test_view_of_sensors(void **state)
{
    (void)state;
    uint32_t a = ap_samples_sensor_flags(&test.side.tracks, "a", 1);
    uint32_t b = ap_samples_sensor_flags(&test.side.tracks, "b", 1);
    for (int t = 0; t <= 60; t++) {
        test_evaluate_plane(&test.run.truth, 1, t, 0.0, 100.0 * t);
        ap_trajectory_state s = { .time_utc = t * AP_NS_PER_S, .flags = AP_STATE_HAS_VELOCITY };
        bool of_b = t % 10 == 1;
        s.north_mps = 100.0;
        s.y_m = 100.0 * t - (of_b ? 0.0 : 50.0);
        s.x_m = of_b ? 20.0 : 0.0;
        s.flags |= of_b ? b : a;
        if (of_b || t % 4 == 0)
            assert_int_equal(
                ap_samples_add(&test.side.tracks, AP_TRAJECTORY_PLANE, 1, &s, NULL, NULL, 0.0),
                AP_OK);
    }
    look();
    const ap_view_sensor *first = &view.sensor[0], *second = &view.sensor[1];
    assert_int_equal(first->update_count, 16);
    assert_int_equal(second->update_count, 6);
    assert_near(first->along_m / (double)first->direction_count, -50.0, 1e-3);
    assert_near(second->across_m / (double)second->direction_count, 20.0, 1e-3);
    assert_near(second->east_m / (double)second->error_count, 20.0, 1e-3);
    assert_near(first->interval_s, 4.0, 0.1);
    assert_near(second->interval_s, 10.0, 0.1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_view_of_known_errors),
        CASE(test_view_of_gaps),
        CASE(test_view_of_sensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
