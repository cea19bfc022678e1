/* The files of a simulated run: captures, truth, sensors file, about.json. */
#ifndef AP_APP_SIMULATE_FILES_H
#define AP_APP_SIMULATE_FILES_H

#include <stdbool.h>
#include <stdio.h>

#include "app/command.h"
#include "app/simulate_about.h"
#include "simulate/simulate.h"

/* One sensor's files. */
typedef struct ap_simulate_sensor_files {
    char pcap_path[1024], beast_path[1024];
    ap_output pcap, beast; /* beast: of a Beast receiver */
} ap_simulate_sensor_files;

typedef struct ap_simulate_files {
    const ap_command *command;
    const ap_scenario_file *scenario;
    ap_simulate_sensor_files *sensors; /* [sensor_count] */
    char merged_path[1024], truth_path[1024], sensors_path[1024], about_path[1024];
    ap_output merged, truth, described, about;
    ap_truth *truths; /* [flight_count] */
    ap_simulate_flown *flown;
    uint32_t flight_count;
    uint64_t truth_row_count, truth_step; /* rows written, steps done */
    ap_writer text;
} ap_simulate_files;

/* Creates the folder where it is missing, and opens the files aside. Returns an exit status after a
 * line on standard error: an output would write over the scenario, `folder` cannot be made ... */
int ap_simulate_files_open(ap_simulate_files *files, const ap_command *command, const char *folder,
                           const char *scenario_path, const ap_scenario_file *scenario,
                           const ap_simulate *sim);

/* Both return false when a write failed: commit tells which. */
bool ap_simulate_files_packet(ap_simulate_files *files, const ap_packet *packet);

/* The truth of every step up to `time`, as far as it is not written. */
bool ap_simulate_files_truth(ap_simulate_files *files, const ap_simulate *sim, ap_utc_ns time);

/* Writes the sensors file and about.json, ends and names all files. Returns an exit status after a
 * line for each that failed. */
int ap_simulate_files_commit(ap_simulate_files *files, const ap_simulate *sim,
                             ap_simulate_about *about);

/* Removes what was not committed; safe twice. */
void ap_simulate_files_close(ap_simulate_files *files);

#endif
