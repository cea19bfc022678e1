/* CPR over time: position frames of one address to positions.
 *
 * A frame is placed, in this order: by the pair with the newest frame of the other parity; near the
 * last position of the aircraft; on the surface, near a reference. What it gives must be reachable
 * from the last position. Frames that are not are gathered apart, and when several of them agree
 * they open a second place: a wrong first pair is replaced so, and two aircraft that share one
 * address are told apart. A place that the pairs of its own halves keep leading away from is given
 * up: the first pair may have been of two aircraft. */
#ifndef AP_SENSE_CPR_STATE_H
#define AP_SENSE_CPR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/cpr.h"
#include "airpicture/time.h"

/* Any point within 45 NM of surface traffic. */
typedef struct ap_cpr_reference {
    bool known;
    double latitude_deg, longitude_deg;
} ap_cpr_reference;

typedef struct ap_cpr_frame {
    ap_cpr cpr;
    ap_utc_ns utc;
    float speed_kt; /* ground speed of a surface frame; negative: unknown */
    bool coarse;    /* the words have 12 bits */
} ap_cpr_frame;

/* A frame of one parity, kept for its other half. */
typedef struct ap_cpr_half {
    ap_utc_ns utc; /* AP_UTC_UNKNOWN: none */
    uint32_t latitude_17, longitude_17;
    float speed_kt;
    bool has_doubted; /* with another half it has told that its place is wrong */
} ap_cpr_half;

/* Where one transmitter was last. */
typedef struct ap_cpr_place {
    ap_cpr_half half[2][2]; /* [surface][odd], the newest */
    double latitude_deg, longitude_deg;
    ap_utc_ns fix_utc;     /* AP_UTC_UNKNOWN: never placed */
    uint32_t agreed_count; /* fixes in a row that follow from each other */
    uint32_t doubt_count;  /* its halves whose pairs lead elsewhere, since one that leads here */
} ap_cpr_place;

#define AP_CPR_PLACE_CAP 2

typedef struct ap_cpr_state {
    ap_cpr_place place[AP_CPR_PLACE_CAP];
    ap_cpr_place loose; /* gathers what fits no place */
} ap_cpr_state;

typedef enum ap_cpr_answer {
    AP_CPR_PLACED,
    AP_CPR_PENDING,     /* nothing to place it with yet */
    AP_CPR_INCONSISTENT /* contradicts what the address sent before */
} ap_cpr_answer;

void ap_cpr_state_reset(ap_cpr_state *state);

/* Asks for the memory that _place will read, so that it is there by then. */
void ap_cpr_state_fetch(const ap_cpr_state *state);

/* Places a frame. `reference` serves surface frames only.
 * out: *latitude_deg, *longitude_deg when placed. */
ap_cpr_answer ap_cpr_state_place(ap_cpr_state *state, const ap_cpr_frame *frame,
                                 const ap_cpr_reference *reference, double *latitude_deg,
                                 double *longitude_deg);

/* Where the transmitter was placed last. */
typedef struct ap_cpr_fix {
    ap_utc_ns utc; /* AP_UTC_UNKNOWN: never */
    double latitude_deg, longitude_deg;
} ap_cpr_fix;
ap_cpr_fix ap_cpr_state_last(const ap_cpr_state *state);

/* Places a frame that was held back, near a position found later (or earlier) at `fix_utc`. False
 * when no aircraft can have flown between the two. */
bool ap_cpr_place_near(const ap_cpr_frame *frame, double fix_latitude_deg, double fix_longitude_deg,
                       ap_utc_ns fix_utc, double *latitude_deg, double *longitude_deg);

#endif
