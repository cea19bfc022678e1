/* What the parts of the scenario reader share. */
#ifndef AP_APP_SCENARIO_LOAD_H
#define AP_APP_SCENARIO_LOAD_H

#include "app/scenario_keys.h"
#include "app/yaml_entry.h"
#include "app/scenario_file.h"

typedef struct ap_scenario_load {
    ap_yaml_reading reading;
    ap_scenario_file *file;
    const char *folder;
    ap_scenario_list flight_marks, waypoint_marks; /* yaml_mark_t of each, for what is told later */
    yaml_mark_t truth_mark;
    bool out_of_memory;
} ap_scenario_load;

/* A new item, all zero, or NULL when memory is exhausted, which is told at the end. Items move:
 * none is kept over the next call. */
void *ap_scenario_list_add(ap_scenario_load *load, ap_scenario_list *list);

static inline void *ap_scenario_list_at(const ap_scenario_list *list, uint32_t index)
{
    return (char *)list->items + (size_t)index * list->item_size;
}

/* Reads one entry of a list. */
typedef void (*ap_scenario_take_fn)(ap_scenario_load *load, const yaml_node_t *node);

/* Every entry of the list at a key; `cap` entries at most, a longer one is told. */
void ap_scenario_load_list(ap_scenario_load *load, const ap_yaml_entry *entry, const char *key,
                           uint32_t cap, ap_scenario_take_fn take);

/* The parts, in this order: names of sensors and flights are there before the faults. */
void ap_scenario_load_wind(ap_scenario_load *load, const ap_yaml_entry *top);
void ap_scenario_load_traffic(ap_scenario_load *load, const ap_yaml_entry *top);
void ap_scenario_load_flights(ap_scenario_load *load, const ap_yaml_entry *top);
void ap_scenario_load_truth_csv(ap_scenario_load *load, const ap_yaml_entry *top);
void ap_scenario_load_sensors(ap_scenario_load *load, const ap_yaml_entry *top);
void ap_scenario_load_faults(ap_scenario_load *load, const ap_yaml_entry *top);

/* Tells what no craft can fly, when all else is sound. The scenario points at its lists. */
void ap_scenario_check_flights(ap_scenario_load *load);

/* Tells a period that ends before it starts. */
void ap_scenario_check_period(ap_scenario_load *load, const ap_yaml_entry *entry, double start_s,
                              double end_s);

/* Index of the flight or sensor of this name, or AP_SCENARIO_NONE. */
uint32_t ap_scenario_find_flight(const ap_scenario_load *load, const char *name);
uint32_t ap_scenario_find_sensor(const ap_scenario_load *load, const char *name);

#endif
