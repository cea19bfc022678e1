#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/geo.h"
#include "app/test_evaluate.h"

#define NOON_S 1709294400.0 /* 2024-03-01T12:00:00Z */

static test_evaluate test;

static int begin(void **state)
{
    (void)state;
    test_evaluate_begin(&test);
    return 0;
}

static int end(void **state)
{
    (void)state;
    test_evaluate_end(&test);
    return 0;
}

static void assert_refused(const char *word, const char *another)
{
    assert_int_equal(test_evaluate_check(&test), AP_EXIT_DATA);
    if (!strstr(test.said, word) || !strstr(test.said, another))
        fail_msg("'%s' and '%s' expected in: %s", word, another, test.said);
    assert_ptr_equal(strchr(test.said, '\n'), test.said + strlen(test.said) - 1); /* one line */
}

/* Five flights to the north, 30 km apart, in the truth's unit, and tracks that are of them but for
 * a mistake. */
static void add_mistaken(double truth_factor, double factor, double x_sign, bool exchanged)
{
    for (uint64_t id = 1; id <= 5; id++)
        for (int t = 0; t <= 60; t++) {
            double x_m = 30e3 * (double)id, y_m = 100.0 * t - 50e3;
            test_evaluate_plane(&test.run.truth, id, t, x_m * truth_factor, y_m * truth_factor);
            test_evaluate_plane(&test.side.tracks, id, t, (exchanged ? y_m : x_sign * x_m) * factor,
                                (exchanged ? x_m : y_m) * factor);
        }
}

static void test_check_passes(void **state)
{
    (void)state;
    add_mistaken(1.0, 1.0, 1.0, false);
    assert_int_equal(test_evaluate_check(&test), AP_EXIT_OK);
    assert_string_equal(test.said, "");
}

static void test_check_exchanged(void **state)
{
    (void)state;
    add_mistaken(1.0, 1.0, 1.0, true);
    assert_refused("100 % would be", "exchanged: x for y");
}

static void test_check_feet(void **state)
{
    (void)state;
    add_mistaken(1.0, 1.0 / AP_M_PER_FT, 1.0, false);
    assert_refused("in feet", "0.3048");
}

static void test_check_truth_in_nautical_miles(void **state)
{
    (void)state;
    add_mistaken(1.0 / AP_M_PER_NMI, 1.0, 1.0, false);
    assert_refused("metres where the truth has nautical miles", "1852");
}

static void test_check_truth_in_kilometres(void **state)
{
    (void)state;
    add_mistaken(0.001, 1.0, 1.0, false);
    assert_refused("metres where the truth has kilometres", "1000");
}

static void test_check_kilometres(void **state)
{
    (void)state;
    add_mistaken(1.0, 0.001, 1.0, false);
    assert_refused("in kilometres", "1000");
}

static void test_check_mirrored(void **state)
{
    (void)state;
    add_mistaken(1.0, 1.0, -1.0, false);
    assert_refused("mirrored", "east for west");
}

/* A tenth of the tracks being right is enough for one world: the rest are errors to be scored. */
static void test_check_most_are_false(void **state)
{
    (void)state;
    add_mistaken(1.0, 1.0, 1.0, false);
    for (uint64_t id = 10; id < 55; id++)
        for (int t = 0; t <= 60; t++)
            test_evaluate_plane(&test.side.tracks, id, t, 1e6 + 1e3 * (double)id, 100.0 * t);
    assert_int_equal(test_evaluate_check(&test), AP_EXIT_OK);
}

static void test_check_far_away(void **state)
{
    (void)state;
    for (int t = 0; t <= 60; t++) {
        test_evaluate_plane(&test.run.truth, 1, t, 30e3, 100.0 * t);
        test_evaluate_plane(&test.side.tracks, 1, t, 130e3, 100.0 * t);
    }
    assert_refused("within 3000 m", "nearest is 100000 m off");
}

static void test_check_degrees_in_metres(void **state)
{
    (void)state;
    for (int t = 0; t <= 60; t++) {
        test_evaluate_plane(&test.run.truth, 1, t, 30e3, 100.0 * t);
        test_evaluate_plane(&test.side.tracks, 1, t, 8.0, 50.0);
    }
    assert_refused("of the tracks look like degrees", "longitude_deg");
}

