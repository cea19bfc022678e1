#include "app/requirements.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/geo.h"
#include "app/yaml_file.h"

/* ---- units ---- */

typedef struct unit {
    const char *name, *kind; /* kind: the SI unit of what it measures */
    double si;
} unit;

static const unit units[] = {
    { "m", "m", 1.0 },
    { "km", "m", 1000.0 },
    { "NM", "m", AP_M_PER_NMI },
    { "ft", "m", AP_M_PER_FT },
    { "s", "s", 1.0 },
    { "ms", "s", 0.001 },
    { "min", "s", 60.0 },
    { "h", "s", 3600.0 },
    { "m/s", "m/s", 1.0 },
    { "kt", "m/s", AP_MPS_PER_KT },
    { "ft/min", "m/s", AP_M_PER_FT / 60.0 },
    { "deg", "rad", AP_RAD_PER_DEG },
    { "rad", "rad", 1.0 },
    { "%", "1", 0.01 },
    { "", "1", 1.0 },
    { "/h", "1/h", 1.0 },
    { "NM2", "m2", AP_M_PER_NMI *AP_M_PER_NMI },
    { "km2", "m2", 1e6 },
    { "m2", "m2", 1.0 },
};

typedef struct loader {
    ap_yaml_reading reading;
    ap_requirement_table *table;
    double interval_s;
    char confidence;
} loader;

/* ---- values ---- */

/* What a row says before it is a requirement: numbers wait for the quantity, which tells their
 * unit. */
typedef struct draft {
    const yaml_node_t *at;
    ap_requirement_row row;
    const yaml_node_t *limit, *threshold, *threshold_2;
    bool has_quantity, has_level, has_text;
} draft;

static const char *text_of(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

static void copy(loader *load, const yaml_node_t *node, char *into, size_t size, const char *key)
{
    size_t length = strlen(text_of(node));
    if (node->type != YAML_SCALAR_NODE || length == 0)
        ap_yaml_tell_at(&load->reading, node->start_mark, "%s is no text; expected one line of it",
                        key);
    else if (length >= size)
        ap_yaml_tell_at(&load->reading, node->start_mark,
                        "%s of %zu characters; expected at most %zu", key, length, size - 1);
    else
        memcpy(into, text_of(node), length + 1);
}

/* A number and a unit of this kind ("m"); NULL: any. */
static bool measure(loader *load, const yaml_node_t *node, const char *key, const char *kind,
                    double *si, const unit **found)
{
    char *end;
    const char *text = text_of(node);
    double value = strtod(text, &end);
    bool is_number = end != text && isfinite(value);
    while (*end == ' ')
        end++;
    for (size_t i = 0; is_number && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, end) == 0 && (!kind || strcmp(units[i].kind, kind) == 0)) {
            *si = value * units[i].si;
            if (found)
                *found = &units[i];
            return true;
        }
    char list[120] = "";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].name[0] && (!kind || strcmp(units[i].kind, kind) == 0))
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s'%s'", *list ? ", " : "",
                     units[i].name);
    ap_yaml_tell_at(&load->reading, node->start_mark,
                    "%s is '%.40s'; expected a number and a unit of %s", key, text, list);
    return false;
}

