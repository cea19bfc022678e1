/* One lane of the placing of plots: what slant_kernel.c does to all of them at once. */
#ifndef AP_TRACK_SLANT_LANE_H
#define AP_TRACK_SLANT_LANE_H

#include <math.h>

#include "track/lane.h"
#include "track/slant_kernel.h"

#define AP_SLANT_STEPS 6
#define AP_SLANT_ENOUGH_M 1e-3
#define AP_SLANT_RANGE_SIGMA_MIN_M 1.0
#define AP_SLANT_AZIMUTH_SIGMA_MIN_RAD 1e-5
#define AP_SLANT_VAR_MIN_M2 1.0

/* What the steps need, and how far they are. */
typedef struct ap_slant_search {
    _Alignas(64) double sin_az[AP_LANES], cos_az[AP_LANES];
    double slope_m[AP_LANES]; /* height by sine of elevation */
    double sine[AP_LANES];    /* of the elevation, so far */
    double next[AP_LANES];    /* and after this step */
    double open[AP_LANES];    /* 1: not near enough yet, else 0 */
} ap_slant_search;

AP_LANE double slant_clamp(double value)
{
    double low = value > -1.0 ? value : -1.0; /* NaN, too */
    return low < 1.0 ? low : 1.0;
}

AP_LANE double slant_at_least(double value, double least)
{
    return value > least ? value : least;
}

/* Radius of curvature of the ellipsoid below a site, in a direction. */
AP_LANE double slant_section_m(double sin_lat, double sin_az, double cos_az)
{
    double w = 1.0 - AP_WGS84_E2 * sin_lat * sin_lat;
    double prime_m = AP_WGS84_A_M / sqrt(w), meridian_share = (1.0 - AP_WGS84_E2) / w;
    return prime_m * meridian_share / (cos_az * cos_az + meridian_share * sin_az * sin_az);
}

/* Along the ray of elevation arcsin(s), on the sphere that touches the ellipsoid along the azimuth,
 * the height is that of the cosine law; the ellipsoid's is repaired with the slope of it. */
AP_LANE void slant_begin(const ap_enu_frame *site, const ap_slants *slants, int l,
                         ap_slant_search *search)
{
    double sin_az, cos_az, none;
    lane_turn(slants->azimuth_rad[l], &sin_az, &cos_az, &none);
    double range_m = slants->range_m[l], site_m = site->origin.height_m;
    double centre_m = slant_section_m(site->rotation[2][2], sin_az, cos_az) + site_m;
    double climb_m = slants->height_m[l] - site_m;
    double some_m = range_m > 0.0 ? range_m : 1.0;
    double s =
        (climb_m * (2.0 * centre_m + climb_m) - range_m * range_m) / (2.0 * some_m * centre_m);
    search->sin_az[l] = sin_az;
    search->cos_az[l] = cos_az;
    search->slope_m[l] = some_m * centre_m / slant_at_least(centre_m + climb_m, 1.0);
    search->sine[l] = range_m > 0.0 ? slant_clamp(s) : 0.0;
}

/* The place at the elevation so far, by ap_frame_at's formula, and the elevation that repairs its
 * height. A lane that is near enough stays as it is. */
AP_LANE void slant_step(const ap_enu_frame *site, const ap_slants *slants, int l,
                        ap_slant_search *search, ap_places *to)
{
    const double a = AP_WGS84_A_M, e2 = AP_WGS84_E2, b = a * (1.0 - AP_WGS84_F);
    double range_m = slants->range_m[l], s = search->sine[l];
    double ground_m = range_m * sqrt((1.0 - s) * (1.0 + s));
    double e = ground_m * search->sin_az[l], n = ground_m * search->cos_az[l], u = range_m * s;
    double x = site->origin_ecef.x_m +
               (site->rotation[0][0] * e + site->rotation[1][0] * n + site->rotation[2][0] * u);
    double y = site->origin_ecef.y_m +
               (site->rotation[0][1] * e + site->rotation[1][1] * n + site->rotation[2][1] * u);
    double z = site->origin_ecef.z_m +
               (site->rotation[0][2] * e + site->rotation[1][2] * n + site->rotation[2][2] * u);
    double p = sqrt(x * x + y * y), some = p > 1e-9 ? p : 1.0;
    double cos_lon = p > 1e-9 ? x / some : 1.0, sin_lon = p > 1e-9 ? y / some : 0.0;
    double sb = a * z, cb = b * p, norm = 1.0 / sqrt(sb * sb + cb * cb);
    sb *= norm;
    cb *= norm;
    double sine = z + e2 / (1.0 - e2) * b * sb * sb * sb, cosine = p - e2 * a * cb * cb * cb;
    norm = 1.0 / sqrt(sine * sine + cosine * cosine);
    sine *= norm;
    cosine *= norm;
    double height_m = p * cosine + z * sine - a * sqrt(1.0 - e2 * sine * sine);
    double error_m = height_m - slants->height_m[l];
    double repaired = slant_clamp(s - error_m / search->slope_m[l]);
    double next = range_m > 0.0 ? repaired : s;
    double open = next == s ? 0.0 : 1.0;
    open = fabs(error_m) < AP_SLANT_ENOUGH_M ? 0.0 : open;
    search->next[l] = open > 0.0 ? next : s;
    search->open[l] = open;
    to->ecef_m[0][l] = x - error_m * (cosine * cos_lon);
    to->ecef_m[1][l] = y - error_m * (cosine * sin_lon);
    to->ecef_m[2][l] = z - error_m * sine;
    to->sin_lat[l] = sine;
    to->cos_lat[l] = cosine;
    to->sin_lon[l] = sin_lon;
    to->cos_lon[l] = cos_lon;
}

