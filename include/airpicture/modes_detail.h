/* Mode S: what single frames say beyond what a picture is made of, decoded on demand from a frame
 * that ap_modes_decode has taken (so that decoding itself stays lean): resolution advisories of
 * ACAS, operational status, target state of version 1, coarse TIS-B, extended length messages.
 *
 * Each function is false, and *out all zeros, when the frame holds no such thing. `present` says
 * which optional members are known. Sources: ICAO Annex 10 volume IV, 3.1.2.7, 3.1.2.8 and 4.3.8;
 * ICAO Doc 9871, tables A-2-97 and B-2-97 to -101, B-3-5; RTCA DO-260A and DO-260B. */
#ifndef AIRPICTURE_MODES_DETAIL_H
#define AIRPICTURE_MODES_DETAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/modes.h"

/* --- air to air ------------------------------------------------------------------------------ */

/* Maximum cruising airspeed of a reply information code (RI of DF0 and DF16): above *from_kt and at
 * most *to_kt, which is infinite for code 14. False for codes that state none. */
bool ap_modes_maximum_airspeed(uint8_t reply_information, double *from_kt, double *to_kt);

/* --- resolution advisory --------------------------------------------------------------------- */

typedef enum ap_modes_advisory_has {
    /* One threat, or several to be avoided the same way: `corrective` to `positive`. */
    AP_ADVISORY_ONE_WAY = 1u << 0,
    /* Threats to be avoided in different ways: `correction_up` to `positive_descent`. */
    AP_ADVISORY_TWO_WAYS = 1u << 1,
    AP_ADVISORY_ANY = AP_ADVISORY_ONE_WAY | AP_ADVISORY_TWO_WAYS, /* `crossing`, `reversal` */
    AP_ADVISORY_THREAT_ADDRESS = 1u << 2,
    AP_ADVISORY_THREAT_ALTITUDE = 1u << 3,
    AP_ADVISORY_THREAT_RANGE = 1u << 4,
    AP_ADVISORY_THREAT_BEARING = 1u << 5,
} ap_modes_advisory_has;

typedef struct ap_modes_advisory {
    uint32_t present; /* ap_modes_advisory_has; neither of the first two: no advisory is given */
    uint16_t active_advisories; /* ARA as sent, 14 bits; the last 7 are of other systems than II */
    bool corrective, downward, increased_rate, positive; /* else preventive, upward, a limit */
    bool correction_up, positive_climb, correction_down, positive_descent;
    bool crossing, reversal;                        /* of the threat's altitude, of the sense */
    bool not_below, not_above, not_left, not_right; /* complements received: do not pass, turn */
    bool terminated;                                /* the advisory ended up to 18 s ago */
    bool multiple_threats;
    uint32_t threat_icao24;
    int32_t threat_altitude_ft;
    double threat_range_nmi;   /* to 0.05; 0 is below 0.05, 12.55 is that or more */
    double threat_bearing_deg; /* middle of a step of 6 degrees, clockwise from the nose */
} ap_modes_advisory;

/* DF16 with a coordination reply (MV 3,0; no threat), a squitter of type 28 subtype 2, and DF20 or
 * DF21 whose content begins with 3,0 and is sound as such (probable, as their address is). */
bool ap_modes_resolution_advisory(const ap_modes_frame *frame, ap_modes_advisory *out);

/* --- operational status, type code 31 -------------------------------------------------------- */

typedef enum ap_modes_status_has {
    AP_STATUS_AIRBORNE = 1u << 0, /* capability known: tcas_operational */
    AP_STATUS_SURFACE = 1u << 1,  /* capability known: low_power */
    AP_STATUS_CAPABILITY = AP_STATUS_AIRBORNE | AP_STATUS_SURFACE, /* es_in */
    AP_STATUS_MODE = 1u << 2,                                      /* ra_active, ident */
    AP_STATUS_VERSION_1 = 1u << 3,                                 /* atc_services */
    AP_STATUS_UAT_IN = 1u << 4,                                    /* from version 2 */
    AP_STATUS_OFFSET_APPLIED = 1u << 5,                            /* position_offset_applied */
    AP_STATUS_DIMENSIONS = 1u << 6,
    AP_STATUS_LATERAL = 1u << 7,
    AP_STATUS_LONGITUDINAL = 1u << 8,
    AP_STATUS_REFERENCE = 1u << 9, /* heading_is_magnetic, from version 1; of 3 on the surface */
    AP_STATUS_TRACK = 1u << 10,    /* track_is_heading, on the surface from version 1 */
    AP_STATUS_ANTENNA = 1u << 11,  /* single_antenna, from version 2 */
    AP_STATUS_REPORTS = 1u << 12,  /* arv, target_state, trajectory_changes, versions 1 and 2 */
} ap_modes_status_has;

