#include "track/frame.h"

#include <math.h>

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
