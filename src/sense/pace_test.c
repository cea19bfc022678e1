#include "sense/pace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)

static void give(ap_sensor_pace *pace, ap_report_kind kind, double at_s, double azimuth_deg,
                 double latency_s)
{
    ap_report report = { .kind = kind,
                         .present = kind == AP_REPORT_TARGET ? AP_HAS_POLAR : 0,
                         .time_utc = ap_utc_add_s(START_UTC, at_s),
                         .receive_utc = ap_utc_add_s(START_UTC, at_s + latency_s),
                         .azimuth_rad = ap_wrap_two_pi(azimuth_deg * AP_RAD_PER_DEG) };
    ap_pace_take(pace, AP_SENSOR_MODE_S, &report);
}

/* Plots alone, 40 a turn of 4.8 s, scattered about the beam, tell the turn. */
static void test_pace_turn_of_plots(void **state)
{
    (void)state;
    ap_sensor_pace pace = { 0 };
    for (int i = 0; i < 400; i++) {
        double at_s = 0.12 * i + 0.001, scatter_deg = i % 2 ? 0.4 : -0.4;
        give(&pace, AP_REPORT_TARGET, at_s, fmod(360.0 * at_s / 4.8, 360.0) + scatter_deg, 0.3);
        if (i == 60)
            assert_true(pace.turn_count < 2); /* north was passed once */
    }
    assert_in_range(pace.turn_count, 7, 10);
    assert_true(fabs(pace.turn_s - 4.8) < 0.02);
    assert_true(fabs(pace.azimuth_rad / AP_RAD_PER_DEG - fmod(360.0 * 47.881 / 4.8 + 0.4, 360.0)) <
                1e-6);
    assert_true(pace.azimuth_utc == ap_utc_add_s(START_UTC, 47.881));
    assert_true(fabs(pace.latency_mean_s - 0.3) < 1e-9);
}

/* Sector messages, 32 a turn, to the nanosecond; a plot that seems to lie before north just after
 * it counts no second passage. */
static void test_pace_turn_of_markers(void **state)
{
    (void)state;
    ap_sensor_pace pace = { 0 };
    for (int i = 0; i <= 160; i++) {
        give(&pace, i % 32 ? AP_REPORT_SECTOR : AP_REPORT_NORTH, i * 0.375, i % 32 * 11.25, 0.1);
        if (i % 32 == 0)
            give(&pace, AP_REPORT_TARGET, i * 0.375 + 0.001, 359.9, 0.1);
    }
    assert_true(fabs(pace.turn_s - 12.0) < 1e-9);
    assert_in_range(pace.turn_count, 4, 5);
}

/* An antenna that changes its turn is measured anew; a stop is no turn. */
static void test_pace_turn_changes(void **state)
{
    (void)state;
    ap_sensor_pace pace = { 0 };
    double at_s = 0.0;
    for (int i = 0; i <= 96; i++, at_s += 0.125)
        give(&pace, AP_REPORT_SECTOR, at_s, i % 32 * 11.25, 0.1);
    assert_true(pace.turn_count >= 2 && fabs(pace.turn_s - 4.0) < 1e-9);
    for (int i = 1; i <= 96; i++, at_s += 0.25)
        give(&pace, AP_REPORT_SECTOR, at_s, i % 32 * 11.25, 0.1);
    assert_true(pace.turn_count >= 2 && fabs(pace.turn_s - 8.0) < 0.1);
    at_s += 300.0;
    for (int i = 1; i <= 33; i++, at_s += 0.25)
        give(&pace, AP_REPORT_SECTOR, at_s, i % 32 * 11.25, 0.1);
    assert_true(fabs(pace.turn_s - 8.0) < 0.1);
    give(&pace, AP_REPORT_SECTOR, 0.0, 90.0, 0.1); /* its time runs back for good */
    assert_true(pace.azimuth_utc == START_UTC);
    assert_false(pace.has_north);
}

/* The mean follows, the peak shows one that was late, and fades. */
static void test_pace_latency(void **state)
{
    (void)state;
    ap_sensor_pace pace = { 0 };
    for (int i = 0; i < 200; i++)
        give(&pace, AP_REPORT_TARGET, i, 0.0, i == 100 ? 3.0 : 0.5);
    assert_true(fabs(pace.latency_mean_s - 0.5) < 0.02);
    assert_true(pace.latency_peak_s > 2.5 && pace.latency_peak_s < 3.0);
    for (int i = 0; i < 10000; i++)
        give(&pace, AP_REPORT_TARGET, 200 + i, 0.0, 0.25);
    assert_true(fabs(pace.latency_mean_s - 0.25) < 1e-9);
    assert_true(fabs(pace.latency_peak_s - 0.25) < 1e-3);
}

/* What does not turn has no azimuth, whatever is in the field. */
static void test_pace_no_antenna(void **state)
{
    (void)state;
    ap_sensor_pace pace = { 0 };
    ap_report report = { .present = AP_HAS_POSITION,
                         .time_utc = START_UTC,
                         .receive_utc = START_UTC };
    ap_pace_take(&pace, AP_SENSOR_MLAT, &report);
    report.present |= AP_HAS_POLAR;
    ap_pace_take(&pace, AP_SENSOR_ADSB, &report);
    assert_false(pace.has_azimuth);
    assert_true(pace.report_count == 2.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pace_turn_of_plots), cmocka_unit_test(test_pace_turn_of_markers),
        cmocka_unit_test(test_pace_turn_changes),  cmocka_unit_test(test_pace_latency),
        cmocka_unit_test(test_pace_no_antenna),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
