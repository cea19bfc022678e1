#include "airpicture/geo.h"

#include <math.h>

/* Enough for any reachable point: each step shrinks the error by e2 * range / radius. */
#define SLANT_STEPS 10
/* Heights are not known better than this after the way through ECEF. */
#define SLANT_ENOUGH_M 4e-9

void ap_enu_from_polar_n(size_t n, const double *restrict range_m,
                         const double *restrict azimuth_rad, const double *restrict up_m,
                         double *restrict east_m, double *restrict north_m)
{
    for (size_t i = 0; i < n; i++) {
        double ground_m = sqrt((range_m[i] - up_m[i]) * (range_m[i] + up_m[i]));
        east_m[i] = ground_m * sin(azimuth_rad[i]);
        north_m[i] = ground_m * cos(azimuth_rad[i]);
    }
}

void ap_polar_from_ecef(const ap_enu_frame *site, ap_vec3 ecef, double *range_m,
                        double *azimuth_rad, double *elevation_rad)
{
    ap_vec3 enu = ap_enu_from_ecef(site, ecef);
    double ground_m = sqrt(enu.x_m * enu.x_m + enu.y_m * enu.y_m);
    *range_m = sqrt(ground_m * ground_m + enu.z_m * enu.z_m);
    /* Adding zero turns -0 into 0: the site itself and points above it have azimuth 0. */
    *azimuth_rad = ap_wrap_two_pi(atan2(enu.x_m + 0.0, enu.y_m + 0.0));
    *elevation_rad = atan2(enu.z_m + 0.0, ground_m);
}

/* Radius of curvature of the normal section in an azimuth (Euler). */
static double section_radius_m(double latitude_rad, double azimuth_rad)
{
    double sin_az = sin(azimuth_rad), cos_az = cos(azimuth_rad), meridian_m, prime_m;
    ap_radii_at(latitude_rad, &meridian_m, &prime_m);
    return 1.0 / (cos_az * cos_az / meridian_m + sin_az * sin_az / prime_m);
}

/* Clamps to [-1, 1]; NaN stays. */
static double unit_clamp(double value)
{
    if (value > 1.0)
        return 1.0;
    return value < -1.0 ? -1.0 : value;
}

static ap_geodetic along_ray(const ap_enu_frame *site, double range_m, double azimuth_rad,
                             double sin_elevation)
{
    double ground_m = range_m * sqrt((1.0 - sin_elevation) * (1.0 + sin_elevation));
    ap_vec3 enu = { .x_m = ground_m * sin(azimuth_rad),
                    .y_m = ground_m * cos(azimuth_rad),
                    .z_m = range_m * sin_elevation };
    return ap_geodetic_from_ecef(ap_ecef_from_enu(site, enu));
}

double ap_geodetic_from_slant(const ap_enu_frame *site, double range_m, double azimuth_rad,
                              double height_m, ap_geodetic *position)
{
    /* On the sphere that touches the ellipsoid along the azimuth, the squared distance from the
     * centre is linear in the sine of the elevation: solve there, then repair with its slope. */
    double site_m = site->origin.height_m;
    double radius_m = section_radius_m(site->origin.latitude_rad, azimuth_rad);
    double climb_m = (height_m - site_m) * (2.0 * radius_m + height_m + site_m);
    double s =
        range_m == 0.0
            ? 0.0
            : unit_clamp((climb_m - range_m * range_m) / (2.0 * range_m * (radius_m + site_m)));
    double slope_m = range_m * (radius_m + site_m) / (radius_m + height_m);
    *position = along_ray(site, range_m, azimuth_rad, s);
    double error_m = position->height_m - height_m;
    for (int step = 0; step < SLANT_STEPS && fabs(error_m) > SLANT_ENOUGH_M; step++) {
        double next = unit_clamp(s - error_m / slope_m);
        if (next == s || slope_m == 0.0)
            break;
        s = next;
        *position = along_ray(site, range_m, azimuth_rad, s);
        error_m = position->height_m - height_m;
    }
    return fabs(error_m);
}
