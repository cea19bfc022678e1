/* The posterior Cramer-Rao bound of a truth's position: what no tracker can beat on average with
 * the sensors described.
 *
 * Tichavsky, Muravchik, Nehorai 1998 with a nearly-constant-velocity motion in the plane,
 *   J' = (Q + F J^-1 F')^-1 + sum over looks of irf H' R^-1 H,
 * held as covariance; irf = Pd, which is right without clutter. A look gives range and azimuth, so
 * R is known in east and north from where the truth is. Q is that of the truth's own change of
 * velocity since the instant before, unless the configuration gives one: the bound of a tracker
 * that knew when and how hard the aircraft manoeuvre, but not where to. A fixed one is beaten on
 * straight legs by any tracker that adapts. */
#ifndef AP_SCORE_PCRB_H
#define AP_SCORE_PCRB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "score/evaluation.h"
#include "score/motion.h"

typedef struct ap_pcrb_state {
    double P[4][4];             /* east, north, and their velocities */
    double east_mps, north_mps; /* of the truth, at the time */
    ap_utc_ns time;             /* AP_UTC_UNKNOWN: not begun */
    bool has_looked;
} ap_pcrb_state;

/* What looks tell of a position: the inverse of a covariance of east and north. */
typedef struct ap_pcrb_information {
    double east, both, north; /* 1/m2 */
} ap_pcrb_information;

typedef struct ap_pcrb_work {
    ap_pcrb_state *states; /* [truth]; NULL without sensors */
    double error_square, bound_square;
    uint64_t count;
} ap_pcrb_work;

void ap_pcrb_init(ap_pcrb_work *work, ap_arena *arena, uint32_t truth_count, bool has_sensors);

/* Prediction of P by dt_s with white acceleration of that density, per axis. */
void ap_pcrb_predict(double P[4][4], double dt_s, double acceleration_psd_m2ps3);

/* Update with the information of east and north; P positive definite. */
void ap_pcrb_update(double P[4][4], ap_pcrb_information information);

/* Moves a truth's bound to `time`; returns its variance of position, east plus north, 0 before any
 * sensor looked. After a gap only looks of the last step count. */
double ap_pcrb_step(ap_pcrb_state *state, const ap_evaluation_config *config,
                    ap_trajectory_frame frame, ap_utc_ns time, const ap_motion_point *point);

#endif
