/* A receiver of 1090 MHz: squitters of every Mode S transponder in sight, its replies to the
 * radars, and what spoofers send, as Beast frames with the stamps of the receiver's own clock.
 *
 * The clock is a counter of 12 MHz that began at UTC midnight (a recording without a date then
 * finds its time by the day alone), or tells second of the day and nanosecond, as the sensor's
 * description has it (ap_clock_kind; AUTO: a counter). It is off by an offset and a drift, each
 * stamp by a jitter, and all by the sensor's time errors (ap_faults_stamp_s).
 *
 * What is heard: a frame that comes from above the horizon, with the sensor's detection
 * probability, of which at the end of the range a half is left. Several receivers hear the same
 * frames, each at its time of arrival. */
#ifndef AP_SIMULATE_RECEIVER_H
#define AP_SIMULATE_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

#include "simulate/air.h"
#include "simulate/instrument.h"

typedef struct ap_receiver {
    const ap_world *world;
    const ap_scenario_sensor *sensor;
    uint32_t index; /* of the sensor */
    uint32_t stream;
    double midnight_s; /* from UTC midnight to the start of the run */
    ap_air air;
} ap_receiver;

/* The stamp of a frame that arrives at `arrival_s`, off by `jitter_s`. */
uint64_t ap_receiver_stamp(const ap_receiver *receiver, double arrival_s, double jitter_s);

/* True when a frame from that distance is received, by the draw. */
bool ap_receiver_hears(const ap_sensor *sensor, double distance_m, ap_random *random);

#endif
