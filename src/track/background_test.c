#include "track/background.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "airpicture/geo.h"
#include "track/test_noise.h"

#define WINDOWS 16
#define LATE 3 /* turns */
#define WAIT 5
#define SOON 9 /* then it teaches, at the latest */

static ap_sensor radar_with(double clutter_per_turn)
{
    ap_sensor radar = { .name = "radar" };
    ap_sensor_defaults(&radar, AP_SENSOR_PSR);
    radar.turn_s = 4.0;
    radar.range_max_m = 100e3;
    radar.clutter_per_turn = clutter_per_turn;
    return radar;
}

static double area_m2(const ap_sensor *radar)
{
    return AP_PI * radar->range_max_m * radar->range_max_m;
}

static void group(ap_background *b, const ap_sensor *radar, int64_t window)
{
    ap_background_reach(b, radar, window, WINDOWS, LATE, WAIT);
    ap_background_attend(b, window);
}

/* A false plot that lies where clutter is as everywhere. */
static void stray(ap_background *b, int64_t window, double range_m)
{
    ap_background_stray(ap_background_lessons(b, window), 1.0, range_m);
    ap_background_stray(&b->newest, 1.0, range_m);
}

/* One turn with so many strays, spread as clutter over the radar's disc is: their squared ranges
 * have half the square of its radius as their mean. */
static void turn(ap_background *b, const ap_sensor *radar, int64_t number, int strays)
{
    for (int64_t w = 0; w < WINDOWS; w++)
        group(b, radar, WINDOWS * number + w);
    for (int i = 0; i < strays; i++)
        stray(b, WINDOWS * number, radar->range_max_m * sqrt((i + 0.5) / strays));
}

/* In the first turn every aircraft is a stray, too. It begins where the sensor does, wherever that
 * lies among the windows. */
static void test_clutter_first_turn_teaches_nothing(void **state)
{
    (void)state;
    ap_sensor radar = radar_with(20.0);
    double stated = 20.0 / area_m2(&radar);
    for (int64_t begin = 0; begin < WINDOWS; begin++) {
        ap_background b = { 0 };
        for (int64_t w = begin; w < begin + WINDOWS; w++) {
            group(&b, &radar, w);
            stray(&b, w, 50e3);
            stray(&b, w, 50e3);
        }
        group(&b, &radar, begin + WINDOWS);
        assert_true(ap_background_whole(&b.now, &radar) == stated);
    }
}

/* What the description says wears off with the first turns; then one turn says little. */
static void test_clutter_is_learnt(void **state)
{
    (void)state;
    ap_sensor radar = radar_with(20.0);
    ap_background b = { 0 };
    double density = 200.0 / area_m2(&radar);
    for (int n = 0; n < 12; n++)
        turn(&b, &radar, n, 200);
    assert_true(fabs(ap_background_whole(&b.fresh, &radar) / density - 1.0) < 0.1);
    for (int n = 12; n < 12 + SOON; n++)
        turn(&b, &radar, n, 200);
    assert_true(fabs(ap_background_whole(&b.now, &radar) / density - 1.0) < 0.1);
    turn(&b, &radar, 12 + SOON, 0);
    turn(&b, &radar, 13 + SOON, 0);
    assert_true(ap_background_whole(&b.fresh, &radar) > 0.8 * density);
    assert_true(ap_background_whole(&b.fresh, &radar) < 0.95 * density);
    assert_true(ap_background_whole(&b.now, &radar) > 0.95 * density);
    for (int n = 14 + SOON; n < 200; n++)
        turn(&b, &radar, n, 0); /* never less than a tenth of the description */
    assert_true(ap_background_whole(&b.fresh, &radar) >= 2.0 / area_m2(&radar));
    assert_true(ap_background_whole(&b.now, &radar) >= 2.0 / area_m2(&radar));
}

/* After an outage it begins anew: what it finds first was there before. */
static void test_clutter_is_not_what_an_outage_hid(void **state)
{
    (void)state;
    ap_sensor radar = radar_with(20.0);
    ap_background b = { 0 };
    turn(&b, &radar, 0, 20);
    turn(&b, &radar, 1, 20);
    turn(&b, &radar, 100, 500);
    double before = ap_background_whole(&b.now, &radar);
    turn(&b, &radar, 101, 20);
    assert_true(ap_background_whole(&b.now, &radar) == before);
    ap_background_restart(&b);
    turn(&b, &radar, 20, 500); /* the clock stepped back */
    turn(&b, &radar, 21, 20);
    assert_true(ap_background_whole(&b.now, &radar) == before);
}

/* A part that gives more than the rest does not thicken the rest: of two hundred plots a turn in
 * one place only as many count for the disc as the disc gives there. */
