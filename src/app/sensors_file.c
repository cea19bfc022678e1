#include "app/sensors_file.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "airpicture/asterix.h"
#include "app/source.h"
#include "base/hex.h"

#define EXPECTED_KINDS "psr, ssr, mode_s, combined, smr, mlat, adsb or tracker"
#define KEY_SHOWN_MAX 40 /* of a key or value in a message */
#define DEPTH_MAX 32

/* Keys of one sensor. NUMBER keys say their unit last. */
typedef enum key_id {
    KEY_NAME,
    KEY_KIND,
    KEY_SAC,
    KEY_SIC,
    KEY_INPUT,
    KEY_RECEIVER,
    KEY_CLOCK,
    KEY_LATITUDE,
    KEY_LONGITUDE,
    KEY_HEIGHT,
    KEY_RANGE_MAX,
    KEY_RANGE_MIN,
    KEY_RANGE_SIGMA,
    KEY_AZIMUTH_SIGMA,
    KEY_POSITION_SIGMA,
    KEY_ALTITUDE_SIGMA,
    KEY_RANGE_BIAS,
    KEY_AZIMUTH_BIAS,
    KEY_LATENCY,
    KEY_TURN,
    KEY_DETECTION_PROBABILITY,
    KEY_CLUTTER,
    KEY_EDITIONS,
    KEY_COUNT
} key_id;

typedef enum key_type {
    TYPE_TEXT,
    TYPE_KIND,
    TYPE_RECEIVER,
    TYPE_CLOCK,
    TYPE_INTEGER,
    TYPE_NUMBER,
    TYPE_EDITIONS
} key_type;

typedef struct key_spec {
    const char *key;
    key_type type;
    double min, max;
    bool open; /* min and max themselves are refused */
    const char *expected;
} key_spec;

static const key_spec keys[KEY_COUNT] = {
    [KEY_NAME] = { "name", TYPE_TEXT, 0, 0, false, "1 to 31 printable characters" },
    [KEY_KIND] = { "kind", TYPE_KIND, 0, 0, false, EXPECTED_KINDS },
    [KEY_SAC] = { "sac", TYPE_INTEGER, 0, 255, false, "a whole number from 0 to 255" },
    [KEY_SIC] = { "sic", TYPE_INTEGER, 0, 255, false, "a whole number from 0 to 255" },
    [KEY_INPUT] = { "input", TYPE_INTEGER, 1, AP_INPUT_CAP, false,
                    "a whole number from 1 to 4096" },
    [KEY_RECEIVER] = { "receiver", TYPE_RECEIVER, 0, 0, false, "16 hexadecimal digits, or a UUID" },
    [KEY_CLOCK] = { "clock", TYPE_CLOCK, 0, 0, false, "ticks, gps or auto" },
    [KEY_LATITUDE] = { "latitude_deg", TYPE_NUMBER, -90, 90, false, "degrees from -90 to 90" },
    [KEY_LONGITUDE] = { "longitude_deg", TYPE_NUMBER, -180, 180, false,
                        "degrees from -180 to 180" },
    [KEY_HEIGHT] = { "height_m", TYPE_NUMBER, -1000, 20000, false,
                     "metres above the ellipsoid from -1000 to 20000" },
    [KEY_RANGE_MAX] = { "range_max_m", TYPE_NUMBER, 1, 1e7, false, "metres from 1 to 10000000" },
    [KEY_RANGE_MIN] = { "range_min_m", TYPE_NUMBER, 0, 1e6, false, "metres from 0 to 1000000" },
    [KEY_RANGE_SIGMA] = { "range_sigma_m", TYPE_NUMBER, 0.01, 1e5, false,
                          "metres from 0.01 to 100000" },
    [KEY_AZIMUTH_SIGMA] = { "azimuth_sigma_deg", TYPE_NUMBER, 1e-4, 10, false,
                            "degrees from 0.0001 to 10" },
    [KEY_POSITION_SIGMA] = { "position_sigma_m", TYPE_NUMBER, 0.01, 1e5, false,
                             "metres from 0.01 to 100000" },
    [KEY_ALTITUDE_SIGMA] = { "altitude_sigma_m", TYPE_NUMBER, 0.01, 1e4, false,
                             "metres from 0.01 to 10000" },
    [KEY_RANGE_BIAS] = { "range_bias_m", TYPE_NUMBER, -1e5, 1e5, false,
                         "metres from -100000 to 100000" },
    [KEY_AZIMUTH_BIAS] = { "azimuth_bias_deg", TYPE_NUMBER, -180, 180, false,
                           "degrees from -180 to 180" },
    [KEY_LATENCY] = { "latency_s", TYPE_NUMBER, -60, 60, false, "seconds from -60 to 60" },
    [KEY_TURN] = { "turn_s", TYPE_NUMBER, 0.05, 600, false, "seconds from 0.05 to 600" },
    [KEY_DETECTION_PROBABILITY] = { "detection_probability", TYPE_NUMBER, 0, 1, true,
                                    "a number between 0 and 1" },
    [KEY_CLUTTER] = { "clutter_per_turn", TYPE_NUMBER, 0, 1e6, false,
                      "a number from 0 to 1000000" },
    [KEY_EDITIONS] = { "editions", TYPE_EDITIONS, 0, 0, false,
                       "categories with an edition each, such as {021: \"2.1\"}" },
};

