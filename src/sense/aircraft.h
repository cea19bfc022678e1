/* Aircraft heard on Mode S, by address and kind of address. */
#ifndef AP_SENSE_AIRCRAFT_H
#define AP_SENSE_AIRCRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "base/arena.h"
#include "sense/comm_b.h"
#include "sense/cpr_state.h"

#define AP_AIRCRAFT_NONE UINT32_MAX
#define AP_AIRCRAFT_STALE_S 600.0 /* silent for longer: may be replaced when the table is full */
/* Slots that a key may lie behind its first one. Half full, a million random addresses need 40;
 * addresses made up to collide are refused beyond. */
#define AP_AIRCRAFT_PROBE_CAP 128u
#define AP_PROOF_S 60.0 /* an address stays proved on an input */
#define AP_PROOF_CAP 4  /* inputs remembered per aircraft */

/* A checked squitter of the address was heard on this input. */
typedef struct ap_proof {
    ap_utc_ns utc;
    uint16_t input;
    bool used;
} ap_proof;

typedef struct ap_aircraft {
    uint32_t key;          /* ap_aircraft_key */
    uint32_t older, newer; /* neighbours by last hearing, AP_AIRCRAFT_NONE at the ends */
    ap_utc_ns heard_utc;
    ap_proof proof[AP_PROOF_CAP];

    bool has_version; /* the fields below are from a status message */
    uint8_t adsb_version, nac_p, sil;
    bool nic_a, nic_c;
    uint8_t nic; /* of the last position; 0 before the first */
    ap_utc_ns nic_utc;

    bool has_altitude;
    int32_t altitude_ft; /* pressure, of the last airborne position */
    ap_utc_ns altitude_utc;

    bool has_velocity;
    float speed_kt, track_deg; /* over ground, of the last velocity squitter */
    ap_utc_ns velocity_utc;

    ap_comm_b_memory comm_b;
    ap_cpr_state cpr;
    uint64_t held_sequence; /* of its newest frame held back; 0: none */
} ap_aircraft;

/* Hash of rows: open addressing with linear probing, at most half full. */
typedef struct ap_aircraft_table {
    ap_aircraft *rows;   /* [cap] */
    uint32_t *slots;     /* [slot_count] row index, AP_AIRCRAFT_NONE when free */
    uint32_t slot_count; /* a power of two >= 2 * cap */
    uint32_t count, cap;
    uint32_t oldest, newest; /* ends of the list by last hearing */
} ap_aircraft_table;

static inline uint32_t ap_aircraft_key(uint32_t address, ap_address_kind kind)
{
    return (address & 0xFFFFFF) | (uint32_t)kind << 24;
}

/* Takes its memory from the arena (which may only measure). */
void ap_aircraft_init(ap_aircraft_table *table, ap_arena *arena, uint32_t cap);

/* The row of a key, or NULL. */
ap_aircraft *ap_aircraft_find(const ap_aircraft_table *table, uint32_t key);

/* The row of a key, new if need be, marked as heard at `now` (which never goes back). When the
 * table is full the row longest silent gives way if that is AP_AIRCRAFT_STALE_S or more; else, and
 * where AP_AIRCRAFT_PROBE_CAP other keys took its slots, NULL: whoever is in the table stays. */
ap_aircraft *ap_aircraft_take(ap_aircraft_table *table, uint32_t key, ap_utc_ns now);

/* Notes a checked squitter; the input longest silent is forgotten when there are too many. */
void ap_aircraft_prove(ap_aircraft *aircraft, uint16_t input, ap_utc_ns utc);

/* True when a checked squitter was heard on the input within AP_PROOF_S of `utc`. */
bool ap_aircraft_is_proved(const ap_aircraft *aircraft, uint16_t input, ap_utc_ns utc);

#endif