static void take_word(loader *load, const yaml_node_t *node, const char *key,
                      int (*from_key)(const char *), const char *(*key_of)(int), int count,
                      int *value)
{
    int found = from_key(text_of(node));
    if (found >= 0) {
        *value = found;
        return;
    }
    char list[1000] = "";
    for (int i = 0; i < count; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", key_of(i));
    ap_yaml_tell_at(&load->reading, node->start_mark, "%s '%.40s' is not known; expected one of %s",
                    key, text_of(node), list);
}

#define WORD_OF(name, type)                                                                        \
    static const char *name##_word(int i)                                                          \
    {                                                                                              \
        return ap_##name##_key((type)i);                                                           \
    }
WORD_OF(quantity, ap_quantity)
WORD_OF(statistic, ap_statistic)
WORD_OF(scope, ap_scope)
WORD_OF(phase, ap_phase)
WORD_OF(identity_kind, ap_identity_kind)
WORD_OF(sensor_class, ap_sensor_class)

static void take_level(loader *load, const yaml_node_t *node, draft *d)
{
    d->has_level = true;
    d->row.is_mandatory = strcmp(text_of(node), "mandatory") == 0;
    if (!d->row.is_mandatory && strcmp(text_of(node), "recommended") != 0)
        ap_yaml_tell_at(&load->reading, node->start_mark,
                        "level '%.40s'; expected 'mandatory' or 'recommended'", text_of(node));
}

static void take_confidence(loader *load, const yaml_node_t *node, char *confidence)
{
    const char *text = text_of(node);
    if (text[0] && strchr("VMCP", text[0]) && !text[1])
        *confidence = text[0];
    else
        ap_yaml_tell_at(
            &load->reading, node->start_mark,
            "confidence '%.40s'; expected V (read in a public source), M (from memory), C "
            "(computed) or P (a proposal)",
            text);
}

static void take_count(loader *load, const yaml_node_t *node, const char *key, uint32_t *count)
{
    double value;
    if (!ap_parse_number(text_of(node), 1, 1e9, &value) || value != floor(value))
        ap_yaml_tell_at(&load->reading, node->start_mark,
                        "%s is '%.40s'; expected a whole number from 1", key, text_of(node));
    else
        *count = (uint32_t)value;
}

static void take_limit(loader *load, const yaml_node_t *node, draft *d, bool at_least)
{
    if (d->limit)
        ap_yaml_tell_at(&load->reading, node->start_mark,
                        "a second limit; expected one of at_most and at_least");
    d->limit = node;
    d->row.requirement.at_least = at_least;
}

/* ---- keys of a row ---- */

/* The next key of a group of keys and its value; one that came before is told, and left out. */
static const char *next_key(loader *load, const yaml_node_t *group, const yaml_node_pair_t *pair,
                            const yaml_node_t **key, const yaml_node_t **value)
{
    *key = yaml_document_get_node(&load->reading.document, pair->key);
    *value = yaml_document_get_node(&load->reading.document, pair->value);
    const char *word = text_of(*key);
    for (const yaml_node_pair_t *before = group->data.mapping.pairs.start; before < pair; before++)
        if (strcmp(text_of(yaml_document_get_node(&load->reading.document, before->key)), word) ==
            0) {
            ap_yaml_tell_at(&load->reading, (*key)->start_mark,
                            "key '%.40s' again; expected it once", word);
            return NULL;
        }
    return word;
}

static bool take_plain(loader *load, const char *key, const yaml_node_t *node, draft *d)
{
    ap_requirement *r = &d->row.requirement;
    if (strcmp(key, "row") == 0)
        copy(load, node, d->row.name, sizeof d->row.name, key);
    else if (strcmp(key, "text") == 0)
        copy(load, node, d->row.text, sizeof d->row.text, key);
    else if (strcmp(key, "note") == 0)
        copy(load, node, d->row.note, sizeof d->row.note, key);
    else if (strcmp(key, "source") == 0)
        copy(load, node, d->row.source, sizeof d->row.source, key);
    else if (strcmp(key, "level") == 0)
        take_level(load, node, d);
    else if (strcmp(key, "confidence") == 0)
        take_confidence(load, node, &d->row.confidence);
    else if (strcmp(key, "run_length") == 0)
        take_count(load, node, key, &r->run_length);
    else if (strcmp(key, "sample_min") == 0)
        take_count(load, node, key, &r->sample_min);
    else
        return false;
    return true;
}

static bool take_measure(loader *load, const char *key, const yaml_node_t *node, draft *d)
{
    ap_requirement *r = &d->row.requirement;
    if (strcmp(key, "at_most") == 0)
        take_limit(load, node, d, false);
    else if (strcmp(key, "at_least") == 0)
        take_limit(load, node, d, true);
    else if (strcmp(key, "threshold") == 0)
        d->threshold = node;
    else if (strcmp(key, "threshold_2") == 0)
        d->threshold_2 = node;
    else if (strcmp(key, "interval") == 0)
        measure(load, node, key, "s", &r->interval_s, NULL);
    else if (strcmp(key, "window") == 0)
        measure(load, node, key, "s", &r->window_s, NULL);
    else if (strcmp(key, "area") == 0)
        measure(load, node, key, "m2", &r->area_m2, NULL);
    else if (strcmp(key, "fraction") == 0)
        measure(load, node, key, "1", &r->fraction, NULL);
    else if (strcmp(key, "speed_min") == 0)
        measure(load, node, key, "m/s", &r->speed_min_mps, NULL);
    else
        return false;
    return true;
}

static bool take_choice(loader *load, const char *key, const yaml_node_t *node, draft *d)
{
    ap_requirement *r = &d->row.requirement;
    int value = -1;
    if (strcmp(key, "quantity") == 0) {
        d->has_quantity = true;
        take_word(load, node, key, ap_quantity_from_key, quantity_word, AP_QUANTITY_COUNT, &value);
        r->quantity = value >= 0 ? (ap_quantity)value : r->quantity;
    } else if (strcmp(key, "statistic") == 0) {
        take_word(load, node, key, ap_statistic_from_key, statistic_word, AP_STATISTIC_COUNT,
                  &value);
        r->statistic = value >= 0 ? (ap_statistic)value : r->statistic;
    } else if (strcmp(key, "scope") == 0) {
        take_word(load, node, key, ap_scope_from_key, scope_word, AP_SCOPE_COUNT, &value);
        r->scope = value >= 0 ? (ap_scope)value : r->scope;
    } else if (strcmp(key, "phase") == 0) {
        take_word(load, node, key, ap_phase_from_key, phase_word, AP_PHASE_COUNT, &value);
        r->phase = value >= 0 ? (ap_phase)value : r->phase;
    } else if (strcmp(key, "identity") == 0) {
        take_word(load, node, key, ap_identity_kind_from_key, identity_kind_word,
                  AP_IDENTITY_KIND_COUNT, &value);
        r->identity = value >= 0 ? (ap_identity_kind)value : r->identity;
    } else if (strcmp(key, "sensors") == 0) {
        take_word(load, node, key, ap_sensor_class_from_key, sensor_class_word,
                  AP_SENSOR_CLASS_COUNT, &value);
        r->sensors = value >= 0 ? (ap_sensor_class)value : r->sensors;
    } else {
        return false;
    }
    return true;
}

/* ---- rows ---- */

static const char *threshold_kind(const ap_requirement *r)
{
    switch (r->quantity) {
    case AP_QUANTITY_PROXIMATE_TIME:
    case AP_QUANTITY_CORRELATED_ERROR:
    case AP_QUANTITY_ALTITUDE_CORRECT:
    case AP_QUANTITY_FALSE_TRACK_NEAR:
        return "m";
    case AP_QUANTITY_LONG_GAP:
    case AP_QUANTITY_GAP:
        return "s";
    default:
        return ap_quantity_unit(r->quantity);
    }
}

static void finish_row(loader *load, draft *d)
{
    ap_requirement *r = &d->row.requirement;
    const unit *found = NULL;
    bool is_measured = r->quantity != AP_QUANTITY_NOT_MEASURED;
    size_t errors = load->reading.error_count;
    if (!d->row.name[0] || !d->row.text[0] || !d->has_quantity || !d->limit || !d->has_level)
        ap_yaml_tell_at(
            &load->reading, d->at->start_mark,
            "a row without %s; expected row, text, quantity, level, and at_most or at_least",
            !d->row.name[0]    ? "row"
            : !d->row.text[0]  ? "text"
            : !d->has_quantity ? "quantity"
            : !d->limit        ? "at_most or at_least"
                               : "level");
    if (d->threshold)
        measure(load, d->threshold, "threshold", threshold_kind(r), &r->threshold, NULL);
    if (d->threshold_2)
        measure(load, d->threshold_2, "threshold_2", threshold_kind(r), &r->threshold_2, NULL);
    if (d->limit && measure(load, d->limit, "the limit",
                            is_measured ? ap_requirement_unit(r) : NULL, &r->limit, &found)) {
        snprintf(d->row.unit, sizeof d->row.unit, "%s", found->name);
        d->row.unit_si = found->si;
    }
    const char *fault =
        load->reading.error_count == errors && is_measured ? ap_requirement_fault(r) : NULL;
    if (fault)
        ap_yaml_tell_at(&load->reading, d->at->start_mark, "row %s: %s", d->row.name, fault);
}

static void load_row(loader *load, const yaml_node_t *node)
{
    ap_requirement_table *table = load->table;
    draft d = { .at = node, .row.requirement.interval_s = load->interval_s };
    d.row.confidence = load->confidence;
    if (node->type != YAML_MAPPING_NODE) {
        ap_yaml_tell_at(&load->reading, node->start_mark,
                        "a row is no group of keys; expected '- row: NAME' and more");
        return;
    }
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key, *value;
        const char *word = next_key(load, node, pair, &key, &value);
        if (word && !take_plain(load, word, value, &d) && !take_measure(load, word, value, &d) &&
            !take_choice(load, word, value, &d))
            ap_yaml_tell_at(
                &load->reading, key->start_mark,
                "key '%.40s' is not known; expected row, text, quantity, statistic, scope, phase, "
                "identity, sensors, at_most, at_least, threshold, threshold_2, interval, window, "
                "area, "
                "fraction, speed_min, run_length, sample_min, level, confidence, source or note",
                word);
    }
    finish_row(load, &d);
    if (table->row_count >= AP_REQUIREMENT_ROW_CAP)
        ap_yaml_tell_at(&load->reading, node->start_mark, "one row too many; expected at most %d",
                        AP_REQUIREMENT_ROW_CAP);
    else
        table->row[table->row_count++] = d.row;
}

