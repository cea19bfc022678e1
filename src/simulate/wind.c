#include "simulate/wind.h"

void ap_wind_at(const ap_wind *wind, double altitude_m, double *east_mps, double *north_mps)
{
    *east_mps = *north_mps = 0.0;
    if (wind->count == 0)
        return;
    uint32_t above = 0;
    while (above < wind->count && wind->levels[above].altitude_m <= altitude_m)
        above++;
    const ap_wind_level *low = &wind->levels[above > 0 ? above - 1 : 0];
    const ap_wind_level *high = &wind->levels[above < wind->count ? above : wind->count - 1];
    double gap_m = high->altitude_m - low->altitude_m;
    double share = gap_m > 0.0 ? (altitude_m - low->altitude_m) / gap_m : 0.0;
    *east_mps = low->east_mps + share * (high->east_mps - low->east_mps);
    *north_mps = low->north_mps + share * (high->north_mps - low->north_mps);
}
