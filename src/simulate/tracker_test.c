#include "simulate/tracker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/asterix/cat062.h"
#include "airpicture/asterix/cat063.h"
#include "airpicture/asterix/cat065.h"
#include "simulate/test_instrument.h"
#include "simulate/test_world.h"

#define TRACK_CAP 20000
#define TURN_S 4.0
#define SIGMA_M 60.0

typedef struct run {
    test_world w;
    test_instrument t;
    ap_cat062 *tracks;
    size_t track_count, system_count, batch_count, sensor_count, out_count;
} run;

static void read_other(run *r, unsigned category, ap_reader *reader)
{
    if (category == 63) {
        ap_cat063 sensor;
        assert_int_equal(ap_cat063_decode(reader, &sensor), AP_OK);
        assert_int_equal(sensor.i050.sic, 2); /* the other one */
        r->sensor_count++;
        r->out_count += sensor.i060.con == 3;
        return;
    }
    ap_cat065 system;
    assert_int_equal(category, 65);
    assert_int_equal(ap_cat065_decode(reader, &system), AP_OK);
    r->system_count += system.i000 == 1;
    if (system.i000 == 2)
        assert_int_equal(system.i020, r->batch_count++);
}

static void read_record(void *context, unsigned category, ap_reader *reader)
{
    run *r = context;
    if (category != 62) {
        read_other(r, category, reader);
        return;
    }
    assert_true(r->track_count < TRACK_CAP);
    ap_cat062 *track = &r->tracks[r->track_count++];
    assert_int_equal(ap_cat062_decode(reader, track), AP_OK);
    assert_int_equal(track->i080.sim, 1);
    assert_int_equal(track->i010.sic, 1);
    assert_true(track->i040 != 0);
}

