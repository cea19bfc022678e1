#include "simulate/station.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "airpicture/asterix/cat021.h"
#include "airpicture/asterix/cat023.h"
#include "airpicture/modes.h"
#include "simulate/test_instrument.h"
#include "simulate/test_world.h"

#define TARGET_CAP 20000

typedef struct run {
    test_world w;
    test_instrument t;
    ap_cat021 *targets;
    size_t target_count, station_count, service_count;
} run;

static void read_status(run *r, ap_reader *reader)
{
    ap_cat023 status;
    assert_int_equal(ap_cat023_decode(reader, &status), AP_OK);
    r->station_count += status.i000 == 1;
    r->service_count += status.i000 == 2;
    if (status.i000 == 1) {
        assert_int_equal(status.i100.gssp_s, AP_STATION_STATUS_S);
    } else {
        assert_int_equal(status.i110.stat, 4);
        assert_int_equal(status.i101.rp_half_s, lround(2.0 * r->w.sensors[0].told.turn_s));
        assert_int_equal(status.i101.ssrp_s, AP_STATION_STATUS_S);
        assert_int_equal(status.i200_nmi, r->w.sensors[0].told.range_max_m > 1e6 ? 255 : 162);
    }
}

static void read_record(void *context, unsigned category, ap_reader *reader)
{
    run *r = context;
    if (category == 23) {
        read_status(r, reader);
        return;
    }
    assert_int_equal(category, 21);
    assert_true(r->target_count < TARGET_CAP);
    ap_cat021 *target = &r->targets[r->target_count++];
    assert_int_equal(ap_cat021_decode(reader, target), AP_OK);
    /* Sent when the packet leaves, by the time of the day and not by the station's clock. */
    assert_true(fabs(target->i077_128th_s / 128.0 - TEST_NOON_S - r->t.time_s) <= 1.0 / 128.0);
    assert_int_equal(target->i040.sim, 1);
    assert_int_equal(target->i040.tst, 0);
    assert_int_equal(target->i010.sic, 1);
}

static ap_scenario_sensor *make_run(run *r, uint32_t flight_count)
{
    test_world_make(&r->w, flight_count);
    return test_world_sensor(&r->w, AP_SENSOR_ADSB, AP_SENSOR_FORMAT_CAT021);
}

static void play(run *r, double end_s)
{
    r->target_count = r->station_count = r->service_count = 0;
    r->targets = malloc(TARGET_CAP * sizeof *r->targets);
    test_instrument_play(&r->t, &r->w.world, end_s, read_record, r);
}

static void close_run(run *r)
{
    test_instrument_close(&r->t);
    free(r->targets);
}

/* Of reception, to the nanosecond: the second of the coarse time and the fraction of the fine. */
static double time_of(const ap_cat021 *target)
{
    return target->i073_128th_s / 128u + target->i074.tomrp_2pm30_s * 0x1p-30 - TEST_NOON_S;
}

static ap_geodetic place_of(const ap_cat021 *target)
{
    return (ap_geodetic){ target->i131.lat_turn31 * 0x1p-31 * 2.0 * AP_PI,
                          target->i131.lon_turn31 * 0x1p-31 * 2.0 * AP_PI, 0.0 };
}

static void check_target(const run *r, const ap_cat021 *target)
{
    uint32_t flight = target->i080 - TEST_ADDRESS;
    double time_s = time_of(target);
    ap_truth truth = test_world_truth(&r->w, flight, time_s);
    ap_geodetic foot = { truth.position.latitude_rad, truth.position.longitude_rad, 0.0 };
    /* The slow error and what is new in a message, both well inside NACp 9. */
    assert_true(ap_distance_m(place_of(target), foot) < 3.0 * ap_modes_sigma_of_nac_p(9));
    assert_true(fabs(target->i073_128th_s / 128.0 - TEST_NOON_S - time_s) < 1.0 / 128.0);
    assert_true(fabs(target->i071_128th_s / 128.0 - TEST_NOON_S - time_s) <= 1.0 / 128.0);
    assert_int_equal(target->i074.fsi, 0);
    assert_int_equal(target->i145_4th_fl, 1200);
    assert_true(fabs(target->i140_25_4th_ft * 6.25 * 0.3048 - truth.position.height_m) < 1.0);
    assert_true(fabs(target->i160.gs_16384th_nmips * 1852.0 / 16384.0 - TEST_SPEED_MPS) < 1.0);
    assert_true(fabs(target->i160.ta_turn16 / 65536.0 - 0.25) < 1e-2);
    assert_int_equal(target->i155.bvr_25_4th_ftpmin, 0);
    assert_int_equal(target->i090.nacp, 9);
    assert_int_equal(target->i090.nucpnic, 8);
    assert_int_equal(target->i090.sil, 3);
    assert_int_equal(target->i090.octet_count, 3);
    assert_int_equal(target->i210.vn, 2);
    assert_int_equal(target->i070.mode3a, 01000 + flight);
    assert_int_equal(target->i020, 3);
    assert_int_equal(target->i200.ps, 0);
}

/* Every value is that of the flight; one report in each second, the first in it: squitters are
 * 0.4 to 0.6 s apart. */
