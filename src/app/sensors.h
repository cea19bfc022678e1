/* The sensors file of a command line: its errors told to people. */
#ifndef AP_APP_SENSORS_H
#define AP_APP_SENSORS_H

#include "airpicture/sensor.h"
#include "app/command.h"

/* Adds the sensors of a file to the table; a sensor bound to an input beyond `input_count`
 * is warned of. Each error becomes one line on standard error,
 * "FILE:LINE:COLUMN: what; expected ...". Returns 0, AP_EXIT_NO_INPUT, AP_EXIT_CONFIG or
 * AP_EXIT_SOFTWARE. */
int ap_sensors_read(const ap_command *command, const char *path, size_t input_count,
                    ap_sensor_table *table);

#endif
