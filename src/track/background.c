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
                          int64_t first, int64_t turns)
{
    double before = now->clutter > 0.0 ? now->clutter : sensor->clutter_per_turn;
    double left = 1.0, left_area = 1.0, mean = lessons->stray_sum / (double)turns;
    for (int64_t k = 0; k < turns; k++) {
        left *= 1.0 - fmax(CLUTTER_RATE, 1.0 / (double)(1 + first + k));
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

/* Those of a stretch move to the map, the others close up. */
static void learn_places(ap_background *b, uint8_t lesson)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < b->place_count; k++) {
        if (b->place[k].lesson == lesson)
            ap_clutter_count(b->now.map, b->place[k].part, (double)b->place[k].plots);
        else
            b->place[kept++] = b->place[k];
    }
    b->place_count = kept;
}

static int64_t first_turn(const ap_background *b, int64_t stretch)
{
    return stretch > 0 ? 1 + (stretch - 1) * b->stretch_turns : 0;
}

static void learn_turns(ap_learnt *learnt, const ap_sensor *sensor, const ap_lessons *lessons,
                        int64_t first, int64_t turns)
{
    learn_clutter(learnt, sensor, lessons, first, turns);
    for (int64_t k = 0; learnt->map && k < turns; k++)
        ap_clutter_turn(learnt->map, ap_background_whole(learnt, sensor));
}

/* From the turns of a stretch before `end`. All is new in the first turn, aircraft and clutter: it
 * says nothing of how much is false. */
static void learn(ap_background *b, const ap_sensor *sensor, int64_t stretch, int64_t end)
{
    uint8_t lesson = (uint8_t)(stretch % AP_BACKGROUND_OPEN);
    ap_lessons *lessons = &b->lessons[lesson];
    ap_learnt *now = &b->now;
    int64_t first = first_turn(b, stretch), next = first_turn(b, stretch + 1);
    int64_t turns = (next < end ? next : end) - first;
    ap_detection_rate_learn(&now->detection, lessons->look_count, lessons->hit_count);
    learn_places(b, lesson);
    if (lessons->has_plots && stretch > 0 && turns > 0)
        learn_turns(now, sensor, lessons, first, turns);
    *lessons = (ap_lessons){ 0 };
}

/* The newest turn is over. */
static void learn_newest(ap_background *b, const ap_sensor *sensor)
{
    ap_detection_rate_learn(&b->fresh.detection, b->newest.look_count, b->newest.hit_count);
    if (b->newest.has_plots && b->turn > 0)
        learn_turns(&b->fresh, sensor, &b->newest, b->turn, 1);
    b->newest = (ap_lessons){ 0 };
}

/* ---- turns and stretches ---- */

static int64_t stretch_of(const ap_background *b, int64_t turn)
{
    return turn > 0 ? 1 + (turn - 1) / b->stretch_turns : 0;
}

/* The oldest stretch that is not learnt from yet. */
static int64_t oldest_open(const ap_background *b)
{
    return b->stretch >= b->open_count ? b->stretch - b->open_count + 1 : 0;
}

static int64_t stretch_at(const ap_background *b, int64_t window)
{
    int64_t behind = b->turn_window - window; /* of the newest turn, if not more than 0 */
    if (!b->is_begun || behind <= 0)
        return b->stretch;
    int64_t turns = (behind + b->windows_per_turn - 1) / b->windows_per_turn;
    return stretch_of(b, b->turn - turns);
}

static uint8_t lesson_at(const ap_background *b, int64_t window)
{
    int64_t stretch = stretch_at(b, window), oldest = oldest_open(b);
    return (uint8_t)((stretch > oldest ? stretch : oldest) % AP_BACKGROUND_OPEN);
}

ap_lessons *ap_background_lessons(ap_background *b, int64_t window)
{
    return &b->lessons[lesson_at(b, window)];
}

ap_lessons *ap_background_attend(ap_background *b, int64_t window)
{
    ap_lessons *lessons = ap_background_lessons(b, window);
    lessons->has_plots = b->newest.has_plots = true;
    return lessons;
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
    int64_t oldest = oldest_open(b);
    keep_before(b);
    if (++b->stretch >= b->open_count)
        learn(b, sensor, oldest, INT64_MAX);
}

/* Learns from what is left, for a while nothing came, or the sensor turns otherwise now. */
static void learn_rest(ap_background *b, const ap_sensor *sensor)
{
    for (int64_t stretch = oldest_open(b); stretch <= b->stretch; stretch++)
        learn(b, sensor, stretch, b->turn + 1);
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
    b->fresh.map = &maps[2];
    b->place = places;
    for (int i = 0; i < 3; i++)
        ap_clutter_begin(&maps[i], reach_m(sensor));
}

void ap_background_restart(ap_background *b)
{
    for (int64_t stretch = oldest_open(b); b->is_begun && stretch <= b->stretch; stretch++)
        learn(b, NULL, stretch, 0); /* its last turn is not over */
    b->newest.has_plots = false;
    learn_newest(b, NULL);
    b->is_begun = false;
}

void ap_background_reach(ap_background *b, const ap_sensor *sensor, int64_t window,
                         int64_t windows_per_turn, int64_t late_turns, int64_t wait_turns)
{
    bool goes_on =
        b->is_begun && windows_per_turn == b->windows_per_turn && late_turns == b->stretch_turns;
    if (goes_on && window - b->turn_window < windows_per_turn)
        return;
    int64_t passed = goes_on ? (window - b->turn_window) / windows_per_turn : 0;
    if (goes_on && passed <= GAP_TURNS) {
        learn_newest(b, sensor);
        b->turn_window += passed * windows_per_turn;
        b->turn += passed;
        while (b->stretch < stretch_of(b, b->turn))
            next_stretch(b, sensor);
        return;
    }
    if (b->is_begun) {
        learn_rest(b, sensor);
        learn_newest(b, sensor);
    }
    int64_t open = 1 + (wait_turns + late_turns - 1) / late_turns;
    b->windows_per_turn = windows_per_turn;
    b->stretch_turns = late_turns;
    b->open_count = open < AP_BACKGROUND_OPEN ? open : AP_BACKGROUND_OPEN;
    begin(b, goes_on ? b->turn_window + passed * windows_per_turn : window);
}

const ap_learnt *ap_background_at(const ap_background *b, int64_t window)
{
    return b->stretch == 0 || stretch_at(b, window) == b->stretch ? &b->now : &b->before;
}

/* ---- lessons ---- */

void ap_background_stray(ap_lessons *lessons, double plots, double range_m)
{
    lessons->stray_sum += plots;
    lessons->stray_range2 += plots * range_m * range_m;
}

void ap_background_count(ap_background *b, int64_t window, double plots, uint16_t part)
{
    if (part == AP_CLUTTER_NOWHERE)
        return;
    ap_clutter_count(b->fresh.map, part, plots);
    if (!b->is_begun || b->place_count == AP_BACKGROUND_COUNTS)
        ap_clutter_count(b->now.map, part, plots);
    else
        b->place[b->place_count++] = (ap_place_count){ (float)plots, part, lesson_at(b, window) };
}
