/* The vertical filter of a track: four motion models of altitude and rate.
 *
 * An aircraft keeps its level, climbs or descends steadily, or is changing from one to the other,
 * slowly or quickly. Modes change as those in the plane do (filter.h). Altitudes come in steps: one
 * says that the altitude lies within its step, and the same again says nothing new. So an update
 * cuts each model to the step (the moments of a normal between two bounds), where a model is
 * narrower than it; then the bit that toggles in level flight makes no rate, and the stairs of a
 * climb make no jerks.
 *
 * The models are lanes of floats, beside a mean in full precision: four go through one register of
 * any processor, and a track holds several filters. */
#ifndef AP_TRACK_VERTICAL_H
#define AP_TRACK_VERTICAL_H

#include <stdbool.h>
#include <stdint.h>

typedef enum ap_vertical_mode {
    AP_VERTICAL_LEVEL,
    AP_VERTICAL_STEADY,
    AP_VERTICAL_EASING,   /* the rate changes slowly, ... */
    AP_VERTICAL_CHANGING, /* ... and as quickly as it does */
    AP_VERTICAL_MODES
} ap_vertical_mode;

typedef struct ap_vertical {
    /* A lane for each model: altitude above the mean of all, rate, covariance of both. */
    float probability[AP_VERTICAL_MODES];
    float above_m[AP_VERTICAL_MODES], rate_mps[AP_VERTICAL_MODES];
    float A[AP_VERTICAL_MODES], B[AP_VERTICAL_MODES], C[AP_VERTICAL_MODES];
    double altitude_m; /* mean of the models */
    float up_mps;
    float P[3];            /* altitude, both, rate: of the mixture */
    float lean_m;          /* 1-sigma error that its altitudes share; not in P */
    bool has;              /* altitude and rate rest on a report */
    bool is_pressure;      /* else above the ellipsoid */
    uint8_t refused_count; /* altitudes in a row that did not fit */
} ap_vertical;

/* An altitude as one report has it. */
typedef struct ap_level {
    bool is_pressure;
    double altitude_m, var_m2; /* the variance holds that of the step */
    double step_m;             /* that it is rounded to; 0: none known */
} ap_level;

/* Moves it by dt_s, which may be negative. */
void ap_vertical_predict(ap_vertical *vertical, double dt_s);

/* Takes in an altitude. Pressure altitudes take the place of heights, never the other way round.
 * One that no model holds possible is left out; three in a row start the filter anew. */
void ap_vertical_take_level(ap_vertical *vertical, const ap_level *level);

/* Takes in a vertical rate, of which the aircraft knows better than its altitudes tell. */
void ap_vertical_take_rate(ap_vertical *vertical, double up_mps, double var);

/* True when every number is finite and the covariance positive definite. */
bool ap_vertical_is_sound(const ap_vertical *vertical);

#endif
