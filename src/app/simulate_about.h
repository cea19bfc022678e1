/* about.json: everything that a simulated run was made of, and what came of it. */
#ifndef AP_APP_SIMULATE_ABOUT_H
#define AP_APP_SIMULATE_ABOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/scenario_file.h"
#include "io/output.h"
#include "model/truth.h"
#include "simulate/simulate.h"

/* What arrived of one sensor. */
typedef struct ap_simulate_sent {
    uint64_t packet_count, byte_count;
} ap_simulate_sent;

/* One flight, as the truth showed it. */
typedef struct ap_simulate_flown {
    uint32_t address;
    uint16_t mode_3a;
    char callsign[AP_CALLSIGN_SIZE];
    bool is_seen;
    double first_s, last_s; /* in the truth, since the start of the run */
} ap_simulate_flown;

typedef struct ap_simulate_about {
    const ap_scenario_file *file;
    const ap_simulate *sim;
    const char *scenario_path;
    double run_s; /* how much of it was simulated */
    bool interrupted;
    const ap_simulate_sent *sent;   /* [sensor_count] */
    const ap_simulate_flown *flown; /* [flown_count], by id less 1 */
    uint32_t flown_count;
    uint64_t unsent_count; /* for lack of room */
    uint64_t truth_row_count;
} ap_simulate_about;

/* The failure of a write is kept by the output. */
void ap_simulate_about_write(const ap_simulate_about *about, ap_output *output);

#endif
