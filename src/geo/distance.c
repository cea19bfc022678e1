#include "airpicture/geo.h"

#include <math.h>
#include <stdbool.h>

#define MEAN_RADIUS_M 6371008.8 /* (2 a + b) / 3 */
#define VINCENTY_STEPS 30
#define VINCENTY_ENOUGH_RAD 1e-13

static double great_circle_m(ap_geodetic from, ap_geodetic to)
{
    double sin_lat = sin((to.latitude_rad - from.latitude_rad) / 2.0);
    double sin_lon = sin((to.longitude_rad - from.longitude_rad) / 2.0);
    double h =
        sin_lat * sin_lat + cos(from.latitude_rad) * cos(to.latitude_rad) * sin_lon * sin_lon;
    return 2.0 * MEAN_RADIUS_M * atan2(sqrt(h), sqrt(fmax(0.0, 1.0 - h)));
}

/* One candidate great circle on the auxiliary sphere. */
typedef struct arc {
    double sin_sigma, cos_sigma, sigma; /* angular length */
    double cos2_alpha;                  /* of the azimuth at the equator */
    double sin_alpha;
    double cos_2sigma_m; /* twice the angle from the equator to the middle */
} arc;

static arc arc_of(double sin_u1, double cos_u1, double sin_u2, double cos_u2, double lambda)
{
    double sin_l = sin(lambda), cos_l = cos(lambda);
    double across = cos_u2 * sin_l, along = cos_u1 * sin_u2 - sin_u1 * cos_u2 * cos_l;
    arc a = { .sin_sigma = sqrt(across * across + along * along),
              .cos_sigma = sin_u1 * sin_u2 + cos_u1 * cos_u2 * cos_l };
    a.sigma = atan2(a.sin_sigma, a.cos_sigma);
    a.sin_alpha = a.sin_sigma == 0.0 ? 0.0 : cos_u1 * cos_u2 * sin_l / a.sin_sigma;
    a.cos2_alpha = 1.0 - a.sin_alpha * a.sin_alpha;
    /* Along the equator the middle has no latitude and the term falls away. */
    a.cos_2sigma_m =
        a.cos2_alpha < 1e-15 ? 0.0 : a.cos_sigma - 2.0 * sin_u1 * sin_u2 / a.cos2_alpha;
    return a;
}

static double arc_length_m(const arc *a)
{
    const double b_m = AP_WGS84_A_M * (1.0 - AP_WGS84_F);
    double u2 = a->cos2_alpha * (AP_WGS84_A_M * AP_WGS84_A_M / (b_m * b_m) - 1.0);
    double series_a = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
    double series_b = u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
    double m = a->cos_2sigma_m, s = a->sin_sigma;
    double third = series_b / 6.0 * m * (-3.0 + 4.0 * s * s) * (-3.0 + 4.0 * m * m);
    double second = series_b / 4.0 * (a->cos_sigma * (-1.0 + 2.0 * m * m) - third);
    return b_m * series_a * (a->sigma - series_b * s * (m + second));
}

/* Source: T. Vincenty, Direct and inverse solutions of geodesics on the ellipsoid with
 * application of nested equations, Survey Review 23 (1975). */
double ap_distance_m(ap_geodetic from, ap_geodetic to)
{
    double u1 = atan((1.0 - AP_WGS84_F) * tan(from.latitude_rad));
    double u2 = atan((1.0 - AP_WGS84_F) * tan(to.latitude_rad));
    double sin_u1 = sin(u1), cos_u1 = cos(u1), sin_u2 = sin(u2), cos_u2 = cos(u2);
    double longitude_rad = ap_wrap_pi(to.longitude_rad - from.longitude_rad);
    double lambda = longitude_rad;
    for (int step = 0; step < VINCENTY_STEPS && fabs(lambda) <= AP_PI; step++) {
        arc a = arc_of(sin_u1, cos_u1, sin_u2, cos_u2, lambda);
        double c =
            AP_WGS84_F / 16.0 * a.cos2_alpha * (4.0 + AP_WGS84_F * (4.0 - 3.0 * a.cos2_alpha));
        double m = a.cos_2sigma_m;
        double bend = m + c * a.cos_sigma * (-1.0 + 2.0 * m * m);
        double next = longitude_rad +
                      (1.0 - c) * AP_WGS84_F * a.sin_alpha * (a.sigma + c * a.sin_sigma * bend);
        bool settled = fabs(next - lambda) < VINCENTY_ENOUGH_RAD;
        lambda = next;
        if (settled)
            return arc_length_m(&a);
    }
    return great_circle_m(from, to);
}
