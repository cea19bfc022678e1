/* A file of one YAML document: read, parsed, handed on; what is no YAML is told with its place. */
#ifndef AP_APP_YAML_FILE_H
#define AP_APP_YAML_FILE_H

#include <stddef.h>

#include "airpicture/err.h"
#include "app/yaml_tell.h"

/* A larger file is refused. */
#define AP_YAML_FILE_SIZE_MAX (8u * 1024u * 1024u)

/* What a file is, for messages. */
typedef struct ap_yaml_form {
    const char *file;     /* "a sensors file" */
    const char *contents; /* "a list of sensors" */
} ap_yaml_form;

/* Reads reading->document, which is there until `take` returns; it tells what it does not like. */
typedef void (*ap_yaml_take_fn)(void *context);

/* Parses text[size] and calls `take` with `take_context` when it is YAML.
 * AP_ERR_CONFIG when anything was told, by `take` too; AP_ERR_MEMORY. */
ap_err ap_yaml_parse(ap_yaml_reading *reading, const ap_yaml_form *form, const char *text,
                     size_t size, ap_yaml_take_fn take, void *take_context);

/* The text of a file, for the caller to free. AP_ERR_NO_INPUT, AP_ERR_CONFIG (too large), both
 * told; AP_ERR_MEMORY. */
ap_err ap_yaml_file_text(ap_yaml_reading *reading, const ap_yaml_form *form, const char *path,
                         char **text, size_t *size);

#endif
