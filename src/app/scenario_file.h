/* The scenario file: YAML text to a scenario. doc/scenarios.md lists the keys.
 *
 * A file is taken whole or not at all. All errors are told, each with the line and column of the
 * key or value that it is about. */
#ifndef AP_APP_SCENARIO_FILE_H
#define AP_APP_SCENARIO_FILE_H

#include <stddef.h>

#include "airpicture/err.h"
#include "app/yaml_tell.h"
#include "simulate/scenario.h"

/* Items of one size in memory of their own, which moves as they become more. */
typedef struct ap_scenario_list {
    void *items;
    size_t item_size;
    uint32_t count, cap;
} ap_scenario_list;

typedef struct ap_scenario_file {
    ap_scenario scenario; /* points into the lists */
    ap_scenario_list flights, generators, waypoints, path, wind, sensors, mask, reflectors, areas,
        stations, faults;
    ap_scenario_list names; /* char[AP_SCENARIO_NAME_SIZE] of each flight */
} ap_scenario_file;

/* Reads a text; `folder` is where files that it names are looked for ("" or ending in '/').
 * in : on_error may be NULL.
 * AP_ERR_CONFIG when anything is refused, AP_ERR_MEMORY; then `file` is closed. */
ap_err ap_scenario_file_parse(ap_scenario_file *file, const char *text, size_t size,
                              const char *folder, ap_yaml_error_fn on_error, void *context);

/* The same for a file. AP_ERR_NO_INPUT when it cannot be opened or read. */
ap_err ap_scenario_file_load(ap_scenario_file *file, const char *path, ap_yaml_error_fn on_error,
                             void *context);

/* Frees the lists; safe twice. */
void ap_scenario_file_close(ap_scenario_file *file);

#endif
