#include "app/sensors_entry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

/* ---- values ---- */

static bool in_range(const ap_sensor_key_spec *spec, double number)
{
    return spec->open ? number > spec->min && number < spec->max
                      : number >= spec->min && number <= spec->max;
}

static bool name_is_good(const yaml_node_t *node)
{
    const char *text = ap_yaml_text_of(node);
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
static bool read_word(ap_sensors_entry *into, ap_sensor_key_type type, const yaml_node_t *node)
{
    switch (type) {
    case AP_KEY_TYPE_TEXT:
        return name_is_good(node);
    case AP_KEY_TYPE_KIND:
        return kind_of(ap_yaml_text_of(node), &into->kind);
    case AP_KEY_TYPE_RECEIVER:
        return receiver_of(ap_yaml_text_of(node), &into->receiver);
    case AP_KEY_TYPE_CLOCK:
        return clock_of(ap_yaml_text_of(node), &into->clock);
    default:
        return true;
    }
}

static bool read_number(ap_yaml_reading *reading, ap_sensors_entry *into, ap_sensor_key id,
                        const yaml_node_t *node)
{
    const ap_sensor_key_spec *spec = &ap_sensor_keys[id];
    if (!ap_yaml_number(node, spec->type == AP_KEY_TYPE_INTEGER, &into->number[id])) {
        ap_yaml_tell_at(reading, node->start_mark, "%s '%s' is no %snumber; expected %s", spec->key,
                        ap_yaml_show(node).text, spec->type == AP_KEY_TYPE_INTEGER ? "whole " : "",
                        spec->expected);
        return false;
    }
    if (!in_range(spec, into->number[id])) {
        ap_yaml_tell_at(reading, node->start_mark, "%s %s is out of range; expected %s", spec->key,
                        ap_yaml_show(node).text, spec->expected);
        return false;
    }
    return true;
}

/* The definition that one pair of `editions` names; told and NULL when there is none. */
static const ap_asterix_spec *edition_of(ap_yaml_reading *reading, const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(&reading->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&reading->document, pair->value);
    if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE) {
        ap_yaml_tell_at(reading, key->start_mark, "an edition is %s; expected %s",
                        ap_yaml_shape_of(key->type != YAML_SCALAR_NODE ? key : value),
                        ap_sensor_keys[AP_KEY_EDITIONS].expected);
        return NULL;
    }
    const char *digits = ap_yaml_text_of(key);
    size_t size = strspn(digits, "0123456789");
    long category = size > 0 && size < 4 && digits[size] == '\0' ? strtol(digits, NULL, 10) : 256;
    const ap_asterix_spec *newest =
        category < 256 ? ap_asterix_spec_find((uint8_t)category, NULL) : NULL;
    if (!newest) {
        ap_yaml_tell_at(reading, key->start_mark, "category '%s' is not known; expected %s",
                        ap_yaml_show(key).text, ap_sensor_keys[AP_KEY_EDITIONS].expected);
        return NULL;
    }
    const ap_asterix_spec *spec = ap_asterix_spec_find((uint8_t)category, ap_yaml_text_of(value));
    if (!spec)
        ap_yaml_tell_at(reading, value->start_mark,
                        "edition '%s' of category %03ld is not known; expected "
                        "another, the newest is %s",
                        ap_yaml_show(value).text, category, ap_asterix_spec_edition(newest));
    return spec;
}

static bool read_editions(ap_yaml_reading *reading, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE) {
        ap_yaml_tell_at(reading, node->start_mark, "editions is %s; expected %s",
                        ap_yaml_shape_of(node), ap_sensor_keys[AP_KEY_EDITIONS].expected);
        return false;
    }
    bool good = true, is_met[256] = { false };
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const ap_asterix_spec *spec = edition_of(reading, pair);
        good = good && spec;
        if (spec && is_met[ap_asterix_spec_category(spec)]) {
            const yaml_node_t *key = yaml_document_get_node(&reading->document, pair->key);
            ap_yaml_tell_at(reading, key->start_mark,
                            "category '%s' again; expected it once per sensor",
                            ap_yaml_show(key).text);
            good = false;
        }
        if (spec)
            is_met[ap_asterix_spec_category(spec)] = true;
    }
    return good;
}

