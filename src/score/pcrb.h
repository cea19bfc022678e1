/* The posterior Cramer-Rao bound of a truth's position: what no tracker can beat on average with
 * the sensors described, or with what the sensors of a recording told.
 *
 * Tichavsky, Muravchik, Nehorai 1998 with a nearly-constant-velocity motion in the plane,
 *   J' = (Q + F J^-1 F')^-1 + sum over looks of irf H' R^-1 H,
 * held as covariance. Q is that of the truth's own change of velocity since the instant before,
 * unless the configuration gives one: the bound of a tracker that knew when and how hard the
 * aircraft manoeuvre, but not where to. A fixed one is beaten on straight legs by any tracker that
 * adapts.
 *
 * Of sensors that are only described, looks come at their interval, with irf = Pd, which is right
 * without clutter; a look gives range and azimuth, so R is known in east and north from where the
 * truth is. Looks of a recording (score/looks.h) come when they came and count whole: the bound is
 * of the detections that there were. What is alike in the errors of one source for a while is a
 * Gauss-Markov state of its own beside position and velocity, which no number of looks of that
 * source averages away. */
#ifndef AP_SCORE_PCRB_H
#define AP_SCORE_PCRB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "score/evaluation.h"
#include "score/looks.h"
#include "score/motion.h"

enum { AP_PCRB_DIMENSION_CAP = 4 + 2 * AP_LOOKS_SLOW_CAP };

typedef struct ap_pcrb_state {
    double *P; /* [dimension][dimension]: east, north, their velocities, slow errors by slot */
    double east_mps, north_mps; /* of the truth, at the time */
    ap_utc_ns time;             /* AP_UTC_UNKNOWN: not begun */
    uint32_t look;              /* the next one of the truth */
    bool has_begun;             /* something was told */
    bool has_place;             /* a position was */
} ap_pcrb_state;

/* A measurement of two coordinates of the state, with a slow error or without. */
typedef struct ap_pcrb_fix {
    int first;        /* 0: east and north, 2: their velocities */
    int slow;         /* index of the first of the two slow errors in the state; 0: none */
    double slow_L[3]; /* east, north by east, north: what slow errors of 1 are in the measurement */
    double R[3];      /* covariance of the white error: east, both, north; positive definite */
} ap_pcrb_fix;

typedef struct ap_pcrb_work {
    ap_pcrb_state *states; /* [truth]; NULL without sensors and looks */
    double error_square, bound_square;
    uint64_t count;
} ap_pcrb_work;

/* Elements a row of a state's P: 4, and two for each slow error of the looks (NULL: none). */
int ap_pcrb_dimension(const ap_looks *looks);

void ap_pcrb_init(ap_pcrb_work *work, ap_arena *arena, uint32_t truth_count,
                  const ap_evaluation_config *config);

/* Prediction by dt_s >= 0 with white acceleration of that density, per axis; slow errors keep
 * themselves with the time constants of `looks`. */
void ap_pcrb_predict(double *P, const ap_looks *looks, double dt_s, double acceleration_psd_m2ps3);

/* Update of P[dimension][dimension]. */
void ap_pcrb_update(double *P, int dimension, const ap_pcrb_fix *fix);

/* Moves the bound of truth number `truth` to `time`; returns its variance of position, east plus
 * north, 0 before any sensor looked. After a gap only looks of the last step count, where there is
 * no recording to tell of the others. */
double ap_pcrb_step(ap_pcrb_state *state, const ap_evaluation_config *config,
                    ap_trajectory_frame frame, uint32_t truth, ap_utc_ns time,
                    const ap_motion_point *point);

#endif
