/* What `airpicture decode` is asked to do. */
#ifndef AP_APP_DECODE_OPTIONS_H
#define AP_APP_DECODE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/command.h"
#include "app/decode.h"

typedef struct ap_decode_config {
    const ap_command *command;
    ap_decode_form form;
    ap_format format;
    bool has_form; /* `form` was asked for */
    bool with_raw, with_expansion, probe;
    const char *sensors_path, *output_path, *filter_path, *errors_path; /* NULL: not given */
    ap_decode_selection selection;
    ap_asterix_columns *columns; /* NULL: no --items; on the heap, the caller frees it */
    ap_utc_ns start_utc;
    ap_asterix_editions editions;
} ap_decode_config;

/* Takes one of ap_decode_options, as ap_command_parse hands it over; context: the config. */
int ap_decode_take_option(void *context, size_t option, const char *value);

/* The form of the decoder's text. A capture is enough to ask for: then counts are kept only. */
ap_decode_form ap_decode_config_form(const ap_decode_config *config);

/* Makes the columns of --items by the editions that can come. AP_EXIT_USAGE after a line on
 * standard error when they cannot be. */
int ap_decode_config_columns(ap_decode_config *config);

/* No output over an input or another output. AP_EXIT_USAGE after a line on standard error. */
int ap_decode_config_paths(const ap_decode_config *config, const char *const *inputs,
                           size_t input_count);

#endif
