#include "track/background.h"

#include <math.h>

#include "airpicture/geo.h"

#define CLUTTER_RATE 0.1  /* of what a turn teaches */
#define CLUTTER_LEAST 0.1 /* of what the description says */
#define DENSITY_MIN 1e-18
#define AREA_MIN_M2 1e8
#define GAP_TURNS 3         /* longer without a plot, and it begins to look anew */
#define AREA_RADIUS_M 300e3 /* of a sensor whose range has no stated end */

static double reach_m(const ap_sensor *sensor)
{
    return sensor->range_max_m > 0.0 ? sensor->range_max_m : AREA_RADIUS_M;
}

static double stated_area_m2(const ap_sensor *sensor)
{
    return AP_PI * reach_m(sensor) * reach_m(sensor);
}

static double area_m2(const ap_background *b, const ap_sensor *sensor)
{
    return b->clutter_area > 0.0 ? fmax(b->clutter_area, AREA_MIN_M2) : stated_area_m2(sensor);
}

static double stated_density(const ap_sensor *sensor)
{
    return fmax(sensor->clutter_per_turn / stated_area_m2(sensor), DENSITY_MIN);
}

double ap_background_whole(const ap_background *b, const ap_sensor *sensor)
{
    double stated = stated_density(sensor);
    if (b->clutter <= 0.0)
        return stated;
    return fmax(b->clutter / area_m2(b, sensor), fmax(CLUTTER_LEAST * stated, DENSITY_MIN));
}

double ap_background_clutter(const ap_background *b, uint16_t part, double whole)
{
    if (part == AP_CLUTTER_NOWHERE)
        return whole;
    double density = ap_clutter_density(b->map, part, whole);
    return density > whole ? density : whole;
}

uint16_t ap_background_part(const ap_background *b, double range_m, double azimuth_rad)
{
    if (!b->map || b->map->ring_m <= 0.0)
        return AP_CLUTTER_NOWHERE;
    return ap_clutter_part(b->map, range_m, azimuth_rad);
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

static void learn_turn(ap_background *b, const ap_sensor *sensor)
{
    learn_clutter(b, sensor);
    if (b->map)
        ap_clutter_turn(b->map, ap_background_whole(b, sensor));
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
        if (b->map && b->clutter <= 0.0)
            ap_clutter_begin(b->map, reach_m(sensor));
        return;
    }
    int64_t passed = (window - b->first_window) / windows_per_turn - b->turn;
    if (passed <= 0)
        return;
    if (b->turn > b->begun_turn) /* all is new in the first one, aircraft and clutter */
        learn_turn(b, sensor);
    b->stray_sum = b->stray_range2 = 0.0;
    b->turn += passed;
    if (passed > GAP_TURNS)
        b->begun_turn = b->turn;
}

void ap_background_stray(ap_background *b, double probability, double range_m, double share)
{
    b->stray_sum += probability * share;
    b->stray_range2 += probability * share * range_m * range_m;
}

void ap_background_count(ap_background *b, double plots, uint16_t part)
{
    if (part != AP_CLUTTER_NOWHERE)
        ap_clutter_count(b->map, part, plots);
}
