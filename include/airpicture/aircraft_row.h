/* Aircraft rows: what target formats of the ADS-B world say about one aircraft.
 *
 * SBS/BaseStation, aircraft.json and GDL90 state positions and values, not frames. This struct is
 * what they have in common, in their own units (feet, knots, degrees); each reader fills in what
 * its format states, each writer leaves out what its format cannot say. Rows become reports in
 * sense/row_source.h and are made of reports in publish/report_row.h; both tell what is lost. */
#ifndef AIRPICTURE_AIRCRAFT_ROW_H
#define AIRPICTURE_AIRCRAFT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "airpicture/time.h"

/* Which fields of a row are filled. */
typedef enum ap_row_has {
    AP_ROW_HAS_ADDRESS = 1u << 0,
    AP_ROW_HAS_CALLSIGN = 1u << 1,
    AP_ROW_HAS_REGISTRATION = 1u << 2,
    AP_ROW_HAS_AIRCRAFT_TYPE = 1u << 3,
    AP_ROW_HAS_SQUAWK = 1u << 4,
    AP_ROW_HAS_EMITTER_CATEGORY = 1u << 5,
    AP_ROW_HAS_GROUND = 1u << 6,
    AP_ROW_HAS_POSITION = 1u << 7,
    AP_ROW_HAS_ALTITUDE = 1u << 8,
    AP_ROW_HAS_HEIGHT = 1u << 9,
    AP_ROW_HAS_GROUND_SPEED = 1u << 10,
    AP_ROW_HAS_TRACK = 1u << 11,
    AP_ROW_HAS_TRACK_RATE = 1u << 12,
    AP_ROW_HAS_VERTICAL_RATE = 1u << 13,
    AP_ROW_HAS_HEIGHT_RATE = 1u << 14,
    AP_ROW_HAS_INDICATED_AIRSPEED = 1u << 15,
    AP_ROW_HAS_TRUE_AIRSPEED = 1u << 16,
    AP_ROW_HAS_MACH = 1u << 17,
    AP_ROW_HAS_ROLL = 1u << 18,
    AP_ROW_HAS_MAGNETIC_HEADING = 1u << 19,
    AP_ROW_HAS_TRUE_HEADING = 1u << 20,
    AP_ROW_HAS_SELECTED_ALTITUDE = 1u << 21,
    AP_ROW_HAS_SELECTED_HEADING = 1u << 22,
    AP_ROW_HAS_BARO_SETTING = 1u << 23,
    AP_ROW_HAS_QUALITY = 1u << 24, /* nic; nac_p, nac_v, sil where known, else 0 */
    AP_ROW_HAS_CONTAINMENT = 1u << 25,
    AP_ROW_HAS_ADSB_VERSION = 1u << 26,
    AP_ROW_HAS_STATUS = 1u << 27, /* alert, spi */
    AP_ROW_HAS_EMERGENCY = 1u << 28,
    AP_ROW_HAS_SIGNAL = 1u << 29,
    AP_ROW_HAS_MESSAGE_COUNT = 1u << 30,
} ap_row_has;

/* Where the best values of a row come from; the keys are those of aircraft.json. */
/* clang-format off */
#define AP_ROW_SOURCE_MAP(X)                                                            \
    X(UNKNOWN,        "unknown")                                                        \
    X(ADSB_ICAO,      "adsb_icao")      /* squitter of a transponder */                 \
    X(ADSB_ICAO_NT,   "adsb_icao_nt")   /* of another transmitter, ICAO address */      \
    X(ADSR_ICAO,      "adsr_icao")      /* another link, rebroadcast by the ground */   \
    X(TISB_ICAO,      "tisb_icao")      /* seen by the ground's radar */                \
    X(ADSC,           "adsc")           /* reported by satellite */                     \
    X(MLAT,           "mlat")           /* placed by multilateration */                 \
    X(OTHER,          "other")                                                          \
    X(MODE_S,         "mode_s")         /* replies only, no position of its own */      \
    X(ADSB_OTHER,     "adsb_other")     /* the same with addresses that are not ICAO's */ \
    X(ADSR_OTHER,     "adsr_other")                                                     \
    X(TISB_OTHER,     "tisb_other")                                                     \
    X(TISB_TRACKFILE, "tisb_trackfile")
