/* What is wrong in a sensors file, told with its place, and YAML nodes as words for that. */
#ifndef AP_APP_SENSORS_TELL_H
#define AP_APP_SENSORS_TELL_H

#include "app/sensors_file.h"

#include <stddef.h>

#include <yaml.h>

/* A file on its way. */
typedef struct ap_sensors_reading {
    yaml_document_t document;
    ap_sensors_file_error_fn on_error; /* may be NULL */
    void *context;
    size_t error_count;
} ap_sensors_reading;

/* One error, "what is wrong; expected ...": at a place, or of the file as a whole. */
__attribute__((format(printf, 3, 4))) void ap_sensors_tell_at(ap_sensors_reading *reading,
                                                              yaml_mark_t mark, const char *format,
                                                              ...);
__attribute__((format(printf, 2, 3))) void ap_sensors_tell_file(ap_sensors_reading *reading,
                                                                const char *format, ...);

/* Characters of a key or value in a message. */
#define AP_SENSORS_SHOWN_MAX 40

typedef struct ap_sensors_shown {
    char text[AP_SENSORS_SHOWN_MAX + 4];
} ap_sensors_shown;

/* Text of a scalar for a message: short, control characters replaced. */
ap_sensors_shown ap_sensors_show(const yaml_node_t *scalar);

/* "a list", "a group of keys" or "a single value". */
const char *ap_sensors_shape_of(const yaml_node_t *node);

/* Of a scalar. */
static inline const char *ap_sensors_text_of(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

#endif
