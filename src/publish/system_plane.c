#include "publish/system_plane.h"

#include <math.h>

/* 1 + cos(angle) from the reference point, below which the image lies 14 radii away. */
#define ANTIPODE 0.02

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
