#include "track/background.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "airpicture/geo.h"

#define WINDOWS 16

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

/* A false plot that lies where clutter is as everywhere. */
static void stray(ap_background *b, double range_m)
{
    ap_background_stray(b, 1.0, range_m, 1.0);
}

/* One turn with so many strays, spread as clutter over the radar's disc is: their squared ranges
 * have half the square of its radius as their mean. */
static void turn(ap_background *b, const ap_sensor *radar, int64_t number, int strays)
{
    for (int64_t w = 0; w < WINDOWS; w++)
        ap_background_begin(b, radar, WINDOWS * number + w, WINDOWS);
    for (int i = 0; i < strays; i++)
        stray(b, radar->range_max_m * sqrt((i + 0.5) / strays));
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
            ap_background_begin(&b, &radar, w, WINDOWS);
            stray(&b, 50e3);
            stray(&b, 50e3);
        }
        ap_background_begin(&b, &radar, begin + WINDOWS, WINDOWS);
        assert_true(ap_background_whole(&b, &radar) == stated);
    }
}

/* What the description says wears off with the first turns; then one turn says little. */
static void test_clutter_is_learnt(void **state)
{
    (void)state;
    ap_sensor radar = radar_with(20.0);
    ap_background b = { 0 };
    for (int n = 0; n < 12; n++)
        turn(&b, &radar, n, 200);
    double density = 200.0 / area_m2(&radar);
    assert_true(fabs(ap_background_whole(&b, &radar) / density - 1.0) < 0.1);
    turn(&b, &radar, 12, 0);
    turn(&b, &radar, 13, 0);
    assert_true(ap_background_whole(&b, &radar) > 0.8 * density);
    for (int n = 14; n < 200; n++)
        turn(&b, &radar, n, 0); /* never less than a tenth of the description */
    assert_true(ap_background_whole(&b, &radar) >= 2.0 / area_m2(&radar));
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
    double before = ap_background_whole(&b, &radar);
    turn(&b, &radar, 101, 20);
    assert_true(ap_background_whole(&b, &radar) == before);
    ap_background_restart(&b);
    turn(&b, &radar, 20, 500); /* the clock stepped back */
    turn(&b, &radar, 21, 20);
    assert_true(ap_background_whole(&b, &radar) == before);
}

/* A part that gives more than the rest does not thicken the rest: of two hundred plots a turn in
 * one place only as many count for the disc as the disc gives there. */
static void test_clutter_of_a_part_is_its_own(void **state)
{
    (void)state;
    ap_sensor radar = radar_with(200.0);
    static ap_clutter map;
    ap_background b = { .map = &map };
    const double range_m = 60e3;
    for (int64_t n = 0; n < 60; n++) {
        turn(&b, &radar, n, 100);
        for (int i = 0; i < 200; i++) {
            uint16_t part = ap_background_part(&b, range_m, 1.0);
            double even = ap_background_whole(&b, &radar);
            double clutter = ap_background_clutter(&b, part, even);
            ap_background_stray(&b, 1.0, range_m, even / clutter);
            ap_background_count(&b, 1.0, part);
        }
    }
    turn(&b, &radar, 60, 0);
    double whole = ap_background_whole(&b, &radar);
    double there = ap_background_clutter(&b, ap_background_part(&b, range_m, 1.0), whole);
    assert_true(fabs(whole / (100.0 / area_m2(&radar)) - 1.0) < 0.15);
    double part_m2 = 2.0 * AP_PI / AP_CLUTTER_SECTORS * 60e3 * 100e3 / AP_CLUTTER_RINGS;
    assert_true(fabs(there * part_m2 / 200.0 - 1.0) < 0.1);
    there = ap_background_clutter(&b, ap_background_part(&b, range_m, 4.0), whole);
    assert_true(there >= whole && there < 1.5 * whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clutter_first_turn_teaches_nothing),
        cmocka_unit_test(test_clutter_is_learnt),
        cmocka_unit_test(test_clutter_of_a_part_is_its_own),
        cmocka_unit_test(test_clutter_is_not_what_an_outage_hid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
