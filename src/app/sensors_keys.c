#include "app/sensors_keys.h"

#include <stdint.h>
#include <string.h>

#include "app/source.h"

const ap_sensor_key_spec ap_sensor_keys[AP_KEY_COUNT] = {
    [AP_KEY_NAME] = { "name", AP_KEY_TYPE_TEXT, 0, 0, false, "1 to 31 printable characters" },
    [AP_KEY_KIND] = { "kind", AP_KEY_TYPE_KIND, 0, 0, false, AP_SENSOR_KINDS_EXPECTED },
    [AP_KEY_SAC] = { "sac", AP_KEY_TYPE_INTEGER, 0, 255, false, "a whole number from 0 to 255" },
    [AP_KEY_SIC] = { "sic", AP_KEY_TYPE_INTEGER, 0, 255, false, "a whole number from 0 to 255" },
    [AP_KEY_INPUT] = { "input", AP_KEY_TYPE_INTEGER, 1, AP_INPUT_CAP, false,
                       "a whole number from 1 to 4096" },
    [AP_KEY_RECEIVER] = { "receiver", AP_KEY_TYPE_RECEIVER, 0, 0, false,
                          "16 hexadecimal digits, or a UUID" },
    [AP_KEY_CLOCK] = { "clock", AP_KEY_TYPE_CLOCK, 0, 0, false, "ticks, gps or auto" },
    [AP_KEY_LATITUDE] = { "latitude_deg", AP_KEY_TYPE_NUMBER, -90, 90, false,
                          "degrees from -90 to 90" },
    [AP_KEY_LONGITUDE] = { "longitude_deg", AP_KEY_TYPE_NUMBER, -180, 180, false,
                           "degrees from -180 to 180" },
    [AP_KEY_HEIGHT] = { "height_m", AP_KEY_TYPE_NUMBER, -1000, 20000, false,
                        "metres above the ellipsoid from -1000 to 20000" },
    [AP_KEY_RANGE_MAX] = { "range_max_m", AP_KEY_TYPE_NUMBER, 1, 1e7, false,
                           "metres from 1 to 10000000" },
    [AP_KEY_RANGE_MIN] = { "range_min_m", AP_KEY_TYPE_NUMBER, 0, 1e6, false,
                           "metres from 0 to 1000000" },
    [AP_KEY_RANGE_SIGMA] = { "range_sigma_m", AP_KEY_TYPE_NUMBER, 0.01, 1e5, false,
                             "metres from 0.01 to 100000" },
    [AP_KEY_AZIMUTH_SIGMA] = { "azimuth_sigma_deg", AP_KEY_TYPE_NUMBER, 1e-4, 10, false,
                               "degrees from 0.0001 to 10" },
    [AP_KEY_RANGE_RESOLUTION] = { "range_resolution_m", AP_KEY_TYPE_NUMBER, 0.01, 1e5, false,
                                  "metres from 0.01 to 100000" },
    [AP_KEY_AZIMUTH_RESOLUTION] = { "azimuth_resolution_deg", AP_KEY_TYPE_NUMBER, 1e-4, 30, false,
                                    "degrees from 0.0001 to 30" },
    [AP_KEY_POSITION_SIGMA] = { "position_sigma_m", AP_KEY_TYPE_NUMBER, 0.01, 1e5, false,
                                "metres from 0.01 to 100000" },
    [AP_KEY_ALTITUDE_SIGMA] = { "altitude_sigma_m", AP_KEY_TYPE_NUMBER, 0.01, 1e4, false,
                                "metres from 0.01 to 10000" },
    [AP_KEY_DOPPLER_SIGMA] = { "doppler_sigma_mps", AP_KEY_TYPE_NUMBER, 0.01, 1e3, false,
                               "metres a second from 0.01 to 1000" },
    [AP_KEY_RANGE_BIAS] = { "range_bias_m", AP_KEY_TYPE_NUMBER, -1e5, 1e5, false,
                            "metres from -100000 to 100000" },
    [AP_KEY_AZIMUTH_BIAS] = { "azimuth_bias_deg", AP_KEY_TYPE_NUMBER, -180, 180, false,
                              "degrees from -180 to 180" },
    [AP_KEY_LATENCY] = { "latency_s", AP_KEY_TYPE_NUMBER, -60, 60, false,
                         "seconds from -60 to 60" },
    [AP_KEY_TURN] = { "turn_s", AP_KEY_TYPE_NUMBER, 0.05, 600, false, "seconds from 0.05 to 600" },
    [AP_KEY_DETECTION_PROBABILITY] = { "detection_probability", AP_KEY_TYPE_NUMBER, 0, 1, true,
                                       "a number between 0 and 1" },
    [AP_KEY_CLUTTER] = { "clutter_per_turn", AP_KEY_TYPE_NUMBER, 0, 1e6, false,
                         "a number from 0 to 1000000" },
    [AP_KEY_EDITIONS] = { "editions", AP_KEY_TYPE_EDITIONS, 0, 0, false,
                          "categories with an edition each, such as {021: \"2.1\"}" },
};

_Static_assert(AP_INPUT_CAP == 4096, "as ap_sensor_keys[AP_KEY_INPUT] tells people");

/* The key that differs in its unit only ("range_max_km", "turn"), or AP_KEY_COUNT. */
static ap_sensor_key key_of_stem(const char *key)
{
    for (int id = AP_KEY_LATITUDE; id < AP_KEY_COUNT; id++) {
        size_t size = ap_yaml_stem_size(ap_sensor_keys[id].key);
        bool same = strncmp(key, ap_sensor_keys[id].key, size) == 0;
        if (same && (key[size] == '\0' || (key[size] == '_' && !strchr(key + size + 1, '_'))))
            return (ap_sensor_key)id;
    }
    return AP_KEY_COUNT;
}

static ap_sensor_key key_most_like(const char *key)
{
    ap_sensor_key best = AP_KEY_COUNT;
    size_t best_distance = 3; /* two typing errors at most */
    for (int id = 0; id < AP_KEY_COUNT; id++) {
        size_t distance = ap_yaml_edit_distance(key, ap_sensor_keys[id].key);
        if (distance < best_distance && distance < strlen(ap_sensor_keys[id].key)) {
            best_distance = distance;
            best = (ap_sensor_key)id;
        }
    }
    return best;
}

void ap_sensor_key_tell_unknown(ap_yaml_reading *reading, const yaml_node_t *node)
{
    const char *key = ap_yaml_text_of(node);
    ap_sensor_key stem = key_of_stem(key), like = key_most_like(key);
    if (stem < AP_KEY_COUNT)
        ap_yaml_tell_at(reading, node->start_mark, "key '%s' has another unit; expected '%s'",
                        ap_yaml_show(node).text, ap_sensor_keys[stem].key);
    else if (like < AP_KEY_COUNT)
        ap_yaml_tell_at(reading, node->start_mark, "unknown key '%s'; expected '%s', perhaps",
                        ap_yaml_show(node).text, ap_sensor_keys[like].key);
    else
        ap_yaml_tell_at(reading, node->start_mark,
                        "unknown key '%s'; expected one of the keys of a sensor",
                        ap_yaml_show(node).text);
}

ap_sensor_key ap_sensor_key_find(const char *name)
{
    int id = 0;
    while (id < AP_KEY_COUNT && strcmp(ap_sensor_keys[id].key, name) != 0)
        id++;
    return (ap_sensor_key)id;
}
