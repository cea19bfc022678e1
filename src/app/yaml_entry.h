/* One group of keys of a YAML file: read by its table into its struct, judged key by key. */
#ifndef AP_APP_YAML_ENTRY_H
#define AP_APP_YAML_ENTRY_H

#include <stdbool.h>

#include "app/yaml_keys.h"
#include "app/yaml_tell.h"

typedef struct ap_yaml_entry {
    const ap_yaml_group *group;
    yaml_mark_t mark;
    const yaml_node_t *value[AP_YAML_KEY_CAP]; /* by row of the group; NULL: absent */
    bool good[AP_YAML_KEY_CAP];
} ap_yaml_entry;

/* Sets the fields of `target`, the group's struct, to what stands for absent keys. */
void ap_yaml_entry_initial(const ap_yaml_group *group, void *target);

/* Sets the fields of `target`, the group's struct: those of absent keys to what stands for them,
 * those of keys that are wrong stay. Tells unknown, double, missing and wrong keys. False when
 * `node` is no group of keys: then the entry has no values. */
bool ap_yaml_entry_read(ap_yaml_reading *reading, const ap_yaml_group *group,
                        const yaml_node_t *node, void *target, ap_yaml_entry *entry);

/* The value of a key of the group, or NULL when it is absent. */
const yaml_node_t *ap_yaml_entry_value(const ap_yaml_entry *entry, const char *key);

/* Present and sound. */
bool ap_yaml_entry_good(const ap_yaml_entry *entry, const char *key);

/* Whether a key of this field is present. */
bool ap_yaml_entry_has_field(const ap_yaml_entry *entry, size_t offset);

/* Where to tell something about a key: its value, or the entry when it is absent. */
yaml_mark_t ap_yaml_entry_mark(const ap_yaml_entry *entry, const char *key);

/* The value at a key of a group of keys, before that is read; NULL when there is none. */
const yaml_node_t *ap_yaml_entry_find(ap_yaml_reading *reading, const yaml_node_t *node,
                                      const char *key);

/* The index of the word there; -1 when there is none of the words. */
int ap_yaml_entry_word(ap_yaml_reading *reading, const yaml_node_t *node, const char *key,
                       const char *const *words);

typedef void (*ap_yaml_word_fn)(void *context, ap_yaml_reading *reading, const yaml_node_t *word);

/* Gives each word of the list at a key that is there and sound, in order; tells a list without any,
 * and what in it is no word. */
void ap_yaml_entry_words(ap_yaml_reading *reading, const ap_yaml_entry *entry, const char *key,
                         ap_yaml_word_fn take, void *context);

/* The word of a list that is nearly spelled so, or NULL. */
const char *ap_yaml_word_like(const char *text, const char *const *words);

#endif
