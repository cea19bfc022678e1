/* Which tracks an output tells: those within an area, between two levels, of some classes, seen by
 * some sensors. */
#ifndef AP_PUBLISH_TRACK_FILTER_H
#define AP_PUBLISH_TRACK_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/sensor.h"
#include "airpicture/track.h"

/* Every track is of one class, the first that fits from the end of the list. Source of the emitter
 * categories: DO-260B, 2.2.3.2.5.2. */
/* clang-format off */
#define AP_TRACK_CLASS_MAP(X)                                                      \
    X(AIRCRAFT, "aircraft") /* none of the others */                               \
    X(GROUND,   "ground")   /* says that it is on the ground */                    \
    X(VEHICLE,  "vehicle")  /* emitter categories C1 and C2 */                     \
    X(OBSTACLE, "obstacle") /* C3 to C7 */                                         \
    X(LIGHT,    "light")    /* gliders, balloons, parachutists, ultralights: B1 to B4 */ \
    X(DRONE,    "drone")    /* unmanned: B6 */                                     \
    X(FALLING,  "falling")  /* falls by gravity and drag alone */
/* clang-format on */

typedef enum ap_track_class {
#define AP_TRACK_CLASS_ENUM(name, key) AP_TRACK_CLASS_##name,
    AP_TRACK_CLASS_MAP(AP_TRACK_CLASS_ENUM)
#undef AP_TRACK_CLASS_ENUM
        AP_TRACK_CLASS_COUNT
} ap_track_class;

/* "aircraft" ...; NULL outside the list. */
const char *ap_track_class_key(ap_track_class of);
ap_track_class ap_track_class_of(const ap_track *track);

#define AP_TRACK_FILTER_SENSOR_CAP 16u
#define AP_TRACK_FILTER_SENSOR_S 30.0 /* for which a sensor's last report counts */

/* All zero: every track passes. */
typedef struct ap_track_filter {
    bool has_box;
    double south_rad, north_rad; /* south <= north */
    double west_rad, east_rad;   /* west > east: across the antimeridian */
    bool has_level_min, has_level_max;
    double level_min_m, level_max_m; /* pressure altitude; a track without one passes */
    uint32_t classes;                /* bit per ap_track_class; 0: all */
    const char *sensor_names[AP_TRACK_FILTER_SENSOR_CAP];
    uint32_t sensor_count;          /* 0: whoever has seen it */
    const ap_sensor_table *sensors; /* of the tracks; read only where sensor_count > 0 */
} ap_track_filter;

/* Of the track as it stands, at its time_utc. */
bool ap_track_filter_passes(const ap_track_filter *filter, const ap_track *track);

#endif
