/* Whether one object falls: three filters that take in the same positions, weighed.
 *
 *     falls  track/ballistic.h: position, velocity and drag in ECEF;
 *     flies  the horizontal IMM and the vertical filter of any track (filter.h);
 *     wild   white acceleration of 400 m2/s3 per axis: what manoeuvres hard.
 *
 * All start at the same two positions. The likelihoods of those that follow, in space, weigh the
 * three as the modes of a Markov chain: flight turns wild and back within 20 s, a fall ends once in
 * 1,000 s, and begins once in 10,000 s.
 * Source: H. Blom, Y. Bar-Shalom, The interacting multiple model algorithm (1988), without its
 * mixing, for the filters have different states. */
#ifndef AP_TRACK_FALL_H
#define AP_TRACK_FALL_H

#include <stdint.h>

#include "airpicture/track.h"
#include "track/ballistic.h"
#include "track/filter.h"

typedef enum ap_fall_mode {
    AP_MODE_FLIES,
    AP_MODE_WILD,
    AP_MODE_FALLS,
    AP_FALL_MODES
} ap_fall_mode;

typedef struct ap_fall {
    uint32_t fix_count;      /* positions taken in */
    uint32_t refused_count;  /* in a row, that did not fit a fall */
    ap_utc_ns until_utc;     /* given up then, receive clock; the caller's */
    ap_ballistic_fix newest; /* that fitted */
    /* From the second position on: */
    double probability[AP_FALL_MODES]; /* sum 1 */
    ap_ballistic ballistic;
    ap_normal wild; /* position and velocity, ECEF; at the time of flies */
    ap_imm flies;
} ap_fall;

/* A first position. */
void ap_fall_start(ap_fall *fall, const ap_ballistic_fix *first);

/* The next one. When it lies outside the gate of a fall: AP_ERR_RANGE, refused_count is one more,
 * and only flight and the wild took it in. Any error at the second position, and at one that is not
 * 0.05 to 60 s younger than the newest: nothing changed. */
ap_err ap_fall_take(ap_fall *fall, const ap_ballistic_fix *fix);

/* A position without a height, which flight alone can use; nothing when it is older than that. */
void ap_fall_take_flat(ap_fall *fall, const ap_report *report, const ap_sensor *sensor);

/* Vertical speed of the fall, and its variance. */
double ap_fall_up_mps(const ap_fall *fall, double *var);

/* The fall as a track's filter: one normal in the plane at its place, height and vertical rate. */
void ap_fall_imm(const ap_ballistic *ballistic, ap_imm *imm);

void ap_fall_show(const ap_fall *fall, ap_track_fall *shown);

#endif