static ap_scenario_sensor *make_run(run *r, uint32_t flight_count)
{
    test_world_make(&r->w, flight_count);
    ap_scenario_sensor *tracker =
        test_world_sensor(&r->w, AP_SENSOR_TRACKER, AP_SENSOR_FORMAT_CAT062);
    tracker->told.turn_s = TURN_S;
    tracker->told.position_sigma_m = SIGMA_M;
    (void)test_world_sensor(&r->w, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    return tracker;
}

static void play(run *r, double end_s)
{
    r->track_count = r->system_count = r->batch_count = r->sensor_count = r->out_count = 0;
    r->tracks = malloc(TRACK_CAP * sizeof *r->tracks);
    test_instrument_play(&r->t, &r->w.world, end_s, read_record, r);
}

static void close_run(run *r)
{
    test_instrument_close(&r->t);
    free(r->tracks);
}

static double time_of(const ap_cat062 *track)
{
    return track->i070_128th_s / 128.0 - TEST_NOON_S;
}

static uint32_t flight_of(const ap_cat062 *track)
{
    return track->i060.mode3a - 01000;
}

static ap_vec3 error_of(const run *r, const ap_cat062 *track)
{
    ap_truth truth = test_world_truth(&r->w, flight_of(track), time_of(track));
    ap_geodetic at = { track->i105.lat_turn26 * 0x1p-26 * 2.0 * AP_PI,
                       track->i105.lon_turn26 * 0x1p-26 * 2.0 * AP_PI, truth.position.height_m };
    ap_enu_frame local = ap_enu_frame_at(truth.position);
    return ap_enu_from_ecef(&local, ap_ecef_from_geodetic(at));
}

/* Each flight once a turn under a number that stays, from the third update on. */
static void test_tracker_updates(void **state)
{
    (void)state;
    static run r;
    (void)make_run(&r, 20);
    play(&r, 100.3);
    uint16_t number[20] = { 0 };
    double last_s[20] = { 0.0 };
    for (size_t i = 0; i < r.track_count; i++) {
        const ap_cat062 *track = &r.tracks[i];
        uint32_t flight = flight_of(track);
        assert_int_equal(track->i080.tsb, number[flight] == 0);
        assert_int_equal(track->i080.tse, 0);
        if (number[flight] == 0) {
            number[flight] = track->i040;
            assert_true(time_of(track) > 2.0 * TURN_S && time_of(track) <= 3.0 * TURN_S);
        } else {
            assert_int_equal(number[flight], track->i040);
            assert_true(fabs(time_of(track) - last_s[flight] - TURN_S) < 0.01);
        }
        last_s[flight] = time_of(track);
    }
    for (int i = 0; i < 20; i++)
        for (int k = 0; k < i; k++)
            assert_true(number[i] != 0 && number[i] != number[k]);
    assert_int_equal(r.track_count, 20 * 23); /* of 25 turns, without the first two */
    assert_int_equal(r.system_count, 25);
    assert_int_equal(r.batch_count, 25);
    assert_int_equal(r.sensor_count, 25);
    assert_int_equal(r.out_count, 0);
    close_run(&r);
}

/* The errors have the stated deviation over flights, change slowly, and their rate is that of the
 * velocity. */
static void test_tracker_errors(void **state)
{
    (void)state;
    static run r;
    (void)make_run(&r, TEST_FLIGHT_CAP);
    r.w.sensors[0].told.range_max_m = 2e6;
    for (uint32_t i = 0; i < TEST_FLIGHT_CAP; i++)
        ap_flight_start(&r.w.flights[i], 0.0, 0.0, 2e3 * i, TEST_ALTITUDE_M, 1.0, 150.0);
    play(&r, 600.3);
    double square = 0.0, n = 0.0;
    ap_vec3 last[TEST_FLIGHT_CAP] = { { 0 } };
    for (size_t i = 0; i < r.track_count; i++) {
        const ap_cat062 *track = &r.tracks[i];
        uint32_t flight = flight_of(track);
        ap_truth truth = test_world_truth(&r.w, flight, time_of(track));
        ap_vec3 error = error_of(&r, track);
        ap_tracker_error mean =
            ap_tracker_error_at(r.t.state, flight, time_of(track) - TURN_S / 2.0);
        assert_true(fabs(error.x_m) < 2.0 * SIGMA_M + 1.0);
        assert_int_equal(track->i500.apc.x_half_m, 2 * (int)SIGMA_M);
        if (!track->i080.tsb) {
            assert_true(fabs((error.x_m - last[flight].x_m) / TURN_S - mean.east_mps) < 0.4);
            assert_true(fabs((error.y_m - last[flight].y_m) / TURN_S - mean.north_mps) < 0.4);
        }
        ap_tracker_error now = ap_tracker_error_at(r.t.state, flight, time_of(track));
        assert_true(fabs(track->i185.vx_4th_mps / 4.0 - truth.east_mps - now.east_mps) < 0.2);
        assert_true(fabs(track->i185.vy_4th_mps / 4.0 - truth.north_mps - now.north_mps) < 0.2);
        last[flight] = error;
        square += error.x_m * error.x_m + error.y_m * error.y_m;
        n += 2.0;
    }
    double rms_m = sqrt(square / n);
    print_message("%.0f tracks: rms %.2f m for %.0f\n", n / 2.0, rms_m, SIGMA_M);
    /* 128 axes of two waves each over several periods: some 500 values of their own. */
    assert_true(fabs(rms_m - SIGMA_M) < 4.0 * SIGMA_M / sqrt(2.0 * 500.0));
    close_run(&r);
}

static void test_tracker_contents(void **state)
{
    (void)state;
    static run r;
    (void)make_run(&r, 3);
    r.w.flights[1].equipment = AP_EQUIPMENT_NONE;
    r.w.flights[2].equipment = AP_EQUIPMENT_MODE_AC;
    r.w.flights[2].address = 0;
    ap_scenario_fault *fault = test_world_fault(&r.w, AP_FAULT_EMERGENCY, 50.0, 1e9);
    fault->flight = 2;
    fault->value = 07600;
    play(&r, 100.0);
    size_t bare = 0, coded = 0;
    for (size_t i = 0; i < r.track_count; i++) {
        const ap_cat062 *track = &r.tracks[i];
        if (!(track->present & AP_CAT062_I060)) {
            assert_false(track->present & (AP_CAT062_I380 | AP_CAT062_I136 | AP_CAT062_I245));
            assert_int_equal(track->i080.sds, 2);
            bare++;
            continue;
        }
        assert_int_equal(track->i080.sds, 1);
        assert_int_equal(track->i136_4th_fl, 1200);
        assert_int_equal(track->i220_25_4th_ftpmin, 0);
        if (track->present & AP_CAT062_I380) {
            assert_int_equal(track->i380.adr, TEST_ADDRESS);
            assert_true(track->i245.chr_icao6 == ap_asterix_icao6_raw("TST00"));
            continue;
        }
        coded++;
        bool is_late = time_of(track) >= 50.0;
        assert_int_equal(track->i060.mode3a, is_late ? 07600 : 01002);
        assert_int_equal(track->i080.ems, is_late ? 4 : 0);
    }
    assert_true(bare >= 22 && coded >= 22);
    close_run(&r);
}

/* The last message has the last state; a sensor in an outage is not connected. */
static void test_tracker_ends(void **state)
{
    (void)state;
    static run r;
    (void)make_run(&r, 2);
    r.w.flights[1].end_s = 50.0;
    test_world_fault(&r.w, AP_FAULT_OUTAGE, 20.0, 40.0)->sensor = 1;
    play(&r, 100.3);
    size_t ends = 0;
    for (size_t i = 0; i < r.track_count; i++) {
        const ap_cat062 *track = &r.tracks[i];
        if (flight_of(track) != 1)
            continue;
        assert_int_equal(ends, 0);
        ends += track->i080.tse;
        assert_int_equal(track->i080.cst, track->i080.tse);
        assert_true(time_of(track) < 50.0);
    }
    assert_int_equal(ends, 1);
    assert_int_equal(r.out_count, 5); /* at 20, 24, 28, 32, 36 s */
    close_run(&r);
}

/* Hundreds of tracks take several packets of a tick; none is left out. */
static void test_tracker_many(void **state)
{
    (void)state;
    static run r;
    (void)make_run(&r, TEST_FLIGHT_CAP);
    r.w.sensors[0].told.turn_s = 1.0;
    r.w.sensors[0].told.range_max_m = 2e6;
    for (uint32_t i = 0; i < TEST_FLIGHT_CAP; i++)
        ap_flight_start(&r.w.flights[i], 0.0, 0.0, 2e3 * i, TEST_ALTITUDE_M, 1.0, 150.0);
    static ap_flight many[800];
    for (uint32_t i = 0; i < 800; i++)
        many[i] = r.w.flights[i % TEST_FLIGHT_CAP];
    r.w.world.flights = many;
    r.w.world.flight_count = 800;
    play(&r, 10.25);
    assert_int_equal(r.track_count, 800 * 8);
    assert_int_equal(r.batch_count, 10);
    close_run(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tracker_updates),  cmocka_unit_test(test_tracker_errors),
        cmocka_unit_test(test_tracker_contents), cmocka_unit_test(test_tracker_ends),
        cmocka_unit_test(test_tracker_many),
    };
    return cmocka_run_group_tests_name("tracker", tests, NULL, NULL);
}
