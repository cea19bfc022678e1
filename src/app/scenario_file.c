#include "app/scenario_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/scenario_load.h"
#include "app/yaml_file.h"

#define LINE_MAX_S 120.0 /* the last packets may still be on their lines */

static const ap_yaml_form form = { "a scenario file", "a scenario" };

void *ap_scenario_list_add(ap_scenario_load *load, ap_scenario_list *list)
{
    if (list->count == list->cap) {
        uint32_t cap = list->cap == 0 ? 16 : 2 * list->cap;
        void *items = realloc(list->items, (size_t)cap * list->item_size);
        if (!items) {
            load->out_of_memory = true;
            return NULL;
        }
        list->items = items;
        list->cap = cap;
    }
    void *item = ap_scenario_list_at(list, list->count++);
    memset(item, 0, list->item_size);
    return item;
}

void ap_scenario_load_list(ap_scenario_load *load, const ap_yaml_entry *entry, const char *key,
                           uint32_t cap, ap_scenario_take_fn take)
{
    const yaml_node_t *list = ap_yaml_entry_value(entry, key);
    if (!list || !ap_yaml_entry_good(entry, key))
        return;
    const yaml_node_item_t *item = list->data.sequence.items.start;
    size_t count = (size_t)(list->data.sequence.items.top - item);
    if (count == 0)
        ap_yaml_tell_at(&load->reading, list->start_mark,
                        "an empty list at %s; expected one or more", key);
    if (count > cap)
        ap_yaml_tell_at(&load->reading, list->start_mark, "%zu entries at %s; expected at most %u",
                        count, key, (unsigned)cap);
    for (size_t i = 0; i < count && i < cap; i++)
        take(load, yaml_document_get_node(&load->reading.document, item[i]));
}

void ap_scenario_check_period(ap_scenario_load *load, const ap_yaml_entry *entry, double start_s,
                              double end_s)
{
    double run_s = load->file->scenario.duration_s; /* 0: refused already */
    if (run_s > 0.0 && start_s >= run_s)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "start_s"),
                        "start_s is behind the end of the run; expected less than %.10g seconds",
                        run_s);
    else if (ap_yaml_entry_value(entry, "end_s") && !(start_s < end_s))
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "end_s"),
                        "end_s is not behind start_s; expected a later second");
}

uint32_t ap_scenario_find_flight(const ap_scenario_load *load, const char *name)
{
    for (uint32_t i = 0; i < load->file->names.count; i++)
        if (strcmp(ap_scenario_list_at(&load->file->names, i), name) == 0)
            return i;
    return AP_SCENARIO_NONE;
}

uint32_t ap_scenario_find_sensor(const ap_scenario_load *load, const char *name)
{
    for (uint32_t i = 0; i < load->file->sensors.count; i++) {
        const ap_scenario_sensor *sensor = ap_scenario_list_at(&load->file->sensors, i);
        if (strcmp(sensor->told.name, name) == 0)
            return i;
    }
    return AP_SCENARIO_NONE;
}

static void point_at_lists(ap_scenario_file *file)
{
    ap_scenario *scenario = &file->scenario;
    scenario->flights = file->flights.items;
    scenario->flight_count = file->flights.count;
    scenario->generators = file->generators.items;
    scenario->generator_count = file->generators.count;
    scenario->waypoints = file->waypoints.items;
    scenario->path = file->path.items;
    scenario->wind = file->wind.items;
    scenario->wind_count = file->wind.count;
    scenario->sensors = file->sensors.items;
    scenario->sensor_count = file->sensors.count;
    scenario->mask = file->mask.items;
    scenario->reflectors = file->reflectors.items;
    scenario->areas = file->areas.items;
    scenario->stations = file->stations.items;
    scenario->faults = file->faults.items;
    scenario->fault_count = file->faults.count;
}

/* Captures hold seconds of 32 bits. */
static void check_start(ap_scenario_load *load, const ap_yaml_entry *top)
{
    const ap_scenario *scenario = &load->file->scenario;
    double start_s = ap_seconds_between(0, scenario->start_utc);
    if (start_s < 0.0 || start_s + scenario->duration_s + LINE_MAX_S > UINT32_MAX)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(top, "start"),
                        "start is outside of what captures can hold; expected a run from 1970 on "
                        "that ends before 2106-02-07");
}

