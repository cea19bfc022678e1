#include "app/yaml_tell.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell_place(ap_yaml_reading *reading, int line, int column, const char *format,
                       va_list args)
{
    char text[1200]; /* lists of words are long */
    reading->error_count++;
    vsnprintf(text, sizeof text, format, args);
    if (reading->on_error)
        reading->on_error(reading->context,
                          &(ap_yaml_error){ .line = line, .column = column, .text = text });
}

void ap_yaml_tell_at(ap_yaml_reading *reading, yaml_mark_t mark, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell_place(reading, (int)mark.line + 1, (int)mark.column + 1, format, args);
    va_end(args);
}

void ap_yaml_tell_file(ap_yaml_reading *reading, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell_place(reading, 0, 0, format, args);
    va_end(args);
}

ap_yaml_shown ap_yaml_show(const yaml_node_t *scalar)
{
    const char *value = ap_yaml_text_of(scalar);
    ap_yaml_shown out = { { 0 } };
    size_t n = 0;
    for (; value[n] && n < AP_YAML_SHOWN_MAX; n++)
        out.text[n] = (unsigned char)value[n] < 0x20 || value[n] == 0x7f ? '?' : value[n];
    /* Never cut inside a UTF-8 sequence. */
    while (value[n] && n > 0 && ((unsigned char)value[n] & 0xC0) == 0x80)
        out.text[--n] = 0;
    if (value[n])
        memcpy(out.text + n, "...", 4);
    return out;
}

const char *ap_yaml_shape_of(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE  ? "a list"
           : node->type == YAML_MAPPING_NODE ? "a group of keys"
                                             : "a single value";
}

bool ap_yaml_number(const yaml_node_t *node, bool whole, double *number)
{
    const char *text = ap_yaml_text_of(node);
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || text[0] == '\0' ||
        strlen(text) != node->data.scalar.length ||
        text[strspn(text, whole ? "+-0123456789" : "+-.0123456789eE")] != '\0')
        return false;
    char *end;
    *number = strtod(text, &end);
    return *end == '\0' && isfinite(*number);
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

size_t ap_yaml_edit_distance(const char *a, const char *b)
{
    size_t row[AP_YAML_SHOWN_MAX + 1];
    size_t b_size = strlen(b);
    if (strlen(a) > AP_YAML_SHOWN_MAX || b_size > AP_YAML_SHOWN_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_size; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = smallest(row[j + 1] + 1, row[j] + 1, replaced);
        }
    }
    return row[b_size];
}

size_t ap_yaml_stem_size(const char *key)
{
    const char *underscore = strrchr(key, '_');
    return underscore ? (size_t)(underscore - key) : strlen(key);
}
