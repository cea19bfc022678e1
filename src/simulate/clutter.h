/* Clutter: where a rotating radar takes something else for a target.
 *
 * A turn's false plots of an area are drawn once a turn, uniform over its disc where the wind has
 * carried it by the turn's beginning; a sector has those of them that the beam meets in it. So the
 * number a turn is that of the whole area whatever the sectors are. */
#ifndef AP_SIMULATE_CLUTTER_H
#define AP_SIMULATE_CLUTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/random.h"
#include "simulate/scenario.h"

typedef struct ap_clutter_place {
    double range_m, azimuth_rad;
} ap_clutter_place;

/* Number of events with any mean >= 0 (the generator's own ends at a mean of 100). */
uint32_t ap_clutter_draw_count(ap_random *random, double mean);

/* Uniform in area between two ranges; `share` of the way in [0, 1). */
double ap_clutter_range_m(double near_m, double far_m, double share);

/* The area seen from a site. */
typedef struct ap_clutter_view {
    double east_m, north_m, radius_m; /* in the site's tangent frame */
    double azimuth_rad, half_rad;     /* what it takes up; half pi: the site is in it */
} ap_clutter_view;

ap_clutter_view ap_clutter_view_of(const ap_clutter_area *area, const ap_enu_frame *site,
                                   double time_s);

/* Whether some of it may be in the sector. */
bool ap_clutter_meets(const ap_clutter_view *view, double from_rad, double to_rad);

/* The next place of the disc. */
ap_clutter_place ap_clutter_draw(const ap_clutter_view *view, ap_random *random);

#endif
