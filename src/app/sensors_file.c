#include "app/sensors_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "app/sensors_entry.h"
#include "app/yaml_file.h"

static const ap_yaml_form form = { "a sensors file", "a list of sensors" };

typedef struct loader {
    ap_yaml_reading reading;
    ap_sensor_table *table;
    uint16_t first;            /* count of the table before this file */
    ap_sensors_entry *entries; /* those added, for cross checks: entries[i] is sensor first + i */
} loader;

static void load_entry(loader *load, const yaml_node_t *node, size_t *entry_count)
{
    if (node->type != YAML_MAPPING_NODE) {
        ap_yaml_tell_at(&load->reading, node->start_mark,
                        "a sensor is %s; expected a group of keys", ap_yaml_shape_of(node));
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
        ap_yaml_tell_at(&load->reading, node->start_mark,
                        "one sensor too many; expected at most %u",
                        (unsigned)(load->table->cap - load->first));
}

static void load_list(loader *load, const yaml_node_t *list)
{
    const yaml_node_item_t *item = list->data.sequence.items.start;
    size_t count = (size_t)(list->data.sequence.items.top - item);
    size_t room = (size_t)(load->table->cap - load->first);
    if (count == 0) {
        ap_yaml_tell_at(&load->reading, list->start_mark,
                        "an empty list of sensors; expected one or more");
        return;
    }
    /* The entry beyond the room of the table is still read, to be told. */
    size_t read_count = count <= room ? count : room + 1, entry_count = 0;
    load->entries = calloc(read_count, sizeof *load->entries);
    if (!load->entries) {
        ap_yaml_tell_file(&load->reading, "memory is exhausted; expected a smaller file");
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
        if (!is_word || strcmp(ap_yaml_text_of(key), "sensors") != 0)
            ap_yaml_tell_at(&load->reading, key->start_mark, "unknown key '%s'; expected 'sensors'",
                            is_word ? ap_yaml_show(key).text : ap_yaml_shape_of(key));
        else if (list)
            ap_yaml_tell_at(&load->reading, key->start_mark,
                            "key 'sensors' again; expected it once");
        else
            list = yaml_document_get_node(&load->reading.document, pair->value);
    }
    return list;
}

static void load_document(void *context)
{
    loader *load = context;
    const yaml_node_t *root = yaml_document_get_root_node(&load->reading.document);
    if (!root) {
        ap_yaml_tell_file(&load->reading, "an empty file; expected the key 'sensors' with a list");
        return;
    }
    if (root->type != YAML_MAPPING_NODE) {
        ap_yaml_tell_at(&load->reading, root->start_mark,
                        "the file is %s; expected the key 'sensors' with a list",
                        ap_yaml_shape_of(root));
        return;
    }
    size_t error_count = load->reading.error_count;
    const yaml_node_t *list = find_list(load, root);
    if (!list && load->reading.error_count == error_count)
        ap_yaml_tell_at(&load->reading, root->start_mark,
                        "no sensors; expected the key 'sensors' with a list");
    else if (list && list->type != YAML_SEQUENCE_NODE)
        ap_yaml_tell_at(&load->reading, list->start_mark,
                        "sensors is %s; expected a list, each entry behind '- '",
                        ap_yaml_shape_of(list));
    else if (list)
        load_list(load, list);
}

ap_err ap_sensors_file_parse(const char *text, size_t size, ap_sensor_table *table,
                             ap_yaml_error_fn on_error, void *context)
{
    loader load = { .table = table,
                    .first = table->count,
                    .reading = { .on_error = on_error, .context = context } };
    ap_asterix_editions before = { 0 };
    if (table->editions)
        before = *table->editions;
    ap_err err = ap_yaml_parse(&load.reading, &form, text, size, load_document, &load);
    if (!err)
        return AP_OK;
    table->count = load.first;
    if (table->editions)
        *table->editions = before;
    return err;
}

ap_err ap_sensors_file_load(const char *path, ap_sensor_table *table, ap_yaml_error_fn on_error,
                            void *context)
{
    ap_yaml_reading reading = { .on_error = on_error, .context = context };
    char *text;
    size_t size;
    ap_err err = ap_yaml_file_text(&reading, &form, path, &text, &size);
    if (!err)
        err = ap_sensors_file_parse(text, size, table, on_error, context);
    free(text);
    return err;
}
