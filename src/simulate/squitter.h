/* What a Mode S transponder sends, by itself and when a radar asks. */
#ifndef AP_SIMULATE_SQUITTER_H
#define AP_SIMULATE_SQUITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/modes.h"
#include "simulate/broadcast.h"
#include "simulate/random.h"

#define AP_SQUITTER_STANDING 10
#define AP_SQUITTER_STANDING_MPS 0.2 /* slower than this it stands */

typedef enum ap_squitter {
    AP_SQUITTER_POSITION, /* DF17: airborne position, even and odd in turn */
    AP_SQUITTER_VELOCITY,
    AP_SQUITTER_IDENT,
    AP_SQUITTER_STATUS,    /* operational status, version 2 */
    AP_SQUITTER_EMERGENCY, /* only while it squawks 7500, 7600 or 7700 */
    AP_SQUITTER_ACQUIRE,   /* DF11 */
    AP_SQUITTER_REPLY,     /* DF4, 5, 20, 21; one for each radar behind it */
    AP_SQUITTER_COUNT
} ap_squitter;

/* Seconds to the next one: uniform in what the standard allows. Not for replies. */
double ap_squitter_interval_s(ap_squitter kind, ap_random *random);

/* True when a transponder ever sends this by itself or, replies, when asked. */
bool ap_squitter_is_sent(ap_squitter kind, ap_equipment equipment);

/* The position in one message: that of the broadcast, off by a small part that is new in each,
 * together with the slow error of the navigation well inside what the NACp declares. Only with a
 * position. */
ap_geodetic ap_squitter_position(const ap_broadcast *told, ap_random *random);

/* Type code of a position for the NACp of a broadcast, that of a containment radius which needs no
 * NIC supplement: in the air with barometric altitude, NIC 8 at best; on the ground; 0 without a
 * position. */
uint8_t ap_squitter_type_code(const ap_broadcast *told);

/* The content of the `count`-th message of its kind, replies excepted. Without a position (jammed)
 * a position message tells the altitude alone, and there is no velocity. On the ground a position
 * message has the movement, and one who stands sends every AP_SQUITTER_STANDING-th only.
 * False when there is nothing to send (no emergency, no velocity). */
bool ap_squitter_make(ap_squitter kind, const ap_broadcast *told, uint32_t count, ap_random *random,
                      ap_modes_frame *content);

/* The `count`-th reply to a radar; `truth` is of the flight at that time. */
void ap_squitter_reply(const ap_world *world, const ap_broadcast *told, const ap_flight *flight,
                       const ap_truth *truth, double time_s, uint32_t count,
                       ap_modes_frame *content);

#endif
