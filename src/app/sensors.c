#include "app/sensors.h"

#include "app/paths.h"
#include "app/sensors_file.h"

#include <stdio.h>
#include <string.h>

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

/* Who is to be found by the name of an input. */
static bool is_named(const ap_sensor *sensor)
{
    return sensor->kind == AP_SENSOR_ADSB && !sensor->has_sac_sic && sensor->input == AP_INPUT_NONE;
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

static void warn_of_unnamed(const ap_command *command, const char *path,
                            const ap_sensor_table *table)
{
    for (uint16_t i = 0; i < table->count; i++)
        if (is_named(&table->sensor[i]))
            ap_command_fail(command, AP_EXIT_OK,
                            "%s: sensor '%s' has neither 'sac' and 'sic' nor 'input': it hears "
                            "only the service's input of that name",
                            path, table->sensor[i].name);
}

static void warn_of_names(const ap_command *command, const ap_run_config *config,
                          const ap_sensor_table *table)
{
    for (uint16_t i = 0; i < table->count; i++) {
        const ap_sensor *sensor = &table->sensor[i];
        bool is_found = !is_named(sensor);
        for (uint32_t k = 0; k < config->input_count; k++)
            is_found = is_found || strcmp(config->inputs[k].name, sensor->name) == 0;
        if (!is_found)
            ap_command_fail(command, AP_EXIT_OK,
                            "%s: sensor '%s' is the name of no input, and it has neither 'sac' and "
                            "'sic' nor 'input': it hears nothing",
                            config->sensors, sensor->name);
    }
}

static bool is_in(const ap_sensor_table *table, const char *name)
{
    for (uint16_t i = 0; i < table->count; i++)
        if (strcmp(table->sensor[i].name, name) == 0)
            return true;
    return false;
}

/* Sensors that the file does not describe are found, and named, by what they send: so one that is
 * not there yet is no error. */
static void warn_of_filters(const ap_command *command, const ap_run_config *config,
                            const ap_sensor_table *table)
{
    for (uint32_t i = 0; i < config->output_count; i++) {
        const ap_run_output *output = &config->outputs[i];
        for (uint32_t k = 0; k < output->filter.sensor_count; k++)
            if (!is_in(table, output->sensors[k]))
                ap_command_fail(
                    command, AP_EXIT_OK,
                    "output '%s': no sensor is described as '%s'; it lets nothing pass "
                    "for it unless one is found by that name, such as 'SAC/SIC 025/001' "
                    "or 'receiver 1'",
                    output->name, output->sensors[k]);
    }
}

static int load(const ap_command *command, const char *path, ap_sensor_table *table)
{
    teller to = { .command = command };
    ap_path_text(path, to.path, sizeof to.path);
    switch (ap_sensors_file_load(path, table, tell, &to)) {
    case AP_OK:
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

int ap_sensors_read(const ap_command *command, const char *path, size_t input_count,
                    ap_sensor_table *table)
{
    char text[512];
    int status = load(command, path, table);
    if (status)
        return status;
    ap_path_text(path, text, sizeof text);
    warn_of_inputs(command, text, input_count, table);
    warn_of_unnamed(command, text, table);
    return AP_EXIT_OK;
}

int ap_sensors_read_service(const ap_command *command, const ap_run_config *config,
                            ap_sensor_table *table)
{
    int status = *config->sensors ? load(command, config->sensors, table) : AP_EXIT_OK;
    if (status)
        return status;
    warn_of_filters(command, config, table);
    if (!*config->sensors)
        return AP_EXIT_OK;
    warn_of_inputs(command, config->sensors, config->input_count, table);
    warn_of_names(command, config, table);
    return AP_EXIT_OK;
}