static void test_check_frames(void **state)
{
    (void)state;
    test_evaluate_plane(&test.run.truth, 1, 0, 30e3, 0.0);
    test_evaluate_degrees(&test.side.tracks, 1, 0, 50.0, 8.0, NAN);
    assert_refused("the truth is in metres (x, y)", "the tracks are in degrees");
}

static void add_two(double truth_s, double tracks_s, double height_m)
{
    for (int t = 0; t <= 60; t++) {
        test_evaluate_degrees(&test.run.truth, 1, truth_s + t, 50.0 + t * 0.001, 8.0, 9000.0);
        test_evaluate_degrees(&test.side.tracks, 1, tracks_s + t, 50.0 + t * 0.001, 8.0, height_m);
    }
    test.run.truth.is_utc = truth_s > 1e6;
    test.side.tracks.is_utc = tracks_s > 1e6;
}

static void test_check_no_overlap(void **state)
{
    (void)state;
    add_two(NOON_S, NOON_S + 61.0, 9000.0);
    assert_refused("(2024-03-01T12:00:00.000Z to 2024-03-01T12:01:00.000Z)",
                   "do not overlap in time; are they of the same recording?");
}

static void test_check_touches(void **state)
{
    (void)state;
    add_two(NOON_S, NOON_S + 60.0, 9000.0);
    (void)test_evaluate_check(&test);
    assert_null(strstr(test.said, "overlap"));
}

static void test_check_another_day(void **state)
{
    (void)state;
    add_two(NOON_S, NOON_S - 30.0 * 86400.0, 9000.0);
    assert_refused("30 days apart", "--start 2024-03-01");
}

static void test_check_milliseconds(void **state)
{
    (void)state;
    for (int t = 0; t <= 60; t++)
        test_evaluate_plane(&test.run.truth, 1, 1000.0 * (t + 100), 30e3, 100.0 * t);
    for (int t = 0; t <= 60; t++)
        test_evaluate_plane(&test.side.tracks, 1, t + 100, 30e3, 100.0 * t);
    test.run.truth.is_utc = test.side.tracks.is_utc = false;
    ap_trajectory_set_sort(&test.run.truth.set);
    assert_refused("do not overlap", "look like milliseconds");
}

static void test_check_epochs(void **state)
{
    (void)state;
    add_two(0.0, NOON_S, 9000.0);
    assert_refused("the truth counts seconds from a beginning of its own (0.000 to 60.000 s)",
                   "--truth-start 2024-03-01T12:00:00.000Z");
    test_evaluate_end(&test);
    test_evaluate_begin(&test);
    add_two(NOON_S, 0.0, 9000.0);
    assert_refused("the tracks count seconds", "--start 2024-03-01");
}

static void test_check_heights(void **state)
{
    (void)state;
    add_two(NOON_S, NOON_S, 9000.0 / AP_M_PER_FT);
    assert_refused("heights of the tracks look like feet", "ratio 3.28");
    test_evaluate_end(&test);
    test_evaluate_begin(&test);
    add_two(NOON_S, NOON_S, 9000.0 * AP_M_PER_FT);
    assert_refused("heights of the truth look like feet", "height_ft");
    test_evaluate_end(&test);
    test_evaluate_begin(&test);
    add_two(NOON_S, NOON_S, 18000.0); /* wrong, but no unit */
    assert_int_equal(test_evaluate_check(&test), AP_EXIT_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_check_passes),       CASE(test_check_exchanged),
        CASE(test_check_feet),         CASE(test_check_truth_in_nautical_miles),
        CASE(test_check_kilometres),   CASE(test_check_truth_in_kilometres),
        CASE(test_check_mirrored),     CASE(test_check_most_are_false),
        CASE(test_check_far_away),     CASE(test_check_degrees_in_metres),
        CASE(test_check_frames),       CASE(test_check_no_overlap),
        CASE(test_check_touches),      CASE(test_check_another_day),
        CASE(test_check_milliseconds), CASE(test_check_epochs),
        CASE(test_check_heights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
