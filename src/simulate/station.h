/* An ADS-B ground station: ASTERIX 021 target reports and 023 status.
 *
 * It hears the same position squitters as a receiver would at its place (simulate/receiver.h), and
 * reports a target once in each update interval of the sensor, when it is first heard in it, as its
 * transponder then says: position, quality, velocity, identity. Jammed aircraft are reported
 * without a position. Times are those of reception by the station's clock, which is also taken for
 * the time of applicability. Every record carries the SIM bit. Status of the station and of its
 * service every AP_STATION_STATUS_S. */
#ifndef AP_SIMULATE_STATION_H
#define AP_SIMULATE_STATION_H

#include <stddef.h>
#include <stdint.h>

#include "simulate/air.h"
#include "simulate/instrument.h"

#define AP_STATION_TICK_S 0.1  /* it sends what it has heard in so long */
#define AP_STATION_DELAY_S 0.1 /* from the end of a tick to its packets */
#define AP_STATION_STATUS_S 5

typedef struct ap_station_report {
    double stamp_s; /* of reception, by the station's clock */
    uint32_t source;
    ap_broadcast told; /* with the position of the squitter */
} ap_station_report;

typedef struct ap_station_state {
    const ap_world *world;
    const ap_scenario_sensor *sensor;
    uint32_t index; /* of the sensor */
    uint32_t stream;
    ap_air air;
    double *next_s; /* [air.source_count] reported again from then on */
    ap_station_report *reports;
    size_t report_cap, report_count, report_sent;
    uint64_t tick; /* number of the tick that is collected */
    bool gathered;
} ap_station_state;

#endif
