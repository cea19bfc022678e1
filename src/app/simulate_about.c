#include "app/simulate_about.h"

#include <string.h>

#include "app/scenario_keys.h"
#include "wire/json.h"

enum { TEXT_CAP = 16384, LINE_ROOM = 8192 };

/* Text on its way into the file; no member is longer than LINE_ROOM. */
typedef struct about_writer {
    const ap_simulate_about *about;
    ap_output *output;
    ap_writer text;
    uint8_t bytes[TEXT_CAP];
} about_writer;

static void flush(about_writer *writer)
{
    if (writer->text.cap - writer->text.size >= LINE_ROOM)
        return;
    (void)ap_output_write(writer->output, writer->text.data, writer->text.size); /* kept there */
    writer->text.size = 0;
}

/* ---- keys of the scenario, as they are written in its file ---- */

static uint64_t whole_of(ap_yaml_type type, const void *field)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (type) {
    case AP_YAML_TYPE_U8:
        return *(const uint8_t *)field;
    case AP_YAML_TYPE_U16:
    case AP_YAML_TYPE_CODE:
        memcpy(&u16, field, sizeof u16);
        return u16;
    case AP_YAML_TYPE_U64:
        memcpy(&u64, field, sizeof u64);
        return u64;
    default:
        memcpy(&u32, field, sizeof u32);
        return u32;
    }
}

static void write_number(ap_json_object *object, const ap_yaml_key *key, const void *field)
{
    double number;
    memcpy(&number, field, sizeof number);
    ap_json_member_fixed(object, key->key, number / key->scale, 9); /* null for what is not said */
}

static void write_digits(ap_json_object *object, const ap_yaml_key *key, const void *field)
{
    ap_json_key(object, key->key);
    ap_text_str(object->text, "\"");
    if (key->type == AP_YAML_TYPE_ADDRESS)
        ap_text_hex_u32(object->text, (uint32_t)whole_of(key->type, field), 6);
    else
        ap_text_octal(object->text, (uint32_t)whole_of(key->type, field), 4);
    ap_text_str(object->text, "\"");
}

static void write_time(ap_json_object *object, const ap_yaml_key *key, const void *field)
{
    ap_utc_ns time;
    char text[AP_UTC_TEXT_SIZE];
    memcpy(&time, field, sizeof time);
    ap_utc_text(time, text);
    ap_json_member_str(object, key->key, text);
}

static void write_key(ap_json_object *object, const ap_yaml_key *key, const void *target)
{
    const void *field = (const uint8_t *)target + key->offset;
    int word;
    switch (key->type) {
    case AP_YAML_TYPE_NUMBER:
        write_number(object, key, field);
        break;
    case AP_YAML_TYPE_FLAG:
        ap_json_member_bool(object, key->key, *(const bool *)field);
        break;
    case AP_YAML_TYPE_WORD:
        memcpy(&word, field, sizeof word);
        ap_json_member_str(object, key->key, key->words[word]);
        break;
    case AP_YAML_TYPE_TEXT:
        ap_json_member_str(object, key->key, field);
        break;
    case AP_YAML_TYPE_TIME:
        write_time(object, key, field);
        break;
    case AP_YAML_TYPE_ADDRESS:
    case AP_YAML_TYPE_CODE:
        write_digits(object, key, field);
        break;
    default:
        ap_json_member_u64(object, key->key, whole_of(key->type, field));
        break;
    }
}

/* The members of a group with a field, each field in the first of its units. */
static void write_keys(ap_json_object *object, const ap_yaml_group *group, const void *target)
{
    for (const ap_yaml_key *key = group->keys; key->key; key++) {
        const ap_yaml_key *first = group->keys;
        while (first->offset != key->offset)
            first++;
        if (key->offset != SIZE_MAX && first == key)
            write_key(object, key, target);
    }
}

/* ---- lists ---- */

static void open_list(about_writer *writer, ap_json_object *in, const char *key)
{
    ap_json_key(in, key);
    ap_text_str(&writer->text, "[");
}

static ap_json_object open_item(about_writer *writer, uint32_t index)
{
    flush(writer);
    ap_text_str(&writer->text, index == 0 ? "\n  " : ",\n  ");
    return ap_json_open(&writer->text);
}

static void close_list(about_writer *writer)
{
    ap_text_str(&writer->text, "]");
}

/* A list of groups that hold no others. */
static void write_list(about_writer *writer, ap_json_object *in, const char *key,
                       const ap_yaml_group *group, const void *items, size_t item_size,
                       uint32_t count)
{
    if (count == 0)
        return;
    open_list(writer, in, key);
    for (uint32_t i = 0; i < count; i++) {
        ap_json_object item = open_item(writer, i);
        write_keys(&item, group, (const uint8_t *)items + i * item_size);
        ap_json_close(&item);
    }
    close_list(writer);
}

