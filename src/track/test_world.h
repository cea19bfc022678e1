/* A small world for tests: a few sensors, one tracker, what it said; and what flies in it. */
#ifndef AP_TRACK_TEST_WORLD_H
#define AP_TRACK_TEST_WORLD_H

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "airpicture/tracker.h"

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)
#define DEG AP_RAD_PER_DEG
#define SENSOR_CAP 4

typedef struct world {
    ap_sensor sensor[SENSOR_CAP];
    ap_sensor_stats stats[SENSOR_CAP];
    ap_sensor_table table;
    ap_tracker_config config;
    ap_tracker tracker;
    void *mem;
    uint64_t digest; /* of every event and the track it showed */
    uint32_t event_count[AP_EVENT_KIND_COUNT];
    ap_track last_dropped;
    const ap_track *kept[AP_TRACKER_EVENTS_KEPT]; /* as the events gave them, and as they were */
    ap_track kept_copy[AP_TRACKER_EVENTS_KEPT];
    uint32_t kept_count;
    bool unsound;
} world;

static inline bool track_is_sound(const ap_track *t)
{
    double sum = t->position.latitude_rad + t->position.longitude_rad + t->position.height_m +
                 t->east_mps + t->north_mps + t->up_mps + t->track_rate_radps + t->existence +
                 t->P_enu[2][3] + t->vertical_P[0][0];
    return isfinite(sum) && t->P_enu[0][0] > 0.0 && t->P_enu[2][2] > 0.0 &&
           t->P_enu[0][0] * t->P_enu[1][1] > t->P_enu[0][1] * t->P_enu[0][1] &&
           t->existence >= 0.0 && t->existence <= 1.0;
}

static inline void mix(uint64_t *digest, const void *data, size_t size)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < size; i++)
        *digest = (*digest ^ byte[i]) * UINT64_C(0x100000001B3);
}

static inline void on_event(void *context, const ap_track_event *event, const ap_track *track)
{
    world *w = context;
    /* The states of the events before this one are still there. */
    for (uint32_t i = 0; i < w->kept_count && i + 1 < AP_TRACKER_EVENTS_KEPT; i++) {
        uint32_t at = (w->kept_count - 1 - i) % AP_TRACKER_EVENTS_KEPT;
        w->unsound = w->unsound || w->kept[at]->id != w->kept_copy[at].id ||
                     w->kept[at]->updated_utc != w->kept_copy[at].updated_utc ||
                     w->kept[at]->update_count != w->kept_copy[at].update_count;
    }
    w->kept[w->kept_count % AP_TRACKER_EVENTS_KEPT] = track;
    w->kept_copy[w->kept_count++ % AP_TRACKER_EVENTS_KEPT] = *track;
    w->event_count[event->kind]++;
    if (event->kind == AP_EVENT_DROPPED)
        w->last_dropped = *track;
    w->unsound = w->unsound || !track_is_sound(track);
    mix(&w->digest, &event->time_utc, sizeof event->time_utc);
    mix(&w->digest, &event->kind, sizeof event->kind);
    mix(&w->digest, &track->id, sizeof track->id);
    mix(&w->digest, &track->position, sizeof track->position);
    mix(&w->digest, &track->P_enu, sizeof track->P_enu);
    mix(&w->digest, &track->existence, sizeof track->existence);
}

static inline void world_start(world *w)
{
    w->table = (ap_sensor_table){
        .sensor = w->sensor, .stats = w->stats, .cap = SENSOR_CAP, .count = w->table.count
    };
    w->config.sensors = &w->table;
    w->config.on_event = on_event;
    w->config.context = w;
    w->digest = UINT64_C(0xCBF29CE484222325);
    size_t size = ap_tracker_size(&w->config);
    assert_true(size > 0);
    w->mem = malloc(size);
    assert_non_null(w->mem);
    assert_int_equal(ap_tracker_init(&w->tracker, &w->config, w->mem, size), AP_OK);
}

static inline world *world_new(void)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->config = ap_tracker_config_default();
    w->config.track_cap = 512;
    w->config.group_report_cap = 1024;
    return w;
}

static inline void world_free(world *w)
{
    assert_false(w->unsound);
    free(w->mem);
    free(w);
}

static inline uint16_t add_sensor(world *w, ap_sensor_kind kind, double lat_deg, double lon_deg)
{
    uint16_t index = w->table.count++;
    ap_sensor *s = &w->sensor[index];
    ap_sensor_defaults(s, kind);
    if (kind != AP_SENSOR_ADSB)
        assert_int_equal(ap_sensor_place(s, (ap_geodetic){ lat_deg * DEG, lon_deg * DEG, 100.0 }),
                         AP_OK);
    return index;
}

