/* A receiver of 1090 MHz: squitters of every Mode S transponder in sight and its replies to the
 * radars, as Beast frames with ticks of a 12 MHz counter that began at UTC midnight (a recording
 * without a date then finds its time by the day alone).
 *
 * Each aircraft sends on its own schedule; what is next over all of them comes out of a heap. A
 * frame arrives after its travel at the speed of light. */
#ifndef AP_SIMULATE_RECEIVER_H
#define AP_SIMULATE_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "base/arena.h"
#include "simulate/instrument.h"
#include "simulate/squitter.h"

#define AP_RECEIVER_RADAR_CAP 3
#define AP_RECEIVER_TIMER_COUNT (AP_SQUITTER_REPLY + AP_RECEIVER_RADAR_CAP)

/* Schedule of one aircraft. */
typedef struct ap_transponder {
    double next_s[AP_RECEIVER_TIMER_COUNT]; /* when each kind is sent next; replies by radar */
    uint32_t count[AP_RECEIVER_TIMER_COUNT];
    unsigned timer;    /* the earliest of them */
    double arrival_s;  /* when that reaches the receiver */
    bool is_in_sight;  /* it will arrive there */
    double distance_m; /* of the aircraft then */
} ap_transponder;

typedef struct ap_receiver {
    const ap_world *world;
    const ap_sensor *sensor;
    uint32_t stream;
    ap_antenna antennas[AP_RECEIVER_RADAR_CAP]; /* of the Mode S radars that ask */
    double cone_rad[AP_RECEIVER_RADAR_CAP];
    uint32_t radar_count;
    ap_transponder *transponders; /* [flight_count] */
    uint32_t *heap;               /* [flight_count], by arrival */
    uint64_t tick_offset;         /* of the counter at the start of the run */
} ap_receiver;

#endif
