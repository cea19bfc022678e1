/* Simulator: what the sensors of a scenario send while they watch its traffic, and the truth
 * beside it.
 *
 *     void *mem = malloc(ap_simulate_size(&scenario));
 *     ap_simulate sim;
 *     ap_simulate_init(&sim, &scenario, mem, ap_simulate_size(&scenario));
 *     while (ap_simulate_next(&sim, &packet) == AP_OK) ...
 *     count = ap_simulate_truth(&sim, utc, truths, cap);           (at any time)
 *
 * Measured is what geometry gives: slant range and azimuth at the moment when the rotating beam
 * meets the target, behind the horizon of an Earth of 4/3 radius nothing, straight above a radar
 * nothing; noise, missed detections, false plots, and the steps of the formats. Noise is drawn by
 * (seed, sensor, flight, event): with a sensor left out the others send the same bytes.
 * Nothing is allocated after init. */
#ifndef AP_SIMULATE_SIMULATE_H
#define AP_SIMULATE_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/sensor.h"
#include "airpicture/time.h"
#include "model/truth.h"
#include "simulate/faults.h"
#include "simulate/line.h"
#include "simulate/scenario.h"

#define AP_SIMULATE_SENSOR_MAX 256u
#define AP_SIMULATE_PACKET_SIZE AP_LINE_DATAGRAM_SIZE

typedef enum ap_packet_kind {
    AP_PACKET_ASTERIX, /* one UDP datagram: whole data blocks */
    AP_PACKET_BEAST    /* one whole Beast frame */
} ap_packet_kind;

typedef struct ap_packet {
    ap_packet_kind kind;
    uint16_t sensor; /* index in the scenario */
    ap_utc_ns utc;   /* when it arrives; never before that of the packet before */
    const uint8_t *data;
    size_t size;
} ap_packet;

struct ap_simulate_state; /* lives in the caller's memory */

typedef struct ap_simulate {
    struct ap_simulate_state *state;
} ap_simulate;

#define AP_SIMULATE_WHY_SIZE 256

/* Whether the scenario can be simulated. If not, `why` says the first reason (cut to `size` >= 1,
 * terminated): "flight BAW1, waypoint 3: 400 m/s is beyond an airliner's 270 m/s". */
bool ap_simulate_check(const ap_scenario *scenario, char *why, size_t size);

/* Bytes that init needs; 0 when the scenario has a value out of its range, or asks for what
 * nothing can send. */
size_t ap_simulate_size(const ap_scenario *scenario);

/* `scenario` and `mem` outlive the simulator. AP_ERR_ARGUMENT for a bad scenario, AP_ERR_MEMORY
 * when mem_size is too small. */
ap_err ap_simulate_init(ap_simulate *sim, const ap_scenario *scenario, void *mem, size_t mem_size);

/* The next packet in order of time; its bytes are valid until the next call. AP_ERR_END at the
 * end of the run. */
ap_err ap_simulate_next(ap_simulate *sim, ap_packet *packet);

/* How many flights there are in the whole run; their ids are 1 to this. */
uint32_t ap_simulate_flight_count(const ap_simulate *sim);

/* The aircraft in the air at `utc`, in order of id, at most `cap`; returns how many there are. */
size_t ap_simulate_truth(const ap_simulate *sim, ap_utc_ns utc, ap_truth *truths, size_t cap);

/* What the transponder of that flight says of itself: `truth` is of ap_simulate_truth. */
ap_told ap_simulate_told(const ap_simulate *sim, const ap_truth *truth);

/* The sensors as their owner would describe them; biases are not told. */
uint32_t ap_simulate_sensor_count(const ap_simulate *sim);
const ap_sensor *ap_simulate_sensor(const ap_simulate *sim, uint32_t index);

/* Whether sensor `index` sends: it exists and is not silent. */
bool ap_simulate_sends(const ap_simulate *sim, uint32_t index);

/* Plots, frames and packets that a sensor could not send for lack of room, all sensors. */
uint64_t ap_simulate_lost_count(const ap_simulate *sim);

/* What became of the packets of sensor `index` on their way. */
const ap_line_counts *ap_simulate_line_counts(const ap_simulate *sim, uint32_t index);

ap_utc_ns ap_simulate_start_utc(const ap_simulate *sim);

/* True when a sensor that sends may see a target there: for scoring what can be seen. */
bool ap_simulate_covers(const ap_simulate *sim, const ap_truth *truth);

/* Appends the sensors file of the sensors that send. The writer's `bad` tells when it was full. */
void ap_simulate_sensors_yaml(const ap_simulate *sim, ap_writer *text);

/* Truth as CSV: the line of column names, and one line per aircraft; time since the start. Who it
 * is stands there as its transponder tells it, and so as a tracker may know it: a code of what
 * answers, address and call sign of what has Mode S. Its pressure altitude is the one it is at: of
 * what answers in the air, from -1,000 to 126,700 ft. */
void ap_simulate_truth_csv_head(ap_writer *text);
void ap_simulate_truth_csv_row(const ap_simulate *sim, const ap_truth *truth, ap_writer *text);

#endif