static bool read_value(ap_yaml_reading *reading, ap_sensors_entry *into, ap_sensor_key id,
                       const yaml_node_t *node)
{
    const ap_sensor_key_spec *spec = &ap_sensor_keys[id];
    if (spec->type == AP_KEY_TYPE_EDITIONS)
        return read_editions(reading, node);
    if (node->type != YAML_SCALAR_NODE) {
        ap_yaml_tell_at(reading, node->start_mark, "%s is %s; expected %s", spec->key,
                        ap_yaml_shape_of(node), spec->expected);
        return false;
    }
    if (!read_word(into, spec->type, node)) {
        bool one_of = spec->type == AP_KEY_TYPE_KIND || spec->type == AP_KEY_TYPE_CLOCK;
        ap_yaml_tell_at(reading, node->start_mark,
                        one_of ? "unknown %s '%s'; expected %s"
                               : "%s '%s' cannot be used; expected %s",
                        spec->key, ap_yaml_show(node).text, spec->expected);
        return false;
    }
    bool is_number = spec->type == AP_KEY_TYPE_INTEGER || spec->type == AP_KEY_TYPE_NUMBER;
    return !is_number || read_number(reading, into, id, node);
}

/* ---- entries ---- */

static void read_values(ap_yaml_reading *reading, const yaml_node_t *node, ap_sensors_entry *into)
{
    *into = (ap_sensors_entry){ .mark = node->start_mark };
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&reading->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&reading->document, pair->value);
        if (key->type != YAML_SCALAR_NODE) {
            ap_yaml_tell_at(reading, key->start_mark, "a key is %s; expected a word",
                            ap_yaml_shape_of(key));
            continue;
        }
        ap_sensor_key id = ap_sensor_key_find(ap_yaml_text_of(key));
        if (id == AP_KEY_COUNT) {
            ap_sensor_key_tell_unknown(reading, key);
        } else if (into->value[id]) {
            ap_yaml_tell_at(reading, key->start_mark, "key '%s' again; expected it once per sensor",
                            ap_sensor_keys[id].key);
        } else {
            into->value[id] = value;
            into->good[id] = read_value(reading, into, id, value);
        }
    }
}

static bool is_radar(ap_sensor_kind kind)
{
    return kind == AP_SENSOR_PSR || kind == AP_SENSOR_SSR || kind == AP_SENSOR_MODE_S ||
           kind == AP_SENSOR_COMBINED || kind == AP_SENSOR_SMR;
}

/* One of two keys that go together is there, the other is not. */
static void check_together(ap_yaml_reading *reading, const ap_sensors_entry *of, ap_sensor_key a,
                           ap_sensor_key b)
{
    if (!of->value[a] == !of->value[b])
        return;
    ap_sensor_key there = of->value[a] ? a : b, missing = of->value[a] ? b : a;
    ap_yaml_tell_at(reading, of->value[there]->start_mark, "%s without %s; expected both or none",
                    ap_sensor_keys[there].key, ap_sensor_keys[missing].key);
}

/* One of the receivers of an input is an ADS-B sensor of its own, and so is the one with a clock.
 */
static void check_receiver(ap_yaml_reading *reading, const ap_sensors_entry *of, bool has_codes)
{
    for (ap_sensor_key id = AP_KEY_RECEIVER; id <= AP_KEY_CLOCK; id++) {
        if (!of->value[id])
            continue;
        if (has_codes || (of->good[AP_KEY_KIND] && of->kind != AP_SENSOR_ADSB))
            ap_yaml_tell_at(
                reading, of->value[id]->start_mark,
                "%s of a sensor that is no Mode S receiver; expected 'kind: adsb' without "
                "'sac' and 'sic'",
                ap_sensor_keys[id].key);
        else if (!of->value[AP_KEY_INPUT])
            ap_yaml_tell_at(reading, of->value[id]->start_mark,
                            "%s without input; expected 'input' beside it", ap_sensor_keys[id].key);
    }
}

