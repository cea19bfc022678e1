#include "airpicture/receiver.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define S AP_NS_PER_S
#define START (INT64_C(1717632000) * S)

static ap_sensor sensors[4];
static ap_sensor_stats sensor_stats[4];

static ap_receiver_stats fresh_stats(void)
{
    return (ap_receiver_stats){ .first_utc = AP_UTC_UNKNOWN,
                                .last_utc = AP_UTC_UNKNOWN,
                                .bucket_end_utc = AP_UTC_UNKNOWN };
}

static void test_table(void **state)
{
    (void)state;
    ap_sensor_table table = { .sensor = sensors, .stats = sensor_stats, .cap = 4 };
    ap_sensor known = { .input = 1, .has_receiver = true, .receiver = 77, .clock = AP_CLOCK_GPS };
    ap_sensor own = { .input = 0 };
    uint16_t index;
    assert_int_equal(ap_sensor_add(&table, &known, &index), AP_OK);
    assert_int_equal(ap_sensor_add(&table, &own, &index), AP_OK);
    size_t size = ap_receiver_table_size(2, 3);
    void *mem = malloc(size);
    ap_receiver_table of;
    assert_int_equal(ap_receiver_table_init(&of, &table, 2, 3, mem, size), AP_OK);
    assert_int_equal(of.count, 2);
    assert_int_equal(of.rows[0].sensor, 1);
    assert_int_equal(of.rows[1].sensor, AP_SENSOR_NONE);
    assert_int_equal(ap_receiver_of(&of, 1, false, 77), 1);
    assert_int_equal(ap_receiver_of(&of, 1, true, 77), 2);
    assert_int_equal(of.rows[2].sensor, 0);
    assert_int_equal(of.rows[2].clock.kind, AP_CLOCK_GPS);
    assert_int_equal(ap_receiver_of(&of, 0, true, 77), 3); /* the same id elsewhere is another */
    assert_int_equal(of.rows[3].sensor, AP_SENSOR_NONE);
    assert_int_equal(ap_receiver_of(&of, 0, true, 0), 4);
    assert_int_equal(ap_receiver_of(&of, 0, true, 1), 0); /* beyond the table */
    assert_int_equal(ap_receiver_of(&of, 1, true, 1), 1);
    assert_int_equal(of.merged_count, 2);
    assert_int_equal(ap_receiver_of(&of, 1, true, 77), 2);
    assert_int_equal(ap_receiver_table_size(0, 3), 0);
    assert_int_equal(ap_receiver_table_size(1, AP_RECEIVER_CAP_MAX), 0);
    assert_int_equal(ap_receiver_table_init(&of, &table, 2, 3, mem, size / 2), AP_ERR_MEMORY);
    free(mem);
}

static void test_counts(void **state)
{
    (void)state;
    static const uint8_t formats[] = { 0, 4, 5, 11, 16, 17, 17, 18, 20, 21, 24, 19 };
    ap_receiver_stats stats = fresh_stats();
    for (size_t i = 0; i < sizeof formats; i++)
        ap_receiver_hear(&stats, START, formats[i], -1, i == 3);
    static const uint64_t expected[AP_DF_GROUP_COUNT] = { 3, 4, 1, 2, 1, 1 };
    assert_memory_equal(stats.group_count, expected, sizeof expected);
    assert_int_equal(stats.frame_count, 12);
    assert_int_equal(stats.damaged_count, 1);
    assert_true(isnan(ap_receiver_signal_dbfs(&stats)));
    assert_true(isnan(ap_receiver_peak_dbfs(&stats)));
    ap_receiver_hear(&stats, START, 17, 255, false);
    ap_receiver_hear(&stats, START, 17, 0, false);
    assert_true(fabs(ap_receiver_signal_dbfs(&stats) + 3.0103) < 1e-4); /* half the power */
    assert_true(fabs(ap_receiver_peak_dbfs(&stats)) < 1e-12);
    assert_true(isnan(ap_receiver_loss(&stats)));
}

