/* Reports: what one sensor said about one target at one time, in SI, radians and UTC.
 *
 * Made by `sense` from the records of each format, read by `track`. A plot of a radar, a position
 * of a squitter, a velocity squitter, a Mode S reply, a record of another tracker: all are reports
 * that differ in what is present. */
#ifndef AIRPICTURE_REPORT_H
#define AIRPICTURE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/geo.h"
#include "airpicture/time.h"

#define AP_CALLSIGN_SIZE 9 /* eight characters and NUL, trailing spaces removed */

typedef enum ap_report_kind {
    AP_REPORT_TARGET, /* something was seen */
    AP_REPORT_NORTH,  /* the antenna passed north at time_utc */
    AP_REPORT_SECTOR, /* the antenna passed azimuth_rad at time_utc */
    AP_REPORT_KIND_COUNT
} ap_report_kind;

/* Which fields of a report are filled. */
typedef enum ap_has {
    AP_HAS_ADDRESS = 1u << 0,
    AP_HAS_MODE_3A = 1u << 1,
    AP_HAS_CALLSIGN = 1u << 2,
    AP_HAS_POLAR = 1u << 3,     /* range_m, azimuth_rad and their sigmas */
    AP_HAS_ELEVATION = 1u << 4, /* elevation_rad */
    AP_HAS_POSITION = 1u << 5,  /* latitude_rad, longitude_rad, position_var_* */
    AP_HAS_PRESSURE_ALTITUDE = 1u << 6,
    AP_HAS_GEOMETRIC_HEIGHT = 1u << 7,
    AP_HAS_VELOCITY = 1u << 8, /* east_mps, north_mps, velocity_sigma_mps */
    AP_HAS_VERTICAL_RATE = 1u << 9,
    AP_HAS_ROLL = 1u << 10,
    AP_HAS_TRACK_RATE = 1u << 11,
    AP_HAS_HEADING = 1u << 12,
    AP_HAS_TRUE_AIRSPEED = 1u << 13,
    AP_HAS_INDICATED_AIRSPEED = 1u << 14,
    AP_HAS_MACH = 1u << 15,
    AP_HAS_SELECTED_ALTITUDE = 1u << 16,
    AP_HAS_EMITTER_CATEGORY = 1u << 17,
    AP_HAS_INTEGRITY = 1u << 18,    /* nic and nac_p, sil */
    AP_HAS_TRACK_NUMBER = 1u << 19, /* the sensor's own track number */
    AP_HAS_DOPPLER = 1u << 20,
    AP_HAS_ALTITUDE_AGE = 1u << 21, /* pressure_altitude_age_s */
} ap_has;

/* Facts about a report that are true or not known. */
typedef enum ap_report_flag {
    AP_FLAG_SIMULATED = 1u << 0,
    AP_FLAG_TEST = 1u << 1, /* test target or field monitor: never tracked */
    AP_FLAG_ON_GROUND = 1u << 2,
    AP_FLAG_SPI = 1u << 3, /* special position identification */
    AP_FLAG_EMERGENCY = 1u << 4,
    AP_FLAG_MODE_3A_GARBLED = 1u << 5,
    AP_FLAG_MODE_3A_UNVALIDATED = 1u << 6,
    AP_FLAG_ALTITUDE_GARBLED = 1u << 7,
    AP_FLAG_ALTITUDE_UNVALIDATED = 1u << 8,
    AP_FLAG_PRIMARY = 1u << 9,            /* a primary detection is part of it */
    AP_FLAG_SECONDARY = 1u << 10,         /* a Mode A/C or Mode S reply is part of it */
    AP_FLAG_ADDRESS_UNCHECKED = 1u << 11, /* the address was never checked by parity */
    AP_FLAG_EXTRAPOLATED = 1u << 12,      /* the sensor coasted: no detection behind it */
    AP_FLAG_REPAIRED = 1u << 13,          /* a bit of the frame was corrected */
    AP_FLAG_TENTATIVE = 1u << 14,         /* the sensor's tracker has not confirmed it */
    AP_FLAG_ENDED = 1u << 15,             /* its tracker says no more of it after this */
} ap_report_flag;

