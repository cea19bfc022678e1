/* What flies and what falls, under one radar that sees in space. For tests. */
#ifndef AP_TRACK_TEST_FALLING_H
#define AP_TRACK_TEST_FALLING_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "airpicture/tracker.h"
#include "track/ballistic.h"
#include "track/test_noise.h"

#define SCENE_START_UTC (INT64_C(1700000000) * AP_NS_PER_S)
#define SCENE_STEP_S 0.05
#define SCENE_BODIES 24
#define SCENE_REPORTS 512

/* Velocity east, north, up at a time. */
typedef void scene_pilot(double t_s, double enu_mps[3]);

typedef struct scene_body {
    double east_m, north_m, height_m; /* where it begins, from the radar */
    double enu_mps[3];                /* what falls: then */
    double drag_ln;
    double wind_m2ps3;         /* white acceleration of what falls per axis */
    uint32_t address;          /* that its reports have; 0: none */
    scene_pilot *pilot;        /* what flies: at any time; NULL: it falls */
    double falls_from_s;       /* with a pilot: when he lets go; 0: never, ... */
    double falls_until_s;      /* ... and takes over again; 0: never */
    double ends_s;             /* when it is not seen any more; 0: never */
    double x[AP_STATE_CAP];    /* now */
    double seen[AP_STATE_CAP]; /* when the antenna passed it last */
    ap_utc_ns seen_utc;
} scene_body;

typedef struct scene {
    ap_sensor radar;
    ap_sensor_stats stats;
    ap_sensor_table table;
    ap_tracker_config config;
    ap_tracker tracker;
    void *mem;
    double elevation_sigma_rad, now_s;
    unsigned clutter; /* a turn */
    size_t body_count;
    scene_body body[SCENE_BODIES];
    uint64_t seed;
    size_t report_count;
    ap_report report[SCENE_REPORTS]; /* of the newest turn */
} scene;

static inline scene *scene_new(double turn_s, double range_sigma_m, double angle_sigma_deg,
                               uint64_t seed)
{
    scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    ap_sensor_defaults(&s->radar, AP_SENSOR_PSR);
    s->radar.turn_s = turn_s;
    s->radar.range_sigma_m = range_sigma_m;
    s->radar.azimuth_sigma_rad = angle_sigma_deg * AP_RAD_PER_DEG;
    s->elevation_sigma_rad = angle_sigma_deg * AP_RAD_PER_DEG;
    s->radar.range_max_m = 470e3;
    s->radar.range_min_m = 0.0;
    ap_geodetic site = { 50.0 * AP_RAD_PER_DEG, 8.0 * AP_RAD_PER_DEG, 100.0 };
    assert_int_equal(ap_sensor_place(&s->radar, site), AP_OK);
    s->table = (ap_sensor_table){ .sensor = &s->radar, .stats = &s->stats, .count = 1, .cap = 1 };
    s->config = ap_tracker_config_default();
    s->config.track_cap = 512;
    s->config.group_report_cap = 512;
    s->config.sensors = &s->table;
    s->seed = seed;
    return s;
}

static inline void scene_open(scene *s)
{
    size_t size = ap_tracker_size(&s->config);
    s->mem = malloc(size);
    assert_non_null(s->mem);
    assert_int_equal(ap_tracker_init(&s->tracker, &s->config, s->mem, size), AP_OK);
}

static inline void scene_free(scene *s)
{
    free(s->mem);
    free(s);
}

static inline void scene_add(scene *s, scene_body body)
{
    assert_true(s->body_count < SCENE_BODIES);
    ap_vec3 flat = ap_ecef_from_enu(&s->radar.frame, (ap_vec3){ body.east_m, body.north_m, 0.0 });
    ap_geodetic at = ap_geodetic_from_ecef(flat);
    at.height_m = body.height_m;
    ap_enu_frame frame = ap_enu_frame_at(at);
    if (body.pilot)
        body.pilot(0.0, body.enu_mps);
    ap_vec3 v =
        ap_ecef_rotate(&frame, (ap_vec3){ body.enu_mps[0], body.enu_mps[1], body.enu_mps[2] });
    const double x[AP_STATE_CAP] = {
        frame.origin_ecef.x_m, frame.origin_ecef.y_m, frame.origin_ecef.z_m, v.x_m, v.y_m, v.z_m,
        body.drag_ln
    };
    memcpy(body.x, x, sizeof x);
    s->body[s->body_count++] = body;
}

