#include "app/yaml_keys.h"

#include <string.h>

/* The unit at the end of a key, for people. */
static const char *unit_of(const char *key)
{
    static const char *const units[][2] = {
        { "_deg", "degrees" },
        { "_m", "metres" },
        { "_ft", "feet" },
        { "_nmi", "nautical miles" },
        { "_s", "seconds" },
        { "_ns", "nanoseconds" },
        { "_kt", "knots" },
        { "_mps", "metres a second" },
        { "_ppm", "parts in a million" },
        { "_m2", "square metres" },
    };
    const char *last = strrchr(key, '_');
    for (size_t i = 0; last && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(last, units[i][0]) == 0)
            return units[i][1];
    return "a number";
}

static void list_words(const char *const *words, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (; *words && used < size; words++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", *words);
}

void ap_yaml_key_expected(const ap_yaml_key *key, char *text, size_t size)
{
    switch (key->type) {
    case AP_YAML_TYPE_NUMBER:
        snprintf(text, size, "%s from %.10g to %.10g", unit_of(key->key), key->min, key->max);
        break;
    case AP_YAML_TYPE_U8:
    case AP_YAML_TYPE_U16:
    case AP_YAML_TYPE_U32:
    case AP_YAML_TYPE_U64:
        snprintf(text, size, "a whole number from %.16g to %.16g", key->min, key->max);
        break;
    case AP_YAML_TYPE_FLAG:
        snprintf(text, size, "true or false");
        break;
    case AP_YAML_TYPE_WORD:
        list_words(key->words, text, size);
        break;
    case AP_YAML_TYPE_TEXT:
        snprintf(text, size, "1 to %.0f printable characters", key->max);
        break;
    case AP_YAML_TYPE_TIME:
        snprintf(text, size, "a time such as 2024-03-01T12:00:00Z");
        break;
    case AP_YAML_TYPE_ADDRESS:
        snprintf(text, size, "six hexadecimal digits in quotes, such as \"48432A\"");
        break;
    case AP_YAML_TYPE_CODE:
        snprintf(text, size, "four octal digits in quotes, such as \"7700\"");
        break;
    case AP_YAML_TYPE_NAME:
        snprintf(text, size, "a name");
        break;
    case AP_YAML_TYPE_GROUP:
        snprintf(text, size, "a group of keys");
        break;
    case AP_YAML_TYPE_LIST:
        snprintf(text, size, "a list, each entry behind '- '");
        break;
    }
}

void ap_yaml_group_print(FILE *out, const ap_yaml_group *group)
{
    fprintf(out, "\n### %s\n\n%s%s", group->name, group->help, *group->help ? "\n\n" : "");
    fputs("| key | value | absent | what |\n|---|---|---|---|\n", out);
    for (const ap_yaml_key *key = group->keys; key->key; key++) {
        char expected[400];
        ap_yaml_key_expected(key, expected, sizeof expected);
        fprintf(out, "| `%s` | %s | %s | %s |\n", key->key, expected,
                key->required  ? "refused"
                : key->initial ? key->initial
                               : "",
                key->help);
    }
}