static void load_rows(loader *load, const yaml_node_t *list)
{
    if (list->type != YAML_SEQUENCE_NODE) {
        ap_yaml_tell_at(&load->reading, list->start_mark,
                        "rows is no list; expected '- row: NAME' and more");
        return;
    }
    const yaml_node_item_t *item = list->data.sequence.items.start;
    for (; item < list->data.sequence.items.top; item++)
        load_row(load, yaml_document_get_node(&load->reading.document, *item));
}

static void take_head(loader *load, const char *word, const yaml_node_t *key,
                      const yaml_node_t *value)
{
    ap_requirement_table *table = load->table;
    if (strcmp(word, "table") == 0)
        copy(load, value, table->name, sizeof table->name, word);
    else if (strcmp(word, "title") == 0)
        copy(load, value, table->title, sizeof table->title, word);
    else if (strcmp(word, "source") == 0)
        copy(load, value, table->source, sizeof table->source, word);
    else if (strcmp(word, "confidence") == 0)
        take_confidence(load, value, &load->confidence);
    else if (strcmp(word, "interval") == 0)
        measure(load, value, word, "s", &load->interval_s, NULL);
    else
        ap_yaml_tell_at(&load->reading, key->start_mark,
                        "key '%.40s' is not known; expected table, title, source, confidence, "
                        "interval or rows",
                        word);
}

