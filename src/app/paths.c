#include "app/paths.h"

#include <string.h>

#include "app/source.h"
#include "io/output.h"

bool ap_path_ends_with(const char *path, const char *ending)
{
    size_t size = strlen(path), ending_size = strlen(ending);
    return size >= ending_size && strcmp(path + size - ending_size, ending) == 0;
}

const char *ap_path_text(const char *path, char *text, size_t size)
{
    size_t at = 0;
    for (; path[at] && at + 1 < size; at++) {
        unsigned char c = (unsigned char)path[at];
        text[at] = c < 0x20 || c == 0x7F ? '?' : path[at];
    }
    text[at] = '\0';
    return text;
}

static int refuse_input(const ap_command *command, const ap_named_path *output, const char *input,
                        const char *what)
{
    char text[512];
    if (!input || !ap_output_would_write(output->path, input))
        return AP_EXIT_OK;
    return ap_command_fail(command, AP_EXIT_USAGE,
                           "%s would write over the %s '%s'; name another file", output->option,
                           what, ap_path_text(input, text, sizeof text));
}

static int check_output(const ap_command *command, const ap_named_path *outputs, size_t index,
                        const char *const *inputs, size_t input_count, const char *sensors_path)
{
    const ap_named_path *output = &outputs[index];
    char text[512];
    if (ap_path_ends_with(output->path, ".gz") || ap_path_ends_with(output->path, ".zst"))
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "%s '%s' would not be packed; name '-' and pipe it through gzip or "
                               "zstd",
                               output->option, ap_path_text(output->path, text, sizeof text));
    for (size_t i = 0; i < index; i++)
        if (outputs[i].path && (strcmp(outputs[i].path, output->path) == 0 ||
                                ap_output_would_write(output->path, outputs[i].path)))
            return ap_command_fail(command, AP_EXIT_USAGE,
                                   "%s and %s name the same file; give each its own",
                                   outputs[i].option, output->option);
    for (size_t i = 0; i < input_count; i++)
        if (refuse_input(command, output, inputs[i], "input"))
            return AP_EXIT_USAGE;
    return refuse_input(command, output, sensors_path, "sensors file");
}

int ap_paths_check(const ap_command *command, const ap_named_path *outputs, size_t output_count,
                   const char *const *inputs, size_t input_count, const char *sensors_path)
{
    size_t standard_count = 0;
    if (input_count > AP_INPUT_CAP)
        return ap_command_fail(command, AP_EXIT_USAGE, "more than %u inputs; join some of them",
                               AP_INPUT_CAP);
    for (size_t i = 0; i < input_count; i++)
        standard_count += strcmp(inputs[i], "-") == 0;
    if (standard_count > 1)
        return ap_command_fail(command, AP_EXIT_USAGE, "standard input can be read only once");
    for (size_t i = 0; i < output_count; i++)
        if (outputs[i].path && check_output(command, outputs, i, inputs, input_count, sensors_path))
            return AP_EXIT_USAGE;
    return AP_EXIT_OK;
}