/* A code that may be another one. */
#define AP_FLAGS_MODE_3A_DOUBTFUL (AP_FLAG_MODE_3A_GARBLED | AP_FLAG_MODE_3A_UNVALIDATED)

/* Whose number a 24-bit address is. (address, kind) together are the key: the same 24 bits under
 * two kinds are two aircraft. */
typedef enum ap_address_kind {
    AP_ADDRESS_ICAO,       /* assigned by ICAO */
    AP_ADDRESS_ANONYMOUS,  /* not assigned by ICAO, made up by the aircraft or ground */
    AP_ADDRESS_TRACK_FILE, /* TIS-B track file number */
    AP_ADDRESS_KIND_COUNT
} ap_address_kind;

typedef struct ap_report {
    ap_utc_ns time_utc;    /* of applicability */
    ap_utc_ns receive_utc; /* when it reached us; >= the receive time of the report before */
    ap_report_kind kind;
    uint16_t sensor;  /* index into the sensor table */
    uint32_t present; /* AP_HAS_* */
    uint32_t flags;   /* AP_FLAG_* */

    uint32_t address;         /* 24 bit */
    uint8_t address_kind;     /* ap_address_kind */
    uint8_t emitter_category; /* 0xSC: set A..D as 0xA..0xD, number 0..7, as DO-260B names them */
    uint16_t mode_3a;         /* 12 bit, 01200 octal is squawk 1200 */
    uint16_t track_number;    /* of the sensor */
    uint16_t receiver_count;  /* Mode S: that heard the aircraft in the last minute; else 0 */
    char callsign[AP_CALLSIGN_SIZE];

    double range_m, azimuth_rad;             /* polar, slant; bias already removed */
    double range_sigma_m, azimuth_sigma_rad; /* > 0 */
    double elevation_rad, elevation_sigma_rad;

    double latitude_rad, longitude_rad;                                /* WGS-84 */
    double position_var_ee_m2, position_var_en_m2, position_var_nn_m2; /* local ENU */

    double pressure_altitude_m, pressure_altitude_sigma_m; /* 1013.25 hPa; sigma: with its step */
    double pressure_altitude_step_m; /* that it is rounded to; 0: none, or none known */
    double pressure_altitude_age_s;  /* it was measured so long before time_utc, >= 0 */
    double geometric_height_m, geometric_height_sigma_m; /* above the ellipsoid */

    double east_mps, north_mps, velocity_sigma_mps; /* ground velocity */
    double up_mps, up_sigma_mps;                    /* vertical rate */

    double roll_rad;         /* right wing down > 0 */
    double track_rate_radps; /* clockwise > 0 */
    double heading_rad;      /* magnetic */
    double true_airspeed_mps, indicated_airspeed_mps, mach;
    double selected_altitude_m;            /* MCP/FCU, pressure */
    double doppler_mps, doppler_sigma_mps; /* away from the sensor > 0 */
    double doppler_ambiguity_mps;          /* known but for a multiple of this; 0: wholly */

    uint8_t nic, nac_p, nac_v, sil; /* as broadcast; 0 = unknown or worst */
} ap_report;

/* Receives reports one by one; the report is valid during the call. */
typedef void (*ap_report_fn)(void *context, const ap_report *report);

/* True when every present number is finite, in its documented range, with variances positive and
 * the position covariance positive definite. */
bool ap_report_is_sound(const ap_report *report);

/* Copies up to eight characters, upper case letters, digits and spaces kept, others become '?',
 * trailing spaces removed. */
void ap_callsign_copy(char callsign[AP_CALLSIGN_SIZE], const char *text, size_t size);

#endif
