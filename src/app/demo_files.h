/* The demo's simulated sensors as files: what a recorder at each of them would have kept. */
#ifndef AP_APP_DEMO_FILES_H
#define AP_APP_DEMO_FILES_H

#include <stdint.h>
#include <stdio.h>

#include "app/command.h"
#include "model/truth.h"
#include "simulate/demo_scenario.h"
#include "simulate/simulate.h"

#define AP_DEMO_INPUT_COUNT 2

typedef struct ap_demo_files {
    ap_demo_scenario demo;
    ap_simulate simulate;
    void *simulate_mem;
    ap_utc_ns day_utc;       /* midnight before the start: ticks of the receiver count from it */
    char radars_path[512];   /* pcap: three radars and the multilateration */
    char receiver_path[512]; /* Beast */
    char sensors_path[512], truth_path[512];
    const char *inputs[AP_DEMO_INPUT_COUNT];
} ap_demo_files;

/* Simulates `duration_s` and writes the files into `folder`, which exists. Returns an exit status
 * after a line on standard error. The simulator stays open for the truth. */
int ap_demo_files_write(ap_demo_files *files, const ap_command *command, const char *folder,
                        uint64_t seed, double duration_s);

/* Those of the first `cap` aircraft in the air at an instant that a sensor covers; returns how
 * many. */
size_t ap_demo_files_truth(const ap_demo_files *files, ap_utc_ns time, ap_truth *truths,
                           size_t cap);

/* Lists the files. */
void ap_demo_files_tell(const ap_demo_files *files, FILE *out);

void ap_demo_files_close(ap_demo_files *files);

#endif
