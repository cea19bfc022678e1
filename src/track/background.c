#include "track/background.h"

#include <math.h>

#include "airpicture/geo.h"

#define CLUTTER_RATE 0.1  /* of what a turn teaches */
#define CLUTTER_LEAST 0.1 /* of what the description says */
#define DENSITY_MIN 1e-18
#define AREA_MIN_M2 1e8
#define GAP_TURNS 3         /* longer without a plot, and it begins to look anew */
#define AREA_RADIUS_M 300e3 /* of a sensor whose range has no stated end */

static double stated_area_m2(const ap_sensor *sensor)
{
    double radius_m = sensor->range_max_m > 0.0 ? sensor->range_max_m : AREA_RADIUS_M;
    return AP_PI * radius_m * radius_m;
}

static double area_m2(const ap_background *b, const ap_sensor *sensor)
{
    return b->clutter_area > 0.0 ? fmax(b->clutter_area, AREA_MIN_M2) : stated_area_m2(sensor);
}

double ap_background_clutter(const ap_background *b, const ap_sensor *sensor)
{
    double stated = sensor->clutter_per_turn / stated_area_m2(sensor);
    if (b->clutter <= 0.0)
        return fmax(stated, DENSITY_MIN);
    return fmax(b->clutter / area_m2(b, sensor), fmax(CLUTTER_LEAST * stated, DENSITY_MIN));
}

/* Evenly spread over a disc, squared ranges have half the square of its radius as their mean. */
static void learn_clutter(ap_background *b, const ap_sensor *sensor)
{
    double before = b->clutter > 0.0 ? b->clutter : sensor->clutter_per_turn;
    double quick = 1.0 / (double)(1 + b->turn - b->begun_turn); /* the mean of what was seen yet */
    b->clutter = fmax(before + fmax(CLUTTER_RATE, quick) * (b->stray_sum - before), 1e-6);
    if (b->stray_sum < 1e-3)
        return;
    double area = 2.0 * AP_PI * b->stray_range2 / b->stray_sum;
    double rate = b->clutter_area > 0.0
                      ? CLUTTER_RATE * fmin(1.0, b->stray_sum / fmax(b->clutter, 1.0))
                      : 1.0;
    b->clutter_area += rate * (area - b->clutter_area);
}

void ap_background_restart(ap_background *b)
{
    b->is_begun = false;
    b->stray_sum = b->stray_range2 = 0.0;
}

void ap_background_begin(ap_background *b, const ap_sensor *sensor, int64_t window,
                         int64_t windows_per_turn)
{
    if (!b->is_begun) {
        b->is_begun = true;
        b->first_window = window;
        b->turn = b->begun_turn = 0;
        return;
    }
    int64_t passed = (window - b->first_window) / windows_per_turn - b->turn;
    if (passed <= 0)
        return;
    if (b->turn > b->begun_turn) /* all is new in the first one, aircraft and clutter */
        learn_clutter(b, sensor);
    b->stray_sum = b->stray_range2 = 0.0;
    b->turn += passed;
    if (passed > GAP_TURNS)
        b->begun_turn = b->turn;
}

void ap_background_stray(ap_background *b, double probability, double range_m)
{
    b->stray_sum += probability;
    b->stray_range2 += probability * range_m * range_m;
}
