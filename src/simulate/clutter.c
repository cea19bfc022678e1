#include "simulate/clutter.h"

#include <math.h>

#define MEAN_AT_ONCE 50.0

uint32_t ap_clutter_draw_count(ap_random *random, double mean)
{
    uint32_t count = 0;
    for (; mean > MEAN_AT_ONCE; mean -= MEAN_AT_ONCE)
        count += ap_random_poisson(random, MEAN_AT_ONCE);
    return count + ap_random_poisson(random, fmax(mean, 0.0));
}

double ap_clutter_range_m(double near_m, double far_m, double share)
{
    return sqrt(near_m * near_m + (far_m * far_m - near_m * near_m) * share);
}

ap_clutter_view ap_clutter_view_of(const ap_clutter_area *area, const ap_enu_frame *site,
                                   double time_s)
{
    ap_geodetic middle = { area->latitude_rad, area->longitude_rad, 0.0 };
    ap_vec3 enu = ap_enu_from_ecef(site, ap_ecef_from_geodetic(middle));
    double age_s = time_s - area->start_s;
    ap_clutter_view view = { .east_m = enu.x_m + area->east_mps * age_s,
                             .north_m = enu.y_m + area->north_mps * age_s,
                             .radius_m = area->radius_m };
    double distance_m = sqrt(view.east_m * view.east_m + view.north_m * view.north_m);
    view.azimuth_rad = atan2(view.east_m, view.north_m);
    view.half_rad = distance_m > area->radius_m ? asin(area->radius_m / distance_m) : AP_PI;
    return view;
}

bool ap_clutter_meets(const ap_clutter_view *view, double from_rad, double to_rad)
{
    double half_rad = (to_rad - from_rad) / 2.0;
    double apart_rad = fabs(ap_wrap_pi(from_rad + half_rad - view->azimuth_rad));
    return apart_rad <= half_rad + view->half_rad;
}

ap_clutter_place ap_clutter_draw(const ap_clutter_view *view, ap_random *random)
{
    double off_m = view->radius_m * sqrt(ap_random_unit(random));
    double course_rad = 2.0 * AP_PI * ap_random_unit(random);
    double x_m = view->east_m + off_m * sin(course_rad);
    double y_m = view->north_m + off_m * cos(course_rad);
    return (ap_clutter_place){ .range_m = sqrt(x_m * x_m + y_m * y_m),
                               .azimuth_rad = ap_wrap_two_pi(atan2(x_m, y_m)) };
}
