/* A rotating radar, primary and Mode S: ASTERIX 048 plots and 034 sectors.
 *
 * Once in each of 32 sectors it sends the plots of the sector that just ended (048) and then the
 * crossing into the next one (034; at north the north marker before it). */
#ifndef AP_SIMULATE_RADAR_H
#define AP_SIMULATE_RADAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "base/arena.h"
#include "simulate/instrument.h"

#define AP_RADAR_SECTOR_COUNT 32
#define AP_RADAR_DELAY_S 0.1 /* from the end of a sector to its packet */
#define AP_RADAR_PRIMARY_PD 0.9

typedef struct ap_radar_plot {
    double time_s, range_m, azimuth_rad;
    double pressure_altitude_m;
    uint32_t flight; /* UINT32_MAX: false plot */
    bool primary, secondary;
} ap_radar_plot;

typedef struct ap_radar {
    const ap_world *world;
    const ap_scenario_sensor *own;
    ap_antenna antenna;
    uint32_t stream;
    double clutter_per_sector;
    double *pass_s;       /* [flight_count] the next time the beam meets it */
    uint32_t *pass_count; /* [flight_count] passes so far */
    ap_radar_plot *plots;
    size_t plot_cap, plot_count, plot_sent;
    uint64_t plot_lost_count; /* plots that did not fit into a sector's list */
    uint64_t boundary;        /* number of the next sector boundary */
    bool gathered;            /* the plots of the sector before it are in the list */
} ap_radar;

/* The antenna of sensor `index`: when it passes north depends on the seed and its stream alone. */
ap_antenna ap_radar_antenna(const ap_world *world, uint32_t index);

#endif
