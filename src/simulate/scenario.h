/* Scenario: everything a simulated run is made of, as plain data in SI units and radians.
 *
 * The text form of it (YAML) is read by the program (app/scenario_file.h); tests and the demo fill
 * it in by hand. Nothing here is drawn: what is random is drawn from the seed where it is used.
 * Lists are one array each, and what belongs to a flight or a sensor is a run of them (first and
 * count). The arrays outlive the simulator. */
#ifndef AP_SIMULATE_SCENARIO_H
#define AP_SIMULATE_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/geo.h"
#include "airpicture/sensor.h"
#include "airpicture/time.h"
#include "simulate/craft.h"
#include "simulate/flight.h"
#include "simulate/path.h"
#include "simulate/wind.h"

#define AP_SCENARIO_NAME_SIZE 64
#define AP_SCENARIO_NONE UINT32_MAX /* no flight, no sensor, as an index */

/* Where to fly next. A waypoint is passed on a fly-by turn. */
typedef struct ap_waypoint {
    double latitude_rad, longitude_rad;
    double altitude_m; /* pressure altitude from here on; NAN: as before */
    double speed_mps;  /* true airspeed from here on; NAN: as before */
    double hold_s;     /* a holding pattern here for so long (hovering for what can; standing, where
                        * it departs or has landed); 0: none */
} ap_waypoint;

/* One flight. Exactly one of: waypoints, path points, a leader, a fall. */
typedef struct ap_scenario_flight {
    ap_craft craft;
    ap_equipment equipment;
    uint32_t address;                /* 24 bit; 0: given by index, or none without Mode S */
    uint16_t mode_3a;                /* 0: given by index */
    char callsign[AP_CALLSIGN_SIZE]; /* empty: given by index */
    uint8_t nac_p;                   /* 1..11; 0: by chance */
    double start_s, end_s; /* in the air in [start_s, end_s); end HUGE_VAL: when the way ends */
    bool departs, lands;   /* begins, ends on the ground at its first, last waypoint */
    double field_height_m; /* of that ground, above the ellipsoid */
    uint32_t waypoint_first, waypoint_count;
    uint32_t path_first, path_count;
    uint32_t leader; /* index of the flight that it keeps its place beside; AP_SCENARIO_NONE */
    double behind_m, right_m, above_m; /* that place */
    /* A fall: where and how it begins, and into how many pieces it breaks. */
    bool falls;
    ap_geodetic fall_position;
    double fall_east_mps, fall_north_mps, fall_up_mps;
    double ballistic_coefficient_kgpms2; /* m g / C_D A, kg/(m s2) */
    uint32_t piece_count;                /* 1: stays whole */
    double break_altitude_m;             /* where it breaks */
} ap_scenario_flight;

/* Traffic drawn from the seed. */
/* clang-format off */
#define AP_GENERATOR_MAP(X)                                                          \
    X(EN_ROUTE,   "en_route",   "straight and level through the area, with levels and turns") \
    X(TMA,        "tma",        "arrivals, departures and holdings about an airport")  \
    X(GENERAL,    "general",    "light aeroplanes and gliders, low, with turns")     \
    X(ROTORCRAFT, "rotorcraft", "helicopters between places, with hovering")         \
    X(SWARM,      "swarm",      "drones that move together and apart")               \
    X(DRONES,     "drones",     "drones each on a job of its own")                   \
    X(BIRDS,      "birds",      "birds and flocks")                                  \
    X(BALLOONS,   "balloons",   "balloons in the wind")                              \
    X(FORMATION,  "formation",  "aircraft side by side")                             \
    X(CROSSING,   "crossing",   "pairs that cross at one place and time")            \
    X(OVERTAKING, "overtaking", "pairs, the faster from behind")                     \
    X(SURFACE,    "surface",    "aircraft and vehicles on an airport's surface")     \
    X(MIXED,      "mixed",      "the demonstration's mix (simulate/traffic.h)")
/* clang-format on */

typedef enum ap_generator_kind {
#define AP_GENERATOR_ENUM(name, key, text) AP_GENERATOR_##name,
    AP_GENERATOR_MAP(AP_GENERATOR_ENUM)
#undef AP_GENERATOR_ENUM
        AP_GENERATOR_COUNT
} ap_generator_kind;

