/* A row of named values, of CSV or of a JSON line, to a state: which names are known, in which
 * units, and what makes a state of them. One table for every text form of truth and tracks. */
#ifndef AP_APP_SAMPLES_ROW_H
#define AP_APP_SAMPLES_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "app/samples.h"

/* Values that are numbers, in SI and radians once read. */
typedef enum ap_sample_value {
    AP_SAMPLE_X,
    AP_SAMPLE_Y,
    AP_SAMPLE_LATITUDE,
    AP_SAMPLE_LONGITUDE,
    AP_SAMPLE_HEIGHT,
    AP_SAMPLE_ALTITUDE, /* pressure */
    AP_SAMPLE_VX,
    AP_SAMPLE_VY,
    AP_SAMPLE_VZ,
    AP_SAMPLE_SPEED,
    AP_SAMPLE_COURSE,
    AP_SAMPLE_XX_VAR,
    AP_SAMPLE_XY_VAR,
    AP_SAMPLE_YY_VAR,
    AP_SAMPLE_X_VX_COV,
    AP_SAMPLE_X_VY_COV,
    AP_SAMPLE_Y_VX_COV,
    AP_SAMPLE_Y_VY_COV,
    AP_SAMPLE_VX_VAR,
    AP_SAMPLE_VX_VY_COV,
    AP_SAMPLE_VY_VAR,
    AP_SAMPLE_Z_VAR,
    AP_SAMPLE_VZ_VAR,
    AP_SAMPLE_MAJOR_SIGMA,
    AP_SAMPLE_MINOR_SIGMA,
    AP_SAMPLE_AXIS,
    AP_SAMPLE_VELOCITY_SIGMA,
    AP_SAMPLE_Z_SIGMA,
    AP_SAMPLE_VZ_SIGMA,
    AP_SAMPLE_UPDATE_AGE,
    AP_SAMPLE_ALTITUDE_AGE,
    AP_SAMPLE_NIS,
    AP_SAMPLE_NIS_DIMENSIONS,
    AP_SAMPLE_VALUES,
    /* Texts. */
    AP_SAMPLE_TIME = AP_SAMPLE_VALUES,
    AP_SAMPLE_TIME_UTC,
    AP_SAMPLE_ID,
    AP_SAMPLE_ADDRESS,
    AP_SAMPLE_CALLSIGN,
    AP_SAMPLE_SQUAWK,
    AP_SAMPLE_STATE,
    AP_SAMPLE_EVENT,
    AP_SAMPLE_ON_GROUND,
    AP_SAMPLE_SENSOR,
    AP_SAMPLE_FIELDS
} ap_sample_value;

typedef struct ap_sample_field {
    const char *name;
    ap_sample_value value;
    double factor; /* to SI */
    int rank;      /* of two names of the same value the lower rank is read */
} ap_sample_field;

/* Field of this name, capitals or not, or NULL. */
const ap_sample_field *ap_sample_field_of(const char *name, size_t size);

typedef struct ap_sample_text {
    const char *start;
    size_t size;
} ap_sample_text;

typedef struct ap_sample_row {
    uint64_t has; /* bit of each ap_sample_value */
    double value[AP_SAMPLE_VALUES];
    ap_sample_text text[AP_SAMPLE_FIELDS - AP_SAMPLE_VALUES];
} ap_sample_row;

/* Puts a text into its place of the row; an empty one is none. False: no number. */
bool ap_sample_row_set(ap_sample_row *row, const ap_sample_field *field, const char *text,
                       size_t size);

/* A finite decimal number, correctly rounded up to 15 digits. False when it is none. */
bool ap_sample_number(const char *text, size_t size, double *number);

/* Makes a state of the row and adds it. What cannot be used is counted, with the first reason kept
 * in samples->first_refusal behind `where`. AP_ERR_MEMORY; AP_OK for everything else. */
ap_err ap_sample_row_add(ap_samples *samples, const ap_sample_row *row, const char *where,
                         uint64_t line);

#endif