static void test_station_contents(void **state)
{
    (void)state;
    static run r;
    (void)make_run(&r, 6);
    play(&r, 120.0);
    double last_s[6] = { 0.0 };
    for (size_t i = 0; i < r.target_count; i++) {
        const ap_cat021 *target = &r.targets[i];
        check_target(&r, target);
        double step_s = time_of(target) - last_s[target->i080 - TEST_ADDRESS];
        last_s[target->i080 - TEST_ADDRESS] = time_of(target);
        if (time_of(target) > 2.0)
            assert_true(step_s > 0.4 && step_s < 3.0); /* a tenth is not heard far off */
    }
    print_message("%zu reports of 6 flights in 120 s\n", r.target_count);
    assert_true(r.target_count > 6 * 117 && r.target_count <= 6 * 121);
    assert_int_equal(r.station_count, 23); /* the one of 120 s leaves at 120.1 s */
    assert_int_equal(r.service_count, 23);
    close_run(&r);
}

/* Jammed: known by address and altitude alone, and of no quality. */
static void test_station_jammed(void **state)
{
    (void)state;
    static run r;
    (void)make_run(&r, 1);
    ap_scenario_fault *jam = test_world_fault(&r.w, AP_FAULT_JAMMING, 20.0, 30.0);
    jam->latitude_rad = r.w.scenario.reference.latitude_rad;
    jam->longitude_rad = r.w.scenario.reference.longitude_rad;
    jam->radius_m = 100e3;
    play(&r, 40.0);
    size_t jammed = 0;
    for (size_t i = 0; i < r.target_count; i++) {
        const ap_cat021 *target = &r.targets[i];
        if (target->present & AP_CAT021_I131) {
            check_target(&r, target);
            assert_true(time_of(target) < 20.0 || time_of(target) >= 30.0);
            continue;
        }
        jammed++;
        assert_false(target->present & (AP_CAT021_I160 | AP_CAT021_I073 | AP_CAT021_I071));
        assert_int_equal(target->i090.nacp, 0);
        assert_int_equal(target->i090.nucpnic, 0);
        assert_int_equal(target->i090.sil, 0);
        assert_int_equal(target->i145_4th_fl, 1200);
        double sent_s = target->i077_128th_s / 128.0 - TEST_NOON_S;
        assert_true(sent_s >= 20.0 && sent_s < 30.3);
    }
    assert_true(jammed >= 6 && jammed <= 10);
    close_run(&r);
}

static void test_station_faults(void **state)
{
    (void)state;
    static run r;
    ap_scenario_sensor *sensor = make_run(&r, 2);
    sensor->time_bias_s = 0.25;
    r.w.flights[1].equipment = AP_EQUIPMENT_MODE_S; /* no extended squitter */
    ap_scenario_fault *fault = test_world_fault(&r.w, AP_FAULT_EMERGENCY, 10.0, 20.0);
    fault->flight = 0;
    fault->value = 07500;
    fault = test_world_fault(&r.w, AP_FAULT_WRONG_ADDRESS, 10.0, 20.0);
    fault->flight = 0;
    fault->value = 0xABCDEF;
    play(&r, 30.0);
    size_t wrong = 0;
    for (size_t i = 0; i < r.target_count; i++) {
        const ap_cat021 *target = &r.targets[i];
        bool is_wrong = target->i080 == 0xABCDEF;
        wrong += is_wrong;
        if (!is_wrong)
            assert_int_equal(target->i080, TEST_ADDRESS);
        assert_int_equal(is_wrong, time_of(target) >= 10.25 && time_of(target) < 20.25);
        assert_int_equal(target->i200.ps, is_wrong ? 5 : 0);
        assert_int_equal(target->i070.mode3a, is_wrong ? 07500 : 01000);
    }
    assert_true(wrong >= 6 && wrong <= 10);
    close_run(&r);
}

/* On the ground: the bit, no altitude, and one report in 5 s of who stands. */
static void test_station_ground(void **state)
{
    (void)state;
    static run r;
    (void)make_run(&r, 2);
    for (int i = 0; i < 2; i++) {
        r.w.flights[i].craft = AP_CRAFT_VEHICLE;
        ap_flight_start(&r.w.flights[i], 0.0, 500.0, 800.0, 50.0, AP_PI / 2.0, i == 0 ? 8.0 : 0.0);
    }
    play(&r, 60.0);
    size_t standing = 0;
    for (size_t i = 0; i < r.target_count; i++) {
        const ap_cat021 *target = &r.targets[i];
        assert_int_equal(target->i040.gbs, 1);
        assert_false(target->present & (AP_CAT021_I145 | AP_CAT021_I140 | AP_CAT021_I155));
        assert_true(target->present & AP_CAT021_I131);
        assert_int_equal(target->i090.nucpnic, 8);
        standing += target->i080 == TEST_ADDRESS + 1;
    }
    assert_true(standing >= 11 && standing <= 13);
    assert_true(r.target_count - standing >= 58 && r.target_count - standing <= 60);
    close_run(&r);
}

/* The number of frames that are heard, by the draw: with an interval of update so short that each
 * is reported. */
static void test_station_chance(void **state)
{
    (void)state;
    static run r;
    ap_scenario_sensor *sensor = make_run(&r, 20);
    sensor->told.turn_s = 0.1;
    sensor->told.range_max_m = 9e6;
    play(&r, 120.0);
    double n = (double)r.target_count;
    close_run(&r);
    sensor->told.detection_probability = 0.7;
    play(&r, 120.0);
    print_message("%zu of %.0f: %.4f for 0.7\n", r.target_count, n, (double)r.target_count / n);
    assert_true(n > 20 * 235 && n < 20 * 245);
    assert_true(fabs((double)r.target_count - 0.7 * n) < 4.0 * sqrt(0.21 * n));
    close_run(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_station_contents), cmocka_unit_test(test_station_jammed),
        cmocka_unit_test(test_station_faults),   cmocka_unit_test(test_station_ground),
        cmocka_unit_test(test_station_chance),
    };
    return cmocka_run_group_tests_name("station", tests, NULL, NULL);
}
