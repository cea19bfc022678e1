#include "app/yaml_entry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/time.h"
#include "base/hex.h"

enum { NAME_SIZE_MAX = 255 }; /* of flights, sensors and files */

/* ---- values ---- */

/* A value as it is written; `plain`: not in quotes. */
typedef struct written {
    const char *text;
    bool plain;
    const yaml_node_t *node; /* NULL: what stands for an absent key */
} written;

static int index_of(const char *text, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return -1;
}

static bool is_whole(ap_yaml_type type)
{
    return type >= AP_YAML_TYPE_U8 && type <= AP_YAML_TYPE_U64;
}

static bool number_of(const written *from, bool whole, double *number)
{
    if (from->node)
        return ap_yaml_number(from->node, whole, number);
    *number = strtod(from->text, NULL);
    return true;
}

/* `number` is in the range of its key, which fits the field. */
static void store_whole(ap_yaml_type type, double number, void *field)
{
    uint64_t u64 = (uint64_t)number;
    uint8_t u8 = (uint8_t)u64;
    uint16_t u16 = (uint16_t)u64;
    uint32_t u32 = (uint32_t)u64;
    if (type == AP_YAML_TYPE_U8)
        memcpy(field, &u8, sizeof u8);
    else if (type == AP_YAML_TYPE_U16)
        memcpy(field, &u16, sizeof u16);
    else if (type == AP_YAML_TYPE_U32)
        memcpy(field, &u32, sizeof u32);
    else
        memcpy(field, &u64, sizeof u64);
}

static bool digits_of(const char *text, size_t count, unsigned base, uint32_t *number)
{
    *number = 0;
    if (strlen(text) != count)
        return false;
    for (; *text; text++) {
        int digit = ap_hex_digit((uint8_t)*text);
        if (digit < 0 || (unsigned)digit >= base)
            return false;
        *number = *number * base + (uint32_t)digit;
    }
    return true;
}

static bool store_text(const written *from, size_t size_max, char *field)
{
    size_t size = strlen(from->text);
    if (size == 0 || size > size_max || from->text[0] == ' ' || from->text[size - 1] == ' ' ||
        (from->node && from->node->data.scalar.length != size))
        return false;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)from->text[i] < 0x20 || from->text[i] == 0x7f)
            return false;
    memcpy(field, from->text, size + 1);
    return true;
}

static bool store_digits(const ap_yaml_key *key, const written *from, void *field)
{
    uint32_t number;
    if (key->type == AP_YAML_TYPE_ADDRESS) {
        if (!digits_of(from->text, 6, 16, &number) || number == 0 || number == 0xFFFFFF)
            return false;
        memcpy(field, &number, sizeof number);
        return true;
    }
    if (!digits_of(from->text, 4, 8, &number))
        return false;
    uint16_t code = (uint16_t)number;
    memcpy(field, &code, sizeof code);
    return true;
}

static bool store_word(const ap_yaml_key *key, const written *from, void *field)
{
    int index = index_of(from->text, key->words);
    if (index < 0)
        return false;
    memcpy(field, &index, sizeof index);
    return true;
}

static bool store_flag(const written *from, void *field)
{
    bool on = strcmp(from->text, "true") == 0;
    if (!from->plain || (!on && strcmp(from->text, "false") != 0))
        return false;
    memcpy(field, &on, sizeof on);
    return true;
}

/* Values that are no numbers. */
static bool store_other(const ap_yaml_key *key, const written *from, void *field)
{
    switch (key->type) {
    case AP_YAML_TYPE_FLAG:
        return store_flag(from, field);
    case AP_YAML_TYPE_WORD:
        return store_word(key, from, field);
    case AP_YAML_TYPE_TEXT:
        return store_text(from, (size_t)key->max, field);
    case AP_YAML_TYPE_TIME: {
        ap_utc_ns time;
        if (ap_utc_parse(from->text, &time))
            return false;
        memcpy(field, &time, sizeof time);
        return true;
    }
    case AP_YAML_TYPE_ADDRESS:
    case AP_YAML_TYPE_CODE:
        return store_digits(key, from, field);
    default: { /* names are for who asked for them */
        char name[NAME_SIZE_MAX + 1];
        return store_text(from, NAME_SIZE_MAX, name);
    }
    }
}

typedef enum fault { FAULT_NONE, FAULT_FORM, FAULT_RANGE } fault;

static fault store(const ap_yaml_key *key, const written *from, void *target)
{
    void *field = key->offset == SIZE_MAX ? NULL : (uint8_t *)target + key->offset;
    if (key->type != AP_YAML_TYPE_NUMBER && !is_whole(key->type))
        return store_other(key, from, field) ? FAULT_NONE : FAULT_FORM;
    double number;
    if (!number_of(from, is_whole(key->type), &number))
        return FAULT_FORM;
    if (number < key->min || number > key->max)
        return FAULT_RANGE;
    if (is_whole(key->type)) {
        store_whole(key->type, number, field);
        return FAULT_NONE;
    }
    number *= key->scale;
    memcpy(field, &number, sizeof number);
    return FAULT_NONE;
}

