#include "publish/ellipse.h"

#include <math.h>
#include <stdbool.h>

#include "airpicture/geo.h"

/* Axes that differ by less have no direction: rounding would make it up. */
#define ROUND 1e-9

void ap_ellipse_of(double east_east, double east_north, double north_north, double *major,
                   double *minor, double *axis_rad)
{
    double mean = (east_east + north_north) / 2.0;
    double half = (north_north - east_east) / 2.0;
    double radius = sqrt(half * half + east_north * east_north);
    double low = mean - radius;
    bool is_round = !(radius > ROUND * mean);
    *major = sqrt(mean + radius);
    *minor = sqrt(low < 0.0 ? 0.0 : low);
    double axis = is_round ? 0.0 : atan2(east_north, half) / 2.0;
    *axis_rad = axis < 0.0 ? axis + AP_PI : axis;
}