/* 20 frames a second for a while, then silence: the rate is that of the last minute. */
static void test_rate(void **state)
{
    (void)state;
    ap_receiver_stats stats = fresh_stats();
    assert_true(ap_receiver_rate_ps(&stats, START) == 0.0);
    for (int i = 0; i < 100; i++)
        ap_receiver_hear(&stats, START + i * S / 20, 17, -1, false);
    assert_true(fabs(ap_receiver_rate_ps(&stats, stats.last_utc) - 100 / 4.95) < 1e-9);
    for (int i = 100; i < 2000; i++)
        ap_receiver_hear(&stats, START + i * S / 20, 17, -1, false);
    assert_true(ap_receiver_rate_ps(&stats, stats.last_utc) == 20.0);
    assert_true(fabs(ap_receiver_rate_ps(&stats, START + 130 * S) - 10.0) < 1e-9);
    assert_true(ap_receiver_rate_ps(&stats, START + 100000 * S) == 0.0);
    /* Times that go back count in what is. */
    ap_receiver_hear(&stats, START, 17, -1, false);
    assert_int_equal(stats.last_utc, START + 1999 * S / 20);
}

static void test_aircraft(void **state)
{
    (void)state;
    ap_receiver_stats stats = fresh_stats();
    uint32_t window = ap_receiver_window(START);
    for (int i = 0; i < 5; i++)
        ap_receiver_hear_aircraft(&stats, window);
    assert_int_equal(ap_receiver_aircraft(&stats, START), 5);
    ap_receiver_hear_aircraft(&stats, window + 1);
    assert_int_equal(ap_receiver_aircraft(&stats, START + 31 * S), 5);
    assert_int_equal(ap_receiver_aircraft(&stats, START + 61 * S), 1);
    assert_int_equal(ap_receiver_aircraft(&stats, START + 91 * S), 0);
    ap_receiver_hear_aircraft(&stats, window + 9);
    assert_int_equal(ap_receiver_aircraft(&stats, START + 9 * 30 * S), 1);
}

/* Points 100 km away by azimuth, from the direct problem on the sphere; 0.6 % of it is the
 * ellipsoid. */
static void test_outline(void **state)
{
    (void)state;
    ap_receiver_stats stats = fresh_stats();
    double latitude_rad = 50 * AP_RAD_PER_DEG;
    ap_enu_frame site = ap_enu_frame_at((ap_geodetic){ latitude_rad, 8 * AP_RAD_PER_DEG, 100 });
    for (int bin = 0; bin < AP_OUTLINE_BINS; bin += 3) {
        double azimuth = (bin * 5 + 2.5) * AP_RAD_PER_DEG, arc = 100e3 / 6371e3;
        double to =
            asin(sin(latitude_rad) * cos(arc) + cos(latitude_rad) * sin(arc) * cos(azimuth));
        double east = atan2(sin(azimuth) * sin(arc) * cos(latitude_rad),
                            cos(arc) - sin(latitude_rad) * sin(to));
        ap_receiver_place(&stats, &site, (ap_geodetic){ to, 8 * AP_RAD_PER_DEG + east, 10000 });
    }
    for (int bin = 0; bin < AP_OUTLINE_BINS; bin++)
        assert_true(fabs((double)stats.outline_m[bin] - (bin % 3 ? 0.0 : 100e3)) < 600.0);
    assert_int_equal(stats.placed_count, 24);
    assert_true(fabs(ap_receiver_range_m(&stats) - 100e3) < 600.0);
    /* Straight above: any azimuth, no range. */
    ap_receiver_place(&stats, &site, (ap_geodetic){ latitude_rad, 8 * AP_RAD_PER_DEG, 10000 });
    assert_int_equal(stats.placed_count, 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),   cmocka_unit_test(test_counts),
        cmocka_unit_test(test_rate),    cmocka_unit_test(test_aircraft),
        cmocka_unit_test(test_outline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