_Static_assert(AP_INPUT_CAP == 4096, "as keys[KEY_INPUT] tells people");

/* One sensor as it is written, before it is judged. */
typedef struct entry {
    yaml_mark_t mark;                    /* of the entry */
    const yaml_node_t *value[KEY_COUNT]; /* NULL: the key is absent */
    bool good[KEY_COUNT];                /* present and in its range */
    double number[KEY_COUNT];
    ap_sensor_kind kind;
    uint64_t receiver;
    ap_clock_kind clock;
} entry;

typedef struct loader {
    yaml_document_t document;
    ap_sensor_table *table;
    uint16_t first; /* count of the table before this file */
    entry *entries; /* those added, for cross checks: entries[i] is sensor first + i */
    ap_sensors_file_error_fn on_error;
    void *context;
    size_t error_count;
} loader;

static void tell(loader *load, int line, int column, const char *format, va_list args)
{
    char text[320];
    load->error_count++;
    vsnprintf(text, sizeof text, format, args);
    if (load->on_error)
        load->on_error(load->context,
                       &(ap_sensors_file_error){ .line = line, .column = column, .text = text });
}

__attribute__((format(printf, 3, 4))) static void tell_at(loader *load, yaml_mark_t mark,
                                                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(load, (int)mark.line + 1, (int)mark.column + 1, format, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static void tell_file(loader *load, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(load, 0, 0, format, args);
    va_end(args);
}

static const char *text_of(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

/* Text of a scalar for a message: short, control characters replaced. */
typedef struct shown {
    char text[KEY_SHOWN_MAX + 4];
} shown;

static shown show(const char *value)
{
    shown out = { { 0 } };
    size_t n = 0;
    for (; value[n] && n < KEY_SHOWN_MAX; n++)
        out.text[n] = (unsigned char)value[n] < 0x20 || value[n] == 0x7f ? '?' : value[n];
    /* Never cut inside a UTF-8 sequence. */
    while (value[n] && n > 0 && ((unsigned char)value[n] & 0xC0) == 0x80)
        out.text[--n] = 0;
    if (value[n])
        memcpy(out.text + n, "...", 4);
    return out;
}

static const char *shape_of(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE  ? "a list"
           : node->type == YAML_MAPPING_NODE ? "a group of keys"
                                             : "a single value";
}

/* --- keys ------------------------------------------------------------------------------------ */

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edits (insert, delete, replace a character) that turn one key into another; texts beyond
 * KEY_SHOWN_MAX count as far away. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[KEY_SHOWN_MAX + 1];
    size_t b_size = strlen(b);
    if (strlen(a) > KEY_SHOWN_MAX || b_size > KEY_SHOWN_MAX)
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

/* Length of a key without the unit behind its last underscore. */
static size_t stem_size(const char *key)
{
    const char *underscore = strrchr(key, '_');
    return underscore ? (size_t)(underscore - key) : strlen(key);
}

/* The key that differs in its unit only ("range_max_km", "turn"), or KEY_COUNT. */
static key_id key_of_stem(const char *key)
{
    for (int id = KEY_LATITUDE; id < KEY_COUNT; id++) {
        size_t size = stem_size(keys[id].key);
        bool same = strncmp(key, keys[id].key, size) == 0;
        if (same && (key[size] == '\0' || (key[size] == '_' && !strchr(key + size + 1, '_'))))
            return (key_id)id;
    }
    return KEY_COUNT;
}

static key_id key_most_like(const char *key)
{
    key_id best = KEY_COUNT;
    size_t best_distance = 3; /* two typing errors at most */
    for (int id = 0; id < KEY_COUNT; id++) {
        size_t distance = edit_distance(key, keys[id].key);
        if (distance < best_distance && distance < strlen(keys[id].key)) {
            best_distance = distance;
            best = (key_id)id;
        }
    }
    return best;
}

static void tell_unknown_key(loader *load, const yaml_node_t *node)
{
    const char *key = text_of(node);
    key_id stem = key_of_stem(key), like = key_most_like(key);
    if (stem < KEY_COUNT)
        tell_at(load, node->start_mark, "key '%s' has another unit; expected '%s'", show(key).text,
                keys[stem].key);
    else if (like < KEY_COUNT)
        tell_at(load, node->start_mark, "unknown key '%s'; expected '%s', perhaps", show(key).text,
                keys[like].key);
    else
        tell_at(load, node->start_mark, "unknown key '%s'; expected one of the keys of a sensor",
                show(key).text);
}

static key_id key_find(const char *key)
{
    int id = 0;
    while (id < KEY_COUNT && strcmp(keys[id].key, key) != 0)
        id++;
    return (key_id)id;
}

/* --- values ---------------------------------------------------------------------------------- */

/* A decimal number, no hexadecimal, no infinity, no blanks. */
static bool number_of(const yaml_node_t *node, bool whole, double *number)
{
    const char *text = text_of(node);
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || text[0] == '\0' ||
        strlen(text) != node->data.scalar.length ||
        text[strspn(text, whole ? "+-0123456789" : "+-.0123456789eE")] != '\0')
        return false;
    char *end;
    *number = strtod(text, &end);
    return *end == '\0' && isfinite(*number);
}

static bool in_range(const key_spec *spec, double number)
{
    return spec->open ? number > spec->min && number < spec->max
                      : number >= spec->min && number <= spec->max;
}

static bool name_is_good(const yaml_node_t *node)
{
    const char *text = text_of(node);
    size_t size = node->data.scalar.length;
    if (size == 0 || size >= AP_SENSOR_NAME_SIZE || text[0] == ' ' || text[size - 1] == ' ')
        return false;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

static bool kind_of(const char *key, ap_sensor_kind *kind)
{
    for (int k = AP_SENSOR_UNKNOWN + 1; k < AP_SENSOR_KIND_COUNT; k++)
        if (strcmp(key, ap_sensor_kind_key((ap_sensor_kind)k)) == 0) {
            *kind = (ap_sensor_kind)k;
            return true;
        }
    return false;
}

/* 16 digits of an id, or the 32 of a UUID, of which the first 16 count, as in the stream. */
static bool receiver_of(const char *text, uint64_t *receiver)
{
    size_t count = 0;
    *receiver = 0;
    for (; *text; text++) {
        int digit = ap_hex_digit((uint8_t)*text);
        if (digit < 0 && *text != '-')
            return false;
        if (digit >= 0 && count++ < 16)
            *receiver = *receiver << 4 | (uint64_t)digit;
    }
    return count == 16 || count == 32;
}

static bool clock_of(const char *key, ap_clock_kind *clock)
{
    for (int k = 0; k < AP_CLOCK_KIND_COUNT; k++)
        if (strcmp(key, ap_clock_kind_key((ap_clock_kind)k)) == 0) {
            *clock = (ap_clock_kind)k;
            return true;
        }
    return false;
}

/* Values that are words of their own; true for those of other types. */
static bool read_word(entry *into, key_type type, const yaml_node_t *node)
{
    switch (type) {
    case TYPE_TEXT:
        return name_is_good(node);
    case TYPE_KIND:
        return kind_of(text_of(node), &into->kind);
    case TYPE_RECEIVER:
        return receiver_of(text_of(node), &into->receiver);
    case TYPE_CLOCK:
        return clock_of(text_of(node), &into->clock);
    default:
        return true;
    }
}

static bool read_number(loader *load, entry *into, key_id id, const yaml_node_t *node)
{
    const key_spec *spec = &keys[id];
    if (!number_of(node, spec->type == TYPE_INTEGER, &into->number[id])) {
        tell_at(load, node->start_mark, "%s '%s' is no %snumber; expected %s", spec->key,
                show(text_of(node)).text, spec->type == TYPE_INTEGER ? "whole " : "",
                spec->expected);
        return false;
    }
    if (!in_range(spec, into->number[id])) {
        tell_at(load, node->start_mark, "%s %s is out of range; expected %s", spec->key,
                show(text_of(node)).text, spec->expected);
        return false;
    }
    return true;
}

/* The definition that one pair of `editions` names; told and NULL when there is none. */
static const ap_asterix_spec *edition_of(loader *load, const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(&load->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&load->document, pair->value);
    if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE) {
        tell_at(load, key->start_mark, "an edition is %s; expected %s",
                shape_of(key->type != YAML_SCALAR_NODE ? key : value), keys[KEY_EDITIONS].expected);
        return NULL;
    }
    const char *digits = text_of(key);
    size_t size = strspn(digits, "0123456789");
    long category = size > 0 && size < 4 && digits[size] == '\0' ? strtol(digits, NULL, 10) : 256;
    const ap_asterix_spec *newest =
        category < 256 ? ap_asterix_spec_find((uint8_t)category, NULL) : NULL;
    if (!newest) {
        tell_at(load, key->start_mark, "category '%s' is not known; expected %s", show(digits).text,
                keys[KEY_EDITIONS].expected);
        return NULL;
    }
    const ap_asterix_spec *spec = ap_asterix_spec_find((uint8_t)category, text_of(value));
    if (!spec)
        tell_at(load, value->start_mark,
                "edition '%s' of category %03ld is not known; expected "
                "another, the newest is %s",
                show(text_of(value)).text, category, ap_asterix_spec_edition(newest));
    return spec;
}

static bool read_editions(loader *load, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE) {
        tell_at(load, node->start_mark, "editions is %s; expected %s", shape_of(node),
                keys[KEY_EDITIONS].expected);
        return false;
    }
    bool good = true;
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++)
        good = edition_of(load, pair) && good;
    return good;
}

