/* Mode S: one frame decoded by itself, and encoded.
 *
 * A frame is 7 bytes (downlink formats 0..15) or 14 bytes (16..31). This header looks at one frame
 * at a time: no state, no position (a position needs two frames: see cpr.h), no attribution of
 * address/parity replies (see the sense stage). Raw values keep their unit in the name.
 * Source of the layouts: ICAO Annex 10 volume IV and Doc 9871; see doc/formats.md, Mode S. */
#ifndef AIRPICTURE_MODES_H
#define AIRPICTURE_MODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"

#define AP_MODES_SHORT_SIZE 7
#define AP_MODES_LONG_SIZE 14

typedef enum ap_modes_has {
    AP_MODES_HAS_ALTITUDE = 1u << 0,    /* altitude_ft, pressure */
    AP_MODES_HAS_GNSS_HEIGHT = 1u << 1, /* gnss_height_ft, above the ellipsoid */
    AP_MODES_HAS_SQUAWK = 1u << 2,
    AP_MODES_HAS_CALLSIGN = 1u << 3,
    AP_MODES_HAS_CPR = 1u << 4,             /* cpr_*; not when both words are zero */
    AP_MODES_HAS_GROUND_VELOCITY = 1u << 5, /* ground_speed_kt and track_deg, TC 19 subtype 1, 2 */
    AP_MODES_HAS_GROUND_SPEED = 1u << 6,    /* ground_speed_kt alone, or with track, surface */
    AP_MODES_HAS_TRACK = 1u << 7,           /* track_deg, surface */
    AP_MODES_HAS_AIRSPEED = 1u << 8,        /* airspeed_kt, airspeed_is_true */
    AP_MODES_HAS_HEADING = 1u << 9,         /* heading_deg */
    AP_MODES_HAS_VERTICAL_RATE = 1u << 10,  /* vertical_rate_fpm, vertical_rate_is_gnss */
    AP_MODES_HAS_GEO_MINUS_BARO = 1u << 11, /* geo_minus_baro_ft */
    AP_MODES_HAS_CATEGORY = 1u << 12,       /* emitter_category */
    AP_MODES_HAS_VERSION = 1u << 13,        /* adsb_version, TC 31; from version 1 nac_p, sil... */
    AP_MODES_HAS_NAC_V = 1u << 14,
    AP_MODES_HAS_EMERGENCY = 1u << 15,     /* emergency_state, TC 28 */
    AP_MODES_HAS_CAPABILITY = 1u << 16,    /* capability, DF11 and DF17 */
    AP_MODES_HAS_FLIGHT_STATUS = 1u << 17, /* flight_status, DF4/5/20/21 */
    AP_MODES_HAS_MB = 1u << 18,            /* mb is a Comm-B register, DF20/21 */
    AP_MODES_HAS_TARGET_STATE = 1u << 19,  /* TC 29: nac_p, nic_baro, sil; tcas, sil_supplement */
    AP_MODES_HAS_SELECTED_ALTITUDE = 1u << 20, /* selected_altitude_ft, selected_by_fms */
    AP_MODES_HAS_SELECTED_HEADING = 1u << 21,
    AP_MODES_HAS_BARO_SETTING = 1u << 22,
    AP_MODES_HAS_NAVIGATION = 1u << 23,       /* navigation, TC 29 */
    AP_MODES_HAS_NIC_SUPPLEMENT_A = 1u << 24, /* nic_a, TC 31 of version 1 and up */
    AP_MODES_HAS_NIC_SUPPLEMENT_C = 1u << 25, /* nic_c, TC 31 on the surface, version 2 and up */
    AP_MODES_HAS_NIC_SUPPLEMENT_D = 1u << 26, /* nic_d is not 0, TC 19; from version 3 */
    AP_MODES_HAS_TISB_QUALITY = 1u << 27,     /* nac_p, and with nac_v sil, TIS-B velocity */
} ap_modes_has;

/* Bits of `navigation`. */
typedef enum ap_modes_navigation {
    AP_MODES_AUTOPILOT = 1u << 0,
    AP_MODES_VNAV = 1u << 1,
    AP_MODES_ALTITUDE_HOLD = 1u << 2,
    AP_MODES_APPROACH = 1u << 3,
    AP_MODES_LNAV = 1u << 4,
} ap_modes_navigation;

typedef enum ap_modes_check {
    AP_MODES_CHECKED,      /* parity proves address and content (DF17/18, DF11 with zero code) */
    AP_MODES_INTERROGATOR, /* DF11 with a non-zero interrogator code: probable */
    AP_MODES_OVERLAID,     /* address overlaid on parity: nothing is proved (DF0/4/5/16/20/21) */
    AP_MODES_DAMAGED       /* parity does not fit */
} ap_modes_check;

