/* The keys of a scenario file: one table a group of keys, for the reader and for its manual. */
#ifndef AP_APP_SCENARIO_KEYS_H
#define AP_APP_SCENARIO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "app/yaml_keys.h"
#include "simulate/scenario.h"

/* Winds are written as people say them. */
typedef struct ap_scenario_wind {
    double altitude_m, from_rad, speed_mps;
} ap_scenario_wind;

/* What belongs to no field of the scenario itself. */
typedef struct ap_scenario_flight_extra {
    ap_scenario_flight flight; /* first, so that offsets are those of a flight */
    char name[AP_SCENARIO_NAME_SIZE];
} ap_scenario_flight_extra;

/* Value of a fault, by the key that says what it is. */
typedef struct ap_scenario_fault_value {
    ap_scenario_fault fault; /* first, as above */
    uint16_t code;
    uint32_t address;
} ap_scenario_fault_value;

extern const ap_yaml_group ap_scenario_top, ap_scenario_wind_level, ap_scenario_generator_group,
    ap_scenario_flight_group, ap_scenario_waypoint_group, ap_scenario_fall_group,
    ap_scenario_sensor_group, ap_scenario_mask_group, ap_scenario_reflector_group,
    ap_scenario_area_group, ap_scenario_station_group, ap_scenario_fault_group;

/* All of them, in the order of the manual; ends with NULL. */
extern const ap_yaml_group *const ap_scenario_groups[];

/* The tables as Markdown: the chapter of doc/scenarios.md. */
void ap_scenario_keys_print(FILE *out);

/* Words of the scenario's enumerations, each list ends with NULL. */
extern const char *const ap_scenario_crafts[], *const ap_scenario_equipments[],
                                                   *const ap_scenario_generators[],
                                                       *const ap_scenario_sensor_kinds[],
                                                           *const ap_scenario_formats[],
                                                               *const ap_scenario_clocks[],
                                                                   *const ap_scenario_fault_kinds[];

#endif
