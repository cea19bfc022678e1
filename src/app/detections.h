/* Rows of detections: what one sensor measured at one time, from a CSV whose head names the columns
 * with their units. The reader of `airpicture track`.
 *
 * The head decides: columns in any order, the sensor, heights, identity and accuracies where there
 * are some. A row states a position in one of three ways: range and azimuth, x and y in the plane,
 * or latitude and longitude; the first that it has counts. */
#ifndef AP_APP_DETECTIONS_H
#define AP_APP_DETECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "airpicture/time.h"
#include "app/csv.h"

/* Numbers of a detection, SI and radians. */
typedef enum ap_detection_value {
    AP_DETECTION_RANGE_M,
    AP_DETECTION_AZIMUTH_RAD,
    AP_DETECTION_ELEVATION_RAD,
    AP_DETECTION_RANGE_SIGMA_M,
    AP_DETECTION_AZIMUTH_SIGMA_RAD,
    AP_DETECTION_ELEVATION_SIGMA_RAD,
    AP_DETECTION_X_M, /* east in the plane */
    AP_DETECTION_Y_M, /* north in the plane */
    AP_DETECTION_Z_M, /* up from the plane */
    AP_DETECTION_LATITUDE_RAD,
    AP_DETECTION_LONGITUDE_RAD,
    AP_DETECTION_X_SIGMA_M, /* of x and y, or of east and north */
    AP_DETECTION_Y_SIGMA_M,
    AP_DETECTION_XX_VAR_M2,
    AP_DETECTION_XY_VAR_M2,
    AP_DETECTION_YY_VAR_M2,
    AP_DETECTION_POSITION_SIGMA_M, /* of both axes */
    AP_DETECTION_HEIGHT_M,         /* above the ellipsoid */
    AP_DETECTION_HEIGHT_SIGMA_M,   /* of height and z */
    AP_DETECTION_ALTITUDE_M,       /* pressure */
    AP_DETECTION_ALTITUDE_SIGMA_M,
    AP_DETECTION_VX_MPS,
    AP_DETECTION_VY_MPS,
    AP_DETECTION_VELOCITY_SIGMA_MPS,
    AP_DETECTION_SITE_X_M, /* of the sensor, in the plane */
    AP_DETECTION_SITE_Y_M,
    AP_DETECTION_SCAN, /* number of the turn, for those that state no angle */
    AP_DETECTION_VALUE_COUNT
} ap_detection_value;

/* Why a row is refused. */
/* clang-format off */
#define AP_DETECTION_REFUSAL_MAP(X)                                                        \
    X(SYNTAX,            "syntax",            "breaks the rules of CSV")                   \
    X(FIELD_COUNT,       "field_count",       "more or fewer fields than the head")        \
    X(MISSING,           "missing",           "no time, or no whole position")             \
    X(NOT_A_NUMBER,      "not_a_number",      "text where a value is expected")            \
    X(NOT_FINITE,        "not_finite",        "NaN or infinite")                           \
    X(RANGE,             "range",             "a value that cannot be")                    \
    X(COVARIANCE,        "covariance",        "variances that are no covariance")          \
    X(SENSOR_UNKNOWN,    "sensor_unknown",    "a sensor that the sensors file has not")    \
    X(SENSOR_TABLE_FULL, "sensor_table_full", "a sensor beyond the table's capacity")      \
    X(TIME_BACKWARDS,    "time_backwards",    "further back in time than the lag")         \
    X(TIME_JUMP,         "time_jump",         "a time that the next row does not agree with")
/* clang-format on */

typedef enum ap_detection_refusal {
#define AP_DETECTION_REFUSAL_ENUM(name, key, text) AP_DETECTION_##name,
    AP_DETECTION_REFUSAL_MAP(AP_DETECTION_REFUSAL_ENUM)
#undef AP_DETECTION_REFUSAL_ENUM
        AP_DETECTION_REFUSAL_COUNT,
    AP_DETECTION_TAKEN = AP_DETECTION_REFUSAL_COUNT
} ap_detection_refusal;

const char *ap_detection_refusal_key(ap_detection_refusal refusal);
const char *ap_detection_refusal_text(ap_detection_refusal refusal);

typedef struct ap_detection {
    ap_utc_ns time_utc;
    uint64_t line;                          /* of the input */
    uint32_t has;                           /* bit i: value[i] is there */
    double value[AP_DETECTION_VALUE_COUNT]; /* of those not there: 0 */
    uint32_t identity;                      /* AP_HAS_ADDRESS, AP_HAS_MODE_3A, AP_HAS_CALLSIGN */
    uint32_t address;
    uint16_t mode_3a;
    char callsign[AP_CALLSIGN_SIZE];
    char sensor[AP_SENSOR_NAME_SIZE]; /* its name; empty without such a column */
} ap_detection;

static inline bool ap_detection_has(const ap_detection *detection, ap_detection_value value)
{
    return (detection->has >> value & 1u) != 0;
}

/* The three ways of a position. */
bool ap_detection_is_polar(const ap_detection *detection);
bool ap_detection_is_plane(const ap_detection *detection);
bool ap_detection_is_geodetic(const ap_detection *detection);

#define AP_DETECTION_WHY_SIZE 256

/* Which column of a row is which; filled from the head. */
typedef struct ap_detection_columns {
    int8_t column[AP_CSV_FIELD_CAP]; /* row of the table of columns; -1: not used */
    size_t count;
    uint32_t has; /* bit i: value[i] has a column */
    bool has_identity, has_sensor;
    char unused[AP_DETECTION_WHY_SIZE]; /* names of those not used, ", " between; cut */
    char name[AP_CSV_FIELD_CAP][24];    /* as the head has them, cut */
} ap_detection_columns;

/* Reads the head. False when it cannot be used, with `why`: what is wrong and what was expected. */
bool ap_detections_head(ap_detection_columns *columns, const ap_csv *row,
                        char why[AP_DETECTION_WHY_SIZE]);

/* Reads a row. On a refusal `why` says what is wrong, with the name of the column; *detection is
 * then undefined but for its line. */
ap_detection_refusal ap_detections_row(const ap_detection_columns *columns, const ap_csv *row,
                                       ap_detection *detection, char why[AP_DETECTION_WHY_SIZE]);

#endif
