/* Line: what lies between a sensor and the recorder.
 *
 * A packet that leaves the sensor arrives after the line's delay and a jitter, never before the
 * packet ahead of it: jitter alone does not reorder. It may be lost, come twice in a row, or be
 * overtaken by the packet behind it. Outages (AP_FAULT_OUTAGE) and times of loss (AP_FAULT_LOSS)
 * go by the time at which it leaves. All is drawn by (seed, sensor, number of the packet).
 *
 * The packets on their way wait in a queue of fixed size; what does not fit is lost and counted. */
#ifndef AP_SIMULATE_LINE_H
#define AP_SIMULATE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "simulate/scenario.h"

#define AP_LINE_DATAGRAM_SIZE 2048
#define AP_LINE_HOLD_MAX_S 1.0 /* a packet that waits to be overtaken waits no longer */

typedef struct ap_line_counts {
    uint64_t packet_count; /* that left the sensor; each is in at most one of the next three */
    uint64_t outage_count, lost_count;
    uint64_t full_count; /* no room in the queue */
    uint64_t duplicate_count, reordered_count;
} ap_line_counts;

typedef struct ap_line_entry {
    double arrival_s;
    size_t size;
} ap_line_entry;

typedef struct ap_line {
    const ap_scenario *scenario;
    const ap_scenario_sensor *sensor;
    uint32_t index, stream;
    size_t slot_size;
    uint8_t *bytes;         /* [cap + 1][slot_size]; the last one is for the packet held back */
    ap_line_entry *entries; /* likewise */
    size_t cap, first, count;
    bool is_holding;
    double last_arrival_s;
    ap_line_counts counts;
} ap_line;

/* False when a delay is not in [0, 60] s or a chance not in [0, 1). */
bool ap_line_is_sound(const ap_scenario_sensor *sensor);

/* Longest packet of a sensor: a datagram, or one Beast frame. */
size_t ap_line_packet_size(ap_sensor_format format);

/* Takes memory from the arena (measuring or real). flight_count: how much there is to send. */
void ap_line_init(ap_line *line, ap_arena *arena, const ap_scenario *scenario, uint32_t index,
                  uint32_t flight_count);

/* A packet leaves the sensor; times never go back. size <= ap_line_packet_size. */
void ap_line_put(ap_line *line, double sent_s, const uint8_t *data, size_t size);

/* When the next packet arrives; HUGE_VAL: none is on its way. A packet that leaves the sensor
 * later arrives no earlier. */
double ap_line_time_s(const ap_line *line);

/* That packet, which has arrived; the bytes are valid until the next call. Not when there is none.
 */
const uint8_t *ap_line_take(ap_line *line, size_t *size);

#endif
