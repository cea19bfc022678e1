/* World: what every simulated sensor looks at. */
#ifndef AP_SIMULATE_WORLD_H
#define AP_SIMULATE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/sensor.h"
#include "simulate/flight.h"
#include "simulate/scenario.h"

/* Streams of random numbers (simulate/random.h): every use of one is named here, so that no two
 * draw alike. Element and event of a sensor's stream are flight and turn or update. */
#define AP_STREAM_TRAFFIC 1u
#define AP_STREAM_NAVIGATION 2u
#define AP_STREAM_TRANSPONDER 3u /* when it squitters, and what is new in a squitter */
#define AP_STREAM_JAMMING 4u
#define AP_STREAM_GHOST 5u
#define AP_STREAM_IDENTITY 6u
#define AP_STREAM_FALL 7u
#define AP_STREAM_WRONG_CODE 8u      /* element: number of the fault */
#define AP_STREAM_GENERATOR 0x20000u /* and the index of the generator */
#define AP_STREAM_SENSOR 0x80000000u /* and what ap_world_stream makes of the sensor's name */
#define AP_STREAM_LINE 0xC0000000u

/* The event of what a sensor draws once: when its turn begins, the phase of a transponder. */
#define AP_PHASE_EVENT UINT64_MAX

#define AP_WORLD_LEVEL_STEP_FT 25 /* Mode S altitude; Mode C has 100 ft */

/* Since when a flight has been in an area, and the looks at it that found it there (faults.c). */
typedef struct ap_area_stay {
    double enter_s;
    uint32_t first, count; /* 0: not looked up yet */
} ap_area_stay;

typedef struct ap_world {
    const ap_scenario *scenario;
    uint64_t seed;
    ap_utc_ns start_utc;
    ap_enu_frame plane;       /* at the reference point */
    const ap_flight *flights; /* the scenario's, then the generators' */
    uint32_t *hints;          /* [flight_count] where a flight was looked up last; or NULL */
    ap_area_stay *stays;      /* [ap_world_ramp_count][flight_count] what was found last; or NULL */
    uint32_t flight_count;
    bool registers; /* a radar asks for more than the call sign */
} ap_world;

/* A target as an antenna sees it. */
typedef struct ap_sight {
    double range_m, azimuth_rad, elevation_rad;
} ap_sight;

/* Streams of random numbers of a sensor of the scenario and of its line, by its name: with another
 * sensor left out or added they stay the same. */
uint32_t ap_world_stream(const ap_world *world, uint32_t sensor);
uint32_t ap_world_line_stream(const ap_scenario *scenario, uint32_t sensor);

/* How many faults of the scenario are ramps of an area. */
uint32_t ap_world_ramp_count(const ap_scenario *scenario);

ap_utc_ns ap_world_utc(const ap_world *world, double time_s);

/* The state of a flight, the one way to ask for it; false when it is not in the air. */
bool ap_world_truth(const ap_world *world, uint32_t flight, double time_s, ap_truth *truth);

/* Pressure altitude in steps of 1/4 flight level, as its transponder tells it. */
int16_t ap_world_level_4th(const ap_flight *flight, double pressure_altitude_m);

/* Whether a target is within the sensor's range and above its horizon, as below. */
bool ap_sight_is_clear(const ap_sensor *sensor, double range_m, double height_m);

/* The direction and distance of a point, and whether it is within the sensor's range and above
 * the horizon of an Earth of 4/3 radius (heights taken above the ellipsoid). */
bool ap_sight_of(const ap_sensor *sensor, ap_geodetic position, ap_sight *sight);

#endif
