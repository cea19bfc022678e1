/* The demonstration's scenario: five sensors around a reference point and a seeded traffic.
 *
 * Sensors, by index: three rotating radars with primary and Mode S (ASTERIX 048 and 034; turns of
 * 4.0, 5.2 and 8.1 s, sites 100 km from each other around the reference), one wide-area
 * multilateration (020 and 019, one update a second) and one receiver of 1090 MHz (Beast). */
#ifndef AP_SIMULATE_DEMO_SCENARIO_H
#define AP_SIMULATE_DEMO_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/scenario.h"

#define AP_DEMO_RADAR_COUNT 3
#define AP_DEMO_MLAT 3     /* index of the multilateration */
#define AP_DEMO_RECEIVER 4 /* index of the 1090 MHz receiver */
#define AP_DEMO_SENSOR_COUNT 5
#define AP_DEMO_SENSORS_ALL ((1u << AP_DEMO_SENSOR_COUNT) - 1u)

/* The inputs that the packets belong on, as the sensor descriptions have them. */
#define AP_DEMO_INPUT_ASTERIX 0
#define AP_DEMO_INPUT_BEAST 1

/* Ranges: simulate/scenario.h. */
typedef struct ap_demo_scenario_config {
    uint64_t seed;
    ap_utc_ns start_utc;
    double duration_s;
    ap_geodetic reference;   /* middle of the area */
    double area_radius_m;    /* where the traffic is, [20e3, 300e3] */
    uint32_t flight_count;   /* >= 3 */
    uint32_t sensors;        /* bit i: sensor i sends; the others only turn and ask */
    double height_offset_m;  /* height above the ellipsoid less pressure altitude */
    double clutter_per_turn; /* false primary plots a turn of each radar */
    bool registers;          /* the radars ask for registers 4,0, 5,0 and 6,0 */
    double radar_range_bias_m[AP_DEMO_RADAR_COUNT]; /* measured less true */
    double radar_azimuth_bias_rad[AP_DEMO_RADAR_COUNT];
} ap_demo_scenario_config;

/* Seed 1, from 2024-03-01T12:00:00Z for ten minutes, sixty flights within 150 km of 56 N 3.5 E
 * (open sea), all sensors, registers, five false plots a turn, no biases. */
ap_demo_scenario_config ap_demo_scenario_config_default(void);

/* The scenario points into the rest of it: not to be copied. */
typedef struct ap_demo_scenario {
    ap_scenario scenario;
    ap_scenario_sensor sensors[AP_DEMO_SENSOR_COUNT];
    ap_scenario_generator generator;
} ap_demo_scenario;

/* A bad value of the configuration makes a scenario that ap_simulate_size refuses. */
void ap_demo_scenario_make(ap_demo_scenario *demo, const ap_demo_scenario_config *config);

#endif
