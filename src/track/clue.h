/* What reports tell of motion beside place and velocity: radial speed, and bank. */
#ifndef AP_TRACK_CLUE_H
#define AP_TRACK_CLUE_H

#include <stdbool.h>

#include "track/filter_kernel.h"

/* A radial speed: that part of the velocity which goes along (east, north), of length <= 1. */
typedef struct ap_radial {
    double east, north;
    double speed_mps, var;
    double ambiguity_mps; /* the speed is known but for a multiple of this; 0: wholly */
} ap_radial;

/* Takes in a radial speed. `mean`: of the models, renewed. False, and nothing changed, when it lies
 * outside the gate, or when the track does not tell which multiple of the ambiguity it is. */
bool ap_clue_radial(ap_mixture *models, ap_gauss *mean, const ap_radial *radial);

/* The aircraft says that it accelerates across its track, clockwise > 0: evidence for the models
 * that do. Registers are read late and sometimes wrong, so it never decides alone. */
void ap_clue_turn(ap_mixture *models, ap_gauss *mean, const ap_motions *motions, double turn_mps2);

#endif