/* An aircraft in straight flight over the ground: a plane tangent at its start. */
typedef struct flight {
    ap_enu_frame frame;
    double east_mps, north_mps;
} flight;

static inline flight flight_at(double lat_deg, double lon_deg, double height_m, double east_mps,
                               double north_mps)
{
    return (flight){ ap_enu_frame_at((ap_geodetic){ lat_deg * DEG, lon_deg * DEG, height_m }),
                     east_mps, north_mps };
}

static inline ap_geodetic flight_position(const flight *f, double t_s)
{
    ap_vec3 enu = { f->east_mps * t_s, f->north_mps * t_s, 0.0 };
    ap_geodetic at = ap_geodetic_from_ecef(ap_ecef_from_enu(&f->frame, enu));
    at.height_m = f->frame.origin.height_m;
    return at;
}

static inline ap_report report_base(uint16_t sensor, double t_s)
{
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    return (ap_report){ .time_utc = time_utc, .receive_utc = time_utc, .sensor = sensor };
}

static inline ap_report adsb(uint16_t sensor, const flight *f, uint32_t address, double t_s)
{
    ap_report r = report_base(sensor, t_s);
    ap_geodetic at = flight_position(f, t_s);
    r.present = AP_HAS_ADDRESS | AP_HAS_POSITION | AP_HAS_GEOMETRIC_HEIGHT;
    r.address = address;
    r.latitude_rad = at.latitude_rad;
    r.longitude_rad = at.longitude_rad;
    r.position_var_ee_m2 = r.position_var_nn_m2 = 400.0;
    r.geometric_height_m = at.height_m;
    r.geometric_height_sigma_m = 10.0;
    return r;
}

/* A squitter of the velocity alone. */
static inline ap_report velocity(uint16_t sensor, const flight *f, uint32_t address, double t_s)
{
    ap_report r = report_base(sensor, t_s);
    r.present = AP_HAS_ADDRESS | AP_HAS_VELOCITY;
    r.address = address;
    r.east_mps = f->east_mps;
    r.north_mps = f->north_mps;
    r.velocity_sigma_mps = 2.0;
    return r;
}

static inline ap_report plot(const world *w, uint16_t sensor, const flight *f, double t_s)
{
    ap_report r = report_base(sensor, t_s);
    const ap_sensor *s = &w->sensor[sensor];
    double elevation_rad;
    ap_polar_from_ecef(&s->frame, ap_ecef_from_geodetic(flight_position(f, t_s)), &r.range_m,
                       &r.azimuth_rad, &elevation_rad);
    r.present = AP_HAS_POLAR | AP_HAS_PRESSURE_ALTITUDE;
    r.range_sigma_m = s->range_sigma_m;
    r.azimuth_sigma_rad = s->azimuth_sigma_rad;
    r.pressure_altitude_m = f->frame.origin.height_m;
    r.pressure_altitude_sigma_m = 10.0;
    return r;
}

static inline void step(world *w, const ap_report *report)
{
    ap_tracker_step(&w->tracker, report->receive_utc, report, 1);
}

static inline ap_track only_track(const world *w)
{
    ap_track track[2];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 2), 1);
    return track[0];
}

static inline double off_m(const ap_track *track, const flight *f)
{
    double t_s = ap_seconds_between(START_UTC, track->time_utc);
    return ap_distance_m(track->position, flight_position(f, t_s));
}

static inline void fly_adsb(world *w, uint16_t sensor, const flight *f, uint32_t address,
                            double from_s, double to_s)
{
    for (double t_s = from_s; t_s < to_s; t_s += 0.5) {
        ap_report r = adsb(sensor, f, address, t_s);
        step(w, &r);
    }
}

static inline ap_report mode_s(const world *w, uint16_t sensor, const flight *f, uint32_t address,
                               double t_s)
{
    ap_report r = plot(w, sensor, f, t_s);
    r.present |= AP_HAS_ADDRESS;
    r.address = address;
    r.flags = AP_FLAG_SECONDARY;
    return r;
}

static inline ap_report mlat(uint16_t sensor, const flight *f, uint32_t address, double t_s)
{
    ap_report r = adsb(sensor, f, address, t_s);
    r.position_var_ee_m2 = r.position_var_nn_m2 = 2500.0;
    return r;
}

#endif