/* With elevation el of the line of sight at the target, the ground range errs by
 * (dr - sin el dh) / cos el; near the zenith, where that has no bound, by what the slant and the
 * height leave open. There the azimuth says nothing either. */
AP_LANE void slant_spread(const ap_enu_frame *site, const ap_slants *slants, int l, ap_places *to)
{
    double sin_lat = to->sin_lat[l], cos_lat = to->cos_lat[l];
    double sin_lon = to->sin_lon[l], cos_lon = to->cos_lon[l];
    double e0 = -sin_lon, e1 = cos_lon;
    double n0 = -sin_lat * cos_lon, n1 = -sin_lat * sin_lon, n2 = cos_lat;
    double dx = to->ecef_m[0][l] - site->origin_ecef.x_m;
    double dy = to->ecef_m[1][l] - site->origin_ecef.y_m;
    double dz = to->ecef_m[2][l] - site->origin_ecef.z_m;
    double east = e0 * dx + e1 * dy, north = n0 * dx + n1 * dy + n2 * dz;
    double up = cos_lat * cos_lon * dx + cos_lat * sin_lon * dy + sin_lat * dz;
    double ground2_m2 = east * east + north * north, ground_m = sqrt(ground2_m2);
    double range_m = slants->range_m[l], sh = slants->height_sigma_m[l];
    double sr = slant_at_least(slants->range_sigma_m[l], AP_SLANT_RANGE_SIGMA_MIN_M);
    double sa = slant_at_least(slants->azimuth_sigma_rad[l], AP_SLANT_AZIMUTH_SIGMA_MIN_RAD);
    double open_m2 = range_m * sr + fabs(up) * sh;
    double wide_m2 = slant_at_least(ground2_m2, open_m2);
    double along = (range_m * range_m * sr * sr + up * up * sh * sh) / wide_m2;
    double across = wide_m2 * sa * sa;
    double some_m = ground_m > 1.0 ? ground_m : 1.0;
    double ue = ground_m > 1.0 ? east / some_m : 0.0, un = ground_m > 1.0 ? north / some_m : 1.0;
    double overhead = slant_at_least(across, along);
    across = ground2_m2 < open_m2 ? overhead : across;
    along = slant_at_least(along, AP_SLANT_VAR_MIN_M2);
    across = slant_at_least(across, AP_SLANT_VAR_MIN_M2);
    double ee = along * ue * ue + across * un * un, en = (along - across) * ue * un;
    double nn = along * un * un + across * ue * ue;
    to->R_ecef_m2[0][l] = ee * e0 * e0 + 2.0 * en * e0 * n0 + nn * n0 * n0;
    to->R_ecef_m2[1][l] = ee * e0 * e1 + en * (e0 * n1 + n0 * e1) + nn * n0 * n1;
    to->R_ecef_m2[2][l] = en * e0 * n2 + nn * n0 * n2;
    to->R_ecef_m2[3][l] = ee * e1 * e1 + 2.0 * en * e1 * n1 + nn * n1 * n1;
    to->R_ecef_m2[4][l] = en * e1 * n2 + nn * n1 * n2;
    to->R_ecef_m2[5][l] = nn * n2 * n2;
}

#endif
