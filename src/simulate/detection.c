#include "simulate/detection.h"

#include <math.h>

#define EARTH_RADIUS_M 6371e3
#define REFRACTION_SHARE 0.25 /* 1 - 3/4: of the curvature, what 4/3 takes away */
#define ASPECT_SWING 0.6

double ap_detection_snr(double probability)
{
    return log(AP_DETECTION_FALSE_ALARM) / log(probability) - 1.0;
}

double ap_detection_probability(double snr)
{
    return exp(log(AP_DETECTION_FALSE_ALARM) / (1.0 + snr));
}

double ap_detection_aspect(double cosine)
{
    return 1.0 - ASPECT_SWING * (2.0 * cosine * cosine - 1.0);
}

double ap_detection_primary(const ap_scenario_sensor *sensor, double told_probability,
                            double area_m2, double range_m)
{
    if (!(sensor->reference_area_m2 > 0.0))
        return told_probability;
    double share = sensor->told.range_max_m / fmax(range_m, 1.0);
    double snr = ap_detection_snr(told_probability) * (area_m2 / sensor->reference_area_m2) *
                 (share * share) * (share * share);
    return ap_detection_probability(snr);
}

double ap_detection_elevation(double elevation_rad, double range_m)
{
    return elevation_rad + REFRACTION_SHARE * range_m / (2.0 * EARTH_RADIUS_M);
}

double ap_detection_mask(const ap_scenario *scenario, const ap_scenario_sensor *sensor,
                         double azimuth_rad)
{
    if (sensor->mask_count == 0)
        return -AP_PI / 2.0;
    const ap_mask_entry *entries = &scenario->mask[sensor->mask_first];
    double azimuth = ap_wrap_two_pi(azimuth_rad);
    uint32_t at = sensor->mask_count - 1;
    for (uint32_t i = 0; i < sensor->mask_count && entries[i].azimuth_rad <= azimuth; i++)
        at = i;
    return entries[at].elevation_rad;
}
