/* What a radar has of a target, or of what it takes for one, in one pass of the beam. */
#ifndef AP_SIMULATE_RADAR_PLOT_H
#define AP_SIMULATE_RADAR_PLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/random.h"
#include "simulate/scenario.h"

typedef struct ap_radar_plot {
    double time_s;               /* the beam on it; true time */
    double range_m, azimuth_rad; /* where it is until it is measured, then what was measured */
    double elevation_rad;        /* straight line */
    double height_m;             /* above the ellipsoid, as range and azimuth */
    double weight;               /* of its place when plots run together, > 0 */
    uint32_t flight;             /* AP_SCENARIO_NONE: none in particular */
    uint32_t pass;               /* which of the flight */
    uint32_t address;            /* 24 bit; of roll-call only */
    uint16_t sent_3a, mode_3a;   /* by the transponder; as it was read */
    int16_t sent_4th, level_4th; /* Mode C or Mode S altitude, 1/4 flight level; likewise */
    bool primary, secondary;     /* seen by which */
    bool roll_call;              /* asked by its address: nothing garbles it */
    bool on_ground, is_alert;    /* it says so */
    bool has_level;              /* the altitude could be read */
    bool is_unsure, is_garbled;  /* its codes: not validated; garbled */
    bool is_measured;            /* noise and errors are in it */
    bool is_gone;                /* became part of another one */
    ap_random random;            /* what is drawn for it next */
} ap_radar_plot;

#endif