static bool read_value(loader *load, entry *into, key_id id, const yaml_node_t *node)
{
    const key_spec *spec = &keys[id];
    if (spec->type == TYPE_EDITIONS)
        return read_editions(load, node);
    if (node->type != YAML_SCALAR_NODE) {
        tell_at(load, node->start_mark, "%s is %s; expected %s", spec->key, shape_of(node),
                spec->expected);
        return false;
    }
    if (!read_word(into, spec->type, node)) {
        bool one_of = spec->type == TYPE_KIND || spec->type == TYPE_CLOCK;
        tell_at(load, node->start_mark,
                one_of ? "unknown %s '%s'; expected %s" : "%s '%s' cannot be used; expected %s",
                spec->key, show(text_of(node)).text, spec->expected);
        return false;
    }
    bool is_number = spec->type == TYPE_INTEGER || spec->type == TYPE_NUMBER;
    return !is_number || read_number(load, into, id, node);
}

/* --- entries --------------------------------------------------------------------------------- */

static void read_entry(loader *load, const yaml_node_t *node, entry *into)
{
    *into = (entry){ .mark = node->start_mark };
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&load->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&load->document, pair->value);
        if (key->type != YAML_SCALAR_NODE) {
            tell_at(load, key->start_mark, "a key is %s; expected a word", shape_of(key));
            continue;
        }
        key_id id = key_find(text_of(key));
        if (id == KEY_COUNT) {
            tell_unknown_key(load, key);
        } else if (into->value[id]) {
            tell_at(load, key->start_mark, "key '%s' again; expected it once per sensor",
                    keys[id].key);
        } else {
            into->value[id] = value;
            into->good[id] = read_value(load, into, id, value);
        }
    }
}