static void tell_value(ap_yaml_reading *reading, const ap_yaml_key *key, const yaml_node_t *node,
                       fault what)
{
    char expected[400];
    ap_yaml_key_expected(key, expected, sizeof expected);
    const char *like = key->type == AP_YAML_TYPE_WORD
                           ? ap_yaml_word_like(ap_yaml_text_of(node), key->words)
                           : NULL;
    if (like)
        ap_yaml_tell_at(reading, node->start_mark, "unknown %s '%s'; expected '%s', perhaps",
                        key->key, ap_yaml_show(node).text, like);
    else
        ap_yaml_tell_at(reading, node->start_mark, "%s '%s' %s; expected %s", key->key,
                        ap_yaml_show(node).text,
                        what == FAULT_RANGE ? "is out of range" : "cannot be used", expected);
}

static bool read_value(ap_yaml_reading *reading, const ap_yaml_key *key, const yaml_node_t *node,
                       void *target)
{
    yaml_node_type_t wanted = key->type == AP_YAML_TYPE_LIST    ? YAML_SEQUENCE_NODE
                              : key->type == AP_YAML_TYPE_GROUP ? YAML_MAPPING_NODE
                                                                : YAML_SCALAR_NODE;
    if (node->type != wanted) {
        char expected[400];
        ap_yaml_key_expected(key, expected, sizeof expected);
        ap_yaml_tell_at(reading, node->start_mark, "%s is %s; expected %s", key->key,
                        ap_yaml_shape_of(node), expected);
        return false;
    }
    if (wanted != YAML_SCALAR_NODE)
        return true;
    written from = { ap_yaml_text_of(node), node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
                     node };
    fault what = store(key, &from, target);
    if (what)
        tell_value(reading, key, node, what);
    return what == FAULT_NONE;
}

/* ---- keys ---- */

const char *ap_yaml_word_like(const char *text, const char *const *words)
{
    const char *best = NULL;
    size_t best_distance = 3; /* two typing errors at most */
    for (; *words; words++) {
        size_t distance = ap_yaml_edit_distance(text, *words);
        if (distance < best_distance && distance < strlen(*words)) {
            best_distance = distance;
            best = *words;
        }
    }
    return best;
}

/* The key that differs in its unit only. */
static const char *key_of_stem(const ap_yaml_group *group, const char *text)
{
    for (const ap_yaml_key *key = group->keys; key->key; key++) {
        size_t size = ap_yaml_stem_size(key->key);
        bool same = key->type == AP_YAML_TYPE_NUMBER && key->key[size] == '_' &&
                    strncmp(text, key->key, size) == 0;
        if (same && (text[size] == '\0' || (text[size] == '_' && !strchr(text + size + 1, '_'))))
            return key->key;
    }
    return NULL;
}

static void tell_unknown(ap_yaml_reading *reading, const ap_yaml_group *group,
                         const yaml_node_t *node)
{
    const char *text = ap_yaml_text_of(node), *names[AP_YAML_KEY_CAP + 1];
    size_t count = 0;
    for (const ap_yaml_key *key = group->keys; key->key; key++)
        names[count++] = key->key;
    names[count] = NULL;
    const char *stem = key_of_stem(group, text), *like = ap_yaml_word_like(text, names);
    if (like)
        ap_yaml_tell_at(reading, node->start_mark, "unknown key '%s'; expected '%s', perhaps",
                        ap_yaml_show(node).text, like);
    else if (stem)
        ap_yaml_tell_at(reading, node->start_mark, "key '%s' has another unit; expected '%s'",
                        ap_yaml_show(node).text, stem);
    else
        ap_yaml_tell_at(reading, node->start_mark,
                        "unknown key '%s'; expected one of the keys of %s", ap_yaml_show(node).text,
                        group->entry);
}

static size_t row_of(const ap_yaml_group *group, const char *name)
{
    size_t row = 0;
    while (group->keys[row].key && strcmp(group->keys[row].key, name) != 0)
        row++;
    return row;
}

static void read_pair(ap_yaml_reading *reading, const yaml_node_pair_t *pair, void *target,
                      ap_yaml_entry *entry)
{
    const yaml_node_t *key = yaml_document_get_node(&reading->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&reading->document, pair->value);
    if (key->type != YAML_SCALAR_NODE) {
        ap_yaml_tell_at(reading, key->start_mark, "a key is %s; expected one of the keys of %s",
                        ap_yaml_shape_of(key), entry->group->entry);
        return;
    }
    size_t row = row_of(entry->group, ap_yaml_text_of(key));
    if (!entry->group->keys[row].key) {
        tell_unknown(reading, entry->group, key);
    } else if (entry->value[row]) {
        ap_yaml_tell_at(reading, key->start_mark, "key '%s' again; expected it once in %s",
                        entry->group->keys[row].key, entry->group->entry);
    } else {
        entry->value[row] = value;
        entry->good[row] = read_value(reading, &entry->group->keys[row], value, target);
    }
}