static inline void scene_fly(scene_body *b, double t_s, double dt_s)
{
    double enu_mps[3];
    b->pilot(t_s + 0.5 * dt_s, enu_mps);
    ap_enu_frame f = ap_enu_frame_at(ap_geodetic_from_ecef((ap_vec3){ b->x[0], b->x[1], b->x[2] }));
    ap_vec3 v = ap_ecef_rotate(&f, (ap_vec3){ enu_mps[0], enu_mps[1], enu_mps[2] });
    const double now[3] = { v.x_m, v.y_m, v.z_m };
    for (int i = 0; i < 3; i++) {
        b->x[i] += dt_s * now[i];
        b->x[3 + i] = now[i];
    }
}

static inline void scene_move(scene_body *b, double from_s, double to_s, uint64_t *seed)
{
    while (from_s < to_s - 1e-9) {
        double dt_s = fmin(SCENE_STEP_S, to_s - from_s);
        ap_fall_step step = { .world = ap_fall_earth(), .dt_s = dt_s, .step_s = SCENE_STEP_S };
        bool flies = b->pilot && (b->falls_from_s == 0.0 || from_s < b->falls_from_s ||
                                  (b->falls_until_s > 0.0 && from_s >= b->falls_until_s));
        if (flies)
            scene_fly(b, from_s, dt_s);
        else
            ap_fall_move(&step, b->x, NULL);
        for (int i = 3; !flies && i < 6; i++)
            b->x[i] += sqrt(b->wind_m2ps3 * dt_s) * test_normal(seed);
        from_s += dt_s;
    }
}

static inline void scene_report(scene *s, double t_s, ap_vec3 enu, uint32_t address)
{
    ap_report *r = &s->report[s->report_count++];
    assert_true(s->report_count <= SCENE_REPORTS);
    double flat_m = hypot(enu.x_m, enu.y_m);
    *r = (ap_report){ .time_utc = ap_utc_add_s(SCENE_START_UTC, t_s),
                      .receive_utc = ap_utc_add_s(SCENE_START_UTC, t_s),
                      .present = AP_HAS_POLAR | AP_HAS_ELEVATION,
                      .flags = AP_FLAG_PRIMARY,
                      .range_m = hypot(flat_m, enu.z_m),
                      .azimuth_rad = atan2(enu.x_m, enu.y_m),
                      .elevation_rad = atan2(enu.z_m, flat_m),
                      .range_sigma_m = s->radar.range_sigma_m,
                      .azimuth_sigma_rad = s->radar.azimuth_sigma_rad,
                      .elevation_sigma_rad = s->elevation_sigma_rad };
    if (address) {
        r->present |= AP_HAS_ADDRESS;
        r->flags = AP_FLAG_PRIMARY | AP_FLAG_SECONDARY;
        r->address = address;
    }
    r->range_m += r->range_sigma_m * test_normal(&s->seed);
    r->azimuth_rad += r->azimuth_sigma_rad * test_normal(&s->seed);
    r->elevation_rad += r->elevation_sigma_rad * test_normal(&s->seed);
}

static inline int scene_by_time(const void *a, const void *b)
{
    const ap_report *x = a, *y = b;
    return (x->receive_utc > y->receive_utc) - (x->receive_utc < y->receive_utc);
}

/* Fills the reports of one turn, and moves all to its end. Each body is seen at its own time of the
 * turn, with 95 %. */
