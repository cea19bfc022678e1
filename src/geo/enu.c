#include "airpicture/geo.h"

#include <math.h>

ap_enu_frame ap_enu_frame_at(ap_geodetic origin)
{
    double sin_lat = sin(origin.latitude_rad), cos_lat = cos(origin.latitude_rad);
    double sin_lon = sin(origin.longitude_rad), cos_lon = cos(origin.longitude_rad);
    return (ap_enu_frame){ .origin = origin,
                           .origin_ecef = ap_ecef_from_geodetic(origin),
                           .rotation = { { -sin_lon, cos_lon, 0.0 },
                                         { -sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat },
                                         { cos_lat * cos_lon, cos_lat * sin_lon, sin_lat } } };
}

ap_vec3 ap_enu_rotate(const ap_enu_frame *frame, ap_vec3 v)
{
    const double(*r)[3] = frame->rotation;
    return (ap_vec3){ .x_m = r[0][0] * v.x_m + r[0][1] * v.y_m + r[0][2] * v.z_m,
                      .y_m = r[1][0] * v.x_m + r[1][1] * v.y_m + r[1][2] * v.z_m,
                      .z_m = r[2][0] * v.x_m + r[2][1] * v.y_m + r[2][2] * v.z_m };
}

ap_vec3 ap_ecef_rotate(const ap_enu_frame *frame, ap_vec3 v)
{
    const double(*r)[3] = frame->rotation;
    return (ap_vec3){ .x_m = r[0][0] * v.x_m + r[1][0] * v.y_m + r[2][0] * v.z_m,
                      .y_m = r[0][1] * v.x_m + r[1][1] * v.y_m + r[2][1] * v.z_m,
                      .z_m = r[0][2] * v.x_m + r[1][2] * v.y_m + r[2][2] * v.z_m };
}

ap_vec3 ap_enu_from_ecef(const ap_enu_frame *frame, ap_vec3 ecef)
{
    const ap_vec3 *origin = &frame->origin_ecef;
    return ap_enu_rotate(frame, (ap_vec3){ .x_m = ecef.x_m - origin->x_m,
                                           .y_m = ecef.y_m - origin->y_m,
                                           .z_m = ecef.z_m - origin->z_m });
}

ap_vec3 ap_ecef_from_enu(const ap_enu_frame *frame, ap_vec3 enu)
{
    ap_vec3 offset = ap_ecef_rotate(frame, enu);
    return (ap_vec3){ .x_m = frame->origin_ecef.x_m + offset.x_m,
                      .y_m = frame->origin_ecef.y_m + offset.y_m,
                      .z_m = frame->origin_ecef.z_m + offset.z_m };
}

void ap_enu_from_ecef_n(const ap_enu_frame *frame, size_t n, const double *restrict x_m,
                        const double *restrict y_m, const double *restrict z_m,
                        double *restrict east_m, double *restrict north_m, double *restrict up_m)
{
    for (size_t i = 0; i < n; i++) {
        ap_vec3 enu =
            ap_enu_from_ecef(frame, (ap_vec3){ .x_m = x_m[i], .y_m = y_m[i], .z_m = z_m[i] });
        east_m[i] = enu.x_m;
        north_m[i] = enu.y_m;
        up_m[i] = enu.z_m;
    }
}
