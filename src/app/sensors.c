#include "app/sensors.h"

#include "app/paths.h"
#include "app/sensors_file.h"

#include <stdio.h>

typedef struct teller {
    const ap_command *command;
    char path[512];
} teller;

static void tell(void *context, const ap_yaml_error *error)
{
    const teller *to = context;
    if (error->line > 0)
        fprintf(stderr, "%s:%d:%d: %s\n", to->path, error->line, error->column, error->text);
    else
        ap_command_fail(to->command, AP_EXIT_NO_INPUT, "%s: %s", to->path, error->text);
}

/* A typing error here would switch the sensor's site and accuracies off, unseen; but one file may
 * serve runs over some of its inputs only. */
static void warn_of_inputs(const ap_command *command, const char *path, size_t input_count,
                           const ap_sensor_table *table)
{
    for (uint16_t i = 0; i < table->count; i++) {
        const ap_sensor *sensor = &table->sensor[i];
        if (sensor->input != AP_INPUT_NONE && sensor->input >= input_count)
            ap_command_fail(command, AP_EXIT_OK,
                            "%s: sensor '%s' is on input %u, this command line has %zu: it hears "
                            "nothing",
                            path, sensor->name, sensor->input + 1u, input_count);
    }
}

int ap_sensors_read(const ap_command *command, const char *path, size_t input_count,
                    ap_sensor_table *table)
{
    teller to = { .command = command };
    ap_path_text(path, to.path, sizeof to.path);
    switch (ap_sensors_file_load(path, table, tell, &to)) {
    case AP_OK:
        warn_of_inputs(command, to.path, input_count, table);
        return AP_EXIT_OK;
    case AP_ERR_NO_INPUT:
        return AP_EXIT_NO_INPUT;
    case AP_ERR_MEMORY:
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    default:
        return ap_command_fail(command, AP_EXIT_CONFIG, "the sensors file '%s' is refused",
                               to.path);
    }
}
