/* Comm-B: the registers that an aircraft sends down in 56 bits (the MB field of DF20 and DF21),
 * what they say, and which of them a reply holds, which the reply itself does not tell.
 *
 * Registers go by their code: 4,0 is 0x40. Each that is no extended squitter stands in one table of
 * fields, which decoding, the test of soundness and all texts use. Registers 0,5 0,6 0,8 0,9 6,1
 * 6,2 6,5 hold what the squitter of the same name holds: ap_modes_decode_squitter reads them.
 * Bits are numbered from 1, the first on the air. Angles are clockwise from north.
 * Source of the layouts: ICAO Doc 9871, tables A-2-7 to A-2-101; 3,0: ICAO Annex 10 volume IV,
 * 4.3.8.4.2.2. Pure functions: no state, no allocation. */
#ifndef AIRPICTURE_COMM_B_H
#define AIRPICTURE_COMM_B_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ap_comm_b_kind {
    AP_COMM_B_NUMBER,    /* raw * step + offset */
    AP_COMM_B_ANGLE,     /* the same, in [0, 360) */
    AP_COMM_B_FLAG,      /* one bit */
    AP_COMM_B_CODE,      /* a number whose meaning is a table of the standard */
    AP_COMM_B_HEX,       /* bits without a number's meaning */
    AP_COMM_B_TEXT,      /* characters of six bits */
    AP_COMM_B_REGISTERS, /* one bit a register: ap_comm_b_lists */
} ap_comm_b_kind;

typedef struct ap_comm_b_field {
    const char *name;     /* the key in all texts, unit last */
    uint8_t kind;         /* ap_comm_b_kind */
    uint8_t status;       /* number of the bit that says the field is there; 0: always there */
    uint8_t first, count; /* bits; count <= 56 */
    bool is_signed;       /* two's complement */
    double step, offset;  /* of one raw unit; of raw zero */
    double low, high;     /* what an aircraft can have */
    uint64_t status_mask; /* the same bits, ready to be tested */
    uint64_t content_mask;
} ap_comm_b_field;

typedef struct ap_comm_b_register {
    uint8_t bds;
    uint8_t field_count;
    uint8_t fixed_count; /* bits in `zero` and `mask` */
    const ap_comm_b_field *fields;
    uint64_t zero;       /* reserved bits: must be zero */
    uint64_t code, mask; /* bits whose value is fixed, as the register's own number in 2,0 */
} ap_comm_b_register;

/* Fields of the registers that other code reads, by their place in the table. */
enum {
    AP_BDS_3_0_ARA,
    AP_BDS_3_0_RAC,
    AP_BDS_3_0_RAT,
    AP_BDS_3_0_MTE,
    AP_BDS_3_0_TTI,
    AP_BDS_3_0_TID
};
enum { AP_BDS_4_0_MCP_FT, AP_BDS_4_0_FMS_FT, AP_BDS_4_0_SETTING_HPA };
enum {
    AP_BDS_4_4_SOURCE,
    AP_BDS_4_4_WIND_KT,
    AP_BDS_4_4_WIND_DEG,
    AP_BDS_4_4_TEMPERATURE_C,
    AP_BDS_4_4_PRESSURE_HPA
};
enum { AP_BDS_4_5_TEMPERATURE_C = 5, AP_BDS_4_5_PRESSURE_HPA, AP_BDS_4_5_RADIO_HEIGHT_FT };
enum {
    AP_BDS_5_0_ROLL_DEG,
    AP_BDS_5_0_TRACK_DEG,
    AP_BDS_5_0_SPEED_KT,
    AP_BDS_5_0_TURN_DEGPS,
    AP_BDS_5_0_TAS_KT
};
enum { AP_BDS_5_1_LATITUDE_DEG, AP_BDS_5_1_LONGITUDE_DEG, AP_BDS_5_1_ALTITUDE_FT };
enum {
    AP_BDS_6_0_HEADING_DEG,
    AP_BDS_6_0_IAS_KT,
    AP_BDS_6_0_MACH,
    AP_BDS_6_0_BARO_FPM,
    AP_BDS_6_0_INERTIAL_FPM
};

/* The table of a register: 0,7 1,0 1,7 1,8 to 1,C 2,0 2,1 3,0 4,0 4,4 4,5 5,0 5,1 6,0. NULL for
 * others. */
