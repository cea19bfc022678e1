/* Craft: what flies in a simulated sky, and what each can do. */
#ifndef AP_SIMULATE_CRAFT_H
#define AP_SIMULATE_CRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define AP_CRAFT_MAP(X)                                                              \
    X(AIRLINER,    "airliner",    "jet or turboprop transport")                      \
    X(LIGHT,       "light",       "light aeroplane")                                 \
    X(JET,         "jet",         "fast manoeuvring jet")                            \
    X(ROTORCRAFT,  "rotorcraft",  "helicopter")                                      \
    X(MULTIROTOR,  "multirotor",  "drone that can hover")                            \
    X(DRONE,       "drone",       "fixed-wing drone")                                \
    X(BIRD,        "bird",        "bird or flock")                                   \
    X(BALLOON,     "balloon",     "drifts with the wind")                            \
    X(VEHICLE,     "vehicle",     "on the movement area of an airport")              \
    X(FALLING,     "falling",     "falls by gravity and drag alone: debris")
/* clang-format on */

typedef enum ap_craft {
#define AP_CRAFT_ENUM(name, key, text) AP_CRAFT_##name,
    AP_CRAFT_MAP(AP_CRAFT_ENUM)
#undef AP_CRAFT_ENUM
        AP_CRAFT_COUNT
} ap_craft;

/* Orders of magnitude of each class, from type data sheets and from what surveillance standards
 * take for targets; no single type is meant. */
typedef struct ap_craft_limits {
    const char *owner;    /* as in "beyond an airliner's 270 m/s" */
    double speed_min_mps; /* true airspeed in the air; 0: can hover, speeds are over the ground */
    double speed_max_mps;
    double speed_usual_mps;
    double altitude_max_m; /* pressure altitude */
    double altitude_usual_m;
    double climb_max_mps, descent_max_mps;
    double bank_max_rad, turn_max_radps;
    double along_max_mps2;    /* changes of speed */
    double vertical_max_mps2; /* into and out of climbs */
    double roll_mps2;         /* take-off and landing runs */
    double area_m2;           /* mean radar cross-section */
    uint8_t emitter_category; /* as ADS-B tells it: 0xA1..0xC7; 0: none */
} ap_craft_limits;

/* NULL outside the list. */
const ap_craft_limits *ap_craft_limits_of(ap_craft craft);

/* True for what stands in the air where it holds: no racetracks, no minimum speed. */
bool ap_craft_hovers(ap_craft craft);

typedef enum ap_craft_wish {
    AP_CRAFT_WISH_SPEED,    /* m/s, of flight */
    AP_CRAFT_WISH_ALTITUDE, /* m */
    AP_CRAFT_WISH_CLIMB     /* m/s; < 0: descent */
} ap_craft_wish;

/* Whether a class can do that. If not, the reason is in `why` (cut to `size`, terminated):
 * "400 m/s is beyond an airliner's 270 m/s". NaN is no wish and always granted. */
bool ap_craft_check(ap_craft craft, ap_craft_wish wish, double value, char *why, size_t size);

#endif