typedef struct ap_modes_frame {
    uint8_t df;                /* downlink format, 0..24 */
    bool crosslink;            /* CC (DF0) */
    uint8_t sensitivity;       /* SL (DF0/16): 0 ACAS not operating, 1..7 */
    uint8_t reply_information; /* RI (DF0/16): 2..4 kinds of ACAS, 8..14 maximum airspeed */
    ap_modes_check check;
    uint32_t icao24;      /* announced, or recovered from the parity when overlaid */
    uint8_t interrogator; /* DF11: low 7 bits of the parity */
    bool suspect;         /* DF0/4/5/16/20/21: a value that is not assigned or hardly ever sent
                             (flight status 6, 7; downlink request above 7; spare or metre bit;
                             impossible altitude): where nothing is proved, a sign of damage */
    uint32_t present;     /* AP_MODES_HAS_* */

    uint8_t capability;       /* CA (DF11/17) */
    uint8_t control;          /* CF (DF18) */
    bool imf;                 /* DF18, CF 2, 3, 6: the address is no ICAO 24-bit address */
    uint8_t flight_status;    /* FS */
    uint8_t downlink_request; /* DR (DF4/5/20/21), 0..31 */
    bool on_ground;           /* surface type code, vertical status, flight status, or CA 4, 5 */
    bool ground_known;        /* on_ground is stated */
    bool spi, alert;          /* flight status, or surveillance status of an airborne position */
    bool alert_is_temporary;  /* the latter says so: another code was set */

    uint8_t type_code; /* DF17, DF18 with CF 0, 1, 2, 5, 6: 0..31 */
    uint8_t subtype;
    int32_t altitude_ft;
    bool altitude_25_ft; /* that, or the GNSS height, is in steps of 25 ft; else of 100 ft */
    int32_t gnss_height_ft;
    uint16_t squawk;          /* 12 bit, octal digits */
    char callsign[9];         /* trailing spaces kept out; invalid characters '?'; never empty */
    uint8_t emitter_category; /* 0xA0..0xD7: set and number */

    bool cpr_odd, cpr_surface;
    uint32_t cpr_latitude_17, cpr_longitude_17; /* 17-bit CPR words */
    bool nic_b;            /* NIC supplement B, before version 2 single antenna (TC 9..22) */
    bool utc_synchronised; /* T bit */

    double ground_speed_kt, track_deg; /* track [0, 360), clockwise from true north */
    double east_kt, north_kt;          /* the same as squittered, of a decoded TC 19 alone */
    double airspeed_kt;
    bool airspeed_is_true;
    double heading_deg;
    int32_t vertical_rate_fpm;
    bool vertical_rate_is_gnss;
    int32_t geo_minus_baro_ft;
    uint8_t movement; /* surface movement code, raw; 124 is 175 kt or more */

    uint8_t adsb_version, nac_p, nac_v, sil, sil_supplement, sda, gva;
    bool nic_a, nic_c, nic_baro;
    uint8_t nic_d; /* 0..3; the frame does not tell whether its version has it */
    uint8_t emergency_state;
    int32_t selected_altitude_ft;
    bool selected_by_fms; /* else by the mode control panel */
    double selected_heading_deg;
    double baro_setting_hpa;
    uint8_t navigation;    /* AP_MODES_AUTOPILOT... */
    bool tcas_operational; /* TC 29 */
    uint64_t mb;           /* 56-bit field of a long frame: MB (DF20, 21), MV (16), ME (17, 18) */
} ap_modes_frame;

/* Decodes one frame.
 * in : size is 7 or 14 and fits the downlink format.
 * out: *out, whole. AP_ERR_TRUNCATED for a size that does not fit the format, AP_ERR_UNKNOWN for a
 *      format not decoded here (DF1-3, 6-10, 12-15, 19, 22, 23), AP_ERR_PARITY for a damaged DF11,
 *      17 or 18 (then df, check and icao24 are still set, and nothing else).
 * Of DF18, coarse TIS-B (CF 3) yields address, imf and altitude, CF 4 and 7 (no aircraft) nothing;
 * an address is of the ICAO only for CF 0, and for CF 2, 3 and 6 when imf is not set.
 * DF19 (military) is not read: since DO-260C not even AF 0 may be taken for ADS-B. Formats 24 to 31
 * are one, DF24, which yields the address alone.
 * A type code 0 gives the altitude, no position. Target state of version 1 (TC 29 subtype 0) gives
 * nac_p, nic_baro and sil. TIS-B velocity gives nac_p, and either nac_v and sil or
 * geo_minus_baro_ft. What is rarely wanted is decoded on demand: modes_detail.h, comm_b.h. */
ap_err ap_modes_decode(const uint8_t *frame, size_t size, ap_modes_frame *out);

