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

static double area_m2(const ap_learnt *learnt, const ap_sensor *sensor)
{
    return learnt->clutter_area > 0.0 ? fmax(learnt->clutter_area, AREA_MIN_M2)
                                      : stated_area_m2(sensor);
}

static double stated_density(const ap_sensor *sensor)
{
    return fmax(sensor->clutter_per_turn / stated_area_m2(sensor), DENSITY_MIN);
}

double ap_background_whole(const ap_learnt *learnt, const ap_sensor *sensor)
{
    double stated = stated_density(sensor);
    if (learnt->clutter <= 0.0)
        return stated;
    return fmax(learnt->clutter / area_m2(learnt, sensor),
                fmax(CLUTTER_LEAST * stated, DENSITY_MIN));
}

double ap_background_clutter(const ap_learnt *learnt, uint16_t part, double whole)
{
    if (part == AP_CLUTTER_NOWHERE)
        return whole;
    double density = ap_clutter_density(learnt->map, part, whole);
    return density > whole ? density : whole;
}

uint16_t ap_background_part(const ap_learnt *learnt, double range_m, double azimuth_rad)
{
    if (!learnt->map || learnt->map->ring_m <= 0.0)
        return AP_CLUTTER_NOWHERE;
    return ap_clutter_part(learnt->map, range_m, azimuth_rad);
}

/* ---- what a stretch teaches ---- */

/* Evenly spread over a disc, squared ranges have half the square of its radius as their mean. Of
 * the first turns it is the mean of what was seen yet. */
static void learn_clutter(ap_learnt *now, const ap_sensor *sensor, const ap_lessons *lessons,
                          int64_t stretch, int64_t turns)
{
    double before = now->clutter > 0.0 ? now->clutter : sensor->clutter_per_turn;
    double rate = fmax(CLUTTER_RATE, 1.0 / (double)(1 + stretch)), left = 1.0, left_area = 1.0;
    double mean = lessons->stray_sum / (double)turns;
    for (int64_t k = 0; k < turns; k++) {
        left *= 1.0 - rate;
        left_area *= 1.0 - CLUTTER_RATE;
    }
    now->clutter = fmax(before + (1.0 - left) * (mean - before), 1e-6);
    if (lessons->stray_sum < 1e-3)
        return;
    double area = 2.0 * AP_PI * lessons->stray_range2 / lessons->stray_sum;
    double area_rate = now->clutter_area > 0.0
                           ? (1.0 - left_area) * fmin(1.0, mean / fmax(now->clutter, 1.0))
                           : 1.0;
    now->clutter_area += area_rate * (area - now->clutter_area);
}

static ap_place_count *places_of(const ap_background *b, int64_t stretch)
{
    return b->place + (stretch & 1) * AP_BACKGROUND_COUNTS;
}

/* All is new in the first turn, aircraft and clutter: it says nothing of how much is false. */
static void learn(ap_background *b, const ap_sensor *sensor, int64_t stretch, int64_t turns)
{
    ap_lessons *lessons = &b->lessons[stretch & 1];
    ap_learnt *now = &b->now;
    ap_detection_rate_learn(&now->detection, lessons->look_count, lessons->hit_count);
    for (uint32_t k = 0; k < lessons->place_count; k++)
        ap_clutter_count(now->map, places_of(b, stretch)[k].part,
                         (double)places_of(b, stretch)[k].plots);
    if (lessons->has_plots && stretch > 0) {
        learn_clutter(now, sensor, lessons, stretch, turns);
        for (int64_t k = 0; now->map && k < turns; k++)
            ap_clutter_turn(now->map, ap_background_whole(now, sensor));
    }
    *lessons = (ap_lessons){ 0 };
}

/* ---- turns and stretches ---- */

static int64_t stretch_of(const ap_background *b, int64_t turn)
{
    if (turn < AP_BACKGROUND_QUICK)
        return turn > 0 ? turn : 0;
    return AP_BACKGROUND_QUICK + (turn - AP_BACKGROUND_QUICK) / b->stretch_turns;
}

/* The oldest stretch that is not learnt from yet: the newest, or the one before it. */
static int64_t oldest_open(const ap_background *b)
{
    return b->stretch > AP_BACKGROUND_QUICK ? b->stretch - 1 : b->stretch;
}

