/* Aircraft heard on Mode S, by address, kind of address and who places them.
 *
 * Room goes to who has earned it. An address is trusted once AP_TRUST_FRAMES checked squitters of
 * it came over AP_TRUST_S or longer; until then it is on probation. It is settled after
 * AP_SETTLE_FRAMES over AP_SETTLE_S. When the table is full, a newcomer takes the row longest
 * silent of those on probation, from the input that has most of them: a flood of invented addresses
 * replaces itself. While less than a fourth of all is on probation, one that is trusted, but
 * not settled, and silent for AP_PASSING_S goes first: so addresses that are invented to be trusted
 * cost their sender the frames of as many aircraft. Settled rows give way when they are silent for
 * AP_AIRCRAFT_STALE_S, or for AP_PROOF_S when their input holds more than its share and the
 * newcomer's less. */
#ifndef AP_SENSE_AIRCRAFT_H
#define AP_SENSE_AIRCRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "base/arena.h"
#include "sense/comm_b.h"
#include "sense/cpr_state.h"
#include "sense/hearing.h"

#define AP_AIRCRAFT_NONE UINT32_MAX
#define AP_AIRCRAFT_STALE_S 600.0
#define AP_TRUST_FRAMES 2u
#define AP_TRUST_S 0.5
#define AP_SETTLE_FRAMES 30u
#define AP_SETTLE_S 15.0
#define AP_PASSING_S 10.0
/* Slots that a key may lie behind its first one. Half full, a million random addresses need 40;
 * addresses made up to collide are refused beyond. */
#define AP_AIRCRAFT_PROBE_CAP 128u
#define AP_PROOF_S 60.0 /* an address stays proved on an input */
#define AP_PROOF_CAP 4  /* inputs remembered per aircraft */

typedef enum ap_standing { AP_ON_PROBATION, AP_TRUSTED, AP_SETTLED, AP_STANDINGS } ap_standing;

/* What an aircraft said last, to compare replies with. Times 0: never. */
typedef struct ap_heard_before {
    ap_utc_ns altitude_utc, squawk_utc, doubt_utc;
    int32_t altitude_ft; /* pressure */
    int32_t doubt;       /* an altitude or squawk that contradicted, and was refused */
    uint16_t squawk;
    bool altitude_is_squitter, doubt_is_altitude;
} ap_heard_before;

/* What an aircraft may broadcast that a register may hold too. */
typedef enum ap_broadcast {
    AP_BROADCAST_CALLSIGN,
    AP_BROADCAST_SELECTED_ALTITUDE,
    AP_BROADCAST_VELOCITY,
    AP_BROADCAST_VERTICAL_RATE,
    AP_BROADCAST_HEADING,
    AP_BROADCAST_TRUE_AIRSPEED,
    AP_BROADCAST_INDICATED_AIRSPEED,
    AP_BROADCAST_COUNT
} ap_broadcast;

/* What every frame of an aircraft needs comes first, in two cache lines. */
typedef struct ap_aircraft {
    uint32_t key;   /* ap_aircraft_key */
    uint16_t owner; /* input that brought it in */
    uint8_t proof_count;
    uint8_t standing;       /* ap_standing */
    uint32_t checked_count; /* checked squitters */
    ap_utc_ns first_utc, heard_utc;
    ap_utc_ns filed_utc;                /* when it was last put at the end of its list */
    ap_utc_ns proof_utc[AP_PROOF_CAP];  /* [proof_count] last checked squitter on an input */
    uint16_t proof_input[AP_PROOF_CAP]; /* [proof_count] */

    int32_t altitude_ft; /* pressure, of the last airborne position */
    bool has_altitude;
    bool has_velocity;
    bool has_version; /* the fields below are from a status message */
    bool nic_a, nic_c;
    uint8_t nic_d, adsb_version, nac_p, sil;
    ap_utc_ns altitude_utc;

    ap_utc_ns velocity_utc;
    float speed_kt, track_deg; /* over ground, of the last velocity squitter */
    uint32_t nic_s[2];         /* of the newest position, even and odd: UTC seconds; 0: none */
    uint8_t nic[2];
    uint64_t held[2]; /* newest frame held back on probation, and trusted; 0: none */
    ap_hearers hearers;
    uint32_t broadcast_s[AP_BROADCAST_COUNT]; /* when it last was: UTC seconds; 0: never */

    ap_heard_before before;
    ap_comm_b_memory comm_b;
    ap_cpr_state cpr;
} ap_aircraft;

/* Hash by open addressing with linear probing, at most half full. */
typedef struct ap_aircraft_slot {
    uint32_t key, row; /* row: AP_AIRCRAFT_NONE when free */
} ap_aircraft_slot;

/* Neighbours of a row in its list; AP_AIRCRAFT_NONE at the ends. */
typedef struct ap_aircraft_link {
    uint32_t older, newer;
} ap_aircraft_link;

/* Rows of one owner and standing in the order of their last hearing; trusted and settled ones to a
 * second. */
typedef struct ap_aircraft_list {
    uint32_t oldest, newest, count;
} ap_aircraft_list;

typedef struct ap_aircraft_table {
    ap_aircraft *rows;       /* [cap] */
    ap_aircraft_link *links; /* [cap] */
    ap_aircraft_slot *slots; /* [slot_count] */
    ap_aircraft_list *lists; /* [AP_STANDINGS * input_cap], by input, then standing */
    uint32_t slot_count;     /* a power of two >= 2 * cap */
    uint32_t count, cap;
    uint32_t probation_count;
    uint32_t owner_end; /* inputs from here on have brought nothing in */
    uint16_t input_cap;
    ap_hearing_table hearings; /* which inputs hear which */
    ap_utc_ns full_until_utc;  /* none but on probation can be replaced before */
} ap_aircraft_table;

/* Address and kind; who places it may follow from bit 26 on (ap_sense_origin): what the ground says
 * of an aircraft is kept apart from what it says itself. */
#define AP_AIRCRAFT_ORIGIN_SHIFT 26

static inline uint32_t ap_aircraft_key(uint32_t address, ap_address_kind kind)
{
    return (address & 0xFFFFFF) | (uint32_t)kind << 24;
}

/* Takes its memory from the arena (which may only measure). */
void ap_aircraft_init(ap_aircraft_table *table, ap_arena *arena, uint32_t cap, uint16_t input_cap);

/* Asks for the memory that a search for a key begins in. */
void ap_aircraft_seek(const ap_aircraft_table *table, uint32_t key);

/* The row of a key, or NULL; its memory is asked for up to the CPR state. */
ap_aircraft *ap_aircraft_find(const ap_aircraft_table *table, uint32_t key);

/* The row of a key that a checked squitter was heard of, on `input` < input_cap at `now` (which
 * never goes back): new if need be, and proved there. NULL when there is no room for it, or where
 * AP_AIRCRAFT_PROBE_CAP other keys took its slots. Rows are valid until the next call. */
ap_aircraft *ap_aircraft_prove(ap_aircraft_table *table, uint32_t key, uint16_t input,
                               ap_utc_ns now);

/* Seconds between `utc` and the last checked squitter heard on the input; infinite without one. Of
 * aircraft that more than AP_PROOF_CAP inputs hear it may be that to the begin of its half minute.
 */
double ap_aircraft_proof_age_s(const ap_aircraft_table *table, const ap_aircraft *aircraft,
                               uint16_t input, ap_utc_ns utc);

/* True when that is AP_PROOF_S at the most. */
bool ap_aircraft_is_proved(const ap_aircraft_table *table, const ap_aircraft *aircraft,
                           uint16_t input, ap_utc_ns utc);

#endif
