/* Where plots of a radar lie: slant range, azimuth and height to a place and its covariance, a lane
 * for each plot. As in filter_kernel.h, each flavour and each compiler gives the same bits. */
#ifndef AP_TRACK_SLANT_KERNEL_H
#define AP_TRACK_SLANT_KERNEL_H

#include <stdbool.h>

#include "airpicture/geo.h"
#include "track/filter_kernel.h"

/* range_m >= 0; sigmas > 0. */
typedef struct ap_slants {
    _Alignas(64) double range_m[AP_LANES];
    double azimuth_rad[AP_LANES]; /* [-2 pi, 2 pi] */
    double range_sigma_m[AP_LANES], azimuth_sigma_rad[AP_LANES];
    double height_m[AP_LANES], height_sigma_m[AP_LANES];
} ap_slants;

/* Places at the stated heights. The covariance is that of the plane tangent there: of rank two. */
typedef struct ap_places {
    _Alignas(64) double ecef_m[3][AP_LANES];
    double R_ecef_m2[6][AP_LANES]; /* xx, xy, xz, yy, yz, zz */
    double sin_lat[AP_LANES], cos_lat[AP_LANES], sin_lon[AP_LANES], cos_lon[AP_LANES];
} ap_places;

/* Places all lanes, or only the first. The point that range and azimuth from the site have in
 * common with the height, to 1e-3 m; the nearest to that when there is none. */
typedef void (*ap_slant_kernel)(const ap_enu_frame *site, bool only_first, const ap_slants *slants,
                                ap_places *places);

/* NULL where this processor, or this build, lacks the flavour; AP_FLAVOUR_PLAIN is never NULL. */
ap_slant_kernel ap_slant_kernel_of(ap_flavour flavour);

/* The widest that there is. */
ap_slant_kernel ap_slant_kernel_best(void);

#endif
