/* What a sensor's plots are when no track gave them, and how often it sees a track. Learnt on line,
 * a turn of the antenna at a time.
 *
 * Reports may be late, so turns make up stretches, each as long as a report may be late; and a
 * stretch teaches when nothing more can come to it, at the beginning of another. Nothing that is
 * still to come changes what counts in a stretch, so a late report finds what it would have found
 * in time, whatever came meanwhile.
 *
 * What is decided once, and not anew when something late comes, need not wait: `fresh` holds what
 * all turns teach that are over, the newest one, too. */
#ifndef AP_TRACK_BACKGROUND_H
#define AP_TRACK_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "track/clutter.h"
#include "track/detection_rate.h"

#define AP_BACKGROUND_OPEN 5 /* stretches that do not teach yet, at most */
/* Places of the map whose plots wait to be learnt from; what is more counts at once. */
#define AP_BACKGROUND_COUNTS 4096

/* A place that false plots came from. */
typedef struct ap_place_count {
    float plots;
    uint16_t part;
    uint8_t lesson; /* in lessons[] */
} ap_place_count;

typedef struct ap_learnt {
    double clutter; /* plots a turn that no track explains, nor a part of the disc that stands out;
                     * 0: nothing learnt yet */
    double clutter_area; /* m2 that they are spread over */
    ap_detection_rate detection;
    ap_clutter *map; /* where they lie; NULL: evenly */
} ap_learnt;

/* Of a stretch that does not teach yet, or of a turn. */
typedef struct ap_lessons {
    double stray_sum;    /* such plots; probabilities, times their share */
    double stray_range2; /* the same times their squared ranges */
    double look_count, hit_count;
    bool has_plots; /* a group of it was associated */
} ap_lessons;

typedef struct ap_background {
    bool is_begun;
    int64_t turn_window; /* that the newest turn begins with: turns are counted from the first
                          * plots, so each is whole */
    int64_t windows_per_turn;
    int64_t turn, stretch; /* the newest, since it began */
    int64_t stretch_turns; /* but for the first, which is one turn */
    int64_t open_count;    /* stretches, up to the newest, that do not teach yet */
    ap_learnt now, before; /* what counts in the newest stretch, and in the one before it */
    ap_lessons lessons[AP_BACKGROUND_OPEN]; /* stretch by stretch, in turn */
    ap_learnt fresh;
    ap_lessons newest;     /* of the newest turn, for fresh */
    ap_place_count *place; /* [place_count <= AP_BACKGROUND_COUNTS]; NULL without maps */
    uint32_t place_count;
} ap_background;

/* It has a map from now on. maps[3], places[AP_BACKGROUND_COUNTS]: kept. */
void ap_background_map(ap_background *background, const ap_sensor *sensor, ap_clutter *maps,
                       ap_place_count *places);

/* The clock stepped: turns are counted anew, what they taught stays. */
void ap_background_restart(ap_background *background);

/* A report of this window is to come, perhaps a late one: goes on to its turn, learning from those
 * before it. A turn is cut into windows_per_turn groups, numbered without end. late_turns >= 1: so
 * long a report may be late; wait_turns >= late_turns: and so long lessons of a turn that is over
 * may still come. */
void ap_background_reach(ap_background *background, const ap_sensor *sensor, int64_t window,
                         int64_t windows_per_turn, int64_t late_turns, int64_t wait_turns);

/* What counts for reports of this window. */
const ap_learnt *ap_background_at(const ap_background *background, int64_t window);

/* Density of false plots, per m2 and turn: as learnt, or as the description has it; and in a part
 * of the map, where it is no less than this `whole` one, but may stand out. */
double ap_background_whole(const ap_learnt *learnt, const ap_sensor *sensor);
double ap_background_clutter(const ap_learnt *learnt, uint16_t part, double whole);

/* Where on the map a place lies; AP_CLUTTER_NOWHERE when there is none. */
uint16_t ap_background_part(const ap_learnt *learnt, double range_m, double azimuth_rad);

/* Where lessons of this window belong, but for plots. */
ap_lessons *ap_background_lessons(ap_background *background, int64_t window);

/* A group of this window is associated: the same, and told so. */
ap_lessons *ap_background_attend(ap_background *background, int64_t window);

/* A group left over so many plots there, of which counts the share that the whole disc has of the
 * clutter there: it learns from no more, or a wind park would thicken it everywhere. lessons: of
 * its window; background->newest, with the share as it is known by now. */
void ap_background_stray(ap_lessons *lessons, double plots, double range_m);

/* What so many plots of this window about this part had started came to nothing: they were false.
 * So aircraft teach the map nothing, however many appear at once. Less than 0: so many will, though
 * they were none. */
void ap_background_count(ap_background *background, int64_t window, double plots, uint16_t part);

#endif
