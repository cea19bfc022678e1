/* A reference trajectory out of one aircraft's own positions: a stretch is filtered forwards and
 * smoothed backwards (Rauch, Tung, Striebel 1965) with a constant-velocity model and white noise
 * acceleration, the three axes of space alike. */
#ifndef AP_APP_REFERENCE_H
#define AP_APP_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "airpicture/geo.h"
#include "airpicture/time.h"

typedef struct ap_reference_fix {
    ap_utc_ns time_utc;
    ap_vec3 ecef;       /* of the position at the ellipsoid */
    double variance_m2; /* of each axis, > 0 */
    /* Out. */
    bool is_used;  /* false: an outlier, or of a stretch too short */
    bool is_first; /* of a stretch */
    ap_vec3 smooth_ecef, velocity_mps;
    /* Between the passes. */
    double x[3], v[3], P[3]; /* filtered; P: position, cross, velocity */
    double x_ahead[3], v_ahead[3], P_ahead[3];
} ap_reference_fix;

typedef struct ap_reference_config {
    double acceleration_psd_m2ps3; /* > 0 */
    double gate;                   /* squared, normalised, of an outlier */
    double gap_s;                  /* between two stretches */
    size_t reject_max;             /* outliers in a row that end a stretch */
    size_t count_min;              /* fixes of a stretch */
} ap_reference_config;

/* 4 m2/s3, gate 21.1 (a fix in ten thousand), 20 s, 4, 8. */
ap_reference_config ap_reference_config_default(void);

typedef struct ap_reference_counts {
    size_t outlier_count, short_count; /* fixes left out: beyond the gate; of short stretches */
    size_t stretch_count;
} ap_reference_counts;

/* Smooths `count` fixes in the order of their times, of which no two are the same. Linear. */
void ap_reference_smooth(const ap_reference_config *config, ap_reference_fix *fix, size_t count,
                         ap_reference_counts *counts);

#endif