typedef struct ap_modes_status {
    uint32_t present; /* ap_modes_status_has */
    uint8_t version;
    bool surface;
    uint16_t capability, mode; /* class and mode codes as sent: 16, on the surface 12 and 16 bits */
    bool tcas_operational;     /* in the air; version 1 does not tell it from unknown */
    bool es_in, uat_in;        /* receives 1,090 MHz (version 1: displays traffic), UAT */
    bool arv, target_state;    /* can send air-referenced velocity, target state */
    uint8_t trajectory_changes; /* 0..3 */
    bool low_power;             /* class B2, less than 70 W */
    bool position_offset_applied;
    double length_m, width_m; /* at most; 85 m and 90 m may be exceeded */
    bool ra_active, ident, atc_services, single_antenna;
    double antenna_right_m, antenna_aft_m; /* of the axis, of the nose */
    bool heading_is_magnetic, track_is_heading;
} ap_modes_status;

/* Version 0 gives the codes as sent; version 3 what it shares with version 2. */
bool ap_modes_operational_status(const ap_modes_frame *frame, ap_modes_status *out);

/* --- target state, type code 29 subtype 0, version 1 ------------------------------------------ */

typedef enum ap_modes_target_has {
    AP_TARGET_ALTITUDE = 1u << 0, /* altitude_ft, altitude_is_msl, vertical_mode */
    AP_TARGET_HEADING = 1u << 1,  /* heading_deg, is_track, horizontal_mode */
} ap_modes_target_has;

typedef struct ap_modes_target {
    uint32_t present;
    uint8_t vertical_source;     /* 0 none, 1 control panel, 2 altitude held, 3 flight management */
    bool altitude_is_msl;        /* corrected for the setting; else pressure altitude */
    uint8_t altitude_capability; /* 0 held only, 1 and panel, 2 and flight management */
    uint8_t vertical_mode;       /* 0 unknown, 1 acquiring, 2 held */
    int32_t altitude_ft;
    uint8_t horizontal_source; /* 0 none, 1 control panel, 2 direction held, 3 management */
    bool is_track;             /* else heading */
    uint8_t horizontal_mode;   /* as vertical_mode */
    double heading_deg;
    bool tcas_off, ra_active;
    uint8_t emergency_state;
} ap_modes_target;

/* The target state of later versions is part of ap_modes_frame. */
bool ap_modes_target_state(const ap_modes_frame *frame, ap_modes_target *out);

/* --- coarse TIS-B, DF18 CF 3 ------------------------------------------------------------------ */

typedef enum ap_modes_coarse_has {
    AP_COARSE_TRACK = 1u << 0,
    AP_COARSE_SPEED = 1u << 1,
} ap_modes_coarse_has;

typedef struct ap_modes_coarse {
    uint32_t present;
    uint8_t surveillance_status, service_volume;
    double track_deg;       /* steps of 11.25 degrees */
    double ground_speed_kt; /* steps of 32 kt, 0 below 16; 1,968 is that or more */
    bool cpr_odd;
    /* Words of 12 bits as 17: for ap_cpr_global as any airborne position, good to 160 m. */
    uint32_t cpr_latitude_17, cpr_longitude_17;
} ap_modes_coarse;

/* The altitude is in the frame itself. */
bool ap_modes_coarse_tisb(const ap_modes_frame *frame, ap_modes_coarse *out);

/* --- extended length message, DF24 ------------------------------------------------------------ */

typedef struct ap_modes_segment {
    bool acknowledges;   /* KE: `received` tells what came up; else `content` is a segment */
    uint8_t number;      /* ND: of the segment, 0..15 */
    uint16_t received;   /* TAS: segments received, the first in the highest bit */
    uint8_t content[10]; /* MD */
} ap_modes_segment;

/* `frame`: the 14 bytes. */
bool ap_modes_comm_d(const uint8_t frame[AP_MODES_LONG_SIZE], ap_modes_segment *out);

#endif