/* clang-format on */

typedef enum ap_row_source {
#define AP_ROW_SOURCE_ENUM(name, key) AP_ROW_SOURCE_##name,
    AP_ROW_SOURCE_MAP(AP_ROW_SOURCE_ENUM)
#undef AP_ROW_SOURCE_ENUM
        AP_ROW_SOURCE_COUNT
} ap_row_source;

/* Emergency states, numbered as ADS-B and GDL90 do. */
typedef enum ap_row_emergency {
    AP_ROW_EMERGENCY_NONE,
    AP_ROW_EMERGENCY_GENERAL,
    AP_ROW_EMERGENCY_LIFEGUARD,
    AP_ROW_EMERGENCY_MINIMUM_FUEL,
    AP_ROW_EMERGENCY_NO_RADIO,
    AP_ROW_EMERGENCY_UNLAWFUL,
    AP_ROW_EMERGENCY_DOWNED,
    AP_ROW_EMERGENCY_RESERVED,
    AP_ROW_EMERGENCY_COUNT
} ap_row_emergency;

typedef struct ap_aircraft_row {
    uint32_t present;       /* AP_ROW_HAS_* */
    uint32_t mlat, tisb;    /* those of them that were placed by the ground: synthetic */
    ap_utc_ns time_utc;     /* of the newest value; AP_UTC_UNKNOWN where the format has no time */
    ap_utc_ns position_utc; /* of the position; AP_UTC_UNKNOWN: that of the row */
    uint8_t source;         /* ap_row_source */
    bool ownship;           /* GDL90: the aircraft that carries the receiver */
    bool extrapolated;      /* GDL90 */
    uint16_t bad_count;     /* values that the element stated, but that cannot be: not taken */
    bool polled;            /* aircraft.json: a state, told again whether it is new or not */

    uint32_t address; /* 24 bit; (address, kind) is the key */
    uint8_t address_kind;
    uint8_t emitter_category; /* 0xA0..0xD7 */
    uint16_t squawk;          /* 12 bit */
    char callsign[AP_CALLSIGN_SIZE];
    char registration[12], aircraft_type[8];

    bool on_ground, alert, spi;
    uint8_t emergency; /* ap_row_emergency */
    double latitude_deg, longitude_deg;
    int32_t altitude_ft; /* pressure */
    int32_t height_ft;   /* above the ellipsoid */
    double ground_speed_kt, track_deg, track_rate_degps;
    int32_t vertical_rate_fpm, height_rate_fpm;
    double indicated_airspeed_kt, true_airspeed_kt, mach, roll_deg;
    double magnetic_heading_deg, true_heading_deg;
    int32_t selected_altitude_ft;
    double selected_heading_deg, baro_setting_hpa;
    uint8_t nic, nac_p, nac_v, sil, adsb_version;
    int32_t containment_m;
    double signal_dbfs; /* power, 0 is full scale */
    uint64_t message_count;
    uint16_t receiver_count; /* that hear it; 0: not known */
} ap_aircraft_row;

/* "adsb_icao"...; "unknown" outside the list. The inverse gives UNKNOWN for what is none of them.
 */
const char *ap_row_source_key(ap_row_source source);
ap_row_source ap_row_source_of_key(const char *key, size_t size);

/* True when the position, if there is one, was not sent by the aircraft itself. */
bool ap_row_is_synthetic(const ap_aircraft_row *row);

/* Takes every value that `from` has. Both are of one aircraft. The source is that of the one with a
 * position, the newer before the older. A new position that does not say so is not on the ground:
 * what was known of that is forgotten. */
void ap_row_merge(ap_aircraft_row *into, const ap_aircraft_row *from);

#endif
