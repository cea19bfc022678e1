/* What is on the air at 1090 MHz, as it arrives at one place: squitters of every broadcaster and
 * replies of the flights to the Mode S radars.
 *
 * Each broadcaster sends on its own schedule, which depends on the seed and on it alone, so that
 * receivers at different places hear the same frames; what arrives next over all of them comes
 * out of a heap. A frame arrives after its travel at the speed of light. */
#ifndef AP_SIMULATE_AIR_H
#define AP_SIMULATE_AIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "simulate/antenna.h"
#include "simulate/squitter.h"

#define AP_AIR_RADAR_CAP 16 /* Mode S radars of the scenario; to those behind nobody replies */
#define AP_AIR_TIMER_CAP (AP_SQUITTER_REPLY + AP_AIR_RADAR_CAP)
#define AP_AIR_LIGHT_MPS 299792458.0
#define AP_AIR_ALL_KINDS ((1u << AP_SQUITTER_COUNT) - 1u)

/* Schedule of one broadcaster. */
typedef struct ap_air_schedule {
    ap_broadcaster who;
    double next_s[AP_AIR_TIMER_CAP]; /* when each kind is sent next; replies by radar */
    uint32_t count[AP_AIR_TIMER_CAP];
    unsigned timer;   /* the earliest of them */
    double arrival_s; /* when that arrives; HUGE_VAL: never */
    bool is_in_sight; /* it will arrive */
    double distance_m;
    ap_truth truth; /* of the flight at that time of sending, delays of a recording subtracted */
} ap_air_schedule;

typedef struct ap_air {
    const ap_world *world;
    const ap_sensor *site;
    unsigned kinds;                        /* bit: ap_squitter */
    ap_antenna antennas[AP_AIR_RADAR_CAP]; /* of the Mode S radars that ask */
    const ap_scenario_sensor *radars[AP_AIR_RADAR_CAP];
    uint32_t radar_count, source_count;
    ap_air_schedule *schedules; /* [source_count] */
    uint32_t *heap;             /* [source_count], by arrival */
} ap_air;

/* Takes memory from the arena (measuring or real). kinds: bits of what is listened to. */
void ap_air_init(ap_air *air, ap_arena *arena, const ap_world *world, const ap_sensor *site,
                 unsigned kinds);

/* When the next frame arrives; HUGE_VAL: none ever. */
double ap_air_time_s(const ap_air *air);

/* The broadcaster whose frame that is, an index of air->schedules. Not when there is none. */
uint32_t ap_air_next(const ap_air *air);

/* The number of that frame among all of its broadcaster: the event of what is drawn for it. */
uint64_t ap_air_event(const ap_air *air);

/* What its broadcaster says then. False when it is not sent: nobody asks, or it is silent. */
bool ap_air_tell(const ap_air *air, ap_broadcast *told);

/* Its content, of a frame that is sent; the same wherever it is heard. False when there is nothing
 * to be said. */
bool ap_air_content(const ap_air *air, const ap_broadcast *told, ap_modes_frame *content);

/* The position in it, of a position squitter with one. */
ap_geodetic ap_air_position(const ap_air *air, const ap_broadcast *told);

/* Goes on to the frame after it. One step of a heap. */
void ap_air_pass(ap_air *air);

#endif
