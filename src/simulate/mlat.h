/* Multilateration, wide-area or of an airport: ASTERIX 020 target reports and 019 status.
 *
 * Ground stations of the scenario, or seven of its own: one in the middle and six around, at 0.3 of
 * the sensor's range and at most AP_MLAT_RING_M. Every transponder is located once in the sensor's
 * update interval from the stations above whose horizon it is: where its signal comes from,
 * whatever it says; a spoofer's broadcasts come from its mast. The error has the covariance that
 * times of arrival and that geometry give (height known), and the report states it. Source of the
 * formula: (H' H)^-1 sigma^2 with rows (u_east, u_north, 1). Every report carries the SIM bit. */
#ifndef AP_SIMULATE_MLAT_H
#define AP_SIMULATE_MLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "simulate/broadcast.h"
#include "simulate/instrument.h"

#define AP_MLAT_RING_COUNT 7
#define AP_MLAT_STATION_CAP 64 /* of a scenario; those behind are left out */
#define AP_MLAT_STATION_MIN 4  /* fewer give no position */
#define AP_MLAT_RING_M 60e3
#define AP_MLAT_ARRIVAL_SIGMA_NS 10 /* where the scenario has 0; the reader's default as well */
#define AP_MLAT_ARRIVAL_SIGMA_S (AP_MLAT_ARRIVAL_SIGMA_NS * 1e-9)
#define AP_MLAT_SIGMA_MAX_M 350.0 /* a position worse than this is not reported */
#define AP_MLAT_TICK_S 0.125
#define AP_MLAT_DELAY_S 0.2 /* from the end of a tick to its packet */

typedef struct ap_mlat_covariance {
    double ee_m2, en_m2, nn_m2;
} ap_mlat_covariance;

typedef struct ap_mlat_report {
    double stamp_s;       /* by the system's clock */
    ap_geodetic position; /* measured */
    ap_mlat_covariance covariance;
    ap_told told;
    char callsign[AP_CALLSIGN_SIZE]; /* empty: Mode A/C */
} ap_mlat_report;

typedef struct ap_mlat {
    const ap_world *world;
    const ap_scenario_sensor *sensor;
    uint32_t index; /* of the sensor */
    uint32_t stream;
    double arrival_sigma_m;
    ap_sensor *stations; /* [station_count] */
    uint32_t station_count, source_count;
    double *next_s;         /* [source_count] the next time it is located */
    uint32_t *update_count; /* [source_count] updates so far */
    ap_mlat_report *reports;
    size_t report_cap, report_count, report_sent;
    uint64_t tick; /* number of the tick that is collected */
    bool gathered;
} ap_mlat;

/* Covariance of a position measured there. False when too few stations see it, or its error
 * would be too large. */
bool ap_mlat_locates(const ap_mlat *mlat, ap_geodetic position, ap_mlat_covariance *covariance);

#endif
