/* Truth: what an aircraft really did, known only to simulators and to those who score. */
#ifndef AP_MODEL_TRUTH_H
#define AP_MODEL_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/geo.h"
#include "airpicture/report.h"
#include "airpicture/time.h"

typedef struct ap_truth {
    ap_utc_ns time_utc; /* of the state below */
    uint32_t id;        /* of the aircraft, never used for another one in a run */
    uint32_t address;   /* 24 bit; 0 if it has no Mode S transponder */
    uint16_t mode_3a;   /* 12 bit */
    char callsign[AP_CALLSIGN_SIZE];
    ap_geodetic position; /* height above the ellipsoid */
    bool has_pressure_altitude;
    double pressure_altitude_m;         /* 1013.25 hPa */
    double east_mps, north_mps, up_mps; /* over ground, in the local frame of the position */
} ap_truth;

#endif