static void write_flight(about_writer *writer, ap_json_object *item, uint32_t index)
{
    const ap_scenario *scenario = &writer->about->file->scenario;
    const char *names = writer->about->file->names.items;
    ap_scenario_flight_extra extra = { .flight = scenario->flights[index] };
    memcpy(extra.name, names + (size_t)index * AP_SCENARIO_NAME_SIZE, AP_SCENARIO_NAME_SIZE);
    write_keys(item, &ap_scenario_flight_group, &extra);
    if (extra.flight.leader != AP_SCENARIO_NONE)
        ap_json_member_str(item, "leader",
                           names + (size_t)extra.flight.leader * AP_SCENARIO_NAME_SIZE);
    if (extra.flight.path_count > 0)
        ap_json_member_u64(item, "state_count", extra.flight.path_count);
    if (extra.flight.falls) {
        ap_json_key(item, "fall");
        ap_json_object fall = ap_json_open(&writer->text);
        write_keys(&fall, &ap_scenario_fall_group, &extra.flight);
        ap_json_close(&fall);
    }
    if (extra.flight.waypoint_count > 0)
        write_list(writer, item, "route", &ap_scenario_waypoint_group,
                   scenario->waypoints + extra.flight.waypoint_first, sizeof(ap_waypoint),
                   extra.flight.waypoint_count);
}

static void write_sensor(about_writer *writer, ap_json_object *item, uint32_t index)
{
    const ap_scenario *scenario = &writer->about->file->scenario;
    const ap_scenario_sensor *sensor = &scenario->sensors[index];
    write_keys(item, &ap_scenario_sensor_group, sensor);
    if (sensor->mask_count > 0)
        write_list(writer, item, "mask", &ap_scenario_mask_group,
                   scenario->mask + sensor->mask_first, sizeof(ap_mask_entry), sensor->mask_count);
    if (sensor->reflector_count > 0)
        write_list(writer, item, "reflectors", &ap_scenario_reflector_group,
                   scenario->reflectors + sensor->reflector_first, sizeof(ap_reflector),
                   sensor->reflector_count);
    if (sensor->area_count > 0)
        write_list(writer, item, "clutter_areas", &ap_scenario_area_group,
                   scenario->areas + sensor->area_first, sizeof(ap_clutter_area),
                   sensor->area_count);
    if (sensor->station_count > 0)
        write_list(writer, item, "stations", &ap_scenario_station_group,
                   scenario->stations + sensor->station_first, sizeof(ap_station),
                   sensor->station_count);
}

/* In SI units: a fault's value is one field whatever its key. */
static void write_fault(about_writer *writer, ap_json_object *item, uint32_t index)
{
    const ap_scenario *scenario = &writer->about->file->scenario;
    const ap_scenario_fault *fault = &scenario->faults[index];
    const char *names = writer->about->file->names.items;
    ap_json_member_str(item, "kind", ap_scenario_fault_kinds[fault->kind]);
    ap_json_member_fixed(item, "start_s", fault->start_s, 6);
    ap_json_member_fixed(item, "end_s", fault->end_s, 6);
    if (fault->sensor != AP_SCENARIO_NONE)
        ap_json_member_str(item, "sensor", scenario->sensors[fault->sensor].told.name);
    if (fault->flight != AP_SCENARIO_NONE)
        ap_json_member_str(item, "flight", names + (size_t)fault->flight * AP_SCENARIO_NAME_SIZE);
    if (fault->code_of != AP_SCENARIO_NONE)
        ap_json_member_str(item, "code_of", names + (size_t)fault->code_of * AP_SCENARIO_NAME_SIZE);
    if (fault->radius_m > 0.0) {
        ap_json_member_fixed(item, "latitude_deg", fault->latitude_rad / AP_RAD_PER_DEG, 9);
        ap_json_member_fixed(item, "longitude_deg", fault->longitude_rad / AP_RAD_PER_DEG, 9);
        ap_json_member_fixed(item, "radius_m", fault->radius_m, 3);
    }
    ap_json_member_fixed(item, "value_si", fault->value, 9);
    ap_json_member_fixed(item, "direction_deg", fault->direction_rad / AP_RAD_PER_DEG, 6);
}

typedef void (*write_item_fn)(about_writer *writer, ap_json_object *item, uint32_t index);

