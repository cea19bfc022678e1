/* The sensors file: YAML text to a sensor table.
 *
 *     sensors:
 *       - name: Example
 *         kind: mode_s
 *         sac: 25
 *         sic: 201
 *         latitude_deg: 52.3
 *         longitude_deg: 4.76
 *         height_m: 25
 *
 * A file is taken whole or not at all: with one error in it the table stays as it was. All errors
 * are told, each with the line and column of the key or value it is about. */
#ifndef AP_APP_SENSORS_FILE_H
#define AP_APP_SENSORS_FILE_H

#include <stddef.h>

#include "airpicture/err.h"
#include "airpicture/sensor.h"
#include "app/yaml_tell.h"

/* Adds the sensors of a text to the table, and their editions to table->editions unless NULL.
 * in : text[size]; on_error may be NULL.
 * AP_ERR_CONFIG when anything is refused; AP_ERR_MEMORY. O(n^2) in the sensors of the file. */
ap_err ap_sensors_file_parse(const char *text, size_t size, ap_sensor_table *table,
                             ap_yaml_error_fn on_error, void *context);

/* The same for a file. AP_ERR_NO_INPUT when it cannot be opened or read. */
ap_err ap_sensors_file_load(const char *path, ap_sensor_table *table, ap_yaml_error_fn on_error,
                            void *context);

#endif