/* What one sensor must say, key by key of its kind. */
static void check_complete(ap_yaml_reading *reading, const ap_sensors_entry *of)
{
    if (!of->value[AP_KEY_NAME])
        ap_yaml_tell_at(reading, of->mark, "a sensor without a name; expected the key 'name'");
    if (!of->value[AP_KEY_KIND])
        ap_yaml_tell_at(reading, of->mark, "a sensor without a kind; expected the key 'kind': %s",
                        AP_SENSOR_KINDS_EXPECTED);
    check_together(reading, of, AP_KEY_SAC, AP_KEY_SIC);
    check_together(reading, of, AP_KEY_LATITUDE, AP_KEY_LONGITUDE);
    if (of->value[AP_KEY_LATITUDE])
        check_together(reading, of, AP_KEY_LATITUDE, AP_KEY_HEIGHT);
    else
        check_together(reading, of, AP_KEY_LONGITUDE, AP_KEY_HEIGHT);
    bool has_codes = of->value[AP_KEY_SAC] || of->value[AP_KEY_SIC];
    if (!has_codes && of->good[AP_KEY_KIND] && of->kind != AP_SENSOR_ADSB)
        ap_yaml_tell_at(reading, of->mark,
                        "a sensor that nothing identifies; expected 'sac' and 'sic'");
    check_receiver(reading, of, has_codes);
    if (of->value[AP_KEY_EDITIONS] && !has_codes)
        ap_yaml_tell_at(reading, of->value[AP_KEY_EDITIONS]->start_mark,
                        "editions without codes; expected 'sac' and 'sic'");
    bool has_site =
        of->value[AP_KEY_LATITUDE] || of->value[AP_KEY_LONGITUDE] || of->value[AP_KEY_HEIGHT];
    if (of->good[AP_KEY_KIND] && is_radar(of->kind) && !has_site)
        ap_yaml_tell_at(
            reading, of->mark,
            "a radar without a site; expected 'latitude_deg', 'longitude_deg' and 'height_m'");
    if (of->good[AP_KEY_RANGE_MIN] && of->good[AP_KEY_RANGE_MAX] &&
        of->number[AP_KEY_RANGE_MIN] >= of->number[AP_KEY_RANGE_MAX])
        ap_yaml_tell_at(reading, of->value[AP_KEY_RANGE_MIN]->start_mark,
                        "range_min_m is not below range_max_m; expected the smaller of the two");
}

void ap_sensors_entry_read(ap_yaml_reading *reading, const yaml_node_t *node,
                           ap_sensors_entry *into)
{
    read_values(reading, node, into);
    check_complete(reading, into);
}

static bool same_number(const ap_sensors_entry *a, const ap_sensors_entry *b, ap_sensor_key id)
{
    if (!a->value[id] || !b->value[id])
        return !a->value[id] && !b->value[id];
    return a->good[id] && b->good[id] && a->number[id] == b->number[id];
}

static bool same_receiver(const ap_sensors_entry *a, const ap_sensors_entry *b)
{
    return a->good[AP_KEY_RECEIVER] == b->good[AP_KEY_RECEIVER] && a->receiver == b->receiver;
}

void ap_sensors_entry_distinct(ap_yaml_reading *reading, const ap_sensors_entry *of,
                               const ap_sensors_entry *before)
{
    if (of->good[AP_KEY_NAME] && before->good[AP_KEY_NAME] &&
        strcmp(ap_yaml_text_of(of->value[AP_KEY_NAME]),
               ap_yaml_text_of(before->value[AP_KEY_NAME])) == 0)
        ap_yaml_tell_at(reading, of->value[AP_KEY_NAME]->start_mark,
                        "name '%s' is that of the sensor in line %d; expected another",
                        ap_yaml_show(of->value[AP_KEY_NAME]).text, (int)before->mark.line + 1);
    if (!same_number(of, before, AP_KEY_SAC) || !same_number(of, before, AP_KEY_SIC) ||
        !same_number(of, before, AP_KEY_INPUT) || !same_receiver(of, before))
        return;
    if (of->value[AP_KEY_SAC])
        ap_yaml_tell_at(
            reading, of->value[AP_KEY_SAC]->start_mark,
            "sac %.0f, sic %.0f are those of the sensor in line %d; expected others, or "
            "another 'input'",
            of->number[AP_KEY_SAC], of->number[AP_KEY_SIC], (int)before->mark.line + 1);
    else if (of->value[AP_KEY_RECEIVER])
        ap_yaml_tell_at(reading, of->value[AP_KEY_RECEIVER]->start_mark,
                        "receiver '%s' is that of the sensor in line %d; expected another",
                        ap_yaml_show(of->value[AP_KEY_RECEIVER]).text, (int)before->mark.line + 1);
    else if (of->value[AP_KEY_INPUT])
        ap_yaml_tell_at(reading, of->value[AP_KEY_INPUT]->start_mark,
                        "input %.0f is that of the sensor in line %d; expected another",
                        of->number[AP_KEY_INPUT], (int)before->mark.line + 1);
}

static void set_number(const ap_sensors_entry *from, ap_sensor_key id, double scale, double *field)
{
    if (from->good[id])
        *field = from->number[id] * scale;
}

