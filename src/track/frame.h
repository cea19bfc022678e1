/* Local frames without angles: all that the tracker needs of the ellipsoid, in a few square roots.
 */
#ifndef AP_TRACK_FRAME_H
#define AP_TRACK_FRAME_H

#include "airpicture/geo.h"

/* The east-north-up frame at a point. Of its origin only the height is filled: nothing here asks
 * for latitude and longitude, and their arc tangents would cost more than the filter.
 * Bowring's formula once: height and direction exact to 1e-4 m and 1e-10 rad up to 1000 km.
 * On the axis, east is the direction of y. Source: B. R. Bowring, Transformation from spatial to
 * geographical coordinates, Survey Review 23 (1976). */
ap_enu_frame ap_frame_at(ap_vec3 ecef);

/* The same frame, its origin moved along the vertical to another height. */
void ap_frame_raise(ap_enu_frame *frame, double height_m);

#endif