static bool is_radar(ap_sensor_kind kind)
{
    return kind == AP_SENSOR_PSR || kind == AP_SENSOR_SSR || kind == AP_SENSOR_MODE_S ||
           kind == AP_SENSOR_COMBINED || kind == AP_SENSOR_SMR;
}

/* One of two keys that go together is there, the other is not. */
static void check_together(loader *load, const entry *of, key_id a, key_id b)
{
    if (!of->value[a] == !of->value[b])
        return;
    key_id there = of->value[a] ? a : b, missing = of->value[a] ? b : a;
    tell_at(load, of->value[there]->start_mark, "%s without %s; expected both or none",
            keys[there].key, keys[missing].key);
}

/* One of the receivers of an input is an ADS-B sensor of its own, and so is the one with a clock.
 */
static void check_receiver(loader *load, const entry *of, bool has_codes)
{
    for (key_id id = KEY_RECEIVER; id <= KEY_CLOCK; id++) {
        if (!of->value[id])
            continue;
        if (has_codes || (of->good[KEY_KIND] && of->kind != AP_SENSOR_ADSB))
            tell_at(load, of->value[id]->start_mark,
                    "%s of a sensor that is no Mode S receiver; expected 'kind: adsb' without "
                    "'sac' and 'sic'",
                    keys[id].key);
        else if (!of->value[KEY_INPUT])
            tell_at(load, of->value[id]->start_mark, "%s without input; expected 'input' beside it",
                    keys[id].key);
    }
}