/* The content of an extended squitter by itself: the 56-bit ME field, which Comm-B registers 0,5
 * 0,6 0,8 0,9 6,1 6,2 6,5 hold too. *out: type_code and what it says; df is 17, no address. */
void ap_modes_decode_squitter(uint64_t me, ap_modes_frame *out);

/* Remainder of the 24-bit parity over the frame, size >= 3: 0 for an undamaged DF17/18, the
 * interrogator code for DF11, the overlaid address for an address/parity reply. */
uint32_t ap_modes_syndrome(const uint8_t *frame, size_t size);

/* Undoes one wrong bit of a damaged DF11, 17 or 18, not in its first five: of a DF11 only where the
 * parity then is that of interrogator code 0. Two wrong bits are beyond repair: too many frames
 * would fit. A repaired frame is one of 107 (51) that the damage allows, so believe it only of an
 * aircraft that is known to be there.
 * out: repaired[size], whole; returns the index of the bit, 0 the first; -1: not repairable. */
int ap_modes_repair(const uint8_t *frame, size_t size, uint8_t *repaired);

/* Fills in the parity of a frame whose other bits are set: `overlay` is 0 for DF17/18, the
 * interrogator code for DF11, the address for address/parity formats. */
void ap_modes_seal(uint8_t *frame, size_t size, uint32_t overlay);

/* Altitude of a 13-bit AC field or a 12-bit field of an airborne position (M bit inserted).
 * False when unknown or invalid. Metric coding (M = 1) is refused. */
bool ap_modes_altitude_ac13(uint16_t ac13, int32_t *altitude_ft, bool *is_25_ft);
bool ap_modes_altitude_ac12(uint16_t ac12, int32_t *altitude_ft, bool *is_25_ft);

/* Squawk of a 13-bit identity field: 12 bits, three a digit. */
uint16_t ap_modes_squawk_id13(uint16_t id13);

/* Inverses for encoders. Altitude in [-1000, 50175] ft, rounded to 25 ft, Q bit set; what is
 * outside becomes the nearest end. */
uint16_t ap_modes_ac13_of_altitude(int32_t altitude_ft);

/* The 12-bit field of an airborne position: the 13-bit one without its M bit. */
uint16_t ap_modes_ac12_of_ac13(uint16_t ac13);

/* The 13-bit field in 100 ft steps, Q bit clear. Altitude in [-1200, 126700] ft. */
uint16_t ap_modes_gillham_of_altitude(int32_t altitude_ft);

/* The inverse of ap_modes_squawk_id13; bits beyond 12 are left out. */
uint16_t ap_modes_id13_of_squawk(uint16_t squawk);

/* Ground speed of a surface movement code: the lower edge of its step. False for no information
 * (0) and for the reserved codes. The inverse gives the code of the step that holds the speed. */
bool ap_modes_speed_of_movement(uint8_t movement, double *ground_speed_kt);
uint8_t ap_modes_movement_of_speed(double ground_speed_kt);

/* NIC supplements, each of the newest frame that states it; what is not known is zero. */
typedef struct ap_modes_supplements {
    bool a, b, c;
    uint8_t d; /* 0..3 */
} ap_modes_supplements;

/* NIC of a position by type code, supplements and version; for version 0, which has no NIC, the
 * NUCp. Supplement B counts from version 2, C on the surface from version 2, D with GNSS height
 * from version 3. Combinations that the standard does not list give the worse NIC. 0 for type codes
 * that are no position. */
uint8_t ap_modes_nic(uint8_t type_code, ap_modes_supplements supplements, uint8_t version);

/* Radius of containment, metres, that belongs to the same arguments; infinite when unknown. */
double ap_modes_containment_m(uint8_t type_code, ap_modes_supplements supplements, uint8_t version);

/* 1-sigma horizontal position error per axis, metres, from NACp; and from NUCp for a version 0
 * transponder: the 95 % radius over 2.4477. Unknown and reserved values give 10,000 m. */
double ap_modes_sigma_of_nac_p(uint8_t nac_p);
double ap_modes_sigma_of_nuc_p(uint8_t nuc_p);

/* 1-sigma horizontal velocity error per axis, m/s, from NACv (version 0: NUCr). 10 when unknown. */
double ap_modes_sigma_of_nac_v(uint8_t nac_v);

/* Probability that the containment radius is exceeded unannounced, per hour or per sample as the
 * SIL supplement says; 1 when unknown (0). */
double ap_modes_risk_of_sil(uint8_t sil);

/* Pressure at a pressure altitude over that at sea level, standard atmosphere. */
double ap_modes_pressure_ratio(double altitude_ft);

/* Calibrated airspeed, knots, of a Mach number at a pressure altitude. */
double ap_modes_airspeed_of_mach(double mach, double altitude_ft);

#endif
