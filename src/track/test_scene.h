/* Aircraft in straight flight under a radar whose false plots lie in a place of their own as well
 * as everywhere, for tests and benchmarks: what the tracker shows of both. */
#ifndef AP_TRACK_TEST_SCENE_H
#define AP_TRACK_TEST_SCENE_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "airpicture/tracker.h"
#include "track/test_noise.h"

#define SCENE_AIRCRAFT 40
#define SCENE_HALF_M 100e3
#define SCENE_NEAR_M 2000.0
#define SCENE_WARM_UP 10
#define SCENE_START_UTC (INT64_C(1700000000) * AP_NS_PER_S)

typedef struct scene {
    uint64_t seed;
    double even; /* false plots a turn, on the whole square */
    double more; /* and in this rectangle */
    double west_m, south_m, east_m, north_m;
    double stated; /* of the sensor's description; 0: as many as there are */
    int turns;
} scene;

typedef struct scene_sums {
    double true_s, aircraft_s, false_s; /* shown, there, and shown without any */
    uint64_t born, confirmed;
} scene_sums;

typedef struct scene_aircraft {
    double e, n, ve, vn;
} scene_aircraft;

static inline void scene_start(const scene *s, uint64_t *seed, scene_aircraft *a)
{
    for (int i = 0; i < SCENE_AIRCRAFT; i++) {
        double course = 2.0 * AP_PI * test_uniform(seed), v = 80.0 + 180.0 * test_uniform(seed);
        a[i] = (scene_aircraft){ .ve = v * sin(course), .vn = v * cos(course) };
        double half_s = 2.0 * s->turns; /* turns of 4 s: in the middle of the run it is within */
        a[i].e = SCENE_HALF_M * (test_uniform(seed) - 0.5) - a[i].ve * half_s;
        a[i].n = SCENE_HALF_M * (test_uniform(seed) - 0.5) - a[i].vn * half_s;
    }
}

static inline void scene_plot(ap_report *report, double turn, const ap_sensor *radar, double e,
                              double n, uint64_t *seed)
{
    double range_m = hypot(e, n), azimuth_rad = ap_wrap_two_pi(atan2(e, n));
    ap_vec3 at = ap_ecef_from_enu(&radar->frame, (ap_vec3){ e, n, 0.0 });
    double range_off = test_normal(seed), azimuth_off = test_normal(seed);
    *report = (ap_report){
        .time_utc = ap_utc_add_s(SCENE_START_UTC, 4.0 * (turn + azimuth_rad / (2.0 * AP_PI))),
        .present = AP_HAS_POLAR | AP_HAS_GEOMETRIC_HEIGHT,
        .flags = AP_FLAG_PRIMARY,
        .range_m = range_m + radar->range_sigma_m * range_off,
        .azimuth_rad = azimuth_rad + radar->azimuth_sigma_rad * azimuth_off,
        .range_sigma_m = radar->range_sigma_m,
        .azimuth_sigma_rad = radar->azimuth_sigma_rad,
        .geometric_height_m = ap_geodetic_from_ecef(at).height_m,
        .geometric_height_sigma_m = 1.0,
    };
    report->receive_utc = report->time_utc;
}

static inline int scene_by_time(const void *a, const void *b)
{
    const ap_report *x = a, *y = b;
    return (x->time_utc > y->time_utc) - (x->time_utc < y->time_utc);
}

/* So many on average in the rectangle, where range and azimuth err as those of aircraft. */
static inline size_t scene_false(double mean, const scene *in, int turn, const ap_sensor *radar,
                                 uint64_t *seed, ap_report *reports, size_t count)
{
    for (int left = (int)(mean + test_uniform(seed)); left > 0; left--) {
        double e = in->west_m + (in->east_m - in->west_m) * test_uniform(seed);
        double n = in->south_m + (in->north_m - in->south_m) * test_uniform(seed);
        scene_plot(&reports[count++], turn, radar, e, n, seed);
    }
    return count;
}