static void write_items(about_writer *writer, ap_json_object *in, const char *key, uint32_t count,
                        write_item_fn write)
{
    if (count == 0)
        return;
    open_list(writer, in, key);
    for (uint32_t i = 0; i < count; i++) {
        ap_json_object item = open_item(writer, i);
        write(writer, &item, i);
        ap_json_close(&item);
    }
    close_list(writer);
}

static void write_scenario(about_writer *writer, ap_json_object *in)
{
    const ap_scenario *scenario = &writer->about->file->scenario;
    ap_json_key(in, "scenario");
    ap_json_object object = ap_json_open(&writer->text);
    write_keys(&object, &ap_scenario_top, scenario);
    for (uint32_t i = 0; i < scenario->wind_count; i++) {
        const ap_wind_level *level = &scenario->wind[i];
        if (i == 0)
            open_list(writer, &object, "wind");
        ap_json_object item = open_item(writer, i);
        ap_json_member_fixed(&item, "altitude_m", level->altitude_m, 3);
        ap_json_member_fixed(&item, "east_mps", level->east_mps, 6);
        ap_json_member_fixed(&item, "north_mps", level->north_mps, 6);
        ap_json_close(&item);
        if (i + 1 == scenario->wind_count)
            close_list(writer);
    }
    write_list(writer, &object, "traffic", &ap_scenario_generator_group, scenario->generators,
               sizeof *scenario->generators, scenario->generator_count);
    write_items(writer, &object, "flights", scenario->flight_count, write_flight);
    write_items(writer, &object, "sensors", scenario->sensor_count, write_sensor);
    write_items(writer, &object, "faults", scenario->fault_count, write_fault);
    ap_json_close(&object);
}

/* ---- what came of it ---- */

static void write_sent(about_writer *writer, ap_json_object *item, uint32_t index)
{
    const ap_scenario_sensor *sensor = &writer->about->file->scenario.sensors[index];
    const ap_simulate_sent *sent = &writer->about->sent[index];
    ap_json_member_str(item, "name", sensor->told.name);
    ap_json_member_u64(item, "packet_count", sent->packet_count);
    ap_json_member_u64(item, "byte_count", sent->byte_count);
    const ap_line_counts *line = ap_simulate_line_counts(writer->about->sim, index);
    ap_json_member_u64(item, "left_count", line->packet_count);
    ap_json_member_u64(item, "outage_count", line->outage_count);
    ap_json_member_u64(item, "lost_count", line->lost_count);
    ap_json_member_u64(item, "full_count", line->full_count);
    ap_json_member_u64(item, "duplicate_count", line->duplicate_count);
    ap_json_member_u64(item, "reordered_count", line->reordered_count);
}

static void write_flown(about_writer *writer, ap_json_object *item, uint32_t index)
{
    const ap_simulate_flown *flown = &writer->about->flown[index];
    ap_json_member_u64(item, "target_id", index + 1u);
    if (!flown->is_seen)
        return;
    ap_json_key(item, "address");
    ap_text_str(&writer->text, "\"");
    if (flown->address != 0)
        ap_text_hex_u32(&writer->text, flown->address, 6);
    ap_text_str(&writer->text, "\"");
    ap_json_key(item, "mode_3a");
    ap_text_str(&writer->text, "\"");
    ap_text_octal(&writer->text, flown->mode_3a, 4);
    ap_text_str(&writer->text, "\"");
    ap_json_member_str(item, "callsign", flown->callsign);
    ap_json_member_fixed(item, "first_s", flown->first_s, 6);
    ap_json_member_fixed(item, "last_s", flown->last_s, 6);
}

void ap_simulate_about_write(const ap_simulate_about *about, ap_output *output)
{
    about_writer writer = { .about = about, .output = output };
    writer.text = ap_writer_of(writer.bytes, sizeof writer.bytes);
    ap_json_object object = ap_json_open(&writer.text);
    ap_json_member_str(&object, "airpicture", AP_VERSION);
    /* The name: its place is no parameter. */
    const char *slash = strrchr(about->scenario_path, '/');
    ap_json_member_str(&object, "scenario_file", slash ? slash + 1 : about->scenario_path);
    ap_json_member_fixed(&object, "run_s", about->run_s, 6);
    ap_json_member_bool(&object, "interrupted", about->interrupted);
    ap_json_member_u64(&object, "unsent_count", about->unsent_count);
    ap_json_member_u64(&object, "truth_row_count", about->truth_row_count);
    write_items(&writer, &object, "sent", about->file->scenario.sensor_count, write_sent);
    write_scenario(&writer, &object);
    write_items(&writer, &object, "flown", about->flown_count, write_flown);
    ap_json_close(&object);
    ap_text_str(&writer.text, "\n");
    (void)ap_output_write(output, writer.text.data, writer.text.size); /* kept there */
}
