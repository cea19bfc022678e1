#include "airpicture/geo.h"

#include <math.h>

/* Below this distance from the axis, latitude is a pole's to the last bit. */
#define AXIS_M 1e-9
/* Halley steps. Two reach the last bit above -3,000 km, the third serves what lies deeper. */
#define HALLEY_STEPS 3

void ap_radii_at(double latitude_rad, double *meridian_m, double *prime_m)
{
    double sin_lat = sin(latitude_rad);
    double w2 = 1.0 - AP_WGS84_E2 * sin_lat * sin_lat;
    *prime_m = AP_WGS84_A_M / sqrt(w2);
    *meridian_m = *prime_m * (1.0 - AP_WGS84_E2) / w2;
}

ap_vec3 ap_ecef_from_geodetic(ap_geodetic position)
{
    double sin_lat = sin(position.latitude_rad), cos_lat = cos(position.latitude_rad);
    double prime_m = AP_WGS84_A_M / sqrt(1.0 - AP_WGS84_E2 * sin_lat * sin_lat);
    double axis_m = (prime_m + position.height_m) * cos_lat;
    return (ap_vec3){ .x_m = axis_m * cos(position.longitude_rad),
                      .y_m = axis_m * sin(position.longitude_rad),
                      .z_m = (prime_m * (1.0 - AP_WGS84_E2) + position.height_m) * sin_lat };
}

/* Sine and cosine, unnormalised, of the reduced latitude of a point.
 * in : p, z = distance from the axis and from the equator's plane, >= 0, over the semi-major axis;
 *      z also times sqrt(1 - e2). p > 0.
 * Halley's iteration on p t - z - e2 t / sqrt(1 + t2) = 0, t the tangent of the reduced latitude,
 * kept as a fraction so that the poles need no case. Source: T. Fukushima, Transformation from
 * Cartesian to geodetic coordinates accelerated by Halley's method, J. Geodesy 79 (2006). */
static void reduced_latitude(double p, double z, double *sin_out, double *cos_out)
{
    double s = z, c = p * sqrt(1.0 - AP_WGS84_E2);
    for (int step = 0; step < HALLEY_STEPS; step++) {
        double scale = 1.0 / sqrt(s * s + c * c);
        s *= scale;
        c *= scale;
        double b = 1.5 * AP_WGS84_E2 * s * c * c * (p * s - z * c - AP_WGS84_E2 * s * c);
        double f = p - AP_WGS84_E2 * c * c * c;
        double d = z + AP_WGS84_E2 * s * s * s;
        s = d * f - b * s;
        c = f * f - b * c;
    }
    *sin_out = s;
    /* Within 43 km of the centre several normals meet and the step can pass the pole. */
    *cos_out = c < 0.0 ? 0.0 : c;
}

/* (-pi, pi]: the date line has one name. */
static double longitude_of(double x_m, double y_m)
{
    /* Adding zero turns -0 into 0, so that the axis is at longitude 0. */
    double longitude_rad = atan2(y_m + 0.0, x_m + 0.0);
    return longitude_rad <= -AP_PI ? AP_PI : longitude_rad;
}

ap_geodetic ap_geodetic_from_ecef(ap_vec3 position)
{
    const double axis_ratio = sqrt(1.0 - AP_WGS84_E2);
    double x_m = position.x_m, y_m = position.y_m, z_m = position.z_m;
    double axis_m = sqrt(x_m * x_m + y_m * y_m), polar_m = fabs(z_m);
    if (axis_m < AXIS_M && polar_m < AXIS_M)
        return (ap_geodetic){ .height_m = -AP_WGS84_A_M };
    if (axis_m < AXIS_M)
        return (ap_geodetic){ .latitude_rad = copysign(AP_PI / 2.0, z_m),
                              .longitude_rad = longitude_of(x_m, y_m),
                              .height_m = polar_m - AP_WGS84_A_M * axis_ratio };
    double s, c;
    reduced_latitude(axis_m / AP_WGS84_A_M, axis_ratio * polar_m / AP_WGS84_A_M, &s, &c);
    c *= axis_ratio;
    double norm = sqrt(s * s + c * c);
    double sin_lat = s / norm, cos_lat = c / norm;
    double radius_m = AP_WGS84_A_M * sqrt(1.0 - AP_WGS84_E2 * sin_lat * sin_lat);
    return (ap_geodetic){ .latitude_rad = copysign(atan2(s, c), z_m),
                          .longitude_rad = longitude_of(x_m, y_m),
                          .height_m = axis_m * cos_lat + polar_m * sin_lat - radius_m };
}

void ap_ecef_from_geodetic_n(size_t n, const double *restrict latitude_rad,
                             const double *restrict longitude_rad, const double *restrict height_m,
                             double *restrict x_m, double *restrict y_m, double *restrict z_m)
{
    for (size_t i = 0; i < n; i++) {
        ap_vec3 ecef = ap_ecef_from_geodetic((ap_geodetic){ .latitude_rad = latitude_rad[i],
                                                            .longitude_rad = longitude_rad[i],
                                                            .height_m = height_m[i] });
        x_m[i] = ecef.x_m;
        y_m[i] = ecef.y_m;
        z_m[i] = ecef.z_m;
    }
}

void ap_geodetic_from_ecef_n(size_t n, const double *restrict x_m, const double *restrict y_m,
                             const double *restrict z_m, double *restrict latitude_rad,
                             double *restrict longitude_rad, double *restrict height_m)
{
    for (size_t i = 0; i < n; i++) {
        ap_geodetic position =
            ap_geodetic_from_ecef((ap_vec3){ .x_m = x_m[i], .y_m = y_m[i], .z_m = z_m[i] });
        latitude_rad[i] = position.latitude_rad;
        longitude_rad[i] = position.longitude_rad;
        height_m[i] = position.height_m;
    }
}
