/* Compact position reporting: pairs and single frames to latitude and longitude, and back.
 *
 * 17-bit words; airborne cells repeat every 360/60 degrees, surface cells every 90/60. Degrees in
 * and out, because the code is defined in degrees. Source: RTCA DO-260B appendix A; the zone count
 * follows NASA's formally verified algorithm (NL = 1 at exactly 87 degrees). */
#ifndef AIRPICTURE_CPR_H
#define AIRPICTURE_CPR_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/err.h"

typedef struct ap_cpr {
    uint32_t latitude_17, longitude_17; /* [0, 131072) */
    bool odd;
    bool surface;
} ap_cpr;

/* Number of longitude zones at a latitude, 1..59; 1 for NaN. */
int ap_cpr_nl(double latitude_deg);

/* Position of the newer of an even and an odd frame.
 * in : newer_odd: the odd frame is the newer; reference_*: any point within 45 degrees, used for
 *      surface frames only (NaN = none: surface pairs are then refused).
 * out: longitude [-180, 180).
 * AP_ERR_RANGE: the two lie in different zones, or off the Earth: wait for the next.
 * AP_ERR_ARGUMENT: mixed air and surface, two of one parity, a surface pair without reference, or
 *      words of more than 17 bits. */
ap_err ap_cpr_global(const ap_cpr *even, const ap_cpr *odd, bool newer_odd,
                     double reference_latitude_deg, double reference_longitude_deg,
                     double *latitude_deg, double *longitude_deg);

/* Position of one frame, the candidate nearest to a reference within half a cell (about 180 NM in
 * the air, 45 NM on the surface). AP_ERR_RANGE when the latitude leaves the Earth; AP_ERR_ARGUMENT
 * for a reference outside [-90, 90], [-360, 360] or words of more than 17 bits. */
ap_err ap_cpr_local(const ap_cpr *frame, double reference_latitude_deg,
                    double reference_longitude_deg, double *latitude_deg, double *longitude_deg);

/* The words that a transponder sends for a position. Latitude [-90, 90], longitude
 * [-360, 360]; zero words for anything else. */
ap_cpr ap_cpr_encode(double latitude_deg, double longitude_deg, bool odd, bool surface);

#endif
