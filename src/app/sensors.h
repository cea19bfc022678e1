/* The sensors file of a command line: its errors told to people. */
#ifndef AP_APP_SENSORS_H
#define AP_APP_SENSORS_H

#include "airpicture/sensor.h"
#include "app/command.h"
#include "app/run_config.h"

/* Adds the sensors of a file to the table; one that hears nothing, for its input is none of
 * `input_count` or it names none, is warned of. Each error becomes one line on standard error,
 * "FILE:LINE:COLUMN: what; expected ...". Returns 0, AP_EXIT_NO_INPUT, AP_EXIT_CONFIG or
 * AP_EXIT_SOFTWARE. */
int ap_sensors_read(const ap_command *command, const char *path, size_t input_count,
                    ap_sensor_table *table);

/* The same for the service, where a receiver that names no input is heard on that of its name; a
 * configuration may have no sensors file. A filter of an output that names none of them is warned
 * of, too. */
int ap_sensors_read_service(const ap_command *command, const ap_run_config *config,
                            ap_sensor_table *table);

#endif