static void load_document(void *context)
{
    loader *load = context;
    const yaml_node_t *root = yaml_document_get_root_node(&load->reading.document), *rows = NULL;
    yaml_mark_t begin = { 0 };
    if (!root || root->type != YAML_MAPPING_NODE) {
        ap_yaml_tell_at(&load->reading, begin,
                        "no group of keys; expected table, title, source, confidence and rows");
        return;
    }
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
    for (; pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key, *value;
        const char *word = next_key(load, root, pair, &key, &value);
        if (word && strcmp(word, "rows") == 0)
            rows = value;
        else if (word)
            take_head(load, word, key, value);
    }
    if (!load->table->name[0] || !load->table->title[0] || !load->table->source[0] || !rows)
        ap_yaml_tell_at(&load->reading, root->start_mark,
                        "a table without %s; expected table, title, source, confidence and rows",
                        !load->table->name[0]     ? "table"
                        : !load->table->title[0]  ? "title"
                        : !load->table->source[0] ? "source"
                                                  : "rows");
    if (rows)
        load_rows(load, rows);
}

static const ap_yaml_form form = { "a table of requirements", "a table" };

/* Where the lines on standard error go. */
typedef struct said_of {
    const ap_command *command;
    const char *path;
} said_of;

static void say(void *context, const ap_yaml_error *error)
{
    const said_of *of = context;
    if (error->line > 0)
        fprintf(stderr, "airpicture %s: %s:%d:%d: %s\n", of->command->name, of->path, error->line,
                error->column, error->text);
    else
        fprintf(stderr, "airpicture %s: %s: %s\n", of->command->name, of->path, error->text);
}

static int exit_of(const ap_command *command, ap_err err)
{
    if (err == AP_ERR_MEMORY)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    return err == AP_ERR_NO_INPUT ? AP_EXIT_NO_INPUT : err ? AP_EXIT_CONFIG : AP_EXIT_OK;
}

int ap_requirements_parse(const ap_command *command, const char *path, const char *text,
                          size_t size, ap_requirement_table *table)
{
    said_of of = { command, path };
    loader load = { .reading = { .on_error = say, .context = &of },
                    .table = table,
                    .confidence = 'P' };
    *table = (ap_requirement_table){ 0 };
    return exit_of(command, ap_yaml_parse(&load.reading, &form, text, size, load_document, &load));
}

int ap_requirements_read(const ap_command *command, const char *path, ap_requirement_table *table)
{
    said_of of = { command, path };
    ap_yaml_reading reading = { .on_error = say, .context = &of };
    char *text;
    size_t size;
    ap_err err = ap_yaml_file_text(&reading, &form, path, &text, &size);
    if (err)
        return exit_of(command, err);
    int status = ap_requirements_parse(command, path, text, size, table);
    free(text);
    return status;
}
