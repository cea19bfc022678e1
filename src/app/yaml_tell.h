/* YAML nodes as values and as words for people, and what is wrong with them, told with its place.
 * Shared by the readers of the program's files. */
#ifndef AP_APP_YAML_TELL_H
#define AP_APP_YAML_TELL_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

typedef struct ap_yaml_error {
    int line, column; /* from 1; 0 when the file as a whole is meant */
    const char *text; /* "what is wrong; expected ...", one line; valid during the call */
} ap_yaml_error;

typedef void (*ap_yaml_error_fn)(void *context, const ap_yaml_error *error);

/* A file on its way. */
typedef struct ap_yaml_reading {
    yaml_document_t document;
    ap_yaml_error_fn on_error; /* may be NULL */
    void *context;
    size_t error_count;
} ap_yaml_reading;

/* One error, "what is wrong; expected ...": at a place, or of the file as a whole. */
__attribute__((format(printf, 3, 4))) void ap_yaml_tell_at(ap_yaml_reading *reading,
                                                           yaml_mark_t mark, const char *format,
                                                           ...);
__attribute__((format(printf, 2, 3))) void ap_yaml_tell_file(ap_yaml_reading *reading,
                                                             const char *format, ...);

/* Characters of a key or value in a message. */
#define AP_YAML_SHOWN_MAX 40

typedef struct ap_yaml_shown {
    char text[AP_YAML_SHOWN_MAX + 4];
} ap_yaml_shown;

/* Text of a scalar for a message: short, control characters replaced. */
ap_yaml_shown ap_yaml_show(const yaml_node_t *scalar);

/* "a list", "a group of keys" or "a single value". */
const char *ap_yaml_shape_of(const yaml_node_t *node);

/* Of a scalar. */
static inline const char *ap_yaml_text_of(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

/* A decimal number of a scalar, without quotes: no hexadecimal, no infinity, no blanks. */
bool ap_yaml_number(const yaml_node_t *scalar, bool whole, double *number);

/* Edits (insert, delete, replace a character) that turn one key into another; texts beyond
 * AP_YAML_SHOWN_MAX count as far away (SIZE_MAX). */
size_t ap_yaml_edit_distance(const char *a, const char *b);

/* Length of a key without the unit behind its last underscore. */
size_t ap_yaml_stem_size(const char *key);

#endif
