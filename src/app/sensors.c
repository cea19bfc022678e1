#include "app/sensors.h"

#include <stdio.h>

#include "app/sensors_file.h"

static void tell(void *context, const ap_sensors_file_error *error)
{
    const char *path = context;
    if (error->line > 0)
        fprintf(stderr, "%s:%d:%d: %s\n", path, error->line, error->column, error->text);
    else
        fprintf(stderr, "%s: %s\n", path, error->text);
}

int ap_sensors_read(const ap_command *command, const char *path, ap_sensor_table *table)
{
    char name[512];
    snprintf(name, sizeof name, "%s", path);
    switch (ap_sensors_file_load(path, table, tell, name)) {
    case AP_OK:
        return AP_EXIT_OK;
    case AP_ERR_NO_INPUT:
        return AP_EXIT_NO_INPUT;
    case AP_ERR_MEMORY:
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    default:
        return ap_command_fail(command, AP_EXIT_CONFIG, "the sensors file '%s' is refused", path);
    }
}