typedef struct ap_scenario_generator {
    ap_generator_kind kind;
    uint32_t flight_count;
    double latitude_rad, longitude_rad; /* middle of its area */
    double radius_m;
    double altitude_min_m, altitude_max_m;
    double field_height_m; /* ground of a TMA or airport, above the ellipsoid */
    double spacing_m;      /* within formations, swarms and pairs */
    double start_s, end_s; /* flights begin within it */
    /* Shares of what they carry, each [0, 1], sum at most 1; the rest carries nothing. Of MIXED
     * only the sum counts, and of its values above the number, the area and the times. */
    double adsb_share, mode_s_share, mode_ac_share;
} ap_scenario_generator;

/* What a sensor sends. */
/* clang-format off */
#define AP_SENSOR_FORMAT_MAP(X)                                                      \
    X(CAT048, "cat048", "monoradar 048 with service 034")                            \
    X(CAT001, "cat001", "monoradar 001 with service 002")                            \
    X(CAT010, "cat010", "surface movement 010")                                      \
    X(CAT020, "cat020", "multilateration 020 with status 019")                       \
    X(CAT021, "cat021", "ADS-B ground station 021 with status 023")                  \
    X(CAT062, "cat062", "another tracker: 062, 063, 065")                            \
    X(BEAST,  "beast",  "raw 1090 MHz frames with a receiver's clock")
/* clang-format on */

typedef enum ap_sensor_format {
#define AP_SENSOR_FORMAT_ENUM(name, key, text) AP_SENSOR_FORMAT_##name,
    AP_SENSOR_FORMAT_MAP(AP_SENSOR_FORMAT_ENUM)
#undef AP_SENSOR_FORMAT_ENUM
        AP_SENSOR_FORMAT_COUNT
} ap_sensor_format;

/* Below this elevation a radar sees nothing in [azimuth_rad, azimuth of the next entry). */
typedef struct ap_mask_entry {
    double azimuth_rad, elevation_rad; /* azimuths increase from 0 */
} ap_mask_entry;

/* A wall that mirrors secondary replies: seen from the radar, and how it stands. */
typedef struct ap_reflector {
    double azimuth_rad, range_m; /* of its middle */
    double length_m;
    double normal_rad; /* azimuth of its face's normal */
    double gain;       /* chance of a reflected reply a pass, [0, 1] */
} ap_reflector;

/* More false primary plots than elsewhere: rain, sea, a wind park, a flock. */
typedef struct ap_clutter_area {
    double latitude_rad, longitude_rad, radius_m;
    double plots_per_turn;
    double east_mps, north_mps; /* it drifts */
    double start_s, end_s;
} ap_clutter_area;

/* Reference point of a ground station. */
typedef struct ap_station {
    ap_geodetic position;
} ap_station;

/* One sensor: what its owner tells of it, and what it is in truth. */
typedef struct ap_scenario_sensor {
    ap_sensor told; /* site, codes, noise, coverage, turn, detection, clutter: also true, unless
                     * said otherwise below. Biases in it stay 0: owners do not know them. */
    ap_sensor_format format;
    bool has_height; /* a 3-D radar: height with elevation_sigma_rad */
    double elevation_sigma_rad;
    bool registers; /* a Mode S radar that asks for 4,0, 5,0, 6,0 */
    bool silent;    /* it turns and asks, transponders answer it, but it sends nothing */
    /* Systematic errors, measured less true. */
    double range_bias_m, range_gain; /* gain: (measured - true) / true, e.g. 1e-4 */
    double azimuth_bias_rad;
    double eccentricity_sin_rad, eccentricity_cos_rad; /* A sin az + B cos az */
    double time_bias_s, time_drift_sps; /* stamped time less true time: bias + drift * t */
    /* What a radar sees. */
    double cone_rad;          /* elevation above which it is silent, (0, pi/2] */
    double reference_area_m2; /* target whose primary detection is range-limited; 0: every
                               * target has the told detection probability */
    uint32_t mask_first, mask_count;
    bool merges;              /* plots within the told resolution become one */
    double split_probability; /* of a primary plot in two */
    uint32_t reflector_first, reflector_count;
    bool garbles;                    /* overlapping Mode A/C replies spoil each other's codes */
    double fruit_per_turn;           /* false secondary plots, expected */
    uint32_t area_first, area_count; /* of clutter */
    uint32_t plot_cap_per_sector;    /* it can send no more; the rest is lost; 0: no limit */
    /* Multilateration. */
    uint32_t station_first, station_count; /* 0: a ring of its own */
    double arrival_sigma_s;
    /* A receiver's clock. */
    double clock_offset_s, clock_drift_ppm;
    double arrival_jitter_s; /* 1 sigma of a stamp */
    /* The line from it. */
    double delay_s, delay_jitter_s;       /* jitter: uniform in [0, jitter) */
    double loss, duplication, reordering; /* chance of each packet, [0, 1) */
    uint16_t port;                        /* UDP for ASTERIX, TCP for Beast */
} ap_scenario_sensor;