static void load_document(void *context)
{
    ap_scenario_load *load = context;
    const yaml_node_t *root = yaml_document_get_root_node(&load->reading.document);
    if (!root) {
        ap_yaml_tell_file(&load->reading, "an empty file; expected a scenario");
        return;
    }
    ap_yaml_entry top;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_top, root, &load->file->scenario, &top))
        return;
    check_start(load, &top);
    ap_scenario_load_wind(load, &top);
    ap_scenario_load_sensors(load, &top);
    ap_scenario_load_flights(load, &top);
    ap_scenario_load_truth_csv(load, &top);
    ap_scenario_load_traffic(load, &top);
    ap_scenario_load_faults(load, &top);
    if (!ap_yaml_entry_value(&top, "traffic") && !ap_yaml_entry_value(&top, "flights") &&
        !ap_yaml_entry_value(&top, "truth_csv"))
        ap_yaml_tell_at(&load->reading, root->start_mark,
                        "nothing flies; expected 'traffic', 'flights' or 'truth_csv'");
    point_at_lists(load->file);
    if (load->reading.error_count == 0 && !load->out_of_memory)
        ap_scenario_check_flights(load);
}

static void set_lists(ap_scenario_file *file)
{
    *file = (ap_scenario_file){
        .flights.item_size = sizeof(ap_scenario_flight),
        .generators.item_size = sizeof(ap_scenario_generator),
        .waypoints.item_size = sizeof(ap_waypoint),
        .path.item_size = sizeof(ap_path_point),
        .wind.item_size = sizeof(ap_wind_level),
        .sensors.item_size = sizeof(ap_scenario_sensor),
        .mask.item_size = sizeof(ap_mask_entry),
        .reflectors.item_size = sizeof(ap_reflector),
        .areas.item_size = sizeof(ap_clutter_area),
        .stations.item_size = sizeof(ap_station),
        .faults.item_size = sizeof(ap_scenario_fault),
        .names.item_size = AP_SCENARIO_NAME_SIZE,
    };
}

ap_err ap_scenario_file_parse(ap_scenario_file *file, const char *text, size_t size,
                              const char *folder, ap_yaml_error_fn on_error, void *context)
{
    set_lists(file);
    ap_scenario_load load = { .reading = { .on_error = on_error, .context = context },
                              .file = file,
                              .folder = folder,
                              .flight_marks.item_size = sizeof(yaml_mark_t),
                              .waypoint_marks.item_size = sizeof(yaml_mark_t) };
    ap_err err = ap_yaml_parse(&load.reading, &form, text, size, load_document, &load);
    if (!err && load.out_of_memory)
        err = AP_ERR_MEMORY;
    free(load.flight_marks.items);
    free(load.waypoint_marks.items);
    if (err)
        ap_scenario_file_close(file);
    return err;
}

ap_err ap_scenario_file_load(ap_scenario_file *file, const char *path, ap_yaml_error_fn on_error,
                             void *context)
{
    ap_yaml_reading reading = { .on_error = on_error, .context = context };
    char *text, folder[1024] = "";
    size_t size;
    set_lists(file);
    const char *slash = strrchr(path, '/');
    if (slash && (size_t)(slash - path) + 2 <= sizeof folder)
        memcpy(folder, path, (size_t)(slash - path) + 1);
    ap_err err = ap_yaml_file_text(&reading, &form, path, &text, &size);
    if (!err)
        err = ap_scenario_file_parse(file, text, size, folder, on_error, context);
    free(text);
    return err;
}

void ap_scenario_file_close(ap_scenario_file *file)
{
    ap_scenario_list *const lists[] = { &file->flights,  &file->generators, &file->waypoints,
                                        &file->path,     &file->wind,       &file->sensors,
                                        &file->mask,     &file->reflectors, &file->areas,
                                        &file->stations, &file->faults,     &file->names };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        free(lists[i]->items);
    set_lists(file);
}
