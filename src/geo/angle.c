#include "airpicture/geo.h"

#include <math.h>

double ap_wrap_pi(double angle_rad)
{
    double rest = fmod(angle_rad, 2.0 * AP_PI);
    if (rest < -AP_PI)
        return rest + 2.0 * AP_PI;
    return rest >= AP_PI ? rest - 2.0 * AP_PI : rest;
}

double ap_wrap_two_pi(double angle_rad)
{
    double rest = fmod(angle_rad, 2.0 * AP_PI);
    if (rest < 0.0)
        rest += 2.0 * AP_PI;
    /* A tiny negative angle rounds up to the full turn. */
    return rest >= 2.0 * AP_PI ? 0.0 : rest + 0.0;
}