/* Two units of one field, and fields that nothing sets. */
static void check_rows(ap_yaml_reading *reading, const ap_yaml_entry *entry)
{
    const ap_yaml_key *keys = entry->group->keys;
    for (size_t row = 0; keys[row].key; row++) {
        for (size_t other = 0; other < row; other++)
            if (keys[row].offset != SIZE_MAX && keys[row].offset == keys[other].offset &&
                entry->value[row] && entry->value[other])
                ap_yaml_tell_at(reading, entry->value[row]->start_mark,
                                "%s beside %s; expected one of the two", keys[row].key,
                                keys[other].key);
        bool absent = keys[row].offset == SIZE_MAX
                          ? !entry->value[row]
                          : !ap_yaml_entry_has_field(entry, keys[row].offset);
        if (keys[row].required && absent)
            ap_yaml_tell_at(reading, entry->mark, "%s without %s; expected the key '%s'",
                            entry->group->entry, keys[row].key, keys[row].key);
    }
}

void ap_yaml_entry_initial(const ap_yaml_group *group, void *target)
{
    for (const ap_yaml_key *key = group->keys; key->key; key++)
        if (key->initial)
            (void)store(key, &(written){ key->initial, true, NULL }, target); /* our own text */
}

bool ap_yaml_entry_read(ap_yaml_reading *reading, const ap_yaml_group *group,
                        const yaml_node_t *node, void *target, ap_yaml_entry *entry)
{
    *entry = (ap_yaml_entry){ .group = group, .mark = node->start_mark };
    ap_yaml_entry_initial(group, target);
    if (node->type != YAML_MAPPING_NODE) {
        ap_yaml_tell_at(reading, node->start_mark, "%s is %s; expected a group of keys",
                        group->entry, ap_yaml_shape_of(node));
        return false;
    }
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++)
        read_pair(reading, pair, target, entry);
    check_rows(reading, entry);
    return true;
}

const yaml_node_t *ap_yaml_entry_value(const ap_yaml_entry *entry, const char *key)
{
    size_t row = row_of(entry->group, key);
    return entry->group->keys[row].key ? entry->value[row] : NULL;
}

bool ap_yaml_entry_good(const ap_yaml_entry *entry, const char *key)
{
    size_t row = row_of(entry->group, key);
    return entry->group->keys[row].key && entry->good[row];
}

void ap_yaml_entry_words(ap_yaml_reading *reading, const ap_yaml_entry *entry, const char *key,
                         ap_yaml_word_fn take, void *context)
{
    if (!ap_yaml_entry_good(entry, key))
        return;
    const yaml_node_t *list = ap_yaml_entry_value(entry, key);
    const yaml_node_item_t *item = list->data.sequence.items.start;
    if (item == list->data.sequence.items.top)
        ap_yaml_tell_at(reading, list->start_mark, "%s is empty; expected a word or more", key);
    for (; item < list->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(&reading->document, *item);
        if (node->type == YAML_SCALAR_NODE)
            take(context, reading, node);
        else
            ap_yaml_tell_at(reading, node->start_mark, "%s in %s; expected a word",
                            ap_yaml_shape_of(node), key);
    }
}

bool ap_yaml_entry_has_field(const ap_yaml_entry *entry, size_t offset)
{
    for (size_t row = 0; entry->group->keys[row].key; row++)
        if (entry->group->keys[row].offset == offset && entry->value[row])
            return true;
    return false;
}

yaml_mark_t ap_yaml_entry_mark(const ap_yaml_entry *entry, const char *key)
{
    const yaml_node_t *value = ap_yaml_entry_value(entry, key);
    return value ? value->start_mark : entry->mark;
}

const yaml_node_t *ap_yaml_entry_find(ap_yaml_reading *reading, const yaml_node_t *node,
                                      const char *key)
{
    if (node->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(&reading->document, pair->key);
        if (name->type == YAML_SCALAR_NODE && strcmp(ap_yaml_text_of(name), key) == 0)
            return yaml_document_get_node(&reading->document, pair->value);
    }
    return NULL;
}

int ap_yaml_entry_word(ap_yaml_reading *reading, const yaml_node_t *node, const char *key,
                       const char *const *words)
{
    const yaml_node_t *value = ap_yaml_entry_find(reading, node, key);
    return value && value->type == YAML_SCALAR_NODE ? index_of(ap_yaml_text_of(value), words) : -1;
}