/* What one sensor must say, key by key of its kind. */
static void check_complete(loader *load, const entry *of)
{
    if (!of->value[KEY_NAME])
        tell_at(load, of->mark, "a sensor without a name; expected the key 'name'");
    if (!of->value[KEY_KIND])
        tell_at(load, of->mark, "a sensor without a kind; expected the key 'kind': %s",
                EXPECTED_KINDS);
    check_together(load, of, KEY_SAC, KEY_SIC);
    check_together(load, of, KEY_LATITUDE, KEY_LONGITUDE);
    if (of->value[KEY_LATITUDE])
        check_together(load, of, KEY_LATITUDE, KEY_HEIGHT);
    else
        check_together(load, of, KEY_LONGITUDE, KEY_HEIGHT);
    bool has_codes = of->value[KEY_SAC] || of->value[KEY_SIC];
    if (!has_codes && of->good[KEY_KIND] && of->kind != AP_SENSOR_ADSB)
        tell_at(load, of->mark, "a sensor that nothing identifies; expected 'sac' and 'sic'");
    else if (!has_codes && !of->value[KEY_INPUT])
        tell_at(load, of->mark,
                "a sensor that nothing identifies; expected 'sac' and 'sic', or 'input'");
    check_receiver(load, of, has_codes);
    if (of->value[KEY_EDITIONS] && !has_codes)
        tell_at(load, of->value[KEY_EDITIONS]->start_mark,
                "editions without codes; expected 'sac' and 'sic'");
    bool has_site = of->value[KEY_LATITUDE] || of->value[KEY_LONGITUDE] || of->value[KEY_HEIGHT];
    if (of->good[KEY_KIND] && is_radar(of->kind) && !has_site)
        tell_at(load, of->mark,
                "a radar without a site; expected 'latitude_deg', 'longitude_deg' and 'height_m'");
    if (of->good[KEY_RANGE_MIN] && of->good[KEY_RANGE_MAX] &&
        of->number[KEY_RANGE_MIN] >= of->number[KEY_RANGE_MAX])
        tell_at(load, of->value[KEY_RANGE_MIN]->start_mark,
                "range_min_m is not below range_max_m; expected the smaller of the two");
}

