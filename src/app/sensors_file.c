#include "app/sensors_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/sensors_entry.h"

#define DEPTH_MAX 32

typedef struct loader {
    ap_sensors_reading reading;
    ap_sensor_table *table;
    uint16_t first;            /* count of the table before this file */
    ap_sensors_entry *entries; /* those added, for cross checks: entries[i] is sensor first + i */
} loader;

static void load_entry(loader *load, const yaml_node_t *node, size_t *entry_count)
{
    if (node->type != YAML_MAPPING_NODE) {
        ap_sensors_tell_at(&load->reading, node->start_mark,
                           "a sensor is %s; expected a group of keys", ap_sensors_shape_of(node));
        return;
    }
    ap_sensors_entry *into = &load->entries[*entry_count];
    ap_sensors_entry_read(&load->reading, node, into);
    for (size_t i = 0; i < *entry_count; i++)
        ap_sensors_entry_distinct(&load->reading, into, &load->entries[i]);
    (*entry_count)++;
    if (load->table->editions)
        ap_sensors_entry_choose_editions(&load->reading, into, load->table->editions);
    ap_sensor sensor = ap_sensors_entry_sensor(into);
    uint16_t index;
    if (ap_sensor_add(load->table, &sensor, &index) != AP_OK)
        ap_sensors_tell_at(&load->reading, node->start_mark,
                           "one sensor too many; expected at most %u",
                           (unsigned)(load->table->cap - load->first));
}

static void load_list(loader *load, const yaml_node_t *list)
{
    const yaml_node_item_t *item = list->data.sequence.items.start;
    size_t count = (size_t)(list->data.sequence.items.top - item);
    size_t room = (size_t)(load->table->cap - load->first);
    if (count == 0) {
        ap_sensors_tell_at(&load->reading, list->start_mark,
                           "an empty list of sensors; expected one or more");
        return;
    }
    /* The entry beyond the room of the table is still read, to be told. */
    size_t read_count = count <= room ? count : room + 1, entry_count = 0;
    load->entries = calloc(read_count, sizeof *load->entries);
    if (!load->entries) {
        ap_sensors_tell_file(&load->reading, "memory is exhausted; expected a smaller file");
        return;
    }
    for (size_t i = 0; i < read_count; i++)
        load_entry(load, yaml_document_get_node(&load->reading.document, item[i]), &entry_count);
    free(load->entries);
}

/* The value of `sensors`, or NULL; other keys of the file are told. */
static const yaml_node_t *find_list(loader *load, const yaml_node_t *root)
{
    const yaml_node_t *list = NULL;
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
    for (; pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&load->reading.document, pair->key);
        bool is_word = key->type == YAML_SCALAR_NODE;
        if (!is_word || strcmp(ap_sensors_text_of(key), "sensors") != 0)
            ap_sensors_tell_at(&load->reading, key->start_mark,
                               "unknown key '%s'; expected 'sensors'",
                               is_word ? ap_sensors_show(key).text : ap_sensors_shape_of(key));
        else if (list)
            ap_sensors_tell_at(&load->reading, key->start_mark,
                               "key 'sensors' again; expected it once");
        else
            list = yaml_document_get_node(&load->reading.document, pair->value);
    }
    return list;
}

static void load_document(loader *load)
{
    const yaml_node_t *root = yaml_document_get_root_node(&load->reading.document);
    if (!root) {
        ap_sensors_tell_file(&load->reading,
                             "an empty file; expected the key 'sensors' with a list");
        return;
    }
    if (root->type != YAML_MAPPING_NODE) {
        ap_sensors_tell_at(&load->reading, root->start_mark,
                           "the file is %s; expected the key 'sensors' with a list",
                           ap_sensors_shape_of(root));
        return;
    }
    size_t error_count = load->reading.error_count;
    const yaml_node_t *list = find_list(load, root);
    if (!list && load->reading.error_count == error_count)
        ap_sensors_tell_at(&load->reading, root->start_mark,
                           "no sensors; expected the key 'sensors' with a list");
    else if (list && list->type != YAML_SEQUENCE_NODE)
        ap_sensors_tell_at(&load->reading, list->start_mark,
                           "sensors is %s; expected a list, each entry behind '- '",
                           ap_sensors_shape_of(list));
    else if (list)
        load_list(load, list);
}

/* Line and column of a byte, for errors of encoding, which libyaml places by offset only. */
static yaml_mark_t mark_of_offset(const char *text, size_t size, size_t offset)
{
    yaml_mark_t mark = { 0 };
    for (size_t i = 0; i < offset && i < size; i++) {
        bool starts = ((unsigned char)text[i] & 0xC0) != 0x80;
        mark.column = text[i] == '\n' ? 0 : mark.column + starts;
        mark.line += text[i] == '\n';
    }
    return mark;
}