static inline void scene_turn(scene *s)
{
    double end_s = s->now_s + s->radar.turn_s;
    s->report_count = 0;
    for (size_t i = 0; i < s->body_count; i++) {
        scene_body *b = &s->body[i];
        double at_s =
            s->now_s + s->radar.turn_s * (double)(2 * i + 1) / (double)(2 * s->body_count);
        scene_move(b, s->now_s, at_s, &s->seed);
        memcpy(b->seen, b->x, sizeof b->x);
        b->seen_utc = ap_utc_add_s(SCENE_START_UTC, at_s);
        ap_vec3 enu = ap_enu_from_ecef(&s->radar.frame, (ap_vec3){ b->x[0], b->x[1], b->x[2] });
        if (test_uniform(&s->seed) < 0.95 && enu.z_m > 0.0 &&
            (b->ends_s == 0.0 || at_s < b->ends_s))
            scene_report(s, at_s, enu, b->address);
        scene_move(b, at_s, end_s, &s->seed);
    }
    for (unsigned k = 0; k < s->clutter; k++) { /* even over the disc; one in ten is high */
        double r = 150e3 * sqrt(test_uniform(&s->seed)), az = 2.0 * AP_PI * test_uniform(&s->seed);
        ap_vec3 enu = { r * sin(az), r * cos(az),
                        (k % 10 == 9 ? 40e3 : 10e3) * test_uniform(&s->seed) };
        scene_report(s, s->now_s + s->radar.turn_s * test_uniform(&s->seed), enu, 0);
    }
    qsort(s->report, s->report_count, sizeof *s->report, scene_by_time);
    s->now_s = end_s;
}

static inline void scene_run(scene *s)
{
    scene_turn(s);
    ap_tracker_step(&s->tracker, ap_utc_add_s(SCENE_START_UTC, s->now_s), s->report,
                    s->report_count);
}

/* The live track nearest to where a body was seen last, at that time; id 0 when none is within
 * reach_m. */
static inline ap_track scene_nearest(const scene *s, size_t i, double reach_m)
{
    static ap_track tracks[512];
    const scene_body *b = &s->body[i];
    size_t count = ap_tracker_tracks(&s->tracker, true, tracks, 512);
    ap_track best = { .id = 0 };
    for (size_t k = 0; k < count; k++) {
        ap_track then = ap_track_at(&tracks[k], b->seen_utc);
        ap_vec3 at = ap_ecef_from_geodetic(then.position);
        double dx = at.x_m - b->seen[0], dy = at.y_m - b->seen[1], dz = at.z_m - b->seen[2];
        double d_m = sqrt(dx * dx + dy * dy + dz * dz);
        if (d_m > reach_m)
            continue;
        reach_m = d_m;
        best = tracks[k];
    }
    return best;
}

/* Errors of a falling track that was updated by the newest look: position, velocity, squared
 * distance of both in its own standard deviations. False for any other. */
typedef struct scene_error {
    double position_m, velocity_mps, nees;
} scene_error;

static inline bool scene_error_of(const scene *s, size_t i, const ap_track *track, scene_error *e)
{
    const scene_body *b = &s->body[i];
    const ap_track_fall *f = &track->fall;
    if (f->probability == 0.0 || f->time_utc != b->seen_utc)
        return false;
    ap_normal all = { .n = 6,
                      .x = { f->ecef.x_m, f->ecef.y_m, f->ecef.z_m, f->velocity_ecef_mps.x_m,
                             f->velocity_ecef_mps.y_m, f->velocity_ecef_mps.z_m } };
    double P[AP_STATE_CAP][AP_STATE_CAP] = { { 0 } };
    for (int r = 0, k = 0; r < 6; r++)
        for (int c = r; c < 6; c++)
            P[r][c] = P[c][r] = f->P_ecef[k++];
    assert_int_equal(ap_normal_set_covariance(&all, P), AP_OK);
    double d2[2] = { 0 };
    for (int k = 0; k < 6; k++)
        d2[k / 3] += (all.x[k] - b->seen[k]) * (all.x[k] - b->seen[k]);
    *e = (scene_error){ sqrt(d2[0]), sqrt(d2[1]), ap_normal_distance2(&all, b->seen) };
    return true;
}

#endif
