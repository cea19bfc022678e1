/* `airpicture check`: a configuration as the service would take it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/engine.h"
#include "app/run_config.h"
#include "app/run_tokens.h"
#include "app/sensors.h"
#include "io/http.h"

const ap_option ap_check_options[] = {
    { 0, "keys", NULL, "Print the keys of a configuration as Markdown, and end." },
    { .name = NULL },
};

static int take_option(void *context, size_t option, const char *value)
{
    (void)option; /* there is one */
    (void)value;
    *(bool *)context = true;
    return AP_EXIT_OK;
}

/* What no reader of the file can see: addresses, rates of lines. */
static int check_inputs(const ap_command *command, const ap_run_config *config)
{
    char message[AP_IO_MESSAGE_SIZE];
    int status = AP_EXIT_OK;
    for (uint32_t i = 0; i < config->input_count; i++) {
        const ap_live_config input = ap_run_live_config(&config->inputs[i]);
        if (ap_live_check(&input, message))
            status = ap_command_fail(command, AP_EXIT_CONFIG, "input '%s': %s",
                                     config->inputs[i].name, message);
    }
    return status;
}

/* The sensors as the service would take them. */
static int check_sensors(const ap_command *command, const ap_run_config *config)
{
    ap_engine_config from = ap_engine_config_default();
    ap_engine *engine = calloc(1, sizeof *engine);
    from.source_cap = config->input_count;
    if (!engine || ap_engine_init(engine, &from)) {
        free(engine);
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    }
    int status = ap_sensors_read_service(command, config, &engine->sensors);
    ap_engine_close(engine);
    free(engine);
    return status;
}

static int check_tokens(const ap_command *command, const ap_run_config *config)
{
    ap_tokens *tokens = malloc(sizeof *tokens);
    int status = !tokens ? ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted")
                 : *config->http.tokens ? ap_run_tokens_read(command, config->http.tokens, tokens)
                                        : AP_EXIT_OK;
    free(tokens);
    return status;
}

static int check_certificate(const ap_command *command, const ap_run_config *config)
{
    const ap_run_http *http = &config->http;
    char message[AP_IO_MESSAGE_SIZE];
    if (!http->is_on || !*http->certificate ||
        ap_http_check_certificate(http->certificate, http->key, message) == AP_OK)
        return AP_EXIT_OK;
    return ap_command_fail(command, AP_EXIT_CONFIG, "%s", message);
}

static int check_password(const ap_command *command, const ap_run_config *config)
{
    const char *path = config->archive.postgres.password_file;
    return *path && access(path, R_OK)
               ? ap_command_fail(command, AP_EXIT_NO_INPUT, "password_file '%s': %s", path,
                                 strerror(errno))
               : AP_EXIT_OK;
}

int ap_run_config_check(const ap_command *command, const ap_run_config *config)
{
    const int statuses[] = { check_inputs(command, config), check_sensors(command, config),
                             check_tokens(command, config), check_certificate(command, config),
                             check_password(command, config) };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i])
            return statuses[i];
    return AP_EXIT_OK;
}

static int check_file(const ap_command *command, const char *path)
{
    ap_run_config config;
    int status = ap_run_config_read(path, &config);
    if (!status) {
        ap_run_config_print(&config, stdout);
        status = ap_run_config_check(command, &config);
    }
    ap_run_config_close(&config);
    return status;
}

int ap_check_run(const ap_command *command, int argc, char **argv)
{
    bool done, keys = false;
    int operand;
    int status = ap_command_parse(command, argc, argv, take_option, &keys, &operand, &done);
    if (status || done)
        return status;
    if (argc - operand != !keys)
        return ap_command_fail(command, AP_EXIT_USAGE, "expected one configuration");
    if (!keys)
        return check_file(command, argv[operand]);
    ap_run_config_keys_print(stdout);
    return AP_EXIT_OK;
}