static void test_clutter_of_a_part_is_its_own(void **state)
{
    (void)state;
    ap_sensor radar = radar_with(200.0);
    static ap_clutter maps[3];
    static ap_place_count places[AP_BACKGROUND_COUNTS];
    ap_background b = { 0 };
    const double range_m = 60e3;
    ap_background_map(&b, &radar, maps, places);
    for (int64_t n = 0; n < 60; n++) {
        turn(&b, &radar, n, 100);
        for (int i = 0; i < 200; i++) {
            uint16_t part = ap_background_part(&b.now, range_m, 1.0);
            double even = ap_background_whole(&b.now, &radar);
            double clutter = ap_background_clutter(&b.now, part, even);
            ap_lessons *lessons = ap_background_lessons(&b, WINDOWS * n);
            lessons->stray_sum += even / clutter;
            lessons->stray_range2 += even / clutter * range_m * range_m;
            ap_background_count(&b, WINDOWS * n, 1.0, part);
        }
    }
    turn(&b, &radar, 60, 0);
    double whole = ap_background_whole(&b.now, &radar);
    double there = ap_background_clutter(&b.now, ap_background_part(&b.now, range_m, 1.0), whole);
    assert_true(fabs(whole / (100.0 / area_m2(&radar)) - 1.0) < 0.15);
    double part_m2 = 2.0 * AP_PI / AP_CLUTTER_SECTORS * 60e3 * 100e3 / AP_CLUTTER_RINGS;
    assert_true(fabs(there * part_m2 / 200.0 - 1.0) < 0.1);
    there = ap_background_clutter(&b.now, ap_background_part(&b.now, range_m, 4.0), whole);
    assert_true(there >= whole && there < 1.5 * whole);
}

/* A plot that is false and a look, of a window, and when they come: a window, too. */
typedef struct lesson {
    int64_t window, arrival;
    double range_m, azimuth_rad;
    bool is_hit;
} lesson;

/* What counted for each: clutter on the disc and at its place, detection. */
typedef struct counted {
    double whole, there, detection;
} counted;

enum { LESSON_TURNS = 120, LESSONS = 40 * LESSON_TURNS };

static int by_arrival(const void *a, const void *b)
{
    const lesson *x = *(const lesson *const *)a, *y = *(const lesson *const *)b;
    if (x->arrival != y->arrival)
        return x->arrival < y->arrival ? -1 : 1;
    return (x > y) - (x < y);
}

static void take_lessons(const lesson *lessons, counted *out)
{
    static ap_clutter maps[3];
    static ap_place_count places[AP_BACKGROUND_COUNTS];
    static const lesson *order[LESSONS];
    ap_sensor radar = radar_with(20.0);
    ap_background b = { 0 };
    ap_background_map(&b, &radar, maps, places);
    for (int i = 0; i < LESSONS; i++)
        order[i] = &lessons[i];
    qsort(order, LESSONS, sizeof *order, by_arrival);
    for (int i = 0; i < LESSONS; i++) {
        const lesson *l = order[i];
        group(&b, &radar, l->window);
        const ap_learnt *learnt = ap_background_at(&b, l->window);
        uint16_t part = ap_background_part(learnt, l->range_m, l->azimuth_rad);
        counted *c = &out[l - lessons];
        c->whole = ap_background_whole(learnt, &radar);
        c->there = ap_background_clutter(learnt, part, c->whole);
        c->detection = ap_detection_rate_of(&learnt->detection, &radar);
        stray(&b, l->window, l->range_m);
        ap_background_count(&b, l->window, 1.0, part);
        ap_background_lessons(&b, l->window)->look_count += 1.0;
        ap_background_lessons(&b, l->window)->hit_count += l->is_hit;
    }
}

/* After the first turns it makes no difference whether reports come in order or up to three turns
 * late: each finds what it would have found in time. Clutter and detection change all the while. */
static void test_late_lessons_equal_those_in_order(void **state)
{
    (void)state;
    static lesson lessons[LESSONS];
    static counted in_order[LESSONS], late[LESSONS];
    uint64_t seed = 3;
    for (int i = 0; i < LESSONS; i++) {
        double near = i % 3 == 0 ? 1.0 : test_uniform(&seed);
        int64_t window = (int64_t)i * WINDOWS * LESSON_TURNS / LESSONS;
        lessons[i] = (lesson){ .window = window,
                               .arrival = window,
                               .range_m = sqrt(near) * (90e3 - 12.0 * i),
                               .azimuth_rad = 6.0 * (i % 3 == 0 ? 0.5 : test_uniform(&seed)),
                               .is_hit = test_uniform(&seed) < 0.9 - 5e-5 * i };
    }
    take_lessons(lessons, in_order);
    for (uint64_t order = 1; order <= 5; order++) {
        for (int i = 0; i < LESSONS; i++)
            lessons[i].arrival =
                i == 0
                    ? 0
                    : lessons[i].window + (int64_t)((double)LATE * WINDOWS * test_uniform(&seed));
        take_lessons(lessons, late);
        for (int i = 0; i < LESSONS; i++) {
            assert_true(fabs(late[i].whole / in_order[i].whole - 1.0) < 1e-12);
            assert_true(fabs(late[i].detection / in_order[i].detection - 1.0) < 1e-12);
            assert_true(fabs(late[i].there / in_order[i].there - 1.0) < 1e-5); /* single */
        }
    }
    assert_true(in_order[LESSONS - 1].detection < in_order[LESSONS / 2].detection - 0.01);
    assert_true(in_order[LESSONS / 2].there > 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clutter_first_turn_teaches_nothing),
        cmocka_unit_test(test_clutter_is_learnt),
        cmocka_unit_test(test_clutter_of_a_part_is_its_own),
        cmocka_unit_test(test_clutter_is_not_what_an_outage_hid),
        cmocka_unit_test(test_late_lessons_equal_those_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
