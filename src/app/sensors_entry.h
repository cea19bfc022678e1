/* One entry of the sensors file: read, judged, made a sensor. */
#ifndef AP_APP_SENSORS_ENTRY_H
#define AP_APP_SENSORS_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/asterix.h"
#include "airpicture/sensor.h"
#include "app/sensors_keys.h"

/* One sensor as it is written, before it is judged. */
typedef struct ap_sensors_entry {
    yaml_mark_t mark;                       /* of the entry */
    const yaml_node_t *value[AP_KEY_COUNT]; /* NULL: the key is absent */
    bool good[AP_KEY_COUNT];                /* present and in its range */
    double number[AP_KEY_COUNT];
    ap_sensor_kind kind;
    uint64_t receiver;
    ap_clock_kind clock;
} ap_sensors_entry;

/* Reads an entry, `node` a group of keys, and tells what is wrong in it. */
void ap_sensors_entry_read(ap_yaml_reading *reading, const yaml_node_t *node,
                           ap_sensors_entry *into);

/* Tells what an entry shares with one before it, of what two sensors of a file may not share. */
void ap_sensors_entry_distinct(ap_yaml_reading *reading, const ap_sensors_entry *of,
                               const ap_sensors_entry *before);

/* Hands the editions of a sensor on; tells when there is no room. */
void ap_sensors_entry_choose_editions(ap_yaml_reading *reading, const ap_sensors_entry *from,
                                      ap_asterix_editions *editions);

/* A sensor of an entry; meaningless, but defined, when the entry has errors. */
ap_sensor ap_sensors_entry_sensor(const ap_sensors_entry *from);

#endif
