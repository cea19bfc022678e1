/* Resolution: what becomes of plots that are near each other.
 *
 * Two targets run together with probability exp(-ln 2 ((dr / cell_r)^2 + (da / cell_a)^2)), every
 * second time when one cell apart (Koch, van Keuk, IEEE Trans. AES 33 (1997)), and by chains of
 * such pairs; the cells are what is told of the radar (airpicture/sensor.h). Beyond
 * AP_RESOLVE_REACH cells they never do. One plot is left, in the weighted middle. Of secondary
 * plots its codes are both read at once when the radar garbles, else those of the first. Answers to
 * roll-call never run together; there one primary echo is left for all of them.
 *
 * Mode A/C replies that overlap in range (simulate/garble.h) within the beam garble each other: the
 * nearer in azimuth, the fewer replies of either are clear; the chance falls from 1 to 0 over the
 * width of the beam. */
#ifndef AP_SIMULATE_RESOLVE_H
#define AP_SIMULATE_RESOLVE_H

#include <stddef.h>

#include "simulate/radar_plot.h"

#define AP_RESOLVE_REACH 3.0
#define AP_RESOLVE_BEAM_RAD (2.4 * AP_RAD_PER_DEG) /* of secondary antennas, at half power */
#define AP_RESOLVE_GARBLE_SEEN 0.9                 /* garbled codes that are marked as such */

typedef struct ap_resolve {
    bool merges, garbles;
    double cell_range_m, cell_azimuth_rad;
    double turn_s;
    uint64_t seed;
    uint32_t stream;
} ap_resolve;

/* One of the plots in order of time. */
typedef struct ap_resolve_key {
    double time_s;
    uint32_t index; /* of the plot */
} ap_resolve_key;

/* Of a sensor; what is not told of its cells follows from its noise, as the tracker has it. */
ap_resolve ap_resolve_of(const ap_scenario_sensor *sensor, uint64_t seed, uint32_t stream);

/* How far in time a plot may have to do with a later one. */
double ap_resolve_ahead_s(const ap_resolve *resolve);

/* Chance that two plots so far apart run together. */
double ap_resolve_probability(const ap_resolve *resolve, double range_m, double azimuth_rad);

/* Puts the keys in order of time, ties by index. O(n log n), in place. */
void ap_resolve_sort(ap_resolve_key *keys, size_t count);

/* Runs together and garbles plots. keys: in order. Only what is before `until_s` looks for others;
 * of what comes later, up to ahead_s, some may be gone or garbled afterwards. */
void ap_resolve_plots(const ap_resolve *resolve, const ap_resolve_key *keys, size_t count,
                      double until_s, ap_radar_plot *plots);

#endif