/* The byte at a mark, whose index counts characters; '\0' at the end. */
static char byte_at_mark(const char *text, size_t size, yaml_mark_t mark)
{
    size_t characters = 0;
    for (size_t i = 0; i < size; i++) {
        bool starts = ((unsigned char)text[i] & 0xC0) != 0x80;
        if (starts && characters == mark.index)
            return text[i];
        characters += starts;
    }
    return '\0';
}

static void tell_bad_yaml(loader *load, const yaml_parser_t *parser, const char *text, size_t size)
{
    yaml_mark_t mark = parser->problem_mark;
    const char *problem = parser->problem ? parser->problem : "no YAML";
    if (parser->error == YAML_READER_ERROR)
        mark = mark_of_offset(text, size, parser->problem_offset);
    if (parser->error == YAML_SCANNER_ERROR && byte_at_mark(text, size, mark) == '\t')
        ap_sensors_tell_at(&load->reading, mark, "a tab; expected blanks for indentation");
    else if (parser->error == YAML_MEMORY_ERROR)
        ap_sensors_tell_file(&load->reading, "memory is exhausted; expected a smaller file");
    else
        ap_sensors_tell_at(&load->reading, mark, "%s; expected YAML", problem);
}

/* A file is one document. */
static void check_end(loader *load, yaml_parser_t *parser, const char *text, size_t size)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second)) {
        tell_bad_yaml(load, parser, text, size);
        return;
    }
    if (yaml_document_get_root_node(&second))
        ap_sensors_tell_at(&load->reading, second.start_mark, "a second document; expected one");
    yaml_document_delete(&second);
}

/* Brackets of flow style that are open at once: what libyaml does for each grows with their number,
 * and a sensors file needs three. Those in quotes count too: they close again. */
static bool is_too_deep(const char *text, size_t size, yaml_mark_t *mark)
{
    long depth = 0;
    *mark = (yaml_mark_t){ 0 };
    for (size_t i = 0; i < size && depth <= DEPTH_MAX; i++) {
        depth += (text[i] == '[' || text[i] == '{') - (text[i] == ']' || text[i] == '}');
        mark->line += text[i] == '\n';
        mark->column = text[i] == '\n' ? 0 : mark->column + 1;
    }
    return depth > DEPTH_MAX;
}

ap_err ap_sensors_file_parse(const char *text, size_t size, ap_sensor_table *table,
                             ap_sensors_file_error_fn on_error, void *context)
{
    loader load = { .table = table,
                    .first = table->count,
                    .reading = { .on_error = on_error, .context = context } };
    ap_asterix_editions before = { 0 };
    if (table->editions)
        before = *table->editions;
    yaml_mark_t mark;
    if (is_too_deep(text, size, &mark)) {
        ap_sensors_tell_at(&load.reading, mark,
                           "brackets within brackets beyond %d; expected a list of sensors",
                           DEPTH_MAX);
        return AP_ERR_CONFIG;
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return AP_ERR_MEMORY;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    if (yaml_parser_load(&parser, &load.reading.document)) {
        load_document(&load);
        check_end(&load, &parser, text, size);
        yaml_document_delete(&load.reading.document);
    } else {
        tell_bad_yaml(&load, &parser, text, size);
    }
    yaml_parser_delete(&parser);
    if (load.reading.error_count == 0)
        return AP_OK;
    table->count = load.first;
    if (table->editions)
        *table->editions = before;
    return AP_ERR_CONFIG;
}

static ap_err read_file(ap_sensors_reading *reading, FILE *file, char *text, size_t *size)
{
    *size = fread(text, 1, AP_SENSORS_FILE_SIZE_MAX + 1, file);
    if (ferror(file)) {
        ap_sensors_tell_file(reading, "%s; expected a sensors file", strerror(errno));
        return AP_ERR_NO_INPUT;
    }
    if (*size > AP_SENSORS_FILE_SIZE_MAX) {
        ap_sensors_tell_file(reading, "a file too large; expected at most %u bytes",
                             AP_SENSORS_FILE_SIZE_MAX);
        return AP_ERR_CONFIG;
    }
    return AP_OK;
}

ap_err ap_sensors_file_load(const char *path, ap_sensor_table *table,
                            ap_sensors_file_error_fn on_error, void *context)
{
    ap_sensors_reading reading = { .on_error = on_error, .context = context };
    FILE *file = fopen(path, "rb");
    if (!file) {
        ap_sensors_tell_file(&reading, "%s; expected a sensors file", strerror(errno));
        return AP_ERR_NO_INPUT;
    }
    char *text = malloc(AP_SENSORS_FILE_SIZE_MAX + 1);
    size_t size = 0;
    ap_err err = text ? read_file(&reading, file, text, &size) : AP_ERR_MEMORY;
    fclose(file);
    if (!err)
        err = ap_sensors_file_parse(text, size, table, on_error, context);
    free(text);
    return err;
}
