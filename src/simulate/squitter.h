/* What a Mode S transponder sends, by itself and when a radar asks. */
#ifndef AP_SIMULATE_SQUITTER_H
#define AP_SIMULATE_SQUITTER_H

#include <stdint.h>

#include "airpicture/modes.h"
#include "simulate/random.h"
#include "simulate/world.h"

typedef enum ap_squitter {
    AP_SQUITTER_POSITION, /* DF17: airborne position, even and odd in turn */
    AP_SQUITTER_VELOCITY,
    AP_SQUITTER_IDENT,
    AP_SQUITTER_STATUS,    /* operational status, version 2 */
    AP_SQUITTER_EMERGENCY, /* only while it squawks 7700 */
    AP_SQUITTER_ACQUIRE,   /* DF11 */
    AP_SQUITTER_REPLY,     /* DF4, 5, 20, 21; one for each radar behind it */
    AP_SQUITTER_COUNT
} ap_squitter;

/* Seconds to the next one: uniform in what the standard allows. Not for replies. */
double ap_squitter_interval_s(ap_squitter kind, ap_random *random);

/* True when this aircraft ever sends this. */
bool ap_squitter_is_sent(ap_squitter kind, const ap_flight *flight);

/* The content of the `count`-th message of its kind. The position is off by the error of the
 * aircraft's own navigation: slow, with a small part new in each message, together well inside
 * what its NACp declares.
 * False when there is nothing to send (no emergency). */
bool ap_squitter_make(ap_squitter kind, const ap_world *world, const ap_flight *flight,
                      const ap_truth *truth, double time_s, uint32_t count, ap_random *random,
                      ap_modes_frame *content);

#endif