/* One turn's plots in order of time; where the aircraft are when the beam passes. */
static inline size_t scene_turn(const scene *s, int turn, const ap_sensor *radar,
                                const scene_aircraft *a, uint64_t *seed, ap_report *reports)
{
    static const scene square = { .west_m = -SCENE_HALF_M,
                                  .south_m = -SCENE_HALF_M,
                                  .east_m = SCENE_HALF_M,
                                  .north_m = SCENE_HALF_M };
    size_t count = 0;
    for (int i = 0; i < SCENE_AIRCRAFT; i++) {
        double t = 4.0 * turn, e = 0.0, n = 0.0;
        for (int k = 0; k < 3; k++) {
            e = a[i].e + a[i].ve * t;
            n = a[i].n + a[i].vn * t;
            t = 4.0 * (turn + ap_wrap_two_pi(atan2(e, n)) / (2.0 * AP_PI));
        }
        if (test_uniform(seed) < radar->detection_probability)
            scene_plot(&reports[count++], turn, radar, e, n, seed);
    }
    count = scene_false(s->even, &square, turn, radar, seed, reports, count);
    count = scene_false(s->more, s, turn, radar, seed, reports, count);
    qsort(reports, count, sizeof *reports, scene_by_time);
    return count;
}

static inline void scene_score(const ap_tracker *tracker, const ap_sensor *radar, double t_s,
                               const scene_aircraft *a, ap_track *tracks, scene_sums *sums)
{
    size_t count = ap_tracker_tracks(tracker, false, tracks, 1024);
    bool seen[SCENE_AIRCRAFT] = { false };
    for (size_t k = 0; k < count && k < 1024; k++) {
        if (tracks[k].existence < 0.5)
            continue;
        ap_track now = ap_track_at(&tracks[k], ap_utc_add_s(SCENE_START_UTC, t_s));
        ap_vec3 at = ap_enu_from_ecef(&radar->frame, ap_ecef_from_geodetic(now.position));
        int near = -1;
        for (int i = 0; i < SCENE_AIRCRAFT && near < 0; i++)
            if (!seen[i] && hypot(a[i].e + a[i].ve * t_s - at.x_m,
                                  a[i].n + a[i].vn * t_s - at.y_m) < SCENE_NEAR_M)
                near = i;
        if (near >= 0)
            seen[near] = true;
        sums->true_s += near >= 0 ? 4.0 : 0.0;
        sums->false_s += near < 0 ? 4.0 : 0.0;
    }
    sums->aircraft_s += 4.0 * SCENE_AIRCRAFT;
}

/* Runs it, and adds to the sums. False: no memory. */
static inline bool scene_run(const scene *s, scene_sums *sums)
{
    ap_sensor radar = { .name = "radar", .input = AP_INPUT_NONE };
    ap_sensor_defaults(&radar, AP_SENSOR_PSR);
    radar.turn_s = 4.0;
    radar.detection_probability = 0.9;
    radar.range_sigma_m = 50.0;
    radar.azimuth_sigma_rad = 0.0014;
    radar.range_max_m = SCENE_HALF_M * 1.5;
    radar.clutter_per_turn = s->stated > 0.0 ? s->stated : s->even + s->more;
    ap_sensor_stats stats;
    ap_sensor_table table = { .sensor = &radar, .stats = &stats, .count = 1, .cap = 1 };
    ap_tracker_config config = ap_tracker_config_default();
    config.track_cap = 4096;
    config.group_report_cap = 1024;
    config.sensors = &table;
    size_t size = ap_tracker_size(&config);
    void *mem = malloc(size);
    ap_report *reports = malloc(1024 * sizeof *reports);
    ap_track *tracks = malloc(1024 * sizeof *tracks);
    ap_tracker tracker;
    bool is_right = mem && reports && tracks &&
                    !ap_sensor_place(&radar, (ap_geodetic){ 0.9, 0.1, 0.0 }) &&
                    !ap_tracker_init(&tracker, &config, mem, size);
    uint64_t seed = s->seed;
    scene_aircraft aircraft[SCENE_AIRCRAFT];
    scene_start(s, &seed, aircraft);
    for (int turn = 0; is_right && turn < s->turns; turn++) {
        size_t count = scene_turn(s, turn, &radar, aircraft, &seed, reports);
        double end_s = 4.0 * (turn + 1);
        ap_tracker_step(&tracker, ap_utc_add_s(SCENE_START_UTC, end_s), reports, count);
        if (turn >= SCENE_WARM_UP)
            scene_score(&tracker, &radar, end_s, aircraft, tracks, sums);
    }
    if (is_right) {
        sums->born += ap_tracker_stats_of(&tracker)->born_count;
        sums->confirmed += ap_tracker_stats_of(&tracker)->confirmed_count;
    }
    free(mem);
    free(reports);
    free(tracks);
    return is_right;
}

#endif
