/* Wide-area multilateration: ASTERIX 020 target reports and 019 status.
 *
 * Seven ground stations, one in the middle and six around; each target with a transponder is
 * located once a second from the stations above whose horizon it is. Its position error has the
 * covariance that times of arrival and that geometry give (height known from the transponder), and
 * the report states it. Source of the formula: (H' H)^-1 sigma^2 with rows (u_east, u_north, 1). */
#ifndef AP_SIMULATE_MLAT_H
#define AP_SIMULATE_MLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "base/arena.h"
#include "simulate/instrument.h"

#define AP_MLAT_STATION_COUNT 7
#define AP_MLAT_STATION_MIN 4 /* fewer give no position */
#define AP_MLAT_RING_M 60e3
#define AP_MLAT_ARRIVAL_SIGMA_M 9.0 /* 30 ns */
#define AP_MLAT_SIGMA_MAX_M 350.0   /* a position worse than this is not reported */
#define AP_MLAT_TICK_S 0.125
#define AP_MLAT_DELAY_S 0.2 /* from the end of a tick to its packet */

typedef struct ap_mlat_covariance {
    double ee_m2, en_m2, nn_m2;
} ap_mlat_covariance;

typedef struct ap_mlat_report {
    double time_s;
    uint32_t flight;
    ap_geodetic position; /* measured */
    ap_mlat_covariance covariance;
    double pressure_altitude_m;
} ap_mlat_report;

typedef struct ap_mlat {
    const ap_world *world;
    const ap_sensor *sensor;
    uint32_t stream;
    ap_sensor stations[AP_MLAT_STATION_COUNT];
    double *next_s;         /* [flight_count] the next time it is located */
    uint32_t *update_count; /* [flight_count] updates so far */
    ap_mlat_report *reports;
    size_t report_cap, report_count, report_sent;
    uint64_t tick; /* number of the tick that is collected */
    bool gathered;
} ap_mlat;

/* Covariance of a position measured there. False when too few stations see it, or its error
 * would be too large. */
bool ap_mlat_locates(const ap_mlat *mlat, ap_geodetic position, ap_mlat_covariance *covariance);

#endif
