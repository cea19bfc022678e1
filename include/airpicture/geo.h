/* WGS-84 frames: geodetic, Earth-centred Earth-fixed (ECEF), local east-north-up (ENU), polar.
 *
 * Angles are radians, azimuth clockwise from true north, lengths metres, heights above the
 * ellipsoid unless a name says otherwise. Batch forms take the count first; outputs must not
 * overlap inputs. NaN in, NaN out; nothing here fails.
 * Sources: WGS-84 constants from NGA.STND.0036; the closed forms in doc/formats.md, Frames. */
#ifndef AIRPICTURE_GEO_H
#define AIRPICTURE_GEO_H

#include <stddef.h>

#define AP_WGS84_A_M 6378137.0                        /* semi-major axis */
#define AP_WGS84_F (1.0 / 298.257223563)              /* flattening */
#define AP_WGS84_E2 (AP_WGS84_F * (2.0 - AP_WGS84_F)) /* first eccentricity squared */

#define AP_PI 3.14159265358979323846
#define AP_RAD_PER_DEG (AP_PI / 180.0)
#define AP_M_PER_NMI 1852.0
#define AP_M_PER_FT 0.3048
#define AP_MPS_PER_KT (1852.0 / 3600.0)

typedef struct ap_geodetic {
    double latitude_rad;  /* [-pi/2, pi/2] */
    double longitude_rad; /* (-pi, pi] */
    double height_m;      /* above the ellipsoid */
} ap_geodetic;

typedef struct ap_vec3 {
    double x_m, y_m, z_m;
} ap_vec3;

/* A local tangent frame: origin and the rotation from ECEF to east, north, up (rows). */
typedef struct ap_enu_frame {
    ap_geodetic origin;
    ap_vec3 origin_ecef;
    double rotation[3][3]; /* rotation * (ecef - origin_ecef) = (east, north, up) */
} ap_enu_frame;

ap_vec3 ap_ecef_from_geodetic(ap_geodetic position);

/* Exact to 5e-9 m in height and 1e-15 rad from 6,000 km below the surface to 10,000 km above it,
 * poles included; the centre of the Earth gives latitude 0, longitude 0, height -a, and within
 * 43 km of it, where several normals meet, the answer is only finite and in range. */
ap_geodetic ap_geodetic_from_ecef(ap_vec3 position);

/* Radii of curvature of the ellipsoid at a latitude, of its surface: *meridian_m north and south,
 * *prime_m east and west (the prime vertical). A circle of latitude has the radius
 * *prime_m * cos(latitude_rad). */
void ap_radii_at(double latitude_rad, double *meridian_m, double *prime_m);

/* The frame at `origin`; at a pole, east is the direction that its longitude names. */
ap_enu_frame ap_enu_frame_at(ap_geodetic origin);

/* Position in the frame, (east, north, up). */
ap_vec3 ap_enu_from_ecef(const ap_enu_frame *frame, ap_vec3 ecef);
ap_vec3 ap_ecef_from_enu(const ap_enu_frame *frame, ap_vec3 enu);

/* A free vector (velocity) turned into the frame, no translation. */
ap_vec3 ap_enu_rotate(const ap_enu_frame *frame, ap_vec3 ecef_vector);
ap_vec3 ap_ecef_rotate(const ap_enu_frame *frame, ap_vec3 enu_vector);

/* Batches: n positions, columns. */
void ap_ecef_from_geodetic_n(size_t n, const double *restrict latitude_rad,
                             const double *restrict longitude_rad, const double *restrict height_m,
                             double *restrict x_m, double *restrict y_m, double *restrict z_m);
void ap_geodetic_from_ecef_n(size_t n, const double *restrict x_m, const double *restrict y_m,
                             const double *restrict z_m, double *restrict latitude_rad,
                             double *restrict longitude_rad, double *restrict height_m);
void ap_enu_from_ecef_n(const ap_enu_frame *frame, size_t n, const double *restrict x_m,
                        const double *restrict y_m, const double *restrict z_m,
                        double *restrict east_m, double *restrict north_m, double *restrict up_m);

/* Slant polar to local east/north in the site's tangent plane.
 * in : range_m >= 0 slant range; up_m in the tangent plane of the site.
 * |up_m| > range_m gives NaN. */
void ap_enu_from_polar_n(size_t n, const double *restrict range_m,
                         const double *restrict azimuth_rad, const double *restrict up_m,
                         double *restrict east_m, double *restrict north_m);

/* A plot of a radar that measures slant range and azimuth, placed at a known height.
 * Solves, in ECEF and without a flat-earth step, for the point at distance `range_m` from the
 * site, in the vertical plane of `azimuth_rad`, `height_m` above the ellipsoid.
 * out: *position; returns the error it was solved to, metres. When no such point exists (the
 *      height differs from the site's by more than the range) the nearest one, straight above or
 *      below, is given and the returned value is the distance that could not be met. */
double ap_geodetic_from_slant(const ap_enu_frame *site, double range_m, double azimuth_rad,
                              double height_m, ap_geodetic *position);

/* Slant range, azimuth [0, 2 pi) and elevation of a point as seen from the site. A point at the
 * site has range 0 and angles 0. */
void ap_polar_from_ecef(const ap_enu_frame *site, ap_vec3 ecef, double *range_m,
                        double *azimuth_rad, double *elevation_rad);

/* Angle wrapped to [-pi, pi), or to [0, 2 pi). */
double ap_wrap_pi(double angle_rad);
double ap_wrap_two_pi(double angle_rad);

/* Distance along the ellipsoid between two positions, metres, heights ignored: geodesic by
 * Vincenty's series with a great-circle answer for nearly antipodal points (within 0.5 %). */
double ap_distance_m(ap_geodetic from, ap_geodetic to);

#endif
