/* A small world for tests: flights straight and level north of one another. */
#ifndef AP_SIMULATE_TEST_WORLD_H
#define AP_SIMULATE_TEST_WORLD_H

#include "simulate/world.h"

#define TEST_FLIGHT_CAP 64
#define TEST_SENSOR_CAP 4
#define TEST_FAULT_CAP 8
#define TEST_SPACING_M 8e3
#define TEST_SPEED_MPS 200.0
#define TEST_ALTITUDE_M 9144.0 /* 30,000 ft */
#define TEST_ADDRESS 0x400001u /* of the first; the next ones follow */
#define TEST_HEIGHT_OFFSET_M 50.0
#define TEST_NOON_S 43200.0 /* of the day, when it begins */

typedef struct test_world {
    ap_world world;
    ap_scenario scenario;
    ap_scenario_sensor sensors[TEST_SENSOR_CAP];
    ap_scenario_fault faults[TEST_FAULT_CAP];
    ap_flight flights[TEST_FLIGHT_CAP];
} test_world;

/* Seed 1, noon, 50 N 10 E; `flight_count` flights with ADS-B and NACp 9, the first over the
 * reference, TEST_SPACING_M apart, all eastward, from 0 s on for ever. No sensors, no faults. */
void test_world_make(test_world *w, uint32_t flight_count);

/* Adds a sensor of this kind and format at the reference, 100 m high, range 300 km, detection 1,
 * SAC 1 and SIC 1 and so on, update every second. Returns it to be changed. */
ap_scenario_sensor *test_world_sensor(test_world *w, ap_sensor_kind kind, ap_sensor_format format);

/* Adds a fault without flight, sensor and area from start_s to end_s. Returns it to be changed. */
ap_scenario_fault *test_world_fault(test_world *w, ap_fault_kind kind, double start_s,
                                    double end_s);

ap_truth test_world_truth(const test_world *w, uint32_t flight, double time_s);

#endif
