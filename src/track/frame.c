#include "track/frame.h"

#include <math.h>

#define SLANT_STEPS 6
#define SLANT_ENOUGH_M 1e-3

ap_enu_frame ap_frame_at(ap_vec3 ecef)
{
    const double a = AP_WGS84_A_M, e2 = AP_WGS84_E2, b = a * (1.0 - AP_WGS84_F);
    double p = sqrt(ecef.x_m * ecef.x_m + ecef.y_m * ecef.y_m), z = ecef.z_m;
    double cos_lon = p > 1e-9 ? ecef.x_m / p : 1.0, sin_lon = p > 1e-9 ? ecef.y_m / p : 0.0;
    /* Reduced latitude beta: tan beta = a z / (b p). */
    double sb = a * z, cb = b * p, norm = sqrt(sb * sb + cb * cb);
    sb /= norm;
    cb /= norm;
    double s = z + e2 / (1.0 - e2) * b * sb * sb * sb, c = p - e2 * a * cb * cb * cb;
    norm = sqrt(s * s + c * c);
    s /= norm;
    c /= norm;
    double height_m = p * c + z * s - a * sqrt(1.0 - e2 * s * s);
    return (ap_enu_frame){ .origin = { .height_m = height_m },
                           .origin_ecef = ecef,
                           .rotation = { { -sin_lon, cos_lon, 0.0 },
                                         { -s * cos_lon, -s * sin_lon, c },
                                         { c * cos_lon, c * sin_lon, s } } };
}

void ap_frame_raise(ap_enu_frame *frame, double height_m)
{
    double d = height_m - frame->origin.height_m;
    frame->origin_ecef.x_m += d * frame->rotation[2][0];
    frame->origin_ecef.y_m += d * frame->rotation[2][1];
    frame->origin_ecef.z_m += d * frame->rotation[2][2];
    frame->origin.height_m = height_m;
}

static double unit_clamp(double value)
{
    return fmin(fmax(value, -1.0), 1.0);
}

/* Radius of curvature of the ellipsoid below a site, in a direction. */
static double section_radius_m(const ap_enu_frame *site, double sin_az, double cos_az)
{
    double sin_lat = site->rotation[2][2], w = 1.0 - AP_WGS84_E2 * sin_lat * sin_lat;
    double prime_m = AP_WGS84_A_M / sqrt(w), meridian_share = (1.0 - AP_WGS84_E2) / w;
    return prime_m * meridian_share / (cos_az * cos_az + meridian_share * sin_az * sin_az);
}

/* Along the ray of elevation arcsin(s), on the sphere that touches the ellipsoid along the azimuth,
 * the height is that of the cosine law; the ellipsoid's is repaired with the slope of it. */
ap_enu_frame ap_frame_from_slant(const ap_enu_frame *site, double range_m, double azimuth_rad,
                                 double height_m)
{
    double sin_az = sin(azimuth_rad), cos_az = cos(azimuth_rad);
    double centre_m = section_radius_m(site, sin_az, cos_az) + site->origin.height_m;
    double climb_m = height_m - site->origin.height_m;
    double s = range_m > 0.0 ? (climb_m * (2.0 * centre_m + climb_m) - range_m * range_m) /
                                   (2.0 * range_m * centre_m)
                             : 0.0;
    double slope_m = range_m * centre_m / fmax(centre_m + climb_m, 1.0);
    s = unit_clamp(s);
    for (int step = 0;; step++) {
        double ground_m = range_m * sqrt((1.0 - s) * (1.0 + s));
        ap_vec3 enu = { ground_m * sin_az, ground_m * cos_az, range_m * s };
        ap_enu_frame frame = ap_frame_at(ap_ecef_from_enu(site, enu));
        double error_m = frame.origin.height_m - height_m;
        double next = range_m > 0.0 ? unit_clamp(s - error_m / slope_m) : s;
        if (step >= SLANT_STEPS || fabs(error_m) < SLANT_ENOUGH_M || next == s)
            return frame;
        s = next;
    }
}