static bool same_number(const entry *a, const entry *b, key_id id)
{
    if (!a->value[id] || !b->value[id])
        return !a->value[id] && !b->value[id];
    return a->good[id] && b->good[id] && a->number[id] == b->number[id];
}

static bool same_receiver(const entry *a, const entry *b)
{
    return a->good[KEY_RECEIVER] == b->good[KEY_RECEIVER] && a->receiver == b->receiver;
}

/* What two sensors of one file may not share. */
static void check_distinct(loader *load, const entry *of, const entry *before)
{
    if (of->good[KEY_NAME] && before->good[KEY_NAME] &&
        strcmp(text_of(of->value[KEY_NAME]), text_of(before->value[KEY_NAME])) == 0)
        tell_at(load, of->value[KEY_NAME]->start_mark,
                "name '%s' is that of the sensor in line %d; expected another",
                show(text_of(of->value[KEY_NAME])).text, (int)before->mark.line + 1);
    if (!same_number(of, before, KEY_SAC) || !same_number(of, before, KEY_SIC) ||
        !same_number(of, before, KEY_INPUT) || !same_receiver(of, before))
        return;
    if (of->value[KEY_SAC])
        tell_at(load, of->value[KEY_SAC]->start_mark,
                "sac %.0f, sic %.0f are those of the sensor in line %d; expected others, or "
                "another 'input'",
                of->number[KEY_SAC], of->number[KEY_SIC], (int)before->mark.line + 1);
    else if (of->value[KEY_RECEIVER])
        tell_at(load, of->value[KEY_RECEIVER]->start_mark,
                "receiver '%s' is that of the sensor in line %d; expected another",
                show(text_of(of->value[KEY_RECEIVER])).text, (int)before->mark.line + 1);
    else if (of->value[KEY_INPUT])
        tell_at(load, of->value[KEY_INPUT]->start_mark,
                "input %.0f is that of the sensor in line %d; expected another",
                of->number[KEY_INPUT], (int)before->mark.line + 1);
}

static void set_number(const entry *from, key_id id, double scale, double *field)
{
    if (from->good[id])
        *field = from->number[id] * scale;
}

/* A sensor of an entry; meaningless, but defined, when the entry has errors. */
static ap_sensor sensor_of(const entry *from)
{
    ap_sensor sensor = { .described = true, .input = AP_INPUT_NONE };
    ap_sensor_defaults(&sensor, from->kind);
    sensor.kind = from->kind;
    if (from->good[KEY_NAME])
        memcpy(sensor.name, text_of(from->value[KEY_NAME]),
               from->value[KEY_NAME]->data.scalar.length + 1);
    sensor.has_sac_sic = from->good[KEY_SAC] && from->good[KEY_SIC];
    if (sensor.has_sac_sic) {
        sensor.sac = (uint8_t)from->number[KEY_SAC];
        sensor.sic = (uint8_t)from->number[KEY_SIC];
    }
    if (from->good[KEY_INPUT])
        sensor.input = (uint16_t)(from->number[KEY_INPUT] - 1);
    sensor.has_receiver = from->good[KEY_RECEIVER];
    sensor.receiver = sensor.has_receiver ? from->receiver : 0;
    sensor.clock = from->good[KEY_CLOCK] ? from->clock : AP_CLOCK_AUTO;
    set_number(from, KEY_RANGE_MAX, 1, &sensor.range_max_m);
    set_number(from, KEY_RANGE_MIN, 1, &sensor.range_min_m);
    set_number(from, KEY_RANGE_SIGMA, 1, &sensor.range_sigma_m);
    set_number(from, KEY_AZIMUTH_SIGMA, AP_RAD_PER_DEG, &sensor.azimuth_sigma_rad);
    set_number(from, KEY_POSITION_SIGMA, 1, &sensor.position_sigma_m);
    set_number(from, KEY_ALTITUDE_SIGMA, 1, &sensor.altitude_sigma_m);
    set_number(from, KEY_RANGE_BIAS, 1, &sensor.range_bias_m);
    set_number(from, KEY_AZIMUTH_BIAS, AP_RAD_PER_DEG, &sensor.azimuth_bias_rad);
    set_number(from, KEY_LATENCY, 1, &sensor.latency_s);
    set_number(from, KEY_TURN, 1, &sensor.turn_s);
    set_number(from, KEY_DETECTION_PROBABILITY, 1, &sensor.detection_probability);
    set_number(from, KEY_CLUTTER, 1, &sensor.clutter_per_turn);
    if (from->good[KEY_LATITUDE] && from->good[KEY_LONGITUDE] && from->good[KEY_HEIGHT])
        (void)ap_sensor_place(&sensor, /* in range: the keys were checked */
                              (ap_geodetic){ from->number[KEY_LATITUDE] * AP_RAD_PER_DEG,
                                             from->number[KEY_LONGITUDE] * AP_RAD_PER_DEG,
                                             from->number[KEY_HEIGHT] });
    return sensor;
}

