/* Wind by height. */
#ifndef AP_SIMULATE_WIND_H
#define AP_SIMULATE_WIND_H

#include <stdint.h>

/* Between two levels it is interpolated, beyond the ends it stays. East and north are those of the
 * scenario's reference point. */
typedef struct ap_wind_level {
    double altitude_m;
    double east_mps, north_mps; /* where the air goes */
} ap_wind_level;

typedef struct ap_wind {
    const ap_wind_level *levels; /* by altitude, increasing */
    uint32_t count;              /* 0: still air */
} ap_wind;

void ap_wind_at(const ap_wind *wind, double altitude_m, double *east_mps, double *north_mps);

#endif