ap_sensor ap_sensors_entry_sensor(const ap_sensors_entry *from)
{
    ap_sensor sensor = { .described = true, .input = AP_INPUT_NONE };
    ap_sensor_defaults(&sensor, from->kind);
    sensor.kind = from->kind;
    if (from->good[AP_KEY_NAME])
        memcpy(sensor.name, ap_yaml_text_of(from->value[AP_KEY_NAME]),
               from->value[AP_KEY_NAME]->data.scalar.length + 1);
    sensor.has_sac_sic = from->good[AP_KEY_SAC] && from->good[AP_KEY_SIC];
    if (sensor.has_sac_sic) {
        sensor.sac = (uint8_t)from->number[AP_KEY_SAC];
        sensor.sic = (uint8_t)from->number[AP_KEY_SIC];
    }
    if (from->good[AP_KEY_INPUT])
        sensor.input = (uint16_t)(from->number[AP_KEY_INPUT] - 1);
    sensor.has_receiver = from->good[AP_KEY_RECEIVER];
    sensor.receiver = sensor.has_receiver ? from->receiver : 0;
    sensor.clock = from->good[AP_KEY_CLOCK] ? from->clock : AP_CLOCK_AUTO;
    set_number(from, AP_KEY_RANGE_MAX, 1, &sensor.range_max_m);
    set_number(from, AP_KEY_RANGE_MIN, 1, &sensor.range_min_m);
    set_number(from, AP_KEY_RANGE_SIGMA, 1, &sensor.range_sigma_m);
    set_number(from, AP_KEY_AZIMUTH_SIGMA, AP_RAD_PER_DEG, &sensor.azimuth_sigma_rad);
    set_number(from, AP_KEY_RANGE_RESOLUTION, 1, &sensor.range_resolution_m);
    set_number(from, AP_KEY_AZIMUTH_RESOLUTION, AP_RAD_PER_DEG, &sensor.azimuth_resolution_rad);
    set_number(from, AP_KEY_POSITION_SIGMA, 1, &sensor.position_sigma_m);
    set_number(from, AP_KEY_ALTITUDE_SIGMA, 1, &sensor.altitude_sigma_m);
    set_number(from, AP_KEY_DOPPLER_SIGMA, 1, &sensor.doppler_sigma_mps);
    set_number(from, AP_KEY_RANGE_BIAS, 1, &sensor.range_bias_m);
    set_number(from, AP_KEY_AZIMUTH_BIAS, AP_RAD_PER_DEG, &sensor.azimuth_bias_rad);
    set_number(from, AP_KEY_LATENCY, 1, &sensor.latency_s);
    set_number(from, AP_KEY_TURN, 1, &sensor.turn_s);
    set_number(from, AP_KEY_DETECTION_PROBABILITY, 1, &sensor.detection_probability);
    sensor.detection_fixed = from->good[AP_KEY_DETECTION_PROBABILITY];
    set_number(from, AP_KEY_CLUTTER, 1, &sensor.clutter_per_turn);
    if (from->good[AP_KEY_LATITUDE] && from->good[AP_KEY_LONGITUDE] && from->good[AP_KEY_HEIGHT])
        (void)ap_sensor_place(&sensor, /* in range: the keys were checked */
                              (ap_geodetic){ from->number[AP_KEY_LATITUDE] * AP_RAD_PER_DEG,
                                             from->number[AP_KEY_LONGITUDE] * AP_RAD_PER_DEG,
                                             from->number[AP_KEY_HEIGHT] });
    return sensor;
}

void ap_sensors_entry_choose_editions(ap_yaml_reading *reading, const ap_sensors_entry *from,
                                      ap_asterix_editions *editions)
{
    if (!from->good[AP_KEY_EDITIONS] || !from->good[AP_KEY_SAC] || !from->good[AP_KEY_SIC])
        return;
    const yaml_node_pair_t *pair = from->value[AP_KEY_EDITIONS]->data.mapping.pairs.start;
    for (; pair < from->value[AP_KEY_EDITIONS]->data.mapping.pairs.top; pair++)
        if (ap_asterix_editions_choose_source(
                editions, AP_EDITION_BY_FILE, (uint8_t)from->number[AP_KEY_SAC],
                (uint8_t)from->number[AP_KEY_SIC], edition_of(reading, pair)))
            ap_yaml_tell_at(reading, from->value[AP_KEY_EDITIONS]->start_mark,
                            "one edition too many; expected at most %d",
                            AP_ASTERIX_SOURCE_EDITION_CAP);
}