static int64_t stretch_at(const ap_background *b, int64_t window)
{
    int64_t behind = b->turn_window - window; /* of the newest turn, if not more than 0 */
    if (!b->is_begun || behind <= 0)
        return b->stretch;
    int64_t turns = (behind + b->windows_per_turn - 1) / b->windows_per_turn;
    return stretch_of(b, b->turn - turns);
}

ap_lessons *ap_background_lessons(ap_background *b, int64_t window)
{
    int64_t stretch = stretch_at(b, window), oldest = oldest_open(b);
    return &b->lessons[(stretch > oldest ? stretch : oldest) & 1];
}

static void keep_before(ap_background *b)
{
    ap_clutter *map = b->before.map;
    b->before = b->now;
    b->before.map = map;
    if (map)
        *map = *b->now.map;
}

static void next_stretch(ap_background *b, const ap_sensor *sensor)
{
    b->stretch++;
    if (b->stretch > AP_BACKGROUND_QUICK)
        keep_before(b);
    if (b->stretch <= AP_BACKGROUND_QUICK)
        learn(b, sensor, b->stretch - 1, 1);
    else if (b->stretch >= AP_BACKGROUND_QUICK + 2)
        learn(b, sensor, b->stretch - 2, b->stretch_turns);
}

/* Learns from what is left, for a while nothing came, or the sensor turns otherwise now. */
static void learn_rest(ap_background *b, const ap_sensor *sensor)
{
    int64_t first = b->stretch; /* turn of the newest */
    if (b->stretch > AP_BACKGROUND_QUICK) {
        learn(b, sensor, b->stretch - 1, b->stretch_turns);
        first = AP_BACKGROUND_QUICK + (b->stretch - AP_BACKGROUND_QUICK) * b->stretch_turns;
    }
    learn(b, sensor, b->stretch, b->turn - first + 1);
}

static void begin(ap_background *b, int64_t window)
{
    b->is_begun = true;
    b->turn_window = window;
    b->turn = b->stretch = 0;
}

void ap_background_map(ap_background *b, const ap_sensor *sensor, ap_clutter *maps,
                       ap_place_count *places)
{
    b->now.map = &maps[0];
    b->before.map = &maps[1];
    b->place = places;
    for (int i = 0; i < 2; i++)
        ap_clutter_begin(&maps[i], reach_m(sensor));
}

void ap_background_restart(ap_background *b)
{
    for (int64_t stretch = oldest_open(b); b->is_begun && stretch <= b->stretch; stretch++) {
        b->lessons[stretch & 1].has_plots = false; /* its last turn is not over */
        learn(b, NULL, stretch, 0);
    }
    b->is_begun = false;
}

void ap_background_reach(ap_background *b, const ap_sensor *sensor, int64_t window,
                         int64_t windows_per_turn, int64_t stretch_turns)
{
    bool goes_on =
        b->is_begun && windows_per_turn == b->windows_per_turn && stretch_turns == b->stretch_turns;
    if (goes_on && window - b->turn_window < windows_per_turn)
        return;
    int64_t passed = goes_on ? (window - b->turn_window) / windows_per_turn : 0;
    if (goes_on && passed <= GAP_TURNS) {
        b->turn_window += passed * windows_per_turn;
        b->turn += passed;
        while (b->stretch < stretch_of(b, b->turn))
            next_stretch(b, sensor);
        return;
    }
    if (b->is_begun)
        learn_rest(b, sensor);
    b->windows_per_turn = windows_per_turn;
    b->stretch_turns = stretch_turns;
    begin(b, goes_on ? b->turn_window + passed * windows_per_turn : window);
}

const ap_learnt *ap_background_at(const ap_background *b, int64_t window)
{
    bool is_quick = !b->is_begun || b->stretch <= AP_BACKGROUND_QUICK;
    return is_quick || stretch_at(b, window) == b->stretch ? &b->now : &b->before;
}

/* ---- lessons ---- */

void ap_background_count(ap_background *b, int64_t window, double plots, uint16_t part)
{
    if (part == AP_CLUTTER_NOWHERE)
        return;
    ap_lessons *lessons = ap_background_lessons(b, window);
    if (!b->is_begun || b->stretch < AP_BACKGROUND_QUICK ||
        lessons->place_count == AP_BACKGROUND_COUNTS) {
        ap_clutter_count(b->now.map, part, plots);
        return;
    }
    b->place[(lessons - b->lessons) * AP_BACKGROUND_COUNTS + lessons->place_count++] =
        (ap_place_count){ (float)plots, part };
}