/* What goes wrong, when, with whom. */
/* clang-format off */
#define AP_FAULT_MAP(X)                                                              \
    X(OUTAGE,        "outage",        "sensor: sends nothing")                       \
    X(NORTH_LOST,    "north_lost",    "radar: no north marker")                      \
    X(AZIMUTH_JUMP,  "azimuth_jump",  "radar: azimuths off by value (rad)")          \
    X(TIME_JUMP,     "time_jump",     "sensor: stamped times off by value (s)")      \
    X(LOSS,          "loss",          "sensor: chance value of losing a packet")     \
    X(EMERGENCY,     "emergency",     "flight: squawks 7500, 7600 or 7700, with alert and " \
                                      "emergency state")                             \
    X(WRONG_CODE,    "wrong_code",    "flight: squawks a code that is not its own")  \
    X(WRONG_ADDRESS, "wrong_address", "flight: sends address value")                 \
    X(ALTITUDE,      "altitude",      "flight: tells an altitude off by value (m)")  \
    X(LATENCY,       "latency",       "flight: squitters a position value (s) old")  \
    X(SILENT,        "silent",        "flight: transponder off")                     \
    X(JAMMING,       "jamming",       "area: no satellite position, or a poor one")  \
    X(GHOSTS,        "ghosts",        "area: value aircraft that are only broadcast") \
    X(RAMP,          "ramp",          "flight, area (from when it comes in): broadcast position " \
                                      "drifts by value (m/s)")                       \
    X(REPLAY,        "replay",        "flight: broadcast again value (s) later, as if it were now")
/* clang-format on */

typedef enum ap_fault_kind {
#define AP_FAULT_ENUM(name, key, text) AP_FAULT_##name,
    AP_FAULT_MAP(AP_FAULT_ENUM)
#undef AP_FAULT_ENUM
        AP_FAULT_COUNT
} ap_fault_kind;

#define AP_FAULT_CODE_DRAWN (-1.0)

typedef struct ap_scenario_fault {
    ap_fault_kind kind;
    double start_s, end_s;
    uint32_t sensor, flight; /* index, or AP_SCENARIO_NONE; a flight that the file names */
    double latitude_rad, longitude_rad, radius_m; /* of an area */
    double value; /* of emergency and wrong_code: the code, AP_FAULT_CODE_DRAWN: one by chance */
    uint32_t code_of;     /* of wrong_code: whose code instead, or AP_SCENARIO_NONE */
    double direction_rad; /* of a ramp: the course of the drift */
} ap_scenario_fault;

typedef struct ap_scenario {
    char name[AP_SCENARIO_NAME_SIZE];
    uint64_t seed;
    ap_utc_ns start_utc;
    double duration_s;      /* [10, 86400] */
    ap_geodetic reference;  /* middle of it all; height 0 */
    double height_offset_m; /* height above the ellipsoid less pressure altitude */
    const ap_scenario_flight *flights;
    uint32_t flight_count;
    const ap_scenario_generator *generators; /* their flights follow the ones above, in order,
                                              * and pieces of falls follow these */
    uint32_t generator_count;
    const ap_waypoint *waypoints;
    const ap_path_point *path;
    const ap_wind_level *wind; /* by altitude; none: still air */
    uint32_t wind_count;
    const ap_scenario_sensor *sensors;
    uint32_t sensor_count;
    const ap_mask_entry *mask;
    const ap_reflector *reflectors;
    const ap_clutter_area *areas;
    const ap_station *stations;
    const ap_scenario_fault *faults;
    uint32_t fault_count;
    double truth_step_s; /* of truth.csv */
} ap_scenario;

#endif
