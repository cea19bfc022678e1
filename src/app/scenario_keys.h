/* The keys of a scenario file: one table a group of keys, for the reader and for its manual. */
#ifndef AP_APP_SCENARIO_KEYS_H
#define AP_APP_SCENARIO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "simulate/scenario.h"

/* How a value is written, and the type of the field that it goes to. */
typedef enum ap_scenario_type {
    AP_SCENARIO_TYPE_NUMBER, /* double */
    AP_SCENARIO_TYPE_U8,
    AP_SCENARIO_TYPE_U16,
    AP_SCENARIO_TYPE_U32,
    AP_SCENARIO_TYPE_U64,
    AP_SCENARIO_TYPE_FLAG,    /* bool */
    AP_SCENARIO_TYPE_WORD,    /* an enumeration, as int */
    AP_SCENARIO_TYPE_TEXT,    /* char[max + 1] */
    AP_SCENARIO_TYPE_TIME,    /* ap_utc_ns */
    AP_SCENARIO_TYPE_ADDRESS, /* uint32_t, six hexadecimal digits */
    AP_SCENARIO_TYPE_CODE,    /* uint16_t, four octal digits */
    AP_SCENARIO_TYPE_NAME,    /* of a flight, a sensor or a file: no field */
    AP_SCENARIO_TYPE_GROUP,   /* a group of keys: no field */
    AP_SCENARIO_TYPE_LIST     /* of groups of keys: no field */
} ap_scenario_type;

/* One key. Two keys of one field are two units of it: one of them is written. */
typedef struct ap_scenario_key {
    const char *key; /* a number's says its unit last */
    ap_scenario_type type;
    size_t offset;       /* of the field in the group's struct */
    double scale;        /* field = written * scale */
    double min, max;     /* as written; TEXT: characters */
    const char *initial; /* what stands for an absent key; NULL: the field stays */
    bool required;
    const char *const *words; /* of WORD, ends with NULL; the value is the index */
    const char *help;         /* no full stop */
} ap_scenario_key;

#define AP_SCENARIO_KEY_CAP 72 /* keys of one group */

typedef struct ap_scenario_group {
    const char *name;  /* "flights" */
    const char *entry; /* "a flight" */
    const char *help;
    const ap_scenario_key *keys; /* ends with a NULL key */
} ap_scenario_group;

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

extern const ap_scenario_group ap_scenario_top, ap_scenario_wind_level, ap_scenario_generator_group,
    ap_scenario_flight_group, ap_scenario_waypoint_group, ap_scenario_fall_group,
    ap_scenario_sensor_group, ap_scenario_mask_group, ap_scenario_reflector_group,
    ap_scenario_area_group, ap_scenario_station_group, ap_scenario_fault_group;

/* All of them, in the order of the manual; ends with NULL. */
extern const ap_scenario_group *const ap_scenario_groups[];

/* What a value has to be: "metres from 0 to 100", "true or false", one of the words ... */
void ap_scenario_key_expected(const ap_scenario_key *key, char *text, size_t size);

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
