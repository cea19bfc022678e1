/* The plane of Cartesian system positions (I062/100): oblique stereographic about the system's
 * reference point, y to true north there, exact on the ellipsoid through the conformal sphere. */
#ifndef AP_PUBLISH_SYSTEM_PLANE_H
#define AP_PUBLISH_SYSTEM_PLANE_H

#include <stdbool.h>

#include "airpicture/geo.h"
#include "airpicture/sensor.h"

typedef struct ap_system_plane {
    double longitude_rad;                /* of the reference point */
    double sin_conformal, cos_conformal; /* of its conformal latitude */
    double scale_m;                      /* 2 a m0 / cos_conformal */
} ap_system_plane;

/* The reference point that follows from the sensors: the middle (mean in space) of the described
 * ones that have a site, rounded to whole arc minutes, height 0. False when there is none, when
 * they stand all around the Earth, or beyond 89 degrees of latitude. */
bool ap_system_reference(const ap_sensor_table *sensors, ap_geodetic *reference);

/* `reference` within 89 degrees of latitude; its height is ignored. */
ap_system_plane ap_system_plane_at(ap_geodetic reference);

/* False near the antipode, where there is no image. Source: Snyder, "Map Projections: A Working
 * Manual", USGS PP 1395, equations 3-1, 21-2 and 21-24 to 21-27. */
bool ap_system_plane_xy(const ap_system_plane *plane, ap_geodetic position, double *x_m,
                        double *y_m);

#endif
