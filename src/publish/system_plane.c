#include "publish/system_plane.h"

#include <math.h>

/* 1 + cos(angle) from the reference point, below which the image lies 14 radii away. */
#define ANTIPODE 0.02

#define LATITUDE_MAX_RAD (89.0 * AP_RAD_PER_DEG)
#define ARC_MINUTE_RAD (AP_RAD_PER_DEG / 60.0)

static double whole_minutes(double angle_rad)
{
    return nearbyint(angle_rad / ARC_MINUTE_RAD) * ARC_MINUTE_RAD;
}

bool ap_system_reference(const ap_sensor_table *sensors, ap_geodetic *reference)
{
    ap_vec3 sum = { 0 };
    uint16_t count = 0;
    for (uint16_t i = 0; i < sensors->count; i++) {
        const ap_sensor *sensor = &sensors->sensor[i];
        if (!sensor->described || !sensor->has_site)
            continue;
        ap_vec3 at = sensor->frame.origin_ecef;
        sum = (ap_vec3){ sum.x_m + at.x_m, sum.y_m + at.y_m, sum.z_m + at.z_m };
        count++;
    }
    if (count == 0)
        return false;
    ap_vec3 mean = { sum.x_m / count, sum.y_m / count, sum.z_m / count };
    ap_geodetic middle = ap_geodetic_from_ecef(mean);
    if (middle.height_m < -AP_WGS84_A_M / 2.0 || fabs(middle.latitude_rad) > LATITUDE_MAX_RAD)
        return false;
    reference->latitude_rad = whole_minutes(middle.latitude_rad);
    reference->longitude_rad = whole_minutes(middle.longitude_rad);
    reference->height_m = 0.0;
    return true;
}

static double conformal_latitude(double latitude_rad)
{
    double e = sqrt(AP_WGS84_E2), s = sin(latitude_rad);
    double t = atanh(s) - e * atanh(e * s); /* isometric latitude */
    return atan(sinh(t));
}

ap_system_plane ap_system_plane_at(ap_geodetic reference)
{
    double s = sin(reference.latitude_rad), conformal = conformal_latitude(reference.latitude_rad);
    double m = cos(reference.latitude_rad) / sqrt(1.0 - AP_WGS84_E2 * s * s);
    return (ap_system_plane){
        .longitude_rad = reference.longitude_rad,
        .sin_conformal = sin(conformal),
        .cos_conformal = cos(conformal),
        .scale_m = 2.0 * AP_WGS84_A_M * m / cos(conformal),
    };
}

bool ap_system_plane_xy(const ap_system_plane *plane, ap_geodetic position, double *x_m,
                        double *y_m)
{
    double conformal = conformal_latitude(position.latitude_rad);
    double s = sin(conformal), c = cos(conformal);
    double turn = position.longitude_rad - plane->longitude_rad;
    double base = 1.0 + plane->sin_conformal * s + plane->cos_conformal * c * cos(turn);
    if (!(base > ANTIPODE))
        return false;
    double scale = plane->scale_m / base;
    *x_m = scale * c * sin(turn);
    *y_m = scale * (plane->cos_conformal * s - plane->sin_conformal * c * cos(turn));
    return true;
}
