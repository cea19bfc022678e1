/* Keys of a YAML file as tables: one a group of keys, for its reader and for its manual. */
#ifndef AP_APP_YAML_KEYS_H
#define AP_APP_YAML_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* How a value is written, and the type of the field that it goes to. */
typedef enum ap_yaml_type {
    AP_YAML_TYPE_NUMBER, /* double */
    AP_YAML_TYPE_U8,
    AP_YAML_TYPE_U16,
    AP_YAML_TYPE_U32,
    AP_YAML_TYPE_U64,
    AP_YAML_TYPE_FLAG,    /* bool */
    AP_YAML_TYPE_WORD,    /* an enumeration, as int */
    AP_YAML_TYPE_TEXT,    /* char[max + 1] */
    AP_YAML_TYPE_TIME,    /* ap_utc_ns */
    AP_YAML_TYPE_ADDRESS, /* uint32_t, six hexadecimal digits */
    AP_YAML_TYPE_CODE,    /* uint16_t, four octal digits */
    AP_YAML_TYPE_NAME,    /* of a flight, a sensor or a file: no field */
    AP_YAML_TYPE_GROUP,   /* a group of keys: no field */
    AP_YAML_TYPE_LIST     /* of groups of keys: no field */
} ap_yaml_type;

/* One key. Two keys of one field are two units of it: one of them is written. */
typedef struct ap_yaml_key {
    const char *key; /* a number's says its unit last */
    ap_yaml_type type;
    size_t offset;       /* of the field in the group's struct */
    double scale;        /* field = written * scale */
    double min, max;     /* as written; TEXT: characters */
    const char *initial; /* what stands for an absent key; NULL: the field stays */
    bool required;
    const char *const *words; /* of WORD, ends with NULL; the value is the index */
    const char *help;         /* no full stop */
} ap_yaml_key;

/* Rows of a table: a field of a struct by its type, the range as written, what stands for an absent
 * one. */
#define AP_YAML_AT(type_, field) .offset = offsetof(type_, field)
#define AP_YAML_NUMBER(key_, type_, field, scale_, min_, max_, initial_, help_)                    \
    {                                                                                              \
        .key = key_, .type = AP_YAML_TYPE_NUMBER, AP_YAML_AT(type_, field), .scale = scale_,       \
        .min = min_, .max = max_, .initial = initial_, .help = help_                               \
    }
#define AP_YAML_WHOLE(key_, bits, type_, field, min_, max_, initial_, help_)                       \
    {                                                                                              \
        .key = key_, .type = AP_YAML_TYPE_U##bits, AP_YAML_AT(type_, field), .scale = 1,           \
        .min = min_, .max = max_, .initial = initial_, .help = help_                               \
    }
#define AP_YAML_FLAG(key_, type_, field, initial_, help_)                                          \
    {                                                                                              \
        .key = key_, .type = AP_YAML_TYPE_FLAG, AP_YAML_AT(type_, field), .initial = initial_,     \
        .help = help_                                                                              \
    }
#define AP_YAML_WORDS(key_, type_, field, words_, initial_, required_, help_)                      \
    {                                                                                              \
        .key = key_, .type = AP_YAML_TYPE_WORD, AP_YAML_AT(type_, field), .words = words_,         \
        .initial = initial_, .required = required_, .help = help_                                  \
    }

#define AP_YAML_TEXT(key_, type_, field, max_, required_, help_)                                   \
    {                                                                                              \
        .key = key_, .type = AP_YAML_TYPE_TEXT, AP_YAML_AT(type_, field), .max = max_,             \
        .required = required_, .help = help_                                                       \
    }
/* Of a type whose value is read by who knows it: a GROUP, a LIST. */
#define AP_YAML_OTHER(key_, type_, help_)                                                          \
    {                                                                                              \
        .key = key_, .type = AP_YAML_TYPE_##type_, .offset = SIZE_MAX, .help = help_               \
    }

#define AP_YAML_KEY_CAP 72 /* keys of one group */

typedef struct ap_yaml_group {
    const char *name;  /* "flights" */
    const char *entry; /* "a flight" */
    const char *help;
    const ap_yaml_key *keys; /* ends with a NULL key */
} ap_yaml_group;

/* What a value has to be: "metres from 0 to 100", "true or false", one of the words ... */
void ap_yaml_key_expected(const ap_yaml_key *key, char *text, size_t size);

/* One table as Markdown. */
void ap_yaml_group_print(FILE *out, const ap_yaml_group *group);

#endif