/* Hands the editions of a sensor on, if anyone asked for them. */
static void choose_editions(loader *load, const entry *from)
{
    if (!from->good[KEY_EDITIONS] || !from->good[KEY_SAC] || !from->good[KEY_SIC] ||
        !load->table->editions)
        return;
    const yaml_node_pair_t *pair = from->value[KEY_EDITIONS]->data.mapping.pairs.start;
    for (; pair < from->value[KEY_EDITIONS]->data.mapping.pairs.top; pair++)
        if (ap_asterix_editions_choose_source(
                load->table->editions, AP_EDITION_BY_FILE, (uint8_t)from->number[KEY_SAC],
                (uint8_t)from->number[KEY_SIC], edition_of(load, pair)))
            tell_at(load, from->value[KEY_EDITIONS]->start_mark,
                    "one edition too many; expected at most %d", AP_ASTERIX_SOURCE_EDITION_CAP);
}

static void load_entry(loader *load, const yaml_node_t *node, size_t *entry_count)
{
    if (node->type != YAML_MAPPING_NODE) {
        tell_at(load, node->start_mark, "a sensor is %s; expected a group of keys", shape_of(node));
        return;
    }
    entry *into = &load->entries[*entry_count];
    read_entry(load, node, into);
    check_complete(load, into);
    for (size_t i = 0; i < *entry_count; i++)
        check_distinct(load, into, &load->entries[i]);
    (*entry_count)++;
    choose_editions(load, into);
    ap_sensor sensor = sensor_of(into);
    uint16_t index;
    if (ap_sensor_add(load->table, &sensor, &index) != AP_OK)
        tell_at(load, node->start_mark, "one sensor too many; expected at most %u",
                (unsigned)(load->table->cap - load->first));
}

static void load_list(loader *load, const yaml_node_t *list)
{
    const yaml_node_item_t *item = list->data.sequence.items.start;
    size_t count = (size_t)(list->data.sequence.items.top - item);
    size_t room = (size_t)(load->table->cap - load->first);
    if (count == 0) {
        tell_at(load, list->start_mark, "an empty list of sensors; expected one or more");
        return;
    }
    /* The entry beyond the room of the table is still read, to be told. */
    size_t read_count = count <= room ? count : room + 1, entry_count = 0;
    load->entries = calloc(read_count, sizeof *load->entries);
    if (!load->entries) {
        tell_file(load, "memory is exhausted; expected a smaller file");
        return;
    }
    for (size_t i = 0; i < read_count; i++)
        load_entry(load, yaml_document_get_node(&load->document, item[i]), &entry_count);
    free(load->entries);
}

