/* What a run may not do to its own files: write over an input, or twice into one output. */
#ifndef AP_APP_PATHS_H
#define AP_APP_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/command.h"

/* Outputs of a run by what names them ("--tracks"); a NULL path is not wanted. */
typedef struct ap_named_path {
    const char *option, *path;
} ap_named_path;

/* Refuses, with a line on standard error: an output whose name says that it is packed (.gz, .zst),
 * for none is; an output that is one of the inputs or the sensors file
 * (NULL: none), two outputs of one name, standard input or standard output named twice, more than
 * 4,096 inputs. Returns 0 or AP_EXIT_USAGE. */
int ap_paths_check(const ap_command *command, const ap_named_path *outputs, size_t output_count,
                   const char *const *inputs, size_t input_count, const char *sensors_path);

/* Whether a path ends so, such as ".csv": how an output's name tells its form. */
bool ap_path_ends_with(const char *path, const char *ending);

/* `path` for a terminal: control characters become '?'. Cut at `size`, always terminated. */
const char *ap_path_text(const char *path, char *text, size_t size);

#endif
