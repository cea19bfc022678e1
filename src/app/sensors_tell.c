#include "app/sensors_tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void tell_place(ap_sensors_reading *reading, int line, int column, const char *format,
                       va_list args)
{
    char text[320];
    reading->error_count++;
    vsnprintf(text, sizeof text, format, args);
    if (reading->on_error)
        reading->on_error(reading->context,
                          &(ap_sensors_file_error){ .line = line, .column = column, .text = text });
}

void ap_sensors_tell_at(ap_sensors_reading *reading, yaml_mark_t mark, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell_place(reading, (int)mark.line + 1, (int)mark.column + 1, format, args);
    va_end(args);
}

void ap_sensors_tell_file(ap_sensors_reading *reading, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell_place(reading, 0, 0, format, args);
    va_end(args);
}

ap_sensors_shown ap_sensors_show(const yaml_node_t *scalar)
{
    const char *value = ap_sensors_text_of(scalar);
    ap_sensors_shown out = { { 0 } };
    size_t n = 0;
    for (; value[n] && n < AP_SENSORS_SHOWN_MAX; n++)
        out.text[n] = (unsigned char)value[n] < 0x20 || value[n] == 0x7f ? '?' : value[n];
    /* Never cut inside a UTF-8 sequence. */
    while (value[n] && n > 0 && ((unsigned char)value[n] & 0xC0) == 0x80)
        out.text[--n] = 0;
    if (value[n])
        memcpy(out.text + n, "...", 4);
    return out;
}

const char *ap_sensors_shape_of(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE  ? "a list"
           : node->type == YAML_MAPPING_NODE ? "a group of keys"
                                             : "a single value";
}
