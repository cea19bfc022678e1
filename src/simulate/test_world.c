#include "simulate/test_world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static void make_flight(test_world *w, uint32_t index)
{
    ap_flight *flight = &w->flights[index];
    *flight = (ap_flight){ .id = index + 1,
                           .address = TEST_ADDRESS + index,
                           .mode_3a = (uint16_t)(01000 + index),
                           .emergency_s = HUGE_VAL,
                           .equipment = AP_EQUIPMENT_ADSB,
                           .emitter_category = 0xA3,
                           .nac_p = 9,
                           .height_offset_m = TEST_HEIGHT_OFFSET_M };
    (void)snprintf(flight->callsign, sizeof flight->callsign, "TST%02u", index % 100);
    ap_flight_start(flight, 0.0, 0.0, index * TEST_SPACING_M, TEST_ALTITUDE_M, AP_PI / 2.0,
                    TEST_SPEED_MPS);
}

void test_world_make(test_world *w, uint32_t flight_count)
{
    ap_geodetic reference = { 50.0 * AP_RAD_PER_DEG, 10.0 * AP_RAD_PER_DEG, 0.0 };
    *w = (test_world){ .scenario = { .seed = 1,
                                     .start_utc = INT64_C(1709294400) * AP_NS_PER_S,
                                     .duration_s = 3600.0,
                                     .reference = reference,
                                     .height_offset_m = TEST_HEIGHT_OFFSET_M,
                                     .sensors = w->sensors,
                                     .faults = w->faults } };
    w->world = (ap_world){ .scenario = &w->scenario,
                           .seed = w->scenario.seed,
                           .start_utc = w->scenario.start_utc,
                           .plane = ap_enu_frame_at(reference),
                           .flights = w->flights,
                           .flight_count = flight_count };
    for (uint32_t i = 0; i < flight_count; i++)
        make_flight(w, i);
}

ap_scenario_sensor *test_world_sensor(test_world *w, ap_sensor_kind kind, ap_sensor_format format)
{
    uint32_t index = w->scenario.sensor_count++;
    ap_scenario_sensor *sensor = &w->sensors[index];
    *sensor = (ap_scenario_sensor){ .format = format };
    ap_sensor_defaults(&sensor->told, kind);
    sensor->told.has_sac_sic = true;
    sensor->told.sac = 1;
    sensor->told.sic = (uint8_t)(index + 1);
    sensor->told.range_max_m = 300e3;
    sensor->told.detection_probability = 1.0;
    sensor->told.turn_s = 1.0;
    ap_geodetic site = w->scenario.reference;
    site.height_m = 100.0;
    assert_int_equal(ap_sensor_place(&sensor->told, site), AP_OK);
    return sensor;
}

ap_scenario_fault *test_world_fault(test_world *w, ap_fault_kind kind, double start_s, double end_s)
{
    ap_scenario_fault *fault = &w->faults[w->scenario.fault_count++];
    *fault = (ap_scenario_fault){ .kind = kind,
                                  .start_s = start_s,
                                  .end_s = end_s,
                                  .sensor = AP_SCENARIO_NONE,
                                  .flight = AP_SCENARIO_NONE,
                                  .code_of = AP_SCENARIO_NONE };
    return fault;
}

ap_truth test_world_truth(const test_world *w, uint32_t flight, double time_s)
{
    ap_truth truth;
    assert_true(ap_world_truth(&w->world, flight, time_s, &truth));
    return truth;
}