/* The value of `sensors`, or NULL; other keys of the file are told. */
static const yaml_node_t *find_list(loader *load, const yaml_node_t *root)
{
    const yaml_node_t *list = NULL;
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
    for (; pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&load->document, pair->key);
        bool is_word = key->type == YAML_SCALAR_NODE;
        if (!is_word || strcmp(text_of(key), "sensors") != 0)
            tell_at(load, key->start_mark, "unknown key '%s'; expected 'sensors'",
                    is_word ? show(text_of(key)).text : shape_of(key));
        else if (list)
            tell_at(load, key->start_mark, "key 'sensors' again; expected it once");
        else
            list = yaml_document_get_node(&load->document, pair->value);
    }
    return list;
}

static void load_document(loader *load)
{
    const yaml_node_t *root = yaml_document_get_root_node(&load->document);
    if (!root) {
        tell_file(load, "an empty file; expected the key 'sensors' with a list");
        return;
    }
    if (root->type != YAML_MAPPING_NODE) {
        tell_at(load, root->start_mark, "the file is %s; expected the key 'sensors' with a list",
                shape_of(root));
        return;
    }
    size_t error_count = load->error_count;
    const yaml_node_t *list = find_list(load, root);
    if (!list && load->error_count == error_count)
        tell_at(load, root->start_mark, "no sensors; expected the key 'sensors' with a list");
    else if (list && list->type != YAML_SEQUENCE_NODE)
        tell_at(load, list->start_mark, "sensors is %s; expected a list, each entry behind '- '",
                shape_of(list));
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
        tell_at(load, mark, "a tab; expected blanks for indentation");
    else if (parser->error == YAML_MEMORY_ERROR)
        tell_file(load, "memory is exhausted; expected a smaller file");
    else
        tell_at(load, mark, "%s; expected YAML", problem);
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
        tell_at(load, second.start_mark, "a second document; expected one");
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
    loader load = {
        .table = table, .first = table->count, .on_error = on_error, .context = context
    };
    ap_asterix_editions before = { 0 };
    if (table->editions)
        before = *table->editions;
    yaml_mark_t mark;
    if (is_too_deep(text, size, &mark)) {
        tell_at(&load, mark, "brackets within brackets beyond %d; expected a list of sensors",
                DEPTH_MAX);
        return AP_ERR_CONFIG;
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return AP_ERR_MEMORY;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    if (yaml_parser_load(&parser, &load.document)) {
        load_document(&load);
        check_end(&load, &parser, text, size);
        yaml_document_delete(&load.document);
    } else {
        tell_bad_yaml(&load, &parser, text, size);
    }
    yaml_parser_delete(&parser);
    if (load.error_count == 0)
        return AP_OK;
    table->count = load.first;
    if (table->editions)
        *table->editions = before;
    return AP_ERR_CONFIG;
}

static ap_err read_file(loader *load, FILE *file, char *text, size_t *size)
{
    *size = fread(text, 1, AP_SENSORS_FILE_SIZE_MAX + 1, file);
    if (ferror(file)) {
        tell_file(load, "%s; expected a sensors file", strerror(errno));
        return AP_ERR_NO_INPUT;
    }
    if (*size > AP_SENSORS_FILE_SIZE_MAX) {
        tell_file(load, "a file too large; expected at most %u bytes", AP_SENSORS_FILE_SIZE_MAX);
        return AP_ERR_CONFIG;
    }
    return AP_OK;
}

ap_err ap_sensors_file_load(const char *path, ap_sensor_table *table,
                            ap_sensors_file_error_fn on_error, void *context)
{
    loader load = { .on_error = on_error, .context = context };
    FILE *file = fopen(path, "rb");
    if (!file) {
        tell_file(&load, "%s; expected a sensors file", strerror(errno));
        return AP_ERR_NO_INPUT;
    }
    char *text = malloc(AP_SENSORS_FILE_SIZE_MAX + 1);
    size_t size = 0;
    ap_err err = text ? read_file(&load, file, text, &size) : AP_ERR_MEMORY;
    fclose(file);
    if (!err)
        err = ap_sensors_file_parse(text, size, table, on_error, context);
    free(text);
    return err;
}
