/* Motion: where a trajectory was, between its states and a little beyond them, and how far two
 * places are from each other, in both frames of trajectories.
 *
 * A point carries the metres that its two coordinates are worth there, so that differences of
 * geodetic places cost no trigonometry; in a plane they are 1 and every formula is exact. */
#ifndef AP_SCORE_MOTION_H
#define AP_SCORE_MOTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "score/trajectory.h"

typedef struct ap_motion_point {
    double x, y;            /* longitude and latitude, or x and y of a plane */
    double east_m, north_m; /* metres for one unit of x and y here */
    double east_mps, north_mps;
    double height_m, pressure_altitude_m, up_mps;
    uint32_t flags; /* AP_STATE_*; of the earlier state where two are involved */
    uint32_t identity;
} ap_motion_point;

/* The point of a state. */
ap_motion_point ap_motion_at(ap_trajectory_frame frame, const ap_trajectory_state *state);

/* A state carried on for age_s with its own velocity: straight ahead, in the tangent plane of the
 * state, to second order. */
ap_motion_point ap_motion_ahead(ap_trajectory_frame frame, const ap_trajectory_state *state,
                                double age_s);

/* Between two states of one trajectory, `time` within them: cubic Hermite where both have a
 * velocity, else linear; velocity, heights and climb rate linear. At a state it is that state. */
ap_motion_point ap_motion_between(ap_trajectory_frame frame, const ap_trajectory_state *from,
                                  const ap_trajectory_state *to, ap_utc_ns time);

/* East and north of `other` as seen from `from`, with the mean of what their coordinates are worth:
 * wrong by d^3 / R^2, 3e-5 m at 1 km, and with the heights of both. */
void ap_motion_offset(ap_trajectory_frame frame, const ap_motion_point *from,
                      const ap_motion_point *other, double *east_m, double *north_m);

/* Gives the states of a sorted set that have no velocity that of the line between their neighbours
 * in time, where these are at most gap_s away; for truth alone, as it looks ahead. Returns how many
 * it gave one. */
uint32_t ap_motion_derive(ap_trajectory_set *set, double gap_s);

/* The first state of a trajectory that is later than `time`; first + count when there is none. */
uint32_t ap_motion_after(const ap_trajectory_set *set, const ap_trajectory *trajectory,
                         ap_utc_ns time);

/* A cursor: the last state of a trajectory that is not later than `time`, from a state that is not
 * later (or the first one). Gives `first` even when that is later than `time`. */
uint32_t ap_motion_seek(const ap_trajectory_set *set, const ap_trajectory *trajectory, uint32_t at,
                        ap_utc_ns time);

/* The trajectory at `time`; *at is a cursor, moved forward. False when it is not there: before its
 * first state, after its last, or between two that are more than gap_s apart. */
bool ap_motion_find(const ap_trajectory_set *set, const ap_trajectory *trajectory, ap_utc_ns time,
                    double gap_s, uint32_t *at, ap_motion_point *point);

#endif