const ap_comm_b_register *ap_comm_b_register_of(uint8_t bds);

/* True for the registers above and the seven of squitters. */
bool ap_comm_b_is_known(uint8_t bds);

/* A field with its presence. */
typedef struct ap_comm_b_value {
    bool known;
    double value;
} ap_comm_b_value;

/* A field as a number (FLAG: 0 or 1; HEX, TEXT, REGISTERS: the raw bits). */
ap_comm_b_value ap_comm_b_read(const ap_comm_b_field *field, uint64_t mb);

/* The same by register and place in its table. A register without a table, or a place beyond it, is
 * never known. */
ap_comm_b_value ap_comm_b_value_of(uint8_t bds, size_t place, uint64_t mb);

/* A TEXT field without its trailing spaces, at most 8 characters. False when it is absent, blank,
 * or has a character that is not assigned. */
bool ap_comm_b_text(const ap_comm_b_field *field, uint64_t mb, char text[9]);

/* Whether a REGISTERS field of this register (1,7 to 1,C) says that the aircraft supports `other`.
 * False as well when the register has no bit for it. */
bool ap_comm_b_lists(uint8_t bds, uint64_t mb, uint8_t other);

/* The bit of 1,7 that stands for a register, 1..24; 0 when there is none. */
unsigned ap_comm_b_common_bit(uint8_t bds);

/* False for contents that the register cannot have: reserved bits set, a field that is said to be
 * absent but holds bits, a value that no aircraft has, an unassigned character, nothing at all.
 * Registers of squitters: type code, subtype, reserved bits. */
bool ap_comm_b_is_sound(uint8_t bds, uint64_t mb);

/* --- which register it is -------------------------------------------------------------------- */

/* What is known of the aircraft beside the reply. */
typedef struct ap_comm_b_clue {
    bool has_velocity, has_altitude, has_vertical_rate, has_heading;
    bool ground_known, on_ground;
    double speed_kt, track_deg; /* over ground, true; squittered in the last seconds */
    double altitude_ft;         /* pressure; of the reply itself, else squittered */
    double vertical_rate_fpm;   /* squittered */
    double heading_deg;         /* squittered, magnetic */
    uint32_t supported;         /* bits 1..28 of 1,7 as last reported, bit 1 highest; 0: unknown */
    uint8_t confirmed;          /* register that held these very bits before; 0: none */
    uint8_t weak;               /* 4,4 or 4,5 when earlier replies agree with this one as such */
    uint8_t weak_count;         /* how many */
} ap_comm_b_clue;

typedef struct ap_comm_b_candidate {
    uint8_t bds;
    float score; /* (0, 1] */
} ap_comm_b_candidate;

#define AP_COMM_B_CANDIDATE_CAP 6
#define AP_COMM_B_CLEAR 0.9  /* score from which a register is named */
#define AP_COMM_B_LEAST 1e-4 /* score below which a register is no candidate */

typedef struct ap_comm_b_inference {
    uint8_t bds; /* the register, when one is clearly ahead; else 0 */
    uint8_t count;
    ap_comm_b_candidate candidate[AP_COMM_B_CANDIDATE_CAP]; /* best first */
} ap_comm_b_inference;

/* Weighs every register that can hold these bits.
 *
 * The score is the probability of the register, given the bits and the clue, among all of them and
 * "none of these". Evidence is counted in bits, as logarithms of likelihood against random content:
 * every reserved zero and every zero of an absent field counts one; an agreement counts the
 * logarithm of the field's range over the window; a disagreement counts against. What is compared:
 * 4,0 full hundreds of feet; 5,0 speed and track with the squittered ones, bank with turn, ground
 * with air speed; 6,0 Mach with airspeed at the altitude, both vertical rates with each other and
 * with the squittered one, heading with track; 4,4 and 4,5 temperature and pressure with the
 * altitude; 5,1 and 0,5 the altitude; 0,9 speed and track. A register whose bit in 1,7 is zero is
 * left out. 4,4 and 4,5 are named only when at least two earlier replies agree. 1,A to 1,C and
 * contents of nothing but zeros are never named.
 * Method: doc/formats.md. Cost: 0.13 us for the replies of a real flight. */
void ap_comm_b_infer(uint64_t mb, const ap_comm_b_clue *clue, ap_comm_b_inference *out);

#endif
