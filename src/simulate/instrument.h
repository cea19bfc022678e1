/* Instrument: what all simulated sensors have in common, so that one loop drives them.
 *
 * An instrument knows the time of its next packet and appends that packet when asked; the loop asks
 * the one whose packet is first (ties: the lower index). The line behind it (delay, loss,
 * reordering: simulate/line.h) and outages are not its business. Times are true times; what it
 * stamps carries the sensor's time errors. */
#ifndef AP_SIMULATE_INSTRUMENT_H
#define AP_SIMULATE_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "base/arena.h"
#include "simulate/scenario.h"
#include "simulate/world.h"

#define AP_INSTRUMENT_STATE_MAX 8192 /* larger parts come out of the arena */

typedef struct ap_instrument_kind {
    size_t state_size; /* <= AP_INSTRUMENT_STATE_MAX */
    /* Takes further memory from the arena, measuring or real; measuring, the state is scratch and
     * there are no flights yet, only their number. `index`: of world->scenario->sensors. The state
     * is zeroed. */
    void (*init)(void *state, ap_arena *arena, const ap_world *world, uint32_t index);
    /* When its next packet leaves it, seconds since the start; HUGE_VAL: never again. */
    double (*time_s)(const void *state);
    /* Appends that packet; nothing when it came to nothing. At most AP_SIMULATE_PACKET_SIZE. */
    void (*send)(void *state, ap_writer *writer);
    /* Plots or frames that it could not send for lack of room. */
    uint64_t (*lost_count)(const void *state);
    /* Whether it may report a target that is there; NULL: within its told range and horizon. */
    bool (*covers)(const void *state, const ap_truth *truth);
} ap_instrument_kind;

extern const ap_instrument_kind ap_instrument_radar;    /* CAT048, CAT001, CAT010 */
extern const ap_instrument_kind ap_instrument_mlat;     /* CAT020 */
extern const ap_instrument_kind ap_instrument_station;  /* CAT021 */
extern const ap_instrument_kind ap_instrument_tracker;  /* CAT062 */
extern const ap_instrument_kind ap_instrument_receiver; /* BEAST */

/* Of a format; NULL when nothing sends it. */
const ap_instrument_kind *ap_instrument_of(ap_sensor_format format);

#endif
