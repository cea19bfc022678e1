/* The keys of a sensor in the sensors file. */
#ifndef AP_APP_SENSORS_KEYS_H
#define AP_APP_SENSORS_KEYS_H

#include <stdbool.h>

#include "app/yaml_tell.h"

#define AP_SENSOR_KINDS_EXPECTED "psr, ssr, mode_s, combined, smr, mlat, adsb or tracker"

/* Keys of one sensor. Those of a number say their unit last. */
typedef enum ap_sensor_key {
    AP_KEY_NAME,
    AP_KEY_KIND,
    AP_KEY_SAC,
    AP_KEY_SIC,
    AP_KEY_INPUT,
    AP_KEY_RECEIVER,
    AP_KEY_CLOCK,
    AP_KEY_LATITUDE,
    AP_KEY_LONGITUDE,
    AP_KEY_HEIGHT,
    AP_KEY_RANGE_MAX,
    AP_KEY_RANGE_MIN,
    AP_KEY_RANGE_SIGMA,
    AP_KEY_AZIMUTH_SIGMA,
    AP_KEY_RANGE_RESOLUTION,
    AP_KEY_AZIMUTH_RESOLUTION,
    AP_KEY_POSITION_SIGMA,
    AP_KEY_ALTITUDE_SIGMA,
    AP_KEY_DOPPLER_SIGMA,
    AP_KEY_RANGE_BIAS,
    AP_KEY_AZIMUTH_BIAS,
    AP_KEY_LATENCY,
    AP_KEY_TURN,
    AP_KEY_DETECTION_PROBABILITY,
    AP_KEY_CLUTTER,
    AP_KEY_EDITIONS,
    AP_KEY_COUNT
} ap_sensor_key;

typedef enum ap_sensor_key_type {
    AP_KEY_TYPE_TEXT,
    AP_KEY_TYPE_KIND,
    AP_KEY_TYPE_RECEIVER,
    AP_KEY_TYPE_CLOCK,
    AP_KEY_TYPE_INTEGER,
    AP_KEY_TYPE_NUMBER,
    AP_KEY_TYPE_EDITIONS
} ap_sensor_key_type;

typedef struct ap_sensor_key_spec {
    const char *key;
    ap_sensor_key_type type;
    double min, max;
    bool open; /* min and max themselves are refused */
    const char *expected;
} ap_sensor_key_spec;

extern const ap_sensor_key_spec ap_sensor_keys[AP_KEY_COUNT];

/* The key of this name, or AP_KEY_COUNT. */
ap_sensor_key ap_sensor_key_find(const char *name);

/* Tells that there is no such key, and which one may be meant: one with another unit, or one that
 * is spelled nearly so. */
void ap_sensor_key_tell_unknown(ap_yaml_reading *reading, const yaml_node_t *node);

#endif
