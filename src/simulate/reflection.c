#include "simulate/reflection.h"

#include <math.h>

bool ap_reflection_of(const ap_reflector *wall, ap_vec3 enu, ap_vec3 *image)
{
    double wall_x_m = wall->range_m * sin(wall->azimuth_rad);
    double wall_y_m = wall->range_m * cos(wall->azimuth_rad);
    double nx = sin(wall->normal_rad), ny = cos(wall->normal_rad);
    double radar_m = -(wall_x_m * nx + wall_y_m * ny); /* in front of the wall, as the next */
    double target_m = (enu.x_m - wall_x_m) * nx + (enu.y_m - wall_y_m) * ny;
    if (radar_m <= 0.0 || target_m <= 0.0)
        return false;
    double x_m = enu.x_m - 2.0 * target_m * nx, y_m = enu.y_m - 2.0 * target_m * ny;
    /* Where the way from the radar to the image goes through the wall, along it from its middle. */
    double share = radar_m / (radar_m + target_m);
    double along_m = (share * x_m - wall_x_m) * -ny + (share * y_m - wall_y_m) * nx;
    if (fabs(along_m) > wall->length_m / 2.0)
        return false;
    *image = (ap_vec3){ x_m, y_m, enu.z_m };
    return true;
}
